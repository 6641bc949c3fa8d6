//! Tools in `ask`. Nobody can be asked there, so only those run that may always; what became of
//! each call is said on standard error.

use crate::app::toolkit::{self, Deed, Tool};
use crate::chat::{CallState, Outcome, ToolCall, Turn, safe};
use crate::config::{Approve, Config};
use crate::runtime::Clock;
use crate::tools::Programs;

/// The tools that are offered: a model that asks for one that can't run is told so.
pub(super) fn offered(config: &Config) -> Vec<Tool> {
    let tools = config.tools.iter().map(Tool::configured);
    tools
        .filter(|tool| tool.approve != Approve::Never)
        .collect()
}

/// Checks the calls of a round. Tells whether their results go back.
pub(super) fn begin(turn: &mut Turn, tools: &[Tool], limit: u32) -> bool {
    toolkit::begin(&mut turn.reply, tools, limit, |tool, _| {
        tool.approve == Approve::Always
    })
}

/// Runs a call that may run, and refuses one that would have to be asked about.
pub(super) async fn run(
    call: &mut ToolCall,
    tools: &[Tool],
    programs: &Programs,
    clock: &mut Clock,
) {
    if call.is_over() {
        return;
    }
    if call.state != CallState::Approved {
        call.state = CallState::Refused(
            "the user has to be asked about this tool, and can't be here.".to_owned(),
        );
        return;
    }
    let since = clock.now().instant;
    let job = toolkit::find(tools, call).and_then(|(tool, _)| tool.job(call));
    let result = match job {
        Ok(job) => match job.deed {
            Deed::Program {
                command,
                env,
                timeout,
            } => programs.run(&command, &env, timeout, job.arguments).await,
            Deed::Server { server, .. } => {
                Err(format!("there is no connection to the MCP server {server}"))
            }
        },
        Err(why) => Err(why),
    };
    let took = clock.now().since(since);
    call.state = match result {
        Ok(text) => CallState::Done(Outcome { text, took }),
        Err(text) => CallState::Failed(Outcome { text, took }),
    };
}

/// What is said of a call: which it was, and what became of it.
pub(super) fn told(call: &ToolCall) -> String {
    let arguments = safe::plain_json(&safe::one_line(&call.arguments));
    let what = match &call.state {
        CallState::Done(outcome) => format!("done in {:.1} s", outcome.took.as_secs_f64()),
        CallState::Failed(outcome) => format!("failed: {}", safe::one_line(&outcome.text)),
        CallState::Refused(why) => format!("not run: {}", safe::one_line(why)),
        CallState::Asked | CallState::Waiting | CallState::Approved | CallState::Running => {
            "not run".to_owned()
        }
    };
    let name = safe::plain_json(&safe::one_line(&call.name));
    format!("tool {name} {arguments}: {what}")
}
