//! Text within a block: its styles, its links, its line breaks.

use std::ops::Range;
use std::rc::Rc;

use super::super::blocks::Join;
use super::super::flow::Origin;
use super::super::link::tells;
use super::super::width::is_cjk;
use super::super::{Link, Role, Style};
use super::{Leaf, Nest, Painter, Target, reads};

impl Painter<'_> {
    /// Adds text of a leaf. What lies outside of the piece is left out.
    pub(super) fn text(&mut self, text: &str, mut range: Range<usize>, role: Option<Role>) {
        let body = &self.slice.body;
        let mut text = text;
        let keeps_prefix = matches!(self.slice.join, Join::Table { .. });
        if range.start >= body.end && !range.is_empty() {
            return;
        }
        if range.start < body.start && !keeps_prefix {
            let outside = body.start - range.start;
            let Some(inside) = text.get(outside..).filter(|_| range.len() == text.len()) else {
                return;
            };
            (text, range.start) = (inside, body.start);
        }
        if range.end > body.end && range.len() == text.len() {
            text = text
                .get(..body.end.saturating_sub(range.start))
                .unwrap_or(text);
            range.end = range.start + text.len();
        }
        if text.is_empty() {
            return;
        }
        let origin = self.origin(text, &range);
        let place = origin.bytes.clone();
        if let Leaf::Code { lines, .. } = &mut self.leaf {
            let mut at = place.start;
            for line in text.split_inclusive('\n') {
                let exact = place.len() == text.len();
                let source = if exact {
                    at..at + line.len()
                } else {
                    place.clone()
                };
                at += line.len();
                match lines.last_mut() {
                    Some((last, range)) if !last.ends_with('\n') => {
                        last.push_str(line);
                        range.end = source.end;
                    }
                    _ => lines.push((line.to_owned(), source)),
                }
            }
            return;
        }
        if matches!(self.leaf, Leaf::Html) {
            let style = self.style();
            let mut at = 0;
            for line in text.split_inclusive('\n') {
                let shown = line.trim_end_matches(['\n', '\r']);
                let origin = origin.part(at..at + shown.len());
                at += line.len();
                self.flow.push_verbatim(shown, style, &origin);
                if line.ends_with('\n') {
                    self.flow.push_break(place.end..place.end);
                }
            }
            return;
        }
        self.soften(text);
        let style = match role {
            Some(role) => Style {
                role,
                ..self.style()
            },
            None => self.style(),
        };
        self.flow.push(text, style, origin);
    }

    /// Shows a line break of the source as a space, or as nothing within Chinese or Japanese.
    pub(super) fn soften(&mut self, next: &str) {
        let Some(origin) = self.soft.take() else {
            return;
        };
        let joins = self.flow.text().chars().next_back().is_some_and(is_cjk)
            && next.chars().next().is_some_and(is_cjk);
        if !joins && !self.flow.is_empty() && !self.flow.text().ends_with('\n') {
            self.flow.push(" ", self.style(), origin);
        }
    }

    pub(super) fn hard_break(&mut self, range: Range<usize>) {
        if range.start >= self.slice.body.start && range.start < self.slice.body.end {
            self.soft = None;
            let place = self.place(range);
            if !self.flow.is_empty() {
                self.flow.push_break(place);
            }
        }
    }

    pub(super) fn style(&self) -> Style {
        let quoted = self
            .nests
            .iter()
            .any(|nest| matches!(nest, Nest::Quote { .. }));
        let (role, strong) = match &self.leaf {
            Leaf::Heading(level) => (Role::Heading(*level), true),
            Leaf::Table {
                in_header: true, ..
            } => (Role::TableHeader, true),
            _ if quoted => (Role::Quote, false),
            _ => (Role::Text, false),
        };
        // The levels are told apart without colours too: underlined, plain, slanted.
        let (first, lower) = match &self.leaf {
            Leaf::Heading(level) => (*level == 1, *level >= 3),
            _ => (false, false),
        };
        let linked = self.links.last().is_some_and(|link| !link.image);
        Style {
            role: if linked { Role::Link } else { role },
            bold: strong || self.face.bold > 0,
            italic: lower || self.face.italic > 0,
            underline: first || linked,
            strike: self.face.strike > 0,
        }
    }

    pub(super) fn target(&mut self, url: String, image: bool, range: &Range<usize>) {
        self.soften("a");
        let shown = range.end <= self.slice.body.end;
        // Half an address leads somewhere else, or nowhere.
        let link = shown.then(|| Link::to(&url, self.place(range.clone()).start));
        let link = link.flatten().map(Rc::new);
        if !image || self.links.is_empty() {
            self.flow.link.clone_from(&link);
        }
        self.links.push(Target {
            url,
            image,
            link,
            from: self.flow.len(),
            shown,
        });
    }

    pub(super) fn end_target(&mut self, range: &Range<usize>) {
        let Some(link) = self.links.pop() else { return };
        let end = range.end.min(self.slice.body.end);
        let style = Style {
            role: Role::Dim,
            ..self.style()
        };
        let text_end = self.flow.source_end();
        if link.image {
            let place = self.place(end..end);
            self.flow.push("]", style, Origin::all_of(place));
        }
        let text = self.flow.text().get(link.from..).unwrap_or_default();
        let told = tells(text, &link.url);
        if link.shown && !link.url.is_empty() && !told {
            self.flow.link = link.link;
            self.show_target(&link.url, text_end, end);
        }
        self.flow.link = self.links.last().and_then(|outer| outer.link.clone());
    }

    /// Adds where the link leads that ends at `end`, its text at `text_end` in the whole text.
    fn show_target(&mut self, url: &str, text_end: Option<usize>, end: usize) {
        // What follows the link's text: `](url "title")`, or `][label]`, or nothing of its own.
        let rest = text_end
            .map(|place| place.saturating_sub(self.slice.base) + self.slice.body.start)
            .map_or(end..end, |start| start.min(end)..end);
        let found = self.source(&rest).find(url).map(|at| rest.start + at);
        let mut push = |text: &str, range: Range<usize>| {
            let origin = self.origin(text, &range);
            self.flow.push(text, Style::of(Role::LinkTarget), origin);
        };
        let Some(at) = found else {
            return push(&format!(" ({url})"), rest);
        };
        push(" (", rest.start..at);
        push(url, at..at + url.len());
        push(")", at + url.len()..end);
    }

    /// Finds the code within its ticks.
    pub(super) fn inner(&self, code: &str, range: Range<usize>) -> Range<usize> {
        let source = self.source(&range);
        let ticks = source.len() - source.trim_start_matches('`').len();
        let inner = |at: usize| range.start + at..range.start + at + code.len();
        // A space on either side only keeps the ticks apart.
        let mut starts = [ticks, ticks + 1].into_iter();
        let found = starts.find(|&at| {
            let written = source.get(at..at + code.len());
            written.is_some_and(|written| reads(written, code))
        });
        found.map_or(range.clone(), inner)
    }

    pub(super) fn source(&self, range: &Range<usize>) -> &str {
        self.slice.text.get(range.clone()).unwrap_or_default()
    }
}

pub(super) fn is_break(html: &str) -> bool {
    let name = html
        .trim_start_matches('<')
        .trim_end_matches('>')
        .trim_end_matches('/');
    name.trim().eq_ignore_ascii_case("br")
}
