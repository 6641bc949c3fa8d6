//! Conversations out of files into the store.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{failed, shelf_to_change, write_out};
use crate::app::library::{Change, Query, StoredConversation, Which};
use crate::chat::{Ids, Moment, Turn, safe};
use crate::cli::args::Options;
use crate::cli::{Exit, Trouble, complain};
use crate::phrase::{self, tr};
use crate::runtime::Clock;
use crate::store::{Shelf, import};

/// Puts the conversations of files into the store. Those that are there already are left out, unless
/// `again`. What is wrong with one file keeps the others from nothing; they are told at the end.
pub(super) fn import(options: &Options, files: &[PathBuf], again: bool) -> Result<Exit, Trouble> {
    let mut ids = Ids::new(fastrand::u64(..));
    let now = Clock::system().now().wall;
    let mut all = Vec::new();
    let mut wrong = Vec::new();
    for path in files {
        match conversations_in(path, &mut ids, now) {
            Ok(kept) => all.extend(kept),
            Err(trouble) => wrong.push(trouble),
        }
    }
    if !all.is_empty() {
        let mut shelf = shelf_to_change(options)?;
        if !again {
            all = those_that_are_new(&shelf, all)?;
        }
        let changes: Vec<Change> = all.iter().flat_map(changes_of).collect();
        shelf.change(&changes).map_err(|error| failed(&error))?;
    }
    let lines = all
        .iter()
        .map(|kept| format!("{}\t{}\n", kept.head.id, safe::one_line(&kept.head.title)));
    write_out(&lines.collect::<String>())?;
    let Some(last) = wrong.pop() else {
        return Ok(Exit::Success);
    };
    for trouble in wrong {
        complain(&trouble.to_string());
    }
    Err(last)
}

fn conversations_in(
    path: &Path,
    ids: &mut Ids,
    now: Moment,
) -> Result<Vec<StoredConversation>, Trouble> {
    let text = read(path)?;
    import::read(&text, ids, now).map_err(|why| {
        let path = path.display();
        Trouble::usage(tr!("{path} can't be imported: {why}", path, why))
    })
}

/// Leaves out, with a word, what the store or an earlier file has.
fn those_that_are_new(
    shelf: &Shelf,
    all: Vec<StoredConversation>,
) -> Result<Vec<StoredConversation>, Trouble> {
    let listed = shelf.list(&Query::default(), usize::MAX);
    let listed = listed.map_err(|error| failed(&error))?.rows;
    let mut new: Vec<StoredConversation> = Vec::new();
    for kept in all {
        let mut there = new
            .iter()
            .find(|other| has(other, &kept))
            .map(|it| it.head.id);
        // What came from here began at the same moment; what tells no moment has at least its title.
        let alike = listed.iter().filter(|row| {
            let began = row.created.unix_seconds == kept.head.created.unix_seconds;
            began || row.title == kept.head.title
        });
        for row in alike {
            if there.is_none() {
                let other = shelf
                    .load(Which::Id(row.id))
                    .map_err(|error| failed(&error))?;
                there = other.filter(|other| has(other, &kept)).map(|_| row.id);
            }
        }
        match there {
            None => new.push(kept),
            Some(id) => complain(&tr!(
                "“{title}” is here already, as {id}; it was skipped (--again imports it once more)",
                title = safe::one_line(&kept.head.title),
                id
            )),
        }
    }
    Ok(new)
}

/// Whether a conversation has all that was said in another one; it may have been gone on with since.
fn has(there: &StoredConversation, other: &StoredConversation) -> bool {
    let mut turns = there.conversation.turns();
    let same = |turn: &Turn, other: &Turn| {
        let (reply, others) = (&turn.reply, &other.reply);
        turn.prompt == other.prompt
            && reply.answer.as_str() == others.answer.as_str()
            && reply.reasoning.as_str() == others.reasoning.as_str()
            && turn.attachments == other.attachments
    };
    let mut all = other.conversation.turns();
    all.all(|turn| turns.next().is_some_and(|known| same(known, turn)))
}

/// What makes a conversation that came from elsewhere a kept one.
fn changes_of(kept: &StoredConversation) -> Vec<Change> {
    let id = kept.head.id;
    let mut changes = vec![Change::Head(Box::new(kept.head.clone()))];
    let turns = kept.conversation.turns();
    changes.extend(turns.map(|turn| Change::Turn(id, Box::new(turn.clone()))));
    let path = kept.conversation.path();
    changes.extend(path.map(|turn| Change::Choose(turn.id)));
    changes
}

fn read(path: &Path) -> Result<String, Trouble> {
    let shown = path.display();
    let fails = |error: io::Error| {
        let error = phrase::system(&error);
        Trouble::usage(tr!("{name} can't be read: {error}", name = shown, error))
    };
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        let input = io::stdin().lock();
        input
            .take(import::MOST_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(fails)?;
    } else {
        let kind = std::fs::metadata(path).map_err(fails)?;
        if !kind.is_file() {
            return Err(Trouble::usage(tr!("{shown} is no plain file", shown)));
        }
        let file = std::fs::File::open(path).map_err(fails)?;
        file.take(import::MOST_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(fails)?;
    }
    if bytes.len() as u64 > import::MOST_BYTES {
        let most = import::MOST_BYTES / (1024 * 1024);
        return Err(Trouble::usage(tr!(
            "{shown} is larger than {most} MiB",
            shown,
            most
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Trouble::usage(tr!(
            "{name} is not UTF-8 text (byte {at})",
            name = shown,
            at
        ))
    })
}
