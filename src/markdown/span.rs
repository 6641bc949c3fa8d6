//! Pieces of a row and the bytes that each of them shows.
//!
//! Owns the rules by which neighbours are one span, where decoration stands in the source, and
//! how places in the shown text and in the source translate into each other.

use std::ops::Range;
use std::rc::Rc;

use super::flow::Origin;
use super::{Link, Role, Span, Style};

impl Span {
    /// Makes a span of decoration: it shows no byte of the source.
    pub(super) fn decoration(text: impl Into<String>, role: Role) -> Self {
        Self {
            text: text.into(),
            style: Style::of(role),
            source: 0..0,
            link: None,
            exact: false,
        }
    }

    /// Finds the bytes of the source that the part of [`Span::text`] at `shown` stands for: the
    /// same bytes where text is shown as it is written, all of [`Span::source`] where it is not.
    pub fn source_of(&self, shown: Range<usize>) -> Range<usize> {
        if !self.exact {
            return self.source.clone();
        }
        let at = |offset: usize| (self.source.start + offset).min(self.source.end);
        at(shown.start)..at(shown.end)
    }

    /// Finds the part of [`Span::text`] that shows any of the bytes at `source`; `None` when it
    /// shows none of them.
    pub fn shown_of(&self, source: &Range<usize>) -> Option<Range<usize>> {
        let start = source.start.max(self.source.start);
        let end = source.end.min(self.source.end);
        if start >= end {
            return None;
        }
        if self.exact {
            Some(start - self.source.start..end - self.source.start)
        } else {
            Some(0..self.text.len())
        }
    }

    pub(super) fn origin(&self) -> Origin {
        Origin {
            bytes: self.source.clone(),
            exact: self.exact,
        }
    }
}

/// Adds a piece of text to a row; what continues the last span becomes a part of it.
pub(super) fn add(
    spans: &mut Vec<Span>,
    text: &str,
    style: Style,
    origin: Origin,
    link: Option<&Rc<Link>>,
) {
    if let Some(last) = spans.last_mut()
        && last.style == style
        && last.link.as_ref() == link
        && last.origin().goes_on_with(&origin)
    {
        last.text.push_str(text);
        last.source.end = origin.bytes.end;
        return;
    }
    spans.push(Span {
        text: text.to_owned(),
        style,
        source: origin.bytes,
        link: link.cloned(),
        exact: origin.exact,
    });
}

/// Gives decoration its place: where the text before it ends, or at `start`, where the row begins.
pub(super) fn place_decoration(spans: &mut [Span], start: usize) {
    let mut at = start;
    for span in spans {
        if span.source.is_empty() {
            span.source = at..at;
            span.exact = false;
        } else {
            at = span.source.end;
        }
    }
}

/// Gives the text of `old` the styles of `new`, which reads the same but knows no source.
pub(super) fn restyle(old: &[Span], new: &[Span]) -> Vec<Span> {
    let mut spans = Vec::with_capacity(new.len());
    let mut styles = new.iter().map(|span| (span.text.len(), span.style));
    let (mut left, mut style) = styles.next().unwrap_or_default();
    for span in old {
        let mut at = 0;
        while at < span.text.len() {
            while left == 0
                && let Some(next) = styles.next()
            {
                (left, style) = next;
            }
            let end = match left {
                0 => span.text.len(),
                left => span.text.len().min(at + left),
            };
            let origin = Origin {
                bytes: span.source_of(at..end),
                exact: span.exact,
            };
            let text = span.text.get(at..end).unwrap_or_default();
            add(&mut spans, text, style, origin, span.link.as_ref());
            left = left.saturating_sub(end - at);
            at = end;
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str, source: Range<usize>, exact: bool) -> Span {
        Span {
            text: text.to_owned(),
            style: Style::default(),
            source,
            link: None,
            exact,
        }
    }

    #[test]
    fn places_translate_both_ways_where_text_is_shown_as_written() {
        let word = span("word", 10..14, true);
        assert_eq!(word.source_of(1..3), 11..13);
        assert_eq!(word.shown_of(&(12..40)), Some(2..4));
        assert_eq!(word.shown_of(&(14..20)), None);
    }

    #[test]
    fn what_is_shown_otherwise_stands_for_all_of_its_source() {
        let entity = span("&", 3..8, false);
        assert_eq!(entity.source_of(0..1), 3..8);
        assert_eq!(entity.shown_of(&(5..6)), Some(0..1));
        assert_eq!(span("• ", 4..4, false).shown_of(&(0..9)), None);
    }

    #[test]
    fn pieces_are_one_span_only_where_their_bytes_meet() {
        let mut spans = Vec::new();
        let mut push = |text, origin| add(&mut spans, text, Style::default(), origin, None);
        push("a", Origin::exact(0..1));
        push("b", Origin::exact(1..2));
        push("c", Origin::exact(4..5));
        push("<", Origin::all_of(5..9));
        push("=", Origin::all_of(5..9));
        push("<", Origin::all_of(9..13));
        let shown: Vec<_> = spans
            .iter()
            .map(|span| (span.text.as_str(), span.source.clone()))
            .collect();
        let pieces = [("ab", 0..2), ("c", 4..5), ("<=", 5..9), ("<", 9..13)];
        assert_eq!(shown, pieces);
    }

    #[test]
    fn colours_keep_the_place_of_every_byte() {
        let old = [
            span("let ", 20..24, true),
            span("    ", 24..25, false),
            span("x", 25..26, true),
        ];
        let mut new = [span("le", 0..2, true), span("t       x", 2..11, true)];
        new[0].style = Style::of(Role::Keyword);
        let styled = restyle(&old, &new);
        let shown: Vec<_> = styled
            .iter()
            .map(|span| (span.text.as_str(), span.style.role, span.source.clone()))
            .collect();
        assert_eq!(
            shown,
            [
                ("le", Role::Keyword, 20..22),
                ("t ", Role::Text, 22..24),
                ("    ", Role::Text, 24..25),
                ("x", Role::Text, 25..26),
            ]
        );
    }
}
