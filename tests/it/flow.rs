//! The real loop with a scripted provider and a clock that only moves when everybody waits.

#[cfg(unix)]
mod editor;

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use mmchat::app::{App, Msg};
use mmchat::chat::{Delta, Failure, FailureKind, Finish, Progress, TurnState};
use mmchat::net::Provider;
use mmchat::runtime::{Clock, Ending, FRAME, Run, Runtime};
use mmchat::tui::Console;
use mmchat::ui::{Cache, Theme};
use mmchat::wire::WireRequest;
use ratatui::backend::TestBackend;
use tokio::time::{Instant, sleep, sleep_until};

use crate::harness::{WALL, answer, app, key, reasoning};

pub(crate) type Steps = BoxStream<'static, Result<Progress, Failure>>;

/// Replies with what a test has prepared, in order; more requests than that fail.
#[derive(Default)]
pub(crate) struct Script {
    replies: RefCell<Vec<Steps>>,
    /// How many replies were dropped before their end.
    dropped: Arc<AtomicUsize>,
    asked: RefCell<Vec<WireRequest>>,
}

impl Script {
    pub(crate) fn new(replies: impl IntoIterator<Item = Steps>) -> Self {
        let mut replies: Vec<_> = replies.into_iter().collect();
        replies.reverse();
        Self {
            replies: RefCell::new(replies),
            ..Self::default()
        }
    }

    fn dropped(&self) -> usize {
        self.dropped.load(Ordering::SeqCst)
    }
}

/// Counts itself when it goes away before it was disarmed.
struct Alarm {
    armed: bool,
    dropped: Arc<AtomicUsize>,
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if self.armed {
            self.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Provider for Script {
    fn reply(&self, request: WireRequest) -> Steps {
        self.asked.borrow_mut().push(request);
        let steps = self.replies.borrow_mut().pop();
        let steps = steps.unwrap_or_else(|| {
            stream::iter([Err(Failure::new(FailureKind::Server, "no reply is left"))]).boxed()
        });
        let alarm = Alarm {
            armed: true,
            dropped: Arc::clone(&self.dropped),
        };
        stream::unfold((steps, alarm), |(mut steps, mut alarm)| async move {
            let step = steps.next().await;
            alarm.armed = step.is_some();
            Some((step?, (steps, alarm)))
        })
        .boxed()
    }
}

/// A reply that sends a delta after each pause.
pub(crate) fn paced(steps: impl IntoIterator<Item = (Duration, Delta)> + Send + 'static) -> Steps
where
    <Vec<(Duration, Delta)> as IntoIterator>::IntoIter: Send,
{
    let steps: Vec<_> = steps.into_iter().collect();
    // A server does not wait for its reader: the pauses count from when the reply began.
    stream::once(async { Instant::now() })
        .flat_map(move |began| {
            let mut at = began;
            stream::iter(steps.clone()).then(move |(pause, delta)| {
                at += pause;
                async move {
                    sleep_until(at).await;
                    Ok(Progress::Delta(delta))
                }
            })
        })
        .boxed()
}

/// Deltas all at once, then silence for ever.
fn then_silence(deltas: impl IntoIterator<Item = Delta>) -> Steps {
    let deltas: Vec<_> = deltas
        .into_iter()
        .map(|delta| Ok(Progress::Delta(delta)))
        .collect();
    stream::iter(deltas).chain(stream::pending()).boxed()
}

/// Input that comes after pauses.
fn input(steps: impl IntoIterator<Item = (u64, &'static str)>) -> BoxStream<'static, Msg> {
    let steps: Vec<_> = steps.into_iter().collect();
    stream::iter(steps)
        .then(|(milliseconds, chord)| async move {
            sleep(Duration::from_millis(milliseconds)).await;
            Msg::Key(key(chord))
        })
        .chain(stream::pending())
        .boxed()
}

/// What a run came to, and what it left.
struct Outcome {
    run: Run,
    app: App,
    screen: String,
}

/// Runs the loop over that input until it ends.
async fn run(script: &Script, input: BoxStream<'static, Msg>) -> Outcome {
    let mut app = app("", (100, 30));
    let mut screen = TestBackend::new(100, 30);
    let mut console = Console::scripted(input);
    let mut cache = Cache::new(Theme::ansi());
    let run = Runtime::new(
        script,
        &mut screen,
        &mut console,
        &mut cache,
        Clock::fixed(WALL),
    )
    .run(&mut app)
    .await
    .unwrap();
    let screen = screen.to_string();
    Outcome { run, app, screen }
}

/// Asks, and quits a few turns of the loop later without any time going by.
pub(crate) fn ask_and_quit_in_no_time() -> BoxStream<'static, Msg> {
    stream::iter(["q", "enter"])
        .chain(stream::iter(["ctrl-c", "ctrl-d"]).then(|chord| async move {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            chord
        }))
        .map(|chord| Msg::Key(key(chord)))
        .chain(stream::pending())
        .boxed()
}

/// The keys that send a message and, after a while, quit.
fn ask_and_quit(after_ms: u64) -> BoxStream<'static, Msg> {
    input([(0, "q"), (0, "enter"), (after_ms, "ctrl-d")])
}

#[tokio::test(start_paused = true)]
async fn an_idle_program_draws_one_frame_and_sleeps() {
    let script = Script::default();
    let before = Instant::now();
    let outcome = run(&script, input([(3_600_000, "ctrl-d")])).await;
    assert_eq!(outcome.run.ending, Ending::Quit);
    assert_eq!(outcome.run.frames, 1);
    assert!(before.elapsed() >= Duration::from_hours(1));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_deltas_a_second_make_sixty_frames_a_second() {
    let pieces = (0..2_000).map(|n| (Duration::from_millis(1), answer(&format!("{n} "))));
    let script = Script::new([paced(pieces)]);
    let outcome = run(&script, ask_and_quit(2_500)).await;
    let turn = outcome.app.conversation.last().unwrap();
    assert_eq!(turn.state, TurnState::Done);
    assert!(turn.reply.answer.as_str().ends_with("1999 "));
    // Two seconds of text at 60 a second; the rest are keys, the first text, and the spinner.
    let most = 2_000_000 / FRAME.as_micros() + 12;
    let frames = u128::from(outcome.run.frames);
    assert!(frames <= most, "{frames} frames, {most} at most");
    assert!(frames >= 100, "{frames} frames: the screen stood still");
}

#[tokio::test(start_paused = true)]
async fn text_that_comes_all_at_once_is_one_frame() {
    let pieces = (0..5_000).map(|_| (Duration::ZERO, answer("x ")));
    let script = Script::new([paced(pieces)]);
    let outcome = run(&script, ask_and_quit(50)).await;
    let answer = &outcome.app.conversation.last().unwrap().reply.answer;
    assert_eq!(answer.len(), 10_000);
    assert!(outcome.run.frames <= 8, "{}", outcome.run.frames);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_drawn_while_a_finished_reply_stands_there() {
    let finished = || paced([(Duration::ZERO, answer("done"))]);
    let short = run(&Script::new([finished()]), ask_and_quit(100)).await;
    let long = run(&Script::new([finished()]), ask_and_quit(3_600_000)).await;
    assert_eq!(long.run.frames, short.run.frames);
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_costs_ten_frames_a_second() {
    let script = Script::new([then_silence([])]);
    let outcome = run(
        &script,
        input([(0, "q"), (0, "enter"), (10_000, "esc"), (0, "ctrl-d")]),
    )
    .await;
    let frames = outcome.run.frames;
    assert!((95..=110).contains(&frames), "{frames} frames in 10 s");
}

#[tokio::test(start_paused = true)]
async fn esc_drops_the_stream_at_once_and_keeps_what_had_come() {
    let script = Script::new([then_silence([reasoning("hm"), answer("half")])]);
    let dropped = Arc::clone(&script.dropped);
    let seen = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&seen);
    let keys = input([(0, "q"), (0, "enter"), (1_000, "esc")])
        .take(3)
        .chain(stream::once(async move {
            // The loop comes back for input only after it has carried the key out.
            *noted.lock().unwrap() = Some(dropped.load(Ordering::SeqCst));
            Msg::Key(key("ctrl-d"))
        }))
        .boxed();
    let outcome = run(&script, keys).await;
    assert_eq!(
        *seen.lock().unwrap(),
        Some(1),
        "dropped before the next key"
    );
    let turn = outcome.app.conversation.last().unwrap();
    assert_eq!(turn.state, TurnState::Stopped);
    assert_eq!(turn.reply.answer.as_str(), "half");
}

#[tokio::test(start_paused = true)]
async fn a_stopped_reply_does_not_go_on_behind_the_next_one() {
    let flood = stream::repeat_with(|| Ok(Progress::Delta(answer("stray "))))
        .then(|step| async {
            sleep(Duration::from_millis(1)).await;
            step
        })
        .boxed();
    let calm = paced([(Duration::from_millis(100), answer("calm"))]);
    let script = Script::new([flood, calm]);
    let keys = input([
        (0, "a"),
        (0, "enter"),
        (500, "esc"),
        (0, "b"),
        (0, "enter"),
        (500, "ctrl-d"),
    ]);
    let outcome = run(&script, keys).await;
    let last = outcome.app.conversation.last().unwrap();
    assert_eq!(last.reply.answer.as_str(), "calm");
    assert_eq!(script.dropped(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_first_text_is_painted_without_waiting_for_the_next_frame() {
    let began = Instant::now();
    let painted = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&painted);
    // The frame before is 2 ms old when the text comes. The next step is asked for only once the
    // loop has drawn what was urgent; it never comes.
    let steps = stream::iter([()])
        .then(|()| async {
            sleep(Duration::from_millis(2)).await;
            Ok(Progress::Delta(answer("first")))
        })
        .chain(
            stream::once(async move {
                *noted.lock().unwrap() = Some(began.elapsed());
            })
            .then(|()| std::future::pending()),
        )
        .boxed();
    let script = Script::new([steps]);
    let outcome = run(
        &script,
        input([(0, "q"), (0, "enter"), (5, "ctrl-c"), (0, "ctrl-d")]),
    )
    .await;
    let asked_again = painted.lock().unwrap().unwrap();
    assert!(asked_again < Duration::from_millis(5), "{asked_again:?}");
    // First frame, the keys typed at once, the first text: the text had a frame of its own
    // although all of it took less than a frame's time.
    assert_eq!(outcome.run.frames, 3);
    assert!(outcome.screen.contains("first"), "{}", outcome.screen);
}

#[tokio::test(start_paused = true)]
async fn keys_are_drawn_at_once_during_a_flood() {
    let flood = || {
        stream::repeat_with(|| Ok(Progress::Delta(answer("x"))))
            .then(|step| async {
                sleep(Duration::from_micros(100)).await;
                step
            })
            .boxed()
    };
    let quit = [(100, "ctrl-c"), (0, "ctrl-c"), (0, "ctrl-d")];
    let start = [(0, "q"), (0, "enter")];
    let without = input(start.into_iter().chain(quit));
    let frames = run(&Script::new([flood()]), without).await.run.frames;
    // Five keys within a frame's time are five frames more.
    let keys = [(50, "a"), (1, "b"), (1, "c"), (1, "d"), (1, "e")];
    let mut rest = quit;
    rest[0].0 = 46;
    let with = input(start.into_iter().chain(keys).chain(rest));
    let script = Script::new([flood()]);
    let outcome = run(&script, with).await;
    let more = outcome.run.frames - frames;
    assert!((4..=7).contains(&more), "{more} frames more for five keys");
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_never_pauses_can_not_starve_the_keyboard() {
    // Always ready, without end: only the loop's bounded batch lets the key in.
    let flood = stream::repeat_with(|| Ok(Progress::Delta(answer("x")))).boxed();
    let script = Script::new([flood]);
    let outcome = run(&script, ask_and_quit_in_no_time()).await;
    assert_eq!(outcome.run.ending, Ending::Quit);
    let answer = &outcome.app.conversation.last().unwrap().reply.answer;
    assert!(
        answer.len() < 100_000,
        "{} pieces before the key",
        answer.len()
    );
}

#[tokio::test(start_paused = true)]
async fn leaving_with_a_live_reply_drops_it() {
    let script = Script::new([then_silence([answer("half")])]);
    let outcome = run(
        &script,
        input([
            (0, "q"),
            (0, "enter"),
            (100, "/"),
            (0, "q"),
            (0, "u"),
            (0, "i"),
            (0, "t"),
            (0, "enter"),
        ]),
    )
    .await;
    assert_eq!(outcome.run.ending, Ending::Quit);
    assert_eq!(script.dropped(), 1);
    assert_eq!(
        outcome.app.conversation.last().unwrap().state,
        TurnState::Stopped
    );
}

#[tokio::test(start_paused = true)]
async fn a_terminal_that_goes_away_ends_the_program() {
    let script = Script::new([then_silence([answer("half")])]);
    let keys = input([(0, "q"), (0, "enter")]).take(2).boxed();
    let outcome = run(&script, keys).await;
    assert_eq!(outcome.run.ending, Ending::Quit);
    assert_eq!(script.dropped(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_ends_the_turn_and_the_program_goes_on() {
    let failing = stream::iter([
        Ok(Progress::Connected),
        Ok(Progress::Delta(answer("kept"))),
        Err(Failure::new(FailureKind::Cut, "reset by peer")),
    ])
    .boxed();
    let fine = paced([
        (Duration::ZERO, answer("fine")),
        (Duration::ZERO, Delta::Finish(Finish::Stop)),
    ]);
    let script = Script::new([failing, fine]);
    let keys = input([(0, "a"), (0, "enter"), (50, "alt-r"), (50, "ctrl-d")]);
    let outcome = run(&script, keys).await;
    assert!(outcome.screen.contains("fine"), "{}", outcome.screen);
    assert!(outcome.screen.contains("◀ 2/2 ▶"), "{}", outcome.screen);
    assert_eq!(script.asked.borrow().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_queued_message_is_sent_when_the_reply_is_over() {
    let slow = paced([(Duration::from_millis(200), answer("one"))]);
    let next = paced([(Duration::from_millis(10), answer("two"))]);
    let script = Script::new([slow, next]);
    let keys = input([
        (0, "a"),
        (0, "enter"),
        (0, "b"),
        (0, "enter"),
        (500, "ctrl-d"),
    ]);
    let outcome = run(&script, keys).await;
    let asked = script.asked.borrow();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].body["messages"][2]["content"], "b");
    assert!(outcome.screen.contains("two"), "{}", outcome.screen);
}

#[tokio::test(start_paused = true)]
async fn answering_at_once_closes_the_first_stream_and_the_same_turn_gets_its_answer() {
    let endless = then_silence([reasoning("hm, hm")]);
    let short = paced([
        (Duration::from_millis(10), answer("forty-two")),
        (Duration::ZERO, Delta::Finish(Finish::Stop)),
    ]);
    let script = Script::new([endless, short]);
    let keys = input([(0, "q"), (0, "enter"), (100, "alt-a"), (100, "ctrl-d")]);
    let outcome = run(&script, keys).await;
    assert_eq!(script.dropped(), 1);
    assert_eq!(outcome.app.conversation.turns().count(), 1);
    let turn = outcome.app.conversation.last().unwrap();
    assert_eq!(turn.reply.reasoning.as_str(), "hm, hm");
    assert_eq!(turn.reply.answer.as_str(), "forty-two");
    assert_eq!(turn.state, TurnState::Done);
}
