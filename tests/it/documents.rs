//! The documents in `docs/`: their settings are read, their commands understood, their recipes run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mmchat::app::command::known;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every document, with its text.
fn documents() -> Vec<(PathBuf, String)> {
    let entries = std::fs::read_dir(root().join("docs")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    paths.sort();
    assert!(paths.len() >= 5, "{paths:?}");
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

/// The fenced blocks of a language.
fn fences(text: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    let blocks = text.split(&begin).skip(1);
    blocks
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn every_setting_in_the_documents_is_right() {
    let mut checked = 0;
    for (path, text) in documents() {
        for block in fences(&text, "toml") {
            let read = mmchat::config::parse(&block, "docs", &known());
            let read = read.map(|(config, _)| mmchat::app::Keymap::new(&config.keys).map(drop));
            match read {
                Ok(Ok(())) => checked += 1,
                Ok(Err(conflicts)) => panic!("{}: {conflicts:?}\n{block}", path.display()),
                Err(problems) => panic!("{}: {problems}\n{block}", path.display()),
            }
        }
    }
    assert!(checked >= 5, "only {checked} were found");
}

#[test]
fn every_command_that_the_documents_name_exists() {
    let mut checked = 0;
    for (path, text) in documents() {
        for span in text.split('`').skip(1).step_by(2) {
            let Some(rest) = span.strip_prefix("mmchat ") else {
                continue;
            };
            let words = std::iter::once("mmchat").chain(rest.split_whitespace());
            let read = mmchat::cli::command_line().try_get_matches_from(words);
            if let Err(error) = read {
                let incomplete = clap::error::ErrorKind::MissingRequiredArgument;
                let fine = !error.use_stderr() || error.kind() == incomplete;
                assert!(fine, "{}: {span}\n{error}", path.display());
            }
            checked += 1;
        }
    }
    assert!(checked >= 10, "only {checked} were found");
}

#[test]
fn every_link_in_the_documents_leads_somewhere() {
    for (path, text) in documents() {
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap();
            let there = path.parent().unwrap().join(target);
            let fine = target.contains("://") || there.exists();
            assert!(fine, "{}: {target}", path.display());
        }
    }
}

/// Each recipe is a script of its own, in an empty home.
#[cfg(unix)]
#[test]
fn the_recipes_for_scripts_work_word_by_word() {
    let text = std::fs::read_to_string(root().join("docs/scripting.md")).unwrap();
    let recipes = fences(&text, "sh");
    assert!(recipes.len() >= 7, "only {} were found", recipes.len());
    let program = Path::new(env!("CARGO_BIN_EXE_mmchat"));
    let path = format!(
        "{}:/usr/local/bin:/usr/bin:/bin",
        program.parent().unwrap().display()
    );
    let running: Vec<_> = recipes
        .into_iter()
        .map(|recipe| {
            let home = tempfile::tempdir().unwrap();
            let child = Command::new("sh")
                .args(["-euc", &recipe])
                .env_clear()
                .env("PATH", &path)
                .env("HOME", home.path())
                .current_dir(home.path())
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            (recipe, home, child)
        })
        .collect();
    for (recipe, _home, child) in running {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{recipe}\n{said}");
    }
}

#[test]
fn the_description_of_the_json_names_every_field_and_type() {
    let text = std::fs::read_to_string(root().join("docs/json.md")).unwrap();
    let source = std::fs::read_to_string(root().join("src/cli/json.rs")).unwrap();
    // The names as they stand in the code that writes them.
    let source = source.split("#[cfg(test)]").next().unwrap();
    let named = source.split('"').skip(1).step_by(2);
    let words: Vec<&str> = named
        .filter(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
        .filter(|word| !word.is_empty() && *word != "type")
        .collect();
    assert!(words.len() > 40, "{words:?}");
    for word in words {
        assert!(
            text.contains(&format!("`{word}`")),
            "docs/json.md lacks `{word}`"
        );
    }
}
