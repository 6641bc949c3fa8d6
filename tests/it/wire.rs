//! The dialects from outside: whole bodies in, replies out, at every cut of the bytes; and the
//! requests, word for word.

use std::time::Duration;

use mmchat::chat::{
    Asked, Conversation, Delta, Failure, FailureKind, Finish, Message, Moment, Params, Part,
    Remark, Reply, Retry, ToolCall, TurnId, Usage,
};
use mmchat::wire::{self, Ask, Auth, Decoder, Dialect, Patch, Target, WireRequest};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What a body decodes to.
#[derive(Debug, Clone, PartialEq)]
struct Decoded {
    deltas: Vec<Delta>,
    failure: Option<Failure>,
}

impl Decoded {
    fn reply(&self) -> Reply {
        let mut reply = Reply::default();
        self.deltas
            .iter()
            .for_each(|delta| reply.push(delta.clone()));
        reply
    }

    #[track_caller]
    fn assert_texts(&self, reasoning: &str, answer: &str) -> &Self {
        let reply = self.reply();
        assert_eq!(reply.reasoning.as_str(), reasoning);
        assert_eq!(reply.answer.as_str(), answer);
        self
    }

    #[track_caller]
    fn assert_finish(&self, finish: &Finish) -> &Self {
        assert_eq!(self.failure, None);
        assert_eq!(self.deltas.last(), Some(&Delta::Finish(finish.clone())));
        self
    }

    #[track_caller]
    fn assert_fails(&self, kind: FailureKind) -> &Failure {
        let failure = self.failure.as_ref().expect("a failure");
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(!self.deltas.iter().any(|d| matches!(d, Delta::Finish(_))));
        failure
    }
}

fn target(dialect: Dialect) -> Target {
    Target {
        provider: "p".to_owned(),
        dialect,
        base_url: "http://127.0.0.1:9/v1/".to_owned(),
        model: "MiniMax/MiniMax-M2.5".to_owned(),
        headers: Vec::new(),
        max_tokens_field: "max_tokens".to_owned(),
        default_max_tokens: None,
        may_be_cumulative: false,
    }
}

fn asked(dialect: Dialect, may_be_cumulative: bool) -> WireRequest {
    let target = Target {
        may_be_cumulative,
        ..target(dialect)
    };
    let ask = Ask {
        messages: vec![Message::User("hi".to_owned())],
        stream: true,
        ..Ask::default()
    };
    wire::request(&target, &ask)
}

fn decode_pieces<'a>(request: &WireRequest, pieces: impl Iterator<Item = &'a [u8]>) -> Decoded {
    let (mut decoder, mut deltas) = (Decoder::new(request, ""), Vec::new());
    let mut result = Ok(());
    for piece in pieces {
        result = decoder.feed(piece, &mut deltas);
        if result.is_err() {
            break;
        }
    }
    let failure = result.and_then(|()| decoder.end(&mut deltas)).err();
    Decoded { deltas, failure }
}

/// Decodes a body; asserts that every cut in two, and single bytes, give exactly the same, and
/// what holds for any reply.
#[track_caller]
fn decode_with(request: &WireRequest, body: &[u8]) -> Decoded {
    let whole = decode_pieces(request, std::iter::once(body));
    for at in 0..=body.len() {
        let cut = decode_pieces(request, [&body[..at], &body[at..]].into_iter());
        assert_eq!(cut, whole, "cut at {at}");
    }
    assert_eq!(decode_pieces(request, body.chunks(1)), whole);
    assert_sound(&whole);
    whole
}

#[track_caller]
fn assert_sound(decoded: &Decoded) {
    let finishes = decoded
        .deltas
        .iter()
        .filter(|delta| matches!(delta, Delta::Finish(_)))
        .count();
    assert_eq!(finishes, usize::from(decoded.failure.is_none()));
    for delta in &decoded.deltas {
        if let Delta::Reasoning(text) | Delta::Answer(text) = delta {
            assert!(!text.is_empty());
        }
    }
}

#[track_caller]
fn decode(dialect: Dialect, body: &str) -> Decoded {
    decode_with(&asked(dialect, false), body.as_bytes())
}

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/wire/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect(name)
}

/// A fixture, also with CR LF and CR line ends, which must change nothing.
#[track_caller]
fn decode_fixture(name: &str) -> Decoded {
    let dialect = if name.contains("native") {
        Dialect::DashScope
    } else if name.contains("anthropic") {
        Dialect::Anthropic
    } else {
        Dialect::OpenAi
    };
    let request = asked(dialect, name.contains("cumulative"));
    let body = fixture(name);
    let decoded = decode_with(&request, body.as_bytes());
    for line_end in ["\r\n", "\r"] {
        if line_end == "\r" && !name.ends_with("sse") {
            continue;
        }
        let other = body.replace('\n', line_end);
        assert_eq!(decode_with(&request, other.as_bytes()), decoded);
    }
    decoded
}

fn chunk(delta: &Value) -> String {
    let frame =
        json!({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]});
    format!("data: {frame}\n\n")
}

fn finish(reason: &str) -> String {
    let frame = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]});
    format!("data: {frame}\n\ndata: [DONE]\n\n")
}

fn contents(pieces: &[&str]) -> String {
    let chunks: String = pieces
        .iter()
        .map(|piece| chunk(&json!({"content": piece})))
        .collect();
    chunks + &finish("stop")
}

fn usage(input: u64, output: u64) -> Usage {
    Usage {
        input_tokens: Some(input),
        output_tokens: Some(output),
        ..Usage::default()
    }
}

mod fixtures {
    use super::*;

    #[test]
    fn alibabas_compatible_stream_is_read() {
        let decoded = decode_fixture("ali-compat-m25.sse");
        decoded
            .assert_texts(
                "The user asked \"Who are you?\".\n\nI should reply and introduce myself.",
                "Hello! I am MiniMax-M2.5, an AI assistant developed by MiniMax.",
            )
            .assert_finish(&Finish::Stop);
        let reply = decoded.reply();
        assert_eq!(reply.served_model.as_deref(), Some("MiniMax-M2.5"));
        assert_eq!(
            reply.usage,
            Usage {
                reasoning_tokens: Some(26),
                cached_tokens: Some(0),
                total_tokens: Some(112),
                ..usage(40, 72)
            }
        );
        assert!(reply.remarks.is_empty());
        let served = |delta: &&Delta| matches!(delta, Delta::Served(_));
        assert_eq!(decoded.deltas.iter().filter(served).count(), 1);
    }

    #[test]
    fn alibabas_tool_call_is_put_together() {
        let decoded = decode_fixture("ali-compat-tools.sse");
        decoded
            .assert_texts("I need the weather.", "")
            .assert_finish(&Finish::ToolCalls);
        let expected = ToolCall {
            id: "call_61a2bbd82a8042289f1ff2".to_owned(),
            name: "get_weather".to_owned(),
            arguments: "{\"city\": \"Beijing\"}".to_owned(),
        };
        assert_eq!(decoded.reply().calls, [expected]);
    }

    #[test]
    fn alibabas_filter_strikes_in_the_middle_and_the_first_half_stays() {
        let decoded = decode_fixture("ali-compat-midstream-filter.sse");
        decoded.assert_texts("", "The first half");
        let failure = decoded.assert_fails(FailureKind::ContentFilter);
        assert_eq!(failure.code.as_deref(), Some("data_inspection_failed"));
    }

    #[test]
    fn dashscopes_native_stream_is_read() {
        let decoded = decode_fixture("ali-native-m25.sse");
        decoded
            .assert_texts(
                "The user asked \"Who are you?\".",
                "Hello! I am MiniMax-M2.5.",
            )
            .assert_finish(&Finish::Stop);
        assert_eq!(
            decoded.reply().usage,
            Usage {
                reasoning_tokens: Some(39),
                cached_tokens: Some(0),
                total_tokens: Some(120),
                ..usage(41, 79)
            }
        );
    }

    #[test]
    fn dashscopes_sources_survive_the_empty_lists_after_them() {
        let decoded = decode_fixture("ali-native-search.sse");
        decoded
            .assert_texts("", "Tomorrow")
            .assert_finish(&Finish::Stop);
        let reply = decoded.reply();
        let sources: Vec<_> = reply
            .sources
            .iter()
            .map(|source| (source.index, source.title.as_str(), source.site.as_str()))
            .collect();
        assert_eq!(
            sources,
            [(1, "Hangzhou weather", "eastday"), (2, "Light rain", "")]
        );
        assert_eq!(reply.usage.searches, Some(1));
    }

    #[test]
    fn dashscopes_error_keeps_the_status_of_its_comment() {
        let decoded = decode_fixture("ali-native-error.sse");
        decoded.assert_texts("Let me", "");
        let failure = decoded.assert_fails(FailureKind::RateLimit);
        assert_eq!(failure.status, Some(429));
        assert_eq!(failure.request_id.as_deref(), Some("566e3621"));
        assert!(failure.is_retryable());
    }

    #[test]
    fn tokenhubs_stream_is_read() {
        let decoded = decode_fixture("tokenhub-m27.sse");
        decoded
            .assert_texts(
                "I need to solve x^2 - 5x + 6 = 0.\nFactorization: (x-2)(x-3) = 0",
                "The solution is **x = 2** or **x = 3**",
            )
            .assert_finish(&Finish::Stop);
        assert_eq!(decoded.reply().usage.reasoning_tokens, Some(80));
    }

    #[test]
    fn minimaxs_inline_think_block_is_reasoning() {
        decode_fixture("mm-openai-inline.sse")
            .assert_texts(
                "The user is asking what the image shows. I should describe the image in detail.",
                "This image is a close-up portrait.\n\nThe image evokes innocence.",
            )
            .assert_finish(&Finish::Stop);
    }

    #[test]
    fn minimaxs_summary_frame_doubles_nothing_and_its_stray_tag_is_gone() {
        let decoded = decode_fixture("mm-openai-split.sse");
        decoded
            .assert_texts(
                "The user wants a greeting in a friendly manner.",
                "Hi there!",
            )
            .assert_finish(&Finish::Stop);
        assert_eq!(
            decoded.reply().usage,
            Usage {
                reasoning_tokens: Some(45),
                cached_tokens: Some(0),
                total_tokens: Some(92),
                ..usage(45, 47)
            }
        );
        let decoded = decode_fixture("mm-v2-her.sse");
        decoded
            .assert_texts("", "你好！有什么可以帮助你的吗？")
            .assert_finish(&Finish::Stop);
        assert_eq!(decoded.reply().usage.total_tokens, Some(73));
    }

    #[test]
    fn minimaxs_snapshots_are_not_added_up() {
        let decoded = decode_fixture("mm-openai-cumulative.sse");
        decoded
            .assert_texts(
                "First I look at the map, then",
                "Checking now: the answer is 4.",
            )
            .assert_finish(&Finish::Stop);
        let replaced = |delta: &Delta| matches!(delta, Delta::Replace(..));
        assert!(!decoded.deltas.iter().any(replaced));
    }

    #[test]
    fn anthropics_blocks_are_read_and_its_usage_is_replaced() {
        let decoded = decode_fixture("mm-anthropic-m3.sse");
        decoded
            .assert_texts(
                "The user is asking me to describe what an image shows.",
                "The image shows a close-up portrait of a young girl.",
            )
            .assert_finish(&Finish::Stop);
        assert_eq!(
            decoded.reply().usage,
            Usage {
                cached_tokens: Some(114),
                cache_write_tokens: Some(0),
                ..usage(1366, 213)
            }
        );
    }

    #[test]
    fn anthropics_tool_call_is_put_together() {
        let decoded = decode_fixture("mm-anthropic-tool.sse");
        decoded
            .assert_texts(
                "",
                "I'll check the current weather in San Francisco for you.",
            )
            .assert_finish(&Finish::ToolCalls);
        let calls = decoded.reply().calls;
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].name, "get_weather");
        assert_eq!(calls[0].arguments, "{\"location\": \"San Francisco, US\"}");
    }

    #[test]
    fn anthropics_error_in_the_middle_is_an_overload() {
        let decoded = decode_fixture("mm-anthropic-midstream-error.sse");
        let failure = decoded.assert_fails(FailureKind::Overloaded);
        assert_eq!(failure.code.as_deref(), Some("2064"));
    }

    #[test]
    fn openrouter_says_the_same_twice_and_it_is_taken_once() {
        let decoded = decode_fixture("openrouter-m3.sse");
        decoded
            .assert_texts("Think", "Hello")
            .assert_finish(&Finish::Stop);
        assert_eq!(decoded.reply().usage.cost_usd, Some(0.000_007_8));
        let decoded = decode_fixture("openrouter-midstream-error.sse");
        decoded.assert_texts("", "Half an ans");
        let failure = decoded.assert_fails(FailureKind::Server);
        assert_eq!(failure.message, "Provider disconnected unexpectedly");
    }

    #[test]
    fn other_servers_are_read() {
        decode_fixture("vllm-m3.sse")
            .assert_texts("Simple greeting.", "Hello!")
            .assert_finish(&Finish::Stop);
        let decoded = decode_fixture("ollama-chat.ndjson");
        decoded
            .assert_texts("Let me see.", "Hi.")
            .assert_finish(&Finish::Stop);
        let reply = decoded.reply();
        assert_eq!(reply.usage, usage(10, 8));
        assert!(reply.remarks.is_empty());
    }

    #[test]
    fn b19_an_error_with_status_200_is_an_error() {
        let decoded = decode_fixture("mm-200-base-resp.json");
        let failure = decoded.assert_fails(FailureKind::RateLimit);
        assert_eq!(failure.code.as_deref(), Some("1002"));
        assert_eq!(failure.message, "rate limit");
    }

    #[test]
    fn every_error_body_is_understood() {
        let cases = [
            (
                "ali-400-sse-framed.sse",
                400,
                FailureKind::Balance,
                "Arrearage",
            ),
            (
                "ali-compat-401.json",
                401,
                FailureKind::BadKey,
                "invalid_api_key",
            ),
            (
                "ali-compat-429.json",
                429,
                FailureKind::RateLimit,
                "limit_requests",
            ),
            (
                "ali-native-401.json",
                401,
                FailureKind::BadKey,
                "InvalidApiKey",
            ),
            (
                "mm-400-context.json",
                400,
                FailureKind::ContextTooLong,
                "2013",
            ),
            ("mm-400-model.json", 400, FailureKind::UnknownModel, "2013"),
            ("mm-401.json", 401, FailureKind::BadKey, "1004"),
            ("mm-402.json", 402, FailureKind::Balance, "1008"),
            ("mm-422.json", 422, FailureKind::ContentFilter, "1026"),
            ("mm-429-plan.json", 429, FailureKind::Quota, "2056"),
            ("mm-429-rate.json", 429, FailureKind::RateLimit, "1002"),
            ("mm-529.json", 529, FailureKind::Overloaded, "2064"),
            ("tokenhub-429.json", 429, FailureKind::RateLimit, "429001"),
        ];
        for (name, status, kind, code) in cases {
            let body = fixture(name);
            let failure = wire::failure(Dialect::OpenAi, status, &[], body.as_bytes());
            assert_eq!(failure.kind, kind, "{name}");
            assert_eq!(failure.code.as_deref(), Some(code), "{name}");
            assert_eq!(failure.status, Some(status), "{name}");
            assert!(failure.request_id.is_some(), "{name}");
            assert!(!failure.message.is_empty(), "{name}");
            // The same body with status 200 is the same error.
            let decoded = decode_fixture(name);
            assert_eq!(
                decoded.assert_fails(kind).code.as_deref(),
                Some(code),
                "{name}"
            );
        }
        let plan = fixture("mm-429-plan.json");
        let failure = wire::failure(Dialect::OpenAi, 429, &[], plan.as_bytes());
        let until = "2026-06-04T15:00:00+08:00".to_owned();
        assert_eq!(failure.retry, Retry::NotBefore(until));
    }

    #[test]
    fn model_lists_are_read_in_every_shape() {
        let ids = wire::model_ids(fixture("mm-models.json").as_bytes()).unwrap();
        assert_eq!((ids.len(), ids[0].as_str()), (8, "MiniMax-M3"));
        for list in [
            json!({"output": {"models": [{"model": "a/b"}]}}),
            json!({"models": [{"name": "a/b", "size": 1}]}),
            json!([{"id": "a/b"}]),
        ] {
            let ids = wire::model_ids(list.to_string().as_bytes());
            assert_eq!(ids, Some(vec!["a/b".to_owned()]));
        }
        assert_eq!(wire::model_ids(b"<html>"), None);
        assert_eq!(wire::model_ids(b"{\"error\":{}}"), None);
    }
}

mod ends {
    use super::*;

    #[test]
    fn a10_done_without_a_newline_counts_and_a_cut_event_is_dropped() {
        let body = chunk(&json!({"content": "Hi"})) + "data: [DONE]";
        decode(Dialect::OpenAi, &body)
            .assert_texts("", "Hi")
            .assert_finish(&Finish::Stop);
        let body = chunk(&json!({"content": "Hi"})) + "data: {\"choices\":[{\"del";
        let decoded = decode(Dialect::OpenAi, &body);
        decoded
            .assert_texts("", "Hi")
            .assert_finish(&Finish::CutOff);
        assert!(decoded.reply().remarks.is_empty());
        let whole = chunk(&json!({"content": "Hi"}));
        decode(Dialect::OpenAi, whole.trim_end())
            .assert_texts("", "Hi")
            .assert_finish(&Finish::CutOff);
    }

    #[test]
    fn b13_an_end_without_a_reason_is_a_cut() {
        let body = chunk(&json!({"content": "Half"}));
        decode(Dialect::OpenAi, &body).assert_finish(&Finish::CutOff);
        let body = chunk(&json!({"reasoning_content": "Hm"}));
        decode(Dialect::OpenAi, &body)
            .assert_texts("Hm", "")
            .assert_finish(&Finish::CutOff);
    }

    #[test]
    fn b15_a_reason_without_done_is_complete_and_may_be_followed_by_usage() {
        let reason = json!({"choices": [{"delta": {}, "finish_reason": "length"}]});
        let counts = json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}});
        let body = format!("data: {reason}\n\ndata: {counts}\n\n");
        let decoded = decode(Dialect::OpenAi, &body);
        decoded.assert_finish(&Finish::Length);
        assert_eq!(decoded.reply().usage, usage(1, 2));

        let request = asked(Dialect::OpenAi, false);
        let (mut decoder, mut out) = (Decoder::new(&request, ""), Vec::new());
        decoder
            .feed(format!("data: {reason}\n\n").as_bytes(), &mut out)
            .unwrap();
        assert!(decoder.is_finishing() && !decoder.is_done());
        decoder.feed(b"data: [DONE]\n", &mut out).unwrap();
        assert!(!decoder.is_done());
        decoder.feed(b"\n", &mut out).unwrap();
        assert!(decoder.is_done() && !decoder.is_finishing());
    }

    #[test]
    fn b20_a_broken_event_is_skipped_with_one_remark() {
        let deep = "[".repeat(100_000);
        let body = format!(
            "data: {{\"choices\":\n\ndata: {{\"a\":{deep}\n\n{}data: pong\n\n{}",
            chunk(&json!({"content": "Hi"})),
            finish("stop")
        );
        let request = asked(Dialect::OpenAi, false);
        let decoded = decode_pieces(&request, std::iter::once(body.as_bytes()));
        assert_eq!(decoded, decode_pieces(&request, body.as_bytes().chunks(7)));
        decoded.assert_texts("", "Hi").assert_finish(&Finish::Stop);
        assert_eq!(decoded.reply().remarks, [Remark::BrokenEvent]);
        let remarks = decoded.deltas.iter();
        assert_eq!(remarks.filter(|d| matches!(d, Delta::Remark(_))).count(), 1);
    }

    #[test]
    fn b21_nothing_after_done_counts() {
        let body =
            contents(&["Hi"]) + &chunk(&json!({"content": "more"})) + "data: {\"error\":\"x\"}\n\n";
        decode(Dialect::OpenAi, &body)
            .assert_texts("", "Hi")
            .assert_finish(&Finish::Stop);
        let after_stop = fixture("mm-anthropic-m3.sse") + "data: [DONE]\n\n";
        decode(Dialect::Anthropic, &after_stop).assert_finish(&Finish::Stop);
    }

    #[test]
    fn b22_a_whole_reply_in_place_of_a_stream_is_an_answer() {
        let openai = json!({"object": "chat.completion", "model": "m", "choices": [{"index": 0,
            "message": {"content": "Hi", "reasoning_content": "Hm"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2}});
        let dashscope = json!({"output": {"choices": [{"message": {"content": "Hi",
            "reasoning_content": "Hm"}, "finish_reason": "stop"}]},
            "usage": {"input_tokens": 1, "output_tokens": 2}});
        let anthropic = json!({"type": "message", "model": "m", "stop_reason": "end_turn",
            "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Hi"}],
            "usage": {"input_tokens": 1, "output_tokens": 2}});
        let bodies = [openai, dashscope, anthropic];
        for (dialect, body) in Dialect::ALL.into_iter().zip(bodies) {
            let pretty = serde_json::to_string_pretty(&body).unwrap();
            for text in [body.to_string(), pretty, format!("\u{feff}\n{body}\r\n")] {
                let decoded = decode(dialect, &text);
                decoded
                    .assert_texts("Hm", "Hi")
                    .assert_finish(&Finish::Stop);
                let reply = decoded.reply();
                assert_eq!(reply.remarks, [Remark::NotStreamed]);
                assert_eq!(reply.usage, usage(1, 2));
                let mut unstreamed = asked(dialect, false);
                unstreamed.stream = false;
                let decoded = decode_with(&unstreamed, text.as_bytes());
                assert!(decoded.reply().remarks.is_empty());
            }
        }
        let cut = "{\"choices\":[{\"message\":{\"content\":\"H";
        decode(Dialect::OpenAi, cut).assert_fails(FailureKind::Cut);
    }

    #[test]
    fn b23_what_is_no_reply_is_called_so_and_no_page_is_dumped() {
        let page = "\n<!doctype html><html><title>Hotel Wi-Fi</title><body>Log in</body></html>";
        let decoded = decode(Dialect::OpenAi, page);
        let failure = decoded.assert_fails(FailureKind::NotAReply);
        assert_eq!(failure.message, "a web page: Hotel Wi-Fi");
        for body in [
            "",
            " \n\r\n",
            "\u{feff}",
            "{}",
            "{\"ok\":true}\n",
            "[]",
            "{nonsense}",
        ] {
            decode(Dialect::OpenAi, body).assert_fails(FailureKind::NotAReply);
        }
        let decoded = decode(Dialect::OpenAi, "upstream went away\n");
        let failure = decoded.assert_fails(FailureKind::NotAReply);
        assert_eq!(failure.message, "upstream went away");
        let endless = format!("<html>{}", "x".repeat(100_000));
        let request = asked(Dialect::OpenAi, false);
        decode_pieces(&request, endless.as_bytes().chunks(999))
            .assert_fails(FailureKind::NotAReply);
    }

    #[test]
    fn b24_unknown_reasons_are_named_and_a_filter_is_told() {
        let ends = [
            ("content_filter", Finish::ContentFilter),
            ("length", Finish::Length),
            ("moon", Finish::Other("moon".to_owned())),
        ];
        for (word, expected) in ends {
            decode(Dialect::OpenAi, &finish(word)).assert_finish(&expected);
        }
    }

    #[test]
    fn an_error_after_the_reason_is_only_remarked() {
        let body = chunk(&json!({"content": "Hi"}))
            + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
            + "event: error\ndata: {\"error\":{\"message\":\"late\"}}\n\n";
        let decoded = decode(Dialect::OpenAi, &body);
        decoded.assert_texts("", "Hi").assert_finish(&Finish::Stop);
        assert_eq!(decoded.reply().remarks, [Remark::LateError]);
    }

    #[test]
    fn b18_errors_come_in_many_shapes_and_text_held_back_is_kept() {
        let shapes = [
            "event: error\ndata: it broke\n\n",
            "data: {\"error\":\"it broke\"}\n\n",
            "data: {\"error\":{\"message\":\"it broke\",\"code\":500}}\n\n",
            "data: {\"type\":\"api_error\",\"message\":\"it broke\"}\n\n",
            "data: {\"code\":\"InternalError\",\"message\":\"it broke\"}\n\n",
            "{\"error\":{\"message\":\"it broke\"}}\n\n",
            "data: {\"base_resp\":{\"status_code\":1000,\"status_msg\":\"it broke\"}}\n\n",
        ];
        for shape in shapes {
            let body = chunk(&json!({"content": "<think>a\n</th"})) + shape;
            let decoded = decode(Dialect::OpenAi, &body);
            decoded.assert_texts("a\n</th", "");
            let failure = decoded.assert_fails(FailureKind::Server);
            assert_eq!(failure.message, "it broke", "{shape}");
        }
    }

    #[test]
    fn f61_a_piece_without_end_is_refused_and_what_came_stays() {
        let request = asked(Dialect::OpenAi, false);
        let (mut decoder, mut out) = (Decoder::new(&request, ""), Vec::new());
        decoder
            .feed(chunk(&json!({"content": "Hi"})).as_bytes(), &mut out)
            .unwrap();
        decoder.feed(b"data: ", &mut out).unwrap();
        let flood = vec![b'x'; 4 * 1024 * 1024];
        let failure = (0..5)
            .find_map(|_| decoder.feed(&flood, &mut out).err())
            .unwrap();
        assert_eq!(failure.kind, FailureKind::TooLarge);
        assert_eq!(out, [Delta::Answer("Hi".to_owned())]);
    }
}

mod payloads {
    use super::*;

    #[test]
    fn c27_think_missing_open_is_relabelled() {
        decode(
            Dialect::OpenAi,
            &contents(&["I wonder", ".\n</thi", "nk>\n", "\nHi"]),
        )
        .assert_texts("I wonder.", "Hi")
        .assert_finish(&Finish::Stop);
    }

    #[test]
    fn c27_think_unclosed_is_all_reasoning() {
        let body = chunk(&json!({"content": "<think>\nI won"})) + &finish("length");
        decode(Dialect::OpenAi, &body)
            .assert_texts("I won", "")
            .assert_finish(&Finish::Length);
    }

    #[test]
    fn c27_think_mm_close_closes() {
        decode(
            Dialect::OpenAi,
            &contents(&["<think>\nHm\n</mm:", "think>\n\nHi"]),
        )
        .assert_texts("Hm", "Hi");
    }

    #[test]
    fn c27_tags_in_a_code_fence_are_code() {
        let answer = "Like this:\n```html\n<think>\n</think>\n```\n";
        decode(Dialect::OpenAi, &contents(&[answer])).assert_texts("", answer);
    }

    #[test]
    fn dup_reasoning_is_taken_once() {
        let body = chunk(&json!({"reasoning_content": "I see", "content": "<think>I see"}))
            + &chunk(&json!({"reasoning_content": " it.", "content": " it."}))
            + &contents(&["</think>\n\nHi </think>"]);
        decode(Dialect::OpenAi, &body).assert_texts("I see it.", "Hi </think>");
    }

    #[test]
    fn c31_odd_frames_say_the_same_as_plain_ones() {
        let odd = [
            json!({"choices": null}),
            json!({"choices": []}),
            json!({"usage": null}),
            json!({"choices": [{}]}),
            json!({"choices": [{"index": 1, "delta": {"content": "other"}}]}),
            json!({"choices": [{"index": 0, "delta": {"role": "", "content": null, "x": 1}}]}),
            json!({"choices": [{"delta": {"content": [{"type": "text", "text": "H"}, "i"]}}]}),
            json!({"choices": [{"delta": {"content": "!"}, "finish_reason": "null"}]}),
            json!({"choices": [{"delta": {"content": ""}, "finish_reason": ""}]}),
        ];
        let body: String = odd
            .iter()
            .map(|frame| format!("data:{frame}\n\n"))
            .collect();
        let decoded = decode(Dialect::OpenAi, &(body + &finish("stop")));
        decoded.assert_texts("", "Hi!").assert_finish(&Finish::Stop);
        assert!(decoded.reply().remarks.is_empty());
    }

    #[test]
    fn c32_a_lone_summary_frame_is_the_reply() {
        let frame = json!({"object": "chat.completion", "choices": [{"message":
            {"content": "<think>Hm</think>Hi"}, "finish_reason": "stop"}]});
        decode(Dialect::OpenAi, &format!("data: {frame}\n\n"))
            .assert_texts("Hm", "Hi")
            .assert_finish(&Finish::Stop);
    }

    #[test]
    fn c33_wild_usage_is_unknown() {
        let wild = json!({"choices": [], "usage": {"prompt_tokens": -4, "completion_tokens": 1e300,
            "total_tokens": u64::MAX}});
        let body = format!("data: {wild}\n\n{}", finish("stop"));
        assert_eq!(
            decode(Dialect::OpenAi, &body).reply().usage,
            Usage::default()
        );
    }

    #[test]
    fn c35_anthropic_deltas_follow_their_index() {
        let event = |value: Value| format!("data: {value}\n\n");
        let block = |index: u64, delta: Value| {
            event(json!({"type": "content_block_delta", "index": index, "delta": delta}))
        };
        let tool = |index: u64, id: &str| {
            event(
                json!({"type": "content_block_start", "index": index, "content_block":
                {"type": "tool_use", "id": id, "name": "f", "input": {}}}),
            )
        };
        let piece = |index, text: &str| {
            block(
                index,
                json!({"type": "input_json_delta", "partial_json": text}),
            )
        };
        let body = event(
            json!({"type": "content_block_start", "index": 0, "content_block":
            {"type": "thinking", "thinking": "H"}}),
        ) + &event(
            json!({"type": "content_block_start", "index": 1, "content_block":
                {"type": "text", "text": "A"}}),
        ) + &block(1, json!({"type": "text_delta", "text": "b"}))
            + &block(0, json!({"type": "thinking_delta", "thinking": "m"}))
            + &block(0, json!({"type": "signature_delta", "signature": "s"}))
            + &tool(2, "x")
            + &tool(3, "y")
            + &piece(2, "{\"a\"")
            + &piece(3, "{}")
            + &piece(2, ":1}")
            + &event(json!({"type": "message_delta", "delta": {"stop_reason": "max_tokens"}}));
        let decoded = decode(Dialect::Anthropic, &body);
        decoded
            .assert_texts("Hm", "Ab")
            .assert_finish(&Finish::Length);
        let calls = decoded.reply().calls;
        assert_eq!(calls[0].arguments, "{\"a\":1}");
        assert_eq!(calls[1].arguments, "{}");
    }

    #[test]
    fn the_served_model_is_told_once_a_change() {
        let frame = |model: &str| format!("data: {}\n\n", json!({"model": model, "choices": []}));
        let body = frame("a") + &frame("a") + &frame("") + &frame("b") + &finish("stop");
        let served: Vec<Delta> = decode(Dialect::OpenAi, &body)
            .deltas
            .into_iter()
            .filter(|delta| matches!(delta, Delta::Served(_)))
            .collect();
        assert_eq!(served, ["a", "b"].map(|m| Delta::Served(m.to_owned())));
    }

    #[test]
    fn snapshots_by_contract_are_replaced_not_added() {
        let mut request = asked(Dialect::DashScope, false);
        *request
            .body
            .pointer_mut("/parameters/incremental_output")
            .unwrap() = json!(false);
        let frame = |text: &str| {
            let frame = json!({"output": {"choices": [{"message": {"content": text},
                "finish_reason": "null"}]}});
            format!("data:{frame}\n\n")
        };
        let body = frame("H") + &frame("He") + &frame("He") + &frame("Hello");
        let decoded = decode_with(&request, body.as_bytes());
        decoded
            .assert_texts("", "Hello")
            .assert_finish(&Finish::CutOff);
        let replaced = |delta: &Delta| matches!(delta, Delta::Replace(Part::Answer, _));
        assert!(!decoded.deltas.iter().any(replaced));
    }
}

mod requests {
    use super::*;

    /// A conversation whose first turn reasoned, up to its second prompt.
    fn history() -> Vec<Message> {
        let mut conversation = Conversation::new("Be brief.");
        let add = |conversation: &mut Conversation, id, parent, prompt: &str| {
            let (asked, now) = (Asked::default(), Moment::default());
            conversation.add(TurnId(id), parent, prompt.to_owned(), asked, now);
        };
        add(&mut conversation, 1, None, "Who are you?");
        let body = contents(&["<think>\nSECRET\n</think>\n\nI am M."])
            .replace("\"content\"", "\"reasoning\":\"SECRET\",\"content\"");
        let turn = conversation.turn_mut(TurnId(1)).unwrap();
        for delta in decode(Dialect::OpenAi, &body).deltas {
            turn.reply.push(delta);
        }
        assert!(turn.reply.reasoning.as_str().contains("SECRET"));
        add(&mut conversation, 2, Some(TurnId(1)), "And now?");
        conversation.history(TurnId(2))
    }

    fn ask() -> Ask {
        let patch = |value: Value| -> Patch { value.as_object().unwrap().clone() };
        Ask {
            messages: history(),
            params: Params {
                max_tokens: Some(100),
                temperature: Some(0.7),
                top_p: None,
                presence_penalty: Some(0.5),
            },
            stream: true,
            patches: vec![
                patch(json!({"parameters": {"enable_search": true}, "thinking": {"type": "a"}})),
                patch(json!({"thinking": {"type": "disabled"}})),
            ],
        }
    }

    fn header<'a>(request: &'a WireRequest, name: &str) -> Option<&'a str> {
        let mut headers = request.headers.iter();
        headers
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    #[test]
    fn the_openai_body_is_exactly_this() {
        let request = wire::request(&target(Dialect::OpenAi), &ask());
        assert_eq!(request.url, "http://127.0.0.1:9/v1/chat/completions");
        assert_eq!(request.auth, Auth::Bearer);
        assert_eq!(header(&request, "Accept"), Some("text/event-stream"));
        assert_eq!(header(&request, "Accept-Encoding"), Some("identity"));
        assert_eq!(header(&request, "Content-Type"), Some("application/json"));
        assert_eq!(
            request.body,
            json!({
                "model": "MiniMax/MiniMax-M2.5",
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": "Who are you?"},
                    {"role": "assistant", "content": "I am M."},
                    {"role": "user", "content": "And now?"}
                ],
                "stream": true,
                "stream_options": {"include_usage": true},
                "temperature": 0.7,
                "presence_penalty": 0.5,
                "max_tokens": 100,
                "parameters": {"enable_search": true},
                "thinking": {"type": "disabled"}
            })
        );
    }

    #[test]
    fn the_dashscope_body_is_exactly_this() {
        let request = wire::request(&target(Dialect::DashScope), &ask());
        assert!(
            request
                .url
                .ends_with("/v1/services/aigc/text-generation/generation")
        );
        assert_eq!(header(&request, "X-DashScope-SSE"), Some("enable"));
        assert_eq!(
            request.body,
            json!({
                "model": "MiniMax/MiniMax-M2.5",
                "input": {"messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": "Who are you?"},
                    {"role": "assistant", "content": "I am M."},
                    {"role": "user", "content": "And now?"}
                ]},
                "parameters": {
                    "result_format": "message",
                    "incremental_output": true,
                    "temperature": 0.7,
                    "presence_penalty": 0.5,
                    "max_tokens": 100,
                    "enable_search": true
                },
                "thinking": {"type": "disabled"}
            })
        );
    }

    #[test]
    fn the_anthropic_body_is_exactly_this() {
        let request = wire::request(&target(Dialect::Anthropic), &ask());
        assert_eq!(request.url, "http://127.0.0.1:9/v1/messages");
        assert_eq!(request.auth, Auth::XApiKey);
        assert_eq!(header(&request, "anthropic-version"), Some("2023-06-01"));
        assert_eq!(
            request.body,
            json!({
                "model": "MiniMax/MiniMax-M2.5",
                "max_tokens": 100,
                "system": "Be brief.",
                "messages": [
                    {"role": "user", "content": "Who are you?"},
                    {"role": "assistant", "content": "I am M."},
                    {"role": "user", "content": "And now?"}
                ],
                "stream": true,
                "temperature": 0.7,
                "parameters": {"enable_search": true},
                "thinking": {"type": "disabled"}
            })
        );
    }

    #[test]
    fn no_request_holds_any_reasoning() {
        for dialect in Dialect::ALL {
            for stream in [true, false] {
                let ask = Ask { stream, ..ask() };
                let body = wire::request(&target(dialect), &ask).body.to_string();
                assert!(!body.contains("SECRET"), "{body}");
                assert!(!body.contains("reasoning"), "{body}");
                assert!(body.contains("I am M."), "{body}");
            }
        }
    }

    #[test]
    fn only_what_is_set_is_sent() {
        let ask = Ask {
            messages: vec![Message::User("hi".to_owned())],
            ..Ask::default()
        };
        let body = |dialect| wire::request(&target(dialect), &ask).body;
        let messages = json!([{"role": "user", "content": "hi"}]);
        let model = "MiniMax/MiniMax-M2.5";
        assert_eq!(
            body(Dialect::OpenAi),
            json!({"model": model, "messages": messages, "stream": false})
        );
        assert_eq!(
            body(Dialect::DashScope),
            json!({"model": model, "input": {"messages": messages},
                "parameters": {"result_format": "message"}})
        );
        assert_eq!(
            body(Dialect::Anthropic),
            json!({"model": model, "max_tokens": 8192, "messages": messages, "stream": false})
        );
    }

    #[test]
    fn tool_results_take_each_dialects_shape() {
        let call = ToolCall {
            id: "c1".to_owned(),
            name: "f".to_owned(),
            arguments: "{\"a\":1}".to_owned(),
        };
        let ask = Ask {
            messages: vec![
                Message::User("do".to_owned()),
                Message::Assistant {
                    content: String::new(),
                    calls: vec![call],
                },
                Message::Tool {
                    call_id: "c1".to_owned(),
                    content: "done".to_owned(),
                },
                Message::User("and?".to_owned()),
            ],
            ..Ask::default()
        };
        let body = |dialect| wire::request(&target(dialect), &ask).body;
        let plain = json!([
            {"role": "user", "content": "do"},
            {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "type": "function",
                "function": {"name": "f", "arguments": "{\"a\":1}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "done"},
            {"role": "user", "content": "and?"}
        ]);
        assert_eq!(body(Dialect::OpenAi)["messages"], plain);
        assert_eq!(body(Dialect::DashScope)["input"]["messages"], plain);
        assert_eq!(
            body(Dialect::Anthropic)["messages"],
            json!([
                {"role": "user", "content": "do"},
                {"role": "assistant", "content": [
                    {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "c1", "content": "done"},
                    {"type": "text", "text": "and?"}]}
            ])
        );
    }

    #[test]
    fn the_targets_own_headers_and_names_win() {
        let target = Target {
            headers: vec![("accept".to_owned(), "x".to_owned())],
            max_tokens_field: "max_completion_tokens".to_owned(),
            base_url: "https://h/v1/chat/completions".to_owned(),
            ..target(Dialect::OpenAi)
        };
        let request = wire::request(&target, &ask());
        assert_eq!(request.url, "https://h/v1/chat/completions");
        assert_eq!(header(&request, "Accept"), None);
        assert_eq!(header(&request, "accept"), Some("x"));
        assert_eq!(request.body["max_completion_tokens"], 100);
        for dialect in Dialect::ALL {
            assert_eq!(dialect.word().parse(), Ok(dialect));
        }
        assert!("grpc".parse::<Dialect>().is_err());
    }

    #[test]
    fn d38_the_servers_wait_is_kept() {
        let headers = [("Retry-After".to_owned(), "2".to_owned())];
        let body = fixture("mm-429-rate.json");
        let failure = wire::failure(Dialect::OpenAi, 429, &headers, body.as_bytes());
        assert_eq!(failure.retry, Retry::After(Duration::from_secs(2)));
    }
}

mod any_bytes {
    use super::*;

    /// A body of well-formed events, broken ones and noise.
    fn body() -> impl Strategy<Value = Vec<u8>> {
        let text = prop_oneof![
            "[a-z \\n<>/`]{0,12}",
            Just("<think>".to_owned()),
            Just("</think>".to_owned()),
            Just("\n</think>\n".to_owned()),
            Just("👩‍👩‍👧 你好".to_owned()),
        ];
        let event = (text, 0..12_u8).prop_map(|(text, sort)| match sort {
            0..4 => chunk(&json!({"content": text})),
            4..6 => chunk(&json!({"reasoning_content": text})),
            6 => format!(
                "data: {}\r\n\r\n",
                json!({"type": "content_block_delta", "index": 0,
                    "delta": {"type": "text_delta", "text": text}})
            ),
            7 => format!(
                "event:result\r:HTTP_STATUS/200\rdata:{}\r\r",
                json!({"output": {"choices": [{"message": {"content": text}}]}})
            ),
            8 => format!("data: {text}\n\n"),
            9 => format!("{{\"message\":{{\"content\":{}}}}}\n", json!(text)),
            10 => finish("stop"),
            _ => format!(": {text}\n\n"),
        });
        let noise = prop::collection::vec(any::<u8>(), 0..40);
        let piece = prop_oneof![8 => event.prop_map(String::into_bytes), 1 => noise];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_split_of_any_bytes_gives_the_same_deltas(
            body in body(),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
            dialect in prop::sample::select(Dialect::ALL.to_vec()),
            cumulative in any::<bool>(),
        ) {
            let request = asked(dialect, cumulative);
            let whole = decode_pieces(&request, std::iter::once(body.as_slice()));
            assert_sound(&whole);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
            cuts.extend([0, body.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|pair| &body[pair[0]..pair[1]]);
            prop_assert_eq!(decode_pieces(&request, pieces), whole.clone());
            prop_assert_eq!(decode_pieces(&request, body.chunks(1)), whole);
        }
    }
}
