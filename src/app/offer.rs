//! What is offered in a list: commands, models, whom to ask again, ways to make room.

use super::command::SPECS;
use super::context::Gauge;
use super::keymap::Keymap;
use super::overlay::{Choice, Entry, Overlay};
use super::picker::{Item, Picker};
use super::slash;
use crate::catalog::Catalog;
use crate::chat::{Thinking, short_count};
use crate::phrase;
use crate::phrase::tr;

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
    /// The palette, with each command's keys and what the configuration adds.
    pub fn palette(keymap: &Keymap, own: Vec<Item<Entry>>) -> Self {
        let listed = |everyday: bool| {
            SPECS
                .iter()
                .filter(move |spec| {
                    spec.everyday == everyday && spec.command != super::Command::Palette
                })
                .map(|spec| Item {
                    title: phrase::of(spec.title).to_owned(),
                    words: format!("/{} {}", spec.slash.unwrap_or_default(), spec.action),
                    right: match (keymap.shown(spec.command).join(" "), spec.slash) {
                        (keys, Some(word)) if keys.is_empty() => format!("/{word}"),
                        (keys, _) => keys,
                    },
                    about: String::new(),
                    dim: false,
                    value: Entry::Command(spec.command),
                })
        };
        let slashes = slash::WITH_ARGUMENT.iter().map(|with| Item {
            title: phrase::of(with.title).to_owned(),
            words: format!("/{}", with.word),
            right: format!("/{} …", with.word),
            about: format!("/{} {}", with.word, with.argument),
            dim: false,
            value: Entry::Slash(with.word),
        });
        let all = listed(true).chain(slashes).chain(own).chain(listed(false));
        Self::Palette(Picker::new(all.collect(), 0))
    }

    /// The model picker, opened at the model in use.
    pub fn models(catalog: &Catalog, has_key: impl Fn(&str) -> bool, at: &Choice) -> Self {
        let items = models(catalog, has_key);
        let selected = items.iter().position(|item| item.value == *at);
        Self::Models(Picker::new(items, selected.unwrap_or(0)))
    }

    /// Whom to ask again: the same model in other modes first, then all models.
    pub fn again(
        catalog: &Catalog,
        has_key: impl Fn(&str) -> bool,
        same: &Choice,
        modes: impl Iterator<Item = Thinking>,
    ) -> Self {
        let modes = modes.map(|mode| Item {
            title: tr!("{same} · thinking {mode}", same, mode),
            words: tr!("same model").to_owned(),
            right: tr!("same model").to_owned(),
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
            tr!("Start fresh with a summary").to_owned(),
            tr!(
                "The model writes a summary, which you see first. A new conversation then begins with it in the message box. This one stays as it is."
            ),
            Remedy::Summary,
        )];
        if oldest > 0 {
            let turns = super::branch::oldest_turns(oldest);
            let title = tr!(
                "Leave {turns} out (about {tokens} tokens)",
                turns,
                tokens = short_count(freed_tokens)
            );
            let about = tr!(
                "They stay on the screen, marked, and are no longer sent along. Pinned turns stay in. Alt+U takes it back."
            );
            items.push(item(title, about, Remedy::DropOldest));
        }
        items.push(item(
            tr!("Choose another model").to_owned(),
            tr!("One with a larger window, if there is one."),
            Remedy::OtherModel,
        ));
        if sending {
            let title = tr!(
                "Send it all the same ({percent} % full)",
                percent = gauge.percent()
            );
            let about = tr!(
                "The provider may refuse it, or forget the beginning. There is no further question in this conversation."
            );
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
                    tr!("no key").to_owned()
                },
                about: phrase::in_a_row(
                    [&model.advice, &model.warning, &provider.note]
                        .map(|text| phrase::of_data(text)),
                ),
                dim: !keyed,
                value,
            });
        }
    }
    items
}
