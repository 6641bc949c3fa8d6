//! What is shown as it is, without a parser: top-level fences line by line, plain text.

use super::super::blocks::{Join, Open, code_of, is_blank};
use super::super::flow::{Flow, Origin};
use super::super::line::Fence;
use super::super::wrap::Breaking;
use super::super::{Role, Row, Style, code};
use super::leaf::{carry_from, own_line};
use super::{Carry, Painter};

impl Painter<'_> {
    pub(super) fn fence(&mut self, language: &str) {
        let origin = self.label_origin(language, &self.slice.body);
        let label = code::label(language, origin, self.width);
        self.lines(label.into_iter().collect(), false);
    }

    pub(super) fn code_line(&mut self, fence: Fence, carry: Carry) {
        let body = self.slice.shown();
        let head = matches!(self.slice.join, Join::Code { head: true, .. });
        let text = code_of(body, fence, head);
        let cut = body.len() - text.len();
        let shown = text.trim_end_matches(['\n', '\r']);
        if text.is_empty() && matches!(carry, Carry::Nothing) {
            return;
        }
        let line = code::line(shown, &Origin::exact(self.place(cut..cut + shown.len())));
        let (flow, continued) = match carry {
            Carry::Row {
                mut flow,
                continued,
            } => {
                flow.append(&line);
                (flow, continued)
            }
            Carry::Nothing | Carry::Table(_) => (line, false),
        };
        let mut lines = code::rows(&flow, self.width, continued);
        own_line(lines.last_mut(), &self.place(cut..body.len()));
        if self.slice.open == Open::Code && !body.ends_with('\n') {
            let last = lines.pop();
            let continued = continued || !lines.is_empty();
            self.carry = carry_from(flow, last.map_or(0, |line| line.start), continued);
        }
        self.lines(lines, false);
    }

    pub(super) fn plain(&mut self, carry: Carry) {
        let body = self
            .slice
            .text
            .get(self.slice.body.clone())
            .unwrap_or_default();
        let (mut flow, goes_on) = match carry {
            Carry::Row { flow, .. } => (flow, true),
            Carry::Nothing | Carry::Table(_) => (Flow::default(), false),
        };
        let shown = body.trim_end_matches(['\n', '\r']);
        if is_blank(shown) && !goes_on {
            return;
        }
        let mut at = 0;
        for line in shown.split_inclusive('\n') {
            let text = line.trim_end_matches(['\n', '\r']);
            if is_blank(text) && flow.is_empty() && line.len() > text.len() {
                // A blank line between lines; at the start of all there is none.
                if self.slice.base > 0 {
                    let place = self.place(at..at);
                    self.rows.push(Row::blank(place.start));
                }
            } else {
                let origin = Origin::exact(self.place(at..at + text.len()));
                flow.push_verbatim(text, Style::of(Role::Text), &origin);
            }
            at += line.len();
        }
        if flow.is_empty() {
            return self.rows.clear();
        }
        flow.link_bare(None);
        let mut lines = flow.wrap(self.width, self.width, Breaking::Words);
        if self.slice.open == Open::Row {
            let last = lines.pop();
            self.carry = carry_from(flow, last.map_or(0, |line| line.start), false);
        }
        self.lines(lines, false);
    }
}
