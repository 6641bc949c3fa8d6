//! The card that asks whether a tool may run: its keys, and the editing of its arguments.
//!
//! A card takes no key before the user can have seen it: none that was typed before it was drawn,
//! and none until the keyboard has rested for a moment after that. Until then keys mean what they
//! meant before.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::Value;

use super::{App, Effect, Tone};
use crate::chat::{CallId, CallState, Now, safe};
use crate::phrase::{self, told, tr};

/// How long a card has to have been there, and the keyboard at rest, before it takes keys.
const REST: Duration = Duration::from_millis(300);

/// What the user is doing about the call in question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consent {
    /// The card that was drawn, and since when it, and the keyboard, were left alone.
    shown: Option<(CallId, Instant)>,
    /// The first row of the arguments that is shown.
    pub top: usize,
    /// The arguments being edited in the message box.
    pub editing: Option<Editing>,
}

/// Arguments being edited in the message box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Editing {
    /// Whose they are.
    pub call: CallId,
    /// What was in the box before.
    pub(super) draft: String,
}

impl Consent {
    /// Takes note of what the last frame showed. A key that comes before this does not count.
    fn tick(&mut self, asked: Option<CallId>, drawn: Option<CallId>, now: Instant) {
        if self.shown.map(|(call, _)| call) != asked {
            self.shown = None;
        }
        if self.shown.is_none() && asked.is_some() && asked == drawn {
            self.shown = asked.map(|call| (call, now));
        }
    }

    /// Whether a frame that showed the card still has to be taken note of.
    fn wants_tick(&self, asked: Option<CallId>, drawn: Option<CallId>) -> bool {
        asked.is_some() && asked == drawn && self.shown.map(|(call, _)| call) != asked
    }

    fn takes_keys(&self, now: Instant) -> bool {
        self.shown
            .is_some_and(|(_, since)| now.saturating_duration_since(since) >= REST)
    }

    /// The card has to be drawn anew before it takes keys.
    fn forget(&mut self) {
        self.shown = None;
        self.top = 0;
    }
}

/// Arguments for people: one a line, everything visible, still JSON.
pub fn shown(arguments: &Value) -> String {
    let pretty = serde_json::to_string_pretty(arguments).unwrap_or_default();
    safe::plain_json(&pretty)
}

impl App {
    /// The call that a card is shown for: none while its arguments are in the message box.
    pub fn card(&self) -> Option<CallId> {
        let call = self.call_in_question()?;
        self.toolbox.consent.editing.is_none().then_some(call)
    }

    /// Lets time pass for the card.
    pub(super) fn tick_card(&mut self, now: Instant) {
        let drawn = self.seen.card.map(|card| card.call);
        self.toolbox.consent.tick(self.card(), drawn, now);
    }

    /// Now, if a card was just drawn: the clock of its keys starts.
    pub(super) fn card_wakes(&self) -> Option<Instant> {
        let drawn = self.seen.card.map(|card| card.call);
        let now = self.live.as_ref().map(|live| live.as_of);
        now.filter(|_| self.toolbox.consent.wants_tick(self.card(), drawn))
    }

    /// Gives a key to the card. `None` when there is none, or it does not take this key.
    pub(super) fn card_key(&mut self, key: KeyEvent, now: Now) -> Option<Vec<Effect>> {
        let id = self.card()?;
        if !self.toolbox.consent.takes_keys(now.instant) {
            // Whoever is typing goes on typing where they were.
            if let Some((_, since)) = &mut self.toolbox.consent.shown {
                *since = now.instant;
            }
            return None;
        }
        let plain = (key.modifiers - KeyModifiers::SHIFT).is_empty();
        match key.code {
            KeyCode::Char('y' | 'Y') if plain => Some(self.allow(id, false, now)),
            KeyCode::Char('a' | 'A') if plain => Some(self.allow(id, true, now)),
            KeyCode::Char('n' | 'N') if plain => {
                self.settle(id, CallState::Refused(told!("the user said no.")));
                Some(self.advance(now))
            }
            KeyCode::Char('e' | 'E') if plain => {
                self.edit_arguments(id);
                Some(Vec::new())
            }
            KeyCode::Esc => Some(self.stop(now)),
            KeyCode::Up | KeyCode::Char('k') if plain => Some(self.scroll_card(-1)),
            KeyCode::Down | KeyCode::Char('j') if plain => Some(self.scroll_card(1)),
            // What would be typed or sent waits for the answer.
            KeyCode::Char(_) | KeyCode::Enter if plain => {
                let text = tr!("The card above wants an answer first: y, a, n, e or Esc");
                self.notify(Tone::Info, text, now.instant);
                Some(Vec::new())
            }
            _ => None,
        }
    }

    /// Takes the arguments in the message box. They are checked like the model's, and the card
    /// shows them before they count.
    pub(super) fn take_arguments(&mut self, now: Now) -> Vec<Effect> {
        let Some(editing) = &self.toolbox.consent.editing else {
            return Vec::new();
        };
        let id = editing.call;
        let text = self.composer.text();
        let checked = self
            .call_and_tool(id)
            .map(|(call, tool)| (tool.arguments(&call.arguments), tool.arguments(&text)));
        match checked {
            Some((original, Ok(edited))) => {
                let is_changed = original.as_ref() != Ok(&edited);
                let call = self.call_mut(id);
                if let Some(call) = call {
                    call.edited = is_changed.then(|| edited.to_string());
                }
                self.leave_arguments();
            }
            Some((_, Err(why))) => {
                let text = tr!(
                    "Not taken: {why} Esc goes back to the model's",
                    why = phrase::heard(&why)
                );
                self.notify(Tone::Error, text, now.instant);
            }
            None => self.leave_arguments(),
        }
        Vec::new()
    }

    /// Goes back from the arguments to what was in the message box before.
    pub(super) fn leave_arguments(&mut self) {
        if let Some(editing) = self.toolbox.consent.editing.take() {
            self.composer.set_text(&editing.draft);
        }
        self.toolbox.consent.forget();
    }

    fn edit_arguments(&mut self, id: CallId) {
        let Some((call, tool)) = self.call_and_tool(id) else {
            return;
        };
        let Ok(arguments) = tool.arguments(call.effective_arguments()) else {
            return;
        };
        let text = shown(&arguments);
        self.toolbox.consent.editing = Some(Editing {
            call: id,
            draft: self.composer.text(),
        });
        self.composer.set_text(&text);
        self.focus_message();
    }

    fn allow(&mut self, id: CallId, from_now_on: bool, now: Now) -> Vec<Effect> {
        let Some((call, tool)) = self.call_and_tool(id) else {
            return Vec::new();
        };
        let arguments = tool.arguments(call.effective_arguments());
        let (name, arguments) = (call.name.clone(), arguments.unwrap_or_default().to_string());
        self.settle(id, CallState::Approved);
        if from_now_on {
            self.conversation.allowed.insert((name, arguments));
        }
        self.advance(now)
    }

    fn settle(&mut self, id: CallId, state: CallState) {
        if let Some(call) = self.call_mut(id) {
            call.state = state;
        }
        self.toolbox.consent.forget();
    }

    fn scroll_card(&mut self, rows: isize) -> Vec<Effect> {
        let last = self.seen.card.map_or(0, |card| card.last_top);
        self.toolbox.consent.top = self
            .toolbox
            .consent
            .top
            .saturating_add_signed(rows)
            .min(last);
        Vec::new()
    }

    fn call_mut(&mut self, id: CallId) -> Option<&mut crate::chat::ToolCall> {
        let turn = self.conversation.turn_mut(id.turn)?;
        turn.reply.calls.get_mut(id.index)
    }
}
