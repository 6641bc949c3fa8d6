//! Draws code: a label with the language, a bar at the left, long lines cut hard.
//!
//! Owns how code looks; the text that is copied is kept elsewhere, as it came. Syntax colours
//! arrive here later: as styles on the pieces of a line's [`Flow`].

use std::ops::Range;

use super::wrap::{Breaking, Flow, Line, span};
use super::{Role, Span, Style};

/// Columns under which the bar and the continuation sign are left out.
const MIN_BARRED: usize = 8;
const BAR: &str = "│ ";
/// The bar's beginning, beside the label.
const CORNER: &str = "╭ ";
const CONTINUED: &str = "↪ ";

/// Draws the row that names the language.
pub(super) fn label(language: &str, source: Range<usize>, width: usize) -> Option<Line> {
    let mut flow = Flow::default();
    flow.push(language, Style::of(Role::CodeLabel), source);
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
        line.spans.insert(0, span(CORNER, Role::Rule));
    }
    Some(line)
}

/// Makes one line of code ready to be drawn.
pub(super) fn line(text: &str, source: Range<usize>) -> Flow {
    let mut flow = Flow::default();
    flow.push_verbatim(text, Style::of(Role::CodeBlock), source);
    flow
}

/// Draws one line of code, or the rest of one whose rows so far are `continued`.
pub(super) fn rows(flow: &Flow, width: usize, continued: bool) -> Vec<Line> {
    let barred = width >= MIN_BARRED;
    let rest = if barred { width - 4 } else { width };
    let first = match (barred, continued) {
        (true, false) => width - 2,
        (true, true) => rest,
        (false, _) => width,
    };
    let mut lines = flow.wrap(first, rest, Breaking::Anywhere);
    if barred {
        for (index, line) in lines.iter_mut().enumerate() {
            let sign = (index > 0 || continued).then(|| span(CONTINUED, Role::Dim));
            line.spans = [Some(span(BAR, Role::Rule)), sign]
                .into_iter()
                .flatten()
                .chain(std::mem::take(&mut line.spans))
                .collect::<Vec<Span>>();
        }
    }
    lines
}
