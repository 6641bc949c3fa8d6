//! Shows words added to the end of a text without reading the rest of it again.
//!
//! Owns the last row of the live tail and the judgement that new text is nothing but words: most
//! of what a model writes, most of the time. Anything else is left to the parser.
//!
//! Invariant: the rows are those that the parser would have given.

use unicode_width::UnicodeWidthChar;

use super::flow::{Flow, Origin};
use super::link::may_go_on;
use super::span::place_decoration;
use super::wrap::Breaking;
use super::{Role, Row, Span};

/// The last row of running text, which may grow.
#[derive(Debug)]
pub(super) struct Live {
    /// What that row shows.
    flow: Flow,
    /// What stands before that row, and before those that follow it.
    first: Vec<Span>,
    rest: Vec<Span>,
    /// Columns for text.
    room: usize,
    /// How far the whole text is shown.
    end: usize,
}

impl Live {
    /// Remembers a row: what of `flow` it shows begins at `start`; `first` stands before it and
    /// `rest` before those that follow.
    pub(super) fn new(
        mut flow: Flow,
        start: usize,
        (first, rest): (Vec<Span>, Vec<Span>),
        room: usize,
    ) -> Option<Self> {
        let end = flow.source_end()?;
        flow.drop_front(start);
        Some(Self {
            flow,
            first,
            rest,
            room,
            end,
        })
    }

    /// Tells whether it shows `text` to its end, spaces aside.
    pub(super) fn reaches(&self, text: &str) -> bool {
        self.end == text.trim_end_matches(' ').len()
    }

    /// Draws the last row again, and those after it, if all that was added to `text` is words.
    pub(super) fn grow(&mut self, text: &str, old: &Row) -> Option<Vec<Row>> {
        let added = text.get(self.end..)?.trim_end_matches(' ');
        let shown = text.get(..self.end)?;
        let line = shown
            .rfind('\n')
            .map_or(shown, |at| shown.get(at..).unwrap_or_default());
        // Words after a formula decide whether it keeps its own rows.
        let begun = line.chars().any(char::is_alphabetic)
            && !["<", "$$", "\\]"].iter().any(|sign| line.contains(sign))
            && !line.chars().any(may_join);
        if !begun || may_go_on(shown) || !shown.ends_with(is_plain) || !added.chars().all(is_plain)
        {
            return None;
        }
        let style = self.flow.last_style()?;
        if style.role == Role::Math {
            return None;
        }
        let end = self.end + added.len();
        self.flow.push(added, style, Origin::exact(self.end..end));
        if self.flow.source_end() != Some(end) {
            return None;
        }
        let lines = self.flow.wrap(self.room, self.room, Breaking::Words);
        let start = lines.last().map_or(0, |line| line.start);
        let mut rows = Vec::with_capacity(lines.len());
        for (index, line) in lines.into_iter().enumerate() {
            if index > 0 {
                self.first.clone_from(&self.rest);
            }
            let mut spans = self.first.clone();
            spans.extend(line.spans);
            place_decoration(&mut spans, line.source.start);
            rows.push(Row {
                spans: spans.into_boxed_slice(),
                source: line.source,
                wrapped: line.wrapped,
                heading: old.heading && index == 0,
            });
        }
        self.flow.drop_front(start);
        self.end = end;
        Some(rows)
    }
}

/// Within a line that has begun with words, this character means only itself.
fn is_plain(c: char) -> bool {
    match c {
        ' ' | ',' | '.' | '\'' | '?' => true,
        c if c.is_ascii() => c.is_ascii_alphanumeric(),
        c => !c.is_control() && !c.is_whitespace() && !may_join(c),
    }
}

/// What takes no room of its own belongs to what stands before it, and may bind what follows.
fn may_join(c: char) -> bool {
    !c.is_ascii() && c.width() == Some(0)
}
