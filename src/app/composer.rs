//! The message box: text, caret, undo, folded pastes and the history of messages.
//!
//! The only file that knows the text area's library. A long paste is kept aside and stands in the
//! text as a chip (`[pasted 340 lines]`) that the caret treats as one character; so does every
//! grapheme cluster of more than one `char`, which the library would otherwise take apart.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Position;
use ratatui::style::Style;
use tui_textarea::{AtomicRange, CursorMove, CursorRenderMode, TextArea, WrapMode};
use unicode_segmentation::UnicodeSegmentation;

use super::command::Command;
use crate::chat::safe;
use crate::phrase::tr;

/// A paste longer than this is folded.
const MOST_PASTED_LINES: usize = 20;
/// A paste larger than this is folded: the text area wraps all its text at every key.
const MOST_PASTED_BYTES: usize = 32 * 1024;

/// The message box.
#[derive(Debug)]
pub struct Composer {
    area: TextArea<'static>,
    /// What each chip stands for.
    folded: Vec<(String, String)>,
    /// Messages sent before, oldest first.
    history: Vec<String>,
    /// Which of them is shown, counted from the newest, while looking through them.
    recalled: Option<usize>,
    /// Those that were remembered lately and nobody has asked for yet.
    remembered: Vec<String>,
    /// Counts changes of the text, or what may have been one.
    revision: u64,
}

impl Default for Composer {
    fn default() -> Self {
        Self {
            area: empty_area(),
            folded: Vec::new(),
            history: Vec::new(),
            recalled: None,
            remembered: Vec::new(),
            revision: 0,
        }
    }
}

impl Composer {
    /// The message, chips replaced by what they stand for.
    pub fn text(&self) -> String {
        let mut text = self.area.lines().join("\n");
        for (chip, pasted) in &self.folded {
            text = text.replacen(chip, pasted, 1);
        }
        text
    }

    /// Tells whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Counts changes of the text: as long as it stays the same, so does the text.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The messages that were remembered since the last call.
    pub fn take_remembered(&mut self) -> Vec<String> {
        std::mem::take(&mut self.remembered)
    }

    /// Puts messages of earlier programs before those of this one, oldest first.
    pub fn remember_earlier(&mut self, mut messages: Vec<String>) {
        messages.append(&mut self.history);
        self.history = messages;
    }

    /// Puts a draft back; a long one is folded like a paste.
    pub fn restore(&mut self, draft: &str) {
        self.clear();
        if !draft.is_empty() {
            self.paste(draft);
        }
    }

    /// Replaces the text; the caret goes to its end.
    pub fn set_text(&mut self, text: &str) {
        self.clear();
        self.insert(text);
    }

    /// Selects a piece of a line, so that what is typed takes its place.
    pub fn select(&mut self, piece: &str) {
        let mut lines = self.area.lines().iter().enumerate();
        let Some((row, line, at)) =
            lines.find_map(|(row, line)| Some((row, line, line.find(piece)?)))
        else {
            return;
        };
        let from = line.get(..at).map_or(0, |head| head.chars().count());
        let to = from + piece.chars().count();
        let at = |col: usize| {
            let [row, col] = [row, col].map(|it| u16::try_from(it).unwrap_or(u16::MAX));
            CursorMove::Jump(row, col)
        };
        self.area.move_cursor(at(from));
        self.area.start_selection();
        self.area.move_cursor(at(to));
    }

    /// Empties the box.
    pub fn clear(&mut self) {
        self.area = empty_area();
        self.folded.clear();
        self.recalled = None;
        self.revision += 1;
    }

    /// Deletes the text so that an undo brings it back, and Up too.
    pub fn erase(&mut self) {
        self.remember(self.text());
        self.area.select_all();
        self.area.cut();
        self.recalled = None;
        self.edited();
    }

    /// Takes the message out of the box and remembers it.
    pub fn take(&mut self) -> String {
        let text = self.text();
        self.remember(text.clone());
        self.clear();
        text
    }

    /// Types a key. Returns whether the text changed.
    pub fn input(&mut self, key: KeyEvent) -> bool {
        let changed = self.area.input_without_shortcuts(key);
        if changed {
            self.edited();
        }
        changed
    }

    /// Inserts pasted text; a long one is folded. Never sends, whatever line feeds it holds.
    pub fn paste(&mut self, text: &str) {
        // Terminals send CR for a line's end in a paste.
        let text = safe::visible(&text.replace("\r\n", "\n").replace('\r', "\n")).into_owned();
        let lines = text.lines().count();
        if lines > MOST_PASTED_LINES || text.len() > MOST_PASTED_BYTES {
            let chip = self.chip_for(lines, text.len());
            self.folded.push((chip.clone(), text));
            self.insert(&chip);
        } else {
            self.insert(&text);
        }
    }

    /// Tells whether nothing stands before the caret.
    pub fn is_at_start(&self) -> bool {
        let caret = self.area.cursor();
        caret == (0, 0)
    }

    /// The word before the caret, from the last space or the beginning of the line on.
    pub fn word_before(&self) -> &str {
        let caret = self.area.cursor();
        let line = self.area.lines().get(caret.0).map_or("", String::as_str);
        let end = line
            .char_indices()
            .nth(caret.1)
            .map_or(line.len(), |(at, _)| at);
        let before = line.get(..end).unwrap_or_default();
        before.rsplit(char::is_whitespace).next().unwrap_or(before)
    }

    /// Writes something else in place of the word before the caret.
    pub fn replace_word(&mut self, with: &str) {
        let caret = self.area.cursor().1;
        let begin = caret.saturating_sub(self.word_before().chars().count());
        // One deletion may take a whole cluster.
        while self.area.cursor().1 > begin && self.area.delete_char() {}
        self.insert(with);
    }

    /// Shows what the chips stand for. Returns whether there were any.
    pub fn expand(&mut self) -> bool {
        if self.folded.is_empty() {
            return false;
        }
        let text = self.text();
        self.clear();
        self.insert(&text);
        true
    }

    /// Carries out an editing command. Returns whether it was one.
    pub fn edit(&mut self, command: Command) -> bool {
        match command {
            Command::NewLine => self.area.insert_newline(),
            Command::Undo => drop(self.area.undo()),
            Command::Redo => drop(self.area.redo()),
            Command::LineStart => self.area.move_cursor(CursorMove::Head),
            Command::LineEnd => self.area.move_cursor(CursorMove::End),
            Command::DeleteToLineEnd => drop(self.area.delete_line_by_end()),
            Command::DeleteToLineStart => drop(self.area.delete_line_by_head()),
            Command::DeleteWord => drop(self.area.delete_word()),
            Command::CaretForward => self.area.move_cursor(CursorMove::Forward),
            Command::CaretBack => self.area.move_cursor(CursorMove::Back),
            Command::CaretUp if self.recalls() => self.recall(1),
            Command::CaretDown if self.recalls() => self.recall(-1),
            Command::CaretUp => self.area.move_cursor(CursorMove::Up),
            Command::CaretDown => self.area.move_cursor(CursorMove::Down),
            _ => return false,
        }
        self.edited();
        true
    }

    /// How many rows the text takes at a width of `cols`.
    pub fn rows(&mut self, cols: u16) -> u16 {
        self.area.measure(cols.max(1)).content_rows
    }

    /// The widget to draw.
    pub fn widget(&self) -> &TextArea<'static> {
        &self.area
    }

    /// Where the caret was drawn, once the widget has been.
    pub fn caret(&self) -> Option<Position> {
        self.area.rendered_cursor_position()
    }

    /// Puts the caret at a position of the screen, as last drawn.
    pub fn click(&mut self, position: Position) {
        if let Some((row, col)) = self.area.cursor_at_position(position) {
            let jump = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
            self.area
                .move_cursor(CursorMove::Jump(jump(row), jump(col)));
        }
    }

    /// Puts a text into the history.
    pub(super) fn remember(&mut self, text: String) {
        if self.history.last() != Some(&text) {
            self.history.push(text.clone());
            self.remembered.push(text);
        }
    }

    /// Up and Down look through earlier messages in an empty box, and go on doing so until the
    /// recalled text is changed.
    fn recalls(&self) -> bool {
        match self.recalled {
            Some(back) => self
                .remembered(back)
                .is_some_and(|text| self.text() == text),
            None => self.is_empty(),
        }
    }

    fn remembered(&self, back: usize) -> Option<&str> {
        let at = self.history.len().checked_sub(back)?;
        self.history.get(at).map(String::as_str)
    }

    fn recall(&mut self, step: isize) {
        let back = self.recalled.unwrap_or(0).saturating_add_signed(step);
        if back == 0 {
            self.clear();
        } else if let Some(text) = self.remembered(back).map(str::to_owned) {
            self.set_text(&text);
            self.recalled = Some(back);
        }
    }

    fn insert(&mut self, text: &str) {
        self.area.insert_str(text);
        self.edited();
    }

    fn chip_for(&self, lines: usize, bytes: usize) -> String {
        let size = if lines > 1 {
            tr!("{lines} lines", lines)
        } else {
            tr!("{size} KB", size = bytes / 1024)
        };
        let taken = |chip: &str| self.folded.iter().any(|(other, _)| other == chip);
        let plain = tr!("[pasted {size}]", size);
        if !taken(&plain) {
            return plain;
        }
        // No more chips than a person can paste.
        (2..10_000)
            .map(|n| tr!("[pasted {size} · {n}]", size, n))
            .find(|chip| !taken(chip))
            .unwrap_or(plain)
    }

    /// The library forgets atomic ranges at every edit, and an undo may bring a chip back.
    fn edited(&mut self) {
        self.revision += 1;
        let ranges: Vec<_> = self
            .area
            .lines()
            .iter()
            .enumerate()
            .flat_map(|(row, line)| atomic_ranges(row, line, &self.folded))
            .collect();
        // Ranges come from the lines themselves, so none can be out of bounds; were one, the
        // caret would merely step through it.
        drop(self.area.try_set_atomic_ranges(ranges));
    }
}

fn empty_area() -> TextArea<'static> {
    let mut area = TextArea::default();
    area.set_cursor_line_style(Style::default());
    area.set_cursor_render_mode(CursorRenderMode::Hidden);
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area.set_undo_coalescing(true);
    area.set_max_histories(1_000);
    area.set_tab_length(4);
    area
}

fn atomic_ranges(row: usize, line: &str, folded: &[(String, String)]) -> Vec<AtomicRange> {
    if line.is_ascii() && folded.is_empty() {
        return Vec::new();
    }
    let col_of = |byte: usize| line.get(..byte).map_or(0, |head| head.chars().count());
    let mut ranges: Vec<AtomicRange> = folded
        .iter()
        .filter_map(|(chip, _)| {
            let start_col = col_of(line.find(chip.as_str())?);
            let end_col = start_col + chip.chars().count();
            Some(AtomicRange {
                row,
                start_col,
                end_col,
            })
        })
        .collect();
    let mut start_col = 0;
    for cluster in line.graphemes(true) {
        let end_col = start_col + cluster.chars().count();
        let in_chip = ranges
            .iter()
            .any(|chip| start_col < chip.end_col && chip.start_col < end_col);
        if end_col - start_col > 1 && !in_chip {
            ranges.push(AtomicRange {
                row,
                start_col,
                end_col,
            });
        }
        start_col = end_col;
    }
    ranges
}

/// Tells whether a key is Emacs' for moving the caret forward, where there is text to move in.
pub(super) fn goes_forward(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('f') && key.modifiers == KeyModifiers::CONTROL
}

/// A key that the message box would type.
pub(super) fn types(key: KeyEvent) -> bool {
    let plain = !key
        .modifiers
        .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SUPER);
    match key.code {
        KeyCode::Char(_) => plain,
        KeyCode::Backspace | KeyCode::Delete => true,
        _ => false,
    }
}

/// Texts below each other, without those that are empty. The last one may still be typed.
pub(super) fn joined(texts: impl IntoIterator<Item = String>) -> String {
    let mut all = String::new();
    for text in texts.into_iter().filter(|text| !text.trim().is_empty()) {
        if !all.is_empty() {
            all.truncate(all.trim_end().len());
            all.push_str("\n\n");
        }
        all.push_str(&text);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composer(text: &str) -> Composer {
        let mut composer = Composer::default();
        composer.set_text(text);
        composer
    }

    #[test]
    fn a_long_paste_is_folded_and_sent_whole() {
        let mut composer = composer("look: ");
        let pasted = "line\r\n".repeat(340);
        composer.paste(&pasted);
        assert_eq!(
            composer.widget().lines().join("\n"),
            "look: [pasted 340 lines]"
        );
        assert_eq!(composer.text(), format!("look: {}", "line\n".repeat(340)));
        composer.paste(&pasted);
        assert!(composer.widget().lines()[0].ends_with("[pasted 340 lines · 2]"));
        assert_eq!(composer.text().lines().count(), 680);
    }

    #[test]
    fn one_backspace_removes_a_chip_or_an_emoji() {
        let mut chip = composer("a");
        chip.paste(&"x\n".repeat(30));
        chip.input(KeyEvent::from(KeyCode::Backspace));
        assert_eq!(chip.text(), "a");
        let mut family = composer("a👨‍👩‍👧‍👦");
        family.input(KeyEvent::from(KeyCode::Backspace));
        assert_eq!(family.text(), "a");
    }

    #[test]
    fn a_folded_paste_expands_on_demand() {
        let mut composer = composer("");
        composer.paste(&"x\n".repeat(30));
        assert!(composer.expand());
        assert_eq!(composer.widget().lines().len(), 31);
        assert!(!composer.expand());
    }

    #[test]
    fn up_and_down_look_through_messages_only_in_an_empty_box() {
        let mut composer = Composer::default();
        for text in ["one", "two"] {
            composer.set_text(text);
            assert_eq!(composer.take(), text);
        }
        composer.edit(Command::CaretUp);
        assert_eq!(composer.text(), "two");
        composer.edit(Command::CaretUp);
        assert_eq!(composer.text(), "one");
        composer.edit(Command::CaretUp);
        assert_eq!(composer.text(), "one");
        composer.edit(Command::CaretDown);
        composer.edit(Command::CaretDown);
        assert_eq!(composer.text(), "");
        composer.set_text("draft");
        composer.edit(Command::CaretUp);
        assert_eq!(composer.text(), "draft");
    }

    #[test]
    fn erased_text_comes_back_by_undo() {
        let mut composer = composer("a draft\nof two lines");
        composer.erase();
        assert!(composer.is_empty());
        composer.edit(Command::Undo);
        assert_eq!(composer.text(), "a draft\nof two lines");
    }

    #[test]
    fn a_word_is_replaced_and_nothing_before_it_whatever_it_is_made_of() {
        // Names on macOS: a letter and its accent are two characters.
        for before in ["see ", "see\n", "", "a👨‍👩‍👧‍👦 "] {
            for word in ["@cafe\u{301}", "@e\u{301}e\u{301}", "@👨‍👩‍👧‍👦x", "@x"] {
                let mut composer = composer(&format!("{before}{word}"));
                composer.replace_word("@found.txt");
                assert_eq!(composer.text(), format!("{before}@found.txt"), "{word}");
            }
        }
    }

    #[test]
    fn pasted_controls_become_visible() {
        let mut composer = Composer::default();
        composer.paste("a\x1b[31mb\rc");
        assert_eq!(composer.text(), "a␛[31mb\nc");
    }
}
