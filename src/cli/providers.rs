//! Who answers: the network, and the built-in demo, whose server starts when it is first asked.

use std::sync::OnceLock;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use crate::catalog::DEMO;
use crate::chat::{Failure, FailureKind, Progress};
use crate::demo;
use crate::net::{Client, Provider};
use crate::phrase::{self, tr};
use crate::wire::WireRequest;

/// The network client, which also reaches the demo.
#[derive(Debug)]
pub(super) struct Providers {
    client: Client,
    demo: OnceLock<Result<demo::Server, String>>,
}

impl Providers {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            demo: OnceLock::new(),
        }
    }
}

impl Providers {
    /// The client beneath, for requests that are no conversation.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The request with its whole address: the catalogue can't know the demo's port.
    ///
    /// # Errors
    ///
    /// When the demo's server can't start.
    pub(super) fn located(&self, mut request: WireRequest) -> Result<WireRequest, Failure> {
        if request.provider == DEMO {
            let server = self
                .demo
                .get_or_init(|| demo::Server::start(0).map_err(|error| phrase::system(&error)));
            match server {
                Ok(server) => request.url.insert_str(0, &server.base_url(request.dialect)),
                Err(error) => {
                    let message = tr!("the built-in demo server can't start: {error}", error);
                    return Err(Failure::new(FailureKind::Setup, message));
                }
            }
        }
        Ok(request)
    }
}

impl Provider for Providers {
    fn reply(&self, request: WireRequest) -> BoxStream<'static, Result<Progress, Failure>> {
        match self.located(request) {
            Ok(request) => self.client.reply(request),
            Err(failure) => stream::iter([Err(failure)]).boxed(),
        }
    }
}
