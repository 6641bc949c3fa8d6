//! The user's editor: a text handed over as a file, and what becomes of it.
//!
//! Owns the file and the wait for the program. Invariant: when the editor stops, so do we. A shell
//! waits for us alone, and while we waited for a stopped editor it would not get its terminal back.

use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};

use crate::private;

/// What came of editing a text.
#[derive(Debug)]
pub struct Edited {
    /// The new text, or a sentence that says why there is none.
    pub text: Result<String, String>,
    /// Whether the editor stopped in between, and we with it.
    pub rested: bool,
}

impl Edited {
    pub(super) fn failed(why: String) -> Self {
        Self {
            text: Err(why),
            rested: false,
        }
    }
}

/// A text that lies in a file of its own for as long as it is edited.
pub(super) struct Draft(PathBuf);

impl Draft {
    /// Writes a text to a new file that only the user can read, with a name nobody can foresee.
    pub(super) fn write(text: &str) -> io::Result<Self> {
        let name = format!("mmchat-{:016x}.md", fastrand::u64(..));
        let path = std::env::temp_dir().join(name);
        private::write(&path, text)?;
        Ok(Self(path))
    }

    /// The text as it is by now.
    pub(super) fn read(&self) -> io::Result<String> {
        std::fs::read_to_string(&self.0)
    }

    /// Runs a program on the file, to its end. Returns how it ended, and whether it stopped in
    /// between.
    pub(super) fn edit(
        &self,
        program: &str,
        arguments: &[String],
    ) -> io::Result<(ExitStatus, bool)> {
        run(Command::new(program).args(arguments).arg(&self.0))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

#[cfg(unix)]
fn run(command: &mut Command) -> io::Result<(ExitStatus, bool)> {
    use std::os::unix::process::ExitStatusExt as _;

    use rustix::io::retry_on_intr;
    use rustix::process::{Pid, WaitOptions, kill_current_process_group, waitpid};

    let editor = Pid::from_child(&command.spawn()?);
    let mut rested = false;
    loop {
        let wait = || waitpid(Some(editor), WaitOptions::UNTRACED);
        let Some((_, status)) = retry_on_intr(wait)? else {
            continue;
        };
        if !status.stopped() {
            return Ok((ExitStatus::from_raw(status.as_raw()), rested));
        }
        rested = true;
        stop()?;
        // The shell has brought the whole job back; somebody else may have meant us alone.
        kill_current_process_group(rustix::process::Signal::CONT)?;
    }
}

#[cfg(not(unix))]
fn run(command: &mut Command) -> io::Result<(ExitStatus, bool)> {
    Ok((command.status()?, false))
}

/// Stops the program until the shell brings it back.
#[cfg(unix)]
pub(super) fn stop() -> io::Result<()> {
    use rustix::process::{Signal, getpid, kill_process};
    // SIGSTOP rather than SIGTSTP: the latter has a handler of ours.
    Ok(kill_process(getpid(), Signal::STOP)?)
}
