//! Colours for code, found on a thread of their own.
//!
//! Owns the worker thread and what it is asked: one request at a time, so that the queue is
//! bounded and the next request is always for what is on the screen by then. The thread starts
//! with the first request, which is when the first code is shown; a program that shows none never
//! loads a grammar. What a language looks like is `grammar`'s to know; that lines need colours,
//! and where they go, is [`crate::markdown`]'s.
//!
//! Invariants: nothing here blocks the caller. A panic in the library costs colours, never the
//! program. Built without the feature `highlight`, it is never free to be asked, and code is plain.

#[cfg(feature = "highlight")]
mod grammar;
#[cfg(feature = "highlight")]
mod language;
#[cfg(feature = "highlight")]
mod scope;

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::markdown::{CodeColours, CodeRequest, Coloured};

/// The name of the worker thread.
const THREAD: &str = "highlighter";

/// The colours of each line, or nothing when what stands above is not known any more.
type Lines = Option<Vec<Box<[Coloured]>>>;

/// Whoever finds colours for lines of code. Its thread ends when it is dropped, after the lines
/// that it is at.
#[derive(Debug)]
pub struct Highlighter {
    worker: Option<Worker>,
    standing: Standing,
}

#[derive(Debug)]
struct Worker {
    requests: SyncSender<CodeRequest>,
    colours: UnboundedReceiver<CodeColours>,
}

/// What the worker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Nothing; it may not even have been started.
    Free,
    Busy,
    /// It can't be asked: there is none, or it has ended.
    Gone,
}

impl Default for Highlighter {
    fn default() -> Self {
        Self::new()
    }
}

impl Highlighter {
    /// A highlighter at rest. Nothing is started or loaded yet.
    pub fn new() -> Self {
        Self {
            worker: None,
            standing: if cfg!(feature = "highlight") {
                Standing::Free
            } else {
                Standing::Gone
            },
        }
    }

    /// Tells whether it can be asked for something.
    pub fn is_free(&self) -> bool {
        self.standing == Standing::Free
    }

    /// Asks for colours. They come from [`Highlighter::next`]; until then, it is not free, and
    /// whatever else it is asked is forgotten.
    pub fn ask(&mut self, request: CodeRequest) {
        if !self.is_free() {
            return;
        }
        if self.worker.is_none() {
            keep_panics_quiet();
            self.worker = work(painter);
        }
        let asked = self
            .worker
            .as_ref()
            .is_some_and(|worker| worker.requests.try_send(request).is_ok());
        self.standing = if asked {
            Standing::Busy
        } else {
            Standing::Gone
        };
    }

    /// Waits for what was asked for; for ever, when nothing was. Dropping the future loses nothing.
    pub async fn next(&mut self) -> CodeColours {
        if self.standing == Standing::Busy
            && let Some(worker) = &mut self.worker
        {
            if let Some(colours) = worker.colours.recv().await {
                self.standing = Standing::Free;
                return colours;
            }
            self.standing = Standing::Gone;
        }
        std::future::pending().await
    }
}

/// What the thread does with a request, once it has loaded what it needs for that.
#[cfg(feature = "highlight")]
fn painter() -> impl FnMut(&CodeRequest) -> Lines {
    let mut painter = grammar::Painter::load();
    move |request: &CodeRequest| painter.paint(request)
}

/// Leaves everything plain.
#[cfg(not(feature = "highlight"))]
fn painter() -> impl FnMut(&CodeRequest) -> Lines {
    |request: &CodeRequest| Some(plain(request))
}

fn plain(request: &CodeRequest) -> Vec<Box<[Coloured]>> {
    vec![Box::default(); request.lines.len()]
}

/// Starts a thread on which `make` makes what answers each request; `None` when the system gives no
/// thread.
fn work<P>(make: impl FnOnce() -> P + Send + 'static) -> Option<Worker>
where
    P: FnMut(&CodeRequest) -> Lines,
{
    let (requests, asked) = sync_channel(1);
    let (answers, colours) = unbounded_channel();
    let thread = thread::Builder::new().name(THREAD.to_owned());
    // Nobody waits for it to end: the line that it is at may take long.
    let started = thread.spawn(move || answer(&asked, &answers, make()));
    started.ok().map(|_| Worker { requests, colours })
}

fn answer(
    asked: &Receiver<CodeRequest>,
    answers: &UnboundedSender<CodeColours>,
    mut paint: impl FnMut(&CodeRequest) -> Lines,
) {
    for request in asked {
        let painted = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| paint(&request)));
        let colours = CodeColours {
            block: request.block,
            first_line: request.first_line,
            after: request.after,
            lines: painted.unwrap_or_else(|_| Some(plain(&request))),
        };
        if answers.send(colours).is_err() {
            return;
        }
    }
}

/// A panic that the worker catches is nobody's affair: the usual hook would give the terminal back
/// and print over it.
fn keep_panics_quiet() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if thread::current().name() != Some(THREAD) {
            usual(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use futures_util::FutureExt;

    use super::*;
    use crate::markdown::Fingerprint;

    fn request(first_line: usize) -> CodeRequest {
        CodeRequest {
            block: 0,
            language: "rust".to_owned(),
            first_line,
            before: Fingerprint::start("rust"),
            after: Fingerprint::start("rust").then("x"),
            lines: vec!["x".to_owned()],
        }
    }

    fn highlighter<P>(make: impl FnOnce() -> P + Send + 'static) -> Highlighter
    where
        P: FnMut(&CodeRequest) -> Lines,
    {
        Highlighter {
            worker: work(make),
            standing: Standing::Free,
        }
    }

    #[tokio::test]
    async fn it_takes_one_request_at_a_time_and_never_makes_anybody_wait() {
        let (go_on, held) = channel::<()>();
        let mut highlighter = highlighter(|| {
            move |_: &CodeRequest| {
                held.recv().unwrap();
                Some(Vec::new())
            }
        });
        highlighter.ask(request(0));
        assert!(!highlighter.is_free());
        // The worker hangs in the first one; neither of these waits for it.
        highlighter.ask(request(1));
        assert_eq!(highlighter.next().now_or_never(), None);
        go_on.send(()).unwrap();
        assert_eq!(highlighter.next().await.first_line, 0);
        assert!(highlighter.is_free());
        assert_eq!(highlighter.next().now_or_never(), None);
    }

    #[tokio::test]
    async fn lines_that_the_library_panics_over_are_plain() {
        let mut fails = true;
        let mut highlighter = highlighter(move || {
            move |_: &CodeRequest| {
                assert!(!std::mem::take(&mut fails), "on purpose");
                None
            }
        });
        highlighter.ask(request(0));
        let plain = vec![Box::<[Coloured]>::default()];
        assert_eq!(highlighter.next().await.lines, Some(plain));
        highlighter.ask(request(0));
        assert_eq!(highlighter.next().await.lines, None);
    }

    #[test]
    fn without_a_worker_it_is_not_asked_again() {
        let mut highlighter = Highlighter {
            worker: None,
            standing: Standing::Gone,
        };
        highlighter.ask(request(0));
        assert!(!highlighter.is_free());
        assert_eq!(highlighter.next().now_or_never(), None);
    }

    #[test]
    fn nothing_is_started_before_the_first_request() {
        assert!(Highlighter::new().worker.is_none());
    }
}
