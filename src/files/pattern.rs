//! Patterns that name several files: `*` and `?` within a name, `**` for directories at any depth.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::walk::Search;

/// Tells whether a path is a pattern.
pub(super) fn is_pattern(typed: &str) -> bool {
    typed.contains(['*', '?'])
}

/// The files that fit a pattern, with their bytes, in the order of their names.
///
/// # Errors
///
/// Fails with the rest of a sentence when there are more than `most`, or too much to look through.
pub(super) fn files(pattern: &Path, most: usize) -> Result<Vec<(PathBuf, u64)>, String> {
    let mut search = Search::new(most);
    let mut places = vec![PathBuf::new()];
    let mut parts = pattern.components();
    while let Some(part) = parts.next() {
        if part.as_os_str() == "**" {
            // What follows is looked for in all names below.
            let rest: Vec<String> = parts
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .filter(|part| part != "**")
                .collect();
            for place in &places {
                let here = or_here(place);
                // Some of the places may be no directories.
                if let Ok(entries) = fs::read_dir(here) {
                    search.below(entries, &|path| ends_with(path, here, &rest))?;
                }
            }
            return Ok(search.found());
        }
        let mut further = Vec::new();
        for place in &places {
            step(place, part, &mut search, &mut further)?;
        }
        places = further;
    }
    for path in places {
        if let Ok(facts) = fs::metadata(&path)
            && facts.is_file()
        {
            search.take(path, facts.len())?;
        }
    }
    Ok(search.found())
}

/// Adds the places that one part of a pattern leads to.
fn step(
    place: &Path,
    part: Component<'_>,
    search: &mut Search,
    further: &mut Vec<PathBuf>,
) -> Result<(), String> {
    let name = part.as_os_str().to_string_lossy();
    if !matches!(part, Component::Normal(_)) || !is_pattern(&name) {
        further.push(place.join(part));
        return Ok(());
    }
    let Ok(entries) = fs::read_dir(or_here(place)) else {
        return Ok(());
    };
    for entry in entries.flatten() {
        search.look()?;
        let found = entry.file_name();
        if fits(&found.to_string_lossy(), &name) {
            further.push(place.join(found));
        }
    }
    Ok(())
}

/// No path at all means the directory that one is in.
fn or_here(place: &Path) -> &Path {
    if place.as_os_str().is_empty() {
        Path::new(".")
    } else {
        place
    }
}

/// Tells whether the last parts of a path below `place` fit these.
fn ends_with(path: &Path, place: &Path, rest: &[String]) -> bool {
    let below = path.strip_prefix(place).unwrap_or(path);
    let names: Vec<_> = below
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    names.len() >= rest.len()
        && names
            .iter()
            .rev()
            .zip(rest.iter().rev())
            .all(|(name, part)| fits(name, part))
}

/// Tells whether a name fits a pattern. A star does not stand for the dot of a hidden one.
fn fits(name: &str, pattern: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let name: Vec<char> = name.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    let (mut n, mut p) = (0, 0);
    // Where the last star stands, and the name's character that it has come to.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == name.get(n) => {
                n += 1;
                p += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (n, p) = (from + 1, at + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_characters() {
        for (name, pattern) in [
            ("main.rs", "*.rs"),
            ("main.rs", "m??n*"),
            ("aab", "*ab"),
            ("数据.csv", "??.csv"),
            (".env", ".*"),
            ("x", "**"),
        ] {
            assert!(fits(name, pattern), "{name} {pattern}");
        }
        for (name, pattern) in [("main.rs", "*.r"), ("a", "??"), (".env", "*"), ("", "?")] {
            assert!(!fits(name, pattern), "{name} {pattern}");
        }
    }
}
