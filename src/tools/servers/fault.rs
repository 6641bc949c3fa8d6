//! Why a server did not do what it was asked for, in sentences. Its own words come last.

use std::error::Error;
use std::io;

use rmcp::ErrorData;
use rmcp::model::ErrorCode;
use rmcp::service::{ClientInitializeError, ServiceError};
use rmcp::transport::DynamicTransportError;

use crate::chat::safe;
use crate::phrase::{self, tr};

/// What happened with a server, with its name before it.
pub(super) fn named(server: &str, what: &str) -> String {
    tr!("MCP server {server}: {what}", server, what)
}

/// Why there is nothing of what it was asked for.
pub(super) fn of_request(asked: &str, error: &ServiceError) -> String {
    match error {
        ServiceError::McpError(error) => {
            let why = refusal(error);
            tr!("{asked} was refused: {why}", asked, why)
        }
        ServiceError::TransportSend(error) => tr!(
            "{asked} was not asked for: {why}",
            asked,
            why = cause(error)
        ),
        ServiceError::TransportClosed => tr!("{asked} did not come: it hung up", asked),
        ServiceError::UnexpectedResponse => {
            tr!("{asked} did not come: it answered something else", asked)
        }
        other => tr!("{asked} did not come: {why}", asked, why = other),
    }
}

/// Why it could not be started.
pub(super) fn of_start(error: &ClientInitializeError) -> String {
    match error {
        ClientInitializeError::JsonRpcError(error) => {
            let why = refusal(error);
            tr!("it refused to start: {why}", why)
        }
        ClientInitializeError::ConnectionClosed(_) => {
            tr!("it hung up before it had started").to_owned()
        }
        ClientInitializeError::NoCompatibleProtocolVersion { .. } => {
            tr!("it speaks no version of MCP that mmchat speaks").to_owned()
        }
        ClientInitializeError::TransportError { error, .. } => {
            tr!("it can't be reached: {why}", why = cause(error))
        }
        ClientInitializeError::ExpectedInitResponse(_)
        | ClientInitializeError::ExpectedInitResult(_) => {
            tr!("it did not answer as an MCP server does").to_owned()
        }
        other => other.to_string(),
    }
}

/// What a server's error means, and what it said itself.
fn refusal(error: &ErrorData) -> String {
    let code = error.code.0;
    let why = match error.code {
        ErrorCode::PARSE_ERROR => tr!("it could not read the request"),
        ErrorCode::INVALID_REQUEST => tr!("it takes that for no request"),
        ErrorCode::METHOD_NOT_FOUND => tr!("it can't do that"),
        ErrorCode::INVALID_PARAMS => tr!("it does not take what it was given"),
        ErrorCode::INTERNAL_ERROR => tr!("something went wrong inside it"),
        ErrorCode::RESOURCE_NOT_FOUND => tr!("it has nothing of that name"),
        ErrorCode::UNSUPPORTED_PROTOCOL_VERSION => tr!("it speaks another version of MCP"),
        _ => tr!("it failed"),
    };
    let said = safe::one_line(error.message.trim());
    if said.is_empty() {
        return tr!("{why} (error {code})", why, code);
    }
    tr!("{why} (error {code}). It said: {said}", why, code, said)
}

/// What is at the bottom of an error of the connection: a sentence of the system's, if it is one.
fn cause(error: &DynamicTransportError) -> String {
    let mut cause: &(dyn Error + 'static) = error.error.as_ref();
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    match cause.downcast_ref::<io::Error>() {
        Some(error) => phrase::system(error),
        None => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_it_means_and_then_what_the_server_said() {
        let told = |code, said: &'static str| {
            let error = ServiceError::McpError(ErrorData::new(ErrorCode(code), said, None));
            of_request("the prompt review", &error)
        };
        assert_eq!(
            told(-32602, "file is needed\n"),
            "the prompt review was refused: it does not take what it was given (error -32602). \
             It said: file is needed"
        );
        assert_eq!(
            told(-32050, ""),
            "the prompt review was refused: it failed (error -32050)"
        );
        assert!(told(-32603, "a\x1bb").ends_with("It said: a␛b"));
    }
}
