//! Replies as JSON, for scripts.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::catalog::{Currency, Prices};
use crate::chat::{
    CallState, Delta, Failure, Finish, Part, Retry, ToolCall, Turn, TurnState, Usage,
};

pub(super) use crate::chat::safe::json as to_text;

/// A whole turn as one object: the format of `--format json`. What it cost is told where the list
/// has a price.
pub(super) fn turn(turn: &Turn, prices: Option<Prices>) -> Value {
    let reply = &turn.reply;
    let mut object = json!({
        "provider": turn.asked.provider,
        "model": turn.asked.model,
        "served_model": reply.served_model,
        "thinking": turn.asked.thinking.word(),
        "reasoning": reply.reasoning.as_str(),
        "answer": reply.answer.as_str(),
        "finish_reason": reply.finish.as_ref().map(finish),
        "tool_calls": reply.calls.iter().map(|call| json!({
            "id": call.id,
            "name": call.name,
            "arguments": call.arguments,
            "state": state(&call.state),
            "result": call.is_over().then(|| call.result()),
        })).collect::<Vec<_>>(),
        "sources": reply.sources.iter().map(|source| json!({
            "index": source.index,
            "title": source.title,
            "url": source.url,
            "site": source.site,
        })).collect::<Vec<_>>(),
        "remarks": reply.remarks.iter().map(|remark| remark.word()).collect::<Vec<_>>(),
        "usage": counts(turn, prices),
        "timing": {
            "connected_seconds": seconds(turn.timing.connected),
            "first_reasoning_seconds": seconds(turn.timing.first_reasoning),
            "first_answer_seconds": seconds(turn.timing.first_answer),
            "total_seconds": seconds(turn.timing.end),
            "thinking_seconds": seconds(turn.timing.thinking),
            "answering_seconds": seconds(turn.timing.answering),
        },
    });
    if let (TurnState::Failed(failure), Some(object)) = (&turn.state, object.as_object_mut()) {
        object.insert("error".to_owned(), self::failure(failure));
    }
    object
}

/// A delta as one event: a line of `--format jsonl`.
pub(super) fn event(delta: &Delta) -> Value {
    match delta {
        Delta::Served(model) => json!({"type": "served", "model": model}),
        Delta::Reasoning(text) => json!({"type": "reasoning", "text": text}),
        Delta::Answer(text) => json!({"type": "answer", "text": text}),
        Delta::Relabel => json!({"type": "relabel"}),
        Delta::Replace(part, text) => {
            let part = match part {
                Part::Reasoning => "reasoning",
                Part::Answer => "answer",
            };
            json!({"type": "replace", "part": part, "text": text})
        }
        Delta::Tool(piece) => json!({
            "type": "tool_call",
            "index": piece.slot,
            "id": piece.id,
            "name": piece.name,
            "arguments": piece.arguments,
            "snapshot": piece.snapshot,
        }),
        Delta::Sources(sources) => json!({
            "type": "sources",
            "sources": sources.iter().map(|source| json!({
                "index": source.index,
                "title": source.title,
                "url": source.url,
            })).collect::<Vec<_>>(),
        }),
        Delta::Usage(counts) => json!({"type": "usage", "usage": usage(counts)}),
        // For the provider alone; `ask` leaves it out.
        Delta::Carry(_) => Value::Null,
        Delta::Remark(remark) => json!({"type": "remark", "remark": remark.word()}),
        Delta::Finish(reason) => json!({"type": "finish", "finish_reason": finish(reason)}),
    }
}

/// The counts of all rounds of a turn and what they cost, as the last event of a reply; `None`
/// where nothing is known of the cost.
pub(super) fn total(turn: &Turn, prices: Option<Prices>) -> Option<Value> {
    prices?.cost_of(turn)?;
    Some(json!({"type": "usage", "usage": counts(turn, prices)}))
}

/// What a tool call came to, as an event.
pub(super) fn tool_result(call: &ToolCall) -> Value {
    json!({
        "type": "tool_result",
        "id": call.id,
        "name": call.name,
        "state": state(&call.state),
        "result": call.result(),
    })
}

fn state(state: &CallState) -> &'static str {
    match state {
        CallState::Asked | CallState::Waiting | CallState::Approved | CallState::Running => {
            "not_run"
        }
        CallState::Done(_) => "done",
        CallState::Failed(_) => "failed",
        CallState::Refused(_) => "refused",
    }
}

/// A failure as an object.
pub(super) fn failure(failure: &Failure) -> Value {
    json!({
        "kind": format!("{:?}", failure.kind),
        "what": failure.what(),
        "next_step": failure.next_step_in_shell(),
        "message": failure.message,
        "code": failure.code,
        "status": failure.status,
        "request_id": failure.request_id,
        "retryable": failure.is_retryable(),
        "not_before": match &failure.retry {
            Retry::NotBefore(time) => Some(time),
            Retry::Never | Retry::Soon | Retry::Once | Retry::After(_) => None,
        },
    })
}

fn finish(finish: &Finish) -> &str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter => "content_filter",
        Finish::CutOff => "cut_off",
        Finish::Other(reason) => reason,
    }
}

/// The counts that are known; unknown ones are left out.
fn usage(usage: &Usage) -> Value {
    let counts = [
        ("input_tokens", usage.input_tokens),
        ("output_tokens", usage.output_tokens),
        ("reasoning_tokens", usage.reasoning_tokens),
        ("cached_tokens", usage.cached_tokens),
        ("cache_write_tokens", usage.cache_write_tokens),
        ("total_tokens", usage.total_tokens),
        ("searches", usage.searches),
    ];
    let mut object: Map<String, Value> = counts
        .into_iter()
        .filter_map(|(name, count)| Some((name.to_owned(), count?.into())))
        .collect();
    if let Some(usd) = usage.cost_usd {
        object.insert("cost_usd".to_owned(), usd.into());
    }
    object.into()
}

/// The counts of all rounds of a turn, and what they cost by the list price. What thinking and the
/// answer cost is told only where the provider tells the two apart.
fn counts(turn: &Turn, prices: Option<Prices>) -> Value {
    let mut counts = usage(&turn.reply.total_usage());
    let cost = prices.and_then(|prices| prices.cost_of(turn));
    let (Some(cost), Some(object)) = (cost, counts.as_object_mut()) else {
        return counts;
    };
    let output = cost.output.filter(|output| !output.estimated);
    let names = match cost.currency {
        Currency::Usd => [
            "list_cost_usd",
            "list_input_cost_usd",
            "list_thinking_cost_usd",
            "list_answer_cost_usd",
        ],
        Currency::Cny => [
            "list_cost_cny",
            "list_input_cost_cny",
            "list_thinking_cost_cny",
            "list_answer_cost_cny",
        ],
    };
    let amounts = [
        Some(cost.total),
        cost.input,
        output.and_then(|it| it.thinking),
        output.map(|it| it.answer),
    ];
    for (name, amount) in names.into_iter().zip(amounts) {
        if let Some(amount) = amount {
            object.insert(name.to_owned(), amount.into());
        }
    }
    counts
}

fn seconds(time: Option<Duration>) -> Option<f64> {
    time.map(|time| time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_lets_through_is_escaped_and_reads_back_the_same() {
        let value = json!({"a": "x\u{9b}31m\u{202e}\u{e0041}\x7f\x1b 你好"});
        let text = to_text(&value);
        assert_eq!(crate::chat::safe::visible(&text), text);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
