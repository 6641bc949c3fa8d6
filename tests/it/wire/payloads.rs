//! Odd payloads and think tags (RELIABILITY C).

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
    let mut body = String::new();
    for frame in odd {
        body = body + "data:" + &frame.to_string() + "\n\n";
    }
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
fn messages_in_place_of_deltas_are_increments_until_a_delta_came() {
    let message = |text: &str| {
        let frame = json!({"choices": [{"index": 0, "message": {"content": text}}]});
        format!("data: {frame}\n\n")
    };
    let body = message("H") + &message("i") + &finish("stop");
    decode(Dialect::OpenAi, &body).assert_texts("", "Hi");
    let body = contents(&["Hi"]).replace("data: [DONE]", message("Hi").trim_end());
    decode(Dialect::OpenAi, &body).assert_texts("", "Hi");
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
    let more = |index, text: &str| {
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
        + &more(2, "{\"a\"")
        + &more(3, "{}")
        + &more(2, ":1}")
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
