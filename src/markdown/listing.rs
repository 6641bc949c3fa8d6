//! Blocks of code and their colours: what is still plain, and what becomes of colours that arrive.
//!
//! Owns [`Listing`], a block with its finished lines, and the exchange with whoever knows the
//! languages: [`CodeRequest`] out, [`CodeColours`] in. It knows no language itself.
//!
//! Invariants: colours change how a row looks, never its text, its width or its place. A line is
//! known by a [`Fingerprint`] of everything in its block up to and including itself, so colours
//! that come too late, for a text that is another one by now, fit nothing and are dropped. A line
//! that is still being written has no colours, since its end may change its beginning.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::{CodeBlock, Document, Role, code};

/// Lines of a block that are given colours; what follows stays plain.
const MAX_LINES: usize = 2_000;
/// Bytes of a block that are given colours.
const MAX_BLOCK_BYTES: usize = 256 * 1024;
/// A longer line stays plain, like minified code: nobody reads it, and it takes the longest. Less
/// than what `blocks` reads of a line at once, so that a coloured line is one piece.
const MAX_LINE_BYTES: usize = 1_000;
/// What is asked for at once is bounded, so that a screen further down does not wait for long.
const REQUEST_LINES: usize = 100;
const REQUEST_BYTES: usize = 16 * 1024;

/// Identifies a line by its language and by all the lines of its block up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

/// Lines of code whose colours are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRequest {
    /// The block's place among those of its text, counted from 0.
    pub block: usize,
    /// The language that the block says it is in.
    pub language: String,
    /// The number of the first line in its block, counted from 0.
    pub first_line: usize,
    /// Identifies what stands above the first line.
    pub before: Fingerprint,
    /// Identifies everything down to the last line.
    pub after: Fingerprint,
    /// The lines, without their ends. One that is too long is empty.
    pub lines: Vec<String>,
}

/// The colours of the lines of a [`CodeRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeColours {
    /// As in the request.
    pub block: usize,
    /// As in the request.
    pub first_line: usize,
    /// As in the request.
    pub after: Fingerprint,
    /// The pieces of each line. `None`: what stands above the first line is not known any more,
    /// and the block has to be asked for from its beginning.
    pub lines: Option<Vec<Box<[Coloured]>>>,
}

/// A piece of a line in one colour; it begins where the one before it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coloured {
    /// How long it is.
    pub bytes: usize,
    /// What it is: [`Role::CodeBlock`] or one of the roles of code.
    pub role: Role,
}

/// Colours that have arrived, by line.
pub(super) type Colours = HashMap<Fingerprint, Box<[Coloured]>>;

/// A block of code as it is read.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) block: CodeBlock,
    /// Columns for the code and its bar.
    room: usize,
    /// Its finished lines.
    lines: Vec<Line>,
    /// How many of them, from the first, have their colours.
    coloured: usize,
}

#[derive(Debug)]
struct Line {
    /// The rows that show it.
    rows: Range<usize>,
    /// Where it is in the block's text, its end included.
    bytes: Range<usize>,
    print: Fingerprint,
}

impl Fingerprint {
    /// Identifies the beginning of a block in `language`.
    pub fn start(language: &str) -> Self {
        Self(0).then(language)
    }

    /// Identifies what `self` does with `line` below it.
    #[must_use]
    pub fn then(self, line: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        (self.0, line).hash(&mut hasher);
        Self(hasher.finish())
    }
}

impl Document {
    /// Asks for the colours of finished lines of code, down to the last one in `rows`, that have
    /// none yet; `None` when nothing is missing there.
    pub fn uncoloured(&self, rows: &Range<usize>) -> Option<CodeRequest> {
        let mut blocks = self.code.iter().enumerate();
        blocks.find_map(|(block, listing)| listing.request(block, rows))
    }

    /// Gives lines of code their colours. Tells whether any row looks different now.
    pub fn colour(&mut self, colours: CodeColours) -> bool {
        let Some(listing) = self.code.get_mut(colours.block) else {
            return false;
        };
        let Some(pieces) = colours.lines else {
            for line in &listing.lines {
                self.colours.remove(&line.print);
            }
            listing.coloured = 0;
            return false;
        };
        let lines = colours.first_line..colours.first_line + pieces.len();
        let lines = listing.lines.get(lines).unwrap_or_default();
        if lines.last().is_none_or(|last| last.print != colours.after) {
            return false;
        }
        let prints = lines.iter().map(|line| line.print);
        self.colours.extend(prints.zip(pieces));
        self.colour_block(colours.block)
    }

    /// Draws the lines of a block whose colours are known in them. Tells whether there were any.
    pub(super) fn colour_block(&mut self, block: usize) -> bool {
        let Some(listing) = self.code.get_mut(block) else {
            return false;
        };
        let mut changed = false;
        while let Some(line) = listing.lines.get(listing.coloured)
            && let Some(pieces) = self.colours.get(&line.print)
        {
            listing.coloured += 1;
            let coloured = pieces.iter().any(|piece| piece.role != Role::CodeBlock);
            if let Some(rows) = self.rows.get_mut(line.rows.clone())
                && coloured
            {
                code::colour(rows, listing.text_of(line), pieces, listing.room);
                changed = true;
            }
        }
        changed
    }
}

impl Listing {
    pub(super) fn new(language: &str, room: usize) -> Self {
        Self {
            block: CodeBlock {
                language: language.to_owned(),
                text: String::new(),
                first_line: String::new(),
            },
            room,
            lines: Vec::new(),
            coloured: 0,
        }
    }

    /// Adds a line, or a part of one, that is shown in `rows`.
    pub(super) fn push(&mut self, text: &str, rows: Range<usize>) {
        self.block.text.push_str(text);
        if !text.ends_with('\n') {
            return;
        }
        let start = self.lines.last().map_or(0, |line| line.bytes.end);
        let bytes = start..self.block.text.len();
        let whole = self.block.text.get(bytes.clone()).unwrap_or_default();
        let print = self.print().then(whole);
        self.lines.push(Line { rows, bytes, print });
    }

    /// Takes the rows to be counted from `base`.
    pub(super) fn moved(mut self, base: usize) -> Self {
        for line in &mut self.lines {
            line.rows = line.rows.start + base..line.rows.end + base;
        }
        self
    }

    /// Forgets all but the first `bytes` of the text.
    pub(super) fn truncate(&mut self, bytes: usize) {
        self.block.text.truncate(bytes);
        self.lines.retain(|line| line.bytes.end <= bytes);
        self.coloured = self.coloured.min(self.lines.len());
    }

    fn request(&self, block: usize, rows: &Range<usize>) -> Option<CodeRequest> {
        if self.block.language.is_empty() {
            return None;
        }
        let shown = self
            .lines
            .partition_point(|line| line.rows.start < rows.end);
        let last = self.lines.get(shown.checked_sub(1)?)?;
        if last.rows.end <= rows.start {
            return None;
        }
        let missing = self.lines.get(self.coloured..shown.min(MAX_LINES))?;
        let first = &missing.first()?.bytes;
        if first.end > MAX_BLOCK_BYTES {
            return None;
        }
        let most = MAX_BLOCK_BYTES.min(first.start + REQUEST_BYTES);
        let few = missing.partition_point(|line| line.bytes.end <= most);
        let few = few.clamp(1, REQUEST_LINES);
        let asked = missing.get(..few.min(missing.len()))?;
        let text = |line: &Line| match self.text_of(line) {
            long if long.len() > MAX_LINE_BYTES => String::new(),
            text => text.to_owned(),
        };
        let before = match self.coloured.checked_sub(1) {
            Some(above) => self.lines.get(above)?.print,
            None => Fingerprint::start(&self.block.language),
        };
        Some(CodeRequest {
            block,
            language: self.block.language.clone(),
            first_line: self.coloured,
            before,
            after: asked.last()?.print,
            lines: asked.iter().map(text).collect(),
        })
    }

    fn text_of(&self, line: &Line) -> &str {
        let text = self.block.text.get(line.bytes.clone());
        text.unwrap_or_default().trim_end_matches(['\n', '\r'])
    }

    fn print(&self) -> Fingerprint {
        match self.lines.last() {
            Some(line) => line.print,
            None => Fingerprint::start(&self.block.language),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markdown::{Kind, Row};

    const CODE: &str = "Look:\n\n```rust\nfn main() {\n\tlet answer = 42;\n}\n```\nEnd.";

    fn document(text: &str, width: u16) -> Document {
        let mut document = Document::new(Kind::Markdown);
        document.sync(text, 0, width, false);
        document
    }

    fn all(document: &Document) -> Option<CodeRequest> {
        document.uncoloured(&(0..document.len()))
    }

    /// Colours every `let` and every number, a request at a time; returns the lines asked for.
    fn colour_all(document: &mut Document) -> Vec<String> {
        let mut asked = Vec::new();
        while let Some(request) = all(document) {
            document.colour(colours(&request));
            asked.extend(request.lines);
        }
        asked
    }

    fn colours(request: &CodeRequest) -> CodeColours {
        let piece = |bytes, role| Coloured { bytes, role };
        let paint = |line: &String| match line.find("let") {
            Some(at) => [
                piece(at, Role::CodeBlock),
                piece(3, Role::Keyword),
                piece(line.len() - at - 3, Role::Type),
            ]
            .into(),
            None => Box::default(),
        };
        CodeColours {
            block: request.block,
            first_line: request.first_line,
            after: request.after,
            lines: Some(request.lines.iter().map(paint).collect()),
        }
    }

    /// What is shown, keywords in braces and types in angle brackets.
    fn shown(document: &Document) -> Vec<String> {
        let span = |span: &crate::markdown::Span| match span.style.role {
            Role::Keyword => format!("{{{}}}", span.text),
            Role::Type => format!("<{}>", span.text),
            _ => span.text.clone(),
        };
        let row = |row: &Row| row.spans.iter().map(span).collect::<String>();
        document.rows.iter().map(row).collect()
    }

    #[test]
    fn colours_change_how_rows_look_and_nothing_else() {
        for width in 1..40 {
            let mut document = document(CODE, width);
            let plain = document.rows.clone();
            colour_all(&mut document);
            assert_eq!(document.rows.len(), plain.len());
            for (row, plain) in document.rows.iter().zip(&plain) {
                let text = |row: &Row| {
                    row.spans
                        .iter()
                        .map(|s| s.text.as_str())
                        .collect::<String>()
                };
                assert_eq!(text(row), text(plain), "{width}");
                assert_eq!((&row.source, row.wrapped), (&plain.source, plain.wrapped));
            }
            let copied = &document.code_blocks()[0].text;
            assert_eq!(copied, "fn main() {\n\tlet answer = 42;\n}\n");
        }
    }

    #[test]
    fn a_wrapped_line_keeps_its_colours_on_all_of_its_rows() {
        let mut document = document(CODE, 16);
        colour_all(&mut document);
        let rows = ["│     {let}", "│ ↪ <answer = 42;>"];
        assert_eq!(shown(&document)[4..6], rows);
    }

    #[test]
    fn only_lines_that_are_finished_and_on_the_screen_are_asked_for() {
        let mut document = document("```rust\nlet a = 1;\nlet b", 40);
        assert_eq!(all(&document).unwrap().lines, ["let a = 1;"]);
        assert_eq!(document.uncoloured(&(0..1)), None, "the label alone");
        assert_eq!(document.uncoloured(&(3..9)), None, "below");
        colour_all(&mut document);
        assert_eq!(all(&document), None);
    }

    #[test]
    fn each_line_of_a_growing_block_is_asked_for_once() {
        let mut document = Document::new(Kind::Markdown);
        let mut asked = Vec::new();
        for (at, _) in CODE.char_indices() {
            document.sync(CODE.get(..at).unwrap(), 0, 40, false);
            asked.extend(colour_all(&mut document));
        }
        assert_eq!(asked, ["fn main() {", "\tlet answer = 42;", "}"]);
        assert_eq!(shown(&document)[4], "│     {let}< answer = 42;>");
    }

    #[test]
    fn colours_outlive_another_width_but_not_another_text() {
        let mut document = document(CODE, 40);
        colour_all(&mut document);
        document.sync(CODE, 0, 30, false);
        assert_eq!(all(&document), None);
        assert_eq!(shown(&document)[4], "│     {let}< answer = 42;>");
        document.sync(CODE, 1, 30, false);
        assert!(all(&document).is_some());
    }

    #[test]
    fn late_colours_of_a_text_that_is_another_one_now_are_dropped() {
        let mut document = document(CODE, 40);
        let late = colours(&all(&document).unwrap());
        let other = CODE.replace("main", "again");
        document.sync(&other, 1, 40, false);
        let plain = document.rows.clone();
        assert!(!document.colour(late));
        assert_eq!(document.rows, plain);
        assert!(all(&document).is_some());
    }

    #[test]
    fn code_in_a_list_keeps_its_colours_while_the_list_grows() {
        let text = "- one\n\n  ```rust\n  let a;\n  ```\n- two";
        let mut document = document(text, 40);
        colour_all(&mut document);
        assert_eq!(shown(&document)[3], "  │ {let}< a;>");
        document.sync(&format!("{text} and *more*"), 0, 40, false);
        assert_eq!(shown(&document)[3], "  │ {let}< a;>");
        assert_eq!(all(&document), None);
    }

    #[test]
    fn a_block_that_was_forgotten_is_asked_for_from_its_beginning() {
        let mut document = document(CODE, 40);
        let request = all(&document).unwrap();
        colour_all(&mut document);
        document.colour(CodeColours {
            lines: None,
            ..colours(&request)
        });
        assert_eq!(all(&document), Some(request));
    }

    #[test]
    fn endless_lines_and_blocks_stay_plain() {
        let long = "x".repeat(MAX_LINE_BYTES + 1);
        let text = format!("```rust\n{long}\nlet a;\n");
        let lines = all(&document(&text, 40)).unwrap().lines;
        assert_eq!(lines, ["", "let a;"]);
        for (piece, count) in [("x\n", MAX_LINES), (format!("{long}\n").as_str(), 261)] {
            let text = format!("```rust\n{}", piece.repeat(3_000));
            let mut document = document(&text, 40);
            assert_eq!(colour_all(&mut document).len(), count);
        }
        // One line longer than a request or than a block.
        for bytes in [REQUEST_BYTES + 1, MAX_BLOCK_BYTES + 1] {
            let text = format!("```rust\n{}\nlet a;\n", "x".repeat(bytes));
            let asked = colour_all(&mut document(&text, 40)).len();
            assert_eq!(asked, if bytes < MAX_BLOCK_BYTES { 2 } else { 0 });
        }
    }

    #[test]
    fn code_without_a_language_is_plain() {
        for text in ["```\nlet a;\n```", "    let a;\n\nEnd"] {
            assert_eq!(all(&document(text, 40)), None);
        }
    }
}
