//! What the terminal can do: as the environment tells it, and as the terminal itself does.

use std::io::IsTerminal;

use super::{Finding, State};
use crate::cli::setup::Environment;
use crate::phrase::{mark, tr};

const SECTION: &str = mark("Terminal");

/// Looks at the terminal. Asks it something only where there is one at both ends.
pub(super) fn findings(environment: &Environment) -> Vec<Finding> {
    let is_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let mut findings = vec![
        kind(environment),
        colours(environment),
        letters(environment),
        size(is_terminal),
        keyboard(is_terminal),
        clipboard(environment),
        notices(environment),
    ];
    findings.extend(multiplexer(environment));
    findings
}

fn kind(environment: &Environment) -> Finding {
    let set = environment.get("TERM");
    let term = set.unwrap_or(tr!("not set"));
    let program = environment.get("TERM_PROGRAM");
    let program = program.map_or_else(String::new, |program| format!(", {program}"));
    let text = format!("TERM = {term}{program}");
    if matches!(set, None | Some("dumb")) {
        let text = tr!(
            "{text}: the chat can't be shown here; `mmchat ask` works",
            text
        );
        return Finding::new(SECTION, mark("kind"), State::Note, text);
    }
    Finding::new(SECTION, mark("kind"), State::Good, text)
}

fn colours(environment: &Environment) -> Finding {
    let term = environment.get("TERM").unwrap_or_default();
    let full = matches!(environment.get("COLORTERM"), Some("truecolor" | "24bit"));
    let (state, text) = if environment.get("NO_COLOR").is_some() {
        (State::Note, tr!("off, because NO_COLOR is set"))
    } else if full || term.ends_with("-direct") {
        (State::Good, tr!("24 bits"))
    } else if term.contains("256color") {
        (State::Good, "256")
    } else if matches!(term, "" | "dumb") {
        (State::Note, tr!("none"))
    } else {
        (State::Good, tr!("16, as far as TERM tells"))
    };
    Finding::new(SECTION, mark("colours"), state, text)
}

/// Whether the locale is one of Unicode: the first of the three that is set counts.
fn letters(environment: &Environment) -> Finding {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| Some((name, environment.get(name)?)));
    let (state, text) = match set {
        Some((name, value)) => {
            let plain = value.to_ascii_lowercase().replace('-', "");
            if plain.contains("utf8") {
                (State::Good, format!("UTF-8 ({name} = {value})"))
            } else {
                let text = tr!(
                    "{name} = {value} is not UTF-8: frames and Chinese may look broken",
                    name,
                    value
                );
                (State::Note, text)
            }
        }
        None => (
            State::Note,
            tr!("no locale is set; mmchat writes UTF-8 all the same").to_owned(),
        ),
    };
    Finding::new(SECTION, mark("letters"), state, text)
}

fn size(is_terminal: bool) -> Finding {
    let size = is_terminal
        .then(crossterm::terminal::size)
        .and_then(Result::ok);
    let (state, text) = match size {
        None => (
            State::Note,
            tr!("not a terminal, so it has none").to_owned(),
        ),
        Some((cols, rows)) => {
            let (state, panes) = match (cols, rows) {
                (0..20, _) | (_, 0..6) => (State::Note, tr!("too small for the chat")),
                (20..40, _) => (State::Note, tr!("the chat alone")),
                (40..80, _) => (State::Good, tr!("thinking above the chat")),
                _ => (State::Good, tr!("thinking beside the chat")),
            };
            (
                state,
                tr!("{cols} columns × {rows} rows: {panes}", cols, rows, panes),
            )
        }
    };
    Finding::new(SECTION, mark("size"), state, text)
}

fn keyboard(is_terminal: bool) -> Finding {
    let answer = is_terminal.then(|| {
        // The question needs a terminal that does not wait for the end of a line.
        let raw = crossterm::terminal::enable_raw_mode();
        let answer = raw.and_then(|()| crossterm::terminal::supports_keyboard_enhancement());
        drop(crossterm::terminal::disable_raw_mode());
        answer
    });
    let (state, text) = match answer {
        None => (State::Note, tr!("not a terminal, so it was not asked")),
        Some(Ok(true)) => (State::Good, tr!("tells Shift+Enter from Enter")),
        Some(Ok(false)) => (
            State::Note,
            tr!("does not tell Shift+Enter from Enter; Alt+Enter and Ctrl+J start a new line"),
        ),
        Some(Err(_)) => (
            State::Note,
            tr!("did not answer; Alt+Enter and Ctrl+J start a new line"),
        ),
    };
    Finding::new(SECTION, mark("keyboard"), state, text)
}

fn clipboard(environment: &Environment) -> Finding {
    let term = environment.get("TERM").unwrap_or_default();
    let program = environment.get("TERM_PROGRAM").unwrap_or_default();
    let (state, text) = if environment.get("TMUX").is_some() {
        (
            State::Note,
            tr!("copies go through tmux: it needs `set -g set-clipboard on`"),
        )
    } else if term.starts_with("screen") {
        (State::Note, tr!("screen does not pass copies on (OSC 52)"))
    } else if program == "Apple_Terminal" || environment.get("VTE_VERSION").is_some() {
        (
            State::Note,
            tr!("this terminal takes no copies (OSC 52); select with Shift and the mouse"),
        )
    } else {
        (
            State::Good,
            tr!(
                "copies go through the terminal (OSC 52), also over SSH; it may ask for permission"
            ),
        )
    };
    Finding::new(SECTION, mark("clipboard"), state, text)
}

fn notices(environment: &Environment) -> Finding {
    if crate::tui::Announcer::is_understood(environment.get("TERM")) {
        let text = tr!(
            "title, progress and notifications are sent (ui.window_title, ui.progress, ui.notify)"
        );
        return Finding::new(SECTION, mark("notices"), State::Good, text);
    }
    let text = tr!("none: this kind of terminal would print them");
    Finding::new(SECTION, mark("notices"), State::Note, text)
}

fn multiplexer(environment: &Environment) -> Option<Finding> {
    let text = if environment.get("TMUX").is_some() {
        tr!(
            "tmux: for Shift+Enter `set -s extended-keys on`, for notices of an unfocused window `set -g focus-events on`"
        )
    } else if environment.get("STY").is_some() {
        tr!("screen: no Shift+Enter, no focus events, no copies")
    } else if environment.get("ZELLIJ").is_some() {
        "Zellij"
    } else {
        return None;
    };
    Some(Finding::new(
        SECTION,
        mark("multiplexer"),
        State::Note,
        text,
    ))
}
