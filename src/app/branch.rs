//! Versions of a turn: asked again, of somebody else too, edited, looked through, deleted; and
//! which turn all of that is about.

use std::collections::BTreeSet;

use super::library::Change;
use super::offer::Again;
use super::overlay::Choice;
use super::scroll::{Place, Scroll};
use super::{Anchor, App, Effect, Overlay, Tone};
use crate::chat::{Attachment, Branch, Now, Standing, TurnId};
use crate::phrase::tr;

/// An earlier message that is in the box to be sent otherwise, and what was in the box before it.
#[derive(Debug)]
pub struct Correction {
    /// The turn that began with it.
    pub turn: TurnId,
    pub(super) draft: String,
    attached: Vec<Attachment>,
}

/// What a key can bring back.
#[derive(Debug, Clone, PartialEq)]
pub enum Restorable {
    /// Turns that were deleted.
    Branch(Branch),
    /// How turns stood before they were left out.
    Standings(Vec<(TurnId, Standing)>),
}

impl App {
    /// Asks for the last reply again, as a sibling.
    pub(super) fn regenerate(&mut self, now: Now) -> Vec<Effect> {
        let Some((parent, prompt, attached)) = self.asked_last(now) else {
            return Vec::new();
        };
        self.ask(parent, prompt, attached, now)
    }

    /// Asks for the last reply again, once, of another model or in another thinking mode.
    pub(super) fn regenerate_with(&mut self, again: Again, now: Now) -> Vec<Effect> {
        let Some((parent, prompt, attached)) = self.asked_last(now) else {
            return Vec::new();
        };
        let own = self.session.clone();
        self.session.choice = again.choice;
        self.session.thinking = again.thinking.unwrap_or(own.thinking);
        let effects = self.ask(parent, prompt, attached, now);
        self.session = own;
        self.keep_head();
        if !effects.is_empty() && self.notice.is_none() {
            let text = tr!(
                "The next message goes to {choice} as before",
                choice = self.session.choice
            );
            self.notify(Tone::Info, text, now.instant);
        }
        effects
    }

    /// Asks for the last reply again of a model as it was typed.
    pub(super) fn regenerate_by_name(&mut self, name: &str, now: Now) -> Vec<Effect> {
        match self.catalog.find(name) {
            Ok((provider, model)) => {
                let choice = Choice { provider, model };
                let again = Again {
                    choice,
                    thinking: None,
                };
                self.regenerate_with(again, now)
            }
            Err(unknown) => {
                self.notify(Tone::Error, unknown.to_string(), now.instant);
                Vec::new()
            }
        }
    }

    /// Opens the picker of whom to ask for the last reply again.
    pub(super) fn open_regenerate_with(&mut self, now: Now) {
        if self.asked_last(now).is_none() {
            return;
        }
        let here = &self.session.choice;
        let last = self.conversation.last();
        let choice = last.map_or_else(
            || here.clone(),
            |turn| Choice {
                provider: turn.asked.provider.clone(),
                model: turn.asked.model.clone(),
            },
        );
        let thinking = last.map_or(self.session.thinking, |turn| turn.asked.thinking);
        let modes = self
            .catalog
            .provider(&choice.provider)
            .map_or_else(Vec::new, |provider| provider.model(&choice.model).modes());
        let modes = modes.into_iter().filter(|mode| *mode != thinking);
        self.overlay = Some(Overlay::again(
            &self.catalog,
            |id| self.has_key(id),
            &choice,
            modes,
        ));
    }

    /// Tells whether a reply is coming, in which case nothing else can be begun; a notice says so.
    pub(super) fn is_replying(&mut self, now: Now) -> bool {
        if self.live.is_some() {
            let text = tr!("A reply is coming; Esc stops it");
            self.notify(Tone::Info, text, now.instant);
        }
        self.live.is_some()
    }

    /// What was asked last, with what, and after which turn, if it can be asked again now; else a notice says
    /// why not.
    fn asked_last(&mut self, now: Now) -> Option<(Option<TurnId>, String, Vec<Attachment>)> {
        if self.is_replying(now) {
            return None;
        }
        let last = self.conversation.last();
        let found = last.map(|turn| (turn.parent, turn.prompt.clone(), turn.attachments.clone()));
        if found.is_none() {
            let text = tr!("There is no reply to ask for again yet");
            self.notify(Tone::Info, text, now.instant);
        }
        found
    }

    /// Takes the last message back into the box, to be sent as a sibling.
    pub(super) fn edit_last(&mut self, now: Now) {
        if self.is_replying(now) {
            return;
        }
        let Some(turn) = self.conversation.last() else {
            self.notify(
                Tone::Info,
                tr!("There is no message to edit yet"),
                now.instant,
            );
            return;
        };
        let (id, prompt, attached) = (turn.id, turn.prompt.clone(), turn.attachments.clone());
        let (draft, along) = match self.correction.take() {
            Some(before) => {
                self.remember_correction(before.turn);
                (before.draft, before.attached)
            }
            None => (self.composer.text(), self.attached.items.clone()),
        };
        self.correction = Some(Correction {
            turn: id,
            draft,
            attached: along,
        });
        self.focus_message();
        self.composer.set_text(&prompt);
        self.set_attachments(attached);
    }

    /// Puts back what the message box held before an earlier message was taken into it. Returns
    /// whether one was.
    pub(super) fn leave_correction(&mut self) -> bool {
        let Some(before) = self.correction.take() else {
            return false;
        };
        self.remember_correction(before.turn);
        self.composer.restore(&before.draft);
        self.set_attachments(before.attached);
        true
    }

    /// Has Up bring back what was made of an earlier message, if anything was.
    fn remember_correction(&mut self, turn: TurnId) {
        let text = self.composer.text();
        let original = self.conversation.turn(turn).map(|turn| &turn.prompt);
        if !text.trim().is_empty() && original != Some(&text) {
            self.composer.remember(self.composer.text());
        }
    }

    /// The turn in view, or the nearest one before it that has versions, and all of them.
    pub(super) fn turn_with_versions(&self) -> Option<(TurnId, Vec<TurnId>)> {
        let in_view = self.turn_in_view().map(|turn| turn.id);
        self.conversation
            .up_from(in_view)
            .map(|turn| (turn.id, self.conversation.siblings(turn.id)))
            .find(|(_, siblings)| siblings.len() > 1)
    }

    /// Shows the turn's sibling before or after it, in place.
    pub(super) fn switch_sibling(&mut self, step: isize, now: Now) -> Vec<Effect> {
        if self.is_replying(now) {
            return Vec::new();
        }
        let Some((here, siblings)) = self.turn_with_versions() else {
            let text = tr!("No turn here has another version (Alt+R makes one)");
            self.notify(Tone::Info, text, now.instant);
            return Vec::new();
        };
        let at = siblings.iter().position(|id| *id == here).unwrap_or(0);
        let to = at.saturating_add_signed(step).min(siblings.len() - 1);
        let Some(&chosen) = siblings.get(to).filter(|chosen| **chosen != here) else {
            return Vec::new();
        };
        self.hold_still(here, chosen);
        self.conversation.choose(chosen);
        self.keep(Change::Choose(chosen));
        Vec::new()
    }

    /// Keeps the turn's first row where it is on the screen while a sibling takes its place; one
    /// that was scrolled past begins on top.
    fn hold_still(&mut self, here: TurnId, sibling: TurnId) {
        let seen = &self.seen;
        let start = seen.turns.iter().find(|(turn, _)| *turn == here);
        let above = start.is_some_and(|(_, row)| *row > seen.chat.top);
        let anchor = match seen.chat.anchor {
            Some(anchor) if above => anchor,
            _ => Anchor::start_of(sibling),
        };
        self.chat_scroll = Scroll {
            place: Place::Held(anchor),
            ..Scroll::at_top()
        };
        self.thinking_scroll.follow();
        self.selected = Some(sibling);
    }

    /// Deletes the turn in view with all that follows it. A reply that is still coming is one of
    /// those, and is stopped.
    pub(super) fn delete_branch(&mut self, now: Now) -> Vec<Effect> {
        let Some(id) = self.turn_in_view().map(|turn| turn.id) else {
            self.notify(
                Tone::Info,
                tr!("There is nothing to delete yet"),
                now.instant,
            );
            return Vec::new();
        };
        let doomed = self.conversation.branch_of(id);
        let is_doomed = |turn: TurnId| doomed.contains(&turn);
        let mut effects = Vec::new();
        if self.live.as_ref().is_some_and(|live| is_doomed(live.turn)) {
            effects = self.stop(now);
        }
        if self
            .correction
            .as_ref()
            .is_some_and(|it| is_doomed(it.turn))
        {
            self.leave_correction();
        }
        let Some(branch) = self.conversation.delete(id) else {
            return effects;
        };
        self.keep(Change::DropTurns(
            branch.turns().map(|turn| turn.id).collect(),
        ));
        if let Some(chosen) = self.conversation.chosen(branch.parent()) {
            self.keep(Change::Choose(chosen));
        }
        let turns = match branch.len() {
            1 => tr!("this turn").to_owned(),
            count => tr!(
                "this turn and the {count} after it, in all versions",
                count = count - 1
            ),
        };
        let key = self.how_to_restore();
        self.notify(
            Tone::Warning,
            tr!("Deleted {turns}; {key} brings it back", turns, key),
            now.instant,
        );
        self.selected = None;
        self.context.changed = true;
        self.chat_scroll.follow();
        self.thinking_scroll.follow();
        self.restorable = Some(Restorable::Branch(branch));
        effects
    }

    /// Brings back what was deleted or left out last.
    pub(super) fn restore(&mut self, now: Now) -> Vec<Effect> {
        if self.is_replying(now) {
            return Vec::new();
        }
        let said = match self.restorable.take() {
            None => tr!("There is nothing to bring back").to_owned(),
            Some(Restorable::Branch(branch)) => {
                let (root, count) = (branch.root(), branch.len());
                let back: Vec<TurnId> = branch.turns().map(|turn| turn.id).collect();
                self.conversation.restore(branch);
                self.keep_back(&back);
                self.selected = Some(root);
                tr!("Brought back {turns}", turns = turns(count))
            }
            Some(Restorable::Standings(before)) => {
                let count = before.len();
                for (id, standing) in before {
                    if let Some(turn) = self.conversation.turn_mut(id) {
                        turn.standing = standing;
                    }
                    self.keep_turn(id);
                }
                tr!("{turns} as before", turns = capital(&turns(count)))
            }
        };
        self.context.changed = true;
        self.notify(Tone::Info, said, now.instant);
        Vec::new()
    }

    /// Has turns kept that are back, and which of their siblings were chosen.
    fn keep_back(&mut self, back: &[TurnId]) {
        for &id in back {
            self.keep_turn(id);
        }
        let parents = back
            .iter()
            .filter_map(|id| Some(self.conversation.turn(*id)?.parent));
        let chosen: BTreeSet<TurnId> = parents
            .filter_map(|parent| self.conversation.chosen(parent))
            .collect();
        for id in chosen {
            self.keep(Change::Choose(id));
        }
    }

    /// The key that brings back what was deleted, in words.
    pub(super) fn how_to_restore(&self) -> String {
        let key = self.keymap.hint(super::Command::Restore);
        key.unwrap_or_else(|| "/restore".to_owned())
    }

    /// Goes to the turn before or after the one in view, and makes it the one that commands mean.
    pub(super) fn jump_to_turn(&mut self, next: bool) {
        let seen = &self.seen.chat;
        let turns = &self.seen.turns;
        let in_view = self.turn_in_view().map(|turn| turn.id);
        let Some(at) = turns.iter().position(|(turn, _)| Some(*turn) == in_view) else {
            return;
        };
        // From within a long turn, the way up leads to its beginning first.
        let within = turns.get(at).is_some_and(|(_, row)| *row < seen.top);
        let to = match (next, within) {
            (true, _) => Some(at + 1),
            (false, true) => Some(at),
            (false, false) => at.checked_sub(1),
        };
        let Some(to) = to else {
            return;
        };
        if let Some(&(turn, row)) = turns.get(to) {
            let start = Anchor::start_of(turn);
            self.chat_scroll.to_place(start, row, seen);
            self.selected = Some(turn);
        } else {
            self.chat_scroll.follow();
            self.selected = None;
        }
        self.thinking_scroll.follow();
    }

    /// Forgets the selected turn once it is out of view.
    pub(super) fn settle_selection(&mut self) {
        let Some(selected) = self.selected else {
            return;
        };
        let turns = &self.seen.turns;
        let at = turns.iter().position(|(turn, _)| *turn == selected);
        let top = self.seen.chat.top;
        let bottom = top + usize::from(self.seen.chat.area.height);
        let in_view = at.is_some_and(|at| {
            let start = turns.get(at).is_some_and(|(_, row)| *row < bottom);
            let end = turns.get(at + 1).is_none_or(|(_, row)| *row > top);
            start && end
        });
        if !in_view {
            self.selected = None;
        }
    }
}

/// A count of turns, in words.
pub(super) fn turns(count: usize) -> String {
    match count {
        1 => tr!("1 turn").to_owned(),
        _ => tr!("{count} turns", count),
    }
}

/// The turns that came first, in words.
pub fn oldest_turns(count: usize) -> String {
    match count {
        1 => tr!("the oldest turn").to_owned(),
        _ => tr!("the {count} oldest turns", count),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
