//! Text as the index sees it, and a search as its queries.
//!
//! The index's tokenizer takes a run of Chinese for one word. So every such character stands alone
//! in what is indexed, and a Chinese word can be searched for as a phrase of its characters: one or
//! two of them are found as well as ten. Each of them is in most texts, though, and so is a word
//! that begins with a certain letter. What has more to tell goes into a second index: see [`parts`].
//! Pure.

mod snippet;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

pub(super) use snippet::{count, snippet};

use crate::app::library::{Where, Word};

/// How many of a word's first letters are a part: words that begin with more than these are few.
const MOST_LETTERS: usize = 2;

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

/// Parts of a text's words: each Chinese character together with the one after it, and the first
/// letter and the first two of every other word, once each.
///
/// Neighbours in a run of Chinese are neighbours here, so that a longer word is a phrase; the last
/// character of a run stands alone, or two runs would read as one.
pub(super) fn parts(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut beginnings: BTreeSet<String> = BTreeSet::new();
    let mut before: Option<String> = None;
    for (_, token) in tokens(text) {
        let is_alone = token.chars().next().is_some_and(stands_alone);
        if let Some(before) = before.take() {
            out.push_str(&before);
            if is_alone {
                out.push_str(&token);
            }
            out.push(' ');
        }
        if is_alone {
            before = Some(token);
        } else {
            for letters in 1..=MOST_LETTERS {
                if let Some(beginning) = first_letters(&token, letters)
                    && !beginnings.contains(beginning)
                {
                    beginnings.insert(beginning.to_owned());
                }
            }
        }
    }
    out.extend(before);
    for beginning in beginnings {
        out.push(' ');
        out.push_str(&beginning);
    }
    out
}

/// So many letters of a word, if it has as many.
fn first_letters(word: &str, letters: usize) -> Option<&str> {
    let (last, c) = word.char_indices().nth(letters.checked_sub(1)?)?;
    word.get(..last + c.len_utf8())
}

/// A word as the parts that say all about it, as a phrase; `None` when they do not.
fn as_parts(word: &Word) -> Option<String> {
    let all: Vec<String> = tokens(&word.text).map(|(_, token)| token).collect();
    if let [only] = all.as_slice()
        && word.open
        && only.chars().count() <= MOST_LETTERS
        && !only.chars().any(stands_alone)
    {
        return Some(only.clone());
    }
    let is_chinese = all
        .iter()
        .all(|token| token.chars().next().is_some_and(stands_alone));
    if all.len() < 2 || !is_chinese {
        return None;
    }
    Some(
        all.array_windows()
            .map(|[one, next]: &[String; 2]| [one.as_str(), next].concat())
            .collect::<Vec<_>>()
            .join(" "),
    )
}

/// What is asked of the two indexes: what is found is in all that is asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Queries {
    /// Of the one of whole words.
    pub(super) whole: Option<String>,
    /// Of the one of [`parts`].
    pub(super) parts: Option<String>,
}

/// The queries for these words: each is asked of the index that answers it sooner.
pub(super) fn queries(words: &[Word], place: Option<Where>) -> Queries {
    let mut queries = Queries::default();
    for word in words {
        match as_parts(word) {
            Some(parts) => also(&mut queries.parts, &format!("\"{parts}\"")),
            None => also(&mut queries.whole, &phrase(word)),
        }
    }
    Queries {
        whole: queries.whole.map(|all| within(place, all)),
        parts: queries.parts.map(|all| within(place, all)),
    }
}

/// The query of the index of whole words for all of these. `None` when there are none.
pub(super) fn query(words: &[Word], place: Option<Where>) -> Option<String> {
    let mut all = None;
    for word in words {
        also(&mut all, &phrase(word));
    }
    all.map(|all| within(place, all))
}

fn also(query: &mut Option<String>, asked: &str) {
    match query {
        Some(query) => {
            let _ = write!(query, " AND {asked}");
        }
        None => *query = Some(asked.to_owned()),
    }
}

fn within(place: Option<Where>, asked: String) -> String {
    match place {
        Some(Where::Prompt) => format!("{{prompt}} : ({asked})"),
        Some(Where::Answer) => format!("{{answer}} : ({asked})"),
        Some(Where::Thinking) => format!("{{reasoning}} : ({asked})"),
        Some(Where::Title) | None => asked,
    }
}

/// A word as a phrase of the index of whole words.
fn phrase(word: &Word) -> String {
    // Between quotation marks nothing has a meaning but the mark itself.
    let phrase = spaced(&word.text).replace(['"', '\0'], " ");
    let last = word.text.chars().next_back();
    let is_open = word.open && last.is_some_and(|c| !stands_alone(c));
    format!("\"{}\"{}", phrase.trim(), if is_open { "*" } else { "" })
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
        assert_eq!(query(&[word("天气")], None).unwrap(), "\"天 气\"");
        assert_eq!(
            query(&[word("Rust异步"), word("run")], Some(Where::Thinking)).unwrap(),
            "{reasoning} : (\"Rust 异 步\" AND \"run\"*)"
        );
        assert_eq!(query(&[word("a\" OR \"b")], None).unwrap(), "\"a  OR  b\"*");
        assert_eq!(query(&[], None), None);
    }

    #[test]
    fn parts_are_pairs_of_characters_and_first_letters() {
        assert_eq!(
            parts("今天好，Rust rules 天气"),
            "今天 天好 好 天气 气 r ru"
        );
        assert_eq!(parts("今，天"), "今天 天", "as the other index sees it");
        assert_eq!(parts("Élan x"), " e el x");
        assert_eq!(parts(""), "");
    }

    #[test]
    fn words_are_asked_of_the_index_that_answers_them_sooner() {
        let asked = |typed: &[&str]| {
            let words: Vec<Word> = typed.iter().map(|typed| word(typed)).collect();
            let queries = queries(&words, None);
            let shown = |query: Option<String>| query.unwrap_or_default().replace('"', "");
            [shown(queries.whole), shown(queries.parts)]
        };
        assert_eq!(asked(&["天气很"]), ["", "天气 气很"]);
        assert_eq!(asked(&["气"]), ["气", ""]);
        assert_eq!(asked(&["R", "cargo"]), ["cargo*", "r"]);
        assert_eq!(asked(&["Rust异步", "异步"]), ["Rust 异 步", "异步"]);
        assert_eq!(asked(&["a-b"]), ["a-b*", ""]);
        assert_eq!(asked(&[]), ["", ""]);
        let whole = Word {
            open: false,
            ..word("ru")
        };
        assert_eq!(queries(&[whole], None).parts, None);
    }
}
