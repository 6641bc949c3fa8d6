//! What one line of Markdown could begin, judged by its first characters alone.
//!
//! Owns the little that must be known of CommonMark to find where blocks end. It does not parse:
//! what a block shows is `pulldown-cmark`'s to say.

/// A line, its indentation measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// Columns before the first character.
    pub(super) indent: usize,
    /// From the first character, without the line's end.
    pub(super) text: &'a str,
}

/// The fence of a code block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fence {
    mark: char,
    len: usize,
    /// Columns to take from the front of each line of code.
    pub(super) indent: usize,
}

/// The marker of a list item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marker {
    /// What makes items belong to one list: the bullet, or what follows the number.
    pub(super) sign: char,
    /// The number of an ordered item.
    pub(super) number: Option<u64>,
    /// The column at which the item's text begins.
    pub(super) content: usize,
    /// Nothing follows the marker.
    pub(super) empty: bool,
}

/// How a block of HTML ends (CommonMark §4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HtmlEnd {
    /// At a line that holds this.
    With(&'static str),
    /// At a blank line.
    Blank,
}

impl<'a> Line<'a> {
    pub(super) fn read(line: &'a str) -> Self {
        let line = line.trim_end_matches(['\n', '\r']);
        let text = line.trim_start_matches([' ', '\t']);
        let mut indent = 0;
        for c in line.chars().take(line.len() - text.len()) {
            indent += if c == '\t' { 4 - indent % 4 } else { 1 };
        }
        Self { indent, text }
    }

    pub(super) fn is_blank(self) -> bool {
        self.text.is_empty()
    }

    /// The fence it opens, and the language named there.
    pub(super) fn fence(self) -> Option<(Fence, &'a str)> {
        let mark = self
            .text
            .chars()
            .next()
            .filter(|c| matches!(c, '`' | '~'))?;
        let rest = self.text.trim_start_matches(mark);
        let len = self.text.len() - rest.len();
        if self.indent > 3 || len < 3 || (mark == '`' && rest.contains('`')) {
            return None;
        }
        let language = rest.split_whitespace().next().unwrap_or_default();
        Some((
            Fence {
                mark,
                len,
                indent: self.indent,
            },
            language,
        ))
    }

    pub(super) fn closes(self, fence: Fence) -> bool {
        let rest = self.text.trim_start_matches(fence.mark);
        self.indent <= 3 && self.text.len() - rest.len() >= fence.len && rest.trim().is_empty()
    }

    /// It may yet become the end of `fence`, or be its end.
    pub(super) fn may_close(self, fence: Fence) -> bool {
        self.indent <= 3
            && !self.text.is_empty()
            && self.text.trim_end().chars().all(|c| c == fence.mark)
    }

    pub(super) fn is_heading(self) -> bool {
        let rest = self.text.trim_start_matches('#');
        let level = self.text.len() - rest.len();
        self.indent <= 3
            && (1..=6).contains(&level)
            && (rest.is_empty() || rest.starts_with([' ', '\t']))
    }

    pub(super) fn is_rule(self) -> bool {
        let mut marks = self.text.chars().filter(|c| !matches!(c, ' ' | '\t'));
        let Some(mark) = marks.next().filter(|c| matches!(c, '-' | '*' | '_')) else {
            return false;
        };
        let mut count = 1;
        self.indent <= 3
            && marks.all(|c| {
                count += 1;
                c == mark
            })
            && count >= 3
    }

    pub(super) fn is_underline(self) -> bool {
        let text = self.text.trim_end();
        self.indent <= 3
            && !text.is_empty()
            && (text.chars().all(|c| c == '=') || text.chars().all(|c| c == '-'))
    }

    pub(super) fn is_quote(self) -> bool {
        self.indent <= 3 && self.text.starts_with('>')
    }

    pub(super) fn marker(self) -> Option<Marker> {
        if self.indent > 3 || self.is_rule() {
            return None;
        }
        self.marker_at_any_depth()
    }

    /// As [`Line::marker`], for a line within a list, however deep.
    pub(super) fn marker_at_any_depth(self) -> Option<Marker> {
        let rest = self.text.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = self.text.len() - rest.len();
        let mut chars = rest.chars();
        let sign = chars.next()?;
        let number = match (digits, sign) {
            (0, '-' | '*' | '+') => None,
            (1..=9, '.' | ')') => self.text.get(..digits)?.parse().ok(),
            _ => return None,
        };
        let after = chars.as_str();
        let spaces = after.len() - after.trim_start_matches([' ', '\t']).len();
        let empty = spaces == after.len();
        if spaces == 0 && !empty {
            return None;
        }
        let gap = if empty || spaces > 4 { 1 } else { spaces };
        Some(Marker {
            sign,
            number,
            content: self.indent + digits + 1 + gap,
            empty,
        })
    }

    pub(super) fn is_footnote(self) -> bool {
        self.indent <= 3
            && self
                .text
                .strip_prefix("[^")
                .and_then(|rest| rest.split_once("]:"))
                .is_some_and(|(label, _)| !label.is_empty() && !label.contains([' ', '[', ']']))
    }

    /// How the HTML block ends that begins here.
    pub(super) fn html(self) -> Option<HtmlEnd> {
        if self.indent > 3 || !self.text.starts_with('<') {
            return None;
        }
        let head: String = self
            .text
            .chars()
            .take(12)
            .collect::<String>()
            .to_ascii_lowercase();
        for (start, end) in [
            ("<!--", "-->"),
            ("<?", "?>"),
            ("<![cdata[", "]]>"),
            ("<script", "</script>"),
            ("<pre", "</pre>"),
            ("<style", "</style>"),
            ("<textarea", "</textarea>"),
        ] {
            if head.starts_with(start) {
                return Some(HtmlEnd::With(end));
            }
        }
        let name = head.trim_start_matches(['<', '/']);
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!')
            .then_some(HtmlEnd::Blank)
    }

    /// It begins a block of its own even in the middle of a paragraph.
    pub(super) fn interrupts(self) -> bool {
        self.is_heading()
            || self.fence().is_some()
            || self.is_rule()
            || self.is_quote()
            || self.is_footnote()
            || matches!(self.html(), Some(HtmlEnd::With(_)))
            || self
                .marker()
                .is_some_and(|marker| !marker.empty && marker.number.is_none_or(|n| n == 1))
    }

    /// It is the second line of a table of as many columns as `header` has.
    pub(super) fn is_delimiter_of(self, header: Self) -> bool {
        let text = self.text.trim();
        text.contains('-')
            && text
                .chars()
                .all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'))
            && header.text.contains('|')
            && self.columns() == header.columns()
    }

    fn columns(self) -> usize {
        let text = self.text.trim();
        let text = text.strip_prefix('|').unwrap_or(text);
        let text = text
            .strip_suffix('|')
            .filter(|t| !t.ends_with('\\'))
            .unwrap_or(text);
        let mut escaped = false;
        let bars = text.chars().filter(|&c| {
            let bar = c == '|' && !escaped;
            escaped = c == '\\' && !escaped;
            bar
        });
        bars.count() + 1
    }
}
