//! What a raw answer looks like: which field reasoning came in, whether pieces repeat what was
//! there, before any of it is decoded.

use serde_json::Value;

/// What was seen in the frames of an answer.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Observed {
    /// Where reasoning came; `None` when none came.
    pub reasoning_field: Option<&'static str>,
    /// Whether each piece repeats all that came before it; `None` where too little came to tell.
    pub is_cumulative: Option<bool>,
    /// How many frames there were.
    pub frames: usize,
}

/// The pieces of one field, in order.
#[derive(Default)]
struct Pieces {
    all: Vec<String>,
}

/// Looks at the body of an answer, in whatever dialect.
pub(super) fn observe(body: &str) -> Observed {
    let mut observed = Observed::default();
    let (mut reasoning, mut answer) = (Pieces::default(), Pieces::default());
    for frame in frames(body) {
        observed.frames += 1;
        for holder in holders(&frame) {
            for name in ["reasoning_content", "reasoning", "thinking"] {
                if let Some(text) = text(holder, name) {
                    let field = observed.reasoning_field.get_or_insert(name);
                    if *field == name {
                        reasoning.push(text);
                    }
                }
            }
            let details = holder.get("reasoning_details").and_then(Value::as_array);
            if observed.reasoning_field.is_none() && details.is_some_and(|list| !list.is_empty()) {
                observed.reasoning_field = Some("reasoning_details");
            }
            for name in ["content", "text"] {
                if let Some(text) = text(holder, name) {
                    if observed.reasoning_field.is_none() && text.trim_start().starts_with("<think")
                    {
                        observed.reasoning_field = Some("<think> in content");
                    }
                    answer.push(text);
                }
            }
        }
    }
    observed.is_cumulative = reasoning.are_cumulative().or(answer.are_cumulative());
    observed
}

/// Every frame: the data of events, lines of JSON, or one object.
fn frames(body: &str) -> Vec<Value> {
    if let Ok(whole) = serde_json::from_str(body) {
        return vec![whole];
    }
    body.lines()
        .map(|line| line.strip_prefix("data:").unwrap_or(line).trim())
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(Value::is_object)
        .collect()
}

/// The objects of a frame that may hold text.
fn holders(frame: &Value) -> Vec<&Value> {
    // A summary of the whole repeats what its pieces said.
    let paths = [
        "/choices/0/delta",
        "/output/choices/0/message",
        "/delta",
        "/message",
    ];
    let found: Vec<&Value> = paths
        .iter()
        .filter_map(|path| frame.pointer(path))
        .collect();
    if found.is_empty() {
        return frame.pointer("/choices/0/message").into_iter().collect();
    }
    found
}

fn text<'a>(holder: &'a Value, name: &str) -> Option<&'a str> {
    holder.get(name)?.as_str().filter(|text| !text.is_empty())
}

impl Pieces {
    fn push(&mut self, text: &str) {
        self.all.push(text.to_owned());
    }

    fn are_cumulative(&self) -> Option<bool> {
        let pairs = || self.all.iter().zip(self.all.iter().skip(1));
        if pairs().any(|(before, after)| !after.starts_with(before.as_str())) {
            return Some(false);
        }
        // Short pieces may begin alike by chance.
        pairs().any(|(before, _)| before.len() >= 8).then_some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! fixture {
        ($name:literal) => {
            include_str!(concat!("../../../tests/fixtures/wire/", $name))
        };
    }

    #[test]
    fn the_field_of_the_reasoning_is_found_in_every_dialect() {
        for (body, field) in [
            (fixture!("ali-compat-m25.sse"), "reasoning_content"),
            (fixture!("ali-native-m25.sse"), "reasoning_content"),
            (fixture!("tokenhub-m27.sse"), "reasoning_content"),
            (fixture!("openrouter-m3.sse"), "reasoning"),
            (fixture!("vllm-m3.sse"), "reasoning"),
            (fixture!("mm-anthropic-m3.sse"), "thinking"),
            (fixture!("mm-openai-inline.sse"), "<think> in content"),
        ] {
            assert_eq!(observe(body).reasoning_field, Some(field));
        }
        assert_eq!(observe("<html>").reasoning_field, None);
    }

    #[test]
    fn pieces_that_repeat_what_came_before_are_told_from_those_that_add() {
        let told = |body| observe(body).is_cumulative;
        assert_eq!(told(fixture!("mm-openai-cumulative.sse")), Some(true));
        assert_eq!(told(fixture!("ali-native-m25.sse")), Some(false));
        assert_eq!(told(fixture!("mm-anthropic-m3.sse")), Some(false));
        assert_eq!(told("{}"), None);
    }
}
