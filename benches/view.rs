//! What it costs to read, wrap and draw text, and to move about in a large conversation.
//!
//! `cargo bench --bench view` prints the figures and writes them to `BENCHMARKS.md`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a bench measures, prints and may panic"
)]

#[path = "report/section.rs"]
mod report;

use std::process::Command;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use mmchat::app::{self, App, Choice, Keymap, Msg, Session};
use mmchat::chat::{Delta, Finish, Now, Progress};
use mmchat::config::{self, Config};
use mmchat::markdown::{Document, Kind};
use mmchat::runtime::Clock;
use mmchat::tui::Canvas;
use mmchat::tui::Surface as _;
use mmchat::ui::{self, Cache, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const REPLY: &str = include_str!("../tests/fixtures/markdown/mixed.md");
const MEGABYTE: usize = 1_000_000;
/// A model whose window is not full before the bench is over.
const CONFIG: &str = r#"
[providers.bench]
dialect = "openai"
base_url = "http://127.0.0.1:9/v1"
[[providers.bench.models]]
id = "endless"
context_window_tokens = 1_000_000_000
"#;
/// The variable that makes a process measure one conversation only.
const ALONE: &str = "MMCHAT_BENCH_CONVERSATION";

/// The program without a network: what is shown goes to a canvas that writes nowhere.
struct Bench {
    app: App,
    cache: Cache,
    canvas: Canvas<std::io::Sink>,
    frame: Buffer,
    now: Now,
}

impl Bench {
    fn new() -> Self {
        let (config, _): (Config, _) =
            config::parse(CONFIG, "bench.toml", &app::command::known()).unwrap();
        let catalog = config.catalog();
        let (provider, model) = catalog.find("bench").unwrap();
        let app = App::new(app::Setup {
            keymap: Keymap::new(&config.keys).unwrap(),
            session: Session {
                choice: Choice { provider, model },
                thinking: config.chat.thinking,
                params: config.chat.params,
                stream: true,
                ..Session::default()
            },
            keyed: catalog.providers.iter().map(|p| p.id.clone()).collect(),
            catalog,
            config,
            opened_on_demo: true,
            size: (120, 40),
            start: app::Start::default(),
        });
        Self {
            app,
            cache: Cache::new(Theme::ansi()),
            canvas: Canvas::new(std::io::sink()),
            frame: Buffer::empty(Rect::new(0, 0, 120, 40)),
            now: Clock::system().now(),
        }
    }

    fn tell(&mut self, msg: Msg) {
        drop(self.app.update(msg, self.now));
    }

    fn press(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        self.tell(Msg::Key(KeyEvent::new(code, modifiers)));
    }

    /// Draws a frame. Returns how long that took.
    fn draw(&mut self, spare: usize) -> Duration {
        let began = Instant::now();
        self.cache.spare(spare);
        self.frame.reset();
        let seen = ui::view(&self.app, &mut self.cache, &mut self.frame);
        let links = &self.cache.links;
        self.canvas.present(&self.frame, seen.caret, links).unwrap();
        self.app.saw(seen);
        began.elapsed()
    }

    /// A turn of that much reasoning and answer.
    fn exchange(&mut self, reasoning: usize, answer: usize) {
        for c in "Tell me".chars() {
            self.press(KeyCode::Char(c), KeyModifiers::NONE);
        }
        self.press(KeyCode::Enter, KeyModifiers::NONE);
        let turn = self.app.live.as_ref().unwrap().turn;
        for (bytes, delta) in [
            (reasoning, Delta::Reasoning as fn(String) -> Delta),
            (answer, Delta::Answer),
        ] {
            for _ in 0..bytes / REPLY.len() {
                self.tell(Msg::Progress(
                    turn,
                    Progress::Delta(delta(REPLY.to_owned())),
                ));
            }
        }
        let finish = Delta::Finish(Finish::Stop);
        self.tell(Msg::Progress(turn, Progress::Delta(finish)));
        self.tell(Msg::Ended(turn));
    }

    fn resize(&mut self, cols: u16, rows: u16) {
        self.frame = Buffer::empty(Rect::new(0, 0, cols, rows));
        self.canvas.clear();
        self.tell(Msg::Resize(cols, rows));
    }
}

/// Conversations to move about in: what they are called, how many turns they have, and the bytes of
/// reasoning and answer in each.
const CONVERSATIONS: [(&str, usize, usize, usize); 3] = [
    ("one reply of 10 MB", 1, 0, 10 * MEGABYTE),
    ("500 turns of 20 kB", 500, 6_000, 14_000),
    ("200,000 tokens of reasoning", 1, 800_000, 20_000),
];

fn main() {
    // Memory is that of a process, so each conversation has one of its own.
    if let Some(n) = std::env::var_os(ALONE) {
        let n: usize = n.to_str().unwrap().parse().unwrap();
        converse(CONVERSATIONS.get(n).unwrap());
        return;
    }
    let mut rows = speeds();
    for n in 0..CONVERSATIONS.len() {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let output = command.env(ALONE, n.to_string()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let lines = String::from_utf8(output.stdout).unwrap();
        rows.extend(lines.lines().filter_map(|line| {
            let (what, figure) = line.split_once('\t')?;
            Some((what.to_owned(), figure.to_owned()))
        }));
    }
    for (what, figure) in &rows {
        println!("{what:<72} {figure}");
    }
    report::write(
        "Reading and drawing",
        "Markdown of a real reply, over and over, in a window of 120×40. Memory is all that the process has.",
        &rows,
    );
}

/// How fast text becomes rows.
fn speeds() -> Vec<(String, String)> {
    let text = REPLY.repeat(2 * MEGABYTE / REPLY.len());
    let speed = |mut document: Document| {
        let began = Instant::now();
        document.sync(&text, 0, 80, true);
        let rate = text.len() as f64 / began.elapsed().as_secs_f64() / MEGABYTE as f64;
        format!("{rate:.1} MB/s")
    };
    [
        (
            "finding the blocks of Markdown",
            Document::sparse(Kind::Markdown),
        ),
        ("Markdown to wrapped rows", Document::new(Kind::Markdown)),
        ("plain text to wrapped rows", Document::new(Kind::Plain)),
    ]
    .map(|(what, document)| (what.to_owned(), speed(document)))
    .into()
}

/// Prints what it costs to move about in a conversation, a figure a line.
fn converse(&(name, turns, reasoning, answer): &(&str, usize, usize, usize)) {
    let mut say = |what: &str, figure: String| println!("{what}\t{figure}");
    let mut bench = Bench::new();
    for _ in 0..turns {
        bench.exchange(reasoning, answer);
        bench.draw(0);
    }
    measure(name, &mut bench, &mut say);
    let used = resident() as f64 / 1e6;
    say(&format!("{name}: memory"), format!("{used:.0} MB"));
}

fn measure(name: &str, bench: &mut Bench, say: &mut impl FnMut(&str, String)) {
    let mut frames = 0;
    let mut worst = Duration::ZERO;
    loop {
        worst = worst.max(bench.draw(48 * 1024));
        frames += 1;
        if !bench.cache.is_unfinished() {
            break;
        }
    }
    say(
        &format!("{name}: frames until all rows are counted, the longest"),
        format!("{frames}, {:.1} ms", worst.as_secs_f64() * 1e3),
    );
    let mut pages: Vec<Duration> = Vec::new();
    for _ in 0..300 {
        bench.press(KeyCode::PageUp, KeyModifiers::NONE);
        pages.push(bench.draw(0));
    }
    pages.sort();
    say(
        &format!("{name}: a page up, p50 and p99"),
        format!("{} and {}", millis(pages.get(150)), millis(pages.get(297))),
    );
    let mut resizes: Vec<Duration> = Vec::new();
    for cols in [100, 80, 60, 120, 90, 118, 40, 120] {
        bench.resize(cols, 40);
        resizes.push(bench.draw(0));
        bench.draw(48 * 1024);
    }
    say(
        &format!("{name}: the first frame after a resize, the longest"),
        millis(resizes.iter().max()),
    );
    let idle: Duration = (0..50).map(|_| bench.draw(0)).sum();
    say(
        &format!("{name}: a frame that changes nothing"),
        millis(Some(&(idle / 50))),
    );
}

fn millis(time: Option<&Duration>) -> String {
    format!(
        "{:.2} ms",
        time.copied().unwrap_or_default().as_secs_f64() * 1e3
    )
}

/// The memory that this process has, in bytes; 0 where that can't be read.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes
        .and_then(|n| n.trim().parse::<usize>().ok())
        .unwrap_or(0)
        * 1024
}
