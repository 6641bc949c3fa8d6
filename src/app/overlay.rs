//! What lies over the screen and takes the keys first: pickers, the palette, texts to read.

use crossterm::event::{KeyCode, KeyEvent};

use super::attached::Many;
use super::command::Command;
use super::diff::Diff;
use super::enter_key::EnterKey;
use super::history::History;
use super::keymap::{ALT, CTRL, PLAIN, held};
use super::line_edit::LineEdit;
use super::offer::{Again, Remedy};
pub use super::outcome::Outcome;
use super::picker::Picker;
use super::preview::Preview;
use super::reader::{Reader, Spot};
use crate::phrase::tr;

mod palette;

/// A provider and a model, by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// The provider.
    pub provider: String,
    /// The model.
    pub model: String,
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

/// A row of the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Run this.
    Command(Command),
    /// Write this word, then its argument.
    Slash(&'static str),
    /// Run this line of the configuration's: a template, a persona.
    Own(String),
}

/// What lies over the screen.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// Which model to ask.
    Models(Picker<Choice>),
    /// Which command to run.
    Palette(Picker<Entry>),
    /// What to copy of a turn.
    Copies(Picker<String>),
    /// Which persona to have.
    Personas(Picker<String>),
    /// Which theme to wear; the selected one is shown.
    Themes(Picker<String>),
    /// The MCP servers, and what state each is in.
    Servers(Picker<String>),
    /// Whom to ask for the last reply again.
    Again(Picker<Again>),
    /// How to make room in the context window.
    Room(Picker<Remedy>),
    /// The next request.
    Preview(Box<Preview>),
    /// Two versions of an answer.
    Diff(Box<Diff>),
    /// An API key.
    Key(Box<EnterKey>),
    /// The conversations that are kept.
    History(Box<History>),
    /// Whether several files are to go along with the message.
    Many(Box<Many>),
    /// The summary that is coming.
    Summary(Reader),
    /// The help.
    Help(Reader),
}

impl Overlay {
    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent) -> Outcome {
        if key.code == KeyCode::Esc {
            if let Self::History(history) = self
                && history.leave_row()
            {
                return Outcome::Stay;
            }
            if let Self::Key(entry) = self
                && entry.back()
            {
                return Outcome::Stay;
            }
            return Outcome::Close;
        }
        match self {
            Self::Models(picker) => match picker_key(picker, key) {
                PickerKey::Picked => picker.selected().map_or_else(
                    || named(picker.query.text()),
                    |item| Outcome::Model(item.value.clone()),
                ),
                PickerKey::Completed | PickerKey::Other => Outcome::Stay,
            },
            Self::Copies(picker) => picked(picker, key, Outcome::Copy),
            Self::Personas(picker) => picked(picker, key, Outcome::Persona),
            Self::Themes(picker) => picked(picker, key, Outcome::Theme),
            Self::Servers(picker) => match picker_key(picker, key) {
                PickerKey::Picked => picker.selected().map_or(Outcome::Stay, |item| {
                    Outcome::StartServer(item.value.clone())
                }),
                PickerKey::Completed | PickerKey::Other => Outcome::Stay,
            },
            Self::Again(picker) => match picker_key(picker, key) {
                PickerKey::Picked => picker.selected().map_or_else(
                    || match named(picker.query.text()) {
                        Outcome::ModelNamed(name) => Outcome::AgainNamed(name),
                        _ => Outcome::Stay,
                    },
                    |item| Outcome::Again(item.value.clone()),
                ),
                PickerKey::Completed | PickerKey::Other => Outcome::Stay,
            },
            Self::Room(picker) => match picker_key(picker, key) {
                PickerKey::Picked => picker
                    .selected()
                    .map_or(Outcome::Stay, |item| Outcome::Remedy(item.value)),
                PickerKey::Completed | PickerKey::Other => Outcome::Stay,
            },
            Self::Palette(picker) => palette::key(picker, key),
            Self::Key(entry) => entry.key(key),
            Self::Preview(preview) => match (held(key), key.code) {
                (PLAIN, KeyCode::Char('y')) => Outcome::Copy(preview.body.clone()),
                (PLAIN, KeyCode::Char('q')) => Outcome::Close,
                _ => {
                    preview.reader.key(key);
                    Outcome::Stay
                }
            },
            Self::Diff(diff) => diff_key(diff, key),
            Self::Many(many) => many.key(key),
            Self::History(history) => history.key(key).map_or(Outcome::Stay, Outcome::History),
            Self::Summary(_) if (held(key), key.code) == (PLAIN, KeyCode::Enter) => {
                Outcome::StartFresh
            }
            Self::Help(_) if closes_help(key) => Outcome::Close,
            Self::Summary(reader) | Self::Help(reader) => {
                reader.key(key);
                Outcome::Stay
            }
        }
    }

    /// Takes pasted text: into the filter.
    pub fn paste(&mut self, text: &str) {
        match self {
            Self::Models(picker) => {
                picker.query.insert(text);
                picker.refilter();
            }
            Self::Palette(picker) => palette::paste(picker, text),
            Self::Copies(picker)
            | Self::Personas(picker)
            | Self::Themes(picker)
            | Self::Servers(picker) => {
                picker.query.insert(text);
                picker.refilter();
            }
            Self::Again(picker) => {
                picker.query.insert(text);
                picker.refilter();
            }
            Self::Room(picker) => {
                picker.query.insert(text);
                picker.refilter();
            }
            Self::Key(entry) => entry.paste(text),
            Self::History(history) => history.paste(text),
            Self::Preview(_) | Self::Diff(_) | Self::Many(_) | Self::Summary(_) | Self::Help(_) => {
            }
        }
    }

    /// What a list says when nothing matches: what Enter would do with what was typed.
    pub fn without_match(&self) -> String {
        let nothing = tr!("Nothing matches. Backspace widens the search.").to_owned();
        match self {
            Self::Models(picker) => match named(picker.query.text()) {
                Outcome::ModelNamed(name) => {
                    tr!("Not in the catalogue. Enter uses {name} as typed.", name)
                }
                _ => nothing,
            },
            Self::Palette(picker) => palette::without_match(picker).unwrap_or(nothing),
            Self::Again(picker) => match named(picker.query.text()) {
                Outcome::ModelNamed(name) => {
                    tr!("Not in the catalogue. Enter asks {name} as typed.", name)
                }
                _ => nothing,
            },
            _ => nothing,
        }
    }

    /// Moves the selection or the text by rows.
    pub fn scroll(&mut self, rows: isize) {
        match self {
            Self::Models(picker) => picker.step(rows),
            Self::Palette(picker) => picker.step(rows),
            Self::Copies(picker)
            | Self::Personas(picker)
            | Self::Themes(picker)
            | Self::Servers(picker) => {
                picker.step(rows);
            }
            Self::Again(picker) => picker.step(rows),
            Self::Room(picker) => picker.step(rows),
            Self::Key(entry) if entry.provider.is_none() => entry.providers.step(rows),
            Self::Key(_) => {}
            Self::Preview(preview) => preview.reader.by(rows),
            Self::Diff(diff) => diff.reader.by(rows),
            Self::Many(many) => many.scroll(rows),
            Self::History(history) => history.step(rows),
            Self::Summary(reader) | Self::Help(reader) => reader.by(rows),
        }
    }

    /// Takes note of where the last frame came out in a text.
    pub fn settle(&mut self, top: Spot) {
        match self {
            Self::Preview(preview) => preview.reader.settle(top),
            Self::Diff(diff) => diff.reader.settle(top),
            Self::Summary(reader) | Self::Help(reader) => reader.settle(top),
            _ => {}
        }
    }

    /// Takes a click on a row of its list.
    pub fn click(&mut self, position: usize) -> Outcome {
        let there = match self {
            Self::Models(picker) => picker.select(position),
            Self::Palette(picker) => picker.select(position),
            Self::Copies(picker)
            | Self::Personas(picker)
            | Self::Themes(picker)
            | Self::Servers(picker) => picker.select(position),
            Self::Again(picker) => picker.select(position),
            Self::Room(picker) => picker.select(position),
            Self::Key(entry) if entry.provider.is_none() => entry.providers.select(position),
            Self::Key(_) => false,
            Self::History(history) => history.select(position),
            Self::Preview(_) | Self::Diff(_) | Self::Many(_) | Self::Summary(_) | Self::Help(_) => {
                false
            }
        };
        if there {
            self.key(KeyEvent::from(KeyCode::Enter))
        } else {
            Outcome::Stay
        }
    }
}

fn closes_help(key: KeyEvent) -> bool {
    let closes = matches!(
        key.code,
        KeyCode::F(1) | KeyCode::Char('q' | '?') | KeyCode::Enter
    );
    closes && held(key) == PLAIN
}

fn diff_key(diff: &mut Diff, key: KeyEvent) -> Outcome {
    if held(key) != PLAIN {
        diff.reader.key(key);
        return Outcome::Stay;
    }
    match key.code {
        KeyCode::Char('n' | ']') => diff.jump(true),
        KeyCode::Char('N' | 'p' | '[') => diff.jump(false),
        KeyCode::Left => return Outcome::Compare(-1),
        KeyCode::Right | KeyCode::Tab => return Outcome::Compare(1),
        KeyCode::Char('q') => return Outcome::Close,
        _ => {
            diff.reader.key(key);
        }
    }
    Outcome::Stay
}

/// What a key meant to a list with a filter.
pub(super) enum PickerKey {
    Picked,
    Completed,
    Other,
}

/// A key to a list whose items are what is picked.
fn picked(picker: &mut Picker<String>, key: KeyEvent, outcome: fn(String) -> Outcome) -> Outcome {
    match (picker_key(picker, key), picker.selected()) {
        (PickerKey::Picked, Some(item)) => outcome(item.value.clone()),
        _ => Outcome::Stay,
    }
}

pub(super) fn picker_key<T>(picker: &mut Picker<T>, key: KeyEvent) -> PickerKey {
    match (held(key), key.code) {
        (PLAIN, KeyCode::Enter) => return PickerKey::Picked,
        (PLAIN, KeyCode::Tab) => return PickerKey::Completed,
        (PLAIN, KeyCode::Up) | (CTRL, KeyCode::Char('p')) => picker.step(-1),
        (PLAIN, KeyCode::Down) | (CTRL, KeyCode::Char('n')) => picker.step(1),
        (PLAIN, KeyCode::PageUp) => picker.step(-10),
        (PLAIN, KeyCode::PageDown) => picker.step(10),
        _ => {
            if edit_line(&mut picker.query, key) {
                picker.refilter();
            }
        }
    }
    PickerKey::Other
}

/// A model that was typed with its provider, though no row shows it.
fn named(query: &str) -> Outcome {
    let query = query.trim();
    match query.split_once('/') {
        Some((provider, model)) if !provider.is_empty() && !model.is_empty() => {
            Outcome::ModelNamed(query.to_owned())
        }
        _ => Outcome::Stay,
    }
}

/// Types a key into a line. Returns whether the text changed.
pub(super) fn edit_line(line: &mut LineEdit, key: KeyEvent) -> bool {
    if move_in_line(line, key) {
        return false;
    }
    match (held(key), key.code) {
        (CTRL, KeyCode::Char('u')) => line.clear(),
        (CTRL, KeyCode::Char('w')) | (ALT, KeyCode::Backspace) => line.delete_word(),
        (PLAIN, KeyCode::Backspace) | (CTRL, KeyCode::Char('h')) => return line.backspace(),
        (PLAIN, KeyCode::Char(c)) => line.insert(c.encode_utf8(&mut [0; 4])),
        _ => return false,
    }
    true
}

/// Moves the caret in a line, if that is what the key does.
fn move_in_line(line: &mut LineEdit, key: KeyEvent) -> bool {
    match (held(key), key.code) {
        (PLAIN, KeyCode::Left) => line.step(false),
        (PLAIN, KeyCode::Right) => line.step(true),
        (PLAIN, KeyCode::Home) | (CTRL, KeyCode::Char('a')) => line.jump(false),
        (PLAIN, KeyCode::End) | (CTRL, KeyCode::Char('e')) => line.jump(true),
        _ => return false,
    }
    true
}
