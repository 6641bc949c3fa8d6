//! A damaged store: set aside under a name of its own, and what can still be read of it taken over
//! into a new one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Row, params_from_iter};

use super::error::Error;
use super::file;
use super::index;
use crate::phrase::tr;
use crate::private;

/// The tables in an order in which each row's owner comes before it.
const TABLES: [&str; 8] = [
    "conversations",
    "turns",
    "texts",
    "pieces",
    "drafts",
    "typed",
    "files",
    "attached",
];

/// Sets the store at `path` aside and makes a new one of what can be read. Returns the sentence that
/// says so.
pub(super) fn rescue(directory: &Path, path: &Path) -> Result<String, Error> {
    // Two programs may find the damage at once; the second one finds a store that is whole.
    let lock = directory.join("conversations.db.rescue");
    let held = match private::create(&lock) {
        Ok(held) => held,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::File::open(&lock)?,
        Err(error) => return Err(error.into()),
    };
    drop(held.lock());
    let whole = file::connect(path).is_ok_and(|store| is_whole(&store));
    let said = if whole {
        tr!("The store was damaged, and another mmchat has mended it").to_owned()
    } else {
        set_aside_and_copy(path)?
    };
    drop(fs::remove_file(&lock));
    Ok(said)
}

fn is_whole(store: &Connection) -> bool {
    let check = store.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    check.is_ok_and(|found| found == "ok")
}

fn set_aside_and_copy(path: &Path) -> Result<String, Error> {
    // The new store is whole before it takes the place of the damaged one: where the disk is full, or
    // the program is killed, the next try begins with what there was.
    let new = file::with_ending(path, ".new");
    remove(&new);
    let copied = copy_into(&new, path);
    let count = copied.inspect_err(|_| remove(&new))?;
    let aside = free_name(path);
    fs::rename(path, &aside)?;
    for ending in BESIDE {
        let from = file::with_ending(path, ending);
        if fs::symlink_metadata(&from).is_ok() {
            fs::rename(&from, file::with_ending(&aside, ending))?;
        }
    }
    fs::rename(&new, path)?;
    let shown = aside.display();
    Ok(match count {
        0 => tr!(
            "The store was damaged and nothing in it could be read; it is kept as {shown}, and a new one was begun",
            shown
        ),
        1 => tr!(
            "The store was damaged: one conversation could be read and is in a new one; the damaged file is kept as {shown}",
            shown
        ),
        count => tr!(
            "The store was damaged: {count} conversations could be read and are in a new one; the damaged file is kept as {shown}",
            count,
            shown
        ),
    })
}

/// What SQLite keeps beside a database.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// Makes a store at `new` of what can be read of the damaged one. Returns how many conversations
/// that is. What is beside the new one goes as it is closed.
fn copy_into(new: &Path, damaged: &Path) -> Result<u64, Error> {
    private::create(new)?;
    let mut fresh = file::connect(new)?;
    let count = copy_all(damaged, &mut fresh)?;
    fresh.close().map_err(|(_, error)| error)?;
    Ok(count)
}

/// Removes what an earlier try has left.
fn remove(new: &Path) {
    drop(fs::remove_file(new));
    for ending in BESIDE {
        drop(fs::remove_file(file::with_ending(new, ending)));
    }
}

/// A name beside the store that nothing has yet.
fn free_name(path: &Path) -> PathBuf {
    let plain = file::with_ending(path, ".damaged");
    let numbered = (2..100_000).map(|n| file::with_ending(path, &format!(".damaged-{n}")));
    std::iter::once(plain.clone())
        .chain(numbered)
        .find(|name| fs::symlink_metadata(name).is_err())
        .unwrap_or(plain)
}

/// The most rows that any query of a damaged file is followed through: more than a file of that
/// size can hold. Pages that name each other in circles would go on far beyond.
fn most_rows(aside: &Path) -> usize {
    const LEAST_BYTES_OF_A_ROW: u64 = 4;
    let bytes = fs::metadata(aside).map_or(0, |about| about.len());
    usize::try_from(bytes / LEAST_BYTES_OF_A_ROW).unwrap_or(usize::MAX)
}

/// Copies what can be read, and returns how many conversations that is. Reading changes nothing:
/// the damaged file stays as it was found.
fn copy_all(aside: &Path, fresh: &mut Connection) -> Result<u64, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let Ok(damaged) = Connection::open_with_flags(aside, flags) else {
        return Ok(0);
    };
    // Otherwise a file that is shorter than it says is not read at all.
    drop(damaged.pragma_update(None, "writable_schema", true));
    fresh.pragma_update(None, "foreign_keys", false)?;
    let copying = fresh.transaction()?;
    let most = most_rows(aside);
    let probes = probes(&damaged, most);
    for table in TABLES {
        copy_table(&damaged, &copying, table, &probes, most)?;
    }
    copy_places(&damaged, &copying, most)?;
    copying.execute_batch(
        "INSERT INTO turns
            (id, conversation, chosen, state, bytes, sent, offset_minutes, provider, model, thinking)
            SELECT turn, turn, 1, 'interrupted', 0, turn >> 25, 0, 'unknown', 'unknown', 'on' FROM texts
            WHERE turn NOT IN (SELECT id FROM turns);
         DELETE FROM pieces WHERE turn NOT IN (SELECT id FROM turns);
         DELETE FROM drafts WHERE conversation <> 0 AND conversation NOT IN (SELECT id FROM conversations);
         DELETE FROM typed WHERE conversation NOT IN (SELECT id FROM conversations);
         DELETE FROM attached WHERE turn NOT IN (SELECT id FROM turns) OR file NOT IN (SELECT id FROM files)
            OR draft <> 0 AND draft NOT IN (SELECT id FROM conversations);
         DELETE FROM files WHERE id NOT IN (SELECT file FROM attached);
         INSERT OR IGNORE INTO conversations
            (id, title, system_prompt, created, updated, offset_minutes, provider, model, thinking)
            SELECT conversation, 'A rescued conversation', '', min(sent), max(sent), offset_minutes,
                provider, model, thinking FROM turns
            WHERE conversation NOT IN (SELECT id FROM conversations) GROUP BY conversation;
         UPDATE turns SET parent = NULL WHERE parent NOT IN (SELECT id FROM turns) OR parent >= id;
         UPDATE turns SET indexed = 0;
         INSERT INTO texts (turn, prompt, reasoning, answer)
            SELECT id, '', '', '' FROM turns WHERE id NOT IN (SELECT turn FROM texts);
         UPDATE turns SET bytes = (SELECT octet_length(prompt) + octet_length(reasoning) + octet_length(answer)
            FROM texts WHERE turn = turns.id);
         UPDATE conversations SET
            turns = (SELECT count(*) FROM turns WHERE conversation = conversations.id),
            bytes = (SELECT coalesce(sum(turns.bytes), 0) FROM turns WHERE conversation = conversations.id);",
    )?;
    index::index_all(&copying)?;
    let count: i64 =
        copying.query_row("SELECT count(*) FROM conversations", [], |row| row.get(0))?;
    copying.commit()?;
    fresh.pragma_update(None, "foreign_keys", true)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Ids that may lie behind the damage in one table, taken from all that name them.
fn probes(damaged: &Connection, most: usize) -> Vec<i64> {
    const NAMED: [&str; 5] = [
        "SELECT id FROM conversations ORDER BY id",
        "SELECT id FROM conversations INDEXED BY conversations_by_time WHERE deleted IS NULL",
        "SELECT id FROM turns ORDER BY id",
        "SELECT id FROM turns INDEXED BY turns_by_place ORDER BY conversation",
        "SELECT turn FROM texts ORDER BY turn",
    ];
    let mut all: Vec<i64> = NAMED
        .iter()
        .flat_map(|named| rows(damaged, named, most, |row| row.get(0)))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The rows of a query up to the first that can't be read, so many at most.
fn rows<T>(
    damaged: &Connection,
    query: &str,
    most: usize,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Vec<T> {
    let Ok(mut statement) = damaged.prepare(query) else {
        return Vec::new();
    };
    statement
        .query_map([], read)
        .map(|rows| rows.map_while(Result::ok).take(most).collect())
        .unwrap_or_default()
}

/// Copies a table: from its beginning to the damage, and on from behind it wherever a probe finds
/// something.
fn copy_table(
    damaged: &Connection,
    fresh: &Connection,
    table: &str,
    probes: &[i64],
    most: usize,
) -> rusqlite::Result<()> {
    let names = |store: &Connection| -> rusqlite::Result<Vec<String>> {
        let statement = store.prepare(&format!("SELECT * FROM {table} LIMIT 0"))?;
        let names = statement.column_names();
        Ok(names.map(str::to_owned).collect())
    };
    let Ok(there) = names(damaged) else {
        return Ok(());
    };
    // Counts are made anew; a column of another version has no place here.
    let made_anew =
        |name: &String| table == "conversations" && ["turns", "bytes"].contains(&name.as_str());
    let columns: Vec<String> = names(fresh)?
        .into_iter()
        .filter(|name| there.contains(name) && !made_anew(name))
        .collect();
    let list = columns.join(", ");
    let places = vec!["?"; columns.len()].join(", ");
    let mut insert = fresh.prepare(&format!(
        "INSERT OR IGNORE INTO {table} ({list}) VALUES ({places})"
    ))?;
    let select = format!("SELECT rowid, {list} FROM {table} WHERE rowid >= ?1 ORDER BY rowid");
    let seek = format!("SELECT rowid FROM {table} WHERE rowid >= ?1 ORDER BY rowid LIMIT 1");
    let (Ok(mut select), Ok(mut seek)) = (damaged.prepare(&select), damaged.prepare(&seek)) else {
        return Ok(());
    };
    let mut from = i64::MIN;
    let mut left = most;
    // A probe is tried once: behind what is damaged now, it would find no more later.
    let mut probes = probes.iter();
    loop {
        let mut last = from;
        let Ok(mut rows) = select.query([from]) else {
            return Ok(());
        };
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok(()),
                Err(_) => break,
            };
            let Ok(id) = row.get::<_, i64>(0) else {
                break;
            };
            // Rows come in order; one that does not is damage, and could lead round in a circle.
            if id < last || left == 0 {
                break;
            }
            left -= 1;
            last = id;
            let values: rusqlite::Result<Vec<Value>> =
                (1..=columns.len()).map(|at| row.get(at)).collect();
            let Ok(values) = values else {
                continue;
            };
            match insert.execute(params_from_iter(values)) {
                Ok(_) => {}
                // A row that makes no sense is damage too.
                Err(error) if is_nonsense(&error) => {}
                Err(error) => return Err(error),
            }
        }
        drop(rows);
        let found = probes
            .by_ref()
            .filter(|probe| **probe > last)
            .filter_map(|probe| seek.query_row([probe], |row| row.get::<_, i64>(0)).ok())
            .find(|id| *id > last);
        match found {
            Some(id) if left > 0 => from = id,
            Some(_) | None => return Ok(()),
        }
    }
}

/// Turns of which only the index still knows the place: what was said is worth more than what is
/// known about it. `sent` is in the id.
fn copy_places(damaged: &Connection, fresh: &Connection, most: usize) -> rusqlite::Result<()> {
    let places = rows(
        damaged,
        "SELECT id, conversation, parent, chosen FROM turns INDEXED BY turns_by_place ORDER BY conversation",
        most,
        |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, Option<i64>>(2)?,
                row.get::<_, i64>(3)?,
            ))
        },
    );
    let mut insert = fresh.prepare(
        "INSERT OR IGNORE INTO turns
            (id, conversation, parent, chosen, state, bytes, sent, offset_minutes, provider, model, thinking)
         VALUES (?1, ?2, ?3, ?4, 'interrupted', 0, ?1 >> 25, 0, 'unknown', 'unknown', 'on')",
    )?;
    for place in places {
        insert.execute(place)?;
    }
    Ok(())
}

fn is_nonsense(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{ConstraintViolation, TypeMismatch};
    matches!(
        error.sqlite_error_code(),
        Some(ConstraintViolation | TypeMismatch)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of a table's inside: where its pointers are, behind a head of twelve bytes.
    fn pointers(page: &[u8]) -> Vec<usize> {
        assert_eq!(page.first(), Some(&5));
        let number =
            |at: usize| usize::from(u16::from_be_bytes(page[at..at + 2].try_into().unwrap()));
        let cells = (0..number(3)).map(|cell| number(12 + 2 * cell));
        std::iter::once(8).chain(cells).collect()
    }

    #[test]
    fn pages_that_lead_round_in_circles_end() {
        let home = tempfile::tempdir().unwrap();
        let path = file::database_in(home.path());
        private::create(&path).unwrap();
        let store = file::connect(&path).unwrap();
        store
            .execute_batch(
                "INSERT INTO conversations
                    (id, title, system_prompt, created, updated, offset_minutes, provider, model, thinking)
                    VALUES (1, 'one', '', 0, 0, 0, 'p', 'm', 'on');
                 WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 2000)
                 INSERT INTO turns
                    (id, conversation, chosen, state, bytes, sent, offset_minutes, provider, model, thinking)
                    SELECT n, 1, n, 'done', 0, 0, 0, 'p', 'm', 'on' FROM n;
                 INSERT INTO texts SELECT id, 'a prompt ' || id, '', '' FROM turns;
                 PRAGMA wal_checkpoint(TRUNCATE);",
            )
            .unwrap();
        let sizes = |sql: &str| {
            store
                .query_row(sql, [], |row| row.get::<_, u32>(0))
                .unwrap()
        };
        let size = sizes("PRAGMA page_size") as usize;
        let roots = ["texts", "turns"].map(|table| {
            sizes(&format!(
                "SELECT rootpage FROM sqlite_schema WHERE name = '{table}'"
            ))
        });
        drop(store);
        let mut bytes = fs::read(&path).unwrap();
        // Of either tree, the second page and the last are the root of the texts.
        for (root, other) in [(roots[0], roots[0]), (roots[1], roots[0])] {
            let start = (root as usize - 1) * size;
            let page = &mut bytes[start..start + size];
            let all = pointers(page);
            for at in [all[0], all[2]] {
                page[at..at + 4].copy_from_slice(&other.to_be_bytes());
            }
        }
        fs::write(&path, bytes).unwrap();
        let said = rescue(home.path(), &path).unwrap();
        assert!(said.contains("one conversation could be read"), "{said}");
        let fresh = file::connect(&path).unwrap();
        let turns: u32 = fresh
            .query_row(
                "SELECT count(*) FROM turns JOIN texts ON turn = id WHERE prompt <> ''",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert!((50..2000).contains(&turns), "{turns}");
        assert!(is_whole(&fresh));
    }
}
