//! An open store, for whoever may wait for the disk: the writer's thread, and commands that do one
//! thing and end.

use std::collections::BTreeMap;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::error::Error;
use super::file::{self, Running};
use super::tally::{Group, Tallied, Waits};
use super::{index, read, rescue, search, tally, write};
use crate::app::library::{Change, Listed, Listing, Query, StoredConversation, Which};
use crate::chat::ConversationId;

/// How long a deleted conversation whose program did not end well lies about, in seconds.
const DELETED_LIES_ABOUT: i64 = 60 * 60;

/// How much text is indexed anew at a time, in bytes: some tens of milliseconds' worth.
const RENEWED_BYTES: usize = 32 * 1024;

/// An open store.
#[derive(Debug)]
pub struct Shelf {
    connection: Connection,
    directory: PathBuf,
    /// Until something is written, nobody needs to know that this program runs.
    running: Option<Running>,
}

impl Shelf {
    /// Opens the store in a directory; both are made if they are not there. What a program that
    /// ended badly left live is marked as interrupted. Also returns what should be known, a
    /// sentence each.
    ///
    /// # Errors
    ///
    /// Fails when the files can't be used, are not ours, or were written by a newer program.
    pub fn open(directory: &Path) -> Result<(Self, Vec<String>), Error> {
        let opened = file::open(directory)?;
        let mut shelf = Self {
            connection: opened.connection,
            directory: std::fs::canonicalize(directory)?,
            running: None,
        };
        shelf.end_what_is_dead()?;
        Ok((shelf, opened.notes))
    }

    /// Opens a store to read from it; `None` when there is none. One on a read-only disk will do.
    ///
    /// # Errors
    ///
    /// Fails when the files are not ours, or can't be read.
    pub fn open_to_read(directory: &Path) -> Result<Option<(Self, Vec<String>)>, Error> {
        match std::fs::symlink_metadata(file::database_in(directory)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(_) | Ok(_) => {}
        }
        match Self::open(directory) {
            Err(error) if error.may_pass() => {
                let connection = file::open_to_read(directory)?;
                let shelf = Self {
                    connection,
                    directory: directory.to_owned(),
                    running: None,
                };
                Ok(Some((shelf, Vec::new())))
            }
            opened => opened.map(Some),
        }
    }

    /// The conversations that a query finds, `limit` at most.
    ///
    /// # Errors
    ///
    /// Fails when the store can't be read.
    pub fn list(&self, query: &Query, limit: usize) -> Result<Listing, Error> {
        Ok(search::list(&self.connection, query, limit)?)
    }

    /// The conversations whose ids lie in a range, the newest first; ten at most.
    ///
    /// # Errors
    ///
    /// Fails when the store can't be read.
    pub fn named(&self, ids: &RangeInclusive<ConversationId>) -> Result<Vec<Listed>, Error> {
        Ok(read::named(&self.connection, ids)?)
    }

    /// How many turns are on a conversation's path: those that the chat shows.
    ///
    /// # Errors
    ///
    /// Fails when the store can't be read.
    pub fn turns_on_path(&self, id: ConversationId) -> Result<u64, Error> {
        Ok(read::turns_on_path(&self.connection, id)?)
    }

    /// A conversation with all its turns; `None` when there is none like that.
    ///
    /// # Errors
    ///
    /// Fails when the store can't be read.
    pub fn load(&self, which: Which) -> Result<Option<StoredConversation>, Error> {
        Ok(read::load(&self.connection, which)?)
    }

    /// What the turns with each model on each day come to, oldest first.
    ///
    /// # Errors
    ///
    /// Fails when the store can't be read.
    pub fn tallies(&self) -> Result<Vec<Tallied>, Error> {
        Ok(tally::sums(&self.connection)?)
    }

    /// The median times until something came, by the names of the groups.
    ///
    /// # Errors
    ///
    /// Fails when the store can't be read.
    pub fn waits(&self, group: Group) -> Result<BTreeMap<String, Waits>, Error> {
        Ok(tally::waits(&self.connection, group)?)
    }

    /// Carries changes out, all or none. Returns the conversations that were not there before.
    ///
    /// # Errors
    ///
    /// Fails when the store can't be written; then nothing was.
    pub fn change<'a>(
        &mut self,
        changes: impl IntoIterator<Item = &'a Change>,
    ) -> Result<Vec<ConversationId>, Error> {
        let running = match self.running.take() {
            Some(running) => running,
            None => Running::mark(&self.directory)?,
        };
        let writer = running.name().to_owned();
        self.running = Some(running);
        let writing = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut began = Vec::new();
        for change in changes {
            began.extend(write::apply(&writing, change, &writer)?);
        }
        writing.commit()?;
        Ok(began)
    }

    /// Indexes some more turns as this version does, of those that an earlier one has indexed: few
    /// enough that nobody waits for it. Returns whether there may be more.
    ///
    /// # Errors
    ///
    /// Fails when the store can't be written; then nothing was.
    pub fn renew_index(&mut self) -> Result<bool, Error> {
        if index::is_paired(&self.connection)? {
            return Ok(false);
        }
        let renewing = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let more = index::pair_some(&renewing, RENEWED_BYTES)?;
        renewing.commit()?;
        Ok(more)
    }

    /// Removes conversations for good: no byte of their words is left in the files. Returns whether
    /// that is so yet: another program that is reading keeps the log until it is done.
    ///
    /// # Errors
    ///
    /// Fails when the store can't be written; then nothing was.
    pub fn purge(&mut self, conversations: &[ConversationId]) -> Result<bool, Error> {
        let ids = conversations.iter().map(|id| write::row_id(id.0));
        self.purge_rows(ids.collect::<Vec<_>>())
    }

    /// Removes those of these conversations for good that are still deleted.
    ///
    /// # Errors
    ///
    /// Fails when the store can't be written; then nothing was.
    pub fn purge_deleted(&mut self, conversations: &[ConversationId]) -> Result<bool, Error> {
        let rows = write::still_deleted(&self.connection, conversations)?;
        self.purge_rows(rows)
    }

    fn purge_rows(&mut self, rows: Vec<i64>) -> Result<bool, Error> {
        if rows.is_empty() {
            return Ok(true);
        }
        let purging = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for row in rows {
            write::purge(&purging, row)?;
        }
        purging.commit()?;
        Ok(file::flush_log(&self.connection)?)
    }

    /// Sets the store aside and goes on with what can be read of it. Returns the sentence about it.
    pub(super) fn rescue(self) -> Result<(Self, String), Error> {
        let Self {
            connection,
            directory,
            running,
        } = self;
        drop(connection);
        let path = file::database_in(&directory);
        let said = rescue::rescue(&directory, &path)?;
        let connection = file::connect(&path)?;
        Ok((
            Self {
                connection,
                directory,
                running,
            },
            said,
        ))
    }

    /// Marks turns as interrupted whose program is gone, and removes what was deleted long ago.
    fn end_what_is_dead(&mut self) -> Result<(), Error> {
        let mut statement = self
            .connection
            .prepare("SELECT id, coalesce(writer, '') FROM turns WHERE state = 'live'")?;
        let live: Vec<(i64, String)> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        drop(statement);
        let dead: Vec<i64> = live
            .into_iter()
            .filter(|(_, writer)| !file::is_running(&self.directory, writer))
            .map(|(turn, _)| turn)
            .collect();
        if !dead.is_empty() {
            let ending = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            for turn in dead {
                write::interrupt(&ending, turn)?;
            }
            ending.commit()?;
        }
        let deleted = write::deleted(&self.connection, DELETED_LIES_ABOUT)?;
        self.purge_rows(deleted).map(drop)
    }
}
