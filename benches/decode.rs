//! How fast replies are decoded: bytes per second and time per frame, for each dialect, from
//! generated bodies.
//!
//! Two stages: `framing` sees the same lines with a plain JSON string in place of each frame, so
//! almost nothing but the event stream is parsed; `decoding` sees the frames. The best of five
//! runs counts and is written to `BENCHMARKS.md`. A number as argument sets the frames of a body, which a profiler needs smaller.

#![expect(clippy::print_stdout, reason = "the figures are for whoever runs this")]

#[path = "report/section.rs"]
mod report;

use std::hint::black_box;
use std::time::{Duration, Instant};

use mmchat::chat::{Delta, Message};
use mmchat::wire::{self, Ask, Decoder, Dialect, Target};

/// Frames of a body, unless the caller wants another number.
const FRAMES: usize = 100_000;
/// What a socket usually hands over at once, in bytes.
const PACKET_BYTES: usize = 16 * 1024;
const RUNS: usize = 5;
/// Prose as a model sends it, piece by piece.
const PIECES: [&str; 12] = [
    "The ", "map", " shows", " a ", "river", ", and", " it ", "is 12", " km\n", "long", ". **",
    "So**",
];

/// One sort of reply.
struct Sort {
    name: &'static str,
    dialect: Dialect,
    /// Lines before the data of each event.
    lead: &'static str,
    /// What comes before the first frame.
    first: &'static str,
    /// Writes the frame around a piece of text.
    frame: fn(&str, usize) -> String,
}

const SORTS: [Sort; 6] = [
    Sort {
        name: "openai",
        dialect: Dialect::OpenAi,
        lead: "",
        first: "",
        frame: |piece, _| openai("content", piece),
    },
    Sort {
        name: "openai, reasoning field",
        dialect: Dialect::OpenAi,
        lead: "",
        first: "",
        frame: |piece, _| openai("reasoning_content", piece),
    },
    Sort {
        name: "openai, think tags",
        dialect: Dialect::OpenAi,
        lead: "",
        first: "<think>\n",
        frame: |piece, _| openai("content", piece),
    },
    Sort {
        name: "openai, MiniMax's own",
        dialect: Dialect::OpenAi,
        lead: "",
        first: "",
        frame: |piece, _| minimax(piece),
    },
    Sort {
        name: "dashscope",
        dialect: Dialect::DashScope,
        lead: "id:1\nevent:result\n:HTTP_STATUS/200\n",
        first: "",
        frame: dashscope,
    },
    Sort {
        name: "anthropic",
        dialect: Dialect::Anthropic,
        lead: "event: content_block_delta\n",
        first: "",
        frame: |piece, _| anthropic(piece),
    },
];

fn main() {
    let argument = std::env::args().find_map(|argument| argument.parse().ok());
    let frames = argument.unwrap_or(FRAMES);
    let mut rows = Vec::new();
    println!(
        "{:<26}{:<10}{:>9}{:>10}{:>9}",
        "", "stage", "MB/s", "ns/frame", "bytes"
    );
    for sort in &SORTS {
        for (stage, body) in [
            ("framing", framing_body(sort, frames)),
            ("decoding", decoding_body(sort, frames)),
        ] {
            let figure = measure(sort, stage, &body, frames);
            rows.push((format!("{}, {stage}", sort.name), figure));
        }
    }
    if argument.is_none() {
        report::write(
            "Decoding replies",
            "`framing` is the event stream alone, `decoding` the frames in it too.",
            &rows,
        );
    }
}

fn measure(sort: &Sort, stage: &str, body: &str, frames: usize) -> String {
    let best = (0..RUNS).map(|_| decode(sort.dialect, body)).min();
    let best_ns = best.unwrap_or_default().as_nanos().max(1);
    let (bytes, frames) = (body.len() as u128, frames.max(1) as u128);
    let mb_per_second = bytes * 1000 / best_ns;
    println!(
        "{:<26}{stage:<10}{mb_per_second:>9}{:>10}{:>9}",
        sort.name,
        best_ns / frames,
        bytes / frames,
    );
    format!("{mb_per_second} MB/s, {} ns a frame", best_ns / frames)
}

/// Decodes a body once; the deltas are dropped packet by packet, as a reader would.
#[expect(clippy::disallowed_methods, reason = "a stop-watch needs the clock")]
fn decode(dialect: Dialect, body: &str) -> Duration {
    let mut decoder = decoder(dialect);
    let mut deltas: Vec<Delta> = Vec::new();
    let begun = Instant::now();
    for packet in body.as_bytes().chunks(PACKET_BYTES) {
        let fed = decoder.feed(packet, &mut deltas);
        assert_eq!(fed, Ok(()));
        black_box(&deltas);
        deltas.clear();
    }
    begun.elapsed()
}

fn decoder(dialect: Dialect) -> Decoder {
    let target = Target {
        provider: "bench".to_owned(),
        dialect,
        base_url: "http://127.0.0.1:9/v1".to_owned(),
        model: "MiniMax-M3".to_owned(),
        headers: Vec::new(),
        max_tokens_field: "max_tokens".to_owned(),
        default_max_tokens: None,
        may_be_cumulative: dialect == Dialect::OpenAi,
        wants_reasoning_back: false,
        takes_images: true,
    };
    let ask = Ask {
        messages: vec![Message::User("hi".to_owned())],
        stream: true,
        ..Ask::default()
    };
    Decoder::new(&wire::request(&target, &ask), "text/event-stream")
}

fn decoding_body(sort: &Sort, frames: usize) -> String {
    body(sort, frames, |piece, number| (sort.frame)(piece, number))
}

fn framing_body(sort: &Sort, frames: usize) -> String {
    body(sort, frames, |piece, number| {
        format!("\"{}\"", "x".repeat((sort.frame)(piece, number).len() - 2))
    })
}

fn body(sort: &Sort, frames: usize, data: impl Fn(&str, usize) -> String) -> String {
    let mut body = String::new();
    for (number, piece) in PIECES.iter().cycle().enumerate().take(frames) {
        let first = if number == 0 { sort.first } else { "" };
        let piece = format!("{first}{piece}").replace('\n', "\\n");
        body.extend([sort.lead, "data: ", &data(&piece, number), "\n\n"]);
    }
    body
}

fn openai(field: &str, piece: &str) -> String {
    format!(
        r#"{{"id":"chatcmpl-065b58b7a16cf30f","object":"chat.completion.chunk","created":1779180983,"model":"MiniMax-M3","choices":[{{"index":0,"delta":{{"{field}":"{piece}"}},"finish_reason":null}}]}}"#
    )
}

fn minimax(piece: &str) -> String {
    format!(
        r#"{{"id":"065b58b7a16cf30f1e20c8f1942efeae","choices":[{{"index":0,"delta":{{"content":"","role":"assistant","name":"MiniMax AI","audio_content":"","reasoning_content":"{piece}","reasoning_details":[{{"type":"reasoning.text","id":"reasoning-text-1","format":"MiniMax-response-v1","index":0,"text":"{piece}"}}]}}}}],"created":1779180983,"model":"MiniMax-M3","object":"chat.completion.chunk","usage":null,"input_sensitive":false,"output_sensitive":false,"input_sensitive_type":0,"output_sensitive_type":0,"output_sensitive_int":0}}"#
    )
}

fn dashscope(piece: &str, number: usize) -> String {
    let (all, out) = (number + 42, number + 1);
    format!(
        r#"{{"output":{{"choices":[{{"message":{{"content":"","reasoning_content":"{piece}","role":"assistant"}},"finish_reason":"null"}}]}},"usage":{{"total_tokens":{all},"output_tokens":{out},"input_tokens":41,"output_tokens_details":{{"reasoning_tokens":{out}}}}},"request_id":"1bbd770e-564a-4601-83fc-3bf639423000"}}"#
    )
}

fn anthropic(piece: &str) -> String {
    format!(
        r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"thinking_delta","thinking":"{piece}"}}}}"#
    )
}
