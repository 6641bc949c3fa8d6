//! The list of conversations, with what was found in each, and the selected one beside it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};

use super::cache::Cache;
use super::overlay::{filter, first_shown, opened};
use super::sheet::wrapped;
use super::theme::Theme;
use super::{figures, paint};
use crate::app::history::{Excerpt, History, PREVIEW_COLS, Preview, State};
use crate::app::library::{Hit, Listed};
use crate::chat::safe;
use crate::markdown::{Document, Kind, text_width};
use crate::phrase::tr;

/// The narrowest list that has room for more than title and time.
const FACTS_COLS: usize = 56;

/// Draws the list. Returns where its caret is, and the list's area with its first row.
pub(super) fn draw(
    history: &History,
    cache: &Cache,
    window: Rect,
    buf: &mut Buffer,
) -> (Option<Position>, Option<(Rect, usize)>) {
    let theme = cache.theme;
    let inner = opened(tr!(" Conversations "), window, (140, 42), theme, buf);
    if inner.is_empty() {
        return (None, None);
    }
    let (list, beside) = if window.width >= PREVIEW_COLS {
        let width = inner.width / 8 * 5;
        let beside = Rect {
            x: inner.x + width + 3,
            width: inner.width.saturating_sub(width + 3),
            ..inner
        };
        (Rect { width, ..inner }, Some(beside))
    } else {
        (inner, None)
    };
    let hints_row = u16::from(inner.height >= 6);
    let hints = Rect {
        y: inner.bottom().saturating_sub(1),
        height: hints_row,
        ..list
    };
    let rows = Rect {
        y: list.y + 1,
        height: list.height.saturating_sub(1 + hints_row),
        ..list
    };
    let count = match history.state {
        State::Answered if history.more => format!("{}+", history.rows.len()),
        State::Answered => history.rows.len().to_string(),
        State::Waiting => "…".to_owned(),
        State::Failed(_) => String::new(),
    };
    let caret = filter(
        &history.query,
        tr!("type to search"),
        &count,
        list,
        theme,
        buf,
    );
    let (renaming, first) = self::rows(history, rows, theme, buf);
    if history.rows.is_empty() {
        nothing(history, rows, theme, buf);
    }
    if hints_row > 0 {
        let text = keys(history, usize::from(hints.width));
        paint::left(&[(&text, theme.dim())], hints, buf);
    }
    if let Some(beside) = beside {
        let x = beside.x.saturating_sub(2);
        for y in inner.y..inner.bottom() {
            buf.set_string(x, y, "│", theme.border());
        }
        let of_selected = history
            .preview
            .as_ref()
            .filter(|preview| history.row().is_some_and(|row| row.id == preview.id));
        if let Some(shown) = of_selected {
            preview(shown, beside, cache, buf);
        }
    }
    (Some(renaming.unwrap_or(caret)), Some((rows, first)))
}

/// The keys that help, the most wanted first, as many as there is room for.
fn keys(history: &History, width: usize) -> String {
    let wanted = if history.renaming.is_some() {
        vec![
            tr!("Enter keeps this title"),
            tr!("Esc leaves it as it was"),
        ]
    } else {
        let undo = history.can_undelete().then_some(tr!("Alt+U brings back"));
        let usual = [
            tr!("Enter opens"),
            tr!("F2 renames"),
            tr!("Del deletes"),
            tr!("Alt+P pins"),
        ];
        undo.into_iter().chain(usual).collect()
    };
    let mut text = String::new();
    for key in wanted {
        let gap = if text.is_empty() { "" } else { " · " };
        if text_width(&text) + text_width(gap) + text_width(key) > width {
            break;
        }
        text.push_str(gap);
        text.push_str(key);
    }
    text
}

/// Draws the rows. Returns where a title is being typed, and the first row of the list shown.
fn rows(
    history: &History,
    area: Rect,
    theme: Theme,
    buf: &mut Buffer,
) -> (Option<Position>, usize) {
    let each = history.rows_each();
    let fit = (usize::from(area.height) / each).max(1);
    let first = first_shown(history.selected, history.rows.len(), fit);
    let mut caret = None;
    let shown = history.rows.iter().enumerate().skip(first).take(fit);
    for ((at, row), y) in shown.zip((area.y..area.bottom()).step_by(each)) {
        let line = Rect {
            y,
            height: 1,
            ..area
        };
        let selected = at == history.selected;
        match &history.renaming {
            Some(title) if selected => {
                let x = paint::left(&[("› ", theme.active())], line, buf);
                paint::left(&[(title.text(), theme.title())], Rect { x, ..line }, buf);
                let before = u16::try_from(text_width(title.before())).unwrap_or(u16::MAX);
                let x = x.saturating_add(before).min(line.right().saturating_sub(1));
                caret = Some(Position::new(x, y));
            }
            _ => head(history, row, selected, line, theme, buf),
        }
        let below = Rect { y: y + 1, ..line };
        if let Some(hit) = row
            .hit
            .as_ref()
            .filter(|_| each > 1 && below.y < area.bottom())
        {
            snippet(hit, below, theme, buf);
        }
    }
    (caret, first * each)
}

/// `★ Roots of a quadratic        minimax-m2.7 · 12 kB · 3 min ago`
fn head(
    history: &History,
    row: &Listed,
    selected: bool,
    line: Rect,
    theme: Theme,
    buf: &mut Buffer,
) {
    let width = usize::from(line.width);
    let time = if history.open == Some(row.id) {
        tr!("open").to_owned()
    } else {
        row.updated.ago(history.as_of)
    };
    let facts = if width >= FACTS_COLS {
        let model = paint::cut(&safe::one_line(&row.model), 18);
        format!("{model} · {} · {time}", figures::size(row.bytes))
    } else {
        time
    };
    let mark = if selected { "› " } else { "  " };
    let pin = if row.pinned { "★ " } else { "" };
    let title = safe::one_line(&row.title);
    let title = if title.is_empty() {
        tr!("(no title)")
    } else {
        &title
    };
    let room = width.saturating_sub(text_width(&facts) + text_width(pin) + 4);
    let title = paint::cut(title, room);
    let pieces = [
        (mark, theme.active()),
        (pin, theme.warning()),
        (title.as_str(), Style::new()),
    ];
    let x = paint::left(&pieces, line, buf);
    paint::right(&[(&facts, theme.dim())], x + 1, line, buf);
    if selected {
        buf.set_style(line, theme.selected());
    }
}

/// Where the words were found, with the words marked.
fn snippet(hit: &Hit, line: Rect, theme: Theme, buf: &mut Buffer) {
    let place = format!("    {}: ", hit.place.shown());
    let mark = theme
        .active()
        .add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
    let mut pieces = vec![(place.as_str(), theme.dim())];
    // What was found is in view, with some of what comes before it.
    let room = usize::from(line.width).saturating_sub(text_width(&place));
    let first = hit.marks.first().cloned().unwrap_or_default();
    let mut at = 0;
    if text_width(hit.snippet.get(..first.end).unwrap_or_default()) > room {
        let before = hit.snippet.get(..first.start).unwrap_or_default();
        let mut cols = 0;
        let kept = before.char_indices().rev().take_while(|(_, c)| {
            cols += text_width(c.encode_utf8(&mut [0; 4]));
            cols <= room / 3
        });
        at = kept.last().map_or(first.start, |(start, _)| start);
        pieces.push(("…", theme.dim()));
    }
    for found in &hit.marks {
        pieces.push((
            hit.snippet.get(at..found.start).unwrap_or_default(),
            theme.dim(),
        ));
        pieces.push((hit.snippet.get(found.clone()).unwrap_or_default(), mark));
        at = found.end.max(at);
    }
    pieces.push((hit.snippet.get(at..).unwrap_or_default(), theme.dim()));
    paint::left(&pieces, line, buf);
}

/// Why there are no rows, and what to do.
fn nothing(history: &History, area: Rect, theme: Theme, buf: &mut Buffer) {
    let is_all = history.query.text().trim().is_empty();
    let (text, style) = match &history.state {
        State::Waiting => (tr!("Looking …").to_owned(), theme.dim()),
        State::Failed(reason) => (safe::one_line(reason), theme.error()),
        State::Answered if is_all && history.can_undelete() => (
            tr!("No conversation is left. Alt+U brings back the one that was deleted last.")
                .to_owned(),
            theme.dim(),
        ),
        State::Answered if is_all => (
            tr!("No conversation is kept yet. Each is, from its first message on.").to_owned(),
            theme.dim(),
        ),
        State::Answered => (
            tr!("Nothing found. Words are looked for in titles, messages, answers and reasoning; in:thinking, in:answer, model:NAME and before:2026-11-01 narrow it.").to_owned(),
            theme.dim(),
        ),
    };
    let width = usize::from(area.width.saturating_sub(2));
    let rows = paint::folded(&text, width);
    for (y, row) in (area.y..area.bottom()).zip(rows) {
        buf.set_stringn(area.x + 2, y, row, width, style);
    }
}

fn preview(preview: &Preview, area: Rect, cache: &Cache, buf: &mut Buffer) {
    let mut left = area;
    for part in &preview.parts {
        let used = match part {
            Excerpt::You => plain(tr!("You"), cache.theme.user(), left, buf),
            Excerpt::Model(model) => plain(model, cache.theme.model(), left, buf),
            Excerpt::Prompt(text) => plain(text, Style::new(), left, buf) + 1,
            Excerpt::Silence => plain(tr!("(no answer)"), cache.theme.dim(), left, buf) + 1,
            Excerpt::Answer(text) => formatted(text, left, cache, buf) + 1,
        };
        let used = used.min(left.height);
        left.y += used;
        left.height -= used;
    }
}

/// Writes a text as it is, as far as there is room. Returns how many rows it takes.
fn plain(text: &str, style: Style, area: Rect, buf: &mut Buffer) -> u16 {
    let width = usize::from(area.width).max(1);
    let lines = text.lines();
    let rows = lines.flat_map(|line| wrapped(line, width).into_iter().map(move |row| (line, row)));
    let mut used = 0;
    for (y, (line, row)) in (area.y..area.bottom()).zip(rows) {
        let row = line.get(row).unwrap_or_default();
        buf.set_stringn(area.x, y, row, width, style);
        used += 1;
    }
    used
}

/// Writes Markdown, as far as there is room. Returns how many rows it takes.
fn formatted(text: &str, area: Rect, cache: &Cache, buf: &mut Buffer) -> u16 {
    let mut document = Document::new(Kind::Markdown);
    document.sync(text, 0, area.width, true);
    let rows = (0..document.len()).filter_map(|row| document.row(row));
    let mut used = 0;
    for (y, row) in (area.y..area.bottom()).zip(rows) {
        paint::row(row, area, y, cache, buf);
        used += 1;
    }
    used
}
