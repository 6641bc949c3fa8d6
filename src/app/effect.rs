//! What the program asks of the world. Data only; the runtime carries it out.

use super::toolkit::Job;
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
    /// Run a tool; its result comes as a message of this call.
    RunTool(CallId, Box<Job>),
    /// Start that MCP server, if it does not run; what comes of it comes as messages.
    StartServer(String),
    /// Put text on the clipboard.
    Copy(String),
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
