//! Colours for code, found on a [`Worker`]'s thread.
//!
//! Starts with the first request, which is when the first code is shown; a program that shows none
//! never loads a grammar. What a language looks like is `grammar`'s to know; that lines need colours,
//! and where they go, is [`crate::markdown`]'s.
//!
//! Invariants: code that the library panics over is plain. Built without the feature `highlight`,
//! nobody is asked, and all code is.

#[cfg(feature = "highlight")]
mod grammar;
#[cfg(feature = "highlight")]
mod language;
#[cfg(feature = "highlight")]
mod scope;

use crate::markdown::{CodeColours, CodeRequest};
use crate::worker::Worker;

/// Whoever finds colours for lines of code.
pub type Highlighter = Worker<CodeRequest, CodeColours>;

/// The colours of each line, or nothing when what stands above is not known any more.
#[cfg(feature = "highlight")]
type Lines = Option<Vec<Box<[crate::markdown::Coloured]>>>;

/// A highlighter at rest. Nothing is started or loaded yet.
#[cfg(feature = "highlight")]
pub fn highlighter() -> Highlighter {
    let painter = || {
        let mut painter = grammar::Painter::load();
        move |request: &CodeRequest| coloured(request, painter.paint(request))
    };
    let plain = |request: &CodeRequest| {
        let lines = vec![Box::default(); request.lines.len()];
        coloured(request, Some(lines))
    };
    Worker::new("highlighter", painter, plain)
}

/// Nobody.
#[cfg(not(feature = "highlight"))]
pub fn highlighter() -> Highlighter {
    Worker::none()
}

/// The answer to a request.
#[cfg(feature = "highlight")]
fn coloured(request: &CodeRequest, lines: Lines) -> CodeColours {
    CodeColours {
        block: request.block,
        first_line: request.first_line,
        after: request.after,
        lines,
    }
}
