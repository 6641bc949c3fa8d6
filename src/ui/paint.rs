//! Putting rows of text into cells.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::Line;

use super::cache::Cache;
use super::theme::Theme;
use crate::markdown::{Row, is_cjk, text_width};

/// A bordered area with a title, and what is inside. Drawn by hand: frames are on the screen in
/// every frame, and the library's block costs more than a pane of text.
pub(super) fn boxed(
    area: Rect,
    title: &Line<'_>,
    focused: bool,
    theme: Theme,
    buf: &mut Buffer,
) -> Rect {
    let style = if focused {
        theme.focus()
    } else {
        theme.border()
    };
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return area;
    }
    let (left, right) = (area.left(), area.right() - 1);
    let (top, bottom) = (area.top(), area.bottom() - 1);
    let mut put = |x, y, symbol| {
        if let Some(cell) = buf.cell_mut((x, y)) {
            cell.set_symbol(symbol).set_style(style);
        }
    };
    for x in left..=right {
        put(x, top, "─");
        put(x, bottom, "─");
    }
    for y in top..=bottom {
        put(left, y, "│");
        put(right, y, "│");
    }
    for (x, y, symbol) in [
        (left, top, "╭"),
        (right, top, "╮"),
        (left, bottom, "╰"),
        (right, bottom, "╯"),
    ] {
        put(x, y, symbol);
    }
    let inner = area.inner(Margin::new(1, 1));
    if inner.width > 0 {
        buf.set_line(inner.x, top, title, inner.width);
    }
    inner
}

/// One row of a document.
pub(super) fn row(row: &Row, area: Rect, y: u16, cache: &Cache, buf: &mut Buffer) {
    let mut x = area.x;
    for span in &row.spans {
        let room = usize::from(area.right().saturating_sub(x));
        if room == 0 {
            return;
        }
        let style = cache.theme.text(span.style);
        let style = cache.links.mark(style, span.link.as_ref());
        x = put(&span.text, (x, y), room, style, buf);
    }
}

/// Writes a text of one row and returns where it ends. Most text is printable ASCII, whose
/// characters are a cell each: it needs no look at clusters and widths.
fn put(text: &str, (x, y): (u16, u16), room: usize, style: Style, buf: &mut Buffer) -> u16 {
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return buf.set_stringn(x, y, text, room, style).0;
    }
    let mut x = x;
    for at in 0..text.len().min(room) {
        let symbol = text.get(at..=at).unwrap_or_default();
        let Some(cell) = buf.cell_mut((x, y)) else {
            return x;
        };
        cell.set_symbol(symbol).set_style(style);
        x += 1;
    }
    x
}

/// Styled pieces from the left edge; what has no room is left out.
pub(super) fn left(pieces: &[(&str, Style)], area: Rect, buf: &mut Buffer) -> u16 {
    let mut x = area.x;
    for (text, style) in pieces {
        let room = usize::from(area.right().saturating_sub(x));
        x = put(text, (x, area.y), room, *style, buf);
    }
    x
}

/// Styled pieces up to the right edge, if there is room for all of them right of `from`.
pub(super) fn right(pieces: &[(&str, Style)], from: u16, area: Rect, buf: &mut Buffer) -> bool {
    let width: usize = pieces.iter().map(|(text, _)| text_width(text)).sum();
    let Ok(width) = u16::try_from(width) else {
        return false;
    };
    let Some(x) = area.right().checked_sub(width).filter(|x| *x >= from) else {
        return false;
    };
    let at = Rect { x, width, ..area };
    left(pieces, at, buf);
    true
}

/// A text cut to a width, with `…` where something is missing.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text_width(text) <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for cluster in unicode_segmentation::UnicodeSegmentation::graphemes(text, true) {
        let cols = text_width(cluster);
        if used + cols + 1 > width {
            break;
        }
        used += cols;
        out.push_str(cluster);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

/// A scroll bar on the right border of a box: only where there is something to scroll.
pub(super) fn scroll_bar(outer: Rect, rows: usize, top: usize, style: Style, buf: &mut Buffer) {
    let height = usize::from(outer.height.saturating_sub(2));
    if height == 0 || rows <= height {
        return;
    }
    let length = (height * height / rows).clamp(1, height);
    let room = height - length;
    let start = (top * room).div_ceil((rows - height).max(1)).min(room);
    let x = outer.right().saturating_sub(1);
    for offset in start..start + length {
        let Ok(offset) = u16::try_from(offset) else {
            return;
        };
        buf.set_string(x, outer.y + 1 + offset, "┃", style);
    }
}

/// A line of our own text folded at spaces; its own indent hangs, and so does a column of two or
/// more spaces after its first word.
pub(super) fn folded(text: &str, width: usize) -> Vec<String> {
    let indent = text.len() - text.trim_start().len();
    let hang = match text.trim_start().split_once("  ") {
        Some((word, rest)) if indent > 0 => {
            let gap = 2 + rest.len() - rest.trim_start().len();
            indent + text_width(word) + gap
        }
        _ => indent,
    };
    let hang = if hang * 2 > width { indent } else { hang };
    let mut rows = Vec::new();
    let mut row = String::new();
    for piece in pieces(text) {
        let cols = text_width(&row) + text_width(piece.trim_end());
        if cols > width && !row.trim().is_empty() && !piece.trim().is_empty() {
            rows.push(std::mem::replace(&mut row, " ".repeat(hang)));
        }
        row.push_str(piece);
    }
    rows.push(row);
    rows
}

/// A text in pieces that stay on one row: words with the spaces behind them, and the characters of
/// Chinese, which has no spaces, and alternatives (`on|off`); a mark of punctuation stays with the one that it belongs to.
fn pieces(text: &str) -> Vec<&str> {
    let closes = |c| "，。、：；！？）”’》」…,.:;!?)".contains(c);
    let opens = |c| "（“‘《「(".contains(c);
    let is_wide = |c| is_cjk(c) || closes(c) && !c.is_ascii();
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in text.char_indices() {
        let may_break = last.is_some_and(|last| {
            let between = is_wide(last) || is_cjk(c) || opens(c) && !c.is_ascii();
            let joined = closes(c) || opens(last) || c == ' ';
            last == ' ' && c != ' ' || last == '|' || between && !joined
        });
        if may_break {
            pieces.extend(text.get(start..at));
            start = at;
        }
        last = Some(c);
    }
    pieces.extend(text.get(start..));
    pieces
}

/// Blanks wide characters that reach into an area from its left: half of one can't be shown, and
/// the cell behind its head would not be drawn at all.
pub(super) fn mend_left_edge(area: Rect, buf: &mut Buffer) {
    let Some(x) = area.x.checked_sub(1) else {
        return;
    };
    for y in area.y..area.bottom() {
        if let Some(cell) = buf.cell_mut((x, y))
            && text_width(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
    }
}

/// An area without a column at either side.
pub(super) fn padded(area: Rect) -> Rect {
    area.inner(Margin::new(1, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_put_where_any_text_would_be() {
        let area = Rect::new(2, 1, 7, 2);
        let style = Style::new().bold();
        for text in [
            "",
            "abc",
            "a b",
            "longer than that",
            "wide 你好",
            "e\u{301}",
            "a\tb",
            "~",
        ] {
            for room in [0, 1, 3, 99] {
                for x in [2, 5, 8, 9] {
                    let (mut ours, mut theirs) = (Buffer::empty(area), Buffer::empty(area));
                    let end = put(text, (x, 2), room, style, &mut ours);
                    let (wanted, _) = theirs.set_stringn(x, 2, text, room, style);
                    assert_eq!((end, ours), (wanted, theirs), "{text:?} in {room} at {x}");
                }
            }
        }
    }

    #[test]
    fn folded_lines_keep_their_columns() {
        assert_eq!(folded("a bb ccc", 5), ["a bb ", "ccc"]);
        assert_eq!(
            folded("  KEY  one two three", 15),
            ["  KEY  one two ", "       three"]
        );
        assert_eq!(folded("", 5), [""]);
        assert_eq!(folded("unbreakable", 4), ["unbreakable"]);
    }

    #[test]
    fn chinese_is_folded_between_its_characters_and_never_before_a_full_stop() {
        assert_eq!(folded("你好，世界。", 5), ["你", "好，", "世", "界。"]);
        assert_eq!(
            folded("按 Enter 发送（回车）", 10),
            ["按 Enter ", "发送（回", "车）"]
        );
        assert_eq!(folded("设置 base_url。", 8), ["设置 ", "base_url。"]);
    }

    #[test]
    fn a_cut_text_says_that_something_is_missing() {
        assert_eq!(cut("你好世界", 5), "你好…");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abc", 0), "");
    }
}
