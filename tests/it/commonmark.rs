//! The examples of the CommonMark specification and of GitHub's extensions: each is read to the
//! text that its HTML holds.
//!
//! What the program shows otherwise, on purpose, is a rule in [`told`], [`shown`] or [`apart`].

use mmchat::markdown::{Document, Kind, Role, Row, text_width};

const COMMONMARK: &str = include_str!("../fixtures/markdown/commonmark.jsonl");
const GFM: &str = include_str!("../fixtures/markdown/gfm.jsonl");

/// Examples that no rule covers, and why they are read otherwise.
const APART: &[(&[&str], &str)] = &[
    (
        &["Backslash escapes 12"],
        "brackets with backslashes are what models write around formulas",
    ),
    (
        &[
            "Tables: This is parsed as one big table: 6",
            "Tables: Wrong alignment symbol position: 10",
            "Tables: Allow tabs as a separator on 2nd line 12",
            "Tables: `\\` in tables should not count as escaped backtick 19",
            "Tables: Tables should handle escaped backticks 20",
            "Tables: Allow one-column tables (issue #171): 23",
            "Tables: Tables should not be indented more than 4 spaces (3rd line): 27",
            "Tables: A list takes precedence in case of ambiguity 42",
        ],
        "markdown-it's own idea of where tables begin and end; GitHub's specification leaves it open",
    ),
    (
        &[
            "Strikethrough:  44",
            "Strikethrough:  45",
            "Strikethrough:  46",
            "Strikethrough:  47",
            "Strikethrough: From CommonMark test suite, replacing `**` with our marker: 55",
            "Strikethrough: Regression test for #742: 57",
        ],
        "GitHub's specification knows no runs of more than two tildes; these are markdown-it's",
    ),
    (
        &["Links 570"],
        "of three references that stand side by side, two words meet where the third is left out",
    ),
    (
        &["Task lists: Checkbox-like text in an indented code block after tabs 72"],
        "the parser takes two tabs for the space before the box",
    ),
];

/// An example: its number, its section, Markdown and the HTML it means.
struct Example {
    name: String,
    markdown: String,
    html: String,
}

fn examples() -> Vec<Example> {
    let read = |line: &str| {
        let (number, section, markdown, html): (u32, String, String, String) =
            serde_json::from_str(line).unwrap();
        Example {
            name: format!("{section} {number}"),
            markdown,
            html,
        }
    };
    COMMONMARK.lines().chain(GFM.lines()).map(read).collect()
}

/// The text of HTML. A tag that stands in the Markdown too is HTML that was typed there: it is
/// shown as it is written, but for line breaks.
fn told(html: &str, markdown: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, tail) = rest.split_at(at);
        text.push_str(before);
        let close = match tail.chars().next() {
            _ if tail.starts_with("<![CDATA[") => "]]>",
            Some('<') => ">",
            _ => ";",
        };
        let end = tail.find(close).map_or(tail.len(), |end| end + close.len());
        let (piece, after) = tail.split_at(end);
        rest = after;
        if close == ";" {
            text.push_str(match piece {
                "&lt;" => "<",
                "&gt;" => ">",
                "&amp;" => "&",
                "&quot;" => "\"",
                other => other,
            });
        } else if markdown.contains(piece) {
            let name = piece.trim_matches(['<', '>', '/', ' ']);
            text.push_str(if name == "br" { "" } else { piece });
        } else if let Some((_, alt)) = piece.split_once(" alt=\"") {
            let alt = alt.split('"').next().unwrap_or_default();
            text.push_str(&told(alt, ""));
        }
    }
    text.push_str(rest);
    text
}

/// The text of rows: what stands for bytes of the source, without what is only said about it
/// (a language, where a link leads) and without rules.
fn shown(document: &Document) -> String {
    let mut text = String::new();
    for row in rows(document) {
        for span in &row.spans {
            let about = matches!(
                span.style.role,
                Role::CodeLabel | Role::LinkTarget | Role::Rule | Role::Marker
            );
            let beside = matches!(span.style.role, Role::Dim | Role::LinkTarget);
            if !about && !span.source.is_empty() {
                text.push_str(&span.text);
            } else if !beside {
                text.push(' ');
            }
        }
        text.push('\n');
    }
    text
}

fn rows(document: &Document) -> impl Iterator<Item = &Row> {
    (0..document.len()).filter_map(|index| document.row(index))
}

/// Tells whether a table is shown as records, because its columns do not fit.
fn is_in_records(document: &Document) -> bool {
    let role = |role: Role| {
        let mut spans = rows(document).flat_map(|row| &row.spans);
        spans.any(|span| span.style.role == role)
    };
    role(Role::TableHeader) && !role(Role::TableBorder)
}

/// The words of a text.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// Rows break lines where they must: white space is not compared in a narrow window.
fn folded(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn read(markdown: &str, width: u16) -> Document {
    let mut document = Document::new(Kind::Markdown);
    document.sync(markdown, 0, width, true);
    document
}

/// Why an example is read to another text than its HTML holds, if it is.
fn apart(example: &Example) -> Option<&'static str> {
    let (_, reason) = APART
        .iter()
        .find(|(names, _)| names.contains(&example.name.as_str()))?;
    Some(reason)
}

/// Tells whether an example has definitions of links. What is settled is never drawn again, so a
/// reference and its definition are both shown where they stand, as they are written.
fn defines(markdown: &str) -> bool {
    markdown.lines().any(|line| {
        let line = line.trim_start_matches([' ', '>']);
        line.starts_with('[') && (line.contains("]:") || !line.contains(']'))
    })
}

#[test]
fn every_example_is_read_to_its_text() {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for example in examples() {
        if apart(&example).is_some() {
            continue;
        }
        let meant = told(&example.html, &example.markdown);
        for width in [80, 20] {
            let document = read(&example.markdown, width);
            let all: String = rows(&document)
                .flat_map(|row| &row.spans)
                .map(|span| span.text.as_str())
                .collect();
            let same = if defines(&example.markdown) || is_in_records(&document) {
                // In records the titles are repeated, as decoration.
                let all = folded(&all);
                let mut words = meant.split(|c: char| !c.is_alphanumeric());
                words.all(|word| all.contains(word))
            } else {
                compared += 1;
                let text = shown(&document);
                let exact = width < 80 || words(&text) == words(&meant);
                exact && folded(&text) == folded(&meant)
            };
            if !same {
                wrong.push(format!(
                    "{} at {width}: {:?}\n  shown {:?}\n  meant {:?}",
                    example.name,
                    example.markdown,
                    words(&shown(&document)),
                    words(&meant)
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\n{} of {compared}",
        wrong.join("\n"),
        wrong.len()
    );
    assert!(compared > 1200, "{compared}");
}

#[test]
fn no_example_is_wider_than_the_window() {
    for example in examples() {
        for width in [1, 2, 20, 80] {
            for row in rows(&read(&example.markdown, width)) {
                let text: String = row.spans.iter().map(|span| span.text.as_str()).collect();
                assert!(
                    text_width(&text) <= usize::from(width),
                    "{}: {text:?}",
                    example.name
                );
            }
        }
    }
}

#[test]
fn an_example_that_comes_byte_by_byte_is_the_same_in_the_end() {
    for example in examples() {
        for width in [20, 80] {
            let mut grown = Document::new(Kind::Markdown);
            for (at, _) in example.markdown.char_indices() {
                grown.sync(example.markdown.get(..at).unwrap(), 0, width, false);
            }
            grown.sync(&example.markdown, 0, width, true);
            let whole = read(&example.markdown, width);
            assert!(rows(&grown).eq(rows(&whole)), "{}", example.name);
        }
    }
}
