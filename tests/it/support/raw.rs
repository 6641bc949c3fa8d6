//! A loopback TCP server that follows a script to the byte: what no well-behaved server would send.
//!
//! It keeps what it was sent, byte for byte, and notices when the client goes away. Every
//! connection has a script of its own, in order; those beyond the last script are closed at once.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::time::Instant;

/// How long a test waits for something that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// One step of a script.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Status line and headers; the body follows as chunks unless a header says its length.
    Head(u16, Vec<(&'static str, String)>),
    /// A chunk of a body.
    Chunk(Vec<u8>),
    /// Bytes as they are.
    Raw(Vec<u8>),
    /// Waits until the test opens the gate.
    Gate(Gate),
    /// Waits.
    Sleep(Duration),
    /// The last chunk, which ends the body properly.
    End,
    /// Cuts the connection with a reset.
    Reset,
    /// Leaves the connection open until the client goes away.
    Hold,
}

impl Step {
    /// The head of a stream of events.
    pub(crate) fn events() -> Self {
        Self::Head(200, vec![("content-type", "text/event-stream".to_owned())])
    }

    /// A whole answer with that body, of a stated length.
    pub(crate) fn whole(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Vec<Self> {
        let body = body.into();
        let headers = vec![
            ("content-type", content_type.to_owned()),
            ("content-length", body.len().to_string()),
        ];
        vec![Self::Head(status, headers), Self::Raw(body)]
    }

    /// A chunk of an event stream.
    pub(crate) fn chunk(text: impl Into<String>) -> Self {
        Self::Chunk(text.into().into_bytes())
    }
}

/// Holds a script back until it is opened.
#[derive(Debug, Clone)]
pub(crate) struct Gate(Arc<Semaphore>);

impl Gate {
    /// A closed gate.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Lets the script go on.
    pub(crate) fn open(&self) {
        self.0.add_permits(1);
    }
}

/// What happened on a connection.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Request line and headers.
    pub(crate) head: String,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// When the request was complete.
    pub(crate) at: Instant,
    /// Whether the client went away before the script's end.
    pub(crate) client_left: bool,
    /// Whether the script is over, whoever ended it.
    pub(crate) is_over: bool,
}

/// The server. It stops when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    seen: watch::Receiver<Vec<Seen>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server that follows these scripts, one for each connection.
    pub(crate) fn start(scripts: Vec<Vec<Step>>) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let (log, seen) = watch::channel(Vec::new());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = serve(listener, scripts, &log) => {}
                }
            });
        });
        Self {
            address,
            seen,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Its address, such as `http://127.0.0.1:4711`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What happened so far, by connection.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    /// Waits until what happened is as wanted.
    pub(crate) async fn when(&self, wanted: impl Fn(&[Seen]) -> bool) -> Vec<Seen> {
        let mut seen = self.seen.clone();
        let waiting = seen.wait_for(|seen| wanted(seen));
        if let Ok(found) = tokio::time::timeout(PATIENCE, waiting).await {
            return found.unwrap().clone();
        }
        panic!("it did not happen: {:?}", self.seen());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        let thread = self.thread.take().unwrap();
        let is_fine = thread.join().is_ok() || std::thread::panicking();
        assert!(is_fine, "the scripted server failed");
    }
}

async fn serve(
    listener: std::net::TcpListener,
    scripts: Vec<Vec<Step>>,
    log: &watch::Sender<Vec<Seen>>,
) {
    let listener = TcpListener::from_std(listener).unwrap();
    let mut scripts = scripts.into_iter();
    let mut connections = FuturesUnordered::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (socket, _) = accepted.unwrap();
                if let Some(script) = scripts.next() {
                    connections.push(follow(socket, script, log));
                }
            }
            Some(()) = connections.next() => {}
        }
    }
}

async fn follow(socket: TcpStream, script: Vec<Step>, log: &watch::Sender<Vec<Seen>>) {
    socket.set_nodelay(true).unwrap();
    let (mut reader, mut writer) = socket.into_split();
    let Some((head, body)) = read_request(&mut reader).await else {
        return;
    };
    let mut index = 0;
    log.send_modify(|seen| {
        index = seen.len();
        seen.push(Seen {
            head,
            body,
            at: Instant::now(),
            client_left: false,
            is_over: false,
        });
    });
    let client_left = tokio::select! {
        biased;
        is_sent = send(&mut writer, script) => !is_sent,
        () = until_closed(&mut reader) => true,
    };
    log.send_modify(|seen| {
        seen[index].client_left = client_left;
        seen[index].is_over = true;
    });
    // Halves that are dropped one by one would end the connection politely before a reset.
    drop(reader.reunite(writer));
}

async fn read_request(reader: &mut OwnedReadHalf) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if reader.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse::<usize>().unwrap());
    while bytes.len() < head_end + length {
        if reader.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some((head, bytes[head_end..].to_vec()))
}

/// Follows the script; tells whether it came to its end.
async fn send(writer: &mut OwnedWriteHalf, script: Vec<Step>) -> bool {
    for step in script {
        let bytes = match step {
            Step::Head(status, headers) => head(status, &headers),
            Step::Chunk(bytes) => {
                [format!("{:x}\r\n", bytes.len()).as_bytes(), &bytes, b"\r\n"].concat()
            }
            Step::Raw(bytes) => bytes,
            Step::End => b"0\r\n\r\n".to_vec(),
            Step::Gate(gate) => {
                gate.0.acquire().await.unwrap().forget();
                continue;
            }
            Step::Sleep(pause) => {
                tokio::time::sleep(pause).await;
                continue;
            }
            Step::Reset => {
                writer.as_ref().set_zero_linger().unwrap();
                continue;
            }
            Step::Hold => std::future::pending().await,
        };
        if writer.write_all(&bytes).await.is_err() {
            return false;
        }
    }
    true
}

fn head(status: u16, headers: &[(&str, String)]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Scripted\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    if !headers.iter().any(|(name, _)| *name == "content-length") {
        head.push_str("transfer-encoding: chunked\r\n");
    }
    head.push_str("\r\n");
    head.into_bytes()
}

async fn until_closed(reader: &mut OwnedReadHalf) {
    let mut rest = [0; 1024];
    while reader.read(&mut rest).await.is_ok_and(|count| count > 0) {}
}
