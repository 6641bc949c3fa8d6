//! One reply: connect, retry, read, decode, as one stream that is a state machine.
//!
//! No task, no channel: whoever polls the stream drives it, and dropping it ends it.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{BoxStream, unfold};
use reqwest::header::CONTENT_TYPE;
use tokio::time::Instant;

use super::retry::{self, Decision};
use super::{Client, Exchange, Opened, body_of, fault, redacted};
use crate::chat::{Delta, Failure, FailureKind, Part, Progress};
use crate::phrase::tr;
use crate::wire::{Decoder, WireRequest};

/// How much text a reply may have.
const MAX_TEXT_BYTES: usize = 64 * 1024 * 1024;
/// How long token counts are waited for once the reply is complete but for them.
const LAST_COUNTS: Duration = Duration::from_secs(2);

/// Sends a request when first polled, and yields what happens to it.
pub(super) fn stream(
    client: Client,
    request: WireRequest,
) -> BoxStream<'static, Result<Progress, Failure>> {
    // Boxed, since it is moved around every item of the stream.
    let state = Box::new(State {
        client,
        request,
        attempt: 1,
        phase: Phase::Connect,
        ready: VecDeque::new(),
        size: Size::default(),
    });
    unfold(state, |mut state| async move {
        let item = state.next().await?;
        Some((item, state))
    })
    .boxed()
}

struct State {
    client: Client,
    request: WireRequest,
    /// Counted from 1.
    attempt: u32,
    phase: Phase,
    /// What has happened but was not yet yielded.
    ready: VecDeque<Result<Progress, Failure>>,
    size: Size,
}

enum Phase {
    Connect,
    Wait(Duration),
    Read(Box<Reading>),
    Over,
}

struct Reading {
    opened: Opened,
    decoder: Decoder,
    /// When the wait for the last token counts is over.
    deadline: Option<Instant>,
    /// When the wait for anything that belongs to the reply is over: signs of life keep the
    /// connection, but not for ever.
    wordless: Instant,
}

/// How much text has come.
#[derive(Default)]
struct Size {
    reasoning_bytes: usize,
    answer_bytes: usize,
    tool_bytes: usize,
    has_text: bool,
}

impl State {
    async fn next(&mut self) -> Option<Result<Progress, Failure>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(item);
            }
            // Taken out for the time of the work on it: what ends leaves `Over` behind.
            match std::mem::replace(&mut self.phase, Phase::Over) {
                Phase::Connect => self.connect().await,
                Phase::Wait(pause) => {
                    tokio::time::sleep(pause).await;
                    self.phase = Phase::Connect;
                }
                Phase::Read(reading) => self.read(reading).await,
                Phase::Over => return None,
            }
        }
    }

    async fn connect(&mut self) {
        let request = &self.request;
        let body = match body_of(request) {
            Ok(body) => body,
            Err(failure) => return self.fail(failure),
        };
        let exchange = Exchange {
            provider: &request.provider,
            dialect: request.dialect,
            url: &request.url,
            auth: request.auth,
            headers: &request.headers,
            body: Some(body),
        };
        match self.client.open(exchange).await {
            Ok(opened) => {
                let content_type = opened.response.headers().get(CONTENT_TYPE);
                let content_type =
                    content_type.map(|value| String::from_utf8_lossy(value.as_bytes()));
                let decoder = Decoder::new(request, &content_type.unwrap_or_default());
                self.ready.push_back(Ok(Progress::Connected));
                self.phase = Phase::Read(Box::new(Reading {
                    opened,
                    decoder,
                    deadline: None,
                    wordless: Instant::now() + self.client.text_limit(),
                }));
            }
            Err(failure) => self.fail(failure),
        }
    }

    /// Reads once. Returning without a new phase ends the reply and closes the connection.
    async fn read(&mut self, mut reading: Box<Reading>) {
        let idle = self.client.idle_limit();
        let idle_deadline = Instant::now() + idle;
        let deadline = reading.deadline.unwrap_or(idle_deadline);
        let deadline = deadline.min(idle_deadline).min(reading.wordless);
        let arrival = tokio::time::timeout_at(deadline, reading.opened.response.chunk()).await;
        let mut deltas = Vec::new();
        let outcome = match arrival {
            Ok(Ok(Some(bytes))) => {
                let fed = reading.decoder.feed(&bytes, &mut deltas);
                match fed {
                    Ok(()) if !reading.decoder.is_done() => Ok(true),
                    Ok(()) => reading.decoder.end(&mut deltas).map(|()| false),
                    Err(failure) => Err(failure),
                }
            }
            Ok(Ok(None)) => reading.decoder.end(&mut deltas).map(|()| false),
            Ok(Err(_)) | Err(_) if reading.decoder.is_finishing() => {
                // Only token counts are missing: the reply is complete without them.
                reading.decoder.end(&mut deltas).map(|()| false)
            }
            Ok(Err(error)) => {
                flush(&mut reading.decoder, &mut deltas);
                let url = reading.opened.response.url();
                Err(fault::from_reading(&error, url))
            }
            Err(_) => {
                flush(&mut reading.decoder, &mut deltas);
                Err(if deadline == idle_deadline {
                    fault::silent(idle)
                } else {
                    fault::wordless(self.client.text_limit())
                })
            }
        };
        if !deltas.is_empty() {
            reading.wordless = Instant::now() + self.client.text_limit();
        }
        let outcome = self.size.add(&deltas).and(outcome);
        let progress = deltas.into_iter().map(|delta| Ok(Progress::Delta(delta)));
        self.ready.extend(progress);
        match outcome {
            Ok(true) => {
                if reading.deadline.is_none() && reading.decoder.is_finishing() {
                    reading.deadline = Some(Instant::now() + LAST_COUNTS);
                }
                self.phase = Phase::Read(reading);
            }
            Ok(false) => {}
            Err(failure) => self.fail(redacted(failure, reading.opened.key.as_ref())),
        }
    }

    /// Tries again, or tells.
    fn fail(&mut self, failure: Failure) {
        let max_retries = self.client.inner.network.max_retries;
        let decision = if self.size.has_text {
            Decision::GiveUp
        } else {
            retry::decide(&failure, self.attempt, max_retries, fastrand::f64())
        };
        match decision {
            Decision::GiveUp => self.ready.push_back(Err(failure)),
            Decision::Wait(wait) => {
                self.attempt += 1;
                self.ready.push_back(Ok(Progress::Retrying {
                    attempt: self.attempt,
                    of: max_retries.saturating_add(1),
                    wait,
                    because: Box::new(failure),
                }));
                self.phase = Phase::Wait(wait);
            }
        }
    }
}

impl Size {
    /// Counts what came.
    ///
    /// # Errors
    ///
    /// When it is more than a reply may have.
    fn add(&mut self, deltas: &[Delta]) -> Result<(), Failure> {
        for delta in deltas {
            self.has_text |= delta.is_text();
            match delta {
                Delta::Reasoning(text) => self.reasoning_bytes += text.len(),
                Delta::Answer(text) => self.answer_bytes += text.len(),
                Delta::Replace(Part::Reasoning, text) => self.reasoning_bytes = text.len(),
                Delta::Replace(Part::Answer, text) => self.answer_bytes = text.len(),
                Delta::Relabel => self.reasoning_bytes += std::mem::take(&mut self.answer_bytes),
                // All calls together: a snapshot of one is counted as if it were of all.
                Delta::Tool(tool) if tool.snapshot => self.tool_bytes = tool.arguments.len(),
                Delta::Tool(tool) => self.tool_bytes += tool.arguments.len(),
                Delta::Served(_)
                | Delta::Sources(_)
                | Delta::Usage(_)
                | Delta::Carry(_)
                | Delta::Remark(_)
                | Delta::Finish(_) => {}
            }
        }
        if self.reasoning_bytes + self.answer_bytes + self.tool_bytes > MAX_TEXT_BYTES {
            Err(Failure::new(
                FailureKind::TooLarge,
                tr!("more than 64 MiB of text"),
            ))
        } else {
            Ok(())
        }
    }
}

/// Takes out what the decoder holds back, since no more will come. How the reply ended is not
/// its to say any more: the failure that follows does.
fn flush(decoder: &mut Decoder, deltas: &mut Vec<Delta>) {
    let _ = decoder.end(deltas);
    deltas.retain(|delta| !matches!(delta, Delta::Finish(_)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_reply_is_bounded_over_all_its_texts() {
        // RELIABILITY 63
        let half = || "x".repeat(MAX_TEXT_BYTES / 2);
        let mut size = Size::default();
        assert_eq!(size.add(&[Delta::Reasoning(half())]), Ok(()));
        assert_eq!(size.add(&[Delta::Answer(half())]), Ok(()));
        let failure = size.add(&[Delta::Answer("x".to_owned())]).unwrap_err();
        assert_eq!(failure.kind, FailureKind::TooLarge);
        // What is taken back is no longer counted.
        let short = Delta::Replace(Part::Answer, "short".to_owned());
        assert_eq!(size.add(&[short]), Ok(()));
    }
}
