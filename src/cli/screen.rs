//! What the environment says of the terminal: colours, characters, and whether it can be asked.

use super::setup::Environment;
use crate::phrase::Language;
use crate::ui::{Depth, Medium};

/// Terminals of every colour that do not always say so, as over SSH.
const FULL: [&str; 6] = [
    "alacritty",
    "contour",
    "foot",
    "ghostty",
    "kitty",
    "wezterm",
];

/// How many colours to use.
pub(super) fn depth(environment: &Environment) -> Depth {
    // <https://no-color.org>: set to anything but nothing.
    if environment.get("NO_COLOR").is_some() {
        return Depth::None;
    }
    let term = environment.get("TERM").unwrap_or_default();
    let every = matches!(environment.get("COLORTERM"), Some("truecolor" | "24bit"));
    if every || term.ends_with("-direct") || FULL.iter().any(|name| term.contains(name)) {
        return Depth::Full;
    }
    if environment.get("WT_SESSION").is_some() {
        return Depth::Full;
    }
    match term {
        "" | "dumb" => Depth::None,
        term if term.contains("256color") => Depth::Palette,
        term if is_monochrome(term) => Depth::None,
        _ => Depth::Sixteen,
    }
}

/// DEC's text terminals and what says that it has no colours.
fn is_monochrome(term: &str) -> bool {
    let dec = term
        .strip_prefix("vt")
        .or_else(|| term.strip_prefix("dec-vt"));
    dec.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        || term.ends_with("-mono")
}

/// Whether a question to the terminal does no harm. Those that don't know it should ignore it; these
/// show it.
pub(super) fn can_be_asked(environment: &Environment) -> bool {
    let term = environment.get("TERM").unwrap_or_default();
    let shows_it = ["linux", "dumb", "cons25", "cygwin", "eterm", "emacs"];
    !term.is_empty() && !is_monochrome(term) && !shows_it.iter().any(|name| term.starts_with(name))
}

/// Whether only ASCII can be shown: the locale says so. Where no locale is set, as in many
/// containers, the terminal is most likely one of today's.
pub(super) fn is_ascii(environment: &Environment) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| environment.get(name));
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        !locale.contains("utf-8") && !locale.contains("utf8")
    })
}

/// How pictures can be shown. Kitty and Ghostty say who they are, and draw pictures over cells; inside
/// of tmux, which says that it is the terminal, they are not asked to.
pub(super) fn pictures(environment: &Environment) -> Medium {
    let terminal = environment.get("TERM").unwrap_or_default();
    if is_ascii(environment) {
        Medium::Nothing
    } else if matches!(terminal, "xterm-kitty" | "xterm-ghostty") {
        // Its low bits: neighbours in time differ.
        let [.., high, low] = std::process::id().to_be_bytes();
        Medium::Terminal(u16::from_be_bytes([high, low]))
    } else {
        Medium::Cells
    }
}

/// The language that the locale asks for: Chinese only where it can be shown.
pub(super) fn language(environment: &Environment) -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| environment.get(name));
    match locale {
        Some(locale) if !is_ascii(environment) => Language::of_locale(locale),
        _ => Language::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::of(variables)
    }

    #[test]
    fn terminals_draw_pictures_where_they_are_known_to() {
        let pictures = |variables: &[(&str, &str)]| pictures(&environment(variables));
        for terminal in ["xterm-kitty", "xterm-ghostty"] {
            let drawn = pictures(&[("TERM", terminal)]);
            assert!(matches!(drawn, Medium::Terminal(_)), "{terminal}");
        }
        let in_tmux = [("TERM", "tmux-256color"), ("KITTY_WINDOW_ID", "1")];
        assert_eq!(pictures(&in_tmux), Medium::Cells);
        let ascii = [("TERM", "xterm-kitty"), ("LC_ALL", "C")];
        assert_eq!(pictures(&ascii), Medium::Nothing);
    }

    #[test]
    fn colours_are_used_as_far_as_the_terminal_is_known_to_have_them() {
        let depth = |variables: &[(&str, &str)]| depth(&environment(variables));
        assert_eq!(depth(&[("TERM", "xterm-256color")]), Depth::Palette);
        let full = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")];
        assert_eq!(depth(&full), Depth::Full);
        assert_eq!(
            depth(&[("TERM", "xterm"), ("COLORTERM", "24bit")]),
            Depth::Full
        );
        assert_eq!(depth(&[("TERM", "xterm-direct")]), Depth::Full);
        assert_eq!(depth(&[("TERM", "xterm-kitty")]), Depth::Full);
        assert_eq!(depth(&[("TERM", "xterm")]), Depth::Sixteen);
        assert_eq!(depth(&[("TERM", "linux")]), Depth::Sixteen);
        assert_eq!(depth(&[("TERM", "vt100")]), Depth::None);
        assert_eq!(depth(&[("TERM", "vte-256color")]), Depth::Palette);
        assert_eq!(depth(&[]), Depth::None);
        let none = [
            ("TERM", "xterm-direct"),
            ("COLORTERM", "truecolor"),
            ("NO_COLOR", "0"),
        ];
        assert_eq!(depth(&none), Depth::None);
        let empty = [("TERM", "xterm-256color"), ("NO_COLOR", "")];
        assert_eq!(depth(&empty), Depth::Palette);
    }

    #[test]
    fn the_first_of_the_locales_variables_that_is_set_decides() {
        let ascii = |variables: &[(&str, &str)]| is_ascii(&environment(variables));
        assert!(ascii(&[("LANG", "C")]));
        assert!(ascii(&[("LC_ALL", "POSIX"), ("LANG", "en_US.UTF-8")]));
        assert!(ascii(&[("LC_CTYPE", "de_DE.ISO-8859-1")]));
        assert!(!ascii(&[("LC_ALL", "C.utf8"), ("LANG", "C")]));
        assert!(!ascii(&[("LC_ALL", ""), ("LANG", "zh_CN.UTF-8")]));
        assert!(!ascii(&[]));
    }

    #[test]
    fn the_locale_decides_the_language_where_its_characters_can_be_shown() {
        let language = |variables: &[(&str, &str)]| language(&environment(variables));
        assert_eq!(language(&[("LANG", "zh_CN.UTF-8")]), Language::ZhCn);
        let messages = [("LANG", "zh_CN.UTF-8"), ("LC_MESSAGES", "en_US.UTF-8")];
        assert_eq!(language(&messages), Language::En);
        let all = [("LC_ALL", "zh_CN.UTF-8"), ("LC_MESSAGES", "en_US.UTF-8")];
        assert_eq!(language(&all), Language::ZhCn);
        assert_eq!(language(&[("LANG", "zh_CN.GB18030")]), Language::En);
        assert_eq!(language(&[]), Language::En);
    }

    #[test]
    fn terminals_that_would_show_a_question_are_asked_none() {
        for (term, asked) in [
            ("xterm-256color", true),
            ("tmux-256color", true),
            ("screen", true),
            ("linux", false),
            ("vt220", false),
            ("eterm-color", false),
            ("", false),
        ] {
            assert_eq!(
                can_be_asked(&environment(&[("TERM", term)])),
                asked,
                "{term}"
            );
        }
    }
}
