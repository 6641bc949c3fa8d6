//! The store: what goes in comes out, is found, and is gone when it was deleted.

pub(crate) mod faults;
mod versions;

use std::path::{Path, PathBuf};
use std::time::Duration;

use mmchat::app::Msg;
use mmchat::app::library::{Change, Head, Listing, Query, StoreNews, Where, Which};
use mmchat::chat::{
    ConversationId, Delta, Failure, FailureKind, Finish, Params, Remark, Source, Thinking,
    ToolDelta, TurnState, Usage,
};
use mmchat::store::Shelf;
use tempfile::TempDir;

use crate::harness::{Harness, WALL, answer, reasoning};

/// An open store in a directory of its own.
struct StoredConversation {
    shelf: Shelf,
    home: TempDir,
}

impl StoredConversation {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let shelf = open(&home.path().join("data"));
        Self { shelf, home }
    }

    /// Where the files are.
    fn directory(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Closes the store; its files stay for as long as the home.
    fn closed(self) -> (TempDir, PathBuf) {
        let directory = self.directory();
        (self.home, directory)
    }

    /// Keeps what a program did.
    fn keep(&mut self, it: &mut Harness) {
        self.shelf.change(&it.changes()).unwrap();
    }

    /// Keeps a conversation of one turn and returns its name.
    fn exchange(&mut self, prompt: &str, thought: &str, said: &str) -> ConversationId {
        let mut it = Harness::new();
        it.app.keeping = mmchat::app::Keeping::new(mmchat::app::Start {
            seed: fastrand::u64(..),
            ..mmchat::app::Start::default()
        });
        it.paste(prompt).press("enter").connected();
        if !thought.is_empty() {
            it.stream([reasoning(thought)]);
        }
        it.stream([answer(said)]).end();
        self.keep(&mut it);
        it.app.keeping.conversation().unwrap()
    }

    fn find(&self, typed: &str) -> Listing {
        self.shelf
            .list(&Query::parse(typed, WALL).unwrap(), 50)
            .unwrap()
    }

    /// How many conversations are found.
    fn count(&self, typed: &str) -> usize {
        self.find(typed).rows.len()
    }

    fn again(self) -> Self {
        let (home, directory) = self.closed();
        let shelf = open(&directory);
        Self { shelf, home }
    }
}

fn open(directory: &Path) -> Shelf {
    let (shelf, notes) = Shelf::open(directory).unwrap();
    assert_eq!(notes, [""; 0]);
    shelf
}

#[test]
fn everything_about_a_conversation_comes_back() {
    let mut kept = StoredConversation::new();
    let mut it = Harness::with("[chat]\nsystem_prompt = \"be brief\"\ntemperature = 0.5\n");
    it.say("first question").connected();
    it.now.instant += Duration::from_millis(120);
    it.stream([Delta::Served("model-7".into()), reasoning("hm, 你好")]);
    it.now.instant += Duration::from_millis(250);
    it.stream([
        answer("an answer"),
        Delta::Tool(ToolDelta {
            slot: 0,
            id: Some("call-1".into()),
            name: Some("get_weather".into()),
            arguments: "{\"city\":\"Paris\"}".into(),
            snapshot: false,
        }),
        Delta::Sources(vec![Source {
            index: 1,
            title: "A page".into(),
            url: "https://example.org".into(),
            site: "Example".into(),
        }]),
        Delta::Remark(Remark::NotStreamed),
        Delta::Usage(Usage {
            input_tokens: Some(12),
            output_tokens: Some(34),
            reasoning_tokens: Some(5),
            cost_usd: Some(0.25),
            ..Usage::default()
        }),
        Delta::Finish(Finish::ToolCalls),
    ])
    .end();
    it.press("alt-r")
        .connected()
        .stream([answer("another")])
        .press("esc");
    it.say("second").fail(Failure {
        status: Some(503),
        ..Failure::new(FailureKind::Overloaded, "busy")
    });
    it.press("ctrl-c").exchange("third", "", "yes");
    kept.keep(&mut it);
    let before = &it.app;
    let id = before.keeping.conversation().unwrap();
    let after = kept.again().shelf.load(Which::Id(id)).unwrap().unwrap();
    assert_eq!(after.head.title, "first question");
    assert_eq!(after.head.params.temperature, Some(0.5));
    assert_eq!(after.head.choice, before.session.choice);
    let mut expected = before.conversation.clone();
    let turns: Vec<_> = expected.turns().map(|turn| turn.id).collect();
    for id in turns {
        // What a program learns about tokens is not kept.
        expected.turn_mut(id).unwrap().rates = mmchat::chat::Rates::default();
    }
    assert_eq!(after.conversation, expected);
    assert_eq!(after.conversation.system_prompt, "be brief");
}

#[test]
fn a_reply_whose_program_is_gone_is_interrupted_and_found() {
    let mut kept = StoredConversation::new();
    let mut it = Harness::new();
    it.say("what is it").connected();
    it.stream([reasoning("perhaps a xylophone")])
        .wait(Duration::from_millis(200));
    it.stream([answer("thought of a ")])
        .wait(Duration::from_millis(200));
    it.stream([Delta::Relabel, answer("a marimba, 马林巴")])
        .wait(Duration::from_millis(200));
    it.stream([answer(" and never written")]);
    kept.keep(&mut it);
    assert_eq!(
        kept.count("xylophone"),
        0,
        "nobody looks for what is being written"
    );
    let kept = kept.again();
    let found = kept.shelf.load(Which::Last).unwrap().unwrap();
    let turn = found.conversation.last().unwrap();
    assert_eq!(turn.state, TurnState::Interrupted);
    assert_eq!(
        turn.reply.reasoning.as_str(),
        "perhaps a xylophonethought of a "
    );
    assert_eq!(turn.reply.answer.as_str(), "a marimba, 马林巴");
    assert_eq!(kept.count("xylophone in:thinking"), 1);
    assert_eq!(kept.count("林巴 in:answer"), 1);
    assert_eq!(
        kept.find("").rows[0].bytes,
        "what is it".len() as u64 + 32 + 20
    );
}

#[test]
fn a_reply_that_another_program_is_writing_stays_its_own() {
    let mut kept = StoredConversation::new();
    let mut it = Harness::new();
    it.say("question")
        .connected()
        .stream([answer("half")])
        .wait(Duration::from_millis(200));
    kept.keep(&mut it);
    let other = open(&kept.directory());
    let seen = other.load(Which::Last).unwrap().unwrap();
    assert_eq!(
        seen.conversation.last().unwrap().reply.answer.as_str(),
        "half"
    );
    it.stream([answer(" and half")]).end();
    kept.keep(&mut it);
    let seen = other.load(Which::Last).unwrap().unwrap();
    let turn = seen.conversation.last().unwrap();
    assert_eq!(
        (turn.reply.answer.as_str(), &turn.state),
        ("half and half", &TurnState::Done)
    );
}

#[test]
fn two_programs_in_one_conversation_lose_nothing_of_each_other() {
    let mut kept = StoredConversation::new();
    let id = kept.exchange("question", "", "answer");
    let program = |seed| {
        let mut it = Harness::new();
        it.app.keeping = mmchat::app::Keeping::new(mmchat::app::Start {
            seed,
            open: Some(Which::Id(id)),
            ..mmchat::app::Start::default()
        });
        let _ = it.app.start();
        let loaded = kept.shelf.load(Which::Id(id)).unwrap().map(Box::new);
        it.tell(Msg::Loaded(1, Ok(loaded)));
        it
    };
    let (mut one, mut other) = (program(1), program(2));
    let mut second = open(&kept.directory());
    one.exchange("of the first", "", "to the first");
    other.exchange("of the second", "", "to the second");
    kept.keep(&mut one);
    second.change(&other.changes()).unwrap();
    one.exchange("more", "", "and more");
    kept.keep(&mut one);
    let all = second.load(Which::Id(id)).unwrap().unwrap().conversation;
    let mut prompts: Vec<_> = all.turns().map(|turn| turn.prompt.as_str()).collect();
    prompts.sort_unstable();
    assert_eq!(
        prompts,
        ["more", "of the first", "of the second", "question"]
    );
    assert_eq!(second.list(&Query::default(), 9).unwrap().rows[0].turns, 4);
}

#[test]
fn what_the_command_line_asks_for_counts_in_the_conversation_that_it_opens() {
    let mut kept = StoredConversation::new();
    let id = kept.exchange("question", "", "answer");
    let params = |temperature, max_tokens| Params {
        temperature,
        max_tokens,
        ..Params::default()
    };
    let mut changed = kept.shelf.load(Which::Id(id)).unwrap().unwrap();
    changed.head.params = params(Some(0.5), Some(100));
    changed.head.thinking = Thinking::On;
    let opened = |start: mmchat::app::Start| {
        let mut it = Harness::new();
        it.app.keeping = mmchat::app::Keeping::new(mmchat::app::Start {
            open: Some(Which::Id(id)),
            ..start
        });
        let _ = it.app.start();
        it.tell(Msg::Loaded(1, Ok(Some(Box::new(changed.clone())))));
        (it.app.session.thinking, it.app.session.params)
    };
    let usual = opened(mmchat::app::Start::default());
    assert_eq!(usual, (Thinking::On, params(Some(0.5), Some(100))));
    let asked = opened(mmchat::app::Start {
        thinking: Some(Thinking::Off),
        params: params(Some(0.9), None),
        ..mmchat::app::Start::default()
    });
    assert_eq!(asked, (Thinking::Off, params(Some(0.9), Some(100))));
}

#[test]
fn a_conversation_gone_on_with_after_another_program_deleted_it_for_good_is_whole() {
    let mut kept = StoredConversation::new();
    let mut it = Harness::new();
    let news = |kept: &mut StoredConversation, it: &mut Harness| {
        for began in kept.shelf.change(&it.changes()).unwrap() {
            it.tell(Msg::Store(StoreNews::Began(began)));
        }
    };
    it.exchange("first", "", "to the first")
        .exchange("second", "", "to the second");
    news(&mut kept, &mut it);
    it.hides("had deleted");
    assert_eq!(it.changes(), [], "what it began itself is no news");
    let id = it.app.keeping.conversation().unwrap();
    let mut other = open(&kept.directory());
    assert!(other.purge(&[id]).unwrap());
    it.say("third").connected().stream([answer("to the")]);
    news(&mut kept, &mut it);
    it.shows("Another mmchat had deleted this conversation");
    news(&mut kept, &mut it);
    it.stream([answer(" third")]).end();
    news(&mut kept, &mut it);
    let found = other.load(Which::Id(id)).unwrap().unwrap().conversation;
    let said =
        |turn: &mmchat::chat::Turn| (turn.prompt.clone(), turn.reply.answer.as_str().to_owned());
    let path: Vec<_> = found.path().map(said).collect();
    let expected = [
        ("first", "to the first"),
        ("second", "to the second"),
        ("third", "to the third"),
    ];
    assert_eq!(path, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    assert_eq!(kept.count("third"), 1);
}

#[test]
fn what_another_program_went_on_with_is_not_purged() {
    let mut kept = StoredConversation::new();
    let mut it = Harness::new();
    it.exchange("question", "", "answer");
    kept.keep(&mut it);
    let gone = kept.exchange("gone", "", "for good");
    let id = it.app.keeping.conversation().unwrap();
    let mut other = open(&kept.directory());
    other
        .change(&[Change::Delete(id), Change::Delete(gone)])
        .unwrap();
    it.exchange("more", "", "and more");
    kept.keep(&mut it);
    assert!(other.purge_deleted(&[id, gone]).unwrap());
    assert_eq!(kept.find("").rows.len(), 1);
    assert_eq!(kept.find("").rows[0].turns, 2);
}

#[test]
fn words_are_found_in_any_language_case_and_accent() {
    let mut kept = StoredConversation::new();
    kept.exchange(
        "How is the Wetter in Köln?",
        "今天天气很好",
        "It is CAFÉ weather, 鲸鱼",
    );
    kept.exchange("Something else", "nothing here", "Rust异步编程");
    for (typed, count) in [
        ("wetter", 1),
        ("KOLN", 1),
        ("köln", 1),
        ("cafe", 1),
        ("weath", 1),
        ("eather", 0),
        ("天气", 1),
        ("气", 1),
        ("鲸", 1),
        ("气天", 0),
        ("rust 异步", 1),
        ("Rust异步", 1),
        ("wetter 鲸鱼", 1),
        ("wetter 异步", 0),
        ("天气 in:thinking", 1),
        ("天气 in:answer", 0),
        ("鲸鱼 in:answer", 1),
        ("wetter in:prompt", 1),
        ("something", 1),
        ("in:title something", 1),
        ("in:title 异步", 0),
        ("\"wetter in\"", 1),
        ("\"in wetter\"", 0),
        ("model:minimax wetter", 1),
        ("model:other wetter", 0),
        ("before:2020 wetter", 0),
        ("after:2020 wetter", 1),
        ("on:2026-11-22 wetter", 1),
        ("on:2026-11-23 wetter", 0),
        ("model:demo", 2),
    ] {
        assert_eq!(kept.count(typed), count, "{typed}");
    }
    let hit = kept.find("wetter").rows[0].hit.clone().unwrap();
    assert_eq!((hit.place, hit.turn.is_some()), (Where::Prompt, true));
    let hit = kept.find("天气").rows[0].hit.clone().unwrap();
    assert_eq!(
        (hit.place, hit.snippet.as_str()),
        (Where::Thinking, "今天天气很好")
    );
    assert_eq!(hit.snippet.get(hit.marks[0].clone()), Some("天气"));
}

#[test]
fn whatever_is_typed_is_words_and_never_syntax() {
    let mut kept = StoredConversation::new();
    kept.exchange(
        "AND OR NOT NEAR",
        "x",
        "a \"quoted\" *star* -dash- col:on {brace} ^caret (paren)",
    );
    for typed in [
        "\"",
        "\"\"",
        "*",
        "-",
        "^",
        "(",
        "{",
        ":",
        "NEAR(",
        "AND",
        "OR OR",
        "NOT",
        "\"quoted",
        "*star*",
        "-dash-",
        "col:on",
        "{brace}",
        "^caret",
        "(paren)",
        "a'b",
        "a;b",
        "%",
        "_",
        "\\",
        "a\0b",
        "prompt:a",
        "{prompt}:a",
        "a + b",
        "a\" OR \"b",
        "'; DROP TABLE turns; --",
        "in:",
        "𝕏",
        "\u{301}",
        "🐋",
    ] {
        let listing = kept.find(typed);
        assert!(listing.rows.len() <= 1, "{typed}");
    }
    for typed in [
        "near", "not", "\"quoted", "*star*", "-dash-", "col:on", "(paren)",
    ] {
        assert_eq!(kept.count(typed), 1, "{typed}");
    }
}

#[test]
fn lists_have_the_pinned_ones_first_and_then_the_newest() {
    let mut kept = StoredConversation::new();
    let mut ids = Vec::new();
    for n in 0..5_i64 {
        let mut it = Harness::new();
        it.now.wall.unix_seconds += n * 60;
        it.exchange(&format!("number {n}"), "", "yes");
        kept.keep(&mut it);
        ids.push(it.app.keeping.conversation().unwrap());
    }
    kept.shelf
        .change(&[
            Change::Pin(ids[1], true),
            Change::Rename(ids[3], "Renamed, 改名".to_owned()),
            Change::Delete(ids[4]),
        ])
        .unwrap();
    let titles = |listing: &Listing| {
        let titles = listing.rows.iter().map(|row| row.title.clone());
        titles.collect::<Vec<_>>()
    };
    let all = kept.find("");
    assert_eq!(
        titles(&all),
        ["number 1", "Renamed, 改名", "number 2", "number 0"]
    );
    assert!(all.rows[0].pinned && !all.more);
    let some = kept.shelf.list(&Query::default(), 2).unwrap();
    assert_eq!((some.rows.len(), some.more), (2, true));
    assert_eq!(titles(&kept.find("改名")), ["Renamed, 改名"]);
    assert_eq!(
        titles(&kept.find("yes")),
        ["Renamed, 改名", "number 2", "number 1", "number 0"]
    );
    assert_eq!(
        titles(&kept.find("number 3")),
        ["Renamed, 改名"],
        "its message still says so"
    );
    kept.shelf.change(&[Change::Undelete(ids[4])]).unwrap();
    assert_eq!(kept.count("yes"), 5);
    assert_eq!(
        kept.shelf.named(&(ids[2]..=ids[2])).unwrap()[0].title,
        "number 2"
    );
}

#[test]
fn the_branch_that_was_chosen_last_is_on_the_screen_again() {
    let mut kept = StoredConversation::new();
    let mut it = Harness::new();
    it.exchange("question", "", "one");
    it.press("alt-r").connected().stream([answer("two")]).end();
    it.press("alt-left");
    kept.keep(&mut it);
    let loaded = kept.shelf.load(Which::Last).unwrap().unwrap().conversation;
    assert_eq!(loaded.last().unwrap().reply.answer.as_str(), "one");
    let siblings = loaded.siblings(loaded.last().unwrap().id);
    assert_eq!(siblings.len(), 2);
    kept.shelf
        .change(&[Change::DropTurns(vec![siblings[0]])])
        .unwrap();
    let left = kept.shelf.load(Which::Last).unwrap().unwrap().conversation;
    assert_eq!(left.last().unwrap().reply.answer.as_str(), "two");
    assert_eq!(
        (kept.count("one in:answer"), kept.count("two in:answer")),
        (0, 1)
    );
}

#[test]
fn a_deleted_word_is_in_no_byte_of_any_file() {
    let mut kept = StoredConversation::new();
    let secret = "Ornithorhynchus 鸭嘴兽 zzyzx";
    for n in 0..40 {
        kept.exchange(
            &format!("filler {n} zzyzw zzyzy"),
            "ornithology 鸭",
            "嘴 兽",
        );
    }
    let id = kept.exchange(secret, &format!("{secret} "), &secret.repeat(300));
    for n in 0..40 {
        kept.exchange(&format!("more {n} ornithorhynchuses"), "", "zzy");
    }
    kept.shelf
        .change(&[
            Change::Draft(Some(id), format!("draft of {secret}")),
            Change::Typed(Some(id), format!("typed {secret}")),
            Change::Rename(id, format!("renamed {secret}")),
        ])
        .unwrap();
    let words = ["Ornithorhynchus ", "鸭嘴兽", "zzyzx"];
    let found = |kept: &StoredConversation| -> Vec<&str> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(kept.directory()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                all.extend(std::fs::read(path).unwrap());
            }
        }
        let holds = |word: &&&str| all.windows(word.len()).any(|part| part == word.as_bytes());
        words.iter().filter(holds).copied().collect()
    };
    assert_eq!(found(&kept), words);
    assert!(kept.shelf.purge(&[id]).unwrap());
    assert_eq!(found(&kept), [""; 0]);
    assert_eq!(kept.count("zzyzx"), 0);
    assert_eq!(kept.count("ornithology"), 40);
    assert_eq!(kept.count("zzyzw"), 40);
    let kept = kept.again();
    assert_eq!(found(&kept), [""; 0]);
}

#[test]
fn a_change_of_a_conversation_that_is_gone_changes_nothing() {
    let mut kept = StoredConversation::new();
    let mut it = Harness::new();
    it.exchange("question", "", "answer");
    it.say("more").connected().stream([answer("half")]);
    kept.keep(&mut it);
    let id = it.app.keeping.conversation().unwrap();
    kept.shelf.purge(&[id]).unwrap();
    it.wait(Duration::from_millis(200))
        .stream([answer("!")])
        .end();
    kept.keep(&mut it);
    assert_eq!(kept.find("").rows, []);
    // Whoever goes on with it has it back.
    it.exchange("still here", "", "yes");
    kept.keep(&mut it);
    assert_eq!(kept.count("here"), 1);
}

#[test]
fn a_head_leaves_the_title_and_the_pin_of_one_that_is_there() {
    let mut kept = StoredConversation::new();
    let id = kept.exchange("question", "", "answer");
    let changes = [
        Change::Rename(id, "mine".to_owned()),
        Change::Pin(id, true),
        Change::Head(Box::new(Head {
            id,
            title: "question".to_owned(),
            ..Head::default()
        })),
    ];
    kept.shelf.change(&changes).unwrap();
    let row = kept.find("").rows.remove(0);
    assert_eq!((row.title.as_str(), row.pinned), ("mine", true));
}
