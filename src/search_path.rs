//! Where programs are: the directories of `$PATH`, and what in them may be run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The directories in which programs are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchPath(Vec<PathBuf>);

impl SearchPath {
    /// The search path that is written in the value of `$PATH`; an empty one if there is none.
    ///
    /// Directories that are not absolute are left out: which programs they hold would depend on
    /// where one stands, and that may be a directory of somebody else's.
    pub fn new(path: Option<&OsStr>) -> Self {
        let all = path.into_iter().flat_map(std::env::split_paths);
        Self(all.filter(|directory| directory.is_absolute()).collect())
    }

    /// The first program of that name.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        let mut places = self.0.iter().map(|directory| directory.join(name));
        places.find(|path| is_program(path))
    }
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file() || path.with_extension("exe").is_file()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_first_file_that_may_be_run_is_the_program() {
        let home = tempfile::tempdir().unwrap();
        let place = |directory: &str, mode: u32| {
            let path = home.path().join(directory).join("paste");
            fs::create_dir(path.parent().unwrap()).unwrap();
            fs::write(&path, "#!/bin/sh\n").unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            path
        };
        let (text, program) = (place("a", 0o644), place("b", 0o755));
        let directories = [text.parent().unwrap(), program.parent().unwrap()];
        let path = std::env::join_paths(directories).unwrap();
        assert_eq!(SearchPath::new(Some(&path)).find("paste"), Some(program));
        assert_eq!(SearchPath::new(Some(&path)).find("copy"), None);
        let relative = Some(OsStr::new(".:bin"));
        assert_eq!(SearchPath::new(relative), SearchPath::default());
        assert_eq!(SearchPath::new(None), SearchPath::default());
    }
}
