//! A text as rows, of which only those that are wanted are kept.
//!
//! Owns [`Document`]: the pieces of a text gathered into stretches, how many rows each takes, and
//! the live end. A stretch begins where nothing of the row above goes on, so it can be drawn alone,
//! at any width, at any time: its rows may be put away and drawn again, and how many there are is
//! an estimate until somebody looks.
//!
//! Invariant: putting rows away changes nothing but what the next look costs.

mod rows;

use std::ops::Range;

use super::blocks::{Cut, Join, Open, Scanner, code_of};
use super::listing::Listings;
use super::live::Live;
use super::paint::{self, Carry};
use super::slice::Slice;
use super::stretch::{OpenCode, OpenStretch, Shown, Start, Stretch, Trail, paint_piece};
use super::{CodeBlock, Kind, mend};

/// A stretch is at least as long, so that what is known of each weighs little beside its text.
const STRETCH_BYTES: usize = 4 * 1024;

/// A text being read: settled stretches, each wrapped when it is looked at, and the live tail.
#[derive(Debug)]
pub struct Document {
    kind: Kind,
    keep: Keep,
    epoch: u32,
    width: usize,
    seen: usize,
    done: bool,
    scanner: Scanner,
    stretches: Vec<Stretch>,
    /// Stretches whose rows are at hand.
    at_hand: Vec<usize>,
    /// Stretches whose rows are not counted at this width.
    uncounted: usize,
    open: OpenStretch,
    tail: Shown,
    live: Option<Live>,
    code: Listings,
    #[cfg(test)]
    pub(super) parsed_bytes: usize,
}

/// Which rows are at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// All of them, and all code.
    All,
    /// Those that were asked for, and the live end.
    Wanted,
}

impl Document {
    /// Makes an empty document that has all its rows at hand.
    pub fn new(kind: Kind) -> Self {
        Self::keeping(kind, Keep::All)
    }

    /// Makes an empty document that has only the rows at hand that were asked for, and knows code
    /// only as far as it is coloured.
    pub fn sparse(kind: Kind) -> Self {
        Self::keeping(kind, Keep::Wanted)
    }

    fn keeping(kind: Kind, keep: Keep) -> Self {
        let start = Start {
            scanner: Scanner::new(kind),
            begun: false,
            table: None,
            code: None,
        };
        Self {
            kind,
            keep,
            epoch: 0,
            width: 0,
            seen: 0,
            done: false,
            scanner: start.scanner.clone(),
            stretches: Vec::new(),
            at_hand: Vec::new(),
            uncounted: 0,
            open: OpenStretch::new(start, 0),
            tail: Shown::default(),
            live: None,
            code: Listings::new(keep == Keep::All),
            #[cfg(test)]
            parsed_bytes: 0,
        }
    }

    /// Brings the document up to `text` at `width` columns. Cheap when `text` only grew (in the
    /// same `epoch`), and when only the width is another one. `done` says that no more will come.
    pub fn sync(&mut self, text: &str, epoch: u32, width: u16, done: bool) {
        let width = usize::from(width);
        let grew =
            self.epoch == epoch && text.len() >= self.seen && text.is_char_boundary(self.seen);
        let same = grew && text.len() == self.seen && done == self.done;
        if same && self.width == width {
            return;
        }
        if !grew || (self.done && !same) {
            // What is known of the colours holds as long as the text only grows.
            let colours = self.code.take_colours();
            let kept = self.epoch == epoch;
            *self = Self {
                epoch,
                width,
                ..Self::keeping(self.kind, self.keep)
            };
            if kept {
                self.code.give_colours(colours);
            }
        } else if self.width != width {
            self.rewrap(width);
        }
        if !(same && done) {
            self.seen = text.len();
            self.done = done;
            self.read_on(text);
        }
        if self.keep == Keep::All {
            self.lay_out(text, 0..usize::MAX);
        }
    }

    /// Lists the blocks of code in their order.
    pub fn code_blocks(&self) -> Vec<CodeBlock> {
        self.code.blocks()
    }

    /// As [`Document::row_at`], with the rows there at hand. Other rows may be counted anew.
    pub fn reveal(&mut self, text: &str, offset: usize) -> usize {
        let place = self.stretch_of_byte(offset);
        self.lay_out_stretch(text, place);
        self.row_at(offset)
    }

    /// How many rows are above that byte, with the row there at hand.
    pub fn rows_above(&mut self, text: &str, offset: usize) -> usize {
        let place = self.stretch_of_byte(offset);
        self.lay_out_stretch(text, place);
        self.count_above(offset)
    }

    /// Has these rows at hand. Tells whether rows were counted that had only been estimated: then
    /// others may be in this place now.
    pub fn lay_out(&mut self, text: &str, rows: Range<usize>) -> bool {
        let first = self.stretch_of_row(rows.start);
        let mut changed = false;
        let mut place = first;
        while let Some(stretch) = self.stretches.get(place) {
            if stretch.top >= rows.end {
                break;
            }
            changed |= self.lay_out_stretch(text, place);
            place += 1;
        }
        changed
    }

    /// Counts rows that were only estimated, those next to the row `near` first, until the text
    /// read for that is as long as `budget`, which is lowered by it.
    pub fn count_some(&mut self, text: &str, near: usize, budget: &mut usize) {
        let near = self.stretch_of_row(near);
        while *budget > 0 && self.uncounted > 0 {
            let is_due = |stretch: &Stretch| !stretch.is_counted_at(self.width);
            let near = near.min(self.stretches.len());
            let (above, below) = self.stretches.split_at(near);
            let below = below.iter().position(is_due);
            let above = above.iter().rev().position(is_due);
            let place = match (above, below) {
                (Some(above), Some(below)) if above < below => near - 1 - above,
                (_, Some(below)) => near + below,
                (Some(above), None) => near - 1 - above,
                (None, None) => return,
            };
            let len = self.stretches.get(place).map_or(0, |s| s.range.len());
            *budget = budget.saturating_sub(len.max(1));
            self.lay_out_stretch(text, place);
            self.at_hand.retain(|at| *at != place);
            self.put_away_stretch(place);
        }
    }

    /// Puts away all rows but these and the live end.
    pub fn put_away(&mut self, but: &Range<usize>) {
        if self.keep == Keep::All {
            return;
        }
        let mut at_hand = std::mem::take(&mut self.at_hand);
        at_hand.retain(|&place| {
            let keep = self.stretches.get(place).is_some_and(|stretch| {
                stretch.top < but.end && but.start < stretch.top + stretch.rows
            });
            if !keep {
                self.put_away_stretch(place);
            }
            keep
        });
        self.at_hand = at_hand;
    }

    /// Takes in what was added to the text.
    fn read_on(&mut self, text: &str) {
        if !self.done && self.grow(text) {
            return;
        }
        self.forget_tail();
        while let Some(cut) = self.scanner.next(text, self.done) {
            self.settle(text, cut);
        }
        if self.done {
            self.seal(text, true);
        } else {
            self.paint_open(text);
            self.paint_tail(text);
        }
    }

    /// Shows more words of the last row; false when there is more to it than that.
    fn grow(&mut self, text: &str) -> bool {
        let Some(mut live) = self.live.take() else {
            return false;
        };
        if !self.scanner.is_idle(text) {
            return false;
        }
        let Some(rows) = self.tail.rows.last().and_then(|row| live.grow(text, row)) else {
            return false;
        };
        self.tail.rows.pop();
        self.tail.rows.extend(rows);
        self.live = Some(live);
        true
    }

    fn forget_tail(&mut self) {
        self.live = None;
        self.tail = Shown::default();
        self.code.forget_from(self.open.range.end);
        if let Some(open) = self.open.code {
            self.code.truncate(open.at, open.bytes);
        }
    }

    /// Forgets how the text was wrapped, but not how it was read.
    fn rewrap(&mut self, width: usize) {
        self.width = width;
        for stretch in &mut self.stretches {
            stretch.shown = None;
            stretch.estimate(width);
        }
        self.at_hand.clear();
        let is_due = |stretch: &&Stretch| !stretch.is_counted_at(width);
        self.uncounted = self.stretches.iter().filter(is_due).count();
        self.renumber(0);
        if self.done {
            return;
        }
        self.tail = Shown::default();
        self.live = None;
        let (start, begin) = (self.open.start.clone(), self.open.range.start);
        self.code.forget_from(begin);
        if let Some(open) = start.code {
            self.code.truncate(open.at, open.bytes);
        }
        self.scanner = start.scanner.clone();
        self.open = OpenStretch::new(start, begin);
    }

    /// Takes a piece that will not change any more.
    fn settle(&mut self, text: &str, cut: Cut) {
        let open = &mut self.open;
        let body = text.get(cut.range.clone()).unwrap_or_default();
        match &cut.join {
            Join::Fence { language } => {
                let at = cut.range.start;
                self.code.begin(at, language);
                open.code = Some(OpenCode {
                    at,
                    lines: 0,
                    bytes: 0,
                });
            }
            Join::Code { fence, head } => {
                if let Some(code) = &mut open.code {
                    let text = code_of(body, *fence, *head);
                    code.bytes = self.code.push(code.at, text);
                    code.lines += usize::from(text.ends_with('\n'));
                }
            }
            Join::FenceEnd => open.code = None,
            _ => {}
        }
        match cut.open {
            Open::Table => {
                if open.table.is_none() {
                    open.table = Some(Box::new(cut.clone()));
                }
            }
            Open::Closed | Open::Row | Open::Code => open.table = None,
        }
        let ends_row = match cut.open {
            Open::Closed | Open::Table => true,
            Open::Row => false,
            // The label of a fence may have no row: the gap before it goes to its first line.
            Open::Code => body.ends_with('\n') && !matches!(cut.join, Join::Fence { .. }),
        };
        open.pieces += 1;
        open.range.end = cut.range.end;
        open.pending.push(cut);
        if ends_row && open.range.len() >= STRETCH_BYTES {
            self.seal(text, false);
        }
    }

    /// Ends the stretch that grew until now. Nothing of it is drawn unless some of it was shown.
    fn seal(&mut self, text: &str, last: bool) {
        let was_shown = self.open.pending.len() < self.open.pieces;
        if was_shown && !last {
            self.paint_open(text);
        }
        let open = &self.open;
        let end = if last { text.len() } else { open.range.end };
        let range = open.range.start..end;
        if range.is_empty() && open.pieces == 0 {
            return;
        }
        let whole = text.get(range.clone()).unwrap_or_default();
        let next = Start {
            scanner: self.scanner.clone(),
            begun: open.start.begun || !whole.trim().is_empty(),
            table: open.table.clone(),
            code: open.code,
        };
        let open = std::mem::replace(&mut self.open, OpenStretch::new(next, end));
        let mut stretch = Stretch {
            start: open.start,
            range,
            pieces: open.pieces,
            last,
            rows: 0,
            top: self.open_top(),
            counted: None,
            lines: whole.bytes().filter(|byte| *byte == b'\n').count(),
            headings: Box::default(),
            shown: None,
        };
        stretch.estimate(self.width);
        let place = self.stretches.len();
        self.stretches.push(stretch);
        self.uncounted += 1;
        if was_shown && last {
            self.lay_out_stretch(text, place);
        } else if was_shown {
            self.take_rows(place, open.shown);
        }
    }

    fn paint_open(&mut self, text: &str) {
        let pending = std::mem::take(&mut self.open.pending);
        for cut in &pending {
            let slice = Slice::settled(text, cut);
            #[cfg(test)]
            {
                self.parsed_bytes += slice.parse_bytes();
            }
            let open = &mut self.open;
            let brush = (self.width, &mut self.code);
            paint_piece(text, &slice, brush, &mut open.shown, &mut open.trail);
        }
    }

    fn paint_tail(&mut self, text: &str) {
        let cut = self.scanner.tail(text);
        if let (Join::Code { fence, head }, Some(code)) = (&cut.join, self.open.code) {
            let body = text.get(cut.range.clone()).unwrap_or_default();
            self.code.push(code.at, code_of(body, *fence, *head));
        }
        let mended;
        let slice = if self.kind == Kind::Plain {
            Slice::settled(text, &cut)
        } else {
            let live = text.get(cut.range.clone()).unwrap_or_default();
            mended = mend::mend(live, &cut.join, self.scanner.in_table());
            Slice::live(text, &cut, &mended)
        };
        #[cfg(test)]
        {
            self.parsed_bytes += slice.parse_bytes();
        }
        let mut trail = self.open.trail.clone();
        let brush = (self.width, &mut self.code);
        let live = paint_piece(text, &slice, brush, &mut self.tail, &mut trail);
        self.live = live.filter(|live| self.width > 0 && live.reaches(text));
    }

    /// Has the rows of a stretch at hand. Tells whether they were not counted before.
    fn lay_out_stretch(&mut self, text: &str, place: usize) -> bool {
        let Some(stretch) = self.stretches.get(place).filter(|s| s.shown.is_none()) else {
            return false;
        };
        let start = &stretch.start;
        let mut scanner = start.scanner.clone();
        let mut trail = Trail {
            begun: start.begun,
            code: start.code.map(|code| (code.at, code.lines)),
            ..Trail::default()
        };
        let mut shown = Shown::default();
        if let Some(table) = &start.table {
            // Its columns were decided further up.
            let head = Slice::settled(text, table);
            trail.carry = paint::paint(&head, self.width.max(1), Carry::Nothing).carry;
        }
        let tail = stretch.last;
        for _ in 0..stretch.pieces {
            let Some(cut) = scanner.next(text, self.done) else {
                break;
            };
            let slice = Slice::settled(text, &cut);
            #[cfg(test)]
            {
                self.parsed_bytes += slice.parse_bytes();
            }
            let brush = (self.width, &mut self.code);
            paint_piece(text, &slice, brush, &mut shown, &mut trail);
        }
        if tail {
            let cut = scanner.tail(text);
            let slice = Slice::settled(text, &cut);
            #[cfg(test)]
            {
                self.parsed_bytes += slice.parse_bytes();
            }
            let brush = (self.width, &mut self.code);
            paint_piece(text, &slice, brush, &mut shown, &mut trail);
        }
        self.take_rows(place, shown)
    }

    /// Takes the rows of a stretch. Tells whether they were not counted before.
    fn take_rows(&mut self, place: usize, shown: Shown) -> bool {
        let Some(stretch) = self.stretches.get_mut(place) else {
            return false;
        };
        let fresh = !stretch.is_counted_at(self.width);
        stretch.counted = Some((shown.rows.len(), self.width));
        if fresh {
            stretch.rows = shown.rows.len();
            let rows = shown.rows.iter().enumerate();
            let headings = rows.filter(|(_, row)| row.heading).map(|(at, _)| at);
            stretch.headings = headings.collect();
            self.uncounted = self.uncounted.saturating_sub(1);
        }
        stretch.shown = Some(shown);
        self.at_hand.push(place);
        if fresh {
            self.renumber(place + 1);
        }
        fresh
    }

    fn put_away_stretch(&mut self, place: usize) {
        if let Some(stretch) = self.stretches.get_mut(place) {
            stretch.shown = None;
            self.code.put_away(&stretch.range);
        }
    }

    /// Counts anew how many rows are above each stretch from `place` on.
    fn renumber(&mut self, place: usize) {
        let before = place.checked_sub(1).and_then(|at| self.stretches.get(at));
        let mut top = before.map_or(0, |stretch| stretch.top + stretch.rows);
        for stretch in self.stretches.iter_mut().skip(place) {
            stretch.top = top;
            top += stretch.rows;
        }
    }
}
