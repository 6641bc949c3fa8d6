//! The signals that a terminal program must answer.

use std::io;

/// What ended the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The user left.
    Quit,
    /// A signal of this number asked it to end.
    Signal(u8),
    /// A panic on another thread, which gave the terminal back.
    Panic,
}

impl Ending {
    /// The same, but for a terminal that a panic gave back: the signal is that of its thread.
    pub(super) fn unless_lost(self, is_lost: bool) -> Self {
        if is_lost { Self::Panic } else { self }
    }
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
    /// Nothing: a file may not grow any more. Unless somebody listens, this ends the program;
    /// whoever writes hears of it as an error.
    FileLimit,
}

#[cfg(unix)]
mod unix {
    use std::task::Context;

    use futures_util::StreamExt;
    use futures_util::stream::{self, BoxStream, SelectAll};
    use tokio::signal::unix::{self, SignalKind};

    use super::{Ending, Signal, io};

    /// Signals as they come. A selection polls only those that have been woken: the loop turns a
    /// hundred times a second, and signals are rare.
    pub(in super::super) struct Signals(SelectAll<BoxStream<'static, Signal>>);

    impl Signals {
        pub(in super::super) fn new() -> io::Result<Self> {
            // tokio has no names for these three, and their numbers differ between systems.
            let named = |signal: rustix::process::Signal| SignalKind::from_raw(signal.as_raw());
            let end = |number| Signal::End(Ending::Signal(number));
            let signals = [
                (SignalKind::terminate(), end(15)),
                (SignalKind::hangup(), end(1)),
                (SignalKind::interrupt(), end(2)),
                (SignalKind::quit(), end(3)),
                (named(rustix::process::Signal::TSTP), Signal::Suspend),
                (named(rustix::process::Signal::CONT), Signal::Resumed),
                (named(rustix::process::Signal::XFSZ), Signal::FileLimit),
            ];
            let streams = signals.map(|(kind, meaning)| {
                let mut signal = unix::signal(kind)?;
                let next = move |context: &mut Context<'_>| {
                    signal.poll_recv(context).map(|came| came.map(|()| meaning))
                };
                Ok(stream::poll_fn(next).boxed())
            });
            let streams: io::Result<Vec<_>> = streams.into_iter().collect();
            Ok(Self(stream::select_all(streams?)))
        }

        pub(in super::super) async fn next(&mut self) -> Signal {
            match self.0.next().await {
                Some(signal) => signal,
                // The streams never end while the runtime lives.
                None => std::future::pending().await,
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
