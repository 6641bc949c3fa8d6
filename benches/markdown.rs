//! How fast text becomes rows and rows become a frame: megabytes of Markdown per second.
//!
//! Stages: `parse+paint` reads whole replies at once; `streamed` the same replies as they come, 8
//! bytes at a time; `wrap` plain text, which is only broken into rows; `draw` puts rows into cells. The best of five runs counts. A number
//! as argument sets how often the replies are repeated.

#![expect(clippy::print_stdout, reason = "the figures are for whoever runs this")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use mmchat::markdown::{Document, Kind};

const RUNS: usize = 5;
/// How often each reply is repeated, unless the caller wants another number.
const TIMES: usize = 40;
const WIDTH: u16 = 80;
/// What a few tokens bring at once.
const PIECE_BYTES: usize = 8;

const REPLIES: [(&str, &str); 4] = [
    (
        "english",
        include_str!("../tests/fixtures/markdown/english.md"),
    ),
    (
        "chinese",
        include_str!("../tests/fixtures/markdown/chinese.md"),
    ),
    ("mixed", include_str!("../tests/fixtures/markdown/mixed.md")),
    (
        "prose",
        "A sentence of a few words, then another one that is longer. \
               And a third, which ends the paragraph.\n\n",
    ),
];

fn main() {
    let argument = std::env::args().find_map(|argument| argument.parse().ok());
    let times = argument.unwrap_or(TIMES);
    for (name, reply) in REPLIES {
        let text = reply.repeat(times * 2_000 / reply.len().max(1));
        let stages: [(&str, fn(&str)); 3] = [
            ("parse+paint", whole),
            ("streamed", streamed),
            ("wrap", wrapped),
        ];
        for (stage, run) in stages {
            report(&format!("markdown {stage} {name}"), text.len(), || {
                run(&text)
            });
        }
    }
    for (name, reply) in REPLIES {
        let mut document = Document::new(Kind::Markdown);
        document.sync(reply, 0, WIDTH, true);
        report(
            &format!("markdown draw {name}"),
            reply.len() * times,
            || {
                for _ in 0..times {
                    draw(&document);
                }
            },
        );
    }
}

fn whole(text: &str) {
    let mut document = Document::new(Kind::Markdown);
    document.sync(text, 0, WIDTH, true);
    black_box(document.len());
}

fn streamed(text: &str) {
    let mut document = Document::new(Kind::Markdown);
    let mut at = 0;
    while at < text.len() {
        at = (at + PIECE_BYTES..=text.len())
            .find(|&at| text.is_char_boundary(at))
            .unwrap_or(text.len());
        document.sync(text.get(..at).unwrap_or(text), 0, WIDTH, false);
    }
    document.sync(text, 0, WIDTH, true);
    black_box(document.len());
}

fn wrapped(text: &str) {
    let mut document = Document::new(Kind::Plain);
    document.sync(text, 0, WIDTH, true);
    black_box(document.len());
}

/// Puts rows into cells, as the panes do.
fn draw(document: &Document) {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    let rows = u16::try_from(document.len()).unwrap_or(u16::MAX);
    let mut buffer = Buffer::empty(Rect::new(0, 0, WIDTH, rows));
    for y in 0..rows {
        let Some(row) = document.row(usize::from(y)) else {
            break;
        };
        let mut x = 0;
        for span in &row.spans {
            let room = usize::from(WIDTH.saturating_sub(x));
            (x, _) = buffer.set_stringn(x, y, &span.text, room, Style::new());
        }
    }
    black_box(&buffer);
}

#[expect(clippy::disallowed_methods, reason = "a stop-watch needs the clock")]
fn report(name: &str, bytes: usize, run: impl Fn()) {
    let time = || {
        let begun = Instant::now();
        run();
        begun.elapsed()
    };
    let best: Duration = (0..RUNS).map(|_| time()).min().unwrap_or_default();
    let tenths = bytes as u128 * 10_000 / best.as_nanos().max(1);
    println!("{name:<34}{:>7}.{} MB/s", tenths / 10, tenths % 10);
}
