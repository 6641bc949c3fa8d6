//! Requests, word for word.

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
        json: false,
        messages: history(),
        tools: Vec::new(),
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
        ..ToolCall::default()
    };
    let ask = Ask {
        messages: vec![
            Message::User("do".to_owned()),
            Message::Assistant {
                content: String::new(),
                calls: vec![call],
                carry: None,
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
