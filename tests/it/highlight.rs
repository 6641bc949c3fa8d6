//! Colours of code through the real loop and the real grammars.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use mmchat::chat::Progress;
use mmchat::runtime::{Clock, Ending, Runtime};
use mmchat::tui::Console;
use mmchat::ui::{Cache, Theme};
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Color;

use crate::flow::{Script, ask_and_quit_in_no_time, paced};
use crate::harness::{WALL, answer, app, reasoning};
use crate::watched;

/// Whether a text is on the screen, all of it in that colour.
fn has(buffer: &Buffer, text: &str, colour: Color) -> bool {
    let width = usize::from(buffer.area.width);
    buffer.content.chunks(width).any(|row| {
        let shown: String = row.iter().map(Cell::symbol).collect();
        shown.match_indices(text).any(|(at, _)| {
            let start = shown.get(..at).unwrap().chars().count();
            let cells = &row[start..start + text.chars().count()];
            cells.iter().all(|cell| cell.fg == colour)
        })
    })
}

/// Asks and runs the loop until the screen is as wanted; false when it never was.
async fn comes_to_look(script: &Script, wanted: fn(&Buffer) -> bool) -> bool {
    let app = (app("", (100, 30)), Cache::new(Theme::ansi()));
    watched::comes_to_look(app, script, &["q", "enter"], wanted).await
}

#[tokio::test]
async fn rust_and_python_are_coloured_in_the_answer_and_in_the_reasoning() {
    let script = Script::new([paced(
        [
            reasoning("Try:\n\n```sh\necho \"hi\"\n```\n\nDone."),
            answer("In Rust:\n\n```rust\nfn main() { // begin\n    let x = \"text\";\n}\n```\n\n"),
            answer("In Python:\n\n```py\ndef half(x):\n    return x / 2.5\n```\n"),
        ]
        .map(|delta| (Duration::ZERO, delta)),
    )]);
    let seen = comes_to_look(&script, |screen| {
        has(screen, "fn", Color::Magenta)
            && has(screen, "main", Color::Blue)
            && has(screen, "// begin", Color::DarkGray)
            && has(screen, "\"text\"", Color::Green)
            && has(screen, "return", Color::Magenta)
            && has(screen, "2.5", Color::Yellow)
            && has(screen, "echo", Color::Blue)
            && has(screen, "In Rust:", Color::Reset)
    });
    assert!(seen.await);
}

#[tokio::test]
async fn finished_lines_are_coloured_while_the_next_one_is_being_written() {
    let deltas = [Ok(Progress::Delta(answer("```rust\nlet a = 1;\nlet b")))];
    let silent = stream::iter(deltas).chain(stream::pending()).boxed();
    let script = Script::new([silent]);
    let seen = comes_to_look(&script, |screen| {
        has(screen, "let", Color::Magenta) && has(screen, "let b", Color::Reset)
    });
    assert!(seen.await);
}

#[tokio::test]
async fn a_flood_of_code_can_not_starve_the_keyboard() {
    let begin = stream::iter([Ok(Progress::Delta(answer("```rust\n")))]);
    let line = || Ok(Progress::Delta(answer("let x = \"text\"; // and more\n")));
    let script = Script::new([begin.chain(stream::repeat_with(line)).boxed()]);
    let input = ask_and_quit_in_no_time();
    let mut screen = TestBackend::new(100, 30);
    let mut app = app("", (100, 30));
    let mut console = Console::scripted(input);
    let mut cache = Cache::new(Theme::ansi());
    let clock = Clock::fixed(WALL);
    let mut runtime = Runtime::new(&script, &mut screen, &mut console, &mut cache, clock);
    let run = runtime.run(&mut app).await.unwrap();
    assert_eq!(run.ending, Ending::Quit);
    let bytes = app.conversation.last().unwrap().reply.answer.len();
    assert!(bytes < 1_000_000, "{bytes} bytes before the key");
}
