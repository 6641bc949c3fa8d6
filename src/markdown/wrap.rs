//! Breaks styled text into rows of a given width.
//!
//! Owns [`Flow`] (text with styles and where each byte came from) and the line-breaking rules:
//! after spaces and hyphens, between wide characters but not before a closer or after an opener,
//! else between clusters. It knows nothing of Markdown.
//!
//! Invariants: no line is wider than it may be; greedy, so text that grows at its end can only
//! change the last line.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use super::width::{bounded, cluster_width, text_width};
use super::{Coloured, Role, Span, Style};
use crate::chat::safe;

/// What stands for a cluster that is wider than the whole row.
const STAND_IN: &str = "·";

/// Text with its styles, and the place in the source that each piece shows.
#[derive(Debug, Clone, Default)]
pub(super) struct Flow {
    text: String,
    marks: Vec<Mark>,
}

/// The style and the source of the text up to `end`.
#[derive(Debug, Clone)]
struct Mark {
    end: usize,
    style: Style,
    source: Range<usize>,
}

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
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where the source of its last piece ends, if that is shown as it came.
    pub(super) fn source_end(&self) -> Option<usize> {
        let last = self.marks.last()?;
        let start = self.marks.iter().rev().nth(1).map_or(0, |mark| mark.end);
        (last.end - start == last.source.len()).then_some(last.source.end)
    }

    /// The style of its last piece.
    pub(super) fn last_style(&self) -> Option<Style> {
        self.marks.last().map(|mark| mark.style)
    }

    /// Adds `text`, made safe. Line feeds in it break the line; tabs become a space.
    pub(super) fn push(&mut self, text: &str, style: Style, source: Range<usize>) {
        let shown = safe::visible(text);
        let shown = bounded(&shown);
        if shown.is_empty() {
            return;
        }
        if shown.contains('\t') {
            self.text.push_str(&shown.replace('\t', " "));
        } else {
            self.text.push_str(&shown);
        }
        self.mark(style, source);
    }

    /// Adds `text` of which every line break is a break, each tab four columns at most.
    pub(super) fn push_verbatim(&mut self, text: &str, style: Style, source: Range<usize>) {
        if source.len() != text.len() {
            return self.push(text, style, source);
        }
        let mut at = source.start;
        let mut column = 0;
        for piece in text.split_inclusive('\t') {
            let plain = piece.strip_suffix('\t').unwrap_or(piece);
            self.push(plain, style, at..at + plain.len());
            column += text_width(plain);
            at += piece.len();
            if plain.len() < piece.len() {
                let fill = 4 - column % 4;
                self.push("    ".get(..fill).unwrap_or(" "), style, at - 1..at);
                column += fill;
            }
        }
    }

    /// Breaks the line here.
    pub(super) fn push_break(&mut self, source: Range<usize>) {
        self.text.push('\n');
        self.mark(Style::default(), source);
    }

    fn mark(&mut self, style: Style, source: Range<usize>) {
        let exact = |mark: &Mark, start: usize| mark.end - start == mark.source.len();
        let end = self.text.len();
        let before = self.marks.iter().rev().nth(1).map_or(0, |mark| mark.end);
        if let Some(last) = self.marks.last_mut()
            && last.style == style
            && last.source.end == source.start
            && exact(last, before)
            && end - last.end == source.len()
        {
            last.end = end;
            last.source.end = source.end;
            return;
        }
        self.marks.push(Mark { end, style, source });
    }

    /// Gives code whose source begins at 0 the roles of its pieces; behind them it is plain.
    pub(super) fn colour(&mut self, pieces: &[Coloured]) {
        let mut pieces = pieces.iter();
        let mut role = Role::CodeBlock;
        let mut until = 0;
        let mut start = 0;
        for mark in std::mem::take(&mut self.marks) {
            let mut at = mark.source.start;
            let exact = mark.end - start == mark.source.len();
            loop {
                while until <= at {
                    let piece = pieces.next();
                    role = piece.map_or(Role::CodeBlock, |piece| piece.role);
                    until = piece.map_or(usize::MAX, |piece| until + piece.bytes);
                }
                let style = Style { role, ..mark.style };
                // A tab is one byte and several columns, all in one colour.
                if !exact || until >= mark.source.end {
                    let source = at..mark.source.end;
                    self.marks.push(Mark {
                        end: mark.end,
                        style,
                        source,
                    });
                    break;
                }
                let end = mark.end - (mark.source.end - until);
                let source = at..until;
                self.marks.push(Mark { end, style, source });
                at = until;
            }
            start = mark.end;
        }
    }

    fn split_mark(&mut self, at: usize) {
        let index = self.marks.partition_point(|mark| mark.end <= at);
        let start = index
            .checked_sub(1)
            .and_then(|i| self.marks.get(i))
            .map_or(0, |mark| mark.end);
        let Some(mark) = self.marks.get_mut(index) else {
            return;
        };
        if start >= at {
            return;
        }
        let left = Mark {
            end: at,
            style: mark.style,
            source: mark.place(start, start..at),
        };
        mark.source = mark.place(start, at..mark.end);
        self.marks.insert(index, left);
    }

    /// Takes out the text before `at`, leaving the rest.
    pub(super) fn drop_front(&mut self, at: usize) {
        self.split_mark(at);
        self.text = self.text.get(at..).unwrap_or_default().to_owned();
        self.marks.retain(|mark| mark.end > at);
        for mark in &mut self.marks {
            mark.end -= at;
        }
    }

    /// Adds all of `other`.
    pub(super) fn append(&mut self, other: &Self) {
        let base = self.text.len();
        self.text.push_str(&other.text);
        self.marks.extend(other.marks.iter().map(|mark| Mark {
            end: mark.end + base,
            ..mark.clone()
        }));
    }

    /// The widest of its lines, in columns.
    pub(super) fn width(&self) -> usize {
        self.text.split('\n').map(text_width).max().unwrap_or(0)
    }

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
        let mut spans: Vec<Span> = Vec::new();
        let mut source: Option<Range<usize>> = None;
        for cell in shown {
            while self
                .marks
                .get(*mark)
                .is_some_and(|mark| mark.end <= cell.at)
            {
                *mark += 1;
            }
            let Some(found) = self.marks.get(*mark) else {
                break;
            };
            let begin = mark
                .checked_sub(1)
                .and_then(|i| self.marks.get(i))
                .map_or(0, |m| m.end);
            let text = self
                .text
                .get(cell.at..cell.at + cell.len)
                .unwrap_or_default();
            let text = if cell.width > width { STAND_IN } else { text };
            let place = found.place(begin, cell.at..cell.at + cell.len);
            match &mut source {
                Some(range) => range.end = range.end.max(place.end),
                None => source = Some(place),
            }
            match spans.last_mut() {
                Some(span) if span.style == found.style => span.text.push_str(text),
                _ => spans.push(Span {
                    text: text.to_owned(),
                    style: found.style,
                }),
            }
        }
        for span in &mut spans {
            span.text.shrink_to_fit();
        }
        Line {
            spans,
            source: source.unwrap_or_else(|| self.place(start)),
            wrapped: matches!(end, End::Wrap(_)),
            start,
        }
    }

    /// The empty range of the source at `at`.
    fn place(&self, at: usize) -> Range<usize> {
        let index = self.marks.partition_point(|mark| mark.end <= at);
        let place = match self.marks.get(index) {
            Some(mark) => mark.source.start,
            None => self.marks.last().map_or(0, |mark| mark.source.end),
        };
        place..place
    }
}

impl Mark {
    /// Maps `range` of the flow to the source. Text that was changed on its way (an entity, an
    /// escape) belongs to all of its source.
    fn place(&self, start: usize, range: Range<usize>) -> Range<usize> {
        if self.end - start == self.source.len() {
            let from = self.source.start + (range.start - start);
            from..from + range.len()
        } else {
            self.source.clone()
        }
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

/// A span in the style of `role` alone.
pub(super) fn span(text: impl Into<String>, role: Role) -> Span {
    Span {
        text: text.into(),
        style: Style::of(role),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, width: usize) -> Vec<String> {
        let mut flow = Flow::default();
        flow.push(text, Style::default(), 0..text.len());
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
        flow.push("你好 world", Style::default(), 10..22);
        let lines = flow.wrap(5, 5, Breaking::Words);
        let places: Vec<_> = lines
            .iter()
            .map(|line| (line.source.clone(), line.wrapped))
            .collect();
        assert_eq!(places, [(10..16, true), (17..22, false)]);
    }
}
