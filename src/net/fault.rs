//! The network's errors as [`Failure`]s: which kind, and the most useful words in the chain.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::Url;

use super::route::{self, Line};
use crate::chat::{Failure, FailureKind, Retry};
use crate::config::Network;

/// Why a request got no answer.
pub(super) fn from_sending(
    error: &reqwest::Error,
    url: &Url,
    line: &Line,
    network: &Network,
) -> Failure {
    let host = route::host_of(url);
    if let Some(rustls::Error::InvalidCertificate(why)) = find_tls(error) {
        let message = format!("{host}: {why}");
        return Failure::new(FailureKind::Tls, message);
    }
    // With a proxy in between, every failure to connect is the proxy's to explain.
    let at = line.proxy.as_deref().unwrap_or(&host);
    let connecting = |kind: FailureKind| match line.proxy {
        Some(_) => FailureKind::Proxy,
        None => kind,
    };
    if error.is_connect() && error.is_timeout() {
        let seconds = network.connect_timeout_seconds.max(1);
        let message = format!("{at}: no connection within {seconds} s");
        return Failure::new(connecting(FailureKind::ConnectTimeout), message);
    }
    if error.is_connect() {
        let failure = Failure::new(
            connecting(FailureKind::Connect),
            format!("{at}: {}", innermost(error)),
        );
        return match find_tls(error) {
            // Two programs that do not understand each other won't the next time either.
            Some(_) => Failure {
                retry: Retry::Never,
                ..failure
            },
            None => failure,
        };
    }
    if error.is_builder() {
        return Failure::new(FailureKind::Setup, innermost(error));
    }
    from_hyper(error, &host)
}

/// Why a reply broke off.
pub(super) fn from_reading(error: &reqwest::Error, url: &Url) -> Failure {
    Failure::new(
        FailureKind::Cut,
        format!("{}: {}", route::host_of(url), innermost(error)),
    )
}

/// A server that sent nothing for so long.
pub(super) fn silent(limit: Duration) -> Failure {
    Failure::new(
        FailureKind::Idle,
        format!("nothing arrived for {} s", limit.as_secs()),
    )
}

/// A server that sent nothing but signs of life for so long.
pub(super) fn wordless(limit: Duration) -> Failure {
    Failure::new(
        FailureKind::Idle,
        format!(
            "it showed signs of life, but no text came for {} s (network.text_timeout_seconds)",
            limit.as_secs()
        ),
    )
}

/// The words at the end of a chain of errors, which name the cause; those before it only name
/// what was being done.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    let mut words = String::new();
    for link in chain(error) {
        let text = link.to_string();
        if !text.trim().is_empty() {
            words = text;
        }
    }
    words
}

fn from_hyper(error: &reqwest::Error, host: &str) -> Failure {
    let found = chain(error).find_map(|link| link.downcast_ref::<hyper::Error>());
    match found {
        Some(found) if found.is_parse() => Failure::new(
            FailureKind::NotAReply,
            format!("{host} does not speak HTTP: {}", innermost(error)),
        ),
        Some(found) if found.is_incomplete_message() => Failure::new(
            FailureKind::Cut,
            format!("{host} closed the connection without an answer"),
        ),
        Some(_) | None => Failure::new(FailureKind::Cut, format!("{host}: {}", innermost(error))),
    }
}

fn find_tls(error: &reqwest::Error) -> Option<&rustls::Error> {
    chain(error).find_map(|link| {
        // An I/O error hides what it carries, perhaps another one: its source is the source of that.
        let mut link = link;
        while let Some(carried) = link
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            link = carried;
        }
        link.downcast_ref()
    })
}

fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    // The first link is reqwest's own, which repeats the address with all that is in it.
    std::iter::successors(error.source(), |&link| link.source())
}
