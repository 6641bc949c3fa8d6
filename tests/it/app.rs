//! What the program does, without a terminal or a network: messages in, screens and effects out.

mod any_input;
mod branches;
mod context;
mod hostile;
mod keys;
mod models;
mod panes;
mod replies;
mod tools;
mod turns;
