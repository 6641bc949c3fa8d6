//! A connection to an MCP server: opened, asked what it has, called.

use std::sync::Arc;

use rmcp::model::{CallToolRequestParams, ContentBlock, PaginatedRequestParams, ResourceContents};
use rmcp::service::{RunningService, ServiceError};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{Peer, RoleClient, serve_client};
use serde_json::{Map, Value};

use super::changes::{Changes, Ears};
use super::process::Process;
use super::{Http, accepted, bounded, fault};
use crate::app::toolkit::Listed;
use crate::chat::safe;
use crate::config::{McpServer, McpTransport};
use crate::phrase::tr;
use crate::tools::{MOST_RESULT_BYTES, Programs};

/// The largest message that a server may send.
const MOST_MESSAGE_BYTES: usize = 4 * 1024 * 1024;
/// How many tools of a server are taken, and how many pages of them are read.
const MOST_TOOLS: usize = 128;
pub(super) const MOST_PAGES: usize = 20;

/// An open connection. Dropping it ends the server, if we started it.
pub(super) struct Link {
    /// What the server says has changed.
    pub(super) changes: Arc<Changes>,
    name: String,
    service: RunningService<RoleClient, Ears>,
    process: Option<Process>,
}

impl Link {
    /// Opens a connection.
    pub(super) async fn open(
        server: &McpServer,
        programs: &Programs,
        http: &Http,
    ) -> Result<Self, String> {
        let changes = Arc::default();
        let ears = Ears::new(&changes);
        let (service, process) = match &server.transport {
            McpTransport::Command(command) => {
                let command = programs.command(command, &server.env)?;
                let (mut process, output, input) = Process::start(command)?;
                let transport = AsyncRwTransport::new_client(output, input)
                    .with_max_line_length(MOST_MESSAGE_BYTES);
                let opening = serve_client(ears, transport);
                let opened = process.beside(Box::pin(opening)).await;
                match opened {
                    Ok(service) => (service, Some(process)),
                    Err(error) => return Err(process.said_besides(&fault::of_start(&error)).await),
                }
            }
            McpTransport::Url(url) => {
                let client = http(url.clone()).await?;
                let config = StreamableHttpClientTransportConfig::with_uri(url.as_str())
                    .max_sse_event_size(MOST_MESSAGE_BYTES)
                    .max_json_response_size(MOST_MESSAGE_BYTES);
                let transport = StreamableHttpClientTransport::with_client(client, config);
                let opened = serve_client(ears, transport).await;
                (opened.map_err(|error| fault::of_start(&error))?, None)
            }
        };
        Ok(Self {
            changes,
            name: server.name.clone(),
            service,
            process,
        })
    }

    /// Why there is nothing of what it was asked for, as whoever asked is told.
    pub(super) fn refused(&self, asked: &str, error: &ServiceError) -> String {
        fault::named(&self.name, &fault::of_request(asked, error))
    }

    /// Waits until the server has ended, and tells how; of one that is only reached, never.
    pub(super) async fn ended(&mut self) -> String {
        match &mut self.process {
            Some(process) => process.ended().await,
            None => std::future::pending().await,
        }
    }

    /// Asks what tools it has.
    ///
    /// # Errors
    /// Why it does not tell, in words that its name may stand before.
    pub(super) async fn list(&mut self) -> Result<Vec<Listed>, String> {
        let peer = self.peer();
        let listing = async {
            let mut tools = Vec::new();
            let mut cursor = None;
            for _ in 0..MOST_PAGES {
                let page = PaginatedRequestParams::default().with_cursor(cursor);
                let page = peer.list_tools(Some(page)).await;
                let page =
                    page.map_err(|error| fault::of_request(tr!("the list of its tools"), &error))?;
                tools.extend(page.tools.into_iter().filter_map(|tool| {
                    accepted(
                        tool.name.into_owned(),
                        tool.description.unwrap_or_default().into_owned(),
                        tool.input_schema.as_ref().clone(),
                    )
                }));
                cursor = page.next_cursor;
                if cursor.is_none() || tools.len() >= MOST_TOOLS {
                    break;
                }
            }
            tools.truncate(MOST_TOOLS);
            Ok(tools)
        };
        self.beside(Box::pin(listing)).await
    }

    /// Whom to ask.
    pub(super) fn peer(&self) -> Peer<RoleClient> {
        self.service.peer().clone()
    }

    /// Asks the server something, while what else it says is heard.
    pub(super) async fn beside<T>(&mut self, asking: impl Future<Output = T>) -> T {
        match &mut self.process {
            Some(process) => {
                process.is_asked();
                process.beside(asking).await
            }
            None => asking.await,
        }
    }

    /// Calls a tool. The arguments are JSON text.
    pub(super) async fn call(&mut self, tool: String, arguments: &str) -> Result<String, String> {
        let arguments: Map<String, Value> =
            serde_json::from_str(arguments).map_err(|error| tr!("no arguments: {error}", error))?;
        let asked = tr!("the tool {tool}", tool = safe::one_line(&tool));
        let call = CallToolRequestParams::new(tool).with_arguments(arguments);
        let peer = self.peer();
        let result = self.beside(Box::pin(peer.call_tool(call))).await;
        let result = result.map_err(|error| self.refused(&asked, &error))?;
        let mut texts: Vec<String> = result.content.iter().map(text).collect();
        if let (true, Some(structured)) = (texts.is_empty(), &result.structured_content) {
            texts.push(structured.to_string());
        }
        let text = bounded(texts.join("\n"), MOST_RESULT_BYTES);
        if result.is_error == Some(true) {
            return Err(text);
        }
        Ok(text)
    }
}

/// What the model is told of a part of a result.
fn text(block: &ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) => {
            format!("[an image, {}, which is not passed on]", image.mime_type)
        }
        ContentBlock::Audio(audio) => {
            format!("[sound, {}, which is not passed on]", audio.mime_type)
        }
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { uri, text, .. } => format!("{uri}:\n{text}"),
            ResourceContents::BlobResourceContents { uri, .. } => {
                format!("[{uri}, bytes that are not passed on]")
            }
            _ => "[a resource that is not passed on]".to_owned(),
        },
        ContentBlock::ResourceLink(resource) => format!("[{}: {}]", resource.name, resource.uri),
        _ => "[something that is not passed on]".to_owned(),
    }
}
