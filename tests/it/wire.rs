//! The dialects from outside: whole bodies in, replies out, at every cut of the bytes; and the
//! requests, word for word.

mod any_bytes;
mod codes;
mod ends;
mod fixtures;
mod payloads;
mod requests;

use std::time::Duration;

use mmchat::chat::{
    Asked, Conversation, Delta, Failure, FailureKind, Finish, Message, Moment, Params, Part,
    Remark, Reply, Retry, ToolCall, TurnId, Usage,
};
use mmchat::wire::{self, Ask, Auth, Decoder, Dialect, Patch, Target, WireRequest};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What a body decodes to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decoded {
    deltas: Vec<Delta>,
    pub(crate) failure: Option<Failure>,
}

impl Decoded {
    pub(crate) fn reply(&self) -> Reply {
        let mut reply = Reply::default();
        self.deltas
            .iter()
            .for_each(|delta| reply.push(delta.clone()));
        reply
    }

    #[track_caller]
    pub(crate) fn assert_texts(&self, reasoning: &str, answer: &str) -> &Self {
        let reply = self.reply();
        assert_eq!(reply.reasoning.as_str(), reasoning);
        assert_eq!(reply.answer.as_str(), answer);
        self
    }

    #[track_caller]
    pub(crate) fn assert_finish(&self, finish: &Finish) -> &Self {
        assert_eq!(self.failure, None);
        assert_eq!(self.deltas.last(), Some(&Delta::Finish(finish.clone())));
        self
    }

    #[track_caller]
    fn assert_fails(&self, kind: FailureKind) -> &Failure {
        let failure = self.failure.as_ref().expect("a failure");
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(!self.deltas.iter().any(|d| matches!(d, Delta::Finish(_))));
        failure
    }
}

fn target(dialect: Dialect) -> Target {
    Target {
        provider: "p".to_owned(),
        dialect,
        base_url: "http://127.0.0.1:9/v1/".to_owned(),
        model: "MiniMax/MiniMax-M2.5".to_owned(),
        headers: Vec::new(),
        max_tokens_field: "max_tokens".to_owned(),
        default_max_tokens: None,
        may_be_cumulative: false,
        wants_reasoning_back: false,
        takes_images: true,
    }
}

pub(crate) fn asked(dialect: Dialect, may_be_cumulative: bool) -> WireRequest {
    let target = Target {
        may_be_cumulative,
        ..target(dialect)
    };
    let ask = Ask {
        messages: vec![Message::User("hi".to_owned())],
        stream: true,
        ..Ask::default()
    };
    wire::request(&target, &ask)
}

pub(crate) fn decode_pieces<'a>(
    request: &WireRequest,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> Decoded {
    let (mut decoder, mut deltas) = (Decoder::new(request, ""), Vec::new());
    let mut result = Ok(());
    for piece in pieces {
        result = decoder.feed(piece, &mut deltas);
        if result.is_err() {
            break;
        }
    }
    let failure = result.and_then(|()| decoder.end(&mut deltas)).err();
    Decoded { deltas, failure }
}

/// Decodes a body; asserts that every cut in two, and single bytes, give exactly the same, and
/// what holds for any reply.
#[track_caller]
fn decode_with(request: &WireRequest, body: &[u8]) -> Decoded {
    let whole = decode_pieces(request, std::iter::once(body));
    for at in 0..=body.len() {
        let cut = decode_pieces(request, [&body[..at], &body[at..]].into_iter());
        assert_eq!(cut, whole, "cut at {at}");
    }
    assert_eq!(decode_pieces(request, body.chunks(1)), whole);
    assert_sound(&whole);
    whole
}

#[track_caller]
fn assert_sound(decoded: &Decoded) {
    let finishes = decoded
        .deltas
        .iter()
        .filter(|delta| matches!(delta, Delta::Finish(_)))
        .count();
    assert_eq!(finishes, usize::from(decoded.failure.is_none()));
    for delta in &decoded.deltas {
        if let Delta::Reasoning(text) | Delta::Answer(text) = delta {
            assert!(!text.is_empty());
        }
    }
}

#[track_caller]
pub(crate) fn decode(dialect: Dialect, body: &str) -> Decoded {
    decode_with(&asked(dialect, false), body.as_bytes())
}

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/wire/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect(name)
}

/// A fixture, also with CR LF and CR line ends, which must change nothing.
#[track_caller]
fn decode_fixture(name: &str) -> Decoded {
    let dialect = if name.contains("native") {
        Dialect::DashScope
    } else if name.contains("anthropic") {
        Dialect::Anthropic
    } else {
        Dialect::OpenAi
    };
    let request = asked(dialect, name.contains("cumulative"));
    let body = fixture(name);
    let decoded = decode_with(&request, body.as_bytes());
    let crlf = body.replace('\n', "\r\n");
    assert_eq!(decode_with(&request, crlf.as_bytes()), decoded);
    if name.ends_with("sse") {
        let cr = body.replace('\n', "\r");
        assert_eq!(decode_pieces(&request, cr.as_bytes().chunks(1)), decoded);
    }
    decoded
}

pub(crate) fn chunk(delta: &Value) -> String {
    let frame =
        json!({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]});
    format!("data: {frame}\n\n")
}

pub(crate) fn finish(reason: &str) -> String {
    let frame = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]});
    format!("data: {frame}\n\ndata: [DONE]\n\n")
}

fn contents(pieces: &[&str]) -> String {
    let chunks: String = pieces
        .iter()
        .map(|piece| chunk(&json!({"content": piece})))
        .collect();
    chunks + &finish("stop")
}

fn usage(input: u64, output: u64) -> Usage {
    Usage {
        input_tokens: Some(input),
        output_tokens: Some(output),
        ..Usage::default()
    }
}
