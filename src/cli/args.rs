//! The command line as typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::settings::Settings;
use crate::chat::Thinking;

/// What the long help ends with.
const MORE: &str = "\
Examples:
  mmchat                                   the chat, with the first provider that has a key
  mmchat --demo                            the chat, offline
  mmchat -m tencent/minimax-m3             the chat, with that model
  mmchat key set tencent                   keep a key
  git diff | mmchat ask \"Review this.\"     one reply, for scripts
  mmchat doctor                            what works here, and what does not

Exit codes:
  0    all is well
  1    it failed, and would fail again
  2    wrong options or configuration, or something that the model can't do
  75   it failed, but may work later: rate limit, overload, no connection
  101  a mistake of its own ended it; it says where the report is
  130  interrupted with Ctrl+C";

/// What the long help of `ask` ends with.
const MORE_ASK: &str = "\
Examples:
  mmchat ask \"What is a monad? One sentence.\"
  git diff | mmchat ask -m tencent/minimax-m3 \"Write a commit message for this.\"
  mmchat ask --format json \"Write a haiku\" | jq -r .answer
  mmchat ask --dry-run -m minimax \"Hello\"

The answer goes to standard output, everything else to standard error. The exit code is 75 when
trying again later may help, and 1 when it would not.";

/// What the long help of `key set` ends with.
const MORE_KEY: &str = "\
On a terminal it asks for the key and does not show it; in a pipe it reads it:
  pass show tokenhub | mmchat key set tencent

The key is kept in credentials.toml beside the configuration, readable by you alone, and is sent only
to the address that the provider has now. An environment variable goes before api_key_command, and
that before a kept key.";

/// Terminal chat for MiniMax models: reasoning and answer stream side by side.
#[derive(Debug, Parser)]
#[command(name = "mmchat", version, about, max_term_width = 100, after_long_help = MORE)]
#[command(
    args_conflicts_with_subcommands = false,
    subcommand_negates_reqs = true
)]
pub(super) struct CommandLine {
    /// What to do instead of opening the chat.
    #[command(subcommand)]
    pub command: Option<Subcommands>,
    /// Options of every command.
    #[command(flatten)]
    pub options: Options,
}

/// Options of every command.
#[derive(Debug, Clone, Default, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch that a user types"
)]
#[expect(clippy::doc_markdown, reason = "these comments are the help's text")]
pub(super) struct Options {
    /// Configuration file [default: config.toml in the platform's configuration directory] [env:
    /// MMCHAT_CONFIG]
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Directory for conversations [default: the platform's data directory] [env: MMCHAT_DATA_DIR]
    #[arg(long, value_name = "DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// Provider and model; the model's id may itself contain slashes [env: MMCHAT_MODEL]
    #[arg(short, long, value_name = "PROVIDER/MODEL", global = true)]
    pub model: Option<String>,
    /// Whether the environment named the model, not the command line.
    #[arg(skip)]
    pub model_is_usual: bool,
    /// The configuration's file, once it was read.
    #[arg(skip)]
    pub settings: Settings,
    /// Use the built-in offline provider
    #[arg(long, global = true, conflicts_with = "model")]
    pub demo: bool,
    /// Begin as a persona of the configuration: its system prompt, model, thinking and parameters
    #[arg(long, value_name = "NAME", global = true)]
    pub persona: Option<String>,
    /// Thinking mode: on, off, low, medium, high, xhigh or max
    #[arg(long, value_name = "MODE", global = true)]
    pub thinking: Option<Thinking>,
    /// System prompt; @FILE reads it from a file
    #[arg(long, value_name = "TEXT|@FILE", global = true)]
    pub system: Option<String>,
    /// The most tokens a reply may have, reasoning included
    #[arg(long, value_name = "N", global = true)]
    pub max_tokens: Option<u64>,
    /// How much chance there is in the choice of words
    #[arg(long, value_name = "X", global = true, allow_negative_numbers = true)]
    pub temperature: Option<f64>,
    /// The share of probability that words are chosen from, 0 to 1
    #[arg(long, value_name = "X", global = true, allow_negative_numbers = true)]
    pub top_p: Option<f64>,
    /// How strongly words already used are avoided, -2 to 2
    #[arg(long, value_name = "X", global = true, allow_negative_numbers = true)]
    pub presence_penalty: Option<f64>,
    /// Have a text file or an image go along with the first message; may be given several times
    #[arg(long, value_name = "FILE", global = true)]
    pub attach: Vec<PathBuf>,
    /// Ask for JSON: the answer is a JSON object, where the model has such a mode
    #[arg(long, global = true)]
    pub json_mode: bool,
    /// Let the provider search the web, where the model has that
    #[arg(long, global = true)]
    pub search: bool,
    /// Ask for whole replies instead of streams
    #[arg(long, global = true)]
    pub no_stream: bool,
    /// Offer no tools to the model
    #[arg(long, global = true)]
    pub no_tools: bool,
    /// Go on with the last conversation
    #[arg(short = 'c', long = "continue", global = true)]
    pub go_on: bool,
    /// Go on with this conversation; the beginning of its id will do
    #[arg(long, value_name = "ID", global = true, conflicts_with = "go_on")]
    pub resume: Option<String>,
    /// Keep nothing: what is said never touches the disk
    #[arg(long, global = true)]
    pub no_save: bool,
}

impl Options {
    /// Takes from the environment what the command line leaves open. Clap could, but to it an empty
    /// variable is a value, one that is set conflicts with `--demo`, and its usage lines show as
    /// required what came this way.
    pub(super) fn completed(mut self, lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
        self.config = self
            .config
            .or_else(|| set("MMCHAT_CONFIG").map(PathBuf::from));
        self.data_dir = self
            .data_dir
            .or_else(|| set("MMCHAT_DATA_DIR").map(PathBuf::from));
        if self.model.is_none() && !self.demo {
            let model = set("MMCHAT_MODEL");
            self.model_is_usual = model.is_some();
            self.model = model.map(|model| model.to_string_lossy().into_owned());
        }
        self
    }
}

/// What to do instead of opening the chat.
#[derive(Debug, Subcommand)]
pub(super) enum Subcommands {
    /// One reply on standard output; what is piped in is appended to the prompt
    Ask(AskArgs),
    /// Providers and models: what they do, their limits and prices, and whether a key is set
    Models(ModelsArgs),
    /// The configuration: where it is, what it says, whether it is right
    Config {
        /// What to do with it
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// What works here: terminal, configuration, keys, store, network
    Doctor(DoctorArgs),
    /// API keys: where each comes from; keep one, or forget it
    Key {
        /// What to do with them
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// The conversations that are kept: find, show, export, rename, delete, import
    History {
        /// What to do with them
        #[command(subcommand)]
        command: HistoryCommand,
    },
    /// What all kept turns come to: tokens, cost and speed by model and day
    Stats {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// The key bindings in force
    Keys {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Completions for a shell, with the names of providers and models
    Completions {
        /// The shell
        #[arg(value_enum, value_name = "SHELL")]
        shell: Shell,
    },
    /// The manual page of mmchat, or of one of its commands
    Man {
        /// A command, such as `ask` or `key set`
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
    /// The built-in provider as a server of its own; prints its addresses
    DemoServer {
        /// The port to listen on; 0 takes any that is free
        #[arg(long, value_name = "N", default_value_t = 0)]
        port: u16,
    },
}

/// What to do with the configuration.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print where it is
    Path,
    /// Write a commented example there, if there is none
    Init,
    /// Print it as it is
    Show,
    /// Check it; problems are printed as `FILE:LINE:COL`
    Check,
    /// Open it in $VISUAL or $EDITOR, and check it afterwards
    Edit,
}

/// The arguments of `models`.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct ModelsArgs {
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// Also ask each provider with a key (with -m: that one) for its own list
    #[arg(long)]
    pub refresh: bool,
}

/// A shell that completions can be made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Shell {
    /// Bash.
    Bash,
    /// Zsh.
    Zsh,
    /// Fish.
    Fish,
    /// PowerShell.
    Powershell,
    /// Nushell.
    Nushell,
}

/// The arguments of `doctor`.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct DoctorArgs {
    /// Also send one tiny request to each provider with a key (with -m: to that one), which may cost a
    /// little; with --thinking off it tells whether thinking stays off
    #[arg(long)]
    pub probe: bool,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// What to do with API keys.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum KeyCommand {
    /// Keep a provider's key; asks for it, or reads it from a pipe
    #[command(after_long_help = MORE_KEY)]
    Set {
        /// The provider
        #[arg(value_name = "PROVIDER")]
        provider: String,
    },
    /// Say where each provider's key comes from, never the key
    List {
        /// This provider only
        #[arg(value_name = "PROVIDER")]
        provider: Option<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Forget a provider's key
    Delete {
        /// The provider
        #[arg(value_name = "PROVIDER")]
        provider: String,
    },
}

/// What to do with the conversations that are kept.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum HistoryCommand {
    /// List them, the newest first
    List {
        /// The most to list
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Find words in prompts, answers and reasoning; filters: in:thinking in:answer in:prompt in:title
    /// model:NAME before:DAY after:DAY on:DAY
    Search {
        /// What to find
        #[arg(value_name = "WORDS", required = true)]
        words: Vec<String>,
        /// The most to list
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Print one
    Show {
        /// Its id, or the beginning of it
        id: String,
        /// What of the reasoning to print
        #[arg(long, value_enum, default_value_t = Reasoning::Without)]
        reasoning: Reasoning,
    },
    /// Write one as Markdown, JSON or HTML
    Export {
        /// Its id, or the beginning of it
        id: String,
        /// json comes back by `history import`
        #[arg(long, value_enum, default_value_t = ExportFormat::Md)]
        format: ExportFormat,
        /// What of the reasoning to write
        #[arg(long, value_enum, default_value_t = Reasoning::With)]
        reasoning: Reasoning,
        /// The file to write; nothing that is there is overwritten [default: standard output]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Give one another title
    Rename {
        /// Its id, or the beginning of it
        id: String,
        /// The title; several words are joined by spaces
        #[arg(value_name = "TITLE", required = true)]
        title: Vec<String>,
    },
    /// Delete for good: no byte of it is left in the store
    Delete {
        /// Their ids, or the beginnings of them
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
    },
    /// Take over conversations: mmchat's JSON, OpenAI-style message lists, aichat's sessions
    Import {
        /// The files; - is standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Import conversations that are here already once more
        #[arg(long)]
        again: bool,
    },
}

/// How a conversation is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// Markdown with front matter.
    Md,
    /// Everything that is known.
    Json,
    /// One page without scripts.
    Html,
}

/// What of the reasoning is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Reasoning {
    /// Beside the answers.
    With,
    /// Only the answers.
    Without,
    /// Only the reasoning.
    Only,
}

/// The arguments of `ask`.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = MORE_ASK)]
pub(super) struct AskArgs {
    /// The prompt; several words are joined by spaces
    #[arg(value_name = "PROMPT")]
    pub prompt: Vec<String>,
    /// text: the answer as it comes; json: one object at the end; jsonl: one event a line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Ask for JSON that fits the JSON schema in a file; an answer that does not is a failure
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// Show the reasoning on standard error
    #[arg(long)]
    pub show_thinking: bool,
    /// Print the request instead of sending it, the key masked
    #[arg(long)]
    pub dry_run: bool,
}

/// How `ask` prints a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// The answer as it comes.
    Text,
    /// One object at the end.
    Json,
    /// One event a line, as they come.
    Jsonl,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        use clap::CommandFactory;
        CommandLine::command().debug_assert();
    }

    #[test]
    fn options_are_taken_before_and_after_a_command() {
        let parse = |line: &str| CommandLine::try_parse_from(line.split(' ')).unwrap();
        for line in ["mmchat -m a/b/c ask hi", "mmchat ask -m a/b/c hi"] {
            assert_eq!(parse(line).options.model.as_deref(), Some("a/b/c"));
        }
        assert_eq!(
            parse("mmchat --thinking off").options.thinking,
            Some(Thinking::Off)
        );
        assert!(CommandLine::try_parse_from(["mmchat", "--thinking", "deep"]).is_err());
    }

    #[test]
    fn the_environment_fills_in_what_is_not_typed_and_an_empty_variable_is_none() {
        let options = |line: &str, value: &'static str| {
            let line = CommandLine::try_parse_from(line.split(' ')).unwrap();
            line.options.completed(move |_| Some(OsString::from(value)))
        };
        let demo = options("mmchat --demo", "lab/m");
        assert_eq!((demo.demo, demo.model), (true, None));
        let typed = options("mmchat ask -m a/b hi", "lab/m");
        assert_eq!(typed.model.as_deref(), Some("a/b"));
        assert!(!typed.model_is_usual && options("mmchat", "a/b").model_is_usual);
        assert_eq!(typed.config, Some(PathBuf::from("lab/m")));
        let empty = options("mmchat", "");
        assert_eq!(
            (empty.model, empty.config, empty.data_dir),
            (None, None, None)
        );
        assert!(CommandLine::try_parse_from(["mmchat", "--demo", "-m", "a/b"]).is_err());
    }
}
