//! Vendors' errors, in every shape they come in, as [`Failure`]s.
//!
//! Owns the shapes and the order of the witnesses: the vendor's code speaks first,
//! its error type second, the HTTP status third, its words last. Messages are kept as they came,
//! but a web page is reduced to its title. What a code means is in [`kind`].

mod kind;

use super::json::Json;
use super::sse;
use super::wait;
use crate::chat::{Failure, FailureKind, Retry};
use crate::phrase::tr;
use kind::{
    by_code, by_sort, by_sort_alone, by_status, by_words, is_worth_one_retry, minimax_kind,
};

/// The most of an error's body that is read, in bytes.
const MOST_BODY_BYTES: usize = 64 * 1024;
/// The most of a message that is no JSON, in characters.
const MOST_PLAIN_CHARS: usize = 600;

/// An error as a vendor wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wrong {
    message: String,
    code: Option<String>,
    sort: Option<String>,
    status: Option<u16>,
    request_id: Option<String>,
}

/// Reads the reply to a request that failed, whose HTTP status was not 2xx.
pub(super) fn failure(status: u16, headers: &[(String, String)], body: &[u8]) -> Failure {
    let body = body.get(..MOST_BODY_BYTES).unwrap_or(body);
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    let parsed = Json::parse(text).ok().map(|value| expected(&value));
    let wrong = parsed.or_else(|| framed(body)).unwrap_or_else(|| Wrong {
        message: plain(text),
        ..Wrong::default()
    });
    let is_anonymous = wrong.code.is_none() && wrong.sort.is_none();
    let mut failure = wrong.into_failure(Some(status));
    let speaks_of_a_model = failure.message.to_lowercase().contains("model");
    if matches!(status, 404 | 405) && is_anonymous && !speaks_of_a_model {
        // Some web server's words: the address is wrong, not the model.
        failure.kind = FailureKind::NotAReply;
    }
    if let (301..=308, Some(location)) = (status, wait::header(headers, "location")) {
        location.clone_into(&mut failure.message);
    }
    if failure.request_id.is_none() {
        let names = [
            "x-request-id",
            "request-id",
            "minimax-request-id",
            "trace-id",
        ];
        failure.request_id = names
            .iter()
            .find_map(|name| wait::header(headers, name))
            .map(str::to_owned);
    }
    failure.retry = wait::heed(failure.retry, failure.kind, headers);
    failure
}

/// Finds an error in a frame of a reply whose status was 2xx.
pub(super) fn find(frame: &Json<'_>) -> Option<Wrong> {
    let frame = match frame {
        Json::List(items) => items.first()?,
        other => other,
    };
    let mut wrong = match frame.get("error") {
        Some(error @ Json::Object(_)) => from_object(error),
        Some(Json::Text(words)) if !words.is_empty() => Wrong {
            message: plain(words),
            ..Wrong::default()
        },
        _ => find_beside(frame)?,
    };
    if wrong.code.is_none() {
        wrong.code = frame.get("code").and_then(code_word);
    }
    let ids = ["request_id", "requestId"];
    if wrong.request_id.is_none() {
        wrong.request_id = ids.iter().find_map(|name| text(frame, name));
    }
    Some(wrong)
}

/// An error that the event's name announces, whatever its data say.
pub(super) fn announced(value: Option<&Json<'_>>, data: &str) -> Wrong {
    value
        .and_then(|value| find(value).or_else(|| find_loose(value)))
        .unwrap_or_else(|| Wrong {
            message: plain(data),
            ..Wrong::default()
        })
}

/// A web page or a plain text, as far as a person can use it.
pub(super) fn plain(text: &str) -> String {
    let text = text.trim();
    if !text.starts_with('<') {
        return text.chars().take(MOST_PLAIN_CHARS).collect();
    }
    if !looks_like_a_page(text) {
        return without_tags(text);
    }
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|at| {
        let from = at + lower.get(at..)?.find('>')? + 1;
        let until = from + lower.get(from..)?.find('<')?;
        text.get(from..until)
    });
    let title = title.unwrap_or_default();
    title.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Wrong {
    /// The failure, given the status of the reply or of the frame, if there was one.
    pub(super) fn into_failure(self, status: Option<u16>) -> Failure {
        let named = status.filter(|status| !(200..300).contains(status));
        let status = named.or(self.status);
        let words = format!(
            "{} {}",
            self.message.to_lowercase(),
            self.code.as_deref().unwrap_or_default().to_lowercase()
        );
        let kind = self
            .code
            .as_deref()
            .and_then(|code| by_code(code, &words))
            .or_else(|| self.sort.as_deref().and_then(|sort| by_sort(sort, &words)))
            .or_else(|| status.and_then(|status| by_status(status, &words)))
            .or_else(|| by_words(&words))
            .or_else(|| self.sort.as_deref().and_then(by_sort_alone))
            .unwrap_or(FailureKind::Server);
        let mut retry = kind.usual_retry();
        if let FailureKind::Quota | FailureKind::RateLimit = kind
            && let Some(time) = wait::reset_time(&self.message)
        {
            retry = Retry::NotBefore(time);
        }
        if self.code.as_deref().is_some_and(is_worth_one_retry) {
            retry = Retry::Once;
        }
        if kind == FailureKind::Server && matches!(status, Some(501 | 505 | 510 | 511)) {
            retry = Retry::Never;
        }
        Failure {
            kind,
            message: self.message,
            code: self.code.or(self.sort),
            status,
            request_id: self.request_id,
            retry,
        }
    }
}

fn from_object(error: &Json<'_>) -> Wrong {
    let mut message = ["message", "msg", "detail"]
        .iter()
        .find_map(|name| text(error, name))
        .unwrap_or_default();
    // OpenRouter's own message is general; the upstream's is beside it.
    if let Some(raw) = error.at(&["metadata", "raw"]).and_then(Json::as_str) {
        message = format!("{message}: {raw}");
    }
    let message = plain(&message);
    let raw_code = error.get("code").and_then(code_word);
    let status = ["http_code", "status", "status_code", "code"]
        .iter()
        .filter_map(|name| error.get(name))
        .find_map(http_status);
    // A code that only repeats the status tells nothing.
    let code = raw_code.filter(|code| error_status(code).is_none());
    Wrong {
        code: code.or_else(|| minimax_code(&message)),
        sort: text(error, "type"),
        status,
        request_id: text(error, "request_id"),
        message,
    }
}

/// Errors that are not in a field named `error`.
fn find_beside(frame: &Json<'_>) -> Option<Wrong> {
    if let Some(code) = frame
        .at(&["base_resp", "status_code"])
        .and_then(code_word)
        .filter(|code| code != "0")
    {
        let message = frame.at(&["base_resp", "status_msg"]);
        return Some(Wrong {
            message: plain(message.and_then(Json::as_str).unwrap_or_default()),
            code: Some(code),
            ..Wrong::default()
        });
    }
    let reason = frame.at(&["choices", "0", "finish_reason"]);
    if reason.and_then(Json::as_str) == Some("error") {
        return Some(Wrong {
            message: tr!("the provider ended the reply with an error").to_owned(),
            ..Wrong::default()
        });
    }
    let message = text(frame, "message")?;
    let sort = text(frame, "type").filter(|sort| sort.ends_with("_error"));
    let is_reply = ["choices", "output"]
        .iter()
        .any(|name| frame.get(name).is_some_and(|value| !value.is_null()));
    let code = frame
        .get("code")
        .and_then(code_word)
        .filter(|code| !matches!(code.as_str(), "0" | "200"));
    if sort.is_none() && (is_reply || code.is_none()) {
        return None;
    }
    let message = plain(&message);
    Some(Wrong {
        code: code.or_else(|| minimax_code(&message)),
        sort,
        status: frame.get("status").and_then(http_status),
        request_id: None,
        message,
    })
}

/// Shapes that mean an error only where an error is expected: gateways and frameworks.
fn find_loose(value: &Json<'_>) -> Option<Wrong> {
    let detail = value.get("detail").and_then(|detail| match detail {
        Json::Text(words) => Some(words.as_ref().to_owned()),
        Json::List(items) => text(items.first()?, "msg"),
        other => text(other, "message"),
    });
    let message = ["message", "msg", "error_msg", "errorMessage"]
        .iter()
        .find_map(|name| text(value, name))
        .or(detail)?;
    Some(Wrong {
        message: plain(&message),
        code: value.get("code").and_then(code_word),
        request_id: text(value, "request_id"),
        ..Wrong::default()
    })
}

/// The data of an error that is framed as an event although the status says so already.
fn framed(body: &[u8]) -> Option<Wrong> {
    let (mut parser, mut first) = (sse::Parser::default(), None);
    let mut take = |event: &sse::Event<'_>| {
        if first.is_none() {
            first = Json::parse(event.data).ok().map(|value| expected(&value));
        }
        Ok::<(), sse::TooLarge>(())
    };
    parser.feed(body, &mut take).ok()?;
    parser.end(&mut take).ok()?;
    first
}

/// What a value says that is sure to be an error.
fn expected(value: &Json<'_>) -> Wrong {
    find(value)
        .or_else(|| find_loose(value))
        .unwrap_or_default()
}

/// MiniMax names its code only at the end of the message: `… (2064) (529)`.
fn minimax_code(message: &str) -> Option<String> {
    let mut rest = message.trim_end();
    let mut code = None;
    while let Some((before, number)) = rest
        .strip_suffix(')')
        .and_then(|inner| inner.rsplit_once('('))
    {
        if minimax_kind(number, "").is_some() {
            code = Some(number.to_owned());
        } else if number.len() != 3 || number.parse::<u16>().is_err() {
            break;
        }
        rest = before.trim_end();
    }
    code
}

/// The words of markup, XML say, with one space in place of each tag.
fn without_tags(text: &str) -> String {
    let mut words = String::new();
    let mut in_tag = false;
    for c in text.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                words.push(' ');
            }
            c if !in_tag => words.push(c),
            _ => {}
        }
    }
    let words: Vec<&str> = words.split_whitespace().collect();
    words.join(" ").chars().take(MOST_PLAIN_CHARS).collect()
}

fn looks_like_a_page(text: &str) -> bool {
    let head: String = text.chars().take(256).collect();
    let head = head.to_ascii_lowercase();
    head.starts_with('<')
        && [
            "<!doctype",
            "<html",
            "<head",
            "<body",
            "<title",
            "<center",
            "<h1",
        ]
        .iter()
        .any(|tag| head.contains(tag))
}

fn text(value: &Json<'_>, name: &str) -> Option<String> {
    let text = value.get(name)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

fn code_word(code: &Json<'_>) -> Option<String> {
    match code {
        Json::Text(word) if !word.is_empty() => Some(word.as_ref().to_owned()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn http_status(value: &Json<'_>) -> Option<u16> {
    error_status(&code_word(value)?)
}

fn error_status(word: &str) -> Option<u16> {
    let status: u16 = word.parse().ok()?;
    (400..600).contains(&status).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> Failure {
        failure(status, &[], body.as_bytes())
    }

    fn kind(status: u16, body: &str) -> FailureKind {
        of(status, body).kind
    }

    #[test]
    fn the_vendors_code_outweighs_the_status() {
        let broke = r#"{"type":"error","error":{"type":"api_error","message":"insufficient balance (1008)","http_code":"500"}}"#;
        let failure = of(500, broke);
        assert_eq!(failure.kind, FailureKind::Balance);
        assert_eq!(failure.retry, Retry::Never);
        assert_eq!(failure.code.as_deref(), Some("1008"));
        let arrears = r#"{"code":"Arrearage","message":"Access denied, please make sure your account is in good standing.","request_id":"r"}"#;
        assert_eq!(kind(400, arrears), FailureKind::Balance);
        let plan = r#"{"code":"Throttling.AllocationQuota","message":"Your token-plan 1-week quota has been exhausted. The quota will reset at 08-18 10:07:00 UTC."}"#;
        let failure = of(429, plan);
        assert_eq!(failure.kind, FailureKind::Quota);
        assert_eq!(
            failure.retry,
            Retry::NotBefore("08-18 10:07:00 UTC".to_owned())
        );
    }

    #[test]
    fn a_limit_of_tokens_is_worth_one_more_try() {
        let limit = r#"{"type":"error","error":{"type":"rate_limit_error","message":"token limit (1039)"}}"#;
        assert_eq!(of(429, limit).retry, Retry::Once);
        assert!(of(429, limit).is_retryable());
    }

    #[test]
    fn the_refusals_of_one_code_are_told_apart_by_their_words() {
        let body = |words: &str| format!(r#"{{"error":{{"message":"{words} (2013)"}}}}"#);
        let cases = [
            ("context window exceeds limit", FailureKind::ContextTooLong),
            ("unknown model 'x'", FailureKind::UnknownModel),
            ("m requires adaptive thinking", FailureKind::ThinkingMode),
            (
                "Mismatch type ThinkingConfig with value bool",
                FailureKind::ThinkingMode,
            ),
            ("web_search is not support", FailureKind::BadRequest),
        ];
        for (words, expected) in cases {
            assert_eq!(kind(400, &body(words)), expected, "{words}");
        }
        let search =
            r#"{"code":"InvalidParameter","message":"This model does not support enable_search."}"#;
        assert_eq!(kind(400, search), FailureKind::BadRequest);
    }

    #[test]
    fn tokenhubs_codes_carry_their_meaning() {
        let body = |code: &str| format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#);
        let cases = [
            (402, "403004", FailureKind::Quota),
            (401, "401002", FailureKind::BadKey),
            (403, "403001", FailureKind::Forbidden),
            (451, "451001", FailureKind::ContentFilter),
            (502, "502001", FailureKind::Server),
            (400, "400004", FailureKind::BadRequest),
        ];
        for (status, code, expected) in cases {
            assert_eq!(kind(status, &body(code)), expected, "{code}");
        }
    }

    #[test]
    fn a_bare_status_is_enough() {
        let cases = [
            (401, FailureKind::BadKey),
            (402, FailureKind::Balance),
            (403, FailureKind::Forbidden),
            (404, FailureKind::NotAReply),
            (413, FailureKind::ContextTooLong),
            (422, FailureKind::BadRequest),
            (429, FailureKind::RateLimit),
            (500, FailureKind::Server),
            (503, FailureKind::Overloaded),
            (529, FailureKind::Overloaded),
        ];
        for (status, expected) in cases {
            assert_eq!(kind(status, ""), expected, "{status}");
        }
        let model = r#"{"error":"model 'x' not found"}"#;
        assert_eq!(kind(404, model), FailureKind::UnknownModel);
        let path = r#"{"detail":"Not Found"}"#;
        assert_eq!(kind(404, path), FailureKind::NotAReply);
    }

    #[test]
    fn a_web_page_is_reduced_to_its_title() {
        let page = "<!DOCTYPE html><html><head><TITLE>502 Bad\n Gateway</TITLE></head><body><b>x";
        let failure = of(502, page);
        assert_eq!(failure.message, "502 Bad Gateway");
        assert_eq!(failure.kind, FailureKind::Server);
        assert!(failure.is_retryable());
        let xml = "<?xml version='1'?><Error><Code>Busy</Code><Message>try later</Message></Error>";
        assert_eq!(of(503, xml).message, "Busy try later");
        assert_eq!(of(503, r#"{"message":"<b>x</b> y"}"#).message, "x y");
    }

    #[test]
    fn an_error_framed_as_an_event_is_read() {
        let body = "id:1\nevent:error\n:HTTP_STATUS/400\ndata:{\"request_id\":\"req-1\",\"code\":\"Arrearage\",\"message\":\"m\"}\n\n";
        let failure = of(400, body);
        assert_eq!(failure.kind, FailureKind::Balance);
        assert_eq!(failure.request_id.as_deref(), Some("req-1"));
    }

    #[test]
    fn a_frame_with_a_harmless_code_is_no_error() {
        for frame in [
            r#"{"code":0,"message":"ok"}"#,
            r#"{"error":null,"choices":[]}"#,
            r#"{"base_resp":{"status_code":0,"status_msg":""}}"#,
            r#"{"message":{"content":"x"},"done":false}"#,
        ] {
            assert_eq!(find(&Json::parse(frame).unwrap()), None, "{frame}");
        }
    }

    #[test]
    fn headers_name_the_request_and_the_wait() {
        let headers = [
            ("X-Request-Id".to_owned(), "r9".to_owned()),
            ("Retry-After".to_owned(), "1.5".to_owned()),
        ];
        let failure = failure(503, &headers, b"busy");
        assert_eq!(failure.request_id.as_deref(), Some("r9"));
        assert_eq!(
            failure.retry,
            Retry::After(std::time::Duration::from_millis(1500))
        );
        assert_eq!(failure.message, "busy");
    }
}
