//! The settings of the screen, each as it looks.

use vt100::Color;

use super::*;

/// The program with these settings under `[ui]`, when its screen is there.
fn set(settings: &str) -> Terminal {
    let config = format!("model = \"demo\"\n[ui]\n{settings}\n");
    let terminal = Terminal::with(&config, &[("LANG", "C.UTF-8")]);
    terminal.shows("╰");
    terminal
}

/// The column in which a pane of the screen begins.
fn column(terminal: &Terminal, title: &str) -> Option<usize> {
    let screen = terminal.screen();
    let row = screen.lines().find(|row| row.contains(title))?;
    let before = row.split(title).next()?;
    Some(before.chars().count())
}

#[test]
fn the_thinking_panel_opens_as_wide_and_on_the_side_that_is_set() {
    let usual = set("");
    assert_eq!(column(&usual, "╭ Thinking"), Some(0));
    assert_eq!(column(&usual, "╭ Chat"), Some(40));
    let wide = set("thinking_width = 60");
    assert_eq!(column(&wide, "╭ Chat"), Some(60));
    let right = set("thinking_side = \"right\"");
    assert_eq!(column(&right, "╭ Chat"), Some(0));
    assert_eq!(column(&right, "╭ Thinking"), Some(60));
    for state in ["peek", "hidden"] {
        let other = set(&format!("thinking_panel = \"{state}\""));
        assert_eq!(column(&other, "╭ Chat"), Some(0), "{state}");
    }
}

#[test]
fn the_mouse_is_the_terminals_where_that_is_set() {
    for (mouse, expected) in [(true, false), (false, true)] {
        let terminal = set(&format!("mouse = {mouse}"));
        let is_free = terminal.when("mouse", |state| {
            Some(state.parser.screen().mouse_protocol_mode() == MouseProtocolMode::None)
        });
        assert_eq!(is_free, expected);
    }
}

#[test]
fn themes_and_languages_are_those_that_are_set() {
    // The first frame is drawn before themes are looked at.
    let frame = |theme: &str| {
        let terminal = set(&format!("theme = \"{theme}\""));
        terminal.when("a frame in colour", |state| {
            let screen = state.parser.screen();
            let colour = screen.cell(screen.size().0.get() - 2, 0)?.fgcolor();
            (colour != Color::Default).then_some(colour)
        })
    };
    assert_ne!(frame("high-contrast"), frame("light"));
    set("language = \"en\"").shows("╭ Message");
    set("language = \"zh-CN\"").shows("╭ 消息");
}

#[test]
fn keys_do_what_is_set_and_their_defaults_no_longer() {
    let config = "model = \"demo\"\n[keys]\ntoggle-thinking-panel = \"f9\"\n";
    let mut terminal = Terminal::with(config, &[]);
    terminal.shows("╭ Thinking");
    // What a key of no action does not do can't be waited for; what is typed behind it can.
    terminal.types("\x14x").shows("│ x");
    assert_eq!(column(&terminal, "╭ Thinking"), Some(0));
    terminal.types("\x1b[20~\x1b[20~");
    terminal.when_screen("chat alone", |screen| {
        !screen.contents().contains("╭ Thinking")
    });
}

#[test]
fn a_template_is_a_command_that_sends_what_it_is_filled_with() {
    let config = "model = \"demo\"\n[templates.greet]\ndescription = \"A greeting\"\n\
                  prompt = \"Greet {{whom}} briefly.\"\n";
    let mut terminal = Terminal::with(config, &[]);
    terminal.shows("╭ Message");
    terminal.types("/gree").shows("A greeting");
    terminal.types("t everybody\r");
    terminal.shows("Greet everybody briefly.");
}
