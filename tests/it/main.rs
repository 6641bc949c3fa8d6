//! Every whole-program test, in one binary so that it links once.
//!
//! `cfg(test)` is always set here; it is said so that clippy knows these modules for tests.

#[cfg(test)]
mod http;
#[cfg(test)]
mod support;
mod wire;
