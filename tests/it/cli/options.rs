//! Options that no other test has a reason to give: each is tried once, and does what its row says.

use serde_json::{Value, json};

use super::{Home, replying, said};

/// A model that can do everything, and a tool.
const ABLE: &str = r#"
model = "lab/able"

[providers.lab]
dialect = "openai"
base_url = "http://127.0.0.1:9/v1"

[[providers.lab.models]]
id = "able"
thinking = { on = {}, off = { thinking = { type = "disabled" } }, high = { effort = "high" } }
json_mode = { response_format = { type = "json_object" } }
web_search = { enable_search = true }

[tools.echo]
description = "Says it again"
command = ["cat"]
approve = "always"
"#;

#[test]
fn each_parameter_reaches_the_request() {
    let home = Home::configured(ABLE);
    let asked = |arguments: &[&str]| {
        let all = [&["ask", "--dry-run", "hello"], arguments].concat();
        home.run(&all).ends(0).body()
    };
    let usual = asked(&[]);
    for (arguments, place, value) in [
        (&["--max-tokens", "99"][..], "/max_tokens", json!(99)),
        (&["--temperature", "0.5"], "/temperature", json!(0.5)),
        (&["--top-p", "0.25"], "/top_p", json!(0.25)),
        (
            &["--presence-penalty", "-1.5"],
            "/presence_penalty",
            json!(-1.5),
        ),
        (&["--thinking", "off"], "/thinking/type", json!("disabled")),
        (&["--thinking", "high"], "/effort", json!("high")),
        (
            &["--json-mode"],
            "/response_format/type",
            json!("json_object"),
        ),
        (&["--search"], "/enable_search", json!(true)),
        (
            &["--system", "Be brief."],
            "/messages/0/content",
            json!("Be brief."),
        ),
        (
            &["-m", "lab/org/other:a+b"],
            "/model",
            json!("org/other:a+b"),
        ),
        (&["--model", "lab/x"], "/model", json!("x")),
        (&["--no-stream"], "/stream", json!(false)),
    ] {
        let body = asked(arguments);
        assert_eq!(body.pointer(place), Some(&value), "{arguments:?}: {body}");
        assert_ne!(usual.pointer(place), Some(&value), "{place} of itself");
    }
    assert_eq!(
        usual.pointer("/tools/0/function/name"),
        Some(&json!("echo"))
    );
    assert_eq!(asked(&["--no-tools"]).get("tools"), None);
}

#[test]
fn the_data_directory_is_the_one_that_is_named_by_the_option_before_the_variable() {
    let server = replying(vec![said("ok")]);
    let home = super::home_of(&server);
    let run = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        command.env("MMCHAT_DATA_DIR", "variable");
        super::outcome(command.spawn().unwrap()).ends(0)
    };
    run(&["ask", "--data-dir", "option", "q"]);
    let there = |name: &str| home.directory.path().join(name).exists();
    assert!(there("option") && !there("variable") && !there(".local"));
    let listed = |arguments: &[&str]| run(arguments).out.lines().count();
    assert_eq!(listed(&["history", "list", "--data-dir", "option"]), 1);
    assert_eq!(listed(&["history", "list"]), 0);
}

#[test]
fn a_list_has_no_more_rows_than_wanted() {
    let home = Home::new();
    let message = |text: &str| json!({"messages": [{"role": "user", "content": text}]});
    let three = json!([
        message("pear one"),
        message("pear two"),
        message("pear three")
    ]);
    home.run_with_input(&["history", "import", "-"], three.to_string().as_bytes())
        .ends(0);
    let rows = |arguments: &[&str]| home.run(arguments).ends(0).out.lines().count();
    assert_eq!(rows(&["history", "list"]), 3);
    assert_eq!(rows(&["history", "list", "--limit", "2"]), 2);
    assert_eq!(rows(&["history", "search", "pear"]), 3);
    assert_eq!(rows(&["history", "search", "pear", "--limit", "1"]), 1);
    let search = ["history", "search", "pear", "--limit", "2", "--json"];
    let hits = home.run(&search).ends(0).json();
    assert_eq!(hits.as_array().unwrap().len(), 2);
}

#[test]
fn a_conversation_is_shown_and_written_with_the_reasoning_that_is_wanted() {
    let server = replying(vec![super::thought("because"), said("forty-two")]);
    let home = super::home_of(&server);
    home.run(&["ask", "why"]).ends(0);
    let list = home.run(&["history", "list", "--json"]).ends(0).json();
    let id = list[0]["id"].as_str().unwrap();
    let has = |text: &str| [text.contains("because"), text.contains("forty-two")];
    for (wanted, both) in [
        ("with", [true, true]),
        ("without", [false, true]),
        ("only", [true, false]),
    ] {
        let shown = home.run(&["history", "show", id, "--reasoning", wanted]);
        assert_eq!(has(&shown.ends(0).out), both, "{wanted}");
        let file = format!("{wanted}.md");
        let export = ["history", "export", id, "--reasoning", wanted, "-o", &file];
        home.run(&export).ends(0);
        let written = std::fs::read_to_string(home.directory.path().join(file)).unwrap();
        assert_eq!(has(&written), both, "{wanted}");
    }
}

#[test]
fn ask_continues_by_the_long_option_too() {
    let server = replying(vec![said("forty-two")]);
    let home = super::home_of(&server);
    home.run(&["ask", "why"]).ends(0);
    let body = home
        .run(&["ask", "--continue", "--dry-run", "and then?"])
        .ends(0)
        .body();
    let said: Vec<&Value> = body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| &message["content"])
        .collect();
    assert_eq!(said, ["why", "forty-two", "and then?"]);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    Home::new()
        .run(&["demo-server", "--port", &port])
        .ends(1)
        .complains(&port);
}

#[test]
fn a_key_in_the_environment_opens_its_provider() {
    for (variable, host) in [
        ("DASHSCOPE_API_KEY", "dashscope.aliyuncs.com"),
        ("TOKENHUB_API_KEY", "tokenhub-intl.tencentcloudmaas.com"),
        ("MINIMAX_API_KEY", "api.minimax.io"),
        ("OPENROUTER_API_KEY", "openrouter.ai"),
    ] {
        let home = Home::new();
        let mut command = home.command(&["ask", "--dry-run", "q"]);
        command.env(variable, super::KEY);
        let shown = super::outcome(command.spawn().unwrap()).ends(0).out;
        let first = shown.lines().next().unwrap_or_default();
        assert!(first.contains(host), "{variable}: {first}");
    }
}

#[test]
fn proxies_and_their_exceptions_are_told_in_either_spelling() {
    for (proxy, except) in [("HTTPS_PROXY", "NO_PROXY"), ("https_proxy", "no_proxy")] {
        let home = Home::new();
        let mut command = home.command(&["doctor"]);
        command.env(proxy, "http://proxy.example:3128");
        command.env(except, "intern.example");
        let told = super::outcome(command.spawn().unwrap()).ends(0).out;
        for words in ["http://proxy.example:3128", "no_proxy = intern.example"] {
            assert!(told.contains(words), "{words} in {told}");
        }
    }
}

#[cfg(unix)]
#[test]
fn the_visual_editor_goes_before_the_other() {
    let home = Home::new();
    let script = home.directory.path().join("editor.sh");
    std::fs::write(&script, "exit 7").unwrap();
    let mut command = home.command(&["config", "edit"]);
    command.env("VISUAL", format!("/bin/sh {}", script.display()));
    command.env("EDITOR", "/bin/false");
    super::outcome(command.spawn().unwrap())
        .ends(1)
        .complains("status: 7");
}
