//! What the loop asks of the terminal besides drawing: input, the clipboard, the editor, a rest.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream, SelectAll};

use tokio::time::{Instant, timeout_at};

#[cfg(unix)]
use super::editor;
use super::editor::{Draft, Edited};
use super::replies::{Replies, Sorted};
use super::{Clipboard, Guard};
use crate::app::{Announcement, Msg};
use crate::chat::safe;
use crate::phrase::tr;

/// The terminal's other half: where input comes from. A real one, or a script in tests.
pub struct Console {
    guard: Option<Guard>,
    /// The terminal's events.
    input: BoxStream<'static, Msg>,
    /// What goes on beside the loop for the clipboard, and goes on while the terminal is away.
    copying: SelectAll<BoxStream<'static, Msg>>,
    /// The user's editor: a program and its arguments.
    editor: Vec<String>,
    /// The ways to the clipboard.
    clipboard: Clipboard,
    /// Whether the terminal can be asked for its background.
    answers: bool,
    /// Set when it was asked, taken when its next event comes.
    asked: Arc<AtomicBool>,
    /// What was put on the clipboard of a console without a terminal.
    pub copied: Vec<String>,
    /// What the user of a console without a terminal was told.
    pub notified: Vec<String>,
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

impl Console {
    /// The console of a terminal that was taken; `answers` unless it is known to make a mess of
    /// questions. Must be called within a tokio runtime.
    pub fn real(guard: Guard, clipboard: Clipboard, answers: bool) -> Self {
        let asked = Arc::new(AtomicBool::new(false));
        Self {
            guard: Some(guard),
            input: events(Arc::clone(&asked)),
            copying: SelectAll::new(),
            editor: Vec::new(),
            clipboard,
            answers,
            asked,
            copied: Vec::new(),
            notified: Vec::new(),
        }
    }

    /// A console without a terminal, whose input is given.
    pub fn scripted(input: BoxStream<'static, Msg>) -> Self {
        Self {
            guard: None,
            input,
            copying: SelectAll::new(),
            editor: Vec::new(),
            clipboard: Clipboard::default(),
            answers: false,
            asked: Arc::default(),
            copied: Vec::new(),
            notified: Vec::new(),
        }
    }

    /// The same console, which edits texts with that program and its arguments.
    #[must_use]
    pub fn with_editor(self, editor: Vec<String>) -> Self {
        Self { editor, ..self }
    }

    /// The next thing that happened; `None` when the terminal is gone.
    pub async fn next(&mut self) -> Option<Msg> {
        tokio::select! {
            biased;
            input = self.input.next() => input,
            Some(failed) = self.copying.next() => Some(failed),
        }
    }

    /// Asks the terminal what its background is (OSC 11). Its answer comes as a message, at some
    /// time or never.
    ///
    /// # Errors
    ///
    /// Fails when the terminal can't be written to.
    pub fn ask_background(&mut self) -> io::Result<()> {
        if !self.answers {
            return Ok(());
        }
        self.asked.store(true, Ordering::Relaxed);
        // No second question that every terminal answers: nothing waits for an answer, and one
        // less can go astray.
        let mut out = io::stdout();
        out.write_all(b"\x1b]11;?\x1b\\")?;
        out.flush()
    }

    /// Puts text on the clipboard. What goes on beside the loop tells of a failure as a message
    /// among those of [`Console::next`].
    ///
    /// # Errors
    ///
    /// Fails when the terminal can't be written to.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        if self.guard.is_none() {
            self.copied.push(safe::without_controls(text).into_owned());
            return Ok(());
        }
        let (sequence, deed) = self.clipboard.copy(text);
        let told = stream::once(deed).filter_map(|failed| {
            let trouble = failed.map(Msg::Trouble);
            std::future::ready(trouble)
        });
        self.copying.push(told.boxed());
        let Some(sequence) = sequence else {
            return Ok(());
        };
        let mut out = io::stdout();
        out.write_all(sequence.as_bytes())?;
        out.flush()
    }

    /// Makes the window show what is going on.
    ///
    /// # Errors
    ///
    /// Fails when the terminal can't be written to.
    pub fn announce(&mut self, announcement: &Announcement) -> io::Result<()> {
        let guard = self.guard.as_mut();
        guard.map_or(Ok(()), |guard| guard.announce(announcement))
    }

    /// Tells the user something, also in another window.
    ///
    /// # Errors
    ///
    /// Fails when the terminal can't be written to.
    pub fn notify(&mut self, text: &str) -> io::Result<()> {
        if let Some(guard) = &self.guard {
            return guard.notify(text);
        }
        self.notified.push(text.to_owned());
        Ok(())
    }

    /// Tells whether the terminal is no longer ours although nobody here gave it back: a panic on
    /// another thread did.
    pub fn is_lost(&self) -> bool {
        self.guard.as_ref().is_some_and(|guard| !guard.is_taken())
    }

    /// Takes the mouse, or leaves it to the terminal.
    ///
    /// # Errors
    ///
    /// Fails when the terminal can't be written to.
    pub fn take_mouse(&mut self, take: bool) -> io::Result<()> {
        self.guard
            .as_mut()
            .map_or(Ok(()), |guard| guard.take_mouse(take))
    }

    /// Gives the terminal back, stops the program until the shell brings it back, and takes the
    /// terminal again.
    ///
    /// # Errors
    ///
    /// Fails when the terminal can't be taken again.
    pub fn suspend(&mut self) -> io::Result<()> {
        self.away(|| {
            #[cfg(unix)]
            editor::stop()?;
            Ok(())
        })
    }

    /// Takes the terminal again after something else may have changed its modes.
    ///
    /// # Errors
    ///
    /// Fails when the terminal can't be taken again.
    pub fn retake(&mut self) -> io::Result<()> {
        self.away(|| Ok(()))
    }

    /// Opens a text in the user's editor and waits for the result.
    pub fn edit(&mut self, text: &str) -> Edited {
        let editor = self.editor.clone();
        let Some((program, arguments)) = editor.split_first() else {
            let why = tr!("Set $VISUAL or $EDITOR to edit messages in an editor");
            return Edited::failed(why.to_owned());
        };
        let draft = match Draft::write(text) {
            Ok(draft) => draft,
            Err(error) => {
                return Edited::failed(tr!("The draft could not be written: {error}", error));
            }
        };
        match self.away(|| draft.edit(program, arguments)) {
            Ok((status, rested)) if status.success() => {
                let failed = |error| tr!("The edited message could not be read: {error}", error);
                let text = draft.read().map_err(failed);
                Edited { text, rested }
            }
            Ok((status, rested)) => {
                let why = tr!(
                    "{name} ended with {status}; the message is unchanged",
                    name = program,
                    status
                );
                let text = Err(why);
                Edited { text, rested }
            }
            Err(error) => Edited::failed(tr!(
                "{name} could not be started: {error}",
                name = program,
                error
            )),
        }
    }

    /// Does something while the terminal is given back and nobody reads its input.
    fn away<T>(&mut self, deed: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let Some(guard) = &mut self.guard else {
            return deed();
        };
        // The event stream reads standard input on a thread of its own until it is dropped.
        self.input = stream::empty().boxed();
        guard.leave();
        let done = deed();
        guard.enter()?;
        self.input = events(Arc::clone(&self.asked));
        done
    }
}

/// The terminal's events as messages, its answers sorted out. Ends when the terminal is gone.
fn events(asked: Arc<AtomicBool>) -> BoxStream<'static, Msg> {
    // A selection of one: it polls the stream only when that has been woken. Polling crossterm's
    // reader takes a lock that its own thread holds, which costs more than a chunk of a reply.
    // It also keeps the waker that the stream knows for as long as the stream needs it, while the
    // end of a wait wakes us in between.
    let events = stream::select_all([EventStream::new()]);
    let source = (events, Replies::new(), asked);
    stream::unfold(source, |(mut events, mut replies, asked)| async move {
        let mut sorted = Vec::new();
        while sorted.is_empty() {
            let next = match replies.deadline() {
                None => Ok(events.next().await),
                Some(deadline) => timeout_at(deadline, events.next()).await,
            };
            let now = Instant::now();
            if asked.swap(false, Ordering::Relaxed) {
                replies.expect(now);
            }
            match next {
                Ok(event) => replies.take(event?.ok()?, now, &mut sorted),
                Err(_) => replies.expire(now, &mut sorted),
            }
        }
        Some((stream::iter(sorted), (events, replies, asked)))
    })
    .flatten()
    .map(message)
    .boxed()
}

fn message(sorted: Sorted) -> Msg {
    let event = match sorted {
        Sorted::Background(background) => return Msg::Background(background),
        Sorted::Event(event) => event,
    };
    match event {
        Event::Key(key) => Msg::Key(key),
        Event::Paste(text) => Msg::Paste(text),
        Event::Mouse(mouse) => Msg::Mouse(mouse),
        Event::Resize(cols, rows) => Msg::Resize(cols, rows),
        Event::FocusGained => Msg::Focus(true),
        Event::FocusLost => Msg::Focus(false),
    }
}
