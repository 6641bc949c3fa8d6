//! Where `ask`'s reply goes: standard output in the format that was asked for, and signs of life
//! beside it.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use super::args::{AskArgs, Format};
use super::printer::Printer;
use super::setup::Environment;
use super::spinner::Spinner;
use super::styled::Styled;
use super::{json, screen};
use crate::catalog::Prices;
use crate::chat::{Delta, Part, Turn, TurnState, safe};
use crate::ui::Theme;

/// Where a reply goes, in the format that was asked for.
pub(super) struct Outlet<'a> {
    pub(super) ask: &'a AskArgs,
    /// What the model costs, where that is known.
    prices: Option<Prices>,
    printer: Printer<io::Stdout, io::Stderr>,
    pub(super) spinner: Spinner,
}

impl<'a> Outlet<'a> {
    /// As the arguments and the terminal have it.
    pub(super) fn new(ask: &'a AskArgs, environment: &Environment, prices: Option<Prices>) -> Self {
        let printer = Printer::new(io::stdout(), io::stderr(), ask.show_thinking);
        let is_dumb = matches!(environment.get("TERM"), None | Some("dumb"));
        let is_styled = ask.format == Format::Text && io::stdout().is_terminal() && !is_dumb;
        let styled = is_styled.then(|| {
            let size = crossterm::terminal::size().unwrap_or((80, 24));
            let looks = crate::config::theme::Theme::ansi();
            Styled::new(Theme::new(&looks, screen::depth(environment)), size)
        });
        Self {
            ask,
            prices,
            printer: printer.styled(styled),
            spinner: Spinner::new(environment),
        }
    }

    /// Ends what was written so far.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.spinner.stop()?;
        self.printer.finish()
    }

    /// Lets time pass.
    pub(super) fn tick(&mut self, word: &str, elapsed: Duration) -> io::Result<()> {
        self.printer.tick(elapsed)?;
        self.spinner.turn(word, elapsed)
    }

    /// Prints a delta as the format has it.
    pub(super) fn delta(&mut self, delta: &Delta, elapsed: Duration) -> io::Result<()> {
        let is_beside = self.ask.show_thinking && matches!(delta, Delta::Reasoning(_));
        let is_text = self.ask.format == Format::Jsonl
            || (self.ask.format == Format::Text
                && matches!(
                    delta,
                    Delta::Answer(_) | Delta::Relabel | Delta::Replace(Part::Answer, _)
                ));
        // Text on the same terminal is a better sign of life.
        if is_beside || (is_text && io::stdout().is_terminal()) {
            self.spinner.stop()?;
        } else if matches!(delta, Delta::Relabel | Delta::Replace(..)) {
            self.spinner.clear()?;
        }
        match self.ask.format {
            Format::Text => {
                self.printer.delta(delta)?;
                self.printer.tick(elapsed)
            }
            // For the provider alone.
            Format::Jsonl if matches!(delta, Delta::Carry(_)) => Ok(()),
            Format::Jsonl => println_to(io::stdout(), &json::to_text(&json::event(delta))),
            Format::Json => show_thinking(self.ask, delta),
        }
    }

    /// Prints what is known of a turn that is over, where the format has a place for it.
    pub(super) fn whole(&self, turn: &Turn) -> io::Result<()> {
        let told = match self.ask.format {
            Format::Json => Some(json::turn(turn, self.prices)),
            // Nothing comes after an error.
            Format::Jsonl if matches!(turn.state, TurnState::Failed(_)) => None,
            Format::Jsonl => json::total(turn, self.prices),
            Format::Text => None,
        };
        told.map_or(Ok(()), |told| {
            println_to(io::stdout(), &json::to_text(&told))
        })
    }
}

fn show_thinking(ask: &AskArgs, delta: &Delta) -> io::Result<()> {
    if let (true, Delta::Reasoning(text)) = (ask.show_thinking, delta) {
        let mut beside = io::stderr();
        beside.write_all(safe::visible(text).as_bytes())?;
        beside.flush()?;
    }
    Ok(())
}

/// Writes a line and has it leave at once.
pub(super) fn println_to(mut out: impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "{text}")?;
    out.flush()
}
