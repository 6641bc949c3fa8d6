//! Every whole-program test, in one binary so that it links once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing test may panic"
)]

mod app;
mod capabilities;
mod catalog;
mod cli;
mod commonmark;
mod config;
mod docs;
mod documents;
mod faults;
#[cfg(unix)]
mod faults_files;
mod faults_net;
#[cfg(unix)]
mod faults_terminal;
mod faults_text;
mod faults_volume;
mod faults_wire;
mod flow;
mod fuzz;
mod harness;
#[cfg(feature = "highlight")]
mod highlight;
mod http;
mod links;
mod markdown;
mod phrases;
#[cfg(feature = "image-preview")]
mod pictures;
mod pty;
mod screens;
#[cfg(unix)]
mod store;
mod support;
mod themes;
mod tidy;
#[cfg(unix)]
mod tools;
#[cfg(any(feature = "highlight", feature = "image-preview"))]
mod watched;
mod wire;
