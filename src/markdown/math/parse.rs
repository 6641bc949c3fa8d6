//! Reads LaTeX math into a tree.
//!
//! Owns groups, scripts and cells; what each command reads is [`command`]'s.
//!
//! Invariants: `None` for whatever is not known or not closed, never a guess; nesting is bounded
//! by [`MAX_DEPTH`], and so is the recursion here and in what draws the tree.

mod command;

use super::symbols;
use super::tree::{Class, Grid, GridKind, Node};

/// Levels of nesting that are read; what is deeper is no formula for a terminal.
const MAX_DEPTH: usize = 32;

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
}

fn ord(text: String) -> Node {
    Node::Atom(Class::Ord, text)
}

fn space(columns: usize) -> Node {
    Node::Atom(Class::Space, " ".repeat(columns))
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
