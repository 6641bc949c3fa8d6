//! The configuration's file: found, read, and everything that is wrong with it told at once.

use std::cell::OnceCell;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::args::Options;
use super::{Trouble, complain, themes};
use crate::app::{Keymap, command, template::odd_braces};
use crate::chat::safe;
use crate::config::{self, Config, Problem, Problems, Template};
use crate::phrase::{self, tr};

/// Settings are typed by people: a larger file is none.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// Where the configuration is: as named, else in the platform's place. `None` without a home.
pub(super) fn path(options: &Options) -> Option<PathBuf> {
    options.config.clone().or_else(|| {
        let directories = directories::ProjectDirs::from("", "", "mmchat")?;
        Some(directories.config_dir().join("config.toml"))
    })
}

/// The configuration's file as it was when somebody first asked for it; with it come the options. It
/// is read once: what a shell puts there can be read no second time.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings(OnceCell<Result<Contents, String>>);

/// What the file holds. From here on the program speaks the language that it names, wherever in it
/// that stands.
fn contents(options: &Options) -> Result<&Contents, Trouble> {
    let contents = options.settings.0.get_or_init(|| {
        let contents = Contents::read(options)?;
        if let Some(language) = config::language(&contents.text) {
            phrase::speak(language);
        }
        Ok(contents)
    });
    contents.as_ref().map_err(Trouble::usage)
}

/// Reads and checks the configuration. A file that was named must be there; the platform's own
/// need not.
///
/// # Errors
///
/// Fails when the file can't be read, and with everything that is wrong in it.
pub(super) fn load(options: &Options) -> Result<(Config, Keymap), Trouble> {
    let read = contents(options)?.understood();
    match read.keymap {
        Some(keymap) if read.wrong.is_empty() => {
            for doubt in read.doubtful {
                complain(&doubt.to_string());
            }
            Ok((read.config, keymap))
        }
        _ => Err(listed(read.wrong)),
    }
}

/// Checks all that the configuration speaks of: the file itself, its themes, and what it names.
///
/// # Errors
///
/// Fails with every mistake, not only the first.
pub(super) fn check(options: &Options) -> Result<(Config, Keymap), Trouble> {
    let contents = contents(options)?;
    let Understood {
        config,
        keymap,
        mut wrong,
        mut doubtful,
    } = contents.understood();
    wrong.extend(missing_ca_file(contents, &config));
    wrong.extend(themes::read_all(options, &config, true).1);
    doubtful.extend(odd_templates(contents, &config));
    match keymap {
        Some(keymap) if wrong.is_empty() => {
            for doubt in doubtful {
                complain(&doubt.to_string());
            }
            Ok((config, keymap))
        }
        _ => Err(listed(wrong)),
    }
}

/// Checks that the file of certificates is there, if one is named.
pub(super) fn check_ca_file(options: &Options, config: &Config) -> Result<(), Trouble> {
    let ca_file = &config.network.ca_file;
    if ca_file.is_empty() || Path::new(ca_file).is_file() {
        return Ok(());
    }
    Err(listed(missing_ca_file(contents(options)?, config)))
}

/// Speaks the language that the configuration names, for what is said before it is loaded, or without
/// that. What is wrong with it is for others to tell.
pub(super) fn speak(options: &Options) {
    drop(contents(options));
}

/// The text of the configuration's file; `None` where there is no file that can be read.
pub(super) fn text(options: &Options) -> Option<&str> {
    let contents = contents(options).ok()?;
    (!contents.file.is_empty()).then_some(&contents.text)
}

/// Reads a file of settings: not one without end, and not a pipe that nobody may ever write to. What
/// a shell puts there itself (`--config <(…)`) is one that somebody does.
///
/// # Errors
///
/// Those of the system, and when the file is none of settings.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let from_shell = path.starts_with("/dev") || path.starts_with("/proc");
    if is_pipe(&std::fs::metadata(path)?) && !from_shell {
        return Err(io::Error::other(tr!("it is a pipe")));
    }
    let mut bytes = Vec::new();
    let mut file = std::fs::File::open(path)?.take(MOST_BYTES + 1);
    file.read_to_end(&mut bytes)?;
    if file.limit() == 0 {
        let mib = MOST_BYTES / 1024 / 1024;
        return Err(io::Error::other(tr!("it is larger than {mib} MiB", mib)));
    }
    Ok(bytes)
}

#[cfg(unix)]
fn is_pipe(about: &std::fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&about.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &std::fs::Metadata) -> bool {
    false
}

/// The text of the configuration and its file's name, both empty where there is no file.
#[derive(Debug, Clone)]
struct Contents {
    file: String,
    text: String,
}

/// What a text of settings means, and what is wrong with it.
struct Understood {
    config: Config,
    /// The keys in force; `None` where two actions want the same one.
    keymap: Option<Keymap>,
    wrong: Vec<Problem>,
    doubtful: Vec<Problem>,
}

impl Contents {
    fn read(options: &Options) -> Result<Self, String> {
        let nothing = Self {
            file: String::new(),
            text: String::new(),
        };
        let Some(path) = path(options) else {
            return Ok(nothing);
        };
        let shown = path.display();
        let text = match read(&path) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|error| {
                let at = error.utf8_error().valid_up_to();
                tr!("{name} is not UTF-8 text (byte {at})", name = shown, at)
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound && options.config.is_none() => {
                return Ok(nothing);
            }
            Err(error) => {
                return Err(tr!(
                    "the configuration {path} can't be read: {error}",
                    path = shown,
                    error = phrase::system(&error)
                ));
            }
        };
        let file = path.to_string_lossy().into_owned();
        Ok(Self { file, text })
    }

    fn understood(&self) -> Understood {
        let (config, mut wrong, doubtful) = config::read(&self.text, &self.file, &command::known());
        let keymap = match Keymap::new(&config.keys) {
            Ok(keymap) => Some(keymap),
            Err(conflicts) => {
                wrong.extend(conflicts.iter().flat_map(|conflict| {
                    self.wrong_at(&["keys", conflict.first], conflict.to_string())
                }));
                None
            }
        };
        Understood {
            config,
            keymap,
            wrong,
            doubtful,
        }
    }

    fn wrong_at(&self, key: &[&str], what: String) -> Vec<Problem> {
        config::wrong_at(&self.text, &self.file, key, what).0
    }
}

fn missing_ca_file(contents: &Contents, config: &Config) -> Vec<Problem> {
    let ca_file = &config.network.ca_file;
    if ca_file.is_empty() || Path::new(ca_file).is_file() {
        return Vec::new();
    }
    let what = tr!(
        "`network.ca_file`: there is no file {ca_file}. Name one with certificates in PEM form, or \"\" for none of your own.",
        ca_file = safe::one_line(ca_file)
    );
    contents.wrong_at(&["network", "ca_file"], what)
}

/// What looks like a place of a template and is sent as it stands. That may be meant: code has braces.
fn odd_templates(contents: &Contents, config: &Config) -> Vec<Problem> {
    let of = |template: &Template| {
        let odd = odd_braces(&template.prompt);
        let odd = odd.first()?;
        let what = tr!(
            "`templates.{name}.prompt` holds “{odd}”, which is not a place to fill in and is sent as it stands. A place looks like {place}; its name holds letters, digits, _ and - only.",
            name = safe::one_line(&template.name),
            odd = safe::one_line(odd),
            place = "{{NAME}}"
        );
        Some(contents.wrong_at(&["templates", &template.name, "prompt"], what))
    };
    config.templates.iter().filter_map(of).flatten().collect()
}

/// Problems in the order of their places.
pub(super) fn listed(mut problems: Vec<Problem>) -> Trouble {
    let mut files: Vec<String> = Vec::new();
    for problem in &problems {
        if !files.contains(&problem.file) {
            files.push(problem.file.clone());
        }
    }
    problems.sort_by_key(|problem| {
        let file = files.iter().position(|file| *file == problem.file);
        (file, problem.line, problem.column)
    });
    Trouble::listed(Problems(problems).to_string())
}
