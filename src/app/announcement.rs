//! What the world outside the window is told: the window's title, whether something is going on,
//! and that a reply is over.
//!
//! Invariant: nothing that a model or a server wrote is in it.

use super::{App, Effect, Msg, Phase};
use crate::chat::{Now, TurnState, safe};
use crate::config::Notify;
use crate::phrase::tr;

/// How much of the conversation's title goes into the window's, in characters.
const MOST_TITLE_CHARS: usize = 60;

/// What the window's title and its progress should be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Announcement {
    /// The title; holds no control characters.
    pub title: String,
    /// Whether a reply is coming.
    pub is_busy: bool,
}

impl App {
    /// What the window should tell of the state.
    pub fn announcement(&self) -> Announcement {
        let state = self.live.as_ref().map(|live| match live.phase {
            Phase::Starting => tr!("starting tools"),
            Phase::Consent => tr!("waiting for you"),
            Phase::Running(_) => tr!("running a tool"),
            Phase::Connecting => tr!("connecting"),
            Phase::Waiting => tr!("waiting"),
            Phase::Thinking => tr!("thinking"),
            Phase::Answering => tr!("answering"),
            Phase::Retrying { .. } => tr!("trying again"),
        });
        let failed = || {
            let last = self.conversation.last()?;
            matches!(last.state, TurnState::Failed(_)).then_some(tr!("failed"))
        };
        let parts = [
            state.or_else(failed).map(str::to_owned),
            self.first_line(),
            Some("mmchat".to_owned()),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        Announcement {
            title: parts.join(" · "),
            is_busy: self
                .live
                .as_ref()
                .is_some_and(|live| live.phase != Phase::Consent),
        }
    }

    /// The first line that the user wrote, as much of it as a title takes.
    fn first_line(&self) -> Option<String> {
        let first = self.conversation.path().next()?;
        let line = first.prompt.lines().find(|line| !line.trim().is_empty())?;
        let line = safe::one_line(line.trim());
        let mut title: String = line.chars().take(MOST_TITLE_CHARS).collect();
        if title.len() < line.len() {
            title.push('…');
        }
        Some(title)
    }

    /// The window got the focus, or lost it.
    pub(super) fn focused(&mut self, has_focus: bool) -> Vec<Effect> {
        self.has_focus = has_focus;
        Vec::new()
    }

    /// Applies a message, and tells of the reply's end if it was that.
    pub(super) fn apply_and_tell(&mut self, msg: Msg, now: Now) -> Vec<Effect> {
        let was_live = self.live.is_some();
        let may_end = matches!(msg, Msg::Ended(_) | Msg::Failed(..));
        let mut effects = self.apply(msg, now);
        if may_end {
            effects.extend(self.notify_end(was_live));
        }
        effects
    }

    /// Tells that a reply is over, if it is and the user wants to know.
    fn notify_end(&self, was_live: bool) -> Option<Effect> {
        let is_wanted = match self.config.ui.notify {
            Notify::Unfocused => !self.has_focus,
            Notify::Always => true,
            Notify::Never => false,
        };
        let is_over = was_live && self.live.is_none();
        let has_failed = self
            .conversation
            .last()
            .is_some_and(|turn| matches!(turn.state, TurnState::Failed(_)));
        (is_over && is_wanted).then_some(Effect::Notify(if has_failed {
            tr!("The reply failed")
        } else {
            tr!("The reply is ready")
        }))
    }
}
