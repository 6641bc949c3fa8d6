//! What the demo says: the replies of `assets/demo/`, and which of them answers a question.
//!
//! A reply's file begins with a line `words:` that names what selects it, then holds its reasoning
//! below the line `=== thinking` and its answer below `=== answer`. The last paragraph of the
//! reasoning is a second look that only the highest effort takes.

use serde_json::{Map, Value, json};

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
    /// The tool that it asks for at its end: its name, and the arguments as JSON text.
    pub(super) call: Option<(String, String)>,
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
    if let Some(told) = &question.told {
        let answer = format!("The tool returned:\n\n```\n{}\n```", told.trim_end());
        return spoken(
            "The result is here. I only have to pass it on.",
            &answer,
            question,
            None,
        );
    }
    if let Some(call) = call(question) {
        let answer = format!("Let me ask the tool `{}`.", call.0);
        let thinking = "This calls for a tool, and one is offered.";
        return spoken(thinking, &answer, question, Some(call));
    }
    let reply = choose(&question.prompts);
    spoken(
        &reply.reasoning(question.depth),
        reply.answer,
        question,
        None,
    )
}

/// The tool that a prompt asks for: one that it names, or any about the weather for a question
/// about it.
fn call(question: &Question) -> Option<(String, String)> {
    let prompt = question.prompts.last()?;
    let lower = prompt.to_lowercase();
    let is_about_weather = lower.contains("weather") || lower.contains("天气");
    let tool = question.tools.iter().find(|tool| {
        let name = tool.name.to_lowercase();
        lower.contains(&name) || (is_about_weather && name.contains("weather"))
    })?;
    let properties = tool.parameters.get("properties").and_then(Value::as_object);
    let required = tool.parameters.get("required").and_then(Value::as_array);
    let required = required.into_iter().flatten().filter_map(Value::as_str);
    let arguments: Map<String, Value> = required
        .map(|name| {
            let schema = properties.and_then(|properties| properties.get(name));
            (name.to_owned(), argument(schema, prompt))
        })
        .collect();
    Some((tool.name.clone(), Value::Object(arguments).to_string()))
}

/// An argument that fits its schema; for a text, what the prompt names after “in”.
fn argument(schema: Option<&Value>, prompt: &str) -> Value {
    let choice = schema.and_then(|schema| schema.pointer("/enum/0"));
    let sort = schema
        .and_then(|schema| schema.get("type"))
        .and_then(Value::as_str);
    match (choice, sort) {
        (Some(choice), _) => choice.clone(),
        (None, Some("integer" | "number")) => {
            let least = schema.and_then(|schema| schema.get("minimum"));
            least.cloned().unwrap_or_else(|| json!(1))
        }
        (None, Some("boolean")) => json!(true),
        (None, Some("array")) => json!([]),
        (None, Some("object")) => json!({}),
        (None, _) => {
            let named = prompt.rsplit_once(" in ").map(|(_, place)| place);
            let named = named.map(|place| place.trim_matches(|c: char| !c.is_alphanumeric()));
            json!(named.filter(|place| !place.is_empty()).unwrap_or("Paris"))
        }
    }
}

fn spoken(
    reasoning: &str,
    answer: &str,
    question: &Question,
    call: Option<(String, String)>,
) -> Speech {
    let reasoning = match question.depth {
        Depth::None => "",
        Depth::Low | Depth::Medium | Depth::Usual | Depth::Max => reasoning,
    };
    let mut pieces: Vec<(Part, String)> = tokens::pieces(reasoning)
        .into_iter()
        .map(|piece| (Part::Reasoning, piece))
        .collect();
    pieces.extend(
        tokens::pieces(answer)
            .into_iter()
            .map(|piece| (Part::Answer, piece)),
    );
    let limit = question.max_tokens.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    let is_cut = pieces.len() > limit;
    pieces.truncate(limit);
    Speech {
        call: call.filter(|_| !is_cut),
        pieces,
        is_cut,
    }
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
            tools: Vec::new(),
            told: None,
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
    fn a_tool_that_is_offered_is_asked_for_and_its_result_passed_on() {
        let tool = |name: &str| super::super::question::Tool {
            name: name.to_owned(),
            parameters: json!({"properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
                "required": ["city", "days"]}),
        };
        let asked = |prompt: &str| Question {
            tools: vec![tool("other"), tool("get_weather")],
            ..question(&[prompt])
        };
        let weather = speech(&asked("What is the weather in New York?"));
        let (name, arguments) = weather.call.unwrap();
        assert_eq!(
            (name.as_str(), arguments.as_str()),
            ("get_weather", r#"{"city":"New York","days":1}"#)
        );
        assert_eq!(
            speech(&asked("Use other, please.")).call.unwrap().0,
            "other"
        );
        assert_eq!(speech(&asked("hello")).call, None);
        assert_eq!(speech(&question(&["What is the weather?"])).call, None);
        let told = speech(&Question {
            told: Some("sunny\n".to_owned()),
            ..asked("What is the weather?")
        });
        assert_eq!(told.call, None);
        assert!(told.text_of(Part::Answer).contains("sunny"));
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
