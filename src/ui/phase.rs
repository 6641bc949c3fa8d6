//! What the request in flight is doing, in a word and a time.

use super::figures;
use crate::app::{Errand, Live, Phase, Purpose};
use crate::chat::{Part, Turn, safe};
use crate::phrase::tr;

/// `⠋ thinking 3.2 s`
pub(super) fn words(live: &Live, turn: &Turn) -> String {
    let elapsed = live.elapsed();
    let spinner = spinner(live);
    let (word, time) = match &live.phase {
        Phase::Starting => (tr!("starting tools"), elapsed),
        Phase::Connecting => (tr!("connecting"), elapsed),
        Phase::Waiting => (tr!("waiting"), elapsed),
        Phase::Thinking => {
            let thought = turn.timing.spent(Part::Reasoning, elapsed);
            (tr!("thinking"), thought.unwrap_or(elapsed))
        }
        Phase::Answering => (tr!("answering"), elapsed),
        Phase::Consent => return tr!("◆ waiting for your answer").to_owned(),
        Phase::Running(name) => {
            let time = live.as_of.saturating_duration_since(live.step_since);
            let name = safe::one_line(name);
            return tr!(
                "{spinner} running {name} {time}",
                spinner,
                name,
                time = figures::span(time)
            );
        }
        Phase::Retrying {
            at, attempt, of, ..
        } => {
            let wait = figures::span(at.saturating_duration_since(live.as_of));
            return tr!(
                "{spinner} again in {wait} · {attempt}/{of}",
                spinner,
                wait,
                attempt,
                of
            );
        }
    };
    format!("{spinner} {word} {}", figures::span(time))
}

/// `⠋ looking for a title 3.2 s`
pub(super) fn of_errand(errand: &Errand) -> String {
    let live = &errand.live;
    let what = match errand.purpose {
        Purpose::Title => tr!("looking for a title"),
        Purpose::Summary => tr!("summarizing"),
    };
    format!("{} {what} {}", spinner(live), figures::span(live.elapsed()))
}

fn spinner(live: &Live) -> &'static str {
    const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
    let step = live.spinner_step() % SPINNER.len();
    SPINNER.get(step).copied().unwrap_or("·")
}
