//! The command line as typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::chat::Thinking;

/// Terminal chat for MiniMax models: reasoning and answer stream side by side.
#[derive(Debug, Parser)]
#[command(name = "mmchat", version, about, max_term_width = 100)]
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
pub(super) struct Options {
    /// Configuration file [default: config.toml in the platform's configuration directory]
    #[arg(long, value_name = "FILE", env = "MMCHAT_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// Directory for what mmchat keeps (conversations stay in memory in this version)
    #[arg(long, value_name = "DIR", env = "MMCHAT_DATA_DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// Provider and model; the model's id may itself contain slashes
    #[arg(
        short,
        long,
        value_name = "PROVIDER/MODEL",
        env = "MMCHAT_MODEL",
        global = true
    )]
    pub model: Option<String>,
    /// Use the built-in offline provider
    #[arg(long, global = true, conflicts_with = "model")]
    pub demo: bool,
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
    /// Ask for whole replies instead of streams
    #[arg(long, global = true)]
    pub no_stream: bool,
    /// Offer no tools to the model
    #[arg(long, global = true)]
    pub no_tools: bool,
}

/// What to do instead of opening the chat.
#[derive(Debug, Subcommand)]
pub(super) enum Subcommands {
    /// One reply on standard output; what is piped in is appended to the prompt
    Ask(AskArgs),
    /// Providers and models: what they do, their limits and prices, and whether a key is set
    Models {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// The configuration: where it is, what it says, whether it is right
    Config {
        /// What to do with it
        #[command(subcommand)]
        deed: ConfigDeed,
    },
    /// API keys: where each comes from; keep one, or forget it
    Key {
        /// What to do with them
        #[command(subcommand)]
        deed: KeyDeed,
    },
    /// The key bindings in force
    Keys,
    /// The built-in provider as a server of its own; prints its addresses
    DemoServer {
        /// The port to listen on; 0 takes any that is free
        #[arg(long, value_name = "N", default_value_t = 0)]
        port: u16,
    },
}

/// What to do with the configuration.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum ConfigDeed {
    /// Print where it is
    Path,
    /// Write a commented example there, if there is none
    Init,
    /// Print it as it is
    Show,
    /// Check it; problems are printed as `FILE:LINE:COL`
    Check,
}

/// What to do with API keys.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum KeyDeed {
    /// Keep a provider's key; asks for it, or reads it from a pipe
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

/// The arguments of `ask`.
#[derive(Debug, Clone, Args)]
pub(super) struct AskArgs {
    /// The prompt; several words are joined by spaces
    #[arg(value_name = "PROMPT")]
    pub prompt: Vec<String>,
    /// text: the answer as it comes; json: one object at the end; jsonl: one event a line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Show the reasoning on standard error
    #[arg(long)]
    pub show_thinking: bool,
    /// Print the request instead of sending it, the key masked
    #[arg(long)]
    pub dry_run: bool,
    /// Keep nothing of it (this version keeps nothing anyway)
    #[arg(long)]
    pub no_save: bool,
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
}
