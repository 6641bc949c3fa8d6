//! The real program in a real pseudo-terminal: what the user's terminal would show, and in what
//! state it is left.

mod background;
mod crash;
mod enter_key;
#[cfg(feature = "image-preview")]
mod pictures;
mod settings;
mod soak;

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use mmchat::demo::{Pace, Server};
use mmchat::wire::Dialect;
use portable_pty::{ChildKiller, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use tempfile::TempDir;
use vt100::{MouseProtocolMode, Parser, Screen};

/// How long a test waits for something that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What the terminal has received.
pub(crate) struct Received {
    pub(crate) parser: Parser,
    pub(crate) bytes: Vec<u8>,
    pub(crate) exit: Option<u32>,
}

/// A terminal with the program in it.
pub(crate) struct Terminal {
    received: Arc<(Mutex<Received>, Condvar)>,
    writer: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    /// Kept open, so that the line discipline can still be asked after the program's end.
    _slave: Box<dyn SlavePty + Send>,
    killer: Box<dyn ChildKiller + Send + Sync>,
    pub(crate) pid: Pid,
    /// The line discipline before the program began.
    before: String,
    pub(crate) home: Option<TempDir>,
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

fn pty_size(cols: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        ..PtySize::default()
    }
}

impl Terminal {
    /// The program with nothing configured, in a window of 100×30.
    pub(crate) fn open() -> Self {
        Self::with("", &[])
    }

    /// The program asking a demo server of the test's own.
    pub(crate) fn asking(server: &Server) -> Self {
        let url = server.base_url(Dialect::OpenAi);
        Self::with(
            &format!(
                "model = \"lab/model\"\n[providers.lab]\ndialect = \"openai\"\nbase_url = \"{url}\"\n\
                 [[providers.lab.models]]\nid = \"model\"\n"
            ),
            &[],
        )
    }

    pub(crate) fn with(config: &str, environment: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().unwrap();
        if !config.is_empty() {
            std::fs::write(home.path().join("config.toml"), config).unwrap();
        }
        Self::at_home(home, environment, &[])
    }

    /// The program in a home that may have been lived in, with what is configured there.
    pub(crate) fn at_home(home: TempDir, environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mmchat"));
        command.args(arguments);
        Self::running(command, home, environment)
    }

    /// Any program in that home, in a window of 100×30.
    pub(crate) fn running(
        mut command: CommandBuilder,
        home: TempDir,
        environment: &[(&str, &str)],
    ) -> Self {
        let pair = native_pty_system().openpty(pty_size(100, 30)).unwrap();
        let before = termios(pair.master.as_ref());
        command.env_clear();
        command.env("HOME", home.path());
        command.env("TERM", "xterm-256color");
        for (name, value) in environment {
            command.env(name, value);
        }
        let config = home.path().join("config.toml");
        if config.exists() {
            command.env("MMCHAT_CONFIG", config);
        }
        command.cwd(home.path());
        let mut child = pair.slave.spawn_command(command).unwrap();
        let pid = i32::try_from(child.process_id().unwrap()).unwrap();
        let received = Arc::new((
            Mutex::new(Received {
                parser: Parser::new(cells(30), cells(100), 0),
                bytes: Vec::new(),
                exit: None,
            }),
            Condvar::new(),
        ));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let shared = Arc::clone(&received);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 {
                    break;
                }
                let (state, changed) = &*shared;
                let mut state = state.lock().unwrap();
                state.parser.process(&buffer[..count]);
                state.bytes.extend_from_slice(&buffer[..count]);
                changed.notify_all();
            }
        });
        let killer = child.clone_killer();
        let shared = Arc::clone(&received);
        std::thread::spawn(move || {
            let status = child.wait();
            let (state, changed) = &*shared;
            state.lock().unwrap().exit = status.ok().map(|status| status.exit_code());
            changed.notify_all();
        });
        Self {
            received,
            writer: pair.master.take_writer().unwrap(),
            master: pair.master,
            _slave: pair.slave,
            killer,
            pid: Pid::from_raw(pid).unwrap(),
            before,
            home: Some(home),
        }
    }

    /// Waits until what was received is as wanted, and looks something up in it.
    pub(crate) fn when<T>(&self, what: &str, wanted: impl Fn(&Received) -> Option<T>) -> T {
        let (state, changed) = &*self.received;
        let state = state.lock().unwrap();
        let (state, _) = changed
            .wait_timeout_while(state, PATIENCE, |state| wanted(state).is_none())
            .unwrap();
        let screen = state.parser.screen().contents();
        wanted(&state).unwrap_or_else(|| panic!("no {what} on\n{screen}\nexit {:?}", state.exit))
    }

    /// Waits until the screen is as wanted.
    pub(crate) fn when_screen(&self, what: &str, wanted: impl Fn(&Screen) -> bool) {
        self.when(what, |state| wanted(state.parser.screen()).then_some(()));
    }

    /// Waits until the screen shows that text.
    pub(crate) fn shows(&self, text: &str) -> &Self {
        self.when_screen(text, |screen| screen.contents().contains(text));
        self
    }

    pub(crate) fn screen(&self) -> String {
        self.when("screen", |state| Some(state.parser.screen().contents()))
    }

    /// Types bytes as a keyboard sends them.
    pub(crate) fn types(&mut self, keys: &str) -> &mut Self {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
        self
    }

    pub(crate) fn resize(&self, cols: u16, rows: u16) {
        let mut state = self.received.0.lock().unwrap();
        state.parser.screen_mut().set_size(cells(rows), cells(cols));
        self.master.resize(pty_size(cols, rows)).unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).unwrap();
    }

    /// Waits until the program rests, as after Ctrl+Z.
    pub(crate) fn is_stopped(&self) {
        let (_, status) = waitpid(Some(self.pid), WaitOptions::UNTRACED)
            .unwrap()
            .unwrap();
        assert!(status.stopped());
    }

    /// Waits for the program's end and fails unless it ended with that code and left the terminal
    /// as it was.
    pub(crate) fn ends_well(&self, code: u32) {
        let exit = self.when("exit", |state| state.exit);
        // What the program wrote last may still be on its way.
        self.when_screen("screen of the shell", is_restored);
        assert_eq!(exit, code, "{}", self.screen());
        assert_eq!(termios(self.master.as_ref()), self.before);
        let bytes = self.when("bytes", |state| Some(state.bytes.clone()));
        let ends = |with: &[u8], without: &[u8]| {
            let last = |what: &[u8]| bytes.windows(what.len()).rposition(|part| part == what);
            assert!(
                last(with).is_some() && last(with) > last(without),
                "{:?} was left on",
                String::from_utf8_lossy(without)
            );
        };
        // Modes that the emulator does not know: focus reports and the keyboard protocol.
        ends(b"\x1b[?1004l", b"\x1b[?1004h");
        ends(b"\x1b[<1u", b"\x1b[>1u");
        // The window's title, kept and brought back, where the terminal knows how.
        if bytes.windows(7).any(|part| part == b"\x1b[22;0t") {
            ends(b"\x1b[23;0t", b"\x1b[22;0t");
        }
        ends(b"\x1b[?2026l", b"\x1b[?2026h");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let is_over = self
            .received
            .0
            .lock()
            .is_ok_and(|state| state.exit.is_some());
        if !is_over {
            drop(self.killer.kill());
        }
    }
}

/// The line discipline, as text: its type belongs to a crate that is not ours to name.
pub(crate) fn termios(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

pub(crate) fn is_restored(screen: &Screen) -> bool {
    !screen.alternate_screen()
        && !screen.hide_cursor()
        && !screen.bracketed_paste()
        && screen.mouse_protocol_mode() == MouseProtocolMode::None
}

#[test]
fn the_first_screen_is_the_demo_and_ctrl_d_leaves() {
    let mut terminal = Terminal::open();
    terminal
        .shows("Message")
        .shows("demo (offline)")
        .shows("MINIMAX_API_KEY");
    terminal.when_screen("modes", |screen| {
        screen.alternate_screen() && screen.bracketed_paste() && !screen.hide_cursor()
    });
    let bytes = terminal.when("bytes", |state| Some(state.bytes.clone()));
    let text = String::from_utf8_lossy(&bytes);
    // All but its background, which is `background`'s affair.
    for question in ["\x1b[6n", "\x1b[c", "\x1b[?u", "\x1b[>0q"] {
        assert!(
            !text.contains(question),
            "it asks the terminal {question:?}"
        );
    }
    terminal.types("\x04").ends_well(0);
}

#[test]
fn a_reply_streams_into_both_panes() {
    let server = Server::start_with(0, Pace::Instant).unwrap();
    let mut terminal = Terminal::asking(&server);
    terminal.shows("Message");
    terminal.types("write a haiku\r");
    terminal
        .shows("and then one answers")
        .shows("syllables")
        .shows("thought");
    terminal.types("\x04").ends_well(0);
}

#[test]
fn the_built_in_demo_streams_at_a_readable_pace_and_esc_stops_it() {
    let mut terminal = Terminal::open();
    terminal.shows("Message");
    terminal
        .types("write a haiku\r")
        .shows("A haiku:")
        .shows("Esc stop");
    terminal.types("\x1b").shows("Stopped.");
    terminal.types("\x04").ends_well(0);
}

/// A directory with a clipboard's program, which does this first, and the search path to it. The
/// text is in the file `taken` there once all of it is.
fn clipboard(first: &str) -> (TempDir, String) {
    use std::os::unix::fs::PermissionsExt as _;
    let programs = tempfile::tempdir().unwrap();
    let program = programs.path().join("xclip");
    let script = format!(
        "#!/bin/sh\ncd \"${{0%/*}}\"\n{first}\n/bin/cat > taking && /bin/mv taking taken\n"
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = programs.path().to_str().unwrap().to_owned();
    (programs, path)
}

/// Waits until a file is there.
fn appears(file: &std::path::Path) {
    for _ in 0..400 {
        if file.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{} never came", file.display());
}

#[test]
fn a_drag_puts_its_text_on_the_clipboard_of_the_terminal_and_of_the_system() {
    let (programs, path) = clipboard("");
    let taken = programs.path().join("taken");
    let mut terminal = Terminal::with("", &[("PATH", &path), ("DISPLAY", ":0")]);
    terminal.shows("Message");
    terminal.types("write a haiku\r").shows("A haiku:");
    let (row, column) = terminal.when("the message in the chat", |state| {
        let screen = state.parser.screen().contents();
        // The first line is the header, which has it too.
        let mut lines = screen.lines().enumerate().skip(1);
        lines.find_map(|(row, line)| {
            let before = line.get(..line.find("write a haiku")?)?;
            Some((row + 1, before.chars().count() + 1))
        })
    });
    let end = column + "write a haiku".len() - 1;
    terminal.types(&format!(
        "\x1b[<0;{column};{row}M\x1b[<32;{end};{row}M\x1b[<0;{end};{row}m"
    ));
    terminal.shows("Copied 1 line, 13 characters");
    terminal.when("the text for the terminal", |state| {
        let sequence = b"\x1b]52;c;d3JpdGUgYSBoYWlrdQ==\x1b\\";
        let mut parts = state.bytes.windows(sequence.len());
        parts.any(|part| part == sequence).then_some(())
    });
    // It was asked for before the frame that says so; a few frames later it is there.
    appears(&taken);
    assert_eq!(std::fs::read_to_string(taken).unwrap(), "write a haiku");
    terminal.types("\x1b").shows("Stopped.");
    // The chat has the focus now, where Ctrl+D scrolls.
    terminal.types("\x03").shows("Ctrl+C again");
    terminal.types("\x03").ends_well(0);
}

#[test]
fn what_is_on_its_way_to_the_clipboard_gets_there_in_spite_of_a_rest() {
    let slow = ": > begun; while [ ! -e go ]; do /bin/sleep 0.05; done";
    let (programs, path) = clipboard(slow);
    let at = |name: &str| programs.path().join(name);
    let mut terminal = Terminal::with("", &[("PATH", &path), ("DISPLAY", ":0")]);
    terminal.shows("Message");
    terminal
        .types("write a haiku\r")
        .shows("and then one answers");
    terminal.types("/copy\r").shows("Copy");
    terminal.types("\r").shows("Copied");
    appears(&at("begun"));
    terminal.types("\x1a");
    terminal.is_stopped();
    std::fs::write(at("go"), "").unwrap();
    terminal.signal(Signal::CONT);
    terminal.when_screen("program", Screen::alternate_screen);
    terminal.shows("Message");
    // Whether all of it was handed over before the rest is a race; that it arrives is none.
    appears(&at("taken"));
    let taken = std::fs::read_to_string(at("taken")).unwrap();
    assert!(taken.contains("and then one answers"), "{taken}");
    terminal.types("\x04").ends_well(0);
}

#[test]
fn every_signal_that_ends_the_program_leaves_the_terminal_as_it_was() {
    let server = Server::start_with(0, Pace::PerSecond(50)).unwrap();
    for (signal, number) in [
        (Signal::TERM, 15),
        (Signal::HUP, 1),
        (Signal::INT, 2),
        (Signal::QUIT, 3),
    ] {
        let mut terminal = Terminal::asking(&server);
        terminal.shows("Message");
        terminal.types("write a haiku\r").shows("A haiku:");
        terminal.signal(signal);
        terminal.ends_well(128 + number);
    }
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_the_shell_can_bring_the_program_back() {
    let mut terminal = Terminal::open();
    terminal.shows("Message");
    terminal.types("my draft").shows("my draft");
    terminal.types("\x1a");
    terminal.when_screen("screen of the shell", is_restored);
    terminal.is_stopped();
    assert_eq!(termios(terminal.master.as_ref()), terminal.before);
    terminal.signal(Signal::CONT);
    terminal.when_screen("program", Screen::alternate_screen);
    terminal.shows("my draft");
    terminal.types(" goes on").shows("my draft goes on");
    // Ctrl+C clears the draft, Ctrl+D leaves.
    terminal.types("\x03").types("\x04").ends_well(0);
}

#[test]
fn a_stop_from_outside_gives_the_terminal_back_too() {
    let mut terminal = Terminal::open();
    terminal.shows("Message");
    terminal.signal(Signal::TSTP);
    terminal.when_screen("screen of the shell", is_restored);
    terminal.is_stopped();
    terminal.signal(Signal::CONT);
    terminal.when_screen("program", Screen::alternate_screen);
    terminal.shows("Message");
    terminal.types("\x04").ends_well(0);
}

#[test]
fn a_storm_of_resizes_leaves_a_whole_screen() {
    let server = Server::start_with(0, Pace::PerSecond(200)).unwrap();
    let mut terminal = Terminal::asking(&server);
    terminal.shows("Message");
    terminal.types("write a haiku\r").shows("A haiku:");
    for step in 0..60_u16 {
        terminal.resize(1 + step * 37 % 160, 1 + step * 23 % 50);
    }
    terminal.resize(90, 26);
    terminal
        .shows("and then one answers")
        .shows("thought")
        .shows("^O model");
    let after = terminal.screen();
    assert_eq!(after.lines().count(), 26, "{after}");
    // The same screen drawn from nothing: nothing of older sizes had been left on it.
    let drawn = terminal.when("bytes", |state| Some(state.bytes.len()));
    terminal.types("\x0c");
    terminal.when("redraw", |state| {
        let new = state.bytes.get(drawn..)?;
        new.ends_with(b"\x1b[?2026l").then_some(())
    });
    terminal.when_screen("same screen", |screen| screen.contents() == after);
    terminal.types("\x04").ends_well(0);
}

#[test]
fn ten_megabytes_pasted_are_folded_and_nothing_is_sent() {
    let mut terminal = Terminal::open();
    terminal.shows("Message");
    let line = "all work and no play makes a dull paste\r";
    let lines = 10 * 1024 * 1024 / line.len();
    terminal.types("\x1b[200~");
    terminal.types(&line.repeat(lines));
    terminal.types("\x1b[201~");
    terminal.shows(&format!("[pasted {lines} lines]"));
    // Still there and answering; nothing was sent.
    terminal.types("ok").shows("lines]ok");
    assert!(!terminal.screen().contains("You"));
    terminal.types("\x03\x04").ends_well(0);
}

#[test]
fn the_end_waits_for_an_export_and_tells_when_there_is_none() {
    let mut terminal = Terminal::open();
    terminal.shows("Message");
    terminal.types("write a haiku\r").shows("A haiku:");
    terminal.types("\x1b").shows("Stopped.");
    // All at once: the program is left before it has heard of the file.
    terminal.types("/export talk.md\r\x04").ends_well(0);
    let home = terminal.home.take().unwrap();
    let written = std::fs::read_to_string(home.path().join("talk.md")).unwrap();
    assert!(written.contains("write a haiku"), "{written}");
    let mut terminal = Terminal::at_home(home, &[], &["--continue"]);
    terminal.shows("haiku");
    terminal.types("/export none/talk.md\r\x04");
    terminal.ends_well(1);
    terminal.shows("none/talk.md can't be written");
}

#[test]
fn a_pasted_quit_command_does_not_quit() {
    let mut terminal = Terminal::open();
    terminal.shows("Message");
    terminal.types("\x1b[200~/quit\r\r\x1b[201~!").shows("!");
    assert!(terminal.screen().contains("/quit"));
    terminal.types("\x03\x04").ends_well(0);
}

#[test]
fn without_colours_no_colour_is_sent() {
    let mut terminal = Terminal::with("", &[("NO_COLOR", "1")]);
    terminal.shows("Message");
    terminal.types("\x10").shows("Commands");
    let bytes = terminal.when("bytes", |state| Some(state.bytes.clone()));
    let text = String::from_utf8_lossy(&bytes);
    for sequence in text.split("\x1b[").skip(1) {
        let codes = sequence.split_once('m').map_or("", |(codes, _)| codes);
        let is_style = codes.chars().all(|c| c.is_ascii_digit() || c == ';');
        let colours = codes.split(';').filter_map(|code| code.parse::<u8>().ok());
        let coloured = colours
            .into_iter()
            .any(|code| (30..=38).contains(&code) || (90..=107).contains(&code));
        assert!(!(is_style && coloured), "{codes}");
    }
    terminal.types("\x1b");
    terminal.when_screen("no palette", |screen| {
        !screen.contents().contains("Commands")
    });
    terminal.types("\x04").ends_well(0);
}

#[test]
fn a_long_text_typed_at_once_arrives_whole() {
    let mut terminal = Terminal::open();
    terminal.shows("Message");
    // No bracketed paste: what a terminal without it, or a person's macro, sends.
    terminal.types(&"lorem ipsum ".repeat(110));
    terminal.types("END");
    terminal.shows("END");
    terminal.types("\x03").types("\x04").ends_well(0);
}

/// A terminal whose `$EDITOR` is that script of a shell, with `$1` for the draft's file.
fn with_editor(script: &str, command: CommandBuilder) -> Terminal {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("editor.sh");
    std::fs::write(&path, script).unwrap();
    let editor = format!("/bin/sh {}", path.display());
    Terminal::running(command, home, &[("EDITOR", &editor), ("TMPDIR", "/tmp")])
}

#[test]
fn the_editor_gets_the_terminal_and_its_text_becomes_the_message() {
    let script = "printf 'which word? '; read word < /dev/tty; printf 'edited with %s\\n' \"$word\" > \"$1\"\n";
    let mut terminal = with_editor(script, CommandBuilder::new(env!("CARGO_BIN_EXE_mmchat")));
    terminal.shows("Message");
    terminal.types("draft").shows("draft");
    terminal.types("\x07");
    terminal.shows("which word?");
    assert!(terminal.when("screen", |state| Some(is_restored(state.parser.screen()))));
    terminal.types("care\r").shows("edited with care");
    terminal.types("fully").shows("carefully");
    terminal.types("\x03").types("\x04").ends_well(0);
}

#[test]
fn ctrl_z_in_the_editor_gives_the_shell_its_terminal_back() {
    // What vim does at Ctrl+Z: it stops the whole job. Only a shell that knows jobs minds.
    let editor = "kill -TSTP 0; printf 'edited\\n' > \"$1\"\n";
    let shell = "set -m; \"$0\"; printf 'the shell is here'; read go; fg > /dev/null";
    let mut command = CommandBuilder::new("/bin/sh");
    command.args(["-c", shell, env!("CARGO_BIN_EXE_mmchat")]);
    let mut terminal = with_editor(editor, command);
    terminal.shows("Message");
    terminal.types("draft").shows("draft");
    terminal.types("\x07").shows("the shell is here");
    terminal.types("\r").shows("edited");
    // The stop that the editor passed on to the program is not obeyed a second time.
    terminal.types(" more").shows("edited more");
    terminal.types("\x03").types("\x04").ends_well(0);
}

#[test]
fn closing_the_window_ends_the_program() {
    let home = tempfile::tempdir().unwrap();
    let pair = native_pty_system().openpty(pty_size(100, 30)).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mmchat"));
    command.env_clear();
    command.env("HOME", home.path());
    command.env("TERM", "xterm-256color");
    let mut child = pair.slave.spawn_command(command).unwrap();
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut bytes = Vec::new();
    while !String::from_utf8_lossy(&bytes).contains("Welcome") {
        let mut buffer = [0; 4096];
        let count = reader.read(&mut buffer).unwrap();
        bytes.extend_from_slice(&buffer[..count]);
    }
    // Every descriptor of the terminal's side: the kernel hangs up.
    drop((reader, pair));
    let mut killer = child.clone_killer();
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || drop(ended.send(child.wait())));
    // With which code does not matter: nobody is left to read it, and whether the signal comes
    // before a frame fails is up to the kernel.
    if end.recv_timeout(PATIENCE).is_err() {
        drop(killer.kill());
        panic!("it is still there although its terminal is gone");
    }
}
