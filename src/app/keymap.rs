//! Which key means which command, where.

use std::collections::HashMap;

use super::command::{Command, SPECS, Scope};
use crate::config::keys::{Binding, Chord};

/// The keys in force: the defaults, changed by `[keys]`.
#[derive(Debug, Clone)]
pub struct Keymap {
    by_chord: HashMap<(Scope, Chord), Command>,
    by_command: HashMap<Command, Vec<Chord>>,
}

/// Two commands want the same key in the same place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{chord} is bound to both {first} and {second}; bind one of them to another key in [keys]")]
pub struct Conflict {
    chord: Chord,
    first: &'static str,
    second: &'static str,
}

impl Keymap {
    /// The default keys with the user's bindings in their place. A key that the user gives to one
    /// action is taken from the action that had it by default.
    ///
    /// # Errors
    ///
    /// Fails when the user binds one key to two actions that can meet.
    pub fn new(bindings: &[Binding]) -> Result<Self, Conflict> {
        let mut map = Self {
            by_chord: HashMap::new(),
            by_command: HashMap::new(),
        };
        let rebound = |action: &str| bindings.iter().find(|binding| binding.action == action);
        for spec in SPECS {
            let Some(binding) = rebound(spec.action) else {
                continue;
            };
            for &chord in &binding.chords {
                if let Some(first) = map.command_in(spec.scope, chord) {
                    return Err(Conflict {
                        chord,
                        first: first.spec().map_or("", |spec| spec.action),
                        second: spec.action,
                    });
                }
                map.bind(spec.scope, chord, spec.command);
            }
        }
        for spec in SPECS.iter().filter(|spec| rebound(spec.action).is_none()) {
            for chord in spec.keys.iter().filter_map(|key| key.parse().ok()) {
                if map.command_in(spec.scope, chord).is_none() {
                    map.bind(spec.scope, chord, spec.command);
                }
            }
        }
        Ok(map)
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

    /// The first key of a command, short, as the screen shows it (`^O`, `Alt+R`).
    pub fn hint(&self, command: Command) -> Option<String> {
        self.by_command
            .get(&command)?
            .first()
            .map(|chord| hint(*chord))
    }

    fn bind(&mut self, scope: Scope, chord: Chord, command: Command) {
        self.by_chord.insert((scope, chord), command);
        self.by_command.entry(command).or_default().push(chord);
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
        _ => text
            .split('-')
            .map(|part| {
                let mut letters = part.chars();
                let first = letters.next().map(|c| c.to_uppercase().to_string());
                first.unwrap_or_default() + letters.as_str()
            })
            .collect::<Vec<_>>()
            .join("+"),
    }
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
    fn a_key_given_to_another_action_leaves_its_default() {
        let map = Keymap::new(&[binding("help", &["ctrl-o"])]).unwrap();
        assert_eq!(
            map.command(Scope::Anywhere, chord("ctrl-o")),
            Some(Command::Help)
        );
        assert_eq!(map.command(Scope::Anywhere, chord("f1")), None);
        assert_eq!(map.keys(Command::SwitchModel), ["f2"]);
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
        let apart = [binding("send", &["f9"]), binding("zoom", &["f9"])];
        assert!(Keymap::new(&apart).is_ok());
    }
}
