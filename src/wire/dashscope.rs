//! DashScope's native dialect: everything but model and messages lives in `parameters`,
//! and a header switches streaming on.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::assembly::Assembly;
use super::decoder::Heard;
use super::json::Json;
use super::{Ask, Target, openai, usage};
use crate::chat::{Delta, Image, Message, Source};

/// Where requests go, below the base address.
pub(super) const PATH: &str = "/services/aigc/text-generation/generation";
/// Where requests with images go, whose content is always a list of parts.
pub(super) const MULTIMODAL_PATH: &str = "/services/aigc/multimodal-generation/generation";

/// The body of a request, without patches.
pub(super) fn body(target: &Target, ask: &Ask) -> Map<String, Value> {
    let mut parameters = Map::new();
    parameters.insert("result_format".to_owned(), json!("message"));
    if ask.stream {
        parameters.insert("incremental_output".to_owned(), json!(true));
    }
    openai::insert_tools(&mut parameters, &ask.tools);
    openai::insert_params(&mut parameters, target, ask);
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(target.model));
    body.insert(
        "input".to_owned(),
        json!({"messages": messages(&ask.messages)}),
    );
    body.insert("parameters".to_owned(), Value::Object(parameters));
    body
}

/// The messages; beside an image all of them are made of parts.
fn messages(messages: &[Message]) -> Value {
    if !messages.iter().any(Message::shows_images) {
        return openai::messages(messages);
    }
    let in_parts = |message: &Message| {
        let images = match message {
            Message::Shown { images, .. } => images.as_slice(),
            _ => &[],
        };
        let image = |(_, image): &(String, Arc<Image>)| json!({"image": openai::data_url(image)});
        let text = Some(message.text()).filter(|text| !text.trim().is_empty());
        let text = text.map(|text| json!({"text": text}));
        let parts: Vec<Value> = images.iter().map(image).chain(text).collect();
        let mut written = match openai::message(message) {
            Value::Object(written) => written,
            _ => Map::new(),
        };
        written.insert("content".to_owned(), Value::Array(parts));
        Value::Object(written)
    };
    messages.iter().map(in_parts).collect()
}

/// Tells whether a request asks for frames that repeat all the text so far.
pub(super) fn asks_for_snapshots(body: &Value) -> bool {
    body.pointer("/parameters/incremental_output") == Some(&Value::Bool(false))
}

/// Reads one frame.
pub(super) fn read(frame: &Json<'_>, assembly: &mut Assembly, out: &mut Vec<Delta>) -> Heard {
    let Some(output) = frame.get("output").filter(|output| output.is_object()) else {
        return Heard::Nothing;
    };
    assembly.served(frame.text("model"), out);
    let results = output.at(&["search_info", "search_results"]);
    if let Some(results) = results.and_then(Json::as_list) {
        assembly.sources((1..).zip(results).map(source).collect(), out);
    }
    if let Some(choice) = output.at(&["choices", "0"]) {
        if let Some(message) = choice.get("message").or_else(|| choice.get("delta")) {
            assembly.reasoning(&openai::reasoning(message), out);
            if let Some(content) = message.get("content") {
                openai::read_content(content, assembly, out);
            }
            openai::read_calls(message, assembly, out);
        }
        assembly.finish(choice.text("finish_reason"));
    } else if let Some(text) = output.text("text") {
        // `result_format` "text".
        assembly.content(text, out);
    }
    assembly.finish(output.text("finish_reason"));
    if let Some(counts) = frame.get("usage") {
        assembly.usage(usage::read(counts), out);
    }
    Heard::Whole
}

fn source((number, result): (u32, &Json<'_>)) -> Source {
    let text = |name| result.text(name).unwrap_or_default().to_owned();
    let index = result.get("index").and_then(Json::as_u64);
    let site = text("site_name");
    Source {
        index: index
            .and_then(|index| u32::try_from(index).ok())
            .unwrap_or(number),
        title: text("title"),
        url: text("url"),
        // The provider writes "none" where it knows no name.
        site: if site == "none" { String::new() } else { site },
    }
}
