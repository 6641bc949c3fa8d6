//! `mmchat ask`: one reply on standard output.

use std::io;

use futures_util::StreamExt;
use serde_json::json;

use super::args::{AskArgs, Format, Options};
use super::outlet::{Outlet, println_to};
use super::providers::Providers;
use super::record::{Record, add_turn};
use super::setup::{self, Environment, Setup};
use super::{Exit, Trouble, block_on, complain, history, json, prompt, spinner};
use crate::catalog::{self, DEMO, Wish};
use crate::chat::{
    Asked, FailureKind, Finish, Progress, Rates, Turn, TurnState, estimate_tokens, safe,
    whole_tokens,
};
use crate::net::{Client, Provider};
use crate::runtime::Clock;
use crate::wire::{self, Ask, Auth, WireRequest};

/// Asks once and prints the reply.
pub(super) fn run(
    options: &Options,
    ask: &AskArgs,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let prompt = prompt::prompt(ask)?;
    let Setup {
        config,
        catalog,
        keys,
        mut session,
        ..
    } = Setup::new(options, environment)?;
    let earlier = history::to_go_on_with(options)?;
    let mut kept = earlier.unwrap_or_default();
    let is_new = kept.conversation.is_empty();
    if is_new || options.system.is_some() {
        kept.conversation
            .system_prompt
            .clone_from(&config.chat.system_prompt);
    }
    let is_named = options.model.is_some() || options.demo;
    if !is_new && !is_named && catalog.provider(&kept.head.choice.provider).is_some() {
        session.choice = kept.head.choice.clone();
    }
    let provider = catalog.provider(&session.choice.provider);
    let provider = provider.ok_or_else(|| Trouble::usage("there is no such provider"))?;
    let model = provider.model(&session.choice.model);
    let parent = kept.conversation.last().map(|turn| turn.id);
    let so_far = Rates::default().tokens(kept.conversation.extent(parent));
    let wish = Wish {
        // Only a mode that was asked for on this command line may be refused; the configuration's
        // comes as near as the model can.
        thinking: options
            .thinking
            .unwrap_or_else(|| model.nearest_mode(session.thinking)),
        params: session.params,
        json: ask.json_mode || ask.schema.is_some(),
        search: ask.search,
        input_tokens_estimate: whole_tokens(so_far + estimate_tokens(&prompt)),
    };
    let plan = catalog::plan(provider, &model, &wish)
        .map_err(|refusal| Trouble::usage(refusal.to_string()))?;
    for hint in &plan.hints {
        complain(&hint.to_string());
    }
    let asked = Asked {
        provider: session.choice.provider.clone(),
        model: session.choice.model.clone(),
        thinking: plan.thinking,
        params: session.params,
    };
    let mut clock = Clock::system();
    let turn = add_turn(&mut kept, prompt, asked, &session, clock.now().wall);
    let request = wire::request(
        &plan.target,
        &Ask {
            messages: kept.conversation.history(turn),
            params: session.params,
            stream: session.stream,
            patches: plan.patches,
        },
    );
    if ask.dry_run {
        return dry_run(&request);
    }
    let about_keys = safe::one_line(&format!("{}: {}", provider.name, provider.note));
    let providers = Providers::new(Client::new(
        &config.network,
        keys,
        setup::proxies(environment),
    ));
    let outlet = Outlet::new(ask, environment);
    let record = Record::begin(options, kept, turn);
    sent(&providers, request, outlet, record, clock, &about_keys)
}

/// Sends the request and sees the reply through, or as far as Ctrl+C lets it come.
fn sent(
    providers: &Providers,
    request: WireRequest,
    mut outlet: Outlet<'_>,
    mut record: Record,
    mut clock: Clock,
    about_keys: &str,
) -> Result<Exit, Trouble> {
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
            result = reply(providers, request, &mut outlet, &mut record, &mut clock) => {
                let exit = result?;
                if record.turn().is_some_and(|turn| is_about_the_key(&turn.state)) {
                    complain(about_keys);
                }
                Ok(exit)
            }
        }
    });
    record.end();
    exit
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

/// Receives the reply and prints it in the format that was asked for.
async fn reply(
    providers: &Providers,
    request: WireRequest,
    outlet: &mut Outlet<'_>,
    record: &mut Record,
    clock: &mut Clock,
) -> Result<Exit, Trouble> {
    let sent = clock.now().instant;
    let mut steps = providers.reply(request);
    let mut state = TurnState::Done;
    let mut turns = tokio::time::interval(spinner::TURN);
    loop {
        let step = tokio::select! {
            biased;
            step = steps.next() => step,
            _ = turns.tick() => {
                let now = clock.now().instant;
                let word = record.turn().map_or("waiting", |turn| doing(turn));
                outlet.tick(word, now.saturating_duration_since(sent))?;
                record.grow(now);
                continue;
            }
        };
        let Some(step) = step else {
            break;
        };
        let now = clock.now().instant;
        let elapsed = now.saturating_duration_since(sent);
        let Some(turn) = record.turn() else {
            break;
        };
        match step {
            Ok(Progress::Connected) => turn.timing.connected = Some(elapsed),
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
                state = TurnState::Failed(Box::new(failure));
                break;
            }
        }
    }
    outlet.finish()?;
    let Some(turn) = record.turn() else {
        return Ok(Exit::Failed);
    };
    turn.timing.end = Some(clock.now().since(sent));
    turn.state = state;
    outlet.whole(turn)?;
    if outlet.ask.schema.is_some() && turn.state == TurnState::Done {
        let is_json = serde_json::from_str::<serde_json::Value>(turn.reply.answer.as_str());
        if let Err(error) = is_json {
            complain(&format!("the answer is no JSON: {error}"));
            return Ok(Exit::Failed);
        }
    }
    Ok(conclude(turn))
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
    for call in &turn.reply.calls {
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
