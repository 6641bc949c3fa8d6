//! Draws code: a label with the language, a bar at the left, long lines cut
//! behind a word, with a sign at the rows that go on.
//!
//! Owns how code looks; the text that is copied is kept elsewhere, as it came. Rows are plain at
//! first; colours come later, and change nothing but the styles of the pieces.

use super::flow::{Flow, Origin};
use super::span::restyle;
use super::wrap::{Breaking, Line};
use super::{Coloured, Role, Row, Span, Style};

/// Columns under which the bar and the continuation sign are left out.
const MIN_BARRED: usize = 8;
const BAR: &str = "│ ";
/// The bar's beginning, beside the label.
const CORNER: &str = "╭ ";
const CONTINUED: &str = "↪ ";

/// Draws the row that names the language.
pub(super) fn label(language: &str, origin: Origin, width: usize) -> Option<Line> {
    let mut flow = Flow::default();
    flow.push(language, Style::of(Role::CodeLabel), origin);
    if flow.is_empty() {
        return None;
    }
    let barred = width >= MIN_BARRED;
    let room = if barred { width - 2 } else { width };
    let mut line = flow
        .wrap(room, room, Breaking::Anywhere)
        .into_iter()
        .next()?;
    line.wrapped = false;
    if barred {
        line.spans.insert(0, Span::decoration(CORNER, Role::Rule));
    }
    Some(line)
}

/// Makes one line of code ready to be drawn.
pub(super) fn line(text: &str, origin: &Origin) -> Flow {
    let mut flow = Flow::default();
    flow.push_verbatim(text, Style::of(Role::CodeBlock), origin);
    flow
}

/// Draws one line of code, or the rest of one whose rows so far are `continued`.
pub(super) fn rows(flow: &Flow, width: usize, continued: bool) -> Vec<Line> {
    let (first, rest) = columns(width, continued);
    let mut lines = flow.wrap(first, rest, Breaking::Code);
    if width >= MIN_BARRED {
        for (index, line) in lines.iter_mut().enumerate() {
            let sign = (index > 0 || continued).then(|| Span::decoration(CONTINUED, Role::Dim));
            line.spans = [Some(Span::decoration(BAR, Role::Rule)), sign]
                .into_iter()
                .flatten()
                .chain(std::mem::take(&mut line.spans))
                .collect::<Vec<Span>>();
        }
    }
    lines
}

/// Colours `rows`, which show the line of code `text`, by its pieces.
pub(super) fn colour(rows: &mut [Row], text: &str, pieces: &[Coloured], width: usize) {
    let mut flow = line(text, &Origin::exact(0..text.len()));
    flow.colour(pieces);
    let (first, rest) = columns(width, false);
    let lines = flow.wrap(first, rest, Breaking::Code);
    for (row, line) in rows.iter_mut().zip(lines) {
        let before = row.spans.iter().rposition(|s| !is_code(s.style.role));
        let (before, code) = row.spans.split_at(before.map_or(0, |at| at + 1));
        let bytes = |spans: &[Span]| -> Vec<u8> {
            let texts = spans.iter().map(|span| span.text.as_bytes());
            texts.flatten().copied().collect()
        };
        // Colours never change what is read, not even where the row was drawn from other bytes
        // than the block holds.
        if bytes(code) == bytes(&line.spans) {
            row.spans = [before, &restyle(code, &line.spans)].concat().into();
        }
    }
}

/// Columns for the code of a line's first row, and of the others.
fn columns(width: usize, continued: bool) -> (usize, usize) {
    let barred = width >= MIN_BARRED;
    let rest = if barred { width - 4 } else { width };
    let first = match (barred, continued) {
        (true, false) => width - 2,
        (true, true) => rest,
        (false, _) => width,
    };
    (first, rest)
}

/// Tells whether text in this role is the code of a block, not what stands before it.
fn is_code(role: Role) -> bool {
    match role {
        Role::CodeBlock
        | Role::Keyword
        | Role::String
        | Role::Number
        | Role::Comment
        | Role::Function
        | Role::Type => true,
        Role::Text
        | Role::Heading(_)
        | Role::Code
        | Role::CodeLabel
        | Role::Quote
        | Role::Marker
        | Role::Rule
        | Role::Link
        | Role::LinkTarget
        | Role::TableBorder
        | Role::TableHeader
        | Role::Math
        | Role::Dim => false,
    }
}
