//! Turns one piece of a text into rows.
//!
//! Owns the walk over the parser's events: containers and their prefixes, leaves and their styles,
//! the blank rows between blocks. Lines are broken by [`wrap`](super::wrap), tables drawn by
//! [`table`](super::table), code by [`code`](super::code).
//!
//! Invariants: no recursion, however deep the nesting; text outside of the piece (what was put
//! around it to make it whole) is never shown.

use std::ops::Range;

use pulldown_cmark::{
    BlockQuoteKind, CodeBlockKind, Event, HeadingLevel, LinkType, OffsetIter, Options, Parser, Tag,
    TagEnd,
};

use super::blocks::{Cut, Join, Open};
use super::live::Live;
use super::mend::Mended;
use super::table::{Ends, Frozen, Grid};
use super::width::{is_cjk, text_width};
use super::wrap::{Breaking, Flow, Line, span};
use super::{CodeBlock, Role, Row, Span, Style, code, table};

/// Levels of nesting that are drawn; what is deeper is shown at this depth.
const MAX_DRAWN: usize = 12;
/// Levels of nesting that are kept count of.
const MAX_NESTS: usize = 64;
/// What is put before the rest of a paragraph so that it begins nothing else.
const LEAD: &str = "a ";

/// A piece of the text, with what makes it whole.
#[derive(Debug)]
pub(super) struct Slice<'a> {
    /// What is parsed.
    text: String,
    /// The part of `text` that is shown.
    body: Range<usize>,
    /// Where the shown part begins in the whole text.
    base: usize,
    /// The character of the whole text before it.
    before: Option<char>,
    pub(super) join: &'a Join,
    open: Open,
}

/// What a piece leaves for the next one.
#[derive(Debug, Clone, Default)]
pub(super) enum Carry {
    #[default]
    Nothing,
    /// The last row of a paragraph or a line, which may still grow.
    Row {
        flow: Flow,
        continued: bool,
    },
    Table(Frozen),
}

/// A piece as rows.
#[derive(Debug)]
pub(super) struct Painted {
    pub(super) rows: Vec<Row>,
    pub(super) code: Vec<CodeBlock>,
    pub(super) carry: Carry,
    /// The last row, if it is running text.
    pub(super) live: Option<Live>,
}

impl<'a> Slice<'a> {
    /// Takes a piece as it is.
    pub(super) fn settled(text: &str, cut: &'a Cut) -> Self {
        let body = text.get(cut.range.clone()).unwrap_or_default();
        Self::new(text, cut, body, body.len())
    }

    /// Takes the live end of the text.
    pub(super) fn live(text: &str, cut: &'a Cut, mended: &Mended) -> Self {
        Self::new(text, cut, &mended.text, mended.end)
    }

    fn new(whole: &str, cut: &'a Cut, shown: &str, end: usize) -> Self {
        let prefix = match &cut.join {
            Join::Paragraph => LEAD,
            Join::Table { header } => header,
            Join::Nested { ancestors } => ancestors,
            _ => "",
        };
        Self {
            text: [prefix, shown].concat(),
            body: prefix.len()..prefix.len() + end,
            base: cut.range.start,
            before: whole
                .get(..cut.range.start)
                .and_then(|text| text.chars().next_back()),
            join: &cut.join,
            open: cut.open,
        }
    }

    #[cfg(test)]
    pub(super) fn parse_bytes(&self) -> usize {
        self.text.len()
    }

    /// Tells whether a blank row is due before the piece.
    pub(super) fn wants_gap(&self, whole: &str) -> bool {
        match self.join {
            Join::Block | Join::Fence { .. } => true,
            Join::Item(_) | Join::Nested { .. } => blank_line_before(whole, self.base),
            Join::Paragraph
            | Join::Table { .. }
            | Join::Flow
            | Join::Code { .. }
            | Join::FenceEnd
            | Join::Plain { .. } => false,
        }
    }
}

/// Draws a piece at `width` columns, going on from what the piece before it left.
pub(super) fn paint(slice: &Slice<'_>, width: usize, carry: Carry) -> Painted {
    let mut painter = Painter {
        slice,
        width,
        rows: Vec::new(),
        code: Vec::new(),
        nests: Vec::new(),
        deeper: 0,
        flow: Flow::default(),
        soft: None,
        face: Face::default(),
        gap: false,
        blank: None,
        leaf: Leaf::Text,
        links: Vec::new(),
        strikes: Vec::new(),
        definitions: Vec::new(),
        number: None,
        frozen: None,
        carry: Carry::Nothing,
        live: None,
    };
    match slice.join {
        Join::Fence { language } => painter.fence(language),
        Join::Code { fence, .. } => painter.code_line(fence.indent, carry),
        Join::FenceEnd => {}
        Join::Plain { .. } => painter.plain(carry),
        Join::Block
        | Join::Item(_)
        | Join::Paragraph
        | Join::Table { .. }
        | Join::Nested { .. }
        | Join::Flow => painter.markdown(carry),
    }
    Painted {
        rows: painter.rows,
        code: painter.code,
        carry: painter.carry,
        live: painter.live,
    }
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
        | Options::ENABLE_GFM
}

/// Tells whether the line before the one at `at` is blank, quote marks aside.
fn blank_line_before(text: &str, at: usize) -> bool {
    let before = text
        .get(..at)
        .unwrap_or_default()
        .trim_end_matches([' ', '\t', '>']);
    let Some(before) = before.strip_suffix('\n') else {
        return false;
    };
    before
        .trim_end_matches([' ', '\t', '>', '\r'])
        .ends_with('\n')
}

/// A block that holds blocks.
#[derive(Debug)]
enum Nest {
    Quote {
        drawn: bool,
    },
    List {
        next: Option<u64>,
        bullet: usize,
    },
    Item {
        marker: Option<String>,
        indent: usize,
    },
}

/// What the text being read belongs to.
#[derive(Debug)]
enum Leaf {
    Text,
    Heading(u8),
    Html,
    Code {
        language: String,
        text: String,
        lines: Vec<(String, Range<usize>)>,
    },
    Table {
        grid: Grid,
        in_header: bool,
    },
}

/// How deep the text being read is within each kind of markup.
#[derive(Debug, Default)]
struct Face {
    bold: usize,
    italic: usize,
    strike: usize,
}

/// A link or image being read.
#[derive(Debug)]
struct Target {
    url: String,
    image: bool,
    /// Where its text begins in the flow.
    from: usize,
    shown: bool,
}

struct Painter<'a> {
    slice: &'a Slice<'a>,
    width: usize,
    rows: Vec<Row>,
    code: Vec<CodeBlock>,
    nests: Vec<Nest>,
    /// Blocks entered below those.
    deeper: usize,
    flow: Flow,
    soft: Option<Range<usize>>,
    face: Face,
    /// A block has ended: a blank row is due before the next one.
    gap: bool,
    /// The blank row before the next row.
    blank: Option<Row>,
    leaf: Leaf,
    links: Vec<Target>,
    strikes: Vec<bool>,
    /// Link definitions not shown yet, the last one first.
    definitions: Vec<(Range<usize>, String, String)>,
    /// The number of the first item, when the list began in an earlier piece.
    number: Option<u64>,
    frozen: Option<Frozen>,
    carry: Carry,
    live: Option<Live>,
}

impl Painter<'_> {
    fn markdown(&mut self, carry: Carry) {
        match carry {
            Carry::Row { flow, .. } => {
                self.flow = flow;
                if let Some(before) = self.slice.before.filter(|c| c.is_whitespace()) {
                    let place = self.place(0..0);
                    match before {
                        '\n' => self.soft = Some(place),
                        _ => self.flow.push(" ", self.style(), place),
                    }
                }
            }
            Carry::Table(frozen) => self.frozen = Some(frozen),
            Carry::Nothing => {}
        }
        if let Join::Item(number) = self.slice.join {
            self.number = *number;
        }
        let events = Parser::new_ext(&self.slice.text, options()).into_offset_iter();
        self.define(&events);
        for (event, range) in events {
            self.event(event, range);
        }
        self.flush();
        self.define_before(usize::MAX);
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Code(text) => self.text(&text, self.inner(&text, range), Some(Role::Code)),
            Event::InlineMath(_) | Event::DisplayMath(_) => {
                let source = self
                    .slice
                    .text
                    .get(range.clone())
                    .unwrap_or_default()
                    .to_owned();
                self.text(&source.replace('\n', " "), range, Some(Role::Math));
            }
            Event::InlineHtml(text) if is_break(&text) => self.hard_break(range),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.text(&text, range, None);
            }
            Event::FootnoteReference(label) => {
                self.text(&format!("[^{label}]"), range, Some(Role::Marker));
            }
            Event::SoftBreak => self.soft = Some(self.place(range)),
            Event::HardBreak => self.hard_break(range),
            Event::Rule => {
                self.block(range.start);
                let rule = "─".repeat(self.room());
                let source = self.place(range);
                self.row(vec![span(rule, Role::Rule)], source, false, false);
                self.gap = !self.rows.is_empty();
            }
            Event::TaskListMarker(checked) => self.task(checked),
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Paragraph => self.paragraph(range.start),
            Tag::Heading { level, .. } => {
                self.block(range.start);
                self.leaf = Leaf::Heading(rank(level));
            }
            Tag::BlockQuote(kind) => {
                self.block(range.start);
                self.quote(kind, range.start);
            }
            Tag::CodeBlock(kind) => {
                self.block(range.start);
                let language = match kind {
                    CodeBlockKind::Fenced(about) => about
                        .split_whitespace()
                        .next()
                        .unwrap_or_default()
                        .to_owned(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.leaf = Leaf::Code {
                    language,
                    text: String::new(),
                    lines: Vec::new(),
                };
            }
            Tag::HtmlBlock => {
                self.block(range.start);
                self.leaf = Leaf::Html;
            }
            Tag::List(start) => {
                self.block(range.start);
                let next = self.number.take().filter(|_| start.is_some()).or(start);
                let bullet = self
                    .nests
                    .iter()
                    .filter(|nest| matches!(nest, Nest::List { .. }))
                    .count();
                self.enter(Nest::List { next, bullet });
            }
            Tag::Item => self.item(&range),
            Tag::FootnoteDefinition(label) => {
                self.block(range.start);
                self.push_item(format!("[^{label}]: "));
            }
            Tag::Table(_) | Tag::TableHead | Tag::TableRow | Tag::TableCell => {
                self.start_table_part(tag, range);
            }
            Tag::Emphasis => self.face.italic += 1,
            Tag::Strong => self.face.bold += 1,
            Tag::Strikethrough => {
                // One tilde strikes nothing: "3~5" is a range in Chinese.
                let double = self.source(&range).starts_with("~~");
                self.strikes.push(double);
                if double {
                    self.face.strike += 1;
                } else {
                    self.text("~", range.start..range.start + 1, None);
                }
            }
            Tag::Link {
                dest_url,
                link_type,
                ..
            } => {
                let url = match link_type {
                    LinkType::Email => format!("mailto:{dest_url}"),
                    _ => dest_url.into_string(),
                };
                self.target(url, false, &range);
            }
            Tag::Image { dest_url, .. } => {
                self.target(dest_url.into_string(), true, &range);
                self.text("[image: ", range.start..range.start, Some(Role::Dim));
            }
            Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn start_table_part(&mut self, tag: Tag<'_>, range: Range<usize>) {
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

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Paragraph => self.end_paragraph(range.end),
            TagEnd::Heading(_) => {
                self.finish(true);
                self.leaf = Leaf::Text;
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.leave();
                self.gap = !self.rows.is_empty();
            }
            TagEnd::CodeBlock => self.end_code(range),
            TagEnd::HtmlBlock => {
                self.finish(false);
                self.leaf = Leaf::Text;
            }
            TagEnd::List(_) => {
                self.leave();
                self.gap = !self.rows.is_empty();
            }
            TagEnd::Item | TagEnd::FootnoteDefinition => {
                self.flush();
                if matches!(
                    self.nests.last(),
                    Some(Nest::Item {
                        marker: Some(_),
                        ..
                    })
                ) {
                    let source = self.place(range);
                    self.row(Vec::new(), source, false, false);
                }
                self.leave();
                self.gap = !self.rows.is_empty();
            }
            TagEnd::Table => self.end_table(),
            TagEnd::TableHead => {
                if let Leaf::Table { in_header, .. } = &mut self.leaf {
                    *in_header = false;
                }
            }
            TagEnd::TableCell => {
                self.soft = None;
                let cell = std::mem::take(&mut self.flow);
                if let Leaf::Table { grid, in_header } = &mut self.leaf {
                    match grid.rows.last_mut() {
                        Some((cells, _)) if !*in_header => cells.push(cell),
                        _ => grid.header.push(cell),
                    }
                }
            }
            TagEnd::Emphasis => self.face.italic = self.face.italic.saturating_sub(1),
            TagEnd::Strong => self.face.bold = self.face.bold.saturating_sub(1),
            TagEnd::Strikethrough => {
                if self.strikes.pop() == Some(true) {
                    self.face.strike = self.face.strike.saturating_sub(1);
                } else {
                    self.text("~", range.end.saturating_sub(1)..range.end, None);
                }
            }
            TagEnd::Link | TagEnd::Image => self.end_target(&range),
            TagEnd::TableRow
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
        }
    }

    // ---- text ----

    /// Adds text of a leaf. What lies outside of the piece is left out.
    fn text(&mut self, text: &str, mut range: Range<usize>, role: Option<Role>) {
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
        let place = self.place(range);
        if let Leaf::Code {
            text: all, lines, ..
        } = &mut self.leaf
        {
            all.push_str(text);
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
            for line in text.split_inclusive('\n') {
                let shown = line.trim_end_matches(['\n', '\r']);
                self.flow
                    .push_verbatim(shown, style, place.start..place.start + shown.len());
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
        self.flow.push(text, style, place);
    }

    /// Shows a line break of the source as a space, or as nothing within Chinese or Japanese.
    fn soften(&mut self, next: &str) {
        let Some(place) = self.soft.take() else {
            return;
        };
        let joins = self.flow.text().chars().next_back().is_some_and(is_cjk)
            && next.chars().next().is_some_and(is_cjk);
        if !joins && !self.flow.is_empty() {
            self.flow.push(" ", self.style(), place);
        }
    }

    fn hard_break(&mut self, range: Range<usize>) {
        if range.start >= self.slice.body.start && range.start < self.slice.body.end {
            self.soft = None;
            let place = self.place(range);
            if !self.flow.is_empty() {
                self.flow.push_break(place);
            }
        }
    }

    fn style(&self) -> Style {
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
        let linked = self.links.last().is_some_and(|link| !link.image);
        Style {
            role: if linked { Role::Link } else { role },
            bold: strong || self.face.bold > 0,
            italic: self.face.italic > 0,
            underline: linked,
            strike: self.face.strike > 0,
        }
    }

    fn target(&mut self, url: String, image: bool, range: &Range<usize>) {
        self.soften("a");
        let shown = range.end <= self.slice.body.end;
        self.links.push(Target {
            url,
            image,
            from: self.flow.len(),
            shown,
        });
    }

    fn end_target(&mut self, range: &Range<usize>) {
        let Some(link) = self.links.pop() else { return };
        let end = range.end.min(self.slice.body.end);
        let style = Style {
            role: Role::Dim,
            ..self.style()
        };
        if link.image {
            let place = self.place(end..end);
            self.flow.push("]", style, place);
        }
        let text = self.flow.text().get(link.from..).unwrap_or_default();
        let told = text == link.url || link.url.strip_prefix("mailto:") == Some(text);
        if link.shown && !link.url.is_empty() && !told {
            let place = self.place(end.saturating_sub(1)..end);
            let style = Style::of(Role::LinkTarget);
            self.flow.push(&format!(" ({})", link.url), style, place);
        }
    }

    // ---- blocks ----

    /// Prepares for a block that begins at `at`.
    fn block(&mut self, at: usize) {
        self.flush();
        self.define_before(at);
        let in_item = matches!(self.nests.last(), Some(Nest::Item { .. }));
        if self.gap && (!in_item || blank_line_before(&self.slice.text, at)) {
            self.blank_row();
        }
        self.gap = false;
    }

    fn paragraph(&mut self, at: usize) {
        let goes_on = at == 0 && *self.slice.join == Join::Paragraph;
        if !goes_on {
            self.block(at);
        }
        self.leaf = Leaf::Text;
    }

    fn end_paragraph(&mut self, end: usize) {
        let rest = self.slice.text.get(end..).unwrap_or_default();
        let goes_on = self.slice.open == Open::Row && self.nests.is_empty();
        if !goes_on || !rest.trim().is_empty() || self.flow.text().trim().is_empty() {
            return self.finish(false);
        }
        self.soft = None;
        let flow = std::mem::take(&mut self.flow);
        let room = self.room();
        let mut lines = flow.wrap(room, room, Breaking::Words);
        let last = lines.pop();
        self.lines(lines, false);
        self.carry = carry_from(flow, last.map_or(0, |line| line.start), false);
    }

    fn quote(&mut self, kind: Option<BlockQuoteKind>, at: usize) {
        let drawn = self.fits(2);
        self.enter(Nest::Quote { drawn });
        if let Some(kind) = kind {
            let style = Style {
                bold: true,
                ..Style::of(Role::Quote)
            };
            let mut label = Flow::default();
            label.push(alert(kind), style, self.place(at..at));
            let room = self.room();
            self.lines(label.wrap(room, room, Breaking::Words), false);
        }
    }

    fn item(&mut self, range: &Range<usize>) {
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

    fn push_item(&mut self, marker: String) {
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

    fn task(&mut self, checked: bool) {
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

    /// Shows the text of a list item that has no paragraph of its own.
    fn flush(&mut self) {
        if self.flow.is_empty() {
            self.soft = None;
        } else {
            self.finish(false);
        }
    }

    fn finish(&mut self, heading: bool) {
        self.soft = None;
        let flow = std::mem::take(&mut self.flow);
        if flow.text().trim().is_empty() {
            return;
        }
        let room = self.room();
        let mut lines = flow.wrap(room, room, Breaking::Words);
        while lines.last().is_some_and(|line| line.spans.is_empty()) {
            lines.pop();
        }
        self.leaf_lines(flow, lines, heading);
        self.gap = !self.rows.is_empty();
    }

    fn end_code(&mut self, range: Range<usize>) {
        let Leaf::Code {
            language,
            text,
            lines,
        } = std::mem::replace(&mut self.leaf, Leaf::Text)
        else {
            return;
        };
        let room = self.room();
        let start = self.place(range.start..range.start);
        let label = code::label(&language, start, room);
        self.lines(label.into_iter().collect(), false);
        for (line, source) in lines {
            let shown = line.trim_end_matches(['\n', '\r']);
            let exact = source.start..(source.start + shown.len()).min(source.end);
            let mut rows = code::rows(&code::line(shown, exact), room, false);
            own_line(rows.last_mut(), &source);
            self.lines(rows, false);
        }
        self.code.push(CodeBlock {
            language,
            text,
            first_line: String::new(),
        });
        self.gap = !self.rows.is_empty();
    }

    fn end_table(&mut self) {
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

    // ---- what is not parsed ----

    fn fence(&mut self, language: &str) {
        let start = self.place(0..self.slice.body.end);
        let label = code::label(language, start, self.width);
        self.lines(label.into_iter().collect(), false);
        let language = language.to_owned();
        self.code.push(CodeBlock {
            language,
            text: String::new(),
            first_line: String::new(),
        });
    }

    fn code_line(&mut self, indent: usize, carry: Carry) {
        let body = self
            .slice
            .text
            .get(self.slice.body.clone())
            .unwrap_or_default();
        let head = matches!(self.slice.join, Join::Code { head: true, .. });
        let spaces = body.len() - body.trim_start_matches(' ').len();
        let cut = if head { spaces.min(indent) } else { 0 };
        let text = body.get(cut..).unwrap_or_default();
        let shown = text.trim_end_matches(['\n', '\r']);
        if !text.is_empty() {
            let block = CodeBlock {
                language: String::new(),
                text: text.to_owned(),
                first_line: String::new(),
            };
            self.code.push(block);
        } else if matches!(carry, Carry::Nothing) {
            return;
        }
        let line = code::line(shown, self.place(cut..cut + shown.len()));
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

    fn plain(&mut self, carry: Carry) {
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
        if shown.trim().is_empty() && !goes_on {
            return;
        }
        let mut at = 0;
        for line in shown.split_inclusive('\n') {
            let text = line.trim_end_matches(['\n', '\r']);
            if text.trim().is_empty() && flow.is_empty() && line.len() > text.len() {
                // A blank line between lines; at the start of all there is none.
                if self.slice.base > 0 {
                    let place = self.place(at..at);
                    self.rows.push(Row::blank(place.start));
                }
            } else {
                flow.push_verbatim(text, Style::of(Role::Text), self.place(at..at + text.len()));
            }
            at += line.len();
        }
        if flow.is_empty() {
            return self.rows.clear();
        }
        let mut lines = flow.wrap(self.width, self.width, Breaking::Words);
        if self.slice.open == Open::Row {
            let last = lines.pop();
            self.carry = carry_from(flow, last.map_or(0, |line| line.start), false);
        }
        self.lines(lines, false);
    }

    // ---- link definitions ----

    fn define(&mut self, events: &OffsetIter<'_>) {
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
    fn define_before(&mut self, at: usize) {
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
            let place = self.place(span);
            let mut flow = Flow::default();
            flow.push(&format!("[{label}]: "), Style::of(Role::Dim), place.clone());
            flow.push(&target, Style::of(Role::LinkTarget), place);
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

    // ---- rows ----

    /// Draws the lines of running text; the last of them may grow.
    fn leaf_lines(&mut self, flow: Flow, lines: Vec<Line>, heading: bool) {
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

    fn lines(&mut self, lines: Vec<Line>, heading: bool) {
        for (index, line) in lines.into_iter().enumerate() {
            self.row(line.spans, line.source, line.wrapped, heading && index == 0);
        }
    }

    fn row(&mut self, spans: Vec<Span>, source: Range<usize>, wrapped: bool, heading: bool) {
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
        self.rows.push(Row {
            spans: all.into_boxed_slice(),
            source,
            wrapped,
            heading,
        });
    }

    fn blank_row(&mut self) {
        let mut prefix = self.prefix(false);
        if let Some(last) = prefix.last_mut() {
            last.text.truncate(last.text.trim_end().len());
        }
        prefix.retain(|span| !span.text.is_empty());
        let at = self
            .rows
            .last()
            .map_or(self.slice.base, |row| row.source.end);
        // Kept back until something follows: a quote, say, may turn out to be empty.
        let row = Row {
            spans: prefix.into_boxed_slice(),
            ..Row::blank(at)
        };
        self.blank.get_or_insert(row);
    }

    /// What stands before each row of the innermost block; `first` uses up the markers.
    fn prefix(&mut self, first: bool) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        let mut blank = 0;
        for nest in &mut self.nests {
            let piece = match nest {
                Nest::Quote { drawn: true } => span("▎ ", Role::Quote),
                Nest::Item { marker, .. } if first && marker.is_some() => {
                    span(marker.take().unwrap_or_default(), Role::Marker)
                }
                Nest::Item { indent, .. } => {
                    blank += *indent;
                    continue;
                }
                Nest::Quote { drawn: false } | Nest::List { .. } => continue,
            };
            if blank > 0 {
                spans.push(span(" ".repeat(std::mem::take(&mut blank)), Role::Text));
            }
            spans.push(piece);
        }
        if blank > 0 {
            spans.push(span(" ".repeat(blank), Role::Text));
        }
        spans
    }

    fn enter(&mut self, nest: Nest) {
        if self.nests.len() < MAX_NESTS {
            self.nests.push(nest);
        } else {
            self.deeper += 1;
        }
    }

    fn leave(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
        } else {
            self.nests.pop();
        }
    }

    fn indent(&self) -> usize {
        let columns = |nest: &Nest| match nest {
            Nest::Quote { drawn: true } => 2,
            Nest::Item { indent, .. } => *indent,
            Nest::Quote { drawn: false } | Nest::List { .. } => 0,
        };
        self.nests.iter().map(columns).sum()
    }

    /// Tells whether one more prefix of `columns` leaves enough room for text.
    fn fits(&self, columns: usize) -> bool {
        let drawn = |nest: &&Nest| match nest {
            Nest::Quote { drawn } => *drawn,
            Nest::Item { indent, .. } => *indent > 0,
            Nest::List { .. } => false,
        };
        self.nests.iter().filter(drawn).count() < MAX_DRAWN
            && self.indent() + columns <= self.width / 2
    }

    fn room(&self) -> usize {
        self.width.saturating_sub(self.indent()).max(1)
    }

    // ---- places ----

    fn source(&self, range: &Range<usize>) -> &str {
        self.slice.text.get(range.clone()).unwrap_or_default()
    }

    /// Finds the code within its ticks.
    fn inner(&self, code: &str, range: Range<usize>) -> Range<usize> {
        match self.source(&range).find(code) {
            Some(at) => range.start + at..range.start + at + code.len(),
            None => range,
        }
    }

    /// Maps a range of what is parsed to the whole text.
    fn place(&self, range: Range<usize>) -> Range<usize> {
        let body = &self.slice.body;
        let map = |at: usize| self.slice.base + at.clamp(body.start, body.end) - body.start;
        map(range.start)..map(range.end)
    }
}

fn carry_from(mut flow: Flow, start: usize, continued: bool) -> Carry {
    flow.drop_front(start);
    Carry::Row { flow, continued }
}

/// Gives the last row of a line of code the line's end, so that an empty line has a place too.
fn own_line(row: Option<&mut Line>, line: &Range<usize>) {
    if let Some(row) = row {
        let start = if row.source.is_empty() {
            line.start
        } else {
            row.source.start
        };
        row.source = start..line.end;
    }
}

fn is_break(html: &str) -> bool {
    let name = html
        .trim_start_matches('<')
        .trim_end_matches('>')
        .trim_end_matches('/');
    name.trim().eq_ignore_ascii_case("br")
}

fn rank(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

fn alert(kind: BlockQuoteKind) -> &'static str {
    match kind {
        BlockQuoteKind::Note => "Note",
        BlockQuoteKind::Tip => "Tip",
        BlockQuoteKind::Important => "Important",
        BlockQuoteKind::Warning => "Warning",
        BlockQuoteKind::Caution => "Caution",
    }
}
