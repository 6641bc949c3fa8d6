//! RELIABILITY.md is complete and true: every case of the catalogue has a row, every row a test that
//! exists or a reason, and every test that names a case stands in that case's row.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The numbers of the catalogue by section. They are names, with gaps.
const CASES: [(char, &[u32]); 10] = [
    ('A', &[1, 3, 4, 5, 6, 7, 8, 10, 11]),
    ('B', &[13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24, 25]),
    ('C', &[26, 27, 31, 32, 33, 34, 35, 36]),
    ('D', &[37, 38, 40, 42, 43, 45, 46, 47, 48, 49, 51, 52]),
    ('E', &[53, 54, 56, 57, 58, 59]),
    ('F', &[61, 63, 64, 65, 66, 67]),
    ('G', &[68, 69, 71, 72, 74, 75, 77, 78, 79]),
    ('H', &[80, 81, 83, 84, 85, 86, 87, 88, 89, 91]),
    ('I', &[92, 93, 94, 96, 98, 99, 100, 101, 102, 103, 104, 105]),
    ('J', &[106, 107, 108, 109, 110, 111]),
];

/// A row of one of the tables.
#[derive(Debug)]
struct Row {
    section: char,
    number: u32,
    case: String,
    result: String,
    tests: Vec<String>,
    reason: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The rows of `| 13 | case | what mmchat does | tests or a reason |` below `## B. …`.
fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join("RELIABILITY.md")).unwrap();
    let mut section = ' ';
    let mut rows = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            let mut letters = title.chars();
            let letter = letters.next().unwrap();
            section = if letters.next() == Some('.') {
                letter
            } else {
                ' '
            };
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let Some(Ok(number)) = cells.get(1).map(|cell| cell.parse()) else {
            continue;
        };
        assert_eq!(cells.len(), 6, "four cells: {line}");
        let proof = cells[4];
        let tests = proof.split('`').skip(1).step_by(2);
        let outside = proof.split('`').step_by(2).collect::<String>();
        rows.push(Row {
            section,
            number,
            case: cells[2].to_owned(),
            result: cells[3].to_owned(),
            tests: tests.map(str::to_owned).collect(),
            reason: outside.trim_matches([' ', ',', ';', '.']).to_owned(),
        });
    }
    rows
}

/// Every Rust file below a directory with its text, by the path of its module.
fn modules(directory: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open: Vec<PathBuf> = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let inner = path.strip_prefix(directory).unwrap().with_extension("");
                let names: Vec<_> = inner.iter().map(|name| name.to_str().unwrap()).collect();
                found.insert(names.join("::"), fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

/// The names of the tests in a text that are run: those that are not set aside.
fn tests_of(text: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let (mut is_test, mut is_ignored) = (false, false);
    for line in text.lines().map(str::trim_start) {
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        is_ignored |= line.starts_with("#[ignore");
        let function = line.strip_prefix("async ").unwrap_or(line);
        if let Some(rest) = function.strip_prefix("fn ") {
            // Inside `proptest!` the mark stands before the name, too.
            if is_test && !is_ignored {
                found.insert(rest.split(['(', '<']).next().unwrap());
            }
            (is_test, is_ignored) = (false, false);
        }
    }
    found
}

#[test]
fn every_case_of_the_catalogue_has_one_row_in_its_section() {
    let found: Vec<(char, u32)> = rows().iter().map(|row| (row.section, row.number)).collect();
    let wanted: Vec<(char, u32)> = CASES
        .iter()
        .flat_map(|(section, numbers)| numbers.iter().map(|number| (*section, *number)))
        .collect();
    assert_eq!(found, wanted);
    for row in rows() {
        assert!(!row.case.is_empty() && !row.result.is_empty(), "{row:?}");
    }
}

#[test]
fn every_row_names_tests_or_a_reason() {
    let mut wrong = Vec::new();
    for row in rows() {
        if row.tests.is_empty() && row.reason.split_whitespace().count() < 4 {
            wrong.push(row);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_test_that_is_named_anywhere_is_there_and_run() {
    // As the test runner prints them: those of a file of `src` are in its `tests`.
    let (whole, own) = (
        modules(&root().join("tests/it")),
        modules(&root().join("src")),
    );
    let is_run = |name: &str| {
        let Some((module, test)) = name.rsplit_once("::") else {
            return false;
        };
        let inner = module.split("::tests").next().unwrap();
        let places = [
            whole.get(module),
            own.get(module),
            own.get(inner).filter(|_| inner != module),
        ];
        let mut texts = places.into_iter().flatten();
        texts.any(|text| tests_of(text).contains(test))
    };
    let text = fs::read_to_string(root().join("RELIABILITY.md")).unwrap();
    let marked = text
        .lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2));
    let names = marked.filter(|words| words.contains("::"));
    let named: BTreeSet<&str> = names
        .filter_map(|words| words.split(' ').next_back())
        .collect();
    let missing: Vec<_> = named.iter().filter(|name| !is_run(name)).collect();
    assert!(named.len() > 100);
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_test_that_names_a_case_stands_in_its_row() {
    let rows = rows();
    let mut wrong = Vec::new();
    for (module, text) in modules(&root().join("tests/it")) {
        for test in tests_of(&text) {
            let Some((letter, number)) = named_case(test) else {
                continue;
            };
            let row = rows.iter().find(|row| row.number == number);
            let name = format!("{module}::{test}");
            let is_there = row.is_some_and(|row| {
                row.section.to_ascii_lowercase() == letter && row.tests.contains(&name)
            });
            if !is_there {
                wrong.push(name);
            }
        }
    }
    assert_eq!(wrong, [""; 0], "{}", wrong.join("\n"));
}

/// The section and the number that a test's name begins with, such as `d38_`.
fn named_case(test: &str) -> Option<(char, u32)> {
    let (first, _) = test.split_once('_')?;
    let letter = first.chars().next().filter(char::is_ascii_lowercase)?;
    let number = first.get(1..)?.parse().ok()?;
    Some((letter, number))
}

#[test]
fn the_figures_at_the_head_are_those_of_the_rows() {
    let text = fs::read_to_string(root().join("RELIABILITY.md")).unwrap();
    let rows = rows();
    let by_test = rows.iter().filter(|row| !row.tests.is_empty()).count();
    let figures = format!(
        "{} cases: {by_test} by tests, {} by a reason.",
        rows.len(),
        rows.len() - by_test
    );
    assert!(text.contains(&figures), "the head should say: {figures}");
}
