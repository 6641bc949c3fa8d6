//! One turn: a prompt, what it was asked of, and what came back.

use std::time::Duration;

use super::{
    Attachment, Delta, Estimate, Extent, Extras, Failure, Finish, JsonFault, JsonView, Moment,
    Params, Part, Rates, Remark, Reply, Text, Thinking, Timing, whole_tokens,
};

/// Names a turn, in every program that shares the store; late events of a dropped turn are known
/// by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TurnId(pub u64);

/// What a turn's prompt was sent to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// The provider's id.
    pub provider: String,
    /// The model's id, as it was asked for.
    pub model: String,
    /// The thinking mode that was asked for.
    pub thinking: Thinking,
    /// The sampling parameters that were sent; reasoning and answer share the token limit.
    pub params: Params,
    /// What else was asked of the answer.
    pub extras: Extras,
}

/// Whether a turn's reply is still coming, and if not, how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnState {
    /// Still coming.
    Live,
    /// Complete, or as complete as its finish reason says.
    Done,
    /// Stopped by the user; what had arrived is kept.
    Stopped,
    /// The program ended before the reply did; what had arrived was kept.
    Interrupted,
    /// Failed; what had arrived is kept.
    Failed(Box<Failure>),
}

/// Whether a turn is sent along as history with the turns after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Standing {
    /// It is, for as long as there is room.
    #[default]
    Sent,
    /// It is, and stays when others are left out to make room.
    Pinned,
    /// It is not; it only stays on the screen.
    LeftOut,
}

/// A prompt, what it was asked of, and what came back. Turns form a tree: a turn's siblings are
/// other prompts or other replies at the same place.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// Its name.
    pub id: TurnId,
    /// The turn that it follows; `None` for a first turn.
    pub parent: Option<TurnId>,
    /// What the user said.
    pub prompt: String,
    /// What went along with it.
    pub attachments: Vec<Attachment>,
    /// When.
    pub sent: Moment,
    /// What it was sent to.
    pub asked: Asked,
    /// What came back.
    pub reply: Reply,
    /// Whether more is to come.
    pub state: TurnState,
    /// How long it took.
    pub timing: Timing,
    /// How much text it has.
    pub estimate: Estimate,
    /// How many tokens that makes, by what was known of the model when it was asked.
    pub rates: Rates,
    /// Whether it is sent along with the turns after it.
    pub standing: Standing,
    /// The answer laid out for reading, where it is to be JSON.
    pub json: Option<Box<JsonView>>,
}

impl Turn {
    /// Tells whether the reply is still coming.
    pub fn is_live(&self) -> bool {
        self.state == TurnState::Live
    }

    /// Whether its prompt is joined with the next one that is sent, having had no answer.
    pub fn goes_again(&self) -> bool {
        let is_sent = self.standing != Standing::LeftOut && !self.is_live();
        is_sent && self.reply.answer.as_str().trim().is_empty()
    }

    /// Has these go along with the prompt, which had none.
    pub fn attach(&mut self, attachments: Vec<Attachment>) {
        for attachment in &attachments {
            self.estimate.prompt += attachment.extent();
        }
        self.attachments = attachments;
    }

    /// Folds one delta in that arrived `elapsed` after the request was sent.
    pub fn push(&mut self, delta: Delta, elapsed: Duration) {
        let timing = &mut self.timing;
        let estimate = &mut self.estimate;
        match &delta {
            Delta::Reasoning(text) => {
                timing.arrived(Part::Reasoning, elapsed);
                estimate.reasoning += Extent::of(text);
            }
            Delta::Answer(text) => {
                timing.arrived(Part::Answer, elapsed);
                estimate.answer += Extent::of(text);
            }
            Delta::Relabel => {
                timing.relabel();
                estimate.reasoning += std::mem::take(&mut estimate.answer);
            }
            Delta::Replace(part, text) => {
                timing.arrived(*part, elapsed);
                let of_part = match part {
                    Part::Reasoning => &mut estimate.reasoning,
                    Part::Answer => &mut estimate.answer,
                };
                *of_part = Extent::of(text);
            }
            // A call is written as an answer is.
            Delta::Tool(_) => timing.goes_on(Part::Answer, elapsed),
            Delta::Finish(_) => timing.pause(elapsed),
            Delta::Served(_)
            | Delta::Sources(_)
            | Delta::Usage(_)
            | Delta::Carry(_)
            | Delta::Remark(_) => {}
        }
        let is_relabelled = matches!(delta, Delta::Relabel | Delta::Replace(..));
        let epoch = self.reply.answer.epoch();
        self.reply.push(delta);
        let is_taken_back = is_relabelled || self.reply.answer.epoch() != epoch;
        if is_taken_back && !self.reply.rounds.is_empty() {
            // Only the last round was.
            self.estimate.reasoning = Extent::of(self.reply.reasoning.as_str());
            self.estimate.answer = Extent::of(self.reply.answer.as_str());
        }
        self.lay_out();
    }

    /// Asks for the last round of the reply anew, `elapsed` after the request was sent: of what has
    /// come, its reasoning stays.
    pub fn ask_anew(&mut self, elapsed: Duration) {
        self.timing.pause(elapsed);
        self.reply.ask_anew();
        self.lay_out();
        self.estimate.answer = Extent::of(self.reply.answer.as_str());
    }

    /// Tokens of the reasoning, and whether the provider reported them (else they are estimated).
    pub fn reasoning_tokens(&self) -> (u64, bool) {
        let estimated = whole_tokens(self.rates.tokens(self.estimate.reasoning));
        let reported = self.reply.total_usage().reasoning_tokens;
        let reported = reported.filter(|&count| count > 0);
        (reported.unwrap_or(estimated), reported.is_some())
    }

    /// Tokens of the whole reply, and whether the provider reported them.
    pub fn output_tokens(&self) -> (u64, bool) {
        let estimate = self.estimate;
        let text = estimate.reasoning + estimate.answer;
        let estimated = whole_tokens(self.rates.tokens(text));
        let reported = self.reply.total_usage().output_tokens;
        let reported = reported.filter(|&count| count > 0);
        (reported.unwrap_or(estimated), reported.is_some())
    }

    /// Tokens of the answer alone, and whether the provider reported them.
    pub fn answer_tokens(&self) -> (u64, bool) {
        let usage = self.reply.total_usage();
        let told_apart = usage.reasoning_tokens.is_some() || self.reply.reasoning.is_empty();
        let reported = usage
            .answer_tokens()
            .filter(|&count| told_apart && count > 0);
        let estimated = whole_tokens(self.rates.tokens(self.estimate.answer));
        (reported.unwrap_or(estimated), reported.is_some())
    }

    /// The model as the provider says it served it, else as it was asked for.
    pub fn model(&self) -> &str {
        self.reply
            .served_model
            .as_deref()
            .unwrap_or(&self.asked.model)
    }

    /// The answer as it is to be shown: JSON is laid out for reading.
    pub fn shown_answer(&self) -> &Text {
        let laid_out = self.json.as_ref().map(|view| view.shown());
        laid_out.unwrap_or(&self.reply.answer)
    }

    /// Where a complete answer that was to be JSON stops being so, and at which byte of what is
    /// shown that is.
    pub fn json_fault(&self) -> Option<&(JsonFault, usize)> {
        self.json.as_ref()?.fault()
    }

    /// Brings the layout of an answer that is to be JSON up to date.
    pub(super) fn lay_out(&mut self) {
        if !self.asked.extras.json {
            return;
        }
        let view = self.json.get_or_insert_default();
        view.read_on(&self.reply.answer);
        if self.reply.remarks.contains(&Remark::NotJson) && view.fault().is_none() {
            let (all, last) = (self.reply.answer.as_str(), self.reply.last_answer());
            view.find_fault(all, all.len() - last.len());
        }
    }

    /// Looks, once the answer is complete, whether it is JSON if it was to be.
    pub fn check_json(&mut self) {
        let answer = self.reply.last_answer();
        let is_due = self.asked.extras.json && !answer.trim().is_empty();
        if is_due && JsonFault::of(answer).is_some() {
            self.push(Delta::Remark(Remark::NotJson), Duration::ZERO);
        }
    }

    /// Tells whether there is an answer that was cut, so that the model can go on with it.
    pub fn is_cut(&self) -> bool {
        let is_cut = match self.state {
            TurnState::Live => false,
            TurnState::Stopped | TurnState::Interrupted | TurnState::Failed(_) => true,
            TurnState::Done => {
                matches!(self.reply.finish, Some(Finish::Length | Finish::CutOff))
            }
        };
        is_cut && !self.reply.answer.as_str().trim().is_empty()
    }

    /// Tells whether the whole token limit went into reasoning, so that no answer came.
    pub fn reasoning_ate_the_answer(&self) -> bool {
        self.reply.finish == Some(Finish::Length)
            && self.reply.answer.as_str().trim().is_empty()
            && !self.reply.reasoning.is_empty()
    }
}
