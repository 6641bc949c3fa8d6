//! Providers × models: what each model does, and how it is asked for it.
//!
//! Facts live in `assets/catalog.toml` and, in the same form, in the user's configuration; this
//! module turns them into answers. A capability is a [`Patch`]: what it merges into the request
//! body. A model that lacks a capability has no patch for it, and says so.

use std::collections::BTreeMap;

use crate::chat::{Thinking, short_count};
use crate::wire::{Dialect, Patch, Target};

mod cost;
pub mod entry;
mod find;
pub mod nearest;
mod plan;
mod problem;
pub mod reader;
mod refusal;

pub use cost::{Cost, Output, price};
pub use entry::{ModelEntry, ProviderEntry};
pub use find::Unknown;
pub use plan::{Capability, Plan, RequestOptions, check_images, check_thinking, plan};
pub use problem::{Notes, Problem, Problems};
pub use refusal::{Hint, Refusal};

/// The id of the built-in provider, which is offline.
pub const DEMO: &str = "demo";

/// Every provider, in the order in which the picker shows them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalog {
    /// The providers; ids are unique.
    pub providers: Vec<Provider>,
}

/// Somebody who serves models.
#[derive(Debug, Clone, PartialEq)]
pub struct Provider {
    /// Its id, as in `provider/model`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// One line about it, empty for none: region, plan, activation.
    pub note: String,
    /// The protocol.
    pub dialect: Dialect,
    /// The address that the dialect appends its path to.
    pub base_url: String,
    /// The environment variable that may hold the key.
    pub api_key_env: Option<String>,
    /// The command that prints the key; empty for none.
    pub api_key_command: Vec<String>,
    /// Where a person gets a key; empty when unknown.
    pub key_url: String,
    /// Headers besides those of the dialect.
    pub headers: Vec<(String, String)>,
    /// Merged into every request body.
    pub body: Patch,
    /// What the token limit is called in the body.
    pub max_tokens_field: String,
    /// Whether pieces may be cumulative.
    pub may_be_cumulative: bool,
    /// Whether the reasoning that led to a tool call goes back beside its result.
    pub wants_reasoning_back: bool,
    /// Its models, in the order in which the picker shows them.
    pub models: Vec<Model>,
}

/// What is known of a model at one provider. `None` means unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    /// The id, exactly as the provider wants it: it may hold slashes, colons and plus signs.
    pub id: String,
    /// Whether the catalogue or the configuration describes it.
    pub known: bool,
    /// Input and output together, in tokens.
    pub context_window_tokens: Option<u64>,
    /// The longest input, in tokens.
    pub max_input_tokens: Option<u64>,
    /// The longest reply, reasoning included, in tokens.
    pub max_output_tokens: Option<u64>,
    /// The token limit to send where the protocol wants one and the user sets none.
    pub default_max_tokens: Option<u64>,
    /// What temperatures it takes.
    pub temperature: Option<Bounds>,
    /// What values of `top_p` it takes.
    pub top_p: Option<Bounds>,
    /// What presence penalties it takes.
    pub presence_penalty: Option<Bounds>,
    /// How each thinking mode is asked for; a mode that is absent can't be had. `None` = unknown.
    pub thinking: Option<BTreeMap<Thinking, Patch>>,
    /// How JSON mode is asked for.
    pub json_mode: Option<Patch>,
    /// What to heed with JSON mode while the model thinks; empty for nothing.
    pub json_mode_hint: String,
    /// The thinking mode that its vendor advises in JSON mode; `None` for any.
    pub json_mode_thinking: Option<Thinking>,
    /// How web search is asked for.
    pub web_search: Option<Patch>,
    /// Whether tools may be sent.
    pub tools: bool,
    /// Whether it takes images.
    pub images: bool,
    /// List prices.
    pub prices: Option<Prices>,
    /// What it is good for, in the vendor's advice; empty for none.
    pub advice: String,
    /// A word of warning (retired, needs activation); empty for none.
    pub warning: String,
    /// Where the facts come from, and of which date; empty for an entry of the user's.
    pub source: String,
}

/// What values a parameter may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The least, inclusive.
    pub min: f64,
    /// The most, inclusive.
    pub max: f64,
    /// What the provider uses when nothing is sent, where that is known.
    pub default: Option<f64>,
}

/// List prices per million tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prices {
    /// The currency.
    pub currency: Currency,
    /// Of input tokens.
    pub input_per_mtok: f64,
    /// Of output tokens, reasoning included.
    pub output_per_mtok: f64,
    /// Of input tokens read from the cache.
    pub cached_per_mtok: Option<f64>,
}

/// A currency that a vendor lists prices in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Currency {
    /// US dollar.
    Usd,
    /// Chinese yuan.
    Cny,
}

impl Catalog {
    /// The catalogue that is built in.
    pub fn builtin() -> Self {
        let (entries, _) = builtin_entries();
        Self::default().merged(&entries)
    }

    /// This catalogue with entries laid over it: they change what they speak of. New providers
    /// come first, in the order of the entries.
    #[must_use]
    pub fn merged(mut self, entries: &[ProviderEntry]) -> Self {
        let mut fresh = Vec::new();
        for entry in entries {
            match self.providers.iter_mut().find(|known| known.id == entry.id) {
                Some(known) => *known = entry.over(Some(known.clone())),
                None => fresh.push(entry.over(None)),
            }
        }
        fresh.append(&mut self.providers);
        self.providers = fresh;
        self
    }

    /// Plans a request, or says why it is not sent, and who in the whole catalogue could do what
    /// the model lacks.
    ///
    /// # Errors
    /// [`Refusal`] when the model can't do, or takes no such value of, what is asked.
    pub fn plan(
        &self,
        provider: &Provider,
        model: &Model,
        asked: &RequestOptions,
    ) -> Result<Plan, Refusal> {
        plan(provider, model, asked).map_err(|refusal| match refusal {
            Refusal::Lacks {
                model,
                capability,
                others,
            } if others.is_empty() => Refusal::Lacks {
                model,
                capability,
                others: plan::elsewhere(&self.providers, capability),
            },
            refusal => refusal,
        })
    }

    /// The provider of that id.
    pub fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id == id)
    }
}

impl Provider {
    /// The model of that id; one that is not known is taken as typed.
    pub fn model(&self, id: &str) -> Model {
        let known = self.models.iter().find(|model| model.id == id);
        known.cloned().unwrap_or_else(|| Model::unknown(id))
    }

    /// Whether it says where its key is. One that does not, as a server of one's own, needs none.
    pub fn names_a_key(&self) -> bool {
        self.api_key_env.is_some() || !self.api_key_command.is_empty()
    }

    /// Where a request for this model goes.
    pub fn target(&self, model: &Model) -> Target {
        let default_max_tokens = match self.dialect {
            Dialect::OpenAi | Dialect::DashScope => model.default_max_tokens,
            // The protocol wants a limit always. Where none is known: what the smallest of the
            // family's limits allows: 32,768 at Alibaba.
            Dialect::Anthropic => model
                .default_max_tokens
                .or_else(|| model.max_output_tokens.map(|most| most.min(65_536)))
                .or(Some(32_768)),
        };
        Target {
            provider: self.id.clone(),
            dialect: self.dialect,
            base_url: self.base_url.clone(),
            model: model.id.clone(),
            headers: self.headers.clone(),
            max_tokens_field: self.max_tokens_field.clone(),
            default_max_tokens,
            may_be_cumulative: self.may_be_cumulative,
            wants_reasoning_back: self.wants_reasoning_back,
            takes_images: model.images,
        }
    }

    /// Tells whether a key is called for: requests without one are only sent where none is.
    pub fn wants_key(&self) -> bool {
        self.api_key_env.is_some() || !self.api_key_command.is_empty()
    }
}

impl Model {
    /// A model of which nothing is known but its name.
    pub fn unknown(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            tools: true,
            ..Self::default()
        }
    }

    /// The thinking modes that can be had, in the order in which the key cycles through them.
    pub fn modes(&self) -> Vec<Thinking> {
        match &self.thinking {
            Some(modes) => Thinking::ALL
                .into_iter()
                .filter(|mode| modes.contains_key(mode))
                .collect(),
            None => vec![Thinking::On],
        }
    }

    /// The mode that comes nearest to what is wanted: itself where it can be had, else the
    /// nearest effort, else on, else the first there is.
    pub fn nearest_mode(&self, wanted: Thinking) -> Thinking {
        let modes = self.modes();
        let has = |mode: Thinking| modes.contains(&mode);
        if has(wanted) || (wanted == Thinking::On && !self.is_without_thinking()) {
            return wanted;
        }
        let efforts = [
            Thinking::Low,
            Thinking::Medium,
            Thinking::High,
            Thinking::Xhigh,
            Thinking::Max,
        ];
        if let Some(at) = efforts.iter().position(|&effort| effort == wanted) {
            let near = efforts
                .iter()
                .enumerate()
                .filter(|&(_, &effort)| has(effort));
            if let Some((_, &effort)) = near.min_by_key(|&(other, _)| other.abs_diff(at)) {
                return effort;
            }
        }
        if self.is_without_thinking() {
            Thinking::Off
        } else {
            Thinking::On
        }
    }

    /// The thinking mode for JSON mode, where the vendor advises another one than is wanted.
    pub fn thinking_for_json(&self, wanted: Thinking) -> Option<Thinking> {
        let advised = self.json_mode_thinking?;
        (advised != wanted && self.modes().contains(&advised)).then_some(advised)
    }

    /// Tells whether thinking is known to be impossible to switch off.
    pub fn is_always_on(&self) -> bool {
        let modes = self.thinking.as_ref();
        modes.is_some_and(|modes| !modes.contains_key(&Thinking::Off))
    }

    /// Tells whether the model is known never to think.
    pub fn is_without_thinking(&self) -> bool {
        let modes = self.thinking.as_ref();
        modes.is_some_and(|modes| modes.keys().all(|&mode| mode == Thinking::Off))
    }
}

impl Model {
    /// Its window and its prices, as far as they are known: `200k · $0.3/$1.2`.
    pub fn summary(&self) -> String {
        let window = self.context_window_tokens.map(short_count);
        let prices = self.prices.as_ref().map(ToString::to_string);
        let facts: Vec<String> = [window, prices].into_iter().flatten().collect();
        facts.join(" · ")
    }
}

impl std::fmt::Display for Prices {
    /// Input and output per million tokens: `$0.3/$1.2`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = self.currency.sign();
        write!(
            f,
            "{sign}{}/{sign}{}",
            self.input_per_mtok, self.output_per_mtok
        )
    }
}

impl Currency {
    /// The sign that goes before an amount.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Usd => "$",
            Self::Cny => "¥",
        }
    }
}

/// The entries of the file that is built in, and what is wrong with it: nothing, a test says.
fn builtin_entries() -> (Vec<ProviderEntry>, Vec<Problem>) {
    let text = include_str!("../assets/catalog.toml");
    let mut notes = Notes::default();
    let entries = reader::read(text, &mut notes, entry::providers);
    let (wrong, _) = notes.finish("assets/catalog.toml", text);
    (entries, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_has_no_mistakes() {
        let (entries, wrong) = builtin_entries();
        let none: &[Problem] = &[];
        assert_eq!(wrong, none);
        assert_eq!(entries.len(), Catalog::builtin().providers.len());
    }
}
