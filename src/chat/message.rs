//! What is sent: the history as the provider is to see it. Content only: there is no place for
//! reasoning here, so no dialect can send it by mistake.

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

/// A tool that the model asked to run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolCall {
    /// The provider's id of the call; the result must name it.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments as the model wrote them: JSON text, perhaps cut or wrong.
    pub arguments: String,
}
