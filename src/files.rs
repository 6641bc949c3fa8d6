//! Files that go along with messages: read, listed and looked for.
//!
//! File systems may hang, so the loop has all of it done on threads of their own, which nobody
//! waits for. A pipe is never opened: that would wait for its other end.

mod clipboard;
mod pattern;
mod walk;

use std::collections::HashMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::app::attached::{self, Found, Many, Wanted};
use crate::chat::{Attachment, MOST_IMAGE_BYTES, safe, short_bytes};
use crate::phrase::{self, tr};

use clipboard::Clipboard;

/// The most files that a directory or a pattern may come to.
const MOST_FILES: usize = 200;
/// The most entries of a directory that are looked at to complete a path.
const MOST_ENTRIES: usize = 10_000;
/// The most paths that are offered.
const MOST_OFFERED: usize = 50;

/// Where files are looked for.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// What `~` means.
    home: Option<PathBuf>,
    clipboard: Clipboard,
}

impl Files {
    /// Finds out where files are. `variables` are those of the environment.
    pub fn find(variables: &HashMap<String, String>) -> Self {
        let home = variables.get("HOME").filter(|home| !home.is_empty());
        Self {
            // Without the variable, the system knows.
            home: home.map(PathBuf::from).or_else(std::env::home_dir),
            clipboard: Clipboard::of(variables),
        }
    }

    /// Fetches something that is to go along with a message.
    ///
    /// # Errors
    ///
    /// Fails with a sentence that says why there is nothing.
    pub fn fetch(
        &self,
        wanted: Wanted,
    ) -> impl Future<Output = Result<Found, String>> + Send + 'static {
        let own = self.clone();
        async move {
            match wanted {
                Wanted::Clipboard => {
                    let image = own.clipboard.image().await?;
                    Ok(Found::Read(vec![image], Vec::new()))
                }
                Wanted::Typed(typed) => on_a_thread(move || own.typed(&typed)).await?,
                Wanted::Files(files) => on_a_thread(move || Ok(read_all(&files))).await?,
                Wanted::Resource { uri, .. } => Err(tr!("{uri} is no file", uri)),
            }
        }
    }

    /// The files whose path begins as typed, directories first; none where nothing can be read.
    pub fn paths(
        &self,
        typed: String,
    ) -> impl Future<Output = Vec<attached::Path>> + Send + 'static {
        let own = self.clone();
        let listed = on_a_thread(move || own.list(&typed));
        async move { listed.await.unwrap_or_default() }
    }

    /// What a path, a directory or a pattern comes to.
    fn typed(&self, typed: &str) -> Result<Found, String> {
        let path = self.place(typed);
        let failed = |why: String| format!("{} {why}", safe::one_line(typed));
        // A file may really be called `[a].txt`.
        if let Ok(facts) = fs::metadata(&path) {
            if !facts.is_dir() {
                return Ok(Found::Read(vec![read(&path)?], Vec::new()));
            }
            let files = walk::files(&path, MOST_FILES).map_err(failed)?;
            return several(typed, files);
        }
        if !pattern::is_pattern(typed) {
            let error = fs::metadata(&path).err();
            let why = error.map_or_else(String::new, |error| phrase::system(&error));
            return Err(failed(tr!("can't be read: {why}", why)));
        }
        let files = pattern::files(&path, MOST_FILES).map_err(failed)?;
        several(typed, files)
    }

    /// A path as typed, where no shell has read it: `~` is written out.
    pub fn place(&self, typed: &str) -> PathBuf {
        match (&self.home, typed.strip_prefix('~')) {
            (Some(home), Some("")) => home.clone(),
            (Some(home), Some(rest)) if rest.starts_with('/') => {
                home.join(rest.trim_start_matches('/'))
            }
            _ => PathBuf::from(typed),
        }
    }

    fn list(&self, typed: &str) -> Vec<attached::Path> {
        let cut = typed.rfind('/').map_or(0, |slash| slash + 1);
        let (directory, begun) = typed.split_at_checked(cut).unwrap_or(("", typed));
        let place = match directory {
            "" => PathBuf::from("."),
            directory => self.place(directory),
        };
        let Ok(entries) = fs::read_dir(&place) else {
            return Vec::new();
        };
        let wanted = begun.to_lowercase();
        let mut found: Vec<(bool, bool, String, attached::Path)> = Vec::new();
        for entry in entries.take(MOST_ENTRIES).flatten() {
            // A name that is no text can't be typed.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let lower = name.to_lowercase();
            let is_hidden = name.starts_with('.') && !begun.starts_with('.');
            let fits = lower.starts_with(&wanted) || lower.contains(&wanted);
            if is_hidden || !fits || name.chars().any(char::is_control) {
                continue;
            }
            let path = place.join(&name);
            // What a link leads to counts.
            let Ok(facts) = fs::metadata(&path) else {
                continue;
            };
            if !facts.is_dir() && !facts.is_file() {
                continue;
            }
            let slash = if facts.is_dir() { "/" } else { "" };
            let offered = attached::Path {
                typed: format!("{directory}{name}{slash}"),
                place: path,
                bytes: facts.is_file().then_some(facts.len()),
            };
            found.push((!lower.starts_with(&wanted), facts.is_file(), lower, offered));
        }
        found.sort_by(|a, b| (a.0, a.1, &a.2).cmp(&(b.0, b.1, &b.2)));
        let offered = found.into_iter().map(|(.., offered)| offered);
        offered.take(MOST_OFFERED).collect()
    }
}

/// Reads a file that is to go along with a message.
///
/// # Errors
///
/// Fails with a sentence that says why it can't.
pub fn read(path: &Path) -> Result<Attachment, String> {
    let name = path.file_name().unwrap_or(path.as_os_str());
    read_as(path, name.to_string_lossy().into_owned())
}

fn read_as(path: &Path, name: String) -> Result<Attachment, String> {
    let shown = safe::one_line(&path.to_string_lossy());
    let failed = |error: std::io::Error| {
        let error = phrase::system(&error);
        tr!("{name} can't be read: {error}", name = shown, error)
    };
    let facts = fs::metadata(path).map_err(failed)?;
    if facts.is_dir() {
        return Err(tr!(
            "{shown} is a directory; name the files in it that are meant",
            shown
        ));
    }
    if !facts.is_file() {
        return Err(tr!("{shown} is no plain file", shown));
    }
    let large = usize::try_from(facts.len()).unwrap_or(usize::MAX);
    if large > MOST_IMAGE_BYTES {
        let size = short_bytes(large);
        return Err(tr!(
            "{shown} is {size}; at most 8 MiB of text or an image of 10 MiB can be attached",
            shown,
            size
        ));
    }
    let mut bytes = Vec::with_capacity(large);
    let most = MOST_IMAGE_BYTES as u64 + 1;
    let file = fs::File::open(path).map_err(failed)?;
    file.take(most).read_to_end(&mut bytes).map_err(failed)?;
    Attachment::read(name, bytes).map_err(|why| format!("{shown} {why}"))
}

/// Reads files that were all meant. Several are told apart by their paths.
fn read_all(files: &[PathBuf]) -> Found {
    let here = std::env::current_dir().ok();
    let (mut attachments, mut refused) = (Vec::new(), Vec::new());
    for path in files {
        let within = here
            .as_deref()
            .and_then(|here| path.strip_prefix(here).ok());
        let long = within.unwrap_or(path).to_string_lossy();
        let read = match files.len() {
            1 => read(path),
            _ => read_as(path, long.trim_start_matches("./").to_owned()),
        };
        match read {
            Ok(attachment) => attachments.push(attachment),
            Err(why) => refused.push(why),
        }
    }
    Found::Read(attachments, refused)
}

/// Several files ask first; a pattern that only one file fits is as good as its name.
fn several(typed: &str, files: Vec<(PathBuf, u64)>) -> Result<Found, String> {
    let shown = safe::one_line(typed);
    match files.as_slice() {
        [] => Err(tr!("{shown} matches no files", shown)),
        [(only, _)] if pattern::is_pattern(typed) => Ok(Found::Read(vec![read(only)?], Vec::new())),
        _ => Ok(Found::Several(Many {
            typed: typed.to_owned(),
            files,
            top: 0,
        })),
    }
}

/// Has something done where it may hang.
///
/// # Errors
///
/// Fails with a sentence when no thread can be started.
pub(crate) fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = Result<T, String>> + Send + 'static {
    let (done, result) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("files".to_owned());
    let started = thread.spawn(move || drop(done.send(work())));
    async move {
        started.map_err(|error| tr!("No file can be read or written now: {error}", error))?;
        let lost = |_| tr!("The file could not be read or written").to_owned();
        result.await.map_err(lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("main.rs", "fn main() {}\n"),
            ("Makefile", "all:\n"),
            (".hidden", "secret"),
            ("src/lib.rs", "//! lib\n"),
            ("src/deep/mod.rs", "mod x;\n"),
            ("data.bin", "a\0b"),
        ] {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        home
    }

    fn files(home: &Path) -> Files {
        Files::find(&HashMap::from([(
            "HOME".to_owned(),
            home.to_str().unwrap().to_owned(),
        )]))
    }

    fn typed(files: &Files, typed: &str) -> Vec<String> {
        files
            .list(typed)
            .into_iter()
            .map(|path| path.typed)
            .collect()
    }

    #[test]
    fn paths_are_completed_directories_first_and_hidden_ones_only_on_demand() {
        let home = tree();
        let files = files(home.path());
        assert_eq!(
            typed(&files, "~/"),
            ["~/src/", "~/data.bin", "~/main.rs", "~/Makefile"]
        );
        assert_eq!(typed(&files, "~/ma"), ["~/main.rs", "~/Makefile"]);
        assert_eq!(typed(&files, "~/.h"), ["~/.hidden"]);
        assert_eq!(typed(&files, "~/src/deep/m"), ["~/src/deep/mod.rs"]);
        assert_eq!(typed(&files, "~/gone/"), [""; 0]);
    }

    #[test]
    fn a_directory_or_a_pattern_asks_first_and_a_file_does_not() {
        let home = tree();
        let files = files(home.path());
        let found = files.typed("~/main.rs").unwrap();
        assert!(matches!(&found, Found::Read(read, _) if read[0].name == "main.rs"));
        let Found::Several(many) = files.typed("~/src").unwrap() else {
            panic!("a directory asks");
        };
        assert_eq!((many.files.len(), many.bytes()), (2, 15));
        let Found::Several(many) = files.typed("~/**/*.rs").unwrap() else {
            panic!("a pattern asks");
        };
        assert_eq!(many.files.len(), 3);
        assert!(matches!(files.typed("~/main.*").unwrap(), Found::Read(..)));
        assert!(files.typed("~/*.py").unwrap_err().contains("no files"));
        assert!(files.typed("~/gone").unwrap_err().contains("can't be read"));
        let why = files.typed("~/data.bin").unwrap_err();
        assert!(why.contains("is binary"), "{why}");
    }

    #[test]
    fn a_pattern_that_fits_too_much_is_given_up_and_others_are_not() {
        let home = tempfile::tempdir().unwrap();
        let logs = home.path().join("logs/old");
        fs::create_dir_all(&logs).unwrap();
        for n in 0..=MOST_FILES {
            fs::write(logs.join(format!("{n}.log")), "x").unwrap();
        }
        fs::write(logs.join("one.md"), "x").unwrap();
        let files = files(home.path());
        for all in ["~/**/*", "~/logs/**", "~/logs/old/*", "~/l*/o*/*", "~/logs"] {
            let why = files.typed(all).unwrap_err();
            assert!(why.contains("more than 200 files; name fewer"), "{why}");
        }
        // What does not fit counts for nothing.
        for one in ["~/**/*.md", "~/*/*/o*"] {
            assert!(
                matches!(files.typed(one).unwrap(), Found::Read(..)),
                "{one}"
            );
        }
    }

    #[test]
    fn of_several_files_those_that_can_not_be_read_are_told() {
        let home = tree();
        let at = |name: &str| home.path().join(name);
        let found = read_all(&[at("main.rs"), at("data.bin"), at("src/lib.rs")]);
        let Found::Read(read, refused) = found else {
            panic!("they were all meant");
        };
        assert_eq!((read.len(), refused.len()), (2, 1));
        assert!(read[1].name.ends_with("src/lib.rs"), "{}", read[1].name);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_never_opened() {
        let home = tempfile::tempdir().unwrap();
        let pipe = home.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert!(read(&pipe).unwrap_err().contains("no plain file"));
    }
}
