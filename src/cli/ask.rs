//! `mmchat ask`: one reply on standard output.

mod ending;
mod tools;

use std::io;
use std::time::Instant;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde_json::json;

use super::args::{AskArgs, Format, Options};
use super::outlet::{Outlet, println_to};
use super::providers::Providers;
use super::record::{Record, add_turn};
use super::setup::{self, Environment, Setup};
use super::{Exit, Trouble, block_on, complain, history, json, prompt, spinner, themes};
use crate::app::library::{Head, StoredConversation};
use crate::app::toolkit::Tool;
use crate::app::{Begin, Sent, Session, persona, preview};
use crate::catalog::{self, Catalog, Model, Plan, RequestOptions};
use crate::chat::{
    Asked, Attachment, Conversation, Failure, Progress, Rates, Turn, TurnState, estimate_tokens,
    safe, whole_tokens,
};
use crate::config::Config;
use crate::files;
use crate::net::secret::Source;
use crate::net::{Client, Provider};
use crate::phrase::{self, tr};
use crate::runtime::Clock;
use crate::wire::{Ask, WireRequest};
use ending::{about_keys, conclude, is_about_the_key, is_not_as_asked, judged};
use tools::Bench;

/// Asks once and prints the reply.
pub(super) fn run(
    options: &Options,
    ask: &AskArgs,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let schema = ask.schema.as_deref().map(prompt::schema).transpose()?;
    let prompt = prompt::prompt(ask, schema.as_ref(), !options.attach.is_empty())?;
    let attached = options.attach.iter().map(|path| files::read(path));
    let attached: Vec<Attachment> = attached.collect::<Result<_, _>>().map_err(Trouble::usage)?;
    let Setup {
        config,
        catalog,
        keys,
        mut session,
        begin,
        ..
    } = Setup::new(options, environment)?;
    // Nothing here wears a theme, but what is wrong with the configuration is wrong everywhere.
    themes::load(options, &config)?;
    let mut kept = earlier(options)?;
    if !kept.conversation.is_empty() {
        go_on_as(&kept.head, options, &config, &catalog, &mut session);
    }
    begin_as(&mut kept, begin, &config);
    let provider = catalog.provider(&session.choice.provider);
    let provider = provider.ok_or_else(|| Trouble::usage(tr!("there is no such provider")))?;
    let model = provider.model(&session.choice.model);
    let tokens = estimate(&kept.conversation, &prompt, &attached);
    check_images(&attached, provider, &model)?;
    session.extras.json |= ask.schema.is_some();
    check_thinking(options, provider, &model)?;
    let asked = request_options(options, &session, &model, tokens);
    let plan = planned(&catalog, provider, &model, &asked)?;
    let asked = Asked {
        provider: session.choice.provider.clone(),
        model: session.choice.model.clone(),
        thinking: plan.thinking,
        params: session.params,
        extras: session.extras,
    };
    let mut clock = Clock::system();
    let turn = add_turn(&mut kept, prompt, asked, &session, clock.now().wall);
    if let Some(turn) = kept.conversation.turn_mut(turn) {
        turn.attach(attached);
    }
    let offers_tools = session.tools && model.tools && config.chat.max_tool_rounds > 0;
    let tools = if offers_tools {
        tools::offered(&config)
    } else {
        Vec::new()
    };
    let mut sent = sent(&session, plan, tools);
    if ask.dry_run {
        let request = sent.request(&kept.conversation, turn);
        return dry_run(&request, &keys.source(&provider.id));
    }
    let about_keys = about_keys(provider);
    let warning = format!("{}: {}", session.choice, phrase::of_data(&model.warning));
    let client = Client::new(&config.network, keys, setup::proxies(environment));
    let mut bench = Bench::new(&config, environment, &client);
    let providers = Providers::new(client);
    let mut outlet = Outlet::new(ask, environment, model.prices);
    let mut record = Record::new(options, kept, turn);
    let exit = block_on(async {
        tokio::select! {
            // Before the first byte is sent, so that no Ctrl+C is missed.
            biased;
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                outlet.finish()?;
                if let Some(turn) = record.turn() {
                    turn.state = TurnState::Stopped;
                    outlet.whole(turn)?;
                }
                Ok(Exit::Signal(2))
            }
            result = async {
                let keys = providers.client().keys();
                if keys.key(&sent.target.provider).await.is_ok() {
                    record.begin();
                }
                if offers_tools {
                    sent.offer(bench.served(&config).await);
                }
                let next = || Outlet::new(ask, environment, model.prices);
                replies(&providers, &sent, &mut bench, (&mut outlet, &next), &mut record, &mut clock).await
            } => {
                let exit = result?;
                let Some(turn) = record.turn() else {
                    return Ok(exit);
                };
                if !model.warning.is_empty() && is_not_as_asked(turn) {
                    complain(&safe::one_line(&warning));
                }
                if is_about_the_key(&turn.state) {
                    complain(&about_keys);
                }
                Ok(judged(exit, turn, schema.as_ref()))
            }
        }
    });
    record.end();
    exit
}

/// The request for that wish; what else should be known is said on standard error.
fn planned(
    catalog: &Catalog,
    provider: &catalog::Provider,
    model: &Model,
    asked: &RequestOptions,
) -> Result<Plan, Trouble> {
    let plan = catalog.plan(provider, model, asked);
    let plan = plan.map_err(|refusal| Trouble::usage(refusal.to_string()))?;
    for hint in &plan.hints {
        complain(&hint.to_string());
    }
    Ok(plan)
}

/// Refuses a thinking mode of this command line that the model lacks.
fn check_thinking(
    options: &Options,
    provider: &catalog::Provider,
    model: &Model,
) -> Result<(), Trouble> {
    let Some(wanted) = options.thinking else {
        return Ok(());
    };
    catalog::check_thinking(provider, model, wanted)
        .map_err(|refusal| Trouble::usage(refusal.to_string()))
}

/// Gives a conversation the system prompt of this command line, or the usual one if it is new.
fn begin_as(kept: &mut StoredConversation, begin: Option<Begin>, config: &Config) {
    if let Some(begin) = begin {
        kept.conversation.system_prompt = begin.prompt;
        kept.head.persona = begin.persona;
    } else if kept.conversation.is_empty() {
        let usual = &config.chat.system_prompt;
        kept.conversation.system_prompt.clone_from(usual);
    }
}

/// Asks as the conversation asked last, except for what this command line says.
fn go_on_as(
    head: &Head,
    options: &Options,
    config: &Config,
    catalog: &Catalog,
    session: &mut Session,
) {
    let persona = options.persona.as_deref();
    let persona = persona.and_then(|name| persona::find(config, name).ok());
    let persona = persona.cloned().unwrap_or_default();
    let is_named = options.model.is_some() || options.demo || persona.model.is_some();
    if !is_named && catalog.provider(&head.choice.provider).is_some() {
        session.choice = head.choice.clone();
    }
    let thinking = options.thinking.or(persona.thinking);
    session.thinking = thinking.unwrap_or(head.thinking);
    let params = setup::params(options).or(persona.params);
    session.params = params.or(head.params);
    session.extras = setup::extras(options, head.extras, catalog, &session.choice);
}

/// Refuses images that the model does not take.
fn check_images(
    attached: &[Attachment],
    provider: &catalog::Provider,
    model: &Model,
) -> Result<(), Trouble> {
    if attached.iter().all(|it| it.image().is_none()) {
        return Ok(());
    }
    catalog::check_images(provider, model).map_err(|refusal| Trouble::usage(refusal.to_string()))
}

/// About how many tokens a request has.
fn estimate(so_far: &Conversation, prompt: &str, attached: &[Attachment]) -> u64 {
    let rates = Rates::default();
    let parent = so_far.last().map(|turn| turn.id);
    let beside = Attachment::extent_of(attached);
    let history = rates.tokens(so_far.extent(parent));
    whole_tokens(history + estimate_tokens(prompt) + rates.tokens(beside))
}

/// What is wished of the model.
fn request_options(
    options: &Options,
    session: &Session,
    model: &Model,
    tokens: u64,
) -> RequestOptions {
    // Only a mode that was asked for on this command line may be refused; the configuration's
    // comes as near as the model can, and gives way to what JSON mode wants.
    let usual = model.nearest_mode(session.thinking);
    let advised = model.thinking_for_json(usual);
    let usual = advised.filter(|_| session.extras.json).unwrap_or(usual);
    RequestOptions {
        thinking: options.thinking.unwrap_or(usual),
        params: session.params,
        json: session.extras.json,
        search: session.extras.search,
        input_tokens_estimate: tokens,
    }
}

/// What the requests of the turn are made of.
fn sent(session: &Session, plan: Plan, tools: Vec<Tool>) -> Sent {
    Sent {
        ask: Ask {
            messages: Vec::new(),
            tools: tools.iter().map(|tool| tool.spec.clone()).collect(),
            params: session.params,
            stream: session.stream,
            json: session.extras.json,
            patches: plan.patches,
        },
        target: plan.target,
        tools,
    }
}

/// Receives the reply, runs the tools that it asks for and sends their results, round after round,
/// and prints all of it in the format that was asked for, each round by an outlet of its own.
async fn replies<'a>(
    providers: &Providers,
    sent: &Sent,
    bench: &mut Bench,
    (outlet, next): (&mut Outlet<'a>, &dyn Fn() -> Outlet<'a>),
    record: &mut Record,
    clock: &mut Clock,
) -> Result<Exit, Trouble> {
    let begun = clock.now().instant;
    let mut state;
    loop {
        let request = sent.request(&record.kept.conversation, record.turn);
        state = round(providers.reply(request), outlet, record, clock, begun).await?;
        let Some(turn) = record.turn() else {
            break;
        };
        if state != TurnState::Done || !tools::begin(turn, &sent.tools, bench.limit) {
            break;
        }
        outlet.finish()?;
        let first = turn.reply.rounds.last().map_or(0, |round| round.calls);
        for call in turn.reply.calls.iter_mut().skip(first) {
            bench.run(call, &sent.tools, clock).await;
            complain(&tools::told(call));
            if outlet.ask.format == Format::Jsonl {
                println_to(io::stdout(), &json::to_text(&json::tool_result(call)))?;
            }
        }
        turn.reply.next_round();
        record.save_turn();
        *outlet = next();
    }
    outlet.finish()?;
    let Some(turn) = record.turn() else {
        return Ok(Exit::Failed);
    };
    turn.timing.finish(clock.now().since(begun));
    turn.state = state;
    outlet.whole(turn)?;
    Ok(conclude(turn, outlet.ask.format))
}

/// Receives the reply to one request and prints it. Returns how it ended.
async fn round(
    mut steps: BoxStream<'static, Result<Progress, Failure>>,
    outlet: &mut Outlet<'_>,
    record: &mut Record,
    clock: &mut Clock,
    begun: Instant,
) -> Result<TurnState, Trouble> {
    let mut turns = tokio::time::interval(spinner::TURN);
    loop {
        let step = tokio::select! {
            biased;
            step = steps.next() => step,
            _ = turns.tick() => {
                let now = clock.now().instant;
                let word = record.turn().map_or("waiting", |turn| doing(turn));
                outlet.tick(word, now.saturating_duration_since(begun))?;
                record.grow(now);
                continue;
            }
        };
        let Some(step) = step else {
            break;
        };
        let now = clock.now().instant;
        let elapsed = now.saturating_duration_since(begun);
        let Some(turn) = record.turn() else {
            break;
        };
        match step {
            Ok(Progress::Connected) => {
                turn.timing.connected.get_or_insert(elapsed);
            }
            Ok(Progress::Retrying {
                attempt,
                of,
                wait,
                because,
            }) => {
                outlet.spinner.clear()?;
                complain(&tr!(
                    "{what} Trying again in {wait} s (attempt {attempt} of {of}).",
                    what = because.what(),
                    wait = format!("{:.1}", wait.as_secs_f64()),
                    attempt,
                    of
                ));
            }
            Ok(Progress::Delta(delta)) => {
                outlet.delta(&delta, elapsed)?;
                turn.push(delta, elapsed);
                record.grow(now);
            }
            Err(failure) => {
                outlet.spinner.stop()?;
                if outlet.ask.format == Format::Jsonl {
                    let event = json!({"type": "error", "error": json::failure(&failure)});
                    println_to(io::stdout(), &json::to_text(&event))?;
                }
                return Ok(TurnState::Failed(Box::new(failure)));
            }
        }
    }
    Ok(TurnState::Done)
}

/// What a reply that comes is doing.
fn doing(turn: &Turn) -> &'static str {
    let timing = &turn.timing;
    if timing.first_answer.is_some() {
        tr!("answering")
    } else if timing.first_reasoning.is_some() {
        tr!("thinking")
    } else if timing.connected.is_some() {
        tr!("waiting")
    } else {
        tr!("connecting")
    }
}

/// The conversation to go on with, or a new one.
fn earlier(options: &Options) -> Result<StoredConversation, Trouble> {
    let earlier = history::to_go_on_with(options)?;
    if options.go_on && earlier.is_none() {
        complain(tr!(
            "there is no earlier conversation to go on with: a new one begins"
        ));
    }
    Ok(earlier.unwrap_or_default())
}

/// Prints the request as it would be sent, its key masked.
fn dry_run(request: &WireRequest, key: &Source) -> Result<Exit, Trouble> {
    let head = preview::head(request, *key != Source::NotNeeded).join("\n");
    let body = serde_json::to_string_pretty(&request.body).unwrap_or_default();
    let text = format!("{head}\n{body}");
    println_to(io::stdout(), &safe::visible(&text))?;
    Ok(Exit::Success)
}
