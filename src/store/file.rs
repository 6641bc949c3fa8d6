//! The store's files: where they may lie, who may read them, and what happens to a damaged one.
//!
//! Nothing is followed or overwritten that is not a store of ours: not a link, not a pipe, not
//! another program's database, not one of a newer mmchat. A damaged file is set aside under a name
//! of its own, and what can still be read goes into a new one.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::{Error, is_damage};
use super::rescue;
use super::schema;
use crate::phrase::{self, tr};
use crate::private;

/// The database, in the data directory.
const NAME: &str = "conversations.db";
/// Where running programs hold their marks, in the data directory.
const RUNNING: &str = "running";
/// How long a lock that another program holds is waited for at once.
pub(super) const LOCK_PATIENCE: Duration = Duration::from_secs(2);
/// What every SQLite database begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// A store that is open.
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// What should be known about it, a sentence each.
    pub(super) notes: Vec<String>,
}

/// The database's path in a data directory.
pub(super) fn database_in(directory: &Path) -> PathBuf {
    directory.join(NAME)
}

/// Opens the store in a data directory, which is made if it is not there.
pub(super) fn open(directory: &Path) -> Result<Opened, Error> {
    let mut notes = Vec::new();
    let directory = make_directory(directory, &mut notes)?;
    let path = directory.join(NAME);
    let is_new = make_file(&path, &mut notes)?;
    if !is_new {
        refuse_newer(&path)?;
    }
    match connect(&path) {
        Ok(connection) => Ok(Opened { connection, notes }),
        Err(Error::Database(error)) if is_damage(&error) => {
            notes.push(rescue::rescue(&directory, &path)?);
            let connection = connect(&path)?;
            Ok(Opened { connection, notes })
        }
        Err(error) => Err(error),
    }
}

/// Opens a second connection to a store that is open, which only reads.
pub(super) fn open_to_read(directory: &Path) -> Result<Connection, Error> {
    let directory = fs::canonicalize(directory)?;
    let path = directory.join(NAME);
    refuse_others(&path)?;
    let connection = Connection::open_with_flags(
        &path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW,
    )?;
    connection.busy_timeout(LOCK_PATIENCE)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -2_048)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Opens the database with everything that this program relies on, and brings it up to date.
pub(super) fn connect(path: &Path) -> Result<Connection, Error> {
    let mut connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW,
    )?;
    connection.busy_timeout(LOCK_PATIENCE)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let newer = |found| Error::Newer {
        path: path.to_owned(),
        found,
        known: schema::version(),
    };
    if found > schema::version() {
        return Err(newer(found));
    }
    // What is deleted is overwritten; what is committed is on the disk, not on its way there.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -1_024)?;
    connection.query_row("PRAGMA journal_size_limit = 4194304", [], |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(64);
    if let Some(found) = schema::migrate(&mut connection)? {
        return Err(newer(found));
    }
    Ok(connection)
}

/// Empties the write-ahead log into the database, so that no deleted word is left in it. Returns
/// whether it worked: another program that reads at this moment prevents it.
pub(super) fn flush_log(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        row.get::<_, i64>(0).map(|busy| busy == 0)
    })
}

/// Makes the directory for this user alone; tightens one that is open to others.
fn make_directory(directory: &Path, notes: &mut Vec<String>) -> Result<PathBuf, Error> {
    let failed = |error: io::Error| Error::Directory {
        path: directory.to_owned(),
        because: phrase::system(&error),
    };
    private::directory(directory).map_err(failed)?;
    // Links on the way there are the user's own affair; from here on none is followed.
    let directory = fs::canonicalize(directory).map_err(failed)?;
    if !directory.is_dir() {
        let error = io::Error::new(io::ErrorKind::NotADirectory, tr!("it is not a directory"));
        return Err(failed(error));
    }
    if let Some(note) = tighten_directory(&directory) {
        notes.push(note);
    }
    Ok(directory)
}

/// Whether nobody but the owner may do anything: no bits for the group and others.
#[cfg(unix)]
fn is_private(mode: u32) -> bool {
    mode.trailing_zeros() >= 6
}

#[cfg(unix)]
fn tighten_directory(directory: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(directory).ok()?.permissions().mode();
    if is_private(mode) {
        return None;
    }
    let is_ours =
        |name: &str| name.starts_with("conversations.db") || name == RUNNING || name == "logs";
    let mut entries = fs::read_dir(directory).ok()?.flatten();
    let only_ours = entries.all(|entry| entry.file_name().to_str().is_some_and(is_ours));
    let path = directory.display();
    // A directory with other things in it, such as /tmp, is not ours to close.
    if !only_ours || mode & 0o1000 != 0 {
        return None;
    }
    let tightened = fs::set_permissions(directory, fs::Permissions::from_mode(0o700));
    Some(match tightened {
        Ok(()) => tr!(
            "{path} was open to other users; it is closed to them now",
            path
        ),
        Err(error) => tr!(
            "{path} is open to other users and can't be closed: {error}",
            path,
            error = phrase::system(&error)
        ),
    })
}

#[cfg(not(unix))]
fn tighten_directory(_directory: &Path) -> Option<String> {
    None
}

/// Makes an empty database for this user alone, unless one is there, and tells whether it did.
/// SQLite gives the files beside it the same permissions.
fn make_file(path: &Path, notes: &mut Vec<String>) -> Result<bool, Error> {
    match private::create(path) {
        Ok(_) => return Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) if error.kind() == io::ErrorKind::StorageFull => return Err(error.into()),
        Err(error) => {
            return Err(Error::Directory {
                path: path.parent().unwrap_or(path).to_owned(),
                because: phrase::system(&error),
            });
        }
    }
    check_kind(path)?;
    for beside in ["-wal", "-shm"] {
        let beside = with_ending(path, beside);
        if fs::symlink_metadata(&beside).is_ok() {
            check_kind(&beside)?;
        }
    }
    if let Some(note) = tighten_file(path) {
        notes.push(note);
    }
    Ok(false)
}

/// A path with something at its end: the files beside a database.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Refuses what is no plain file. Opening a pipe would wait for ever; a link leads elsewhere.
fn check_kind(path: &Path) -> Result<(), Error> {
    let kind = fs::symlink_metadata(path)?.file_type();
    if kind.is_file() {
        return Ok(());
    }
    let what = if kind.is_symlink() {
        tr!("a symbolic link")
    } else if kind.is_dir() {
        tr!("a directory")
    } else {
        tr!("not a plain file")
    };
    Err(Error::Foreign {
        path: path.to_owned(),
        what: what.to_owned(),
    })
}

#[cfg(unix)]
fn tighten_file(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mut note = None;
    for ending in ["", "-wal", "-shm"] {
        let path = with_ending(path, ending);
        let Ok(there) = fs::symlink_metadata(&path) else {
            continue;
        };
        if is_private(there.permissions().mode()) {
            continue;
        }
        let shown = path.display();
        note = Some(
            match fs::set_permissions(&path, fs::Permissions::from_mode(0o600)) {
                Ok(()) => tr!(
                    "{shown} was open to other users; it is closed to them now",
                    shown
                ),
                Err(error) => {
                    tr!(
                        "{shown} is open to other users and can't be closed: {error}",
                        shown,
                        error = phrase::system(&error)
                    )
                }
            },
        );
    }
    note
}

#[cfg(not(unix))]
fn tighten_file(_path: &Path) -> Option<String> {
    None
}

/// Refuses what is no store of ours that this program can read.
pub(super) fn refuse_others(path: &Path) -> Result<(), Error> {
    check_kind(path)?;
    refuse_newer(path)
}

/// Refuses a database of another program and one of a newer mmchat by the file's first bytes, since
/// SQLite would already change files by looking.
fn refuse_newer(path: &Path) -> Result<(), Error> {
    let mut header = [0; 100];
    let mut file = File::open(path)?;
    if file.read_exact(&mut header).is_err() || !header.starts_with(MAGIC) {
        // An empty file becomes a store; anything else is found to be damaged.
        return Ok(());
    }
    let number = |at: usize| {
        let bytes = header
            .get(at..at + 4)
            .and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u32::from_be_bytes)
    };
    let (version, application) = (number(60), number(68));
    if application != 0 && application != schema::APPLICATION_ID {
        return Err(Error::Foreign {
            path: path.to_owned(),
            what: tr!("another program's database").to_owned(),
        });
    }
    if version > schema::version() {
        return Err(Error::Newer {
            path: path.to_owned(),
            found: version,
            known: schema::version(),
        });
    }
    Ok(())
}

/// The mark of a running program: a file that it holds locked. The system gives the lock back when
/// the program ends, however it ends, so a turn whose writer's mark is free is not live any more.
#[derive(Debug)]
pub(super) struct Running {
    name: String,
    path: PathBuf,
    /// Held for the lock.
    _file: File,
}

impl Running {
    /// Marks this program as running.
    pub(super) fn mark(directory: &Path) -> io::Result<Self> {
        let running = directory.join(RUNNING);
        private::directory(&running)?;
        let name = format!("{:016x}", fastrand::u64(..));
        let path = running.join(&name);
        let file = private::create(&path)?;
        // Where locks don't work, everybody looks dead to everybody: a reply that is still coming
        // is shown as interrupted in the other program until it is over, and nothing is lost.
        drop(file.try_lock());
        Ok(Self {
            name,
            path,
            _file: file,
        })
    }

    /// Its name, in rows that only this program goes on with.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A mark that stays is found free by the next program, which removes it.
        drop(fs::remove_file(&self.path));
    }
}

/// Tells whether the program of that mark still runs; removes the mark of one that does not.
pub(super) fn is_running(directory: &Path, name: &str) -> bool {
    // The name comes from the database: nothing but a mark's name may become a path.
    if name.len() != 16 || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return false;
    }
    let path = directory.join(RUNNING).join(name);
    let Ok(there) = fs::symlink_metadata(&path) else {
        return false;
    };
    if !there.is_file() {
        return false;
    }
    let Ok(file) = File::open(&path) else {
        return false;
    };
    if let Err(fs::TryLockError::WouldBlock) = file.try_lock_shared() {
        return true;
    }
    drop(fs::remove_file(&path));
    false
}
