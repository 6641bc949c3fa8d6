//! A store of every version that was released opens, with all that is in it.

use std::time::Duration;

use mmchat::app::library::{Query, Which};
use mmchat::chat::{CallState, Part, Standing, TurnState};
use mmchat::store::Shelf;

use crate::harness::WALL;

/// What each version left, as it left it: written out, so that no change of the program's own
/// tables changes it too.
const RELEASED: [&str; 4] = [
    include_str!("../../fixtures/store/version-1.sql"),
    include_str!("../../fixtures/store/version-2.sql"),
    include_str!("../../fixtures/store/version-3.sql"),
    include_str!("../../fixtures/store/version-4.sql"),
];

#[test]
fn a_store_of_every_released_version_opens_with_all_that_is_in_it() {
    for (at, released) in RELEASED.into_iter().enumerate() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("conversations.db");
        let store = rusqlite::Connection::open(&path).unwrap();
        store.execute_batch(released).unwrap();
        let version = |store: &rusqlite::Connection| -> u32 {
            store
                .pragma_query_value(None, "user_version", |row| row.get(0))
                .unwrap()
        };
        assert_eq!(version(&store), u32::try_from(at + 1).unwrap());
        drop(store);
        let (mut shelf, notes) = Shelf::open(home.path()).unwrap();
        assert!(
            notes.iter().all(|note| note.contains("open to other")),
            "{notes:?}"
        );
        let find = |shelf: &Shelf, typed: &str| {
            let query = Query::parse(typed, WALL).unwrap();
            shelf.list(&query, 10).unwrap().rows
        };
        let all = find(&shelf, "");
        assert_eq!(all.len(), 1);
        assert!(all[0].pinned);
        assert_eq!((all[0].title.as_str(), all[0].turns), ("Eggs and 天气", 3));
        let words = [
            "boil",
            "气",
            "天气",
            "in:title eggs",
            "in:thinking small",
            "in:answer ten",
        ];
        let finds_all = |shelf: &Shelf| {
            for words in words {
                assert_eq!(find(shelf, words).len(), 1, "{words}");
            }
        };
        finds_all(&shelf);
        while shelf.renew_index().unwrap() {}
        finds_all(&shelf);
        let kept = shelf.load(Which::Last).unwrap().unwrap();
        assert_eq!(kept.draft, "and geese");
        assert_eq!(kept.head.system_prompt, "Be brief.");
        assert_eq!(kept.head.params.max_tokens, Some(4096));
        let turns: Vec<_> = kept.conversation.turns().collect();
        assert_eq!(turns.len(), 3);
        assert_eq!(turns[0].standing, Standing::Pinned);
        assert_eq!(turns[0].reply.total_usage().output_tokens, Some(34));
        assert!(matches!(turns[0].reply.calls[0].state, CallState::Done(_)));
        let attached = turns[0].attachments.iter().map(|it| it.name.as_str());
        let expected: &[&str] = if at < 2 { &[] } else { &["more.txt"] };
        assert!(attached.eq(expected.iter().copied()), "version {}", at + 1);
        // What no version before the fourth measured is told by the beginnings.
        let timing = turns[0].timing;
        let millis = |millis| (at >= 3).then(|| Duration::from_millis(millis));
        let measured = (timing.thinking, timing.answering);
        assert_eq!(measured, (millis(270), millis(90)));
        let thought = timing.spent(Part::Reasoning, Duration::ZERO);
        let by_beginnings = Some(Duration::from_millis(280));
        assert_eq!(thought, millis(270).or(by_beginnings));
        assert_eq!(kept.head.persona, "");
        assert_eq!(turns[1].state, TurnState::Stopped);
        let last = kept.conversation.last().unwrap();
        assert_eq!(last.state, TurnState::Interrupted);
        assert_eq!(last.reply.answer.as_str(), "Ten minutes.");
        drop(shelf);
        let store = rusqlite::Connection::open(&path).unwrap();
        let last = usize::try_from(version(&store)).unwrap();
        // The present version's own fixture is frozen with the release.
        assert!(
            RELEASED.len() + 1 >= last,
            "version {} has no fixture",
            last - 1
        );
        let check: String = store
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(check, "ok");
    }
}
