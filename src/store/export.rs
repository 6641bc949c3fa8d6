//! A conversation as a file: Markdown for people, HTML for a browser, JSON for coming back.
//!
//! Pure. Markdown and HTML hold the path that is on the screen; JSON holds every turn. Text that
//! could act on a terminal or a browser is made harmless on the way out.

mod html;
mod json;
mod save;

pub use html::html;
pub(super) use json::is_ours;
pub use json::{from_json, to_json};
pub use save::{save, text};

use std::fmt::Write as _;

use crate::app::library::StoredConversation;
use crate::chat::{
    CallState, Finish, Moment, Outcome, ToolCall, Turn, TurnState, references, safe,
};
use crate::phrase::tr;

/// What of the reasoning is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reasoning {
    /// Beside the answers.
    With,
    /// Only the answers.
    Without,
    /// Only the reasoning.
    Only,
}

/// What a conversation took, in all its turns on the path.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sum {
    input_tokens: u64,
    output_tokens: u64,
    /// `None` where no provider told.
    reasoning_tokens: Option<u64>,
    cost_usd: Option<f64>,
}

impl Sum {
    fn of(kept: &StoredConversation, cost: &dyn Fn(&Turn) -> Option<f64>) -> Self {
        let mut sum = Self::default();
        for turn in kept.conversation.path() {
            let usage = turn.reply.total_usage();
            let add =
                |to: &mut u64, count: Option<u64>| *to = to.saturating_add(count.unwrap_or(0));
            add(&mut sum.input_tokens, usage.input_tokens);
            add(&mut sum.output_tokens, usage.output_tokens);
            if let Some(count) = usage.reasoning_tokens {
                add(sum.reasoning_tokens.get_or_insert(0), Some(count));
            }
            if let Some(usd) = usage.cost_usd.or_else(|| cost(turn)) {
                *sum.cost_usd.get_or_insert(0.0) += usd;
            }
        }
        sum
    }
}

/// The conversation as Markdown with YAML front matter. `cost` tells what a turn cost in US dollars
/// where its provider did not say.
pub fn markdown(
    kept: &StoredConversation,
    reasoning: Reasoning,
    cost: &dyn Fn(&Turn) -> Option<f64>,
) -> String {
    let head = &kept.head;
    let sum = Sum::of(kept, cost);
    let mut out = String::from("---\n");
    let mut fact = |name: &str, value: String| {
        let _ = writeln!(out, "{name}: {value}");
    };
    // A JSON string is a YAML string.
    let quoted = |text: &str| serde_json::Value::from(safe::one_line(text)).to_string();
    fact("title", quoted(&head.title));
    fact("id", quoted(&head.id.to_string()));
    fact("model", quoted(&head.choice.to_string()));
    if !head.persona.is_empty() {
        fact("persona", quoted(&head.persona));
    }
    fact("date", stamp(head.created));
    fact("turns", kept.conversation.path().count().to_string());
    fact("input_tokens", sum.input_tokens.to_string());
    fact("output_tokens", sum.output_tokens.to_string());
    let unknown = || "null".to_owned();
    let reasoning_tokens = sum.reasoning_tokens;
    fact(
        "reasoning_tokens",
        reasoning_tokens.map_or_else(unknown, |count| count.to_string()),
    );
    fact(
        "cost_usd",
        sum.cost_usd.map_or_else(unknown, |usd| usd.to_string()),
    );
    out.push_str("---\n\n");
    let _ = writeln!(out, "# {}\n", safe::one_line(&head.title));
    if !head.system_prompt.trim().is_empty() {
        let _ = writeln!(
            out,
            "## {}\n\n{}\n",
            tr!("System"),
            safe::visible(head.system_prompt.trim())
        );
    }
    for turn in kept.conversation.path() {
        markdown_turn(&mut out, kept, turn, reasoning);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// The conversation as plain text to be read in a terminal.
pub fn plain(kept: &StoredConversation, reasoning: Reasoning) -> String {
    let mut out = format!("# {}\n\n", safe::one_line(&kept.head.title));
    for turn in kept.conversation.path() {
        markdown_turn(&mut out, kept, turn, reasoning);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn markdown_turn(out: &mut String, kept: &StoredConversation, turn: &Turn, reasoning: Reasoning) {
    let prompt = safe::visible(turn.prompt.trim_end());
    let _ = writeln!(out, "## {}\n\n{prompt}\n", tr!("You"));
    for attachment in &turn.attachments {
        let (name, facts) = (attachment.shown_name(), attachment.facts());
        let _ = writeln!(
            out,
            "*{}*\n",
            tr!("Attached: {name} ({facts})", name, facts)
        );
    }
    let _ = writeln!(out, "## {}\n", safe::one_line(&heading(kept, turn)));
    let thought = turn.reply.reasoning.as_str().trim();
    if reasoning != Reasoning::Without && !thought.is_empty() {
        let _ = write!(out, "> **{}**\n>\n", tr!("Thinking"));
        for line in safe::visible(thought).lines() {
            let _ = writeln!(out, "> {line}");
        }
        out.push('\n');
    }
    if reasoning != Reasoning::Only {
        for (text, calls) in passages(turn) {
            if !text.is_empty() {
                let _ = writeln!(out, "{}\n", safe::visible(text));
            }
            for call in calls {
                markdown_call(out, call);
            }
        }
    }
    if reasoning != Reasoning::Only && !turn.reply.sources.is_empty() {
        let _ = writeln!(out, "{}\n", references(&turn.reply.sources));
    }
    if let Some(ending) = ending(turn) {
        let _ = writeln!(out, "*{ending}*\n");
    }
}

/// Who answered, and which version it is of how many: of the others only JSON has the text.
fn heading(kept: &StoredConversation, turn: &Turn) -> String {
    let heading = format!("{} · {}", turn.model(), turn.asked.provider);
    let versions = kept.conversation.siblings(turn.id);
    match versions.iter().position(|id| *id == turn.id) {
        Some(at) if versions.len() > 1 => {
            tr!(
                "{heading} · version {at} of {of}",
                heading,
                at = at + 1,
                of = versions.len()
            )
        }
        _ => heading,
    }
}

/// The answer in pieces, each with the calls that came after it.
fn passages(turn: &Turn) -> impl Iterator<Item = (&str, &[ToolCall])> {
    let passages = turn.reply.passages().into_iter();
    passages.map(|(text, calls)| {
        let text = turn.reply.answer.as_str().get(text).unwrap_or_default();
        let calls = turn.reply.calls.get(calls).unwrap_or_default();
        (text.trim_start_matches('\n').trim_end(), calls)
    })
}

/// A tool call with what came of it. Its texts stand in fences that nothing in them can close.
fn markdown_call(out: &mut String, call: &ToolCall) {
    let name = safe::one_line(&call.name);
    let _ = writeln!(
        out,
        "**{}** {}\n",
        tr!("Tool {name}", name),
        ending_of(call)
    );
    for (language, text) in [("json", call.effective_arguments()), ("", &call.result())] {
        let text = safe::visible(text.trim_end());
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(3.max(longest + 1));
        let _ = writeln!(out, "{fence}{language}\n{text}\n{fence}\n");
    }
}

/// What became of a tool call, in brackets.
fn ending_of(call: &ToolCall) -> String {
    let seconds = |outcome: &Outcome| format!("{:.1}", outcome.took.as_secs_f64());
    let what = match &call.state {
        CallState::Done(outcome) => tr!("{seconds} s", seconds = seconds(outcome)),
        CallState::Failed(outcome) => tr!("failed after {seconds} s", seconds = seconds(outcome)),
        _ => tr!("not run").to_owned(),
    };
    let edited = match call.edited {
        Some(_) => tr!(", arguments changed by the user"),
        None => "",
    };
    tr!("({what}{edited})", what, edited)
}

/// How a reply ended, if not well.
fn ending(turn: &Turn) -> Option<&'static str> {
    match &turn.state {
        TurnState::Stopped => Some(tr!("Stopped.")),
        TurnState::Interrupted => Some(tr!("Interrupted.")),
        TurnState::Failed(failure) => Some(failure.what()),
        TurnState::Live | TurnState::Done => match turn.reply.finish {
            Some(Finish::Length) => Some(tr!("Cut at the token limit.")),
            Some(Finish::ContentFilter) => Some(tr!("Cut by the provider's safety filter.")),
            Some(Finish::CutOff) => Some(tr!("Cut off: the stream ended too early.")),
            _ => None,
        },
    }
}

/// A moment as ISO 8601 with its offset from UTC.
pub fn stamp(moment: Moment) -> String {
    let offset = moment.offset_minutes;
    let local = moment.unix_seconds.saturating_add(i64::from(offset) * 60);
    let (year, month, day) = date_of(local.div_euclid(24 * 60 * 60));
    let second = local.rem_euclid(24 * 60 * 60);
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.unsigned_abs() / 60, offset.unsigned_abs() % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}{sign}{hours:02}:{minutes:02}",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// The date of a day counted from 1970-01-01. Years begin in March, so that the leap day is the
/// last of its year.
fn date_of(day: i64) -> (i64, i64, i64) {
    let day = day.saturating_add(719_468);
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = (from_march + 2) % 12 + 1;
    let year = era * 400 + year + i64::from(month <= 2);
    (year, month, of_year - (153 * from_march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::import::sample;

    #[test]
    fn markdown_tells_the_facts_and_then_the_turns() {
        let text = markdown(&sample(), Reasoning::With, &|_| Some(0.25));
        assert!(
            text.starts_with("---\ntitle: \"A “quoted” title\"\nid: \""),
            "{text}"
        );
        assert!(text.contains("model: \"demo/minimax-m2\"\ndate: 2026-11-22T14:02:00+01:00\n"));
        assert!(text.contains(
            "input_tokens: 12\noutput_tokens: 34\nreasoning_tokens: 5\ncost_usd: 0.25\n---\n"
        ));
        assert!(text.contains(
            "## You\n\nWhat?\n\n*Attached: a<b>.txt (1 line · 6 B)*\n\n*Attached: p.gif (GIF 10×20 · 12 B)*\n\n## minimax-m2 · demo\n\n> **Thinking**\n>\n> hm\n> <b>\n\n"
        ));
        assert!(text.contains("**Tool look** (1.5 s)\n\n```json\n{\"at\": \"<i>\"}\n```\n\n"));
        assert!(text.contains("````\na fence:\n```\n</details>␛[2J\n````\n\nThat ␛[31m\n"));
        assert!(text.ends_with("*Stopped.*\n"));
        let only = markdown(&sample(), Reasoning::Only, &|_| None);
        assert!(only.contains("> hm") && !only.contains("That"));
        let without = markdown(&sample(), Reasoning::Without, &|_| None);
        assert!(!without.contains("> hm") && without.contains("That"));
        assert!(without.contains("cost_usd: null"));
    }

    #[test]
    fn what_is_not_in_a_file_for_people_is_told_of_in_it() {
        let mut kept = sample();
        kept.head.persona = "a \"cook\"".to_owned();
        let mut second = kept.conversation.last().unwrap().clone();
        second.id.0 += 1;
        second.state = TurnState::Done;
        second.reply.finish = Some(Finish::Length);
        let id = second.id;
        kept.conversation.put(second);
        kept.conversation.choose(id);
        let text = markdown(&kept, Reasoning::With, &|_| None);
        assert!(text.contains("\npersona: \"a \\\"cook\\\"\"\n"), "{text}");
        assert!(
            text.contains("## minimax-m2 · demo · version 2 of 2\n"),
            "{text}"
        );
        assert!(text.ends_with("*Cut at the token limit.*\n"), "{text}");
        let page = html(&kept, Reasoning::With, &|_| None);
        assert!(page.contains("minimax-m2 · demo · version 2 of 2</h2>"));
        assert!(page.contains(" · a &quot;cook&quot; · "), "{page}");
    }

    #[test]
    fn moments_are_written_with_their_offset() {
        let at = |unix_seconds, offset_minutes| {
            stamp(Moment {
                unix_seconds,
                offset_minutes,
            })
        };
        assert_eq!(at(0, 0), "1970-01-01T00:00:00+00:00");
        assert_eq!(at(951_782_400, -330), "2000-02-28T18:30:00-05:30");
        assert_eq!(at(1_795_352_520, 60), "2026-11-22T14:02:00+01:00");
    }
}
