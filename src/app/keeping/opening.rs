//! Conversations that are opened: asked for, waited for, put on the screen.

use crate::app::composer::joined;
use crate::app::library::{Change, StoredConversation, Which};
use crate::app::{App, Effect, Tone};
use crate::chat::{Attachment, Now};
use crate::phrase::tr;

use super::{Draft, Keep};

impl App {
    /// Asks for a conversation and opens it when it comes.
    pub(in crate::app) fn open_conversation(&mut self, which: Which) -> Effect {
        let ticket = self.keeping.ticket();
        self.keeping.opening = Some(ticket);
        self.keeping.found = None;
        Effect::Load { ticket, which }
    }

    /// Wants none any more that was asked for; what was to be sent in it is in the message box.
    pub(super) fn open_none(&mut self) {
        self.keeping.opening = None;
        self.keeping.start.open = None;
        let mut texts = std::mem::take(&mut self.keeping.early);
        if !texts.is_empty() {
            texts.push(self.composer.text());
            self.composer.restore(&joined(texts));
        }
    }

    /// A conversation came that was asked for.
    pub(in crate::app) fn loaded(
        &mut self,
        ticket: u64,
        kept: Result<Option<Box<StoredConversation>>, String>,
        now: Now,
    ) -> Vec<Effect> {
        if self
            .keeping
            .opening
            .take_if(|opening| *opening == ticket)
            .is_none()
        {
            return Vec::new();
        }
        let at_start = self.keeping.start.open.take().is_some();
        match kept {
            Ok(Some(kept)) if at_start => return self.open_under_typed(*kept, now),
            Ok(Some(kept)) => {
                let effects = self.open_kept(*kept, now);
                let found = self.keeping.found.take();
                self.show_found(found.as_ref());
                return effects;
            }
            Ok(None) if !at_start => self.notify(
                Tone::Warning,
                tr!("That conversation is gone: another mmchat has deleted it"),
                now.instant,
            ),
            Ok(None) => self.notify(
                Tone::Info,
                tr!("There is no earlier conversation; this is a new one"),
                now.instant,
            ),
            Err(reason) => self.notify(Tone::Error, reason, now.instant),
        }
        if self.keeping.early.is_empty() {
            return Vec::new();
        }
        let typed = self.composer.text();
        self.send_early(&[typed], now)
    }

    /// Whether the conversation is still to come that messages and slash commands belong to.
    pub(in crate::app) fn is_opening(&self) -> bool {
        self.keeping.opening.is_some() && self.keeping.start.open.is_some()
    }

    /// Waits with a message or a slash command until the conversation is there.
    pub(in crate::app) fn send_once_open(&mut self, text: String) {
        self.keeping.early.push(text);
    }

    /// Sends what has waited for the conversation. What is refused stays in the message box, before
    /// what belongs there.
    fn send_early(&mut self, rest: &[String], now: Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut left = Vec::new();
        for text in std::mem::take(&mut self.keeping.early) {
            self.composer.restore(&text);
            effects.extend(self.send(now));
            left.push(self.composer.text());
        }
        left.extend_from_slice(rest);
        self.composer.restore(&joined(left));
        effects
    }

    /// Opens the conversation that the program was started with. What was typed before it came was
    /// meant for it.
    fn open_under_typed(&mut self, kept: StoredConversation, now: Now) -> Vec<Effect> {
        let typed = self.composer.text();
        self.composer.clear();
        let along = std::mem::take(&mut self.attached.items);
        // What is being read was asked for together with this conversation.
        let fetching = std::mem::take(&mut self.attached.fetching);
        // The draft of a new conversation is none of its business, and stays.
        self.keeping.draft.written = self.draft_mark();
        let mut effects = self.open_kept(kept, now);
        self.begin_as_asked();
        self.attached.fetching = fetching;
        let mut items = self.attached.items.clone();
        items.extend(along);
        self.set_attachments(items);
        if !typed.is_empty() || !self.keeping.early.is_empty() {
            let draft = self.composer.text();
            effects.extend(self.send_early(&[draft, typed], now));
        }
        effects
    }

    /// Puts a kept conversation on the screen, with its model, its parameters and its draft.
    pub(in crate::app) fn open_kept(&mut self, kept: StoredConversation, now: Now) -> Vec<Effect> {
        let mut effects = self.stop(now);
        effects.extend(self.drop_errand());
        self.keep_draft();
        self.fetch_none();
        let was_kept = self.keeping.keep == Keep::OnDisk;
        let StoredConversation {
            head,
            conversation,
            draft,
            attached,
        } = kept;
        let as_asked = std::mem::take(&mut self.keeping.start.session_as_asked);
        if !as_asked && self.catalog.provider(&head.choice.provider).is_some() {
            let asked = std::mem::take(&mut self.keeping.start.extras);
            self.take_up(&head, asked, now.instant);
        }
        // A turn must never have the id of one that is there: it would be its own parent.
        let last = conversation.turns().map(|turn| turn.id.0).max();
        self.keeping.ids.go_on_after(last.unwrap_or(0));
        self.conversation = conversation;
        self.learn_from_kept();
        self.keeping.head = head;
        self.keeping.is_there = true;
        self.keeping.journal = None;
        self.keeping.keep = self.keeping.start.keep;
        // What was typed is on disk, or stays in the box.
        if was_kept || !draft.is_empty() {
            self.composer.restore(&draft);
        }
        if was_kept || !attached.is_empty() {
            self.attached.put(attached);
        }
        self.keeping.draft = Draft {
            written: self.draft_mark(),
            bytes: draft.len(),
            due: None,
        };
        self.leave_turns();
        effects
    }

    /// What belonged to the turns that were on the screen goes.
    pub(super) fn leave_turns(&mut self) {
        self.correction = None;
        self.selected = None;
        self.restorable = None;
        self.context.fresh();
        self.chat_scroll.follow();
        self.thinking_scroll.follow();
        self.focus_message();
        self.urgent = true;
    }

    /// The draft of a new conversation and the messages typed earlier are there.
    pub(in crate::app) fn recalled(
        &mut self,
        draft: &str,
        attached: Vec<Attachment>,
        mut typed: Vec<String>,
    ) {
        // Whoever is typing already has a draft of their own, which takes the earlier one's place on
        // disk; Up finds that one then.
        let untouched = self.composer.is_empty() && self.composer.revision() == 0;
        let is_new = !self.keeping.is_there && self.keeping.start.open.is_none();
        let takes_draft = untouched && is_new;
        if !takes_draft && !draft.is_empty() && self.keeping.start.open.is_none() {
            typed.push(draft.to_owned());
            self.keep(Change::Typed(None, draft.to_owned()));
        }
        self.composer.remember_earlier(typed);
        if takes_draft && !draft.is_empty() {
            self.composer.restore(draft);
            self.keeping.draft.written = self.draft_mark();
        }
        if takes_draft && self.attached.items.is_empty() {
            self.attached.put(attached);
        }
    }
}
