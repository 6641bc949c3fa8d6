//! The line on top: what the conversation is about, and who is asked, as it really is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint;
use super::theme::Theme;
use crate::app::{App, Keep, Phase};
use crate::catalog::DEMO;
use crate::chat::safe;
use crate::config::PanelState;
use crate::markdown::text_width;
use crate::phrase::tr;

/// The columns that a title asks for before the least of the rest gives way.
const TITLE_COLS: usize = 24;
/// The columns that a persona's name has at most.
const PERSONA_COLS: usize = 16;
/// The columns that a title has at least beside the mark that nothing is saved, where they are there.
const MARKED_TITLE_COLS: usize = 30;

/// Draws the header.
pub(super) fn draw(app: &App, theme: Theme, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let area = paint::padded(area);
    let thinking = tr!("thinking {mode}", mode = app.thinking_word());
    let hidden_thinking = app.panel == PanelState::Hidden
        && app
            .live
            .as_ref()
            .is_some_and(|live| live.phase == Phase::Thinking);
    let model = safe::one_line(served_model(app));
    let provider = safe::one_line(&app.session.choice.provider);
    let thinking_style = if hidden_thinking {
        theme.active()
    } else {
        theme.dim()
    };
    let is_demo = app.session.choice.provider == DEMO;
    let offline = if is_demo { tr!(" (offline)") } else { "" };
    let count = app.tool_count();
    let tools = match count {
        0 => String::new(),
        count => tr!(" · tools {count}", count),
    };
    let extras = [
        (app.session.extras.json, tr!(" · json")),
        (app.session.extras.search, tr!(" · search")),
    ];
    let persona = safe::one_line(&app.keeping.head.persona);
    let persona = match persona.as_str() {
        "" => String::new(),
        name => format!(" · {}", paint::cut(name, PERSONA_COLS)),
    };
    let extras = extras.iter().filter_map(|(on, mark)| on.then_some(*mark));
    let extras: String = std::iter::once(&*persona).chain(extras).collect();
    let hidden = match app.panel {
        PanelState::Hidden => tr!(", hidden"),
        PanelState::Full | PanelState::Peek => "",
    };
    let provider = [
        (provider.as_str(), theme.dim()),
        (offline, theme.warning()),
        (" · ", theme.dim()),
    ];
    let rest = [
        (model.as_str(), theme.model()),
        (" · ", theme.dim()),
        (thinking.as_str(), thinking_style),
        (hidden, thinking_style),
        (extras.as_str(), theme.active()),
        (tools.as_str(), theme.dim()),
    ];
    // From the fullest form to the shortest that still tells the truth.
    let forms = [
        [&provider[..], &rest].concat(),
        [&provider[..1], &provider[2..], &rest].concat(),
        rest.to_vec(),
        rest.iter().take(5).copied().collect(),
    ];
    let width = |pieces: &[(&str, Style)]| -> usize {
        pieces.iter().map(|(text, _)| text_width(text)).sum()
    };
    let title = title(app);
    // A title that would be cut to a stub takes what the others can spare: that it is offline,
    // which the first screen says too. Who is asked never gives way to it.
    let spare = (text_width(&title) + 2).min(TITLE_COLS);
    let with_title = |form: &&Vec<(&str, Style)>| width(form) + spare <= usize::from(area.width);
    let fits = |form: &&Vec<(&str, Style)>| width(form) <= usize::from(area.width);
    // Beside the mark that nothing is saved, some of the title matters more than the longer forms.
    let is_marked = app.keeping.keep == Keep::InMemory || app.keeping.trouble.is_some();
    let marked = text_width(&title).min(MARKED_TITLE_COLS) + 2;
    let with_mark = |form: &&Vec<(&str, Style)>| width(form) + marked <= usize::from(area.width);
    let roomy = if is_marked {
        forms.iter().find(with_mark)
    } else {
        forms.iter().take(2).find(with_title)
    };
    let pieces = roomy.or_else(|| {
        if is_marked {
            forms.iter().rfind(fits)
        } else {
            forms.iter().skip(1).find(fits)
        }
    });
    let pieces = pieces.map_or(&rest[..], Vec::as_slice);
    let room = usize::from(area.width).saturating_sub(width(pieces) + 2);
    let title = paint::cut(&title, room);
    let x = paint::left(&[(&title, theme.title())], area, buf);
    if !paint::right(pieces, x, area, buf) {
        paint::left(pieces, area, buf);
    }
}

/// The model as the provider says it serves it, as far as it has said.
fn served_model(app: &App) -> &str {
    let asked = &app.session.choice;
    let last = app.conversation.last();
    last.filter(|turn| turn.asked.provider == asked.provider && turn.asked.model == asked.model)
        .map_or(asked.model.as_str(), |turn| turn.model())
}

/// The title, once there is one; else the first line of the first message. What is not kept says so.
fn title(app: &App) -> String {
    let title = &app.keeping.head.title;
    let title = if title.is_empty() {
        first_line(app)
    } else {
        safe::one_line(title)
    };
    match (app.keeping.keep, &app.keeping.trouble) {
        (Keep::InMemory, _) => tr!("◌ not saved · {title}", title),
        (Keep::OnDisk, Some(_)) => tr!("⚠ not saved · {title}", title),
        (Keep::OnDisk, None) => title,
    }
}

fn first_line(app: &App) -> String {
    let first = app.conversation.path().next();
    let line = first.and_then(|turn| turn.prompt.lines().find(|line| !line.trim().is_empty()));
    line.map_or_else(
        || tr!("New conversation").to_owned(),
        |line| safe::one_line(line.trim()),
    )
}
