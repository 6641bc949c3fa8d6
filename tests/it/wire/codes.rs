//! Every code that the vendors document: what it means, and whether trying again helps. Each row is
//! sent in every shape that its vendor uses.

use super::*;

/// A vendor's code: HTTP status, code, words, what it means, whether it may pass by itself.
type Row = (u16, &'static str, &'static str, FailureKind, bool);

const NO: bool = false;
const YES: bool = true;

/// MiniMax: the code stands in parentheses at the end of the message, or in `base_resp`.
#[rustfmt::skip]
const MINIMAX: &[Row] = &[
    (500, "1000", "unknown error", FailureKind::Server, YES),
    (500, "1013", "internal service error", FailureKind::Server, YES),
    (500, "1024", "internal error", FailureKind::Server, YES),
    (500, "1033", "system error", FailureKind::Server, YES),
    (504, "1001", "request timeout", FailureKind::Server, YES),
    (429, "1002", "rate limit exceeded(RPM)", FailureKind::RateLimit, YES),
    (429, "1041", "conn limit", FailureKind::RateLimit, YES),
    (429, "2045", "rate growth limit", FailureKind::RateLimit, YES),
    (401, "1004", "login fail: Please carry the API secret key", FailureKind::BadKey, NO),
    (401, "2049", "invalid api key", FailureKind::BadKey, NO),
    (402, "1008", "insufficient balance", FailureKind::Balance, NO),
    (500, "1008", "insufficient balance", FailureKind::Balance, NO),
    (422, "1026", "input new_sensitive", FailureKind::ContentFilter, NO),
    (500, "1027", "output new_sensitive", FailureKind::ContentFilter, NO),
    (429, "1028", "daily quota", FailureKind::Quota, NO),
    (200, "1030", "daily quota", FailureKind::Quota, NO),
    (429, "1039", "token limit", FailureKind::RateLimit, YES),
    (400, "1042", "invisible character ratio limit", FailureKind::InvisibleText, NO),
    (400, "2013", "binding: expr_path=messages, cause=missing required parameter", FailureKind::BadRequest, NO),
    (400, "2013", "unknown model 'x'", FailureKind::UnknownModel, NO),
    (400, "2013", "context window exceeds limit", FailureKind::ContextTooLong, NO),
    (400, "2013", "requires adaptive thinking", FailureKind::ThinkingMode, NO),
    (429, "2056", "usage limit exceeded, (1500/1500 used), resets at 2026-06-04T15:00:00+08:00", FailureKind::Quota, NO),
    (429, "2056", "usage limit exceeded, (0/0 used)", FailureKind::NotInPlan, NO),
    (403, "2061", "your current token plan does not support model", FailureKind::NotInPlan, NO),
    (429, "2062", "limit", FailureKind::RateLimit, YES),
    (529, "2064", "the server cluster is currently under high load", FailureKind::Overloaded, YES),
];

/// Tencent TokenHub: the code is in `error.code`.
#[rustfmt::skip]
const TOKENHUB: &[Row] = &[
    (400, "400001", "invalid parameter", FailureKind::BadRequest, NO),
    (400, "400002", "invalid parameter", FailureKind::BadRequest, NO),
    (400, "400004", "thinking.type enabled is not supported", FailureKind::ThinkingMode, NO),
    (401, "401002", "invalid api key", FailureKind::BadKey, NO),
    (402, "401007", "quota", FailureKind::Quota, NO),
    (402, "401008", "quota", FailureKind::Quota, NO),
    (402, "403004", "endpoint is inactive: FREE_QUOTA_EXHAUSTED", FailureKind::Quota, NO),
    (403, "403001", "ip not in white list", FailureKind::Forbidden, NO),
    (403, "403002", "no permission", FailureKind::Forbidden, NO),
    (403, "403005", "no permission", FailureKind::Forbidden, NO),
    (429, "429001", "dimension: rpm", FailureKind::RateLimit, YES),
    (429, "429001", "dimension: tpm", FailureKind::RateLimit, YES),
    (451, "451001", "blocked by safety policy", FailureKind::ContentFilter, NO),
    (502, "502001", "upstream failed", FailureKind::Server, YES),
];

/// Alibaba: the code is beside the message, or in `error`.
#[rustfmt::skip]
const ALIBABA: &[Row] = &[
    (400, "InvalidParameter", "Range of input length should be [1, 196601]", FailureKind::ContextTooLong, NO),
    (400, "invalid_parameter_error", "Range of max_tokens should be [1, 32768]", FailureKind::BadRequest, NO),
    (400, "InvalidParameter", "This model does not support enable_search.", FailureKind::BadRequest, NO),
    (400, "InvalidParameter", "Model not exist.", FailureKind::UnknownModel, NO),
    (400, "InvalidParameter", "The value of the enable_thinking parameter is restricted to True.", FailureKind::ThinkingMode, NO),
    (400, "Arrearage", "Access denied, please make sure your account is in good standing.", FailureKind::Balance, NO),
    (400, "DataInspectionFailed", "Input data may contain inappropriate content.", FailureKind::ContentFilter, NO),
    (400, "data_inspection_failed", "Output data may contain inappropriate content.", FailureKind::ContentFilter, NO),
    (401, "InvalidApiKey", "Invalid API-key provided.", FailureKind::BadKey, NO),
    (401, "invalid_api_key", "Incorrect API key provided.", FailureKind::BadKey, NO),
    (401, "NOT AUTHORIZED", "Access denied: workspace", FailureKind::Forbidden, NO),
    (403, "AccessDenied", "Access denied.", FailureKind::Forbidden, NO),
    (403, "access_denied", "Access denied.", FailureKind::Forbidden, NO),
    (403, "AccessDenied.Unpurchased", "Access to model denied.", FailureKind::NotInPlan, NO),
    (403, "Model.AccessDenied", "Model access denied.", FailureKind::Forbidden, NO),
    (403, "Workspace.AccessDenied", "Workspace access denied.", FailureKind::Forbidden, NO),
    (403, "AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted.", FailureKind::Quota, NO),
    (404, "ModelNotFound", "Model can not be found.", FailureKind::UnknownModel, NO),
    (404, "model_not_found", "The model does not exist.", FailureKind::UnknownModel, NO),
    (404, "model_not_supported", "Unsupported model x for OpenAI compatibility mode.", FailureKind::UnknownModel, NO),
    (404, "WorkSpaceNotFound", "Workspace can not be found.", FailureKind::Forbidden, NO),
    (429, "Throttling", "Requests throttling triggered.", FailureKind::RateLimit, YES),
    (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.", FailureKind::RateLimit, YES),
    (429, "LimitRequests", "You exceeded your current requests list.", FailureKind::RateLimit, YES),
    (429, "limit_requests", "You exceeded your current requests list.", FailureKind::RateLimit, YES),
    (429, "Throttling.BurstRate", "Request rate increased too quickly.", FailureKind::RateLimit, YES),
    (429, "limit_burst_rate", "Request rate increased too quickly.", FailureKind::RateLimit, YES),
    (429, "Throttling.AllocationQuota", "Allocated quota exceeded, please increase your quota limit.", FailureKind::RateLimit, YES),
    (429, "insufficient_quota", "Allocated quota exceeded, please increase your quota limit.", FailureKind::RateLimit, YES),
    (429, "insufficient_quota", "Free allocated quota exceeded.", FailureKind::Quota, NO),
    (429, "insufficient_quota", "Your free quota exhausted.", FailureKind::Quota, NO),
    (429, "insufficient_quota", "Your token-plan 1-week quota has been exhausted. The quota will reset at 08-18 10:07:00 UTC.", FailureKind::Quota, NO),
    (429, "CommodityNotPurchased", "Commodity has not purchased yet.", FailureKind::NotInPlan, NO),
    (429, "PrepaidBillOverdue", "The prepaid bill is overdue.", FailureKind::Balance, NO),
    (429, "PostpaidBillOverdue", "The postpaid bill is overdue.", FailureKind::Balance, NO),
    (500, "InternalError", "An internal error has occured.", FailureKind::Server, YES),
    (500, "internal_error", "An internal error has occured.", FailureKind::Server, YES),
    (500, "InternalError.Algo", "inference internal error", FailureKind::Server, YES),
    (500, "SystemError", "An system error has occured.", FailureKind::Server, YES),
    (500, "ModelServiceFailed", "Failed to request model service.", FailureKind::Server, YES),
    (500, "RequestTimeOut", "Request timed out, please try again later.", FailureKind::Server, YES),
    (503, "ModelServingError", "Too many requests. Your requests are being throttled.", FailureKind::Overloaded, YES),
    (503, "ModelUnavailable", "Model is unavailable.", FailureKind::Overloaded, YES),
    (503, "ServiceUnavailable", "Service unavailable.", FailureKind::Overloaded, YES),
];

/// The Anthropic protocol: the type is the code.
#[rustfmt::skip]
const ANTHROPIC: &[Row] = &[
    (400, "invalid_request_error", "max_tokens: must be positive", FailureKind::BadRequest, NO),
    (401, "authentication_error", "invalid key", FailureKind::BadKey, NO),
    (403, "permission_error", "not allowed", FailureKind::Forbidden, NO),
    (404, "not_found_error", "model: x", FailureKind::UnknownModel, NO),
    (413, "request_too_large", "too large", FailureKind::ContextTooLong, NO),
    (429, "rate_limit_error", "slow down", FailureKind::RateLimit, YES),
    (500, "api_error", "oops", FailureKind::Server, YES),
    (529, "overloaded_error", "overloaded", FailureKind::Overloaded, YES),
];

#[track_caller]
fn check(row: &Row, failure: &Failure, shape: &str) {
    let (status, code, words, kind, retryable) = row;
    let which = format!("{status} {code} “{words}” as {shape}: {failure:?}");
    assert_eq!(failure.kind, *kind, "{which}");
    assert_eq!(failure.is_retryable(), *retryable, "{which}");
    for sentence in [
        failure.what(),
        failure.next_step(),
        failure.next_step_in_shell(),
    ] {
        assert!(sentence.ends_with('.') && sentence.len() > 12, "{sentence}");
    }
    let said = failure.vendor_words();
    let first = words.split('(').next().unwrap().trim();
    assert!(said.contains(first), "the vendor's words are kept: {said}");
    assert!(said.contains("req-1"), "the request's id is kept: {said}");
}

/// An error in a reply whose status was 200: as an event of a stream, and as the whole body.
#[track_caller]
fn check_in_200(row: &Row, dialect: Dialect, body: &Value) {
    let event = if dialect == Dialect::Anthropic {
        "event: error\n"
    } else {
        ""
    };
    for text in [format!("{event}data: {body}\n\n"), body.to_string()] {
        let request = asked(dialect, false);
        let decoded = decode_pieces(&request, std::iter::once(text.as_bytes()));
        let failure = decoded
            .failure
            .unwrap_or_else(|| panic!("{text} is an error"));
        check(row, &failure, "a 200");
    }
}

#[track_caller]
fn check_status(row: &Row, dialect: Dialect, body: &Value) {
    // A status of 200 never comes this way.
    let status = if row.0 == 200 { 429 } else { row.0 };
    let failure = wire::failure(dialect, status, &[], body.to_string().as_bytes());
    check(row, &failure, "a body");
}

#[test]
fn every_code_of_minimax_means_what_its_table_says() {
    for row in MINIMAX {
        let (status, code, words, ..) = row;
        let open = json!({"type": "error", "request_id": "req-1", "error": {
            "type": "api_error", "message": format!("{words} ({code})"), "http_code": status.to_string()}});
        check_status(row, Dialect::OpenAi, &open);
        check_in_200(row, Dialect::OpenAi, &open);
        check_in_200(row, Dialect::Anthropic, &open);
        let code: u64 = code.parse().unwrap();
        let native = json!({"request_id": "req-1", "choices": null,
            "base_resp": {"status_code": code, "status_msg": words}});
        check_status(row, Dialect::OpenAi, &native);
        check_in_200(row, Dialect::OpenAi, &native);
    }
}

#[test]
fn every_code_of_tokenhub_means_what_its_table_says() {
    for row in TOKENHUB {
        let (_, code, words, ..) = row;
        let body = json!({"request_id": "req-1", "error": {"message": words, "code": code}});
        check_status(row, Dialect::OpenAi, &body);
        check_in_200(row, Dialect::OpenAi, &body);
    }
}

#[test]
fn every_code_of_alibaba_means_what_its_table_says() {
    for row in ALIBABA {
        let (_, code, words, ..) = row;
        let native = json!({"code": code, "message": words, "request_id": "req-1"});
        check_status(row, Dialect::DashScope, &native);
        check_in_200(row, Dialect::DashScope, &native);
        let open = json!({"request_id": "req-1",
            "error": {"message": words, "type": code, "param": null, "code": code}});
        check_status(row, Dialect::OpenAi, &open);
        check_in_200(row, Dialect::OpenAi, &open);
        check_in_200(row, Dialect::Anthropic, &open);
    }
}

#[test]
fn every_type_of_the_anthropic_protocol_means_what_its_table_says() {
    for row in ANTHROPIC {
        let (_, sort, words, ..) = row;
        let body = json!({"type": "error", "request_id": "req-1",
            "error": {"type": sort, "message": words}});
        check_status(row, Dialect::Anthropic, &body);
        check_in_200(row, Dialect::Anthropic, &body);
    }
}
