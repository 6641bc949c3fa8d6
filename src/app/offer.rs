//! What is offered in a list: models, whom to ask again, ways to make room.

use super::context::Gauge;
use super::overlay::{Choice, Overlay};
use super::picker::{Item, Picker};
use crate::catalog::Catalog;
use crate::chat::{Thinking, short_count};

/// Whom to ask for a reply again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// The provider and the model.
    pub choice: Choice,
    /// The thinking mode; `None` for the one in force.
    pub thinking: Option<Thinking>,
}

/// A way to make room in the context window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Begin a new conversation with a summary of this one.
    Summary,
    /// Leave the oldest turns out of what is sent.
    DropOldest,
    /// Choose another model.
    OtherModel,
    /// Send the message although the window is full.
    SendAnyway,
}

impl Overlay {
    /// Whom to ask again: the same model in other modes first, then all models.
    pub fn again(
        catalog: &Catalog,
        has_key: impl Fn(&str) -> bool,
        same: &Choice,
        modes: impl Iterator<Item = Thinking>,
    ) -> Self {
        let modes = modes.map(|mode| Item {
            title: format!("{same} · thinking {mode}"),
            words: "same model".to_owned(),
            right: "same model".to_owned(),
            about: String::new(),
            dim: false,
            value: Again {
                choice: same.clone(),
                thinking: Some(mode),
            },
        });
        let others = models(catalog, has_key).into_iter().map(|item| Item {
            title: item.title,
            words: item.words,
            right: item.right,
            about: item.about,
            dim: item.dim,
            value: Again {
                choice: item.value,
                thinking: None,
            },
        });
        Self::Again(Picker::new(modes.chain(others).collect(), 0))
    }

    /// The ways to make room; `sending` when a message waits for it.
    pub fn room(gauge: Gauge, oldest: usize, freed_tokens: u64, sending: bool) -> Self {
        let item = |title: String, about: &str, value| Item {
            title,
            words: String::new(),
            right: String::new(),
            about: about.to_owned(),
            dim: false,
            value,
        };
        let mut items = vec![item(
            "Start fresh with a summary".to_owned(),
            "The model writes a summary, which you see first. A new conversation then begins with it in the message box. This one stays as it is.",
            Remedy::Summary,
        )];
        if oldest > 0 {
            let turns = super::branch::oldest_turns(oldest);
            let title = format!(
                "Leave {turns} out (about {} tokens)",
                short_count(freed_tokens)
            );
            let about = "They stay on the screen, marked, and are no longer sent along. Pinned turns stay in. Alt+U takes it back.";
            items.push(item(title, about, Remedy::DropOldest));
        }
        items.push(item(
            "Choose another model".to_owned(),
            "One with a larger window, if there is one.",
            Remedy::OtherModel,
        ));
        if sending {
            let title = format!("Send it all the same ({} % full)", gauge.percent());
            let about = "The provider may refuse it, or forget the beginning. There is no further question in this conversation.";
            items.push(item(title, about, Remedy::SendAnyway));
        }
        Self::Room(Picker::new(items, 0))
    }
}

/// Every model as a row: those with a key first, then those that need none.
pub(super) fn models(catalog: &Catalog, has_key: impl Fn(&str) -> bool) -> Vec<Item<Choice>> {
    let mut items = Vec::new();
    let mut providers: Vec<_> = catalog.providers.iter().collect();
    providers.sort_by_key(
        |provider| match (provider.wants_key(), has_key(&provider.id)) {
            (true, true) => 0,
            (false, _) if provider.id == crate::catalog::DEMO => 1,
            (false, _) => 2,
            (true, false) => 3,
        },
    );
    for provider in providers {
        let keyed = has_key(&provider.id);
        for model in &provider.models {
            let value = Choice {
                provider: provider.id.clone(),
                model: model.id.clone(),
            };
            items.push(Item {
                title: value.to_string(),
                words: provider.name.clone(),
                right: if keyed {
                    model.summary()
                } else {
                    "no key".to_owned()
                },
                about: [&model.advice, &model.warning, &provider.note]
                    .into_iter()
                    .filter(|text| !text.is_empty())
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join(" · "),
                dim: !keyed,
                value,
            });
        }
    }
    items
}
