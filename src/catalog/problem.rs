//! What is wrong with a file, and where.
//!
//! A byte offset is noted while a file is read; lines and columns are counted once, at the end.

use std::fmt;

/// One mistake, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the user named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            message,
        } = self;
        write!(f, "{file}:{line}:{column}: {message}")
    }
}

/// Every mistake of a file, in the file's order; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            let line_end = if i == 0 { "" } else { "\n" };
            write!(f, "{line_end}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// What was noted while a file was read.
#[derive(Debug, Default)]
pub struct Notes {
    wrong: Vec<(usize, String)>,
    doubtful: Vec<(usize, String)>,
}

impl Notes {
    /// Notes a mistake at a byte of the text.
    pub fn wrong(&mut self, at: usize, message: impl Into<String>) {
        self.wrong.push((at, message.into()));
    }

    /// Notes something that is allowed and probably not meant.
    pub fn doubtful(&mut self, at: usize, message: impl Into<String>) {
        self.doubtful.push((at, message.into()));
    }

    /// The mistakes and the doubts, each in the order of the text.
    pub fn finish(self, file: &str, text: &str) -> (Vec<Problem>, Vec<Problem>) {
        let placed = |mut notes: Vec<(usize, String)>| {
            notes.sort_by_key(|&(at, _)| at);
            notes.dedup();
            let place = |(at, message)| {
                let (line, column) = line_and_column(text, at);
                let file = file.to_owned();
                Problem {
                    file,
                    line,
                    column,
                    message,
                }
            };
            notes.into_iter().map(place).collect()
        };
        (placed(self.wrong), placed(self.doubtful))
    }
}

/// The line and the column, in characters and from 1, of a byte of the text.
pub(super) fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let text = "a = 1\nü = \"é\" x";
        assert_eq!(line_and_column(text, 0), (1, 1));
        assert_eq!(line_and_column(text, text.len() - 1), (2, 9));
        assert_eq!(line_and_column(text, 999), (2, 10));
    }

    #[test]
    fn notes_come_back_in_the_order_of_the_text_and_once_each() {
        let mut notes = Notes::default();
        notes.wrong(3, "second");
        notes.wrong(0, "first");
        notes.wrong(3, "second");
        let (wrong, _) = notes.finish("f", "a\nb\n");
        assert_eq!(Problems(wrong).to_string(), "f:1:1: first\nf:2:2: second");
    }
}
