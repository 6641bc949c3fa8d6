//! How far a live turn's texts are ahead of the disk, and what is to be written of them when.
//!
//! Pure. Looked at as often as one likes: at most one change comes of it in [`JOURNAL_PAUSE`], however
//! fast a reply comes. A text that was taken back is written anew; nothing else is written twice.

use std::time::{Duration, Instant};

use super::library::{Change, Grown};
use crate::chat::{Text, Turn, TurnId};

/// How long text may have arrived before it is on its way to the disk: writing takes the rest of
/// the quarter of a second that a crash may cost.
pub const JOURNAL_PAUSE: Duration = Duration::from_millis(150);

/// What of a live turn is on its way to the disk.
#[derive(Debug)]
pub struct Journal {
    turn: TurnId,
    reasoning: Mark,
    answer: Mark,
    due: Option<Instant>,
}

/// How far a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    epoch: u32,
    bytes: usize,
}

impl Journal {
    /// The journal of a turn that was just written as it is.
    pub fn of(turn: &Turn) -> Self {
        Self {
            turn: turn.id,
            reasoning: Mark::of(&turn.reply.reasoning),
            answer: Mark::of(&turn.reply.answer),
            due: None,
        }
    }

    /// Whose it is.
    pub fn turn(&self) -> TurnId {
        self.turn
    }

    /// When there is something to write although nothing happens.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// What is to be written now, if anything is and has waited for long enough.
    pub fn write(&mut self, turn: &Turn, now: Instant) -> Option<Change> {
        let reply = &turn.reply;
        let marks = (Mark::of(&reply.reasoning), Mark::of(&reply.answer));
        if marks == (self.reasoning, self.answer) {
            return None;
        }
        if *self.due.get_or_insert(now + JOURNAL_PAUSE) > now {
            return None;
        }
        let change = Change::Grow {
            turn: turn.id,
            reasoning: self.reasoning.grown(&reply.reasoning),
            answer: self.answer.grown(&reply.answer),
        };
        (self.reasoning, self.answer) = marks;
        self.due = None;
        Some(change)
    }
}

impl Mark {
    fn of(text: &Text) -> Self {
        Self {
            epoch: text.epoch(),
            bytes: text.len(),
        }
    }

    /// What is new since this mark.
    fn grown(self, text: &Text) -> Option<Grown> {
        let now = Self::of(text);
        if now == self {
            return None;
        }
        let same = now.epoch == self.epoch;
        let keep_bytes = if same { self.bytes } else { 0 };
        let text = text.as_str().get(keep_bytes..)?.to_owned();
        Some(Grown { keep_bytes, text })
    }
}
