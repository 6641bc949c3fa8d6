//! The index: words go into it with their texts and leave it with them.
//!
//! Invariant: words are taken out by naming the very text that put them in, so what
//! [`super::words`] makes of a text can only change with a migration.

use rusqlite::{Connection, OptionalExtension, params};

use super::words::{paired, spaced};
use super::write::{interrupt, texts};

/// How turns are indexed: with the pairs of neighbours. Before version 4 it was 1, without them.
const PAIRED: i64 = 2;

/// Makes a turn's texts be found. They are read back, so that what is taken out of the index later
/// is what went in.
pub(super) fn add_turn(store: &Connection, id: i64) -> rusqlite::Result<()> {
    let texts = texts(store, id)?;
    let Some((prompt, reasoning, answer)) = texts else {
        return Ok(());
    };
    store
        .prepare_cached(
            "INSERT INTO search (rowid, prompt, answer, reasoning) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            id,
            paired(&prompt),
            paired(&answer),
            paired(&reasoning)
        ])?;
    store
        .prepare_cached("UPDATE turns SET indexed = ?2 WHERE id = ?1")?
        .execute(params![id, PAIRED])
        .map(drop)
}

/// Takes a turn's words out of the index, of which no trace is left there.
pub(super) fn remove_turn(store: &Connection, id: i64) -> rusqlite::Result<()> {
    let Some((prompt, reasoning, answer)) = texts(store, id)? else {
        return Ok(());
    };
    let form: i64 = store
        .prepare_cached("SELECT indexed FROM turns WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    let as_indexed = if form == PAIRED { paired } else { spaced };
    store
        .prepare_cached(
            "INSERT INTO search (search, rowid, prompt, answer, reasoning) VALUES ('delete', ?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            id,
            as_indexed(&prompt),
            as_indexed(&answer),
            as_indexed(&reasoning)
        ])
        .map(drop)
}

/// Adds the pairs to the index for the newest turns that lack them, and so many bytes of text at
/// least. Returns whether there may be more.
pub(super) fn pair_some(store: &Connection, bytes: usize) -> rusqlite::Result<bool> {
    let mut done = 0;
    while done < bytes {
        let next: Option<(i64, i64)> = store
            .prepare_cached(
                "SELECT id, bytes FROM turns WHERE indexed = 1 ORDER BY id DESC LIMIT 1",
            )?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((turn, size)) = next else {
            return Ok(false);
        };
        remove_turn(store, turn)?;
        add_turn(store, turn)?;
        done += usize::try_from(size).unwrap_or(0).max(1);
    }
    Ok(true)
}

/// Makes a title be found.
pub(super) fn add_title(store: &Connection, id: i64, title: &str) -> rusqlite::Result<()> {
    store
        .prepare_cached("INSERT INTO search_titles (rowid, title) VALUES (?1, ?2)")?
        .execute(params![id, spaced(title)])
        .map(drop)
}

/// Takes a title out of the index; `false` when there is no such conversation.
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

/// Whether all that is indexed has its pairs in the index.
pub(super) fn is_paired(store: &Connection) -> rusqlite::Result<bool> {
    let unpaired = "SELECT 1 FROM turns WHERE indexed = 1 LIMIT 1";
    Ok(!store.prepare_cached(unpaired)?.exists([])?)
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
