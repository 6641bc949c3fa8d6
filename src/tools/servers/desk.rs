//! Whoever looks after one MCP server: starts it, does what is wanted of it, one thing after the
//! other, and tells what happens with it.
//!
//! Invariant: whatever a server says has changed, its lists are asked for a second apart at least,
//! and further apart the more often it says so.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::changes::Renewal;
use super::fault;
use super::link::Link;
use super::stock::LISTING;
use super::{Answer, Http, Programs, Request};
use crate::app::server::stock::Stock;
use crate::app::toolkit::{Listed, News};
use crate::config::McpServer;
use crate::phrase::tr;

/// How long a server may take to start and to tell what it has.
const START: Duration = Duration::from_secs(60);
/// How long after a first failure a server is not started again; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Whoever looks after one server.
pub(super) struct Desk {
    server: McpServer,
    programs: Programs,
    http: Http,
    tell: mpsc::UnboundedSender<(String, News)>,
    failures: u32,
    /// Why it failed last.
    why: String,
    not_before: Option<Instant>,
    renewal: Renewal,
    /// What it was last told to have.
    tools: Vec<Listed>,
    /// What else it was last told to have; `None` until somebody asked.
    stock: Option<Stock>,
}

impl Desk {
    /// A desk for a server that does not run yet.
    pub(super) fn new(
        server: &McpServer,
        programs: &Programs,
        http: &Http,
        tell: &mpsc::UnboundedSender<(String, News)>,
    ) -> Self {
        Self {
            server: server.clone(),
            programs: programs.clone(),
            http: Arc::clone(http),
            tell: tell.clone(),
            failures: 0,
            why: String::new(),
            not_before: None,
            renewal: Renewal::default(),
            tools: Vec::new(),
            stock: None,
        }
    }

    /// Does what is wanted, until nobody can want anything any more.
    pub(super) async fn attend(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut link: Option<Link> = None;
        loop {
            let request = match &mut link {
                None => requests.recv().await,
                Some(open) => {
                    let changes = Arc::clone(&open.changes);
                    tokio::select! {
                        biased;
                        why = open.ended() => {
                            link = None;
                            self.down(why);
                            continue;
                        }
                        () = self.renewal.is_due(&changes) => {
                            self.renew(open).await;
                            continue;
                        }
                        request = requests.recv() => request,
                    }
                }
            };
            let Some(request) = request else {
                return;
            };
            if link.is_none() {
                let opened = match request {
                    Request::Stock(_) => Err(self.named(tr!("it does not run"))),
                    _ => self.open().await,
                };
                match opened {
                    Ok(open) => link = Some(open),
                    Err(why) => {
                        request.fail(why);
                        continue;
                    }
                }
            }
            if let Some(open) = &mut link
                && let Err(why) = self.grant(request, open).await
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
    async fn grant(&mut self, request: Request, link: &mut Link) -> Result<(), String> {
        let usual = Duration::from_secs(self.server.timeout_seconds);
        match request {
            Request::Start => Ok(()),
            Request::Call {
                tool,
                arguments,
                limit,
                answer,
            } => {
                self.within(limit, link.call(tool, &arguments), answer)
                    .await
            }
            // It answers within a limit of its own, and what it lacks is told.
            Request::Stock(answer) => {
                let stock = link.stock().await;
                self.stock = Some(stock.clone());
                let _ = answer.send(Ok(stock));
                Ok(())
            }
            Request::Prompt {
                name,
                arguments,
                answer,
            } => {
                self.within(usual, link.prompt(name, arguments), answer)
                    .await
            }
            Request::Read { uri, answer } => self.within(usual, link.read(uri), answer).await,
        }
    }

    /// Asks again for the lists that the server said have changed, and tells those that have.
    /// One that can't be had leaves the earlier one in force: who needs the server is told.
    async fn renew(&mut self, link: &mut Link) {
        self.renewal.begin();
        let changed = link.changes.take();
        if changed.tools
            && let Ok(Ok(tools)) = timeout(LISTING, link.list()).await
            && tools != self.tools
        {
            self.tools.clone_from(&tools);
            self.news(News::Ready(tools));
        }
        if changed.stock && self.stock.is_some() {
            let stock = link.stock().await;
            if self.stock.as_ref() != Some(&stock) {
                self.stock = Some(stock.clone());
                self.news(News::Has(stock));
            }
        }
    }

    /// Starts the server and tells what it has.
    async fn open(&mut self) -> Result<Link, String> {
        if let Some(wait) = self
            .not_before
            .map(|at| at.saturating_duration_since(Instant::now()))
            && !wait.is_zero()
        {
            let seconds = wait.as_secs() + 1;
            let why = tr!(
                "{why}; it is not started again for {seconds} s",
                why = self.why,
                seconds
            );
            self.news(News::Down(why.clone()));
            return Err(self.named(&why));
        }
        let opening = async {
            let opening = Link::open(&self.server, &self.programs, &self.http);
            let mut link = Box::pin(opening).await?;
            let tools = link.list().await?;
            Ok((link, tools))
        };
        let why = match timeout(START, opening).await {
            Ok(Ok((link, tools))) => {
                self.failures = 0;
                self.not_before = None;
                self.renewal = Renewal::default();
                self.stock = None;
                self.tools.clone_from(&tools);
                self.news(News::Ready(tools));
                return Ok(link);
            }
            Ok(Err(why)) => why,
            Err(_elapsed) => {
                let seconds = START.as_secs();
                tr!("it did not start within {seconds} s", seconds)
            }
        };
        self.down(why.clone());
        Err(self.named(&why))
    }

    fn named(&self, what: &str) -> String {
        fault::named(&self.server.name, what)
    }

    fn down(&mut self, why: String) {
        let pause = FIRST_PAUSE * 2_u32.saturating_pow(self.failures.min(10));
        self.not_before = Some(Instant::now() + pause.min(LONGEST_PAUSE));
        self.failures += 1;
        self.why.clone_from(&why);
        self.news(News::Down(why));
    }

    fn news(&self, news: News) {
        let _ = self.tell.send((self.server.name.clone(), news));
    }

    /// Sends what some work comes to, unless nobody waits for it any more.
    ///
    /// # Errors
    /// That it took longer than it may; whoever waits is told the same.
    async fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, String>>,
        mut answer: Answer<T>,
    ) -> Result<(), String> {
        let result = tokio::select! {
            result = timeout(limit, work) => result,
            () = answer.closed() => return Ok(()),
        };
        let (result, hangs) = match result {
            Ok(result) => (result, Ok(())),
            Err(_elapsed) => {
                let seconds = limit.as_secs();
                let why = tr!(
                    "it did not answer within {seconds} s and was ended",
                    seconds
                );
                (Err(self.named(&why)), Err(why))
            }
        };
        let _ = answer.send(result);
        hangs
    }
}
