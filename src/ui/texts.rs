//! The texts of a turn as the chat shows them, and where its tool calls stand in the answer.

use super::cache::{Cache, Source, Topic};
use super::extent::Extent;
use super::notes::{self, Notes};
use super::path::Turns;
use super::{attached, card};
use crate::app::Live;
use crate::chat::{Turn, references};
use crate::markdown::Document;

/// The texts of a turn.
pub(super) struct Texts<'a> {
    turn: &'a Turn,
    attached: String,
    /// The calls at each place in the answer, and where that is.
    pub(super) calls: Vec<(usize, String)>,
    sources: String,
    notes: Notes,
}

impl<'a> Texts<'a> {
    /// The texts as they are now.
    pub(super) fn of(turn: &'a Turn, turns: Turns<'_>) -> Self {
        let live = turns.live.filter(|live| live.turn == turn.id);
        Self {
            turn,
            attached: attached::cards(turn, turns.pictures).0,
            calls: calls(turn, live, turns.open),
            sources: references(&turn.reply.sources),
            notes: notes::of(turn, live),
        }
    }

    /// One of them, to be wrapped.
    pub(super) fn source(&self, topic: Topic) -> Source<'_> {
        let note = |text| Source {
            text,
            // Notes come and go while the turn is live, not always at the end, and one may be as long
            // as the one before it.
            epoch: fingerprint(text),
            done: true,
        };
        match topic {
            Topic::Prompt => Source::fixed(&self.turn.prompt),
            Topic::Attached => note(&self.attached),
            Topic::Calls(at) => {
                let text = self.calls.get(at).map_or("", |(_, text)| text);
                Source {
                    text,
                    // A second that passes does not change how long the text is.
                    epoch: fingerprint(text),
                    done: true,
                }
            }
            Topic::Answer | Topic::Reasoning => Source {
                text: self.turn.shown_answer().as_str(),
                epoch: self.turn.shown_answer().epoch(),
                done: !self.turn.is_live(),
            },
            Topic::Sources => note(&self.sources),
            Topic::Remarks => note(&self.notes.remarks),
            Topic::Failure => note(&self.notes.ending),
            Topic::Words => note(&self.notes.words),
        }
    }

    /// Finds how many rows of the answer are above the calls in it.
    pub(super) fn place_calls(&self, extent: &mut Extent, cache: &mut Cache, width: u16) {
        if self.calls.is_empty() {
            return;
        }
        let source = self.source(Topic::Answer);
        let is_read = cache.kept(self.turn.id, Topic::Answer).is_some();
        for (cards, (offset, _)) in extent.cards.iter_mut().zip(&self.calls) {
            cards.above = if *offset == 0 {
                0
            } else if is_read {
                let document = cache.document(self.turn.id, Topic::Answer, source, width);
                document.rows_above(source.text, *offset)
            } else {
                let above = source.text.get(..*offset).unwrap_or_default();
                Document::guess_rows(above, width)
            };
        }
    }
}

/// The calls at each place in an answer, and how many bytes of what is shown are above them.
fn calls(turn: &Turn, live: Option<&Live>, open: bool) -> Vec<(usize, String)> {
    let passages = turn.reply.passages().into_iter();
    let calls = passages.filter_map(|(said, calls)| {
        let text = card::calls(turn.reply.calls.get(calls)?, live, open);
        // Laid out, an answer has other bytes.
        let above = if turn.json.is_some() { 0 } else { said.end };
        (!text.is_empty()).then_some((above, text))
    });
    calls.collect()
}

/// A number that is another one when a text is another one.
fn fingerprint(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}
