//! The network client: a request in, a stream of what happens to it out.
//!
//! Owns connections, time limits, retries and keys. What the bytes mean belongs to
//! [`crate::wire`]; what a person reads about a failure to [`Failure`].
//!
//! Invariants: dropping a reply closes its connection; nothing is sent twice once text has come;
//! a key goes to the host of its own request and nowhere else, neither into a failure nor over
//! plain HTTP to another machine.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::stream::BoxStream;
use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, LOCATION,
};
use reqwest::{Method, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};

use crate::chat::{Failure, FailureKind, Progress};
use crate::config::Network;
use crate::phrase::tr;
use crate::wire::{self, Auth, Dialect, WireRequest};

pub mod credentials;
mod fault;
#[cfg(not(feature = "keyring"))]
#[path = "net/no_keyring.rs"]
mod keyring;
#[cfg(feature = "keyring")]
mod keyring;
mod once;
mod reply;
mod retry;
mod route;
pub mod secret;

pub use credentials::Credentials;
pub use route::{Proxies, shown as shown_proxy};
pub use secret::Keys;
use secret::Source;

/// How much of an error's body is read.
const MAX_ERROR_BYTES: usize = 64 * 1024;
/// How long the body of an error may take.
const ERROR_BODY: Duration = Duration::from_secs(10);

/// Whoever replies to requests: the network, or a test in its place.
pub trait Provider {
    /// Sends a request. Nothing happens until the stream is polled; dropping it ends everything.
    ///
    /// After an error there are no more items. What came before it stands.
    fn reply(&self, request: WireRequest) -> BoxStream<'static, Result<Progress, Failure>>;
}

/// The network client. Cheap to make and to clone; certificates are loaded when the first
/// `https` request needs them.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    network: Network,
    keys: Keys,
    routes: route::Routes,
}

impl fmt::Debug for Client {
    /// Shows no settings: the proxy's address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Provider for Client {
    fn reply(&self, request: WireRequest) -> BoxStream<'static, Result<Progress, Failure>> {
        reply::stream(self.clone(), request)
    }
}

impl Client {
    /// A client with these settings, keys and the environment's proxies.
    pub fn new(network: &Network, keys: Keys, proxies: Proxies) -> Self {
        Self {
            inner: Arc::new(Inner {
                network: network.clone(),
                keys,
                routes: route::Routes::new(proxies),
            }),
        }
    }

    /// Where each provider's key comes from.
    pub fn keys(&self) -> &Keys {
        &self.inner.keys
    }

    /// The HTTP client that reaches an address: through a proxy or not, as the settings say.
    ///
    /// # Errors
    ///
    /// When the address is none, or certificates can't be loaded.
    pub async fn reaching(&self, url: &str) -> Result<reqwest::Client, Failure> {
        let url = route::parse(url)?;
        let line = self.inner.routes.line(&url, &self.inner.network).await?;
        Ok(line.client)
    }

    fn idle_limit(&self) -> Duration {
        Duration::from_secs(self.inner.network.idle_timeout_seconds.max(1))
    }

    fn text_limit(&self) -> Duration {
        Duration::from_secs(self.inner.network.text_timeout_seconds.max(1))
    }

    /// Sends a request and reads the head of its answer. Only an answer of the 200s is returned.
    async fn open(&self, mut exchange: Exchange<'_>) -> Result<Opened, Failure> {
        let url = route::parse(exchange.url)?;
        let network = &self.inner.network;
        // Boxed: a rare and large future inside one that every reply holds.
        let key = self.inner.keys.key(exchange.provider).boxed().await?;
        let is_bare = url.scheme() == "http" && !route::is_loopback(&url);
        if key.is_some() && is_bare && !network.allow_plain_http {
            return Err(Failure::new(
                FailureKind::PlainHttp,
                tr!("{host} is another machine", host = route::host_of(&url)),
            ));
        }
        let line = self.inner.routes.line(&url, network).boxed().await?;
        let result = self
            .exchange(&mut exchange, &url, &line, key.as_ref())
            .await;
        match result {
            Ok(response) => Ok(Opened { response, key }),
            Err(failure) => {
                let failure = redacted(failure, key.as_ref());
                let failure = told_by_key(failure, key.as_ref(), &url);
                let source = self.inner.keys.source(exchange.provider);
                Err(named(failure, &source))
            }
        }
    }

    async fn exchange(
        &self,
        exchange: &mut Exchange<'_>,
        url: &Url,
        line: &route::Line,
        key: Option<&SecretString>,
    ) -> Result<Response, Failure> {
        let method = if exchange.body.is_some() {
            Method::POST
        } else {
            Method::GET
        };
        let mut request = line
            .client
            .request(method, url.clone())
            .headers(header_map(exchange, key)?);
        // Taken, not copied: a long history is megabytes.
        if let Some(body) = exchange.body.take() {
            request = request.body(body);
        }
        let limit = self.idle_limit();
        let mut response = tokio::time::timeout(limit, request.send())
            .await
            .map_err(|_elapsed| fault::silent(limit))?
            .map_err(|error| fault::from_sending(&error, url, line, &self.inner.network))?;
        let status = response.status();
        if status.is_success() {
            return check_encoding(response);
        }
        if status.is_redirection() {
            return Err(redirect(&response));
        }
        if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
            && let Some(proxy) = &line.proxy
        {
            let message = tr!("{proxy} wants other credentials", proxy);
            return Err(Failure {
                status: Some(status.as_u16()),
                ..Failure::new(FailureKind::Proxy, message)
            });
        }
        let headers: Vec<(String, String)> = response
            .headers()
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        let mut body = Vec::new();
        // What came within the limit is better than nothing.
        let reading = read_into(&mut body, &mut response, MAX_ERROR_BYTES);
        let _ = tokio::time::timeout(ERROR_BODY.min(limit), reading).await;
        Err(wire::failure(
            exchange.dialect,
            status.as_u16(),
            &headers,
            &body,
        ))
    }
}

/// The body of a request, as it is sent.
///
/// # Errors
///
/// Fails when it can't be written as JSON.
fn body_of(request: &WireRequest) -> Result<Vec<u8>, Failure> {
    // Not by way of `Display`: that is twice the work, for megabytes, before anything is sent.
    serde_json::to_vec(&request.body)
        .map_err(|error| Failure::new(FailureKind::Setup, error.to_string()))
}

/// One request, complete but for its key.
struct Exchange<'a> {
    provider: &'a str,
    dialect: Dialect,
    url: &'a str,
    auth: Auth,
    headers: &'a [(String, String)],
    /// To be posted; `None` = a GET.
    body: Option<Vec<u8>>,
}

/// An answer whose head was read.
struct Opened {
    response: Response,
    /// To be kept out of whatever fails later.
    key: Option<SecretString>,
}

fn header_map(exchange: &Exchange<'_>, key: Option<&SecretString>) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in exchange.headers {
        let name_of_header = HeaderName::from_bytes(name.as_bytes()).map_err(|error| {
            Failure::new(
                FailureKind::Setup,
                tr!("header “{name}”: {error}", name, error),
            )
        })?;
        let value = HeaderValue::from_str(value).map_err(|_invalid| {
            let message = tr!(
                "the value of header “{name}” holds a control character",
                name
            );
            Failure::new(FailureKind::Setup, message)
        })?;
        headers.insert(name_of_header, value);
    }
    // A compressed event stream is held back until its compressor's buffer is full.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(key) = key {
        let (name, value) = match exchange.auth {
            Auth::Bearer => (AUTHORIZATION, format!("Bearer {}", key.expose_secret())),
            Auth::XApiKey => (
                HeaderName::from_static("x-api-key"),
                key.expose_secret().to_owned(),
            ),
        };
        let mut value = HeaderValue::from_str(&value).map_err(|_invalid| {
            Failure::new(FailureKind::Setup, tr!("the API key is no valid header"))
        })?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Refuses what this program did not ask for and can't read: a compressed body.
fn check_encoding(response: Response) -> Result<Response, Failure> {
    let encoding = response
        .headers()
        .get(CONTENT_ENCODING)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    match encoding {
        Some(encoding) if !encoding.eq_ignore_ascii_case("identity") => Err(Failure {
            status: Some(response.status().as_u16()),
            ..Failure::new(FailureKind::Compressed, encoding)
        }),
        Some(_) | None => Ok(response),
    }
}

fn redirect(response: &Response) -> Failure {
    let status = response.status().as_u16();
    let target = response
        .headers()
        .get(LOCATION)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .and_then(|location| response.url().join(&location).ok());
    let message = match target {
        // Without user, password and query: those may be secrets.
        Some(target) if matches!(target.scheme(), "http" | "https") => format!(
            "to {}://{}{}",
            target.scheme(),
            route::host_of(&target),
            target.path()
        ),
        Some(target) => tr!("to a {scheme}: address", scheme = target.scheme()),
        None => tr!("without saying where to").to_owned(),
    };
    Failure {
        status: Some(status),
        ..Failure::new(FailureKind::Redirect, message)
    }
}

/// Reads until the limit, the end or an error. What came stays in `body`, also when dropped.
async fn read_into(body: &mut Vec<u8>, response: &mut Response, limit_bytes: usize) {
    while body.len() < limit_bytes {
        let Ok(Some(chunk)) = response.chunk().await else {
            return;
        };
        let room = limit_bytes - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
    }
}

/// What a refused key tells by its first letters: Tencent's plan keys are not known where
/// pay-as-you-go keys are.
fn told_by_key(mut failure: Failure, key: Option<&SecretString>, url: &Url) -> Failure {
    let is_plan_key = key.is_some_and(|key| key.expose_secret().starts_with("sk-tp-"));
    if failure.kind == FailureKind::BadKey && is_plan_key && !url.path().contains("/plan/") {
        failure.kind = FailureKind::PlanKey;
    }
    failure
}

/// The failure of a key with the name of where the key comes from.
fn named(mut failure: Failure, source: &Source) -> Failure {
    let is_of_the_key = matches!(failure.kind, FailureKind::BadKey | FailureKind::PlanKey);
    if is_of_the_key && *source != Source::NotNeeded {
        let message = failure.message.trim();
        failure.message = tr!("{message} (the key is that of {source})", message, source);
        failure.message = failure.message.trim().to_owned();
    }
    failure
}

/// The failure without the key in it, should the server have echoed it.
fn redacted(mut failure: Failure, key: Option<&SecretString>) -> Failure {
    let Some(key) = key else {
        return failure;
    };
    let key = key.expose_secret();
    let hide = |text: &mut String| {
        if text.contains(key) {
            *text = text.replace(key, "[key]");
        }
    };
    hide(&mut failure.message);
    failure.code.as_mut().map(hide);
    failure.request_id.as_mut().map(hide);
    if let crate::chat::Retry::NotBefore(time) = &mut failure.retry {
        hide(time);
    }
    failure
}
