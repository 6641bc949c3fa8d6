//! `mmchat ask`: one reply on standard output.

mod tools;

use std::io;
use std::time::Instant;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde_json::{Value, json};

use super::args::{AskArgs, Format, Options};
use super::outlet::{Outlet, println_to};
use super::providers::Providers;
use super::record::{Record, add_turn};
use super::setup::{self, Environment, Setup};
use super::{Exit, Trouble, block_on, complain, history, json, prompt, spinner};
use crate::app::library::{Head, Kept};
use crate::app::toolkit::Tool;
use crate::app::{Begin, Sent, Session, persona};
use crate::catalog::{self, Catalog, DEMO, Model, Plan, Wish};
use crate::chat::{
    Asked, Attachment, CallState, Conversation, Failure, FailureKind, Finish, JsonFault, Progress,
    Rates, ToolCall, Turn, TurnState, estimate_tokens, safe, whole_tokens,
};
use crate::config::{Config, schema};
use crate::files;
use crate::net::{Client, Provider};
use crate::runtime::Clock;
use crate::wire::{Ask, Auth, WireRequest};
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
    let earlier = history::to_go_on_with(options)?;
    let mut kept = earlier.unwrap_or_default();
    if !kept.conversation.is_empty() {
        go_on_as(&kept.head, options, &config, &catalog, &mut session);
    }
    begin_as(&mut kept, begin, &config);
    let provider = catalog.provider(&session.choice.provider);
    let provider = provider.ok_or_else(|| Trouble::usage("there is no such provider"))?;
    let model = provider.model(&session.choice.model);
    let tokens = estimate(&kept.conversation, &prompt, &attached);
    check_images(&attached, provider, &model)?;
    session.extras.json |= ask.schema.is_some();
    let wish = wish(options, &session, &model, tokens);
    let plan = catalog
        .plan(provider, &model, &wish)
        .map_err(|refusal| Trouble::usage(refusal.to_string()))?;
    for hint in &plan.hints {
        complain(&hint.to_string());
    }
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
        return dry_run(&sent.request(&kept.conversation, turn));
    }
    let about_keys = safe::one_line(&format!("{}: {}", provider.name, provider.note));
    let client = Client::new(&config.network, keys, setup::proxies(environment));
    let mut bench = Bench::new(&config, environment, &client);
    let providers = Providers::new(client);
    let mut outlet = Outlet::new(ask, environment);
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
                let next = || Outlet::new(ask, environment);
                replies(&providers, &sent, &mut bench, (&mut outlet, &next), &mut record, &mut clock).await
            } => {
                let mut exit = result?;
                let done = record.turn().filter(|turn| turn.state == TurnState::Done);
                if let Some(why) = done.and_then(|turn| misfit(turn, schema.as_ref())) {
                    complain(&why);
                    if schema.is_some() && matches!(exit, Exit::Success) {
                        exit = Exit::Failed;
                    }
                }
                if record.turn().is_some_and(|turn| is_about_the_key(&turn.state)) {
                    complain(&about_keys);
                }
                Ok(exit)
            }
        }
    });
    record.end();
    exit
}

/// Gives a conversation the system prompt of this command line, or the usual one if it is new.
fn begin_as(kept: &mut Kept, begin: Option<Begin>, config: &Config) {
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
fn wish(options: &Options, session: &Session, model: &Model, tokens: u64) -> Wish {
    // Only a mode that was asked for on this command line may be refused; the configuration's
    // comes as near as the model can, and gives way to what JSON mode wants.
    let usual = model.nearest_mode(session.thinking);
    let advised = model.thinking_for_json(usual);
    let usual = advised.filter(|_| session.extras.json).unwrap_or(usual);
    Wish {
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

/// Whether what is known of the provider's keys would help.
fn is_about_the_key(state: &TurnState) -> bool {
    let TurnState::Failed(failure) = state else {
        return false;
    };
    matches!(
        failure.kind,
        FailureKind::BadKey | FailureKind::PlanKey | FailureKind::NotInPlan
    )
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
    Ok(conclude(turn))
}

/// Why an answer that was to be JSON is none, or does not fit its schema.
fn misfit(turn: &Turn, schema: Option<&Value>) -> Option<String> {
    if !turn.asked.extras.json {
        return None;
    }
    let answer = turn.reply.last_answer();
    if let Some(fault) = JsonFault::of(answer) {
        return Some(format!("the answer is no JSON: {fault}"));
    }
    let misfits = schema::misfits(schema?, &serde_json::from_str(answer).ok()?);
    if misfits.is_empty() {
        return None;
    }
    let told: Vec<String> = misfits.iter().map(ToString::to_string).collect();
    let told = told.join("; ");
    Some(format!("the answer does not fit the schema: {told}"))
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
                complain(&format!(
                    "{} Trying again in {:.1} s (attempt {attempt} of {of}).",
                    because.what(),
                    wait.as_secs_f64()
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

/// Says on standard error how the reply ended, if not well, and gives the exit code.
fn conclude(turn: &Turn) -> Exit {
    if let TurnState::Failed(failure) = &turn.state {
        let words = failure.vendor_words();
        complain(&format!(
            "{} {}",
            failure.what(),
            failure.next_step_in_shell()
        ));
        if !words.is_empty() {
            complain(&words);
        }
        return if failure.is_retryable() {
            Exit::TryLater
        } else {
            Exit::Failed
        };
    }
    let not_offered = |call: &&ToolCall| call.state == CallState::Asked;
    for call in turn.reply.calls.iter().filter(not_offered) {
        complain(&format!(
            "the model asked for the tool {}, which it was not offered",
            safe::one_line(&call.name)
        ));
    }
    match &turn.reply.finish {
        Some(Finish::CutOff) => {
            complain("the stream ended before the reply was complete");
            Exit::TryLater
        }
        Some(Finish::Length) if turn.reasoning_ate_the_answer() => {
            complain(
                "the reasoning used up the token limit; raise --max-tokens or use --thinking off",
            );
            Exit::Failed
        }
        Some(Finish::Length) => {
            complain("the answer was cut at the token limit");
            Exit::Success
        }
        Some(Finish::ContentFilter) => {
            complain("the provider's safety filter cut this reply");
            Exit::Failed
        }
        Some(Finish::Stop | Finish::ToolCalls | Finish::Other(_)) | None => {
            if turn.reply.answer.is_empty() {
                complain("the answer is empty");
            }
            Exit::Success
        }
    }
}

/// What a reply that comes is doing.
fn doing(turn: &Turn) -> &'static str {
    let timing = &turn.timing;
    if timing.first_answer.is_some() {
        "answering"
    } else if timing.first_reasoning.is_some() {
        "thinking"
    } else if timing.connected.is_some() {
        "waiting"
    } else {
        "connecting"
    }
}

/// Prints the request as it would be sent, its key masked.
fn dry_run(request: &WireRequest) -> Result<Exit, Trouble> {
    let mut headers: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    headers.push(match request.auth {
        Auth::Bearer => "authorization: Bearer [key]".to_owned(),
        Auth::XApiKey => "x-api-key: [key]".to_owned(),
    });
    let body = serde_json::to_string_pretty(&request.body).unwrap_or_default();
    // The demo's address is known only once its server runs.
    let host = if request.provider == DEMO {
        "(the demo)"
    } else {
        ""
    };
    let text = format!(
        "POST {host}{}\n{}\n\n{body}",
        request.url,
        headers.join("\n")
    );
    println_to(io::stdout(), &safe::visible(&text))?;
    Ok(Exit::Success)
}
