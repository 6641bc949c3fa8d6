//! Keys that the user typed once: a file that only the user can read, or the system's keyring.
//!
//! In builds with the `keyring` feature new keys go to the keyring, and those that the file has count
//! on until they are entered again.
//!
//! Each key is kept with the provider and the address that it was entered for, and is given out
//! for that address alone: a configuration that sends a provider elsewhere does not take the key
//! along. Invariants: the file is replaced whole or not at all, nobody but its owner can read it,
//! and no error repeats what is in it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{keyring, route};
use crate::phrase::{self, tr};
use crate::private;

/// The largest file that is read, in bytes: keys are short.
const MOST_BYTES: u64 = 1024 * 1024;

/// Why kept keys can't be had or changed. Says nothing of what the file holds.
#[derive(Debug)]
pub enum CredentialsError {
    /// It is a directory, a pipe or a device.
    NotAFile(String),
    /// It is no file of ours.
    Unreadable {
        /// The file, and the line where it is known.
        place: String,
    },
    /// Others can read it, and that can't be changed.
    Open {
        /// The file.
        path: String,
        /// Why not.
        source: io::Error,
    },
    /// The system does not let it be read.
    Read {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The system does not let it be written.
    Write {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// There is no keyring, or it does not open.
    NoKeyring(String),
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::NotAFile(path) => tr!(
                "{path} is no plain file; move it away, then set the keys again",
                path
            ),
            Self::Unreadable { place } => tr!(
                "{place}: this is no file of keys; mend it or move it away, then set the keys again",
                place
            ),
            Self::Open { path, source } => tr!(
                "others can read {path}, and that could not be changed: {error}; its keys are not used",
                path,
                error = phrase::system(source)
            ),
            Self::Read { path, source } => tr!(
                "{name} can't be read: {error}",
                name = path,
                error = phrase::system(source)
            ),
            Self::Write { path, source } => tr!(
                "{path} can't be written: {error}",
                path,
                error = phrase::system(source)
            ),
            Self::NoKeyring(why) => tr!(
                "the system keyring can't be used ({why}); environment variables and api_key_command need none, and a build without the keyring feature keeps keys in a file",
                why
            ),
        })
    }
}

impl std::error::Error for CredentialsError {}

/// Where keys are kept. The file need not be there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    path: PathBuf,
    in_keyring: bool,
}

/// The keys as they were when they were read.
#[derive(Debug, Default)]
pub struct KeptKeys {
    entries: BTreeMap<String, Entry>,
    /// Whether others could read the file until now.
    pub was_open: bool,
    /// Why the keyring could not be read, if it could not.
    pub no_keyring: Option<String>,
}

/// A key and what it was entered for.
#[derive(Debug)]
struct Entry {
    address: String,
    key: SecretString,
    in_keyring: bool,
}

/// An entry as the file has it. Lives for as long as it takes to read or write it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    address: String,
    key: String,
}

/// What is kept for a provider.
#[derive(Debug)]
pub(super) enum Found<'a> {
    /// A key for its address, and whether the keyring has it.
    Key(&'a SecretString, bool),
    /// A key for another address, which is this.
    Elsewhere(&'a str),
}

impl Credentials {
    /// The keys that are kept in that file, and nowhere else.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            in_keyring: false,
        }
    }

    /// The user's keys: in the system's keyring if this build uses it, else in that file.
    pub fn of_user(path: impl Into<PathBuf>) -> Self {
        Self {
            in_keyring: keyring::IS_USED,
            ..Self::at(path)
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a key goes that is entered now, for people.
    pub fn place(&self) -> String {
        self.place_of(self.in_keyring)
    }

    /// Where a key is, for people.
    pub(super) fn place_of(&self, in_keyring: bool) -> String {
        if in_keyring {
            tr!("the system keyring").to_owned()
        } else {
            self.name()
        }
    }

    /// Reads them; a file that is not there holds none. One that others can read is made private. What
    /// the keyring has counts more.
    ///
    /// # Errors
    ///
    /// When there is something else in the file's place, it can't be read, or can't be made private.
    pub fn read(&self) -> Result<KeptKeys, CredentialsError> {
        let mut kept = self.read_file()?;
        if self.in_keyring {
            match keyring::read() {
                Ok(text) => kept.entries.extend(self.entries(&text, true)?),
                Err(why) => kept.no_keyring = Some(why),
            }
        }
        Ok(kept)
    }

    fn read_file(&self) -> Result<KeptKeys, CredentialsError> {
        let failed = |error| self.unread(error);
        match fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(KeptKeys::default());
            }
            Err(error) => return Err(failed(error)),
            // Opening a pipe would wait for its other end.
            Ok(about) if !about.is_file() => return Err(CredentialsError::NotAFile(self.name())),
            Ok(_) => {}
        }
        let file = File::open(&self.path).map_err(failed)?;
        let was_open = self.tighten(&file)?;
        let mut text = String::new();
        let read = file.take(MOST_BYTES).read_to_string(&mut text);
        read.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => self.unreadable(false, None),
            _ => failed(error),
        })?;
        Ok(KeptKeys {
            entries: self.entries(&text, false)?,
            was_open,
            no_keyring: None,
        })
    }

    fn entries(
        &self,
        text: &str,
        in_keyring: bool,
    ) -> Result<BTreeMap<String, Entry>, CredentialsError> {
        let written: BTreeMap<String, Written> = toml::from_str(text)
            // The library's message shows the line, and that may be a key.
            .map_err(|error| {
                self.unreadable(in_keyring, error.span().map(|span| (text, span.start)))
            })?;
        let entries = written.into_iter().map(|(provider, written)| {
            let entry = Entry {
                address: written.address,
                key: SecretString::from(written.key),
                in_keyring,
            };
            (provider, entry)
        });
        Ok(entries.collect())
    }

    /// Keeps a provider's key for the address that `base_url` names.
    ///
    /// # Errors
    ///
    /// When the file can't be read or written, or there is no keyring to keep it in.
    pub fn set(
        &self,
        provider: &str,
        base_url: &str,
        key: SecretString,
    ) -> Result<(), CredentialsError> {
        let mut kept = self.read()?;
        if let Some(why) = kept.no_keyring {
            return Err(CredentialsError::NoKeyring(why));
        }
        let entry = Entry {
            address: address(base_url),
            key,
            in_keyring: self.in_keyring,
        };
        kept.entries.insert(provider.to_owned(), entry);
        self.write(&kept)
    }

    /// Forgets a provider's key. Returns where it was, if there was one.
    ///
    /// # Errors
    ///
    /// When the file can't be read or written, or there is no keyring to look into.
    pub fn delete(&self, provider: &str) -> Result<Option<String>, CredentialsError> {
        let mut kept = self.read()?;
        match (kept.entries.remove(provider), &kept.no_keyring) {
            (Some(entry), _) => {
                self.write(&kept)?;
                Ok(Some(self.place_of(entry.in_keyring)))
            }
            (None, Some(why)) => Err(CredentialsError::NoKeyring(why.clone())),
            (None, None) => Ok(None),
        }
    }

    /// Writes each key where it belongs. One that moves to the keyring is there before it leaves the
    /// file.
    fn write(&self, kept: &KeptKeys) -> Result<(), CredentialsError> {
        if self.in_keyring && kept.no_keyring.is_none() {
            let text = self.text(kept, true)?;
            keyring::write(&text).map_err(CredentialsError::NoKeyring)?;
        }
        if kept.entries.values().all(|entry| entry.in_keyring) && !self.path.exists() {
            return Ok(());
        }
        let text = self.text(kept, false)?;
        let head =
            tr!("Keys that `mmchat key set` keeps. Each goes only to the address beside it.");
        self.replace(&format!("# {head}\n\n{text}"))
            .map_err(|error| CredentialsError::Write {
                path: self.name(),
                source: error,
            })
    }

    /// The keys that are in the keyring, or in the file, as they are written there.
    fn text(&self, kept: &KeptKeys, in_keyring: bool) -> Result<String, CredentialsError> {
        let here = kept.entries.iter();
        let here = here.filter(|(_, entry)| entry.in_keyring == in_keyring);
        let written: BTreeMap<&str, Written> = here
            .map(|(provider, entry)| {
                let written = Written {
                    address: entry.address.clone(),
                    key: entry.key.expose_secret().to_owned(),
                };
                (provider.as_str(), written)
            })
            .collect();
        toml::to_string(&written).map_err(|_unwritable| self.unreadable(in_keyring, None))
    }

    /// Puts a new file in the old one's place in one step. A link stays a link: what it leads to
    /// is replaced.
    fn replace(&self, text: &str) -> io::Result<()> {
        if let Some(directory) = self.path.parent() {
            private::directory(directory)?;
        }
        let target = if self.path.is_symlink() {
            fs::canonicalize(&self.path)?
        } else {
            self.path.clone()
        };
        private::replace(&target, text)
    }

    /// Makes the file its owner's alone. Returns whether it was not.
    #[cfg(unix)]
    fn tighten(&self, file: &File) -> Result<bool, CredentialsError> {
        use std::os::unix::fs::PermissionsExt;
        let mode = file
            .metadata()
            .map_err(|error| self.unread(error))?
            .permissions()
            .mode();
        let others = mode & 0o077;
        if others == 0 {
            return Ok(false);
        }
        file.set_permissions(fs::Permissions::from_mode(0o600))
            .map_err(|source| CredentialsError::Open {
                path: self.name(),
                source,
            })?;
        Ok(true)
    }

    #[cfg(not(unix))]
    fn tighten(&self, _: &File) -> Result<bool, CredentialsError> {
        // The user's own directories are private where permissions are lists.
        Ok(false)
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn unread(&self, source: io::Error) -> CredentialsError {
        let path = self.name();
        CredentialsError::Read { path, source }
    }

    fn unreadable(&self, in_keyring: bool, at: Option<(&str, usize)>) -> CredentialsError {
        let line = at.and_then(|(text, at)| Some(text.get(..at)?.matches('\n').count() + 1));
        let path = self.place_of(in_keyring);
        CredentialsError::Unreadable {
            place: line.map_or_else(|| path.clone(), |line| format!("{path}:{line}")),
        }
    }
}

impl KeptKeys {
    /// The key for a provider at an address: its own, or that of one of its siblings, whose keys
    /// are the same vendor's.
    pub(super) fn find(
        &self,
        provider: &str,
        address: &str,
        siblings: &[String],
    ) -> Option<Found<'_>> {
        let own = self.entries.get(provider);
        let kin = siblings.iter().filter_map(|name| self.entries.get(name));
        if let Some(entry) = own
            .into_iter()
            .chain(kin)
            .find(|entry| entry.address == address)
        {
            return Some(Found::Key(&entry.key, entry.in_keyring));
        }
        own.map(|entry| Found::Elsewhere(&entry.address))
    }
}

/// Scheme, host and port of a base URL: what a key is bound to. A URL that is none is its own
/// address; no request will ever be made to it.
pub fn address(base_url: &str) -> String {
    route::parse(base_url).map_or_else(
        |_| base_url.to_owned(),
        |url| url.origin().ascii_serialization(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://api.example/v1";

    fn there() -> (tempfile::TempDir, Credentials) {
        let home = tempfile::tempdir().unwrap();
        let credentials = Credentials::at(home.path().join("deep/er/credentials.toml"));
        (home, credentials)
    }

    fn key_of(credentials: &Credentials, provider: &str, url: &str) -> Option<String> {
        let kept = credentials.read().unwrap();
        match kept.find(provider, &address(url), &[]) {
            Some(Found::Key(key, _)) => Some(key.expose_secret().to_owned()),
            Some(Found::Elsewhere(_)) | None => None,
        }
    }

    #[test]
    fn a_key_goes_to_the_address_it_was_entered_for_and_to_no_other() {
        let (_home, credentials) = there();
        credentials.set("p", URL, "sk-1".into()).unwrap();
        assert_eq!(key_of(&credentials, "p", URL).as_deref(), Some("sk-1"));
        assert_eq!(
            key_of(&credentials, "p", "https://API.example:443/other").as_deref(),
            Some("sk-1")
        );
        for elsewhere in [
            "https://evil.example/v1",
            "http://api.example/v1",
            "https://api.example:8443/v1",
            "https://api.example.evil/v1",
        ] {
            assert_eq!(key_of(&credentials, "p", elsewhere), None, "{elsewhere}");
        }
        let kept = credentials.read().unwrap();
        let found = kept.find("p", "https://evil.example", &[]);
        assert!(matches!(
            found,
            Some(Found::Elsewhere("https://api.example"))
        ));
    }

    #[test]
    fn a_vendors_other_protocols_at_the_same_address_share_its_key() {
        let (_home, credentials) = there();
        credentials.set("a", URL, "sk-1".into()).unwrap();
        let kept = credentials.read().unwrap();
        let kin = ["a".to_owned()];
        assert!(matches!(
            kept.find("b", &address(URL), &kin),
            Some(Found::Key(..))
        ));
        assert!(kept.find("b", "https://evil.example", &kin).is_none());
        assert!(kept.find("b", &address(URL), &[]).is_none());
    }

    #[test]
    fn deleting_forgets_one_key_and_says_whether_there_was_one() {
        let (_home, credentials) = there();
        assert_eq!(credentials.delete("p").unwrap(), None);
        assert!(!credentials.path().exists());
        credentials.set("p", URL, "sk-1".into()).unwrap();
        credentials.set("q", URL, "sk-2".into()).unwrap();
        assert!(credentials.delete("p").unwrap().is_some());
        assert_eq!(key_of(&credentials, "p", URL), None);
        assert_eq!(key_of(&credentials, "q", URL).as_deref(), Some("sk-2"));
        let beside = fs::read_dir(credentials.path().parent().unwrap()).unwrap();
        assert_eq!(beside.count(), 1, "nothing temporary is left");
    }

    #[test]
    fn what_is_wrong_with_the_file_is_told_without_what_it_holds() {
        let (_home, credentials) = there();
        credentials.set("p", URL, "sk-1".into()).unwrap();
        for text in [
            "[p]\naddress = \"x\"\nkey = sk-secret\n",
            "[p]\naddress = \"x\"\nkey = [\"sk-secret\"]\n",
            "p = \"sk-secret\"\n",
            "[p]\nkey = \"sk-secret\"\naddress = \"x\"\nother = \"sk-secret\"\n",
        ] {
            fs::write(credentials.path(), text).unwrap();
            for error in [
                credentials.read().unwrap_err(),
                credentials.set("q", URL, "sk-2".into()).unwrap_err(),
            ] {
                let said = format!("{error} {error:?}");
                assert!(!said.contains("secret"), "{said}");
                assert!(said.contains("no file of keys"), "{said}");
            }
            assert_eq!(fs::read_to_string(credentials.path()).unwrap(), text);
        }
    }

    #[cfg(unix)]
    mod on_unix {
        use super::*;
        use std::os::unix::fs::{PermissionsExt, symlink};

        fn mode(path: &Path) -> u32 {
            fs::metadata(path).unwrap().permissions().mode() & 0o777
        }

        #[test]
        fn nobody_else_can_read_the_file_or_its_new_directory() {
            let (_home, credentials) = there();
            credentials.set("p", URL, "sk-1".into()).unwrap();
            assert_eq!(mode(credentials.path()), 0o600);
            assert_eq!(mode(credentials.path().parent().unwrap()), 0o700);
            fs::set_permissions(credentials.path(), fs::Permissions::from_mode(0o644)).unwrap();
            assert!(credentials.read().unwrap().was_open);
            assert_eq!(mode(credentials.path()), 0o600);
            assert!(!credentials.read().unwrap().was_open);
        }

        #[test]
        fn a_link_to_a_folder_of_settings_stays_a_link() {
            let home = tempfile::tempdir().unwrap();
            let real = home.path().join("dotfiles-credentials.toml");
            fs::write(&real, "").unwrap();
            let link = home.path().join("credentials.toml");
            symlink(&real, &link).unwrap();
            let credentials = Credentials::at(&link);
            credentials.set("p", URL, "sk-1".into()).unwrap();
            assert!(link.is_symlink());
            assert!(fs::read_to_string(&real).unwrap().contains("sk-1"));
            assert_eq!(mode(&real), 0o600);
        }

        #[test]
        fn a_pipe_or_a_directory_in_its_place_is_refused_and_never_waited_for() {
            let home = tempfile::tempdir().unwrap();
            let pipe = home.path().join("pipe");
            let made = std::process::Command::new("mkfifo").arg(&pipe).status();
            assert!(made.unwrap().success());
            for path in [pipe.as_path(), home.path(), Path::new("/dev/zero")] {
                let error = Credentials::at(path).read().unwrap_err();
                assert!(error.to_string().contains("no plain file"), "{error}");
            }
        }
    }
}
