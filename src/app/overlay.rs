//! What lies over the screen and takes the keys first: the model picker, the palette, the help.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::command::{Command, SPECS};
use super::keymap::Keymap;
use super::line_edit::LineEdit;
use super::picker::{Item, Picker};
use super::slash::{self, Slash};
use crate::catalog::Catalog;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// Run this.
    Command(Command),
    /// Write this word, then its argument.
    Slash(&'static str),
}

/// What lies over the screen.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// Which model to ask.
    Models(Picker<Choice>),
    /// Which command to run.
    Palette(Picker<Entry>),
    /// The help, scrolled down by this many rows.
    Help(usize),
}

/// What a key meant to an overlay.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It changed the overlay, or nothing.
    Stay,
    /// It closes the overlay.
    Close,
    /// It closes the overlay and switches the model.
    Model(Choice),
    /// It closes the overlay and runs a command.
    Run(Command),
    /// It closes the overlay and runs a slash command.
    Slash(Result<Slash, String>),
}

impl Overlay {
    /// The palette, with each command's keys.
    pub fn palette(keymap: &Keymap) -> Self {
        let commands = SPECS
            .iter()
            .filter(|spec| spec.in_palette)
            .map(|spec| Item {
                title: spec.title.to_owned(),
                words: format!("/{} {}", spec.slash.unwrap_or_default(), spec.action),
                right: match (keymap.keys(spec.command).join(" "), spec.slash) {
                    (keys, Some(word)) if keys.is_empty() => format!("/{word}"),
                    (keys, _) => keys,
                },
                about: String::new(),
                dim: false,
                value: Entry::Command(spec.command),
            });
        let slashes = slash::WITH_ARGUMENT.iter().map(|with| Item {
            title: with.title.to_owned(),
            words: format!("/{}", with.word),
            right: format!("/{} …", with.word),
            about: format!("/{} {}", with.word, with.argument),
            dim: false,
            value: Entry::Slash(with.word),
        });
        Self::Palette(Picker::new(commands.chain(slashes).collect(), 0))
    }

    /// The model picker, opened at the model in use.
    pub fn models(catalog: &Catalog, has_key: impl Fn(&str) -> bool, at: &Choice) -> Self {
        let mut items = Vec::new();
        let mut selected = 0;
        // Those that can be asked right now come first.
        let (ready, others): (Vec<_>, Vec<_>) = catalog
            .providers
            .iter()
            .partition(|provider| has_key(&provider.id));
        for provider in ready.iter().chain(&others) {
            let keyed = has_key(&provider.id);
            for model in &provider.models {
                let value = Choice {
                    provider: provider.id.clone(),
                    model: model.id.clone(),
                };
                if value == *at {
                    selected = items.len();
                }
                items.push(Item {
                    title: value.to_string(),
                    words: format!("{} {}", provider.name, model.advice),
                    right: if keyed {
                        model.summary()
                    } else {
                        "no key".to_owned()
                    },
                    about: [&model.advice, &model.warning, &provider.note]
                        .into_iter()
                        .filter(|text| !text.is_empty())
                        .map(String::as_str)
                        .collect::<Vec<_>>()
                        .join(" · "),
                    dim: !keyed,
                    value,
                });
            }
        }
        Self::Models(Picker::new(items, selected))
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent) -> Outcome {
        if key.code == KeyCode::Esc {
            return Outcome::Close;
        }
        match self {
            Self::Models(picker) => match picker_key(picker, key) {
                PickerKey::Picked => picker
                    .selected()
                    .map_or(Outcome::Stay, |item| Outcome::Model(item.value.clone())),
                PickerKey::Completed | PickerKey::Other => Outcome::Stay,
            },
            Self::Palette(picker) => palette_key(picker, key),
            Self::Help(top) => {
                match key.code {
                    KeyCode::Up | KeyCode::Char('k') => *top = top.saturating_sub(1),
                    KeyCode::Down | KeyCode::Char('j') => *top += 1,
                    KeyCode::PageUp => *top = top.saturating_sub(10),
                    KeyCode::PageDown | KeyCode::Char(' ') => *top += 10,
                    KeyCode::Home | KeyCode::Char('g') => *top = 0,
                    KeyCode::End | KeyCode::Char('G') => *top = usize::MAX / 2,
                    KeyCode::F(1) | KeyCode::Char('q' | '?') | KeyCode::Enter => {
                        return Outcome::Close;
                    }
                    _ => {}
                }
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
            Self::Palette(picker) => {
                picker.query.insert(text);
                picker.refilter();
            }
            Self::Help(_) => {}
        }
    }

    /// Moves the selection or the text by rows.
    pub fn scroll(&mut self, rows: isize) {
        match self {
            Self::Models(picker) => picker.step(rows),
            Self::Palette(picker) => picker.step(rows),
            Self::Help(top) => *top = top.saturating_add_signed(rows),
        }
    }

    /// Takes a click on a row of its list.
    pub fn click(&mut self, position: usize) -> Outcome {
        let there = match self {
            Self::Models(picker) => picker.select(position),
            Self::Palette(picker) => picker.select(position),
            Self::Help(_) => false,
        };
        if there {
            self.key(KeyEvent::from(KeyCode::Enter))
        } else {
            Outcome::Stay
        }
    }
}

/// What a key meant to a list with a filter.
enum PickerKey {
    Picked,
    Completed,
    Other,
}

fn picker_key<T>(picker: &mut Picker<T>, key: KeyEvent) -> PickerKey {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Enter => return PickerKey::Picked,
        KeyCode::Tab => return PickerKey::Completed,
        KeyCode::Up => picker.step(-1),
        KeyCode::Down => picker.step(1),
        KeyCode::Char('p') if control => picker.step(-1),
        KeyCode::Char('n') if control => picker.step(1),
        KeyCode::PageUp => picker.step(-10),
        KeyCode::PageDown => picker.step(10),
        _ => {
            if edit_line(&mut picker.query, key) {
                picker.refilter();
            }
        }
    }
    PickerKey::Other
}

fn palette_key(picker: &mut Picker<Entry>, key: KeyEvent) -> Outcome {
    match picker_key(picker, key) {
        PickerKey::Picked => {
            let line = picker
                .query
                .text()
                .trim_start_matches('/')
                .trim()
                .to_owned();
            let line = line.as_str();
            // A slash command written out wins over what the filter found.
            let waits = slash::WITH_ARGUMENT.iter().any(|with| with.word == line);
            if waits {
                picker.query.set(&format!("{line} "));
                picker.refilter();
                return Outcome::Stay;
            }
            if let Some(slash) = slash::parse(line) {
                return Outcome::Slash(slash);
            }
            match picker.selected().map(|item| item.value) {
                Some(Entry::Command(command)) => return Outcome::Run(command),
                Some(Entry::Slash(word)) => {
                    picker.query.set(&format!("{word} "));
                    picker.refilter();
                }
                None => {}
            }
        }
        PickerKey::Completed => {
            let word = picker.selected().and_then(|item| match item.value {
                Entry::Slash(word) => Some(format!("{word} ")),
                Entry::Command(command) => Some(command.spec()?.slash?.to_owned()),
            });
            if let Some(word) = word {
                picker.query.set(&word);
                picker.refilter();
            }
        }
        PickerKey::Other => {}
    }
    Outcome::Stay
}

/// Types a key into a line. Returns whether the text changed.
fn edit_line(line: &mut LineEdit, key: KeyEvent) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    match key.code {
        KeyCode::Char('u') if control => line.clear(),
        KeyCode::Char('w') if control => line.delete_word(),
        KeyCode::Backspace if alt => line.delete_word(),
        KeyCode::Backspace => return line.backspace(),
        KeyCode::Char('h') if control => return line.backspace(),
        KeyCode::Char(c) if !control && !alt => line.insert(c.encode_utf8(&mut [0; 4])),
        KeyCode::Left => {
            line.step(false);
            return false;
        }
        KeyCode::Right => {
            line.step(true);
            return false;
        }
        KeyCode::Home => {
            line.jump(false);
            return false;
        }
        KeyCode::End => {
            line.jump(true);
            return false;
        }
        KeyCode::Char('a') if control => {
            line.jump(false);
            return false;
        }
        KeyCode::Char('e') if control => {
            line.jump(true);
            return false;
        }
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(overlay: &mut Overlay, text: &str) -> Outcome {
        for c in text.chars() {
            let _ = overlay.key(KeyEvent::from(KeyCode::Char(c)));
        }
        overlay.key(KeyEvent::from(KeyCode::Enter))
    }

    #[test]
    fn the_palette_runs_what_is_written_out() {
        let palette = || Overlay::palette(&Keymap::new(&[]).unwrap());
        assert_eq!(
            typed(&mut palette(), "new"),
            Outcome::Slash(Ok(Slash::Run(Command::NewConversation)))
        );
        let think = Outcome::Slash(Ok(Slash::Think(crate::chat::Thinking::Off)));
        assert_eq!(typed(&mut palette(), "think off"), think);
        assert_eq!(
            typed(&mut palette(), "redraw"),
            Outcome::Run(Command::Redraw)
        );
        assert!(matches!(
            typed(&mut palette(), "think wildly"),
            Outcome::Slash(Err(_))
        ));
    }

    #[test]
    fn a_word_without_its_argument_waits_for_it() {
        let mut palette = Overlay::palette(&Keymap::new(&[]).unwrap());
        assert_eq!(typed(&mut palette, "think"), Outcome::Stay);
        let Overlay::Palette(picker) = &palette else {
            panic!()
        };
        assert_eq!(picker.query.text(), "think ");
    }
}
