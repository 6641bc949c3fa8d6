//! The screen in each theme, and how one goes from one to another.
//!
//! A file of `snapshots/` holds a scene once as text for each size, and then each look on it with
//! some of what has that look, in the themes dark and light and without colours.
//! `INSTA_UPDATE=always cargo nextest run themes` renews them.

use std::fmt::Write as _;
use std::time::Duration;

use mmchat::app::{Effect, Msg};
use mmchat::chat::{Delta, Failure, FailureKind, Finish};
use mmchat::config::theme::{self, Background, Part};
use mmchat::ui::Depth;
use ratatui::style::Color;

use crate::harness::{Harness, answer, reasoning};

const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (40, 12)];

const THOUGHT: &str =
    "The user wants *everything* at once.\n\n- a heading\n- a formula such as $\\sqrt{2}$";

const ANSWER: &str = "# Circles\n\nThe area is $A = \\pi r^2$, see `area` and [the proof](https://example.org/proof).\n\n\
    | r | area |\n|--:|:--|\n| 1 | 3.14 |\n| 2 | 12.57 |\n\n\
    ```python\ndef area(r):\n    return 3.14159 * r ** 2\n```\n\n\
    1. first\n   - [x] done\n2. **then** ~~not~~\n\n> Let no one ignorant of geometry enter.\n\n---\n\n## 圆\n\n面积与半径的平方成正比。\n";

fn reviewed(name: &str, scene: impl Fn(&mut Harness)) {
    let mut out = String::new();
    for (cols, rows) in SIZES {
        let mut looks = String::new();
        let mut screen = String::new();
        for dress in ["dark", "light", "no colours"] {
            let mut it = dressed(dress);
            it.resize(cols, rows);
            scene(&mut it);
            it.draw();
            if screen.is_empty() {
                screen = it.screen();
            }
            assert_eq!(it.screen(), screen, "{dress}");
            let _ = write!(looks, "─── {dress}\n{}", it.looks());
        }
        let _ = write!(out, "═══ {cols}×{rows}\n{screen}\n{looks}");
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(name, out));
}

fn dressed(theme: &str) -> Harness {
    if theme == "no colours" {
        let mut it = Harness::new();
        it.has_colours(Depth::None);
        it
    } else {
        Harness::with(&format!("[ui]\ntheme = \"{theme}\""))
    }
}

#[test]
fn a_reply_with_everything_in_every_theme() {
    reviewed("theme_reply", |it| {
        it.say("What is a circle?").connected();
        it.wait(Duration::from_millis(400))
            .stream([reasoning(THOUGHT)]);
        it.wait(Duration::from_millis(1_600));
        it.stream([answer(ANSWER), Delta::Finish(Finish::Stop)])
            .end();
    });
}

#[test]
fn an_overlay_in_every_theme() {
    reviewed("theme_overlay", |it| {
        it.app.keyed.retain(|id| id == "demo" || id == "local");
        it.exchange("hello", "Hm.", "Hello.");
        it.press("ctrl-o").type_text("m3");
    });
}

#[test]
fn a_failure_in_every_theme() {
    reviewed("theme_failure", |it| {
        it.say("hello").connected().stream([answer("Half an ans")]);
        it.fail(Failure {
            status: Some(529),
            ..Failure::new(FailureKind::Overloaded, "busy")
        });
        it.press("/").type_text("theme nosuch").press("enter");
    });
}

#[test]
fn the_empty_chat_in_every_theme() {
    reviewed("theme_empty_chat", |it| it.app.opened_on_demo = true);
}

// -- Which theme is worn ---------------------------------------------------------------------

/// The colour of the frame around the message box, which has the focus.
fn frame(it: &Harness) -> Color {
    let buffer = it.buffer();
    buffer[(0, buffer.area.height - 2)].fg
}

/// That colour in one of the themes that are built in.
fn frame_of(name: &str) -> Color {
    let themes = theme::Theme::builtin();
    let theme = themes.iter().find(|theme| theme.name == name).unwrap();
    match theme.look(Part::Focus).fg {
        theme::Colour::Rgb([r, g, b]) => Color::Rgb(r, g, b),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_background_decides_while_nothing_else_was_asked_for() {
    let mut it = Harness::new();
    assert_eq!(frame(&it), Color::Cyan);
    it.tell(Msg::Background(Background::Dark));
    assert_eq!(frame(&it), frame_of("dark"));
    it.tell(Msg::Background(Background::Light));
    assert_eq!(frame(&it), frame_of("light"));
    let mut it = Harness::with("[ui]\ntheme = \"dark\"");
    it.tell(Msg::Background(Background::Light));
    assert_eq!(frame(&it), frame_of("dark"));
}

#[test]
fn the_picker_shows_a_theme_before_it_is_chosen_and_esc_takes_it_off() {
    let mut it = Harness::new();
    it.press("ctrl-p").type_text("switch theme").press("enter");
    it.shows("Switch theme");
    it.type_text("light");
    assert_eq!(it.app.themes.worn().name, "light");
    it.press("esc");
    assert_eq!(frame(&it), Color::Cyan);
    it.press("/").type_text("theme").press("enter");
    it.press("down").press("down");
    assert_eq!(it.app.themes.worn().name, "dark");
    it.press("ctrl-c");
    assert_eq!(it.app.themes.worn().name, "ansi");
    it.press("/").type_text("theme").press("enter");
    it.type_text("high").press("enter");
    assert_eq!(it.app.themes.worn().name, "high-contrast");
    it.shows("Theme: high-contrast");
    // It brings its own background for every cell, whatever lies on top.
    it.press("f1");
    let bare = it
        .buffer()
        .content
        .iter()
        .filter(|cell| cell.bg == Color::Reset);
    assert_eq!(bare.count(), 0);
}

#[test]
fn a_theme_is_switched_by_its_name_and_a_wrong_one_is_explained() {
    let mut it = Harness::new();
    it.effects();
    it.press("/").type_text("theme light").press("enter");
    assert_eq!(frame(&it), frame_of("light"));
    assert_eq!(it.effects(), []);
    it.press("/").type_text("theme lihgt").press("enter");
    it.shows("There is no theme “lihgt”. Did you mean light?");
    assert_eq!(frame(&it), frame_of("light"));
    // The command is there to be mended. What the background is may not be known yet.
    it.press("ctrl-w").type_text("auto").press("enter");
    assert_eq!(it.effects(), [Effect::AskBackground]);
    it.tell(Msg::Background(Background::Dark));
    assert_eq!(frame(&it), frame_of("dark"));
}

#[test]
fn a_users_theme_takes_the_place_of_a_built_in_one_of_its_name() {
    let mine = theme::parse("[focus]\nfg = \"red\"\n", "dark.toml", "dark").unwrap();
    let mut it = Harness::with_themes(vec![mine], "dark");
    assert_eq!(frame(&it), Color::Red);
    it.tell(Msg::Background(Background::Light));
    assert_eq!(frame(&it), Color::Red);
}
