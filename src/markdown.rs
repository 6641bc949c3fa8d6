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
mod breaks;
mod code;
mod document;
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
mod stretch;
mod table;
mod width;
mod wrap;

use std::ops::Range;
use std::rc::Rc;

pub use document::Document;
pub use link::Link;
pub use listing::{CodeColours, CodeRequest, Coloured, Fingerprint};
pub use width::{is_cjk, text_width};

/// How a text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Markdown: answers and reasoning.
    Markdown,
    /// As it was typed: line breaks are kept and nothing is markup. Prompts.
    Plain,
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
