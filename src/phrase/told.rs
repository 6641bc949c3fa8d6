//! What a model is told of its calls, and how a person reads it.
//!
//! A model is told in English whatever the user speaks: the words are part of the conversation, and
//! are kept with it. Where a person reads them they are recognised by the text that made them.

use std::borrow::Cow;
use std::fmt::Display;

use super::{filled, line};

/// The texts that a model is told, each made by `told!` of the same words.
const TEXTS: &[&str] = &[
    "only {most} calls of one answer are run; ask again for the others.",
    "stopped before it ended",
    "the arguments are cut: their JSON is incomplete ({error}).",
    "the arguments are longer than {kib} KiB.",
    "the arguments are not JSON ({error}).",
    "the arguments do not fit the tool's schema: {problems}.",
    "the command is empty",
    "the program can't be followed: {error}",
    "the program can't be started: {error}",
    "the program ended with exit code {code}",
    "the program took longer than {seconds} s and was stopped",
    "the program was ended: {status}",
    "the program wrote more than {mib} MiB and was stopped",
    "the program {program} was not found; the configuration names it",
    "the reply was cut before its end.",
    "the reply was stopped.",
    "the user has to be asked about this tool, and can't be here.",
    "the user said no.",
    "the user's configuration never lets this tool run.",
    "there is no tool of that name. The tools are: {names}.",
    "this turn has had {rounds} rounds of tools, the limit (chat.max_tool_rounds).",
];

/// A text for a model: English in every language. Says it as `tr!` does, its values by name.
macro_rules! told {
    ($text:literal $(, $name:ident = $value:expr)* $(,)?) => {
        format!($text $(, $name = $value)*)
    };
}
pub(crate) use told;

/// What a model was told, in the language spoken: its first line, if that is one of ours. What
/// programs and servers said stays as it is.
pub fn heard(told: &str) -> Cow<'_, str> {
    let first = told.lines().next().unwrap_or_default();
    let spoken = TEXTS.iter().find_map(|text| {
        let line = line(text)?;
        let values = values(text, first)?;
        let values: Vec<(&str, &dyn Display)> = values
            .iter()
            .map(|(name, value)| (*name, value as &dyn Display))
            .collect();
        Some(filled(line, &values))
    });
    match spoken {
        Some(spoken) => Cow::Owned(spoken + told.get(first.len()..).unwrap_or_default()),
        None => Cow::Borrowed(told),
    }
}

/// The values with which a text comes to be what was said, by their names; `None` when it never does.
fn values<'a>(text: &'a str, said: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let (mut text, mut said) = (text, said);
    let mut values = Vec::new();
    while let Some((before, after)) = text.split_once('{') {
        let (name, rest) = after.split_once('}')?;
        said = said.strip_prefix(before)?;
        let end = match rest.split_once('{') {
            Some((between, _)) => said.find(between)?,
            None => said.strip_suffix(rest)?.len(),
        };
        values.push((name, said.get(..end)?));
        (text, said) = (rest, said.get(end..)?);
    }
    (text == said).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phrase::{Language, speaking};

    #[test]
    fn what_a_model_was_told_is_read_in_the_users_language() {
        let late = told!(
            "the program took longer than {seconds} s and was stopped",
            seconds = 7
        );
        let failed =
            told!("the program ended with exit code {code}", code = 3) + "\nno such city\n";
        assert_eq!(heard(&late), late);
        speaking(Language::ZhCn, || {
            assert_eq!(heard(&late), "程序运行超过 7 秒，已停止");
            assert_eq!(heard(&failed), "程序以退出码 3 结束\nno such city\n");
            for other in [
                "",
                "sunny",
                "the program ended with exit code",
                "x\nthe reply was stopped.",
            ] {
                assert_eq!(heard(other), other);
            }
        });
    }

    #[test]
    fn a_text_is_recognised_by_what_stands_around_its_values() {
        let values = |said| values("the program {name} took {s} s", said);
        assert_eq!(
            values("the program a b took 2 s"),
            Some(vec![("name", "a b"), ("s", "2")])
        );
        assert_eq!(values("the program took 2 s"), None);
        assert_eq!(values("the program x took 2"), None);
    }
}
