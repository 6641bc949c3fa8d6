//! A screen that a test can wait for.

use std::convert::Infallible;
use std::io;

use mmchat::tui::Surface;
use mmchat::ui::Links;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Size};
use tokio::sync::watch;

/// A backend that tells what each frame shows.
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

    fn invalidate(&mut self) {}
}

impl Backend for Watched {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.inner.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> Result<(), Infallible> {
        self.inner.clear_region(region)
    }

    fn size(&self) -> Result<Size, Infallible> {
        self.inner.size()
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        self.inner.flush()
    }
}
