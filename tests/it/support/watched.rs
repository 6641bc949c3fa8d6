//! A screen that a test can wait for.

use std::io;

use mmchat::tui::Surface;
use mmchat::ui::Links;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Size};
use tokio::sync::watch;

/// A surface that tells what each frame shows.
#[derive(Debug)]
pub(crate) struct Watched {
    inner: TestBackend,
    shown: watch::Sender<String>,
}

impl Watched {
    /// A screen of that size, and what it shows.
    pub(crate) fn new(cols: u16, rows: u16) -> (Self, watch::Receiver<String>) {
        let (shown, seen) = watch::channel(String::new());
        let inner = TestBackend::new(cols, rows);
        (Self { inner, shown }, seen)
    }
}

impl Surface for Watched {
    fn size(&self) -> io::Result<Size> {
        Surface::size(&self.inner)
    }

    fn present(
        &mut self,
        frame: &Buffer,
        caret: Option<Position>,
        links: &Links,
    ) -> io::Result<()> {
        self.inner.present(frame, caret, links)?;
        self.shown.send_replace(self.inner.to_string());
        Ok(())
    }

    fn clear(&mut self) {
        Surface::clear(&mut self.inner);
    }
}
