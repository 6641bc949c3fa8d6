//! What else is asked of the answers: JSON mode and web search, switched on and off.
//!
//! Invariants: neither is ever on with a model that is known to lack it; what JSON mode changed
//! for its own sake is as it was once JSON mode is off.

use std::time::Instant;

use super::library::Head;
use super::{App, Effect, Tone};
use crate::catalog::{Capability, Model, RequestOptions};
use crate::chat::{Extras, Now, Thinking};
use crate::phrase::{self, tr};

impl Capability {
    /// Whether it is asked for.
    fn is_on(self, extras: Extras) -> bool {
        match self {
            Self::JsonMode => extras.json,
            Self::WebSearch => extras.search,
        }
    }

    /// Its place among what is asked for.
    fn switch(self, extras: &mut Extras) -> &mut bool {
        match self {
            Self::JsonMode => &mut extras.json,
            Self::WebSearch => &mut extras.search,
        }
    }
}

impl App {
    /// Switches a capability on, or off.
    pub(super) fn toggle_extra(&mut self, capability: Capability, now: Now) {
        let on = !capability.is_on(self.session.extras);
        self.set_extra(capability, on, now);
    }

    /// Switches a capability on or off, and says what else that means; or says why not.
    pub(super) fn set_extra(&mut self, capability: Capability, on: bool, now: Now) {
        if on && let Some(refusal) = self.refusal_of(capability) {
            self.notify(Tone::Error, refusal, now.instant);
            return;
        }
        *capability.switch(&mut self.session.extras) = on;
        let thinking = self.session.thinking;
        self.heed_json_mode();
        let mut text = match (capability, on) {
            (Capability::JsonMode, true) => tr!("JSON mode on from the next message on"),
            (Capability::JsonMode, false) => tr!("JSON mode off from the next message on"),
            (Capability::WebSearch, true) => tr!("Web search on from the next message on"),
            (Capability::WebSearch, false) => tr!("Web search off from the next message on"),
        }
        .to_owned();
        let mode = self.session.thinking;
        let hint = self.model().map(|model| model.json_mode_hint);
        let hint = hint.filter(|hint| on && capability == Capability::JsonMode && !hint.is_empty());
        if mode != thinking && on {
            text += &tr!(
                ", and thinking {mode} meanwhile, as the vendor advises",
                mode
            );
        } else if mode != thinking {
            text += &tr!(", and thinking {mode} again", mode);
        } else if let Some(hint) = hint {
            text = format!("{text}: {}", phrase::of_data(&hint));
        }
        self.notify(Tone::Info, text, now.instant);
        self.keep_head();
    }

    /// Why the model in force would refuse a capability, if it would.
    fn refusal_of(&self, capability: Capability) -> Option<String> {
        let (provider, model) = self.provider().zip(self.model())?;
        let asked = RequestOptions {
            thinking: model.nearest_mode(Thinking::On),
            json: capability == Capability::JsonMode,
            search: capability == Capability::WebSearch,
            ..RequestOptions::default()
        };
        let refusal = self.catalog.plan(provider, &model, &asked).err()?;
        Some(refusal.to_string())
    }

    /// Switches off what the model lacks, as after a switch to another one. Returns a clause about
    /// it, empty for none.
    pub(super) fn drop_extras(&mut self) -> String {
        let mut lost = Vec::new();
        if let Some(model) = self.model() {
            for capability in Capability::ALL {
                if capability.is_on(self.session.extras) && capability.patch(&model).is_none() {
                    *capability.switch(&mut self.session.extras) = false;
                    lost.push(capability);
                }
            }
        }
        self.heed_json_mode();
        match lost.as_slice() {
            [] => String::new(),
            [Capability::JsonMode] => tr!("; it has no JSON mode, so that is off now").to_owned(),
            [Capability::WebSearch] => tr!("; it has no web search, so that is off now").to_owned(),
            _ => tr!("; it has no JSON mode and no web search, so both are off now").to_owned(),
        }
    }

    /// Has JSON mode's thinking mode in force while JSON mode is on, and the user's own otherwise.
    pub(super) fn heed_json_mode(&mut self) {
        if let Some(own) = self.session.thinking_without_json.take() {
            self.session.thinking = own;
        }
        if !self.session.extras.json {
            return;
        }
        let model = self.model().unwrap_or_default();
        let wanted = model.nearest_mode(self.session.thinking);
        if let Some(advised) = model.thinking_for_json(wanted) {
            self.session.thinking_without_json = Some(self.session.thinking);
            self.session.thinking = advised;
        }
    }

    /// Goes on as an opened conversation asked last.
    pub(super) fn take_up(&mut self, head: &Head, asked: Extras, now: Instant) {
        self.session.choice = head.choice.clone();
        // What was asked for on the command line is asked of the conversation that it opens, once.
        let start = &mut self.keeping.start;
        self.session.thinking = start.thinking.take().unwrap_or(head.thinking);
        self.session.params = std::mem::take(&mut start.params).or(head.params);
        self.session.thinking_without_json = None;
        self.open_extras(head.extras, asked, now);
    }

    /// Takes up what an opened conversation asks for besides what the command line did. A model
    /// that can do less than when it was asked leaves that off, and a notice says so.
    fn open_extras(&mut self, kept: Extras, asked: Extras, now: Instant) {
        self.session.extras = Extras {
            json: kept.json || asked.json,
            search: kept.search || asked.search,
        };
        let lost = self.drop_extras();
        if !lost.is_empty() {
            let model = &self.session.choice;
            self.notify(Tone::Warning, format!("{model}{lost}"), now);
        }
    }
}

impl App {
    /// Asks for the last answer again, if it was to be JSON and is none.
    pub(super) fn repair_json(&mut self, now: Now) -> Vec<Effect> {
        let last = self.conversation.last().filter(|_| self.live.is_none());
        let found = last.and_then(|turn| {
            let (fault, _) = turn.json_fault()?;
            Some((turn.id, turn.asked.extras, fault.clone()))
        });
        let Some((turn, extras, fault)) = found else {
            let text = tr!("The last answer has no mistake in its JSON to be mended");
            self.notify(Tone::Info, text, now.instant);
            return Vec::new();
        };
        let prompt = tr!(
            "Your last answer is not valid JSON: {fault}. Send it again as one valid JSON value and nothing else.",
            fault
        );
        // In the same way as before, whatever is switched on or off by now.
        let own = std::mem::replace(&mut self.session.extras, extras);
        let effects = self.ask(Some(turn), prompt, Vec::new(), now);
        self.session.extras = own;
        self.keep_head();
        effects
    }
}

/// What of these a model can do.
pub fn within_reach(extras: Extras, model: &Model) -> Extras {
    Extras {
        json: extras.json && model.json_mode.is_some(),
        search: extras.search && model.web_search.is_some(),
    }
}
