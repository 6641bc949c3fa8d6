//! MCP servers, made with the official SDK: over pipes and over HTTP, well-behaved and not.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use hyper_util::rt::TokioIo;
use mmchat::app::server::ServerState;
use mmchat::app::toolkit::{Listed, News};
use mmchat::config::{Approve, McpServer, McpTransport};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, GetPromptRequestParams,
    GetPromptResponse, ListPromptsResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities,
    ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};

use super::*;

mod changes;
mod stock;

/// A server whose tools do what no good one does.
#[derive(Debug, Clone, Default)]
struct Peculiar {
    /// How often its tools were listed.
    listed: Arc<AtomicU32>,
    /// Whether it has other tools and prompts than at first.
    changed: Arc<AtomicBool>,
}

impl ServerHandler for Peculiar {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(
            ServerCapabilities::builder()
                .enable_tools()
                .enable_tool_list_changed()
                .enable_prompts()
                .enable_prompts_list_changed()
                .enable_resources()
                .build(),
        )
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = json!({"type": "object", "properties": {"text": {"type": "string"}}});
        let schema = schema.as_object().unwrap().clone();
        let names = [
            "echo",
            "fail",
            "long",
            "flood",
            "hang",
            "die",
            "odd.name/with spaces",
        ];
        let tool = |name: &'static str| Tool::new(name, "for tests", schema.clone());
        let mut tools = names.map(tool).to_vec();
        self.listed.fetch_add(1, Ordering::Relaxed);
        if self.changed.load(Ordering::Relaxed) {
            tools[0] = tool("later");
        }
        Ok(ListToolsResult::with_all_items(tools))
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let mut prompts = stock::prompts();
        if self.changed.load(Ordering::Relaxed) {
            prompts.truncate(1);
        }
        Ok(ListPromptsResult::with_all_items(prompts))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        stock::prompt(request).await.map(Into::into)
    }

    async fn list_resources(
        &self,
        page: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(stock::resources(page))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        stock::resource(&request.uri).await.map(Into::into)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let text = |text: String| vec![ContentBlock::text(text)];
        let result = match request.name.as_ref() {
            "fail" => CallToolResult::error(text("it did not work".to_owned())),
            "long" => CallToolResult::success(text("x".repeat(1024 * 1024))),
            "flood" => CallToolResult::success(text("x".repeat(8 * 1024 * 1024))),
            "hang" => std::future::pending().await,
            "die" => std::process::abort(),
            "change" | "shout" => {
                self.change(&request.name, &context.peer).await;
                CallToolResult::success(Vec::new())
            }
            "count" => {
                let listed = self.listed.load(Ordering::Relaxed);
                CallToolResult::success(text(listed.to_string()))
            }
            "refuse" => return Err(ErrorData::invalid_params("not today", None)),
            _ => CallToolResult::success(text(arguments.to_string())),
        };
        Ok(result.into())
    }
}

/// No test of its own: started again as a child, this serves on standard input and output.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "tells a child from a test")]
async fn serves_as_a_child() {
    if std::env::var_os("MMCHAT_TEST_SERVER").is_none() {
        return;
    }
    let pipes = (tokio::io::stdin(), tokio::io::stdout());
    if let Ok(service) = Peculiar::default().serve(pipes).await {
        let _ = service.waiting().await;
    }
}

fn child() -> Vec<String> {
    let this = std::env::current_exe().unwrap();
    let arguments = ["tools::mcp::serves_as_a_child", "--exact", "--nocapture"];
    let arguments = arguments.map(str::to_owned);
    [vec![this.to_str().unwrap().to_owned()], arguments.to_vec()].concat()
}

/// The same server over HTTP. It is there as long as the test.
async fn over_http() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let service = StreamableHttpService::new(
        || Ok(Peculiar::default()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    std::thread::spawn({
        let listener = listener.into_std().unwrap();
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(serve(listener, service));
        }
    });
    address
}

#[expect(
    clippy::disallowed_methods,
    reason = "connections of a server for tests"
)]
async fn serve(
    listener: std::net::TcpListener,
    service: StreamableHttpService<Peculiar, LocalSessionManager>,
) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    while let Ok((socket, _)) = listener.accept().await {
        let service = service.clone();
        tokio::spawn(async move {
            let answer = hyper::service::service_fn(move |request| {
                let service = service.clone();
                async move { Ok::<_, Infallible>(service.handle(request).await) }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            let _ = connection
                .serve_connection(TokioIo::new(socket), answer)
                .await;
        });
    }
}

fn server(name: &str, transport: McpTransport) -> McpServer {
    McpServer {
        name: name.to_owned(),
        transport,
        timeout_seconds: 20,
        approve: Approve::Always,
        env: vec!["PATH".to_owned(), "MMCHAT_TEST_SERVER".to_owned()],
    }
}

/// Servers without the program around them.
struct Lab {
    servers: Servers,
}

impl Lab {
    fn new(list: &[McpServer]) -> Self {
        let programs =
            Programs::new(VARIABLES.map(|(name, value)| (name.to_owned(), value.into())));
        let client = Client::new(&Network::default(), Keys::from_iter([]), Proxies::default());
        let http: Http = Arc::new(move |url| {
            let client = client.clone();
            Box::pin(async move {
                client
                    .reaching(&url)
                    .await
                    .map_err(|failure| failure.message)
            })
        });
        Self {
            servers: Servers::new(list, &programs, &http),
        }
    }

    /// What happens next.
    async fn news(&mut self) -> (String, News) {
        let next = tokio::time::timeout(4 * PATIENCE, self.servers.next());
        next.await.expect("nothing happens")
    }

    async fn ready(&mut self, name: &str) -> Vec<Listed> {
        self.servers.start(name);
        loop {
            match self.news().await {
                (server, News::Ready(tools)) if server == name => return tools,
                (server, News::Down(why)) if server == name => panic!("{name}: {why}"),
                // Of another one, from before.
                _ => {}
            }
        }
    }

    /// Calls a tool; also returns the news of meanwhile.
    async fn call(
        &mut self,
        server: &str,
        tool: &str,
        limit: Duration,
    ) -> (Result<String, String>, Vec<News>) {
        let arguments = json!({"text": "hi"}).to_string();
        let mut call = std::pin::pin!(self.servers.call(server, tool.to_owned(), arguments, limit));
        let mut news = Vec::new();
        loop {
            tokio::select! {
                biased;
                (_, more) = self.servers.next() => news.push(more),
                result = &mut call => return (result, news),
            }
        }
    }
}

const LIMIT: Duration = Duration::from_secs(20);

async fn both() -> Vec<McpServer> {
    let url = format!("http://{}/mcp", over_http().await);
    vec![
        server("pipes", McpTransport::Command(child())),
        server("http", McpTransport::Url(url)),
    ]
}

#[tokio::test]
async fn a_server_is_listed_and_called_over_pipes_and_over_http() {
    let mut lab = Lab::new(&both().await);
    for name in ["pipes", "http"] {
        let tools = lab.ready(name).await;
        assert_eq!(tools.len(), 7, "{name}");
        assert_eq!(tools[0].name, "echo");
        assert_eq!(tools[0].parameters["properties"]["text"]["type"], "string");
        let (result, _) = lab.call(name, "echo", LIMIT).await;
        assert_eq!(result.unwrap(), r#"{"text":"hi"}"#, "{name}");
        let (result, _) = lab.call(name, "fail", LIMIT).await;
        assert_eq!(result.unwrap_err(), "it did not work");
        let (result, _) = lab.call(name, "long", LIMIT).await;
        let result = result.unwrap();
        assert!(result.ends_with("[cut: the first 256 KiB of 1024 KiB]") && result.len() < 263_000);
    }
}

#[tokio::test]
async fn a_server_that_dies_is_started_anew_after_a_pause_and_harms_nobody_else() {
    let mut lab = Lab::new(&both().await);
    lab.ready("pipes").await;
    lab.ready("http").await;
    let (result, news) = lab.call("pipes", "die", LIMIT).await;
    assert!(result.is_err(), "{result:?}");
    let down = match news.first() {
        Some(News::Down(why)) => why.clone(),
        _ => match lab.news().await {
            (_, News::Down(why)) => why,
            other => panic!("{other:?}"),
        },
    };
    assert!(down.contains("the server ended"), "{down}");
    let (result, _) = lab.call("http", "echo", LIMIT).await;
    assert!(result.is_ok(), "the other one is well: {result:?}");
    let (result, _) = lab.call("pipes", "echo", LIMIT).await;
    assert!(result.unwrap_err().contains("not started again for"));
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let (result, news) = lab.call("pipes", "echo", LIMIT).await;
    assert_eq!(result.unwrap(), r#"{"text":"hi"}"#);
    let is_ready = |news: &News| matches!(news, News::Ready(_));
    assert!(news.iter().any(is_ready), "{news:?}");
}

#[tokio::test]
async fn a_call_that_hangs_ends_at_its_limit_and_one_that_is_given_up_at_once() {
    let mut lab = Lab::new(&both().await);
    for name in ["http", "pipes"] {
        lab.ready(name).await;
        // Given up: the desk is free for the next call.
        let given_up = lab
            .servers
            .call(name, "hang".to_owned(), "{}".to_owned(), LIMIT);
        drop(given_up);
        let (result, _) = lab.call(name, "echo", LIMIT).await;
        assert!(result.is_ok(), "{name}: {result:?}");
        for tool in ["hang", "flood"] {
            let (result, _) = lab.call(name, tool, Duration::from_millis(1_500)).await;
            let error = result.unwrap_err();
            if tool == "hang" {
                assert!(error.contains("did not answer"), "{error}");
            }
            tokio::time::sleep(Duration::from_millis(2_100)).await;
        }
    }
}

#[tokio::test]
async fn a_server_that_can_not_be_started_says_why() {
    let script =
        |script: &str| McpTransport::Command(["sh", "-c", script].map(str::to_owned).to_vec());
    let mut lab = Lab::new(&[
        server(
            "missing",
            McpTransport::Command(vec!["no-such-server-here".to_owned()]),
        ),
        server("broken", script("echo 'no licence found' >&2; exit 3")),
        server("babbling", script("yes 'not what you want'")),
        server(
            "nowhere",
            McpTransport::Url("http://127.0.0.1:9/mcp".to_owned()),
        ),
    ]);
    for (name, why) in [
        ("missing", "was not found"),
        ("broken", "no licence found"),
        ("babbling", ""),
        ("nowhere", ""),
    ] {
        lab.servers.start(name);
        match lab.news().await {
            (_, News::Down(told)) => assert!(told.contains(why), "{name}: {told}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_tool_of_a_server_runs_within_a_turn() {
    let call = json!([{"index": 0, "id": "c1", "type": "function",
        "function": {"name": "lab__echo", "arguments": "{\"text\": \"hi\"}"}}]);
    let chunk = |delta: Value, finish: &str| {
        data(&[json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})])
    };
    let replies = [
        chunk(json!({"tool_calls": call}), "tool_calls"),
        chunk(json!({"content": "It is sunny."}), "stop"),
    ];
    let provider = Server::start(replies.iter().map(|reply| events(reply)).collect());
    let quoted: Vec<String> = child().iter().map(|word| format!("{word:?}")).collect();
    let config = format!(
        "model = \"test/silent\"\n[mcp.lab]\ncommand = [{}]\nenv = [\"PATH\", \"MMCHAT_TEST_SERVER\"]\n",
        quoted.join(", ")
    );
    let acts = vec![
        Act::Say("weather?"),
        Act::Until("Run lab__echo?"),
        Act::Until("runs: echo of the MCP server lab"),
        Act::PressUntil("y", "done"),
        Act::Until("It is sunny."),
    ];
    let (app, screen) = run(&config, &provider, acts).await;
    assert!(screen.contains("tools 7"), "{screen}");
    assert_eq!(app.toolbox.servers[0].state, ServerState::Ready);
    let seen = provider.seen();
    let tools = body(&seen[0].body)["tools"].as_array().unwrap().clone();
    let last = tools.last().unwrap()["function"]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        last, "lab__odd_name_with_spaces",
        "names keep to what the protocols allow"
    );
    assert_eq!(
        body(&seen[1].body)["messages"][2]["content"],
        r#"{"text":"hi"}"#
    );
}
