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
use tokio::time::{Instant, timeout};

use super::Programs;
use crate::app::attached::Found;
use crate::app::server::stock::{Prompted, Question, Stock};
use crate::app::toolkit::{Listed, News};
use crate::config::McpServer;
use link::Link;

mod link;
mod process;
mod stock;

/// How long a server may take to start and to tell what it has.
const START: Duration = Duration::from_secs(60);
/// How long after a first failure a server is not started again; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How many calls may wait at a desk.
const MOST_WAITING: usize = 8;

/// Makes the client that reaches an address.
pub type Http =
    Arc<dyn Fn(String) -> BoxFuture<'static, Result<reqwest::Client, String>> + Send + Sync>;

/// The servers of a configuration.
pub struct Servers {
    desks: BTreeMap<String, mpsc::Sender<Wish>>,
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
enum Wish {
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

impl Wish {
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
            let (wish, wishes) = mpsc::channel(MOST_WAITING);
            desks.insert(server.name.clone(), wish);
            let desk = Desk {
                server: server.clone(),
                programs: programs.clone(),
                http: Arc::clone(http),
                tell: tell.clone(),
                failures: 0,
                not_before: None,
            };
            work.push(Box::pin(desk.attend(wishes)) as BoxFuture<'static, ()>);
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
            let _ = desk.try_send(Wish::Start);
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
        self.wish(server, move |answer| Wish::Call {
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
                .wish(server, Wish::Stock)
                .map(|told| News::Has(told.unwrap_or_else(Stock::unknown)))
                .left_future(),
            Question::Prompt {
                ticket,
                name,
                arguments,
            } => self
                .wish(server, move |answer| Wish::Prompt {
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
        self.wish(server, move |answer| Wish::Read { uri, answer })
    }

    /// Hands a wish in and waits for its answer.
    fn wish<T: Send + 'static>(
        &self,
        server: &str,
        wish: impl FnOnce(Answer<T>) -> Wish,
    ) -> impl Future<Output = Result<T, String>> + Send + 'static {
        let (answer, result) = oneshot::channel();
        let taken = match self.desks.get(server) {
            None => Err(format!("there is no MCP server {server}")),
            Some(desk) => desk
                .try_send(wish(answer))
                .map_err(|_full| format!("the MCP server {server} has too much to do")),
        };
        async move {
            taken?;
            let gone = |_| Err("the MCP server is gone".to_owned());
            result.await.unwrap_or_else(gone)
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

/// Whoever looks after one server.
struct Desk {
    server: McpServer,
    programs: Programs,
    http: Http,
    tell: mpsc::UnboundedSender<(String, News)>,
    failures: u32,
    not_before: Option<Instant>,
}

impl Desk {
    async fn attend(mut self, mut wishes: mpsc::Receiver<Wish>) {
        let mut link: Option<Link> = None;
        loop {
            let wish = match &mut link {
                None => wishes.recv().await,
                Some(open) => tokio::select! {
                    biased;
                    why = open.ended() => {
                        link = None;
                        self.down(why);
                        continue;
                    }
                    wish = wishes.recv() => wish,
                },
            };
            let Some(wish) = wish else {
                return;
            };
            if link.is_none() {
                let opened = match wish {
                    Wish::Stock(_) => Err("the MCP server does not run".to_owned()),
                    _ => self.open().await,
                };
                match opened {
                    Ok(open) => link = Some(open),
                    Err(why) => {
                        wish.fail(why);
                        continue;
                    }
                }
            }
            if let Some(open) = &mut link
                && let Err(why) = self.grant(wish, open).await
            {
                // One that hangs once is not waited for again.
                link = None;
                self.down(why);
            }
        }
    }

    /// Does what is wanted of a server that runs.
    ///
    /// # Errors
    /// That the server hangs.
    async fn grant(&self, wish: Wish, link: &mut Link) -> Result<(), String> {
        let usual = Duration::from_secs(self.server.timeout_seconds);
        match wish {
            Wish::Start => Ok(()),
            Wish::Call {
                tool,
                arguments,
                limit,
                answer,
            } => within(limit, link.call(tool, &arguments), answer).await,
            // It answers within a limit of its own, and what it lacks is told.
            Wish::Stock(answer) => {
                let _ = answer.send(Ok(link.stock().await));
                Ok(())
            }
            Wish::Prompt {
                name,
                arguments,
                answer,
            } => within(usual, link.prompt(name, arguments), answer).await,
            Wish::Read { uri, answer } => within(usual, link.read(uri), answer).await,
        }
    }

    /// Starts the server and tells what it has.
    async fn open(&mut self) -> Result<Link, String> {
        if let Some(wait) = self
            .not_before
            .map(|at| at.saturating_duration_since(Instant::now()))
            && !wait.is_zero()
        {
            let why = format!(
                "the MCP server failed and is not started again for {} s",
                wait.as_secs() + 1
            );
            self.news(News::Down(why.clone()));
            return Err(why);
        }
        let opening = async {
            let opening = Link::open(&self.server, &self.programs, &self.http);
            let mut link = Box::pin(opening).await?;
            let tools = link.list().await?;
            Ok((link, tools))
        };
        match timeout(START, opening).await {
            Ok(Ok((link, tools))) => {
                self.failures = 0;
                self.not_before = None;
                self.news(News::Ready(tools));
                Ok(link)
            }
            Ok(Err(why)) => Err(self.down(why)),
            Err(_elapsed) => {
                let why = format!("it did not start within {} s", START.as_secs());
                Err(self.down(why))
            }
        }
    }

    fn down(&mut self, why: String) -> String {
        let pause = FIRST_PAUSE * 2_u32.saturating_pow(self.failures.min(10));
        self.not_before = Some(Instant::now() + pause.min(LONGEST_PAUSE));
        self.failures += 1;
        self.news(News::Down(why.clone()));
        why
    }

    fn news(&self, news: News) {
        let _ = self.tell.send((self.server.name.clone(), news));
    }
}

/// Sends what some work comes to, unless nobody waits for it any more.
///
/// # Errors
/// That it took longer than it may; whoever waits is told the same.
async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, String>>,
    mut answer: Answer<T>,
) -> Result<(), String> {
    let result = tokio::select! {
        result = timeout(limit, work) => result,
        () = answer.closed() => return Ok(()),
    };
    let seconds = limit.as_secs();
    let late = |_| format!("the MCP server did not answer within {seconds} s and was ended");
    let result = result.map_err(late);
    let hangs = result.as_ref().err().cloned();
    let _ = answer.send(result.and_then(|result| result));
    hangs.map_or(Ok(()), Err)
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
