//! `mmchat config` and `mmchat keys`: the configuration, and the keys in force.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::args::{ConfigCommand, Options};
use super::settings::Settings;
use super::setup::{self, Environment};
use super::table::{Fit, Table};
use super::{Exit, Trouble, complain, json, settings};
use crate::app::command::SPECS;
use crate::chat::safe;
use crate::phrase::{self, tr};

/// The commented example, which parses to the defaults.
const EXAMPLE: &str = include_str!("../../config.example.toml");

/// Does something with the configuration.
pub(super) fn run(
    options: &Options,
    command: ConfigCommand,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let path = settings::path(options);
    let path = path.ok_or_else(|| {
        Trouble::new(
            Exit::Failed,
            tr!("there is no home directory; name a file with --config"),
        )
    })?;
    let mut out = io::stdout().lock();
    match command {
        // A script wants the very name; a terminal gets none that acts on it.
        ConfigCommand::Path if !out.is_terminal() => writeln!(out, "{}", path.display())?,
        ConfigCommand::Path => writeln!(out, "{}", shown(&path))?,
        ConfigCommand::Init => {
            create(&path)?;
            writeln!(out, "{}", shown(&path))?;
        }
        ConfigCommand::Show => {
            settings::load(options)?;
            let text = settings::text(options).unwrap_or_else(|| {
                let path = shown(&path);
                complain(&tr!("{path} is not there; these are the defaults", path));
                EXAMPLE
            });
            out.write_all(safe::visible(text).as_bytes())?;
        }
        ConfigCommand::Check => check(options, &path, &mut out)?,
        ConfigCommand::Edit => {
            if !path.exists() {
                create(&path)?;
            }
            edit(&path, &setup::editor(environment))?;
            let mut edited = options.clone();
            edited.settings = Settings::default();
            check(&edited, &path, &mut out)?;
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
            if error.kind() == io::ErrorKind::AlreadyExists {
                tr!("{path} is there already; it was left as it is", path)
            } else {
                tr!(
                    "{path} can't be written: {error}",
                    path,
                    error = phrase::system(&error)
                )
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
        return Err(failed(tr!("set $VISUAL or $EDITOR to edit it").to_owned()));
    };
    let status = std::process::Command::new(program)
        .args(arguments)
        .arg(path)
        .status()
        .map_err(|error| {
            failed(tr!(
                "{program} could not be started: {error}; set $VISUAL or $EDITOR",
                program,
                error = phrase::system(&error)
            ))
        })?;
    if !status.success() {
        return Err(failed(tr!(
            "{program} ended with {status}",
            program,
            status
        )));
    }
    Ok(())
}

fn check(options: &Options, path: &Path, out: &mut impl Write) -> Result<(), Trouble> {
    settings::check(options)?;
    let name = shown(path);
    let told = if path.exists() {
        tr!("{name} is right", name)
    } else {
        tr!("{name} is not there; the defaults hold", name)
    };
    writeln!(out, "{told}")?;
    Ok(())
}

/// Prints the key bindings in force.
pub(super) fn keys(options: &Options, as_json: bool) -> Result<Exit, Trouble> {
    let (_, keymap) = settings::load(options)?;
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
    let columns = [("", Fit::Name), ("", Fit::Words), ("", Fit::Words)];
    let rows = SPECS.iter().map(|spec| {
        let keys = keymap.keys(spec.command).join(" ");
        [spec.action, &keys, phrase::of(spec.title)].map(str::to_owned)
    });
    Table::new(columns).rows(rows).write(&mut out)?;
    Ok(Exit::Success)
}
