//! Where each provider's key comes from, and the key itself when it is needed.
//!
//! Reads no environment: whoever makes [`Keys`] hands the values in. A command is run once, when
//! its key is first needed. Invariant: nothing here prints a key, `Debug` and failures included.

use std::collections::BTreeMap;
use std::fmt;
use std::process::Stdio;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

use crate::chat::{Failure, FailureKind};

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
    /// A value that was stored, and the place to show for it.
    Stored {
        /// Where it is stored.
        place: String,
        /// The key.
        value: SecretString,
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
    /// A place where it is stored.
    Stored(String),
    /// A command that prints it.
    Command(String),
}

impl Source {
    /// Tells whether requests can be made: no key is needed, or there is one.
    pub fn is_ready(&self) -> bool {
        match self {
            Self::Missing(_) => false,
            Self::NotNeeded | Self::Environment(_) | Self::Stored(_) | Self::Command(_) => true,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNeeded => f.write_str("no key needed"),
            Self::Missing(name) => write!(f, "{name} is not set"),
            Self::Environment(name) => f.write_str(name),
            Self::Stored(place) => f.write_str(place),
            Self::Command(command) => write!(f, "command: {command}"),
        }
    }
}

/// The keys of all providers.
#[derive(Debug, Default)]
pub struct Keys {
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug)]
struct Entry {
    origin: Origin,
    /// The key, checked; `None` where none is needed. `SecretString` prints no secret.
    resolved: OnceCell<Option<SecretString>>,
}

impl FromIterator<(String, Origin)> for Keys {
    fn from_iter<I: IntoIterator<Item = (String, Origin)>>(origins: I) -> Self {
        let entries = origins
            .into_iter()
            .map(|(provider, origin)| {
                let resolved = OnceCell::new();
                (provider, Entry { origin, resolved })
            })
            .collect();
        Self { entries }
    }
}

impl Keys {
    /// What to show of where a provider's key comes from. A provider that nothing is known of
    /// needs none.
    pub fn source(&self, provider: &str) -> Source {
        match self.entries.get(provider).map(|entry| &entry.origin) {
            None | Some(Origin::NotNeeded) => Source::NotNeeded,
            Some(Origin::Environment { name, value: None }) => Source::Missing(name.clone()),
            Some(Origin::Environment {
                name,
                value: Some(_),
            }) => Source::Environment(name.clone()),
            Some(Origin::Stored { place, .. }) => Source::Stored(place.clone()),
            Some(Origin::Command(command)) => Source::Command(command.join(" ")),
        }
    }

    /// A provider's key, or `None` where none is needed. Found once, then kept.
    ///
    /// # Errors
    ///
    /// [`FailureKind::NoKey`] when none is set, [`FailureKind::Setup`] when it can't be one or
    /// its command fails.
    pub async fn key(&self, provider: &str) -> Result<Option<SecretString>, Failure> {
        let Some(entry) = self.entries.get(provider) else {
            return Ok(None);
        };
        let key = entry.resolved.get_or_try_init(|| resolve(&entry.origin));
        key.await.cloned()
    }
}

async fn resolve(origin: &Origin) -> Result<Option<SecretString>, Failure> {
    match origin {
        Origin::NotNeeded => Ok(None),
        Origin::Environment { name, value: None } => Err(Failure::new(
            FailureKind::NoKey,
            format!("{name} is not set"),
        )),
        Origin::Environment {
            name,
            value: Some(value),
        } => check(value.expose_secret(), &format!("the key in {name}")).map(Some),
        Origin::Stored { place, value } => {
            check(value.expose_secret(), &format!("the key in {place}")).map(Some)
        }
        Origin::Command(command) => {
            let printed = run(command).await?;
            check(
                printed.expose_secret(),
                "the key that api_key_command prints",
            )
            .map(Some)
        }
    }
}

/// Trims a key, and says what is wrong with one that no server could accept.
fn check(key: &str, which: &str) -> Result<SecretString, Failure> {
    let key = key.trim();
    let quoted = |quote: char| key.len() > 1 && key.starts_with(quote) && key.ends_with(quote);
    let wrong = if key.is_empty() {
        "is empty"
    } else if key.contains(['\n', '\r']) {
        "has more than one line"
    } else if quoted('"') || quoted('\'') {
        "is in quotes: leave them out"
    } else if !key.is_ascii() {
        "holds a character that is not ASCII"
    } else if key.contains(char::is_whitespace) {
        "holds a space"
    } else if key.contains(|c: char| c.is_ascii_control()) {
        "holds a control character"
    } else {
        return Ok(SecretString::from(key));
    };
    Err(Failure::new(FailureKind::Setup, format!("{which} {wrong}")))
}

/// Runs a key command and takes what it prints.
async fn run(command: &[String]) -> Result<SecretString, Failure> {
    let failed =
        |why: String| Failure::new(FailureKind::Setup, format!("api_key_command failed: {why}"));
    let Some((program, arguments)) = command.split_first() else {
        return Err(failed("it is empty".to_owned()));
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
        .map_err(|_elapsed| failed(format!("no answer within {} s", KEY_COMMAND.as_secs())))?
        .map_err(|error| failed(format!("{program}: {error}")))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let said = stderr.lines().find(|line| !line.trim().is_empty());
        let said = said
            .map(|line| format!(": {}", line.trim()))
            .unwrap_or_default();
        return Err(failed(format!(
            "{program} ended with {}{said}",
            output.status
        )));
    }
    String::from_utf8(output.stdout)
        .map(SecretString::from)
        .map_err(|_not_utf8| failed(format!("{program} printed no text")))
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
