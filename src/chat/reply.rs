//! A reply being received or finished: the fold of its [`Delta`]s.

use std::ops::Range;

use super::{Delta, Finish, Message, Part, Remark, Source, ToolCall, ToolDelta, Usage};

/// What stands between the reasoning of two rounds.
const BETWEEN_THOUGHTS: &str = "\n\n---\n\n";
/// What stands between the answers of two rounds.
const BETWEEN_ANSWERS: &str = "\n\n";
/// How much of the rest of a cut answer is looked at for what it repeats.
const SEAM_BYTES: usize = 400;
/// A repetition that is shorter may be meant.
const LEAST_REPEATED_BYTES: usize = 12;
/// How much of a cut answer is quoted, for the model to go on from.
const QUOTED_CHARS: usize = 160;

/// A text that usually grows at its end.
///
/// Whoever derives something from it (wrapped rows, say) may keep what it derived as long as
/// [`Text::epoch`] stays the same: within one epoch, earlier text is a prefix of later text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    text: String,
    epoch: u32,
}

impl Text {
    /// The text so far.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Counts how often earlier text was taken back.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Tells whether there is no text yet.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The length in bytes.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn replace(&mut self, text: String) {
        if !text.starts_with(&self.text) {
            self.epoch += 1;
        }
        self.text = text;
    }

    /// Appends text of the round that began at the byte `start`.
    pub(super) fn append(&mut self, start: usize, between: &str, text: &str) {
        if start > 0 && self.text.len() == start {
            self.text.push_str(between);
        }
        self.text.push_str(text);
    }

    /// The text of the round that began at the byte `start`.
    fn since(&self, start: usize, between: &str) -> &str {
        let text = self.text.get(start..).unwrap_or_default();
        text.strip_prefix(between).unwrap_or(text)
    }

    /// The same text with another one in the place of that round's.
    fn with(&self, start: usize, between: &str, text: &str) -> String {
        let before = self.text.get(..start).unwrap_or_default();
        let between = if before.is_empty() || text.is_empty() {
            ""
        } else {
            between
        };
        format!("{before}{between}{text}")
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { text, epoch: 0 }
    }
}

/// What follows a round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ending {
    /// A new text: the answer was complete, as far as it went.
    #[default]
    Whole,
    /// The rest of the answer: it was cut. What the model repeats of it is yet to be taken out.
    Cut,
    /// The rest of the answer, without what was repeated.
    Joined,
}

/// A round of a reply that is over: where its parts end in those of the whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Round {
    /// The end of its reasoning, in bytes.
    pub reasoning_bytes: usize,
    /// The end of its answer, in bytes.
    pub answer_bytes: usize,
    /// How many calls there were with it.
    pub calls: usize,
    /// How many sources it and those before it had found.
    pub sources: usize,
    /// What follows it.
    pub ending: Ending,
    /// See [`Reply::carry`].
    pub carry: Option<String>,
    /// Its token counts.
    pub usage: Usage,
}

/// All of a reply so far. One that asks for tools comes in rounds; their texts follow each other
/// in one text each, so that whoever shows, searches or keeps a reply need not know of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reply {
    /// The chain of thought.
    pub reasoning: Text,
    /// The answer.
    pub answer: Text,
    /// The tools that the model asked for, in all rounds.
    pub calls: Vec<ToolCall>,
    /// The rounds before this one: each ended with tool calls, whose results the next one began
    /// with, or was cut. Empty for most replies.
    pub rounds: Vec<Round>,
    /// What the provider wants back untouched beside the results of this round's calls.
    pub carry: Option<String>,
    /// Pages that a web search found.
    pub sources: Vec<Source>,
    /// Token counts, as last reported.
    pub usage: Usage,
    /// The model that the provider says it served.
    pub served_model: Option<String>,
    /// Honest remarks, each at most once.
    pub remarks: Vec<Remark>,
    /// Why the reply ended; `None` while it has not.
    pub finish: Option<Finish>,
}

impl Reply {
    /// Folds one delta in.
    pub fn push(&mut self, delta: Delta) {
        match delta {
            Delta::Served(model) => self.served_model = Some(model),
            Delta::Reasoning(text) => {
                let start = self.start().reasoning_bytes;
                self.reasoning.append(start, BETWEEN_THOUGHTS, &text);
            }
            Delta::Answer(text) => {
                let start = self.start().answer_bytes;
                self.answer.append(start, self.between_answers(), &text);
                if self.answer.len() - start.min(self.answer.len()) >= SEAM_BYTES {
                    self.join();
                }
                self.place_calls();
            }
            Delta::Relabel => {
                self.relabel();
                self.place_calls();
            }
            Delta::Replace(Part::Reasoning, text) => {
                let start = self.start().reasoning_bytes;
                let whole = self.reasoning.with(start, BETWEEN_THOUGHTS, &text);
                self.reasoning.replace(whole);
            }
            Delta::Replace(Part::Answer, text) => {
                let start = self.start().answer_bytes;
                let between = self.between_answers();
                let repeated = if between.is_empty() {
                    let before = self.answer.text.get(..start).unwrap_or_default();
                    overlap_bytes(before, &text)
                } else {
                    0
                };
                let text = text.get(repeated..).unwrap_or_default();
                let whole = self.answer.with(start, between, text);
                self.answer.replace(whole);
                self.place_calls();
            }
            Delta::Tool(piece) => {
                self.push_tool(piece);
                self.place_calls();
            }
            Delta::Sources(sources) => {
                // Those that earlier rounds found were not sent again.
                self.sources.truncate(self.start().sources);
                self.sources.extend(sources);
            }
            Delta::Usage(usage) => self.usage = usage,
            Delta::Carry(text) => self.carry = Some(text),
            Delta::Remark(remark) => {
                if !self.remarks.contains(&remark) {
                    self.remarks.push(remark);
                }
            }
            Delta::Finish(finish) => {
                self.join();
                self.finish = Some(finish);
            }
        }
    }

    /// Tells whether nothing a reader could see has arrived.
    pub fn is_empty(&self) -> bool {
        self.reasoning.is_empty() && self.answer.is_empty() && self.calls.is_empty()
    }

    /// Ends a round: what comes from now on is said after the results of its calls.
    pub fn next_round(&mut self) {
        self.rounds.push(Round {
            reasoning_bytes: self.reasoning.len(),
            answer_bytes: self.answer.len(),
            calls: self.calls.len(),
            sources: self.sources.len(),
            ending: Ending::Whole,
            carry: self.carry.take(),
            usage: std::mem::take(&mut self.usage),
        });
        self.finish = None;
    }

    /// Asks for this round anew: of what has come, its reasoning stays.
    pub fn ask_anew(&mut self) {
        let start = self.start();
        if self.answer.len() > start.answer_bytes {
            self.answer.text.truncate(start.answer_bytes);
            self.answer.epoch += 1;
        }
        self.calls.truncate(start.calls);
        self.sources.truncate(start.sources);
        self.next_round();
        if let Some(round) = self.rounds.last_mut() {
            round.ending = start.ending;
            round.carry = None;
        }
    }

    /// Goes on with an answer that was cut. Its rounds become one: as in later turns, only the
    /// answer is sent.
    pub fn go_on(&mut self) {
        self.usage = self.total_usage();
        self.rounds.clear();
        self.next_round();
        if let Some(round) = self.rounds.last_mut() {
            round.ending = Ending::Cut;
            round.carry = None;
        }
    }

    /// What was answered after the last results of tools; all of it where there were none.
    pub fn last_answer(&self) -> &str {
        let start = self.start();
        let is_apart = start.ending == Ending::Whole;
        let start = if is_apart { start.answer_bytes } else { 0 };
        self.answer.since(start, BETWEEN_ANSWERS)
    }

    /// The calls of this round.
    pub fn calls_of_round(&self) -> &[ToolCall] {
        self.calls
            .get(self.rounds.last().map_or(0, |round| round.calls)..)
            .unwrap_or_default()
    }

    /// The reply in the order in which it came: pieces of the answer, in bytes, each with the calls
    /// that came after it. Either may be empty.
    pub fn passages(&self) -> Vec<(Range<usize>, Range<usize>)> {
        let answer = self.answer.as_str();
        let mut passages: Vec<(Range<usize>, Range<usize>)> = Vec::new();
        let mut from = 0;
        for (index, call) in self.calls.iter().enumerate() {
            let most = call.after_bytes.min(answer.len());
            let at = (from..=most).rev().find(|&at| answer.is_char_boundary(at));
            let at = at.unwrap_or(from);
            match passages.last_mut() {
                Some((_, calls)) if at == from => calls.end = index + 1,
                _ => passages.push((from..at, index..index + 1)),
            }
            from = at;
        }
        if from < answer.len() {
            passages.push((from..answer.len(), self.calls.len()..self.calls.len()));
        }
        passages
    }

    /// What the rounds that are over said and got: each an answer with its calls, then a result
    /// for each of them.
    pub fn exchange(&self) -> Vec<Message> {
        let mut messages = Vec::new();
        let mut start = Round::default();
        for round in &self.rounds {
            let is_cut = round.ending != Ending::Whole;
            let calls = self.calls.get(start.calls..round.calls);
            let calls = calls.filter(|_| !is_cut).unwrap_or_default();
            let said = self
                .answer
                .text
                .get(..round.answer_bytes)
                .unwrap_or_default();
            let said = said.get(start.answer_bytes..).unwrap_or_default();
            let said = match (start.answer_bytes, start.ending) {
                (1.., Ending::Whole) => said.strip_prefix(BETWEEN_ANSWERS).unwrap_or(said),
                _ => said,
            };
            if said.is_empty() && calls.is_empty() {
                // It was asked for anew: there is nothing that it said.
                start = round.clone();
                continue;
            }
            messages.push(Message::Assistant {
                content: said.to_owned(),
                calls: calls.to_vec(),
                carry: round.carry.clone(),
            });
            messages.extend(calls.iter().map(|call| Message::Tool {
                call_id: call.id.clone(),
                content: call.result(),
            }));
            if is_cut {
                messages.push(Message::User(please_go_on(said)));
            }
            start = round.clone();
        }
        messages
    }

    /// Takes over token counts that are known for all rounds together, once they are over: how much
    /// of them was the last round's, and took its place in the context window, is not known then.
    pub fn set_total_usage(&mut self, total: Usage) {
        let went_on = [
            Remark::WentOn,
            Remark::AnsweredAtOnce,
            Remark::AnsweredWithLeast,
        ];
        let has_rounds = self.calls.iter().any(ToolCall::is_over)
            || went_on.iter().any(|remark| self.remarks.contains(remark));
        if !has_rounds {
            self.usage = total;
            return;
        }
        self.usage = Usage::default();
        let (calls, answer_bytes) = self.before_last_answer();
        self.rounds = vec![Round {
            usage: total,
            calls,
            answer_bytes,
            ..Round::default()
        }];
    }

    /// How many calls, and how many bytes of the answer, came before what was said last, as the
    /// places of the calls tell.
    fn before_last_answer(&self) -> (usize, usize) {
        // An answer that was gone on with is one, with all that came before.
        if self.remarks.contains(&Remark::WentOn) {
            return (0, 0);
        }
        let answer = self.answer.as_str();
        let is_before = |at: &usize| *at < answer.len() && answer.is_char_boundary(*at);
        let mut calls = self.calls.iter().enumerate().rev();
        let last = calls.find(|(_, call)| is_before(&call.after_bytes));
        last.map_or((0, 0), |(index, call)| (index + 1, call.after_bytes))
    }

    /// The token counts of all rounds together: what is paid for.
    pub fn total_usage(&self) -> Usage {
        let rounds = self.rounds.iter().map(|round| &round.usage);
        rounds.fold(self.usage.clone(), |sum, usage| sum.plus(usage))
    }

    fn start(&self) -> Round {
        let last = self.rounds.last();
        last.map_or_else(Round::default, |round| Round {
            carry: None,
            usage: Usage::default(),
            ..*round
        })
    }

    /// Tells whether this round's answer is the rest of one that was cut.
    pub fn is_going_on(&self) -> bool {
        self.start().ending != Ending::Whole
    }

    fn between_answers(&self) -> &'static str {
        if self.is_going_on() {
            ""
        } else {
            BETWEEN_ANSWERS
        }
    }

    /// Takes out, once, what the rest of a cut answer repeats of it.
    pub fn join(&mut self) {
        let Some(round) = self.rounds.last_mut() else {
            return;
        };
        if round.ending != Ending::Cut {
            return;
        }
        round.ending = Ending::Joined;
        let Some((before, rest)) = self.answer.text.split_at_checked(round.answer_bytes) else {
            return;
        };
        let repeated = overlap_bytes(before, rest);
        if repeated > 0 {
            let rest = rest.get(repeated..).unwrap_or_default();
            self.answer.replace(format!("{before}{rest}"));
        }
    }

    /// This round's answer was reasoning.
    fn relabel(&mut self) {
        let start = self.start();
        let answer = self
            .answer
            .since(start.answer_bytes, self.between_answers());
        let thought = answer.trim_end_matches('\n').to_owned();
        self.answer.text.truncate(start.answer_bytes);
        self.answer.epoch += 1;
        if !thought.is_empty() {
            self.reasoning
                .append(start.reasoning_bytes, BETWEEN_THOUGHTS, &thought);
        }
    }

    /// The calls of this round come after all that it says: they are run once it is over.
    fn place_calls(&mut self) {
        let first = self.start().calls;
        for call in self.calls.iter_mut().skip(first) {
            call.after_bytes = self.answer.len();
        }
    }

    fn push_tool(&mut self, piece: ToolDelta) {
        // Slots come from the network: a wild one must not make a wild vector.
        const MOST_CALLS: usize = 128;
        if piece.slot >= MOST_CALLS {
            return;
        }
        let slot = self.start().calls + piece.slot;
        if self.calls.len() <= slot {
            self.calls.resize_with(slot + 1, ToolCall::default);
        }
        let Some(call) = self.calls.get_mut(slot) else {
            return;
        };
        if let Some(id) = piece.id.filter(|id| !id.is_empty()) {
            call.id = id;
        }
        if let Some(name) = piece.name.filter(|name| !name.is_empty()) {
            call.name = name;
        }
        if piece.snapshot {
            call.arguments = piece.arguments;
        } else {
            call.arguments.push_str(&piece.arguments);
        }
    }
}

/// How many bytes at the beginning of `rest` repeat the end of `before`.
fn overlap_bytes(before: &str, rest: &str) -> usize {
    let most = before.len().min(rest.len()).min(SEAM_BYTES);
    let is_repeated = |&bytes: &usize| {
        let head = rest.get(..bytes);
        head.is_some_and(|head| before.ends_with(head))
    };
    (LEAST_REPEATED_BYTES..=most)
        .rev()
        .find(is_repeated)
        .unwrap_or(0)
}

/// Asks for the rest of an answer that was cut. No endpoint goes on with a half answer by itself.
fn please_go_on(said: &str) -> String {
    let count = said.chars().count();
    let tail: String = said
        .chars()
        .skip(count.saturating_sub(QUOTED_CHARS))
        .collect();
    format!(
        "Your answer was cut off. It ends with:\n\n{tail}\n\nGo on exactly where it stops. Repeat nothing, and say nothing about the interruption."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{CallState, Outcome};

    fn folded(deltas: impl IntoIterator<Item = Delta>) -> Reply {
        let mut reply = Reply::default();
        deltas.into_iter().for_each(|delta| reply.push(delta));
        reply
    }

    #[test]
    fn a_relabelled_answer_becomes_reasoning_and_starts_a_new_epoch() {
        let reply = folded([
            Delta::Reasoning("a ".into()),
            Delta::Answer("thought\n".into()),
            Delta::Relabel,
            Delta::Answer("said".into()),
        ]);
        assert_eq!(reply.reasoning.as_str(), "a thought");
        assert_eq!(reply.answer.as_str(), "said");
        assert_eq!(reply.answer.epoch(), 1);
    }

    #[test]
    fn where_the_last_answer_begins_is_known_again_once_the_rounds_are_not() {
        let call = |after_bytes| ToolCall {
            after_bytes,
            state: CallState::Done(Outcome::default()),
            ..ToolCall::default()
        };
        let kept = |answer: &str, calls: &[usize], remarks: &[Remark]| {
            let mut reply = Reply {
                answer: Text::from(answer.to_owned()),
                calls: calls.iter().copied().map(call).collect(),
                remarks: remarks.to_vec(),
                ..Reply::default()
            };
            reply.set_total_usage(Usage::default());
            (reply.last_answer().to_owned(), reply.calls_of_round().len())
        };
        let said = "I look.\n\nAnd on.\n\n{\"a\": 1}";
        assert_eq!(kept(said, &[7, 7, 16], &[]), ("{\"a\": 1}".to_owned(), 0));
        // The last round ended with a call.
        let cut = said.get(..16).unwrap();
        assert_eq!(kept(cut, &[7, 16], &[]), ("And on.".to_owned(), 1));
        assert_eq!(kept(said, &[7, 16], &[Remark::WentOn]).0, said);
        // A file may say anything, or nothing.
        assert_eq!(kept("né", &[2, 99], &[]), ("né".to_owned(), 2));
        assert_eq!(kept(said, &[0, 0], &[]).0, said);
    }

    #[test]
    fn calls_stand_between_the_texts_of_the_rounds_that_they_came_with() {
        let call = |name: &str| {
            Delta::Tool(ToolDelta {
                name: Some(name.to_owned()),
                ..ToolDelta::default()
            })
        };
        let mut reply = folded([Delta::Answer("I lo".into()), call("a")]);
        reply.push(Delta::Answer("ok.".into()));
        reply.next_round();
        reply.push(call("b"));
        reply.next_round();
        reply.push(Delta::Answer("Noon.".into()));
        let said = |reply: &Reply| -> Vec<(String, usize)> {
            let passages = reply.passages().into_iter();
            let said = passages.map(|(text, calls)| (reply.answer.as_str().get(text), calls.len()));
            said.map(|(text, calls)| (text.unwrap().to_owned(), calls))
                .collect()
        };
        let expected = [("I look.".to_owned(), 2), ("\n\nNoon.".to_owned(), 0)];
        assert_eq!(said(&reply), expected);
        // A file may say anything.
        for (call, at) in reply.calls.iter_mut().zip([usize::MAX, 3]) {
            call.after_bytes = at;
        }
        assert_eq!(said(&reply), [("I look.\n\nNoon.".to_owned(), 2)]);
        assert_eq!(Reply::default().passages(), []);
    }

    #[test]
    fn a_snapshot_that_only_grows_keeps_the_epoch() {
        let mut reply = folded([Delta::Answer("First".into())]);
        reply.push(Delta::Replace(Part::Answer, "First and second".into()));
        assert_eq!(reply.answer.epoch(), 0);
        reply.push(Delta::Replace(Part::Answer, "Other".into()));
        assert_eq!((reply.answer.epoch(), reply.answer.as_str()), (1, "Other"));
    }

    #[test]
    fn tool_calls_are_put_together_from_pieces() {
        let piece = |slot, id: &str, arguments: &str, snapshot| {
            Delta::Tool(ToolDelta {
                slot,
                id: Some(id.to_owned()),
                arguments: arguments.to_owned(),
                snapshot,
                ..ToolDelta::default()
            })
        };
        let reply = folded([
            piece(0, "a", "{\"x\"", false),
            piece(1, "b", "{", false),
            piece(0, "", ":1}", false),
            piece(1, "", "{}", true),
            piece(usize::MAX, "wild", "", false),
        ]);
        let calls: Vec<_> = reply
            .calls
            .iter()
            .map(|c| (c.id.as_str(), c.arguments.as_str()))
            .collect();
        assert_eq!(calls, [("a", "{\"x\":1}"), ("b", "{}")]);
    }
    #[test]
    fn rounds_follow_each_other_in_the_same_texts_and_go_back_apart() {
        let tool = |id: &str| {
            Delta::Tool(ToolDelta {
                id: Some(id.to_owned()),
                name: Some("look".to_owned()),
                arguments: "{}".to_owned(),
                ..ToolDelta::default()
            })
        };
        let mut reply = folded([
            Delta::Reasoning("first".into()),
            Delta::Answer("Looking.".into()),
            tool("a"),
            Delta::Carry("[1]".into()),
            Delta::Finish(Finish::ToolCalls),
        ]);
        reply.next_round();
        for delta in [
            Delta::Answer("second".into()),
            Delta::Relabel,
            Delta::Answer("Agai".into()),
            Delta::Replace(Part::Answer, "Again.".into()),
            tool("b"),
        ] {
            reply.push(delta);
        }
        assert_eq!(reply.reasoning.as_str(), "first\n\n---\n\nsecond");
        assert_eq!(reply.answer.as_str(), "Looking.\n\nAgain.");
        let ids: Vec<&str> = reply.calls.iter().map(|call| call.id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
        assert_eq!(reply.calls_of_round().len(), 1);
        assert_eq!((&reply.finish, &reply.carry), (&None, &None));
        reply.next_round();
        let said: Vec<String> = reply
            .exchange()
            .iter()
            .map(|message| message.text().to_owned())
            .collect();
        let not_run = reply.calls[0].result();
        assert_eq!(said, ["Looking.", &*not_run, "Again.", &*not_run]);
        assert!(matches!(
            &reply.exchange()[0],
            Message::Assistant { carry: Some(carry), .. } if carry == "[1]"
        ));
    }
}
