//! A provider or a model as it is written in TOML: what is said, and what is left out.
//!
//! The catalogue's own file and a user's configuration have the same form, so one reader serves
//! both. An entry laid over what is known already changes only what it says.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Bounds, Model, Prices, Provider};
use crate::chat::Thinking;
use crate::wire::{Dialect, Patch};

mod read;

pub use read::{address, providers};

/// `[providers.X]`: what is said of a provider. `None` = left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProviderEntry {
    /// Its id.
    pub id: String,
    /// See [`Provider::name`].
    pub name: Option<String>,
    /// See [`Provider::note`].
    pub note: Option<String>,
    /// See [`Provider::dialect`].
    pub dialect: Option<Dialect>,
    /// See [`Provider::base_url`].
    pub base_url: Option<String>,
    /// See [`Provider::api_key_env`].
    pub api_key_env: Option<String>,
    /// See [`Provider::api_key_command`].
    pub api_key_command: Option<Vec<String>>,
    /// See [`Provider::key_url`].
    pub key_url: Option<String>,
    /// See [`Provider::headers`]; they join those that are known.
    pub headers: Vec<(String, String)>,
    /// See [`Provider::body`]; it is merged into what is known.
    pub body: Patch,
    /// See [`Provider::max_tokens_field`].
    pub max_tokens_field: Option<String>,
    /// See [`Provider::may_be_cumulative`].
    pub may_be_cumulative: Option<bool>,
    /// See [`Provider::wants_reasoning_back`].
    pub wants_reasoning_back: Option<bool>,
    /// What is said of its models.
    pub models: Vec<ModelEntry>,
}

/// `[[providers.X.models]]`: what is said of a model. `None` = left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelEntry {
    /// Its id.
    pub id: String,
    /// See [`Model::context_window_tokens`].
    pub context_window_tokens: Option<u64>,
    /// See [`Model::max_input_tokens`].
    pub max_input_tokens: Option<u64>,
    /// See [`Model::max_output_tokens`].
    pub max_output_tokens: Option<u64>,
    /// See [`Model::default_max_tokens`].
    pub default_max_tokens: Option<u64>,
    /// See [`Model::temperature`].
    pub temperature: Option<Bounds>,
    /// See [`Model::top_p`].
    pub top_p: Option<Bounds>,
    /// See [`Model::presence_penalty`].
    pub presence_penalty: Option<Bounds>,
    /// See [`Model::thinking`].
    pub thinking: Option<BTreeMap<Thinking, Patch>>,
    /// See [`Model::json_mode`].
    pub json_mode: Option<Ability>,
    /// See [`Model::json_mode_hint`].
    pub json_mode_hint: Option<String>,
    /// See [`Model::json_mode_thinking`].
    pub json_mode_thinking: Option<Thinking>,
    /// See [`Model::web_search`].
    pub web_search: Option<Ability>,
    /// See [`Model::tools`].
    pub tools: Option<bool>,
    /// See [`Model::images`].
    pub images: Option<bool>,
    /// See [`Model::prices`].
    pub prices: Option<Prices>,
    /// See [`Model::advice`].
    pub advice: Option<String>,
    /// See [`Model::warning`].
    pub warning: Option<String>,
    /// See [`Model::source`].
    pub source: Option<String>,
}

/// What is said of a capability.
#[derive(Debug, Clone, PartialEq)]
pub enum Ability {
    /// `false`: the model lacks it.
    Lacks,
    /// How it is asked for.
    Has(Patch),
}

impl ProviderEntry {
    /// The provider that this entry makes of what is known.
    pub fn over(&self, known: Option<Provider>) -> Provider {
        let mut provider = known.unwrap_or_else(|| Provider {
            id: self.id.clone(),
            name: self.id.clone(),
            note: String::new(),
            dialect: Dialect::OpenAi,
            base_url: String::new(),
            api_key_env: None,
            api_key_command: Vec::new(),
            key_url: String::new(),
            headers: Vec::new(),
            body: Patch::new(),
            max_tokens_field: "max_tokens".to_owned(),
            may_be_cumulative: false,
            wants_reasoning_back: false,
            models: Vec::new(),
        });
        lay(&mut provider.name, self.name.as_ref());
        lay(&mut provider.note, self.note.as_ref());
        lay(&mut provider.dialect, self.dialect.as_ref());
        lay(&mut provider.base_url, self.base_url.as_ref());
        lay_option(&mut provider.api_key_env, self.api_key_env.as_ref());
        lay(&mut provider.api_key_command, self.api_key_command.as_ref());
        lay(&mut provider.key_url, self.key_url.as_ref());
        lay(
            &mut provider.max_tokens_field,
            self.max_tokens_field.as_ref(),
        );
        lay(
            &mut provider.may_be_cumulative,
            self.may_be_cumulative.as_ref(),
        );
        lay(
            &mut provider.wants_reasoning_back,
            self.wants_reasoning_back.as_ref(),
        );
        for (name, value) in &self.headers {
            provider
                .headers
                .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            provider.headers.push((name.clone(), value.clone()));
        }
        merge(&mut provider.body, &self.body);
        let mut fresh = Vec::new();
        for entry in &self.models {
            let mut models = provider.models.iter_mut();
            if let Some(model) = models.find(|model| model.id == entry.id) {
                entry.lay_over(model);
            } else {
                let mut model = Model::unknown(&entry.id);
                entry.lay_over(&mut model);
                fresh.push(model);
            }
        }
        fresh.append(&mut provider.models);
        provider.models = fresh;
        provider
    }
}

impl ModelEntry {
    /// Changes what this entry speaks of.
    fn lay_over(&self, model: &mut Model) {
        model.known = true;
        lay_option(
            &mut model.context_window_tokens,
            self.context_window_tokens.as_ref(),
        );
        lay_option(&mut model.max_input_tokens, self.max_input_tokens.as_ref());
        lay_option(
            &mut model.max_output_tokens,
            self.max_output_tokens.as_ref(),
        );
        lay_option(
            &mut model.default_max_tokens,
            self.default_max_tokens.as_ref(),
        );
        lay_option(&mut model.temperature, self.temperature.as_ref());
        lay_option(&mut model.top_p, self.top_p.as_ref());
        lay_option(&mut model.presence_penalty, self.presence_penalty.as_ref());
        lay_option(&mut model.thinking, self.thinking.as_ref());
        lay_ability(&mut model.json_mode, self.json_mode.as_ref());
        lay(&mut model.json_mode_hint, self.json_mode_hint.as_ref());
        lay_option(
            &mut model.json_mode_thinking,
            self.json_mode_thinking.as_ref(),
        );
        lay_ability(&mut model.web_search, self.web_search.as_ref());
        lay(&mut model.tools, self.tools.as_ref());
        lay(&mut model.images, self.images.as_ref());
        lay_option(&mut model.prices, self.prices.as_ref());
        lay(&mut model.advice, self.advice.as_ref());
        lay(&mut model.warning, self.warning.as_ref());
        lay(&mut model.source, self.source.as_ref());
    }
}

fn lay<T: Clone>(known: &mut T, said: Option<&T>) {
    if let Some(said) = said {
        known.clone_from(said);
    }
}

fn lay_option<T: Clone>(known: &mut Option<T>, said: Option<&T>) {
    if said.is_some() {
        *known = said.cloned();
    }
}

fn lay_ability(known: &mut Option<Patch>, said: Option<&Ability>) {
    match said {
        None => {}
        Some(Ability::Lacks) => *known = None,
        Some(Ability::Has(patch)) => *known = Some(patch.clone()),
    }
}

/// Merges tables into tables; anything else is replaced.
fn merge(into: &mut Patch, from: &Patch) {
    for (key, value) in from {
        match (into.get_mut(key), value) {
            (Some(Value::Object(into)), Value::Object(from)) => merge(into, from),
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}
