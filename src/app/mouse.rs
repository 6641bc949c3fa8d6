//! What the mouse does: the wheel, clicks, the border between the panes. Selecting text by
//! dragging is in [`super::selection`].

use std::time::{Duration, Instant};

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::overlay::Outcome;
use super::{App, Edge, Effect, Pane, Seam, Tone};
use crate::chat::Now;
use crate::phrase::tr;

/// How many rows a turn of the mouse wheel scrolls.
const WHEEL_ROWS: isize = 3;
/// How soon a press must follow another to count with it.
const DOUBLE_CLICK: Duration = Duration::from_millis(400);
/// How much a key moves the border between the panes, in percent.
const SEAM_STEP: u16 = 5;

/// What the pressed button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mouse {
    /// The last press: when, where, and which in a row it was.
    pressed: Option<(Instant, Position, u8)>,
    /// The border is being moved.
    moves_seam: bool,
}

impl App {
    pub(super) fn mouse(&mut self, mouse: MouseEvent, now: Now) -> Vec<Effect> {
        let at = Position::new(mouse.column, mouse.row);
        match mouse.kind {
            MouseEventKind::ScrollUp => self.wheel(at, -WHEEL_ROWS),
            MouseEventKind::ScrollDown => self.wheel(at, WHEEL_ROWS),
            MouseEventKind::Down(MouseButton::Left) => {
                let extends = mouse.modifiers.contains(KeyModifiers::SHIFT);
                return self.press(at, extends, now);
            }
            MouseEventKind::Drag(MouseButton::Left) => {
                self.urgent = true;
                if self.mouse.moves_seam {
                    self.move_seam(at);
                } else {
                    self.drag_selection(at, now.instant);
                }
            }
            MouseEventKind::Up(MouseButton::Left) => {
                self.urgent = true;
                if !std::mem::take(&mut self.mouse.moves_seam) {
                    self.release_selection(at, now.instant);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn wheel(&mut self, at: Position, rows: isize) {
        self.urgent = true;
        if let Some(overlay) = &mut self.overlay {
            overlay.scroll(rows);
            return;
        }
        match self.seen.pane_at(at) {
            Some(Pane::Thinking) => self.thinking_scroll.by(rows, &self.seen.thinking),
            Some(Pane::Chat) => self.chat_scroll.by(rows, &self.seen.chat),
            Some(Pane::Message) | None => {}
        }
    }

    fn press(&mut self, at: Position, extends: bool, now: Now) -> Vec<Effect> {
        self.urgent = true;
        let clicks = self.count_click(at, now.instant);
        if let Some(overlay) = &mut self.overlay {
            let row = self.seen.list.and_then(|(area, first)| {
                let row = usize::from(at.y.checked_sub(area.y)?);
                area.contains(at).then_some(first + row)
            });
            let outcome = row.map_or(Outcome::Close, |row| overlay.click(row));
            return self.after_overlay(outcome, now);
        }
        if self.seen.seam.is_some_and(|seam| seam.area.contains(at)) {
            self.mouse.moves_seam = true;
            return Vec::new();
        }
        let cross = self.seen.chips.iter().find(|(area, _)| area.contains(at));
        if let Some((_, chip)) = cross {
            self.remove_attachment(Some(*chip));
            return Vec::new();
        }
        let pane = self.seen.pane_at(at);
        if let Some(pane) = pane {
            self.focus = pane;
            if pane == Pane::Message {
                self.composer.click(at);
            }
        }
        match pane {
            Some(pane @ (Pane::Chat | Pane::Thinking)) => {
                self.begin_selection(pane, at, clicks, extends);
            }
            Some(Pane::Message) | None => self.selection = None,
        }
        Vec::new()
    }

    /// Counts presses at the same place in quick succession: 1, 2, 3, and again 1.
    fn count_click(&mut self, at: Position, now: Instant) -> u8 {
        let clicks = match self.mouse.pressed {
            Some((when, place, clicks))
                if place == at && now.saturating_duration_since(when) <= DOUBLE_CLICK =>
            {
                clicks % 3 + 1
            }
            _ => 1,
        };
        self.mouse.pressed = Some((now, at, clicks));
        clicks
    }

    /// Moves the border between the panes to where the mouse is.
    fn move_seam(&mut self, at: Position) {
        let Some(seam) = self.seen.seam else {
            return;
        };
        let panes = seam.panes;
        let cells = match seam.edge {
            Edge::Left => (at.x + 1).saturating_sub(panes.x),
            Edge::Right => panes.right().saturating_sub(at.x),
            Edge::Top => (at.y + 1).saturating_sub(panes.y),
        };
        self.give_thinking(seam, cells);
    }

    /// Gives the thinking pane this many columns or rows, as far as both panes keep their least.
    fn give_thinking(&mut self, seam: Seam, cells: u16) {
        let (least, most) = seam.range;
        let cells = cells.max(least).min(most);
        let (share, all) = match seam.edge {
            Edge::Left | Edge::Right => (&mut self.config.ui.thinking_width, seam.panes.width),
            Edge::Top => (&mut self.thinking_height, seam.panes.height),
        };
        // Rounded up, since the layout rounds down.
        *share = (u32::from(cells) * 100)
            .div_ceil(u32::from(all.max(1)))
            .try_into()
            .unwrap_or(*share);
    }

    /// Gives the thinking pane more room, or less.
    pub(super) fn resize_thinking(&mut self, step: i16, now: Now) {
        let Some(seam) = self.seen.seam else {
            let said = tr!("The thinking pane has no border to move here");
            self.notify(Tone::Info, said, now.instant);
            return;
        };
        let (share, all) = match seam.edge {
            Edge::Left | Edge::Right => (self.config.ui.thinking_width, seam.panes.width),
            Edge::Top => (self.thinking_height, seam.panes.height),
        };
        let wanted = share.saturating_add_signed(step * SEAM_STEP.cast_signed());
        let cells = u32::from(all) * u32::from(wanted) / 100;
        self.give_thinking(seam, u16::try_from(cells).unwrap_or(all));
        let share = match seam.edge {
            Edge::Left | Edge::Right => self.config.ui.thinking_width,
            Edge::Top => self.thinking_height,
        };
        let said = tr!("The thinking pane takes {share} % of the room", share);
        self.notify(Tone::Info, said, now.instant);
    }
}
