//! What the last frame showed: data that the view hands back, so that keys and clicks can refer
//! to what is on the screen.

use ratatui::layout::{Position, Rect};

use super::reader::Spot;
use crate::chat::{CallId, TurnId};

/// A part of the screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Pane {
    /// The message box.
    #[default]
    Message,
    /// The conversation.
    Chat,
    /// The reasoning.
    Thinking,
}

/// What the last frame showed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// The chat pane.
    pub chat: SeenPane,
    /// The thinking pane; empty where it is not shown.
    pub thinking: SeenPane,
    /// The message box.
    pub message: Rect,
    /// The list of an overlay: its area and the index of its first row.
    pub list: Option<(Rect, usize)>,
    /// The card that asks whether a tool may run.
    pub card: Option<SeenCard>,
    /// The row on top of an overlay's text.
    pub reader: Option<Spot>,
    /// First row of each turn in the chat.
    pub turns: Vec<(TurnId, usize)>,
}

/// What the last frame showed of the card that asks whether a tool may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenCard {
    /// The call that it asks about.
    pub call: CallId,
    /// The first row of the arguments when their end is shown.
    pub last_top: usize,
}

/// What the last frame showed of a pane.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeenPane {
    /// Where its text is, without borders. Zero-sized when the pane is not shown.
    pub area: Rect,
    /// How many rows it has in all.
    pub rows: usize,
    /// The first row shown.
    pub top: usize,
    /// Where that row is in the text, to find it again after a resize.
    pub anchor: Option<Anchor>,
    /// The rows that are headings.
    pub headings: Vec<usize>,
}

impl SeenPane {
    /// The top row that shows the end.
    pub fn last_top(&self) -> usize {
        self.rows.saturating_sub(usize::from(self.area.height))
    }
}

/// A place in a pane's text that does not move when the window does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// The turn.
    pub turn: TurnId,
    /// Rows below the turn's first, at `width`.
    pub row: usize,
    /// The byte of the section's text that the row begins with.
    pub offset: usize,
    /// Which text of the turn `offset` counts in.
    pub section: Section,
    /// The width that `row` was counted at.
    pub width: u16,
}

/// A text of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Section {
    /// What the user said.
    Prompt,
    /// The chain of thought.
    Reasoning,
    /// The answer.
    Answer,
}

impl Seen {
    /// The pane at a position of the screen.
    pub fn pane_at(&self, position: Position) -> Option<Pane> {
        // Borders belong to their pane.
        let hit = |area: Rect| {
            !area.is_empty()
                && area
                    .outer(ratatui::layout::Margin::new(1, 1))
                    .contains(position)
        };
        [
            (Pane::Chat, self.chat.area),
            (Pane::Thinking, self.thinking.area),
            (Pane::Message, self.message),
        ]
        .into_iter()
        .find_map(|(pane, area)| hit(area).then_some(pane))
    }
}
