//! Breaks styled text into rows of a given width.
//!
//! Owns how rows are filled; where they may be broken is [`breaks`](super::breaks)'. It knows nothing
//! of Markdown.
//!
//! Invariants: no line is wider than it may be; greedy, so text that grows at its end can only
//! change the last line.

use std::ops::Range;

use super::Span;
use super::breaks::{Cell, Kind, cells, in_code, in_prose, is_within_address};
use super::flow::{Flow, Origin};
use super::span;

/// What stands for a cluster that is wider than the whole row.
const STAND_IN: &str = "·";

/// Whether words stay whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breaking {
    Words,
    /// Words, unless that would leave half of a row empty.
    Code,
    Anywhere,
}

/// One line of a wrapped [`Flow`].
#[derive(Debug)]
pub(super) struct Line {
    pub(super) spans: Vec<Span>,
    pub(super) source: Range<usize>,
    /// The text goes on in the next line without a break of its own.
    pub(super) wrapped: bool,
    /// Where in the flow the line begins.
    pub(super) start: usize,
}

impl Flow {
    /// Breaks the text into lines of `first`, then `rest` columns.
    pub(super) fn wrap(&self, first: usize, rest: usize, breaking: Breaking) -> Vec<Line> {
        let cells = cells(&self.text);
        let mut lines = Vec::new();
        let mut from = 0;
        let mut mark = 0;
        loop {
            let width = if lines.is_empty() { first } else { rest }.max(1);
            let (to, end) = line_end(&cells, from, width, breaking);
            let row = cells.get(from..to).unwrap_or_default();
            // Indentation wider than the row is left out.
            if !matches!(end, End::Wrap(_)) || row.iter().any(|cell| cell.kind != Kind::Space) {
                let start = cells.get(from).map_or(self.text.len(), |cell| cell.at);
                lines.push(self.line(row, start, width, &mut mark, end));
            }
            match end {
                End::Text => return lines,
                End::Break => from = to + 1,
                End::Wrap(next) => from = next,
            }
        }
    }

    fn line(&self, row: &[Cell], start: usize, width: usize, mark: &mut usize, end: End) -> Line {
        let shown = match end {
            End::Wrap(_) => {
                let kept = row
                    .iter()
                    .rposition(|cell| cell.kind != Kind::Space)
                    .map_or(0, |i| i + 1);
                row.get(..kept).unwrap_or_default()
            }
            End::Text | End::Break => {
                // Spaces may hang over the edge: those that do not fit are not shown.
                let mut room = width;
                let fits = row.iter().take_while(|cell| {
                    let own = if cell.width > width { 1 } else { cell.width };
                    let fits = own <= room;
                    room = room.saturating_sub(own);
                    fits
                });
                row.get(..fits.count()).unwrap_or_default()
            }
        };
        let mut spans = self.spans(shown, width, mark);
        if matches!(end, End::Wrap(_))
            && let Some((end, style)) = spans.last().map(|last| (last.source.end, last.style))
            && is_soft_hyphen(shown.last())
            && shown.iter().map(|cell| cell.width).sum::<usize>() < width
        {
            span::add(&mut spans, "-", style, Origin::all_of(end..end), None);
        }
        let mut placed = spans.iter().filter(|span| !span.source.is_empty());
        let source = match (placed.next(), placed.next_back()) {
            (Some(first), last) => first.source.start..last.unwrap_or(first).source.end,
            (None, _) => self.place(start),
        };
        Line {
            spans,
            source,
            wrapped: matches!(end, End::Wrap(_)),
            start,
        }
    }

    /// Takes the cells of one line together to spans; `mark` is the piece that the line begins in.
    fn spans(&self, shown: &[Cell], width: usize, mark: &mut usize) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        let mut index = 0;
        while let Some(first) = shown.get(index) {
            while self
                .marks
                .get(*mark)
                .is_some_and(|mark| mark.end <= first.at)
            {
                *mark += 1;
            }
            let Some(found) = self.marks.get(*mark) else {
                break;
            };
            // As many cells as lie within the piece, or one that does not, or has no room.
            let run = shown.get(index..).unwrap_or_default().iter();
            let run = run.take_while(|cell| cell.end() <= found.end && cell.width <= width);
            let count = run.count().max(1);
            let end = shown.get(index + count - 1).map_or(first.end(), Cell::end);
            let mut origin = self.origin(*mark, first.at..end);
            let mut text = self.text.get(first.at..end).unwrap_or_default();
            if first.width > width {
                text = STAND_IN;
                origin.exact = false;
            }
            span::add(&mut spans, text, found.style, origin, found.link.as_ref());
            index += count;
        }
        for span in &mut spans {
            span.text.shrink_to_fit();
        }
        spans
    }
}

/// How a line ends.
#[derive(Debug, Clone, Copy)]
enum End {
    Text,
    Break,
    /// The next line begins at this cell.
    Wrap(usize),
}

fn is_soft_hyphen(cell: Option<&Cell>) -> bool {
    cell.is_some_and(|cell| cell.kind == Kind::SoftHyphen)
}

/// Finds where the line that begins at cell `from` ends, and where the next one begins.
fn line_end(cells: &[Cell], from: usize, width: usize, breaking: Breaking) -> (usize, End) {
    let mut used = 0;
    let mut chance = None;
    // Within an address only where the row offers nothing else: whole, it can be read and clicked.
    // Whether it would fit in the next row is not asked, since it may still grow.
    let mut within_address = None;
    for (index, cell) in cells.iter().enumerate().skip(from) {
        if cell.kind == Kind::Break {
            return (index, End::Break);
        }
        let row = || cells.get(from..=index).unwrap_or_default();
        let may_break = match breaking {
            Breaking::Words => in_prose(row()),
            Breaking::Code => used * 2 >= width && in_code(row()),
            Breaking::Anywhere => true,
        };
        // A soft hyphen needs a column of its own, which a row that ends there has to have.
        let soft = index > from && is_soft_hyphen(cells.get(index - 1));
        if index > from && may_break && !(soft && used >= width) {
            if is_within_address(row()) {
                within_address = Some(index);
            } else {
                chance = Some(index);
            }
        }
        let own = if cell.width > width { 1 } else { cell.width };
        // Spaces at the end of a line hang over its edge and are not shown.
        let hangs = cell.kind == Kind::Space && breaking == Breaking::Words;
        if used + own > width && !hangs && index > from {
            let next = chance.or(within_address).unwrap_or(index);
            return (next, End::Wrap(next));
        }
        used += own;
    }
    (cells.len(), End::Text)
}

#[cfg(test)]
mod tests {
    use super::super::Style;
    use super::super::flow::Origin;
    use super::*;

    fn wrapped(text: &str, width: usize) -> Vec<String> {
        let mut flow = Flow::default();
        flow.push(text, Style::default(), Origin::exact(0..text.len()));
        let lines = flow.wrap(width, width, Breaking::Words);
        lines
            .into_iter()
            .map(|line| line.spans.into_iter().map(|span| span.text).collect())
            .collect()
    }

    #[test]
    fn words_stay_whole_when_they_fit() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("well-known -5", 6), ["well-", "known", "-5"]);
        assert_eq!(wrapped("abcdefgh", 3), ["abc", "def", "gh"]);
    }

    #[test]
    fn an_address_moves_whole_to_the_next_row_and_is_broken_only_where_it_is_longer() {
        assert_eq!(
            wrapped("see https://a.io/b-c/d now", 16),
            ["see", "https://a.io/b-", "c/d now"]
        );
        assert_eq!(
            wrapped("see https://a.io/b now", 17),
            ["see", "https://a.io/b", "now"]
        );
        assert_eq!(wrapped("either and/or", 11), ["either and/", "or"]);
    }

    #[test]
    fn a_row_of_chinese_neither_begins_with_a_closer_nor_ends_with_an_opener() {
        assert_eq!(
            wrapped("今天天气很好，明天", 12),
            ["今天天气很", "好，明天"]
        );
        assert_eq!(wrapped("他说（你好）", 6), ["他说", "（你", "好）"]);
        assert_eq!(wrapped("用Rust写的", 5), ["用", "Rust", "写的"]);
    }

    #[test]
    fn lines_are_broken_where_their_script_breaks_them() {
        let mut wrong = Vec::new();
        for (text, width, rows) in [
            // No mark begins a row, no opener ends one, no quotation mark is torn off.
            ("ちょっと待って", 6, &["ちょっ", "と待っ", "て"][..]),
            ("他说\"你好\"然后走", 8, &["他说\"你", "好\"然后", "走"]),
            ("一二——三四", 6, &["一二——", "三四"]),
            ("ｱｲｳｴｵ", 3, &["ｱｲｳ", "ｴｵ"]),
            // Korean at its spaces.
            ("한국어 문장입니다", 12, &["한국어", "문장입니다"]),
            // Thai has no spaces between words.
            ("ภาษาไทย ง่าย", 9, &["ภาษาไทย", "ง่าย"]),
            ("ก็ก็ก็ก็", 2, &["ก็ก็", "ก็ก็"]),
            // Clusters stay whole.
            ("👨‍👩‍👧👨‍👩‍👧🇨🇳🇩🇪", 4, &["👨‍👩‍👧👨‍👩‍👧", "🇨🇳🇩🇪"]),
            (
                "e\u{301}e\u{301}e\u{301}",
                2,
                &["e\u{301}e\u{301}", "e\u{301}"],
            ),
            // What holds together, and what may part.
            ("10\u{a0}km away", 6, &["10\u{a0}km", "away"]),
            ("non\u{2011}break ab", 9, &["non\u{2011}break", "ab"]),
            ("ab\u{200b}cd ef", 4, &["ab\u{200b}cd", "ef"]),
            ("ab\u{200b}cdef", 4, &["ab", "cdef"]),
            ("long\u{ad}word", 6, &["long\u{ad}-", "word"]),
            ("long\u{ad}word", 4, &["long\u{ad}", "word"]),
            ("either/or 1/2", 8, &["either/", "or 1/2"]),
            ("http://a.b/long/path", 12, &["http://a.b/", "long/path"]),
            ("he said—and left", 9, &["he said—", "and left"]),
            ("一\u{3000}二三", 4, &["一", "二三"]),
            ("ＡＢＣ", 4, &["ＡＢ", "Ｃ"]),
        ] {
            let found = wrapped(text, width);
            if found != rows {
                wrong.push(format!("{text:?} in {width}: {found:?}"));
            }
        }
        assert_eq!(wrong, [""; 0]);
    }

    #[test]
    fn what_is_wider_than_the_row_is_replaced() {
        assert_eq!(wrapped("a你", 1), ["a", "·"]);
    }

    #[test]
    fn each_row_knows_the_bytes_it_shows() {
        let mut flow = Flow::default();
        flow.push("你好 world", Style::default(), Origin::exact(10..22));
        let lines = flow.wrap(5, 5, Breaking::Words);
        let places: Vec<_> = lines
            .iter()
            .map(|line| (line.source.clone(), line.wrapped))
            .collect();
        assert_eq!(places, [(10..16, true), (17..22, false)]);
    }
}
