//! What the program asks of the world. Data only; the runtime carries it out.

use super::attached::Wanted;
use super::enter_key::Secret;
use super::export::Export;
use super::library::{Change, Peek, Query, Which};
use super::server::stock::Question;
use super::toolkit::ToolJob;
use crate::chat::{CallId, TurnId};
use crate::wire::WireRequest;

/// Something to be done outside the program's own state.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send a request and stream its reply as messages of this turn.
    Send(TurnId, Box<WireRequest>),
    /// Stop that reply; dropping its stream closes the connection. A tool that runs for it is
    /// killed.
    Cancel(TurnId),
    /// Use this key from now on; the answer is a [`super::Msg::KeyTaken`].
    TakeKey {
        /// Whose it is.
        provider: String,
        /// The key.
        key: Secret,
        /// Whether it is to outlast the program.
        keep: bool,
    },
    /// Run a tool; its result comes as a message of this call.
    RunTool(CallId, Box<ToolJob>),
    /// Start that MCP server, if it does not run; what comes of it comes as messages.
    StartServer(String),
    /// Ask that MCP server something, starting it if it does not run; the answer is a
    /// [`super::Msg::Server`].
    AskServer(String, Question),
    /// Fetch something that is to go along with the message; the answer is a
    /// [`super::Msg::Fetched`] of this ticket.
    Fetch(u64, Wanted),
    /// List the files whose path begins like this; the answer is a [`super::Msg::Paths`] of this
    /// ticket.
    Paths(u64, String),
    /// Have this outlast the program. In order; nothing is answered unless it fails.
    Save(Box<Change>),
    /// Look conversations up, these many at most; the answer is a [`super::Msg::Listed`] of this
    /// ticket. A question that a later one has overtaken need not be answered.
    List {
        /// What the answer carries.
        ticket: u64,
        /// What they must hold; an empty query lists all.
        query: Box<Query>,
        /// The most rows of the answer.
        limit: usize,
    },
    /// Fetch a conversation; the answer is a [`super::Msg::Loaded`] of this ticket.
    Load {
        /// What the answer carries.
        ticket: u64,
        /// Which one.
        which: Which,
    },
    /// Read the beginnings of a few turns; the answer is a [`super::Msg::Peeked`] of this ticket. A
    /// question that a later one has overtaken need not be answered.
    Peek {
        /// What the answer carries.
        ticket: u64,
        /// Which ones.
        peek: Peek,
    },
    /// Fetch the draft of a new conversation and what was typed before: [`super::Msg::Recalled`].
    Recall,
    /// Write a conversation to a file of the user's: [`super::Msg::Exported`].
    Export(Box<Export>),
    /// Put text on the clipboard.
    Copy(String),
    /// Tell the user, who may look at another window.
    Notify(&'static str),
    /// Open this text in the user's editor.
    Edit(String),
    /// Take the mouse, or give it back to the terminal.
    TakeMouse(bool),
    /// Ask the terminal what its background is; the answer may never come.
    AskBackground,
    /// Stop until the shell brings the program back.
    Suspend,
    /// Draw every cell anew.
    Redraw,
    /// Leave.
    Quit,
}
