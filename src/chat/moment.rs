//! Points in time, as the runtime tells them. Nothing here reads a clock.

use std::fmt;
use std::time::{Duration, Instant};

/// A point in time on the wall clock, with the local offset of that moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// Seconds since 1970-01-01 UTC.
    pub unix_seconds: i64,
    /// What the local time was ahead of UTC, in minutes.
    pub offset_minutes: i32,
}

impl fmt::Display for Moment {
    /// The local time of day, as `14:02`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.unix_seconds + i64::from(self.offset_minutes) * 60;
        let minute = local.div_euclid(60).rem_euclid(24 * 60);
        write!(f, "{:02}:{:02}", minute / 60, minute % 60)
    }
}

/// What time it is: one reading of both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The monotonic clock, for how long things take.
    pub instant: Instant,
    /// The wall clock, for when things were.
    pub wall: Moment,
}

impl Now {
    /// How long ago `earlier` was.
    pub fn since(self, earlier: Instant) -> Duration {
        self.instant.saturating_duration_since(earlier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_is_local() {
        let moment = |offset_minutes| Moment {
            unix_seconds: 1_700_000_000,
            offset_minutes,
        };
        assert_eq!(moment(0).to_string(), "22:13");
        assert_eq!(moment(8 * 60).to_string(), "06:13");
        assert_eq!(moment(-5 * 60).to_string(), "17:13");
    }
}
