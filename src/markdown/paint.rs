//! Turns one piece of a text into rows.
//!
//! Owns the walk over the parser's events. Its parts: [`text`] (styles, links), [`leaf`]
//! (paragraphs, code, tables), [`formula`], [`nest`] (quotes, lists, the rows themselves), [`verbatim`] (what
//! is not parsed). Lines are broken by [`wrap`](super::wrap), tables drawn by
//! [`table`](super::table), code by [`code`](super::code).
//!
//! Invariant: no recursion, however deep the nesting.

mod emphasis;
mod formula;
mod leaf;
mod nest;
mod text;
mod verbatim;

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};

use self::emphasis::{mask, unmask};
use self::formula::with_dollars;
use self::text::is_break;
use super::blocks::Join;
use super::flow::{Flow, Origin};
use super::listing::{CodeLine, Listing};
use super::live::Live;
use super::slice::Slice;
use super::table::{Frozen, Grid};
use super::{Link, Role, Row, Span};
use crate::chat::safe;

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
    /// Code within other blocks.
    pub(super) listings: Vec<Listing>,
    /// The rows of its lines.
    pub(super) lines: Vec<CodeLine>,
    pub(super) carry: Carry,
    /// The last row, if it is running text.
    pub(super) live: Option<Live>,
}

/// Draws a piece at `width` columns, going on from what the piece before it left.
pub(super) fn paint(slice: &Slice<'_>, width: usize, carry: Carry) -> Painted {
    let mut painter = Painter {
        slice,
        width,
        rows: Vec::new(),
        listings: Vec::new(),
        lines: Vec::new(),
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
        masked: false,
        dollars: false,
    };
    match slice.join {
        Join::Fence { language } => painter.fence(language),
        Join::Code { fence, .. } => painter.code_line(*fence, carry),
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
        listings: painter.listings,
        lines: painter.lines,
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
    link: Option<Rc<Link>>,
    /// Where its text begins in the flow.
    from: usize,
    shown: bool,
}

struct Painter<'a> {
    slice: &'a Slice<'a>,
    width: usize,
    rows: Vec<Row>,
    listings: Vec<Listing>,
    lines: Vec<CodeLine>,
    nests: Vec<Nest>,
    /// Blocks entered below those.
    deeper: usize,
    flow: Flow,
    /// A line break that may become a space.
    soft: Option<Origin>,
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
    /// What the parser reads is masked.
    masked: bool,
    /// In what the parser reads, dollars stand for brackets with backslashes.
    dollars: bool,
}

impl Painter<'_> {
    fn markdown(&mut self, carry: Carry) {
        match carry {
            Carry::Row { flow, .. } => {
                self.flow = flow;
                if let Some(before) = self.slice.before.filter(|c| c.is_whitespace()) {
                    let base = self.slice.base;
                    let origin = Origin::exact(base.saturating_sub(before.len_utf8())..base);
                    match before {
                        '\n' => self.soft = Some(origin),
                        _ => self.flow.push(" ", self.style(), origin),
                    }
                }
            }
            Carry::Table(frozen) => self.frozen = Some(frozen),
            Carry::Nothing => {}
        }
        if let Join::Item(number) = self.slice.join {
            self.number = *number;
        }
        let dollars = with_dollars(&self.slice.text);
        self.dollars = dollars.is_some();
        let text = dollars.as_deref().unwrap_or(&self.slice.text);
        let masked = mask(text);
        self.masked = masked.is_some();
        let text = masked.as_deref().unwrap_or(text);
        let events = Parser::new_ext(text, options()).into_offset_iter();
        self.define(&events);
        for (event, range) in events {
            self.event(event, range);
        }
        self.flush();
        self.define_before(usize::MAX);
    }

    /// Reads what the parser gives back.
    fn read<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.masked {
            unmask(text)
        } else {
            Cow::Borrowed(text)
        }
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Code(text) => {
                let text = self.read(&text);
                self.text(&text, self.inner(&text, range), Some(Role::Code));
            }
            Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.math(&self.read(&text), range);
            }
            Event::InlineHtml(text) if is_break(&text) => self.hard_break(range),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                let source = self.slice.text.get(range.clone()).unwrap_or_default();
                if self.dollars && source.len() == text.len() {
                    // Where no formula was seen, code among it, the backslashes come back.
                    return self.text(source, range, None);
                }
                self.text(&self.read(&text), range, None);
            }
            Event::FootnoteReference(label) => {
                self.text(
                    &format!("[^{}]", self.read(&label)),
                    range,
                    Some(Role::Marker),
                );
            }
            Event::SoftBreak => self.soft = Some(self.origin("\n", &range)),
            Event::HardBreak => self.hard_break(range),
            Event::Rule => {
                self.block(range.start);
                let rule = "─".repeat(self.room());
                let source = self.place(range);
                let rule = Span {
                    source: source.clone(),
                    ..Span::decoration(rule, Role::Rule)
                };
                self.row(vec![rule], source, false, false);
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
                    .filter(|nest| matches!(nest, Nest::List { next: None, .. }))
                    .count();
                self.enter(Nest::List { next, bullet });
            }
            Tag::Item => self.item(&range),
            Tag::FootnoteDefinition(label) => {
                self.block(range.start);
                let label = self.read(&label);
                let number = label.chars().all(|c| c.is_ascii_digit());
                let sign = if number { "" } else { "^" };
                self.push_item(safe::one_line(&format!("[{sign}{label}] ")));
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
                    _ => self.read(&dest_url).into_owned(),
                };
                self.target(url, false, &range);
            }
            Tag::Image { dest_url, .. } => {
                self.target(self.read(&dest_url).into_owned(), true, &range);
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
                let mut cell = std::mem::take(&mut self.flow);
                cell.link_bare(Some(Role::Link));
                cell.mark_footnotes();
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

    /// Finds what `text`, read at `range`, stands for in the whole text.
    fn origin(&self, text: &str, range: &Range<usize>) -> Origin {
        let body = &self.slice.body;
        let inside = body.start <= range.start && range.end <= body.end;
        let place = self.place(range.clone());
        if inside && reads(self.source(range), text) {
            Origin::exact(place)
        } else {
            Origin::all_of(place)
        }
    }

    /// As [`Self::origin`], for a `place` in the whole text.
    fn origin_at(&self, text: &str, place: &Range<usize>) -> Origin {
        let (base, body) = (self.slice.base, self.slice.body.start);
        let at = |place: usize| place.saturating_sub(base) + body;
        self.origin(text, &(at(place.start)..at(place.end)))
    }

    /// Maps a range of what is parsed to the whole text.
    fn place(&self, range: Range<usize>) -> Range<usize> {
        let body = &self.slice.body;
        let map = |at: usize| self.slice.base + at.clamp(body.start, body.end) - body.start;
        map(range.start)..map(range.end)
    }
}

/// Tells whether `shown` is `written`, byte for byte; any white space may be shown as a space.
fn reads(written: &str, shown: &str) -> bool {
    let space = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n');
    written == shown
        || written.len() == shown.len()
            && written
                .bytes()
                .zip(shown.bytes())
                .all(|(written, shown)| written == shown || space(written) && space(shown))
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
