//! The tables, as numbered migrations. A migration that was released is never changed: the next
//! change is the next number, and a test opens a store of every earlier one.

use rusqlite::{Connection, TransactionBehavior};

/// Marks the file as ours: `mmch`.
pub(super) const APPLICATION_ID: u32 = 0x6d6d_6368;

/// What leads from each version to the next. The first makes an empty file a store.
const MIGRATIONS: &[&str] = &[VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5];

/// The version that this program writes.
pub(super) fn version() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Conversations and their turns. Texts stand apart from the facts, so that the list, the figures
/// and the branches are found without reading through them.
///
/// A turn's id grows with the time when it was sent, so the newest are found first by their ids
/// alone. Of siblings, the one with the largest `chosen` is on the screen. What of a live turn is
/// newer than its texts lies in `pieces`, in order: each keeps `keep_bytes` of the text before it.
///
/// The index is contentless and its rows are taken out by naming their text again, which the table
/// `texts` still has by then: with `secure-delete` on, no trace of the words is left in it.
const VERSION_1: &str = "
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    pinned INTEGER NOT NULL DEFAULT 0,
    system_prompt TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    offset_minutes INTEGER NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    thinking TEXT NOT NULL,
    max_tokens INTEGER,
    temperature REAL,
    top_p REAL,
    presence_penalty REAL,
    turns INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER
) STRICT;
CREATE INDEX conversations_by_time ON conversations (pinned DESC, updated DESC) WHERE deleted IS NULL;
CREATE INDEX conversations_deleted ON conversations (deleted) WHERE deleted IS NOT NULL;

CREATE TABLE turns (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
    parent INTEGER REFERENCES turns ON DELETE CASCADE,
    chosen INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('live', 'done', 'stopped', 'interrupted', 'failed')),
    writer TEXT,
    indexed INTEGER NOT NULL DEFAULT 0,
    standing TEXT NOT NULL DEFAULT 'sent',
    bytes INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    offset_minutes INTEGER NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    served_model TEXT,
    thinking TEXT NOT NULL,
    max_tokens INTEGER,
    temperature REAL,
    top_p REAL,
    presence_penalty REAL,
    finish TEXT,
    connected_us INTEGER,
    first_reasoning_us INTEGER,
    first_answer_us INTEGER,
    end_us INTEGER,
    input_tokens INTEGER,
    output_tokens INTEGER,
    reasoning_tokens INTEGER,
    cached_tokens INTEGER,
    cache_write_tokens INTEGER,
    total_tokens INTEGER,
    searches INTEGER,
    cost_usd REAL,
    failure TEXT,
    remarks TEXT,
    calls TEXT,
    sources TEXT
) STRICT;
CREATE INDEX turns_by_place ON turns (conversation, parent, chosen);
CREATE INDEX turns_by_parent ON turns (parent);
CREATE INDEX turns_by_model ON turns (provider, model, served_model);
CREATE INDEX turns_live ON turns (writer) WHERE state = 'live';

CREATE TABLE texts (
    turn INTEGER PRIMARY KEY REFERENCES turns ON DELETE CASCADE,
    prompt TEXT NOT NULL,
    reasoning TEXT NOT NULL,
    answer TEXT NOT NULL
) STRICT;

CREATE TABLE pieces (
    id INTEGER PRIMARY KEY,
    turn INTEGER NOT NULL REFERENCES turns ON DELETE CASCADE,
    part TEXT NOT NULL CHECK (part IN ('reasoning', 'answer')),
    keep_bytes INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX pieces_by_turn ON pieces (turn);

CREATE TABLE drafts (
    conversation INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE typed (
    id INTEGER PRIMARY KEY,
    conversation INTEGER REFERENCES conversations ON DELETE CASCADE,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX typed_by_conversation ON typed (conversation);

CREATE VIRTUAL TABLE search USING fts5 (
    prompt, answer, reasoning,
    content='', tokenize='unicode61 remove_diacritics 2'
);
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
CREATE VIRTUAL TABLE search_titles USING fts5 (
    title,
    content='', tokenize='unicode61 remove_diacritics 2'
);
INSERT INTO search_titles (search_titles, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER turn_added AFTER INSERT ON turns BEGIN
    UPDATE conversations SET turns = turns + 1, bytes = bytes + NEW.bytes WHERE id = NEW.conversation;
END;
CREATE TRIGGER turn_changed AFTER UPDATE OF bytes ON turns WHEN NEW.bytes <> OLD.bytes BEGIN
    UPDATE conversations SET bytes = bytes + NEW.bytes - OLD.bytes WHERE id = NEW.conversation;
END;
CREATE TRIGGER turn_removed AFTER DELETE ON turns BEGIN
    UPDATE conversations SET turns = turns - 1, bytes = bytes - OLD.bytes WHERE id = OLD.conversation;
END;
CREATE TRIGGER conversation_removed AFTER DELETE ON conversations BEGIN
    DELETE FROM drafts WHERE conversation = OLD.id;
END;
";

/// What else was asked of an answer, as words: JSON mode, web search.
const VERSION_2: &str = "
ALTER TABLE conversations ADD COLUMN extras TEXT NOT NULL DEFAULT '';
ALTER TABLE turns ADD COLUMN extras TEXT NOT NULL DEFAULT '';
";

/// What goes along with messages and drafts. A draft of a conversation with nothing said yet is
/// the draft 0. Files go with the last row that names them.
const VERSION_3: &str = "
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE attached (
    id INTEGER PRIMARY KEY,
    turn INTEGER REFERENCES turns ON DELETE CASCADE,
    draft INTEGER,
    name TEXT NOT NULL,
    file INTEGER NOT NULL REFERENCES files,
    CHECK ((turn IS NULL) <> (draft IS NULL))
) STRICT;
CREATE INDEX attached_by_turn ON attached (turn) WHERE turn IS NOT NULL;
CREATE INDEX attached_by_draft ON attached (draft) WHERE draft IS NOT NULL;
CREATE INDEX attached_by_file ON attached (file);

CREATE TRIGGER attached_removed AFTER DELETE ON attached BEGIN
    DELETE FROM files WHERE id = OLD.file AND NOT EXISTS (SELECT 1 FROM attached WHERE file = OLD.file);
END;
CREATE TRIGGER conversation_removed_with_files AFTER DELETE ON conversations BEGIN
    DELETE FROM attached WHERE draft = OLD.id;
END;
";

/// Turns are indexed with pairs of Chinese characters (`indexed` is 2) from here on; those that are
/// not yet (1) are found all the same, and are indexed anew where there is time. How long the model
/// thought and answered, without what tools and the user took in between, is not known of earlier
/// turns.
const VERSION_4: &str = "
CREATE INDEX turns_without_pairs ON turns (id) WHERE indexed = 1;
ALTER TABLE turns ADD COLUMN thinking_us INTEGER;
ALTER TABLE turns ADD COLUMN answering_us INTEGER;
";

/// The persona that a conversation's system prompt is of.
const VERSION_5: &str = "
ALTER TABLE conversations ADD COLUMN persona TEXT NOT NULL DEFAULT '';
";

/// Brings a store up to this program's version, in one step or not at all. Two programs that do so
/// at once wait for each other. Returns the version found, if it is newer than this program's.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<Option<u32>> {
    if found(connection)? == version() {
        return Ok(None);
    }
    let steps = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let from = found(&steps)?;
    if from > version() {
        return Ok(Some(from));
    }
    let from = usize::try_from(from).unwrap_or(0);
    for step in MIGRATIONS.iter().skip(from) {
        steps.execute_batch(step)?;
    }
    steps.pragma_update(None, "application_id", APPLICATION_ID)?;
    steps.pragma_update(None, "user_version", version())?;
    steps.commit()?;
    Ok(None)
}

fn found(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_store_is_told_apart_and_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .pragma_update(None, "user_version", version() + 1)
            .unwrap();
        assert_eq!(migrate(&mut connection).unwrap(), Some(version() + 1));
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 0);
    }
}
