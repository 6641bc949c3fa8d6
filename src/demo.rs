//! The built-in offline provider: a loopback HTTP server that speaks the real dialects.
//!
//! Owns the server's thread, its address and the record of what it was asked. What is said lives
//! in `assets/demo/` and `script`; how it is said in `speak`; what was asked for in
//! `question`.
//!
//! Invariants: it listens on 127.0.0.1 only; it ends with its [`Server`]; a client that goes away
//! ends its reply at once; no key is ever recorded.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use crate::wire::Dialect;

mod question;
mod script;
mod serve;
mod speak;
mod tokens;

/// How fast replies are spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pace {
    /// Like a real model: a pause before the first token, then about seventy tokens a second,
    /// not quite evenly.
    #[default]
    Lifelike,
    /// As fast as the client reads.
    Instant,
    /// So many tokens a second, evenly, without a pause before the first.
    PerSecond(u32),
}

/// A request that the server was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which request it was, counted from 1.
    pub number: usize,
    /// The method, such as `POST`.
    pub method: String,
    /// The path, with its query.
    pub path: String,
    /// Whether the request carried a key. Never which.
    pub has_key: bool,
    /// The headers in lower case, without those that carry a key.
    pub headers: Vec<(String, String)>,
    /// The body, cut after 256 KiB.
    pub body: String,
    /// What became of the reply.
    pub end: End,
}

/// What became of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It is still being spoken.
    Open,
    /// It was spoken to its end.
    Complete,
    /// The client went away before its end.
    ClientLeft,
}

/// A running demo server. It stops when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    seen: watch::Receiver<Vec<Seen>>,
    /// Dropping it tells the thread to stop.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server at a lifelike pace on that port of 127.0.0.1; 0 = any free port.
    ///
    /// # Errors
    ///
    /// When the port is taken, or the system gives no socket or thread.
    pub fn start(port: u16) -> io::Result<Self> {
        Self::start_with(port, Pace::Lifelike)
    }

    /// Starts a server at that pace on that port of 127.0.0.1; 0 = any free port.
    ///
    /// # Errors
    ///
    /// When the port is taken, or the system gives no socket or thread.
    pub fn start_with(port: u16, pace: Pace) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let (log, seen) = watch::channel(Vec::new());
        let thread = std::thread::Builder::new()
            .name("demo-server".to_owned())
            .spawn(move || runtime.block_on(serve::serve(listener, pace, &log, stopped)))?;
        Ok(Self {
            address,
            seen,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL to configure for a dialect; the dialect appends its own path.
    pub fn base_url(&self, dialect: Dialect) -> String {
        let root = format!("http://{}", self.address);
        match dialect {
            Dialect::OpenAi => root + "/v1",
            Dialect::DashScope => root + "/api/v1",
            Dialect::Anthropic => root,
        }
    }

    /// The last requests, oldest first; at most thirty-two.
    pub fn requests(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    /// Waits until the requests are as `wanted`, and returns them; gives up after `limit`.
    pub async fn requests_when(
        &self,
        limit: Duration,
        wanted: impl Fn(&[Seen]) -> bool,
    ) -> Option<Vec<Seen>> {
        let mut seen = self.seen.clone();
        let found = tokio::time::timeout(limit, seen.wait_for(|requests| wanted(requests))).await;
        match found {
            Ok(Ok(requests)) => Some(requests.clone()),
            Ok(Err(_)) | Err(_) => None,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there has been reported by the panic hook already.
            let _ = thread.join();
        }
    }
}
