//! What goes on beside the loop: tools that run, dropped with the turn that they run for, and
//! things that are looked up or written.

use std::future::poll_fn;
use std::task::Poll;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::app::Msg;
use crate::chat::{CallId, TurnId};

/// What goes on.
#[derive(Default)]
pub(super) struct Jobs(Vec<Job>);

struct Job {
    /// The turn that it is for, if it is for one.
    turn: Option<TurnId>,
    /// The file that it writes, if it does.
    file: Option<String>,
    work: BoxFuture<'static, Msg>,
}

impl Jobs {
    /// Runs a tool.
    pub(super) fn start(
        &mut self,
        call: CallId,
        work: impl Future<Output = Result<String, String>> + Send + 'static,
    ) {
        self.0.push(Job {
            turn: Some(call.turn),
            file: None,
            work: work.map(move |result| Msg::ToolDone(call, result)).boxed(),
        });
    }

    /// Looks something up.
    pub(super) fn look_up(&mut self, work: impl Future<Output = Msg> + Send + 'static) {
        self.0.push(Job {
            turn: None,
            file: None,
            work: work.boxed(),
        });
    }

    /// Writes a file.
    pub(super) fn write(&mut self, file: String, work: impl Future<Output = Msg> + Send + 'static) {
        self.0.push(Job {
            turn: None,
            file: Some(file),
            work: work.boxed(),
        });
    }

    /// Drops all but the files that are being written.
    pub(super) fn keep_files(&mut self) {
        self.0.retain(|job| job.file.is_some());
    }

    /// The files that are being written.
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|job| job.file.as_deref())
    }

    /// Drops the jobs of a turn, which ends what they run.
    pub(super) fn stop(&mut self, turn: TurnId) {
        self.0.retain(|job| job.turn != Some(turn));
    }

    /// Tells whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next job that is done; while there are none, waits for ever.
    pub(super) async fn next(&mut self) -> Msg {
        poll_fn(|context| {
            for (at, job) in self.0.iter_mut().enumerate() {
                if let Poll::Ready(msg) = job.work.poll_unpin(context) {
                    drop(self.0.swap_remove(at));
                    return Poll::Ready(msg);
                }
            }
            Poll::Pending
        })
        .await
    }
}
