//! What the model gets to see: the gauge, turns left out and pinned, the preview, ways to make room.

use mmchat::app::library::StoredConversation;
use mmchat::app::{Effect, Msg};
use mmchat::chat::{Delta, Failure, FailureKind, Finish, Standing, Usage};
use serde_json::Value;

use crate::harness::{Harness, answer, reasoning};

/// A model with a window of 32,000 tokens.
const SMALL: &str = "model = \"test/lab/model:one+two\"";

fn usage(input: u64, output: u64, reasoning: u64) -> Delta {
    Delta::Usage(Usage {
        input_tokens: Some(input),
        output_tokens: Some(output),
        reasoning_tokens: Some(reasoning),
        ..Usage::default()
    })
}

/// What is said in a request: role and text.
fn said(body: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let messages = body["messages"].as_array().unwrap().iter();
    messages
        .map(|message| (text(&message["role"]), text(&message["content"])))
        .collect()
}

/// An exchange whose answer has so many tokens, by the usual rates.
fn long_exchange(it: &mut Harness, prompt: &str, tokens: usize) {
    it.say(prompt).connected();
    it.stream([answer(&"word".repeat(tokens)), Delta::Finish(Finish::Stop)]);
    it.end();
}

#[test]
fn turns_that_are_left_out_are_marked_and_not_sent() {
    let mut it = Harness::new();
    it.exchange("one", "", "A1").exchange("two", "", "A2");
    it.exchange("three", "", "A3").effects();
    it.press("alt-up tab x").shows("left out of what is sent");
    it.say("four");
    let requests = it.requests();
    let texts: Vec<_> = said(&requests[0].body);
    let texts: Vec<_> = texts.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["one", "A1", "three", "A3", "four"]);
    it.stream([answer("A4")]).end().shows("A2");
    it.press("alt-up alt-up tab x").hides("left out");
    it.say("five");
    assert_eq!(said(&it.requests()[0].body).len(), 9);
}

#[test]
fn the_gauge_is_an_estimate_again_once_turns_are_left_out() {
    let mut it = Harness::with(SMALL);
    it.say("one")
        .stream([answer("A1"), usage(6_000, 100, 0)])
        .end();
    it.say("two")
        .stream([answer("A2"), usage(6_200, 100, 0)])
        .end();
    it.shows("ctx ▓░░ 6.3k/32k");
    it.press("alt-up tab x").press("esc");
    let gauge = it.app.gauge().unwrap();
    assert!(!gauge.reported && gauge.used_tokens < 6_000, "{gauge:?}");
}

/// A reply that was stopped, after one that has taught how many tokens its characters make.
fn stopped_after_a_lesson() -> Harness {
    let mut it = Harness::with(SMALL);
    let said = "word ".repeat(200);
    it.say("one")
        .stream([reasoning(&said), answer(&said), usage(100, 1_000, 500)])
        .end();
    it.say("two")
        .stream([reasoning(&"hm ".repeat(300)), answer("An answ")])
        .press("esc");
    it
}

#[test]
fn a_stopped_reply_counts_the_same_however_one_came_to_it() {
    let mut it = stopped_after_a_lesson();
    let stopped = it.app.gauge().unwrap();
    assert!(
        !stopped.reported && stopped.used_tokens > 500,
        "{stopped:?}"
    );
    it.press("tab tab x x");
    assert_eq!(it.app.gauge(), Some(stopped), "left out and sent again");

    let conversation = it.app.conversation.clone();
    let mut later = Harness::with(SMALL);
    let ticket = later.opens_the_last();
    let kept = StoredConversation {
        conversation,
        head: it.app.keeping.head.clone(),
        ..StoredConversation::default()
    };
    later.tell(Msg::Loaded(ticket, Ok(Some(Box::new(kept)))));
    assert_eq!(later.app.gauge(), Some(stopped), "opened again");
}

#[test]
fn the_estimate_comes_nearer_with_each_report() {
    let mut it = Harness::with(SMALL);
    let text = "some words of an answer ".repeat(60);
    let mut errors = Vec::new();
    for turn in 0..5 {
        it.say(&format!("question {turn}"));
        it.stream([answer(&text)]);
        // This model makes a token of every two characters: twice as many as the usual one.
        let truth = u64::try_from(text.len() / 2).unwrap();
        let (estimate, _) = it.app.conversation.last().unwrap().output_tokens();
        errors.push(estimate.abs_diff(truth));
        it.stream([usage(0, truth, 0), Delta::Finish(Finish::Stop)])
            .end();
    }
    assert!(
        errors.windows(2).all(|pair| pair[1] < pair[0]),
        "{errors:?}"
    );
    assert!(errors[4] * 20 < errors[0], "{errors:?}");
}

#[test]
fn hidden_reasoning_teaches_nothing_about_the_answer() {
    let mut it = Harness::with(SMALL);
    let text = "word".repeat(400);
    it.say("q")
        .stream([answer(&text), usage(0, 5_400, 5_000)])
        .end();
    it.say("again").stream([answer(&text)]);
    let (estimate, reported) = it.app.conversation.last().unwrap().output_tokens();
    assert_eq!((estimate, reported), (400, false));
}

#[test]
fn a_window_that_fills_up_is_told_once_at_each_step() {
    let mut it = Harness::with(SMALL);
    long_exchange(&mut it, "one", 20_000);
    it.hides("% full");
    long_exchange(&mut it, "two", 6_500);
    it.shows("is 82 % full; Alt+W makes room");
    it.press("x backspace");
    it.press("ctrl-l");
    long_exchange(&mut it, "three", 500);
    it.hides("84 % full");
    long_exchange(&mut it, "four", 4_000);
    it.shows("96 % full");
}

#[test]
fn a_message_to_a_full_window_waits_for_an_answer_to_the_question() {
    let mut it = Harness::with(SMALL);
    long_exchange(&mut it, "one", 15_000);
    long_exchange(&mut it, "two", 15_500);
    it.effects();
    it.say("three").shows("Room in the context window");
    it.shows("Start fresh with a summary")
        .shows("Leave the oldest turn out");
    assert!(it.requests().is_empty(), "nothing is sent silently");
    assert_eq!(it.app.composer.text(), "three");
    it.press("esc");
    assert_eq!(it.app.composer.text(), "three");
    it.press("enter").type_text("all the same").press("enter");
    assert_eq!(said(&it.requests()[0].body).len(), 5);
    it.stream([answer("ok")]).end();
    it.say("four").hides("Room in the context window");
}

#[test]
fn what_is_sent_all_the_same_is_not_held_back_by_an_estimate() {
    let mut it = Harness::with(SMALL);
    long_exchange(&mut it, "one", 17_000);
    long_exchange(&mut it, "two", 17_000);
    it.say("three").shows("Room in the context window");
    it.effects();
    it.type_text("all the same").press("enter");
    assert_eq!(said(&it.requests()[0].body).len(), 5, "over what it takes");
}

#[test]
fn the_oldest_turns_are_left_out_but_not_pinned_ones() {
    let mut it = Harness::with(SMALL);
    for turn in 1..=4 {
        long_exchange(&mut it, &format!("ask {turn}"), 7_000);
    }
    it.press("alt-up alt-up alt-up alt-up tab p")
        .shows("pinned");
    it.effects();
    it.press("alt-w").shows("Leave the 2 oldest turns out");
    it.type_text("leave").press("enter");
    it.shows("Left out the 2 oldest turns").shows("Alt+U");
    let standing: Vec<_> = it
        .app
        .conversation
        .path()
        .map(|turn| turn.standing)
        .collect();
    assert_eq!(
        standing,
        [
            Standing::Pinned,
            Standing::LeftOut,
            Standing::LeftOut,
            Standing::Sent
        ]
    );
    it.press("esc").say("next");
    let texts = said(&it.requests()[0].body);
    let prompts: Vec<_> = texts.iter().filter(|(role, _)| role == "user").collect();
    assert_eq!(prompts.len(), 3);
    it.stream([answer("ok")]).end();
    it.press("alt-u");
    assert!(
        it.app
            .conversation
            .path()
            .all(|turn| turn.standing != Standing::LeftOut)
    );
}

#[test]
fn the_preview_is_what_enter_sends() {
    let mut it = Harness::with(SMALL);
    it.say("one");
    it.stream([
        reasoning(&"hm ".repeat(40)),
        answer("A1"),
        usage(10, 80, 70),
    ]);
    it.end().effects();
    it.type_text("two").press("alt-v");
    it.shows("The next request")
        .shows("POST http://127.0.0.1:9/v1/chat/completions");
    it.shows("that saves 70 tokens").hides("hm hm");
    it.press("y");
    let Some(Effect::Copy(copied)) = it.effects().pop() else {
        panic!("nothing was copied")
    };
    assert_eq!(it.app.composer.text(), "two", "nothing was sent");
    it.press("enter");
    let body: Value = serde_json::from_str(&copied).unwrap();
    assert_eq!(body, it.requests()[0].body);
}

#[test]
fn the_preview_masks_the_key_and_shows_none_where_none_is_sent() {
    let lab = "model = \"lab/m\"\n[providers.lab]\ndialect = \"openai\"\nbase_url = \"https://lab.example\"\n";
    for (provider, shown) in [
        (lab.to_owned(), false),
        (format!("{lab}api_key_env = \"LAB_KEY\"\n"), true),
    ] {
        let mut it = Harness::with(&provider);
        it.press("alt-v").shows("POST https://lab.example");
        let screen = it.screen();
        let is_shown = screen.contains("authorization: Bearer [key]");
        assert_eq!(is_shown, shown, "{screen}");
    }
}

#[test]
fn the_preview_of_an_empty_box_says_so_and_scrolls() {
    let mut it = Harness::sized(60, 20);
    it.exchange("one", "", &"many words ".repeat(300));
    it.press("/").type_text("preview").press("enter");
    it.shows("The next request").hides("(your next message)");
    it.hides("[key]");
    it.press("end").shows("(your next message)");
    it.press("home").shows("POST");
    it.press("esc").hides("POST");
}

#[test]
fn the_preview_tells_why_nothing_would_be_sent() {
    let mut it = Harness::with(SMALL);
    it.paste(&"word".repeat(40_000)).press("alt-v");
    it.shows("Nothing would be sent");
    assert!(it.app.overlay.is_none());
}

#[test]
fn the_model_gives_a_title_that_is_no_turn() {
    let mut it = Harness::new();
    it.exchange("How do I *boil* an egg?", "", "In water.");
    assert!(it.screen().starts_with(" How do I boil an egg?"));
    it.effects();
    it.press("/").type_text("title").press("enter");
    it.shows("looking for a title").shows("stop");
    let request = it.requests().remove(0);
    // The demo knows it by these words.
    let prompt = &said(&request.body)[0].1;
    assert!(prompt.starts_with("Give the conversation below a title"));
    assert!(prompt.contains("boil"));
    errand(&mut it, "“Boiling eggs”.");
    assert!(it.screen().starts_with(" Boiling eggs"), "{}", it.screen());
    assert_eq!(it.app.conversation.path().count(), 1);
    it.press("/").type_text("title Eggs & co").press("enter");
    assert!(it.screen().starts_with(" Eggs & co"));
}

/// The request that is no turn is answered.
fn errand(it: &mut Harness, text: &str) {
    use mmchat::app::Msg;
    use mmchat::chat::Progress;
    let id = it.app.errand.as_ref().unwrap().live.turn;
    it.tell(Msg::Progress(id, Progress::Connected));
    it.tell(Msg::Progress(id, Progress::Delta(answer(text))));
    it.tell(Msg::Ended(id));
}

#[test]
fn a_search_for_a_title_can_be_stopped_and_may_fail() {
    use mmchat::app::Msg;
    let mut it = Harness::new();
    it.exchange("one", "", "A1").effects();
    it.press("/").type_text("title").press("enter");
    let id = it.app.errand.as_ref().unwrap().live.turn;
    it.effects();
    it.press("esc");
    assert_eq!(it.effects(), [Effect::Cancel(id)]);
    it.hides("looking for a title");
    it.tell(Msg::Ended(id));
    it.press("/").type_text("title").press("enter");
    let id = it.app.errand.as_ref().unwrap().live.turn;
    let failure = Failure::new(FailureKind::Overloaded, "");
    it.tell(Msg::Failed(id, Box::new(failure)));
    it.shows("No title: The provider is overloaded.");
    assert!(it.screen().starts_with(" one"));
}

#[test]
fn a_message_stops_what_is_no_turn() {
    let mut it = Harness::new();
    it.exchange("one", "", "A1");
    it.press("/").type_text("title").press("enter");
    let id = it.app.errand.as_ref().unwrap().live.turn;
    it.effects();
    it.say("two");
    assert!(it.effects().contains(&Effect::Cancel(id)));
    assert!(it.app.errand.is_none() && it.app.live.is_some());
}

#[test]
fn a_fresh_start_carries_a_summary_that_was_seen_first() {
    let mut it = Harness::new();
    it.exchange("one", "SECRET", "A1").effects();
    it.type_text("and now?").press("alt-w").press("enter");
    let request = it.requests().remove(0);
    let texts = said(&request.body);
    assert_eq!(
        texts[..2],
        [
            ("user".into(), "one".into()),
            ("assistant".into(), "A1".into())
        ]
    );
    assert!(texts[2].1.starts_with("Summarize our conversation so far"));
    it.shows("Summary · Esc stops it");
    it.press("enter").shows("Summary ·");
    errand(&mut it, "We said **one**.");
    it.shows("We said one.").shows("Enter goes on with it");
    assert_eq!(it.app.conversation.path().count(), 1, "nothing changed yet");
    it.press("enter");
    assert!(it.app.conversation.is_empty());
    it.shows("one (continued)");
    let draft = it.app.composer.text();
    assert!(
        draft.contains("We said **one**.") && draft.ends_with("and now?"),
        "{draft}"
    );
    it.press("enter");
    let texts = said(&it.requests()[0].body);
    assert_eq!(texts.len(), 1);
    assert!(texts[0].1.contains("We said **one**.") && texts[0].1.ends_with("and now?"));
}

#[test]
fn a_summary_of_an_overfull_window_does_without_the_oldest_turns_and_says_so() {
    let mut it = Harness::with(SMALL);
    for turn in 1..=4 {
        long_exchange(&mut it, &format!("ask {turn}"), 9_000);
    }
    let before = it.app.conversation.clone();
    it.effects();
    it.press("/").type_text("summary").press("enter");
    let request = it.requests().remove(0);
    let texts = said(&request.body);
    assert_eq!(texts[0].1, "ask 3", "what does not fit stays out");
    assert_eq!(texts.len(), 5);
    it.shows("Without the 2 oldest turns: with more");
    assert_eq!(it.app.conversation, before, "they stay in for messages");
    errand(&mut it, "We asked.");
    it.shows("Without the 2 oldest turns").shows("We asked.");
    it.press("enter");
    assert!(it.app.composer.text().contains("We asked."));
}

#[test]
fn a_summary_of_one_turn_that_is_too_long_is_asked_for_all_the_same() {
    let mut it = Harness::with(SMALL);
    long_exchange(&mut it, "one", 34_000);
    it.effects();
    it.press("/").type_text("summary").press("enter");
    assert_eq!(it.requests().len(), 1, "{}", it.screen());
    it.shows("Summary · Esc stops it").hides("Without");
}

#[test]
fn what_was_reported_of_a_request_is_not_estimated_anew() {
    let mut it = Harness::with(SMALL);
    // Far more tokens than its text has: reasoning that is not sent.
    for ask in ["one", "two", "three"] {
        it.say(ask)
            .stream([answer(&"word ".repeat(40)), usage(7_600, 2_000, 0)])
            .end();
    }
    it.type_text("four").press("alt-v");
    let fact = it.line_with("that fit");
    assert!(fact.contains("About 8"), "{fact}");
}

#[test]
fn a_long_summary_is_read_up_and_down_after_it_came() {
    let mut it = Harness::new();
    it.exchange("one", "", "A1");
    it.press("/").type_text("summary").press("enter");
    let lines = (1..=80).map(|line| format!("- line {line}"));
    errand(&mut it, &lines.collect::<Vec<_>>().join("\n"));
    it.shows("line 1 ").hides("line 80");
    it.press("end").shows("line 80").hides("line 1 ");
    it.press("up").hides("line 80").shows("line 79");
    it.press("down down").shows("line 80");
    it.press("home").shows("line 1 ");
}

#[test]
fn esc_drops_a_summary_and_nothing_has_changed() {
    let mut it = Harness::new();
    it.exchange("one", "", "A1");
    let before = it.app.conversation.clone();
    it.press("/").type_text("summary").press("enter");
    let id = it.app.errand.as_ref().unwrap().live.turn;
    it.effects();
    it.press("esc");
    assert_eq!(it.effects(), [Effect::Cancel(id)]);
    assert!(it.app.errand.is_none() && it.app.overlay.is_none());
    assert_eq!(it.app.conversation, before);
}
