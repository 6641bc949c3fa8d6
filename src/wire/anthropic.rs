//! The Anthropic dialect: messages made of blocks, events that say which block grows.
//!
//! Invariant: a delta belongs to the block whose `index` it names, not to the one opened last.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::assembly::Assembly;
use super::decoder::Heard;
use super::json::Json;
use super::tools::Piece;
use super::{Ask, Target, ToolSpec, openai, usage};
use crate::chat::{Delta, Image, Message, Remark, Source, ToolCall, Usage};

/// Where requests go, below the base address.
pub(super) const PATH: &str = "/v1/messages";
/// The version of the protocol that is spoken.
pub(super) const VERSION: &str = "2023-06-01";

/// The protocol wants a limit always; this one is sent where nobody knows a better.
const FALLBACK_MAX_TOKENS: u64 = 8192;

/// What one reply needs to remember between events.
#[derive(Debug)]
pub(super) struct Blocks {
    /// The blocks as they go back with the results of tool calls, by their index, each with its
    /// input so far; `None` where no tools are offered.
    kept: Option<BTreeMap<u64, Block>>,
    /// Whether a block that is no text came since the last text, which sets texts apart.
    apart: bool,
    /// The blocks that are calls of the server's own tools, which it runs itself.
    served: Vec<u64>,
    counts: Counts,
}

/// A block as it goes back, and its input so far.
type Block = (Map<String, Value>, String);

/// Counts as they came, since input tokens leave out the cached ones here.
#[derive(Debug, Default)]
struct Counts {
    input: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
    rest: Usage,
}

/// The body of a request, without patches.
pub(super) fn body(target: &Target, ask: &Ask) -> Map<String, Value> {
    let limit = ask
        .params
        .max_tokens
        .or(target.default_max_tokens)
        .unwrap_or(FALLBACK_MAX_TOKENS);
    let system: Vec<&str> = ask
        .messages
        .iter()
        .filter_map(|message| match message {
            Message::System(text) => Some(text.as_str()),
            Message::User(_)
            | Message::Shown { .. }
            | Message::Assistant { .. }
            | Message::Tool { .. } => None,
        })
        .collect();
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(target.model));
    body.insert("max_tokens".to_owned(), json!(limit));
    if !system.is_empty() {
        body.insert("system".to_owned(), json!(system.join("\n\n")));
    }
    body.insert("messages".to_owned(), messages(&ask.messages));
    body.insert("stream".to_owned(), json!(ask.stream));
    if !ask.tools.is_empty() {
        let tool = |tool: &ToolSpec| {
            json!({
                "name": tool.name,
                "description": tool.description,
                "input_schema": openai::schema(tool),
            })
        };
        body.insert("tools".to_owned(), ask.tools.iter().map(tool).collect());
    }
    // There is no presence penalty in this protocol.
    if let Some(temperature) = ask.params.temperature {
        body.insert("temperature".to_owned(), json!(temperature));
    }
    if let Some(top_p) = ask.params.top_p {
        body.insert("top_p".to_owned(), json!(top_p));
    }
    body
}

/// Reads one event.
pub(super) fn read(
    event: &Json<'_>,
    blocks: &mut Blocks,
    assembly: &mut Assembly,
    out: &mut Vec<Delta>,
) -> Heard {
    match event.text("type") {
        Some("message_start") => {
            let Some(message) = event.get("message") else {
                return Heard::Part;
            };
            assembly.served(message.text("model"), out);
            blocks.read_all(message, assembly, out);
            blocks.count(message.get("usage"), assembly, out);
        }
        Some("content_block_start") => {
            if let Some(block) = event.get("content_block") {
                blocks.start(index(event), block, assembly, out);
            }
        }
        Some("content_block_delta") => {
            if let Some(delta) = event.get("delta") {
                blocks.grow(index(event), delta);
                if !index(event).is_some_and(|index| blocks.served.contains(&index)) {
                    read_delta(index(event), delta, assembly, out);
                }
            }
        }
        Some("message_delta") => {
            let delta = event.get("delta");
            assembly.finish(delta.and_then(|delta| delta.text("stop_reason")));
            blocks.count(event.get("usage"), assembly, out);
        }
        Some("message_stop") => return Heard::End,
        Some("content_block_stop" | "ping") => {}
        // The whole message at once.
        Some("message") => {
            assembly.served(event.text("model"), out);
            blocks.read_all(event, assembly, out);
            assembly.finish(event.text("stop_reason"));
            blocks.count(event.get("usage"), assembly, out);
            return Heard::Whole;
        }
        _ => return Heard::Nothing,
    }
    Heard::Part
}

impl Blocks {
    /// A reply of which no block came yet. If it `carries`, its blocks are kept as they came.
    pub(super) fn new(carries: bool) -> Self {
        Self {
            kept: carries.then(BTreeMap::new),
            apart: false,
            served: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// The blocks as they go back, as JSON text; `None` when none were kept.
    pub(super) fn carried(&mut self) -> Option<String> {
        let kept = self.kept.take()?;
        let blocks: Vec<Value> = kept
            .into_values()
            .map(|(mut block, input)| {
                let sort = block.get("type").and_then(Value::as_str);
                if sort.is_some_and(|sort| matches!(sort, "tool_use" | "server_tool_use")) {
                    let input = serde_json::from_str::<Value>(&input).ok();
                    let input = input.or_else(|| block.remove("input"));
                    let input = input.filter(Value::is_object).unwrap_or_else(|| json!({}));
                    block.insert("input".to_owned(), input);
                }
                block
            })
            // Empty text is refused where it is sent.
            .filter(|block| {
                let text = block.get("text").and_then(Value::as_str);
                text.is_none_or(|text| !text.trim().is_empty())
            })
            .map(Value::Object)
            .collect();
        (!blocks.is_empty()).then(|| Value::Array(blocks).to_string())
    }

    fn keep(&mut self, index: Option<u64>, block: &Json<'_>) {
        if let Some(kept) = &mut self.kept
            && let Value::Object(members) = block.to_value()
        {
            let next = kept.last_key_value().map_or(0, |(index, _)| index + 1);
            kept.insert(index.unwrap_or(next), (members, String::new()));
        }
    }

    fn grow(&mut self, index: Option<u64>, delta: &Json<'_>) {
        let Some(kept) = &mut self.kept else {
            return;
        };
        let at = index.or_else(|| kept.last_key_value().map(|(index, _)| *index));
        let Some((block, input)) = at.and_then(|at| kept.get_mut(&at)) else {
            return;
        };
        let mut append = |member: &str| {
            let more = delta.text(member).unwrap_or_default();
            match block.get_mut(member) {
                Some(Value::String(text)) => text.push_str(more),
                _ => {
                    block.insert(member.to_owned(), json!(more));
                }
            }
        };
        match delta.text("type") {
            Some("thinking_delta") => append("thinking"),
            Some("signature_delta") => append("signature"),
            Some("text_delta") => append("text"),
            Some("input_json_delta") => {
                input.push_str(delta.text("partial_json").unwrap_or_default());
            }
            _ => {}
        }
    }

    fn read_all(&mut self, message: &Json<'_>, assembly: &mut Assembly, out: &mut Vec<Delta>) {
        for (number, block) in (0..).zip(message.items("content")) {
            self.start(Some(number), block, assembly, out);
        }
    }

    fn start(
        &mut self,
        index: Option<u64>,
        block: &Json<'_>,
        assembly: &mut Assembly,
        out: &mut Vec<Delta>,
    ) {
        self.keep(index, block);
        let word = |name| block.text(name).unwrap_or_default();
        match word("type") {
            "thinking" => {
                if assembly.has_reasoning() {
                    assembly.reasoning("\n\n", out);
                }
                assembly.reasoning(word("thinking"), out);
                self.apart = true;
            }
            "text" => {
                if self.apart && assembly.has_content() {
                    assembly.content("\n\n", out);
                }
                assembly.content(word("text"), out);
                self.apart = false;
            }
            "tool_use" => {
                // An empty input only announces the pieces that follow.
                let input = block.get("input");
                let whole = input
                    .filter(|input| matches!(input, Json::Object(members) if !members.is_empty()));
                let piece = Piece {
                    index,
                    id: word("id"),
                    name: word("name"),
                    arguments: whole,
                };
                assembly.call(&piece, out);
                self.apart = true;
            }
            "server_tool_use" => {
                self.served.extend(index);
                self.apart = true;
            }
            "web_search_tool_result" => {
                // In the place of a list of pages stands why there is none.
                if block.at(&["content", "error_code"]).is_some() {
                    assembly.remark(Remark::SearchFailed, out);
                }
                let mut sources = assembly.all_sources().to_vec();
                for result in block.items("content") {
                    if let Some(url) = result.text("url") {
                        sources.push(Source {
                            index: u32::try_from(sources.len() + 1).unwrap_or(u32::MAX),
                            title: result.text("title").unwrap_or_default().to_owned(),
                            url: url.to_owned(),
                            site: String::new(),
                        });
                    }
                }
                assembly.sources(sources, out);
                self.apart = true;
            }
            _ => self.apart = true,
        }
    }

    /// Counts of a later event replace those of an earlier one, which may be wrong on purpose; a count
    /// that it leaves out stays.
    fn count(&mut self, usage: Option<&Json<'_>>, assembly: &mut Assembly, out: &mut Vec<Delta>) {
        let Some(usage) = usage.filter(|usage| usage.is_object()) else {
            return;
        };
        let count = |name| usage.get(name).and_then(usage::count);
        let input = [
            count("input_tokens"),
            count("cache_read_input_tokens"),
            count("cache_creation_input_tokens"),
        ];
        let counts = &mut self.counts;
        if input.iter().flatten().any(|count| *count > 0) {
            [counts.input, counts.cache_read, counts.cache_write] = input;
        }
        if let Some(read) = usage::read(usage) {
            counts.rest = Usage {
                output_tokens: read.output_tokens.or(counts.rest.output_tokens),
                reasoning_tokens: read.reasoning_tokens.or(counts.rest.reasoning_tokens),
                searches: read.searches.or(counts.rest.searches),
                cost_usd: read.cost_usd.or(counts.rest.cost_usd),
                ..Usage::default()
            };
        }
        let parts = [counts.input, counts.cache_read, counts.cache_write];
        let known = parts.iter().any(Option::is_some);
        let total = Usage {
            input_tokens: known.then(|| parts.iter().flatten().sum()),
            cached_tokens: counts.cache_read,
            cache_write_tokens: counts.cache_write,
            ..counts.rest.clone()
        };
        assembly.usage(Some(total), out);
    }
}

fn read_delta(index: Option<u64>, delta: &Json<'_>, assembly: &mut Assembly, out: &mut Vec<Delta>) {
    let word = |name| delta.text(name).unwrap_or_default();
    match word("type") {
        "thinking_delta" => assembly.reasoning(word("thinking"), out),
        "text_delta" => assembly.content(word("text"), out),
        "input_json_delta" => {
            let piece = Piece {
                index,
                arguments: delta.get("partial_json"),
                ..Piece::default()
            };
            assembly.call(&piece, out);
        }
        // Signatures and citations are not shown.
        _ => {}
    }
}

fn index(event: &Json<'_>) -> Option<u64> {
    event.get("index").and_then(Json::as_u64)
}

/// Roles take turns here, so neighbours of one role are one message.
fn messages(messages: &[Message]) -> Value {
    let mut merged: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in messages {
        let (role, blocks) = match message {
            Message::System(_) => continue,
            Message::User(text) => ("user", text_block(text)),
            Message::Shown { text, images } => {
                let images = images.iter().map(|(_, image)| image_block(image));
                ("user", images.chain(text_block(text)).collect())
            }
            Message::Assistant {
                content,
                calls,
                carry,
            } => ("assistant", answer_blocks(content, calls, carry.as_deref())),
            Message::Tool { call_id, content } => {
                let block =
                    json!({"type": "tool_result", "tool_use_id": call_id, "content": content});
                ("user", vec![block])
            }
        };
        match merged.last_mut() {
            Some((last, all)) if *last == role => all.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => merged.push((role, blocks)),
        }
    }
    merged
        .into_iter()
        .map(|(role, blocks)| {
            let content = match blocks.as_slice() {
                [only] => only.get("text").cloned(),
                _ => None,
            };
            json!({"role": role, "content": content.unwrap_or(Value::Array(blocks))})
        })
        .collect()
}

/// The blocks of an answer: as they came, else made of what is known of them.
fn answer_blocks(content: &str, calls: &[ToolCall], carry: Option<&str>) -> Vec<Value> {
    let carried = carry.map(serde_json::from_str::<Vec<Value>>);
    if let Some(blocks) = carried.and_then(Result::ok) {
        return blocks;
    }
    let mut blocks = text_block(content);
    blocks.extend(calls.iter().map(|call| {
        let input = openai::arguments(call);
        json!({"type": "tool_use", "id": call.id, "name": call.name, "input": input})
    }));
    blocks
}

fn image_block(image: &Image) -> Value {
    json!({"type": "image", "source": {
        "type": "base64",
        "media_type": image.kind.media_type(),
        "data": STANDARD.encode(&image.bytes),
    }})
}

/// A block of text; none when it is empty, since empty ones are refused.
fn text_block(text: &str) -> Vec<Value> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    vec![json!({"type": "text", "text": text})]
}
