//! What goes along with messages: chips above the message box, cards under a prompt, what an
//! `@path` may mean, and the question whether several are meant.

use std::fmt::Write as _;
use std::iter;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::picture::{BLANK_ROW, Frame, Pictures};
use super::theme::Theme;
use super::{overlay, paint};
use crate::app::App;
use crate::app::attached::{Completion, Many};
use crate::app::server::Asked;
use crate::chat::{Attachment, Turn, safe, short_bytes};
use crate::markdown::text_width;
use crate::phrase::tr;

/// The most files that are listed above the message box.
const MOST_LISTED: u16 = 8;
/// The longest name of a chip, in columns.
const NAME_COLS: usize = 28;
/// The longest fact about something that is offered, in columns.
const FACT_COLS: usize = 24;

/// How many rows the chips take.
pub(super) fn chip_rows(app: &App) -> u16 {
    let attached = &app.attached;
    u16::from(!attached.items.is_empty() || awaited(app).is_some())
}

/// What is being fetched for the message: something that goes along, or a prompt.
fn awaited(app: &App) -> Option<String> {
    let file = app.attached.fetching.first().map(|it| it.name.clone());
    file.or_else(|| app.toolbox.asked.as_ref().map(Asked::shown))
}

/// Draws the chips. Returns where the cross of each is.
pub(super) fn chips(app: &App, theme: Theme, area: Rect, buf: &mut Buffer) -> Vec<(Rect, usize)> {
    let mut crosses = Vec::new();
    if area.is_empty() {
        return crosses;
    }
    let mut rest = Rect {
        x: area.x + area.width.min(2),
        width: area.width.saturating_sub(4),
        ..area
    };
    let items = &app.attached.items;
    for (at, item) in items.iter().enumerate() {
        let name = paint::cut(&item.shown_name(), NAME_COLS);
        let facts = format!(" {} ", facts(item));
        let width = text_width(&name) + text_width(&facts) + 4;
        let more = items.len() - at - 1;
        let spare = if more > 0 { 10 } else { 0 };
        if width + spare > usize::from(rest.width) && at > 0 || rest.width < 6 {
            let word = tr!("+{count} more", count = items.len() - at);
            paint::left(&[(&word, theme.dim())], rest, buf);
            return crosses;
        }
        let pieces = [
            ("▪ ", theme.active()),
            (name.as_str(), Style::new()),
            (facts.as_str(), theme.dim()),
        ];
        let x = paint::left(&pieces, rest, buf);
        let cross = Rect {
            x,
            width: 1.min(rest.right().saturating_sub(x)),
            ..rest
        };
        paint::left(&[("×", theme.warning())], cross, buf);
        crosses.push((cross, at));
        let used = x.saturating_add(3).min(rest.right());
        rest = Rect {
            x: used,
            width: rest.right() - used,
            ..rest
        };
    }
    if let Some(name) = awaited(app) {
        let word = tr!("reading {name} …", name = paint::cut(&name, NAME_COLS));
        paint::left(&[(&word, theme.dim())], rest, buf);
    }
    crosses
}

/// A size is enough for a chip; an image has its own, too.
fn facts(item: &Attachment) -> String {
    match item.image() {
        Some(_) => item.facts(),
        None => short_bytes(item.bytes().len()),
    }
}

/// What went along with a prompt, a line each, and blank ones under images for their pictures.
pub(super) fn cards(turn: &Turn, pictures: &Pictures) -> (String, Vec<Frame>) {
    let mut text = String::new();
    let mut frames = Vec::new();
    for (number, attachment) in turn.attachments.iter().enumerate() {
        if !text.is_empty() {
            text.push('\n');
        }
        let kind = if attachment.image().is_some() {
            tr!("image")
        } else {
            tr!("text")
        };
        let (name, facts) = (attachment.shown_name(), attachment.facts());
        let _ = write!(text, "▪ {name} · {kind} · {facts}");
        let image = attachment.image();
        if let Some(size) = image.and_then(|image| pictures.size((turn.id, number), image)) {
            let frame = Frame {
                number,
                size,
                start: text.len(),
            };
            text.extend(iter::repeat_n(BLANK_ROW, frame.rows()));
            frames.push(frame);
        }
    }
    (text, frames)
}

/// Draws what the path being typed may mean, above the message box.
pub(super) fn completion(
    completion: &Completion,
    theme: Theme,
    (window, message): (Rect, Rect),
    buf: &mut Buffer,
) {
    let rows = u16::try_from(completion.offers.len()).unwrap_or(u16::MAX);
    let above = message.y.saturating_sub(window.y);
    let height = (rows.min(MOST_LISTED) + 2).min(above);
    if height < 3 || message.width < 12 {
        return;
    }
    let area = Rect {
        x: message.x,
        y: message.y - height,
        width: message.width.min(64),
        height,
    };
    Clear.render(area, buf);
    let title = Line::styled(tr!(" Files · Tab takes, Esc closes "), theme.title());
    let inner = paint::padded(paint::boxed(area, &title, true, theme, buf));
    let shown = usize::from(inner.height);
    let first = overlay::first_shown(completion.selected, completion.offers.len(), shown);
    let offers = completion.offers.iter().enumerate().skip(first);
    for (line, (at, offered)) in inner.rows().zip(offers) {
        let fact = paint::cut(&safe::one_line(&offered.fact), FACT_COLS);
        let room = usize::from(line.width).saturating_sub(text_width(&fact) + 1);
        let name = paint::cut(&safe::one_line(&offered.typed), room);
        let x = paint::left(&[(&name, Style::new())], line, buf);
        paint::right(&[(&fact, theme.dim())], x, line, buf);
        if at == completion.selected {
            buf.set_style(line, theme.selected());
        }
    }
}

/// Draws the question whether several files are meant.
pub(super) fn many(many: &Many, theme: Theme, window: Rect, buf: &mut Buffer) {
    let rows = u16::try_from(many.files.len()).unwrap_or(u16::MAX);
    let title = format!(" {} ", paint::cut(&safe::one_line(&many.typed), 40));
    let size = (72, rows.saturating_add(5).min(22));
    let inner = overlay::opened(&title, window, size, theme, buf);
    let bytes = usize::try_from(many.bytes()).unwrap_or(usize::MAX);
    let question = tr!(
        "Attach {count} files, {size} in all?  ",
        count = many.files.len(),
        size = short_bytes(bytes)
    );
    let pieces = [
        (question.as_str(), Style::new()),
        ("y", theme.active()),
        (tr!(" yes  "), theme.dim()),
        ("n", theme.active()),
        (tr!(" no"), theme.dim()),
    ];
    let mut lines = inner.rows();
    if let Some(line) = lines.next() {
        paint::left(&pieces, line, buf);
    }
    for (line, (path, bytes)) in lines.skip(1).zip(many.files.iter().skip(many.top)) {
        let size = short_bytes(usize::try_from(*bytes).unwrap_or(usize::MAX));
        let room = usize::from(line.width).saturating_sub(text_width(&size) + 1);
        let name = safe::one_line(&path.to_string_lossy());
        let x = paint::left(&[(&paint::cut(&name, room), Style::new())], line, buf);
        paint::right(&[(&size, theme.dim())], x, line, buf);
    }
}
