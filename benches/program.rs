//! The whole program in a pseudo-terminal: how soon it is there, what it costs, how fast it echoes.
//!
//! `cargo bench --bench program` prints the figures and writes them to `BENCHMARKS.md`; nothing is
//! asserted, since they depend on the machine. The server is the built-in demo's, in this process,
//! at a thousand chunks a second. The floor is the least program that could show the same stream: a
//! loop that reads it and writes the end of the text sixty times a second, without a layout.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a bench measures, prints and may panic"
)]

#[path = "report/section.rs"]
mod report;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use mmchat::demo::{Pace, Server};
use mmchat::wire::Dialect;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use vt100::Parser;

const ROUNDS: usize = 5;
const CHUNKS_PER_SECOND: u32 = 1_000;

/// A terminal with the program in it.
struct Session {
    writer: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: Parser,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    bytes_out: usize,
    /// Keeps the terminal open.
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Session {
    /// The floor in a terminal of its own.
    fn floor(server: &Server) -> Self {
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.arg("--floor");
        command.arg(server.base_url(Dialect::OpenAi));
        Self::run(command)
    }

    fn start(server: &Server, home: &std::path::Path) -> Self {
        let config = home.join("config.toml");
        let base_url = server.base_url(Dialect::OpenAi);
        let text = format!(
            "model = \"bench/minimax-m3\"\n[providers.bench]\ndialect = \"openai\"\nbase_url = \"{base_url}\"\n"
        );
        std::fs::write(&config, text).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mmchat"));
        command.env_clear();
        command.env("HOME", home);
        command.env("TERM", "xterm-256color");
        command.arg("--config");
        command.arg(&config);
        Self::run(command)
    }

    fn run(command: CommandBuilder) -> Self {
        let size = PtySize {
            rows: 40,
            cols: 120,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            writer: pair.master.take_writer().unwrap(),
            output,
            screen: Parser::new(40_u16.try_into().unwrap(), 120_u16.try_into().unwrap(), 0),
            child,
            bytes_out: 0,
            _master: pair.master,
        }
    }

    fn send(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Waits until the screen is as wanted. Returns how long that took.
    fn until(&mut self, wanted: impl Fn(&str) -> bool) -> Duration {
        let start = Instant::now();
        while !wanted(&self.screen.screen().contents()) {
            let bytes = self.output.recv_timeout(Duration::from_secs(30)).unwrap();
            self.bytes_out += bytes.len();
            self.screen.process(&bytes);
        }
        start.elapsed()
    }

    /// Takes in what is written for a while.
    fn rest(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            if let Ok(bytes) = self.output.recv_timeout(left) {
                self.bytes_out += bytes.len();
                self.screen.process(&bytes);
            }
        }
    }

    /// CPU time that the program has used, by the kernel's scheduler; zero where that can't be read.
    fn cpu(&self) -> Duration {
        let pid = self.child.process_id().unwrap_or(0);
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task"))
            .into_iter()
            .flatten()
            .flatten();
        let nanoseconds = |task: std::fs::DirEntry| -> Option<u64> {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse().ok()
        };
        Duration::from_nanos(tasks.filter_map(nanoseconds).sum())
    }
}

/// Shows a stream with nothing around it, for as long as it comes.
fn floor(base_url: &str) {
    let host = base_url.trim_start_matches("http://");
    let (address, path) = host.split_once('/').unwrap();
    let body = r#"{"model":"demo","stream":true,"messages":[{"role":"user","content":"tell me something long"}]}"#;
    let mut socket = TcpStream::connect(address).unwrap();
    write!(
        socket,
        "POST /{path}/chat/completions HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut out = std::io::stdout();
    let mut text = String::new();
    let mut unread = Vec::new();
    let mut buffer = [0; 16_384];
    let mut drawn = Instant::now();
    while let Ok(count @ 1..) = socket.read(&mut buffer) {
        unread.extend_from_slice(&buffer[..count]);
        while let Some(end) = unread.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = unread.drain(..=end).collect();
            let Some(json) = line.strip_prefix(b"data: ") else {
                continue;
            };
            if let Ok(frame) = serde_json::from_slice::<serde_json::Value>(json) {
                let delta = &frame["choices"][0]["delta"];
                for field in ["reasoning_content", "content"] {
                    text.push_str(delta[field].as_str().unwrap_or_default());
                }
            }
        }
        if drawn.elapsed() >= Duration::from_micros(16_667) {
            drawn = Instant::now();
            let from = text.len().saturating_sub(2_000);
            let from = (from..=text.len())
                .find(|at| text.is_char_boundary(*at))
                .unwrap();
            let end = text[from..].replace('\n', "\r\n");
            write!(out, "\x1b[?2026h\x1b[H{end}\x1b[J\x1b[?2026l").unwrap();
            out.flush().unwrap();
        }
    }
    write!(out, "\r\nthe floor is reached\r\n").unwrap();
    out.flush().unwrap();
    std::thread::sleep(Duration::from_secs(30));
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|it| it == "--floor") {
        return floor(&arguments[at + 1]);
    }
    let mut floor_cpu = Vec::new();
    let mut floor_bytes = Vec::new();
    let mut streamed_bytes = Vec::new();
    let mut first_frame = Vec::new();
    let mut idle = Vec::new();
    let mut streaming = Vec::new();
    let mut echo = Vec::new();
    for _ in 0..ROUNDS {
        let server = Server::start_with(0, Pace::PerSecond(CHUNKS_PER_SECOND)).unwrap();
        let home = tempfile::tempdir().unwrap();
        let began = Instant::now();
        let mut session = Session::start(&server, home.path());
        session.until(|screen| screen.contains("Message"));
        first_frame.push(began.elapsed().as_secs_f64() * 1e3);

        session.rest(Duration::from_millis(300));
        let before = (session.cpu(), session.bytes_out);
        session.rest(Duration::from_secs(2));
        idle.push((session.cpu().saturating_sub(before.0)).as_secs_f64() * 1e3 / 2.0);
        assert_eq!(
            session.bytes_out, before.1,
            "an idle program wrote to the terminal"
        );

        session.send("tell me something long\r");
        session.until(|screen| screen.contains("Esc stop"));
        let before = session.cpu();
        let bytes_before = session.bytes_out;
        let began = Instant::now();
        let mut typed = String::new();
        while session.screen.screen().contents().contains("Esc stop") && typed.len() < 60 {
            typed.push('x');
            session.send("x");
            let wanted = format!(" {typed} ");
            echo.push(
                session
                    .until(|screen| screen.contains(&wanted))
                    .as_secs_f64()
                    * 1e3,
            );
            session.rest(Duration::from_millis(20));
        }
        session.until(|screen| screen.contains("^O model"));
        let cpu = session.cpu().saturating_sub(before);
        streaming.push(cpu.as_secs_f64() * 1e3 / began.elapsed().as_secs_f64());
        let kilobytes = |bytes: usize| f64::from(u32::try_from(bytes).unwrap()) / 1e3;
        let seconds = began.elapsed().as_secs_f64();
        streamed_bytes.push(kilobytes(session.bytes_out - bytes_before) / seconds);
        drop(session.child.kill());

        let began = Instant::now();
        let mut floor = Session::floor(&server);
        floor.until(|screen| screen.contains("the floor is reached"));
        let seconds = began.elapsed().as_secs_f64();
        floor_cpu.push(floor.cpu().as_secs_f64() * 1e3 / seconds);
        floor_bytes.push(kilobytes(floor.bytes_out) / seconds);
        drop(floor.child.kill());
    }
    let ratio = median(&streaming) / median(&floor_cpu);
    let mut rows = vec![
        figure("first frame, from exec to the screen", "ms", first_frame),
        figure("CPU when idle", "ms per s", idle),
        figure(
            "CPU at 1,000 chunks/s, keys being typed",
            "ms per s",
            streaming,
        ),
        figure("the same, the floor without keys", "ms per s", floor_cpu),
        figure("a key to the screen while they stream", "ms", echo),
        figure("written to the terminal then", "kB per s", streamed_bytes),
        figure("the same, the floor", "kB per s", floor_bytes),
    ];
    rows.push((
        "CPU, as a multiple of the floor".to_owned(),
        format!("{ratio:.2}"),
    ));
    for (what, figure) in &rows {
        println!("{what:<42} {figure}");
    }
    report::write(
        "The whole program",
        "In a pseudo-terminal of 120×40, with the built-in demo as its server.",
        &rows,
    );
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A figure: the median, and the worst of its values.
fn figure(what: &str, unit: &str, mut values: Vec<f64>) -> (String, String) {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index into a few hundred values"
        )]
        let index = ((values.len() - 1) as f64 * share).round() as usize;
        values.get(index).copied().unwrap_or(f64::NAN)
    };
    let figure = format!(
        "median {:.2}, worst {:.2} {unit} (n = {})",
        at(0.5),
        at(1.0),
        values.len()
    );
    (what.to_owned(), figure)
}
