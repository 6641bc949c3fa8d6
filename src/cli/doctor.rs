//! `mmchat doctor`: what works here and what does not, before anybody has to wonder.
//!
//! Only a broken configuration or store is a failure. A missing key, or something that the terminal
//! can't do, is told.

mod observe;
mod probe;
mod terminal;

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args::{DoctorArgs, Options};
use super::setup::{self, Environment};
use super::table::{Fit, Table};
use super::{Exit, Trouble, json, settings};
use crate::app::Keymap;
use crate::catalog::Catalog;
use crate::config::{Config, Network};
use crate::net::Keys;
use crate::phrase::{self, mark, tr};
use crate::store::look;
use probe::Probe;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// As it should be.
    Good,
    /// Worth knowing, and no failure.
    Note,
    /// Broken: mmchat can't work like this.
    Broken,
}

/// Something that was looked at.
#[derive(Debug)]
struct Finding {
    /// In English, as programs know it; said in the user's language.
    section: &'static str,
    /// Our own word, as `section` is one, or somebody's name.
    name: Cow<'static, str>,
    state: State,
    text: String,
}

impl Finding {
    fn new(
        section: &'static str,
        name: impl Into<Cow<'static, str>>,
        state: State,
        text: impl Into<String>,
    ) -> Self {
        Self {
            section,
            name: name.into(),
            state,
            text: text.into(),
        }
    }
}

/// Looks at everything and prints it.
pub(super) fn run(
    options: &Options,
    doctor: DoctorArgs,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let mut findings = terminal::findings(environment);
    let config = configuration(options, &mut findings);
    let catalog = config.catalog();
    let keys = setup::keys(options, &catalog, environment);
    findings.extend(key_findings(&catalog, &keys));
    let directory = setup::data_dir(options);
    findings.push(store(directory.clone()));
    findings.extend(directory.and_then(|directory| conversations(&directory)));
    findings.extend(network(&config.network, environment));
    let probes = if doctor.probe {
        probe::run(options, &catalog, &config.network, keys, environment)?
    } else {
        Vec::new()
    };
    let is_broken = findings
        .iter()
        .any(|finding| finding.state == State::Broken);
    let mut out = io::stdout().lock();
    if doctor.json {
        let report = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "ok": !is_broken,
            "findings": findings.iter().map(as_json).collect::<Vec<_>>(),
            "probes": probes.iter().map(Probe::as_json).collect::<Vec<_>>(),
        });
        writeln!(out, "{}", json::to_text(&report))?;
    } else {
        print(&mut out, &findings)?;
        probe::print(&mut out, doctor.probe, &probes)?;
    }
    Ok(if is_broken {
        Exit::Failed
    } else {
        Exit::Success
    })
}

fn as_json(finding: &Finding) -> Value {
    json!({
        "section": finding.section,
        "name": finding.name,
        "state": match finding.state {
            State::Good => "good",
            State::Note => "note",
            State::Broken => "broken",
        },
        "text": finding.text,
    })
}

fn print(out: &mut impl Write, findings: &[Finding]) -> io::Result<()> {
    let mut table = Table::new([("", Fit::Fact), ("", Fit::Words)]);
    let mut section = "";
    for finding in findings {
        if finding.section != section {
            section = finding.section;
            table.heading(phrase::of(section));
        }
        let mark = match finding.state {
            State::Good => "✓",
            State::Note => "–",
            State::Broken => "✗",
        };
        let name = match &finding.name {
            Cow::Borrowed(word) => phrase::of(word),
            Cow::Owned(name) => name,
        };
        table.row([format!("{mark} {name}"), finding.text.clone()]);
    }
    table.write(out)
}

/// Looks at the configuration, as `mmchat config check` does; where it is broken, the defaults stand in
/// for it.
fn configuration(options: &Options, findings: &mut Vec<Finding>) -> Config {
    const SECTION: &str = mark("Configuration");
    let path = settings::path(options);
    let shown = path.as_deref().map_or_else(
        || tr!("no home directory, so there is none").to_owned(),
        |path| path.display().to_string(),
    );
    match settings::check(options) {
        Ok((config, keymap)) => {
            let there = path.is_some_and(|path| path.exists());
            let text = if there {
                shown
            } else {
                tr!("{path} (not there; the defaults hold)", path = shown)
            };
            findings.push(Finding::new(SECTION, mark("file"), State::Good, text));
            findings.push(bindings(&keymap, &config));
            config
        }
        Err(trouble) => {
            let text = trouble.to_string();
            findings.push(Finding::new(SECTION, mark("file"), State::Broken, text));
            // A theme or a file that is not there leaves the rest of it as it is.
            settings::load(options).map_or_else(|_broken| Config::default(), |(config, _)| config)
        }
    }
}

fn bindings(keymap: &Keymap, config: &Config) -> Finding {
    let bare = crate::app::command::SPECS
        .iter()
        .filter(|spec| !spec.keys.is_empty() && keymap.keys(spec.command).is_empty())
        .count();
    let text = match (config.keys.len(), bare) {
        (0, _) => tr!("the default ones").to_owned(),
        (own, 0) => tr!("{own} of your own", own),
        (own, bare) => tr!(
            "{own} of your own; {bare} actions have no key (see `mmchat keys`)",
            own,
            bare
        ),
    };
    Finding::new(
        mark("Configuration"),
        mark("key bindings"),
        State::Good,
        text,
    )
}

fn key_findings(catalog: &Catalog, keys: &Keys) -> Vec<Finding> {
    let mut findings: Vec<Finding> = catalog
        .providers
        .iter()
        .filter(|provider| provider.wants_key())
        .map(|provider| {
            let source = keys.source(&provider.id);
            let state = if source.is_ready() {
                State::Good
            } else {
                State::Note
            };
            Finding::new("Keys", provider.id.clone(), state, source.to_string())
        })
        .collect();
    if findings.iter().all(|finding| finding.state == State::Note) {
        let text = tr!(
            "no key is set; the built-in demo works without one. `mmchat key set PROVIDER` keeps one"
        );
        let step = Finding::new(mark("Keys"), mark("first step"), State::Note, text);
        findings.push(step);
    }
    findings
}

/// Whether conversations could be kept there.
fn store(directory: Option<PathBuf>) -> Finding {
    let finding = |state, text: String| Finding::new(mark("Store"), mark("directory"), state, text);
    let Some(path) = directory else {
        let text = tr!("no home directory; nothing can be kept");
        return finding(State::Note, text.to_owned());
    };
    let shown = path.display();
    let there = path.ancestors().find(|place| place.exists());
    let there = match there {
        Some(place) if place.is_dir() => place,
        Some(place) => {
            let place = place.display();
            let text = tr!("{place} is a file; it has to be a directory", place);
            return finding(State::Broken, text);
        }
        None => return finding(State::Broken, tr!("{shown} can't be made", shown)),
    };
    match can_write(there) {
        Err(error) => finding(
            State::Broken,
            tr!(
                "{path} can't be written: {error}",
                path = shown,
                error = phrase::system(&error)
            ),
        ),
        Ok(()) if there == path => {
            let kib = size(&path).div_ceil(1024);
            finding(
                State::Good,
                tr!("{shown} ({kib} KiB, writable)", shown, kib),
            )
        }
        Ok(()) => finding(State::Good, tr!("{shown} (made when it is needed)", shown)),
    }
}

/// How the conversations are that are kept there. They are read and left as they are.
fn conversations(directory: &Path) -> Option<Finding> {
    let finding = |state, text| Some(Finding::new("Store", mark("conversations"), state, text));
    let health = match look(directory) {
        Ok(health) => health?,
        Err(error) => return finding(State::Broken, error.to_string()),
    };
    let (count, version) = (health.conversations, health.version);
    let noun = if count == 1 {
        tr!("conversation")
    } else {
        tr!("conversations")
    };
    let kib = health.bytes.div_ceil(1024);
    let facts = tr!(
        "{count} {noun}, {kib} KiB, version {version} of the tables",
        count,
        noun,
        kib,
        version
    );
    match health.damage {
        None => finding(State::Good, tr!("{facts}; every page is sound", facts)),
        Some(damage) => {
            let text = tr!(
                "{facts}; it is damaged ({damage}). The next chat sets the file aside and goes on with what can be read",
                facts,
                damage
            );
            finding(State::Broken, text)
        }
    }
}

/// Tries it, since permissions alone do not tell of read-only disks.
fn can_write(directory: &Path) -> io::Result<()> {
    let path = directory.join(format!(".mmchat-{:016x}", fastrand::u64(..)));
    std::fs::File::create_new(&path)?;
    std::fs::remove_file(&path)
}

/// The bytes of the files in a directory.
fn size(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .filter(std::fs::Metadata::is_file)
        .map(|about| about.len())
        .sum()
}

fn network(network: &Network, environment: &Environment) -> Vec<Finding> {
    const SECTION: &str = mark("Network");
    let proxies = setup::proxies(environment).shown();
    let proxy = if !network.proxy.is_empty() {
        format!(
            "{} (network.proxy)",
            crate::net::shown_proxy(&network.proxy)
        )
    } else if proxies.is_empty() {
        tr!("none").to_owned()
    } else {
        proxies.join(tr!(", "))
    };
    let mut findings = vec![Finding::new(SECTION, mark("proxy"), State::Good, proxy)];
    if !network.ca_file.is_empty() {
        // That it is not there is told of the configuration already.
        let there = Path::new(&network.ca_file).is_file();
        findings.extend(there.then(|| {
            let file = network.ca_file.clone();
            Finding::new(SECTION, "network.ca_file", State::Good, file)
        }));
    }
    if network.allow_plain_http {
        let text = tr!("network.allow_plain_http is set: keys may cross the network in the clear");
        findings.push(Finding::new(SECTION, mark("plain HTTP"), State::Note, text));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_no_directory_is_broken_and_one_that_can_be_made_is_not() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        std::fs::write(&file, "x").unwrap();
        assert_eq!(store(Some(file.clone())).state, State::Broken);
        assert_eq!(store(Some(file.join("below"))).state, State::Broken);
        let fresh = home.path().join("a/b");
        assert_eq!(store(Some(fresh.clone())).state, State::Good);
        assert!(!fresh.exists(), "looking makes nothing");
        assert_eq!(store(Some(home.path().to_owned())).state, State::Good);
        assert_eq!(store(None).state, State::Note);
        assert_eq!(size(home.path()), 1);
    }
}
