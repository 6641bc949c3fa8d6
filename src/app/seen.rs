//! What the last frame showed: data that the view hands back, so that keys and clicks can refer
//! to what is on the screen.

use std::ops::Range;
use std::sync::Arc;

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
    /// The crosses of the chips above the message box, and which chip each takes away.
    pub chips: Vec<(Rect, usize)>,
    /// The message box.
    pub message: Rect,
    /// The list of an overlay: its area and the index of its first row.
    pub list: Option<(Rect, usize)>,
    /// The card that asks whether a tool may run.
    pub card: Option<SeenCard>,
    /// The row on top of an overlay's text.
    pub reader: Option<Spot>,
    /// First row of each turn in the chat.
    pub turns: Arc<[(TurnId, usize)]>,
    /// What text the ends of the selection stand on: where it was begun, and where it is now.
    pub ends: [Option<Passage>; 2],
    /// The border between the panes, where there are two.
    pub seam: Option<Seam>,
    /// Where the terminal's cursor stands; nowhere, if it is hidden.
    pub caret: Option<Position>,
}

/// A piece of a text of a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The turn.
    pub turn: TurnId,
    /// Which of its texts.
    pub section: Section,
    /// Its bytes.
    pub range: Range<usize>,
}

/// The border between the thinking pane and the chat, which the mouse can move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seam {
    /// Where it is.
    pub area: Rect,
    /// Both panes together.
    pub panes: Rect,
    /// The edge of `panes` that the thinking pane is at.
    pub edge: Edge,
    /// The least and the most columns or rows of the thinking pane.
    pub range: (u16, u16),
}

/// An edge of an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The left one.
    Left,
    /// The right one.
    Right,
    /// The upper one.
    Top,
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
    /// The nearest headings above and below that row.
    pub headings: (Option<usize>, Option<usize>),
    /// How many rows more there are than in the frame before because they were counted, not
    /// because text came.
    pub recounted: isize,
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
    /// Rows below the one that shows the byte at `offset`, at `width`. Above and below the text
    /// itself, where the headers and notes are, it holds at any width.
    pub row: isize,
    /// A byte of the section's text; `usize::MAX` is its end.
    pub offset: usize,
    /// Which text of the turn `offset` counts in.
    pub section: Section,
    /// The width that `row` was counted at.
    pub width: u16,
}

impl Anchor {
    /// The beginning of a turn.
    pub fn start_of(turn: TurnId) -> Self {
        Self {
            turn,
            row: -1,
            offset: 0,
            section: Section::Prompt,
            width: 0,
        }
    }
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
    /// The turn that a row of the chat belongs to.
    pub fn turn_at(&self, row: usize) -> Option<TurnId> {
        let next = self.turns.partition_point(|(_, first)| *first <= row);
        let (turn, _) = self.turns.get(next.checked_sub(1)?)?;
        Some(*turn)
    }

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
