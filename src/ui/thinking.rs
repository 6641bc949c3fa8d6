//! The thinking pane: the reasoning of the turn in focus, whole or its last lines.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::cache::{Cache, Source, Topic};
use super::theme::Theme;
use super::{figures, paint, viewport};
use crate::app::scroll::Scroll;
use crate::app::{Anchor, App, Live, Pane, Section, SeenPane};
use crate::chat::{Thinking, Turn, TurnState};
use crate::config::PanelState;
use crate::markdown::text_width;

/// Draws the thinking pane.
pub(super) fn draw(app: &App, cache: &mut Cache, outer: Rect, buf: &mut Buffer) -> SeenPane {
    let theme = cache.theme;
    let turn = app.turn_in_focus();
    let bare = app.zoom.is_some();
    if outer.height == 1 && !bare {
        if let Some(turn) = turn {
            summary(app, turn, theme, outer, buf);
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
    let width = area.width;
    let document = cache.document(turn.id, Topic::Reasoning, source, width);
    let rows = document.len();
    let find = |anchor: Anchor| {
        let same = anchor.turn == turn.id;
        same.then(|| {
            if anchor.width == width {
                anchor.row
            } else {
                document.row_at(anchor.offset)
            }
        })
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
    let top = viewport::top(scroll, rows, usize::from(area.height), find);
    let anchor = document.row(top).map(|row| Anchor {
        turn: turn.id,
        row: top,
        offset: row.source.start,
        section: Section::Reasoning,
        width,
    });
    let headings = document.headings().collect();
    for (row, y) in (top..rows).zip(area.y..area.bottom()) {
        cache.shows(turn.id, Topic::Reasoning, row);
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
    SeenPane {
        area,
        rows,
        top,
        anchor,
        headings,
    }
}

/// The pane in one line, while the answer has the room.
fn summary(app: &App, turn: &Turn, theme: Theme, area: Rect, buf: &mut Buffer) {
    let mut line = title(app, Some(turn), area.width, theme);
    if !turn.reply.reasoning.is_empty() {
        let key = app.keymap.hint(crate::app::Command::FocusPrevious);
        let how = key.map_or_else(String::new, |key| format!("· {key} reads it "));
        line.push_span(Span::styled(how, theme.dim()));
    }
    buf.set_line(area.x, area.y, &line, area.width);
}

/// ` Thinking · 1.2k tok · 8.4 s · 62 % of 2k `, as much of it as fits.
fn title(app: &App, turn: Option<&Turn>, width: u16, theme: Theme) -> Line<'static> {
    let mut spans = vec![Span::styled(" Thinking ", theme.title())];
    let mut room = usize::from(width).saturating_sub(text_width(" Thinking ") + 2);
    let facts = turn.map_or_else(Vec::new, |turn| facts(app, turn));
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
    let live = app.live.as_ref().filter(|live| live.turn == turn.id);
    let elapsed = live.map_or(turn.timing.end.unwrap_or_default(), Live::elapsed);
    facts.extend(turn.timing.thought(elapsed).map(figures::span));
    if let Some(limit) = turn.asked.max_tokens.filter(|limit| *limit > 0) {
        let share = tokens.saturating_mul(100) / limit;
        facts.push(format!("{share} % of {}", figures::count(limit)));
    }
    facts
}

fn hint(app: &App, theme: Theme, area: Rect, buf: &mut Buffer) {
    let key = app
        .keymap
        .hint(crate::app::Command::ToggleThinkingPanel)
        .unwrap_or_default();
    let lines = [
        "The model's reasoning appears here, live, beside its answer.".to_owned(),
        String::new(),
        format!("{key} shows less of it, or none."),
    ];
    lines_of(&lines, theme, area, buf);
}

/// Why there is no reasoning to see.
fn absent(turn: &Turn, theme: Theme, area: Rect, buf: &mut Buffer) {
    let text = match (&turn.state, turn.asked.thinking) {
        (TurnState::Live, Thinking::Off) => "Thinking is off for this turn.",
        (TurnState::Live, _) => "No reasoning yet.",
        (_, Thinking::Off) => "Thinking was off, and none came.",
        (TurnState::Done, _) => "The model answered without reasoning that it shows.",
        (TurnState::Stopped | TurnState::Failed(_), _) => "No reasoning came.",
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
