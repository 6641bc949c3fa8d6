//! Every whole-program test, in one binary so that it links once.

mod catalog;
mod config;
mod http;
mod markdown;
mod support;
mod wire;
