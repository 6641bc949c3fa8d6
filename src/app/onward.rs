//! A reply that is to get on: answered at once instead of thought about, gone on with where it was
//! cut, or asked for again with room for an answer. The first two are another round of the same
//! turn, so that what had come stays where it is.

use std::time::Duration;

use super::call::Sent;
use super::turn::Live;
use super::{App, Effect, Phase, Tone};
use crate::catalog::{Model, Plan, Provider, RequestOptions};
use crate::chat::{Extras, Now, Params, Remark, Thinking, Turn, TurnState, whole_tokens};
use crate::phrase::tr;
use crate::wire::Ask;

/// The token limit that is taken for the one in force where nothing tells.
const USUAL_LIMIT: u64 = 4096;

impl App {
    /// Stops the reasoning and asks the same again with as little of it as the model can do with.
    pub(super) fn answer_now(&mut self, now: Now) -> Vec<Effect> {
        match self.asked_at_once(now) {
            Ok(effects) => effects,
            Err(why_not) => {
                self.notify(Tone::Info, why_not, now.instant);
                Vec::new()
            }
        }
    }

    fn asked_at_once(&mut self, now: Now) -> Result<Vec<Effect>, String> {
        let thinks = |live: &&Live| live.phase == Phase::Thinking;
        let turn = self.live.as_ref().filter(thinks).map(|live| live.turn);
        let turn = turn.and_then(|id| self.conversation.turn(id));
        let turn = turn.ok_or(tr!("Answering at once works while the model is thinking"))?;
        let (id, asked) = (turn.id, turn.asked.thinking);
        let model = self.model_of(turn).map(|(_, model)| model);
        let mode = least_thinking(&model.unwrap_or_default(), asked)?;
        let plan = self.plan_again(turn, mode, turn.asked.extras)?;
        let remark = match mode {
            Thinking::Off => Remark::AnsweredAtOnce,
            _ => Remark::AnsweredWithLeast,
        };
        let since = self.live.as_ref().map_or(now.instant, |live| live.since);
        if let Some(turn) = self.conversation.turn_mut(id) {
            turn.ask_anew(now.since(since));
            turn.push(crate::chat::Delta::Remark(remark), Duration::ZERO);
        }
        self.keep_turn(id);
        let Some(live) = self.live.as_mut() else {
            return Ok(Vec::new());
        };
        live.phase = Phase::Connecting;
        live.step_since = now.instant;
        live.sent.target = plan.target;
        live.sent.ask.patches = plan.patches;
        let request = live.sent.request(&self.conversation, id);
        Ok(vec![
            Effect::Cancel(id),
            Effect::Send(id, Box::new(request)),
        ])
    }

    /// Goes on with the last answer where it was cut, or asks for it again with more tokens where
    /// reasoning left no room for it.
    pub(super) fn go_on(&mut self, now: Now) -> Vec<Effect> {
        let why_not = match self.conversation.last() {
            _ if self.live.is_some() => tr!("A reply is coming; Esc stops it").to_owned(),
            None => tr!("There is no answer to go on with yet").to_owned(),
            Some(turn) if turn.reasoning_ate_the_answer() => match self.more_tokens(turn) {
                Ok(limit) => return self.ask_with_limit(limit, now),
                Err(why_not) => why_not,
            },
            Some(turn) if turn.is_cut() => {
                // Half an object is none, so JSON is not asked for; the quoted tail tells anyway.
                let extras = Extras {
                    json: false,
                    ..turn.asked.extras
                };
                match self.plan_again(turn, turn.asked.thinking, extras) {
                    Ok(plan) => return self.continue_last(plan, now),
                    Err(why_not) => why_not,
                }
            }
            Some(turn) if turn.reply.answer.as_str().trim().is_empty() => {
                tr!("There is no answer to go on with; Alt+R asks again").to_owned()
            }
            Some(_) => {
                tr!("The last answer is complete; there is nothing to go on with").to_owned()
            }
        };
        self.notify(Tone::Info, why_not, now.instant);
        Vec::new()
    }

    fn continue_last(&mut self, plan: Plan, now: Now) -> Vec<Effect> {
        let Some(id) = self.conversation.last().map(|turn| turn.id) else {
            return Vec::new();
        };
        let mut effects = self.drop_errand();
        let stream = self.session.stream;
        let Some(turn) = self.conversation.turn_mut(id) else {
            return effects;
        };
        turn.reply.go_on();
        turn.push(crate::chat::Delta::Remark(Remark::WentOn), Duration::ZERO);
        turn.state = TurnState::Live;
        let before = turn.timing.end.take().unwrap_or_default();
        // Tools are not offered: half an answer wants its other half.
        let sent = Sent {
            target: plan.target,
            ask: Ask {
                messages: Vec::new(),
                tools: Vec::new(),
                params: turn.asked.params,
                stream,
                json: false,
                patches: plan.patches,
            },
            tools: Vec::new(),
        };
        let mut live = Live::new(id, sent, now);
        // The turn's seconds go on, too.
        live.since = now.instant.checked_sub(before).unwrap_or(now.instant);
        let request = live.sent.request(&self.conversation, id);
        self.live = Some(live);
        self.keep_turn(id);
        self.selected = None;
        self.chat_scroll.follow();
        self.thinking_scroll.follow();
        effects.push(Effect::Send(id, Box::new(request)));
        effects
    }

    /// Asks for the last reply again, once, of the same model with another token limit.
    fn ask_with_limit(&mut self, limit: u64, now: Now) -> Vec<Effect> {
        let Some(turn) = self.conversation.last() else {
            return Vec::new();
        };
        let (parent, prompt, asked) = (turn.parent, turn.prompt.clone(), turn.asked.clone());
        let attached = turn.attachments.clone();
        let own = self.session.clone();
        self.session.choice.provider = asked.provider;
        self.session.choice.model = asked.model;
        self.session.thinking = asked.thinking;
        self.session.params = Params {
            max_tokens: Some(limit),
            ..asked.params
        };
        let effects = self.ask(parent, prompt, attached, now);
        self.session = own;
        self.keep_head();
        if !effects.is_empty() {
            let text = tr!("Asked again with max_tokens = {limit}, this once", limit);
            self.notify(Tone::Info, text, now.instant);
        }
        effects
    }

    /// Twice the token limit of a turn, or as much more as its model takes.
    fn more_tokens(&self, turn: &Turn) -> Result<u64, String> {
        let found = self.model_of(turn);
        let most = found
            .as_ref()
            .and_then(|(_, model)| model.max_output_tokens);
        let reached = turn.reply.total_usage().output_tokens;
        let limit = turn.asked.params.max_tokens.or(reached);
        let limit = limit.filter(|limit| *limit > 0).unwrap_or(USUAL_LIMIT);
        let more = limit.saturating_mul(2).min(most.unwrap_or(u64::MAX));
        if more > limit {
            return Ok(more);
        }
        let model = &turn.asked.model;
        Err(tr!(
            "{model} takes no more than {more} tokens; switch thinking off with Alt+T, then Alt+R",
            model,
            more
        ))
    }

    /// Whom a turn was asked of.
    fn model_of(&self, turn: &Turn) -> Option<(&Provider, Model)> {
        let provider = self.catalog.provider(&turn.asked.provider)?;
        Some((provider, provider.model(&turn.asked.model)))
    }

    /// Plans another request of a turn to whom it was asked of.
    fn plan_again(&self, turn: &Turn, thinking: Thinking, extras: Extras) -> Result<Plan, String> {
        let gone = || {
            tr!(
                "There is no provider “{id}” any more",
                id = turn.asked.provider
            )
        };
        let (provider, model) = self.model_of(turn).ok_or_else(gone)?;
        let extent = self.conversation.extent(turn.parent) + turn.estimate.prompt;
        let tokens = turn.rates.request_tokens(extent + turn.estimate.answer);
        let asked = RequestOptions {
            thinking,
            params: turn.asked.params,
            json: extras.json,
            search: extras.search,
            input_tokens_estimate: whole_tokens(tokens),
        };
        let plan = self.catalog.plan(provider, &model, &asked);
        plan.map_err(|refusal| refusal.to_string())
    }
}

/// The mode in which a model thinks least, if that is less than it was asked for.
fn least_thinking(model: &Model, asked: Thinking) -> Result<Thinking, String> {
    let id = &model.id;
    if asked == Thinking::Off {
        return Err(tr!(
            "{id} was asked not to think and does; Esc stops it",
            id
        ));
    }
    let efforts = |mode: &Thinking| *mode != Thinking::On;
    // In the order of the modes, off is first and efforts grow.
    match model.modes().into_iter().filter(efforts).min() {
        Some(least) if asked == Thinking::On || least < asked => Ok(least),
        Some(least) => Err(tr!(
            "{id} thinks no less than “{least}”; Esc stops it",
            id,
            least
        )),
        None if model.thinking.is_none() => Err(tr!(
            "mmchat does not know how to keep {id} from thinking; Esc stops it",
            id
        )),
        None => Err(tr!(
            "{id} always thinks; it can't answer at once. Esc stops it",
            id
        )),
    }
}
