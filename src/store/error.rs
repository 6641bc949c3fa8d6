//! Why a store can't be used, in words that help.

use std::fmt;
use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::phrase::{self, tr};

/// Why a store can't be used.
#[derive(Debug)]
pub enum Error {
    /// The directory can't be made or used.
    Directory {
        /// Where.
        path: PathBuf,
        /// Why.
        because: String,
    },
    /// What lies at the file's place is no file of ours.
    Foreign {
        /// Where.
        path: PathBuf,
        /// What it is.
        what: String,
    },
    /// A newer program has written it.
    Newer {
        /// Where.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version of this program.
        known: u32,
    },
    /// The database says no.
    Database(rusqlite::Error),
    /// The file system says no.
    Files(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Directory { path, because } => tr!(
                "the directory {path} can't be used for conversations: {because}",
                path = path.display(),
                because
            ),
            Self::Foreign { path, what } => tr!(
                "{path} is {what}; mmchat does not touch it. Move it away, or name another --data-dir",
                path = path.display(),
                what
            ),
            Self::Newer { path, found, known } => tr!(
                "{path} was written by a newer mmchat (its version is {found}, this one knows {known}); update mmchat, or name another --data-dir",
                path = path.display(),
                found,
                known
            ),
            Self::Database(error) => because(error),
            Self::Files(error) => tr!(
                "the conversations can't be written: {error}",
                error = phrase::system(error)
            ),
        })
    }
}

impl std::error::Error for Error {}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Files(error)
    }
}

impl Error {
    /// Tells whether another try may do better: a lock is given back, a disk gets room.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Database(error) => may_pass(error),
            Self::Files(_) | Self::Directory { .. } => true,
            Self::Foreign { .. } | Self::Newer { .. } => false,
        }
    }
}

/// Tells whether another try may do better.
pub(super) fn may_pass(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::OutOfMemory
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::OperationInterrupted
        )
    )
}

/// Tells whether the file itself is broken.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// What a database error means for the user.
pub(super) fn because(error: &rusqlite::Error) -> String {
    let what = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => tr!("the disk is full"),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            tr!("the data directory is read-only")
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            tr!("another program holds the store")
        }
        Some(ErrorCode::CannotOpen) => tr!("the store can't be opened"),
        Some(ErrorCode::SystemIoFailure) => tr!("the disk can't be written to"),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => tr!("the store is damaged"),
        _ => return tr!("conversations can't be saved: {error}", error),
    };
    tr!("Conversations can't be saved: {what}", what)
}
