//! Providers × models: what each model does, and how it is asked for it.
//!
//! Facts live in `assets/catalog.toml` and, in the same form, in the user's configuration; this
//! module turns them into answers. A capability is a [`Patch`]: what it merges into the request
//! body. A model that lacks a capability has no patch for it, and says so.

use std::collections::BTreeMap;

use crate::chat::Thinking;
use crate::wire::{Dialect, Patch};

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
    /// Whether pieces may be cumulative (WIRE §9.2).
    pub may_be_cumulative: bool,
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
