//! A conversation: a tree of turns, and the path through it that is on the screen.

use std::collections::{BTreeSet, HashMap};

use super::{
    Asked, Estimate, Message, Moment, Reply, Timing, Turn, TurnId, TurnState, estimate_tokens,
};

/// A tree of turns. The path follows, from each turn on, the sibling that was chosen last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conversation {
    /// The system prompt; empty for none.
    pub system_prompt: String,
    /// Every turn by its id. Ids grow, so their order is the order in which turns were made.
    turns: std::collections::BTreeMap<TurnId, Turn>,
    /// The calls that the user allowed for as long as this conversation lasts: a tool's name with
    /// its arguments, which have to be the same to the letter.
    pub allowed: BTreeSet<(String, String)>,
    /// Which child was chosen, by parent.
    chosen: HashMap<Option<TurnId>, TurnId>,
}

impl Conversation {
    /// A conversation with nothing said yet.
    pub fn new(system_prompt: impl Into<String>) -> Self {
        Self {
            system_prompt: system_prompt.into(),
            ..Self::default()
        }
    }

    /// Adds a turn after `parent` and chooses it. Its reply is live.
    pub fn add(
        &mut self,
        id: TurnId,
        parent: Option<TurnId>,
        prompt: String,
        asked: Asked,
        sent: Moment,
    ) {
        let estimate = Estimate {
            prompt_tokens: estimate_tokens(&prompt),
            ..Estimate::default()
        };
        let turn = Turn {
            estimate,
            id,
            parent,
            prompt,
            sent,
            asked,
            reply: Reply::default(),
            state: TurnState::Live,
            timing: Timing::default(),
        };
        self.turns.insert(id, turn);
        self.chosen.insert(parent, id);
    }

    /// The turn of that id.
    pub fn turn(&self, id: TurnId) -> Option<&Turn> {
        self.turns.get(&id)
    }

    /// The turn of that id, to be changed.
    pub fn turn_mut(&mut self, id: TurnId) -> Option<&mut Turn> {
        self.turns.get_mut(&id)
    }

    /// The turns on the screen, oldest first.
    pub fn path(&self) -> impl Iterator<Item = &Turn> {
        std::iter::successors(self.chosen_child(None), |turn| {
            self.chosen_child(Some(turn.id))
        })
    }

    /// The last turn on the screen.
    pub fn last(&self) -> Option<&Turn> {
        self.path().last()
    }

    /// Tells whether nothing was said yet.
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// The turns at the same place as `id`, itself included, oldest first.
    pub fn siblings(&self, id: TurnId) -> Vec<TurnId> {
        let Some(turn) = self.turn(id) else {
            return Vec::new();
        };
        self.turns
            .values()
            .filter(|other| other.parent == turn.parent)
            .map(|other| other.id)
            .collect()
    }

    /// Puts the path through this turn, among its siblings.
    pub fn choose(&mut self, id: TurnId) {
        if let Some(turn) = self.turns.get(&id) {
            self.chosen.insert(turn.parent, id);
        }
    }

    /// What to send for the turn `upto`: the system prompt, then prompts and answers along the
    /// way to it, then its own prompt. Content only, but for the rounds of `upto` itself: its
    /// tool calls go back with their results.
    ///
    /// A prompt that was never answered is joined with the one after it, since no provider
    /// documents two user messages in a row; an empty answer is not sent.
    pub fn history(&self, upto: TurnId) -> Vec<Message> {
        let mut way: Vec<&Turn> = std::iter::successors(self.turn(upto), |turn| {
            turn.parent.and_then(|parent| self.turn(parent))
        })
        .collect();
        way.reverse();
        let mut messages = Vec::with_capacity(way.len() * 2 + 1);
        if !self.system_prompt.trim().is_empty() {
            messages.push(Message::System(self.system_prompt.clone()));
        }
        let mut unanswered = String::new();
        for turn in way {
            if !unanswered.is_empty() {
                unanswered.push_str("\n\n");
            }
            unanswered.push_str(&turn.prompt);
            let answer = turn.reply.answer.as_str();
            if turn.id != upto && !answer.trim().is_empty() {
                messages.push(Message::User(std::mem::take(&mut unanswered)));
                messages.push(Message::answer(answer));
            }
        }
        messages.push(Message::User(unanswered));
        messages.extend(
            self.turn(upto)
                .into_iter()
                .flat_map(|turn| turn.reply.exchange()),
        );
        messages
    }

    /// How many tokens the history of `upto` has, roughly: what [`Conversation::history`] sends.
    pub fn history_tokens(&self, upto: TurnId) -> f64 {
        let mut tokens = estimate_tokens(&self.system_prompt);
        let mut turn = self.turn(upto);
        while let Some(here) = turn {
            tokens += here.estimate.prompt_tokens;
            if here.id != upto {
                tokens += here.estimate.answer_tokens;
            }
            turn = here.parent.and_then(|parent| self.turn(parent));
        }
        tokens
    }

    fn chosen_child(&self, parent: Option<TurnId>) -> Option<&Turn> {
        self.turn(*self.chosen.get(&parent)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Delta;

    fn add(
        conversation: &mut Conversation,
        id: u64,
        parent: Option<u64>,
        reasoning: &str,
        answer: &str,
    ) {
        let id = TurnId(id);
        let prompt = format!("prompt {}", id.0);
        conversation.add(
            id,
            parent.map(TurnId),
            prompt,
            Asked::default(),
            Moment::default(),
        );
        let turn = conversation.turn_mut(id).unwrap();
        turn.reply.push(Delta::Reasoning(reasoning.to_owned()));
        turn.reply.push(Delta::Answer(answer.to_owned()));
        turn.state = TurnState::Done;
    }

    #[test]
    fn history_holds_prompts_and_answers_and_no_reasoning() {
        let mut conversation = Conversation::new("be brief");
        add(&mut conversation, 0, None, "SECRET", "answer 0");
        add(&mut conversation, 1, Some(0), "SECRET", "");
        add(&mut conversation, 2, Some(1), "SECRET", "");
        assert_eq!(
            conversation.history(TurnId(2)),
            [
                Message::System("be brief".into()),
                Message::User("prompt 0".into()),
                Message::answer("answer 0"),
                Message::User("prompt 1\n\nprompt 2".into()),
            ]
        );
    }

    #[test]
    fn the_answer_of_the_turn_being_asked_is_not_sent() {
        let mut conversation = Conversation::default();
        add(&mut conversation, 0, None, "", "half an ans");
        assert_eq!(
            conversation.history(TurnId(0)),
            [Message::User("prompt 0".into())]
        );
    }

    #[test]
    fn siblings_are_switched_in_place() {
        let mut conversation = Conversation::default();
        add(&mut conversation, 0, None, "", "a");
        add(&mut conversation, 1, Some(0), "", "b");
        add(&mut conversation, 2, Some(0), "", "c");
        add(&mut conversation, 3, Some(1), "", "d");
        let path = |c: &Conversation| c.path().map(|turn| turn.id.0).collect::<Vec<_>>();
        assert_eq!(path(&conversation), [0, 2]);
        assert_eq!(conversation.siblings(TurnId(1)), [TurnId(1), TurnId(2)]);
        conversation.choose(TurnId(1));
        assert_eq!(path(&conversation), [0, 1, 3]);
        assert_eq!(conversation.history(TurnId(3)).len(), 5);
    }
}
