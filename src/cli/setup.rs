//! The command line as meant: options, environment, configuration and catalogue put together.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::FutureExt;
use secrecy::SecretString;

use super::args::Options;
use super::{Exit, Trouble, complain, settings};
use crate::app::extras::within_reach;
use crate::app::{Begin, Choice, Keymap, Session, persona};
use crate::catalog::{Catalog, DEMO, Provider};
use crate::chat::{Extras, Params};
use crate::config::{Chat, Config, Persona};
use crate::net::credentials;
use crate::net::secret::{Binding, Origin};
use crate::net::{Client, Credentials, Keys, Proxies};
use crate::phrase::{self, tr};
use crate::tools::{Http, Programs, Servers};

/// The environment, read once.
#[derive(Debug)]
pub(super) struct Environment {
    variables: HashMap<String, String>,
}

impl Environment {
    /// Reads all of it. Values that are no Unicode count as not set.
    pub(super) fn read() -> Self {
        let text = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            variables: std::env::vars_os().filter_map(text).collect(),
        }
    }

    /// All of it.
    pub(super) fn variables(&self) -> &HashMap<String, String> {
        &self.variables
    }

    /// An environment of these variables only.
    #[cfg(test)]
    pub(super) fn of(variables: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            variables: variables.iter().map(owned).collect(),
        }
    }

    /// A variable's value, if it is set to something.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Who runs the programs of tools: each is given those variables that its entry names.
    pub(super) fn programs(&self) -> Programs {
        let all = self.variables.iter();
        Programs::new(all.map(|(name, value)| (name.clone(), value.into())))
    }
}

/// Everything that a command needs to know.
#[derive(Debug)]
pub(super) struct Setup {
    pub config: Config,
    pub catalog: Catalog,
    pub keymap: Keymap,
    pub keys: Keys,
    pub session: Session,
    /// How conversations begin, if the command line says so.
    pub begin: Option<Begin>,
    /// Whether the demo was opened for want of a key.
    pub opened_on_demo: bool,
}

impl Setup {
    /// Reads the configuration and works out what the options mean.
    pub(super) fn new(options: &Options, environment: &Environment) -> Result<Self, Trouble> {
        let (mut config, keymap) = settings::load(options)?;
        settings::check_ca_file(options, &config)?;
        let catalog = config.catalog();
        let keys = keys(options, &catalog, environment);
        let params = params(options);
        if let Some(system) = &options.system {
            config.chat.system_prompt = system_prompt(system)?;
        }
        let persona = options.persona.as_deref();
        let persona = persona
            .map(|name| persona::find(&config, name))
            .transpose()
            .map_err(Trouble::usage)?;
        let (choice, opened_on_demo) = choice(options, persona, &config, &catalog, &keys)?;
        let begin = begin(options, persona, &config.chat);
        let persona = persona.cloned().unwrap_or_default();
        let extras = extras(options, config.chat.extras, &catalog, &choice);
        let session = Session {
            choice,
            thinking: options
                .thinking
                .or(persona.thinking)
                .unwrap_or(config.chat.thinking),
            params: params.or(persona.params).or(config.chat.params),
            extras,
            thinking_without_json: None,
            stream: config.chat.stream && !options.no_stream,
            tools: !options.no_tools,
        };
        Ok(Self {
            config,
            catalog,
            keymap,
            keys,
            session,
            begin,
            opened_on_demo,
        })
    }
}

/// How conversations begin, where the command line says so.
fn begin(options: &Options, persona: Option<&Persona>, chat: &Chat) -> Option<Begin> {
    let system = options.system.as_ref().map(|_| &*chat.system_prompt);
    let prompt = persona.map(|persona| persona.prompt(&chat.system_prompt));
    Some(Begin {
        prompt: system.or(prompt)?.to_owned(),
        persona: persona.map(|it| it.name.clone()).unwrap_or_default(),
    })
}

/// The parameters that were asked for on this command line.
pub(super) fn params(options: &Options) -> Params {
    Params {
        max_tokens: options.max_tokens,
        temperature: options.temperature,
        top_p: options.top_p,
        presence_penalty: options.presence_penalty,
    }
}

/// What is asked of the answer besides: here, and as usual as far as the model can do it. What is
/// asked for here is refused where the model lacks it, when the plan is made.
pub(super) fn extras(
    options: &Options,
    usual: Extras,
    catalog: &Catalog,
    choice: &Choice,
) -> Extras {
    let provider = catalog.provider(&choice.provider);
    let model = provider.map(|provider| provider.model(&choice.model));
    let usual = within_reach(usual, &model.unwrap_or_default());
    Extras {
        json: options.json_mode || usual.json,
        search: options.search || usual.search,
    }
}

/// Where conversations are kept: as named, else in the platform's place. `None` without a home.
pub(super) fn data_dir(options: &Options) -> Option<PathBuf> {
    options.data_dir.clone().or_else(|| {
        let directories = directories::ProjectDirs::from("", "", "mmchat")?;
        Some(directories.data_dir().to_owned())
    })
}

/// Where each provider's key comes from. Says what is wrong with the file of kept keys.
pub(super) fn keys(options: &Options, catalog: &Catalog, environment: &Environment) -> Keys {
    let origin = |provider: &Provider| {
        let variable = provider.api_key_env.as_ref();
        let value = variable.and_then(|name| environment.get(name));
        match (variable, value) {
            (Some(name), Some(value)) => Origin::Environment {
                name: name.clone(),
                value: Some(SecretString::from(value.to_owned())),
            },
            _ if !provider.api_key_command.is_empty() => {
                Origin::Command(provider.api_key_command.clone())
            }
            (Some(name), None) => Origin::Environment {
                name: name.clone(),
                value: None,
            },
            (None, _) => Origin::NotNeeded,
        }
    };
    let providers = || catalog.providers.iter();
    let keys: Keys = providers()
        .map(|provider| (provider.id.clone(), origin(provider)))
        .collect();
    let Some(credentials) = credentials(options) else {
        return keys;
    };
    match credentials.read() {
        Ok(kept) if kept.was_open => complain(&tr!(
            "{path} could be read by others; it is yours alone now",
            path = credentials.path().display()
        )),
        Ok(_) => {}
        Err(error) => complain(&error.to_string()),
    }
    let bindings = providers().map(|provider| (provider.id.clone(), binding(provider, catalog)));
    keys.with_kept(credentials, bindings)
}

/// What a kept key must have been entered for to be this provider's.
fn binding(provider: &Provider, catalog: &Catalog) -> Binding {
    let is_sibling = |other: &&Provider| {
        other.id != provider.id
            && other.api_key_env.is_some()
            && other.api_key_env == provider.api_key_env
    };
    let siblings = catalog.providers.iter().filter(is_sibling);
    Binding {
        address: credentials::address(&provider.base_url),
        siblings: siblings.map(|other| other.id.clone()).collect(),
    }
}

/// The kept keys; their file is beside the configuration. `None` without a home.
pub(super) fn credentials(options: &Options) -> Option<Credentials> {
    let config = settings::path(options)?;
    Some(Credentials::of_user(
        config.with_file_name("credentials.toml"),
    ))
}

/// The model to ask: as named, else the persona's, else as configured, else the first provider's that has a key, else
/// the demo's. Also tells whether that was for want of a key.
fn choice(
    options: &Options,
    persona: Option<&Persona>,
    config: &Config,
    catalog: &Catalog,
    keys: &Keys,
) -> Result<(Choice, bool), Trouble> {
    let of_persona = persona.and_then(|persona| persona.model.clone());
    // A persona is of the command line, which counts more than the environment.
    let is_usual = of_persona.is_some() && options.model_is_usual;
    let named = match (&options.model, options.demo) {
        (_, true) => Some(DEMO.to_owned()),
        (Some(model), false) if !is_usual => Some(model.clone()),
        (_, false) => of_persona.or_else(|| config.model.clone()),
    };
    if let Some(named) = named {
        let (provider, model) = catalog
            .find(&named)
            .map_err(|unknown| Trouble::usage(unknown.to_string()))?;
        return Ok((Choice { provider, model }, false));
    }
    let keyed = catalog.providers.iter().find(|provider| {
        provider.wants_key() && keys.source(&provider.id).is_ready() && !provider.models.is_empty()
    });
    let provider = keyed.or_else(|| catalog.provider(DEMO));
    let choice = provider.and_then(|provider| {
        Some(Choice {
            provider: provider.id.clone(),
            model: provider.models.first()?.id.clone(),
        })
    });
    let choice =
        choice.ok_or_else(|| Trouble::new(Exit::Failed, tr!("the catalogue has no models")))?;
    let is_demo = choice.provider == DEMO;
    Ok((choice, is_demo))
}

fn system_prompt(text: &str) -> Result<String, Trouble> {
    let Some(file) = text.strip_prefix('@') else {
        return Ok(text.to_owned());
    };
    std::fs::read_to_string(Path::new(file)).map_err(|error| {
        let error = phrase::system(&error);
        Trouble::usage(tr!(
            "the system prompt {file} can't be read: {error}",
            file,
            error
        ))
    })
}

/// The MCP servers of the configuration, none of which runs yet.
pub(super) fn servers(config: &Config, programs: &Programs, client: &Client) -> Servers {
    let client = client.clone();
    let http: Http = Arc::new(move |url| {
        let client = client.clone();
        let reaching = async move {
            let reached = client.reaching(&url).await;
            reached.map_err(|failure| phrase::in_a_row([failure.what(), &failure.message]))
        };
        reaching.boxed()
    });
    Servers::new(&config.mcp, programs, &http)
}

/// The proxies that the environment names.
pub(super) fn proxies(environment: &Environment) -> Proxies {
    Proxies::from_environment(|name| environment.get(name).map(str::to_owned))
}

/// The user's editor, split at spaces as shells do: `code --wait`.
pub(super) fn editor(environment: &Environment) -> Vec<String> {
    let named = environment
        .get("VISUAL")
        .or_else(|| environment.get("EDITOR"));
    named
        .unwrap_or("vi")
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}
