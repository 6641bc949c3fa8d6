//! Two versions of an answer against each other: side by side where there is room, else one under
//! the other. Signs and weight tell the change where there are no colours.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::sheet::wrapped;
use super::theme::Theme;
use super::{overlay, paint};
use crate::app::{Diff, Line, Pair, Spot};
use crate::markdown::{self, Role};
use crate::phrase::tr;

/// From this width of the window on, versions stand side by side.
const SIDE_BY_SIDE_COLS: u16 = 100;
/// Columns of the sign before a line, and a space.
const SIGN_COLS: u16 = 2;

/// How a side of a change looks.
#[derive(Clone, Copy)]
struct Side {
    sign: &'static str,
    style: Style,
}

/// One row of one side.
struct Row<'a> {
    text: &'a str,
    range: Range<usize>,
    changed: &'a [Range<usize>],
    /// `None` where nothing changed.
    side: Option<Side>,
    is_first: bool,
}

/// Draws the comparison. Returns the row on top.
pub(super) fn draw(diff: &Diff, theme: Theme, window: Rect, buf: &mut Buffer) -> Spot {
    let changes = match diff.changes.len() {
        0 if diff.pairs.is_empty() => tr!("no answers").to_owned(),
        0 => tr!("the same text").to_owned(),
        1 => tr!("1 change").to_owned(),
        count => tr!("{count} changes", count),
    };
    let title = tr!(
        " {changes} · n p next, previous · ← → other version · Esc closes ",
        changes
    );
    let inner = overlay::opened(&title, window, (u16::MAX, u16::MAX), theme, buf);
    let old = Side {
        sign: "-",
        style: theme.error(),
    };
    let new = Side {
        sign: "+",
        style: theme.text(markdown::Style {
            role: Role::String,
            ..markdown::Style::default()
        }),
    };
    if window.width >= SIDE_BY_SIDE_COLS {
        side_by_side(diff, (old, new), theme, inner, buf)
    } else {
        unified(diff, (old, new), theme, inner, buf)
    }
}

fn side_by_side(
    diff: &Diff,
    (old, new): (Side, Side),
    theme: Theme,
    inner: Rect,
    buf: &mut Buffer,
) -> Spot {
    let half = inner.width.saturating_sub(3) / 2;
    let left = Rect {
        width: half,
        ..inner
    };
    let right = Rect {
        x: inner.right().saturating_sub(half),
        ..left
    };
    let head = |area: Rect, title: &str, side: Side, buf: &mut Buffer| {
        let text = paint::cut(title, usize::from(area.width));
        paint::left(&[(&text, side.style)], Rect { height: 1, ..area }, buf);
    };
    head(left, &diff.titles.0, old, buf);
    head(right, &diff.titles.1, new, buf);
    let width = usize::from(half.saturating_sub(SIGN_COLS)).max(1);
    let columns = |at: usize| match diff.pairs.get(at) {
        Some(Pair::Same(text)) => (same(text, width), same(text, width)),
        Some(Pair::Changed(a, b)) => (
            changed(a.as_ref(), old, width),
            changed(b.as_ref(), new, width),
        ),
        None => (Vec::new(), Vec::new()),
    };
    let rows_of = |at: usize| {
        let (left, right) = columns(at);
        left.len().max(right.len())
    };
    let body = below_head(inner);
    let top = diff
        .reader
        .resolve(diff.pairs.len(), usize::from(body.height), rows_of);
    for y in body.y..body.bottom() {
        let x = left.right() + 1;
        buf.set_string(x, y, "│", theme.border());
    }
    let mut y = body.y;
    let mut skip = top.row;
    for at in top.line..diff.pairs.len() {
        let (a, b) = columns(at);
        let rows = a.len().max(b.len());
        for row in std::mem::take(&mut skip)..rows {
            if y >= body.bottom() {
                return top;
            }
            for (rows, area) in [(&a, left), (&b, right)] {
                if let Some(row) = rows.get(row) {
                    paint_row(
                        row,
                        Rect {
                            y,
                            height: 1,
                            ..area
                        },
                        buf,
                    );
                }
            }
            y += 1;
        }
    }
    top
}

fn unified(
    diff: &Diff,
    (old, new): (Side, Side),
    theme: Theme,
    inner: Rect,
    buf: &mut Buffer,
) -> Spot {
    let line = Rect { height: 1, ..inner };
    let title = |side: Side, title: &str| format!("{} {title}", side.sign);
    let width = usize::from(inner.width);
    let (first, second) = (title(old, &diff.titles.0), title(new, &diff.titles.1));
    paint::left(&[(&paint::cut(&first, width), old.style)], line, buf);
    let line = Rect {
        y: (line.y + 1).min(inner.bottom().saturating_sub(1)),
        ..line
    };
    paint::left(&[(&paint::cut(&second, width), new.style)], line, buf);
    let width = width.saturating_sub(usize::from(SIGN_COLS)).max(1);
    let rows = |at: usize| match diff.pairs.get(at) {
        Some(Pair::Same(text)) => same(text, width),
        Some(Pair::Changed(a, b)) => {
            let mut rows = changed(a.as_ref(), old, width);
            rows.extend(changed(b.as_ref(), new, width));
            rows
        }
        None => Vec::new(),
    };
    let body = below_head(below_head(inner));
    let height = usize::from(body.height);
    let top = diff
        .reader
        .resolve(diff.pairs.len(), height, |at| rows(at).len());
    let mut y = body.y;
    let mut skip = top.row;
    for at in top.line..diff.pairs.len() {
        for row in rows(at).iter().skip(std::mem::take(&mut skip)) {
            if y >= body.bottom() {
                return top;
            }
            paint_row(
                row,
                Rect {
                    y,
                    height: 1,
                    ..body
                },
                buf,
            );
            y += 1;
        }
    }
    if diff.pairs.is_empty() {
        let said = tr!("Neither version has an answer: each ended before it began.");
        for (y, row) in (body.y..body.bottom()).zip(paint::folded(said, usize::from(body.width))) {
            let line = Rect {
                y,
                height: 1,
                ..body
            };
            paint::left(&[(&row, theme.dim())], line, buf);
        }
    }
    top
}

/// What is left below a line of title.
fn below_head(area: Rect) -> Rect {
    let height = area.height.saturating_sub(1);
    Rect {
        y: area.bottom() - height,
        height,
        ..area
    }
}

fn same(text: &str, width: usize) -> Vec<Row<'_>> {
    rows(text, &[], None, width)
}

fn changed(line: Option<&Line>, side: Side, width: usize) -> Vec<Row<'_>> {
    line.map_or_else(Vec::new, |line| {
        rows(&line.text, &line.changed, Some(side), width)
    })
}

fn rows<'a>(
    text: &'a str,
    changed: &'a [Range<usize>],
    side: Option<Side>,
    width: usize,
) -> Vec<Row<'a>> {
    let ranges = wrapped(text, width).into_iter().enumerate();
    ranges
        .map(|(at, range)| Row {
            text,
            range,
            changed,
            side,
            is_first: at == 0,
        })
        .collect()
}

fn paint_row(row: &Row<'_>, area: Rect, buf: &mut Buffer) {
    if let Some(side) = row.side.filter(|_| row.is_first) {
        paint::left(&[(side.sign, side.style)], area, buf);
    }
    let area = Rect {
        x: area.x + SIGN_COLS.min(area.width),
        width: area.width.saturating_sub(SIGN_COLS),
        ..area
    };
    let mark = row.side.map_or(Style::new(), |side| {
        side.style
            .add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    });
    let mut pieces: Vec<(&str, Style)> = Vec::new();
    let mut at = row.range.start;
    for change in row.changed {
        let start = change.start.max(row.range.start);
        let end = change.end.min(row.range.end);
        if start < end {
            pieces.push((row.text.get(at..start).unwrap_or_default(), Style::new()));
            pieces.push((row.text.get(start..end).unwrap_or_default(), mark));
            at = end;
        }
    }
    let rest = row.text.get(at..row.range.end).unwrap_or_default();
    pieces.push((rest, Style::new()));
    paint::left(&pieces, area, buf);
}
