//! Entering an API key: whose it is, then the key itself, which is never shown and never kept in
//! the history of what was typed.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent};
use secrecy::{ExposeSecret, SecretString};

use super::keymap::{CTRL, PLAIN, held};
use super::overlay::{Outcome, PickerKey, picker_key};
use super::picker::{Item, Picker};
use super::{App, Choice, Effect, Overlay, Tone};
use crate::catalog::{Catalog, DEMO, Provider};
use crate::chat::Now;
use crate::phrase::{self, tr};

/// The longest key, in bytes: some are signed tokens.
const MOST_BYTES: usize = 4096;

/// A key on its way to where keys are kept. Prints as nothing but its being there.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The key, for whoever sends or keeps it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[a key]")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

/// What became of a key that was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTaken {
    /// The providers that it serves.
    pub serves: Vec<String>,
    /// The file that it is kept in; `None` for this program only.
    pub file: Option<String>,
    /// The variable that goes before the kept key when the program starts anew.
    pub shadowed_by: Option<String>,
}

/// The state of entering a key.
#[derive(Clone)]
pub struct EnterKey {
    /// Whose key it is.
    pub providers: Picker<String>,
    /// The provider that was picked.
    pub provider: Option<String>,
    /// Whether it is to outlast the program.
    pub keep: bool,
    /// What is wrong with what was entered.
    pub complaint: Option<String>,
    typed: String,
}

impl fmt::Debug for EnterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("EnterKey");
        shown.field("provider", &self.provider);
        shown.finish_non_exhaustive()
    }
}

impl EnterKey {
    fn new(catalog: &Catalog, has_key: impl Fn(&str) -> bool) -> Self {
        let item = |provider: &Provider| Item {
            title: provider.id.clone(),
            words: provider.name.clone(),
            right: match (provider.wants_key(), has_key(&provider.id)) {
                (true, true) => tr!("has a key"),
                (true, false) => "",
                (false, _) => tr!("needs none"),
            }
            .to_owned(),
            about: phrase::in_a_row([&provider.name, phrase::of_data(&provider.note)]),
            dim: false,
            value: provider.id.clone(),
        };
        // Those that a key is needed for come first, the demo comes last.
        let mut providers: Vec<&Provider> = catalog.providers.iter().collect();
        providers.sort_by_key(|provider| (!provider.wants_key(), provider.id == DEMO));
        Self {
            providers: Picker::new(providers.into_iter().map(item).collect(), 0),
            provider: None,
            keep: true,
            complaint: None,
            typed: String::new(),
        }
    }

    /// How many characters of the key are there.
    pub fn typed(&self) -> usize {
        self.typed.chars().count()
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        if self.provider.is_none() {
            return match picker_key(&mut self.providers, key) {
                PickerKey::Picked => self
                    .providers
                    .selected()
                    .map_or(Outcome::Stay, |item| Outcome::KeyFor(item.value.clone())),
                PickerKey::Completed | PickerKey::Other => Outcome::Stay,
            };
        }
        match (held(key), key.code) {
            (PLAIN, KeyCode::Enter) => return Outcome::KeyTyped,
            (PLAIN, KeyCode::Tab | KeyCode::BackTab) => self.keep = !self.keep,
            (CTRL, KeyCode::Char('u')) => self.typed.clear(),
            (PLAIN, KeyCode::Backspace) => {
                self.typed.pop();
            }
            (PLAIN, KeyCode::Char(c)) => self.insert(c.encode_utf8(&mut [0; 4])),
            _ => return Outcome::Stay,
        }
        self.complaint = None;
        Outcome::Stay
    }

    /// Goes back to the list of providers. Returns whether there was a way back.
    pub(super) fn back(&mut self) -> bool {
        self.typed.clear();
        self.complaint = None;
        self.provider.take().is_some()
    }

    pub(super) fn paste(&mut self, text: &str) {
        if self.provider.is_none() {
            self.providers.query.insert(text);
            self.providers.refilter();
            return;
        }
        // What is copied from a web page brings its surroundings along.
        self.insert(text.trim());
        self.complaint = None;
    }

    fn insert(&mut self, text: &str) {
        if self.typed.len() + text.len() <= MOST_BYTES {
            self.typed.push_str(text);
        }
    }
}

impl App {
    /// Opens the screen for keys: at a provider, if one is named.
    pub(super) fn enter_key(&mut self, provider: &str, now: Now) -> Vec<Effect> {
        let entry = EnterKey::new(&self.catalog, |id| self.has_key(id));
        self.overlay = Some(Overlay::Key(Box::new(entry)));
        if self.catalog.provider(provider).is_some() {
            return self.key_for(provider.to_owned(), now);
        }
        Vec::new()
    }

    /// Asks for a provider's key; one that needs none is switched to.
    pub(super) fn key_for(&mut self, id: String, now: Now) -> Vec<Effect> {
        let wants_key = self.catalog.provider(&id).is_some_and(Provider::wants_key);
        if !wants_key {
            self.overlay = None;
            self.opened_on_demo &= id == DEMO;
            self.switch_to_provider(&id, now);
        } else if let Some(Overlay::Key(entry)) = &mut self.overlay {
            entry.provider = Some(id);
        }
        Vec::new()
    }

    /// Hands over the key that was typed.
    pub(super) fn key_typed(&self) -> Vec<Effect> {
        let Some(Overlay::Key(entry)) = &self.overlay else {
            return Vec::new();
        };
        let Some(provider) = entry.provider.clone() else {
            return Vec::new();
        };
        vec![Effect::TakeKey {
            provider,
            key: Secret(SecretString::from(entry.typed.clone())),
            keep: entry.keep,
        }]
    }

    /// Takes note of what became of a key: on to the chat, or what to mend.
    pub(super) fn key_taken(
        &mut self,
        provider: &str,
        taken: Result<KeyTaken, String>,
        now: Now,
    ) -> Vec<Effect> {
        let taken = match taken {
            Ok(taken) => taken,
            Err(complaint) => {
                if let Some(Overlay::Key(entry)) = &mut self.overlay {
                    entry.complaint = Some(complaint);
                } else {
                    self.notify(Tone::Error, complaint, now.instant);
                }
                return Vec::new();
            }
        };
        self.overlay = None;
        self.opened_on_demo = false;
        self.keyed.extend(taken.serves);
        if self.session.choice.provider != provider {
            self.switch_to_provider(provider, now);
        }
        // A warning about the model is worth more than that all went well.
        if self.notice.as_ref().is_none_or(|it| it.tone == Tone::Info) {
            let choice = &self.session.choice;
            let text = match (taken.file, taken.shadowed_by) {
                (None, _) => tr!(
                    "{choice} is ready; the key is forgotten when mmchat ends",
                    choice
                ),
                (Some(_), Some(name)) => tr!(
                    "{choice} is ready; at the next start {name} goes before the key that is kept",
                    choice,
                    name
                ),
                (Some(file), None) => {
                    tr!("{choice} is ready; the key is kept in {file}", choice, file)
                }
            };
            self.notify(Tone::Info, text, now.instant);
        }
        Vec::new()
    }

    fn switch_to_provider(&mut self, id: &str, now: Now) {
        let first = self
            .catalog
            .provider(id)
            .and_then(|it| it.models.first().map(|model| model.id.clone()));
        if let Some(model) = first {
            let provider = id.to_owned();
            self.switch_to(Choice { provider, model }, now.instant);
        } else {
            let text = tr!(
                "No model of {id} is known by name: /model {id}/NAME takes one",
                id
            );
            self.notify(Tone::Warning, text, now.instant);
        }
    }
}
