//! Requests that are sent once and whose answers are no conversation: lists of models, and the raw
//! answers that a check of a provider looks at.

use std::time::Duration;

use super::{Client, Exchange, body_of, fault, read_into};
use crate::chat::{Failure, FailureKind};
use crate::phrase::tr;
use crate::wire::{self, ModelList, WireRequest};

/// How long a list of models may take, and how large it may be.
const MODEL_LIST: Duration = Duration::from_secs(30);
const MAX_MODEL_LIST_BYTES: usize = 16 * 1024 * 1024;

impl Client {
    /// Asks a provider for the ids of its models.
    ///
    /// # Errors
    ///
    /// When the request fails, or the answer is no list of models.
    pub async fn model_ids(&self, list: &ModelList) -> Result<Vec<String>, Failure> {
        let exchange = Exchange {
            provider: &list.provider,
            dialect: list.dialect,
            url: &list.url,
            auth: list.auth,
            headers: &list.headers,
            body: None,
        };
        let list = async {
            let mut opened = self.open(exchange).await?;
            let mut body = Vec::new();
            read_into(&mut body, &mut opened.response, MAX_MODEL_LIST_BYTES).await;
            wire::model_ids(&body).ok_or_else(|| {
                Failure::new(
                    FailureKind::NotAReply,
                    tr!("the answer is no list of models"),
                )
            })
        };
        let limit = MODEL_LIST.min(self.idle_limit());
        tokio::time::timeout(limit, list).await.unwrap_or_else(|_| {
            let message = tr!(
                "no list of models within {seconds} s",
                seconds = limit.as_secs()
            );
            Err(Failure::new(FailureKind::Idle, message))
        })
    }

    /// Sends a request without ever trying again, and hands out the bytes of its answer as they
    /// come; an empty piece says that the answer has begun.
    ///
    /// # Errors
    ///
    /// When the request fails or its answer breaks off.
    pub async fn pieces(
        &self,
        request: &WireRequest,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), Failure> {
        let exchange = Exchange {
            provider: &request.provider,
            dialect: request.dialect,
            url: &request.url,
            auth: request.auth,
            headers: &request.headers,
            body: Some(body_of(request)?),
        };
        let mut opened = self.open(exchange).await?;
        take(&[]);
        let limit = self.idle_limit();
        loop {
            let piece = tokio::time::timeout(limit, opened.response.chunk())
                .await
                .map_err(|_elapsed| fault::silent(limit))?;
            match piece {
                Ok(Some(bytes)) => take(&bytes),
                Ok(None) => return Ok(()),
                Err(error) => return Err(fault::from_reading(&error, opened.response.url())),
            }
        }
    }
}
