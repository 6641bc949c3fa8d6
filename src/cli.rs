//! The command line: arguments as typed, then as meant; the environment and the files, read once.

mod args;
mod ask;
mod chat;
mod config;
mod doctor;
mod history;
mod json;
mod key;
mod mishap;
mod models;
mod outlet;
mod paper;
mod printer;
mod prompt;
mod providers;
mod record;
mod screen;
mod settings;
mod setup;
mod spinner;
mod stats;
mod styled;
mod table;
mod themes;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::demo;
use crate::phrase;
use crate::wire::Dialect;
use args::{CommandLine, Subcommands};
pub use mishap::report_panics;
use setup::Environment;

/// How the program ended, as its exit code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Success,
    /// It failed, and would fail again.
    Failed,
    /// It was called or configured wrongly.
    Usage,
    /// It failed, but may work later.
    TryLater,
    /// A mistake of its own ended it, as Rust's own panics do.
    Panicked,
    /// A signal of this number ended it.
    Signal(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::TryLater => 75,
            Exit::Panicked => 101,
            Exit::Signal(number) => 128_u8.saturating_add(number),
        })
    }
}

/// Something to say on standard error before ending with a code.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Trouble {
    message: String,
    exit: Exit,
    /// Whether the message is a list whose lines begin with their own places.
    listed: bool,
}

impl Trouble {
    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            exit,
            listed: false,
        }
    }

    /// Problems of the configuration, one a line: `FILE:LINE:COL: …`.
    fn listed(problems: impl Into<String>) -> Self {
        Self {
            listed: true,
            ..Self::usage(problems)
        }
    }

    fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        // Whoever reads our output has had enough: not a failure.
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::new(Exit::Success, "");
        }
        Self::new(
            Exit::Failed,
            phrase::tr!(
                "output could not be written: {error}",
                error = phrase::system(&error)
            ),
        )
    }
}

/// The definition of the command line, for whoever describes it: the README's option tables are
/// made from it.
#[must_use]
pub fn command_line() -> clap::Command {
    CommandLine::command()
}

/// Runs the program as the command line says, whose first word is the program's name.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    mishap::forbid_core_dumps();
    let line = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line,
        Err(error) => {
            // Help and version go to standard output, errors to standard error. An argument may be
            // the name of a file from anywhere, which acts on no terminal.
            let plain = error.render().to_string();
            if error.use_stderr() && crate::chat::safe::visible(&plain) != plain {
                complain(plain.trim_start_matches("error: ").trim_end());
            } else {
                drop(error.print());
            }
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Success
            };
            return exit.into();
        }
    };
    #[expect(clippy::disallowed_methods, reason = "the environment is read here")]
    let line = CommandLine {
        options: line.options.completed(|name| std::env::var_os(name)),
        ..line
    };
    match carry_out(line) {
        Ok(exit) => exit.into(),
        Err(trouble) => {
            if trouble.listed {
                let problems = crate::chat::safe::visible(&trouble.message);
                drop(writeln!(std::io::stderr(), "{}", problems.trim_end()));
            } else if !trouble.message.is_empty() {
                complain(&trouble.message);
            }
            trouble.exit.into()
        }
    }
}

fn carry_out(line: CommandLine) -> Result<Exit, Trouble> {
    report_panics(setup::data_dir(&line.options));
    let environment = Environment::read();
    if line.command.is_some() {
        survive_file_limits();
    }
    // Until the configuration has its say.
    phrase::speak(screen::language(&environment));
    settings::speak(&line.options);
    match line.command {
        None => chat::open(&line.options, &environment),
        Some(Subcommands::Ask(ask)) => ask::run(&line.options, &ask, &environment),
        Some(Subcommands::Models(args)) => models::run(&line.options, args, &environment),
        Some(Subcommands::Config { command }) => config::run(&line.options, command, &environment),
        Some(Subcommands::Doctor(args)) => doctor::run(&line.options, args, &environment),
        Some(Subcommands::Key { command }) => key::run(&line.options, &command, &environment),
        Some(Subcommands::History { command }) => history::run(&line.options, &command),
        Some(Subcommands::Stats { json }) => stats::run(&line.options, json, &environment),
        Some(Subcommands::Keys { json }) => config::keys(&line.options, json),
        Some(Subcommands::Completions { shell }) => paper::completions(&line.options, shell),
        Some(Subcommands::Man { command }) => paper::man(&command),
        Some(Subcommands::DemoServer { port }) => demo_server(port),
    }
}

/// Serves the built-in provider until it is interrupted.
fn demo_server(port: u16) -> Result<Exit, Trouble> {
    let server = demo::Server::start(port).map_err(|error| {
        Trouble::new(
            Exit::Failed,
            phrase::tr!(
                "port {port} can't be listened on: {error}",
                port,
                error = phrase::system(&error)
            ),
        )
    })?;
    let mut out = std::io::stdout().lock();
    for dialect in Dialect::ALL {
        writeln!(out, "{:<10} {}", dialect.word(), server.base_url(dialect))?;
    }
    out.flush()?;
    block_on(async {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Ok(Exit::Signal(2)),
            Err(error) => Err(Trouble::new(
                Exit::Failed,
                phrase::tr!("signals can't be received: {error}", error),
            )),
        }
    })
}

/// Runs a future on a current-thread runtime.
fn block_on<T>(future: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            let why = phrase::tr!("the event loop can't start: {error}", error);
            Trouble::new(Exit::Failed, why)
        })?
        .block_on(future)
}

/// Has a file that may not grow any more be an error for whoever writes: unless somebody listens to
/// its signal, that ends the program without a word. The chat listens by itself.
fn survive_file_limits() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let number = rustix::process::Signal::XFSZ.as_raw();
        // Listening goes on after the runtime is gone; a system that gives none has other troubles.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build();
        if let Ok(runtime) = runtime {
            let _entered = runtime.enter();
            drop(signal(SignalKind::from_raw(number)));
        }
    }
}

/// Says something on standard error; it may hold anybody's words.
fn complain(message: &str) {
    let message = crate::chat::safe::visible(message);
    // When standard error is gone too, nobody is left to tell.
    drop(writeln!(std::io::stderr(), "mmchat: {message}"));
}
