//! Reads LaTeX math into a tree.
//!
//! Invariants: `None` for whatever is not known or not closed, never a guess; nesting is bounded
//! by [`MAX_DEPTH`], and so is the recursion here and in what draws the tree.

use super::symbols;

/// Levels of nesting that are read; what is deeper is no formula for a terminal.
const MAX_DEPTH: usize = 32;

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

/// Reads a formula without its delimiters.
pub(super) fn parse(source: &str) -> Option<Grid> {
    let mut reader = Reader {
        rest: source,
        depth: 0,
    };
    let grid = reader.grid(GridKind::Lines)?;
    reader.peek().is_none().then_some(grid)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Char(char),
    Command(&'a str),
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<Token<'a>> {
        token(self.rest.trim_start()).map(|(token, _)| token)
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let (token, rest) = token(self.rest.trim_start())?;
        self.rest = rest;
        Some(token)
    }

    fn take(&mut self, wanted: Token<'_>) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.next();
        }
        found
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let node = read(self);
        self.depth -= 1;
        node
    }

    /// Reads cells until something that ends the grid.
    fn grid(&mut self, kind: GridKind) -> Option<Grid> {
        let mut rows = vec![Vec::new()];
        let mut lines = Vec::new();
        loop {
            while self.take(Token::Command("hline")) {
                if !matches!(kind, GridKind::Array(_)) {
                    return None;
                }
                lines.push(rows.len() - 1);
            }
            let cell = self.row(None)?;
            rows.last_mut()?.push(cell);
            match self.peek() {
                Some(Token::Char('&')) => {
                    self.next();
                }
                Some(Token::Command("\\" | "newline" | "cr")) => {
                    self.next();
                    if self.rest.starts_with('[') {
                        // More room between the rows: `\\[2pt]`.
                        let (room, rest) = self.rest.get(1..)?.split_once(']')?;
                        if room.len() > 8 || !room.starts_with(|c: char| c.is_ascii_digit()) {
                            return None;
                        }
                        self.rest = rest;
                    }
                    rows.push(Vec::new());
                }
                _ => break,
            }
        }
        let empty = Node::Row(Vec::new());
        if rows.len() > 1 && rows.last().is_some_and(|row| *row == [empty]) {
            rows.pop();
        }
        Some(Grid { rows, lines, kind })
    }

    /// Reads pieces until something that can't be one, or `end`.
    fn row(&mut self, end: Option<char>) -> Option<Node> {
        let mut nodes = Vec::new();
        loop {
            match self.peek() {
                None | Some(Token::Char('&' | '}')) => break,
                Some(Token::Command("\\" | "newline" | "cr" | "end" | "right")) => break,
                Some(Token::Char(c)) if Some(c) == end => break,
                Some(_) => {}
            }
            nodes.push(self.scripted()?);
        }
        nodes.retain(|node| *node != Node::Nothing);
        let only = if nodes.len() == 1 { nodes.pop() } else { None };
        Some(only.unwrap_or(Node::Row(nodes)))
    }

    /// Reads one piece with its scripts.
    fn scripted(&mut self) -> Option<Node> {
        let first = self.peek()?;
        let base = if matches!(first, Token::Char('^' | '_' | '\'')) {
            Node::Row(Vec::new())
        } else {
            self.deeper(Self::piece)?
        };
        if base == Node::Nothing {
            return Some(base);
        }
        let mut limits = match &base {
            Node::Atom(Class::Op, text) => symbols::takes_limits(text),
            Node::Brace { .. } => true,
            _ => false,
        };
        let (mut sub, mut sup) = (None, None);
        let mut primes = 0_usize;
        loop {
            match self.peek() {
                Some(Token::Char('\'')) => {
                    self.next();
                    primes += 1;
                }
                Some(Token::Char('^')) if sup.is_none() => {
                    self.next();
                    sup = Some(self.argument()?);
                }
                Some(Token::Char('_')) if sub.is_none() => {
                    self.next();
                    sub = Some(self.argument()?);
                }
                Some(Token::Char('^' | '_')) => return None,
                Some(Token::Command("limits")) => {
                    self.next();
                    limits = true;
                }
                Some(Token::Command("nolimits")) => {
                    self.next();
                    limits = false;
                }
                _ => break,
            }
        }
        if primes > 0 {
            let mark = match primes {
                1 => "′".to_owned(),
                2 => "″".to_owned(),
                3 => "‴".to_owned(),
                more => "′".repeat(more),
            };
            let mark = Node::Atom(Class::Ord, mark);
            sup = Some(match sup {
                Some(sup) => Node::Row(vec![mark, sup]),
                None => mark,
            });
        }
        if sub.is_none() && sup.is_none() {
            return Some(base);
        }
        Some(Node::Script {
            base: Box::new(base),
            sub: sub.map(Box::new),
            sup: sup.map(Box::new),
            limits,
        })
    }

    /// Reads what a command or a script applies to: a group, or one piece without scripts.
    fn argument(&mut self) -> Option<Node> {
        match self.peek()? {
            Token::Char('^' | '_' | '&' | '}' | '\'') => None,
            _ => self.deeper(Self::piece),
        }
    }

    /// Reads an argument in square brackets; nothing when there is none.
    fn option(&mut self) -> Option<Node> {
        if !self.take(Token::Char('[')) {
            return Some(Node::Nothing);
        }
        let node = self.row(Some(']'))?;
        self.take(Token::Char(']')).then_some(node)
    }

    fn piece(&mut self) -> Option<Node> {
        let node = match self.next()? {
            Token::Char('{') => {
                let body = self.row(None)?;
                if !self.take(Token::Char('}')) {
                    return None;
                }
                // Braces make an ordinary piece of what is within: `1{,}000`.
                match body {
                    Node::Atom(Class::Space | Class::Op, _) => body,
                    Node::Atom(_, text) => ord(text),
                    Node::Row(nodes) if nodes.is_empty() => Node::Row(nodes),
                    Node::Row(_) | Node::Script { .. } => body,
                    other => Node::Row(vec![other]),
                }
            }
            Token::Char('$' | '#' | '%') => return None,
            Token::Char('~') => space(1),
            Token::Char(c @ '0'..='9') => {
                let digits = self.number(c);
                ord(digits)
            }
            Token::Char(c) => Node::Atom(symbols::class(c), c.to_string()),
            Token::Command(name) => return self.command(name),
        };
        Some(node)
    }

    /// Reads the separators within a number, so that `1,000` and `0.5` stay whole.
    fn number(&mut self, first: char) -> String {
        let mut text = String::from(first);
        let mut rest = self.rest.chars();
        if let (Some(mark @ (',' | '.')), Some('0'..='9')) = (rest.next(), rest.next()) {
            text.push(mark);
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        text
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of command")]
    fn command(&mut self, name: &'a str) -> Option<Node> {
        let node = match name {
            "frac" | "dfrac" | "cfrac" => self.fraction(Shape::Bar)?,
            "tfrac" | "sfrac" | "nicefrac" => self.fraction(Shape::Flat)?,
            "binom" | "dbinom" | "tbinom" => self.fraction(Shape::Binomial)?,
            "sqrt" => {
                let index = self.option()?;
                let index = (index != Node::Nothing).then(|| Box::new(index));
                let body = Box::new(self.argument()?);
                Node::Root { index, body }
            }
            "text" | "textrm" | "textbf" | "textit" | "textsf" | "texttt" | "mbox"
            | "textnormal" => Node::Atom(Class::Ord, self.words()?),
            "mathrm" | "mathbf" | "mathit" | "mathsf" | "mathtt" | "boldsymbol" | "bm" | "pmb"
            | "mathnormal" => {
                let body = self.argument()?;
                letters(&body).map_or(body, ord)
            }
            "operatorname" => {
                let starred = self.take(Token::Char('*'));
                let text = letters(&self.argument()?)?;
                let op = Node::Atom(Class::Op, text);
                if starred {
                    return self.under(op);
                }
                op
            }
            "mathbb" | "mathcal" | "mathscr" | "mathfrak" => {
                let text = letters(&self.argument()?)?;
                ord(symbols::lettered(name, &text)?)
            }
            "boxed" | "fbox" => Node::Boxed(Box::new(self.argument()?)),
            "underbrace" | "overbrace" => Node::Brace {
                body: Box::new(self.argument()?),
                above: name == "overbrace",
            },
            "overset" | "stackrel" | "underset" => {
                let script = Some(Box::new(self.argument()?));
                let base = Box::new(self.argument()?);
                let below = name == "underset";
                let (sub, sup) = if below {
                    (script, None)
                } else {
                    (None, script)
                };
                Node::Script {
                    base,
                    sub,
                    sup,
                    limits: true,
                }
            }
            "left" => {
                let left = self.delimiter()?;
                let body = Box::new(self.row(None)?);
                if !self.take(Token::Command("right")) {
                    return None;
                }
                let right = self.delimiter()?;
                Node::Fence { left, body, right }
            }
            "middle" => Node::Atom(Class::Rel, self.delimiter()?),
            "big" | "Big" | "bigg" | "Bigg" | "bigl" | "Bigl" | "biggl" | "Biggl" | "bigr"
            | "Bigr" | "biggr" | "Biggr" | "bigm" | "Bigm" | "displaystyle" | "textstyle"
            | "scriptstyle" | "limits" | "nolimits" | "nonumber" | "notag" | "!" | "mathop"
            | "mathrel" | "mathbin" | "mathord" | "/" => Node::Nothing,
            "not" => match self.argument()? {
                Node::Atom(class, text) => Node::Atom(class, symbols::negated(&text)),
                _ => return None,
            },
            "bmod" => Node::Atom(Class::Bin, "mod".to_owned()),
            "mod" => Node::Row(vec![space(1), Node::Atom(Class::Op, "mod".to_owned())]),
            "pmod" => Node::Row(vec![
                space(1),
                Node::Fence {
                    left: "(".to_owned(),
                    body: Box::new(Node::Row(vec![
                        Node::Atom(Class::Op, "mod".to_owned()),
                        self.argument()?,
                    ])),
                    right: ")".to_owned(),
                },
            ]),
            "tag" => Node::Row(vec![space(4), ord(format!("({})", self.words()?))]),
            "xrightarrow" | "xleftarrow" => {
                let below = self.option()?;
                let below = (below != Node::Nothing).then(|| Box::new(below));
                let above = Some(Box::new(self.argument()?));
                let arrow = if name == "xrightarrow" { "⟶" } else { "⟵" };
                Node::Script {
                    base: Box::new(Node::Atom(Class::Rel, arrow.to_owned())),
                    sub: below,
                    sup: above,
                    limits: true,
                }
            }
            "begin" => self.environment()?,
            "," | ":" | ";" | ">" | " " | "\n" | "enspace" | "thinspace" | "medspace"
            | "thickspace" => space(1),
            "quad" => space(2),
            "qquad" => space(4),
            name => match symbols::accent(name) {
                Some((mark, several)) => {
                    let body = self.argument()?;
                    let alone = letters(&body).is_some_and(|text| text.chars().count() == 1);
                    if !alone && !several {
                        return None;
                    }
                    Node::Marked {
                        body: Box::new(body),
                        mark,
                    }
                }
                None => sign(name)?,
            },
        };
        Some(node)
    }

    fn fraction(&mut self, shape: Shape) -> Option<Node> {
        Some(Node::Fraction {
            over: Box::new(self.argument()?),
            under: Box::new(self.argument()?),
            shape,
        })
    }

    /// Reads the limits of a named operator that takes some.
    fn under(&mut self, base: Node) -> Option<Node> {
        if !self.take(Token::Char('_')) {
            return Some(base);
        }
        Some(Node::Script {
            base: Box::new(base),
            sub: Some(Box::new(self.argument()?)),
            sup: None,
            limits: true,
        })
    }

    fn delimiter(&mut self) -> Option<String> {
        match self.next()? {
            Token::Char('.') => Some(String::new()),
            Token::Char('<') => Some("⟨".to_owned()),
            Token::Char('>') => Some("⟩".to_owned()),
            Token::Char(c @ ('(' | ')' | '[' | ']' | '|' | '/')) => Some(c.to_string()),
            Token::Char(_) => None,
            Token::Command(name) => symbols::sign(name).map(str::to_owned),
        }
    }

    /// Reads text in braces as it is written.
    fn words(&mut self) -> Option<String> {
        let rest = self.rest.trim_start().strip_prefix('{')?;
        let end = rest.find(['{', '}', '\\', '$'])?;
        let (text, rest) = rest.split_at_checked(end)?;
        self.rest = rest.strip_prefix('}')?;
        let mut shown = String::new();
        for c in text.chars() {
            let c = if c.is_whitespace() || c == '~' {
                ' '
            } else {
                c
            };
            if c != ' ' || !shown.ends_with(' ') {
                shown.push(c);
            }
        }
        Some(shown)
    }

    fn environment(&mut self) -> Option<Node> {
        let name = self.words()?;
        let plain = name.strip_suffix('*').unwrap_or(&name);
        let mut fence = ("", "");
        let kind = match plain {
            "matrix" | "smallmatrix" => GridKind::Matrix,
            "pmatrix" | "bmatrix" | "Bmatrix" | "vmatrix" | "Vmatrix" => {
                fence = match plain {
                    "pmatrix" => ("(", ")"),
                    "bmatrix" => ("[", "]"),
                    "Bmatrix" => ("{", "}"),
                    "vmatrix" => ("|", "|"),
                    _ => ("‖", "‖"),
                };
                GridKind::Matrix
            }
            "cases" | "dcases" => {
                fence = ("{", "");
                GridKind::Cases
            }
            "rcases" => {
                fence = ("", "}");
                GridKind::Cases
            }
            "aligned" | "align" | "split" | "eqnarray" | "alignedat" | "equation" => {
                GridKind::Lines
            }
            "gathered" | "gather" | "multline" => GridKind::Gathered,
            "array" => GridKind::Array(String::new()),
            _ => return None,
        };
        if matches!(plain, "aligned" | "gathered" | "array") {
            self.option()?;
        }
        let kind = match kind {
            GridKind::Array(_) => {
                let columns = self.words()?.replace(' ', "");
                if !columns.chars().all(|c| matches!(c, 'l' | 'c' | 'r' | '|')) {
                    return None;
                }
                GridKind::Array(columns)
            }
            other => other,
        };
        let grid = Node::Grid(self.deeper(|reader| reader.grid(kind))?);
        if !self.take(Token::Command("end")) || self.words()? != name {
            return None;
        }
        Some(match fence {
            ("", "") => grid,
            (left, right) => Node::Fence {
                left: left.to_owned(),
                body: Box::new(grid),
                right: right.to_owned(),
            },
        })
    }
}

/// Reads a command that stands for itself.
fn sign(name: &str) -> Option<Node> {
    if let Some(word) = symbols::word(name) {
        return Some(Node::Atom(Class::Op, word.to_owned()));
    }
    let sign = symbols::sign(name)?;
    let class = match name {
        "colon" => Class::Punct,
        _ => sign.chars().next().map_or(Class::Ord, symbols::class),
    };
    Some(Node::Atom(class, sign.to_owned()))
}

fn ord(text: String) -> Node {
    Node::Atom(Class::Ord, text)
}

fn space(columns: usize) -> Node {
    Node::Atom(Class::Space, " ".repeat(columns))
}

/// The text of a piece that is nothing but letters and digits.
fn letters(node: &Node) -> Option<String> {
    match node {
        Node::Atom(Class::Ord, text) => Some(text.clone()),
        Node::Atom(Class::Bin, text) if text == "-" => Some(text.clone()),
        Node::Atom(Class::Space, text) => Some(text.clone()),
        Node::Row(nodes) if !nodes.is_empty() => nodes.iter().map(letters).collect(),
        _ => None,
    }
}

/// Splits off the first token.
fn token(text: &str) -> Option<(Token<'_>, &str)> {
    let first = text.chars().next()?;
    let rest = text.get(first.len_utf8()..)?;
    if first != '\\' {
        return Some((Token::Char(first), rest));
    }
    let second = rest.chars().next()?;
    let len = if second.is_ascii_alphabetic() {
        rest.find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len())
    } else {
        second.len_utf8()
    };
    let (name, rest) = rest.split_at_checked(len)?;
    Some((Token::Command(name), rest))
}
