//! `mmchat config` and `mmchat keys`: the configuration, and the keys in force.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::args::{ConfigDeed, Options};
use super::setup::{self, Environment};
use super::{Exit, Trouble, json, themes};
use crate::app::command::SPECS;
use crate::chat::safe;
use crate::phrase;

/// The commented example, which parses to the defaults.
const EXAMPLE: &str = include_str!("../../config.example.toml");

/// Does something with the configuration.
pub(super) fn run(
    options: &Options,
    deed: ConfigDeed,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let path = setup::config_path(options);
    let path = path.ok_or_else(|| {
        Trouble::new(
            Exit::Failed,
            "there is no home directory; name a file with --config",
        )
    })?;
    let mut out = io::stdout().lock();
    match deed {
        // A script wants the very name; a terminal gets none that acts on it.
        ConfigDeed::Path if !out.is_terminal() => writeln!(out, "{}", path.display())?,
        ConfigDeed::Path => writeln!(out, "{}", shown(&path))?,
        ConfigDeed::Init => {
            create(&path)?;
            writeln!(out, "{}", shown(&path))?;
        }
        ConfigDeed::Show => {
            setup::load(options)?;
            let text = std::fs::read_to_string(&path).unwrap_or_else(|_| EXAMPLE.to_owned());
            out.write_all(safe::visible(&text).as_bytes())?;
        }
        ConfigDeed::Check => check(options, &path, &mut out)?,
        ConfigDeed::Edit => {
            if !path.exists() {
                create(&path)?;
            }
            edit(&path, &setup::editor(environment))?;
            check(options, &path, &mut out)?;
        }
    }
    Ok(Exit::Success)
}

/// A path for a person to read.
fn shown(path: &Path) -> String {
    safe::one_line(&path.to_string_lossy())
}

/// Writes the commented example; never over a file that is there, nor through a link.
fn create(path: &Path) -> Result<(), Trouble> {
    let failed = |error: io::Error| {
        let path = path.display();
        Trouble::new(
            Exit::Failed,
            match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    format!("{path} is there already; it was left as it is")
                }
                _ => format!("{path} can't be written: {error}"),
            },
        )
    };
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(failed)?;
    }
    let mut file = std::fs::File::create_new(path).map_err(failed)?;
    file.write_all(EXAMPLE.as_bytes()).map_err(failed)
}

/// Opens the file in the user's editor and waits.
fn edit(path: &Path, editor: &[String]) -> Result<(), Trouble> {
    let failed = |why: String| Trouble::new(Exit::Failed, why);
    let Some((program, arguments)) = editor.split_first() else {
        return Err(failed("set $VISUAL or $EDITOR to edit it".to_owned()));
    };
    let status = std::process::Command::new(program)
        .args(arguments)
        .arg(path)
        .status()
        .map_err(|error| {
            failed(format!(
                "{program} could not be started: {error}; set $VISUAL or $EDITOR"
            ))
        })?;
    if !status.success() {
        return Err(failed(format!("{program} ended with {status}")));
    }
    Ok(())
}

fn check(options: &Options, path: &Path, out: &mut impl Write) -> Result<(), Trouble> {
    let (config, _) = setup::load(options)?;
    let checks = [
        themes::load(options, &config, true).map(drop),
        setup::check_ca_file(options, &config),
    ];
    let wrong: Vec<String> = checks
        .into_iter()
        .filter_map(|checked| Some(checked.err()?.to_string()))
        .collect();
    if !wrong.is_empty() {
        return Err(Trouble::listed(wrong.join("\n")));
    }
    let there = if path.exists() {
        "is right"
    } else {
        "is not there; the defaults hold"
    };
    writeln!(out, "{} {there}", shown(path))?;
    Ok(())
}

/// Prints the key bindings in force.
pub(super) fn keys(options: &Options, as_json: bool) -> Result<Exit, Trouble> {
    let (_, keymap) = setup::load(options)?;
    let mut out = io::stdout().lock();
    if as_json {
        let rows = SPECS.iter().map(|spec| {
            json!({
                "action": spec.action,
                "keys": keymap.keys(spec.command),
                "description": phrase::of(spec.title),
                "default": spec.keys,
            })
        });
        writeln!(out, "{}", json::to_text(&rows.collect::<Value>()))?;
        return Ok(Exit::Success);
    }
    for spec in SPECS {
        let keys = keymap.keys(spec.command).join(" ");
        writeln!(
            out,
            "{:<22} {keys:<32} {}",
            spec.action,
            phrase::of(spec.title)
        )?;
    }
    Ok(Exit::Success)
}
