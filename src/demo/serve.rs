//! The server itself: connections, paths, the pace of a stream and the record of what happened.
//!
//! Everything runs on the demo's own thread: the connections are futures of one set, so that
//! stopping means dropping them.

use std::convert::Infallible;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt, unfold};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::question::{self, Refusal};
use super::{End, Pace, Seen, script, speak};
use crate::wire::Dialect;

/// How many requests are remembered.
const REMEMBERED_REQUESTS: usize = 32;
/// How much of a body is remembered.
const REMEMBERED_BODY_BYTES: usize = 256 * 1024;
/// How large a request may be; real providers take 64 MB.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;
/// How long a lifelike model takes to its first token.
const FIRST_TOKEN: Duration = Duration::from_millis(300);

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Serves until `stopped` resolves, which dropping its sender does.
pub(super) async fn serve(
    listener: std::net::TcpListener,
    pace: Pace,
    log: &watch::Sender<Vec<Seen>>,
    mut stopped: oneshot::Receiver<()>,
) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    let mut connections = FuturesUnordered::new();
    loop {
        tokio::select! {
            biased;
            _ = &mut stopped => return,
            Some(()) = connections.next() => {}
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => connections.push(converse(socket, pace, log)),
                // Out of file descriptors, perhaps: those that end free some.
                Err(_) => sleep(Duration::from_millis(50)).await,
            },
        }
    }
}

async fn converse(socket: TcpStream, pace: Pace, log: &watch::Sender<Vec<Seen>>) {
    // Small frames must leave at once; without it they wait for the last one's acknowledgement.
    let _ = socket.set_nodelay(true);
    let service =
        service_fn(|request| async move { Ok::<_, Infallible>(answer(request, pace, log).await) });
    // How a connection ended is known from its bodies: an error here says no more.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(socket), service)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    pace: Pace,
    log: &watch::Sender<Vec<Seen>>,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let sse_header = head
        .headers
        .get("x-dashscope-sse")
        .is_some_and(|value| value == "enable");
    let body = Limited::new(body, MAX_BODY_BYTES).collect().await;
    let body = body.map(http_body_util::Collected::to_bytes).ok();
    let entry = Entry::begin(log, &head, body.as_deref().unwrap_or_default());
    let number = entry.number;
    let path = head.uri.path();
    let dialect = match path {
        "/v1/chat/completions" => Some(Dialect::OpenAi),
        "/api/v1/services/aigc/text-generation/generation"
        | "/api/v1/services/aigc/multimodal-generation/generation" => Some(Dialect::DashScope),
        "/v1/messages" => Some(Dialect::Anthropic),
        _ => None,
    };
    let Some(body) = body else {
        let refusal = Refusal {
            status: 413,
            message: "the request is larger than 64 MiB, or was cut".to_owned(),
        };
        return refuse(dialect, &refusal, entry);
    };
    match (&head.method, path, dialect) {
        (&Method::GET, "/v1/models", _) => json(StatusCode::OK, &speak::models(), entry),
        (&Method::POST, _, Some(dialect)) => match question::read(dialect, &body, sse_header) {
            Ok(question) => {
                let speech = script::speech(&question);
                if question.stream {
                    stream(speak::frames(&question, &speech, number), pace, entry)
                } else {
                    wait(pace, speech.pieces.len()).await;
                    json(
                        StatusCode::OK,
                        &speak::whole(&question, &speech, number),
                        entry,
                    )
                }
            }
            Err(refusal) => refuse(Some(dialect), &refusal, entry),
        },
        (_, _, None) => {
            let message = format!("there is no {path} here; POST to /v1/chat/completions");
            refuse(
                None,
                &Refusal {
                    status: 404,
                    message,
                },
                entry,
            )
        }
        (method, _, Some(_)) => {
            let message = format!("{path} takes POST, not {method}");
            refuse(
                dialect,
                &Refusal {
                    status: 405,
                    message,
                },
                entry,
            )
        }
    }
}

fn refuse(dialect: Option<Dialect>, refusal: &Refusal, entry: Entry) -> Response<Body> {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    let dialect = dialect.unwrap_or(Dialect::OpenAi);
    let number = entry.number;
    json(status, &speak::refusal(dialect, refusal, number), entry)
}

fn json(status: StatusCode, body: &Value, mut entry: Entry) -> Response<Body> {
    let body = Full::new(Bytes::from(body.to_string()));
    entry.complete();
    response(status, "application/json", body.boxed_unsync())
}

/// A stream of frames, each sent when its tokens would have been made. It owns the entry: when
/// the client goes away the stream is dropped, and the entry says so.
fn stream(frames: Vec<speak::Frame>, pace: Pace, entry: Entry) -> Response<Body> {
    let start = Instant::now();
    let random = fastrand::Rng::with_seed(frames.len() as u64);
    let clock = Clock {
        pace,
        start,
        random,
        due: Duration::ZERO,
        made_tokens: 0,
    };
    let state = (frames.into_iter(), clock, entry);
    let stream = unfold(state, |(mut frames, mut clock, mut entry)| async move {
        let Some(frame) = frames.next() else {
            entry.complete();
            return None;
        };
        clock.wait_for(frame.after_tokens).await;
        let bytes = Frame::data(Bytes::from(frame.text));
        Some((Ok(bytes), (frames, clock, entry)))
    });
    let body = BodyExt::boxed_unsync(StreamBody::new(stream));
    let mut response = response(StatusCode::OK, "text/event-stream", body);
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn response(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Waits as long as the making of a whole reply takes.
async fn wait(pace: Pace, tokens: usize) {
    let mut clock = Clock {
        pace,
        start: Instant::now(),
        random: fastrand::Rng::with_seed(tokens as u64),
        due: Duration::ZERO,
        made_tokens: 0,
    };
    clock.wait_for(tokens).await;
}

/// When tokens are made. It counts from the start of the reply, so that a slow reader or a coarse
/// timer does not add up.
struct Clock {
    pace: Pace,
    start: Instant,
    random: fastrand::Rng,
    due: Duration,
    made_tokens: usize,
}

impl Clock {
    async fn wait_for(&mut self, tokens: usize) {
        if self.pace == Pace::Instant {
            give_way().await;
            return;
        }
        while self.made_tokens < tokens {
            let step = self.step();
            self.due += step;
            self.made_tokens += 1;
        }
        let due = self.start + self.due;
        if due > Instant::now() {
            sleep_until(due).await;
        } else {
            give_way().await;
        }
    }

    /// How long the next token takes.
    fn step(&mut self) -> Duration {
        match self.pace {
            Pace::Instant => Duration::ZERO,
            Pace::PerSecond(tokens) => Duration::from_secs(1) / tokens.max(1),
            Pace::Lifelike if self.made_tokens == 0 => FIRST_TOKEN,
            Pace::Lifelike => Duration::from_micros(self.random.u64(8_000..=20_000)),
        }
    }
}

/// Lets the connection look at its socket between two frames: without it a fast stream would not
/// notice that its client is gone.
async fn give_way() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if has_yielded {
            return Poll::Ready(());
        }
        has_yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A request in the record. Dropping it writes down how the request ended.
struct Entry {
    log: watch::Sender<Vec<Seen>>,
    number: usize,
    end: End,
}

impl Entry {
    fn begin(log: &watch::Sender<Vec<Seen>>, head: &Parts, body: &[u8]) -> Self {
        let is_key = |name: &HeaderName| *name == AUTHORIZATION || name == "x-api-key";
        let body = body.get(..REMEMBERED_BODY_BYTES).unwrap_or(body);
        let mut seen = Seen {
            number: 1,
            method: head.method.to_string(),
            path: head.uri.to_string(),
            has_key: head.headers.keys().any(is_key),
            headers: head
                .headers
                .iter()
                .filter(|(name, _)| !is_key(name))
                .map(|(name, value)| {
                    let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                    (name.to_string(), value)
                })
                .collect(),
            body: String::from_utf8_lossy(body).into_owned(),
            end: End::Open,
        };
        let mut number = 1;
        log.send_modify(|requests| {
            number = requests.last().map_or(1, |last| last.number + 1);
            seen.number = number;
            if requests.len() == REMEMBERED_REQUESTS {
                requests.remove(0);
            }
            requests.push(seen);
        });
        Self {
            log: log.clone(),
            number,
            end: End::ClientLeft,
        }
    }

    fn complete(&mut self) {
        self.end = End::Complete;
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let (number, end) = (self.number, self.end);
        self.log.send_modify(|requests| {
            if let Some(seen) = requests.iter_mut().find(|seen| seen.number == number) {
                seen.end = end;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_lifelike_reply_waits_then_speaks_seventy_tokens_a_second() {
        let start = Instant::now();
        wait(Pace::Lifelike, 1).await;
        assert!((300..=302).contains(&start.elapsed().as_millis()));
        let start = Instant::now();
        wait(Pace::Lifelike, 701).await;
        let seconds = start.elapsed().as_secs_f64() - 0.3;
        assert!((700.0 / 80.0..700.0 / 60.0).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pace_per_second_is_kept_over_many_tokens() {
        let start = Instant::now();
        wait(Pace::PerSecond(5000), 10_000).await;
        assert!((2000..=2002).contains(&start.elapsed().as_millis()));
    }
}
