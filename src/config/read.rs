//! From text to a [`Config`]: every key by its name, every mistake with its place.

use std::collections::HashMap;

use toml::de::DeTable;

use super::extension::{mcp_server, persona, template, tool};
use super::keys::{Binding, Chord};
use super::{Chat, Config, Network, Notify, PanelState, Side, Ui};
use crate::catalog::nearest::did_you_mean;
use crate::catalog::reader::{self, Field, Section};
use crate::catalog::{Catalog, Notes, Problem, Problems, entry};
use crate::chat::{Params, Thinking, safe};
use crate::phrase::{Language, tr};

/// The words for the interface's language; `None` = the locale's.
const LANGUAGES: [(&str, Option<Language>); 3] = [
    ("auto", None),
    ("en", Some(Language::En)),
    ("zh-CN", Some(Language::ZhCn)),
];

/// What the program knows and the configuration speaks of.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The names that `[keys]` may bind.
    pub actions: Vec<&'static str>,
    /// The slash commands, whose names no template may take.
    pub slash_commands: Vec<&'static str>,
}

/// Reads a configuration as far as it can be: what is right in it, everything that is wrong, and what is
/// allowed but probably not meant. `file` is what problems name.
pub fn read(text: &str, file: &str, known: &Known) -> (Config, Vec<Problem>, Vec<Problem>) {
    let mut notes = Notes::default();
    let config = reader::read(text, &mut notes, |top, notes| config(top, known, notes));
    let (wrong, doubtful) = notes.finish(file, text);
    (config, wrong, doubtful)
}

/// Reads a configuration, as [`read`] does, that has to be right. What is allowed but probably not meant
/// comes back beside it.
///
/// # Errors
/// [`Problems`]: everything that is wrong with the text, each with its line and column.
pub fn parse(text: &str, file: &str, known: &Known) -> Result<(Config, Vec<Problem>), Problems> {
    let (config, wrong, doubtful) = read(text, file, known);
    if wrong.is_empty() {
        Ok((config, doubtful))
    } else {
        Err(Problems(wrong))
    }
}

/// The language that a configuration names, whatever else is wrong with it: mistakes are told in it.
pub fn language(text: &str) -> Option<Language> {
    let (root, _) = DeTable::parse_recoverable(text);
    let ui = root.get_ref().get("ui")?.get_ref().as_table()?;
    let word = ui.get("language")?.get_ref().as_str()?;
    LANGUAGES.iter().find(|(name, _)| *name == word)?.1
}

/// What is wrong with a value that means something outside of the configuration: `key` is its name,
/// and before it those of the tables that lead there.
pub fn wrong_at(text: &str, file: &str, key: &[&str], what: String) -> Problems {
    let at = DeTable::parse(text).ok().and_then(|root| {
        let (name, tables) = key.split_last()?;
        let table = tables.iter().try_fold(root.get_ref(), |table, name| {
            table.get(*name)?.get_ref().as_table()
        })?;
        Some(table.get(*name)?.span().start)
    });
    let mut notes = Notes::default();
    notes.wrong(at.unwrap_or(0), what);
    Problems(notes.finish(file, text).0)
}

fn config(top: &mut Section<'_>, known: &Known, notes: &mut Notes) -> Config {
    let model = top.get("model");
    let mut config = Config::default();
    if let Some(mut section) = top.section("chat", notes) {
        chat(&mut section, &mut config.chat, notes);
        section.finish(notes);
    }
    if let Some(mut section) = top.section("ui", notes) {
        ui(&mut section, &mut config.ui, notes);
        section.finish(notes);
    }
    if let Some(mut section) = top.section("network", notes) {
        network(&mut section, &mut config.network, notes);
        section.finish(notes);
    }
    if let Some(section) = top.section("keys", notes) {
        config.keys = bindings(&section, &known.actions, notes);
    }
    let given = tables(top, "providers");
    config.providers = entry::providers(top, notes);
    let builtin = Catalog::builtin();
    for (entry, (at, keys)) in config.providers.iter().zip(given) {
        check_complete(&entry.id, at, &keys, &builtin, notes);
    }
    let catalog = builtin.merged(&config.providers);
    config.model = model.and_then(|field| model_name(&field, &catalog, notes));
    for (name, section) in top.named("tools", notes) {
        config.tools.extend(tool(name, section, notes));
    }
    for (name, section) in top.named("mcp", notes) {
        config.mcp.extend(mcp_server(name, section, notes));
    }
    for (name, section) in top.named("personas", notes) {
        config
            .personas
            .push(persona(name, section, &catalog, notes));
    }
    for (name, section) in top.named("templates", notes) {
        let template = template(name, section, &known.slash_commands, notes);
        config.templates.push(template);
    }
    config
}

fn set<T>(slot: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *slot = value;
    }
}

fn chat(section: &mut Section<'_>, chat: &mut Chat, notes: &mut Notes) {
    set(
        &mut chat.system_prompt,
        section.string("system_prompt", notes),
    );
    chat.params = params(section, notes);
    set(&mut chat.thinking, thinking(section, notes));
    set(&mut chat.extras.json, section.boolean("json_mode", notes));
    set(&mut chat.extras.search, section.boolean("search", notes));
    set(&mut chat.stream, section.boolean("stream", notes));
    set(
        &mut chat.max_tool_rounds,
        section
            .whole("max_tool_rounds", 0..=1000, notes)
            .and_then(narrow),
    );
}

fn ui(section: &mut Section<'_>, ui: &mut Ui, notes: &mut Notes) {
    let panels = [
        ("full", PanelState::Full),
        ("peek", PanelState::Peek),
        ("hidden", PanelState::Hidden),
    ];
    let notify = [
        ("unfocused", Notify::Unfocused),
        ("always", Notify::Always),
        ("never", Notify::Never),
    ];
    let sides = [("left", Side::Left), ("right", Side::Right)];
    set(
        &mut ui.thinking_panel,
        section.word("thinking_panel", &panels, notes),
    );
    set(
        &mut ui.thinking_width,
        section
            .whole("thinking_width", 10..=90, notes)
            .and_then(narrow),
    );
    set(
        &mut ui.thinking_side,
        section.word("thinking_side", &sides, notes),
    );
    set(
        &mut ui.theme,
        section.get("theme").and_then(|field| theme(&field, notes)),
    );
    set(&mut ui.mouse, section.boolean("mouse", notes));
    set(
        &mut ui.language,
        section.word("language", &LANGUAGES, notes),
    );
    set(&mut ui.notify, section.word("notify", &notify, notes));
    set(&mut ui.window_title, section.boolean("window_title", notes));
    set(&mut ui.progress, section.boolean("progress", notes));
    set(
        &mut ui.image_preview,
        section.boolean("image_preview", notes),
    );
}

fn network(section: &mut Section<'_>, network: &mut Network, notes: &mut Notes) {
    let seconds = 1..=86_400;
    set(
        &mut network.connect_timeout_seconds,
        section.whole("connect_timeout_seconds", seconds.clone(), notes),
    );
    set(
        &mut network.idle_timeout_seconds,
        section.whole("idle_timeout_seconds", seconds.clone(), notes),
    );
    set(
        &mut network.text_timeout_seconds,
        section.whole("text_timeout_seconds", seconds, notes),
    );
    set(
        &mut network.max_retries,
        section
            .whole("max_retries", 0..=100, notes)
            .and_then(narrow),
    );
    set(
        &mut network.proxy,
        section.get("proxy").and_then(|field| proxy(&field, notes)),
    );
    set(&mut network.ca_file, section.string("ca_file", notes));
    set(
        &mut network.allow_plain_http,
        section.boolean("allow_plain_http", notes),
    );
}

/// Sampling parameters, within what any protocol allows; a model's own bounds are checked when a
/// request is planned, since the model may change.
pub(super) fn params(section: &mut Section<'_>, notes: &mut Notes) -> Params {
    Params {
        max_tokens: section.whole("max_tokens", 1..=u64::MAX, notes),
        temperature: section.number("temperature", 0.0..=2.0, notes),
        top_p: section.number("top_p", 0.0..=1.0, notes),
        presence_penalty: section.number("presence_penalty", -2.0..=2.0, notes),
    }
}

pub(super) fn thinking(section: &mut Section<'_>, notes: &mut Notes) -> Option<Thinking> {
    section.word(
        "thinking",
        &Thinking::ALL.map(|mode| (mode.word(), mode)),
        notes,
    )
}

fn narrow<T: TryFrom<u64>>(number: u64) -> Option<T> {
    T::try_from(number).ok()
}

fn theme(field: &Field<'_>, notes: &mut Notes) -> Option<String> {
    let name = field.text(notes)?;
    // The name becomes a file name beside the configuration.
    if name.contains(['/', '\\']) || name.starts_with('.') || name.chars().any(char::is_control) {
        field.wrong(
            tr!("takes auto, dark, light or the name of a theme, without a path."),
            notes,
        );
        return None;
    }
    Some(name)
}

fn proxy(field: &Field<'_>, notes: &mut Notes) -> Option<String> {
    let address = field.string(notes)?;
    let schemes = [
        "http://",
        "https://",
        "socks5://",
        "socks5h://",
        "socks4://",
        "socks4a://",
    ];
    let host = schemes
        .iter()
        .find_map(|scheme| address.strip_prefix(scheme));
    let bare = |c: char| !c.is_whitespace() && !c.is_control();
    if address.is_empty()
        || (host.is_some_and(|host| !host.is_empty()) && address.chars().all(bare))
    {
        return Some(address);
    }
    // It may hold a password, so it is not repeated.
    field.wrong(tr!("takes an address such as \"http://host:8080\" or \"socks5h://host:1080\", or \"\" for the environment's."), notes);
    None
}

pub(super) fn model_name(
    field: &Field<'_>,
    catalog: &Catalog,
    notes: &mut Notes,
) -> Option<String> {
    let name = field.text(notes)?;
    if let Err(unknown) = catalog.find(&name) {
        let message = safe::one_line(&unknown.to_string());
        field.wrong(tr!("can't be found: {message}", message), notes);
        return None;
    }
    Some(name)
}

/// The tables below a key: where each begins, and which keys it has.
fn tables<'t>(top: &mut Section<'t>, key: &'static str) -> Vec<(usize, Vec<&'t str>)> {
    // Mistakes in the table itself are noted by whoever reads it.
    let section = top.section(key, &mut Notes::default());
    let tables = section.iter().flat_map(Section::entries);
    tables
        .filter_map(|(_, field)| {
            let table = field.section(&mut Notes::default())?;
            Some((field.key_at, table.entries().map(|(key, _)| key).collect()))
        })
        .collect()
}

/// Checks that a provider of one's own has what nobody else knows of it. `keys` are those that its
/// table has, whatever is wrong with their values.
fn check_complete(id: &str, at: usize, keys: &[&str], builtin: &Catalog, notes: &mut Notes) {
    if builtin.provider(id).is_some() {
        return;
    }
    let missing = match (keys.contains(&"dialect"), keys.contains(&"base_url")) {
        (true, true) => return,
        (false, false) => tr!("`dialect` and `base_url`"),
        (false, true) => "`dialect`",
        (true, false) => "`base_url`",
    };
    let known = builtin
        .providers
        .iter()
        .map(|provider| provider.id.as_str());
    let near = did_you_mean(id, known);
    let id = safe::one_line(id);
    let message = tr!(
        "the provider \"{id}\" is not a built-in one, so it needs {missing}.{near}",
        id,
        missing,
        near
    );
    notes.wrong(at, message);
}

/// `[keys]`: each action's chords. One that is listed replaces the action's defaults.
fn bindings(section: &Section<'_>, actions: &[&str], notes: &mut Notes) -> Vec<Binding> {
    let mut bindings = Vec::new();
    let mut taken: HashMap<Chord, &str> = HashMap::new();
    for (action, field) in section.entries() {
        if !actions.contains(&action) {
            let near = did_you_mean(action, actions.iter().copied());
            let all = if near.is_empty() {
                tr!(" `mmchat keys` lists them.")
            } else {
                ""
            };
            let action = safe::one_line(action);
            let message = tr!(
                "there is no action `{action}`.{near}{all}",
                action,
                near,
                all
            );
            notes.wrong(field.key_at, message);
            continue;
        }
        let items = if field.is_list() {
            field.items(notes).unwrap_or_default()
        } else {
            vec![field]
        };
        let mut chords = Vec::new();
        for item in items {
            let Some(chord) = chord(&item, notes) else {
                continue;
            };
            match taken.insert(chord, action) {
                Some(other) if other != action => item.wrong(
                    tr!(
                        "takes {chord}, which `keys.{other}` has already; a key can do one thing.",
                        chord,
                        other
                    ),
                    notes,
                ),
                Some(_) => {}
                None => chords.push(chord),
            }
        }
        bindings.push(Binding {
            action: action.to_owned(),
            chords,
        });
    }
    bindings
}

/// A chord; `""` is none.
fn chord(field: &Field<'_>, notes: &mut Notes) -> Option<Chord> {
    let text = field.string(notes)?;
    if text.is_empty() {
        return None;
    }
    match text.parse() {
        Ok(chord) => Some(chord),
        Err(reason) => {
            let text = safe::one_line(&text);
            let message = tr!("can't be \"{text}\": {reason}.", text, reason);
            field.wrong(message, notes);
            None
        }
    }
}
