//! One tiny request to each provider that has a key: does it answer, how fast, and in which form?
//!
//! It asks in the model's usual mode, or in the one that `--thinking` names: with `off` the answer
//! also tells whether thinking stays away.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Value, json};

use super::observe::{Observed, observe};
use crate::catalog::{self, Catalog, DEMO, Model, Provider, RequestOptions};
use crate::chat::{Delta, Failure, Message, Params, Reply, Thinking};
use crate::cli::args::Options;
use crate::cli::providers::Providers;
use crate::cli::setup::{self, Environment};
use crate::cli::table::{self, Fit, Table};
use crate::cli::{Trouble, block_on, json as as_text};
use crate::config::Network;
use crate::net::{Client, Keys};
use crate::phrase::tr;
use crate::runtime::Clock;
use crate::wire::{self, Ask, Decoder, WireRequest};

/// What is asked: as little as an answer can be.
const PROMPT: &str = "Reply with the single word: pong";
/// Enough for a short thought and one word.
const MOST_TOKENS: u64 = 512;

/// What came of asking a provider.
#[derive(Debug)]
pub(super) struct Probe {
    provider: String,
    model: String,
    outcome: Result<Answered, Failure>,
    /// Whether thinking stayed away when it was switched off; `None` where that was not tried.
    off_is_honoured: Option<bool>,
}

/// An answer, measured from the moment the request was sent.
#[derive(Debug, Default)]
struct Answered {
    connected: Option<Duration>,
    first_text: Option<Duration>,
    total: Duration,
    observed: Observed,
    reply: Reply,
}

/// Asks the provider that was named, else every one that has a key.
pub(super) fn run(
    options: &Options,
    catalog: &Catalog,
    network: &Network,
    keys: Keys,
    environment: &Environment,
) -> Result<Vec<Probe>, Trouble> {
    let chosen = chosen(options, catalog, &keys)?;
    let client = Client::new(network, keys, setup::proxies(environment));
    let providers = Providers::new(client);
    block_on(async {
        let mut probes = Vec::new();
        for (provider, model) in chosen {
            probes.push(probe(&providers, provider, &model, options.thinking).await);
        }
        Ok(probes)
    })
}

fn chosen<'a>(
    options: &Options,
    catalog: &'a Catalog,
    keys: &Keys,
) -> Result<Vec<(&'a Provider, Model)>, Trouble> {
    let named = if options.demo {
        Some(DEMO)
    } else {
        options.model.as_deref()
    };
    if let Some(named) = named {
        let (id, model) = catalog
            .find(named)
            .map_err(|unknown| Trouble::usage(unknown.to_string()))?;
        let provider = catalog.provider(&id);
        return Ok(provider
            .map(|it| (it, it.model(&model)))
            .into_iter()
            .collect());
    }
    let ready = |provider: &&Provider| {
        let source = keys.source(&provider.id);
        provider.wants_key() && source.is_ready()
    };
    let first = |provider: &'a Provider| Some((provider, provider.models.first()?.clone()));
    Ok(catalog
        .providers
        .iter()
        .filter(ready)
        .filter_map(first)
        .collect())
}

async fn probe(
    providers: &Providers,
    provider: &Provider,
    model: &Model,
    wanted: Option<Thinking>,
) -> Probe {
    let usual = model.nearest_mode(Thinking::Low);
    let outcome = asked(providers, provider, model, wanted.unwrap_or(usual)).await;
    let is_off = wanted == Some(Thinking::Off) && !model.is_without_thinking();
    let answered = outcome.as_ref().ok().filter(|_| is_off);
    let off_is_honoured = answered.map(|it| it.reply.reasoning.as_str().is_empty());
    Probe {
        provider: provider.id.clone(),
        model: model.id.clone(),
        outcome,
        off_is_honoured,
    }
}

async fn asked(
    providers: &Providers,
    provider: &Provider,
    model: &Model,
    thinking: Thinking,
) -> Result<Answered, Failure> {
    let request = request(provider, model, thinking)?;
    let request = providers.located(request)?;
    let mut clock = Clock::system();
    let sent = clock.now().instant;
    let mut answered = Answered::default();
    let (mut decoder, mut deltas) = (Decoder::new(&request, ""), Vec::new());
    let (mut body, mut refused) = (Vec::new(), None);
    let client = providers.client();
    let pieces = client.pieces(&request, |piece| {
        let elapsed = clock.now().since(sent);
        answered.connected.get_or_insert(elapsed);
        body.extend_from_slice(piece);
        if refused.is_none() {
            refused = decoder.feed(piece, &mut deltas).err();
        }
        let is_text = |delta: &Delta| matches!(delta, Delta::Reasoning(_) | Delta::Answer(_));
        if deltas.iter().any(is_text) {
            answered.first_text.get_or_insert(elapsed);
        }
    });
    pieces.await?;
    if let Some(failure) = refused {
        return Err(failure);
    }
    decoder.end(&mut deltas)?;
    answered.total = clock.now().since(sent);
    answered.observed = observe(&String::from_utf8_lossy(&body));
    for delta in deltas {
        answered.reply.push(delta);
    }
    Ok(answered)
}

fn request(provider: &Provider, model: &Model, thinking: Thinking) -> Result<WireRequest, Failure> {
    let params = Params {
        max_tokens: Some(MOST_TOKENS),
        ..Params::default()
    };
    let asked = RequestOptions {
        thinking,
        params,
        json: false,
        search: false,
        input_tokens_estimate: 16,
    };
    let plan = catalog::plan(provider, model, &asked)
        .map_err(|refusal| Failure::new(crate::chat::FailureKind::Setup, refusal.to_string()))?;
    let ask = Ask {
        messages: vec![Message::User(PROMPT.to_owned())],
        tools: Vec::new(),
        params,
        stream: true,
        json: false,
        patches: plan.patches,
    };
    Ok(wire::request(&plan.target, &ask))
}

impl Probe {
    pub(super) fn as_json(&self) -> Value {
        let mut object = json!({
            "provider": self.provider,
            "model": self.model,
            "ok": self.outcome.is_ok(),
        });
        let more = match &self.outcome {
            Err(failure) => json!({"error": as_text::failure(failure)}),
            Ok(answered) => json!({
                "served_model": answered.reply.served_model,
                "connected_seconds": answered.connected.map(|time| time.as_secs_f64()),
                "first_text_seconds": answered.first_text.map(|time| time.as_secs_f64()),
                "total_seconds": answered.total.as_secs_f64(),
                "reasoning_field": answered.observed.reasoning_field,
                "cumulative": answered.observed.is_cumulative,
                "frames": answered.observed.frames,
                "usage": !answered.reply.usage.is_unknown(),
                "thinking_off_honoured": self.off_is_honoured,
            }),
        };
        if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
            object.extend(more);
        }
        object
    }

    fn cells(&self) -> [String; 8] {
        let name = format!("{}/{}", self.provider, self.model);
        let answered = match &self.outcome {
            Ok(answered) => answered,
            Err(failure) => {
                let none = || "–".to_owned();
                let what = failure.what().to_owned();
                return [name, what, none(), none(), none(), none(), none(), none()];
            }
        };
        let seconds = |time: Option<Duration>| {
            time.map_or_else(
                || "–".to_owned(),
                |time| format!("{:.2} s", time.as_secs_f64()),
            )
        };
        let yes_or_no = |fact: Option<bool>, yes: &str, no: &str| match fact {
            Some(true) => yes.to_owned(),
            Some(false) => no.to_owned(),
            None => "–".to_owned(),
        };
        [
            name,
            tr!("accepted").to_owned(),
            seconds(answered.connected),
            seconds(answered.first_text),
            answered
                .observed
                .reasoning_field
                .unwrap_or(tr!("none"))
                .to_owned(),
            yes_or_no(
                answered.observed.is_cumulative,
                tr!("cumulative"),
                tr!("incremental"),
            ),
            yes_or_no(
                Some(!answered.reply.usage.is_unknown()),
                tr!("yes"),
                tr!("no"),
            ),
            yes_or_no(self.off_is_honoured, tr!("yes"), tr!("no")),
        ]
    }
}

/// Prints what came of asking, if that was wanted.
pub(super) fn print(out: &mut impl Write, wanted: bool, probes: &[Probe]) -> io::Result<()> {
    if !wanted {
        return Ok(());
    }
    writeln!(out, "\n{}", tr!("Providers"))?;
    if probes.is_empty() {
        let none = tr!("no provider has a key, so none was asked");
        return writeln!(out, "  – {none}");
    }
    let columns = [
        (tr!("MODEL"), Fit::Name),
        (tr!("KEY"), Fit::Words),
        (tr!("CONNECTED"), Fit::Figure),
        (tr!("FIRST TEXT"), Fit::Figure),
        (tr!("REASONING IN"), Fit::Fact),
        (tr!("PIECES"), Fit::Fact),
        (tr!("USAGE"), Fit::Fact),
        (tr!("OFF WORKS"), Fit::Fact),
    ];
    let table = Table::new(columns).rows(probes.iter().map(Probe::cells));
    table.write(out)?;
    for probe in probes {
        if let Err(failure) = &probe.outcome {
            let words = failure.vendor_words();
            let step = failure.next_step_in_shell();
            table::write_note(out, &format!("{}: {step} {words}", probe.provider))?;
        }
    }
    Ok(())
}
