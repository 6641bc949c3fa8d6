//! Formulas at the end of a text that is still being written.
//!
//! Owns the guess that what a dollar or a bracket opens will be a formula: its signs are not
//! markup, so that `$a*b` is not in italics for a moment.

/// A formula longer than this is none.
const MAX_BYTES: usize = 4 * 1024;
/// What one dollar opens is soon closed, or was a price.
const MAX_DOLLAR_BYTES: usize = 256;

/// A formula that a text begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Formula {
    /// It ends here.
    Whole(usize),
    /// It is not written to its end: how much of it to show, and what closes it.
    Half { kept: usize, closers: String },
}

/// Reads the formula that `text` begins with, if it begins with one.
pub(super) fn read(text: &str) -> Option<Formula> {
    let (open, close) = [("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$"), ("$", "$")]
        .into_iter()
        .find(|(open, _)| text.starts_with(open))?;
    let inner = text.get(open.len()..)?;
    if close == "$" && !inner.starts_with(|c: char| !c.is_whitespace()) {
        return None;
    }
    let mut at = 0;
    let mut braces = 0_usize;
    while let Some(rest) = inner.get(at..)
        && let Some(c) = rest.chars().next()
    {
        if at > MAX_BYTES {
            return None;
        }
        if braces == 0 && rest.starts_with(close) {
            let before = inner.get(..at)?;
            let after = rest.get(close.len()..)?;
            let closes = close != "$"
                || (!before.ends_with(char::is_whitespace)
                    && !after.starts_with(|c: char| c.is_ascii_digit()));
            return closes.then_some(Formula::Whole(open.len() + at + close.len()));
        }
        let next = rest.chars().nth(1);
        match (c, next) {
            ('\\', Some('(' | '[')) => return None,
            ('\\', Some(next)) => at += next.len_utf8(),
            // Half of what closes it, or of a command.
            ('\\', None) => break,
            ('$', None) if close == "$$" => break,
            ('$', _) if braces == 0 => return None,
            ('{', _) => braces += 1,
            ('}', _) => braces = braces.checked_sub(1)?,
            _ => {}
        }
        at += c.len_utf8();
    }
    let begun = inner.get(..at)?;
    let price = begun.starts_with(|c: char| c.is_ascii_digit())
        && !begun.contains(['\\', '^', '_', '=', '{']);
    if close == "$" && (price || begun.len() > MAX_DOLLAR_BYTES || begun.contains('\n')) {
        return None;
    }
    Some(Formula::Half {
        kept: open.len() + at,
        closers: "}".repeat(braces) + close,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_closed_and_a_price_is_not() {
        for (text, kept, closers) in [
            ("$x*y", 4, "$"),
            (r"$\frac{a}{b", 11, "}$"),
            ("$$x$", 3, "$$"),
            (r"\(x\", 3, r"\)"),
            (r"\[ a_{i", 7, r"}\]"),
            ("$2x^2", 5, "$"),
        ] {
            let closers = closers.to_owned();
            assert_eq!(read(text), Some(Formula::Half { kept, closers }), "{text}");
        }
        for (text, end) in [("$x$ and", 3), ("$$x$$", 5), (r"\(x\) y", 5)] {
            assert_eq!(read(text), Some(Formula::Whole(end)), "{text}");
        }
        for text in ["$5 and *so", "$ x", "$", "text", "$5–$10", r"\*", "$a $b"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
