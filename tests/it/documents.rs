//! What users read, the README in both languages and `docs/`: the settings in it are read, its commands
//! understood, and run as they stand there.

#[cfg(unix)]
use std::io::Write;
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
    paths.extend(READMES.map(|name| root().join(name)));
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

/// The README in each language.
const READMES: [&str; 2] = ["README.md", "README.zh-CN.md"];

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
            if block.starts_with("background = ") {
                let theme = mmchat::config::theme::parse(&block, "docs", "mine");
                assert!(theme.is_ok(), "{block}\n{}", theme.unwrap_err());
                continue;
            }
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
fn every_block_in_the_documents_is_of_a_kind_that_is_tried() {
    for (path, text) in documents() {
        let marks = text.lines().filter_map(|line| line.strip_prefix("```"));
        for language in marks.step_by(2) {
            let is_known = ["sh", "toml", "text"].contains(&language);
            assert!(is_known, "{}: nobody tries ```{language}", path.display());
        }
        // Plain text is what is typed in the chat: templates of the same document.
        for line in fences(&text, "text").concat().lines() {
            let name = line
                .strip_prefix('/')
                .and_then(|rest| rest.split(' ').next());
            let table = format!("[templates.{}]\n", name.unwrap_or("?"));
            assert!(text.contains(&table), "{}: {line}", path.display());
        }
    }
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

/// What the README's commands need to be there: a conversation to go on with, and one to import.
#[cfg(unix)]
fn lived_in() -> (crate::cli::Home, String) {
    let home = crate::cli::Home::new();
    let talk = r#"{"messages": [{"role": "user", "content": "quantum 计算"}, {"role": "assistant", "content": "ok"}]}"#;
    let write = |name: &str, text: &str| std::fs::write(home.directory.path().join(name), text);
    write("sessions.json", &talk.replace("ok", "another")).unwrap();
    home.run_with_input(&["history", "import", "-"], talk.as_bytes())
        .ends(0);
    let list = home.run(&["history", "list"]).ends(0).out;
    let id = list.split('\t').next().unwrap().to_owned();
    (home, id)
}

/// A line of the README as it can be tried: with an id that is there, a key that is none, no network and no
/// program that is not everywhere. `None` for what builds mmchat or means nothing by itself.
#[cfg(unix)]
fn triable(line: &str, id: &str) -> Option<String> {
    let command = line.split(" # ").next().unwrap_or(line).trim();
    if command.is_empty()
        || ["cargo ", "export "]
            .iter()
            .any(|it| command.starts_with(it))
    {
        return None;
    }
    let command = command
        .replace("1ngeekz", id)
        .replace("=...", "=sk-0123456789");
    // What is sent to a vendor is only shown.
    let command = command.replace("mmchat ask -m", "mmchat ask --dry-run -m");
    Some(command.replace(" | jq -r .answer", ""))
}

/// Whether a command opens the chat, which needs a terminal.
#[cfg(unix)]
fn opens_the_chat(command: &str) -> bool {
    let words = command.split(' ').skip_while(|word| word.contains('='));
    let mut words = words.skip_while(|word| *word == "mmchat");
    command.contains("mmchat") && words.next().is_none_or(|word| word.starts_with('-'))
}

#[cfg(unix)]
#[test]
fn the_commands_of_the_readme_work_as_they_stand_there() {
    let text = std::fs::read_to_string(root().join(READMES[0])).unwrap();
    let blocks = fences(&text, "sh");
    let counts: Vec<[usize; 2]> = std::thread::scope(|scope| {
        let tried = blocks.iter().map(|block| scope.spawn(|| try_all(block)));
        let tried: Vec<_> = tried.collect();
        tried.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let all = |which: usize| -> usize { counts.iter().map(|count| count[which]).sum() };
    let (run, opened) = (all(0), all(1));
    assert!(run >= 14 && opened >= 9, "{run} run, {opened} opened");
}

#[cfg(unix)]
#[test]
fn the_readme_gives_the_same_commands_in_every_language() {
    let commands = |name: &str| -> Vec<String> {
        let text = std::fs::read_to_string(root().join(name)).unwrap();
        let lines = fences(&text, "sh").concat();
        lines
            .lines()
            .filter_map(|line| triable(line, "1ngeekz"))
            .collect()
    };
    let [english, chinese] = READMES.map(commands);
    assert_eq!(english, chinese);
}

/// Tries the commands of a block one after the other; questions are asked side by side, since answers take
/// their time. Says how many were run, and how many of them opened the chat.
#[cfg(unix)]
fn try_all(block: &str) -> [usize; 2] {
    let (home, id) = lived_in();
    let (mut run, mut opened) = (0, 0);
    let mut asked = Vec::new();
    for command in block.lines().filter_map(|line| triable(line, &id)) {
        let mut shell = as_shell(&home.command(&[]), &command);
        if opens_the_chat(&command) {
            let mut chat = crate::support::tty::Tty::start(&shell, 100);
            chat.shows("Message").types("\x04");
            let (code, screen) = chat.ends();
            assert_eq!(code, 0, "{command}\n{screen}");
            opened += 1;
            continue;
        }
        run += 1;
        let mut child = shell.stdin(Stdio::piped()).spawn().unwrap();
        if command.contains("key set") {
            let mut input = child.stdin.take().unwrap();
            input.write_all(b"sk-0123456789\n").unwrap();
        }
        drop(child.stdin.take());
        if command.contains("mmchat ask") {
            asked.push((command, child));
        } else {
            ended_well(&command, child);
        }
    }
    for (command, child) in asked {
        ended_well(&command, child);
    }
    [run, opened]
}

#[cfg(unix)]
fn ended_well(command: &str, child: std::process::Child) {
    let outcome = crate::cli::outcome(child);
    // A search may find nothing.
    let is_search = command.contains(" search ") && outcome.code == Some(1);
    assert!(
        is_search || outcome.code == Some(0),
        "{command}\n{outcome:?}"
    );
}

/// The same environment for a line of a shell that finds the program by its name.
#[cfg(unix)]
fn as_shell(like: &Command, line: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_mmchat")).parent().unwrap();
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", line]).env_clear();
    for (name, value) in like.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    shell
        .env(
            "PATH",
            format!("{}:/usr/local/bin:/usr/bin:/bin", program.display()),
        )
        .current_dir(like.get_current_dir().unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    shell
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
