//! The figures of a bench as a section of `BENCHMARKS.md`. Whoever runs a bench writes its section
//! anew and leaves the others as they are.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench says when it was run"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

const HEAD: &str = "# What mmchat costs\n\nWritten by `just bench`; figures of different machines do not compare.\n";

/// Writes the section of a bench: a table of what was measured and how much it was.
pub(crate) fn write(section: &str, about: &str, rows: &[(String, String)]) {
    let mut body = format!(
        "\n{about}\n\n{}, {}.\n\n| what | figure |\n| --- | --- |\n",
        machine(),
        today()
    );
    for (what, figure) in rows {
        let _ = writeln!(body, "| {what} | {figure} |");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("BENCHMARKS.md");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|_| HEAD.to_owned());
    let title = format!("\n## {section}\n");
    let (before, after) = match text.split_once(&title) {
        Some((before, rest)) => {
            let next = rest.find("\n## ").unwrap_or(rest.len());
            (
                before.to_owned(),
                rest.get(next..).unwrap_or_default().to_owned(),
            )
        }
        None => (text, String::new()),
    };
    if let Err(error) = std::fs::write(&path, [before, title, body, after].concat()) {
        println!("{}: {error}", path.display());
    }
}

/// The processor and how many of it there are.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("an unknown processor", |name| {
        name.trim_start_matches(['\t', ' ', ':'])
    });
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{model}, {count} threads, {}", std::env::consts::OS)
}

/// The date in UTC, by the civil calendar.
fn today() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let days = now.as_secs() / 86_400 + 719_468;
    let era = days / 146_097;
    let day = days % 146_097;
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let (month, year) = if month < 10 {
        (month + 3, year + era * 400)
    } else {
        (month - 9, year + era * 400 + 1)
    };
    format!("{year}-{month:02}-{date:02}")
}
