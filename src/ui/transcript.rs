//! The chat pane: every turn on the path, of which only the visible rows are drawn.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::body::{At, Body, INDENT_COLS};
use super::cache::{Cache, Source, Topic};
use super::theme::Theme;
use super::{card, figures, notes, paint, phase, viewport, welcome};
use crate::app::{Anchor, App, Pane, Phase, Section, SeenPane};
use crate::chat::{Standing, Turn, TurnId, TurnState, safe};
use crate::markdown::{Document, text_width};

/// How many rows each part of a turn takes, in the order in which they are drawn.
struct Extent<'a> {
    turn: &'a Turn,
    prompt: usize,
    body: Body,
    /// The rows of the body: the answer, and the cards of tool calls.
    answer: usize,
    remarks: usize,
    failure: usize,
    words: usize,
}

/// A row of a turn.
enum Part {
    UserHeader,
    Prompt(usize),
    Blank,
    ReplyHeader,
    Answer(usize),
    Remarks(usize),
    Failure(usize),
    Words(usize),
}

impl Part {
    /// The row of a text that it shows, where the body of the reply is that.
    fn text(&self, body: &Body) -> Option<(Topic, usize)> {
        match *self {
            Self::UserHeader | Self::Blank | Self::ReplyHeader => None,
            Self::Prompt(row) => Some((Topic::Prompt, row)),
            Self::Answer(row) => match body.at(row) {
                At::Text { topic, row, .. } => Some((topic, row)),
                At::Head(_) | At::Result(..) | At::Blank => None,
            },
            Self::Remarks(row) => Some((Topic::Remarks, row)),
            Self::Failure(row) => Some((Topic::Failure, row)),
            Self::Words(row) => Some((Topic::Words, row)),
        }
    }
}

/// Makes the part of a section's row.
type MakePart = fn(usize) -> Part;

impl Extent<'_> {
    fn height(&self) -> usize {
        // Headers, the blank rows under prompt and reply, and the texts.
        4 + self.prompt + self.answer + self.gap() + self.notes()
    }

    fn notes(&self) -> usize {
        self.remarks + self.failure + self.words
    }

    /// A blank row sets the notes apart from the answer.
    fn gap(&self) -> usize {
        usize::from(self.answer > 0 && self.notes() > 0)
    }

    fn part(&self, row: usize) -> Part {
        let sections: [(usize, MakePart); 10] = [
            (1, |_| Part::UserHeader),
            (self.prompt, Part::Prompt),
            (1, |_| Part::Blank),
            (1, |_| Part::ReplyHeader),
            (self.answer, Part::Answer),
            (self.gap(), |_| Part::Blank),
            (self.remarks, Part::Remarks),
            (self.failure, Part::Failure),
            (self.words, Part::Words),
            (1, |_| Part::Blank),
        ];
        let mut row = row;
        for (rows, part) in sections {
            if row < rows {
                return part(row);
            }
            row -= rows;
        }
        Part::Blank
    }

    fn answer_top(&self) -> usize {
        3 + self.prompt
    }
}

/// Draws the chat pane. Returns what it showed, and the first row of each turn.
pub(super) fn draw(
    app: &App,
    cache: &mut Cache,
    outer: Rect,
    buf: &mut Buffer,
) -> (SeenPane, Vec<(TurnId, usize)>) {
    let theme = cache.theme;
    let bare = app.zoom.is_some();
    let area = if bare {
        outer
    } else {
        paint::boxed(
            outer,
            &title(app, theme),
            app.focus == Pane::Chat,
            theme,
            buf,
        )
    };
    let area = if bare || area.width < 24 {
        area
    } else {
        paint::padded(area)
    };
    if app.conversation.is_empty() {
        welcome::draw(app, theme, area, buf);
        return (
            SeenPane {
                area,
                ..SeenPane::default()
            },
            Vec::new(),
        );
    }
    let width = area.width;
    let extents: Vec<Extent<'_>> = app
        .conversation
        .path()
        .map(|turn| extent(app, turn, cache, width))
        .collect();
    let mut starts = Vec::with_capacity(extents.len());
    let mut rows = 0;
    for extent in &extents {
        starts.push((extent.turn.id, rows));
        rows += extent.height();
    }
    // The blank row under the last turn only separates; nothing follows it.
    let rows = rows.saturating_sub(1);
    let height = usize::from(area.height);
    let find = |anchor: Anchor| {
        let start = starts.iter().find(|(turn, _)| *turn == anchor.turn)?.1;
        let extent = extents
            .iter()
            .find(|extent| extent.turn.id == anchor.turn)?;
        Some(start + row_of(extent, anchor, cache, width))
    };
    let top = viewport::top(app.chat_scroll, rows, height, find);
    let mut at = starts
        .partition_point(|(_, start)| *start <= top)
        .saturating_sub(1);
    for offset in 0..area.height {
        let row = top + usize::from(offset);
        while starts.get(at + 1).is_some_and(|(_, start)| *start <= row) {
            at += 1;
        }
        let (Some(extent), Some((_, start))) = (extents.get(at), starts.get(at)) else {
            break;
        };
        if row >= rows {
            break;
        }
        let line = Rect {
            y: area.y + offset,
            height: 1,
            ..area
        };
        let part = extent.part(row - start);
        if let Some((topic, row)) = part.text(&extent.body) {
            cache.shows(extent.turn.id, topic, row);
        }
        draw_row(app, cache, extent, &part, line, buf);
    }
    if !bare {
        viewport::frame(app.chat_scroll, rows, top, outer, theme, buf);
    }
    let anchor = starts
        .partition_point(|(_, start)| *start <= top)
        .checked_sub(1)
        .and_then(|at| {
            let (extent, (_, start)) = extents.get(at).zip(starts.get(at))?;
            Some(anchor(extent, top - start, cache, width))
        });
    let headings = headings(&extents, &starts, cache);
    (
        SeenPane {
            area,
            rows,
            top,
            anchor,
            headings,
        },
        starts,
    )
}

fn title(app: &App, theme: Theme) -> Line<'static> {
    let mut spans = vec![Span::styled(" Chat ", theme.title())];
    let turns = app.conversation.path().count();
    if turns > 1
        && let Some(focus) = app.turn_in_view()
    {
        let at = app.conversation.path().position(|turn| turn.id == focus.id);
        let at = at.map_or(turns, |at| at + 1);
        spans.push(Span::styled(format!("· turn {at}/{turns} "), theme.dim()));
    }
    Line::from(spans)
}

fn extent<'a>(app: &App, turn: &'a Turn, cache: &mut Cache, width: u16) -> Extent<'a> {
    let live = app.live.as_ref().filter(|live| live.turn == turn.id);
    let body = Body::of(turn, app.toolbox.results_open, cache, width);
    let mut rows = |topic, source: Source<'_>| cache.document(turn.id, topic, source, width).len();
    let prompt = rows(Topic::Prompt, Source::fixed(&turn.prompt));
    let mut note_rows = |topic, text: &str| {
        // Remarks come and go while the turn is live, not always at the end.
        let epoch = u32::try_from(text.len()).unwrap_or(u32::MAX);
        if text.is_empty() {
            0
        } else {
            rows(
                topic,
                Source {
                    text,
                    epoch,
                    done: true,
                },
            )
        }
    };
    let notes = notes::of(turn, live);
    let remarks = note_rows(Topic::Remarks, &notes.remarks);
    let failure = note_rows(Topic::Failure, &notes.ending);
    let words = note_rows(Topic::Words, &notes.words);
    Extent {
        turn,
        prompt,
        answer: body.rows(),
        body,
        remarks,
        failure,
        words,
    }
}

fn draw_row(
    app: &App,
    cache: &Cache,
    extent: &Extent<'_>,
    part: &Part,
    line: Rect,
    buf: &mut Buffer,
) {
    let turn = extent.turn;
    let theme = cache.theme;
    match *part {
        Part::UserHeader => user_header(app, turn, theme, line, buf),
        Part::ReplyHeader => reply_header(app, turn, theme, line, buf),
        Part::Answer(row) => match extent.body.at(row) {
            At::Head(call) | At::Result(call, _) => {
                call_row(app, cache, extent, (call, row), line, buf);
            }
            At::Text { .. } | At::Blank => {}
        },
        _ => {}
    }
    let Some((topic, row)) = part.text(&extent.body) else {
        return;
    };
    let Some(row) = cache
        .kept(turn.id, topic)
        .and_then(|document| document.row(row))
    else {
        return;
    };
    paint::row(row, line, line.y, cache, buf);
    match topic {
        Topic::Remarks => buf.set_style(line, theme.warning()),
        Topic::Failure if matches!(turn.state, TurnState::Failed(_)) => {
            buf.set_style(line, theme.error());
        }
        Topic::Failure => buf.set_style(line, theme.warning()),
        Topic::Words => buf.set_style(line, theme.dim()),
        Topic::Prompt | Topic::Answer | Topic::Later(_) | Topic::Result(_) | Topic::Reasoning => {}
    }
}

/// A row of the card of a tool call.
fn call_row(
    app: &App,
    cache: &Cache,
    extent: &Extent<'_>,
    (call, row): (usize, usize),
    line: Rect,
    buf: &mut Buffer,
) {
    let turn = extent.turn;
    let (theme, at) = (cache.theme, extent.body.at(row));
    let Some(call) = turn.reply.calls.get(call) else {
        return;
    };
    if app.zoom.is_none() {
        card::mark(call, theme, line, buf);
    }
    match at {
        At::Head(_) => card::head(app, turn, call, theme, line, buf),
        At::Result(index, row) => {
            let document = u16::try_from(index)
                .ok()
                .and_then(|index| cache.kept(turn.id, Topic::Result(index)));
            if let Some(row) = document.and_then(|document| document.row(row)) {
                let indent = INDENT_COLS.min(line.width);
                let line = Rect {
                    x: line.x + indent,
                    width: line.width - indent,
                    ..line
                };
                paint::row(row, line, line.y, cache, buf);
                buf.set_style(line, theme.dim());
            }
        }
        At::Text { .. } | At::Blank => {}
    }
}

fn user_header(app: &App, turn: &Turn, theme: Theme, line: Rect, buf: &mut Buffer) {
    let is_selected = app.selected == Some(turn.id);
    let mut pieces = vec![("You", theme.user())];
    if is_selected {
        pieces.insert(0, ("› ", theme.active()));
    }
    let siblings = app.conversation.siblings(turn.id);
    let mut versions = String::new();
    if siblings.len() > 1 {
        let at = siblings.iter().position(|id| *id == turn.id).unwrap_or(0) + 1;
        let _ = write!(versions, "  ◀ {at}/{} ▶", siblings.len());
        pieces.push((&versions, theme.active()));
    }
    match turn.standing {
        Standing::Sent => {}
        Standing::Pinned => pieces.push(("  pinned", theme.active())),
        Standing::LeftOut => pieces.push(("  left out of what is sent", theme.warning())),
    }
    let x = paint::left(&pieces, line, buf);
    paint::right(&[(&turn.sent.to_string(), theme.dim())], x + 1, line, buf);
}

fn reply_header(app: &App, turn: &Turn, theme: Theme, line: Rect, buf: &mut Buffer) {
    let live = app.live.as_ref().filter(|live| live.turn == turn.id);
    let (right, style) = match live {
        Some(live) if matches!(live.phase, Phase::Retrying { .. }) => {
            (phase::words(live, turn), theme.warning())
        }
        Some(live) => (phase::words(live, turn), theme.active()),
        None => (thought(turn).unwrap_or_default(), theme.dim()),
    };
    // What is going on matters more than who does it: the name gives way.
    let room = usize::from(line.width).saturating_sub(text_width(&right) + 1);
    let model = paint::cut(&safe::one_line(turn.model()), room);
    let provider = format!(" · {}", safe::one_line(&turn.asked.provider));
    let mut left = vec![(model.as_str(), theme.model())];
    if text_width(&model) + text_width(&provider) <= room {
        left.push((&provider, theme.dim()));
    }
    let x = paint::left(&left, line, buf);
    paint::right(&[(&right, style)], x, line, buf);
}

/// `thought 8.4 s`, if it did.
fn thought(turn: &Turn) -> Option<String> {
    if turn.reply.reasoning.is_empty() {
        return None;
    }
    let time = turn.timing.thought(turn.timing.end.unwrap_or_default())?;
    Some(format!("thought {}", figures::span(time)))
}

/// Where a row of a turn is in its texts.
fn anchor(extent: &Extent<'_>, row: usize, cache: &Cache, width: u16) -> Anchor {
    let turn = extent.turn.id;
    let offset_in = |topic: Topic, row: usize| {
        let document = cache.kept(turn, topic);
        document
            .and_then(|document| document.row(row))
            .map_or(0, |row| row.source.start)
    };
    let (section, offset) = match extent.part(row) {
        Part::UserHeader => (Section::Prompt, 0),
        Part::Prompt(row) => (Section::Prompt, offset_in(Topic::Prompt, row)),
        Part::Answer(row) => match extent.body.at(row) {
            At::Text { topic, row, start } => (Section::Answer, start + offset_in(topic, row)),
            At::Head(_) | At::Result(..) | At::Blank => {
                let before = extent.body.texts().filter(|(_, first, _)| *first <= row);
                (
                    Section::Answer,
                    before.last().map_or(0, |(_, _, start)| start),
                )
            }
        },
        Part::Blank | Part::ReplyHeader | Part::Remarks(_) | Part::Failure(_) | Part::Words(_) => {
            (Section::Answer, 0)
        }
    };
    Anchor {
        turn,
        row,
        offset,
        section,
        width,
    }
}

/// The row of a turn that an anchor means, at a width.
fn row_of(extent: &Extent<'_>, anchor: Anchor, cache: &Cache, width: u16) -> usize {
    if anchor.width == width {
        return anchor.row;
    }
    let row_at = |topic: Topic, offset: usize| {
        cache
            .kept(anchor.turn, topic)
            .map_or(0, |d: &Document| d.row_at(offset))
    };
    match anchor.section {
        Section::Prompt if anchor.offset == 0 => 0,
        Section::Prompt => 1 + row_at(Topic::Prompt, anchor.offset),
        Section::Reasoning => 0,
        Section::Answer => {
            let mut texts = extent.body.texts();
            let at = texts
                .by_ref()
                .take_while(|(_, _, start)| *start <= anchor.offset);
            let row = at.last().map_or(0, |(topic, first, start)| {
                first + row_at(topic, anchor.offset - start)
            });
            extent.answer_top() + row
        }
    }
}

fn headings(extents: &[Extent<'_>], starts: &[(TurnId, usize)], cache: &Cache) -> Vec<usize> {
    extents
        .iter()
        .zip(starts)
        .flat_map(|(extent, (_, start))| {
            let top = start + extent.answer_top();
            let texts = extent.body.texts().filter_map(move |(topic, first, _)| {
                let document = cache.kept(extent.turn.id, topic)?;
                Some(document.headings().map(move |row| top + first + row))
            });
            texts.flatten()
        })
        .collect()
}
