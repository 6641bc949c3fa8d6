//! One vocabulary for the steps of a streamed reply, whatever the provider's dialect.

use std::time::Duration;

use super::{Failure, Source, Usage};
use crate::phrase::tr;

/// Which of the two texts of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The chain of thought: shown beside the answer, never sent back.
    Reasoning,
    /// The answer: what the next request carries as history.
    Answer,
}

/// One step of a reply. Folding all of them in order gives the [`super::Reply`].
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// The model that the provider says it serves; may differ from the one asked for.
    Served(String),
    /// More reasoning, to be appended.
    Reasoning(String),
    /// More answer, to be appended.
    Answer(String),
    /// All answer text so far was reasoning (a closing think tag with no opening one).
    Relabel,
    /// One of the texts is now exactly this (the provider sends cumulative snapshots).
    Replace(Part, String),
    /// A piece of a tool call.
    Tool(ToolDelta),
    /// Sources of a web search, in the provider's order; replaces earlier ones.
    Sources(Vec<Source>),
    /// Token counts so far; replaces earlier ones, never adds to them.
    Usage(Usage),
    /// What the provider wants back untouched when the results of its tool calls are sent: JSON
    /// text for its dialect alone, never shown.
    Carry(String),
    /// Something the reader should be told although the reply goes on.
    Remark(Remark),
    /// The reply is complete, and why. Always the last delta.
    Finish(Finish),
}

impl Delta {
    /// Tells whether this delta carries text that a reader could see.
    pub fn is_text(&self) -> bool {
        match self {
            Self::Reasoning(text) | Self::Answer(text) | Self::Replace(_, text) => !text.is_empty(),
            Self::Tool(_) => true,
            Self::Served(_)
            | Self::Relabel
            | Self::Sources(_)
            | Self::Usage(_)
            | Self::Carry(_)
            | Self::Remark(_)
            | Self::Finish(_) => false,
        }
    }
}

/// A piece of a tool call: merged by `slot`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolDelta {
    /// Which call of this reply, counted from 0.
    pub slot: usize,
    /// The call's id, where this piece names it.
    pub id: Option<String>,
    /// The tool's name, where this piece names it.
    pub name: Option<String>,
    /// More of the arguments' JSON text, to be appended …
    pub arguments: String,
    /// … or, when set, all of it so far (a snapshot).
    pub snapshot: bool,
}

/// Something honest to say about a reply that is not a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Remark {
    /// At least one event could not be read and was skipped.
    BrokenEvent,
    /// An error arrived after the answer was complete.
    LateError,
    /// The provider ignored `stream = true` and sent the whole reply at once.
    NotStreamed,
    /// The user stopped the reasoning; the answer was asked for with thinking off.
    AnsweredAtOnce,
    /// The user stopped the reasoning; the answer was asked for with the least effort there is.
    AnsweredWithLeast,
    /// The answer was to be JSON and is none.
    NotJson,
    /// Searching the web failed.
    SearchFailed,
    /// The answer was cut, and the rest of it was asked for.
    WentOn,
}

impl Remark {
    /// Every one there is.
    pub const ALL: [Self; 8] = [
        Self::BrokenEvent,
        Self::LateError,
        Self::NotStreamed,
        Self::AnsweredAtOnce,
        Self::AnsweredWithLeast,
        Self::NotJson,
        Self::SearchFailed,
        Self::WentOn,
    ];

    /// Its word in JSON and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::BrokenEvent => "broken_event",
            Self::LateError => "late_error",
            Self::NotStreamed => "not_streamed",
            Self::AnsweredAtOnce => "answered_at_once",
            Self::AnsweredWithLeast => "answered_with_least",
            Self::NotJson => "not_json",
            Self::SearchFailed => "search_failed",
            Self::WentOn => "went_on",
        }
    }

    /// The remark as a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::BrokenEvent => tr!("Part of the stream could not be read and is missing."),
            Self::LateError => tr!("The server reported an error after the answer was complete."),
            Self::NotStreamed => {
                tr!("The server sent the whole reply at once instead of streaming it.")
            }
            Self::AnsweredAtOnce => {
                tr!("Answered at once, thinking off: the reasoning was stopped.")
            }
            Self::AnsweredWithLeast => {
                tr!("Answered at once, with the least thinking that the model has.")
            }
            Self::WentOn => tr!("The answer was cut, and went on from there."),
            Self::NotJson => tr!("This is not valid JSON. Alt+J asks for it again."),
            Self::SearchFailed => {
                tr!("A web search failed; the answer may rest on less than was found.")
            }
        }
    }
}

/// Why a reply ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finish {
    /// The model was done.
    Stop,
    /// The token limit was reached; reasoning and answer share it.
    Length,
    /// The model wants tools to be run.
    ToolCalls,
    /// The provider's safety filter cut the reply.
    ContentFilter,
    /// The stream ended without saying why: the rest is missing.
    CutOff,
    /// A reason this program does not know, in the provider's word.
    Other(String),
}

/// What happens to a request on its way, as [`crate::app`] hears of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// The server has answered and the reply is awaited.
    Connected,
    /// The request failed before any text came and is tried again after a wait.
    Retrying {
        /// The number of the attempt that comes next, counted from 2.
        attempt: u32,
        /// How many attempts there are in all.
        of: u32,
        /// How long until then.
        wait: Duration,
        /// What went wrong with the last one.
        because: Box<Failure>,
    },
    /// A step of the reply.
    Delta(Delta),
}
