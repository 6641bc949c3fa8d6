//! What every dialect says of a reply, made into deltas: one place for the rules that hold for
//! all of them.
//!
//! A dialect names what a frame holds; this module decides what of it is reasoning and what is
//! answer, what is a repetition, and what is worth a delta.
//!
//! Invariants: texts are never empty; [`Delta::Finish`] comes once, last, from [`Assembly::close`].

use serde_json::{Map, Value, json};

use super::json::Json;
use super::snapshot::{Change, Field, Pieces};
use super::think::{Residue, Splitter, Step};
use super::tools::{Calls, Piece};
use crate::chat::{Delta, Finish, Part, Remark, Source, Usage};

/// What goes back with the results of tool calls, where the provider wants it.
#[derive(Debug, Default)]
struct Carry {
    /// Whether it is wanted.
    wanted: bool,
    /// All content as it came, tags included.
    content: String,
    /// The first of the `reasoning_details`; its text is that of all of them together.
    detail: Option<Map<String, Value>>,
    /// The blocks of the reply, where the dialect has such.
    blocks: Option<String>,
}

/// A reply being put together.
#[derive(Debug)]
pub(super) struct Assembly {
    reasoning: Field,
    residue: Residue,
    content: Field,
    splitter: Splitter,
    goes_on: bool,
    /// What the splitter found in one piece; empty but for its allocation between pieces.
    steps: Vec<Step>,
    /// The reasoning that came in a field of its own, so far.
    field: String,
    /// The reasoning that was found inside the content, so far.
    tagged: String,
    /// How much of `tagged` the reasoning field has repeated, in bytes.
    repeated: usize,
    calls: Calls,
    served: Option<String>,
    usage: Usage,
    sources: Vec<Source>,
    remarks: Vec<Remark>,
    finish: Option<Finish>,
    carry: Carry,
    /// Whether content other than white space came.
    has_content: bool,
    /// Whether any of it came as an increment.
    is_streamed: bool,
}

impl Assembly {
    /// A reply of which nothing came yet. If it `carries`, what goes back with the results of its
    /// tool calls is handed out at its end; if it `goes_on`, it is the rest of a cut answer.
    pub(super) fn new(pieces: Pieces, carries: bool, goes_on: bool) -> Self {
        Self {
            carry: Carry {
                wanted: carries,
                ..Carry::default()
            },
            reasoning: Field::new(pieces),
            residue: Residue::default(),
            content: Field::new(pieces),
            splitter: Splitter::new(false, goes_on),
            goes_on,
            steps: Vec::new(),
            field: String::new(),
            tagged: String::new(),
            repeated: 0,
            calls: Calls::default(),
            served: None,
            usage: Usage::default(),
            sources: Vec::new(),
            remarks: Vec::new(),
            finish: None,
            has_content: false,
            is_streamed: false,
        }
    }

    /// Tells whether a reason to finish was given.
    pub(super) fn is_finishing(&self) -> bool {
        self.finish.is_some()
    }

    /// Hears that a frame is an increment: a whole message after it is a summary.
    pub(super) fn streams(&mut self) {
        self.is_streamed = true;
    }

    /// Tells whether an increment came.
    pub(super) fn is_streamed(&self) -> bool {
        self.is_streamed
    }

    /// Tells whether reasoning came, in whichever way.
    pub(super) fn has_reasoning(&self) -> bool {
        !self.field.is_empty() || self.splitter.found()
    }

    /// Tells whether content came.
    pub(super) fn has_content(&self) -> bool {
        self.has_content
    }

    /// Tells whether a tool call came.
    pub(super) fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Takes the name of the model that is served.
    pub(super) fn served(&mut self, model: Option<&str>, out: &mut Vec<Delta>) {
        let Some(model) = model else {
            return;
        };
        if !model.is_empty() && self.served.as_deref() != Some(model) {
            self.served = Some(model.to_owned());
            out.push(Delta::Served(model.to_owned()));
        }
    }

    /// Takes a piece of a reasoning field.
    pub(super) fn reasoning(&mut self, piece: &str, out: &mut Vec<Delta>) {
        if piece.is_empty() {
            return;
        }
        if self.splitter.found() {
            // One source per reply: the tags came first, and this repeats them.
            let rest = self.tagged.get(self.repeated..).unwrap_or_default();
            if rest.starts_with(piece.trim_end()) {
                self.repeated += piece.len().min(rest.len());
                return;
            }
        }
        self.splitter.field_seen();
        match self.reasoning.push(piece) {
            Change::None => {}
            Change::Append(more) => {
                let text = self.residue.push(more);
                self.append_reasoning(text, out);
            }
            Change::Restart(whole) => {
                self.residue = Residue::default();
                self.field = self.residue.push(&whole);
                out.push(Delta::Replace(Part::Reasoning, self.all_reasoning()));
            }
        }
    }

    /// Takes a piece of content: answer, and perhaps reasoning between tags.
    pub(super) fn content(&mut self, piece: &str, out: &mut Vec<Delta>) {
        if piece.is_empty() {
            return;
        }
        self.has_content = self.has_content || !piece.trim().is_empty();
        self.end_field(out);
        match self.content.push(piece) {
            Change::None => {}
            Change::Append(more) => {
                if self.carry.wanted {
                    self.carry.content.push_str(more);
                }
                self.splitter.push(more, &self.field, &mut self.steps);
                self.take_steps(out);
            }
            Change::Restart(whole) => {
                if self.carry.wanted {
                    self.carry.content.clone_from(&whole);
                }
                self.restart(&whole, out);
            }
        }
    }

    /// Takes a piece of a tool call.
    pub(super) fn call(&mut self, piece: &Piece<'_>, out: &mut Vec<Delta>) {
        if let Some(delta) = self.calls.push(piece) {
            self.splitter.tool_seen();
            out.push(Delta::Tool(delta));
        }
    }

    /// Takes the first of a frame's `reasoning_details`, whose text is reasoning like any other.
    pub(super) fn detail(&mut self, detail: Option<&Json<'_>>) {
        if self.carry.wanted
            && self.carry.detail.is_none()
            && let Some(Value::Object(members)) = detail.map(Json::to_value)
        {
            self.carry.detail = Some(members);
        }
    }

    /// Takes the blocks of the reply as they go back.
    pub(super) fn blocks(&mut self, blocks: String) {
        self.carry.blocks = Some(blocks);
    }

    /// Takes token counts: the last meaningful ones count, and they are never added up.
    pub(super) fn usage(&mut self, usage: Option<Usage>, out: &mut Vec<Delta>) {
        if let Some(usage) = usage
            && !usage.is_unknown()
            && usage != self.usage
        {
            self.usage = usage.clone();
            out.push(Delta::Usage(usage));
        }
    }

    /// Takes the sources of a search; an empty list never overwrites one.
    pub(super) fn sources(&mut self, sources: Vec<Source>, out: &mut Vec<Delta>) {
        if !sources.is_empty() && sources != self.sources {
            self.sources.clone_from(&sources);
            out.push(Delta::Sources(sources));
        }
    }

    /// The sources so far.
    pub(super) fn all_sources(&self) -> &[Source] {
        &self.sources
    }

    /// Takes a reason to finish in the provider's word. `""` and `"null"` mean not yet;
    /// the first reason counts.
    pub(super) fn finish(&mut self, word: Option<&str>) {
        let Some(word) = word else {
            return;
        };
        if self.finish.is_none() && !matches!(word, "" | "null" | "error") {
            self.finish = Some(finish(word));
        }
    }

    /// Remarks on the reply, once.
    pub(super) fn remark(&mut self, remark: Remark, out: &mut Vec<Delta>) {
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
            out.push(Delta::Remark(remark));
        }
    }

    /// Hands out all text that was held back.
    pub(super) fn flush(&mut self, out: &mut Vec<Delta>) {
        self.end_field(out);
        self.splitter.finish(&mut self.steps);
        self.take_steps(out);
    }

    /// Ends the reply, with `otherwise` where the provider gave no reason.
    pub(super) fn close(&mut self, otherwise: Finish, out: &mut Vec<Delta>) {
        self.flush(out);
        if self.has_calls()
            && let Some(carry) = self.carried()
        {
            out.push(Delta::Carry(carry));
        }
        out.push(Delta::Finish(self.finish.clone().unwrap_or(otherwise)));
    }

    /// What goes back, as JSON text: blocks, or the members that an OpenAI message has besides its
    /// answer and its calls.
    fn carried(&mut self) -> Option<String> {
        let carry = std::mem::take(&mut self.carry);
        if !carry.wanted || carry.blocks.is_some() {
            return carry.blocks;
        }
        let members = match carry.detail {
            Some(mut detail) if !self.field.is_empty() => {
                detail.insert("text".to_owned(), json!(self.field));
                json!({"reasoning_details": [detail]})
            }
            _ if !self.field.is_empty() => json!({"reasoning_content": self.field}),
            _ if !self.tagged.is_empty() => json!({"content": carry.content}),
            _ => return None,
        };
        Some(members.to_string())
    }

    fn end_field(&mut self, out: &mut Vec<Delta>) {
        let text = self.residue.finish();
        self.append_reasoning(text, out);
    }

    fn append_reasoning(&mut self, text: String, out: &mut Vec<Delta>) {
        if !text.is_empty() {
            self.field.push_str(&text);
            out.push(Delta::Reasoning(text));
        }
    }

    fn all_reasoning(&self) -> String {
        format!("{}{}", self.tagged, self.field)
    }

    fn take_steps(&mut self, out: &mut Vec<Delta>) {
        for step in self.steps.drain(..) {
            out.push(match step {
                Step::Reasoning(text) => {
                    self.tagged.push_str(&text);
                    Delta::Reasoning(text)
                }
                Step::Answer(text) => Delta::Answer(text),
                Step::Relabel => Delta::Relabel,
            });
        }
    }

    /// Splits all the content anew, since it was not what it seemed.
    fn restart(&mut self, content: &str, out: &mut Vec<Delta>) {
        self.splitter = Splitter::new(!self.field.is_empty(), self.goes_on);
        let mut steps = Vec::new();
        self.splitter.push(content, &self.field, &mut steps);
        let (mut tagged, mut answer) = (String::new(), String::new());
        for step in steps {
            match step {
                Step::Reasoning(text) => tagged.push_str(&text),
                Step::Answer(text) => answer.push_str(&text),
                Step::Relabel => {
                    tagged.push_str(answer.trim_end_matches('\n'));
                    answer.clear();
                }
            }
        }
        if tagged != self.tagged {
            self.tagged = tagged;
            out.push(Delta::Replace(Part::Reasoning, self.all_reasoning()));
        }
        out.push(Delta::Replace(Part::Answer, answer));
    }
}

fn finish(word: &str) -> Finish {
    match word.to_ascii_lowercase().as_str() {
        "stop" | "end_turn" | "stop_sequence" | "eos" | "eos_token" => Finish::Stop,
        "length"
        | "max_tokens"
        | "model_length"
        | "max_output_tokens"
        | "model_context_window_exceeded" => Finish::Length,
        "tool_calls" | "tool_use" | "function_call" => Finish::ToolCalls,
        "content_filter" | "refusal" | "sensitive" | "safety" => Finish::ContentFilter,
        _ => Finish::Other(word.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(pieces: Pieces, says: impl Fn(&mut Assembly, &mut Vec<Delta>)) -> crate::chat::Reply {
        let (mut assembly, mut out) = (Assembly::new(pieces, false, false), Vec::new());
        says(&mut assembly, &mut out);
        assembly.close(Finish::Stop, &mut out);
        let mut reply = crate::chat::Reply::default();
        for delta in out {
            reply.push(delta);
        }
        reply
    }

    fn texts(reply: &crate::chat::Reply) -> (&str, &str) {
        (reply.reasoning.as_str(), reply.answer.as_str())
    }

    #[test]
    fn tags_and_a_field_with_the_same_text_count_once_whichever_came_first() {
        let tags_first = reply(Pieces::Increments, |assembly, out| {
            assembly.content("<think>\nI see.\n</think>\n", out);
            assembly.reasoning("I ", out);
            assembly.reasoning("see.\n", out);
            assembly.content("Hi", out);
        });
        assert_eq!(texts(&tags_first), ("I see.", "Hi"));
        let together = reply(Pieces::Increments, |assembly, out| {
            assembly.reasoning("I ", out);
            assembly.content("<think>\nI ", out);
            assembly.reasoning("see.", out);
            assembly.content("see.\n</think>\n\nHi", out);
        });
        assert_eq!(texts(&together), ("I see.", "Hi"));
    }

    #[test]
    fn snapshots_with_tags_are_split_like_increments() {
        let reply = reply(Pieces::Unknown, |assembly, out| {
            for end in [3, 5, 12, 20, 30, 34] {
                let whole = "<think>\nI see it.\n</think>\n\nHello.";
                assembly.content(whole.get(..end).unwrap(), out);
            }
        });
        assert_eq!(texts(&reply), ("I see it.", "Hello."));
    }

    #[test]
    fn after_a_tool_call_another_block_is_reasoning() {
        let reply = reply(Pieces::Increments, |assembly, out| {
            assembly.content("<think>a</think>Look:", out);
            let piece = Piece {
                id: "1",
                name: "f",
                ..Piece::default()
            };
            assembly.call(&piece, out);
            assembly.content("<think>b</think>Done", out);
        });
        assert_eq!(texts(&reply), ("ab", "Look:Done"));
    }

    #[test]
    fn no_reason_yet_is_no_reason_and_the_first_one_counts() {
        let mut assembly = Assembly::new(Pieces::Increments, false, false);
        for word in ["", "null", "length", "stop"] {
            assembly.finish(Some(word));
        }
        let mut out = Vec::new();
        assembly.close(Finish::CutOff, &mut out);
        assert_eq!(out, [Delta::Finish(Finish::Length)]);
    }
}
