//! Finds the reasoning that some providers put inside the answer's text, and the tag
//! that some leave at the end of the reasoning.
//!
//! Owns the tags and where they count; emits nothing itself. Only a block at the start of the
//! reply (or right after another one, or after a tool call) is reasoning: tags in prose and in
//! code are text.
//!
//! Invariants: what is held back is short, except while a leading block repeats the reasoning
//! field; all of it is handed out at the end; work is linear in the text.

mod tags;
mod watch;

use memchr::memchr;
use tags::{
    CLOSE, LONGEST, OPEN, begins, find_close, floor, hold_from, is_plain, strip, without_line_end,
};
use watch::{Watch, is_close_line, may_become_close_line};

/// What a piece of content turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Reasoning.
    Reasoning(String),
    /// Answer.
    Answer(String),
    /// All answer so far was reasoning.
    Relabel,
}

/// Splits content into reasoning and answer.
#[derive(Debug)]
pub(super) struct Splitter {
    state: State,
    held: String,
    /// Whether tags mean anything. They do not once a reasoning field was seen.
    tags: bool,
    /// Whether a block was found.
    found: bool,
    /// Watches for a closing tag that was never opened; `None` once that is ruled out.
    watch: Option<Watch>,
    /// How far a repeated block was searched for its end, in bytes.
    searched: usize,
    /// Whether the content is the rest of a cut answer: blanks before its first word belong to it.
    goes_on: bool,
}

/// Drops a closing tag at the end of a reasoning field, even one in pieces.
#[derive(Debug, Default)]
pub(super) struct Residue {
    held: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing but white space yet.
    Start,
    /// As `Start`, but a reasoning field was seen: a block may only repeat it.
    Echo,
    /// After an opening tag: a newline is dropped, and another opening tag.
    Opened { newline_dropped: bool },
    /// Inside the block.
    Thinking,
    /// After the closing tag, before the first character of the answer.
    Closed,
    /// In the answer.
    Answer,
}

/// White space before the first word that is worth waiting for, in bytes.
const PATIENCE: usize = 4096;

impl Splitter {
    /// Begins a reply. `field_seen`: its reasoning comes in a field of its own. `goes_on`: it is
    /// the rest of a cut answer.
    pub(super) fn new(field_seen: bool, goes_on: bool) -> Self {
        Self {
            state: if field_seen {
                State::Echo
            } else {
                State::Start
            },
            held: String::new(),
            tags: !field_seen,
            found: false,
            watch: (!field_seen).then(Watch::default),
            searched: 0,
            goes_on,
        }
    }

    /// Tells whether a block of reasoning was found in the content.
    pub(super) fn found(&self) -> bool {
        self.found
    }

    /// Hears that reasoning comes in a field of its own: from now on tags are text.
    pub(super) fn field_seen(&mut self) {
        self.tags = false;
        self.watch = None;
        if self.state == State::Start {
            self.state = State::Echo;
        }
    }

    /// Hears of a tool call: a block may follow (interleaved thinking).
    pub(super) fn tool_seen(&mut self) {
        if self.tags && self.found && self.state == State::Answer {
            self.state = State::Start;
        }
    }

    /// Takes a piece of content. `reasoning` is what the reasoning field has said so far.
    pub(super) fn push(&mut self, piece: &str, reasoning: &str, out: &mut Vec<Step>) {
        self.held.push_str(piece);
        while !self.held.is_empty() {
            let text = std::mem::take(&mut self.held);
            let goes_on = match self.state {
                State::Start => self.start(text),
                State::Echo => self.echo(text, reasoning),
                State::Opened { newline_dropped } => self.opened(&text, newline_dropped),
                State::Thinking => self.thinking(text, out),
                State::Closed => self.closed(&text, out),
                State::Answer => self.answer(text, out),
            };
            if !goes_on {
                break;
            }
        }
    }

    /// Hands out what was held back.
    pub(super) fn finish(&mut self, out: &mut Vec<Step>) {
        let held = std::mem::take(&mut self.held);
        if held.is_empty() {
            return;
        }
        match self.state {
            State::Opened { .. } | State::Thinking => out.push(Step::Reasoning(held)),
            State::Closed => out.push(Step::Answer(held)),
            State::Start | State::Answer => match &self.watch {
                Some(watch) if watch.spoke && !watch.in_fence() && is_close_line(&held) => {
                    out.push(Step::Relabel);
                }
                _ => out.push(Step::Answer(held)),
            },
            State::Echo => {
                let body = held.trim_start();
                // A block is held only while it repeats the field, so cut short it still does.
                if !body.is_empty() && strip(&OPEN, body).is_none() {
                    out.push(Step::Answer(self.said(&held).to_owned()));
                }
            }
        }
    }

    fn start(&mut self, text: String) -> bool {
        let body = text.trim_start();
        if let Some(inner) = strip(&OPEN, body) {
            inner.clone_into(&mut self.held);
            self.open();
            return true;
        }
        if begins(&OPEN, body) && text.len() <= PATIENCE {
            self.held = text;
            return false;
        }
        self.state = State::Answer;
        self.held = text;
        true
    }

    fn open(&mut self) {
        self.found = true;
        self.watch = None;
        self.state = State::Opened {
            newline_dropped: false,
        };
    }

    fn echo(&mut self, text: String, reasoning: &str) -> bool {
        let body = text.trim_start();
        let Some(inner) = strip(&OPEN, body) else {
            self.held = self.said(&text).to_owned();
            if (body.is_empty() || begins(&OPEN, body)) && text.len() <= PATIENCE {
                return false;
            }
            self.state = State::Answer;
            return true;
        };
        let from = floor(inner, self.searched);
        let found = inner.get(from..).and_then(find_close);
        let reasoning = reasoning.trim();
        if let Some((at, length)) = found {
            let (copy, rest) = inner.split_at(from + at);
            if copy.trim() == reasoning {
                rest.get(length..)
                    .unwrap_or_default()
                    .clone_into(&mut self.held);
                self.state = State::Closed;
            } else {
                body.clone_into(&mut self.held);
                self.state = State::Answer;
            }
            return true;
        }
        let (copy, _) = inner.split_at(hold_from(inner));
        let said = copy.trim();
        let lead = copy.len() - copy.trim_start().len();
        // What was compared before is not compared again: the work stays linear.
        let compared = self.searched.saturating_sub(lead).min(said.len());
        let (_, new) = said.as_bytes().split_at(compared);
        let agrees = reasoning
            .as_bytes()
            .get(compared..)
            .is_some_and(|expected| expected.starts_with(new));
        self.searched = inner.len().saturating_sub(LONGEST);
        if agrees {
            self.held = text;
            return false;
        }
        body.clone_into(&mut self.held);
        self.state = State::Answer;
        true
    }

    /// The answer that begins with `text`.
    fn said<'a>(&self, text: &'a str) -> &'a str {
        if self.goes_on {
            text
        } else {
            text.trim_start()
        }
    }

    fn opened(&mut self, text: &str, newline_dropped: bool) -> bool {
        let mut rest = text;
        let mut dropped = newline_dropped;
        if !dropped {
            if text == "\r" {
                text.clone_into(&mut self.held);
                return false;
            }
            if let Some(after) = strip(&["\r\n", "\n"], text) {
                (rest, dropped) = (after, true);
            }
        }
        self.state = State::Opened {
            newline_dropped: dropped,
        };
        rest.clone_into(&mut self.held);
        if let Some(inner) = strip(&OPEN, rest) {
            // Proxies that replay the opening tag: <think><think>.
            inner.clone_into(&mut self.held);
            self.open();
        } else if begins(&OPEN, rest) {
            return false;
        } else {
            self.state = State::Thinking;
        }
        true
    }

    fn thinking(&mut self, mut text: String, out: &mut Vec<Step>) -> bool {
        if let Some((at, length)) = find_close(&text) {
            let (thought, rest) = text.split_at(at);
            push_reasoning(without_line_end(thought).to_owned(), out);
            rest.get(length..)
                .unwrap_or_default()
                .clone_into(&mut self.held);
            self.state = State::Closed;
            return true;
        }
        self.held = text.split_off(hold_from(&text));
        push_reasoning(text, out);
        false
    }

    fn closed(&mut self, text: &str, out: &mut Vec<Step>) -> bool {
        let rest = if self.goes_on {
            // The lines around the block are its own; a space is the cut answer's.
            text.trim_start_matches(['\r', '\n'])
        } else {
            text.trim_start()
        };
        rest.clone_into(&mut self.held);
        if !self.tags {
            if !rest.is_empty() {
                self.state = State::Answer;
            }
            return true;
        }
        if let Some(after) = strip(&CLOSE, rest) {
            after.clone_into(&mut self.held);
            return true;
        }
        if let Some(inner) = strip(&OPEN, rest) {
            inner.clone_into(&mut self.held);
            self.open();
            push_reasoning("\n".to_owned(), out);
            return true;
        }
        if begins(&CLOSE, rest) || begins(&OPEN, rest) {
            return false;
        }
        self.state = State::Answer;
        true
    }

    fn answer(&mut self, mut text: String, out: &mut Vec<Step>) -> bool {
        let Some(watch) = &mut self.watch else {
            out.push(Step::Answer(text));
            return false;
        };
        // How much of the text is surely answer, in bytes.
        let mut said = 0;
        while let Some(rest) = text.get(said..).filter(|rest| !rest.is_empty()) {
            let at = memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |at| at + 1);
            let (segment, after) = rest.split_at(at);
            if !watch.in_line && !watch.in_fence() {
                if !segment.ends_with('\n') && may_become_close_line(segment) {
                    break;
                }
                if segment.ends_with('\n') && is_close_line(segment) {
                    let spoke = watch.spoke || said > 0;
                    after.clone_into(&mut self.held);
                    text.truncate(said);
                    push_answer(text, out);
                    if spoke {
                        out.push(Step::Relabel);
                    }
                    self.watch = None;
                    self.found = true;
                    self.state = State::Closed;
                    return true;
                }
            }
            if watch.note(segment) {
                self.watch = None;
                said = text.len();
                break;
            }
            said += at;
        }
        if let Some(watch) = &mut self.watch {
            watch.spoke |= said > 0;
        }
        self.held = text.split_off(said);
        push_answer(text, out);
        false
    }
}

impl Residue {
    /// Takes a piece of a reasoning field, gives what is surely reasoning.
    pub(super) fn push(&mut self, piece: &str) -> String {
        if self.held.is_empty() && is_plain(piece) {
            return piece.to_owned();
        }
        let mut text = std::mem::take(&mut self.held);
        text.push_str(piece);
        let whole_tag = CLOSE
            .iter()
            .filter_map(|tag| text.trim_end().strip_suffix(tag))
            .map(|before| without_line_end(before).len())
            .find(|at| text.len() - at <= LONGEST * 2);
        let at = whole_tag.unwrap_or_else(|| hold_from(&text));
        self.held = text.split_off(at);
        text
    }

    /// Ends the field: what was held is handed out, unless it is the tag.
    pub(super) fn finish(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        if CLOSE.contains(&held.trim()) {
            String::new()
        } else {
            held
        }
    }
}

fn push_reasoning(text: String, out: &mut Vec<Step>) {
    if !text.is_empty() {
        out.push(Step::Reasoning(text));
    }
}

fn push_answer(text: String, out: &mut Vec<Step>) {
    if !text.is_empty() {
        out.push(Step::Answer(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reasoning and answer of the content, the same for every cut of it in two and for single
    /// characters.
    fn split(content: &str) -> (String, String) {
        let whole = fold(&[content], None);
        for (at, _) in content.char_indices() {
            let (head, tail) = content.split_at(at);
            assert_eq!(fold(&[head, tail], None), whole, "cut at {at}");
        }
        let chars: Vec<String> = content.chars().map(String::from).collect();
        let chars: Vec<&str> = chars.iter().map(String::as_str).collect();
        assert_eq!(fold(&chars, None), whole);
        whole
    }

    fn fold(pieces: &[&str], field: Option<&str>) -> (String, String) {
        fold_with(Splitter::new(field.is_some(), false), pieces, field)
    }

    fn fold_with(mut splitter: Splitter, pieces: &[&str], field: Option<&str>) -> (String, String) {
        let mut steps = Vec::new();
        for piece in pieces {
            splitter.push(piece, field.unwrap_or_default(), &mut steps);
        }
        splitter.finish(&mut steps);
        let (mut reasoning, mut answer) = (String::new(), String::new());
        for step in steps {
            match step {
                Step::Reasoning(text) => reasoning.push_str(&text),
                Step::Answer(text) => answer.push_str(&text),
                Step::Relabel => {
                    reasoning.push_str(answer.trim_end_matches('\n'));
                    answer.clear();
                }
            }
        }
        (reasoning, answer)
    }

    fn pair(reasoning: &str, answer: &str) -> (String, String) {
        (reasoning.to_owned(), answer.to_owned())
    }

    #[test]
    fn the_rest_of_a_cut_answer_keeps_its_first_blanks() {
        let rest = |pieces: &[&str], field: Option<&str>| {
            fold_with(Splitter::new(field.is_some(), true), pieces, field).1
        };
        for field in [Some("R"), None] {
            assert_eq!(rest(&["\n", "- item"], field), "\n- item");
            assert_eq!(rest(&[" ", "and <b>"], field), " and <b>");
            assert_eq!(rest(&["\n"], None), "\n");
        }
        assert_eq!(rest(&[" <think>R</think>", "\n so"], Some("R")), " so");
        assert_eq!(rest(&["<think>R</think>\n", "\n so"], None), " so");
        // In an answer of its own they are what the reasoning left behind.
        assert_eq!(fold(&["\n", "\nHi"], Some("R")).1, "Hi");
    }

    #[test]
    fn a_block_at_the_start_is_reasoning_whichever_tags_it_has() {
        assert_eq!(split("<think>\na <b>\n</think>\n\nHi"), pair("a <b>", "Hi"));
        assert_eq!(split(" \n<mm:think>a</mm:think>Hi"), pair("a", "Hi"));
        assert_eq!(split("<think>a\n</mm:think> Hi"), pair("a", "Hi"));
        assert_eq!(split("<minimax:think>\r\na\r\n</think>Hi"), pair("a", "Hi"));
    }

    #[test]
    fn replayed_tags_collapse() {
        assert_eq!(
            split("<think><think>\na</think>\n</think>Hi"),
            pair("a", "Hi")
        );
        assert_eq!(split("<think>\n<think>\na</think>Hi"), pair("a", "Hi"));
    }

    #[test]
    fn a_block_that_never_closes_is_all_reasoning() {
        assert_eq!(split("<think>\nso </thin"), pair("so </thin", ""));
    }

    #[test]
    fn tags_in_prose_and_code_are_text() {
        let prose = "Write <think> like\n```\n</think>\n```\nthis </think>.";
        assert_eq!(split(prose), pair("", prose));
        let after = "<think>a</think>Use <think>\n</think>\nso";
        assert_eq!(split(after), pair("a", "Use <think>\n</think>\nso"));
        let fenced = "See:\n~~~html\n</think>\n~~~\n```x`\n";
        assert_eq!(split(fenced), pair("", fenced));
        assert_eq!(split("a </think> b"), pair("", "a </think> b"));
        assert_eq!(split("a < b </"), pair("", "a < b </"));
    }

    #[test]
    fn a_closing_tag_alone_on_its_line_relabels_what_came_before() {
        assert_eq!(
            split("First\nthis.\n</think>\n\nHi\n</think>\n"),
            pair("First\nthis.", "Hi\n</think>\n")
        );
        assert_eq!(split("All of it\n</think>"), pair("All of it", ""));
        assert_eq!(
            split("```\nx\n```\n</think>\nHi"),
            pair("```\nx\n```", "Hi")
        );
        assert_eq!(split("</think>\nHi"), pair("", "Hi"));
    }

    #[test]
    fn an_opening_tag_in_prose_even_in_pieces_makes_the_closing_one_text() {
        let prose = "Write a<b <<mm:think> first\n</think>\nHi";
        assert_eq!(split(prose), pair("", prose));
        let other = "Write <thin> first\n</think>\nHi";
        assert_eq!(split(other), pair("Write <thin> first", "Hi"));
    }

    #[test]
    fn an_answer_without_reasoning_keeps_its_white_space() {
        assert_eq!(split("  \n    code"), pair("", "  \n    code"));
        assert_eq!(split("\n \n"), pair("", "\n \n"));
    }

    #[test]
    fn a_leading_copy_of_the_reasoning_field_is_dropped_and_nothing_else() {
        let field = Some("I think.\nYes.");
        assert_eq!(
            fold(
                &["<thi", "nk>\nI think.", "\nYes.\n</th", "ink>\n\nHi"],
                field
            ),
            pair("", "Hi")
        );
        assert_eq!(fold(&["<think>I th", "ink"], field), pair("", ""));
        assert_eq!(fold(&["<thi"], field), pair("", "<thi"));
        let other = "<think>\nI differ.\n</think>\nHi";
        assert_eq!(fold(&[other], field), pair("", other));
        assert_eq!(fold(&["\n\nHi </think>"], field), pair("", "Hi </think>"));
        let chars: Vec<String> = other.chars().map(String::from).collect();
        let chars: Vec<&str> = chars.iter().map(String::as_str).collect();
        assert_eq!(fold(&chars, field), pair("", other));
    }

    #[test]
    fn a_tag_at_the_end_of_a_reasoning_field_is_dropped_even_in_pieces() {
        let trim = |pieces: &[&str]| {
            let mut residue = Residue::default();
            let mut text: String = pieces.iter().map(|piece| residue.push(piece)).collect();
            text.push_str(&residue.finish());
            text
        };
        assert_eq!(trim(&["manner.\n</thi", "nk>"]), "manner.");
        assert_eq!(trim(&["manner.\n", "</mm:think>\n"]), "manner.");
        assert_eq!(trim(&["a\n", "b </think> c", "\n"]), "a\nb </think> c\n");
        assert_eq!(trim(&["a\n</thi", "s"]), "a\n</this");
        assert_eq!(trim(&["a</think>", "\n", "b"]), "a</think>\nb");
    }
}
