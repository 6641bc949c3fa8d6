//! MCP servers in a build without them: each says so when it is needed.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::Programs;
use crate::app::attached::Found;
use crate::app::server::stock::{Question, Stock};
use crate::app::toolkit::News;
use crate::config::McpServer;
use crate::phrase::tr;

/// Makes the client that reaches an address.
pub type Http =
    Arc<dyn Fn(String) -> BoxFuture<'static, Result<reqwest::Client, String>> + Send + Sync>;

fn why() -> String {
    tr!("this build of mmchat has no MCP").to_owned()
}

/// The servers of a configuration, none of which can be reached.
#[derive(Default)]
pub struct Servers {
    waiting: Vec<String>,
}

impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Servers").finish_non_exhaustive()
    }
}

impl Servers {
    /// Servers that can't be reached.
    pub fn new(_: &[McpServer], _: &Programs, _: &Http) -> Self {
        Self::default()
    }

    /// Tells whether nobody waits for one.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes note that one is wanted.
    pub fn start(&mut self, server: &str) {
        self.waiting.push(server.to_owned());
    }

    /// Fails.
    ///
    /// # Errors
    /// Always.
    pub fn call(
        &self,
        _: &str,
        _: String,
        _: String,
        _: Duration,
    ) -> impl Future<Output = Result<String, String>> + Send + 'static {
        std::future::ready(Err(why()))
    }

    /// Fails.
    pub fn ask(&self, _: &str, question: Question) -> impl Future<Output = News> + Send + 'static {
        std::future::ready(match question {
            Question::Stock => News::Has(Stock::unknown(why())),
            Question::Prompt { ticket, .. } => News::Prompt(ticket, Err(why())),
        })
    }

    /// Fails.
    ///
    /// # Errors
    /// Always.
    pub fn read(
        &self,
        _: &str,
        _: String,
    ) -> impl Future<Output = Result<Found, String>> + Send + 'static {
        std::future::ready(Err(why()))
    }

    /// That the one that is wanted can't be had.
    pub async fn next(&mut self) -> (String, News) {
        let wanted = self.waiting.pop();
        match wanted {
            Some(server) => (server, News::Down(why())),
            None => std::future::pending().await,
        }
    }
}
