//! What the state asks for, carried out.

use std::collections::VecDeque;
use std::io;

use super::export::written;
use super::reply::Reply;
use super::signals::Signal;
use super::{Error, Runtime};
use crate::app::{App, Effect, Msg};
use crate::phrase::{self, tr};
use crate::tui::Surface;

impl<S: Surface> Runtime<'_, S> {
    /// Carries out effects in their order, and then those of the messages that they come to.
    /// Returns whether the program is left.
    pub(super) fn carry_out_all(
        &mut self,
        app: &mut App,
        effects: Vec<Effect>,
    ) -> Result<bool, Error> {
        let mut waiting = VecDeque::from(effects);
        let mut leaves = false;
        while let Some(effect) = waiting.pop_front() {
            leaves |= effect == Effect::Quit;
            if let Some(msg) = self.carry_out(effect)? {
                self.dirty = true;
                // An update gives its effects once: none may be dropped.
                waiting.extend(app.update(msg, self.clock.now()));
            }
        }
        Ok(leaves)
    }

    /// Carries out an effect. What it comes to, if anything, is a message.
    fn carry_out(&mut self, effect: Effect) -> Result<Option<Msg>, Error> {
        let trouble = |what: &str, error: io::Error| {
            Msg::Trouble(tr!("{what}: {error}", what, error = phrase::system(&error)))
        };
        Ok(match effect {
            Effect::Send(turn, request) => {
                let steps = self.provider.reply(*request);
                self.reply = Some(Reply { turn, steps });
                None
            }
            Effect::Cancel(turn) => {
                self.reply.take_if(|reply| reply.turn == turn);
                self.jobs.stop(turn);
                None
            }
            Effect::StartServer(name) => {
                self.servers.start(&name);
                None
            }
            Effect::AskServer(name, question) => {
                let asked = self.servers.ask(&name, question);
                let told = async move { Msg::Server(name, asked.await) };
                self.jobs.look_up(told);
                None
            }
            Effect::TakeKey {
                provider,
                key,
                keep,
            } => {
                let taken = self.take_key(&provider, &key, keep);
                Some(Msg::KeyTaken(provider, taken))
            }
            Effect::RunTool(call, job) => {
                self.run_tool(call, *job);
                None
            }
            Effect::Fetch(ticket, wanted) => {
                self.fetch(ticket, wanted);
                None
            }
            Effect::Paths(ticket, typed) => {
                let listed = self.files.paths(typed);
                let told = async move { Msg::Paths(ticket, listed.await) };
                self.jobs.look_up(told);
                None
            }
            Effect::Copy(text) => {
                let copied = self.console.copy(&text);
                copied
                    .err()
                    .map(|error| trouble(tr!("The clipboard could not be reached"), error))
            }
            Effect::Export(export) => {
                let path = export.path.clone();
                self.jobs.write(path, written(*export, &self.files));
                None
            }
            Effect::Notify(text) => {
                drop(self.console.notify(text));
                None
            }
            Effect::Edit(text) => {
                let edited = self.console.edit(&text);
                if edited.rested {
                    self.expect(Signal::Suspend);
                    self.expect(Signal::Resumed);
                }
                self.redraw();
                Some(Msg::Edited(edited.text))
            }
            Effect::TakeMouse(take) => {
                let taken = self.console.take_mouse(take);
                taken
                    .err()
                    .map(|error| trouble(tr!("The mouse could not be switched"), error))
            }
            Effect::AskBackground => {
                self.ask_background();
                None
            }
            Effect::Suspend => {
                self.suspend()?;
                None
            }
            Effect::Redraw => {
                self.redraw();
                None
            }
            effect @ (Effect::Save(_)
            | Effect::List { .. }
            | Effect::Load { .. }
            | Effect::Peek { .. }
            | Effect::Recall) => {
                if let Some(store) = &mut self.store {
                    store.carry_out(effect);
                }
                None
            }
            Effect::Quit => None,
        })
    }
}
