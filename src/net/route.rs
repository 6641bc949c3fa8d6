//! Which way a request takes: directly or through a proxy, with or without certificates.
//!
//! Owns the HTTP clients, one for each kind of way, each made when it is first needed. Invariant:
//! loopback addresses are never reached through a proxy.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::{Certificate, Url, redirect};
use tokio::sync::OnceCell;

use crate::chat::{Failure, FailureKind};
use crate::config::Network;
use crate::phrase::{self, tr};

/// How long an idle connection is kept for the next request.
const KEPT_ALIVE: Duration = Duration::from_secs(60);

/// The proxies that the environment names.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    http: Option<String>,
    https: Option<String>,
    all: Option<String>,
    /// Hosts that are reached directly.
    except: String,
}

impl Proxies {
    /// Takes them from the environment, by the names that curl made common; lower case counts
    /// first. `lookup` returns a variable's value.
    pub fn from_environment(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let find = |name: &str| {
            lookup(name)
                .or_else(|| lookup(&name.to_uppercase()))
                .filter(|value| !value.trim().is_empty())
        };
        Self {
            http: find("http_proxy"),
            https: find("https_proxy"),
            all: find("all_proxy"),
            except: find("no_proxy").unwrap_or_default(),
        }
    }

    /// What is set, for a person to read: variables and addresses without users and passwords.
    pub fn shown(&self) -> Vec<String> {
        let named = [
            ("http_proxy", &self.http),
            ("https_proxy", &self.https),
            ("all_proxy", &self.all),
        ];
        let mut shown: Vec<String> = named
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} = {}", shown(value.as_deref()?))))
            .collect();
        if !self.except.is_empty() {
            shown.push(format!("no_proxy = {}", self.except));
        }
        shown
    }

    fn proxy_for(&self, url: &Url) -> Option<&str> {
        let own = if url.scheme() == "https" {
            &self.https
        } else {
            &self.http
        };
        let proxy = own.as_deref().or(self.all.as_deref())?;
        let host = bare_host(url);
        let is_excepted = self
            .except
            .split([',', ' '])
            .any(|rule| matches_rule(&host, rule.trim()));
        (!is_excepted).then_some(proxy)
    }
}

impl fmt::Debug for Proxies {
    /// Shows no addresses: they may hold passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies")
            .field("http", &self.http.is_some())
            .field("https", &self.https.is_some())
            .field("all", &self.all.is_some())
            .field("except", &self.except)
            .finish()
    }
}

/// A way to a host.
pub(super) struct Line {
    /// The client to send with.
    pub(super) client: reqwest::Client,
    /// The proxy in between, without its credentials.
    pub(super) proxy: Option<String>,
}

/// All ways.
#[derive(Debug)]
pub(super) struct Routes {
    proxies: Proxies,
    direct_plain: OnceCell<reqwest::Client>,
    direct_tls: OnceCell<reqwest::Client>,
    proxied_plain: OnceCell<reqwest::Client>,
    proxied_tls: OnceCell<reqwest::Client>,
}

impl Routes {
    pub(super) fn new(proxies: Proxies) -> Self {
        Self {
            proxies,
            direct_plain: OnceCell::new(),
            direct_tls: OnceCell::new(),
            proxied_plain: OnceCell::new(),
            proxied_tls: OnceCell::new(),
        }
    }

    /// The way to a URL's host.
    pub(super) async fn line(&self, url: &Url, network: &Network) -> Result<Line, Failure> {
        let proxy = self.proxy(url, network)?;
        let is_tls = url.scheme() == "https";
        let cell = match (&proxy, is_tls) {
            (None, false) => &self.direct_plain,
            (None, true) => &self.direct_tls,
            (Some(_), false) => &self.proxied_plain,
            (Some(_), true) => &self.proxied_tls,
        };
        let needs_roots = is_tls
            || proxy
                .as_ref()
                .is_some_and(|proxy| proxy.scheme() == "https");
        let shown = proxy.as_ref().map(shown_proxy);
        let client = cell
            .get_or_try_init(|| client(proxy, needs_roots, network.clone()))
            .await?
            .clone();
        Ok(Line {
            client,
            proxy: shown,
        })
    }

    fn proxy(&self, url: &Url, network: &Network) -> Result<Option<Url>, Failure> {
        if is_loopback(url) {
            return Ok(None);
        }
        let configured = network.proxy.trim();
        let (address, whose) = if configured.is_empty() {
            match self.proxies.proxy_for(url) {
                Some(address) => (address.trim(), tr!("the proxy of the environment")),
                None => return Ok(None),
            }
        } else {
            (configured, "network.proxy")
        };
        let with_scheme = if address.contains("://") {
            address.to_owned()
        } else {
            format!("http://{address}")
        };
        match Url::parse(&with_scheme) {
            Ok(proxy)
                if proxy.has_host()
                    && matches!(
                        proxy.scheme(),
                        "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h"
                    ) =>
            {
                Ok(Some(proxy))
            }
            // The address is not shown: it may hold a password.
            Ok(_) | Err(_) => Err(Failure::new(
                FailureKind::Proxy,
                tr!("{whose} is no http, https or socks5 address", whose),
            )),
        }
    }
}

/// Reads the address of a request.
pub(super) fn parse(url: &str) -> Result<Url, Failure> {
    let wrong = |why: String| Failure::new(FailureKind::Setup, tr!("base_url: {why}", why));
    let url = Url::parse(url).map_err(|error| wrong(format!("“{url}”: {error}")))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(wrong(tr!("“{other}:” is neither http: nor https:", other))),
    }
}

/// Tells whether a URL leads to this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = bare_host(url);
    let is_name = host == "localhost" || host.ends_with(".localhost");
    is_name
        || host
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Host and port as shown to a person: no user, no password, no path.
pub(super) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// A proxy's address for a person to read: without user and password.
pub fn shown(proxy: &str) -> String {
    // As curl does, an address without a scheme is one of HTTP.
    let with_scheme = if proxy.contains("://") {
        proxy.to_owned()
    } else {
        format!("http://{proxy}")
    };
    Url::parse(&with_scheme)
        .map_or_else(|_| tr!("(no address)").to_owned(), |url| shown_proxy(&url))
}

fn shown_proxy(proxy: &Url) -> String {
    format!("{}://{}", proxy.scheme(), host_of(proxy))
}

/// The host in lower case, an IPv6 address without its brackets.
fn bare_host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    host.trim_start_matches('[')
        .trim_end_matches([']', '.'])
        .to_ascii_lowercase()
}

/// Tells whether a host is meant by a rule of `no_proxy`: `*`, a domain and all below it, an
/// address, or a network such as `10.0.0.0/8`.
fn matches_rule(host: &str, rule: &str) -> bool {
    let rule = rule.trim_start_matches("*.").trim_start_matches('.');
    if rule.is_empty() {
        return false;
    }
    if rule == "*" {
        return true;
    }
    if let Ok(ip) = host.parse::<IpAddr>() {
        return match rule.split_once('/') {
            Some((network, bits)) => match (network.parse(), bits.parse()) {
                (Ok(network), Ok(bits)) => is_in_network(ip, network, bits),
                _ => false,
            },
            None => rule.parse() == Ok(ip),
        };
    }
    let rule = rule.to_ascii_lowercase();
    host.strip_suffix(rule.as_str())
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn is_in_network(ip: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            let mask = u32::MAX
                .checked_shl(32_u32.saturating_sub(bits))
                .unwrap_or(0);
            ip.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => {
            let mask = u128::MAX
                .checked_shl(128_u32.saturating_sub(bits))
                .unwrap_or(0);
            ip.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

async fn client(
    proxy: Option<Url>,
    needs_roots: bool,
    network: Network,
) -> Result<reqwest::Client, Failure> {
    if !needs_roots {
        return build(proxy, needs_roots, &network);
    }
    // Reading the system's certificates takes tens of milliseconds, which the screen would miss.
    let building = move || build(proxy, needs_roots, &network);
    tokio::task::spawn_blocking(building)
        .await
        .unwrap_or_else(|error| Err(Failure::new(FailureKind::Setup, error.to_string())))
}

fn build(
    proxy: Option<Url>,
    needs_roots: bool,
    network: &Network,
) -> Result<reqwest::Client, Failure> {
    // Fails when it is done already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("mmchat/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .pool_idle_timeout(KEPT_ALIVE)
        .connect_timeout(Duration::from_secs(network.connect_timeout_seconds.max(1)))
        // The environment was read by `cli`; what applies is in `proxy`.
        .no_proxy();
    if let Some(proxy) = proxy {
        let proxy = reqwest::Proxy::all(proxy).map_err(|_hides_it| {
            Failure::new(FailureKind::Proxy, tr!("the proxy's address can't be used"))
        })?;
        builder = builder.proxy(proxy);
    }
    if needs_roots {
        builder = builder.tls_certs_merge(extra_roots(&network.ca_file)?);
    } else {
        // A machine without any certificates can still reach a local engine.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| {
        let why = super::fault::innermost(&error);
        let hint = if why.contains("CA certificates") {
            tr!("; install ca-certificates, or set SSL_CERT_FILE")
        } else {
            ""
        };
        Failure::new(FailureKind::Setup, format!("{why}{hint}"))
    })
}

fn extra_roots(ca_file: &str) -> Result<Vec<Certificate>, Failure> {
    if ca_file.trim().is_empty() {
        return Ok(Vec::new());
    }
    let wrong = |why: String| {
        Failure::new(
            FailureKind::Setup,
            tr!("network.ca_file “{ca_file}”: {why}", ca_file, why),
        )
    };
    let pem = std::fs::read(ca_file).map_err(|error| wrong(phrase::system(&error)))?;
    let certificates = Certificate::from_pem_bundle(&pem)
        .map_err(|error| wrong(super::fault::innermost(&error)))?;
    if certificates.is_empty() {
        return Err(wrong(tr!("it holds no certificate in PEM form").to_owned()));
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(url: &str) -> Url {
        Url::parse(url).unwrap()
    }

    fn environment(pairs: &[(&str, &str)]) -> Proxies {
        Proxies::from_environment(|name| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn this_machine_is_known_by_all_its_names() {
        for here in [
            "http://localhost:1/v1",
            "http://LOCALHOST/",
            "http://a.localhost/",
            "http://127.0.0.1/",
            "http://127.9.9.9/",
            "http://[::1]:80/",
            "http://[::ffff:127.0.0.1]/",
        ] {
            assert!(is_loopback(&url(here)), "{here}");
        }
        for elsewhere in [
            "http://localhost.example/",
            "http://10.0.0.1/",
            "http://127.0.0.1.example/",
            "http://[::2]/",
        ] {
            assert!(!is_loopback(&url(elsewhere)), "{elsewhere}");
        }
    }

    #[test]
    fn loopback_never_goes_through_a_proxy() {
        let routes = Routes::new(environment(&[("ALL_PROXY", "http://proxy.example")]));
        let network = Network {
            proxy: "http://proxy.example".to_owned(),
            ..Network::default()
        };
        let proxy = |to: &str| routes.proxy(&url(to), &network).unwrap();
        assert_eq!(proxy("http://127.0.0.1:9/"), None);
        assert_eq!(proxy("https://localhost/"), None);
        assert!(proxy("https://api.example/").is_some());
    }

    #[test]
    fn the_environments_proxies_are_chosen_by_scheme_and_exception() {
        let proxies = environment(&[
            ("HTTP_PROXY", "http://plain.example"),
            ("https_proxy", "http://secure.example"),
            ("NO_PROXY", ".internal, api.example 10.0.0.0/8"),
        ]);
        let proxy = |to: &str| proxies.proxy_for(&url(to));
        assert_eq!(proxy("http://a.example/"), Some("http://plain.example"));
        assert_eq!(proxy("https://a.example/"), Some("http://secure.example"));
        for direct in [
            "https://x.internal/",
            "https://internal/",
            "https://v1.api.example/",
            "http://10.200.3.4/",
        ] {
            assert_eq!(proxy(direct), None, "{direct}");
        }
        assert!(proxy("https://notapi.example/").is_some());
        assert!(proxy("http://11.0.0.1/").is_some());
        assert_eq!(environment(&[]).proxy_for(&url("http://a.example/")), None);
    }

    #[test]
    fn a_proxys_password_is_never_shown() {
        // RELIABILITY 51
        let secret = "http://user:hunter2@proxy.example:3128";
        assert_eq!(shown_proxy(&url(secret)), "http://proxy.example:3128");
        let proxies = environment(&[("all_proxy", secret)]);
        assert!(!format!("{proxies:?}").contains("hunter2"));
        let network = Network {
            proxy: "ftp://user:hunter2@proxy.example".to_owned(),
            ..Network::default()
        };
        let routes = Routes::new(Proxies::default());
        let failure = routes
            .proxy(&url("https://a.example/"), &network)
            .unwrap_err();
        assert_eq!(failure.kind, FailureKind::Proxy);
        assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
    }

    #[test]
    fn addresses_that_are_none_are_refused_in_words() {
        for wrong in [
            "",
            "api.example/v1",
            "ftp://a.example/",
            "file:///etc/passwd",
            "http://",
        ] {
            let failure = parse(wrong).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Setup);
            assert!(failure.message.starts_with("base_url: "), "{failure:?}");
        }
    }

    #[tokio::test]
    async fn a_ca_file_that_can_not_be_used_is_named() {
        // RELIABILITY 49
        let dir = tempfile::tempdir().unwrap();
        let junk = dir.path().join("junk.pem");
        std::fs::write(&junk, "no certificate").unwrap();
        for file in [junk.display().to_string(), "/no/such/file".to_owned()] {
            let network = Network {
                ca_file: file.clone(),
                ..Network::default()
            };
            let routes = Routes::new(Proxies::default());
            let line = routes.line(&url("https://a.example/"), &network).await;
            let Err(failure) = line else {
                panic!("{file} was accepted");
            };
            assert_eq!(failure.kind, FailureKind::Setup);
            assert!(failure.message.contains(&file), "{failure:?}");
        }
    }
}
