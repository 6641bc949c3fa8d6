//! The message box.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::paint;
use super::theme::Theme;
use crate::app::{App, Pane};
use crate::chat::safe;
use crate::phrase::tr;

/// Draws the message box; where there was no room for chips, its title tells of them. Returns the area of its text, and where the caret is.
pub(super) fn draw(
    app: &App,
    theme: Theme,
    area: Rect,
    has_no_chips: bool,
    buf: &mut Buffer,
) -> (Rect, Option<Position>) {
    let finding = app.find.as_ref().is_some_and(|find| find.typing);
    let focused = app.focus == Pane::Message && app.overlay.is_none() && !finding;
    let title = title(app, has_no_chips, theme);
    let inner = paint::boxed(area, &title, focused, theme, buf);
    let inner = paint::padded(inner);
    app.composer.widget().render(inner, buf);
    (inner, app.composer.caret().or(Some(inner.as_position())))
}

fn title(app: &App, has_no_chips: bool, theme: Theme) -> Line<'static> {
    let mut spans = vec![Span::styled(tr!(" Message "), theme.title())];
    if let Some(editing) = &app.toolbox.consent.editing {
        let tool = app.call_and_tool(editing.call);
        let tool = tool.map_or(tr!("the tool"), |(_, tool)| tool.spec.name.as_str());
        return Line::from(vec![
            Span::styled(
                tr!(" Arguments of {tool} ", tool = safe::one_line(tool)),
                theme.title(),
            ),
            Span::styled(
                tr!("· Enter shows them on the card, Esc leaves them "),
                theme.warning(),
            ),
        ]);
    }
    if app.correction.is_some() {
        spans.push(Span::styled(
            tr!("· another version of an earlier one, Esc leaves it "),
            theme.warning(),
        ));
    }
    let count = app.attached.items.len();
    if count > 0 && has_no_chips {
        spans.push(Span::styled(
            tr!("· {count} attached ", count),
            theme.active(),
        ));
    }
    if app.keeping.has_early() {
        spans.push(Span::styled(
            tr!("· sent once the conversation is open "),
            theme.active(),
        ));
    }
    if app.queued.is_some() {
        spans.push(Span::styled(
            tr!("· queued, ↑ takes it back "),
            theme.active(),
        ));
    }
    Line::from(spans)
}
