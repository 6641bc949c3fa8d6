//! Every recorded or documented body, and what it says.

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
        ..ToolCall::default()
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
fn a_servers_own_search_is_no_tool_call_and_its_pages_are_sources() {
    let decoded = decode_fixture("mm-anthropic-search.sse");
    decoded
        .assert_texts("", "Tomorrow: light rain [2].")
        .assert_finish(&Finish::Stop);
    let reply = decoded.reply();
    assert_eq!(reply.calls, [], "the server runs it");
    let hosts: Vec<_> = reply
        .sources
        .iter()
        .map(|it| (it.index, it.host()))
        .collect();
    assert_eq!(hosts, [(1, "tianqi.eastday.com"), (2, "m.tqw5.com")]);
    assert_eq!(reply.remarks, [Remark::SearchFailed], "the second one");
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
