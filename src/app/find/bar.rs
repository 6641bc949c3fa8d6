//! The find bar: how it is opened and closed, what its keys do, and how one gets to a hit.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::command::Scope;
use super::super::composer;
use super::super::keymap::{PLAIN, held};
use super::super::library::{Change, Hit};
use super::super::overlay::edit_line;
use super::super::scroll::Scroll;
use super::super::{Anchor, App, Command, Effect, Pane, Section, Tone};
use super::{Aim, Find, Origin, Stay};
use crate::chat::Now;
use crate::config::PanelState;
use crate::phrase::tr;

impl App {
    /// Opens the find bar; with words, looks for them.
    pub(in crate::app) fn open_find(&mut self, words: &str, now: Now) {
        if self.conversation.is_empty() {
            let said = tr!("There is nothing to look through yet");
            self.notify(Tone::Info, said, now.instant);
            return;
        }
        let mut find = self.find_from(self.seen.chat.anchor);
        find.query.insert(words);
        find.requery();
        self.find = Some(find);
    }

    /// A search that begins at this place, and can come back to where one is now.
    fn find_from(&self, top: Option<Anchor>) -> Find {
        Find::new(Origin {
            chat: self.chat_scroll,
            thinking: self.thinking_scroll,
            panel: self.panel,
            zoom: self.zoom,
            top,
        })
    }

    /// Shows what was found in the conversation when all of them were looked through: the turn, in
    /// the version that it was in, and the words there. `n` and `N` go on from there.
    pub(in crate::app) fn show_found(&mut self, found: Option<&Hit>) {
        let Some((found, turn)) = found.and_then(|found| Some((found, found.turn?))) else {
            return;
        };
        let way = self.conversation.up_from(Some(turn));
        let way: Vec<_> = way.map(|turn| (turn.parent, turn.id)).collect();
        for (parent, id) in way {
            if self.conversation.chosen(parent) != Some(id) {
                self.conversation.choose(id);
                self.keep(Change::Choose(id));
            }
        }
        let beginning = Anchor {
            turn,
            row: 0,
            offset: 0,
            section: Section::Prompt,
            width: 0,
        };
        self.chat_scroll = Scroll::at(beginning);
        let words = found.marks.first();
        let words = words.and_then(|mark| found.snippet.get(mark.clone()));
        let mut find = self.find_from(Some(beginning));
        find.query.insert(words.unwrap_or_default());
        find.requery();
        find.typing = false;
        find.stay = Stay::Arriving;
        self.find = Some(find);
    }

    /// Takes a key while the find bar is open.
    pub(in crate::app) fn find_key(&mut self, key: KeyEvent, now: Now) -> Vec<Effect> {
        let scrolls = |command: &Command| {
            matches!(
                command,
                Command::Redraw
                    | Command::Suspend
                    | Command::ChatPageUp
                    | Command::ChatPageDown
                    | Command::ThinkingPageUp
                    | Command::ThinkingPageDown
            )
        };
        let command = self.keymap.command(Scope::Anywhere, key.into());
        if let Some(command) = command.filter(scrolls) {
            return self.run(command, now);
        }
        let Some(find) = &mut self.find else {
            return Vec::new();
        };
        let back = key.modifiers.contains(KeyModifiers::SHIFT);
        let plain = held(key) == PLAIN;
        match (key.code, command) {
            (KeyCode::Esc, _) | (_, Some(Command::Interrupt | Command::Escape)) => {
                self.close_find();
            }
            (KeyCode::Enter, _) if plain => {
                find.stay = Stay::Accepted;
                find.step(!back);
            }
            (KeyCode::Up, _) if plain => {
                find.stay = Stay::Accepted;
                find.step(false);
            }
            (KeyCode::Down, _) if plain => {
                find.stay = Stay::Accepted;
                find.step(true);
            }
            // The key that opened it goes on, unless it types something.
            (_, Some(Command::Find)) if !composer::types(key) => {
                find.stay = Stay::Accepted;
                find.step(true);
            }
            _ => {
                if edit_line(&mut find.query, key) {
                    self.requery();
                }
            }
        }
        Vec::new()
    }

    /// Takes pasted text into the query.
    pub(in crate::app) fn find_paste(&mut self, text: &str) {
        if let Some(find) = &mut self.find {
            find.query.insert(text);
            self.requery();
        }
    }

    /// Goes to the next hit or to the one before, from a pane.
    pub(in crate::app) fn find_step(&mut self, forward: bool, now: Now) {
        match &mut self.find {
            Some(find) if find.asks() => {
                find.stay = Stay::Accepted;
                find.step(forward);
                if find.total() == 0 {
                    let text = tr!(
                        "“{words}” is nowhere in this conversation",
                        words = find.query.text()
                    );
                    self.notify(Tone::Info, text, now.instant);
                }
            }
            _ => self.open_find("", now),
        }
    }

    /// Looks through what has come, and shows the hit that the reader goes to.
    pub(in crate::app) fn look_through(&mut self, chat_scrolled: bool) {
        let Some(find) = &mut self.find else {
            return;
        };
        if chat_scrolled {
            find.held = None;
        }
        find.sync(&self.conversation);
        let arrives = find.stay == Stay::Arriving;
        if find.aim == Aim::Seek && (find.typing || arrives) && !find.pending {
            find.seek();
            if arrives {
                find.stay = Stay::Accepted;
            }
        }
        if find.aim == Aim::Show {
            find.aim = Aim::Nothing;
            self.show_hit();
        }
    }

    /// Whether there is more to look through right now.
    pub(in crate::app) fn is_looking(&self) -> bool {
        self.find.as_ref().is_some_and(|find| find.pending)
    }

    /// Whether the hit that the reader is at is in the reasoning, which therefore is shown.
    pub fn finds_reasoning(&self) -> bool {
        let find = self.find.as_ref();
        find.is_some_and(|find| find.thinking_turn().is_some())
    }

    /// Ends the search. Returns whether there was one.
    pub(in crate::app) fn end_find(&mut self) -> bool {
        self.find.take().is_some()
    }

    fn requery(&mut self) {
        let Some(find) = &mut self.find else {
            return;
        };
        find.requery();
        // Nothing found yet: what is seen is where one was.
        if !find.accepted() {
            self.go_back();
        }
    }

    /// Closes the bar: stays where the reader has gone, or goes back.
    fn close_find(&mut self) {
        let Some(find) = &mut self.find else {
            return;
        };
        find.typing = false;
        if !find.accepted() {
            self.go_back();
            self.find = None;
            return;
        }
        if find.total() == 0 {
            self.find = None;
        } else if self.zoom.is_none() {
            // Where `n` and `N` are keys of the pane.
            self.focus = match find.section() {
                Some(Section::Reasoning) if !self.seen.thinking.area.is_empty() => Pane::Thinking,
                _ => Pane::Chat,
            };
        }
    }

    fn go_back(&mut self) {
        if let Some(find) = &self.find {
            let origin = find.origin;
            self.chat_scroll = origin.chat;
            self.thinking_scroll = origin.thinking;
            self.panel = origin.panel;
            self.zoom = origin.zoom;
            if let Some(pane) = origin.zoom {
                self.focus = pane;
            }
        }
    }

    /// Scrolls so that the hit is in view, with the pane that it is in.
    fn show_hit(&mut self) {
        let before = self.turn_in_focus().map(|turn| turn.id);
        let Some((find, here)) = self.find.as_mut().and_then(|find| {
            let here = find.here?;
            Some((find, here))
        }) else {
            return;
        };
        find.held = (here.section == Section::Reasoning).then_some(here.turn);
        let anchor = |section, offset| Anchor {
            turn: here.turn,
            row: 0,
            offset,
            section,
            width: 0,
        };
        let hit = anchor(here.section, here.start);
        match here.section {
            Section::Prompt | Section::Answer => {
                self.chat_scroll.reveal(hit, &self.seen.chat);
                self.zoom = self.zoom.map(|_| Pane::Chat);
            }
            Section::Reasoning => {
                self.panel = PanelState::Full;
                if before != Some(here.turn) {
                    // What another turn was scrolled to says nothing here.
                    self.thinking_scroll = Scroll::at_top();
                }
                self.thinking_scroll.reveal(hit, &self.seen.thinking);
                self.chat_scroll
                    .reveal(anchor(Section::Prompt, 0), &self.seen.chat);
                self.zoom = self.zoom.map(|_| Pane::Thinking);
            }
        }
        if let Some(pane) = self.zoom {
            self.focus = pane;
        }
    }
}
