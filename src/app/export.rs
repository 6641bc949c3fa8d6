//! The conversation on the screen as a file of the user's: `/export talk.md`.

use std::collections::HashMap;
use std::path::Path;

use super::library::StoredConversation;
use super::{App, Effect, Tone};
use crate::catalog::{Catalog, Currency};
use crate::chat::{Now, Turn, TurnId};
use crate::phrase::tr;

/// The forms that a conversation can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Markdown, for people.
    Markdown,
    /// JSON, which can be imported again.
    Json,
    /// A page for a browser.
    Html,
}

impl Form {
    /// The form that a file's name asks for.
    pub fn of(path: &str) -> Option<Self> {
        let extension = Path::new(path).extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "json" => Some(Self::Json),
            "html" | "htm" => Some(Self::Html),
            _ => None,
        }
    }
}

/// What is to be written where.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// The file, as the user named it.
    pub path: String,
    /// Its form.
    pub form: Form,
    /// The conversation.
    pub kept: StoredConversation,
    /// What its turns cost by the list price, in US dollars.
    pub costs: HashMap<TurnId, f64>,
    /// Whether a file that is there is to give way.
    pub replace: bool,
}

/// What came of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exported {
    /// It is written.
    Done,
    /// A file of that name is there, and was left as it is.
    IsThere,
    /// It could not be written, and why.
    Failed(String),
}

/// What a turn cost by the list price, in US dollars.
pub fn list_price(catalog: &Catalog, turn: &Turn) -> Option<f64> {
    let provider = catalog.provider(&turn.asked.provider)?;
    let prices = provider.model(&turn.asked.model).prices?;
    if prices.currency != Currency::Usd {
        return None;
    }
    prices.cost(&turn.reply.total_usage())
}

impl App {
    /// Writes the conversation to a file, in the form that its name asks for.
    pub(super) fn export(&mut self, path: &str, now: Now) -> Vec<Effect> {
        let Some(form) = Form::of(path) else {
            let text = tr!("Usage: /export FILE, and FILE ends in .md, .html or .json");
            self.notify(Tone::Error, text, now.instant);
            return Vec::new();
        };
        if self.conversation.is_empty() {
            let text = tr!("There is nothing to export yet");
            self.notify(Tone::Info, text, now.instant);
            return Vec::new();
        }
        let replace = self.replaceable.take().as_deref() == Some(path);
        let kept = StoredConversation {
            head: self.keeping.head.clone(),
            conversation: self.conversation.clone(),
            draft: String::new(),
            attached: Vec::new(),
        };
        let turns = kept.conversation.path();
        let costs = turns.filter_map(|turn| Some((turn.id, list_price(&self.catalog, turn)?)));
        vec![Effect::Export(Box::new(Export {
            path: path.to_owned(),
            form,
            costs: costs.collect(),
            kept,
            replace,
        }))]
    }

    /// Tells what came of an export. Whoever asks for the same again knows that a file is there.
    pub(super) fn exported(&mut self, path: String, exported: &Exported, now: Now) {
        let (tone, text) = match exported {
            Exported::Done => (Tone::Info, tr!("Written to {path}", path)),
            Exported::IsThere => {
                let text = tr!(
                    "{path} is there already; the same command again replaces it",
                    path
                );
                self.replaceable = Some(path);
                (Tone::Warning, text)
            }
            Exported::Failed(why) => {
                self.give_back(&format!("export {path}"));
                let text = tr!("{path} can't be written: {why}", path, why);
                (Tone::Error, text)
            }
        };
        self.notify(tone, text, now.instant);
    }
}
