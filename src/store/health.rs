//! How a store is, for whoever wants to know without using it.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error::{self, Error};
use super::file;

/// How a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The version of its tables.
    pub version: u32,
    /// The bytes of its files.
    pub bytes: u64,
    /// How many conversations are in it, deleted ones not counted.
    pub conversations: u64,
    /// The first thing that is wrong with its pages, if any is.
    pub damage: Option<String>,
}

/// Looks at the store in a directory, which is opened to be read and left as it is; `None` when there
/// is none.
///
/// # Errors
///
/// Fails when the files are not ours, can't be read, or are from a newer program.
pub fn look(directory: &Path) -> Result<Option<Health>, Error> {
    let path = file::database_in(directory);
    let Ok(about) = fs::symlink_metadata(&path) else {
        return Ok(None);
    };
    // One that was just made is empty until something is in it.
    if about.is_file() && about.len() == 0 {
        return Ok(None);
    }
    file::refuse_others(&path)?;
    let store = Connection::open_with_flags(
        &path,
        OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW,
    )?;
    store.busy_timeout(file::LOCK_PATIENCE)?;
    let number = |question: &str| store.query_row(question, [], |row| row.get::<_, u32>(0));
    let found: rusqlite::Result<String> =
        store.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    let damage = match found {
        Ok(found) if found == "ok" => None,
        Ok(found) => Some(found.lines().next().unwrap_or_default().to_owned()),
        Err(error) if error::is_damage(&error) => Some(error.to_string()),
        Err(error) => return Err(error.into()),
    };
    // What is damaged may not have these, and is told of all the same.
    let or_zero = |asked: rusqlite::Result<u32>| match asked {
        Err(_) if damage.is_some() => Ok(0),
        asked => asked,
    };
    let version = or_zero(number("PRAGMA user_version"))?;
    let count = "SELECT count(*) FROM conversations WHERE deleted IS NULL";
    let conversations = or_zero(number(count))?;
    let beside = ["", "-wal"].map(|ending| fs::metadata(file::with_ending(&path, ending)));
    let bytes = beside.into_iter().flatten().map(|about| about.len()).sum();
    Ok(Some(Health {
        version,
        bytes,
        conversations: conversations.into(),
        damage,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::library::Change;
    use crate::store::Shelf;

    #[test]
    fn a_store_is_told_of_and_left_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(look(home.path()).unwrap(), None);
        let (mut shelf, _) = Shelf::open(home.path()).unwrap();
        shelf.change(&[Change::Head(Box::default())]).unwrap();
        drop(shelf);
        let path = file::database_in(home.path());
        let before = fs::read(&path).unwrap();
        let health = look(home.path()).unwrap().unwrap();
        assert_eq!((health.conversations, health.damage), (1, None));
        assert!(health.version >= 1 && health.bytes >= before.len() as u64);
        assert_eq!(fs::read(&path).unwrap(), before);
        let mut damaged = before;
        damaged.get_mut(4096..3 * 4096).unwrap().fill(0x5a);
        fs::write(&path, &damaged).unwrap();
        assert!(look(home.path()).unwrap().unwrap().damage.is_some());
        assert_eq!(fs::read(&path).unwrap(), damaged, "nothing was rescued");
    }
}
