//! The tags around reasoning, and how to find them in text that comes in pieces.

use memchr::{memchr_iter, memchr3};

/// What opens a block.
pub(super) const OPEN: [&str; 3] = ["<think>", "<mm:think>", "<minimax:think>"];
/// What closes one, whichever opened it: mixed pairs were seen.
pub(super) const CLOSE: [&str; 3] = ["</think>", "</mm:think>", "</minimax:think>"];
/// More than any tag with a line end before it, in bytes.
pub(super) const LONGEST: usize = 18;

/// What follows one of `tags` at the start of `text`.
pub(super) fn strip<'a>(tags: &[&str], text: &'a str) -> Option<&'a str> {
    tags.iter().find_map(|tag| text.strip_prefix(tag))
}

/// Whether one of `tags` begins with all of `text` (which may be empty).
pub(super) fn begins(tags: &[&str], text: &str) -> bool {
    tags.iter().any(|tag| tag.starts_with(text))
}

/// Where the first closing tag begins, and its length, in bytes.
pub(super) fn find_close(text: &str) -> Option<(usize, usize)> {
    memchr_iter(b'<', text.as_bytes()).find_map(|at| {
        let tail = text.get(at..)?;
        let tag = CLOSE.iter().find(|tag| tail.starts_with(**tag))?;
        Some((at, tag.len()))
    })
}

/// Tells whether `text` has nothing that a closing tag, with the line end before it, begins with.
pub(super) fn is_plain(text: &str) -> bool {
    memchr3(b'<', b'\n', b'\r', text.as_bytes()).is_none()
}

/// Where the longest end of `text` begins that a closing tag, with the line end before it, could
/// still grow from; the text's length when there is none.
pub(super) fn hold_from(text: &str) -> usize {
    let from = floor(text, text.len().saturating_sub(LONGEST));
    let Some(window) = text.get(from..) else {
        return text.len();
    };
    if is_plain(window) {
        return text.len();
    }
    window
        .char_indices()
        .find(|&(at, _)| {
            let tail = window.get(at..).unwrap_or_default();
            let tag = strip(&["\r\n", "\n"], tail).unwrap_or(tail);
            tail == "\r" || begins(&CLOSE, tag)
        })
        .map_or(text.len(), |(at, _)| from + at)
}

/// The text without one line end. A carriage return alone is none: it would have been handed out
/// before the tag behind it was seen.
pub(super) fn without_line_end(text: &str) -> &str {
    let cut = text.strip_suffix("\r\n");
    cut.or(text.strip_suffix('\n')).unwrap_or(text)
}

/// The last character boundary at or before `at`, in bytes.
pub(super) fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0)
}
