//! Links as the terminal is told of them: the bytes of frames.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use mmchat::tui::{Canvas, Surface as _};
use mmchat::ui::{self, Cache, Links, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::harness::{Harness, answer};

/// What has been written to a terminal.
#[derive(Clone, Default)]
struct Written(Rc<RefCell<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The program, and the bytes that it writes.
struct Screen {
    it: Harness,
    cache: Cache,
    canvas: Canvas<Written>,
    written: Written,
}

impl Screen {
    /// A narrow window, in which the chat has the whole width and 36 columns of text.
    fn new() -> Self {
        let mut it = Harness::with("[ui]\nthinking_panel = \"hidden\"");
        it.resize(40, 30);
        it.say("q").connected();
        let written = Written::default();
        Self {
            it,
            cache: Cache::new(Theme::ansi()),
            canvas: Canvas::new(written.clone()),
            written,
        }
    }

    /// Adds to the answer and gives the bytes of the frame that shows it.
    fn stream(&mut self, text: &str) -> String {
        self.it.stream([answer(text)]);
        self.frame()
    }

    fn frame(&mut self) -> String {
        self.written.0.borrow_mut().clear();
        let mut frame = Buffer::empty(Rect::new(0, 0, 40, 30));
        let seen = ui::view(&self.it.app, &mut self.cache, &mut frame);
        let links = &self.cache.links;
        self.canvas.present(&frame, seen.caret, links).unwrap();
        String::from_utf8(self.written.0.borrow().clone()).unwrap()
    }
}

/// Each link in the bytes of a frame: its `id`, its address, the characters in it.
fn links(frame: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for piece in frame.split("\x1b]8;").skip(1) {
        let (target, rest) = piece.split_once("\x1b\\").expect("it ends");
        let (id, url) = target.split_once(';').expect("an id and an address");
        if url.is_empty() {
            assert_eq!(id, "", "what closes a link names none");
            continue;
        }
        found.push((id.to_owned(), url.to_owned(), printed(rest)));
    }
    found
}

/// What is printed by bytes that hold other sequences.
fn printed(bytes: &str) -> String {
    let mut shown = String::new();
    let mut rest = bytes.chars();
    while let Some(c) = rest.next() {
        if c == '\x1b' {
            rest.by_ref().find(char::is_ascii_alphabetic);
        } else if !c.is_control() {
            shown.push(c);
        }
    }
    shown
}

fn texts(frame: &str) -> Vec<(String, String)> {
    let links = links(frame).into_iter();
    links.map(|(_, url, text)| (url, text)).collect()
}

#[test]
fn a_link_is_opened_before_its_text_and_closed_behind_it() {
    let mut screen = Screen::new();
    let frame = screen.stream("so [it](https://a.b/c) is");
    let url = "https://a.b/c".to_owned();
    let pieces = [(url.clone(), "it (https://a.b/c)".to_owned())];
    let joined: String = texts(&frame).into_iter().map(|(_, text)| text).collect();
    assert_eq!(joined, pieces[0].1, "{frame:?}");
    assert!(texts(&frame).iter().all(|(found, _)| *found == url));
    let (_, last) = frame.rsplit_once("\x1b]8;").unwrap();
    assert!(last.starts_with(";\x1b\\"), "it is closed");
}

#[test]
fn the_rows_of_a_wrapped_link_have_one_id_and_another_link_has_another() {
    let mut screen = Screen::new();
    let long = "https://example.org/a/long/way/down/to/the/page";
    let frame = screen.stream(&format!("{long} and [x](https://b)"));
    let found = links(&frame);
    let of = |url: &str| -> Vec<&str> {
        let found = found.iter().filter(|(_, to, _)| to == url);
        found.map(|(id, ..)| id.as_str()).collect()
    };
    assert!(of(long).len() >= 2, "on two rows: {found:?}");
    assert!(of(long).iter().all(|id| *id == of(long)[0]));
    assert_ne!(of(long)[0], of("https://b")[0]);
}

#[test]
fn a_frame_without_news_of_a_link_says_nothing_of_it() {
    let mut screen = Screen::new();
    screen.stream("so [it](https://a.b) is");
    let frame = screen.stream(" good");
    assert!(frame.contains("good"));
    assert!(!frame.contains("\x1b]8"), "{frame:?}");
    assert_eq!(screen.frame(), "", "nothing changed");
}

#[test]
fn cells_are_drawn_again_when_only_their_link_changes() {
    let mut screen = Screen::new();
    // Half an address is no link yet; the text in brackets looks the same before and after.
    let before = screen.stream("[it](https://a.b");
    assert!(!before.contains("\x1b]8"), "{before:?}");
    let after = screen.stream(")");
    let joined: String = texts(&after).into_iter().map(|(_, text)| text).collect();
    assert_eq!(joined, "it (https://a.b)", "{after:?}");
}

#[test]
fn a_link_that_goes_away_is_taken_from_its_cells() {
    let mut screen = Screen::new();
    screen.stream("https://a.b");
    // The same letters, in code.
    screen.it.end();
    screen.it.press("alt-r").connected();
    let frame = screen.stream("`https://a.b`");
    assert!(frame.contains("https://a.b"), "{frame:?}");
    assert!(!frame.contains("\x1b]8;id"), "{frame:?}");
}

#[test]
fn what_is_not_safe_to_open_is_text() {
    let mut screen = Screen::new();
    let frame = screen.stream("[a](file:///etc/passwd) [b](javascript:x) [c](x://y)");
    assert!(frame.contains("file:///etc/passwd"));
    assert!(!frame.contains("\x1b]8"), "{frame:?}");
}

#[test]
fn an_address_can_not_end_the_sequence_that_holds_it() {
    let mut screen = Screen::new();
    let frame = screen.stream("[a](<https://x/\u{7}\u{9c}\u{1b}\\\\;é y>)");
    let found = texts(&frame);
    assert_eq!(found[0].0, "https://x/%07%C2%9C%1B%5C;%C3%A9%20y");
    assert!(!frame.contains('\u{7}') && !frame.contains('\u{9c}'));
}

#[test]
fn a_terminal_that_may_not_know_links_gets_none() {
    let mut screen = Screen::new();
    screen.cache.links = Links::none();
    let frame = screen.stream("so [it](https://a.b/c) is");
    assert!(frame.contains("https://a.b/c"));
    assert!(!frame.contains("\x1b]8"), "{frame:?}");
}
