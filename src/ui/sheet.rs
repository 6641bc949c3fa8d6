//! Long texts over the screen: the next request, and the summary that is coming. Only the lines
//! that are looked at are wrapped.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::cache::{Cache, Source, Topic};
use super::theme::Theme;
use super::{overlay, paint, phase};
use crate::app::{Errand, Preview, Reader, Spot, oldest_turns};
use crate::chat::safe;
use crate::markdown::text_width;
use crate::phrase::tr;

/// Draws the next request. Returns the row on top.
pub(super) fn preview(preview: &Preview, theme: Theme, window: Rect, buf: &mut Buffer) -> Spot {
    let title = tr!(" The next request · y copies its body · Esc closes ");
    let inner = overlay::opened(title, window, (120, 60), theme, buf);
    let width = usize::from(inner.width).max(1);
    let facts = preview.facts.iter();
    let facts: Vec<String> = facts.flat_map(|fact| paint::folded(fact, width)).collect();
    // What is worth knowing gives way to the request itself in a low window.
    let shown = facts.len().min(usize::from(inner.height) / 3);
    for (y, fact) in (inner.y..inner.bottom()).zip(facts.iter().take(shown)) {
        buf.set_stringn(inner.x, y, fact, width, theme.active());
    }
    let used = u16::try_from(shown + usize::from(shown > 0)).unwrap_or(0);
    let text = Rect {
        y: inner.y + used,
        height: inner.height.saturating_sub(used),
        ..inner
    };
    let line = |at: usize| preview.lines.get(at).map_or("", String::as_str);
    let rows_of = |at: usize| wrapped(&safe::visible(line(at)), width).len();
    let height = usize::from(text.height);
    let top = preview.reader.resolve(preview.lines.len(), height, rows_of);
    let rows = (top.line..preview.lines.len()).flat_map(|at| {
        let line = safe::visible(line(at)).into_owned();
        let skipped = if at == top.line { top.row } else { 0 };
        let rows: Vec<String> = wrapped(&line, width)
            .into_iter()
            .skip(skipped)
            .map(|row| line.get(row).unwrap_or_default().to_owned())
            .collect();
        rows
    });
    for (y, row) in (text.y..text.bottom()).zip(rows) {
        buf.set_stringn(text.x, y, row, width, Style::new());
    }
    top
}

/// Draws the summary as far as it has come. Returns the row on top.
pub(super) fn summary(
    errand: &Errand,
    reader: Reader,
    cache: &mut Cache,
    window: Rect,
    buf: &mut Buffer,
) -> Spot {
    let title = if errand.done {
        tr!(" Summary · Enter goes on with it · Esc drops it ")
    } else {
        tr!(" Summary · Esc stops it ")
    };
    let mut area = overlay::opened(title, window, (100, 40), cache.theme, buf);
    for remark in left_out(errand, area) {
        let width = usize::from(area.width);
        buf.set_stringn(area.x, area.y, remark, width, cache.theme.active());
        area.y += 1;
        area.height -= 1;
    }
    let answer = &errand.reply.answer;
    if answer.is_empty() {
        let text = phase::of_errand(errand);
        let width = usize::from(area.width);
        buf.set_stringn(area.x, area.y, text, width, cache.theme.active());
        return Spot::default();
    }
    let id = errand.live.turn;
    let height = usize::from(area.height);
    let source = Source {
        text: answer.as_str(),
        epoch: answer.epoch(),
        done: errand.done,
    };
    let document = cache.document(id, Topic::Answer, source, area.width);
    // The end is followed while it grows; what has come is read from its beginning.
    let top_of = |rows: usize| {
        if errand.done {
            reader.resolve(rows, height, |_| 1).line
        } else {
            rows.saturating_sub(height)
        }
    };
    let mut top = top_of(document.len());
    // Rows that were only estimated may turn out to be others.
    while document.lay_out(answer.as_str(), top..top + height) {
        top = top_of(document.len());
    }
    if let Some(document) = cache.kept(id, Topic::Answer) {
        for offset in 0..area.height {
            if let Some(row) = document.row(top + usize::from(offset)) {
                paint::row(row, area, area.y + offset, cache, buf);
            }
        }
    }
    Spot {
        line: if errand.done { top } else { 0 },
        row: 0,
    }
}

/// What is not in the summary, folded and with an empty row below; nothing in a low window.
fn left_out(errand: &Errand, area: Rect) -> Vec<String> {
    if errand.left_out == 0 || area.height < 6 {
        return Vec::new();
    }
    let remark = tr!(
        "Without {turns}: with more, the request would not fit into the window.",
        turns = oldest_turns(errand.left_out)
    );
    let mut rows = paint::folded(&remark, usize::from(area.width).max(1));
    rows.truncate(usize::from(area.height) / 3);
    rows.push(String::new());
    rows
}

/// The rows of a line at a width, as ranges of its bytes: folded between words, and within one
/// that is wider than a row. An empty line is a row too.
pub(super) fn wrapped(line: &str, width: usize) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    let mut start = 0;
    let mut cols = 0;
    for (at, word) in line.split_word_bound_indices() {
        let word_cols = text_width(word);
        if cols + word_cols <= width {
            cols += word_cols;
            continue;
        }
        // A space that has no room stays at the end of its row, unseen.
        if word.trim().is_empty() && cols > 0 {
            cols = width;
            continue;
        }
        if at > start {
            rows.push(start..at);
            start = at;
            cols = 0;
        }
        if word_cols <= width {
            cols = word_cols;
            continue;
        }
        for (offset, cluster) in word.grapheme_indices(true) {
            let cluster_cols = text_width(cluster);
            if cols + cluster_cols > width && at + offset > start {
                rows.push(start..at + offset);
                start = at + offset;
                cols = 0;
            }
            cols += cluster_cols;
        }
    }
    rows.push(start..line.len());
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(line: &str, width: usize) -> Vec<&str> {
        let rows = wrapped(line, width).into_iter();
        rows.map(|row| line.get(row).unwrap()).collect()
    }

    #[test]
    fn lines_are_folded_between_words() {
        assert_eq!(rows("one two three", 8), ["one two ", "three"]);
        assert_eq!(rows("", 8), [""]);
        assert_eq!(rows("一二三四五", 4), ["一二", "三四", "五"]);
        assert_eq!(rows("unbreakable", 4), ["unbr", "eaka", "ble"]);
        assert_eq!(rows("a unbreakable", 4), ["a ", "unbr", "eaka", "ble"]);
    }

    proptest::proptest! {
        #[test]
        fn rows_are_the_line_and_fit(line in "[a-z 中，\u{301}👨‍👩‍👧]{0,80}", width in 2..30_usize) {
            let rows = rows(&line, width);
            proptest::prop_assert_eq!(rows.concat(), line.clone());
            for row in rows {
                proptest::prop_assert!(text_width(row.trim_end()) <= width, "{row:?}");
            }
        }
    }
}
