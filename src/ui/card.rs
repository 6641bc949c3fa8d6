//! Tool calls: a card in the transcript for each, and the card that asks whether one may run.
//!
//! Both are drawn from the state alone. The asking one stands outside of the transcript, in a
//! border of its own, and the others have a mark in a column that text never reaches: nothing that
//! a model or a tool writes can look like either.

use std::borrow::Cow;
use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

use super::theme::Theme;
use super::{figures, paint};
use crate::app::{App, Live, SeenCard, consent};
use crate::chat::{CallState, ToolCall, safe};
use crate::markdown::text_width;
use crate::phrase::{self, tr};

/// How many lines of a result are shown unless all of it is asked for.
const FOLDED_LINES: usize = 3;
/// How much of the arguments is shown once they are settled; the card showed all of them.
const MOST_ARGUMENT_COLS: usize = 120;
/// How much of them is read for that: blanks are joined, and marks take no column.
const MOST_ARGUMENT_CHARS: usize = 2_000;
/// Rows that the chat keeps beside an asking card; with less, the card takes all of it.
const CHAT_ROWS: u16 = 4;

/// What a call came to, as text of its card; empty while it has come to nothing.
pub(super) fn result(call: &ToolCall, open: bool) -> String {
    let text = match &call.state {
        CallState::Done(outcome) => Cow::Borrowed(outcome.text.as_str()),
        CallState::Failed(outcome) => phrase::heard(&outcome.text),
        CallState::Refused(why) => phrase::heard(why),
        CallState::Asked | CallState::Waiting | CallState::Approved | CallState::Running => {
            Cow::Borrowed("")
        }
    };
    let text = text.trim_end();
    let count = text.lines().count();
    if open || count <= FOLDED_LINES + 1 {
        return text.to_owned();
    }
    let first: Vec<&str> = text.lines().take(FOLDED_LINES).collect();
    let more = count - FOLDED_LINES;
    tr!(
        "{first}\n… {more} more lines (/results shows them)",
        first = first.join("\n"),
        more
    )
}

/// Calls as text: for each what was asked for, what is becoming of it, and what it came to.
pub(super) fn calls(calls: &[ToolCall], live: Option<&Live>, open: bool) -> String {
    let mut text = String::new();
    for call in calls
        .iter()
        .filter(|call| live.is_some() || call.state != CallState::Asked)
    {
        // Cut before it is made safe: what is shown of 64 KiB is a line.
        let all = call.effective_arguments();
        let end = all.char_indices().nth(MOST_ARGUMENT_CHARS);
        let arguments = end.map_or(all, |(end, _)| all.get(..end).unwrap_or(all));
        let arguments = safe::plain_json(&safe::one_line(arguments));
        let arguments = paint::cut(&arguments, MOST_ARGUMENT_COLS);
        let name = safe::plain_json(&safe::one_line(&call.name));
        let state = state(call, live);
        let _ = writeln!(text, "⚙ {name} · {state} · {arguments}");
        for line in result(call, open).lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    text.pop();
    text
}

fn state(call: &ToolCall, live: Option<&Live>) -> String {
    match (&call.state, live) {
        (CallState::Asked, Some(_)) => tr!("being written").to_owned(),
        (CallState::Asked | CallState::Refused(_), _) => tr!("not run").to_owned(),
        (CallState::Waiting, _) => tr!("waits for you").to_owned(),
        (CallState::Approved, _) => tr!("is next").to_owned(),
        (CallState::Running, Some(live)) => {
            let time = live.as_of.saturating_duration_since(live.step_since);
            tr!("running {time}", time = figures::span(time))
        }
        (CallState::Running, None) => tr!("running").to_owned(),
        (CallState::Done(outcome), _) => tr!("done {time}", time = figures::span(outcome.took)),
        (CallState::Failed(outcome), _) => tr!("failed {time}", time = figures::span(outcome.took)),
    }
}

/// Marks a row of tool calls in the column left of the text, which no text reaches.
pub(super) fn mark(bare: bool, theme: Theme, line: Rect, buf: &mut Buffer) {
    buf.set_style(line, theme.dim());
    if let (false, Some(x)) = (bare, line.x.checked_sub(1)) {
        buf.set_string(x, line.y, "▌", theme.active());
    }
}

/// The chat's area without the asking card, and that card's. Either may be empty.
pub(super) fn split(app: &App, chat: Rect) -> (Rect, Rect) {
    let Some(asking) = Asking::of(app, chat.width.saturating_sub(4)) else {
        return (chat, Rect::ZERO);
    };
    let most = (chat.height * 2 / 3).max(7).min(chat.height);
    let wanted = asking.arguments.len() + asking.runs.len() + asking.keys.len() + 2;
    let rows = u16::try_from(wanted).unwrap_or(u16::MAX).min(most);
    let rows = if chat.height - rows < CHAT_ROWS {
        chat.height
    } else {
        rows
    };
    let left = Rect {
        height: chat.height - rows,
        ..chat
    };
    let card = Rect {
        y: left.bottom(),
        height: rows,
        ..chat
    };
    (left, card)
}

/// What the asking card says, in rows.
struct Asking {
    title: String,
    arguments: Vec<String>,
    runs: Vec<String>,
    keys: Vec<String>,
}

impl Asking {
    fn of(app: &App, width: u16) -> Option<Self> {
        let width = usize::from(width.max(1));
        let id = app.card()?;
        let (call, tool) = app.call_and_tool(id)?;
        let arguments = tool.arguments(call.effective_arguments()).ok()?;
        let calls = app.conversation.turn(id.turn)?.reply.calls_of_round();
        let waiting = calls
            .iter()
            .filter(|call| call.state == CallState::Waiting)
            .count();
        let mut title = tr!(" Run {name}? ", name = safe::plain_json(&call.name));
        if call.edited.is_some() {
            title.push_str(tr!("· with your arguments "));
        }
        if waiting > 1 {
            title.push_str(&tr!("· {count} more to come ", count = waiting - 1));
        }
        let lines = consent::shown(&arguments);
        let runs = tr!(
            "runs: {command}",
            command = safe::plain_json(&safe::one_line(&tool.runs()))
        );
        let keys = if width >= 70 {
            tr!("y once  a always with these very arguments  n no  e edit  Esc stop")
        } else {
            tr!("y once  a always (same only)  n no  e edit  Esc stop")
        };
        Some(Self {
            title,
            arguments: lines
                .lines()
                .flat_map(|line| chopped(line, width))
                .collect(),
            runs: chopped(&runs, width),
            keys: paint::folded(keys, width),
        })
    }
}

/// Draws the card that asks. Returns what it showed.
pub(super) fn draw(app: &App, theme: Theme, area: Rect, buf: &mut Buffer) -> Option<SeenCard> {
    let call = app.card()?;
    if area.height < 3 {
        return None;
    }
    let asking = Asking::of(app, area.width.saturating_sub(4))?;
    let title = paint::cut(&asking.title, usize::from(area.width.saturating_sub(2)));
    let title = Line::from(Span::styled(title, theme.warning()));
    let inner = paint::padded(paint::boxed(area, &title, true, theme, buf));
    border(area, theme.warning(), buf);
    // The keys always have room, then the arguments, then what runs them.
    let height = usize::from(inner.height);
    let is_tiny = height < asking.keys.len() + 2;
    let keys = if is_tiny { 0 } else { asking.keys.len() };
    let runs = asking.runs.len().min(height.saturating_sub(keys + 3));
    let room = height.saturating_sub(keys + runs);
    let last_top = asking.arguments.len().saturating_sub(room);
    let top = app.toolbox.consent.top.min(last_top);
    let shown = asking.arguments.iter().skip(top).take(room);
    let rows = shown.map(|row| (row, Style::new()));
    let rows = rows.chain(asking.runs.iter().take(runs).map(|row| (row, theme.dim())));
    let rows = rows.chain(
        asking
            .keys
            .iter()
            .take(keys)
            .map(|row| (row, theme.active())),
    );
    for (y, (row, style)) in (inner.y..inner.bottom()).zip(rows) {
        buf.set_stringn(inner.x, y, row, usize::from(inner.width), style);
    }
    let edge = Rect {
        y: area.bottom() - 1,
        height: 1,
        ..area.inner(Margin::new(2, 0))
    };
    if is_tiny {
        paint::left(&[(" y a n e Esc ", theme.active())], edge, buf);
    } else if last_top > 0 {
        paint::scroll_bar(
            Rect {
                height: u16::try_from(room + 2).unwrap_or(area.height),
                ..area
            },
            asking.arguments.len(),
            top,
            theme.warning(),
            buf,
        );
        let below = last_top - top;
        let text = if below > 0 {
            tr!(" ↓ {below} more lines of arguments ", below)
        } else {
            tr!(" ↑ more above ").to_owned()
        };
        paint::right(&[(&text, theme.warning())], edge.x, edge, buf);
    }
    Some(SeenCard { call, last_top })
}

/// Colours a box's border.
fn border(area: Rect, style: Style, buf: &mut Buffer) {
    for position in area.positions() {
        let is_edge = position.x == area.left()
            || position.x + 1 == area.right()
            || position.y == area.top()
            || position.y + 1 == area.bottom();
        if let Some(cell) = buf.cell_mut(position).filter(|_| is_edge) {
            cell.set_style(style);
        }
    }
}

/// A line in rows of a width, cut wherever it ends: nothing of it is left out, moved or added.
fn chopped(line: &str, width: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let mut row = String::new();
    let mut used = 0;
    for cluster in line.graphemes(true) {
        let cols = text_width(cluster);
        if used + cols > width && !row.is_empty() {
            rows.push(std::mem::take(&mut row));
            used = 0;
        }
        row.push_str(cluster);
        used += cols;
    }
    rows.push(row);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Outcome;

    #[test]
    fn a_long_result_is_folded_and_says_so() {
        let call = |lines: usize| ToolCall {
            state: CallState::Done(Outcome {
                text: "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n"
                    .get(..2 * lines)
                    .unwrap()
                    .to_owned(),
                ..Outcome::default()
            }),
            ..ToolCall::default()
        };
        assert_eq!(result(&call(4), false), "0\n1\n2\n3");
        let folded = result(&call(10), false);
        assert!(folded.starts_with("0\n1\n2\n… 7 more lines"), "{folded}");
        assert_eq!(result(&call(10), true).lines().count(), 10);
    }

    #[test]
    fn arguments_are_cut_anywhere_and_lose_nothing() {
        let line = "\"command\": \"ls -la   /tmp/x 你好你好\"";
        let rows = chopped(line, 7);
        assert_eq!(rows.concat(), line);
        assert!(rows.iter().all(|row| text_width(row) <= 7), "{rows:?}");
    }
}
