//! Slash commands: `/think off`, `/set max_tokens 4096`. Those without an argument are rows of the
//! command table; those with one are here.

use super::command::{Command, SPECS};
use crate::catalog::Capability;
use crate::chat::{Params, Thinking, whole_tokens};
use crate::phrase::tr;

/// A slash command that takes an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WithArgument {
    /// The word after the slash.
    pub word: &'static str,
    /// What the argument is.
    pub argument: &'static str,
    /// What it does.
    pub title: &'static str,
}

/// Every slash command that takes an argument.
pub const WITH_ARGUMENT: &[WithArgument] = &[
    WithArgument {
        word: "think",
        argument: "on|off|low|medium|high|xhigh|max",
        title: "Thinking mode of the next requests",
    },
    WithArgument {
        word: "find",
        argument: "WORDS",
        title: "Find words in this conversation",
    },
    WithArgument {
        word: "attach",
        argument: "FILE|DIRECTORY|PATTERN|clipboard",
        title: "Have files or an image go along with the message",
    },
    WithArgument {
        word: "detach",
        argument: "[NAME]",
        title: "Take a file off the message; without a name, the last one",
    },
    WithArgument {
        word: "export",
        argument: "FILE",
        title: "Write this conversation to a file: .md, .html or .json",
    },
    WithArgument {
        word: "set",
        argument: "max_tokens|temperature|top_p|presence_penalty|json_mode|search VALUE",
        title: "A parameter of the next requests; “default” unsets it",
    },
];

/// What `/system` takes for no system prompt.
const NO_PROMPT: &str = "-";

/// What a slash command means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Slash {
    /// The same as a key.
    Run(Command),
    /// Switch to this model.
    Model(String),
    /// Enter a key of this provider.
    Key(String),
    /// Switch to this theme.
    Theme(String),
    /// Ask for the last reply again, of this model.
    Retry(String),
    /// Name the conversation.
    Title(String),
    /// Set the thinking mode.
    Think(Thinking),
    /// Set the system prompt; empty for none.
    System(String),
    /// Have the persona of that name.
    Persona(String),
    /// Find these words in the conversation.
    Find(String),
    /// Have this go along with the message.
    Attach(String),
    /// Take this off the message.
    Detach(String),
    /// Switch JSON mode or web search on or off.
    Extra(Capability, bool),
    /// Write the conversation to this file.
    Export(String),
    /// Set a parameter of the next requests, or unset it.
    Set(Param, Option<f64>),
}

/// A sampling parameter by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Param {
    /// `max_tokens`.
    MaxTokens,
    /// `temperature`.
    Temperature,
    /// `top_p`.
    TopP,
    /// `presence_penalty`.
    PresencePenalty,
}

impl Param {
    /// Puts a value in the parameter's place; `None` leaves it to the provider.
    pub(super) fn set(self, params: &mut Params, value: Option<f64>) {
        match self {
            Self::MaxTokens => params.max_tokens = value.map(whole_tokens),
            Self::Temperature => params.temperature = value,
            Self::TopP => params.top_p = value,
            Self::PresencePenalty => params.presence_penalty = value,
        }
    }
}

/// Reads a line without its slash. `None` when it is no slash command; an error says how to write it.
pub(super) fn parse(line: &str) -> Option<Result<Slash, String>> {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let usage = |with: &WithArgument| {
        tr!(
            "Usage: /{word} {argument}",
            word = with.word,
            argument = with.argument
        )
    };
    if let Some(with) = WITH_ARGUMENT.iter().find(|with| with.word == word) {
        return Some(match word {
            "think" => match rest.parse() {
                Ok(mode) => Ok(Slash::Think(mode)),
                Err(_) => Err(usage(with)),
            },
            "attach" => Ok(Slash::Attach(rest.to_owned())),
            "detach" => Ok(Slash::Detach(rest.to_owned())),
            "export" if rest.is_empty() => Err(usage(with)),
            "export" => Ok(Slash::Export(rest.to_owned())),
            "find" => Ok(Slash::Find(rest.to_owned())),
            _ => parse_set(rest).ok_or_else(|| usage(with)),
        });
    }
    let spec = SPECS.iter().find(|spec| spec.slash == Some(word))?;
    Some(match (spec.command, rest) {
        (Command::SwitchModel, model) if !model.is_empty() => Ok(Slash::Model(model.to_owned())),
        (Command::EnterKey, provider) if !provider.is_empty() => {
            Ok(Slash::Key(provider.to_owned()))
        }
        (Command::SwitchTheme, name) if !name.is_empty() => Ok(Slash::Theme(name.to_owned())),
        (Command::Personas, name) if !name.is_empty() => Ok(Slash::Persona(name.to_owned())),
        (Command::SystemPrompt, NO_PROMPT) => Ok(Slash::System(String::new())),
        (Command::SystemPrompt, text) if !text.is_empty() => Ok(Slash::System(text.to_owned())),
        (Command::Regenerate, model) if !model.is_empty() => Ok(Slash::Retry(model.to_owned())),
        (Command::AskTitle, title) if !title.is_empty() => Ok(Slash::Title(title.to_owned())),
        (Command::ToggleJson, word) if switch(word).is_some() => Ok(Slash::Extra(
            Capability::JsonMode,
            switch(word).unwrap_or_default(),
        )),
        (Command::ToggleSearch, word) if switch(word).is_some() => Ok(Slash::Extra(
            Capability::WebSearch,
            switch(word).unwrap_or_default(),
        )),
        (command, "") => Ok(Slash::Run(command)),
        (_, _) => Err(tr!("/{word} takes nothing after it", word)),
    })
}

/// What a word switches to.
fn switch(word: &str) -> Option<bool> {
    match word {
        "on" | "true" => Some(true),
        "off" | "false" | "default" => Some(false),
        _ => None,
    }
}

fn parse_set(rest: &str) -> Option<Slash> {
    let (name, value) = rest.split_once(char::is_whitespace)?;
    let capability = match name {
        "json_mode" => Some(Capability::JsonMode),
        "search" => Some(Capability::WebSearch),
        _ => None,
    };
    if let Some(capability) = capability {
        return Some(Slash::Extra(capability, switch(value.trim())?));
    }
    let value = match value.trim() {
        "default" => None,
        number => Some(
            number
                .parse::<f64>()
                .ok()
                .filter(|value| value.is_finite())?,
        ),
    };
    let param = match name {
        "max_tokens" if value.is_none_or(|value| value >= 1.0 && value.fract() == 0.0) => {
            Param::MaxTokens
        }
        "temperature" => Param::Temperature,
        "top_p" => Param::TopP,
        "presence_penalty" => Param::PresencePenalty,
        _ => return None,
    };
    Some(Slash::Set(param, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_or_explained() {
        assert_eq!(parse("think low"), Some(Ok(Slash::Think(Thinking::Low))));
        assert!(
            parse("think deeply")
                .unwrap()
                .unwrap_err()
                .contains("on|off")
        );
        assert_eq!(parse("new"), Some(Ok(Slash::Run(Command::NewConversation))));
        assert!(parse("new thing").unwrap().is_err());
        assert_eq!(parse("model a/b/c"), Some(Ok(Slash::Model("a/b/c".into()))));
        assert_eq!(
            parse("system be brief"),
            Some(Ok(Slash::System("be brief".into())))
        );
        assert_eq!(parse("system -"), Some(Ok(Slash::System(String::new()))));
        assert_eq!(parse("system"), Some(Ok(Slash::Run(Command::SystemPrompt))));
        assert_eq!(parse("usr/bin"), None);
    }

    #[test]
    fn parameters_are_set_and_unset() {
        let mut params = Params::default();
        let mut run = |line: &str| match parse(line) {
            Some(Ok(Slash::Set(param, value))) => param.set(&mut params, value),
            other => panic!("{line}: {other:?}"),
        };
        run("set max_tokens 4096");
        run("set temperature 0.5");
        run("set temperature default");
        assert_eq!((params.max_tokens, params.temperature), (Some(4096), None));
        assert!(parse("set max_tokens 1.5").unwrap().is_err());
        assert!(parse("set colour 1").unwrap().is_err());
    }
}
