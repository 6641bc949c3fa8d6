//! Text as the index sees it, a search as its query, and the piece of a text that shows why it was
//! found.
//!
//! The index's tokenizer takes a run of Chinese for one word. So every such character stands alone
//! in what is indexed; the pairs of neighbours follow behind the text, since a phrase of characters
//! that are everywhere would be slow to find, or not to find. One character is searched for as such,
//! a word of several as the phrase of its pairs. Pure.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use crate::app::library::{Where, Word};
use crate::chat::safe;

/// The most of a text that is looked through for the piece to show, in bytes.
const MOST_LOOKED_THROUGH: usize = 1024 * 1024;
/// Characters of a snippet before and after the word.
const BEFORE: usize = 40;
const AFTER: usize = 100;

/// Whether a character is a word of its own: Chinese, Japanese and Korean ones.
fn stands_alone(c: char) -> bool {
    matches!(c,
        '\u{2e80}'..='\u{2fdf}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3021}'..='\u{3029}'
        | '\u{3040}'..='\u{30ff}'
        | '\u{3100}'..='\u{312f}'
        | '\u{31a0}'..='\u{31ff}'
        | '\u{3400}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}'
        | '\u{20000}'..='\u{3ffff}')
}

/// A text's first bytes, so many at most, without half a character at the end.
pub(super) fn beginning(text: &str, most_bytes: usize) -> &str {
    let whole = (0..=most_bytes.min(text.len())).rev();
    let whole = whole.into_iter().find(|at| text.is_char_boundary(*at));
    text.get(..whole.unwrap_or(0)).unwrap_or_default()
}

/// A text with spaces around every character that stands alone.
pub(super) fn spaced(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(stands_alone) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut alone = false;
    for c in text.chars() {
        let now = stands_alone(c);
        if alone || now {
            out.push(' ');
        }
        out.push(c);
        alone = now;
    }
    Cow::Owned(out)
}

/// Separates the pairs of a run from what is before them: no phrase goes across. It is a word for
/// the tokenizer, as all characters for private use are, and nobody looks for it.
const SEAM: char = '\u{e000}';

/// [`spaced`], and behind it the pairs of neighbours in every run of characters that stand alone.
pub(super) fn paired(text: &str) -> Cow<'_, str> {
    let spaced = spaced(text);
    let Cow::Owned(mut out) = spaced else {
        return spaced;
    };
    let mut before: Option<char> = None;
    let mut seamed = false;
    for c in text.chars() {
        let now = stands_alone(c).then_some(c);
        if let (Some(before), Some(now)) = (before, now) {
            if !seamed {
                out.extend([' ', SEAM]);
            }
            out.extend([' ', before, now]);
        }
        seamed = before.is_some() && now.is_some();
        before = now;
    }
    Cow::Owned(out)
}

/// The pairs of neighbours in a word, if all its characters stand alone and there are several.
fn pairs(word: &str) -> Option<String> {
    let several = word.chars().nth(1).is_some() && word.chars().all(stands_alone);
    several.then(|| {
        let neighbours = word.chars().zip(word.chars().skip(1));
        let pairs: Vec<String> = neighbours.map(|(a, b)| String::from_iter([a, b])).collect();
        pairs.join(" ")
    })
}

/// The words as they are looked for in what was said. A letter or two begin far too many words to
/// be the beginning of one; in titles they may be.
pub(super) fn in_texts(words: &[Word]) -> Vec<Word> {
    let whole = |word: &Word| Word {
        open: word.open && word.text.chars().nth(2).is_some(),
        ..word.clone()
    };
    words.iter().map(whole).collect()
}

/// The index's query for these words: all of them, each as a phrase. `None` when there are none.
/// `paired` tells whether everything in the index is [`paired`].
pub(super) fn query(words: &[Word], place: Option<Where>, paired: bool) -> Option<String> {
    let mut all = String::new();
    for word in words {
        if !all.is_empty() {
            all.push_str(" AND ");
        }
        // Between quotation marks nothing has a meaning but the mark itself.
        let phrase = pairs(&word.text)
            .filter(|_| paired)
            .unwrap_or_else(|| spaced(&word.text).replace(['"', '\0'], " "));
        let _ = write!(all, "\"{}\"", phrase.trim());
        if word.open
            && word
                .text
                .chars()
                .next_back()
                .is_some_and(|c| !stands_alone(c))
        {
            all.push('*');
        }
    }
    if all.is_empty() {
        return None;
    }
    Some(match place {
        Some(Where::Prompt) => format!("{{prompt}} : ({all})"),
        Some(Where::Answer) => format!("{{answer}} : ({all})"),
        Some(Where::Thinking) => format!("{{reasoning}} : ({all})"),
        Some(Where::Title) | None => all,
    })
}

/// The piece of a text around the first of these words, on one line and safe to show, and where in
/// it the words are. `None` when none is found.
pub(super) fn snippet(text: &str, words: &[Word]) -> Option<(String, Vec<Range<usize>>)> {
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
pub(super) fn count(text: &str, words: &[Word]) -> usize {
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

/// The words of a text, folded, and where they are.
fn tokens(text: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = rest.find(|(_, c)| is_of_word(*c))?;
        let mut end = start + first.len_utf8();
        let mut token: String = folded(first).collect();
        if !stands_alone(first) {
            while let Some(&(at, c)) = rest.peek() {
                if stands_alone(c) || !(is_of_word(c) || is_accent(c)) {
                    break;
                }
                token.extend(folded(c));
                end = at + c.len_utf8();
                rest.next();
            }
        }
        Some((start..end, token))
    })
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric()
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}')
}

/// A character without its case and, where it is a Latin one, without its accents.
fn folded(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().filter(|c| !is_accent(*c)).map(plain)
}

/// The Latin letter under an accent.
fn plain(c: char) -> char {
    const PLAIN: &[(char, &str)] = &[
        ('a', "àáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ"),
        ('b', "ḃḅḇ"),
        ('c', "çćĉċčḉ"),
        ('d', "ďḋḍḏḑḓ"),
        ('e', "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"),
        ('f', "ḟ"),
        ('g', "ĝğġģǧǵḡ"),
        ('h', "ĥȟḣḥḧḩḫẖ"),
        ('i', "ìíîïĩīĭįǐȉȋḭḯỉị"),
        ('j', "ĵǰ"),
        ('k', "ķǩḱḳḵ"),
        ('l', "ĺļľḷḹḻḽ"),
        ('m', "ḿṁṃ"),
        ('n', "ñńņňǹṅṇṉṋ"),
        ('o', "òóôõöōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ"),
        ('p', "ṕṗ"),
        ('r', "ŕŗřȑȓṙṛṝṟ"),
        ('s', "śŝşšșṡṣṥṧṩ"),
        ('t', "ţťțṫṭṯṱẗ"),
        ('u', "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
        ('v', "ṽṿ"),
        ('w', "ŵẁẃẅẇẉẘ"),
        ('x', "ẋẍ"),
        ('y', "ýÿŷȳẏẙỳỵỷỹ"),
        ('z', "źżžẑẓẕ"),
    ];
    if !('\u{e0}'..='\u{1eff}').contains(&c) {
        return c;
    }
    PLAIN
        .iter()
        .find(|(_, accented)| accented.contains(c))
        .map_or(c, |(plain, _)| *plain)
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

    #[test]
    fn every_chinese_character_is_a_word_of_its_own() {
        assert_eq!(spaced("今天weather好"), " 今 天 weather 好");
        assert!(matches!(spaced("plain text é"), Cow::Borrowed(_)));
        assert_eq!(query(&[word("天气")], None, false).unwrap(), "\"天 气\"");
        assert_eq!(
            query(
                &[word("Rust异步"), word("run")],
                Some(Where::Thinking),
                true
            )
            .unwrap(),
            "{reasoning} : (\"Rust 异 步\" AND \"run\"*)"
        );
        assert_eq!(
            query(&[word("a\" OR \"b")], None, true).unwrap(),
            "\"a  OR  b\"*"
        );
        assert_eq!(query(&[], None, true), None);
    }

    #[test]
    fn a_chinese_word_is_the_phrase_of_its_pairs() {
        assert_eq!(
            paired("今天很weather好 你好"),
            spaced("今天很weather好 你好").into_owned() + " \u{e000} 今天 天很 \u{e000} 你好"
        );
        assert!(matches!(paired("plain text é"), Cow::Borrowed(_)));
        let query = |text| query(&[word(text)], None, true).unwrap();
        assert_eq!(query("天"), "\"天\"");
        assert_eq!(query("天气"), "\"天气\"");
        assert_eq!(query("天气好"), "\"天气 气好\"");
        assert_eq!(query("Rust异步"), "\"Rust 异 步\"*".trim_end_matches('*'));
    }

    #[test]
    fn one_or_two_letters_are_no_beginning_in_what_was_said() {
        let open: Vec<bool> = in_texts(&["go", "gol", "天", "é"].map(word))
            .iter()
            .map(|word| word.open)
            .collect();
        assert_eq!(open, [false, true, false, false]);
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
                all.extend(matches(&text[at..], &wanted, word.open).map(|end| at..at + end));
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
