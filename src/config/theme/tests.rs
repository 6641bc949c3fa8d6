use super::*;

/// Grounds that dark themes meet: pure black, and the usual terminals' and editors' darks.
const DARKS: [[u8; 3]; 4] = [
    [0, 0, 0],
    [0x16, 0x18, 0x1d],
    [0x1e, 0x1e, 0x2e],
    [0, 0x2b, 0x36],
];
/// Grounds that light themes meet.
const LIGHTS: [[u8; 3]; 3] = [[0xff, 0xff, 0xff], [0xfd, 0xf6, 0xe3], [0xfa, 0xfa, 0xfa]];

/// Lines, not text: they may be quieter than anything that is read.
fn is_line(part: Part) -> bool {
    matches!(part, Part::Border | Part::TableBorder | Part::Rule)
}

fn theme(name: &str) -> Theme {
    let mut themes = Theme::builtin().into_iter();
    themes.find(|theme| theme.name == name).unwrap()
}

/// The least contrast of a theme's texts on these grounds, with the part that has it.
fn least_contrast(theme: &Theme, grounds: &[[u8; 3]]) -> (f64, &'static str) {
    let base = theme.look(Part::Text);
    let mut least = (f64::MAX, "");
    for (part, word) in Part::ALL {
        let look = theme.look(part);
        if is_line(part) {
            continue;
        }
        let own = |colour, base| match (colour, base) {
            (Colour::Rgb(rgb), _) | (_, Colour::Rgb(rgb)) => Some(rgb),
            _ => None,
        };
        let Some(ink) = own(look.fg, base.fg) else {
            continue;
        };
        let behind = own(look.bg, base.bg);
        for ground in behind.as_ref().map_or(grounds, std::slice::from_ref) {
            let contrast = contrast(ink, *ground);
            if contrast < least.0 {
                least = (contrast, word);
            }
        }
    }
    least
}

#[test]
fn the_themes_that_are_built_in_are_without_mistakes() {
    for theme in Theme::builtin() {
        assert_ne!(theme.look(Part::Dim), Look::default(), "{}", theme.name);
        assert_ne!(theme.look(Part::Comment), Look::default(), "{}", theme.name);
    }
    for (at, (part, _)) in Part::ALL.into_iter().enumerate() {
        assert_eq!(part as usize, at);
    }
}

#[test]
fn every_text_of_the_high_contrast_theme_has_at_least_seven_to_one_on_any_background() {
    let theme = theme("high-contrast");
    let base = theme.look(Part::Text);
    assert!(matches!(
        (base.fg, base.bg),
        (Colour::Rgb(_), Colour::Rgb(_))
    ));
    // It brings its own background, so the terminal's does not matter.
    let least = least_contrast(&theme, &[]);
    assert!(least.0 >= 7.0, "{least:?}");
    for (part, word) in Part::ALL {
        assert!(
            !theme.look(part).dim,
            "{word} is dimmed, by how much nobody knows"
        );
    }
}

#[test]
fn dark_and_light_are_easy_to_read_where_they_are_chosen() {
    let dark = least_contrast(&theme("dark"), &DARKS);
    assert!(dark.0 >= 4.5, "{dark:?}");
    let light = least_contrast(&theme("light"), &LIGHTS);
    assert!(light.0 >= 4.5, "{light:?}");
}

#[test]
fn what_is_behind_selected_and_found_text_leaves_the_terminals_own_ink_readable() {
    // Text in the terminal's own colour: a light grey on dark screens, black or so on light ones.
    for (name, ink) in [("dark", [0xc8, 0xcc, 0xd4]), ("light", [0x30, 0x30, 0x30])] {
        let theme = theme(name);
        for part in [Part::Selected, Part::Selection, Part::Match] {
            let Colour::Rgb(behind) = theme.look(part).bg else {
                panic!("{name}: nothing is behind {part:?}")
            };
            let found = contrast(ink, behind);
            assert!(found >= 4.5, "{name}: {part:?} {found}");
        }
    }
}

#[test]
fn reasoning_is_dimmer_than_text_and_brighter_than_hints() {
    for (name, text) in [("dark", [0xd8, 0xdc, 0xe4]), ("light", [0x20, 0x20, 0x20])] {
        let theme = theme(name);
        let ground = if name == "dark" { DARKS[1] } else { LIGHTS[0] };
        let Colour::Rgb(reasoning) = theme.look(Part::Reasoning).fg else {
            panic!()
        };
        let Colour::Rgb(dim) = theme.look(Part::Dim).fg else {
            panic!()
        };
        assert!(contrast(text, ground) > contrast(reasoning, ground));
        assert!(contrast(reasoning, ground) > contrast(dim, ground));
    }
}

#[test]
fn a_background_is_dark_where_white_text_reads_better() {
    for rgb in DARKS {
        assert_eq!(Background::of(rgb), Background::Dark);
    }
    for rgb in LIGHTS {
        assert_eq!(Background::of(rgb), Background::Light);
    }
    assert_eq!(Background::of([0x75; 3]), Background::Dark);
    assert_eq!(Background::of([0x77; 3]), Background::Light);
}

#[test]
fn contrasts_are_those_of_the_definition() {
    assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
    assert!((contrast([0x77; 3], [255; 3]) - 4.48).abs() < 0.01);
}

fn complaints(text: &str) -> String {
    match parse(text, "themes/mine.toml", "mine") {
        Ok(_) => "none".to_owned(),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn colours_are_taken_in_every_form() {
    let text = "background = \"light\"\n[border]\nfg = 240\n[heading]\nfg = \"bright-black\"\nbg = \"#0aF0ff\"\nbold = true\n[code]\nfg = \"default\"\n";
    let theme = parse(text, "t", "mine").unwrap();
    assert_eq!(theme.background, Some(Background::Light));
    assert_eq!(theme.look(Part::Border).fg, Colour::Palette(240));
    let heading = theme.look(Part::Heading);
    assert_eq!(heading.fg, Colour::Palette(8));
    assert_eq!(heading.bg, Colour::Rgb([0x0a, 0xf0, 0xff]));
    assert!(heading.bold && !heading.italic);
    assert_eq!(theme.look(Part::Code), Look::default());
    // What is left out is as in the theme that fits any background.
    assert_eq!(theme.look(Part::Error), Theme::ansi().look(Part::Error));
}

#[test]
fn mistakes_in_a_theme_are_placed_and_explained() {
    insta::assert_snapshot!(complaints("backgroud = \"dark\"\n[boarder]\nfg = \"red\"\n[code]\nfgg = \"red\"\nbold = 1\n"), @r#"
    themes/mine.toml:1:1: unknown key `backgroud` at the top level. Did you mean background?
    themes/mine.toml:2:2: unknown key `boarder` at the top level. Did you mean border?
    themes/mine.toml:5:1: unknown key `fgg` in [code]. Did you mean fg?
    themes/mine.toml:6:8: `code.bold` takes true or false, not a whole number.
    "#);
    insta::assert_snapshot!(complaints("[code]\nfg = \"cyann\"\nbg = 300\n[link]\nfg = \"#12345\"\nbg = \"#+12345\"\n[dim]\nfg = true\n"), @r##"
    themes/mine.toml:2:6: `code.fg` takes "#rrggbb", a number from 0 to 255, a name such as "cyan" or "bright-black", or "default", not "cyann". Did you mean cyan?
    themes/mine.toml:3:6: `code.bg` takes a whole number from 0 to 255, not 300.
    themes/mine.toml:5:6: `link.fg` takes "#rrggbb", a number from 0 to 255, a name such as "cyan" or "bright-black", or "default", not "#12345".
    themes/mine.toml:6:6: `link.bg` takes "#rrggbb", a number from 0 to 255, a name such as "cyan" or "bright-black", or "default", not "#+12345".
    themes/mine.toml:8:6: `dim.fg` takes a text in quotes, not true or false.
    "##);
    insta::assert_snapshot!(complaints("[code\n"), @"themes/mine.toml:1:6: this is not TOML: unclosed table, expected `]`");
}

#[test]
fn a_theme_that_is_not_there_is_placed_with_those_that_are() {
    let text = "[ui]\nmouse = true\ntheme = \"drak\"\n";
    let problem = unknown(
        text,
        "c.toml",
        "drak",
        &["ansi", "dark", "light"],
        "themes/drak.toml",
    );
    insta::assert_snapshot!(problem, @r#"c.toml:3:9: `ui.theme`: there is no theme "drak". Did you mean dark? There are auto, ansi, dark or light; one of your own would be themes/drak.toml."#);
}
