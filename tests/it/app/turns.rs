//! The life of a turn: sent, stopped, queued, asked again, edited.

use std::time::Duration;

use mmchat::app::library::Change;
use mmchat::app::{Effect, Msg};
use mmchat::chat::{Delta, Failure, FailureKind, Finish, Progress, ToolDelta};

use crate::harness::{Harness, answer, reasoning};

#[test]
fn late_deltas_of_a_cancelled_turn_are_ignored() {
    let mut it = Harness::new();
    it.say("hello").connected().stream([answer("kept")]);
    let cancelled = it.live();
    it.press("esc");
    let before = (it.screen(), it.app.conversation.clone());
    it.effects();
    let late = [
        Msg::Progress(cancelled, Progress::Connected),
        Msg::Progress(cancelled, Progress::Delta(answer(" and more"))),
        Msg::Progress(cancelled, Progress::Delta(Delta::Relabel)),
        Msg::Progress(cancelled, Progress::Delta(Delta::Finish(Finish::Stop))),
        Msg::Failed(cancelled, Box::new(Failure::new(FailureKind::Cut, "late"))),
        Msg::Ended(cancelled),
    ];
    for msg in late {
        it.tell(msg);
    }
    assert_eq!((it.screen(), it.app.conversation.clone()), before);
    assert_eq!(it.effects(), []);
}

#[test]
fn late_deltas_do_not_reach_the_turn_that_came_after() {
    let mut it = Harness::new();
    it.say("one").stream([answer("first")]);
    let cancelled = it.live();
    it.press("esc").say("two");
    let second = it.live();
    assert_ne!(second, cancelled);
    it.tell(Msg::Progress(cancelled, Progress::Delta(answer("stray"))));
    it.tell(Msg::Ended(cancelled));
    assert_eq!(it.live(), second);
    it.hides("stray");
}

#[test]
fn stopping_cancels_the_request_and_keeps_what_had_come() {
    let mut it = Harness::new();
    it.say("hello")
        .stream([reasoning("hm"), answer("half a sen")]);
    let turn = it.live();
    it.effects();
    it.press("esc");
    assert_eq!(it.effects(), [Effect::Cancel(turn)]);
    it.shows("half a sen").shows("Stopped").shows("Alt+R");
}

#[test]
fn a_message_sent_while_a_reply_comes_is_queued_and_goes_next() {
    let mut it = Harness::new();
    it.say("first").stream([answer("one")]);
    it.effects();
    it.say("second");
    assert_eq!(it.effects(), [], "nothing is sent while a reply comes");
    it.shows("queued");
    it.stream([Delta::Finish(Finish::Stop)]).end();
    let requests = it.requests();
    let bodies: Vec<_> = requests.iter().map(|request| &request.body).collect();
    assert_eq!(bodies.len(), 1);
    assert_eq!(bodies[0]["messages"][2]["content"], "second");
    it.hides("queued").shows("turn 2/2");
}

#[test]
fn up_takes_a_queued_message_back() {
    let mut it = Harness::new();
    it.say("first").say("second").press("up");
    assert_eq!(it.app.composer.text(), "second");
    assert_eq!(it.app.queued, None);
    it.stream([answer("one")]).effects();
    it.end();
    assert!(it.requests().is_empty());
}

#[test]
fn a_queued_message_comes_back_to_the_box_when_the_reply_is_stopped() {
    let mut it = Harness::new();
    it.say("first")
        .say("second")
        .type_text("draft")
        .press("esc");
    assert_eq!(it.app.composer.text(), "second\n\ndraft");
    assert_eq!(it.app.queued, None);
}

#[test]
fn a_queued_message_comes_back_to_the_box_when_the_reply_fails() {
    let mut it = Harness::new();
    it.say("first").say("second");
    it.effects();
    it.fail(Failure::new(FailureKind::Server, ""));
    assert_eq!(it.app.composer.text(), "second");
    assert_eq!(it.effects(), [], "it is not sent into a failure");
}

#[test]
fn regenerating_makes_a_sibling_and_keys_switch_between_them() {
    let mut it = Harness::new();
    it.exchange("question", "", "answer A");
    it.effects();
    it.press("alt-r");
    let request = &it.requests()[0];
    assert_eq!(
        request.body["messages"].as_array().unwrap().len(),
        1,
        "the reply that is asked for again is no history"
    );
    it.stream([answer("answer B")]).end();
    it.shows("◀ 2/2 ▶").shows("answer B").hides("answer A");
    it.press("alt-left");
    it.shows("◀ 1/2 ▶").shows("answer A").hides("answer B");
    it.press("alt-left").shows("◀ 1/2 ▶");
    it.press("alt-right").shows("◀ 2/2 ▶").shows("answer B");
}

#[test]
fn what_follows_an_older_sibling_comes_back_with_it() {
    let mut it = Harness::new();
    it.exchange("one", "", "A1").exchange("two", "", "A2");
    // Scrolled to nothing: the last turn is in focus, its sibling is made after `one`.
    it.press("alt-r").stream([answer("B2")]).end();
    it.exchange("three", "", "B3");
    it.press("alt-left");
    it.shows("A2").hides("B3");
    it.press("alt-right");
    it.shows("B2").shows("B3");
}

#[test]
fn editing_the_last_message_sends_a_sibling() {
    let mut it = Harness::new();
    it.exchange("one", "", "A1").exchange("twoo", "", "A2");
    it.press("alt-e");
    assert_eq!(it.app.composer.text(), "twoo");
    it.shows("another version");
    it.effects();
    it.press("backspace enter");
    let body = &it.requests()[0].body;
    let said: Vec<_> = body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["content"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["one", "A1", "two"]);
    it.shows("◀ 2/2 ▶").hides("another version");
}

#[test]
fn esc_leaves_an_edit_and_the_next_message_follows_the_last_turn() {
    let mut it = Harness::new();
    it.exchange("one", "", "A1").press("alt-e esc");
    assert!(it.app.composer.is_empty());
    it.say("two").hides("◀").shows("turn 2/2");
}

#[test]
fn a_new_conversation_stops_the_reply_and_forgets_what_was_said() {
    let mut it = Harness::new();
    it.exchange("one", "", "A1").say("two");
    let turn = it.live();
    it.effects();
    it.press("ctrl-n");
    assert_eq!(it.effects(), [Effect::Cancel(turn)]);
    it.shows("New conversation").hides("A1");
    it.say("fresh");
    assert_eq!(
        it.requests()[0].body["messages"].as_array().unwrap().len(),
        1
    );
}

#[test]
fn an_empty_message_is_not_sent() {
    let mut it = Harness::new();
    it.press("enter").type_text("   ").press("enter");
    assert_eq!(it.effects(), []);
    assert!(it.app.conversation.is_empty());
}

#[test]
fn each_turn_tells_when_it_was_sent() {
    let mut it = Harness::new();
    it.say("hello");
    assert!(it.line_with("You").contains("14:02"));
}

#[test]
fn the_phase_and_the_seconds_are_shown_while_waiting() {
    let mut it = Harness::new();
    it.say("hello");
    it.wait(Duration::from_millis(1_500))
        .shows("connecting 1.5 s");
    it.connected().shows("waiting 1.5 s");
    it.stream([reasoning("hm")])
        .wait(Duration::from_secs(2))
        .shows("thinking 2.0 s");
    it.stream([answer("so")]).shows("answering 3.5 s");
    it.end().shows("thought 2.0 s").hides("answering");
}

#[test]
fn the_spinner_asks_to_be_woken_and_nothing_does_when_idle() {
    let mut it = Harness::new();
    assert_eq!(it.app.wake_at(), None);
    it.say("hello");
    let wake = it.app.wake_at().unwrap();
    assert_eq!(wake - it.now.instant, Duration::from_millis(100));
    it.end();
    it.wait(Duration::from_secs(60));
    assert_eq!(it.app.wake_at(), None);
}

#[test]
fn a_wait_before_another_attempt_counts_down_and_says_why() {
    let mut it = Harness::new();
    it.say("hello");
    let progress = Progress::Retrying {
        attempt: 2,
        of: 4,
        wait: Duration::from_secs(8),
        because: Box::new(Failure::new(FailureKind::Overloaded, "")),
    };
    it.tell(Msg::Progress(it.live(), progress));
    it.shows("The provider is overloaded.")
        .shows("again in 8.0 s · 2/4");
    it.wait(Duration::from_secs(3))
        .shows("again in 5.0 s · 2/4");
}

#[test]
fn quitting_stops_the_reply_first() {
    let mut it = Harness::new();
    it.say("hello").stream([answer("half")]);
    let turn = it.live();
    it.effects();
    it.tell(Msg::Terminate);
    assert_eq!(it.effects(), [Effect::Cancel(turn), Effect::Quit]);
}

#[test]
fn the_copy_picker_copies_the_source_of_what_was_picked() {
    let text = "Look:\n\n```rust\nfn main() {\n\tlet x = 1;\n}\n```\n\nDone.";
    let mut it = Harness::new();
    it.exchange("show me", "let me see", text);
    it.effects();
    it.press("alt-c").shows("rust: fn main() {");
    it.press("down enter");
    let code = "fn main() {\n\tlet x = 1;\n}\n".to_owned();
    assert_eq!(it.effects(), [Effect::Copy(code)]);
    it.shows("Copied 3 lines");
    it.press("alt-c").type_text("answer, as").press("enter");
    let whole = format!("> show me\n\n{text}");
    assert_eq!(it.effects(), [Effect::Copy(whole)]);
}

#[test]
fn there_is_nothing_to_copy_before_the_first_reply() {
    let mut it = Harness::new();
    it.press("alt-c").shows("There is nothing to copy yet");
    assert!(it.app.overlay.is_none());
}

#[test]
fn each_of_hundreds_of_code_blocks_can_be_picked_by_its_first_line() {
    let mut it = Harness::new();
    let block = |n: usize| format!("```sh\n\necho number-{n:03}\nexit {n}\n```\n\n");
    let blocks: String = (0..300).map(block).collect();
    it.exchange("q", "because", &blocks).press("alt-c");
    it.shows("304/304")
        .shows("sh: echo number-000")
        .shows("3 lines, 24 characters");
    it.type_text("number-217").press("enter");
    let copied = it.copied();
    assert_eq!(copied, ["\necho number-217\nexit 217\n"]);
    it.shows("Copied 3 lines");
}

#[test]
fn a_draft_outlives_the_editing_of_an_earlier_message() {
    let mut it = Harness::new();
    it.exchange("one", "", "A1");
    it.type_text("three paragraphs")
        .press("alt-e")
        .press("alt-e");
    it.hides("three paragraphs");
    it.type_text(" more");
    it.wait(Duration::from_secs(2));
    let drafts = it.changes();
    let kept = |change: &Change| matches!(change, Change::Draft(_, text) if text.contains("three paragraphs"));
    assert!(drafts.iter().any(kept), "{drafts:?}");
    it.press("esc").shows("three paragraphs");
    it.press("alt-e enter").stream([answer("A2")]).end();
    it.shows("three paragraphs").shows("2/2");
    it.press("alt-e ctrl-c").shows("three paragraphs");
    it.press("alt-e ctrl-n").shows("three paragraphs");
}

#[test]
fn an_unknown_command_leaves_the_message_alone() {
    let mut it = Harness::new();
    it.type_text("my message")
        .press("ctrl-p")
        .type_text("nosuch")
        .press("enter");
    it.shows("There is no command /nosuch").shows("my message");
}

#[test]
fn only_the_first_piece_of_a_call_asks_for_a_frame() {
    let mut it = Harness::new();
    it.say("q").connected();
    it.app.take_urgent();
    let piece = |arguments: &str| {
        Delta::Tool(ToolDelta {
            slot: 0,
            id: Some("id-0".to_owned()),
            name: Some("now".to_owned()),
            arguments: arguments.to_owned(),
            snapshot: false,
        })
    };
    let urgent = ["{", "}"].map(|arguments| {
        it.stream([piece(arguments)]);
        it.app.take_urgent()
    });
    assert_eq!(urgent, [true, false]);
}

#[test]
fn the_words_of_the_last_attempt_are_shown() {
    let mut it = Harness::new();
    it.say("hello");
    for request in ["request a1", "request b7"] {
        let progress = Progress::Retrying {
            attempt: 2,
            of: 4,
            wait: Duration::from_secs(8),
            because: Box::new(Failure::new(FailureKind::Overloaded, request)),
        };
        it.tell(Msg::Progress(it.live(), progress));
        it.shows(request);
    }
}
