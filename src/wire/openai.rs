//! The OpenAI dialect: chat completions as everybody speaks them, and Ollama's own frames.
//!
//! Frames are read as a superset of what providers send: every field is optional, and what several
//! fields repeat is taken once.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value, json};

use super::assembly::Assembly;
use super::decoder::Heard;
use super::json::Json;
use super::tools::Piece;
use super::{Ask, Target, ToolSpec, usage};
use crate::chat::{Delta, Image, Message, ToolCall, Usage};

/// Where requests go, below the base address.
pub(super) const PATH: &str = "/chat/completions";

/// The body of a request, without patches.
pub(super) fn body(target: &Target, ask: &Ask) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(target.model));
    body.insert("messages".to_owned(), messages(&ask.messages));
    body.insert("stream".to_owned(), json!(ask.stream));
    if ask.stream {
        body.insert("stream_options".to_owned(), json!({"include_usage": true}));
    }
    insert_tools(&mut body, &ask.tools);
    insert_params(&mut body, target, ask);
    body
}

/// Inserts the tools that are offered, if any.
pub(super) fn insert_tools(body: &mut Map<String, Value>, tools: &[ToolSpec]) {
    if tools.is_empty() {
        return;
    }
    let tool = |tool: &ToolSpec| {
        json!({"type": "function", "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": schema(tool),
        }})
    };
    body.insert("tools".to_owned(), tools.iter().map(tool).collect());
}

/// The schema of a tool's arguments: without one there are none, which has to be said too.
pub(super) fn schema(tool: &ToolSpec) -> Value {
    let mut schema = tool.parameters.clone();
    schema.entry("type").or_insert_with(|| json!("object"));
    schema.entry("properties").or_insert_with(|| json!({}));
    Value::Object(schema)
}

/// The arguments of a call, as they go back. Some servers read them once more and fail on what is
/// no JSON; the result says what was wrong with them.
pub(super) fn arguments(call: &ToolCall) -> Value {
    let read = serde_json::from_str::<Value>(&call.arguments);
    read.ok()
        .filter(Value::is_object)
        .unwrap_or_else(|| json!({}))
}

/// The messages. Content is a plain string wherever it can be, since text models on DashScope
/// refuse anything else.
pub(super) fn messages(messages: &[Message]) -> Value {
    messages.iter().map(message).collect()
}

/// An image as an address that holds it.
pub(super) fn data_url(image: &Image) -> String {
    let data = STANDARD.encode(&image.bytes);
    format!("data:{};base64,{data}", image.kind.media_type())
}

/// What the user said and showed, as parts: the images, then the text about them.
fn parts(text: &str, images: &[(String, Arc<Image>)]) -> Vec<Value> {
    let image = |(_, image): &(String, Arc<Image>)| json!({"type": "image_url", "image_url": {"url": data_url(image)}});
    let text = Some(text).filter(|text| !text.trim().is_empty());
    let text = text.map(|text| json!({"type": "text", "text": text}));
    images.iter().map(image).chain(text).collect()
}

/// Inserts the sampling parameters that are set.
pub(super) fn insert_params(body: &mut Map<String, Value>, target: &Target, ask: &Ask) {
    let params = &ask.params;
    let floats = [
        ("temperature", params.temperature),
        ("top_p", params.top_p),
        ("presence_penalty", params.presence_penalty),
    ];
    for (name, value) in floats {
        if let Some(value) = value {
            body.insert(name.to_owned(), json!(value));
        }
    }
    if let Some(limit) = params.max_tokens {
        body.insert(target.max_tokens_field.clone(), json!(limit));
    }
}

/// Reads one frame.
pub(super) fn read(frame: &Json<'_>, assembly: &mut Assembly, out: &mut Vec<Delta>) -> Heard {
    assembly.served(frame.text("model"), out);
    if frame.get("choices").is_none_or(Json::is_null) && frame.get("message").is_some() {
        return read_ollama(frame, assembly, out);
    }
    let choice = frame
        .items("choices")
        .iter()
        .find(|choice| is_first(choice));
    let mut heard = Heard::Nothing;
    if let Some(choice) = choice {
        heard = read_choice(choice, frame, assembly, out);
    } else if frame.get("choices").is_some_and(Json::is_list) {
        heard = Heard::Part;
    }
    if let Some(counts) = frame.get("usage").filter(|usage| !usage.is_null()) {
        assembly.usage(usage::read(counts), out);
    }
    heard
}

/// Reads the text of a `content`: a string, or parts of one.
pub(super) fn read_content(content: &Json<'_>, assembly: &mut Assembly, out: &mut Vec<Delta>) {
    match content {
        Json::Text(text) => assembly.content(text, out),
        Json::List(parts) => {
            for part in parts {
                if let Some(text) = part.as_str().or_else(|| part.text("text")) {
                    assembly.content(text, out);
                } else if let Some(thought) = part.get("thinking") {
                    assembly.reasoning(&joined(thought), out);
                }
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => {}
    }
}

/// Reads the `tool_calls` of a delta or a message.
pub(super) fn read_calls(message: &Json<'_>, assembly: &mut Assembly, out: &mut Vec<Delta>) {
    for call in message.items("tool_calls") {
        let function = call.get("function");
        let name = function.and_then(|function| function.text("name"));
        let piece = Piece {
            index: call.get("index").and_then(Json::as_u64),
            id: call.text("id").unwrap_or_default(),
            name: name.unwrap_or_default(),
            arguments: function.and_then(|function| function.get("arguments")),
        };
        assembly.call(&piece, out);
    }
}

/// The reasoning of a delta or a message: the first source that says anything, since the others
/// repeat it.
pub(super) fn reasoning<'a>(message: &'a Json<'_>) -> Cow<'a, str> {
    let names = [
        "reasoning_content",
        "reasoning",
        "thinking",
        "reasoning_details",
    ];
    names
        .iter()
        .filter_map(|name| message.get(name))
        .map(joined)
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

pub(super) fn message(message: &Message) -> Value {
    match message {
        Message::System(content) => json!({"role": "system", "content": content}),
        Message::User(content) => json!({"role": "user", "content": content}),
        Message::Shown { text, images } => json!({"role": "user", "content": parts(text, images)}),
        Message::Assistant { content, calls, .. } if calls.is_empty() => {
            json!({"role": "assistant", "content": content})
        }
        Message::Assistant {
            content,
            calls,
            carry,
        } => {
            let calls: Vec<Value> = calls
                .iter()
                .map(|call| {
                    let as_written = serde_json::from_str::<Map<String, Value>>(&call.arguments);
                    let arguments = match as_written {
                        Ok(_) => call.arguments.clone(),
                        Err(_) => arguments(call).to_string(),
                    };
                    json!({"id": call.id, "type": "function",
                        "function": {"name": call.name, "arguments": arguments}})
                })
                .collect();
            let mut message = Map::new();
            message.insert("role".to_owned(), json!("assistant"));
            message.insert("content".to_owned(), json!(content));
            // What the provider wants back of this answer.
            let carried = carry
                .as_deref()
                .map(serde_json::from_str::<Map<String, Value>>);
            message.extend(carried.and_then(Result::ok).unwrap_or_default());
            message.insert("tool_calls".to_owned(), json!(calls));
            Value::Object(message)
        }
        Message::Tool { call_id, content } => {
            json!({"role": "tool", "tool_call_id": call_id, "content": content})
        }
    }
}

fn is_first(choice: &Json<'_>) -> bool {
    choice
        .get("index")
        .and_then(Json::as_number)
        .and_then(Number::as_i64)
        .is_none_or(|index| index == 0)
}

fn read_choice(
    choice: &Json<'_>,
    frame: &Json<'_>,
    assembly: &mut Assembly,
    out: &mut Vec<Delta>,
) -> Heard {
    let delta = choice.get("delta").filter(|delta| delta.is_object());
    let message = choice.get("message").filter(|message| message.is_object());
    let is_whole = frame.text("object") == Some("chat.completion");
    if let Some(said) = delta.or(message) {
        // A last frame may repeat the whole reply: of what was streamed already,
        // nothing is taken twice.
        let summary = assembly.is_streamed() && (is_whole || delta.is_none());
        if delta.is_some() {
            assembly.streams();
        }
        if !(summary && assembly.has_reasoning()) {
            assembly.detail(said.items("reasoning_details").first());
            assembly.reasoning(&reasoning(said), out);
        }
        if !(summary && assembly.has_content())
            && let Some(content) = said.get("content")
        {
            read_content(content, assembly, out);
        }
        if !(summary && assembly.has_calls()) {
            read_calls(said, assembly, out);
        }
    } else if let Some(text) = choice.text("text") {
        assembly.content(text, out);
    }
    assembly.finish(choice.text("finish_reason"));
    if delta.is_none() && message.is_some() {
        Heard::Whole
    } else {
        Heard::Part
    }
}

/// Ollama's own frames: `{"message":{"thinking","content"},"done"}`.
fn read_ollama(frame: &Json<'_>, assembly: &mut Assembly, out: &mut Vec<Delta>) -> Heard {
    let Some(message) = frame.get("message").filter(|message| message.is_object()) else {
        return Heard::Nothing;
    };
    assembly.reasoning(&reasoning(message), out);
    if let Some(content) = message.get("content") {
        read_content(content, assembly, out);
    }
    read_calls(message, assembly, out);
    let count = |name| frame.get(name).and_then(usage::count);
    let counts = Usage {
        input_tokens: count("prompt_eval_count"),
        output_tokens: count("eval_count"),
        ..Usage::default()
    };
    assembly.usage(Some(counts), out);
    if matches!(frame.get("done"), Some(Json::Bool(true))) {
        let reason = frame.get("done_reason");
        assembly.finish(reason.map_or(Some("stop"), Json::as_str));
        return Heard::End;
    }
    Heard::Part
}

/// The text of a string, or of the parts of a list that are text.
fn joined<'a>(value: &'a Json<'_>) -> Cow<'a, str> {
    match value {
        Json::Text(text) => Cow::Borrowed(text),
        Json::List(parts) => {
            let is_thought = |part: &&Json<'_>| {
                let sort = part.text("type");
                sort.is_none_or(|sort| matches!(sort, "reasoning.text" | "text" | "thinking"))
            };
            let parts = parts.iter().filter(is_thought);
            let mut texts = parts.filter_map(|part| part.text("text"));
            let first = texts.next().unwrap_or_default();
            match texts.next() {
                None => Cow::Borrowed(first),
                Some(second) => [first, second].into_iter().chain(texts).collect(),
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => Cow::Borrowed(""),
    }
}
