//! What is found: words go into the index with their texts and leave it with them.
//!
//! `turns.indexed` says where a turn's words are: nowhere (a reply that still comes), in the index
//! of whole words (as versions before 4 left them), or in that of their parts too. Invariant: words
//! are taken out by naming the very text that put them in, so what [`words`] makes of a text can
//! only change with a migration.

use rusqlite::{Connection, OptionalExtension, params};

use super::words::{parts, spaced};
use super::write::{interrupt, texts};

/// In neither index.
const NOWHERE: i64 = 0;
/// In the index of whole words only.
const WHOLE: i64 = 1;
/// In both.
const BOTH: i64 = 2;

/// The most turns that are caught up with at once, and about how many bytes of them: others that
/// write wait as long.
const MOST_TURNS: u32 = 64;
const MOST_BYTES: i64 = 256 * 1024;

/// Makes a turn's texts be found. They are read back, so that what is taken out later is what went
/// in.
pub(super) fn add_turn(store: &Connection, id: i64) -> rusqlite::Result<()> {
    let Some((prompt, reasoning, answer)) = texts(store, id)? else {
        return Ok(());
    };
    store
        .prepare_cached(
            "INSERT INTO search (rowid, prompt, answer, reasoning) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            id,
            spaced(&prompt),
            spaced(&answer),
            spaced(&reasoning)
        ])?;
    add_parts(store, id, [&prompt, &answer, &reasoning])
}

fn add_parts(store: &Connection, id: i64, texts: [&str; 3]) -> rusqlite::Result<()> {
    let [prompt, answer, reasoning] = texts.map(parts);
    store
        .prepare_cached(
            "INSERT INTO search_parts (rowid, prompt, answer, reasoning) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![id, prompt, answer, reasoning])?;
    set_place(store, id, BOTH)
}

fn set_place(store: &Connection, id: i64, place: i64) -> rusqlite::Result<()> {
    store
        .prepare_cached("UPDATE turns SET indexed = ?2 WHERE id = ?1")?
        .execute([id, place])
        .map(drop)
}

/// Takes a turn's words out, if they are in; no trace of them is left.
pub(super) fn remove_turn(store: &Connection, id: i64) -> rusqlite::Result<()> {
    let place: Option<i64> = store
        .prepare_cached("SELECT indexed FROM turns WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let place = place.unwrap_or(NOWHERE);
    if place < WHOLE {
        return Ok(());
    }
    let Some((prompt, reasoning, answer)) = texts(store, id)? else {
        return Ok(());
    };
    store
        .prepare_cached(
            "INSERT INTO search (search, rowid, prompt, answer, reasoning) VALUES ('delete', ?1, ?2, ?3, ?4)",
        )?
        .execute(params![id, spaced(&prompt), spaced(&answer), spaced(&reasoning)])?;
    if place >= BOTH {
        store
            .prepare_cached(
                "INSERT INTO search_parts (search_parts, rowid, prompt, answer, reasoning)
                 VALUES ('delete', ?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                id,
                parts(&prompt),
                parts(&answer),
                parts(&reasoning)
            ])?;
    }
    set_place(store, id, NOWHERE)
}

/// Makes a title be found.
pub(super) fn add_title(store: &Connection, id: i64, title: &str) -> rusqlite::Result<()> {
    store
        .prepare_cached("INSERT INTO search_titles (rowid, title) VALUES (?1, ?2)")?
        .execute(params![id, spaced(title)])
        .map(drop)
}

/// Takes a title out; `false` when there is no such conversation.
pub(super) fn remove_title(store: &Connection, id: i64) -> rusqlite::Result<bool> {
    let title: Option<String> = store
        .prepare_cached("SELECT title FROM conversations WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let Some(title) = title else {
        return Ok(false);
    };
    store
        .prepare_cached(
            "INSERT INTO search_titles (search_titles, rowid, title) VALUES ('delete', ?1, ?2)",
        )?
        .execute(params![id, spaced(&title)])?;
    Ok(true)
}

/// Whether all that is found by whole words is found by their parts too.
pub(super) fn is_complete(store: &Connection) -> rusqlite::Result<bool> {
    store
        .prepare_cached("SELECT 1 FROM turns WHERE indexed = 1")?
        .exists([])
        .map(|behind| !behind)
}

/// Adds the parts of some turns that an earlier version wrote, the newest first. Tells whether there
/// may be more.
pub(super) fn catch_up(store: &Connection) -> rusqlite::Result<bool> {
    let behind: Vec<(i64, i64)> = store
        .prepare_cached("SELECT id, bytes FROM turns WHERE indexed = 1 ORDER BY id DESC LIMIT ?1")?
        .query_map([MOST_TURNS], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut bytes = 0;
    for (turn, more) in &behind {
        if bytes >= MOST_BYTES {
            break;
        }
        bytes += more;
        let (prompt, reasoning, answer) = texts(store, *turn)?.unwrap_or_default();
        add_parts(store, *turn, [&prompt, &answer, &reasoning])?;
    }
    Ok(!behind.is_empty())
}

/// Makes everything be found that is not yet: after a rescue.
pub(super) fn index_all(store: &Connection) -> rusqlite::Result<()> {
    let turns: Vec<(i64, bool)> = store
        .prepare("SELECT id, state = 'live' FROM turns WHERE NOT indexed")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (turn, is_live) in turns {
        if is_live {
            interrupt(store, turn)?;
        } else {
            add_turn(store, turn)?;
        }
    }
    let titles: Vec<(i64, String)> = store
        .prepare("SELECT id, title FROM conversations")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (conversation, title) in titles {
        add_title(store, conversation, &title)?;
    }
    Ok(())
}
