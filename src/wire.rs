//! The vendors' protocols, sans I/O: a request in as data, bytes in, [`crate::chat::Delta`]s out.
//!
//! Owns what crosses the wire and nothing of how: no socket, no clock, no key. The contract of
//! the decoder: *any split of the bytes gives the same deltas*, and a reply that breaks off keeps
//! all that had come.

mod anthropic;
mod assembly;
mod dashscope;
mod decoder;
mod error;
mod json;
mod openai;
mod snapshot;
mod sse;
mod think;
mod tools;
mod usage;
mod wait;

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::chat::{Failure, Message, Params, without_images};
use crate::phrase::tr;

pub use decoder::Decoder;

/// A vendor's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI chat completions: `POST {base_url}/chat/completions`.
    OpenAi,
    /// DashScope native: `POST {base_url}/services/aigc/text-generation/generation`, or
    /// `…/multimodal-generation/generation` where there are images.
    DashScope,
    /// Anthropic messages: `POST {base_url}/v1/messages`.
    Anthropic,
}

/// Part of a request body, merged into it: how a capability is asked for.
pub type Patch = Map<String, Value>;

/// Where a request goes, and the provider's ways that are data.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The provider's id; `net` finds the key by it.
    pub provider: String,
    /// The protocol.
    pub dialect: Dialect,
    /// The address that the dialect appends its path to.
    pub base_url: String,
    /// The model's id, exactly as the provider wants it.
    pub model: String,
    /// Headers besides those of the dialect.
    pub headers: Vec<(String, String)>,
    /// What the token limit is called in the body: `max_tokens` or `max_completion_tokens`.
    pub max_tokens_field: String,
    /// The token limit to send when the user sets none. Anthropic's protocol wants one always.
    pub default_max_tokens: Option<u64>,
    /// Whether this provider may send each piece as all the text so far. Off where no report of
    /// it exists: the guess could only be wrong there.
    pub may_be_cumulative: bool,
    /// Whether this provider wants the reasoning that led to a tool call back beside its result.
    /// Anthropic's protocol does in any case.
    pub wants_reasoning_back: bool,
    /// Whether the model takes images. Where it does not, a word about each goes in its place.
    pub takes_images: bool,
}

/// A tool that the model may ask for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToolSpec {
    /// Its name, as the model is to call it.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// The JSON schema of its arguments; empty for none.
    pub parameters: Map<String, Value>,
}

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ask {
    /// System prompt and history, oldest first, the new prompt last.
    pub messages: Vec<Message>,
    /// The tools that the model may ask for.
    pub tools: Vec<ToolSpec>,
    /// Sampling parameters.
    pub params: Params,
    /// Whether the reply is to be streamed.
    pub stream: bool,
    /// Whether the answer is to be JSON, as one of the patches says: the word has to be in a message.
    pub json: bool,
    /// Patches of the provider, the thinking mode and other capabilities, merged in this order.
    pub patches: Vec<Patch>,
}

/// A request, complete but for its key.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something else of the reply"
)]
pub struct WireRequest {
    /// The provider's id; `net` finds the key by it.
    pub provider: String,
    /// The protocol, for decoding the reply.
    pub dialect: Dialect,
    /// The whole address.
    pub url: String,
    /// Every header but the one with the key.
    pub headers: Vec<(String, String)>,
    /// How the key is presented.
    pub auth: Auth,
    /// The body.
    pub body: Value,
    /// Whether a stream of events is expected.
    pub stream: bool,
    /// See [`Target::may_be_cumulative`].
    pub may_be_cumulative: bool,
    /// Whether the reply hands out what goes back with the results of its tool calls.
    pub carries: bool,
    /// Whether the reply is the rest of a cut answer, whose first blanks are part of it.
    pub goes_on: bool,
}

/// How a key is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// `x-api-key: KEY`.
    XApiKey,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 3] = [Self::OpenAi, Self::DashScope, Self::Anthropic];

    /// The word used in the catalogue and the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::DashScope => "dashscope",
            Self::Anthropic => "anthropic",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A word that names no dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchDialect(pub String);

impl fmt::Display for NoSuchDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = tr!(
            "there is no dialect “{word}”; it is one of openai, dashscope, anthropic",
            word = self.0
        );
        f.write_str(&told)
    }
}

impl std::error::Error for NoSuchDialect {}

impl FromStr for Dialect {
    type Err = NoSuchDialect;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.word() == word)
            .ok_or_else(|| NoSuchDialect(word.to_owned()))
    }
}

/// Writes a request in the target's dialect. Only what is set is sent; patches come last, in
/// order, so they have the last word. A header of the target replaces one of the dialect.
pub fn request(target: &Target, ask: &Ask) -> WireRequest {
    if !target.takes_images && ask.messages.iter().any(Message::shows_images) {
        let mut ask = ask.clone();
        without_images(&mut ask.messages);
        return request(target, &ask);
    }
    let worded;
    let ask = if ask.json && !names_json(&ask.messages) {
        worded = Ask {
            messages: naming_json(&ask.messages),
            ..ask.clone()
        };
        &worded
    } else {
        ask
    };
    let (path, mut body, auth) = match target.dialect {
        Dialect::OpenAi => (openai::PATH, openai::body(target, ask), Auth::Bearer),
        Dialect::DashScope => {
            let path = if ask.messages.iter().any(Message::shows_images) {
                dashscope::MULTIMODAL_PATH
            } else {
                dashscope::PATH
            };
            (path, dashscope::body(target, ask), Auth::Bearer)
        }
        Dialect::Anthropic => (anthropic::PATH, anthropic::body(target, ask), Auth::XApiKey),
    };
    for patch in &ask.patches {
        merge(&mut body, patch);
    }
    let mut headers = vec![("Content-Type", "application/json")];
    if ask.stream {
        // A compressed stream arrives in lumps.
        headers.push(("Accept", "text/event-stream"));
        headers.push(("Accept-Encoding", "identity"));
    } else {
        headers.push(("Accept", "application/json"));
    }
    match target.dialect {
        Dialect::DashScope if ask.stream => headers.push(("X-DashScope-SSE", "enable")),
        Dialect::OpenAi | Dialect::DashScope => {}
        Dialect::Anthropic => headers.push(("anthropic-version", anthropic::VERSION)),
    }
    let overridden = |name: &str| {
        let mut own = target.headers.iter();
        own.any(|(other, _)| other.eq_ignore_ascii_case(name))
    };
    let headers = headers
        .into_iter()
        .filter(|(name, _)| !overridden(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .chain(target.headers.iter().cloned())
        .collect();
    WireRequest {
        provider: target.provider.clone(),
        dialect: target.dialect,
        url: address(&target.base_url, path),
        headers,
        auth,
        body: Value::Object(body),
        stream: ask.stream,
        may_be_cumulative: target.may_be_cumulative,
        carries: !ask.tools.is_empty()
            && match target.dialect {
                Dialect::OpenAi => target.wants_reasoning_back,
                Dialect::DashScope => false,
                Dialect::Anthropic => true,
            },
        goes_on: false,
    }
}

/// What is said in JSON mode where nobody names it: without the word, vendors refuse the request
/// or write blanks without end.
const JSON_ONLY: &str = "Answer with one JSON object and nothing else.";

fn names_json(messages: &[Message]) -> bool {
    let names = |text: &str| {
        let mut windows = text.as_bytes().windows(4);
        windows.any(|word| word.eq_ignore_ascii_case(b"json"))
    };
    messages.iter().any(|message| names(message.text()))
}

fn naming_json(messages: &[Message]) -> Vec<Message> {
    let mut messages = messages.to_vec();
    match messages.first_mut() {
        Some(Message::System(text)) => {
            text.push_str("\n\n");
            text.push_str(JSON_ONLY);
        }
        _ => messages.insert(0, Message::System(JSON_ONLY.to_owned())),
    }
    messages
}

/// Reads a reply whose HTTP status was not 2xx: its status, its headers and what was read of its
/// body, of which 64 KiB are enough.
///
/// The shapes of errors cross all dialects (a gateway in front speaks its own), so the dialect
/// tells nothing yet.
pub fn failure(
    _dialect: Dialect,
    status: u16,
    headers: &[(String, String)],
    body: &[u8],
) -> Failure {
    error::failure(status, headers, body)
}

/// A request for the list of a provider's models, complete but for its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelList {
    /// The provider's id; `net` finds the key by it.
    pub provider: String,
    /// The protocol.
    pub dialect: Dialect,
    /// The whole address, to be got.
    pub url: String,
    /// Every header but the one with the key.
    pub headers: Vec<(String, String)>,
    /// How the key is presented.
    pub auth: Auth,
}

/// How a page of the list of models is asked for, counted from 1. `None` past the last one: only
/// DashScope's own list has pages.
pub fn model_list(target: &Target, page: u32) -> Option<ModelList> {
    let mut headers = target.headers.clone();
    let (url, auth) = match target.dialect {
        Dialect::DashScope => {
            let url = address(&target.base_url, "/models");
            (format!("{url}?page_no={page}&page_size=100"), Auth::Bearer)
        }
        _ if page > 1 => return None,
        Dialect::OpenAi => (address(&target.base_url, "/models"), Auth::Bearer),
        Dialect::Anthropic => {
            headers.push((
                "anthropic-version".to_owned(),
                anthropic::VERSION.to_owned(),
            ));
            (address(&target.base_url, "/v1/models"), Auth::XApiKey)
        }
    };
    Some(ModelList {
        provider: target.provider.clone(),
        dialect: target.dialect,
        url,
        headers,
        auth,
    })
}

/// Reads a list of models in any of the shapes that providers send; `None` when it is none.
pub fn model_ids(body: &[u8]) -> Option<Vec<String>> {
    let list: Value = serde_json::from_slice(body).ok()?;
    let entries = ["/data", "/models", "/output/models"]
        .iter()
        .find_map(|path| list.pointer(path))
        .unwrap_or(&list)
        .as_array()?;
    let id = |entry: &Value| {
        ["id", "model", "name"]
            .iter()
            .find_map(|name| entry.get(name)?.as_str())
            .or(entry.as_str())
            .map(str::to_owned)
    };
    Some(entries.iter().filter_map(id).collect())
}

/// Appends `path`, tolerating a slash too many and an address that holds the path, or the
/// version that begins it, already.
fn address(base_url: &str, path: &str) -> String {
    let base = base_url.trim().trim_end_matches('/');
    if base.ends_with(path) {
        return base.to_owned();
    }
    let base = match path.strip_prefix("/v1/") {
        Some(_) => base.strip_suffix("/v1").unwrap_or(base),
        None => base,
    };
    format!("{base}{path}")
}

/// Merges objects into objects; everything else replaces, but for tools: a server's own (web
/// search) join those that are offered.
fn merge(body: &mut Map<String, Value>, patch: &Patch) {
    for (name, value) in patch {
        match (body.get_mut(name), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (Some(Value::Array(old)), Value::Array(new)) if name == "tools" => {
                old.extend(new.iter().cloned());
            }
            _ => {
                body.insert(name.clone(), value.clone());
            }
        }
    }
}
