//! Effects that take more than a line: tools that are to run, keys that were entered, and what is
//! to go along with a message.

use super::Runtime;
use crate::app::attached::Wanted;
use crate::app::toolkit::{Runner, ToolJob};
use crate::app::{KeyTaken, Msg, Secret};
use crate::chat::CallId;
use crate::net::Credentials;
use crate::net::secret::Source;
use crate::phrase::tr;
use crate::tui::Surface;

impl<S: Surface> Runtime<'_, S> {
    /// Uses a key from now on, and keeps it if that is asked for.
    pub(super) fn take_key(
        &self,
        provider: &str,
        key: &Secret,
        keep: bool,
    ) -> Result<KeyTaken, String> {
        let keys = self
            .keys
            .ok_or_else(|| tr!("keys are not taken here").to_owned())?;
        let serves = keys.enter(provider, key.expose(), keep)?;
        let file = keys.credentials().filter(|_| keep);
        Ok(KeyTaken {
            serves,
            file: file.map(Credentials::place),
            shadowed_by: match keys.source(provider) {
                Source::Environment(name) => Some(name),
                Source::Command(_) => Some("api_key_command".to_owned()),
                Source::NotNeeded | Source::Missing(_) | Source::Kept(_) | Source::Elsewhere(_) => {
                    None
                }
            },
        })
    }

    /// Fetches what is to go along with a message: from a file, or from a server.
    pub(super) fn fetch(&mut self, ticket: u64, wanted: Wanted) {
        match wanted {
            Wanted::Resource { server, uri } => {
                let read = self.servers.read(&server, uri);
                let told = async move { Msg::Fetched(ticket, read.await) };
                self.jobs.look_up(told);
            }
            wanted => {
                let found = self.files.fetch(wanted);
                let told = async move { Msg::Fetched(ticket, found.await) };
                self.jobs.look_up(told);
            }
        }
    }

    /// Has a tool run.
    pub(super) fn run_tool(&mut self, call: CallId, job: ToolJob) {
        match job.runner {
            Runner::Program {
                command,
                env,
                timeout,
            } => {
                let work = self.programs.run(&command, &env, timeout, job.arguments);
                self.jobs.start(call, work);
            }
            Runner::Server {
                server,
                tool,
                timeout,
            } => {
                let work = self.servers.call(&server, tool, job.arguments, timeout);
                self.jobs.start(call, work);
            }
        }
    }
}
