//! What the reply in flight is doing, in a word and a time.

use super::figures;
use crate::app::{Live, Phase};
use crate::chat::{Turn, safe};

/// `⠋ thinking 3.2 s`
pub(super) fn words(live: &Live, turn: &Turn) -> String {
    const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
    let elapsed = live.elapsed();
    let step = live.spinner_step() % SPINNER.len();
    let spinner = SPINNER.get(step).copied().unwrap_or("·");
    let (word, time) = match &live.phase {
        Phase::Connecting => ("connecting", elapsed),
        Phase::Waiting => ("waiting", elapsed),
        Phase::Thinking => {
            let thought = turn.timing.thought(elapsed);
            ("thinking", thought.unwrap_or(elapsed))
        }
        Phase::Answering => ("answering", elapsed),
        Phase::Consent => return "◆ waiting for your answer".to_owned(),
        Phase::Running(name) => {
            let time = live.as_of.saturating_duration_since(live.step_since);
            let name = safe::one_line(name);
            return format!("{spinner} running {name} {}", figures::span(time));
        }
        Phase::Retrying {
            at, attempt, of, ..
        } => {
            let wait = figures::span(at.saturating_duration_since(live.as_of));
            return format!("{spinner} again in {wait} · {attempt}/{of}");
        }
    };
    format!("{spinner} {word} {}", figures::span(time))
}
