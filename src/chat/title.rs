//! What a conversation is called: as the user or the model named it, else by its first message.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::safe;

/// The widest title, in columns.
const MOST_COLS: usize = 60;
/// As many characters of a line are looked at: it may be a megabyte of JSON.
const MOST_CHARS: usize = 1_000;

/// A title made from a message: its first line that says something, without Markdown and control
/// characters, cut at a word. Empty when the message says nothing.
pub fn title_from(message: &str) -> String {
    let head = |line: &str| line.chars().take(MOST_CHARS).collect::<String>();
    let lines = message.lines().map(str::trim);
    let line = lines
        .map(|line| plain(&safe::one_line(&head(line))))
        .find(|line| !line.is_empty());
    cut(&line.unwrap_or_default())
}

/// A line as read, without the signs of Markdown.
fn plain(line: &str) -> String {
    if line.starts_with("```") || line.starts_with("~~~") {
        return String::new();
    }
    let line = without_marker(line);
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if let Some((label, after)) = link(rest) {
            text.push_str(label);
            rest = after;
            continue;
        }
        let run = rest.len() - rest.trim_start_matches(c).len();
        let (signs, after) = rest.split_at_checked(run).unwrap_or((rest, ""));
        let is_sign = match c {
            '`' => true,
            '*' | '_' | '~' => is_emphasis(text.chars().next_back(), run, after.chars().next()),
            _ => false,
        };
        if !is_sign {
            text.push_str(signs);
        }
        rest = after;
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A line without what makes it a heading, a quotation or an item of a list.
fn without_marker(line: &str) -> &str {
    let mut line = line;
    loop {
        let bare = line.trim_start_matches(['#', '>']).trim_start();
        let bare = ["- ", "* ", "+ "]
            .iter()
            .find_map(|marker| bare.strip_prefix(marker))
            .unwrap_or(bare);
        if bare.len() == line.len() {
            return line;
        }
        line = bare;
    }
}

/// `[label](target)` at the start of a text: the label, and what comes after.
fn link(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('!').unwrap_or(text);
    let (label, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (_, after) = rest.split_once(')')?;
    (!label.contains('[')).then_some((label, after))
}

/// Whether signs between two characters mark emphasis rather than a product or a name.
fn is_emphasis(before: Option<char>, run: usize, after: Option<char>) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let is_space = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let lonely = is_space(before) && is_space(after) && before.is_some();
    run <= 3 && !lonely && !(is_word(before) && is_word(after))
}

/// A text cut to the widest title, at a space if one is near.
fn cut(text: &str) -> String {
    if text.width() <= MOST_COLS {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut cols = 0;
    for cluster in text.graphemes(true) {
        cols += cluster.width();
        if cols > MOST_COLS - 1 {
            break;
        }
        kept.push_str(cluster);
    }
    if let Some((words, _)) = kept.rsplit_once(' ')
        && words.width() * 2 > MOST_COLS
    {
        kept.truncate(words.len());
    }
    let end = kept
        .trim_end_matches([' ', ',', ';', ':', '，', '、'])
        .len();
    kept.truncate(end);
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_says_something_is_the_title() {
        assert_eq!(
            title_from("\n\n  ## Roots of *a* quadratic\nmore"),
            "Roots of a quadratic"
        );
        assert_eq!(title_from("```rust\nfn main() {}\n```"), "fn main() {}");
        assert_eq!(
            title_from("> - **Why** does `x` [fail](https://e.x/a)?"),
            "Why does x fail?"
        );
        assert_eq!(title_from(" \n\t\n"), "");
    }

    #[test]
    fn products_and_names_keep_their_signs() {
        for text in [
            "2 * 3 = 6",
            "x*y",
            "2**8",
            "snake_case_name",
            "a ~ b",
            "C# and f#",
        ] {
            assert_eq!(title_from(text), text);
        }
    }

    #[test]
    fn a_long_title_is_cut_at_a_word() {
        let title = title_from(&"several words, ".repeat(12));
        assert_eq!(
            title,
            "several words, several words, several words, several…"
        );
        let title = title_from(&"没有空格的很长的一句话".repeat(8));
        assert!(
            title.ends_with('…') && title.width() <= MOST_COLS,
            "{title}"
        );
    }

    #[test]
    fn control_characters_do_not_get_into_a_title() {
        assert_eq!(title_from("a\x1b]0;evil\x07b\tc"), "a␛]0;evil␇b c");
    }

    proptest::proptest! {
        #[test]
        fn every_title_is_short_and_safe(text in "\\PC{0,200}|.{0,200}") {
            let title = title_from(&text);
            proptest::prop_assert!(title.width() <= MOST_COLS + 1);
            proptest::prop_assert!(!title.chars().any(char::is_control));
        }
    }

    #[test]
    fn a_megabyte_on_one_line_has_a_title_too() {
        assert_eq!(title_from(&"[1],".repeat(300_000)).len(), 62);
    }
}
