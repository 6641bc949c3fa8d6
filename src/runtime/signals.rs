//! The signals that a terminal program must answer.

use std::io;

/// What ended the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The user left.
    Quit,
    /// A signal of this number asked it to end.
    Signal(u8),
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// To end.
    End(Ending),
    /// To stop until the shell brings the program back.
    Suspend,
    /// Nothing: the program was stopped by force and is back.
    Resumed,
}

#[cfg(unix)]
mod unix {
    use tokio::signal::unix::{self, SignalKind};

    use super::{Ending, Signal, io};

    /// Signals as they come.
    pub(in super::super) struct Signals {
        terminate: unix::Signal,
        hangup: unix::Signal,
        interrupt: unix::Signal,
        quit: unix::Signal,
        stop: unix::Signal,
        resume: unix::Signal,
    }

    impl Signals {
        pub(in super::super) fn new() -> io::Result<Self> {
            // tokio has no names for these two, and their numbers differ between systems.
            let named = |signal: rustix::process::Signal| SignalKind::from_raw(signal.as_raw());
            Ok(Self {
                terminate: unix::signal(SignalKind::terminate())?,
                hangup: unix::signal(SignalKind::hangup())?,
                interrupt: unix::signal(SignalKind::interrupt())?,
                quit: unix::signal(SignalKind::quit())?,
                stop: unix::signal(named(rustix::process::Signal::TSTP))?,
                resume: unix::signal(named(rustix::process::Signal::CONT))?,
            })
        }

        pub(in super::super) async fn next(&mut self) -> Signal {
            tokio::select! {
                _ = self.terminate.recv() => Signal::End(Ending::Signal(15)),
                _ = self.hangup.recv() => Signal::End(Ending::Signal(1)),
                _ = self.interrupt.recv() => Signal::End(Ending::Signal(2)),
                _ = self.quit.recv() => Signal::End(Ending::Signal(3)),
                _ = self.stop.recv() => Signal::Suspend,
                _ = self.resume.recv() => Signal::Resumed,
            }
        }
    }
}

#[cfg(not(unix))]
mod other {
    use super::{Ending, Signal, io};

    /// Signals as they come: only Ctrl+C exists.
    pub(in super::super) struct Signals;

    impl Signals {
        pub(in super::super) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub(in super::super) async fn next(&mut self) -> Signal {
            match tokio::signal::ctrl_c().await {
                Ok(()) => Signal::End(Ending::Signal(2)),
                Err(_) => std::future::pending().await,
            }
        }
    }
}

#[cfg(not(unix))]
pub(super) use other::Signals;
#[cfg(unix)]
pub(super) use unix::Signals;
