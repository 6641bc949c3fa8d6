//! Which row of a document is where: by its number, by what it shows, by the headings, by its code.

use std::ops::Range;

use super::Document;
use crate::markdown::listing::CodeLine;
use crate::markdown::{CodeColours, CodeRequest, Row};

impl Document {
    /// Counts the rows. Those of stretches that nobody has looked at are an estimate.
    pub fn len(&self) -> usize {
        self.open_top() + self.open.shown.rows.len() + self.tail.rows.len()
    }

    /// Counts the rows that will not change any more, whatever comes.
    pub fn settled_rows(&self) -> usize {
        self.len() - self.tail.rows.len()
    }

    /// Tells whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Guesses how many rows a text takes that was never read.
    pub fn guess_rows(text: &str, width: u16) -> usize {
        let lines = text.bytes().filter(|byte| *byte == b'\n').count();
        let rows = (text.len()).checked_div(usize::from(width));
        rows.filter(|_| !text.is_empty())
            .map_or(0, |rows| rows + lines + 1)
    }

    /// Tells whether every row is counted.
    pub fn is_counted(&self) -> bool {
        self.uncounted == 0
    }

    /// Finds a row by its number, counted from 0, if it is at hand.
    pub fn row(&self, index: usize) -> Option<&Row> {
        let place = self.stretch_of_row(index);
        if let Some(stretch) = self.stretches.get(place) {
            let shown = stretch.shown.as_ref()?;
            return shown.rows.get(index - stretch.top);
        }
        let index = index.checked_sub(self.open_top())?;
        let settled = &self.open.shown.rows;
        let rest = index.checked_sub(settled.len());
        rest.map_or_else(|| settled.get(index), |index| self.tail.rows.get(index))
    }

    /// Tells whether there is a heading, as far as rows are counted.
    pub fn has_headings(&self) -> bool {
        self.stretches
            .iter()
            .any(|stretch| !stretch.headings.is_empty())
            || self.open_headings().next().is_some()
    }

    /// Finds the nearest heading above a row, as far as rows are counted.
    pub fn heading_above(&self, row: usize) -> Option<usize> {
        let below = self.open_headings().filter(|at| *at < row).last();
        below.or_else(|| {
            let upto = self.stretches.partition_point(|stretch| stretch.top < row);
            let above = self.stretches.get(..upto)?.iter().rev();
            let mut found = above.filter_map(|stretch| {
                let rows = stretch.headings.iter().rev();
                rows.map(|at| stretch.top + at).find(|at| *at < row)
            });
            found.next()
        })
    }

    /// Finds the nearest heading at or below a row, as far as rows are counted.
    pub fn heading_from(&self, row: usize) -> Option<usize> {
        let from = self.stretch_of_row(row);
        let below = self.stretches.get(from..).unwrap_or_default().iter();
        let mut found = below.filter_map(|stretch| {
            let rows = stretch.headings.iter();
            rows.map(|at| stretch.top + at).find(|at| *at >= row)
        });
        found
            .next()
            .or_else(|| self.open_headings().find(|at| *at >= row))
    }

    /// Finds the first row whose source ends after the byte at `offset`; the last row when there
    /// is none. Where rows are not at hand, it is the first one near.
    pub fn row_at(&self, offset: usize) -> usize {
        self.count_above(offset).min(self.len().saturating_sub(1))
    }

    /// How many rows have no source after the byte at `offset`.
    pub(super) fn count_above(&self, offset: usize) -> usize {
        let place = self.stretch_of_byte(offset);
        let within = |rows: &[Row]| rows.partition_point(|row| row.source.end <= offset);
        match self.stretches.get(place) {
            Some(stretch) => {
                let rows = stretch
                    .shown
                    .as_ref()
                    .map_or(0, |shown| within(&shown.rows));
                stretch.top + rows
            }
            None => match within(&self.open.shown.rows) {
                all if all == self.open.shown.rows.len() => {
                    self.open_top() + all + within(&self.tail.rows)
                }
                some => self.open_top() + some,
            },
        }
    }

    /// Asks for the colours of finished lines of code, down to the last one in `rows`, that have
    /// none yet; `None` when nothing is missing there.
    pub fn uncoloured(&self, rows: &Range<usize>) -> Option<CodeRequest> {
        let at_hand = self.at_hand.iter().filter_map(|at| self.stretches.get(*at));
        let sealed = at_hand.filter_map(|s| Some((s.top, s.shown.as_ref()?)));
        let open_top = self.open_top();
        let live = [
            (open_top, &self.open.shown),
            (open_top + self.open.shown.rows.len(), &self.tail),
        ];
        let lines = sealed.chain(live).flat_map(|(top, shown)| {
            let in_view = move |line: &&CodeLine| {
                top + line.rows.start < rows.end && rows.start < top + line.rows.end
            };
            shown.code.iter().filter(in_view)
        });
        self.code.request(lines)
    }

    /// Gives lines of code their colours. Tells whether any row at hand looks different now.
    pub fn colour(&mut self, colours: CodeColours) -> bool {
        let Some((block, lines)) = self.code.take(colours) else {
            return false;
        };
        let at_hand = self.at_hand.iter();
        let mut changed = false;
        for place in at_hand.copied() {
            if let Some(shown) = self.stretches.get_mut(place).and_then(|s| s.shown.as_mut()) {
                changed |= shown.dress(&self.code, block, &lines);
            }
        }
        changed |= self.open.shown.dress(&self.code, block, &lines);
        changed | self.tail.dress(&self.code, block, &lines)
    }

    /// How many rows are above the stretch that still grows.
    pub(super) fn open_top(&self) -> usize {
        self.stretches
            .last()
            .map_or(0, |stretch| stretch.top + stretch.rows)
    }

    /// The place of the stretch that has this row; past the last one when none has.
    pub(super) fn stretch_of_row(&self, row: usize) -> usize {
        self.stretches
            .partition_point(|stretch| stretch.top + stretch.rows <= row)
    }

    /// The place of the stretch that has this byte; past the last one when none has.
    pub(super) fn stretch_of_byte(&self, offset: usize) -> usize {
        self.stretches
            .partition_point(|stretch| stretch.range.end <= offset)
    }

    pub(super) fn open_headings(&self) -> impl Iterator<Item = usize> {
        let rows = self.open.shown.rows.iter().chain(&self.tail.rows);
        let headings = rows.enumerate().filter(|(_, row)| row.heading);
        let top = self.open_top();
        headings.map(move |(at, _)| top + at)
    }
}

#[cfg(test)]
impl Document {
    /// All rows, which have to be at hand.
    pub(in crate::markdown) fn all_rows(&self) -> Vec<Row> {
        let row = |index| self.row(index).expect("the row is at hand").clone();
        (0..self.len()).map(row).collect()
    }
    pub(in crate::markdown) fn rows_at_hand(&self) -> usize {
        (0..self.len())
            .filter(|&row| self.row(row).is_some())
            .count()
    }
}
