//! Templates: messages of the configuration with places to fill in, sent by their names.
//!
//! `/NAME` is followed by what goes into the places, in their order: a word each, or several within
//! quotes, and the last one takes all that is left. `PLACE=…` fills one by its name. What is filled
//! in is never looked through for places again.

use super::{App, Effect, Tone};
use crate::chat::Now;
use crate::config::Template;
use crate::phrase::tr;

/// A message made of a template.
#[derive(Debug, PartialEq, Eq)]
struct Filled {
    /// The message; places that nothing was given for stand in it as they do in the template.
    text: String,
    /// Those places.
    open: Vec<String>,
}

/// A template's text in pieces: what stands there, and places by their names.
enum Piece<'a> {
    Text(&'a str),
    Place(&'a str),
}

fn pieces(prompt: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = prompt;
    while let Some((before, after)) = rest.split_once("{{") {
        let place = after.split_once("}}").filter(|(name, _)| is_name(name));
        if let Some((name, behind)) = place {
            pieces.extend([Piece::Text(before), Piece::Place(name.trim())]);
            rest = behind;
        } else {
            // A brace more may be the first of two that do open a place.
            let to = before.len() + 1;
            pieces.push(Piece::Text(rest.get(..to).unwrap_or(rest)));
            rest = rest.get(to..).unwrap_or_default();
        }
    }
    pieces.push(Piece::Text(rest));
    pieces
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let name = name.trim();
    !name.is_empty() && name.chars().all(plain)
}

/// The places of a template in their order, each once.
pub(super) fn places(prompt: &str) -> Vec<&str> {
    let mut places = Vec::new();
    for piece in pieces(prompt) {
        if let Piece::Place(name) = piece
            && !places.contains(&name)
        {
            places.push(name);
        }
    }
    places
}

/// What looks like a place in a template and is none: its braces are not closed, or hold no name.
pub fn odd_braces(prompt: &str) -> Vec<&str> {
    let mut odd = Vec::new();
    let mut rest = prompt;
    while let Some(at) = rest.find("{{") {
        let opened = rest.get(at..).unwrap_or_default();
        let after = opened.get(2..).unwrap_or_default();
        let closed = after.find("}}").and_then(|to| after.get(..to));
        let here = match closed {
            // A brace more: the next two may open a place.
            _ if after.starts_with('{') => 1,
            Some(name) if is_name(name) => name.len() + 4,
            Some(name) if !name.contains(['\n', '{']) => {
                odd.extend(opened.get(..name.len() + 4));
                name.len() + 4
            }
            _ => {
                odd.extend(opened.get(..2));
                2
            }
        };
        rest = opened.get(here..).unwrap_or_default();
    }
    odd
}

/// The first word of a text, or what stands there within quotes; and what follows it.
fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    for quote in ['"', '\''] {
        let quoted = text.strip_prefix(quote).and_then(|it| it.split_once(quote));
        if let Some((word, rest)) = quoted
            && (rest.is_empty() || rest.starts_with(char::is_whitespace))
        {
            return (word, rest);
        }
    }
    text.split_once(char::is_whitespace).unwrap_or((text, ""))
}

/// What is given for each of these places: by its name, or in their order. Also what is left.
pub(super) fn assign<'a>(places: &[&'a str], given: &str) -> (Vec<(&'a str, String)>, String) {
    let mut values: Vec<(&str, String)> = Vec::new();
    let mut rest = given.trim();
    while !rest.is_empty() {
        let is_open = |name: &str, values: &[(&str, String)]| values.iter().all(|it| it.0 != name);
        let named = places
            .iter()
            .find_map(|name| Some((*name, rest.strip_prefix(*name)?.strip_prefix('=')?)));
        if let Some((name, behind)) = named.filter(|(name, _)| is_open(name, &values)) {
            let is_empty = behind.starts_with(char::is_whitespace);
            let (value, behind) = if is_empty {
                ("", behind)
            } else {
                first_word(behind)
            };
            values.push((name, value.to_owned()));
            rest = behind.trim_start();
            continue;
        }
        let open: Vec<&str> = places
            .iter()
            .copied()
            .filter(|name| is_open(name, &values))
            .collect();
        let (name, value, behind) = match open.as_slice() {
            [] => break,
            [last] => match first_word(rest) {
                (word, "") => (*last, word, ""),
                _ => (*last, rest, ""),
            },
            [first, ..] => {
                let (word, behind) = first_word(rest);
                (*first, word, behind)
            }
        };
        values.push((name, value.to_owned()));
        rest = behind.trim_start();
    }
    (values, rest.to_owned())
}

/// Fills a template in. What no place takes is put behind it.
fn fill(prompt: &str, given: &str) -> Filled {
    let places = places(prompt);
    let (values, rest) = assign(&places, given);
    let value = |name: &str| values.iter().find(|it| it.0 == name).map(|it| &*it.1);
    let mut text = String::with_capacity(prompt.len() + given.len());
    for piece in pieces(prompt) {
        match piece {
            Piece::Text(plain) => text.push_str(plain),
            Piece::Place(name) => match value(name) {
                Some(value) => text.push_str(value),
                None => text.push_str(&shown(name)),
            },
        }
    }
    let mut text = text.trim().to_owned();
    if !rest.is_empty() {
        text.push_str("\n\n");
        text.push_str(&rest);
    }
    let open = places.iter().filter(|name| value(name).is_none());
    Filled {
        open: open.map(|name| (*name).to_owned()).collect(),
        text,
    }
}

/// A place as it stands in a message.
fn shown(name: &str) -> String {
    format!("{{{{{name}}}}}")
}

impl App {
    /// The template of a line without its slash, and what follows its name.
    pub(super) fn template<'a>(&self, line: &'a str) -> Option<(&Template, &'a str)> {
        let (word, given) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let all = &self.config.templates;
        let template = all.iter().find(|template| template.name == word)?;
        Some((template, given))
    }

    /// Sends what a template becomes; with places left open it goes into the message box.
    pub(super) fn run_template(&mut self, line: &str, now: Now) -> Vec<Effect> {
        let Some((template, given)) = self.template(line) else {
            return Vec::new();
        };
        let filled = fill(&template.prompt, given);
        let name = template.name.clone();
        self.offer_message(&filled.text);
        let Some(first) = filled.open.first() else {
            return self.send_message(now);
        };
        self.composer.select(&shown(first));
        let open: Vec<String> = filled.open.iter().map(|name| shown(name)).collect();
        let text = tr!(
            "/{name}: write what goes into {open}, then press Enter",
            name,
            open = open.join(tr!(", "))
        );
        self.notify(Tone::Info, text, now.instant);
        Vec::new()
    }

    /// Puts a message into the box that was not typed there; what was comes back with Up.
    pub(super) fn offer_message(&mut self, text: &str) {
        if !self.composer.is_empty() {
            self.composer.erase();
        }
        self.focus_message();
        self.composer.set_text(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(prompt: &str, given: &str) -> String {
        let filled = fill(prompt, given);
        assert_eq!(filled.open, Vec::<String>::new());
        filled.text
    }

    #[test]
    fn places_are_filled_in_their_order_and_the_last_takes_the_rest() {
        let prompt = "To {{language}}, {{ tone }}: {{text}} ({{language}})";
        let text = filled(prompt, "German \"very polite\" Good morning, all\nof you");
        let expected = "To German, very polite: Good morning, all\nof you (German)";
        assert_eq!(text, expected);
        let text = filled(prompt, "tone=warm German text=Hi");
        assert_eq!(text, "To German, warm: Hi (German)");
        assert_eq!(filled("Say {{x}}", "\"a b\""), "Say a b");
        assert_eq!(filled("Say {{x}}", "\"a\" or \"b\""), "Say \"a\" or \"b\"");
    }

    #[test]
    fn what_no_place_takes_stands_behind_it() {
        assert_eq!(filled("Summarize this.", ""), "Summarize this.");
        assert_eq!(filled("Summarize this.", "a b"), "Summarize this.\n\na b");
    }

    #[test]
    fn what_is_filled_in_is_not_filled_in_again() {
        assert_eq!(filled("{{a}} {{b}}", "{{b}} x"), "{{b}} x");
    }

    #[test]
    fn braces_that_are_no_place_stay() {
        let odd = "{{}} {{a b}} {{{x}} {{ {{{{ }} {";
        let filled = fill(odd, "1");
        assert_eq!(filled.text, "{{}} {{a b}} {1 {{ {{{{ }} {");
    }

    #[test]
    fn braces_that_look_like_a_place_and_are_none_are_found() {
        let found = |prompt| odd_braces(prompt);
        assert_eq!(found("{{a b}} {{"), ["{{a b}}", "{{"]);
        assert_eq!(found("{{}} {{a\nb}} {{ c\n}}"), ["{{}}", "{{"]);
        assert_eq!(found("{{ a }}: {{{b}}} {c} }}"), [""; 0]);
        assert_eq!(found("{{a {{b}} 中{{文 字}}"), ["{{", "{{文 字}}"]);
    }

    #[test]
    fn places_that_nothing_was_given_for_stay_open() {
        let filled = fill("{{a}} and {{b}} and {{a}}", "1");
        assert_eq!(filled.text, "1 and {{b}} and 1");
        assert_eq!(filled.open, ["b"]);
    }
}
