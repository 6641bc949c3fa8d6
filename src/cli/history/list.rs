//! Which conversations there are: all of them, or those with words in them; for people, for programs, as JSON.

use std::fmt::Write as _;
use std::io::{self, IsTerminal};

use serde_json::{Value, json};

use super::{failed, shelf_to_read, write_out};
use crate::app::library::{Hit, Listed, Query};
use crate::chat::safe;
use crate::cli::args::Options;
use crate::cli::json::to_text;
use crate::cli::{Exit, Trouble, complain};
use crate::markdown::text_width;
use crate::phrase::tr;
use crate::runtime::Clock;
use crate::store::export::stamp;

/// The most columns of the title in a list that a person reads.
const TITLE_COLS: usize = 60;
/// With fewer columns for the title, the model has none.
const LEAST_TITLE_COLS: usize = 20;
/// The most columns of the model.
const MOST_MODEL_COLS: usize = 28;
/// The columns before the title.
const BEFORE_TITLE_COLS: usize = 39;

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
        complain(tr!("nothing was found"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{ConversationId, Moment};

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
