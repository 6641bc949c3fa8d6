//! mmchat: chat with MiniMax models in a terminal, reasoning and answer streaming side by side.
//!
//! # Layers
//!
//! An arrow may only point left (`tests/it/tidy.rs` holds the code to it):
//!
//! `chat` ← `wire` ← `catalog` ← `config` ← `markdown` ← `app` ← `ui` ← { `net`, `store`, `tui`,
//! `demo` } ← `runtime` ← `cli` ← `main`

pub mod app;
pub mod catalog;
pub mod chat;
pub mod cli;
pub mod config;
pub mod demo;
pub mod markdown;
pub mod net;
pub mod runtime;
pub mod tui;
pub mod ui;
pub mod wire;
