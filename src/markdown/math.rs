//! LaTeX math as Unicode text: on one line, or in rows as on paper.
//!
//! Owns formulas alone: what a formula is within a text is for [`paint`](super::paint) to say.
//! Pure. Its parts: `parse` (into a `tree`), `symbols` (the tables), `flat` (one line), `stack` (rows).
//!
//! Invariants, each held by a test:
//! - A formula is shown whole or not at all: `None` for one that holds anything unknown, that is
//!   longer than [`MAX_BYTES`] or nested too deep. It is then to be shown as it was typed.
//! - All rows of a formula are of the same width.
//! - The work is bounded by the length of the formula.

mod flat;
mod parse;
mod stack;
mod symbols;
mod tree;

use crate::chat::safe;

/// A formula longer than this is not read.
const MAX_BYTES: usize = 4 * 1024;

/// Writes a formula, given without its delimiters, on one line.
pub(super) fn inline(source: &str) -> Option<String> {
    Some(lines(source)?.join("; "))
}

/// Writes each line of a formula on a line of its own: what is left to do with a derivation that
/// is too wide to be drawn.
pub(super) fn lines(source: &str) -> Option<Vec<String>> {
    let lines = flat::lines(&read(source)?);
    let shows = lines.iter().any(|line| !line.is_empty());
    shows.then_some(lines)
}

/// Draws a formula in rows of the same width.
pub(super) fn display(source: &str) -> Option<Vec<String>> {
    let rows = stack::draw(&read(source)?)?;
    rows.iter()
        .any(|row| !row.trim().is_empty())
        .then_some(rows)
}

fn read(source: &str) -> Option<tree::Grid> {
    if source.len() > MAX_BYTES {
        return None;
    }
    parse::parse(&safe::visible(source))
}

#[cfg(test)]
mod tests;
