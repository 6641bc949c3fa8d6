//! Text as the index sees it, and a search as its query.
//!
//! The index's tokenizer takes a run of Chinese for one word. So every such character stands alone
//! in what is indexed; the pairs of neighbours follow behind the text, since a phrase of characters
//! that are everywhere would be slow to find, or not to find. One character is searched for as such,
//! a word of several as the phrase of its pairs. Pure.

mod snippet;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

pub(super) use snippet::{count, snippet};

use crate::app::library::{Where, Word};

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
}
