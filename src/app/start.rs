//! What the program begins with, as the command line says it.

use super::keeping::Keep;
use super::library::{Head, Which};
use crate::chat::{Extras, Params, Thinking};
use crate::config::Chat;

/// What the program begins with.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// Tells this program's ids from those of others.
    pub seed: u64,
    /// Whether conversations are kept unless one is begun that is not.
    pub keep: Keep,
    /// The conversation to open.
    pub open: Option<Which>,
    /// What goes along with the first message, as it was typed.
    pub attach: Vec<String>,
    /// Whether model, thinking mode and parameters stay as they are when it is opened.
    pub session_as_asked: bool,
    /// What else the command line asks of the answers, whatever the conversation did.
    pub extras: Extras,
    /// The thinking mode that counts in the opened conversation, too: the command line's, or its
    /// persona's.
    pub thinking: Option<Thinking>,
    /// The parameters that do.
    pub params: Params,
    /// How conversations begin, if it was said otherwise than in `[chat]`.
    pub begin: Option<Begin>,
}

/// How conversations begin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Begin {
    /// The persona; empty for none.
    pub persona: String,
    /// The system prompt; empty for none.
    pub prompt: String,
}

impl Start {
    /// The system prompt of conversations that begin.
    pub(super) fn prompt(&self, chat: &Chat) -> String {
        let begin = self.begin.as_ref();
        begin
            .map_or(&chat.system_prompt, |begin| &begin.prompt)
            .clone()
    }

    /// What is known of a conversation that begins.
    pub(super) fn head(&self) -> Head {
        let begin = self.begin.clone().unwrap_or_default();
        Head {
            persona: begin.persona,
            ..Head::default()
        }
    }
}
