//! A line typed at a terminal without being shown: a key.

use std::io::{self, Write};

use crossterm::event::{
    DisableBracketedPaste, EnableBracketedPaste, Event, EventStream, KeyCode, KeyEventKind,
    KeyModifiers,
};
use crossterm::{execute, terminal};
use futures_util::StreamExt;
use secrecy::SecretString;

/// What came of asking.
#[derive(Debug)]
pub enum Hidden {
    /// What was typed, or pasted: a paste may hold line ends.
    Line(SecretString),
    /// A signal of this number, or the key that stands for it, ended it.
    Interrupted(u8),
}

/// The terminal while nothing typed is shown.
struct Unshown;

impl Unshown {
    fn begin() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        let unshown = Self;
        // Pasted as a whole, a second line can't slip through to the shell.
        execute!(io::stderr(), EnableBracketedPaste)?;
        Ok(unshown)
    }
}

impl Drop for Unshown {
    fn drop(&mut self) {
        drop(execute!(io::stderr(), DisableBracketedPaste));
        drop(terminal::disable_raw_mode());
        // Enter was not shown either.
        drop(writeln!(io::stderr()));
    }
}

/// Asks for a line on the terminal that standard input is. Must be called within a tokio runtime.
///
/// # Errors
///
/// Fails when the terminal's modes can't be changed or nothing can be read from it.
pub async fn ask_hidden(prompt: &str) -> io::Result<Hidden> {
    let mut err = io::stderr();
    write!(err, "{prompt}")?;
    err.flush()?;
    let unshown = Unshown::begin()?;
    let answer = tokio::select! {
        answer = typed() => answer,
        number = ended() => Ok(Hidden::Interrupted(number)),
    };
    drop(unshown);
    answer
}

async fn typed() -> io::Result<Hidden> {
    let mut events = EventStream::new();
    let mut line = String::new();
    while let Some(event) = events.next().await {
        match event? {
            Event::Paste(text) => line.push_str(&text),
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                // As a whole: what comes together with Esc is held with Alt, and types nothing.
                match (key.modifiers - KeyModifiers::SHIFT, key.code) {
                    (KeyModifiers::CONTROL, KeyCode::Char('c')) => {
                        return Ok(Hidden::Interrupted(2));
                    }
                    (KeyModifiers::CONTROL, KeyCode::Char('d')) if line.is_empty() => break,
                    (KeyModifiers::CONTROL, KeyCode::Char('u')) => line.clear(),
                    (KeyModifiers::NONE, KeyCode::Enter)
                    | (KeyModifiers::CONTROL, KeyCode::Char('j' | 'm')) => break,
                    (KeyModifiers::NONE, KeyCode::Backspace)
                    | (KeyModifiers::CONTROL, KeyCode::Char('h')) => drop(line.pop()),
                    (KeyModifiers::NONE, KeyCode::Char(c)) => line.push(c),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    Ok(Hidden::Line(SecretString::from(line)))
}

/// Waits for a signal that ends the program, so that the terminal is given back first.
#[cfg(unix)]
async fn ended() -> u8 {
    use tokio::signal::unix::{SignalKind, signal};
    let wait = async |kind: SignalKind| match signal(kind) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    };
    tokio::select! {
        () = wait(SignalKind::interrupt()) => 2,
        () = wait(SignalKind::hangup()) => 1,
        () = wait(SignalKind::terminate()) => 15,
    }
}

#[cfg(not(unix))]
async fn ended() -> u8 {
    match tokio::signal::ctrl_c().await {
        Ok(()) => 2,
        Err(_) => std::future::pending().await,
    }
}
