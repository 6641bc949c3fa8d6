//! All files below a directory, but for hidden ones.
//!
//! Invariant: a search ends after a bounded number of entries, whatever it is begun at: nobody can
//! call the thread off that it runs on.

use std::fs::{self, ReadDir};
use std::path::{Path, PathBuf};

use crate::phrase::{self, tr};

/// How deep directories are looked into.
const MOST_DEPTH: usize = 32;
/// The most entries of directories that are looked at: a second or so on a disk that is awake.
const MOST_LOOKED_AT: usize = 200_000;

/// A search for files that gives up where it would find, or look at, too many.
pub(super) struct Search {
    most: usize,
    /// How many entries may still be looked at.
    left: usize,
    found: Vec<(PathBuf, u64)>,
}

impl Search {
    /// A search for at most so many files.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            left: MOST_LOOKED_AT,
            found: Vec::new(),
        }
    }

    /// Notes that an entry is looked at.
    ///
    /// # Errors
    ///
    /// Fails with the rest of a sentence when there were too many.
    pub(super) fn look(&mut self) -> Result<(), String> {
        self.left = self.left.checked_sub(1).ok_or_else(|| {
            tr!(
                "leads through more than {most} files; say more closely where",
                most = MOST_LOOKED_AT
            )
        })?;
        Ok(())
    }

    /// Takes a file with its bytes.
    ///
    /// # Errors
    ///
    /// Fails with the rest of a sentence when there are too many.
    pub(super) fn take(&mut self, path: PathBuf, bytes: u64) -> Result<(), String> {
        if self.found.len() >= self.most {
            let most = self.most;
            return Err(tr!("matches more than {most} files; name fewer", most));
        }
        self.found.push((path, bytes));
        Ok(())
    }

    /// Takes the files below a directory that fit. Hidden ones are passed over, and links: they may
    /// lead round in a circle.
    ///
    /// # Errors
    ///
    /// As [`Search::look`] and [`Search::take`].
    pub(super) fn below(
        &mut self,
        directory: ReadDir,
        fits: &dyn Fn(&Path) -> bool,
    ) -> Result<(), String> {
        self.walk(directory, MOST_DEPTH, fits)
    }

    fn walk(
        &mut self,
        directory: ReadDir,
        depth: usize,
        fits: &dyn Fn(&Path) -> bool,
    ) -> Result<(), String> {
        for entry in directory.flatten() {
            self.look()?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let path = entry.path();
            if kind.is_dir() && depth > 0 {
                // A directory that may not be read has nothing to give.
                if let Ok(directory) = fs::read_dir(path) {
                    self.walk(directory, depth - 1, fits)?;
                }
            } else if kind.is_file() && fits(&path) {
                let bytes = entry.metadata().map_or(0, |facts| facts.len());
                self.take(path, bytes)?;
            }
        }
        Ok(())
    }

    /// What was found, in the order of the names.
    pub(super) fn found(mut self) -> Vec<(PathBuf, u64)> {
        self.found.sort();
        self.found
    }
}

/// The files below a directory with their bytes, in the order of their names.
///
/// # Errors
///
/// Fails with the rest of a sentence when the directory can't be read, or holds more than `most`.
pub(super) fn files(directory: &Path, most: usize) -> Result<Vec<(PathBuf, u64)>, String> {
    let entries = fs::read_dir(directory)
        .map_err(|error| tr!("can't be read: {error}", error = phrase::system(&error)))?;
    let mut search = Search::new(most);
    search.below(entries, &|_| true)?;
    Ok(search.found())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_ends_after_so_many_entries_even_if_none_fits() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("deep")).unwrap();
        for name in ["a", ".hidden", "deep/b", "deep/c"] {
            fs::write(home.path().join(name), "x").unwrap();
        }
        let searched = |left: usize| {
            let mut search = Search::new(1);
            search.left = left;
            search.below(fs::read_dir(home.path()).unwrap(), &|_| false)
        };
        assert_eq!(searched(5), Ok(()));
        let why = searched(4).unwrap_err();
        assert!(why.contains("leads through more than"), "{why}");
    }
}
