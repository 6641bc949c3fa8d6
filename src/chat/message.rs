//! What is sent: the history as the provider is to see it. Content only: there is no place for
//! reasoning here, so no dialect can send it by mistake. The one exception is asked for by
//! providers and lasts no longer than a tool loop: what they want back untouched.

use super::ToolCall;

/// One message of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The system prompt.
    System(String),
    /// What the user said.
    User(String),
    /// What the model answered, without its reasoning.
    Assistant {
        /// The answer.
        content: String,
        /// The tools that it asked for, within one tool loop.
        calls: Vec<ToolCall>,
        /// What the provider wants back of it besides, within one tool loop: JSON text that only
        /// its dialect reads. [`super::Reply::carry`] tells more.
        carry: Option<String>,
    },
    /// What a tool returned.
    Tool {
        /// The id of the call that this answers.
        call_id: String,
        /// The result, or the error.
        content: String,
    },
}

impl Message {
    /// An answer that asked for no tools.
    pub fn answer(content: impl Into<String>) -> Self {
        Self::Assistant {
            content: content.into(),
            calls: Vec::new(),
            carry: None,
        }
    }

    /// The text of the message, whoever said it.
    pub fn text(&self) -> &str {
        match self {
            Self::System(text) | Self::User(text) => text,
            Self::Assistant { content, .. } | Self::Tool { content, .. } => content,
        }
    }
}
