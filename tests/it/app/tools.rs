//! Tools: calls are checked, asked about, run and sent back.

use std::time::Duration;

use mmchat::app::library::{Change, Listed, Which};
use mmchat::app::toolkit::{Runner, ToolJob};
use mmchat::app::{Effect, Msg};
use mmchat::chat::{CallId, CallState, Delta, Finish, Ids, ToolDelta, TurnState, Usage};
use mmchat::store::tally::Group;
use mmchat::store::{Shelf, export};
use serde_json::{Value, json};

use crate::harness::{Harness, answer, reasoning};

const CONFIG: &str = r#"
model = "test/silent"

[chat]
max_tool_rounds = 2

[tools.get_weather]
description = "Weather of a city"
command = ["weather", "--json", "two words"]
parameters = { type = "object", properties = { city = { type = "string" } }, required = ["city"], additionalProperties = false }
timeout_seconds = 7
env = ["PATH"]

[tools.now]
command = ["date"]
approve = "always"

[providers.bare]
dialect = "openai"
base_url = "http://127.0.0.1:9/v1"
[[providers.bare.models]]
id = "no-tools"
tools = false

[tools.format_disk]
command = ["mkfs"]
approve = "never"
"#;

const REST: Duration = Duration::from_millis(301);

fn call(slot: usize, name: &str, arguments: &str) -> Delta {
    Delta::Tool(ToolDelta {
        slot,
        id: Some(format!("id-{slot}")),
        name: Some(name.to_owned()),
        arguments: arguments.to_owned(),
        snapshot: false,
    })
}

/// A message whose reply ends with these calls.
fn asked(harness: &mut Harness, calls: &[(&str, &str)]) {
    let calls = calls.iter().enumerate();
    let calls = calls.map(|(slot, (name, arguments))| call(slot, name, arguments));
    let calls: Vec<Delta> = calls.collect();
    harness.say("How is it in Paris?").connected();
    harness.effects();
    harness.stream([reasoning("I look it up."), answer("Let me see.")]);
    harness
        .stream(calls)
        .stream([Delta::Finish(Finish::ToolCalls)])
        .end();
}

/// The user has looked at the card for long enough.
fn rest(harness: &mut Harness) {
    harness.wait(Duration::ZERO).wait(REST);
}

/// The jobs that were started since effects were last taken.
fn jobs(harness: &mut Harness) -> Vec<(CallId, ToolJob)> {
    let started = |effect| match effect {
        Effect::RunTool(id, job) => Some((id, *job)),
        _ => None,
    };
    harness.effects().into_iter().filter_map(started).collect()
}

fn states(harness: &Harness) -> Vec<CallState> {
    let turn = harness.app.conversation.last().unwrap();
    turn.reply
        .calls
        .iter()
        .map(|call| call.state.clone())
        .collect()
}

/// The body of the one request that was sent since effects were last taken.
fn next_body(harness: &mut Harness) -> Value {
    let requests = harness.requests();
    assert_eq!(requests.len(), 1, "one request");
    requests[0].body.clone()
}

#[test]
fn all_rounds_are_counted_but_only_the_last_one_fills_the_window() {
    let mut harness = Harness::with(CONFIG);
    let usage = |input, output| {
        Delta::Usage(Usage {
            input_tokens: Some(input),
            output_tokens: Some(output),
            cost_usd: Some(0.25),
            ..Usage::default()
        })
    };
    harness.say("What time is it?").connected();
    harness
        .stream([
            call(0, "now", "{}"),
            usage(1_000, 200),
            Delta::Finish(Finish::ToolCalls),
        ])
        .end();
    rest(&mut harness);
    let started = jobs(&mut harness);
    harness.tell(Msg::ToolDone(started[0].0, Ok("noon".to_owned())));
    harness.connected();
    harness
        .stream([
            answer("Noon."),
            usage(1_300, 100),
            Delta::Finish(Finish::Stop),
        ])
        .end();
    harness.shows("ctx 1.4k").shows("$0.50");
    let home = tempfile::tempdir().unwrap();
    let (mut shelf, _) = Shelf::open(home.path()).unwrap();
    shelf.change(&harness.changes()).unwrap();
    let tallies = shelf.tallies().unwrap();
    assert_eq!(tallies[0].tally.usage.input_tokens, Some(2_300));
    assert_eq!(tallies[0].tally.usage.output_tokens, Some(300));
    // What is read back knows the sum, and does not take it for what fills the window.
    let kept = shelf.load(Which::Last).unwrap().unwrap();
    let turn = kept.conversation.last().unwrap();
    assert_eq!(turn.reply.total_usage().input_tokens, Some(2_300));
    assert_eq!(turn.reply.usage.context_tokens(), None);
    let json = export::to_json(&kept, export::Reasoning::With);
    assert_eq!(json["turns"][0]["usage"]["output_tokens"], 300);
    let again = export::from_json(&json, &mut Ids::new(1)).unwrap();
    let turn = again.conversation.last().unwrap();
    assert_eq!(turn.reply.total_usage().output_tokens, Some(300));
}

#[test]
fn phases_are_timed_over_all_rounds_without_what_tools_and_people_take() {
    let second = Duration::from_secs(1);
    let mut harness = Harness::with(CONFIG);
    harness.say("What time is it?").wait(second).connected();
    harness.stream([reasoning("Hm.")]).wait(second * 2);
    harness.stream([answer("Let me see.")]).wait(second);
    harness
        .stream([call(0, "now", "{}"), Delta::Finish(Finish::ToolCalls)])
        .end();
    rest(&mut harness);
    let started = jobs(&mut harness);
    // The tool takes a minute.
    harness.wait(second * 60);
    harness.tell(Msg::ToolDone(started[0].0, Ok("noon".to_owned())));
    harness.connected().stream([reasoning("So.")]).wait(second);
    harness.stream([answer("Noon.")]).wait(second * 3);
    let usage = Usage {
        input_tokens: Some(10),
        output_tokens: Some(70),
        reasoning_tokens: Some(30),
        ..Usage::default()
    };
    harness
        .stream([Delta::Usage(usage), Delta::Finish(Finish::Stop)])
        .end();
    harness.shows("thought 3.0 s").shows("10 tok/s");
    let home = tempfile::tempdir().unwrap();
    let (mut shelf, _) = Shelf::open(home.path()).unwrap();
    shelf.change(&harness.changes()).unwrap();
    let kept = shelf.load(Which::Last).unwrap().unwrap();
    let timing = kept.conversation.last().unwrap().timing;
    assert_eq!(
        (timing.thinking, timing.answering),
        (Some(second * 3), Some(second * 4))
    );
    assert_eq!(
        (timing.connected, timing.first_reasoning),
        (Some(second), Some(second))
    );
    assert_eq!(timing.first_answer, Some(second * 3));
    assert!(timing.end > Some(second * 68));
    let again = export::to_json(&kept, export::Reasoning::With);
    let again = export::from_json(&again, &mut Ids::new(1)).unwrap();
    assert_eq!(again.conversation.last().unwrap().timing, timing);
    let tally = &shelf.tallies().unwrap()[0].tally;
    assert_eq!(
        (tally.thinking.tokens, tally.thinking.time),
        (30, second * 3)
    );
    assert_eq!(
        (tally.answering.tokens, tally.answering.time),
        (40, second * 4)
    );
    let waits = shelf.waits(Group::All).unwrap()[""];
    assert_eq!(waits.first_answer.median, Some(second * 3));
    assert_eq!(waits.connected.ninth, Some(second));
}

/// The lines of the screen that hold one of these, in order.
fn order<'a>(harness: &Harness, of: &[&'a str]) -> Vec<&'a str> {
    let screen = harness.screen();
    let found = |line: &str| of.iter().copied().find(|text| line.contains(text));
    screen.lines().filter_map(found).collect()
}

#[test]
fn cards_stand_between_the_texts_that_they_were_asked_for_with() {
    let mut harness = Harness::with(CONFIG);
    let round = |harness: &mut Harness, said: &str, result: &str| {
        harness.stream([
            answer(said),
            call(0, "now", "{}"),
            Delta::Finish(Finish::ToolCalls),
        ]);
        harness.end();
        rest(harness);
        let started = jobs(harness);
        harness.tell(Msg::ToolDone(started[0].0, Ok(result.to_owned())));
        harness.connected();
    };
    harness.say("What time is it?").connected();
    round(&mut harness, "First I look.", "it is noon");
    let parts = [
        "First I look",
        "it is noon",
        "Then I look",
        "it is one",
        "So it is.",
    ];
    assert_eq!(order(&harness, &parts), parts[..2]);
    round(&mut harness, "Then I look again.", "it is one");
    assert_eq!(order(&harness, &parts), parts[..4]);
    harness
        .stream([answer("So it is."), Delta::Finish(Finish::Stop)])
        .end();
    assert_eq!(order(&harness, &parts), parts);
    // A blank row on either side, and no two of them.
    let screen = harness.screen();
    let rows: Vec<&str> = screen
        .lines()
        .skip_while(|line| !line.contains("First I look"))
        .map(|line| line.rsplit('│').nth(1).unwrap_or_default().trim())
        .take(9)
        .collect();
    let [_, "", tool, noon, "", _, "", _, one] = rows.as_slice() else {
        panic!("{rows:?}");
    };
    assert!(tool.contains("⚙ now") && noon.ends_with("it is noon") && one.ends_with("it is one"));

    let home = tempfile::tempdir().unwrap();
    let (mut shelf, _) = Shelf::open(home.path()).unwrap();
    shelf.change(&harness.changes()).unwrap();
    let kept = shelf.load(Which::Last).unwrap().unwrap();
    let json = export::to_json(&kept, export::Reasoning::With);
    let imported = export::from_json(&json, &mut Ids::new(1)).unwrap();
    for kept in [&kept, &imported] {
        let text = export::plain(kept, export::Reasoning::With);
        let html = export::html(kept, export::Reasoning::With, &|_| None);
        for text in [text, html] {
            let places = parts.map(|part| text.find(part));
            assert!(
                places.is_sorted() && places[0].is_some(),
                "{places:?} in {text}"
            );
        }
    }
    let mut again = Harness::with(CONFIG);
    let row = Listed {
        id: kept.head.id,
        ..super::history::listed(1, "What time is it?", 1)
    };
    super::history::open_with(&mut again, vec![row]);
    again.press("enter");
    let load = |effect| match effect {
        Effect::Load { ticket, .. } => Some(ticket),
        _ => None,
    };
    // The one before it was for the preview.
    let ticket = again.effects().into_iter().filter_map(load).last();
    again.tell(Msg::Loaded(ticket.unwrap(), Ok(Some(Box::new(kept)))));
    assert_eq!(order(&again, &parts), parts);
}

#[test]
fn a_tool_is_offered_asked_about_run_and_its_result_sent_back() {
    let mut harness = Harness::with(CONFIG);
    harness.shows("tools 2");
    harness.say("How is it in Paris?");
    let body = next_body(&mut harness);
    let names: Vec<&str> = body["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["function"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["get_weather", "now"],
        "what never runs is not offered"
    );
    harness.connected();
    harness.stream([
        answer("Let me see."),
        call(0, "get_weather", "{\"city\": \"Par"),
    ]);
    harness.shows("being written");
    harness
        .stream([call(0, "", "is\"}"), Delta::Finish(Finish::ToolCalls)])
        .end();
    harness
        .shows("Run get_weather?")
        .shows("\"city\": \"Paris\"");
    harness
        .shows("runs: weather --json 'two words'")
        .shows("waiting for your answer");
    rest(&mut harness);
    harness.press("y");
    let started = jobs(&mut harness);
    let [(id, job)] = started.as_slice() else {
        panic!("{started:?}");
    };
    assert_eq!(job.arguments, r#"{"city":"Paris"}"#);
    assert_eq!(
        job.runner,
        Runner::Program {
            command: vec!["weather".into(), "--json".into(), "two words".into()],
            env: vec!["PATH".into()],
            timeout: Duration::from_secs(7),
        }
    );
    harness
        .hides("Run get_weather?")
        .shows("running get_weather");
    harness.wait(Duration::from_secs(2));
    harness.shows("running 2.0 s");
    harness.tell(Msg::ToolDone(*id, Ok("sunny\n".to_owned())));
    harness.shows("done 2.0 s").shows("sunny");
    let body = next_body(&mut harness);
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": "How is it in Paris?"},
            {"role": "assistant", "content": "Let me see.", "tool_calls": [{"id": "id-0",
                "type": "function", "function": {"name": "get_weather", "arguments": "{\"city\": \"Paris\"}"}}]},
            {"role": "tool", "tool_call_id": "id-0", "content": "sunny\n"},
        ])
    );
    assert_eq!(body["tools"].as_array().unwrap().len(), 2);
    harness.connected();
    harness
        .stream([answer("It is sunny."), Delta::Finish(Finish::Stop)])
        .end();
    let turn = harness.app.conversation.last().unwrap();
    assert_eq!(turn.state, TurnState::Done);
    // The card of the call stands between the texts of both rounds.
    let screen = harness.screen();
    let at = |text: &str| {
        screen
            .find(text)
            .unwrap_or_else(|| panic!("{text}: {screen}"))
    };
    assert!(at("Let me see.") < at("⚙ get_weather") && at("⚙ get_weather") < at("It is sunny."));
    harness.say("And now?");
    assert_eq!(
        next_body(&mut harness)["messages"],
        json!([
            {"role": "user", "content": "How is it in Paris?"},
            {"role": "assistant", "content": "Let me see.\n\nIt is sunny."},
            {"role": "user", "content": "And now?"},
        ]),
        "across turns it is content only"
    );
}

#[test]
fn keys_typed_before_the_card_was_seen_do_not_count() {
    let mut harness = Harness::with(CONFIG);
    harness.say("How is it?").connected();
    harness.stream([
        call(0, "get_weather", r#"{"city":"Paris"}"#),
        Delta::Finish(Finish::ToolCalls),
    ]);
    let turn = harness.live();
    harness.effects();
    // The reply ends and the key comes before any frame.
    harness.tell_unseen(Msg::Ended(turn));
    harness.tell_unseen(Msg::Key(crate::harness::key("y")));
    assert_eq!(jobs(&mut harness).len(), 0);
    harness.draw();
    for _ in 0..3 {
        harness.wait(Duration::from_millis(200)).press("y");
        assert_eq!(jobs(&mut harness).len(), 0, "the keyboard has not rested");
    }
    assert_eq!(
        harness.app.composer.text(),
        "yyyy",
        "who types goes on typing"
    );
    harness.wait(REST).press("y");
    assert_eq!(jobs(&mut harness).len(), 1);
    assert_eq!(harness.app.composer.text(), "yyyy");
}

#[test]
fn a_card_wakes_the_loop_to_start_its_clock_and_then_sleeps() {
    let mut harness = Harness::with(CONFIG);
    asked(&mut harness, &[("get_weather", r#"{"city":"Paris"}"#)]);
    assert!(harness.app.wake_at().is_some());
    harness.wait(Duration::ZERO);
    assert_eq!(
        harness.app.wake_at(),
        None,
        "nothing moves while the user thinks"
    );
}

#[test]
fn always_is_for_the_same_arguments_only() {
    let mut harness = Harness::with(CONFIG);
    asked(&mut harness, &[("get_weather", r#"{"city":"Paris"}"#)]);
    rest(&mut harness);
    harness.press("a");
    let (id, _) = jobs(&mut harness)[0].clone();
    harness
        .tell(Msg::ToolDone(id, Ok("sunny".to_owned())))
        .connected();
    harness.effects();
    harness.stream([
        call(0, "get_weather", r#"{ "city": "Paris" }"#),
        call(1, "get_weather", r#"{"city":"Rome"}"#),
        Delta::Finish(Finish::ToolCalls),
    ]);
    harness.end();
    let (id, job) = jobs(&mut harness)[0].clone();
    assert_eq!(
        job.arguments, r#"{"city":"Paris"}"#,
        "the same again runs at once"
    );
    harness.shows("Run get_weather?").shows("Rome");
    harness.tell(Msg::ToolDone(id, Ok("sunny".to_owned())));
    assert_eq!(
        jobs(&mut harness).len(),
        0,
        "other arguments are asked about"
    );
    harness.press("esc");
    harness.press("ctrl-n");
    asked(&mut harness, &[("get_weather", r#"{"city":"Paris"}"#)]);
    assert_eq!(
        jobs(&mut harness).len(),
        0,
        "another conversation asks anew"
    );
}

#[test]
fn what_is_wrong_is_told_to_the_model_and_never_run() {
    let mut harness = Harness::with(CONFIG);
    asked(
        &mut harness,
        &[
            ("get_weather", r#"{"city": "Par"#),
            ("get_weather", r#"{"city": 7}"#),
            ("format_disk", "{}"),
            ("rm", "{}"),
        ],
    );
    assert_eq!(jobs(&mut harness).len(), 0);
    let turn = harness.live();
    let told: Vec<String> = harness
        .app
        .conversation
        .turn(turn)
        .unwrap()
        .reply
        .calls
        .iter()
        .map(mmchat::chat::ToolCall::result)
        .collect();
    for (told, why) in told.iter().zip([
        "incomplete",
        "city must be of type string",
        "no tool of that name",
        "no tool of that name",
    ]) {
        assert!(told.starts_with("Not run:") && told.contains(why), "{told}");
    }
    harness.shows("connecting").hides("Run ");
}

#[test]
fn a_wrong_call_alone_goes_back_at_once() {
    let mut harness = Harness::with(CONFIG);
    harness.say("q").connected();
    harness.effects();
    harness
        .stream([
            call(0, "rm", "{\"x\": \u{202e}"),
            Delta::Finish(Finish::ToolCalls),
        ])
        .end();
    let body = next_body(&mut harness);
    let call = &body["messages"][1]["tool_calls"][0]["function"];
    assert_eq!(
        call["arguments"], "{}",
        "broken JSON breaks servers that read it once more"
    );
    assert!(
        body["messages"][2]["content"]
            .as_str()
            .unwrap()
            .contains("now")
    );
}

#[test]
fn a_reply_that_was_cut_runs_nothing() {
    for finish in [Finish::Length, Finish::CutOff, Finish::ContentFilter] {
        let mut harness = Harness::with(CONFIG);
        harness.say("q").connected();
        harness.effects();
        harness
            .stream([call(0, "now", "{}"), Delta::Finish(finish)])
            .end();
        assert_eq!(jobs(&mut harness).len(), 0);
        assert!(harness.app.live.is_none());
        harness.shows("not run");
    }
}

#[test]
fn calls_run_one_after_the_other_in_order_and_results_keep_it() {
    let mut harness = Harness::with(CONFIG);
    asked(
        &mut harness,
        &[
            ("now", ""),
            ("get_weather", r#"{"city":"Oslo"}"#),
            ("now", "{}"),
        ],
    );
    let (first, _) = jobs(&mut harness)[0].clone();
    // Asked about while another one runs.
    harness.shows("Run get_weather?").shows("is next");
    rest(&mut harness);
    harness.press("n");
    assert_eq!(jobs(&mut harness).len(), 0);
    harness.tell(Msg::ToolDone(first, Err("no clock".to_owned())));
    let (third, _) = jobs(&mut harness)[0].clone();
    assert_eq!(third.index, 2);
    harness.tell(Msg::ToolDone(first, Ok("late".to_owned())));
    harness.tell(Msg::ToolDone(third, Ok("noon".to_owned())));
    let body = next_body(&mut harness);
    let results: Vec<&str> = body["messages"].as_array().unwrap()[2..]
        .iter()
        .map(|message| message["content"].as_str().unwrap())
        .collect();
    assert_eq!(
        results,
        ["Error: no clock", "Not run: the user said no.", "noon"]
    );
}

#[test]
fn esc_stops_the_turn_at_any_point_and_what_comes_later_changes_nothing() {
    let mut harness = Harness::with(CONFIG);
    asked(
        &mut harness,
        &[("now", "{}"), ("get_weather", r#"{"city":"Oslo"}"#)],
    );
    let (id, _) = jobs(&mut harness)[0].clone();
    rest(&mut harness);
    harness.press("esc");
    assert!(harness.effects().contains(&Effect::Cancel(id.turn)));
    let turn = harness.app.conversation.last().unwrap();
    assert_eq!(turn.state, TurnState::Stopped);
    assert!(matches!(
        states(&harness)[..],
        [CallState::Failed(_), CallState::Refused(_)]
    ));
    let before = harness.screen();
    harness.tell(Msg::ToolDone(id, Ok("late".to_owned())));
    assert_eq!(harness.screen(), before);
    assert!(harness.effects().is_empty());
    harness.shows("Let me see.").hides("Run get_weather?");
}

#[test]
fn the_rounds_of_a_turn_are_bounded() {
    let mut harness = Harness::with(CONFIG);
    harness.say("q").connected();
    for round in 0..3 {
        harness.effects();
        harness
            .stream([call(0, "now", "{}"), Delta::Finish(Finish::ToolCalls)])
            .end();
        let started = jobs(&mut harness);
        assert_eq!(started.len(), usize::from(round < 2), "round {round}");
        if let [(id, _)] = started.as_slice() {
            harness
                .tell(Msg::ToolDone(*id, Ok("noon".to_owned())))
                .connected();
        }
    }
    assert!(harness.app.live.is_none());
    assert!(
        harness.words().contains("chat.max_tool_rounds"),
        "{}",
        harness.screen()
    );
    assert_eq!(states(&harness).len(), 3);
}

#[test]
fn without_rounds_no_tools_are_offered_and_the_switch_says_why() {
    let mut harness = Harness::with(&CONFIG.replace("max_tool_rounds = 2", "max_tool_rounds = 0"));
    harness.say("q").hides("tools 2");
    assert!(harness.app.tools_on_offer().is_empty());
    harness.stream([answer("x")]).end();
    harness.type_text("/tools").press("enter");
    harness.type_text("/tools").press("enter");
    harness.shows("chat.max_tool_rounds is 0, so no tools are offered");
}

#[test]
fn a_flood_of_calls_is_cut_and_the_model_is_told() {
    let mut harness = Harness::with(CONFIG);
    let calls = [("now", "{}"); 50];
    asked(&mut harness, &calls);
    let mut ran = 0;
    while let [(id, _)] = jobs(&mut harness).as_slice() {
        ran += 1;
        harness.tell_unseen(Msg::ToolDone(*id, Ok("noon".to_owned())));
        if ran == 16 {
            break;
        }
    }
    let body = next_body(&mut harness);
    let messages = body["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2 + 50);
    assert!(
        messages[51]["content"]
            .as_str()
            .unwrap()
            .contains("only 16 calls")
    );
}

#[test]
fn arguments_are_edited_checked_and_shown_again_before_they_run() {
    let mut harness = Harness::with(CONFIG);
    asked(&mut harness, &[("get_weather", r#"{"city":"Paris"}"#)]);
    harness.type_text("dra");
    rest(&mut harness);
    harness
        .press("e")
        .shows("Arguments of get_weather")
        .hides("Run get_weather?");
    assert_eq!(harness.app.composer.text(), "{\n  \"city\": \"Paris\"\n}");
    harness.app.composer.set_text("{\"city\": 1}");
    harness
        .press("enter")
        .shows("Not taken")
        .shows("Arguments of get_weather");
    harness.app.composer.set_text("{\"city\": \"Rome\"}");
    harness
        .press("enter")
        .shows("Run get_weather?")
        .shows("with your arguments")
        .shows("Rome");
    assert_eq!(harness.app.composer.text(), "dra", "the draft is back");
    harness.press("y");
    assert_eq!(
        jobs(&mut harness).len(),
        0,
        "the changed card has not been seen yet"
    );
    rest(&mut harness);
    harness.press("y");
    let (id, job) = jobs(&mut harness)[0].clone();
    assert_eq!(job.arguments, r#"{"city":"Rome"}"#);
    harness.tell(Msg::ToolDone(id, Ok("warm".to_owned())));
    let body = next_body(&mut harness);
    let told = body["messages"][2]["content"].as_str().unwrap();
    assert!(
        told.contains("The user changed the arguments") && told.ends_with("warm"),
        "{told}"
    );
}

#[test]
fn the_draft_that_is_kept_is_never_the_arguments() {
    let mut harness = Harness::with(CONFIG);
    harness.say("How is it in Paris?").connected();
    harness.type_text("my draft");
    harness
        .stream([call(0, "get_weather", r#"{"city":"Paris"}"#)])
        .stream([Delta::Finish(Finish::ToolCalls)])
        .end();
    rest(&mut harness);
    harness
        .press("e")
        .type_text("x")
        .wait(Duration::from_secs(2));
    let drafts: Vec<String> = harness
        .changes()
        .into_iter()
        .filter_map(|change| match change {
            Change::Draft(_, text) if !text.is_empty() => Some(text),
            _ => None,
        })
        .collect();
    assert!(
        !drafts.is_empty() && drafts.iter().all(|text| text == "my draft"),
        "{drafts:?}"
    );
    harness.press("esc").shows("my draft");
}

#[test]
fn esc_leaves_the_arguments_as_they_were() {
    let mut harness = Harness::with(CONFIG);
    asked(&mut harness, &[("get_weather", r#"{"city":"Paris"}"#)]);
    rest(&mut harness);
    harness.press("e").type_text("x").press("esc");
    harness
        .shows("Run get_weather?")
        .hides("with your arguments");
    assert!(harness.app.live.is_some());
    assert_eq!(harness.app.composer.text(), "");
}

#[test]
fn a_card_hides_nothing_of_its_arguments_and_scrolls() {
    let mut harness = Harness::with(&CONFIG.replace(", additionalProperties = false", ""));
    let lines: Vec<String> = (0..60).map(|n| format!(r#","k{n}":"v{n}""#)).collect();
    let lines = lines.concat();
    let arguments = format!("{{\"city\":\"a\u{202e}b\u{200b}c\\u001b[2Jd\"{lines}}}");
    asked(&mut harness, &[("get_weather", &arguments)]);
    harness
        .shows(r#""city": "a\u202eb\u200bc\u001b[2Jd""#)
        .shows("more lines of arguments");
    harness.shows("y once");
    rest(&mut harness);
    harness.hides("\"k59\"");
    for _ in 0..100 {
        harness.press("down");
    }
    harness.shows("\"k59\": \"v59\"").shows("above");
    harness.press("up").shows("1 more lines");
}

#[test]
fn the_card_is_there_at_every_size_and_with_every_panel() {
    for (cols, rows) in [(120, 40), (80, 24), (60, 20), (40, 12), (20, 6)] {
        for keys in ["f5", "ctrl-t", "ctrl-t ctrl-t"] {
            let mut harness = Harness::with(CONFIG);
            harness.press(keys).resize(cols, rows);
            asked(&mut harness, &[("get_weather", r#"{"city":"Paris"}"#)]);
            assert!(
                harness.app.seen.card.is_some(),
                "{cols}×{rows}\n{}",
                harness.screen()
            );
            harness.shows(if rows > 6 { "y once" } else { "y a n e Esc" });
            rest(&mut harness);
            harness.press("y");
            assert_eq!(jobs(&mut harness).len(), 1);
        }
    }
}

#[test]
fn other_keys_go_where_they_always_go() {
    let mut harness = Harness::with(CONFIG);
    asked(&mut harness, &[("get_weather", r#"{"city":"Paris"}"#)]);
    rest(&mut harness);
    harness.press("ctrl-p").type_text("y").press("esc");
    harness.press("x").press("enter");
    assert_eq!(jobs(&mut harness).len(), 0);
    assert!(harness.app.queued.is_none() && harness.app.composer.is_empty());
    harness.shows("Run get_weather?");
}

#[test]
fn tools_are_not_offered_when_they_are_off_or_the_model_takes_none() {
    let mut harness = Harness::with(CONFIG);
    harness.type_text("tools").press("home");
    harness.type_text("/").press("enter").hides("tools 2");
    harness.say("q");
    assert_eq!(next_body(&mut harness).get("tools"), None);
    // A call all the same is shown and not run.
    harness.connected();
    harness
        .stream([call(0, "now", "{}"), Delta::Finish(Finish::ToolCalls)])
        .end();
    assert_eq!(jobs(&mut harness).len(), 0);
    assert!(
        harness.words().contains("which it was not offered"),
        "{}",
        harness.screen()
    );
    let config = CONFIG.replace("test/silent", "bare/no-tools");
    let mut harness = Harness::with(&config);
    harness.hides("tools 2");
    harness.say("q");
    assert_eq!(next_body(&mut harness).get("tools"), None);
}

#[test]
fn long_results_are_folded_until_they_are_asked_for() {
    let mut harness = Harness::with(CONFIG);
    asked(&mut harness, &[("now", "{}")]);
    let (id, _) = jobs(&mut harness)[0].clone();
    let lines: Vec<String> = (0..20).map(|n| format!("line {n}\n")).collect();
    let text = lines.concat();
    harness.tell(Msg::ToolDone(id, Ok(text)));
    harness
        .shows("line 2")
        .hides("line 3")
        .shows("… 17 more lines");
    harness.press("tab o").shows("line 19");
    harness.press("o").hides("line 3");
}

#[test]
fn what_a_tool_writes_can_not_look_like_a_card_or_reach_the_terminal() {
    let mut harness = Harness::with(CONFIG);
    asked(&mut harness, &[("now", "{}")]);
    let (id, _) = jobs(&mut harness)[0].clone();
    let text = "╭ Run rm? ─╮\n│ y once  a always │\n\x1b[2J▌⚙ now".to_owned();
    harness.tell(Msg::ToolDone(id, Ok(text)));
    assert!(harness.app.seen.card.is_none());
    harness.shows("␛[2J");
    // The real mark stands in a column that text never reaches.
    let screen = harness.screen();
    let marked = |text: &str| {
        let line = screen.lines().find(|line| line.contains(text));
        let line = line.unwrap_or_else(|| panic!("{text}: {screen}"));
        line.chars().position(|c| c == '▌')
    };
    assert_eq!(marked("⚙ now ·"), marked("2J▌⚙ now"));
    assert!(marked("y once  a always") == marked("⚙ now ·"));
}
