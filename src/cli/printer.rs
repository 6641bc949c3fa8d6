//! `ask`'s text on standard output: as it comes, safe for whoever reads it.

use std::io::{self, Write};
use std::time::Duration;

use super::styled::Styled;
use crate::chat::{Delta, Part, safe};
use crate::phrase::tr;

/// Prints an answer as it comes, and the reasoning beside it if that is wanted.
#[derive(Debug)]
pub(super) struct Printer<O, E> {
    out: O,
    /// Where the reasoning and remarks go.
    beside: E,
    show_thinking: bool,
    /// The answer printed so far.
    printed: String,
    /// The reasoning printed so far.
    thought: String,
    /// A carriage return whose line feed may come with the next piece.
    held: bool,
    /// How the answer looks on a terminal; `None` elsewhere.
    styled: Option<Styled>,
}

impl<O: Write, E: Write> Printer<O, E> {
    pub(super) fn new(out: O, beside: E, show_thinking: bool) -> Self {
        Self {
            out,
            beside,
            show_thinking,
            printed: String::new(),
            thought: String::new(),
            held: false,
            styled: None,
        }
    }

    /// Draws the answer as Markdown on a terminal.
    pub(super) fn styled(self, styled: Option<Styled>) -> Self {
        Self { styled, ..self }
    }

    /// Draws what there was no time for.
    pub(super) fn tick(&mut self, elapsed: Duration) -> io::Result<()> {
        match &mut self.styled {
            Some(styled) => styled.tick(&mut self.out, elapsed),
            None => Ok(()),
        }
    }

    /// Prints what a delta adds. What was printed can't be taken back: when it turns out to have
    /// been something else, that is said beside it.
    pub(super) fn delta(&mut self, delta: &Delta) -> io::Result<()> {
        match delta {
            Delta::Answer(text) => self.answer(text),
            Delta::Reasoning(text) => self.reasoning(text),
            Delta::Relabel => {
                self.end_line()?;
                self.printed.clear();
                let told = tr!("the text above was reasoning; the answer follows");
                writeln!(self.beside, "mmchat: {told}")
            }
            Delta::Replace(Part::Answer, text) => {
                if let Some(more) = text.strip_prefix(self.printed.as_str()) {
                    return self.answer(more);
                }
                self.end_line()?;
                self.printed.clear();
                let told = tr!("the provider corrected the text above; all of it follows");
                writeln!(self.beside, "mmchat: {told}")?;
                self.answer(text)
            }
            Delta::Replace(Part::Reasoning, text) => {
                match text.strip_prefix(self.thought.as_str()) {
                    Some(more) => self.reasoning(more),
                    None => self.reasoning(text),
                }
            }
            Delta::Served(_)
            | Delta::Tool(_)
            | Delta::Sources(_)
            | Delta::Usage(_)
            | Delta::Carry(_)
            | Delta::Remark(_)
            | Delta::Finish(_) => Ok(()),
        }
    }

    /// Ends the last line.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.end_line()?;
        self.out.flush()
    }

    fn end_line(&mut self) -> io::Result<()> {
        if let Some(styled) = &mut self.styled {
            styled.draw(&mut self.out, true)?;
            styled.restart();
            return Ok(());
        }
        if std::mem::take(&mut self.held)
            || !(self.printed.is_empty() || self.printed.ends_with('\n'))
        {
            self.out.write_all(b"\n")?;
        }
        self.out.flush()
    }

    fn answer(&mut self, text: &str) -> io::Result<()> {
        if self.show_thinking && self.printed.is_empty() && !self.thought.is_empty() {
            writeln!(self.beside, "\n")?;
        }
        self.printed.push_str(text);
        if let Some(styled) = &mut self.styled {
            styled.push(text);
            return Ok(());
        }
        let mut text = text.to_owned();
        if std::mem::take(&mut self.held) {
            text.insert(0, '\r');
        }
        if text.ends_with('\r') {
            text.pop();
            self.held = true;
        }
        self.out.write_all(safe::visible(&text).as_bytes())?;
        self.out.flush()
    }

    fn reasoning(&mut self, text: &str) -> io::Result<()> {
        self.thought.push_str(text);
        if self.show_thinking {
            if let Some(styled) = &mut self.styled
                && !self.printed.is_empty()
            {
                styled.draw(&mut self.out, false)?;
                styled.part();
            }
            self.beside.write_all(safe::visible(text).as_bytes())?;
            self.beside.flush()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(deltas: &[Delta]) -> (String, String) {
        let (mut out, mut beside) = (Vec::new(), Vec::new());
        let mut printer = Printer::new(&mut out, &mut beside, true);
        for delta in deltas {
            printer.delta(delta).unwrap();
        }
        printer.finish().unwrap();
        (
            String::from_utf8(out).unwrap(),
            String::from_utf8(beside).unwrap(),
        )
    }

    #[test]
    fn the_answer_goes_one_way_and_the_reasoning_the_other() {
        let (out, beside) = printed(&[Delta::Reasoning("hm".into()), Delta::Answer("yes".into())]);
        assert_eq!((out.as_str(), beside.as_str()), ("yes\n", "hm\n\n"));
    }

    #[test]
    fn what_turns_out_to_be_reasoning_is_said_to_be() {
        let (out, beside) = printed(&[
            Delta::Answer("thought".into()),
            Delta::Relabel,
            Delta::Answer("said".into()),
        ]);
        assert_eq!(out, "thought\nsaid\n");
        assert!(beside.contains("was reasoning"));
    }

    #[test]
    fn controls_and_split_line_ends_are_made_safe() {
        let pieces = ["a\x1b[2J\r", "\nb\r", "c"].map(|text| Delta::Answer(text.into()));
        assert_eq!(printed(&pieces).0, "a␛[2J\nb␍c\n");
    }

    #[test]
    fn a_snapshot_prints_only_what_is_new() {
        let (out, beside) = printed(&[
            Delta::Answer("Checking now".into()),
            Delta::Replace(Part::Answer, "Checking now: 4".into()),
        ]);
        assert_eq!((out.as_str(), beside.as_str()), ("Checking now: 4\n", ""));
    }
}
