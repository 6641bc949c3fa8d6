//! Formulas: which text is one, and how it goes into the rows.
//!
//! Owns `\(…\)` and `\[…\]`, of which CommonMark would eat the backslashes: the parser is shown
//! the dollars that mean the same and take as many bytes; what the formula is comes from the
//! source.
//!
//! What a formula looks like is [`math`](super::super::math)'s. One that can't be shown, or is not
//! written to its end yet, is shown as it was typed.

use std::ops::Range;

use super::super::blocks::Join;
use super::super::flow::Origin;
use super::super::width::text_width;
use super::super::{Role, Style, math};
use super::{Leaf, Painter};

/// No formula is longer: what opens and is not closed by then is text.
const MAX_BYTES: usize = 4 * 1024;

/// Writes `\(…\)` and `\[…\]` as `$$…$$`; `None` when there is none.
pub(super) fn with_dollars(text: &str) -> Option<String> {
    if !text.contains("\\(") && !text.contains("\\[") {
        return None;
    }
    let mut shown = String::with_capacity(text.len());
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(['\\', '`'])) {
        at += found;
        let rest = text.get(at..).unwrap_or_default();
        if rest.starts_with('`') {
            at += code_len(rest);
            continue;
        }
        let Some(end) = bracketed(rest) else {
            at += 1 + rest.chars().nth(1).map_or(0, char::len_utf8);
            continue;
        };
        shown.push_str(text.get(copied..at).unwrap_or_default());
        shown.push_str("$$");
        shown.push_str(rest.get(2..end - 2).unwrap_or_default());
        shown.push_str("$$");
        at += end;
        copied = at;
    }
    if copied == 0 {
        return None;
    }
    shown.push_str(text.get(copied..).unwrap_or_default());
    Some(shown)
}

/// Finds the end of the formula that `text` begins with, if it begins with `\(` or `\[`.
fn bracketed(text: &str) -> Option<usize> {
    let close = match text.get(..2)? {
        "\\(" => ')',
        "\\[" => ']',
        _ => return None,
    };
    let mut before = ' ';
    let mut blank = false;
    let mut depth = 0_usize;
    for (at, c) in text.char_indices().skip(2) {
        if at > MAX_BYTES {
            return None;
        }
        let escaped = before == '\\';
        match c {
            // Another opener, a dollar, or an empty line: what came before was text.
            '(' | '[' if escaped => return None,
            '$' if !escaped && depth == 0 => return None,
            '\n' if blank => return None,
            c if escaped && c == close => {
                return (depth == 0).then_some(at + 1);
            }
            '{' if !escaped => depth += 1,
            '}' if !escaped => depth = depth.checked_sub(1)?,
            _ => {}
        }
        blank = c == '\n' || (blank && c.is_whitespace());
        before = if escaped { ' ' } else { c };
    }
    None
}

/// Measures the code that `text` begins with; its ticks alone when they are not closed.
fn code_len(text: &str) -> usize {
    let ticks = text.len() - text.trim_start_matches('`').len();
    let mut rest = text.get(ticks..).unwrap_or_default();
    while let Some(at) = rest.find('`') {
        rest = rest.get(at..).unwrap_or_default();
        let run = rest.len() - rest.trim_start_matches('`').len();
        rest = rest.get(run..).unwrap_or_default();
        if run == ticks {
            return text.len() - rest.len();
        }
    }
    ticks
}

impl Painter<'_> {
    /// Shows a formula: what is `inner`, without its delimiters, stands at `range` with them.
    pub(super) fn math(&mut self, inner: &str, range: Range<usize>) {
        let source = self.source(&range);
        let alone = source.starts_with("$$") || source.starts_with("\\[");
        let body = &self.slice.body;
        let repeated = matches!(self.slice.join, Join::Table { .. });
        let outside = range.end > body.end || (range.start < body.start && !repeated);
        if outside || self.is_price(&range) {
            return self.raw_math(range);
        }
        if alone && self.stands_alone(range.end) {
            return self.math_rows(inner, range);
        }
        match math::inline(inner) {
            Some(shown) => self.formula(&shown, range),
            None => self.raw_math(range),
        }
    }

    /// Shows a formula as it is written, line by line.
    fn raw_math(&mut self, range: Range<usize>) {
        let source = self.source(&range).to_owned();
        let mut at = range.start;
        for line in source.split_inclusive('\n') {
            let shown = line.trim_end_matches(['\n', '\r']);
            self.text(shown, at..at + shown.len(), Some(Role::Math));
            if shown.len() < line.len() {
                self.hard_break(at + shown.len()..at + line.len());
            }
            at += line.len();
        }
    }

    /// Shows a formula in rows of its own.
    fn math_rows(&mut self, inner: &str, range: Range<usize>) {
        let room = self.room();
        let drawn = math::display(inner)
            .filter(|rows| rows.iter().all(|row| text_width(row) <= room))
            .or_else(|| math::lines(inner));
        let Some(rows) = drawn else {
            return self.raw_math(range);
        };
        self.own_row(range.start);
        for row in rows {
            self.formula(&row, range.clone());
            self.flow.push_break(self.place(range.end..range.end));
        }
    }

    fn formula(&mut self, shown: &str, range: Range<usize>) {
        self.soften(shown);
        let style = Style {
            role: Role::Math,
            ..self.style()
        };
        self.flow
            .push(shown, style, Origin::all_of(self.place(range)));
    }

    /// Begins a new row unless one is begun.
    fn own_row(&mut self, at: usize) {
        self.soft = None;
        if !self.flow.is_empty() && !self.flow.text().ends_with('\n') {
            let place = self.place(at..at);
            self.flow.push_break(place);
        }
    }

    /// `$5–$10`: a dollar before a digit closes nothing.
    fn is_price(&self, range: &Range<usize>) -> bool {
        let after = self.slice.text.get(range.end..).unwrap_or_default();
        let source = self.source(range);
        !source.starts_with("$$")
            && source.starts_with('$')
            && after.starts_with(|c: char| c.is_ascii_digit())
    }

    /// Tells whether a formula that ends at `end` may have rows of its own.
    fn stands_alone(&self, end: usize) -> bool {
        let after = self.slice.text.get(end..).unwrap_or_default();
        let line = after.split('\n').next().unwrap_or_default();
        let free = line
            .chars()
            .all(|c| c.is_whitespace() || ".,;:。，；：".contains(c));
        free && matches!(self.leaf, Leaf::Text) && self.links.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_become_dollars_of_the_same_length() {
        for (text, shown) in [
            (r"a \(x\) b \[y\]", "a $$x$$ b $$y$$"),
            (r"\(a \text{(b)} c\)", r"$$a \text{(b)} c$$"),
            (r"`\(x\)` \(y\)", r"`\(x\)` $$y$$"),
            ("\\[\na \\\\[2pt]\nb\n\\]", "$$\na \\\\[2pt]\nb\n$$"),
        ] {
            assert_eq!(with_dollars(text).as_deref(), Some(shown));
            assert_eq!(shown.len(), text.len());
        }
        for text in [
            r"\(x",
            r"\\(x\\)",
            r"\(x\]",
            r"\(a \(b",
            "\\(x\n\ny\\)",
            r"\(a $ b\)",
            r"\({\)",
        ] {
            assert_eq!(with_dollars(text), None, "{text}");
        }
    }
}
