//! Any text, arriving in any pieces, in any width: rows are sound, and the same as all at once.

use proptest::prelude::*;

use super::*;

const PIECES: &[&str] = &[
    "# Title\n",
    "Setext\n---\n",
    "text ",
    "**bold** ",
    "*it* ",
    "**open ",
    "是**“强",
    "**（",
    "）**",
    "`code` ",
    "`` ` ",
    "\n",
    "\n\n",
    "- item\n",
    "- item",
    "  - nested\n",
    "    deeper\n",
    "1. one\n",
    "2. two\n",
    "10) ten\n",
    "* star\n",
    "+ plus\n",
    "- [ ] task\n",
    "- [x] done\n",
    "> quote\n",
    "> > deeper\n",
    ">\n",
    "lazy\n",
    "```rust\nfn main() {}\n",
    "```\n",
    "~~~\n",
    "```",
    "| a | b |\n|---|:-:|\n",
    "| 1 | 二 |\n",
    "| x |",
    "---\n",
    "***\n",
    "[link](http://a.b) ",
    "[half](htt",
    "see https://a.b/c_d?e=1 ",
    "（http://x.y）",
    "<https://auto.link>",
    "![img](i.png)",
    "[ref][r]\n",
    "[r]: http://r.s\n",
    "[^1]: note\n",
    "see[^1] ",
    "<div>\n",
    "</div>\n",
    "<!-- c\n",
    "-->\n",
    "<br>",
    "    indented\n",
    "中文，",
    "“引号”。",
    "你好\n",
    "👨‍👩‍👧",
    "e\u{301}",
    "\t",
    "  \n",
    "\\\n",
    "&amp; ",
    "~~s~~ ",
    "3~5 ",
    "$$\n",
    "$x$ ",
    "$$\n",
    "$x^2$",
    "$a*b",
    "$5",
    "$",
    r"\(a_1\)",
    r"\( ",
    r"\)",
    "\\[\n",
    "\\]\n",
    "\\frac{a}{b} ",
    "$$\\sum_{i}^n \\frac{a+b}{c}$$",
    "\\\\ ",
    "{",
    "}",
    "a_b_c ",
    "_u_ ",
    "\r\n",
    "\u{1b}[31m",
    "\u{202e}",
    "word-word ",
    "longwordlongwordlongword ",
    "\0",
    "    - four\n",
    "   ```\n   x\n   ```\n",
    "> ```\n> y\n",
    "> [!NOTE]\n",
];

/// Pieces of formulas, to be told from prose.
const FORMULAS: &[&str] = &[
    "$",
    "$$",
    "\\(",
    "\\)",
    "\\[",
    "\\]",
    "\\",
    "{",
    "}",
    "x",
    " ",
    "\n",
    "\n\n",
    "5",
    "*",
    "_",
    "^",
    "`",
    "\\frac{a}{b}",
    "= y",
    ".",
    " and",
    "- ",
    "> ",
    "| ",
    "\\\\",
    "中",
    "$x$",
    "$$x$$",
    "\\(y\\)",
    "\\[z\\]",
];

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        30 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => ".{0,12}",
        1 => prop::sample::select(PIECES).prop_map(|piece| piece.repeat(400)),
    ];
    let formula = prop::sample::select(FORMULAS).prop_map(str::to_owned);
    prop_oneof![
        3 => prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(formula, 0..40).prop_map(|pieces| pieces.concat()),
    ]
}

fn cut_at(text: &str, places: &[prop::sample::Index]) -> Vec<usize> {
    let mut cuts: Vec<usize> = places
        .iter()
        .map(|place| place.index(text.len() + 1))
        .filter(|&at| text.is_char_boundary(at))
        .collect();
    cuts.sort_unstable();
    cuts
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![5 => Just(Kind::Markdown), 1 => Just(Kind::Plain)]
}

pub(super) fn assert_sound(document: &Document, text: &str, width: u16) {
    let mut last = 0;
    let rows = document.all_rows();
    for row in &rows {
        assert!(
            text_width(&row.plain()) <= usize::from(width),
            "{:?} in {width}",
            row.plain()
        );
        assert!(!row.plain().chars().any(char::is_control), "{row:?}");
        assert!(
            row.source.start <= row.source.end && row.source.end <= text.len(),
            "{row:?}"
        );
        assert!(row.source.end >= last, "{row:?} after {last}");
        last = row.source.end;
        assert_placed(row, text);
    }
    let blank = |row: Option<&Row>| row.is_some_and(|row| row.plain().is_empty());
    if width < 8 {
        return; // Without its bar, an empty line of code is a blank row.
    }
    assert!(!blank(rows.first()), "{:?}", plain(document));
    assert!(!blank(rows.last()), "{:?}", plain(document));
}

/// Every span of `row` tells truly which bytes of `text` it shows.
fn assert_placed(row: &Row, text: &str) {
    let mut before = row.source.start..row.source.start;
    for span in &row.spans {
        let Range { start, end } = span.source;
        assert!(start <= end, "{row:?}");
        assert!(start >= before.start && end >= before.end, "{row:?}");
        assert!(end <= row.source.end, "{row:?}");
        before = start..end;
        if span.exact {
            let written = text.get(start..end).expect("characters are whole");
            let spaced = |text: &str| text.replace(['\n', '\t'], " ");
            assert_eq!(spaced(&span.text), spaced(written), "{row:?}");
        }
    }
}

proptest! {
    // Half of the usual number: each of these takes its time.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: ProptestConfig::default().cases / 2,
        ..ProptestConfig::default()
    })]

    #[test]
    fn rows_do_not_depend_on_how_the_text_arrived(
        text in texts(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        width in prop::sample::select(vec![1_u16, 2, 7, 20, 80]),
        kind in kinds(),
    ) {
        let mut whole = Document::new(kind);
        whole.sync(&text, 0, width, true);
        assert_sound(&whole, &text, width);
        let mut grown = Document::new(kind);
        let mut settled: Vec<Row> = Vec::new();
        for at in cut_at(&text, &places) {
            grown.sync(text.get(..at).unwrap(), 0, width, false);
            assert_sound(&grown, &text, width);
            prop_assert_eq!(&grown.all_rows()[..settled.len()], &settled[..]);
            let mut fresh = Document::new(kind);
            fresh.sync(text.get(..at).unwrap(), 0, width, false);
            prop_assert_eq!(plain(&grown), plain(&fresh));
            prop_assert_eq!(&grown.all_rows(), &fresh.all_rows());
            settled = grown.all_rows()[..grown.settled_rows()].to_vec();
        }
        grown.sync(&text, 0, width, false);
        grown.sync(&text, 0, width, true);
        prop_assert_eq!(plain(&grown), plain(&whole));
        prop_assert_eq!(&grown.all_rows(), &whole.all_rows());
        prop_assert_eq!(grown.code_blocks(), whole.code_blocks());
    }
}

/// Colours all finished code of a document in stripes that depend on nothing but the lines.
fn stripe(document: &mut Document) {
    while let Some(request) = document.uncoloured(&(0..document.len())) {
        let stripes = |line: &String| {
            let roles = [Role::Keyword, Role::CodeBlock, Role::String];
            let piece = |at: usize| Coloured {
                bytes: 1 + at % 2,
                role: roles[at % roles.len()],
            };
            (0..line.len()).map(piece).collect()
        };
        let lines = request.lines.iter().map(stripes).collect();
        document.colour(CodeColours {
            block: request.block,
            first_line: request.first_line,
            after: request.after,
            lines: Some(lines),
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn colours_do_not_depend_on_when_they_came_and_change_no_text(
        text in texts(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        width in prop::sample::select(vec![1_u16, 7, 20, 80]),
    ) {
        let text = text.replace("```\n", "```rust\n\tlet x = \"é漢\";\n");
        let mut whole = Document::new(Kind::Markdown);
        whole.sync(&text, 0, width, true);
        let uncoloured = plain(&whole);
        stripe(&mut whole);
        prop_assert_eq!(plain(&whole), uncoloured);
        assert_sound(&whole, &text, width);
        let mut grown = Document::new(Kind::Markdown);
        for at in cut_at(&text, &places) {
            grown.sync(text.get(..at).unwrap(), 0, width, false);
            stripe(&mut grown);
        }
        grown.sync(&text, 0, width, true);
        stripe(&mut grown);
        prop_assert_eq!(&grown.all_rows(), &whole.all_rows());
    }
}

/// Every heading, by walking from one to the next.
fn headings_one_by_one(document: &Document) -> (Vec<usize>, Vec<usize>) {
    let down = std::iter::successors(document.heading_from(0), |at| {
        document.heading_from(*at + 1)
    });
    let up = std::iter::successors(document.heading_above(usize::MAX), |at| {
        document.heading_above(*at)
    });
    (down.collect(), up.collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn rows_that_were_put_away_come_back_as_they_were(
        parts in prop::collection::vec(texts(), 1..6),
        code in prop::sample::select(vec!["```rust", "```", "- ```c"]),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        widths in prop::collection::vec(prop::sample::select(vec![1_u16, 7, 20, 80]), 1..4),
        kind in kinds(),
        done in any::<bool>(),
    ) {
        let text = parts.concat().replace("```\n", &format!("{code}\n\tlet x = 1;\n"));
        let mut sparse = Document::sparse(kind);
        let mut width = 80;
        for (at, place) in places.iter().enumerate() {
            let at = *cut_at(&text, &places).get(at).unwrap_or(&0);
            width = *place.get(&widths);
            sparse.sync(text.get(..at).unwrap(), 0, width, false);
            let from = place.index(sparse.len() + 1);
            sparse.lay_out(text.get(..at).unwrap(), from..from + 40);
            sparse.put_away(&(from..from + 20));
        }
        for width in widths.into_iter().chain([width]) {
            sparse.sync(&text, 0, width, done);
            let mut whole = Document::new(kind);
            whole.sync(&text, 0, width, done);
            let mut budget = text.len() / 2;
            sparse.count_some(&text, sparse.len() / 2, &mut budget);
            sparse.lay_out(&text, 0..usize::MAX);
            stripe(&mut sparse);
            stripe(&mut whole);
            prop_assert_eq!(plain(&sparse), plain(&whole));
            prop_assert_eq!(&sparse.all_rows(), &whole.all_rows());
            let rows = whole.all_rows().into_iter().enumerate();
            let headings = rows.filter(|(_, row)| row.heading).map(|(at, _)| at);
            let headings: Vec<usize> = headings.collect();
            let (down, up) = headings_one_by_one(&sparse);
            prop_assert_eq!(&down, &headings);
            prop_assert_eq!(up.into_iter().rev().collect::<Vec<_>>(), headings);
            for place in places.iter().take(3) {
                let offset = place.index(text.len() + 1);
                prop_assert_eq!(sparse.row_at(offset), whole.row_at(offset));
                sparse.put_away(&(0..0));
                prop_assert_eq!(sparse.reveal(&text, offset), whole.row_at(offset));
                sparse.lay_out(&text, 0..usize::MAX);
            }
            prop_assert_eq!(&sparse.all_rows(), &whole.all_rows());
            sparse.put_away(&(0..0));
        }
    }
}

/// Every beginning of real replies, up to some length at every character, then here and there.
#[test]
fn what_of_a_reply_is_settled_never_changes() {
    for reply in [
        include_str!("../../../tests/fixtures/markdown/english.md"),
        include_str!("../../../tests/fixtures/markdown/chinese.md"),
        include_str!("../../../tests/fixtures/markdown/readme.md"),
        include_str!("../../../tests/fixtures/markdown/pathological.md"),
    ] {
        for width in [1, 17, 80] {
            let mut document = Document::new(Kind::Markdown);
            let mut settled: Vec<Row> = Vec::new();
            let places = reply.char_indices().map(|(at, _)| at).enumerate();
            for (_, at) in places.filter(|(number, _)| *number < 500 || number % 23 == 0) {
                document.sync(reply.get(..at).unwrap(), 0, width, false);
                assert_sound(&document, reply, width);
                assert_eq!(
                    &document.all_rows()[..settled.len()],
                    &settled[..],
                    "at {at}"
                );
                settled = document.all_rows()[..document.settled_rows()].to_vec();
            }
            document.sync(reply, 0, width, true);
            assert_eq!(&document.all_rows()[..settled.len()], &settled[..]);
        }
    }
}
