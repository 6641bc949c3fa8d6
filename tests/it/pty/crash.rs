//! Conversations outlast the program, however it ends: left, killed, or out of disk.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mmchat::app::library::{Query, Which};
use mmchat::chat::ConversationId;
use mmchat::demo::{Pace, Server};
use mmchat::store::Shelf;
use rustix::process::Signal;
use tempfile::TempDir;

use super::Terminal;

/// A provider whose replies are numbered words, one every few milliseconds: `k3r17` is the 17th word
/// of the reasoning of the third reply, `k3a2` the second of its answer.
struct Counting(PathBuf);

impl Counting {
    /// A home that is configured to ask it.
    fn home() -> TempDir {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let replies = Arc::new(AtomicUsize::new(0));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let reply = replies.fetch_add(1, Ordering::SeqCst);
                // Whoever hangs up has had enough.
                std::thread::spawn(move || drop(count(&connection.unwrap(), reply)));
            }
        });
        let home = tempfile::tempdir().unwrap();
        let config = format!(
            "model = \"lab/model\"\n[providers.lab]\ndialect = \"openai\"\nbase_url = \"{url}\"\n\
             [[providers.lab.models]]\nid = \"model\"\n"
        );
        std::fs::write(home.path().join("config.toml"), config).unwrap();
        home
    }

    fn at(home: &Path) -> Self {
        Self(home.join(".local/share/mmchat"))
    }

    /// The conversations that a list shows.
    fn listed(&self) -> BTreeSet<ConversationId> {
        let (shelf, _) = Shelf::open(&self.0).unwrap();
        let all = shelf.list(&Query::default(), usize::MAX).unwrap();
        all.rows.into_iter().map(|row| row.id).collect()
    }

    /// Every word that the store holds, once the store is found to be sound.
    fn kept_words(&self) -> BTreeSet<String> {
        let (shelf, notes) = Shelf::open(&self.0).unwrap();
        assert_eq!(notes, [""; 0]);
        let all = shelf.list(&Query::default(), usize::MAX).unwrap();
        let mut words = BTreeSet::new();
        for row in all.rows {
            let kept = shelf.load(Which::Id(row.id)).unwrap().unwrap();
            assert_eq!(kept.head.title, row.title);
            words.extend(words_of(&kept.head.title));
            for turn in kept.conversation.turns() {
                assert!(!turn.is_live());
                words.extend(words_of(&turn.prompt));
                words.extend(words_of(turn.reply.reasoning.as_str()));
                words.extend(words_of(turn.reply.answer.as_str()));
            }
            words.extend(words_of(&kept.draft));
        }
        drop(shelf);
        let store = rusqlite::Connection::open(self.0.join("conversations.db")).unwrap();
        let check: String = store
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(check, "ok");
        store
            .execute_batch("INSERT INTO search (search) VALUES ('integrity-check')")
            .unwrap();
        let draft: Option<String> = store
            .query_row("SELECT group_concat(text, ' ') FROM drafts", [], |row| {
                row.get(0)
            })
            .unwrap();
        words.extend(words_of(&draft.unwrap_or_default()));
        words
    }
}

fn count(connection: &TcpStream, reply: usize) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    let mut out = connection;
    out.write_all(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n",
    )?;
    for word in 0..2_000 {
        let delta = if word < 60 {
            format!("{{\"reasoning_content\":\"k{reply}r{word} \"}}")
        } else {
            format!("{{\"content\":\"k{reply}a{word} \"}}")
        };
        write!(
            out,
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}]}}\n\n"
        )?;
        std::thread::sleep(Duration::from_millis(4));
    }
    out.write_all(b"data: [DONE]\n\n")
}

/// The words that tests write themselves, in a text or on a screen.
fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| {
            let digits = word.bytes().filter(u8::is_ascii_digit).count();
            digits > 0
                && ["k", "prompt", "draft", "name"]
                    .iter()
                    .any(|start| word.starts_with(start))
        })
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
}

impl Terminal {
    /// What a whole frame shows.
    fn whole_frame(&self) -> String {
        self.when("whole frame", |state| {
            let screen = state.parser.screen().contents();
            let last = |what: &[u8]| {
                state
                    .bytes
                    .windows(what.len())
                    .rposition(|part| part == what)
            };
            (last(b"\x1b[?2026l") > last(b"\x1b[?2026h")).then_some(screen)
        })
    }

    /// Kills the program at once and gives the home back.
    fn killed(mut self) -> TempDir {
        self.signal(Signal::KILL);
        self.when("end", |state| state.exit);
        self.home.take().unwrap()
    }

    /// Leaves the program and gives the home back.
    pub(super) fn left(mut self) -> TempDir {
        self.types("\x03\x03\x03\x03");
        self.when("end", |state| state.exit);
        self.home.take().unwrap()
    }
}

pub(super) fn number(name: &str, usual: u64) -> u64 {
    let set = std::env::vars().find(|(set, _)| set == name);
    set.map_or(usual, |(_, value)| value.parse().unwrap())
}

/// The ways of a round.
const WAYS: u64 = 9;

impl Terminal {
    /// Opens the list of conversations and waits until it shows the one that is open.
    fn opens_the_list(&mut self) {
        self.types("\x12").shows("Del deletes");
        self.when_screen("the open conversation", |screen| {
            let screen = screen.contents().replace("opens", "");
            screen.contains("open")
        });
    }

    /// Has a reply on its way, with nothing in the message box.
    fn streams(&mut self, round: u64) {
        // A draft of the round before would be part of the message, or of what is typed next.
        self.when_screen("the last conversation", |screen| {
            !screen.contents().contains("New conversation")
        });
        self.types("\x03").types(&format!("prompt{round}0\r"));
        self.shows("Enter queue");
    }

    /// Lives through a round until the moment that is looked at.
    fn lives(&mut self, round: u64, mut rest: impl FnMut(u64)) {
        let prompt = format!("prompt{round}\r");
        match round % WAYS {
            0 => {}
            1 => {
                self.types(&format!("prompt{round}1\r"));
                rest(700);
                // An Esc right before a letter would be an Alt.
                self.types("\x1b");
                std::thread::sleep(Duration::from_millis(100));
            }
            2 => {
                self.types(&format!("prompt{round}0\r"));
                rest(400);
                self.types("\x1b");
                self.shows("Stopped.");
                self.types("\x1br");
            }
            3 => {
                self.types("\x0e");
            }
            4 => {
                self.types(&format!("draft{round}"));
                return;
            }
            5 => {
                self.streams(round);
                rest(500);
                self.types(&format!("/title name{round}\r"));
                return;
            }
            6 => {
                self.streams(round);
                self.opens_the_list();
                self.types("\x1b[12~");
                self.types(&format!("\x15name{round}\r"));
                return;
            }
            way => {
                // Deleted while its reply comes, which must not bring it back.
                self.streams(round);
                rest(400);
                self.opens_the_list();
                self.types("\x1b[3~");
                if way == 7 {
                    return;
                }
                self.shows("Alt+U brings back");
                self.types("\x1b").shows("New conversation");
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        self.types(&prompt);
    }
}

/// Whether it is a whole word of a reply, such as `k6r8`: an overlay may have cut it to `k6`.
fn is_of_reply(word: &str) -> bool {
    word.starts_with('k')
        && word.contains(['r', 'a'])
        && word.ends_with(|c: char| c.is_ascii_digit())
}

/// `just crash` runs 200 rounds with the quarter of a second that is promised; here there is one of
/// each way, with room for a machine that is busy with other tests.
#[test]
fn whatever_was_on_the_screen_before_a_kill_is_in_the_store() {
    let rounds = number("MMCHAT_CRASH_ROUNDS", WAYS);
    let pause = Duration::from_millis(number("MMCHAT_CRASH_PAUSE_MS", 1_000));
    let mut random = fastrand::Rng::with_seed(number("MMCHAT_CRASH_SEED", 20_261_122));
    let mut home = Counting::home();
    let mut acknowledged = 0;
    let mut listed = BTreeSet::new();
    let mut deleted = BTreeSet::new();
    for round in 0..rounds {
        let mut terminal = Terminal::at_home(home, &[], &["--continue"]);
        // Too narrow for the preview beside the list, which cuts words.
        terminal.resize(99, 30);
        terminal.shows("Message");
        let mut rest = |most: u64| {
            std::thread::sleep(Duration::from_millis(random.u64(0..most)));
        };
        terminal.lives(round, &mut rest);
        rest(1_000);
        let screen = terminal.whole_frame();
        std::thread::sleep(pause);
        home = terminal.killed();
        let store = Counting::at(home.path());
        let kept = store.kept_words();
        let now = store.listed();
        let gone: Vec<_> = listed.difference(&now).copied().collect();
        let deletes = round % WAYS >= 7;
        let is_deleted = deletes && !kept.contains(&format!("prompt{round}0"));
        let shown: BTreeSet<String> = words_of(&screen).collect();
        acknowledged += shown.len();
        // The keys may still have been on their way when the screen was looked at.
        let overtaken = |word: &str| {
            let name = format!("name{round}");
            is_deleted
                || name.starts_with(word)
                || (word.starts_with("name") && kept.contains(&name))
                || (!is_of_reply(word) && kept.iter().any(|longer| longer.starts_with(word)))
        };
        let lost: Vec<_> = shown
            .difference(&kept)
            .filter(|word| !overtaken(word))
            .collect();
        assert!(lost.is_empty(), "round {round} lost {lost:?} of\n{screen}");
        assert!(
            gone.len() <= usize::from(deletes),
            "round {round} lost whole conversations: {gone:?}"
        );
        deleted.extend(gone);
        let back: Vec<_> = deleted.intersection(&now).collect();
        assert!(back.is_empty(), "round {round}: deleted ones are back");
        // In the eighth way it was acknowledged long before.
        let acknowledged_gone = round % WAYS == 8 || screen.contains("Alt+U brings back");
        assert!(
            is_deleted || !(deletes && acknowledged_gone),
            "round {round}: it is still there"
        );
        listed = now;
    }
    eprintln!(
        "{rounds} rounds, {acknowledged} words on the screen, {} conversations deleted",
        deleted.len()
    );
    assert!(acknowledged > 0, "nothing was ever on the screen");
}

#[test]
fn a_killed_reply_comes_back_interrupted_and_can_be_asked_again() {
    let mut terminal = Terminal::at_home(Counting::home(), &[], &[]);
    terminal.shows("Message");
    terminal.types("prompt1\r").shows("k0a70");
    terminal.types("draft1").shows("draft1");
    std::thread::sleep(Duration::from_secs(1));
    let mut terminal = Terminal::at_home(terminal.killed(), &[], &["-c"]);
    terminal.shows("k0r5").shows("Interrupted").shows("draft1");
    terminal.types("\x03\x1br").shows("k1r5").shows("2/2");
    terminal.types("\x1b").shows("Stopped.");
    let home = terminal.left();
    let kept = Counting::at(home.path()).kept_words();
    assert!(kept.contains("k0a70") && kept.contains("k1r5"));
}

#[test]
fn a_new_chat_has_the_old_draft_and_the_messages_typed_before() {
    let server = Server::start_with(0, Pace::Instant).unwrap();
    let mut terminal = Terminal::asking(&server);
    terminal.shows("Message");
    terminal
        .types("write a haiku\r")
        .shows("and then one answers");
    terminal.types("\x0e").shows("New conversation");
    terminal.types("half a thought").shows("half a thought");
    // A signal is no reason to forget either.
    terminal.signal(Signal::TERM);
    terminal.when("end", |state| state.exit);
    let home = terminal.home.take().unwrap();
    let mut terminal = Terminal::at_home(home, &[], &[]);
    terminal.shows("half a thought");
    terminal.types("\x03");
    terminal.when_screen("empty box", |screen| !screen.contents().contains("half a"));
    terminal.types("\x1b[A").shows("half a thought");
    terminal.types("\x1b[A").shows("write a haiku");
    let terminal = Terminal::at_home(terminal.left(), &[], &["--continue"]);
    terminal
        .shows("and then one answers")
        .shows("write a haiku");
    drop(terminal.left());
}

#[test]
fn what_is_not_to_be_saved_never_touches_the_disk() {
    let server = Server::start_with(0, Pace::Instant).unwrap();
    let terminal = Terminal::asking(&server);
    terminal.shows("Message");
    let mut terminal = Terminal::at_home(terminal.left(), &[], &["--no-save"]);
    terminal.shows("not saved");
    terminal
        .types("write a haiku\r")
        .shows("and then one answers");
    let home = terminal.left();
    assert!(
        !home.path().join(".local").exists() || Counting::at(home.path()).kept_words().is_empty()
    );
    let mut terminal = Terminal::at_home(home, &[], &[]);
    terminal.shows("Message");
    terminal.types("/incognito\r").shows("not saved");
    terminal
        .types("write a haiku\r")
        .shows("and then one answers");
    let home = terminal.left();
    let bytes = std::fs::read(home.path().join(".local/share/mmchat/conversations.db")).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("write a haiku") && !text.contains("one answers"));
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_the_chat_goes_on_and_is_saved_when_there_is_room_again() {
    use rustix::process::{Resource, Rlimit, prlimit};
    let server = Server::start_with(0, Pace::Instant).unwrap();
    let mut terminal = Terminal::asking(&server);
    terminal.shows("Message");
    terminal
        .types("write a haiku\r")
        .shows("and then one answers");
    std::thread::sleep(Duration::from_millis(500));
    let full = Rlimit {
        current: Some(2048),
        maximum: None,
    };
    // No file may grow any more.
    let before = prlimit(Some(terminal.pid), Resource::Fsize, full).unwrap();
    terminal
        .types("tell me about prompt77\r")
        .shows("not saved");
    terminal.types("and one more prompt78\r");
    terminal.when_screen("reply", |screen| screen.contents().contains("turn 3/3"));
    // An export that finds no room leaves nothing that would be in the way of the next one.
    terminal
        .types("/export talk.html\r")
        .shows("talk.html can't be written");
    let talk = terminal.home.as_ref().unwrap().path().join("talk.html");
    assert!(!talk.exists(), "half an export was left");
    prlimit(Some(terminal.pid), Resource::Fsize, before).unwrap();
    terminal.shows("Saving works again");
    // The command that failed stands in the message box, to be given once more.
    terminal.types("\r").shows("Written to talk.html");
    assert!(
        std::fs::read_to_string(talk)
            .unwrap()
            .ends_with("</html>\n")
    );
    let home = terminal.left();
    let kept = Counting::at(home.path()).kept_words();
    assert!(
        kept.contains("prompt77") && kept.contains("prompt78"),
        "{kept:?}"
    );
}
