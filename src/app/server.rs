//! MCP servers as the program knows them: what state each is in, and what it has.
//!
//! They are started with the first message. It waits for them a moment, so that it can offer their
//! tools; whoever is not there by then offers them from a later message on.

mod prompt;
pub mod stock;

use std::time::{Duration, Instant};

use super::overlay::Overlay;
use super::picker::{Item, Picker};
use super::toolkit::{News, Tool};
use super::{App, Effect, Phase, Tone};
use crate::chat::{Now, safe};
use crate::config::{Approve, McpServer, McpTransport};
use crate::phrase::tr;
pub use prompt::Asked;
use stock::{Question, Stock};

/// How long a message waits for servers that start.
const PATIENCE: Duration = Duration::from_secs(10);

/// An MCP server of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// What the configuration says of it.
    pub config: McpServer,
    /// What state it is in.
    pub state: ServerState,
    /// The tools that it has, or had when it was last there.
    pub tools: Vec<Tool>,
    /// What else it has, or had; `None` until it told.
    pub stock: Option<Stock>,
    /// Whether it was said that it fails: not with every message that would have started it anew.
    pub told: bool,
}

/// The state of an MCP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerState {
    /// Nobody has needed it yet.
    Idle,
    /// It is being started for the first time.
    Starting,
    /// It failed, and is being started anew.
    StartingAnew,
    /// It runs.
    Ready,
    /// It failed, and why.
    Down(String),
}

impl Server {
    /// A server that nobody has needed yet.
    pub fn new(config: McpServer) -> Self {
        Self {
            config,
            state: ServerState::Idle,
            tools: Vec::new(),
            stock: None,
            told: false,
        }
    }

    /// The tools that can be called now.
    pub fn tools_on_offer(&self) -> &[Tool] {
        if self.state == ServerState::Ready && self.config.approve != Approve::Never {
            &self.tools
        } else {
            &[]
        }
    }

    fn item(&self) -> Item<String> {
        let (right, why) = match &self.state {
            ServerState::Idle => (tr!("not started"), String::new()),
            ServerState::Starting | ServerState::StartingAnew => (tr!("starting"), String::new()),
            ServerState::Ready => (tr!("connected"), String::new()),
            ServerState::Down(why) => (tr!("failed"), format!("{why} · ")),
        };
        let count = self.tools.len();
        let names: Vec<&str> = self
            .tools
            .iter()
            .map(|tool| tool.spec.name.as_str())
            .collect();
        let reached = match &self.config.transport {
            McpTransport::Command(command) => command.join(" "),
            McpTransport::Url(url) => url.clone(),
        };
        let tools = match count {
            0 => String::new(),
            _ => format!(" · {}", names.join(tr!(", "))),
        };
        Item {
            title: self.config.name.clone(),
            words: String::new(),
            right: match (&self.state, count) {
                (ServerState::Ready, 1) => tr!("{right}, 1 tool", right),
                (ServerState::Ready, count) => tr!("{right}, {count} tools", right, count),
                _ => right.to_owned(),
            },
            about: safe::one_line(&format!("{why}{reached}{tools}{}", self.stocked())),
            dim: self.state == ServerState::Idle,
            value: self.config.name.clone(),
        }
    }

    /// What it has besides tools, in words.
    fn stocked(&self) -> String {
        let Some(stock) = &self.stock else {
            return String::new();
        };
        let prompts = stock.prompts.iter();
        let prompts = prompts.map(|prompt| format!("/{}:{}", self.config.name, prompt.name));
        let resources = match stock.resources.len() {
            0 => None,
            1 => Some(tr!("1 resource").to_owned()),
            count => Some(tr!("{count} resources", count)),
        };
        let all = prompts
            .chain(resources)
            .chain(stock.troubles.iter().cloned());
        all.fold(String::new(), |words, it| words + " · " + &it)
    }
}

impl App {
    /// Starts the servers that do not run. Tells whether a message is to wait for any of them.
    pub(super) fn start_servers(&mut self) -> (Vec<Effect>, bool) {
        let mut effects = Vec::new();
        let takes_tools = self.model().is_some_and(|model| model.tools) && self.session.tools;
        if !takes_tools || self.config.chat.max_tool_rounds == 0 {
            return (effects, false);
        }
        let mut waits = false;
        for server in &mut self.toolbox.servers {
            if server.config.approve == Approve::Never {
                continue;
            }
            match server.state {
                ServerState::Idle => server.state = ServerState::Starting,
                ServerState::Down(_) => server.state = ServerState::StartingAnew,
                ServerState::Starting | ServerState::StartingAnew | ServerState::Ready => continue,
            }
            waits |= server.state == ServerState::Starting;
            effects.push(Effect::StartServer(server.config.name.clone()));
        }
        (effects, waits)
    }

    /// Something happened with a server.
    pub(super) fn server_news(&mut self, name: &str, news: News, now: Now) -> Vec<Effect> {
        let servers = &mut self.toolbox.servers;
        let Some(server) = servers.iter_mut().find(|server| server.config.name == name) else {
            return Vec::new();
        };
        let mut effects = Vec::new();
        match news {
            News::Ready(listed) => {
                server.tools = Tool::served(&server.config, &listed);
                server.told = false;
                // One that runs has other tools now; it tells by itself what else has changed.
                if std::mem::replace(&mut server.state, ServerState::Ready) != ServerState::Ready {
                    effects.push(Effect::AskServer(name.to_owned(), Question::Stock));
                }
            }
            News::Has(stock) => {
                server.stock = Some(stock);
                effects = self.stock_came(name, now);
            }
            News::Prompt(ticket, prompted) => self.prompted(ticket, prompted, now),
            News::Down(why) => {
                let text = tr!(
                    "The MCP server {name} failed: {why} (/mcp tells more)",
                    name,
                    why
                );
                server.state = ServerState::Down(why);
                let is_news = !std::mem::replace(&mut server.told, true);
                let is_waited_for = self.stock_fails(name);
                if is_news || is_waited_for {
                    self.notify(Tone::Warning, text, now.instant);
                }
            }
        }
        self.renew_servers();
        effects.extend(self.send_when_ready(now));
        effects
    }

    /// Sends the message that waits for servers, if they are there or it has waited long enough.
    pub(super) fn send_when_ready(&mut self, now: Now) -> Vec<Effect> {
        let is_starting = |server: &Server| server.state == ServerState::Starting;
        let is_starting = self.toolbox.servers.iter().any(is_starting);
        let is_ready = self.live.as_ref().is_some_and(|live| {
            let waited = now.since(live.since) >= PATIENCE;
            live.phase == Phase::Starting && (waited || !is_starting)
        });
        if !is_ready {
            return Vec::new();
        }
        let tools = self.tools_on_offer();
        let Some(live) = &mut self.live else {
            return Vec::new();
        };
        live.phase = Phase::Connecting;
        live.step_since = now.instant;
        live.sent.ask.tools = tools.iter().map(|tool| tool.spec.clone()).collect();
        live.sent.tools = tools;
        let request = live.sent.request(&self.conversation, live.turn);
        vec![Effect::Send(live.turn, Box::new(request))]
    }

    /// Opens the list of servers.
    pub(super) fn open_servers(&mut self, now: Instant) {
        let items: Vec<Item<String>> = self.toolbox.servers.iter().map(Server::item).collect();
        if items.is_empty() {
            let text = tr!("There are no MCP servers; [mcp] in the configuration names them");
            self.notify(Tone::Info, text, now);
            return;
        }
        self.overlay = Some(Overlay::Servers(Picker::new(items, 0)));
    }

    /// Has the list of servers, if it is open, show what they are doing.
    fn renew_servers(&mut self) {
        if let Some(Overlay::Servers(picker)) = &mut self.overlay {
            picker.renew(self.toolbox.servers.iter().map(Server::item).collect());
        }
    }

    /// Starts one server, as the user asks.
    pub(super) fn start_server(&mut self, name: String) -> Vec<Effect> {
        let servers = &mut self.toolbox.servers;
        let server = servers.iter_mut().find(|server| server.config.name == name);
        let Some(server) = server.filter(|server| server.state != ServerState::Ready) else {
            return Vec::new();
        };
        server.state = ServerState::StartingAnew;
        self.renew_servers();
        vec![Effect::StartServer(name)]
    }
}
