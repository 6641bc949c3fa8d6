//! Every whole-program test, in one binary so that it links once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_collect,
    reason = "a failing test may panic, and takes its time"
)]

mod app;
mod catalog;
mod cli;
mod config;
mod docs;
mod flow;
mod harness;
mod http;
mod markdown;
mod pty;
mod screens;
mod support;
mod tidy;
mod wire;
