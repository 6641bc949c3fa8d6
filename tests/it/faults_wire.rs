//! RELIABILITY A, B and C: what a stream may hold, how it may end, and what is no reply at all.
//! The cases that need a dialect's own words are in `wire`.

use mmchat::chat::{Delta, FailureKind, Finish};
use mmchat::wire::Dialect;
use serde_json::{Value, json};

use crate::cli::{home_of, said, thought};
use crate::harness::{Harness, answer, reasoning};
use crate::http::{done, outcome_of, piece, stop};
use crate::support::raw::{Server, Step};
use crate::wire::{asked, chunk, decode, decode_pieces, finish};

/// Case 6.
#[test]
fn a6_a_frame_over_several_data_lines_is_one_frame() {
    let pretty = serde_json::to_string_pretty(&json!({
        "choices": [{"index": 0, "delta": {"content": "over lines"}}]
    }));
    let lines = pretty.unwrap().replace('\n', "\ndata: ");
    let body = format!("data: {lines}\n\n{}", finish("stop"));
    decode(Dialect::OpenAi, &body)
        .assert_texts("", "over lines")
        .assert_finish(&Finish::Stop);
}

/// Case 7: a server can't make the program ask faster either; see `d38`.
#[test]
fn a7_fields_that_mean_nothing_here_change_nothing() {
    let body = format!(
        "id: 1\0\nretry: 1\nevent: message\nnonsense\ndata\n\nretry:0\ndata:\n\n{}id\n\n{}",
        chunk(&json!({"content": "plain"})),
        finish("stop")
    );
    let decoded = decode(Dialect::OpenAi, &body);
    decoded
        .assert_texts("", "plain")
        .assert_finish(&Finish::Stop);
    assert!(decoded.reply().remarks.is_empty());
}

/// Case 8, from the socket to the disk.
#[test]
fn a8_characters_cut_over_packets_are_whole_on_the_screen_and_in_the_store() {
    let text = "👩‍👩‍👧‍👦 你好 e\u{301} 🇩🇪";
    let event = format!(
        "data: {}\n\n",
        json!({"choices": [{"index": 0, "delta": {"content": text}}]})
    );
    let mut script = vec![Step::events()];
    script.extend(event.bytes().map(|byte| Step::Chunk(vec![byte])));
    script.extend([stop(), done(), Step::End]);
    let server = Server::start(vec![script]);
    let home = home_of(&server);
    let outcome = home.run(&["ask", "q"]).ends(0);
    assert_eq!(outcome.out, format!("{text}\n"));
    let list = home.run(&["history", "list"]).ends(0).out;
    let id = list.split('\t').next().unwrap();
    let kept = home.run(&["history", "show", id]).ends(0).out;
    assert!(kept.contains(text), "{kept}");
    assert!(!kept.contains('\u{fffd}'), "{kept}");
}

/// Case 11.
#[tokio::test]
async fn a11_an_event_stream_is_taken_whatever_it_calls_itself() {
    for content_type in [
        "text/event-stream; charset=ISO-8859-1",
        "text/event-stream;charset=windows-1252",
        "TEXT/EVENT-STREAM",
        "text/plain",
        "application/octet-stream",
        "application/json",
        "text/html",
        "",
    ] {
        let head = Step::Head(200, vec![("content-type", content_type.to_owned())]);
        let outcome = outcome_of(vec![head, piece("grün 绿"), stop(), done(), Step::End]).await;
        assert_eq!(outcome.failure, None, "{content_type}");
        assert_eq!(outcome.reply.answer.as_str(), "grün 绿", "{content_type}");
    }
}

/// Cases 13 and 18: what came stays, also on the disk, and is not taken for a whole answer.
#[test]
fn b13_a_reply_that_was_cut_is_kept_as_one() {
    let late_error = Step::chunk("event: error\ndata: {\"error\":{\"message\":\"it broke\"}}\n\n");
    for (last, word) in [(vec![], "cut_off"), (vec![late_error], "it broke")] {
        let pieces = [vec![Step::events(), said("half an")], last, vec![Step::End]].concat();
        let server = Server::start(vec![pieces]);
        let home = home_of(&server);
        let outcome = home.run(&["ask", "q"]);
        assert_ne!(outcome.code, Some(0), "{outcome:?}");
        assert_eq!(outcome.out, "half an\n");
        let list = home.run(&["history", "list"]).ends(0).out;
        let id = list.split('\t').next().unwrap();
        let kept = home.run(&["history", "export", id, "--format", "json"]);
        let kept = kept.ends(0).out;
        assert!(kept.contains("half an") && kept.contains(word), "{kept}");
    }
}

/// Case 14.
#[test]
fn b14_reasoning_that_was_cut_is_no_empty_answer() {
    let mut it = Harness::with("[ui]\nthinking_panel = \"hidden\"");
    it.resize(79, 40);
    it.say("question").connected();
    it.stream([reasoning("so far"), Delta::Finish(Finish::CutOff)])
        .end();
    let words = it.words();
    assert!(
        words.contains("Cut off: the stream ended too early"),
        "{words}"
    );
    it.hides("empty answer");
}

/// Case 25.
#[test]
fn b25_an_empty_answer_is_not_sent_back() {
    let mut it = Harness::new();
    it.say("first").connected();
    it.stream([reasoning("hm"), Delta::Finish(Finish::Stop)])
        .end();
    it.effects();
    it.say("second");
    let requests = it.requests();
    let messages = requests[0].body["messages"].as_array().unwrap();
    assert!(
        messages
            .iter()
            .all(|message| message["role"] == "user" && message["content"].is_string()),
        "{messages:?}"
    );
}

/// Case 26, over a socket: the second request as the server saw it.
#[test]
fn c26_what_goes_back_to_the_server_is_the_answer_alone() {
    let script = |pieces: Vec<Step>| [vec![Step::events()], pieces, crate::cli::done()].concat();
    let first = vec![thought("SECRET"), said("<think>SECRET</think>open")];
    let server = Server::start(vec![script(first), script(vec![said("and shut")])]);
    let home = home_of(&server);
    home.run(&["ask", "one"]).ends(0);
    home.run(&["ask", "-c", "two"]).ends(0);
    let second = String::from_utf8(server.seen()[1].body.clone()).unwrap();
    let body: Value = serde_json::from_str(&second).unwrap();
    assert_eq!(body["messages"].as_array().unwrap().len(), 3, "{second}");
    assert!(!second.contains("SECRET"), "{second}");
    assert!(second.contains("open"), "{second}");
}

/// Case 34: deeper than any stack, in every place where JSON is read.
#[test]
fn c34_a_hundred_thousand_brackets_overflow_nothing() {
    for open in ["[", "{\"a\":"] {
        let deep = open.repeat(100_000);
        for body in [
            format!("data: {deep}\n\n"),
            format!("data: {{\"choices\":[{{\"delta\":{deep}\n\n"),
            deep.clone(),
        ] {
            for dialect in [Dialect::OpenAi, Dialect::DashScope, Dialect::Anthropic] {
                let request = asked(dialect, false);
                let decoded = decode_pieces(&request, std::iter::once(body.as_bytes()));
                let kind = decoded.failure.map(|failure| failure.kind);
                assert_ne!(kind, Some(FailureKind::TooLarge));
            }
        }
        let mut it = Harness::new();
        it.say("q").stream([answer(&deep)]);
    }
}
