//! Which grammar a fence asks for.
//!
//! Owns the names that people write after a fence and no grammar knows as its own.

use syntect::parsing::{SyntaxReference, SyntaxSet};

/// Names that mean another one; those of grammars and of their files are known anyway.
const ALIASES: [(&str, &str); 32] = [
    ("assembly", "asm"),
    ("bash-session", "sh"),
    ("console", "sh"),
    ("cpp17", "cpp"),
    ("csharp", "cs"),
    ("docker", "dockerfile"),
    ("dotenv", "sh"),
    ("env", "sh"),
    ("fsharp", "fs"),
    ("golang", "go"),
    ("hcl", "tf"),
    ("jinja", "jinja2"),
    ("javascript", "js"),
    ("json5", "json"),
    ("jsonc", "json"),
    ("jsonl", "json"),
    ("jsx", "js"),
    ("make", "makefile"),
    ("mjs", "js"),
    ("mysql", "sql"),
    ("node", "js"),
    ("objc", "objective-c"),
    ("objectivec", "objective-c"),
    ("postgres", "sql"),
    ("postgresql", "sql"),
    ("protobuf", "proto"),
    ("python3", "py"),
    ("shell", "sh"),
    ("shell-session", "sh"),
    ("sqlite", "sql"),
    ("viml", "vim"),
    ("xhtml", "html"),
];

/// Finds the grammar for what is written after a fence: `rs`, `C++`, `python:main.py`, `{.js}`.
pub(super) fn grammar<'a>(grammars: &'a SyntaxSet, written: &str) -> Option<&'a SyntaxReference> {
    let written = written.trim_start_matches(['{', '.']).to_lowercase();
    let ends = |c: char| !(c.is_alphanumeric() || matches!(c, '+' | '#' | '-' | '_' | '.'));
    let name = written.split(ends).next()?;
    if name.is_empty() {
        return None;
    }
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    let name = alias.map_or(name, |(_, meant)| *meant);
    let found = grammars.find_syntax_by_token(name)?;
    (found.name != "Plain Text").then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_known_by_the_names_that_people_write() {
        let grammars = two_face::syntax::extra_newlines();
        for (written, name) in [
            ("rs", "Rust"),
            ("Rust", "Rust"),
            ("rust,ignore", "Rust"),
            ("py", "Python"),
            ("python3", "Python"),
            ("python:src/main.py", "Python"),
            ("{.python}", "Python"),
            ("ts", "TypeScript"),
            ("tsx", "TypeScriptReact"),
            ("js", "JavaScript (Babel)"),
            ("jsx", "JavaScript (Babel)"),
            ("javascript", "JavaScript (Babel)"),
            ("sh", "Bourne Again Shell (bash)"),
            ("shell", "Bourne Again Shell (bash)"),
            ("bash", "Bourne Again Shell (bash)"),
            ("zsh", "Bourne Again Shell (bash)"),
            ("c", "C"),
            ("c++", "C++"),
            ("cpp", "C++"),
            ("c#", "C#"),
            ("csharp", "C#"),
            ("yml", "YAML"),
            ("yaml", "YAML"),
            ("toml", "TOML"),
            ("json", "JSON"),
            ("jsonc", "JSON"),
            ("go", "Go"),
            ("golang", "Go"),
            ("docker", "Dockerfile"),
            ("dockerfile", "Dockerfile"),
            ("make", "Makefile"),
            ("kt", "Kotlin"),
            ("kotlin", "Kotlin"),
            ("swift", "Swift"),
            ("sql", "SQL"),
            ("postgresql", "SQL"),
            ("html", "HTML"),
            ("css", "CSS"),
            ("scss", "SCSS"),
            ("diff", "Diff"),
            ("java", "Java"),
            ("ruby", "Ruby"),
            ("php", "PHP"),
            ("lua", "Lua"),
            ("markdown", "Markdown"),
            ("md", "Markdown"),
            ("objc", "Objective-C"),
            ("protobuf", "Protocol Buffer"),
            ("powershell", "PowerShell"),
            ("hcl", "Terraform"),
            ("xml", "XML"),
            ("vue", "Vue Component"),
            ("r", "R"),
            ("haskell", "Haskell"),
            ("latex", "LaTeX"),
            ("zig", "Zig"),
            ("nix", "Nix"),
            ("graphql", "GraphQL"),
        ] {
            let found = grammar(&grammars, written).map(|found| found.name.as_str());
            assert_eq!(found, Some(name), "{written}");
        }
        for written in [
            "",
            "text",
            "txt",
            "plain",
            "plaintext",
            "brainmelt",
            "{}",
            ".",
        ] {
            let found = grammar(&grammars, written).map(|found| found.name.as_str());
            assert_eq!(found, None, "{written}");
        }
    }

    #[test]
    fn every_alias_means_something() {
        let grammars = two_face::syntax::extra_newlines();
        for (alias, meant) in ALIASES {
            assert!(grammar(&grammars, alias).is_some(), "{alias} → {meant}");
        }
    }
}
