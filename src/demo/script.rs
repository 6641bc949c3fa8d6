//! What the demo says: the replies of `assets/demo/`, and which of them answers a question.
//!
//! A reply's file begins with a line `words:` that names what selects it, then holds its reasoning
//! below the line `=== thinking` and its answer below `=== answer`. The last paragraph of the
//! reasoning is a second look that only the highest effort takes.

use super::question::{Depth, Question};
use super::tokens;
use crate::chat::Part;

/// A reply, ready to be spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Speech {
    /// The pieces in order, each of which counts as one token.
    pub(super) pieces: Vec<(Part, String)>,
    /// Whether the token limit cut it.
    pub(super) is_cut: bool,
}

impl Speech {
    /// How many tokens of it are that part.
    pub(super) fn tokens_of(&self, part: Part) -> usize {
        self.pieces.iter().filter(|(of, _)| *of == part).count()
    }

    /// The text of that part.
    pub(super) fn text_of(&self, part: Part) -> String {
        self.pieces
            .iter()
            .filter(|(of, _)| *of == part)
            .map(|(_, text)| text.as_str())
            .collect()
    }
}

/// Finds the reply to a question.
pub(super) fn speech(question: &Question) -> Speech {
    let reply = choose(&question.prompts);
    let mut pieces: Vec<(Part, String)> = tokens::pieces(&reply.reasoning(question.depth))
        .into_iter()
        .map(|piece| (Part::Reasoning, piece))
        .collect();
    pieces.extend(
        tokens::pieces(reply.answer)
            .into_iter()
            .map(|piece| (Part::Answer, piece)),
    );
    let limit = question.max_tokens.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    let is_cut = pieces.len() > limit;
    pieces.truncate(limit);
    Speech { pieces, is_cut }
}

const ENGLISH: [&str; 7] = [
    include_str!("../../assets/demo/intro.md"),
    include_str!("../../assets/demo/quadratic.md"),
    include_str!("../../assets/demo/table.md"),
    include_str!("../../assets/demo/code.md"),
    include_str!("../../assets/demo/long.md"),
    include_str!("../../assets/demo/haiku.md"),
    include_str!("../../assets/demo/thinking.md"),
];

const CHINESE: [&str; 3] = [
    include_str!("../../assets/demo/intro.zh.md"),
    include_str!("../../assets/demo/quadratic.zh.md"),
    include_str!("../../assets/demo/poem.zh.md"),
];

/// What is asked for by the program itself, not by a person.
const ERRANDS: [&str; 2] = [
    include_str!("../../assets/demo/title.md"),
    include_str!("../../assets/demo/summary.md"),
];

/// One file of `assets/demo/`, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reply<'a> {
    words: &'a str,
    thinking: &'a str,
    answer: &'a str,
}

impl<'a> Reply<'a> {
    fn parse(file: &'a str) -> Self {
        let (front, answer) = file.split_once("\n=== answer\n").unwrap_or(("", file));
        let (words, thinking) = front.split_once("\n=== thinking\n").unwrap_or((front, ""));
        Self {
            words: words.trim_start_matches("words:").trim(),
            thinking: thinking.trim(),
            answer: answer.trim(),
        }
    }

    /// Tells whether one of its words is in a prompt. Latin words must stand alone.
    fn is_asked_for(&self, prompt: &str) -> bool {
        self.words
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .any(|word| {
                prompt.match_indices(word).any(|(at, _)| {
                    let before = prompt.get(..at).and_then(|text| text.chars().last());
                    let after = prompt
                        .get(at + word.len()..)
                        .and_then(|text| text.chars().next());
                    let stands_alone = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
                    !word.is_ascii() || (stands_alone(before) && stands_alone(after))
                })
            })
    }

    fn reasoning(&self, depth: Depth) -> String {
        let paragraphs: Vec<&str> = self.thinking.split("\n\n").collect();
        let all = paragraphs.len();
        let count = match depth {
            Depth::None => 0,
            Depth::Low => 1,
            Depth::Medium => all.div_ceil(2),
            Depth::Usual => all.saturating_sub(1).max(1),
            Depth::Max => all,
        };
        paragraphs
            .into_iter()
            .take(count)
            .collect::<Vec<_>>()
            .join("\n\n")
    }
}

/// The reply that the last prompt names, else another one at every turn.
fn choose(prompts: &[String]) -> Reply<'static> {
    let prompt = prompts.last().map_or("", String::as_str).to_lowercase();
    let (first, second) = if prompt.chars().any(tokens::is_cjk) {
        (CHINESE.as_slice(), ENGLISH.as_slice())
    } else {
        (ENGLISH.as_slice(), CHINESE.as_slice())
    };
    // The introductions come last: "help me solve an equation" asks for the equation.
    let named = ERRANDS
        .iter()
        .chain(first.iter().skip(1))
        .chain(second.iter().skip(1))
        .chain(first.first())
        .map(|file| Reply::parse(file))
        .find(|reply| reply.is_asked_for(&prompt));
    named.unwrap_or_else(|| {
        let turn = prompts.len().saturating_sub(1) % first.len();
        Reply::parse(first.get(turn).copied().unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Dialect;

    fn question(prompts: &[&str]) -> Question {
        Question {
            dialect: Dialect::OpenAi,
            model: "m".to_owned(),
            prompts: prompts.iter().map(|&prompt| prompt.to_owned()).collect(),
            input_tokens: 1,
            depth: Depth::Usual,
            max_tokens: None,
            stream: true,
            usage: true,
        }
    }

    #[test]
    fn what_the_program_asks_for_itself_is_not_taken_for_a_question() {
        let prompt = "Give the conversation below a title of at most seven words.\n\nSolve x^2 = 4";
        let title = speech(&question(&[prompt])).text_of(Part::Answer);
        assert_eq!(title, "A look around the built-in demo");
        let prompt = "Summarize our conversation so far, so that it can be continued.";
        let summary = speech(&question(&["Solve x^2 = 4", prompt]));
        assert!(summary.text_of(Part::Answer).contains("Goal"));
    }

    #[test]
    fn every_reply_has_words_reasoning_and_an_answer() {
        for file in ENGLISH.iter().chain(&CHINESE).chain(&ERRANDS) {
            let reply = Reply::parse(file);
            assert!(file.starts_with("words:"), "{file:.40}");
            assert!(reply.answer.len() > 20, "{file:.40}");
            assert!(reply.thinking.split("\n\n").count() >= 2, "{file:.40}");
            assert!(!reply.answer.contains("==="), "{file:.40}");
        }
    }

    #[test]
    fn words_select_a_reply_in_both_languages() {
        let answer = |prompt: &str| speech(&question(&[prompt])).text_of(Part::Answer);
        assert!(answer("Solve the EQUATION x^2 - 5x + 6 = 0").contains("x = 2"));
        assert!(answer("解方程 x² − 5x + 6 = 0").contains("两个解"));
        assert!(answer("write a haiku").lines().count() <= 4);
        assert!(answer("Show me some Rust code").contains("```rust"));
        assert!(answer("compare them in a table").contains('|'));
        assert_eq!(
            answer("hello"),
            answer("decoded"),
            "a word inside a word is no word"
        );
    }

    #[test]
    fn a_follow_up_gets_another_reply() {
        let first = speech(&question(&["hello"]));
        let second = speech(&question(&["hello", "and now?"]));
        assert_ne!(first, second);
        assert_ne!(
            speech(&question(&["你好"])),
            speech(&question(&["你好", "然后呢？"]))
        );
    }

    #[test]
    fn more_effort_gives_more_reasoning() {
        let reasoning = |depth| {
            let question = Question {
                depth,
                ..question(&["solve the equation"])
            };
            speech(&question).tokens_of(Part::Reasoning)
        };
        assert_eq!(reasoning(Depth::None), 0);
        assert!(reasoning(Depth::Low) < reasoning(Depth::Medium));
        assert!(reasoning(Depth::Medium) < reasoning(Depth::Usual));
        assert!(reasoning(Depth::Usual) < reasoning(Depth::Max));
    }

    #[test]
    fn reasoning_and_answer_share_the_token_limit() {
        let cut = speech(&Question {
            max_tokens: Some(10),
            ..question(&["hello"])
        });
        assert_eq!(cut.tokens_of(Part::Reasoning), 10);
        assert_eq!(cut.tokens_of(Part::Answer), 0);
        assert!(cut.is_cut);
        assert!(!speech(&question(&["hello"])).is_cut);
    }
}
