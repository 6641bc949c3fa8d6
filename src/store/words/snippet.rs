//! The piece of a text that shows why it was found.

use std::ops::Range;

use super::{beginning, folded, is_of_word, stands_alone, tokens};
use crate::app::library::Word;
use crate::chat::safe;

/// The most of a text that is looked through for the piece to show, in bytes.
const MOST_LOOKED_THROUGH: usize = 1024 * 1024;
/// Characters of a snippet before and after the word.
const BEFORE: usize = 40;
const AFTER: usize = 100;

/// The piece of a text around the first of these words, on one line and safe to show, and where in
/// it the words are. `None` when none is found.
pub(in crate::store) fn snippet(text: &str, words: &[Word]) -> Option<(String, Vec<Range<usize>>)> {
    let text = beginning(text, MOST_LOOKED_THROUGH);
    let first = words
        .iter()
        .filter_map(|word| find(text, word).next())
        .min_by_key(|found| found.start)?;
    let (before, after) = text.split_at_checked(first.start)?;
    let start = before
        .char_indices()
        .rev()
        .nth(BEFORE)
        .map_or(0, |(at, _)| at);
    let end = after.char_indices().nth(AFTER);
    let end = end.map_or(text.len(), |(at, _)| first.start + at);
    let mut shown = safe::one_line(text.get(start..end)?);
    if start > 0 {
        shown.insert(0, '…');
    }
    if end < text.len() {
        shown.push('…');
    }
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut marks: Vec<Range<usize>> = words.iter().flat_map(|word| find(&shown, word)).collect();
    marks.sort_by_key(|mark| (mark.start, mark.end));
    marks.dedup_by(|later, earlier| {
        let overlaps = later.start < earlier.end;
        if overlaps {
            earlier.end = earlier.end.max(later.end);
        }
        overlaps
    });
    Some((shown, marks))
}

/// How many of these words a text holds.
pub(in crate::store) fn count(text: &str, words: &[Word]) -> usize {
    let text = beginning(text, MOST_LOOKED_THROUGH);
    words
        .iter()
        .filter(|word| find(text, word).next().is_some())
        .count()
}

/// Where a word stands in a text, as the index's tokenizer sees words: at the beginning of one,
/// whatever the case and the accents; punctuation between two words of a phrase does not count.
fn find<'a>(text: &'a str, word: &'a Word) -> impl Iterator<Item = Range<usize>> + 'a {
    let wanted: Vec<String> = tokens(&word.text).map(|(_, token)| token).collect();
    let first = wanted.first().and_then(|token| token.chars().next());
    candidates(text, first).filter_map(move |at| {
        let (before, here) = text.split_at_checked(at)?;
        let c = here.chars().next()?;
        let goes_on = |c| is_of_word(c) && !stands_alone(c);
        let begins = stands_alone(c) || !before.chars().next_back().is_some_and(goes_on);
        if !begins || folded(c).next() != first {
            return None;
        }
        let end = matches(here, &wanted, word.open)?;
        Some(at..at + end)
    })
}

/// Where characters are that may be this one once they are folded. Megabytes are looked through for
/// a page of results, so what can't be is passed over byte by byte.
fn candidates(text: &str, folded: Option<char>) -> impl Iterator<Item = usize> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        let folded = folded?;
        let rest = text.get(from..)?;
        let at = if folded.is_ascii() {
            let lower = u8::try_from(folded).ok()?;
            let upper = lower.to_ascii_uppercase();
            // What begins the bytes of Latin letters with accents, and of the signs for kelvin and
            // ångström.
            let may_be =
                |byte| byte == lower || byte == upper || matches!(byte, 0xc3..=0xc9 | 0xe1 | 0xe2);
            rest.bytes().position(may_be)?
        } else if stands_alone(folded) {
            rest.find(folded)?
        } else {
            rest.find(|c: char| !c.is_ascii())?
        };
        let c = rest.get(at..)?.chars().next()?;
        let at = from + at;
        from = at + c.len_utf8();
        Some(at)
    })
}

/// Where the wanted words end at the beginning of a text, if they are there.
fn matches(text: &str, wanted: &[String], open: bool) -> Option<usize> {
    let mut found = tokens(text);
    let mut end = 0;
    for (at, token) in wanted.iter().enumerate() {
        let (range, there) = found.next()?;
        let is_last = at + 1 == wanted.len();
        end = if there == *token {
            range.end
        } else if is_last && open && there.starts_with(token.as_str()) {
            // Only what was typed is marked.
            let typed = token.chars().count();
            let inside = text.get(range.clone())?.char_indices().nth(typed);
            inside.map_or(range.end, |(at, _)| range.start + at)
        } else {
            return None;
        };
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Word {
        Word {
            text: text.to_owned(),
            open: true,
        }
    }

    fn marked(text: &str, words: &[&str]) -> String {
        let words: Vec<Word> = words.iter().map(|text| word(text)).collect();
        let Some((mut shown, marks)) = snippet(text, &words) else {
            return String::new();
        };
        for mark in marks.iter().rev() {
            shown.insert(mark.end, ']');
            shown.insert(mark.start, '[');
        }
        shown
    }

    /// What [`find`] has to be, written plainly.
    fn found_plainly(text: &str, word: &Word) -> Vec<Range<usize>> {
        let wanted: Vec<String> = tokens(&word.text).map(|(_, token)| token).collect();
        let goes_on = |c| is_of_word(c) && !stands_alone(c);
        let mut last: Option<char> = None;
        let mut all = Vec::new();
        for (at, c) in text.char_indices() {
            let begins = is_of_word(c) && (stands_alone(c) || !last.is_some_and(goes_on));
            last = Some(c);
            if begins && !wanted.is_empty() {
                all.extend(
                    matches(text.split_at(at).1, &wanted, word.open).map(|end| at..at + end),
                );
            }
        }
        all
    }

    #[test]
    fn a_snippet_marks_words_whatever_their_case_and_accents() {
        assert_eq!(marked("The Café is nice", &["CAFE"]), "The [Café] is nice");
        assert_eq!(
            marked("cafe\u{301} au lait", &["café"]),
            "[cafe\u{301}] au lait"
        );
        assert_eq!(marked("今天天气很好", &["天气"]), "今天[天气]很好");
        assert_eq!(marked("narwhals", &["narw"]), "[narw]hals");
        assert_eq!(
            marked("unarw", &["narw"]),
            "",
            "in the middle of a word it is not found"
        );
        assert_eq!(marked("a-b c", &["b c"]), "a-[b c]");
    }

    #[test]
    fn a_snippet_is_one_safe_line_around_the_first_word() {
        let text = format!(
            "{}\x1b[2J needle\n\nand {}",
            "x ".repeat(500),
            "y ".repeat(500)
        );
        let shown = marked(&text, &["needle"]);
        assert!(shown.starts_with('…') && shown.ends_with('…'), "{shown}");
        assert!(shown.contains("␛[2J [needle] and y"), "{shown}");
        assert!(shown.chars().count() < 160);
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_passed_over(
            text in "([a-cA-C éÉàżKÅßſ天气дД\u{301}. ]{0,40})",
            typed in "[a-cA-CkåéÀß天气дs]{1,3}",
        ) {
            let word = word(&typed);
            let found: Vec<_> = find(&text, &word).collect();
            proptest::prop_assert_eq!(found, found_plainly(&text, &word));
        }

        #[test]
        fn marks_lie_on_characters(text in "\\PC{0,60}|[a-c é天气]{0,40}", typed in "[a-cé天气]{1,3}") {
            if let Some((shown, marks)) = snippet(&text, &[word(&typed)]) {
                for mark in marks {
                    proptest::prop_assert!(shown.get(mark).is_some());
                }
            }
        }
    }
}
