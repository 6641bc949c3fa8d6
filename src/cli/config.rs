//! `mmchat config` and `mmchat keys`: the configuration, and the keys in force.

use std::io::{self, Write};

use super::args::{ConfigDeed, Options};
use super::setup::{self, Environment};
use super::{Exit, Trouble, themes};
use crate::app::command::SPECS;
use crate::chat::safe;

/// The commented example, which parses to the defaults.
const EXAMPLE: &str = include_str!("../../config.example.toml");

/// Does something with the configuration.
pub(super) fn run(options: &Options, deed: ConfigDeed, _: &Environment) -> Result<Exit, Trouble> {
    let path = setup::config_path(options);
    let path = path.ok_or_else(|| {
        Trouble::new(
            Exit::Failed,
            "there is no home directory; name a file with --config",
        )
    })?;
    let mut out = io::stdout().lock();
    match deed {
        ConfigDeed::Path => writeln!(out, "{}", path.display())?,
        ConfigDeed::Init => {
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
            // Never over a file that is there, nor through a link.
            let mut file = std::fs::File::create_new(&path).map_err(failed)?;
            file.write_all(EXAMPLE.as_bytes()).map_err(failed)?;
            writeln!(out, "{}", path.display())?;
        }
        ConfigDeed::Show => {
            setup::load(options)?;
            let text = std::fs::read_to_string(&path).unwrap_or_else(|_| EXAMPLE.to_owned());
            out.write_all(safe::visible(&text).as_bytes())?;
        }
        ConfigDeed::Check => {
            let (config, _) = setup::load(options)?;
            themes::load(options, &config, true)?;
            let ca_file = &config.network.ca_file;
            if !ca_file.is_empty() && !std::path::Path::new(ca_file).is_file() {
                return Err(Trouble::usage(format!(
                    "network.ca_file: there is no file {ca_file}"
                )));
            }
            let there = if path.exists() {
                "is right"
            } else {
                "is not there; the defaults hold"
            };
            writeln!(out, "{} {there}", path.display())?;
        }
    }
    Ok(Exit::Success)
}

/// Prints the key bindings in force.
pub(super) fn keys(options: &Options, _: &Environment) -> Result<Exit, Trouble> {
    let (_, keymap) = setup::load(options)?;
    let mut out = io::stdout().lock();
    for spec in SPECS {
        let keys = keymap.keys(spec.command).join(" ");
        writeln!(out, "{:<22} {keys:<32} {}", spec.action, spec.title)?;
    }
    Ok(Exit::Success)
}
