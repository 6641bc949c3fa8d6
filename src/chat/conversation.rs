//! A conversation: a tree of turns, and the path through it that is on the screen.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::{
    Asked, Attachment, Estimate, Extent, Image, Message, Moment, Rates, Reply, Standing, Timing,
    Turn, TurnId, TurnState, with_texts,
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
    path: Path,
}

/// The turns on the screen, found once for each change of what was chosen: every frame asks for them
/// several times.
#[derive(Debug, Clone, Default)]
struct Path(OnceCell<Vec<TurnId>>);

impl PartialEq for Path {
    /// It follows from the rest.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Turns that were deleted together, as they were: a turn and all that follows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// The turn at its root.
    root: TurnId,
    turns: Vec<Turn>,
    /// Which children were chosen within it.
    chosen: Vec<(Option<TurnId>, TurnId)>,
    /// Whether the path went through it.
    on_path: bool,
}

impl Branch {
    /// How many turns it has, in all versions.
    pub fn len(&self) -> usize {
        self.turns.len()
    }

    /// Tells whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// Its turns, a turn before those that follow it.
    pub fn turns(&self) -> impl Iterator<Item = &Turn> {
        self.turns.iter()
    }

    /// The turn that it followed.
    pub fn parent(&self) -> Option<TurnId> {
        self.turns.first().and_then(|turn| turn.parent)
    }

    /// The turn at its root.
    pub fn root(&self) -> TurnId {
        self.root
    }
}

/// What the user said since the last answer.
#[derive(Default)]
struct Unanswered {
    text: String,
    images: Vec<(String, Arc<Image>)>,
}

impl Unanswered {
    fn say(&mut self, prompt: &str, attached: &[Attachment]) {
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        self.text.push_str(&with_texts(prompt, attached));
        let named = |it: &Attachment| Some((it.name.clone(), Arc::clone(it.image()?)));
        self.images.extend(attached.iter().filter_map(named));
    }

    fn message(self) -> Message {
        Message::user(self.text, self.images)
    }
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
        let estimate = Estimate::of(&prompt, "", "");
        let turn = Turn {
            estimate,
            rates: Rates::default(),
            standing: Standing::Sent,
            id,
            parent,
            prompt,
            attachments: Vec::new(),
            sent,
            asked,
            reply: Reply::default(),
            state: TurnState::Live,
            timing: Timing::default(),
            json: None,
        };
        self.turns.insert(id, turn);
        self.chosen.insert(parent, id);
        self.path = Path::default();
    }

    /// Puts a turn in its place, as it is; without choosing it.
    pub fn put(&mut self, mut turn: Turn) {
        turn.lay_out();
        self.turns.insert(turn.id, turn);
        self.path = Path::default();
    }

    /// Every turn, in the order in which they were made.
    pub fn turns(&self) -> impl Iterator<Item = &Turn> {
        self.turns.values()
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
        self.path_ids().iter().filter_map(|id| self.turn(*id))
    }

    /// The last turn on the screen.
    pub fn last(&self) -> Option<&Turn> {
        self.path_ids().last().and_then(|id| self.turn(*id))
    }

    fn path_ids(&self) -> &[TurnId] {
        self.path.0.get_or_init(|| {
            std::iter::successors(self.chosen_child(None), |turn| {
                self.chosen_child(Some(turn.id))
            })
            .map(|turn| turn.id)
            .take(self.turns.len())
            .collect()
        })
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
            self.path = Path::default();
        }
    }

    /// A turn and all that follow it, in every version, a turn before those that follow it.
    pub fn branch_of(&self, id: TurnId) -> Vec<TurnId> {
        if !self.turns.contains_key(&id) {
            return Vec::new();
        }
        let mut children: HashMap<TurnId, Vec<TurnId>> = HashMap::new();
        for turn in self.turns.values() {
            if let Some(parent) = turn.parent {
                children.entry(parent).or_default().push(turn.id);
            }
        }
        let mut branch = vec![id];
        let mut at = 0;
        while let Some(here) = branch.get(at) {
            let mut next = children.remove(here).unwrap_or_default();
            next.retain(|child| *child != id);
            branch.extend(next);
            at += 1;
        }
        branch
    }

    /// Takes a turn and all that follow it out. The path goes on through the sibling before it,
    /// else the one after it.
    pub fn delete(&mut self, id: TurnId) -> Option<Branch> {
        let parent = self.turn(id)?.parent;
        let siblings = self.siblings(id);
        let on_path = self.chosen.get(&parent) == Some(&id);
        let ids = self.branch_of(id);
        let mut branch = Branch {
            root: id,
            turns: Vec::with_capacity(ids.len()),
            chosen: Vec::new(),
            on_path,
        };
        for id in ids {
            branch.turns.extend(self.turns.remove(&id));
            let chosen = self.chosen.remove(&Some(id));
            branch.chosen.extend(chosen.map(|child| (Some(id), child)));
        }
        if on_path {
            let before = siblings.iter().rev().find(|other| **other < id);
            let after = || siblings.iter().find(|other| **other > id);
            match before.or_else(after) {
                Some(&next) => drop(self.chosen.insert(parent, next)),
                None => drop(self.chosen.remove(&parent)),
            }
        }
        self.path = Path::default();
        Some(branch)
    }

    /// Puts deleted turns back where they were, and the path through them if it was there.
    pub fn restore(&mut self, branch: Branch) {
        let parent = branch.parent();
        let on_path = branch.on_path || !self.chosen.contains_key(&parent);
        if on_path && !branch.is_empty() {
            self.chosen.insert(parent, branch.root);
        }
        self.chosen.extend(branch.chosen);
        self.turns
            .extend(branch.turns.into_iter().map(|turn| (turn.id, turn)));
        self.path = Path::default();
    }

    /// What to send for the turn `upto`; see [`Conversation::messages`].
    pub fn history(&self, upto: TurnId) -> Vec<Message> {
        let Some(turn) = self.turn(upto) else {
            return Vec::new();
        };
        let mut messages = self.messages(turn.parent, &turn.prompt, &turn.attachments);
        // Within a tool loop, its calls go back with their results.
        messages.extend(turn.reply.exchange());
        messages
    }

    /// What to send for a prompt after `parent`: the system prompt, then prompts and answers along
    /// the way to it, then the prompt with what goes along with it. Content only, without the turns that are left out.
    ///
    /// A prompt that was never answered is joined with the one after it, since no provider
    /// documents two user messages in a row; an empty answer is not sent.
    pub fn messages(
        &self,
        parent: Option<TurnId>,
        prompt: &str,
        attached: &[Attachment],
    ) -> Vec<Message> {
        let way = self.way(parent);
        let mut messages = Vec::with_capacity(way.len() * 2 + 2);
        if !self.system_prompt.trim().is_empty() {
            messages.push(Message::System(self.system_prompt.clone()));
        }
        let mut unanswered = Unanswered::default();
        for turn in way {
            unanswered.say(&turn.prompt, &turn.attachments);
            let answer = turn.reply.answer.as_str();
            if !answer.trim().is_empty() {
                messages.push(std::mem::take(&mut unanswered).message());
                messages.push(Message::answer(answer));
            }
        }
        unanswered.say(prompt, attached);
        messages.push(unanswered.message());
        messages
    }

    /// The turns that are sent along with a prompt after `parent`, oldest first.
    pub fn way(&self, parent: Option<TurnId>) -> Vec<&Turn> {
        let mut way: Vec<&Turn> = self
            .up_from(parent)
            .filter(|turn| turn.standing != Standing::LeftOut)
            .collect();
        way.reverse();
        way
    }

    /// All turns, in every version, to be changed.
    pub fn turns_mut(&mut self) -> impl Iterator<Item = &mut Turn> {
        self.turns.values_mut()
    }

    /// How much text is sent along with a prompt after `parent`, the prompt not counted: what
    /// [`Conversation::messages`] sends.
    pub fn extent(&self, parent: Option<TurnId>) -> Extent {
        self.way(parent)
            .into_iter()
            .map(|turn| turn.estimate.prompt + turn.estimate.answer)
            .fold(Extent::of(&self.system_prompt), |sum, turn| sum + turn)
    }

    /// The turns from this one up to the first.
    pub fn up_from(&self, id: Option<TurnId>) -> impl Iterator<Item = &Turn> {
        std::iter::successors(id.and_then(|id| self.turn(id)), |turn| {
            turn.parent.and_then(|parent| self.turn(parent))
        })
        // What comes from a file may go round in a circle.
        .take(self.turns.len())
    }

    /// The turn after `parent` that the path goes through.
    pub fn chosen(&self, parent: Option<TurnId>) -> Option<TurnId> {
        self.chosen.get(&parent).copied()
    }

    fn chosen_child(&self, parent: Option<TurnId>) -> Option<&Turn> {
        self.turn(self.chosen(parent)?)
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
    fn what_went_along_with_a_prompt_is_sent_again_with_it() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x02";
        let image = Attachment::read("p.png", png.to_vec()).unwrap();
        let text = Attachment::read("a.txt", b"words".to_vec()).unwrap();
        let mut conversation = Conversation::default();
        add(&mut conversation, 0, None, "", "answer");
        let turn = conversation.turn_mut(TurnId(0)).unwrap();
        turn.attach(vec![text, image.clone()]);
        add(&mut conversation, 1, Some(0), "", "");
        let mut messages = conversation.history(TurnId(1));
        let named = ("p.png".to_owned(), Arc::clone(image.image().unwrap()));
        let said = "prompt 0\n\na.txt:\n```\nwords\n```";
        assert_eq!(messages[0], Message::user(said.to_owned(), vec![named]));
        assert_eq!(messages[2], Message::User("prompt 1".to_owned()));
        assert_eq!(crate::chat::without_images(&mut messages), 1);
        let word = "\n\n(The image p.png is left out here.)";
        assert_eq!(messages[0], Message::User(format!("{said}{word}")));
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

    /// Three turns, the middle one in two versions, each with an answer.
    fn branched() -> Conversation {
        let mut conversation = Conversation::default();
        add(&mut conversation, 0, None, "", "a");
        add(&mut conversation, 1, Some(0), "", "b");
        add(&mut conversation, 2, Some(0), "", "c");
        add(&mut conversation, 3, Some(2), "", "d");
        add(&mut conversation, 4, Some(2), "", "e");
        conversation
    }

    #[test]
    fn a_deleted_branch_comes_back_as_it_was() {
        let mut conversation = branched();
        let before = conversation.clone();
        for id in 0..5 {
            let branch = conversation.delete(TurnId(id)).unwrap();
            assert_eq!(conversation.turn(TurnId(id)), None);
            assert!(conversation.path().all(|turn| turn.id != TurnId(id)));
            conversation.restore(branch);
            assert_eq!(conversation, before, "{id}");
        }
        assert_eq!(conversation.delete(TurnId(9)), None);
    }

    #[test]
    fn a_branch_is_deleted_with_all_its_versions() {
        let mut conversation = branched();
        let branch = conversation.delete(TurnId(2)).unwrap();
        assert_eq!(branch.len(), 3);
        let path: Vec<_> = conversation.path().map(|turn| turn.id.0).collect();
        assert_eq!(path, [0, 1], "the sibling before takes its place");
        let all = conversation.delete(TurnId(0)).unwrap();
        assert_eq!(all.len(), 2);
        assert!(conversation.is_empty() && conversation.last().is_none());
    }

    #[test]
    fn turns_that_are_left_out_are_not_sent() {
        let mut conversation = Conversation::new("be brief");
        add(&mut conversation, 0, None, "", "a");
        add(&mut conversation, 1, Some(0), "", "");
        add(&mut conversation, 2, Some(1), "", "c");
        add(&mut conversation, 3, Some(2), "", "d");
        conversation.turn_mut(TurnId(2)).unwrap().standing = Standing::LeftOut;
        conversation.turn_mut(TurnId(0)).unwrap().standing = Standing::Pinned;
        assert_eq!(
            conversation.history(TurnId(3)),
            [
                Message::System("be brief".into()),
                Message::User("prompt 0".into()),
                Message::answer("a"),
                Message::User("prompt 1\n\nprompt 3".into()),
            ]
        );
    }

    #[test]
    fn a_turn_that_is_left_out_is_still_sent_when_it_is_asked_itself() {
        let mut conversation = Conversation::default();
        add(&mut conversation, 0, None, "", "a");
        conversation.turn_mut(TurnId(0)).unwrap().standing = Standing::LeftOut;
        assert_eq!(
            conversation.history(TurnId(0)),
            [Message::User("prompt 0".into())]
        );
    }

    #[test]
    fn turns_that_go_round_in_a_circle_end_somewhere() {
        let mut conversation = Conversation::default();
        add(&mut conversation, 0, Some(1), "", "a");
        add(&mut conversation, 1, Some(0), "", "b");
        add(&mut conversation, 2, None, "", "c");
        conversation.turn_mut(TurnId(2)).unwrap().id = TurnId(1);
        assert!(conversation.path().count() <= 3);
        assert!(conversation.history(TurnId(0)).len() <= 7);
        assert_eq!(conversation.branch_of(TurnId(0)).len(), 2);
    }

    proptest::proptest! {
        /// Whatever is left out, deleted or empty, roles alternate and the user has the last word.
        #[test]
        fn every_history_is_one_that_providers_take(
            answers in proptest::collection::vec("[ab ]{0,2}", 1..12),
            parents in proptest::collection::vec(0..12_u64, 12),
            standings in proptest::collection::vec(0..3_u8, 12),
            deleted in 0..14_u64,
        ) {
            let mut conversation = Conversation::new("system");
            for (id, answer) in (0_u64..).zip(&answers) {
                let parent = parents.get(usize::try_from(id).unwrap()).copied();
                let parent = parent.filter(|parent| *parent < id);
                add(&mut conversation, id, parent, "SECRET", answer);
                let turn = conversation.turn_mut(TurnId(id)).unwrap();
                turn.standing = match standings[usize::try_from(id).unwrap()] {
                    0 => Standing::Sent,
                    1 => Standing::Pinned,
                    _ => Standing::LeftOut,
                };
            }
            drop(conversation.delete(TurnId(deleted)));
            for id in (0..12).map(TurnId).filter(|id| conversation.turn(*id).is_some()) {
                let messages = conversation.history(id);
                proptest::prop_assert!(matches!(messages[0], Message::System(_)));
                for (at, message) in messages.iter().skip(1).enumerate() {
                    let is_user = matches!(message, Message::User(_));
                    proptest::prop_assert_eq!(is_user, at % 2 == 0);
                    proptest::prop_assert!(!message.text().trim().is_empty());
                    proptest::prop_assert!(!message.text().contains("SECRET"));
                }
                proptest::prop_assert!(matches!(messages.last(), Some(Message::User(_))));
            }
        }
    }
}
