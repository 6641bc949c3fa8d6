//! Tools that run: futures that the loop owns, and drops with the turn that they run for.

use std::future::poll_fn;
use std::task::Poll;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::app::Msg;
use crate::chat::{CallId, TurnId};

/// The tools that run.
#[derive(Default)]
pub(super) struct Jobs(Vec<Job>);

struct Job {
    call: CallId,
    work: BoxFuture<'static, Result<String, String>>,
}

impl Jobs {
    /// Takes up a job.
    pub(super) fn start(
        &mut self,
        call: CallId,
        work: impl Future<Output = Result<String, String>> + Send + 'static,
    ) {
        self.0.push(Job {
            call,
            work: work.boxed(),
        });
    }

    /// Drops the jobs of a turn, which ends what they run.
    pub(super) fn stop(&mut self, turn: TurnId) {
        self.0.retain(|job| job.call.turn != turn);
    }

    /// Tells whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next job that is done; while there are none, waits for ever.
    pub(super) async fn next(&mut self) -> Msg {
        poll_fn(|context| {
            for (at, job) in self.0.iter_mut().enumerate() {
                if let Poll::Ready(result) = job.work.poll_unpin(context) {
                    let call = job.call;
                    self.0.swap_remove(at);
                    return Poll::Ready(Msg::ToolDone(call, result));
                }
            }
            Poll::Pending
        })
        .await
    }
}
