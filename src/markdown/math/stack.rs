//! Draws a formula in several rows, as it is written on paper.
//!
//! Owns blocks of rows and how they are put beside, above and around each other.
//!
//! Invariants: all rows of a block are as wide as it; a block that would hold more than
//! [`MAX_CELLS`] is not drawn at all.

mod grid;

use self::grid::grid;
use super::super::width::text_width;
use super::flat::{Gaps, flat, gaps, marked, root_sign, scripts};
use super::symbols;
use super::tree::{Class, Grid, Node, Shape};

/// Cells of the largest block: no terminal shows more.
const MAX_CELLS: usize = 16 * 1024;

/// Rows of the same width, and the one that stands on the line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Block {
    rows: Vec<String>,
    width: usize,
    base: usize,
}

/// Where a row stands within a wider one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Middle,
    Right,
}

/// Draws a formula; all rows are as wide.
pub(super) fn draw(formula: &Grid) -> Option<Vec<String>> {
    let block = match formula.rows.as_slice() {
        [cells] if cells.len() == 1 => block(cells.first()?)?,
        _ => grid(formula)?,
    };
    // Marks that join across pieces would make a row narrower than its parts.
    let even = block.rows.iter().all(|row| text_width(row) == block.width);
    even.then_some(block.rows)
}

fn block(node: &Node) -> Option<Block> {
    Some(match node {
        Node::Nothing => Block::line(String::new()),
        Node::Atom(_, text) => Block::line(text.clone()),
        Node::Row(nodes) => return row(nodes),
        Node::Fraction { over, under, shape } => match shape {
            Shape::Bar => fraction(block(over)?, block(under)?)?,
            Shape::Flat => Block::line(flat(node, Gaps::Wide).text),
            Shape::Binomial => {
                let (over, under) = (block(over)?, block(under)?);
                let width = over.width.max(under.width);
                let base = over.rows.len();
                let gap = Block::line(" ".repeat(width));
                fenced("(", pile(vec![over, gap, under], Side::Middle, base)?, ")")?
            }
        },
        Node::Root { index, body } => root(node, index.as_deref(), &block(body)?),
        Node::Script {
            base,
            sub,
            sup,
            limits,
        } => script(base, sub.as_deref(), sup.as_deref(), *limits)?,
        Node::Fence { left, body, right } => fenced(left, block(body)?, right)?,
        Node::Grid(inner) => grid(inner)?,
        Node::Marked { body, mark } => {
            let body = block(body)?;
            if body.rows.len() > 1 {
                return None;
            }
            Block::line(marked(&body.rows.concat(), *mark))
        }
        Node::Boxed(body) => boxed(&block(body)?),
        Node::Brace { body, above } => brace(block(body)?, *above)?,
    })
}

impl Block {
    fn line(text: String) -> Self {
        Self {
            width: text_width(&text),
            rows: vec![text],
            base: 0,
        }
    }

    fn below(&self) -> usize {
        self.rows.len().saturating_sub(self.base + 1)
    }

    /// Makes each row `width` columns wide.
    fn widened(mut self, width: usize, side: Side) -> Self {
        let room = width.saturating_sub(self.width);
        let left = match side {
            Side::Left => 0,
            Side::Middle => room / 2,
            Side::Right => room,
        };
        if room > 0 {
            for row in &mut self.rows {
                *row = format!("{}{row}{}", " ".repeat(left), " ".repeat(room - left));
            }
            self.width = width;
        }
        self
    }
}

/// Puts blocks beside each other, on one line.
fn beside(blocks: &[Block]) -> Option<Block> {
    let above = blocks.iter().map(|block| block.base).max()?;
    let below = blocks.iter().map(Block::below).max()?;
    let width = blocks.iter().map(|block| block.width).sum();
    let height = above + 1 + below;
    if width * height > MAX_CELLS {
        return None;
    }
    let mut rows = vec![String::new(); height];
    for block in blocks {
        let first = above - block.base;
        for (index, row) in rows.iter_mut().enumerate() {
            match index.checked_sub(first).and_then(|at| block.rows.get(at)) {
                Some(piece) => row.push_str(piece),
                None => row.push_str(&" ".repeat(block.width)),
            }
        }
    }
    Some(Block {
        rows,
        width,
        base: above,
    })
}

/// Puts blocks above each other.
fn pile(blocks: Vec<Block>, side: Side, base: usize) -> Option<Block> {
    let width = blocks.iter().map(|block| block.width).max()?;
    let height: usize = blocks.iter().map(|block| block.rows.len()).sum();
    if width * height > MAX_CELLS {
        return None;
    }
    let rows = blocks
        .into_iter()
        .flat_map(|block| block.widened(width, side).rows)
        .collect();
    Some(Block { rows, width, base })
}

fn row(nodes: &[Node]) -> Option<Block> {
    if nodes.is_empty() {
        return Some(Block::line(String::new()));
    }
    let classes: Vec<(Class, Class)> = nodes
        .iter()
        .map(|node| match node {
            Node::Fraction {
                shape: Shape::Bar, ..
            } => (Class::Quotient, Class::Quotient),
            Node::Brace { .. } => (Class::Quotient, Class::Quotient),
            node => flat(node, Gaps::Wide).ends(),
        })
        .collect();
    let mut blocks = Vec::with_capacity(nodes.len());
    for (node, gap) in nodes.iter().zip(gaps(&classes, Gaps::Wide)) {
        if gap {
            blocks.push(Block::line(" ".to_owned()));
        }
        blocks.push(block(node)?);
    }
    beside(&blocks)
}

fn fraction(over: Block, under: Block) -> Option<Block> {
    // The outer one of two bars is the longer one.
    let tall = over.rows.len() > 1 || under.rows.len() > 1;
    let width = over.width.max(under.width).max(1) + if tall { 2 } else { 0 };
    let base = over.rows.len();
    pile(
        vec![over, Block::line("─".repeat(width)), under],
        Side::Middle,
        base,
    )
}

fn root(node: &Node, index: Option<&Node>, body: &Block) -> Block {
    let sign = root_sign(index);
    if body.rows.len() == 1 || !sign.ends_with(['√', '∛', '∜']) {
        return Block::line(flat(node, Gaps::Wide).text);
    }
    let index = match sign.as_str() {
        "∛" => "³",
        "∜" => "⁴",
        _ => sign.trim_end_matches('√'),
    };
    let margin = text_width(index).max(1);
    let height = body.rows.len();
    let mut rows = vec![format!(
        "{} ┌{}",
        " ".repeat(margin - 1),
        "─".repeat(body.width + 1)
    )];
    for (at, row) in body.rows.iter().enumerate() {
        let before = match height - at {
            1 => format!("{}╲", " ".repeat(margin - 1)),
            2 => format!("{}{index}", " ".repeat(margin - text_width(index))),
            _ => " ".repeat(margin),
        };
        rows.push(format!("{before}│{row} "));
    }
    Block {
        rows,
        width: margin + 2 + body.width,
        base: body.base + 1,
    }
}

fn script(base: &Node, sub: Option<&Node>, sup: Option<&Node>, limits: bool) -> Option<Block> {
    let body = block(base)?;
    if limits {
        let line = |node: &Node| Block::line(flat(node, Gaps::Tight).text);
        let above: Option<Block> = sup.map(line);
        let base = above.as_ref().map_or(0, |above| above.rows.len()) + body.base;
        let blocks: Vec<Block> = [above, Some(body), sub.map(line)]
            .into_iter()
            .flatten()
            .collect();
        return pile(blocks, Side::Middle, base);
    }
    let text = scripts(sub, sup);
    if body.rows.len() == 1 && !text.contains(['^', '_']) {
        let whole = Node::Script {
            base: Box::new(base.clone()),
            sub: sub.cloned().map(Box::new),
            sup: sup.cloned().map(Box::new),
            limits,
        };
        return Some(Block::line(flat(&whole, Gaps::Wide).text));
    }
    // Above and below the corner of what they belong to.
    let body = match base {
        Node::Fraction { .. } | Node::Root { .. } => fenced("(", body, ")")?,
        _ => body,
    };
    let raised = sup.map(|node| flat(node, Gaps::Tight).text);
    let lowered = sub.map(|node| flat(node, Gaps::Tight).text);
    let columns = |text: &Option<String>| text.as_deref().map_or(0, text_width);
    let width = columns(&raised).max(columns(&lowered));
    let rows = body.rows.len() + usize::from(raised.is_some()) + usize::from(lowered.is_some());
    let mut corner = Vec::with_capacity(rows);
    let above = usize::from(raised.is_some());
    corner.extend(raised);
    corner.resize(body.rows.len() + above, String::new());
    corner.extend(lowered);
    for row in &mut corner {
        row.push_str(&" ".repeat(width - text_width(row)));
    }
    let base = body.base + above;
    beside(&[
        body,
        Block {
            rows: corner,
            width,
            base,
        },
    ])
}

fn fenced(left: &str, body: Block, right: &str) -> Option<Block> {
    let (height, base) = (body.rows.len(), body.base);
    let side = |sign: &str| -> Option<Block> {
        if sign.is_empty() || height == 1 {
            return Some(Block::line(sign.to_owned()));
        }
        let Some([top, middle, bottom, fill, upper, lower]) = symbols::tall(sign) else {
            return Some(Block::line(sign.to_owned()));
        };
        let part = |at: usize| match at {
            0 if height == 2 => upper,
            _ if height == 2 => lower,
            0 => top,
            at if at + 1 == height => bottom,
            at if at == height / 2 => middle,
            _ => fill,
        };
        Some(Block {
            rows: (0..height).map(|at| part(at).to_owned()).collect(),
            width: 1,
            base,
        })
    };
    let (left, right) = (side(left)?, side(right)?);
    beside(&[left, body, right])
}

fn boxed(body: &Block) -> Block {
    let bar = "─".repeat(body.width + 2);
    let mut rows = vec![format!("┌{bar}┐")];
    rows.extend(body.rows.iter().map(|row| format!("│ {row} │")));
    rows.push(format!("└{bar}┘"));
    Block {
        rows,
        width: body.width + 4,
        base: body.base + 1,
    }
}

fn brace(body: Block, above: bool) -> Option<Block> {
    let width = body.width.max(3);
    let (left, middle, right) = if above {
        ("╭", "┴", "╮")
    } else {
        ("╰", "┬", "╯")
    };
    let half = (width - 3) / 2;
    let line = format!(
        "{left}{}{middle}{}{right}",
        "─".repeat(half),
        "─".repeat(width - 3 - half)
    );
    let base = body.base + usize::from(above);
    let line = Block::line(line);
    let blocks = if above {
        vec![line, body]
    } else {
        vec![body, line]
    };
    pile(blocks, Side::Middle, base)
}
