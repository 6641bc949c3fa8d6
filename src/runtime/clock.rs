//! The only place that reads a clock.

use std::time::SystemTime;

use tokio::time::Instant;

use crate::chat::{Moment, Now};

/// How long an offset from UTC is taken to hold: offsets change at quarter hours.
const OFFSET_HOLDS_SECONDS: i64 = 900;

/// Tells what time it is.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    fixed: Option<Moment>,
    /// The offset from UTC, and the quarter hour it was found in.
    offset: Option<(i64, i32)>,
}

impl Clock {
    /// The system's clocks.
    pub fn system() -> Self {
        Self {
            fixed: None,
            offset: None,
        }
    }

    /// A wall clock that stands still, for tests; the monotonic one is tokio's.
    pub fn fixed(moment: Moment) -> Self {
        Self {
            fixed: Some(moment),
            offset: None,
        }
    }

    /// What time it is.
    pub fn now(&mut self) -> Now {
        Now {
            instant: Instant::now().into_std(),
            wall: self.fixed.unwrap_or_else(|| self.wall()),
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one home of the clock"
    )]
    fn wall(&mut self) -> Moment {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let unix_seconds = since.map_or(0, |since| since.as_secs().cast_signed());
        let quarter = unix_seconds.div_euclid(OFFSET_HOLDS_SECONDS);
        let offset_minutes = match self.offset {
            Some((found_in, minutes)) if found_in == quarter => minutes,
            _ => {
                let minutes = chrono::Local::now().offset().local_minus_utc() / 60;
                self.offset = Some((quarter, minutes));
                minutes
            }
        };
        Moment {
            unix_seconds,
            offset_minutes,
        }
    }
}
