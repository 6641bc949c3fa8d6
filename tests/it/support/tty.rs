//! A command in a pseudo-terminal: typed at, and everything that it writes.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long a test waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// The command while it runs.
pub(crate) struct Tty {
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    pieces: Receiver<Vec<u8>>,
    seen: String,
}

impl Tty {
    /// Starts the command of another kind of process in a terminal of that many columns.
    pub(crate) fn start(command: &std::process::Command, cols: u16) -> Self {
        let size = PtySize {
            rows: 24,
            cols,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        builder.env_clear();
        builder.env("TERM", "xterm-256color");
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                builder.env(name, value);
            }
        }
        if let Some(directory) = command.get_current_dir() {
            builder.cwd(directory);
        }
        let child = pair.slave.spawn_command(builder).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, pieces) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            writer: pair.master.take_writer().unwrap(),
            master: pair.master,
            pieces,
            seen: String::new(),
        }
    }

    /// Waits until the command has written that.
    pub(crate) fn shows(&mut self, text: &str) -> &mut Self {
        while !self.seen.contains(text) {
            let piece = self.pieces.recv_timeout(PATIENCE);
            let piece = piece.unwrap_or_else(|_| panic!("no {text:?} in {:?}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&piece));
        }
        self
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Types something.
    pub(crate) fn types(&mut self, text: &str) -> &mut Self {
        self.writer.write_all(text.as_bytes()).unwrap();
        self.writer.flush().unwrap();
        self
    }

    /// Waits for the end: the exit code, and all that was written.
    pub(crate) fn ends(mut self) -> (u32, String) {
        let code = self.child.wait().unwrap().exit_code();
        drop(self.writer);
        drop(self.master);
        // What is still on its way comes before the reader's end.
        while let Ok(piece) = self.pieces.recv_timeout(Duration::from_secs(1)) {
            self.seen.push_str(&String::from_utf8_lossy(&piece));
        }
        (code, self.seen)
    }
}
