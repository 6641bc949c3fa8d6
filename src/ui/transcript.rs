//! The chat pane: every turn on the path, of which only the visible rows are drawn.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::cache::{Cache, Source, Topic};
use super::theme::Theme;
use super::{figures, notes, paint, phase, viewport, welcome};
use crate::app::{Anchor, App, Live, Pane, Phase, Section, SeenPane};
use crate::chat::{Standing, Turn, TurnId, TurnState, safe};
use crate::markdown::{Document, text_width};

/// How many rows each part of a turn takes, in the order in which they are drawn.
struct Extent<'a> {
    turn: &'a Turn,
    prompt: usize,
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
    /// The row of a text that it shows.
    fn text(&self) -> Option<(Topic, usize)> {
        match *self {
            Self::UserHeader | Self::Blank | Self::ReplyHeader => None,
            Self::Prompt(row) => Some((Topic::Prompt, row)),
            Self::Answer(row) => Some((Topic::Answer, row)),
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
        .map(|turn| extent(turn, app.live.as_ref(), cache, width))
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
        if let Some((topic, row)) = part.text() {
            cache.shows(Pane::Chat, (extent.turn.id, topic, row), line);
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

fn extent<'a>(turn: &'a Turn, live: Option<&Live>, cache: &mut Cache, width: u16) -> Extent<'a> {
    let live = live.filter(|live| live.turn == turn.id);
    let mut rows = |topic, source: Source<'_>| cache.document(turn.id, topic, source, width).len();
    let prompt = rows(Topic::Prompt, Source::fixed(&turn.prompt));
    let answer = &turn.reply.answer;
    let answer = rows(
        Topic::Answer,
        Source {
            text: answer.as_str(),
            epoch: answer.epoch(),
            done: !turn.is_live(),
        },
    );
    let mut note_rows = |topic, text: &str| {
        // Tool calls grow while the turn is live, not always at the end.
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
        answer,
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
    match part {
        Part::UserHeader => user_header(app, turn, theme, line, buf),
        Part::ReplyHeader => reply_header(app, turn, theme, line, buf),
        _ => {}
    }
    let Some((topic, row)) = part.text() else {
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
        Topic::Prompt | Topic::Answer | Topic::Reasoning => {}
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
        Part::Answer(row) => (Section::Answer, offset_in(Topic::Answer, row)),
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
    let row_at = |topic: Topic| {
        cache
            .kept(anchor.turn, topic)
            .map_or(0, |d: &Document| d.row_at(anchor.offset))
    };
    match anchor.section {
        Section::Prompt if anchor.offset == 0 => 0,
        Section::Prompt => 1 + row_at(Topic::Prompt),
        Section::Reasoning => 0,
        Section::Answer => extent.answer_top() + row_at(Topic::Answer),
    }
}

fn headings(extents: &[Extent<'_>], starts: &[(TurnId, usize)], cache: &Cache) -> Vec<usize> {
    extents
        .iter()
        .zip(starts)
        .filter_map(|(extent, (_, start))| {
            let document = cache.kept(extent.turn.id, Topic::Answer)?;
            let top = start + extent.answer_top();
            Some(document.headings().map(move |row| top + row))
        })
        .flatten()
        .collect()
}
