//! RELIABILITY F: more of everything than anybody expects.

use std::time::Duration;

use mmchat::chat::{Delta, Finish};
use mmchat::wire::Dialect;

use crate::harness::{Harness, answer, reasoning};
use crate::wire::{asked, decode_pieces, finish};

/// Case 61: 200,000 deltas, in packets that end anywhere.
#[test]
fn f61_two_hundred_thousand_tiny_deltas_are_all_there() {
    let frame = "data:{\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n";
    let body = frame.repeat(200_000) + &finish("stop");
    let request = asked(Dialect::OpenAi, false);
    let decoded = decode_pieces(&request, body.as_bytes().chunks(65_521));
    assert_eq!(decoded.failure, None);
    assert_eq!(decoded.reply().answer.len(), 200_000);
}

/// Case 64: each of them streams in, is drawn in two sizes, scrolled through, and can be left.
#[test]
fn f64_monstrous_texts_are_drawn() {
    let row = format!("|{}\n", "cell|".repeat(200));
    let rule = format!("|{}\n", "--|".repeat(200));
    let monsters = [
        "w".repeat(200_000),
        "line\n".repeat(100_000),
        format!("```\n{}", "code line\n".repeat(20_000)),
        format!("{row}{rule}{}", row.repeat(500)),
        format!("{}deep", "> ".repeat(5_000)),
        format!("{}x", "- ".repeat(5_000)),
        "*".repeat(50_000),
        "[".repeat(50_000),
        "`".repeat(50_000),
        format!("$${}", "\\frac{".repeat(20_000)),
    ];
    let mut it = Harness::new();
    for monster in monsters {
        it.say("q").connected();
        let (first, second) = monster.split_at(monster.len() / 2);
        it.stream([
            reasoning(first.get(..20_000).unwrap_or(first)),
            answer(first),
        ]);
        it.stream([answer(second), Delta::Finish(Finish::Stop)])
            .end();
        it.resize(60, 20).press("tab pageup g shift-g esc");
        it.press("ctrl-n").resize(120, 40);
    }
    it.say("still there");
    it.shows("still there");
}

/// Case 66: keys by the thousand between two frames, while a reply streams.
#[test]
fn f66_no_key_of_a_flood_is_lost() {
    let mut it = Harness::new();
    it.say("q").connected();
    for _ in 0..10 {
        it.stream([answer("a few words ")]);
        for c in "abcdefghij".repeat(10).chars() {
            let key = crossterm::event::KeyEvent::from(crossterm::event::KeyCode::Char(c));
            it.tell_unseen(mmchat::app::Msg::Key(key));
        }
    }
    it.wait(Duration::from_millis(20));
    assert_eq!(it.app.composer.text(), "abcdefghij".repeat(100));
}

/// Case 67: little memory, few descriptors, no threads to spare: an answer, or a sentence.
#[cfg(target_os = "linux")]
#[test]
fn f67_scarce_resources_are_enough_or_are_told_of() {
    use crate::cli::{home_of, outcome, replying, said};
    for limit in [
        "ulimit -v 409600",
        "ulimit -n 20",
        "ulimit -n 12",
        "ulimit -f 0",
    ] {
        let server = replying(vec![said("an answer")]);
        let home = home_of(&server);
        let direct = home.command(&["ask", "q"]);
        let mut command = std::process::Command::new("/bin/sh");
        command
            .args(["-c", &format!("{limit} && exec \"$0\" ask q")])
            .arg(direct.get_program())
            .env_clear()
            .current_dir(home.directory.path())
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        for (name, value) in direct.get_envs() {
            command.env(name, value.unwrap());
        }
        let outcome = outcome(command.spawn().unwrap());
        let is_well = outcome.code == Some(0) && outcome.out == "an answer\n";
        let is_told = outcome.code.is_some_and(|code| code != 101 && code != 0)
            && outcome.err.starts_with("mmchat: ");
        assert!(is_well || is_told, "{limit}: {outcome:?}");
    }
}

/// Case 67 in the terminal.
#[cfg(target_os = "linux")]
#[test]
fn f67_the_chat_lives_on_little_memory() {
    use crate::pty::Terminal;
    use rustix::process::{Resource, Rlimit, prlimit};
    let mut terminal = Terminal::open();
    terminal.shows("Message");
    let four_hundred = Rlimit {
        current: Some(400 * 1024 * 1024),
        maximum: Some(400 * 1024 * 1024),
    };
    prlimit(Some(terminal.pid), Resource::As, four_hundred).unwrap();
    let few = Rlimit {
        current: Some(20),
        maximum: Some(20),
    };
    prlimit(Some(terminal.pid), Resource::Nofile, few).unwrap();
    terminal.types("write a haiku\r");
    terminal.when_screen("an answer or a sentence", |screen| {
        let text = screen.contents();
        text.contains("A haiku:") || text.contains("Too many open")
    });
    terminal.types("and on").shows("and on");
    terminal.signal(rustix::process::Signal::TERM);
    terminal.ends_well(143);
}
