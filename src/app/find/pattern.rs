//! What is looked for, and where a text has it.
//!
//! Owns the rules by which a reader's words match a writer's: case and accents count only when the
//! query has them, full-width forms and typographic quotes are their plain selves, a space is any
//! white space (a line's end too), and what is not seen does not stand in the way: zero-width
//! characters, combining marks, and in Markdown the signs of emphasis. Knows no conversation.
//!
//! Invariants: a range begins and ends at characters of the text; looking through a text that
//! grows, piece by piece, finds what looking through all of it does.

use std::ops::Range;

use nucleo_matcher::chars::normalize;

/// How much white space one space of the query may stand for, and how much that is not seen may
/// lie between two of its characters: enough for any layout, and a bound on each attempt.
const MOST_BETWEEN: usize = 64;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    units: Vec<Unit>,
    /// The query has a capital, so capitals count.
    exact_case: bool,
    /// The query has an accent, so accents count.
    exact_accents: bool,
    /// The query has no sign of emphasis, so those of the text do not count.
    sees_through_markup: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Char(char),
    Space,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writing {
    /// With the signs of Markdown.
    Markdown,
    /// As it is read.
    Plain,
}

/// What came of trying a place.
enum Attempt {
    /// It matches, up to this byte.
    Found(usize),
    /// It does not match, whatever comes.
    No,
    /// The text ends before that is known.
    Open,
}

impl Pattern {
    /// Reads a query. `None` when it asks for nothing.
    pub(super) fn new(query: &str) -> Option<Self> {
        let query = query.trim_start();
        if query.is_empty() {
            return None;
        }
        let exact_case = query.chars().any(char::is_uppercase);
        let exact_accents = query.chars().any(|c| normalize(c) != c && c != 'ß');
        let mut units = Vec::new();
        for c in query.chars() {
            if c.is_whitespace() {
                if units.last() != Some(&Unit::Space) {
                    units.push(Unit::Space);
                }
            } else {
                units.extend(fold(c, exact_case, exact_accents).map(Unit::Char));
            }
        }
        Some(Self {
            sees_through_markup: !query.chars().any(is_emphasis),
            units,
            exact_case,
            exact_accents,
        })
    }

    /// Looks through a text from a byte on and adds what it finds, at most until `hits` are `most`
    /// or `budget` bytes are looked through. Returns from where to go on; the whole length when
    /// nothing is left. In a text of which more is to come (`done` is false), what its end leaves
    /// open is left for the next time.
    pub(super) fn search(
        &self,
        text: Searched<'_>,
        from: usize,
        limits: Limits,
        hits: &mut Vec<Range<usize>>,
    ) -> usize {
        let Searched {
            text,
            writing,
            done,
        } = text;
        let Some(Unit::Char(first)) = self.units.first().copied() else {
            return text.len();
        };
        let stop = from.saturating_add(limits.bytes);
        let mut next = from;
        let Some(rest) = text.get(from..) else {
            return text.len();
        };
        for (at, c) in rest.char_indices() {
            let at = from + at;
            if at < next {
                continue;
            }
            if at >= stop || hits.len() >= limits.hits {
                return at;
            }
            // Most places are ruled out by their first character.
            if c.is_ascii() {
                let c = if self.exact_case {
                    c
                } else {
                    c.to_ascii_lowercase()
                };
                if c != first && !(normalize(first) == c && self.exact_accents) {
                    continue;
                }
            }
            match self.attempt(text, writing, at) {
                Attempt::Found(end) => {
                    hits.push(at..end);
                    next = end;
                }
                Attempt::No => {}
                Attempt::Open if done => {}
                Attempt::Open => return at,
            }
        }
        text.len()
    }

    fn attempt(&self, text: &str, writing: Writing, start: usize) -> Attempt {
        let rest = text.get(start..).unwrap_or_default();
        let mut chars = rest.char_indices().peekable();
        let mut units = self.units.iter().copied().peekable();
        let mut before = None;
        let mut unseen = 0;
        while let Some(unit) = units.peek().copied() {
            let Some((at, c)) = chars.next() else {
                return Attempt::Open;
            };
            let end = start + at + c.len_utf8();
            match unit {
                // Whether an accent follows will be seen.
                Unit::Char(wanted)
                    if self.exact_accents
                        && chars.peek().is_none()
                        && wanted != c
                        && normalize(wanted) == self.case(c) =>
                {
                    return Attempt::Open;
                }
                Unit::Space if c.is_whitespace() => {
                    units.next();
                    if units.peek().is_none() {
                        return Attempt::Found(end);
                    }
                    let mut spaces = 1;
                    while spaces < MOST_BETWEEN
                        && chars.next_if(|(_, c)| c.is_whitespace()).is_some()
                    {
                        spaces += 1;
                    }
                }
                Unit::Char(_) if self.takes(c, chars.peek().map(|(_, c)| *c), &mut units) => {
                    if units.peek().is_none() {
                        return Attempt::Found(end);
                    }
                }
                Unit::Space | Unit::Char(_) => {
                    unseen += 1;
                    let hidden = unseen <= MOST_BETWEEN
                        && before.is_some()
                        && (is_unseen(c)
                            || writing == Writing::Markdown
                                && self.sees_through_markup
                                && is_emphasis(c)
                                && is_at_an_edge(before, rest.get(at..).unwrap_or_default()));
                    if !hidden {
                        return Attempt::No;
                    }
                    continue;
                }
            }
            before = Some(c);
            unseen = 0;
        }
        Attempt::No
    }

    fn case(&self, c: char) -> char {
        fold(c, self.exact_case, true).next().unwrap_or(c)
    }

    /// Compares a character of the text with what is due. One character may stand for several of
    /// the query (`ß` for `ss`); the last of them may be missing.
    fn takes(
        &self,
        c: char,
        after: Option<char>,
        units: &mut std::iter::Peekable<impl Iterator<Item = Unit> + Clone>,
    ) -> bool {
        let mut due = units.clone();
        let mut is_first = true;
        for folded in fold(c, self.exact_case, self.exact_accents) {
            let Some(unit) = due.peek().copied() else {
                break;
            };
            // `é` of the query is also an `e` with a mark of its own.
            let composed = |wanted: char| {
                self.exact_accents
                    && normalize(wanted) == folded
                    && wanted != folded
                    && after.is_some_and(is_mark)
            };
            match unit {
                Unit::Char(wanted) if wanted == folded || composed(wanted) => {
                    due.next();
                }
                _ => return false,
            }
            is_first = false;
        }
        *units = due;
        !is_first
    }
}

/// A text to look through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Searched<'a> {
    /// The text.
    pub text: &'a str,
    /// How it is written.
    pub writing: Writing,
    /// Whether no more of it will come.
    pub done: bool,
}

/// How far one look goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Bytes to look through.
    pub bytes: usize,
    /// Hits to have in all.
    pub hits: usize,
}

/// A character as it is compared: up to four of them.
fn fold(c: char, exact_case: bool, exact_accents: bool) -> impl Iterator<Item = char> {
    let plain = match c {
        // Full-width forms of ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201f}' | '\u{2033}' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        'ς' if !exact_case => 'σ',
        'ſ' if !exact_case => 's',
        c => c,
    };
    let expanded: [Option<char>; 3] = match plain {
        'ß' | 'ẞ' if !exact_case => [Some('s'), Some('s'), None],
        'ﬀ' => [Some('f'), Some('f'), None],
        'ﬁ' => [Some('f'), Some('i'), None],
        'ﬂ' => [Some('f'), Some('l'), None],
        'ﬃ' => [Some('f'), Some('f'), Some('i')],
        'ﬄ' => [Some('f'), Some('f'), Some('l')],
        'İ' if !exact_case => [Some('i'), None, None],
        c => [Some(c), None, None],
    };
    expanded.into_iter().flatten().map(move |c| {
        let bare = if exact_accents || c == 'ß' {
            c
        } else {
            normalize(c)
        };
        if exact_case {
            return bare;
        }
        // What is left has one lower case letter.
        let mut lower = bare.to_lowercase();
        match (lower.next(), lower.next()) {
            (Some(lower), None) => lower,
            _ => bare,
        }
    })
}

fn is_emphasis(c: char) -> bool {
    matches!(c, '*' | '_' | '`' | '~')
}

/// Signs of emphasis stand beside what is no letter, on one side at least; `2*3` and `snake_case`
/// have none.
fn is_at_an_edge(before: Option<char>, from_here: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric();
    let after = from_here.chars().take(4).find(|c| !is_emphasis(*c));
    !(before.is_some_and(is_word) && after.is_some_and(is_word))
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}')
}

/// Marks on letters and characters without any width.
fn is_unseen(c: char) -> bool {
    is_mark(c)
        || matches!(c,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: Limits = Limits {
        bytes: usize::MAX,
        hits: usize::MAX,
    };

    fn text(text: &str, done: bool) -> Searched<'_> {
        Searched {
            text,
            writing: Writing::Markdown,
            done,
        }
    }

    fn found<'a>(query: &str, text: &'a str) -> Vec<&'a str> {
        let mut hits = Vec::new();
        let pattern = Pattern::new(query).unwrap();
        pattern.search(self::text(text, true), 0, ALL, &mut hits);
        let found = hits.into_iter().map(|hit| text.get(hit).unwrap());
        found.collect()
    }

    #[test]
    fn capitals_count_only_when_the_query_has_one() {
        assert_eq!(found("rust", "Rust rust RUST"), ["Rust", "rust", "RUST"]);
        assert_eq!(found("Rust", "Rust rust RUST"), ["Rust"]);
        assert_eq!(found("σίσυφος", "ΣΊΣΥΦΟΣ Σίσυφος"), ["ΣΊΣΥΦΟΣ", "Σίσυφος"]);
        assert_eq!(
            found("istanbul", "İstanbul ISTANBUL"),
            ["İstanbul", "ISTANBUL"]
        );
    }

    #[test]
    fn accents_count_only_when_the_query_has_one() {
        assert_eq!(found("ecole", "École école"), ["École", "école"]);
        assert_eq!(found("école", "École ecole"), ["École"]);
        assert_eq!(found("école", "e\u{301}cole ecole"), ["e\u{301}cole"]);
        assert_eq!(found("cafe noir", "cafe\u{301} noir"), ["cafe\u{301} noir"]);
        assert_eq!(found("É", "é É"), ["É"]);
    }

    #[test]
    fn one_character_may_stand_for_several() {
        assert_eq!(found("strasse", "Straße STRASSE"), ["Straße", "STRASSE"]);
        assert_eq!(found("straße", "Straße STRASSE"), ["Straße", "STRASSE"]);
        assert_eq!(found("s", "aß"), ["ß"]);
        assert_eq!(found("find", "ﬁnd"), ["ﬁnd"]);
    }

    #[test]
    fn full_width_and_typographic_forms_are_their_plain_selves() {
        assert_eq!(found("rust 2", "Ｒｕｓｔ　２"), ["Ｒｕｓｔ　２"]);
        assert_eq!(found("don't", "don’t"), ["don’t"]);
        assert_eq!(found("“a”", "\"A\""), ["\"A\""]);
        assert_eq!(found("a-b", "a‑b a–b"), ["a‑b", "a–b"]);
    }

    #[test]
    fn chinese_is_found_wherever_it_stands() {
        assert_eq!(found("世界", "你好世界，世界你好"), ["世界", "世界"]);
        assert_eq!(found("重点内容", "这是**重点**内容"), ["重点**内容"]);
    }

    #[test]
    fn a_space_is_any_white_space() {
        assert_eq!(
            found("two words", "two\nwords, two \t words"),
            ["two\nwords", "two \t words"]
        );
        assert_eq!(found("a ", "a b"), ["a "]);
        assert_eq!(found("  a", "a"), ["a"]);
        assert_eq!(Pattern::new(" "), None);
    }

    #[test]
    fn signs_of_emphasis_do_not_stand_in_the_way() {
        assert_eq!(
            found("the bold word", "the **bold** word"),
            ["the **bold** word"]
        );
        assert_eq!(found("call foo now", "call `foo` now"), ["call `foo` now"]);
        assert_eq!(found("23", "2*3"), [""; 0]);
        assert_eq!(found("snakecase", "snake_case"), [""; 0]);
        assert_eq!(found("**bold", "**bold**"), ["**bold"]);
        assert_eq!(found("soft", "so\u{ad}ft"), ["so\u{ad}ft"]);
    }

    #[test]
    fn hits_do_not_overlap_and_are_as_many_as_allowed() {
        assert_eq!(found("aa", "aaaaa"), ["aa", "aa"]);
        let mut hits = Vec::new();
        let pattern = Pattern::new("a").unwrap();
        let few = Limits { hits: 2, ..ALL };
        let next = pattern.search(text("aaaa", true), 0, few, &mut hits);
        assert_eq!((hits, next), (vec![0..1, 1..2], 2));
    }

    proptest! {
        #[test]
        fn text_that_comes_in_pieces_has_the_hits_of_the_whole(
            text in "[aAbßsé *\n你Ｒ\u{301}]{0,40}",
            query in "[aAbsßé 你r*]{1,4}",
            cuts in prop::collection::vec(0usize..100, 0..6),
            budget in 1usize..9,
        ) {
            let Some(pattern) = Pattern::new(&query) else { return Ok(()) };
            let mut whole = Vec::new();
            pattern.search(self::text(&text, true), 0, ALL, &mut whole);
            let mut ends: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            ends.sort_unstable();
            ends.retain(|end| text.is_char_boundary(*end));
            let mut pieces = Vec::new();
            let mut from = 0;
            let limits = Limits { bytes: budget, hits: usize::MAX };
            for end in ends {
                for _ in 0..text.len() {
                    from = pattern.search(self::text(text.get(..end).unwrap(), false), from, limits, &mut pieces);
                }
            }
            for _ in 0..=text.len() {
                from = pattern.search(self::text(&text, true), from, limits, &mut pieces);
            }
            prop_assert_eq!(from, text.len());
            prop_assert_eq!(&pieces, &whole);
            for hit in whole {
                prop_assert!(text.get(hit.clone()).is_some_and(|found| !found.is_empty()));
            }
        }
    }
}
