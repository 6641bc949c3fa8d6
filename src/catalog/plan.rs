//! From what the user asks to what is sent: every check that can be made before sending.
//!
//! Pure. A wish that the model can't fulfil is refused here, in a sentence that names the model
//! and what to do, never by a surprise from the server.

use super::nearest::either;
use super::refusal::{Hint, Refusal};
use super::{Bounds, Model, Provider};
use crate::chat::{Params, Thinking};
use crate::phrase::tr;
use crate::wire::{Patch, Target};

/// What the user asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RequestOptions {
    /// The thinking mode.
    pub thinking: Thinking,
    /// The sampling parameters.
    pub params: Params,
    /// Whether the answer is to be JSON.
    pub json: bool,
    /// Whether the web is to be searched.
    pub search: bool,
    /// How long the request is, in tokens, roughly; 0 = unknown.
    pub input_tokens_estimate: u64,
}

/// How it is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Where the request goes.
    pub target: Target,
    /// What is merged into the body: the provider's own, thinking, JSON mode, web search.
    pub patches: Vec<Patch>,
    /// The thinking mode as it will be.
    pub thinking: Thinking,
    /// What the user had better know; nothing that stops the request.
    pub hints: Vec<Hint>,
}

/// What a model may be able to do besides answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Answers that are JSON.
    JsonMode,
    /// Answers that draw on pages found on the web.
    WebSearch,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::JsonMode, Self::WebSearch];

    /// Its name in sentences.
    pub fn name(self) -> &'static str {
        match self {
            Self::JsonMode => tr!("JSON mode"),
            Self::WebSearch => tr!("web search"),
        }
    }

    /// Its key in the catalogue and the configuration.
    pub fn key(self) -> &'static str {
        match self {
            Self::JsonMode => "json_mode",
            Self::WebSearch => "web_search",
        }
    }

    /// How a model is asked for it, where it can be.
    pub fn patch(self, model: &Model) -> Option<&Patch> {
        match self {
            Self::JsonMode => model.json_mode.as_ref(),
            Self::WebSearch => model.web_search.as_ref(),
        }
    }
}

/// Below this, thinking tends to leave no room for an answer.
const ENOUGH_TOKENS: u64 = 2048;

/// Plans a request, or says why it is not sent.
///
/// # Errors
/// [`Refusal`] when the model can't do, or takes no such value of, what is asked.
pub fn plan(provider: &Provider, model: &Model, asked: &RequestOptions) -> Result<Plan, Refusal> {
    check_params(provider, model, &asked.params)?;
    check_length(provider, model, asked)?;
    let mut patches = Vec::new();
    if !provider.body.is_empty() {
        patches.push(provider.body.clone());
    }
    let (thinking, patch) = thinking(provider, model, asked.thinking)?;
    patches.extend(patch.filter(|patch| !patch.is_empty()).cloned());
    let wanted = [
        (asked.json, Capability::JsonMode),
        (asked.search, Capability::WebSearch),
    ];
    for (_, capability) in wanted.into_iter().filter(|&(wanted, _)| wanted) {
        patches.push(capability_patch(provider, model, capability)?.clone());
    }
    Ok(Plan {
        target: provider.target(model),
        patches,
        thinking,
        hints: hints(model, asked, thinking),
    })
}

fn thinking<'m>(
    provider: &Provider,
    model: &'m Model,
    wanted: Thinking,
) -> Result<(Thinking, Option<&'m Patch>), Refusal> {
    let Some(known) = &model.thinking else {
        if wanted == Thinking::On {
            return Ok((Thinking::On, None));
        }
        return Err(Refusal::UnknownMode {
            model: full_name(provider, model),
            wanted,
            declaration: declaration(
                provider,
                model,
                &format!("thinking = {{ {wanted} = {{ … }} }}"),
            ),
        });
    };
    if let Some(patch) = known.get(&wanted) {
        return Ok((wanted, Some(patch)));
    }
    if wanted == Thinking::On {
        // The default of a model that takes efforts only, or that does not think at all.
        return Ok(match known.get(&Thinking::Off) {
            Some(patch) if model.is_without_thinking() => (Thinking::Off, Some(patch)),
            _ => (Thinking::On, None),
        });
    }
    Err(no_such_mode(provider, model, wanted))
}

/// Tells whether a mode that somebody asked for by name may be asked for. In a plan, `on` is also
/// what is meant by nothing special, and of a model that never thinks it asks nothing.
///
/// # Errors
/// [`Refusal`] when the model lacks the mode.
pub fn check_thinking(provider: &Provider, model: &Model, wanted: Thinking) -> Result<(), Refusal> {
    if wanted == Thinking::On && model.is_without_thinking() {
        return Err(no_such_mode(provider, model, wanted));
    }
    thinking(provider, model, wanted).map(drop)
}

fn no_such_mode(provider: &Provider, model: &Model, wanted: Thinking) -> Refusal {
    let has = |other: &Model| match wanted {
        _ if other.is_without_thinking() => false,
        Thinking::On => true,
        wanted => other.modes().contains(&wanted),
    };
    let others = others(provider, has);
    Refusal::NoSuchMode {
        model: full_name(provider, model),
        wanted,
        modes: model.modes(),
        others: if others.is_empty() {
            others
        } else {
            tr!(", or switch to {others}", others)
        },
    }
}

fn capability_patch<'m>(
    provider: &Provider,
    model: &'m Model,
    capability: Capability,
) -> Result<&'m Patch, Refusal> {
    if let Some(patch) = capability.patch(model) {
        return Ok(patch);
    }
    let name = full_name(provider, model);
    if !model.known {
        let declaration = declaration(provider, model, &format!("{} = {{ … }}", capability.key()));
        return Err(Refusal::UnknownCapability {
            model: name,
            capability,
            declaration,
        });
    }
    let others = others(provider, |other| capability.patch(other).is_some());
    Err(Refusal::Lacks {
        model: name,
        capability,
        others: if others.is_empty() {
            String::new()
        } else {
            tr!(", or switch to {others}", others)
        },
    })
}

/// Tells whether a model may be shown images.
///
/// # Errors
/// [`Refusal`] when it takes none, as far as it is known.
pub fn check_images(provider: &Provider, model: &Model) -> Result<(), Refusal> {
    if model.images {
        return Ok(());
    }
    let name = full_name(provider, model);
    if !model.known {
        return Err(Refusal::MayTakeNoImages {
            model: name,
            declaration: declaration(provider, model, "images = true"),
        });
    }
    let others = others(provider, |other| other.images);
    Err(Refusal::NoImages {
        model: name,
        others: if others.is_empty() {
            String::new()
        } else {
            tr!(", or switch to {others}", others)
        },
    })
}

fn check_params(provider: &Provider, model: &Model, params: &Params) -> Result<(), Refusal> {
    // Where a model's own bounds are not known: what every protocol here allows.
    let bounds = |min, max| Bounds {
        min,
        max,
        default: None,
    };
    let checks = [
        (
            "temperature",
            params.temperature,
            model.temperature.unwrap_or(bounds(0.0, 2.0)),
        ),
        (
            "top_p",
            params.top_p,
            model.top_p.unwrap_or(bounds(0.0, 1.0)),
        ),
        (
            "presence_penalty",
            params.presence_penalty,
            model.presence_penalty.unwrap_or(bounds(-2.0, 2.0)),
        ),
    ];
    for (parameter, value, Bounds { min, max, default }) in checks {
        let Some(value) = value.filter(|value| !(min..=max).contains(value)) else {
            continue;
        };
        // Reports differ on whether 0 is taken; the least above it does the same.
        let remark = if min > 0.0 && (0.0..min).contains(&value) {
            tr!(": write {min}, which has the effect of 0", min)
        } else {
            default.map_or_else(String::new, |default| {
                tr!("; unset, it is {default}", default)
            })
        };
        return Err(Refusal::OutOfBounds {
            model: full_name(provider, model),
            parameter,
            value,
            min,
            max,
            remark,
        });
    }
    Ok(())
}

fn check_length(provider: &Provider, model: &Model, asked: &RequestOptions) -> Result<(), Refusal> {
    let name = || full_name(provider, model);
    if let Some(max_tokens) = asked.params.max_tokens {
        if max_tokens == 0 {
            return Err(Refusal::NoTokens);
        }
        if let Some(most) = model.max_output_tokens.filter(|&most| max_tokens > most) {
            return Err(Refusal::TooManyTokens {
                model: name(),
                asked: max_tokens,
                most,
            });
        }
    }
    let estimate = asked.input_tokens_estimate;
    let most = model.max_input_tokens.or(model.context_window_tokens);
    if let Some(most) = most.filter(|&most| estimate > most) {
        return Err(Refusal::InputTooLong {
            model: name(),
            estimate,
            most,
        });
    }
    let max_tokens = asked.params.max_tokens.unwrap_or(0);
    let window = model.context_window_tokens;
    // Without an estimate there is nothing to add up: some vendors list limits that overlap.
    if let Some(window) =
        window.filter(|&window| estimate > 0 && estimate.saturating_add(max_tokens) > window)
    {
        return Err(Refusal::WindowTooSmall {
            model: name(),
            estimate,
            max_tokens,
            window,
        });
    }
    Ok(())
}

fn hints(model: &Model, asked: &RequestOptions, thinking: Thinking) -> Vec<Hint> {
    let mut hints = Vec::new();
    let limit = asked
        .params
        .max_tokens
        .filter(|&limit| limit < ENOUGH_TOKENS);
    if let Some(max_tokens) = limit.filter(|_| thinking != Thinking::Off) {
        let can_stop = model.modes().contains(&Thinking::Off);
        hints.push(Hint::FewTokens {
            max_tokens,
            can_stop,
        });
    }
    if asked.json && thinking != Thinking::Off && !model.json_mode_hint.is_empty() {
        hints.push(Hint::JsonMode(model.json_mode_hint.clone()));
    }
    hints
}

fn full_name(provider: &Provider, model: &Model) -> String {
    format!("{}/{}", provider.id, model.id)
}

fn declaration(provider: &Provider, model: &Model, line: &str) -> String {
    let (provider, model) = (&provider.id, &model.id);
    tr!(
        "[[providers.{provider}.models]] with id = \"{model}\" and {line}",
        provider,
        model,
        line
    )
}

/// One model that can do it of each provider, three at most, as the rest of a refusal.
pub(super) fn elsewhere(providers: &[Provider], capability: Capability) -> String {
    let able = |provider: &Provider| {
        let mut models = provider.models.iter();
        let able = |model: &&Model| capability.patch(model).is_some() && model.warning.is_empty();
        Some(full_name(provider, models.find(able)?))
    };
    let names: Vec<String> = providers.iter().filter_map(able).take(3).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names.as_slice() {
        [] => String::new(),
        names => tr!(", or switch to {others}", others = either(names)),
    }
}

/// The provider's models that can do it, three at most.
fn others(provider: &Provider, can: impl Fn(&Model) -> bool) -> String {
    let able = provider
        .models
        .iter()
        .filter(|model| can(model) && model.warning.is_empty());
    let names: Vec<&str> = able.map(|model| model.id.as_str()).take(3).collect();
    either(&names)
}
