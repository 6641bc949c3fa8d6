//! Styled text before it is broken into rows: what is shown, how, and which bytes it shows.
//!
//! Owns [`Flow`] and [`Origin`]. Everything that is shown passes through here and is made safe
//! ([`crate::chat::safe`]); what that changes keeps its place in the source all the same.

use std::ops::Range;
use std::rc::Rc;

use unicode_segmentation::UnicodeSegmentation as _;

use super::width::{bounded, text_width};
use super::{Coloured, Link, Role, Style, link};
use crate::chat::safe;

/// The bytes of the whole text that a piece of shown text stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) bytes: Range<usize>,
    /// Byte for byte, but for a line break or a tab that is shown as a space. Otherwise every part
    /// of what is shown (an entity, a formula) stands for all of it.
    pub(super) exact: bool,
}

/// Text with its styles, and the place in the source that each piece shows.
#[derive(Debug, Clone, Default)]
pub(super) struct Flow {
    pub(super) text: String,
    pub(super) marks: Vec<Mark>,
    /// Where what is added leads.
    pub(super) link: Option<Rc<Link>>,
}

/// The style and the origin of the text up to `end`.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) end: usize,
    pub(super) style: Style,
    pub(super) link: Option<Rc<Link>>,
    origin: Origin,
}

impl Origin {
    /// Text that is shown byte for byte.
    pub(super) fn exact(bytes: Range<usize>) -> Self {
        Self { bytes, exact: true }
    }

    /// Text that is shown otherwise than it is written; nothing, if `bytes` are none.
    pub(super) fn all_of(bytes: Range<usize>) -> Self {
        Self {
            bytes,
            exact: false,
        }
    }

    /// Where the part of the shown text comes from that is at `range` in it.
    pub(super) fn part(&self, range: Range<usize>) -> Self {
        if self.exact {
            let at = |offset: usize| (self.bytes.start + offset).min(self.bytes.end);
            Self::exact(at(range.start)..at(range.end))
        } else {
            self.clone()
        }
    }

    /// Tells whether `next`, shown right behind it, is one piece of text with it.
    pub(super) fn goes_on_with(&self, next: &Self) -> bool {
        match (self.exact, next.exact) {
            (true, true) => self.bytes.end == next.bytes.start,
            (false, false) => self.bytes == next.bytes,
            _ => false,
        }
    }
}

impl Flow {
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where the source of its last piece ends, if that is shown as it came.
    pub(super) fn source_end(&self) -> Option<usize> {
        let last = self.marks.last()?;
        last.origin.exact.then_some(last.origin.bytes.end)
    }

    /// The style of its last piece.
    pub(super) fn last_style(&self) -> Option<Style> {
        self.marks.last().map(|mark| mark.style)
    }

    /// Adds `text`, made safe. Line feeds in it break the line; tabs become a space.
    pub(super) fn push(&mut self, text: &str, style: Style, origin: Origin) {
        let shown = safe::visible(text);
        let shown = bounded(&shown);
        if *shown == *text {
            return self.push_safe(&shown, style, origin);
        }
        if !origin.exact {
            return self.push_safe(&shown, style, origin);
        }
        // Only the characters that had to be changed lose their place.
        for (at, cluster) in text.grapheme_indices(true) {
            let bytes = origin.part(at..at + cluster.len()).bytes;
            let shown = safe::visible(cluster);
            let shown = bounded(&shown);
            let origin = if *shown == *cluster {
                Origin::exact(bytes)
            } else {
                Origin::all_of(bytes)
            };
            self.push_safe(&shown, style, origin);
        }
    }

    fn push_safe(&mut self, shown: &str, style: Style, origin: Origin) {
        if shown.is_empty() {
            return;
        }
        if shown.contains('\t') {
            self.text.push_str(&shown.replace('\t', " "));
        } else {
            self.text.push_str(shown);
        }
        self.mark(style, origin);
    }

    /// Adds `text` of which every line break is a break, each tab four columns at most.
    pub(super) fn push_verbatim(&mut self, text: &str, style: Style, origin: &Origin) {
        let mut at = 0;
        let mut column = 0;
        for piece in text.split_inclusive('\t') {
            let plain = piece.strip_suffix('\t').unwrap_or(piece);
            self.push(plain, style, origin.part(at..at + plain.len()));
            column += text_width(plain);
            at += piece.len();
            if plain.len() < piece.len() {
                let fill = 4 - column % 4;
                let origin = Origin::all_of(origin.part(at - 1..at).bytes);
                self.push("    ".get(..fill).unwrap_or(" "), style, origin);
                column += fill;
            }
        }
    }

    /// Breaks the line here.
    pub(super) fn push_break(&mut self, source: Range<usize>) {
        self.text.push('\n');
        self.mark(Style::default(), Origin::all_of(source));
    }

    fn mark(&mut self, style: Style, origin: Origin) {
        let end = self.text.len();
        if let Some(last) = self.marks.last_mut()
            && last.style == style
            && last.link == self.link
            && last.origin.goes_on_with(&origin)
        {
            last.end = end;
            last.origin.bytes.end = origin.bytes.end;
            return;
        }
        self.marks.push(Mark {
            end,
            style,
            origin,
            link: self.link.clone(),
        });
    }

    /// Gives code whose source begins at 0 the roles of its pieces; behind them it is plain.
    pub(super) fn colour(&mut self, pieces: &[Coloured]) {
        let mut pieces = pieces.iter();
        let mut role = Role::CodeBlock;
        let mut until = 0;
        for mark in std::mem::take(&mut self.marks) {
            let Range { start: mut at, end } = mark.origin.bytes;
            loop {
                while until <= at {
                    let piece = pieces.next();
                    role = piece.map_or(Role::CodeBlock, |piece| piece.role);
                    until = piece.map_or(usize::MAX, |piece| until + piece.bytes);
                }
                let style = Style { role, ..mark.style };
                // A tab is one byte and several columns, all in one colour.
                if !mark.origin.exact || until >= end {
                    let bytes = at..end;
                    let origin = Origin {
                        bytes,
                        ..mark.origin
                    };
                    self.marks.push(Mark {
                        style,
                        origin,
                        ..mark
                    });
                    break;
                }
                self.marks.push(Mark {
                    end: mark.end - (end - until),
                    style,
                    origin: Origin::exact(at..until),
                    link: mark.link.clone(),
                });
                at = until;
            }
        }
    }

    /// Links the addresses that stand bare in the text. With a `role`, they look like links too.
    pub(super) fn link_bare(&mut self, role: Option<Role>) {
        if !self.text.contains("://") {
            return;
        }
        for range in link::bare(&self.text) {
            let url = self.text.get(range.clone()).unwrap_or_default();
            let first = self.marks.partition_point(|mark| mark.end <= range.start);
            let at = self.origin(first, range.clone()).bytes.start;
            let Some(link) = Link::to(url, at).map(Rc::new) else {
                continue;
            };
            let code = |role| matches!(role, Role::Code | Role::CodeBlock | Role::Math);
            let pieces = |flow: &Self, at| flow.marks.partition_point(|mark| mark.end <= at);
            let touched = first..=pieces(self, range.end - 1);
            let touched = self.marks.get(touched).unwrap_or_default();
            if touched
                .iter()
                .any(|it| it.link.is_some() || code(it.style.role))
            {
                continue;
            }
            self.split(range.start);
            self.split(range.end);
            let linked = pieces(self, range.start)..pieces(self, range.end);
            for mark in self.marks.get_mut(linked).unwrap_or_default() {
                mark.link = Some(Rc::clone(&link));
                if let Some(role) = role {
                    mark.style.role = role;
                    mark.style.underline = true;
                }
            }
        }
    }

    /// Shows references to footnotes as `[1]`. Only numbers: `[^a-z]` is something else.
    pub(super) fn mark_footnotes(&mut self) {
        let mut from = 0;
        while let Some(at) = self.text.get(from..).and_then(|text| text.find("[^")) {
            let start = from + at;
            from = start + 2;
            let rest = self.text.get(from..).unwrap_or_default();
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            if !(1..=3).contains(&digits) || !rest.get(digits..).is_some_and(|r| r.starts_with(']'))
            {
                continue;
            }
            let range = start..from + digits + 1;
            let shown = format!("[{}]", rest.get(..digits).unwrap_or_default());
            self.split(range.start);
            self.split(range.end);
            let pieces = |at| self.marks.partition_point(|mark| mark.end <= at);
            let touched = pieces(range.start)..pieces(range.end);
            let marks = self.marks.get(touched.clone()).unwrap_or_default();
            let kept = |mark: &Mark| {
                let code = matches!(mark.style.role, Role::Code | Role::CodeBlock | Role::Math);
                code || mark.link.is_some() || !mark.origin.exact
            };
            if marks.iter().any(kept) {
                continue;
            }
            let (Some(first), Some(last)) = (marks.first(), marks.last()) else {
                continue;
            };
            let mark = Mark {
                end: range.start + shown.len(),
                style: Style {
                    role: Role::Marker,
                    ..first.style
                },
                link: None,
                origin: Origin::all_of(first.origin.bytes.start..last.origin.bytes.end),
            };
            for later in self.marks.iter_mut().skip(touched.end) {
                later.end -= range.len() - shown.len();
            }
            self.marks.splice(touched, [mark]);
            from = range.start + shown.len();
            self.text.replace_range(range, &shown);
        }
    }

    /// Begins a new piece at `at`.
    fn split(&mut self, at: usize) {
        let index = self.marks.partition_point(|mark| mark.end <= at);
        let start = self.mark_start(at);
        if let Some(mark) = self.marks.get_mut(index)
            && start < at
        {
            let left = Mark {
                end: at,
                origin: mark.origin.part(0..at - start),
                ..mark.clone()
            };
            mark.origin = mark.origin.part(at - start..mark.end - start);
            self.marks.insert(index, left);
        }
    }

    /// Takes out the text before `at`, leaving the rest.
    pub(super) fn drop_front(&mut self, at: usize) {
        self.split(at);
        self.text = self.text.get(at..).unwrap_or_default().to_owned();
        self.marks.retain(|mark| mark.end > at);
        for mark in &mut self.marks {
            mark.end -= at;
        }
    }

    /// Where the piece begins that shows the byte at `at`.
    fn mark_start(&self, at: usize) -> usize {
        let index = self.marks.partition_point(|mark| mark.end <= at);
        index
            .checked_sub(1)
            .and_then(|index| self.marks.get(index))
            .map_or(0, |mark| mark.end)
    }

    /// Adds all of `other`.
    pub(super) fn append(&mut self, other: &Self) {
        let base = self.text.len();
        self.text.push_str(&other.text);
        self.marks.extend(other.marks.iter().map(|mark| Mark {
            end: mark.end + base,
            ..mark.clone()
        }));
    }

    /// Makes all of it decoration: it stands for no text of its own here.
    pub(super) fn without_origin(mut self) -> Self {
        for mark in &mut self.marks {
            mark.origin = Origin::all_of(0..0);
        }
        self
    }

    /// The widest of its lines, in columns.
    pub(super) fn width(&self) -> usize {
        self.text.split('\n').map(text_width).max().unwrap_or(0)
    }

    /// Where `range` comes from; it begins in the piece numbered `mark` and may end in another.
    pub(super) fn origin(&self, mark: usize, range: Range<usize>) -> Origin {
        let start = mark
            .checked_sub(1)
            .and_then(|before| self.marks.get(before))
            .map_or(0, |mark| mark.end);
        let mut rest = self.marks.iter().skip(mark);
        let Some(first) = rest.next() else {
            return Origin::all_of(0..0);
        };
        let part = |from: usize, to: usize| from.saturating_sub(start)..to.saturating_sub(start);
        if range.end <= first.end {
            return first.origin.part(part(range.start, range.end));
        }
        // One cluster of several pieces stands for the bytes of each that it shows, and no more: the
        // last piece may still grow, and what is added to it is not this cluster's.
        let from = first.origin.part(part(range.start, first.end)).bytes.start;
        let mut start = first.end;
        for mark in rest {
            if mark.end >= range.end {
                let to = mark.origin.part(0..range.end - start).bytes.end;
                return Origin::all_of(from..to.max(from));
            }
            start = mark.end;
        }
        Origin::all_of(from..from)
    }

    /// The empty range of the source at `at`.
    pub(super) fn place(&self, at: usize) -> Range<usize> {
        let index = self.marks.partition_point(|mark| mark.end <= at);
        let place = match self.marks.get(index) {
            Some(mark) => mark.origin.bytes.start,
            None => self.marks.last().map_or(0, |mark| mark.origin.bytes.end),
        };
        place..place
    }
}
