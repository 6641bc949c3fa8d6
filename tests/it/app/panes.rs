//! The two panes: following, holding a place, sizes, states, zoom.

use mmchat::app::{Effect, Pane};
use mmchat::chat::Delta;

use crate::harness::{Harness, answer, reasoning};

/// A numbered paragraph a line.
fn lines(range: std::ops::Range<usize>) -> String {
    let lines: Vec<_> = range.map(|n| format!("line {n:03}\n\n")).collect();
    lines.concat()
}

/// The first line of the chat pane's text.
fn top_of_chat(it: &Harness) -> String {
    row_of(it, it.app.seen.chat.area.y)
}

fn row_of(it: &Harness, y: u16) -> String {
    let area = it.app.seen.chat.area;
    let cells = (area.x..area.right()).map(|x| it.buffer()[(x, y)].symbol());
    cells.collect::<String>().trim().to_owned()
}

#[test]
fn the_chat_follows_its_end_while_text_grows() {
    let mut it = Harness::new();
    it.say("go").stream([answer(&lines(0..60))]);
    it.shows("line 059").hides("line 003").hides("↓");
    it.stream([answer(&lines(60..90))]).shows("line 089");
}

#[test]
fn a_place_holds_while_text_grows_and_the_new_lines_are_counted() {
    let mut it = Harness::new();
    it.say("go").stream([answer(&lines(0..60))]);
    it.press("pageup");
    let held = top_of_chat(&it);
    assert!(held.starts_with("line"), "{held}");
    it.hides("new lines").shows("more");
    it.stream([answer(&lines(60..81))]);
    assert_eq!(top_of_chat(&it), held);
    it.shows("↓ 42 new lines");
    it.end();
    assert_eq!(top_of_chat(&it), held);
}

#[test]
fn reasoning_that_grows_leaves_a_held_chat_alone() {
    let mut it = Harness::new();
    it.exchange("one", "", &lines(0..80)).say("two");
    it.press("pageup pageup");
    let held = top_of_chat(&it);
    it.stream([reasoning(&lines(0..200))]);
    assert_eq!(top_of_chat(&it), held);
}

#[test]
fn scrolling_back_to_the_end_follows_again() {
    let mut it = Harness::new();
    it.say("go").stream([answer(&lines(0..60))]);
    it.press("pageup pagedown");
    assert!(it.app.chat_scroll.follows());
    it.stream([answer(&lines(60..70))])
        .shows("line 069")
        .hides("↓");
}

#[test]
fn sending_follows_again() {
    let mut it = Harness::new();
    it.exchange("one", "", &lines(0..80));
    it.press("pageup pageup").say("two");
    assert!(it.app.chat_scroll.follows());
    it.shows("two");
}

#[test]
fn a_resize_keeps_the_place() {
    let mut it = Harness::new();
    // Paragraphs that wrap differently at every width.
    let long: Vec<_> = (0..80)
        .map(|n| format!("mark{n:03} {}\n\n", "some words that fill ".repeat(n % 7)))
        .collect();
    it.exchange("go", "", &long.concat());
    it.press("tab g");
    for _ in 0..4 {
        it.press("pagedown");
    }
    let mark = |it: &Harness| {
        let area = it.app.seen.chat.area;
        (area.y..area.bottom())
            .map(|y| row_of(it, y))
            .find_map(|row| Some(row.get(row.find("mark")?..)?.get(..7)?.to_owned()))
            .unwrap()
    };
    let before = mark(&it);
    let number = |mark: &str| mark.trim_start_matches("mark").parse::<i32>().unwrap();
    for (cols, rows) in [(90, 30), (60, 20), (200, 50), (81, 24), (120, 40)] {
        it.resize(cols, rows);
        let here = mark(&it);
        let moved = number(&here) - number(&before);
        assert!(moved.abs() <= 1, "{before} became {here} at {cols}×{rows}");
    }
    assert_eq!(mark(&it), before);
}

#[test]
fn each_pane_scrolls_on_its_own() {
    let mut it = Harness::new();
    it.say("go");
    it.stream([reasoning(&lines(100..180)), answer(&lines(500..580))]);
    it.press("alt-pageup");
    it.shows("line 579").hides("line 179");
    it.press("alt-pagedown pageup");
    it.shows("line 179").hides("line 579");
}

#[test]
fn the_wheel_scrolls_the_pane_under_the_pointer() {
    let mut it = Harness::new();
    it.say("go");
    it.stream([reasoning(&lines(100..180)), answer(&lines(500..580))]);
    it.wheel_up(10, 10);
    assert!(!it.app.thinking_scroll.follows() && it.app.chat_scroll.follows());
    it.wheel_up(100, 10);
    assert!(!it.app.chat_scroll.follows());
}

#[test]
fn scrolling_in_a_short_conversation_does_nothing() {
    let mut it = Harness::new();
    it.exchange("one", "", "short");
    let before = it.screen();
    it.press("pageup pageup pagedown alt-pageup alt-up alt-down");
    assert_eq!(it.screen(), before);
    assert!(it.app.chat_scroll.follows());
}

#[test]
fn the_thinking_pane_shows_the_turn_that_the_chat_is_scrolled_to() {
    let mut it = Harness::new();
    it.exchange("one", "first thoughts", &lines(0..40));
    it.exchange("two", "second thoughts", &lines(40..80));
    it.shows("second thoughts").hides("first thoughts");
    it.press("tab g");
    it.shows("first thoughts")
        .hides("second thoughts")
        .shows("turn 1/2");
    it.press("shift-g")
        .shows("second thoughts")
        .shows("turn 2/2");
}

#[test]
fn turns_are_a_key_apart() {
    let mut it = Harness::new();
    for turn in 1..=3 {
        it.exchange(&format!("ask {turn}"), "", &lines(0..40));
    }
    it.press("tab g");
    assert_eq!(row_of(&it, it.app.seen.chat.area.y + 1), "ask 1");
    it.press("alt-down");
    assert_eq!(row_of(&it, it.app.seen.chat.area.y + 1), "ask 2");
    it.press("alt-down alt-up");
    assert_eq!(row_of(&it, it.app.seen.chat.area.y + 1), "ask 2");
}

#[test]
fn headings_are_a_key_apart() {
    let mut it = Harness::new();
    let part = |n: usize| format!("# Part {n}\n\n{}", lines(0..20));
    it.exchange("go", "", &[1, 2, 3, 4].map(part).concat());
    it.press("tab g ]");
    assert!(top_of_chat(&it).contains("Part 1"), "{}", top_of_chat(&it));
    it.press("] ] [");
    assert!(top_of_chat(&it).contains("Part 2"), "{}", top_of_chat(&it));
}

#[test]
fn panes_stand_side_by_side_from_80_columns_up() {
    let mut it = Harness::sized(80, 24);
    it.say("q").stream([reasoning("why"), answer("because")]);
    let line = it.line_with("Thinking ·");
    assert!(line.contains("Chat"), "{line}");
    it.shows("why").shows("because");
}

#[test]
fn below_80_columns_the_thinking_stands_above_until_the_answer_begins() {
    let mut it = Harness::sized(60, 24);
    it.say("q").stream([reasoning("why is that")]);
    assert!(!it.line_with("Thinking ·").contains("Chat"));
    it.shows("why is that");
    it.stream([answer("because")]);
    it.hides("why is that").shows("because");
    it.end().shows("thought");
}

#[test]
fn below_40_columns_there_is_only_the_chat() {
    let mut it = Harness::sized(39, 20);
    it.say("q").stream([reasoning("why")]);
    it.hides("why").shows("q").shows("thinking");
}

#[test]
fn below_20_by_6_there_is_a_notice_and_the_state_is_kept() {
    let mut it = Harness::new();
    it.exchange("q", "", "kept").type_text("draft");
    for (cols, rows) in [(19, 40), (80, 5), (1, 1)] {
        it.resize(cols, rows);
        assert_eq!(it.screen().trim().lines().count(), 1, "{cols}×{rows}");
    }
    it.resize(80, 24).shows("kept").shows("draft");
}

#[test]
fn the_thinking_panel_goes_from_full_to_peek_to_hidden() {
    let mut it = Harness::new();
    it.say("q").stream([reasoning(&lines(0..30))]);
    it.shows("line 020");
    it.press("ctrl-t");
    it.shows("line 029").hides("line 020");
    let peek = it.line_with("Thinking ·");
    assert!(!peek.contains("Chat"), "{peek}");
    it.press("f4")
        .hides("line 029")
        .shows("Thinking panel: hidden");
    it.press("ctrl-t").shows("line 020");
}

#[test]
fn a_hidden_panel_still_says_in_the_header_and_the_reply_that_it_thinks() {
    let mut it = Harness::with("[ui]\nthinking_panel = \"hidden\"");
    it.say("q").connected().stream([reasoning("hm")]);
    it.hides("hm").shows("thinking 0.0 s").shows("thinking on");
}

#[test]
fn the_panel_opens_as_configured() {
    let it = Harness::with("[ui]\nthinking_side = \"right\"\nthinking_width = 30");
    let line = it.line_with("Thinking");
    assert!(line.find("Chat") < line.find("Thinking"), "{line}");
    assert_eq!(it.app.seen.thinking.area.width, 36 - 4);
}

#[test]
fn zoom_shows_one_pane_alone_without_borders_and_gives_the_mouse_back() {
    let mut it = Harness::new();
    it.exchange("q", "deep thoughts", "the answer");
    it.effects();
    it.press("tab z");
    assert_eq!(it.effects(), [Effect::TakeMouse(false)]);
    it.shows("the answer")
        .hides("deep thoughts")
        .hides("│")
        .hides("╭");
    it.press("z");
    assert_eq!(it.effects(), [Effect::TakeMouse(true)]);
    it.press("tab z").shows("deep thoughts").hides("the answer");
    assert_eq!(it.app.zoom, Some(Pane::Thinking));
    it.press("esc").shows("the answer").shows("╭");
}

#[test]
fn the_title_counts_reasoning_tokens_seconds_and_their_share_of_the_limit() {
    let mut it = Harness::sized(160, 40);
    it.press("/")
        .type_text("set max_tokens 4000")
        .press("enter");
    it.say("q").stream([reasoning(&"word ".repeat(400))]);
    let usage = mmchat::chat::Usage {
        reasoning_tokens: Some(1_000),
        output_tokens: Some(1_100),
        input_tokens: Some(100),
        ..Default::default()
    };
    it.wait(std::time::Duration::from_millis(8_400));
    it.stream([answer("done"), Delta::Usage(usage)]).end();
    it.shows("Thinking · 1k tok · 8.4 s · 25 % of 4k");
}

#[test]
fn a_message_of_many_lines_makes_the_box_grow_and_never_takes_the_screen() {
    let mut it = Harness::sized(80, 24);
    let rows = |it: &Harness| it.app.seen.message.height;
    assert_eq!(rows(&it), 1);
    it.press("ctrl-j ctrl-j");
    assert_eq!(rows(&it), 3);
    for _ in 0..40 {
        it.press("ctrl-j");
    }
    assert!(rows(&it) <= 8);
    it.shows("Chat");
}

#[test]
fn a_notice_is_told_in_full_where_it_is_wider_than_the_window() {
    let mut it = Harness::sized(56, 20);
    it.say("/export notes.doc");
    let screen = it.screen();
    let last = screen.lines().last().unwrap().trim_end();
    assert!(last.trim() == ".json" && !screen.contains('…'), "{screen}");
    it.press("ctrl-u esc").shows("commands").hides(".json");
    it.say("/set nonsense");
    it.shows("Usage: /set").shows("VALUE");
}

#[test]
fn what_goes_to_the_message_box_leaves_the_zoom() {
    let mut it = Harness::new();
    it.exchange("q", "deep thoughts", "the answer");
    it.effects();
    it.press("tab z").effects();
    it.paste("pasted");
    it.shows("pasted").shows("╭");
    assert!(it.effects().contains(&Effect::TakeMouse(true)));
    it.press("tab z").press("alt-e").shows("another version");
}
