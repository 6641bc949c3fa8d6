//! Why a request is not sent, and what the user had better know: the sentences.
//!
//! Each names the model, the limit or the capability, and the way out. Nothing is decided here.

use super::nearest::either;
use super::plan::Capability;
use crate::chat::Thinking;

/// Why a request is not sent. `model` is `provider/model` everywhere.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The model lacks the thinking mode.
    #[error(
        "{model} has no thinking mode “{wanted}”. {}{others}",
        modes_sentence(modes)
    )]
    NoSuchMode {
        /// The model.
        model: String,
        /// The mode that was asked for.
        wanted: Thinking,
        /// The modes there are.
        modes: Vec<Thinking>,
        /// Models of this provider that have it, as a sentence; empty for none.
        others: String,
    },
    /// Nothing is known of the model's thinking modes.
    #[error(
        "it is not known how {model} is asked for thinking “{wanted}”. Use thinking “on”, which leaves it to the model, or declare it in the configuration: {declaration}"
    )]
    UnknownMode {
        /// The model.
        model: String,
        /// The mode that was asked for.
        wanted: Thinking,
        /// What to write.
        declaration: String,
    },
    /// The model lacks a capability.
    #[error("{model} has no {}. Leave it off{others}", .capability.name())]
    Lacks {
        /// The model.
        model: String,
        /// What it lacks.
        capability: Capability,
        /// Models of this provider that have it, as the rest of the sentence.
        others: String,
    },
    /// Nothing is known of the model's capabilities.
    #[error(
        "it is not known whether {model} has {}, nor how it is asked for. Leave it off, or declare it in the configuration: {declaration}",
        .capability.name()
    )]
    UnknownCapability {
        /// The model.
        model: String,
        /// What was asked for.
        capability: Capability,
        /// What to write.
        declaration: String,
    },
    /// The model takes no images.
    #[error("{model} takes text only. Remove the image{others}")]
    NoImages {
        /// The model.
        model: String,
        /// Models of this provider that take them, as the rest of the sentence.
        others: String,
    },
    /// Nobody has said that the model takes images.
    #[error(
        "it is not known whether {model} takes images. Remove the image, or declare it in the configuration: {declaration}"
    )]
    MayTakeNoImages {
        /// The model.
        model: String,
        /// What to write.
        declaration: String,
    },
    /// A sampling parameter is out of its bounds.
    #[error("{parameter} is {value}, and {model} takes {min} to {max}{remark}")]
    OutOfBounds {
        /// The model.
        model: String,
        /// The parameter.
        parameter: &'static str,
        /// What was asked for.
        value: f64,
        /// The least it takes.
        min: f64,
        /// The most it takes.
        max: f64,
        /// The rest of the sentence: the default, or why the bound is what it is.
        remark: String,
    },
    /// The token limit is zero.
    #[error("max_tokens is 0, which leaves no room for an answer. Set 1 or more, or unset it")]
    NoTokens,
    /// The token limit is above the model's.
    #[error(
        "max_tokens is {asked}, and {model} writes {most} tokens at most, reasoning included. Lower it, or unset it"
    )]
    TooManyTokens {
        /// The model.
        model: String,
        /// What was asked for.
        asked: u64,
        /// The most it can write.
        most: u64,
    },
    /// The conversation is longer than the model takes.
    #[error(
        "the conversation is about {estimate} tokens long, and {model} takes {most}. Start a new one, edit an earlier message, or switch to a model with a larger window"
    )]
    InputTooLong {
        /// The model.
        model: String,
        /// How long it is, in tokens, roughly.
        estimate: u64,
        /// The most it takes, in tokens.
        most: u64,
    },
    /// Conversation and reply together are longer than the window.
    #[error(
        "the conversation is about {estimate} tokens long and max_tokens is {max_tokens}: together more than the window of {model}, {window} tokens. Lower max_tokens, or start a new conversation"
    )]
    WindowTooSmall {
        /// The model.
        model: String,
        /// How long the conversation is, in tokens, roughly.
        estimate: u64,
        /// The token limit.
        max_tokens: u64,
        /// The window, in tokens.
        window: u64,
    },
}

/// Something the user had better know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Hint {
    /// The token limit is too low for thinking and an answer.
    #[error(
        "max_tokens is {max_tokens}, and reasoning and answer share it: thinking alone often takes 1,000 tokens or more, so there may be no answer. Use 2048 or more{}",
        if *can_stop { ", or turn thinking off" } else { "" }
    )]
    FewTokens {
        /// The limit.
        max_tokens: u64,
        /// Whether the model can answer without thinking.
        can_stop: bool,
    },
    /// What the catalogue says about the model's JSON mode.
    #[error("JSON mode: {0}")]
    JsonMode(String),
}

fn modes_sentence(modes: &[Thinking]) -> String {
    let words: Vec<&str> = modes.iter().map(|mode| mode.word()).collect();
    match modes {
        [Thinking::On] => "It always thinks: leave thinking “on”".to_owned(),
        [Thinking::Off] => "It never thinks: leave thinking “off”".to_owned(),
        _ if !modes.contains(&Thinking::Off) => {
            format!(
                "It always thinks; its modes are {}: choose one",
                either(&words)
            )
        }
        _ => format!("Its modes are {}: choose one", either(&words)),
    }
}
