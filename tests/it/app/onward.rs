//! Replies that get on: answered at once, gone on with, asked for again with more room.

use mmchat::app::Effect;
use mmchat::chat::{Delta, Failure, FailureKind, Finish, Part, Thinking};

use crate::harness::{Harness, answer, reasoning};

/// The test provider's first model, which can think and not think.
fn able() -> Harness {
    let mut it = Harness::new();
    it.say("/model test/lab/model:one+two");
    it.effects();
    it
}

/// The texts of a request's messages.
fn said(body: &serde_json::Value) -> Vec<String> {
    let messages = body["messages"].as_array().unwrap();
    let text = |message: &serde_json::Value| message["content"].as_str().unwrap().to_owned();
    messages.iter().map(text).collect()
}

#[test]
fn answering_at_once_drops_the_stream_and_asks_the_same_turn_with_thinking_off() {
    let mut it = able();
    it.say("how?").connected().stream([reasoning("let me see")]);
    let turn = it.live();
    it.effects();
    it.press("alt-a");
    let effects = it.effects();
    assert_eq!(effects.first(), Some(&Effect::Cancel(turn)));
    let Some(Effect::Send(again, request)) = effects.get(1) else {
        panic!("{effects:?}");
    };
    assert_eq!(*again, turn, "the same turn goes on");
    assert_eq!(request.body["think"], false);
    assert_eq!(said(&request.body), ["how?"], "no reasoning is sent");
    it.connected()
        .stream([answer("so"), Delta::Finish(Finish::Stop)])
        .end();
    it.shows("let me see")
        .shows("Answered at once, thinking off")
        .shows("thinking on");
    let reply = &it.app.conversation.last().unwrap().reply;
    assert_eq!(reply.answer.as_str(), "so");
    assert_eq!(it.app.session.thinking, Thinking::On);
}

#[test]
fn reasoning_that_comes_all_the_same_does_not_replace_the_earlier_one() {
    let mut it = able();
    it.say("how?").stream([reasoning("first")]).press("alt-a");
    it.stream([Delta::Replace(Part::Reasoning, "second".into())]);
    let reply = &it.app.conversation.last().unwrap().reply;
    assert_eq!(reply.reasoning.as_str(), "first\n\n---\n\nsecond");
}

#[test]
fn answering_at_once_says_when_it_works() {
    let mut it = able();
    it.press("alt-a");
    it.shows("Answering at once works while the model is thinking");
    it.say("how?").stream([reasoning("hm"), answer("so")]);
    it.effects();
    it.say("/answer");
    assert_eq!(it.effects(), [], "an answer that has begun is left alone");
}

#[test]
fn a_model_that_always_thinks_is_left_alone_with_a_word_about_it() {
    let config = "[providers.p]\ndialect = \"openai\"\nbase_url = \"http://127.0.0.1:9\"\n[[providers.p.models]]\nid = \"thinker\"\nthinking = { on = {} }\n";
    let mut it = Harness::with(config);
    it.say("/model p/thinker")
        .say("how?")
        .stream([reasoning("hm")]);
    it.effects();
    it.press("alt-a");
    assert_eq!(it.effects(), []);
    it.shows("thinker always thinks").shows("Esc stops it");
}

#[test]
fn a_model_with_efforts_answers_with_the_least_of_them() {
    let config = "[providers.p]\ndialect = \"openai\"\nbase_url = \"http://127.0.0.1:9\"\n[[providers.p.models]]\nid = \"thinker\"\nthinking = { low = { effort = \"low\" }, high = { effort = \"high\" } }\n";
    let mut it = Harness::with(config);
    it.say("/model p/thinker")
        .say("/think high")
        .say("how?")
        .stream([reasoning("hm")]);
    it.effects();
    it.press("alt-a");
    assert_eq!(it.requests()[0].body["effort"], "low");
    it.stream([reasoning("again")]).press("alt-a");
    it.stream([answer("so"), Delta::Finish(Finish::Stop)]).end();
    it.shows("with the least thinking");
}

#[test]
fn a_cut_answer_goes_on_in_the_same_turn_and_what_is_repeated_is_taken_out() {
    let mut it = able();
    it.say("/set max_tokens 3000").say("tell").stream([
        answer("Once there was a king who had"),
        Delta::Finish(Finish::Length),
    ]);
    it.end();
    it.shows("max_tokens = 3000").shows("Alt+G goes on");
    it.effects();
    it.press("alt-g");
    let request = &it.requests()[0];
    let said = said(&request.body);
    assert_eq!(said[..2], ["tell", "Once there was a king who had"]);
    assert!(said[2].contains("a king who had\n\nGo on exactly"));
    assert!(request.goes_on);
    it.stream([
        answer("was a king "),
        answer("who had three sons."),
        Delta::Finish(Finish::Stop),
    ])
    .end();
    let turn = it.app.conversation.last().unwrap();
    assert_eq!(
        turn.reply.answer.as_str(),
        "Once there was a king who had three sons."
    );
    it.shows("The answer was cut, and went on from there.")
        .hides("◀");
    it.press("alt-g");
    it.shows("The last answer is complete");
    it.say("more");
    let request = &it.requests()[0];
    assert!(!request.goes_on);
    let body = &request.body;
    assert_eq!(
        self::said(body)[1],
        "Once there was a king who had three sons."
    );
}

#[test]
fn an_answer_that_was_stopped_or_failed_goes_on_too_and_can_be_stopped_again() {
    let mut it = able();
    it.say("tell").stream([answer("one, two")]).press("esc");
    it.shows("Alt+G goes on");
    it.say("/continue").stream([answer(", three")]);
    it.fail(Failure::new(FailureKind::Cut, ""));
    it.effects();
    it.press("alt-g");
    assert_eq!(said(&it.requests()[0].body)[1], "one, two, three");
    it.stream([answer(", four")]).press("esc");
    let reply = &it.app.conversation.last().unwrap().reply;
    assert_eq!(reply.answer.as_str(), "one, two, three, four");
}

#[test]
fn an_answer_that_reasoning_ate_is_asked_for_again_with_twice_the_tokens() {
    let mut it = able();
    it.say("/set max_tokens 3000").say("why?");
    it.stream([reasoning("because"), Delta::Finish(Finish::Length)])
        .end();
    it.shows("Alt+G");
    it.effects();
    it.press("alt-g");
    assert_eq!(it.requests()[0].body["max_tokens"], 6000);
    it.shows("2/2").shows("max_tokens = 6000, this once");
    assert_eq!(it.app.session.params.max_tokens, Some(3000));
}

#[test]
fn there_is_nothing_to_go_on_with_before_an_answer() {
    let mut it = able();
    it.press("alt-g");
    it.shows("There is no answer to go on with yet");
    it.say("hello").press("esc alt-g");
    it.shows("There is no answer to go on with; Alt+R");
    assert_eq!(it.app.live, None);
}
