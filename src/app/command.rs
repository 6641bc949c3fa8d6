//! Everything a user can ask of the program, in one table.
//!
//! The keymap, the palette, the slash commands, the help screen and the README's key table all
//! come from [`SPECS`]; nothing else names a key.

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
    /// Opens the command palette.
    Palette,
    /// Begins a new conversation.
    NewConversation,
    /// Asks for the last reply again, as a sibling.
    Regenerate,
    /// Takes the last message back into the box; sending it makes a sibling.
    EditLast,
    /// Shows the previous sibling.
    PreviousSibling,
    /// Shows the next sibling.
    NextSibling,
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
    /// Copies the turn in focus.
    CopyTurn,
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
    /// Everywhere.
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
    /// Whether the palette lists it.
    pub in_palette: bool,
}

impl Spec {
    /// Whether two commands' keys can be pressed in the same place.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.scope == other.scope || self.scope == Scope::Anywhere || other.scope == Scope::Anywhere
    }
}

const fn spec(
    command: Command,
    action: &'static str,
    title: &'static str,
    keys: &'static [&'static str],
    scope: Scope,
) -> Spec {
    Spec {
        command,
        action,
        title,
        keys,
        scope,
        slash: None,
        in_palette: matches!(scope, Scope::Anywhere),
    }
}

impl Spec {
    const fn slash(mut self, word: &'static str) -> Self {
        self.slash = Some(word);
        self.in_palette = true;
        self
    }

    const fn in_palette(mut self, listed: bool) -> Self {
        self.in_palette = listed;
        self
    }
}

/// Every command, in the order of the help screen.
pub const SPECS: &[Spec] = &[
    spec(
        Command::Send,
        "send",
        "Send the message (while a reply comes: queue it)",
        &["enter"],
        Scope::Message,
    ),
    spec(
        Command::NewLine,
        "new-line",
        "New line in the message",
        &["shift-enter", "alt-enter", "ctrl-j"],
        Scope::Message,
    ),
    spec(
        Command::SwitchModel,
        "switch-model",
        "Switch model",
        &["ctrl-o", "f2"],
        Scope::Anywhere,
    )
    .slash("model"),
    spec(
        Command::NextModel,
        "next-model",
        "Next model of this provider",
        &["alt-m"],
        Scope::Anywhere,
    ),
    spec(
        Command::NextProvider,
        "next-provider",
        "Next provider",
        &["alt-p", "f3"],
        Scope::Anywhere,
    ),
    spec(
        Command::ToggleThinkingPanel,
        "toggle-thinking-panel",
        "Thinking panel: full, peek, hidden",
        &["ctrl-t", "f4"],
        Scope::Anywhere,
    )
    .slash("panel"),
    spec(
        Command::ThinkingMode,
        "thinking-mode",
        "Thinking mode of the next request",
        &["alt-t", "f6"],
        Scope::Anywhere,
    ),
    spec(
        Command::Palette,
        "command-palette",
        "All commands",
        &["ctrl-p"],
        Scope::Anywhere,
    )
    .in_palette(false),
    spec(
        Command::NewConversation,
        "new-conversation",
        "New conversation",
        &["ctrl-n"],
        Scope::Anywhere,
    )
    .slash("new"),
    spec(
        Command::Regenerate,
        "regenerate",
        "Ask for the last reply again",
        &["alt-r", "f5"],
        Scope::Anywhere,
    )
    .slash("retry"),
    spec(
        Command::EditLast,
        "edit-last",
        "Edit the last message and send it again",
        &["alt-e"],
        Scope::Anywhere,
    )
    .slash("edit"),
    spec(
        Command::PreviousSibling,
        "previous-sibling",
        "Previous version of this turn",
        &["alt-left"],
        Scope::Anywhere,
    ),
    spec(
        Command::NextSibling,
        "next-sibling",
        "Next version of this turn",
        &["alt-right"],
        Scope::Anywhere,
    ),
    spec(
        Command::CopyTurn,
        "copy-turn",
        "Copy the last turn, or the one in view",
        &["y"],
        Scope::Pane,
    )
    .slash("copy"),
    spec(
        Command::Escape,
        "escape",
        "Close what is open, stop the reply, back to the message",
        &["esc"],
        Scope::Anywhere,
    )
    .in_palette(false),
    spec(
        Command::Interrupt,
        "interrupt",
        "Stop the reply, clear the message, press again to quit",
        &["ctrl-c"],
        Scope::Anywhere,
    )
    .in_palette(false),
    spec(
        Command::QuitIfEmpty,
        "quit",
        "Quit, when the message box is empty",
        &["ctrl-d"],
        Scope::Message,
    ),
    spec(Command::Quit, "quit-now", "Quit", &[], Scope::Anywhere).slash("quit"),
    spec(
        Command::Suspend,
        "suspend",
        "Suspend to the shell",
        &["ctrl-z"],
        Scope::Anywhere,
    ),
    spec(
        Command::Redraw,
        "redraw",
        "Draw the screen anew",
        &["ctrl-l"],
        Scope::Anywhere,
    ),
    spec(Command::Help, "help", "Help", &["f1"], Scope::Anywhere).slash("help"),
    spec(
        Command::FocusNext,
        "focus-next",
        "Focus: message, chat, thinking",
        &["tab"],
        Scope::Anywhere,
    )
    .in_palette(false),
    spec(
        Command::FocusPrevious,
        "focus-previous",
        "Focus, the other way round",
        &["shift-tab"],
        Scope::Anywhere,
    )
    .in_palette(false),
    spec(
        Command::ChatPageUp,
        "chat-page-up",
        "Scroll the chat up",
        &["pageup"],
        Scope::Anywhere,
    )
    .in_palette(false),
    spec(
        Command::ChatPageDown,
        "chat-page-down",
        "Scroll the chat down",
        &["pagedown"],
        Scope::Anywhere,
    )
    .in_palette(false),
    spec(
        Command::ThinkingPageUp,
        "thinking-page-up",
        "Scroll the thinking pane up",
        &["alt-pageup"],
        Scope::Anywhere,
    )
    .in_palette(false),
    spec(
        Command::ThinkingPageDown,
        "thinking-page-down",
        "Scroll the thinking pane down",
        &["alt-pagedown"],
        Scope::Anywhere,
    )
    .in_palette(false),
    spec(
        Command::PreviousTurn,
        "previous-turn",
        "Previous turn",
        &["alt-up"],
        Scope::Anywhere,
    ),
    spec(
        Command::NextTurn,
        "next-turn",
        "Next turn",
        &["alt-down"],
        Scope::Anywhere,
    ),
    spec(
        Command::PaneUp,
        "pane-up",
        "Scroll up a row",
        &["k", "up"],
        Scope::Pane,
    ),
    spec(
        Command::PaneDown,
        "pane-down",
        "Scroll down a row",
        &["j", "down"],
        Scope::Pane,
    ),
    spec(
        Command::PaneHalfUp,
        "pane-half-up",
        "Scroll up half a page",
        &["ctrl-u"],
        Scope::Pane,
    ),
    spec(
        Command::PaneHalfDown,
        "pane-half-down",
        "Scroll down half a page",
        &["ctrl-d"],
        Scope::Pane,
    ),
    spec(
        Command::PaneTop,
        "pane-top",
        "To the top",
        &["g", "home"],
        Scope::Pane,
    ),
    spec(
        Command::PaneBottom,
        "pane-bottom",
        "To the end, and follow it",
        &["shift-g", "end"],
        Scope::Pane,
    ),
    spec(
        Command::PreviousHeading,
        "previous-heading",
        "Previous heading",
        &["["],
        Scope::Pane,
    ),
    spec(
        Command::NextHeading,
        "next-heading",
        "Next heading",
        &["]"],
        Scope::Pane,
    ),
    spec(
        Command::Zoom,
        "zoom",
        "This pane alone, for the terminal's own selection",
        &["z"],
        Scope::Pane,
    )
    .slash("zoom"),
    spec(
        Command::ExternalEditor,
        "external-editor",
        "Edit the message in $EDITOR",
        &["ctrl-g"],
        Scope::Message,
    )
    .slash("editor"),
    spec(Command::Undo, "undo", "Undo", &["alt-z"], Scope::Message),
    spec(
        Command::Redo,
        "redo",
        "Redo",
        &["alt-shift-z"],
        Scope::Message,
    ),
    spec(
        Command::ExpandPaste,
        "expand-paste",
        "Show folded pasted text",
        &[],
        Scope::Message,
    )
    .slash("expand"),
    spec(
        Command::LineStart,
        "line-start",
        "Start of the line",
        &["ctrl-a", "home"],
        Scope::Message,
    ),
    spec(
        Command::LineEnd,
        "line-end",
        "End of the line",
        &["ctrl-e", "end"],
        Scope::Message,
    ),
    spec(
        Command::DeleteToLineEnd,
        "delete-to-line-end",
        "Delete to the end of the line",
        &["ctrl-k"],
        Scope::Message,
    ),
    spec(
        Command::DeleteToLineStart,
        "delete-to-line-start",
        "Delete to the start of the line",
        &["ctrl-u"],
        Scope::Message,
    ),
    spec(
        Command::DeleteWord,
        "delete-word",
        "Delete the word before",
        &["ctrl-w", "alt-backspace"],
        Scope::Message,
    ),
    spec(
        Command::CaretForward,
        "caret-forward",
        "Forward",
        &["ctrl-f", "right"],
        Scope::Message,
    ),
    spec(
        Command::CaretBack,
        "caret-back",
        "Back",
        &["ctrl-b", "left"],
        Scope::Message,
    ),
    spec(
        Command::CaretUp,
        "caret-up",
        "Up; in an empty box: earlier messages",
        &["up"],
        Scope::Message,
    ),
    spec(
        Command::CaretDown,
        "caret-down",
        "Down; in an empty box: later messages",
        &["down"],
        Scope::Message,
    ),
];

impl Command {
    /// The command's row in the table.
    pub fn spec(self) -> Option<&'static Spec> {
        SPECS.iter().find(|spec| spec.command == self)
    }
}

/// The names that `[keys]` may use.
pub fn actions() -> Vec<&'static str> {
    SPECS.iter().map(|spec| spec.action).collect()
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
