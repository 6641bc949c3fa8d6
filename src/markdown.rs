//! Markdown and plain text as rows: `&str` and a width in, styled lines out.
//!
//! Owns [`Document`], the text of one answer, thought or prompt as it is read on screen, and
//! [`text_width`], the program's one measure of columns. It emits [`Role`]s and knows neither
//! themes nor terminals. Nothing is ever fetched.
//!
//! Invariants, each held by a test:
//! - No row is wider than the width asked for, at any width.
//! - Rows depend on the text alone, never on how it was cut on its way here.
//! - Rows once settled do not change while the text grows, and each byte is parsed a bounded
//!   number of times, however long one block gets: `blocks` cuts the text at places that
//!   depend on nothing behind them.
//! - A span holds nothing that could act on a terminal ([`crate::chat::safe`]).

mod blocks;
mod code;
mod flow;
mod line;
mod link;
mod listing;
mod live;
mod math;
mod mend;
mod paint;
mod slice;
mod span;
mod table;
mod width;
mod wrap;

use std::ops::Range;
use std::rc::Rc;

use blocks::{Cut, Join, Open, Scanner};
pub use link::Link;
pub use listing::{CodeColours, CodeRequest, Coloured, Fingerprint};
use listing::{Colours, Listing};
use live::Live;
use paint::{Carry, Painted};
use slice::Slice;
pub use width::text_width;

/// How a text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Markdown: answers and reasoning.
    Markdown,
    /// As it was typed: line breaks are kept and nothing is markup. Prompts.
    Plain,
}

/// A text being read: settled blocks, wrapped once per width, and the live tail.
#[derive(Debug)]
pub struct Document {
    kind: Kind,
    epoch: u32,
    width: usize,
    seen: usize,
    done: bool,
    scanner: Scanner,
    rows: Vec<Row>,
    code: Vec<Listing>,
    colours: Colours,
    settled: Settled,
    live: Option<Live>,
    #[cfg(test)]
    parsed_bytes: usize,
}

/// What of a document's rows will not change any more, and how the rest goes on from there.
#[derive(Debug, Clone, Default)]
struct Settled {
    rows: usize,
    code_blocks: usize,
    /// Bytes of the last code block that are settled, when it is still open.
    open_code_bytes: Option<usize>,
    /// A blank row is due before the next row.
    gap: bool,
    carry: Carry,
}

/// One row of a [`Document`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What is shown, from left to right.
    pub spans: Box<[Span]>,
    /// The bytes of the text that it shows; empty for rows that are only decoration.
    pub source: Range<usize>,
    /// It continues on the next row without a line break in the source.
    pub wrapped: bool,
    heading: bool,
}

/// A piece of a row in one style. Its text is safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What is shown.
    pub text: String,
    /// How it is shown.
    pub style: Style,
    /// The bytes of the text that it shows, within those of its row; empty for decoration, at the
    /// place where it stands. [`Span::source_of`] tells of its parts.
    pub source: Range<usize>,
    /// Where it leads.
    pub link: Option<Rc<Link>>,
    /// Shown byte for byte, but for a line break or a tab that is shown as a space.
    exact: bool,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each says one thing of how text looks"
)]
/// How a [`Span`] is shown; which colours that means is the theme's affair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// What the text is.
    pub role: Role,
    /// In bold.
    pub bold: bool,
    /// In italics.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Struck through.
    pub strike: bool,
}

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// Running text.
    #[default]
    Text,
    /// A heading of this level, 1 to 6.
    Heading(u8),
    /// Code within a line.
    Code,
    /// Code in a block of its own.
    CodeBlock,
    /// The language of a code block.
    CodeLabel,
    /// Quoted text and its bar.
    Quote,
    /// A bullet, a number, a task's box.
    Marker,
    /// A thematic break, the bar beside code.
    Rule,
    /// The text of a link.
    Link,
    /// Where a link leads.
    LinkTarget,
    /// The frame of a table.
    TableBorder,
    /// A column's title.
    TableHeader,
    /// A formula.
    Math,
    /// Text that matters less.
    Dim,
    /// In code: a keyword.
    Keyword,
    /// In code: a string.
    String,
    /// In code: a number or another constant.
    Number,
    /// In code: a comment.
    Comment,
    /// In code: the name of a function.
    Function,
    /// In code: the name of a type.
    Type,
}

/// A block of code, for copying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeBlock {
    /// The language it says it is in; may be empty.
    pub language: String,
    /// The code as it came: with its tabs, without the indentation of what surrounds it.
    pub text: String,
    /// Its first line that is not blank, safe to show.
    pub first_line: String,
}

impl Style {
    /// Makes the plain style of `role`.
    pub fn of(role: Role) -> Self {
        Self {
            role,
            ..Self::default()
        }
    }
}

impl Document {
    /// Makes an empty document.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            epoch: 0,
            width: 0,
            seen: 0,
            done: false,
            scanner: Scanner::new(kind),
            rows: Vec::new(),
            code: Vec::new(),
            colours: Colours::new(),
            settled: Settled::default(),
            live: None,
            #[cfg(test)]
            parsed_bytes: 0,
        }
    }

    /// Brings the rows up to `text` at `width` columns. Cheap when `text` only grew (in the same
    /// `epoch`) and the width is the same. `done` says that no more will come.
    pub fn sync(&mut self, text: &str, epoch: u32, width: u16, done: bool) {
        let width = usize::from(width);
        let grew = self.epoch == epoch
            && self.width == width
            && text.len() >= self.seen
            && text.is_char_boundary(self.seen);
        if grew && text.len() == self.seen && done == self.done {
            return;
        }
        if !grew || self.done {
            // What is known of the colours holds at any width.
            let known = std::mem::take(&mut self.colours);
            let same_text = self.epoch == epoch;
            *self = Self {
                colours: if same_text { known } else { Colours::new() },
                epoch,
                width,
                ..Self::new(self.kind)
            };
        }
        self.seen = text.len();
        self.done = done;
        if !done && self.grow(text) {
            return;
        }
        self.forget_tail();
        while let Some(cut) = self.scanner.next(text, done) {
            self.settle(text, &cut);
        }
        self.show_tail(text, done);
        if width == 0 {
            // Nothing fits; code can still be copied.
            self.rows.clear();
            self.settled.rows = 0;
        }
    }

    /// Counts the rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Tells whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Finds a row by its number, counted from 0.
    pub fn row(&self, index: usize) -> Option<&Row> {
        self.rows.get(index)
    }

    /// Lists the rows at which a heading begins.
    pub fn headings(&self) -> impl Iterator<Item = usize> {
        self.rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.heading)
            .map(|(index, _)| index)
    }

    /// Lists the blocks of code in their order.
    pub fn code_blocks(&self) -> Vec<CodeBlock> {
        let listings = self.code.iter();
        let blocks = listings.map(|listing| listing.block.with_first_line());
        blocks.collect()
    }

    /// Finds the first row whose source ends after the byte at `offset`; the last row when there
    /// is none.
    pub fn row_at(&self, offset: usize) -> usize {
        let found = self.rows.partition_point(|row| row.source.end <= offset);
        found.min(self.rows.len().saturating_sub(1))
    }

    /// Shows more words of the last row; false when there is more to it than that.
    fn grow(&mut self, text: &str) -> bool {
        let Some(mut live) = self.live.take() else {
            return false;
        };
        if !self.scanner.is_idle(text) {
            return false;
        }
        let Some(rows) = self.rows.last().and_then(|row| live.grow(text, row)) else {
            return false;
        };
        self.rows.pop();
        self.rows.extend(rows);
        self.live = Some(live);
        true
    }

    fn forget_tail(&mut self) {
        self.rows.truncate(self.settled.rows);
        self.code.truncate(self.settled.code_blocks);
        if let (Some(open), Some(bytes)) = (self.code.last_mut(), self.settled.open_code_bytes) {
            open.truncate(bytes);
        }
    }

    fn settle(&mut self, text: &str, cut: &Cut) {
        let mut next = std::mem::take(&mut self.settled);
        let slice = Slice::settled(text, cut);
        self.paint(text, &slice, &mut next);
        next.rows = self.rows.len();
        next.code_blocks = self.code.len();
        next.open_code_bytes = match (&cut.open, self.code.last()) {
            (Open::Code, Some(open)) => Some(open.block.text.len()),
            _ => None,
        };
        self.settled = next;
    }

    fn show_tail(&mut self, text: &str, done: bool) {
        let cut = self.scanner.tail(text);
        let mended;
        let slice = if done || self.kind == Kind::Plain {
            Slice::settled(text, &cut)
        } else {
            let live = text.get(cut.range.clone()).unwrap_or_default();
            mended = mend::mend(live, &cut.join, self.scanner.in_table());
            Slice::live(text, &cut, &mended)
        };
        let mut settled = self.settled.clone();
        let live = self.paint(text, &slice, &mut settled);
        self.live = live.filter(|live| !done && self.width > 0 && live.reaches(text));
    }

    fn paint(&mut self, text: &str, slice: &Slice<'_>, settled: &mut Settled) -> Option<Live> {
        #[cfg(test)]
        {
            self.parsed_bytes += slice.parse_bytes();
        }
        if slice.wants_gap(text) {
            settled.gap = true;
        }
        let Painted {
            rows,
            code,
            carry,
            live,
        } = paint::paint(slice, self.width.max(1), std::mem::take(&mut settled.carry));
        settled.carry = carry;
        if let Some(first) = rows.first() {
            if settled.gap && !self.rows.is_empty() {
                let at = self
                    .rows
                    .last()
                    .map_or(first.source.start, |row| row.source.end);
                self.rows.push(Row::blank(at));
            }
            settled.gap = false;
        }
        let base = self.rows.len();
        self.rows.extend(rows);
        for listing in code {
            match (&slice.join, self.code.last_mut()) {
                (Join::Code { .. }, Some(open)) => {
                    open.push(&listing.block.text, base..self.rows.len());
                }
                _ => self.code.push(listing.moved(base)),
            }
            self.colour_block(self.code.len().saturating_sub(1));
        }
        live
    }
}

impl Row {
    fn blank(at: usize) -> Self {
        Self {
            spans: Box::default(),
            source: at..at,
            wrapped: false,
            heading: false,
        }
    }
}

impl CodeBlock {
    fn with_first_line(&self) -> Self {
        let first = self
            .text
            .lines()
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default();
        Self {
            first_line: crate::chat::safe::one_line(first.trim()),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests;
