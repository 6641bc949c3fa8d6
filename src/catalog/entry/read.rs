//! Reads `[providers.*]`: every key by its name.

use std::collections::BTreeMap;

use super::{Ability, ModelEntry, ProviderEntry};
use crate::catalog::reader::{Field, Section};
use crate::catalog::{Bounds, Currency, Notes, Prices};
use crate::chat::{Thinking, safe};
use crate::phrase::tr;
use crate::wire::{Dialect, Patch};

const DIALECTS: [(&str, Dialect); 3] = [
    ("openai", Dialect::OpenAi),
    ("dashscope", Dialect::DashScope),
    ("anthropic", Dialect::Anthropic),
];

/// Reads `[providers.*]`.
pub fn providers(top: &mut Section<'_>, notes: &mut Notes) -> Vec<ProviderEntry> {
    top.named("providers", notes)
        .into_iter()
        .map(|(id, section)| provider(id, section, notes))
        .collect()
}

fn provider(id: String, mut section: Section<'_>, notes: &mut Notes) -> ProviderEntry {
    if id.is_empty() || id.contains('/') || id.chars().any(|c| c.is_whitespace() || c.is_control())
    {
        let rule = tr!(
            "a provider's name holds no slash and no space, since `provider/model` is split at the first slash."
        );
        notes.wrong(section.at, rule);
    }
    if let Some(field) = section.get_hidden("api_key") {
        let id = safe::one_line(&id);
        let message = tr!(
            "keys are not kept in the configuration, which tends to be copied and shared. \
             Run `mmchat key set {id}`, or name the key's place with `api_key_env` or `api_key_command`.",
            id
        );
        notes.wrong(field.key_at, message);
    }
    let entry = ProviderEntry {
        id,
        name: section.string("name", notes),
        note: section.string("note", notes),
        dialect: section.word("dialect", &DIALECTS, notes),
        base_url: section
            .get("base_url")
            .and_then(|field| address(&field, notes)),
        api_key_env: section
            .get("api_key_env")
            .and_then(|field| variable(&field, notes)),
        api_key_command: section
            .get("api_key_command")
            .and_then(|field| field.command(notes)),
        key_url: section.string("key_url", notes),
        headers: section
            .get("headers")
            .map_or_else(Vec::new, |field| headers(&field, notes)),
        body: section
            .get("body")
            .and_then(|field| field.json(notes))
            .unwrap_or_default(),
        max_tokens_field: section
            .get("max_tokens_field")
            .and_then(|field| field.text(notes)),
        may_be_cumulative: section.boolean("may_be_cumulative", notes),
        wants_reasoning_back: section.boolean("wants_reasoning_back", notes),
        models: models(&mut section, notes),
    };
    section.finish(notes);
    entry
}

fn models(section: &mut Section<'_>, notes: &mut Notes) -> Vec<ModelEntry> {
    let items = section
        .get("models")
        .and_then(|field| field.items(notes))
        .unwrap_or_default();
    let mut entries: Vec<ModelEntry> = Vec::new();
    for item in items {
        let Some(mut section) = item.section(notes) else {
            continue;
        };
        let at = section.get("id").map_or(section.at, |id| id.at);
        let entry = model(&mut section, notes);
        section.finish(notes);
        let Some(entry) = entry else { continue };
        if entries.iter().any(|known| known.id == entry.id) {
            let id = safe::one_line(&entry.id);
            notes.wrong(
                at,
                tr!("the model \"{id}\" is there twice; join the two.", id),
            );
        } else {
            entries.push(entry);
        }
    }
    entries
}

fn model(section: &mut Section<'_>, notes: &mut Notes) -> Option<ModelEntry> {
    let field = section.get("id");
    if field.is_none() {
        notes.wrong(
            section.at,
            tr!("this model has no `id`: the name that the provider knows it by."),
        );
    }
    let id = field.and_then(|field| field.text(notes));
    let tokens = 1..=u64::MAX;
    let entry = ModelEntry {
        id: id.clone().unwrap_or_default(),
        context_window_tokens: section.whole("context_window_tokens", tokens.clone(), notes),
        max_input_tokens: section.whole("max_input_tokens", tokens.clone(), notes),
        max_output_tokens: section.whole("max_output_tokens", tokens.clone(), notes),
        default_max_tokens: section.whole("default_max_tokens", tokens, notes),
        temperature: section
            .get("temperature")
            .and_then(|field| bounds(&field, notes)),
        top_p: section.get("top_p").and_then(|field| bounds(&field, notes)),
        presence_penalty: section
            .get("presence_penalty")
            .and_then(|field| bounds(&field, notes)),
        thinking: section
            .get("thinking")
            .and_then(|field| thinking(&field, notes)),
        json_mode: section
            .get("json_mode")
            .and_then(|field| ability(&field, notes)),
        json_mode_hint: section.string("json_mode_hint", notes),
        json_mode_thinking: section.word(
            "json_mode_thinking",
            &Thinking::ALL.map(|mode| (mode.word(), mode)),
            notes,
        ),
        web_search: section
            .get("web_search")
            .and_then(|field| ability(&field, notes)),
        tools: section.boolean("tools", notes),
        images: section.boolean("images", notes),
        prices: section
            .get("prices")
            .and_then(|field| prices(&field, notes)),
        advice: section.string("advice", notes),
        warning: section.string("warning", notes),
        source: section.string("source", notes),
    };
    id.map(|_| entry)
}

/// An HTTP address that a dialect can append its path to.
pub fn address(field: &Field<'_>, notes: &mut Notes) -> Option<String> {
    let address = field.string(notes)?;
    let host = ["http://", "https://"]
        .iter()
        .find_map(|scheme| address.strip_prefix(scheme))
        .and_then(|rest| rest.split(['/', '?', '#']).next());
    let Some(host) = host.filter(|host| !host.is_empty() && !host.starts_with(':')) else {
        field.wrong(
            tr!("takes an address such as \"https://host/v1\", with http:// or https://."),
            notes,
        );
        return None;
    };
    let bare = |c: char| !c.is_whitespace() && !c.is_control();
    if !address.chars().all(bare) || host.contains('@') {
        field.wrong(
            tr!("takes an address with no space and no user name in it."),
            notes,
        );
        return None;
    }
    let address = address.trim_end_matches('/');
    for path in [
        "/chat/completions",
        "/services/aigc/text-generation/generation",
        "/v1/messages",
    ] {
        if address.ends_with(path) {
            field.wrong(
                tr!("must end before {path}: that part is appended.", path),
                notes,
            );
            return None;
        }
    }
    Some(address.to_owned())
}

fn variable(field: &Field<'_>, notes: &mut Notes) -> Option<String> {
    let name = field.string(notes)?;
    let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.is_empty()
        && name.chars().all(named)
        && !name.starts_with(|c: char| c.is_ascii_digit())
    {
        return Some(name);
    }
    // What is written here is not repeated: people put the key itself in its place.
    field.wrong(
        tr!("takes the name of an environment variable, such as \"MY_KEY\", not the key."),
        notes,
    );
    None
}

fn headers(field: &Field<'_>, notes: &mut Notes) -> Vec<(String, String)> {
    let Some(section) = field.section(notes) else {
        return Vec::new();
    };
    let mut headers = Vec::new();
    for (name, field) in section.entries() {
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(token) {
            notes.wrong(
                field.key_at,
                tr!("a header's name holds letters, digits and dashes only."),
            );
            continue;
        }
        let Some(value) = field.string(notes) else {
            continue;
        };
        if value.chars().any(char::is_control) {
            field.wrong(tr!("holds a control character."), notes);
            continue;
        }
        if ["authorization", "x-api-key"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
        {
            let message = tr!(
                "`{key}` keeps a key in the configuration, which tends to be copied and shared; `api_key_env` or `api_key_command` does not.",
                key = field.path
            );
            notes.doubtful(field.key_at, message);
        }
        headers.push((name.to_owned(), value));
    }
    headers
}

fn bounds(field: &Field<'_>, notes: &mut Notes) -> Option<Bounds> {
    let mut section = field.section(notes)?;
    let any = f64::MIN..=f64::MAX;
    let min = section.number("min", any.clone(), notes);
    let max = section.number("max", any.clone(), notes);
    let default = section.number("default", any, notes);
    section.finish(notes);
    let (Some(min), Some(max)) = (min, max) else {
        field.wrong(
            tr!("takes { min = …, max = … }, and default = … where it is known."),
            notes,
        );
        return None;
    };
    if min > max || default.is_some_and(|default| default < min || default > max) {
        field.wrong(
            tr!("has a min above its max, or a default outside of them."),
            notes,
        );
        return None;
    }
    Some(Bounds { min, max, default })
}

fn thinking(field: &Field<'_>, notes: &mut Notes) -> Option<BTreeMap<Thinking, Patch>> {
    let mut section = field.section(notes)?;
    let mut modes: BTreeMap<Thinking, Patch> = Thinking::ALL
        .into_iter()
        .filter_map(|mode| Some((mode, section.get(mode.word())?.json(notes)?)))
        .collect();
    section.finish(notes);
    // A switch for off means that the model thinks when the switch is left alone.
    let has_switch = modes
        .get(&Thinking::Off)
        .is_some_and(|patch| !patch.is_empty());
    if has_switch && modes.len() == 1 {
        modes.insert(Thinking::On, Patch::new());
    }
    if modes.is_empty() {
        field.wrong(tr!("names no mode. A model that can't be switched off has { on = {} }, one that never thinks { off = {} }."), notes);
        return None;
    }
    Some(modes)
}

fn ability(field: &Field<'_>, notes: &mut Notes) -> Option<Ability> {
    if field.is_false() {
        return Some(Ability::Lacks);
    }
    field.json(notes).map(Ability::Has)
}

fn prices(field: &Field<'_>, notes: &mut Notes) -> Option<Prices> {
    let mut section = field.section(notes)?;
    let currencies = [("usd", Currency::Usd), ("cny", Currency::Cny)];
    let price = 0.0..=f64::MAX;
    let currency = section.word("currency", &currencies, notes);
    let input = section.number("input_per_mtok", price.clone(), notes);
    let output = section.number("output_per_mtok", price.clone(), notes);
    let cached_per_mtok = section.number("cached_per_mtok", price, notes);
    // A price that is there and wrong is complained of already.
    let has = |price| section.entries().any(|(name, _)| name == price);
    let is_whole = has("input_per_mtok") && has("output_per_mtok");
    section.finish(notes);
    let (Some(input_per_mtok), Some(output_per_mtok)) = (input, output) else {
        if !is_whole {
            let takes = tr!(
                "takes { input_per_mtok = …, output_per_mtok = … }: prices of a million tokens."
            );
            field.wrong(takes, notes);
        }
        return None;
    };
    Some(Prices {
        currency: currency.unwrap_or(Currency::Usd),
        input_per_mtok,
        output_per_mtok,
        cached_per_mtok,
    })
}
