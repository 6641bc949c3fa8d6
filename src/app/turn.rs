//! The life of a turn: sent, streamed, over. And what follows: again, edited, queued.

use std::time::{Duration, Instant};

use super::call::Sent;
use super::toolkit::Tool;
use super::{App, Effect, Tone};
use crate::catalog::{self, Hint};
use crate::chat::{
    Attachment, Delta, Extent, Failure, Now, Progress, Thinking, TurnId, TurnState, whole_tokens,
    without_images,
};
use crate::phrase::tr;
use crate::wire::{self, Ask, WireRequest};

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
    /// No answer from the server yet, and perhaps no connection.
    Connecting,
    /// The server was reached; no text yet.
    Waiting,
    /// Reasoning arrives.
    Thinking,
    /// The answer arrives.
    Answering,
    /// Servers that have tools are being started; nothing is sent yet.
    Starting,
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
    /// Tells whether text of this round has come.
    pub fn speaks(&self) -> bool {
        matches!(self.phase, Phase::Thinking | Phase::Answering)
    }

    /// A request that is sent right now.
    pub(super) fn new(turn: TurnId, sent: Sent, now: Now) -> Self {
        Self {
            turn,
            since: now.instant,
            as_of: now.instant,
            phase: Phase::Connecting,
            step_since: now.instant,
            sent: Box::new(sent),
        }
    }

    /// Lets time pass. Nobody tells when a connection stands, only when it can't be made in time: one
    /// that has not failed by then does.
    pub(super) fn pass(&mut self, now: Instant, connect_limit: Duration) {
        self.as_of = now;
        let tried = now.saturating_duration_since(self.step_since);
        if self.phase == Phase::Connecting && tried > connect_limit {
            self.phase = Phase::Waiting;
        }
    }

    /// Takes note of how far the request has come.
    pub(super) fn advance(&mut self, progress: &Progress, now: Now) {
        match progress {
            Progress::Connected => self.phase = Phase::Waiting,
            Progress::Retrying {
                attempt,
                of,
                wait,
                because,
            } => {
                self.phase = Phase::Retrying {
                    at: now.instant + *wait,
                    attempt: *attempt,
                    of: *of,
                    because: because.clone(),
                };
            }
            Progress::Delta(Delta::Reasoning(_)) => self.phase = Phase::Thinking,
            Progress::Delta(Delta::Answer(_)) => self.phase = Phase::Answering,
            Progress::Delta(_) => {}
        }
    }

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
        if text.trim().is_empty() && self.attached.items.is_empty() {
            // Nothing said and no key: what Enter can do is to ask for one.
            let is_first = self.conversation.last().is_none() && self.live.is_none();
            let provider = self.session.choice.provider.clone();
            return match (self.opened_on_demo, self.has_key(&provider)) {
                (true, _) if is_first => self.enter_key("", now),
                (false, false) if is_first => self.enter_key(&provider, now),
                _ => Vec::new(),
            };
        }
        if self.toolbox.consent.editing.is_some() {
            return self.take_arguments(now);
        }
        if self.is_opening() {
            let text = self.composer.take();
            self.send_once_open(text);
            return Vec::new();
        }
        if let Some(line) = text.strip_prefix('/').filter(|line| self.is_slash(line)) {
            self.composer.take();
            return self.run_line(line, now);
        }
        self.send_message(now)
    }

    /// Sends what is in the message box as it is, slash or not.
    pub(super) fn send_message(&mut self, now: Now) -> Vec<Effect> {
        let text = self.composer.text();
        if self.waits_for_attachments(now) {
            return Vec::new();
        }
        if self.live.is_some() {
            let text = self.composer.take();
            self.queue_attachments();
            self.queued = Some(match self.queued.take() {
                Some(earlier) => format!("{earlier}\n\n{text}"),
                None => text,
            });
            return Vec::new();
        }
        let parent = self.next_parent();
        if self.asks_for_room(parent, &text, &self.attached.items.clone()) {
            return Vec::new();
        }
        let effects = self.ask(parent, text, self.attached.items.clone(), now);
        if !effects.is_empty() {
            self.composer.take();
            self.set_attachments(Vec::new());
            self.leave_correction();
            self.keep_draft();
        }
        effects
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
            turn.timing.finish(now.since(live.since));
        }
        self.keep_turn(live.turn);
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
        self.unqueue_attachments();
        true
    }

    /// A request moved on.
    pub(super) fn progress(&mut self, id: TurnId, progress: Progress, now: Now) -> Vec<Effect> {
        if self.errand_is(id) {
            return self.errand_progress(progress, now);
        }
        let Some(live) = self.live.as_mut().filter(|live| live.turn == id) else {
            return Vec::new();
        };
        let Some(turn) = self.conversation.turn_mut(id) else {
            return Vec::new();
        };
        let elapsed = now.since(live.since);
        live.advance(&progress, now);
        match progress {
            Progress::Connected => {
                turn.timing.connected.get_or_insert(elapsed);
            }
            Progress::Retrying { .. } => {}
            Progress::Delta(delta) => {
                // Only what is first: each piece of a call's arguments would ask for a frame.
                let is_first = match &delta {
                    Delta::Tool(_) => turn.reply.calls.is_empty(),
                    _ => delta.is_text() && turn.timing.first_token().is_none(),
                };
                self.urgent |= is_first;
                turn.push(delta, elapsed);
            }
        }
        Vec::new()
    }

    /// A request failed; what had arrived is kept.
    pub(super) fn failed(&mut self, id: TurnId, failure: Box<Failure>, now: Now) -> Vec<Effect> {
        if self.errand_is(id) {
            return self.errand_failed(&failure, now);
        }
        let Some(live) = self.live.take_if(|live| live.turn == id) else {
            return Vec::new();
        };
        if let Some(turn) = self.conversation.turn_mut(id) {
            turn.state = TurnState::Failed(failure);
            turn.timing.finish(now.since(live.since));
        }
        self.keep_turn(id);
        self.unqueue();
        Vec::new()
    }

    /// A reply's stream is over: its tool calls are next, else the queued message.
    pub(super) fn ended(&mut self, id: TurnId, now: Now) -> Vec<Effect> {
        if self.errand_is(id) {
            return self.errand_ended(now);
        }
        if let Some(effects) = self.begin_calls(id, now) {
            return effects;
        }
        let Some(live) = self.live.take_if(|live| live.turn == id) else {
            return Vec::new();
        };
        if let Some(turn) = self.conversation.turn_mut(id) {
            turn.state = TurnState::Done;
            turn.check_json();
            turn.timing.finish(now.since(live.since));
        }
        self.keep_turn(id);
        self.learn_from(id);
        self.warn_of_a_full_window(now);
        let Some(queued) = self.queued.take() else {
            return Vec::new();
        };
        let attached = self.attached.queued.clone();
        let effects = self.ask(Some(id), queued.clone(), attached, now);
        if effects.is_empty() {
            self.queued = Some(queued);
            self.unqueue();
        } else {
            self.attached.queued.clear();
        }
        self.keep_draft();
        effects
    }

    /// Begins a conversation with nothing said.
    pub(super) fn new_conversation(&mut self, now: Now) -> Vec<Effect> {
        self.begin_conversation(None, now)
    }

    /// Leaves; what had arrived of a reply is kept.
    pub(super) fn quit(&mut self, now: Now) -> Vec<Effect> {
        let mut effects = self.stop(now);
        effects.extend(self.drop_errand());
        self.keep_draft();
        effects.push(Effect::Quit);
        effects
    }

    /// Sends a prompt after `parent`, and what goes along with it. No effects mean that it was refused, and a notice says why.
    pub(super) fn ask(
        &mut self,
        parent: Option<TurnId>,
        prompt: String,
        attached: Vec<Attachment>,
        now: Now,
    ) -> Vec<Effect> {
        let prepared = match self.prepare(parent, &prompt, &attached, self.tools_on_offer()) {
            Ok(prepared) => prepared,
            Err(refusal) => {
                self.notify(Tone::Error, refusal, now.instant);
                return Vec::new();
            }
        };
        if let Some(hint) = prepared.hint {
            self.notify(Tone::Warning, hint, now.instant);
        }
        let mut effects = self.drop_errand();
        let id = self.new_turn_id(now);
        let asked = self.asked(prepared.thinking);
        let rates = self.rates(&self.session.choice);
        self.conversation.add(id, parent, prompt, asked, now.wall);
        if let Some(turn) = self.conversation.turn_mut(id) {
            turn.rates = rates;
            turn.attach(attached);
        }
        self.keep_begun(id, now);
        self.live = Some(Live::new(id, prepared.sent, now));
        self.context.changed = false;
        self.selected = None;
        self.chat_scroll.follow();
        self.thinking_scroll.follow();
        let (starts, waits) = self.start_servers();
        effects.extend(starts);
        if let (true, Some(live)) = (waits, &mut self.live) {
            // Sent when they are there, with their tools.
            live.phase = Phase::Starting;
        } else {
            effects.push(Effect::Send(id, Box::new(prepared.request)));
        }
        effects
    }

    /// Writes the request of a prompt after `parent`, which offers these tools.
    ///
    /// # Errors
    ///
    /// Fails with a sentence when the model can't do what is asked.
    pub(super) fn prepare(
        &self,
        parent: Option<TurnId>,
        prompt: &str,
        attached: &[Attachment],
        tools: Vec<Tool>,
    ) -> Result<Prepared, String> {
        let Some((provider, model)) = self.provider().zip(self.model()) else {
            let provider = &self.session.choice.provider;
            return Err(tr!(
                "There is no provider “{provider}”; Ctrl+O switches",
                provider
            ));
        };
        let shows_images = attached.iter().any(|it| it.image().is_some());
        if shows_images {
            catalog::check_images(provider, &model).map_err(|refusal| refusal.to_string())?;
        }
        let beside = attached.iter().map(Attachment::extent);
        let prompt_extent = beside.fold(Extent::of(prompt), |sum, it| sum + it);
        let tokens = self.next_tokens(parent, prompt_extent);
        // Who sends although the window is full knows what it may come to; an estimate is not to
        // overrule that.
        let checked = if self.context.allowed { 0.0 } else { tokens };
        let asked = self.request_options(checked);
        let plan = self.catalog.plan(provider, &model, &asked);
        let plan = plan.map_err(|refusal| refusal.to_string())?;
        let mut ask = Ask {
            messages: self.conversation.messages(parent, prompt, attached),
            tools: tools.iter().map(|tool| tool.spec.clone()).collect(),
            params: self.session.params,
            stream: self.session.stream,
            json: asked.json,
            patches: plan.patches,
        };
        let request = wire::request(&plan.target, &ask);
        let unseen = if model.images {
            0
        } else {
            without_images(&mut ask.messages)
        };
        // What to heed with JSON mode was said when it was switched on.
        let is_news = |hint: &&Hint| !matches!(hint, Hint::JsonMode(_));
        let mut hints = plan.hints.iter().filter(is_news);
        ask.messages = Vec::new();
        Ok(Prepared {
            request,
            sent: Sent {
                target: plan.target,
                ask,
                tools,
            },
            thinking: plan.thinking,
            hint: match unseen {
                0 => hints.next().map(ToString::to_string),
                1 => Some(tr!(
                    "{model} takes text only: the image above is left out",
                    model = model.id
                )),
                count => Some(tr!(
                    "{model} takes text only: the {count} images above are left out",
                    model = model.id,
                    count
                )),
            },
            tokens: whole_tokens(tokens),
        })
    }

    /// A name for a turn that no turn of this conversation has, wherever they came from.
    pub(super) fn new_turn_id(&mut self, now: Now) -> TurnId {
        let mut id = self.keeping.next_turn(now);
        while self.conversation.turn(id).is_some() {
            id = self.keeping.next_turn(now);
        }
        id
    }

    /// The turn that the message in the box would follow.
    pub(super) fn next_parent(&self) -> Option<TurnId> {
        match &self.correction {
            Some(edited) => self
                .conversation
                .turn(edited.turn)
                .and_then(|turn| turn.parent),
            None => self.conversation.last().map(|turn| turn.id),
        }
    }
}

/// A request that is ready to go.
pub(super) struct Prepared {
    /// What goes over the wire.
    pub request: WireRequest,
    /// What it is made of, for the rounds after it.
    pub sent: Sent,
    /// The thinking mode as it will be.
    pub thinking: Thinking,
    /// What the user had better know.
    pub hint: Option<String>,
    /// How long it is, in tokens, roughly.
    pub tokens: u64,
}
