//! Cells in rows and columns: matrices, cases, derivations, arrays.

use super::super::tree::{Class, Grid, GridKind, Node};
use super::{Block, Side, beside, block, pile, row};

/// Draws cells in rows and columns.
pub(super) fn grid(grid: &Grid) -> Option<Block> {
    let mut cells: Vec<Vec<Block>> = Vec::with_capacity(grid.rows.len());
    for row in &grid.rows {
        let mut blocks = Vec::with_capacity(row.len());
        for (column, node) in row.iter().enumerate() {
            blocks.push(cell(&grid.kind, column, node)?);
        }
        cells.push(blocks);
    }
    let columns = cells.iter().map(Vec::len).max()?;
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let widths = cells.iter().filter_map(|row| row.get(column));
            widths.map(|block| block.width).max().unwrap_or(0)
        })
        .collect();
    // Rows of their own height are set apart; so are two cases, around the middle of the brace.
    let tall = cells.iter().flatten().any(|block| block.rows.len() > 1);
    let apart = match grid.kind {
        GridKind::Cases => tall || cells.len() == 2,
        GridKind::Lines | GridKind::Gathered | GridKind::Matrix | GridKind::Array(_) => tall,
    };
    let mut piled: Vec<Block> = Vec::new();
    for (index, row) in cells.into_iter().enumerate() {
        let mut line: Vec<Block> = Vec::new();
        let mut row = row.into_iter();
        for (column, width) in widths.iter().enumerate() {
            let between = between(&grid.kind, column, columns);
            line.push(Block::line(between));
            let block = row.next().unwrap_or_else(|| Block::line(String::new()));
            line.push(block.widened(*width, side(&grid.kind, column)));
        }
        line.push(Block::line(between(&grid.kind, columns, columns)));
        let line = beside(&line)?;
        if grid.lines.contains(&index) {
            piled.push(Block::line("─".repeat(line.width)));
        } else if apart && index > 0 {
            piled.push(Block::line(between_rows(&grid.kind, &widths)));
        }
        piled.push(line);
    }
    if grid.lines.contains(&grid.rows.len()) {
        let width = piled.first().map_or(0, |line| line.width);
        piled.push(Block::line("─".repeat(width)));
    }
    let height: usize = piled.iter().map(|block| block.rows.len()).sum();
    let base = match piled.as_slice() {
        [only] => only.base,
        _ => height / 2,
    };
    pile(piled, Side::Left, base)
}

/// Draws a cell. What follows an `&` in a derivation begins with a relation, which keeps its gap.
fn cell(kind: &GridKind, column: usize, node: &Node) -> Option<Block> {
    if *kind != GridKind::Lines || column.is_multiple_of(2) {
        return block(node);
    }
    let mut nodes = vec![Node::Atom(Class::Ord, String::new())];
    match node {
        Node::Row(inner) => nodes.extend(inner.iter().cloned()),
        other => nodes.push(other.clone()),
    }
    row(&nodes)
}

fn side(kind: &GridKind, column: usize) -> Side {
    match kind {
        GridKind::Matrix | GridKind::Gathered => Side::Middle,
        GridKind::Cases => Side::Left,
        GridKind::Lines if column.is_multiple_of(2) => Side::Right,
        GridKind::Lines => Side::Left,
        GridKind::Array(spec) => match spec.chars().filter(|c| *c != '|').nth(column) {
            Some('l') => Side::Left,
            Some('r') => Side::Right,
            _ => Side::Middle,
        },
    }
}

/// What stands before a column, and after the last one.
fn between(kind: &GridKind, column: usize, columns: usize) -> String {
    let outer = column == 0 || column == columns;
    match kind {
        GridKind::Lines if !outer && column.is_multiple_of(2) => "   ".to_owned(),
        GridKind::Lines | GridKind::Gathered => String::new(),
        GridKind::Cases if column == 0 => " ".to_owned(),
        GridKind::Cases | GridKind::Matrix if outer => String::new(),
        GridKind::Cases | GridKind::Matrix => "  ".to_owned(),
        GridKind::Array(spec) => {
            let mut seen = 0;
            let bar = spec.chars().any(|c| {
                seen += usize::from(c != '|');
                c == '|' && seen == column
            });
            match (bar, outer) {
                (true, true) => "│".to_owned(),
                (true, false) => " │ ".to_owned(),
                (false, true) => String::new(),
                (false, false) => "  ".to_owned(),
            }
        }
    }
}

/// An empty row of a grid, with its bars.
fn between_rows(kind: &GridKind, widths: &[usize]) -> String {
    let mut row = String::new();
    for (column, width) in widths.iter().enumerate() {
        row.push_str(&between(kind, column, widths.len()));
        row.push_str(&" ".repeat(*width));
    }
    row.push_str(&between(kind, widths.len(), widths.len()));
    row
}
