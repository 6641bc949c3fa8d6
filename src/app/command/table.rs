//! The table of commands: one row each, in the order of the help screen.

use super::{Command, Scope, Spec};

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
        everyday: matches!(scope, Scope::Anywhere),
    }
}

impl Spec {
    const fn slash(mut self, word: &'static str) -> Self {
        self.slash = Some(word);
        self.everyday = true;
        self
    }

    const fn everyday(mut self, everyday: bool) -> Self {
        self.everyday = everyday;
        self
    }
}

/// Every command, in the order of the help screen.
#[rustfmt::skip] // A table reads best with a row a line.
pub const SPECS: &[Spec] = &[
    spec(Command::Send, "send", "Send the message (while a reply comes: queue it)", &["enter"], Scope::Message),
    spec(Command::NewLine, "new-line", "New line (Shift+Enter only where the terminal reports it)", &["shift-enter", "alt-enter", "ctrl-j"], Scope::Message),
    spec(Command::SwitchModel, "switch-model", "Switch model", &["ctrl-o", "f2"], Scope::Anywhere).slash("model"),
    spec(Command::NextModel, "next-model", "Next model of this provider", &["alt-m"], Scope::Anywhere),
    spec(Command::NextProvider, "next-provider", "Next provider", &["alt-p", "f3"], Scope::Anywhere),
    spec(Command::ToggleThinkingPanel, "toggle-thinking-panel", "Thinking panel: full, peek, hidden", &["ctrl-t", "f4"], Scope::Anywhere).slash("panel"),
    spec(Command::WidenThinking, "widen-thinking", "More room for the thinking pane", &["alt-="], Scope::Anywhere),
    spec(Command::NarrowThinking, "narrow-thinking", "Less room for the thinking pane", &["alt-minus"], Scope::Anywhere),
    spec(Command::ThinkingMode, "thinking-mode", "Thinking mode of the next request", &["alt-t", "f6"], Scope::Anywhere),
    spec(Command::EnterKey, "enter-key", "Enter an API key", &[], Scope::Anywhere).slash("key"),
    spec(Command::ToggleTools, "toggle-tools", "Tools: offered to the model, or not", &[], Scope::Anywhere).slash("tools"),
    spec(Command::ToggleSearch, "toggle-search", "Web search: the provider looks for pages, or not", &[], Scope::Anywhere).slash("search"),
    spec(Command::ToggleJson, "toggle-json", "JSON mode: answers are JSON, or not", &[], Scope::Anywhere).slash("json"),
    spec(Command::RepairJson, "repair-json", "Ask for a JSON answer with a mistake in it again", &["alt-j"], Scope::Anywhere).slash("repair"),
    spec(Command::Servers, "mcp-status", "MCP servers: state, tools, what went wrong", &[], Scope::Anywhere).slash("mcp"),
    spec(Command::ToggleResults, "toggle-results", "Results of tools: whole, or their first lines", &["o"], Scope::Pane).slash("results"),
    spec(Command::Personas, "persona", "Persona: its prompt, model and parameters", &[], Scope::Anywhere).slash("persona"),
    spec(Command::SystemPrompt, "system-prompt", "System prompt: show it, change it", &[], Scope::Anywhere).slash("system"),
    spec(Command::SwitchTheme, "switch-theme", "Switch theme", &[], Scope::Anywhere).slash("theme"),
    spec(Command::Palette, "command-palette", "All commands", &["ctrl-p"], Scope::Anywhere).everyday(false),
    spec(Command::NewConversation, "new-conversation", "New conversation", &["ctrl-n"], Scope::Anywhere).slash("new"),
    spec(Command::Incognito, "incognito", "New conversation that is never saved", &[], Scope::Anywhere).slash("incognito"),
    spec(Command::History, "history", "Conversations: search, open, rename, pin, delete", &["ctrl-r"], Scope::Anywhere).slash("history"),
    spec(Command::Regenerate, "regenerate", "Ask for the last reply again", &["alt-r", "f5"], Scope::Anywhere).slash("retry"),
    spec(Command::RegenerateWith, "regenerate-with", "Ask for it again, once, of another model or thinking mode", &["alt-shift-r", "shift-f5"], Scope::Anywhere),
    spec(Command::AnswerNow, "answer-now", "Answer now: stop thinking, answer at once", &["alt-a"], Scope::Anywhere).slash("answer"),
    spec(Command::GoOn, "go-on", "Go on with a cut answer; retry one that reasoning left no room for", &["alt-g"], Scope::Anywhere).slash("continue"),
    spec(Command::EditLast, "edit-last", "Edit the last message and send it again", &["alt-e"], Scope::Anywhere).slash("edit"),
    spec(Command::PreviousSibling, "previous-sibling", "Previous version of this turn", &["alt-left", "<"], Scope::Anywhere),
    spec(Command::NextSibling, "next-sibling", "Next version of this turn", &["alt-right", ">"], Scope::Anywhere),
    spec(Command::Diff, "diff-versions", "Compare two versions of an answer", &["alt-d"], Scope::Anywhere).slash("diff"),
    spec(Command::DeleteBranch, "delete-branch", "Delete the turn in view and all that follows it", &["shift-d"], Scope::Pane).slash("delete"),
    spec(Command::Restore, "restore", "Bring back what was deleted or left out last", &["alt-u"], Scope::Anywhere).slash("restore"),
    spec(Command::LeaveOut, "leave-out", "Leave the turn in view out of what is sent, or send it again", &["x"], Scope::Pane).everyday(true),
    spec(Command::Pin, "pin", "Pin the turn in view: it stays when others are left out", &["p"], Scope::Pane).everyday(true),
    spec(Command::MakeRoom, "make-room", "Make room in the context window", &["alt-w"], Scope::Anywhere).slash("room"),
    spec(Command::Summarize, "start-fresh", "Start a new conversation with a summary of this one", &[], Scope::Anywhere).slash("summary"),
    spec(Command::PreviewRequest, "preview-request", "The next request, exactly as it would be sent", &["alt-v"], Scope::Anywhere).slash("preview"),
    spec(Command::AskTitle, "title", "Ask the model for a title (or /title TEXT)", &[], Scope::Anywhere).slash("title"),
    spec(Command::Find, "find", "Find in this conversation (in a message with text, Ctrl+F moves the caret)", &["ctrl-f", "/"], Scope::Anywhere),
    spec(Command::FindNext, "find-next", "Next place that was found", &["n"], Scope::Pane),
    spec(Command::FindPrevious, "find-previous", "The place found before", &["shift-n"], Scope::Pane),
    spec(Command::CopyTurn, "copy-turn", "Copy the last turn, or the one in view", &["y"], Scope::Pane),
    spec(Command::CopyPicker, "copy-picker", "Copy: answer, a code block, reasoning, the turn", &["alt-c"], Scope::Anywhere).slash("copy"),
    spec(Command::Escape, "escape", "Close what is open, stop the reply, back to the message", &["esc"], Scope::Anywhere).everyday(false),
    spec(Command::Interrupt, "interrupt", "Stop the reply, clear the message, press again to quit", &["ctrl-c"], Scope::Anywhere).everyday(false),
    spec(Command::QuitIfEmpty, "quit", "Quit, when the message box is empty", &["ctrl-d"], Scope::Message),
    spec(Command::Quit, "quit-now", "Quit", &[], Scope::Anywhere).slash("quit"),
    spec(Command::Suspend, "suspend", "Suspend to the shell", &["ctrl-z"], Scope::Anywhere),
    spec(Command::Redraw, "redraw", "Draw the screen anew", &["ctrl-l"], Scope::Anywhere),
    spec(Command::Help, "help", "Help", &["f1", "?"], Scope::Anywhere).slash("help"),
    spec(Command::FocusNext, "focus-next", "Focus: message, chat, thinking", &["tab"], Scope::Anywhere).everyday(false),
    spec(Command::FocusPrevious, "focus-previous", "Focus, the other way round", &["shift-tab"], Scope::Anywhere).everyday(false),
    spec(Command::ChatPageUp, "chat-page-up", "Scroll the chat up", &["pageup"], Scope::Anywhere).everyday(false),
    spec(Command::ChatPageDown, "chat-page-down", "Scroll the chat down", &["pagedown"], Scope::Anywhere).everyday(false),
    spec(Command::ThinkingPageUp, "thinking-page-up", "Scroll the thinking pane up", &["alt-pageup"], Scope::Anywhere).everyday(false),
    spec(Command::ThinkingPageDown, "thinking-page-down", "Scroll the thinking pane down", &["alt-pagedown"], Scope::Anywhere).everyday(false),
    spec(Command::PreviousTurn, "previous-turn", "Previous turn", &["alt-up"], Scope::Anywhere),
    spec(Command::NextTurn, "next-turn", "Next turn", &["alt-down"], Scope::Anywhere),
    spec(Command::PaneUp, "pane-up", "Scroll up a row", &["k", "up"], Scope::Pane),
    spec(Command::PaneDown, "pane-down", "Scroll down a row", &["j", "down"], Scope::Pane),
    spec(Command::PaneHalfUp, "pane-half-up", "Scroll up half a page", &["ctrl-u"], Scope::Pane),
    spec(Command::PaneHalfDown, "pane-half-down", "Scroll down half a page", &["ctrl-d"], Scope::Pane),
    spec(Command::PaneTop, "pane-top", "To the top", &["g", "home"], Scope::Pane),
    spec(Command::PaneBottom, "pane-bottom", "To the end, and follow it", &["shift-g", "end"], Scope::Pane),
    spec(Command::PreviousHeading, "previous-heading", "Previous heading", &["["], Scope::Pane),
    spec(Command::NextHeading, "next-heading", "Next heading", &["]"], Scope::Pane),
    spec(Command::Zoom, "zoom", "This pane alone, for the terminal's own selection", &["z"], Scope::Pane).slash("zoom"),
    spec(Command::ExternalEditor, "external-editor", "Edit the message in $EDITOR", &["ctrl-g"], Scope::Message).slash("editor"),
    spec(Command::Undo, "undo", "Undo", &["alt-z"], Scope::Message),
    spec(Command::Redo, "redo", "Redo", &["alt-shift-z"], Scope::Message),
    spec(Command::ExpandPaste, "expand-paste", "Show folded pasted text", &[], Scope::Message).slash("expand"),
    spec(Command::LineStart, "line-start", "Start of the line", &["ctrl-a", "home"], Scope::Message),
    spec(Command::LineEnd, "line-end", "End of the line", &["ctrl-e", "end"], Scope::Message),
    spec(Command::DeleteToLineEnd, "delete-to-line-end", "Delete to the end of the line", &["ctrl-k"], Scope::Message),
    spec(Command::DeleteToLineStart, "delete-to-line-start", "Delete to the start of the line", &["ctrl-u"], Scope::Message),
    spec(Command::DeleteWord, "delete-word", "Delete the word before", &["ctrl-w", "alt-backspace"], Scope::Message),
    spec(Command::CaretForward, "caret-forward", "Forward (Ctrl+F too, where there is text)", &["right"], Scope::Message),
    spec(Command::CaretBack, "caret-back", "Back", &["ctrl-b", "left"], Scope::Message),
    spec(Command::CaretUp, "caret-up", "Up; in an empty box: earlier messages", &["up"], Scope::Message),
    spec(Command::CaretDown, "caret-down", "Down; in an empty box: later messages", &["down"], Scope::Message),
];
