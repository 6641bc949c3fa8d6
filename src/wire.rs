//! The vendors' protocols, sans I/O: a request in as data, bytes in, [`crate::chat::Delta`]s out.
//!
//! Owns what crosses the wire and nothing of how: no socket, no clock, no key. The contract of
//! the decoder: *any split of the bytes gives the same deltas*, and a reply that breaks off keeps
//! all that had come.

use serde_json::{Map, Value};

use crate::chat::{Message, Params};

/// A vendor's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI chat completions: `POST {base_url}/chat/completions`.
    OpenAi,
    /// DashScope native: `POST {base_url}/services/aigc/text-generation/generation`.
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
}

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ask {
    /// System prompt and history, oldest first, the new prompt last.
    pub messages: Vec<Message>,
    /// Sampling parameters.
    pub params: Params,
    /// Whether the reply is to be streamed.
    pub stream: bool,
    /// Patches of the provider, the thinking mode and other capabilities, merged in this order.
    pub patches: Vec<Patch>,
}

/// A request, complete but for its key.
#[derive(Debug, Clone, PartialEq)]
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
}

/// How a key is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// `x-api-key: KEY`.
    XApiKey,
}

// The interface that follows is filled in by the next commit:
//
//   pub fn request(target: &Target, ask: &Ask) -> WireRequest
//   impl Decoder {
//       pub fn new(request: &WireRequest, content_type: &str) -> Self
//       pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<Delta>) -> Result<(), Failure>
//       pub fn end(&mut self, out: &mut Vec<Delta>) -> Result<(), Failure>
//       pub fn is_done(&self) -> bool
//       pub fn is_finishing(&self) -> bool
//   }
//   pub fn failure(dialect: Dialect, status: u16, headers: &[(String, String)], body: &[u8]) -> Failure
//   pub fn model_ids(body: &[u8]) -> Option<Vec<String>>
