//! Prompts of MCP servers as slash commands: `/SERVER:PROMPT`, followed by what its arguments are,
//! as with a template. What the prompt comes to lands in the message box, to be read before it is
//! sent.
//!
//! Until then the command stays in the box. Whoever changes it, or presses Esc, no longer wants the
//! prompt.

use super::stock::{Prompted, Question};
use super::{Server, ServerState};
use crate::app::overlay::Overlay;
use crate::app::{App, Effect, Tone, template};
use crate::chat::{Now, safe};
use crate::phrase::tr;

/// A prompt that was asked for and is not there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The command without its slash. Not yet safe to show.
    pub line: String,
    step: Step,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// That server tells first what it has.
    Listing(String),
    /// The prompt is fetched.
    Fetching {
        ticket: u64,
        /// What no argument took; it is put behind the prompt.
        rest: String,
    },
}

/// What a command comes to.
enum Meant {
    /// A look at all prompts.
    All,
    /// What is known only when the server has told what it has.
    Unlisted,
    /// Nothing, and why.
    Nothing(String),
    /// This prompt.
    Prompt {
        name: String,
        arguments: Vec<(String, String)>,
        rest: String,
    },
}

impl Asked {
    /// What is awaited, safe to show.
    pub fn shown(&self) -> String {
        safe::one_line(&format!("/{}", self.line.trim_end()))
    }
}

impl Server {
    /// What follows the server's name in a command means this.
    fn meant(&self, wanted: &str) -> Meant {
        let wanted = wanted.trim_start();
        if wanted.is_empty() {
            return Meant::All;
        }
        let Some(stock) = &self.stock else {
            return Meant::Unlisted;
        };
        let Some((prompt, given)) = stock.prompt(wanted) else {
            let server = &self.config.name;
            let names = stock.prompts.iter().map(|prompt| prompt.name.as_str());
            let names: Vec<&str> = names.collect();
            return Meant::Nothing(match (names.as_slice(), stock.troubles.first()) {
                ([], Some(why)) => why.clone(),
                ([], None) => tr!("The MCP server {server} has no prompts", server),
                _ => {
                    let names = names.join(tr!(", "));
                    tr!(
                        "{server} has no such prompt; there are: {names}",
                        server,
                        names
                    )
                }
            });
        };
        let places: Vec<&str> = prompt.arguments.iter().map(|it| it.name.as_str()).collect();
        let (given, rest) = template::assign(&places, given);
        let has = |name: &str| {
            given
                .iter()
                .any(|(it, value)| *it == name && !value.is_empty())
        };
        let missing = prompt
            .arguments
            .iter()
            .filter(|it| it.required && !has(&it.name));
        let missing: Vec<&str> = missing.map(|it| it.name.as_str()).collect();
        if !missing.is_empty() {
            let first = missing.first().copied().unwrap_or_default();
            let text = tr!(
                "Still needed: {missing}. Type it after the command, or as {first}=…",
                missing = missing.join(tr!(", ")),
                first
            );
            return Meant::Nothing(text);
        }
        let arguments = given.into_iter().filter(|(_, value)| !value.is_empty());
        Meant::Prompt {
            name: prompt.name.clone(),
            arguments: arguments
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            rest,
        }
    }
}

impl App {
    /// The server that a line without its slash names, and what follows the colon.
    fn server_of<'a>(&self, line: &'a str) -> Option<(&Server, &'a str)> {
        let (name, rest) = line.split_once(':')?;
        Some((self.toolbox.server(name)?, rest))
    }

    /// Whether a line without its slash asks for a prompt.
    pub(in crate::app) fn is_prompt(&self, line: &str) -> bool {
        self.server_of(line).is_some()
    }

    /// Asks for the prompt of a line without its slash; of a server's name alone, lists its
    /// prompts.
    pub(in crate::app) fn run_prompt(&mut self, line: &str, now: Now) -> Vec<Effect> {
        let Some((server, wanted)) = self.server_of(line) else {
            return Vec::new();
        };
        let name = server.config.name.clone();
        match server.meant(wanted) {
            Meant::All => {
                let effects = self.start_for_stock(&name);
                self.open_palette(&format!("{name}:"));
                effects
            }
            Meant::Unlisted => {
                self.ask_for(line, Step::Listing(name.clone()));
                let text = tr!("Starting the MCP server {name} …", name);
                self.notify(Tone::Info, text, now.instant);
                self.start_for_stock(&name)
            }
            Meant::Nothing(why) => {
                self.keep_line(line);
                self.notify(Tone::Error, why, now.instant);
                Vec::new()
            }
            Meant::Prompt {
                name: prompt,
                arguments,
                rest,
            } => {
                let ticket = self.keeping.ticket();
                self.ask_for(line, Step::Fetching { ticket, rest });
                let question = Question::Prompt {
                    ticket,
                    name: prompt,
                    arguments,
                };
                vec![Effect::AskServer(name, question)]
            }
        }
    }

    /// Starts a server that has not told what it has, if it does not run.
    pub(in crate::app) fn start_for_stock(&mut self, name: &str) -> Vec<Effect> {
        let rests = self.toolbox.server(name).is_some_and(|server| {
            let rests = matches!(server.state, ServerState::Idle | ServerState::Down(_));
            rests && server.stock.is_none()
        });
        if rests {
            self.start_server(name.to_owned())
        } else {
            Vec::new()
        }
    }

    /// A server told what it has: a command may wait for that, and lists may show it.
    pub(in crate::app) fn stock_came(&mut self, name: &str, now: Now) -> Vec<Effect> {
        self.renew_lists();
        let waits = |asked: &mut Asked| matches!(&asked.step, Step::Listing(it) if it == name);
        match self.toolbox.asked.take_if(waits) {
            Some(asked) if self.box_holds(&asked.line) => self.run_prompt(&asked.line, now),
            _ => Vec::new(),
        }
    }

    /// A server that did not start lists nothing. Tells whether somebody waited for its list.
    pub(in crate::app) fn stock_fails(&mut self, name: &str) -> bool {
        self.renew_lists();
        let waits = |asked: &mut Asked| matches!(&asked.step, Step::Listing(it) if it == name);
        self.toolbox.asked.take_if(waits).is_some()
    }

    /// Has lists show what servers have by now.
    fn renew_lists(&mut self) {
        self.renew_offers();
        if let Some(Overlay::Palette(picker)) = &self.overlay {
            let filter = picker.query.text().to_owned();
            self.open_palette(&filter);
        }
    }

    /// A prompt is there, or is not.
    pub(in crate::app) fn prompted(
        &mut self,
        ticket: u64,
        prompted: Result<Prompted, String>,
        now: Now,
    ) {
        let waits = |asked: &mut Asked| match &asked.step {
            Step::Fetching { ticket: it, .. } => *it == ticket,
            Step::Listing(_) => false,
        };
        let Some(Asked {
            line,
            step: Step::Fetching { rest, .. },
        }) = self.toolbox.asked.take_if(waits)
        else {
            return;
        };
        self.urgent = true;
        let shown = safe::one_line(line.split_whitespace().next().unwrap_or_default());
        let prompted = match prompted {
            Ok(prompted) if self.box_holds(&line) => prompted,
            Ok(_) => {
                let text = tr!(
                    "You wrote something else meanwhile; /{shown} asks again",
                    shown
                );
                self.notify(Tone::Info, text, now.instant);
                return;
            }
            Err(why) => {
                self.notify(Tone::Error, why, now.instant);
                return;
            }
        };
        let parts = [prompted.text.trim(), rest.as_str()];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        let text = parts.collect::<Vec<_>>().join("\n\n");
        if text.is_empty() && prompted.attached.is_empty() && prompted.left_out.is_empty() {
            let text = tr!("/{shown}: the server's prompt is empty", shown);
            self.notify(Tone::Warning, text, now.instant);
            return;
        }
        self.offer_message(&safe::visible(&text));
        let refused = self.take_along(prompted.attached);
        let left_out: Vec<String> = prompted.left_out.into_iter().chain(refused).collect();
        if left_out.is_empty() {
            let text = tr!("/{shown}: read it, then press Enter to send it", shown);
            self.notify(Tone::Info, text, now.instant);
        } else {
            let what = left_out.join(tr!(", "));
            let text = tr!("/{shown}: left out: {what}", shown, what);
            self.notify(Tone::Warning, text, now.instant);
        }
    }

    /// Waits for a prompt, in place of one that was asked for earlier.
    fn ask_for(&mut self, line: &str, step: Step) {
        self.keep_line(line);
        let line = line.to_owned();
        self.toolbox.asked = Some(Asked { line, step });
    }

    /// Has a command stand in the message box; what was there comes back with Up.
    fn keep_line(&mut self, line: &str) {
        if !self.box_holds(line) {
            self.offer_message(&format!("/{} ", line.trim_end()));
        }
    }

    /// Whether the message box holds that command, and nothing else.
    fn box_holds(&self, line: &str) -> bool {
        let text = self.composer.text();
        let held = text.strip_prefix('/').map(str::trim_end);
        held == Some(line.trim_end())
    }
}
