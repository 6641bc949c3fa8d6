//! From a theme's file to a [`Theme`]: every key by its name, every mistake with its place.

use super::{Background, Colour, Look, Part, Theme};
use crate::catalog::nearest::{did_you_mean, either};
use crate::catalog::reader::{self, Field, Section};
use crate::catalog::{Notes, Problems};
use crate::chat::safe;
use crate::config::wrong_at;
use crate::phrase::tr;

/// The first sixteen colours of the palette, as themes may call them.
const NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// Reads a theme. `file` is what problems name. Parts that it leaves out look as in the theme
/// `ansi`.
///
/// # Errors
/// [`Problems`]: everything that is wrong with the text, each with its line and column.
pub fn parse(text: &str, file: &str, name: &str) -> Result<Theme, Problems> {
    let mut notes = Notes::default();
    let read = reader::read(text, &mut notes, |top, notes| Some(theme(top, name, notes)));
    let (wrong, _) = notes.finish(file, text);
    match read {
        Some(theme) if wrong.is_empty() => Ok(theme),
        _ => Err(Problems(wrong)),
    }
}

fn theme(top: &mut Section<'_>, name: &str, notes: &mut Notes) -> Theme {
    let mut theme = if name == "ansi" {
        Theme::plain(name)
    } else {
        Theme {
            name: name.to_owned(),
            ..Theme::ansi()
        }
    };
    let backgrounds = [
        ("dark", Some(Background::Dark)),
        ("light", Some(Background::Light)),
        ("any", None),
    ];
    theme.background = top
        .word("background", &backgrounds, notes)
        .unwrap_or_default();
    for ((_, word), slot) in Part::ALL.into_iter().zip(&mut theme.looks) {
        if let Some(mut section) = top.section(word, notes) {
            *slot = look(&mut section, notes);
            section.finish(notes);
        }
    }
    theme
}

fn look(section: &mut Section<'_>, notes: &mut Notes) -> Look {
    let mut ink = |key| section.get(key).and_then(|field| colour(&field, notes));
    let (fg, bg) = (ink("fg"), ink("bg"));
    let mut is = |key| section.boolean(key, notes).unwrap_or_default();
    Look {
        fg: fg.unwrap_or_default(),
        bg: bg.unwrap_or_default(),
        bold: is("bold"),
        italic: is("italic"),
        underline: is("underline"),
        dim: is("dim"),
        reverse: is("reverse"),
    }
}

fn colour(field: &Field<'_>, notes: &mut Notes) -> Option<Colour> {
    if field.is_whole() {
        let index = field.whole(0..=255, notes)?;
        return u8::try_from(index).ok().map(Colour::Palette);
    }
    let text = field.string(notes)?;
    if let Some(colour) = named(&text) {
        return Some(colour);
    }
    let near = did_you_mean(&text, NAMES.into_iter().chain(["default"]));
    let text = safe::one_line(&text);
    field.wrong(
        tr!(
            "takes \"#rrggbb\", a number from 0 to 255, a name such as \"cyan\" or \"bright-black\", or \"default\", not \"{text}\".{near}",
            text,
            near
        ),
        notes,
    );
    None
}

fn named(text: &str) -> Option<Colour> {
    if text == "default" {
        return Some(Colour::Default);
    }
    if let Some(index) = NAMES.iter().position(|name| *name == text) {
        return u8::try_from(index).ok().map(Colour::Palette);
    }
    let hex = text.strip_prefix('#').filter(|hex| hex.len() == 6)?;
    // `from_str_radix` takes a sign, which is no digit.
    let digits = hex.chars().all(|c| c.is_ascii_hexdigit());
    let [_, r, g, b] = u32::from_str_radix(hex, 16)
        .ok()
        .filter(|_| digits)?
        .to_be_bytes();
    Some(Colour::Rgb([r, g, b]))
}

/// What is wrong with a configuration whose `ui.theme` is no theme: `names` are those that there
/// are, `place` is where others would be found.
pub fn unknown(text: &str, file: &str, theme: &str, names: &[&str], place: &str) -> Problems {
    let mut known = vec!["auto"];
    known.extend(names);
    let near = did_you_mean(theme, known.iter().copied());
    let (theme, place) = (safe::one_line(theme), safe::one_line(place));
    let all = either(&known);
    let what = tr!(
        "`ui.theme`: there is no theme \"{theme}\".{near} There are {all}; one of your own would be {place}.",
        theme,
        near,
        all,
        place
    );
    wrong_at(text, file, &["ui", "theme"], what)
}
