//! Find in the conversation: the bar, the marks, and where one ends up.

use std::time::Duration;

use mmchat::app::{Pane, Section};
use mmchat::config::PanelState;
use ratatui::buffer::Cell;
use ratatui::style::Modifier;

use crate::harness::{Harness, answer, reasoning};

/// A numbered paragraph a line.
fn lines(range: std::ops::Range<usize>) -> String {
    let lines: Vec<_> = range.map(|n| format!("line {n:03}\n\n")).collect();
    lines.concat()
}

/// What is marked as found, and the one that the reader is at.
fn marked(it: &Harness) -> (Vec<String>, Vec<String>) {
    let has = |modifier: Modifier| move |cell: &Cell| cell.modifier.contains(modifier);
    let found = it.text_where(has(Modifier::UNDERLINED));
    (found, it.text_where(has(Modifier::REVERSED)))
}

#[test]
fn words_are_found_while_they_are_typed_and_every_hit_is_marked() {
    let mut it = Harness::new();
    it.exchange("Where is Rust?", "rust it is", "Rust never rusts.");
    it.press("tab /").type_text("rus");
    it.shows("Find  rus").shows("1/4 in a message");
    let (found, here) = marked(&it);
    assert_eq!(found.concat().to_lowercase(), "rusrusrus");
    assert_eq!(here, ["Rus"]);
    it.type_text("ts").shows("1/1 in an answer");
    assert_eq!(marked(&it).1, ["rusts"]);
    it.press("backspace backspace enter")
        .shows("2/4 in the reasoning");
    assert_eq!(marked(&it).1, ["rus"]);
}

#[test]
fn enter_and_down_go_on_up_and_shift_enter_go_back_round_and_round() {
    let mut it = Harness::new();
    it.exchange("q", "", "one x, two x, three x");
    it.press("ctrl-f").type_text("x").shows("1/3");
    it.press("enter").shows("2/3");
    it.press("down").shows("3/3");
    it.press("down").shows("1/3");
    it.press("up").shows("3/3");
    it.press("shift-enter").shows("2/3");
    it.press("ctrl-f").shows("3/3");
}

#[test]
fn a_hit_out_of_view_is_scrolled_to_and_esc_goes_back_to_where_one_was() {
    let mut it = Harness::new();
    it.exchange("q", "", &lines(0..200));
    it.press("ctrl-f").type_text("line 042");
    it.shows("1/1").hides("line 199");
    assert_eq!(marked(&it).1, ["line 042"]);
    it.press("esc").shows("line 199").hides("Find");
    assert!(it.app.chat_scroll.follows() && it.app.find.is_none());
    assert_eq!(it.app.focus, Pane::Message);
}

#[test]
fn after_enter_esc_stays_there_and_n_goes_on_in_the_pane() {
    let mut it = Harness::new();
    it.exchange("q", "", &lines(0..200));
    it.press("ctrl-f").type_text("line 04").press("enter esc");
    it.shows("line 041").hides("line 199");
    assert_eq!(it.app.focus, Pane::Chat);
    assert_eq!(marked(&it).1, ["line 04"]);
    assert_eq!(marked(&it).0.len(), 9);
    it.shows("1/10");
    it.press("n").shows("2/10");
    it.press("shift-n shift-n").shows("10/10");
    it.press("esc").hides("Find");
    assert_eq!(marked(&it), (vec![], vec![]));
    assert_eq!(it.app.focus, Pane::Chat);
    it.shows("line 041");
}

#[test]
fn a_hit_in_view_moves_nothing() {
    let mut it = Harness::new();
    it.exchange("q", "", &lines(0..200));
    it.press("tab g pagedown");
    let top = it.app.seen.chat.top;
    let shown = it.app.seen.chat.rows;
    it.press("/").type_text("line 018").shows("1/1");
    assert_eq!((it.app.seen.chat.top, it.app.seen.chat.rows), (top, shown));
}

#[test]
fn the_first_hit_is_the_next_from_here_else_the_last_before() {
    let mut it = Harness::new();
    it.exchange("q", "", &lines(0..200));
    it.press("tab g pagedown pagedown /").type_text("line");
    let Some(find) = &it.app.find else { panic!() };
    let at = find.count().at.unwrap();
    assert!((20..80).contains(&at), "{at}");
    it.press("esc shift-g /")
        .type_text("line 00")
        .shows("10/10");
}

#[test]
fn a_hit_in_the_reasoning_of_an_earlier_turn_shows_that_reasoning() {
    let mut it = Harness::new();
    it.exchange(
        "one",
        &format!("{}needle here\n\n{}", lines(0..60), lines(60..90)),
        "first",
    );
    it.exchange("two", "other thoughts", "second");
    it.shows("other thoughts").hides("needle");
    it.press("ctrl-f")
        .type_text("needle")
        .shows("1/1 in the reasoning");
    it.shows("needle here").hides("other thoughts");
    it.press("enter esc").shows("needle here");
    assert_eq!(it.app.focus, Pane::Thinking);
    it.press("esc").shows("other thoughts").hides("needle here");
}

#[test]
fn a_hidden_thinking_pane_is_opened_for_its_hits_and_closed_again_by_esc() {
    let mut it = Harness::with("[ui]\nthinking_panel = \"hidden\"");
    it.exchange("one", "a needle", "first").hides("needle");
    it.press("ctrl-f").type_text("needle").shows("a needle");
    assert_eq!(it.app.panel, PanelState::Full);
    it.press("esc").hides("needle");
    assert_eq!(it.app.panel, PanelState::Hidden);
}

#[test]
fn where_the_reasoning_has_no_room_the_bar_says_so() {
    let mut it = Harness::sized(39, 20);
    it.exchange("one", "a needle", "first");
    it.press("ctrl-f")
        .type_text("needle")
        .shows("1/1 in hidden reasoning");
    let mut it = Harness::sized(60, 24);
    it.exchange("one", "a needle", "first").hides("needle");
    it.press("ctrl-f").type_text("needle").shows("a needle");
}

#[test]
fn text_that_streams_in_is_looked_through_as_it_comes() {
    let mut it = Harness::new();
    it.say("q").stream([reasoning("a nee")]);
    it.press("ctrl-f").type_text("needle").shows("not found");
    it.stream([reasoning("dle and a needle"), answer("no need")])
        .shows("1/2");
    it.stream([answer("le")]);
    let Some(find) = &it.app.find else { panic!() };
    assert_eq!(find.count().hits, 3);
    it.stream([answer("s: needle")]);
    let Some(find) = &it.app.find else { panic!() };
    assert_eq!(find.count().hits, 4);
    assert_eq!(find.hits(it.live(), Section::Answer), [3..9, 12..18]);
}

#[test]
fn a_hit_across_a_wrapped_line_is_marked_on_both_rows() {
    let mut it = Harness::sized(40, 20);
    it.exchange(
        "q",
        "",
        "some words that fill the row and needle in hay at its end",
    );
    let line = it.line_with("needle");
    it.press("ctrl-f")
        .type_text("fill the row and needle in hay");
    let (_, here) = marked(&it);
    assert_eq!(here.len(), 2, "{line}");
    assert_eq!(here.concat().replace(' ', ""), "filltherowandneedleinhay");
}

#[test]
fn chinese_is_found_and_marked_with_its_full_width() {
    let mut it = Harness::new();
    it.exchange("你好，世界", "", "这是**重点**内容。世界很大。");
    it.press("ctrl-f").type_text("世界").shows("1/2");
    assert_eq!(
        marked(&it),
        (vec!["世界".to_owned()], vec!["世界".to_owned()])
    );
    it.press("ctrl-u").type_text("重点内容").shows("1/1");
    assert_eq!(marked(&it).1, ["重点内容"]);
}

#[test]
fn a_search_for_nothing_or_in_nothing_says_so() {
    let mut it = Harness::new();
    it.press("ctrl-f")
        .shows("There is nothing to look through yet");
    it.exchange("q", "", "text");
    it.press("ctrl-f").shows("words in this conversation");
    it.type_text("xyzzy").shows("not found");
    it.press("enter esc");
    assert!(it.app.find.is_none());
    it.press("tab n").shows("words in this conversation");
}

#[test]
fn ctrl_f_in_a_message_with_text_moves_the_caret() {
    let mut it = Harness::new();
    it.exchange("q", "", "text")
        .type_text("abc")
        .press("ctrl-a ctrl-f");
    assert!(it.app.find.is_none());
    it.type_text("X");
    assert_eq!(it.app.composer.text(), "aXbc");
    it.press("tab ctrl-f").shows("words in this conversation");
    it.type_text("te").press("esc");
    assert_eq!(it.app.composer.text(), "aXbc");
}

#[test]
fn the_slash_command_finds_words() {
    let mut it = Harness::new();
    it.exchange("q", "", "two words here");
    it.press("/").type_text("find two words").press("enter");
    it.shows("1/1 in an answer");
}

#[test]
fn zoomed_panes_are_searched_too() {
    let mut it = Harness::new();
    it.exchange("q", "deep needle", &lines(0..100));
    it.press("tab z /")
        .type_text("line 003")
        .shows("Find  line 003");
    it.shows("line 004").hides("line 099");
    it.press("ctrl-u").type_text("needle").shows("deep needle");
    assert_eq!(it.app.zoom, Some(Pane::Thinking));
    it.press("esc").shows("line 099");
    assert_eq!(it.app.zoom, Some(Pane::Chat));
}

#[test]
fn the_reader_sees_the_hits_without_colours() {
    let mut it = Harness::colourless();
    it.exchange("q", "", "a needle and a needle");
    it.press("ctrl-f").type_text("needle");
    let styles = it.styles();
    assert!(styles.contains("[reversed: needle]"), "{styles}");
    assert!(styles.contains("[bold underlined: needle]"), "{styles}");
}

#[test]
fn a_large_conversation_is_looked_through_in_steps() {
    // What is not on the screen costs this test nothing to draw.
    let mut it = Harness::with("[ui]\nthinking_panel = \"hidden\"");
    it.exchange("q", &"all work and no play\n\n".repeat(60_000), "needle");
    it.press("ctrl-f");
    it.type_text("ne");
    assert!(it.app.wake_at().is_some_and(|at| at <= it.now.instant));
    it.shows("looking");
    for _ in 0..4 {
        it.wait(Duration::ZERO);
    }
    it.shows("1/1 in an answer").shows("needle");
}
