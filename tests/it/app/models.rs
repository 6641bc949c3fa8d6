//! Who is asked, and how: providers, models, thinking modes, parameters.

use mmchat::app::{Overlay, Tone};
use mmchat::chat::{Delta, Thinking};

use crate::harness::{Harness, answer, reasoning};

const THOUGHT: &str = "private-chain-of-thought";

/// A turn with reasoning, then a second message to each provider in turn.
fn second_body(model: &str) -> String {
    let mut it = Harness::with(&format!("model = \"{model}\""));
    it.exchange("first question", THOUGHT, "first answer");
    it.effects();
    it.say("second question");
    let request = it.requests().remove(0);
    assert!(request.url.starts_with("http"), "{}", request.url);
    request.body.to_string()
}

#[test]
fn reasoning_is_never_sent_back_in_any_dialect() {
    for model in [
        "test/lab/model:one+two",
        "test-native/native-model",
        "test-messages/messages-model",
    ] {
        let body = second_body(model);
        assert!(!body.contains(THOUGHT), "{model}: {body}");
        for said in ["first question", "first answer", "second question"] {
            assert!(body.contains(said), "{model}: {body}");
        }
        assert!(!body.contains("reasoning_content"), "{model}: {body}");
    }
}

#[test]
fn an_answer_that_turned_out_to_be_reasoning_is_not_sent_back_either() {
    let mut it = Harness::new();
    it.say("q")
        .stream([answer(THOUGHT), Delta::Relabel, answer("done")]);
    it.end();
    it.effects();
    it.say("again");
    let body = it.requests()[0].body.to_string();
    assert!(!body.contains(THOUGHT) && body.contains("done"), "{body}");
}

#[test]
fn switching_keeps_the_conversation_and_the_next_request_goes_to_the_new_model() {
    let mut it = Harness::new();
    it.exchange("question", "hm", "answer");
    it.effects();
    it.press("ctrl-o").type_text("test-native").press("enter");
    it.shows("question")
        .shows("Switched to test-native/native-model");
    it.press("esc")
        .shows("test-native · native-model · thinking unknown");
    it.say("more");
    let request = &it.requests()[0];
    assert_eq!(request.provider, "test-native");
    assert_eq!(request.body["model"], "native-model");
    let messages = request.body["input"]["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 3);
}

#[test]
fn a_model_id_may_hold_slashes_colons_and_plus_signs() {
    let mut it = Harness::new();
    it.press("/")
        .type_text("model test/lab/model:one+two")
        .press("enter");
    it.shows("test · lab/model:one+two");
    it.say("hello");
    assert_eq!(it.requests()[0].body["model"], "lab/model:one+two");
}

#[test]
fn a_model_nobody_knows_is_used_as_typed() {
    let mut it = Harness::new();
    it.press("/")
        .type_text("model test/brand/new-model")
        .press("enter");
    it.say("hello");
    assert_eq!(it.requests()[0].body["model"], "brand/new-model");
    it.press("esc alt-t")
        .shows("does not know brand/new-model's thinking modes");
}

#[test]
fn an_unknown_provider_is_said_to_be_unknown_and_nothing_changes() {
    let mut it = Harness::new();
    it.press("/")
        .type_text("model nowhere/model")
        .press("enter");
    assert_eq!(it.app.notice.as_ref().unwrap().tone, Tone::Error);
    it.shows("nowhere");
    assert_eq!(it.app.session.choice.provider, "demo");
}

#[test]
fn a_provider_that_is_gone_is_said_to_be_gone_and_the_draft_stays() {
    let mut it = Harness::new();
    it.app.session.choice.provider = "gone".to_owned();
    it.say("hello");
    assert_eq!(it.effects(), []);
    it.shows("There is no provider “gone”; Ctrl+O switches");
    assert_eq!(it.app.composer.text(), "hello");
}

#[test]
fn a_parameter_that_the_model_refuses_is_refused_before_sending() {
    let mut it = Harness::with("model = \"tencent/minimax-m2.7\"\n[chat]\ntemperature = 1.5");
    it.say("a long draft");
    assert_eq!(it.effects(), []);
    let notice = it.app.notice.clone().unwrap();
    assert_eq!(notice.tone, Tone::Error);
    for fact in ["temperature", "1.5", "tencent/minimax-m2.7", "0 to 1"] {
        assert!(notice.text.contains(fact), "{}", notice.text);
    }
    assert_eq!(it.app.composer.text(), "a long draft");
    assert!(it.app.conversation.is_empty());
}

#[test]
fn a_parameter_that_the_model_refuses_is_not_even_set() {
    let mut it = Harness::with("model = \"tencent/minimax-m2.7\"");
    it.press("/")
        .type_text("set temperature 1.5")
        .press("enter")
        .shows("0 to 1");
    assert_eq!(it.app.session.params.temperature, None);
}

#[test]
fn a_queued_message_that_is_refused_comes_back_to_the_box() {
    let mut it = Harness::with("model = \"tencent/minimax-m2.7\"");
    it.say("one").say("two");
    it.app.session.params.temperature = Some(1.5);
    it.stream([answer("done")]).effects();
    it.end();
    assert_eq!(it.effects(), []);
    assert_eq!(it.app.composer.text(), "two");
}

#[test]
fn the_key_for_thinking_goes_round_the_modes_that_the_model_has() {
    use Thinking::{High, Low, Max, Medium, Xhigh};
    let mut it = Harness::new();
    it.press("alt-t").shows("thinking off");
    it.press("alt-t").shows("thinking on");
    it.press("/")
        .type_text("model demo/minimax-m3.1-flash")
        .press("enter");
    let mut round = Vec::new();
    for _ in 0..6 {
        it.press("alt-t");
        round.push(it.app.session.thinking);
    }
    let start = round.iter().position(|mode| *mode == Low).unwrap();
    round.rotate_left(start);
    round.dedup();
    assert_eq!(round[..5], [Low, Medium, High, Xhigh, Max]);
}

#[test]
fn the_thinking_mode_goes_out_as_the_model_wants_it() {
    let mut it = Harness::new();
    it.press("alt-t").say("hello");
    let body = &it.requests()[0].body;
    assert_eq!(body["thinking"]["type"], "disabled");
    it.press("esc /")
        .type_text("model demo/minimax-m3.1-flash")
        .press("enter");
    it.press("/")
        .type_text("think xhigh")
        .press("enter")
        .say("hello");
    assert_eq!(it.requests()[0].body["reasoning_effort"], "xhigh");
}

#[test]
fn a_model_that_always_thinks_says_so_and_can_not_be_switched_off() {
    let mut it = Harness::new();
    it.press("/")
        .type_text("model demo/minimax-m2.7")
        .press("enter");
    it.shows("thinking always on");
    it.press("alt-t").shows("always thinks");
    it.press("/").type_text("think off").press("enter");
    it.shows("has no thinking mode “off”");
    assert_eq!(it.app.session.thinking, Thinking::On);
}

#[test]
fn a_model_without_thinking_says_so() {
    let mut it = Harness::with("model = \"test/silent\"");
    it.shows("thinking off");
    it.press("alt-t").shows("does not think");
    it.say("hello");
    assert_eq!(it.requests().len(), 1);
}

#[test]
fn a_server_that_ignores_off_is_found_out() {
    let mut it = Harness::new();
    it.press("alt-t")
        .say("hello")
        .stream([reasoning("all the same")]);
    it.shows("thinking on (off was ignored)");
    it.stream([answer("yes")]).end();
    it.shows("thinking on (off was ignored)");
}

#[test]
fn the_header_names_the_model_that_was_served() {
    let mut it = Harness::new();
    it.say("hello");
    it.stream([Delta::Served("minimax-m2.5-cheap".to_owned())]);
    it.shows("demo (offline) · minimax-m2.5-cheap · thinking on");
    it.stream([answer("hi")]).end();
    it.press("ctrl-o").type_text("demo m2.7").press("enter esc");
    it.shows("demo (offline) · minimax-m2.7 ·");
}

#[test]
fn the_next_model_and_the_next_provider_are_a_key_away() {
    let mut it = Harness::new();
    it.press("alt-m");
    assert_eq!(it.app.session.choice.to_string(), "demo/minimax-m2.7");
    it.press("alt-m alt-m");
    assert_eq!(it.app.session.choice.to_string(), "demo/minimax-m3");
    it.press("alt-p");
    assert_ne!(it.app.session.choice.provider, "demo");
}

#[test]
fn the_next_provider_is_one_with_a_key_and_keeps_the_model() {
    let mut it = Harness::with("model = \"tencent/minimax-m2.7\"");
    it.app.keyed = ["tencent", "openrouter"].map(str::to_owned).into();
    it.press("alt-p");
    assert_eq!(
        it.app.session.choice.to_string(),
        "openrouter/minimax/minimax-m2.7"
    );
    it.press("alt-p");
    assert_eq!(it.app.session.choice.to_string(), "tencent/minimax-m2.7");
}

#[test]
fn a_model_without_a_key_can_be_picked_and_says_which_variable_is_missing() {
    let mut it = Harness::new();
    it.app.keyed.clear();
    it.press("ctrl-o").type_text("minimax/MiniMax-M3");
    it.shows("no key");
    it.press("enter").shows("set MINIMAX_API_KEY");
}

#[test]
fn the_picker_opens_at_the_model_in_use() {
    let mut it = Harness::with("model = \"demo/minimax-m2.7\"");
    it.press("ctrl-o");
    let Some(Overlay::Models(picker)) = &it.app.overlay else {
        panic!("no picker");
    };
    let title = &picker.selected().unwrap().title;
    assert_eq!(title, "demo/minimax-m2.7");
    it.shows("› demo/minimax-m2.7");
    it.press("enter").shows("demo (offline) · minimax-m2.7");
}

#[test]
fn switching_in_the_middle_of_a_reply_leaves_the_reply_alone() {
    let mut it = Harness::new();
    it.say("hello").stream([answer("half")]);
    it.press("alt-m").stream([answer(" and half")]).end();
    it.shows("half and half");
    let turn = it.app.conversation.last().unwrap();
    assert_eq!(turn.asked.model, "minimax-m3");
    assert_eq!(it.app.session.choice.model, "minimax-m2.7");
}

#[test]
fn few_tokens_with_thinking_are_warned_about_and_sent() {
    let mut it = Harness::new();
    it.press("/").type_text("set max_tokens 64").press("enter");
    it.say("hello");
    assert_eq!(it.requests().len(), 1);
    it.shows("reasoning and answer share it");
}
