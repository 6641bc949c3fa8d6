//! What a scrolled pane shows: which row is on top, and the marks on its frame.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint;
use super::theme::Theme;
use crate::app::Anchor;
use crate::app::scroll::{Place, Scroll};

/// The row on top, of `rows` in a pane of `height`.
pub(super) fn top(
    scroll: Scroll,
    rows: usize,
    height: usize,
    find: impl Fn(Anchor) -> Option<usize>,
) -> usize {
    let last = rows.saturating_sub(height);
    match scroll.place {
        Place::Tail => last,
        Place::Row(row) => row.min(last),
        Place::Held(anchor) => find(anchor).unwrap_or(last).min(last),
        Place::Revealed { to, from } => {
            let row = find(to).unwrap_or(last);
            let before = from.and_then(&find).map(|top| top.min(last));
            let is_in_view = |top: &usize| (*top..top + height).contains(&row);
            let top = before.filter(is_in_view);
            // Some of what comes before it helps to read it.
            top.unwrap_or(row.saturating_sub(height / 3)).min(last)
        }
    }
}

/// Draws the scroll bar, and how much has come since the pane stopped following.
pub(super) fn frame(
    scroll: Scroll,
    rows: usize,
    top: usize,
    outer: Rect,
    theme: Theme,
    buf: &mut Buffer,
) {
    // It is in nobody's way at the end, where it says nothing new.
    let bar = if scroll.follows() {
        theme.dim()
    } else {
        theme.active()
    };
    paint::scroll_bar(outer, rows, top, bar, buf);
    let below = rows.saturating_sub(top + usize::from(outer.height.saturating_sub(2)));
    if scroll.follows() || below == 0 {
        return;
    }
    let new = rows.saturating_sub(scroll.rows_when_left);
    let text = match new {
        0 => format!(" ↓ {below} more "),
        1 => " ↓ 1 new line ".to_owned(),
        _ => format!(" ↓ {new} new lines "),
    };
    let style = if new == 0 {
        theme.dim()
    } else {
        theme.active()
    };
    let line = Rect {
        x: outer.x + 1,
        y: outer.bottom().saturating_sub(1),
        width: outer.width.saturating_sub(3),
        height: 1,
    };
    paint::right(&[(&text, style)], line.x, line, buf);
}
