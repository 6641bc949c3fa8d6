use proptest::prelude::*;

use super::*;

/// What crossterm reports for bytes that came in one read.
fn reported(bytes: &str) -> Vec<Event> {
    let mut events = Vec::new();
    let mut chars = bytes.chars().peekable();
    while let Some(c) = chars.next() {
        let (c, modifiers) = match (c, chars.peek()) {
            ('\x1b', Some(_)) => (chars.next().unwrap(), KeyModifiers::ALT),
            (c, _) => (c, KeyModifiers::NONE),
        };
        let shift = if c.is_uppercase() {
            KeyModifiers::SHIFT
        } else {
            KeyModifiers::NONE
        };
        let key = match c {
            '\x1b' => KeyEvent::from(KeyCode::Esc),
            '\r' => KeyEvent::from(KeyCode::Enter),
            '\x01'..='\x1a' => {
                let letter = char::from(b'a' - 1 + u8::try_from(c).unwrap());
                KeyEvent::new(KeyCode::Char(letter), modifiers | KeyModifiers::CONTROL)
            }
            c => KeyEvent::new(KeyCode::Char(c), modifiers | shift),
        };
        events.push(Event::Key(key));
    }
    events
}

/// The machine and a clock.
struct Terminal {
    replies: Replies,
    now: Instant,
    out: Vec<Sorted>,
}

impl Terminal {
    fn new() -> Self {
        Self {
            replies: Replies::new(),
            now: Instant::now(),
            out: Vec::new(),
        }
    }

    fn asked() -> Self {
        let mut terminal = Self::new();
        terminal.replies.expect(terminal.now);
        terminal
    }

    fn sends(&mut self, bytes: &str) -> &mut Self {
        for event in reported(bytes) {
            self.replies.take(event, self.now, &mut self.out);
        }
        self
    }

    fn pause(&mut self, milliseconds: u64) -> &mut Self {
        let end = self.now + Duration::from_millis(milliseconds);
        while let Some(deadline) = self.replies.deadline().filter(|at| *at <= end) {
            self.now = deadline;
            self.replies.expire(deadline, &mut self.out);
        }
        self.now = end;
        self
    }

    /// What came out, as if it were typed; `^x` and `!x` are Ctrl and Alt.
    fn typed(&mut self) -> String {
        let out = std::mem::take(&mut self.out);
        let word = |sorted: Sorted| match sorted {
            Sorted::Background(_) => String::new(),
            Sorted::Event(Event::Paste(text)) => format!("<{text}>"),
            Sorted::Event(Event::Key(key)) => match (key.code, key.modifiers) {
                (KeyCode::Esc, _) => "␛".to_owned(),
                (KeyCode::Enter, _) => "⏎".to_owned(),
                (KeyCode::Char(c), m) if m.contains(KeyModifiers::CONTROL) => format!("^{c}"),
                (KeyCode::Char(c), m) if m.contains(KeyModifiers::ALT) => format!("!{c}"),
                (KeyCode::Char(c), _) => c.to_string(),
                other => panic!("{other:?}"),
            },
            Sorted::Event(other) => format!("{other:?}"),
        };
        out.into_iter().map(word).collect()
    }

    fn background(&self) -> Option<Background> {
        self.out.iter().find_map(|sorted| match sorted {
            Sorted::Background(background) => Some(*background),
            Sorted::Event(_) => None,
        })
    }
}

const DARK: &str = "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\";
const LIGHT: &str = "\x1b]11;rgb:ffff/ffff/ffff\x07";

/// Answers that terminals give, asked or not.
const ANSWERS: [&str; 10] = [
    DARK,
    LIGHT,
    "\x1b]11;rgba:0000/0000/0000/dddd\x07",
    "\x1b]10;rgb:C8/CC/D4\x1b\\",
    "\x1b]12;#a0b0c0\x07",
    "\x1b]4;12;rgb:5c5c/5c5c/ffff\x1b\\",
    "\x1bP>|kitty(0.42.1)\x1b\\",
    "\x1bP1$r0 q\x1b\\",
    "\x1bP0+r524742\x1b\\",
    "\x1b_Gi=31;OK\x1b\\",
];

#[test]
fn an_answer_tells_the_background_and_types_nothing() {
    for (answer, background) in [(DARK, Background::Dark), (LIGHT, Background::Light)] {
        let mut terminal = Terminal::asked();
        terminal.sends("hel").sends(answer).sends("lo");
        assert_eq!(terminal.background(), Some(background));
        assert_eq!(terminal.typed(), "hello");
    }
}

#[test]
fn an_answer_cut_at_any_byte_and_seconds_apart_types_nothing() {
    for answer in ANSWERS {
        for cut in 1..answer.len() {
            for gap in [0, 20, 49, 60, 2_000, 9_000] {
                let (first, second) = answer.split_at(cut);
                let mut terminal = Terminal::asked();
                terminal.sends("a").pause(100);
                terminal.sends(first).pause(gap).sends(second).sends("b");
                terminal.pause(20_000);
                let typed = terminal.typed();
                // Behind its first byte nobody can tell it from the Esc key, or behind the second
                // from Alt+], for longer than a moment. Neither types anything.
                let typed = typed
                    .replace(['␛'], "")
                    .replace("!]", "")
                    .replace("!P", "")
                    .replace("!_", "");
                let kept: String = typed.chars().filter(|c| !"]P_".contains(*c)).collect();
                if cut > 2 || gap < 30 {
                    assert_eq!(typed, "ab", "{answer:?} cut at {cut}, {gap} ms apart");
                } else {
                    assert_eq!(kept, "ab", "{answer:?} cut at {cut}, {gap} ms apart");
                }
            }
        }
    }
}

#[test]
fn keys_that_begin_no_answer_are_never_held() {
    let mut terminal = Terminal::new();
    terminal.sends("ab]11;rgb:00/00/00 ");
    assert_eq!(terminal.typed(), "ab]11;rgb:00/00/00 ");
    terminal.sends("\x1b");
    assert_eq!(terminal.typed(), "␛");
    terminal.sends("\x07\x1b\\\x1bx\r");
    assert_eq!(terminal.typed(), "^g!\\!x⏎");
    assert_eq!(terminal.replies.deadline(), None);
}

#[test]
fn a_key_that_could_begin_one_is_given_back_after_a_moment() {
    let mut terminal = Terminal::new();
    terminal.sends("\x1b]");
    assert_eq!(terminal.typed(), "");
    terminal.pause(49);
    assert_eq!(terminal.typed(), "");
    terminal.pause(1);
    assert_eq!(terminal.typed(), "!]");
    // What is typed next is held for a moment too, and kept.
    terminal.sends("1").pause(50).sends("2");
    assert_eq!(terminal.typed(), "12");
    terminal.sends("\x1b]x");
    assert_eq!(terminal.typed(), "!]x");
    terminal.sends("\x1b]11;rx");
    assert_eq!(terminal.typed(), "!]11;rx");
}

#[test]
fn esc_waits_only_while_an_answer_is_due() {
    let mut terminal = Terminal::asked();
    terminal.sends("\x1b");
    assert_eq!(terminal.typed(), "");
    terminal.pause(30);
    assert_eq!(terminal.typed(), "␛");
    terminal.sends("\x1b").sends("x");
    assert_eq!(terminal.typed(), "␛x");
    terminal.sends(DARK).sends("\x1b");
    assert_eq!(terminal.typed(), "␛");
    let mut terminal = Terminal::asked();
    terminal.pause(10_000).sends("\x1b");
    assert_eq!(terminal.typed(), "␛");
}

#[test]
fn an_answer_whose_end_never_comes_swallows_nothing_else() {
    for cut in [6, 12, DARK.len() - 2] {
        let mut terminal = Terminal::asked();
        terminal
            .sends(DARK.get(..cut).unwrap())
            .pause(500)
            .sends("hello\r");
        terminal.pause(60_000).sends("\x1b");
        let typed = terminal.typed();
        // Only what could be its digits is lost.
        assert!(
            typed.ends_with("hello⏎␛") || typed.ends_with("llo⏎␛"),
            "{cut}: {typed}"
        );
    }
    let mut terminal = Terminal::asked();
    terminal
        .sends(DARK.get(..12).unwrap())
        .pause(10_000)
        .sends("face\r");
    assert_eq!(terminal.typed(), "face⏎");
}

#[test]
fn pastes_keep_their_place_and_the_mouse_does_not_end_an_answer() {
    let mut terminal = Terminal::new();
    terminal.sends("\x1b]");
    let paste = Event::Paste("11;rgb:0/0/0".to_owned());
    terminal
        .replies
        .take(paste, terminal.now, &mut terminal.out);
    assert_eq!(terminal.typed(), "!]<11;rgb:0/0/0>");
    let mouse = Event::Mouse(crossterm::event::MouseEvent {
        kind: crossterm::event::MouseEventKind::Moved,
        column: 0,
        row: 0,
        modifiers: KeyModifiers::NONE,
    });
    terminal.sends(DARK.get(..14).unwrap());
    terminal
        .replies
        .take(mouse, terminal.now, &mut terminal.out);
    terminal.sends(DARK.get(14..).unwrap());
    assert_eq!(terminal.out.len(), 2);
    assert_eq!(terminal.background(), Some(Background::Dark));
}

#[test]
fn colours_are_read_in_every_form_that_terminals_use() {
    assert_eq!(rgb("rgb:ffff/8080/0000"), Some([255, 128, 0]));
    assert_eq!(rgb("rgb:f/8/0"), Some([255, 136, 0]));
    assert_eq!(rgb("rgb:ff/80/00"), Some([255, 128, 0]));
    assert_eq!(rgb("rgba:ffff/8080/0000/0000"), Some([255, 128, 0]));
    assert_eq!(rgb("#ff8000"), Some([255, 128, 0]));
    for wrong in [
        "rgb:",
        "rgb:1/2",
        "rgb:/1/2",
        "rgb:12345/1/1",
        "#12345",
        "#",
        "red",
    ] {
        assert_eq!(rgb(wrong), None, "{wrong}");
    }
}

/// Something that comes from a terminal.
#[derive(Debug, Clone)]
enum Input {
    Typed(String),
    Pasted(String),
    /// Which answer, where it is cut, and how long the pieces are apart.
    Answer(usize, Vec<(usize, u64)>),
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        // Slowly enough that it is typed: no two keys in the same millisecond.
        "[a-z0-9;:/#\\]\\[\\\\PG_ \r]{1,8}".prop_map(Input::Typed),
        "[a-z0-9;:/\\]]{0,8}".prop_map(Input::Pasted),
        (
            0..ANSWERS.len(),
            prop::collection::vec((3_usize..40, 0_u64..9_000), 0..4)
        )
            .prop_map(|(answer, cuts)| Input::Answer(answer, cuts)),
    ]
}

proptest! {
    #[test]
    fn what_is_typed_comes_out_whatever_comes_between(
        inputs in prop::collection::vec(input(), 0..12),
        asked: bool,
    ) {
        let mut terminal = if asked { Terminal::asked() } else { Terminal::new() };
        let mut wanted = String::new();
        for input in inputs {
            match input {
                Input::Typed(text) => {
                    for c in text.chars() {
                        terminal.sends(&c.to_string()).pause(90);
                    }
                    wanted += &text.replace('\r', "⏎");
                }
                Input::Pasted(text) => {
                    wanted.extend(["<", &text, ">"]);
                    terminal.replies.take(Event::Paste(text), terminal.now, &mut terminal.out);
                }
                Input::Answer(which, mut cuts) => {
                    let answer = ANSWERS[which];
                    cuts.retain(|(at, _)| *at < answer.len());
                    cuts.sort_unstable();
                    cuts.dedup_by_key(|(at, _)| *at);
                    let mut from = 0;
                    for (at, gap) in cuts {
                        terminal.sends(answer.get(from..at).unwrap()).pause(gap);
                        from = at;
                    }
                    terminal.sends(answer.get(from..).unwrap());
                }
            }
        }
        terminal.pause(60_000);
        prop_assert_eq!(terminal.typed(), wanted);
    }

    #[test]
    fn no_event_is_lost_or_moved_where_no_answer_comes(
        text in "[a-z\\]1;\u{1b}\u{7}\r\\\\]{0,30}",
        pauses in prop::collection::vec(0_u64..80, 30),
        asked: bool,
    ) {
        // Without the word for a colour nothing is an answer.
        prop_assume!(!text.contains("rgb"));
        let mut terminal = if asked { Terminal::asked() } else { Terminal::new() };
        let mut wanted = Vec::new();
        for (c, gap) in text.chars().zip(pauses) {
            wanted.extend(reported(&c.to_string()));
            terminal.sends(&c.to_string()).pause(gap);
        }
        terminal.pause(60_000);
        let wanted: Vec<Sorted> = wanted.into_iter().map(Sorted::Event).collect();
        prop_assert_eq!(&terminal.out, &wanted);
    }
}
