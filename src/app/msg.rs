//! What can happen to the program. A `Msg` is a fact; what the user wants is a
//! [`super::Command`]; what the program asks of the world is an [`super::Effect`].

use crossterm::event::{KeyEvent, MouseEvent};

use super::attached::{Found, Path};
use super::enter_key::KeyTaken;
use super::export::Exported;
use super::library::{Listing, Peeked, StoreNews, StoredConversation};
use super::toolkit::News;
use crate::chat::{Attachment, CallId, Failure, Progress, TurnId};
use crate::config::theme::Background;

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key was pressed, repeated or released.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// The window has a new size: columns, rows.
    Resize(u16, u16),
    /// The window got the focus, or lost it.
    Focus(bool),
    /// A request moved on.
    Progress(TurnId, Progress),
    /// A request failed; nothing more of it will come.
    Failed(TurnId, Box<Failure>),
    /// A reply's stream is over.
    Ended(TurnId),
    /// A tool is done: its result, or why there is none.
    ToolDone(CallId, Result<String, String>),
    /// What became of the key that was entered for that provider, or what is wrong with it.
    KeyTaken(String, Result<KeyTaken, String>),
    /// Something happened with that MCP server.
    Server(String, News),
    /// What was to go along with the message is there, or why it is not.
    Fetched(u64, Result<Found, String>),
    /// The files whose path begins as it was asked, the first of them.
    Paths(u64, Vec<Path>),
    /// The external editor is closed: the new text, or why there is none.
    Edited(Result<String, String>),
    /// An effect could not be carried out; the reason, as a sentence.
    Trouble(String),
    /// The conversations of the question with this ticket, or why there is no answer.
    Listed(u64, Result<Listing, String>),
    /// The conversation of the question with this ticket; `None` when there is none like that.
    Loaded(u64, Result<Option<Box<StoredConversation>>, String>),
    /// The beginnings of turns that the question with this ticket was about.
    Peeked(u64, Result<Vec<Peeked>, String>),
    /// The draft of a new conversation, and what was typed before, oldest first.
    Recalled {
        /// The draft, empty if there is none.
        draft: String,
        /// What went along with the draft.
        attached: Vec<Attachment>,
        /// What was typed before.
        typed: Vec<String>,
    },
    /// What came of the export to that file.
    Exported(String, Exported),
    /// The store says how it is.
    Store(StoreNews),
    /// The time that [`super::App::save_at`] named has come.
    SaveDue,
    /// The terminal said what its background is.
    Background(Background),
    /// The time that [`super::App::wake_at`] named has come.
    Wake,
    /// The system asks the program to end.
    Terminate,
}
