//! What is asked of whom: provider, model, thinking mode, parameters, and how they change.

use std::time::Instant;

use super::overlay::Choice;
use super::{App, Tone};
use crate::catalog::{Model, Provider, RequestOptions};
use crate::chat::{Asked, Extras, Params, Thinking, whole_tokens};
use crate::phrase::{self, tr};

/// What the next request asks of whom.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Session {
    /// The provider and the model.
    pub choice: Choice,
    /// The thinking mode that the user wants; each model comes as near to it as it can.
    pub thinking: Thinking,
    /// Sampling parameters.
    pub params: Params,
    /// What else is asked of the answers.
    pub extras: Extras,
    /// The thinking mode to go back to when JSON mode ends, which switched it off.
    pub thinking_without_json: Option<Thinking>,
    /// Whether replies are streamed.
    pub stream: bool,
    /// Whether tools are offered.
    pub tools: bool,
}

impl Session {
    /// The parameters that are set, in words; empty when none is.
    pub fn params_if_set(&self) -> String {
        if self.params == Params::default() {
            return String::new();
        }
        self.params.to_string()
    }
}

impl App {
    /// The provider that the next request goes to.
    pub fn provider(&self) -> Option<&Provider> {
        self.catalog.provider(&self.session.choice.provider)
    }

    /// The model that the next request goes to.
    pub fn model(&self) -> Option<Model> {
        Some(self.provider()?.model(&self.session.choice.model))
    }

    /// Whether a provider's key is known to be set.
    pub fn has_key(&self, provider: &str) -> bool {
        self.keyed.contains(provider)
    }

    /// The thinking mode as it really is, in the header's words.
    pub fn thinking_word(&self) -> String {
        let Some(model) = self.model() else {
            return self.session.thinking.to_string();
        };
        let mode = model.nearest_mode(self.session.thinking);
        if self.thought_although_off() {
            return tr!("on (off was ignored)").to_owned();
        }
        match mode {
            Thinking::On if model.thinking.is_none() && !self.thought_lately() => {
                tr!("unknown").to_owned()
            }
            Thinking::On if model.is_always_on() => tr!("always on").to_owned(),
            Thinking::On
            | Thinking::Off
            | Thinking::Low
            | Thinking::Medium
            | Thinking::High
            | Thinking::Xhigh
            | Thinking::Max => mode.shown().to_owned(),
        }
    }

    /// Whether the last turn, asked of the same model, thought.
    fn thought_lately(&self) -> bool {
        self.conversation.last().is_some_and(|turn| {
            turn.asked.provider == self.session.choice.provider
                && turn.asked.model == self.session.choice.model
                && !turn.reply.reasoning.is_empty()
        })
    }

    /// Whether the last turn, asked of the same model with thinking off, thought all the same.
    fn thought_although_off(&self) -> bool {
        let last = self.conversation.last();
        self.session.thinking == Thinking::Off
            && self.thought_lately()
            && last.is_some_and(|turn| turn.asked.thinking == Thinking::Off)
    }

    /// What the next request asks of the model.
    pub(super) fn request_options(&self, input_tokens: f64) -> RequestOptions {
        let model = self.model().unwrap_or_default();
        RequestOptions {
            thinking: model.nearest_mode(self.session.thinking),
            params: self.session.params,
            json: self.session.extras.json,
            search: self.session.extras.search,
            input_tokens_estimate: whole_tokens(input_tokens),
        }
    }

    /// Why the model would refuse the parameters as they are, if it would.
    pub(super) fn refusal(&self) -> Option<String> {
        let (provider, model) = self.provider().zip(self.model())?;
        let refusal = self
            .catalog
            .plan(provider, &model, &self.request_options(0.0))
            .err()?;
        Some(refusal.to_string())
    }

    /// What a turn remembers of whom it was asked of.
    pub(super) fn asked(&self, thinking: Thinking) -> Asked {
        Asked {
            provider: self.session.choice.provider.clone(),
            model: self.session.choice.model.clone(),
            thinking,
            params: self.session.params,
            extras: self.session.extras,
        }
    }

    /// Switches to a model and says so.
    pub(super) fn switch_to(&mut self, choice: Choice, now: Instant) {
        self.session.choice = choice;
        let Some(model) = self.model() else {
            return;
        };
        let lost = self.drop_extras();
        let choice = &self.session.choice;
        let nearest = model.nearest_mode(self.session.thinking);
        let mut text = tr!("Switched to {choice}", choice);
        let mut tone = Tone::Info;
        if !self.has_key(&choice.provider) {
            let variable = self
                .provider()
                .and_then(|provider| provider.api_key_env.clone());
            let variable = variable.as_deref().unwrap_or("api_key_command");
            text = tr!(
                "Switched to {choice}: no key yet, /key takes one (or set {variable})",
                choice,
                variable
            );
            tone = Tone::Warning;
        } else if !model.warning.is_empty() {
            let warning = phrase::of_data(&model.warning);
            text = tr!("Switched to {choice}: {warning}", choice, warning);
            tone = Tone::Warning;
        } else if nearest != self.session.thinking && self.session.thinking_without_json.is_none() {
            text = tr!(
                "Switched to {choice}; it has no thinking mode “{wanted}”, so “{nearest}” it is",
                choice,
                wanted = self.session.thinking,
                nearest
            );
        }
        text.push_str(&lost);
        self.notify(tone, text, now);
    }

    /// Switches to the model that a user wrote, such as `tencent/minimax-m3`.
    pub(super) fn switch_by_name(&mut self, name: &str, now: Instant) {
        match self.catalog.find(name) {
            Ok((provider, model)) => self.switch_to(Choice { provider, model }, now),
            Err(unknown) => self.notify(Tone::Error, unknown.to_string(), now),
        }
    }

    /// Switches to the next model of this provider.
    pub(super) fn next_model(&mut self, now: Instant) {
        let Some(provider) = self.provider() else {
            return;
        };
        let at = provider
            .models
            .iter()
            .position(|model| model.id == self.session.choice.model);
        let next = at.map_or(0, |at| at + 1);
        let model = provider.models.get(next).or(provider.models.first());
        let Some(model) = model.map(|model| model.id.clone()) else {
            return;
        };
        if provider.models.len() == 1 && model == self.session.choice.model {
            let text = tr!(
                "{provider} has only this model in the catalogue",
                provider = provider.name
            );
            self.notify(Tone::Info, text, now);
            return;
        }
        let provider = provider.id.clone();
        self.switch_to(Choice { provider, model }, now);
    }

    /// Switches to the next provider that has a key, or to the next at all if none other has.
    pub(super) fn next_provider(&mut self, now: Instant) {
        let all = &self.catalog.providers;
        let at = all
            .iter()
            .position(|provider| provider.id == self.session.choice.provider);
        let start = at.map_or(0, |at| at + 1);
        let round = || all.iter().cycle().skip(start).take(all.len());
        let other = |provider: &&Provider| {
            provider.id != self.session.choice.provider && !provider.models.is_empty()
        };
        let next = round()
            .filter(other)
            .find(|provider| self.has_key(&provider.id))
            .or_else(|| round().find(other));
        let Some(next) = next else {
            return;
        };
        // The same model at the other provider, if it is there under the same name.
        let bare = bare_name(&self.session.choice.model);
        let same = next
            .models
            .iter()
            .find(|model| bare_name(&model.id) == bare);
        let Some(model) = same.or(next.models.first()) else {
            return;
        };
        let choice = Choice {
            provider: next.id.clone(),
            model: model.id.clone(),
        };
        self.switch_to(choice, now);
    }

    /// Goes to the next thinking mode that the model has.
    pub(super) fn next_thinking_mode(&mut self, now: Instant) {
        let Some(model) = self.model() else {
            return;
        };
        let modes = model.modes();
        let current = model.nearest_mode(self.session.thinking);
        let at = modes.iter().position(|mode| *mode == current).unwrap_or(0);
        let next = modes
            .get(at + 1)
            .or(modes.first())
            .copied()
            .unwrap_or_default();
        if modes.len() < 2 {
            let text = if model.is_always_on() {
                tr!(
                    "{model} always thinks; it can't be switched off",
                    model = model.id
                )
            } else if model.known {
                tr!(
                    "{model} does not think; there is nothing to switch",
                    model = model.id
                )
            } else {
                tr!(
                    "mmchat does not know {model}'s thinking modes; the config can tell",
                    model = model.id
                )
            };
            self.notify(Tone::Info, text, now);
            return;
        }
        self.set_thinking(next, now);
    }

    /// Sets the thinking mode, if the model has it.
    pub(super) fn set_thinking(&mut self, mode: Thinking, now: Instant) {
        let Some(model) = self.model() else {
            return;
        };
        if mode != Thinking::On && !model.modes().contains(&mode) {
            let modes: Vec<_> = model.modes().iter().map(|mode| mode.word()).collect();
            let text = tr!(
                "{model} has no thinking mode “{mode}”, only {modes}",
                model = model.id,
                mode,
                modes = modes.join(tr!(", "))
            );
            self.notify(Tone::Warning, text, now);
            return;
        }
        self.session.thinking = mode;
        // The user's own word counts from now on, in JSON mode too.
        self.session.thinking_without_json = None;
        let text = tr!(
            "Thinking {mode} from the next message on",
            mode = self.thinking_word()
        );
        self.notify(Tone::Info, text, now);
    }
}

/// A model's name without its maker, in lower case: the same model is `MiniMax-M3` here and
/// `minimax/minimax-m3` there.
fn bare_name(id: &str) -> String {
    id.rsplit('/').next().unwrap_or(id).to_lowercase()
}
