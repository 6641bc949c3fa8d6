//! How many colours a terminal has, and which of them comes nearest to the one wanted.

use ratatui::style::Color;

use crate::config::theme::{Background, Colour, contrast, luminance};

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None, or none are wanted.
    None,
    /// Sixteen, of the user's choice.
    Sixteen,
    /// 256: those sixteen, a cube of 216 and a ramp of greys.
    Palette,
    /// Every one.
    Full,
}

/// Colours nearer to each other than this can't be told apart well enough to read.
const LEAST_CONTRAST: f64 = 2.0;
/// The steps of each side of the colour cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];
/// What xterm shows for the sixteen. Users choose others, but of the same hues.
const SIXTEEN: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// A text's colour and the one behind it, at a depth. Text that would have the colour of its ground
/// gets black or white instead, whichever reads better.
pub(super) fn pair(
    fg: Colour,
    bg: Colour,
    depth: Depth,
    on: Option<Background>,
) -> (Option<Color>, Option<Color>) {
    let ground = fit(bg, depth, None);
    // Of what is behind a text only the theme's own ground is known.
    let on = if ground.is_none() { on } else { None };
    let mut ink = fit(fg, depth, on);
    if let (Some(text), Some(behind)) = (ink.and_then(rgb), ground.and_then(rgb))
        && depth < Depth::Full
        && contrast(text, behind) < LEAST_CONTRAST
    {
        let dark = luminance(behind) < 0.179;
        ink = Some(if dark { Color::White } else { Color::Black });
    }
    (ink, ground)
}

/// The nearest colour that there is; `None` for the terminal's own. Never one that vanishes on a
/// background of that kind.
fn fit(colour: Colour, depth: Depth, on: Option<Background>) -> Option<Color> {
    match (colour, depth) {
        (Colour::Default, _) | (_, Depth::None) => None,
        (Colour::Palette(index @ 0..16), _) => Some(ansi(index)),
        (Colour::Palette(index), Depth::Full | Depth::Palette) => Some(Color::Indexed(index)),
        (Colour::Palette(index), Depth::Sixteen) => {
            Some(ansi(nearest_of_sixteen(of_palette(index), on)))
        }
        (Colour::Rgb([r, g, b]), Depth::Full) => Some(Color::Rgb(r, g, b)),
        (Colour::Rgb(rgb), Depth::Palette) => Some(Color::Indexed(nearest_of_palette(rgb))),
        (Colour::Rgb(rgb), Depth::Sixteen) => Some(ansi(nearest_of_sixteen(rgb, on))),
    }
}

/// One of the sixteen by its number.
fn ansi(index: u8) -> Color {
    match index {
        0 => Color::Black,
        1 => Color::Red,
        2 => Color::Green,
        3 => Color::Yellow,
        4 => Color::Blue,
        5 => Color::Magenta,
        6 => Color::Cyan,
        7 => Color::Gray,
        8 => Color::DarkGray,
        9 => Color::LightRed,
        10 => Color::LightGreen,
        11 => Color::LightYellow,
        12 => Color::LightBlue,
        13 => Color::LightMagenta,
        14 => Color::LightCyan,
        _ => Color::White,
    }
}

/// The nearest of the cube and the ramp; the sixteen are the user's, so nobody knows what they are.
fn nearest_of_palette(rgb: [u8; 3]) -> u8 {
    let near = |index: &u8| distance(of_palette(*index), rgb);
    (16..=255).min_by_key(near).unwrap_or(7)
}

/// The nearest of the sixteen: by hue where the colour has one, since pastels would all be grey by
/// distance.
fn nearest_of_sixteen(rgb: [u8; 3], on: Option<Background>) -> u8 {
    let [r, g, b] = rgb.map(f64::from);
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    let spread = most - least;
    if spread < 0.18 * most || most < 32.0 {
        let light = luminance(rgb);
        // Black, dark grey, light grey, white; those that a background swallows are left out.
        return match on {
            Some(Background::Dark) if light < 0.35 => 8,
            Some(Background::Dark) if light < 0.8 => 7,
            Some(Background::Dark) => 15,
            Some(Background::Light) if light > 0.1 => 8,
            Some(Background::Light) => 0,
            None if light < 0.04 => 0,
            None if light < 0.35 => 8,
            None if light < 0.8 => 7,
            None => 15,
        };
    }
    let sector = if most <= r {
        ((g - b) / spread).rem_euclid(6.0)
    } else if most <= g {
        (b - r) / spread + 2.0
    } else {
        (r - g) / spread + 4.0
    };
    // Sixths of the circle, red first; oranges are nearer to yellow than to red.
    let index = match sector {
        s if !(0.45..5.5).contains(&s) => 1,
        s if s < 1.5 => 3,
        s if s < 2.5 => 2,
        s if s < 3.4 => 6,
        s if s < 4.4 => 4,
        _ => 5,
    };
    let bright = match on {
        Some(Background::Light) => false,
        // Blue is the one that is too dark to read on black.
        Some(Background::Dark) => index == 4,
        None => most > 220.0 && least > 100.0,
    };
    index + if bright { 8 } else { 0 }
}

/// What an entry of the palette looks like.
fn of_palette(index: u8) -> [u8; 3] {
    match index {
        0..16 => SIXTEEN.get(usize::from(index)).copied().unwrap_or_default(),
        16..232 => {
            let at = index - 16;
            let side = |step: u8| CUBE.get(usize::from(step)).copied().unwrap_or_default();
            [side(at / 36), side(at / 6 % 6), side(at % 6)]
        }
        232.. => [8 + 10 * (index - 232); 3],
    }
}

/// What a colour looks like, as far as anybody knows.
fn rgb(colour: Color) -> Option<[u8; 3]> {
    match colour {
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(index) => Some(of_palette(index)),
        Color::Reset => None,
        named => (0..16).find(|index| ansi(*index) == named).map(of_palette),
    }
}

/// How far apart two colours look: the "redmean" approximation, squared.
fn distance(a: [u8; 3], b: [u8; 3]) -> i64 {
    let [r, g, bl] = [0, 1, 2].map(|at: usize| {
        let of = |rgb: [u8; 3]| i64::from(rgb.get(at).copied().unwrap_or_default());
        of(a) - of(b)
    });
    let mean = i64::midpoint(
        i64::from(a.first().copied().unwrap_or_default()),
        i64::from(b.first().copied().unwrap_or_default()),
    );
    (512 + mean) * r * r + 1024 * g * g + (767 - mean) * bl * bl
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::theme::{Part, Theme};

    #[test]
    fn colours_of_the_cube_and_the_ramp_are_found_again() {
        for index in 16..=255 {
            let found = nearest_of_palette(of_palette(index));
            assert_eq!(of_palette(found), of_palette(index));
        }
        assert_eq!(nearest_of_palette([0x7f, 0xb4, 0xe0]), 110);
        assert_eq!(nearest_of_palette([0x47, 0x4e, 0x5c]), 239);
    }

    #[test]
    fn pastels_keep_their_hue_among_sixteen() {
        let on = Some(Background::Dark);
        let named = |rgb| ansi(nearest_of_sixteen(rgb, on));
        assert_eq!(named([0xef, 0x83, 0x79]), Color::Red);
        assert_eq!(named([0xdf, 0xb2, 0x62]), Color::Yellow);
        assert_eq!(named([0x9d, 0xc5, 0x8c]), Color::Green);
        assert_eq!(named([0x79, 0xbf, 0xb9]), Color::Cyan);
        assert_eq!(named([0x7f, 0xb4, 0xe0]), Color::LightBlue);
        assert_eq!(named([0xc3, 0x9b, 0xdb]), Color::Magenta);
        assert_eq!(named([0x8a, 0x93, 0xa3]), Color::DarkGray);
    }

    #[test]
    fn no_text_of_a_theme_vanishes_in_its_background_at_any_depth() {
        for theme in Theme::builtin() {
            for depth in [Depth::Sixteen, Depth::Palette] {
                for (part, word) in Part::ALL {
                    let look = theme.look(part);
                    let (ink, ground) = pair(look.fg, look.bg, depth, theme.background);
                    let swallowed = match theme.background {
                        Some(Background::Dark) => ink == Some(Color::Black),
                        Some(Background::Light) => {
                            matches!(ink, Some(Color::White | Color::Gray))
                        }
                        None => false,
                    };
                    assert!(!swallowed || ground.is_some(), "{}: {word}", theme.name);
                    if let (Some(ink), Some(ground)) = (ink.and_then(rgb), ground.and_then(rgb)) {
                        assert!(
                            contrast(ink, ground) >= LEAST_CONTRAST,
                            "{}: {word}",
                            theme.name
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn text_on_a_ground_that_becomes_its_own_colour_is_made_black_or_white() {
        let (ink, ground) = pair(
            Colour::Rgb([0x60, 0x60, 0x60]),
            Colour::Rgb([0x50, 0x50, 0x50]),
            Depth::Sixteen,
            None,
        );
        assert_eq!((ink, ground), (Some(Color::Black), Some(Color::DarkGray)));
    }

    proptest::proptest! {
        #[test]
        fn every_colour_has_a_place_at_every_depth(r: u8, g: u8, b: u8, index: u8) {
            for colour in [Colour::Rgb([r, g, b]), Colour::Palette(index)] {
                for on in [None, Some(Background::Dark), Some(Background::Light)] {
                    let sixteen = fit(colour, Depth::Sixteen, on).and_then(rgb);
                    proptest::prop_assert!(sixteen.is_some());
                    let named = !matches!(fit(colour, Depth::Sixteen, on), Some(Color::Rgb(..) | Color::Indexed(_)));
                    proptest::prop_assert!(named);
                    let full = matches!(fit(colour, Depth::Palette, on), Some(Color::Rgb(..)));
                    proptest::prop_assert!(!full);
                }
            }
        }
    }
}
