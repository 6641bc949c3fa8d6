//! Why a request is not sent, and what the user had better know: the sentences.
//!
//! Each names the model, the limit or the capability, and the way out. Nothing is decided here.

use std::fmt;

use super::nearest::either;
use super::plan::Capability;
use crate::chat::Thinking;
use crate::phrase::tr;

/// Why a request is not sent. `model` is `provider/model` everywhere.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// The model lacks the thinking mode.
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
    UnknownMode {
        /// The model.
        model: String,
        /// The mode that was asked for.
        wanted: Thinking,
        /// What to write.
        declaration: String,
    },
    /// The model lacks a capability.
    Lacks {
        /// The model.
        model: String,
        /// What it lacks.
        capability: Capability,
        /// Models that have it, this provider's if any of them does, as the rest of the sentence.
        others: String,
    },
    /// Nothing is known of the model's capabilities.
    UnknownCapability {
        /// The model.
        model: String,
        /// What was asked for.
        capability: Capability,
        /// What to write.
        declaration: String,
    },
    /// The model takes no images.
    NoImages {
        /// The model.
        model: String,
        /// Models of this provider that take them, as the rest of the sentence.
        others: String,
    },
    /// Nobody has said that the model takes images.
    MayTakeNoImages {
        /// The model.
        model: String,
        /// What to write.
        declaration: String,
    },
    /// A sampling parameter is out of its bounds.
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
    NoTokens,
    /// The token limit is above the model's.
    TooManyTokens {
        /// The model.
        model: String,
        /// What was asked for.
        asked: u64,
        /// The most it can write.
        most: u64,
    },
    /// The conversation is longer than the model takes.
    InputTooLong {
        /// The model.
        model: String,
        /// How long it is, in tokens, roughly.
        estimate: u64,
        /// The most it takes, in tokens.
        most: u64,
    },
    /// Conversation and reply together are longer than the window.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// The token limit is too low for thinking and an answer.
    FewTokens {
        /// The limit.
        max_tokens: u64,
        /// Whether the model can answer without thinking.
        can_stop: bool,
    },
    /// What the catalogue says about the model's JSON mode.
    JsonMode(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    #[expect(clippy::too_many_lines, reason = "a sentence for each")]
    fn sentence(&self) -> String {
        match self {
            Self::NoSuchMode {
                model,
                wanted,
                modes,
                others,
            } => {
                let modes = modes_sentence(modes);
                tr!(
                    "{model} has no thinking mode “{wanted}”. {modes}{others}",
                    model,
                    wanted,
                    modes,
                    others
                )
            }
            Self::UnknownMode {
                model,
                wanted,
                declaration,
            } => tr!(
                "it is not known how {model} is asked for thinking “{wanted}”. Use thinking “on”, which leaves it to the model, or declare it in the configuration: {declaration}",
                model,
                wanted,
                declaration
            ),
            Self::Lacks {
                model,
                capability,
                others,
            } => tr!(
                "{model} has no {what}. Leave it off{others}",
                model,
                what = capability.name(),
                others
            ),
            Self::UnknownCapability {
                model,
                capability,
                declaration,
            } => tr!(
                "it is not known whether {model} has {what}, nor how it is asked for. Leave it off, or declare it in the configuration: {declaration}",
                model,
                what = capability.name(),
                declaration
            ),
            Self::NoImages { model, others } => tr!(
                "{model} takes text only. Remove the image{others}",
                model,
                others
            ),
            Self::MayTakeNoImages { model, declaration } => tr!(
                "it is not known whether {model} takes images. Remove the image, or declare it in the configuration: {declaration}",
                model,
                declaration
            ),
            Self::OutOfBounds {
                model,
                parameter,
                value,
                min,
                max,
                remark,
            } => tr!(
                "{parameter} is {value}, and {model} takes {min} to {max}{remark}",
                model,
                parameter,
                value,
                min,
                max,
                remark
            ),
            Self::NoTokens => tr!(
                "max_tokens is 0, which leaves no room for an answer. Set 1 or more, or unset it"
            )
            .to_owned(),
            Self::TooManyTokens { model, asked, most } => tr!(
                "max_tokens is {asked}, and {model} writes {most} tokens at most, reasoning included. Lower it, or unset it",
                model,
                asked,
                most
            ),
            Self::InputTooLong {
                model,
                estimate,
                most,
            } => tr!(
                "the conversation is about {estimate} tokens long, and {model} takes {most}. Start a new one, edit an earlier message, or switch to a model with a larger window",
                model,
                estimate,
                most
            ),
            Self::WindowTooSmall {
                model,
                estimate,
                max_tokens,
                window,
            } => tr!(
                "the conversation is about {estimate} tokens long and max_tokens is {max_tokens}: together more than the window of {model}, {window} tokens. Lower max_tokens, or start a new conversation",
                model,
                estimate,
                max_tokens,
                window
            ),
        }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewTokens {
                max_tokens,
                can_stop,
            } => {
                let way_out = if *can_stop {
                    tr!(", or turn thinking off")
                } else {
                    ""
                };
                f.write_str(&tr!(
                    "max_tokens is {max_tokens}, and reasoning and answer share it: thinking alone often takes 1,000 tokens or more, so there may be no answer. Use 2048 or more{way_out}",
                    max_tokens,
                    way_out
                ))
            }
            Self::JsonMode(about) => f.write_str(&tr!("JSON mode: {about}", about)),
        }
    }
}

impl std::error::Error for Hint {}

fn modes_sentence(modes: &[Thinking]) -> String {
    let words: Vec<&str> = modes.iter().map(|mode| mode.word()).collect();
    match modes {
        [Thinking::On] => tr!("It always thinks: leave thinking “on”").to_owned(),
        [Thinking::Off] => tr!("It never thinks: leave thinking “off”").to_owned(),
        _ if !modes.contains(&Thinking::Off) => tr!(
            "It always thinks; its modes are {modes}: choose one",
            modes = either(&words)
        ),
        _ => tr!("Its modes are {modes}: choose one", modes = either(&words)),
    }
}
