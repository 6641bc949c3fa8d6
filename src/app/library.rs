//! What is kept of conversations: what is asked of the store, and what it answers. Data only; the
//! store is someone else's.

use std::ops::Range;

use super::Choice;
use crate::chat::{
    Attachment, Conversation, ConversationId, Extras, Moment, Params, Thinking, Turn, TurnId,
};

mod query;

pub use query::{NoQuery, Query, Where, Word};

pub use crate::chat::title_from;

/// What is known of a conversation besides its turns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Head {
    /// Its name.
    pub id: ConversationId,
    /// Its title; empty until something was said.
    pub title: String,
    /// Whether it stays on top of the list.
    pub pinned: bool,
    /// The system prompt; empty for none.
    pub system_prompt: String,
    /// The persona that the prompt is of; empty for none.
    pub persona: String,
    /// When it began.
    pub created: Moment,
    /// When something was last said in it.
    pub updated: Moment,
    /// Whom its next message goes to.
    pub choice: Choice,
    /// The thinking mode that its next message asks for.
    pub thinking: Thinking,
    /// Its sampling parameters.
    pub params: Params,
    /// What else its next message asks of the answer.
    pub extras: Extras,
}

/// A change that must outlast the program. Changes are carried out in their order; each says how
/// things are from now on, so that carrying one out twice does no harm.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The conversation is there, and this is known of it. Leaves the title and the pin of one
    /// that was there already; brings back one that was deleted.
    Head(Box<Head>),
    /// A turn of that conversation is now this, and is the chosen one of its siblings if it is new.
    Turn(ConversationId, Box<Turn>),
    /// The texts of a live turn are now longer, or others.
    Grow {
        /// The turn.
        turn: TurnId,
        /// What is new in its reasoning.
        reasoning: Option<Grown>,
        /// What is new in its answer.
        answer: Option<Grown>,
    },
    /// This turn is the chosen one of its siblings.
    Choose(TurnId),
    /// These turns are gone, and with them whatever follows them.
    DropTurns(Vec<TurnId>),
    /// The conversation has this title.
    Rename(ConversationId, String),
    /// The conversation stays on top of the list, or does no longer.
    Pin(ConversationId, bool),
    /// The conversation is out of sight; its bytes go when the program ends.
    Delete(ConversationId),
    /// A conversation that was deleted is back.
    Undelete(ConversationId),
    /// The message box holds this text: of that conversation, or of one with nothing said yet.
    Draft(Option<ConversationId>, String),
    /// These go along with what the message box holds.
    DraftFiles(Option<ConversationId>, Vec<Attachment>),
    /// This was typed and sent or erased: Up brings it back.
    Typed(Option<ConversationId>, String),
}

/// What is new in a text that grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grown {
    /// How many bytes of the earlier text still hold …
    pub keep_bytes: usize,
    /// … and what follows them.
    pub text: String,
}

/// A conversation as the list shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub id: ConversationId,
    /// Its title. Not yet safe to show.
    pub title: String,
    /// The provider that was last asked.
    pub provider: String,
    /// The model that was last asked.
    pub model: String,
    /// When it began.
    pub created: Moment,
    /// When something was last said in it.
    pub updated: Moment,
    /// How many turns it has, siblings included.
    pub turns: u64,
    /// The bytes of all its prompts, answers and reasoning.
    pub bytes: u64,
    /// Whether it stays on top of the list.
    pub pinned: bool,
    /// Where the words that were searched for are; `None` in a list of all.
    pub hit: Option<Hit>,
}

/// Where words were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The newest turn with these words; `None` for words in the title.
    pub turn: Option<TurnId>,
    /// Which of its texts holds them.
    pub place: Where,
    /// The text around them, on one line. Safe to show.
    pub snippet: String,
    /// Where the words are in the snippet, in bytes.
    pub marks: Vec<Range<usize>>,
}

/// The answer to a list or a search: pinned ones first, then the newest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The conversations.
    pub rows: Vec<Listed>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

/// A conversation as it was kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoredConversation {
    /// What is known of it.
    pub head: Head,
    /// What was said.
    pub conversation: Conversation,
    /// What its message box held.
    pub draft: String,
    /// What went along with that.
    pub attached: Vec<Attachment>,
}

/// Which conversation is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The one in which something was said last.
    Last,
    /// The one of that name.
    Id(ConversationId),
}

/// The few words of a conversation that are read beside the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peek {
    /// Whose words.
    pub id: ConversationId,
    /// The turn to begin at; else the first one.
    pub from: Option<TurnId>,
}

impl Peek {
    /// The most turns that are read, along the path.
    pub const TURNS: u32 = 6;
    /// The most that is shown of each text, in characters.
    pub const CHARS: u32 = 600;
}

/// The beginning of a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peeked {
    /// What was asked.
    pub prompt: String,
    /// Whom: the model as it was served, else as it was asked for.
    pub model: String,
    /// What was answered.
    pub answer: String,
}

/// How the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreNews {
    /// Everything so far is on disk.
    Saved,
    /// Changes can't be written for now, and why; they are kept in memory and tried again.
    Failing(String),
    /// Nothing will be written, and why: the chat lives in memory.
    Gone(String),
    /// Something to know, as a sentence.
    Said(String),
    /// This conversation was not in the store, and is now.
    Began(ConversationId),
}
