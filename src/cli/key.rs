//! `mmchat key`: where each provider's key comes from; one kept, one forgotten. Never shows a key.

use std::io::{self, IsTerminal, Read, Write};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::args::{KeyCommand, Options};
use super::setup::{self, Environment};
use super::table::{Fit, Table};
use super::{Exit, Trouble, block_on, json, settings};
use crate::catalog::nearest::did_you_mean;
use crate::catalog::{Catalog, DEMO, Provider};
use crate::chat::safe;
use crate::net::secret::{self, Source};
use crate::net::{Credentials, Keys};
use crate::phrase::tr;
use crate::tui::{Hidden, ask_hidden};

/// The longest key that is read, in bytes.
const MOST_KEY_BYTES: u64 = 16 * 1024;

/// Does something with the keys.
pub(super) fn run(
    options: &Options,
    command: &KeyCommand,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let (config, _) = settings::load(options)?;
    let catalog = config.catalog();
    let keys = setup::keys(options, &catalog, environment);
    match command {
        KeyCommand::Set { provider } => set(&catalog, &keys, named(&catalog, provider)?),
        KeyCommand::Delete { provider } => delete(&keys, provider),
        KeyCommand::List { provider, json } => {
            let one = provider
                .as_deref()
                .map(|id| named(&catalog, id))
                .transpose()?;
            let shown: Vec<&Provider> = match one {
                Some(provider) => vec![provider],
                None => catalog
                    .providers
                    .iter()
                    .filter(|provider| provider.id != DEMO)
                    .collect(),
            };
            list(&shown, &keys, *json)
        }
    }
}

fn named<'a>(catalog: &'a Catalog, id: &str) -> Result<&'a Provider, Trouble> {
    catalog.provider(id).ok_or_else(|| {
        let ids = catalog
            .providers
            .iter()
            .map(|provider| provider.id.as_str());
        let near = did_you_mean(id, ids);
        Trouble::usage(tr!("there is no provider “{id}”.{near}", id, near))
    })
}

fn credentials(keys: &Keys) -> Result<&Credentials, Trouble> {
    keys.credentials().ok_or_else(|| {
        Trouble::new(
            Exit::Failed,
            tr!("there is no home directory to keep keys in; name a configuration with --config"),
        )
    })
}

fn set(catalog: &Catalog, keys: &Keys, provider: &Provider) -> Result<Exit, Trouble> {
    let id = &provider.id;
    if id == DEMO {
        return Err(Trouble::usage(tr!("the demo needs no key")));
    }
    let credentials = credentials(keys)?;
    let typed = if io::stdin().is_terminal() {
        let name = safe::one_line(&provider.name);
        let prompt = tr!("Key for {name} (it is not shown): ", name);
        match block_on(async { Ok(ask_hidden(&prompt).await?) })? {
            Hidden::Line(typed) => typed,
            Hidden::Interrupted(number) => return Ok(Exit::Signal(number)),
        }
    } else {
        piped()?
    };
    let key = secret::check(typed.expose_secret(), tr!("the key")).map_err(|failure| {
        Trouble::usage(tr!("{wrong}; nothing was kept", wrong = failure.message))
    })?;
    credentials
        .set(id, &provider.base_url, key)
        .map_err(|error| Trouble::new(Exit::Failed, error.to_string()))?;
    let mut out = io::stdout().lock();
    let address = keys.address(id).unwrap_or_default();
    let path = credentials.place();
    let kept = tr!(
        "The key for {id} is kept in {path}. It is sent to {address} only.",
        id,
        path,
        address,
    );
    writeln!(out, "{}", safe::one_line(&kept))?;
    let shadow = match keys.source(id) {
        Source::Environment(name) => Some(tr!("{name} is set, and goes before it.", name)),
        Source::Command(_) => {
            Some(tr!("api_key_command is configured, and goes before it.").to_owned())
        }
        _ => None,
    };
    if let Some(shadow) = shadow {
        writeln!(out, "{}", safe::one_line(&shadow))?;
    }
    let kin: Vec<&str> = catalog
        .providers
        .iter()
        .filter(|other| other.id != *id && other.api_key_env.is_some())
        .filter(|other| other.api_key_env == provider.api_key_env)
        .filter(|other| keys.address(&other.id) == keys.address(id))
        .map(|other| other.id.as_str())
        .collect();
    if !kin.is_empty() {
        let others = kin.join(tr!(", "));
        let also = tr!("It also serves {others}: the same account.", others);
        writeln!(out, "{}", safe::one_line(&also))?;
    }
    Ok(Exit::Success)
}

/// The key that comes through a pipe.
fn piped() -> Result<SecretString, Trouble> {
    let mut text = String::new();
    let read = io::stdin()
        .lock()
        .take(MOST_KEY_BYTES + 1)
        .read_to_string(&mut text);
    read.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => Trouble::usage(tr!(
            "the key holds a character that is not ASCII; nothing was kept"
        )),
        _ => Trouble::new(
            Exit::Failed,
            tr!("standard input can't be read: {error}", error),
        ),
    })?;
    if text.len() as u64 > MOST_KEY_BYTES {
        return Err(Trouble::usage(tr!(
            "standard input is too long for a key; nothing was kept"
        )));
    }
    Ok(SecretString::from(text))
}

/// Forgets a key; the provider need not be configured any more.
fn delete(keys: &Keys, provider: &str) -> Result<Exit, Trouble> {
    let credentials = credentials(keys)?;
    let was_in = credentials
        .delete(provider)
        .map_err(|error| Trouble::new(Exit::Failed, error.to_string()))?;
    let Some(path) = was_in else {
        let path = credentials.place();
        let text = tr!("no key is kept for “{provider}” in {path}", provider, path);
        return Err(Trouble::new(Exit::Failed, text));
    };
    let text = tr!(
        "The key for {provider} is deleted from {path}.",
        provider,
        path
    );
    writeln!(io::stdout(), "{}", safe::one_line(&text))?;
    Ok(Exit::Success)
}

fn list(providers: &[&Provider], keys: &Keys, as_json: bool) -> Result<Exit, Trouble> {
    let mut out = io::stdout().lock();
    if as_json {
        let rows: Vec<Value> = providers
            .iter()
            .map(|provider| {
                let source = keys.source(&provider.id);
                json!({
                    "provider": provider.id,
                    "ready": source.is_ready(),
                    "source": word(&source),
                    "place": source.to_string(),
                    "address": keys.address(&provider.id),
                })
            })
            .collect();
        writeln!(out, "{}", json::to_text(&Value::from(rows)))?;
        return Ok(Exit::Success);
    }
    let rows = providers.iter().map(|provider| {
        let source = keys.source(&provider.id);
        let mark = if source.is_ready() { "✓" } else { "–" };
        [
            format!("{mark} {}", provider.id),
            shown(&source),
            provider.key_url.clone(),
        ]
    });
    let provider = format!("  {}", tr!("PROVIDER"));
    let columns = [
        (provider.as_str(), Fit::Name),
        (tr!("KEY"), Fit::Fact),
        (tr!("WHERE TO GET ONE"), Fit::Fact),
    ];
    Table::new(columns).rows(rows).write(&mut out)?;
    Ok(Exit::Success)
}

fn word(source: &Source) -> &'static str {
    match source {
        Source::NotNeeded => "not_needed",
        Source::Missing(_) => "missing",
        Source::Environment(_) => "environment",
        Source::Kept(_) => "kept",
        Source::Elsewhere(_) => "kept_for_another_address",
        Source::Command(_) => "command",
    }
}

fn shown(source: &Source) -> String {
    match source {
        Source::Environment(name) => tr!("in the environment: {name}", name),
        Source::Kept(file) => tr!("kept in {file}", file),
        other => other.to_string(),
    }
}
