//! mmchat: chat with MiniMax models in a terminal, reasoning and answer streaming side by side.
//!
//! A pure core (a state machine that never does I/O) inside a thin shell that owns the clock, the
//! network and the terminal. [`app::App::update`] is the only place where state changes;
//! [`ui::view`] draws it; [`runtime`] is the loop between the two. `ARCHITECTURE.md` tells the
//! rest.
//!
//! # Layers
//!
//! An arrow may only point left (`tests/it/tidy.rs` holds the code to it):
//!
//! `phrase` ← `chat` ← `wire` ← `catalog` ← `config` ← `markdown` ← `app` ← `ui` ← { `private`, `search_path`, `worker` }
//! ← { `net`, `store`, `tui`, `demo`, `files`, `highlight`, `picture`, `tools` } ← `runtime` ← `cli` ← `main`
//!
//! Up to `ui` everything is pure.
//!
//! # The words for what is on the screen
//!
//! ```text
//!  header: title                         provider · model as served · thinking mode
//! ╭ thinking pane ───────────────╮╭ chat pane ─────────────────────────────────────╮
//! │ the reasoning of the turn    ││ You                                      14:02 │ ┐
//! │ in focus                     ││ prompt                                         │ │ a turn
//! │                              ││ model · provider phase, or how long it thought │ │
//! │                              ││ answer                             ◀ sibling ▶ │ ┘
//! │               ╭ overlay ───────────────────────────────────╮                   │
//! │               │ › filter                                   │                   │
//! │               │   picker, palette or help: has the keys    │                   │
//! │               ╰────────────────────────────────────────────╯                   │
//! ╰──────────────────────────────╯╰─────────────── ↓ new lines below a held place ─╯
//! ╭ message box ───────────────────────────────────────────────────────────────────╮
//! │ draft, with [pasted 340 lines] as a chip                                       │
//! ╰────────────────────────────────────────────────────────────────────────────────╯
//!  status: a notice, else key hints              figures: window, first text, speed
//! ```
//!
//! The panel is how much of the thinking pane is shown: full, peek (its last lines) or hidden. A
//! pane follows its tail, or holds a place. The focus is the part that takes the keys.

pub mod app;
pub mod catalog;
pub mod chat;
pub mod cli;
pub mod config;
pub mod demo;
pub mod files;
pub mod highlight;
pub mod markdown;
pub mod net;
pub mod phrase;
pub mod picture;
pub mod private;
pub mod runtime;
pub mod search_path;
pub mod store;
pub mod tools;
pub mod tui;
pub mod ui;
pub mod wire;
pub mod worker;
