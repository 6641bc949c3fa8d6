//! `mmchat ask`: one reply on standard output.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;

use super::args::{AskArgs, Format, Options};
use super::printer::Printer;
use super::providers::Providers;
use super::setup::{self, Environment, Setup};
use super::spinner::{self, Spinner};
use super::styled::Styled;
use super::{Exit, Trouble, block_on, complain, json, prompt, screen};
use crate::catalog::{self, DEMO, Wish};
use crate::chat::{
    Asked, Conversation, Delta, FailureKind, Finish, Part, Progress, TurnId, TurnState,
    estimate_tokens, safe, whole_tokens,
};
use crate::net::{Client, Provider};
use crate::runtime::Clock;
use crate::ui::Theme;
use crate::wire::{self, Ask, Auth, WireRequest};

/// The only turn of the conversation.
const TURN: TurnId = TurnId(0);

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
        session,
        ..
    } = Setup::new(options, environment)?;
    let provider = catalog.provider(&session.choice.provider);
    let provider = provider.ok_or_else(|| Trouble::usage("there is no such provider"))?;
    let model = provider.model(&session.choice.model);
    let mut conversation = Conversation::new(&config.chat.system_prompt);
    let wish = Wish {
        // Only a mode that was asked for on this command line may be refused; the configuration's
        // comes as near as the model can.
        thinking: options
            .thinking
            .unwrap_or_else(|| model.nearest_mode(session.thinking)),
        params: session.params,
        json: ask.json_mode || ask.schema.is_some(),
        search: ask.search,
        input_tokens_estimate: whole_tokens(
            estimate_tokens(&config.chat.system_prompt) + estimate_tokens(&prompt),
        ),
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
        max_tokens: session.params.max_tokens,
    };
    let mut clock = Clock::system();
    conversation.add(TURN, None, prompt, asked, clock.now().wall);
    let request = wire::request(
        &plan.target,
        &Ask {
            messages: conversation.history(TURN),
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
    let mut outlet = Outlet::new(ask, environment);
    block_on(async {
        tokio::select! {
            // Before the first byte is sent, so that no Ctrl+C is missed.
            biased;
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                outlet.spinner.stop()?;
                outlet.printer.finish()?;
                if let Some(turn) = conversation.turn_mut(TURN) {
                    turn.state = TurnState::Stopped;
                    outlet.whole(turn)?;
                }
                Ok(Exit::Signal(2))
            }
            result = reply(&providers, request, &mut outlet, &mut conversation, &mut clock) => {
                let exit = result?;
                let turn = conversation.turn(TURN);
                if turn.is_some_and(|turn| is_about_the_key(&turn.state)) {
                    complain(&about_keys);
                }
                Ok(exit)
            }
        }
    })
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
    conversation: &mut Conversation,
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
                let elapsed = clock.now().since(sent);
                let turn = conversation.turn(TURN);
                outlet.tick(turn.map_or("waiting", doing), elapsed)?;
                continue;
            }
        };
        let Some(step) = step else {
            break;
        };
        let elapsed = clock.now().since(sent);
        let Some(turn) = conversation.turn_mut(TURN) else {
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
    outlet.spinner.stop()?;
    outlet.printer.finish()?;
    let Some(turn) = conversation.turn_mut(TURN) else {
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
fn conclude(turn: &crate::chat::Turn) -> Exit {
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
fn doing(turn: &crate::chat::Turn) -> &'static str {
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

/// Where a reply goes, in the format that was asked for.
struct Outlet<'a> {
    ask: &'a AskArgs,
    printer: Printer<io::Stdout, io::Stderr>,
    spinner: Spinner,
}

impl<'a> Outlet<'a> {
    fn new(ask: &'a AskArgs, environment: &Environment) -> Self {
        let printer = Printer::new(io::stdout(), io::stderr(), ask.show_thinking);
        let is_dumb = matches!(environment.get("TERM"), None | Some("dumb"));
        let is_styled = ask.format == Format::Text && io::stdout().is_terminal() && !is_dumb;
        let styled = is_styled.then(|| {
            let size = crossterm::terminal::size().unwrap_or((80, 24));
            let looks = crate::config::theme::Theme::ansi();
            Styled::new(Theme::new(&looks, screen::depth(environment)), size)
        });
        Self {
            ask,
            printer: printer.styled(styled),
            spinner: Spinner::new(environment),
        }
    }

    fn tick(&mut self, word: &str, elapsed: Duration) -> io::Result<()> {
        self.printer.tick(elapsed)?;
        self.spinner.turn(word, elapsed)
    }

    /// Prints a delta as the format has it.
    fn delta(&mut self, delta: &Delta, elapsed: Duration) -> io::Result<()> {
        let is_beside = self.ask.show_thinking && matches!(delta, Delta::Reasoning(_));
        let is_text = self.ask.format == Format::Jsonl
            || (self.ask.format == Format::Text
                && matches!(
                    delta,
                    Delta::Answer(_) | Delta::Relabel | Delta::Replace(Part::Answer, _)
                ));
        // Text on the same terminal is a better sign of life.
        if is_beside || (is_text && io::stdout().is_terminal()) {
            self.spinner.stop()?;
        } else if matches!(delta, Delta::Relabel | Delta::Replace(..)) {
            self.spinner.clear()?;
        }
        match self.ask.format {
            Format::Text => {
                self.printer.delta(delta)?;
                self.printer.tick(elapsed)
            }
            Format::Jsonl => println_to(io::stdout(), &json::to_text(&json::event(delta))),
            Format::Json => show_thinking(self.ask, delta),
        }
    }

    /// Prints the whole turn, where that is the format.
    fn whole(&self, turn: &crate::chat::Turn) -> io::Result<()> {
        if self.ask.format == Format::Json {
            println_to(io::stdout(), &json::to_text(&json::turn(turn)))?;
        }
        Ok(())
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

fn println_to(mut out: impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "{text}")?;
    out.flush()
}
