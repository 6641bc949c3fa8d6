//! Prompts and resources of MCP servers: commands and completions that servers add.

use mmchat::app::attached::{Found, Wanted};
use mmchat::app::server::stock::{Argument, Prompt, Prompted, Question, Resource, Stock};
use mmchat::app::toolkit::{Listed, News};
use mmchat::app::{Effect, Msg};
use mmchat::chat::{Attachment, CallId, Delta, Finish, ToolDelta};
use serde_json::{Value, json};

use crate::harness::Harness;

const SERVERS: &str = "[mcp.files]\ncommand = [\"serve\"]\n";

/// What the server `files` has.
fn stock() -> Stock {
    let argument = |name: &str, required| Argument {
        name: name.to_owned(),
        required,
    };
    Stock {
        prompts: vec![
            Prompt {
                name: "review".to_owned(),
                description: "Review a file".to_owned(),
                arguments: vec![argument("file", true), argument("style", false)],
            },
            Prompt {
                name: "hello".to_owned(),
                ..Prompt::default()
            },
        ],
        resources: vec![Resource {
            uri: "notes://today".to_owned(),
            name: "Today's notes".to_owned(),
            bytes: Some(2048),
        }],
        troubles: Vec::new(),
    }
}

/// The server is there and tells what it has.
fn comes(it: &mut Harness) {
    it.tell(Msg::Server("files".to_owned(), News::Ready(Vec::new())));
    let asked = Effect::AskServer("files".to_owned(), Question::Stock);
    assert!(it.effects().contains(&asked));
    it.tell(Msg::Server("files".to_owned(), News::Has(stock())));
}

/// A program whose server `files` runs.
fn stocked() -> Harness {
    let mut it = Harness::with(SERVERS);
    comes(&mut it);
    it
}

/// The prompt that is asked for, if one is: its ticket, its name, its arguments.
fn asked(it: &mut Harness) -> Option<(u64, String, Value)> {
    it.effects().into_iter().find_map(|effect| match effect {
        Effect::AskServer(
            server,
            Question::Prompt {
                ticket,
                name,
                arguments,
            },
        ) => {
            assert_eq!(server, "files");
            Some((ticket, name, json!(arguments)))
        }
        _ => None,
    })
}

fn answers(it: &mut Harness, ticket: u64, prompted: Result<Prompted, String>) {
    it.tell(Msg::Server(
        "files".to_owned(),
        News::Prompt(ticket, prompted),
    ));
}

fn text(text: &str) -> Prompted {
    Prompted {
        text: text.to_owned(),
        ..Prompted::default()
    }
}

#[test]
fn a_prompt_is_asked_for_with_its_arguments_and_lands_in_the_box_unsent() {
    let mut it = stocked();
    it.paste("/files:review 'a b.rs' style=terse")
        .press("enter");
    it.shows("reading /files:review").shows("style=terse");
    let (ticket, name, arguments) = asked(&mut it).unwrap();
    assert_eq!(name, "review");
    assert_eq!(arguments, json!([["file", "a b.rs"], ["style", "terse"]]));
    let prompted = Prompted {
        text: "Review this:\u{1b}[31m".to_owned(),
        attached: vec![Attachment::read("b.rs", b"fn b() {}\n".to_vec()).unwrap()],
        left_out: vec!["a link to notes://today".to_owned()],
    };
    answers(&mut it, ticket, Ok(prompted));
    it.hides("reading")
        .shows("▪ b.rs")
        .shows("left out: a link to notes://today");
    assert!(it.requests().is_empty(), "it is for review first");
    let typed = it.app.composer.text();
    assert!(
        typed.starts_with("Review this:") && !typed.contains('\u{1b}'),
        "{typed}"
    );
    it.press("enter");
    assert_eq!(it.requests().len(), 1);
}

#[test]
fn what_no_argument_takes_is_put_behind_the_prompt() {
    let mut it = stocked();
    it.paste("/files:hello and be brief").press("enter");
    let (ticket, _, arguments) = asked(&mut it).unwrap();
    assert_eq!(arguments, json!([]));
    answers(&mut it, ticket, Ok(text("Hello.")));
    assert_eq!(it.app.composer.text(), "Hello.\n\nand be brief");
}

#[test]
fn an_argument_that_is_missing_is_named_and_the_command_stays() {
    let mut it = stocked();
    it.paste("/files:review style=terse").press("enter");
    it.shows("Still needed: file").shows("as file=…");
    assert_eq!(asked(&mut it), None);
    assert_eq!(it.app.composer.text(), "/files:review style=terse ");
    it.press("ctrl-u").paste("/files:nothing").press("enter");
    it.shows("files has no such prompt; there are: review, hello");
    it.press("ctrl-u").paste("/fils:review").press("enter");
    assert_eq!(
        it.requests().len(),
        1,
        "of no server: a message like any other"
    );
}

#[test]
fn a_server_that_does_not_run_is_started_for_its_prompt() {
    let mut it = Harness::with(SERVERS);
    it.paste("/files:review a.rs").press("enter");
    it.shows("Starting the MCP server files");
    assert!(
        it.effects()
            .contains(&Effect::StartServer("files".to_owned()))
    );
    comes(&mut it);
    let (ticket, ..) = asked(&mut it).expect("the prompt, once its arguments are known");
    // A server that fails says why, and the command is still there.
    answers(
        &mut it,
        ticket,
        Err("the MCP server failed: no such file".to_owned()),
    );
    it.shows("no such file").hides("reading");
    assert_eq!(it.app.composer.text(), "/files:review a.rs ");
    let mut it = Harness::with(SERVERS);
    it.paste("/files:review a.rs").press("enter");
    it.tell(Msg::Server(
        "files".to_owned(),
        News::Down("no licence".to_owned()),
    ));
    it.shows("no licence")
        .hides("reading")
        .shows("/files:review a.rs");
}

#[test]
fn a_prompt_that_is_no_longer_wanted_changes_nothing() {
    let mut it = stocked();
    it.paste("/files:hello").press("enter");
    let (ticket, ..) = asked(&mut it).unwrap();
    it.press("esc").hides("reading");
    answers(&mut it, ticket, Ok(text("Hello.")));
    assert_eq!(it.app.composer.text(), "/files:hello ");
    it.press("enter");
    let (ticket, ..) = asked(&mut it).unwrap();
    it.type_text("x");
    answers(&mut it, ticket, Ok(text("Hello.")));
    it.shows("You wrote something else meanwhile");
    assert_eq!(it.app.composer.text(), "/files:hello x");
}

#[test]
fn the_palette_lists_prompts_and_starts_servers_that_have_not_told_any() {
    let mut it = Harness::with(SERVERS);
    it.type_text("/files:")
        .shows("Prompts of the MCP server files");
    it.press("tab").shows("The server is starting …");
    assert!(
        it.effects()
            .contains(&Effect::StartServer("files".to_owned()))
    );
    comes(&mut it);
    it.press("down")
        .shows("Review a file")
        .shows("/files:review …")
        .shows("files:review file, [style]");
    it.press("tab")
        .type_text(" e")
        .shows("Enter runs /files:review e");
    it.press("enter");
    let (_, name, arguments) = asked(&mut it).unwrap();
    assert_eq!(
        (name.as_str(), arguments),
        ("review", json!([["file", "e"]]))
    );
}

#[test]
fn a_prompt_without_its_arguments_waits_for_them_in_the_box() {
    let mut it = stocked();
    it.type_text("/review")
        .press("enter")
        .shows("Still needed: file");
    it.type_text("a.rs").press("enter");
    assert!(asked(&mut it).is_some());
}

#[test]
fn a_resource_is_completed_after_an_at_sign_and_goes_along_like_a_file() {
    let mut it = stocked();
    it.type_text("read @notes").shows("files:notes://today");
    it.shows("Today's notes · 2.0 KB");
    it.press("tab")
        .shows("read @files:notes://today")
        .shows("reading files:notes://today");
    let wanted = Wanted::Resource {
        server: "files".to_owned(),
        uri: "notes://today".to_owned(),
    };
    let effects = it.effects();
    let fetched = effects.into_iter().find_map(|effect| match effect {
        Effect::Fetch(ticket, it) => Some((ticket, it)),
        _ => None,
    });
    let (ticket, fetched) = fetched.unwrap();
    assert_eq!(fetched, wanted);
    let note = Attachment::read("notes://today", b"buy milk".to_vec()).unwrap();
    it.tell(Msg::Fetched(
        ticket,
        Ok(Found::Read(vec![note], Vec::new())),
    ));
    it.press("enter");
    let body = it.requests().pop().unwrap().body;
    let said = body
        .pointer("/messages/0/content")
        .unwrap()
        .as_str()
        .unwrap();
    assert!(
        said.ends_with("notes://today:\n```\nbuy milk\n```"),
        "{said}"
    );
    it.say("/attach files:notes://today");
    let is_fetched = |effect: &Effect| matches!(effect, Effect::Fetch(_, it) if *it == wanted);
    assert!(it.effects().iter().any(is_fetched));
}

#[test]
fn a_server_is_started_from_the_completion_and_then_shows_its_resources() {
    let mut it = Harness::with(SERVERS);
    it.type_text("@fi")
        .shows("files:")
        .shows("Tab starts the server");
    it.press("tab").shows("starting");
    assert!(
        it.effects()
            .contains(&Effect::StartServer("files".to_owned()))
    );
    comes(&mut it);
    it.shows("files:notes://today");
}

#[test]
fn a_resource_whose_address_has_a_space_is_offered_too() {
    let mut it = Harness::with(SERVERS);
    let uri = "file:///my notes.md".to_owned();
    let resource = Resource {
        uri: uri.clone(),
        ..Resource::default()
    };
    let stock = Stock {
        resources: vec![resource],
        ..Stock::default()
    };
    it.tell(Msg::Server("files".to_owned(), News::Ready(Vec::new())));
    it.tell(Msg::Server("files".to_owned(), News::Has(stock)));
    it.type_text("see @files:").press("tab");
    assert_eq!(it.app.composer.text(), "see @files:file:///my%20notes.md ");
    let server = "files".to_owned();
    let wanted = Wanted::Resource { server, uri };
    let is_fetched = |effect: &Effect| matches!(effect, Effect::Fetch(_, it) if *it == wanted);
    assert!(it.effects().iter().any(is_fetched));
}

#[test]
fn a_prompt_without_text_says_so_and_a_server_that_is_picked_shows_how_it_starts() {
    let mut it = stocked();
    it.paste("/files:hello").press("enter");
    let (ticket, ..) = asked(&mut it).unwrap();
    answers(&mut it, ticket, Ok(Prompted::default()));
    it.shows("/files:hello: the server's prompt is empty");
    assert_eq!(it.app.composer.text(), "/files:hello ");
    let mut it = Harness::with(SERVERS);
    it.say("/mcp").shows("not started");
    it.press("enter").shows("starting");
    comes(&mut it);
    it.shows("connected");
}

/// The names of the tools in the last request.
fn offered(it: &mut Harness) -> Vec<String> {
    let body = it.requests().pop().expect("a request was sent").body;
    let tools = body["tools"].as_array().cloned().unwrap_or_default();
    let name = |tool: &Value| tool["function"]["name"].as_str().unwrap().to_owned();
    tools.iter().map(name).collect()
}

#[test]
fn tools_that_come_are_offered_and_those_that_go_are_not_within_a_turn_too() {
    let has = |names: &[&str]| {
        let listed = names.iter().map(|name| Listed {
            name: (*name).to_owned(),
            ..Listed::default()
        });
        Msg::Server("files".to_owned(), News::Ready(listed.collect()))
    };
    let config = format!("model = \"test/silent\"\n{SERVERS}approve = \"always\"\n");
    let mut it = Harness::with(&config);
    it.tell(has(&["open", "old"]));
    it.tell(Msg::Server("files".to_owned(), News::Has(stock())));
    it.effects();
    it.say("hello").connected();
    assert_eq!(offered(&mut it), ["files__open", "files__old"]);
    let call = Delta::Tool(ToolDelta {
        slot: 0,
        id: Some("c1".to_owned()),
        name: Some("files__open".to_owned()),
        arguments: "{}".to_owned(),
        snapshot: false,
    });
    it.stream([call, Delta::Finish(Finish::ToolCalls)]).end();
    // Having been called, it says that it has other tools; nothing else is asked of it.
    it.effects();
    it.tell(has(&["open", "new"]));
    assert_eq!(it.effects(), []);
    assert_eq!(it.app.notice, None);
    let turn = it.live();
    it.tell(Msg::ToolDone(
        CallId { turn, index: 0 },
        Ok("open".to_owned()),
    ));
    assert_eq!(offered(&mut it), ["files__open", "files__new"]);
}
