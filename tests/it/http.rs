//! The network client over real loopback sockets: against the demo server, which speaks well, and
//! against a scripted one, which does not. Numbers in comments are cases of RELIABILITY.

use std::time::Duration;

use futures_util::StreamExt;
use mmchat::chat::{Delta, Failure, FailureKind, Finish, Message, Progress, Remark, Reply};
use mmchat::config::Network;
use mmchat::demo::{self, End, Pace};
use mmchat::net::secret::Origin;
use mmchat::net::{Client, Keys, Provider, Proxies};
use mmchat::wire::{self, Ask, Auth, Dialect, ModelList, Target, WireRequest};
use secrecy::SecretString;

use crate::support::raw::{Gate, PATIENCE, Server, Step};
use crate::support::tls;

pub(crate) const KEY: &str = "sk-test-0123456789";
const DIALECTS: [Dialect; 3] = [Dialect::OpenAi, Dialect::DashScope, Dialect::Anthropic];
/// An address that is reserved for documentation: nothing may ever be sent there.
pub(crate) const ELSEWHERE: &str = "http://192.0.2.1/v1";

pub(crate) fn ask(dialect: Dialect, base_url: &str, prompt: &str, stream: bool) -> WireRequest {
    let target = Target {
        provider: "test".to_owned(),
        dialect,
        base_url: base_url.to_owned(),
        model: "model-asked".to_owned(),
        headers: Vec::new(),
        max_tokens_field: "max_tokens".to_owned(),
        default_max_tokens: Some(4096),
        may_be_cumulative: false,
        wants_reasoning_back: false,
        takes_images: true,
    };
    let ask = Ask {
        messages: vec![Message::User(prompt.to_owned())],
        stream,
        ..Ask::default()
    };
    wire::request(&target, &ask)
}

pub(crate) fn hello(server: &Server) -> WireRequest {
    let base_url = server.url() + "/v1";
    ask(Dialect::OpenAi, &base_url, "hello", true)
}

/// A client with a key, quick to lose patience, which tries everything once.
pub(crate) fn client() -> Client {
    client_with(&Network {
        idle_timeout_seconds: 1,
        max_retries: 0,
        ..Network::default()
    })
}

pub(crate) fn client_with(network: &Network) -> Client {
    let origin = Origin::Environment {
        name: "TEST_KEY".to_owned(),
        value: Some(SecretString::from(KEY)),
    };
    let keys = Keys::from_iter([("test".to_owned(), origin)]);
    Client::new(network, keys, Proxies::default())
}

/// All that came of a request.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) reply: Reply,
    connected: usize,
    pub(crate) waits: Vec<Duration>,
    pub(crate) failure: Option<Failure>,
}

impl Outcome {
    pub(crate) fn kind(&self) -> Option<FailureKind> {
        self.failure.as_ref().map(|failure| failure.kind)
    }

    pub(crate) fn words(&self) -> String {
        self.failure
            .as_ref()
            .map_or_else(String::new, Failure::vendor_words)
    }
}

pub(crate) async fn outcome(client: &Client, request: WireRequest) -> Outcome {
    let mut outcome = Outcome::default();
    let mut stream = client.reply(request);
    while let Some(item) = stream.next().await {
        assert!(outcome.failure.is_none(), "something came after a failure");
        match item {
            Ok(Progress::Connected) => outcome.connected += 1,
            Ok(Progress::Retrying { wait, .. }) => outcome.waits.push(wait),
            Ok(Progress::Delta(delta)) => outcome.reply.push(delta),
            Err(failure) => outcome.failure = Some(failure),
        }
    }
    outcome
}

/// What comes of asking a server that follows this script.
pub(crate) async fn outcome_of(script: Vec<Step>) -> Outcome {
    let server = Server::start(vec![script]);
    outcome(&client(), hello(&server)).await
}

/// One event with a piece of the answer.
pub(crate) fn piece(text: &str) -> Step {
    let text = serde_json::Value::from(text);
    Step::chunk(format!(
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":{text}}}}}]}}\n\n"
    ))
}

/// The event that names the end of the answer, and the one that ends the stream.
pub(crate) fn stop() -> Step {
    Step::chunk("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n")
}

pub(crate) fn done() -> Step {
    Step::chunk("data: [DONE]\n\n")
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/wire/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[tokio::test]
async fn every_dialect_is_spoken_with_the_demo_streamed_and_whole() {
    let demo = demo::Server::start_with(0, Pace::Instant).unwrap();
    let mut answers = Vec::new();
    for dialect in DIALECTS {
        for stream in [true, false] {
            let prompt = "Solve the equation x^2 - 5x + 6 = 0";
            let request = ask(dialect, &demo.base_url(dialect), prompt, stream);
            let outcome = outcome(&client(), request).await;
            let at = format!("{dialect:?}, stream {stream}: {outcome:#?}");
            let reply = outcome.reply;
            assert_eq!(outcome.failure, None, "{at}");
            assert_eq!(outcome.connected, 1, "{at}");
            assert!(
                reply.reasoning.as_str().starts_with("I need to solve"),
                "{at}"
            );
            assert!(reply.answer.as_str().contains("**x = 3**"), "{at}");
            assert_eq!(reply.finish, Some(Finish::Stop), "{at}");
            assert_eq!(
                reply.served_model.as_deref().unwrap_or("model-asked"),
                "model-asked"
            );
            assert!(reply.usage.output_tokens.unwrap() > 100, "{at}");
            assert!(reply.usage.input_tokens.unwrap() > 5, "{at}");
            answers.push(reply.answer.as_str().to_owned());
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "all dialects say the same");
    let seen = demo.requests();
    assert_eq!(seen.len(), 6);
    assert!(seen.iter().all(|seen| seen.has_key));
    assert!(!format!("{seen:?}").contains(KEY));
}

#[tokio::test]
async fn the_demo_refuses_in_each_dialects_words() {
    let demo = demo::Server::start_with(0, Pace::Instant).unwrap();
    for dialect in DIALECTS {
        let mut request = ask(dialect, &demo.base_url(dialect), "hi", true);
        request.body = serde_json::json!({"model": "m"});
        let outcome = outcome(&client(), request).await;
        assert_eq!(outcome.kind(), Some(FailureKind::BadRequest), "{dialect:?}");
        assert!(
            outcome.words().contains("no list of messages"),
            "{outcome:?}"
        );
    }
    let mut request = ask(Dialect::OpenAi, &demo.base_url(Dialect::OpenAi), "hi", true);
    request.url = demo.base_url(Dialect::OpenAi) + "/nowhere";
    let outcome = outcome(&client(), request).await;
    assert_eq!(outcome.failure.as_ref().unwrap().status, Some(404));
}

#[tokio::test]
async fn the_demo_cuts_a_reply_at_the_token_limit() {
    let demo = demo::Server::start_with(0, Pace::Instant).unwrap();
    for dialect in DIALECTS {
        let mut request = ask(dialect, &demo.base_url(dialect), "hi", true);
        let limit = serde_json::Value::from(12);
        match dialect {
            Dialect::DashScope => request.body["parameters"]["max_tokens"] = limit,
            Dialect::OpenAi | Dialect::Anthropic => request.body["max_tokens"] = limit,
        }
        let outcome = outcome(&client(), request).await;
        assert_eq!(
            outcome.reply.finish,
            Some(Finish::Length),
            "{dialect:?}: {outcome:?}"
        );
        assert_eq!(outcome.reply.usage.output_tokens, Some(12), "{dialect:?}");
    }
}

#[tokio::test]
async fn the_demo_lists_its_models() {
    let demo = demo::Server::start_with(0, Pace::Instant).unwrap();
    let list = |more: &str| ModelList {
        provider: "test".to_owned(),
        dialect: Dialect::OpenAi,
        url: demo.base_url(Dialect::OpenAi) + "/models" + more,
        headers: Vec::new(),
        auth: Auth::Bearer,
    };
    let ids = client().model_ids(&list("")).await;
    assert_eq!(
        ids.unwrap(),
        ["minimax-m3", "minimax-m2.7", "minimax-m3.1-flash"]
    );
    let failure = client().model_ids(&list("x")).await.unwrap_err();
    assert_eq!(failure.status, Some(404));
}

#[tokio::test]
async fn a_dropped_reply_ends_the_demos_stream_at_once() {
    // 59
    let demo = demo::Server::start_with(0, Pace::PerSecond(50)).unwrap();
    let request = ask(Dialect::OpenAi, &demo.base_url(Dialect::OpenAi), "hi", true);
    let mut stream = client().reply(request);
    let mut texts = 0;
    while texts < 3 {
        let item = stream.next().await.unwrap().unwrap();
        texts += usize::from(matches!(item, Progress::Delta(delta) if delta.is_text()));
    }
    assert_eq!(demo.requests()[0].end, End::Open);
    drop(stream);
    let ended = |requests: &[demo::Seen]| requests[0].end == End::ClientLeft;
    // The client's connection closes as the runtime turns, which this wait lets it do.
    let half_a_second = Duration::from_millis(500);
    assert!(demo.requests_when(half_a_second, ended).await.is_some());
}

#[tokio::test]
async fn stopping_the_demo_breaks_its_replies_off() {
    let demo = demo::Server::start_with(0, Pace::PerSecond(50)).unwrap();
    let request = ask(Dialect::OpenAi, &demo.base_url(Dialect::OpenAi), "hi", true);
    let mut stream = client().reply(request);
    while let Some(Ok(item)) = stream.next().await {
        if matches!(item, Progress::Delta(delta) if delta.is_text()) {
            break;
        }
    }
    let start = tokio::time::Instant::now();
    drop(demo);
    assert!(start.elapsed() < Duration::from_millis(500));
    let last = stream
        .filter_map(|item| std::future::ready(item.err()))
        .next()
        .await;
    assert_eq!(last.unwrap().kind, FailureKind::Cut);
}

#[tokio::test]
async fn recorded_replies_arrive_whole_over_a_socket() {
    // 8, and C
    let cases = [
        (
            "ali-compat-m25.sse",
            Dialect::OpenAi,
            "Who are",
            "I am MiniMax-M2.5",
        ),
        (
            "ali-native-m25.sse",
            Dialect::DashScope,
            "user asked",
            "I am MiniMax-M2.5.",
        ),
        (
            "mm-anthropic-m3.sse",
            Dialect::Anthropic,
            "describe what",
            "a young girl.",
        ),
        ("vllm-m3.sse", Dialect::OpenAi, "", ""),
        ("tokenhub-m27.sse", Dialect::OpenAi, "", ""),
    ];
    for (name, dialect, reasoning, answer) in cases {
        for piece_bytes in [1, 7, 4096] {
            let mut script = vec![Step::events()];
            let chunks = fixture(name);
            script.extend(
                chunks
                    .chunks(piece_bytes)
                    .map(|chunk| Step::Chunk(chunk.to_vec())),
            );
            script.push(Step::End);
            let server = Server::start(vec![script]);
            let request = ask(dialect, &server.url(), "hello", true);
            let outcome = outcome(&client(), request).await;
            assert_eq!(outcome.failure, None, "{name}");
            let reply = outcome.reply;
            assert!(
                reply.reasoning.as_str().contains(reasoning),
                "{name}: {reply:#?}"
            );
            assert!(reply.answer.as_str().contains(answer), "{name}: {reply:#?}");
            assert!(!reply.answer.is_empty(), "{name}");
            assert_eq!(reply.finish, Some(Finish::Stop), "{name}");
        }
    }
}

#[tokio::test]
async fn the_key_goes_into_the_header_of_its_dialect() {
    for (dialect, header) in [
        (Dialect::OpenAi, format!("authorization: Bearer {KEY}")),
        (Dialect::Anthropic, format!("x-api-key: {KEY}")),
    ] {
        let server = Server::start(vec![Step::whole(500, "text/plain", "")]);
        outcome(&client(), ask(dialect, &server.url(), "hello", true)).await;
        let head = &server.seen()[0].head;
        assert_eq!(head.matches(&header).count(), 1, "{head}");
        assert_eq!(head.matches(KEY).count(), 1, "{head}");
        // 46
        assert!(head.contains("accept-encoding: identity"), "{head}");
    }
}

#[tokio::test]
async fn a_reply_that_is_dropped_closes_its_connection_in_every_phase() {
    // 59
    let phases = [
        vec![Step::Hold],
        vec![Step::events(), Step::Hold],
        vec![Step::events(), piece("half an ans"), Step::Hold],
        vec![Step::events(), piece("all"), stop(), Step::Hold],
    ];
    for script in phases {
        let server = Server::start(vec![script.clone()]);
        let mut stream = client().reply(hello(&server));
        let polled = tokio::time::timeout(Duration::from_millis(50), async {
            while stream.next().await.is_some() {}
        });
        assert!(polled.await.is_err(), "{script:?}");
        drop(stream);
        server.when(|seen| seen[0].client_left).await;
    }
}

#[tokio::test]
async fn the_end_marker_ends_a_reply_although_the_socket_stays_open() {
    // 16, 21
    let script = vec![
        Step::events(),
        piece("yes"),
        stop(),
        done(),
        piece("NO"),
        Step::Hold,
    ];
    let server = Server::start(vec![script]);
    let start = tokio::time::Instant::now();
    let outcome = outcome(&client(), hello(&server)).await;
    assert!(start.elapsed() < Duration::from_millis(500));
    assert_eq!(outcome.reply.answer.as_str(), "yes");
    assert_eq!(outcome.reply.finish, Some(Finish::Stop));
    assert_eq!(outcome.failure, None);
    server.when(|seen| seen[0].client_left).await;
}

#[tokio::test]
async fn a_complete_reply_waits_two_seconds_for_its_counts_and_no_more() {
    // 15
    let network = Network {
        max_retries: 0,
        ..Network::default()
    };
    let script = vec![Step::events(), piece("yes"), stop(), Step::Hold];
    let server = Server::start(vec![script]);
    let start = tokio::time::Instant::now();
    let outcome = outcome(&client_with(&network), hello(&server)).await;
    let waited = start.elapsed().as_millis();
    assert!((1900..3000).contains(&waited), "{waited} ms");
    assert_eq!(outcome.failure, None);
    assert_eq!(outcome.reply.finish, Some(Finish::Stop));
}

#[tokio::test]
async fn a_silent_server_is_given_up_after_the_idle_limit_and_the_text_kept() {
    // 54
    let no_head = outcome_of(vec![Step::Hold]).await;
    assert_eq!(no_head.kind(), Some(FailureKind::Idle), "{no_head:?}");
    let stalled = outcome_of(vec![Step::events(), piece("half an <thi"), Step::Hold]).await;
    assert_eq!(stalled.kind(), Some(FailureKind::Idle), "{stalled:?}");
    assert_eq!(stalled.reply.answer.as_str(), "half an <thi");
    assert_eq!(stalled.reply.finish, None);
    assert!(stalled.words().contains("nothing arrived for 1 s"));
    let held_back = outcome_of(vec![Step::events(), piece("<thi"), Step::Hold]).await;
    assert_eq!(held_back.reply.answer.as_str(), "<thi");
}

#[tokio::test]
async fn keep_alives_feed_the_idle_limit() {
    // 4, 58
    let pause = Step::Sleep(Duration::from_millis(600));
    let ping = Step::chunk(": keep-alive\n\n");
    let mut script = vec![
        Step::events(),
        pause.clone(),
        ping.clone(),
        pause.clone(),
        ping,
        pause,
    ];
    script.extend([piece("at last"), stop(), done(), Step::End]);
    let outcome = outcome_of(script).await;
    assert_eq!(outcome.failure, None);
    assert_eq!(outcome.reply.answer.as_str(), "at last");
}

#[tokio::test(start_paused = true)]
async fn a_port_where_nobody_listens_is_tried_again_with_growing_pauses() {
    // 53
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let start = tokio::time::Instant::now();
    let request = ask(Dialect::OpenAi, &base_url, "hello", true);
    let outcome = outcome(&client_with(&Network::default()), request).await;
    assert_eq!(outcome.kind(), Some(FailureKind::Connect), "{outcome:?}");
    assert!(outcome.words().contains("refused"), "{}", outcome.words());
    assert_eq!(outcome.connected, 0);
    assert_eq!(outcome.waits.len(), 3);
    for (wait, seconds) in outcome.waits.iter().zip([0.5, 1.0, 2.0]) {
        let factor = wait.as_secs_f64() / seconds;
        assert!((0.75..=1.25).contains(&factor), "{wait:?} of {seconds} s");
    }
    let waited: Duration = outcome.waits.iter().sum();
    assert!(start.elapsed() >= waited);
    assert!(start.elapsed() < waited + Duration::from_secs(1));
}

/// Linux drops what comes to a full queue: to the client that is a server that does not pick up.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_that_does_not_pick_up_is_given_up_after_the_connect_limit() {
    // 53
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    loop {
        let connecting = tokio::net::TcpStream::connect(address);
        match tokio::time::timeout(Duration::from_millis(100), connecting).await {
            Ok(connection) => waiting.push(connection.unwrap()),
            Err(_elapsed) => break,
        }
        assert!(waiting.len() < 100, "the queue does not fill");
    }
    let network = Network {
        connect_timeout_seconds: 1,
        max_retries: 0,
        ..Network::default()
    };
    let start = tokio::time::Instant::now();
    let request = ask(Dialect::OpenAi, &format!("http://{address}"), "hello", true);
    let outcome = outcome(&client_with(&network), request).await;
    assert_eq!(
        outcome.kind(),
        Some(FailureKind::ConnectTimeout),
        "{outcome:?}"
    );
    assert!(
        outcome.words().contains("within 1 s"),
        "{}",
        outcome.words()
    );
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_connection_that_went_stale_between_two_turns_is_replaced() {
    let turn = vec![Step::events(), piece("yes"), stop(), done(), Step::End];
    let server = Server::start(vec![turn.clone(), turn.clone(), turn]);
    let client = client();
    for _ in 0..3 {
        let outcome = outcome(&client, hello(&server)).await;
        assert_eq!(outcome.failure, None);
        server
            .when(|seen| seen.iter().all(|seen| seen.is_over))
            .await;
    }
}

#[tokio::test]
async fn the_pause_that_a_server_names_is_kept_to_the_letter() {
    // 38, 40
    let mut busy = Step::whole(
        503,
        "application/json",
        "{\"error\":{\"message\":\"loading\"}}",
    );
    if let Some(Step::Head(_, headers)) = busy.first_mut() {
        headers.push(("retry-after-ms", "80".to_owned()));
    }
    let fine = vec![Step::events(), piece("ready"), stop(), done(), Step::End];
    let server = Server::start(vec![busy.clone(), busy, fine]);
    let network = Network {
        max_retries: 2,
        ..Network::default()
    };
    let outcome = outcome(&client_with(&network), hello(&server)).await;
    assert_eq!(outcome.failure, None);
    assert_eq!(outcome.reply.answer.as_str(), "ready");
    assert_eq!(outcome.waits, [Duration::from_millis(80); 2]);
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    for pair in seen.windows(2) {
        assert!(pair[1].at - pair[0].at >= Duration::from_millis(80));
        assert_eq!(pair[0].body, pair[1].body, "the same request again");
    }
}

#[tokio::test]
async fn what_would_fail_again_is_not_sent_again() {
    // 37
    for (status, body) in [
        (401, fixture("mm-401.json")),
        (402, fixture("mm-402.json")),
        (429, fixture("mm-429-plan.json")),
        (400, fixture("mm-400-context.json")),
    ] {
        let server = Server::start(vec![
            Step::whole(status, "application/json", body),
            Step::whole(500, "text/plain", "a second request"),
        ]);
        let outcome = outcome(&client_with(&Network::default()), hello(&server)).await;
        assert_eq!(outcome.failure.as_ref().unwrap().status, Some(status));
        assert_eq!(outcome.waits, [], "{status}");
        assert_eq!(server.seen().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn nothing_is_sent_again_once_text_has_come() {
    let script = vec![Step::events(), piece("half an ans"), Step::Reset];
    let server = Server::start(vec![script.clone(), script]);
    let outcome = outcome(&client_with(&Network::default()), hello(&server)).await;
    assert_eq!(outcome.kind(), Some(FailureKind::Cut), "{outcome:?}");
    assert_eq!(outcome.reply.answer.as_str(), "half an ans");
    assert_eq!(outcome.waits, []);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_waiting_retry_is_cancelled_by_dropping_it() {
    // 38
    let mut busy = Step::whole(503, "text/plain", "busy");
    if let Some(Step::Head(_, headers)) = busy.first_mut() {
        headers.push(("retry-after-ms", "50".to_owned()));
    }
    let server = Server::start(vec![busy, vec![Step::events(), Step::Hold]]);
    let mut stream = client_with(&Network::default()).reply(hello(&server));
    let first = stream.next().await.unwrap().unwrap();
    let Progress::Retrying {
        attempt,
        of,
        because,
        ..
    } = first
    else {
        panic!("{first:?}");
    };
    assert_eq!((attempt, of), (2, 4));
    assert_eq!(because.status, Some(503));
    drop(stream);
    tokio::time::sleep(Duration::from_millis(120)).await;
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_reply_that_breaks_off_keeps_its_text_and_says_so() {
    // 47
    let cut_chunk = Step::Raw(b"40\r\ndata: {\"choices\":[{\"delta\":".to_vec());
    let bad_size = Step::Raw(b"zz\r\n".to_vec());
    let short_head = Step::Head(
        200,
        vec![
            ("content-type", "text/event-stream".to_owned()),
            ("content-length", "9999".to_owned()),
        ],
    );
    let Step::Chunk(text) = piece("half 半 an ans") else {
        unreachable!();
    };
    for script in [
        vec![Step::events(), piece("half 半 an ans"), Step::Reset],
        vec![Step::events(), piece("half 半 an ans")],
        vec![Step::events(), piece("half 半 an ans"), cut_chunk],
        vec![Step::events(), piece("half 半 an ans"), bad_size],
        vec![short_head, Step::Raw(text)],
    ] {
        let at = format!("{script:?}");
        let outcome = outcome_of(script).await;
        assert_eq!(outcome.kind(), Some(FailureKind::Cut), "{at}: {outcome:?}");
        assert_eq!(outcome.reply.answer.as_str(), "half 半 an ans", "{at}");
        assert_eq!(outcome.reply.finish, None, "{at}");
        assert!(!outcome.words().is_empty(), "{at}");
    }
}

#[tokio::test]
async fn an_end_without_a_reason_is_no_finished_answer() {
    // 13, 14
    let script = vec![Step::events(), piece("half an ans"), Step::End];
    let outcome = outcome_of(script).await;
    assert_eq!(outcome.reply.answer.as_str(), "half an ans");
    assert!(
        outcome.reply.finish == Some(Finish::CutOff) || outcome.kind() == Some(FailureKind::Cut),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_connection_that_closes_without_an_answer_says_so() {
    for script in [
        vec![],
        vec![Step::Reset],
        vec![Step::Raw(b"HTTP/1.1 200 O".to_vec())],
    ] {
        let outcome = outcome_of(script).await;
        assert_eq!(outcome.kind(), Some(FailureKind::Cut), "{outcome:?}");
        assert!(outcome.reply.is_empty());
    }
}

#[tokio::test]
async fn what_is_not_http_is_refused_and_bounded() {
    // 48
    let giant = format!("HTTP/1.1 200 OK\r\nx: {}", "a".repeat(4 * 1024 * 1024));
    for bytes in [b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), giant.into_bytes()] {
        let outcome = outcome_of(vec![Step::Raw(bytes), Step::Hold]).await;
        assert_eq!(outcome.kind(), Some(FailureKind::NotAReply), "{outcome:?}");
        assert!(outcome.words().len() < 200, "{outcome:?}");
    }
}

#[tokio::test]
async fn old_http_and_early_hints_work() {
    // 48
    let body =
        "data: {\"choices\":[{\"delta\":{\"content\":\"old\"},\"finish_reason\":\"stop\"}]}\n\n";
    for head in [
        "HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\nHTTP/1.1 200 OK\r\nconnection: close\r\n\r\n",
    ] {
        let outcome = outcome_of(vec![Step::Raw(format!("{head}{body}").into_bytes())]).await;
        assert_eq!(outcome.failure, None, "{head}");
        assert_eq!(outcome.reply.answer.as_str(), "old", "{head}");
    }
}

#[tokio::test]
async fn redirects_are_named_and_never_followed() {
    // 43, 45
    let other = Server::start(vec![Step::whole(200, "text/plain", "got you")]);
    for status in [301, 302, 303, 307, 308] {
        let mut script = Step::whole(status, "text/plain", "");
        if let Some(Step::Head(_, headers)) = script.first_mut() {
            let target = other.url().replace("http://", "http://user:secret@") + "/v1?key=secret";
            headers.push(("location", target));
        }
        let server = Server::start(vec![script]);
        let outcome = outcome(&client_with(&Network::default()), hello(&server)).await;
        assert_eq!(outcome.kind(), Some(FailureKind::Redirect), "{outcome:?}");
        assert!(
            outcome.words().contains(&other.url()),
            "{}",
            outcome.words()
        );
        assert!(!outcome.words().contains("secret"), "{}", outcome.words());
        assert_eq!(server.seen().len(), 1);
    }
    assert_eq!(
        other.seen().len(),
        0,
        "the other origin sees nothing at all"
    );
    let mut file = Step::whole(302, "text/plain", "");
    if let Some(Step::Head(_, headers)) = file.first_mut() {
        headers.push(("location", "file:///etc/passwd".to_owned()));
    }
    let outcome = outcome_of(file).await;
    assert_eq!(outcome.kind(), Some(FailureKind::Redirect), "{outcome:?}");
}

#[tokio::test]
async fn a_key_never_crosses_the_network_in_the_clear() {
    // 52
    let request = ask(Dialect::OpenAi, ELSEWHERE, "hello", true);
    let start = tokio::time::Instant::now();
    let outcome = outcome(&client_with(&Network::default()), request).await;
    assert_eq!(outcome.kind(), Some(FailureKind::PlainHttp), "{outcome:?}");
    assert!(
        start.elapsed() < Duration::from_millis(200),
        "before any packet"
    );
    assert!(outcome.words().contains("192.0.2.1"));
}

#[tokio::test]
async fn a_key_that_the_server_echoes_is_redacted() {
    // 42, 101
    let json = format!("{{\"error\":{{\"message\":\"bad key {KEY}\",\"code\":\"{KEY}\"}}}}");
    let event = format!("data: {json}\n\n");
    let quoted = format!("<title>{KEY}</title>");
    for script in [
        Step::whole(401, "application/json", json),
        Step::whole(500, "text/plain", format!("you sent {KEY}")),
        Step::whole(502, "text/html", quoted),
        vec![Step::events(), piece("half"), Step::chunk(event), Step::End],
    ] {
        let outcome = outcome_of(script).await;
        assert!(outcome.failure.is_some());
        assert!(!format!("{outcome:?}").contains(KEY), "{outcome:?}");
        assert!(outcome.words().contains("[key]"), "{outcome:?}");
    }
}

#[tokio::test]
async fn of_a_giant_error_only_the_beginning_is_read() {
    // 42
    let script = vec![
        Step::Head(500, vec![("content-type", "text/plain".to_owned())]),
        Step::Chunk(vec![b'x'; 64 * 1024]),
        Step::Hold,
    ];
    let start = tokio::time::Instant::now();
    let outcome = outcome_of(script).await;
    assert!(
        start.elapsed() < Duration::from_millis(900),
        "it waited for more"
    );
    assert_eq!(outcome.failure.as_ref().unwrap().status, Some(500));
    assert!(outcome.words().len() < 4096, "{}", outcome.words().len());
}

#[tokio::test]
async fn web_pages_are_named_and_not_dumped() {
    // 23
    let page = "<html><head><title>Sign in</title></head><body><p>Welcome</p></body></html>";
    for (status, kind) in [(502, FailureKind::Server), (200, FailureKind::NotAReply)] {
        let outcome = outcome_of(Step::whole(status, "text/html", page)).await;
        let failure = outcome.failure.as_ref().unwrap();
        assert_eq!(failure.kind, kind, "{outcome:?}");
        assert!(!outcome.words().contains('<'), "{outcome:?}");
        assert!(outcome.reply.is_empty());
    }
    for (script, kind) in [
        (Step::whole(200, "text/event-stream", ""), FailureKind::Cut),
        (
            vec![Step::Raw(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())],
            FailureKind::NotAReply,
        ),
    ] {
        let outcome = outcome_of(script).await;
        assert_eq!(outcome.kind(), Some(kind), "{outcome:?}");
    }
}

#[tokio::test]
async fn an_error_inside_a_success_is_an_error() {
    // 18, 19
    let body = fixture("mm-200-base-resp.json");
    let outcome = outcome_of(Step::whole(200, "application/json", body)).await;
    assert_eq!(outcome.kind(), Some(FailureKind::RateLimit), "{outcome:?}");
    let broke = "{\"base_resp\":{\"status_code\":1008,\"status_msg\":\"insufficient balance\"}}";
    let server = Server::start(vec![
        Step::whole(200, "application/json", broke),
        Step::whole(500, "text/plain", "a second request"),
    ]);
    let outcome = self::outcome(&client_with(&Network::default()), hello(&server)).await;
    assert_eq!(outcome.kind(), Some(FailureKind::Balance), "{outcome:?}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_whole_reply_where_a_stream_was_asked_for_is_taken() {
    // 22
    let body = "{\"choices\":[{\"message\":{\"content\":\"all at once\",\"reasoning_content\":\"hm\"},\
                \"finish_reason\":\"stop\"}]}";
    let outcome = outcome_of(Step::whole(200, "application/json", body)).await;
    assert_eq!(outcome.failure, None);
    assert_eq!(outcome.reply.answer.as_str(), "all at once");
    assert_eq!(outcome.reply.reasoning.as_str(), "hm");
    assert!(outcome.reply.remarks.contains(&Remark::NotStreamed));
}

#[tokio::test]
async fn a_compressed_reply_is_refused() {
    // 46
    let mut script = Step::whole(200, "text/event-stream", vec![0x1f, 0x8b, 8, 0]);
    if let Some(Step::Head(_, headers)) = script.first_mut() {
        headers.push(("content-encoding", "gzip".to_owned()));
    }
    let outcome = outcome_of(script).await;
    assert_eq!(outcome.kind(), Some(FailureKind::Compressed));
    assert!(outcome.words().contains("gzip"));
}

#[tokio::test]
async fn large_and_many_deltas_arrive_whole() {
    // 61
    let large = "界".repeat(1024 * 1024);
    let script = vec![Step::events(), piece(&large), stop(), done(), Step::End];
    let outcome_of_large = outcome_of(script).await;
    assert_eq!(outcome_of_large.reply.answer.len(), large.len());

    let Step::Chunk(one) = piece("x") else {
        unreachable!();
    };
    let script = vec![
        Step::events(),
        Step::Chunk(one.repeat(3000)),
        stop(),
        done(),
        Step::End,
    ];
    let many = outcome_of(script).await;
    assert_eq!(many.reply.answer.len(), 3000);
}

#[tokio::test]
async fn a_dead_proxy_is_named_without_its_password() {
    // 51
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for scheme in ["http", "socks5"] {
        let network = Network {
            proxy: format!("{scheme}://user:hunter2@{address}"),
            allow_plain_http: true,
            max_retries: 0,
            ..Network::default()
        };
        let request = ask(Dialect::OpenAi, ELSEWHERE, "hello", true);
        let outcome = outcome(&client_with(&network), request).await;
        assert_eq!(outcome.kind(), Some(FailureKind::Proxy), "{outcome:?}");
        assert!(outcome.failure.as_ref().is_some_and(Failure::is_retryable));
        assert!(
            outcome.words().contains(&address.to_string()),
            "{outcome:?}"
        );
        assert!(!format!("{outcome:?}").contains("hunter2"), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_wants_credentials_is_named() {
    // 51
    let proxy = Server::start(vec![Step::whole(407, "text/html", "<h1>no</h1>")]);
    let network = Network {
        proxy: proxy.url().replace("http://", "http://user:hunter2@"),
        allow_plain_http: true,
        max_retries: 0,
        ..Network::default()
    };
    let request = ask(Dialect::OpenAi, ELSEWHERE, "hello", true);
    let outcome = outcome(&client_with(&network), request).await;
    assert_eq!(outcome.kind(), Some(FailureKind::Proxy), "{outcome:?}");
    assert!(!outcome.failure.as_ref().is_some_and(Failure::is_retryable));
    assert!(outcome.words().contains(&proxy.url()), "{outcome:?}");
    assert!(!format!("{outcome:?}").contains("hunter2"), "{outcome:?}");
    let head = &proxy.seen()[0].head;
    assert!(
        head.starts_with("POST http://192.0.2.1/v1/chat/completions "),
        "{head}"
    );
    assert!(
        head.to_lowercase().contains("proxy-authorization: basic"),
        "{head}"
    );
}

#[tokio::test]
async fn text_is_yielded_as_it_arrives() {
    let gate = Gate::new();
    let script = vec![
        Step::events(),
        piece("first"),
        Step::Gate(gate.clone()),
        piece(" second"),
        stop(),
        done(),
        Step::End,
    ];
    let server = Server::start(vec![script]);
    let mut stream = client().reply(hello(&server));
    assert_eq!(stream.next().await, Some(Ok(Progress::Connected)));
    let first = tokio::time::timeout(PATIENCE, stream.next()).await.unwrap();
    assert_eq!(
        first,
        Some(Ok(Progress::Delta(Delta::Answer("first".to_owned()))))
    );
    gate.open();
    let rest: Vec<_> = stream.collect().await;
    assert!(rest.iter().all(Result::is_ok), "{rest:?}");
}

#[tokio::test]
async fn an_unknown_authority_is_refused_and_a_configured_one_honoured() {
    // 49
    let body = "data: {\"choices\":[{\"delta\":{\"content\":\"safe\"},\"finish_reason\":\"stop\"}]}\n\n\
                data: [DONE]\n\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let server = || tls::Server::start(format!("{head}{body}").into_bytes());
    let ca_file = tls::authority();
    let network = Network {
        ca_file,
        max_retries: 0,
        ..Network::default()
    };
    let trusted = server();
    let request = ask(Dialect::OpenAi, &trusted.url(), "hello", true);
    let outcome_of_trusted = outcome(&client_with(&network), request).await;
    assert_eq!(outcome_of_trusted.failure, None);
    assert_eq!(outcome_of_trusted.reply.answer.as_str(), "safe");

    let strange = server();
    let request = ask(Dialect::OpenAi, &strange.url(), "hello", true);
    let outcome_of_strange = outcome(&client(), request).await;
    assert!(outcome_of_strange.reply.is_empty());
    match outcome_of_strange.kind() {
        Some(FailureKind::Tls) => {
            let words = outcome_of_strange.words();
            assert!(words.contains("UnknownIssuer"), "{words}");
        }
        // A machine without any certificates can't even begin.
        Some(FailureKind::Setup) => {}
        _ => panic!("{outcome_of_strange:?}"),
    }

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("https://{}/v1", listener.local_addr().unwrap());
    let plain = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        std::io::Write::write_all(&mut socket, b"HTTP/1.1 400 No TLS here\r\n\r\n").unwrap();
    });
    let request = ask(Dialect::OpenAi, &base_url, "hello", true);
    let outcome = outcome(&client_with(&network), request).await;
    plain.join().unwrap();
    let failure = outcome.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Connect, "{failure:?}");
    assert!(
        !failure.is_retryable(),
        "no use in trying again: {failure:?}"
    );
}
