//! `mmchat history`: the conversations that are kept, from the command line.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::args::{ExportFormat, HistoryDeed, Options, Reasoning};
use super::json::to_text;
use super::{Exit, Trouble, complain, settings, setup};
use crate::app::export::{Form, list_price};
use crate::app::library::{Change, Hit, Kept, Listed, Query, Which};
use crate::chat::{ConversationId, Ids, Turn, safe};
use crate::config::Config;
use crate::markdown::text_width;
use crate::phrase::tr;
use crate::runtime::Clock;
use crate::store::export::{self, stamp};
use crate::store::{self, Shelf, import};

/// The most columns of the title in a list that a person reads.
const TITLE_COLS: usize = 60;
/// With fewer columns for the title, the model has none.
const LEAST_TITLE_COLS: usize = 20;
/// The most columns of the model.
const MOST_MODEL_COLS: usize = 28;
/// The columns before the title.
const BEFORE_TITLE_COLS: usize = 39;

/// Does it.
pub(super) fn run(options: &Options, deed: &HistoryDeed) -> Result<Exit, Trouble> {
    match deed {
        HistoryDeed::List { limit, json } => list(options, *limit, *json),
        HistoryDeed::Search { words, limit, json } => {
            search(options, &words.join(" "), *limit, *json)
        }
        HistoryDeed::Show { id, reasoning } => {
            let kept = load(options, id)?;
            write_out(&export::plain(&kept, what(*reasoning)))?;
            Ok(Exit::Success)
        }
        HistoryDeed::Export {
            id,
            format,
            reasoning,
            output,
        } => export_one(options, id, *format, *reasoning, output.as_deref()),
        HistoryDeed::Rename { id, title } => rename(options, id, &title.join(" ")),
        HistoryDeed::Delete { ids } => delete(options, ids),
        HistoryDeed::Import { files } => import_all(options, files),
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

fn load(options: &Options, typed: &str) -> Result<Kept, Trouble> {
    let shelf = shelf_to_read(options)?.ok_or_else(|| no_such(typed))?;
    let id = find_in(&shelf, typed)?;
    let kept = shelf.load(Which::Id(id)).map_err(|error| failed(&error))?;
    kept.ok_or_else(|| no_such(typed))
}

/// The last conversation, or the one whose id begins like that; `None` when there is no last one.
pub(super) fn to_go_on_with(options: &Options) -> Result<Option<Kept>, Trouble> {
    match (&options.resume, options.go_on) {
        (Some(typed), _) => load(options, typed).map(Some),
        (None, false) => Ok(None),
        (None, true) => match shelf_to_read(options)? {
            Some(shelf) => shelf.load(Which::Last).map_err(|error| failed(&error)),
            None => Ok(None),
        },
    }
}

fn list(options: &Options, limit: Option<usize>, as_json: bool) -> Result<Exit, Trouble> {
    let rows = match shelf_to_read(options)? {
        Some(shelf) => {
            let found = shelf.list(&Query::default(), limit.unwrap_or(usize::MAX));
            found.map_err(|error| failed(&error))?.rows
        }
        None => Vec::new(),
    };
    if as_json {
        return print_json(&rows);
    }
    if io::stdout().is_terminal() {
        if rows.is_empty() {
            complain("no conversations are kept yet");
        }
        let cols = crossterm::terminal::size().map_or(80, |(cols, _)| cols);
        write_out(&table(&rows, cols.into()))?;
        return Ok(Exit::Success);
    }
    let lines = rows.iter().map(|row| {
        let model = format!("{}/{}", row.provider, row.model);
        [
            row.id.to_string(),
            stamp(row.updated),
            safe::one_line(&model),
            row.turns.to_string(),
            safe::one_line(&row.title),
        ]
        .join("\t")
            + "\n"
    });
    write_out(&lines.collect::<String>())?;
    Ok(Exit::Success)
}

fn search(options: &Options, typed: &str, limit: usize, as_json: bool) -> Result<Exit, Trouble> {
    let now = Clock::system().now().wall;
    let query = Query::parse(typed, now).map_err(|wrong| Trouble::usage(wrong.to_string()))?;
    if query.is_empty() {
        return Err(Trouble::usage(tr!("there is no word to search for")));
    }
    let rows = match shelf_to_read(options)? {
        Some(shelf) => {
            let found = shelf.list(&query, limit);
            found.map_err(|error| failed(&error))?.rows
        }
        None => Vec::new(),
    };
    if as_json {
        print_json(&rows)?;
    } else if io::stdout().is_terminal() {
        print_hits(&rows)?;
    } else {
        let lines = rows.iter().map(|row| {
            let (place, snippet) = hit_words(row.hit.as_ref());
            [
                row.id.to_string(),
                stamp(row.updated),
                place.to_owned(),
                safe::one_line(&row.title),
                snippet.to_owned(),
            ]
            .join("\t")
                + "\n"
        });
        write_out(&lines.collect::<String>())?;
    }
    Ok(if rows.is_empty() {
        Exit::Failed
    } else {
        Exit::Success
    })
}

fn hit_words(hit: Option<&Hit>) -> (&str, &str) {
    hit.map_or(("", ""), |hit| (hit.place.word(), hit.snippet.as_str()))
}

/// A list for people: aligned, with a header, as wide as the terminal at most.
fn table(rows: &[Listed], cols: usize) -> String {
    let model = |row: &Listed| safe::one_line(&format!("{}/{}", row.provider, row.model));
    let longest = rows.iter().map(|row| text_width(&model(row))).max();
    let room = cols.saturating_sub(BEFORE_TITLE_COLS);
    // Where a title would have no room beside it, the model is left out.
    let model_cols = longest.unwrap_or(0).clamp(5, MOST_MODEL_COLS);
    let (title_cols, with_model) = match room.checked_sub(model_cols + 2) {
        Some(title_cols) if title_cols >= LEAST_TITLE_COLS => (title_cols.min(TITLE_COLS), true),
        _ => (room.clamp(1, TITLE_COLS), false),
    };
    let mut text = String::new();
    let mut line = |id: &str, when: &str, turns: &str, title: &str, model: &str| {
        let title = fitted(title, title_cols);
        let (id, when) = (fitted(id, 12), fitted(when, 16));
        let indent = " ".repeat(5_usize.saturating_sub(text_width(turns)));
        let mut line = format!("{id}  {when}  {indent}{turns}  {title}");
        if with_model {
            line = format!("{line}  {}", fitted(model, model_cols));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    };
    if !rows.is_empty() {
        line(
            tr!("id"),
            tr!("last said"),
            tr!("turns"),
            tr!("title"),
            tr!("model"),
        );
    }
    for row in rows {
        let pin = if row.pinned { "* " } else { "" };
        let title = format!("{pin}{}", safe::one_line(&row.title));
        let (id, turns) = (row.id.to_string(), row.turns.to_string());
        line(&id, &minute(&row.updated), &turns, &title, &model(row));
    }
    text
}

/// A moment to the minute, as people write it.
fn minute(moment: &crate::chat::Moment) -> String {
    stamp(*moment)
        .replacen('T', " ", 1)
        .chars()
        .take(16)
        .collect()
}

/// What was found, for people: the words stand out.
fn print_hits(rows: &[Listed]) -> Result<Exit, Trouble> {
    let mut text = String::new();
    for row in rows {
        let when = minute(&row.updated);
        let _ = writeln!(text, "{}  {when}  {}", row.id, safe::one_line(&row.title));
        if let Some(hit) = &row.hit {
            let mut snippet = hit.snippet.clone();
            for mark in hit
                .marks
                .iter()
                .rev()
                .filter(|mark| mark.end <= hit.snippet.len())
            {
                snippet.insert_str(mark.end, "\x1b[22m");
                snippet.insert_str(mark.start, "\x1b[1m");
            }
            let _ = writeln!(text, "    {}: {snippet}", hit.place.word());
        }
    }
    if rows.is_empty() {
        complain("nothing was found");
    }
    write_out(&text)?;
    Ok(Exit::Success)
}

/// A text in its column: cut, or filled up.
fn fitted(text: &str, cols: usize) -> String {
    let mut shown = String::new();
    let mut width = 0;
    let is_cut = text_width(text) > cols;
    for c in text.chars() {
        let wide = text_width(c.encode_utf8(&mut [0; 4]));
        if is_cut && width + wide > cols.saturating_sub(1) {
            shown.push('…');
            width += 1;
            break;
        }
        shown.push(c);
        width += wide;
    }
    shown + &" ".repeat(cols.saturating_sub(width))
}

fn print_json(rows: &[Listed]) -> Result<Exit, Trouble> {
    let row = |row: &Listed| {
        let mut object = json!({
            "id": row.id.to_string(),
            "title": row.title,
            "provider": row.provider,
            "model": row.model,
            "created": stamp(row.created),
            "updated": stamp(row.updated),
            "turns": row.turns,
            "bytes": row.bytes,
            "pinned": row.pinned,
        });
        if let (Some(hit), Some(object)) = (&row.hit, object.as_object_mut()) {
            object.insert("found_in".to_owned(), hit.place.word().into());
            object.insert("snippet".to_owned(), hit.snippet.clone().into());
        }
        object
    };
    let all: Value = rows.iter().map(row).collect();
    write_out(&(to_text(&all) + "\n"))?;
    Ok(Exit::Success)
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
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Trouble::usage(format!(
            "{} is there already; nothing was written",
            path.display()
        ))),
        Err(error) => Err(Trouble::new(
            Exit::Failed,
            format!("{} can't be written: {error}", path.display()),
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
        complain(
            "deleted; another mmchat is open, and traces stay in the store's log until it ends",
        );
    }
    Ok(Exit::Success)
}

fn import_all(options: &Options, files: &[std::path::PathBuf]) -> Result<Exit, Trouble> {
    let mut ids = Ids::new(fastrand::u64(..));
    let now = Clock::system().now().wall;
    let mut all = Vec::new();
    for path in files {
        let text = read(path)?;
        let kept = import::read(&text, &mut ids, now).map_err(|why| {
            Trouble::usage(format!("{} can't be imported: {why}", path.display()))
        })?;
        all.extend(kept);
    }
    let changes: Vec<Change> = all.iter().flat_map(changes_of).collect();
    let mut shelf = shelf_to_change(options)?;
    shelf.change(&changes).map_err(|error| failed(&error))?;
    let lines = all
        .iter()
        .map(|kept| format!("{}\t{}\n", kept.head.id, safe::one_line(&kept.head.title)));
    write_out(&lines.collect::<String>())?;
    Ok(Exit::Success)
}

/// What makes a conversation that came from elsewhere a kept one.
fn changes_of(kept: &Kept) -> Vec<Change> {
    let id = kept.head.id;
    let mut changes = vec![Change::Head(Box::new(kept.head.clone()))];
    let turns = kept.conversation.turns();
    changes.extend(turns.map(|turn| Change::Turn(id, Box::new(turn.clone()))));
    let path = kept.conversation.path();
    changes.extend(path.map(|turn| Change::Choose(turn.id)));
    changes
}

fn read(path: &Path) -> Result<String, Trouble> {
    let shown = path.display();
    let fails = |error: io::Error| Trouble::usage(format!("{shown} can't be read: {error}"));
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        let input = io::stdin().lock();
        input
            .take(import::MOST_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(fails)?;
    } else {
        let kind = std::fs::metadata(path).map_err(fails)?;
        if !kind.is_file() {
            return Err(Trouble::usage(format!("{shown} is not a file")));
        }
        let file = std::fs::File::open(path).map_err(fails)?;
        file.take(import::MOST_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(fails)?;
    }
    if bytes.len() as u64 > import::MOST_BYTES {
        let most = import::MOST_BYTES / (1024 * 1024);
        return Err(Trouble::usage(format!("{shown} is larger than {most} MiB")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Trouble::usage(format!("{shown} is not UTF-8 text (byte {at})"))
    })
}

fn write_out(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Moment;

    #[test]
    fn the_list_is_never_wider_than_the_terminal() {
        let moment = Moment {
            unix_seconds: 1_795_352_520,
            offset_minutes: 60,
        };
        let row = |title: &str, model: &str| Listed {
            id: ConversationId(60_242_034_078_007_632),
            title: title.to_owned(),
            provider: "openrouter".to_owned(),
            model: model.to_owned(),
            created: moment,
            updated: moment,
            turns: 3,
            bytes: 0,
            pinned: false,
            hit: None,
        };
        let long = "a rather long title 今天天气很好 that goes on and on and on and on and on";
        let rows = [
            row("short", "minimax/minimax-m2.7-highspeed"),
            row(long, "m"),
        ];
        for cols in 40..140 {
            let text = table(&rows, cols);
            for line in text.lines() {
                assert!(text_width(line) <= cols, "{cols}: {line}");
            }
            assert_eq!(text.contains("model"), cols >= 39 + 20 + 2 + 28, "{cols}");
            assert!(text.contains("short") || cols < 45);
        }
    }
}
