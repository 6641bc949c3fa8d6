//! `mmchat doctor`: what works here and what does not, before anybody has to wonder.
//!
//! Only a broken configuration or store is a failure. A missing key, or something that the terminal
//! can't do, is told.

mod observe;
mod probe;
mod terminal;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args::{DoctorArgs, Options};
use super::setup::{self, Environment};
use super::{Exit, Trouble, json};
use crate::app::Keymap;
use crate::catalog::Catalog;
use crate::chat::safe;
use crate::config::{Config, Network};
use crate::net::Keys;
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
    section: &'static str,
    name: String,
    state: State,
    text: String,
}

impl Finding {
    fn new(section: &'static str, name: &str, state: State, text: impl Into<String>) -> Self {
        Self {
            section,
            name: name.to_owned(),
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
    let mut section = "";
    for finding in findings {
        if finding.section != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            section = finding.section;
            writeln!(out, "{gap}{section}")?;
        }
        let mark = match finding.state {
            State::Good => "✓",
            State::Note => "–",
            State::Broken => "✗",
        };
        let name = safe::one_line(&finding.name);
        let text = safe::visible(finding.text.trim_end()).replace('\n', "\n      ");
        writeln!(out, "  {mark} {name:<20} {text}")?;
    }
    Ok(())
}

/// Looks at the configuration; where it is broken, the defaults stand in for it.
fn configuration(options: &Options, findings: &mut Vec<Finding>) -> Config {
    const SECTION: &str = "Configuration";
    let path = setup::config_path(options);
    let shown = path.as_deref().map_or_else(
        || "no home directory, so there is none".to_owned(),
        |path| path.display().to_string(),
    );
    match setup::load(options) {
        Ok((config, keymap)) => {
            let there = path.is_some_and(|path| path.exists());
            let remark = if there {
                ""
            } else {
                " (not there; the defaults hold)"
            };
            let text = format!("{shown}{remark}");
            findings.push(Finding::new(SECTION, "file", State::Good, text));
            findings.push(bindings(&keymap, &config));
            config
        }
        Err(trouble) => {
            let text = trouble.to_string();
            findings.push(Finding::new(SECTION, "file", State::Broken, text));
            Config::default()
        }
    }
}

fn bindings(keymap: &Keymap, config: &Config) -> Finding {
    let bare = crate::app::command::SPECS
        .iter()
        .filter(|spec| !spec.keys.is_empty() && keymap.keys(spec.command).is_empty())
        .count();
    let text = match (config.keys.len(), bare) {
        (0, _) => "the default ones".to_owned(),
        (own, 0) => format!("{own} of your own"),
        (own, bare) => format!("{own} of your own; {bare} actions have no key (see `mmchat keys`)"),
    };
    Finding::new("Configuration", "key bindings", State::Good, text)
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
            Finding::new("Keys", &provider.id, state, source.to_string())
        })
        .collect();
    if findings.iter().all(|finding| finding.state == State::Note) {
        let text = "no key is set; the built-in demo works without one. `mmchat key set PROVIDER` keeps one";
        findings.push(Finding::new("Keys", "first step", State::Note, text));
    }
    findings
}

/// Whether conversations could be kept there.
fn store(directory: Option<PathBuf>) -> Finding {
    let finding = |state, text: String| Finding::new("Store", "directory", state, text);
    let Some(path) = directory else {
        return finding(
            State::Note,
            "no home directory; nothing can be kept".to_owned(),
        );
    };
    let shown = path.display();
    let there = path.ancestors().find(|place| place.exists());
    let there = match there {
        Some(place) if place.is_dir() => place,
        Some(place) => {
            let text = format!("{} is a file; it has to be a directory", place.display());
            return finding(State::Broken, text);
        }
        None => return finding(State::Broken, format!("{shown} can't be made")),
    };
    match can_write(there) {
        Err(error) => finding(
            State::Broken,
            format!("{shown} can't be written to: {error}"),
        ),
        Ok(()) if there == path => {
            let kib = size(&path).div_ceil(1024);
            finding(State::Good, format!("{shown} ({kib} KiB, writable)"))
        }
        Ok(()) => finding(State::Good, format!("{shown} (made when it is needed)")),
    }
}

/// How the conversations are that are kept there. They are read and left as they are.
fn conversations(directory: &Path) -> Option<Finding> {
    let finding = |state, text| Some(Finding::new("Store", "conversations", state, text));
    let health = match look(directory) {
        Ok(health) => health?,
        Err(error) => return finding(State::Broken, error.to_string()),
    };
    let (count, version) = (health.conversations, health.version);
    let noun = if count == 1 {
        "conversation"
    } else {
        "conversations"
    };
    let kib = health.bytes.div_ceil(1024);
    let facts = format!("{count} {noun}, {kib} KiB, version {version} of the tables");
    match health.damage {
        None => finding(State::Good, format!("{facts}; every page is sound")),
        Some(damage) => {
            let text = format!(
                "{facts}; it is damaged ({damage}). The next chat sets the file aside and goes on with what can be read"
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
    const SECTION: &str = "Network";
    let proxies = setup::proxies(environment).shown();
    let proxy = if !network.proxy.is_empty() {
        format!(
            "{} (network.proxy)",
            crate::net::shown_proxy(&network.proxy)
        )
    } else if proxies.is_empty() {
        "none".to_owned()
    } else {
        proxies.join(", ")
    };
    let mut findings = vec![Finding::new(SECTION, "proxy", State::Good, proxy)];
    if !network.ca_file.is_empty() {
        let there = Path::new(&network.ca_file).is_file();
        let (state, remark) = if there {
            (State::Good, "")
        } else {
            (State::Broken, " is not there")
        };
        let text = format!("{}{remark}", network.ca_file);
        findings.push(Finding::new(SECTION, "network.ca_file", state, text));
    }
    if network.allow_plain_http {
        let text = "network.allow_plain_http is set: keys may cross the network in the clear";
        findings.push(Finding::new(SECTION, "plain HTTP", State::Note, text));
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
