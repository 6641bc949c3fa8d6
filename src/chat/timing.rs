//! When the phases of a reply began, and how long each of them lasted.

use std::time::Duration;

use super::Part;

/// The times of a reply, counted from the sending of its first request.
///
/// Tools, the user's consent and the way to the server take time between the rounds of a reply.
/// None of that is the model's: [`Timing::thinking`] and [`Timing::answering`] leave it out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timing {
    /// The server answered.
    pub connected: Option<Duration>,
    /// The first reasoning arrived.
    pub first_reasoning: Option<Duration>,
    /// The first answer text arrived.
    pub first_answer: Option<Duration>,
    /// The reply was over.
    pub end: Option<Duration>,
    /// How long reasoning came, in all rounds. Not known of what earlier versions kept.
    pub thinking: Option<Duration>,
    /// How long answers and calls came, in all rounds.
    pub answering: Option<Duration>,
    /// What is coming, and since when.
    coming: Option<(Part, Duration)>,
}

impl Timing {
    /// Times that were kept.
    pub fn kept(
        [connected, first_reasoning, first_answer, end]: [Option<Duration>; 4],
        [thinking, answering]: [Option<Duration>; 2],
    ) -> Self {
        Self {
            connected,
            first_reasoning,
            first_answer,
            end,
            thinking,
            answering,
            coming: None,
        }
    }

    /// Some text of that part arrived.
    pub(super) fn arrived(&mut self, part: Part, elapsed: Duration) {
        let first = match part {
            Part::Reasoning => &mut self.first_reasoning,
            Part::Answer => &mut self.first_answer,
        };
        first.get_or_insert(elapsed);
        self.goes_on(part, elapsed);
    }

    /// The model is at that part, whether or not there is text of it.
    pub(super) fn goes_on(&mut self, part: Part, elapsed: Duration) {
        if self.coming.is_none_or(|(coming, _)| coming != part) {
            self.pause(elapsed);
            self.coming = Some((part, elapsed));
        }
    }

    /// What was taken for the answer is reasoning.
    pub(super) fn relabel(&mut self) {
        let earlier = self.first_answer.take();
        self.first_reasoning = self.first_reasoning.or(earlier);
        if let Some((part, _)) = &mut self.coming {
            *part = Part::Reasoning;
        }
    }

    /// Nothing comes for now: a round is over.
    pub fn pause(&mut self, elapsed: Duration) {
        if let Some((part, _)) = self.coming {
            *self.total(part) = self.spent(part, elapsed);
            self.coming = None;
        }
    }

    /// The reply is over.
    pub fn finish(&mut self, elapsed: Duration) {
        self.pause(elapsed);
        self.end = Some(elapsed);
    }

    /// The time to the first token of any kind.
    pub fn first_token(&self) -> Option<Duration> {
        match (self.first_reasoning, self.first_answer) {
            (Some(reasoning), Some(answer)) => Some(reasoning.min(answer)),
            (either, or) => either.or(or),
        }
    }

    /// How long a part has been coming by `elapsed`, `None` if it has not begun.
    pub fn spent(&self, part: Part, elapsed: Duration) -> Option<Duration> {
        let before = match part {
            Part::Reasoning => self.thinking,
            Part::Answer => self.answering,
        };
        let now = match self.coming {
            Some((coming, since)) if coming == part => Some(elapsed.saturating_sub(since)),
            _ => None,
        };
        match (before, now) {
            (Some(before), Some(now)) => Some(before.saturating_add(now)),
            (None, None) => self.guessed(part),
            (either, or) => either.or(or),
        }
    }

    /// What the beginnings tell of a reply whose phases were not measured.
    fn guessed(&self, part: Part) -> Option<Duration> {
        if self.thinking.is_some() || self.answering.is_some() || self.coming.is_some() {
            return None;
        }
        match part {
            Part::Reasoning => {
                let until = self.first_answer.or(self.end)?;
                Some(until.saturating_sub(self.first_reasoning?))
            }
            Part::Answer => Some(self.end?.saturating_sub(self.first_answer?)),
        }
    }

    fn total(&mut self, part: Part) -> &mut Option<Duration> {
        match part {
            Part::Reasoning => &mut self.thinking,
            Part::Answer => &mut self.answering,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn what_tools_and_people_take_between_rounds_is_none_of_the_models_time() {
        let mut timing = Timing::default();
        timing.arrived(Part::Reasoning, seconds(1));
        timing.arrived(Part::Reasoning, seconds(2));
        assert_eq!(timing.spent(Part::Reasoning, seconds(4)), Some(seconds(3)));
        assert_eq!(timing.spent(Part::Answer, seconds(4)), None);
        timing.arrived(Part::Answer, seconds(5));
        timing.goes_on(Part::Answer, seconds(6));
        timing.pause(seconds(7));
        // A minute passes until the card is answered.
        timing.arrived(Part::Reasoning, seconds(67));
        timing.arrived(Part::Answer, seconds(68));
        timing.finish(seconds(71));
        assert_eq!(timing.spent(Part::Reasoning, seconds(99)), Some(seconds(5)));
        assert_eq!(timing.spent(Part::Answer, seconds(99)), Some(seconds(5)));
        assert_eq!(timing.first_token(), Some(seconds(1)));
        assert_eq!(timing.first_answer, Some(seconds(5)));
        assert_eq!(timing.end, Some(seconds(71)));
    }

    #[test]
    fn an_answer_that_turns_out_to_be_reasoning_was_thought() {
        let mut timing = Timing::default();
        timing.arrived(Part::Answer, seconds(1));
        timing.relabel();
        timing.arrived(Part::Answer, seconds(4));
        timing.finish(seconds(5));
        assert_eq!(timing.first_reasoning, Some(seconds(1)));
        assert_eq!(timing.thinking, Some(seconds(3)));
        assert_eq!(timing.answering, Some(seconds(1)));
    }

    #[test]
    fn of_what_earlier_versions_kept_the_beginnings_tell_the_phases() {
        let at = |at| Some(seconds(at));
        let timing = Timing::kept([at(0), at(1), at(4), at(6)], [None, None]);
        assert_eq!(timing.spent(Part::Reasoning, seconds(6)), at(3));
        assert_eq!(timing.spent(Part::Answer, seconds(6)), at(2));
        let unread = Timing::kept([at(0), at(1), None, None], [None, None]);
        assert_eq!(unread.spent(Part::Reasoning, seconds(6)), None);
    }
}
