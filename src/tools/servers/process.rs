//! The process of a server that we started.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use crate::phrase::{self, tr};
use crate::tools::Group;

/// How much of the end of its standard error is kept.
const MOST_SAID_BYTES: usize = 2 * 1024;
/// More than this a server may not write between two calls: nobody wants it.
const FLOOD_BYTES: u64 = 64 * 1024 * 1024;

/// A server's process. Dropping it ends it, and all that it started.
pub(super) struct Process {
    child: Child,
    _group: Group,
    stderr: Option<ChildStderr>,
    said: Vec<u8>,
    /// What it wrote since it was last asked something, in bytes.
    written: Arc<AtomicU64>,
}

/// What a server writes, up to where it is a flood.
pub(super) struct Output {
    inner: ChildStdout,
    written: Arc<AtomicU64>,
}

impl AsyncRead for Output {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, into);
        let more = (into.filled().len() - before) as u64;
        if self.written.fetch_add(more, Ordering::Relaxed) > FLOOD_BYTES {
            return Poll::Ready(Err(io::Error::other(tr!("it writes without end"))));
        }
        polled
    }
}

impl Process {
    /// Starts it; also returns what it writes, and where it reads from.
    pub(super) fn start(mut command: Command) -> Result<(Self, Output, ChildStdin), String> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| {
            tr!(
                "the server can't be started: {error}",
                error = phrase::system(&error)
            )
        })?;
        let group = Group::of(&child);
        let (Some(output), Some(input)) = (child.stdout.take(), child.stdin.take()) else {
            return Err(tr!("the server has no standard input or output").to_owned());
        };
        let process = Self {
            stderr: child.stderr.take(),
            child,
            _group: group,
            said: Vec::new(),
            written: Arc::default(),
        };
        let output = Output {
            inner: output,
            written: Arc::clone(&process.written),
        };
        Ok((process, output, input))
    }

    /// Hears that the server is asked something.
    pub(super) fn is_asked(&self) {
        self.written.store(0, Ordering::Relaxed);
    }

    /// Does something with the server while what it says on standard error is taken up: one whose
    /// pipe is full would hang.
    pub(super) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            done = work => done,
            never = listen(&mut self.stderr, &mut self.said) => match never {},
        }
    }

    /// Waits until it has ended, and tells how.
    pub(super) async fn ended(&mut self) -> String {
        let status = tokio::select! {
            status = self.child.wait() => status,
            never = listen(&mut self.stderr, &mut self.said) => match never {},
        };
        match status {
            Ok(status) => self.with_last_words(&tr!("the server ended ({status})", status)),
            Err(error) => tr!(
                "the server can't be followed: {error}",
                error = phrase::system(&error)
            ),
        }
    }

    /// A failure, with the last that the server said.
    pub(super) async fn said_besides(&mut self, failure: &str) -> String {
        // Its last words may still be in the pipe.
        let pause = std::time::Duration::from_millis(100);
        let _ = tokio::time::timeout(pause, listen(&mut self.stderr, &mut self.said)).await;
        self.with_last_words(failure)
    }

    fn with_last_words(&self, what: &str) -> String {
        let said = String::from_utf8_lossy(&self.said);
        match said.trim().lines().last() {
            Some(last) => tr!("{what}; it said: {last}", what, last),
            None => what.to_owned(),
        }
    }
}

/// Takes up what comes, for ever. May be dropped at any point without losing any of it.
async fn listen(stderr: &mut Option<ChildStderr>, said: &mut Vec<u8>) -> std::convert::Infallible {
    let mut buffer = [0; 4096];
    loop {
        let read = match stderr {
            Some(stderr) => stderr.read(&mut buffer).await.unwrap_or(0),
            None => std::future::pending().await,
        };
        if read == 0 {
            *stderr = None;
            continue;
        }
        said.extend_from_slice(buffer.get(..read).unwrap_or_default());
        said.drain(..said.len().saturating_sub(MOST_SAID_BYTES));
    }
}
