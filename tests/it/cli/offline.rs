//! Nothing goes out before somebody asks: no command that only looks, and no chat that only starts.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::Command;

use super::{Home, KEY, outcome};

/// A proxy that only notices whether somebody comes.
struct Trap(TcpListener);

impl Trap {
    fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    /// Has a command of a home take it for the way out, with keys for everybody that could be asked.
    fn around(&self, mut command: Command) -> Command {
        let proxy = format!("http://{}", self.0.local_addr().unwrap());
        for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"] {
            command.env(name, &proxy);
        }
        for name in [
            "DASHSCOPE_API_KEY",
            "TOKENHUB_API_KEY",
            "MINIMAX_API_KEY",
            "OPENROUTER_API_KEY",
        ] {
            command.env(name, KEY);
        }
        command
    }

    fn was_met(&self) -> bool {
        match self.0.accept() {
            Ok(_) => true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn commands_that_only_look_connect_to_nobody() {
    let home = Home::new();
    let trap = Trap::set();
    for arguments in [
        &["models"][..],
        &["doctor"],
        &["keys"],
        &["key", "list"],
        &["config", "check"],
        &["history", "list"],
        &["stats"],
        &["completions", "bash"],
        &["ask", "--dry-run", "q"],
    ] {
        let command = trap.around(home.command(arguments)).spawn().unwrap();
        outcome(command).ends(0);
        assert!(!trap.was_met(), "{arguments:?}");
    }
    // What asks is noticed, so the others were not merely unseen.
    let asking = ["models", "--refresh", "-m", "openrouter"];
    let mut asking = trap.around(home.command(&asking)).spawn().unwrap();
    while !trap.was_met() {
        assert!(asking.try_wait().unwrap().is_none(), "it asked nobody");
        std::thread::yield_now();
    }
    asking.kill().unwrap();
    asking.wait().unwrap();
}

/// The sockets of a process that could reach another machine; `None` where the system does not let
/// them be seen: the program keeps its memory, and with it its files, from others of the same user.
#[cfg(target_os = "linux")]
fn internet_sockets(process: u32) -> Option<usize> {
    let place = format!("/proc/{process}");
    let open: Vec<String> = std::fs::read_dir(format!("{place}/fd"))
        .ok()?
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|target| {
            let inode = target.to_str()?.strip_prefix("socket:[")?;
            Some(inode.trim_end_matches(']').to_owned())
        })
        .collect();
    let tables = ["tcp", "tcp6", "udp", "udp6"].map(|kind| {
        let table = std::fs::read_to_string(format!("{place}/net/{kind}"));
        table.unwrap_or_default()
    });
    let lines = tables.iter().flat_map(|table| table.lines());
    let inodes = lines.filter_map(|line| line.split_whitespace().nth(9));
    Some(
        inodes
            .filter(|inode| open.iter().any(|own| own == inode))
            .count(),
    )
}

#[cfg(unix)]
#[test]
fn a_chat_that_starts_opens_no_way_out_until_something_is_asked() {
    use crate::support::tty::Tty;
    let home = Home::new();
    let trap = Trap::set();
    let mut chat = Tty::start(&trap.around(home.command(&["--demo"])), 100);
    chat.shows("Message");
    #[cfg(target_os = "linux")]
    match internet_sockets(chat.process()) {
        Some(count) => assert_eq!(count, 0, "sockets before anything was asked"),
        None => {
            eprintln!("the sockets of another process can't be seen here; the proxy was watched");
        }
    }
    chat.types("hello\r").shows("]2;thinking");
    #[cfg(target_os = "linux")]
    if let Some(count) = internet_sockets(chat.process()) {
        assert!(count > 0, "the demo's own socket would have been seen");
    }
    chat.types("\x1b").shows("]2;hello").types("\x04");
    let (code, _) = chat.ends();
    assert_eq!(code, 0);
    assert!(!trap.was_met());
}
