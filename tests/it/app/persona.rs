//! Personas, the system prompt and templates, from what is typed to what is sent.

use mmchat::app::Msg;
use mmchat::app::library::{Change, Head, StoredConversation};
use mmchat::chat::{ConversationId, Thinking};
use serde_json::Value;

use crate::harness::Harness;

const CONFIG: &str = r#"
[chat]
system_prompt = "Usual."
temperature = 0.7

[personas.reviewer]
system_prompt = "You review."
model = "test/silent"
temperature = 0.2

[personas.bare]
thinking = "off"

[templates.translate]
description = "Translate a text"
prompt = "Into {{language}}: {{text}}"
"#;

/// The messages of the next request, and what else is in its body.
fn sent(it: &mut Harness) -> Value {
    let request = it.requests().pop().expect("a request");
    request.body
}

fn head(it: &mut Harness) -> Head {
    let heads = it.changes().into_iter().filter_map(|change| match change {
        Change::Head(head) => Some(*head),
        _ => None,
    });
    heads.last().expect("what is known of the conversation")
}

#[test]
fn a_persona_brings_its_prompt_model_and_parameters_and_is_shown_and_kept() {
    let mut it = Harness::with(CONFIG);
    it.say("/persona reviewer")
        .shows("Persona reviewer from the next message on: test/silent")
        .shows("temperature 0.2")
        .shows("· reviewer");
    it.say("look");
    let body = sent(&mut it);
    assert_eq!(body["model"], "silent");
    assert_eq!(body["temperature"], 0.2);
    assert_eq!(body["messages"][0]["content"], "You review.");
    let kept = head(&mut it);
    assert_eq!(kept.persona, "reviewer");
    assert_eq!(kept.system_prompt, "You review.");
}

#[test]
fn new_conversations_go_on_with_the_persona_until_it_is_taken_off() {
    let mut it = Harness::with(CONFIG);
    it.say("/persona reviewer").say("/new").shows("· reviewer");
    assert_eq!(it.app.conversation.system_prompt, "You review.");
    it.say("/persona none")
        .shows("No persona from the next message on")
        .hides("· reviewer");
    assert_eq!(it.app.conversation.system_prompt, "Usual.");
    assert_eq!(it.app.session.params.temperature, Some(0.7));
    assert_eq!(it.app.session.choice.model, "silent");
}

#[test]
fn what_a_persona_leaves_out_is_as_in_the_configuration_and_what_is_said_later_wins() {
    let mut it = Harness::with(CONFIG);
    it.say("/set temperature 0.9").say("/persona bare");
    assert_eq!(it.app.session.params.temperature, Some(0.7));
    assert_eq!(it.app.session.thinking, Thinking::Off);
    assert_eq!(it.app.conversation.system_prompt, "Usual.");
    it.say("/think on").say("/system Mine.").hides("· bare");
    assert_eq!(it.app.session.thinking, Thinking::On);
    assert_eq!(it.app.conversation.system_prompt, "Mine.");
}

#[test]
fn personas_are_picked_from_a_list_and_an_unknown_one_is_told_with_the_nearest() {
    let mut it = Harness::with(CONFIG);
    it.say("/persona").shows("reviewer").shows("You review.");
    it.type_text("bar").press("enter").shows("· bare");
    it.say("/persona reviever")
        .shows("There is no persona “reviever”. Did you mean reviewer?");
    it.press("ctrl-p")
        .type_text("review")
        .shows("/persona reviewer");
    it.press("enter").shows("· reviewer");
    let mut it = Harness::new();
    it.say("/persona x").shows("There are no personas");
    it.say("/persona").shows("There are no personas");
}

#[test]
fn a_kept_conversation_keeps_the_prompt_that_it_had() {
    let mut it = Harness::with(CONFIG);
    it.exchange("first", "", "answer one");
    let mut kept = StoredConversation {
        head: Head {
            id: ConversationId(7),
            title: "Old".to_owned(),
            system_prompt: "You reviewed.".to_owned(),
            persona: "reviewer".to_owned(),
            ..Head::default()
        },
        conversation: it.app.conversation.clone(),
        draft: String::new(),
        attached: Vec::new(),
    };
    kept.conversation.system_prompt = "You reviewed.".to_owned();
    let mut it = Harness::with(CONFIG);
    let ticket = it.opens_the_last();
    it.tell(Msg::Loaded(ticket, Ok(Some(Box::new(kept)))));
    it.shows("answer one").shows("· reviewer");
    it.say("more");
    assert_eq!(sent(&mut it)["messages"][0]["content"], "You reviewed.");
}

#[test]
fn the_system_prompt_is_shown_in_the_box_changed_over_several_lines_and_taken_off() {
    let mut it = Harness::with(CONFIG);
    it.say("/system").shows("/system Usual.");
    it.press("alt-enter").type_text("Briefly.").press("enter");
    assert_eq!(it.app.conversation.system_prompt, "Usual.\nBriefly.");
    it.say("/system -").shows("No system prompt");
    it.say("hello");
    assert_eq!(sent(&mut it)["messages"][0]["role"], "user");
    it.connected().end();
    it.say("/system").shows("There is no system prompt");
    it.type_text("Short.")
        .press("enter")
        .press("f1")
        .press("esc");
    assert_eq!(it.app.conversation.system_prompt, "Short.");
    assert_eq!(head(&mut it).system_prompt, "Short.");
}

#[test]
fn a_template_is_filled_in_and_sent() {
    let mut it = Harness::with(CONFIG);
    it.say("/translate German Good morning");
    let body = sent(&mut it);
    let last = body["messages"].as_array().unwrap().last().unwrap();
    assert_eq!(last["content"], "Into German: Good morning");
}

#[test]
fn a_template_that_lacks_something_waits_in_the_box_for_it() {
    let mut it = Harness::with(CONFIG);
    it.type_text("keep me").press("ctrl-p").type_text("transl");
    it.shows("Translate a text");
    it.press("enter");
    it.shows("Into {{language}}: {{text}}")
        .shows("/translate: write what goes into {{language}}, {{text}}");
    assert!(it.requests().is_empty());
    // The first place is selected: what is typed takes it.
    it.type_text("French").shows("Into French: {{text}}");
    it.press("ctrl-c up").shows("Into French");
    it.press("up").shows("keep me");
}

#[test]
fn a_template_that_looks_like_a_command_is_a_message() {
    let mut it = Harness::with("[templates.loop]\nprompt = \"/loop {{x}}\"\n");
    it.say("/loop again");
    let body = sent(&mut it);
    let last = body["messages"].as_array().unwrap().last().unwrap();
    assert_eq!(last["content"], "/loop again");
}
