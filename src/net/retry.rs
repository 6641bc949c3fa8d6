//! Whether and when a failed request is tried again. Pure: knows no clock and throws no dice.

use std::time::Duration;

use crate::chat::{Failure, FailureKind, Retry};

/// The first pause of our own choosing; each one after it is twice as long …
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// … up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// How much a pause may be longer or shorter, so that many clients don't come back at once.
const JITTER: f64 = 0.25;
/// The longest pause that a server may ask for; a longer one is a person's to decide on.
const LONGEST_ASKED: Duration = Duration::from_secs(60);

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Try again after this.
    Wait(Duration),
    /// Tell the user.
    GiveUp,
}

/// Decides about the failure of an attempt (counted from 1). `chance` is from 0 to 1.
pub(super) fn decide(failure: &Failure, attempt: u32, max_retries: u32, chance: f64) -> Decision {
    if attempt > max_retries {
        return Decision::GiveUp;
    }
    // A server that fell silent may still be at work on the request: sending it again would cost
    // twice. It is left to the user.
    if matches!(failure.kind, FailureKind::Idle | FailureKind::Wordless) {
        return Decision::GiveUp;
    }
    match failure.retry {
        Retry::Once if attempt > 1 => Decision::GiveUp,
        Retry::Soon | Retry::Once => {
            let doublings = attempt.saturating_sub(1).min(16);
            let pause = FIRST_PAUSE
                .saturating_mul(1 << doublings)
                .min(LONGEST_PAUSE);
            let factor = 1.0 + JITTER * (2.0 * chance.clamp(0.0, 1.0) - 1.0);
            Decision::Wait(pause.mul_f64(factor))
        }
        Retry::After(pause) if pause <= LONGEST_ASKED => Decision::Wait(pause),
        Retry::After(_) | Retry::Never | Retry::NotBefore(_) => Decision::GiveUp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(retry: Retry) -> Failure {
        Failure {
            retry,
            ..Failure::new(FailureKind::RateLimit, "")
        }
    }

    fn seconds(decision: Decision) -> f64 {
        match decision {
            Decision::Wait(pause) => pause.as_secs_f64(),
            Decision::GiveUp => panic!("gave up"),
        }
    }

    #[test]
    fn pauses_double_up_to_eight_seconds() {
        let soon = failure(Retry::Soon);
        let pauses: Vec<f64> = (1..=6)
            .map(|attempt| seconds(decide(&soon, attempt, 9, 0.5)))
            .collect();
        assert_eq!(pauses, [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]);
    }

    #[test]
    fn pauses_vary_by_a_quarter() {
        let soon = failure(Retry::Soon);
        assert!((seconds(decide(&soon, 1, 3, 0.0)) - 0.375).abs() < 1e-9);
        assert!((seconds(decide(&soon, 1, 3, 1.0)) - 0.625).abs() < 1e-9);
    }

    #[test]
    fn a_pause_that_the_server_names_is_kept_exactly_up_to_a_minute() {
        let after = |seconds| failure(Retry::After(Duration::from_secs(seconds)));
        let minute = Decision::Wait(Duration::from_secs(60));
        assert_eq!(decide(&after(60), 1, 3, 0.9), minute);
        assert_eq!(decide(&after(61), 1, 3, 0.9), Decision::GiveUp);
    }

    #[test]
    fn attempts_are_limited() {
        let soon = failure(Retry::Soon);
        assert_ne!(decide(&soon, 3, 3, 0.5), Decision::GiveUp);
        assert_eq!(decide(&soon, 4, 3, 0.5), Decision::GiveUp);
        assert_eq!(decide(&soon, 1, 0, 0.5), Decision::GiveUp);
    }

    #[test]
    fn walls_and_silence_are_not_tried_again() {
        assert_eq!(decide(&failure(Retry::Never), 1, 3, 0.5), Decision::GiveUp);
        let wall = failure(Retry::NotBefore("tomorrow".to_owned()));
        assert_eq!(decide(&wall, 1, 3, 0.5), Decision::GiveUp);
        for kind in [FailureKind::Idle, FailureKind::Wordless] {
            let silence = Failure::new(kind, "");
            assert_eq!(decide(&silence, 1, 3, 0.5), Decision::GiveUp);
        }
    }

    #[test]
    fn what_is_worth_one_more_try_gets_one() {
        let once = failure(Retry::Once);
        assert_ne!(decide(&once, 1, 3, 0.5), Decision::GiveUp);
        assert_eq!(decide(&once, 2, 3, 0.5), Decision::GiveUp);
    }
}
