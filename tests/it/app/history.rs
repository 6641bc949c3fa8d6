//! The list of conversations: searched, read, opened, renamed, pinned, deleted, brought back.

use mmchat::app::library::{
    Change, Head, Hit, Listed, Listing, Peek, Peeked, Query, StoredConversation, Where, Which,
};
use mmchat::app::{Choice, Effect, Msg, Overlay};
use mmchat::chat::{ConversationId, Moment};

use crate::harness::{Harness, WALL, answer};

/// A conversation in the list, so many minutes old.
pub(crate) fn listed(id: u64, title: &str, minutes: i64) -> Listed {
    let updated = Moment {
        unix_seconds: WALL.unix_seconds - minutes * 60,
        ..WALL
    };
    Listed {
        id: ConversationId(id),
        title: title.to_owned(),
        provider: "tencent".to_owned(),
        model: "minimax-m2.7".to_owned(),
        created: updated,
        updated,
        turns: 3,
        bytes: 12_345 * id,
        pinned: false,
        hit: None,
    }
}

/// The questions to the store since effects were last taken.
fn questions(it: &mut Harness) -> Vec<(u64, Query)> {
    let question = |effect| match effect {
        Effect::List { ticket, query, .. } => Some((ticket, *query)),
        _ => None,
    };
    it.effects().into_iter().filter_map(question).collect()
}

/// The conversations that were asked for since effects were last taken.
fn loads(it: &mut Harness) -> Vec<(u64, Which)> {
    let load = |effect| match effect {
        Effect::Load { ticket, which } => Some((ticket, which)),
        _ => None,
    };
    it.effects().into_iter().filter_map(load).collect()
}

/// The beginnings that were asked for since effects were last taken.
fn peeks(it: &mut Harness) -> Vec<(u64, Peek)> {
    let peek = |effect| match effect {
        Effect::Peek { ticket, peek } => Some((ticket, peek)),
        _ => None,
    };
    it.effects().into_iter().filter_map(peek).collect()
}

/// The list is opened and answered.
pub(crate) fn open_with(it: &mut Harness, rows: Vec<Listed>) {
    it.effects();
    it.press("ctrl-r");
    let (ticket, query) = questions(it).pop().unwrap();
    assert!(query.is_empty());
    let listing = Listing { rows, more: false };
    it.tell(Msg::Listed(ticket, Ok(listing)));
}

fn three() -> Vec<Listed> {
    vec![
        listed(1, "Roots of a quadratic", 3),
        listed(2, "煮鸡蛋", 300),
        listed(3, "Garden plans", 60 * 24 * 9),
    ]
}

/// A conversation as the store gives it.
fn kept(id: u64, title: &str) -> StoredConversation {
    let mut other = Harness::new();
    other.exchange("How long do eggs boil?", "hm", "Eight minutes.");
    StoredConversation {
        head: Head {
            id: ConversationId(id),
            title: title.to_owned(),
            choice: Choice {
                provider: "test".to_owned(),
                model: "silent".to_owned(),
            },
            ..Head::default()
        },
        conversation: other.app.conversation.clone(),
        draft: "unsent".to_owned(),
        attached: Vec::new(),
    }
}

#[test]
fn one_that_another_program_has_deleted_is_said_to_be_gone() {
    let mut it = Harness::new();
    it.exchange("mine", "", "stays");
    open_with(&mut it, three());
    it.press("down enter");
    let (ticket, _) = loads(&mut it).pop().unwrap();
    it.tell(Msg::Loaded(ticket, Ok(None)));
    it.shows("another mmchat has deleted it").shows("stays");
}

#[test]
fn the_list_tells_title_model_size_and_age() {
    let mut it = Harness::new();
    open_with(&mut it, three());
    let line = it.line_with("Roots of a quadratic");
    for fact in ["minimax-m2.7", "12 kB", "3 min ago"] {
        assert!(line.contains(fact), "{line}");
    }
    it.shows("today 09:02").shows("2026-11-13");
}

#[test]
fn each_key_searches_and_late_answers_are_dropped() {
    let mut it = Harness::new();
    open_with(&mut it, three());
    it.type_text("eg");
    let asked = questions(&mut it);
    assert_eq!(asked.len(), 2);
    let answer = |title: &str| Listing {
        rows: vec![listed(9, title, 1)],
        more: false,
    };
    it.tell(Msg::Listed(asked[1].0, Ok(answer("the new answer"))));
    it.tell(Msg::Listed(asked[0].0, Ok(answer("the late answer"))));
    it.shows("the new answer").hides("the late answer");
    it.press("esc");
    it.tell(Msg::Listed(asked[1].0, Ok(answer("closed"))));
    it.hides("closed");
}

#[test]
fn filters_reach_the_store_and_wrong_ones_are_explained() {
    let mut it = Harness::new();
    open_with(&mut it, three());
    it.paste("egg in:thinking model:m2.7 before:2026-11-01");
    let (_, query) = questions(&mut it).pop().unwrap();
    assert_eq!(query.place, Some(Where::Thinking));
    assert_eq!(query.model.as_deref(), Some("m2.7"));
    assert!(query.before.is_some());
    it.press("ctrl-u").type_text("in:kitchen");
    it.shows("“in:kitchen” is unknown");
}

#[test]
fn what_was_found_is_shown_with_the_match_marked() {
    let mut it = Harness::new();
    open_with(&mut it, three());
    it.type_text("boil");
    let (ticket, _) = questions(&mut it).pop().unwrap();
    let snippet = "how long do eggs boil until".to_owned();
    let at = snippet.find("boil").unwrap();
    let hit = Hit {
        turn: None,
        place: Where::Thinking,
        marks: std::iter::once(at..at + 4).collect(),
        snippet,
    };
    let rows = vec![Listed {
        hit: Some(hit),
        ..listed(2, "煮鸡蛋", 5)
    }];
    it.tell(Msg::Listed(ticket, Ok(Listing { rows, more: true })));
    it.shows("thinking: how long do eggs boil until")
        .shows("1+");
    let styles = it.styles();
    assert!(styles.contains("bold underlined: boil]"), "{styles}");
}

#[test]
fn a_match_at_the_end_of_a_long_snippet_is_in_view() {
    let mut it = Harness::sized(60, 20);
    open_with(&mut it, three());
    it.type_text("boil");
    let (ticket, _) = questions(&mut it).pop().unwrap();
    let snippet = format!("{}boil 中文", "before it 中文 ".repeat(12));
    let at = snippet.find("boil").unwrap();
    let hit = Hit {
        turn: None,
        place: Where::Answer,
        marks: std::iter::once(at..at + 4).collect(),
        snippet,
    };
    let rows = vec![Listed {
        hit: Some(hit),
        ..listed(2, "eggs", 5)
    }];
    it.tell(Msg::Listed(ticket, Ok(Listing { rows, more: false })));
    let line = it.line_with("answer: …");
    assert!(line.contains("boil 中文"), "{line}");
}

#[test]
fn enter_opens_with_model_draft_and_the_end_in_view() {
    let mut it = Harness::new();
    it.exchange("mine", "", "A1");
    open_with(&mut it, three());
    loads(&mut it);
    it.press("down");
    loads(&mut it);
    it.press("enter");
    let (ticket, which) = loads(&mut it).pop().unwrap();
    assert_eq!(which, Which::Id(ConversationId(2)));
    let kept = kept(2, "煮鸡蛋");
    it.tell(Msg::Loaded(ticket, Ok(Some(Box::new(kept)))));
    it.shows("Eight minutes.").shows("unsent").hides("A1");
    assert!(it.screen().starts_with(" 煮鸡蛋"), "{}", it.screen());
    assert_eq!(it.app.session.choice.model, "silent");
    assert!(it.app.chat_scroll.follows() && it.app.overlay.is_none());
}

#[test]
fn opening_stops_a_live_reply_and_keeps_what_had_come() {
    let mut it = Harness::new();
    it.say("mine").stream([answer("half")]);
    let live = it.live();
    open_with(&mut it, three());
    it.effects();
    it.press("enter");
    let (ticket, _) = loads(&mut it).pop().unwrap();
    assert!(it.app.live.is_some(), "it goes on until the other is there");
    it.changes();
    it.tell(Msg::Loaded(ticket, Ok(Some(Box::new(kept(1, "other"))))));
    assert!(it.effects().contains(&Effect::Cancel(live)));
    let kept_turn = |change: &Change| matches!(change, Change::Turn(_, turn) if turn.id == live && turn.reply.answer.as_str() == "half");
    assert!(it.changes().iter().any(kept_turn));
}

#[test]
fn the_selected_one_is_read_beside_the_list_where_there_is_room() {
    let mut it = Harness::new();
    open_with(&mut it, three());
    let (first, _) = peeks(&mut it).pop().unwrap();
    it.press("down");
    let (second, peek) = peeks(&mut it).pop().unwrap();
    assert_eq!((peek.id, peek.from), (ConversationId(2), None));
    let peeked = |answer: &str| Peeked {
        prompt: "How long do eggs boil?".to_owned(),
        model: "lab-9".to_owned(),
        answer: answer.to_owned(),
    };
    it.tell(Msg::Peeked(first, Ok(vec![peeked("late")])));
    it.hides("lab-9");
    let long = "word ".repeat(121);
    let turns = vec![peeked("**Eight** minutes."), peeked(&long)];
    it.tell(Msg::Peeked(second, Ok(turns)));
    it.shows("How long do eggs boil?").shows("lab-9");
    it.shows("Eight minutes.").shows("word …");
    assert!(it.app.conversation.is_empty(), "reading is not opening");
    let mut narrow = Harness::sized(80, 24);
    open_with(&mut narrow, three());
    assert!(peeks(&mut narrow).is_empty());
    // Once there is room, it is read; a turn that failed says that there is no answer.
    narrow.resize(120, 40);
    let (ticket, _) = peeks(&mut narrow).pop().unwrap();
    narrow.tell(Msg::Peeked(ticket, Ok(vec![peeked(" ")])));
    narrow.shows("(no answer)");
    narrow.resize(130, 40);
    assert!(peeks(&mut narrow).is_empty());
}

#[test]
fn a_conversation_is_renamed_in_its_row() {
    let mut it = Harness::new();
    open_with(&mut it, three());
    it.changes();
    it.press("f2 ctrl-u").type_text("Quadratics").press("enter");
    it.shows("Quadratics").hides("Roots of a quadratic");
    let renamed = Change::Rename(ConversationId(1), "Quadratics".to_owned());
    assert_eq!(it.changes(), [renamed]);
    it.press("ctrl-e").type_text("!!").press("esc");
    it.hides("Quadratics!!");
    it.shows("Conversations");
    assert_eq!(it.changes(), []);
}

#[test]
fn pinned_ones_are_on_top_and_the_selection_stays_with_them() {
    let mut it = Harness::new();
    open_with(&mut it, three());
    it.changes();
    it.press("end down down alt-p");
    assert_eq!(it.changes(), [Change::Pin(ConversationId(3), true)]);
    let line = it.line_with("Garden plans");
    assert!(line.contains("› ★ Garden plans"), "{line}");
    let screen = it.screen();
    assert!(screen.find("Garden plans") < screen.find("Roots of"));
    it.press("alt-p");
    assert_eq!(it.changes(), [Change::Pin(ConversationId(3), false)]);
    let screen = it.screen();
    assert!(screen.find("Garden plans") > screen.find("Roots of"));
}

#[test]
fn a_deleted_conversation_is_a_key_away_from_being_back() {
    let mut it = Harness::new();
    open_with(&mut it, three());
    it.changes();
    it.press("down delete").hides("煮鸡蛋");
    it.shows("Alt+U brings back");
    assert_eq!(it.changes(), [Change::Delete(ConversationId(2))]);
    it.press("alt-u").shows("煮鸡蛋");
    assert_eq!(it.changes(), [Change::Undelete(ConversationId(2))]);
    it.press("alt-u");
    assert_eq!(it.changes(), []);
}

/// A terminal sends Esc and the key after it as that key with Alt when both are pressed at once.
#[test]
fn esc_and_a_key_at_once_delete_open_and_rename_nothing() {
    let mut it = Harness::new();
    open_with(&mut it, three());
    it.changes();
    for keys in ["ctrl-alt-d", "alt-delete", "ctrl-alt-e", "alt-f2"] {
        it.press(keys).shows("煮鸡蛋").hides("Alt+U brings back");
        assert_eq!(it.changes(), [], "{keys}");
    }
    it.effects();
    it.press("alt-enter alt-down ctrl-alt-n alt-x");
    assert_eq!(loads(&mut it), []);
    assert_eq!(questions(&mut it), []);
    it.press("ctrl-d");
    assert_eq!(it.changes(), [Change::Delete(ConversationId(1))]);
}

#[test]
fn the_conversation_deleted_from_the_screen_comes_back_to_it() {
    let mut it = Harness::new();
    it.exchange("mine", "hm", "the answer");
    let id = it.app.keeping.head.id;
    it.type_text("half a message");
    let own = Listed {
        id,
        ..listed(1, "mine", 0)
    };
    open_with(&mut it, vec![own]);
    it.press("delete")
        .shows("No conversation is left")
        .hides("the answer");
    it.press("alt-u").shows("open");
    it.press("esc");
    it.shows("the answer").shows("half a message");
    let changes = it.changes();
    let back = changes.iter().position(|it| *it == Change::Undelete(id));
    let draft = Change::Draft(Some(id), "half a message".to_owned());
    assert!(back.is_some() && changes.contains(&draft), "{changes:?}");
    it.say("").press("enter");
    it.stream([answer("more")]).end();
    assert_eq!(it.app.conversation.path().count(), 2);
    assert_eq!(it.app.keeping.head.id, id);
}

#[test]
fn what_was_found_is_where_the_conversation_opens() {
    let mut other = Harness::new();
    for nth in 0..30 {
        let thought = if nth == 9 { "a needle, perhaps" } else { "" };
        other.exchange(&format!("question {nth}"), thought, "answer\n\nand more");
    }
    let conversation = other.app.conversation.clone();
    let turn = conversation.turns().nth(9).unwrap().id;
    let mut it = Harness::new();
    let found = Listed {
        hit: Some(Hit {
            turn: Some(turn),
            place: Where::Thinking,
            snippet: "a needle, perhaps".to_owned(),
            marks: std::iter::once(2..8).collect(),
        }),
        ..listed(1, "haystack", 3)
    };
    open_with(&mut it, vec![found]);
    it.press("enter");
    let (ticket, _) = loads(&mut it).pop().unwrap();
    let kept = StoredConversation {
        conversation,
        ..kept(1, "haystack")
    };
    it.tell(Msg::Loaded(ticket, Ok(Some(Box::new(kept)))));
    it.draw();
    it.shows("question 9")
        .shows("a needle, perhaps")
        .hides("question 29");
    it.hides("new lines");
    it.type_text("!").shows("unsent!");
    it.press("esc").shows("question 29");
}

#[test]
fn deleting_the_conversation_on_the_screen_begins_a_new_one() {
    let mut it = Harness::new();
    it.exchange("mine", "", "A1");
    let id = it.app.keeping.conversation().unwrap();
    let row = Listed {
        id,
        ..listed(1, "mine", 0)
    };
    open_with(&mut it, vec![row]);
    it.shows("open");
    it.changes();
    it.press("delete");
    assert!(it.changes().contains(&Change::Delete(id)));
    assert!(it.app.conversation.is_empty());
    it.press("esc").shows("New conversation");
}

#[test]
fn an_empty_store_a_vain_search_and_a_failing_store_say_so() {
    let mut it = Harness::new();
    open_with(&mut it, Vec::new());
    it.shows("No conversation is kept yet.");
    it.type_text("x");
    let (ticket, _) = questions(&mut it).pop().unwrap();
    it.shows("Looking");
    it.tell(Msg::Listed(ticket, Ok(Listing::default())));
    it.shows("Nothing found.");
    it.type_text("y");
    let (ticket, _) = questions(&mut it).pop().unwrap();
    it.tell(Msg::Listed(ticket, Err("The store is locked.".to_owned())));
    it.shows("The store is locked.");
    it.press("enter delete f2 alt-p alt-u up down");
    assert!(matches!(it.app.overlay, Some(Overlay::History(_))));
}

#[test]
fn titles_can_not_act_on_the_terminal() {
    let mut it = Harness::new();
    open_with(&mut it, vec![listed(1, "evil\x1b[2J\ttitle", 1)]);
    it.shows("evil␛[2J title");
}

#[test]
fn a_title_being_typed_is_not_given_to_what_a_late_answer_brings() {
    let mut it = Harness::new();
    open_with(&mut it, three());
    it.type_text("e");
    let (ticket, _) = questions(&mut it).pop().unwrap();
    it.press("f2").type_text("!");
    let rows = vec![
        listed(9, "another", 1),
        listed(1, "Roots of a quadratic", 3),
    ];
    it.tell(Msg::Listed(ticket, Ok(Listing { rows, more: false })));
    it.changes();
    it.press("enter");
    let renamed = Change::Rename(ConversationId(1), "Roots of a quadratic!".to_owned());
    assert_eq!(it.changes(), [renamed]);
    it.type_text("f");
    let (ticket, _) = questions(&mut it).pop().unwrap();
    it.press("f2").type_text("?");
    let rows = vec![listed(8, "a third", 1)];
    it.tell(Msg::Listed(ticket, Ok(Listing { rows, more: false })));
    it.press("enter");
    assert_eq!(it.changes(), []);
}
