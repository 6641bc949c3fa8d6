//! The body of a reply: its answer, and between the rounds of one that asked for tools, a card for
//! each call. Which row of it is what.

use super::cache::{Cache, Source, Topic};
use super::card;
use crate::chat::Turn;

/// What the rows of a reply's body are, in order.
#[derive(Debug)]
pub(super) enum Body {
    /// An answer without tools: so many rows.
    Answer(usize),
    /// Texts and cards.
    Rounds(Vec<Piece>),
}

/// Rows of a body that belong together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    kind: Kind,
    rows: usize,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// The text of a round, and where it begins in the answer, in bytes.
    Text(Topic, usize),
    /// The first row of a call's card.
    Head(usize),
    /// What a call came to.
    Result(usize),
    Blank,
}

/// What a row of a body is.
#[derive(Debug, Clone, Copy)]
pub(super) enum At {
    /// Row of a text; the text begins at that byte of the answer.
    Text {
        /// Which text.
        topic: Topic,
        /// Which row of it.
        row: usize,
        /// Where it begins in the answer, in bytes.
        start: usize,
    },
    /// The first row of the card of that call.
    Head(usize),
    /// Row of what that call came to.
    Result(usize, usize),
    /// Nothing.
    Blank,
}

/// Columns that a card's rows are set in from the left.
pub(super) const INDENT_COLS: u16 = 2;

impl Body {
    /// Brings the rows of a turn's body up to date at a width.
    pub(super) fn of(turn: &Turn, open: bool, cache: &mut Cache, width: u16) -> Self {
        let reply = &turn.reply;
        let answer = &reply.answer;
        if reply.calls.is_empty() {
            let source = Source {
                text: answer.as_str(),
                epoch: answer.epoch(),
                done: !turn.is_live(),
            };
            return Self::Answer(cache.document(turn.id, Topic::Answer, source, width).len());
        }
        let mut pieces = Vec::new();
        let mut add = |kind: Kind, rows: usize| {
            if rows > 0 {
                pieces.push(Piece { kind, rows });
            }
        };
        let ends = reply
            .rounds
            .iter()
            .map(|round| (round.answer_bytes, round.calls));
        let ends = ends.chain([(answer.len(), reply.calls.len())]);
        let (mut start, mut first) = (0, 0);
        for (number, (end, calls)) in (0..).zip(ends) {
            let text = answer.as_str().get(start..end).unwrap_or_default();
            // What sets rounds apart is drawn as an empty row.
            let text_start = start + (text.len() - text.trim_start_matches('\n').len());
            let text = text.trim_start_matches('\n');
            let topic = if number == 0 {
                Topic::Answer
            } else {
                Topic::Later(number)
            };
            let is_over = usize::from(number) < reply.rounds.len();
            let source = Source {
                text,
                epoch: answer.epoch(),
                done: is_over || !turn.is_live(),
            };
            let rows = cache.document(turn.id, topic, source, width).len();
            if rows > 0 && number > 0 {
                add(Kind::Blank, 1);
            }
            add(Kind::Text(topic, text_start), rows);
            for (index, call) in reply.calls.iter().enumerate().take(calls).skip(first) {
                if index > 0 || rows > 0 {
                    add(Kind::Blank, 1);
                }
                add(Kind::Head(index), 1);
                let result = card::result(call, open);
                if let (false, Ok(number)) = (result.is_empty(), u16::try_from(index)) {
                    let source = Source {
                        text: &result,
                        epoch: u32::try_from(result.len()).unwrap_or(u32::MAX),
                        done: true,
                    };
                    let width = width.saturating_sub(INDENT_COLS).max(1);
                    let topic = Topic::Result(number);
                    let rows = cache.document(turn.id, topic, source, width).len();
                    add(Kind::Result(index), rows);
                }
            }
            (start, first) = (end, calls);
        }
        Self::Rounds(pieces)
    }

    /// How many rows it has.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Answer(rows) => *rows,
            Self::Rounds(pieces) => pieces.iter().map(|piece| piece.rows).sum(),
        }
    }

    /// What a row is.
    pub(super) fn at(&self, row: usize) -> At {
        let pieces = match self {
            Self::Answer(_) => {
                return At::Text {
                    topic: Topic::Answer,
                    row,
                    start: 0,
                };
            }
            Self::Rounds(pieces) => pieces,
        };
        let mut row = row;
        for piece in pieces {
            if row < piece.rows {
                return match piece.kind {
                    Kind::Text(topic, start) => At::Text { topic, row, start },
                    Kind::Head(call) => At::Head(call),
                    Kind::Result(call) => At::Result(call, row),
                    Kind::Blank => At::Blank,
                };
            }
            row -= piece.rows;
        }
        At::Blank
    }

    /// The texts: each with its first row, and where it begins in the answer, in bytes.
    pub(super) fn texts(&self) -> impl Iterator<Item = (Topic, usize, usize)> {
        let mut row = 0;
        let (one, pieces) = match self {
            Self::Answer(_) => (Some((Topic::Answer, 0, 0)), [].as_slice()),
            Self::Rounds(pieces) => (None, pieces.as_slice()),
        };
        let texts = pieces.iter().filter_map(move |piece| {
            let first = row;
            row += piece.rows;
            match piece.kind {
                Kind::Text(topic, start) => Some((topic, first, start)),
                Kind::Head(_) | Kind::Result(_) | Kind::Blank => None,
            }
        });
        one.into_iter().chain(texts)
    }
}
