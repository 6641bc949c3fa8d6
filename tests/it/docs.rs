//! The documents say what the code does: tables are made from it, names and examples checked
//! against it. What the guide for contributors must name is in `tidy`.
//!
//! `UPDATE_DOCS=1 cargo test --test it docs` writes the README's tables anew.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::Arg;
use mmchat::app::WITH_ARGUMENT;
use mmchat::app::command::{SPECS, Scope};
use mmchat::catalog::Catalog;
use mmchat::chat::Remark;
use mmchat::config::theme::Part;
use mmchat::demo::{Pace, Server};
use mmchat::wire::Dialect;

/// How to make the tables anew.
const RENEW: &str = "renew it: UPDATE_DOCS=1 cargo test --test it docs";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

// -- Tables that are made from the code (I11) ------------------------------------------------

#[test]
fn the_readmes_tables_come_from_the_code() {
    let readme = read("README.md");
    let mut fresh = readme.clone();
    for (name, table) in [
        ("providers", provider_table()),
        ("keys", key_tables()),
        ("slash commands", slash_table()),
        ("options", option_tables()),
        ("theme parts", theme_parts()),
    ] {
        fresh = with_table(&fresh, name, &table);
    }
    if std::env::vars_os().any(|(name, value)| name == "UPDATE_DOCS" && value == "1") {
        std::fs::write(root().join("README.md"), fresh).unwrap();
        return;
    }
    for (line, (old, new)) in readme.lines().zip(fresh.lines()).enumerate() {
        let at = line + 1;
        assert_eq!(old, new, "README.md:{at} is out of date; {RENEW}");
    }
    let same = readme.len() == fresh.len();
    assert!(same, "README.md is out of date; {RENEW}");
}

/// The text with what stands between a table's markers replaced.
fn with_table(text: &str, name: &str, table: &str) -> String {
    let begin = format!("<!-- made from the code: {name} -->\n");
    let end = format!("<!-- end of {name} -->");
    let (before, rest) = text.split_once(&begin).expect("the table's first marker");
    let (_, after) = rest.split_once(&end).expect("the table's last marker");
    format!("{before}{begin}\n{table}\n{end}{after}")
}

fn row(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn header(cells: &[&str]) -> String {
    row(cells) + &row(&vec!["---"; cells.len()])
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn provider_table() -> String {
    let mut table = header(&["Provider", "Service", "Protocol", "Key variable", "Note"]);
    for provider in Catalog::builtin().providers {
        let key = provider.api_key_env.as_deref().map(code);
        table += &row(&[
            &code(&provider.id),
            &provider.name,
            provider.dialect.word(),
            key.as_deref().unwrap_or("none"),
            &provider.note,
        ]);
    }
    table
}

fn key_tables() -> String {
    let mut tables = Vec::new();
    for (scope, title) in [
        (Scope::Anywhere, "Everywhere"),
        (Scope::Message, "In the message box"),
        (Scope::Pane, "With the chat or the thinking pane in focus"),
    ] {
        let mut table = format!("**{title}**\n\n") + &header(&["Keys", "Action", "Name"]);
        for spec in SPECS.iter().filter(|spec| spec.scope == scope) {
            let keys: Vec<String> = spec.keys.iter().map(|key| code(key)).collect();
            if !keys.is_empty() {
                table += &row(&[&keys.join(" "), spec.title, &code(spec.action)]);
            }
        }
        tables.push(table);
    }
    tables.join("\n")
}

fn slash_table() -> String {
    let mut table = header(&["Command", "Action"]);
    for spec in SPECS {
        if let Some(word) = spec.slash {
            table += &row(&[&code(&format!("/{word}")), spec.title]);
        }
    }
    for with in WITH_ARGUMENT {
        let written = format!("/{} {}", with.word, with.argument);
        table += &row(&[&code(&written), with.title]);
    }
    table
}

fn theme_parts() -> String {
    let parts: Vec<String> = Part::ALL.iter().map(|(_, word)| code(word)).collect();
    parts.chunks(8).map(|some| some.join(" ") + "\n").collect()
}

fn option_tables() -> String {
    let line = mmchat::cli::command_line();
    let mut text = header(&["Command", "What it does"]);
    text += &row(&[&code("mmchat"), "Opens the chat"]);
    text += &commands_under(&line, "mmchat");
    text += "\n**Options of every command**\n\n";
    text += &options_of(line.get_arguments());
    text + &option_tables_under(&line, "mmchat")
}

fn option_tables_under(command: &clap::Command, path: &str) -> String {
    let mut text = String::new();
    for below in command.get_subcommands() {
        let path = format!("{path} {}", below.get_name());
        let own: Vec<&Arg> = below
            .get_arguments()
            .filter(|arg| !arg.is_positional())
            .collect();
        if !own.is_empty() {
            let _ = write!(text, "\n**Options of `{path}`**\n\n");
            text += &options_of(own.into_iter());
        }
        text += &option_tables_under(below, &path);
    }
    text
}

/// Every command below one, by its words.
fn paths_below(command: &clap::Command, path: &str) -> Vec<String> {
    let below = command.get_subcommands().flat_map(|below| {
        let path = format!("{path} {}", below.get_name());
        let path = path.trim_start().to_owned();
        let deeper = paths_below(below, &path);
        std::iter::once(path).chain(deeper)
    });
    below.collect()
}

#[test]
fn packagers_get_a_manual_page_of_every_command() {
    let recipes = read("justfile");
    let (_, papers) = recipes.split_once("\npapers PROGRAM:\n").unwrap();
    let (_, pages) = papers.split_once("for page in ").unwrap();
    let (pages, _) = pages.split_once(';').unwrap();
    // Those of several words stand between quotation marks.
    let mut named: Vec<&str> = Vec::new();
    for (at, piece) in pages.split('"').enumerate() {
        if at % 2 == 1 {
            named.push(piece);
        } else {
            named.extend(piece.split_whitespace().filter(|word| *word != "\\"));
        }
    }
    let mut all = paths_below(&mmchat::cli::command_line(), "");
    named.sort_unstable();
    all.sort_unstable();
    assert_eq!(named, all);
}

/// A command and all that are below it.
fn with_all_below(command: &clap::Command) -> Vec<&clap::Command> {
    let below = command.get_subcommands().flat_map(with_all_below);
    std::iter::once(command).chain(below).collect()
}

fn commands_under(command: &clap::Command, path: &str) -> String {
    let mut rows = String::new();
    for below in command.get_subcommands() {
        let arguments: String = below
            .get_positionals()
            .filter(|arg| arg.is_required_set())
            .filter_map(|arg| arg.get_value_names()?.first())
            .fold(String::new(), |names, name| names + " " + name);
        let path = format!("{path} {}{arguments}", below.get_name());
        if below.has_subcommands() {
            rows += &commands_under(below, &path);
        } else {
            let about = below.get_about().map(ToString::to_string);
            rows += &row(&[&code(&path), &about.unwrap_or_default()]);
        }
    }
    rows
}

fn options_of<'a>(args: impl Iterator<Item = &'a Arg>) -> String {
    let mut table = header(&["Option", "Environment", "Meaning"]);
    for arg in args {
        let short = arg.get_short().map(|short| format!("-{short}, "));
        let mut option = short.unwrap_or_default() + "--" + arg.get_long().unwrap();
        if arg.get_action().takes_values() {
            let names = arg.get_value_names().unwrap_or_default();
            let name = names.first().expect("a value's name");
            let _ = write!(option, " {name}");
        }
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let (help, variable) = help.split_once(" [env: ").unwrap_or((&help, ""));
        let variable = Some(variable.trim_end_matches(']')).filter(|name| !name.is_empty());
        let variable = variable.map(code);
        table += &row(&[&code(&option), &variable.unwrap_or_default(), help]);
    }
    table
}

// -- Examples and names in the README --------------------------------------------------------

/// The fenced blocks of a language.
fn fences(text: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(word)) => open = Some((word == language, String::new())),
            (Some(_), Some(_)) => {
                if let Some((true, block)) = open.take() {
                    blocks.push(block);
                }
            }
            (Some((_, block)), None) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// What stands in single backticks outside of fenced blocks.
fn code_spans(text: &str) -> Vec<&str> {
    let mut inside = false;
    let prose = text.lines().filter(|line| {
        let fence = line.starts_with("```");
        inside ^= fence;
        !fence && !inside
    });
    prose
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

/// A line of a shell as words. Knows quotes, pipes and comments, as much as the examples need.
fn shell_words(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars().chain([' ']) {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (c, Some(_)) => word.get_or_insert_default().push(c),
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ('#', None) if word.is_none() => break,
            ('|' | ' ', None) => {
                if let (Some(word), Some(command)) = (word.take(), commands.last_mut()) {
                    command.push(word);
                }
                if c == '|' {
                    commands.push(Vec::new());
                }
            }
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    commands
}

/// The arguments of a command that runs mmchat, without its name.
fn arguments(words: &[String]) -> Option<&[String]> {
    let start = words.iter().position(|word| !word.contains('='))?;
    let words = &words[start..];
    match words.first()?.as_str() {
        "mmchat" => Some(&words[1..]),
        "cargo" if words.get(1).is_some_and(|word| word == "run") => {
            let end = words.iter().position(|word| word == "--");
            Some(&words[end.map_or(words.len(), |at| at + 1)..])
        }
        _ => None,
    }
}

/// What users read: the README, and the documents that it points to.
fn documents() -> String {
    let folder = std::fs::read_dir(root().join("docs")).unwrap();
    let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut all = read("README.md") + &read("README.zh-CN.md");
    for path in paths {
        all.push_str(&read(path));
    }
    all
}

#[test]
fn every_command_in_the_documents_is_understood() {
    let readme = documents();
    let blocks = fences(&readme, "sh");
    let spans = code_spans(&readme);
    let lines = blocks
        .iter()
        .flat_map(|block| block.lines())
        .chain(spans.into_iter().filter(|span| span.starts_with("mmchat ")));
    let mut checked = 0;
    for line in lines {
        for words in shell_words(line) {
            let Some(arguments) = arguments(&words) else {
                continue;
            };
            let typed = arguments.iter().map(String::as_str);
            let typed = typed.take_while(|word| !word.starts_with('>'));
            let words = std::iter::once("mmchat").chain(typed);
            let read = mmchat::cli::command_line().try_get_matches_from(words);
            // A command may be named without the arguments that it needs.
            let incomplete = clap::error::ErrorKind::MissingRequiredArgument;
            let is_placeholder = |word: &String| word.bytes().all(|b| b.is_ascii_uppercase());
            let fine = read.as_ref().map_or_else(
                |error| {
                    !error.use_stderr()
                        || error.kind() == incomplete
                        || arguments.iter().any(is_placeholder)
                },
                |_| true,
            );
            assert!(fine, "{line}\n{}", read.unwrap_err());
            checked += 1;
        }
    }
    assert!(checked > 10, "only {checked} commands were found");
}

#[test]
fn every_option_and_slash_command_that_the_readme_names_exists() {
    let line = mmchat::cli::command_line();
    let options: HashSet<String> = with_all_below(&line)
        .into_iter()
        .flat_map(clap::Command::get_arguments)
        .filter_map(|arg| arg.get_long().map(|long| format!("--{long}")))
        .collect();
    let slashes: HashSet<String> = SPECS
        .iter()
        .filter_map(|spec| spec.slash)
        .chain(WITH_ARGUMENT.iter().map(|with| with.word))
        .map(|word| format!("/{word}"))
        .collect();
    let readme = read("README.md");
    for span in code_spans(&readme) {
        let words = span.split_whitespace();
        if !span.starts_with("cargo ") {
            for option in words.filter(|word| word.starts_with("--") && word.len() > 2) {
                assert!(options.contains(option), "`{span}`");
            }
        }
        if span.starts_with('/') && span.len() > 1 {
            let word = span.split_whitespace().next().unwrap();
            // `/SERVER:PROMPT` is what a server of the user's has.
            let is_known = slashes.contains(word) || word.contains(':');
            assert!(is_known, "`{span}`");
        }
    }
}

#[test]
fn the_readme_names_every_field_of_a_reply_as_json() {
    let demo = Server::start_with(0, Pace::Instant).unwrap();
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    let base_url = demo.base_url(Dialect::OpenAi);
    let text = format!("[providers.here]\ndialect = \"openai\"\nbase_url = \"{base_url}\"\n");
    std::fs::write(&config, text).unwrap();
    let mut ask = Command::new(env!("CARGO_BIN_EXE_mmchat"));
    ask.env_clear()
        .env("HOME", home.path())
        .stdin(Stdio::null());
    ask.arg("--config").arg(&config);
    ask.args(["ask", "-m", "here/any", "--format", "json", "haiku"]);
    let output = ask.output().unwrap();
    let reply: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    let object = reply.as_object().unwrap();
    let parts = ["usage", "timing"].into_iter();
    let below = parts.flat_map(|part| object[part].as_object().unwrap().keys());
    let readme = read("README.md");
    let named: HashSet<&str> = code_spans(&readme).into_iter().collect();
    for field in object.keys().chain(below) {
        assert!(named.contains(field.as_str()), "README.md lacks `{field}`");
    }
}

#[test]
fn the_documents_name_every_remark_about_a_reply() {
    for document in ["README.md", "README.zh-CN.md", "docs/json.md"] {
        let text = read(document);
        let mut rows = text
            .lines()
            .filter(|line| line.starts_with("| `remarks` |"));
        let row: HashSet<&str> = code_spans(rows.next().unwrap()).into_iter().collect();
        for remark in Remark::ALL {
            let word = remark.word();
            assert!(row.contains(word), "{document} lacks `{word}`");
        }
    }
}

// -- ARCHITECTURE.md -------------------------------------------------------------------------

/// Whether a code span is the name of a test: a sentence.
fn is_sentence(span: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    span.chars().all(plain) && span.matches('_').count() >= 3
}

#[test]
fn every_invariant_of_the_architecture_names_its_guard() {
    let text = read("ARCHITECTURE.md");
    for number in 1..=13 {
        let begin = format!("- **I{number}** ");
        let line = text.lines().find(|line| line.starts_with(&begin));
        let line = line.unwrap_or_else(|| panic!("I{number} is missing"));
        let guarded = code_spans(line).into_iter().any(is_sentence);
        assert!(guarded || line.contains("no test yet"), "{line}");
    }
}

#[test]
fn every_link_to_a_file_leads_somewhere() {
    for document in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        let text = read(document);
        for link in text.split("](").skip(1) {
            let target = link.split(')').next().unwrap();
            let file = target.split('#').next().unwrap();
            if !file.is_empty() && !file.contains("://") {
                assert!(root().join(file).exists(), "{document}: {target}");
            }
        }
    }
}
