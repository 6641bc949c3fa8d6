//! Where everything goes, at every size from nothing to huge. Pure geometry.

use ratatui::layout::{Constraint, Layout, Rect};

use crate::app::{Edge, Seam};
use crate::config::{PanelState, Side};

/// The least width at which the panes stand side by side.
const SIDE_BY_SIDE_COLS: u16 = 80;
/// The least width at which there are two panes at all.
const STACKED_COLS: u16 = 40;
/// The least width of a pane beside another.
const PANE_COLS: u16 = 28;
/// The least height of a pane above another.
const STACKED_ROWS: u16 = 4;
/// The least height of the chat below another pane.
const CHAT_ROWS: u16 = 5;
/// Below this, there is only a notice.
const LEAST_COLS: u16 = 20;
/// Below this, there is only a notice.
const LEAST_ROWS: u16 = 6;

/// What decides the layout.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wants {
    /// How much of the reasoning to show.
    pub panel: PanelState,
    /// The thinking pane's share of the width, in percent.
    pub thinking_width: u16,
    /// The side that it is on.
    pub thinking_side: Side,
    /// Its share of the height above the chat, in percent.
    pub thinking_height: u16,
    /// Rows that the message's text takes.
    pub message_rows: u16,
    /// Rows of chips above it.
    pub chip_rows: u16,
    /// Rows that the status line's text takes.
    pub status_rows: u16,
    /// Whether a stacked thinking pane is down to one line: the answer has begun, and nobody is
    /// reading the reasoning.
    pub summed_up: bool,
}

/// The areas of the screen, borders included. What is not shown is empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Areas {
    /// The line on top.
    pub header: Rect,
    /// The reasoning.
    pub thinking: Rect,
    /// The conversation.
    pub chat: Rect,
    /// What goes along with the message.
    pub chips: Rect,
    /// The message box.
    pub message: Rect,
    /// The line at the bottom.
    pub status: Rect,
}

/// Lays the screen out. `None` when there is no room for anything but a notice.
pub(super) fn areas(window: Rect, wants: Wants) -> Option<Areas> {
    if window.width < LEAST_COLS || window.height < LEAST_ROWS {
        return None;
    }
    // The chat keeps at least three rows; the status gives way first, then the header.
    let spare = window.height.saturating_sub(3 + 3);
    let header_rows = u16::from(spare >= 1);
    let most_status_rows = (window.height / 6).max(1);
    let status_rows = match spare {
        0 | 1 => 0,
        _ => wants.status_rows.clamp(1, most_status_rows),
    };
    let most_message_rows = (window.height / 3).clamp(1, 12);
    let message_rows = wants.message_rows.clamp(1, most_message_rows) + 2;
    let chip_rows = if spare >= 3 { wants.chip_rows } else { 0 };
    let [header, body, chips, message, status] = Layout::vertical([
        Constraint::Length(header_rows),
        Constraint::Min(3),
        Constraint::Length(chip_rows),
        Constraint::Length(message_rows),
        Constraint::Length(status_rows),
    ])
    .areas(window);
    let (thinking, chat) = panes(body, wants);
    Some(Areas {
        header,
        thinking,
        chat,
        chips,
        message,
        status,
    })
}

/// The border between the panes that can be moved, if there is one.
pub(super) fn seam(areas: &Areas, panel: PanelState) -> Option<Seam> {
    let (thinking, chat) = (areas.thinking, areas.chat);
    if panel != PanelState::Full || thinking.height < STACKED_ROWS || chat.is_empty() {
        return None;
    }
    let panes = thinking.union(chat);
    let beside = |x: u16, edge| Seam {
        // The two borders that meet.
        area: Rect {
            x: x.saturating_sub(1),
            width: 2,
            ..panes
        },
        panes,
        edge,
        range: (PANE_COLS, panes.width.saturating_sub(PANE_COLS)),
    };
    Some(if thinking.y == chat.y && thinking.x < chat.x {
        beside(chat.x, Edge::Left)
    } else if thinking.y == chat.y {
        beside(thinking.x, Edge::Right)
    } else {
        Seam {
            area: Rect {
                y: chat.y.saturating_sub(1),
                height: 2,
                ..panes
            },
            panes,
            edge: Edge::Top,
            range: (
                STACKED_ROWS,
                panes.height.saturating_sub(CHAT_ROWS).max(STACKED_ROWS),
            ),
        }
    })
}

fn panes(body: Rect, wants: Wants) -> (Rect, Rect) {
    const NONE: Rect = Rect::ZERO;
    let above = |rows: u16| {
        let [thinking, chat] =
            Layout::vertical([Constraint::Length(rows), Constraint::Min(3)]).areas(body);
        (thinking, chat)
    };
    let roomy = body.width >= STACKED_COLS;
    match wants.panel {
        PanelState::Hidden => (NONE, body),
        PanelState::Peek if roomy && body.height >= 9 => above(5),
        PanelState::Full if body.width >= SIDE_BY_SIDE_COLS => {
            let share = u32::from(body.width) * u32::from(wants.thinking_width) / 100;
            let most = body.width.saturating_sub(PANE_COLS);
            let cols = u16::try_from(share).unwrap_or(most).clamp(PANE_COLS, most);
            let split = |first: u16| {
                Layout::horizontal([Constraint::Length(first), Constraint::Min(PANE_COLS)])
                    .areas::<2>(body)
            };
            match wants.thinking_side {
                Side::Left => {
                    let [thinking, chat] = split(cols);
                    (thinking, chat)
                }
                Side::Right => {
                    let [chat, thinking] = split(body.width - cols);
                    (thinking, chat)
                }
            }
        }
        PanelState::Full if roomy && body.height >= 10 => above(if wants.summed_up {
            1
        } else {
            let share = u32::from(body.height) * u32::from(wants.thinking_height) / 100;
            let most = body.height.saturating_sub(CHAT_ROWS).max(STACKED_ROWS);
            u16::try_from(share)
                .unwrap_or(most)
                .clamp(STACKED_ROWS, most)
        }),
        PanelState::Full | PanelState::Peek => (NONE, body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants() -> Wants {
        Wants {
            panel: PanelState::Full,
            thinking_width: 40,
            thinking_side: Side::Left,
            thinking_height: 34,
            message_rows: 1,
            chip_rows: 0,
            status_rows: 1,
            summed_up: false,
        }
    }

    fn laid_out(cols: u16, rows: u16, wants: Wants) -> Areas {
        areas(Rect::new(0, 0, cols, rows), wants).unwrap()
    }

    #[test]
    fn from_80_columns_up_the_panes_stand_side_by_side() {
        let at = laid_out(120, 40, wants());
        assert_eq!((at.thinking.width, at.chat.width), (48, 72));
        let at = laid_out(80, 24, wants());
        assert_eq!((at.thinking.width, at.chat.width), (32, 48));
        let right = Wants {
            thinking_side: Side::Right,
            ..wants()
        };
        assert_eq!(laid_out(120, 40, right).chat.x, 0);
    }

    #[test]
    fn no_pane_is_narrower_than_28_columns() {
        for thinking_width in [0, 10, 90, 100, u16::MAX] {
            let at = laid_out(
                80,
                24,
                Wants {
                    thinking_width,
                    ..wants()
                },
            );
            assert!(at.thinking.width >= 28 && at.chat.width >= 28, "{at:?}");
        }
    }

    #[test]
    fn from_79_columns_down_the_panes_stack_until_the_answer_begins() {
        let at = laid_out(79, 24, wants());
        assert_eq!(at.thinking.width, 79);
        assert!(at.thinking.bottom() <= at.chat.y);
        let begun = Wants {
            summed_up: true,
            ..wants()
        };
        assert_eq!(laid_out(79, 24, begun).thinking.height, 1);
        assert!(laid_out(39, 24, wants()).thinking.is_empty());
    }

    #[test]
    fn every_size_has_a_layout_inside_the_window() {
        for cols in (0..50).chain(74..90).chain([130, 500]) {
            for rows in (0..26).chain([60, 200]) {
                for panel in [PanelState::Full, PanelState::Peek, PanelState::Hidden] {
                    let window = Rect::new(0, 0, cols, rows);
                    let wants = Wants {
                        panel,
                        message_rows: 9,
                        chip_rows: 1,
                        status_rows: 3,
                        ..wants()
                    };
                    let Some(at) = areas(window, wants) else {
                        assert!(cols < 20 || rows < 6);
                        continue;
                    };
                    for area in [
                        at.header,
                        at.thinking,
                        at.chat,
                        at.chips,
                        at.message,
                        at.status,
                    ] {
                        assert_eq!(
                            area.intersection(window).area(),
                            area.area(),
                            "{window} {at:?}"
                        );
                    }
                    assert!(
                        at.chat.height >= 2 && at.message.height >= 2,
                        "{window} {at:?}"
                    );
                }
            }
        }
    }
}
