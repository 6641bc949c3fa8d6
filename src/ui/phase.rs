//! What the request in flight is doing, in a word and a time.

use super::figures;
use crate::app::{Deed, Errand, Live, Phase};
use crate::chat::{Turn, safe};

/// `⠋ thinking 3.2 s`
pub(super) fn words(live: &Live, turn: &Turn) -> String {
    let elapsed = live.elapsed();
    let spinner = spinner(live);
    let (word, time) = match &live.phase {
        Phase::Starting => ("starting tools", elapsed),
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

/// `⠋ looking for a title 3.2 s`
pub(super) fn of_errand(errand: &Errand) -> String {
    let live = &errand.live;
    let what = match errand.deed {
        Deed::Title => "looking for a title",
        Deed::Summary => "summarizing",
    };
    format!("{} {what} {}", spinner(live), figures::span(live.elapsed()))
}

fn spinner(live: &Live) -> &'static str {
    const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
    let step = live.spinner_step() % SPINNER.len();
    SPINNER.get(step).copied().unwrap_or("·")
}
