//! The life of a turn: sent, streamed, over. And what follows: again, edited, queued.

use std::time::{Duration, Instant};

use super::call::Sent;
use super::{App, Effect, Pane, Tone};
use crate::catalog::{self, Plan};
use crate::chat::{Conversation, Delta, Failure, Now, Progress, TurnId, TurnState};
use crate::wire::{self, Ask};

/// How often the spinner turns.
const SPINNER_STEP: Duration = Duration::from_millis(100);

/// The reply in flight.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// Its turn.
    pub turn: TurnId,
    /// When the request was sent.
    pub since: Instant,
    /// What time it was at the last update: the view has no clock of its own.
    pub as_of: Instant,
    /// What it is doing.
    pub phase: Phase,
    /// When the tool that runs was started, or the request of this round sent.
    pub step_since: Instant,
    /// What its requests are made of.
    pub sent: Box<Sent>,
}

/// What a request is doing.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// No answer from the server yet.
    Connecting,
    /// The server has answered; no text yet.
    Waiting,
    /// Reasoning arrives.
    Thinking,
    /// The answer arrives.
    Answering,
    /// A tool waits for the user's consent.
    Consent,
    /// A tool of that name runs.
    Running(String),
    /// It failed before any text came and will be tried again.
    Retrying {
        /// When.
        at: Instant,
        /// The number of the attempt that comes next, counted from 2.
        attempt: u32,
        /// How many attempts there are in all.
        of: u32,
        /// What went wrong.
        because: Box<Failure>,
    },
}

impl Live {
    /// When its spinner or countdown next changes; never while it waits for the user.
    pub fn wake_at(&self) -> Option<Instant> {
        if self.phase == Phase::Consent {
            return None;
        }
        // The spinner's steps are counted from the sending, so that waking late skips steps
        // instead of slowing down.
        let step = u32::try_from(self.spinner_step() + 1).unwrap_or(u32::MAX);
        Some(self.since + SPINNER_STEP.saturating_mul(step))
    }

    /// Which step of the spinner to show.
    pub fn spinner_step(&self) -> usize {
        usize::try_from(self.elapsed().as_millis() / SPINNER_STEP.as_millis()).unwrap_or(0)
    }

    /// How long ago the request was sent.
    pub fn elapsed(&self) -> Duration {
        self.as_of.saturating_duration_since(self.since)
    }
}

impl App {
    /// Sends what is in the message box, or queues it while a reply is coming.
    pub(super) fn send(&mut self, now: Now) -> Vec<Effect> {
        let text = self.composer.text();
        if text.trim().is_empty() {
            return Vec::new();
        }
        if self.consent.editing.is_some() {
            return self.take_arguments(now);
        }
        if let Some(line) = text.strip_prefix('/').filter(|line| !line.contains('\n'))
            && let Some(slash) = super::slash::parse(line)
        {
            self.composer.take();
            return self.slash(slash, now);
        }
        if self.live.is_some() {
            let text = self.composer.take();
            self.queued = Some(match self.queued.take() {
                Some(earlier) => format!("{earlier}\n\n{text}"),
                None => text,
            });
            return Vec::new();
        }
        let parent = match self.editing {
            Some(edited) => self.conversation.turn(edited).and_then(|turn| turn.parent),
            None => self.conversation.last().map(|turn| turn.id),
        };
        let effects = self.ask(parent, text, now);
        if !effects.is_empty() {
            self.editing = None;
            self.composer.take();
        }
        effects
    }

    /// Asks for the last reply again, as a sibling.
    pub(super) fn regenerate(&mut self, now: Now) -> Vec<Effect> {
        if self.live.is_some() {
            self.notify(Tone::Info, "A reply is coming; Esc stops it", now.instant);
            return Vec::new();
        }
        let Some(turn) = self.conversation.last() else {
            self.notify(
                Tone::Info,
                "There is no reply to ask for again yet",
                now.instant,
            );
            return Vec::new();
        };
        let (parent, prompt) = (turn.parent, turn.prompt.clone());
        self.ask(parent, prompt, now)
    }

    /// Takes the last message back into the box, to be sent as a sibling.
    pub(super) fn edit_last(&mut self, now: Now) {
        if self.live.is_some() {
            self.notify(Tone::Info, "A reply is coming; Esc stops it", now.instant);
            return;
        }
        let Some(turn) = self.conversation.last() else {
            self.notify(Tone::Info, "There is no message to edit yet", now.instant);
            return;
        };
        let (id, prompt) = (turn.id, turn.prompt.clone());
        self.editing = Some(id);
        self.focus = Pane::Message;
        self.composer.set_text(&prompt);
    }

    /// Shows the turn's sibling before or after it.
    pub(super) fn switch_sibling(&mut self, step: isize, now: Now) {
        if self.live.is_some() {
            self.notify(Tone::Info, "A reply is coming; Esc stops it", now.instant);
            return;
        }
        // The turn in view, or the nearest one before it that has versions.
        let mut turn = self.turn_in_view();
        while let Some(here) = turn {
            let siblings = self.conversation.siblings(here.id);
            if siblings.len() > 1 {
                let at = siblings.iter().position(|id| *id == here.id).unwrap_or(0);
                let to = at.saturating_add_signed(step).min(siblings.len() - 1);
                if let Some(&chosen) = siblings.get(to) {
                    self.conversation.choose(chosen);
                }
                return;
            }
            turn = here
                .parent
                .and_then(|parent| self.conversation.turn(parent));
        }
        self.notify(
            Tone::Info,
            "No turn here has another version (Alt+R makes one)",
            now.instant,
        );
    }

    /// Stops the reply in flight; what had arrived is kept.
    pub(super) fn stop(&mut self, now: Now) -> Vec<Effect> {
        if let Some(live) = &self.live {
            self.stop_calls(live.turn, now);
            self.leave_arguments();
        }
        let Some(live) = self.live.take() else {
            return Vec::new();
        };
        if let Some(turn) = self.conversation.turn_mut(live.turn) {
            turn.state = TurnState::Stopped;
            turn.timing.end = Some(now.since(live.since));
        }
        self.unqueue();
        vec![Effect::Cancel(live.turn)]
    }

    /// Takes the queued message back into the box, before what is there.
    pub(super) fn unqueue(&mut self) -> bool {
        let Some(queued) = self.queued.take() else {
            return false;
        };
        let draft = self.composer.text();
        if draft.is_empty() {
            self.composer.set_text(&queued);
        } else {
            self.composer.set_text(&format!("{queued}\n\n{draft}"));
        }
        true
    }

    /// A request moved on.
    pub(super) fn progress(&mut self, id: TurnId, progress: Progress, now: Now) -> Vec<Effect> {
        let Some(live) = self.live.as_mut().filter(|live| live.turn == id) else {
            return Vec::new();
        };
        let Some(turn) = self.conversation.turn_mut(id) else {
            return Vec::new();
        };
        let elapsed = now.since(live.since);
        match progress {
            Progress::Connected => {
                turn.timing.connected.get_or_insert(elapsed);
                live.phase = Phase::Waiting;
            }
            Progress::Retrying {
                attempt,
                of,
                wait,
                because,
            } => {
                let at = now.instant + wait;
                live.phase = Phase::Retrying {
                    at,
                    attempt,
                    of,
                    because,
                };
            }
            Progress::Delta(delta) => {
                match delta {
                    Delta::Reasoning(_) => live.phase = Phase::Thinking,
                    Delta::Answer(_) => live.phase = Phase::Answering,
                    _ => {}
                }
                self.urgent |= delta.is_text() && turn.timing.first_token().is_none();
                turn.push(delta, elapsed);
            }
        }
        Vec::new()
    }

    /// A request failed; what had arrived is kept.
    pub(super) fn failed(&mut self, id: TurnId, failure: Box<Failure>, now: Now) -> Vec<Effect> {
        let Some(live) = self.live.take_if(|live| live.turn == id) else {
            return Vec::new();
        };
        if let Some(turn) = self.conversation.turn_mut(id) {
            turn.state = TurnState::Failed(failure);
            turn.timing.end = Some(now.since(live.since));
        }
        self.unqueue();
        Vec::new()
    }

    /// A reply's stream is over: its tool calls are next, else the queued message.
    pub(super) fn ended(&mut self, id: TurnId, now: Now) -> Vec<Effect> {
        if let Some(effects) = self.begin_calls(id, now) {
            return effects;
        }
        let Some(live) = self.live.take_if(|live| live.turn == id) else {
            return Vec::new();
        };
        if let Some(turn) = self.conversation.turn_mut(id) {
            turn.state = TurnState::Done;
            turn.timing.end = Some(now.since(live.since));
        }
        let Some(queued) = self.queued.take() else {
            return Vec::new();
        };
        let effects = self.ask(Some(id), queued.clone(), now);
        if effects.is_empty() {
            self.queued = Some(queued);
            self.unqueue();
        }
        effects
    }

    /// Begins a conversation with nothing said.
    pub(super) fn new_conversation(&mut self, now: Now) -> Vec<Effect> {
        let effects = self.stop(now);
        self.conversation = Conversation::new(self.config.chat.system_prompt.clone());
        self.editing = None;
        self.chat_scroll.follow();
        self.thinking_scroll.follow();
        self.focus = Pane::Message;
        effects
    }

    /// Leaves; what had arrived of a reply is kept.
    pub(super) fn quit(&mut self, now: Now) -> Vec<Effect> {
        let mut effects = self.stop(now);
        effects.push(Effect::Quit);
        effects
    }

    /// Sends a prompt after `parent`. No effects mean that it was refused, and a notice says why.
    fn ask(&mut self, parent: Option<TurnId>, prompt: String, now: Now) -> Vec<Effect> {
        let id = TurnId(self.next_turn);
        let Some((provider, model)) = self.provider().zip(self.model()) else {
            let text = format!(
                "There is no provider “{}”; Ctrl+O switches",
                self.session.choice.provider
            );
            self.notify(Tone::Error, text, now.instant);
            return Vec::new();
        };
        let so_far = parent.map_or(0.0, |parent| {
            let answer = self
                .conversation
                .turn(parent)
                .map_or(0.0, |t| t.estimate.answer_tokens);
            self.conversation.history_tokens(parent) + answer
        });
        let wish = self.wish(so_far + crate::chat::estimate_tokens(&prompt));
        let plan = match catalog::plan(provider, &model, &wish) {
            Ok(plan) => plan,
            Err(refusal) => {
                self.notify(Tone::Error, refusal.to_string(), now.instant);
                return Vec::new();
            }
        };
        let Plan {
            target,
            patches,
            thinking,
            hints,
        } = plan;
        if let Some(hint) = hints.first() {
            self.notify(Tone::Warning, hint.to_string(), now.instant);
        }
        self.next_turn += 1;
        let asked = self.asked(thinking);
        self.conversation.add(id, parent, prompt, asked, now.wall);
        let tools = self.tools_on_offer();
        let mut ask = Ask {
            messages: self.conversation.history(id),
            tools: tools.iter().map(|tool| tool.spec.clone()).collect(),
            params: self.session.params,
            stream: self.session.stream,
            patches,
        };
        let request = wire::request(&target, &ask);
        ask.messages = Vec::new();
        self.live = Some(Live {
            turn: id,
            since: now.instant,
            as_of: now.instant,
            phase: Phase::Connecting,
            step_since: now.instant,
            sent: Box::new(Sent { target, ask, tools }),
        });
        self.chat_scroll.follow();
        self.thinking_scroll.follow();
        vec![Effect::Send(id, Box::new(request))]
    }
}
