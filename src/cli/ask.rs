//! `mmchat ask`: one reply on standard output.

mod record;
mod tools;

use std::io::{self, IsTerminal, Read, Write};
use std::time::Instant;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde_json::json;

use super::args::{AskArgs, Format, Options};
use super::printer::Printer;
use super::providers::Providers;
use super::setup::{self, Environment, Setup};
use super::{Exit, Trouble, block_on, complain, history, json};
use crate::app::Sent;
use crate::app::library::{Head, title_from};
use crate::catalog::{self, DEMO, Wish};
use crate::chat::{
    Asked, CallState, ConversationId, Delta, Failure, FailureKind, Finish, Ids, Progress, Rates,
    ToolCall, Turn, TurnId, TurnState, estimate_tokens, safe, whole_tokens,
};
use crate::net::{Client, Provider};
use crate::runtime::Clock;
use crate::wire::{Ask, Auth, WireRequest};
use record::Record;
use tools::Bench;

/// The most that is read from standard input, in bytes.
const MOST_INPUT_BYTES: u64 = 64 * 1024 * 1024;

/// Asks once and prints the reply.
pub(super) fn run(
    options: &Options,
    ask: &AskArgs,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let prompt = prompt(&ask.prompt)?;
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
        json: false,
        search: false,
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
    let mut ids = Ids::new(fastrand::u64(..));
    ids.go_on_after(parent.map_or(0, |parent| parent.0));
    let now = clock.now();
    let turn = TurnId(ids.next(now.wall));
    if is_new {
        kept.head = Head {
            id: ConversationId(ids.next(now.wall)),
            title: title_from(&prompt),
            created: now.wall,
            ..Head::default()
        };
    }
    kept.conversation.add(turn, parent, prompt, asked, now.wall);
    kept.head = Head {
        updated: now.wall,
        system_prompt: kept.conversation.system_prompt.clone(),
        choice: session.choice.clone(),
        thinking: session.thinking,
        params: session.params,
        ..kept.head
    };
    let offers_tools = session.tools && model.tools && config.chat.max_tool_rounds > 0;
    let tools = if offers_tools {
        tools::offered(&config)
    } else {
        Vec::new()
    };
    let mut sent = Sent {
        ask: Ask {
            messages: Vec::new(),
            tools: tools.iter().map(|tool| tool.spec.clone()).collect(),
            params: session.params,
            stream: session.stream,
            patches: plan.patches,
        },
        target: plan.target,
        tools,
    };
    if ask.dry_run {
        return dry_run(&sent.request(&kept.conversation, turn));
    }
    let about_keys = safe::one_line(&format!("{}: {}", provider.name, provider.note));
    let client = Client::new(&config.network, keys, setup::proxies(environment));
    let programs = environment.programs();
    let mut bench = Bench {
        servers: setup::servers(&config, &programs, &client),
        programs,
        limit: config.chat.max_tool_rounds,
    };
    let providers = Providers::new(client);
    let mut record = Record::begin(options, kept, turn);
    let exit = block_on(async {
        let replies = async {
            if offers_tools {
                sent.offer(bench.served(&config).await);
            }
            replies(&providers, &sent, &mut bench, ask, &mut record, &mut clock).await
        };
        tokio::select! {
            result = replies => {
                let exit = result?;
                if record.turn().is_some_and(|turn| is_about_the_key(&turn.state)) {
                    complain(&about_keys);
                }
                Ok(exit)
            }
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                println_to(io::stdout(), "")?;
                Ok(Exit::Signal(2))
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

/// Receives the reply, runs the tools that it asks for and sends their results, round after round,
/// and prints all of it in the format that was asked for.
async fn replies(
    providers: &Providers,
    sent: &Sent,
    bench: &mut Bench,
    ask: &AskArgs,
    record: &mut Record,
    clock: &mut Clock,
) -> Result<Exit, Trouble> {
    let begun = clock.now().instant;
    let mut printer = Printer::new(io::stdout(), io::stderr(), ask.show_thinking);
    let mut state;
    loop {
        let request = sent.request(&record.kept.conversation, record.turn);
        let steps = providers.reply(request);
        state = round(steps, ask, &mut printer, record, clock, begun).await?;
        let Some(turn) = record.turn() else {
            break;
        };
        if state != TurnState::Done || !tools::begin(turn, &sent.tools, bench.limit) {
            break;
        }
        printer.finish()?;
        let first = turn.reply.rounds.last().map_or(0, |round| round.calls);
        for call in turn.reply.calls.iter_mut().skip(first) {
            bench.run(call, &sent.tools, clock).await;
            complain(&tools::told(call));
            if ask.format == Format::Jsonl {
                println_to(io::stdout(), &json::to_text(&json::tool_result(call)))?;
            }
        }
        turn.reply.next_round();
        printer.next_round();
        record.save_turn();
    }
    printer.finish()?;
    let Some(turn) = record.turn() else {
        return Ok(Exit::Failed);
    };
    turn.timing.end = Some(clock.now().since(begun));
    turn.state = state;
    if ask.format == Format::Json {
        println_to(io::stdout(), &json::to_text(&json::turn(turn)))?;
    }
    Ok(conclude(turn))
}

/// Receives the reply to one request and prints it. Returns how it ended.
async fn round(
    mut steps: BoxStream<'static, Result<Progress, Failure>>,
    ask: &AskArgs,
    printer: &mut Printer<io::Stdout, io::Stderr>,
    record: &mut Record,
    clock: &mut Clock,
    begun: Instant,
) -> Result<TurnState, Trouble> {
    while let Some(step) = steps.next().await {
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
            }) => complain(&format!(
                "{} Trying again in {:.1} s (attempt {attempt} of {of}).",
                because.what(),
                wait.as_secs_f64()
            )),
            Ok(Progress::Delta(delta)) => {
                match ask.format {
                    Format::Text => printer.delta(&delta)?,
                    // For the provider alone.
                    Format::Jsonl if matches!(delta, Delta::Carry(_)) => {}
                    Format::Jsonl => {
                        println_to(io::stdout(), &json::to_text(&json::event(&delta)))?;
                    }
                    Format::Json => show_thinking(ask, &delta)?,
                }
                turn.push(delta, elapsed);
                record.grow(now);
            }
            Err(failure) => {
                if ask.format == Format::Jsonl {
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

fn show_thinking(ask: &AskArgs, delta: &Delta) -> io::Result<()> {
    if let (true, Delta::Reasoning(text)) = (ask.show_thinking, delta) {
        let mut beside = io::stderr();
        beside.write_all(safe::visible(text).as_bytes())?;
        beside.flush()?;
    }
    Ok(())
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

/// The prompt as given, and what is piped in after it.
fn prompt(words: &[String]) -> Result<String, Trouble> {
    let mut prompt = words.join(" ");
    if !io::stdin().is_terminal() {
        let mut bytes = Vec::new();
        io::stdin()
            .lock()
            .take(MOST_INPUT_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| {
                Trouble::new(
                    Exit::Failed,
                    format!("standard input can't be read: {error}"),
                )
            })?;
        if bytes.len() as u64 > MOST_INPUT_BYTES {
            return Err(Trouble::usage("standard input is larger than 64 MiB"));
        }
        let piped = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Trouble::usage(format!(
                "standard input is not UTF-8 text (byte {at}); convert it first"
            ))
        })?;
        if !piped.trim().is_empty() {
            if !prompt.is_empty() {
                prompt.push_str("\n\n");
            }
            prompt.push_str(piped.trim_end_matches('\n'));
        }
    }
    if prompt.trim().is_empty() {
        return Err(Trouble::usage(
            "there is no prompt: give one as an argument or pipe it in",
        ));
    }
    Ok(prompt)
}

fn println_to(mut out: impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "{text}")?;
    out.flush()
}
