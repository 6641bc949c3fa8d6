//! What the terminal is asked, and what becomes of its answers, whenever they come.

use vt100::Color;

use super::*;

const QUESTION: &[u8] = b"\x1b]11;?\x1b\\";
const LIGHT: &str = "\x1b]11;rgb:ffff/ffff/ffff\x1b\\";

impl Terminal {
    /// How often it was asked for its background.
    fn questions(&self) -> usize {
        self.when("bytes", |state| {
            let asked = state.bytes.windows(QUESTION.len());
            Some(asked.filter(|part| *part == QUESTION).count())
        })
    }

    fn when_asked(&self, times: usize) {
        self.when("question", |state| {
            let asked = state.bytes.windows(QUESTION.len());
            (asked.filter(|part| *part == QUESTION).count() >= times).then_some(())
        });
    }

    /// The colour of the message box's frame.
    fn frame(&self) -> Color {
        self.when("frame", |state| {
            let screen = state.parser.screen();
            Some(screen.cell(screen.size().0.get() - 2, 0)?.fgcolor())
        })
    }

    fn draft(&self) -> String {
        let screen = self.screen();
        let rows: Vec<&str> = screen.lines().collect();
        let row = rows[rows.len() - 3];
        row.trim_matches(['│', '|', ' ']).to_owned()
    }
}

#[test]
fn the_terminal_is_asked_for_its_background_after_the_first_frame() {
    let mut terminal = Terminal::open();
    terminal.when_asked(1);
    let bytes = terminal.when("bytes", |state| Some(state.bytes.clone()));
    let first = |what: &[u8]| bytes.windows(what.len()).position(|part| part == what);
    assert!(first(b"\x1b[?2026l").unwrap() < first(QUESTION).unwrap());
    let before = terminal.frame();
    terminal.types("a").types(LIGHT).types("b").shows("ab");
    terminal.when_screen("light theme", |screen| {
        let frame = screen.cell(screen.size().0.get() - 2, 0).unwrap().fgcolor();
        frame != before && frame != Color::Default
    });
    assert_eq!(terminal.draft(), "ab");
    terminal.types("\x03").types("\x04").ends_well(0);
}

#[test]
fn a_late_answer_in_pieces_delays_and_types_nothing() {
    let mut terminal = Terminal::open();
    terminal.when_asked(1);
    terminal.types("typed ahead").shows("typed ahead");
    std::thread::sleep(Duration::from_secs(2));
    let before = terminal.frame();
    for piece in ["\x1b]11;r", "gb:ffff/ff", "ff/ffff\x1b", "\\"] {
        terminal.types(piece);
        std::thread::sleep(Duration::from_millis(400));
    }
    terminal
        .types(", and after")
        .shows("typed ahead, and after");
    assert_ne!(terminal.frame(), before);
    assert_eq!(terminal.draft(), "typed ahead, and after");
    terminal.types("\x03").types("\x04").ends_well(0);
}

#[test]
fn without_an_answer_the_terminals_own_colours_stay_and_keys_work() {
    let mut terminal = Terminal::open();
    terminal.when_asked(1);
    terminal.types("hello").shows("hello");
    assert_eq!(terminal.frame(), Color::Idx(6));
    // Alt+] alone begins no answer.
    terminal.types("\x1b]").types("!").shows("hello!");
    terminal.types("\x03").types("\x04").ends_well(0);
}

#[test]
fn an_answer_that_nobody_asked_for_types_nothing() {
    let mut terminal = Terminal::with("[ui]\ntheme = \"dark\"\n", &[]);
    terminal.shows("Message");
    terminal.types("x").shows("x");
    for answer in [
        LIGHT,
        "\x1b]10;rgb:00/00/00\x07",
        "\x1b]4;1;rgb:cd/0/0\x07",
        "\x1bP>|xterm(390)\x1b\\",
        "\x1b[?62;22c",
        "\x1b[0n",
        "\x1b[5;7R",
    ] {
        terminal.types(answer);
    }
    terminal.types("y").shows("xy");
    assert_eq!(terminal.draft(), "xy");
    assert_eq!(terminal.questions(), 0);
    terminal.types("\x03").types("\x04").ends_well(0);
}

#[test]
fn only_terminals_that_keep_quiet_about_it_are_asked() {
    for variables in [[("TERM", "linux")], [("TERM", "vt100")]] {
        let mut terminal = Terminal::with("", &variables);
        terminal.shows("Message");
        terminal.types("x").shows("x");
        assert_eq!(terminal.questions(), 0);
        terminal.types("\x03").types("\x04").ends_well(0);
    }
}

#[test]
fn the_terminal_is_asked_again_after_a_rest() {
    let mut terminal = Terminal::open();
    terminal.when_asked(1);
    terminal.signal(Signal::CONT);
    terminal.when_asked(2);
    terminal.types("\x04").ends_well(0);
}

#[test]
fn a_terminal_that_can_show_nothing_is_told_what_works_there() {
    let terminal = Terminal::with("", &[("TERM", "dumb")]);
    terminal.shows("TERM=dumb").shows("`mmchat ask` works here");
    assert_eq!(terminal.when("exit", |state| state.exit), 2);
    assert_eq!(terminal.questions(), 0);
}

#[test]
fn no_color_leaves_no_colour_on_the_screen() {
    let mut terminal = Terminal::with("", &[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]);
    terminal.shows("Message");
    terminal.types(LIGHT).types("x").shows("x");
    let bytes = terminal.when("bytes", |state| Some(state.bytes.clone()));
    let text = String::from_utf8_lossy(&bytes);
    let coloured = text.split("\x1b[").skip(1).any(|sequence| {
        let code = sequence.split('m').next().unwrap_or_default();
        let numbers = code.chars().all(|c| c.is_ascii_digit() || c == ';');
        numbers
            && sequence.contains('m')
            && code
                .split(';')
                .any(|number| matches!(number.parse(), Ok(30..=38 | 40..=48 | 90..=107)))
    });
    assert!(!coloured, "{text:?}");
    terminal.types("\x03").types("\x04").ends_well(0);
}

#[test]
fn a_locale_without_unicode_gets_frames_in_ascii() {
    let mut terminal = Terminal::with("", &[("LC_ALL", "C")]);
    terminal.shows("Message").shows("+ Chat -");
    let screen = terminal.screen();
    let odd: Vec<char> = screen
        .chars()
        .filter(|c| !c.is_ascii() && ('\u{2190}'..'\u{2c00}').contains(c))
        .collect();
    assert!(odd.is_empty(), "{odd:?} on\n{screen}");
    terminal.types("\x04").ends_well(0);
}
