//! How replies end: well, cut, broken, in error, or with something that is no reply.

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
    let (mut machine, mut out) = (Decoder::new(&request, ""), Vec::new());
    machine
        .feed(format!("data: {reason}\n\n").as_bytes(), &mut out)
        .unwrap();
    assert!(machine.is_finishing() && !machine.is_done());
    machine.feed(b"data: [DONE]", &mut out).unwrap();
    assert!(!machine.is_done());
    machine.feed(b"\n", &mut out).unwrap();
    assert!(machine.is_done() && !machine.is_finishing());
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
    decode_pieces(&request, endless.as_bytes().chunks(999)).assert_fails(FailureKind::NotAReply);
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
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"error\"}]}\n\n",
        "data: {\"base_resp\":{\"status_code\":1000,\"status_msg\":\"it broke\"}}\n\n",
    ];
    for shape in shapes {
        let body = chunk(&json!({"content": "<think>a\n</th"})) + shape;
        let decoded = decode(Dialect::OpenAi, &body);
        decoded.assert_texts("a\n</th", "");
        let failure = decoded.assert_fails(FailureKind::Server);
        assert!(failure.message.contains("it broke") || shape.contains("choices"));
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
