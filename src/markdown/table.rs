//! Draws tables: boxes when the columns fit, records of `header: value` when they cannot.
//!
//! Owns column widths. Knows nothing of Markdown: it is handed cells as [`Flow`]s.
//!
//! Invariant: every row is as wide as the frame, and never wider than it may be.

use std::ops::Range;

use pulldown_cmark::Alignment;

use super::breaks::is_free;
use super::flow::{Flow, Origin};
use super::width::text_width;
use super::wrap::{Breaking, Line};
use super::{Role, Span, Style};

/// Columns under which a cell is no longer worth a box.
const MIN_COLUMN: usize = 3;
/// Words longer than this (addresses, hashes) may be cut in a box; shorter ones are kept whole.
const WHOLE_WORD: usize = 14;

/// A table as it was read.
#[derive(Debug, Default)]
pub(super) struct Grid {
    pub(super) aligns: Vec<Alignment>,
    pub(super) header: Vec<Flow>,
    pub(super) header_source: Range<usize>,
    pub(super) rows: Vec<(Vec<Flow>, Range<usize>)>,
}

/// What the first rows of a long table decided for the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frozen {
    /// Columns of each column's text; `None` for records.
    widths: Option<Vec<usize>>,
    /// A line is drawn between rows, because some cells take several.
    ruled: bool,
}

/// Where in a long table the rows stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) top: bool,
    pub(super) bottom: bool,
}

/// A drawn row and the part of the source that it shows.
pub(super) type Drawn = (Vec<Span>, Range<usize>);

/// Draws `grid` at `width` columns; what it decided for the rows to come is returned with it.
pub(super) fn draw(
    grid: &Grid,
    width: usize,
    frozen: Option<Frozen>,
    ends: Ends,
) -> (Vec<Drawn>, Frozen) {
    let frozen = frozen.unwrap_or_else(|| decide(grid, width));
    let drawn = match &frozen.widths {
        Some(widths) => boxed(grid, widths, frozen.ruled, ends),
        None => records(grid, width, ends),
    };
    (drawn, frozen)
}

fn decide(grid: &Grid, width: usize) -> Frozen {
    let count = grid.aligns.len().max(1);
    let room = width.saturating_sub(3 * count + 1);
    if room < MIN_COLUMN * count {
        return Frozen {
            widths: None,
            ruled: false,
        };
    }
    let cells = || std::iter::once(&grid.header).chain(grid.rows.iter().map(|(cells, _)| cells));
    let widest = |measure: fn(&Flow) -> usize| -> Vec<usize> {
        (0..count)
            .map(|column| cells().filter_map(|row| row.get(column)).map(measure).max())
            .map(|width| width.unwrap_or(0).max(1))
            .collect()
    };
    let natural = widest(Flow::width);
    let words = widest(|cell| longest_word(cell.text()).min(WHOLE_WORD));
    let Some(widths) = keep_words(fit(&natural, room), &words) else {
        return Frozen {
            widths: None,
            ruled: false,
        };
    };
    let ruled = cells().any(|row| {
        row.iter()
            .zip(&widths)
            .any(|(cell, &width)| cell.width() > width || cell.text().contains('\n'))
    });
    Frozen {
        widths: Some(widths),
        ruled,
    }
}

/// Takes columns from the widest until all of them fit into `room`.
fn fit(natural: &[usize], room: usize) -> Vec<usize> {
    let mut rank: Vec<usize> = natural.to_vec();
    rank.sort_unstable();
    let (mut left, mut sharers) = (room, rank.len());
    for &width in &rank {
        if sharers == 0 || width > left / sharers {
            break;
        }
        left -= width;
        sharers -= 1;
    }
    let Some(cap) = left.checked_div(sharers) else {
        return natural.to_vec();
    };
    let mut spare = left - cap * sharers;
    natural
        .iter()
        .map(|&width| {
            if width <= cap {
                width
            } else if spare > 0 {
                spare -= 1;
                cap + 1
            } else {
                cap
            }
        })
        .collect()
}

/// Columns of the longest run of text that has no place to break.
fn longest_word(text: &str) -> usize {
    let mut longest = 0;
    for word in text.split_whitespace() {
        // Text of wide characters breaks between any two of them.
        let narrow = word.split(is_free);
        longest = narrow.map(text_width).fold(longest, usize::max);
    }
    longest
}

/// Widens columns that would cut a word, at the cost of those with room to spare. `None` when
/// there is not enough of it.
fn keep_words(mut widths: Vec<usize>, words: &[usize]) -> Option<Vec<usize>> {
    let missing = |widths: &[usize]| -> usize {
        let each = widths.iter().zip(words);
        each.map(|(width, word)| word.saturating_sub(*width)).sum()
    };
    for _ in 0..missing(&widths) {
        let needy = widths
            .iter()
            .zip(words)
            .position(|(width, word)| word > width)?;
        let spare = |(at, width): (usize, &usize)| {
            let spare = width.saturating_sub(*words.get(at)?);
            (spare > 0).then_some((spare, at))
        };
        let (_, rich) = widths.iter().enumerate().filter_map(spare).max()?;
        *widths.get_mut(rich)? -= 1;
        *widths.get_mut(needy)? += 1;
    }
    Some(widths)
}

fn boxed(grid: &Grid, widths: &[usize], ruled: bool, ends: Ends) -> Vec<Drawn> {
    let mut drawn = Vec::new();
    let at = |place: usize| place..place;
    let mut last = grid.header_source.end;
    if ends.top {
        drawn.push((
            border(widths, ["┌", "┬", "┐"]),
            at(grid.header_source.start),
        ));
        lines(grid, &grid.header, widths, &grid.header_source, &mut drawn);
        if !grid.rows.is_empty() || !ends.bottom {
            drawn.push((border(widths, ["├", "┼", "┤"]), at(last)));
        }
    }
    for (index, (cells, source)) in grid.rows.iter().enumerate() {
        if ruled && (index > 0 || !ends.top) {
            drawn.push((border(widths, ["├", "┼", "┤"]), at(source.start)));
        }
        lines(grid, cells, widths, source, &mut drawn);
        last = source.end;
    }
    if ends.bottom {
        drawn.push((border(widths, ["└", "┴", "┘"]), at(last)));
    }
    drawn
}

fn border(widths: &[usize], [left, middle, right]: [&str; 3]) -> Vec<Span> {
    let mut text = String::from(left);
    for (column, width) in widths.iter().enumerate() {
        if column > 0 {
            text.push_str(middle);
        }
        text.push_str(&"─".repeat(width + 2));
    }
    text.push_str(right);
    vec![Span::decoration(text, Role::TableBorder)]
}

fn lines(
    grid: &Grid,
    cells: &[Flow],
    widths: &[usize],
    source: &Range<usize>,
    drawn: &mut Vec<Drawn>,
) {
    let empty = Flow::default();
    let columns: Vec<Vec<Line>> = widths
        .iter()
        .enumerate()
        .map(|(column, &width)| {
            cells
                .get(column)
                .unwrap_or(&empty)
                .wrap(width, width, Breaking::Words)
        })
        .collect();
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    for line in 0..height {
        let mut row = Row::default();
        row.frame("│ ");
        for (column, &width) in widths.iter().enumerate() {
            let spans = columns
                .get(column)
                .and_then(|lines| lines.get(line))
                .map(|line| line.spans.as_slice())
                .unwrap_or_default();
            let used: usize = spans.iter().map(|span| text_width(&span.text)).sum();
            let spare = width.saturating_sub(used);
            let before = match grid.aligns.get(column) {
                Some(Alignment::Right) => spare,
                Some(Alignment::Center) => spare / 2,
                _ => 0,
            };
            row.frame(&" ".repeat(before));
            row.spans.extend_from_slice(spans);
            row.frame(&" ".repeat(spare - before));
            row.frame(if column + 1 == widths.len() {
                " │"
            } else {
                " │ "
            });
        }
        drawn.push((row.spans, source.clone()));
    }
}

#[derive(Default)]
struct Row {
    spans: Vec<Span>,
}

impl Row {
    fn frame(&mut self, text: &str) {
        let style = Style::of(Role::TableBorder);
        match self.spans.last_mut() {
            Some(span) if span.style == style && span.source.is_empty() => {
                span.text.push_str(text);
            }
            _ if text.is_empty() => {}
            _ => self.spans.push(Span::decoration(text, Role::TableBorder)),
        }
    }
}

fn records(grid: &Grid, width: usize, ends: Ends) -> Vec<Drawn> {
    let mut drawn = Vec::new();
    let hang = if width > 8 { 2 } else { 0 };
    let heading = Vec::new();
    let only_header = (ends.top && grid.rows.is_empty()).then_some((&heading, &grid.header_source));
    let rows = grid.rows.iter().map(|(cells, source)| (cells, source));
    for (index, (cells, source)) in only_header.into_iter().chain(rows).enumerate() {
        if index > 0 || !ends.top {
            drawn.push((Vec::new(), source.start..source.start));
        }
        for column in 0..grid.aligns.len() {
            let mut flow = grid.header.get(column).cloned().unwrap_or_default();
            if only_header.is_none() {
                // It was written once, and is repeated in each record.
                flow = flow.without_origin();
            }
            let style = Style::of(Role::TableHeader);
            flow.push(": ", style, Origin::all_of(0..0));
            if let Some(cell) = cells.get(column) {
                flow.append(cell);
            }
            for (line, found) in flow
                .wrap(width, width - hang, Breaking::Words)
                .into_iter()
                .enumerate()
            {
                let mut spans = found.spans;
                if line > 0 && hang > 0 && !spans.is_empty() {
                    spans.insert(0, Span::decoration("  ", Role::Text));
                }
                drawn.push((spans, source.clone()));
            }
        }
    }
    drawn
}
