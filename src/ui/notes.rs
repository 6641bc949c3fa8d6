//! What is said under a reply: remarks, how it ended if not well, and the server's own words.
//! None of it is safe to show yet: it may repeat what a server said.

use super::figures;
use crate::app::{Live, Phase};
use crate::chat::{CallState, Failure, Finish, ToolCall, Turn, TurnState, safe};
use crate::phrase::tr;

/// What is said under a reply; each text is empty where there is nothing to say.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// What should be known, one remark a line.
    pub remarks: String,
    /// Why there is no more of it, and what to do.
    pub ending: String,
    /// What the server or the system said itself.
    pub words: String,
}

/// What is to be said under a turn's reply; `live` while it is coming.
pub(super) fn of(turn: &Turn, live: Option<&Live>) -> Notes {
    let mut notes = Notes {
        remarks: remarks(turn),
        ..Notes::default()
    };
    match (&turn.state, live.map(|live| &live.phase)) {
        (_, Some(Phase::Retrying { because, .. })) => notes.fail(because, "↻", ""),
        (TurnState::Live, _) => {}
        (TurnState::Stopped, _) if turn.is_cut() => {
            notes
                .ending
                .push_str(tr!("■ Stopped. Alt+G goes on, Alt+R asks again."));
        }
        (TurnState::Interrupted, _) if turn.is_cut() => notes.ending.push_str(tr!(
            "■ Interrupted: mmchat ended before the reply did. Alt+G goes on, Alt+R asks again."
        )),
        (TurnState::Stopped, _) => notes.ending.push_str(tr!("■ Stopped. Alt+R asks again.")),
        (TurnState::Interrupted, _) => notes.ending.push_str(tr!(
            "■ Interrupted: mmchat ended before the reply did. Alt+R asks again."
        )),
        (TurnState::Failed(failure), _) => notes.fail(failure, "✗", failure.next_step()),
        (TurnState::Done, _) => notes.ending = finish(turn),
    }
    notes
}

impl Notes {
    fn fail(&mut self, failure: &Failure, mark: &str, next_step: &str) {
        self.ending = tr!(
            "{mark} {what} {next_step}",
            mark,
            what = failure.what(),
            next_step
        );
        self.words = failure.vendor_words();
    }
}

/// What should be known about a reply, one remark a line. Not yet safe to show.
fn remarks(turn: &Turn) -> String {
    let mut lines: Vec<String> = turn
        .reply
        .calls
        .iter()
        // Calls that were taken up have a card that tells what became of them.
        .filter(|call| call.state == CallState::Asked && !turn.is_live() && !call.name.is_empty())
        .map(|call| {
            let arguments = safe::one_line(&call.arguments);
            tr!("The model asked for the tool {name}({arguments}), which it was not offered. Nothing was run.", name = safe::one_line(&call.name), arguments)
        })
        .collect();
    let remarks = turn.reply.remarks.iter().map(|remark| remark.sentence());
    lines.extend(remarks.map(str::to_owned));
    if let Some((fault, _)) = turn.json_fault() {
        lines.push(tr!(
            "What is wrong: {fault}.",
            fault = safe::one_line(&fault.to_string())
        ));
    }
    lines.join("\n")
}

fn finish(turn: &Turn) -> String {
    let reply = &turn.reply;
    match &reply.finish {
        Some(Finish::Length) if turn.reasoning_ate_the_answer() => {
            let limit = turn.asked.params.max_tokens;
            let limit = limit.map_or_else(
                || tr!("the token limit").to_owned(),
                |limit| format!("max_tokens = {limit}"),
            );
            let (tokens, _) = turn.reasoning_tokens();
            tr!("✂ The reasoning used up {limit} ({tokens} tokens), so there was no room for an answer. Alt+G asks again with twice as many; or switch thinking off with Alt+T, then Alt+R.", limit, tokens = figures::count(tokens))
        }
        Some(Finish::Length) => {
            let limit = turn.asked.params.max_tokens;
            let limit = limit.map(|limit| format!("max_tokens = {limit}"));
            let (tokens, _) = turn.reasoning_tokens();
            let share = (tokens > 0).then(|| tr!("{tokens} of reasoning", tokens = figures::count(tokens)));
            let numbers: Vec<String> = limit.into_iter().chain(share).collect();
            let numbers = match numbers.join(tr!(", ")) {
                numbers if numbers.is_empty() => numbers,
                numbers => tr!(" ({numbers})", numbers),
            };
            let next = if turn.is_cut() {
                tr!("Alt+G goes on, or raise it")
            } else {
                tr!("Raise it")
            };
            tr!("✂ Cut at the token limit{numbers}. {next} with /set max_tokens, then Alt+R.", numbers, next)
        }
        Some(Finish::ContentFilter) => {
            tr!("✂ The provider's safety filter cut this reply. Alt+E edits the message.").to_owned()
        }
        Some(Finish::CutOff) if turn.is_cut() => {
            tr!("✂ Cut off: the stream ended too early. Alt+G goes on, Alt+R asks again.").to_owned()
        }
        Some(Finish::CutOff) => {
            tr!("✂ Cut off: the stream ended too early. Alt+R asks again.").to_owned()
        }
        Some(Finish::Other(reason)) => {
            tr!("The reply ended for a reason of the provider's own: {reason}", reason)
        }
        Some(Finish::Stop | Finish::ToolCalls)
            if matches!(reply.calls_of_round(), [ToolCall { state: CallState::Refused(_), .. }, ..]) =>
        {
            tr!("✂ The limit of tool rounds (chat.max_tool_rounds) is reached. Raise it, then Alt+R asks again: what tools found is not sent with later messages.").to_owned()
        }
        Some(Finish::Stop | Finish::ToolCalls) | None => {
            if reply.answer.as_str().trim().is_empty() && reply.calls.is_empty() {
                tr!("(empty answer) Alt+R asks again.").to_owned()
            } else {
                String::new()
            }
        }
    }
}
