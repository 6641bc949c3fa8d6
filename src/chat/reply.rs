//! A reply being received or finished: the fold of its [`Delta`]s.

use super::{Delta, Finish, Part, Remark, Source, ToolCall, ToolDelta, Usage};

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

    fn replace(&mut self, text: String) {
        if !text.starts_with(&self.text) {
            self.epoch += 1;
        }
        self.text = text;
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { text, epoch: 0 }
    }
}

/// All of a reply so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reply {
    /// The chain of thought.
    pub reasoning: Text,
    /// The answer.
    pub answer: Text,
    /// The tools that the model asked for.
    pub calls: Vec<ToolCall>,
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
            Delta::Reasoning(text) => self.reasoning.text.push_str(&text),
            Delta::Answer(text) => self.answer.text.push_str(&text),
            Delta::Relabel => {
                let answer = std::mem::take(&mut self.answer.text);
                self.answer.epoch += 1;
                self.reasoning.text.push_str(answer.trim_end_matches('\n'));
            }
            Delta::Replace(Part::Reasoning, text) => self.reasoning.replace(text),
            Delta::Replace(Part::Answer, text) => self.answer.replace(text),
            Delta::Tool(piece) => self.push_tool(piece),
            Delta::Sources(sources) => self.sources = sources,
            Delta::Usage(usage) => self.usage = usage,
            Delta::Remark(remark) => {
                if !self.remarks.contains(&remark) {
                    self.remarks.push(remark);
                }
            }
            Delta::Finish(finish) => self.finish = Some(finish),
        }
    }

    /// Tells whether nothing a reader could see has arrived.
    pub fn is_empty(&self) -> bool {
        self.reasoning.is_empty() && self.answer.is_empty() && self.calls.is_empty()
    }

    fn push_tool(&mut self, piece: ToolDelta) {
        // Slots come from the network: a wild one must not make a wild vector.
        const MOST_CALLS: usize = 128;
        if piece.slot >= MOST_CALLS {
            return;
        }
        if self.calls.len() <= piece.slot {
            self.calls.resize_with(piece.slot + 1, ToolCall::default);
        }
        let Some(call) = self.calls.get_mut(piece.slot) else {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
