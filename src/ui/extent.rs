//! How many rows each part of a turn takes, and which part a row belongs to.

use super::cache::Topic;
use crate::chat::TurnId;

/// The rows of each part of a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extent {
    pub turn: TurnId,
    pub prompt: usize,
    pub attached: usize,
    pub answer: usize,
    /// The tool calls within the answer, from top to bottom.
    pub cards: Vec<Cards>,
    pub sources: usize,
    pub remarks: usize,
    pub failure: usize,
    pub words: usize,
    /// None of them is an estimate.
    pub counted: bool,
    /// There are headings in the answer.
    pub headed: bool,
}

/// Tool calls at one place in an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cards {
    /// How many rows of the answer are above them.
    pub above: usize,
    /// How many rows they take themselves.
    pub rows: usize,
}

/// Rows of the answer or of the calls within it that follow each other.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// `None` for a blank row.
    topic: Option<Topic>,
    /// The first of them, in its text.
    first: usize,
    rows: usize,
}

/// A row of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    UserHeader,
    ReplyHeader,
    /// The blank row under the prompt.
    BlankAbove,
    /// Those under the answer and under the turn.
    BlankBelow,
    /// A row of a text.
    Text(Topic, usize),
}

/// The texts of a turn that the chat shows, with calls at so many places.
pub(super) fn topics(cards: usize) -> impl Iterator<Item = Topic> {
    let above = [Topic::Prompt, Topic::Attached];
    let below = [
        Topic::Answer,
        Topic::Sources,
        Topic::Remarks,
        Topic::Failure,
        Topic::Words,
    ];
    let calls = (0..cards).map(Topic::Calls);
    above.into_iter().chain(calls).chain(below)
}

impl Extent {
    pub(super) fn new(turn: TurnId, cards: usize) -> Self {
        Self {
            turn,
            prompt: 0,
            attached: 0,
            answer: 0,
            cards: vec![Cards::default(); cards],
            sources: 0,
            remarks: 0,
            failure: 0,
            words: 0,
            counted: false,
            headed: false,
        }
    }

    pub(super) fn height(&self) -> usize {
        // Headers, the blank rows under prompt and reply, and the texts.
        4 + self.prompt + self.attached + self.body() + self.gap() + self.notes()
    }

    pub(super) fn set(&mut self, topic: Topic, rows: usize) {
        match topic {
            Topic::Prompt => self.prompt = rows,
            Topic::Attached => self.attached = rows,
            Topic::Calls(at) => {
                if let Some(cards) = self.cards.get_mut(at) {
                    cards.rows = rows;
                }
            }
            Topic::Answer => self.answer = rows,
            Topic::Sources => self.sources = rows,
            Topic::Remarks => self.remarks = rows,
            Topic::Failure => self.failure = rows,
            Topic::Words => self.words = rows,
            Topic::Reasoning => {}
        }
    }

    /// The row of the turn that shows a row of a text.
    pub(super) fn row_of(&self, topic: Topic, row: usize) -> usize {
        let notes = self.notes_top();
        row + match topic {
            Topic::Prompt | Topic::Reasoning => 1,
            Topic::Attached => 1 + self.prompt,
            Topic::Calls(_) | Topic::Answer => return self.row_in_body(topic, row),
            Topic::Sources => notes - self.sources,
            Topic::Remarks => notes,
            Topic::Failure => notes + self.remarks,
            Topic::Words => notes + self.remarks + self.failure,
        }
    }

    /// How many rows of a text are above a row of the turn.
    pub(super) fn above(&self, topic: Topic, row: usize) -> usize {
        if topic != Topic::Answer {
            return row.saturating_sub(self.row_of(topic, 0));
        }
        let mut top = self.body_top();
        let mut above = 0;
        for run in self.runs() {
            if run.topic == Some(Topic::Answer) {
                above += row.saturating_sub(top).min(run.rows);
            }
            top += run.rows;
        }
        // Past its end, as with every other text.
        above + row.saturating_sub(top)
    }

    pub(super) fn part(&self, row: usize) -> Part {
        let body = self.body_top();
        let notes = self.notes_top();
        let sources = notes - self.sources;
        if row == 0 {
            Part::UserHeader
        } else if row <= self.prompt {
            Part::Text(Topic::Prompt, row - 1)
        } else if row <= self.prompt + self.attached {
            Part::Text(Topic::Attached, row - 1 - self.prompt)
        } else if row + 2 == body {
            Part::BlankAbove
        } else if row + 1 == body {
            Part::ReplyHeader
        } else if row < body + self.body() {
            self.part_of_body(row - body)
        } else if row < sources || row >= sources + self.notes() {
            Part::BlankBelow
        } else if row < notes {
            Part::Text(Topic::Sources, row - sources)
        } else if row < notes + self.remarks {
            Part::Text(Topic::Remarks, row - notes)
        } else if row < notes + self.remarks + self.failure {
            Part::Text(Topic::Failure, row - notes - self.remarks)
        } else {
            Part::Text(Topic::Words, row - notes - self.remarks - self.failure)
        }
    }

    /// The row at which the answer or the first calls begin.
    fn body_top(&self) -> usize {
        3 + self.prompt + self.attached
    }

    /// Rows of the answer with the calls in it.
    fn body(&self) -> usize {
        if self.cards.is_empty() {
            return self.answer;
        }
        self.runs().iter().map(|run| run.rows).sum()
    }

    fn notes_top(&self) -> usize {
        self.body_top() + self.body() + self.gap() + self.sources
    }

    fn notes(&self) -> usize {
        self.sources + self.remarks + self.failure + self.words
    }

    /// A blank row sets the notes apart from the answer.
    fn gap(&self) -> usize {
        usize::from(self.body() > 0 && self.notes() > 0)
    }

    /// The answer and the calls in it, with blank rows between them.
    fn runs(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        let mut done = 0;
        let blank = Run {
            topic: None,
            first: 0,
            rows: 1,
        };
        let mut answer_upto = |runs: &mut Vec<Run>, end: usize| {
            if end <= done {
                return false;
            }
            // Further down, the answer has a blank row of its own where a new text begins.
            if done == 0 && !runs.is_empty() {
                runs.push(blank);
            }
            runs.push(Run {
                topic: Some(Topic::Answer),
                first: done,
                rows: end - done,
            });
            done = end;
            true
        };
        for (at, cards) in self.cards.iter().enumerate() {
            if cards.rows == 0 {
                continue;
            }
            if answer_upto(&mut runs, cards.above.min(self.answer)) {
                runs.push(blank);
            }
            runs.push(Run {
                topic: Some(Topic::Calls(at)),
                first: 0,
                rows: cards.rows,
            });
        }
        answer_upto(&mut runs, self.answer);
        runs
    }

    fn part_of_body(&self, row: usize) -> Part {
        let mut top = 0;
        for run in self.runs() {
            if row < top + run.rows {
                return match run.topic {
                    Some(topic) => Part::Text(topic, run.first + row - top),
                    None => Part::BlankAbove,
                };
            }
            top += run.rows;
        }
        Part::BlankBelow
    }

    fn row_in_body(&self, topic: Topic, row: usize) -> usize {
        let mut top = self.body_top();
        for run in self.runs() {
            if run.topic == Some(topic) && (run.first..run.first + run.rows).contains(&row) {
                return top + row - run.first;
            }
            top += run.rows;
        }
        // Past its end, or a text without rows.
        let beyond = match topic {
            Topic::Answer => row.saturating_sub(self.answer),
            _ => row,
        };
        top + beyond
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says where each row of a turn comes from.
    fn parts(extent: &Extent) -> Vec<Part> {
        (0..extent.height()).map(|row| extent.part(row)).collect()
    }

    #[test]
    fn every_row_of_a_turn_belongs_to_one_part() {
        for answer in [0, 2] {
            for failure in [0, 1] {
                let extent = Extent {
                    prompt: 2,
                    answer,
                    failure,
                    ..Extent::new(TurnId(1), 0)
                };
                let parts = parts(&extent);
                for (topic, rows) in [
                    (Topic::Prompt, 2),
                    (Topic::Answer, answer),
                    (Topic::Failure, failure),
                ] {
                    for row in 0..rows {
                        let at = extent.row_of(topic, row);
                        assert_eq!(parts[at], Part::Text(topic, row));
                        assert_eq!(extent.above(topic, at), row);
                    }
                }
                assert_eq!(parts[3..5], [Part::BlankAbove, Part::ReplyHeader]);
                assert_eq!(parts.last(), Some(&Part::BlankBelow));
            }
        }
    }

    #[test]
    fn calls_stand_where_they_were_made_in_the_answer() {
        let cards = |above, rows| Cards { above, rows };
        // Before all text, twice after its second row, nowhere, and at the end.
        let extent = Extent {
            prompt: 1,
            answer: 4,
            cards: vec![
                cards(0, 1),
                cards(2, 2),
                cards(2, 1),
                cards(3, 0),
                cards(9, 1),
            ],
            ..Extent::new(TurnId(1), 5)
        };
        let text = |topic, row| Part::Text(topic, row);
        let parts = parts(&extent);
        let body = [
            text(Topic::Calls(0), 0),
            Part::BlankAbove,
            text(Topic::Answer, 0),
            text(Topic::Answer, 1),
            Part::BlankAbove,
            text(Topic::Calls(1), 0),
            text(Topic::Calls(1), 1),
            text(Topic::Calls(2), 0),
            text(Topic::Answer, 2),
            text(Topic::Answer, 3),
            Part::BlankAbove,
            text(Topic::Calls(4), 0),
        ];
        assert_eq!(parts[4..16], body);
        assert_eq!(parts[16..], [Part::BlankBelow]);
        for (at, part) in parts.iter().enumerate() {
            if let Part::Text(topic, row) = part {
                assert_eq!(extent.row_of(*topic, *row), at);
                assert_eq!(extent.above(*topic, at), *row);
            }
        }
    }
}
