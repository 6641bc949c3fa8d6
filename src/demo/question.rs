//! Reads what a request body asks of the demo, in any of the dialects.
//!
//! Understands every switch that the real providers have for thinking and effort,
//! so that a capability's patch can be tried without a key.

use serde_json::Value;

use super::tokens;
use crate::wire::Dialect;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    /// The protocol that it came in.
    pub(super) dialect: Dialect,
    /// The model's id, echoed as served.
    pub(super) model: String,
    /// What the user said so far, oldest first.
    pub(super) prompts: Vec<String>,
    /// Estimated tokens of everything that was sent.
    pub(super) input_tokens: u64,
    /// How much reasoning comes before the answer.
    pub(super) depth: Depth,
    /// The most tokens of reasoning and answer together.
    pub(super) max_tokens: Option<u64>,
    /// Whether the reply is streamed.
    pub(super) stream: bool,
    /// Whether the stream ends with token counts.
    pub(super) usage: bool,
    /// The tools that may be asked for.
    pub(super) tools: Vec<Tool>,
    /// What a tool returned, if that is what was said last.
    pub(super) told: Option<String>,
}

/// A tool that may be asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tool {
    /// Its name.
    pub(super) name: String,
    /// The JSON schema of its arguments.
    pub(super) parameters: Value,
}

/// How much reasoning comes before the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// None.
    None,
    /// The first thought.
    Low,
    /// Half of it.
    Medium,
    /// All but the second look at the result.
    Usual,
    /// All of it.
    Max,
}

/// A request that the demo does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub(super) status: u16,
    /// What is wrong, in words.
    pub(super) message: String,
}

impl Refusal {
    /// A refusal for a request that is wrong in itself.
    fn bad(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            message: message.into(),
        }
    }
}

/// Reads a body. `sse_header` tells whether DashScope's header asks for a stream.
///
/// # Errors
///
/// A refusal when the body is no JSON object, names no model or holds no user message.
pub(super) fn read(dialect: Dialect, body: &[u8], sse_header: bool) -> Result<Question, Refusal> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|error| Refusal::bad(format!("the body is not JSON: {error}")))?;
    let model = body
        .get("model")
        .and_then(Value::as_str)
        .filter(|model| !model.is_empty())
        .ok_or_else(|| Refusal::bad("the body names no model"))?;
    // DashScope keeps messages under `input` and all else under `parameters`.
    let (messages, params) = match dialect {
        Dialect::OpenAi | Dialect::Anthropic => (body.get("messages"), &body),
        Dialect::DashScope => (
            body.pointer("/input/messages"),
            body.get("parameters").unwrap_or(&Value::Null),
        ),
    };
    let messages = messages
        .and_then(Value::as_array)
        .ok_or_else(|| Refusal::bad("the body holds no list of messages"))?;
    let mut prompts = Vec::new();
    let mut told = None;
    let mut input_tokens = body
        .get("system")
        .map_or(0, |s| tokens::estimate(&text_of(s)));
    for message in messages {
        let content = message.get("content").unwrap_or(&Value::Null);
        let text = text_of(content);
        // Role and delimiters of a message cost about four tokens in common chat templates.
        input_tokens += tokens::estimate(&text) + 4;
        told = result_of(message, content);
        if message.get("role").and_then(Value::as_str) == Some("user") && told.is_none() {
            prompts.push(text);
        }
    }
    if prompts.is_empty() {
        return Err(Refusal::bad("there is no user message"));
    }
    let flag = |name: &str| params.get(name).and_then(Value::as_bool).unwrap_or(false);
    let (stream, usage) = match dialect {
        Dialect::OpenAi => (
            flag("stream"),
            params
                .pointer("/stream_options/include_usage")
                .and_then(Value::as_bool)
                .unwrap_or(false),
        ),
        Dialect::DashScope => (sse_header, true),
        Dialect::Anthropic => (flag("stream"), true),
    };
    Ok(Question {
        dialect,
        model: model.to_owned(),
        prompts,
        input_tokens,
        depth: depth(params),
        max_tokens: params
            .get("max_tokens")
            .or_else(|| params.get("max_completion_tokens"))
            .and_then(Value::as_u64),
        stream,
        usage,
        tools: tools(params),
        told,
    })
}

/// What a message says that a tool returned.
fn result_of(message: &Value, content: &Value) -> Option<String> {
    if message.get("role").and_then(Value::as_str) == Some("tool") {
        return Some(text_of(content));
    }
    let results = content.as_array()?.iter();
    let results = results.filter(|block| block.get("type").is_some_and(|t| t == "tool_result"));
    let texts: Vec<String> = results
        .filter_map(|block| block.get("content").map(text_of))
        .collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

fn tools(params: &Value) -> Vec<Tool> {
    let offered = params.get("tools").and_then(Value::as_array);
    let tool = |tool: &Value| {
        let described = tool.get("function").unwrap_or(tool);
        let parameters = described
            .get("parameters")
            .or_else(|| described.get("input_schema"));
        Some(Tool {
            name: described.get("name")?.as_str()?.to_owned(),
            parameters: parameters.cloned().unwrap_or_default(),
        })
    };
    offered.into_iter().flatten().filter_map(tool).collect()
}

/// The text of a message's content: a string, or parts of which the text ones count.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part.get("text").and_then(Value::as_str))
            .collect::<Vec<_>>()
            .join("\n"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => String::new(),
    }
}

fn depth(params: &Value) -> Depth {
    let word = |pointer: &str| params.pointer(pointer).and_then(Value::as_str);
    let is_false = |pointer: &str| params.pointer(pointer) == Some(&Value::Bool(false));
    let effort = word("/reasoning_effort")
        .or_else(|| word("/output_config/effort"))
        .or_else(|| word("/reasoning/effort"));
    let is_off = word("/thinking/type") == Some("disabled")
        || word("/chat_template_kwargs/thinking_mode") == Some("disabled")
        || effort == Some("none")
        || is_false("/enable_thinking")
        || is_false("/think")
        || is_false("/reasoning/enabled");
    if is_off {
        return Depth::None;
    }
    match effort {
        Some("low" | "minimal") => Depth::Low,
        Some("medium") => Depth::Medium,
        Some("xhigh" | "max") => Depth::Max,
        Some(_) | None => Depth::Usual,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_json(dialect: Dialect, body: &Value) -> Result<Question, Refusal> {
        read(dialect, body.to_string().as_bytes(), true)
    }

    #[test]
    fn each_dialect_keeps_its_things_in_its_own_place() {
        let openai = json!({"model": "m", "stream": true, "max_tokens": 7,
            "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}]});
        let question = read_json(Dialect::OpenAi, &openai).unwrap();
        assert_eq!(question.prompts, ["hi"]);
        assert_eq!((question.max_tokens, question.stream), (Some(7), true));
        assert!(!question.usage, "not asked for");

        let dashscope = json!({"model": "m", "parameters": {"max_tokens": 9},
            "input": {"messages": [{"role": "user", "content": "hi"}]}});
        let question = read_json(Dialect::DashScope, &dashscope).unwrap();
        assert_eq!((question.max_tokens, question.stream), (Some(9), true));

        let anthropic = json!({"model": "m", "system": "s", "max_tokens": 9, "messages":
            [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]});
        let question = read_json(Dialect::Anthropic, &anthropic).unwrap();
        assert_eq!(question.prompts, ["hi"]);
        assert!(!question.stream);
    }

    #[test]
    fn every_providers_thinking_switch_is_understood() {
        for off in [
            json!({"thinking": {"type": "disabled"}}),
            json!({"enable_thinking": false}),
            json!({"reasoning": {"enabled": false}}),
            json!({"reasoning_effort": "none"}),
            json!({"chat_template_kwargs": {"thinking_mode": "disabled"}}),
        ] {
            assert_eq!(depth(&off), Depth::None, "{off}");
        }
        assert_eq!(depth(&json!({"reasoning_effort": "low"})), Depth::Low);
        assert_eq!(
            depth(&json!({"output_config": {"effort": "max"}})),
            Depth::Max
        );
        assert_eq!(depth(&json!({})), Depth::Usual);
    }

    #[test]
    fn what_is_wrong_with_a_body_is_said() {
        let no_json = read(Dialect::OpenAi, b"{", false).unwrap_err();
        assert!(no_json.message.contains("not JSON"), "{no_json:?}");
        let no_user = json!({"model": "m", "messages": []});
        assert!(read_json(Dialect::OpenAi, &no_user).is_err());
        assert!(read_json(Dialect::OpenAi, &json!({"messages": []})).is_err());
        assert!(read_json(Dialect::OpenAi, &json!([])).is_err());
    }
}
