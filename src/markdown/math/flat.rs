//! Writes a formula on one line.
//!
//! Owns the gaps between pieces and the parentheses that a line needs where paper has none.

use super::symbols;
use super::tree::{Class, Grid, GridKind, Node, Shape};

/// How closely a text holds together: what needs parentheses beside a stroke, a root, an exponent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bond {
    Atom,
    Power,
    Product,
    Sum,
}

/// Whether there are gaps around signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gaps {
    Wide,
    Tight,
}

/// A piece on one line.
#[derive(Debug)]
pub(super) struct Flat {
    pub(super) text: String,
    left: Class,
    right: Class,
    bond: Bond,
}

/// Writes each line of a formula.
pub(super) fn lines(grid: &Grid) -> Vec<String> {
    let line = |cells: &Vec<Node>| {
        let pieces = cells.iter().flat_map(|cell| match cell {
            Node::Row(nodes) => nodes.as_slice(),
            other => std::slice::from_ref(other),
        });
        let pieces = pieces.map(|node| flat(node, Gaps::Wide)).collect();
        join(pieces, Gaps::Wide).text.trim().to_owned()
    };
    grid.rows.iter().map(line).collect()
}

/// Writes a piece on one line.
pub(super) fn flat(node: &Node, gaps: Gaps) -> Flat {
    match node {
        Node::Nothing => Flat::of(Class::Ord, String::new(), Bond::Atom),
        Node::Atom(class, text) => Flat::of(*class, text.clone(), Bond::Atom),
        Node::Row(nodes) => join(nodes.iter().map(|node| flat(node, gaps)).collect(), gaps),
        Node::Fraction { over, under, shape } => fraction(over, under, *shape),
        Node::Root { index, body } => {
            let sign = root_sign(index.as_deref());
            let body = flat(body, Gaps::Tight).within(Bond::Atom);
            Flat::of(Class::Ord, sign + &body, Bond::Power)
        }
        Node::Script { base, sub, sup, .. } => script(base, sub.as_deref(), sup.as_deref(), gaps),
        Node::Fence { left, body, right } => {
            let body = flat(body, gaps).text;
            Flat {
                text: format!("{left}{body}{right}"),
                left: Class::Open,
                right: Class::Close,
                bond: Bond::Atom,
            }
        }
        Node::Grid(grid) => table(grid, gaps),
        Node::Marked { body, mark } => {
            let body = flat(body, gaps);
            Flat::of(Class::Ord, marked(&body.text, *mark), Bond::Atom)
        }
        Node::Boxed(body) => {
            let text = format!("[{}]", flat(body, gaps).text);
            Flat::of(Class::Ord, text, Bond::Atom)
        }
        Node::Brace { body, .. } => {
            let text = flat(body, gaps).within(Bond::Product);
            Flat::of(Class::Ord, text, Bond::Atom)
        }
    }
}

/// Tells between which of `classes`, in their order, there is a gap.
pub(super) fn gaps(classes: &[(Class, Class)], gaps: Gaps) -> Vec<bool> {
    let mut before = None;
    let mut found = Vec::with_capacity(classes.len());
    for (index, &(left, right)) in classes.iter().enumerate() {
        let next = || {
            let after = classes.get(index + 1..).unwrap_or_default().iter();
            after.map(|(left, _)| *left).find(|c| *c != Class::Space)
        };
        let signed = left == Class::Bin && is_sign(before, next());
        let left = if signed { Class::Sign } else { left };
        let right = if signed { Class::Sign } else { right };
        let beside_space = index
            .checked_sub(1)
            .and_then(|index| classes.get(index))
            .is_some_and(|(_, right)| *right == Class::Space);
        found.push(!beside_space && before.is_some_and(|before| gap(before, left, gaps)));
        if right != Class::Space {
            before = Some(right);
        }
    }
    found
}

/// The root's sign with its index.
pub(super) fn root_sign(index: Option<&Node>) -> String {
    let Some(index) = index else {
        return "√".to_owned();
    };
    let index = flat(index, Gaps::Tight).text;
    match index.as_str() {
        "" | "2" => "√".to_owned(),
        "3" => "∛".to_owned(),
        "4" => "∜".to_owned(),
        _ => match symbols::raised(&index) {
            Some(index) => format!("{index}√"),
            None => format!("^({index})√"),
        },
    }
}

/// Puts a mark on each letter.
pub(super) fn marked(text: &str, mark: char) -> String {
    let mut shown = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        shown.push(c);
        // Marks get no marks: each level of them would double the text.
        if !matches!(c, ' ' | '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20ff}') {
            shown.push(mark);
        }
    }
    shown
}

/// Writes scripts beside what they belong to: raised or lowered where Unicode can, else
/// `^(…)`, `_(…)`.
pub(super) fn scripts(sub: Option<&Node>, sup: Option<&Node>) -> String {
    let write = |node: Option<&Node>, sign: char, form: fn(&str) -> Option<String>| {
        let text = flat(node?, Gaps::Tight).text.replace('∘', "°");
        let mut chars = text.chars();
        let lone = matches!((chars.next(), chars.next()), (Some(c), None) if !c.is_alphanumeric());
        Some(match form(&text) {
            Some(form) => form,
            None if lone => format!("{sign}{text}"),
            None => format!("{sign}({text})"),
        })
    };
    let mut shown = write(sub, '_', symbols::lowered).unwrap_or_default();
    shown.extend(write(sup, '^', symbols::raised));
    shown
}

impl Flat {
    fn of(class: Class, text: String, bond: Bond) -> Self {
        let edge = |space: bool| if space { Class::Space } else { class };
        Self {
            left: edge(text.starts_with(' ')),
            right: edge(text.ends_with(' ')),
            text,
            bond,
        }
    }

    /// The classes of its ends.
    pub(super) fn ends(&self) -> (Class, Class) {
        (self.left, self.right)
    }

    /// The text, in parentheses if it holds together less than `bond`.
    fn within(self, bond: Bond) -> String {
        if self.bond > bond {
            format!("({})", self.text)
        } else {
            self.text
        }
    }
}

fn join(mut pieces: Vec<Flat>, tight: Gaps) -> Flat {
    if pieces.len() == 1
        && let Some(only) = pieces.pop()
    {
        return only;
    }
    let classes: Vec<_> = pieces.iter().map(Flat::ends).collect();
    let bond = bond(&pieces);
    let mut text = String::new();
    for (piece, gap) in pieces.iter().zip(gaps(&classes, tight)) {
        if gap {
            text.push(' ');
        }
        text.push_str(&piece.text);
    }
    let inner = |class: Option<Class>| match class {
        Some(class @ (Class::Space | Class::Op | Class::Quotient)) => class,
        Some(Class::Open) => Class::Open,
        Some(Class::Close) => Class::Close,
        _ => Class::Ord,
    };
    Flat {
        left: inner(classes.first().map(|(left, _)| *left)),
        right: inner(classes.last().map(|(_, right)| *right)),
        text,
        bond,
    }
}

fn bond(pieces: &[Flat]) -> Bond {
    let number = |piece: &Flat| {
        piece
            .text
            .chars()
            .all(|c| c.is_ascii_digit() || ".,".contains(c))
    };
    let [first, .., last] = pieces else {
        return Bond::Atom;
    };
    if pieces.iter().all(number) {
        return Bond::Atom;
    }
    let mut depth = 0_usize;
    let mut closes = 0;
    let mut parts = false;
    for (index, piece) in pieces.iter().enumerate() {
        match (piece.left, piece.right) {
            (Class::Open, Class::Close) => {}
            (Class::Open, _) => depth += 1,
            (_, Class::Close) => {
                depth = depth.saturating_sub(1);
                closes += usize::from(depth == 0);
            }
            (Class::Bin, _) if index == 0 => {}
            (Class::Op, _) if piece.text.chars().nth(1).is_none() || depth > 0 => {}
            (Class::Bin | Class::Rel | Class::Punct | Class::Quotient | Class::Op, _) => {
                parts |= depth == 0;
            }
            _ => parts |= depth == 0 && piece.bond == Bond::Sum,
        }
    }
    let fenced = first.left == Class::Open && last.right == Class::Close && closes == 1;
    match (parts, fenced) {
        (true, _) => Bond::Sum,
        (false, true) if depth == 0 => Bond::Atom,
        _ => Bond::Product,
    }
}

/// An operator is a sign when there is nothing on one of its sides that it could work on.
fn is_sign(before: Option<Class>, next: Option<Class>) -> bool {
    matches!(
        before,
        None | Some(Class::Bin | Class::Sign | Class::Op | Class::Rel | Class::Open | Class::Punct)
    ) || matches!(next, None | Some(Class::Rel | Class::Close | Class::Punct))
}

fn gap(before: Class, after: Class, gaps: Gaps) -> bool {
    use Class::{Bin, Close, Op, Open, Ord, Punct, Quotient, Rel, Sign, Space};
    match (before, after) {
        (Space | Open | Sign, _) | (_, Space | Close | Punct) => false,
        (Op, Ord | Op | Quotient | Sign) | (Ord | Close | Quotient, Op) => true,
        (Quotient, Ord | Open | Quotient) | (Ord | Close, Quotient) => true,
        (Rel, Rel) => false,
        (Punct | Rel | Bin, _) | (_, Rel | Bin) => gaps == Gaps::Wide,
        (Op, Open) | (Ord | Close | Quotient, Sign) => false,
        (Ord | Close, Ord | Open) => false,
    }
}

fn fraction(over: &Node, under: &Node, shape: Shape) -> Flat {
    let (over, under) = (flat(over, Gaps::Tight), flat(under, Gaps::Tight));
    if shape == Shape::Binomial {
        let text = format!("C({}, {})", over.text, under.text);
        return Flat::of(Class::Ord, text, Bond::Atom);
    }
    if let Some(sign) = symbols::fraction(&over.text, &under.text) {
        return Flat::of(Class::Ord, sign.to_owned(), Bond::Atom);
    }
    // `dy/dx` needs no parentheses.
    let differential = under.text.starts_with(['d', '∂'])
        && under.text.chars().count() <= 3
        && under.bond < Bond::Sum;
    let over = over.within(Bond::Product);
    let under = if differential {
        under.text
    } else {
        under.within(Bond::Power)
    };
    Flat::of(Class::Quotient, format!("{over}/{under}"), Bond::Sum)
}

fn script(base: &Node, sub: Option<&Node>, sup: Option<&Node>, gaps: Gaps) -> Flat {
    let base = flat(base, gaps);
    let class = match base.left {
        class @ (Class::Op | Class::Rel | Class::Bin) => class,
        _ => Class::Ord,
    };
    let bond = if sup.is_some() {
        Bond::Power
    } else {
        Bond::Atom
    };
    let text = base.within(Bond::Atom) + &scripts(sub, sup);
    let ends_in_parentheses = class == Class::Ord && text.ends_with(')');
    let flat = Flat::of(class, text, bond);
    if ends_in_parentheses {
        // `e^(-x) dx`: what follows is not a part of the exponent.
        return Flat {
            right: Class::Quotient,
            ..flat
        };
    }
    flat
}

/// `[a b; c d]`
fn table(grid: &Grid, gaps: Gaps) -> Flat {
    if matches!(grid.kind, GridKind::Lines | GridKind::Gathered) {
        return Flat::of(Class::Ord, lines(grid).join("; "), Bond::Sum);
    }
    let (between, within) = match grid.kind {
        GridKind::Cases => (", ", gaps),
        _ => (" ", Gaps::Tight),
    };
    let row = |cells: &Vec<Node>| {
        let cells: Vec<String> = cells
            .iter()
            .map(|cell| flat(cell, within).text.trim().to_owned())
            .collect();
        cells.join(between).replace(",, ", ", ")
    };
    let rows: Vec<String> = grid.rows.iter().map(row).collect();
    Flat::of(Class::Ord, rows.join("; "), Bond::Sum)
}
