//! What the code keeps to: layers, sizes, names in the guide. A rule that nobody checks is a wish.

use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the lowest to the highest; those on one line do not know each other.
const LAYERS: [&[&str]; 12] = [
    &["phrase"],
    &["chat"],
    &["wire"],
    &["catalog"],
    &["config"],
    &["markdown"],
    &["app"],
    &["ui"],
    &["private", "search_path", "worker"],
    &[
        "net",
        "store",
        "tui",
        "demo",
        "files",
        "highlight",
        "picture",
        "tools",
    ],
    &["runtime"],
    &["cli"],
];

/// The most lines of a file before its tests.
const MOST_LINES: usize = 500;

/// A source file, by its path below `src`.
struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// Whether it holds a module's own tests, in a file or a directory beside it.
    fn is_tests(&self) -> bool {
        let parent = self.path.parent();
        self.path.ends_with("tests.rs") || parent.is_some_and(|parent| parent.ends_with("tests"))
    }

    /// The code without comments and without the tests at its end.
    fn code(&self) -> String {
        let code = self.text.lines().take_while(|line| *line != "#[cfg(test)]");
        let code = code.filter(|line| !line.trim_start().starts_with("//"));
        code.collect::<Vec<_>>().join("\n")
    }

    /// The layer that it belongs to; `None` for `lib.rs` and `main.rs`.
    fn layer(&self) -> Option<String> {
        let first = self.path.iter().next()?.to_str()?;
        let name = first.strip_suffix(".rs").unwrap_or(first);
        (!["lib", "main"].contains(&name)).then(|| name.to_owned())
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let source = |path: PathBuf| Source {
        text: fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(&src).unwrap().to_owned(),
    };
    files(&src).into_iter().map(source).collect()
}

/// The names after `crate::` in a text.
fn used(code: &str) -> impl Iterator<Item = &str> {
    code.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
        rest.get(..end.unwrap_or(rest.len())).unwrap()
    })
}

fn height(layer: &str) -> usize {
    let found = LAYERS.iter().position(|layers| layers.contains(&layer));
    found.unwrap_or_else(|| panic!("the layer {layer} has no place in the order yet"))
}

#[test]
fn layers_point_one_way() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(layer) = source.layer() else {
            continue;
        };
        let code = source.code();
        assert!(
            !code.contains("use crate::{"),
            "one `use` for each layer: {:?}",
            source.path
        );
        for other in used(&code).filter(|other| *other != layer) {
            if height(other) >= height(&layer) {
                wrong.push(format!("{} uses {other}", source.path.display()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn the_pure_layers_know_no_sockets_files_clocks_or_terminals() {
    const PURE: [&str; 8] = [
        "phrase", "chat", "wire", "catalog", "config", "markdown", "app", "ui",
    ];
    const IMPURE: [&str; 11] = [
        "std::fs",
        "std::net",
        "std::process",
        "std::thread",
        "std::env",
        "std::io::std",
        "Instant::now",
        "SystemTime",
        "reqwest",
        "tokio",
        "crossterm::terminal",
    ];
    let mut wrong = Vec::new();
    for source in sources() {
        if source
            .layer()
            .is_some_and(|layer| PURE.contains(&layer.as_str()))
        {
            let code = source.code();
            let found = IMPURE.iter().filter(|word| code.contains(**word));
            wrong.extend(found.map(|word| format!("{}: {word}", source.path.display())));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn the_view_knows_no_messages_and_the_state_no_frames() {
    for source in sources() {
        let code = source.code();
        let uses = |word: &str| {
            code.split(|c: char| !c.is_alphanumeric())
                .any(|it| it == word)
        };
        match source.layer().as_deref() {
            Some("ui") => assert!(!uses("Msg") && !uses("Effect"), "{:?}", source.path),
            Some("app") => assert!(!uses("Frame") && !uses("Buffer"), "{:?}", source.path),
            _ => {}
        }
    }
}

#[test]
fn files_stay_small_and_begin_with_what_they_own() {
    for source in sources().into_iter().filter(|source| !source.is_tests()) {
        let path = source.path.display();
        let lines = source
            .text
            .lines()
            .take_while(|line| *line != "#[cfg(test)]");
        let lines = lines.count();
        assert!(
            lines <= MOST_LINES,
            "{path} has {lines} lines before its tests"
        );
        assert!(source.text.starts_with("//! "), "{path} has no header");
        assert!(
            !source.path.ends_with("mod.rs"),
            "{path}: foo.rs beside foo/"
        );
    }
}

#[test]
fn nothing_is_left_undone_or_silenced() {
    let marks = [
        "todo!",
        "unimplemented!",
        "dbg!",
        "#[allow",
        "#![allow",
        "#[ignore",
    ];
    for source in sources() {
        let found: Vec<_> = marks
            .iter()
            .filter(|mark| source.text.contains(**mark))
            .collect();
        assert!(found.is_empty(), "{}: {found:?}", source.path.display());
    }
}

#[test]
fn names_say_what_they_are() {
    const EMPTY: [&str; 9] = [
        "utils", "util", "helpers", "common", "types", "manager", "handler", "service", "misc",
    ];
    for source in sources() {
        let stem = source.path.file_stem().unwrap().to_str().unwrap();
        assert!(!EMPTY.contains(&stem), "{}", source.path.display());
    }
}

#[test]
fn every_module_is_named_in_the_guide_for_contributors() {
    let guide = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let named = |module: &str| {
        guide.contains(&format!("`{module}`")) || guide.contains(&format!("/{module}.rs`"))
    };
    let unnamed: Vec<_> = sources()
        .into_iter()
        .filter(|source| source.layer().is_some())
        .filter(|source| !source.is_tests())
        .filter(|source| !named(source.path.file_stem().unwrap().to_str().unwrap()))
        .map(|source| source.path)
        .collect();
    assert_eq!(unnamed, Vec::<PathBuf>::new());
    assert!(guide.lines().count() <= 150, "it is to be read in one go");
}

#[test]
fn the_tests_that_the_guide_names_exist() {
    let guide = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let tests: String = [files(&root().join("tests")), files(&root().join("src"))]
        .concat()
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let invariants = guide.lines().filter(|line| line.starts_with("- **I"));
    let named: Vec<&str> = invariants
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|name| name.matches('_').count() >= 3)
        .collect();
    assert!(named.len() >= 4, "{named:?}");
    for name in named {
        assert!(
            tests.contains(&format!("fn {name}(")),
            "there is no test {name}"
        );
    }
}

#[test]
fn no_file_names_a_place_to_get_packages_from() {
    // Put together, so that this file names none either.
    let hosts = [
        ["crates", "io"],
        ["pypi", "org"],
        ["npmjs", "com"],
        ["golang", "org"],
    ];
    let hosts = hosts.map(|parts| parts.join("."));
    let here = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = here.filter(|path| path.is_file()).collect();
    for directory in ["src", "tests", "assets", "benches", ".ci"] {
        let directory = root().join(directory);
        if directory.is_dir() {
            all.extend(files(&directory));
        }
    }
    for path in all.iter().filter(|path| !path.ends_with("Cargo.lock")) {
        let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        let found: Vec<_> = hosts.iter().filter(|host| text.contains(*host)).collect();
        assert!(found.is_empty(), "{} names {found:?}", path.display());
    }
}
