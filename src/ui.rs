//! The view: [`App`] in, cells out. Reads the state, never changes it; what it remembers between
//! frames is in [`Cache`], and what it showed is handed back as [`Seen`].
//!
//! ```text
//! header      Roots of a quadratic            tencent · minimax-m2.7 · thinking on
//! thinking   ╭ Thinking · 1.2k tok · 8.4 s ─╮╭ Chat · turn 3/3 ────────────────────╮  chat
//!            │ I need to solve …            ││ You                           14:02 │   ├ user header
//!            │                              ││ Solve x^2 - 5x + 6 = 0              │   ├ prompt
//!            │                              ││ minimax-m2.7 · tencent  thought 8.4 s│   ├ reply header
//!            │                              ││ The solutions are …                 │   └ answer
//!            ╰──────────────────────────────╯╰─────────────────────────────────────╯
//! message    ╭ Message ─────────────────────────────────────────────────────────────╮
//!            ╰──────────────────────────────────────────────────────────────────────╯
//! status      ^O model  ^T thinking …          ctx ▓░░ 12.3k/200k · 0.4 s · 87 tok/s
//! ```

mod attached;
mod cache;
mod card;
mod diff;
mod enter_key;
mod extent;
mod figures;
mod find_bar;
mod header;
mod help;
mod history;
mod layout;
mod links;
mod marks;
mod message;
mod notes;
mod overlay;
mod paint;
mod path;
mod phase;
mod picture;
mod sheet;
mod status;
mod texts;
mod theme;
mod thinking;
mod transcript;
mod viewport;
mod welcome;

pub use cache::Cache;
pub use links::Links;
pub use picture::{Drawing, MOST_PIXELS, Medium, Picture, PictureAnswer, PictureRequest};
pub use theme::{Depth, Theme};

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Clear, Widget};

use crate::app::{App, Overlay, Pane, Seen};
use crate::phrase::tr;
use layout::{Areas, Wants};

/// Draws the whole screen.
pub fn view(app: &App, cache: &mut Cache, buf: &mut Buffer) -> Seen {
    let window = buf.area;
    let mut seen = Seen::default();
    cache.clear_shown();
    cache.uncounted = false;
    let at_hand = cache.take_at_hand();
    cache.wear(&app.themes);
    let summary = app.errand.as_ref().map(|errand| errand.live.turn);
    cache.keep_only(|turn| app.conversation.turn(turn).is_some() || summary == Some(turn));
    if let Some(pane) = app.zoom {
        zoomed(app, cache, pane, window, buf, &mut seen);
    } else if let Some(areas) = layout::areas(window, wants(app)) {
        whole(app, cache, &areas, buf, &mut seen);
    } else {
        seen.caret = too_small(window, buf);
        cache.theme.tint_all(window, buf);
        return seen;
    }
    marks::draw(app, cache, buf, &mut seen);
    picture::draw(app, cache, buf);
    cache.put_away(&at_hand);
    cache.spare = 0;
    if let Some(open) = &app.overlay {
        // A theme that is tried on has to be seen; under anything else the screen steps back.
        if !matches!(open, Overlay::Themes(_)) {
            cache.theme.hush(window, buf);
        }
        seen.reader = match open {
            Overlay::Preview(preview) => Some(sheet::preview(preview, cache.theme, window, buf)),
            Overlay::Diff(diff) => Some(diff::draw(diff, cache.theme, window, buf)),
            Overlay::Help(reader) => Some(help::draw(app, *reader, cache.theme, window, buf)),
            Overlay::Summary(reader) => app
                .errand
                .as_ref()
                .map(|errand| sheet::summary(errand, *reader, cache, window, buf)),
            _ => None,
        };
        let (caret, list) = overlay::draw(app, open, cache, window, buf);
        seen.list = list;
        seen.caret = caret.or(seen.caret);
    }
    cache.theme.tint_all(window, buf);
    seen
}

fn wants(app: &App) -> Wants {
    let answered = app
        .turn_in_focus()
        .is_none_or(|turn| !turn.is_live() || !turn.reply.answer.is_empty());
    Wants {
        panel: app.panel,
        thinking_width: app.config.ui.thinking_width,
        thinking_side: app.config.ui.thinking_side,
        message_rows: app.message_rows,
        chip_rows: attached::chip_rows(app),
        status_rows: status_rows(app, app.size.0),
        thinking_height: app.thinking_height,
        summed_up: answered && app.focus != Pane::Thinking && !app.finds_reasoning(),
    }
}

/// How many rows the status line takes: more than one for what has to be told in full.
fn status_rows(app: &App, width: u16) -> u16 {
    match find_bar::shown(app) {
        Some(_) => 1,
        None => status::rows(app, width),
    }
}

fn whole(app: &App, cache: &mut Cache, areas: &Areas, buf: &mut Buffer, seen: &mut Seen) {
    let theme = cache.theme;
    chat(app, cache, areas.chat, buf, seen);
    if !areas.thinking.is_empty() {
        seen.thinking = thinking::draw(app, cache, areas.thinking, buf);
    }
    header::draw(app, theme, areas.header, buf);
    seen.chips = attached::chips(app, theme, areas.chips, buf);
    let (inner, mut caret) = message::draw(app, theme, areas.message, areas.chips.is_empty(), buf);
    seen.message = inner;
    seen.seam = layout::seam(areas, app.panel);
    match find_bar::shown(app) {
        Some(find) => {
            // Where there is no line for it, it takes the last one there is.
            let line = if areas.status.is_empty() {
                last_line(areas.message)
            } else {
                areas.status
            };
            let typed = find_bar::draw(app, find, theme, line, buf);
            caret = typed.filter(|_| find.typing).or(caret);
        }
        None => status::draw(app, theme, areas.status, buf),
    }
    if let Some(completion) = app.attached.shown_completion() {
        let window = buf.area;
        let box_and_chips = areas.message.union(areas.chips);
        attached::completion(completion, theme, (window, box_and_chips), buf);
    }
    // The terminal's own cursor stands at the caret even while a pane has the focus: input
    // methods open their window there, and typing goes there after Esc.
    seen.caret = caret;
}

fn zoomed(
    app: &App,
    cache: &mut Cache,
    pane: Pane,
    window: Rect,
    buf: &mut Buffer,
    seen: &mut Seen,
) {
    match pane {
        Pane::Thinking => {
            // A question that can't be seen can't be answered.
            let (window, asking) = card::split(app, window);
            if !window.is_empty() {
                seen.thinking = thinking::draw(app, cache, window, buf);
            }
            if !asking.is_empty() {
                seen.card = card::draw(app, cache.theme, asking, buf);
            }
        }
        Pane::Chat | Pane::Message => {
            chat(app, cache, window, buf, seen);
        }
    }
    let corner = last_line(window).as_position();
    let typed = find_bar::shown(app).filter(|find| find.typing);
    let caret =
        typed.and_then(|find| find_bar::draw(app, find, cache.theme, last_line(window), buf));
    // What just happened is told here too, over the last row, until it goes.
    if caret.is_none() && app.notice.is_some() {
        let rows = status_rows(app, window.width).min(window.height);
        let lines = Rect {
            y: window.bottom() - rows,
            height: rows,
            ..window
        };
        Clear.render(lines, buf);
        status::draw(app, cache.theme, lines, buf);
    }
    seen.caret = Some(caret.unwrap_or(corner));
}

fn last_line(area: Rect) -> Rect {
    Rect {
        y: area.bottom().saturating_sub(1),
        height: area.height.min(1),
        ..area
    }
}

/// The transcript, and below it the card that asks whether a tool may run.
fn chat(app: &App, cache: &mut Cache, area: Rect, buf: &mut Buffer, seen: &mut Seen) {
    let (area, asking) = card::split(app, area);
    if !area.is_empty() {
        (seen.chat, seen.turns) = transcript::draw(app, cache, area, buf);
    }
    if !asking.is_empty() {
        seen.card = card::draw(app, cache.theme, asking, buf);
    }
}

fn too_small(window: Rect, buf: &mut Buffer) -> Option<Position> {
    let text = paint::cut(tr!("mmchat needs 20×6"), usize::from(window.width));
    (!window.is_empty()).then(|| {
        buf.set_string(window.x, window.y, text, ratatui::style::Style::new());
        window.as_position()
    })
}
