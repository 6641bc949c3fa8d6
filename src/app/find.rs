//! Find in the conversation: what is looked for, where it is, and which hit the reader is at.
//!
//! Owns [`Find`], the state of one search over prompts, reasoning and answers of every turn on the
//! path. Hits are byte ranges of those texts; where they are on the screen is the view's affair.
//!
//! Invariants: a text that grows is looked through once, however often it is drawn, and at most
//! [`BUDGET_BYTES`] in one step; hits stay in the order in which the conversation is read.

mod bar;
mod pattern;

use std::collections::HashMap;
use std::ops::Range;

use super::line_edit::LineEdit;
use super::scroll::Scroll;
use super::seen::Anchor;
use super::{Pane, Section};
use crate::chat::{Conversation, Turn, TurnId};
use crate::config::PanelState;
use pattern::{Limits, Pattern, Searched, Writing};

/// How much text is looked through between two looks at the keyboard: a few milliseconds.
const BUDGET_BYTES: usize = 1 << 20;
/// More hits than anybody steps through; each costs memory.
const MOST_HITS: usize = 100_000;

/// A search in the conversation.
#[derive(Debug, Clone)]
pub struct Find {
    /// The words being typed.
    pub query: LineEdit,
    /// Whether the bar takes the keys. Once it is closed, `n` and `N` go on.
    pub typing: bool,
    pattern: Option<Pattern>,
    parts: Vec<Part>,
    places: HashMap<(TurnId, Section), usize>,
    /// Whether some text was not looked through yet.
    pending: bool,
    /// Where the reader is.
    here: Option<Here>,
    aim: Aim,
    /// The turn that the thinking pane stays with for the sake of a hit, until the chat is scrolled.
    held: Option<TurnId>,
    stay: Stay,
    origin: Origin,
}

/// Whether the reader stays where the search has led.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stay {
    /// Not yet: closing goes back.
    Looking,
    /// The conversation was opened for the sake of a hit, which is still to be shown.
    Arriving,
    /// The reader has said that this is the place.
    Accepted,
}

/// A text of a turn, looked through up to `upto`.
#[derive(Debug, Clone)]
struct Part {
    turn: TurnId,
    section: Section,
    epoch: u32,
    upto: usize,
    hits: Vec<Range<usize>>,
}

/// The hit that the reader is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Here {
    turn: TurnId,
    section: Section,
    start: usize,
}

/// What is to be done about the hit that the reader is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aim {
    Nothing,
    /// Find it, once everything is looked through.
    Seek,
    /// Bring it into view.
    Show,
}

/// Where one was before.
#[derive(Debug, Clone, Copy)]
struct Origin {
    chat: Scroll,
    thinking: Scroll,
    panel: PanelState,
    zoom: Option<Pane>,
    top: Option<Anchor>,
}

/// How many hits there are, for `3/17`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The place of the one that the reader is at, counted from 1.
    pub at: Option<usize>,
    /// How many there are.
    pub hits: usize,
    /// Whether there are more, or some text was not looked through yet.
    pub more: bool,
}

impl Find {
    fn new(origin: Origin) -> Self {
        Self {
            query: LineEdit::default(),
            typing: true,
            pattern: None,
            parts: Vec::new(),
            places: HashMap::new(),
            pending: false,
            here: None,
            aim: Aim::Nothing,
            held: None,
            stay: Stay::Looking,
            origin,
        }
    }

    /// The hits in a text of a turn, in their order.
    pub fn hits(&self, turn: TurnId, section: Section) -> &[Range<usize>] {
        let part = self.places.get(&(turn, section));
        part.and_then(|&at| self.parts.get(at))
            .map_or(&[], |part| &part.hits)
    }

    /// Where the hit that the reader is at begins, if it is in this text.
    pub fn here(&self, turn: TurnId, section: Section) -> Option<usize> {
        self.here
            .filter(|here| (here.turn, here.section) == (turn, section))
            .map(|here| here.start)
    }

    /// The text that this hit is in.
    pub fn section(&self) -> Option<Section> {
        self.here.map(|here| here.section)
    }

    /// How many hits there are.
    pub fn count(&self) -> Count {
        let hits = self.total();
        Count {
            at: self.place_of_here().map(|at| at + 1),
            hits,
            more: self.pending || hits >= MOST_HITS,
        }
    }

    /// Whether the reader has gone on from the first hit, so that closing stays there.
    pub fn accepted(&self) -> bool {
        self.stay != Stay::Looking
    }

    /// Whether there is anything to look for.
    pub fn asks(&self) -> bool {
        self.pattern.is_some()
    }

    /// The turn whose reasoning the thinking pane shows for the sake of this hit.
    pub(super) fn thinking_turn(&self) -> Option<TurnId> {
        self.held
    }

    fn total(&self) -> usize {
        self.parts.iter().map(|part| part.hits.len()).sum()
    }

    fn place_of_here(&self) -> Option<usize> {
        let here = self.here?;
        let at = *self.places.get(&(here.turn, here.section))?;
        let before: usize = self.parts.iter().take(at).map(|part| part.hits.len()).sum();
        let hits = &self.parts.get(at)?.hits;
        let within = hits
            .binary_search_by_key(&here.start, |hit| hit.start)
            .ok()?;
        Some(before + within)
    }

    fn hit(&self, mut place: usize) -> Option<Here> {
        for part in &self.parts {
            if let Some(hit) = part.hits.get(place) {
                return Some(Here {
                    turn: part.turn,
                    section: part.section,
                    start: hit.start,
                });
            }
            place -= part.hits.len();
        }
        None
    }

    /// Takes the query as it is now.
    fn requery(&mut self) {
        self.pattern = Pattern::new(self.query.text());
        self.parts.clear();
        self.places.clear();
        self.here = None;
        self.held = None;
        self.aim = match self.pattern {
            Some(_) => Aim::Seek,
            None => Aim::Nothing,
        };
    }

    /// Looks through what is new.
    fn sync(&mut self, conversation: &Conversation) {
        self.align(conversation);
        self.pending = false;
        let Some(pattern) = &self.pattern else {
            return;
        };
        let mut room = BUDGET_BYTES;
        let mut hits = self.total();
        let mut parts = self.parts.iter_mut();
        for turn in conversation.path() {
            for ((section, text, epoch), part) in texts(turn).into_iter().zip(&mut parts) {
                if part.epoch != epoch || part.upto > text.len() {
                    hits -= part.hits.len();
                    part.hits.clear();
                    (part.epoch, part.upto) = (epoch, 0);
                }
                if part.upto == text.len() || hits >= MOST_HITS {
                    continue;
                }
                if room == 0 {
                    self.pending = true;
                    return;
                }
                let writing = match section {
                    Section::Prompt => Writing::Plain,
                    Section::Reasoning | Section::Answer => Writing::Markdown,
                };
                let before = part.hits.len();
                let limits = Limits {
                    bytes: room,
                    hits: before + (MOST_HITS - hits),
                };
                let searched = Searched {
                    text,
                    writing,
                    done: section == Section::Prompt || !turn.is_live(),
                };
                let from = part.upto;
                part.upto = pattern.search(searched, from, limits, &mut part.hits);
                hits += part.hits.len() - before;
                room = room.saturating_sub(part.upto - from);
                self.pending |= room == 0 && part.upto < text.len() && hits < MOST_HITS;
            }
        }
    }

    /// Brings the list of texts in line with the path; what is known of a text stays known.
    fn align(&mut self, conversation: &Conversation) {
        let named = |turn: &Turn| {
            let id = turn.id;
            [Section::Prompt, Section::Reasoning, Section::Answer].map(|section| (id, section))
        };
        let wanted = || conversation.path().flat_map(named);
        let have = self.parts.iter().map(|part| (part.turn, part.section));
        if wanted().eq(have) {
            return;
        }
        let known = self.parts.drain(..);
        let mut known: HashMap<_, _> = known
            .map(|part| ((part.turn, part.section), part))
            .collect();
        self.parts = wanted()
            .map(|(turn, section)| {
                known.remove(&(turn, section)).unwrap_or(Part {
                    turn,
                    section,
                    epoch: 0,
                    upto: 0,
                    hits: Vec::new(),
                })
            })
            .collect();
        let names = self.parts.iter().enumerate();
        self.places = names
            .map(|(at, part)| ((part.turn, part.section), at))
            .collect();
    }

    /// Goes to the first hit from where one was, else to the last one before it.
    fn seek(&mut self) {
        let from = self.origin.top.and_then(|top| {
            let at = *self.places.get(&(top.turn, top.section))?;
            let before: usize = self.parts.iter().take(at).map(|part| part.hits.len()).sum();
            let hits = &self.parts.get(at)?.hits;
            Some(before + hits.partition_point(|hit| hit.start < top.offset))
        });
        let last = self.total().saturating_sub(1);
        self.here = self.hit(from.unwrap_or(0).min(last));
        // What was not found may still come.
        self.aim = match self.here {
            Some(_) => Aim::Show,
            None => Aim::Seek,
        };
    }

    /// Goes to the next hit or to the one before; from an end to the other.
    fn step(&mut self, forward: bool) {
        let total = self.total();
        if total == 0 {
            return;
        }
        let at = match (self.place_of_here(), forward) {
            (Some(at), true) => (at + 1) % total,
            (Some(at), false) => at.checked_sub(1).unwrap_or(total - 1),
            (None, true) => 0,
            (None, false) => total - 1,
        };
        self.here = self.hit(at);
        self.aim = Aim::Show;
    }
}

/// The texts of a turn in the order in which they are read, with their epochs.
fn texts(turn: &Turn) -> [(Section, &str, u32); 3] {
    let (reasoning, answer) = (&turn.reply.reasoning, turn.shown_answer());
    [
        (Section::Prompt, turn.prompt.as_str(), 0),
        (Section::Reasoning, reasoning.as_str(), reasoning.epoch()),
        (Section::Answer, answer.as_str(), answer.epoch()),
    ]
}
