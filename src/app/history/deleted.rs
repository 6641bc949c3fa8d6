//! Conversations that are deleted from the list, and brought back.

use super::super::library::{Change, Head, Listed, StoredConversation};
use super::super::{App, Effect, Tone};
use crate::chat::{Conversation, Now};
use crate::phrase::tr;

/// A conversation that was deleted, to be brought back.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Deleted {
    /// Where it stood in the list.
    at: usize,
    row: Listed,
    /// What was on the screen, if it was the one there.
    open: Option<(Head, Conversation)>,
}

impl App {
    /// Deletes the selected conversation; the one on the screen gives way to a new one.
    pub(super) fn delete_selected(&mut self, now: Now) -> Vec<Effect> {
        let Some(history) = self.history() else {
            return Vec::new();
        };
        let at = history.selected;
        if at >= history.rows.len() {
            return Vec::new();
        }
        let row = history.rows.remove(at);
        let id = row.id;
        history.selected = at.min(history.rows.len().saturating_sub(1));
        let mut effects = Vec::new();
        let mut open = None;
        if self.keeping.conversation() == Some(id) {
            effects = self.stop(now);
            let head = self.keeping.head.clone();
            open = Some((head, std::mem::take(&mut self.conversation)));
            effects.extend(self.begin_conversation(None, now));
        }
        if let Some(history) = self.history() {
            history.open = history.open.filter(|_| open.is_none());
            history.deleted = Some(Deleted { at, row, open });
        }
        self.change_kept(Change::Delete(id));
        effects.extend(self.preview_history());
        effects
    }

    pub(super) fn undelete(&mut self, now: Now) -> Vec<Effect> {
        let deleted = self.history().and_then(|history| history.deleted.take());
        let Some(Deleted { at, row, open }) = deleted else {
            let text = tr!("There is nothing to bring back");
            self.notify(Tone::Info, text, now.instant);
            return Vec::new();
        };
        let id = row.id;
        if let Some(history) = self.history() {
            let at = at.min(history.rows.len());
            history.rows.insert(at, row);
            history.selected = at;
        }
        self.change_kept(Change::Undelete(id));
        let mut effects = Vec::new();
        if let Some((head, conversation)) = open.filter(|_| self.conversation.is_empty()) {
            effects = self.open_again(head, conversation, now);
            if let Some(history) = self.history() {
                history.open = Some(id);
            }
        }
        effects.extend(self.preview_history());
        effects
    }

    /// Puts the conversation that was deleted from the screen there again. What is in the message
    /// box, which outlived it, comes along.
    fn open_again(&mut self, head: Head, conversation: Conversation, now: Now) -> Vec<Effect> {
        let typed = self.composer.text();
        let along = self.attached.items.clone();
        self.composer.clear();
        self.set_attachments(Vec::new());
        let kept = StoredConversation {
            head,
            conversation,
            draft: String::new(),
            attached: Vec::new(),
        };
        let effects = self.open_kept(kept, now);
        self.composer.restore(&typed);
        self.set_attachments(along);
        self.keep_draft();
        effects
    }
}
