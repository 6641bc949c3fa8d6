//! What comes of a key or a click in what lies over the screen.

use std::path::PathBuf;

use crossterm::event::KeyEvent;

use super::attached::Wanted;
use super::history::HistoryAction;
use super::offer::{Again, Remedy};
use super::overlay::Choice;
use super::{App, Command, Effect, Overlay, Tone};
use crate::chat::Now;
use crate::phrase::tr;

/// What a key meant to an overlay.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It changed the overlay, or nothing.
    Stay,
    /// It closes the overlay.
    Close,
    /// It closes the overlay and switches the model.
    Model(Choice),
    /// It closes the overlay and switches to a model that no row shows, as it was typed.
    ModelNamed(String),
    /// It closes the overlay; what was typed is no command.
    NoCommand(String),
    /// It starts that MCP server; the list shows what comes of it.
    StartServer(String),
    /// It closes the overlay and copies this.
    Copy(String),
    /// It closes the overlay and has that persona.
    Persona(String),
    /// It closes the overlay and switches the theme.
    Theme(String),
    /// It closes the overlay and asks for the last reply again.
    Again(Again),
    /// It closes the overlay and asks for it again of a model as it was typed.
    AgainNamed(String),
    /// It closes the overlay and makes room in the context window.
    Remedy(Remedy),
    /// A key of that provider is to be entered.
    KeyFor(String),
    /// The key is typed.
    KeyTyped,
    /// It compares with another version: the next, or the one before.
    Compare(isize),
    /// It closes the overlay and has these files go along with the message, typed like this.
    Attach(Vec<PathBuf>, String),
    /// It does something to the list of conversations.
    History(HistoryAction),
    /// It closes the overlay and begins a new conversation with the summary.
    StartFresh,
    /// It closes the overlay and runs a command.
    Run(Command),
    /// It closes the overlay and runs a line as a slash command, written without its slash.
    Slash(String),
}

impl App {
    /// Gives a key to what lies over the screen.
    pub(super) fn overlay_key(&mut self, key: KeyEvent, now: Now) -> Vec<Effect> {
        let Some(overlay) = &mut self.overlay else {
            return Vec::new();
        };
        let outcome = overlay.key(key);
        self.after_overlay(outcome, now)
    }

    /// Does what a key or a click meant there.
    pub(super) fn after_overlay(&mut self, outcome: Outcome, now: Now) -> Vec<Effect> {
        match outcome {
            Outcome::Stay
            | Outcome::Compare(_)
            | Outcome::History(_)
            | Outcome::StartFresh
            | Outcome::StartServer(_)
            | Outcome::KeyFor(_)
            | Outcome::KeyTyped => {}
            Outcome::Close => return self.close_overlay(),
            _ => self.overlay = None,
        }
        match outcome {
            Outcome::Stay | Outcome::Close => Vec::new(),
            Outcome::Compare(step) => {
                self.compare_with(step);
                Vec::new()
            }
            Outcome::History(action) => self.history_action(&action, now),
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
            // The palette's table does not know what follows a template's name.
            Outcome::NoCommand(line) if self.is_command(&line) => self.run_line(&line, now),
            Outcome::NoCommand(line) => {
                let text = if self.composer.is_empty() {
                    tr!(
                        "There is no command /{line}; it is in the message box",
                        line
                    )
                } else {
                    tr!("There is no command /{line}", line)
                };
                self.notify(Tone::Warning, text, now.instant);
                self.focus_message();
                self.give_back(&line);
                Vec::new()
            }
            Outcome::KeyFor(provider) => self.key_for(provider, now),
            Outcome::KeyTyped => self.key_typed(),
            Outcome::Copy(text) => self.copy(text, now.instant),
            Outcome::StartServer(name) => self.start_server(name),
            Outcome::Attach(files, typed) => vec![self.fetch(Wanted::Files(files), &typed)],
            Outcome::Persona(name) => {
                self.switch_persona(&name, now.instant);
                Vec::new()
            }
            Outcome::Theme(name) => self.switch_theme(&name, now.instant),
            Outcome::Run(command) => self.run(command, now),
            Outcome::Slash(line) => self.run_line(&line, now),
        }
    }

    /// Closes what lies over the screen.
    pub(super) fn close_overlay(&mut self) -> Vec<Effect> {
        // A summary is of no use once it is no longer looked at.
        let effects = match self.overlay {
            Some(Overlay::Summary(_)) => self.drop_errand(),
            _ => Vec::new(),
        };
        self.overlay = None;
        effects
    }
}
