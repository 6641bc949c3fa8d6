//! Versions of a turn: switched in place, asked of others, compared, deleted and brought back.

use mmchat::app::{Effect, Overlay};
use mmchat::chat::{Failure, FailureKind, Thinking};

use crate::harness::{Harness, answer, reasoning};

/// Numbered lines that Markdown does not join.
fn lines(range: std::ops::Range<usize>) -> String {
    range.fold(String::new(), |text, n| text + &format!("line {n:03}  \n"))
}

/// The row of the screen that holds a text.
fn row_of(it: &Harness, text: &str) -> usize {
    let screen = it.screen();
    let row = screen.lines().position(|line| line.contains(text));
    row.unwrap_or_else(|| panic!("no “{text}” on\n{screen}"))
}

/// A question with two answers, the second one on the screen.
fn two_versions(first: &str, second: &str) -> Harness {
    let mut it = Harness::new();
    it.exchange("question", "thoughts of A", first);
    it.press("alt-r")
        .stream([reasoning("thoughts of B"), answer(second)])
        .end();
    it.effects();
    it
}

#[test]
fn switching_versions_keeps_the_turn_where_it_is_on_the_screen() {
    let mut it = Harness::sized(100, 20);
    it.exchange("earlier", "", "short");
    it.exchange("question", "", &lines(0..60));
    it.press("alt-r").stream([answer("short B")]).end();
    it.press("pageup");
    let before = row_of(&it, "◀ 2/2 ▶");
    it.press("alt-left");
    assert_eq!(row_of(&it, "◀ 1/2 ▶"), before);
    it.shows("line 000");
    it.press("alt-right").shows("short B");
    assert_eq!(row_of(&it, "◀ 2/2 ▶"), before);
}

#[test]
fn a_version_that_was_scrolled_past_gives_way_to_the_beginning_of_the_other() {
    let mut it = two_versions(&lines(0..60), &lines(100..160));
    it.hides("◀");
    it.press("alt-left").shows("◀ 1/2 ▶").shows("line 000");
    it.hides("line 059");
}

#[test]
fn the_thinking_pane_follows_the_version() {
    let mut it = two_versions("answer A", "answer B");
    it.shows("thoughts of B");
    it.press("alt-left")
        .shows("thoughts of A")
        .hides("thoughts of B");
    it.press("alt-right").shows("thoughts of B");
}

#[test]
fn alt_up_picks_turns_out_even_where_nothing_scrolls() {
    let mut it = Harness::new();
    it.exchange("one", "first thoughts", "A1");
    it.exchange("two", "second thoughts", "A2");
    it.exchange("three", "third thoughts", "A3");
    it.press("alt-up").shows("› You").shows("second thoughts");
    it.press("alt-up").shows("first thoughts");
    it.press("alt-down alt-down").shows("third thoughts");
    it.press("alt-down").hides("› You");
}

#[test]
fn a_branch_is_deleted_with_what_follows_and_one_key_brings_it_back() {
    let mut it = Harness::new();
    it.exchange("one", "", "A1").exchange("two", "", "A2");
    it.exchange("three", "", "A3");
    let before = it.app.conversation.clone();
    it.press("alt-up tab shift-d");
    it.hides("A2").hides("A3").shows("A1");
    it.shows("Deleted this turn and the 1 after it")
        .shows("Alt+U");
    it.press("alt-u");
    it.shows("A2").shows("A3").shows("Brought back 2 turns");
    assert_eq!(it.app.conversation, before);
    it.press("alt-u").shows("nothing to bring back");
}

#[test]
fn deleting_a_version_shows_the_other_one() {
    let mut it = two_versions("answer A", "answer B");
    it.press("tab shift-d");
    it.shows("answer A").hides("answer B").hides("◀");
    it.press("alt-u").shows("answer B").shows("◀ 2/2 ▶");
}

#[test]
fn deleting_a_turn_whose_reply_is_coming_stops_it_first() {
    let mut it = Harness::new();
    it.exchange("one", "", "A1").say("two");
    it.stream([answer("half an ans")]).effects();
    let live = it.live();
    it.press("tab shift-d");
    assert_eq!(it.effects(), [Effect::Cancel(live)]);
    it.hides("half an ans").shows("A1");
    it.press("alt-u").shows("half an ans").shows("Stopped");
}

#[test]
fn nothing_is_brought_back_into_the_midst_of_a_reply_or_another_conversation() {
    let mut it = Harness::new();
    it.exchange("one", "", "A1").exchange("two", "", "A2");
    it.press("tab shift-d").say("other").press("alt-u");
    it.hides("A2").shows("Esc stops it");
    it.stream([answer("B")]).end();
    it.press("ctrl-n alt-u").shows("nothing to bring back");
}

#[test]
fn a_message_after_a_deletion_follows_what_is_left() {
    let mut it = Harness::new();
    it.exchange("one", "", "A1").exchange("two", "", "A2");
    it.press("tab shift-d").effects();
    it.say("three");
    let body = &it.requests()[0].body;
    let said = body["messages"].as_array().unwrap().iter();
    let said: Vec<_> = said.map(|it| it["content"].as_str().unwrap()).collect();
    assert_eq!(said, ["one", "A1", "three"]);
}

#[test]
fn another_model_is_asked_once_and_the_session_stays_as_it_is() {
    let mut it = Harness::with("model = \"test/lab/model:one+two\"");
    it.exchange("question", "", "answer A").effects();
    it.press("alt-shift-r").shows("Ask again, once, of");
    it.type_text("silent").press("enter");
    let requests = it.requests();
    assert_eq!(requests[0].body["model"], "silent");
    it.stream([answer("answer B")]).end();
    it.shows("◀ 2/2 ▶").shows("answer B");
    it.say("next");
    assert_eq!(it.requests()[0].body["model"], "lab/model:one+two");
}

#[test]
fn the_same_model_is_asked_again_in_another_thinking_mode() {
    let mut it = Harness::with("model = \"test/lab/model:one+two\"");
    it.exchange("question", "hm", "answer A").effects();
    it.press("alt-shift-r").shows("thinking off");
    it.press("enter");
    let body = it.requests()[0].body.clone();
    assert_eq!(body["think"], false);
    let last = it.app.conversation.last().unwrap();
    assert_eq!(last.asked.thinking, Thinking::Off);
    assert_eq!(it.app.session.thinking, Thinking::On);
}

#[test]
fn retry_takes_a_model_by_name() {
    let mut it = Harness::new();
    it.exchange("question", "", "answer A").effects();
    it.press("/").type_text("retry test/silent").press("enter");
    assert_eq!(it.requests()[0].body["model"], "silent");
    it.press("esc /")
        .type_text("retry nobody/nothing")
        .press("enter");
    assert!(it.requests().is_empty());
    it.shows("nobody");
}

#[test]
fn a_failure_tells_how_to_ask_another_model() {
    let mut it = Harness::new();
    it.say("hello");
    it.fail(Failure::new(FailureKind::Overloaded, ""));
    it.shows("Alt+Shift+R");
    it.press("alt-shift-r").shows("Ask again, once, of");
}

#[test]
fn there_is_nobody_to_ask_again_before_the_first_reply_or_during_one() {
    let mut it = Harness::new();
    it.press("alt-shift-r").shows("There is no reply");
    it.say("hello").press("alt-shift-r").shows("Esc stops it");
    assert!(it.app.overlay.is_none());
}

#[test]
fn two_versions_are_compared_word_by_word() {
    let mut it = two_versions(
        "The roots are 2 and 3.\n\nSame line.",
        "The roots are 2 and 4.\n\nSame line.",
    );
    it.press("alt-d")
        .shows("1 change")
        .shows("1/2 ·")
        .shows("2/2 ·");
    let line = it.line_with("The roots");
    assert!(line.contains("and 3.") && line.contains("and 4."), "{line}");
    let styles = it.styles();
    assert!(styles.contains("bold underlined: 3"), "{styles}");
    it.press("esc").hides("1 change");
}

#[test]
fn a_narrow_window_shows_the_versions_under_each_other() {
    let mut it = two_versions("The roots are 2 and 3.", "The roots are 2 and 4.");
    it.press("alt-d").resize(60, 20);
    it.shows("- The roots are 2 and 3.");
    it.shows("+ The roots are 2 and 4.");
}

#[test]
fn a_long_comparison_scrolls_and_jumps_from_change_to_change() {
    let first = lines(0..200);
    let second = first
        .replace("line 090", "LINE 090")
        .replace("line 180", "LINE 180");
    let mut it = two_versions(&first, &second);
    it.press("alt-d").shows("2 changes").shows("line 000");
    it.press("n").shows("LINE 090").hides("line 000");
    it.press("n").shows("LINE 180");
    it.press("p").shows("LINE 090").hides("LINE 180");
    it.press("shift-g").shows("line 199");
    it.press("g").shows("line 000");
    it.press("down down").hides("line 001").shows("line 002");
}

#[test]
fn a_third_version_is_a_key_away_in_the_comparison() {
    let mut it = two_versions("one fish", "two fish");
    it.press("alt-r").stream([answer("red fish")]).end();
    it.press("alt-d")
        .shows("2/3 ·")
        .shows("3/3 ·")
        .shows("two fish");
    it.press("right").shows("1/3 ·").shows("one fish");
    assert!(matches!(it.app.overlay, Some(Overlay::Diff(_))));
}

#[test]
fn without_versions_there_is_nothing_to_compare() {
    let mut it = Harness::new();
    it.exchange("q", "", "a").press("alt-d");
    it.shows("No turn here has another version");
}

#[test]
fn what_was_made_of_an_earlier_message_is_not_lost_by_going_back() {
    let mut it = Harness::new();
    it.exchange("one", "", "A1");
    it.type_text("draft")
        .press("alt-e")
        .type_text(" and better")
        .press("esc");
    assert_eq!(it.app.composer.text(), "draft");
    it.press("ctrl-c up up");
    assert_eq!(it.app.composer.text(), "one and better");
}
