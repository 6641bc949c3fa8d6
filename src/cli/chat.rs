//! `mmchat`: the chat itself.

use std::io::IsTerminal;

use ratatui::Terminal;

use super::args::Options;
use super::providers::Providers;
use super::setup::{self, Environment, Setup};
use super::{Exit, Trouble, block_on, screen, themes};
use crate::app::{self, App};
use crate::config::theme;
use crate::net::Client;
use crate::runtime::{Clock, Ending, Runtime};
use crate::tui::{Canvas, Console, Guard};
use crate::ui::{Cache, Links, Theme};

/// Opens the chat and runs it until it is left.
pub(super) fn open(options: &Options, environment: &Environment) -> Result<Exit, Trouble> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Trouble::usage(
            "the chat needs a terminal; for pipes and scripts there is `mmchat ask`",
        ));
    }
    if environment.get("TERM") == Some("dumb") {
        return Err(Trouble::usage(
            "this terminal (TERM=dumb) can't show the chat; `mmchat ask` works here",
        ));
    }
    let Setup {
        mut config,
        catalog,
        keymap,
        keys,
        session,
        opened_on_demo,
    } = Setup::new(options, environment)?;
    let ready = |id: &String| keys.source(id).is_ready();
    let keyed = catalog
        .providers
        .iter()
        .map(|provider| provider.id.clone())
        .filter(ready)
        .collect();
    let size = crossterm::terminal::size().map_err(|error| {
        Trouble::new(Exit::Failed, format!("the terminal has no size: {error}"))
    })?;
    config.themes = themes::load(options, &config, false)?;
    let theme = Theme::new(&theme::Theme::ansi(), screen::depth(environment));
    let mouse = config.ui.mouse;
    let client = Client::new(&config.network, keys, setup::proxies(environment));
    let programs = environment.programs();
    let servers = setup::servers(&config, &programs, &client);
    let providers = Providers::new(client);
    let mut app = App::new(app::Setup {
        catalog,
        config,
        keymap,
        keyed,
        session,
        opened_on_demo,
        size,
    });
    let guard = Guard::take(mouse).map_err(|error| {
        Trouble::new(Exit::Failed, format!("the terminal can't be used: {error}"))
    })?;
    let run = block_on(async {
        let mut console = Console::real(
            guard,
            editor(environment),
            screen::can_be_asked(environment),
        );
        let canvas = Canvas::new(std::io::stdout()).in_ascii(screen::is_ascii(environment));
        let mut terminal = Terminal::new(canvas).map_err(|error| {
            Trouble::new(Exit::Failed, format!("the terminal can't be used: {error}"))
        })?;
        let mut cache = Cache::new(theme);
        if !links_are_welcome(environment) {
            cache.links = Links::none();
        }
        let mut runtime = Runtime::new(
            &providers,
            &mut terminal,
            &mut console,
            &mut cache,
            Clock::system(),
        )
        .with_tools(programs, servers);
        let run = runtime.run(&mut app).await;
        // The terminal is given back before anything is said.
        drop(console);
        run.map_err(|error| Trouble::new(Exit::Failed, error.to_string()))
    })?;
    Ok(match run.ending {
        Ending::Quit => Exit::Success,
        Ending::Signal(number) => Exit::Signal(number),
    })
}

/// Tells whether the terminal may be told where links lead (OSC 8). Most of those that can't show
/// it ignore it; those below would print it. `FORCE_HYPERLINK` decides for itself.
fn links_are_welcome(environment: &Environment) -> bool {
    if let Some(forced) = environment.get("FORCE_HYPERLINK") {
        return forced != "0";
    }
    let term = environment.get("TERM").unwrap_or_default();
    let plain = [
        "dumb", "linux", "ansi", "vt", "cons", "eterm", "sun", "unknown",
    ];
    !term.is_empty()
        && !plain.iter().any(|name| term.starts_with(name))
        && environment.get("NO_COLOR").is_none()
}

/// The user's editor, split at spaces as shells do: `code --wait`.
fn editor(environment: &Environment) -> Vec<String> {
    let named = environment
        .get("VISUAL")
        .or_else(|| environment.get("EDITOR"));
    named
        .unwrap_or("vi")
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}
