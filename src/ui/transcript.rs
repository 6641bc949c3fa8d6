//! The chat pane: every turn on the path, of which only the visible rows are drawn.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::cache::{Cache, Source, Topic};
use super::theme::Theme;
use super::{figures, paint, viewport, welcome};
use crate::app::{Anchor, App, Live, Pane, Phase, Section, SeenPane};
use crate::chat::{Finish, Remark, Turn, TurnId, TurnState, safe};
use crate::markdown::Document;

/// How many rows each part of a turn takes, in the order in which they are drawn.
struct Extent<'a> {
    turn: &'a Turn,
    prompt: usize,
    answer: usize,
    remarks: usize,
    failure: usize,
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
}

/// Makes the part of a section's row.
type MakePart = fn(usize) -> Part;

impl Extent<'_> {
    fn height(&self) -> usize {
        // Headers, the blank rows under prompt and reply, and the texts.
        4 + self.prompt + self.answer + self.remarks + self.failure
    }

    fn part(&self, row: usize) -> Part {
        let sections: [(usize, MakePart); 8] = [
            (1, |_| Part::UserHeader),
            (self.prompt, Part::Prompt),
            (1, |_| Part::Blank),
            (1, |_| Part::ReplyHeader),
            (self.answer, Part::Answer),
            (self.remarks, Part::Remarks),
            (self.failure, Part::Failure),
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
            title(app, theme),
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
        .map(|turn| extent(turn, cache, width))
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
        draw_row(app, cache, extent, &extent.part(row - start), line, buf);
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
        && let Some(focus) = app.turn_in_focus()
    {
        let at = app.conversation.path().position(|turn| turn.id == focus.id);
        let at = at.map_or(turns, |at| at + 1);
        spans.push(Span::styled(format!("· turn {at}/{turns} "), theme.dim()));
    }
    Line::from(spans)
}

fn extent<'a>(turn: &'a Turn, cache: &mut Cache, width: u16) -> Extent<'a> {
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
    let remarks = note_rows(Topic::Remarks, &remarks(turn));
    let failure = note_rows(Topic::Failure, &failure(turn));
    Extent {
        turn,
        prompt,
        answer,
        remarks,
        failure,
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
    let (topic, row) = match *part {
        Part::Blank => return,
        Part::UserHeader => return user_header(app, turn, theme, line, buf),
        Part::ReplyHeader => return reply_header(app, turn, theme, line, buf),
        Part::Prompt(row) => (Topic::Prompt, row),
        Part::Answer(row) => (Topic::Answer, row),
        Part::Remarks(row) => (Topic::Remarks, row),
        Part::Failure(row) => (Topic::Failure, row),
    };
    let Some(row) = cache
        .kept(turn.id, topic)
        .and_then(|document| document.row(row))
    else {
        return;
    };
    paint::row(row, line, line.y, theme, buf);
    match topic {
        Topic::Remarks => buf.set_style(line, theme.warning()),
        Topic::Failure if matches!(turn.state, TurnState::Failed(_)) => {
            buf.set_style(line, theme.error());
        }
        Topic::Failure => buf.set_style(line, theme.warning()),
        Topic::Prompt | Topic::Answer | Topic::Reasoning => {}
    }
}

fn user_header(app: &App, turn: &Turn, theme: Theme, line: Rect, buf: &mut Buffer) {
    let mut pieces = vec![("You", theme.user())];
    let siblings = app.conversation.siblings(turn.id);
    let mut versions = String::new();
    if siblings.len() > 1 {
        let at = siblings.iter().position(|id| *id == turn.id).unwrap_or(0) + 1;
        let _ = write!(versions, "  ◀ {at}/{} ▶", siblings.len());
        pieces.push((&versions, theme.active()));
    }
    let x = paint::left(&pieces, line, buf);
    paint::right(&[(&turn.sent.to_string(), theme.dim())], x + 1, line, buf);
}

fn reply_header(app: &App, turn: &Turn, theme: Theme, line: Rect, buf: &mut Buffer) {
    let live = app.live.as_ref().filter(|live| live.turn == turn.id);
    let right: Vec<(String, Style)> = match live {
        Some(live) => phase_pieces(live, turn, theme),
        None => thought(turn)
            .map(|text| (text, theme.dim()))
            .into_iter()
            .collect(),
    };
    let right: Vec<(&str, Style)> = right
        .iter()
        .map(|(text, style)| (text.as_str(), *style))
        .collect();
    // What is going on matters more than who does it: the name gives way.
    let taken: usize = right
        .iter()
        .map(|(text, _)| crate::markdown::text_width(text))
        .sum();
    let room = usize::from(line.width).saturating_sub(taken + 1);
    let model = paint::cut(&safe::one_line(turn.model()), room);
    let provider = format!(" · {}", safe::one_line(&turn.asked.provider));
    let mut left = vec![(model.as_str(), theme.model())];
    if crate::markdown::text_width(&model) + crate::markdown::text_width(&provider) <= room {
        left.push((&provider, theme.dim()));
    }
    let x = paint::left(&left, line, buf);
    paint::right(&right, x, line, buf);
}

/// What the reply in flight is doing: `⠋ thinking 3.2 s`.
fn phase_pieces(live: &Live, turn: &Turn, theme: Theme) -> Vec<(String, Style)> {
    const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
    let elapsed = live.elapsed();
    let step = live.spinner_step() % SPINNER.len();
    let spinner = SPINNER.get(step).copied().unwrap_or("·");
    let text = match &live.phase {
        Phase::Connecting => format!("connecting {}", figures::span(elapsed)),
        Phase::Waiting => format!("waiting {}", figures::span(elapsed)),
        Phase::Thinking => {
            let thought = turn.timing.thought(elapsed).unwrap_or(elapsed);
            format!("thinking {}", figures::span(thought))
        }
        Phase::Answering => format!("answering {}", figures::span(elapsed)),
        Phase::Retrying {
            at,
            attempt,
            of,
            because,
        } => {
            let wait = at.saturating_duration_since(live.as_of);
            let why = because.what();
            let text = format!(
                "{why} Trying again in {} ({attempt}/{of})",
                figures::span(wait)
            );
            return vec![
                (format!("{spinner} "), theme.warning()),
                (text, theme.warning()),
            ];
        }
    };
    vec![
        (format!("{spinner} "), theme.active()),
        (text, theme.active()),
    ]
}

/// `thought 8.4 s`, if it did.
fn thought(turn: &Turn) -> Option<String> {
    if turn.reply.reasoning.is_empty() {
        return None;
    }
    let time = turn.timing.thought(turn.timing.end.unwrap_or_default())?;
    Some(format!("thought {}", figures::span(time)))
}

/// What should be known about a reply, one remark a line. Not yet safe to show.
fn remarks(turn: &Turn) -> String {
    let mut lines: Vec<String> = turn
        .reply
        .calls
        .iter()
        .filter(|call| !call.name.is_empty())
        .map(|call| {
            let arguments = safe::one_line(&call.arguments);
            format!(
                "The model asked for the tool {}({arguments}), which it was not offered. Nothing was run.",
                safe::one_line(&call.name)
            )
        })
        .collect();
    for source in &turn.reply.sources {
        let (index, title) = (source.index, safe::one_line(&source.title));
        lines.push(format!("[{index}] {title} {}", safe::one_line(&source.url)));
    }
    let remarks = turn.reply.remarks.iter().map(|remark| match remark {
        Remark::BrokenEvent => "Part of the stream could not be read and is missing.",
        Remark::LateError => "The server reported an error after the answer was complete.",
        Remark::NotStreamed => "The server sent the whole reply at once instead of streaming it.",
    });
    lines.extend(remarks.map(str::to_owned));
    lines.join("\n")
}

/// Why there is no more of a reply and what to do, empty if it is as it should be.
fn failure(turn: &Turn) -> String {
    match &turn.state {
        TurnState::Live => String::new(),
        TurnState::Stopped => "■ Stopped. Alt+R asks again.".to_owned(),
        TurnState::Failed(failure) => {
            let words = failure.vendor_words();
            let mut text = format!("✗ {} {}", failure.what(), failure.next_step());
            if !words.is_empty() {
                text.push('\n');
                text.push_str(&words);
            }
            text
        }
        TurnState::Done => finish(turn),
    }
}

fn finish(turn: &Turn) -> String {
    let reply = &turn.reply;
    match &reply.finish {
        Some(Finish::Length) if turn.reasoning_ate_the_answer() => {
            let limit = turn.asked.max_tokens;
            let limit = limit.map_or_else(
                || "the token limit".to_owned(),
                |limit| format!("max_tokens = {limit}"),
            );
            let (tokens, _) = turn.reasoning_tokens();
            format!(
                "✂ The reasoning used up {limit} ({} tokens), so there was no room for an answer. Raise it with /set max_tokens, or switch thinking off with Alt+T, then Alt+R.",
                figures::count(tokens)
            )
        }
        Some(Finish::Length) => {
            "✂ Cut at the token limit. Raise it with /set max_tokens, then Alt+R.".to_owned()
        }
        Some(Finish::ContentFilter) => {
            "✂ The provider's safety filter cut this reply. Alt+E edits the message.".to_owned()
        }
        Some(Finish::CutOff) => {
            "✂ Cut off: the stream ended too early. Alt+R asks again.".to_owned()
        }
        Some(Finish::Other(reason)) => {
            format!("The reply ended for a reason of the provider's own: {reason}")
        }
        Some(Finish::Stop | Finish::ToolCalls) | None => {
            if reply.answer.as_str().trim().is_empty() && reply.calls.is_empty() {
                "(empty answer) Alt+R asks again.".to_owned()
            } else {
                String::new()
            }
        }
    }
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
        Part::Blank | Part::ReplyHeader | Part::Remarks(_) | Part::Failure(_) => {
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
