//! The user's themes: files beside the configuration.

use std::path::{Path, PathBuf};

use super::args::Options;
use super::{Trouble, settings};
use crate::config::theme::{self, Theme};
use crate::config::{Config, Problem, Problems};
use crate::phrase::{self, tr};

/// The user's themes, in the order of their names. A mistake counts only in the one that the
/// configuration names; `mmchat config check` tells of the others.
///
/// # Errors
///
/// Fails when that one has a mistake, or is not there.
pub(super) fn load(options: &Options, config: &Config) -> Result<Vec<Theme>, Trouble> {
    let (themes, wrong) = read_all(options, config, false);
    if wrong.is_empty() {
        Ok(themes)
    } else {
        Err(settings::listed(wrong))
    }
}

/// The user's themes that can be read, and what is wrong: with `every`, in any of them, else only in
/// the one that the configuration names.
pub(super) fn read_all(
    options: &Options,
    config: &Config,
    every: bool,
) -> (Vec<Theme>, Vec<Problem>) {
    let wish = config.ui.theme.as_str();
    let path = settings::path(options);
    let directory = path.as_deref().and_then(Path::parent);
    let directory = directory.map(|beside| beside.join("themes"));
    let mut themes = Vec::new();
    let mut wrong = Vec::new();
    let mut is_there = wish == crate::app::AUTO_THEME;
    for (name, file) in directory.as_deref().map_or_else(Vec::new, files) {
        is_there |= name == wish;
        match read(&name, &file) {
            Ok(theme) => themes.push(theme),
            Err(problems) if every || name == wish => wrong.extend(problems.0),
            Err(_) => {}
        }
    }
    let builtin = Theme::builtin();
    let names: Vec<&str> = builtin
        .iter()
        .chain(&themes)
        .map(|theme| theme.name.as_str())
        .collect();
    if !is_there && !names.contains(&wish) {
        let file = path.unwrap_or_default();
        let place = directory.unwrap_or_default().join(format!("{wish}.toml"));
        let problems = theme::unknown(
            settings::text(options).unwrap_or_default(),
            &file.to_string_lossy(),
            wish,
            &names,
            &place.to_string_lossy(),
        );
        wrong.extend(problems.0);
    }
    (themes, wrong)
}

/// The names of the themes in a directory, with their files; none when it can't be read.
fn files(directory: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut files: Vec<(String, PathBuf)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_stem()?.to_str()?.to_owned();
            let is_theme = path
                .extension()
                .is_some_and(|extension| extension == "toml");
            (is_theme && !name.starts_with('.')).then_some((name, path))
        })
        .collect();
    files.sort();
    files
}

/// One theme, or what is wrong with it.
fn read(name: &str, file: &Path) -> Result<Theme, Problems> {
    let shown = file.to_string_lossy();
    let unread = |why: String| {
        Problems(vec![Problem {
            file: shown.to_string(),
            line: 1,
            column: 1,
            message: tr!("the theme can't be read: {why}", why),
        }])
    };
    let bytes = settings::read(file).map_err(|error| unread(phrase::system(&error)))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        unread(tr!("it is not UTF-8 text (byte {at})", at))
    })?;
    theme::parse(&text, &shown, name)
}
