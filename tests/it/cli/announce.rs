//! Title, progress and notifications, as they reach a real terminal.
#![cfg(unix)]

use super::{Home, home_of};
use crate::support::raw::{Gate, Server, Step};
use crate::support::tty::Tty;

const BUSY: &str = "\x1b]9;4;3\x1b\\";
const IDLE: &str = "\x1b]9;4;0\x1b\\";

fn chat(home: &Home, variables: &[(&str, &str)]) -> Tty {
    let mut command = home.command(&[]);
    command.envs(variables.iter().copied());
    let mut tty = Tty::start(&command, 100);
    tty.shows("Message");
    tty
}

/// A server whose reply waits for the gate before it ends.
fn gated(gate: &Gate) -> Server {
    super::replying(vec![
        super::said("almost "),
        Step::Gate(gate.clone()),
        super::said("there"),
    ])
}

#[test]
fn a_reply_shows_in_title_and_tab_and_its_end_is_told_to_an_unfocused_window() {
    let gate = Gate::new();
    let server = gated(&gate);
    let home = home_of(&server);
    let mut tty = chat(&home, &[("TERM_PROGRAM", "ghostty")]);
    tty.types("\x1b[Ohello world\r");
    tty.shows(BUSY)
        .shows("\x1b]2;answering · hello world · mmchat\x1b\\");
    gate.open();
    tty.shows("\x1b]9;mmchat: The reply is ready\x1b\\\x07")
        .shows(IDLE);
    tty.types("\x04");
    let (code, out) = tty.ends();
    assert_eq!(code, 0);
    assert!(
        out.rfind("\x1b[23;0t") > out.rfind("\x1b[22;0t"),
        "the title comes back"
    );
    assert!(out.rfind(IDLE) > out.rfind(BUSY), "the tab is cleared");
}

#[test]
fn all_of_it_can_be_switched_off() {
    let gate = Gate::new();
    let server = gated(&gate);
    let home = home_of(&server);
    let off = "\n[ui]\nnotify = \"never\"\nwindow_title = false\nprogress = false\n";
    let path = home.directory.path().join("config.toml");
    std::fs::write(path, home.config.clone() + off).unwrap();
    let mut tty = chat(&home, &[("TERM_PROGRAM", "ghostty")]);
    tty.types("\x1b[Ohello\r").shows("almost");
    gate.open();
    tty.shows("there").types("\x04");
    let (_, out) = tty.ends();
    for bytes in ["\x1b]2;", "\x1b]9;", "\x1b[22;0t", "\x07"] {
        assert!(!out.contains(bytes), "{bytes:?}");
    }
}

#[test]
fn a_terminal_that_would_print_it_gets_none_of_it() {
    let gate = Gate::new();
    gate.open();
    let server = gated(&gate);
    let home = home_of(&server);
    let mut tty = chat(&home, &[("TERM", "linux"), ("TERM_PROGRAM", "ghostty")]);
    tty.types("\x1b[Ohello\r").shows("there").types("\x04");
    let (_, out) = tty.ends();
    for bytes in ["\x1b]2;", "\x1b]9;", "\x1b[22;0t"] {
        assert!(!out.contains(bytes), "{bytes:?}");
    }
}
