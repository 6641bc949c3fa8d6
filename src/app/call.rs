//! The tool loop of a turn: the model's calls are checked, consented to, run one after the other,
//! and their results sent back, until the model answers without asking for more.
//!
//! Invariants: nothing runs that was not checked; what runs is what the card showed; a call that
//! is not over keeps the next request from being sent; late results change nothing.

use std::collections::HashSet;

use super::consent::Consent;
use super::server::{Asked, Server, ServerState};
use super::toolkit::{self, Runner, Tool};
use super::{App, Effect, Phase, Tone};
use crate::chat::{CallId, CallState, Conversation, Now, Outcome, ToolCall, TurnId};
use crate::config::{self, Approve, Config};
use crate::phrase::{told, tr};
use crate::wire::{self, Ask, Target, WireRequest};

/// The most tools that are offered: more than this, vendors refuse.
const MOST_TOOLS: usize = 128;

/// What the requests of a turn are made of, but for their messages: all its rounds ask the same
/// of the same model, whatever the user switches to meanwhile. Only an MCP server may change which
/// tools it has, as some do once one of them was called.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// Where they go.
    pub target: Target,
    /// What is asked. Its messages are filled in when a request is sent.
    pub ask: Ask,
    /// The tools on offer.
    pub tools: Vec<Tool>,
}

impl Sent {
    /// The request of the turn's next round, or of its first.
    pub fn request(&self, conversation: &Conversation, turn: TurnId) -> WireRequest {
        let ask = Ask {
            messages: conversation.history(turn),
            ..self.ask.clone()
        };
        let turn = conversation.turn(turn);
        WireRequest {
            goes_on: turn.is_some_and(|turn| turn.reply.is_going_on()),
            ..wire::request(&self.target, &ask)
        }
    }

    /// Offers more tools; of two of one name, the first counts.
    pub fn offer(&mut self, tools: Vec<Tool>) {
        for tool in tools {
            let is_taken = self
                .tools
                .iter()
                .any(|other| other.spec.name == tool.spec.name);
            if !is_taken && self.tools.len() < MOST_TOOLS {
                self.ask.tools.push(tool.spec.clone());
                self.tools.push(tool);
            }
        }
    }

    /// Offers what a server has now, if it had something else when it was last offered.
    fn renew(&mut self, server: &Server) {
        let is_its = |tool: &Tool| matches!(&tool.runner, Runner::Server { server: name, .. } if *name == server.config.name);
        let offered = self.tools.iter().filter(|tool| is_its(tool));
        let has = server.tools_on_offer();
        // One that was not there in time is offered from a later message on.
        let is_here = offered.clone().next().is_some() && server.state == ServerState::Ready;
        if !is_here || offered.eq(has) {
            return;
        }
        self.tools.retain(|tool| !is_its(tool));
        self.ask.tools = self.tools.iter().map(|tool| tool.spec.clone()).collect();
        self.offer(has.to_vec());
    }
}

/// All about tools that outlives a turn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Toolbox {
    /// What the user is doing about a tool that wants to run.
    pub consent: Consent,
    /// Whether results are shown whole.
    pub results_open: bool,
    /// The MCP servers of the configuration.
    pub servers: Vec<Server>,
    /// The prompt of a server that is awaited.
    pub asked: Option<Asked>,
}

impl Toolbox {
    /// What there is at first.
    pub fn new(config: &Config) -> Self {
        Self {
            servers: config.mcp.iter().cloned().map(Server::new).collect(),
            ..Self::default()
        }
    }

    /// The MCP server of that name.
    pub fn server(&self, name: &str) -> Option<&Server> {
        let mut servers = self.servers.iter();
        servers.find(|server| server.config.name == name)
    }
}

impl App {
    /// Whether the next request offers tools, if there are any.
    fn offers_tools(&self) -> bool {
        let takes = self.model().is_some_and(|model| model.tools);
        takes && self.session.tools && self.config.chat.max_tool_rounds > 0
    }

    /// The tools of the configuration that the next request offers.
    fn configured_tools(&self) -> impl Iterator<Item = &config::Tool> {
        let offers = self.offers_tools();
        let tools = self.config.tools.iter();
        tools.filter(move |tool| offers && tool.approve != Approve::Never)
    }

    /// Those of servers beside them: of two of one name, the first counts.
    fn served_tools(&self) -> Vec<&Tool> {
        if !self.offers_tools() {
            return Vec::new();
        }
        let mut names: HashSet<&str> = self.configured_tools().map(|it| it.name.as_str()).collect();
        let servers = self.toolbox.servers.iter();
        servers
            .flat_map(Server::tools_on_offer)
            .filter(|tool| names.len() < MOST_TOOLS && names.insert(&tool.spec.name))
            .collect()
    }

    /// How many tools the next request offers. The screen asks in every frame, and copies none.
    pub fn tool_count(&self) -> usize {
        self.configured_tools().count() + self.served_tools().len()
    }

    /// The tools that the next request offers: none to a model that takes none.
    pub fn tools_on_offer(&self) -> Vec<Tool> {
        let configured = self.configured_tools().map(Tool::configured);
        configured
            .chain(self.served_tools().into_iter().cloned())
            .collect()
    }

    /// Switches between offering tools and not.
    pub(super) fn toggle_tools(&mut self, now: Now) {
        self.session.tools = !self.session.tools;
        let count = self.tools_on_offer().len();
        let text = match (self.session.tools, count) {
            (false, _) => tr!("No tools are offered from the next message on").to_owned(),
            (true, 0) if self.model().is_some_and(|model| !model.tools) => {
                tr!("This model takes no tools").to_owned()
            }
            (true, 0) if self.config.chat.max_tool_rounds == 0 => {
                tr!("chat.max_tool_rounds is 0, so no tools are offered").to_owned()
            }
            (true, 0) => {
                tr!("There are no tools yet; [tools] in the configuration names them").to_owned()
            }
            (true, 1) => tr!("One tool is offered from the next message on").to_owned(),
            (true, count) => tr!("{count} tools are offered from the next message on", count),
        };
        self.notify(Tone::Info, text, now.instant);
    }

    /// The call that the card asks about.
    pub fn call_in_question(&self) -> Option<CallId> {
        let live = self.live.as_ref()?;
        let turn = self.conversation.turn(live.turn)?;
        let index = turn
            .reply
            .calls
            .iter()
            .position(|call| call.state == CallState::Waiting)?;
        Some(CallId {
            turn: live.turn,
            index,
        })
    }

    /// A call of the reply in flight and the tool that it means.
    pub fn call_and_tool(&self, id: CallId) -> Option<(&ToolCall, &Tool)> {
        let call = self.conversation.turn(id.turn)?.reply.calls.get(id.index)?;
        let live = self.live.as_ref().filter(|live| live.turn == id.turn)?;
        let tools = &live.sent.tools;
        let tool = tools.iter().find(|tool| tool.spec.name == call.name)?;
        Some((call, tool))
    }

    /// Takes up the calls that a reply ended with. `None` when it ended with none that count.
    pub(super) fn begin_calls(&mut self, id: TurnId, now: Now) -> Option<Vec<Effect>> {
        let live = self.live.as_ref().filter(|live| live.turn == id)?;
        let allowed = self.conversation.allowed.clone();
        let reply = &mut self.conversation.turn_mut(id)?.reply;
        let limit = self.config.chat.max_tool_rounds;
        let may_run = |tool: &Tool, arguments: &str| {
            let this = (tool.spec.name.clone(), arguments.to_owned());
            tool.approve == Approve::Always || allowed.contains(&this)
        };
        let goes_on = toolkit::begin(reply, &live.sent.tools, limit, may_run);
        if goes_on {
            self.keep_turn(id);
        }
        goes_on.then(|| self.advance(now))
    }

    /// Runs the next call that may run, or sends the results when there is none left.
    pub(super) fn advance(&mut self, now: Now) -> Vec<Effect> {
        let Some(live) = self.live.as_mut() else {
            return Vec::new();
        };
        let Some(turn) = self.conversation.turn_mut(live.turn) else {
            return Vec::new();
        };
        let mut calls = turn.reply.calls.iter_mut().enumerate();
        // One after the other, in the model's order: a later call may need what an earlier one did.
        while let Some((index, call)) = calls.find(|(_, call)| !call.is_over()) {
            let id = CallId {
                turn: live.turn,
                index,
            };
            match call.state {
                CallState::Approved => {}
                CallState::Running => {
                    live.phase = Phase::Running(call.name.clone());
                    return Vec::new();
                }
                _ => {
                    live.phase = Phase::Consent;
                    self.urgent = true;
                    return Vec::new();
                }
            }
            let job = toolkit::find(&live.sent.tools, call).and_then(|(tool, _)| tool.job(call));
            match job {
                Ok(job) => {
                    call.state = CallState::Running;
                    live.phase = Phase::Running(call.name.clone());
                    live.step_since = now.instant;
                    return vec![Effect::RunTool(id, Box::new(job))];
                }
                Err(why) => call.state = CallState::Refused(why),
            }
        }
        turn.reply.next_round();
        for server in &self.toolbox.servers {
            live.sent.renew(server);
        }
        let (id, sent) = (live.turn, &live.sent);
        live.phase = Phase::Connecting;
        live.step_since = now.instant;
        let request = sent.request(&self.conversation, id);
        vec![Effect::Send(id, Box::new(request))]
    }

    /// A tool is done, or could not be.
    pub(super) fn tool_done(
        &mut self,
        id: CallId,
        result: Result<String, String>,
        now: Now,
    ) -> Vec<Effect> {
        let Some(live) = self.live.as_ref().filter(|live| live.turn == id.turn) else {
            return Vec::new();
        };
        let took = now.since(live.step_since);
        let turn = self.conversation.turn_mut(id.turn);
        let call = turn.and_then(|turn| turn.reply.calls.get_mut(id.index));
        let Some(call) = call.filter(|call| call.state == CallState::Running) else {
            return Vec::new();
        };
        call.state = match result {
            Ok(text) => CallState::Done(Outcome { text, took }),
            Err(text) => CallState::Failed(Outcome { text, took }),
        };
        self.keep_turn(id.turn);
        self.advance(now)
    }

    /// Ends the calls of a turn that is stopped.
    pub(super) fn stop_calls(&mut self, id: TurnId, now: Now) {
        let since = self
            .live
            .as_ref()
            .map_or(now.instant, |live| live.step_since);
        let Some(turn) = self.conversation.turn_mut(id) else {
            return;
        };
        for call in &mut turn.reply.calls {
            match call.state {
                CallState::Running => {
                    call.state = CallState::Failed(Outcome {
                        text: told!("stopped before it ended"),
                        took: now.since(since),
                    });
                }
                CallState::Waiting | CallState::Approved => {
                    call.state = CallState::Refused(told!("the reply was stopped."));
                }
                _ => {}
            }
        }
    }
}
