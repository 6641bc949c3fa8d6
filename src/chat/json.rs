//! An answer that is to be JSON: laid out for reading while it comes, and where it stops being JSON.
//!
//! The layout is the text of a block of code, so whoever shows, finds or selects in it needs not
//! know of JSON. Invariants: it only grows while the answer does, and nothing of the answer is
//! left out, added or moved but white space between tokens. What does not even begin like JSON
//! stays as it came.

use std::fmt;

use serde_json::Value;

use super::Text;
use crate::phrase::tr;

/// Opens the block of code; longer than any fence that an answer writes.
const FENCE: &str = "````````json\n";
/// Further in, lines are indented no more: brackets without end would make text without end.
const MOST_INDENTS: usize = 24;
const INDENT: &str = "  ";
/// How much is quoted of the text at a fault.
const QUOTED_CHARS: usize = 16;

/// An answer laid out for reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JsonView {
    shown: Text,
    layout: Layout,
    /// How much of the answer was read, and in which of its epochs.
    read_bytes: usize,
    epoch: u32,
    /// The fault of the complete answer, and the byte of what is shown that it is at.
    fault: Option<(JsonFault, usize)>,
}

impl JsonView {
    /// Takes in what was added to the answer.
    pub fn read_on(&mut self, answer: &Text) {
        let text = answer.as_str();
        if self.epoch != answer.epoch() || text.len() < self.read_bytes {
            self.layout = Layout::default();
            self.shown.replace(String::new());
            self.read_bytes = 0;
            self.epoch = answer.epoch();
        }
        if let Some(more) = text.get(self.read_bytes..) {
            let mut grown = String::new();
            self.layout.push(more, &mut grown);
            self.shown.append(0, "", &grown);
            self.read_bytes = text.len();
        }
    }

    /// Looks for a fault in the answer, which is complete and is to be JSON from the byte `start`.
    pub fn find_fault(&mut self, answer: &str, start: usize) {
        let json = answer.get(start..).unwrap_or_default();
        self.fault = JsonFault::of(json).map(|fault| {
            let at = place(answer, start + fault.offset);
            (fault, at)
        });
    }

    /// The answer as it is to be shown.
    pub fn shown(&self) -> &Text {
        &self.shown
    }

    /// The fault of a complete answer, and the byte of what is shown that it is at.
    pub fn fault(&self) -> Option<&(JsonFault, usize)> {
        self.fault.as_ref()
    }
}

/// The byte of what is shown for one of the answer.
fn place(answer: &str, offset: usize) -> usize {
    let mut layout = Layout::default();
    let mut shown = String::new();
    let (before, after) = answer.split_at_checked(offset).unwrap_or((answer, ""));
    layout.push(before, &mut shown);
    let upto = shown.len();
    layout.push(after.get(..1).unwrap_or_default(), &mut shown);
    // Past the end, it is the last character that something is missing after.
    let last = if shown.len() > upto { &shown } else { before };
    let cols = last.chars().next_back().map_or(0, char::len_utf8);
    shown.len().saturating_sub(cols)
}

/// How far a layout has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Layout {
    sort: Sort,
    /// How many brackets are open.
    depth: usize,
    last: Last,
    quote: Quote,
}

/// What the last token was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Other,
    /// An opening bracket: a line ends before the next token, unless that closes it.
    Opened,
    /// A comma: a line ends before the next token.
    Comma,
}

/// Whether a string is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Quote {
    #[default]
    Closed,
    Open,
    /// It is, and the next character stands for itself.
    Escaped,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Sort {
    /// Only white space came.
    #[default]
    Unknown,
    Json,
    /// Nothing to lay out.
    Other,
}

impl Layout {
    fn push(&mut self, text: &str, out: &mut String) {
        for c in text.chars() {
            if self.sort == Sort::Unknown && !c.is_whitespace() {
                self.sort = match c {
                    '{' | '[' => Sort::Json,
                    _ => Sort::Other,
                };
                if self.sort == Sort::Json {
                    out.push_str(FENCE);
                }
            }
            match self.sort {
                Sort::Unknown => {}
                Sort::Other => out.push(c),
                Sort::Json if self.quote != Quote::Closed => self.push_in_string(c, out),
                Sort::Json => self.push_token(c, out),
            }
        }
    }

    fn push_in_string(&mut self, c: char, out: &mut String) {
        out.push(c);
        self.quote = match (self.quote, c) {
            (Quote::Open, '"') => Quote::Closed,
            (Quote::Open, '\\') => Quote::Escaped,
            _ => Quote::Open,
        };
    }

    fn push_token(&mut self, c: char, out: &mut String) {
        if c.is_whitespace() {
            // After the value, where nothing should come, it stays as it came.
            if self.depth == 0 {
                out.push(c);
            }
            return;
        }
        let closes = matches!(c, '}' | ']') && self.depth > 0;
        if closes {
            self.depth -= 1;
        }
        let breaks = if closes {
            self.last != Last::Opened
        } else {
            self.last != Last::Other
        };
        if breaks {
            out.push('\n');
            out.push_str(&INDENT.repeat(self.depth.min(MOST_INDENTS)));
        }
        out.push(c);
        let opens = matches!(c, '{' | '[');
        self.depth += usize::from(opens);
        self.last = match c {
            _ if opens => Last::Opened,
            ',' if self.depth > 0 => Last::Comma,
            _ => Last::Other,
        };
        if c == '"' {
            self.quote = Quote::Open;
        }
        if c == ':' {
            out.push(' ');
        }
    }
}

/// Where a text stops being JSON, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonFault {
    /// The byte of the text at which it does.
    pub offset: usize,
    /// What is wrong there.
    pub what: String,
    /// What stands there, for a reader to find it; empty at the end.
    pub there: String,
}

impl JsonFault {
    /// Looks for the first fault of a text; `None` when it is one JSON value.
    pub fn of(text: &str) -> Option<Self> {
        let error = serde_json::from_str::<Value>(text).err()?;
        let (line, column) = (error.line().max(1), error.column());
        let lines = text.split_inclusive('\n').take(line - 1);
        let start: usize = lines.map(str::len).sum();
        // Columns are counted in bytes, up to and with the one that is wrong.
        let mut offset = start + column.saturating_sub(1);
        if error.is_eof() {
            offset = text.len();
        }
        offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let told = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let what = match told.strip_suffix(&place).unwrap_or(&told) {
            _ if error.is_eof() => tr!("it ends too early").to_owned(),
            what => what.to_owned(),
        };
        let rest = text.get(offset..).unwrap_or_default();
        let there = rest.chars().take(QUOTED_CHARS).collect();
        Some(Self {
            offset,
            what,
            there,
        })
    }
}

impl fmt::Display for JsonFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.there.trim().is_empty() {
            return f.write_str(&self.what);
        }
        let there = self.there.trim_end();
        f.write_str(&tr!("{what} at “{there}”", what = self.what, there))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn laid_out(text: &str) -> String {
        let mut view = JsonView::default();
        view.read_on(&Text::from(text.to_owned()));
        let shown = view.shown().as_str();
        shown.strip_prefix(FENCE).unwrap_or(shown).to_owned()
    }

    #[test]
    fn json_is_laid_out_as_it_comes() {
        let whole = r#"{"a":1,"b":[true,{}, []],"c":"x, {y}\" z","d":{"e":null}}"#;
        let lines = "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    {},\n    []\n  ],\n  \"c\": \"x, {y}\\\" z\",\n  \"d\": {\n    \"e\": null\n  }\n}";
        assert_eq!(laid_out(whole), lines);
        assert_eq!(laid_out("{\"a\":[1,"), "{\n  \"a\": [\n    1,");
        assert_eq!(laid_out("  \n "), "");
        assert_eq!(laid_out("Sure! {}"), "Sure! {}");
        assert_eq!(laid_out("{} and  more"), "{} and  more");
    }

    #[test]
    fn the_first_fault_is_told_with_its_place() {
        assert_eq!(JsonFault::of(" {\"a\": [1, 2.5e3, null]} \n"), None);
        let at = |text: &str| {
            let fault = JsonFault::of(text).unwrap();
            text.get(fault.offset..).unwrap().to_owned()
        };
        assert_eq!(at("{\"a\": 1,}"), "}");
        assert_eq!(at("{\n \"a\": ü}"), "ü}");
        assert_eq!(at("Sure! {}"), "Sure! {}");
        assert_eq!(at("{} and more"), "and more");
        let cut = JsonFault::of("{\"a\": [1,\n2").unwrap();
        assert_eq!(
            (cut.offset, cut.to_string()),
            (11, "it ends too early".to_owned())
        );
        let fault = JsonFault::of("{\"a\": 1 \"b\": 2, \"c\": 3}").unwrap();
        assert_eq!(
            fault.to_string(),
            "expected `,` or `}` at “\"b\": 2, \"c\": 3}”"
        );
        assert!(JsonFault::of("").is_some());
    }

    #[test]
    fn a_fault_is_found_again_where_it_is_shown() {
        for (answer, shown) in [
            ("{\"a\":1,}", "}"),
            ("{\"a\": 1 \"b\": 2}", "\"b\": 2\n}"),
            ("{\"a\":[1,2", "2"),
            ("{\"ü\":\"é", "é"),
            ("No JSON.", "No JSON."),
        ] {
            let mut view = JsonView::default();
            view.read_on(&Text::from(answer.to_owned()));
            view.find_fault(answer, 0);
            let (_, at) = view.fault().unwrap();
            assert_eq!(view.shown().as_str().get(*at..), Some(shown), "{answer}");
        }
    }

    proptest! {
        #[test]
        fn any_split_of_an_answer_is_laid_out_the_same_and_only_grows(
            text in r#"[\[\]{},:"\\a0 \né-]{0,40}"#, at in 0..40_usize,
        ) {
            let mut at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            let mut answer = Text::default();
            let mut view = JsonView::default();
            answer.append(0, "", text.get(..at).unwrap());
            view.read_on(&answer);
            let before = view.shown().as_str().to_owned();
            answer.append(0, "", text.get(at..).unwrap());
            view.read_on(&answer);
            prop_assert!(view.shown().as_str().starts_with(&before));
            prop_assert_eq!(view.shown().epoch(), 0);
            prop_assert_eq!(view.shown().as_str().trim_start_matches(FENCE), laid_out(&text));
        }

        #[test]
        fn what_is_laid_out_is_what_came(text in r#"[\[{][\[\]{},:"\\a0 \né-]{0,40}"#) {
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(bare(&laid_out(&text)), bare(&text));
        }
    }
}
