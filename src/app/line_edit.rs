//! One line of text being typed: the filter of a list.

use unicode_segmentation::UnicodeSegmentation;

use crate::chat::safe;

/// The longest line, in bytes: more would only slow the filter down, at every key.
const MOST_BYTES: usize = 256;

/// A line of text with a caret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineEdit {
    text: String,
    /// The caret, as a byte offset at a character boundary.
    caret: usize,
}

impl LineEdit {
    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before the caret.
    pub fn before(&self) -> &str {
        self.text.get(..self.caret).unwrap_or_default()
    }

    /// Inserts text at the caret, on one line; what has no room is left out.
    pub fn insert(&mut self, text: &str) {
        let room = MOST_BYTES.saturating_sub(self.text.len());
        // What can be seen of a character may be longer than itself, so it is cut twice.
        let text = safe::one_line(head(text, room));
        let text = head(&text, room);
        self.text.insert_str(self.caret, text);
        self.caret += text.len();
    }

    /// Replaces the text; the caret goes to its end.
    pub fn set(&mut self, text: &str) {
        self.clear();
        self.insert(text);
    }

    /// Empties the line.
    pub fn clear(&mut self) {
        self.text.clear();
        self.caret = 0;
    }

    /// Deletes the character before the caret. Returns whether there was one.
    pub fn backspace(&mut self) -> bool {
        let Some((start, _)) = self.before().grapheme_indices(true).next_back() else {
            return false;
        };
        self.text.replace_range(start..self.caret, "");
        self.caret = start;
        true
    }

    /// Deletes the word before the caret.
    pub fn delete_word(&mut self) {
        let kept = self.before().trim_end();
        let mut spaces = kept.char_indices().rev().filter(|(_, c)| c.is_whitespace());
        let start = spaces.next().map_or(0, |(at, c)| at + c.len_utf8());
        self.text.replace_range(start..self.caret, "");
        self.caret = start;
    }

    /// Moves the caret by one character.
    pub fn step(&mut self, forward: bool) {
        if forward {
            let after = self.text.get(self.caret..).unwrap_or_default();
            self.caret += after.graphemes(true).next().map_or(0, str::len);
        } else if let Some((start, _)) = self.before().grapheme_indices(true).next_back() {
            self.caret = start;
        }
    }

    /// Moves the caret to an end of the line.
    pub fn jump(&mut self, to_end: bool) {
        self.caret = if to_end { self.text.len() } else { 0 };
    }
}

/// As much of the beginning of a text as fits into that many bytes, in whole characters.
fn head(text: &str, bytes: usize) -> &str {
    let end = text
        .grapheme_indices(true)
        .map(|(start, cluster)| start + cluster.len())
        .take_while(|end| *end <= bytes)
        .last();
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editing_keeps_whole_characters() {
        let mut line = LineEdit::default();
        line.insert("tencent 鲸👨‍👩‍👧");
        assert!(line.backspace());
        line.step(false);
        assert_eq!(line.before(), "tencent ");
        line.delete_word();
        assert_eq!(line.text(), "鲸");
        // A space of Chinese input methods is three bytes long.
        let mut line = LineEdit::default();
        line.insert("你好\u{3000}世界");
        line.delete_word();
        assert_eq!(line.text(), "你好\u{3000}");
        line = LineEdit::default();
        line.insert("tencent 鲸");
        line.step(false);
        line.delete_word();
        assert_eq!(line.text(), "鲸");
        assert!(!line.backspace());
        line.step(true);
        assert_eq!(line.before(), "鲸");
    }
}
