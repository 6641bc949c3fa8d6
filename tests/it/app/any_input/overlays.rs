//! Every overlay at every size: opened as a user opens it, used, closed.

use mmchat::app::attached::{Found, Many};
use mmchat::app::{Effect, Msg, Overlay};
use mmchat::chat::{Delta, Finish};

use super::world::CONFIG;
use crate::harness::{Harness, answer, key};

/// What its name is; whoever adds one adds to [`OPENERS`] how it is opened.
fn name(overlay: &Overlay) -> &'static str {
    match overlay {
        Overlay::Models(_) => "models",
        Overlay::Palette(_) => "palette",
        Overlay::Copies(_) => "copies",
        Overlay::Personas(_) => "personas",
        Overlay::Themes(_) => "themes",
        Overlay::Servers(_) => "servers",
        Overlay::Again(_) => "again",
        Overlay::Room(_) => "room",
        Overlay::Preview(_) => "preview",
        Overlay::Diff(_) => "diff",
        Overlay::Key(_) => "key",
        Overlay::History(_) => "history",
        Overlay::Many(_) => "many",
        Overlay::Summary(_) => "summary",
        Overlay::Help(_) => "help",
    }
}

type Open = fn(&mut Harness);

/// How each is opened, after two exchanges.
const OPENERS: [(&str, Open); 15] = [
    ("models", |it| press(it, "ctrl-o")),
    ("palette", |it| press(it, "ctrl-p")),
    ("copies", |it| press(it, "alt-c")),
    ("personas", |it| line(it, "persona")),
    ("themes", |it| line(it, "theme")),
    ("servers", |it| line(it, "mcp")),
    ("again", |it| press(it, "alt-shift-r")),
    ("room", |it| press(it, "alt-w")),
    ("preview", |it| press(it, "alt-v")),
    ("diff", |it| {
        it.press("alt-r");
        it.stream([answer("Others."), Delta::Finish(Finish::Stop)])
            .end();
        it.press("alt-d");
    }),
    ("key", |it| line(it, "key")),
    ("history", |it| press(it, "ctrl-r")),
    ("many", |it| {
        line(it, "attach src");
        let ticket = it.effects().into_iter().find_map(|effect| match effect {
            Effect::Fetch(ticket, _) => Some(ticket),
            _ => None,
        });
        let many = Many {
            typed: "src".to_owned(),
            files: vec![("src/a.rs".into(), 1_000); 40],
            top: 0,
        };
        it.tell(Msg::Fetched(ticket.unwrap(), Ok(Found::Several(many))));
    }),
    ("summary", |it| line(it, "summary")),
    ("help", |it| press(it, "f1")),
];

fn press(it: &mut Harness, chord: &str) {
    it.press(chord);
}

fn line(it: &mut Harness, line: &str) {
    it.paste(&format!("/{line}")).press("enter");
}

fn after_two_exchanges() -> Harness {
    let mut it = Harness::with(CONFIG);
    it.exchange("one", "", "Some words.");
    it.exchange("two", "", "Words.\n\n```\ncode\n```\n")
        .effects();
    it
}

#[test]
fn every_overlay_opens_and_closes_at_every_size_and_leaves_the_message_alone() {
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
    for (name, open) in OPENERS {
        let mut it = after_two_exchanges();
        for (cols, rows) in sizes {
            it.resize(cols, rows);
            open(&mut it);
            it.draw();
            let overlay = it.app.overlay.as_ref();
            assert_eq!(overlay.map(self::name), Some(name), "at {cols}×{rows}");
            let mut chords = ["down", "pagedown", "end", "x", "backspace", "up", "pageup"];
            if name == "many" {
                // Any other key is an answer.
                chords = ["down"; 7];
            }
            for chord in chords {
                it.tell(Msg::Key(key(chord)));
            }
            assert!(it.app.overlay.is_some(), "{name} at {cols}×{rows}");
            it.paste("pasted").resize(rows, cols).press("esc");
            assert!(it.app.overlay.is_none(), "{name} at {cols}×{rows}");
            assert_eq!(it.app.composer.text(), "", "{name} at {cols}×{rows}");
        }
    }
}

#[test]
fn a_huge_paste_into_a_filter_is_cut_and_nobody_waits() {
    let mut it = Harness::new();
    for overlay in ["ctrl-o", "ctrl-p", "ctrl-r", "f1"] {
        it.press(overlay)
            .paste(&"long words ".repeat(100_000))
            .type_text("abc")
            .press("esc");
        assert!(it.app.overlay.is_none());
    }
}
