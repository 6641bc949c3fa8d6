//! What drawing leaves behind for the next frame: wrapped rows of every text that was shown.
//!
//! Invariant: forgetting all of it changes nothing on the screen, only what the next frame costs.

use std::collections::HashMap;
use std::ops::Range;

use super::links::Links;
use super::theme::Theme;
use crate::app::Themes;
use crate::chat::TurnId;
use crate::markdown::{CodeColours, CodeRequest, Document, Kind};

/// Wrapped texts, and the theme that they are drawn in.
#[derive(Debug)]
pub struct Cache {
    /// The colours in force.
    pub theme: Theme,
    /// The links on the screen.
    pub links: Links,
    /// The revision of the theme that the colours are of.
    worn: u32,
    documents: HashMap<(TurnId, Topic), Document>,
    /// The rows of Markdown that the last frame showed.
    shown: Vec<(TurnId, Topic, Range<usize>)>,
    /// Whose code colours are asked for.
    asked: Option<(TurnId, Topic)>,
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
    /// The answer of a later round of a reply that asked for tools, counted from 1.
    Later(u16),
    /// What that tool call came to.
    Result(u16),
    /// Remarks under the answer.
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
    /// An empty cache. The theme is what is shown until another one is chosen; its depth stays.
    pub fn new(theme: Theme) -> Self {
        Self {
            theme,
            links: Links::default(),
            worn: 0,
            documents: HashMap::new(),
            shown: Vec::new(),
            asked: None,
        }
    }

    /// Puts on the theme in force. Rows know parts and no colours, so they stay as they are.
    pub(super) fn wear(&mut self, themes: &Themes) {
        if self.worn != themes.revision() {
            self.worn = themes.revision();
            self.theme = Theme::new(themes.worn(), self.theme.depth());
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
            Topic::Reasoning | Topic::Answer | Topic::Later(_) => Kind::Markdown,
            Topic::Result(_) => Kind::Plain,
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

    /// What code on the screen has no colours yet, a piece at a time. The next one may be asked
    /// for when the colours of this one are here.
    pub fn uncoloured(&mut self) -> Option<CodeRequest> {
        let found = self.shown.iter().find_map(|(turn, topic, rows)| {
            let document = self.documents.get(&(*turn, *topic))?;
            Some(((*turn, *topic), document.uncoloured(rows)?))
        });
        let (asked, request) = found?;
        self.asked = Some(asked);
        Some(request)
    }

    /// Takes the colours that were asked for last. Tells whether the screen looks different now.
    pub fn colour(&mut self, colours: CodeColours) -> bool {
        let asked = self.asked.take();
        asked
            .and_then(|asked| self.documents.get_mut(&asked))
            .is_some_and(|document| document.colour(colours))
    }

    /// Begins a frame: nothing is shown yet.
    pub(super) fn clear_shown(&mut self) {
        self.shown.clear();
        self.links.begin();
    }

    /// Takes note of a row that the frame is about to show.
    pub(super) fn shows(&mut self, turn: TurnId, topic: Topic, row: usize) {
        let document = self.documents.get(&(turn, topic));
        if let Some(shown) = document.and_then(|document| document.row(row)) {
            self.links.show(shown);
        }
        match self.shown.last_mut() {
            Some((t, k, rows)) if (*t, *k) == (turn, topic) && rows.end == row => rows.end += 1,
            _ => self.shown.push((turn, topic, row..row + 1)),
        }
    }

    /// Forgets the texts of turns that are no longer on the screen.
    pub(super) fn keep_only(&mut self, is_there: impl Fn(TurnId) -> bool) {
        self.documents.retain(|(turn, _), _| is_there(*turn));
    }
}
