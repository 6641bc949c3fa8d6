//! The screen for keys: whose, then the key, of which only the length is shown.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::theme::Theme;
use super::{overlay, paint, sheet};
use crate::app::{App, EnterKey};
use crate::chat::safe;
use crate::phrase::{self, tr};

/// Draws the second step: the key. Returns where its caret is.
pub(super) fn draw(
    app: &App,
    entry: &EnterKey,
    id: &str,
    theme: Theme,
    window: Rect,
    buf: &mut Buffer,
) -> Option<Position> {
    let id = safe::one_line(id);
    let title = tr!(" Key of {id} · Esc goes back ", id);
    let inner = overlay::opened(&title, window, (84, 16), theme, buf);
    let width = usize::from(inner.width);
    let plain = Style::new();
    let mut lines: Vec<(String, Style)> = Vec::new();
    if let Some(provider) = app.catalog.provider(&id) {
        lines.push((safe::one_line(&provider.name), theme.title()));
        let note = safe::one_line(phrase::of_data(&provider.note));
        if !note.is_empty() {
            lines.push((note, theme.dim()));
        }
        if !provider.key_url.is_empty() {
            let url = safe::one_line(&provider.key_url);
            lines.push((tr!("Where to get one: {url}", url), plain));
        }
        lines.push((String::new(), plain));
    }
    lines.push((
        tr!("Paste or type the key. It is not shown.").to_owned(),
        plain,
    ));
    let rows = |lines: Vec<(String, Style)>| -> Vec<(String, Style)> {
        let folded = lines.into_iter().flat_map(|(text, style)| {
            let rows = paint::folded(&text, width).into_iter();
            let rows: Vec<_> = rows.flat_map(|row| whole(&row, width)).collect();
            rows.into_iter().map(move |row| (row, style))
        });
        folded.collect()
    };
    let keep = if entry.keep {
        tr!("[x] keep it in credentials.toml, which only you can read (Tab: for this time only)")
    } else {
        tr!("[ ] for this time only: forgotten when mmchat ends (Tab: keep it)")
    };
    let below = match &entry.complaint {
        Some(complaint) => (safe::one_line(complaint), theme.error()),
        None => (
            tr!("Enter takes it and goes to the chat").to_owned(),
            theme.dim(),
        ),
    };
    let below = rows(vec![(keep.to_owned(), plain), below]);
    // The line for the key and what is said below it have their room before anything else.
    let least = below.len() + 2;
    let room = usize::from(inner.height).saturating_sub(least);
    let mut above = rows(lines);
    let first = above.len().saturating_sub(room);
    above.drain(..first);
    let mut y = inner.y;
    let mut put = |y: &mut u16, text: &str, style: Style| {
        if *y < inner.bottom() {
            buf.set_stringn(inner.x, *y, text, width, style);
            *y += 1;
        }
    };
    for (text, style) in &above {
        put(&mut y, text, *style);
    }
    let count = entry.typed();
    let dots = count.min(width.saturating_sub(14));
    let figure = match count {
        0 => String::new(),
        1 => format!("  {}", tr!("1 character")),
        characters => format!("  {}", tr!("{characters} characters", characters)),
    };
    let caret = Position::new(
        (inner.x + 2)
            .saturating_add(u16::try_from(dots).unwrap_or(0))
            .min(inner.right().saturating_sub(1)),
        y,
    );
    put(
        &mut y,
        &format!("› {}{figure}", "•".repeat(dots)),
        theme.active(),
    );
    put(&mut y, "", plain);
    for (text, style) in &below {
        put(&mut y, text, *style);
    }
    Some(caret).filter(|caret| caret.y < inner.bottom())
}

/// A row in as many as it takes: an address has no space to be folded at, and half of one is none.
fn whole(row: &str, width: usize) -> Vec<String> {
    let ranges = sheet::wrapped(row, width).into_iter();
    let rows = ranges.filter_map(|range| row.get(range));
    rows.map(str::to_owned).collect()
}
