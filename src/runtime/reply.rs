//! The reply in flight: a stream of steps that the loop polls.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use futures_util::stream::{self, BoxStream, StreamExt};

use crate::app::Msg;
use crate::chat::{Failure, Progress, TurnId};

/// A reply in flight, told apart from others by its turn.
pub(super) struct Reply {
    pub(super) turn: TurnId,
    pub(super) steps: BoxStream<'static, Result<Progress, Failure>>,
}

/// The next step of the reply in flight. When there is none, waits for ever; when it is over, it
/// is dropped and said to be over.
pub(super) async fn next_step(reply: &mut Option<Reply>) -> Msg {
    let Some(Reply { turn, steps }) = reply else {
        return stream::pending().next().await.unwrap_or(Msg::Wake);
    };
    let turn = *turn;
    match steps.next().await {
        Some(Ok(progress)) => Msg::Progress(turn, progress),
        Some(Err(failure)) => {
            *reply = None;
            Msg::Failed(turn, Box::new(failure))
        }
        None => {
            *reply = None;
            Msg::Ended(turn)
        }
    }
}

/// What a future has to give right now. It is polled with the task's own waker: crossterm's event
/// stream keeps the waker of its first poll, so one that wakes nobody would silence it for good.
pub(super) async fn if_ready<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
