//! What is laid over the text of the panes: what was found, and what is selected.
//!
//! Works on the rows that the panes have just drawn, whichever they were: a row knows the bytes
//! that each of its spans shows. Also tells which text the mouse is on, for the selection.

use std::cmp::Ordering;
use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;

use super::cache::{Cache, ShownLine, Topic};
use crate::app::{App, Pane, Passage, Section, Seen, Selection};
use crate::chat::Turn;
use crate::markdown::{Row, text_width};

/// Marks what was found and what is selected, and notes which text the ends of the selection are on.
pub(super) fn draw(app: &App, cache: &Cache, buf: &mut Buffer, seen: &mut Seen) {
    if let Some(selection) = &app.selection {
        let at = |cell: Option<Position>| passage_at(cache, selection.pane(), cell?);
        seen.ends = selection.cells().map(at);
    }
    mark_faults(app, cache, buf);
    let selected = app.passages(&seen.ends);
    if selected.is_empty() && app.find.is_none() {
        return;
    }
    let theme = cache.theme;
    for line in cache.lines() {
        let Some((section, row)) = text_of(cache, line) else {
            continue;
        };
        if let Some(find) = &app.find {
            let here = find.here(line.turn, section);
            let hits = find.hits(line.turn, section);
            let first = hits.partition_point(|hit| hit.end <= row.source.start);
            let hits = hits.iter().skip(first);
            for hit in hits.take_while(|hit| hit.start < row.source.end) {
                let style = if here == Some(hit.start) {
                    theme.found_here()
                } else {
                    theme.found()
                };
                mark(row, hit, line.area, style, buf);
            }
        }
        let is_here = |it: &&Passage| (it.turn, it.section) == (line.turn, section);
        if app.selection.as_ref().map(Selection::pane) == Some(line.pane)
            && let Some(passage) = selected.iter().find(is_here)
        {
            mark(row, &passage.range, line.area, theme.selection(), buf);
        }
    }
}

/// Marks where answers that were to be JSON stop being so.
fn mark_faults(app: &App, cache: &Cache, buf: &mut Buffer) {
    let answers = cache.lines().iter();
    for line in answers.filter(|line| line.topic == Topic::Answer) {
        let turn = app.conversation.turn(line.turn);
        let Some((_, at)) = turn.and_then(Turn::json_fault) else {
            continue;
        };
        if let Some((_, row)) = text_of(cache, line) {
            let style = cache.theme.error().add_modifier(Modifier::REVERSED);
            mark(row, &(*at..at + 1), line.area, style, buf);
        }
    }
}

fn text_of<'a>(cache: &'a Cache, line: &ShownLine) -> Option<(Section, &'a Row)> {
    let section = match line.topic {
        Topic::Prompt => Section::Prompt,
        Topic::Reasoning => Section::Reasoning,
        Topic::Answer => Section::Answer,
        Topic::Attached
        | Topic::Calls(_)
        | Topic::Sources
        | Topic::Remarks
        | Topic::Failure
        | Topic::Words => {
            return None;
        }
    };
    let row = cache.kept(line.turn, line.topic)?.row(line.row)?;
    Some((section, row))
}

/// Lays a style over what a row shows of some bytes.
fn mark(row: &Row, bytes: &Range<usize>, area: Rect, style: Style, buf: &mut Buffer) {
    let mut x = area.x;
    for span in &row.spans {
        let cols = columns(&span.text);
        if let Some(shown) = span.shown_of(bytes) {
            let before = span.text.get(..shown.start).map_or(0, columns);
            let upto = span.text.get(..shown.end).map_or(cols, columns);
            let cells = Rect {
                x: x.saturating_add(before),
                y: area.y,
                width: upto.saturating_sub(before),
                height: 1,
            };
            buf.set_style(cells.intersection(area), style);
        }
        x = x.saturating_add(cols);
    }
}

/// The text on a cell of a pane: the character there, or no byte at the nearest place.
fn passage_at(cache: &Cache, pane: Pane, cell: Position) -> Option<Passage> {
    // Cards and notes between two texts belong to none: there the text above ends.
    let lines = cache.lines().iter().filter(|line| line.pane == pane);
    let mut lines = lines.filter_map(|line| Some((line, text_of(cache, line)?)));
    let first = lines.next()?;
    let above = lines.take_while(|(line, _)| line.area.y <= cell.y).last();
    let (line, (section, row)) = above.unwrap_or(first);
    let range = match line.area.y.cmp(&cell.y) {
        Ordering::Equal => bytes_at(row, cell.x.saturating_sub(line.area.x)),
        Ordering::Less => end_of(row),
        Ordering::Greater => row.source.start..row.source.start,
    };
    Some(Passage {
        turn: line.turn,
        section,
        range,
    })
}

/// The bytes that a row shows in a column.
fn bytes_at(row: &Row, column: u16) -> Range<usize> {
    let mut x: u16 = 0;
    for span in &row.spans {
        for (at, cluster) in span.text.grapheme_indices(true) {
            x = x.saturating_add(columns(cluster));
            if x > column {
                return span.source_of(at..at + cluster.len());
            }
        }
    }
    end_of(row)
}

/// Behind the last byte that a row shows; what its source ends with besides may be a fence.
fn end_of(row: &Row) -> Range<usize> {
    let shown = row.spans.iter().rev().find(|span| !span.source.is_empty());
    let end = shown.map_or(row.source.start, |span| span.source.end);
    end..end
}

fn columns(text: &str) -> u16 {
    u16::try_from(text_width(text)).unwrap_or(u16::MAX)
}
