//! Text from a model, a server, a file or a configuration, made safe to show.
//!
//! A terminal takes its orders from the same bytes as its text. Whatever did not come from this
//! program's own source passes through here before it reaches a cell, a window title, the
//! clipboard or a pipe. What is kept in memory and on disk stays as it came.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Makes `text` safe for a terminal: control characters become visible control pictures (`␛`),
/// a C1 control becomes the escape pair it stands for (`␛[`), bidirectional overrides and tag
/// characters, which can make text read differently from what it is, are dropped. Line feeds and
/// tabs stay; CR LF and the Unicode line separators become a line feed.
pub fn visible(text: &str) -> Cow<'_, str> {
    let Some((harmless, rest)) = text
        .char_indices()
        .find(|&(_, c)| !is_harmless(c))
        .and_then(|(at, _)| text.split_at_checked(at))
    else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(harmless);
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\u{2028}' | '\u{2029}' => out.push('\n'),
            c if is_harmless(c) => out.push(c),
            '\u{7f}' => out.push('␡'),
            '\0'..='\x1f' => out.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{80}'..='\u{9f}' => {
                out.push('␛');
                out.extend(char::from_u32(u32::from(c) - 0x40));
            }
            _ => {} // dropped: bidirectional controls, tags, annotation marks
        }
    }
    Cow::Owned(out)
}

/// [`visible`] text on one line: line feeds and tabs become single spaces.
pub fn one_line(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

/// JSON text in which every character that a reader could not see, or that could make text read
/// differently from what it is, is an escape: controls, bidirectional and zero-width characters,
/// unusual spaces, fillers, tags. It is still the same JSON, so what is shown is what is used.
pub fn plain_json(json: &str) -> String {
    escaped(json, is_plain)
}

/// JSON text in which every character that is not to stay is an escape.
fn escaped(json: &str, stays: fn(char) -> bool) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if stays(c) {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

fn is_plain(c: char) -> bool {
    is_harmless(c)
        && !matches!(c,
            // Spaces that are not the space, and the soft hyphen.
            '\u{a0}' | '\u{ad}' | '\u{1680}' | '\u{2000}'..='\u{200f}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
            // Joiners, invisible operators, fillers, shaping and musical controls.
            | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text as it was written, without control characters other than line feeds and tabs: what is
/// copied is the source, but pasted into a shell a control character would act. CR LF becomes a
/// line feed.
pub fn without_controls(text: &str) -> Cow<'_, str> {
    let acts = |c: char| c.is_control() && c != '\n' && c != '\t';
    if text.contains(acts) {
        Cow::Owned(text.replace(acts, ""))
    } else {
        Cow::Borrowed(text)
    }
}

fn is_harmless(c: char) -> bool {
    match c {
        '\n' | '\t' => true,
        '\0'..='\x1f' | '\u{7f}'..='\u{9f}' => false,
        // Line and paragraph separators, embeddings, overrides and isolates.
        '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        // A byte order mark in the middle of text, interlinear annotations, tags.
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => false,
        _ => true,
    }
}

/// A value as JSON text that is safe on a terminal too: JSON escapes C0 controls by itself, but not
/// DEL, C1 and the characters that change the order of text.
pub fn json(value: &serde_json::Value) -> String {
    escaped(&value.to_string(), is_harmless)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_shown_and_never_emitted() {
        assert_eq!(visible("a\x1b[31mb"), "a␛[31mb");
        assert_eq!(visible("\u{9b}31m"), "␛[31m");
        assert_eq!(visible("\0\x07\x08\x7f"), "␀␇␈␡");
        assert_eq!(visible("10%\r99%"), "10%␍99%");
    }

    #[test]
    fn line_ends_and_tabs_stay() {
        assert_eq!(visible("a\r\nb\tc\n"), "a\nb\tc\n");
        assert_eq!(visible("a\u{2028}b"), "a\nb");
        assert_eq!(one_line("a\r\nb\tc"), "a b c");
    }

    #[test]
    fn text_that_lies_about_its_order_is_set_straight() {
        assert_eq!(visible("a\u{202e}b\u{2066}c\u{e0041}d"), "abcd");
        assert_eq!(visible("שלום مرحبا"), "שלום مرحبا");
    }

    #[test]
    fn harmless_text_is_not_copied() {
        assert!(matches!(visible("héllo 你好 👨‍👩‍👧"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_shows_what_could_not_be_seen_and_stays_the_same_json() {
        let json = "{\"a\u{202e}\": \"x\u{200b}y\u{9b}z\u{a0}\u{e0041}\", \"b\": \"你好 é 👍\"}";
        let plain = plain_json(json);
        let escapes = [r"\u202e", r"\u200b", r"\u009b", r"\u00a0", r"\udb40\udc41"];
        assert!(
            escapes.iter().all(|escape| plain.contains(escape)),
            "{plain}"
        );
        assert!(plain.contains("你好 é 👍"), "{plain}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&plain), read(json));
    }

    #[test]
    fn copied_text_is_the_source_without_what_would_act() {
        assert_eq!(without_controls("a\x1b[31m\r\n\tb\u{9b}"), "a[31m\n\tb");
        let source = "שלום\u{200f} 👨‍👩‍👧\u{2028}e\u{301}";
        assert_eq!(without_controls(source), source);
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_acts_on_a_terminal_is_left(text in "\\PC*|.*") {
            let shown = visible(&text);
            let acts = |c: char| c.is_control() && c != '\n' && c != '\t';
            proptest::prop_assert!(!shown.chars().any(acts));
            proptest::prop_assert_eq!(visible(&shown), &*shown);
        }
    }
}
