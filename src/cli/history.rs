//! `mmchat history`: the conversations that are kept, from the command line.

mod import;
mod list;

use std::io::{self, Write};
use std::path::Path;

use super::args::{ExportFormat, HistoryCommand, Options, Reasoning};
use super::{Exit, Trouble, complain, settings, setup};
use crate::app::export::{Form, list_price};
use crate::app::library::{Change, StoredConversation, Which};
use crate::chat::{ConversationId, Turn, safe};
use crate::config::Config;
use crate::phrase::{self, tr};
use crate::store::{self, Shelf, export};

/// Does it.
pub(super) fn run(options: &Options, command: &HistoryCommand) -> Result<Exit, Trouble> {
    match command {
        HistoryCommand::List { limit, json } => list::list(options, *limit, *json),
        HistoryCommand::Search { words, limit, json } => {
            list::search(options, &words.join(" "), *limit, *json)
        }
        HistoryCommand::Show { id, reasoning } => {
            let kept = load(options, id)?;
            write_out(&export::plain(&kept, what(*reasoning)))?;
            Ok(Exit::Success)
        }
        HistoryCommand::Export {
            id,
            format,
            reasoning,
            output,
        } => export_one(options, id, *format, *reasoning, output.as_deref()),
        HistoryCommand::Rename { id, title } => rename(options, id, &title.join(" ")),
        HistoryCommand::Delete { ids } => delete(options, ids),
        HistoryCommand::Import { files, again } => import::import(options, files, *again),
    }
}

/// The store as an error says it.
pub(super) fn failed(error: &store::Error) -> Trouble {
    let exit = if error.may_pass() {
        Exit::TryLater
    } else {
        Exit::Failed
    };
    Trouble::new(exit, error.to_string())
}

fn directory(options: &Options) -> Result<std::path::PathBuf, Trouble> {
    setup::data_dir(options).ok_or_else(|| {
        Trouble::usage(tr!(
            "there is no home directory to keep conversations in; --data-dir names a place"
        ))
    })
}

/// The store to read from; `None` when there is none yet.
pub(super) fn shelf_to_read(options: &Options) -> Result<Option<Shelf>, Trouble> {
    let opened = Shelf::open_to_read(&directory(options)?).map_err(|error| failed(&error))?;
    Ok(opened.map(|(shelf, notes)| {
        for note in &notes {
            complain(note);
        }
        shelf
    }))
}

fn shelf_to_change(options: &Options) -> Result<Shelf, Trouble> {
    let (shelf, notes) = Shelf::open(&directory(options)?).map_err(|error| failed(&error))?;
    for note in &notes {
        complain(note);
    }
    Ok(shelf)
}

/// The conversation whose id begins like that.
pub(super) fn find(options: &Options, typed: &str) -> Result<ConversationId, Trouble> {
    match shelf_to_read(options)? {
        Some(shelf) => find_in(&shelf, typed),
        None => Err(no_such(typed)),
    }
}

fn no_such(typed: &str) -> Trouble {
    Trouble::usage(tr!(
        "there is no conversation “{typed}”; `mmchat history list` shows them",
        typed
    ))
}

fn find_in(shelf: &Shelf, typed: &str) -> Result<ConversationId, Trouble> {
    let ids = ConversationId::beginning_with(typed).ok_or_else(|| no_such(typed))?;
    let found = shelf.named(&ids).map_err(|error| failed(&error))?;
    match found.as_slice() {
        [] => Err(no_such(typed)),
        [one] => Ok(one.id),
        several => {
            let lines = several
                .iter()
                .map(|listed| format!("\n  {}  {}", listed.id, safe::one_line(&listed.title)));
            let lines: String = lines.collect();
            Err(Trouble::usage(tr!(
                "“{typed}” begins several ids; type more of it:{lines}",
                typed,
                lines
            )))
        }
    }
}

fn load(options: &Options, typed: &str) -> Result<StoredConversation, Trouble> {
    let shelf = shelf_to_read(options)?.ok_or_else(|| no_such(typed))?;
    let id = find_in(&shelf, typed)?;
    let kept = shelf.load(Which::Id(id)).map_err(|error| failed(&error))?;
    kept.ok_or_else(|| no_such(typed))
}

/// The last conversation, or the one whose id begins like that; `None` when there is no last one.
pub(super) fn to_go_on_with(options: &Options) -> Result<Option<StoredConversation>, Trouble> {
    match (&options.resume, options.go_on) {
        (Some(typed), _) => load(options, typed).map(Some),
        (None, false) => Ok(None),
        (None, true) => match shelf_to_read(options)? {
            Some(shelf) => shelf.load(Which::Last).map_err(|error| failed(&error)),
            None => Ok(None),
        },
    }
}

fn what(reasoning: Reasoning) -> export::Reasoning {
    match reasoning {
        Reasoning::With => export::Reasoning::With,
        Reasoning::Without => export::Reasoning::Without,
        Reasoning::Only => export::Reasoning::Only,
    }
}

fn export_one(
    options: &Options,
    typed: &str,
    format: ExportFormat,
    reasoning: Reasoning,
    output: Option<&Path>,
) -> Result<Exit, Trouble> {
    let kept = load(options, typed)?;
    // Prices may come from the configuration; one that is wrong costs only the prices.
    let catalog = settings::load(options).map_or_else(
        |_| Config::default().catalog(),
        |(config, _)| config.catalog(),
    );
    let form = match format {
        ExportFormat::Md => Form::Markdown,
        ExportFormat::Json => Form::Json,
        ExportFormat::Html => Form::Html,
    };
    let cost = |turn: &Turn| list_price(&catalog, turn);
    let text = export::text(&kept, form, what(reasoning), &cost);
    let Some(path) = output else {
        write_out(&text)?;
        return Ok(Exit::Success);
    };
    match export::save(path, &text, false) {
        Ok(()) => Ok(Exit::Success),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Trouble::usage(tr!(
            "{path} is there already; nothing was written",
            path = path.display()
        ))),
        Err(error) => Err(Trouble::new(
            Exit::Failed,
            tr!(
                "{path} can't be written: {error}",
                path = path.display(),
                error = phrase::system(&error)
            ),
        )),
    }
}

fn rename(options: &Options, typed: &str, title: &str) -> Result<Exit, Trouble> {
    let title = title.trim();
    if title.is_empty() {
        return Err(Trouble::usage(tr!("a title has at least one character")));
    }
    let mut shelf = shelf_to_change(options)?;
    let id = find_in(&shelf, typed)?;
    let change = Change::Rename(id, title.to_owned());
    shelf.change([&change]).map_err(|error| failed(&error))?;
    Ok(Exit::Success)
}

fn delete(options: &Options, typed: &[String]) -> Result<Exit, Trouble> {
    let mut shelf = shelf_to_change(options)?;
    let found = typed.iter().map(|typed| find_in(&shelf, typed));
    let ids = found.collect::<Result<Vec<_>, _>>()?;
    let is_all_gone = shelf.purge(&ids).map_err(|error| failed(&error))?;
    if !is_all_gone {
        complain(tr!(
            "deleted; another mmchat is open, and traces stay in the store's log until it ends"
        ));
    }
    Ok(Exit::Success)
}

fn write_out(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
