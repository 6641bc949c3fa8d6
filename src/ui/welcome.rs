//! The empty chat: where one is, and what to do first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint;
use super::theme::Theme;
use crate::app::App;
use crate::catalog::DEMO;
use crate::chat::safe;
use crate::phrase::tr;

/// Draws the empty chat.
pub(super) fn draw(app: &App, theme: Theme, area: Rect, buf: &mut Buffer) {
    let plain = Style::new();
    let mut lines: Vec<(String, Style)> = Vec::new();
    let mut say = |text: &str, style: Style| lines.push((text.to_owned(), style));
    let choice = &app.session.choice;
    if choice.provider == DEMO {
        say(tr!("Welcome to mmchat's built-in demo."), theme.title());
        say(
            tr!(
                "It is offline: the replies are scripted, but they cross a socket and are decoded like any provider's."
            ),
            plain,
        );
    } else {
        say(tr!("Welcome to mmchat."), theme.title());
        let model = safe::one_line(&choice.model);
        let provider = safe::one_line(&choice.provider);
        if app.has_key(&choice.provider) {
            say(
                &tr!("{model} at {provider} is ready.", model, provider),
                plain,
            );
        } else {
            let variable = app
                .provider()
                .and_then(|provider| provider.api_key_env.as_deref());
            let variable = safe::one_line(variable.unwrap_or(tr!("its key's variable")));
            say(
                &tr!(
                    "{model} at {provider} needs a key: press Enter to give it one, or set {variable} and start again.",
                    model,
                    provider,
                    variable
                ),
                theme.warning(),
            );
        }
    }
    if app.opened_on_demo {
        say(
            tr!("Press Enter to enter a key for real models (/key does it later)."),
            theme.active(),
        );
    }
    say("", plain);
    say(tr!("Type a message and press Enter, for example:"), plain);
    // In Chinese others, which the demo answers in Chinese.
    for example in [
        tr!("Solve x^2 - 5x + 6 = 0"),
        tr!("Compare M2.5 and M3 in a table"),
        "用中文介绍一下你自己",
    ] {
        say(&format!("  {example}"), theme.active());
    }
    if app.opened_on_demo {
        say("", plain);
        say(tr!("Keys may also be set in the environment:"), plain);
        for (variable, names) in keys(app) {
            say(&format!("  {variable:<20}{names}"), theme.dim());
        }
    }
    let width = usize::from(area.width);
    let rows = lines.iter().flat_map(|(text, style)| {
        let rows = paint::folded(text, width);
        rows.into_iter().map(move |row| (row, *style))
    });
    for (y, (row, style)) in (area.y..area.bottom()).zip(rows) {
        buf.set_stringn(area.x, y, row, width, style);
    }
}

/// Each variable that may hold a key, with the provider that it opens.
fn keys(app: &App) -> Vec<(String, String)> {
    let mut keys: Vec<(String, String)> = Vec::new();
    for provider in &app.catalog.providers {
        let Some(variable) = &provider.api_key_env else {
            continue;
        };
        // A key opens a vendor's every protocol and region: the first tells enough.
        if keys.iter().all(|(known, _)| known != variable) {
            keys.push((variable.clone(), safe::one_line(&provider.name)));
        }
    }
    keys
}
