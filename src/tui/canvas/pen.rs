//! How the terminal draws the next character, and the shortest way to make it so.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier, Style};

/// How the terminal draws the next character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

/// What "select graphic rendition" calls each modifier, and what ends it (ECMA-48 §8.3.117). Two
/// share an end: the other one has to be said again.
const MODIFIERS: [(Modifier, &str, &str); 9] = [
    (Modifier::BOLD, "1", "22"),
    (Modifier::DIM, "2", "22"),
    (Modifier::ITALIC, "3", "23"),
    (Modifier::UNDERLINED, "4", "24"),
    (Modifier::SLOW_BLINK, "5", "25"),
    (Modifier::RAPID_BLINK, "6", "25"),
    (Modifier::REVERSED, "7", "27"),
    (Modifier::HIDDEN, "8", "28"),
    (Modifier::CROSSED_OUT, "9", "29"),
];

/// Modifiers that can be seen where there is no character.
const INKED: Modifier = Modifier::UNDERLINED
    .union(Modifier::REVERSED)
    .union(Modifier::CROSSED_OUT);

impl Pen {
    pub(super) const PLAIN: Self = Self {
        fg: Color::Reset,
        bg: Color::Reset,
        modifier: Modifier::empty(),
    };

    pub(super) fn of(cell: &Cell) -> Self {
        Self {
            fg: cell.fg,
            bg: cell.bg,
            modifier: cell.modifier,
        }
    }

    /// Tells whether a blank looks the same in both.
    pub(super) fn blanks_as(self, other: Self) -> bool {
        self.bg == other.bg && !self.modifier.union(other.modifier).intersects(INKED)
    }

    /// The sequence that makes a terminal go on with `to`; empty when nothing has to change.
    pub(super) fn change(self, to: Self) -> String {
        if self == to {
            return String::new();
        }
        if to == Self::PLAIN {
            return "\x1b[m".to_owned();
        }
        let step = sequence(&differences(self, to));
        if to.modifier.contains(self.modifier) {
            return step;
        }
        let anew = sequence(&[vec!["0".to_owned()], differences(Self::PLAIN, to)].concat());
        if anew.len() < step.len() { anew } else { step }
    }
}

/// The sequence that begins a style on a plain terminal; empty for one that changes nothing.
pub fn rendition(style: Style) -> String {
    Pen::PLAIN.change(Pen {
        fg: style.fg.unwrap_or(Color::Reset),
        bg: style.bg.unwrap_or(Color::Reset),
        modifier: style.add_modifier,
    })
}

fn sequence(codes: &[String]) -> String {
    format!("\x1b[{}m", codes.join(";"))
}

fn differences(from: Pen, to: Pen) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    let mut kept = from.modifier;
    for (modifier, _, end) in MODIFIERS {
        if kept.contains(modifier) && !to.modifier.contains(modifier) {
            codes.push(end.to_owned());
            for (other, _, its_end) in MODIFIERS {
                if its_end == end {
                    kept.remove(other);
                }
            }
        }
    }
    for (modifier, start, _) in MODIFIERS {
        if to.modifier.contains(modifier) && !kept.contains(modifier) {
            codes.push(start.to_owned());
        }
    }
    if from.fg != to.fg {
        codes.push(colour(to.fg, 30));
    }
    if from.bg != to.bg {
        codes.push(colour(to.bg, 40));
    }
    codes
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

#[cfg(test)]
mod tests {
    use super::*;

    fn pen(fg: Color, modifier: Modifier) -> Pen {
        Pen {
            fg,
            modifier,
            ..Pen::PLAIN
        }
    }

    #[test]
    fn the_shortest_way_from_one_style_to_another_is_taken() {
        let red = pen(Color::Red, Modifier::empty());
        let bold_red = pen(Color::Red, Modifier::BOLD);
        let bold_dim = pen(Color::Reset, Modifier::BOLD | Modifier::DIM);
        let bold = pen(Color::Reset, Modifier::BOLD);
        for (from, to, bytes) in [
            (Pen::PLAIN, red, "\x1b[31m"),
            (red, bold_red, "\x1b[1m"),
            (bold_red, red, "\x1b[22m"),
            (red, Pen::PLAIN, "\x1b[m"),
            (bold_dim, bold, "\x1b[0;1m"),
            (red, red, ""),
        ] {
            assert_eq!(from.change(to), bytes);
        }
    }
}
