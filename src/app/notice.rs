//! One-line notices: what just happened, for a few seconds.
//!
//! When one goes: what was only said in passing, with the next key; a warning or an error, with the
//! first key after there was time to glance at it, so that no key typed ahead takes it away unseen.
//! By itself each goes once there was time to read it, except an error: nobody may have looked.

use std::time::{Duration, Instant};

use crate::markdown::text_width;

/// How fast a notice is read, in columns a second, and how fast one glances over it.
const READING: u64 = 15;
const GLANCING: u64 = 60;

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
    /// From when on a key takes it away.
    yields_at: Instant,
    /// When it goes by itself, if it does.
    pub until: Option<Instant>,
}

impl Notice {
    /// A notice of this moment.
    pub fn new(tone: Tone, text: impl Into<String>, now: Instant) -> Self {
        let text = text.into();
        let width = text_width(&text) as u64;
        let time = |cols_a_second| Duration::from_millis(width * 1_000 / cols_a_second);
        let read_by = now + time(READING).max(Duration::from_secs(3));
        let seen_by = now + time(GLANCING).max(Duration::from_secs(1));
        Self {
            text,
            tone,
            yields_at: if tone == Tone::Info { now } else { seen_by },
            until: (tone != Tone::Error).then_some(read_by),
        }
    }

    /// Whether a key that is pressed now takes it away.
    pub(super) fn yields(&self, now: Instant) -> bool {
        self.yields_at <= now
    }

    /// Whether its time is up.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}
