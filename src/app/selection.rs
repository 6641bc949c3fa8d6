//! Text selected with the mouse: held as places in the text, so that it stays what it is while the
//! panes scroll, grow and change their size.
//!
//! The mouse says cells; which text is there, only the view knows. So an end of the selection is a
//! cell until the next frame has told its passage ([`super::Seen::ends`]), and what is released
//! before that frame is copied after it. What is copied is the source: the text between the ends
//! as it was written, without anything that wrapping, borders or padding put on the screen.

use std::ops::Range;
use std::time::{Duration, Instant};

use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

use super::scroll::{Place, Scroll};
use super::seen::{Passage, Section, SeenPane};
use super::{App, Effect, Pane};
use crate::chat::Turn;
use crate::markdown::is_cjk;

mod source;

/// How long the text waits between two steps while the mouse is held beyond its edge.
const EDGE_STEP: Duration = Duration::from_millis(50);
/// How far a word is looked for, in bytes: no word is longer, and a line may be endless.
const WORD_BYTES: usize = 1_024;

/// Selected text, or text being selected.
#[derive(Debug, Clone)]
pub struct Selection {
    pane: Pane,
    /// Where it was begun.
    anchor: End,
    /// Where the mouse is, or was let go.
    head: End,
    grain: Grain,
    /// Whether there is anything to it: a mere click selects nothing.
    real: bool,
    /// The cell that was pressed, and the one where the mouse is.
    cells: [Position; 2],
    held: bool,
    /// When it was let go, while the copy is due.
    copies: Option<Instant>,
    /// The pane followed its end until the text was held still for the mouse.
    stilled: Option<Place>,
    /// The mouse is beyond an edge: rows to scroll, and when.
    beyond: Option<(isize, Instant)>,
}

/// An end of a selection.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    /// On this cell of the screen.
    Cell(Position),
    /// On this text.
    Text(Passage),
}

/// What is selected as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grain {
    Character,
    Word,
    Line,
}

impl Selection {
    /// The pane that it is in.
    pub fn pane(&self) -> Pane {
        self.pane
    }

    /// The cells whose text is still to be told: of the end where it was begun, and of the other.
    pub fn cells(&self) -> [Option<Position>; 2] {
        [&self.anchor, &self.head].map(|end| match end {
            End::Cell(at) => Some(*at),
            End::Text(_) => None,
        })
    }

    fn settle(&mut self, ends: [Option<Passage>; 2]) {
        let [anchor, head] = ends;
        if let (End::Cell(_), Some(passage)) = (&self.anchor, anchor) {
            self.anchor = End::Text(passage);
        }
        if let (End::Cell(_), Some(passage)) = (&self.head, head) {
            self.head = End::Text(passage);
        }
    }

    fn is_settled(&self) -> bool {
        self.cells() == [None, None]
    }

    /// Its ends as texts, where those that are still cells are on `told`.
    fn ends<'a>(&'a self, told: &'a [Option<Passage>; 2]) -> Option<[&'a Passage; 2]> {
        let of = |end: &'a End, told: &'a Option<Passage>| match end {
            End::Text(passage) => Some(passage),
            End::Cell(_) => told.as_ref(),
        };
        let [anchor, head] = told;
        Some([of(&self.anchor, anchor)?, of(&self.head, head)?])
    }
}

impl App {
    /// The text that is selected, a passage for each text of a turn that has some, in the order in
    /// which they are read. `told` is what the cells of [`Selection::cells`] are.
    pub fn passages(&self, told: &[Option<Passage>; 2]) -> Vec<Passage> {
        let Some(selection) = self.selection.as_ref().filter(|it| it.real) else {
            return Vec::new();
        };
        let Some(ends) = selection.ends(told) else {
            return Vec::new();
        };
        let sections: &[Section] = match selection.pane {
            Pane::Thinking => &[Section::Reasoning],
            Pane::Chat | Pane::Message => &[Section::Prompt, Section::Answer],
        };
        let order = self.conversation.path().flat_map(|turn| {
            let of = move |section: &Section| (turn, *section);
            sections.iter().map(of)
        });
        let is_end =
            |turn: &Turn, section, end: &Passage| (turn.id, section) == (end.turn, end.section);
        let mut open = false;
        let mut selected = Vec::new();
        for (turn, section) in order {
            let here = ends.map(|end| is_end(turn, section, end).then_some(end));
            let text = section_text(turn, section);
            let grown = here.map(|end| end.map(|end| grow(text, &end.range, selection.grain)));
            let range = match grown {
                [Some(a), Some(b)] => a.start.min(b.start)..a.end.max(b.end),
                [Some(end), None] | [None, Some(end)] if open => 0..end.end,
                [Some(end), None] | [None, Some(end)] => end.start..text.len(),
                [None, None] if open => 0..text.len(),
                [None, None] => continue,
            };
            let ends_here = here.iter().flatten().count();
            selected.push(Passage {
                turn: turn.id,
                section,
                range: boundary(text, range.start)..boundary(text, range.end),
            });
            match (ends_here, open) {
                (2, _) | (1, true) => return selected,
                (1, false) => open = true,
                _ => {}
            }
        }
        // An end whose turn is gone.
        Vec::new()
    }

    /// Begins a selection, or with Shift moves the end of the one that there is.
    pub(super) fn begin_selection(&mut self, pane: Pane, at: Position, clicks: u8, extends: bool) {
        let cell = End::Cell(clamped(at, self.seen_text(pane).area));
        let stilled = self.still(pane);
        if extends
            && let Some(selection) = &mut self.selection
            && selection.pane == pane
        {
            selection.head = cell;
            selection.real = true;
            selection.held = true;
            selection.stilled = stilled;
            return;
        }
        let grain = match clicks {
            1 => Grain::Character,
            2 => Grain::Word,
            _ => Grain::Line,
        };
        self.selection = Some(Selection {
            pane,
            anchor: cell.clone(),
            head: cell,
            grain,
            real: grain != Grain::Character,
            held: true,
            copies: None,
            cells: [at, at],
            stilled,
            beyond: None,
        });
    }

    /// Text that is coming in must not move under the mouse. Returns where it is held, if it was
    /// following its end.
    fn still(&mut self, pane: Pane) -> Option<Place> {
        let is_live = self.live.is_some();
        let (scroll, seen) = self.scrolled(pane);
        let follows = is_live && scroll.follows() && seen.rows > usize::from(seen.area.height);
        let place = Place::Held(seen.anchor.filter(|_| follows)?);
        *scroll = Scroll {
            place,
            rows_when_left: seen.rows,
        };
        Some(place)
    }

    fn scrolled(&mut self, pane: Pane) -> (&mut Scroll, &SeenPane) {
        match pane {
            Pane::Thinking => (&mut self.thinking_scroll, &self.seen.thinking),
            Pane::Chat | Pane::Message => (&mut self.chat_scroll, &self.seen.chat),
        }
    }

    fn seen_text(&self, pane: Pane) -> &SeenPane {
        match pane {
            Pane::Thinking => &self.seen.thinking,
            Pane::Chat | Pane::Message => &self.seen.chat,
        }
    }

    /// The mouse moves with its button pressed.
    pub(super) fn drag_selection(&mut self, at: Position, now: Instant) {
        let Some(pane) = self
            .selection
            .as_ref()
            .filter(|it| it.held)
            .map(|it| it.pane)
        else {
            return;
        };
        let area = self.seen_text(pane).area;
        let above = isize::try_from(area.y.saturating_sub(at.y)).unwrap_or(0);
        let below = (at.y + 1).saturating_sub(area.bottom());
        let below = isize::try_from(below).unwrap_or(0);
        // The farther out, the faster.
        let rows = (below - above).clamp(-5, 5);
        let Some(selection) = &mut self.selection else {
            return;
        };
        let [pressed, last] = &mut selection.cells;
        selection.real |= at != *pressed;
        *last = at;
        selection.head = End::Cell(clamped(at, area));
        selection.beyond = match (rows, selection.beyond) {
            (0, _) => None,
            (_, Some((_, due))) => Some((rows, due)),
            (_, None) => Some((rows, now)),
        };
    }

    /// Goes on scrolling while the mouse is held beyond an edge.
    pub(super) fn scroll_selection(&mut self, now: Instant) {
        let Some(selection) = &mut self.selection else {
            return;
        };
        let pane = selection.pane;
        let Some((rows, due)) = selection.beyond.filter(|(_, due)| *due <= now) else {
            return;
        };
        let (scroll, seen) = self.scrolled(pane);
        let before = *scroll;
        let top = seen.top;
        scroll.by(rows, seen);
        let area = seen.area;
        let moved = *scroll != before
            && if rows < 0 {
                top > 0
            } else {
                top < seen.last_top()
            };
        if !moved {
            *scroll = before;
        }
        let Some(selection) = &mut self.selection else {
            return;
        };
        // Where there is nothing more to scroll, nothing waits.
        selection.beyond = moved.then(|| (rows, due.max(now) + EDGE_STEP));
        if moved {
            let [_, at] = selection.cells;
            selection.head = End::Cell(clamped(at, area));
        }
    }

    /// The button is let go: what is selected is copied.
    pub(super) fn release_selection(&mut self, at: Position, now: Instant) {
        let Some(selection) = self.selection.as_ref().filter(|it| it.held) else {
            return;
        };
        let pane = selection.pane;
        // The release may be the first to tell of a move.
        if selection.cells.iter().all(|cell| *cell != at) {
            self.drag_selection(at, now);
        }
        let Some(selection) = &mut self.selection else {
            return;
        };
        selection.held = false;
        selection.beyond = None;
        let stilled = selection.stilled.take();
        if selection.real {
            selection.copies = Some(now);
        } else {
            self.selection = None;
        }
        let (scroll, _) = self.scrolled(pane);
        if stilled.is_some_and(|place| place == scroll.place) {
            scroll.follow();
        }
    }

    /// Takes note of which text the ends are on.
    pub(super) fn settle_ends(&mut self, ends: [Option<Passage>; 2]) {
        if let Some(selection) = &mut self.selection {
            selection.settle(ends);
            // There is no text where it was begun.
            if matches!(selection.anchor, End::Cell(_)) {
                self.selection = None;
            }
        }
    }

    /// When the selection next has something to do by itself.
    pub(super) fn selection_due(&self) -> Option<Instant> {
        let selection = self.selection.as_ref()?;
        let copies = selection.copies.filter(|_| selection.is_settled());
        let beyond = selection.beyond.map(|(_, due)| due);
        copies.into_iter().chain(beyond).min()
    }

    /// Copies what is selected, if that is due and known.
    pub(super) fn copy_selection(&mut self, now: Instant) -> Vec<Effect> {
        let Some(selection) = &mut self.selection else {
            return Vec::new();
        };
        if selection.copies.is_none() || !selection.is_settled() {
            return Vec::new();
        }
        selection.copies = None;
        let passages = self.passages(&[None, None]);
        let texts = passages.iter().filter_map(|passage| {
            let turn = self.conversation.turn(passage.turn)?;
            let text = section_text(turn, passage.section);
            Some(match passage.section {
                Section::Prompt => text.get(passage.range.clone())?.to_owned(),
                Section::Reasoning | Section::Answer => source::whole(text, passage.range.clone()),
            })
        });
        let texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
        if texts.is_empty() {
            self.selection = None;
            return Vec::new();
        }
        self.copy(texts.join("\n\n"), now)
    }
}

fn section_text(turn: &Turn, section: Section) -> &str {
    match section {
        Section::Prompt => &turn.prompt,
        Section::Reasoning => turn.reply.reasoning.as_str(),
        Section::Answer => turn.shown_answer().as_str(),
    }
}

fn clamped(at: Position, area: Rect) -> Position {
    let right = area.right().saturating_sub(1).max(area.x);
    let bottom = area.bottom().saturating_sub(1).max(area.y);
    Position::new(at.x.clamp(area.x, right), at.y.clamp(area.y, bottom))
}

/// The beginning of the character at a byte.
fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Makes a range whole words or lines.
fn grow(text: &str, range: &Range<usize>, grain: Grain) -> Range<usize> {
    let (start, end) = (boundary(text, range.start), boundary(text, range.end));
    match grain {
        Grain::Character => start..end.max(start),
        // Behind the end of a line there is no word.
        Grain::Word if start >= end => start..start,
        Grain::Word => {
            let first = word(text, start);
            let last = word(text, end.saturating_sub(1).max(start));
            first.start..last.end.max(first.end)
        }
        Grain::Line => {
            let before = text.get(..start).unwrap_or_default();
            let after = text.get(end..).unwrap_or_default();
            let start = before.rfind('\n').map_or(0, |at| at + 1);
            start..after.find('\n').map_or(text.len(), |at| end + at)
        }
    }
}

/// The word at a byte. Chinese and Japanese are written without spaces: what stands between two
/// signs counts as one.
fn word(text: &str, at: usize) -> Range<usize> {
    let from = boundary(text, at.saturating_sub(WORD_BYTES));
    let to = boundary(text, at.saturating_add(WORD_BYTES));
    let around = text.get(from..to).unwrap_or_default();
    let is_run = |word: &str| word.chars().all(|c| is_cjk(c) && c.is_alphanumeric());
    let mut found: Option<Range<usize>> = None;
    for (start, piece) in around.split_word_bound_indices() {
        let range = from + start..from + start + piece.len();
        match &mut found {
            Some(run)
                if run.end == range.start
                    && is_run(piece)
                    && text.get(run.clone()).is_some_and(is_run) =>
            {
                run.end = range.end;
            }
            Some(run) if run.contains(&at) => break,
            _ => found = Some(range),
        }
    }
    found.filter(|run| run.contains(&at)).unwrap_or(at..at)
}

#[cfg(test)]
mod tests;
