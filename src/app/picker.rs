//! A list with a filter: models, commands. Fuzzy, with the best match on top.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::line_edit::LineEdit;

/// Something to pick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item<T> {
    /// What it is; the filter matches this …
    pub title: String,
    /// … and these other words, which are not shown.
    pub words: String,
    /// A fact shown at the right end of its row.
    pub right: String,
    /// What is said of it while it is selected; empty for nothing.
    pub about: String,
    /// Whether it is shown dimmed: it can be picked, but something is missing.
    pub dim: bool,
    /// What picking it means.
    pub value: T,
}

/// A list with a filter.
#[derive(Debug, Clone)]
pub struct Picker<T> {
    /// The filter being typed.
    pub query: LineEdit,
    items: Vec<Item<T>>,
    /// Indexes of the items that match, best first.
    shown: Vec<usize>,
    selected: usize,
}

impl<T> Picker<T> {
    /// A list of everything, with the item at `selected` chosen.
    pub fn new(items: Vec<Item<T>>, selected: usize) -> Self {
        Self {
            query: LineEdit::default(),
            shown: (0..items.len()).collect(),
            items,
            selected,
        }
    }

    /// Has other items, with the same filter; the selection keeps its place.
    pub fn renew(&mut self, items: Vec<Item<T>>) {
        let place = self.selected;
        self.items = items;
        self.refilter();
        self.selected = place;
        self.step(0);
    }

    /// The items that match, best first.
    pub fn shown(&self) -> impl Iterator<Item = &Item<T>> {
        self.shown.iter().filter_map(|&at| self.items.get(at))
    }

    /// Every item, whether it matches or not.
    pub fn all(&self) -> &[Item<T>] {
        &self.items
    }

    /// How many items match.
    pub fn matching(&self) -> usize {
        self.shown.len()
    }

    /// The place of the selected item among those shown.
    pub fn position(&self) -> usize {
        self.selected
    }

    /// The selected item.
    pub fn selected(&self) -> Option<&Item<T>> {
        self.items.get(*self.shown.get(self.selected)?)
    }

    /// Moves the selection; it stops at the ends.
    pub fn step(&mut self, by: isize) {
        let last = self.shown.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }

    /// Selects the item at a place among those shown. Returns whether there is one.
    pub fn select(&mut self, position: usize) -> bool {
        let there = position < self.shown.len();
        if there {
            self.selected = position;
        }
        there
    }

    /// Of the items that match, shows only those that are wanted.
    pub fn narrow(&mut self, is_wanted: impl Fn(&T) -> bool) {
        let items = &self.items;
        let stays = |at: &usize| items.get(*at).is_some_and(|item| is_wanted(&item.value));
        self.shown.retain(stays);
        self.step(0);
    }

    /// Shows no item: what is typed is no filter.
    pub fn show_nothing(&mut self) {
        self.shown.clear();
        self.selected = 0;
    }

    /// How many items there are in all.
    pub fn total(&self) -> usize {
        self.items.len()
    }

    /// Filters anew after the query has changed. Between equal matches the shorter title wins,
    /// then the order of the list.
    pub fn refilter(&mut self) {
        self.selected = 0;
        let query = self.query.text();
        if query.trim().is_empty() {
            self.shown = (0..self.items.len()).collect();
            return;
        }
        let pattern = Pattern::parse(query, CaseMatching::Smart, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
        let mut scored: Vec<(u32, usize, usize)> = self
            .items
            .iter()
            .enumerate()
            .filter_map(|(at, item)| {
                // A match in the title counts for more than one in the other words.
                let title = score(&item.title).map(|points| points * 2);
                let points = title.or_else(|| score(&format!("{} {}", item.title, item.words)))?;
                Some((points, item.title.len(), at))
            })
            .collect();
        scored.sort_by_key(|&(points, length, at)| (std::cmp::Reverse(points), length, at));
        self.shown = scored.into_iter().map(|(_, _, at)| at).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picker(titles: &[&str]) -> Picker<usize> {
        let item = |(value, title): (usize, &&str)| Item {
            title: (*title).to_owned(),
            words: String::new(),
            right: String::new(),
            about: String::new(),
            dim: false,
            value,
        };
        Picker::new(titles.iter().enumerate().map(item).collect(), 0)
    }

    #[test]
    fn typing_narrows_the_list_and_deleting_widens_it() {
        let mut picker = picker(&["minimax/MiniMax-M3", "tencent/minimax-m2.7", "openrouter/x"]);
        picker.query.insert("tenm27");
        picker.refilter();
        assert_eq!(
            picker.shown().map(|item| item.value).collect::<Vec<_>>(),
            [1]
        );
        picker.query.clear();
        picker.refilter();
        assert_eq!(picker.matching(), 3);
    }

    #[test]
    fn the_selection_stops_at_the_ends() {
        let mut picker = picker(&["a", "b"]);
        picker.step(-1);
        assert_eq!(picker.position(), 0);
        picker.step(9);
        assert_eq!(picker.selected().map(|item| item.value), Some(1));
        let mut none = self::picker(&[]);
        none.step(1);
        assert!(none.selected().is_none());
    }
}
