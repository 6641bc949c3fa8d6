//! Key chords as users write them: `ctrl-o`, `alt-shift-z`, `f4`.
//!
//! Brings the configuration and key events to one form, so that comparing them is enough.
//! Refuses chords that no terminal can send, or that none can tell from another key. Knows no
//! action by name.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::chat::safe;
use crate::phrase::tr;

/// A key with its modifiers, in the one form that both the configuration and key events are
/// brought to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    /// The key; letters are lower case, Shift is a modifier.
    pub code: KeyCode,
    /// Ctrl, Alt and Shift.
    pub modifiers: KeyModifiers,
}

/// The chords of one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The action's name.
    pub action: String,
    /// Its chords; empty = unbound.
    pub chords: Vec<Chord>,
}

/// Why a text is no chord. The sentence goes on after the text itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoChord {
    /// The key has no such name.
    Key(String),
    /// What stands before the key is no modifier.
    Modifier(String),
    /// Nothing, or nothing after the last dash.
    Empty,
    /// A terminal sends the same byte for another key.
    SameAs(&'static str),
    /// Its bytes begin every special key.
    Escape,
    /// Shift changes what a digit types, differently on every keyboard.
    ShiftedDigit,
}

impl fmt::Display for NoChord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Key(key) => tr!(
                "“{key}” is no key; keys are letters, digits, signs, f1 to f24, enter, esc, tab, backspace, space, up, down, left, right, home, end, pageup, pagedown, insert, delete, plus and minus",
                key
            ),
            Self::Modifier(word) => tr!(
                "“{word}” is no modifier; modifiers are ctrl, alt and shift, as in ctrl-o",
                word
            ),
            Self::SameAs(other) => tr!("a terminal can't tell it from {other}", other),
            Self::Empty => {
                return f.write_str(tr!("it names no key; the dash itself is written minus"));
            }
            Self::Escape => {
                return f.write_str(tr!("a terminal sends it as the beginning of other keys"));
            }
            Self::ShiftedDigit => {
                return f.write_str(tr!("Shift makes another sign of a digit; write that sign"));
            }
        })
    }
}

impl std::error::Error for NoChord {}

/// Names of keys that are no single character; the first name of a key is the one it is shown by.
const NAMES: [(&str, KeyCode); 26] = [
    ("enter", KeyCode::Enter),
    ("return", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("escape", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("space", KeyCode::Char(' ')),
    ("plus", KeyCode::Char('+')),
    ("minus", KeyCode::Char('-')),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pgup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("pgdn", KeyCode::PageDown),
    ("pgdown", KeyCode::PageDown),
    ("insert", KeyCode::Insert),
    ("ins", KeyCode::Insert),
    ("delete", KeyCode::Delete),
    ("del", KeyCode::Delete),
    ("menu", KeyCode::Menu),
];

impl Chord {
    /// A chord in its one form. Shift stays with letters and named keys; a sign that needs it
    /// already says so.
    pub fn new(code: KeyCode, modifiers: KeyModifiers) -> Self {
        let (code, modifiers) = match code {
            // Terminals send 0x08 for both.
            KeyCode::Char('h' | 'H') if modifiers.contains(KeyModifiers::CONTROL) => {
                (KeyCode::Backspace, modifiers - KeyModifiers::CONTROL)
            }
            KeyCode::Char(letter) if letter.is_alphabetic() => {
                let mut lower = letter.to_lowercase();
                // `Ctrl-S` is how many write the key that sends the same byte as `ctrl-s`.
                let shift = if letter.is_uppercase() && !modifiers.contains(KeyModifiers::CONTROL) {
                    KeyModifiers::SHIFT
                } else {
                    KeyModifiers::NONE
                };
                match (lower.next(), lower.next()) {
                    (Some(lower), None) => (KeyCode::Char(lower), modifiers | shift),
                    _ => (code, modifiers),
                }
            }
            KeyCode::Char(sign) if sign != ' ' => (code, modifiers - KeyModifiers::SHIFT),
            KeyCode::BackTab => (KeyCode::Tab, modifiers | KeyModifiers::SHIFT),
            _ => (code, modifiers),
        };
        Self { code, modifiers }
    }

    /// Tells whether terminals can send it as itself.
    fn check(self, typed: KeyCode) -> Result<Self, NoChord> {
        let has = |modifier| self.modifiers.contains(modifier);
        let (ctrl, alt) = (has(KeyModifiers::CONTROL), has(KeyModifiers::ALT));
        match (typed, self.code) {
            (KeyCode::Char('h' | 'H'), KeyCode::Backspace) => Err(NoChord::SameAs("backspace")),
            (_, KeyCode::Char('i')) if ctrl => Err(NoChord::SameAs("tab")),
            (_, KeyCode::Char('m')) if ctrl => Err(NoChord::SameAs("enter")),
            (_, KeyCode::Char('[')) if ctrl => Err(NoChord::SameAs("esc")),
            (_, KeyCode::Char('[')) if alt => Err(NoChord::Escape),
            (_, KeyCode::Char('o')) if alt && !ctrl && has(KeyModifiers::SHIFT) => {
                Err(NoChord::Escape)
            }
            _ => Ok(self),
        }
    }
}

impl From<KeyEvent> for Chord {
    fn from(event: KeyEvent) -> Self {
        Self::new(event.code, event.modifiers)
    }
}

impl FromStr for Chord {
    type Err = NoChord;

    fn from_str(text: &str) -> Result<Self, NoChord> {
        let (before, key) = match text.rsplit_once('-') {
            Some((before, key)) => (Some(before), key),
            None => (None, text),
        };
        if key.is_empty() {
            return Err(NoChord::Empty);
        }
        let mut modifiers = KeyModifiers::NONE;
        for word in before.into_iter().flat_map(|before| before.split('-')) {
            modifiers |= match word.to_ascii_lowercase().as_str() {
                "ctrl" | "control" => KeyModifiers::CONTROL,
                "alt" | "option" | "meta" => KeyModifiers::ALT,
                "shift" => KeyModifiers::SHIFT,
                _ => return Err(NoChord::Modifier(safe::one_line(word))),
            };
        }
        let code = key_code(key).ok_or_else(|| NoChord::Key(safe::one_line(key)))?;
        let shifted = modifiers.contains(KeyModifiers::SHIFT);
        if shifted && matches!(code, KeyCode::Char(digit) if digit.is_ascii_digit()) {
            return Err(NoChord::ShiftedDigit);
        }
        Self::new(code, modifiers).check(code)
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let modifiers = [
            (KeyModifiers::SUPER, "super-"),
            (KeyModifiers::HYPER, "hyper-"),
            (KeyModifiers::META, "meta-"),
            (KeyModifiers::CONTROL, "ctrl-"),
            (KeyModifiers::ALT, "alt-"),
            (KeyModifiers::SHIFT, "shift-"),
        ];
        let mut text = String::new();
        for (modifier, name) in modifiers {
            if self.modifiers.contains(modifier) {
                text.push_str(name);
            }
        }
        match (
            NAMES.iter().find(|&&(_, code)| code == self.code),
            self.code,
        ) {
            (Some(&(name, _)), _) => text.push_str(name),
            (None, KeyCode::Char(letter)) => text.push(letter),
            (None, KeyCode::F(number)) => text.extend(["f", &number.to_string()]),
            // Keys that can't be bound, named as crossterm names them.
            (None, code) => text.push_str(&code.to_string().to_lowercase()),
        }
        f.pad(&text)
    }
}

fn key_code(key: &str) -> Option<KeyCode> {
    let lower = key.to_ascii_lowercase();
    if let Some(&(_, code)) = NAMES.iter().find(|&&(name, _)| name == lower) {
        return Some(code);
    }
    let mut chars = key.chars();
    if let (Some(only), None) = (chars.next(), chars.next()) {
        let typed = !only.is_control() && !only.is_whitespace();
        return typed.then_some(KeyCode::Char(only));
    }
    let number = lower.strip_prefix('f')?.parse().ok()?;
    (1..=24).contains(&number).then_some(KeyCode::F(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(text: &str) -> Chord {
        text.parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn refusal(text: &str) -> String {
        text.parse::<Chord>().unwrap_err().to_string()
    }

    #[test]
    fn a_chord_is_shown_in_the_one_form_it_is_read_in() {
        for (typed, shown) in [
            ("ctrl-o", "ctrl-o"),
            ("shift-ctrl-alt-x", "ctrl-alt-shift-x"),
            ("Alt-Z", "alt-shift-z"),
            ("Ctrl-S", "ctrl-s"),
            ("CTRL-PageUp", "ctrl-pageup"),
            ("pgdn", "pagedown"),
            ("backtab", "shift-tab"),
            ("shift-tab", "shift-tab"),
            ("f24", "f24"),
            ("shift-?", "?"),
            ("<", "<"),
            ("]", "]"),
            ("+", "plus"),
            ("ctrl-minus", "ctrl-minus"),
            ("ctrl-space", "ctrl-space"),
            ("escape", "esc"),
            ("é", "é"),
        ] {
            assert_eq!(chord(typed).to_string(), shown, "{typed}");
            assert_eq!(chord(shown), chord(typed), "{typed}");
        }
    }

    #[test]
    fn what_a_terminal_cannot_send_as_itself_is_refused_with_the_reason() {
        for (text, reason) in [
            ("ctrl-i", "a terminal can't tell it from tab"),
            ("ctrl-M", "a terminal can't tell it from enter"),
            ("ctrl-[", "a terminal can't tell it from esc"),
            ("ctrl-h", "a terminal can't tell it from backspace"),
            (
                "alt-[",
                "a terminal sends it as the beginning of other keys",
            ),
            (
                "alt-shift-o",
                "a terminal sends it as the beginning of other keys",
            ),
            (
                "alt-O",
                "a terminal sends it as the beginning of other keys",
            ),
            (
                "shift-1",
                "Shift makes another sign of a digit; write that sign",
            ),
            ("", "it names no key; the dash itself is written minus"),
            ("ctrl-", "it names no key; the dash itself is written minus"),
            (
                "cmd-o",
                "“cmd” is no modifier; modifiers are ctrl, alt and shift, as in ctrl-o",
            ),
        ] {
            assert_eq!(refusal(text), reason, "{text}");
        }
        assert!(refusal("f25").starts_with("“f25” is no key"));
        assert!(refusal("ctrl-\u{1b}").starts_with("“␛” is no key"));
        assert!("alt-o".parse::<Chord>().is_ok());
    }

    #[test]
    fn key_events_come_to_the_form_of_the_configuration() {
        let event = |code, modifiers| Chord::from(KeyEvent::new(code, modifiers));
        let (none, shift) = (KeyModifiers::NONE, KeyModifiers::SHIFT);
        let (ctrl, alt) = (KeyModifiers::CONTROL, KeyModifiers::ALT);
        for (code, modifiers, text) in [
            (KeyCode::Char('Z'), alt | shift, "alt-shift-z"),
            (KeyCode::Char('Z'), alt, "alt-shift-z"),
            (KeyCode::Char('z'), alt | shift, "alt-shift-z"),
            (KeyCode::Char('?'), shift, "?"),
            (KeyCode::Char('<'), none, "<"),
            (KeyCode::BackTab, shift, "shift-tab"),
            (KeyCode::Tab, shift, "shift-tab"),
            (KeyCode::Char('h'), ctrl, "backspace"),
            (KeyCode::Char('h'), ctrl | alt, "alt-backspace"),
            (KeyCode::Enter, shift, "shift-enter"),
            (KeyCode::Char(' '), ctrl, "ctrl-space"),
        ] {
            assert_eq!(event(code, modifiers), chord(text), "{text}");
        }
        let with_super = event(KeyCode::Char('o'), ctrl | KeyModifiers::SUPER);
        assert_ne!(with_super, chord("ctrl-o"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_chord_or_refused(text in "\\PC{0,12}") {
            if let Ok(chord) = text.parse::<Chord>() {
                proptest::prop_assert_eq!(chord.to_string().parse(), Ok(chord));
            }
        }
    }
}
