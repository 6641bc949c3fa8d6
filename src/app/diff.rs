//! Two versions of an answer against each other: which lines changed, and which words in them.
//!
//! Bounded for answers of megabytes: lines are compared by an algorithm whose heuristics keep it
//! near linear, words only while there is a budget for them, and wrapping is left to the view,
//! which wraps what it shows.

use std::ops::Range;

use imara_diff::{Algorithm, Diff as Changes, InternedInput};
use unicode_segmentation::UnicodeSegmentation;

use super::preview::pieces;
use super::reader::Reader;
use super::{App, Overlay, Tone};
use crate::chat::{Now, Turn, TurnId, safe};
use crate::phrase::tr;

/// How much text is compared word by word, in bytes; lines after that are marked whole.
const WORDS_BUDGET_BYTES: usize = 512 * 1024;
/// Lines that share less than this part of their words, in percent, are different lines: marks on
/// what they share by chance would only confuse.
const LEAST_SHARED: usize = 25;

/// Two answers against each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Diff {
    /// The turns: the version that is compared with, and the one that was in view.
    pub turns: (TurnId, TurnId),
    /// What they are called.
    pub titles: (String, String),
    /// Their lines side by side.
    pub pairs: Vec<Pair>,
    /// The first pair of each change.
    pub changes: Vec<usize>,
    /// Where it is scrolled to.
    pub reader: Reader,
}

/// Lines that stand beside each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pair {
    /// The same on both sides.
    Same(String),
    /// Different, or only on one side.
    Changed(Option<Line>, Option<Line>),
}

/// A line that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its text, safe to show.
    pub text: String,
    /// The parts of it that changed, as ranges of bytes in order.
    pub changed: Vec<Range<usize>>,
}

impl Line {
    /// A line all of which changed.
    fn whole(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            changed: std::iter::once(0..text.len()).collect(),
        }
    }
}

impl Diff {
    /// Goes to the change after the one on top, or before it.
    pub fn jump(&mut self, next: bool) {
        let top = self.reader.top.line;
        let to = if next {
            self.changes.iter().find(|change| **change > top)
        } else {
            self.changes.iter().rev().find(|change| **change < top)
        };
        if let Some(&to) = to {
            self.reader.to(to);
        }
    }
}

impl App {
    /// Opens the answer of the turn in view against that of its sibling before it, else after it.
    pub(super) fn open_diff(&mut self, now: Now) {
        let Some((here, siblings)) = self.turn_with_versions() else {
            let text = tr!("No turn here has another version to compare with (Alt+R makes one)");
            self.notify(Tone::Info, text, now.instant);
            return;
        };
        let before = siblings.iter().rev().find(|other| **other < here);
        if let Some(&other) = before.or(siblings.iter().find(|other| **other > here)) {
            self.compare(other, here);
        }
    }

    /// Compares with the next version, or the one before, instead of the one it is.
    pub(super) fn compare_with(&mut self, step: isize) {
        let Some(Overlay::Diff(diff)) = &self.overlay else {
            return;
        };
        let (other, here) = diff.turns;
        let mut siblings = self.conversation.siblings(here);
        siblings.retain(|sibling| *sibling != here);
        let count = siblings.len().cast_signed().max(1);
        let at = siblings.iter().position(|sibling| *sibling == other);
        let to = (at.unwrap_or(0).cast_signed() + step).rem_euclid(count);
        if let Some(&other) = siblings.get(to.unsigned_abs()) {
            self.compare(other, here);
        }
    }

    fn compare(&mut self, other: TurnId, here: TurnId) {
        let (left, right) = (self.conversation.turn(other), self.conversation.turn(here));
        let Some((left, right)) = left.zip(right) else {
            return;
        };
        let (pairs, changes) = compared(left.reply.answer.as_str(), right.reply.answer.as_str());
        let diff = Diff {
            turns: (other, here),
            titles: (self.version(left), self.version(right)),
            pairs,
            changes,
            reader: Reader::default(),
        };
        self.overlay = Some(Overlay::Diff(Box::new(diff)));
    }

    /// `2/3 · minimax-m2.7 · tencent · 14:02`.
    fn version(&self, turn: &Turn) -> String {
        let siblings = self.conversation.siblings(turn.id);
        let at = siblings.iter().position(|id| *id == turn.id).unwrap_or(0) + 1;
        let text = format!(
            "{at}/{} · {} · {} · {}",
            siblings.len(),
            turn.model(),
            turn.asked.provider,
            turn.sent
        );
        safe::one_line(&text)
    }
}

/// Two texts line by line: the pairs, and the first pair of each change.
fn compared(left: &str, right: &str) -> (Vec<Pair>, Vec<usize>) {
    let (left, right) = (lines(left), lines(right));
    let input = interned(
        left.iter().map(String::as_str),
        right.iter().map(String::as_str),
    );
    let mut changes = Changes::compute(Algorithm::Histogram, &input);
    changes.postprocess_no_heuristic(&input);
    let mut pairs = Vec::with_capacity(left.len().max(right.len()));
    let mut starts = Vec::new();
    let mut budget = WORDS_BUDGET_BYTES;
    let mut same = left.iter();
    let mut at = 0;
    for hunk in changes.hunks() {
        let (before, after) = (range(&hunk.before), range(&hunk.after));
        let unchanged = before.start.saturating_sub(at);
        pairs.extend(same.by_ref().take(unchanged).cloned().map(Pair::Same));
        starts.push(pairs.len());
        let old = left.get(before.clone()).unwrap_or_default();
        let new = right.get(after).unwrap_or_default();
        for row in 0..old.len().max(new.len()) {
            let pair = (old.get(row), new.get(row));
            pairs.push(changed(pair, &mut budget));
        }
        at = before.end;
        same = left.get(at..).unwrap_or_default().iter();
    }
    pairs.extend(same.cloned().map(Pair::Same));
    (pairs, starts)
}

/// A text's lines as they are shown: safe, tabs as spaces, long ones in pieces.
fn lines(text: &str) -> Vec<String> {
    let text = safe::visible(text).replace('\t', "    ");
    text.lines().flat_map(pieces).collect()
}

fn changed((old, new): (Option<&String>, Option<&String>), budget: &mut usize) -> Pair {
    let (Some(old), Some(new)) = (old, new) else {
        return Pair::Changed(old.map(|it| Line::whole(it)), new.map(|it| Line::whole(it)));
    };
    let cost = old.len() + new.len();
    let Some(left) = budget.checked_sub(cost) else {
        return Pair::Changed(Some(Line::whole(old)), Some(Line::whole(new)));
    };
    *budget = left;
    let (old, new) = words_compared(old, new);
    Pair::Changed(Some(old), Some(new))
}

/// Two lines word by word; Chinese, character by character.
fn words_compared(old: &str, new: &str) -> (Line, Line) {
    let input = interned(old.split_word_bounds(), new.split_word_bounds());
    let mut changes = Changes::compute(Algorithm::Histogram, &input);
    changes.postprocess_no_heuristic(&input);
    let side = |text: &str, is_changed: &dyn Fn(u32) -> bool| {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for ((start, word), at) in text.split_word_bound_indices().zip(0..) {
            if !is_changed(at) {
                continue;
            }
            let end = start + word.len();
            match ranges.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => ranges.push(start..end),
            }
        }
        ranges
    };
    let left = side(old, &|at| changes.is_removed(at));
    let right = side(new, &|at| changes.is_added(at));
    let size = |ranges: &[Range<usize>]| ranges.iter().map(ExactSizeIterator::len).sum::<usize>();
    let shared = (old.len() - size(&left)) + (new.len() - size(&right));
    if shared * 100 < (old.len() + new.len()) * LEAST_SHARED {
        return (Line::whole(old), Line::whole(new));
    }
    let line = |text: &str, changed| Line {
        text: text.to_owned(),
        changed,
    };
    (line(old, left), line(new, right))
}

fn interned<'a>(
    before: impl Iterator<Item = &'a str>,
    after: impl Iterator<Item = &'a str>,
) -> InternedInput<&'a str> {
    let mut input = InternedInput::default();
    input.update_before(before);
    input.update_after(after);
    input
}

fn range(range: &Range<u32>) -> Range<usize> {
    let whole = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
    whole(range.start)..whole(range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A comparison as text: changed parts in brackets.
    fn shown(left: &str, right: &str) -> Vec<String> {
        let marked = |line: &Line| {
            let mut text = line.text.clone();
            for range in line.changed.iter().rev() {
                text.insert(range.end, ']');
                text.insert(range.start, '[');
            }
            text
        };
        let (pairs, _) = compared(left, right);
        pairs
            .iter()
            .map(|pair| match pair {
                Pair::Same(text) => format!("  {text}"),
                Pair::Changed(old, new) => {
                    let side = |line: &Option<Line>| line.as_ref().map_or("∅".into(), marked);
                    format!("{} → {}", side(old), side(new))
                }
            })
            .collect()
    }

    #[test]
    fn changed_words_are_marked_within_changed_lines() {
        assert_eq!(
            shown(
                "a\nthe quick fox jumps\nz",
                "a\nthe slow fox jumps\nz\nmore"
            ),
            [
                "  a",
                "the [quick] fox jumps → the [slow] fox jumps",
                "  z",
                "∅ → [more]"
            ]
        );
    }

    #[test]
    fn chinese_is_compared_character_by_character() {
        assert_eq!(
            shown("方程的解是二和三。", "方程的根是二和三。"),
            ["方程的[解]是二和三。 → 方程的[根]是二和三。"]
        );
    }

    #[test]
    fn lines_that_share_little_are_marked_whole() {
        assert_eq!(
            shown("completely different text", "nothing alike here"),
            ["[completely different text] → [nothing alike here]"]
        );
    }

    #[test]
    fn equal_texts_have_no_changes() {
        let (pairs, changes) = compared("a\nb", "a\nb");
        assert_eq!((pairs.len(), changes.len()), (2, 0));
        assert_eq!(compared("", ""), (Vec::new(), Vec::new()));
    }

    #[test]
    fn control_characters_are_shown_not_passed_on() {
        assert_eq!(shown("a\x1b[2Jb", "a\tb"), ["[a␛[2Jb] → [a    b]"]);
    }

    #[test]
    fn answers_of_two_megabytes_are_compared_within_bounds() {
        let line = |n: usize| format!("line {n} of the one answer, with some words");
        let left = (0..40_000).map(line).collect::<Vec<_>>().join("\n");
        let right = left.replace("of the one", "of the other");
        let (pairs, changes) = compared(&left, &right);
        assert_eq!((pairs.len(), changes.len()), (40_000, 1));
        let one_line = "word ".repeat(400_000);
        let (pairs, _) = compared(&one_line, &one_line.replace("word", "sword"));
        assert!(pairs.len() > 900);
    }

    proptest::proptest! {
        /// Either side, put together again, is the text that it came from.
        #[test]
        fn nothing_is_lost_on_either_side(left in "[ab \n中]{0,60}", right in "[ab \n中]{0,60}") {
            let (pairs, changes) = compared(&left, &right);
            let side = |pick: fn(&Pair) -> Option<&str>| {
                pairs.iter().filter_map(pick).map(str::to_owned).collect::<Vec<_>>()
            };
            let old = side(|pair| match pair {
                Pair::Same(text) => Some(text),
                Pair::Changed(old, _) => old.as_ref().map(|line| line.text.as_str()),
            });
            let new = side(|pair| match pair {
                Pair::Same(text) => Some(text),
                Pair::Changed(_, new) => new.as_ref().map(|line| line.text.as_str()),
            });
            proptest::prop_assert_eq!(old, lines(&left));
            proptest::prop_assert_eq!(new, lines(&right));
            for at in changes {
                proptest::prop_assert!(matches!(pairs[at], Pair::Changed(..)));
            }
        }
    }
}
