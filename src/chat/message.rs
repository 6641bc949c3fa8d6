//! What is sent: the history as the provider is to see it. Content only: there is no place for
//! reasoning here, so no dialect can send it by mistake. The one exception is asked for by
//! providers and lasts no longer than a tool loop: what they want back untouched.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Image, ToolCall, safe};

/// One message of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The system prompt.
    System(String),
    /// What the user said.
    User(String),
    /// What the user said and showed: never without an image.
    Shown {
        /// What was said; may be empty.
        text: String,
        /// The images, in their order, with their names.
        images: Vec<(String, Arc<Image>)>,
    },
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
    /// What the user said, and showed.
    pub fn user(text: String, images: Vec<(String, Arc<Image>)>) -> Self {
        if images.is_empty() {
            Self::User(text)
        } else {
            Self::Shown { text, images }
        }
    }

    /// An answer that asked for no tools.
    pub fn answer(content: impl Into<String>) -> Self {
        Self::Assistant {
            content: content.into(),
            calls: Vec::new(),
            carry: None,
        }
    }

    /// Tells whether it holds an image.
    pub fn shows_images(&self) -> bool {
        matches!(self, Self::Shown { .. })
    }

    /// The text of the message, whoever said it.
    pub fn text(&self) -> &str {
        match self {
            Self::System(text) | Self::User(text) => text,
            Self::Shown { text, .. } => text,
            Self::Assistant { content, .. } | Self::Tool { content, .. } => content,
        }
    }
}

/// The messages for a model that takes no images: a word about each stands in its place. Returns
/// how many there were.
pub fn without_images(messages: &mut [Message]) -> usize {
    let mut count = 0;
    for message in messages {
        if let Message::Shown { text, images } = message {
            count += images.len();
            let mut said = std::mem::take(text);
            for (name, _) in images {
                if !said.is_empty() {
                    said.push_str("\n\n");
                }
                let name = safe::one_line(name);
                let _ = write!(said, "(The image {name} is left out here.)");
            }
            *message = Message::User(said);
        }
    }
    count
}
