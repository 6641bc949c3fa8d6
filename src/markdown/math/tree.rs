//! A formula as a tree.

/// How a piece of a formula stands to what is beside it, as TeX counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Ord,
    /// A large operator or the name of a function.
    Op,
    Bin,
    /// A sign before a number: an operator with nothing to its left.
    Sign,
    Rel,
    Open,
    Close,
    Punct,
    /// A fraction: kept apart from what is beside it.
    Quotient,
    /// White space of its own.
    Space,
}

/// A piece of a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// What shows nothing, such as the size of a parenthesis.
    Nothing,
    Atom(Class, String),
    Row(Vec<Self>),
    Fraction {
        over: Box<Self>,
        under: Box<Self>,
        shape: Shape,
    },
    Root {
        index: Option<Box<Self>>,
        body: Box<Self>,
    },
    Script {
        base: Box<Self>,
        sub: Option<Box<Self>>,
        sup: Option<Box<Self>>,
        limits: bool,
    },
    Fence {
        left: String,
        body: Box<Self>,
        right: String,
    },
    Grid(Grid),
    /// A mark over (or under) each letter.
    Marked {
        body: Box<Self>,
        mark: char,
    },
    Boxed(Box<Self>),
    /// A brace above or below.
    Brace {
        body: Box<Self>,
        above: bool,
    },
}

/// How a fraction is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Bar,
    /// On one line, however much room there is.
    Flat,
    Binomial,
}

/// Cells in rows and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) rows: Vec<Vec<Node>>,
    /// A line stands above these rows.
    pub(super) lines: Vec<usize>,
    pub(super) kind: GridKind,
}

/// What a grid is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum GridKind {
    Matrix,
    Cases,
    /// Lines of a derivation, aligned at each `&`.
    Lines,
    /// Lines in the middle of each other.
    Gathered,
    /// The letters that say how each column is aligned, and the bars between them.
    Array(String),
}
