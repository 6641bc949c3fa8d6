//! When the program itself is at fault: a panic leaves a report, and no memory goes to the disk.
//!
//! Invariants: a report is a new file that only the user can read, and holds no key; a core dump,
//! which would hold every key and every conversation, is not made where the system lets a program
//! say so. The terminal was given back before any of this speaks: [`crate::tui::Guard`] sees to it.

use std::backtrace::Backtrace;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};

use crate::chat::safe;
use crate::phrase::{self, tr};
use crate::private;

/// A variable whose name ends like this is likely to hold a secret.
const SECRET_NAMES: [&str; 5] = ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSPHRASE"];
/// What is shorter is no secret, but may well be a common word.
const SHORTEST_SECRET: usize = 8;
/// More of a backtrace than this is of no use.
const MOST_REPORT_BYTES: usize = 256 * 1024;

/// Keeps the memory of this process out of core dumps.
pub(super) fn forbid_core_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let maximum = getrlimit(Resource::Core).maximum;
        let none = Rlimit {
            current: Some(0),
            maximum,
        };
        // A system that refuses makes dumps or none, as it was set up to.
        let _ = setrlimit(Resource::Core, none);
    }
    // The limit does not count where dumps go to a program rather than into a file.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Makes every panic leave a report in that directory, or in the system's for temporary files if
/// there is none, and end the program.
///
/// On the main thread a panic ends the program by itself. On another one it would leave a window
/// that nobody draws into, so the program is asked to end, which it does in good order.
pub fn report_panics(directory: Option<PathBuf>) {
    std::panic::set_hook(Box::new(move |panic| {
        let report = report(panic, &Backtrace::force_capture());
        let kept = keep(&report, directory.as_deref());
        let what = report.lines().next().unwrap_or_default();
        let place = kept.map_or_else(
            |error| {
                let error = phrase::system(&error);
                tr!("No report could be written: {error}", error)
            },
            |path| {
                let path = path.display();
                tr!(
                    "The report is in {path}; please attach it when you report this.",
                    path
                )
            },
        );
        let said = tr!(
            "mmchat failed by a mistake of its own: {what}\n{place}",
            what,
            place
        );
        let said = safe::visible(&said).into_owned();
        // When standard error is gone too, nobody is left to tell.
        drop(writeln!(io::stderr(), "{said}"));
        end_from_another_thread();
    }));
}

fn end_from_another_thread() {
    #[cfg(unix)]
    if std::thread::current().name() != Some("main") {
        use rustix::process::{Signal, getpid, kill_process};
        let _ = kill_process(getpid(), Signal::TERM);
    }
}

/// What is known of a panic, the most important in the first line; when it was, the file tells.
fn report(panic: &PanicHookInfo<'_>, backtrace: &Backtrace) -> String {
    let payload = panic.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)");
    let place = panic.location().map(ToString::to_string);
    let mut report = format!(
        "{message} ({})\n\nmmchat {} on {} {}\nthread {}\n\n{backtrace}",
        place.as_deref().unwrap_or("an unknown place"),
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        std::thread::current().name().unwrap_or("without a name"),
    );
    while report.len() > MOST_REPORT_BYTES {
        // A line at a time: what is left ends where a line does.
        let end = report.trim_end().rfind('\n').unwrap_or(0);
        report.truncate(end);
    }
    // What is no text can stand in a report as far as it can be shown.
    let text = |value: OsString| value.to_string_lossy().into_owned();
    let variables = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
    without_secrets(&report, variables)
}

/// The text without the values of variables that are named like secrets, and without what looks
/// like a key.
fn without_secrets(text: &str, environment: impl Iterator<Item = (String, String)>) -> String {
    let is_secret = |name: &str| SECRET_NAMES.iter().any(|ending| name.ends_with(ending));
    let mut text = text.to_owned();
    for (name, value) in environment {
        let value = value.trim();
        if value.len() >= SHORTEST_SECRET && is_secret(&name.to_ascii_uppercase()) {
            text = text.replace(value, "[key]");
        }
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("sk-") {
        clean.push_str(before);
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
        let (word, tail) = after.split_at(end.unwrap_or(after.len()));
        let is_word = before.ends_with(|c: char| c.is_alphanumeric());
        if word.len() >= SHORTEST_SECRET && !is_word {
            clean.push_str("[key]");
        } else {
            let _ = write!(clean, "sk-{word}");
        }
        rest = tail;
    }
    clean.push_str(rest);
    clean
}

/// Writes a report to a new file with a name that nobody can foresee.
fn keep(report: &str, directory: Option<&Path>) -> io::Result<PathBuf> {
    let directory = match directory {
        Some(directory) => directory.join("logs"),
        None => std::env::temp_dir(),
    };
    private::directory(&directory)?;
    let path = directory.join(format!("mmchat-panic-{:016x}.txt", fastrand::u64(..)));
    private::write(&path, report)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn neither_variables_named_like_secrets_nor_what_looks_like_a_key_gets_into_a_report() {
        let environment = [
            ("MINIMAX_API_KEY", "eyJ-a-key-without-a-mark"),
            ("SHORT_KEY", "a"),
            ("HOME", "/home/somebody"),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let text = "bad header eyJ-a-key-without-a-mark, Bearer sk-abc_DEF.123-456: a task-oriented \
                    sk-short in /home/somebody";
        assert_eq!(
            without_secrets(text, environment.into_iter()),
            "bad header [key], Bearer [key]: a task-oriented sk-short in /home/somebody"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_report_is_a_new_file_that_only_the_user_can_read() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let data = home.path().join("deep/er");
        let first = keep("a report", Some(&data)).unwrap();
        assert_eq!(fs::read_to_string(&first).unwrap(), "a report");
        assert_eq!(mode(&first), 0o600);
        assert_eq!(mode(&data.join("logs")), 0o700);
        assert_eq!(mode(&data), 0o700);
        assert_ne!(keep("another", Some(&data)).unwrap(), first);
        assert!(keep("a third", Some(&first)).is_err());
    }
}
