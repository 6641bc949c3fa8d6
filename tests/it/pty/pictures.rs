//! Pictures that the terminal draws: it gets each once, and is told when they are no longer needed.

use super::*;
use crate::pictures::png;

fn count(received: &Received, part: &[u8]) -> usize {
    let parts = received.bytes.windows(part.len());
    parts.filter(|it| *it == part).count()
}

#[test]
fn a_terminal_that_draws_pictures_gets_them_and_keeps_none_of_them() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.png"), png(80, 40)).unwrap();
    let environment = [("TERM", "xterm-kitty"), ("LANG", "C.UTF-8")];
    let arguments = ["--demo", "--attach", "a.png"];
    let mut it = Terminal::at_home(home, &environment, &arguments);
    it.shows("a.png");
    it.types("Write a haiku\r");
    it.when("a picture", |received| {
        let sent = count(received, b"\x1b_Ga=t,f=32,s=80,v=40,");
        let placed = count(received, b"\x1b_Ga=p,U=1,");
        ((sent, placed) == (1, 1)).then_some(())
    });
    // The character with the first row and the first column on it.
    let corner = "\u{10EEEE}\u{305}\u{305}".as_bytes();
    it.when("its cells", |received| {
        (count(received, corner) > 0).then_some(())
    });
    it.types("\x04").ends_well(0);
    it.when("its end", |received| {
        (count(received, b"\x1b_Ga=d,d=I,i=") == 1).then_some(())
    });
}

#[test]
fn no_picture_is_sent_where_that_is_set() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.png"), png(80, 40)).unwrap();
    let config = "[ui]\nimage_preview = false\n";
    std::fs::write(home.path().join("config.toml"), config).unwrap();
    let environment = [("TERM", "xterm-kitty"), ("LANG", "C.UTF-8")];
    let arguments = ["--demo", "--attach", "a.png"];
    let mut it = Terminal::at_home(home, &environment, &arguments);
    it.shows("a.png");
    it.types("Write a haiku\r").shows("Esc stop");
    it.types("\x1b").shows("^O model");
    it.types("\x04").ends_well(0);
    let sent = it.when("bytes", |received| Some(count(received, b"\x1b_Ga=")));
    assert_eq!(sent, 0);
}
