//! Where a pane is scrolled to: its tail, or a place that holds still while text grows.

use super::seen::{Anchor, SeenPane};

/// Where a pane is scrolled to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Place {
    /// The end, and it stays there.
    #[default]
    Tail,
    /// This row on top, as counted in the last frame.
    Row(usize),
    /// This place on top, whatever the width.
    Held(Anchor),
    /// This place in view, wherever; from there on it holds still.
    Revealed {
        /// What is to be seen.
        to: Anchor,
        /// What was on top: it stays there if that is enough.
        from: Option<Anchor>,
    },
}

/// A pane's scroll position.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Scroll {
    /// Where it is.
    pub place: Place,
    /// How many rows the pane had when it stopped following, for `↓ 42 new lines`.
    pub rows_when_left: usize,
}

impl Scroll {
    /// Tells whether the pane follows its end.
    pub fn follows(&self) -> bool {
        self.place == Place::Tail
    }

    /// The top of a pane that was never scrolled.
    pub fn at_top() -> Self {
        Self {
            place: Place::Row(0),
            rows_when_left: usize::MAX,
        }
    }

    /// With this place on top.
    pub fn at(anchor: Anchor) -> Self {
        Self {
            place: Place::Held(anchor),
            rows_when_left: usize::MAX,
        }
    }

    /// Goes to the end and follows it.
    pub fn follow(&mut self) {
        *self = Self::default();
    }

    /// Scrolls by rows, down if positive. At the end, the pane follows again.
    pub fn by(&mut self, rows: isize, seen: &SeenPane) {
        let top = match self.place {
            Place::Row(row) => row,
            Place::Tail => seen.last_top(),
            Place::Held(_) | Place::Revealed { .. } => seen.top,
        };
        self.to(top.saturating_add_signed(rows), seen);
    }

    /// Scrolls so that this row is on top.
    pub fn to(&mut self, row: usize, seen: &SeenPane) {
        self.go(Place::Row(row), row, seen);
    }

    /// Scrolls so that this place is on top, which the last frame had in this row.
    pub fn to_place(&mut self, anchor: Anchor, row: usize, seen: &SeenPane) {
        self.go(Place::Held(anchor), row, seen);
    }

    fn go(&mut self, place: Place, row: usize, seen: &SeenPane) {
        if row >= seen.last_top() {
            self.follow();
            return;
        }
        if self.follows() {
            self.rows_when_left = seen.rows;
        }
        self.place = place;
    }

    /// Scrolls so that a place is in view; not at all if it is.
    pub fn reveal(&mut self, to: Anchor, seen: &SeenPane) {
        if self.follows() {
            self.rows_when_left = seen.rows;
        }
        let from = match self.place {
            Place::Held(anchor) => Some(anchor),
            // Two in a row between frames: what is on the screen is where the first began.
            Place::Revealed { from, .. } => from,
            Place::Tail | Place::Row(_) => seen.anchor,
        };
        self.place = Place::Revealed { to, from };
    }

    /// Follows the end again where what was to be seen is on its last page. Not while text comes
    /// in: it would move what was found.
    pub fn settle_at_end(&mut self, seen: &SeenPane) {
        if matches!(self.place, Place::Revealed { .. }) && seen.top >= seen.last_top() {
            self.follow();
        }
    }

    /// Takes note of what a frame showed: a row becomes a place that survives a resize.
    pub fn settle(&mut self, seen: &SeenPane) {
        if let (Place::Row(_) | Place::Revealed { .. }, Some(anchor)) = (self.place, seen.anchor) {
            self.place = Place::Held(anchor);
        }
        if self.rows_when_left < usize::MAX {
            let rows = self.rows_when_left.saturating_add_signed(seen.recounted);
            self.rows_when_left = rows;
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    fn seen(rows: usize, top: usize) -> SeenPane {
        SeenPane {
            area: Rect::new(0, 0, 20, 10),
            rows,
            top,
            ..SeenPane::default()
        }
    }

    #[test]
    fn scrolling_to_the_end_follows_again() {
        let mut scroll = Scroll::default();
        scroll.by(-5, &seen(100, 90));
        assert_eq!(scroll.place, Place::Row(85));
        assert_eq!(scroll.rows_when_left, 100);
        scroll.by(5, &seen(100, 85));
        assert!(scroll.follows());
    }

    #[test]
    fn a_flood_of_keys_between_two_frames_adds_up() {
        let mut scroll = Scroll::default();
        scroll.by(-5, &seen(100, 90));
        scroll.by(-5, &seen(100, 90));
        assert_eq!(scroll.place, Place::Row(80));
        scroll.by(-500, &seen(100, 90));
        assert_eq!(scroll.place, Place::Row(0));
    }

    #[test]
    fn what_fits_does_not_scroll() {
        let mut scroll = Scroll::default();
        scroll.by(-1, &seen(3, 0));
        assert!(scroll.follows());
    }
}
