//! Which key means which command, where.

use std::collections::HashMap;
use std::fmt;

use crossterm::event::{KeyEvent, KeyModifiers};

use super::command::{Command, SPECS, Scope};
use crate::config::keys::{Binding, Chord};
use crate::phrase::tr;

/// Keys that overlays match as they are: with nothing, with Ctrl alone, with Alt alone.
pub(super) const PLAIN: KeyModifiers = KeyModifiers::NONE;
pub(super) const CTRL: KeyModifiers = KeyModifiers::CONTROL;
pub(super) const ALT: KeyModifiers = KeyModifiers::ALT;

/// What a key is held with, Shift aside. It is compared as a whole: Esc and a key that reach the
/// terminal together come as that key with Alt, and whoever meant to leave deletes nothing.
pub(super) fn held(key: KeyEvent) -> KeyModifiers {
    key.modifiers - KeyModifiers::SHIFT
}

/// The keys in force: the defaults, changed by `[keys]`.
#[derive(Debug, Clone)]
pub struct Keymap {
    by_chord: HashMap<(Scope, Chord), Command>,
    by_command: HashMap<Command, Vec<Chord>>,
    /// The first key of each command as the screen shows it: every frame asks for some.
    hints: HashMap<Command, String>,
}

/// Two commands want the same key in the same place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The key.
    pub chord: Chord,
    /// The action that the user bound.
    pub first: &'static str,
    /// The other one: bound by the user too, or by default.
    pub second: &'static str,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            chord,
            first,
            second,
        } = self;
        f.write_str(&tr!(
            "{chord} is bound to both `{first}` and `{second}`. Bind one of them to another key in [keys].",
            chord,
            first,
            second
        ))
    }
}

impl Keymap {
    /// The default keys with the user's bindings in their place.
    ///
    /// # Errors
    ///
    /// Fails, with every conflict, when a key that the user binds belongs to another action that can meet it, be it
    /// by default: silently taking it away would leave that action without its key.
    pub fn new(bindings: &[Binding]) -> Result<Self, Vec<Conflict>> {
        let mut map = Self {
            by_chord: HashMap::new(),
            by_command: HashMap::new(),
            hints: HashMap::new(),
        };
        let rebound = |action: &str| bindings.iter().find(|binding| binding.action == action);
        let bound = SPECS
            .iter()
            .filter_map(|spec| Some((spec, rebound(spec.action)?.chords.clone())));
        let usual = SPECS
            .iter()
            .filter(|spec| rebound(spec.action).is_none())
            .map(|spec| {
                let chords = spec
                    .keys
                    .iter()
                    .filter_map(|key| key.parse().ok())
                    .collect();
                (spec, chords)
            });
        let mut conflicts = Vec::new();
        for (spec, chords) in bound.chain(usual) {
            for chord in chords {
                match map.command_in(spec.scope, chord) {
                    Some(first) => conflicts.push(Conflict {
                        chord,
                        first: first.spec().map_or("", |spec| spec.action),
                        second: spec.action,
                    }),
                    None => map.bind(spec.scope, chord, spec.command),
                }
            }
        }
        if conflicts.is_empty() {
            Ok(map)
        } else {
            Err(conflicts)
        }
    }

    /// The command of a key in a place.
    pub fn command(&self, scope: Scope, chord: Chord) -> Option<Command> {
        let here = self.by_chord.get(&(scope, chord));
        here.or_else(|| self.by_chord.get(&(Scope::Anywhere, chord)))
            .copied()
    }

    /// The keys of a command, as users write them.
    pub fn keys(&self, command: Command) -> Vec<String> {
        let chords = self.by_command.get(&command);
        chords
            .into_iter()
            .flatten()
            .map(ToString::to_string)
            .collect()
    }

    /// The keys of a command as a person reads them (`Ctrl+O`, `F2`).
    pub fn shown(&self, command: Command) -> Vec<String> {
        let chords = self.by_command.get(&command).into_iter().flatten();
        chords.map(|chord| shown(*chord)).collect()
    }

    /// The first key of a command, short, as the screen shows it (`^O`, `Alt+R`).
    pub fn hint(&self, command: Command) -> Option<String> {
        self.hints.get(&command).cloned()
    }

    fn bind(&mut self, scope: Scope, chord: Chord, command: Command) {
        self.by_chord.insert((scope, chord), command);
        self.by_command.entry(command).or_default().push(chord);
        self.hints.entry(command).or_insert_with(|| hint(chord));
    }

    /// The command whose key would clash with this one.
    fn command_in(&self, scope: Scope, chord: Chord) -> Option<Command> {
        let scopes: &[Scope] = match scope {
            Scope::Anywhere => &[Scope::Anywhere, Scope::Message, Scope::Pane],
            Scope::Message => &[Scope::Message, Scope::Anywhere],
            Scope::Pane => &[Scope::Pane, Scope::Anywhere],
        };
        scopes
            .iter()
            .find_map(|&scope| self.by_chord.get(&(scope, chord)).copied())
    }
}

fn hint(chord: Chord) -> String {
    let text = chord.to_string();
    match text.strip_prefix("ctrl-") {
        Some(key) if key.chars().count() == 1 => format!("^{}", key.to_uppercase()),
        _ => shown(chord),
    }
}

fn shown(chord: Chord) -> String {
    let text = chord.to_string();
    // A letter by itself is typed as it is shown: `Z` would ask for Shift.
    if text.chars().count() == 1 {
        return text;
    }
    let capital = |part: &str| {
        if part == "minus" {
            return "-".to_owned();
        }
        let mut letters = part.chars();
        let first = letters.next().map(|c| c.to_uppercase().to_string());
        first.unwrap_or_default() + letters.as_str()
    };
    // A minus sign is spelled out in a chord, so each `-` there stands between two names.
    text.split('-').map(capital).collect::<Vec<_>>().join("+")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(text: &str) -> Chord {
        text.parse().unwrap()
    }

    fn binding(action: &str, chords: &[&str]) -> Binding {
        Binding {
            action: action.to_owned(),
            chords: chords.iter().map(|text| chord(text)).collect(),
        }
    }

    #[test]
    fn keys_are_shown_as_they_are_typed() {
        let map = Keymap::new(&[]).unwrap();
        assert_eq!(map.shown(Command::SwitchModel), ["Ctrl+O", "F2"]);
        assert_eq!(map.hint(Command::SwitchModel).as_deref(), Some("^O"));
        assert_eq!(map.hint(Command::Zoom).as_deref(), Some("z"));
        assert_eq!(map.shown(Command::NarrowThinking), ["Alt+-"]);
    }

    #[test]
    fn the_defaults_do_not_conflict() {
        let map = Keymap::new(&[]).unwrap();
        for spec in SPECS {
            assert_eq!(
                map.keys(spec.command).len(),
                spec.keys.len(),
                "{}",
                spec.action
            );
            for key in spec.keys {
                assert_eq!(
                    map.command(spec.scope, chord(key)),
                    Some(spec.command),
                    "{key}"
                );
            }
        }
    }

    #[test]
    fn a_key_that_another_action_has_by_default_is_an_error_until_that_one_moves() {
        let taken = Keymap::new(&[binding("help", &["ctrl-o"])]);
        let conflicts = taken.unwrap_err();
        let pairs: Vec<_> = conflicts.iter().map(|it| (it.first, it.second)).collect();
        assert_eq!(pairs, [("help", "switch-model")]);
        let swapped = [
            binding("help", &["ctrl-o"]),
            binding("switch-model", &["f1"]),
        ];
        let map = Keymap::new(&swapped).unwrap();
        assert_eq!(
            map.command(Scope::Anywhere, chord("ctrl-o")),
            Some(Command::Help)
        );
        assert_eq!(map.keys(Command::SwitchModel), ["f1"]);
    }

    #[test]
    fn an_empty_binding_unbinds() {
        let map = Keymap::new(&[binding("suspend", &[])]).unwrap();
        assert_eq!(map.command(Scope::Anywhere, chord("ctrl-z")), None);
    }

    #[test]
    fn one_key_for_two_actions_that_can_meet_is_an_error() {
        let twice = [binding("help", &["f9"]), binding("zoom", &["f9"])];
        assert!(Keymap::new(&twice).is_err());
        let two = [binding("help", &["ctrl-o"]), binding("zoom", &["ctrl-p"])];
        assert_eq!(Keymap::new(&two).map(drop).unwrap_err().len(), 2);
        let apart = [binding("line-end", &["f9"]), binding("zoom", &["f9"])];
        assert!(Keymap::new(&apart).is_ok());
    }
}
