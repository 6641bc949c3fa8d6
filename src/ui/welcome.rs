//! The empty chat: where one is, and what to do first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint;
use super::theme::Theme;
use crate::app::{App, Command};
use crate::chat::safe;

/// Draws the empty chat.
pub(super) fn draw(app: &App, theme: Theme, area: Rect, buf: &mut Buffer) {
    let plain = Style::new();
    let mut lines: Vec<(String, Style)> = Vec::new();
    let mut say = |text: &str, style: Style| lines.push((text.to_owned(), style));
    say("mmchat", theme.title());
    say(
        "Chat with MiniMax models: the reasoning on one side, the answer on the other.",
        plain,
    );
    say("", plain);
    if app.session.choice.provider == crate::catalog::DEMO {
        say("This is the built-in demo.", theme.warning());
        say(
            "It is offline: its replies are scripted, but they cross a socket and go through the same code as a real provider's.",
            plain,
        );
        if app.opened_on_demo {
            say("", plain);
            say("For real models, set a key and start again:", plain);
            for provider in app
                .catalog
                .providers
                .iter()
                .filter(|p| p.api_key_env.is_some())
            {
                let variable = provider.api_key_env.as_deref().unwrap_or_default();
                say(
                    &format!("  {variable:<20} {}", safe::one_line(&provider.name)),
                    theme.dim(),
                );
            }
        }
    } else {
        say(
            &format!(
                "Ready to ask {}.",
                safe::one_line(&app.session.choice.to_string())
            ),
            plain,
        );
        if !app.has_key(&app.session.choice.provider) {
            say(
                "There is no key for this provider yet: see F1.",
                theme.warning(),
            );
        }
    }
    say("", plain);
    say("Type a message and press Enter. Try:", plain);
    say("  Solve x^2 - 5x + 6 = 0", theme.active());
    say("  Compare SSE and WebSockets in a table", theme.active());
    say("  用中文介绍一下你自己", theme.active());
    say("", plain);
    let key = |command| app.keymap.hint(command).unwrap_or_else(|| "–".to_owned());
    say(
        &format!(
            "{} switches the model, {} the thinking panel, {} shows every command, {} helps.",
            key(Command::SwitchModel),
            key(Command::ToggleThinkingPanel),
            key(Command::Palette),
            key(Command::Help),
        ),
        theme.dim(),
    );
    let width = usize::from(area.width);
    let rows = lines.iter().flat_map(|(text, style)| {
        paint::folded(text, width)
            .into_iter()
            .map(move |row| (row, *style))
    });
    for (y, (row, style)) in (area.y..area.bottom()).zip(rows) {
        buf.set_stringn(area.x, y, row, width, style);
    }
}
