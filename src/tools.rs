//! Runs the programs of `[tools]`: arguments as JSON on standard input, the result on standard
//! output, no shell in between.
//!
//! Reads no environment: whoever makes [`Programs`] hands the variables in, and a program sees
//! those alone that its entry names. Invariants: a program runs in a process group of its own, and
//! when its future ends or is dropped, the whole group is gone; whatever it writes, what is kept is
//! bounded.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::future::Future;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::phrase::told;
use crate::search_path::SearchPath;

mod group;
#[cfg(not(feature = "mcp"))]
#[path = "tools/no_servers.rs"]
mod servers;
#[cfg(feature = "mcp")]
mod servers;

pub use group::Group;
pub use servers::{Http, Servers};

/// How much of a result is kept.
const MOST_RESULT_BYTES: usize = 256 * 1024;
/// How much of the end of standard error is told.
const MOST_ERROR_BYTES: usize = 4 * 1024;
/// A program that writes more than this is stopped.
const FLOOD_BYTES: u64 = 64 * 1024 * 1024;
/// How long what a program left running may hold its output open.
const LEFT_OPEN: Duration = Duration::from_millis(300);

/// Starts programs, with what they may see of the environment.
#[derive(Debug, Clone, Default)]
pub struct Programs {
    variables: BTreeMap<String, OsString>,
}

impl Programs {
    /// Programs that may see these variables, those that are allowed to each.
    pub fn new(variables: impl IntoIterator<Item = (String, OsString)>) -> Self {
        Self {
            variables: variables.into_iter().collect(),
        }
    }

    /// A command that sees the variables named in `env` and no others.
    ///
    /// # Errors
    /// When there is no program of that name.
    pub fn command(&self, command: &[String], env: &[String]) -> Result<Command, String> {
        let (program, arguments) = command
            .split_first()
            .ok_or_else(|| told!("the command is empty"))?;
        let path = self.resolve(program).ok_or_else(|| {
            told!("the program {program} was not found; the configuration names it")
        })?;
        let mut prepared = Command::new(path);
        prepared.args(arguments).env_clear();
        for name in env {
            if let Some(value) = self.variables.get(name) {
                prepared.env(name, value);
            }
        }
        group::apart(&mut prepared);
        prepared.kill_on_drop(true);
        Ok(prepared)
    }

    /// Runs a program to its end. Nothing happens until the future is polled; dropping it ends
    /// the program and all that it started.
    ///
    /// # Errors
    /// Why there is no result, as a sentence for the model and the user.
    pub fn run(
        &self,
        command: &[String],
        env: &[String],
        limit: Duration,
        input: String,
    ) -> impl Future<Output = Result<String, String>> + Send + 'static {
        let prepared = self.command(command, env);
        async move {
            let mut prepared = prepared?;
            prepared
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            let mut child = prepared
                .spawn()
                .map_err(|error| told!("the program can't be started: {error}"))?;
            let group = Group::of(&child);
            let ended = timeout(limit, attend(&mut child, input)).await;
            drop(group);
            match ended {
                Ok(end) => end.map_err(|error| told!("the program can't be followed: {error}"))?,
                Err(_elapsed) => Err(told!(
                    "the program took longer than {seconds} s and was stopped",
                    seconds = limit.as_secs()
                )),
            }
        }
    }

    /// Where a program is: a path as it is, a name along our own search path.
    fn resolve(&self, program: &str) -> Option<PathBuf> {
        if program.contains(std::path::is_separator) {
            return Some(PathBuf::from(program));
        }
        let path = self.variables.get("PATH").map(OsString::as_os_str);
        SearchPath::new(path).find(program)
    }
}

/// What a program wrote, as much of it as is kept.
struct Captured {
    bytes: Vec<u8>,
    all: u64,
}

/// Feeds a program and hears it out.
async fn attend(child: &mut Child, input: String) -> std::io::Result<Result<String, String>> {
    let stdin = child.stdin.take();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A program need not read its arguments.
            let _ = stdin.write_all(input.as_bytes()).await;
            let _ = stdin.shutdown().await;
        }
    };
    let mut out = Captured {
        bytes: Vec::new(),
        all: 0,
    };
    let mut err = Captured {
        bytes: Vec::new(),
        all: 0,
    };
    let flooded;
    let status = {
        let hear = async {
            let (out, err) =
                tokio::join!(keep_head(stdout, &mut out), keep_tail(stderr, &mut err),);
            out.and(err)
        };
        tokio::pin!(hear);
        let all = async {
            tokio::join!(feed, async {
                let mut heard = None;
                let status = tokio::select! {
                    status = child.wait() => status,
                    result = &mut hear => {
                        let is_flood = result.is_err();
                        heard = Some(is_flood);
                        if is_flood {
                            let _ = child.start_kill();
                        }
                        child.wait().await
                    }
                };
                // What it left running may keep its output open for ever.
                let is_flood = match heard {
                    Some(is_flood) => is_flood,
                    None => matches!(timeout(LEFT_OPEN, &mut hear).await, Ok(Err(()))),
                };
                (status, is_flood)
            })
            .1
        };
        let (status, is_flood) = all.await;
        flooded = is_flood;
        status?
    };
    if flooded {
        return Ok(Err(told!(
            "the program wrote more than {mib} MiB and was stopped",
            mib = FLOOD_BYTES / 1024 / 1024
        )));
    }
    Ok(conclude(status, &out, &err))
}

fn conclude(status: ExitStatus, out: &Captured, err: &Captured) -> Result<String, String> {
    let mut text = String::from_utf8_lossy(&out.bytes).into_owned();
    if out.all > out.bytes.len() as u64 {
        let _ = write!(
            text,
            "\n[cut: the first {} KiB of {} KiB]",
            MOST_RESULT_BYTES / 1024,
            out.all.div_ceil(1024)
        );
    }
    if status.success() {
        return Ok(text);
    }
    let how = match status.code() {
        Some(code) => told!("the program ended with exit code {code}"),
        None => told!("the program was ended: {status}"),
    };
    let mut told = vec![how];
    let said = String::from_utf8_lossy(&err.bytes);
    for said in [said.trim(), text.trim()] {
        if !said.is_empty() {
            told.push(said.to_owned());
        }
    }
    Err(told.join("\n"))
}

/// Keeps the beginning of what is written.
///
/// # Errors
/// When there is no end to it.
async fn keep_head(from: Option<impl AsyncRead + Unpin>, kept: &mut Captured) -> Result<(), ()> {
    keep(from, kept, |kept, piece| {
        let room = MOST_RESULT_BYTES.saturating_sub(kept.len());
        kept.extend(piece.iter().take(room));
    })
    .await
}

/// Keeps the end of what is written.
async fn keep_tail(from: Option<impl AsyncRead + Unpin>, kept: &mut Captured) -> Result<(), ()> {
    keep(from, kept, |kept, piece| {
        kept.extend_from_slice(piece);
        kept.drain(..kept.len().saturating_sub(MOST_ERROR_BYTES));
    })
    .await
}

async fn keep(
    from: Option<impl AsyncRead + Unpin>,
    kept: &mut Captured,
    take: impl Fn(&mut Vec<u8>, &[u8]),
) -> Result<(), ()> {
    let Some(mut from) = from else {
        return Ok(());
    };
    let mut buffer = vec![0; 8 * 1024];
    loop {
        let read = from.read(&mut buffer).await.unwrap_or(0);
        if read == 0 {
            return Ok(());
        }
        kept.all += read as u64;
        take(&mut kept.bytes, buffer.get(..read).unwrap_or_default());
        if kept.all > FLOOD_BYTES {
            return Err(());
        }
        // One that never pauses must not starve the screen.
        tokio::task::yield_now().await;
    }
}
