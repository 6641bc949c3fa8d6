//! What of the state outlasts the program, and when it is written: the conversation on the screen,
//! what of a live reply is not on disk yet, the draft, and how the store is.
//!
//! Whoever changes something durable says so with `App::keep`; the changes leave with the other
//! effects of the same update, before them. Texts that grow are looked at after every update: what
//! has been waiting for [`super::journal::JOURNAL_PAUSE`] is due. Invariants: at most one write a pause, however
//! fast a reply comes; a conversation that is not to be kept causes no change at all.

use std::time::{Duration, Instant};

use super::attached::Wanted;
use super::composer::joined;
use super::journal::Journal;
use super::library::{self, Change, Head, Hit};
use super::{App, Effect, Start, Tone};
use crate::chat::{Conversation, ConversationId, Ids, Now, TurnId};
use crate::phrase::tr;

mod news;
mod opening;

/// How long something may have been typed before it is on its way to the disk.
pub const DRAFT_PAUSE: Duration = super::journal::JOURNAL_PAUSE;

/// Whether conversations are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keep {
    /// In the store.
    #[default]
    OnDisk,
    /// Not at all: nothing of it ever touches the disk.
    InMemory,
}

/// What of the state outlasts the program.
#[derive(Debug)]
pub struct Keeping {
    /// What is known of the conversation on the screen.
    pub head: Head,
    /// Whether it is kept.
    pub keep: Keep,
    /// Why nothing can be written for now, if so.
    pub trouble: Option<String>,
    pub(super) start: Start,
    ids: Ids,
    /// Whether the store knows this conversation.
    is_there: bool,
    /// Changes that leave with the next effects.
    pending: Vec<Change>,
    journal: Option<Journal>,
    draft: Draft,
    tickets: u64,
    /// The ticket whose conversation is to be opened.
    opening: Option<u64>,
    /// The conversation that was begun here and that the store has not yet said it began.
    begun: Option<ConversationId>,
    /// What was found in it, to be shown.
    pub(super) found: Option<Hit>,
    /// What Enter was pressed for before it came, to be sent in it.
    early: Vec<String>,
}

#[derive(Debug, Default)]
struct Draft {
    /// What is written: this revision of the message box, and whether a message was queued.
    written: (u64, bool),
    /// Its length, which the next one waits for: megabytes are not written several times a second.
    bytes: usize,
    due: Option<Instant>,
}

impl Keeping {
    /// Nothing kept yet.
    pub fn new(start: Start) -> Self {
        Self {
            ids: Ids::new(start.seed),
            keep: start.keep,
            head: start.head(),
            start,
            trouble: None,
            is_there: false,
            pending: Vec::new(),
            journal: None,
            draft: Draft::default(),
            tickets: 0,
            opening: None,
            begun: None,
            found: None,
            early: Vec::new(),
        }
    }

    /// The conversation's name, once the store knows it.
    pub fn conversation(&self) -> Option<ConversationId> {
        self.is_there.then_some(self.head.id)
    }

    /// Whether something waits to be sent until its conversation is open.
    pub fn has_early(&self) -> bool {
        !self.early.is_empty()
    }

    /// A number for a question to the store; its answer carries it.
    pub(super) fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }

    /// A turn's name.
    pub(super) fn next_turn(&mut self, now: Now) -> TurnId {
        TurnId(self.ids.next(now.wall))
    }
}

impl App {
    /// What is asked of the world at first: the draft, the messages typed earlier, and the
    /// conversation to open.
    #[must_use]
    pub fn start(&mut self) -> Vec<Effect> {
        let wanted = std::mem::take(&mut self.keeping.start.attach);
        let mut effects: Vec<Effect> = wanted
            .into_iter()
            .map(|typed| self.fetch(Wanted::Typed(typed.clone()), &typed))
            .collect();
        if self.keeping.start.keep == Keep::InMemory && self.keeping.start.open.is_none() {
            return effects;
        }
        effects.push(Effect::Recall);
        if let Some(which) = self.keeping.start.open {
            effects.push(self.open_conversation(which));
        }
        effects
    }

    /// When something must be written although nothing happens.
    pub fn save_at(&self) -> Option<Instant> {
        let journal = self.keeping.journal.as_ref().and_then(Journal::due);
        [journal, self.keeping.draft.due]
            .into_iter()
            .flatten()
            .min()
    }

    /// Has a change outlast the program, unless this conversation is not kept.
    pub(super) fn keep(&mut self, change: Change) {
        if self.keeping.keep == Keep::OnDisk {
            self.keeping.pending.push(change);
        }
    }

    /// Changes something that is kept, whether the conversation on the screen is or not.
    pub(super) fn change_kept(&mut self, change: Change) {
        self.keeping.pending.push(change);
    }

    /// Has a turn kept as it is now.
    pub(super) fn keep_turn(&mut self, id: TurnId) {
        let Some(turn) = self.conversation.turn(id) else {
            return;
        };
        let journal = &mut self.keeping.journal;
        if turn.is_live() {
            *journal = Some(Journal::of(turn));
        } else {
            journal.take_if(|journal| journal.turn() == id);
        }
        if self.keeping.keep == Keep::OnDisk {
            let change = Change::Turn(self.keeping.head.id, Box::new(turn.clone()));
            self.keeping.pending.push(change);
        }
    }

    /// Has a turn kept that was just begun, and with the first one the conversation.
    pub(super) fn keep_begun(&mut self, id: TurnId, now: Now) {
        let Some(turn) = self.conversation.turn(id) else {
            return;
        };
        if self.keeping.head.title.is_empty() {
            self.keeping.head.title = library::title_from(&turn.prompt);
        }
        self.keeping.head.updated = now.wall;
        if !self.keeping.is_there {
            self.keeping.head.id = ConversationId(self.keeping.ids.next(now.wall));
            self.keeping.head.created = now.wall;
            self.keeping.is_there = true;
            self.keeping.begun = Some(self.keeping.head.id);
            // From now on the message box belongs to this conversation.
            self.keep(Change::Draft(None, String::new()));
            self.keep(Change::DraftFiles(None, Vec::new()));
        }
        self.keep_head();
        self.keep_turn(id);
    }

    /// Has what is known of the conversation kept, once there is one.
    pub(super) fn keep_head(&mut self) {
        let head = &mut self.keeping.head;
        head.system_prompt
            .clone_from(&self.conversation.system_prompt);
        head.choice = self.session.choice.clone();
        let session = &self.session;
        head.thinking = session.thinking_without_json.unwrap_or(session.thinking);
        head.params = session.params;
        head.extras = session.extras;
        if self.keeping.is_there {
            self.keep(Change::Head(Box::new(self.keeping.head.clone())));
        }
    }

    /// Has the whole conversation kept anew: another program has deleted it for good, and here it
    /// was gone on with. The turn that came into the store alone hangs in the air there.
    fn keep_again(&mut self, now: Instant) {
        let all: Vec<TurnId> = self.conversation.turns().map(|turn| turn.id).collect();
        let chosen: Vec<TurnId> = self.conversation.path().map(|turn| turn.id).collect();
        self.keep(Change::DropTurns(all.clone()));
        for turn in all {
            self.keep_turn(turn);
        }
        for turn in chosen {
            self.keep(Change::Choose(turn));
        }
        let text =
            tr!("Another mmchat had deleted this conversation; it is kept again, as a whole");
        self.notify(Tone::Warning, text, now);
    }

    /// What is there to be kept as the draft: another one whenever this is another one.
    fn draft_mark(&self) -> (u64, bool) {
        (self.composer.revision(), self.queued.is_some())
    }

    /// Has the draft kept right away, if it is another one. What is queued belongs to it: nobody
    /// has been sent it yet.
    pub(super) fn keep_draft(&mut self) {
        if self.draft_mark() == self.keeping.draft.written {
            return;
        }
        // While a tool's arguments are in the box, and while an earlier message is, what the user
        // was writing waits beside it.
        let arguments = self.toolbox.consent.editing.as_ref();
        let written = arguments.map_or_else(|| self.composer.text(), |it| it.draft.clone());
        let correction = self.correction.as_ref();
        let text = joined([
            self.queued.clone().unwrap_or_default(),
            correction.map_or_else(String::new, |it| it.draft.clone()),
            written,
        ]);
        self.keeping.draft = Draft {
            written: self.draft_mark(),
            bytes: text.len(),
            due: None,
        };
        self.keep(Change::Draft(self.keeping.conversation(), text));
    }

    /// What is to be written after an update: what was changed, and what has waited long enough.
    pub(super) fn saves(&mut self, now: Instant) -> Vec<Effect> {
        for typed in self.composer.take_remembered() {
            self.keep(Change::Typed(self.keeping.conversation(), typed));
        }
        if self.keeping.keep == Keep::OnDisk {
            self.journal(now);
            self.draft_in_time(now);
        }
        let pending = self.keeping.pending.drain(..);
        pending
            .map(|change| Effect::Save(Box::new(change)))
            .collect()
    }

    fn journal(&mut self, now: Instant) {
        let Some(journal) = &mut self.keeping.journal else {
            return;
        };
        match self.conversation.turn(journal.turn()) {
            Some(turn) => {
                if let Some(change) = journal.write(turn, now) {
                    self.keep(change);
                }
            }
            None => self.keeping.journal = None,
        }
    }

    fn draft_in_time(&mut self, now: Instant) {
        let mark = self.draft_mark();
        let draft = &mut self.keeping.draft;
        if mark == draft.written {
            draft.due = None;
            return;
        }
        let size = Duration::from_micros(draft.bytes as u64);
        let due = *draft.due.get_or_insert(now + DRAFT_PAUSE.max(size));
        if due <= now {
            self.keep_draft();
        }
    }

    /// Begins a conversation with nothing said; what is in the message box comes along.
    pub(super) fn begin_conversation(&mut self, keep: Option<Keep>, now: Now) -> Vec<Effect> {
        let mut effects = self.stop(now);
        effects.extend(self.drop_errand());
        self.leave_correction();
        self.open_none();
        // The draft goes along: it is not the old conversation's any more.
        if let Some(left) = self.keeping.conversation() {
            self.keep(Change::Draft(Some(left), String::new()));
            self.keep(Change::DraftFiles(Some(left), Vec::new()));
        }
        self.conversation = Conversation::new(self.keeping.start.prompt(&self.config.chat));
        self.keeping.head = self.keeping.start.head();
        self.keeping.is_there = false;
        let along = Change::DraftFiles(None, self.attached.items.clone());
        self.keeping.journal = None;
        self.keeping.keep = keep.unwrap_or(self.keeping.start.keep);
        self.keeping.draft = Draft::default();
        self.keep(along);
        self.leave_turns();
        effects
    }
}
