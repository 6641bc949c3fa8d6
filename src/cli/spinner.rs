//! A sign of life on standard error while nothing else is written there.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use super::setup::Environment;

/// How often it turns.
pub(super) const TURN: Duration = Duration::from_millis(100);

/// The spinner. Turned off for good once text shows that something happens.
#[derive(Debug)]
pub(super) struct Spinner {
    is_on: bool,
    is_shown: bool,
    step: usize,
}

impl Spinner {
    /// On, if standard error is a terminal that can take a line back.
    pub(super) fn new(environment: &Environment) -> Self {
        let can = !matches!(environment.get("TERM"), None | Some("dumb"));
        Self {
            is_on: can && io::stderr().is_terminal(),
            is_shown: false,
            step: 0,
        }
    }

    /// Shows what is going on.
    pub(super) fn turn(&mut self, word: &str, elapsed: Duration) -> io::Result<()> {
        const SIGNS: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
        if !self.is_on {
            return Ok(());
        }
        self.step += 1;
        let sign = SIGNS.get(self.step % SIGNS.len()).unwrap_or(&"·");
        let mut err = io::stderr();
        write!(err, "\r{sign} {word} {:.1} s\x1b[K", elapsed.as_secs_f64())?;
        self.is_shown = true;
        err.flush()
    }

    /// Takes it away, for other text to be written.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.is_shown) {
            return Ok(());
        }
        let mut err = io::stderr();
        err.write_all(b"\r\x1b[K")?;
        err.flush()
    }

    /// Takes it away for good.
    pub(super) fn stop(&mut self) -> io::Result<()> {
        self.is_on = false;
        self.clear()
    }
}
