//! How replies end, and what is said about it.

use std::time::Duration;

use mmchat::chat::{
    Delta, Failure, FailureKind, Finish, Part, Remark, Retry, Source, ToolDelta, Usage,
};

use crate::harness::{Harness, answer, reasoning};

/// A narrow window, in which the chat has the whole width.
fn narrow() -> Harness {
    let mut it = Harness::with("[ui]\nthinking_panel = \"hidden\"");
    it.resize(79, 40);
    it
}

fn ended_with(deltas: impl IntoIterator<Item = Delta>) -> Harness {
    let mut it = narrow();
    it.say("question").connected().stream(deltas).end();
    it
}

fn says(it: &Harness, sentence: &str) {
    let words = it.words();
    assert!(words.contains(sentence), "no “{sentence}” in\n{words}");
}

#[test]
fn reasoning_that_ate_the_answer_is_told_apart_from_an_empty_answer() {
    let mut it = narrow();
    it.press("/")
        .type_text("set max_tokens 3000")
        .press("enter");
    it.say("q");
    let usage = Usage {
        reasoning_tokens: Some(3_000),
        ..Usage::default()
    };
    it.stream([
        reasoning("and so on"),
        Delta::Usage(usage),
        Delta::Finish(Finish::Length),
    ]);
    it.end();
    says(&it, "The reasoning used up max_tokens = 3000 (3k tokens)");
    says(&it, "Alt+G asks again with twice as many");
    says(&it, "Alt+T");
    it.hides("empty answer");
}

#[test]
fn an_empty_answer_is_said_to_be_empty() {
    let it = ended_with([reasoning("hm"), Delta::Finish(Finish::Stop)]);
    says(&it, "(empty answer) Alt+R asks again");
    let it = ended_with([answer(" \n"), Delta::Finish(Finish::Stop)]);
    says(&it, "(empty answer)");
}

#[test]
fn a_cut_answer_says_what_cut_it() {
    let cut = |finish| ended_with([answer("half a"), Delta::Finish(finish)]);
    let it = cut(Finish::CutOff);
    says(&it, "half a");
    says(
        &it,
        "Cut off: the stream ended too early. Alt+G goes on, Alt+R",
    );
    says(
        &cut(Finish::Length),
        "Cut at the token limit. Alt+G goes on, or raise it",
    );
    says(&cut(Finish::ContentFilter), "safety filter cut this reply");
    says(
        &cut(Finish::Other("eos_odd".into())),
        "a reason of the provider's own: eos_odd",
    );
    let words = cut(Finish::Stop).words();
    assert!(!words.contains('✂'), "{words}");
}

#[test]
fn a_failure_says_what_happened_what_helps_and_the_vendors_own_words() {
    let mut it = narrow();
    it.say("q").stream([answer("kept text")]);
    it.fail(Failure {
        code: Some("2056".to_owned()),
        status: Some(429),
        request_id: Some("req77".to_owned()),
        retry: Retry::NotBefore("18:00".to_owned()),
        ..Failure::new(FailureKind::Quota, "usage limit exceeded")
    });
    says(&it, "kept text");
    says(&it, "The plan's quota is used up.");
    says(
        &it,
        "Wait for the reset, upgrade the plan, or switch provider with Alt+P.",
    );
    says(
        &it,
        "usage limit exceeded (HTTP 429, code 2056, not before 18:00, request req77)",
    );
}

#[test]
fn a_failed_turn_can_be_asked_again() {
    let mut it = narrow();
    it.say("q").fail(Failure::new(FailureKind::Overloaded, ""));
    it.effects();
    it.press("alt-r");
    assert_eq!(it.requests().len(), 1);
    it.stream([answer("now it works")]).end();
    says(&it, "now it works");
    it.hides("overloaded");
}

#[test]
fn what_a_failed_turn_had_said_is_history_and_its_prompt_is_not_lost() {
    let mut it = narrow();
    it.say("one").fail(Failure::new(FailureKind::Server, ""));
    it.effects();
    it.say("two");
    let messages = it.requests()[0].body["messages"].clone();
    assert_eq!(messages.as_array().unwrap().len(), 1, "{messages}");
    assert_eq!(messages[0]["content"], "one\n\ntwo");
}

#[test]
fn an_answer_that_turns_out_to_be_reasoning_moves_to_the_other_pane() {
    let mut it = Harness::new();
    it.say("q").stream([answer("let me think")]);
    let chat = |it: &Harness| it.app.conversation.last().unwrap().reply.clone();
    it.stream([Delta::Relabel, answer("forty-two")]);
    assert_eq!(chat(&it).reasoning.as_str(), "let me think");
    let line = it.line_with("let me think");
    assert!(line.find("let me think").unwrap() < 60, "{line}");
    let line = it.line_with("forty-two");
    assert!(line.find("forty-two").unwrap() > 50, "{line}");
}

#[test]
fn a_text_that_is_replaced_leaves_nothing_of_the_old_one() {
    let mut it = Harness::new();
    it.say("q").stream([answer("first draft\n\n- a\n- b")]);
    it.stream([Delta::Replace(Part::Answer, "final".to_owned())]);
    it.shows("final").hides("draft").hides("- b").hides("• b");
}

#[test]
fn tools_that_were_not_offered_are_named_and_nothing_runs() {
    let call = Delta::Tool(ToolDelta {
        slot: 0,
        id: Some("c1".to_owned()),
        name: Some("get_weather".to_owned()),
        arguments: "{\"city\":\"Rome\"}".to_owned(),
        snapshot: false,
    });
    let mut it = ended_with([call, Delta::Finish(Finish::ToolCalls)]);
    says(&it, "get_weather({\"city\":\"Rome\"})");
    says(&it, "Nothing was run.");
    assert_eq!(it.effects().len(), 1, "only the request");
}

#[test]
fn sources_and_remarks_stand_under_the_answer() {
    let sources = vec![Source {
        index: 1,
        title: "A page".to_owned(),
        url: "https://example.org/a".to_owned(),
        site: String::new(),
    }];
    let it = ended_with([
        answer("as found [1]"),
        Delta::Sources(sources),
        Delta::Remark(Remark::BrokenEvent),
        Delta::Finish(Finish::Stop),
    ]);
    says(&it, "[1] A page · example.org");
    says(&it, "Part of the stream could not be read");
}

#[test]
fn the_status_line_counts_context_time_speed_and_cost() {
    let mut it = Harness::with("model = \"test/lab/model:one+two\"");
    it.say("q").wait(Duration::from_millis(400));
    it.stream([answer("hello")]).wait(Duration::from_secs(1));
    let usage = Usage {
        input_tokens: Some(3_000),
        output_tokens: Some(87),
        ..Usage::default()
    };
    it.stream([Delta::Usage(usage), Delta::Finish(Finish::Stop)])
        .end();
    it.shows("ctx ▓░░ 3.1k/32k · 0.4 s · 87 tok/s · $0.0032");
}

#[test]
fn what_is_estimated_is_marked_as_an_estimate() {
    let mut it = Harness::new();
    it.say("q").stream([reasoning(&"word ".repeat(100))]);
    it.wait(Duration::from_secs(1));
    assert!(it.line_with("Thinking ·").contains('~'));
    assert!(it.line_with("ctx").contains('~'));
}

#[test]
fn failures_stand_out_and_without_colours_they_still_have_a_mark() {
    let mut it = narrow();
    it.say("q").fail(Failure::new(FailureKind::Server, "oops"));
    let styles = it.styles();
    assert!(styles.contains("[red: ✗ The provider"), "{styles}");
    assert!(styles.contains("[darkgray: oops]"), "{styles}");
}

#[test]
fn a_connection_that_has_not_failed_in_time_stands_and_the_server_is_waited_for() {
    let mut it = Harness::with("[network]\nconnect_timeout_seconds = 4\n");
    it.say("hello").shows("connecting");
    it.wait(Duration::from_secs(4)).shows("connecting");
    it.wait(Duration::from_secs(1)).shows("waiting 5.0 s");
    it.connected().shows("waiting");
}

#[test]
fn what_a_turn_cost_is_told_in_its_parts_as_far_as_there_is_room() {
    let config = "model = \"test/priced\"\n[[providers.test.models]]\nid = \"priced\"\n\
                  prices = { currency = \"usd\", input_per_mtok = 1, output_per_mtok = 10 }\n";
    let mut it = Harness::with(config);
    let usage = Usage {
        input_tokens: Some(2_000),
        output_tokens: Some(500),
        reasoning_tokens: Some(300),
        ..Usage::default()
    };
    it.say("q").connected().stream([
        reasoning("hm"),
        answer("so"),
        Delta::Usage(usage),
        Delta::Finish(Finish::Stop),
    ]);
    it.end();
    it.shows("$0.0070 · input $0.0020 + thinking $0.0030 + answer $0.0020");
    it.resize(80, 24)
        .shows("$0.0070 · thinking $0.0030 + answer $0.0020");
    it.resize(50, 20).shows("$0.0070").hides("thinking $");
}
