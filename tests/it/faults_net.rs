//! RELIABILITY D and E: HTTP, TLS and proxies gone wrong, and connections that are half dead.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use mmchat::chat::FailureKind;
use mmchat::config::Network;
use mmchat::runtime::Clock;
use mmchat::wire::Dialect;

use crate::http::{
    ELSEWHERE, KEY, ask, client, client_with, done, hello, outcome, outcome_of, piece, stop,
};
use crate::support::raw::{Server, Step};
use crate::support::tls;

/// A refusal with a header besides.
fn refusal(status: u16, body: &str, header: (&'static str, &str)) -> Vec<Step> {
    let mut script = Step::whole(status, "application/json", body);
    if let Some(Step::Head(_, headers)) = script.first_mut() {
        headers.push((header.0, header.1.to_owned()));
    }
    script
}

fn fine(text: &str) -> Vec<Step> {
    vec![Step::events(), piece(text), stop(), done(), Step::End]
}

/// Case 37: which statuses are tried again, and that all of them are explained.
#[tokio::test]
async fn d37_every_status_is_explained_and_only_what_may_pass_is_tried_again() {
    let body = format!("{{\"error\":{{\"message\":\"because of {KEY}\"}}}}");
    for (status, is_tried_again) in [
        (400, false),
        (401, false),
        (402, false),
        (403, false),
        (404, false),
        (408, true),
        (409, true),
        (413, false),
        (422, false),
        (429, true),
        (500, true),
        (502, true),
        (503, true),
        (504, true),
        (529, true),
    ] {
        let script = refusal(status, &body, ("retry-after-ms", "1"));
        let server = Server::start(vec![script.clone(), script]);
        let network = Network {
            max_retries: 1,
            ..Network::default()
        };
        let outcome = outcome(&client_with(&network), hello(&server)).await;
        let failure = outcome.failure.as_ref().unwrap();
        assert_eq!(failure.status, Some(status));
        assert!(outcome.words().contains("because of [key]"), "{outcome:?}");
        assert!(failure.what().ends_with('.'));
        assert!(!failure.next_step().is_empty(), "{status}: what helps?");
        let requests = server.seen().len();
        assert_eq!(requests, if is_tried_again { 2 } else { 1 }, "{status}");
        assert_eq!(outcome.waits.len(), requests - 1, "{status}");
    }
}

/// Case 38: each form of the wait, seen in the pauses between requests.
#[tokio::test]
async fn d38_the_wait_is_kept_in_every_form() {
    let soon = Clock::system().now().wall.unix_seconds + 2;
    let date = http_date(soon);
    for (name, value, least_ms, most_ms) in [
        ("retry-after-ms", "40", 40, 40),
        ("retry-after", "0.05", 50, 50),
        ("retry-after", "1", 1000, 1000),
        ("retry-after", date.as_str(), 1, 2000),
    ] {
        let busy = refusal(
            429,
            "{\"error\":{\"message\":\"slow down\"}}",
            (name, value),
        );
        let server = Server::start(vec![busy, fine("at last")]);
        let network = Network {
            max_retries: 1,
            ..Network::default()
        };
        let outcome = outcome(&client_with(&network), hello(&server)).await;
        assert_eq!(outcome.reply.answer.as_str(), "at last", "{name}: {value}");
        let said = outcome.waits[0].as_millis();
        assert!((least_ms..=most_ms).contains(&said), "{name}: {said} ms");
        let seen = server.seen();
        let kept = (seen[1].at - seen[0].at).as_millis();
        assert!(kept >= said, "{name}: {kept} ms instead of {said}");
    }
}

/// A moment as HTTP writes it.
fn http_date(unix_seconds: i64) -> String {
    let output = std::process::Command::new("date")
        .args(["-u", "-d", &format!("@{unix_seconds}")])
        .arg("+%a, %d %b %Y %H:%M:%S GMT")
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Case 42: a page of a gateway, with escapes and the key in it.
#[tokio::test]
async fn d42_a_hostile_error_body_leaves_neither_tags_nor_escapes_nor_the_key() {
    let page = format!(
        "<html><head><title>\u{1b}]0;owned\u{7} Bad {KEY} gateway</title></head><body>{}</body></html>",
        "<p>x</p>".repeat(50_000)
    );
    for content_type in ["text/html", "text/plain", "application/json"] {
        let outcome = outcome_of(Step::whole(502, content_type, page.clone())).await;
        let words = outcome.words();
        assert!(!words.contains('<') && !words.contains(KEY), "{words}");
        assert!(words.len() < 4096, "{}", words.len());
        let shown = mmchat::chat::safe::visible(&words);
        assert!(!shown.contains(['\u{1b}', '\u{7}']), "{shown}");
    }
}

/// Case 45: the same place again and again, by name and by number.
#[tokio::test]
async fn d45_a_redirect_in_a_circle_is_one_sentence() {
    for location in [
        "/v1/chat/completions",
        "http://localhost:1/v1",
        "//127.0.0.1/x",
    ] {
        let script = refusal(307, "", ("location", location));
        let server = Server::start(vec![script.clone(), script]);
        let outcome = outcome(&client_with(&Network::default()), hello(&server)).await;
        assert_eq!(outcome.kind(), Some(FailureKind::Redirect), "{outcome:?}");
        assert_eq!(server.seen().len(), 1);
    }
}

/// Case 46: a compressed body is not unpacked, however large it would become.
#[tokio::test]
async fn d46_a_compressed_bomb_is_refused_before_it_is_read() {
    for encoding in ["gzip", "deflate", "br", "zstd", "x-gzip"] {
        let head = vec![
            ("content-type", "text/event-stream".to_owned()),
            ("content-encoding", encoding.to_owned()),
        ];
        let script = vec![Step::Head(200, head), Step::Hold];
        let server = Server::start(vec![script]);
        let outcome = outcome(&client(), hello(&server)).await;
        assert_eq!(outcome.kind(), Some(FailureKind::Compressed), "{outcome:?}");
        assert!(outcome.words().contains(encoding), "{outcome:?}");
        server.when(|seen| seen[0].client_left).await;
    }
}

/// Case 48: more headers than anybody needs, in number and in length.
#[tokio::test]
async fn d48_headers_without_end_are_refused() {
    let many = "x: y\r\n".repeat(16 * 1024 * 1024 / 6);
    let head = format!("HTTP/1.1 200 OK\r\n{many}");
    let outcome = outcome_of(vec![Step::Raw(head.into_bytes()), Step::Hold]).await;
    assert_eq!(outcome.kind(), Some(FailureKind::NotAReply), "{outcome:?}");
    assert!(outcome.words().len() < 300, "{outcome:?}");
}

/// Case 49: what is wrong with a certificate is said, and no setting overlooks it.
#[tokio::test]
async fn d49_expired_and_foreign_certificates_are_refused_with_the_reason() {
    let network = Network {
        ca_file: tls::authority(),
        max_retries: 0,
        ..Network::default()
    };
    for (certificate, reason) in [
        ("expired.der", "expired"),
        ("elsewhere.der", "for another host name"),
    ] {
        let server = tls::Server::with_certificate(certificate, b"never sent".to_vec());
        let request = ask(Dialect::OpenAi, &server.url(), "hello", true);
        let outcome = outcome(&client_with(&network), request).await;
        assert_eq!(outcome.kind(), Some(FailureKind::Tls), "{outcome:?}");
        let words = outcome.words().to_lowercase();
        assert!(words.contains(reason), "{words}");
    }
}

/// The credentials and the target that a SOCKS5 proxy was given.
type Asked = (Vec<u8>, Vec<u8>);

/// A SOCKS5 proxy that wants a name and a password, and sends whoever is asked for to `to`.
fn socks(to: String) -> (String, JoinHandle<Asked>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut read = |count: usize| {
            let mut bytes = vec![0; count];
            client.read_exact(&mut bytes).unwrap();
            bytes
        };
        let greeting = read(2);
        read(greeting[1].into());
        client.write_all(&[5, 2]).unwrap();
        let mut credentials = vec![0; 2];
        client.read_exact(&mut credentials).unwrap();
        let mut rest = vec![0; usize::from(credentials[1]) + 1];
        client.read_exact(&mut rest).unwrap();
        credentials.extend(&rest);
        let mut password = vec![0; usize::from(rest[rest.len() - 1])];
        client.read_exact(&mut password).unwrap();
        credentials.extend(password);
        client.write_all(&[1, 0]).unwrap();
        // An IPv4 address and a port.
        let mut target = vec![0; 10];
        client.read_exact(&mut target).unwrap();
        client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
        let mut server = TcpStream::connect(to).unwrap();
        let (mut up_from, mut up_to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let up = std::thread::spawn(move || std::io::copy(&mut up_from, &mut up_to));
        // Whoever hangs up first ends it.
        let _ = std::io::copy(&mut server, &mut client);
        let _ = client.shutdown(std::net::Shutdown::Both);
        drop(up.join());
        (credentials, target)
    });
    (address, serving)
}

/// Case 51: a proxy that works, too, is known by what it does.
#[tokio::test]
async fn d51_a_request_goes_through_socks_with_its_credentials() {
    let body = "data: {\"choices\":[{\"delta\":{\"content\":\"by proxy\"},\"finish_reason\":\"stop\"}]}\n\n\
                data: [DONE]\n\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let server = Server::start(vec![vec![Step::Raw(format!("{head}{body}").into_bytes())]]);
    let (address, serving) = socks(server.url().replace("http://", ""));
    let network = Network {
        proxy: format!("socks5://user:hunter2@{address}"),
        allow_plain_http: true,
        max_retries: 0,
        ..Network::default()
    };
    let request = ask(Dialect::OpenAi, ELSEWHERE, "hello", true);
    let outcome = outcome(&client_with(&network), request).await;
    assert_eq!(outcome.failure, None, "{outcome:?}");
    assert_eq!(outcome.reply.answer.as_str(), "by proxy");
    let (credentials, target) = serving.join().unwrap();
    assert_eq!(credentials, b"\x01\x04user\x07hunter2");
    assert_eq!(target, [5, 1, 0, 1, 192, 0, 2, 1, 0, 80]);
}

/// Case 52: this machine needs no permission, another one does, whatever the key's dialect.
#[tokio::test]
async fn d52_plain_http_with_a_key_is_for_this_machine_or_those_who_ask_for_it() {
    for dialect in [Dialect::OpenAi, Dialect::DashScope, Dialect::Anthropic] {
        for elsewhere in [
            ELSEWHERE,
            "http://localhost.example/v1",
            "http://127.0.0.1.example/v1",
            "http://[2001:db8::1]/v1",
        ] {
            let request = ask(dialect, elsewhere, "hello", true);
            let outcome = outcome(&client(), request).await;
            assert_eq!(outcome.kind(), Some(FailureKind::PlainHttp), "{elsewhere}");
        }
    }
    let server = Server::start(vec![fine("here")]);
    let outcome = outcome(&client(), hello(&server)).await;
    assert_eq!(outcome.reply.answer.as_str(), "here");
}

/// Case 56: signs of life are no text.
#[tokio::test]
async fn e56_pings_without_text_end_at_a_limit_of_their_own() {
    let ping = [
        Step::Sleep(Duration::from_millis(150)),
        Step::chunk(": ping\n\n"),
    ];
    let mut script = vec![Step::events(), piece("so far")];
    script.extend(ping.iter().cycle().take(40).cloned());
    let server = Server::start(vec![script]);
    let network = Network {
        idle_timeout_seconds: 60,
        text_timeout_seconds: 1,
        ..Network::default()
    };
    let outcome = outcome(&client_with(&network), hello(&server)).await;
    assert_eq!(outcome.kind(), Some(FailureKind::Wordless), "{outcome:?}");
    assert!(
        outcome.words().contains("text_timeout_seconds"),
        "{outcome:?}"
    );
    assert_eq!(outcome.reply.answer.as_str(), "so far");
    assert_eq!(outcome.waits, [], "the server may still be at work on it");
    server.when(|seen| seen[0].client_left).await;
}

/// Case 57: a head and a body that drip.
#[tokio::test]
async fn e57_what_comes_byte_by_byte_is_read_all_the_same() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let body =
        "data: {\"choices\":[{\"delta\":{\"content\":\"slow\"},\"finish_reason\":\"stop\"}]}\n\n";
    let mut script = Vec::new();
    for byte in format!("{head}{body}").into_bytes() {
        script.extend([Step::Raw(vec![byte]), Step::Sleep(Duration::from_millis(2))]);
    }
    let outcome = outcome_of(script).await;
    assert_eq!(outcome.failure, None, "{outcome:?}");
    assert_eq!(outcome.reply.answer.as_str(), "slow");
}

/// Case 58: a pause that the defaults allow.
#[test]
fn e58_the_defaults_outlast_a_pause_of_minutes() {
    let network = Network::default();
    assert!(network.idle_timeout_seconds >= 60);
    assert!(network.text_timeout_seconds > network.idle_timeout_seconds);
    assert!(network.connect_timeout_seconds <= 10);
}
