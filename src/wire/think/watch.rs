//! Watches an answer, line by line, for a closing tag that was never opened.
//!
//! Such a tag counts where it stands alone on its line and outside a code fence; an opening tag
//! anywhere before it rules it out.

use memchr::memchr;

use super::tags::{CLOSE, LONGEST, OPEN, begins, floor};

/// Follows lines and code fences.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Whether the next text goes on a line that began.
    pub(super) in_line: bool,
    /// Whether any answer was handed out.
    pub(super) spoke: bool,
    /// The beginning of the current line.
    head: String,
    /// The beginning of an opening tag that the current line ends in, for tags cut in two.
    tail: String,
    /// The mark and length of the code fence that is open.
    fence: Option<(char, usize)>,
}

impl Watch {
    /// Tells whether the text is inside a code fence.
    pub(super) fn in_fence(&self) -> bool {
        self.fence.is_some()
    }

    /// Takes a line or a part of one; tells whether an opening tag is in it.
    pub(super) fn note(&mut self, segment: &str) -> bool {
        if !self.tail.is_empty() || memchr(b'<', segment.as_bytes()).is_some() {
            self.tail.push_str(segment);
            if OPEN.iter().any(|tag| self.tail.contains(tag)) {
                return true;
            }
            // No tag has a second `<`, so one that is cut begins at the last.
            let begun = self.tail.rfind('<');
            let begun = begun.filter(|at| begins(&OPEN, self.tail.split_at(*at).1));
            self.tail.drain(..begun.unwrap_or(self.tail.len()));
        }
        if self.head.len() < 128 {
            self.head.push_str(segment.split_at(floor(segment, 128)).0);
        }
        self.in_line = !segment.ends_with('\n');
        if !self.in_line {
            self.note_fence();
            self.head.clear();
            self.tail.clear();
        }
        false
    }

    /// `CommonMark`'s fences: three or more back-ticks or tildes, indented by less than four.
    fn note_fence(&mut self) {
        let line = self.head.trim_end();
        let body = line.trim_start_matches(' ');
        let Some(mark) = body.chars().next().filter(|mark| matches!(mark, '`' | '~')) else {
            return;
        };
        let info = body.trim_start_matches(mark);
        let length = body.len() - info.len();
        if length < 3 || line.len() - body.len() > 3 {
            return;
        }
        match self.fence {
            None if mark == '~' || !info.contains('`') => self.fence = Some((mark, length)),
            Some((open, least)) if open == mark && length >= least && info.is_empty() => {
                self.fence = None;
            }
            _ => {}
        }
    }
}

/// Tells whether a line is a closing tag and nothing else.
pub(super) fn is_close_line(line: &str) -> bool {
    line.len() <= LONGEST * 2 && CLOSE.contains(&line.trim())
}

/// Tells whether the beginning of a line may become one of those.
pub(super) fn may_become_close_line(segment: &str) -> bool {
    let body = segment.trim_start();
    segment.len() <= LONGEST * 2 && (begins(&CLOSE, body) || CLOSE.contains(&body.trim_end()))
}
