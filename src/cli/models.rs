//! `mmchat models`: providers and models, what they do, and whether a key is set.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::args::{ModelsArgs, Options};
use super::setup::{self, Environment};
use super::table::{self, Fit, Table};
use super::{Exit, Trouble, block_on, complain, json, settings};
use crate::catalog::{Capability, Catalog, DEMO, Model, Prices, Provider};
use crate::chat::{Failure, FailureKind, safe, short_count};
use crate::net::{Client, Keys};
use crate::phrase::{self, tr};
use crate::wire;

/// The most pages of a provider's own list that are read.
const MOST_PAGES: u32 = 50;

/// What a provider's own list said: its models, or why there is none.
type Listed = BTreeMap<String, Result<Vec<String>, Failure>>;

/// Prints every model, as a table or as JSON.
pub(super) fn run(
    options: &Options,
    args: ModelsArgs,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let (config, _) = settings::load(options)?;
    let catalog = config.catalog();
    let keys = setup::keys(options, &catalog, environment);
    let client = Client::new(&config.network, keys, setup::proxies(environment));
    let keys = client.keys();
    let mut listed = Listed::new();
    if args.refresh {
        let asked = asked(options, &catalog, keys)?;
        listed = refresh(&asked, &client)?;
    }
    let mut rows = rows(&catalog, &listed);
    if let Some(named) = named(options) {
        rows.retain(|row| row.is_called(named));
        if rows.is_empty() && catalog.provider(named).is_none() {
            let unknown = catalog.find(named).map(drop);
            let unknown = unknown.map_err(|unknown| unknown.to_string());
            let why = unknown.err().unwrap_or_else(|| {
                tr!(
                    "{name} is not in the catalogue",
                    name = safe::one_line(named)
                )
            });
            return Err(Trouble::usage(why));
        }
    }
    let mut out = io::stdout().lock();
    if args.json {
        let rows: Vec<Value> = rows.iter().map(|row| object(row, keys)).collect();
        writeln!(out, "{}", json::to_text(&Value::from(rows)))?;
    } else {
        if table::terminal_cols().is_some() {
            by_provider(&rows, keys).write(&mut out)?;
            writeln!(out)?;
        } else {
            flat(&rows, keys).write(&mut out)?;
        }
        for (warning, models) in warnings(&rows) {
            let warning = phrase::of_data(warning);
            table::write_note(
                &mut out,
                &tr!(
                    "(!) {models}: {warning}",
                    models = models.join(tr!(", ")),
                    warning
                ),
            )?;
        }
    }
    Ok(conclude(&listed))
}

/// A model of a provider, and what the provider's own list says of it.
struct Row<'a> {
    provider: &'a Provider,
    model: Model,
    /// Whether the provider's own list has it; `None` when it was not asked, or did not say.
    is_listed: Option<bool>,
}

impl Row<'_> {
    /// Whether a provider, a model of one, or a model of any is meant that is this.
    fn is_called(&self, name: &str) -> bool {
        let (provider, model) = (self.provider.id.as_str(), self.model.id.as_str());
        let of_provider = name
            .strip_prefix(provider)
            .and_then(|rest| rest.strip_prefix('/'));
        name == provider
            || model.eq_ignore_ascii_case(name)
            || of_provider.is_some_and(|rest| rest == model)
    }
}

/// What `-m` names on this command line: what the environment names is for questions, not for lists.
fn named(options: &Options) -> Option<&str> {
    let named = options.model.as_deref();
    named.filter(|_| !options.model_is_usual)
}

/// The catalogue's models, and after them those that only the provider's own list has.
fn rows<'a>(catalog: &'a Catalog, listed: &Listed) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for provider in &catalog.providers {
        let ids = listed.get(&provider.id).and_then(|ids| ids.as_ref().ok());
        for model in &provider.models {
            rows.push(Row {
                provider,
                model: model.clone(),
                is_listed: ids.map(|ids| ids.contains(&model.id)),
            });
        }
        let unknown = ids.into_iter().flatten().filter(|id| {
            let mut known = provider.models.iter();
            !known.any(|model| model.id == **id)
        });
        rows.extend(unknown.map(|id| Row {
            provider,
            model: Model::unknown(id),
            is_listed: Some(true),
        }));
    }
    rows
}

/// The provider that was named, else those that can be asked.
fn asked<'a>(
    options: &Options,
    catalog: &'a Catalog,
    keys: &Keys,
) -> Result<Vec<&'a Provider>, Trouble> {
    if let Some(named) = named(options) {
        let id = named.split('/').next().unwrap_or(named);
        let provider = catalog.provider(id);
        let provider = provider.ok_or_else(|| {
            Trouble::usage(tr!("there is no provider “{provider}”", provider = id))
        })?;
        return Ok(vec![provider]);
    }
    let ready = |provider: &&Provider| keys.source(&provider.id).is_ready() && provider.id != DEMO;
    Ok(catalog.providers.iter().filter(ready).collect())
}

/// Asks each provider for its own list.
fn refresh(asked: &[&Provider], client: &Client) -> Result<Listed, Trouble> {
    block_on(async {
        let mut listed = Listed::new();
        for provider in asked {
            let ids = list(client, provider).await;
            if let Err(failure) = &ids {
                // Servers of one's own that are not running need no mention.
                let is_absent = failure.kind == FailureKind::Connect && !provider.wants_key();
                if !is_absent || asked.len() == 1 {
                    let (id, what, words) = (&provider.id, failure.what(), failure.vendor_words());
                    complain(&format!("{id}: {what} {words}"));
                }
            }
            listed.insert(provider.id.clone(), ids);
        }
        Ok(listed)
    })
}

async fn list(client: &Client, provider: &Provider) -> Result<Vec<String>, Failure> {
    let target = provider.target(&Model::unknown(""));
    let mut all: Vec<String> = Vec::new();
    for page in 1..=MOST_PAGES {
        let Some(list) = wire::model_list(&target, page) else {
            break;
        };
        let ids = client.model_ids(&list).await?;
        let fresh: Vec<String> = ids.into_iter().filter(|id| !all.contains(id)).collect();
        if fresh.is_empty() {
            break;
        }
        all.extend(fresh);
    }
    Ok(all)
}

/// Only when no list came at all is it a failure.
fn conclude(listed: &Listed) -> Exit {
    if listed.is_empty() || listed.values().any(Result::is_ok) {
        return Exit::Success;
    }
    let may_pass =
        |ids: &Result<Vec<String>, Failure>| ids.as_ref().is_err_and(Failure::is_retryable);
    if listed.values().any(may_pass) {
        Exit::TryLater
    } else {
        Exit::Failed
    }
}

/// What to heed before a model is asked, each warning once, with the models that it is of.
fn warnings<'a>(rows: &'a [Row<'_>]) -> Vec<(&'a str, Vec<String>)> {
    let mut all: Vec<(&str, Vec<String>)> = Vec::new();
    for row in rows.iter().filter(|row| !row.model.warning.is_empty()) {
        let name = format!("{}/{}", row.provider.id, row.model.id);
        match all
            .iter_mut()
            .find(|(warning, _)| *warning == row.model.warning)
        {
            Some((_, models)) => models.push(name),
            None => all.push((&row.model.warning, vec![name])),
        }
    }
    all
}

/// For programs: each line tells all of a model.
fn flat<'a>(rows: &[Row<'_>], keys: &Keys) -> Table<'a, 6> {
    let [model, window, thinking, can, price] = columns();
    let table = Table::new([model, window, thinking, can, price, (tr!("KEY"), Fit::Fact)]);
    table.rows(rows.iter().map(|row| {
        let (provider, [model, window, thinking, can, price]) = (&row.provider.id, cells(row));
        let key = keys.source(provider).to_string();
        [
            format!("{provider}/{model}"),
            window,
            thinking,
            can,
            price,
            key,
        ]
    }))
}

/// For people: the models of a provider below its name and what is known of its key.
fn by_provider<'a>(rows: &[Row<'_>], keys: &Keys) -> Table<'a, 5> {
    let mut table = Table::new(columns());
    let mut last = "";
    for row in rows {
        let id = row.provider.id.as_str();
        if id != last {
            let key = keys.source(id);
            table.heading(&tr!("{provider}: {key}", provider = id, key));
            last = id;
        }
        table.row(cells(row));
    }
    table
}

fn columns<'a>() -> [(&'a str, Fit); 5] {
    [
        (tr!("MODEL"), Fit::Name),
        (tr!("WINDOW"), Fit::Figure),
        (tr!("THINKING"), Fit::Words),
        (tr!("CAN"), Fit::Words),
        (tr!("PRICE/M"), Fit::Fact),
    ]
}

fn cells(row: &Row<'_>) -> [String; 5] {
    let model = &row.model;
    let window = model.context_window_tokens;
    let prices = model.prices.as_ref();
    let unknown = || "–".to_owned();
    [
        model.id.clone(),
        window.map_or_else(unknown, short_count),
        thinking(model),
        abilities(row).join(" "),
        prices.map_or_else(unknown, Prices::to_string),
    ]
}

fn thinking(model: &Model) -> String {
    if model.thinking.is_none() {
        return tr!("unknown").to_owned();
    }
    let modes: Vec<&str> = model.modes().iter().map(|mode| mode.word()).collect();
    if model.is_always_on() && modes.len() < 2 {
        tr!("always on").to_owned()
    } else {
        modes.join("/")
    }
}

fn abilities(row: &Row<'_>) -> Vec<&'static str> {
    let model = &row.model;
    if !model.known {
        return vec![tr!("(not in the catalogue)")];
    }
    let can = [
        (model.tools, tr!("tools")),
        (Capability::JsonMode.patch(model).is_some(), "json"),
        (Capability::WebSearch.patch(model).is_some(), tr!("search")),
        (model.images, tr!("images")),
        (
            row.is_listed == Some(false),
            tr!("(not in the provider's list)"),
        ),
        (!model.warning.is_empty(), "(!)"),
    ];
    can.into_iter()
        .filter_map(|(can, word)| can.then_some(word))
        .collect()
}

fn object(row: &Row<'_>, keys: &Keys) -> Value {
    let Row {
        provider, model, ..
    } = row;
    let source = keys.source(&provider.id);
    json!({
        "provider": provider.id,
        "model": model.id,
        "known": model.known,
        "listed": row.is_listed,
        "context_window_tokens": model.context_window_tokens,
        "max_input_tokens": model.max_input_tokens,
        "max_output_tokens": model.max_output_tokens,
        "thinking": model.thinking.is_some().then(|| model.modes().iter().map(|mode| mode.word()).collect::<Vec<_>>()),
        "always_thinks": model.is_always_on(),
        "tools": model.known.then_some(model.tools),
        "json_mode": model.known.then_some(model.json_mode.is_some()),
        "web_search": model.known.then_some(model.web_search.is_some()),
        "images": model.known.then_some(model.images),
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
