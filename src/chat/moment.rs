//! Points in time, as the runtime tells them. Nothing here reads a clock.

use std::fmt;
use std::time::{Duration, Instant};

use crate::phrase::tr;

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
        let ahead = i64::from(self.offset_minutes) * 60;
        let local = self.unix_seconds.saturating_add(ahead);
        let minute = local.div_euclid(60).rem_euclid(24 * 60);
        write!(f, "{:02}:{:02}", minute / 60, minute % 60)
    }
}

impl Moment {
    /// The local date, as `2026-11-22`.
    pub fn date(self) -> String {
        let (year, month, day) = civil(self.local_day());
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// How long ago this was, as people say it: `3 min ago`, `today 14:02`, else the date.
    pub fn ago(self, now: Self) -> String {
        let seconds = now.unix_seconds.saturating_sub(self.unix_seconds);
        match (seconds, now.local_day() - self.local_day()) {
            (i64::MIN..60, _) => tr!("just now").to_owned(),
            (60..3_600, _) => tr!("{minutes} min ago", minutes = seconds / 60),
            (_, 0) => tr!("today {time}", time = self),
            (_, 1) => tr!("yesterday {time}", time = self),
            _ => self.date(),
        }
    }

    /// Local days since 1970-01-01.
    fn local_day(self) -> i64 {
        let local = self
            .unix_seconds
            .saturating_add(i64::from(self.offset_minutes) * 60);
        local.div_euclid(24 * 60 * 60)
    }
}

/// Year, month and day of the Gregorian calendar, from days since 1970-01-01. Years are counted
/// from March, so that the day that comes every four years is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12 + 1;
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, day)
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

    #[test]
    fn dates_are_those_of_the_calendar() {
        let date = |unix_seconds| {
            Moment {
                unix_seconds,
                offset_minutes: 0,
            }
            .date()
        };
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(1_700_000_000), "2023-11-14");
        assert_eq!(date(951_782_400), "2000-02-29");
        assert_eq!(date(-1), "1969-12-31");
    }

    #[test]
    fn what_was_lately_is_told_by_its_distance() {
        let now = Moment {
            unix_seconds: 1_795_352_520,
            offset_minutes: 60,
        };
        let ago = |seconds| {
            let unix_seconds = now.unix_seconds - seconds;
            Moment {
                unix_seconds,
                ..now
            }
            .ago(now)
        };
        assert_eq!(ago(-5), "just now");
        assert_eq!(ago(59), "just now");
        assert_eq!(ago(200), "3 min ago");
        assert_eq!(ago(4 * 3_600), "today 10:02");
        assert_eq!(ago(20 * 3_600), "yesterday 18:02");
        assert_eq!(ago(72 * 3_600), "2026-11-19");
    }
}
