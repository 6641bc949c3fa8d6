//! What each command does.

use std::time::Instant;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::slash::Slash;
use super::{App, Command, Effect, Keep, Overlay, Pane, QUIT_ARMED, Reader, SeenPane, Tone};
use crate::catalog::Capability;
use crate::chat::Now;
use crate::config::PanelState;
use crate::phrase::tr;

/// Some terminals send 0x08, which is Ctrl+H, for Backspace; no key can be bound to it.
pub(super) fn as_backspace(key: KeyEvent) -> KeyEvent {
    if (key.code, key.modifiers) != (KeyCode::Char('h'), KeyModifiers::CONTROL) {
        return key;
    }
    KeyEvent {
        code: KeyCode::Backspace,
        modifiers: KeyModifiers::NONE,
        ..key
    }
}

impl App {
    /// Carries out a command.
    pub(super) fn run(&mut self, command: Command, now: Now) -> Vec<Effect> {
        if command != Command::Interrupt {
            self.quit_armed = None;
        }
        match command {
            Command::Send => return self.send(now),
            Command::Regenerate => return self.regenerate(now),
            Command::History => return self.open_history(now),
            Command::AnswerNow => return self.answer_now(now),
            Command::GoOn => return self.go_on(now),
            Command::RegenerateWith => self.open_regenerate_with(now),
            Command::Diff => self.open_diff(now),
            Command::DeleteBranch => return self.delete_branch(now),
            Command::Restore => return self.restore(now),
            Command::LeaveOut => self.leave_out(now),
            Command::Pin => self.pin(now),
            Command::MakeRoom => self.make_room(now),
            Command::Summarize => return self.ask_for_summary(now),
            Command::PreviewRequest => self.open_preview(now),
            Command::AskTitle => return self.ask_for_title(now),
            Command::NewConversation => return self.new_conversation(now),
            Command::Incognito => return self.begin_conversation(Some(Keep::InMemory), now),
            Command::Escape => return self.escape(now),
            Command::Interrupt => return self.interrupt(now),
            Command::Quit => return self.quit(now),
            Command::QuitIfEmpty if self.composer.is_empty() => return self.quit(now),
            Command::Zoom => self.toggle_zoom(now),
            Command::CopyTurn => return self.copy_turn(now),
            Command::CopyPicker => self.open_copies(now),
            Command::Suspend => return vec![Effect::Suspend],
            Command::Redraw => return vec![Effect::Redraw],
            Command::ExternalEditor => return vec![Effect::Edit(self.composer.text())],
            Command::SwitchModel => self.open_models(),
            Command::NextModel => self.next_model(now.instant),
            Command::NextProvider => self.next_provider(now.instant),
            Command::ToggleThinkingPanel => self.next_panel_state(now),
            Command::ThinkingMode => self.next_thinking_mode(now.instant),
            Command::Palette => self.open_palette(""),
            Command::EnterKey => return self.enter_key("", now),
            Command::Personas => self.open_personas(now.instant),
            Command::SystemPrompt => self.edit_system_prompt(now.instant),
            Command::SwitchTheme => self.overlay = Some(Overlay::Themes(self.themes.picker())),
            Command::Help => self.overlay = Some(Overlay::Help(Reader::default())),
            Command::EditLast => self.edit_last(now),
            Command::PreviousSibling => return self.switch_sibling(-1, now),
            Command::NextSibling => return self.switch_sibling(1, now),
            Command::FocusNext => self.move_focus(1),
            Command::FocusPrevious => self.move_focus(-1),
            Command::ChatPageUp => self.page(Pane::Chat, -1),
            Command::ChatPageDown => self.page(Pane::Chat, 1),
            Command::ThinkingPageUp => self.page(Pane::Thinking, -1),
            Command::ThinkingPageDown => self.page(Pane::Thinking, 1),
            Command::PaneUp => self.scroll(-1),
            Command::PaneDown => self.scroll(1),
            Command::PaneHalfUp => self.scroll(-half(self.seen_pane())),
            Command::PaneHalfDown => self.scroll(half(self.seen_pane())),
            Command::PaneTop => self.scroll_to(0),
            Command::PaneBottom => self.scroll_to(usize::MAX),
            Command::PreviousHeading => self.jump_to_heading(false),
            Command::NextHeading => self.jump_to_heading(true),
            Command::PreviousTurn => self.jump_to_turn(false),
            Command::NextTurn => self.jump_to_turn(true),
            Command::Find => self.open_find("", now),
            Command::FindNext => self.find_step(true, now),
            Command::FindPrevious => self.find_step(false, now),
            Command::WidenThinking => self.resize_thinking(1, now),
            Command::NarrowThinking => self.resize_thinking(-1, now),
            Command::ExpandPaste => self.expand_paste(now),
            Command::Servers => self.open_servers(now.instant),
            Command::ToggleSearch => self.toggle_extra(Capability::WebSearch, now),
            Command::ToggleJson => self.toggle_extra(Capability::JsonMode, now),
            Command::RepairJson => return self.repair_json(now),
            Command::ToggleTools => self.toggle_tools(now),
            Command::ToggleResults => self.toolbox.results_open = !self.toolbox.results_open,
            // A tool's arguments in the box are no place for the message that waits.
            Command::CaretUp
                if self.composer.is_empty()
                    && self.toolbox.consent.editing.is_none()
                    && self.unqueue() => {}
            Command::NewLine
            | Command::QuitIfEmpty
            | Command::Undo
            | Command::Redo
            | Command::LineStart
            | Command::LineEnd
            | Command::DeleteToLineEnd
            | Command::DeleteToLineStart
            | Command::DeleteWord
            | Command::CaretForward
            | Command::CaretBack
            | Command::CaretUp
            | Command::CaretDown => {
                self.composer.edit(command);
            }
        }
        Vec::new()
    }

    /// Whether a message without its slash is a slash command. Only what ends in a text of the
    /// user's may have several lines.
    pub(super) fn is_slash(&self, line: &str) -> bool {
        let takes_lines =
            line.starts_with("system ") || self.template(line).is_some() || self.is_prompt(line);
        (takes_lines || !line.contains('\n')) && self.is_command(line)
    }

    /// Whether a line is a slash command, written without its slash.
    pub(super) fn is_command(&self, line: &str) -> bool {
        let is_own = self.template(line).is_some() || self.is_prompt(line);
        is_own || super::slash::parse(line).is_some()
    }

    /// Carries out a slash command that is written without its slash, or says how it is written.
    pub(super) fn run_line(&mut self, line: &str, now: Now) -> Vec<Effect> {
        if self.is_opening() {
            self.send_once_open(format!("/{line}"));
            return Vec::new();
        }
        let Some(slash) = super::slash::parse(line) else {
            return if self.is_prompt(line) {
                self.run_prompt(line, now)
            } else {
                self.run_template(line, now)
            };
        };
        // What was said of an earlier command does not hold for this one.
        self.notice = None;
        // Of a word alone there is nothing to mend.
        let can_be_mended = slash.is_err() || line.contains(char::is_whitespace);
        let effects = match slash {
            Ok(slash) => self.run_slash(slash, now),
            Err(usage) => {
                self.notify(Tone::Error, usage, now.instant);
                Vec::new()
            }
        };
        let notice = self.notice.as_ref();
        if can_be_mended && notice.is_some_and(|it| it.tone == Tone::Error) {
            self.focus_message();
            self.give_back(line);
        }
        effects
    }

    /// Has a command that failed, written without its slash, stand in the message box, to be
    /// mended there. If something else does, Up finds it in an empty box.
    pub(super) fn give_back(&mut self, line: &str) {
        let line = format!("/{line}");
        if self.composer.is_empty() && self.toolbox.consent.editing.is_none() {
            self.composer.set_text(&line);
        } else {
            self.composer.remember(line);
        }
    }

    fn run_slash(&mut self, slash: Slash, now: Now) -> Vec<Effect> {
        match slash {
            Slash::Run(command) => return self.run(command, now),
            Slash::Theme(name) => return self.switch_theme(&name, now.instant),
            Slash::Key(provider) => return self.enter_key(&provider, now),
            Slash::Model(name) => self.switch_by_name(&name, now.instant),
            Slash::Attach(what) => return self.attach(&what, now),
            Slash::Detach(name) => self.detach(&name, now),
            Slash::Export(path) => return self.export(&path, now),
            Slash::Find(words) => self.open_find(&words, now),
            Slash::Retry(name) => return self.regenerate_by_name(&name, now),
            Slash::Title(title) => return self.set_title(&title, now),
            Slash::Think(mode) => self.set_thinking(mode, now.instant),
            Slash::System(text) => self.set_system_prompt(text, now.instant),
            Slash::Persona(name) => self.switch_persona(&name, now.instant),
            Slash::Extra(capability, on) => self.set_extra(capability, on, now),
            Slash::Set(param, value) => {
                let before = self.session.params;
                param.set(&mut self.session.params, value);
                if let Some(refusal) = self.refusal() {
                    self.session.params = before;
                    self.notify(Tone::Error, refusal, now.instant);
                    return Vec::new();
                }
                let text = tr!(
                    "From the next message on: {params}",
                    params = self.session.params
                );
                self.notify(Tone::Info, text, now.instant);
            }
        }
        Vec::new()
    }

    /// Closes what is open, stops the reply, or goes back to the message box.
    fn escape(&mut self, now: Now) -> Vec<Effect> {
        // A reply that is to be stopped is not kept waiting by a mark on the screen.
        if self.selection.take().is_some() && self.live.is_none() {
            return Vec::new();
        }
        if self.focus != Pane::Message && self.end_find() {
            return Vec::new();
        }
        if self.zoom.is_some() {
            self.toggle_zoom(now);
            return Vec::new();
        }
        if self.toolbox.consent.editing.is_some() {
            self.leave_arguments();
            return Vec::new();
        }
        if self.live.is_some() {
            return self.stop(now);
        }
        if self.errand.is_some() {
            return self.drop_errand();
        }
        if self.toolbox.asked.take().is_some() {
            return Vec::new();
        }
        if self.focus != Pane::Message {
            self.focus = Pane::Message;
        } else if !self.leave_correction() {
            self.notice = None;
            self.end_find();
            self.selected = None;
            self.chat_scroll.follow();
        }
        Vec::new()
    }

    /// Stops the reply, clears the box, or quits at the second press.
    fn interrupt(&mut self, now: Now) -> Vec<Effect> {
        if self.live.is_some() {
            return self.stop(now);
        }
        if self.errand.is_some() {
            return self.drop_errand();
        }
        let fetches = !self.attached.fetching.is_empty();
        if !self.composer.is_empty() || !self.attached.items.is_empty() || fetches {
            self.fetch_none();
            self.composer.erase();
            self.set_attachments(Vec::new());
            self.leave_correction();
            return Vec::new();
        }
        if self.quit_armed.is_some() {
            return self.quit(now);
        }
        self.quit_armed = Some(now.instant + QUIT_ARMED);
        self.notify(Tone::Info, tr!("Press Ctrl+C again to quit"), now.instant);
        Vec::new()
    }

    fn open_models(&mut self) {
        let models = Overlay::models(&self.catalog, |id| self.has_key(id), &self.session.choice);
        self.overlay = Some(models);
    }

    /// Switches to a theme until the program ends.
    pub(super) fn switch_theme(&mut self, name: &str, now: Instant) -> Vec<Effect> {
        if let Err(unknown) = self.themes.choose(name) {
            self.notify(Tone::Error, unknown, now);
            return Vec::new();
        }
        let text = tr!(
            "Theme: {name}. To keep it: theme = \"{name}\" under [ui]",
            name
        );
        self.notify(Tone::Info, text, now);
        if self.themes.follow_background() {
            return vec![Effect::AskBackground];
        }
        Vec::new()
    }

    fn next_panel_state(&mut self, now: Now) {
        self.panel = match self.panel {
            PanelState::Full => PanelState::Peek,
            PanelState::Peek => PanelState::Hidden,
            PanelState::Hidden => PanelState::Full,
        };
        if self.panel != PanelState::Full && self.focus == Pane::Thinking {
            self.focus = Pane::Chat;
        }
        let text = match self.panel {
            PanelState::Full => tr!("Thinking panel: full"),
            PanelState::Peek => tr!("Thinking panel: its last lines"),
            PanelState::Hidden => tr!("Thinking panel: hidden"),
        };
        self.notify(Tone::Info, text, now.instant);
    }

    /// Whether the mouse is the program's: the terminal selects by itself only while it is not.
    pub(super) fn takes_mouse(&self) -> bool {
        self.config.ui.mouse && self.zoom.is_none()
    }

    /// Goes to the message box, which is not there while a pane is zoomed.
    pub(super) fn focus_message(&mut self) {
        self.zoom = None;
        self.focus = Pane::Message;
    }

    /// Takes a text from the editor.
    pub(super) fn edited(&mut self, text: &str) -> Vec<Effect> {
        self.urgent = true;
        self.focus_message();
        // Editors end a file with a line feed that nobody typed.
        self.composer
            .set_text(text.strip_suffix('\n').unwrap_or(text));
        Vec::new()
    }

    fn toggle_zoom(&mut self, now: Now) {
        self.zoom = match (self.zoom, self.focus) {
            (Some(_), _) => None,
            (None, Pane::Thinking) => Some(Pane::Thinking),
            (None, Pane::Chat | Pane::Message) => Some(Pane::Chat),
        };
        if let Some(pane) = self.zoom {
            self.focus = pane;
            self.notify(Tone::Info, tr!("z or Esc goes back"), now.instant);
        }
    }

    fn expand_paste(&mut self, now: Now) {
        if !self.composer.expand() {
            self.notify(
                Tone::Info,
                tr!("Nothing in the message is folded"),
                now.instant,
            );
        }
    }

    fn move_focus(&mut self, step: isize) {
        const ROUND: [Pane; 3] = [Pane::Message, Pane::Chat, Pane::Thinking];
        let shown = |pane: &Pane| match pane {
            Pane::Message => self.zoom.is_none(),
            Pane::Chat => !self.seen.chat.area.is_empty(),
            Pane::Thinking => !self.seen.thinking.area.is_empty(),
        };
        let round: Vec<Pane> = ROUND.into_iter().filter(shown).collect();
        let Ok(count) = isize::try_from(round.len()) else {
            return;
        };
        let at = round
            .iter()
            .position(|pane| *pane == self.focus)
            .unwrap_or(0);
        let to = (at.cast_signed() + step).rem_euclid(count.max(1));
        if let Some(pane) = round.get(to.unsigned_abs()) {
            self.focus = *pane;
        }
    }

    /// What the last frame showed of the pane in focus; the chat, while the message box has it.
    fn seen_pane(&self) -> &SeenPane {
        match self.focus {
            Pane::Thinking => &self.seen.thinking,
            Pane::Chat | Pane::Message => &self.seen.chat,
        }
    }

    fn scroll(&mut self, rows: isize) {
        match self.focus {
            Pane::Thinking => self.thinking_scroll.by(rows, &self.seen.thinking),
            Pane::Chat | Pane::Message => self.chat_scroll.by(rows, &self.seen.chat),
        }
    }

    fn scroll_to(&mut self, row: usize) {
        match self.focus {
            Pane::Thinking => self.thinking_scroll.to(row, &self.seen.thinking),
            Pane::Chat | Pane::Message => self.chat_scroll.to(row, &self.seen.chat),
        }
    }

    /// Scrolls by a page less a row, so that the eye keeps a line to hold on to.
    fn page(&mut self, pane: Pane, direction: isize) {
        let (scroll, seen) = match pane {
            Pane::Thinking => (&mut self.thinking_scroll, &self.seen.thinking),
            Pane::Chat | Pane::Message => (&mut self.chat_scroll, &self.seen.chat),
        };
        let page = usize::from(seen.area.height).saturating_sub(1).max(1);
        scroll.by(page.cast_signed() * direction, seen);
    }

    fn jump_to_heading(&mut self, next: bool) {
        let seen = self.seen_pane();
        let (above, below) = seen.headings;
        if let Some(row) = if next { below } else { above } {
            self.scroll_to(row);
        }
    }
}

fn half(seen: &SeenPane) -> isize {
    (usize::from(seen.area.height) / 2).max(1).cast_signed()
}
