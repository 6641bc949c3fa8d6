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

use crate::app::{App, Effect, Live, Msg};
use crate::files::Files;
use crate::net::{Keys, Provider};
use crate::store::Store;
use crate::tools::{Programs, Servers};
use crate::tui::{Console, Surface};
use crate::ui::{self, Cache};
use colours::Colours;
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
    #[error("the terminal can't be drawn to: {0}")]
    Draw(String),
    /// The terminal could not be taken back.
    #[error("the terminal can't be taken back: {0}")]
    Retake(#[source] io::Error),
    /// Signals can't be received.
    #[error("signals can't be received: {0}")]
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
    /// When the reply is read.
    pace: Pace,
    /// What time it is.
    clock: Clock,
    /// Whether the signal that the program was continued is still to come.
    suspended: bool,
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
            console,
            cache,
            colours: Colours::default(),
            programs: Programs::default(),
            servers: Servers::default(),
            keys: None,
            files: Files::default(),
            jobs: Jobs::default(),
            store: None,
            pace: Pace::default(),
            clock,
            suspended: false,
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
        let mut reply: Option<Reply> = None;
        let mut frames = 0;
        let mut last_frame = Instant::now().checked_sub(FRAME);
        let mut dirty = true;
        loop {
            let due = last_frame.map_or_else(Instant::now, |at| at + FRAME);
            if self.pace.rests() && Instant::now() >= due {
                self.pace.wake();
                dirty |= self.catch_up(app, &mut reply).await?;
            }
            let rests = self.pace.rests() && reply.is_some();
            let urgent = dirty && app.take_urgent();
            if dirty && (urgent || Instant::now() >= due) {
                // What was asked for is drawn at once; there is time to spare in other frames.
                self.cache.spare(if urgent { 0 } else { SPARE_BYTES });
                let began = Instant::now();
                self.draw(app)?;
                self.pace.frame(app.live.as_ref().is_some_and(Live::speaks));
                // Counted from its start, or sixty a second would not be reached; but a terminal that
                // takes long for a frame gets a rest after it.
                last_frame = Instant::now().checked_sub(FRAME / 2).max(Some(began));
                dirty = self.cache.is_unfinished();
                frames += 1;
                if frames == 1 {
                    // Nobody waits for the disk before there is something to look at.
                    self.carry_out_all(app.start(), &mut reply)?;
                }
                if std::mem::take(&mut self.curious) && app.themes.follow_background() {
                    self.ask_background();
                }
                continue;
            }
            let wake = app.wake_at().map(Instant::from_std);
            let save = app.save_at().map(Instant::from_std);
            let (msg, mut typed) = tokio::select! {
                biased;
                input = self.console.next() => (input.unwrap_or(Msg::Terminate), true),
                signal = signals.next() => match signal {
                    Signal::End(ending) => {
                        let last = app.update(Msg::Terminate, self.clock.now());
                        self.carry_out_all(last, &mut reply)?;
                        let ending = ending.unless_lost(self.console.is_lost());
                        return Ok(self.over(ending, frames).await);
                    }
                    Signal::Suspend => {
                        self.suspend()?;
                        dirty = true;
                        continue;
                    }
                    Signal::FileLimit => continue,
                    // The echo of a rest that we took ourselves.
                    Signal::Resumed if std::mem::take(&mut self.suspended) => continue,
                    Signal::Resumed => {
                        self.console.retake().map_err(Error::Retake)?;
                        self.redraw();
                        self.curious = true;
                        dirty = true;
                        continue;
                    }
                },
                // Before the reply: one that never pauses would keep its code plain.
                found = self.colours.next() => {
                    dirty |= found.put_into(self.cache);
                    self.colours.ask_for(self.cache);
                    continue;
                }
                (server, news) = self.servers.next(), if !self.servers.is_empty() => {
                    (Msg::Server(server, news), false)
                }
                msg = self.jobs.next(), if !self.jobs.is_empty() => (msg, false),
                msg = next_of(&mut self.store) => (msg, false),
                msg = next_step(&mut reply), if reply.is_some() && !rests => (msg, false),
                () = sleep_until(due), if dirty || rests => continue,
                () = sleep_until(wake.unwrap_or(due)), if wake.is_some() => (Msg::Wake, false),
                () = sleep_until(save.unwrap_or(due)), if save.is_some() => (Msg::SaveDue, false),
            };
            // What is written shows nowhere.
            dirty |= !matches!(msg, Msg::SaveDue);
            let mut msg = Some(msg);
            let mut room = BATCH;
            while let Some(next) = msg.take() {
                if matches!(next, Msg::Resize(..)) {
                    // Even where the size is what it was: a window that shrank and grew again
                    // between two looks has lost what was at its edges.
                    self.redraw();
                }
                if self.apply(app, next, &mut reply)? {
                    return Ok(self.over(Ending::Quit, frames).await);
                }
                room -= 1;
                if room > 0 && typed {
                    // What was typed at once is drawn at once: a frame a key would fall behind.
                    let more = if_ready(self.console.next()).await;
                    msg = more.map(|input| input.unwrap_or(Msg::Terminate));
                    typed = msg.is_some();
                }
                if room > 0 && msg.is_none() && reply.is_some() && !rests {
                    msg = if_ready(next_step(&mut reply)).await;
                }
            }
            if room == 0 {
                // A reply that is always ready would keep timers, signals and keys from ever
                // being looked at.
                tokio::task::yield_now().await;
            }
        }
    }

    /// Tells the state of a message and does what it asks for. Returns whether the program is left.
    fn apply(&mut self, app: &mut App, msg: Msg, reply: &mut Option<Reply>) -> Result<bool, Error> {
        if matches!(msg, Msg::Progress(..)) {
            self.pace.piece();
        }
        for effect in app.update(msg, self.clock.now()) {
            if effect == Effect::Quit {
                return Ok(true);
            }
            if let Some(trouble) = self.carry_out(effect, reply)? {
                let _ = app.update(trouble, self.clock.now());
            }
        }
        Ok(false)
    }

    /// Reads what has come of the reply while it was left alone. Returns whether anything has.
    async fn catch_up(&mut self, app: &mut App, reply: &mut Option<Reply>) -> Result<bool, Error> {
        let mut read = 0;
        // A connection hands out its pieces one by one and needs a turn of its own for each.
        let mut turns = 0;
        while turns < 2 && read < BATCH && reply.is_some() {
            if let Some(msg) = if_ready(next_step(reply)).await {
                // No piece of a reply ends the program.
                self.apply(app, msg, reply)?;
                (read, turns) = (read + 1, 0);
            } else {
                turns += 1;
                tokio::task::yield_now().await;
            }
        }
        Ok(read > 0)
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
        let shown = self
            .surface
            .present(&self.frame, seen.caret, &self.cache.links);
        shown.map_err(|error| failed(&error))?;
        // A window that takes no title is one that can be drawn to all the same.
        drop(self.console.announce(&app.announcement()));
        app.saw(seen);
        self.colours.ask_for(self.cache);
        Ok(())
    }

    fn suspend(&mut self) -> Result<(), Error> {
        self.suspended = true;
        self.curious = true;
        self.console.suspend().map_err(Error::Retake)?;
        self.redraw();
        Ok(())
    }

    /// Asks the terminal for its background.
    fn ask_background(&mut self) {
        // A terminal that can't be asked can't be drawn to either; the next frame will tell.
        drop(self.console.ask_background());
    }

    /// Makes the next frame draw every cell.
    fn redraw(&mut self) {
        self.surface.clear();
    }
}

/// The next answer or news of the store; waits for ever where there is none.
async fn next_of(store: &mut Option<&mut Store>) -> Msg {
    match store {
        Some(store) => store.next().await,
        None => std::future::pending().await,
    }
}
