//! What the mouse does: selecting text and moving the border between the panes.

use std::time::Duration;

use crossterm::event::{KeyModifiers, MouseButton, MouseEventKind};
use mmchat::app::Pane;
use ratatui::style::Modifier;

use crate::harness::{Harness, answer, reasoning};

const DOWN: MouseEventKind = MouseEventKind::Down(MouseButton::Left);
const DRAG: MouseEventKind = MouseEventKind::Drag(MouseButton::Left);
const UP: MouseEventKind = MouseEventKind::Up(MouseButton::Left);

/// A numbered paragraph a line.
fn lines(range: std::ops::Range<usize>) -> String {
    let lines: Vec<_> = range.map(|n| format!("line {n:03}\n\n")).collect();
    lines.concat()
}

fn selected(it: &Harness) -> Vec<String> {
    it.text_where(|cell| cell.modifier.contains(Modifier::REVERSED))
}

/// The place of the last character of a text on the screen.
fn end_of(it: &Harness, text: &str) -> (u16, u16) {
    let (x, y) = it.place_of(text);
    (
        x + u16::try_from(mmchat::markdown::text_width(text)).unwrap() - 1,
        y,
    )
}

/// Drags from the beginning of a text on the screen to the end of another, and tells what is copied.
fn dragged(it: &mut Harness, from: &str, to: &str) -> Vec<String> {
    let (start, end) = (it.place_of(from), end_of(it, to));
    it.effects();
    it.drag(start, end);
    it.copied()
}

#[test]
fn a_drag_copies_the_text_that_it_marks_and_says_how_much() {
    let mut it = Harness::new();
    it.exchange("q", "", "some plain words here");
    assert_eq!(dragged(&mut it, "plain", "words"), ["plain words"]);
    assert_eq!(selected(&it), ["plain words"]);
    it.shows("Copied 1 line, 11 characters");
    // The other way round it is the same.
    let (start, end) = (end_of(&it, "words"), it.place_of("plain"));
    it.drag(start, end);
    assert_eq!(it.copied(), ["plain words"]);
}

#[test]
fn a_wrapped_paragraph_is_copied_without_breaks_borders_or_padding() {
    let mut it = Harness::sized(40, 20);
    let text =
        "a paragraph of many words that surely takes more than two rows of this narrow window";
    it.exchange("q", "", text);
    assert_eq!(dragged(&mut it, "a paragraph", "window"), [text]);
    let list = "- an item that is so long that it hangs over to the next row\n- another";
    it.exchange("q", "", list);
    assert_eq!(dragged(&mut it, "an item", "another"), [list]);
}

#[test]
fn code_is_copied_as_it_was_written() {
    let mut it = Harness::new();
    let code = "fn main() {\n    let x = \"&amp;\";\n\tprintln!(\"{x}\"); // **no** markup\n}";
    it.exchange("q", "", &format!("Look:\n\n```rust\n{code}\n```\n\nDone."));
    assert_eq!(dragged(&mut it, "fn main", "() {"), ["fn main() {"]);
    let (start, (x, y)) = (it.place_of("fn main"), it.place_of("println"));
    it.drag(start, (x, y + 1));
    assert_eq!(it.copied(), [code]);
}

#[test]
fn half_of_a_wide_character_is_all_of_it() {
    let mut it = Harness::new();
    it.exchange("q", "", "这是**重点**内容");
    let (x, y) = it.place_of("重点");
    it.drag((x + 1, y), (x + 2, y));
    assert_eq!(it.copied(), ["重点"]);
    assert_eq!(selected(&it), ["重点"]);
    assert_eq!(dragged(&mut it, "这是", "内容"), ["这是**重点**内容"]);
}

#[test]
fn turns_are_joined_by_a_blank_line_and_headers_are_left_out() {
    let mut it = Harness::new();
    it.exchange("ask one thing", "", "first answer");
    it.exchange("ask another", "", "second answer");
    assert_eq!(
        dragged(&mut it, "one thing", "second answer"),
        ["one thing\n\nfirst answer\n\nask another\n\nsecond answer"]
    );
}

#[test]
fn cells_and_formulas_give_their_source() {
    let mut it = Harness::new();
    it.exchange(
        "q",
        "",
        "| a | b |\n|---|---|\n| one | two |\n\nsum $x^2$ &amp; tail",
    );
    assert_eq!(dragged(&mut it, "one", "one"), ["one"]);
    assert_eq!(dragged(&mut it, "one", "two"), ["one | two"]);
    assert_eq!(dragged(&mut it, "sum", "tail"), ["sum $x^2$ &amp; tail"]);
}

#[test]
fn the_thinking_pane_has_its_own_text() {
    let mut it = Harness::new();
    it.exchange("q", "deep thoughts\n\nand more", "an answer");
    assert_eq!(
        dragged(&mut it, "thoughts", "and more"),
        ["thoughts\n\nand more"]
    );
    // What leaves the pane stays in it.
    let (start, end) = (it.place_of("and more"), it.place_of("an answer"));
    it.drag(start, (end.0 + 4, start.1));
    assert_eq!(it.copied(), ["and more"]);
}

#[test]
fn a_double_click_takes_a_word_and_a_triple_click_a_line() {
    let mut it = Harness::new();
    it.exchange(
        "q",
        "",
        "call snake_case(x) now\n\n`这里有中文，还有more`\n",
    );
    let at = it.place_of("ake_c");
    it.effects();
    it.click(at, 2);
    assert_eq!(it.copied(), ["snake_case"]);
    assert_eq!(selected(&it), ["snake_case"]);
    it.wait(Duration::from_secs(1));
    it.click(at, 3);
    assert_eq!(it.copied().last().unwrap(), "call snake_case(x) now");
    it.wait(Duration::from_secs(1));
    let at = it.place_of("有中");
    it.click(at, 2);
    assert_eq!(it.copied(), ["这里有中文"]);
}

#[test]
fn a_mere_click_copies_nothing_and_clears_what_was_selected() {
    let mut it = Harness::new();
    it.exchange("q", "", "some plain words here");
    dragged(&mut it, "plain", "words");
    let at = it.place_of("here");
    it.click(at, 1);
    assert_eq!(it.copied(), [""; 0]);
    assert_eq!(selected(&it), [""; 0]);
    assert_eq!(it.app.focus, Pane::Chat);
}

#[test]
fn shift_and_a_click_move_the_end_of_the_selection() {
    let mut it = Harness::new();
    it.exchange("q", "", "some plain words here");
    dragged(&mut it, "plain", "words");
    let end = end_of(&it, "here");
    it.mouse(DOWN, end, KeyModifiers::SHIFT)
        .mouse(UP, end, KeyModifiers::SHIFT);
    assert_eq!(it.copied(), ["plain words here"]);
}

#[test]
fn a_selection_stays_on_its_text_while_that_scrolls_grows_and_wraps_anew() {
    let mut it = Harness::new();
    it.say("go").stream([answer(&lines(0..40))]);
    dragged(&mut it, "line 030", "line 031");
    assert_eq!(selected(&it), ["line 030", "line 031"]);
    it.stream([answer(&lines(40..45))]);
    assert_eq!(selected(&it), ["line 030", "line 031"]);
    it.wheel_up(100, 10).resize(90, 30);
    assert_eq!(selected(&it), ["line 030", "line 031"]);
    it.end().press("esc");
    assert_eq!(selected(&it), [""; 0]);
}

#[test]
fn text_that_streams_in_does_not_move_under_the_mouse() {
    let mut it = Harness::new();
    it.say("go").stream([answer(&lines(0..60))]);
    let (start, end) = (it.place_of("line 050"), end_of(&it, "line 052"));
    it.effects();
    it.mouse(DOWN, start, KeyModifiers::NONE);
    it.stream([answer(&lines(60..90))]);
    it.mouse(DRAG, end, KeyModifiers::NONE);
    it.stream([answer(&lines(90..99))]);
    it.mouse(UP, end, KeyModifiers::NONE);
    assert_eq!(it.copied(), ["line 050\n\nline 051\n\nline 052"]);
    assert!(it.app.chat_scroll.follows());
}

#[test]
fn a_press_a_move_and_a_release_between_two_frames_copy_too() {
    let mut it = Harness::new();
    it.exchange("q", "", "some plain words here");
    let (start, end) = (it.place_of("plain"), end_of(&it, "words"));
    it.effects();
    for (kind, (column, row)) in [(DOWN, start), (DRAG, end), (UP, end)] {
        it.tell_unseen(mmchat::app::Msg::Mouse(crossterm::event::MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }));
    }
    it.draw();
    assert!(it.app.wake_at().is_some_and(|at| at <= it.now.instant));
    it.wait(Duration::ZERO);
    assert_eq!(it.copied(), ["some plain words here".get(5..16).unwrap()]);
}

#[test]
fn beyond_the_edge_the_text_scrolls_until_its_end() {
    let mut it = Harness::new();
    it.exchange("go", "", &lines(0..60));
    it.press("tab g");
    let start = it.place_of("line 003");
    let area = it.app.seen.chat.area;
    it.effects();
    it.mouse(DOWN, start, KeyModifiers::NONE);
    it.mouse(DRAG, (start.0, area.bottom() + 1), KeyModifiers::NONE);
    for _ in 0..200 {
        it.wait(Duration::from_millis(50));
    }
    assert!(it.app.seen.chat.top > 60, "{}", it.app.seen.chat.top);
    let idle = it.app.wake_at();
    assert_eq!(idle, None, "it sleeps at the end");
    it.mouse(UP, (area.right(), area.bottom() + 1), KeyModifiers::NONE);
    let copied = it.copied().concat();
    assert!(copied.starts_with("line 003\n\nline 004"), "{copied}");
    assert!(copied.trim_end().ends_with("line 059"), "{copied}");
}

#[test]
fn nothing_is_selected_where_nothing_was_said() {
    let mut it = Harness::new();
    it.effects();
    it.drag((100, 5), (110, 9)).click((100, 5), 3);
    assert_eq!(it.copied(), [""; 0]);
}

#[test]
fn the_border_between_the_panes_follows_the_mouse() {
    let mut it = Harness::new();
    it.exchange("q", "thoughts", "an answer");
    let edge = it.app.seen.chat.area.x - 2;
    assert_eq!(edge, 48);
    for to in [60, 33, 90] {
        let edge = it.app.seen.chat.area.x - 2;
        it.drag((edge, 10), (to, 10));
        let now = it.app.seen.chat.area.x - 2;
        assert!(now.abs_diff(to) <= 1, "{now} for {to}");
    }
    assert_eq!(it.copied(), [""; 0]);
    // Neither pane gets too narrow for its text.
    it.drag((it.app.seen.chat.area.x - 3, 10), (0, 10));
    assert_eq!(it.app.seen.thinking.area.width, 28 - 4);
    it.drag((it.app.seen.chat.area.x - 2, 10), (119, 10));
    assert_eq!(it.app.seen.chat.area.width, 28 - 4);
}

#[test]
fn the_border_moves_where_the_thinking_pane_is_on_the_right_or_above() {
    let mut it = Harness::with("[ui]\nthinking_side = \"right\"");
    it.exchange("q", "thoughts", "an answer");
    let edge = it.app.seen.thinking.area.x - 2;
    it.drag((edge, 10), (50, 10));
    assert!(it.app.seen.thinking.area.x.abs_diff(52) <= 1);
    let mut it = Harness::sized(60, 30);
    it.say("q").stream([reasoning(&lines(0..40))]);
    let edge = it.app.seen.chat.area.y - 1;
    it.drag((20, edge), (20, edge + 6));
    assert!(it.app.seen.chat.area.y.abs_diff(edge + 7) <= 1);
    it.drag((20, it.app.seen.chat.area.y - 1), (20, 59));
    assert!(it.app.seen.chat.area.height >= 3);
}

#[test]
fn keys_move_the_border_too() {
    let mut it = Harness::new();
    it.exchange("q", "thoughts", "an answer");
    it.press("alt-=").shows("45 %");
    assert_eq!(it.app.seen.thinking.area.width, 54 - 4);
    it.press("alt-minus alt-minus").shows("35 %");
    it.press("ctrl-t").press("alt-=").shows("no border to move");
}
