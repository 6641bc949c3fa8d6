//! The files that an `@path` in the message may mean: listed while it is typed, taken with a key.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent};

use super::Wanted;
use crate::app::{App, Attached, Effect, Pane};

/// A file or a directory that the path may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The path as it is typed, with a slash at the end of a directory's. Not yet safe to show.
    pub typed: String,
    /// Where it is.
    pub place: PathBuf,
    /// The bytes of a file; `None` for a directory.
    pub bytes: Option<u64>,
}

/// The files that the path being typed may mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// What is typed after the `@`.
    typed: String,
    ticket: u64,
    /// Whether the files are still being looked for.
    waits: bool,
    /// The files, the best one first; empty until they are there.
    pub paths: Vec<Path>,
    /// The selected one.
    pub selected: usize,
    /// Whether the user does not want to see it for as long as this word is typed.
    closed: bool,
}

impl Attached {
    /// The files to be shown, if any.
    pub fn shown_completion(&self) -> Option<&Completion> {
        let shown = |it: &&Completion| !it.closed && !it.paths.is_empty();
        self.completion.as_ref().filter(shown)
    }

    /// Files were listed.
    pub(in crate::app) fn listed(&mut self, ticket: u64, paths: Vec<Path>) {
        let asked = |it: &&mut Completion| it.ticket == ticket;
        if let Some(completion) = self.completion.as_mut().filter(asked) {
            completion.paths = paths;
            completion.selected = 0;
            completion.waits = false;
        }
    }
}

impl App {
    /// Follows what is typed: a word that begins with `@` asks for the files that it may mean.
    pub(in crate::app) fn complete_path(&mut self) -> Option<Effect> {
        let word = self.composer.word_before();
        let typed = word
            .strip_prefix('@')
            .filter(|_| self.focus == Pane::Message);
        let Some(typed) = typed else {
            self.attached.completion = None;
            return None;
        };
        let earlier = self.attached.completion.as_ref();
        if earlier.is_some_and(|it| it.typed == typed) {
            return None;
        }
        let typed = typed.to_owned();
        let ticket = self.keeping.ticket();
        let mut earlier = self.attached.completion.take().unwrap_or_default();
        // Until the answer comes, what no longer fits can't be taken.
        let begun = typed.to_lowercase();
        let fits = |path: &Path| {
            let path = path.typed.to_lowercase();
            path.starts_with(&begun) && path.len() > begun.len()
        };
        earlier.paths.retain(fits);
        self.attached.completion = Some(Completion {
            typed: typed.clone(),
            ticket,
            waits: true,
            selected: 0,
            ..earlier
        });
        Some(Effect::Paths(ticket, typed))
    }

    /// Gives a key to the list of files, if it is open and has a use for it.
    pub(in crate::app) fn completion_key(&mut self, key: KeyEvent) -> Option<Vec<Effect>> {
        let completion = self.attached.completion.as_mut()?;
        if completion.closed || !key.modifiers.is_empty() {
            return None;
        }
        if completion.paths.is_empty() {
            // A key too early moves the focus nowhere.
            let early = completion.waits && key.code == KeyCode::Tab;
            return early.then(Vec::new);
        }
        match key.code {
            KeyCode::Esc => completion.closed = true,
            KeyCode::Up => completion.selected = completion.selected.saturating_sub(1),
            KeyCode::Down => {
                let last = completion.paths.len().saturating_sub(1);
                completion.selected = (completion.selected + 1).min(last);
            }
            KeyCode::Tab | KeyCode::Enter => {
                let path = completion.paths.get(completion.selected)?.clone();
                return Some(self.take_path(path));
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    /// Writes a path out: a file goes along with the message, a directory is looked into.
    fn take_path(&mut self, path: Path) -> Vec<Effect> {
        if path.bytes.is_none() {
            self.composer.replace_word(&format!("@{}", path.typed));
            return Vec::new();
        }
        self.composer.replace_word(&format!("@{} ", path.typed));
        self.attached.completion = None;
        vec![self.fetch(Wanted::Files(vec![path.place]), &path.typed)]
    }
}
