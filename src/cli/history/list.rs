//! Which conversations there are: all of them, or those with words in them; for people, for programs, as JSON.

use std::fmt::Write as _;
use std::io::{self, IsTerminal};

use serde_json::{Value, json};

use super::{failed, shelf_to_read, write_out};
use crate::app::library::{Hit, Listed, Query};
use crate::chat::safe;
use crate::cli::args::Options;
use crate::cli::json::to_text;
use crate::cli::table::{self, Fit, Table};
use crate::cli::{Exit, Trouble, complain};
use crate::phrase::tr;
use crate::runtime::Clock;
use crate::store::export::stamp;

/// The most columns of the title in a list that a person reads.
const TITLE_COLS: usize = 60;
/// The most columns of the model.
const MODEL_COLS: usize = 28;

pub(super) fn list(
    options: &Options,
    limit: Option<usize>,
    as_json: bool,
) -> Result<Exit, Trouble> {
    let rows = found(options, &Query::default(), limit.unwrap_or(usize::MAX))?;
    if as_json {
        return print_json(&rows);
    }
    if io::stdout().is_terminal() {
        if rows.is_empty() {
            complain(tr!("no conversations are kept yet"));
        } else {
            table(&rows).write(&mut io::stdout().lock())?;
        }
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

pub(super) fn search(
    options: &Options,
    typed: &str,
    limit: usize,
    as_json: bool,
) -> Result<Exit, Trouble> {
    let now = Clock::system().now().wall;
    let query = Query::parse(typed, now).map_err(|wrong| Trouble::usage(wrong.to_string()))?;
    if query.is_empty() {
        return Err(Trouble::usage(tr!("there is no word to search for")));
    }
    let rows = found(options, &query, limit)?;
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

/// The conversations that a query finds. Their turns are those that the chat would show: other versions
/// of one are not counted.
fn found(options: &Options, query: &Query, limit: usize) -> Result<Vec<Listed>, Trouble> {
    let Some(shelf) = shelf_to_read(options)? else {
        return Ok(Vec::new());
    };
    let listed = shelf.list(query, limit).map_err(|error| failed(&error))?;
    let mut rows = listed.rows;
    for row in &mut rows {
        let turns = shelf.turns_on_path(row.id);
        row.turns = turns.map_err(|error| failed(&error))?;
    }
    Ok(rows)
}

fn hit_words(hit: Option<&Hit>) -> (&str, &str) {
    hit.map_or(("", ""), |hit| (hit.place.word(), hit.snippet.as_str()))
}

/// A list for people.
fn table<'a>(rows: &[Listed]) -> Table<'a, 5> {
    let columns = [
        (tr!("id"), Fit::Fact),
        (tr!("last said"), Fit::Fact),
        (tr!("turns"), Fit::Figure),
        (tr!("title"), Fit::Title),
        (tr!("model"), Fit::Spare),
    ];
    Table::new(columns).rows(rows.iter().map(|row| {
        let pin = if row.pinned { "* " } else { "" };
        let title = safe::one_line(&row.title);
        [
            row.id.to_string(),
            minute(&row.updated),
            row.turns.to_string(),
            table::cut(&format!("{pin}{title}"), TITLE_COLS),
            table::cut(&format!("{}/{}", row.provider, row.model), MODEL_COLS),
        ]
    }))
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
        complain(tr!("nothing was found"));
    }
    write_out(&text)?;
    Ok(Exit::Success)
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
