//! RELIABILITY H: the life of the terminal, in a real pseudo-terminal. Most cases are in `pty`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use mmchat::demo::{Pace, Server};
use mmchat::tui::{Announcer, Guard};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::Signal;
use vt100::Screen;

use crate::cli::{Home, home_of, said};
use crate::pty::{Terminal, is_restored};
use crate::support::raw::{self, Step};

/// Tells the test below, run again as a child in a terminal, what to do there.
const DEED: &str = "MMCHAT_TEST_PANIC";
/// The file in the child's home whose coming tells it that the time has come.
const NOW: &str = "now";

/// The program's own way into a terminal and out of it by a panic. Does nothing unless it was
/// started by `h80`: the program itself has no way to panic that a test could take.
#[test]
#[expect(clippy::disallowed_methods, reason = "tells a child from a test")]
fn panics_as_a_child() {
    let Ok(deed) = std::env::var(DEED) else {
        return;
    };
    let home = PathBuf::from(std::env::var("HOME").unwrap());
    if deed == "in the chat" {
        return panics_in_the_chat(home);
    }
    mmchat::cli::report_panics(Some(home.join("data")));
    let announcer = Announcer::new(|_| None, false, false);
    let _guard = Guard::take(true, announcer).unwrap();
    let key = std::env::var("LAB_KEY").unwrap();
    match deed.as_str() {
        // Every test runs on a thread of its own, which is not the main one.
        "here" => panic!("over and out \u{1b}]0;owned\u{7} with {key}"),
        "elsewhere" => {
            let thread = std::thread::spawn(move || panic!("another thread, {key}"));
            drop(thread.join());
            // What follows is the signal that ends the program.
            std::thread::sleep(Duration::from_secs(20));
        }
        other => panic!("{other}"),
    }
}

/// The whole program, as `main` runs it, and one thread more, which panics once it is told to.
fn panics_in_the_chat(home: PathBuf) {
    std::thread::spawn(move || {
        while !home.join(NOW).exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("a thread beside the chat");
    });
    let code = mmchat::cli::run(["mmchat", "--demo"].map(OsString::from));
    // It took the way out that every signal takes, and says that it was none.
    assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::from(101)));
}

/// While a reply comes, something breaks that the chat does not wait for: it ends in good order,
/// with nothing lost and nothing left behind in the terminal.
#[test]
fn h80_a_panic_on_a_thread_beside_the_running_chat_ends_it_in_good_order() {
    let home = tempfile::tempdir().unwrap();
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "faults_terminal::panics_as_a_child",
        "--nocapture",
    ]);
    let mut terminal = Terminal::running(command, home, &[(DEED, "in the chat")]);
    terminal.shows("Message");
    terminal.types("write a haiku\r").shows("A haiku:");
    let path = terminal.home.as_ref().unwrap().path().to_owned();
    fs::write(path.join(NOW), "").unwrap();
    terminal.shows("mmchat failed by a mistake of its own: a thread beside the chat");
    terminal.ends_well(0);
    let [report] = reports(&path.join(".local/share/mmchat"))
        .try_into()
        .unwrap();
    let report = fs::read_to_string(report).unwrap();
    assert!(report.contains("faults_terminal.rs:"), "{report}");
    let kept = Command::new(env!("CARGO_BIN_EXE_mmchat"))
        .args(["history", "search", "haiku"])
        .env_clear()
        .env("HOME", &path)
        .output()
        .unwrap();
    let kept = String::from_utf8(kept.stdout).unwrap();
    assert!(kept.contains("haiku"), "{kept}");
}

fn reports(data: &Path) -> Vec<PathBuf> {
    let Ok(found) = fs::read_dir(data.join("logs")) else {
        return Vec::new();
    };
    found.map(|entry| entry.unwrap().path()).collect()
}

/// Case 80: the terminal first, then the words, and a report in a file of the user's own.
#[test]
fn h80_a_panic_gives_the_terminal_back_and_leaves_a_report() {
    let key = "eyJhbGciOi-not-marked-as-a-key";
    for deed in ["here", "elsewhere"] {
        let home = tempfile::tempdir().unwrap();
        let pair = native_pty_system().openpty(PtySize::default()).unwrap();
        let before = crate::pty::termios(pair.master.as_ref());
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "faults_terminal::panics_as_a_child",
            "--nocapture",
        ]);
        command.env_clear();
        command.env("HOME", home.path());
        command.env("TERM", "xterm-256color");
        command.env("LAB_KEY", key);
        // No text; reading the variables must not fail over it.
        command.env("BROKEN", OsStr::from_bytes(b"\xff"));
        command.env(DEED, deed);
        let mut child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let reading = std::thread::spawn(move || {
            let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                bytes.extend_from_slice(&buffer[..count]);
            }
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let status = child.wait().unwrap();
        assert!(!status.success(), "{status:?}");
        assert_eq!(crate::pty::termios(pair.master.as_ref()), before);
        drop(pair);
        let text = reading.join().unwrap();
        let restored = text.find("\x1b[?1049l").expect("the shell's screen");
        let said = text.find("mmchat failed by a mistake of its own").unwrap();
        assert!(restored < said, "{text:?}");
        assert!(!text.contains("\x1b]0;owned"), "{text}");
        let [report] = reports(&home.path().join("data")).try_into().unwrap();
        // Long paths are wrapped by nobody: the terminal does that itself.
        assert!(text.contains(report.to_str().unwrap()), "{text}");
        let mode = fs::metadata(&report).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let report = fs::read_to_string(report).unwrap();
        assert!(report.contains("faults_terminal.rs:"), "{report}");
        assert!(report.contains(env!("CARGO_PKG_VERSION")), "{report}");
        assert!(
            report.contains("[key]") && !report.contains(key),
            "{report}"
        );
        assert!(!text.contains(key), "{text}");
    }
}

/// Case 81: what had come of the reply is in the store, well within a second.
#[test]
fn h81_a_signal_keeps_what_had_come_of_the_reply() {
    let server = Server::start_with(0, Pace::PerSecond(50)).unwrap();
    let mut terminal = Terminal::asking(&server);
    terminal.shows("Message");
    terminal.types("write a haiku\r").shows("A haiku:");
    terminal.signal(Signal::TERM);
    terminal.ends_well(143);
    let home = terminal.home.take().unwrap();
    let history = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_mmchat"))
            .arg("history")
            .args(arguments)
            .env_clear()
            .env("HOME", home.path())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let list = history(&["list"]);
    let id = list.split('\t').next().unwrap();
    let kept = history(&["export", id, "--format", "json"]);
    assert!(kept.contains("write a haiku"), "{kept}");
    assert!(kept.contains("A haiku"), "{kept}");
}

/// Case 84: the window has another size when the program comes back, and the reply went on.
#[test]
fn h84_a_window_that_was_resized_meanwhile_is_drawn_whole() {
    let server = Server::start_with(0, Pace::PerSecond(100)).unwrap();
    let mut terminal = Terminal::asking(&server);
    terminal.shows("Message");
    terminal.types("write a haiku\r").shows("A haiku:");
    terminal.types("\x1a");
    terminal.when_screen("screen of the shell", is_restored);
    terminal.is_stopped();
    terminal.resize(70, 20);
    terminal.signal(Signal::CONT);
    terminal.when_screen("program", Screen::alternate_screen);
    terminal.shows("syllables").shows("thought");
    assert_eq!(terminal.screen().lines().count(), 20);
    terminal.types("\x04").ends_well(0);
}

/// Case 88: each of them is a terminal that can be used, or is told what works there.
#[test]
fn h88_odd_terminals_are_served() {
    for term in [
        "linux",
        "vt100",
        "screen",
        "xterm-direct",
        "nonsense-9000",
        "",
    ] {
        let mut terminal = Terminal::with("", &[("TERM", term), ("LANG", "C")]);
        terminal.shows("Message");
        terminal.types("hello there").shows("hello there");
        terminal.types("\x03\x04");
        terminal.when("exit", |state| state.exit);
        terminal.when_screen("screen of the shell", is_restored);
    }
}

/// Case 89: ends that are closed, full or no terminals.
#[test]
fn h89_closed_and_full_ends_are_told_by_the_exit_code() {
    let server = || crate::cli::replying(vec![said("an answer")]);
    let in_shell = |home: &Home, line: &str| {
        let mut command = home.command(&[]);
        let program = command.get_program().to_owned();
        let environment: Vec<_> = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        command = Command::new("/bin/sh");
        command
            .args(["-c", line, "sh"])
            .arg(program)
            .env_clear()
            .envs(environment)
            .current_dir(home.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        crate::cli::outcome(command.spawn().unwrap())
    };
    let one = server();
    let outcome = in_shell(&home_of(&one), "\"$1\" ask q <&-");
    assert_eq!(
        (outcome.code, outcome.out.as_str()),
        (Some(0), "an answer\n"),
        "{outcome:?}"
    );
    let two = server();
    let outcome = in_shell(&home_of(&two), "\"$1\" ask q >/dev/full").ends(1);
    assert!(
        outcome
            .complains("output could not be written")
            .err
            .contains("space")
    );
    let three = server();
    let outcome = in_shell(&home_of(&three), "\"$1\" ask q >&-");
    assert_ne!(outcome.code, Some(101), "{outcome:?}");
    let four = server();
    let outcome = in_shell(&home_of(&four), "\"$1\" ask q 2>&-");
    assert_eq!(outcome.out, "an answer\n");
    for line in ["echo hi | \"$1\"", "\"$1\" | cat; exit 2", "\"$1\" <&- >&-"] {
        let outcome = in_shell(&Home::new(), line).ends(2);
        assert!(!outcome.out.contains('\u{1b}'), "{outcome:?}");
        assert!(!outcome.err.contains('\u{1b}'), "{outcome:?}");
    }
    let outcome = in_shell(&Home::new(), "\"$1\" models | true; exit 0").ends(0);
    assert_eq!(outcome.err, "");
}

/// Case 91: a paste in two pieces, an Esc alone, and what was typed before the program listened.
#[test]
fn h91_pastes_in_pieces_and_a_lone_escape_mean_what_was_meant() {
    let mut terminal = Terminal::open();
    // Typed ahead: it is kept, and nothing of it is carried out.
    terminal.types("early ");
    terminal.shows("Message");
    terminal.types("\x1b[200~half a pa");
    std::thread::sleep(Duration::from_millis(120));
    terminal.types("ste\r/quit\r");
    std::thread::sleep(Duration::from_millis(120));
    terminal.types("\x1b[20");
    std::thread::sleep(Duration::from_millis(120));
    terminal.types("1~, and more").shows("/quit");
    terminal.shows(", and more");
    assert!(terminal.screen().contains("half a paste"));
    terminal.types("\x10").shows("Commands");
    terminal.types("\x1b");
    terminal.when_screen("no palette", |screen| {
        !screen.contents().contains("Commands")
    });
    terminal.types("\x03\x04").ends_well(0);
}

/// Case 101: the memory of the program, keys and all, gets into no core dump.
#[cfg(target_os = "linux")]
#[test]
fn i101_no_core_dump_is_made_of_what_the_program_knows() {
    let server = raw::Server::start(vec![vec![Step::events(), said("here"), Step::Hold]]);
    let home = home_of(&server);
    let mut child = home.command(&["ask", "q"]).spawn().unwrap();
    let mut first = [0; 4];
    let out = child.stdout.as_mut().unwrap();
    out.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"here");
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core"));
    let words: Vec<&str> = core.unwrap().split_whitespace().collect();
    assert_eq!(words[4], "0", "{core:?}");
    child.kill().unwrap();
    child.wait().unwrap();
}
