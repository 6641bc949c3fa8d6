//! The turn that `ask` asks, kept as it comes.

use std::time::{Duration, Instant};

use super::args::Options;
use super::{chat, complain};
use crate::app::journal::Journal;
use crate::app::library::{Change, Head, StoredConversation, title_from};
use crate::app::{Effect, Session};
use crate::chat::{Asked, ConversationId, Ids, Moment, Turn, TurnId, TurnState};
use crate::store::{Place, Store};

/// How long the store may take to write the reply down at the end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Adds a turn to a conversation, which begins with it if nothing was said in it yet.
pub(super) fn add_turn(
    kept: &mut StoredConversation,
    prompt: String,
    asked: Asked,
    session: &Session,
    now: Moment,
) -> TurnId {
    let parent = kept.conversation.last().map(|turn| turn.id);
    let newest = kept.conversation.turns().map(|turn| turn.id.0).max();
    let mut ids = Ids::new(fastrand::u64(..));
    ids.go_on_after(newest.unwrap_or(0));
    let turn = TurnId(ids.next(now));
    if newest.is_none() {
        kept.head = Head {
            id: ConversationId(ids.next(now)),
            title: title_from(&prompt),
            created: now,
            persona: std::mem::take(&mut kept.head.persona),
            ..Head::default()
        };
    }
    kept.conversation.add(turn, parent, prompt, asked, now);
    let head = &mut kept.head;
    head.updated = now;
    head.system_prompt
        .clone_from(&kept.conversation.system_prompt);
    head.choice = session.choice.clone();
    head.thinking = session.thinking;
    head.params = session.params;
    head.extras = session.extras;
    turn
}

/// The turn that is asked, and the store that keeps it as it comes.
pub(super) struct Record {
    pub kept: StoredConversation,
    pub turn: TurnId,
    store: Store,
    journal: Option<Journal>,
}

impl Record {
    /// Nothing is written yet.
    pub(super) fn new(options: &Options, kept: StoredConversation, turn: TurnId) -> Self {
        let place = if options.no_save {
            Place::Nowhere(String::new())
        } else {
            chat::place(options)
        };
        Self {
            store: Store::new(place),
            kept,
            turn,
            journal: None,
        }
    }

    /// Writes down what is asked, and from now on what comes. A message that nobody can be sent is
    /// not written down: it would be gone on with, and counted.
    pub(super) fn begin(&mut self) {
        self.journal = self.kept.conversation.turn(self.turn).map(Journal::of);
        self.save(Change::Head(Box::new(self.kept.head.clone())));
        self.save_turn();
    }

    pub(super) fn turn(&mut self) -> Option<&mut Turn> {
        self.kept.conversation.turn_mut(self.turn)
    }

    fn save(&mut self, change: Change) {
        self.store.carry_out(Effect::Save(Box::new(change)));
    }

    /// Has the turn written as it is now, once it is written down at all.
    pub(super) fn save_turn(&mut self) {
        if self.journal.is_none() {
            return;
        }
        if let Some(turn) = self.kept.conversation.turn(self.turn) {
            self.save(Change::Turn(self.kept.head.id, Box::new(turn.clone())));
        }
    }

    /// Has what arrived written once it has waited for long enough.
    pub(super) fn grow(&mut self, now: Instant) {
        let turn = self.kept.conversation.turn(self.turn);
        let written = self.journal.as_mut().zip(turn);
        if let Some(change) = written.and_then(|(journal, turn)| journal.write(turn, now)) {
            self.save(change);
        }
    }

    /// Has the turn written as it is at the end, and waits for it.
    pub(super) fn end(mut self) {
        if let Some(turn) = self.turn().filter(|turn| turn.is_live()) {
            turn.state = TurnState::Stopped;
        }
        self.save_turn();
        let closed = self.store.close(PATIENCE);
        let mut told = self.store.news();
        told.extend(closed.err());
        // The same trouble may be met while writing and at the end.
        told.dedup();
        for why in told {
            complain(&why);
        }
    }
}
