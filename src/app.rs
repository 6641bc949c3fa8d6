//! The state of the program and its one transition function. No I/O, no clock, no terminal.
//!
//! [`App::update`] is the only place where state changes: a [`Msg`] in, [`Effect`]s out.
//! Invariants: it never fails and never panics; a message of a turn that is not live changes
//! nothing; what was typed is never lost.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};

mod announcement;
pub mod attached;
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
mod enter_key;
mod errand;
pub mod export;
pub mod extras;
mod find;
pub mod history;
pub mod journal;
pub mod keeping;
pub mod keymap;
pub mod library;
mod line_edit;
mod mouse;
mod msg;
mod notice;
mod offer;
mod onward;
mod outcome;
pub mod overlay;
pub mod persona;
mod picker;
pub mod preview;
mod reader;
mod run;
pub mod scroll;
mod seen;
mod selection;
pub mod server;
mod slash;
mod start;
pub mod template;
mod themes;
pub mod toolkit;
mod turn;

pub use announcement::Announcement;
pub use attached::Attached;
pub use branch::{Correction, Restorable, oldest_turns};
pub use call::{Sent, Toolbox};
pub use choice::Session;
pub use command::Command;
pub use composer::Composer;
pub use context::{Context, Gauge};
pub use diff::{Diff, Line, Pair};
pub use effect::Effect;
pub use enter_key::{EnterKey, KeyTaken, Secret};
pub use errand::{Errand, Purpose};
pub use find::{Count, Find};
pub use keeping::{Keep, Keeping};
pub use keymap::Keymap;
pub use line_edit::LineEdit;
pub use msg::Msg;
pub use notice::{Notice, Tone};
pub use offer::{Again, Remedy};
pub use overlay::{Choice, Overlay};
pub use picker::{Item, Picker};
pub use preview::Preview;
pub use reader::{Reader, Spot};
pub use seen::{Anchor, Edge, Pane, Passage, Seam, Section, Seen, SeenCard, SeenPane};
pub use selection::Selection;
pub use slash::WITH_ARGUMENT;
pub use start::{Begin, Start};
pub use themes::{AUTO as AUTO_THEME, Themes};
pub use turn::{Live, Phase};

use crate::catalog::Catalog;
use crate::chat::{Conversation, Now, Turn, TurnId};
use crate::config::{Config, PanelState};
use command::Scope;
use scroll::Scroll;

/// Columns that the message box takes besides its text: its borders and a column at either side.
pub const MESSAGE_CHROME_COLS: u16 = 4;
/// The share of the height, in percent, that the thinking pane has above the chat at first.
const THINKING_HEIGHT: u16 = 34;
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
    /// What of earlier programs it goes on with.
    pub start: Start,
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
    /// What of it outlasts the program.
    pub keeping: Keeping,
    /// The reply in flight.
    pub live: Option<Live>,
    /// The message to send when that reply is over.
    pub queued: Option<String>,
    /// The file that the last export found to be there.
    replaceable: Option<String>,
    /// The earlier message that is being edited; sending makes its sibling.
    pub correction: Option<Correction>,
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
    /// What goes along with the message in it.
    pub attached: Attached,
    /// The part of the screen that takes keys.
    pub focus: Pane,
    /// What lies over the screen.
    pub overlay: Option<Overlay>,
    /// What is looked for in the conversation.
    pub find: Option<Find>,
    /// The text that is selected.
    pub selection: Option<Selection>,
    /// What just happened.
    pub notice: Option<Notice>,
    /// How much of the reasoning is shown.
    pub panel: PanelState,
    /// The share of the height, in percent, that the thinking pane has above the chat.
    pub thinking_height: u16,
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
    mouse: mouse::Mouse,
    /// When the last message came.
    as_of: Option<Instant>,
    /// Whether the window has the focus, as far as the terminal tells.
    has_focus: bool,
    quit_armed: Option<Instant>,
    urgent: bool,
}

impl App {
    /// A program with nothing said yet.
    pub fn new(setup: Setup) -> Self {
        let mut app = Self {
            conversation: Conversation::new(setup.start.prompt(&setup.config.chat)),
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
            keeping: Keeping::new(setup.start),
            live: None,
            queued: None,
            replaceable: None,
            correction: None,
            selected: None,
            restorable: None,
            context: Context::default(),
            errand: None,
            composer: Composer::default(),
            attached: Attached::default(),
            focus: Pane::Message,
            overlay: None,
            find: None,
            selection: None,
            notice: None,
            thinking_height: THINKING_HEIGHT,
            zoom: None,
            chat_scroll: Scroll::default(),
            thinking_scroll: Scroll::default(),
            message_rows: 1,
            seen: Seen::default(),
            mouse: mouse::Mouse::default(),
            as_of: None,
            has_focus: true,
            quit_armed: None,
            urgent: true,
        };
        app.heed_json_mode();
        app
    }

    /// Applies one message and returns what the world must do about it.
    #[must_use]
    pub fn update(&mut self, msg: Msg, now: Now) -> Vec<Effect> {
        self.tick(now.instant);
        let place = self.chat_scroll.place;
        let took_mouse = self.takes_mouse();
        let mut effects = self.apply_and_tell(msg, now);
        self.preview_theme();
        effects.extend(self.complete_path());
        effects.extend(self.copy_selection(now.instant));
        self.look_through(self.chat_scroll.place != place);
        // What must last comes first: the other effects may be the last ones.
        let mut all = self.saves(now.instant);
        all.extend(effects);
        if self.takes_mouse() != took_mouse {
            all.push(Effect::TakeMouse(!took_mouse));
        }
        let cols = self.size.0.saturating_sub(MESSAGE_CHROME_COLS);
        self.message_rows = self.composer.rows(cols);
        all
    }

    fn apply(&mut self, msg: Msg, now: Now) -> Vec<Effect> {
        match msg {
            Msg::Key(key) => self.key(key, now),
            Msg::Paste(text) => self.paste(&text, now),
            Msg::Mouse(mouse) => self.mouse(mouse, now),
            Msg::Resize(cols, rows) => self.resize(cols, rows),
            Msg::Progress(turn, progress) => self.progress(turn, progress, now),
            Msg::Failed(turn, failure) => self.failed(turn, failure, now),
            Msg::Ended(turn) => self.ended(turn, now),
            Msg::ToolDone(call, result) => self.tool_done(call, result, now),
            Msg::KeyTaken(provider, taken) => self.key_taken(&provider, taken, now),
            Msg::Fetched(ticket, found) => self.fetched(ticket, found, now),
            Msg::Paths(ticket, paths) => {
                self.attached.listed(ticket, paths);
                Vec::new()
            }
            Msg::Server(name, news) => self.server_news(&name, news, now),
            Msg::Edited(Ok(text)) => self.edited(&text),
            Msg::Edited(Err(reason)) | Msg::Trouble(reason) => {
                self.notify(Tone::Error, reason, now.instant);
                Vec::new()
            }
            Msg::Loaded(..)
            | Msg::Peeked(..)
            | Msg::Recalled { .. }
            | Msg::Store(_)
            | Msg::Listed(..) => self.store_msg(msg, now),
            Msg::Exported(path, exported) => {
                self.exported(path, &exported, now);
                Vec::new()
            }
            Msg::Focus(has_focus) => self.focused(has_focus),
            Msg::Background(background) => {
                self.themes.see(background);
                Vec::new()
            }
            Msg::Wake => self.send_when_ready(now),
            Msg::SaveDue => Vec::new(),
            Msg::Terminate => self.quit(now),
        }
    }

    /// Takes note of what a frame showed.
    pub fn saw(&mut self, seen: Seen) {
        if self.live.is_none() {
            self.chat_scroll.settle_at_end(&seen.chat);
        }
        self.chat_scroll.settle(&seen.chat);
        self.thinking_scroll.settle(&seen.thinking);
        self.settle_ends(seen.ends.clone());
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
        let notice = self.notice.as_ref().and_then(|notice| notice.until);
        let live = self.live.as_ref().and_then(Live::wake_at);
        let errand = self.errand.as_ref().filter(|errand| !errand.done);
        let errand = errand.and_then(|errand| errand.live.wake_at());
        let looking = self.as_of.filter(|_| self.is_looking());
        let (selection, card) = (self.selection_due(), self.card_wakes());
        let times = [
            notice,
            live,
            errand,
            self.quit_armed,
            selection,
            looking,
            card,
        ];
        times.into_iter().flatten().min()
    }

    /// The turn whose reasoning is shown: the one that something was found in, else the one being
    /// streamed, else the one in view.
    pub fn turn_in_focus(&self) -> Option<&Turn> {
        let found = self.find.as_ref().and_then(Find::thinking_turn);
        let live = self.live.as_ref().map(|live| live.turn);
        found
            .or(live)
            .and_then(|turn| self.conversation.turn(turn))
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
        let turn = match self.chat_scroll.place {
            scroll::Place::Row(row) => self.seen.turn_at(row),
            scroll::Place::Tail | scroll::Place::Revealed { .. } => {
                self.seen.turn_at(self.seen.chat.top)
            }
            scroll::Place::Held(anchor) => Some(anchor.turn),
        };
        turn.and_then(|turn| self.conversation.turn(turn))
            .or_else(|| self.conversation.last())
    }

    fn notify(&mut self, tone: Tone, text: impl Into<String>, now: Instant) {
        self.notice = Some(Notice::new(tone, text, now));
    }

    /// Lets time pass.
    fn tick(&mut self, now: Instant) {
        self.notice.take_if(|notice| notice.is_over(now));
        if self.quit_armed.is_some_and(|until| until <= now) {
            self.quit_armed = None;
        }
        let connect_limit = Duration::from_secs(self.config.network.connect_timeout_seconds);
        let errand = self.errand.as_mut().map(|errand| &mut errand.live);
        for live in self.live.as_mut().into_iter().chain(errand) {
            live.pass(now, connect_limit);
        }
        self.as_of = Some(now);
        self.scroll_selection(now);
        self.tick_card(now);
    }

    fn resize(&mut self, cols: u16, rows: u16) -> Vec<Effect> {
        let earlier = std::mem::replace(&mut self.size, (cols, rows));
        self.urgent = true;
        self.history_resized(earlier.0)
    }

    fn key(&mut self, key: KeyEvent, now: Now) -> Vec<Effect> {
        if key.kind == KeyEventKind::Release {
            return Vec::new();
        }
        self.urgent = true;
        // It makes room for what comes of this key.
        self.notice.take_if(|notice| notice.yields(now.instant));
        let key = run::as_backspace(key);
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
        if self.find.as_ref().is_some_and(|find| find.typing) {
            return self.find_key(key, now);
        }
        if self.focus == Pane::Message
            && let Some(effects) = self.completion_key(key)
        {
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
        let is_typing = self.focus == Pane::Message && !self.composer.is_empty();
        let command = match command {
            Some(Command::Find) if is_typing && composer::goes_forward(key) => {
                Some(Command::CaretForward)
            }
            command => command,
        };
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
            if key.code == KeyCode::Backspace && self.composer.is_at_start() {
                self.remove_attachment(None);
            } else if opens_palette {
                self.open_palette("");
            } else {
                self.composer.input(key);
            }
        }
        Vec::new()
    }

    fn paste(&mut self, text: &str, now: Now) -> Vec<Effect> {
        self.urgent = true;
        self.notice.take_if(|notice| notice.yields(now.instant));
        self.quit_armed = None;
        if let Some(overlay) = &mut self.overlay {
            overlay.paste(text);
            if matches!(overlay, Overlay::History(history) if history.renaming.is_none()) {
                return self.search_history(now.wall);
            }
        } else if self.find.as_ref().is_some_and(|find| find.typing) {
            self.find_paste(text);
        } else {
            self.focus_message();
            self.composer.paste(text);
        }
        Vec::new()
    }
}
