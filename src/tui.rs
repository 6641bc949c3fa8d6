//! The terminal: taken on entering, given back on every way out.
//!
//! Owns raw mode, the alternate screen and every other mode that is switched on, the stream of
//! input events, and the bytes of a frame. Invariant: whatever ends the program, short of
//! `SIGKILL`, the terminal is left as it was found.

mod announce;
mod ascii;
mod canvas;
mod clipboard;
mod console;
mod editor;
mod graphics;
mod hidden;
mod replies;

pub use announce::Announcer;
pub use canvas::{Canvas, Surface, rendition};
pub use clipboard::Clipboard;
pub use console::Console;
pub use editor::Edited;
pub use hidden::{Hidden, ask_hidden};

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange, EnableMouseCapture, KeyboardEnhancementFlags, PopKeyboardEnhancementFlags,
    PushKeyboardEnhancementFlags,
};
use crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, queue};

use crate::app::Announcement;

/// The terminal while it is ours. Dropping it gives it back.
#[derive(Debug)]
pub struct Guard {
    /// Shared with the panic hook: whoever gets there first gives the terminal back.
    taken: Arc<AtomicBool>,
    mouse: bool,
    announcer: Announcer,
    /// What gives the window's title and progress back.
    farewell: String,
}

impl Guard {
    /// Takes the terminal: raw mode, the alternate screen, bracketed paste, focus events, the
    /// keyboard protocol that tells Shift+Enter from Enter, and the mouse if it is wanted. A panic
    /// gives it all back before its message is printed.
    ///
    /// Nothing is asked of the terminal: what it does not know it ignores, and no late answer can
    /// become typed text.
    ///
    /// # Errors
    ///
    /// Fails when standard input is no terminal, or can't be switched to raw mode.
    pub fn take(mouse: bool, announcer: Announcer) -> io::Result<Self> {
        let farewell = announcer.end();
        let mut guard = Self {
            taken: Arc::new(AtomicBool::new(false)),
            mouse,
            announcer,
            farewell: farewell.clone(),
        };
        let taken = Arc::clone(&guard.taken);
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back(&taken, &farewell);
            usual(panic);
        }));
        guard.enter()?;
        Ok(guard)
    }

    /// Takes the terminal again after [`Guard::leave`].
    ///
    /// # Errors
    ///
    /// As [`Guard::take`].
    pub fn enter(&mut self) -> io::Result<()> {
        terminal::enable_raw_mode()?;
        self.taken.store(true, Ordering::SeqCst);
        let mut out = io::stdout();
        queue!(
            out,
            EnterAlternateScreen,
            EnableBracketedPaste,
            EnableFocusChange,
            PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES),
        )?;
        if self.mouse {
            queue!(out, EnableMouseCapture)?;
        }
        out.write_all(self.announcer.begin().as_bytes())?;
        out.flush()
    }

    /// Tells whether the terminal is ours at the moment.
    pub fn is_taken(&self) -> bool {
        self.taken.load(Ordering::SeqCst)
    }

    /// Gives the terminal back, for a while or for good.
    pub fn leave(&self) {
        give_back(&self.taken, &self.farewell);
    }

    /// Makes the window show what is going on.
    ///
    /// # Errors
    ///
    /// Fails when the terminal can't be written to.
    pub fn announce(&mut self, announcement: &Announcement) -> io::Result<()> {
        write_now(&self.announcer.announce(announcement))
    }

    /// Tells the user something, also in another window.
    ///
    /// # Errors
    ///
    /// Fails when the terminal can't be written to.
    pub fn notify(&self, text: &str) -> io::Result<()> {
        write_now(&self.announcer.notify(text))
    }

    /// Takes the mouse, or leaves it to the terminal.
    ///
    /// # Errors
    ///
    /// Fails when the terminal can't be written to.
    pub fn take_mouse(&mut self, take: bool) -> io::Result<()> {
        self.mouse = take;
        if take {
            execute!(io::stdout(), EnableMouseCapture)
        } else {
            execute!(io::stdout(), DisableMouseCapture)
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.leave();
    }
}

fn write_now(bytes: &str) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let mut out = io::stdout();
    out.write_all(bytes.as_bytes())?;
    out.flush()
}

/// Undoes everything, in the reverse order. Errors are of no use here: nobody is left to tell.
fn give_back(taken: &AtomicBool, farewell: &str) {
    if !taken.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    drop(out.write_all(farewell.as_bytes()));
    drop(queue!(
        out,
        DisableMouseCapture,
        PopKeyboardEnhancementFlags,
        DisableFocusChange,
        DisableBracketedPaste,
        cursor::Show,
        LeaveAlternateScreen,
    ));
    drop(out.flush());
    drop(terminal::disable_raw_mode());
}
