//! The bytes of a frame: only what changed, in one write, inside a synchronized update.
//!
//! Owns the cheapest way to draw it: [`grid`] knows what the terminal shows, [`pen`] how it draws.
//! Only what a VT102 could do and what ECMA-48 says is used, so it is right on every terminal.

mod grid;
mod pen;

use std::io::{self, Write};

use ratatui::backend::{Backend, TestBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Size};
use unicode_width::UnicodeWidthChar;

use grid::{Grid, Shift, looks_alike};
use pen::Pen;
pub use pen::rendition;

use crate::ui::{Drawing, Links};

/// Something a frame can be put on.
pub trait Surface {
    /// How large it is now.
    ///
    /// # Errors
    ///
    /// Fails when the terminal can't be asked.
    fn size(&self) -> io::Result<Size>;

    /// Shows a frame all at once, with the cursor at the caret. `links` tells what the numbers of
    /// the cells' links mean.
    ///
    /// # Errors
    ///
    /// Fails when the terminal can't be written to.
    fn present(&mut self, frame: &Buffer, caret: Option<Position>, links: &Links)
    -> io::Result<()>;

    /// Begins anew with nothing shown: somebody else has written there, or its size has changed.
    fn clear(&mut self);

    /// Hands pictures over that it draws itself. Without, there are none: nobody says that it can.
    ///
    /// # Errors
    ///
    /// Fails when the terminal can't be written to.
    fn draw_pictures(&mut self, _drawings: &[Drawing]) -> io::Result<()> {
        Ok(())
    }
}

impl Surface for TestBackend {
    fn size(&self) -> io::Result<Size> {
        let Ok(size) = Backend::size(self);
        Ok(size)
    }

    fn present(
        &mut self,
        frame: &Buffer,
        caret: Option<Position>,
        _links: &Links,
    ) -> io::Result<()> {
        let before = self.buffer().clone();
        let Ok(()) = self.draw(before.diff(frame).into_iter());
        let Ok(()) = match caret {
            Some(caret) => self.show_cursor().and(self.set_cursor_position(caret)),
            None => self.hide_cursor(),
        };
        Ok(())
    }

    fn clear(&mut self) {
        let Ok(()) = Backend::clear(self);
    }
}

/// The terminal as a surface. What is drawn is gathered and leaves in one write: half a frame is
/// never on the screen, and a frame costs one system call.
#[derive(Debug)]
pub struct Canvas<W> {
    out: W,
    frame: Vec<u8>,
    /// Whether frames and marks are drawn in ASCII.
    ascii: bool,
    /// Where the terminal's cursor is after the bytes gathered so far, if that is certain.
    at: Option<Position>,
    pen: Pen,
    /// The number of the link that is open; 0 is none.
    link: u32,
    grid: Grid,
    cursor_shown: Option<bool>,
    cursor_wanted: bool,
    /// Where the program wants the cursor.
    caret: Position,
}

/// A blank run is erased rather than written from this length on.
const ERASED_COLS: usize = 10;
/// The same, up to the end of the row.
const CLEARED_COLS: usize = 4;

impl<W: Write> Canvas<W> {
    /// A surface that writes to `out`.
    pub fn new(out: W) -> Self {
        Self {
            out,
            frame: Vec::new(),
            ascii: false,
            at: None,
            pen: Pen::PLAIN,
            link: 0,
            grid: Grid::default(),
            cursor_shown: None,
            cursor_wanted: true,
            caret: Position::ORIGIN,
        }
    }

    /// The same surface for a terminal that shows ASCII only: frames and marks are drawn in it.
    #[must_use]
    pub fn in_ascii(mut self, ascii: bool) -> Self {
        self.ascii = ascii;
        self
    }

    fn put(&mut self, text: &str) {
        self.frame.extend_from_slice(text.as_bytes());
    }

    fn go(&mut self, to: Position) {
        if self.at == Some(to) {
            return;
        }
        // Writing to a vector can't fail.
        drop(match self.at {
            Some(at) if at.y == to.y && to.x == at.x + 1 => write!(self.frame, "\x1b[C"),
            Some(at) if at.y == to.y && to.x > at.x => {
                write!(self.frame, "\x1b[{}C", to.x - at.x)
            }
            Some(at) if to.x == 0 && to.y == at.y + 1 => write!(self.frame, "\r\n"),
            Some(at) if to.y == at.y + 1 && to.x == at.x => self.frame.write_all(b"\n"),
            _ => write!(self.frame, "\x1b[{};{}H", to.y + 1, to.x + 1),
        });
        self.at = Some(to);
    }

    fn take_pen(&mut self, pen: Pen) {
        let change = self.pen.change(pen);
        self.put(&change);
        self.pen = pen;
    }

    /// What follows belongs to the link of this number.
    fn take_link(&mut self, number: u32, links: &Links) {
        if self.link != number {
            self.put(&hyperlink(number, links));
            self.link = number;
        }
    }

    /// Writes what is wanted and not shown.
    fn draw_changes(&mut self, links: &Links) {
        let mut grid = std::mem::take(&mut self.grid);
        if let Some(shift) = grid.shift() {
            self.shift(shift);
            grid.move_rows(shift);
        }
        for y in 0..grid.height() {
            if let Some((shown, wanted, changed)) = grid.row(y) {
                self.draw_row(y, (shown, wanted), changed, links);
            }
        }
        grid.settle();
        self.grid = grid;
    }

    /// Lets the terminal move rows: lines are deleted at one end of a region and come in blank at
    /// the other (VT102).
    fn shift(&mut self, shift: Shift) {
        self.take_pen(Pen::PLAIN);
        let (top, bottom) = (shift.top + 1, shift.bottom + 1);
        let by = shift.up.unsigned_abs();
        let deed = if shift.up > 0 { 'M' } else { 'L' };
        // Writing to a vector can't fail.
        drop(write!(
            self.frame,
            "\x1b[{top};{bottom}r\x1b[{top};1H\x1b[{by}{deed}\x1b[r"
        ));
        self.at = None;
    }

    fn draw_row(
        &mut self,
        y: usize,
        (shown, wanted): (&[Cell], &[Cell]),
        (from, to): (usize, usize),
        links: &Links,
    ) {
        let Ok(row) = u16::try_from(y) else {
            return;
        };
        let differs = |x: usize| match (shown.get(x), wanted.get(x)) {
            (Some(shown), Some(wanted)) => !looks_alike(shown, wanted),
            _ => false,
        };
        let mut x = from;
        while x < to.min(wanted.len()) {
            if !differs(x) {
                x += 1;
                continue;
            }
            let Some(cell) = wanted.get(x) else {
                return;
            };
            let Ok(column) = u16::try_from(x) else {
                return;
            };
            if cell.symbol().is_empty() {
                // The second half of a wide character, which draws it too.
                x += 1;
                continue;
            }
            self.bridge(x, row, wanted, links);
            self.go(Position::new(column, row));
            let blanks = wanted
                .iter()
                .skip(x)
                .take_while(|cell| is_blank(cell))
                .count();
            if blanks >= CLEARED_COLS {
                let last = (x..x + blanks).rev().find(|x| differs(*x)).unwrap_or(x);
                let changed = last + 1 - x;
                let to_end = x + blanks >= wanted.len() && shown.len() <= wanted.len();
                if changed >= CLEARED_COLS {
                    self.take_link(0, links);
                }
                if to_end && changed >= CLEARED_COLS {
                    self.take_plain_blank();
                    self.put("\x1b[K");
                    return;
                }
                if changed >= ERASED_COLS {
                    self.take_plain_blank();
                    drop(write!(self.frame, "\x1b[{changed}X"));
                    x += changed;
                    continue;
                }
            }
            self.write(cell, (column, row), links);
            x += 1;
        }
    }

    /// Writes the few unchanged cells between the cursor and the next changed one, where that is
    /// no longer than going there.
    fn bridge(&mut self, to: usize, row: u16, wanted: &[Cell], links: &Links) {
        let Some(at) = self.at.filter(|at| at.y == row) else {
            return;
        };
        let from = usize::from(at.x);
        if from >= to || to - from > 4 {
            return;
        }
        let Some(gap) = wanted.get(from..to) else {
            return;
        };
        let costs_nothing = |cell: &Cell| {
            let pen = Pen::of(cell);
            let same = pen == self.pen || (cell.symbol() == " " && pen.blanks_as(self.pen));
            let link = Links::number_in(cell.underline_color);
            cell.symbol().len() == 1 && same && link == self.link
        };
        if gap.iter().all(costs_nothing) {
            for (cell, x) in gap.iter().zip(at.x..) {
                self.write(cell, (x, row), links);
            }
        }
    }

    fn write(&mut self, cell: &Cell, (x, y): (u16, u16), links: &Links) {
        let symbol = match cell.symbol() {
            symbol if self.ascii => super::ascii::instead_of(symbol),
            symbol => symbol,
        };
        self.take_link(Links::number_in(cell.underline_color), links);
        let pen = Pen::of(cell);
        if symbol != " " || !pen.blanks_as(self.pen) {
            self.take_pen(pen);
        }
        self.put(symbol);
        // Terminals disagree about how wide a cluster of several characters is: after one,
        // the place is said again rather than assumed.
        let mut chars = symbol.chars();
        let first = chars.next().and_then(UnicodeWidthChar::width);
        let cols = first.filter(|cols| *cols > 0 && chars.next().is_none());
        let cols = cols.and_then(|cols| u16::try_from(cols).ok());
        self.at = cols.map(|cols| Position::new(x + cols, y));
    }

    /// Takes a pen that erases to plain blanks.
    fn take_plain_blank(&mut self) {
        if !self.pen.blanks_as(Pen::PLAIN) {
            self.take_pen(Pen::PLAIN);
        }
    }
}

/// The size of the window. It is asked for before every frame: the library's own question opens the
/// terminal anew each time, so it is only the second one.
fn window() -> io::Result<Size> {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(io::stdout())
        && size.ws_col > 0
        && size.ws_row > 0
    {
        return Ok(Size::new(size.ws_col, size.ws_row));
    }
    crossterm::terminal::size().map(|(cols, rows)| Size::new(cols, rows))
}

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " "
        && Pen::of(cell).blanks_as(Pen::PLAIN)
        && Links::number_in(cell.underline_color) == 0
}

/// Opens the link of this number, or closes the one that is open ("OSC 8"; its own `id` holds the
/// rows of a wrapped link together).
fn hyperlink(number: u32, links: &Links) -> String {
    match links.url(number) {
        Some(url) => format!("\x1b]8;id={number};{url}\x1b\\"),
        None => "\x1b]8;;\x1b\\".to_owned(),
    }
}

impl<W: Write> Surface for Canvas<W> {
    fn size(&self) -> io::Result<Size> {
        window()
    }

    fn present(
        &mut self,
        frame: &Buffer,
        caret: Option<Position>,
        links: &Links,
    ) -> io::Result<()> {
        self.grid.want(frame);
        self.cursor_wanted = caret.is_some();
        self.caret = caret.unwrap_or(self.caret);
        self.draw_changes(links);
        self.take_link(0, links);
        if self.cursor_shown != Some(self.cursor_wanted) {
            self.put(if self.cursor_wanted {
                "\x1b[?25h"
            } else {
                "\x1b[?25l"
            });
            self.cursor_shown = Some(self.cursor_wanted);
        }
        if self.cursor_wanted {
            self.go(self.caret);
        }
        if self.frame.is_empty() {
            return Ok(());
        }
        let mut bytes = b"\x1b[?2026h".to_vec();
        bytes.append(&mut self.frame);
        bytes.extend_from_slice(b"\x1b[?2026l");
        self.out.write_all(&bytes)?;
        self.out.flush()?;
        // The frame's memory is used again.
        bytes.clear();
        self.frame = bytes;
        Ok(())
    }

    fn clear(&mut self) {
        self.at = None;
        self.cursor_shown = None;
        self.pen = Pen::PLAIN;
        self.put("\x1b[0m\x1b[2J");
        self.grid.clear();
    }

    fn draw_pictures(&mut self, drawings: &[Drawing]) -> io::Result<()> {
        if drawings.is_empty() {
            return Ok(());
        }
        self.out.write_all(&super::graphics::bytes(drawings))?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Modifier, Style};

    use super::*;

    /// A canvas, the frame it shows, and a terminal that reads its bytes.
    struct Screen {
        canvas: Canvas<Vec<u8>>,
        shown: Buffer,
        terminal: vt100::Parser,
    }

    impl Screen {
        fn new(cols: u16, rows: u16) -> Self {
            Self {
                canvas: Canvas::new(Vec::new()),
                shown: Buffer::empty(Rect::new(0, 0, cols, rows)),
                terminal: vt100::Parser::new(rows.try_into().unwrap(), cols.try_into().unwrap(), 0),
            }
        }

        /// Shows a frame. Returns its bytes, without the brackets of the update.
        fn show(&mut self, next: &Buffer) -> String {
            self.canvas.present(next, None, &Links::default()).unwrap();
            self.shown = next.clone();
            let bytes = std::mem::take(&mut self.canvas.out);
            self.terminal.process(&bytes);
            let text = String::from_utf8(bytes).unwrap();
            let text = text.replace("\x1b[?2026h", "").replace("\x1b[?2026l", "");
            text.replace("\x1b[?25l", "")
        }

        /// Fails unless the terminal shows the frame.
        fn check(&self) {
            for (index, cell) in self.shown.content.iter().enumerate() {
                let (x, y) = self.shown.pos_of(index);
                let real = self.terminal.screen().cell(y, x).unwrap();
                if real.is_wide_continuation() {
                    continue;
                }
                let text = match real.contents() {
                    "" => " ",
                    text => text,
                };
                assert_eq!(text, cell.symbol(), "at {x},{y}");
                assert_eq!(real.inverse(), cell.modifier.contains(Modifier::REVERSED));
                let underlined = cell.modifier.contains(Modifier::UNDERLINED);
                assert_eq!(real.underline(), underlined);
                if text != " " {
                    assert_eq!(
                        real.bold(),
                        cell.modifier.contains(Modifier::BOLD),
                        "at {x},{y}"
                    );
                    let red = real.fgcolor() == vt100::Color::Idx(1);
                    assert_eq!(red, cell.fg == Color::Red, "at {x},{y}");
                }
                let on_blue = real.bgcolor() == vt100::Color::Idx(4);
                assert_eq!(on_blue, cell.bg == Color::Blue, "background at {x},{y}");
            }
        }
    }

    fn lines(buffer: &mut Buffer, x: u16, lines: impl Iterator<Item = String>) {
        for (y, line) in (1..buffer.area.bottom() - 1).zip(lines) {
            buffer.set_string(x, y, format!("{line:<20}"), Style::new());
        }
    }

    #[test]
    fn a_run_of_cells_is_moved_to_and_coloured_once() {
        let mut screen = Screen::new(9, 2);
        let mut next = screen.shown.clone();
        next.set_string(4, 0, "aa", Style::new().fg(Color::Red));
        next.set_string(6, 0, "b", Style::new());
        assert_eq!(screen.show(&next), "\x1b[1;5H\x1b[31maa\x1b[mb");
        screen.check();
    }

    #[test]
    fn the_place_is_said_again_after_a_cluster_of_unsure_width() {
        let mut screen = Screen::new(9, 1);
        let mut next = screen.shown.clone();
        next.set_string(0, 0, "👨\u{200d}👩\u{200d}👧中x", Style::new());
        let bytes = screen.show(&next);
        assert_eq!(bytes, "\x1b[1;1H👨\u{200d}👩\u{200d}👧\x1b[1;3H中x");
    }

    #[test]
    fn a_frame_that_changes_nothing_one_can_see_writes_nothing() {
        let mut screen = Screen::new(9, 2);
        let mut next = screen.shown.clone();
        screen.show(&next);
        next.set_style(next.area, Style::new().fg(Color::Red).bold());
        assert_eq!(screen.show(&next), "");
    }

    #[test]
    fn few_unchanged_letters_between_changed_ones_are_written_again() {
        let mut screen = Screen::new(20, 1);
        let mut next = screen.shown.clone();
        next.set_string(0, 0, "one and two", Style::new());
        screen.show(&next);
        next.set_string(0, 0, "won ant twice", Style::new());
        assert_eq!(screen.show(&next), "\x1b[1;1Hwon ant twice");
        screen.check();
    }

    #[test]
    fn rows_that_moved_up_are_moved_by_the_terminal() {
        let mut screen = Screen::new(60, 12);
        let text = |from: usize| (from..).map(|n| format!("{:x}", (n + 7).pow(9)));
        let mut next = screen.shown.clone();
        lines(&mut next, 30, text(1));
        lines(
            &mut next,
            2,
            ["a pane".to_owned(), "that stays".to_owned()].into_iter(),
        );
        screen.show(&next);
        for from in [2, 5, 4, 2] {
            lines(&mut next, 30, text(from));
            let bytes = screen.show(&next);
            assert!(bytes.contains("\x1b[r"), "{bytes:?}");
            assert!(bytes.len() < 150, "{bytes:?}");
            screen.check();
        }
        lines(&mut next, 30, text(100));
        screen.show(&next);
        screen.check();
    }

    #[test]
    fn frames_and_marks_are_drawn_in_ascii_where_nothing_else_is_shown() {
        let mut screen = Screen::new(9, 1);
        screen.canvas.ascii = true;
        let mut next = screen.shown.clone();
        next.set_string(0, 0, "╭─·中│", Style::new());
        assert_eq!(screen.show(&next), "\x1b[1;1H+--中|");
    }

    /// A change of a frame.
    #[derive(Debug, Clone)]
    enum Change {
        Text {
            x: u16,
            y: u16,
            text: String,
            style: Style,
        },
        Scroll {
            x: u16,
            up: i16,
        },
        Fill(Style),
    }

    fn changes() -> impl Strategy<Value = Change> {
        let style = prop::sample::select(vec![
            Style::new(),
            Style::new().fg(Color::Red),
            Style::new().bold(),
            Style::new().bold().fg(Color::Red),
            Style::new().reversed(),
            Style::new().underlined().italic(),
            Style::new().bg(Color::Blue),
        ]);
        let text = prop::sample::select(vec![
            "words and words",
            "中文字",
            "x",
            " ",
            "                    ",
            "a中b中c",
            "│",
            "é",
        ]);
        prop_oneof![
            6 => (0..40_u16, 0..14_u16, text, style.clone()).prop_map(|(x, y, text, style)| {
                Change::Text { x, y, text: text.to_owned(), style }
            }),
            4 => (prop::sample::select(vec![0_u16, 16]), -4..5_i16)
                .prop_map(|(x, up)| Change::Scroll { x, up }),
            1 => style.prop_map(Change::Fill),
        ]
    }

    fn apply(change: &Change, buffer: &mut Buffer) {
        match change {
            Change::Text { x, y, text, style } => {
                buffer.set_string(*x, *y, text, *style);
            }
            Change::Scroll { x, up } => {
                let before = buffer.clone();
                for y in 4..10_u16 {
                    for x in *x..buffer.area.width {
                        let from = (y.cast_signed() + up).cast_unsigned();
                        buffer[(x, y)] = before[(x, from)].clone();
                    }
                }
            }
            Change::Fill(style) => buffer.set_style(Rect::new(3, 3, 20, 4), *style),
        }
        // As the view does: half of a wide character is never left.
        for y in 0..buffer.area.height {
            for x in 0..buffer.area.width {
                let wide = unicode_width::UnicodeWidthStr::width(buffer[(x, y)].symbol()) > 1;
                if wide && x + 1 == buffer.area.width {
                    buffer[(x, y)].set_symbol(" ");
                } else if wide {
                    let style = buffer[(x, y)].style();
                    buffer[(x + 1, y)].reset();
                    buffer[(x + 1, y)].set_style(style);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

        #[test]
        fn whatever_changes_the_terminal_shows_the_frame(
            frames in prop::collection::vec(prop::collection::vec(changes(), 1..8), 1..8),
        ) {
            let mut screen = Screen::new(48, 14);
            let mut next = screen.shown.clone();
            for (y, line) in (0..14_u16).zip("abcdefghijklmnop".chars()) {
                next.set_string(18, y, format!("{line}{line} row of text"), Style::new());
            }
            for frame in frames {
                screen.show(&next);
                screen.check();
                for change in &frame {
                    apply(change, &mut next);
                }
            }
            screen.show(&next);
            screen.check();
        }
    }
}
