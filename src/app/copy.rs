//! What can be copied of a turn: always the source, never the screen's rows.

use std::time::Instant;

use super::picker::{Item, Picker};
use super::{App, Effect, Overlay, Pane, Tone};
use crate::chat::{Now, Turn, references, safe};
use crate::markdown::{Document, Kind};
use crate::phrase::tr;

impl App {
    /// Opens the picker of what can be copied of the turn in view.
    pub(super) fn open_copies(&mut self, now: Now) {
        let items = self.turn_in_view().map_or_else(Vec::new, copies);
        if items.is_empty() {
            self.notify(Tone::Info, tr!("There is nothing to copy yet"), now.instant);
            return;
        }
        self.overlay = Some(Overlay::Copies(Picker::new(items, 0)));
    }

    /// Copies the answer of the turn in view, or its reasoning while that pane has the focus.
    pub(super) fn copy_turn(&mut self, now: Now) -> Vec<Effect> {
        let Some(turn) = self.turn_in_view() else {
            self.notify(Tone::Info, tr!("There is nothing to copy yet"), now.instant);
            return Vec::new();
        };
        let of = match self.focus {
            Pane::Thinking => &turn.reply.reasoning,
            Pane::Chat | Pane::Message => &turn.reply.answer,
        };
        if of.is_empty() {
            self.notify(
                Tone::Info,
                tr!("This turn has no text here to copy"),
                now.instant,
            );
            return Vec::new();
        }
        self.copy(of.as_str().to_owned(), now.instant)
    }

    /// Copies a text and says how much it was.
    pub(super) fn copy(&mut self, text: String, now: Instant) -> Vec<Effect> {
        let said = tr!("Copied {size}", size = extent(&text));
        self.notify(Tone::Info, said, now);
        vec![Effect::Copy(text)]
    }
}

/// Everything of a turn that can be copied; what there is none of is left out.
fn copies(turn: &Turn) -> Vec<Item<String>> {
    let reply = &turn.reply;
    let answer = reply.answer.as_str();
    let mut items = vec![item(tr!("Answer"), answer)];
    let mut document = Document::new(Kind::Markdown);
    // Code blocks are the same at any width.
    document.sync(answer, reply.answer.epoch(), 80, !turn.is_live());
    for block in document.code_blocks() {
        let language = if block.language.is_empty() {
            tr!("code")
        } else {
            &block.language
        };
        let title = format!("{language}: {}", block.first_line.trim());
        items.push(item(&safe::one_line(&title), &block.text));
    }
    let sources = references(&reply.sources);
    items.push(item(tr!("Sources, as Markdown"), &sources));
    items.push(item(tr!("Reasoning"), reply.reasoning.as_str()));
    items.push(item(tr!("Message"), &turn.prompt));
    if !answer.is_empty() {
        let mut whole = format!("> {}\n\n{answer}", turn.prompt.replace('\n', "\n> "));
        if !sources.is_empty() {
            whole.push_str("\n\n");
            whole.push_str(&sources);
        }
        items.push(item(tr!("Message and answer, as Markdown"), &whole));
    }
    items.retain(|item| !item.value.is_empty());
    items
}

fn item(title: &str, text: &str) -> Item<String> {
    Item {
        title: title.to_owned(),
        words: String::new(),
        right: extent(text),
        about: String::new(),
        dim: false,
        value: text.to_owned(),
    }
}

/// How much text it is: `3 lines, 120 characters`.
fn extent(text: &str) -> String {
    let lines = text.lines().count();
    let characters = text.chars().count();
    let lines = match lines {
        1 => tr!("1 line").to_owned(),
        _ => tr!("{lines} lines", lines),
    };
    let characters = match characters {
        1 => tr!("1 character").to_owned(),
        _ => tr!("{characters} characters", characters),
    };
    tr!("{lines}, {characters}", lines, characters)
}
