//! The real program as a process: arguments, pipes, exit codes.

mod announce;
mod ask;
mod chinese;
mod config;
mod doctor;
mod history;
#[cfg(not(feature = "keyring"))]
mod key;
#[cfg(feature = "keyring")]
mod keyring;
mod mistakes;
mod offline;
mod options;
mod paper;
mod persona;
mod rows;
mod settings;
mod stats;

use std::io::Write;
use std::process::{Child, Command, Stdio};

use mmchat::wire::Dialect;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::raw::{Server, Step};

pub(crate) const KEY: &str = "sk-test-0123456789abcdef";

/// A home of its own, without any environment but what is set here.
pub(crate) struct Home {
    pub(crate) directory: TempDir,
    pub(crate) config: String,
    /// Variables that are not set after all.
    unset: Vec<&'static str>,
}

/// What a process came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Outcome {
    pub(crate) fn json(&self) -> Value {
        match serde_json::from_str(&self.out) {
            Ok(value) => value,
            Err(error) => panic!("{error}: {self:?}"),
        }
    }

    /// The body of the request that a dry run printed.
    pub(crate) fn body(&self) -> Value {
        let body = self.out.split_once("\n\n").map(|(_, body)| body);
        serde_json::from_str(body.unwrap_or_default()).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// Fails unless the process ended with that code.
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    /// Fails unless standard error says that.
    pub(crate) fn complains(self, words: &str) -> Self {
        assert!(self.err.contains(words), "no “{words}” in {self:?}");
        self
    }
}

impl Home {
    /// A home without a configuration.
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            config: String::new(),
            unset: Vec::new(),
        }
    }

    /// The same home without a variable.
    pub(crate) fn without(mut self, variable: &'static str) -> Self {
        self.unset.push(variable);
        self
    }

    /// A home whose configuration knows a provider `lab` there, which is tried only once.
    pub(crate) fn asking(dialect: Dialect, base_url: &str) -> Self {
        let config = format!(
            "model = \"lab/org/model:a+b\"\n[network]\nmax_retries = 0\nidle_timeout_seconds = 2\n\
             [providers.lab]\ndialect = \"{dialect}\"\nbase_url = \"{base_url}\"\napi_key_env = \"LAB_KEY\"\n\
             [[providers.lab.models]]\nid = \"org/model:a+b\"\nthinking = {{ on = {{}} }}\n\
             temperature = {{ min = 0, max = 1 }}\n"
        );
        Self::configured(&config)
    }

    pub(crate) fn configured(config: &str) -> Self {
        let mut home = Self::new();
        config.clone_into(&mut home.config);
        std::fs::write(home.directory.path().join("config.toml"), config).unwrap();
        home
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mmchat"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.directory.path())
            .env("XDG_CONFIG_HOME", self.directory.path().join("xdg"))
            .env("LAB_KEY", KEY)
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for variable in &self.unset {
            command.env_remove(variable);
        }
        if !self.config.is_empty() {
            command.env("MMCHAT_CONFIG", self.directory.path().join("config.toml"));
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        outcome(self.command(arguments).spawn().unwrap())
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        // Whoever refuses to start does not read.
        drop(child.stdin.take().unwrap().write_all(input));
        outcome(child)
    }
}

pub(crate) fn outcome(child: Child) -> Outcome {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Outcome {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// One event of the OpenAI dialect with a delta.
fn delta(delta: &Value) -> Step {
    Step::chunk(format!(
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}]}}\n\n"
    ))
}

pub(crate) fn said(text: &str) -> Step {
    delta(&serde_json::json!({ "content": text }))
}

pub(crate) fn thought(text: &str) -> Step {
    delta(&serde_json::json!({ "reasoning_content": text }))
}

pub(crate) fn done() -> Vec<Step> {
    let stop = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    vec![Step::chunk(stop), Step::End]
}

/// A server whose only reply has these pieces and ends well.
pub(crate) fn replying(pieces: Vec<Step>) -> Server {
    let script = [vec![Step::events()], pieces, done()].concat();
    Server::start(vec![script])
}

pub(crate) fn home_of(server: &Server) -> Home {
    Home::asking(Dialect::OpenAi, &(server.url() + "/v1"))
}

/// What comes of asking a server that answers with that status and body.
fn asked_of(status: u16, body: &str) -> Outcome {
    let server = Server::start(vec![Step::whole(status, "application/json", body)]);
    home_of(&server).run(&["ask", "hello"])
}

#[cfg(unix)]
#[test]
fn ask_runs_what_may_always_run_refuses_the_rest_and_sends_both_results() {
    let call = |index: u32, name: &str| {
        serde_json::json!({"index": index, "id": format!("c{index}"), "type": "function",
            "function": {"name": name, "arguments": "{\"a\":1}"}})
    };
    let delta = serde_json::json!({"content": "Looking.", "tool_calls": [call(0, "echo"), call(1, "asks")]});
    let first = format!(
        "data: {}\n\n",
        serde_json::json!({"choices": [{"index": 0, "delta": delta, "finish_reason": "tool_calls"}]})
    );
    let script = |pieces: Vec<Step>| [vec![Step::events()], pieces, done()].concat();
    let server = Server::start(vec![
        script(vec![Step::chunk(first)]),
        script(vec![said("Found.")]),
    ]);
    let mut home = home_of(&server);
    let tools = "[tools.echo]\ncommand = [\"/bin/cat\"]\napprove = \"always\"\n\
                 [tools.asks]\ncommand = [\"/bin/cat\"]\n";
    home.config.push_str(tools);
    std::fs::write(home.directory.path().join("config.toml"), &home.config).unwrap();
    let outcome = home.run(&["ask", "q"]).ends(0);
    assert_eq!(outcome.out, "Looking.\nFound.\n");
    let outcome = outcome.complains("tool echo {\"a\":1}: done");
    outcome.complains("tool asks {\"a\":1}: not run: the user has to be asked");
    let body: Value = serde_json::from_slice(&server.seen()[1].body).unwrap();
    assert_eq!(body["messages"][2]["content"], "{\"a\":1}");
    let refused = body["messages"][3]["content"].as_str().unwrap();
    assert!(refused.starts_with("Not run:"), "{refused}");
}

#[cfg(unix)]
#[test]
fn ask_says_that_the_limit_of_tool_rounds_is_reached() {
    let delta = serde_json::json!({"tool_calls": [{"index": 0, "id": "c", "type": "function",
        "function": {"name": "echo", "arguments": "{}"}}]});
    let more = format!(
        "data: {}\n\n",
        serde_json::json!({"choices": [{"index": 0, "delta": delta, "finish_reason": "tool_calls"}]})
    );
    let script = || [vec![Step::events(), Step::chunk(more.clone())], done()].concat();
    let server = Server::start(vec![script(), script()]);
    let mut config = home_of(&server).config;
    config.push_str("[chat]\nmax_tool_rounds = 1\n[tools.echo]\ncommand = [\"/bin/cat\"]\napprove = \"always\"\n");
    let outcome = Home::configured(&config).run(&["ask", "q"]).ends(1);
    outcome.complains("(chat.max_tool_rounds) is reached");
}
