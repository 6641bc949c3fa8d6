//! The chat pane: every turn on the path, of which only the visible rows are drawn.

use std::fmt::Write as _;
use std::mem;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::cache::{Cache, Topic};
use super::extent::Part;
use super::path::Turns;
use super::theme::Theme;
use super::{card, figures, paint, phase, viewport, welcome};
use crate::app::{App, Pane, Phase, SeenPane};
use crate::chat::{self, Standing, Turn, TurnId, TurnState, safe};
use crate::markdown::text_width;
use crate::phrase::tr;

/// Draws the chat pane. Returns what it showed, and the first row of each turn.
pub(super) fn draw(
    app: &App,
    cache: &mut Cache,
    outer: Rect,
    buf: &mut Buffer,
) -> (SeenPane, Arc<[(TurnId, usize)]>) {
    let theme = cache.theme;
    let bare = app.zoom.is_some();
    let area = if bare {
        outer
    } else {
        paint::boxed(
            outer,
            &title(app, theme),
            app.focus == Pane::Chat,
            theme,
            buf,
        )
    };
    let area = if bare || area.width < 24 {
        area
    } else {
        paint::padded(area)
    };
    if app.conversation.is_empty() {
        welcome::draw(app, theme, area, buf);
        return (
            SeenPane {
                area,
                ..SeenPane::default()
            },
            Arc::from([]),
        );
    }
    let on_path: Vec<&Turn> = app.conversation.path().collect();
    let mut pictures = mem::take(&mut cache.pictures);
    pictures.fit_into(area.width, app.size.1, theme.depth());
    let turns = Turns {
        path: &on_path,
        live: app.live.as_ref(),
        open: app.toolbox.results_open,
        pictures: &pictures,
    };
    let height = usize::from(area.height);
    let mut path = mem::take(&mut cache.path);
    path.update(turns, area.width, cache);
    let top = path.look(turns, app.chat_scroll, height, cache);
    let top = path.count_some(turns, app.chat_scroll, (top, height), cache);
    cache.pictures = pictures;
    let rows = path.rows();
    for (line, row) in area.rows().zip(top..rows) {
        let Some((at, part)) = path.part(row) else {
            break;
        };
        if let Some(turn) = on_path.get(at) {
            if let Part::Text(topic, row) = part {
                cache.shows(Pane::Chat, (turn.id, topic, row), line);
            }
            draw_row(app, cache, turn, part, line, buf);
        }
    }
    if !bare {
        viewport::frame(app.chat_scroll, rows, top, outer, theme, buf);
    }
    let anchor = path.anchor(top, cache);
    let headings = path.headings(top, cache);
    let recounted = path.take_recounted();
    let starts = Arc::clone(path.starts());
    path.remember(top, anchor);
    cache.uncounted |= !path.is_counted();
    cache.path = path;
    (
        SeenPane {
            area,
            rows,
            top,
            anchor,
            headings,
            recounted,
        },
        starts,
    )
}

fn title(app: &App, theme: Theme) -> Line<'static> {
    let mut spans = vec![Span::styled(tr!(" Chat "), theme.title())];
    let turns = app.conversation.path().count();
    if turns > 1
        && let Some(focus) = app.turn_in_view()
    {
        let at = app.conversation.path().position(|turn| turn.id == focus.id);
        let at = at.map_or(turns, |at| at + 1);
        spans.push(Span::styled(
            tr!("· turn {at}/{turns} ", at, turns),
            theme.dim(),
        ));
    }
    Line::from(spans)
}

fn draw_row(app: &App, cache: &Cache, turn: &Turn, part: Part, line: Rect, buf: &mut Buffer) {
    let theme = cache.theme;
    let (topic, row) = match part {
        Part::BlankAbove | Part::BlankBelow => return,
        Part::UserHeader => return user_header(app, turn, theme, line, buf),
        Part::ReplyHeader => return reply_header(app, turn, theme, line, buf),
        Part::Text(topic, row) => (topic, row),
    };
    let document = cache.kept(turn.id, topic);
    let Some(row) = document.and_then(|document| document.row(row)) else {
        return;
    };
    paint::row(row, line, line.y, cache, buf);
    match topic {
        Topic::Calls(_) => card::mark(app.zoom.is_some(), theme, line, buf),
        Topic::Remarks => buf.set_style(line, theme.warning()),
        Topic::Failure if matches!(turn.state, TurnState::Failed(_)) => {
            buf.set_style(line, theme.error());
        }
        Topic::Failure => buf.set_style(line, theme.warning()),
        Topic::Attached | Topic::Words | Topic::Sources => buf.set_style(line, theme.dim()),
        Topic::Prompt | Topic::Answer | Topic::Reasoning => {}
    }
}

fn user_header(app: &App, turn: &Turn, theme: Theme, line: Rect, buf: &mut Buffer) {
    let is_selected = app.selected == Some(turn.id);
    let mut pieces = vec![(tr!("You"), theme.user())];
    if is_selected {
        pieces.insert(0, ("› ", theme.active()));
    }
    let siblings = app.conversation.siblings(turn.id);
    let mut versions = String::new();
    if siblings.len() > 1 {
        let at = siblings.iter().position(|id| *id == turn.id).unwrap_or(0) + 1;
        let _ = write!(versions, "  ◀ {at}/{} ▶", siblings.len());
        pieces.push((&versions, theme.active()));
    }
    let goes_again = tr!("  sent again with the next message");
    match turn.standing {
        Standing::Sent if turn.goes_again() => pieces.push((goes_again, theme.dim())),
        Standing::Sent => {}
        Standing::Pinned => pieces.push((tr!("  pinned"), theme.active())),
        Standing::LeftOut => pieces.push((tr!("  left out of what is sent"), theme.warning())),
    }
    let x = paint::left(&pieces, line, buf);
    paint::right(&[(&turn.sent.to_string(), theme.dim())], x + 1, line, buf);
}

fn reply_header(app: &App, turn: &Turn, theme: Theme, line: Rect, buf: &mut Buffer) {
    let live = app.live.as_ref().filter(|live| live.turn == turn.id);
    let (right, style) = match live {
        Some(live) if matches!(live.phase, Phase::Retrying { .. }) => {
            (phase::words(live, turn), theme.warning())
        }
        Some(live) => (phase::words(live, turn), theme.active()),
        None => (phases(turn, usize::from(line.width)), theme.dim()),
    };
    // What is going on matters more than who does it: the name gives way.
    let room = usize::from(line.width).saturating_sub(text_width(&right) + 1);
    let model = paint::cut(&safe::one_line(turn.model()), room);
    let provider = format!(" · {}", safe::one_line(&turn.asked.provider));
    let mut left = vec![(model.as_str(), theme.model())];
    if text_width(&model) + text_width(&provider) <= room {
        left.push((&provider, theme.dim()));
    }
    let x = paint::left(&left, line, buf);
    paint::right(&[(&right, style)], x, line, buf);
}

/// `thought 8.4 s · 520 tok · 87 tok/s`: how long the model thought, how long its answer is and how
/// fast that came. In a row of `width` columns, the figures of the answer leave the names whole.
fn phases(turn: &Turn, width: usize) -> String {
    let names = text_width(&safe::one_line(turn.model())) + text_width(&turn.asked.provider);
    let room = width.saturating_sub(names + " ·  ".len());
    let end = turn.timing.end.unwrap_or_default();
    let spent = |part| turn.timing.spent(part, end);
    let thought = spent(chat::Part::Reasoning).filter(|_| !turn.reply.reasoning.is_empty());
    let thought = thought.map(|time| tr!("thought {time}", time = figures::span(time)));
    let (tokens, reported) = turn.answer_tokens();
    let about = if reported { "" } else { "~" };
    let amount = (tokens >= 5).then(|| format!("{about}{} tok", figures::count(tokens)));
    let pace = spent(chat::Part::Answer).and_then(|time| figures::pace((tokens, reported), time));
    let mut said = thought.unwrap_or_default();
    for fact in [amount, pace].into_iter().flatten() {
        let longer = if said.is_empty() {
            fact
        } else {
            format!("{said} · {fact}")
        };
        if text_width(&longer) > room {
            break;
        }
        said = longer;
    }
    said
}
