//! The next request as it would be sent, word for word, but for the key.

use serde_json::Value;

use super::reader::Reader;
use super::{App, Overlay, Tone};
use crate::catalog::{DEMO, Provider};
use crate::chat::{Now, Standing, Turn, short_bytes, short_count};
use crate::phrase::{self, mark, tr};
use crate::wire::{Auth, WireRequest};

/// What stands in for a message that is not written yet.
const UNWRITTEN: &str = mark("(your next message)");
/// An image that takes more than this is not written out.
const MOST_SHOWN_BYTES: usize = 1_024;
/// A line is cut into pieces of so many bytes, so that wrapping one of them is cheap.
const PIECE_BYTES: usize = 2_048;

/// The next request.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// What is worth knowing about it, one fact a line.
    pub facts: Vec<String>,
    /// Address, headers and body, in pieces of lines.
    pub lines: Vec<String>,
    /// The body, to be copied.
    pub body: String,
    /// Where it is scrolled to.
    pub reader: Reader,
}

impl App {
    /// Opens the next request as it would be sent.
    pub(super) fn open_preview(&mut self, now: Now) {
        let draft = self.composer.text();
        let is_unwritten = draft.trim().is_empty() && self.attached.items.is_empty();
        let prompt = if is_unwritten {
            phrase::of(UNWRITTEN)
        } else {
            &draft
        };
        let parent = self.next_parent();
        let prepared =
            match self.prepare(parent, prompt, &self.attached.items, self.tools_on_offer()) {
                Ok(prepared) => prepared,
                Err(refusal) => {
                    let text = tr!("Nothing would be sent: {refusal}", refusal);
                    self.notify(Tone::Error, text, now.instant);
                    return;
                }
            };
        let mut facts = vec![self.size(prepared.tokens)];
        let (reasoning, all) = self
            .conversation
            .up_from(parent)
            .map(Turn::reasoning_tokens)
            .fold((0, true), |(sum, all), (tokens, reported)| {
                (sum + tokens, all && (reported || tokens == 0))
            });
        let about = if all { "" } else { "~" };
        facts.push(if reasoning == 0 {
            tr!("No reasoning to leave out yet").to_owned()
        } else {
            tr!(
                "Reasoning is never sent back: that saves {about}{tokens} tokens",
                about,
                tokens = short_count(reasoning)
            )
        });
        let left_out = self.conversation.up_from(parent);
        match left_out
            .filter(|turn| turn.standing == Standing::LeftOut)
            .count()
        {
            0 => {}
            1 => facts.push(tr!("1 turn is left out").to_owned()),
            count => facts.push(tr!("{count} turns are left out", count)),
        }
        if is_unwritten {
            facts.push(tr!("The message box is empty; its place is marked").to_owned());
        }
        let mut shown = prepared.request.body.clone();
        shorten_images(&mut shown);
        let body = serde_json::to_string_pretty(&shown).unwrap_or_default();
        let has_key = self.provider().is_some_and(Provider::names_a_key);
        let lines = head(&prepared.request, has_key)
            .iter()
            .map(String::as_str)
            .chain(body.lines())
            .flat_map(pieces)
            .collect();
        self.overlay = Some(Overlay::Preview(Box::new(Preview {
            facts,
            lines,
            body,
            reader: Reader::default(),
        })));
    }

    /// `~1.2k tokens, of 200k that fit`.
    fn size(&self, tokens: u64) -> String {
        let window = self.model().and_then(|model| model.context_window_tokens);
        let window = window.map_or_else(String::new, |window| {
            tr!(", of {window} that fit", window = short_count(window))
        });
        tr!(
            "About {tokens} tokens{window}",
            tokens = short_count(tokens),
            window
        )
    }
}

/// Has a word stand for images, wherever a dialect has them: nobody reads them.
fn shorten_images(body: &mut Value) {
    match body {
        Value::Array(items) => items.iter_mut().for_each(shorten_images),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(data)
                        if ["url", "image", "data"].contains(&name.as_str())
                            && data.len() > MOST_SHOWN_BYTES =>
                    {
                        *data = tr!("({size} of Base64)", size = short_bytes(data.len()));
                    }
                    value => shorten_images(value),
                }
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Method, address and headers, the key masked, and the empty line after them. Without a key there is
/// no header for it.
pub fn head(request: &WireRequest, has_key: bool) -> Vec<String> {
    // The demo's address is known only once its server runs.
    let host = if request.provider == DEMO {
        tr!("(the demo)")
    } else {
        ""
    };
    let mut lines = vec![format!("POST {host}{}", request.url)];
    let headers = request.headers.iter();
    lines.extend(headers.map(|(name, value)| format!("{name}: {value}")));
    let key = match request.auth {
        Auth::Bearer => "authorization: Bearer [key]",
        Auth::XApiKey => "x-api-key: [key]",
    };
    lines.extend(has_key.then(|| key.to_owned()));
    lines.push(String::new());
    lines
}

/// A line in pieces that are cheap to wrap, cut at spaces where there are any.
pub(super) fn pieces(line: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = line;
    while rest.len() > PIECE_BYTES {
        let most = (0..=PIECE_BYTES)
            .rev()
            .find(|at| rest.is_char_boundary(*at))
            .unwrap_or(0);
        let (head, _) = rest.split_at_checked(most).unwrap_or((rest, ""));
        let cut = head.rfind(' ').map_or(most, |space| space + 1);
        let Some((piece, after)) = rest.split_at_checked(cut).filter(|_| cut > 0) else {
            break;
        };
        pieces.push(piece.to_owned());
        rest = after;
    }
    pieces.push(rest.to_owned());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_line_are_the_line() {
        for line in [
            "",
            "short",
            &"word ".repeat(5_000),
            &"没有空格".repeat(5_000),
        ] {
            let pieces = pieces(line);
            assert_eq!(pieces.concat(), line);
            assert!(pieces.iter().all(|piece| piece.len() <= PIECE_BYTES));
        }
    }
}
