//! Key chords as users write them: `ctrl-o`, `alt-shift-z`, `f4`.

use crossterm::event::{KeyCode, KeyModifiers};

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
