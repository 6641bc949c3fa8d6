//! Blocks that hold blocks, and the rows: what stands before each, and the blank ones between.
//!
//! Invariant: what stands before a row leaves at least half of the width for text.

use std::ops::Range;

use pulldown_cmark::BlockQuoteKind;

use super::super::flow::{Flow, Origin};
use super::super::slice::blank_line_before;
use super::super::span::place_decoration;
use super::super::width::text_width;
use super::super::wrap::{Breaking, Line};
use super::super::{Role, Row, Span, Style};
use super::{Nest, Painter};
use crate::phrase::tr;

/// Levels of nesting that are drawn; what is deeper is shown at this depth.
const MAX_DRAWN: usize = 12;
/// Levels of nesting that are kept count of.
const MAX_NESTS: usize = 64;

impl Painter<'_> {
    /// Prepares for a block that begins at `at`.
    pub(super) fn block(&mut self, at: usize) {
        self.flush();
        self.define_before(at);
        let in_item = matches!(self.nests.last(), Some(Nest::Item { .. }));
        if self.gap && (!in_item || blank_line_before(&self.slice.text, at)) {
            self.blank_row();
        }
        self.gap = false;
    }

    pub(super) fn quote(&mut self, kind: Option<BlockQuoteKind>, at: usize) {
        let drawn = self.fits(2);
        self.enter(Nest::Quote { drawn });
        if let Some(kind) = kind {
            let style = Style {
                bold: true,
                ..Style::of(Role::Quote)
            };
            let mut label = Flow::default();
            label.push(alert(kind), style, Origin::all_of(self.place(at..at)));
            let room = self.room();
            self.lines(label.wrap(room, room, Breaking::Words), false);
        }
    }

    pub(super) fn item(&mut self, range: &Range<usize>) {
        self.flush();
        if self.gap && blank_line_before(&self.slice.text, range.start) {
            self.blank_row();
        }
        self.gap = false;
        let marker = match self.nests.last_mut() {
            Some(Nest::List {
                next: Some(number), ..
            }) => {
                let marker = format!("{number}. ");
                *number = number.saturating_add(1);
                marker
            }
            Some(Nest::List { bullet, .. }) => ["• ", "◦ ", "▪ "]
                .get(*bullet % 3)
                .copied()
                .unwrap_or("• ")
                .to_owned(),
            _ => "• ".to_owned(),
        };
        self.push_item(marker);
        if range.start < self.slice.body.start
            && let Some(Nest::Item { marker, .. }) = self.nests.last_mut()
        {
            // An ancestor that an earlier piece has shown.
            *marker = None;
        }
    }

    pub(super) fn push_item(&mut self, marker: String) {
        let indent = text_width(&marker);
        let nest = if self.fits(indent) {
            Nest::Item {
                marker: Some(marker),
                indent,
            }
        } else {
            Nest::Item {
                marker: None,
                indent: 0,
            }
        };
        self.enter(nest);
    }

    pub(super) fn task(&mut self, checked: bool) {
        let sign = if checked { "☑ " } else { "☐ " };
        if let Some(Nest::Item {
            marker: Some(marker),
            indent,
        }) = self.nests.last_mut()
        {
            if marker.starts_with(|c: char| c.is_ascii_digit()) {
                marker.push_str(sign);
            } else {
                sign.clone_into(marker);
            }
            *indent = text_width(marker);
        }
    }

    pub(super) fn lines(&mut self, lines: Vec<Line>, heading: bool) {
        for (index, line) in lines.into_iter().enumerate() {
            self.row(line.spans, line.source, line.wrapped, heading && index == 0);
        }
    }

    pub(super) fn row(
        &mut self,
        spans: Vec<Span>,
        source: Range<usize>,
        wrapped: bool,
        heading: bool,
    ) {
        // Ends never go back, so that a place can be searched for: decoration shows nothing.
        let floor = self
            .rows
            .last()
            .map_or(self.slice.base, |row| row.source.end);
        let end = source.end.max(floor);
        let start = if source.is_empty() { end } else { source.start };
        let source = start..end;
        self.live = None;
        self.rows.extend(self.blank.take());
        let mut all = self.prefix(true);
        all.extend(spans);
        place_decoration(&mut all, source.start);
        self.rows.push(Row {
            spans: all.into_boxed_slice(),
            source,
            wrapped,
            heading,
        });
    }

    pub(super) fn blank_row(&mut self) {
        let mut prefix = self.prefix(false);
        if let Some(last) = prefix.last_mut() {
            last.text.truncate(last.text.trim_end().len());
        }
        prefix.retain(|span| !span.text.is_empty());
        let at = self
            .rows
            .last()
            .map_or(self.slice.base, |row| row.source.end);
        place_decoration(&mut prefix, at);
        // Kept back until something follows: a quote, say, may turn out to be empty.
        let row = Row {
            spans: prefix.into_boxed_slice(),
            ..Row::blank(at)
        };
        self.blank.get_or_insert(row);
    }

    /// What stands before each row of the innermost block; `first` uses up the markers.
    pub(super) fn prefix(&mut self, first: bool) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        let mut blank = 0;
        for nest in &mut self.nests {
            let piece = match nest {
                Nest::Quote { drawn: true } => Span::decoration("▎ ", Role::Quote),
                Nest::Item { marker, .. } if first && marker.is_some() => {
                    Span::decoration(marker.take().unwrap_or_default(), Role::Marker)
                }
                Nest::Item { indent, .. } => {
                    blank += *indent;
                    continue;
                }
                Nest::Quote { drawn: false } | Nest::List { .. } => continue,
            };
            if blank > 0 {
                let gap = " ".repeat(std::mem::take(&mut blank));
                spans.push(Span::decoration(gap, Role::Text));
            }
            spans.push(piece);
        }
        if blank > 0 {
            spans.push(Span::decoration(" ".repeat(blank), Role::Text));
        }
        spans
    }

    pub(super) fn enter(&mut self, nest: Nest) {
        if self.nests.len() < MAX_NESTS {
            self.nests.push(nest);
        } else {
            self.deeper += 1;
        }
    }

    pub(super) fn leave(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
        } else {
            self.nests.pop();
        }
    }

    pub(super) fn indent(&self) -> usize {
        let columns = |nest: &Nest| match nest {
            Nest::Quote { drawn: true } => 2,
            Nest::Item { indent, .. } => *indent,
            Nest::Quote { drawn: false } | Nest::List { .. } => 0,
        };
        self.nests.iter().map(columns).sum()
    }

    /// Tells whether one more prefix of `columns` leaves enough room for text.
    pub(super) fn fits(&self, columns: usize) -> bool {
        let drawn = |nest: &&Nest| match nest {
            Nest::Quote { drawn } => *drawn,
            Nest::Item { indent, .. } => *indent > 0,
            Nest::List { .. } => false,
        };
        self.nests.iter().filter(drawn).count() < MAX_DRAWN
            && self.indent() + columns <= self.width / 2
    }

    pub(super) fn room(&self) -> usize {
        self.width.saturating_sub(self.indent()).max(1)
    }
}

fn alert(kind: BlockQuoteKind) -> &'static str {
    match kind {
        BlockQuoteKind::Note => tr!("Note"),
        BlockQuoteKind::Tip => tr!("Tip"),
        BlockQuoteKind::Important => tr!("Important"),
        BlockQuoteKind::Warning => tr!("Warning"),
        BlockQuoteKind::Caution => tr!("Caution"),
    }
}
