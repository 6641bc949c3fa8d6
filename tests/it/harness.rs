//! The real state and the real view without a terminal: keys in, screens out.
//!
//! Time stands still at 14:02 until a test lets it pass. Every message is followed by a frame, as
//! in the loop, so that keys that refer to what is on the screen find it.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::Duration;

use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use mmchat::app::library::{Change, Which};
use mmchat::app::{self, App, Choice, Effect, Keymap, Msg, Session, Setup, command};
use mmchat::chat::{Delta, Failure, Finish, Moment, Now, Progress, TurnId};
use mmchat::config::{self, Config, keys::Chord};
use mmchat::markdown::text_width;
use mmchat::runtime::Clock;
use mmchat::ui::{self, Cache, Depth, Theme};
use mmchat::wire::WireRequest;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

/// 2026-11-22, 14:02 in a zone an hour ahead of UTC.
pub(crate) const WALL: Moment = Moment {
    unix_seconds: 1_795_352_520,
    offset_minutes: 60,
};

/// Providers for tests, one for each dialect; `test` also has a model of each kind of thinking.
pub(crate) const PROVIDERS: &str = r#"
[providers.test]
name = "Test bench"
dialect = "openai"
base_url = "http://127.0.0.1:9/v1"
[[providers.test.models]]
id = "lab/model:one+two"
context_window_tokens = 32_000
thinking = { on = {}, off = { think = false } }
prices = { currency = "usd", input_per_mtok = 1, output_per_mtok = 2 }
[[providers.test.models]]
id = "silent"
thinking = { off = {} }

[providers.test-native]
dialect = "dashscope"
base_url = "http://127.0.0.1:9/api/v1"
[[providers.test-native.models]]
id = "native-model"

[providers.test-messages]
dialect = "anthropic"
base_url = "http://127.0.0.1:9"
[[providers.test-messages.models]]
id = "messages-model"
"#;

/// The program without a terminal, a network or a clock of its own.
pub(crate) struct Harness {
    /// The state.
    pub(crate) app: App,
    /// What time it is.
    pub(crate) now: Now,
    cache: Cache,
    terminal: Terminal<TestBackend>,
    shown: Buffer,
    effects: Vec<Effect>,
    changes: Vec<Change>,
}

impl Harness {
    /// The demo in a window of 120×40.
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// A configuration besides the providers for tests, in a window of 120×40.
    pub(crate) fn with(config: &str) -> Self {
        Self::of(setup(config, (120, 40)))
    }

    /// What a program starts with, in a window of 120×40.
    pub(crate) fn of(setup: Setup) -> Self {
        let app = App::new(setup);
        let terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
        let mut harness = Self {
            app,
            now: Clock::fixed(WALL).now(),
            cache: Cache::new(Theme::ansi()),
            terminal,
            shown: Buffer::default(),
            effects: Vec::new(),
            changes: Vec::new(),
        };
        harness.draw();
        harness
    }

    /// The demo in a terminal that shows no colours.
    pub(crate) fn colourless() -> Self {
        let mut harness = Self::new();
        harness.has_colours(Depth::None);
        harness
    }

    /// These themes of the user's, and the one that is worn.
    pub(crate) fn with_themes(themes: Vec<config::theme::Theme>, wish: &str) -> Self {
        let mut harness = Self::new();
        let mut config = harness.app.config.clone();
        config.themes = themes;
        wish.clone_into(&mut config.ui.theme);
        harness.app = App::new(setup_of(config, (120, 40)));
        harness.draw();
        harness
    }

    /// The terminal has so many colours.
    pub(crate) fn has_colours(&mut self, depth: Depth) {
        let ansi = config::theme::Theme::ansi();
        self.cache = Cache::new(Theme::new(&ansi, depth));
        self.draw();
    }

    /// The terminal has so many colours, and images have pictures.
    #[cfg(feature = "image-preview")]
    pub(crate) fn shows_pictures(&mut self, depth: Depth) {
        self.has_colours(depth);
        self.cache.show_pictures(ui::Medium::Cells);
        self.draw();
    }

    /// Makes the pictures that are lacking, one after the other, and draws. Returns how many.
    #[cfg(feature = "image-preview")]
    pub(crate) fn pictures_come(&mut self) -> usize {
        let waits = tokio::runtime::Builder::new_current_thread().build();
        let waits = waits.unwrap();
        let mut shrinker = mmchat::picture::shrinker();
        let mut made = 0;
        while let Some(request) = self.cache.lacking_picture() {
            shrinker.ask(request);
            self.cache.take_picture(waits.block_on(shrinker.next()));
            self.draw();
            made += 1;
        }
        made
    }

    /// The demo in a window of that size.
    pub(crate) fn sized(cols: u16, rows: u16) -> Self {
        let mut harness = Self::new();
        harness.resize(cols, rows);
        harness
    }

    /// Starts as `--continue` does. Returns the ticket under which the last conversation is asked for.
    pub(crate) fn opens_the_last(&mut self) -> u64 {
        self.app.keeping = app::Keeping::new(app::Start {
            open: Some(Which::Last),
            ..app::Start::default()
        });
        let asked = self
            .app
            .start()
            .into_iter()
            .find_map(|effect| match effect {
                Effect::Load { ticket, .. } => Some(ticket),
                _ => None,
            });
        asked.unwrap()
    }

    /// Applies a message and draws.
    pub(crate) fn tell(&mut self, msg: Msg) -> &mut Self {
        self.tell_unseen(msg);
        self.draw();
        self
    }

    /// Applies a message without drawing, as between two frames.
    pub(crate) fn tell_unseen(&mut self, msg: Msg) {
        let effects = self.app.update(msg, self.now);
        for effect in effects {
            match effect {
                Effect::Save(change) => self.changes.push(*change),
                effect => self.effects.push(effect),
            }
        }
    }

    /// Draws a frame.
    pub(crate) fn draw(&mut self) {
        let mut seen = None;
        let (app, cache) = (&self.app, &mut self.cache);
        let shown = &mut self.shown;
        self.terminal
            .draw(|frame| {
                let now = ui::view(app, cache, frame.buffer_mut());
                if let Some(caret) = now.caret {
                    frame.set_cursor_position(caret);
                }
                seen = Some(now);
                // The backend for tests keeps what a wide character covers, and shows it again
                // when that goes; a terminal does not.
                shown.clone_from(frame.buffer_mut());
            })
            .unwrap();
        self.app.saw(seen.unwrap());
    }

    /// Draws frames with time to spare until no row is an estimate.
    pub(crate) fn count_rows(&mut self) -> &mut Self {
        for _ in 0..1_000 {
            self.cache.spare(20_000);
            self.draw();
            if !self.cache.is_unfinished() {
                return self;
            }
        }
        panic!("there is no end to the counting");
    }

    /// Presses a key, written as in `[keys]`; several are separated by spaces.
    pub(crate) fn press(&mut self, chords: &str) -> &mut Self {
        for chord in chords.split(' ') {
            self.tell(Msg::Key(key(chord)));
        }
        self
    }

    /// Types text, a key for each character.
    pub(crate) fn type_text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.tell(Msg::Key(KeyEvent::from(KeyCode::Char(c))));
        }
        self
    }

    /// Types a message and sends it.
    pub(crate) fn say(&mut self, text: &str) -> &mut Self {
        self.type_text(text).press("enter")
    }

    /// Pastes text.
    pub(crate) fn paste(&mut self, text: &str) -> &mut Self {
        self.tell(Msg::Paste(text.to_owned()))
    }

    /// Turns the wheel up over a place of the screen.
    pub(crate) fn wheel_up(&mut self, column: u16, row: u16) -> &mut Self {
        self.mouse(MouseEventKind::ScrollUp, (column, row), KeyModifiers::NONE)
    }

    /// Does something with the mouse at a column and a row; what is due at once happens.
    pub(crate) fn mouse(
        &mut self,
        kind: MouseEventKind,
        (column, row): (u16, u16),
        modifiers: KeyModifiers,
    ) -> &mut Self {
        self.tell(Msg::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers,
        }));
        if self.app.wake_at().is_some_and(|at| at <= self.now.instant) {
            self.tell(Msg::Wake);
        }
        self
    }

    /// Drags the mouse with its left button pressed from one place to another.
    pub(crate) fn drag(&mut self, from: (u16, u16), to: (u16, u16)) -> &mut Self {
        self.mouse(
            MouseEventKind::Down(MouseButton::Left),
            from,
            KeyModifiers::NONE,
        );
        self.mouse(
            MouseEventKind::Drag(MouseButton::Left),
            to,
            KeyModifiers::NONE,
        );
        self.mouse(
            MouseEventKind::Up(MouseButton::Left),
            to,
            KeyModifiers::NONE,
        )
    }

    /// Clicks at a place; some clicks in a row without a pause.
    pub(crate) fn click(&mut self, at: (u16, u16), times: usize) -> &mut Self {
        for _ in 0..times {
            self.mouse(
                MouseEventKind::Down(MouseButton::Left),
                at,
                KeyModifiers::NONE,
            );
            self.mouse(
                MouseEventKind::Up(MouseButton::Left),
                at,
                KeyModifiers::NONE,
            );
        }
        self
    }

    /// Where a text begins on the screen below the header: column and row.
    pub(crate) fn place_of(&self, text: &str) -> (u16, u16) {
        for (y, row) in rows(self.buffer()).enumerate().skip(1) {
            let cells: String = row.iter().map(|cell| cell.symbol()).collect();
            if let Some(at) = cells.find(text) {
                return (
                    u16::try_from(text_width(cells.get(..at).unwrap())).unwrap(),
                    u16::try_from(y).unwrap(),
                );
            }
        }
        panic!("no “{text}” on\n{}", self.screen());
    }

    /// The text of the cells above the bottom line that satisfy a condition, row by row.
    pub(crate) fn text_where(&self, wanted: impl Fn(&Cell) -> bool) -> Vec<String> {
        let text = |row: Vec<&Cell>| {
            let cells = row.into_iter().filter(|cell| wanted(cell));
            cells.map(Cell::symbol).collect::<String>()
        };
        let last = self.buffer().area.height.saturating_sub(1);
        let texts = rows(self.buffer()).take(last.into()).map(text);
        texts.filter(|text| !text.is_empty()).collect()
    }

    /// What was copied since effects were last taken.
    pub(crate) fn copied(&mut self) -> Vec<String> {
        let text = |effect| match effect {
            Effect::Copy(text) => Some(text),
            _ => None,
        };
        self.effects().into_iter().filter_map(text).collect()
    }

    /// Gives the window another size.
    pub(crate) fn resize(&mut self, cols: u16, rows: u16) -> &mut Self {
        self.terminal.backend_mut().resize(cols, rows);
        self.tell(Msg::Resize(cols, rows))
    }

    /// The turn whose reply is coming.
    pub(crate) fn live(&self) -> TurnId {
        self.app.live.as_ref().expect("a reply is coming").turn
    }

    /// The server answers.
    pub(crate) fn connected(&mut self) -> &mut Self {
        self.tell(Msg::Progress(self.live(), Progress::Connected))
    }

    /// Pieces of the reply arrive, then a frame is drawn.
    pub(crate) fn stream(&mut self, deltas: impl IntoIterator<Item = Delta>) -> &mut Self {
        let turn = self.live();
        for delta in deltas {
            self.tell_unseen(Msg::Progress(turn, Progress::Delta(delta)));
        }
        self.draw();
        self
    }

    /// The reply's stream ends.
    pub(crate) fn end(&mut self) -> &mut Self {
        self.tell(Msg::Ended(self.live()))
    }

    /// The request fails.
    pub(crate) fn fail(&mut self, failure: Failure) -> &mut Self {
        self.tell(Msg::Failed(self.live(), Box::new(failure)))
    }

    /// One whole exchange: a message, some reasoning, an answer.
    pub(crate) fn exchange(&mut self, prompt: &str, thought: &str, answer: &str) -> &mut Self {
        self.say(prompt).connected();
        if !thought.is_empty() {
            self.stream([reasoning(thought)]);
        }
        self.stream([self::answer(answer), Delta::Finish(Finish::Stop)])
            .end()
    }

    /// Lets time pass; whatever was to change by then changes.
    pub(crate) fn wait(&mut self, time: Duration) -> &mut Self {
        self.now.instant += time;
        self.tell(Msg::Wake)
    }

    /// What was to be kept since the last call; not among the effects, which have enough to say.
    pub(crate) fn changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// What was asked of the world since the last call.
    pub(crate) fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The requests that were sent since effects were last taken.
    pub(crate) fn requests(&mut self) -> Vec<WireRequest> {
        let sent = |effect| match effect {
            Effect::Send(_, request) => Some(*request),
            _ => None,
        };
        self.effects().into_iter().filter_map(sent).collect()
    }

    /// The cells of the last frame.
    pub(crate) fn buffer(&self) -> &Buffer {
        &self.shown
    }

    /// Where the cursor is.
    pub(crate) fn cursor(&mut self) -> Position {
        self.terminal.get_cursor_position().unwrap()
    }

    /// The last frame as text.
    pub(crate) fn screen(&self) -> String {
        let text: Vec<String> = rows(self.buffer()).map(|row| line(&row)).collect();
        text.join("\n")
    }

    /// The line of the screen that holds a text.
    pub(crate) fn line_with(&self, text: &str) -> String {
        let screen = self.screen();
        let line = screen.lines().find(|line| line.contains(text));
        line.unwrap_or_else(|| panic!("no “{text}” on\n{screen}"))
            .to_owned()
    }

    /// Fails unless the screen shows a text.
    pub(crate) fn shows(&self, text: &str) -> &Self {
        self.line_with(text);
        self
    }

    /// Fails if the screen shows a text.
    pub(crate) fn hides(&self, text: &str) -> &Self {
        let screen = self.screen();
        assert!(!screen.contains(text), "“{text}” is on\n{screen}");
        self
    }

    /// All words of the screen between single spaces, borders left out: for sentences that are
    /// folded somewhere. Only of use where one pane has the width of the window.
    pub(crate) fn words(&self) -> String {
        let screen = self.screen().replace(['│', '┃'], " ");
        screen.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Which text stands out how: a line for each row that has styled text.
    pub(crate) fn styles(&self) -> String {
        let mut out = String::new();
        for (y, row) in rows(self.buffer()).enumerate() {
            let runs = styled_runs(&row);
            if !runs.is_empty() {
                let _ = writeln!(out, "{:>2} {}", y + 1, runs.join(" "));
            }
        }
        out
    }

    /// Each look that is on the screen, with some of the text that has it.
    pub(crate) fn looks(&self) -> String {
        let mut looks: Vec<(String, Vec<String>)> = Vec::new();
        for row in rows(self.buffer()) {
            for (words, text) in runs(&row) {
                let text = shortened(&text);
                match looks.iter_mut().find(|(known, _)| *known == words) {
                    Some((_, texts)) if texts.contains(&text) => {}
                    Some((_, texts)) => texts.push(text),
                    None => looks.push((words, vec![text])),
                }
            }
        }
        looks.sort();
        let mut out = String::new();
        for (words, texts) in looks {
            let more = match texts.len().saturating_sub(4) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let some: Vec<&str> = texts.iter().take(4).map(String::as_str).collect();
            let _ = writeln!(out, "{words}: [{}]{more}", some.join("] ["));
        }
        out
    }
}

/// More reasoning.
pub(crate) fn reasoning(text: &str) -> Delta {
    Delta::Reasoning(text.to_owned())
}

/// More of the answer.
pub(crate) fn answer(text: &str) -> Delta {
    Delta::Answer(text.to_owned())
}

/// The state that the program starts with.
pub(crate) fn app(config: &str, size: (u16, u16)) -> App {
    App::new(setup(config, size))
}

/// What a program with that configuration, besides the providers for tests, starts with.
pub(crate) fn setup(config: &str, size: (u16, u16)) -> Setup {
    let text = format!("{config}\n{PROVIDERS}");
    let config: Config = match config::parse(&text, "test.toml", &command::known()) {
        Ok((config, _)) => config,
        Err(problems) => panic!("{problems}"),
    };
    setup_of(config, size)
}

fn setup_of(config: Config, size: (u16, u16)) -> Setup {
    let catalog = config.catalog();
    let model = config.model.as_deref().unwrap_or("demo");
    let (provider, model) = catalog.find(model).unwrap();
    let keyed: HashSet<String> = catalog.providers.iter().map(|p| p.id.clone()).collect();
    Setup {
        keymap: Keymap::new(&config.keys).unwrap(),
        session: Session {
            choice: Choice { provider, model },
            thinking: config.chat.thinking,
            params: config.chat.params,
            stream: config.chat.stream,
            tools: true,
            ..Session::default()
        },
        catalog,
        config,
        keyed,
        opened_on_demo: false,
        size,
        start: app::Start::default(),
    }
}

/// A key as a terminal reports it.
pub(crate) fn key(chord: &str) -> KeyEvent {
    let chord: Chord = match chord.parse() {
        Ok(chord) => chord,
        Err(error) => panic!("{chord}: {error}"),
    };
    let shifted = chord.modifiers.contains(KeyModifiers::SHIFT);
    let code = match chord.code {
        KeyCode::Char(c) if shifted => KeyCode::Char(c.to_ascii_uppercase()),
        KeyCode::Tab if shifted => KeyCode::BackTab,
        code => code,
    };
    KeyEvent::new(code, chord.modifiers)
}

/// The release of a key.
pub(crate) fn released(chord: &str) -> KeyEvent {
    KeyEvent {
        kind: KeyEventKind::Release,
        ..key(chord)
    }
}

/// The rows of a frame; the cells behind a wide character are left out.
fn rows(buffer: &Buffer) -> impl Iterator<Item = Vec<&Cell>> {
    let width = usize::from(buffer.area.width).max(1);
    buffer.content.chunks(width).map(|row| {
        let mut shown = Vec::new();
        let mut at = 0;
        while let Some(cell) = row.get(at) {
            shown.push(cell);
            at += text_width(cell.symbol()).max(1);
        }
        shown
    })
}

fn line(cells: &[&Cell]) -> String {
    let text: String = cells.iter().map(|cell| cell.symbol()).collect();
    text.trim_end().to_owned()
}

fn styled_runs(row: &[&Cell]) -> Vec<String> {
    runs(row)
        .into_iter()
        .map(|(words, text)| format!("[{words}: {}]", shortened(&text)))
        .collect()
}

/// The runs of a row that stand out, each with how it does.
fn runs(row: &[&Cell]) -> Vec<(String, String)> {
    let look = |cell: &Cell| (cell.fg, cell.bg, cell.modifier);
    row.chunk_by(|a, b| look(a) == look(b))
        .filter_map(|run| {
            let cell = run.first()?;
            let words = style_words(cell);
            let text = line(run);
            let text = text.trim();
            let only_frame = text.chars().all(|c| "│┃ ".contains(c));
            let reversed = cell.modifier.contains(Modifier::REVERSED);
            if words.is_empty() || (only_frame && !reversed) {
                return None;
            }
            Some((words, text.to_owned()))
        })
        .collect()
}

/// A long run by its ends.
fn shortened(text: &str) -> String {
    const ENDS: usize = 14;
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= 2 * ENDS + 1 {
        return text.to_owned();
    }
    let start: String = chars[..ENDS].iter().collect();
    let end: String = chars[chars.len() - ENDS..].iter().collect();
    format!("{}…{}", start.trim_end(), end.trim_start())
}

fn style_words(cell: &Cell) -> String {
    let mut words = Vec::new();
    if cell.fg != Color::Reset {
        words.push(cell.fg.to_string().to_lowercase());
    }
    if cell.bg != Color::Reset {
        words.push(format!("on {}", cell.bg).to_lowercase());
    }
    let modifiers = cell.modifier.iter_names();
    words.extend(modifiers.map(|(name, _)| name.to_lowercase()));
    words.join(" ")
}
