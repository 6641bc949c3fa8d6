//! How many rows each part of a turn takes, and which part a row belongs to.

use super::cache::Topic;
use crate::chat::TurnId;

/// The rows of each part of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub turn: TurnId,
    pub prompt: usize,
    pub attached: usize,
    pub calls: usize,
    pub answer: usize,
    pub sources: usize,
    pub remarks: usize,
    pub failure: usize,
    pub words: usize,
    /// None of them is an estimate.
    pub counted: bool,
    /// There are headings in the answer.
    pub headed: bool,
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

/// The texts of a turn that the chat shows, from top to bottom.
pub(super) const TOPICS: [Topic; 8] = [
    Topic::Prompt,
    Topic::Attached,
    Topic::Calls,
    Topic::Answer,
    Topic::Sources,
    Topic::Remarks,
    Topic::Failure,
    Topic::Words,
];

impl Extent {
    pub(super) fn new(turn: TurnId) -> Self {
        Self {
            turn,
            prompt: 0,
            attached: 0,
            calls: 0,
            answer: 0,
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
        let texts = self.prompt + self.attached + self.calls + self.seam() + self.answer;
        4 + texts + self.gap() + self.notes()
    }

    pub(super) fn set(&mut self, topic: Topic, rows: usize) {
        match topic {
            Topic::Prompt => self.prompt = rows,
            Topic::Attached => self.attached = rows,
            Topic::Calls => self.calls = rows,
            Topic::Answer => self.answer = rows,
            Topic::Sources => self.sources = rows,
            Topic::Remarks => self.remarks = rows,
            Topic::Failure => self.failure = rows,
            Topic::Words => self.words = rows,
            Topic::Reasoning => {}
        }
    }

    /// The row of the turn at which a text begins.
    pub(super) fn top_of(&self, topic: Topic) -> usize {
        let calls = 3 + self.prompt + self.attached;
        let answer = calls + self.calls + self.seam();
        let sources = answer + self.answer + self.gap();
        let notes = sources + self.sources;
        match topic {
            Topic::Prompt | Topic::Reasoning => 1,
            Topic::Attached => 1 + self.prompt,
            Topic::Calls => calls,
            Topic::Answer => answer,
            Topic::Sources => sources,
            Topic::Remarks => notes,
            Topic::Failure => notes + self.remarks,
            Topic::Words => notes + self.remarks + self.failure,
        }
    }

    pub(super) fn part(&self, row: usize) -> Part {
        let sources = self.top_of(Topic::Sources);
        let notes = self.top_of(Topic::Remarks);
        let calls = self.top_of(Topic::Calls);
        let answer = self.top_of(Topic::Answer);
        if row == 0 {
            Part::UserHeader
        } else if row <= self.prompt {
            Part::Text(Topic::Prompt, row - 1)
        } else if row <= self.prompt + self.attached {
            Part::Text(Topic::Attached, row - 1 - self.prompt)
        } else if row + 2 == calls {
            Part::BlankAbove
        } else if row + 1 == calls {
            Part::ReplyHeader
        } else if row < calls + self.calls {
            Part::Text(Topic::Calls, row - calls)
        } else if row < answer {
            Part::BlankAbove
        } else if row < answer + self.answer {
            Part::Text(Topic::Answer, row - answer)
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

    fn notes(&self) -> usize {
        self.sources + self.remarks + self.failure + self.words
    }

    /// A blank row sets the notes apart from the answer.
    fn gap(&self) -> usize {
        usize::from(self.calls + self.answer > 0 && self.notes() > 0)
    }

    /// A blank row sets the answer apart from the calls above it.
    fn seam(&self) -> usize {
        usize::from(self.calls > 0 && self.answer > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_a_turn_belongs_to_one_part() {
        for answer in [0, 2] {
            for failure in [0, 1] {
                let extent = Extent {
                    prompt: 2,
                    answer,
                    failure,
                    ..Extent::new(TurnId(1))
                };
                let parts: Vec<Part> = (0..extent.height()).map(|row| extent.part(row)).collect();
                for (topic, rows) in [
                    (Topic::Prompt, 2),
                    (Topic::Answer, answer),
                    (Topic::Failure, failure),
                ] {
                    let top = extent.top_of(topic);
                    for row in 0..rows {
                        assert_eq!(parts[top + row], Part::Text(topic, row));
                    }
                }
                assert_eq!(parts[3..5], [Part::BlankAbove, Part::ReplyHeader]);
                assert_eq!(parts.last(), Some(&Part::BlankBelow));
            }
        }
    }
}
