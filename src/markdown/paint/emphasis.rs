//! Emphasis beside Chinese and Japanese punctuation.
//!
//! CommonMark tells an opening `**` from a closing one by the spaces and the punctuation around
//! it, and text without spaces fails that rule: `是**“重点”**的` would stay as it is written
//! (commonmark-spec issue 650). Models write this all the time. So the parser is shown such
//! punctuation as characters of the same length that are none, and what it gives back is
//! unmasked.

use std::borrow::Cow;

use super::super::width::is_cjk;

/// What is masked; all of it three bytes long, as are the characters of private use.
const WIDE: &str = "，。、；：？！）》」』”’…—（《「『“‘〈〉【】〔〕～·％";
/// What is masked when the other side of the mark is Chinese or Japanese.
const NARROW: &str = ":\"'!?,.;%";
const FIRST_WIDE: u32 = 0xe0a0;
const FIRST_NARROW: u32 = 0x10;

/// Masks the punctuation beside each run of `*`; `None` when there is nothing to mask, or the
/// text holds such characters of its own.
pub(super) fn mask(text: &str) -> Option<String> {
    if text.is_ascii() || !text.contains('*') || text.chars().any(|c| unmasked(c) != c) {
        return None;
    }
    let mut masked = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        if c != '*' {
            masked.push(c);
            before = c;
            continue;
        }
        let mut run = 1;
        while chars.next_if_eq(&'*').is_some() {
            run += 1;
        }
        let after = chars.peek().copied().unwrap_or(' ');
        if let Some(stand_in) = stand_in(before, after) {
            masked.pop();
            masked.push(stand_in);
        }
        masked.extend(std::iter::repeat_n('*', run));
        before = '*';
        if let Some(stand_in) = stand_in(after, masked_before(&masked, run)) {
            chars.next();
            masked.push(stand_in);
            before = after;
        }
    }
    (masked != text).then_some(masked)
}

/// Gives back what [`mask`] took.
pub(super) fn unmask(text: &str) -> Cow<'_, str> {
    if text.chars().any(|c| unmasked(c) != c) {
        Cow::Owned(text.chars().map(unmasked).collect())
    } else {
        Cow::Borrowed(text)
    }
}

fn stand_in(c: char, other: char) -> Option<char> {
    let place = |table: &str| table.chars().position(|known| known == c);
    let (first, index) = match place(WIDE) {
        Some(index) if c.len_utf8() == 3 => (FIRST_WIDE, index),
        _ => (FIRST_NARROW, place(NARROW).filter(|_| is_cjk(other))?),
    };
    char::from_u32(first + u32::try_from(index).ok()?)
}

fn unmasked(c: char) -> char {
    let known = |first: u32, table: &str| {
        u32::from(c)
            .checked_sub(first)
            .and_then(|index| table.chars().nth(usize::try_from(index).ok()?))
    };
    known(FIRST_WIDE, WIDE)
        .or_else(|| known(FIRST_NARROW, NARROW))
        .unwrap_or(c)
}

/// The character before the last `run` ones.
fn masked_before(masked: &str, run: usize) -> char {
    masked.chars().rev().nth(run).map_or(' ', unmasked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_masked_keeps_its_length_and_comes_back() {
        for text in [
            "是**“重点”**的",
            "**注意:**请看**（括号）**后面",
            "**。**",
            "a**b**：*x*",
        ] {
            if let Some(masked) = mask(text) {
                assert_eq!(masked.len(), text.len());
                assert_eq!(unmask(&masked), text);
            }
        }
        assert_eq!(mask("plain **text**: \"x\""), None);
        assert_eq!(mask("私\u{e0a0}**“x”**"), None);
    }
}
