//! What the demo counts as tokens, and the pieces that a text is streamed in.
//!
//! Both are estimates in the manner of a real tokenizer, not the tokenizer of any model.

/// Estimates how many tokens a text is: four ASCII bytes a token, one and a half tokens a
/// Chinese, Japanese or Korean character, one token for every other character.
pub(super) fn estimate(text: &str) -> u64 {
    let (mut ascii, mut wide, mut other) = (0_u64, 0_u64, 0_u64);
    for c in text.chars() {
        if c.is_ascii() {
            ascii += 1;
        } else if is_cjk(c) {
            wide += 1;
        } else {
            other += 1;
        }
    }
    ascii.div_ceil(4) + (wide * 3).div_ceil(2) + other
}

/// Tells whether a character is written without spaces around words.
pub(super) fn is_cjk(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// Cuts a text into pieces of one to six characters, each of which counts as one token of the
/// reply. They begin with the space before a word, cut long words anywhere, and joined again
/// are the text. The same text is always cut in the same way.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(text.len() as u64);
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut room = 0;
    let mut last = Kind::Space;
    for c in text.chars() {
        let kind = Kind::of(c);
        let goes_on = !piece.is_empty()
            && room > 0
            && (kind == last || (last == Kind::Space && kind == Kind::Word));
        if goes_on {
            room -= 1;
        } else {
            if !piece.is_empty() {
                pieces.push(std::mem::take(&mut piece));
            }
            room = match kind {
                Kind::Word | Kind::Space => random.u8(2..=5),
                Kind::Cjk => random.u8(0..=1),
                Kind::Mark => random.u8(0..=2),
            };
        }
        piece.push(c);
        last = kind;
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Space,
    Mark,
    Cjk,
}

impl Kind {
    fn of(c: char) -> Self {
        if is_cjk(c) {
            Self::Cjk
        } else if c.is_alphanumeric() {
            Self::Word
        } else if c == ' ' {
            Self::Space
        } else {
            Self::Mark
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_short_and_join_to_the_text() {
        let text = "Factorization: (x − 2)(x − 3) = 0 …\n\n今天天气很好，hello world 🎉";
        let pieces = pieces(text);
        assert_eq!(pieces.concat(), text);
        assert!(pieces.iter().all(|piece| piece.chars().count() <= 6));
        assert!(pieces.len() > text.chars().count() / 6);
    }

    #[test]
    fn tokens_are_estimated_by_script() {
        assert_eq!(estimate(""), 0);
        assert_eq!(estimate("four"), 1);
        assert_eq!(estimate("fives"), 2);
        assert_eq!(estimate("你好"), 3);
        assert_eq!(estimate("é"), 1);
    }
}
