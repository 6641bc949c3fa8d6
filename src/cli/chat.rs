//! `mmchat`: the chat itself.

use std::io::IsTerminal;
use std::time::Duration;

use super::args::Options;
use super::providers::Providers;
use super::setup::{self, Environment, Setup};
use super::{Exit, Trouble, block_on, complain, history, screen, themes};
use crate::app::library::Which;
use crate::app::{self, App, Keep, Session, Start, persona};
use crate::catalog::{self, Catalog, RequestOptions};
use crate::chat::Extras;
use crate::config::{Config, theme};
use crate::files::Files;
use crate::net::Client;
use crate::phrase::tr;
use crate::runtime::{Clock, Ending, Runtime};
use crate::store::{Place, Store};
use crate::tui::{Announcer, Canvas, Clipboard, Console, Guard};
use crate::ui::{Cache, Links, Theme};

/// How long the last changes may take to reach the disk when the user leaves …
const QUIT_PATIENCE: Duration = Duration::from_secs(5);
/// … and when the system is in a hurry.
const SIGNAL_PATIENCE: Duration = Duration::from_millis(700);

/// Opens the chat and runs it until it is left.
pub(super) fn open(options: &Options, environment: &Environment) -> Result<Exit, Trouble> {
    check_terminal(environment)?;
    let Setup {
        mut config,
        catalog,
        keymap,
        keys,
        session,
        begin,
        opened_on_demo,
    } = Setup::new(options, environment)?;
    if !options.go_on && options.resume.is_none() {
        can_do(options, &catalog, &session)?;
    }
    let ready = |id: &String| keys.source(id).is_ready();
    let keyed = catalog
        .providers
        .iter()
        .map(|provider| provider.id.clone())
        .filter(ready)
        .collect();
    let failed = |why: String| Trouble::new(Exit::Failed, why);
    let size = crossterm::terminal::size()
        .map_err(|error| failed(tr!("the terminal has no size: {error}", error)))?;
    config.themes = themes::load(options, &config)?;
    let theme = Theme::new(&theme::Theme::ansi(), screen::depth(environment));
    let mouse = config.ui.mouse;
    let start = Start {
        begin,
        ..start(options, &config)?
    };
    let mut store = Store::new(place(options));
    let (window_title, progress) = (config.ui.window_title, config.ui.progress);
    let image_preview = config.ui.image_preview;
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
        start,
    });
    let files = Files::find(environment.variables());
    let clipboard = Clipboard::find(environment.variables());
    let lookup = |name: &str| environment.get(name).map(str::to_owned);
    let announcer = Announcer::new(lookup, window_title, progress);
    let guard = Guard::take(mouse, announcer)
        .map_err(|error| failed(tr!("the terminal can't be used: {error}", error)))?;
    let run = block_on(async {
        let mut console = Console::real(guard, clipboard, screen::can_be_asked(environment))
            .with_editor(setup::editor(environment));
        let canvas = Canvas::new(std::io::stdout());
        let mut canvas = canvas.in_ascii(screen::is_ascii(environment));
        let mut cache = Cache::new(theme);
        if image_preview {
            cache.show_pictures(screen::pictures(environment));
        }
        if !links_are_welcome(environment) {
            cache.links = Links::none();
        }
        let mut runtime = Runtime::new(
            &providers,
            &mut canvas,
            &mut console,
            &mut cache,
            Clock::system(),
        )
        .with_tools(programs, servers)
        .taking_keys(providers.client().keys())
        .with_files(files)
        .keeping(&mut store);
        let run = runtime.run(&mut app).await;
        // The terminal is given back before anything is said.
        drop(console);
        run.map_err(|error| Trouble::new(Exit::Failed, error.to_string()))
    })?;
    let (exit, patience) = match run.ending {
        Ending::Quit => (Exit::Success, QUIT_PATIENCE),
        Ending::Signal(number) => (Exit::Signal(number), SIGNAL_PATIENCE),
        Ending::Panic => (Exit::Panicked, SIGNAL_PATIENCE),
    };
    let mut unwritten = run.unwritten;
    unwritten.extend(store.close(patience).err());
    for what in &unwritten {
        complain(what);
    }
    Ok(match exit {
        Exit::Success if !unwritten.is_empty() => Exit::Failed,
        exit => exit,
    })
}

/// Refuses what can't show a chat.
fn check_terminal(environment: &Environment) -> Result<(), Trouble> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Trouble::usage(tr!(
            "the chat needs a terminal; for pipes and scripts there is `mmchat ask`"
        )));
    }
    if environment.get("TERM") == Some("dumb") {
        return Err(Trouble::usage(tr!(
            "this terminal (TERM=dumb) can't show the chat; `mmchat ask` works here"
        )));
    }
    Ok(())
}

/// Refuses what the model of a new conversation lacks, as `ask` does.
fn can_do(options: &Options, catalog: &Catalog, session: &Session) -> Result<(), Trouble> {
    let Some(provider) = catalog.provider(&session.choice.provider) else {
        return Ok(());
    };
    let model = provider.model(&session.choice.model);
    let asked = RequestOptions {
        thinking: model.nearest_mode(session.thinking),
        json: session.extras.json,
        search: session.extras.search,
        ..RequestOptions::default()
    };
    let wanted = options.thinking;
    let thinking = wanted.map_or(Ok(()), |it| catalog::check_thinking(provider, &model, it));
    let plan = thinking.and_then(|()| catalog.plan(provider, &model, &asked));
    plan.map(drop)
        .map_err(|refusal| Trouble::usage(refusal.to_string()))
}

/// What the program begins with.
fn start(options: &Options, config: &Config) -> Result<Start, Trouble> {
    let open = match (&options.resume, options.go_on) {
        (Some(id), _) => Some(Which::Id(history::find(options, id)?)),
        (None, true) => Some(Which::Last),
        (None, false) => None,
    };
    let persona = options.persona.as_deref();
    let persona = persona.and_then(|name| persona::find(config, name).ok());
    let model_is_named = options.model.is_some()
        || options.demo
        || persona.is_some_and(|persona| persona.model.is_some());
    let persona = persona.cloned().unwrap_or_default();
    Ok(Start {
        seed: fastrand::u64(..),
        keep: if options.no_save {
            Keep::InMemory
        } else {
            Keep::OnDisk
        },
        open,
        attach: options
            .attach
            .iter()
            .map(|path| path.to_string_lossy().into_owned())
            .collect(),
        extras: Extras {
            json: options.json_mode,
            search: options.search,
        },
        session_as_asked: model_is_named,
        thinking: options.thinking.or(persona.thinking),
        params: setup::params(options).or(persona.params),
        begin: None,
    })
}

/// Where conversations are kept.
pub(super) fn place(options: &Options) -> Place {
    setup::data_dir(options).map_or_else(
        || {
            let why = tr!("Nothing is saved: there is no home directory; --data-dir names a place");
            Place::Nowhere(why.to_owned())
        },
        Place::Directory,
    )
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
    let known = !term.is_empty() || environment.get("WT_SESSION").is_some();
    known
        && !plain.iter().any(|name| term.starts_with(name))
        && environment.get("NO_COLOR").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_kept_from_terminals_that_would_print_them() {
        let welcome = |variables: &[(&str, &str)]| links_are_welcome(&Environment::of(variables));
        for term in [
            "xterm-256color",
            "tmux-256color",
            "screen",
            "xterm-kitty",
            "foot",
        ] {
            assert!(welcome(&[("TERM", term)]), "{term}");
        }
        assert!(welcome(&[("WT_SESSION", "1")]));
        for term in ["linux", "vt100", "vt220", "eterm-color", "ansi", ""] {
            assert!(!welcome(&[("TERM", term)]), "{term}");
        }
        assert!(!welcome(&[("TERM", "xterm"), ("NO_COLOR", "1")]));
        assert!(welcome(&[("TERM", "linux"), ("FORCE_HYPERLINK", "1")]));
        assert!(!welcome(&[("TERM", "xterm"), ("FORCE_HYPERLINK", "0")]));
    }
}
