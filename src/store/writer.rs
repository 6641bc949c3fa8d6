//! The writer's thread: carries changes out in their order, several at once where they wait.
//!
//! What can't be written stays in the queue and is tried again: a full disk may get room, a lock is
//! given back. The chat goes on meanwhile and hears of it once. Invariant: a change is out of the
//! queue only when the disk has it, or when it never can.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::error::{self, Error};
use super::shelf::Shelf;
use crate::app::Msg;
use crate::app::library::{Change, StoreNews};
use crate::chat::ConversationId;
use crate::phrase::tr;

/// How long after a failure the next try is.
const RETRY: Duration = Duration::from_secs(2);
/// How long nothing has to come before there is time to renew a little of the index.
const REST: Duration = Duration::from_millis(50);

/// What the writer is to do.
#[derive(Debug)]
pub(super) enum Job {
    /// Carry this out.
    Change(Box<Change>),
    /// Carry out what waits, end, and say how that went.
    Stop(SyncSender<Result<(), String>>),
}

/// The writer.
#[derive(Debug)]
pub(super) struct Writer {
    directory: PathBuf,
    news: UnboundedSender<Msg>,
    /// Tells the reader that there is a store to open, or why there is none.
    ready: Sender<Result<(), String>>,
    shelf: Option<Shelf>,
    queue: VecDeque<Box<Change>>,
    /// Why the last try failed.
    failing: Option<String>,
    /// Why nothing can ever be written.
    gone: Option<String>,
    /// Deleted while this program ran, and to be purged at its end.
    deleted: Vec<ConversationId>,
    /// A store that is damaged again is left alone.
    rescued: bool,
    /// Whether some turns may still be indexed as earlier versions did.
    outdated: bool,
}

impl Writer {
    pub(super) fn new(
        directory: PathBuf,
        news: UnboundedSender<Msg>,
        ready: Sender<Result<(), String>>,
    ) -> Self {
        Self {
            directory,
            news,
            ready,
            shelf: None,
            queue: VecDeque::new(),
            failing: None,
            gone: None,
            deleted: Vec::new(),
            rescued: false,
            outdated: true,
        }
    }

    /// Works until it is told to stop.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        self.flush();
        loop {
            let job = if self.failing.is_some() {
                jobs.recv_timeout(RETRY)
            } else if self.outdated && self.shelf.is_some() {
                jobs.recv_timeout(REST)
            } else {
                jobs.recv().map_err(RecvTimeoutError::from)
            };
            match job {
                Ok(job) => {
                    if let Some(answer) = self.take(job, jobs) {
                        let result = self.stop();
                        drop(answer.send(result));
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.renew(),
                Err(RecvTimeoutError::Disconnected) => {
                    drop(self.stop());
                    return;
                }
            }
            self.flush();
        }
    }

    /// Takes a job and all that wait behind it. Returns whom to answer when it is time to stop.
    fn take(&mut self, job: Job, jobs: &Receiver<Job>) -> Option<SyncSender<Result<(), String>>> {
        let mut next = Some(job);
        while let Some(job) = next {
            match job {
                Job::Change(change) => self.enqueue(change),
                Job::Stop(answer) => return Some(answer),
            }
            next = jobs.try_recv().ok();
        }
        None
    }

    fn enqueue(&mut self, change: Box<Change>) {
        match &*change {
            _ if self.gone.is_some() => return,
            Change::Delete(conversation) => self.deleted.push(*conversation),
            Change::Undelete(conversation) => self.deleted.retain(|id| id != conversation),
            // What a whole turn says makes its pieces needless; they would pile up on a full disk.
            Change::Turn(_, turn) => {
                let (queue, id) = (&mut self.queue, turn.id);
                queue.retain(
                    |waiting| !matches!(&**waiting, Change::Grow { turn, .. } if *turn == id),
                );
            }
            Change::Draft(slot, _) => {
                let (queue, slot) = (&mut self.queue, *slot);
                queue.retain(
                    |waiting| !matches!(&**waiting, Change::Draft(other, _) if *other == slot),
                );
            }
            _ => {}
        }
        self.queue.push_back(change);
    }

    /// Writes what waits, if it can be written.
    fn flush(&mut self) {
        if self.gone.is_some() || !self.open() || self.queue.is_empty() {
            return;
        }
        let Some(shelf) = &mut self.shelf else {
            return;
        };
        match shelf.change(self.queue.iter().map(|change| &**change)) {
            Ok(began) => {
                self.saved();
                self.say_began(began);
            }
            Err(Error::Database(error)) if error::is_damage(&error) => self.rescue(),
            Err(error) if error.may_pass() => self.fails(&error),
            Err(_) => self.one_by_one(),
        }
    }

    /// Renews a little of the index, where nothing waits to be written. What can't be now is left to
    /// a later program: everything is found as it is.
    fn renew(&mut self) {
        if self.failing.is_some() {
            return;
        }
        let renewed = self.shelf.as_mut().map(Shelf::renew_index);
        self.outdated = matches!(renewed, Some(Ok(true)));
    }

    fn saved(&mut self) {
        self.queue.clear();
        if self.failing.take().is_some() {
            self.say(StoreNews::Saved);
        }
    }

    fn fails(&mut self, error: &Error) {
        let why = tr!(
            "{error}. The chat goes on in memory, and saving is tried again",
            error
        );
        if self.failing.as_ref() != Some(&why) {
            self.say(StoreNews::Failing(why.clone()));
        }
        self.failing = Some(why);
    }

    fn ends(&mut self, error: &Error) {
        let why = tr!("Nothing is saved: {error}", error);
        self.say(StoreNews::Gone(why.clone()));
        drop(self.ready.send(Err(why.clone())));
        self.gone = Some(why);
        self.shelf = None;
        self.queue.clear();
    }

    /// Opens the store, if it is not open.
    fn open(&mut self) -> bool {
        if self.shelf.is_some() {
            return true;
        }
        match Shelf::open(&self.directory) {
            Ok((shelf, notes)) => {
                self.shelf = Some(shelf);
                drop(self.ready.send(Ok(())));
                for note in notes {
                    self.say(StoreNews::Said(note));
                }
                if self.queue.is_empty() && self.failing.take().is_some() {
                    self.say(StoreNews::Saved);
                }
                true
            }
            Err(error) if error.may_pass() => {
                self.fails(&error);
                drop(self.ready.send(Err(error.to_string())));
                false
            }
            Err(error) => {
                self.ends(&error);
                false
            }
        }
    }

    /// The store turned out to be damaged while it was written.
    fn rescue(&mut self) {
        let Some(shelf) = self.shelf.take() else {
            return;
        };
        if std::mem::replace(&mut self.rescued, true) {
            let error = rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT),
                None,
            );
            self.ends(&error.into());
            return;
        }
        match shelf.rescue() {
            Ok((shelf, said)) => {
                self.shelf = Some(shelf);
                drop(self.ready.send(Ok(())));
                self.say(StoreNews::Said(said));
                self.flush();
            }
            Err(error) if error.may_pass() => self.fails(&error),
            Err(error) => self.ends(&error),
        }
    }

    fn say_began(&self, conversations: Vec<ConversationId>) {
        for conversation in conversations {
            self.say(StoreNews::Began(conversation));
        }
    }

    /// Carries changes out one by one, since one of them can't be: that one is left out.
    fn one_by_one(&mut self) {
        while let Some(change) = self.queue.pop_front() {
            let Some(shelf) = &mut self.shelf else {
                return;
            };
            match shelf.change([&*change]) {
                Ok(began) => self.say_began(began),
                Err(error) if error.may_pass() => {
                    self.queue.push_front(change);
                    self.fails(&error);
                    return;
                }
                Err(error) => self.say(StoreNews::Said(tr!(
                    "A change was not saved: {error}",
                    error
                ))),
            }
        }
        self.saved();
    }

    /// Writes what waits for the last time, and purges what was deleted.
    fn stop(&mut self) -> Result<(), String> {
        self.flush();
        if let Some(shelf) = &mut self.shelf {
            // What can't be purged now is purged by a later program.
            drop(shelf.purge_deleted(&self.deleted));
        }
        self.shelf = None;
        match (&self.gone, &self.failing) {
            (Some(_), _) => Ok(()),
            (None, Some(why)) if !self.queue.is_empty() => Err(why.clone()),
            (None, _) => Ok(()),
        }
    }

    fn say(&self, news: StoreNews) {
        // Nobody listens any more when the program is ending.
        drop(self.news.send(Msg::Store(news)));
    }
}
