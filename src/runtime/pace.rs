//! When a reply is read. A reply that flows is left alone between two frames and caught up with
//! right before the next one: a thousand pieces a second wake the loop sixty times, not a thousand,
//! and what is shown is as new as before.
//!
//! The first text of a turn and what comes after a pause are not made to wait, and a reply that
//! brings more than can be caught up with is read all the time.

/// More pieces than these between two frames are a flood: four thousand a second.
const FLOOD: usize = 64;

/// Whether the reply flows, by what came since the last frame.
#[derive(Debug, Default)]
pub(super) struct Pace {
    pieces: usize,
    rests: bool,
}

impl Pace {
    /// Notes that a piece of the reply was read.
    pub(super) fn piece(&mut self) {
        self.pieces += 1;
    }

    /// Notes that a frame was drawn. `speaks` tells whether the turn has text to show by now.
    pub(super) fn frame(&mut self, speaks: bool) {
        self.rests = speaks && (1..=FLOOD).contains(&self.pieces);
        self.pieces = 0;
    }

    /// Whether the reply is to be left alone until the next frame is due.
    pub(super) fn rests(&self) -> bool {
        self.rests
    }

    /// Notes that the next frame is due.
    pub(super) fn wake(&mut self) {
        self.rests = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(pieces: usize, speaks: bool) -> bool {
        let mut pace = Pace::default();
        for _ in 0..pieces {
            pace.piece();
        }
        pace.frame(speaks);
        pace.rests()
    }

    #[test]
    fn a_reply_that_flows_is_left_alone_until_the_next_frame() {
        assert!(after(1, true));
        assert!(after(FLOOD, true));
    }

    #[test]
    fn a_first_text_a_pause_and_a_flood_are_read_at_once() {
        assert!(!after(1, false));
        assert!(!after(0, true));
        assert!(!after(FLOOD + 1, true));
    }

    #[test]
    fn what_came_before_a_frame_counts_for_that_frame_only() {
        let mut pace = Pace::default();
        pace.piece();
        pace.frame(true);
        pace.frame(true);
        assert!(!pace.rests());
    }
}
