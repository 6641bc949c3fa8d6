//! The user's themes: files beside the configuration.

use std::path::{Path, PathBuf};

use super::Trouble;
use super::args::Options;
use super::setup;
use crate::config::Config;
use crate::config::theme::{self, Theme};

/// The user's themes, in the order of their names. With `every`, a mistake in any of them counts; else
/// only in the one that the configuration names.
///
/// # Errors
///
/// Fails when a theme that counts has a mistake, or the configuration names one that is not there.
pub(super) fn load(options: &Options, config: &Config, every: bool) -> Result<Vec<Theme>, Trouble> {
    let wish = config.ui.theme.as_str();
    let path = setup::config_path(options);
    let directory = path.as_deref().and_then(Path::parent);
    let directory = directory.map(|beside| beside.join("themes"));
    let mut themes = Vec::new();
    let mut wrong = Vec::new();
    for (name, file) in directory.as_deref().map_or_else(Vec::new, files) {
        match read(&name, &file) {
            Ok(theme) => themes.push(theme),
            Err(problems) if every || name == wish => wrong.push(problems),
            // Nobody wants to hear of it now; `mmchat config check` tells.
            Err(_) => {}
        }
    }
    if !wrong.is_empty() {
        return Err(Trouble::listed(wrong.join("\n")));
    }
    let builtin = Theme::builtin();
    let names: Vec<&str> = builtin
        .iter()
        .chain(&themes)
        .map(|theme| theme.name.as_str())
        .collect();
    if wish != crate::app::AUTO_THEME && !names.contains(&wish) {
        let file = path.unwrap_or_default();
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let place = directory.unwrap_or_default().join(format!("{wish}.toml"));
        let problems = theme::unknown(
            &text,
            &file.to_string_lossy(),
            wish,
            &names,
            &place.to_string_lossy(),
        );
        return Err(Trouble::listed(problems.to_string()));
    }
    Ok(themes)
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

/// One theme, or what is wrong with it: a line each, which begin with their place.
fn read(name: &str, file: &Path) -> Result<Theme, String> {
    let shown = file.to_string_lossy();
    let unread = |why: String| format!("{shown}:1:1: the theme can't be read: {why}");
    let bytes = setup::read_settings(file).map_err(|error| unread(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| unread(error.to_string()))?;
    theme::parse(&text, &shown, name).map_err(|problems| problems.to_string())
}
