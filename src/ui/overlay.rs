//! What lies over the screen: the pickers, and the frames of the rest.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::cache::Cache;
use super::theme::Theme;
use super::{attached, enter_key, history, paint};
use crate::app::{App, Item, LineEdit, Overlay, Picker};
use crate::chat::safe;
use crate::markdown::text_width;
use crate::phrase::tr;

/// Draws an overlay. Returns where its caret is, and its list's area with the first item shown.
pub(super) fn draw(
    app: &App,
    overlay: &Overlay,
    cache: &Cache,
    window: Rect,
    buf: &mut Buffer,
) -> (Option<Position>, Option<(Rect, usize)>) {
    let theme = cache.theme;
    match overlay {
        Overlay::Models(picker) => {
            let inner = opened(tr!(" Switch model "), window, (96, 26), theme, buf);
            list(picker, &overlay.without_match(), inner, theme, buf)
        }
        Overlay::Palette(picker) => {
            let inner = opened(tr!(" Commands "), window, (78, 24), theme, buf);
            list(picker, &overlay.without_match(), inner, theme, buf)
        }
        Overlay::Copies(picker) => {
            let inner = opened(tr!(" Copy "), window, (78, 16), theme, buf);
            list(picker, &overlay.without_match(), inner, theme, buf)
        }
        Overlay::Personas(picker) => {
            let inner = opened(tr!(" Persona "), window, (78, 16), theme, buf);
            list(picker, &overlay.without_match(), inner, theme, buf)
        }
        Overlay::Themes(picker) => {
            // Small, so that what it changes can be seen around it: the frame, the filter, a row each.
            let height = u16::try_from(picker.total()).map_or(16, |rows| rows.min(13) + 3);
            let inner = opened(tr!(" Switch theme "), window, (58, height), theme, buf);
            list(picker, &overlay.without_match(), inner, theme, buf)
        }
        Overlay::Servers(picker) => {
            let title = tr!(" MCP servers · Enter starts one ");
            let inner = opened(title, window, (90, 18), theme, buf);
            list(picker, &overlay.without_match(), inner, theme, buf)
        }
        Overlay::Again(picker) => {
            let inner = opened(tr!(" Ask again, once, of "), window, (96, 26), theme, buf);
            list(picker, &overlay.without_match(), inner, theme, buf)
        }
        Overlay::Room(picker) => {
            let title = tr!(" Room in the context window ");
            let inner = opened(title, window, (78, 14), theme, buf);
            list(picker, &overlay.without_match(), inner, theme, buf)
        }
        Overlay::Key(entry) => {
            if let Some(id) = &entry.provider {
                return (enter_key::draw(app, entry, id, theme, window, buf), None);
            }
            let title = tr!(" Whose key? · Esc closes ");
            let inner = opened(title, window, (90, 20), theme, buf);
            list(
                &entry.providers,
                &overlay.without_match(),
                inner,
                theme,
                buf,
            )
        }
        Overlay::Many(many) => {
            attached::many(many, theme, window, buf);
            (None, None)
        }
        Overlay::History(shown) => history::draw(shown, cache, window, buf),
        // Drawn where it can be told how far they were scrolled.
        Overlay::Preview(_) | Overlay::Diff(_) | Overlay::Summary(_) | Overlay::Help(_) => {
            (None, None)
        }
    }
}

/// Clears a box in the middle of the window, at most this large, and draws its frame.
pub(super) fn opened(
    title: &str,
    window: Rect,
    most: (u16, u16),
    theme: Theme,
    buf: &mut Buffer,
) -> Rect {
    let width = most
        .0
        .min(window.width.saturating_sub(6))
        .max(window.width.min(36));
    let height = most
        .1
        .min(window.height.saturating_sub(2))
        .max(window.height.min(8));
    let area = Rect {
        x: window.x + (window.width - width) / 2,
        y: window.y + (window.height - height) / 2,
        width,
        height,
    };
    // A clear column at either side keeps its frame apart from those below.
    let clear = area.outer(Margin::new(1, 0)).intersection(window);
    Clear.render(clear, buf);
    paint::mend_left_edge(clear, buf);
    let title = paint::cut(title, usize::from(width.saturating_sub(2)));
    let title = Line::styled(title, theme.title());
    paint::padded(paint::boxed(area, &title, true, theme, buf))
}

/// A filter, a list, and what is said of the selected item.
fn list<T>(
    picker: &Picker<T>,
    without_match: &str,
    inner: Rect,
    theme: Theme,
    buf: &mut Buffer,
) -> (Option<Position>, Option<(Rect, usize)>) {
    if inner.is_empty() {
        return (None, None);
    }
    let width = usize::from(inner.width);
    let is_part = picker.matching() < picker.total() || picker.total() > usize::from(inner.height);
    // Where nothing matches, a sentence says what that means.
    let count = if is_part && picker.matching() > 0 {
        format!("{}/{}", picker.matching(), picker.total())
    } else {
        String::new()
    };
    let caret = filter(
        &picker.query,
        tr!("type to filter"),
        &count,
        inner,
        theme,
        buf,
    );
    let about = |item: &Item<T>| paint::folded(&safe::one_line(&item.about), width);
    // The list keeps its height whatever is selected of what is in view: room is set aside for the
    // longest there.
    let most = usize::from(inner.height.saturating_sub(1));
    let first = first_shown(picker.position(), picker.matching(), most);
    let longest =
        picker.shown().skip(first).take(most).map(|item| {
            text_width(&item.about) / width.max(1) + usize::from(!item.about.is_empty())
        });
    let about_rows = match inner.height {
        0..=8 => 0,
        // One row more sets them apart.
        _ => match longest.max().unwrap_or(0) {
            0 => 0,
            rows => rows.min(3) + 1,
        },
    };
    let about_rows = u16::try_from(about_rows).unwrap_or(0);
    let about = picker
        .selected()
        .filter(|item| !item.about.is_empty())
        .map(about)
        .unwrap_or_default();
    let rows = Rect {
        y: inner.y + 1,
        height: inner.height.saturating_sub(1 + about_rows),
        ..inner
    };
    let height = usize::from(rows.height);
    let first = first_shown(picker.position(), picker.matching(), height);
    for (offset, item) in picker.shown().enumerate().skip(first).take(height) {
        let Ok(y) = u16::try_from(offset - first) else {
            break;
        };
        let line = Rect {
            y: rows.y + y,
            height: 1,
            ..rows
        };
        let right = safe::one_line(&item.right);
        let room = width.saturating_sub(text_width(&right) + 3);
        let title = paint::cut(&safe::one_line(&item.title), room);
        let style = if item.dim { theme.dim() } else { Style::new() };
        let mark = if offset == picker.position() {
            "› "
        } else {
            "  "
        };
        let x = paint::left(&[(mark, theme.active()), (&title, style)], line, buf);
        paint::right(&[(&right, theme.dim())], x, line, buf);
        if offset == picker.position() {
            buf.set_style(line, theme.selected());
        }
    }
    if picker.matching() == 0 {
        let line = Rect {
            height: rows.height.min(1),
            ..rows
        };
        paint::left(
            &[("  ", theme.dim()), (without_match, theme.dim())],
            line,
            buf,
        );
    }
    for (y, text) in (rows.bottom() + 1..inner.bottom()).zip(&about) {
        buf.set_stringn(inner.x, y, text, width, theme.dim());
    }
    // On the frame's right border.
    let frame = rows.outer(Margin::new(2, 1));
    paint::scroll_bar(frame, picker.matching(), first, theme.focus(), buf);
    (Some(caret), Some((rows, first)))
}

/// Draws a line being typed, what it is for while it is empty, and a count at its end. Returns
/// where its caret is.
pub(super) fn filter(
    query: &LineEdit,
    purpose: &str,
    count: &str,
    inner: Rect,
    theme: Theme,
    buf: &mut Buffer,
) -> Position {
    let line = Rect { height: 1, ..inner };
    paint::left(&[("› ", theme.active())], line, buf);
    let typed = Rect {
        x: line.x + 2,
        width: line.width.saturating_sub(2),
        ..line
    };
    if query.text().is_empty() {
        paint::left(&[(purpose, theme.dim())], typed, buf);
    } else {
        paint::left(&[(query.text(), Style::new())], typed, buf);
    }
    let typed_cols = u16::try_from(text_width(query.text())).unwrap_or(u16::MAX);
    let from = typed.x.saturating_add(typed_cols).saturating_add(1);
    paint::right(&[(count, theme.dim())], from, line, buf);
    let before = u16::try_from(text_width(query.before())).unwrap_or(u16::MAX);
    let x = typed
        .x
        .saturating_add(before)
        .min(inner.right().saturating_sub(1));
    Position::new(x, line.y)
}

/// The first item of a list to show, so that the selected one is in view, in the middle if it can.
pub(super) fn first_shown(selected: usize, items: usize, height: usize) -> usize {
    selected
        .saturating_sub(height / 2)
        .min(items.saturating_sub(height))
}
