//! Tables of text: columns as wide as they need to be, and on a terminal no wider than it.

use std::io::{self, IsTerminal, Write};

use crate::chat::safe;
use crate::markdown::{is_cjk, text_width};

/// The narrowest that a column is made to fit a terminal.
const LEAST_COLS: usize = 10;
/// What separates two columns.
const GAP: usize = 2;

/// Writes a table to standard output, cut to the terminal's width if it is one.
pub(super) fn write<const N: usize>(
    out: &mut impl Write,
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> io::Result<()> {
    for line in lines(head, rows, terminal_width()) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Writes a sentence about a table, on several lines where the terminal asks for it.
pub(super) fn write_note(out: &mut impl Write, text: &str) -> io::Result<()> {
    for line in folded(
        &safe::one_line(text),
        terminal_width().unwrap_or(usize::MAX),
    ) {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// The lines of a sentence that has so much room, broken at spaces and beside Chinese characters.
fn folded(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut piece = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        piece.push(c);
        let next = chars.peek().copied();
        let ends = next.is_none_or(|next| {
            let is_tied = "，。、：；！？）》”".contains(next);
            c == ' ' || !is_tied && (is_cjk(c) || is_cjk(next))
        });
        if !ends {
            continue;
        }
        if let Some(line) = lines.last_mut() {
            if line.is_empty() || text_width(line) + text_width(piece.trim_end()) <= room {
                line.push_str(&piece);
            } else {
                lines.push(piece.clone());
            }
        }
        piece.clear();
    }
    lines
}

fn terminal_width() -> Option<usize> {
    let size = io::stdout().is_terminal().then(crossterm::terminal::size);
    let (cols, _) = size.and_then(Result::ok)?;
    Some(usize::from(cols))
}

/// The table's lines, safe to show, none wider than `width`.
fn lines<const N: usize>(
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    width: Option<usize>,
) -> Vec<String> {
    let table: Vec<[String; N]> = std::iter::once(head.map(str::to_owned))
        .chain(rows)
        .map(|row| row.map(|cell| safe::one_line(&cell)))
        .collect();
    let mut widths = [0; N];
    for row in &table {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(text_width(cell));
        }
    }
    if let Some(width) = width {
        narrow(&mut widths, width);
    }
    let line = |row: &[String; N]| {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            line.push_str(&padded(&cut(cell, *width), width + GAP));
        }
        let line = line.trim_end();
        width.map_or_else(|| line.to_owned(), |width| cut(line, width))
    };
    table.iter().map(line).collect()
}

/// Takes from the widest columns until all of them fit.
fn narrow(widths: &mut [usize], room: usize) {
    let total =
        |widths: &[usize]| widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
    while total(widths) > room {
        let Some(widest) = widths.iter_mut().max() else {
            return;
        };
        if *widest <= LEAST_COLS {
            return;
        }
        *widest -= 1;
    }
}

/// A text filled up with spaces to that many columns.
pub(super) fn padded(text: &str, cols: usize) -> String {
    let room = cols.saturating_sub(text_width(text));
    format!("{text}{}", " ".repeat(room))
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

    fn drawn(width: Option<usize>) -> Vec<String> {
        let rows = [
            [
                "甲乙丙丁戊己庚辛".to_owned(),
                "1".to_owned(),
                "a long remark about it".to_owned(),
            ],
            ["b".to_owned(), "200k".to_owned(), String::new()],
        ];
        lines(["NAME", "N", "REMARK"], rows.into_iter(), width)
    }

    #[test]
    fn a_note_is_broken_where_its_language_allows() {
        let lines = folded("(!) a/b：关闭可能不起作用。It says so.", 16);
        assert_eq!(lines, ["(!) a/b：关闭可", "能不起作用。It ", "says so."]);
        assert_eq!(folded("no room", 1), ["no ", "room"]);
        // No line begins with a mark that ends something.
        assert_eq!(folded("作用，好", 4), ["作", "用，", "好"]);
    }

    #[test]
    fn in_a_pipe_nothing_is_cut() {
        let all = drawn(None);
        assert_eq!(all[1], "甲乙丙丁戊己庚辛  1     a long remark about it");
        assert_eq!(all[2], "b                 200k");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in 0..60 {
            for line in drawn(Some(width)) {
                assert!(text_width(&line) <= width, "{width}: {line}");
            }
        }
        assert_eq!(drawn(Some(34))[1], "甲乙丙丁戊己…  1     a long remar…");
    }
}
