//! The marks on the frame of a scrolled pane.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint;
use super::theme::Theme;
use crate::app::scroll::Scroll;
use crate::phrase::tr;

/// The row on top that brings `row` into view: the one that was, if `row` can be seen then.
pub(super) fn revealed(row: usize, before: Option<usize>, height: usize) -> usize {
    let is_in_view = |top: &usize| (*top..*top + height).contains(&row);
    // Some of what comes before it helps to read it.
    before
        .filter(is_in_view)
        .unwrap_or(row.saturating_sub(height / 3))
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
        0 => tr!(" ↓ {below} more ", below),
        1 => tr!(" ↓ 1 new line ").to_owned(),
        _ => tr!(" ↓ {new} new lines ", new),
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
