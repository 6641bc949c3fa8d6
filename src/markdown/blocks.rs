//! Cuts a growing text into pieces that can be shown one by one, for good.
//!
//! Owns the decision where a piece ends. It reads each line once, in order, and decides by what
//! it has read alone, so the cuts are the same however the text arrived. A piece is one top-level
//! block, one item of a top-level list, one line of fenced code. A block that does not end is cut
//! all the same: a paragraph at the end of a sentence, a table after [`TABLE_ROWS`] rows, anything
//! else at a line; [`Join`] tells how the next piece goes on.
//!
//! It does not parse: a wrong guess here shows a block in two parts, never a wrong text.

use std::collections::VecDeque;
use std::ops::Range;

use super::Kind;
use super::line::{Fence, HtmlEnd, Line};
use super::mend;
use crate::chat::safe;

/// A line is judged by as many bytes; what is longer is read in pieces of this size.
const PIECE_BYTES: usize = 1024;
/// A paragraph longer than this is cut.
const PARAGRAPH_BYTES: usize = 4 * 1024;
/// Any other block longer than this is cut.
const BLOCK_BYTES: usize = 16 * 1024;
/// A row that goes on for longer is ended, so that a place in the text can be drawn without
/// drawing all that is above it.
const CHAIN_BYTES: usize = 32 * 1024;
/// A table's columns are settled after as many lines.
const TABLE_ROWS: usize = 64;

/// A piece of the text that will not change any more.
#[derive(Debug, Clone)]
pub(super) struct Cut {
    pub(super) range: Range<usize>,
    pub(super) join: Join,
    pub(super) open: Open,
}

/// How a piece joins what stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Join {
    /// A new block.
    Block,
    /// The next item of the same list, with its number.
    Item(Option<u64>),
    /// In the middle of a paragraph.
    Paragraph,
    /// More rows of a table with this header.
    Table { header: String },
    /// More of a list, in an item of these ancestors.
    Nested { ancestors: String },
    /// More of the same block.
    Flow,
    /// The line that opens a fence.
    Fence { language: String },
    /// A line of fenced code, or a part of one.
    Code { fence: Fence, head: bool },
    /// The line that closes a fence.
    FenceEnd,
    /// A line of plain text, or a part of one, and the blank lines before it.
    Plain { head: bool },
}

/// How a piece ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    Closed,
    /// Its last row goes on in the next piece.
    Row,
    /// More rows of the table follow.
    Table,
    /// More code follows.
    Code,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// After a block that is complete, or at the start.
    Between,
    Paragraph,
    Quote,
    Indented,
    Footnote,
    Html(HtmlEnd),
    List {
        sign: char,
        content: usize,
        number: Option<u64>,
    },
    Table {
        header: Range<usize>,
        rows: usize,
    },
    Fence(Fence),
    Plain,
}

/// Reads a text that grows, line by line.
#[derive(Debug, Clone)]
pub(super) struct Scanner {
    /// Where the piece being collected begins.
    start: usize,
    /// How far the text is read.
    read: usize,
    /// Where the row began that goes on in the piece being collected.
    chain: usize,
    mid_line: bool,
    /// The last line was blank.
    blank: bool,
    /// The line before, when it is not blank.
    previous: Range<usize>,
    state: State,
    join: Join,
    cuts: VecDeque<Cut>,
}

impl Scanner {
    pub(super) fn new(kind: Kind) -> Self {
        let (state, join) = match kind {
            Kind::Markdown => (State::Between, Join::Block),
            Kind::Plain => (State::Plain, Join::Plain { head: true }),
        };
        Self {
            start: 0,
            read: 0,
            chain: 0,
            mid_line: false,
            blank: false,
            previous: 0..0,
            state,
            join,
            cuts: VecDeque::new(),
        }
    }

    /// Reads on until a piece is complete; `None` when the text so far holds no more of them.
    pub(super) fn next(&mut self, text: &str, done: bool) -> Option<Cut> {
        loop {
            if let Some(cut) = self.cuts.pop_front() {
                return Some(cut);
            }
            let rest = text.get(self.read..)?;
            let head = rest.get(..floor(rest, PIECE_BYTES))?;
            let (len, ends_line) = match head.find('\n') {
                Some(at) => (at + 1, true),
                None if rest.len() > PIECE_BYTES => (head.len(), false),
                None if done && !rest.is_empty() => (rest.len(), true),
                None => return None,
            };
            let piece = self.read..self.read + len;
            let mid_line = std::mem::replace(&mut self.mid_line, !ends_line);
            self.read = piece.end;
            match self.state.clone() {
                State::Fence(fence) => self.code(text, piece, fence, mid_line),
                State::Plain => self.plain(text, piece, ends_line),
                _ if mid_line => self.limit(text, ends_line),
                state => {
                    self.line(text, &piece, state);
                    self.limit(text, ends_line);
                }
            }
        }
    }

    /// What is read but not settled, and the line being written.
    pub(super) fn tail(&self, text: &str) -> Cut {
        Cut {
            range: self.start..text.len(),
            join: self.join.clone(),
            open: Open::Closed,
        }
    }

    /// Tells whether there is nothing to read but the beginning of a line.
    pub(super) fn is_idle(&self, text: &str) -> bool {
        let rest = text.get(self.read..).unwrap_or_default();
        rest.len() <= PIECE_BYTES && !rest.contains('\n')
    }

    pub(super) fn in_table(&self) -> bool {
        matches!(self.state, State::Table { .. })
    }

    fn code(&mut self, text: &str, piece: Range<usize>, fence: Fence, mid_line: bool) {
        let line = Line::read(text.get(piece.clone()).unwrap_or_default());
        let end = piece.end;
        if !mid_line && line.closes(fence) {
            self.join = Join::FenceEnd;
            self.state = State::Between;
            self.cut(end, Open::Closed, Join::Block);
        } else {
            self.cut(
                end,
                Open::Code,
                Join::Code {
                    fence,
                    head: !self.mid_line,
                },
            );
        }
    }

    fn plain(&mut self, text: &str, piece: Range<usize>, ends_line: bool) {
        let shown = text.get(self.start..piece.end).unwrap_or_default();
        if !is_blank(shown) || shown.len() > BLOCK_BYTES {
            let open = if ends_line { Open::Closed } else { Open::Row };
            self.cut(piece.end, open, Join::Plain { head: ends_line });
        }
    }

    /// Reads the beginning of a line.
    fn line(&mut self, text: &str, piece: &Range<usize>, state: State) {
        let line = Line::read(text.get(piece.clone()).unwrap_or_default());
        let blank = std::mem::replace(&mut self.blank, line.is_blank());
        let previous = std::mem::replace(&mut self.previous, piece.clone());
        if let State::Html(end @ HtmlEnd::With(_)) = state {
            self.state = html_state(text.get(piece.clone()).unwrap_or_default(), end);
            return;
        }
        if line.is_blank() {
            self.state = match state {
                State::List { .. } | State::Indented | State::Footnote => state,
                _ => self.close_table(&state, piece.start),
            };
            return;
        }
        let goes_on = match &state {
            State::Between | State::Plain | State::Fence(_) => false,
            State::Paragraph => {
                if line.is_underline() {
                    self.state = State::Between;
                    return;
                }
                let before = Line::read(text.get(previous.clone()).unwrap_or_default());
                if line.is_delimiter_of(before) {
                    if previous.start > self.start {
                        // Right below a line of text the parser sees no table.
                        self.cut(previous.start, Open::Closed, Join::Block);
                    }
                    self.state = State::Table {
                        header: previous.start..piece.end,
                        rows: 0,
                    };
                    return;
                }
                !line.interrupts()
            }
            State::Quote => line.is_quote() || !line.interrupts(),
            State::Indented => line.indent > 3,
            State::Footnote => line.indent > 3 || (!blank && !line.interrupts()),
            State::Html(_) => true,
            State::List { content, .. } => {
                line.indent >= *content || (!blank && !line.interrupts() && line.marker().is_none())
            }
            State::Table { .. } => !line.interrupts(),
        };
        if goes_on {
            self.go_on(text, piece, line, state);
        } else {
            let join = next_join(&state, line);
            let item = matches!(join, Join::Item(_));
            self.cut(piece.start, Open::Closed, join);
            self.begin(text, piece, line, item.then_some(&state));
        }
    }

    /// Takes a line into the block it goes on with; a block that is too long is cut before it.
    fn go_on(&mut self, text: &str, piece: &Range<usize>, line: Line<'_>, state: State) {
        let long = piece.start - self.start >= BLOCK_BYTES;
        match state {
            State::Table { header, rows } => {
                self.state = State::Table {
                    header,
                    rows: rows + 1,
                };
            }
            State::List { .. } if long => {
                let before = text.get(self.start..piece.start).unwrap_or_default();
                let ancestors = ancestors(before, line, &self.join);
                self.cut(piece.start, Open::Closed, Join::Nested { ancestors });
            }
            State::Quote | State::Indented | State::Footnote | State::Html(_) if long => {
                self.cut(piece.start, Open::Closed, Join::Flow);
            }
            _ => {}
        }
    }

    /// Begins a block with this line. `list` is the list it is an item of.
    fn begin(&mut self, text: &str, piece: &Range<usize>, line: Line<'_>, list: Option<&State>) {
        let whole = text.get(piece.clone()).unwrap_or_default();
        self.state = if line.indent > 3 {
            State::Indented
        } else if let Some((fence, language)) = line.fence() {
            self.state = State::Fence(fence);
            self.join = Join::Fence {
                language: language.to_owned(),
            };
            let head = !self.mid_line;
            return self.cut(piece.end, Open::Code, Join::Code { fence, head });
        } else if line.is_heading() || line.is_rule() {
            State::Between
        } else if line.is_quote() {
            State::Quote
        } else if let Some(marker) = line.marker() {
            let number = match list {
                Some(State::List { number, .. }) => number.map(|n| n.saturating_add(1)),
                _ => marker.number,
            };
            State::List {
                sign: marker.sign,
                content: marker.content,
                number,
            }
        } else if line.is_footnote() {
            State::Footnote
        } else if let Some(end) = line.html() {
            html_state(whole, end)
        } else {
            State::Paragraph
        };
    }

    /// Ends a table that was cut before: its frame is still to be closed.
    fn close_table(&mut self, state: &State, at: usize) -> State {
        if matches!(state, State::Table { .. }) && matches!(self.join, Join::Table { .. }) {
            self.cut(at, Open::Closed, Join::Block);
        }
        State::Between
    }

    /// Cuts a block that has become too long, after the piece just read.
    fn limit(&mut self, text: &str, ends_line: bool) {
        let len = self.read - self.start;
        match &self.state {
            State::Paragraph if len >= PARAGRAPH_BYTES => {
                let chunk = text.get(self.start..self.read).unwrap_or_default();
                let at = self.start + mend::paragraph_end(chunk);
                self.cut(at, Open::Row, Join::Paragraph);
            }
            State::Table { header, rows } if ends_line => {
                let frozen = matches!(self.join, Join::Table { .. });
                if (frozen && *rows > 0) || *rows >= TABLE_ROWS || len >= BLOCK_BYTES {
                    let header = text
                        .get(header.clone())
                        .unwrap_or_default()
                        .trim_start()
                        .to_owned();
                    self.cut(self.read, Open::Table, Join::Table { header });
                }
            }
            State::Between if len >= BLOCK_BYTES => {
                self.cut(self.read, Open::Closed, Join::Block);
            }
            _ if !ends_line && len >= BLOCK_BYTES => {
                // One line without an end, in a list, a quote or worse: the rest of it is text.
                self.state = State::Paragraph;
                self.cut(self.read, Open::Closed, Join::Paragraph);
            }
            _ => {}
        }
    }

    fn cut(&mut self, at: usize, mut open: Open, next: Join) {
        let goes_on = open == Open::Row || (open == Open::Code && self.mid_line);
        if goes_on && at - self.chain >= CHAIN_BYTES {
            open = Open::Closed;
        }
        if !goes_on || open == Open::Closed {
            self.chain = at;
        }
        let join = std::mem::replace(&mut self.join, next);
        if at > self.start || matches!(join, Join::Table { .. }) {
            self.cuts.push_back(Cut {
                range: self.start..at,
                join,
                open,
            });
        }
        self.start = at;
    }
}

/// A line of fenced code, or a part of one, without the indentation of the fence.
pub(super) fn code_of(piece: &str, fence: Fence, head: bool) -> &str {
    let spaces = piece.len() - piece.trim_start_matches(' ').len();
    let cut = if head { spaces.min(fence.indent) } else { 0 };
    piece.get(cut..).unwrap_or_default()
}

/// Tells whether nothing of `text` can be seen.
pub(super) fn is_blank(text: &str) -> bool {
    text.trim().is_empty() || safe::visible(text).trim().is_empty()
}

/// Finds the last place at or before `at` where `text` may be cut.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0)
}

fn html_state(line: &str, end: HtmlEnd) -> State {
    match end {
        HtmlEnd::With(text) if line.to_ascii_lowercase().contains(text) => State::Between,
        HtmlEnd::With(_) | HtmlEnd::Blank => State::Html(end),
    }
}

/// How the block that `line` begins joins the one in `state`: as one more item of its list, or not.
fn next_join(state: &State, line: Line<'_>) -> Join {
    match (state, line.marker()) {
        (State::List { sign, number, .. }, Some(marker))
            if marker.sign == *sign && marker.number.is_some() == number.is_some() =>
        {
            Join::Item(number.map(|number| number.saturating_add(1)))
        }
        (State::Footnote, _) if line.is_footnote() => Join::Item(None),
        _ => Join::Block,
    }
}

/// Writes down the items that `line` is within, so that what follows can be read without them.
fn ancestors(before: &str, line: Line<'_>, join: &Join) -> String {
    let known = match join {
        Join::Nested { ancestors } => ancestors.as_str(),
        _ => "",
    };
    let mut limit = line.indent;
    let mut found: Vec<String> = Vec::new();
    for earlier in known.lines().chain(before.lines()).rev() {
        let earlier = Line::read(earlier);
        if earlier.indent >= limit && limit > 0 {
            continue;
        }
        let Some(marker) = earlier.marker_at_any_depth() else {
            continue;
        };
        if marker.content <= limit {
            let number = marker
                .number
                .map(|number| number.to_string())
                .unwrap_or_default();
            let (indent, sign) = (" ".repeat(earlier.indent), marker.sign);
            let lead = format!("{indent}{number}{sign}");
            let fill = " ".repeat(marker.content.saturating_sub(lead.len()).max(1));
            found.push(format!("{lead}{fill}x\n"));
            limit = earlier.indent;
        }
        if limit == 0 || found.len() > 12 {
            break;
        }
    }
    found.reverse();
    if line.marker_at_any_depth().is_none() {
        found.push("\n".to_owned());
    }
    found.concat()
}
