//! What the program says in Chinese: every text has its line, and no line is left over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mmchat::app::WITH_ARGUMENT;
use mmchat::app::command::SPECS;
use mmchat::catalog::Catalog;
use mmchat::phrase::{Language, heard, speaking};

/// The Chinese locale's file.
fn locale() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/locales/zh-CN.toml");
    std::fs::read_to_string(path).unwrap()
}

/// Its lines, by their English text.
fn lines() -> BTreeMap<String, String> {
    toml::from_str(&locale()).unwrap_or_else(|error| panic!("{error}"))
}

/// What the catalogue says, which is no code.
const CATALOG: &str = "assets/catalog.toml";

/// Every text that may be said, with the files where it stands: those that the sources name, and those
/// that stand in tables.
fn texts() -> BTreeMap<String, Vec<String>> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut found = |text: &str, file: &str| {
        texts
            .entry(text.to_owned())
            .or_default()
            .push(file.to_owned());
    };
    for (file, code) in sources() {
        for text in texts_of(&code) {
            found(&text, &file);
        }
    }
    for spec in SPECS {
        found(spec.title, "src/app/command/table.rs");
    }
    for with in WITH_ARGUMENT {
        found(with.title, "src/app/slash.rs");
    }
    for provider in &Catalog::builtin().providers {
        found(&provider.note, CATALOG);
        for model in &provider.models {
            found(&model.advice, CATALOG);
            found(&model.warning, CATALOG);
        }
    }
    texts.remove("");
    texts
}

/// The names and the code of the sources, but of those that define how texts are said.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open = vec![root.join("src")];
    let mut sources = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                std::fs::read_dir(path)
                    .unwrap()
                    .map(|it| it.unwrap().path()),
            );
        } else if !path.ends_with("phrase.rs") && !path.ends_with("phrase/told.rs") {
            let file = path.strip_prefix(root).unwrap().to_string_lossy();
            sources.push((file.into_owned(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    sources
}

/// The texts that a source may say, tests and comments left out.
pub(crate) fn texts_of(code: &str) -> Vec<String> {
    texts_in(code, &["tr!(", "mark(", "told!("])
}

/// Those that stand in one of these calls.
fn texts_in(code: &str, calls: &[&str]) -> Vec<String> {
    let code: Vec<&str> = code
        .lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = code.join("\n");
    let mut texts = Vec::new();
    for call in calls {
        let parts: Vec<&str> = code.split(*call).collect();
        // Not `include_str!(`.
        let whole =
            |before: &str| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
        let calls = parts.windows(2).filter(|pair| whole(pair[0]));
        texts.extend(calls.filter_map(|pair| literal(pair[1])));
    }
    texts
}

/// The string that code begins with, as it is meant.
fn literal(code: &str) -> Option<String> {
    let mut chars = code.trim_start().strip_prefix('"')?.chars().peekable();
    let mut text = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => match chars.next()? {
                'n' => text.push('\n'),
                // A line that goes on in the next one.
                '\n' => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                c => text.push(c),
            },
            c => text.push(c),
        }
    }
}

/// The names between braces.
fn placeholders(text: &str) -> BTreeSet<&str> {
    let parts = text.split('{').skip(1);
    parts
        .filter_map(|part| Some(part.split_once('}')?.0))
        .collect()
}

fn is_chinese(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

#[test]
fn every_text_has_a_chinese_line_and_no_line_is_left_over() {
    let (texts, lines) = (texts(), lines());
    assert!(texts.len() > 200, "{}", texts.len());
    let silent: Vec<_> = texts
        .keys()
        .filter(|text| !lines.contains_key(*text))
        .collect();
    let left_over: Vec<_> = lines
        .keys()
        .filter(|text| !texts.contains_key(*text))
        .collect();
    assert!(
        silent.is_empty() && left_over.is_empty(),
        "assets/locales/zh-CN.toml lacks {silent:#?} and has no use for {left_over:#?}"
    );
}

#[test]
fn every_line_stands_under_the_module_that_says_it() {
    let (texts, locale) = (texts(), locale());
    let mut heading = "";
    let mut wrong = Vec::new();
    for line in locale.lines() {
        if let Some(title) = line.strip_prefix("# ") {
            // Behind a colon stands what is to be known of the lines.
            heading = title.split('：').next().unwrap();
        } else if let Some(text) = literal(line) {
            let files = &texts[&text];
            let is_here = |file: &String| {
                let rest = file.strip_prefix(heading);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
            };
            if !files.iter().any(is_here) {
                wrong.push(format!("{text:?} under {heading}: it stands in {files:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_a_model_is_told_is_recognised_when_a_person_reads_it() {
    let told = sources();
    let told = told
        .iter()
        .flat_map(|(_, code)| texts_in(code, &["told!("]));
    let mut count = 0;
    for text in told {
        let said = placeholders(&text).iter().fold(text.clone(), |said, name| {
            said.replace(&format!("{{{name}}}"), "7")
        });
        let heard = speaking(Language::ZhCn, || heard(&said).into_owned());
        assert!(heard.contains(is_chinese), "{text}: {heard}");
        count += 1;
    }
    assert!(count > 15, "{count}");
}

#[test]
fn both_sides_of_a_line_have_the_same_placeholders_and_the_same_edges() {
    for (text, line) in lines() {
        assert_eq!(placeholders(&text), placeholders(&line), "{text}");
        // Only what borders on other text begins or ends with a space; marks of punctuation bring
        // their own.
        let borders = line.ends_with([' ', '，', '、', '：', '）']);
        assert!(
            text.ends_with(' ') && borders || !line.ends_with(' '),
            "{text:?}: {line:?}"
        );
        assert!(!line.trim().is_empty(), "{text}");
    }
}

#[test]
fn chinese_lines_have_chinese_punctuation() {
    for (text, line) in lines() {
        let chars: Vec<char> = line.chars().collect();
        for pair in chars.windows(2) {
            if let [before, mark @ (',' | ';' | ':' | '!' | '?' | '(' | ')')] = pair {
                assert!(!is_chinese(*before), "{line}: {mark}");
            }
            if let ['(' | ')', after] = pair {
                assert!(!is_chinese(*after), "{line}");
            }
            // A space sets Latin letters and figures apart from Chinese.
            if let [a, b] = pair {
                let latin = |c: &char| c.is_ascii_alphanumeric();
                let joined = is_chinese(*a) && latin(b) || latin(a) && is_chinese(*b);
                assert!(!joined, "{line}: {a}{b}");
            }
        }
        let stops = |text: &str, stop: &[char]| text.trim_end().ends_with(stop);
        let same = stops(&text, &['.']) == stops(&line, &['。']);
        assert!(same || text.ends_with('…'), "{text}: {line}");
    }
}
