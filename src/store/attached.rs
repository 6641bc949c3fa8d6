//! What goes along with messages and drafts. The bytes of a file are kept once however often it
//! was sent, under their hash, and go with the last message or draft that had them.

use rusqlite::{Connection, params};

use super::write::row_id;
use crate::chat::{Attachment, Conversation, ConversationId, TurnId};

/// Keeps what goes along with a turn that is new.
pub(super) fn put(store: &Connection, turn: i64, attached: &[Attachment]) -> rusqlite::Result<()> {
    for attachment in attached {
        insert(store, Some(turn), None, attachment)?;
    }
    Ok(())
}

/// Keeps what goes along with a draft, and nothing else.
pub(super) fn put_draft(
    store: &Connection,
    conversation: Option<ConversationId>,
    attached: &[Attachment],
) -> rusqlite::Result<()> {
    let slot = conversation.map_or(0, |id| row_id(id.0));
    let before: Option<i64> = store
        .prepare_cached("SELECT max(id) FROM attached WHERE draft = ?1")?
        .query_row([slot], |row| row.get(0))?;
    let mut there = store.prepare_cached("SELECT 1 FROM conversations WHERE id = ?1")?;
    if slot == 0 || there.exists([slot])? {
        for attachment in attached {
            insert(store, None, Some(slot), attachment)?;
        }
    }
    // Only now, so that what stays is not written again.
    store
        .prepare_cached("DELETE FROM attached WHERE draft = ?1 AND id <= ?2")?
        .execute(params![slot, before])
        .map(drop)
}

fn insert(
    store: &Connection,
    turn: Option<i64>,
    draft: Option<i64>,
    attachment: &Attachment,
) -> rusqlite::Result<()> {
    let bytes = attachment.bytes();
    let hash = ring::digest::digest(&ring::digest::SHA256, bytes);
    let hash = hash.as_ref();
    store
        .prepare_cached(
            "INSERT INTO files (hash, bytes) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING",
        )?
        .execute(params![hash, bytes])?;
    store
        .prepare_cached(
            "INSERT INTO attached (turn, draft, name, file)
             SELECT ?1, ?2, ?3, id FROM files WHERE hash = ?4",
        )?
        .execute(params![turn, draft, attachment.name, hash])
        .map(drop)
}

/// Puts what went along with the turns of a conversation in its place.
pub(super) fn load(
    store: &Connection,
    conversation: i64,
    into: &mut Conversation,
) -> rusqlite::Result<()> {
    let mut statement = store.prepare_cached(
        "SELECT name, files.bytes, turn FROM turns JOIN attached ON turn = turns.id
            JOIN files ON file = files.id
         WHERE conversation = ?1 ORDER BY turn, attached.id",
    )?;
    let mut rows = statement.query([conversation])?;
    let mut of_turn: Option<(TurnId, Vec<Attachment>)> = None;
    let mut put = |(turn, attached): (TurnId, Vec<Attachment>)| {
        if let Some(turn) = into.turn_mut(turn) {
            turn.attach(attached);
        }
    };
    while let Some(row) = rows.next()? {
        let turn = TurnId(u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0));
        if of_turn
            .as_ref()
            .is_some_and(|(earlier, _)| *earlier != turn)
        {
            of_turn.take().map(&mut put);
        }
        let (_, attached) = of_turn.get_or_insert_with(|| (turn, Vec::new()));
        attached.extend(attachment(row)?);
    }
    of_turn.map(put);
    Ok(())
}

/// What goes along with a draft.
pub(super) fn draft(store: &Connection, slot: i64) -> rusqlite::Result<Vec<Attachment>> {
    let found: Vec<Option<Attachment>> = store
        .prepare_cached(
            "SELECT name, files.bytes FROM attached JOIN files ON file = files.id
             WHERE draft = ?1 ORDER BY attached.id",
        )?
        .query_map([slot], attachment)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// An attachment of its name and bytes; bytes that are none any more were damaged.
fn attachment(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Attachment>> {
    let name: String = row.get(0)?;
    Ok(Attachment::read(name, row.get(1)?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::library::{Change, Head, Which};
    use crate::chat::{Asked, Moment};
    use crate::store::{read, schema, write};

    fn file(name: &str, text: &str) -> Attachment {
        Attachment::read(name, text.as_bytes().to_vec()).unwrap()
    }

    fn store() -> Connection {
        let mut store = Connection::open_in_memory().unwrap();
        store.pragma_update(None, "foreign_keys", true).unwrap();
        schema::migrate(&mut store).unwrap();
        store
    }

    fn files(store: &Connection) -> i64 {
        store
            .query_row("SELECT count(*) FROM files", [], |row| row.get(0))
            .unwrap()
    }

    fn apply(store: &Connection, change: &Change) {
        write::apply(store, change, "me").unwrap();
    }

    fn say(store: &Connection, conversation: u64, turn: u64, attached: Vec<Attachment>) {
        let id = ConversationId(conversation);
        let head = Head {
            id,
            ..Head::default()
        };
        apply(store, &Change::Head(Box::new(head)));
        let mut said = Conversation::default();
        let turn = TurnId(turn);
        said.add(turn, None, "q".into(), Asked::default(), Moment::default());
        said.turn_mut(turn).unwrap().attach(attached);
        let turn = said.turn(turn).unwrap().clone();
        // Kept again and again while its reply comes.
        apply(store, &Change::Turn(id, Box::new(turn.clone())));
        apply(store, &Change::Turn(id, Box::new(turn)));
    }

    #[test]
    fn a_file_is_kept_once_and_goes_with_the_last_message_that_had_it() {
        let store = store();
        say(&store, 1, 11, vec![file("a", "same"), file("b", "other")]);
        say(&store, 2, 12, vec![file("c", "same")]);
        assert_eq!(files(&store), 2);
        let kept = read::load(&store, Which::Id(ConversationId(1))).unwrap();
        let turn = kept.unwrap().conversation.turn(TurnId(11)).unwrap().clone();
        assert_eq!(turn.attachments, [file("a", "same"), file("b", "other")]);
        apply(&store, &Change::DropTurns(vec![TurnId(11)]));
        assert_eq!(files(&store), 1);
        write::purge(&store, 2).unwrap();
        assert_eq!(files(&store), 0);
    }

    #[test]
    fn drafts_keep_what_goes_along_with_them() {
        let store = store();
        let both = vec![file("a", "1"), file("b", "2")];
        apply(&store, &Change::DraftFiles(None, both.clone()));
        assert_eq!(draft(&store, 0).unwrap(), both);
        apply(&store, &Change::DraftFiles(None, vec![file("b", "2")]));
        assert_eq!((draft(&store, 0).unwrap().len(), files(&store)), (1, 1));
        let nowhere = Some(ConversationId(9));
        apply(&store, &Change::DraftFiles(nowhere, both.clone()));
        assert_eq!(draft(&store, 9).unwrap(), []);
        say(&store, 9, 19, Vec::new());
        apply(&store, &Change::DraftFiles(nowhere, both));
        apply(&store, &Change::DraftFiles(None, Vec::new()));
        assert_eq!(files(&store), 2);
        write::purge(&store, 9).unwrap();
        assert_eq!(files(&store), 0);
    }
}
