//! What servers have besides tools: listed, fetched, and no harm done by those that do it badly.

use mmchat::app::attached::Found;
use mmchat::app::server::stock::{Prompted, Question, Stock};
use mmchat::chat::Attachment;
use rmcp::model::{
    GetPromptResult, Prompt, PromptArgument, PromptMessage, ReadResourceResult, Resource,
    ResourceContents, Role,
};

use super::*;

/// An image of one pixel by two.
const PNG_BASE64: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAC";

/// The prompts of the server for tests.
pub(super) fn prompts() -> Vec<Prompt> {
    let argument = |name: &str, required| PromptArgument::new(name).with_required(required);
    let review = vec![argument("file", true), argument("style", false)];
    let plain = |name: &str| Prompt::new(name, None::<String>, None);
    let mut prompts = vec![Prompt::new("review", Some("Review a file"), Some(review))];
    prompts.extend(["whole story", "long", "hang", "die"].map(plain));
    prompts
}

/// Writes one of them out.
pub(super) async fn prompt(request: GetPromptRequestParams) -> Result<GetPromptResult, ErrorData> {
    let arguments = Value::Object(request.arguments.unwrap_or_default());
    let user = |text: String| PromptMessage::new_text(Role::User, text);
    let embedded = |contents| ContentBlock::resource(contents);
    let messages = match request.name.as_str() {
        "review" if arguments["file"].is_null() => {
            return Err(ErrorData::invalid_params("file is needed", None));
        }
        "review" => vec![user(format!("Review: {arguments}"))],
        "whole story" => vec![
            user("First this.".to_owned()),
            PromptMessage::new_text(Role::Assistant, "I did."),
            PromptMessage::new(
                Role::User,
                embedded(ResourceContents::text("the plan", "file:///tmp/plan.md")),
            ),
            PromptMessage::new(Role::User, ContentBlock::image(PNG_BASE64, "image/png")),
            PromptMessage::new(Role::User, ContentBlock::image("?", "image/webp")),
            PromptMessage::new(
                Role::User,
                ContentBlock::resource_link(Resource::new("notes://today", "today")),
            ),
            user("Then that.".to_owned()),
        ],
        "long" => vec![user("x".repeat(1024 * 1024))],
        "hang" => std::future::pending().await,
        "die" => std::process::abort(),
        _ => return Err(ErrorData::invalid_params("no such prompt", None)),
    };
    Ok(GetPromptResult::new(messages))
}

/// The resources of the server for tests, in pages without end.
pub(super) fn resources(page: Option<PaginatedRequestParams>) -> ListResourcesResult {
    let cursor = page.and_then(|page| page.cursor);
    let first = [
        ("notes://today", "Today's notes"),
        ("file:///tmp/pixel.png", "pixel.png"),
        ("data://bytes", "bytes"),
        ("has a space", "never"),
    ];
    let resources = match &cursor {
        None => first.map(|(uri, name)| Resource::new(uri, name)).to_vec(),
        Some(page) => (0..500)
            .map(|n| Resource::new(format!("more://{page}/{n}"), "more"))
            .collect(),
    };
    let mut result = ListResourcesResult::with_all_items(resources);
    result.next_cursor = Some(format!("{}x", cursor.unwrap_or_default()));
    result
}

/// Hands one of them over.
pub(super) async fn resource(uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let contents = match uri {
        "notes://today" => vec![
            ResourceContents::text("buy milk", uri),
            ResourceContents::text("call mum", "notes://today/2"),
        ],
        "file:///tmp/pixel.png" => vec![ResourceContents::blob(PNG_BASE64, uri)],
        "data://bytes" => vec![ResourceContents::blob("AAECAwA=", uri)],
        "data://flood" => vec![ResourceContents::text("x".repeat(8 * 1024 * 1024), uri)],
        "data://hang" => std::future::pending().await,
        _ => return Err(ErrorData::resource_not_found("no such resource", None)),
    };
    Ok(ReadResourceResult::new(contents))
}

impl Lab {
    /// Does something while the servers work.
    async fn beside<T>(&mut self, asked: impl Future<Output = T>) -> T {
        let mut asked = std::pin::pin!(asked);
        loop {
            tokio::select! {
                biased;
                _ = self.servers.next() => {}
                told = &mut asked => return told,
            }
        }
    }

    pub(super) async fn stock(&mut self, server: &str) -> Stock {
        let asked = self.servers.ask(server, Question::Stock);
        match self.beside(asked).await {
            News::Has(stock) => stock,
            other => panic!("{other:?}"),
        }
    }

    async fn prompt(
        &mut self,
        server: &str,
        name: &str,
        arguments: &[(&str, &str)],
    ) -> Result<Prompted, String> {
        let arguments = arguments
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let question = Question::Prompt {
            ticket: 7,
            name: name.to_owned(),
            arguments: arguments.collect(),
        };
        let asked = self.servers.ask(server, question);
        match self.beside(asked).await {
            News::Prompt(7, prompted) => prompted,
            other => panic!("{other:?}"),
        }
    }

    async fn read(
        &mut self,
        server: &str,
        uri: &str,
    ) -> Result<(Vec<Attachment>, Vec<String>), String> {
        let asked = self.servers.read(server, uri.to_owned());
        match self.beside(asked).await? {
            Found::Read(read, refused) => Ok((read, refused)),
            other @ Found::Several(_) => panic!("{other:?}"),
        }
    }
}

/// Both servers, with little patience.
async fn impatient() -> Vec<McpServer> {
    let limited = |server| McpServer {
        timeout_seconds: 1,
        ..server
    };
    both().await.into_iter().map(limited).collect()
}

#[tokio::test]
async fn prompts_and_resources_are_listed_over_pipes_and_over_http() {
    let mut lab = Lab::new(&both().await);
    for name in ["pipes", "http"] {
        assert_eq!(
            lab.stock(name).await.troubles,
            [format!("MCP server {name}: it does not run")]
        );
        lab.ready(name).await;
        let stock = lab.stock(name).await;
        let prompts: Vec<&str> = stock.prompts.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(
            prompts,
            ["review", "whole story", "long", "hang", "die"],
            "{name}"
        );
        assert_eq!(stock.prompts[0].usage(), "file, [style]");
        let resources: Vec<&str> = stock.resources.iter().map(|it| it.uri.as_str()).collect();
        let first = [
            "notes://today",
            "file:///tmp/pixel.png",
            "data://bytes",
            "has a space",
        ];
        assert_eq!(resources[..4], first);
        assert!(resources[4].starts_with("more://"));
        assert_eq!(resources.len(), 1_000, "a list without end is cut");
        assert_eq!(
            stock.troubles,
            ["its resources: only the first 1000 are taken"]
        );
    }
}

#[tokio::test]
async fn a_prompt_is_written_out_and_tells_what_it_leaves_out() {
    let mut lab = Lab::new(&both().await);
    for name in ["pipes", "http"] {
        // The server is started for it.
        let prompted = lab
            .prompt(name, "review", &[("file", "a b.rs")])
            .await
            .unwrap();
        assert_eq!(prompted.text, r#"Review: {"file":"a b.rs"}"#, "{name}");
        let why = lab.prompt(name, "review", &[]).await.unwrap_err();
        assert!(why.contains("file is needed"), "{why}");
        let story = lab.prompt(name, "whole story", &[]).await.unwrap();
        assert_eq!(story.text, "First this.\n\nThen that.");
        let attached: Vec<&str> = story.attached.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(attached, ["plan.md", "image.png"]);
        assert_eq!(
            story.left_out,
            [
                "image.webp is damaged: it is no Base64",
                "a link to notes://today",
                "an answer that was to go before",
            ]
        );
        let long = lab.prompt(name, "long", &[]).await.unwrap();
        assert!(long.text.len() < 33 * 1024, "{}", long.text.len());
        assert_eq!(long.left_out, ["all but 32 of 1024 KiB"]);
    }
}

#[tokio::test]
async fn a_resource_goes_along_as_a_file_does_or_is_refused_with_the_reason() {
    let mut lab = Lab::new(&both().await);
    for name in ["pipes", "http"] {
        let (read, refused) = lab.read(name, "notes://today").await.unwrap();
        assert_eq!(refused, [""; 0]);
        let read: Vec<(&str, &[u8])> = read
            .iter()
            .map(|it| (it.name.as_str(), it.bytes()))
            .collect();
        let expected: [(&str, &[u8]); 2] = [
            ("notes://today", b"buy milk"),
            ("notes://today/2", b"call mum"),
        ];
        assert_eq!(read, expected, "{name}");
        let (read, _) = lab.read(name, "file:///tmp/pixel.png").await.unwrap();
        assert_eq!(read[0].name, "pixel.png");
        assert_eq!(read[0].image().unwrap().size, (1, 2));
        let (read, refused) = lab.read(name, "data://bytes").await.unwrap();
        assert!(read.is_empty());
        assert!(
            refused[0].starts_with("data://bytes is binary"),
            "{refused:?}"
        );
        let why = lab.read(name, "gone://").await.unwrap_err();
        assert!(why.contains("no such resource"), "{why}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_floods_or_dies_over_a_prompt_or_a_resource_harms_nobody_else() {
    for (name, other) in [("pipes", "http"), ("http", "pipes")] {
        let mut lab = Lab::new(&impatient().await);
        lab.ready(other).await;
        let why = lab.prompt(name, "hang", &[]).await.unwrap_err();
        assert!(why.contains("did not answer within 1 s"), "{why}");
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let why = lab.read(name, "data://hang").await.unwrap_err();
        assert!(why.contains("did not answer within 1 s"), "{why}");
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        lab.read(name, "data://flood").await.unwrap_err();
        assert!(lab.prompt(other, "review", &[("file", "x")]).await.is_ok());
    }
    let mut lab = Lab::new(&both().await);
    let why = lab.prompt("pipes", "die", &[]).await.unwrap_err();
    assert!(why.starts_with("MCP server pipes: "), "{why}");
}
