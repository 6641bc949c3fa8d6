//! The links on the screen, by number.
//!
//! A cell has no room for an address, so it holds a number, in the one colour that nothing here
//! uses: that of its underline. A cell whose link alone changes is then one that has changed, and
//! the terminal is told; which address the number means is looked up here.
//!
//! Invariant: while a link is on the screen its number stays, and no number ever means two links.

use std::collections::HashMap;
use std::rc::Rc;

use ratatui::style::{Color, Style};

use crate::markdown::{Link, Row};

/// The last number that fits into a colour; after it nothing more is linked.
const LAST: u32 = 0x00ff_ffff;

/// The links of the last frame, unless the terminal is to have none.
#[derive(Debug, Default)]
pub struct Links {
    off: bool,
    numbers: HashMap<Rc<Link>, Known>,
    addresses: HashMap<u32, Rc<Link>>,
    last: u32,
}

#[derive(Debug)]
struct Known {
    number: u32,
    /// It is on the screen now; else it was in the frame before.
    here: bool,
}

impl Links {
    /// No links: for terminals that would show what they do not understand.
    pub fn none() -> Self {
        Self {
            off: true,
            ..Self::default()
        }
    }

    /// Finds the address that a number means.
    pub fn url(&self, number: u32) -> Option<&str> {
        self.addresses.get(&number).map(|link| link.url())
    }

    /// Reads the number of a cell's link from the colour of its underline; 0 is none.
    pub fn number_in(underline: Color) -> u32 {
        match underline {
            Color::Rgb(r, g, b) => u32::from_be_bytes([0, r, g, b]),
            _ => 0,
        }
    }

    /// Begins a frame: links that the last one did not show are forgotten.
    pub(super) fn begin(&mut self) {
        self.numbers.retain(|_, known| {
            let kept = std::mem::take(&mut known.here);
            if !kept {
                self.addresses.remove(&known.number);
            }
            kept
        });
    }

    /// Takes note of a row that is about to be drawn.
    pub(super) fn show(&mut self, row: &Row) {
        if self.off {
            return;
        }
        for link in row.spans.iter().filter_map(|span| span.link.as_ref()) {
            if let Some(known) = self.numbers.get_mut(link) {
                known.here = true;
            } else if self.last < LAST {
                self.last += 1;
                let known = Known {
                    number: self.last,
                    here: true,
                };
                self.numbers.insert(Rc::clone(link), known);
                self.addresses.insert(self.last, Rc::clone(link));
            }
        }
    }

    /// Marks text that leads somewhere.
    pub(super) fn mark(&self, style: Style, link: Option<&Rc<Link>>) -> Style {
        match link.and_then(|link| self.numbers.get(link)) {
            Some(known) => {
                let [_, r, g, b] = known.number.to_be_bytes();
                style.underline_color(Color::Rgb(r, g, b))
            }
            None => style,
        }
    }
}
