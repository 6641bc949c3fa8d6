//! A directory or a pattern that is to go along with a message: what it comes to, and the question
//! whether all of it is meant.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent};

use crate::app::keymap::{PLAIN, held};
use crate::app::overlay::Outcome;

/// Several files, and whether they are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Many {
    /// What was typed. Not yet safe to show.
    pub typed: String,
    /// The files, each with its bytes.
    pub files: Vec<(PathBuf, u64)>,
    /// How many rows of the list are scrolled past.
    pub top: usize,
}

impl Many {
    /// The bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, bytes)| bytes).sum()
    }

    /// Takes a key: yes, no, or a look at the list.
    pub(in crate::app) fn key(&mut self, key: KeyEvent) -> Outcome {
        if held(key) != PLAIN {
            return Outcome::Stay;
        }
        match key.code {
            KeyCode::Char('y' | 'Y') | KeyCode::Enter => {
                let files = self.files.iter().map(|(path, _)| path.clone());
                return Outcome::Attach(files.collect(), self.typed.clone());
            }
            KeyCode::Char('n' | 'N' | 'q') => return Outcome::Close,
            KeyCode::Up => self.scroll(-1),
            KeyCode::Down => self.scroll(1),
            KeyCode::PageUp => self.scroll(-10),
            KeyCode::PageDown => self.scroll(10),
            _ => {}
        }
        Outcome::Stay
    }

    /// Moves the list by rows.
    pub(in crate::app) fn scroll(&mut self, rows: isize) {
        let last = self.files.len().saturating_sub(1);
        self.top = self.top.saturating_add_signed(rows).min(last);
    }
}
