//! All files below a directory, but for hidden ones.

use std::fs;
use std::path::{Path, PathBuf};

/// How deep directories are looked into.
const MOST_DEPTH: usize = 32;

/// The files below a directory with their bytes, in the order of their names. Hidden ones are
/// passed over, and links: they may lead round in a circle.
///
/// # Errors
///
/// Fails with the rest of a sentence when there are more than `most`.
pub(super) fn files(directory: &Path, most: usize) -> Result<Vec<(PathBuf, u64)>, String> {
    let mut found = Vec::new();
    walk(directory, most, MOST_DEPTH, &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(
    directory: &Path,
    most: usize,
    depth: usize,
    found: &mut Vec<(PathBuf, u64)>,
) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("can't be read: {error}");
    for entry in fs::read_dir(directory).map_err(failed)?.flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() && depth > 0 {
            // A directory that may not be read has nothing to give.
            match walk(&entry.path(), most, depth - 1, found) {
                Err(why) if found.len() >= most => return Err(why),
                _ => {}
            }
        } else if kind.is_file() {
            if found.len() >= most {
                return Err(format!("comes to more than {most} files; name fewer"));
            }
            let bytes = entry.metadata().map_or(0, |facts| facts.len());
            found.push((entry.path(), bytes));
        }
    }
    Ok(())
}
