//! From a name that a user typed to a provider and a model.

use super::{Catalog, nearest};

use crate::phrase::tr;

/// A name that leads to no model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unknown {
    /// What was asked for, why it leads nowhere, and what comes nearest.
    pub message: String,
    /// The names that come nearest, best first.
    pub nearest: Vec<String>,
}

impl Catalog {
    /// The provider and the model that a name means: `provider/model`, split at the first slash;
    /// a provider alone means its first model; a model alone, in upper or lower case, must have
    /// one provider only.
    ///
    /// # Errors
    /// [`Unknown`] when no provider is named that way, or several serve the model.
    pub fn find(&self, name: &str) -> Result<(String, String), Unknown> {
        let (id, model) = name
            .split_once('/')
            .map_or((name, None), |(id, model)| (id, Some(model)));
        match (self.provider(id), model) {
            (Some(_), Some("")) => Err(Unknown {
                message: tr!("“{name}” names no model; write {id}/MODEL", name, id),
                nearest: self
                    .names()
                    .filter(|known| known.starts_with(name))
                    .collect(),
            }),
            (Some(provider), Some(model)) => Ok((provider.id.clone(), model.to_owned())),
            (Some(provider), None) => match provider.models.first() {
                Some(model) => Ok((provider.id.clone(), model.id.clone())),
                None => Err(Unknown {
                    message: tr!("no model of {id} is known by name; write {id}/MODEL", id),
                    nearest: Vec::new(),
                }),
            },
            (None, _) => self.find_model(name, id),
        }
    }

    /// What to make of a name whose first part is no provider.
    fn find_model(&self, name: &str, id: &str) -> Result<(String, String), Unknown> {
        // Providers spell the same model differently: whoever types it need not.
        let serving: Vec<(&str, &str)> = self
            .providers
            .iter()
            .flat_map(|provider| {
                provider
                    .models
                    .iter()
                    .map(|model| (&*provider.id, &*model.id))
            })
            .filter(|(_, model)| model.eq_ignore_ascii_case(name))
            .collect();
        if let ([(provider, model)], false) = (serving.as_slice(), name.contains('/')) {
            return Ok(((*provider).to_owned(), (*model).to_owned()));
        }
        if !serving.is_empty() {
            let full = serving
                .iter()
                .map(|(provider, model)| format!("{provider}/{model}"));
            let nearest: Vec<String> = full.collect();
            let choices = nearest::either(&nearest);
            let message = tr!(
                "“{name}” needs its provider in front: {choices}",
                name,
                choices
            );
            return Err(Unknown { message, nearest });
        }
        let ids = || self.providers.iter().map(|provider| provider.id.as_str());
        let mut near: Vec<String> = nearest::nearest(id, ids())
            .iter()
            .map(ToString::to_string)
            .collect();
        if near.is_empty() {
            let names: Vec<String> = self.names().collect();
            let models = self.providers.iter().flat_map(|provider| &provider.models);
            let ids = models.map(|model| model.id.as_str());
            let pairs: Vec<(&str, &str)> = ids.zip(names.iter().map(String::as_str)).collect();
            for close in nearest::nearest(name, pairs.iter().map(|&(id, _)| id)) {
                let full = pairs.iter().filter(|&&(id, _)| id == close);
                near.extend(full.map(|&(_, name)| name.to_owned()));
            }
            near.dedup();
            near.truncate(3);
        }
        let advice = if near.is_empty() {
            let all: Vec<&str> = ids().collect();
            tr!("the providers are {all}", all = all.join(tr!(", ")))
        } else {
            tr!("did you mean {words}?", words = nearest::either(&near))
        };
        let message = tr!("there is no provider “{id}”; {advice}", id, advice);
        Err(Unknown {
            message,
            nearest: near,
        })
    }

    /// Every `provider/model`.
    fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.providers.iter().flat_map(|provider| {
            provider
                .models
                .iter()
                .map(|model| format!("{}/{}", provider.id, model.id))
        })
    }
}
