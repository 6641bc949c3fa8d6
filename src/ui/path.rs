//! Where the rows of the turns on the path are, without reading those that nobody looks at.
//!
//! Owns how many rows each turn takes (an estimate until it is looked at or there is time to spare),
//! which row is on top, and what is counted next. What the reader looks at stays where it is while
//! estimates become counts: it is held by its place in the text.

use std::ops::Range;
use std::sync::Arc;

use super::cache::{Cache, Topic};
use super::extent::{Extent, Part, topics};
use super::picture::{Pictures, Room};
use super::texts::Texts;
use super::viewport;
use crate::app::scroll::{Place, Scroll};
use crate::app::{Anchor, Live, Section};
use crate::chat::{Turn, TurnId};
use crate::markdown::Document;

/// More rounds of looking are never needed: each reads something that was not read before.
const ROUNDS: usize = 1_000;

/// The turns on the path and their rows, kept between frames.
#[derive(Debug)]
pub(super) struct Path {
    width: u16,
    open: bool,
    room: Option<Room>,
    live: Option<TurnId>,
    extents: Vec<Extent>,
    starts: Arc<[(TurnId, usize)]>,
    rows: usize,
    /// What was on top of the last frame.
    last: Option<(usize, Anchor)>,
    /// How many rows more there are than before because they were counted, not because text came.
    recounted: isize,
}

impl Default for Path {
    fn default() -> Self {
        Self {
            width: 0,
            open: false,
            room: None,
            live: None,
            extents: Vec::new(),
            starts: Arc::from([]),
            rows: 0,
            last: None,
            recounted: 0,
        }
    }
}

/// The turns of this frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turns<'a> {
    pub path: &'a [&'a Turn],
    pub live: Option<&'a Live>,
    /// Whether the results of tools are shown whole.
    pub open: bool,
    /// How large the pictures of images are.
    pub pictures: &'a Pictures,
}

impl Path {
    /// The first row of each turn.
    pub(super) fn starts(&self) -> &Arc<[(TurnId, usize)]> {
        &self.starts
    }

    /// How many rows there are in all. The blank row under the last turn only separates; nothing
    /// follows it.
    pub(super) fn rows(&self) -> usize {
        self.rows.saturating_sub(1)
    }

    /// How many rows were added by counting since this was last asked.
    pub(super) fn take_recounted(&mut self) -> isize {
        std::mem::take(&mut self.recounted)
    }

    /// Tells whether no row is an estimate.
    pub(super) fn is_counted(&self) -> bool {
        self.extents.iter().all(|extent| extent.counted)
    }

    /// The turn that a row belongs to, the part of it, and its place on the path.
    pub(super) fn part(&self, row: usize) -> Option<(usize, Part)> {
        let at = self.turn_at(row)?;
        let start = self.starts.get(at)?.1;
        Some((at, self.extents.get(at)?.part(row - start)))
    }

    /// Takes in what changed since the last frame. Turns that are over change nothing.
    pub(super) fn update(&mut self, turns: Turns<'_>, width: u16, cache: &mut Cache) {
        let live = turns.live.map(|live| live.turn);
        let room = turns.pictures.room();
        let rewrapped = (self.width, self.open, self.room) != (width, turns.open, room);
        (self.width, self.open, self.room) = (width, turns.open, room);
        self.extents.truncate(turns.path.len());
        let mut moved = self.starts.len() != turns.path.len();
        for (at, turn) in turns.path.iter().enumerate() {
            let known = self.extents.get(at).filter(|known| known.turn == turn.id);
            let moves = [live, self.live].contains(&Some(turn.id));
            if known.is_some() && !rewrapped && !moves {
                continue;
            }
            let before = known.map(Extent::height);
            let extent = guess(turn, turns, width, moves, cache);
            if rewrapped && let Some(before) = before {
                self.recounted += extent.height().cast_signed() - before.cast_signed();
            }
            moved |= before != Some(extent.height());
            match self.extents.get_mut(at) {
                Some(known) => *known = extent,
                None => self.extents.push(extent),
            }
        }
        self.live = live;
        if moved {
            self.renumber();
        }
    }

    /// Finds the row on top of a pane of `height` rows, and has all that are visible at hand.
    pub(super) fn look(
        &mut self,
        turns: Turns<'_>,
        mut scroll: Scroll,
        height: usize,
        cache: &mut Cache,
    ) -> usize {
        if let Place::Row(1..) = scroll.place {
            let top = self.top(turns, scroll, height, cache);
            // A row that was counted is a place in the text, whatever is counted beside it.
            if !self.lay_out(turns, top..top + 1, cache)
                && let Some(anchor) = self.anchor(top, cache)
            {
                scroll.place = Place::Held(anchor);
            }
        }
        for _ in 0..ROUNDS {
            let top = self.top(turns, scroll, height, cache);
            if !self.lay_out(turns, top..top + height, cache) {
                return top;
            }
        }
        self.top(turns, scroll, height, cache)
    }

    /// Counts rows near the one on top that were only estimated, as far as the cache has time to
    /// spare. Returns the row that is on top then.
    pub(super) fn count_some(
        &mut self,
        turns: Turns<'_>,
        scroll: Scroll,
        (top, height): (usize, usize),
        cache: &mut Cache,
    ) -> usize {
        if cache.spare == 0 || self.is_counted() {
            return top;
        }
        let anchor = self.anchor(top, cache);
        let near = self.turn_at(top).unwrap_or(0);
        let mut order: Vec<usize> = (0..self.extents.len()).collect();
        order.retain(|at| self.extents.get(*at).is_some_and(|extent| !extent.counted));
        order.sort_by_key(|at| at.abs_diff(near));
        for at in order {
            if cache.spare == 0 {
                break;
            }
            self.count_turn(turns, at, top, cache);
        }
        let place = match anchor {
            Some(anchor) if !scroll.follows() => Place::Held(anchor),
            _ => scroll.place,
        };
        self.look(turns, Scroll { place, ..scroll }, height, cache)
    }

    /// Where a row is in the texts, to find it again when rows are counted anew.
    pub(super) fn anchor(&self, row: usize, cache: &Cache) -> Option<Anchor> {
        let at = self.turn_at(row)?;
        let extent = self.extents.get(at)?;
        let within = row - self.starts.get(at)?.1;
        let (section, offset) = match extent.part(within) {
            Part::UserHeader => (Section::Prompt, 0),
            Part::BlankAbove
            | Part::ReplyHeader
            | Part::Text(Topic::Attached | Topic::Calls(_) | Topic::Answer, _) => {
                // Calls and blank rows within an answer are so far from the text above them.
                let above = extent.above(Topic::Answer, within + 1).saturating_sub(1);
                let document = cache.kept(extent.turn, Topic::Answer);
                let found = document.and_then(|document| document.row(above));
                (Section::Answer, found.map_or(0, |row| row.source.start))
            }
            Part::Text(Topic::Prompt, row) => {
                let document = cache.kept(extent.turn, Topic::Prompt);
                let found = document.and_then(|document| document.row(row));
                (Section::Prompt, found.map_or(0, |row| row.source.start))
            }
            Part::BlankBelow | Part::Text(..) => (Section::Answer, usize::MAX),
        };
        let base = base(extent, section, |topic| {
            let document = cache.kept(extent.turn, topic);
            document.map_or(0, |document| document.row_at(offset))
        });
        Some(Anchor {
            turn: extent.turn,
            row: within.cast_signed() - base.cast_signed(),
            offset,
            section,
            width: self.width,
        })
    }

    /// Remembers what is on top, so that "three rows further up" has a meaning at the next frame.
    pub(super) fn remember(&mut self, top: usize, anchor: Option<Anchor>) {
        self.last = anchor.map(|anchor| (top, anchor));
    }

    /// The nearest headings above and below a row, as far as rows are counted.
    pub(super) fn headings(&self, row: usize, cache: &Cache) -> (Option<usize>, Option<usize>) {
        let answer = |at: usize| {
            let (extent, (_, start)) = self.extents.get(at).zip(self.starts.get(at))?;
            if !extent.headed {
                return None;
            }
            let document = cache.kept(extent.turn, Topic::Answer)?;
            Some((*start, extent, document))
        };
        let here = self.turn_at(row).unwrap_or(0);
        let above = (0..=here).rev().find_map(|at| {
            let (start, extent, document) = answer(at)?;
            let upto = extent.above(Topic::Answer, row.saturating_sub(start));
            let found = document.heading_above(upto)?;
            Some(start + extent.row_of(Topic::Answer, found)).filter(|at| *at < row)
        });
        let below = (here..self.extents.len()).find_map(|at| {
            let (start, extent, document) = answer(at)?;
            let from = extent.above(Topic::Answer, (row + 1).saturating_sub(start));
            let found = document.heading_from(from)?;
            Some(start + extent.row_of(Topic::Answer, found))
        });
        (above, below)
    }

    fn turn_at(&self, row: usize) -> Option<usize> {
        let next = self.starts.partition_point(|(_, start)| *start <= row);
        next.checked_sub(1)
    }

    fn top(&mut self, turns: Turns<'_>, scroll: Scroll, height: usize, cache: &mut Cache) -> usize {
        let found = match scroll.place {
            Place::Tail => None,
            Place::Row(0) => Some(0),
            Place::Row(row) => match self.last {
                // Rows may have been counted since: so many rows from what was on top counts.
                Some((top, anchor)) => self
                    .row_of(turns, anchor, cache)
                    .map(|now| now.saturating_add_signed(row.cast_signed() - top.cast_signed())),
                None => Some(row),
            },
            Place::Held(anchor) => self.row_of(turns, anchor, cache),
            Place::Revealed { to, from } => {
                let row = self.row_of(turns, to, cache);
                let before = from.and_then(|from| self.row_of(turns, from, cache));
                let last = self.rows().saturating_sub(height);
                row.map(|row| viewport::revealed(row, before.map(|top| top.min(last)), height))
            }
        };
        let last = self.rows().saturating_sub(height);
        found.map_or(last, |row| row.min(last))
    }

    /// The row that an anchor means, with the text there at hand.
    fn row_of(&mut self, turns: Turns<'_>, anchor: Anchor, cache: &mut Cache) -> Option<usize> {
        let at = turns.path.iter().position(|turn| turn.id == anchor.turn)?;
        let turn = turns.path.get(at)?;
        let texts = Texts::of(turn, turns);
        let topic = match anchor.section {
            Section::Prompt => Topic::Prompt,
            Section::Answer | Section::Reasoning => Topic::Answer,
        };
        let source = texts.source(topic);
        let document = cache.document(turn.id, topic, source, self.width);
        let row = document.reveal(source.text, anchor.offset);
        let rows = document.len();
        let mut extent = self.extents.get(at)?.clone();
        extent.set(topic, rows);
        texts.place_calls(&mut extent, cache, self.width);
        let base = base(&extent, anchor.section, |_| row);
        self.set(at, extent);
        let is_text = anchor.row >= 0 && anchor.offset < usize::MAX;
        let below = if is_text && anchor.width != self.width {
            0
        } else {
            anchor.row
        };
        let start = self.starts.get(at)?.1;
        Some((start + base).saturating_add_signed(below))
    }

    /// Has the rows in a part of the pane at hand. Tells whether any are in another place now.
    fn lay_out(&mut self, turns: Turns<'_>, rows: Range<usize>, cache: &mut Cache) -> bool {
        let first = self.turn_at(rows.start).unwrap_or(0);
        let mut changed = false;
        for at in first..self.extents.len() {
            let Some((_, start)) = self.starts.get(at).copied() else {
                break;
            };
            let Some((turn, mut extent)) = turns.path.get(at).zip(self.extents.get(at).cloned())
            else {
                break;
            };
            if start >= rows.end {
                break;
            }
            let texts = Texts::of(turn, turns);
            let mut counted = true;
            for topic in topics(extent.cards.len()) {
                let source = texts.source(topic);
                if source.text.is_empty() && cache.kept(turn.id, topic).is_none() {
                    extent.set(topic, 0);
                    continue;
                }
                let above = |row: usize| extent.above(topic, row.saturating_sub(start));
                let wanted = above(rows.start)..above(rows.end);
                let document = cache.document(turn.id, topic, source, self.width);
                extent.set(topic, document.len());
                if !wanted.is_empty() && wanted.start < document.len() {
                    document.lay_out(source.text, wanted);
                    extent.set(topic, document.len());
                }
                counted &= document.is_counted();
                extent.headed |= document.has_headings() && topic == Topic::Answer;
            }
            texts.place_calls(&mut extent, cache, self.width);
            extent.counted = counted;
            changed |= self.set(at, extent);
        }
        changed
    }

    fn count_turn(&mut self, turns: Turns<'_>, at: usize, top: usize, cache: &mut Cache) {
        let Some((turn, mut extent)) = turns.path.get(at).zip(self.extents.get(at).cloned()) else {
            return;
        };
        let start = self.starts.get(at).map_or(0, |(_, start)| *start);
        let texts = Texts::of(turn, turns);
        let mut budget = cache.spare;
        let mut counted = true;
        for topic in topics(extent.cards.len()) {
            let source = texts.source(topic);
            if source.text.is_empty() {
                continue;
            }
            let near = extent.above(topic, top.saturating_sub(start));
            let document = cache.document(turn.id, topic, source, self.width);
            document.count_some(source.text, near, &mut budget);
            // Reading a text for the first time costs something too.
            budget = budget.saturating_sub(64);
            extent.set(topic, document.len());
            counted &= document.is_counted();
            extent.headed |= document.has_headings() && topic == Topic::Answer;
        }
        cache.spare = budget;
        texts.place_calls(&mut extent, cache, self.width);
        extent.counted = counted;
        self.set(at, extent);
    }

    /// Notes how many rows a turn takes. Tells whether that is news.
    fn set(&mut self, at: usize, extent: Extent) -> bool {
        let Some(known) = self.extents.get_mut(at) else {
            return false;
        };
        let before = std::mem::replace(known, extent);
        let now = &*known;
        if before.height() == now.height() {
            return before.prompt != now.prompt
                || before.answer != now.answer
                || before.cards != now.cards;
        }
        self.recounted += now.height().cast_signed() - before.height().cast_signed();
        self.renumber();
        true
    }

    fn renumber(&mut self) {
        let mut rows = 0;
        let starts = self.extents.iter().map(|extent| {
            let start = rows;
            rows += extent.height();
            (extent.turn, start)
        });
        // Text that comes at the end moves nothing.
        if !starts.eq(self.starts.iter().copied()) {
            rows = 0;
            let starts = self.extents.iter().map(|extent| {
                let start = rows;
                rows += extent.height();
                (extent.turn, start)
            });
            self.starts = starts.collect();
        }
        self.rows = rows;
    }
}

/// The row of a turn that shows a place in a section; `row_in` finds it in the section's text.
fn base(extent: &Extent, section: Section, row_in: impl Fn(Topic) -> usize) -> usize {
    match section {
        Section::Prompt => extent.row_of(Topic::Prompt, row_in(Topic::Prompt)),
        Section::Answer | Section::Reasoning => extent.row_of(Topic::Answer, row_in(Topic::Answer)),
    }
}

/// How many rows a turn takes: of texts that were never read, about.
fn guess(turn: &Turn, turns: Turns<'_>, width: u16, read: bool, cache: &mut Cache) -> Extent {
    let texts = Texts::of(turn, turns);
    let mut extent = Extent::new(turn.id, texts.calls.len());
    let mut counted = true;
    for topic in topics(texts.calls.len()) {
        let source = texts.source(topic);
        let known = cache.kept(turn.id, topic).is_some();
        if source.text.is_empty() && !known {
            continue;
        }
        if read || known {
            let document = cache.document(turn.id, topic, source, width);
            extent.set(topic, document.len());
            counted &= document.is_counted();
            extent.headed |= document.has_headings() && topic == Topic::Answer;
        } else {
            extent.set(topic, Document::guess_rows(source.text, width));
            counted = false;
        }
    }
    texts.place_calls(&mut extent, cache, width);
    extent.counted = counted;
    extent
}
