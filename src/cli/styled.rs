//! An answer on a terminal as it comes: Markdown in rows, those that may still change drawn again.

use std::io::{self, Write};
use std::time::Duration;

use crate::markdown::{Document, Kind, Row};
use crate::tui::rendition;
use crate::ui::Theme;

/// How often rows are drawn again at most.
const BETWEEN: Duration = Duration::from_millis(33);

/// What was written of an answer so far.
#[derive(Debug)]
pub(super) struct Styled {
    document: Document,
    text: String,
    epoch: u32,
    theme: Theme,
    cols: u16,
    /// How many rows above the caret can still be reached.
    reach: usize,
    /// How many rows are on the terminal for good.
    settled: usize,
    /// How many rows below those are there and may change.
    loose: usize,
    last: Option<Duration>,
    is_stale: bool,
}

impl Styled {
    /// For a terminal of that many columns and rows.
    pub(super) fn new(theme: Theme, (cols, rows): (u16, u16)) -> Self {
        Self {
            document: Document::new(Kind::Markdown),
            text: String::new(),
            epoch: 0,
            theme,
            // A row that fills the last column would leave the caret in doubt.
            cols: cols.saturating_sub(1).max(1),
            reach: usize::from(rows.saturating_sub(2).max(1)),
            settled: 0,
            loose: 0,
            last: None,
            is_stale: false,
        }
    }

    /// Takes what the answer got longer by.
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.is_stale = true;
    }

    /// Begins anew below what is there.
    pub(super) fn restart(&mut self) {
        self.text.clear();
        self.epoch += 1;
        (self.settled, self.loose) = (0, 0);
    }

    /// Leaves what is there as it is: something else is written below it.
    pub(super) fn part(&mut self) {
        self.settled += std::mem::take(&mut self.loose);
    }

    /// Draws what is new if it is time to.
    pub(super) fn tick(&mut self, out: &mut impl Write, elapsed: Duration) -> io::Result<()> {
        let is_due = self.last.is_none_or(|last| elapsed >= last + BETWEEN);
        if self.is_stale && is_due {
            self.last = Some(elapsed);
            return self.draw(out, false);
        }
        Ok(())
    }

    /// Draws all that there is; `done` says that no more will come.
    pub(super) fn draw(&mut self, out: &mut impl Write, done: bool) -> io::Result<()> {
        self.is_stale = false;
        self.document.sync(&self.text, self.epoch, self.cols, done);
        let rows = self.document.len();
        let mut frame = String::new();
        if self.loose > 0 {
            frame.extend(["\x1b[", &self.loose.to_string(), "A\r\x1b[J"]);
        }
        let first = self.settled.min(rows);
        for row in (first..rows).filter_map(|at| self.document.row(at)) {
            self.put(row, &mut frame);
        }
        let certain = if done {
            rows
        } else {
            self.document.settled_rows()
        };
        // What scrolls out of reach stays as it is.
        let settled = certain.max(rows.saturating_sub(self.reach));
        self.settled = settled.clamp(first, rows);
        self.loose = rows - self.settled;
        out.write_all(frame.as_bytes())?;
        out.flush()
    }

    fn put(&self, row: &Row, frame: &mut String) {
        for span in &row.spans {
            let style = rendition(self.theme.text(span.style));
            frame.push_str(&style);
            frame.push_str(&span.text);
            if !style.is_empty() {
                frame.push_str("\x1b[0m");
            }
        }
        frame.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a terminal shows after these pieces, which are drawn one by one.
    fn shown(pieces: &[&str], size: (u16, u16)) -> String {
        let mut styled = Styled::new(Theme::ansi(), size);
        let mut out = Vec::new();
        for piece in pieces {
            styled.push(piece);
            styled.draw(&mut out, false).unwrap();
        }
        styled.draw(&mut out, true).unwrap();
        let (cols, rows) = size;
        let cells = |count| std::num::NonZeroU16::new(count).unwrap();
        let mut parser = vt100::Parser::new(cells(rows), cells(cols), 1000);
        // A terminal in its usual mode returns at a line feed.
        let text = String::from_utf8(out).unwrap().replace('\n', "\r\n");
        parser.process(text.as_bytes());
        parser.screen().contents()
    }

    #[test]
    fn however_it_comes_the_terminal_shows_the_same() {
        let text = "# Title\n\nSome **bold** words that wrap around the edge.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
        let whole = shown(&[text], (30, 24));
        assert!(whole.contains("Title") && !whole.contains("**"), "{whole}");
        for size in [1, 2, 3, 7] {
            let letters: Vec<char> = text.chars().collect();
            let pieces: Vec<String> = letters
                .chunks(size)
                .map(|piece| piece.iter().collect())
                .collect();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            assert_eq!(shown(&pieces, (30, 24)), whole, "in pieces of {size}");
        }
    }

    #[test]
    fn a_block_taller_than_the_terminal_is_shown_once() {
        let lines: Vec<String> = (0..40).map(|line| format!("line {line}\n")).collect();
        let text = format!("```\n{}```\n", lines.concat());
        let pieces: Vec<&str> = text.split_inclusive('\n').collect();
        let mut styled = Styled::new(Theme::colourless(), (30, 10));
        let mut out = Vec::new();
        for piece in pieces {
            styled.push(piece);
            styled.draw(&mut out, false).unwrap();
        }
        styled.draw(&mut out, true).unwrap();
        let text = String::from_utf8(out).unwrap().replace('\n', "\r\n");
        let cells = |count| std::num::NonZeroU16::new(count).unwrap();
        let mut parser = vt100::Parser::new(cells(10), cells(30), 1000);
        parser.process(text.as_bytes());
        let last = parser.screen().contents();
        assert!(
            last.contains("line 39") && !last.contains("line 20"),
            "{last}"
        );
    }

    #[test]
    fn what_comes_after_a_remark_is_drawn_below_it() {
        let mut styled = Styled::new(Theme::colourless(), (30, 10));
        let mut out = Vec::new();
        styled.push("one");
        styled.draw(&mut out, false).unwrap();
        styled.part();
        out.extend_from_slice(b"REMARK\n");
        styled.push(" two\n\nthree");
        styled.draw(&mut out, true).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("one\nREMARK\n"), "{text:?}");
        assert!(!text.contains("\x1b[1A"), "{text:?}");
    }
}
