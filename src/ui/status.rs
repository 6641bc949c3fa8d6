//! The line at the bottom: what just happened, else which keys help; and the figures of the turn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::theme::Theme;
use super::{figures, paint, phase};
use crate::app::{App, Command, Gauge, Notice, Pane, Tone};
use crate::catalog::{Cost, Prices};
use crate::chat::{Part, Turn, safe};
use crate::markdown::text_width;
use crate::phrase::{self, mark, tr};

/// The most rows that a notice takes from the rest of the screen.
const MOST_ROWS: usize = 3;

/// Draws the status line.
pub(super) fn draw(app: &App, theme: Theme, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let area = paint::padded(area);
    if let Some(notice) = &app.notice {
        let style = match notice.tone {
            Tone::Info => theme.active(),
            Tone::Warning => theme.warning(),
            Tone::Error => theme.error(),
        };
        let rows = told(notice, area.width);
        let left_out = rows.len() > usize::from(area.height);
        for (y, row) in (area.y..area.bottom()).zip(&rows) {
            let more = if left_out && y + 1 == area.bottom() {
                " …"
            } else {
                ""
            };
            let text = format!("{}{more}", row.trim_end());
            let text = paint::cut(&text, usize::from(area.width));
            let line = Rect {
                y,
                height: 1,
                ..area
            };
            paint::left(&[(&text, style)], line, buf);
        }
        return;
    }
    let area = Rect { height: 1, ..area };
    // The first hint (how to stop, how to get back) stays even where the figures lose their place.
    let wanted = wanted_hints(app);
    let first: usize = hints(app, wanted, usize::MAX)
        .first()
        .map_or(0, |(key, what)| text_width(key) + text_width(what));
    let gauge = app.gauge();
    let mut figures = turn_figures(app, gauge);
    while first + figures_width(&figures) > usize::from(area.width) && figures.len() > 1 {
        figures.pop();
    }
    let room = |more: &str| {
        let width = figures_width(&figures) + text_width(more) + 3;
        first + width <= usize::from(area.width)
    };
    let split = split(app).into_iter().find(|split| room(split));
    figures.extend(split);
    let joined = figures_width(&figures).saturating_sub(3);
    let room = usize::from(area.width).saturating_sub(joined + 1);
    let hints = hints(app, wanted, room);
    let pieces: Vec<(&str, Style)> = hints
        .iter()
        .flat_map(|(key, what)| [(key.as_str(), theme.key()), (what.as_str(), theme.dim())])
        .collect();
    let x = paint::left(&pieces, area, buf);
    let mut pieces: Vec<(&str, Style)> = Vec::new();
    for figure in &figures {
        if !pieces.is_empty() {
            pieces.push((" · ", theme.dim()));
        }
        let style = match gauge {
            Some(gauge) if figure.starts_with("ctx") && gauge.is_full() => theme.error(),
            Some(gauge) if figure.starts_with("ctx") && gauge.is_nearly_full() => theme.warning(),
            _ => theme.dim(),
        };
        pieces.push((figure, style));
    }
    paint::right(&pieces, x, area, buf);
}

/// How many rows a window of that width needs for the status line: a notice says what to do at its
/// end, and is no use without it.
pub(super) fn rows(app: &App, width: u16) -> u16 {
    let area = paint::padded(Rect::new(0, 0, width, 1));
    let rows = app.notice.as_ref().map(|it| told(it, area.width).len());
    rows.map_or(1, |rows| rows.clamp(1, MOST_ROWS))
        .try_into()
        .unwrap_or(1)
}

/// A notice in rows of that width.
fn told(notice: &Notice, width: u16) -> Vec<String> {
    paint::folded(&safe::one_line(&notice.text), usize::from(width))
}

/// Which keys help right now.
fn wanted_hints(app: &App) -> &'static [(Command, &'static str)] {
    // Keys are the overlay's while one is open: those of what lies below it would do nothing.
    if app.overlay.is_some() {
        return const { &[(Command::Escape, mark("close"))] };
    }
    let is_busy = app.live.is_some() || app.errand.is_some();
    match (app.focus, is_busy) {
        (Pane::Message, true) => {
            const {
                &[
                    (Command::Escape, mark("stop")),
                    (Command::Send, mark("queue")),
                    (Command::ToggleThinkingPanel, mark("thinking")),
                    (Command::Help, mark("help")),
                ]
            }
        }
        (Pane::Message, false) if has_a_json_fault(app) => {
            const {
                &[
                    (Command::RepairJson, mark("mend the JSON")),
                    (Command::SwitchModel, mark("model")),
                    (Command::Palette, mark("commands")),
                    (Command::Help, mark("help")),
                ]
            }
        }
        (Pane::Message, false) => {
            const {
                &[
                    (Command::SwitchModel, mark("model")),
                    (Command::ToggleThinkingPanel, mark("thinking")),
                    (Command::Palette, mark("commands")),
                    (Command::Help, mark("help")),
                ]
            }
        }
        (Pane::Chat | Pane::Thinking, live) => {
            const STOP: [(Command, &str); 5] = pane_hints(mark("stop"));
            const BACK: [(Command, &str); 5] = pane_hints(mark("back"));
            if live { &STOP } else { &BACK }
        }
    }
}

/// Whether the last answer was to be JSON and is none.
fn has_a_json_fault(app: &App) -> bool {
    let last = app.conversation.last();
    last.is_some_and(|turn| turn.json_fault().is_some())
}

/// The hints of a pane in focus; what Esc does differs.
const fn pane_hints(escape: &'static str) -> [(Command, &'static str); 5] {
    [
        (Command::Escape, escape),
        (Command::PaneDown, mark("down")),
        (Command::PaneUp, mark("up")),
        (Command::CopyTurn, mark("copy")),
        (Command::Zoom, mark("zoom")),
    ]
}

fn figures_width(figures: &[String]) -> usize {
    figures.iter().map(|figure| text_width(figure) + 3).sum()
}

/// As many key hints as there is room for.
fn hints(app: &App, wanted: &[(Command, &'static str)], room: usize) -> Vec<(String, String)> {
    let mut used = 0;
    let mut shown = Vec::new();
    for (command, what) in wanted {
        let Some(key) = app.keymap.hint(*command) else {
            continue;
        };
        let what = format!(" {}  ", phrase::of(what));
        let width = text_width(&key) + text_width(&what);
        if used + width > room {
            break;
        }
        used += width;
        shown.push((key, what));
    }
    shown
}

/// `ctx ▓░░ 12.3k/200k · 0.4 s · 87 tok/s · $0.001 · 8k cached`, of the last turn; what is unknown is left out,
/// and what matters least comes last.
fn turn_figures(app: &App, gauge: Option<Gauge>) -> Vec<String> {
    let Some(turn) = app.conversation.last() else {
        let set = app.session.params_if_set();
        let figures = gauge.map(context).into_iter().chain([set]);
        return figures.filter(|figure| !figure.is_empty()).collect();
    };
    let live = app.live.as_ref().filter(|live| live.turn == turn.id);
    // The reply's header says it too, but may be scrolled out of view.
    let mut figures: Vec<String> = live
        .map(|live| phase::words(live, turn))
        .into_iter()
        .collect();
    figures.extend(
        app.errand
            .iter()
            .filter(|it| !it.done)
            .map(phase::of_errand),
    );
    figures.extend(gauge.map(context));
    if live.is_none() {
        figures.extend(turn.timing.first_token().map(figures::span));
    }
    figures.extend(speed(app, turn));
    figures.extend(cost(app, turn));
    let cached = turn.reply.total_usage().cached_tokens;
    let cached = cached.filter(|count| *count > 0).map(figures::count);
    figures.extend(cached.map(|count| tr!("{count} cached", count)));
    figures
}

fn context(gauge: Gauge) -> String {
    let used = gauge.used_tokens;
    let about = if gauge.reported { "" } else { "~" };
    match gauge.window_tokens {
        Some(window) => {
            // Under a hundredth is nothing; from there on a third begun is a third shown.
            let used_at_all = used.saturating_mul(100) >= window;
            let filled = used.saturating_mul(3).div_ceil(window).min(3) * u64::from(used_at_all);
            let bar: String = (0..3)
                .map(|cell| if cell < filled { '▓' } else { '░' })
                .collect();
            format!(
                "ctx {bar} {about}{}/{}",
                figures::count(used),
                figures::count(window)
            )
        }
        None => format!("ctx {about}{}", figures::count(used)),
    }
}

/// Tokens per second while some came: the time that tools and the user took is none of the model's.
fn speed(app: &App, turn: &Turn) -> Option<String> {
    let live = app.live.as_ref().filter(|live| live.turn == turn.id);
    let end = live.map_or(turn.timing.end, |live| Some(live.elapsed()))?;
    let spent = |part| turn.timing.spent(part, end).unwrap_or_default();
    let time = spent(Part::Reasoning) + spent(Part::Answer);
    figures::pace(turn.output_tokens(), time)
}

/// What the turn cost: as reported, else by the list price.
fn cost(app: &App, turn: &Turn) -> Option<String> {
    let usage = turn.reply.total_usage();
    if let Some(usd) = usage.cost_usd {
        return Some(figures::price("$", usd));
    }
    let prices = prices(app, turn)?;
    let amount = prices.cost(&usage)?;
    Some(figures::price(prices.currency.sign(), amount))
}

/// What the parts of the last turn cost, `input $0.0001 + thinking $0.0004 + answer $0.0005`, and
/// less of it for where there is less room. Of a turn without thinking the whole says enough.
fn split(app: &App) -> Vec<String> {
    let last = app.conversation.last();
    let turn = last.filter(|turn| !turn.is_live() && !turn.reply.reasoning.is_empty());
    let cost = turn.and_then(|turn| prices(app, turn)?.cost_of(turn));
    let thinks = |cost: &Cost| cost.output.is_some_and(|output| output.thinking.is_some());
    let cost = cost.filter(thinks);
    cost.map_or_else(Vec::new, |cost| vec![cost.parts(), cost.output_parts()])
}

fn prices(app: &App, turn: &Turn) -> Option<Prices> {
    let provider = app.catalog.provider(&turn.asked.provider)?;
    provider.model(&turn.asked.model).prices
}
