//! Turn after turn against a server that does everything wrong that it can: nothing may be lost, and
//! nothing may grow.
//!
//! The suite runs a few turns; `just soak` runs ten thousand and prints what the program needed at
//! the beginning and at the end. Which turn meets which fault depends on the seed alone.

#![expect(
    clippy::disallowed_methods,
    reason = "how long an answer takes is a figure of the report"
)]

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mmchat::app::library::{Query, Which};
use mmchat::chat::{Turn, TurnState};
use mmchat::store::Shelf;
use tempfile::TempDir;

use super::Terminal;
use super::crash::number;

/// Turns of a conversation, before a new one begins.
const TURNS_EACH: u64 = 20;

/// What becomes of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Fate {
    /// A short answer with a thought before it.
    Short,
    /// Some hundred kilobytes.
    Long,
    /// One event is broken, the rest is well.
    BrokenEvent,
    /// The connection is closed in the middle.
    Cut,
    /// The stream says that something is wrong.
    ErrorInside,
    /// The first attempt is refused for now, the second one is answered.
    Busy,
    /// The connection is dropped before a word, and again.
    Dropped,
    /// A key that is not taken.
    Refused,
    /// A page of some portal.
    WebPage,
    /// An answer without end, which the user stops.
    Stopped,
}

impl Fate {
    fn of(turn: u64, seed: u64) -> Self {
        match fastrand::Rng::with_seed(seed ^ turn.wrapping_mul(0x9e37_79b9_7f4a_7c15)).u8(0..40) {
            0..22 => Self::Short,
            22..24 => Self::Long,
            24..26 => Self::BrokenEvent,
            26..29 => Self::Cut,
            29..31 => Self::ErrorInside,
            31 => Self::Busy,
            32 => Self::Dropped,
            33..35 => Self::Refused,
            35..37 => Self::WebPage,
            _ => Self::Stopped,
        }
    }

    /// The whole answer to a turn, where there is one.
    fn answer(self, turn: u64) -> Option<String> {
        match self {
            Self::Short | Self::BrokenEvent | Self::Busy => Some(format!(
                "a{turn} is **short**, with `code` and 你好. z{turn}"
            )),
            Self::Long => {
                let line = format!("- a{turn} goes on and on, a list without much to say\n");
                Some(format!("a{turn} is long:\n\n") + &line.repeat(3_000) + &format!("\nz{turn}"))
            }
            _ => None,
        }
    }

    /// Whether the turn's state is what has to come of this.
    fn fits(self, turn: &Turn, number: u64) -> bool {
        let answer = turn.reply.answer.as_str();
        match self {
            Self::Short | Self::Long | Self::BrokenEvent | Self::Busy => {
                turn.state == TurnState::Done && self.answer(number).as_deref() == Some(answer)
            }
            Self::Cut => answer == format!("a{number} is"),
            Self::ErrorInside => {
                matches!(turn.state, TurnState::Failed(_)) && answer == format!("a{number} is")
            }
            Self::Dropped | Self::Refused | Self::WebPage => {
                matches!(turn.state, TurnState::Failed(_))
            }
            Self::Stopped => {
                turn.state == TurnState::Stopped && answer.starts_with(&format!("a{number} "))
            }
        }
    }
}

/// The server: which turn meets what, and whose first attempt was refused already.
struct Faulty {
    seed: u64,
    refused: Mutex<HashSet<u64>>,
}

impl Faulty {
    /// A home that is configured to ask such a server.
    fn home(seed: u64) -> TempDir {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let server = Arc::new(Self {
            seed,
            refused: Mutex::default(),
        });
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let server = Arc::clone(&server);
                // Whoever hangs up has had enough.
                std::thread::spawn(move || drop(server.serve(&connection.unwrap())));
            }
        });
        let home = tempfile::tempdir().unwrap();
        let config = format!(
            "model = \"lab/model\"\n[network]\nmax_retries = 1\n[providers.lab]\ndialect = \"openai\"\n\
             base_url = \"{url}\"\n[[providers.lab.models]]\nid = \"model\"\n"
        );
        std::fs::write(home.path().join("config.toml"), config).unwrap();
        home
    }

    /// Answers request after request, until the client goes or a fault ends the connection.
    fn serve(&self, connection: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(connection);
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap_or(0);
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            if !self.reply(connection, &String::from_utf8_lossy(&body))? {
                return Ok(());
            }
        }
    }

    /// Replies to a request. Tells whether the connection goes on.
    fn reply(&self, mut out: &TcpStream, body: &str) -> std::io::Result<bool> {
        // The last prompt is the turn's own; prompts without an answer are sent as one message.
        let mut prompts = body.rsplit('q');
        let turn = prompts.find_map(|part| part.split_once('x')?.0.parse().ok());
        let turn: u64 = turn.unwrap_or(0);
        let fate = Fate::of(turn, self.seed);
        let mut whole = |status: &str, kind: &str, body: &str| {
            let length = body.len();
            write!(
                out,
                "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
            )?;
            Ok(true)
        };
        match fate {
            Fate::Dropped => return Ok(false),
            Fate::Refused => {
                let body = r#"{"error":{"message":"no such key","type":"invalid_api_key"}}"#;
                return whole("401 Unauthorized", "application/json", body);
            }
            Fate::WebPage => {
                let body = "<html><title>Welcome to the hotel</title>Log in first</html>";
                return whole("200 OK", "text/html", body);
            }
            Fate::Busy if self.refused.lock().unwrap().insert(turn) => {
                let body = r#"{"error":{"message":"come back","type":"overloaded"}}"#;
                return whole(
                    "503 Service Unavailable\r\nRetry-After: 0",
                    "application/json",
                    body,
                );
            }
            _ => {}
        }
        out.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        let mut event = |data: &str| {
            let length = data.len() + 8;
            write!(out, "{length:x}\r\ndata: {data}\n\n\r\n")
        };
        let delta = |field: &str, text: &str| {
            serde_json::json!({"choices": [{"index": 0, "delta": {field: text}}]}).to_string()
        };
        event(&delta("reasoning_content", "Let me think. "))?;
        event(&delta("content", &format!("a{turn} is")))?;
        match fate {
            Fate::Cut => return Ok(false),
            Fate::ErrorInside => {
                event(r#"{"error":{"message":"out of luck","type":"server_error"}}"#)?;
                return Ok(false);
            }
            Fate::Stopped => loop {
                // Until the client hangs up.
                event(&delta("content", &format!(" n{turn}")))?;
                std::thread::sleep(Duration::from_millis(3));
            },
            Fate::BrokenEvent => event("{\"choices\":[{\"ind")?,
            _ => {}
        }
        let answer = fate.answer(turn).unwrap_or_default();
        let rest = answer
            .get(format!("a{turn} is").len()..)
            .unwrap_or_default();
        let chars: Vec<char> = rest.chars().collect();
        for piece in chars.chunks(chars.len().div_ceil(40).max(7)) {
            event(&delta("content", &String::from_iter(piece)))?;
        }
        event(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#)?;
        event("[DONE]")?;
        out.write_all(b"0\r\n\r\n")?;
        Ok(true)
    }
}

/// What the program needs, by its own kernel's account; nothing where that can't be read.
#[derive(Debug, Clone, Copy, Default)]
struct Needs {
    resident_kib: usize,
    handles: usize,
    threads: usize,
}

impl Terminal {
    fn needs(&self) -> Needs {
        let process = Path::new("/proc").join(self.pid.as_raw_nonzero().to_string());
        let entries = |name: &str| std::fs::read_dir(process.join(name)).map_or(0, Iterator::count);
        let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|text| text.split_whitespace().next()?.parse().ok());
        Needs {
            resident_kib: resident.unwrap_or(0),
            handles: entries("fd"),
            threads: entries("task"),
        }
    }

    /// Sends a message and waits for what becomes of it. Tells how long that took.
    fn lives_through(&mut self, turn: u64, fate: Fate) -> Duration {
        let prompt = format!("q{turn}x");
        let in_box = |screen: &str| {
            screen
                .lines()
                .nth(27)
                .is_some_and(|line| line.contains(&prompt))
        };
        self.types(&prompt);
        self.when_screen(&prompt, |screen| in_box(&screen.contents()));
        let sent = Instant::now();
        self.types("\r");
        if fate == Fate::Stopped {
            // Its own text, not that of the turn before.
            self.shows(&format!("n{turn} n{turn}"));
            self.types("\x1b");
        }
        self.when_screen("end of the turn", |screen| {
            let screen = screen.contents();
            !in_box(&screen) && screen.contains("^O model")
        });
        sent.elapsed()
    }
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The turns that are not in the store as they ought to be, or more than once.
fn lost(home: &Path, turns: u64, seed: u64) -> Vec<String> {
    let (shelf, notes) = Shelf::open(&home.join(".local/share/mmchat")).unwrap();
    assert_eq!(notes, [""; 0]);
    let all = shelf.list(&Query::default(), usize::MAX).unwrap();
    let mut seen = HashSet::new();
    let mut wrong = Vec::new();
    for row in all.rows {
        let kept = shelf.load(Which::Id(row.id)).unwrap().unwrap();
        for turn in kept.conversation.turns() {
            let number = turn.prompt.trim_start_matches('q').trim_end_matches('x');
            let number: u64 = number.parse().unwrap();
            let fate = Fate::of(number, seed);
            if !seen.insert(number) || !fate.fits(turn, number) {
                wrong.push(format!("{fate:?} {turn:?}"));
            }
        }
    }
    wrong.extend(
        (0..turns)
            .filter(|turn| !seen.contains(turn))
            .map(|turn| format!("no {turn}")),
    );
    wrong
}

/// `just soak` goes on for ten thousand turns; here it is a short walk.
#[test]
fn turns_that_go_wrong_in_every_way_are_all_kept_and_leave_nothing_behind() {
    let turns = number("MMCHAT_SOAK_TURNS", 100);
    let seed = number("MMCHAT_SOAK_SEED", 20_261_125);
    let mut terminal = Terminal::at_home(Faulty::home(seed), &[], &[]);
    terminal.shows("Message");
    let begin = Instant::now();
    let mut times = Vec::new();
    let mut needs = Vec::new();
    for turn in 0..turns {
        if turn > 0 && turn % TURNS_EACH == 0 {
            terminal.types("\x0e").shows("New conversation");
        }
        if turn % 30 == 7 {
            // A look at the list, and windows of other sizes.
            terminal.types("\x12").shows("Del deletes");
            terminal.types("\x1b");
            terminal.when_screen("no list", |screen| {
                !screen.contents().contains("Del deletes")
            });
            terminal.resize(61, 19);
            terminal.resize(100, 30);
        }
        let fate = Fate::of(turn, seed);
        let time = terminal.lives_through(turn, fate);
        if fate == Fate::Short {
            times.push(time);
        }
        // Nobody reads what was drawn long ago.
        terminal.received.0.lock().unwrap().bytes.clear();
        needs.push(terminal.needs());
        if turns >= 1_000 && turn % (turns / 20) == 0 {
            eprintln!("{turn:>6} {:>7.0?} {:?}", begin.elapsed(), terminal.needs());
        }
    }
    let end = begin.elapsed();
    let home = terminal.left();

    let tenth = (times.len() / 10).max(1);
    let (first, last) = (
        median(&times[..tenth]),
        median(&times[times.len() - tenth..]),
    );
    // The first fifth is the program warming up.
    let (warm, over) = (needs[needs.len() / 5], needs[needs.len() - 1]);
    let most = needs.iter().map(|needs| needs.resident_kib).max().unwrap();
    eprintln!("{turns} turns in {end:.0?}, seed {seed}");
    eprintln!("short answer, median: first tenth {first:.1?}, last tenth {last:.1?}");
    eprintln!("after a fifth of the turns: {warm:?}");
    eprintln!("at the end: {over:?}, most {most} KiB");
    let lost = lost(home.path(), turns, seed);
    eprintln!("lost or wrong in the store: {}", lost.len());
    assert!(lost.is_empty(), "{lost:#?}");
    assert!(over.handles <= warm.handles + 4, "file handles leak");
    assert!(over.threads <= warm.threads + 2, "threads leak");
    assert!(
        over.resident_kib < 2 * warm.resident_kib + 20_000,
        "memory leaks"
    );
}
