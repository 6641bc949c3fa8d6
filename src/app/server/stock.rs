//! What an MCP server has besides tools, as it lists it, and what it is asked for.

use crate::chat::Attachment;

/// What a server has besides tools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stock {
    /// Its prompts.
    pub prompts: Vec<Prompt>,
    /// Its resources.
    pub resources: Vec<Resource>,
    /// Why there may be more than that, a sentence each.
    pub troubles: Vec<String>,
}

/// A prompt as a server lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Its name.
    pub name: String,
    /// What it is for, in the server's words.
    pub description: String,
    /// What it takes, in order.
    pub arguments: Vec<Argument>,
}

/// An argument of a prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Whether there is no prompt without it.
    pub required: bool,
}

/// A resource as a server lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resource {
    /// Its address, as the server understands it.
    pub uri: String,
    /// What it is called.
    pub name: String,
    /// Its size, where the server tells it.
    pub bytes: Option<u64>,
}

/// What a server is asked for; the answer is [`super::super::toolkit::News`] of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// What it has besides tools.
    Stock,
    /// A prompt.
    Prompt {
        /// What the answer carries.
        ticket: u64,
        /// The prompt's name.
        name: String,
        /// What is given for its arguments.
        arguments: Vec<(String, String)>,
    },
}

/// What a prompt came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompted {
    /// What the user is to say.
    pub text: String,
    /// What is to go along with it.
    pub attached: Vec<Attachment>,
    /// What of it is left out, a phrase each.
    pub left_out: Vec<String>,
}

impl Stock {
    /// Of a server that did not tell, and why.
    pub fn unknown(why: String) -> Self {
        Self {
            troubles: vec![why],
            ..Self::default()
        }
    }

    /// The prompt that a text begins with, and what follows its name. Names may hold spaces.
    pub fn prompt<'a>(&self, text: &'a str) -> Option<(&Prompt, &'a str)> {
        let named = self.prompts.iter().filter_map(|prompt| {
            let rest = text.strip_prefix(prompt.name.as_str())?;
            let ends = rest.is_empty() || rest.starts_with(char::is_whitespace);
            ends.then_some((prompt, rest))
        });
        named.max_by_key(|(prompt, _)| prompt.name.len())
    }
}

impl Prompt {
    /// What it takes, in words: `file, [style]`.
    pub fn usage(&self) -> String {
        let arguments = self.arguments.iter().map(|it| {
            if it.required {
                it.name.clone()
            } else {
                format!("[{}]", it.name)
            }
        });
        arguments.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_prompts_the_one_with_the_longer_name_is_meant() {
        let named = |name: &str| Prompt {
            name: name.to_owned(),
            ..Prompt::default()
        };
        let stock = Stock {
            prompts: ["review", "review all", "rev"].map(named).to_vec(),
            ..Stock::default()
        };
        let meant = |text| {
            stock
                .prompt(text)
                .map(|(it, rest)| (it.name.as_str(), rest))
        };
        assert_eq!(meant("review x"), Some(("review", " x")));
        assert_eq!(meant("review all"), Some(("review all", "")));
        assert_eq!(meant("reviews"), None);
    }
}
