//! Real replies, as far as they have come at every moment, at every width.

use mmchat::markdown::{Document, Kind, text_width};

const REPLIES: [&str; 7] = [
    include_str!("../fixtures/markdown/mixed.md"),
    include_str!("../fixtures/markdown/lists.md"),
    include_str!("../fixtures/markdown/links.md"),
    include_str!("../fixtures/markdown/english.md"),
    include_str!("../fixtures/markdown/chinese.md"),
    include_str!("../fixtures/markdown/readme.md"),
    include_str!("../fixtures/markdown/pathological.md"),
];

fn rows(document: &Document) -> Vec<String> {
    (0..document.len())
        .filter_map(|index| document.row(index))
        .map(|row| row.spans.iter().map(|span| span.text.as_str()).collect())
        .collect()
}

/// As far as a reply has come: at every character of its first part, then here and there.
fn beginnings(reply: &str) -> impl Iterator<Item = &str> {
    let places = reply.char_indices().map(|(at, _)| at).enumerate();
    let places = places.filter(|(number, _)| *number < 500 || number % 13 == 0);
    places.map(|(_, at)| reply.get(..at).unwrap())
}

#[test]
fn no_beginning_of_a_reply_is_wider_than_the_window() {
    for reply in REPLIES {
        for width in [0, 1, 2, 20, 80] {
            let mut document = Document::new(Kind::Markdown);
            for text in beginnings(reply) {
                let at = text.len();
                document.sync(text, 0, width, false);
                for row in rows(&document) {
                    assert!(
                        text_width(&row) <= usize::from(width),
                        "{row:?} at {at} in {width}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_reply_that_grew_looks_like_one_that_came_at_once() {
    for reply in REPLIES {
        for width in [2, 20, 80] {
            let mut grown = Document::new(Kind::Markdown);
            for text in beginnings(reply) {
                grown.sync(text, 0, width, false);
            }
            grown.sync(reply, 0, width, true);
            let mut whole = Document::new(Kind::Markdown);
            whole.sync(reply, 0, width, true);
            assert_eq!(rows(&grown), rows(&whole));
            assert_eq!(grown.code_blocks(), whole.code_blocks());
        }
    }
}

#[test]
fn marks_are_never_seen_while_they_are_being_written() {
    let text = "Some **bold** and *slanted* and `code` here, [linked](https://example.org) too.";
    let mut document = Document::new(Kind::Markdown);
    for (at, _) in text.char_indices() {
        document.sync(text.get(..at).unwrap(), 0, 80, false);
        let shown = rows(&document).concat();
        assert!(
            !shown.contains(['*', '`']) && !shown.contains("]("),
            "{shown:?}"
        );
    }
}

#[test]
fn places_are_found_again_at_another_width() {
    let reply = REPLIES[0];
    let mut document = Document::new(Kind::Markdown);
    for width in [80, 20, 40] {
        document.sync(reply, 0, width, true);
        for word in ["backpressure", "断点续传", "latency", "pump", "socket"] {
            let Some(place) = reply.find(word) else {
                continue;
            };
            let row = document.row(document.row_at(place)).unwrap();
            assert!(row.source.contains(&place), "{word} in {row:?}");
        }
    }
}

#[test]
fn code_is_copied_as_it_came() {
    let mut document = Document::new(Kind::Markdown);
    document.sync(
        "1. x\n   ```sh\n   a\tb\n   ```\n\n```rust\n\n\tfn main() {}\n",
        0,
        20,
        false,
    );
    let blocks = document.code_blocks();
    let texts: Vec<_> = blocks.iter().map(|block| block.text.as_str()).collect();
    assert_eq!(texts, ["a\tb\n", "\n\tfn main() {}\n"]);
    assert_eq!(
        (&*blocks[1].language, &*blocks[1].first_line),
        ("rust", "fn main() {}")
    );
}
