//! Pictures that the terminal draws itself, in its own pixels: what it is told, and the cells that
//! stand for a picture on the screen.
//!
//! These are kitty's "Unicode placeholders" (sw.kovidgoyal.net/kitty/graphics-protocol): the terminal
//! is given the pixels under a number, and draws them wherever a cell holds a certain character whose
//! colour is that number. So a picture is text to everything else here: it is scrolled, cut and
//! painted over like any. Protocols that draw at the cursor, outside of the cells (iTerm2's, sixel),
//! can't be had that way.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

/// What a terminal that draws pictures is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drawing {
    /// The pixels of a picture.
    Pixels {
        /// Its number, which has 24 bits.
        id: u32,
        /// Its columns and rows of pixels.
        size: (u32, u32),
        /// Row by row: red, green, blue and how much of it is there.
        pixels: Box<[[u8; 4]]>,
    },
    /// How many cells a picture takes.
    Cells {
        /// Its number.
        id: u32,
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// A picture is no longer needed.
    Gone {
        /// Its number.
        id: u32,
    },
}

/// The character that a picture is drawn over.
const PLACEHOLDER: char = '\u{10EEEE}';

/// The marks on it that tell a row or a column, from 0 on: as many as a picture has columns. They are
/// the first of the protocol's `rowcolumn-diacritics.txt`.
const NUMBERS: [char; 36] = [
    '\u{305}', '\u{30d}', '\u{30e}', '\u{310}', '\u{312}', '\u{33d}', '\u{33e}', '\u{33f}',
    '\u{346}', '\u{34a}', '\u{34b}', '\u{34c}', '\u{350}', '\u{351}', '\u{352}', '\u{357}',
    '\u{35b}', '\u{363}', '\u{364}', '\u{365}', '\u{366}', '\u{367}', '\u{368}', '\u{369}',
    '\u{36a}', '\u{36b}', '\u{36c}', '\u{36d}', '\u{36e}', '\u{36f}', '\u{483}', '\u{484}',
    '\u{485}', '\u{486}', '\u{487}', '\u{592}',
];

/// Puts the cells of a row of a picture there.
pub(super) fn row(id: u32, row: usize, area: Rect, buf: &mut Buffer) {
    let [_, red, green, blue] = id.to_be_bytes();
    let style = Style::new().fg(Color::Rgb(red, green, blue));
    let Some(row) = NUMBERS.get(row) else {
        return;
    };
    for (place, column) in area.columns().zip(NUMBERS) {
        if let Some(cell) = buf.cell_mut((place.x, place.y)) {
            cell.set_symbol(&String::from_iter([PLACEHOLDER, *row, column]));
            cell.set_style(style);
        }
    }
}
