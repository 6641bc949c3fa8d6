//! Blocks that hold text: paragraphs, headings, code, tables, link definitions.

use std::ops::Range;

use pulldown_cmark::{OffsetIter, Tag};

use super::super::blocks::{Join, Open};
use super::super::flow::{Flow, Origin};
use super::super::listing::{CodeLine, Listing};
use super::super::live::Live;
use super::super::table::{Ends, Grid};
use super::super::wrap::{Breaking, Line};
use super::super::{Role, Style, code, table};
use super::{Carry, Leaf, Painter};

impl Painter<'_> {
    pub(super) fn paragraph(&mut self, at: usize) {
        let goes_on = at == 0 && *self.slice.join == Join::Paragraph;
        if !goes_on {
            self.block(at);
        }
        self.leaf = Leaf::Text;
    }

    pub(super) fn end_paragraph(&mut self, end: usize) {
        let rest = self.slice.text.get(end..).unwrap_or_default();
        let goes_on = self.slice.open == Open::Row && self.nests.is_empty();
        if !goes_on || !rest.trim().is_empty() || self.flow.text().trim().is_empty() {
            return self.finish(false);
        }
        self.soft = None;
        let mut flow = std::mem::take(&mut self.flow);
        flow.link_bare(Some(Role::Link));
        flow.mark_footnotes();
        let room = self.room();
        let mut lines = flow.wrap(room, room, Breaking::Words);
        let last = lines.pop();
        self.lines(lines, false);
        self.carry = carry_from(flow, last.map_or(0, |line| line.start), false);
    }

    /// Shows the text of a list item that has no paragraph of its own.
    pub(super) fn flush(&mut self) {
        if self.flow.is_empty() {
            self.soft = None;
        } else {
            self.finish(false);
        }
    }

    pub(super) fn finish(&mut self, heading: bool) {
        self.soft = None;
        let mut flow = std::mem::take(&mut self.flow);
        if flow.text().trim().is_empty() {
            return;
        }
        if !matches!(self.leaf, Leaf::Html) {
            flow.link_bare(Some(Role::Link));
            flow.mark_footnotes();
        }
        let room = self.room();
        let mut lines = flow.wrap(room, room, Breaking::Words);
        while lines.last().is_some_and(|line| line.spans.is_empty()) {
            lines.pop();
        }
        self.leaf_lines(flow, lines, heading);
        self.gap = !self.rows.is_empty();
    }

    /// Draws the lines of running text; the last of them may grow.
    pub(super) fn leaf_lines(&mut self, flow: Flow, lines: Vec<Line>, heading: bool) {
        let Some((start, spans)) = lines.last().map(|line| (line.start, line.spans.len())) else {
            return;
        };
        self.lines(lines, heading);
        if let Some(row) = self.rows.last()
            && !matches!(self.leaf, Leaf::Html)
        {
            let prefix = row.spans.len().saturating_sub(spans);
            let first = row.spans.get(..prefix).unwrap_or_default().to_vec();
            let rest = self.prefix(false);
            self.live = Live::new(flow, start, (first, rest), self.room());
        }
    }

    pub(super) fn end_code(&mut self, range: Range<usize>) {
        let Leaf::Code { language, lines } = std::mem::replace(&mut self.leaf, Leaf::Text) else {
            return;
        };
        let room = self.room();
        let label = code::label(&language, self.label_origin(&language, &range), room);
        self.lines(label.into_iter().collect(), false);
        let block = self.place(range.start..range.start).start;
        let mut listing = Listing::new(block, &language);
        for (line, source) in lines {
            let shown = line.trim_end_matches(['\n', '\r']);
            let place = source.start..(source.start + shown.len()).min(source.end);
            let origin = self.origin_at(shown, &place);
            let mut rows = code::rows(&code::line(shown, &origin), room, false);
            own_line(rows.last_mut(), &source);
            let count = rows.len();
            self.lines(rows, false);
            // Counted from the end: a blank row may have come before them.
            let rows = self.rows.len() - count..self.rows.len();
            self.lines.push(CodeLine {
                block,
                number: listing.push(&line),
                rows,
                room,
            });
        }
        self.listings.push(listing);
        self.gap = !self.rows.is_empty();
    }

    /// Finds the name of a code block's language in the fence that opens it.
    pub(super) fn label_origin(&self, language: &str, range: &Range<usize>) -> Origin {
        let line = self.source(range).lines().next().unwrap_or_default();
        match line.find(language) {
            Some(at) => {
                let at = range.start + at;
                self.origin(language, &(at..at + language.len()))
            }
            None => Origin::all_of(self.place(range.start..range.start + line.len())),
        }
    }

    pub(super) fn start_table_part(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Table(aligns) => {
                self.block(range.start);
                let grid = Grid {
                    aligns,
                    ..Grid::default()
                };
                self.leaf = Leaf::Table {
                    grid,
                    in_header: false,
                };
            }
            Tag::TableHead => {
                let source = self.place(range);
                if let Leaf::Table { grid, in_header } = &mut self.leaf {
                    *in_header = true;
                    grid.header_source = source;
                }
            }
            Tag::TableRow => {
                let source = self.place(range);
                if let Leaf::Table { grid, .. } = &mut self.leaf {
                    grid.rows.push((Vec::new(), source));
                }
            }
            Tag::TableCell => self.flow = Flow::default(),
            _ => {}
        }
    }

    pub(super) fn end_table(&mut self) {
        let Leaf::Table { mut grid, .. } = std::mem::replace(&mut self.leaf, Leaf::Text) else {
            return;
        };
        let first = !matches!(self.slice.join, Join::Table { .. }) || self.frozen.is_none();
        if !first {
            // The header's place is above, where it was shown.
            grid.header_source = self.place(self.slice.body.start..self.slice.body.start);
        }
        let ends = Ends {
            top: first,
            bottom: self.slice.open != Open::Table,
        };
        let (drawn, frozen) = table::draw(&grid, self.room(), self.frozen.take(), ends);
        for (spans, source) in drawn {
            self.row(spans, source, false, false);
        }
        if self.slice.open == Open::Table {
            self.carry = Carry::Table(frozen);
        }
        self.gap = !self.rows.is_empty();
    }

    pub(super) fn define(&mut self, events: &OffsetIter<'_>) {
        let body = &self.slice.body;
        self.definitions = events
            .reference_definitions()
            .iter()
            .filter(|(_, definition)| body.contains(&definition.span.start))
            .map(|(label, definition)| {
                let title = definition
                    .title
                    .as_deref()
                    .map(|title| format!(" \"{title}\""));
                let target = format!("{}{}", definition.dest, title.unwrap_or_default());
                (definition.span.clone(), label.to_owned(), target)
            })
            .collect();
        self.definitions
            .sort_by_key(|(span, ..)| std::cmp::Reverse(span.start));
    }

    /// Shows the link definitions that stand before `at`: a reference elsewhere may need them.
    pub(super) fn define_before(&mut self, at: usize) {
        while self
            .definitions
            .last()
            .is_some_and(|(span, ..)| span.start < at)
        {
            let Some((span, label, target)) = self.definitions.pop() else {
                return;
            };
            if self.gap {
                self.blank_row();
                self.gap = false;
            }
            let mut flow = Flow::default();
            let at = self.source(&span).find(&target);
            let at = at.map_or(span.end, |at| span.start + at);
            let before = span.start..at;
            let told = if at < span.end { at..span.end } else { span };
            let mut push = |text: &str, role: Role, range: Range<usize>| {
                flow.push(text, Style::of(role), self.origin(text, &range));
            };
            push(&format!("[{label}]: "), Role::Dim, before);
            push(&target, Role::LinkTarget, told);
            flow.link_bare(None);
            let room = self.room();
            self.lines(flow.wrap(room, room, Breaking::Words), false);
            if self
                .definitions
                .last()
                .is_none_or(|(span, ..)| span.start >= at)
            {
                self.gap = !self.rows.is_empty();
            }
        }
    }
}

/// Gives the last row of a line of code the line's end, so that an empty line has a place too.
pub(super) fn own_line(row: Option<&mut Line>, line: &Range<usize>) {
    if let Some(row) = row {
        let start = if row.source.is_empty() {
            line.start
        } else {
            row.source.start
        };
        row.source = start..line.end;
    }
}

/// What a row leaves that goes on in the next piece.
pub(super) fn carry_from(mut flow: Flow, start: usize, continued: bool) -> Carry {
    flow.drop_front(start);
    Carry::Row { flow, continued }
}
