//! What a configuration adds to a chat: tools, MCP servers, personas and templates. Data only:
//! nothing here starts a program.

use serde_json::{Map, Value};

use super::read::{model_name, params, thinking};
use super::schema;
use crate::catalog::reader::{Field, Section};
use crate::catalog::{Catalog, Notes, entry};
use crate::chat::{Params, Thinking, safe};
use crate::phrase::tr;

/// `[tools.NAME]`: a program that the model may ask to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Its name, as the model calls it.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The JSON schema of its arguments.
    pub parameters: Map<String, Value>,
    /// How long it may run, in seconds.
    pub timeout_seconds: u64,
    /// Whether it needs the user's consent.
    pub approve: Approve,
    /// The environment variables that it gets to see.
    pub env: Vec<String>,
}

/// Whether a tool needs the user's consent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Approve {
    /// Each call is shown and asked for.
    #[default]
    Ask,
    /// It runs without asking.
    Always,
    /// It is never run.
    Never,
}

/// The words for consent.
const APPROVE: [(&str, Approve); 3] = [
    ("ask", Approve::Ask),
    ("always", Approve::Always),
    ("never", Approve::Never),
];

/// `[mcp.NAME]`: a server that offers tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct McpServer {
    /// Its name.
    pub name: String,
    /// How it is reached.
    pub transport: McpTransport,
    /// How long a call may take, in seconds.
    pub timeout_seconds: u64,
    /// Whether its tools need the user's consent.
    pub approve: Approve,
    /// The environment variables that a server that is started gets to see.
    pub env: Vec<String>,
}

/// How an MCP server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum McpTransport {
    /// The program and its arguments, spoken to on its stdin and stdout.
    Command(Vec<String>),
    /// The address, spoken to over streamable HTTP.
    Url(String),
}

/// `[personas.NAME]`: a way to begin a conversation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Persona {
    /// Its name.
    pub name: String,
    /// The system prompt, empty for none; `None` = that of `[chat]`.
    pub system_prompt: Option<String>,
    /// `provider/model`; `None` = the current one.
    pub model: Option<String>,
    /// The thinking mode; `None` = the current one.
    pub thinking: Option<Thinking>,
    /// Sampling parameters; unset = those of `[chat]`.
    pub params: Params,
}

impl Persona {
    /// The system prompt that conversations have with it; `usual` is that of `[chat]`.
    pub fn prompt<'a>(&'a self, usual: &'a str) -> &'a str {
        self.system_prompt.as_deref().unwrap_or(usual)
    }
}

/// `[templates.NAME]`: a message with places to fill in, sent by `/NAME`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    /// Its name, as the slash command that it is.
    pub name: String,
    /// What it is for, in a line.
    pub description: String,
    /// The message; `{{NAME}}` is a place to fill in.
    pub prompt: String,
}

/// Reads `[tools.NAME]`.
pub(super) fn tool(name: String, mut section: Section<'_>, notes: &mut Notes) -> Option<Tool> {
    if !is_tool_name(&name) {
        let message = tr!("a tool's name holds letters, digits, _ and - only, 64 at most.");
        notes.wrong(section.at, message);
    }
    let command = section.get("command");
    if command.is_none() {
        let name = safe::one_line(&name);
        let message = tr!("the tool \"{name}\" has no `command` to run.", name);
        notes.wrong(section.at, message);
    }
    let tool = Tool {
        name,
        description: section.string("description", notes).unwrap_or_default(),
        command: command
            .and_then(|field| field.command(notes))
            .unwrap_or_default(),
        parameters: section
            .get("parameters")
            .and_then(|field| parameters(&field, notes))
            .unwrap_or_default(),
        timeout_seconds: section
            .whole("timeout_seconds", 1..=86_400, notes)
            .unwrap_or(30),
        approve: section.word("approve", &APPROVE, notes).unwrap_or_default(),
        env: section
            .get("env")
            .and_then(|field| field.strings(notes))
            .unwrap_or_default(),
    };
    section.finish(notes);
    (!tool.command.is_empty()).then_some(tool)
}

fn parameters(field: &Field<'_>, notes: &mut Notes) -> Option<Map<String, Value>> {
    let parameters = field.json(notes)?;
    if let Some(fault) = schema::fault(&parameters) {
        field.wrong(tr!("{fault}.", fault = safe::one_line(&fault)), notes);
        return None;
    }
    Some(parameters)
}

/// What the vendors' protocols allow a function to be called.
fn is_tool_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !name.is_empty() && name.len() <= 64 && name.chars().all(plain)
}

/// Reads `[mcp.NAME]`.
pub(super) fn mcp_server(
    name: String,
    mut section: Section<'_>,
    notes: &mut Notes,
) -> Option<McpServer> {
    let (command, url) = (section.get("command"), section.get("url"));
    let transport = match (command, url) {
        (Some(command), None) => command.command(notes).map(McpTransport::Command),
        (None, Some(url)) => entry::address(&url, notes).map(McpTransport::Url),
        (None, None) => {
            let name = safe::one_line(&name);
            let message = tr!("the MCP server \"{name}\" needs `command` or `url`.", name);
            notes.wrong(section.at, message);
            None
        }
        (Some(_), Some(url)) => {
            url.wrong(
                tr!("stands beside `command`; a server has one of the two."),
                notes,
            );
            None
        }
    };
    // Its tools may be offered under names that begin with it.
    if !is_tool_name(&name) {
        let message = tr!("an MCP server's name holds letters, digits, _ and - only, 64 at most.");
        notes.wrong(section.at, message);
    }
    let timeout_seconds = section.whole("timeout_seconds", 1..=86_400, notes);
    let approve = section.word("approve", &APPROVE, notes);
    let env = section.get("env");
    if let (Some(env), Some(McpTransport::Url(_))) = (&env, &transport) {
        env.wrong(
            tr!("is for servers that are started; this one has a `url`."),
            notes,
        );
    }
    let env = env.and_then(|field| field.strings(notes));
    section.finish(notes);
    transport.map(|transport| McpServer {
        name,
        transport,
        timeout_seconds: timeout_seconds.unwrap_or(60),
        approve: approve.unwrap_or_default(),
        env: env.unwrap_or_default(),
    })
}

/// Reads `[personas.NAME]`.
pub(super) fn persona(
    name: String,
    mut section: Section<'_>,
    catalog: &Catalog,
    notes: &mut Notes,
) -> Persona {
    if name == NO_PERSONA || !is_word(&name) {
        let message =
            tr!("a persona's name holds no spaces, and is not \"none\", which takes one off.");
        notes.wrong(section.at, message);
    }
    let persona = Persona {
        name,
        system_prompt: section.string("system_prompt", notes),
        model: section
            .get("model")
            .and_then(|field| model_name(&field, catalog, notes)),
        thinking: thinking(&mut section, notes),
        params: params(&mut section, notes),
    };
    section.finish(notes);
    persona
}

/// What takes a persona off again, so that none can be called this.
pub const NO_PERSONA: &str = "none";

/// Whether a name can be typed after a command as one word.
fn is_word(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Reads `[templates.NAME]`; `taken` are the slash commands that are there already.
pub(super) fn template(
    name: String,
    mut section: Section<'_>,
    taken: &[&str],
    notes: &mut Notes,
) -> Template {
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if taken.contains(&name.as_str()) {
        let message = tr!(
            "/{name} is a command of mmchat's; the template needs another name.",
            name
        );
        notes.wrong(section.at, message);
    } else if name.is_empty() || !name.chars().all(plain) {
        let message =
            tr!("a template's name holds letters, digits, _ and - only, as a slash command does.");
        notes.wrong(section.at, message);
    }
    let description = section.string("description", notes).unwrap_or_default();
    let at = section.at;
    let prompt = section.get("prompt");
    if prompt.is_none() {
        let name = safe::one_line(&name);
        notes.wrong(at, tr!("the template \"{name}\" has no `prompt`.", name));
    }
    let prompt = prompt.and_then(|field| field.text(notes));
    section.finish(notes);
    Template {
        name,
        description,
        prompt: prompt.unwrap_or_default(),
    }
}
