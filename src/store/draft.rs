//! What message boxes held, and what was typed before.

use rusqlite::{Connection, OptionalExtension};

use super::attached;
use crate::chat::Attachment;

/// The most messages that Up brings back.
const MOST_TYPED: u32 = 200;

/// The text of a draft; empty if there is none.
pub(super) fn text(store: &Connection, slot: i64) -> rusqlite::Result<String> {
    store
        .prepare_cached("SELECT text FROM drafts WHERE conversation = ?1")?
        .query_row([slot], |row| row.get(0))
        .optional()
        .map(Option::unwrap_or_default)
}

/// The draft of a conversation with nothing said yet with what goes along with it, and what was
/// typed before, oldest first.
pub(super) fn recall(
    store: &Connection,
) -> rusqlite::Result<(String, Vec<Attachment>, Vec<String>)> {
    let mut typed: Vec<String> = store
        .prepare_cached("SELECT text FROM typed ORDER BY id DESC LIMIT ?1")?
        .query_map([MOST_TYPED], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    typed.reverse();
    typed.dedup();
    Ok((text(store, 0)?, attached::draft(store, 0)?, typed))
}
