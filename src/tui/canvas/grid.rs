//! What the terminal shows and what it is to show, cell by cell.
//!
//! Owns the comparison: which cells differ, whether text has only moved up or down, and what that
//! saves. It writes nothing.

use ratatui::buffer::{Buffer, Cell};
use unicode_width::UnicodeWidthStr as _;

use super::pen::Pen;

/// Text that moved further than this is drawn anew.
const MOST_ROWS: usize = 12;
/// A shift is tried when as many rows changed, and taken when as many have it: looking for one costs
/// time in every frame, and a reply that only grows changes three or four rows, header and status
/// among them.
const LEAST_ROWS: usize = 5;
/// What it costs to say that rows have moved, in bytes, and to go to a run of changed cells.
const SHIFT_BYTES: usize = 24;
const RUN_BYTES: usize = 5;

/// Rows that moved together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    /// The first and the last row of the screen that take part.
    pub(super) top: usize,
    pub(super) bottom: usize,
    /// How far text has moved up; down if negative.
    pub(super) up: isize,
}

/// The cells of a row that are shown and those that are wanted, and where they may differ.
pub(super) type Cells<'a> = (&'a [Cell], &'a [Cell], (usize, usize));

/// Text of a row that was not there before.
struct Text<'a> {
    y: usize,
    from: usize,
    wanted: &'a [Cell],
    /// Where its last letter is. Lines begin alike more often than they end alike, so a comparison
    /// that starts there is over soon.
    last: usize,
}

/// What the terminal shows and what it is to show. It is as large as what was drawn.
#[derive(Debug, Default)]
pub(super) struct Grid {
    rows: Vec<Row>,
}

/// A row of the screen.
#[derive(Debug, Default, Clone)]
struct Row {
    /// The row of the last frame, as it was drawn: most rows are the same in the next one.
    frame: Vec<Cell>,
    shown: Vec<Cell>,
    /// What the frame comes to: what stands behind a wide character is no cell of its own.
    wanted: Vec<Cell>,
    /// Where `wanted` may differ from `shown`.
    changed: Option<(usize, usize)>,
}

impl Grid {
    /// Forgets everything: the terminal is blank.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
    }

    /// Wants a frame shown.
    pub(super) fn want(&mut self, frame: &Buffer) {
        let width = usize::from(frame.area.width).max(1);
        self.rows
            .resize_with(usize::from(frame.area.height), Row::default);
        for (row, cells) in self.rows.iter_mut().zip(frame.content.chunks(width)) {
            if row.frame != cells {
                row.want(cells);
            }
        }
    }

    pub(super) fn height(&self) -> usize {
        self.rows.len()
    }

    /// The cells of a row that are shown and those that are wanted, and where they may differ.
    pub(super) fn row(&self, y: usize) -> Option<Cells<'_>> {
        let row = self.rows.get(y)?;
        Some((&row.shown, &row.wanted, row.changed?))
    }

    /// Notes that what was wanted is shown.
    pub(super) fn settle(&mut self) {
        for row in &mut self.rows {
            if let Some((from, to)) = row.changed.take() {
                let wanted = row.wanted.get(from..to);
                if let (Some(shown), Some(wanted)) = (row.shown.get_mut(from..to), wanted) {
                    shown.clone_from_slice(wanted);
                }
            }
        }
    }

    /// Finds rows that only moved, if saying so costs less than drawing them.
    pub(super) fn shift(&self) -> Option<Shift> {
        let texts: Vec<Text<'_>> = (0..self.rows.len())
            .filter_map(|y| self.changed_text(y))
            .collect();
        if texts.len() < LEAST_ROWS {
            return None;
        }
        let most = MOST_ROWS.cast_signed();
        let mut found: Option<(usize, usize, usize, isize)> = None;
        for up in (1..=most).flat_map(|by| [by, -by]) {
            let mut moved = texts.iter().filter(|text| self.has_moved(text, up));
            let Some(first) = moved.next() else {
                continue;
            };
            let (rest, last) = moved.fold((1, first.y), |(count, _), text| (count + 1, text.y));
            if found.is_none_or(|(count, ..)| count < rest) {
                found = Some((rest, first.y, last, up));
            }
            if rest * 2 > texts.len() {
                break;
            }
        }
        let (count, first, last, up) = found?;
        if count < LEAST_ROWS {
            return None;
        }
        let by = up.unsigned_abs();
        let (top, bottom) = if up > 0 {
            (first, last + by)
        } else {
            (first.checked_sub(by)?, last)
        };
        let shift = Shift { top, bottom, up };
        let cost = |up: isize| -> usize { (top..=bottom).map(|y| self.cost(y, shift, up)).sum() };
        (bottom < self.rows.len() && cost(up) + SHIFT_BYTES < cost(0)).then_some(shift)
    }

    /// Notes that the terminal has moved rows.
    pub(super) fn move_rows(&mut self, shift: Shift) {
        let Some(rows) = self.rows.get_mut(shift.top..=shift.bottom) else {
            return;
        };
        let by = shift.up.unsigned_abs().min(rows.len());
        let mut shown: Vec<Vec<Cell>> = rows
            .iter_mut()
            .map(|row| std::mem::take(&mut row.shown))
            .collect();
        if shift.up > 0 {
            shown.rotate_left(by);
        } else {
            shown.rotate_right(by);
        }
        let count = rows.len();
        for (at, (row, mut shown)) in rows.iter_mut().zip(shown).enumerate() {
            let comes_in = if shift.up > 0 {
                at + by >= count
            } else {
                at < by
            };
            if comes_in {
                shown.iter_mut().for_each(Cell::reset);
            }
            row.shown = shown;
            let end = row.wanted.len().max(row.shown.len());
            row.grow(end);
            row.changed = Some((0, end));
        }
    }

    /// What changed in a row, if it is text that was not there before.
    fn changed_text(&self, y: usize) -> Option<Text<'_>> {
        let (shown, wanted, (from, to)) = self.row(y)?;
        let (shown, wanted) = (shown.get(from..to)?, wanted.get(from..to)?);
        // The borders of a pane are everywhere: only text counts.
        let is_text = |cell: &Cell| !matches!(cell.symbol(), " " | "│" | "┃" | "");
        let differs = || shown.iter().zip(wanted).any(|(a, b)| !looks_alike(a, b));
        let last = wanted.iter().rposition(is_text)?;
        differs().then_some(Text {
            y,
            from,
            wanted,
            last,
        })
    }

    /// Tells whether a text was shown `up` rows further down.
    fn has_moved(&self, text: &Text<'_>, up: isize) -> bool {
        let other = text.y.checked_add_signed(up);
        let other = other.and_then(|y| self.rows.get(y)).and_then(|row| {
            let end = text.from + text.wanted.len();
            row.shown.get(text.from..end)
        });
        other.is_some_and(|other| {
            let alike = |(a, b): (&Cell, &Cell)| looks_alike(a, b);
            let (head, tail) = text.wanted.split_at(text.last);
            let (other_head, other_tail) = other.split_at(text.last);
            tail.iter().zip(other_tail).all(alike) && head.iter().zip(other_head).all(alike)
        })
    }

    /// What a row would show after the terminal moved rows by `up`; `None` where it is blank.
    fn moved(&self, y: usize, shift: Shift, up: isize) -> Option<&[Cell]> {
        let from = y.checked_add_signed(up)?;
        let inside = (shift.top..=shift.bottom).contains(&from);
        let row = self.rows.get(from).filter(|_| inside)?;
        Some(&row.shown)
    }

    /// About how many bytes it takes to draw a row when it was moved by `up` before.
    fn cost(&self, y: usize, shift: Shift, up: isize) -> usize {
        let Some(row) = self.rows.get(y) else {
            return 0;
        };
        let shown = self.moved(y, shift, up).unwrap_or_default();
        // A row that stays where it is differs only where it was changed.
        let (from, to) = match up {
            0 => row.changed.unwrap_or_default(),
            _ => (0, row.wanted.len()),
        };
        let blank = Cell::default();
        let mut bytes = 0;
        let mut gap = usize::MAX;
        for (x, wanted) in row.wanted.iter().enumerate().take(to).skip(from) {
            if looks_alike(wanted, shown.get(x).unwrap_or(&blank)) {
                gap = gap.saturating_add(1);
                continue;
            }
            bytes += wanted.symbol().len() + RUN_BYTES.min(gap);
            gap = 0;
        }
        bytes
    }
}

impl Row {
    fn touch(&mut self, from: usize, to: usize) {
        let (first, last) = self.changed.unwrap_or((from, to));
        self.changed = Some((first.min(from), last.max(to)));
    }

    /// Wants these cells shown.
    fn want(&mut self, cells: &[Cell]) {
        self.frame.clear();
        self.frame.extend_from_slice(cells);
        self.grow(cells.len());
        // How many cells the last character still covers.
        let mut covered = 0;
        let covers = Cell::new("");
        for (x, cell) in cells.iter().enumerate() {
            let cell = if covered > 0 {
                covered -= 1;
                &covers
            } else {
                // A single byte is a single column: most cells need no look into tables.
                covered = match cell.symbol() {
                    symbol if symbol.len() <= 1 => 0,
                    symbol => symbol.width().saturating_sub(1),
                };
                cell
            };
            if let Some(wanted) = self.wanted.get_mut(x).filter(|wanted| *wanted != cell) {
                wanted.clone_from(cell);
                self.touch(x, x + 1);
            }
        }
    }

    fn grow(&mut self, width: usize) {
        if self.wanted.len() < width {
            self.wanted.resize_with(width, Cell::default);
        }
        if self.shown.len() < width {
            self.shown.resize_with(width, Cell::default);
        }
    }
}

/// Tells whether two cells can't be told apart on the screen. Their link is in the colour of an
/// underline that is never drawn.
pub(super) fn looks_alike(a: &Cell, b: &Cell) -> bool {
    if a == b {
        return true;
    }
    if a.symbol() != b.symbol() || a.underline_color != b.underline_color {
        return false;
    }
    let (pen, other) = (Pen::of(a), Pen::of(b));
    pen == other || (a.symbol() == " " && pen.blanks_as(other))
}
