//! The few words of a conversation that are read beside the list. Nothing else of it is read: it may
//! be megabytes long, and somebody may be going through the list.

use rusqlite::{Connection, named_params};

use super::write::{put_together, row_id};
use crate::app::library::{Peek, Peeked};

/// The beginnings of a few turns along the path, with one character more than is shown of a text
/// that is longer.
///
/// # Errors
///
/// Fails when the store can't be read.
pub(super) fn peek(store: &Connection, peek: Peek) -> rusqlite::Result<Vec<Peeked>> {
    // One state of the store for all of it, whatever others write meanwhile.
    let reading = store.unchecked_transaction()?;
    let mut statement = reading.prepare_cached(
        "WITH RECURSIVE path(id, place) AS (
            SELECT coalesce(
                (SELECT id FROM turns WHERE id = :from AND conversation = :conversation),
                (SELECT id FROM turns WHERE conversation = :conversation AND parent IS NULL
                 ORDER BY chosen DESC LIMIT 1)), 1
            WHERE EXISTS (SELECT 1 FROM conversations WHERE id = :conversation AND deleted IS NULL)
            UNION ALL
            SELECT (SELECT turns.id FROM turns
                    WHERE conversation = :conversation AND parent = path.id AND turns.id > path.id
                    ORDER BY chosen DESC LIMIT 1), place + 1
            FROM path WHERE path.id IS NOT NULL AND place < :turns)
         SELECT turns.id, state, coalesce(served_model, model), substr(coalesce(prompt, ''), 1, :chars),
            substr(coalesce(answer, ''), 1, :chars)
         FROM path JOIN turns ON turns.id = path.id LEFT JOIN texts ON turn = turns.id ORDER BY place",
    )?;
    let mut rows = statement.query(named_params! {
        ":conversation": row_id(peek.id.0),
        ":from": peek.from.map(|turn| row_id(turn.0)),
        ":turns": Peek::TURNS,
        ":chars": Peek::CHARS + 1,
    })?;
    let mut turns = Vec::new();
    while let Some(row) = rows.next()? {
        let mut answer: String = row.get(4)?;
        if row.get_ref(1)?.as_str()? == "live" {
            let mut reasoning = String::new();
            put_together(&reading, row.get(0)?, &mut reasoning, &mut answer)?;
        }
        turns.push(Peeked {
            prompt: row.get(3)?,
            model: row.get(2)?,
            answer,
        });
    }
    Ok(turns)
}
