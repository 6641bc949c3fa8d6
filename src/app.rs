//! The state of the program and its one transition function. No I/O, no clock, no terminal.
//!
//! [`App::update`] is the only place where state changes: a [`Msg`] in, [`Effect`]s out.
//! Invariants: it never fails and never panics; a message of a turn that is not live changes
//! nothing; what was typed is never lost.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

mod branch;
mod call;
mod choice;
pub mod command;
mod composer;
pub mod consent;
mod context;
mod copy;
mod diff;
mod effect;
mod errand;
pub mod keymap;
mod line_edit;
mod msg;
mod notice;
mod offer;
pub mod overlay;
mod picker;
mod preview;
mod reader;
mod run;
pub mod scroll;
mod seen;
pub mod server;
mod slash;
mod themes;
pub mod toolkit;
mod turn;

pub use branch::Restorable;
pub use call::{Sent, Toolbox};
pub use choice::Session;
pub use command::Command;
pub use composer::Composer;
pub use context::{Context, Gauge};
pub use diff::{Diff, Line, Pair};
pub use effect::Effect;
pub use errand::{Deed, Errand};
pub use keymap::Keymap;
pub use line_edit::LineEdit;
pub use msg::Msg;
pub use notice::{Notice, Tone};
pub use offer::{Again, Remedy};
pub use overlay::{Choice, Overlay};
pub use picker::{Item, Picker};
pub use preview::Preview;
pub use reader::{Reader, Spot};
pub use seen::{Anchor, Pane, Section, Seen, SeenCard, SeenPane};
pub use slash::WITH_ARGUMENT;
pub use themes::{AUTO as AUTO_THEME, Themes};
pub use turn::{Live, Phase};

use crate::catalog::Catalog;
use crate::chat::{Conversation, Now, Turn, TurnId};
use crate::config::{Config, PanelState};
use command::Scope;
use overlay::Outcome;
use scroll::Scroll;

/// How many rows a turn of the mouse wheel scrolls.
const WHEEL_ROWS: isize = 3;
/// Columns that the message box takes besides its text: its borders and a column at either side.
pub const MESSAGE_CHROME_COLS: u16 = 4;
/// How long a second Ctrl+C quits.
const QUIT_ARMED: Duration = Duration::from_secs(3);

/// What the program starts with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Every provider and model.
    pub catalog: Catalog,
    /// The configuration in force.
    pub config: Config,
    /// The keys in force.
    pub keymap: Keymap,
    /// The providers that have a key, or need none.
    pub keyed: HashSet<String>,
    /// What is asked of whom at first.
    pub session: Session,
    /// Why the demo was opened, if it was not asked for; shown in the empty chat.
    pub opened_on_demo: bool,
    /// The window's columns and rows.
    pub size: (u16, u16),
}

/// The whole state of the program.
#[derive(Debug)]
pub struct App {
    /// Every provider and model.
    pub catalog: Catalog,
    /// The configuration in force.
    pub config: Config,
    /// The keys in force.
    pub keymap: Keymap,
    /// The themes, and the one in force.
    pub themes: Themes,
    /// The providers that have a key, or need none.
    pub keyed: HashSet<String>,
    /// What the next request asks of whom.
    pub session: Session,
    /// Whether the demo was opened for want of a key.
    pub opened_on_demo: bool,
    /// What was said.
    pub conversation: Conversation,
    /// The reply in flight.
    pub live: Option<Live>,
    /// The message to send when that reply is over.
    pub queued: Option<String>,
    /// The turn whose message is being edited; sending makes its sibling.
    pub editing: Option<TurnId>,
    /// The turn that commands mean, if it was picked out; else it is the one in view.
    pub selected: Option<TurnId>,
    /// What a key can bring back.
    pub restorable: Option<Restorable>,
    /// What is known of the window that the conversation has to fit into.
    pub context: Context,
    /// The request in flight that is no turn.
    pub errand: Option<Errand>,
    /// The message box.
    pub composer: Composer,
    /// The part of the screen that takes keys.
    pub focus: Pane,
    /// What lies over the screen.
    pub overlay: Option<Overlay>,
    /// What just happened.
    pub notice: Option<Notice>,
    /// How much of the reasoning is shown.
    pub panel: PanelState,
    /// The pane that is shown alone.
    pub zoom: Option<Pane>,
    /// Where the chat is scrolled to.
    pub chat_scroll: Scroll,
    /// Where the thinking pane is scrolled to.
    pub thinking_scroll: Scroll,
    /// How many rows the message takes in the window, before any limit.
    pub message_rows: u16,
    /// Tools: consent, results, servers.
    pub toolbox: Toolbox,
    /// What the last frame showed.
    pub seen: Seen,
    /// The window's columns and rows.
    pub size: (u16, u16),
    quit_armed: Option<Instant>,
    next_turn: u64,
    urgent: bool,
}

impl App {
    /// A program with nothing said yet.
    pub fn new(setup: Setup) -> Self {
        Self {
            conversation: Conversation::new(setup.config.chat.system_prompt.clone()),
            panel: setup.config.ui.thinking_panel,
            themes: Themes::new(&setup.config.themes, &setup.config.ui.theme),
            catalog: setup.catalog,
            toolbox: Toolbox::new(&setup.config),
            config: setup.config,
            keymap: setup.keymap,
            keyed: setup.keyed,
            session: setup.session,
            opened_on_demo: setup.opened_on_demo,
            size: setup.size,
            live: None,
            queued: None,
            editing: None,
            selected: None,
            restorable: None,
            context: Context::default(),
            errand: None,
            composer: Composer::default(),
            focus: Pane::Message,
            overlay: None,
            notice: None,
            zoom: None,
            chat_scroll: Scroll::default(),
            thinking_scroll: Scroll::default(),
            message_rows: 1,
            seen: Seen::default(),
            quit_armed: None,
            next_turn: 0,
            urgent: true,
        }
    }

    /// Applies one message and returns what the world must do about it.
    #[must_use]
    pub fn update(&mut self, msg: Msg, now: Now) -> Vec<Effect> {
        self.tick(now.instant);
        let effects = self.apply(msg, now);
        self.preview_theme();
        let cols = self.size.0.saturating_sub(MESSAGE_CHROME_COLS);
        self.message_rows = self.composer.rows(cols);
        effects
    }

    fn apply(&mut self, msg: Msg, now: Now) -> Vec<Effect> {
        match msg {
            Msg::Key(key) => self.key(key, now),
            Msg::Paste(text) => self.paste(&text),
            Msg::Mouse(mouse) => self.mouse(mouse, now),
            Msg::Resize(cols, rows) => self.resize(cols, rows),
            Msg::Progress(turn, progress) => self.progress(turn, progress, now),
            Msg::Failed(turn, failure) => self.failed(turn, failure, now),
            Msg::Ended(turn) => self.ended(turn, now),
            Msg::ToolDone(call, result) => self.tool_done(call, result, now),
            Msg::Server(name, news) => self.server_news(&name, news, now),
            Msg::Edited(Ok(text)) => self.edited(&text),
            Msg::Edited(Err(reason)) | Msg::Trouble(reason) => {
                self.notify(Tone::Error, reason, now.instant);
                Vec::new()
            }
            Msg::Background(background) => {
                self.themes.see(background);
                Vec::new()
            }
            Msg::Wake => self.send_when_ready(now),
            Msg::Terminate => self.quit(now),
        }
    }

    /// Takes note of what a frame showed.
    pub fn saw(&mut self, seen: Seen) {
        self.chat_scroll.settle(&seen.chat);
        self.thinking_scroll.settle(&seen.thinking);
        if let (Some(overlay), Some(spot)) = (&mut self.overlay, seen.reader) {
            overlay.settle(spot);
        }
        self.seen = seen;
        self.settle_selection();
    }

    /// Tells, once, whether the last messages ask for a frame right away: a key was pressed, or
    /// the first text of a reply came.
    pub fn take_urgent(&mut self) -> bool {
        std::mem::take(&mut self.urgent)
    }

    /// When the screen next changes by itself: a spinner, a countdown, a notice that goes away.
    pub fn wake_at(&self) -> Option<Instant> {
        let notice = self.notice.as_ref().map(|notice| notice.until);
        let live = self.live.as_ref().and_then(Live::wake_at);
        let errand = self.errand.as_ref().filter(|errand| !errand.done);
        let errand = errand.and_then(|errand| errand.live.wake_at());
        let times = [notice, live, errand, self.card_wakes(), self.quit_armed];
        times.into_iter().flatten().min()
    }

    /// The turn whose reasoning is shown: the one being streamed, else the one in view.
    pub fn turn_in_focus(&self) -> Option<&Turn> {
        let live = self.live.as_ref();
        live.and_then(|live| self.conversation.turn(live.turn))
            .or_else(|| self.turn_in_view())
    }

    /// The turn that was picked out, else the one at which the chat is scrolled, else the last.
    pub fn turn_in_view(&self) -> Option<&Turn> {
        let selected = self.selected.and_then(|id| self.conversation.turn(id));
        if selected.is_some() {
            return selected;
        }
        if self.chat_scroll.follows() {
            return self.conversation.last();
        }
        let top = match self.chat_scroll.place {
            scroll::Place::Row(row) => row,
            scroll::Place::Tail | scroll::Place::Held(_) => self.seen.chat.top,
        };
        let before = self.seen.turns.iter().rev().find(|(_, row)| *row <= top);
        before
            .and_then(|(turn, _)| self.conversation.turn(*turn))
            .or_else(|| self.conversation.last())
    }

    fn notify(&mut self, tone: Tone, text: impl Into<String>, now: Instant) {
        self.notice = Some(Notice::new(tone, text, now));
    }

    /// Lets time pass.
    fn tick(&mut self, now: Instant) {
        if self
            .notice
            .as_ref()
            .is_some_and(|notice| notice.until <= now)
        {
            self.notice = None;
        }
        if self.quit_armed.is_some_and(|until| until <= now) {
            self.quit_armed = None;
        }
        let errand = self.errand.as_mut().map(|errand| &mut errand.live);
        for live in self.live.as_mut().into_iter().chain(errand) {
            live.as_of = now;
        }
        self.tick_card(now);
    }

    fn resize(&mut self, cols: u16, rows: u16) -> Vec<Effect> {
        self.size = (cols, rows);
        self.urgent = true;
        Vec::new()
    }

    fn key(&mut self, key: KeyEvent, now: Now) -> Vec<Effect> {
        if key.kind == KeyEventKind::Release {
            return Vec::new();
        }
        self.urgent = true;
        // What was only said in passing makes room for what comes of this key.
        self.notice.take_if(|notice| notice.tone == Tone::Info);
        let chord = key.into();
        if self.overlay.is_some() {
            return match self.keymap.command(Scope::Anywhere, chord) {
                Some(command @ (Command::Redraw | Command::Suspend)) => self.run(command, now),
                Some(Command::Interrupt) => self.close_overlay(),
                _ => self.overlay_key(key, now),
            };
        }
        if let Some(effects) = self.card_key(key, now) {
            return effects;
        }
        let scope = match self.focus {
            Pane::Message => Scope::Message,
            Pane::Chat | Pane::Thinking => Scope::Pane,
        };
        let types = composer::types(key);
        // A key that types something is never a command in the message box.
        let command = self
            .keymap
            .command(scope, chord)
            .filter(|_| !(types && self.focus == Pane::Message));
        // Only two presses in a row quit, whatever is typed in between.
        if command != Some(Command::Interrupt) {
            self.quit_armed = None;
        }
        if let Some(command) = command {
            return self.run(command, now);
        }
        if self.zoom.is_some() {
            return Vec::new();
        }
        if types {
            // Keys that mean nothing in a pane are typed where text goes.
            self.focus = Pane::Message;
            let opens_palette = key.code == KeyCode::Char('/') && self.composer.is_empty();
            if opens_palette {
                self.overlay = Some(Overlay::palette(&self.keymap));
            } else {
                self.composer.input(key);
            }
        }
        Vec::new()
    }

    fn overlay_key(&mut self, key: KeyEvent, now: Now) -> Vec<Effect> {
        let Some(overlay) = &mut self.overlay else {
            return Vec::new();
        };
        let outcome = overlay.key(key);
        self.after_overlay(outcome, now)
    }

    fn after_overlay(&mut self, outcome: Outcome, now: Now) -> Vec<Effect> {
        match outcome {
            Outcome::Stay | Outcome::Compare(_) | Outcome::StartFresh => {}
            Outcome::Close => return self.close_overlay(),
            _ => self.overlay = None,
        }
        match outcome {
            Outcome::Stay | Outcome::Close => Vec::new(),
            Outcome::Compare(step) => {
                self.compare_with(step);
                Vec::new()
            }
            Outcome::StartFresh => self.start_fresh(now),
            Outcome::Again(again) => self.regenerate_with(again, now),
            Outcome::AgainNamed(name) => self.regenerate_by_name(&name, now),
            Outcome::Remedy(remedy) => self.remedy(remedy, now),
            Outcome::Model(choice) => {
                self.switch_to(choice, now.instant);
                Vec::new()
            }
            Outcome::ModelNamed(name) => {
                self.switch_by_name(&name, now.instant);
                Vec::new()
            }
            Outcome::NoCommand(line) => {
                let text = format!("There is no command /{line}; it is in the message box");
                self.notify(Tone::Warning, text, now.instant);
                self.focus = Pane::Message;
                self.composer.set_text(&format!("/{line}"));
                Vec::new()
            }
            Outcome::Copy(text) => self.copy(text, now.instant),
            Outcome::StartServer(name) => self.start_server(name),
            Outcome::Theme(name) => self.switch_theme(&name, now.instant),
            Outcome::Run(command) => self.run(command, now),
            Outcome::Slash(slash) => self.slash(slash, now),
        }
    }

    /// Shows the theme that is selected, while one is being picked.
    fn preview_theme(&mut self) {
        let selected = match &self.overlay {
            Some(Overlay::Themes(picker)) => picker.selected().map(|item| item.value.as_str()),
            _ => None,
        };
        self.themes.preview(selected);
    }

    fn close_overlay(&mut self) -> Vec<Effect> {
        // A summary is of no use once it is no longer looked at.
        let effects = match self.overlay {
            Some(Overlay::Summary(_)) => self.drop_errand(),
            _ => Vec::new(),
        };
        self.overlay = None;
        effects
    }

    fn paste(&mut self, text: &str) -> Vec<Effect> {
        self.urgent = true;
        self.quit_armed = None;
        if let Some(overlay) = &mut self.overlay {
            overlay.paste(text);
        } else {
            self.focus = Pane::Message;
            self.composer.paste(text);
        }
        Vec::new()
    }

    fn edited(&mut self, text: &str) -> Vec<Effect> {
        self.urgent = true;
        self.focus = Pane::Message;
        // Editors end a file with a line feed that nobody typed.
        self.composer
            .set_text(text.strip_suffix('\n').unwrap_or(text));
        Vec::new()
    }

    fn mouse(&mut self, mouse: MouseEvent, now: Now) -> Vec<Effect> {
        let position = Position::new(mouse.column, mouse.row);
        match mouse.kind {
            MouseEventKind::ScrollUp => self.wheel(position, -WHEEL_ROWS),
            MouseEventKind::ScrollDown => self.wheel(position, WHEEL_ROWS),
            MouseEventKind::Down(MouseButton::Left) => return self.click(position, now),
            _ => {}
        }
        Vec::new()
    }

    fn wheel(&mut self, position: Position, rows: isize) {
        self.urgent = true;
        if let Some(overlay) = &mut self.overlay {
            overlay.scroll(rows);
            return;
        }
        match self.seen.pane_at(position) {
            Some(Pane::Thinking) => self.thinking_scroll.by(rows, &self.seen.thinking),
            Some(Pane::Chat) => self.chat_scroll.by(rows, &self.seen.chat),
            Some(Pane::Message) | None => {}
        }
    }

    fn click(&mut self, position: Position, now: Now) -> Vec<Effect> {
        self.urgent = true;
        if let Some(overlay) = &mut self.overlay {
            let row = self.seen.list.and_then(|(area, first)| {
                let row = usize::from(position.y.checked_sub(area.y)?);
                area.contains(position).then_some(first + row)
            });
            let outcome = row.map_or(Outcome::Close, |row| overlay.click(row));
            return self.after_overlay(outcome, now);
        }
        if let Some(pane) = self.seen.pane_at(position) {
            self.focus = pane;
            if pane == Pane::Message {
                self.composer.click(position);
            }
        }
        Vec::new()
    }
}
