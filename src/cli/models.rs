//! `mmchat models`: providers and models, what they do, and whether a key is set.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::args::Options;
use super::setup::{Environment, Setup};
use super::{Exit, Trouble, json, table};
use crate::catalog::{Capability, Model, Prices, Provider};
use crate::chat::short_count;
use crate::net::Keys;

/// Prints every model, as a table or as JSON.
pub(super) fn run(
    options: &Options,
    as_json: bool,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let Setup { catalog, keys, .. } = Setup::new(options, environment)?;
    let rows = || {
        let models = |provider| move |model| (provider, model);
        catalog
            .providers
            .iter()
            .flat_map(move |provider: &Provider| provider.models.iter().map(models(provider)))
    };
    let mut out = io::stdout().lock();
    if as_json {
        let rows: Vec<Value> = rows()
            .map(|(provider, model)| object(provider, model, &keys))
            .collect();
        writeln!(out, "{}", json::to_text(&Value::from(rows)))?;
        return Ok(Exit::Success);
    }
    let head = ["MODEL", "WINDOW", "THINKING", "CAN", "PRICE/M", "KEY"];
    let rows = rows().map(|(provider, model)| cells(provider, model, &keys));
    table::write(&mut out, head, rows)?;
    Ok(Exit::Success)
}

fn cells(provider: &Provider, model: &Model, keys: &Keys) -> [String; 6] {
    let tokens = |count: Option<u64>| count.map_or_else(|| "–".to_owned(), short_count);
    [
        format!("{}/{}", provider.id, model.id),
        tokens(model.context_window_tokens),
        thinking(model),
        abilities(model).join(" "),
        model
            .prices
            .as_ref()
            .map_or_else(|| "–".to_owned(), Prices::to_string),
        keys.source(&provider.id).to_string(),
    ]
}

fn thinking(model: &Model) -> String {
    if model.thinking.is_none() {
        return "unknown".to_owned();
    }
    let modes: Vec<&str> = model.modes().iter().map(|mode| mode.word()).collect();
    if model.is_always_on() && modes.len() < 2 {
        "always on".to_owned()
    } else {
        modes.join("/")
    }
}

fn abilities(model: &Model) -> Vec<&'static str> {
    let can = [
        (model.tools, "tools"),
        (Capability::JsonMode.patch(model).is_some(), "json"),
        (Capability::WebSearch.patch(model).is_some(), "search"),
        (model.images, "images"),
    ];
    can.into_iter()
        .filter_map(|(can, word)| can.then_some(word))
        .collect()
}

fn object(provider: &Provider, model: &Model, keys: &Keys) -> Value {
    let source = keys.source(&provider.id);
    json!({
        "provider": provider.id,
        "model": model.id,
        "context_window_tokens": model.context_window_tokens,
        "max_input_tokens": model.max_input_tokens,
        "max_output_tokens": model.max_output_tokens,
        "thinking": model.thinking.is_some().then(|| model.modes().iter().map(|mode| mode.word()).collect::<Vec<_>>()),
        "always_thinks": model.is_always_on(),
        "tools": model.tools,
        "json_mode": model.json_mode.is_some(),
        "web_search": model.web_search.is_some(),
        "images": model.images,
        "prices": model.prices.map(|prices| json!({
            "currency": prices.currency.sign(),
            "input_per_mtok": prices.input_per_mtok,
            "output_per_mtok": prices.output_per_mtok,
            "cached_per_mtok": prices.cached_per_mtok,
        })),
        "advice": model.advice,
        "warning": model.warning,
        "key_ready": source.is_ready(),
        "key_source": source.to_string(),
    })
}
