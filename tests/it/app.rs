//! What the program does, without a terminal or a network: messages in, screens and effects out.

mod announcements;
mod any_input;
mod attached;
mod branches;
mod context;
mod enter_key;
mod export;
mod extras;
mod find;
pub(crate) mod history;
mod hostile;
mod keeping;
mod keys;
mod large;
mod models;
mod mouse;
mod onward;
mod panes;
mod persona;
mod replies;
mod servers;
mod tools;
mod turns;
