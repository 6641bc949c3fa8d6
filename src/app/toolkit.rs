//! The tools that models are offered: what each is called, what runs it, and whether it asks.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Map, Value};

use super::server::stock::{Prompted, Stock};
use crate::chat::{CallState, Finish, Reply, ToolCall};
use crate::config::{self, Approve, McpServer, schema};
use crate::phrase::told;
use crate::wire::ToolSpec;

/// The longest arguments that are run: more than this nobody would read on a card.
const MOST_ARGUMENT_BYTES: usize = 64 * 1024;

/// The most calls of one answer that are run.
const MOST_CALLS_AT_ONCE: usize = 16;

/// A tool on offer.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// What the model is told of it.
    pub spec: ToolSpec,
    /// Whether it needs the user's consent.
    pub approve: Approve,
    /// What runs it.
    pub runner: Runner,
}

/// What runs a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runner {
    /// A program of the configuration's `[tools]`.
    Program {
        /// The program and its arguments.
        command: Vec<String>,
        /// The environment variables that it gets to see.
        env: Vec<String>,
        /// How long it may run.
        timeout: Duration,
    },
    /// A tool of an MCP server.
    Server {
        /// The server's name in the configuration.
        server: String,
        /// The tool's own name.
        tool: String,
        /// How long the call may take.
        timeout: Duration,
    },
}

/// A tool as an MCP server lists it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listed {
    /// Its own name.
    pub name: String,
    /// What it does, in the server's words.
    pub description: String,
    /// The JSON schema of its arguments.
    pub parameters: Map<String, Value>,
}

/// What happens with an MCP server.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// It runs, and has these tools.
    Ready(Vec<Listed>),
    /// It does not run, and why.
    Down(String),
    /// It has this besides tools.
    Has(Stock),
    /// The prompt with this ticket is there, or why it is not.
    Prompt(u64, Result<Prompted, String>),
}

/// A tool to be run now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolJob {
    /// What runs it.
    pub runner: Runner,
    /// The arguments, exactly as the card showed them: JSON text.
    pub arguments: String,
}

impl Tool {
    /// A tool of the configuration.
    pub fn configured(tool: &config::Tool) -> Self {
        Self {
            spec: ToolSpec {
                name: tool.name.clone(),
                description: tool.description.clone(),
                parameters: tool.parameters.clone(),
            },
            approve: tool.approve,
            runner: Runner::Program {
                command: tool.command.clone(),
                env: tool.env.clone(),
                timeout: Duration::from_secs(tool.timeout_seconds),
            },
        }
    }

    /// The tools of a server: each is called `SERVER__TOOL`, as far as the protocols allow. Of two
    /// that would be called the same, the first counts.
    pub fn served(server: &McpServer, listed: &[Listed]) -> Vec<Self> {
        let mut tools: Vec<Self> = Vec::new();
        for tool in listed {
            let name = served_name(&server.name, &tool.name);
            if tools.iter().any(|other| other.spec.name == name) {
                continue;
            }
            tools.push(Self {
                spec: ToolSpec {
                    name,
                    description: tool.description.clone(),
                    parameters: tool.parameters.clone(),
                },
                approve: server.approve,
                runner: Runner::Server {
                    server: server.name.clone(),
                    tool: tool.name.clone(),
                    timeout: Duration::from_secs(server.timeout_seconds),
                },
            });
        }
        tools
    }

    /// The arguments of a call, read and checked: what is run is made of the value that comes back
    /// and so is what is shown.
    ///
    /// # Errors
    /// What is wrong with them, as a sentence for whoever wrote them.
    pub fn arguments(&self, text: &str) -> Result<Value, String> {
        arguments(&self.spec.parameters, text)
    }

    /// The command line that runs it, or the server that does, in words.
    pub fn runs(&self) -> String {
        match &self.runner {
            Runner::Program { command, .. } => {
                let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
                words.join(" ")
            }
            Runner::Server { server, tool, .. } => {
                format!("{} of the MCP server {}", quoted(tool), quoted(server))
            }
        }
    }

    /// The job that a call is.
    ///
    /// # Errors
    /// See [`Tool::arguments`].
    pub fn job(&self, call: &ToolCall) -> Result<ToolJob, String> {
        Ok(ToolJob {
            runner: self.runner.clone(),
            arguments: self.arguments(call.effective_arguments())?.to_string(),
        })
    }
}

/// Takes up the calls of a reply's last round: each gets an id, is checked, and then may run, waits
/// for consent or is refused. Tells whether their results are to go back; where not, the reply is
/// over.
pub fn begin(
    reply: &mut Reply,
    tools: &[Tool],
    most_rounds: u32,
    may_run: impl Fn(&Tool, &str) -> bool,
) -> bool {
    let rounds = reply.rounds.len();
    let first = reply.rounds.last().map_or(0, |round| round.calls);
    if reply.calls.len() <= first || tools.is_empty() {
        return false;
    }
    let why_not = match reply.finish {
        Some(Finish::Stop | Finish::ToolCalls) => {
            let is_over = u32::try_from(rounds).is_ok_and(|rounds| rounds >= most_rounds);
            is_over.then(|| {
                told!(
                    "this turn has had {rounds} rounds of tools, the limit (chat.max_tool_rounds).",
                    rounds = most_rounds
                )
            })
        }
        // Half a command may be another command.
        _ => Some(told!("the reply was cut before its end.")),
    };
    let earlier = reply.calls.iter().take(first).map(|call| call.id.clone());
    let mut ids: HashSet<String> = earlier.collect();
    for (index, call) in reply.calls.iter_mut().enumerate().skip(first) {
        // A result has to name its call.
        if call.id.is_empty() || !ids.insert(call.id.clone()) {
            call.id = format!("call_{rounds}_{index}");
            ids.insert(call.id.clone());
        }
        call.state = match &why_not {
            Some(why) => CallState::Refused(why.clone()),
            None if index - first >= MOST_CALLS_AT_ONCE => CallState::Refused(told!(
                "only {most} calls of one answer are run; ask again for the others.",
                most = MOST_CALLS_AT_ONCE
            )),
            None => match find(tools, call) {
                Err(why) => CallState::Refused(why),
                Ok((tool, arguments)) if may_run(tool, &arguments.to_string()) => {
                    CallState::Approved
                }
                Ok(_) => CallState::Waiting,
            },
        };
    }
    why_not.is_none()
}

/// The tool that a call means, and its arguments.
///
/// # Errors
/// Why it can't be run, as a sentence for the model.
pub fn find<'a>(tools: &'a [Tool], call: &ToolCall) -> Result<(&'a Tool, Value), String> {
    let Some(tool) = tools.iter().find(|tool| tool.spec.name == call.name) else {
        let names: Vec<&str> = tools.iter().map(|tool| tool.spec.name.as_str()).collect();
        return Err(told!(
            "there is no tool of that name. The tools are: {names}.",
            names = names.join(", ")
        ));
    };
    if tool.approve == Approve::Never {
        return Err(told!("the user's configuration never lets this tool run."));
    }
    let arguments = tool.arguments(call.effective_arguments())?;
    Ok((tool, arguments))
}

fn arguments(parameters: &Map<String, Value>, text: &str) -> Result<Value, String> {
    if text.len() > MOST_ARGUMENT_BYTES {
        return Err(told!(
            "the arguments are longer than {kib} KiB.",
            kib = MOST_ARGUMENT_BYTES / 1024
        ));
    }
    // Nothing at all is what many models write where there are no arguments.
    let text = if text.trim().is_empty() { "{}" } else { text };
    let value: Value = serde_json::from_str(text).map_err(|error| {
        if error.is_eof() {
            told!("the arguments are cut: their JSON is incomplete ({error}).")
        } else {
            told!("the arguments are not JSON ({error}).")
        }
    })?;
    let problems = schema::problems(parameters, &value);
    if problems.is_empty() {
        return Ok(value);
    }
    Err(told!(
        "the arguments do not fit the tool's schema: {problems}.",
        problems = problems.join("; ")
    ))
}

/// What a server's tool is called: letters, digits, `_` and `-`, 64 at most.
fn served_name(server: &str, tool: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
            c
        } else {
            '_'
        }
    };
    let name = format!("{server}__{tool}");
    name.chars().map(plain).take(64).collect()
}

/// A word as a shell would have to be told it, so that a reader sees where each one ends.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(parameters: &Value) -> Tool {
        Tool {
            spec: ToolSpec {
                name: "look".to_owned(),
                description: String::new(),
                parameters: parameters.as_object().cloned().unwrap(),
            },
            approve: Approve::Ask,
            runner: Runner::Program {
                command: vec!["ls".into(), "my dir".into(), "it's".into()],
                env: Vec::new(),
                timeout: Duration::from_secs(1),
            },
        }
    }

    fn call(name: &str, arguments: &str) -> ToolCall {
        ToolCall {
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            ..ToolCall::default()
        }
    }

    #[test]
    fn only_complete_arguments_that_fit_make_a_job() {
        let tool = tool(&json!({"properties": {"a": {"type": "integer"}}, "required": ["a"]}));
        let job = |arguments: &str| tool.job(&call("look", arguments));
        assert_eq!(job("{ \"a\" : 1 }").unwrap().arguments, r#"{"a":1}"#);
        for (arguments, why) in [
            (r#"{"a": 1"#, "incomplete"),
            (r#"{"a": 1} and"#, "not JSON"),
            (r#"{"a": "1"}"#, "a must be of type integer"),
            ("", "a is missing"),
            ("[1]", "not an object"),
        ] {
            let error = job(arguments).unwrap_err();
            assert!(error.contains(why), "{arguments}: {error}");
        }
    }

    #[test]
    fn a_tool_that_is_not_there_or_never_runs_is_refused() {
        let tools = [Tool {
            approve: Approve::Never,
            ..tool(&json!({}))
        }];
        assert!(
            find(&tools, &call("look", ""))
                .unwrap_err()
                .contains("never")
        );
        assert!(find(&tools, &call("rm", "")).unwrap_err().contains("look"));
    }

    #[test]
    fn a_command_shows_where_its_words_end() {
        assert_eq!(tool(&json!({})).runs(), r"ls 'my dir' 'it'\''s'");
    }
}
