//! MCP servers: started when they are first needed, listed, called, started anew when they end.
//!
//! Each has a desk of its own, a future that the loop polls: whatever one of them does, it does to
//! nobody else. Invariants: starting and calling have time limits; lists, schemas, messages and
//! results have size limits; a server that is left is ended with all that it started.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{mpsc, oneshot};

use super::Programs;
use crate::app::attached::Found;
use crate::app::server::stock::{Prompted, Question, Stock};
use crate::app::toolkit::{Listed, News};
use crate::config::McpServer;
use crate::phrase::tr;
use desk::Desk;

mod changes;
mod desk;
mod fault;
mod link;
mod process;
mod stock;

/// How many calls may wait at a desk.
const MOST_WAITING: usize = 8;

/// Makes the client that reaches an address.
pub type Http =
    Arc<dyn Fn(String) -> BoxFuture<'static, Result<reqwest::Client, String>> + Send + Sync>;

/// The servers of a configuration.
pub struct Servers {
    desks: BTreeMap<String, mpsc::Sender<Request>>,
    work: FuturesUnordered<BoxFuture<'static, ()>>,
    news: mpsc::UnboundedReceiver<(String, News)>,
}

impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Servers")
            .field("names", &self.desks.keys())
            .finish_non_exhaustive()
    }
}

impl Default for Servers {
    fn default() -> Self {
        let (_, news) = mpsc::unbounded_channel();
        Self {
            desks: BTreeMap::new(),
            work: FuturesUnordered::new(),
            news,
        }
    }
}

/// What is wanted of a server.
enum Request {
    /// To be there.
    Start,
    /// To run a tool.
    Call {
        tool: String,
        arguments: String,
        limit: Duration,
        answer: Answer<String>,
    },
    /// To tell what it has besides tools. One that does not run is not started for it.
    Stock(Answer<Stock>),
    /// To write a prompt out.
    Prompt {
        name: String,
        arguments: Vec<(String, String)>,
        answer: Answer<Prompted>,
    },
    /// To hand a resource over.
    Read { uri: String, answer: Answer<Found> },
}

/// Where an answer goes, or a sentence that says why there is none.
type Answer<T> = oneshot::Sender<Result<T, String>>;

impl Request {
    /// Tells whoever waits that nothing comes of it.
    fn fail(self, why: String) {
        match self {
            Self::Start => {}
            Self::Call { answer, .. } => drop(answer.send(Err(why))),
            Self::Stock(answer) => drop(answer.send(Err(why))),
            Self::Prompt { answer, .. } => drop(answer.send(Err(why))),
            Self::Read { answer, .. } => drop(answer.send(Err(why))),
        }
    }
}

impl Servers {
    /// Servers that are started by these programs, or reached by clients that `http` makes. None
    /// is started yet.
    pub fn new(servers: &[McpServer], programs: &Programs, http: &Http) -> Self {
        let (tell, news) = mpsc::unbounded_channel();
        let mut desks = BTreeMap::new();
        let work = FuturesUnordered::new();
        for server in servers {
            let (request, requests) = mpsc::channel(MOST_WAITING);
            desks.insert(server.name.clone(), request);
            let desk = Desk::new(server, programs, http, &tell);
            work.push(Box::pin(desk.attend(requests)) as BoxFuture<'static, ()>);
        }
        Self { desks, work, news }
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.desks.is_empty()
    }

    /// Starts a server, if it does not run; what comes of it is news.
    pub fn start(&mut self, server: &str) {
        if let Some(desk) = self.desks.get(server) {
            // A desk that is full is busy with a server that runs.
            let _ = desk.try_send(Request::Start);
        }
    }

    /// Calls a tool. The work is done while [`Servers::next`] is polled; dropping the future gives
    /// the call up.
    ///
    /// # Errors
    /// Why there is no result, as a sentence for the model and the user.
    pub fn call(
        &self,
        server: &str,
        tool: String,
        arguments: String,
        limit: Duration,
    ) -> impl Future<Output = Result<String, String>> + Send + 'static {
        self.request(server, move |answer| Request::Call {
            tool,
            arguments,
            limit,
            answer,
        })
    }

    /// Asks a server something; what it says is news of it. See [`Servers::call`].
    pub fn ask(
        &self,
        server: &str,
        question: Question,
    ) -> impl Future<Output = News> + Send + 'static {
        match question {
            Question::Stock => self
                .request(server, Request::Stock)
                .map(|told| News::Has(told.unwrap_or_else(Stock::unknown)))
                .left_future(),
            Question::Prompt {
                ticket,
                name,
                arguments,
            } => self
                .request(server, move |answer| Request::Prompt {
                    name,
                    arguments,
                    answer,
                })
                .map(move |prompted| News::Prompt(ticket, prompted))
                .right_future(),
        }
    }

    /// Fetches a resource. See [`Servers::call`].
    ///
    /// # Errors
    /// Why there is none, as a sentence for the user.
    pub fn read(
        &self,
        server: &str,
        uri: String,
    ) -> impl Future<Output = Result<Found, String>> + Send + 'static {
        self.request(server, move |answer| Request::Read { uri, answer })
    }

    /// Hands a wish in and waits for its answer.
    fn request<T: Send + 'static>(
        &self,
        server: &str,
        request: impl FnOnce(Answer<T>) -> Request,
    ) -> impl Future<Output = Result<T, String>> + Send + 'static {
        let (answer, result) = oneshot::channel();
        let taken = match self.desks.get(server) {
            None => Err(fault::named(server, tr!("it is not configured"))),
            Some(desk) => desk
                .try_send(request(answer))
                .map_err(|_full| fault::named(server, tr!("it has too much to do"))),
        };
        let gone = fault::named(server, tr!("it is gone"));
        async move {
            taken?;
            result.await.unwrap_or(Err(gone))
        }
    }

    /// What happens next with any of them. While nothing does, waits for ever.
    pub async fn next(&mut self) -> (String, News) {
        loop {
            tokio::select! {
                biased;
                Some(news) = self.news.recv() => return news,
                Some(()) = self.work.next() => {}
                else => std::future::pending().await,
            }
        }
    }
}

/// Keeps a text within a size, and says so.
fn bounded(mut text: String, most_bytes: usize) -> String {
    if text.len() > most_bytes {
        let all = text.len();
        let ends = text.char_indices().map(|(at, _)| at);
        let end = ends.take_while(|at| *at <= most_bytes).last().unwrap_or(0);
        text.truncate(end);
        let _ = write!(
            text,
            "\n[cut: the first {} KiB of {} KiB]",
            most_bytes / 1024,
            all.div_ceil(1024)
        );
    }
    text
}

/// The tools that a server may have, and how large what it says of each.
fn accepted(
    name: String,
    description: String,
    parameters: serde_json::Map<String, serde_json::Value>,
) -> Option<Listed> {
    const MOST_SCHEMA_BYTES: usize = 32 * 1024;
    const MOST_DESCRIPTION_BYTES: usize = 4 * 1024;
    let schema = serde_json::to_string(&parameters).ok()?;
    if name.is_empty() || name.len() > 256 || schema.len() > MOST_SCHEMA_BYTES {
        return None;
    }
    Some(Listed {
        name,
        description: bounded(description, MOST_DESCRIPTION_BYTES),
        parameters,
    })
}
