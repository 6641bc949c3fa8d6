//! The line at the bottom while something is looked for: the words, how often they were found,
//! where the hit is that the reader is at, and which keys go on from there.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::theme::Theme;
use super::{figures, paint};
use crate::app::{App, Command, Find, Pane, Section};
use crate::markdown::text_width;
use crate::phrase::tr;

/// The search that the bar shows: while words are typed, and in a pane as long as it lasts.
pub(super) fn shown(app: &App) -> Option<&Find> {
    let in_a_pane = app.focus != Pane::Message && app.notice.is_none();
    app.find.as_ref().filter(|find| find.typing || in_a_pane)
}

/// Draws the bar. Returns where its caret is.
pub(super) fn draw(
    app: &App,
    find: &Find,
    theme: Theme,
    line: Rect,
    buf: &mut Buffer,
) -> Option<Position> {
    if line.is_empty() {
        return None;
    }
    for x in line.left()..line.right() {
        if let Some(cell) = buf.cell_mut((x, line.y)) {
            cell.reset();
        }
    }
    let area = paint::padded(line);
    let width = usize::from(area.width);
    let label = tr!(" Find ");
    let (count, place, style) = count(app, find, theme);
    let mut facts = vec![(count, style)];
    // The words come first, then their count; what else is said takes the room that is left.
    let query_cols = text_width(find.query.text()) + 1;
    let used = text_width(label) + 1 + query_cols + text_width(&facts_text(&facts));
    let mut room = width.saturating_sub(used);
    if text_width(place) <= room {
        room -= text_width(place);
        facts.push((place.to_owned(), style));
        for (key, what) in hints(app, find) {
            let Some(left) = room.checked_sub(text_width(&key) + text_width(what) + 3) else {
                break;
            };
            room = left;
            facts.push((format!("  {key}"), Style::new()));
            facts.push((format!(" {what}"), theme.dim()));
        }
    }
    let pieces: Vec<(&str, Style)> = facts
        .iter()
        .map(|(text, style)| (text.as_str(), *style))
        .collect();
    let least = text_width(label) + 8;
    let from = area
        .x
        .saturating_add(u16::try_from(least).unwrap_or(u16::MAX));
    let right_cols = if paint::right(&pieces, from, area, buf) {
        text_width(&facts_text(&facts))
    } else {
        0
    };
    let x = paint::left(&[(label, theme.selected()), (" ", Style::new())], area, buf);
    let room = width
        .saturating_sub(text_width(label) + 1 + right_cols)
        .max(1);
    // Of long words, the end that is being typed is shown.
    let before = find.query.before();
    let mut skipped = 0;
    while text_width(before.get(skipped..).unwrap_or_default()) + 1 > room {
        let next = before.get(skipped..).unwrap_or_default().chars().next();
        skipped += next.map_or(1, char::len_utf8);
    }
    let typed = find.query.text().get(skipped..).unwrap_or_default();
    let typed_area = Rect {
        x,
        width: u16::try_from(room).unwrap_or(u16::MAX),
        ..area
    }
    .intersection(area);
    if find.query.text().is_empty() {
        paint::left(
            &[(tr!("words in this conversation"), theme.dim())],
            typed_area,
            buf,
        );
    } else {
        paint::left(&[(typed, Style::new())], typed_area, buf);
    }
    let caret = text_width(before.get(skipped..).unwrap_or_default());
    let caret = x.saturating_add(u16::try_from(caret).unwrap_or(u16::MAX));
    Some(Position::new(
        caret.min(area.right().saturating_sub(1)),
        area.y,
    ))
}

fn facts_text(facts: &[(String, Style)]) -> String {
    facts.iter().map(|(text, _)| text.as_str()).collect()
}

/// `3/17`, or why there is no number, and where that hit is.
fn count(app: &App, find: &Find, theme: Theme) -> (String, &'static str, Style) {
    let count = find.count();
    let more = if count.more { "+" } else { "" };
    let hits = match u64::try_from(count.hits) {
        Ok(hits) if hits >= 10_000 => figures::count(hits),
        _ => count.hits.to_string(),
    };
    match count.at {
        _ if !find.asks() => (String::new(), "", theme.dim()),
        Some(at) => {
            let place = match find.section() {
                Some(Section::Prompt) => tr!(" in a message"),
                Some(Section::Answer) => tr!(" in an answer"),
                Some(Section::Reasoning) if app.seen.thinking.area.height < 2 => {
                    tr!(" in hidden reasoning")
                }
                Some(Section::Reasoning) => tr!(" in the reasoning"),
                None => "",
            };
            (format!("{at}/{hits}{more}"), place, theme.active())
        }
        None if count.more => (tr!("looking …").to_owned(), "", theme.dim()),
        None if count.hits == 0 => (tr!("not found").to_owned(), "", theme.warning()),
        None => (format!("{hits}{more}"), "", theme.active()),
    }
}

fn hints(app: &App, find: &Find) -> Vec<(String, &'static str)> {
    if find.typing {
        let esc = if find.accepted() {
            tr!("stay here")
        } else {
            tr!("go back")
        };
        return [("↵", tr!("next")), ("Esc", esc), ("↑", tr!("previous"))]
            .map(|(key, what)| (key.to_owned(), what))
            .to_vec();
    }
    let keys = [
        (Command::FindNext, tr!("next")),
        (Command::FindPrevious, tr!("previous")),
        (Command::Escape, tr!("end")),
    ];
    let hint = |(command, what)| Some((app.keymap.hint(command)?, what));
    keys.into_iter().filter_map(hint).collect()
}
