//! Breaks styled text into rows of a given width.
//!
//! Owns the line-breaking rules: after spaces and hyphens, between wide characters but not before a
//! closer or after an opener, else between clusters. It knows nothing of Markdown.
//!
//! Invariants: no line is wider than it may be; greedy, so text that grows at its end can only
//! change the last line.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use super::Span;
use super::flow::Flow;
use super::span;
use super::width::cluster_width;

/// What stands for a cluster that is wider than the whole row.
const STAND_IN: &str = "·";

/// Whether words stay whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breaking {
    Words,
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
        let spans = self.spans(shown, width, mark);
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Space,
    Break,
    Letter,
    Hyphen,
    Opener,
    Closer,
    Other,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    at: usize,
    len: usize,
    width: usize,
    kind: Kind,
}

impl Cell {
    fn end(&self) -> usize {
        self.at + self.len
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

fn cells(text: &str) -> Vec<Cell> {
    let cell = |at: usize, cluster: &str| Cell {
        at,
        len: cluster.len(),
        width: cluster_width(cluster),
        kind: kind(cluster.chars().next().unwrap_or(' ')),
    };
    if text.is_ascii() {
        return text
            .char_indices()
            .map(|(at, c)| Cell {
                at,
                len: 1,
                width: usize::from(c != '\n'),
                kind: kind(c),
            })
            .collect();
    }
    text.grapheme_indices(true)
        .map(|(at, cluster)| cell(at, cluster))
        .collect()
}

fn kind(c: char) -> Kind {
    match c {
        ' ' => Kind::Space,
        '\n' => Kind::Break,
        '-' | '\u{2010}' => Kind::Hyphen,
        '（' | '《' | '「' | '『' | '“' | '‘' | '〈' | '【' | '〔' | '［' | '｛' | '(' | '['
        | '{' | '￥' | '＄' | '〖' => Kind::Opener,
        '，' | '。' | '、' | '；' | '：' | '？' | '！' | '）' | '》' | '」' | '』' | '”' | '’'
        | '…' | '—' | '〉' | '】' | '〕' | '］' | '｝' | '％' | '·' | 'ー' | '～' | '〗' | '々'
        | ')' | ']' | '}' | ',' | '.' | ';' | ':' | '?' | '!' | '%' => Kind::Closer,
        c if c.is_alphanumeric() => Kind::Letter,
        _ => Kind::Other,
    }
}

/// Finds where the line that begins at cell `from` ends, and where the next one begins.
fn line_end(cells: &[Cell], from: usize, width: usize, breaking: Breaking) -> (usize, End) {
    let mut used = 0;
    let mut chance = None;
    for (index, cell) in cells.iter().enumerate().skip(from) {
        if cell.kind == Kind::Break {
            return (index, End::Break);
        }
        if index > from
            && (breaking == Breaking::Anywhere
                || may_break(cells.get(from..=index).unwrap_or_default()))
        {
            chance = Some(index);
        }
        let own = if cell.width > width { 1 } else { cell.width };
        // Spaces at the end of a line hang over its edge and are not shown.
        let hangs = cell.kind == Kind::Space && breaking == Breaking::Words;
        if used + own > width && !hangs && index > from {
            let next = chance.unwrap_or(index);
            return (next, End::Wrap(next));
        }
        used += own;
    }
    (cells.len(), End::Text)
}

/// Tells whether a row that holds all but the last of `cells` may end there. Only this row counts,
/// so that a row can be broken again without those before it.
fn may_break(cells: &[Cell]) -> bool {
    let [earlier @ .., before, after] = cells else {
        return false;
    };
    match (before.kind, after.kind) {
        (_, Kind::Space | Kind::Break) => false,
        (Kind::Space, _) => true,
        (Kind::Hyphen, Kind::Letter) => {
            earlier.last().is_some_and(|cell| cell.kind == Kind::Letter)
        }
        (Kind::Opener, _) | (_, Kind::Closer) => false,
        _ => before.width > 1 || after.width > 1,
    }
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
    fn a_row_of_chinese_neither_begins_with_a_closer_nor_ends_with_an_opener() {
        assert_eq!(
            wrapped("今天天气很好，明天", 12),
            ["今天天气很", "好，明天"]
        );
        assert_eq!(wrapped("他说（你好）", 6), ["他说", "（你", "好）"]);
        assert_eq!(wrapped("用Rust写的", 5), ["用", "Rust", "写的"]);
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
