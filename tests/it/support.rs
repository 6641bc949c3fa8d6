//! What whole-program tests share.

pub(crate) mod raw;
pub(crate) mod tls;
pub(crate) mod watched;
