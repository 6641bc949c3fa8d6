//! What each command reads, and what it stands for.

use super::super::symbols;
use super::super::tree::{Class, GridKind, Node, Shape};
use super::{Reader, Token, ord, space};

impl<'a> Reader<'a> {
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of command")]
    pub(super) fn command(&mut self, name: &'a str) -> Option<Node> {
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
