//! Says a reply in a dialect: the frames of its stream, or the whole of it, and refusals.
//!
//! The shapes are those of the recorded streams, null counts and string
//! "null"s included, so that whoever reads the demo can read the providers.

use serde_json::{Value, json};

use super::question::{Question, Refusal};
use super::script::Speech;
use crate::chat::Part;
use crate::wire::Dialect;

/// When a reply says it was made: a fixed time, since nothing here reads the clock.
const CREATED_UNIX_SECONDS: u64 = 1_790_000_000;

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    /// How many tokens must have been made before it is sent.
    pub(super) after_tokens: usize,
    /// The event as it goes over the wire.
    pub(super) text: String,
}

/// The events of a streamed reply, in order. `number` counts requests and makes ids.
pub(super) fn frames(question: &Question, speech: &Speech, number: usize) -> Vec<Frame> {
    match question.dialect {
        Dialect::OpenAi => openai_frames(question, speech, number),
        Dialect::DashScope => dashscope_frames(question, speech, number),
        Dialect::Anthropic => anthropic_frames(question, speech, number),
    }
}

/// The reply in one piece.
pub(super) fn whole(question: &Question, speech: &Speech, number: usize) -> Value {
    let reasoning = speech.text_of(Part::Reasoning);
    let answer = speech.text_of(Part::Answer);
    let counts = Counts::of(question, speech);
    match question.dialect {
        Dialect::OpenAi => json!({
            "choices": [{
                "finish_reason": finish_word(speech),
                "message": with_call(json!({"role": "assistant", "content": answer, "reasoning_content": reasoning}), speech, number),
                "index": 0,
                "logprobs": null,
            }],
            "object": "chat.completion",
            "usage": counts.openai(),
            "created": CREATED_UNIX_SECONDS,
            "model": question.model,
            "id": openai_id(number),
        }),
        Dialect::DashScope => json!({
            "output": {"choices": [{
                "message": with_call(json!({"content": answer, "reasoning_content": reasoning, "role": "assistant"}), speech, number),
                "finish_reason": finish_word(speech),
            }]},
            "usage": counts.dashscope(),
            "request_id": request_id(number),
        }),
        Dialect::Anthropic => {
            let mut content = Vec::new();
            if !reasoning.is_empty() {
                content.push(json!({
                    "type": "thinking", "thinking": reasoning, "signature": signature(number),
                }));
            }
            content.push(json!({"type": "text", "text": answer}));
            if let Some((name, arguments)) = &speech.call {
                let input: Value = serde_json::from_str(arguments).unwrap_or_default();
                content.push(json!({"type": "tool_use", "id": call_id(number), "name": name, "input": input}));
            }
            json!({
                "id": message_id(number),
                "type": "message",
                "role": "assistant",
                "content": content,
                "model": question.model,
                "stop_reason": anthropic_stop(speech),
                "stop_sequence": null,
                "usage": counts.anthropic(),
            })
        }
    }
}

/// A refusal in the dialect's error shape.
pub(super) fn refusal(dialect: Dialect, refusal: &Refusal, number: usize) -> Value {
    let Refusal { status, message } = refusal;
    match dialect {
        Dialect::OpenAi => json!({
            "error": {
                "message": message,
                "type": "invalid_request_error",
                "param": null,
                "code": if *status == 404 { "not_found" } else { "invalid_parameter_error" },
            },
            "request_id": request_id(number),
        }),
        Dialect::DashScope => json!({
            "code": if *status == 404 { "NotFound" } else { "InvalidParameter" },
            "message": message,
            "request_id": request_id(number),
        }),
        Dialect::Anthropic => json!({
            "type": "error",
            "request_id": request_id(number),
            "error": {
                "type": if *status == 404 { "not_found_error" } else { "invalid_request_error" },
                "message": message,
            },
        }),
    }
}

/// The list of models.
pub(super) fn models() -> Value {
    let model = |id: &str| json!({"id": id, "object": "model", "created": CREATED_UNIX_SECONDS, "owned_by": "mmchat"});
    // Those that the catalogue describes.
    let ids = ["minimax-m3", "minimax-m2.7", "minimax-m3.1-flash"];
    json!({"object": "list", "data": ids.map(model)})
}

/// Token counts of a reply so far.
#[derive(Clone, Copy)]
struct Counts {
    input: u64,
    reasoning: usize,
    answer: usize,
}

impl Counts {
    fn of(question: &Question, speech: &Speech) -> Self {
        Self {
            input: question.input_tokens,
            reasoning: speech.tokens_of(Part::Reasoning),
            answer: speech.tokens_of(Part::Answer),
        }
    }

    fn output(self) -> usize {
        self.reasoning + self.answer
    }

    fn openai(self) -> Value {
        json!({
            "prompt_tokens": self.input,
            "completion_tokens": self.output(),
            "total_tokens": self.input + self.output() as u64,
            "completion_tokens_details": {"reasoning_tokens": self.reasoning},
            "prompt_tokens_details": {"cached_tokens": 0},
        })
    }

    fn dashscope(self) -> Value {
        json!({
            "total_tokens": self.input + self.output() as u64,
            "output_tokens": self.output(),
            "input_tokens": self.input,
            "output_tokens_details": {"reasoning_tokens": self.reasoning},
        })
    }

    fn anthropic(self) -> Value {
        json!({
            "input_tokens": self.input,
            "output_tokens": self.output(),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        })
    }
}

fn openai_frames(question: &Question, speech: &Speech, number: usize) -> Vec<Frame> {
    let chunk = |after_tokens: usize, choices: Value, usage: Value| Frame {
        after_tokens,
        text: data(&json!({
            "choices": choices,
            "object": "chat.completion.chunk",
            "usage": usage,
            "created": CREATED_UNIX_SECONDS,
            "system_fingerprint": null,
            "model": question.model,
            "id": openai_id(number),
        })),
    };
    let step = |after_tokens: usize, delta: Value, finish: Value| {
        let choice = json!({"delta": delta, "index": 0, "logprobs": null, "finish_reason": finish});
        chunk(after_tokens, json!([choice]), Value::Null)
    };
    let opening = json!({"content": null, "role": "assistant", "reasoning_content": ""});
    let mut frames = vec![step(0, opening, Value::Null)];
    for (index, (part, text)) in speech.pieces.iter().enumerate() {
        let delta = match part {
            Part::Reasoning => json!({"content": null, "reasoning_content": text}),
            Part::Answer => json!({"content": text, "reasoning_content": null}),
        };
        frames.push(step(index + 1, delta, Value::Null));
    }
    let all = speech.pieces.len();
    if speech.call.is_some() {
        let delta = with_call(json!({"content": null}), speech, number);
        frames.push(step(all, delta, Value::Null));
    }
    let closing = json!({"content": "", "reasoning_content": null});
    frames.push(step(all, closing, json!(finish_word(speech))));
    if question.usage {
        frames.push(chunk(all, json!([]), Counts::of(question, speech).openai()));
    }
    frames.push(Frame {
        after_tokens: all,
        text: "data: [DONE]\n\n".to_owned(),
    });
    frames
}

fn dashscope_frames(question: &Question, speech: &Speech, number: usize) -> Vec<Frame> {
    let mut counts = Counts {
        reasoning: 0,
        answer: 0,
        ..Counts::of(question, speech)
    };
    let frame = |id: usize, message: &Value, finish: &str, counts: Counts| {
        let body = json!({
            "output": {"choices": [{
                "message": message,
                "finish_reason": finish,
            }]},
            "usage": counts.dashscope(),
            "request_id": request_id(number),
        });
        // No space after the colons, and a comment with the status: as captured.
        format!("id:{id}\nevent:result\n:HTTP_STATUS/200\ndata:{body}\n\n")
    };
    let mut frames = Vec::with_capacity(speech.pieces.len() + 1);
    for (index, (part, text)) in speech.pieces.iter().enumerate() {
        let (content, reasoning) = match part {
            Part::Reasoning => {
                counts.reasoning += 1;
                ("", text.as_str())
            }
            Part::Answer => {
                counts.answer += 1;
                (text.as_str(), "")
            }
        };
        frames.push(Frame {
            after_tokens: index + 1,
            text: frame(
                index + 1,
                &json!({"content": content, "reasoning_content": reasoning, "role": "assistant"}),
                "null",
                counts,
            ),
        });
    }
    let all = speech.pieces.len();
    let message = json!({"content": "", "reasoning_content": "", "role": "assistant"});
    let message = with_call(message, speech, number);
    frames.push(Frame {
        after_tokens: all,
        text: frame(all + 1, &message, finish_word(speech), counts),
    });
    frames
}

fn anthropic_frames(question: &Question, speech: &Speech, number: usize) -> Vec<Frame> {
    let event = |after_tokens: usize, body: Value| {
        let name = body.get("type").and_then(Value::as_str).unwrap_or_default();
        Frame {
            after_tokens,
            text: format!("event: {name}\ndata: {body}\n\n"),
        }
    };
    let start = json!({"type": "message_start", "message": {
        "id": message_id(number), "type": "message", "role": "assistant", "content": [],
        "model": question.model, "stop_reason": null, "stop_sequence": null,
        // Counts at the start are not yet true; message_delta replaces them.
        "usage": Counts { input: 0, reasoning: 0, answer: 0 }.anthropic(),
    }});
    let mut frames = vec![event(0, start), event(0, json!({"type": "ping"}))];
    let reasoning = speech.tokens_of(Part::Reasoning);
    let all = speech.pieces.len();
    let mut made = 0;
    for part in [Part::Reasoning, Part::Answer] {
        if part == Part::Reasoning && reasoning == 0 {
            continue;
        }
        let index = usize::from(part == Part::Answer && reasoning > 0);
        let block = match part {
            Part::Reasoning => json!({"type": "thinking", "thinking": ""}),
            Part::Answer => json!({"type": "text", "text": ""}),
        };
        frames.push(event(
            made,
            json!({
                "type": "content_block_start", "index": index, "content_block": block,
            }),
        ));
        for (_, text) in speech.pieces.iter().filter(|(of, _)| *of == part) {
            made += 1;
            let delta = match part {
                Part::Reasoning => json!({"type": "thinking_delta", "thinking": text}),
                Part::Answer => json!({"type": "text_delta", "text": text}),
            };
            frames.push(event(
                made,
                json!({
                    "type": "content_block_delta", "index": index, "delta": delta,
                }),
            ));
        }
        if part == Part::Reasoning {
            let delta = json!({"type": "signature_delta", "signature": signature(number)});
            frames.push(event(
                made,
                json!({
                    "type": "content_block_delta", "index": index, "delta": delta,
                }),
            ));
        }
        frames.push(event(
            made,
            json!({"type": "content_block_stop", "index": index}),
        ));
    }
    if let Some((name, arguments)) = &speech.call {
        let index = usize::from(reasoning > 0) + 1;
        let block = json!({"type": "tool_use", "id": call_id(number), "name": name, "input": {}});
        let delta = json!({"type": "input_json_delta", "partial_json": arguments});
        for body in [
            json!({"type": "content_block_start", "index": index, "content_block": block}),
            json!({"type": "content_block_delta", "index": index, "delta": delta}),
            json!({"type": "content_block_stop", "index": index}),
        ] {
            frames.push(event(all, body));
        }
    }
    frames.push(event(
        all,
        json!({
            "type": "message_delta",
            "delta": {"stop_reason": anthropic_stop(speech)},
            "usage": Counts::of(question, speech).anthropic(),
        }),
    ));
    frames.push(event(all, json!({"type": "message_stop"})));
    frames
}

fn data(body: &Value) -> String {
    format!("data: {body}\n\n")
}

fn finish_word(speech: &Speech) -> &'static str {
    match (&speech.call, speech.is_cut) {
        (_, true) => "length",
        (Some(_), false) => "tool_calls",
        (None, false) => "stop",
    }
}

/// A message with the call that the speech ends with, if it does.
fn with_call(mut message: Value, speech: &Speech, number: usize) -> Value {
    if let (Some((name, arguments)), Some(members)) = (&speech.call, message.as_object_mut()) {
        let call = json!([{"index": 0, "id": call_id(number), "type": "function",
            "function": {"name": name, "arguments": arguments}}]);
        members.insert("tool_calls".to_owned(), call);
    }
    message
}

fn call_id(number: usize) -> String {
    format!("call_demo_{number}")
}

fn anthropic_stop(speech: &Speech) -> &'static str {
    match (&speech.call, speech.is_cut) {
        (_, true) => "max_tokens",
        (Some(_), false) => "tool_use",
        (None, false) => "end_turn",
    }
}

fn openai_id(number: usize) -> String {
    format!("chatcmpl-demo-{number}")
}

fn message_id(number: usize) -> String {
    format!("msg_demo_{number}")
}

fn request_id(number: usize) -> String {
    format!("demo-{number}")
}

/// A signature has 64 hexadecimal digits.
fn signature(number: usize) -> String {
    format!("{number:064x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::question::Depth;

    fn question(dialect: Dialect) -> Question {
        Question {
            dialect,
            model: "served".to_owned(),
            prompts: vec!["hi".to_owned()],
            input_tokens: 5,
            depth: Depth::Usual,
            max_tokens: None,
            stream: true,
            usage: true,
            tools: Vec::new(),
            told: None,
        }
    }

    fn speech() -> Speech {
        let piece = |part, text: &str| (part, text.to_owned());
        Speech {
            pieces: vec![
                piece(Part::Reasoning, "Hm"),
                piece(Part::Reasoning, "m."),
                piece(Part::Answer, "Yes"),
            ],
            is_cut: false,
            call: None,
        }
    }

    #[test]
    fn every_dialect_asks_for_a_tool_in_its_own_way_streamed_or_whole() {
        for dialect in Dialect::ALL {
            let speech = Speech {
                call: Some(("look".to_owned(), "{\"city\":\"Paris\"}".to_owned())),
                ..speech()
            };
            let stream: String = frames(&question(dialect), &speech, 7)
                .into_iter()
                .map(|frame| frame.text)
                .collect();
            let whole = whole(&question(dialect), &speech, 7).to_string();
            let (stop, sort) = match dialect {
                Dialect::OpenAi | Dialect::DashScope => ("\"tool_calls\"", "\"function\""),
                Dialect::Anthropic => ("\"tool_use\"", "\"tool_use\""),
            };
            for text in [&stream, &whole] {
                for wanted in [stop, sort, "\"look\"", "call_demo_7", "Paris"] {
                    assert!(text.contains(wanted), "{dialect}: no {wanted} in {text}");
                }
            }
        }
    }

    fn stream(dialect: Dialect) -> String {
        let frames = frames(&question(dialect), &speech(), 1);
        assert!(
            frames.is_sorted_by_key(|frame| frame.after_tokens),
            "{frames:?}"
        );
        frames.into_iter().map(|frame| frame.text).collect()
    }

    #[test]
    fn openai_streams_have_null_usage_until_the_last_chunk_and_end_with_done() {
        let stream = stream(Dialect::OpenAi);
        assert_eq!(stream.matches("\"usage\":null").count(), 5, "{stream}");
        assert_eq!(stream.matches("\"reasoning_tokens\":2").count(), 1);
        assert!(stream.ends_with("data: [DONE]\n\n"));
    }

    #[test]
    fn dashscope_frames_each_carry_usage_and_a_finish_reason_of_null() {
        let stream = stream(Dialect::DashScope);
        assert_eq!(stream.matches("\"finish_reason\":\"null\"").count(), 3);
        assert_eq!(stream.matches("\"input_tokens\":5").count(), 4);
        assert!(!stream.contains("[DONE]"));
    }

    #[test]
    fn anthropic_blocks_are_numbered_and_signed() {
        let stream = stream(Dialect::Anthropic);
        assert!(stream.contains("event: ping"));
        assert_eq!(stream.matches("event: content_block_start").count(), 2);
        assert!(stream.contains("signature_delta"));
        assert!(stream.contains("\"output_tokens\":3"));
        assert!(stream.trim_end().ends_with("{\"type\":\"message_stop\"}"));
    }
}
