//! A place in a long text under an overlay, kept by line and row so that nothing has to be wrapped
//! but what is looked at.
//!
//! How many rows a line takes only the view knows. Keys therefore say how far to go; the view goes
//! there, bounded by the text's ends, and tells where it came out.

use crossterm::event::{KeyCode, KeyEvent};

use super::keymap::{CTRL, PLAIN, held};

/// The most rows that are gone between two frames.
const MOST_ROWS: isize = 2_000;
/// How far a page key goes, in rows.
const PAGE: isize = 15;

/// A row of a text: its line, and the row within it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The line.
    pub line: usize,
    /// The row of that line.
    pub row: usize,
}

/// Where a text is scrolled to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reader {
    /// The row on top in the last frame.
    pub top: Spot,
    /// Rows to go from there.
    pub rows: isize,
}

impl Reader {
    /// Goes by rows, down if positive.
    pub fn by(&mut self, rows: isize) {
        self.rows = self.rows.saturating_add(rows).clamp(-MOST_ROWS, MOST_ROWS);
    }

    /// Goes to a line.
    pub fn to(&mut self, line: usize) {
        *self = Self {
            top: Spot { line, row: 0 },
            rows: 0,
        };
    }

    /// Takes note of where a frame came out.
    pub fn settle(&mut self, top: Spot) {
        *self = Self { top, rows: 0 };
    }

    /// Takes a key that scrolls. Returns whether it was one.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        match (held(key), key.code) {
            (CTRL, KeyCode::Char('d')) => self.by(PAGE),
            (CTRL, KeyCode::Char('u')) => self.by(-PAGE),
            (PLAIN, KeyCode::Up | KeyCode::Char('k')) => self.by(-1),
            (PLAIN, KeyCode::Down | KeyCode::Char('j')) => self.by(1),
            (PLAIN, KeyCode::PageUp) => self.by(-PAGE),
            (PLAIN, KeyCode::PageDown | KeyCode::Char(' ')) => self.by(PAGE),
            (PLAIN, KeyCode::Home | KeyCode::Char('g')) => self.to(0),
            (PLAIN, KeyCode::End | KeyCode::Char('G')) => self.to(usize::MAX),
            _ => return false,
        }
        true
    }

    /// The row to show on top, of `lines` in an area of `height`; `rows_of` tells how many rows a
    /// line takes, one at least.
    pub fn resolve(&self, lines: usize, height: usize, rows_of: impl Fn(usize) -> usize) -> Spot {
        let rows_of = |line| rows_of(line).max(1);
        let last = last_top(lines, height, rows_of);
        let mut spot = self.top.min(last);
        spot.row = spot.row.min(rows_of(spot.line) - 1);
        for _ in 0..self.rows {
            if spot >= last {
                return last;
            }
            spot.row += 1;
            if spot.row >= rows_of(spot.line) {
                spot = Spot {
                    line: spot.line + 1,
                    row: 0,
                };
            }
        }
        for _ in self.rows..0 {
            match (spot.row.checked_sub(1), spot.line.checked_sub(1)) {
                (Some(row), _) => spot.row = row,
                (None, Some(line)) => {
                    let row = rows_of(line) - 1;
                    spot = Spot { line, row };
                }
                (None, None) => break,
            }
        }
        spot.min(last)
    }
}

/// The top row that shows the end.
fn last_top(lines: usize, height: usize, rows_of: impl Fn(usize) -> usize) -> Spot {
    let mut room = height.max(1);
    for line in (0..lines).rev() {
        let rows = rows_of(line);
        if rows >= room {
            let row = rows - room;
            return Spot { line, row };
        }
        room -= rows;
    }
    Spot::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn spot(line: usize, row: usize) -> Spot {
        Spot { line, row }
    }

    /// Lines of one, two, three … rows.
    fn rows_of(line: usize) -> usize {
        line + 1
    }

    #[test]
    fn rows_are_gone_through_line_by_line() {
        let mut reader = Reader::default();
        reader.by(4);
        assert_eq!(reader.resolve(10, 5, rows_of), spot(2, 1));
        reader.settle(spot(2, 1));
        reader.by(-2);
        assert_eq!(reader.resolve(10, 5, rows_of), spot(1, 1));
    }

    #[test]
    fn the_ends_stop_it() {
        let mut reader = Reader::default();
        reader.by(-9);
        assert_eq!(reader.resolve(10, 5, rows_of), spot(0, 0));
        reader.to(usize::MAX);
        assert_eq!(reader.resolve(10, 5, rows_of), spot(9, 5));
        reader.by(MOST_ROWS);
        assert_eq!(reader.resolve(10, 5, rows_of), spot(9, 5));
        assert_eq!(reader.resolve(1, 5, rows_of), spot(0, 0));
        assert_eq!(reader.resolve(0, 5, rows_of), spot(0, 0));
        assert_eq!(reader.resolve(3, 0, rows_of), spot(2, 2));
    }

    #[test]
    fn keys_pressed_between_two_frames_add_up() {
        let mut reader = Reader::default();
        for _ in 0..3 {
            assert!(reader.key(KeyEvent::from(KeyCode::Down)));
        }
        assert_eq!(reader.resolve(10, 5, rows_of), spot(2, 0));
        assert!(!reader.key(KeyEvent::from(KeyCode::Char('y'))));
    }
}
