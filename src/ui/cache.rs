//! What drawing leaves behind for the next frame: wrapped rows of every text that was shown.
//!
//! Invariant: forgetting all of it changes nothing on the screen, only what the next frame costs.

use std::collections::HashMap;

use super::theme::Theme;
use crate::chat::TurnId;
use crate::markdown::{Document, Kind};

/// Wrapped texts, and the theme that they are drawn in.
#[derive(Debug)]
pub struct Cache {
    /// The colours in force.
    pub theme: Theme,
    documents: HashMap<(TurnId, Topic), Document>,
}

/// A text of a turn that is wrapped on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    /// What the user said.
    Prompt,
    /// The chain of thought.
    Reasoning,
    /// The answer.
    Answer,
    /// Remarks and tool calls under the answer.
    Remarks,
    /// Why there is no more of it.
    Failure,
    /// What the server or the system said itself.
    Words,
}

/// A text to be wrapped.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// The text.
    pub text: &'a str,
    /// Counts how often earlier text was taken back.
    pub epoch: u32,
    /// Whether no more will come.
    pub done: bool,
}

impl<'a> Source<'a> {
    /// A text that does not change.
    pub(super) fn fixed(text: &'a str) -> Self {
        Self {
            text,
            epoch: 0,
            done: true,
        }
    }
}

impl Cache {
    /// An empty cache for a theme.
    pub fn new(theme: Theme) -> Self {
        Self {
            theme,
            documents: HashMap::new(),
        }
    }

    /// Brings a text's rows up to date at a width and returns them.
    pub(super) fn document(
        &mut self,
        turn: TurnId,
        topic: Topic,
        source: Source<'_>,
        width: u16,
    ) -> &Document {
        let kind = match topic {
            Topic::Reasoning | Topic::Answer => Kind::Markdown,
            Topic::Prompt | Topic::Remarks | Topic::Failure | Topic::Words => Kind::Plain,
        };
        let document = self
            .documents
            .entry((turn, topic))
            .or_insert_with(|| Document::new(kind));
        document.sync(source.text, source.epoch, width, source.done);
        document
    }

    /// Rows that an earlier call brought up to date.
    pub(super) fn kept(&self, turn: TurnId, topic: Topic) -> Option<&Document> {
        self.documents.get(&(turn, topic))
    }

    /// Forgets the texts of turns that are no longer on the screen.
    pub(super) fn keep_only(&mut self, is_there: impl Fn(TurnId) -> bool) {
        self.documents.retain(|(turn, _), _| is_there(*turn));
    }
}
