//! The world as the program knows it: what it was asked for, and the store, as far as drafts go.

use std::collections::HashMap;

use mmchat::app::attached::{Found, Many, Path, Wanted};
use mmchat::app::export::Exported;
use mmchat::app::library::{Change, Head, Listing, StoredConversation, Which};
use mmchat::app::server::stock::{Prompt, Prompted, Question, Resource, Stock};
use mmchat::app::toolkit::{Listed, News};
use mmchat::app::{Choice, Effect, KeyTaken, Msg};
use mmchat::chat::{CallId, Conversation, ConversationId, TurnId};

use super::super::history::listed;
use crate::harness::Harness;

/// Tools, a server, a persona, a template, and a model with a small window.
pub(super) const CONFIG: &str = r#"
model = "test/silent"

[tools.get_weather]
command = ["weather"]
parameters = { type = "object", properties = { city = { type = "string" } } }

[mcp.files]
command = ["files"]

[personas.reviewer]
system_prompt = "You review."

[templates.translate]
prompt = "Into {{language}}: {{text}}"
"#;

/// How something that was asked for is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Well,
    Badly,
    /// Nobody asked that any more, or ever.
    ForAnother,
}

/// What of the store has to do with drafts.
#[derive(Debug, Default)]
pub(super) struct Store {
    /// What an earlier program left in the message box of a new conversation.
    first_draft: String,
    /// What message boxes hold, of which conversation.
    pub(super) drafts: HashMap<Option<ConversationId>, String>,
    /// What Up brings back.
    pub(super) typed: Vec<String>,
}

/// Everything outside of the program.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) store: Store,
    asked: Vec<Effect>,
}

impl World {
    /// One in which an earlier program has left a draft that the program has just asked for.
    pub(super) fn with_draft(draft: &str) -> Self {
        let mut world = Self::default();
        draft.clone_into(&mut world.store.first_draft);
        world.store.drafts.insert(None, draft.to_owned());
        world.asked.push(Effect::Recall);
        world
    }

    /// Takes up what the program wants of the world.
    pub(super) fn heed(&mut self, it: &mut Harness) {
        for effect in it.effects() {
            match effect {
                // The loop stands still while the editor is open.
                Effect::Edit(text) => drop(it.tell(Msg::Edited(Ok(format!("{text} and more\n"))))),
                effect => self.asked.push(effect),
            }
        }
        for change in it.changes() {
            match change {
                Change::Draft(conversation, text) => {
                    self.store.drafts.insert(conversation, text);
                }
                Change::Typed(_, text) => self.store.typed.push(text),
                _ => {}
            }
        }
    }

    /// The store answers what is asked at the start, before long.
    pub(super) fn recall(&mut self, it: &mut Harness) {
        let waits = |effect: &Effect| *effect == Effect::Recall;
        let Some(at) = self.asked.iter().position(waits) else {
            return;
        };
        let effect = self.asked.remove(at);
        it.tell(self.reply_to(&effect, How::Well).unwrap());
        self.heed(it);
    }

    /// Answers something that was asked for and not yet answered, if that is anything.
    pub(super) fn answer(&mut self, it: &mut Harness, at: usize, how: How) {
        let waiting = |effect: &Effect| self.reply_to(effect, how).is_some();
        let asked: Vec<usize> = (0..self.asked.len())
            .filter(|at| waiting(&self.asked[*at]))
            .collect();
        let Some(at) = asked.get(at % asked.len().max(1)) else {
            return;
        };
        let effect = self.asked.remove(*at);
        if let Some(msg) = self.reply_to(&effect, how) {
            it.tell(msg);
        }
    }

    fn reply_to(&self, effect: &Effect, how: How) -> Option<Msg> {
        let ticket = |ticket: u64| ticket + u64::from(how == How::ForAnother);
        Some(match effect {
            Effect::List { ticket: asked, .. } => {
                let rows = vec![listed(1, "Eggs", 3), listed(2, "煮鸡蛋", 300)];
                let listing = Listing { rows, more: true };
                Msg::Listed(ticket(*asked), or_why(how, listing))
            }
            Effect::Load {
                ticket: asked,
                which,
            } => {
                let kept = (how != How::ForAnother).then(|| Box::new(self.kept(*which)));
                Msg::Loaded(*asked, or_why(how, kept))
            }
            Effect::Recall => Msg::Recalled {
                draft: self.store.first_draft.clone(),
                attached: Vec::new(),
                typed: vec!["one".to_owned(), "two\nthree".to_owned()],
            },
            Effect::Fetch(asked, wanted) => {
                Msg::Fetched(ticket(*asked), or_why(how, found(wanted)))
            }
            Effect::Paths(asked, typed) => {
                let path = Path {
                    typed: format!("{typed}.rs"),
                    place: typed.into(),
                    bytes: Some(1),
                };
                Msg::Paths(ticket(*asked), vec![path])
            }
            Effect::RunTool(call, _) => {
                let another = CallId {
                    turn: TurnId(1),
                    index: 7,
                };
                let call = if how == How::ForAnother {
                    another
                } else {
                    *call
                };
                Msg::ToolDone(call, or_why(how, "sunny".to_owned()))
            }
            Effect::StartServer(name) => {
                let tool = Listed {
                    name: "read".to_owned(),
                    ..Listed::default()
                };
                let news = match how {
                    How::Badly => News::Down("it is not to be had".to_owned()),
                    How::Well | How::ForAnother => News::Ready(vec![tool]),
                };
                Msg::Server(name.clone(), news)
            }
            Effect::AskServer(name, Question::Stock) => {
                let stock = Stock {
                    prompts: vec![Prompt {
                        name: "review".to_owned(),
                        ..Prompt::default()
                    }],
                    resources: vec![Resource {
                        uri: "notes://today".to_owned(),
                        ..Resource::default()
                    }],
                    troubles: Vec::new(),
                };
                Msg::Server(name.clone(), News::Has(stock))
            }
            Effect::AskServer(name, Question::Prompt { ticket: asked, .. }) => {
                let prompted = Prompted {
                    text: "Review it.\nAll of it.".to_owned(),
                    ..Prompted::default()
                };
                let news = News::Prompt(ticket(*asked), or_why(how, prompted));
                Msg::Server(name.clone(), news)
            }
            Effect::TakeKey { provider, .. } => {
                let taken = KeyTaken {
                    serves: vec![provider.clone()],
                    file: None,
                    shadowed_by: None,
                };
                Msg::KeyTaken(provider.clone(), or_why(how, taken))
            }
            Effect::Export(export) => {
                let exported = match how {
                    How::Well => Exported::Done,
                    How::Badly => Exported::Failed("the disk is full".to_owned()),
                    How::ForAnother => Exported::IsThere,
                };
                Msg::Exported(export.path.clone(), exported)
            }
            _ => return None,
        })
    }

    fn kept(&self, which: Which) -> StoredConversation {
        let id = match which {
            Which::Last => ConversationId(1),
            Which::Id(id) => id,
        };
        let draft = self.store.drafts.get(&Some(id)).cloned();
        StoredConversation {
            head: Head {
                id,
                title: "Eggs".to_owned(),
                choice: Choice {
                    provider: "test".to_owned(),
                    model: "silent".to_owned(),
                },
                ..Head::default()
            },
            conversation: Conversation::default(),
            draft: draft.unwrap_or_default(),
            attached: Vec::new(),
        }
    }
}

fn or_why<T>(how: How, answer: T) -> Result<T, String> {
    if how == How::Badly {
        return Err("it is not to be had".to_owned());
    }
    Ok(answer)
}

fn found(wanted: &Wanted) -> Found {
    match wanted {
        Wanted::Typed(typed) => Found::Several(Many {
            typed: typed.clone(),
            files: vec![("src/a.rs".into(), 1_000), ("src/b.rs".into(), 2_000)],
            top: 0,
        }),
        Wanted::Files(_) | Wanted::Clipboard | Wanted::Resource { .. } => {
            Found::Read(Vec::new(), vec!["it can't be read".to_owned()])
        }
    }
}
