//! Where links lead: which addresses may be opened by a click, and how they are written so that
//! a terminal can be told.
//!
//! Owns [`Link`] and the addresses that stand bare in prose. What is not safe to open is still
//! shown; it is only no link.

use std::ops::Range;

/// A longer address is no link: terminals keep no more of it (the convention that VTE set).
const MAX_BYTES: usize = 2083;

/// An address that may be opened, and the place in the text where it is linked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Link {
    /// The address: printable ASCII without spaces, everything else percent-encoded.
    url: String,
    /// Where the link begins in its text: two links to one address are two links.
    at: usize,
}

impl Link {
    /// Makes a link to `target` at the byte `at` of its text. `None` when it leads to anything but
    /// the web or a mailbox: a click must not start programs or open files.
    pub(super) fn to(target: &str, at: usize) -> Option<Self> {
        let (scheme, rest) = target.split_once(':')?;
        let scheme = scheme.to_ascii_lowercase();
        let allowed = match scheme.as_str() {
            // A name in other letters than ASCII may be one that only looks familiar.
            "http" | "https" => rest.strip_prefix("//").is_some_and(|rest| {
                let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
                host.starts_with(|c: char| c.is_alphanumeric() || c == '[')
                    && host
                        .bytes()
                        .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
            }),
            // With more than an address, a message could be given attachments.
            "mailto" => rest.contains('@') && !rest.contains(['?', '&']),
            _ => false,
        };
        if !allowed || target.len() > MAX_BYTES {
            return None;
        }
        let mut url = format!("{scheme}:");
        for byte in rest.bytes() {
            match byte {
                b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => {
                    url.push_str(&escaped(byte));
                }
                0x21..=0x7e => url.push(char::from(byte)),
                _ => url.push_str(&escaped(byte)),
            }
        }
        (url.len() <= MAX_BYTES).then_some(Self { url, at })
    }

    /// The address as a terminal may be given it: printable ASCII, at most 2,083 bytes.
    pub fn url(&self) -> &str {
        &self.url
    }
}

fn escaped(byte: u8) -> String {
    format!("%{byte:02X}")
}

/// Tells whether a text that ends like this may be in the middle of a bare address.
pub(super) fn may_go_on(text: &str) -> bool {
    let word = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    word.contains("://")
}

/// Finds the addresses that stand bare in `text`.
pub(super) fn bare(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (colon, _) in text.match_indices("://") {
        let before = text.get(..colon).unwrap_or_default();
        let Some(scheme) = ["https", "http"].into_iter().find(|s| before.ends_with(s)) else {
            continue;
        };
        let start = colon - scheme.len();
        let lead = before
            .get(..start)
            .and_then(|lead| lead.chars().next_back());
        let in_word = lead.is_some_and(|c| c.is_ascii_alphanumeric());
        if in_word || found.last().is_some_and(|last| last.end > start) {
            continue;
        }
        let host = colon + "://".len();
        let rest = text.get(host..).unwrap_or_default();
        let end = rest.find(ends).unwrap_or(rest.len());
        let len = trimmed(rest.get(..end).unwrap_or_default()).len();
        if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[') && len > 0 {
            found.push(start..host + len);
        }
    }
    found
}

/// Tells whether an address in prose ends before this character. Chinese goes on behind one
/// without a space.
fn ends(c: char) -> bool {
    match c {
        '<' | '>' | '"' | '`' | '|' | '\\' | '^' | '{' | '}' => true,
        c if c.is_ascii() => c.is_ascii_whitespace() || c.is_ascii_control(),
        c => super::width::is_cjk(c) || !c.is_alphanumeric(),
    }
}

/// Takes away what belongs to the sentence rather than to the address at its end.
fn trimmed(mut url: &str) -> &str {
    loop {
        let shorter = url.trim_end_matches(['.', ',', ':', ';', '!', '?', '\'', '*', '_', '~']);
        let pair = match shorter.chars().next_back() {
            Some(')') => Some(('(', ')')),
            Some(']') => Some(('[', ']')),
            _ => None,
        };
        let unpaired = pair.is_some_and(|(open, close)| {
            shorter.matches(open).count() < shorter.matches(close).count()
        });
        let shorter = if unpaired {
            shorter.get(..shorter.len() - 1).unwrap_or_default()
        } else {
            shorter
        };
        if shorter.len() == url.len() {
            return url;
        }
        url = shorter;
    }
}

/// Tells whether `text` says where `url` leads, so that it need not be said again.
pub(super) fn tells(text: &str, url: &str) -> bool {
    let bare = |url: &str| {
        let url = url.strip_prefix("mailto:").unwrap_or(url);
        let url = url.strip_prefix("https://").unwrap_or(url);
        url.strip_suffix('/').unwrap_or(url).to_owned()
    };
    bare(text) == bare(url) || ends_with_host(text, url)
}

/// Tells whether `text` ends with the host of `url` as sources are written: `Title · example.com`.
fn ends_with_host(text: &str, url: &str) -> bool {
    let Some((_, last)) = text.rsplit_once(" · ") else {
        return false;
    };
    let rest = url.strip_prefix("https://");
    let rest = rest.or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#', ':']).next());
    host.is_some_and(|host| !host.is_empty() && host == last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(target: &str) -> Option<String> {
        Link::to(target, 0).map(|link| link.url)
    }

    #[test]
    fn only_the_web_and_mailboxes_can_be_opened() {
        for target in ["http://a.b/c?d#e", "https://[::1]:80/", "mailto:a@b.c"] {
            assert_eq!(url(target).as_deref(), Some(target));
        }
        for target in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "data:text/html,x",
            "ssh://host",
            "vscode://x",
            "mailto:a@b.c?attach=/etc/passwd",
            "/relative",
            "http:/one.slash",
            "https://",
            "https://аpple.com/",
            "https://a\\b/",
            "",
        ] {
            assert_eq!(url(target), None, "{target}");
        }
    }

    #[test]
    fn an_address_holds_nothing_that_acts_on_a_terminal() {
        assert_eq!(
            url("https://a/\u{1b}\\é 中\u{7}\u{9c}").as_deref(),
            Some("https://a/%1B%5C%C3%A9%20%E4%B8%AD%07%C2%9C")
        );
        assert_eq!(url(&format!("https://a/{}", "x".repeat(2083))), None);
        assert_eq!(url(&format!("https://a/{}", "é".repeat(500))), None);
    }

    #[test]
    fn bare_addresses_end_where_the_sentence_goes_on() {
        for (text, found) in [
            ("see https://a.b/c. Then", &["https://a.b/c"][..]),
            ("(http://a.b/c_(d))", &["http://a.b/c_(d)"]),
            ("请看https://a.b/c，谢谢", &["https://a.b/c"]),
            ("https://a.b中文", &["https://a.b"]),
            ("xhttps://a.b http:// https://.", &[]),
            ("<https://a>, \"http://b\"!", &["https://a", "http://b"]),
            ("https://x.y/?u=https://z", &["https://x.y/?u=https://z"]),
            ("https://de.example/Köln?", &["https://de.example/Köln"]),
            ("http://localhost:80/*", &["http://localhost:80/"]),
        ] {
            let ranges = bare(text);
            let urls: Vec<_> = ranges.into_iter().filter_map(|at| text.get(at)).collect();
            assert_eq!(urls, found, "{text}");
        }
    }

    #[test]
    fn a_lying_text_tells_nothing() {
        assert!(tells("https://a.b", "https://a.b/"));
        assert!(tells("a.b/c", "https://a.b/c"));
        assert!(tells("a@b.c", "mailto:a@b.c"));
        assert!(tells("A title · a.b", "https://a.b/c?d"));
        assert!(!tells("A title · a.b", "https://a.b.evil/c"));
        assert!(!tells("A title · a.b", "https://a.b@evil/c"));
        assert!(!tells("A title a.b", "https://a.b/c"));
        assert!(!tells("https://a.b", "http://evil"));
        assert!(!tells("https://a.b", "http://a.b"));
    }
}
