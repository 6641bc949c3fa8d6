//! From a selected range of Markdown to the source that is worth copying.
//!
//! The mouse selects what is read, and the signs of Markdown are not on the screen. Those that lie
//! within the selection are part of the source; those right at its edge come along when they
//! belong to what is selected, so that half of a pair is not left behind. A selection inside one
//! line of prose, code or Chinese is exactly its text.

use std::ops::Range;

/// The source of a selected range.
pub(super) fn whole(text: &str, range: Range<usize>) -> String {
    let start = with_prefix(text, &range);
    let range = with_pair(text, start..range.end);
    text.get(range).unwrap_or_default().to_owned()
}

/// Where the selection begins when it takes in whole lines: with the signs of the first one
/// (`## `, `- `, `> `), since it has those of the others.
fn with_prefix(text: &str, range: &Range<usize>) -> usize {
    let crosses = text.get(range.clone()).is_some_and(|it| it.contains('\n'));
    let before = text.get(..range.start).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let signs = before.get(line..).unwrap_or_default();
    let is_sign = |c: char| "#>-*+|[] \t".contains(c) || c.is_ascii_digit() || c == '.' || c == ')';
    if crosses && signs.len() <= 64 && signs.chars().all(is_sign) && begins_a_block(signs) {
        line
    } else {
        range.start
    }
}

/// Not every row of signs is one: `2.5` at the beginning of a line is a number.
fn begins_a_block(signs: &str) -> bool {
    signs.is_empty() || signs.ends_with(' ') || signs.ends_with('\t') || signs.ends_with('|')
}

/// Takes in a sign of emphasis that stands right before or after the selection when the other of
/// its pair is inside.
fn with_pair(text: &str, range: Range<usize>) -> Range<usize> {
    let inside = text.get(range.clone()).unwrap_or_default();
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.end..).unwrap_or_default();
    let is_sign = |c: char| matches!(c, '*' | '_' | '`' | '~');
    let opening = before.trim_end_matches(is_sign);
    let opening = before.get(opening.len()..).unwrap_or_default();
    let closing = after.trim_start_matches(is_sign);
    let closing = after.get(..after.len() - closing.len()).unwrap_or_default();
    let is_half =
        |sign: &str| (1..=3).contains(&sign.len()) && inside.matches(sign).count() % 2 == 1;

    let start = if is_half(opening) {
        range.start - opening.len()
    } else {
        range.start
    };
    let end = if is_half(closing) {
        range.end + closing.len()
    } else {
        range.end
    };
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The source of what stands between `⟦` and `⟧`.
    fn copied(marked: &str) -> String {
        let start = marked.find('⟦').unwrap();
        let text = marked.replace('⟦', "");
        let end = text.find('⟧').unwrap();
        whole(&text.replace('⟧', ""), start..end)
    }

    #[test]
    fn a_selection_inside_a_line_is_exactly_its_text() {
        assert_eq!(copied("some ⟦plain⟧ words"), "plain");
        assert_eq!(copied("a **⟦bold⟧** word"), "bold");
        assert_eq!(copied("    ⟦let x = a * b⟧;"), "let x = a * b");
        assert_eq!(copied("- ⟦item⟧\n- other"), "item");
    }

    #[test]
    fn half_of_a_pair_is_not_left_behind() {
        assert_eq!(copied("a **⟦bold** word⟧"), "**bold** word");
        assert_eq!(copied("⟦a **bold⟧** word"), "a **bold**");
        assert_eq!(copied("⟦call `f⟧` now"), "call `f`");
    }

    #[test]
    fn whole_lines_come_with_their_signs() {
        assert_eq!(copied("x\n- ⟦one\n- two⟧\n"), "- one\n- two");
        assert_eq!(copied("## ⟦Title\n\ntext⟧"), "## Title\n\ntext");
        assert_eq!(copied("> ⟦said\n> so⟧"), "> said\n> so");
        assert_eq!(copied("2.⟦5 apples\nand⟧"), "5 apples\nand");
        assert_eq!(copied("a ⟦word\nmore⟧"), "word\nmore");
    }
}
