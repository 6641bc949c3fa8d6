//! What can happen to the program: keys, texts, the window, replies, answers of the world.

use std::time::Duration;

use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use mmchat::app::Msg;
use mmchat::app::command::SPECS;
use mmchat::app::library::StoreNews;
use mmchat::chat::{Delta, Failure, FailureKind, Finish, Part, Progress, ToolDelta, TurnId, Usage};
use mmchat::config::theme::Background;
use proptest::prelude::*;

use super::world::{How, World};
use crate::harness::Harness;

/// One thing that happens.
#[derive(Debug, Clone)]
pub(super) enum Event {
    Key(KeyEvent),
    Chord(&'static str),
    /// A command or another line, by way of the palette.
    Line(String),
    Text(String),
    Paste(String),
    /// Something that is written to be sent, before this.
    Draft(String),
    Mouse(MouseEvent),
    Resize(u16, u16),
    Focus(bool),
    /// A step of the turn that is live, if one is.
    Step(Delta),
    Connected,
    Failed,
    Ended,
    /// A message of some turn or other.
    Stray(u64, Delta),
    StrayEnd(u64),
    /// An answer to something that was asked of the world, or what looks like one.
    Answer(usize, How),
    Edited(Result<String, String>),
    Store(StoreNews),
    Background(Background),
    Trouble(String),
    Wait(u64),
}

/// Keys that mean something somewhere, so that random sequences get somewhere too.
const CHORDS: [&str; 76] = [
    "enter",
    "enter",
    "enter",
    "esc",
    "esc",
    "tab",
    "shift-tab",
    "up",
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
    "ctrl-r",
    "ctrl-r",
    "ctrl-d",
    "f1",
    "ctrl-t",
    "alt-a",
    "alt-c",
    "alt-g",
    "alt-j",
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
    "a",
    "e",
    "x",
    "y",
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
    "ctrl-z",
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
    "f2",
    "ctrl-f",
    "n",
    "shift-n",
    "alt-=",
    "alt-minus",
];

/// Lines with an argument, which no key runs.
const LINES: [&str; 21] = [
    "attach",
    "attach src",
    "attach clipboard",
    "detach",
    "export talk.md",
    "find a",
    "key openrouter",
    "model test/silent",
    "persona reviewer",
    "retry test/silent",
    "set max_tokens 10",
    "system Be brief.",
    "theme dark",
    "think off",
    "title Eggs",
    "files:",
    "files:review",
    "attach files:notes://today",
    "translate German",
    "translate German Good morning",
    "no such command",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z /#*`|@]{0,12}",
        "\\PC{0,8}",
        any::<String>(),
        // What is one character to the eye and several to the program, and wide spaces.
        Just("中文👨‍👩‍👧‍👦e\u{301}\t\n- a\n- b\n\n| x | y |\n|--|--|\n| 1 | 2 |\n".to_owned()),
        Just("cafe\u{301}\u{3000}\u{a0}中文\u{3000}".to_owned()),
        Just("long words ".repeat(12)),
        Just("x\n".repeat(25)),
    ]
}

fn line() -> impl Strategy<Value = String> {
    let words: Vec<&str> = SPECS.iter().filter_map(|spec| spec.slash).collect();
    prop_oneof![prop::sample::select(words), prop::sample::select(&LINES)].prop_map(str::to_owned)
}

fn delta() -> impl Strategy<Value = Delta> {
    let call = (
        0_usize..3,
        prop_oneof![Just(r#"{"city":"Paris"}"#.to_owned()), text(),],
    );
    prop_oneof![
        3 => text().prop_map(Delta::Reasoning),
        3 => text().prop_map(Delta::Answer),
        1 => Just(Delta::Relabel),
        1 => text().prop_map(|text| Delta::Replace(Part::Answer, text)),
        1 => text().prop_map(|text| Delta::Replace(Part::Reasoning, text)),
        1 => text().prop_map(Delta::Served),
        3 => call.prop_map(|(slot, arguments)| Delta::Tool(ToolDelta {
            slot, name: Some("get_weather".to_owned()), arguments, ..ToolDelta::default()
        })),
        1 => any::<[u64; 3]>().prop_map(|[a, b, c]| Delta::Usage(Usage {
            input_tokens: Some(a), output_tokens: Some(b), reasoning_tokens: Some(c), ..Usage::default()
        })),
        2 => prop_oneof![
            Just(Finish::Stop), Just(Finish::ToolCalls), Just(Finish::Length), Just(Finish::CutOff)
        ].prop_map(Delta::Finish),
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

/// Sizes of a window, those at which something changes among them.
pub(super) fn size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![
        (1..=200_u16, 1..=60_u16),
        (1..=24_u16, 1..=9_u16),
        Just((1, 1)),
        Just((20, 6)),
        Just((80, 24)),
        Just((120, 20)),
    ]
}

fn news() -> impl Strategy<Value = StoreNews> {
    prop_oneof![
        Just(StoreNews::Saved),
        text().prop_map(StoreNews::Failing),
        text().prop_map(StoreNews::Gone),
        text().prop_map(StoreNews::Said),
    ]
}

/// Anything.
pub(super) fn event() -> impl Strategy<Value = Event> {
    let how = prop_oneof![
        6 => Just(How::Well),
        1 => Just(How::Badly),
        1 => Just(How::ForAnother),
    ];
    prop_oneof![
        12 => prop::sample::select(&CHORDS).prop_map(Event::Chord),
        1 => any_key().prop_map(Event::Key),
        2 => line().prop_map(Event::Line),
        2 => text().prop_map(Event::Text),
        1 => text().prop_map(Event::Paste),
        4 => text().prop_map(Event::Draft),
        1 => mouse().prop_map(Event::Mouse),
        1 => size().prop_map(|(cols, rows)| Event::Resize(cols, rows)),
        1 => any::<bool>().prop_map(Event::Focus),
        5 => delta().prop_map(Event::Step),
        1 => Just(Event::Connected),
        1 => Just(Event::Failed),
        3 => Just(Event::Ended),
        1 => (0..4_u64, delta()).prop_map(|(turn, delta)| Event::Stray(turn, delta)),
        1 => (0..4_u64).prop_map(Event::StrayEnd),
        6 => (0..8_usize, how).prop_map(|(at, how)| Event::Answer(at, how)),
        1 => prop_oneof![text().prop_map(Ok), text().prop_map(Err)].prop_map(Event::Edited),
        1 => news().prop_map(Event::Store),
        1 => prop_oneof![Just(Background::Dark), Just(Background::Light)].prop_map(Event::Background),
        1 => text().prop_map(Event::Trouble),
        2 => (0..2_000_u64).prop_map(Event::Wait),
    ]
}

/// Anything, and more often what has to do with the message box.
pub(super) fn event_of_writing() -> impl Strategy<Value = Event> {
    const CHORDS: [&str; 16] = [
        "enter", "enter", "esc", "esc", "up", "ctrl-c", "ctrl-n", "ctrl-r", "ctrl-g", "alt-e",
        "alt-e", "alt-r", "shift-d", "alt-u", "tab", "e",
    ];
    prop_oneof![
        5 => event(),
        3 => prop::sample::select(&CHORDS).prop_map(Event::Chord),
        1 => text().prop_map(Event::Draft),
        1 => Just(Event::Ended),
    ]
}

impl Event {
    /// Has it happen.
    pub(super) fn happen(self, it: &mut Harness, world: &mut World) {
        let live = it.app.live.as_ref().map(|live| live.turn);
        match self {
            Self::Key(key) => drop(it.tell(Msg::Key(key))),
            Self::Chord(chord) => drop(it.press(chord)),
            Self::Line(line) => drop(it.press("ctrl-p").paste(&line).press("enter")),
            Self::Text(text) => {
                for c in text.chars() {
                    it.tell_unseen(Msg::Key(KeyEvent::from(KeyCode::Char(c))));
                }
                it.draw();
            }
            Self::Paste(text) | Self::Draft(text) => drop(it.paste(&text)),
            Self::Mouse(mouse) => drop(it.tell(Msg::Mouse(mouse))),
            Self::Resize(cols, rows) => drop(it.resize(cols, rows)),
            Self::Focus(has_focus) => drop(it.tell(Msg::Focus(has_focus))),
            Self::Step(delta) => {
                if let Some(turn) = live {
                    it.tell(Msg::Progress(turn, Progress::Delta(delta)));
                }
            }
            Self::Connected => {
                if live.is_some() {
                    it.connected();
                }
            }
            Self::Failed => {
                if live.is_some() {
                    it.fail(Failure::new(FailureKind::Cut, "gone"));
                }
            }
            Self::Ended => {
                if live.is_some() {
                    it.end();
                }
            }
            Self::Stray(turn, delta) => {
                it.tell(Msg::Progress(TurnId(turn), Progress::Delta(delta)));
            }
            Self::StrayEnd(turn) => drop(it.tell(Msg::Ended(TurnId(turn)))),
            Self::Answer(at, how) => world.answer(it, at, how),
            Self::Edited(result) => drop(it.tell(Msg::Edited(result))),
            Self::Store(news) => drop(it.tell(Msg::Store(news))),
            Self::Background(background) => drop(it.tell(Msg::Background(background))),
            Self::Trouble(text) => drop(it.tell(Msg::Trouble(text))),
            Self::Wait(milliseconds) => drop(it.wait(Duration::from_millis(milliseconds))),
        }
        world.heed(it);
    }
}
