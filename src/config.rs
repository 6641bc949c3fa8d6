//! What the user may set, typed and checked, with defaults.
//!
//! Reads no file and no environment: whoever has the text hands it in.

use crate::catalog::{Catalog, ProviderEntry};
use crate::chat::{Extras, Params, Thinking};
use crate::phrase::Language;

mod extension;
pub mod keys;
mod read;
pub mod schema;
pub mod theme;

pub use crate::catalog::{Problem, Problems};
pub use extension::{Approve, McpServer, McpTransport, NO_PERSONA, Persona, Template, Tool};
pub use read::{Known, language, parse, read, wrong_at};

/// The whole configuration, defaults filled in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// `provider/model` to open with; `None` = the first provider with a key, else the demo.
    pub model: Option<String>,
    /// How conversations begin.
    pub chat: Chat,
    /// How the screen looks and behaves.
    pub ui: Ui,
    /// How the network is used.
    pub network: Network,
    /// Key bindings that replace an action's defaults.
    pub keys: Vec<keys::Binding>,
    /// What is said of providers, built in or new, in the order of the file.
    pub providers: Vec<ProviderEntry>,
    /// Programs that models may ask to run.
    pub tools: Vec<Tool>,
    /// Servers that offer tools.
    pub mcp: Vec<McpServer>,
    /// Ways to begin a conversation.
    pub personas: Vec<Persona>,
    /// Messages with places to fill in.
    pub templates: Vec<Template>,
    /// The user's themes. They are files beside the configuration, not part of it.
    pub themes: Vec<theme::Theme>,
}

impl Config {
    /// The built-in catalogue with this configuration's providers laid over it.
    pub fn catalog(&self) -> Catalog {
        Catalog::builtin().merged(&self.providers)
    }
}

/// `[chat]`: how conversations begin.
#[derive(Debug, Clone, PartialEq)]
pub struct Chat {
    /// The system prompt; empty for none.
    pub system_prompt: String,
    /// Sampling parameters; unset = the provider's.
    pub params: Params,
    /// The thinking mode.
    pub thinking: Thinking,
    /// What else is asked of the answers, of models that can do it.
    pub extras: Extras,
    /// Whether replies are streamed.
    pub stream: bool,
    /// How many rounds of tools one turn may have.
    pub max_tool_rounds: u32,
}

/// `[ui]`: how the screen looks and behaves.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the file"
)]
pub struct Ui {
    /// How the thinking panel opens.
    pub thinking_panel: PanelState,
    /// The thinking panel's share of the width, in percent.
    pub thinking_width: u16,
    /// The side that the thinking panel is on.
    pub thinking_side: Side,
    /// `auto`, `dark`, `light` or the name of a theme.
    pub theme: String,
    /// Whether mmchat takes the mouse.
    pub mouse: bool,
    /// The interface's language; `None` = the locale's.
    pub language: Option<Language>,
    /// When the end of a reply is announced.
    pub notify: Notify,
    /// Whether the window's title tells what is going on.
    pub window_title: bool,
    /// Whether the terminal shows that a reply is coming, where it is known to be able to.
    pub progress: bool,
    /// Whether sent images have a small picture under their card, where the terminal can show it.
    pub image_preview: bool,
}

/// How much of the reasoning is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PanelState {
    /// A pane of its own.
    #[default]
    Full,
    /// Its last lines, above the chat.
    Peek,
    /// A word in the header.
    Hidden,
}

/// A side of the screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Side {
    /// Left.
    #[default]
    Left,
    /// Right.
    Right,
}

/// When the end of a reply is announced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Notify {
    /// When the window has no focus.
    #[default]
    Unfocused,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// `[network]`: how the network is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// How long a connection may take, in seconds.
    pub connect_timeout_seconds: u64,
    /// How long a server may be silent, in seconds, counted anew at every byte.
    pub idle_timeout_seconds: u64,
    /// How long a server that shows signs of life may send no text, in seconds, counted anew at
    /// every piece.
    pub text_timeout_seconds: u64,
    /// How often a request that failed before its first text is tried again.
    pub max_retries: u32,
    /// The proxy's address; empty = the environment's.
    pub proxy: String,
    /// A file of certificates to trust besides the system's; empty for none.
    pub ca_file: String,
    /// Whether a key may go over plain HTTP to another machine.
    pub allow_plain_http: bool,
}

impl Default for Chat {
    fn default() -> Self {
        Self {
            system_prompt: String::new(),
            params: Params::default(),
            thinking: Thinking::On,
            extras: Extras::default(),
            stream: true,
            max_tool_rounds: 10,
        }
    }
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            thinking_panel: PanelState::Full,
            thinking_width: 40,
            thinking_side: Side::Left,
            theme: "auto".to_owned(),
            mouse: true,
            language: None,
            notify: Notify::Unfocused,
            window_title: true,
            progress: true,
            image_preview: true,
        }
    }
}

impl Default for Network {
    fn default() -> Self {
        Self {
            connect_timeout_seconds: 10,
            idle_timeout_seconds: 300,
            text_timeout_seconds: 1800,
            max_retries: 3,
            proxy: String::new(),
            ca_file: String::new(),
            allow_plain_http: false,
        }
    }
}
