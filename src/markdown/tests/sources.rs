//! Which bytes a span stands for, and where links lead.

use super::*;

/// What each span shows beside the bytes that it stands for, decoration left out.
fn placed(text: &str, width: u16) -> Vec<(String, &str)> {
    let mut document = Document::new(Kind::Markdown);
    document.sync(text, 0, width, true);
    let rows = document.all_rows();
    let spans = rows.iter().flat_map(|row| &row.spans);
    let shown = spans.filter(|span| !span.source.is_empty());
    let pair = |span: &Span| (span.text.clone(), text.get(span.source.clone()).unwrap());
    shown.map(pair).collect()
}

#[test]
fn every_span_tells_its_source() {
    for (text, spans) in [
        (
            "- **a**\\* &amp; b\n  c",
            &[
                ("a", "a"),
                ("* ", "* "),
                ("&", "&amp;"),
                (" b ", " b\n"),
                ("c", "c"),
            ][..],
        ),
        (
            "[t](http://x \"y\") `` a`b `` $x^2$",
            &[
                ("t", "t"),
                (" (", "]("),
                ("http://x", "http://x"),
                (")", " \"y\")"),
                (" ", " "),
                ("a`b", "a`b"),
                (" ", " "),
                ("x²", "$x^2$"),
            ],
        ),
        (
            "> ```c\n> \tx\u{1b}\n> ```",
            &[("c", "c"), ("    ", "\t"), ("x", "x"), ("␛", "\u{1b}")],
        ),
        ("```c\nlong\n```", &[("c", "c"), ("long", "long")]),
        ("|h|\n|-|\n|a\\|b|", &[("h", "h"), ("a", "a"), ("|b", "|b")]),
        ("[r]: u", &[("[r]: ", "[r]: "), ("u", "u")]),
        ("e*\u{301}*", &[("e\u{301}", "e*\u{301}")]),
    ] {
        let shown = placed(text, 40);
        let shown: Vec<_> = shown.iter().map(|(a, b)| (a.as_str(), *b)).collect();
        assert_eq!(shown, spans, "{text}");
    }
    let words = "one two three";
    assert_eq!(
        placed(words, 7),
        [
            ("one two".to_owned(), "one two"),
            ("three".to_owned(), "three")
        ]
    );
}

/// What of a text leads somewhere, and where.
fn linked(text: &str, width: u16) -> Vec<(String, String)> {
    let mut document = Document::new(Kind::Markdown);
    document.sync(text, 0, width, true);
    let mut found: Vec<(String, String)> = Vec::new();
    for span in document.all_rows().iter().flat_map(|row| &row.spans) {
        let Some(link) = &span.link else { continue };
        match found.last_mut() {
            Some((text, url)) if url == link.url() => text.push_str(&span.text),
            _ => found.push((span.text.clone(), link.url().to_owned())),
        }
    }
    found
}

#[test]
fn links_and_bare_addresses_lead_where_they_say() {
    for (text, links) in [
        (
            "[**a**](http://x/é)",
            &[("a (http://x/é)", "http://x/%C3%A9")][..],
        ),
        (
            "<https://x/> <a@b.c>",
            &[("https://x/", "https://x/"), ("a@b.c", "mailto:a@b.c")],
        ),
        (
            "at https://x/a_b?c=1&d_e=2.",
            &[("https://x/a_b?c=1&d_e=2", "https://x/a_b?c=1&d_e=2")],
        ),
        (
            "![cat](http://x/y.png)",
            &[("[image: cat] (http://x/y.png)", "http://x/y.png")],
        ),
        (
            "[![cat](http://x/y.png)](http://z)",
            &[
                ("[image: cat]", "http://z"),
                (" (http://x/y.png)", "http://x/y.png"),
                (" (http://z)", "http://z"),
            ],
        ),
        ("| a |\n|---|\n| http://x |", &[("http://x", "http://x")]),
        ("[r]: http://z", &[("http://z", "http://z")]),
        (
            "`http://a` $http://b$ <i href=\"http://c\">",
            &[("http://c", "http://c")],
        ),
        ("```\nhttp://a\n```", &[]),
        ("[a](javascript:x) [b](/c)", &[]),
    ] {
        let found = linked(text, 60);
        let found: Vec<_> = found
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(found, links, "{text}");
    }
    assert_eq!(shown("[a.b/c](https://a.b/c)", 60), ["a.b/c"]);
    assert_eq!(shown("[https://a](http://a)", 60), ["https://a (http://a)"]);
}

#[test]
fn a_link_over_several_rows_stays_one_link() {
    let mut document = Document::new(Kind::Markdown);
    document.sync("[one two three](http://x)", 0, 9, true);
    let rows = document.all_rows();
    let spans = rows.iter().flat_map(|row| &row.spans);
    let links: Vec<_> = spans.filter_map(|span| span.link.clone()).collect();
    assert!(links.len() >= 3);
    assert!(links.iter().all(|link| *link == links[0]), "{links:?}");
    let twice = "[a](http://x) [a](http://x)";
    document.sync(twice, 1, 80, true);
    let links: Vec<_> = document.all_rows()[0]
        .spans
        .iter()
        .filter_map(|s| s.link.clone())
        .collect();
    assert_ne!(links.first(), links.last(), "two links to one place");
}

#[test]
fn a_half_written_link_leads_nowhere() {
    let mut document = Document::new(Kind::Markdown);
    document.sync("[text](http://exa", 0, 80, false);
    assert!(
        document.all_rows()[0]
            .spans
            .iter()
            .all(|span| span.link.is_none())
    );
}

#[test]
fn footnotes_are_numbers_with_a_block_of_their_own() {
    assert_eq!(
        shown(
            "So it is[^1], *they say*[^12].\n\n[^1]: A long note about it.\n[^12]: Short.\n\n    More.\n\nEnd",
            20
        ),
        [
            "So it is[1], they",
            "say[12].",
            "",
            "[1] A long note",
            "    about it.",
            "[12] Short.",
            "",
            "     More.",
            "",
            "End"
        ]
    );
    assert_eq!(
        shown("[^a-z] `[^1]` [^note]\n\n[^note]: named", 30),
        ["[^a-z] [^1] [^note]", "", "[^note] named"]
    );
    assert_eq!(placed("a[^1]b", 9)[1], ("[1]".to_owned(), "[^1]"));
    assert_eq!(moments("a[^1] b", 9), ["a", "a[", "a", "a[1]", "a[1] b"]);
    assert_eq!(
        moments("[^1]: ab", 9).last().map(String::as_str),
        Some("[1] ab")
    );
}

#[test]
fn an_address_in_angle_brackets_never_shows_them() {
    let moments = moments("at <https://a.b> x", 30);
    assert!(
        moments.iter().all(|moment| !moment.contains(['<', '>'])),
        "{moments:?}"
    );
    assert_eq!(moments.last().unwrap(), "at https://a.b x");
    assert_eq!(shown("a <b", 9), ["a <b"]);
}
