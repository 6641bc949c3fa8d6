//! Files that are not as they should be, and disks that do not take anything.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use mmchat::app::library::{Change, Peek, Query, StoreNews, Which};
use mmchat::app::{Effect, Msg};
use mmchat::chat::{ConversationId, TurnId};
use mmchat::store::{Place, Shelf, Store};
use rusqlite::Connection;

use super::StoredConversation;
use crate::harness::{Harness, answer};

const PATIENCE: Duration = Duration::from_secs(30);

fn database(directory: &Path) -> PathBuf {
    directory.join("conversations.db")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn why_not(directory: &Path) -> String {
    Shelf::open(directory).unwrap_err().to_string()
}

/// The store's threads, as the loop has them.
fn store(directory: &Path) -> Store {
    Store::new(Place::Directory(directory.to_owned()))
}

fn save(store: &mut Store, changes: Vec<Change>) {
    for change in changes {
        store.carry_out(Effect::Save(Box::new(change)));
    }
}

async fn next(store: &mut Store) -> Msg {
    tokio::time::timeout(PATIENCE, store.next()).await.unwrap()
}

pub(crate) fn exchange(prompt: &str) -> Vec<Change> {
    let mut it = Harness::new();
    it.app.keeping = mmchat::app::Keeping::new(mmchat::app::Start {
        seed: fastrand::u64(..),
        ..mmchat::app::Start::default()
    });
    it.exchange(prompt, "hm", "yes");
    it.changes()
}

#[test]
fn files_are_for_this_user_alone_whatever_the_umask_was() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("a/b");
    let (mut shelf, _) = Shelf::open(&directory).unwrap();
    shelf.change(&exchange("question")).unwrap();
    assert_eq!(mode(&directory), 0o700);
    for name in [
        "conversations.db",
        "conversations.db-wal",
        "conversations.db-shm",
    ] {
        assert_eq!(mode(&directory.join(name)), 0o600, "{name}");
    }
    assert_eq!(mode(&directory.join("running")), 0o700);
}

#[test]
fn files_that_are_open_to_others_are_closed_and_it_is_said() {
    let (_home, directory) = StoredConversation::new().closed();
    let file = database(&directory);
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let (_, notes) = Shelf::open(&directory).unwrap();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(
        notes
            .iter()
            .all(|note| note.contains("open to other users"))
    );
    assert_eq!((mode(&directory), mode(&file)), (0o700, 0o600));
}

#[test]
fn a_directory_with_other_things_in_it_is_not_closed_to_others() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("homework"), "").unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    drop(Shelf::open(directory.path()).unwrap());
    assert_eq!(mode(directory.path()), 0o755);
    assert_eq!(mode(&database(directory.path())), 0o600);
}

#[test]
fn what_is_no_plain_file_is_refused_and_never_followed() {
    let directory = tempfile::tempdir().unwrap();
    let file = database(directory.path());
    let elsewhere = directory.path().join("elsewhere");
    fs::write(&elsewhere, "precious").unwrap();
    symlink(&elsewhere, &file).unwrap();
    assert!(why_not(directory.path()).contains("a symbolic link"));
    fs::remove_file(&file).unwrap();
    symlink("/nowhere/at/all", &file).unwrap();
    assert!(why_not(directory.path()).contains("a symbolic link"));
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert!(why_not(directory.path()).contains("a directory"));
    fs::remove_dir(&file).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(&file)
        .status()
        .unwrap();
    assert!(made.success());
    assert!(why_not(directory.path()).contains("not a plain file"));
    fs::remove_file(&file).unwrap();
    symlink(&elsewhere, directory.path().join("conversations.db-wal")).unwrap();
    fs::write(&file, "").unwrap();
    assert!(why_not(directory.path()).contains("a symbolic link"));
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "precious");
    let not_a_directory = elsewhere.join("data");
    assert!(why_not(&not_a_directory).contains("can't be used"));
}

#[test]
fn a_store_of_a_newer_program_or_of_another_one_is_left_as_it_is() {
    for (application, version, words) in [
        (0x6d6d_6368, 999, "newer mmchat"),
        (1, 0, "another program's database"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let file = database(directory.path());
        let store = Connection::open(&file).unwrap();
        store.execute_batch("CREATE TABLE precious (x)").unwrap();
        store
            .pragma_update(None, "application_id", application)
            .unwrap();
        store.pragma_update(None, "user_version", version).unwrap();
        drop(store);
        let before = fs::read(&file).unwrap();
        let why = why_not(directory.path());
        assert!(why.contains(words), "{why}");
        assert_eq!(fs::read(&file).unwrap(), before);
        let names = fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(names, 1, "nothing was put beside it");
    }
}

#[test]
fn a_file_of_garbage_is_set_aside_and_named() {
    let directory = tempfile::tempdir().unwrap();
    let garbage = b"this was never a database, only a text of some length".repeat(100);
    fs::write(database(directory.path()), &garbage).unwrap();
    let (mut shelf, notes) = Shelf::open(directory.path()).unwrap();
    let aside = directory.path().join("conversations.db.damaged");
    assert!(
        notes
            .iter()
            .any(|note| note.contains("conversations.db.damaged")),
        "{notes:?}"
    );
    assert_eq!(fs::read(aside).unwrap(), garbage);
    shelf.change(&exchange("question")).unwrap();
    assert!(shelf.load(Which::Last).unwrap().is_some());
}

#[test]
fn a_rescue_that_does_not_get_through_leaves_everything_for_the_next_one() {
    let directory = tempfile::tempdir().unwrap();
    let garbage = b"this was never a database, only a text of some length".repeat(100);
    let file = database(directory.path());
    fs::write(&file, &garbage).unwrap();
    // In the way of the new store, as a full disk would be.
    let new = directory.path().join("conversations.db.new");
    fs::create_dir(&new).unwrap();
    assert!(Shelf::open(directory.path()).is_err());
    assert_eq!(fs::read(&file).unwrap(), garbage);
    fs::remove_dir(&new).unwrap();
    let (_, notes) = Shelf::open(directory.path()).unwrap();
    let aside = directory.path().join("conversations.db.damaged");
    assert_eq!(fs::read(aside).unwrap(), garbage);
    assert!(
        notes.iter().any(|note| note.contains(".damaged")),
        "{notes:?}"
    );
    assert!(!new.exists());
}

#[test]
fn what_can_be_read_of_a_truncated_store_is_taken_over() {
    let mut kept = StoredConversation::new();
    for n in 0..40 {
        kept.exchange(
            &format!("question {n}"),
            &"thought ".repeat(200),
            &"words ".repeat(200),
        );
    }
    let (_home, directory) = kept.closed();
    let file = database(&directory);
    let length = fs::metadata(&file).unwrap().len();
    let cut = fs::OpenOptions::new().write(true).open(&file).unwrap();
    cut.set_len(length * 6 / 10 + 1_000).unwrap();
    drop(cut);
    let damaged = fs::read(&file).unwrap();
    let (shelf, notes) = Shelf::open(&directory).unwrap();
    assert!(
        notes.iter().any(|note| note.contains("could be read")),
        "{notes:?}"
    );
    let rows = shelf.list(&Query::default(), 100).unwrap().rows;
    assert!(rows.len() >= 10, "{} of 40 are left", rows.len());
    let whole = rows.iter().filter(|row| {
        let kept = shelf.load(Which::Id(row.id)).unwrap().unwrap();
        kept.conversation
            .last()
            .is_some_and(|turn| !turn.reply.answer.is_empty())
    });
    assert!(whole.count() >= 10);
    let aside = directory.join("conversations.db.damaged");
    assert_eq!(
        fs::read(aside).unwrap(),
        damaged,
        "the damaged file stays as it was"
    );
    drop(shelf);
    let (_, notes) = Shelf::open(&directory).unwrap();
    assert_eq!(notes, [""; 0]);
}

#[tokio::test]
async fn damage_that_shows_only_while_writing_is_mended_too() {
    let mut kept = StoredConversation::new();
    for n in 0..30 {
        kept.exchange(&format!("question {n}"), &"thought ".repeat(200), "yes");
    }
    let (_home, directory) = kept.closed();
    let file = database(&directory);
    let mut bytes = fs::read(&file).unwrap();
    let root: u32 = Connection::open(&file)
        .unwrap()
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'turns'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let start = (usize::try_from(root).unwrap() - 1) * 4096;
    bytes[start..start + 4096].fill(0xa5);
    fs::write(&file, bytes).unwrap();
    let mut store = store(&directory);
    save(&mut store, exchange("after the damage"));
    let said = loop {
        match next(&mut store).await {
            Msg::Store(StoreNews::Said(said)) => break said,
            Msg::Store(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert!(said.contains("damaged"), "{said}");
    store.close(PATIENCE).unwrap();
    let (shelf, _) = Shelf::open(&directory).unwrap();
    let found = Query::parse("\"after the damage\"", crate::harness::WALL).unwrap();
    assert_eq!(shelf.list(&found, 9).unwrap().rows.len(), 1);
    assert!(shelf.list(&Query::default(), 100).unwrap().rows.len() > 1);
}

#[tokio::test]
async fn a_lock_that_another_program_holds_is_waited_for_and_nothing_is_lost() {
    let kept = StoredConversation::new();
    let holder = Connection::open(database(&kept.directory())).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut store = store(&kept.directory());
    save(&mut store, exchange("patience"));
    let Msg::Store(StoreNews::Failing(why)) = next(&mut store).await else {
        panic!("no trouble was told of");
    };
    assert!(why.contains("another program holds the store"), "{why}");
    holder.execute_batch("COMMIT").unwrap();
    loop {
        if matches!(next(&mut store).await, Msg::Store(StoreNews::Saved)) {
            break;
        }
    }
    store.close(PATIENCE).unwrap();
    assert_eq!(kept.count("patience"), 1);
}

#[tokio::test]
async fn a_place_that_can_never_be_written_is_told_of_once_and_answers_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    symlink("/nowhere/at/all", database(directory.path())).unwrap();
    let mut store = store(directory.path());
    save(&mut store, exchange("question"));
    let Msg::Store(StoreNews::Gone(why)) = next(&mut store).await else {
        panic!("nothing was told");
    };
    assert!(why.contains("symbolic link"), "{why}");
    let query = Box::new(Query::default());
    store.carry_out(Effect::List {
        ticket: 3,
        query,
        limit: 9,
    });
    assert!(matches!(next(&mut store).await, Msg::Listed(3, Err(_))));
    store.close(PATIENCE).unwrap();
}

#[tokio::test]
async fn questions_are_answered_beside_the_writer() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = store(directory.path());
    save(&mut store, exchange("first"));
    save(&mut store, vec![Change::Draft(None, "a draft".to_owned())]);
    store.close(PATIENCE).unwrap();
    let mut store = self::store(directory.path());
    store.carry_out(Effect::Recall);
    let Msg::Recalled { draft, typed, .. } = next(&mut store).await else {
        panic!("no draft");
    };
    assert_eq!(
        (draft.as_str(), typed.as_slice()),
        ("a draft", &["first".to_owned()][..])
    );
    let which = Which::Last;
    store.carry_out(Effect::Load { ticket: 5, which });
    let Msg::Loaded(5, Ok(Some(kept))) = next(&mut store).await else {
        panic!("no conversation");
    };
    assert_eq!(kept.head.title, "first");
    store.close(PATIENCE).unwrap();
}

/// The prompts and answers that a peek comes to, after all that was written before.
async fn peeked(store: &mut Store, id: ConversationId, from: Option<TurnId>) -> Vec<[String; 2]> {
    let peek = Peek { id, from };
    store.carry_out(Effect::Peek { ticket: 9, peek });
    let turns = loop {
        match next(store).await {
            Msg::Peeked(9, turns) => break turns.unwrap(),
            Msg::Store(_) => {}
            other => panic!("{other:?}"),
        }
    };
    let texts = turns.into_iter().map(|turn| [turn.prompt, turn.answer]);
    texts.collect()
}

#[tokio::test]
async fn a_peek_reads_the_path_on_the_screen_or_goes_on_from_what_was_found() {
    let directory = tempfile::tempdir().unwrap();
    let mut it = Harness::new();
    for turn in 1..=8 {
        it.exchange(&format!("ask {turn}"), "hm", &format!("answer {turn}"));
    }
    // The last one again, in another version, which is still coming.
    it.press("alt-r").stream([answer("live ")]);
    it.stream([answer(&"word ".repeat(200))]);
    it.wait(Duration::from_millis(300));
    let id = it.app.keeping.conversation().unwrap();
    let turns: Vec<TurnId> = it.app.conversation.path().map(|turn| turn.id).collect();
    // Another program has it on its screen.
    let (mut shelf, _) = Shelf::open(directory.path()).unwrap();
    shelf.change(&it.changes()).unwrap();
    let mut store = store(directory.path());
    let first = peeked(&mut store, id, None).await;
    assert_eq!(first.len(), Peek::TURNS as usize);
    assert_eq!(first[0], ["ask 1", "answer 1"]);
    assert_eq!(first[5], ["ask 6", "answer 6"]);
    let found = peeked(&mut store, id, Some(turns[6])).await;
    assert_eq!(found[0], ["ask 7", "answer 7"]);
    assert_eq!((found.len(), found[1][0].as_str()), (2, "ask 8"));
    assert!(found[1][1].starts_with("live word"), "{found:?}");
    shelf.change(&[Change::Delete(id)]).unwrap();
    assert_eq!(peeked(&mut store, id, None).await, [[""; 2]; 0]);
    store.close(PATIENCE).unwrap();
}

#[tokio::test]
async fn without_a_place_nothing_is_kept_and_it_is_said() {
    let mut store = Store::new(Place::Nowhere("Nothing is saved: no home".to_owned()));
    store.carry_out(Effect::Recall);
    assert!(
        matches!(next(&mut store).await, Msg::Store(StoreNews::Gone(why)) if why.contains("no home"))
    );
    assert!(matches!(next(&mut store).await, Msg::Recalled { .. }));
    store.close(PATIENCE).unwrap();
}
