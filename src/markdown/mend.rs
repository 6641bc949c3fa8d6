//! Makes half-written Markdown look right: closes what is open, hides what is not decided yet.
//!
//! Owns guesses about the last words of a text that is still being written. A wrong guess lives
//! until the next bytes arrive: what is settled is never mended. Also finds where an endless
//! paragraph may be cut without cutting through markup.

mod formula;

use self::formula::Formula;
use super::blocks::Join;
use super::line::Line;
use super::width::is_cjk;

/// The end of a text, made whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mended {
    /// The text with what closes it.
    pub(super) text: String,
    /// How much of it is shown: the rest only closes.
    pub(super) end: usize,
}

/// Mends the live end of a text.
pub(super) fn mend(live: &str, join: &Join, in_table: bool) -> Mended {
    let whole = |text: &str| Mended {
        text: text.to_owned(),
        end: text.len(),
    };
    if let Join::Code { fence, .. } = join {
        return whole(
            if Line::read(live).may_close(*fence) && !live.ends_with('\n') {
                ""
            } else {
                live
            },
        );
    }
    let in_fence = ends_in_fence(live);
    let live = decided(live, in_fence, in_table);
    if in_fence || in_indented_code(live, join) {
        return whole(live);
    }
    let body = live.trim_end();
    let from = run_start(body, in_table);
    let run = body.get(from..).unwrap_or_default();
    let (kept, closers) = close(run);
    if kept == run.len() && closers.is_empty() {
        return whole(live);
    }
    let end = from + kept;
    let mut text = body.get(..end).unwrap_or_default().trim_end().to_owned();
    let end = text.len();
    if closers.starts_with(['*', '_', '~']) && !text.ends_with(holds_a_mark) {
        // Whether marks close depends on what stands before them. Behind a letter they always do,
        // so that no sign and no picture at the end of the text changes how all of it looks.
        text.push('a');
    }
    text.push_str(&closers);
    Mended { text, end }
}

/// A mark behind this character closes, or is one mark with it.
fn holds_a_mark(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '*' | '_' | '~' | '`')
}

/// Finds where a long paragraph is best cut: after a sentence, else after a word, outside markup.
pub(super) fn paragraph_end(chunk: &str) -> usize {
    let half = chunk.len() / 2;
    let (mut sentence, mut word, mut anywhere) = (None, None, None);
    let mut before = ' ';
    let mut open = Open::default();
    for (at, c) in chunk.char_indices() {
        let outside = open.is_empty();
        open.read(before, c);
        let after_space = before.is_whitespace() && !c.is_whitespace();
        let stop = matches!(before, '。' | '！' | '？' | '；');
        if at > half && (after_space || stop || (is_cjk(before) && is_cjk(c))) {
            anywhere = Some(at);
            let said = chunk.get(..at).unwrap_or_default().trim_end();
            if outside && (stop || (after_space && said.ends_with(['.', '!', '?', ':']))) {
                sentence = Some(at);
            } else if outside {
                word = Some(at);
            }
        }
        before = c;
    }
    sentence.or(word).or(anywhere).unwrap_or(chunk.len())
}

/// Which markup is open, roughly.
#[derive(Default)]
struct Open {
    code: bool,
    emphasis: bool,
    brackets: u32,
}

impl Open {
    fn is_empty(&self) -> bool {
        !self.code && !self.emphasis && self.brackets == 0
    }

    fn read(&mut self, before: char, c: char) {
        match c {
            '`' if before != c => self.code = !self.code,
            '*' | '~' | '$' if before != c => self.emphasis = !self.emphasis,
            '[' | '(' => self.brackets += 1,
            ']' | ')' => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
    }
}

/// Takes away a last line of which it can't be told yet what it begins.
fn decided(live: &str, in_fence: bool, in_table: bool) -> &str {
    let from = live.rfind('\n').map_or(0, |at| at + 1);
    let last = live.get(from..).unwrap_or_default();
    let mut rest = last.trim_start_matches([' ', '\t', '>']);
    let quoted = rest.len() < last.len();
    if in_fence {
        let closing = !rest.is_empty() && rest.chars().all(|c| matches!(c, '`' | '~'));
        return if closing {
            live.get(..from).unwrap_or_default()
        } else {
            live
        };
    }
    let mut kept = from;
    if let Some(marker) = Line::read(rest)
        .marker_at_any_depth()
        .filter(|marker| !marker.empty)
    {
        let content = rest.get(marker.content..).unwrap_or_default();
        if matches!(content, "[" | "[ " | "[x" | "[X" | "[ ]" | "[x]" | "[X]") {
            kept = live.len() - content.len();
            rest = "";
        }
    }
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = !in_table
        && digits.len() < rest.len()
        && rest.len() < 12
        && matches!(digits.trim_end(), "" | "." | ")");
    let marks = rest.chars().all(|c| {
        matches!(
            c,
            '-' | '=' | '*' | '_' | '+' | '#' | '`' | '~' | '|' | ':' | ' '
        )
    });
    if kept > from || (!rest.is_empty() && (number || marks)) || (quoted && rest.is_empty()) {
        live.get(..kept).unwrap_or_default()
    } else {
        live
    }
}

/// Tells whether `live` ends within a fence, in a list or a quote.
fn ends_in_fence(live: &str) -> bool {
    let mut open = None;
    for line in live.lines() {
        let mut inner = line.trim_start_matches([' ', '\t', '>']);
        if open.is_none() {
            while let Some(marker) = Line::read(inner).marker_at_any_depth().filter(|m| !m.empty) {
                inner = inner.get(marker.content..).unwrap_or_default().trim_start();
            }
        }
        let inner = Line::read(inner);
        match open {
            Some(fence) if inner.closes(fence) => open = None,
            Some(_) => {}
            None => open = inner.fence().map(|(fence, _)| fence),
        }
    }
    open.is_some()
}

fn in_indented_code(live: &str, join: &Join) -> bool {
    *join == Join::Block
        && live
            .lines()
            .find(|line| !line.trim().is_empty())
            .is_some_and(|line| Line::read(line).indent > 3)
}

/// Finds where the last run of text that markup can span begins.
fn run_start(body: &str, in_table: bool) -> usize {
    let mut start = 0;
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let inner = line.trim_start_matches([' ', '\t', '>']);
        let read = Line::read(inner);
        if read.is_blank() {
            start = at + line.len();
        } else if let Some(marker) = read.marker_at_any_depth() {
            start = at + (line.len() - inner.len()) + marker.content.min(inner.len());
        } else if read.is_heading() || read.text.starts_with('|') {
            start = at;
        }
        at += line.len();
    }
    let line = body.rfind('\n').map_or(0, |at| at + 1);
    if (in_table || body.get(line..).is_some_and(|line| line.starts_with('|')))
        && let Some(bar) = body.rfind('|')
    {
        start = start.max(bar + 1);
    }
    if body.is_char_boundary(start) {
        start.min(body.len())
    } else {
        body.len()
    }
}

/// An emphasis that is open.
struct Opened {
    mark: char,
    count: usize,
    at: usize,
}

/// Finds what closes the markup of `run`, and how much of it to keep: marks that stand at the very
/// end are not decided yet.
fn close(run: &str) -> (usize, String) {
    let mut open: Vec<Opened> = Vec::new();
    let mut brackets: Vec<usize> = Vec::new();
    let mut before = ' ';
    let mut at = 0;
    let mut inner = String::new();
    let mut kept = run.len();
    while let Some(rest) = run.get(at..)
        && let Some(c) = rest.chars().next()
    {
        let count = match c {
            '`' | '*' | '_' | '~' => rest.len() - rest.trim_start_matches(c).len(),
            _ => 1,
        };
        let mut len = c.len_utf8();
        if matches!(c, '$' | '\\')
            && let Some(formula) = formula::read(rest)
        {
            match formula {
                Formula::Whole(end) => {
                    at += end;
                    before = '$';
                    continue;
                }
                Formula::Half {
                    kept: shown,
                    closers,
                } => {
                    kept = at + shown;
                    inner.push_str(&closers);
                    break;
                }
            }
        }
        match c {
            '\\' => len += rest.chars().nth(1).map_or(0, char::len_utf8),
            '`' => {
                len = count;
                let after = rest.get(count..).unwrap_or_default();
                if let Some(end) = ticks(after, count) {
                    len += end;
                } else if after.is_empty() {
                    kept = at;
                    break;
                } else {
                    let closing = after.len() - after.trim_end_matches('`').len();
                    inner.push_str(&"`".repeat(count.saturating_sub(closing)));
                    break;
                }
            }
            '*' | '_' | '~' => {
                len = count;
                let next = rest.get(count..).and_then(|rest| rest.chars().next());
                if !emphasis(&mut open, c, count, at, (before, next)) {
                    kept = at;
                    break;
                }
                if next.is_none()
                    && let Some(last) = open.last()
                    && last.mark == c
                    && last.at < at
                {
                    break;
                }
            }
            '<' | '[' if is_undecided(rest) => {
                kept = at;
                break;
            }
            '<' if is_address(rest) => {
                inner.push('>');
                break;
            }
            '[' => brackets.push(at),
            ']' if brackets.pop().is_some() => {
                if let Some(target) = rest.strip_prefix("](") {
                    if let Some(end) = target_end(target) {
                        len += 1 + end;
                    } else {
                        if target.contains([' ', '\n']) && target.matches('"').count() % 2 == 1 {
                            inner.push('"');
                        }
                        inner.push(')');
                        break;
                    }
                }
            }
            _ => {}
        }
        before = rest
            .get(..len)
            .and_then(|read| read.chars().next_back())
            .unwrap_or(' ');
        at += len;
    }
    for opened in open.iter().rev().filter(|opened| opened.at < kept) {
        inner.extend(std::iter::repeat_n(opened.mark, opened.count));
    }
    (kept, inner)
}

/// Reads a run of emphasis marks; false when it stands at the end and may become anything.
fn emphasis(
    open: &mut Vec<Opened>,
    mark: char,
    count: usize,
    at: usize,
    (before, next): (char, Option<char>),
) -> bool {
    let opened = open.iter().rposition(|opened| opened.mark == mark);
    let Some(after) = next else {
        // At the very end: the first half of what closes, or an opener still to be decided.
        let Some(index) = opened.filter(|_| !before.is_whitespace()) else {
            return false;
        };
        open.truncate(index + 1);
        if let Some(last) = open.last_mut() {
            last.count = last.count.saturating_sub(count);
            if last.count == 0 {
                open.pop();
            }
        }
        return true;
    };
    // As CommonMark's flanking rules, and as `emphasis` bends them beside Chinese and Japanese.
    let word = |c: char| c.is_alphanumeric();
    let free = |c: char| !word(c) || is_cjk(c);
    let inside = mark != '_';
    let opens =
        !after.is_whitespace() && (word(after) || free(before)) && (inside || !word(before));
    let closes =
        !before.is_whitespace() && (word(before) || free(after)) && (inside || !word(after));
    if mark == '~' && count != 2 {
        return true;
    }
    match opened {
        Some(index) if closes => {
            open.truncate(index + 1);
            if let Some(last) = open.last_mut() {
                last.count = last.count.saturating_sub(count);
                if last.count == 0 {
                    open.pop();
                }
            }
        }
        _ if opens => open.push(Opened { mark, count, at }),
        _ => {}
    }
    true
}

/// Addresses in angle brackets begin like this.
const ADDRESSES: [&str; 2] = ["<https://", "<http://"];

/// Tells whether a text that ends like this may be about to name an address or a footnote.
fn is_undecided(text: &str) -> bool {
    let note = text.strip_prefix("[^");
    note.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
        || ADDRESSES.iter().any(|address| address.starts_with(text))
}

/// Tells whether a text is an address in angle brackets that is still open.
fn is_address(text: &str) -> bool {
    ADDRESSES.iter().any(|address| text.starts_with(address))
        && !text.contains(|c: char| c.is_whitespace() || c == '>')
}

/// Finds the end of the code span that is closed by `count` ticks in `after`.
fn ticks(after: &str, count: usize) -> Option<usize> {
    let mut at = 0;
    loop {
        at += after.get(at..)?.find('`')?;
        let rest = after.get(at..)?;
        let run = rest.len() - rest.trim_start_matches('`').len();
        at += run;
        if run == count {
            return Some(at);
        }
    }
}

/// Finds the end of a link's target, after its opening parenthesis.
fn target_end(target: &str) -> Option<usize> {
    let mut depth = 1_u32;
    for (at, c) in target.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}
