//! Tables of text: columns as wide as they need to be; on a terminal no wider than it, and without
//! losing what somebody came for. Bars go first, then words are broken into lines, then names stand
//! above their rows; figures and names are never cut.

use std::io::{self, IsTerminal, Write};

use crate::chat::safe;
use crate::markdown::{is_cjk, text_width};

/// The narrowest that a column of words is made.
const LEAST_WORDS_COLS: usize = 12;
/// The narrowest that a column of titles is made.
const LEAST_TITLE_COLS: usize = 20;
/// What separates two columns, and what sets rows off from what stands above them.
const GAP: usize = 2;

/// What a column holds, and what becomes of it where there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// Something that is typed elsewhere: never cut. The first column is one, or none is.
    Name,
    /// At the right of its column, never cut.
    Figure,
    /// A short word, never cut.
    Fact,
    /// On several lines where need be; the only one that may hold line feeds.
    Words,
    /// What its beginning tells enough of.
    Title,
    /// What can be missed: it goes first, the last one before the others.
    Spare,
}

/// Rows under a head.
#[derive(Debug)]
pub(super) struct Table<'a, const N: usize> {
    columns: [(&'a str, Fit); N],
    rows: Vec<Row<N>>,
    has_headings: bool,
}

#[derive(Debug)]
enum Row<const N: usize> {
    Cells([String; N]),
    Heading(String),
}

impl<'a, const N: usize> Table<'a, N> {
    /// An empty table. Where all heads are empty, none is written.
    pub(super) fn new(columns: [(&'a str, Fit); N]) -> Self {
        Self {
            columns,
            rows: Vec::new(),
            has_headings: false,
        }
    }

    /// Begins a group of rows, which stand below the heading.
    pub(super) fn heading(&mut self, text: &str) {
        self.has_headings = true;
        self.rows.push(Row::Heading(safe::one_line(text)));
    }

    /// Adds a row.
    pub(super) fn row(&mut self, mut cells: [String; N]) {
        for (cell, (_, fit)) in cells.iter_mut().zip(&self.columns) {
            *cell = match fit {
                Fit::Words => safe::visible(cell.trim_end()).replace('\t', " "),
                _ => safe::one_line(cell),
            };
        }
        self.rows.push(Row::Cells(cells));
    }

    /// Adds rows.
    pub(super) fn rows(mut self, rows: impl IntoIterator<Item = [String; N]>) -> Self {
        for cells in rows {
            self.row(cells);
        }
        self
    }

    /// Writes it to standard output.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for line in self.lines(terminal_cols()) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }

    /// Its lines, for so many columns; in a pipe there is no end to them.
    fn lines(&self, cols: Option<usize>) -> Vec<String> {
        let head = self.columns.map(|(head, _)| head.to_owned());
        let fits = self.columns.map(|(_, fit)| fit);
        let indent = if self.has_headings { GAP } else { 0 };
        let cells = self.rows.iter().filter_map(Row::cells);
        let natural = natural(std::iter::once(&head).chain(cells));
        let room = cols.map_or(usize::MAX, |cols| cols.saturating_sub(indent));
        let layout = Layout::of(&natural, &fits, room);
        let drawn = |cells| layout.draw(cells, &fits, room).into_iter();
        let indented = |line: String| format!("{:indent$}{line}", "");
        let mut lines = Vec::new();
        if head.iter().any(|head| !head.is_empty()) {
            lines.extend(drawn(&head).map(indented));
        }
        for row in &self.rows {
            match row {
                Row::Cells(cells) => lines.extend(drawn(cells).map(indented)),
                Row::Heading(text) => {
                    if !lines.is_empty() {
                        lines.push(String::new());
                    }
                    let heading = folded(text, cols.unwrap_or(usize::MAX));
                    lines.extend(heading.iter().map(|line| line.trim_end().to_owned()));
                }
            }
        }
        lines
    }
}

impl<const N: usize> Row<N> {
    fn cells(&self) -> Option<&[String; N]> {
        match self {
            Self::Cells(cells) => Some(cells),
            Self::Heading(_) => None,
        }
    }
}

/// How wide each column would like to be.
fn natural<'a, const N: usize>(rows: impl Iterator<Item = &'a [String; N]>) -> [usize; N] {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            let widest = cell.lines().map(text_width).max().unwrap_or(0);
            *width = (*width).max(widest);
        }
    }
    widths
}

/// Where the cells of a row stand.
#[derive(Debug, PartialEq, Eq)]
enum Layout<const N: usize> {
    /// Beside each other; those without a width are left out.
    Beside([Option<usize>; N]),
    /// The first above the others.
    Below([Option<usize>; N]),
    /// The first above the others, which follow each other like words.
    Flowing,
}

impl<const N: usize> Layout<N> {
    fn of(natural: &[usize; N], fits: &[Fit; N], room: usize) -> Self {
        let all = natural.map(Some);
        if let Some(widths) = fitted(all, fits, room) {
            return Self::Beside(widths);
        }
        let mut others = all;
        if let (Some(first), Some(Fit::Name)) = (others.first_mut(), fits.first()) {
            *first = None;
            if let Some(widths) = fitted(others, fits, room.saturating_sub(GAP)) {
                return Self::Below(widths);
            }
        }
        Self::Flowing
    }

    /// The lines of a row.
    fn draw(&self, cells: &[String; N], fits: &[Fit; N], room: usize) -> Vec<String> {
        let below = |lines: Vec<String>| {
            let first = cells.first().cloned().unwrap_or_default();
            let first = Some(first).filter(|first| !first.is_empty());
            let others = lines.iter().map(|line| line.trim_end());
            let others = others.filter(|line| !line.is_empty());
            first
                .into_iter()
                .chain(others.map(|line| format!("{:GAP$}{line}", "")))
                .collect()
        };
        match self {
            Self::Beside(widths) => beside(cells, fits, widths),
            Self::Below(widths) => below(beside(cells, fits, widths)),
            Self::Flowing => {
                let others = cells.iter().zip(fits).skip(1);
                let others = others.filter(|(cell, fit)| !cell.is_empty() && **fit != Fit::Spare);
                let others: Vec<&str> = others.map(|(cell, _)| cell.trim()).collect();
                below(folded(&others.join("  "), room.saturating_sub(GAP)))
            }
        }
    }
}

/// What the columns get of so much room: the last of the spare ones go first, then words and titles
/// give way, the widest before the others. Nothing where that is not enough.
fn fitted<const N: usize>(
    mut widths: [Option<usize>; N],
    fits: &[Fit; N],
    room: usize,
) -> Option<[Option<usize>; N]> {
    let least = |fit: Fit| match fit {
        Fit::Words => LEAST_WORDS_COLS,
        Fit::Title => LEAST_TITLE_COLS,
        Fit::Name | Fit::Figure | Fit::Fact | Fit::Spare => usize::MAX,
    };
    loop {
        let columns = widths.iter().zip(fits);
        let known = columns.filter_map(|(width, fit)| Some((*width)?.min(least(*fit))));
        if total(known) <= room {
            break;
        }
        let mut spare = widths.iter_mut().zip(fits).rev();
        let (last, _) = spare.find(|(width, fit)| width.is_some() && **fit == Fit::Spare)?;
        *last = None;
    }
    while total(widths.iter().flatten().copied()) > room {
        let columns = widths.iter_mut().zip(fits);
        let soft = columns.filter_map(|(width, fit)| {
            let width = width.as_mut()?;
            (*width > least(*fit)).then_some(width)
        });
        let widest = soft.max()?;
        *widest -= 1;
    }
    Some(widths)
}

fn total(widths: impl Iterator<Item = usize>) -> usize {
    let (count, sum) = widths.fold((0_usize, 0), |(count, sum), width| (count + 1, sum + width));
    sum + GAP * count.saturating_sub(1)
}

/// The lines of cells beside each other.
fn beside<const N: usize>(
    cells: &[String; N],
    fits: &[Fit; N],
    widths: &[Option<usize>; N],
) -> Vec<String> {
    let columns = cells.iter().zip(fits).zip(widths);
    let columns: Vec<(Vec<String>, Fit, usize)> = columns
        .filter_map(|((cell, fit), width)| {
            let width = (*width)?;
            let lines = match fit {
                Fit::Words => cell.lines().flat_map(|line| folded(line, width)).collect(),
                _ => vec![cut(cell, width)],
            };
            Some((lines, *fit, width))
        })
        .collect();
    let height = columns.iter().map(|(lines, ..)| lines.len()).max();
    let line = |at: usize| {
        let parts = columns.iter().map(|(lines, fit, width)| {
            let text = lines.get(at).map_or("", |line| line.trim_end());
            match fit {
                Fit::Figure => padded_before(text.trim(), *width),
                _ => padded(text, *width),
            }
        });
        let line = parts.collect::<Vec<_>>().join(&" ".repeat(GAP));
        line.trim_end().to_owned()
    };
    (0..height.unwrap_or(1).max(1)).map(line).collect()
}

/// Writes a sentence about a table, on several lines where the terminal asks for it.
pub(super) fn write_note(out: &mut impl Write, text: &str) -> io::Result<()> {
    for line in folded(&safe::one_line(text), terminal_cols().unwrap_or(usize::MAX)) {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// The lines of a sentence that has so much room, broken at spaces and beside Chinese characters;
/// a word that is longer than a line, like an address, is broken anywhere.
fn folded(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut piece = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        piece.push(c);
        let next = chars.peek().copied();
        let ends = next.is_none_or(|next| {
            let is_tied = "，。、：；！？）》”".contains(next);
            c == ' ' && next != ' ' || !is_tied && (is_cjk(c) || is_cjk(next))
        });
        if !ends {
            continue;
        }
        for part in parts(&std::mem::take(&mut piece), room) {
            match lines.last_mut() {
                Some(line) if line.is_empty() || fits_behind(line, &part, room) => {
                    line.push_str(&part);
                }
                _ => lines.push(part),
            }
        }
    }
    lines
}

fn fits_behind(line: &str, piece: &str, room: usize) -> bool {
    text_width(line) + text_width(piece.trim_end()) <= room
}

/// A word, in parts that fit into a line where that has room for more than a few letters: broken
/// behind a slash if it can be.
fn parts(word: &str, room: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    for c in word.chars() {
        let mut bytes = [0; 4];
        let c: &str = c.encode_utf8(&mut bytes);
        if room >= LEAST_WORDS_COLS && c != " " && !fits_behind(&part, c, room) {
            let at = part.rfind('/').map_or(part.len(), |at| at + 1);
            let rest = part.split_off(at);
            parts.push(std::mem::replace(&mut part, rest));
        }
        part.push_str(c);
    }
    parts.push(part);
    parts
}

/// The columns of the terminal that standard output is, if it is one.
pub(super) fn terminal_cols() -> Option<usize> {
    let size = io::stdout().is_terminal().then(crossterm::terminal::size);
    let (cols, _) = size.and_then(Result::ok)?;
    Some(usize::from(cols))
}

/// A text filled up with spaces to that many columns.
fn padded(text: &str, cols: usize) -> String {
    let room = cols.saturating_sub(text_width(text));
    format!("{text}{:room$}", "")
}

/// The same with the spaces before it.
fn padded_before(text: &str, cols: usize) -> String {
    let room = cols.saturating_sub(text_width(text));
    format!("{:room$}{text}", "")
}

/// The beginning of a text, with a mark where it was cut.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text_width(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        let cols = text_width(c.encode_utf8(&mut [0; 4]));
        if used + cols + 1 > width {
            break;
        }
        used += cols;
        kept.push(c);
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [(&str, Fit); 5] = [
        ("NAME", Fit::Name),
        ("COUNT", Fit::Figure),
        ("REMARK", Fit::Words),
        ("CACHED", Fit::Spare),
        ("", Fit::Spare),
    ];

    fn drawn(cols: Option<usize>) -> Vec<String> {
        let rows = [
            [
                "provider/a-name",
                "12.9k",
                "a long remark about it",
                "7",
                "████",
            ],
            ["甲乙丙", "1", "", "0", "█"],
        ];
        let rows = rows.map(|row| row.map(str::to_owned));
        Table::new(COLUMNS).rows(rows).lines(cols)
    }

    #[test]
    fn in_a_pipe_nothing_is_left_out() {
        assert_eq!(
            drawn(None),
            [
                "NAME             COUNT  REMARK                  CACHED",
                "provider/a-name  12.9k  a long remark about it  7       ████",
                "甲乙丙               1                          0       █",
            ]
        );
    }

    #[test]
    fn words_are_broken_before_a_column_goes() {
        let lines = drawn(Some(50));
        assert_eq!(
            lines[1..3],
            [
                "provider/a-name  12.9k  a long        7       ████",
                "                        remark about"
            ]
        );
    }

    #[test]
    fn bars_go_before_other_spare_columns_and_those_before_names_are_moved() {
        assert!(drawn(Some(49))[1].ends_with('7'), "{:#?}", drawn(Some(49)));
        let lines = drawn(Some(37));
        assert_eq!(lines[0], "NAME             COUNT  REMARK");
        assert_eq!(lines[1], "provider/a-name  12.9k  a long remark");
        assert_eq!(
            drawn(Some(28)),
            [
                "NAME",
                "  COUNT  REMARK",
                "provider/a-name",
                "  12.9k  a long remark about",
                "         it",
                "甲乙丙",
                "      1",
            ]
        );
        // Where even that is too wide, what is left of a row flows.
        assert_eq!(drawn(Some(16))[3..5], ["  12.9k  a long", "  remark about"]);
    }

    #[test]
    fn no_name_or_figure_is_ever_cut() {
        for cols in 0..80 {
            let text = drawn(Some(cols)).join("\n");
            for whole in ["provider/a-name", "12.9k", "甲乙丙"] {
                assert!(text.contains(whole), "{cols}: {text}");
            }
        }
    }

    #[test]
    fn no_line_is_wider_than_a_terminal_that_can_hold_a_name() {
        for cols in 15..80 {
            for line in drawn(Some(cols)) {
                assert!(text_width(line.trim_end()) <= cols, "{cols}: {line}");
            }
        }
        assert_eq!(
            folded("to https://a.example/b", 14),
            ["to https://", "a.example/b"]
        );
    }

    #[test]
    fn rows_of_a_group_stand_below_its_heading() {
        let mut table = Table::new([("", Fit::Fact), ("", Fit::Words)]);
        table.heading("One");
        table.row(["✓".to_owned(), "a text of\n  two lines".to_owned()]);
        table.heading("Two");
        table.row(["–".to_owned(), "that is long".to_owned()]);
        assert_eq!(
            table.lines(None),
            [
                "One",
                "  ✓  a text of",
                "       two lines",
                "",
                "Two",
                "  –  that is long"
            ]
        );
    }

    #[test]
    fn a_title_is_cut_on_one_line() {
        let table = Table::new([
            ("id", Fit::Fact),
            ("title", Fit::Title),
            ("model", Fit::Spare),
        ]);
        let row = ["7", "今天天气很好 and so on and on", "m/n"].map(str::to_owned);
        let table = table.rows([row]);
        assert_eq!(table.lines(Some(33))[1], "7   今天天气很好 and so o…  m/n");
        assert_eq!(table.lines(Some(28))[1], "7   今天天气很好 and so on …");
    }

    #[test]
    fn a_note_is_broken_where_its_language_allows() {
        let lines = folded("(!) a/b：关闭可能不起作用。It says so.", 16);
        assert_eq!(lines, ["(!) a/b：关闭可", "能不起作用。It ", "says so."]);
        assert_eq!(folded("no room", 1), ["no ", "room"]);
        // No line begins with a mark that ends something.
        assert_eq!(folded("作用，好", 4), ["作", "用，", "好"]);
    }
}
