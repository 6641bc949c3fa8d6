//! `mmchat ask`: one reply for scripts.

use std::io::{BufRead, BufReader};

use mmchat::demo::{self, Pace};
use mmchat::wire::Dialect;
use serde_json::{Value, json};

use super::{Home, KEY, asked_of, done, home_of, outcome, replying, said, thought};
use crate::support::raw::{Gate, Server, Step};

#[test]
fn the_answer_goes_to_standard_output_and_nothing_else_does() {
    let server = replying(vec![thought("because"), said("forty"), said("-two")]);
    let outcome = home_of(&server).run(&["ask", "what", "is", "it"]).ends(0);
    assert_eq!(
        (outcome.out.as_str(), outcome.err.as_str()),
        ("forty-two\n", "")
    );
    let body: Value = serde_json::from_slice(&server.seen()[0].body).unwrap();
    assert_eq!(body["messages"][0]["content"], "what is it");
    assert_eq!(body["model"], "org/model:a+b");
}

#[test]
fn the_reasoning_goes_to_standard_error_if_it_is_wanted() {
    let server = replying(vec![thought("because"), said("forty-two")]);
    let outcome = home_of(&server)
        .run(&["ask", "--show-thinking", "why"])
        .ends(0);
    assert_eq!(outcome.out, "forty-two\n");
    assert!(outcome.err.starts_with("because"), "{outcome:?}");
}

#[test]
fn what_is_piped_in_is_appended_to_the_prompt() {
    let server = replying(vec![said("ok")]);
    home_of(&server)
        .run_with_input(&["ask", "sum this up:"], "first\nsecond\n".as_bytes())
        .ends(0);
    let body: Value = serde_json::from_slice(&server.seen()[0].body).unwrap();
    assert_eq!(
        body["messages"][0]["content"],
        "sum this up:\n\nfirst\nsecond"
    );
}

#[test]
fn a_prompt_can_be_piped_in_alone_and_must_be_text() {
    let server = replying(vec![said("ok")]);
    let home = home_of(&server);
    home.run_with_input(&["ask"], b"only this").ends(0);
    home.run_with_input(&["ask"], b"\xff\xfe")
        .ends(2)
        .complains("UTF-8");
    home.run(&["ask"]).ends(2).complains("no prompt");
}

#[test]
fn json_is_one_object_with_all_of_the_reply() {
    let server = replying(vec![
        Step::chunk("data: {\"model\":\"served-model\",\"choices\":[]}\n\n"),
        thought("because"),
        said("42"),
        Step::chunk(
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}}\n\n",
        ),
    ]);
    let reply = home_of(&server)
        .run(&["ask", "--format", "json", "why"])
        .ends(0)
        .json();
    assert_eq!(reply["provider"], "lab");
    assert_eq!(reply["model"], "org/model:a+b");
    assert_eq!(reply["served_model"], "served-model");
    assert_eq!(reply["reasoning"], "because");
    assert_eq!(reply["answer"], "42");
    assert_eq!(reply["finish_reason"], "stop");
    assert_eq!(reply["usage"]["input_tokens"], 7);
    assert!(reply["timing"]["total_seconds"].is_f64());
}

/// A reply whose tokens are counted, by a model that has a price.
fn priced() -> (Home, Server) {
    let usage = json!({"prompt_tokens": 2000, "completion_tokens": 500, "total_tokens": 2500,
        "prompt_tokens_details": {"cached_tokens": 1000},
        "completion_tokens_details": {"reasoning_tokens": 300}});
    let counts = Step::chunk(format!(
        "data: {}\n\n",
        json!({"choices": [], "usage": usage})
    ));
    let server = replying(vec![thought("because"), said("42"), counts]);
    // The model stands last in it.
    let config = home_of(&server).config
        + "prices = { currency = \"usd\", input_per_mtok = 1.0, output_per_mtok = 10.0, cached_per_mtok = 0.1 }\n";
    (Home::configured(&config), server)
}

#[test]
fn json_tells_what_input_thinking_and_answer_cost_where_there_is_a_price() {
    let cost = |usage: &Value, part: &str| usage[format!("list_{part}cost_usd")].as_f64();
    let assert_costs = |usage: &Value| {
        for (part, expected) in [
            ("", 0.0061),
            ("input_", 0.0011),
            ("thinking_", 0.003),
            ("answer_", 0.002),
        ] {
            let told = cost(usage, part).unwrap();
            assert!((told - expected).abs() < 1e-9, "{part}: {told}");
        }
    };
    let (home, _server) = priced();
    let reply = home.run(&["ask", "--format", "json", "why"]).ends(0).json();
    assert_costs(&reply["usage"]);
    let (home, _server) = priced();
    let lines = home.run(&["ask", "--format", "jsonl", "why"]).ends(0).out;
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "usage");
    assert_costs(&last["usage"]);
}

#[test]
fn jsonl_is_one_event_a_line_as_they_come() {
    let gate = Gate::new();
    let pieces = vec![
        thought("hm"),
        said("one"),
        Step::Gate(gate.clone()),
        said("two"),
    ];
    let server = replying(pieces);
    let home = home_of(&server);
    let mut child = home
        .command(&["ask", "--format", "jsonl", "q"])
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["text"], "hm");
    let one = next();
    assert_eq!(
        (&one["type"], &one["text"]),
        (&"answer".into(), &"one".into())
    );
    // The first answer is out before the server goes on.
    gate.open();
    assert_eq!(next()["text"], "two");
    assert_eq!(next()["finish_reason"], "stop");
    assert_eq!(outcome(child).code, Some(0));
}

#[test]
fn text_comes_out_before_the_reply_is_over() {
    let gate = Gate::new();
    let server = replying(vec![said("one\n"), Step::Gate(gate.clone()), said("two\n")]);
    let home = home_of(&server);
    let mut child = home.command(&["ask", "q"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "one");
    gate.open();
    assert_eq!(lines.next().unwrap().unwrap(), "two");
    assert!(lines.next().is_none());
    assert_eq!(outcome(child).code, Some(0));
}

#[test]
fn a_server_that_is_not_there_may_be_there_later() {
    // A port that was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    Home::asking(Dialect::OpenAi, &url)
        .run(&["ask", "hello"])
        .ends(75)
        .complains("The server can't be reached.");
}

#[test]
fn failures_that_may_pass_end_with_75_and_others_with_1() {
    let error = |message: &str| format!("{{\"error\":{{\"message\":\"{message}\"}}}}");
    asked_of(401, &error("invalid key"))
        .ends(1)
        .complains("does not accept the API key");
    asked_of(
        429,
        &error("Requests rate limit exceeded, please try again later."),
    )
    .ends(75);
    asked_of(529, &error("overloaded")).ends(75);
    asked_of(500, &error("oops")).ends(75);
    asked_of(400, &error("bad parameter")).ends(1);
}

#[test]
fn a_used_up_plan_ends_with_1_although_it_says_when_to_come_back() {
    let body = include_str!("../../fixtures/wire/mm-429-plan.json");
    asked_of(429, body).ends(1).complains("quota");
}

#[test]
fn a_stream_that_breaks_off_keeps_what_came_and_ends_with_75() {
    let script = vec![Step::events(), said("half an ans"), Step::End];
    let server = Server::start(vec![script]);
    let outcome = home_of(&server).run(&["ask", "q"]).ends(75);
    assert_eq!(outcome.out, "half an ans\n");
    assert!(
        outcome.err.contains("before the reply was complete"),
        "{outcome:?}"
    );
}

#[test]
fn a_stream_that_ends_before_its_first_event_may_be_tried_again() {
    let server = Server::start(vec![vec![Step::events(), Step::End]]);
    home_of(&server)
        .run(&["ask", "q"])
        .ends(75)
        .complains("ended before the first one");
}

#[test]
fn a_server_that_says_not_to_try_again_is_taken_at_its_word() {
    let mut script = Step::whole(503, "application/json", "{}");
    if let Some(Step::Head(_, headers)) = script.first_mut() {
        headers.push(("x-should-retry", "false".to_owned()));
    }
    let server = Server::start(vec![script]);
    let outcome = home_of(&server).run(&["ask", "q"]).ends(1);
    assert_eq!(
        outcome.err,
        "mmchat: The provider is overloaded. Trying again would not help; name another model with -m. (HTTP 503)\n"
    );
}

#[test]
fn what_a_text_has_no_place_for_is_told_beside_it() {
    let late = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
                data: {\"error\":{\"message\":\"late\"}}\n\n";
    let server = replying(vec![
        said("a"),
        Step::chunk("data: {brok\n\n"),
        said("b"),
        Step::chunk(late),
    ]);
    let outcome = home_of(&server).run(&["ask", "q"]).ends(0);
    assert_eq!(outcome.out, "ab\n");
    outcome
        .complains("Part of the stream could not be read")
        .complains("reported an error after the answer was complete");
}

#[test]
fn the_pages_of_a_search_are_told_beside_the_answer() {
    let server = Server::start(vec![vec![
        Step::events(),
        Step::chunk(include_str!("../../fixtures/wire/ali-native-search.sse")),
        Step::End,
    ]]);
    let home = Home::asking(Dialect::DashScope, &(server.url() + "/api/v1"));
    let outcome = home.run(&["ask", "q"]).ends(0);
    assert!(!outcome.out.contains("http"), "{outcome:?}");
    outcome.complains("mmchat: [1] ").complains("http");
}

#[test]
fn wrong_usage_ends_with_2() {
    let home = Home::new();
    home.run(&["--no-such-option"])
        .ends(2)
        .complains("--no-such-option");
    home.run(&["ask", "--temperature", "warm", "q"])
        .ends(2)
        .complains("warm");
    home.run(&["ask", "-m", "nowhere/model", "q"])
        .ends(2)
        .complains("nowhere");
    home.run(&["ask", "--thinking", "hard", "q"])
        .ends(2)
        .complains("hard");
    home.run(&["--config", "absent.toml", "models"])
        .ends(2)
        .complains("absent.toml");
    home.run(&["ask", "--demo", "-m", "demo/minimax-m3", "q"])
        .ends(2);
}

#[test]
fn what_the_model_can_not_do_is_refused_with_2_naming_both() {
    let home = Home::new();
    home.run(&["ask", "-m", "demo/minimax-m2.7", "--thinking", "off", "q"])
        .ends(2)
        .complains("demo/minimax-m2.7")
        .complains("“off”");
    home.run(&[
        "ask",
        "-m",
        "tencent/minimax-m3",
        "--temperature",
        "1.5",
        "q",
    ])
    .ends(2)
    .complains("temperature is 1.5, and tencent/minimax-m3 takes 0 to 1");
    home.run(&["ask", "-m", "minimax/M2-her", "--thinking", "on", "q"])
        .ends(2)
        .complains("minimax/M2-her")
        .complains("It never thinks");
    let usual = ["ask", "-m", "minimax/M2-her", "--dry-run", "q"];
    home.run(&usual).ends(0);
}

#[test]
fn a_missing_key_ends_with_1_and_names_the_variable() {
    Home::new()
        .run(&["ask", "-m", "minimax/MiniMax-M3", "q"])
        .ends(1)
        .complains("no API key")
        .complains("MINIMAX_API_KEY");
}

#[test]
fn help_and_version_go_to_standard_output() {
    let home = Home::new();
    assert!(home.run(&["--help"]).ends(0).out.contains("demo-server"));
    assert!(home.run(&["--version"]).ends(0).out.starts_with("mmchat "));
}

#[test]
fn the_chat_in_a_pipe_says_what_to_do_instead() {
    Home::new()
        .run_with_input(&[], b"hi\n")
        .ends(2)
        .complains("mmchat ask");
}

#[test]
fn a_dry_run_prints_the_request_without_the_key_and_sends_nothing() {
    let server = Server::start(Vec::new());
    let home = home_of(&server);
    let arguments = [
        "ask",
        "--dry-run",
        "--max-tokens",
        "99",
        "--system",
        "Be brief.",
        "hello",
    ];
    let outcome = home.run(&arguments).ends(0);
    assert!(
        outcome.out.starts_with("POST http://127.0.0.1:"),
        "{outcome:?}"
    );
    assert!(
        outcome.out.contains("authorization: Bearer [key]"),
        "{outcome:?}"
    );
    assert!(!(outcome.out + &outcome.err).contains(KEY));
    let body = home.run(&arguments).body();
    assert_eq!(body["max_tokens"], 99);
    assert_eq!(body["messages"][0]["content"], "Be brief.");
    assert!(server.seen().is_empty());
    let demo = home.run(&["ask", "--demo", "--dry-run", "hello"]).ends(0);
    assert!(!demo.out.contains("[key]"), "none is sent: {demo:?}");
}

#[test]
fn a_key_that_a_server_echoes_is_in_no_output() {
    let echo = format!(
        "{{\"error\":{{\"message\":\"wrong key {KEY}\",\"code\":\"{KEY}\"}},\"request_id\":\"{KEY}\"}}"
    );
    let pages = [echo, format!("<html>{KEY}</html>")];
    for format in ["text", "json", "jsonl"] {
        for page in &pages {
            let server = Server::start(vec![Step::whole(401, "application/json", page.as_str())]);
            let outcome = home_of(&server)
                .run(&["ask", "--format", format, "q"])
                .ends(1);
            assert!(
                !outcome.out.contains(KEY) && !outcome.err.contains(KEY),
                "{outcome:?}"
            );
        }
    }
}

#[test]
fn the_key_is_sent_to_the_provider_and_shown_nowhere() {
    let server = replying(vec![said("ok")]);
    let home = home_of(&server);
    home.run(&["ask", "q"]).ends(0);
    assert!(server.seen()[0].head.contains(&format!("Bearer {KEY}")));
    for arguments in [
        &["models"][..],
        &["models", "--json"],
        &["config", "show"],
        &["keys"],
    ] {
        let outcome = home.run(arguments).ends(0);
        assert!(
            !outcome.out.contains(KEY) && !outcome.err.contains(KEY),
            "{arguments:?}"
        );
    }
}

#[test]
fn control_sequences_from_a_server_are_made_visible_on_every_output() {
    let evil = "a\x1b]0;owned\x07b\u{9b}2J\u{202e}c";
    for format in ["text", "json", "jsonl"] {
        let server = replying(vec![thought(evil), said(evil)]);
        let arguments = ["ask", "--show-thinking", "--format", format, "q"];
        let outcome = home_of(&server).run(&arguments).ends(0);
        for text in [&outcome.out, &outcome.err] {
            let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(bad), "{format}: {text:?}");
        }
    }
    let server = replying(vec![said(evil)]);
    let reply = home_of(&server)
        .run(&["ask", "--format", "json", "q"])
        .json();
    assert_eq!(
        reply["answer"], evil,
        "JSON keeps the text as it came, in escapes"
    );
}

#[test]
fn control_sequences_in_an_error_are_made_visible() {
    let outcome = asked_of(400, "{\"error\":{\"message\":\"bad \\u001b[2J thing\"}}").ends(1);
    assert!(outcome.err.contains("bad ␛[2J thing"), "{outcome:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let server = replying(vec![said("one\n"), said("two\n"), said("three\n")]);
    let home = home_of(&server);
    let mut child = home.command(&["ask", "q"]).spawn().unwrap();
    drop(child.stdout.take());
    let outcome = outcome(child);
    assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""));
    let home = Home::new();
    let mut child = home.command(&["models"]).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(self::outcome(child).code, Some(0));
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_130_and_keeps_what_came() {
    use rustix::process::{Pid, Signal, kill_process};
    let script = vec![Step::events(), said("half\n"), Step::Hold];
    let server = Server::start(vec![script]);
    let home = home_of(&server);
    let mut child = home.command(&["ask", "q"]).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert_eq!(line, "half\n");
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(id, Signal::INT).unwrap();
    assert_eq!(outcome(child).code, Some(130));
}

#[test]
fn the_model_may_come_from_the_environment_and_holds_any_slashes() {
    let server = replying(vec![said("ok")]);
    let home = home_of(&server);
    let mut command = home.command(&["ask", "q"]);
    command.env("MMCHAT_MODEL", "lab/deep/er/name:latest");
    assert_eq!(outcome(command.spawn().unwrap()).code, Some(0));
    let body: Value = serde_json::from_slice(&server.seen()[0].body).unwrap();
    assert_eq!(body["model"], "deep/er/name:latest");
}

#[test]
fn a_model_in_the_environment_leaves_the_demo_alone_and_empty_variables_are_none() {
    let home = Home::new();
    let run = |arguments: &[&str], variables: [(&str, &str); 2]| {
        let mut command = home.command(arguments);
        outcome(command.envs(variables).spawn().unwrap())
    };
    run(
        &[
            "ask",
            "--demo",
            "--thinking",
            "off",
            "--max-tokens",
            "8",
            "hi",
        ],
        [("MMCHAT_MODEL", "lab/x"), ("MMCHAT_CONFIG", "")],
    )
    .ends(0);
    run(
        &["ask", "--thinking", "off", "--max-tokens", "8", "hi"],
        [("MMCHAT_MODEL", ""), ("MMCHAT_DATA_DIR", "")],
    )
    .ends(0);
    let usage = run(
        &["history", "show"],
        [("MMCHAT_MODEL", "lab/x"), ("MMCHAT_DATA_DIR", "d")],
    );
    let usage = usage.ends(2).err;
    assert!(usage.contains("mmchat history show"), "{usage}");
    assert!(
        !usage.contains("--model") && !usage.contains("--data-dir"),
        "{usage}"
    );
}

#[test]
fn what_is_wrong_with_the_configuration_is_wrong_for_ask_too() {
    for (config, words) in [
        ("[ui]\ntheme = \"nope\"\n", "config.toml:2:9: `ui.theme`"),
        (
            "[network]\nca_file = \"/nope\"\n",
            "config.toml:2:11: `network.ca_file`",
        ),
    ] {
        Home::configured(config)
            .run(&["ask", "--demo", "hi"])
            .ends(2)
            .complains(words);
    }
}

#[test]
fn a_system_prompt_may_be_a_file() {
    let server = replying(vec![said("ok")]);
    let home = home_of(&server);
    std::fs::write(home.directory.path().join("role.txt"), "You are terse.").unwrap();
    home.run(&["ask", "--system", "@role.txt", "q"]).ends(0);
    let body: Value = serde_json::from_slice(&server.seen()[0].body).unwrap();
    assert_eq!(body["messages"][0]["content"], "You are terse.");
    home.run(&["ask", "--system", "@gone.txt", "q"])
        .ends(2)
        .complains("gone.txt");
}

#[test]
fn every_dialect_of_the_demo_answers() {
    let server = demo::Server::start_with(0, Pace::Instant).unwrap();
    let mut answers = Vec::new();
    for dialect in Dialect::ALL {
        let home = Home::asking(dialect, &server.base_url(dialect));
        for more in [&[][..], &["--no-stream"]] {
            let arguments = [&["ask", "--format", "json", "write a haiku"], more].concat();
            let reply = home.run(&arguments).ends(0).json();
            assert!(
                !reply["reasoning"].as_str().unwrap().is_empty(),
                "{dialect} {more:?}"
            );
            answers.push(reply["answer"].clone());
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[test]
fn without_a_key_the_built_in_demo_answers() {
    let home = Home::new();
    let arguments = [
        "ask",
        "--thinking",
        "off",
        "--max-tokens",
        "6",
        "--format",
        "json",
        "haiku",
    ];
    let reply = home.run(&arguments).ends(0).json();
    assert_eq!(reply["provider"], "demo");
    assert!(!reply["answer"].as_str().unwrap().is_empty());
}

#[test]
fn the_demo_server_prints_addresses_that_work() {
    let home = Home::new();
    let mut server = home.command(&["demo-server"]).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    for dialect in Dialect::ALL {
        let line = lines.next().unwrap().unwrap();
        let (word, url) = line.split_once(char::is_whitespace).unwrap();
        assert_eq!(word, dialect.word());
        let home = Home::asking(dialect, url.trim());
        let arguments = ["ask", "--max-tokens", "3", "--format", "json", "haiku"];
        let reply = home.run(&arguments).json();
        assert_eq!(reply["finish_reason"], "length", "{dialect}: {reply}");
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn a_refused_key_is_explained_by_region_and_plan() {
    let body = include_str!("../../fixtures/wire/mm-401.json");
    let refusing = || Server::start(vec![Step::whole(401, "application/json", body)]);
    let server = refusing();
    let config = format!(
        "[network]\nmax_retries = 0\n[providers.minimax]\nbase_url = \"{}/v1\"\napi_key_env = \"LAB_KEY\"\n",
        server.url()
    );
    Home::configured(&config)
        .run(&["ask", "-m", "minimax/MiniMax-M3", "q"])
        .ends(1)
        .complains("does not accept the API key")
        .complains("China and international sites")
        .complains("keys of the China platform do not work here")
        .complains("(the key is that of LAB_KEY)")
        .complains("`mmchat key set minimax`");
    let server = refusing();
    let home = home_of(&server);
    let mut command = home.command(&["ask", "q"]);
    command.env("LAB_KEY", "sk-tp-0123456789");
    outcome(command.spawn().unwrap())
        .ends(1)
        .complains("This key belongs to a plan")
        .complains("base_url");
}

/// The prompt of the only request that a server saw.
fn prompt_of(server: &Server) -> String {
    let body: Value = serde_json::from_slice(&server.seen()[0].body).unwrap();
    let messages = body["messages"].as_array().unwrap();
    messages.last().unwrap()["content"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn attached_files_follow_the_prompt_and_nothing_in_them_closes_their_fence() {
    let server = replying(vec![said("ok")]);
    let home = home_of(&server);
    std::fs::write(home.directory.path().join("a.md"), "one\n```\ntwo\n").unwrap();
    std::fs::write(home.directory.path().join("b.txt"), "three").unwrap();
    home.run(&["ask", "--attach", "a.md", "--attach", "b.txt", "sum up"])
        .ends(0);
    assert_eq!(
        prompt_of(&server),
        "sum up\n\na.md:\n````\none\n```\ntwo\n````\n\nb.txt:\n```\nthree\n```"
    );
    home.run(&["ask", "--attach", "gone.txt", "q"])
        .ends(2)
        .complains("gone.txt");
    home.run(&["ask", "--attach", ".", "q"])
        .ends(2)
        .complains("is a directory; name the files in it");
    std::fs::write(home.directory.path().join("x.png"), b"\x89PNG\xff").unwrap();
    home.run(&["ask", "--attach", "x.png", "q"])
        .ends(2)
        .complains("not UTF-8");
}

/// A provider whose model has JSON mode and web search.
fn able(server: &Server) -> Home {
    let config = home_of(server).config.replace(
        "temperature",
        "json_mode = { response_format = { type = \"json_object\" } }\nweb_search = { enable_search = true }\ntemperature",
    );
    Home::configured(&config)
}

#[test]
fn json_mode_and_search_are_asked_for_as_the_model_wants_it_or_refused() {
    let server = replying(vec![said("{}")]);
    let home = able(&server);
    home.run(&["ask", "--json-mode", "--search", "JSON please"])
        .ends(0);
    let body: Value = serde_json::from_slice(&server.seen()[0].body).unwrap();
    assert_eq!(body["response_format"]["type"], "json_object");
    assert_eq!(body["enable_search"], true);
    let home = home_of(&server);
    for (option, word) in [("--json-mode", "JSON"), ("--search", "search")] {
        home.run(&["ask", option, "q"])
            .ends(2)
            .complains("lab/org/model:a+b")
            .complains(word);
    }
    assert_eq!(server.seen().len(), 1, "what is refused is not sent");
}

#[test]
fn a_schema_goes_along_and_an_answer_that_is_no_json_is_a_failure() {
    for (answer, code) in [("{\"a\": 1}", 0), ("Sure! {", 1)] {
        let server = replying(vec![said(answer)]);
        let home = able(&server);
        let schema = home.directory.path().join("s.json");
        std::fs::write(&schema, "{\"type\": \"object\"}").unwrap();
        let outcome = home.run(&["ask", "--schema", "s.json", "q"]).ends(code);
        assert_eq!(outcome.out, answer.to_owned() + "\n");
        assert!(prompt_of(&server).ends_with("{\"type\":\"object\"}"));
        std::fs::write(&schema, "nonsense").unwrap();
        home.run(&["ask", "--schema", "s.json", "q"])
            .ends(2)
            .complains("no JSON");
    }
}

#[test]
fn an_answer_that_does_not_fit_the_schema_is_a_failure_with_the_place_and_the_reason() {
    let server = Server::start(vec![
        [vec![Step::events(), said("{\"a\": [1, \"x\"]}")], done()].concat(),
        [vec![Step::events(), said("{\"a\": [1]}")], done()].concat(),
    ]);
    let home = able(&server);
    let schema = home.directory.path().join("s.json");
    let text = r#"{"properties": {"a": {"items": {"type": "integer"}}}, "required": ["a"]}"#;
    std::fs::write(&schema, text).unwrap();
    home.run(&["ask", "--schema", "s.json", "q"])
        .ends(1)
        .complains("the answer does not fit the schema: /a/1 must be of type integer");
    home.run(&["ask", "--schema", "s.json", "q"]).ends(0);
    for (text, why) in [
        (r#"{"type": "text"}"#, "`type` is none of"),
        (r#"{"$ref": "https://a.b/c"}"#, "which is not in this file"),
    ] {
        std::fs::write(&schema, text).unwrap();
        home.run(&["ask", "--schema", "s.json", "q"])
            .ends(2)
            .complains(why);
    }
    assert_eq!(server.seen().len(), 2, "nothing was asked with those");
}

#[cfg(unix)]
#[test]
fn an_interrupt_prints_what_came_as_json_too() {
    use rustix::process::{Pid, Signal, kill_process};
    let gate = Gate::new();
    let server = Server::start(vec![vec![
        Step::events(),
        said("half"),
        Step::Gate(gate.clone()),
        thought("hm\nmore"),
        Step::Hold,
    ]]);
    let home = home_of(&server);
    let mut child = home
        .command(&["ask", "--show-thinking", "--format", "json", "q"])
        .spawn()
        .unwrap();
    // With reasoning beside it, it is seen when the answer has come so far.
    gate.open();
    let mut beside = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    beside.read_line(&mut line).unwrap();
    assert_eq!(line, "hm\n");
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(id, Signal::INT).unwrap();
    let outcome = outcome(child).ends(130);
    assert_eq!(outcome.json()["answer"], "half");
}

#[cfg(unix)]
mod on_a_terminal {
    use super::*;
    use crate::support::tty::Tty;

    const ANSWER: &str = "Some **bold** text\n\n- one\n- two\n";

    #[test]
    fn the_answer_is_styled_and_a_spinner_turns_until_it_begins() {
        let gate = Gate::new();
        let server = replying(vec![Step::Gate(gate.clone()), said(ANSWER)]);
        let home = home_of(&server);
        let mut tty = Tty::start(&home.command(&["ask", "q"]), 60);
        tty.shows("waiting");
        gate.open();
        let (code, out) = tty.ends();
        assert_eq!(code, 0);
        assert!(out.contains("\x1b[1m") && !out.contains("**"), "{out:?}");
        let answer = out.rfind("bold").unwrap();
        assert!(out.find("\r\x1b[K").unwrap() < answer, "{out:?}");
        assert!(out.rfind("waiting").unwrap() < answer, "{out:?}");
    }

    #[test]
    fn without_colours_there_are_none_and_a_dumb_terminal_gets_plain_text() {
        for (variable, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let server = replying(vec![said("# Title\n\n`code`\n")]);
            let home = home_of(&server);
            let mut command = home.command(&["ask", "q"]);
            command.env(variable, value);
            let (_, out) = Tty::start(&command, 60).ends();
            assert!(!out.contains("\x1b[3"), "{variable}: {out:?}");
            let is_plain = out.contains("# Title") && !out.contains('\x1b');
            assert_eq!(is_plain, value == "dumb", "{out:?}");
        }
    }

    #[test]
    fn an_answer_in_a_pipe_is_plain_and_no_spinner_is_in_it() {
        let server = replying(vec![said(ANSWER)]);
        let home = home_of(&server);
        let outcome = home.run(&["ask", "q"]).ends(0);
        assert_eq!((outcome.out.as_str(), outcome.err.as_str()), (ANSWER, ""));
    }
}
