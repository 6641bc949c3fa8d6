//! Blocks of code and their colours: what is still plain, and what becomes of colours that arrive.
//!
//! Owns [`Listings`], the blocks of a document with their finished lines, and the exchange with
//! whoever knows the languages: [`CodeRequest`] out, [`CodeColours`] in. It knows no language itself.
//!
//! Invariants: colours change how a row looks, never its text, its width or its place. A line is
//! known by a [`Fingerprint`] of everything in its block up to and including itself, so colours
//! that come too late, for a text that is another one by now, fit nothing and are dropped. A line
//! that is still being written has no colours, since its end may change its beginning.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::{CodeBlock, Role, Row, code};

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
    /// Where the block begins in its text, in bytes.
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

/// The blocks of code of a text, by where they begin, and the colours of their lines.
#[derive(Debug)]
pub(super) struct Listings {
    blocks: BTreeMap<usize, Listing>,
    colours: Colours,
    /// Whether blocks are kept whole, not only as far as they are given colours.
    whole: bool,
}

/// A block of code as it is read.
#[derive(Debug)]
pub(super) struct Listing {
    /// Where it begins.
    at: usize,
    block: CodeBlock,
    /// Its finished lines, as far as they are given colours.
    lines: Vec<Line>,
    /// How many of them, from the first, have their colours.
    coloured: usize,
    /// It was found line by line, not within another block.
    fenced: bool,
}

#[derive(Debug)]
struct Line {
    /// Where it is in the block's text, its end included.
    bytes: Range<usize>,
    print: Fingerprint,
}

/// Which rows show a finished line of code.
#[derive(Debug, Clone)]
pub(super) struct CodeLine {
    /// Where its block begins.
    pub(super) block: usize,
    /// Its number in the block, counted from 0.
    pub(super) number: usize,
    pub(super) rows: Range<usize>,
    /// Columns for the code and its bar.
    pub(super) room: usize,
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

impl Listings {
    pub(super) fn new(whole: bool) -> Self {
        Self {
            blocks: BTreeMap::new(),
            colours: Colours::new(),
            whole,
        }
    }

    /// Begins a block whose lines are still to come.
    pub(super) fn begin(&mut self, at: usize, language: &str) {
        let listing = Listing {
            fenced: true,
            ..Listing::new(at, language)
        };
        self.blocks.insert(at, listing);
    }

    /// Adds a line, or a part of one, to the block that begins at `at`. Returns how long it is.
    pub(super) fn push(&mut self, at: usize, text: &str) -> usize {
        let Some(listing) = self.blocks.get_mut(&at) else {
            return 0;
        };
        if self.whole || listing.is_coloured_at_its_end() {
            listing.push(text);
            listing.note_colours(&self.colours);
        }
        listing.block.text.len()
    }

    /// Takes a block that was found whole.
    pub(super) fn insert(&mut self, mut listing: Listing) {
        listing.note_colours(&self.colours);
        self.blocks.insert(listing.at, listing);
    }

    /// Forgets all but the first `bytes` of a block.
    pub(super) fn truncate(&mut self, at: usize, bytes: usize) {
        if let Some(listing) = self.blocks.get_mut(&at) {
            listing.truncate(bytes);
        }
    }

    /// Forgets the blocks that begin at this byte or behind it.
    pub(super) fn forget_from(&mut self, at: usize) {
        drop(self.blocks.split_off(&at));
    }

    /// Forgets what can be found again by drawing this part of the text.
    pub(super) fn put_away(&mut self, range: &Range<usize>) {
        let inside = self.blocks.range(range.clone());
        let found: Vec<usize> = inside
            .filter(|(_, listing)| !listing.fenced)
            .map(|(at, _)| *at)
            .collect();
        for at in found {
            self.blocks.remove(&at);
        }
    }

    pub(super) fn blocks(&self) -> Vec<CodeBlock> {
        let listings = self.blocks.values();
        let blocks = listings.map(|listing| listing.block.with_first_line());
        blocks.collect()
    }

    pub(super) fn take_colours(&mut self) -> Colours {
        std::mem::take(&mut self.colours)
    }

    pub(super) fn give_colours(&mut self, colours: Colours) {
        self.colours = colours;
    }

    /// Asks for colours that one of `lines` lacks, and those above it in its block.
    pub(super) fn request<'a>(
        &self,
        lines: impl Iterator<Item = &'a CodeLine>,
    ) -> Option<CodeRequest> {
        let mut last: BTreeMap<usize, usize> = BTreeMap::new();
        for line in lines {
            let last = last.entry(line.block).or_default();
            *last = line.number.max(*last);
        }
        let mut wanted = last.into_iter();
        wanted.find_map(|(at, last)| self.blocks.get(&at)?.request(last + 1))
    }

    /// Takes colours. Returns the block and which lines of it may look different now.
    pub(super) fn take(&mut self, colours: CodeColours) -> Option<(usize, Range<usize>)> {
        let listing = self.blocks.get_mut(&colours.block)?;
        let Some(pieces) = colours.lines else {
            for line in &listing.lines {
                self.colours.remove(&line.print);
            }
            listing.coloured = 0;
            return None;
        };
        let lines = colours.first_line..colours.first_line + pieces.len();
        let lines = listing.lines.get(lines).unwrap_or_default();
        if lines.last().is_none_or(|last| last.print != colours.after) {
            return None;
        }
        let prints = lines.iter().map(|line| line.print);
        self.colours.extend(prints.zip(pieces));
        let before = listing.coloured;
        listing.note_colours(&self.colours);
        Some((colours.block, before..listing.coloured))
    }

    /// Draws the colours of a line in its rows. Tells whether it has any.
    pub(super) fn dress(&self, line: &CodeLine, rows: &mut [Row]) -> bool {
        let Some(listing) = self.blocks.get(&line.block) else {
            return false;
        };
        let found = listing.lines.get(line.number);
        let Some(known) = found.filter(|_| line.number < listing.coloured) else {
            return false;
        };
        let Some(pieces) = self.colours.get(&known.print) else {
            return false;
        };
        let coloured = pieces.iter().any(|piece| piece.role != Role::CodeBlock);
        let rows = rows.get_mut(line.rows.clone()).filter(|_| coloured);
        let Some(rows) = rows else {
            return false;
        };
        code::colour(rows, listing.text_of(known), pieces, line.room);
        true
    }
}

impl CodeLine {
    /// Takes the rows to be counted from `base`.
    pub(super) fn moved(mut self, base: usize) -> Self {
        self.rows = self.rows.start + base..self.rows.end + base;
        self
    }
}

impl Listing {
    /// A block that begins at this byte.
    pub(super) fn new(at: usize, language: &str) -> Self {
        Self {
            at,
            block: CodeBlock {
                language: language.to_owned(),
                text: String::new(),
                first_line: String::new(),
            },
            lines: Vec::new(),
            coloured: 0,
            fenced: false,
        }
    }

    /// Adds a line, or a part of one. Returns the number of that line.
    pub(super) fn push(&mut self, text: &str) -> usize {
        self.block.text.push_str(text);
        let number = self.lines.len();
        let start = self.lines.last().map_or(0, |line| line.bytes.end);
        if text.ends_with('\n') && number < MAX_LINES && start <= MAX_BLOCK_BYTES {
            let bytes = start..self.block.text.len();
            let whole = self.block.text.get(bytes.clone()).unwrap_or_default();
            let print = self.print().then(whole);
            self.lines.push(Line { bytes, print });
        }
        number
    }

    /// Tells whether what comes next is given colours too.
    fn is_coloured_at_its_end(&self) -> bool {
        self.lines.len() < MAX_LINES && self.block.text.len() <= MAX_BLOCK_BYTES
    }

    /// Counts the lines whose colours are known.
    fn note_colours(&mut self, colours: &Colours) {
        while self
            .lines
            .get(self.coloured)
            .is_some_and(|line| colours.contains_key(&line.print))
        {
            self.coloured += 1;
        }
    }

    /// Forgets all but the first `bytes` of the text.
    fn truncate(&mut self, bytes: usize) {
        self.block.text.truncate(bytes);
        self.lines.retain(|line| line.bytes.end <= bytes);
        self.coloured = self.coloured.min(self.lines.len());
    }

    /// Asks for the colours that the first `shown` lines lack.
    fn request(&self, shown: usize) -> Option<CodeRequest> {
        if self.block.language.is_empty() {
            return None;
        }
        let shown = shown.min(self.lines.len());
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
            block: self.at,
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
    use crate::markdown::{Document, Kind, Row};

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
        document.all_rows().iter().map(row).collect()
    }

    #[test]
    fn colours_change_how_rows_look_and_nothing_else() {
        for width in 1..40 {
            let mut document = document(CODE, width);
            let plain = document.all_rows();
            colour_all(&mut document);
            assert_eq!(document.len(), plain.len());
            for (row, plain) in document.all_rows().iter().zip(&plain) {
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
        let plain = document.all_rows();
        assert!(!document.colour(late));
        assert_eq!(document.all_rows(), plain);
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
