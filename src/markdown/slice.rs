//! A piece of the text, made ready to be read alone.
//!
//! Owns the mapping between what is parsed (the piece, what stands before it so that it is read as
//! what it is, what closes it) and the whole text. Only the piece itself is ever shown.

use std::ops::Range;

use super::blocks::{Cut, Join, Open};
use super::mend::Mended;

/// What is put before the rest of a paragraph so that it begins nothing else.
const LEAD: &str = "a ";

/// A piece of the text, with what makes it whole.
#[derive(Debug)]
pub(super) struct Slice<'a> {
    /// What is parsed.
    pub(super) text: String,
    /// The part of `text` that is shown.
    pub(super) body: Range<usize>,
    /// Where the shown part begins in the whole text.
    pub(super) base: usize,
    /// The character of the whole text before it.
    pub(super) before: Option<char>,
    pub(super) join: &'a Join,
    pub(super) open: Open,
}

impl<'a> Slice<'a> {
    /// Takes a piece as it is.
    pub(super) fn settled(text: &str, cut: &'a Cut) -> Self {
        let body = text.get(cut.range.clone()).unwrap_or_default();
        Self::new(text, cut, body, body.len())
    }

    /// Takes the live end of the text.
    pub(super) fn live(text: &str, cut: &'a Cut, mended: &Mended) -> Self {
        Self::new(text, cut, &mended.text, mended.end)
    }

    fn new(whole: &str, cut: &'a Cut, shown: &str, end: usize) -> Self {
        let prefix = match &cut.join {
            Join::Paragraph => LEAD,
            Join::Table { header } => header,
            Join::Nested { ancestors } => ancestors,
            _ => "",
        };
        Self {
            text: [prefix, shown].concat(),
            body: prefix.len()..prefix.len() + end,
            base: cut.range.start,
            before: whole
                .get(..cut.range.start)
                .and_then(|text| text.chars().next_back()),
            join: &cut.join,
            open: cut.open,
        }
    }

    /// The part that is shown.
    pub(super) fn shown(&self) -> &str {
        self.text.get(self.body.clone()).unwrap_or_default()
    }

    #[cfg(test)]
    pub(super) fn parse_bytes(&self) -> usize {
        self.text.len()
    }

    /// Tells whether a blank row is due before the piece.
    pub(super) fn wants_gap(&self, whole: &str) -> bool {
        match self.join {
            Join::Block | Join::Fence { .. } => true,
            Join::Item(_) | Join::Nested { .. } => blank_line_before(whole, self.base),
            Join::Paragraph
            | Join::Table { .. }
            | Join::Flow
            | Join::Code { .. }
            | Join::FenceEnd
            | Join::Plain { .. } => false,
        }
    }
}

/// Tells whether the line before the one at `at` is blank, quote marks aside.
pub(super) fn blank_line_before(text: &str, at: usize) -> bool {
    let before = text
        .get(..at)
        .unwrap_or_default()
        .trim_end_matches([' ', '\t', '>']);
    let Some(before) = before.strip_suffix('\n') else {
        return false;
    };
    before
        .trim_end_matches([' ', '\t', '>', '\r'])
        .ends_with('\n')
}
