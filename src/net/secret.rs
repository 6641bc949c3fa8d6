//! Where each provider's key comes from, and the key itself when it is needed.
//!
//! Reads no environment: whoever makes [`Keys`] hands the values in. The environment goes before a
//! command, and that before a key that was kept. A command is run once, when its key is first
//! needed; kept keys are read anew each time, so one that is entered while the chat is open is used
//! by its next request. Invariant: nothing here prints a key, `Debug` and failures included.

use std::collections::BTreeMap;
use std::fmt;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

use super::credentials::{Credentials, Found, KeptKeys};
use crate::chat::{Failure, FailureKind};
use crate::phrase::{self, tr};

/// How long a key command may take; some ask for a password in a window of their own.
const KEY_COMMAND: Duration = Duration::from_secs(60);

/// Where a key comes from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// The provider needs no key.
    NotNeeded,
    /// An environment variable, and its value if it is set.
    Environment {
        /// The variable.
        name: String,
        /// Its value.
        value: Option<SecretString>,
    },
    /// A command that prints the key: the program and its arguments.
    Command(Vec<String>),
}

/// What to show of where a key comes from. Never the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The provider needs no key.
    NotNeeded,
    /// No key is set; the environment variable that would hold it.
    Missing(String),
    /// An environment variable that is set.
    Environment(String),
    /// A file where it is kept.
    Kept(String),
    /// A key is kept, but for this address, which is not the provider's.
    Elsewhere(String),
    /// A command that prints it.
    Command(String),
}

/// What a kept key must have been entered for to be a provider's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Binding {
    /// The provider's address, as [`super::credentials::address`] gives it.
    pub address: String,
    /// Providers whose keys are the same vendor's.
    pub siblings: Vec<String>,
}

impl Source {
    /// Tells whether requests can be made: no key is needed, or there is one.
    pub fn is_ready(&self) -> bool {
        match self {
            Self::Missing(_) | Self::Elsewhere(_) => false,
            Self::NotNeeded | Self::Environment(_) | Self::Kept(_) | Self::Command(_) => true,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNeeded => f.write_str(tr!("no key needed")),
            Self::Missing(name) => f.write_str(&tr!("{name} is not set", name)),
            Self::Environment(name) => f.write_str(name),
            Self::Kept(file) => f.write_str(file),
            Self::Elsewhere(address) => {
                f.write_str(&tr!("a key is kept for {address} only", address))
            }
            Self::Command(command) => f.write_str(&tr!("command: {command}", command)),
        }
    }
}

/// The keys of all providers.
#[derive(Debug, Default)]
pub struct Keys {
    entries: BTreeMap<String, Entry>,
    credentials: Option<Credentials>,
    /// Keys that were entered while the program runs; they go before all others.
    entered: Mutex<BTreeMap<String, SecretString>>,
}

#[derive(Debug)]
struct Entry {
    origin: Origin,
    binding: Binding,
    /// The key, checked; `None` where none is needed. `SecretString` prints no secret.
    resolved: OnceCell<Option<SecretString>>,
}

impl FromIterator<(String, Origin)> for Keys {
    fn from_iter<I: IntoIterator<Item = (String, Origin)>>(origins: I) -> Self {
        let entries = origins
            .into_iter()
            .map(|(provider, origin)| {
                let entry = Entry {
                    origin,
                    binding: Binding::default(),
                    resolved: OnceCell::new(),
                };
                (provider, entry)
            })
            .collect();
        Self {
            entries,
            credentials: None,
            entered: Mutex::default(),
        }
    }
}

impl Keys {
    /// These keys, and those that are kept there for the addresses that the providers have.
    #[must_use]
    pub fn with_kept(
        mut self,
        credentials: Credentials,
        bindings: impl IntoIterator<Item = (String, Binding)>,
    ) -> Self {
        for (provider, binding) in bindings {
            if let Some(entry) = self.entries.get_mut(&provider) {
                entry.binding = binding;
            }
        }
        self.credentials = Some(credentials);
        self
    }

    /// Where keys are kept, if they are.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// The address that a provider's key is kept for.
    pub fn address(&self, provider: &str) -> Option<&str> {
        let entry = self.entries.get(provider)?;
        Some(&entry.binding.address)
    }

    /// What to show of where a provider's key comes from. A provider that nothing is known of
    /// needs none.
    pub fn source(&self, provider: &str) -> Source {
        let Some(entry) = self.entries.get(provider) else {
            return Source::NotNeeded;
        };
        match &entry.origin {
            Origin::Environment {
                name,
                value: Some(_),
            } => Source::Environment(name.clone()),
            Origin::Command(command) => Source::Command(command.join(" ")),
            Origin::NotNeeded | Origin::Environment { value: None, .. } => {
                // Whoever reads the configuration has said what is wrong with the file.
                let kept = self.kept().unwrap_or_default();
                match (find(&kept, provider, &entry.binding), &entry.origin) {
                    (Some(Found::Key(_, in_keyring)), _) => Source::Kept(self.place(in_keyring)),
                    (Some(Found::Elsewhere(address)), _) => Source::Elsewhere(address.to_owned()),
                    (None, Origin::Environment { name, .. }) => Source::Missing(name.clone()),
                    (None, Origin::NotNeeded | Origin::Command(_)) => Source::NotNeeded,
                }
            }
        }
    }

    /// A provider's key, or `None` where none is needed. What a command prints is kept in mind.
    ///
    /// # Errors
    ///
    /// [`FailureKind::NoKey`] when none is set, [`FailureKind::Setup`] when it can't be one or
    /// its command fails.
    pub async fn key(&self, provider: &str) -> Result<Option<SecretString>, Failure> {
        let Some(entry) = self.entries.get(provider) else {
            return Ok(None);
        };
        if let Some(key) = self.entered_key(provider) {
            return Ok(Some(key));
        }
        match &entry.origin {
            Origin::NotNeeded | Origin::Environment { value: None, .. } => {
                self.kept_key(provider, entry)
            }
            Origin::Environment { .. } | Origin::Command(_) => {
                let key = entry.resolved.get_or_try_init(|| resolve(&entry.origin));
                key.await.cloned()
            }
        }
    }

    /// Uses a key from now on, for a provider and those that the same key opens at the same
    /// address; keeps it in the file too, if it is to outlast the program. Returns whom it serves.
    ///
    /// # Errors
    ///
    /// A sentence, without the key, when it can't be one, or can't be kept; then it is not used.
    pub fn enter(&self, provider: &str, key: &str, keep: bool) -> Result<Vec<String>, String> {
        let entry = self.entries.get(provider);
        let entry = entry.ok_or_else(|| tr!("there is no provider “{provider}”", provider))?;
        let key = check(key, tr!("the key")).map_err(|failure| failure.message)?;
        if keep {
            let credentials = self.credentials.as_ref().ok_or_else(|| {
                tr!("there is no home directory to keep the key in; Tab uses it for this time only")
                    .to_owned()
            })?;
            let kept = credentials.set(provider, &entry.binding.address, key.clone());
            kept.map_err(|error| error.to_string())?;
        }
        let kin = entry.binding.siblings.iter();
        let same = |id: &&String| self.address(id) == Some(&entry.binding.address);
        let mut serves: Vec<String> = kin.filter(same).cloned().collect();
        serves.push(provider.to_owned());
        let mut entered = self.entered.lock().unwrap_or_else(PoisonError::into_inner);
        for id in &serves {
            entered.insert(id.clone(), key.clone());
        }
        Ok(serves)
    }

    fn entered_key(&self, provider: &str) -> Option<SecretString> {
        let entered = self.entered.lock().unwrap_or_else(PoisonError::into_inner);
        entered.get(provider).cloned()
    }

    fn kept_key(&self, provider: &str, entry: &Entry) -> Result<Option<SecretString>, Failure> {
        let kept = self.kept()?;
        match (find(&kept, provider, &entry.binding), &entry.origin) {
            (Some(Found::Key(key, in_keyring)), _) => check(
                key.expose_secret(),
                &tr!("the key in {place}", place = self.place(in_keyring)),
            )
            .map(Some),
            (Some(Found::Elsewhere(address)), _) => Err(Failure::new(
                FailureKind::NoKey,
                tr!(
                    "the kept key is for {address}, and base_url names {other}: `mmchat key set {provider}` enters one for there",
                    address,
                    other = entry.binding.address,
                    provider
                ),
            )),
            (None, Origin::Environment { name, .. }) => {
                let message = match &kept.no_keyring {
                    Some(why) => tr!(
                        "{name} is not set, and the system keyring can't be used ({why})",
                        name,
                        why
                    ),
                    None => tr!("{name} is not set", name),
                };
                Err(Failure::new(FailureKind::NoKey, message))
            }
            (None, Origin::NotNeeded | Origin::Command(_)) => Ok(None),
        }
    }

    fn kept(&self) -> Result<KeptKeys, Failure> {
        let Some(credentials) = &self.credentials else {
            return Ok(KeptKeys::default());
        };
        let kept = credentials.read();
        kept.map_err(|error| Failure::new(FailureKind::Setup, error.to_string()))
    }

    fn place(&self, in_keyring: bool) -> String {
        let credentials = self.credentials.as_ref();
        credentials.map_or_else(String::new, |kept| kept.place_of(in_keyring))
    }
}

fn find<'a>(kept: &'a KeptKeys, provider: &str, binding: &Binding) -> Option<Found<'a>> {
    kept.find(provider, &binding.address, &binding.siblings)
}

async fn resolve(origin: &Origin) -> Result<Option<SecretString>, Failure> {
    match origin {
        Origin::NotNeeded | Origin::Environment { value: None, .. } => Ok(None),
        Origin::Environment {
            name,
            value: Some(value),
        } => check(
            value.expose_secret(),
            &tr!("the key in {place}", place = name),
        )
        .map(Some),
        Origin::Command(command) => {
            let printed = run(command).await?;
            check(
                printed.expose_secret(),
                tr!("the key that api_key_command prints"),
            )
            .map(Some)
        }
    }
}

/// Trims a key, and says what is wrong with one that no server could accept.
///
/// # Errors
///
/// [`FailureKind::Setup`] with a sentence that begins with `which` and does not repeat the key.
pub fn check(key: &str, which: &str) -> Result<SecretString, Failure> {
    let key = key.trim();
    let quoted = |quote: char| key.len() > 1 && key.starts_with(quote) && key.ends_with(quote);
    let wrong = if key.is_empty() {
        tr!("is empty")
    } else if key.contains(['\n', '\r']) {
        tr!("has more than one line")
    } else if quoted('"') || quoted('\'') {
        tr!("is in quotes: leave them out")
    } else if !key.is_ascii() {
        tr!("holds a character that is not ASCII")
    } else if key.contains(char::is_whitespace) {
        tr!("holds a space")
    } else if key.contains(|c: char| c.is_ascii_control()) {
        tr!("holds a control character")
    } else {
        return Ok(SecretString::from(key));
    };
    Err(Failure::new(
        FailureKind::Setup,
        tr!("{which} {wrong}", which, wrong),
    ))
}

/// Runs a key command and takes what it prints.
async fn run(command: &[String]) -> Result<SecretString, Failure> {
    let failed = |why: String| {
        let message = tr!("api_key_command failed: {why}", why);
        Failure::new(FailureKind::Setup, message)
    };
    let Some((program, arguments)) = command.split_first() else {
        return Err(failed(tr!("it is empty").to_owned()));
    };
    // The terminal belongs to the screen: a command that wants to ask must have a window.
    let running = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(KEY_COMMAND, running)
        .await
        .map_err(|_elapsed| {
            let seconds = KEY_COMMAND.as_secs();
            failed(tr!("no answer within {seconds} s", seconds))
        })?
        .map_err(|error| {
            let error = phrase::system(&error);
            failed(tr!("{program}: {error}", program, error))
        })?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let said = stderr.lines().find(|line| !line.trim().is_empty());
        let (status, said) = (output.status, said.unwrap_or_default().trim());
        return Err(failed(if said.is_empty() {
            tr!("{program} ended with {status}", program, status)
        } else {
            tr!(
                "{program} ended with {status}: {said}",
                program,
                status,
                said
            )
        }));
    }
    String::from_utf8(output.stdout)
        .map(SecretString::from)
        .map_err(|_not_utf8| failed(tr!("{program} printed no text", program)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(origin: Origin) -> Keys {
        Keys::from_iter([("p".to_owned(), origin)])
    }

    fn environment(value: &str) -> Keys {
        keys(Origin::Environment {
            name: "MY_KEY".to_owned(),
            value: Some(SecretString::from(value)),
        })
    }

    #[tokio::test]
    async fn a_key_is_trimmed() {
        let key = environment("  sk-secret\n")
            .key("p")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(key.expose_secret(), "sk-secret");
    }

    #[tokio::test]
    async fn keys_that_no_server_accepts_are_named_and_not_shown() {
        // RELIABILITY 102
        for (key, words) in [
            ("", "the key in MY_KEY is empty"),
            (" \n ", "empty"),
            ("sk-secret\nsecond", "more than one line"),
            ("sk-secret second", "a space"),
            ("sk-secret\u{7f}x", "control character"),
            ("sk-secret–dash", "not ASCII"),
            ("\"sk-secret\"", "in quotes"),
        ] {
            let failure = environment(key).key("p").await.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Setup);
            assert!(failure.message.contains(words), "{failure:?}");
            assert!(!failure.message.contains("secret"), "{failure:?}");
        }
    }

    #[tokio::test]
    async fn a_missing_key_names_its_variable() {
        let keys = keys(Origin::Environment {
            name: "MY_KEY".to_owned(),
            value: None,
        });
        let failure = keys.key("p").await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::NoKey);
        assert_eq!(failure.message, "MY_KEY is not set");
        assert!(!keys.source("p").is_ready());
    }

    #[tokio::test]
    async fn unknown_providers_need_no_key() {
        assert!(Keys::default().key("p").await.unwrap().is_none());
        assert_eq!(Keys::default().source("p"), Source::NotNeeded);
    }

    #[tokio::test]
    async fn debug_and_source_never_show_the_key() {
        // RELIABILITY 101
        let keys = environment("sk-secret");
        keys.key("p").await.unwrap();
        let shown = format!("{keys:?} {:?} {}", keys.source("p"), keys.source("p"));
        assert!(shown.contains("MY_KEY"), "{shown}");
        assert!(!shown.contains("sk-secret"), "{shown}");
    }

    #[tokio::test]
    async fn a_kept_key_comes_after_the_environment_and_is_read_anew_each_time() {
        let home = tempfile::tempdir().unwrap();
        let credentials = Credentials::at(home.path().join("credentials.toml"));
        let url = "https://api.example/v1";
        let binding = || {
            let address = super::super::credentials::address(url);
            let siblings = Vec::new();
            [("p".to_owned(), Binding { address, siblings })]
        };
        let missing = Origin::Environment {
            name: "MY_KEY".to_owned(),
            value: None,
        };
        let kept = keys(missing).with_kept(credentials.clone(), binding());
        assert_eq!(kept.source("p"), Source::Missing("MY_KEY".to_owned()));
        credentials.set("p", url, "sk-kept".into()).unwrap();
        let key = kept.key("p").await.unwrap().unwrap();
        assert_eq!(key.expose_secret(), "sk-kept");
        assert!(matches!(kept.source("p"), Source::Kept(_)));
        assert!(!format!("{kept:?} {:?}", kept.source("p")).contains("sk-kept"));
        let set = environment("sk-env").with_kept(credentials.clone(), binding());
        let key = set.key("p").await.unwrap().unwrap();
        assert_eq!(key.expose_secret(), "sk-env");
        credentials
            .set("p", "https://other.example", "sk-other".into())
            .unwrap();
        let failure = kept.key("p").await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::NoKey);
        assert!(
            failure.message.contains("https://other.example"),
            "{failure:?}"
        );
        assert!(!kept.source("p").is_ready());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_key_command_is_run_once_and_its_failure_is_told() {
        let words = |words: &[&str]| {
            words
                .iter()
                .map(|&word| word.to_owned())
                .collect::<Vec<_>>()
        };
        let dir = tempfile::tempdir().unwrap();
        let mark = dir.path().join("mark").display().to_string();
        let script = "echo ran >> \"$0\"; echo sk-from-command";
        let once = keys(Origin::Command(words(&["sh", "-c", script, &mark])));
        for _ in 0..2 {
            let key = once.key("p").await.unwrap().unwrap();
            assert_eq!(key.expose_secret(), "sk-from-command");
        }
        assert_eq!(std::fs::read_to_string(&mark).unwrap(), "ran\n");

        let failing = keys(Origin::Command(words(&[
            "sh",
            "-c",
            "echo locked >&2; exit 3",
        ])));
        let failure = failing.key("p").await.unwrap_err();
        assert!(failure.message.contains("locked"), "{failure:?}");
        let absent = keys(Origin::Command(words(&["/no/such/program"])));
        let failure = absent.key("p").await.unwrap_err();
        assert!(failure.message.contains("/no/such/program"), "{failure:?}");
    }
}
