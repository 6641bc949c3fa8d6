//! What long texts cost: rows that are kept, bytes that are parsed.

use super::*;

#[test]
fn only_the_rows_that_are_looked_at_are_kept_and_drawn() {
    let reply = include_str!("../../../tests/fixtures/markdown/mixed.md");
    let text = reply.repeat(400_000 / reply.len());
    let mut document = Document::sparse(Kind::Markdown);
    document.sync(&text, 0, 80, true);
    assert_eq!(document.parsed_bytes, 0, "nobody has looked yet");
    let last = document.len() - 1;
    document.lay_out(&text, last..last + 1);
    document.reveal(&text, text.len() / 2);
    assert!(document.parsed_bytes < 100_000);
    document.put_away(&(0..0));
    assert_eq!(document.rows_at_hand(), 0);
    let mut whole = Document::new(Kind::Markdown);
    whole.sync(&text, 0, 80, true);
    assert!(
        document.len().abs_diff(whole.len()) < whole.len() / 2,
        "{}",
        document.len()
    );
    let mut rounds = 0;
    while !document.is_counted() {
        document.count_some(&text, document.len() / 3, &mut 50_000);
        rounds += 1;
    }
    assert!((4..12).contains(&rounds), "{rounds}");
    assert_eq!(document.len(), whole.len());
    assert_eq!(document.rows_at_hand(), 0);
    document.sync(&text, 0, 60, true);
    document.sync(&text, 0, 80, true);
    assert_eq!(document.len(), whole.len(), "what was counted is known");
}

#[test]
fn a_row_without_end_can_be_drawn_without_what_is_above_it() {
    for (start, piece) in [
        ("", "words without end "),
        ("```\n", "let x = 1; "),
        ("| a | b |\n|---|---|\n", "| one | two |\n"),
        ("- ", "item "),
    ] {
        for kind in [Kind::Markdown, Kind::Plain] {
            let text = [start, &piece.repeat(300_000 / piece.len())].concat();
            let mut document = Document::sparse(kind);
            document.sync(&text, 0, 80, false);
            document.parsed_bytes = 0;
            document.reveal(&text, text.len() / 2);
            assert!(
                document.parsed_bytes < 100_000,
                "{start:?} {kind:?}: {}",
                document.parsed_bytes
            );
        }
    }
}

/// Feeds `text` in pieces of `step` bytes and counts the bytes that were parsed.
fn parsed(text: &str, step: usize, width: u16) -> usize {
    let mut document = Document::new(Kind::Markdown);
    let mut at = 0;
    while at < text.len() {
        at += step;
        while !text.is_char_boundary(at.min(text.len())) {
            at += 1;
        }
        document.sync(text.get(..at.min(text.len())).unwrap(), 0, width, false);
    }
    document.sync(text, 0, width, true);
    document.parsed_bytes
}

#[test]
fn work_grows_with_the_text_and_not_with_its_square() {
    let reply = include_str!("../../../tests/fixtures/markdown/mixed.md").repeat(8);
    let once = parsed(&reply, 4, 80);
    assert!(
        once < 20 * reply.len(),
        "{once} bytes parsed of {}",
        reply.len()
    );
}

#[test]
fn a_block_without_end_costs_no_more_than_its_length() {
    for (name, piece) in [
        ("paragraph", "Some words, and then others. "),
        ("word", "abcdefghij"),
        ("chinese", "一段没有尽头的文字，"),
        ("lines", "one line of many\n"),
        ("fence", "let x = 1;\n"),
        ("line of code", "let x = 1; "),
        ("list", "- an item of many\n"),
        ("numbers", "1. an item of many\n"),
        ("nested", "  - an item within one\n"),
        ("quote", "> what they said\n"),
        ("table", "| a | b |\n"),
        ("html", "<b>x</b>\n"),
        ("bold", "**open "),
        ("brackets", "[[[["),
        ("spaces", "        "),
        ("blank", "\n"),
        ("item", "and so on "),
        ("note", "    more\n"),
        ("quotes", ">>>>>>>>"),
    ] {
        let start = match name {
            "fence" | "line of code" => "```\n",
            "nested" => "- one\n",
            "table" => "| x | y |\n|---|---|\n",
            "html" => "<div>\n",
            "item" => "- ",
            "note" => "[^1]: note\n",
            _ => "",
        };
        let work = |bytes: usize| {
            let text = [start, &piece.repeat(bytes / piece.len())].concat();
            parsed(&text, 1999, 80)
        };
        let (half, whole) = (work(40_000), work(80_000));
        assert!(whole < 20 * 80_000, "{name}: {whole} bytes parsed");
        assert!(whole < 3 * half, "{name}: {half}, then {whole}");
    }
}
