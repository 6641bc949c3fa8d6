//! The small facts of a turn as the words and the JSON that they are kept as: states, reasons to
//! end, failures, sources, tool calls. Whatever a later program wrote and this one does not know
//! becomes the nearest thing that it does. Pure.

use std::time::Duration;

use serde_json::{Value, json};

use crate::chat::{
    CallState, Failure, FailureKind, Finish, Outcome, Remark, Retry, Source, Standing, ToolCall,
    TurnState, Usage,
};

/// The word for a turn's state.
pub(super) fn state_word(state: &TurnState) -> &'static str {
    match state {
        TurnState::Live => "live",
        TurnState::Done => "done",
        TurnState::Stopped => "stopped",
        TurnState::Interrupted => "interrupted",
        TurnState::Failed(_) => "failed",
    }
}

/// The state of a word. A turn that nobody writes any more is not live.
pub(super) fn state(word: &str, failure: Option<Failure>) -> TurnState {
    match (word, failure) {
        ("done", _) => TurnState::Done,
        ("stopped", _) => TurnState::Stopped,
        (_, Some(failure)) => TurnState::Failed(Box::new(failure)),
        _ => TurnState::Interrupted,
    }
}

/// The word for a turn's place in what is sent.
pub(super) fn standing_word(standing: Standing) -> &'static str {
    match standing {
        Standing::Sent => "sent",
        Standing::Pinned => "pinned",
        Standing::LeftOut => "left_out",
    }
}

/// The place in what is sent, of a word.
pub(super) fn standing(word: &str) -> Standing {
    match word {
        "pinned" => Standing::Pinned,
        "left_out" => Standing::LeftOut,
        _ => Standing::Sent,
    }
}

/// The word for a reason to end.
pub(super) fn finish_word(finish: &Finish) -> &str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter => "content_filter",
        Finish::CutOff => "cut_off",
        Finish::Other(word) => word,
    }
}

/// The reason to end of a word.
pub(super) fn finish(word: &str) -> Finish {
    match word {
        "stop" => Finish::Stop,
        "length" => Finish::Length,
        "tool_calls" => Finish::ToolCalls,
        "content_filter" => Finish::ContentFilter,
        "cut_off" => Finish::CutOff,
        other => Finish::Other(other.to_owned()),
    }
}

/// Remarks as a list of words.
pub(super) fn remarks_json(remarks: &[Remark]) -> Value {
    remarks.iter().map(|remark| remark.word()).collect()
}

/// The remarks of a list of words.
pub(super) fn remarks(value: &Value) -> Vec<Remark> {
    let of = |word: &Value| Remark::ALL.into_iter().find(|it| word == it.word());
    elements(value).filter_map(of).collect()
}

/// Tool calls as a list.
pub(super) fn calls_json(calls: &[ToolCall]) -> Value {
    let call = |call: &ToolCall| {
        let (state, text, took) = match &call.state {
            CallState::Done(outcome) => ("done", outcome.text.as_str(), outcome.took),
            CallState::Failed(outcome) => ("failed", outcome.text.as_str(), outcome.took),
            CallState::Refused(why) => ("refused", why.as_str(), Duration::ZERO),
            CallState::Asked | CallState::Waiting | CallState::Approved | CallState::Running => {
                ("not_run", "", Duration::ZERO)
            }
        };
        let mut object = json!({"id": call.id, "name": call.name, "arguments": call.arguments,
            "state": state, "result": text, "seconds": took.as_secs_f64(),
            "after_bytes": call.after_bytes});
        if let (Some(edited), Some(object)) = (&call.edited, object.as_object_mut()) {
            object.insert("edited".to_owned(), json!(edited));
        }
        object
    };
    calls.iter().map(call).collect()
}

/// The tool calls of a list.
pub(super) fn calls(value: &Value) -> Vec<ToolCall> {
    let call = |value: &Value| ToolCall {
        id: text(value, "id"),
        name: text(value, "name"),
        arguments: text(value, "arguments"),
        edited: value
            .get("edited")
            .and_then(Value::as_str)
            .map(str::to_owned),
        state: call_state(value),
        // Earlier versions did not say: what was called is above all that was said.
        after_bytes: value
            .get("after_bytes")
            .and_then(Value::as_u64)
            .and_then(|bytes| usize::try_from(bytes).ok())
            .unwrap_or(0),
    };
    elements(value).map(call).collect()
}

fn call_state(value: &Value) -> CallState {
    let seconds = value.get("seconds").and_then(Value::as_f64).unwrap_or(0.0);
    let outcome = || Outcome {
        text: text(value, "result"),
        took: Duration::try_from_secs_f64(seconds).unwrap_or_default(),
    };
    match text(value, "state").as_str() {
        "done" => CallState::Done(outcome()),
        "failed" => CallState::Failed(outcome()),
        "refused" => CallState::Refused(text(value, "result")),
        _ => CallState::Asked,
    }
}

/// Sources as a list.
pub(super) fn sources_json(sources: &[Source]) -> Value {
    let source = |source: &Source| json!({"index": source.index, "title": source.title, "url": source.url, "site": source.site});
    sources.iter().map(source).collect()
}

/// The sources of a list.
pub(super) fn sources(value: &Value) -> Vec<Source> {
    let source = |value: &Value| Source {
        index: count(value, "index")
            .and_then(|index| u32::try_from(index).ok())
            .unwrap_or(0),
        title: text(value, "title"),
        url: text(value, "url"),
        site: text(value, "site"),
    };
    elements(value).map(source).collect()
}

/// Token counts by name; those that are known.
pub(super) fn usage_json(usage: &Usage) -> Value {
    let counts = [
        ("input_tokens", usage.input_tokens),
        ("output_tokens", usage.output_tokens),
        ("reasoning_tokens", usage.reasoning_tokens),
        ("cached_tokens", usage.cached_tokens),
        ("cache_write_tokens", usage.cache_write_tokens),
        ("total_tokens", usage.total_tokens),
        ("searches", usage.searches),
    ];
    let known = counts
        .into_iter()
        .filter_map(|(name, count)| Some((name.to_owned(), Value::from(count?))));
    let cost = usage
        .cost_usd
        .map(|usd| ("cost_usd".to_owned(), usd.into()));
    Value::Object(known.chain(cost).collect())
}

/// The token counts of an object.
pub(super) fn usage(value: &Value) -> Usage {
    Usage {
        input_tokens: count(value, "input_tokens"),
        output_tokens: count(value, "output_tokens"),
        reasoning_tokens: count(value, "reasoning_tokens"),
        cached_tokens: count(value, "cached_tokens"),
        cache_write_tokens: count(value, "cache_write_tokens"),
        total_tokens: count(value, "total_tokens"),
        cost_usd: value.get("cost_usd").and_then(Value::as_f64),
        searches: count(value, "searches"),
    }
}

/// A failure as an object.
pub(super) fn failure_json(failure: &Failure) -> Value {
    let (retry, wait) = match &failure.retry {
        Retry::Never => ("never", Value::Null),
        Retry::Soon => ("soon", Value::Null),
        Retry::Once => ("once", Value::Null),
        Retry::After(wait) => ("after", wait.as_secs_f64().into()),
        Retry::NotBefore(time) => ("not_before", time.clone().into()),
    };
    json!({
        "kind": kind_word(failure.kind),
        "message": failure.message,
        "code": failure.code,
        "status": failure.status,
        "request_id": failure.request_id,
        "retry": retry,
        "wait": wait,
    })
}

/// The failure of an object.
pub(super) fn failure(value: &Value) -> Option<Failure> {
    let kind = text(value, "kind");
    let kind = KINDS
        .iter()
        .copied()
        .find(|known| kind_word(*known) == kind);
    let wait = value.get("wait");
    let seconds = wait
        .and_then(Value::as_f64)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let retry = match value.get("retry")?.as_str()? {
        "soon" => Retry::Soon,
        "once" => Retry::Once,
        "after" => seconds.map_or(Retry::Soon, Retry::After),
        "not_before" => {
            Retry::NotBefore(wait.and_then(Value::as_str).unwrap_or_default().to_owned())
        }
        _ => Retry::Never,
    };
    let status = count(value, "status").and_then(|status| u16::try_from(status).ok());
    Some(Failure {
        kind: kind.unwrap_or(FailureKind::Server),
        message: text(value, "message"),
        code: value.get("code").and_then(Value::as_str).map(str::to_owned),
        status,
        request_id: value
            .get("request_id")
            .and_then(Value::as_str)
            .map(str::to_owned),
        retry,
    })
}

/// The word of a kind. Whoever adds a kind adds it to [`KINDS`] too.
fn kind_word(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::NoKey => "NoKey",
        FailureKind::BadKey => "BadKey",
        FailureKind::PlanKey => "PlanKey",
        FailureKind::Forbidden => "Forbidden",
        FailureKind::Balance => "Balance",
        FailureKind::Quota => "Quota",
        FailureKind::NotInPlan => "NotInPlan",
        FailureKind::RateLimit => "RateLimit",
        FailureKind::Overloaded => "Overloaded",
        FailureKind::Server => "Server",
        FailureKind::UnknownModel => "UnknownModel",
        FailureKind::ContextTooLong => "ContextTooLong",
        FailureKind::ThinkingMode => "ThinkingMode",
        FailureKind::InvisibleText => "InvisibleText",
        FailureKind::BadRequest => "BadRequest",
        FailureKind::ContentFilter => "ContentFilter",
        FailureKind::Connect => "Connect",
        FailureKind::ConnectTimeout => "ConnectTimeout",
        FailureKind::Tls => "Tls",
        FailureKind::Proxy => "Proxy",
        FailureKind::Idle => "Idle",
        FailureKind::Wordless => "Wordless",
        FailureKind::Cut => "Cut",
        FailureKind::NotAReply => "NotAReply",
        FailureKind::Compressed => "Compressed",
        FailureKind::Redirect => "Redirect",
        FailureKind::PlainHttp => "PlainHttp",
        FailureKind::TooLarge => "TooLarge",
        FailureKind::Setup => "Setup",
    }
}

/// Every kind, to be found by its word.
const KINDS: [FailureKind; 29] = [
    FailureKind::NoKey,
    FailureKind::BadKey,
    FailureKind::PlanKey,
    FailureKind::Forbidden,
    FailureKind::Balance,
    FailureKind::Quota,
    FailureKind::NotInPlan,
    FailureKind::RateLimit,
    FailureKind::Overloaded,
    FailureKind::Server,
    FailureKind::UnknownModel,
    FailureKind::ContextTooLong,
    FailureKind::ThinkingMode,
    FailureKind::InvisibleText,
    FailureKind::BadRequest,
    FailureKind::ContentFilter,
    FailureKind::Connect,
    FailureKind::ConnectTimeout,
    FailureKind::Tls,
    FailureKind::Proxy,
    FailureKind::Idle,
    FailureKind::Wordless,
    FailureKind::Cut,
    FailureKind::NotAReply,
    FailureKind::Compressed,
    FailureKind::Redirect,
    FailureKind::PlainHttp,
    FailureKind::TooLarge,
    FailureKind::Setup,
];

fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value, name: &str) -> String {
    value
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn count(value: &Value, name: &str) -> Option<u64> {
    value.get(name).and_then(Value::as_u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_back_the_same() {
        for (kind, retry) in KINDS.into_iter().zip(
            [
                Retry::Never,
                Retry::Soon,
                Retry::Once,
                Retry::After(Duration::from_millis(1500)),
                Retry::NotBefore("noon".to_owned()),
            ]
            .into_iter()
            .cycle(),
        ) {
            let before = Failure {
                code: Some("c".to_owned()),
                status: Some(503),
                request_id: Some("r".to_owned()),
                retry,
                ..Failure::new(kind, "words")
            };
            assert_eq!(failure(&failure_json(&before)), Some(before));
        }
        for before in [
            Finish::Stop,
            Finish::Length,
            Finish::CutOff,
            Finish::Other("odd".to_owned()),
        ] {
            assert_eq!(finish(finish_word(&before)), before);
        }
        let before = [
            Remark::BrokenEvent,
            Remark::NotStreamed,
            Remark::AnsweredAtOnce,
            Remark::AnsweredWithLeast,
            Remark::WentOn,
        ];
        assert_eq!(remarks(&remarks_json(&before)), before);
        let before = Usage {
            input_tokens: Some(1),
            searches: Some(0),
            cost_usd: Some(0.5),
            ..Usage::default()
        };
        assert_eq!(usage(&usage_json(&before)), before);
    }

    #[test]
    fn what_nobody_writes_any_more_is_interrupted() {
        assert_eq!(state("live", None), TurnState::Interrupted);
        assert_eq!(state("a later word", None), TurnState::Interrupted);
        assert_eq!(failure(&json!(3)), None);
    }
}
