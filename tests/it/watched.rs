//! The real loop, run until the screen looks as wanted: for what is found on threads, which do not
//! wait for a paused clock. Nothing depends on how long anything takes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use mmchat::app::{App, Msg};
use mmchat::runtime::{Clock, Ending, Runtime};
use mmchat::tui::{Console, Surface};
use mmchat::ui::{Cache, Links};
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Size};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::flow::Script;
use crate::harness::{WALL, key};

/// So long that only a broken program takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A screen that says when it looks as wanted.
struct Watched {
    screen: TestBackend,
    wanted: fn(&Buffer) -> bool,
    seen: Arc<Notify>,
}

impl Surface for Watched {
    fn size(&self) -> std::io::Result<Size> {
        Surface::size(&self.screen)
    }

    fn present(
        &mut self,
        frame: &Buffer,
        caret: Option<Position>,
        links: &Links,
    ) -> std::io::Result<()> {
        self.screen.present(frame, caret, links)?;
        if (self.wanted)(self.screen.buffer()) {
            self.seen.notify_one();
        }
        Ok(())
    }

    fn clear(&mut self) {
        Surface::clear(&mut self.screen);
    }
}

/// Presses keys and runs the loop until the screen, of 100×30, is as wanted; false when it never was.
pub(crate) async fn comes_to_look(
    (mut app, mut cache): (App, Cache),
    script: &Script,
    keys: &'static [&'static str],
    wanted: fn(&Buffer) -> bool,
) -> bool {
    let seen = Arc::new(Notify::new());
    let (told, shared) = tokio::sync::oneshot::channel();
    let waiting = Arc::clone(&seen);
    let input = stream::iter(keys)
        .map(|chord| Msg::Key(key(chord)))
        .chain(stream::once(async move {
            let in_time = timeout(PATIENCE, waiting.notified()).await.is_ok();
            told.send(in_time).unwrap();
            Msg::Terminate
        }))
        .boxed();
    let mut screen = Watched {
        screen: TestBackend::new(100, 30),
        wanted,
        seen,
    };
    let mut console = Console::scripted(input);
    let clock = Clock::fixed(WALL);
    let mut runtime = Runtime::new(script, &mut screen, &mut console, &mut cache, clock);
    let run = runtime.run(&mut app).await.unwrap();
    assert_eq!(run.ending, Ending::Quit);
    shared.await.unwrap()
}
