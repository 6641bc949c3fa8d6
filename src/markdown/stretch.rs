//! A run of settled pieces that can be drawn without those above it.
//!
//! Owns what has to be known for that, how many rows there are or may be, and the drawing of one
//! piece below another: the blank row between them, the line of code that goes on.

use std::ops::Range;

use super::Row;
use super::blocks::{Cut, Join, Scanner};
use super::listing::{CodeLine, Listings};
use super::live::Live;
use super::paint::{self, Carry, Painted};
use super::slice::Slice;

/// A run of settled pieces.
#[derive(Debug)]
pub(super) struct Stretch {
    pub(super) start: Start,
    pub(super) range: Range<usize>,
    /// How many pieces it is made of.
    pub(super) pieces: usize,
    /// It has the end of the text too, which belongs to no piece.
    pub(super) last: bool,
    /// How many rows it takes, counted or estimated, and how many are above it.
    pub(super) rows: usize,
    pub(super) top: usize,
    /// The last count, and the width it was taken at.
    pub(super) counted: Option<(usize, usize)>,
    /// Lines of the text, for an estimate before any count.
    pub(super) lines: usize,
    /// Rows of it at which a heading begins, as far as they are counted.
    pub(super) headings: Box<[usize]>,
    pub(super) shown: Option<Shown>,
}

/// What has to be known to draw a stretch without those above it.
#[derive(Debug, Clone)]
pub(super) struct Start {
    pub(super) scanner: Scanner,
    /// Something stands above it.
    pub(super) begun: bool,
    /// The piece that decided the columns of the table that goes on here.
    pub(super) table: Option<Box<Cut>>,
    /// The code that goes on here.
    pub(super) code: Option<OpenCode>,
}

/// A block of code that is not complete.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpenCode {
    /// Where it begins.
    pub(super) at: usize,
    /// How much of it there is so far.
    pub(super) lines: usize,
    pub(super) bytes: usize,
}

/// The stretch that still grows.
#[derive(Debug)]
pub(super) struct OpenStretch {
    pub(super) start: Start,
    pub(super) range: Range<usize>,
    pub(super) pieces: usize,
    /// Pieces that are not drawn yet.
    pub(super) pending: Vec<Cut>,
    pub(super) shown: Shown,
    pub(super) trail: Trail,
    /// What is known at the end of it.
    pub(super) table: Option<Box<Cut>>,
    pub(super) code: Option<OpenCode>,
}

/// Rows that are at hand, and which of them show finished lines of code.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) rows: Vec<Row>,
    pub(super) code: Vec<CodeLine>,
}

/// How the next piece goes on from the rows above it.
#[derive(Debug, Clone, Default)]
pub(super) struct Trail {
    /// There are rows above.
    pub(super) begun: bool,
    /// A blank row is due before the next row.
    pub(super) gap: bool,
    pub(super) carry: Carry,
    /// The block of code that is open, and how many lines it has.
    pub(super) code: Option<(usize, usize)>,
}

impl Stretch {
    pub(super) fn is_counted_at(&self, width: usize) -> bool {
        self.counted.is_some_and(|(_, at)| at == width)
    }

    /// Guesses how many rows there are at a width, by the last count if there is one.
    pub(super) fn estimate(&mut self, width: usize) {
        self.rows = match self.counted {
            Some((rows, at)) if at == width => rows,
            Some((rows, at)) if at > 0 && width > 0 => (rows * at / width).max(1),
            _ if width == 0 => 0,
            _ => (self.lines + self.range.len() / width).max(1),
        };
        if !self.is_counted_at(width) {
            self.headings = Box::default();
        }
    }
}

impl OpenStretch {
    pub(super) fn new(start: Start, at: usize) -> Self {
        Self {
            range: at..at,
            pieces: 0,
            pending: Vec::new(),
            shown: Shown::default(),
            trail: Trail {
                begun: start.begun,
                code: start.code.map(|code| (code.at, code.lines)),
                ..Trail::default()
            },
            table: start.table.clone(),
            code: start.code,
            start,
        }
    }
}

impl Shown {
    /// Draws the lines of a block that have colours now in them. Tells whether there were any.
    pub(super) fn dress(&mut self, code: &Listings, block: usize, lines: &Range<usize>) -> bool {
        let mut changed = false;
        for line in &self.code {
            if line.block == block && lines.contains(&line.number) {
                changed |= code.dress(line, &mut self.rows);
            }
        }
        changed
    }
}

/// Draws a piece below the rows that are there.
pub(super) fn paint_piece(
    text: &str,
    slice: &Slice<'_>,
    (width, code): (usize, &mut Listings),
    shown: &mut Shown,
    trail: &mut Trail,
) -> Option<Live> {
    if slice.wants_gap(text) {
        trail.gap = true;
    }
    let Painted {
        rows,
        listings,
        lines,
        carry,
        live,
    } = paint::paint(slice, width.max(1), std::mem::take(&mut trail.carry));
    trail.carry = carry;
    for listing in listings {
        code.insert(listing);
    }
    if width > 0 {
        if !rows.is_empty() {
            if trail.gap && trail.begun {
                shown.rows.push(Row::blank(slice.base));
            }
            trail.gap = false;
            trail.begun = true;
        }
        let base = shown.rows.len();
        let first = shown.code.len();
        shown.rows.extend(rows);
        shown
            .code
            .extend(lines.into_iter().map(|line| line.moved(base)));
        match slice.join {
            Join::Fence { .. } => trail.code = Some((slice.base, 0)),
            Join::FenceEnd => trail.code = None,
            Join::Code { .. } if slice.shown().ends_with('\n') => {
                if let Some((block, number)) = &mut trail.code {
                    let rows = base..shown.rows.len();
                    shown.code.push(CodeLine {
                        block: *block,
                        number: *number,
                        rows,
                        room: width,
                    });
                    *number += 1;
                }
            }
            _ => {}
        }
        for line in shown.code.get(first..).unwrap_or_default() {
            code.dress(line, &mut shown.rows);
        }
    }
    live
}
