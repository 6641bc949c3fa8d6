//! The turn that `ask` asks, kept by the store as it comes.

use std::time::{Duration, Instant};

use crate::app::Effect;
use crate::app::keeping::JOURNAL_PAUSE;
use crate::app::library::{Change, Grown, Kept};
use crate::chat::{Text, Turn, TurnId, TurnState};
use crate::cli::args::Options;
use crate::cli::{chat, complain};
use crate::store::{Place, Store};

/// How long the store may take to write the reply down at the end.
const SAVE_PATIENCE: Duration = Duration::from_secs(5);

/// The turn that is asked, and the store that keeps it as it comes.
pub(super) struct Record {
    pub kept: Kept,
    pub turn: TurnId,
    store: Store,
    /// How much of the texts the store has, and since when there has been more.
    written: Written,
    due: Option<Instant>,
}

/// How far the reasoning and the answer are written: how often each was taken back, and its bytes.
type Written = [(u32, usize); 2];

impl Record {
    pub(super) fn begin(options: &Options, kept: Kept, turn: TurnId) -> Self {
        let place = if options.no_save {
            Place::Nowhere(String::new())
        } else {
            chat::place(options)
        };
        let mut record = Self {
            store: Store::new(place),
            kept,
            turn,
            written: Written::default(),
            due: None,
        };
        record.save(Change::Head(Box::new(record.kept.head.clone())));
        record.save_turn();
        record
    }

    pub(super) fn turn(&mut self) -> Option<&mut Turn> {
        self.kept.conversation.turn_mut(self.turn)
    }

    fn save(&mut self, change: Change) {
        self.store.carry_out(Effect::Save(Box::new(change)));
    }

    pub(super) fn save_turn(&mut self) {
        if let Some(turn) = self.kept.conversation.turn(self.turn) {
            self.save(Change::Turn(self.kept.head.id, Box::new(turn.clone())));
        }
    }

    /// Has what arrived written once it has waited for long enough.
    pub(super) fn grow(&mut self, now: Instant) {
        let Some(turn) = self.kept.conversation.turn(self.turn) else {
            return;
        };
        let texts = [&turn.reply.reasoning, &turn.reply.answer];
        let marks = texts.map(|text| (text.epoch(), text.len()));
        if marks == self.written || *self.due.get_or_insert(now + JOURNAL_PAUSE) > now {
            return;
        }
        let grown = |text: &Text, (epoch, bytes): (u32, usize)| {
            if (text.epoch(), text.len()) == (epoch, bytes) {
                return None;
            }
            let keep_bytes = if text.epoch() == epoch { bytes } else { 0 };
            let text = text.as_str().get(keep_bytes..)?.to_owned();
            Some(Grown { keep_bytes, text })
        };
        let [reasoning, answer] = self.written;
        let change = Change::Grow {
            turn: self.turn,
            reasoning: grown(&turn.reply.reasoning, reasoning),
            answer: grown(&turn.reply.answer, answer),
        };
        self.written = marks;
        self.due = None;
        self.save(change);
    }

    /// Has the turn written as it is at the end, and waits for it.
    pub(super) fn end(mut self) {
        if let Some(turn) = self.turn().filter(|turn| turn.is_live()) {
            turn.state = TurnState::Stopped;
        }
        self.save_turn();
        let closed = self.store.close(SAVE_PATIENCE);
        for news in self.store.news() {
            complain(&news);
        }
        if let Err(why) = closed {
            complain(&why);
        }
    }
}
