//! A page that a web search found, and how it is referred to.

use super::safe;

/// A page that a web search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// The number that the answer cites it by, counted from 1.
    pub index: u32,
    /// The page's title.
    pub title: String,
    /// The page's address. Never fetched.
    pub url: String,
    /// The site's name, empty when unknown.
    pub site: String,
}

impl Source {
    /// The host that its address leads to, without a user's name or a port; empty when it leads to
    /// no page of the web.
    pub fn host(&self) -> &str {
        let rest = ["https://", "http://"]
            .iter()
            .find_map(|scheme| self.url.strip_prefix(scheme));
        let authority = rest.and_then(|rest| rest.split(['/', '?', '#', '\\']).next());
        let host = authority.and_then(|authority| authority.rsplit('@').next());
        let host = host.unwrap_or_default();
        match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        }
    }

    /// What a reader is told of it: title and host, on one line.
    pub fn label(&self) -> String {
        let title = safe::one_line(self.title.trim());
        let host = safe::one_line(self.host());
        match (title.is_empty(), host.is_empty()) {
            (true, true) => safe::one_line(&self.url),
            (true, false) => host,
            (false, true) => title,
            (false, false) => format!("{title} · {host}"),
        }
    }

    /// A line of Markdown that refers to it; nothing of the page's title means anything in it.
    fn markdown(&self) -> String {
        let mut label = String::new();
        for c in self.label().chars() {
            match c {
                // Behind a backslash these would begin a formula.
                '[' => label.push_str("&#91;"),
                ']' => label.push_str("&#93;"),
                '$' => label.push_str("&#36;"),
                '\\' | '`' | '*' | '_' | '<' | '&' | '~' | '^' | '|' | '!' => {
                    label.extend(['\\', c]);
                }
                c => label.push(c),
            }
        }
        let mut url = String::new();
        for c in self.url.chars() {
            match c {
                '<' => url.push_str("%3C"),
                '>' => url.push_str("%3E"),
                '\\' => url.push_str("%5C"),
                // In Markdown it could begin an entity, and so another address.
                '&' => url.push_str("&amp;"),
                c if c.is_whitespace() || c.is_control() => url.push_str("%20"),
                c => url.push(c),
            }
        }
        format!("[{}] [{label}](<{url}>)", self.index)
    }
}

/// The sources of an answer as Markdown, one a line; empty for none.
pub fn references(sources: &[Source]) -> String {
    let lines: Vec<String> = sources.iter().map(Source::markdown).collect();
    lines.join("\\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(title: &str, url: &str) -> Source {
        Source {
            index: 3,
            title: title.to_owned(),
            url: url.to_owned(),
            site: String::new(),
        }
    }

    #[test]
    fn a_host_is_where_the_address_leads() {
        for (url, host) in [
            ("https://a.b/c", "a.b"),
            ("http://bank.com@evil.org:80/x", "evil.org"),
            ("https://a.b?x", "a.b"),
            ("https://a.b\\@c", "a.b"),
            ("javascript:alert(1)", ""),
            ("", ""),
        ] {
            assert_eq!(source("", url).host(), host, "{url}");
        }
    }

    #[test]
    fn a_title_means_nothing_in_markdown() {
        let text = references(&[source("[x](http://y) *b* $1\n# h", "https://a.b/<c> d")]);
        assert_eq!(
            text,
            "[3] [&#91;x&#93;(http://y) \\*b\\* &#36;1 # h · a.b](<https://a.b/%3Cc%3E%20d>)"
        );
        assert_eq!(references(&[]), "");
    }
}
