//! Files and directories that are this user's alone, whatever the umask says.
//!
//! Invariants: a new file never opens or truncates what is at its place, not even through a link;
//! what can't be written to its end is taken away again; a file that is replaced is whole at any
//! moment, the old one or the new one.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Makes a directory, and those on the way there, that only the user can look into. One that is
/// there is left as it is.
///
/// # Errors
///
/// Fails when it can't be made, or when something else is at its place.
pub fn directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes an empty file that only the user can read and write.
///
/// # Errors
///
/// Fails when it can't be made, or when anything is at its place, a link included.
pub fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a text to a new file that only the user can read, and sees it to the disk.
///
/// # Errors
///
/// Fails when it can't be written, or when anything is at its place, a link included.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = create(path)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .inspect_err(|_| drop(fs::remove_file(path)))
}

/// Puts a new file in the place of the one that is there, in one step. A link is replaced itself,
/// not what it leads to.
///
/// # Errors
///
/// Fails when the new file can't be written, or can't take that place.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    // In the same directory, so that it is on the same disk; named apart from it, since a name may
    // be as long as the disk lets it be.
    let fresh = path.with_file_name(format!(".mmchat-{:016x}.new", fastrand::u64(..)));
    write(&fresh, text)?;
    fs::rename(&fresh, path).inspect_err(|_| drop(fs::remove_file(&fresh)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[cfg(unix)]
    #[test]
    fn what_is_made_is_the_users_alone() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("a/b");
        super::directory(&directory).unwrap();
        assert_eq!(mode(&home.path().join("a")), 0o700);
        assert_eq!(mode(&directory), 0o700);
        let path = directory.join("file");
        drop(create(&path).unwrap());
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        replace(&path, "closed again").unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_directory_that_is_there_will_do_and_a_file_will_not() {
        let home = tempfile::tempdir().unwrap();
        directory(home.path()).unwrap();
        directory(Path::new("")).unwrap();
        write(&home.path().join("file"), "x").unwrap();
        directory(&home.path().join("file")).unwrap_err();
    }

    #[cfg(unix)]
    #[test]
    fn nothing_that_is_there_is_written_over_not_even_through_a_link() {
        let home = tempfile::tempdir().unwrap();
        let (real, link) = (home.path().join("real"), home.path().join("link"));
        write(&real, "first").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        for path in [&real, &link] {
            let refused = write(path, "second").unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        }
        assert_eq!(fs::read_to_string(&real).unwrap(), "first");
        replace(&link, "third").unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "first");
        assert_eq!(fs::read_to_string(&link).unwrap(), "third");
        assert!(!link.is_symlink());
    }

    #[test]
    fn what_can_not_take_its_place_leaves_nothing_behind() {
        let home = tempfile::tempdir().unwrap();
        let taken = home.path().join("taken");
        fs::create_dir(&taken).unwrap();
        replace(&taken, "text").unwrap_err();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
