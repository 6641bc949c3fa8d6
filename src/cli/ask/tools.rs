//! Tools in `ask`. Nobody can be asked there, so only those run that may always; what became of
//! each call is said on standard error.

use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use crate::app::toolkit::{self, News, Runner, Tool, ToolJob};
use crate::chat::{CallState, Outcome, ToolCall, Turn, safe};
use crate::cli::complain;
use crate::cli::setup::{self, Environment};
use crate::config::{Approve, Config, McpServer};
use crate::net::Client;
use crate::phrase::{self, told, tr};
use crate::runtime::Clock;
use crate::tools::{Programs, Servers};

/// How long servers may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

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

/// Tells whether the last calls were refused for the number of rounds before them: their results
/// did not go back.
pub(super) fn is_at_the_limit(turn: &Turn) -> bool {
    let last = turn.reply.calls_of_round().first();
    last.is_some_and(|call| matches!(call.state, CallState::Refused(_)))
}

/// What tools are run with.
pub(super) struct Bench {
    pub servers: Servers,
    pub programs: Programs,
    /// How many rounds of them there may be.
    pub limit: u32,
}

impl Bench {
    /// What the configuration names. Nothing is started yet.
    pub(super) fn new(config: &Config, environment: &Environment, client: &Client) -> Self {
        let programs = environment.programs();
        Self {
            servers: setup::servers(config, &programs, client),
            programs,
            limit: config.chat.max_tool_rounds,
        }
    }

    /// The tools of the servers that may always be called. Those that can't be started are told of
    /// on standard error.
    pub(super) async fn served(&mut self, config: &Config) -> Vec<Tool> {
        let may_run = |server: &&McpServer| server.approve == Approve::Always;
        let mut awaited: Vec<&McpServer> = config.mcp.iter().filter(may_run).collect();
        for server in &awaited {
            self.servers.start(&server.name);
        }
        let mut tools = Vec::new();
        let all = async {
            while !awaited.is_empty() {
                let (name, news) = self.servers.next().await;
                let Some(at) = awaited.iter().position(|server| server.name == name) else {
                    continue;
                };
                let server = awaited.swap_remove(at);
                match news {
                    News::Ready(listed) => tools.extend(Tool::served(server, &listed)),
                    News::Down(why) => {
                        let name = safe::one_line(&name);
                        let why = safe::one_line(&why);
                        complain(&tr!("the MCP server {name} failed: {why}", name, why));
                    }
                    // Nobody asks here for anything but tools.
                    News::Has(_) | News::Prompt(..) => {}
                }
            }
        };
        let is_late = timeout(PATIENCE, all).await.is_err();
        for server in awaited.iter().filter(|_| is_late) {
            let seconds = PATIENCE.as_secs();
            let name = safe::one_line(&server.name);
            complain(&tr!(
                "the MCP server {name} did not start within {seconds} s",
                name,
                seconds
            ));
        }
        tools
    }

    /// Runs a call that may run, and refuses one that would have to be asked about.
    pub(super) async fn run(&mut self, call: &mut ToolCall, tools: &[Tool], clock: &mut Clock) {
        if call.is_over() {
            return;
        }
        if call.state != CallState::Approved {
            call.state = CallState::Refused(told!(
                "the user has to be asked about this tool, and can't be here."
            ));
            return;
        }
        let since = clock.now().instant;
        let job = toolkit::find(tools, call).and_then(|(tool, _)| tool.job(call));
        let result = match job {
            Ok(job) => self.work(job).await,
            Err(why) => Err(why),
        };
        let took = clock.now().since(since);
        call.state = match result {
            Ok(text) => CallState::Done(Outcome { text, took }),
            Err(text) => CallState::Failed(Outcome { text, took }),
        };
    }

    async fn work(&mut self, job: ToolJob) -> Result<String, String> {
        match job.runner {
            Runner::Program {
                command,
                env,
                timeout,
            } => {
                let running = self.programs.run(&command, &env, timeout, job.arguments);
                running.await
            }
            Runner::Server {
                server,
                tool,
                timeout,
            } => {
                let mut call = pin!(self.servers.call(&server, tool, job.arguments, timeout));
                loop {
                    tokio::select! {
                        result = &mut call => return result,
                        // The servers work while somebody looks after them.
                        _ = self.servers.next() => {}
                    }
                }
            }
        }
    }
}

/// What is said of a call: which it was, and what became of it.
pub(super) fn told(call: &ToolCall) -> String {
    let arguments = safe::plain_json(&safe::one_line(&call.arguments));
    let what = match &call.state {
        CallState::Done(outcome) => {
            let time = format!("{:.1}", outcome.took.as_secs_f64());
            tr!("done in {time} s", time)
        }
        CallState::Failed(outcome) => tr!(
            "failed: {why}",
            why = safe::one_line(&phrase::heard(&outcome.text))
        ),
        CallState::Refused(why) => tr!("not run: {why}", why = safe::one_line(&phrase::heard(why))),
        CallState::Asked | CallState::Waiting | CallState::Approved | CallState::Running => {
            tr!("not run").to_owned()
        }
    };
    let name = safe::plain_json(&safe::one_line(&call.name));
    tr!("tool {name} {arguments}: {what}", name, arguments, what)
}
