//! What a server says has changed, heard at any time and looked at when there is time for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rmcp::model::{ClientConfig, Implementation};
use rmcp::service::NotificationContext;
use rmcp::{ClientHandler, RoleClient};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// How long after one look there is no other; doubled while changes are told faster than that.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What has changed since somebody looked. However often it is told, it is told once.
#[derive(Debug, Default)]
pub(super) struct Changes {
    tools: AtomicBool,
    stock: AtomicBool,
    bell: Notify,
}

/// Which lists have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) tools: bool,
    /// Prompts or resources.
    pub(super) stock: bool,
}

impl Changes {
    fn tell(&self, which: &AtomicBool) {
        which.store(true, Ordering::Relaxed);
        self.bell.notify_one();
    }

    /// What has changed, which is then no news any more. Taken before one asks, so that a change
    /// meanwhile is not missed.
    pub(super) fn take(&self) -> Changed {
        Changed {
            tools: self.tools.swap(false, Ordering::Relaxed),
            stock: self.stock.swap(false, Ordering::Relaxed),
        }
    }

    async fn are_there(&self) {
        let any = || self.tools.load(Ordering::Relaxed) || self.stock.load(Ordering::Relaxed);
        while !any() {
            self.bell.notified().await;
        }
    }
}

/// When to look at what has changed.
#[derive(Debug, Default)]
pub(super) struct Renewal {
    pause: Duration,
    not_before: Option<Instant>,
}

impl Renewal {
    /// Waits until something has changed and may be looked at. May be dropped at any point.
    pub(super) async fn is_due(&self, changes: &Changes) {
        changes.are_there().await;
        if let Some(not_before) = self.not_before {
            sleep_until(not_before).await;
        }
    }

    /// A look begins: the next one has to wait, longer if this one had to.
    pub(super) fn begin(&mut self) {
        let now = Instant::now();
        // A timer may be a millisecond late; a change that waited came before that.
        let at_once = Duration::from_millis(100);
        let has_waited = self.not_before.is_some_and(|at| now < at + at_once);
        self.pause = if has_waited {
            (2 * self.pause).min(LONGEST_PAUSE)
        } else {
            FIRST_PAUSE
        };
        self.not_before = Some(now + self.pause);
    }
}

/// Who we are to a server, and what we hear of it. Nothing is offered to it.
pub(super) struct Ears {
    changes: Arc<Changes>,
}

impl Ears {
    pub(super) fn new(changes: &Arc<Changes>) -> Self {
        let changes = Arc::clone(changes);
        Self { changes }
    }
}

impl ClientHandler for Ears {
    fn get_info(&self) -> ClientConfig {
        let mut us = ClientConfig::default();
        us.client_info = Implementation::new("mmchat", env!("CARGO_PKG_VERSION"));
        us
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.changes.tell(&self.changes.tools);
    }

    async fn on_prompt_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.changes.tell(&self.changes.stock);
    }

    async fn on_resource_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.changes.tell(&self.changes.stock);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_changes_is_looked_at_ever_more_rarely_and_a_calm_one_at_once() {
        let (changes, mut renewal) = (Changes::default(), Renewal::default());
        let begun = Instant::now();
        let mut looks = Vec::new();
        for _ in 0..8 {
            changes.tell(&changes.tools);
            renewal.is_due(&changes).await;
            renewal.begin();
            assert!(changes.take().tools && !changes.take().tools);
            looks.push((Instant::now() - begun).as_secs());
        }
        assert_eq!(looks, [0, 1, 3, 7, 15, 31, 63, 123]);
        tokio::time::sleep(2 * LONGEST_PAUSE).await;
        let calm = Instant::now();
        changes.tell(&changes.stock);
        renewal.is_due(&changes).await;
        renewal.begin();
        assert_eq!(
            (Instant::now() - calm, renewal.pause),
            (Duration::ZERO, FIRST_PAUSE)
        );
    }
}
