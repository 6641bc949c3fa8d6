//! The thinking pane: the reasoning of the turn in focus, whole or its last lines.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::cache::{Cache, Source, Topic};
use super::theme::Theme;
use super::{figures, paint, viewport};
use crate::app::scroll::{Place, Scroll};
use crate::app::{Anchor, App, Live, Pane, Section, SeenPane};
use crate::chat::{self, Thinking, Turn, TurnId, TurnState};
use crate::config::PanelState;
use crate::markdown::{Document, text_width};
use crate::phrase::tr;

/// Draws the thinking pane.
pub(super) fn draw(app: &App, cache: &mut Cache, outer: Rect, buf: &mut Buffer) -> SeenPane {
    let theme = cache.theme;
    let turn = app.turn_in_focus();
    let bare = app.zoom.is_some();
    if outer.height == 1 && !bare {
        if let Some(turn) = turn {
            summary(app, turn, theme, outer, buf);
        } else {
            let mut line = title(app, None, outer.width, theme);
            let what = tr!("· the model's reasoning appears here");
            line.push_span(Span::styled(what, theme.dim()));
            buf.set_line(outer.x, outer.y, &line, outer.width);
        }
        return SeenPane {
            area: outer,
            ..SeenPane::default()
        };
    }
    let area = if bare {
        outer
    } else {
        let title = title(app, turn, outer.width, theme);
        paint::boxed(outer, &title, app.focus == Pane::Thinking, theme, buf)
    };
    let area = if bare || area.width < 24 {
        area
    } else {
        paint::padded(area)
    };
    let Some(turn) = turn else {
        hint(app, theme, area, buf);
        return SeenPane {
            area,
            ..SeenPane::default()
        };
    };
    let reasoning = &turn.reply.reasoning;
    if reasoning.is_empty() {
        absent(turn, theme, area, buf);
        return SeenPane {
            area,
            ..SeenPane::default()
        };
    }
    let source = Source {
        text: reasoning.as_str(),
        epoch: reasoning.epoch(),
        done: !turn.is_live(),
    };
    let is_last = app
        .conversation
        .last()
        .is_some_and(|last| last.id == turn.id);
    let scroll = match app.panel {
        // The peek always shows the last lines.
        PanelState::Peek if !bare => Scroll::default(),
        // An earlier turn's reasoning is read from its beginning.
        _ if !is_last && app.thinking_scroll.follows() => Scroll::at_top(),
        PanelState::Full | PanelState::Peek | PanelState::Hidden => app.thinking_scroll,
    };
    let seen = look(turn.id, source, scroll, area, cache);
    let (rows, top) = (seen.rows, seen.top);
    for (row, y) in (top..rows).zip(area.y..area.bottom()) {
        let line = Rect {
            y,
            height: 1,
            ..area
        };
        cache.shows(Pane::Thinking, (turn.id, Topic::Reasoning, row), line);
        if let Some(row) = cache
            .kept(turn.id, Topic::Reasoning)
            .and_then(|d| d.row(row))
        {
            paint::row(row, area, y, cache, buf);
        }
    }
    theme.tint_reasoning(area, buf);
    if !bare {
        viewport::frame(scroll, rows, top, outer, theme, buf);
    }
    seen
}

/// Finds the row on top and has all that are visible at hand.
fn look(
    turn: TurnId,
    source: Source<'_>,
    scroll: Scroll,
    area: Rect,
    cache: &mut Cache,
) -> SeenPane {
    let height = usize::from(area.height);
    let last = cache.thinking_top.filter(|(_, top)| top.turn == turn);
    let rewrapped = last.is_some_and(|(_, top)| top.width != area.width);
    let earlier = cache.kept(turn, Topic::Reasoning).map(Document::len);
    let mut spare = cache.spare;
    let document = cache.document(turn, Topic::Reasoning, source, area.width);
    let before = earlier.filter(|_| rewrapped).unwrap_or(document.len());
    let row_of = |document: &mut Document, anchor: Anchor| {
        let row = document.reveal(source.text, anchor.offset);
        let below = if anchor.width == area.width {
            anchor.row
        } else {
            0
        };
        row.saturating_add_signed(below)
    };
    let anchor_at = |document: &Document, row: usize| {
        let offset = document.row(row)?.source.start;
        let base = document.row_at(offset);
        Some(Anchor {
            turn,
            row: row.cast_signed() - base.cast_signed(),
            offset,
            section: Section::Reasoning,
            width: area.width,
        })
    };
    let find = |document: &mut Document, place: Place| {
        let found = match (place, last) {
            (Place::Tail, _) => None,
            (Place::Row(row @ 1..), Some((top, anchor))) => {
                let moved = row.cast_signed() - top.cast_signed();
                Some(row_of(document, anchor).saturating_add_signed(moved))
            }
            (Place::Row(row), _) => Some(row),
            (Place::Held(anchor), _) => (anchor.turn == turn).then(|| row_of(document, anchor)),
            (Place::Revealed { to, from }, _) => (to.turn == turn).then(|| {
                let row = row_of(document, to);
                let from = from.filter(|from| from.turn == turn);
                let before = from.map(|from| row_of(document, from));
                let last = document.len().saturating_sub(height);
                viewport::revealed(row, before.map(|top| top.min(last)), height)
            }),
        };
        let last = document.len().saturating_sub(height);
        found.map_or(last, |row| row.min(last))
    };
    let mut place = scroll.place;
    let mut top = find(document, place);
    if !document.lay_out(source.text, top..top + 1)
        && let (Place::Row(1..), Some(anchor)) = (place, anchor_at(document, top))
    {
        // A row that was counted is a place in the text, whatever is counted beside it.
        place = Place::Held(anchor);
    }
    for round in 0.. {
        while document.lay_out(source.text, top..top + height) {
            top = find(document, place);
        }
        if round > 0 || spare == 0 || document.is_counted() {
            break;
        }
        if let (Place::Row(_) | Place::Held(_) | Place::Revealed { .. }, Some(anchor)) =
            (place, anchor_at(document, top))
        {
            place = Place::Held(anchor);
        }
        document.count_some(source.text, top, &mut spare);
        top = find(document, place);
    }
    let seen = SeenPane {
        area,
        rows: document.len(),
        top,
        anchor: anchor_at(document, top),
        headings: (document.heading_above(top), document.heading_from(top + 1)),
        recounted: document.len().cast_signed() - before.cast_signed(),
    };
    cache.uncounted |= !document.is_counted();
    cache.spare = spare;
    cache.thinking_top = seen.anchor.map(|anchor| (top, anchor));
    seen
}

/// The pane in one line, while the answer has the room.
fn summary(app: &App, turn: &Turn, theme: Theme, area: Rect, buf: &mut Buffer) {
    let key = app.keymap.hint(crate::app::Command::FocusPrevious);
    let key = key.filter(|_| !turn.reply.reasoning.is_empty());
    let how = key.map_or_else(String::new, |key| tr!("· {key} reads it ", key));
    // Figures give way to the key.
    let how_cols = u16::try_from(text_width(&how)).unwrap_or(u16::MAX);
    let room = area.width.saturating_sub(how_cols);
    let mut line = title(app, Some(turn), room, theme);
    line.push_span(Span::styled(how, theme.dim()));
    buf.set_line(area.x, area.y, &line, area.width);
}

/// ` Thinking · 1.2k tok · 8.4 s · 62 % of 2k · 87 tok/s `, as much of it as fits.
fn title(app: &App, turn: Option<&Turn>, width: u16, theme: Theme) -> Line<'static> {
    let mut spans = vec![Span::styled(tr!(" Thinking "), theme.title())];
    let mut room = usize::from(width).saturating_sub(text_width(tr!(" Thinking ")) + 2);
    let mut facts = turn.map_or_else(Vec::new, |turn| facts(app, turn));
    let pace = turn.and_then(|turn| figures::pace(turn.reasoning_tokens(), thought(app, turn)?));
    facts.extend(pace);
    for fact in facts {
        let fact = format!("· {fact} ");
        let Some(left) = room.checked_sub(text_width(&fact)) else {
            break;
        };
        room = left;
        spans.push(Span::styled(fact, theme.dim()));
    }
    Line::from(spans)
}

/// How much was thought, how long, and what share of the token limit that took.
fn facts(app: &App, turn: &Turn) -> Vec<String> {
    if turn.reply.reasoning.is_empty() {
        return Vec::new();
    }
    let (tokens, reported) = turn.reasoning_tokens();
    let about = if reported { "" } else { "~" };
    let mut facts = vec![format!("{about}{} tok", figures::count(tokens))];
    facts.extend(thought(app, turn).map(figures::span));
    if let Some(limit) = turn.asked.params.max_tokens.filter(|limit| *limit > 0) {
        let share = tokens.saturating_mul(100) / limit;
        facts.push(format!("{share} % of {}", figures::count(limit)));
    }
    facts
}

/// How long was thought so far.
fn thought(app: &App, turn: &Turn) -> Option<Duration> {
    let live = app.live.as_ref().filter(|live| live.turn == turn.id);
    let elapsed = live.map_or(turn.timing.end.unwrap_or_default(), Live::elapsed);
    turn.timing.spent(chat::Part::Reasoning, elapsed)
}

fn hint(app: &App, theme: Theme, area: Rect, buf: &mut Buffer) {
    let key = app
        .keymap
        .hint(crate::app::Command::ToggleThinkingPanel)
        .unwrap_or_default();
    let lines = [
        tr!("The model's reasoning appears here, live, beside its answer.").to_owned(),
        String::new(),
        tr!("{key} shows less of it, or none.", key),
    ];
    lines_of(&lines, theme, area, buf);
}

/// Why there is no reasoning to see.
fn absent(turn: &Turn, theme: Theme, area: Rect, buf: &mut Buffer) {
    let text = match (&turn.state, turn.asked.thinking) {
        (TurnState::Live, Thinking::Off) => tr!("Thinking is off for this turn."),
        (TurnState::Live, _) => tr!("No reasoning yet."),
        (_, Thinking::Off) => tr!("Thinking was off, and none came."),
        (TurnState::Done, _) => tr!("The model answered without reasoning that it shows."),
        (TurnState::Stopped | TurnState::Interrupted | TurnState::Failed(_), _) => {
            tr!("No reasoning came.")
        }
    };
    lines_of(&[text.to_owned()], theme, area, buf);
}

fn lines_of(lines: &[String], theme: Theme, area: Rect, buf: &mut Buffer) {
    let rows = lines
        .iter()
        .flat_map(|line| paint::folded(line, usize::from(area.width)));
    for (y, row) in (area.y..area.bottom()).zip(rows) {
        buf.set_stringn(area.x, y, row, usize::from(area.width), theme.dim());
    }
}
