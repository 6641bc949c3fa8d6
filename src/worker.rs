//! A thread beside the loop, for what takes longer than a frame: colours of code, small pictures.
//!
//! Owns the thread and what it is asked: one request at a time, so that the queue is bounded and the
//! next request is always for what is on the screen by then. The thread starts with the first
//! request; a program that asks for nothing loads nothing. What is done there is whose worker it is.
//!
//! Invariants: nothing here blocks the caller. A panic in a library costs one answer, never the
//! program.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Whoever answers requests on a thread. The thread ends when this is dropped, after the request
/// that it is at.
pub struct Worker<Q, A> {
    name: &'static str,
    /// What the thread does, until it has been started.
    work: Option<Work<Q, A>>,
    desk: Option<Desk<Q, A>>,
    standing: Standing,
}

/// Answers requests until there are no more.
type Work<Q, A> = Box<dyn FnOnce(&Receiver<Q>, &UnboundedSender<A>) + Send>;

struct Desk<Q, A> {
    requests: SyncSender<Q>,
    answers: UnboundedReceiver<A>,
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

impl<Q, A> fmt::Debug for Worker<Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("name", &self.name)
            .field("standing", &self.standing)
            .finish_non_exhaustive()
    }
}

impl<Q: Send + 'static, A: Send + 'static> Worker<Q, A> {
    /// A worker at rest. `make` runs on its thread once that has started, and makes what answers each
    /// request; `instead` is the answer to one that it panics over.
    pub fn new<P: FnMut(&Q) -> A>(
        name: &'static str,
        make: impl FnOnce() -> P + Send + 'static,
        instead: fn(&Q) -> A,
    ) -> Self {
        let work = move |requests: &Receiver<Q>, answers: &UnboundedSender<A>| {
            let mut answer = make();
            for request in requests {
                let answered = catch_unwind(AssertUnwindSafe(|| answer(&request)));
                let answered = answered.unwrap_or_else(|_| instead(&request));
                if answers.send(answered).is_err() {
                    return;
                }
            }
        };
        Self {
            name,
            work: Some(Box::new(work)),
            desk: None,
            standing: Standing::Free,
        }
    }

    /// Nobody, who is never free.
    pub fn none() -> Self {
        Self {
            name: "nobody",
            work: None,
            desk: None,
            standing: Standing::Gone,
        }
    }

    /// Tells whether it can be asked for something.
    pub fn is_free(&self) -> bool {
        self.standing == Standing::Free
    }

    /// Tells whether there will be no more answers.
    pub fn is_gone(&self) -> bool {
        self.standing == Standing::Gone
    }

    /// Asks for something. It comes from [`Worker::next`]; until then, the worker is not free, and
    /// whatever else it is asked is forgotten.
    pub fn ask(&mut self, request: Q) {
        if !self.is_free() {
            return;
        }
        if let Some(work) = self.work.take() {
            self.desk = start(self.name, work);
        }
        let desk = self.desk.as_ref();
        let asked = desk.is_some_and(|desk| desk.requests.try_send(request).is_ok());
        self.standing = if asked {
            Standing::Busy
        } else {
            Standing::Gone
        };
    }

    /// Waits for what was asked for; for ever, when nothing was. Dropping the future loses nothing.
    pub async fn next(&mut self) -> A {
        if self.standing == Standing::Busy
            && let Some(desk) = &mut self.desk
        {
            if let Some(answer) = desk.answers.recv().await {
                self.standing = Standing::Free;
                return answer;
            }
            self.standing = Standing::Gone;
        }
        std::future::pending().await
    }
}

/// Starts the thread; `None` when the system gives none.
fn start<Q: Send + 'static, A: Send + 'static>(
    name: &'static str,
    work: Work<Q, A>,
) -> Option<Desk<Q, A>> {
    let (requests, asked) = sync_channel(1);
    let (answered, answers) = unbounded_channel();
    keep_panics_quiet(name);
    let thread = thread::Builder::new().name(name.to_owned());
    // Nobody waits for it to end: what it is at may take long.
    let started = thread.spawn(move || work(&asked, &answered));
    started.ok().map(|_| Desk { requests, answers })
}

/// A panic that is caught on that thread is nobody's affair: the usual hook would give the terminal
/// back and print over it.
fn keep_panics_quiet(name: &'static str) {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if thread::current().name() != Some(name) {
            usual(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn it_takes_one_request_at_a_time_and_never_makes_anybody_wait() {
        let (go_on, held) = channel::<()>();
        let make = || {
            move |request: &u32| {
                held.recv().unwrap();
                *request
            }
        };
        let mut worker = Worker::new("test", make, |_| 0);
        worker.ask(1);
        assert!(!worker.is_free());
        // It hangs in the first one; neither of these waits for it.
        worker.ask(2);
        assert_eq!(worker.next().now_or_never(), None);
        go_on.send(()).unwrap();
        assert_eq!(worker.next().await, 1);
        assert!(worker.is_free());
        assert_eq!(worker.next().now_or_never(), None);
    }

    #[tokio::test]
    async fn a_panic_costs_one_answer() {
        let mut fails = true;
        let make = move || {
            move |request: &u32| {
                assert!(!std::mem::take(&mut fails), "on purpose");
                *request
            }
        };
        let mut worker = Worker::new("test", make, |request| request + 100);
        worker.ask(1);
        assert_eq!(worker.next().await, 101);
        worker.ask(2);
        assert_eq!(worker.next().await, 2);
    }

    #[tokio::test]
    async fn one_whose_thread_ended_is_not_asked_again() {
        let make = || -> fn(&u32) -> u32 { panic!("on purpose") };
        let mut worker = Worker::new("test", make, |_| 0);
        worker.ask(1);
        // Nothing is left that could answer: the future notices, and waits for ever.
        let waited = tokio::time::timeout(std::time::Duration::from_millis(50), worker.next());
        assert!(waited.await.is_err());
        worker.ask(2);
        assert!(!worker.is_free());
    }

    #[test]
    fn nobody_is_never_free_and_nothing_is_started_before_the_first_request() {
        let mut nobody = Worker::<u32, u32>::none();
        nobody.ask(1);
        assert!(nobody.is_gone());
        assert_eq!(nobody.next().now_or_never(), None);
        let make = || -> fn(&u32) -> u32 { unreachable!("nothing was asked") };
        let worker = Worker::new("test", make, |_| 0);
        assert!(worker.desk.is_none() && worker.is_free());
    }
}
