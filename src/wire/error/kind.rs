//! The tables: what a vendor's code, error type, HTTP status and words mean.
//!
//! Knows no JSON and no headers.

use crate::chat::FailureKind;

/// What a vendor's code means; `words` are the message in lower case.
pub(super) fn by_code(code: &str, words: &str) -> Option<FailureKind> {
    if let Some(kind) = minimax_kind(code, words) {
        return Some(kind);
    }
    let code = code.to_ascii_lowercase();
    Some(match code.as_str() {
        // Tencent TokenHub.
        "401007" | "401008" | "403004" => FailureKind::Quota,
        tokenhub if tokenhub.len() == 6 && tokenhub.parse::<u32>().is_ok() => {
            let status = tokenhub.get(..3)?.parse().ok()?;
            return match status {
                402 => Some(FailureKind::Quota),
                502 => Some(FailureKind::Server),
                status => by_status(status, words),
            };
        }
        // Alibaba, native and compatible.
        "arrearage" | "prepaidbilloverdue" | "postpaidbilloverdue" => FailureKind::Balance,
        "datainspectionfailed" | "data_inspection_failed" | "content_filter" => {
            FailureKind::ContentFilter
        }
        "invalidapikey" | "invalid_api_key" => FailureKind::BadKey,
        "allocationquota.freetieronly" => FailureKind::Quota,
        "commoditynotpurchased" | "accessdenied.unpurchased" => FailureKind::NotInPlan,
        "not authorized" | "access_denied" | "workspacenotfound" => FailureKind::Forbidden,
        denied if denied.contains("accessdenied") => FailureKind::Forbidden,
        "modelnotfound" | "model_not_found" | "model_not_supported" => FailureKind::UnknownModel,
        "insufficient_quota" | "throttling.allocationquota" => {
            if speaks_of_a_quota(words) {
                FailureKind::Quota
            } else {
                FailureKind::RateLimit
            }
        }
        "limitrequests" | "limit_requests" | "limit_burst_rate" | "rate_limit_exceeded" => {
            FailureKind::RateLimit
        }
        throttling if throttling.starts_with("throttling") => FailureKind::RateLimit,
        "systemerror" | "modelservicefailed" | "requesttimeout" | "server_error" => {
            FailureKind::Server
        }
        internal if internal.starts_with("internalerror") || internal == "internal_error" => {
            FailureKind::Server
        }
        "modelservingerror" | "modelunavailable" | "serviceunavailable" => FailureKind::Overloaded,
        "context_length_exceeded" => FailureKind::ContextTooLong,
        "invalidparameter" | "invalid_parameter_error" => refused(words),
        _ => return None,
    })
}

/// MiniMax's own codes.
pub(super) fn minimax_kind(code: &str, words: &str) -> Option<FailureKind> {
    Some(match code {
        "1000" | "1001" | "1013" | "1024" | "1033" => FailureKind::Server,
        "1002" | "1039" | "1041" | "2045" | "2062" => FailureKind::RateLimit,
        "1004" | "2049" => FailureKind::BadKey,
        "1008" => FailureKind::Balance,
        "1026" | "1027" => FailureKind::ContentFilter,
        // A plan that lacks the model says that none of none is used.
        "2056" if words.contains("(0/0 used)") => FailureKind::NotInPlan,
        "2061" => FailureKind::NotInPlan,
        "1028" | "1030" | "2056" => FailureKind::Quota,
        "1042" => FailureKind::InvisibleText,
        "2013" => refused(words),
        "2064" => FailureKind::Overloaded,
        _ => return None,
    })
}

/// Whether a code may pass by itself, but hardly if it comes twice: a limit of tokens is met by the
/// same request again and again.
pub(super) fn is_worth_one_retry(code: &str) -> bool {
    code == "1039"
}

/// What an error's `type` means.
pub(super) fn by_sort(sort: &str, words: &str) -> Option<FailureKind> {
    Some(match sort {
        "authentication_error" | "authorized_error" => FailureKind::BadKey,
        "insufficient_balance_error" | "billing_error" => FailureKind::Balance,
        "permission_error" | "rate_limit_error" | "limit_requests" if speaks_of_a_quota(words) => {
            FailureKind::Quota
        }
        "permission_error" => FailureKind::Forbidden,
        "rate_limit_error" | "limit_requests" => FailureKind::RateLimit,
        "not_found_error" => FailureKind::UnknownModel,
        "request_too_large" => FailureKind::ContextTooLong,
        "overloaded_error" | "unavailable_error" => FailureKind::Overloaded,
        "unprocessable_entity_error" | "content_filter_error" => FailureKind::ContentFilter,
        "bad_request_error" | "invalid_request_error" => by_words(words)?,
        "api_error" | "server_error" | "upstream_error" => {
            by_words(words).unwrap_or(FailureKind::Server)
        }
        _ => return by_code(sort, words),
    })
}

/// What an error's `type` means where status and words tell nothing: in a reply of status 200.
pub(super) fn by_sort_alone(sort: &str) -> Option<FailureKind> {
    let refused = ["bad_request_error", "invalid_request_error"];
    refused.contains(&sort).then_some(FailureKind::BadRequest)
}

/// What an HTTP status means, where the words don't say it better.
pub(super) fn by_status(status: u16, words: &str) -> Option<FailureKind> {
    let spoken = by_words(words);
    Some(match status {
        300..=399 => FailureKind::Redirect,
        401 => FailureKind::BadKey,
        402 | 429 if speaks_of_a_quota(words) => FailureKind::Quota,
        402 => FailureKind::Balance,
        403 => match spoken {
            Some(
                kind @ (FailureKind::Quota
                | FailureKind::Balance
                | FailureKind::BadKey
                | FailureKind::ContentFilter),
            ) => kind,
            _ => FailureKind::Forbidden,
        },
        404 | 405 => FailureKind::UnknownModel,
        407 => FailureKind::Proxy,
        413 => FailureKind::ContextTooLong,
        429 => FailureKind::RateLimit,
        451 => FailureKind::ContentFilter,
        503 | 529 => FailureKind::Overloaded,
        408 | 409 | 500..=599 => FailureKind::Server,
        400..=499 => spoken.unwrap_or(FailureKind::BadRequest),
        _ => return None,
    })
}

/// What the words alone mean.
pub(super) fn by_words(words: &str) -> Option<FailureKind> {
    let any = |needles: &[&str]| needles.iter().any(|needle| words.contains(needle));
    let about_length = [
        "context window",
        "context length",
        "context_length",
        "maximum context",
        "input length should be",
        "prompt is too long",
        "too many tokens",
    ];
    let about_a_model = [
        "unknown model",
        "model not exist",
        "unsupported model",
        "is not a valid model",
        "no such model",
    ];
    let about_absence = ["not found", "does not exist", "not exist"];
    Some(if any(&about_length) {
        FailureKind::ContextTooLong
    } else if refuses_thinking(words) {
        FailureKind::ThinkingMode
    } else if any(&about_a_model) || (words.contains("model") && any(&about_absence)) {
        FailureKind::UnknownModel
    } else if any(&["sensitive", "inappropriate content", "safety policy"]) {
        FailureKind::ContentFilter
    } else if any(&[
        "insufficient balance",
        "good standing",
        "insufficient credits",
    ]) {
        FailureKind::Balance
    } else if speaks_of_a_quota(words) {
        FailureKind::Quota
    } else if any(&["invalid api key", "invalid api-key", "incorrect api key"]) {
        FailureKind::BadKey
    } else if any(&["rate limit", "too many requests"]) {
        FailureKind::RateLimit
    } else if any(&["overloaded", "high load", "loading model"]) {
        FailureKind::Overloaded
    } else {
        return None;
    })
}

/// A request that is refused for its content: the words say for which.
fn refused(words: &str) -> FailureKind {
    by_words(words).unwrap_or(FailureKind::BadRequest)
}

/// A thinking mode that the model can't be switched to; not one that something else depends on.
fn refuses_thinking(words: &str) -> bool {
    let refusals = [
        "require",
        "restricted",
        "support",
        "invalid",
        "mismatch",
        "must be",
    ];
    words.contains("thinking")
        && !words.contains("incremental_output")
        && refusals.iter().any(|refusal| words.contains(refusal))
}

/// Plans and free tiers: waiting a moment does not help.
fn speaks_of_a_quota(words: &str) -> bool {
    [
        "quota has been exhausted",
        "free_quota_exhausted",
        "usage limit",
        "token-plan",
        "token plan",
        "free tier",
        "free quota",
        "free allocated quota",
        "plan and billing",
        "current quota",
        "billing",
    ]
    .iter()
    .any(|needle| words.contains(needle))
}
