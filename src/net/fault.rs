//! The network's errors as [`Failure`]s: which kind, and the most useful words in the chain.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::Url;
use rustls::CertificateError;

use super::route::{self, Line};
use crate::chat::{Failure, FailureKind, Retry};
use crate::config::Network;
use crate::phrase::{self, tr};

/// Why a request got no answer.
pub(super) fn from_sending(
    error: &reqwest::Error,
    url: &Url,
    line: &Line,
    network: &Network,
) -> Failure {
    let host = route::host_of(url);
    if let Some(rustls::Error::InvalidCertificate(why)) = find_tls(error) {
        let message = format!("{host}: {}", mistrust(why));
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
        let message = tr!("{at}: no connection within {seconds} s", at, seconds);
        return Failure {
            retry: Retry::Soon,
            ..Failure::new(connecting(FailureKind::ConnectTimeout), message)
        };
    }
    if error.is_connect() {
        let failure = Failure::new(
            connecting(FailureKind::Connect),
            format!("{at}: {}", innermost(error)),
        );
        // Two programs that do not understand each other won't the next time either, and a proxy
        // that refuses will do so again. One that is not there may be back.
        let never_got_there = find_tls(error).is_none() && is_of_the_way(error);
        return match (failure.kind, find_tls(error)) {
            (FailureKind::Proxy, _) if never_got_there => Failure {
                retry: Retry::Soon,
                ..failure
            },
            (_, Some(_)) => Failure {
                retry: Retry::Never,
                ..failure
            },
            (_, None) => failure,
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
        tr!("nothing arrived for {seconds} s", seconds = limit.as_secs()),
    )
}

/// A server that sent nothing but signs of life for so long.
pub(super) fn wordless(limit: Duration) -> Failure {
    Failure::new(
        FailureKind::Wordless,
        tr!(
            "no text came for {seconds} s (network.text_timeout_seconds)",
            seconds = limit.as_secs()
        ),
    )
}

/// The words at the end of a chain of errors, which name the cause; those before it only name
/// what was being done.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    let mut words = String::new();
    for link in chain(error) {
        let text = link
            .downcast_ref::<io::Error>()
            .map_or_else(|| link.to_string(), phrase::system);
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
            tr!(
                "{host} does not speak HTTP: {why}",
                host,
                why = innermost(error)
            ),
        ),
        Some(found) if found.is_incomplete_message() => Failure::new(
            FailureKind::Cut,
            tr!("{host} closed the connection without an answer", host),
        ),
        Some(_) | None => Failure::new(FailureKind::Cut, format!("{host}: {}", innermost(error))),
    }
}

/// Why a certificate is not trusted, in words; the library's own are names of its variants.
fn mistrust(why: &CertificateError) -> String {
    let told = match why {
        CertificateError::UnknownIssuer => {
            tr!("the certificate is signed by an authority that is not known here (UnknownIssuer)")
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            tr!("the certificate has expired")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            tr!("the certificate is not valid yet")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            tr!("the certificate is for another host name")
        }
        CertificateError::Revoked => tr!("the certificate has been revoked"),
        CertificateError::BadSignature => tr!("the certificate's signature is wrong"),
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            tr!("the certificate belongs to an authority, not to a server")
        }
        other => return other.to_string(),
    };
    told.to_owned()
}

/// Tells whether it was the way there that failed, not somebody who answered.
fn is_of_the_way(error: &reqwest::Error) -> bool {
    // What dials through tunnels and SOCKS keeps the system's error to itself.
    chain(error).any(<dyn Error>::is::<io::Error>)
        || innermost(error).contains("underlying connection")
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
