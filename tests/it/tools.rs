//! Tools end to end: a scripted server, the network client, the loop and real programs.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use mmchat::app::{App, Msg};
use mmchat::chat::{CallState, ToolCall, TurnState};
use mmchat::config::Network;
use mmchat::net::{Client, Keys, Proxies};
use mmchat::runtime::{Clock, Runtime};
use mmchat::tools::{Http, Programs, Servers};
use mmchat::tui::Console;
use mmchat::ui::{Cache, Theme};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::harness::{WALL, app, key};
use crate::support::raw::{PATIENCE, Server, Step};
use crate::support::watched::Watched;

#[cfg(feature = "mcp")]
mod mcp;
mod program;

/// Where the programs of these tests are.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// What programs may see here.
const VARIABLES: [(&str, &str); 2] = [("PATH", PATH), ("MMCHAT_TEST_SERVER", "yes")];

/// What a user does, step by step.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// Types a message and sends it.
    Say(&'static str),
    /// Presses a key.
    Press(&'static str),
    /// Waits until the screen shows this.
    Until(&'static str),
    /// Presses a key, with the rest that a card wants, until the screen shows this.
    PressUntil(&'static str, &'static str),
}

/// What a user types, and then leaves.
fn input(acts: Vec<Act>, screen: watch::Receiver<String>) -> BoxStream<'static, Msg> {
    let keys = acts.into_iter().flat_map(|act| match act {
        Act::Say(text) => {
            let keys = text
                .chars()
                .map(|c| (c.to_string().replace(' ', "space"), None));
            keys.chain([("enter".to_owned(), None)]).collect()
        }
        Act::Press(chord) => vec![(chord.to_owned(), None)],
        Act::Until(text) => vec![(String::new(), Some(text))],
        Act::PressUntil(chord, text) => vec![(chord.to_owned(), Some(text))],
    });
    let keys: Vec<(String, Option<&'static str>)> = keys.collect();
    let begun = tokio::time::Instant::now();
    stream::unfold(
        (keys.into_iter().peekable(), screen),
        move |(mut keys, mut screen)| async move {
            loop {
                let (chord, until) = keys.peek().cloned()?;
                let shows =
                    |screen: &watch::Receiver<String>, text: &str| screen.borrow().contains(text);
                match until {
                    Some(text) if shows(&screen, text) => {
                        keys.next();
                    }
                    Some(text) => {
                        let waited = begun.elapsed() > 4 * PATIENCE;
                        assert!(!waited, "“{text}” is not on\n{}", *screen.borrow());
                        let rest = Duration::from_millis(if chord.is_empty() { 20 } else { 400 });
                        let _ = tokio::time::timeout(rest, screen.changed()).await;
                        if !chord.is_empty() {
                            tokio::time::sleep(rest).await;
                            if !shows(&screen, text) {
                                return Some((Msg::Key(key(&chord)), (keys, screen)));
                            }
                        }
                    }
                    None => {
                        keys.next();
                        return Some((Msg::Key(key(&chord)), (keys, screen)));
                    }
                }
            }
        },
    )
    .chain(stream::iter([Msg::Terminate]))
    .boxed()
}

/// Runs the program against a server with that configuration; the servers of the test providers
/// are at its address.
async fn run(config: &str, server: &Server, acts: Vec<Act>) -> (App, String) {
    let mut app = app_at(config, server);
    let (mut screen, shown) = Watched::new(100, 40);
    let mut console = Console::scripted(input(acts, shown.clone()));
    let mut cache = Cache::new(Theme::ansi());
    let client = Client::new(&Network::default(), Keys::from_iter([]), Proxies::default());
    let programs = Programs::new(VARIABLES.map(|(name, value)| (name.to_owned(), value.into())));
    let reaching = client.clone();
    let http: Http = Arc::new(move |url| {
        let client = reaching.clone();
        Box::pin(async move {
            let reached = client.reaching(&url).await;
            reached.map_err(|failure| failure.message)
        })
    });
    let servers = Servers::new(&app.config.mcp, &programs, &http);
    let run = Runtime::new(
        &client,
        &mut screen,
        &mut console,
        &mut cache,
        Clock::fixed(WALL),
    )
    .with_tools(programs, servers)
    .run(&mut app)
    .await;
    run.unwrap();
    let screen = shown.borrow().clone();
    (app, screen)
}

fn app_at(config: &str, server: &Server) -> App {
    let mut app = app(config, (100, 40));
    for provider in &mut app.catalog.providers {
        provider.base_url = server.url();
        provider.api_key_env = None;
    }
    app
}

/// A stream of events that ends.
fn events(body: &str) -> Vec<Step> {
    vec![Step::events(), Step::chunk(body), Step::End]
}

fn data(frames: &[Value]) -> String {
    let frames = frames.iter().map(|frame| format!("data: {frame}\n\n"));
    frames.collect::<Vec<_>>().concat()
}

fn body(seen: &[u8]) -> Value {
    serde_json::from_slice(seen).unwrap()
}

/// A configuration with a tool that repeats its arguments, and a model.
fn config(model: &str, more: &str) -> String {
    format!(
        "model = \"{model}\"\n[tools.get_weather]\ndescription = \"Weather of a city\"\n\
         command = [\"cat\"]\nenv = [\"PATH\"]\n\
         parameters = {{ type = \"object\", properties = {{ city = {{ type = \"string\" }}, location = {{ type = \"string\" }} }} }}\n{more}"
    )
}

/// Asks, consents, waits for the answer.
fn consenting() -> Vec<Act> {
    vec![
        Act::Say("weather?"),
        Act::Until("Run get_weather?"),
        Act::PressUntil("y", "done"),
        Act::Until("It is sunny."),
        Act::Until("ctx"),
    ]
}

fn assert_done(app: &App) {
    let turn = app.conversation.last().unwrap();
    assert_eq!(turn.state, TurnState::Done, "{turn:?}");
    assert!(turn.reply.answer.as_str().ends_with("It is sunny."));
    assert!(matches!(
        &turn.reply.calls[..],
        [ToolCall {
            state: CallState::Done(_),
            ..
        }]
    ));
}

#[tokio::test]
async fn openai_call_consent_result_and_answer_over_a_socket() {
    let first = include_str!("../fixtures/wire/ali-compat-tools.sse");
    let second = data(&[
        json!({"choices": [{"index": 0, "delta": {"content": "It is sunny."}, "finish_reason": null}]}),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
    ]) + "data: [DONE]\n\n";
    let server = Server::start(vec![events(first), events(&second)]);
    let (app, screen) = run(&config("test/silent", ""), &server, consenting()).await;
    assert_done(&app);
    assert!(screen.contains("⚙ get_weather"), "{screen}");
    let seen = server.seen();
    assert_eq!(
        body(&seen[0].body)["tools"][0]["function"]["name"],
        "get_weather"
    );
    assert_eq!(
        body(&seen[1].body)["messages"],
        json!([
            {"role": "user", "content": "weather?"},
            {"role": "assistant", "content": "", "tool_calls": [{
                "id": "call_61a2bbd82a8042289f1ff2", "type": "function",
                "function": {"name": "get_weather", "arguments": "{\"city\": \"Beijing\"}"}}]},
            {"role": "tool", "tool_call_id": "call_61a2bbd82a8042289f1ff2", "content": "{\"city\":\"Beijing\"}"},
        ]),
        "no reasoning goes back to a provider that did not ask for it"
    );
}

#[tokio::test]
async fn dashscope_call_consent_result_and_answer_over_a_socket() {
    let frame = |message: Value, finish: &str| {
        let frame = json!({"output": {"choices": [{"message": message, "finish_reason": finish}]},
            "usage": {"input_tokens": 1, "output_tokens": 1}, "request_id": "r"});
        format!("id:1\nevent:result\n:HTTP_STATUS/200\ndata:{frame}\n\n")
    };
    let call = |id: &str, name: &str, arguments: &str| {
        json!({"role": "assistant", "content": "", "reasoning_content": "", "tool_calls": [
            {"index": 0, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}]})
    };
    let first = frame(
        json!({"role": "assistant", "content": "", "reasoning_content": "SECRET"}),
        "null",
    ) + &frame(call("call_1", "get_weather", "{\"city\": \"Pa"), "null")
        + &frame(call("", "", "ris\"}"), "null")
        + &frame(json!({"role": "assistant", "content": ""}), "tool_calls");
    let second = frame(
        json!({"role": "assistant", "content": "It is sunny."}),
        "null",
    ) + &frame(json!({"role": "assistant", "content": ""}), "stop");
    let server = Server::start(vec![events(&first), events(&second)]);
    let (app, _) = run(
        &config("test-native/native-model", ""),
        &server,
        consenting(),
    )
    .await;
    assert_done(&app);
    let seen = server.seen();
    let asked = body(&seen[0].body);
    assert_eq!(asked["parameters"]["result_format"], "message");
    assert_eq!(
        asked["parameters"]["tools"][0]["function"]["name"],
        "get_weather"
    );
    assert_eq!(asked.get("tools"), None);
    assert_eq!(
        body(&seen[1].body)["input"]["messages"],
        json!([
            {"role": "user", "content": "weather?"},
            {"role": "assistant", "content": "", "tool_calls": [{"id": "call_1", "type": "function",
                "function": {"name": "get_weather", "arguments": "{\"city\": \"Paris\"}"}}]},
            {"role": "tool", "tool_call_id": "call_1", "content": "{\"city\":\"Paris\"}"},
        ])
    );
}

#[tokio::test]
async fn anthropic_call_consent_result_and_answer_over_a_socket() {
    let event = |event: Value| {
        format!(
            "event: {}\ndata: {event}\n\n",
            event["type"].as_str().unwrap()
        )
    };
    let thinking = [
        json!({"type": "content_block_start", "index": 2, "content_block": {"type": "thinking", "thinking": ""}}),
        json!({"type": "content_block_delta", "index": 2, "delta": {"type": "thinking_delta", "thinking": "Then I"}}),
        json!({"type": "content_block_delta", "index": 2, "delta": {"type": "thinking_delta", "thinking": " tell."}}),
        json!({"type": "content_block_delta", "index": 2, "delta": {"type": "signature_delta", "signature": "5ea1ed"}}),
        json!({"type": "content_block_stop", "index": 2}),
    ];
    let first = include_str!("../fixtures/wire/mm-anthropic-tool.sse");
    let (head, tail) = first.split_once("event: message_delta").unwrap();
    let thinking: String = thinking.into_iter().map(event).collect();
    let first = format!("{head}{thinking}event: message_delta{tail}");
    let second: String = [
        json!({"type": "message_start", "message": {"id": "m", "role": "assistant", "content": [], "model": "MiniMax-M3"}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "It is sunny."}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}}),
        json!({"type": "message_stop"}),
    ]
    .into_iter()
    .map(event)
    .collect();
    let server = Server::start(vec![events(&first), events(&second)]);
    let (app, _) = run(
        &config("test-messages/messages-model", ""),
        &server,
        consenting(),
    )
    .await;
    assert_done(&app);
    let seen = server.seen();
    let asked = body(&seen[0].body);
    assert_eq!(asked["tools"][0]["name"], "get_weather");
    assert_eq!(asked["tools"][0]["input_schema"]["type"], "object");
    assert_eq!(
        body(&seen[1].body)["messages"],
        json!([
            {"role": "user", "content": "weather?"},
            {"role": "assistant", "content": [
                {"type": "text", "text": "I'll check the current weather in San Francisco for you."},
                {"type": "tool_use", "id": "call_function_9pjh8jjdebck_1", "name": "get_weather",
                    "input": {"location": "San Francisco, US"}},
                {"type": "thinking", "thinking": "Then I tell.", "signature": "5ea1ed"},
            ]},
            {"role": "user", "content": [{"type": "tool_result",
                "tool_use_id": "call_function_9pjh8jjdebck_1",
                "content": "{\"location\":\"San Francisco, US\"}"}]},
        ]),
        "all blocks go back as they came"
    );
}

#[tokio::test]
async fn minimax_gets_its_reasoning_back_within_the_loop_and_never_after_it() {
    let call = json!([{"index": 0, "id": "c1", "type": "function",
        "function": {"name": "get_weather", "arguments": "{}"}}]);
    let chunk = |delta: Value, finish: Value| json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    let detail = |text: &str| json!([{"type": "reasoning.text", "id": "r-1", "format": "MiniMax-response-v1", "index": 0, "text": text}]);
    let split = data(&[
        chunk(
            json!({"reasoning_content": "First I", "reasoning_details": detail("First I")}),
            Value::Null,
        ),
        chunk(
            json!({"reasoning_content": " look.", "reasoning_details": detail(" look.")}),
            Value::Null,
        ),
        chunk(
            json!({"content": "Looking.", "tool_calls": call}),
            json!("tool_calls"),
        ),
    ]);
    let inline = data(&[
        chunk(json!({"content": "<think>\nHm"}), Value::Null),
        chunk(json!({"content": ".\n</think>\n\nLooking."}), Value::Null),
        chunk(json!({"tool_calls": call}), json!("tool_calls")),
    ]);
    let last = |text: &str| data(&[chunk(json!({"content": text}), json!("stop"))]);
    for (first, back) in [
        (
            split,
            json!({"reasoning_details": detail("First I look."), "content": "Looking."}),
        ),
        (
            inline,
            json!({"content": "<think>\nHm.\n</think>\n\nLooking."}),
        ),
    ] {
        let server = Server::start(vec![
            events(&first),
            events(&last("It is sunny.")),
            events(&last("Still so.")),
        ]);
        let acts = [
            consenting(),
            vec![Act::Say("and now?"), Act::Until("Still so.")],
        ];
        let (app, _) = run(&config("minimax/MiniMax-M3", ""), &server, acts.concat()).await;
        drop(app);
        let seen = server.when(|seen| seen.len() == 3).await;
        let message = &body(&seen[1].body)["messages"][1];
        for (name, value) in back.as_object().unwrap() {
            assert_eq!(&message[name], value, "{message}");
        }
        assert_eq!(message["tool_calls"][0]["id"], "c1");
        let later = body(&seen[2].body)["messages"].to_string();
        assert!(
            !later.contains("reasoning") && !later.contains("think>"),
            "{later}"
        );
        assert!(later.contains("Looking.\\n\\nIt is sunny."), "{later}");
    }
}

#[tokio::test]
async fn a_tool_that_hangs_is_stopped_with_the_turn_and_all_it_started() {
    let first = include_str!("../fixtures/wire/ali-compat-tools.sse");
    let server = Server::start(vec![events(first)]);
    let directory = tempfile::tempdir().unwrap();
    let mark = directory.path().join("alive");
    let script = format!("(sleep 1; echo > '{}') & sleep 600", mark.display());
    let more = "approve = \"always\"";
    let config = config("test/silent", more)
        .replace(r#"["cat"]"#, &format!("[\"sh\", \"-c\", \"{script}\"]"));
    let acts = vec![
        Act::Say("weather?"),
        Act::Until("running get_weather"),
        Act::Press("esc"),
        Act::Until("Stopped"),
    ];
    let (app, screen) = run(&config, &server, acts).await;
    assert_eq!(app.conversation.last().unwrap().state, TurnState::Stopped);
    assert!(screen.contains("stopped before it ended"), "{screen}");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(!mark.exists(), "its child lives on");
}
