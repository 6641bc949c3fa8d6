//! What the model gets to see: how full its window is, which turns are sent along, and what to do
//! when there is no more room. Nothing is ever left out silently.

use std::collections::HashMap;

use super::branch::{Restorable, oldest_turns};
use super::offer::Remedy;
use super::overlay::Choice;
use super::{App, Effect, Overlay, Tone};
use crate::chat::{
    Asked, Attachment, Extent, Now, Rates, Standing, Turn, TurnId, TurnState, tokens_as_f64,
    whole_tokens,
};
use crate::phrase::tr;

/// From here on, in percent of the window, there is a warning.
const NEARLY_FULL: u64 = 80;
/// From here on, a message is only sent after a question.
const FULL: u64 = 95;
/// As many turns of a conversation that is opened teach what its model makes of characters.
const MOST_LEARNT_FROM: usize = 16;
/// How full the window is to be after the oldest turns were left out.
const ROOMY: u64 = 60;

/// What is known of the window that the conversation has to fit into.
#[derive(Debug, Default)]
pub struct Context {
    /// How many tokens a character makes, by model, as its provider's reports have taught.
    rates: HashMap<(String, String), Rates>,
    /// Whether what is sent along has changed since the last reply, so that what was reported
    /// with it no longer holds.
    pub(super) changed: bool,
    /// The share, in percent, that was warned of last.
    warned: u64,
    /// Whether the user has said to send although the window is full.
    pub(super) allowed: bool,
}

impl Context {
    /// How many tokens a character makes for the model that was asked, as far as it is known.
    fn rates_of(&self, asked: &Asked) -> Rates {
        let key = (asked.provider.clone(), asked.model.clone());
        self.rates.get(&key).copied().unwrap_or_default()
    }

    /// Forgets what was about one conversation; the rates stay.
    pub(super) fn fresh(&mut self) {
        self.changed = false;
        self.warned = 0;
        self.allowed = false;
    }
}

/// How full the window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauge {
    /// Tokens in it.
    pub used_tokens: u64,
    /// Whether the provider has counted them; else they are estimated.
    pub reported: bool,
    /// How many there is room for, if that is known.
    pub window_tokens: Option<u64>,
}

impl Gauge {
    /// The share that is used, in percent; 0 when the window is not known.
    pub fn percent(self) -> u64 {
        let window = self.window_tokens.filter(|window| *window > 0);
        window.map_or(0, |window| self.used_tokens.saturating_mul(100) / window)
    }

    /// Whether there is reason to warn.
    pub fn is_nearly_full(self) -> bool {
        self.percent() >= NEARLY_FULL
    }

    /// Whether the next message may not fit.
    pub fn is_full(self) -> bool {
        self.percent() >= FULL
    }
}

impl App {
    /// How full the window is: as counted with the last turn, else estimated; with what waits to go
    /// along with the next message. `None` while there is neither.
    pub fn gauge(&self) -> Option<Gauge> {
        let Some(turn) = self.conversation.last() else {
            let waits = !self.attached.items.is_empty();
            return waits.then(|| self.next_gauge(None, self.attached.extent()));
        };
        let (mut used_tokens, mut reported) = match turn.reply.usage.context_tokens() {
            Some(tokens) if !self.context.changed || self.live.is_some() => (tokens, true),
            _ => (self.estimated_context_tokens(turn), false),
        };
        if self.live.is_none() && !self.attached.items.is_empty() {
            let beside = self
                .rates(&self.session.choice)
                .tokens(self.attached.extent());
            used_tokens = used_tokens.saturating_add(whole_tokens(beside));
            reported = false;
        }
        let window_tokens = if self.live.is_some() {
            let provider = self.catalog.provider(&turn.asked.provider);
            provider.and_then(|it| it.model(&turn.asked.model).context_window_tokens)
        } else {
            self.model().and_then(|model| model.context_window_tokens)
        };
        Some(Gauge {
            used_tokens,
            reported,
            window_tokens: window_tokens.filter(|window| *window > 0),
        })
    }

    /// How many tokens of the context window a turn takes, roughly: its history and its reply.
    fn estimated_context_tokens(&self, turn: &Turn) -> u64 {
        let said = self.conversation.extent(Some(turn.id));
        let reasoning = match turn.standing {
            Standing::LeftOut => Extent::default(),
            Standing::Sent | Standing::Pinned => turn.estimate.reasoning,
        };
        let rates = self.context.rates_of(&turn.asked);
        whole_tokens(rates.request_tokens(said) + rates.tokens(reasoning))
    }

    /// How many tokens a request after `parent` has, roughly. What was reported of the request before
    /// is no guess: only what has come since is estimated.
    pub(super) fn next_tokens(&self, parent: Option<TurnId>, prompt: Extent) -> f64 {
        let rates = self.rates(&self.session.choice);
        match parent.and_then(|parent| self.reported_before(parent)) {
            Some((tokens, answer)) => tokens_as_f64(tokens) + rates.tokens(answer + prompt),
            None => rates.request_tokens(self.conversation.extent(parent) + prompt),
        }
    }

    /// The tokens that a turn's request had as its provider counted them, and the answer to it, if the
    /// next request goes on with both.
    fn reported_before(&self, turn: TurnId) -> Option<(u64, Extent)> {
        let turn = self.conversation.turn(turn)?;
        let choice = &self.session.choice;
        let same_model = turn.asked.provider == choice.provider && turn.asked.model == choice.model;
        // Rounds of tools are reported as one sum, and what they said is not sent again.
        let goes_on = turn.state == TurnState::Done
            && turn.standing != Standing::LeftOut
            && turn.reply.rounds.is_empty()
            && !self.context.changed;
        let tokens = turn.reply.usage.input_tokens.filter(|tokens| *tokens > 0)?;
        (same_model && goes_on).then_some((tokens, turn.estimate.answer))
    }

    /// How full the window will be with a message after `parent`, its reply not counted.
    fn next_gauge(&self, parent: Option<TurnId>, prompt: Extent) -> Gauge {
        Gauge {
            used_tokens: whole_tokens(self.next_tokens(parent, prompt)),
            reported: false,
            window_tokens: self.model().and_then(|model| model.context_window_tokens),
        }
    }

    /// How many tokens a character makes for a model, as far as it is known.
    pub(super) fn rates(&self, choice: &Choice) -> Rates {
        let key = (choice.provider.clone(), choice.model.clone());
        self.context.rates.get(&key).copied().unwrap_or_default()
    }

    /// Learns from what was reported of the turns of a conversation that was opened, so that it is
    /// estimated as it was when it was left.
    pub(super) fn learn_from_kept(&mut self) {
        let path = self.conversation.path().map(|turn| turn.id);
        let path: Vec<TurnId> = path.collect();
        let newest = path.len().saturating_sub(MOST_LEARNT_FROM);
        for &id in path.iter().skip(newest) {
            self.learn_from(id);
        }
        for turn in self.conversation.turns_mut() {
            turn.rates = self.context.rates_of(&turn.asked);
        }
    }

    /// Learns from what a provider has reported of a complete turn.
    pub(super) fn learn_from(&mut self, id: TurnId) {
        let Some(turn) = self.conversation.turn(id) else {
            return;
        };
        // Calls of tools are counted as output, and their text is not kept as such.
        if turn.state != TurnState::Done
            || !turn.reply.calls.is_empty()
            || !turn.reply.rounds.is_empty()
        {
            return;
        }
        let usage = &turn.reply.usage;
        let estimate = turn.estimate;
        // Some providers count reasoning that they do not send.
        let hidden = turn.reply.reasoning.is_empty();
        let output = if hidden {
            usage.answer_tokens()
        } else {
            usage.output_tokens
        };
        let said = estimate.reasoning + estimate.answer;
        let sent = self.conversation.extent(turn.parent) + estimate.prompt;
        let input = usage.input_tokens.filter(|tokens| *tokens > 0);
        let key = (turn.asked.provider.clone(), turn.asked.model.clone());
        let rates = self.context.rates.entry(key).or_default();
        if let Some(tokens) = output {
            rates.learn(said, tokens_as_f64(tokens));
        }
        if let Some(tokens) = input {
            rates.learn_request(sent, tokens_as_f64(tokens));
        }
    }

    /// Says, once at each step, that the window is nearly full.
    pub(super) fn warn_of_a_full_window(&mut self, now: Now) {
        let last = self.conversation.last().map(|turn| turn.id);
        let gauge = self.next_gauge(last, Extent::default());
        let percent = gauge.percent();
        let step = match percent {
            FULL.. => FULL,
            NEARLY_FULL.. => NEARLY_FULL,
            _ => 0,
        };
        if step > self.context.warned {
            let key = self.keymap.hint(super::Command::MakeRoom);
            let key = key.unwrap_or_else(|| "/room".to_owned());
            let text = tr!(
                "The context window of {model} is {percent} % full; {key} makes room",
                model = self.session.choice.model,
                percent,
                key
            );
            self.notify(Tone::Warning, text, now.instant);
        }
        self.context.warned = step;
    }

    /// Opens the question what to do when a message may not fit. Returns whether it did; the
    /// message stays in its box.
    pub(super) fn asks_for_room(
        &mut self,
        parent: Option<TurnId>,
        prompt: &str,
        attached: &[Attachment],
    ) -> bool {
        let said = Extent::of(prompt) + Attachment::extent_of(attached);
        let gauge = self.next_gauge(parent, said);
        // Without a history there is nothing to make room with.
        if !gauge.is_full() || self.context.allowed || self.conversation.way(parent).is_empty() {
            return false;
        }
        self.open_room(gauge, true);
        true
    }

    /// Opens the ways to make room in the window.
    pub(super) fn make_room(&mut self, now: Now) {
        let last = self.conversation.last().map(|turn| turn.id);
        if self.conversation.way(last).is_empty() {
            let text = tr!("There is nothing in the window yet");
            self.notify(Tone::Info, text, now.instant);
            return;
        }
        let gauge = self.next_gauge(last, Extent::default());
        self.open_room(gauge, false);
    }

    fn open_room(&mut self, gauge: Gauge, sending: bool) {
        let oldest = self.oldest();
        let freed: Extent = self.extent_of(&oldest);
        let freed = whole_tokens(self.rates(&self.session.choice).tokens(freed));
        let room = Overlay::room(gauge, oldest.len(), freed, sending);
        self.overlay = Some(room);
    }

    /// The oldest turns that may be left out: as many as it takes for there to be room again, else
    /// half of them. The last turn and pinned ones stay.
    fn oldest(&self) -> Vec<TurnId> {
        let too_much = self.too_much(Extent::default(), ROOMY);
        if !too_much.is_empty() {
            return too_much;
        }
        let candidates = self.candidates();
        let half = candidates.len().div_ceil(2);
        let half = candidates.into_iter().take(half);
        half.map(|turn| turn.id).collect()
    }

    /// The oldest turns that a request with this prompt has to do without, to be answered within
    /// the window.
    pub(super) fn too_much_beside(&self, prompt: &str) -> Vec<TurnId> {
        self.too_much(Extent::of(prompt), NEARLY_FULL)
    }

    /// The oldest turns that have to go for a prompt and its history to take no more than a share,
    /// in percent, of what the model takes; all that may go, if that is not enough.
    fn too_much(&self, prompt: Extent, percent: u64) -> Vec<TurnId> {
        let model = self.model();
        let most = model.and_then(|model| model.max_input_tokens.or(model.context_window_tokens));
        let Some(most) = most.filter(|most| *most > 0) else {
            return Vec::new();
        };
        let most = tokens_as_f64(most.saturating_mul(percent) / 100);
        let rates = self.rates(&self.session.choice);
        let last = self.conversation.last().map(|turn| turn.id);
        let mut tokens = self.next_tokens(last, prompt);
        let candidates = self.candidates().into_iter();
        let too_much = candidates.take_while(|turn| {
            let is_over = tokens > most;
            tokens -= rates.tokens(turn.estimate.prompt + turn.estimate.answer);
            is_over
        });
        too_much.map(|turn| turn.id).collect()
    }

    /// The turns that may be left out, oldest first.
    fn candidates(&self) -> Vec<&Turn> {
        let last = self.conversation.last().map(|turn| turn.id);
        let way = self.conversation.way(last).into_iter();
        way.filter(|turn| turn.standing == Standing::Sent && Some(turn.id) != last)
            .collect()
    }

    fn extent_of(&self, ids: &[TurnId]) -> Extent {
        ids.iter()
            .filter_map(|id| self.conversation.turn(*id))
            .map(|turn| turn.estimate.prompt + turn.estimate.answer)
            .fold(Extent::default(), |sum, turn| sum + turn)
    }

    /// Does what was picked to make room.
    pub(super) fn remedy(&mut self, remedy: Remedy, now: Now) -> Vec<Effect> {
        match remedy {
            Remedy::Summary => return self.ask_for_summary(now),
            Remedy::DropOldest => self.drop_oldest(now),
            Remedy::OtherModel => return self.run(super::Command::SwitchModel, now),
            Remedy::SendAnyway => {
                self.context.allowed = true;
                return self.send(now);
            }
        }
        Vec::new()
    }

    fn drop_oldest(&mut self, now: Now) {
        let oldest = self.oldest();
        let freed = whole_tokens(
            self.rates(&self.session.choice)
                .tokens(self.extent_of(&oldest)),
        );
        let before = self.set_standing(&oldest, Standing::LeftOut);
        if before.is_empty() {
            let text = tr!("Every turn that could be left out is pinned, or is the last one");
            self.notify(Tone::Warning, text, now.instant);
            return;
        }
        let text = tr!(
            "Left out {turns}, about {tokens} tokens; {key} takes that back",
            turns = oldest_turns(before.len()),
            tokens = crate::chat::short_count(freed),
            key = self.how_to_restore()
        );
        self.restorable = Some(Restorable::Standings(before));
        self.notify(Tone::Info, text, now.instant);
    }

    /// Leaves the turn in view out of what is sent, or sends it along again.
    pub(super) fn leave_out(&mut self, now: Now) {
        self.toggle_standing(
            Standing::LeftOut,
            tr!("This turn is left out from the next message on"),
            now,
        );
    }

    /// Pins the turn in view, so that it is sent along whatever is left out; or unpins it.
    pub(super) fn pin(&mut self, now: Now) {
        self.toggle_standing(
            Standing::Pinned,
            tr!("This turn is pinned: it stays when others are left out"),
            now,
        );
    }

    fn toggle_standing(&mut self, wanted: Standing, said: &str, now: Now) {
        let Some(turn) = self.turn_in_view() else {
            self.notify(Tone::Info, tr!("There is no turn here yet"), now.instant);
            return;
        };
        let id = turn.id;
        let (standing, said) = if turn.standing == wanted {
            (Standing::Sent, tr!("This turn is sent along as usual"))
        } else {
            (wanted, said)
        };
        drop(self.set_standing(&[id], standing));
        self.notify(Tone::Info, said, now.instant);
    }

    /// Changes how turns stand. Returns how they stood before.
    fn set_standing(&mut self, ids: &[TurnId], standing: Standing) -> Vec<(TurnId, Standing)> {
        let before = self.swap_standings(ids, standing);
        for &id in ids {
            self.keep_turn(id);
        }
        self.context.changed = true;
        self.context.allowed = false;
        before
    }

    /// As [`App::set_standing`], for one request: nothing of it is kept.
    pub(super) fn swap_standings(
        &mut self,
        ids: &[TurnId],
        standing: Standing,
    ) -> Vec<(TurnId, Standing)> {
        let mut before = Vec::new();
        for &id in ids {
            if let Some(turn) = self.conversation.turn_mut(id) {
                before.push((id, turn.standing));
                turn.standing = standing;
            }
        }
        before
    }
}
