//! The help: every key and command there is, with the user's own keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::theme::Theme;
use super::{overlay, paint};
use crate::app::command::{SPECS, Scope};
use crate::app::{App, Reader, Spot};
use crate::chat::safe;
use crate::phrase;
use crate::phrase::{mark, tr};

/// Draws the help. Returns the row on top.
pub(super) fn draw(
    app: &App,
    reader: Reader,
    theme: Theme,
    window: Rect,
    buf: &mut Buffer,
) -> Spot {
    let inner = overlay::opened(tr!(" Help · Esc closes "), window, (84, 40), theme, buf);
    let width = usize::from(inner.width);
    let mut lines: Vec<(String, String, Style)> = Vec::new();
    let groups = [
        (tr!("Everywhere"), Scope::Anywhere),
        (tr!("In the message box"), Scope::Message),
        (tr!("In the chat and the thinking pane"), Scope::Pane),
    ];
    for (heading, scope) in groups {
        lines.push((heading.to_owned(), String::new(), theme.title()));
        for spec in SPECS.iter().filter(|spec| spec.scope == scope) {
            let mut keys = app.keymap.shown(spec.command);
            keys.extend(spec.slash.map(|word| format!("/{word}")));
            lines.push((
                keys.join(" "),
                phrase::of(spec.title).to_owned(),
                Style::new(),
            ));
        }
        lines.push((String::new(), String::new(), Style::new()));
    }
    let heading = tr!("Commands with an argument").to_owned();
    lines.push((heading, String::new(), theme.title()));
    for with in crate::app::WITH_ARGUMENT {
        lines.push((
            format!("/{} …", with.word),
            phrase::of(with.title).to_owned(),
            Style::new(),
        ));
    }
    for template in &app.config.templates {
        lines.push((
            format!("/{}", template.name),
            safe::one_line(&template.description),
            Style::new(),
        ));
    }
    lines.push((String::new(), String::new(), Style::new()));
    lines.push((tr!("Good to know").to_owned(), String::new(), theme.title()));
    for note in NOTES {
        lines.push((String::new(), phrase::of(note).to_owned(), theme.dim()));
    }
    let keys_width = (width / 3).clamp(8, 30);
    let rows: Vec<(String, String, Style)> = lines
        .into_iter()
        .flat_map(|(keys, text, style)| help_rows(&keys, &text, style, (keys_width, width)))
        .collect();
    let top = reader.resolve(rows.len(), usize::from(inner.height), |_| 1);
    for (y, (keys, text, style)) in (inner.y..inner.bottom()).zip(rows.iter().skip(top.line)) {
        let heading = text.is_empty();
        let key_style = if heading { *style } else { theme.active() };
        buf.set_stringn(
            inner.x,
            y,
            keys,
            if heading { width } else { keys_width },
            key_style,
        );
        let x = inner
            .x
            .saturating_add(u16::try_from(keys_width + 2).unwrap_or(u16::MAX));
        let room = width.saturating_sub(keys_width + 2);
        if x < inner.right() {
            buf.set_stringn(x, y, text, room, *style);
        }
    }
    top
}

/// One entry of the help as rows: both columns folded.
fn help_rows(
    keys: &str,
    text: &str,
    style: Style,
    (keys_width, width): (usize, usize),
) -> Vec<(String, String, Style)> {
    if text.is_empty() {
        return vec![(keys.to_owned(), String::new(), style)];
    }
    let keys = paint::folded(keys, keys_width);
    let text = paint::folded(text, width.saturating_sub(keys_width + 2));
    (0..keys.len().max(text.len()))
        .map(|at| {
            let of = |rows: &[String]| rows.get(at).cloned().unwrap_or_default();
            // A row with no text would read as a heading.
            let text = of(&text);
            (
                of(&keys),
                if text.is_empty() {
                    " ".to_owned()
                } else {
                    text
                },
                style,
            )
        })
        .collect()
}

const NOTES: &[&str] = &[
    mark(
        "Shift+Enter works only where the terminal reports it; Alt+Enter and Ctrl+J work everywhere.",
    ),
    mark("On macOS, let the terminal use Option as Meta, or use the F keys and the palette."),
    mark("Only prompts and answers go back to the model, never its reasoning."),
    mark(
        "Dragging the mouse copies text; with Shift held, or after z in a pane, the terminal selects.",
    ),
];
