//! How a reply ended: what is said of it on standard error, and the exit code.

use serde_json::Value;

use super::tools;
use crate::catalog;
use crate::chat::{
    CallState, FailureKind, Finish, JsonFault, Remark, ToolCall, Turn, TurnState, safe,
};
use crate::cli::args::Format;
use crate::cli::{Exit, complain};
use crate::config::schema;
use crate::phrase::{self, tr};

/// The exit code of a reply that was to be JSON, which says on standard error why it is not as asked.
pub(super) fn judged(exit: Exit, turn: &Turn, schema: Option<&Value>) -> Exit {
    if turn.state != TurnState::Done {
        return exit;
    }
    let Some(why) = misfit(turn, schema) else {
        return exit;
    };
    complain(&why);
    match exit {
        Exit::Success if schema.is_some() => Exit::Failed,
        exit => exit,
    }
}

/// Says on standard error how the reply ended, if not well, and gives the exit code.
pub(super) fn conclude(turn: &Turn, format: Format) -> Exit {
    if format == Format::Text {
        tell_beside(turn);
    }
    if let TurnState::Failed(failure) = &turn.state {
        let words = failure.vendor_words();
        let told = phrase::in_a_row([failure.what(), failure.next_step_in_shell()]);
        if failure.message.trim().is_empty() {
            // A status alone is no sentence of its own.
            complain(format!("{told} {words}").trim_end());
        } else {
            complain(&told);
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
        complain(&tr!(
            "the model asked for the tool {tool}, which it was not offered",
            tool = safe::one_line(&call.name)
        ));
    }
    match &turn.reply.finish {
        Some(Finish::CutOff) => {
            complain(tr!(
                "the stream ended before the reply was complete; try again, or name another model with -m"
            ));
            Exit::TryLater
        }
        Some(Finish::Length) if turn.reasoning_ate_the_answer() => {
            complain(tr!(
                "the reasoning used up the token limit; raise --max-tokens or use --thinking off"
            ));
            Exit::Failed
        }
        Some(Finish::Length) => {
            complain(tr!("the answer was cut at the token limit"));
            Exit::Success
        }
        Some(Finish::ContentFilter) => {
            complain(tr!("the provider's safety filter cut this reply"));
            Exit::Failed
        }
        Some(Finish::Stop | Finish::ToolCalls) if tools::is_at_the_limit(turn) => {
            complain(tr!(
                "the limit of tool rounds (chat.max_tool_rounds) is reached, and the model asked for more"
            ));
            if turn.reply.last_answer().trim().is_empty() {
                Exit::Failed
            } else {
                Exit::Success
            }
        }
        Some(Finish::Stop | Finish::ToolCalls | Finish::Other(_)) | None => {
            if turn.reply.answer.is_empty() {
                complain(tr!("the answer is empty"));
            }
            Exit::Success
        }
    }
}

/// Says on standard error what a text has no place for: the pages that a search found, and what is
/// missing or was found wrong.
fn tell_beside(turn: &Turn) {
    for source in &turn.reply.sources {
        let (title, url) = (safe::one_line(&source.title), safe::one_line(&source.url));
        complain(format!("[{}] {title} {url}", source.index).trim_end());
    }
    let serious = [Remark::BrokenEvent, Remark::LateError, Remark::SearchFailed];
    for remark in turn.reply.remarks.iter().filter(|it| serious.contains(it)) {
        complain(remark.sentence());
    }
}

/// Whether what is known of the provider's keys would help.
pub(super) fn is_about_the_key(state: &TurnState) -> bool {
    let TurnState::Failed(failure) = state else {
        return false;
    };
    matches!(failure.kind, FailureKind::BadKey | FailureKind::PlanKey)
}

/// Tells whether a reply failed, or came from another model than was asked: what the catalogue
/// warns of may be why.
pub(super) fn is_not_as_asked(turn: &Turn) -> bool {
    let served = turn.reply.served_model.as_ref();
    matches!(turn.state, TurnState::Failed(_)) || served.is_some_and(|it| *it != turn.asked.model)
}

/// How to keep another key for a provider, and what the catalogue says of its keys.
pub(super) fn about_keys(provider: &catalog::Provider) -> String {
    let sentences = provider.note.split_inclusive(". ");
    let of_keys: String = sentences
        .filter(|sentence| sentence.to_ascii_lowercase().contains("key"))
        .collect();
    let told = tr!(
        "`mmchat key set {id}` keeps another key for {name}. {note}",
        id = provider.id,
        name = provider.name,
        note = of_keys.trim()
    );
    safe::one_line(told.trim_end())
}

/// Why an answer that was to be JSON is none, or does not fit its schema.
fn misfit(turn: &Turn, schema: Option<&Value>) -> Option<String> {
    if !turn.asked.extras.json {
        return None;
    }
    let answer = turn.reply.last_answer();
    if let Some(fault) = JsonFault::of(answer) {
        return Some(tr!("the answer is no JSON: {fault}", fault));
    }
    let misfits = schema::misfits(schema?, &serde_json::from_str(answer).ok()?);
    if misfits.is_empty() {
        return None;
    }
    let told: Vec<String> = misfits.iter().map(ToString::to_string).collect();
    let told = told.join(tr!("; "));
    Some(tr!("the answer does not fit the schema: {told}", told))
}
