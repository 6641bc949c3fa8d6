//! Whatever happens, in whatever order, at whatever size: no panic, and never a lost draft.

use std::time::Duration;

use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use mmchat::app::Msg;
use mmchat::chat::{Delta, Failure, FailureKind, Finish, Part, Progress, ToolDelta, TurnId, Usage};
use proptest::prelude::*;

use crate::harness::{Harness, key};

/// One thing that happens.
#[derive(Debug, Clone)]
enum Event {
    Key(KeyEvent),
    Chord(&'static str),
    Text(String),
    Paste(String),
    Mouse(MouseEvent),
    Resize(u16, u16),
    /// A step of the turn that is live, if one is.
    Step(Delta),
    Failed,
    Ended,
    /// A message of some turn or other.
    Stray(u64, Delta),
    Edited(Result<String, String>),
    Wait(u64),
}

/// Keys that mean something somewhere, so that random sequences get somewhere too.
const CHORDS: [&str; 61] = [
    "enter",
    "esc",
    "tab",
    "shift-tab",
    "up",
    "down",
    "left",
    "right",
    "home",
    "end",
    "pageup",
    "pagedown",
    "backspace",
    "delete",
    "ctrl-o",
    "ctrl-p",
    "f1",
    "ctrl-t",
    "alt-t",
    "alt-m",
    "alt-p",
    "alt-r",
    "alt-e",
    "alt-shift-r",
    "alt-d",
    "alt-u",
    "alt-w",
    "alt-v",
    "shift-d",
    "x",
    "p",
    "n",
    "q",
    "alt-left",
    "alt-right",
    "alt-up",
    "alt-down",
    "alt-pageup",
    "alt-pagedown",
    "ctrl-n",
    "ctrl-c",
    "ctrl-j",
    "ctrl-k",
    "ctrl-u",
    "ctrl-w",
    "alt-z",
    "alt-shift-z",
    "ctrl-g",
    "ctrl-l",
    "z",
    "g",
    "shift-g",
    "/",
    "]",
    "[",
    "y",
    "ctrl-f",
    "n",
    "shift-n",
    "alt-=",
    "alt-minus",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z /#*`|]{0,12}",
        "\\PC{0,8}",
        any::<String>(),
        Just("中文👨‍👩‍👧‍👦e\u{301}\t\n- a\n- b\n\n| x | y |\n|--|--|\n| 1 | 2 |\n".to_owned()),
        Just("long words ".repeat(12)),
        Just("x\n".repeat(25)),
    ]
}

fn delta() -> impl Strategy<Value = Delta> {
    prop_oneof![
        3 => text().prop_map(Delta::Reasoning),
        3 => text().prop_map(Delta::Answer),
        1 => Just(Delta::Relabel),
        1 => text().prop_map(|text| Delta::Replace(Part::Answer, text)),
        1 => text().prop_map(|text| Delta::Replace(Part::Reasoning, text)),
        1 => text().prop_map(Delta::Served),
        1 => (0_usize..3, text()).prop_map(|(slot, arguments)| Delta::Tool(ToolDelta {
            slot, name: Some("tool".to_owned()), arguments, ..ToolDelta::default()
        })),
        1 => any::<[u64; 3]>().prop_map(|[a, b, c]| Delta::Usage(Usage {
            input_tokens: Some(a), output_tokens: Some(b), reasoning_tokens: Some(c), ..Usage::default()
        })),
        1 => prop_oneof![Just(Finish::Stop), Just(Finish::Length), Just(Finish::CutOff)]
            .prop_map(Delta::Finish),
    ]
}

fn mouse() -> impl Strategy<Value = MouseEvent> {
    let kind = prop_oneof![
        Just(MouseEventKind::ScrollUp),
        Just(MouseEventKind::ScrollDown),
        Just(MouseEventKind::Down(MouseButton::Left)),
        Just(MouseEventKind::Up(MouseButton::Left)),
        Just(MouseEventKind::Drag(MouseButton::Left)),
    ];
    (kind, 0..220_u16, 0..70_u16).prop_map(|(kind, column, row)| MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    })
}

fn any_key() -> impl Strategy<Value = KeyEvent> {
    let code = prop_oneof![
        any::<char>().prop_map(KeyCode::Char),
        (0..=30_u8).prop_map(KeyCode::F),
        Just(KeyCode::Null),
        Just(KeyCode::Menu),
        Just(KeyCode::BackTab),
    ];
    let kind = prop_oneof![
        Just(KeyEventKind::Press),
        Just(KeyEventKind::Repeat),
        Just(KeyEventKind::Release)
    ];
    (code, 0..64_u8, kind).prop_map(|(code, modifiers, kind)| {
        KeyEvent::new_with_kind(code, KeyModifiers::from_bits_truncate(modifiers), kind)
    })
}

fn size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![
        (1..=200_u16, 1..=60_u16),
        (1..=24_u16, 1..=9_u16),
        Just((1, 1)),
        Just((20, 6)),
        Just((80, 24)),
        Just((200, 60)),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => prop::sample::select(CHORDS.to_vec()).prop_map(Event::Chord),
        1 => any_key().prop_map(Event::Key),
        2 => text().prop_map(Event::Text),
        1 => text().prop_map(Event::Paste),
        1 => mouse().prop_map(Event::Mouse),
        2 => size().prop_map(|(cols, rows)| Event::Resize(cols, rows)),
        6 => delta().prop_map(Event::Step),
        1 => Just(Event::Failed),
        1 => Just(Event::Ended),
        1 => (0..4_u64, delta()).prop_map(|(turn, delta)| Event::Stray(turn, delta)),
        1 => prop_oneof![text().prop_map(Ok), text().prop_map(Err)].prop_map(Event::Edited),
        1 => (0..10_000_u64).prop_map(Event::Wait),
    ]
}

fn happen(it: &mut Harness, event: Event) {
    let live = it.app.live.as_ref().map(|live| live.turn);
    match event {
        Event::Key(key) => drop(it.tell(Msg::Key(key))),
        Event::Chord(chord) => drop(it.press(chord)),
        Event::Text(text) => {
            for c in text.chars() {
                it.tell_unseen(Msg::Key(KeyEvent::from(KeyCode::Char(c))));
            }
            it.draw();
        }
        Event::Paste(text) => drop(it.paste(&text)),
        Event::Mouse(mouse) => drop(it.tell(Msg::Mouse(mouse))),
        Event::Resize(cols, rows) => drop(it.resize(cols, rows)),
        Event::Step(delta) => {
            if let Some(turn) = live {
                it.tell(Msg::Progress(turn, Progress::Delta(delta)));
            }
        }
        Event::Failed => {
            if live.is_some() {
                it.fail(Failure::new(FailureKind::Cut, "gone"));
            }
        }
        Event::Ended => {
            if live.is_some() {
                it.end();
            }
        }
        Event::Stray(turn, delta) => {
            it.tell(Msg::Progress(TurnId(turn), Progress::Delta(delta)));
        }
        Event::Edited(result) => drop(it.tell(Msg::Edited(result))),
        Event::Wait(milliseconds) => drop(it.wait(Duration::from_millis(milliseconds))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_happens_makes_the_program_panic(
        size in size(),
        events in prop::collection::vec(event(), 1..60),
    ) {
        let mut it = Harness::sized(size.0, size.1);
        it.say("hello");
        for event in events {
            happen(&mut it, event);
        }
    }
}

#[test]
fn a_huge_paste_into_a_filter_is_cut_and_nobody_waits() {
    let mut it = Harness::new();
    for overlay in ["ctrl-o", "ctrl-p", "f1"] {
        it.press(overlay)
            .paste(&"long words ".repeat(100_000))
            .type_text("abc")
            .press("esc");
        assert!(it.app.overlay.is_none());
    }
}

#[test]
fn every_overlay_opens_at_every_size() {
    let sizes = [
        (1, 1),
        (2, 60),
        (200, 1),
        (19, 5),
        (20, 6),
        (21, 7),
        (40, 8),
        (80, 24),
        (200, 60),
    ];
    for overlay in ["ctrl-o", "ctrl-p", "f1"] {
        for (cols, rows) in sizes {
            let mut it = Harness::sized(cols, rows);
            it.press(overlay);
            for chord in [
                "down",
                "pagedown",
                "end",
                "x",
                "backspace",
                "up",
                "tab",
                "pageup",
            ] {
                it.tell(Msg::Key(key(chord)));
            }
            it.resize(rows, cols).press("esc");
            assert!(it.app.overlay.is_none());
        }
    }
}
