//! Conversations on disk: SQLite, one thread that writes and one that reads.
//!
//! Owns the files, the tables and the threads; what there is to keep is [`crate::app::library`]'s to
//! say. The loop hands [`Change`]s over and goes on; answers and news come back as messages.
//! Invariants: nothing here makes the caller wait but [`Store::close`]; the store is opened by the
//! writer, so a program that keeps nothing touches no file; a change that was handed over is on
//! disk within a fifth of a second as long as the disk takes it.

mod asked;
mod attached;
mod draft;
mod error;
pub mod export;
mod facts;
mod file;
mod health;
pub mod import;
mod index;
mod peek;
mod read;
mod rescue;
mod schema;
mod search;
mod shelf;
pub mod tally;
mod words;
mod write;
mod writer;

pub use error::Error;
pub use health::{Health, look};
pub use shelf::Shelf;

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::app::library::{Change, Peek, Query, StoreNews, Which};
use crate::app::{Effect, Msg};
use crate::phrase::tr;
use writer::{Job, Writer};

/// The store, as the loop knows it.
#[derive(Debug)]
pub struct Store {
    place: Place,
    threads: Option<Threads>,
    messages: UnboundedReceiver<Msg>,
    sender: UnboundedSender<Msg>,
}

/// Where conversations are kept.
#[derive(Debug, Clone)]
pub enum Place {
    /// In this directory.
    Directory(PathBuf),
    /// Nowhere, and why, as a sentence; an empty one needs no explanation.
    Nowhere(String),
}

#[derive(Debug)]
struct Threads {
    jobs: Sender<Job>,
    questions: Sender<Question>,
}

/// What the reader is asked.
#[derive(Debug)]
enum Question {
    List(u64, Box<Query>, usize),
    Load(u64, Which),
    Peek(u64, Peek),
    Recall,
}

impl Store {
    /// A store at that place. Nothing is touched before it is needed.
    pub fn new(place: Place) -> Self {
        let (sender, messages) = unbounded_channel();
        Self {
            place,
            threads: None,
            messages,
            sender,
        }
    }

    /// Carries out an effect that concerns it; others are none of its business.
    pub fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Save(change) => self.save(change),
            Effect::List {
                ticket,
                query,
                limit,
            } => self.ask(Question::List(ticket, query, limit)),
            Effect::Load { ticket, which } => self.ask(Question::Load(ticket, which)),
            Effect::Peek { ticket, peek } => self.ask(Question::Peek(ticket, peek)),
            Effect::Recall => self.ask(Question::Recall),
            _ => {}
        }
    }

    /// Has a change written.
    fn save(&mut self, change: Box<Change>) {
        self.tell_if_nowhere();
        if let Some(threads) = self.threads() {
            // The writer ends only when it is told to.
            drop(threads.jobs.send(Job::Change(change)));
        }
    }

    fn ask(&mut self, question: Question) {
        self.tell_if_nowhere();
        if let Some(threads) = self.threads() {
            drop(threads.questions.send(question));
        } else {
            let why = tr!("No conversations are kept").to_owned();
            drop(self.sender.send(no_answer(&question, why)));
        }
    }

    /// Says once why nothing is kept, where it is not by choice.
    fn tell_if_nowhere(&mut self) {
        if let Place::Nowhere(why) = &mut self.place
            && !why.is_empty()
        {
            let why = std::mem::take(why);
            drop(self.sender.send(Msg::Store(StoreNews::Gone(why))));
        }
    }

    /// The next answer or news; waits for ever when there is none. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Msg {
        match self.messages.recv().await {
            Some(msg) => msg,
            None => std::future::pending().await,
        }
    }

    /// What there was to know and nobody has heard yet, a sentence each: for whoever does not wait
    /// for messages.
    pub fn news(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        while let Ok(msg) = self.messages.try_recv() {
            if let Msg::Store(
                StoreNews::Failing(why) | StoreNews::Gone(why) | StoreNews::Said(why),
            ) = msg
            {
                said.push(why);
            }
        }
        said
    }

    /// Waits until everything is written, but not longer than that.
    ///
    /// # Errors
    ///
    /// Fails when something could not be written, or not in time; says why.
    pub fn close(&mut self, patience: Duration) -> Result<(), String> {
        let Some(threads) = self.threads.take() else {
            return Ok(());
        };
        let (answer, result) = sync_channel(1);
        if threads.jobs.send(Job::Stop(answer)).is_err() {
            return Ok(());
        }
        result.recv_timeout(patience).unwrap_or_else(|_| {
            Err(tr!("The disk is too slow; the last changes may not be saved").to_owned())
        })
    }

    /// The threads, started when they are first needed.
    fn threads(&mut self) -> Option<&Threads> {
        if self.threads.is_none() {
            let Place::Directory(directory) = &self.place else {
                return None;
            };
            match start(directory.clone(), &self.sender) {
                Ok(threads) => self.threads = Some(threads),
                Err(error) => {
                    let why = tr!(
                        "Nothing is saved: the system can't start a thread ({error})",
                        error
                    );
                    drop(self.sender.send(Msg::Store(StoreNews::Gone(why.clone()))));
                    self.place = Place::Nowhere(why);
                }
            }
        }
        self.threads.as_ref()
    }
}

fn start(directory: PathBuf, messages: &UnboundedSender<Msg>) -> std::io::Result<Threads> {
    let (jobs, waiting_jobs) = channel();
    let (questions, waiting_questions) = channel();
    let (ready, opened) = channel();
    let writer = Writer::new(directory.clone(), messages.clone(), ready);
    let thread = thread::Builder::new().name("store writer".to_owned());
    thread.spawn(move || writer.run(&waiting_jobs))?;
    let answers = messages.clone();
    let thread = thread::Builder::new().name("store reader".to_owned());
    thread.spawn(move || answer_all(&directory, &waiting_questions, &opened, &answers))?;
    Ok(Threads { jobs, questions })
}

/// The reader's thread: answers questions on a connection of its own.
fn answer_all(
    directory: &std::path::Path,
    questions: &Receiver<Question>,
    opened: &Receiver<Result<(), String>>,
    answers: &UnboundedSender<Msg>,
) {
    let Ok(mut state) = opened.recv() else {
        return;
    };
    let mut connection = None;
    while let Ok(first) = questions.recv() {
        let mut waiting = vec![first];
        waiting.extend(questions.try_iter());
        drop_overtaken(&mut waiting);
        while let Ok(newer) = opened.try_recv() {
            // Another store lies there now, or one at all.
            connection = None;
            state = newer;
        }
        for question in waiting {
            if connection.is_none() && state.is_ok() {
                match file::open_to_read(directory) {
                    Ok(open) => connection = Some(open),
                    Err(error) => {
                        drop(answers.send(no_answer(&question, error.to_string())));
                        continue;
                    }
                }
            }
            let msg = match (&connection, &state) {
                (Some(store), _) => answer(store, question),
                (None, Err(why)) => no_answer(&question, why.clone()),
                (None, Ok(())) => continue,
            };
            if answers.send(msg).is_err() {
                return;
            }
        }
    }
}

/// Of several lists that wait, only the last is of use to anybody; of what is read beside them, too.
fn drop_overtaken(waiting: &mut Vec<Question>) {
    for is_one in [
        (|question| matches!(question, Question::List(..))) as fn(&Question) -> bool,
        |question| matches!(question, Question::Peek(..)),
    ] {
        let last = waiting.iter().rposition(is_one);
        let mut at = 0;
        waiting.retain(|question| {
            at += 1;
            !is_one(question) || last == Some(at - 1)
        });
    }
}

fn answer(store: &rusqlite::Connection, question: Question) -> Msg {
    let because = |error: rusqlite::Error| tr!("The conversations can't be read: {error}", error);
    match question {
        Question::List(ticket, query, limit) => {
            Msg::Listed(ticket, search::list(store, &query, limit).map_err(because))
        }
        Question::Load(ticket, which) => {
            let kept = read::load(store, which).map(|kept| kept.map(Box::new));
            Msg::Loaded(ticket, kept.map_err(because))
        }
        Question::Peek(ticket, peek) => {
            Msg::Peeked(ticket, peek::peek(store, peek).map_err(because))
        }
        Question::Recall => {
            let (draft, attached, typed) = draft::recall(store).unwrap_or_default();
            Msg::Recalled {
                draft,
                attached,
                typed,
            }
        }
    }
}

fn no_answer(question: &Question, why: String) -> Msg {
    match question {
        Question::List(ticket, ..) => Msg::Listed(*ticket, Err(why)),
        Question::Load(ticket, _) => Msg::Loaded(*ticket, Err(why)),
        Question::Peek(ticket, _) => Msg::Peeked(*ticket, Err(why)),
        Question::Recall => Msg::Recalled {
            draft: String::new(),
            attached: Vec::new(),
            typed: Vec::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::ConversationId;

    #[test]
    fn of_lists_and_peeks_that_wait_only_the_last_is_answered() {
        let list = |ticket| Question::List(ticket, Box::default(), 9);
        let peek = |ticket| {
            let peek = Peek {
                id: ConversationId(1),
                from: None,
            };
            Question::Peek(ticket, peek)
        };
        let load = |ticket| Question::Load(ticket, Which::Last);
        let mut waiting = vec![
            list(1),
            peek(2),
            load(3),
            list(4),
            load(5),
            peek(6),
            peek(7),
        ];
        drop_overtaken(&mut waiting);
        let left: Vec<String> = waiting.iter().map(|it| format!("{it:?}")).collect();
        let begins = ["Load(3,", "List(4,", "Load(5,", "Peek(7,"];
        assert_eq!(left.len(), begins.len(), "{left:?}");
        for (left, begin) in left.iter().zip(begins) {
            assert!(left.starts_with(begin), "{left}");
        }
    }
}
