//! Everything a user can ask of the program, in one table.
//!
//! The keymap, the palette, the slash commands, the help screen and the README's key table all
//! come from [`SPECS`]; nothing else names a key.

use crate::config::Known;

mod table;

pub use table::SPECS;

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Sends the message, or queues it while a reply is coming.
    Send,
    /// Starts a new line in the message.
    NewLine,
    /// Opens the model picker.
    SwitchModel,
    /// Switches to the next model of this provider.
    NextModel,
    /// Switches to the next provider.
    NextProvider,
    /// Changes the thinking panel: full, peek, hidden.
    ToggleThinkingPanel,
    /// Changes the thinking mode of the next request.
    ThinkingMode,
    /// Offers tools to the model, or stops doing so.
    ToggleTools,
    /// Lets the model search the web, or stops doing so.
    ToggleSearch,
    /// Asks for JSON, or stops doing so.
    ToggleJson,
    /// Asks for a JSON answer that is no JSON again.
    RepairJson,
    /// Opens the list of MCP servers.
    Servers,
    /// Shows the results of tools whole, or their first lines.
    ToggleResults,
    /// Opens the picker of personas.
    Personas,
    /// Shows the system prompt in the message box, to be changed.
    SystemPrompt,
    /// Opens the picker of themes.
    SwitchTheme,
    /// Opens the command palette.
    Palette,
    /// Begins a new conversation.
    NewConversation,
    /// Begins a new conversation of which nothing touches the disk.
    Incognito,
    /// Opens the list of conversations.
    History,
    /// Asks for the last reply again, as a sibling.
    Regenerate,
    /// Asks for it again, once, of another model or in another thinking mode.
    RegenerateWith,
    /// Stops the reasoning and has the model answer at once.
    AnswerNow,
    /// Goes on with an answer that was cut, or retries one that reasoning left no room for.
    GoOn,
    /// Takes the last message back into the box; sending it makes a sibling.
    EditLast,
    /// Shows the previous sibling.
    PreviousSibling,
    /// Shows the next sibling.
    NextSibling,
    /// Shows two versions of an answer against each other.
    Diff,
    /// Deletes the turn in view and all that follows it.
    DeleteBranch,
    /// Brings back what was deleted or left out last.
    Restore,
    /// Leaves the turn in view out of what is sent, or sends it along again.
    LeaveOut,
    /// Pins the turn in view, so that it is always sent along, or unpins it.
    Pin,
    /// Opens the ways to make room in the context window.
    MakeRoom,
    /// Begins a new conversation with a summary of this one.
    Summarize,
    /// Shows the next request as it would be sent.
    PreviewRequest,
    /// Opens the screen for keys.
    EnterKey,
    /// Asks the model for a title.
    AskTitle,
    /// Closes the overlay, stops the reply, or goes back to the message box.
    Escape,
    /// Stops the reply, clears the box, or quits.
    Interrupt,
    /// Quits.
    Quit,
    /// Quits when the message box is empty and in focus.
    QuitIfEmpty,
    /// Stops the program until the shell brings it back.
    Suspend,
    /// Draws everything anew.
    Redraw,
    /// Opens the message in the editor.
    ExternalEditor,
    /// Shows the help.
    Help,
    /// Moves the focus to the next part of the screen.
    FocusNext,
    /// Moves the focus to the previous part of the screen.
    FocusPrevious,
    /// Scrolls the chat up a page.
    ChatPageUp,
    /// Scrolls the chat down a page.
    ChatPageDown,
    /// Scrolls the thinking pane up a page.
    ThinkingPageUp,
    /// Scrolls the thinking pane down a page.
    ThinkingPageDown,
    /// Scrolls the chat to the previous turn.
    PreviousTurn,
    /// Scrolls the chat to the next turn.
    NextTurn,
    /// Scrolls the pane in focus up a row.
    PaneUp,
    /// Scrolls the pane in focus down a row.
    PaneDown,
    /// Scrolls the pane in focus up half a page.
    PaneHalfUp,
    /// Scrolls the pane in focus down half a page.
    PaneHalfDown,
    /// Scrolls the pane in focus to its top.
    PaneTop,
    /// Scrolls the pane in focus to its end and follows it.
    PaneBottom,
    /// Scrolls the pane in focus to the previous heading.
    PreviousHeading,
    /// Scrolls the pane in focus to the next heading.
    NextHeading,
    /// Opens the find bar.
    Find,
    /// Goes to the next hit.
    FindNext,
    /// Goes to the hit before.
    FindPrevious,
    /// Gives the thinking pane more room.
    WidenThinking,
    /// Gives the thinking pane less room.
    NarrowThinking,
    /// Copies the turn in focus.
    CopyTurn,
    /// Opens the copy picker: the answer, each code block, the reasoning, the turn.
    CopyPicker,
    /// Shows the pane in focus alone, without borders.
    Zoom,
    /// Undoes the last edit of the message.
    Undo,
    /// Redoes the edit that was undone.
    Redo,
    /// Shows pasted text that was folded.
    ExpandPaste,
    /// Moves the caret to the start of the line.
    LineStart,
    /// Moves the caret to the end of the line.
    LineEnd,
    /// Deletes to the end of the line.
    DeleteToLineEnd,
    /// Deletes to the start of the line.
    DeleteToLineStart,
    /// Deletes the word before the caret.
    DeleteWord,
    /// Moves the caret forward.
    CaretForward,
    /// Moves the caret back.
    CaretBack,
    /// Moves the caret up, or recalls the previous message.
    CaretUp,
    /// Moves the caret down, or recalls the next message.
    CaretDown,
}

/// Where a command's keys count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everywhere; keys that type something only outside the message box.
    Anywhere,
    /// In the message box.
    Message,
    /// In the chat or the thinking pane.
    Pane,
}

/// A command's names and default keys.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// The command.
    pub command: Command,
    /// Its name in `[keys]`.
    pub action: &'static str,
    /// What it does, for the palette, the help and the README.
    pub title: &'static str,
    /// Its keys unless `[keys]` says otherwise.
    pub keys: &'static [&'static str],
    /// Where its keys count.
    pub scope: Scope,
    /// Its slash command, if it has one.
    pub slash: Option<&'static str>,
    /// Whether the palette lists it before what moves about and edits.
    pub everyday: bool,
}

impl Spec {
    /// Whether two commands' keys can be pressed in the same place.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.scope == other.scope || self.scope == Scope::Anywhere || other.scope == Scope::Anywhere
    }
}

impl Command {
    /// The command's row in the table.
    pub fn spec(self) -> Option<&'static Spec> {
        SPECS.iter().find(|spec| spec.command == self)
    }
}

/// What of the program the configuration speaks of.
pub fn known() -> Known {
    let with_argument = super::WITH_ARGUMENT.iter().map(|with| with.word);
    Known {
        actions: SPECS.iter().map(|spec| spec.action).collect(),
        slash_commands: SPECS
            .iter()
            .filter_map(|spec| spec.slash)
            .chain(with_argument)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_used_once() {
        for (at, spec) in SPECS.iter().enumerate() {
            let rest = &SPECS[at + 1..];
            assert!(
                rest.iter().all(|other| other.action != spec.action),
                "{}",
                spec.action
            );
            assert!(
                rest.iter().all(|other| other.command != spec.command),
                "{}",
                spec.action
            );
            assert!(spec.slash.is_none() || rest.iter().all(|other| other.slash != spec.slash));
        }
    }
}
