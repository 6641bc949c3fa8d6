//! One-line notices: what just happened, for a few seconds.

use std::time::{Duration, Instant};

use crate::markdown::text_width;

/// How grave a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As expected.
    Info,
    /// Something to know before going on.
    Warning,
    /// Something did not work.
    Error,
}

/// A line shown in place of the key hints until its time is up or a key is pressed after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says. Not yet safe to show.
    pub text: String,
    /// How grave it is.
    pub tone: Tone,
    /// When it goes away.
    pub until: Instant,
}

impl Notice {
    /// A notice that stays long enough to be read: about 15 columns a second, 3 s at least.
    pub fn new(tone: Tone, text: impl Into<String>, now: Instant) -> Self {
        let text = text.into();
        let reading = Duration::from_millis(text_width(&text) as u64 * 1_000 / 15);
        let until = now + reading.max(Duration::from_secs(3));
        Self { text, tone, until }
    }
}
