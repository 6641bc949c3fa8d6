//! The bytes of a frame: only what changed, in one write, inside a synchronized update.

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

use crate::ui::Links;

/// Something a frame can be put on.
pub trait Surface: Backend {
    /// Shows what was drawn since the last call, all at once. `links` tells what the numbers of
    /// the cells' links mean.
    ///
    /// # Errors
    ///
    /// Fails when the terminal can't be written to.
    fn present(&mut self, links: &Links) -> io::Result<()>;

    /// Forgets what is known of the terminal's state: somebody else has written to it.
    fn invalidate(&mut self);
}

impl Surface for TestBackend {
    fn present(&mut self, _links: &Links) -> io::Result<()> {
        Ok(())
    }

    fn invalidate(&mut self) {}
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
    /// The number of the link that is open after the bytes gathered so far; 0 is none.
    link: u32,
    /// Where in those bytes a link begins or ends, and which number is open from there on.
    links: Vec<(usize, u32)>,
    cursor_shown: Option<bool>,
    /// Where the program wants the cursor.
    caret: Position,
}

/// How the terminal draws the next character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

const PLAIN: Pen = Pen {
    fg: Color::Reset,
    bg: Color::Reset,
    modifier: Modifier::empty(),
};

/// What each modifier is called in a "select graphic rendition" sequence (ECMA-48 §8.3.117).
const MODIFIERS: [(Modifier, u8); 9] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::RAPID_BLINK, 6),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

impl<W: Write> Canvas<W> {
    /// A surface that writes to `out`.
    pub fn new(out: W) -> Self {
        Self {
            out,
            frame: Vec::new(),
            ascii: false,
            at: None,
            pen: PLAIN,
            link: 0,
            links: Vec::new(),
            cursor_shown: None,
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
            Some(at) if at.y == to.y && to.x > at.x => {
                write!(self.frame, "\x1b[{}C", to.x - at.x)
            }
            Some(at) if to.x == 0 && to.y == at.y + 1 => write!(self.frame, "\r\n"),
            _ => write!(self.frame, "\x1b[{};{}H", to.y + 1, to.x + 1),
        });
        self.at = Some(to);
    }

    /// What follows belongs to the link of this number.
    fn take_link(&mut self, number: u32) {
        if self.link != number {
            self.links.push((self.frame.len(), number));
            self.link = number;
        }
    }

    fn take_pen(&mut self, pen: Pen) {
        if self.pen == pen {
            return;
        }
        let mut codes: Vec<String> = Vec::new();
        let mut from = self.pen;
        if !pen.modifier.contains(from.modifier) || pen == PLAIN {
            codes.push("0".to_owned());
            from = PLAIN;
        }
        for (modifier, code) in MODIFIERS {
            if pen.modifier.contains(modifier) && !from.modifier.contains(modifier) {
                codes.push(code.to_string());
            }
        }
        if pen.fg != from.fg {
            codes.push(colour(pen.fg, 30));
        }
        if pen.bg != from.bg {
            codes.push(colour(pen.bg, 40));
        }
        self.put("\x1b[");
        self.put(&codes.join(";"));
        self.put("m");
        self.pen = pen;
    }
}

/// A colour in a "select graphic rendition" sequence; `base` is 30 for text, 40 for what is behind.
fn colour(colour: Color, base: u8) -> String {
    let bright = base + 60;
    let code = match colour {
        Color::Reset => base + 9,
        Color::Black => base,
        Color::Red => base + 1,
        Color::Green => base + 2,
        Color::Yellow => base + 3,
        Color::Blue => base + 4,
        Color::Magenta => base + 5,
        Color::Cyan => base + 6,
        Color::Gray => base + 7,
        Color::DarkGray => bright,
        Color::LightRed => bright + 1,
        Color::LightGreen => bright + 2,
        Color::LightYellow => bright + 3,
        Color::LightBlue => bright + 4,
        Color::LightMagenta => bright + 5,
        Color::LightCyan => bright + 6,
        Color::White => bright + 7,
        Color::Indexed(index) => return format!("{};5;{index}", base + 8),
        Color::Rgb(r, g, b) => return format!("{};2;{r};{g};{b}", base + 8),
    };
    code.to_string()
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
    fn present(&mut self, links: &Links) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        if self.cursor_shown == Some(true) {
            self.go(self.caret);
        }
        self.take_link(0);
        let mut bytes = b"\x1b[?2026h".to_vec();
        let mut from = 0;
        for (at, number) in self.links.drain(..) {
            bytes.extend_from_slice(self.frame.get(from..at).unwrap_or_default());
            bytes.extend_from_slice(hyperlink(number, links).as_bytes());
            from = at;
        }
        bytes.extend_from_slice(self.frame.get(from..).unwrap_or_default());
        self.frame.clear();
        bytes.extend_from_slice(b"\x1b[?2026l");
        self.out.write_all(&bytes)?;
        self.out.flush()?;
        Ok(())
    }

    fn invalidate(&mut self) {
        self.at = None;
        self.cursor_shown = None;
        self.put("\x1b[0m");
        self.pen = PLAIN;
    }
}

impl<W: Write> Backend for Canvas<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            self.go(Position::new(x, y));
            self.take_link(Links::number_in(cell.underline_color));
            self.take_pen(Pen {
                fg: cell.fg,
                bg: cell.bg,
                modifier: cell.modifier,
            });
            let symbol = match cell.symbol() {
                symbol if self.ascii => super::ascii::instead_of(symbol),
                symbol => symbol,
            };
            self.put(symbol);
            // Terminals disagree about how wide a cluster of several characters is: after one,
            // the place is said again rather than assumed.
            self.at = match symbol.len() {
                1 => Some(Position::new(x + 1, y)),
                _ => None,
            };
            if symbol.chars().nth(1).is_none()
                && let Some(cols) = symbol
                    .chars()
                    .next()
                    .and_then(unicode_width::UnicodeWidthChar::width)
                && let Ok(cols) = u16::try_from(cols)
                && cols > 0
            {
                self.at = Some(Position::new(x + cols, y));
            }
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.cursor_shown != Some(false) {
            self.put("\x1b[?25l");
            self.cursor_shown = Some(false);
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.cursor_shown != Some(true) {
            self.put("\x1b[?25h");
            self.cursor_shown = Some(true);
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.caret)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.caret = position.into();
        if self.at != Some(self.caret) {
            self.go(self.caret);
        }
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.take_pen(PLAIN);
        self.take_link(0);
        self.put(match region {
            ClearType::All => "\x1b[2J",
            ClearType::AfterCursor => "\x1b[J",
            ClearType::BeforeCursor => "\x1b[1J",
            ClearType::CurrentLine => "\x1b[2K",
            ClearType::UntilNewLine => "\x1b[K",
        });
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        crossterm::terminal::size().map(|(cols, rows)| Size::new(cols, rows))
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size()?,
            pixels: Size::ZERO,
        })
    }

    /// Does nothing: bytes leave in [`Surface::present`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(cells: &[(u16, u16, Cell)]) -> String {
        let mut canvas = Canvas::new(Vec::new());
        canvas
            .draw(cells.iter().map(|(x, y, cell)| (*x, *y, cell)))
            .unwrap();
        canvas.present(&Links::default()).unwrap();
        String::from_utf8(canvas.out).unwrap()
    }

    fn cell(symbol: &'static str, fg: Color) -> Cell {
        let mut cell = Cell::new(symbol);
        cell.fg = fg;
        cell
    }

    #[test]
    fn a_run_of_cells_is_moved_to_and_coloured_once() {
        let red = |x| (x, 0, cell("a", Color::Red));
        let frame = drawn(&[red(4), red(5), (6, 0, cell("b", Color::Reset))]);
        assert_eq!(frame, "\x1b[?2026h\x1b[1;5H\x1b[31maa\x1b[0mb\x1b[?2026l");
    }

    #[test]
    fn the_place_is_said_again_after_a_cluster_of_unsure_width() {
        let frame = drawn(&[
            (0, 0, cell("👨‍👩‍👧", Color::Reset)),
            (2, 0, cell("中", Color::Reset)),
            (4, 0, cell("x", Color::Reset)),
        ]);
        assert_eq!(frame, "\x1b[?2026h\x1b[1;1H👨‍👩‍👧\x1b[1;3H中x\x1b[?2026l");
    }

    #[test]
    fn frames_and_marks_are_drawn_in_ascii_where_nothing_else_is_shown() {
        let mut canvas = Canvas::new(Vec::new()).in_ascii(true);
        let cells = ["╭", "─", "·", "中", "│"].map(|symbol| cell(symbol, Color::Reset));
        let places = [0, 1, 2, 3, 5];
        canvas
            .draw(places.into_iter().zip(&cells).map(|(x, cell)| (x, 0, cell)))
            .unwrap();
        canvas.present(&Links::default()).unwrap();
        let drawn = String::from_utf8(canvas.out).unwrap();
        assert_eq!(drawn, "\x1b[?2026h\x1b[1;1H+--中|\x1b[?2026l");
    }

    #[test]
    fn a_frame_that_changes_nothing_writes_nothing() {
        assert_eq!(drawn(&[]), "");
    }
}
