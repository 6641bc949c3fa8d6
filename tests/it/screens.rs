//! The main screens as reviewed text: what stands where, and which text stands out how.
//!
//! Each file of `snapshots/` holds one scene at several sizes. After a change that is meant,
//! `INSTA_UPDATE=always cargo nextest run screens` renews them; the difference is the review.

use std::fmt::Write as _;
use std::time::Duration;

use mmchat::chat::{Delta, Failure, FailureKind, Finish, Usage};
use mmchat::markdown::text_width;
use mmchat::phrase::{Language, speaking};

use crate::harness::{Harness, answer, reasoning};

const SIZES: [(u16, u16); 4] = [(120, 40), (80, 24), (60, 20), (40, 12)];

const THOUGHT: &str = "I need to solve x² − 5x + 6 = 0.\n\nFactorization: I am looking for two numbers \
    whose product is 6 and whose sum is 5. The pairs with the product 6 are 1 and 6, and 2 and 3.";

const ANSWER: &str = "## Solutions\n\nThe solutions are **x = 2** and **x = 3**, see `roots`.\n\n\
    | x | x² − 5x + 6 | 检验 |\n|--:|:--|:-:|\n| 2 | 4 − 10 + 6 | 对 |\n| 3 | 9 − 15 + 6 | 对 |\n\n\
    ```rust\nfn roots() -> [i32; 2] {\n    [2, 3] // both\n}\n```\n\n\
    1. 先因式分解：*(x − 2)(x − 3)*\n2. 积为零，则其中一个因式为零。\n\n> A product is zero when a factor is.\n";

/// A scene at these sizes: the text of each, the styles of each.
fn at_sizes(sizes: &[(u16, u16)], scene: impl Fn(&mut Harness)) -> String {
    let mut out = String::new();
    for &(cols, rows) in sizes {
        let mut it = Harness::sized(cols, rows);
        scene(&mut it);
        it.draw();
        let (screen, styles) = (it.screen(), it.styles());
        let _ = writeln!(out, "═══ {cols}×{rows}\n{screen}\n─── styles\n{styles}");
    }
    out
}

/// A scene at the usual sizes.
fn scene(scene: impl Fn(&mut Harness)) -> String {
    at_sizes(&SIZES, scene)
}

/// Compares a scene with the one that was reviewed.
fn reviewed(name: &str, scene: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(name, scene));
}

/// A turn with everything in it, over after 9.2 seconds.
fn solved(it: &mut Harness) {
    it.say("Solve the equation x^2 - 5x + 6 = 0").connected();
    it.wait(Duration::from_millis(400))
        .stream([reasoning(THOUGHT)]);
    it.wait(Duration::from_millis(8_400))
        .stream([answer(ANSWER)]);
    it.wait(Duration::from_millis(400));
    let usage = Usage {
        input_tokens: Some(25),
        output_tokens: Some(440),
        reasoning_tokens: Some(190),
        ..Usage::default()
    };
    it.stream([Delta::Usage(usage), Delta::Finish(Finish::Stop)])
        .end();
}

#[test]
fn the_first_screen() {
    reviewed("first_screen", &scene(|it| it.app.opened_on_demo = true));
}

#[test]
fn waiting_for_the_first_token() {
    reviewed(
        "waiting_for_the_first_token",
        &scene(|it| {
            it.say("hello")
                .connected()
                .wait(Duration::from_millis(1_250));
        }),
    );
}

#[test]
fn reasoning_streams() {
    reviewed(
        "reasoning_streams",
        &scene(|it| {
            it.say("Solve the equation x^2 - 5x + 6 = 0").connected();
            it.wait(Duration::from_millis(400))
                .stream([reasoning(THOUGHT)]);
            it.wait(Duration::from_millis(3_200)).type_text("next qu");
        }),
    );
}

#[test]
fn an_answer_with_a_table_code_and_chinese() {
    reviewed("answer_with_a_table_code_and_chinese", &scene(solved));
}

#[test]
fn a_failed_turn() {
    reviewed(
        "failed_turn",
        &scene(|it| {
            it.say("hello").connected().stream([answer("Half an ans")]);
            it.fail(Failure {
                status: Some(529),
                request_id: Some("0a1b2c".to_owned()),
                ..Failure::new(FailureKind::Overloaded, "当前服务集群负载较高，请稍后重试")
            });
        }),
    );
}

#[test]
fn a_reply_whose_reasoning_ate_the_answer() {
    reviewed(
        "reply_whose_reasoning_ate_the_answer",
        &scene(|it| {
            it.press("/").type_text("set max_tokens 200").press("enter");
            it.say("hello").connected().stream([reasoning(THOUGHT)]);
            it.wait(Duration::from_secs(20));
            it.stream([Delta::Finish(Finish::Length)]).end();
        }),
    );
}

#[test]
fn the_model_picker() {
    reviewed(
        "model_picker",
        &scene(|it| {
            it.app
                .keyed
                .retain(|id| ["demo", "minimax", "local"].contains(&id.as_str()));
            it.press("ctrl-o");
        }),
    );
}

#[test]
fn the_model_picker_with_a_filter() {
    reviewed(
        "model_picker_with_a_filter",
        &scene(|it| {
            it.press("ctrl-o").type_text("m2.7 ten");
        }),
    );
}

#[test]
fn the_palette() {
    reviewed(
        "palette",
        &scene(|it| {
            it.press("ctrl-p");
        }),
    );
}

#[test]
fn the_help() {
    reviewed(
        "help",
        &scene(|it| {
            it.press("f1");
        }),
    );
}

#[test]
fn the_thinking_panel_as_a_peek() {
    reviewed(
        "thinking_panel_as_a_peek",
        &scene(|it| {
            solved(it);
            it.press("ctrl-t");
        }),
    );
}

#[test]
fn the_thinking_panel_hidden_while_it_thinks() {
    reviewed(
        "thinking_panel_hidden_while_it_thinks",
        &scene(|it| {
            it.press("ctrl-t ctrl-t").wait(Duration::from_secs(5));
            it.say("hello").connected().stream([reasoning(THOUGHT)]);
            it.wait(Duration::from_secs(2));
        }),
    );
}

#[test]
fn the_chat_alone() {
    reviewed(
        "chat_alone",
        &at_sizes(&[(80, 24)], |it| {
            solved(it);
            it.press("tab z");
        }),
    );
}

#[test]
fn a_held_place_a_queued_message_and_siblings() {
    reviewed(
        "held_place_a_queued_message_and_siblings",
        &at_sizes(&SIZES[..2], |it| {
            solved(it);
            it.press("alt-r").stream([answer(ANSWER), answer(ANSWER)]);
            it.press("pageup")
                .stream([answer("\n\nmore\n\nand more\n")]);
            it.say("and then?");
        }),
    );
}

#[test]
fn an_edit_of_the_last_message() {
    reviewed(
        "edit_of_the_last_message",
        &at_sizes(&SIZES[1..2], |it| {
            solved(it);
            it.press("alt-e").press("ctrl-j").type_text("第二行");
        }),
    );
}

#[test]
fn too_small_a_window() {
    reviewed(
        "too_small_a_window",
        &at_sizes(&[(19, 10), (80, 5), (3, 1)], solved),
    );
}

/// Two versions of an answer, the second one on the screen.
fn versions(it: &mut Harness) {
    solved(it);
    let other = ANSWER
        .replace("The solutions are", "The two roots are")
        .replace("因式分解", "配方")
        .replace("[2, 3] // both", "[2, 3]");
    it.press("alt-r")
        .stream([answer(&other), Delta::Finish(Finish::Stop)]);
    it.end();
}

#[test]
fn two_versions_compared() {
    reviewed(
        "two_versions_compared",
        &at_sizes(&[SIZES[0], SIZES[2]], |it| {
            versions(it);
            it.press("alt-d");
        }),
    );
}

#[test]
fn the_next_request() {
    reviewed(
        "next_request",
        &at_sizes(&[SIZES[0], SIZES[2]], |it| {
            it.press("/").type_text("model test/silent").press("enter");
            solved(it);
            it.press("alt-up tab x tab tab")
                .type_text("And in 中文?")
                .press("alt-v");
        }),
    );
}

#[test]
fn ways_to_make_room() {
    reviewed(
        "ways_to_make_room",
        &at_sizes(&[SIZES[0], SIZES[2]], |it| {
            solved(it);
            solved(it);
            it.press("alt-w").press("down");
        }),
    );
}

#[test]
fn the_conversations() {
    use crate::app::history::{listed, open_with};
    reviewed(
        "conversations",
        &at_sizes(&[SIZES[0], SIZES[2]], |it| {
            let mut rows = vec![
                listed(3, "Garden plans for the long winter", 60 * 24 * 9),
                listed(1, "Roots of a quadratic", 3),
                listed(2, "煮鸡蛋要多长时间？", 300),
            ];
            rows[0].pinned = true;
            open_with(it, rows);
            it.press("down");
        }),
    );
}

/// A scene in Chinese at the sizes that most people have, with every row as wide as the window.
fn in_chinese(scene: impl Fn(&mut Harness)) -> String {
    speaking(Language::ZhCn, || {
        at_sizes(&[(80, 24), (60, 20)], |it| {
            scene(it);
            it.draw();
            let cols = usize::from(it.app.size.0);
            for row in it.screen().lines() {
                assert!(text_width(row) <= cols, "{row}");
                // A frame's right edge is where its left edge asks for it.
                let frame = row.starts_with('│') || row.starts_with('╭');
                assert!(!frame || text_width(row) == cols, "{row}");
            }
        })
    })
}

#[test]
fn screens_in_chinese() {
    reviewed(
        "chinese_first_screen",
        &in_chinese(|it| {
            it.app.opened_on_demo = true;
            it.draw();
        }),
    );
    reviewed(
        "chinese_reply",
        &in_chinese(|it| {
            it.exchange("解方程 x^2 - 5x + 6 = 0", THOUGHT, ANSWER);
            it.say("再详细一些")
                .connected()
                .stream([reasoning("先看判别式。")]);
        }),
    );
    reviewed(
        "chinese_failed_turn",
        &in_chinese(|it| {
            it.say("你好")
                .fail(Failure::new(FailureKind::BadKey, "invalid api key"));
        }),
    );
    reviewed(
        "chinese_palette",
        &in_chinese(|it| {
            it.press("ctrl-p");
        }),
    );
    reviewed(
        "chinese_model_picker",
        &in_chinese(|it| {
            it.press("ctrl-o");
        }),
    );
    reviewed(
        "chinese_help",
        &in_chinese(|it| {
            it.press("f1");
        }),
    );
    reviewed(
        "chinese_key_screen",
        &in_chinese(|it| {
            it.press("ctrl-p")
                .type_text("key tencent")
                .press("enter")
                .type_text("abc");
        }),
    );
}
