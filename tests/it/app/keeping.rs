//! What is asked of the store, and when.

use std::time::Duration;

use mmchat::app::journal::JOURNAL_PAUSE;
use mmchat::app::keeping::DRAFT_PAUSE;
use mmchat::app::library::{Change, Grown, Head, StoreNews, StoredConversation};
use mmchat::app::{Choice, Keep, Msg};
use mmchat::chat::{ConversationId, Delta, TurnState};

use crate::harness::{Harness, answer, reasoning};

/// The texts that were to be kept, by length of what stays and what is new.
fn grown(it: &mut Harness) -> Vec<(Option<Grown>, Option<Grown>)> {
    let texts = |change| match change {
        Change::Grow {
            reasoning, answer, ..
        } => Some((reasoning, answer)),
        _ => None,
    };
    it.changes().into_iter().filter_map(texts).collect()
}

fn piece(keep_bytes: usize, text: &str) -> Grown {
    let text = text.to_owned();
    Grown { keep_bytes, text }
}

#[test]
fn a_turn_is_kept_before_it_is_sent_and_again_when_it_is_over() {
    let mut it = Harness::new();
    it.say("What is **this**?");
    let changes = it.changes();
    let head = changes.iter().find_map(|change| match change {
        Change::Head(head) => Some(head.clone()),
        _ => None,
    });
    let head = head.unwrap();
    assert_eq!(head.title, "What is this?");
    assert!(changes.contains(&Change::Typed(
        Some(head.id),
        "What is **this**?".to_owned()
    )));
    let turn = changes.iter().find_map(|change| match change {
        Change::Turn(conversation, turn) => Some((*conversation, turn.clone())),
        _ => None,
    });
    let (conversation, turn) = turn.unwrap();
    assert_eq!((conversation, &turn.state), (head.id, &TurnState::Live));
    it.connected().stream([answer("That.")]).end();
    let last = it.changes().pop();
    assert!(matches!(
        last,
        Some(Change::Turn(id, turn)) if id == head.id && turn.state == TurnState::Done
    ));
}

#[test]
fn text_that_arrived_is_on_its_way_to_the_disk_before_long_and_not_at_every_delta() {
    let mut it = Harness::new();
    it.say("hi").connected();
    it.changes();
    it.stream([reasoning("one "), reasoning("two")]);
    assert_eq!(grown(&mut it), [], "not yet due");
    assert_eq!(it.app.save_at(), Some(it.now.instant + JOURNAL_PAUSE));
    it.wait(JOURNAL_PAUSE);
    assert_eq!(grown(&mut it), [(Some(piece(0, "one two")), None)]);
    assert_eq!(it.app.save_at(), None);
    it.wait(Duration::from_secs(1));
    it.stream([answer("so")]).wait(JOURNAL_PAUSE);
    it.stream([answer(" it is")]).wait(JOURNAL_PAUSE);
    assert_eq!(
        grown(&mut it),
        [
            (None, Some(piece(0, "so"))),
            (None, Some(piece(2, " it is")))
        ]
    );
}

#[test]
fn text_that_was_taken_back_is_replaced_on_disk_too() {
    let mut it = Harness::new();
    it.say("hi").connected();
    it.stream([answer("thought")]).wait(JOURNAL_PAUSE);
    it.changes();
    it.stream([Delta::Relabel, answer("said")])
        .wait(JOURNAL_PAUSE);
    assert_eq!(
        grown(&mut it),
        [(Some(piece(0, "thought")), Some(piece(0, "said")))]
    );
}

#[test]
fn the_draft_is_kept_soon_after_it_was_typed_and_when_the_program_is_left() {
    let mut it = Harness::new();
    it.type_text("half a thou");
    assert_eq!(it.changes(), []);
    it.wait(DRAFT_PAUSE);
    assert_eq!(
        it.changes(),
        [Change::Draft(None, "half a thou".to_owned())]
    );
    assert_eq!(it.app.save_at(), None);
    it.type_text("ght").press("ctrl-c ctrl-c");
    it.type_text("other").tell(Msg::Terminate);
    let changes = it.changes();
    assert!(changes.contains(&Change::Typed(None, "half a thought".to_owned())));
    assert_eq!(
        changes.last(),
        Some(&Change::Draft(None, "other".to_owned()))
    );
}

#[test]
fn what_is_not_to_be_kept_causes_no_change_at_all() {
    let mut it = Harness::new();
    it.app.keeping.keep = Keep::InMemory;
    it.exchange("a secret", "hm", "indeed");
    it.type_text("draft").wait(Duration::from_secs(9));
    it.press("alt-r").tell(Msg::Terminate);
    assert_eq!(it.changes(), []);
    it.shows("not saved");
}

#[test]
fn in_a_narrow_window_some_of_the_title_stands_beside_not_saved() {
    let mut it = Harness::new();
    it.resize(60, 20);
    it.type_text("/incognito").press("enter");
    it.exchange("Garden plans", "", "A1");
    it.shows("not saved · Garden pl").shows("thinking");
}

#[test]
fn a_kept_conversation_comes_back_with_its_model_and_its_draft() {
    let mut it = Harness::new();
    it.exchange("first", "", "answer one");
    let kept = StoredConversation {
        head: Head {
            id: ConversationId(7),
            title: "Another matter".to_owned(),
            choice: Choice {
                provider: "test".to_owned(),
                model: "silent".to_owned(),
            },
            ..Head::default()
        },
        conversation: it.app.conversation.clone(),
        draft: "unsent".to_owned(),
        attached: Vec::new(),
    };
    let mut it = Harness::new();
    it.type_text("mine");
    let ticket = it.opens_the_last();
    it.tell(Msg::Loaded(ticket + 1, Ok(Some(Box::new(kept.clone())))));
    it.hides("answer one");
    it.tell(Msg::Loaded(ticket, Ok(Some(Box::new(kept)))));
    it.shows("answer one")
        .shows("unsent")
        .shows("mine")
        .shows("Another matter");
    assert_eq!(it.app.session.choice.model, "silent");
    it.press("enter");
    let heads = it
        .changes()
        .into_iter()
        .any(|change| matches!(change, Change::Turn(ConversationId(7), _)));
    assert!(
        heads,
        "the draft was sent in the conversation that was opened"
    );
}

#[test]
fn trouble_with_the_disk_is_said_once_and_marked_until_it_is_over() {
    let mut it = Harness::new();
    let full = || Msg::Store(StoreNews::Failing("The disk is full.".to_owned()));
    it.tell(full())
        .shows("The disk is full.")
        .shows("not saved");
    it.wait(Duration::from_secs(30)).shows("The disk is full.");
    it.press("esc").hides("The disk is full.");
    it.tell(full())
        .hides("The disk is full.")
        .shows("not saved");
    it.tell(Msg::Store(StoreNews::Saved)).shows("works again");
    it.wait(Duration::from_secs(30)).hides("not saved");
}

#[test]
fn what_was_typed_in_earlier_programs_comes_back_with_up() {
    let mut it = Harness::new();
    it.tell(Msg::Recalled {
        draft: "a draft".to_owned(),
        attached: Vec::new(),
        typed: vec!["older".to_owned(), "newer".to_owned()],
    });
    it.shows("a draft");
    it.press("ctrl-c up up").shows("newer");
    it.press("up").shows("older");
}

#[test]
fn what_is_sent_before_the_conversation_came_goes_into_it() {
    let mut it = Harness::new();
    it.exchange("first", "", "answer one");
    let kept = StoredConversation {
        head: Head {
            id: ConversationId(7),
            ..Head::default()
        },
        conversation: it.app.conversation.clone(),
        draft: "unsent".to_owned(),
        attached: Vec::new(),
    };
    let mut it = Harness::new();
    it.opens_the_last();
    it.say("second");
    assert!(
        it.requests().is_empty(),
        "nobody knows yet what it goes on from"
    );
    it.tell(Msg::Loaded(1, Ok(Some(Box::new(kept)))));
    let body = it.requests().remove(0).body.to_string();
    assert!(
        body.contains("answer one") && body.contains("second"),
        "{body}"
    );
    it.shows("answer one").shows("unsent");
    let sent = it.changes();
    assert!(sent.iter().any(
        |change| matches!(change, Change::Turn(ConversationId(7), turn) if turn.prompt == "second")
    ));
}

/// The program as it starts with `--continue`, and what the store will give it.
fn continued() -> (Harness, Msg) {
    let mut earlier = Harness::new();
    earlier.exchange("first", "", "answer one");
    let kept = StoredConversation {
        head: Head {
            id: ConversationId(7),
            title: "Another matter".to_owned(),
            ..Head::default()
        },
        conversation: earlier.app.conversation.clone(),
        draft: "unsent".to_owned(),
        attached: Vec::new(),
    };
    let mut it = Harness::new();
    it.opens_the_last();
    (it, Msg::Loaded(1, Ok(Some(Box::new(kept)))))
}

#[test]
fn a_slash_command_before_the_conversation_came_is_carried_out_in_it() {
    let (mut it, loaded) = continued();
    it.say("/title Mine").shows("sent once the conversation is");
    it.say("second").type_text("/system be brief");
    it.tell(loaded);
    it.hides("sent once").shows("Mine").shows("answer one");
    assert!(
        it.changes()
            .contains(&Change::Rename(ConversationId(7), "Mine".to_owned()))
    );
    let body = it.requests().remove(0).body.to_string();
    assert!(body.contains("answer one") && body.contains("second"));
    assert!(!body.contains("title"), "{body}");
    // What was typed behind them is not part of any of them.
    it.shows("unsent").shows("/system be brief");
}

#[test]
fn what_was_sent_too_early_is_sent_in_a_new_conversation_when_there_is_no_other() {
    let (mut it, _) = continued();
    it.say("first of all").type_text("half ");
    it.tell(Msg::Loaded(1, Ok(None)));
    let body = it.requests().remove(0).body.to_string();
    assert!(body.contains("first of all") && !body.contains("half"));
    assert_eq!(it.app.composer.text(), "half ");
}

#[test]
fn a_new_conversation_is_not_replaced_by_one_that_comes_late() {
    let (mut it, loaded) = continued();
    it.say("too early").press("ctrl-n");
    it.tell(loaded).hides("answer one").shows("too early");
    assert_eq!(it.requests(), []);
}

#[test]
fn continuing_leaves_the_draft_of_a_new_conversation_alone() {
    let (mut it, loaded) = continued();
    it.type_text("mine").tell(loaded);
    it.wait(DRAFT_PAUSE);
    let changes = it.changes();
    assert!(
        !changes
            .iter()
            .any(|change| matches!(change, Change::Draft(None, _))),
        "{changes:?}"
    );
    assert!(changes.contains(&Change::Draft(
        Some(ConversationId(7)),
        "unsent\n\nmine".to_owned()
    )));
}

#[test]
fn a_queued_message_is_kept_as_a_draft_until_it_is_sent() {
    let mut it = Harness::new();
    it.say("first").connected().stream([answer("one")]);
    it.changes();
    it.say("second").type_text("third").wait(DRAFT_PAUSE);
    let drafts = |it: &mut Harness| {
        let draft = |change| match change {
            Change::Draft(Some(_), text) => Some(text),
            _ => None,
        };
        it.changes()
            .into_iter()
            .filter_map(draft)
            .collect::<Vec<_>>()
    };
    assert_eq!(drafts(&mut it), ["second\n\nthird"]);
    it.end();
    assert_eq!(drafts(&mut it), ["third"]);
}

#[test]
fn a_draft_of_an_earlier_program_that_comes_too_late_is_found_by_up() {
    let mut it = Harness::new();
    it.type_text("now").tell(Msg::Recalled {
        draft: "before".to_owned(),
        attached: Vec::new(),
        typed: vec!["long before".to_owned()],
    });
    assert_eq!(it.app.composer.text(), "now");
    it.press("ctrl-u up");
    assert_eq!(it.app.composer.text(), "before");
    let typed = Change::Typed(None, "before".to_owned());
    assert!(it.changes().contains(&typed));
}
