//! How many columns text takes: the one measure of the whole program.
//!
//! Owns cluster widths and the bound on what one cluster may hold. Everything that is shown is
//! measured here, the way the terminal library measures it: `unicode-width` of each grapheme
//! cluster, so that a family joined by ZWJ or a flag counts once.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Characters kept of one cluster. No language stacks more; five thousand marks on one letter are
/// an attack on whoever has to draw it.
const CLUSTER_CHARS: usize = 32;

/// Measures the columns that `text` takes on one row. Control characters take none: nothing that
/// is shown holds any.
pub fn text_width(text: &str) -> usize {
    if text.is_ascii() {
        return text.bytes().filter(|byte| !byte.is_ascii_control()).count();
    }
    text.graphemes(true).map(cluster_width).sum()
}

/// Measures the columns of one grapheme cluster.
pub(super) fn cluster_width(cluster: &str) -> usize {
    match cluster.as_bytes() {
        [byte] => usize::from(!byte.is_ascii_control()),
        _ => cluster.width(),
    }
}

/// Cuts every cluster of `text` to its first [`CLUSTER_CHARS`] characters.
pub(super) fn bounded(text: &str) -> Cow<'_, str> {
    let mut stacked = 0_usize;
    let suspicious = text.len() > CLUSTER_CHARS
        && text.chars().any(|c| {
            stacked += usize::from(!c.is_ascii() && (c.width() == Some(0)));
            stacked > CLUSTER_CHARS / 4
        });
    if !suspicious
        || text
            .graphemes(true)
            .all(|cluster| kept(cluster).len() == cluster.len())
    {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.graphemes(true).map(kept).collect())
}

fn kept(cluster: &str) -> &str {
    let end = cluster
        .char_indices()
        .nth(CLUSTER_CHARS)
        .map_or(cluster.len(), |(at, _)| at);
    cluster.get(..end).unwrap_or(cluster)
}

/// Tells whether a line break beside `c` stands for no space at all: Chinese and Japanese are
/// written without any. Korean is not.
pub fn is_cjk(c: char) -> bool {
    matches!(u32::from(c),
        0x2e80..=0x312f | 0x31a0..=0x31ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff
        | 0xf900..=0xfaff | 0xfe30..=0xfe4f | 0xff00..=0xff60 | 0x20000..=0x3ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_by_cluster() {
        for (text, columns) in [
            ("plain", 5),
            ("你好", 4),
            ("ｆｕｌｌ", 8),
            ("e\u{301}", 1),
            ("👨‍👩‍👧", 2),
            ("🇨🇳", 2),
            ("❤\u{fe0f}", 2),
            ("한국어", 6),
            ("a\tb\n", 2),
            ("", 0),
        ] {
            assert_eq!(text_width(text), columns, "{text:?}");
        }
    }

    #[test]
    fn a_letter_under_five_thousand_marks_is_cut() {
        let tower = format!("a{}b", "\u{301}".repeat(5000));
        assert_eq!(bounded(&tower).chars().count(), CLUSTER_CHARS + 1);
        assert!(bounded(&tower).ends_with('b'));
        assert!(matches!(bounded("naïve 👨‍👩‍👧"), Cow::Borrowed(_)));
    }
}
