//! The imperative shell: owns the clock, the replies in flight, the signals and the frames.
//!
//! One task and one biased `select!`, keys first. There is no channel between the network and the
//! state: a reply is a stream that this loop polls, so a slow terminal polls less and TCP makes
//! the server wait; dropping the stream closes the connection. Invariants: besides frames that a
//! key or a turn's first text asks for, at most one frame per [`FRAME`]; none when nothing changes.

mod clock;
mod colours;
mod deeds;
mod effects;
mod export;
mod jobs;
mod pace;
mod reply;
mod signals;

pub use clock::Clock;
pub use signals::Ending;

use std::io;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tokio::time::{Instant, sleep_until};

use crate::app::{App, Live, Msg};
use crate::files::Files;
use crate::net::{Keys, Provider};
use crate::phrase::{system, tr};
use crate::store::Store;
use crate::tools::{Programs, Servers};
use crate::tui::{Console, Surface};
use crate::ui::{self, Cache};
use colours::{Colours, Found};
use jobs::Jobs;
use pace::Pace;
use reply::{Reply, if_ready, next_step};
use signals::{Signal, Signals};

/// The shortest time between two frames that nobody asked for: 60 a second.
pub const FRAME: Duration = Duration::from_micros(16_667);
/// Bytes of text read in a frame only to count rows that are not on the screen: some milliseconds.
const SPARE_BYTES: usize = 48 * 1024;
/// The most messages applied between two looks at the keyboard, so that a fast model can't
/// starve it.
const BATCH: usize = 512;

/// Why the loop could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A frame could not be shown.
    #[error("{}", tr!("the terminal can't be drawn to: {error}", error = .0))]
    Draw(String),
    /// The terminal could not be taken back.
    #[error("{}", tr!("the terminal can't be taken back: {error}", error = system(.0)))]
    Retake(#[source] io::Error),
    /// Signals can't be received.
    #[error("{}", tr!("signals can't be received: {error}", error = system(.0)))]
    Signals(#[source] io::Error),
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What ended it.
    pub ending: Ending,
    /// How many frames were drawn.
    pub frames: u64,
    /// Files that could not be written before the end, a sentence each.
    pub unwritten: Vec<String>,
}

/// The loop's hands: everything that effects and frames need.
pub struct Runtime<'a, S: Surface> {
    /// Who answers.
    provider: &'a dyn Provider,
    /// What frames are put on.
    surface: &'a mut S,
    /// The last frame; its memory is the next one's.
    frame: Buffer,
    /// How many were drawn.
    frames: u64,
    /// When the last one was drawn.
    last_frame: Option<Instant>,
    /// Whether the screen may show what is no longer so.
    dirty: bool,
    /// Where input comes from.
    console: &'a mut Console,
    /// What the view remembers between frames.
    cache: &'a mut Cache,
    /// Who finds the colours of code and pictures.
    colours: Colours,
    /// Who runs the programs of tools.
    programs: Programs,
    /// The MCP servers.
    servers: Servers,
    keys: Option<&'a Keys>,
    /// Where files are.
    files: Files,
    /// What goes on beside the loop.
    jobs: Jobs,
    /// Where conversations are kept; nowhere, if there is none.
    store: Option<&'a mut Store>,
    /// The reply in flight.
    reply: Option<Reply>,
    /// When it is read.
    pace: Pace,
    /// What time it is.
    clock: Clock,
    /// Signals that are still to come although they have been answered.
    echoes: Vec<Signal>,
    /// Whether the terminal is to be asked for its background after the next frame: the first one
    /// is not kept waiting by a question, and after a rest the answer may differ.
    curious: bool,
}

impl<S: Surface> std::fmt::Debug for Runtime<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

impl<'a, S: Surface> Runtime<'a, S> {
    /// A loop with these hands.
    pub fn new(
        provider: &'a dyn Provider,
        surface: &'a mut S,
        console: &'a mut Console,
        cache: &'a mut Cache,
        clock: Clock,
    ) -> Self {
        Self {
            provider,
            surface,
            frame: Buffer::default(),
            frames: 0,
            last_frame: Instant::now().checked_sub(FRAME),
            dirty: true,
            console,
            cache,
            colours: Colours::default(),
            programs: Programs::default(),
            servers: Servers::default(),
            keys: None,
            files: Files::default(),
            jobs: Jobs::default(),
            store: None,
            reply: None,
            pace: Pace::default(),
            clock,
            echoes: Vec::new(),
            curious: true,
        }
    }

    /// The same loop, which can run programs as tools, and call these servers.
    #[must_use]
    pub fn with_tools(self, programs: Programs, servers: Servers) -> Self {
        Self {
            programs,
            servers,
            ..self
        }
    }

    /// The same loop, which takes keys that are entered.
    #[must_use]
    pub fn taking_keys(self, keys: &'a Keys) -> Self {
        Self {
            keys: Some(keys),
            ..self
        }
    }

    /// The same loop, which finds files there.
    #[must_use]
    pub fn with_files(self, files: Files) -> Self {
        Self { files, ..self }
    }

    /// The same loop with a store to keep conversations in.
    #[must_use]
    pub fn keeping(mut self, store: &'a mut Store) -> Self {
        self.store = Some(store);
        self
    }

    /// Runs until the program is left. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// Fails when the terminal can no longer be drawn to or taken back.
    pub async fn run(&mut self, app: &mut App) -> Result<Run, Error> {
        let mut signals = Signals::new().map_err(Error::Signals)?;
        loop {
            self.catch_up_if_due(app).await?;
            self.draw_if_due(app)?;
            let ended = match self.wait(app, &mut signals).await {
                Woken::Due => None,
                Woken::Found(found) => {
                    self.dirty |= found.put_into(self.cache);
                    self.colours.ask_for(self.cache);
                    None
                }
                Woken::Signal(signal) => self.answer(app, signal)?,
                Woken::Typed(msg) => self.batch(app, msg, true).await?,
                Woken::Msg(msg) => self.batch(app, msg, false).await?,
            };
            if let Some(ending) = ended {
                self.take_pictures_back();
                return Ok(self.over(ending, self.frames).await);
            }
        }
    }

    /// When a frame may be drawn that nobody asked for.
    fn due(&self) -> Instant {
        self.last_frame.map_or_else(Instant::now, |at| at + FRAME)
    }

    /// Whether the reply is left alone until the next frame.
    fn rests(&self) -> bool {
        self.pace.rests() && self.reply.is_some()
    }

    /// Draws if there is something new and a frame may be drawn.
    fn draw_if_due(&mut self, app: &mut App) -> Result<(), Error> {
        let urgent = self.dirty && app.take_urgent();
        let may_draw = urgent || Instant::now() >= self.due();
        if !self.dirty || !may_draw {
            return Ok(());
        }
        // What was asked for is drawn at once; there is time to spare in other frames.
        self.cache.spare(if urgent { 0 } else { SPARE_BYTES });
        let began = Instant::now();
        self.draw(app)?;
        self.pace.frame(app.live.as_ref().is_some_and(Live::speaks));
        // Counted from its start, or sixty a second would not be reached; but a terminal that
        // takes long for a frame gets a rest after it.
        self.last_frame = Instant::now().checked_sub(FRAME / 2).max(Some(began));
        self.dirty = self.cache.is_unfinished();
        self.frames += 1;
        if self.frames == 1 {
            // Nobody waits for the disk before there is something to look at.
            let first = app.start();
            self.carry_out_all(app, first)?;
        }
        if std::mem::take(&mut self.curious) && app.themes.follow_background() {
            self.ask_background();
        }
        Ok(())
    }

    /// Waits for the next thing that happens, keys first.
    async fn wait(&mut self, app: &App, signals: &mut Signals) -> Woken {
        let due = self.due();
        let rests = self.rests();
        let wake = app.wake_at().map(Instant::from_std);
        let save = app.save_at().map(Instant::from_std);
        tokio::select! {
            biased;
            input = self.console.next() => Woken::Typed(input.unwrap_or(Msg::Terminate)),
            signal = signals.next() => Woken::Signal(signal),
            // Before the reply: one that never pauses would keep its code plain.
            found = self.colours.next() => Woken::Found(found),
            (server, news) = self.servers.next(), if !self.servers.is_empty() => {
                Woken::Msg(Msg::Server(server, news))
            }
            msg = self.jobs.next(), if !self.jobs.is_empty() => Woken::Msg(msg),
            msg = next_of(&mut self.store) => Woken::Msg(msg),
            msg = next_step(&mut self.reply), if self.reply.is_some() && !rests => Woken::Msg(msg),
            () = sleep_until(due), if self.dirty || rests => Woken::Due,
            () = sleep_until(wake.unwrap_or(due)), if wake.is_some() => Woken::Msg(Msg::Wake),
            () = sleep_until(save.unwrap_or(due)), if save.is_some() => Woken::Msg(Msg::SaveDue),
        }
    }

    /// Does what a signal asks for. Returns how the program ends, if it does.
    fn answer(&mut self, app: &mut App, signal: Signal) -> Result<Option<Ending>, Error> {
        if let Some(echo) = self.echoes.iter().position(|echo| *echo == signal) {
            self.echoes.swap_remove(echo);
            return Ok(None);
        }
        match signal {
            Signal::End(ending) => {
                self.apply(app, Msg::Terminate)?;
                return Ok(Some(ending.unless_lost(self.console.is_lost())));
            }
            Signal::Suspend => self.suspend()?,
            Signal::Resumed => {
                self.console.retake().map_err(Error::Retake)?;
                self.redraw();
                self.curious = true;
            }
            Signal::FileLimit => {}
        }
        Ok(None)
    }

    /// Tells the state of a message, and of those that are there by now: what was typed at once,
    /// if this one was `typed`, and what has come of the reply. Returns how the program ends, if
    /// it does.
    async fn batch(
        &mut self,
        app: &mut App,
        first: Msg,
        mut typed: bool,
    ) -> Result<Option<Ending>, Error> {
        let mut next = Some(first);
        let mut room = BATCH;
        while let Some(msg) = next.take() {
            if self.apply(app, msg)? {
                return Ok(Some(Ending::Quit));
            }
            room -= 1;
            if room > 0 && typed {
                // What was typed at once is drawn at once: a frame a key would fall behind.
                let more = if_ready(self.console.next()).await;
                next = more.map(|input| input.unwrap_or(Msg::Terminate));
                typed = next.is_some();
            }
            if room > 0 && next.is_none() && self.reply.is_some() && !self.rests() {
                next = if_ready(next_step(&mut self.reply)).await;
            }
        }
        if room == 0 {
            // A reply that is always ready would keep timers, signals and keys from ever
            // being looked at.
            tokio::task::yield_now().await;
        }
        Ok(None)
    }

    /// Reads what has come of the reply while it was left alone, once a frame is due.
    async fn catch_up_if_due(&mut self, app: &mut App) -> Result<(), Error> {
        if !self.pace.rests() || Instant::now() < self.due() {
            return Ok(());
        }
        self.pace.wake();
        let mut read = 0;
        // A connection hands out its pieces one by one and needs a turn of its own for each.
        let mut turns = 0;
        while turns < 2 && read < BATCH && self.reply.is_some() {
            if let Some(msg) = if_ready(next_step(&mut self.reply)).await {
                // No piece of a reply ends the program.
                self.apply(app, msg)?;
                (read, turns) = (read + 1, 0);
            } else {
                turns += 1;
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// Tells the state of a message and does what it asks for. Returns whether the program is left.
    fn apply(&mut self, app: &mut App, msg: Msg) -> Result<bool, Error> {
        match msg {
            Msg::Progress(..) => self.pace.piece(),
            // Even where the size is what it was: a window that shrank and grew again between two
            // looks has lost what was at its edges.
            Msg::Resize(..) => self.redraw(),
            _ => {}
        }
        // What is written shows nowhere.
        self.dirty |= !matches!(msg, Msg::SaveDue);
        let effects = app.update(msg, self.clock.now());
        self.carry_out_all(app, effects)
    }

    fn draw(&mut self, app: &mut App) -> Result<(), Error> {
        if self.console.is_lost() {
            return Ok(()); // What a panic on another thread said is not to be drawn over.
        }
        let failed = |error: &dyn std::fmt::Display| Error::Draw(error.to_string());
        let size = self.surface.size().map_err(|error| failed(&error))?;
        let window = Rect::from((Position::ORIGIN, size));
        if self.frame.area != window {
            if !self.frame.area.is_empty() {
                self.surface.clear();
            }
            self.frame.resize(window);
        }
        self.frame.reset();
        let seen = ui::view(app, self.cache, &mut self.frame);
        // The surface knows what it shows, and compares: the library's terminal, which compares
        // with the frame before, would do so a second time and keep a second frame.
        let drawings = self.cache.take_drawings();
        let shown = self.surface.draw_pictures(&drawings).and_then(|()| {
            self.surface
                .present(&self.frame, seen.caret, &self.cache.links)
        });
        shown.map_err(|error| failed(&error))?;
        // A window that takes no title is one that can be drawn to all the same.
        drop(self.console.announce(&app.announcement()));
        app.saw(seen);
        self.colours.ask_for(self.cache);
        Ok(())
    }

    fn suspend(&mut self) -> Result<(), Error> {
        self.expect(Signal::Resumed);
        self.curious = true;
        self.console.suspend().map_err(Error::Retake)?;
        self.redraw();
        Ok(())
    }

    /// Notes that a signal is still to come although it has been answered. Of several that wait,
    /// one comes.
    fn expect(&mut self, echo: Signal) {
        if !self.echoes.contains(&echo) {
            self.echoes.push(echo);
        }
    }

    /// Asks the terminal for its background.
    fn ask_background(&mut self) {
        // A terminal that can't be asked can't be drawn to either; the next frame will tell.
        drop(self.console.ask_background());
    }

    /// Leaves none of our pictures with the terminal, which would keep them.
    fn take_pictures_back(&mut self) {
        self.cache.forget_pictures();
        let drawings = self.cache.take_drawings();
        if !self.console.is_lost() {
            // A terminal that is gone has nothing to forget.
            drop(self.surface.draw_pictures(&drawings));
        }
    }

    /// Has every cell drawn anew, and every picture: what another program did to them is not known.
    fn redraw(&mut self) {
        self.surface.clear();
        self.cache.forget_pictures();
        self.dirty = true;
    }
}

/// What ended a wait.
enum Woken {
    /// The user or the terminal did something.
    Typed(Msg),
    /// Something else happened.
    Msg(Msg),
    /// A signal came.
    Signal(Signal),
    /// Colours or a picture were found.
    Found(Found),
    /// It is time for a frame.
    Due,
}

/// The next answer or news of the store; waits for ever where there is none.
async fn next_of(store: &mut Option<&mut Store>) -> Msg {
    match store {
        Some(store) => store.next().await,
        None => std::future::pending().await,
    }
}
