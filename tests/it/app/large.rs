//! Conversations that are much longer than the window: rows that nobody looks at are estimates, and
//! nobody may notice.

use crate::harness::Harness;

/// Paragraphs, lists and code, each line told apart by a number.
fn long(turn: usize) -> String {
    (0..160)
        .map(|n| match n % 4 {
            0 => format!("## Part {turn}.{n}\n\n"),
            1 => format!(
                "Words {turn}.{n} {}\n\n",
                "and more of them ".repeat(n % 23)
            ),
            2 => format!("- item {turn}.{n}\n- {}\n\n", "longer ".repeat(n % 31)),
            _ => format!("```rust\nlet x = {turn}.{n};\n```\n\n"),
        })
        .collect()
}

fn conversation() -> Harness {
    let mut it = Harness::new();
    for turn in 0..6 {
        it.exchange("Tell me", &long(turn + 10), &long(turn));
    }
    it
}

/// The screen without what is on its frames.
fn text(it: &Harness) -> Vec<String> {
    let chat = |line: &str| line.chars().skip(49).take(69).collect::<String>();
    let lines = it.screen().lines().map(chat).collect::<Vec<_>>();
    lines[2..35].to_vec()
}

#[test]
fn what_is_read_stays_where_it_is_while_rows_are_counted() {
    let mut it = conversation();
    for cols in [120, 100, 120] {
        it.press("pageup pageup pageup")
            .resize(cols, 40)
            .resize(120, 40);
        let before = text(&it);
        it.count_rows();
        assert_eq!(text(&it), before);
    }
}

#[test]
fn pages_follow_one_another_where_rows_were_never_counted() {
    let mut it = conversation();
    it.resize(90, 40).resize(120, 40);
    for _ in 0..60 {
        let before = text(&it);
        it.press("pageup");
        let after = text(&it);
        if it.screen().contains("turn 1/6") && before == after {
            break;
        }
        // A page less a row: the line that was on top is the last one now.
        assert_eq!(after.last(), before.first());
    }
    it.press("pagedown");
}

#[test]
fn it_looks_the_same_whether_rows_were_counted_or_not() {
    let mut quick = conversation();
    let mut thorough = conversation();
    thorough.count_rows();
    for key in [
        "pageup", "alt-up", "alt-up", "pageup", "alt-down", "pagedown",
    ] {
        quick.press(key);
        thorough.press(key);
        assert_eq!(text(&quick), text(&thorough), "{key}");
    }
}

#[test]
fn new_lines_are_counted_and_rows_that_were_only_estimated_are_not() {
    let mut it = conversation();
    it.say("And now?").connected();
    it.press("pageup pageup");
    it.resize(90, 40).resize(120, 40).count_rows();
    it.hides("new line");
    it.stream([crate::harness::answer("One\n\nTwo\n\n")]);
    it.shows("↓ 3 new lines");
}
