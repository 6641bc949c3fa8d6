//! What whole-program tests share.

pub(crate) mod raw;
pub(crate) mod tls;
#[cfg(unix)]
pub(crate) mod tty;
pub(crate) mod watched;
