//! Settings of the configuration, each in the real program: what it changes in a request, on its way,
//! or in what is refused. Those of the screen are tried in a pseudo-terminal.

use serde_json::{Value, json};

use super::{Home, KEY, Outcome, home_of, replying, said, thought};
use crate::support::raw::{Server, Step};

/// A provider with a model that can do everything; more of its settings may follow.
const PROVIDER: &str = r#"
[[providers.lab.models]]
id = "able"
thinking = { on = {}, off = { thinking = { type = "disabled" } } }
json_mode = { response_format = { type = "json_object" } }
web_search = { enable_search = true }

[providers.lab]
dialect = "openai"
base_url = "http://127.0.0.1:9/v1"
"#;

/// The request of a home with that configuration.
fn request(config: &str) -> Outcome {
    let home = Home::configured(config);
    home.run(&["ask", "--dry-run", "hello"]).ends(0)
}

/// A server whose model calls a tool without arguments, hears of the result, and answers.
fn calling(tool: &str) -> Server {
    let call = json!({"index": 0, "id": "c", "type": "function",
        "function": {"name": tool, "arguments": "{}"}});
    let first = json!({"choices": [{"index": 0, "finish_reason": "tool_calls",
        "delta": {"reasoning_content": "I need it", "tool_calls": [call]}}]});
    let script = |piece: Step| [vec![Step::events(), piece], super::done()].concat();
    Server::start(vec![
        script(Step::chunk(format!("data: {first}\n\n"))),
        script(said("done")),
    ])
}

/// A value of a body, by its JSON pointer.
#[track_caller]
fn says(body: &Value, place: &str, value: &Value) {
    assert_eq!(body.pointer(place), Some(value), "{place} in {body}");
}

#[test]
fn what_stands_under_chat_reaches_the_request() {
    for (setting, place, value) in [
        (
            "system_prompt = \"Briefly.\"",
            "/messages/0/content",
            json!("Briefly."),
        ),
        ("thinking = \"off\"", "/thinking/type", json!("disabled")),
        ("stream = false", "/stream", json!(false)),
        (
            "json_mode = true",
            "/response_format/type",
            json!("json_object"),
        ),
        ("search = true", "/enable_search", json!(true)),
        ("max_tokens = 99", "/max_tokens", json!(99)),
        ("temperature = 0.5", "/temperature", json!(0.5)),
        ("top_p = 0.25", "/top_p", json!(0.25)),
        ("presence_penalty = -1.5", "/presence_penalty", json!(-1.5)),
    ] {
        let config = format!("model = \"lab/able\"\n[chat]\n{setting}\n{PROVIDER}");
        says(&request(&config).body(), place, &value);
    }
}

#[test]
fn what_a_provider_says_of_its_requests_is_done() {
    let more = "headers = { \"X-Team\" = \"blue\" }\nbody = { seed = 7 }\n\
                max_tokens_field = \"most\"\n[chat]\nmax_tokens = 9\n";
    let shown = request(&format!("model = \"lab/able\"\n{PROVIDER}{more}"));
    assert!(shown.out.contains("X-Team: blue"), "{shown:?}");
    says(&shown.body(), "/seed", &json!(7));
    says(&shown.body(), "/most", &json!(9));
    assert_eq!(shown.body().get("max_tokens"), None);
    // Another protocol, which always wants a limit.
    let other = PROVIDER.replace("\"openai\"", "\"anthropic\"");
    let other = other.replace("id = \"able\"", "id = \"able\"\ndefault_max_tokens = 77");
    let shown = request(&format!("model = \"lab/able\"\n{other}"));
    assert!(shown.out.contains("127.0.0.1:9/v1/messages"), "{shown:?}");
    says(&shown.body(), "/max_tokens", &json!(77));
}

#[test]
fn what_a_model_is_sent_of_itself_is_as_set() {
    let asked = |more: &str, arguments: &[&str]| {
        let model = format!("id = \"able\"\n{more}");
        let provider = PROVIDER.replace("id = \"able\"", &model);
        let home = Home::configured(&format!("model = \"lab/able\"\n{provider}"));
        let all = [&["ask", "--dry-run", "hello"], arguments].concat();
        home.run(&all).ends(0)
    };
    let thinks = asked("json_mode_hint = \"It drifts.\"", &["--json-mode"]);
    assert_eq!(thinks.body().get("thinking"), None, "{thinks:?}");
    thinks.complains("JSON mode: It drifts.");
    let rests = asked("json_mode_thinking = \"off\"", &["--json-mode"]);
    says(&rests.body(), "/thinking/type", &json!("disabled"));
}

#[test]
fn what_a_tool_is_for_and_takes_is_told_to_the_model() {
    let tool = "[tools.weather]\ndescription = \"Weather of a city\"\ncommand = [\"weather\"]\n\
                parameters = { type = \"object\", required = [\"city\"], properties = { city = {} } }\n";
    let body = request(&format!("model = \"lab/able\"\n{PROVIDER}{tool}")).body();
    let told = "/tools/0/function";
    says(&body, &format!("{told}/name"), &json!("weather"));
    says(
        &body,
        &format!("{told}/description"),
        &json!("Weather of a city"),
    );
    says(
        &body,
        &format!("{told}/parameters/required"),
        &json!(["city"]),
    );
}

#[test]
fn a_persona_brings_its_prompt_its_model_and_its_parameters() {
    let persona = "[personas.strict]\nsystem_prompt = \"Be strict.\"\nmodel = \"lab/able\"\n\
                   thinking = \"off\"\nmax_tokens = 99\ntemperature = 0.5\ntop_p = 0.25\npresence_penalty = -1.5\n";
    let home = Home::configured(&format!("model = \"demo\"\n{PROVIDER}{persona}"));
    let body = home
        .run(&["ask", "--dry-run", "--persona", "strict", "hello"])
        .ends(0)
        .body();
    for (place, value) in [
        ("/messages/0/content", json!("Be strict.")),
        ("/model", json!("able")),
        ("/thinking/type", json!("disabled")),
        ("/max_tokens", json!(99)),
        ("/temperature", json!(0.5)),
        ("/top_p", json!(0.25)),
        ("/presence_penalty", json!(-1.5)),
    ] {
        says(&body, place, &value);
    }
}

#[test]
fn what_a_model_can_not_do_is_neither_sent_nor_tried() {
    let home = |limits: &str| {
        let model = format!("id = \"able\"\n{limits}");
        let provider = PROVIDER.replace("id = \"able\"", &model);
        let tool = "[tools.echo]\ncommand = [\"cat\"]\n";
        Home::configured(&format!("model = \"lab/able\"\n{provider}{tool}"))
    };
    let asked = ["ask", "--dry-run", "hello"];
    let usual = home("").run(&asked).ends(0).body();
    says(&usual, "/tools/0/function/name", &json!("echo"));
    let without = home("tools = false").run(&asked).ends(0).body();
    assert_eq!(without.get("tools"), None);

    let long = "word ".repeat(2_000);
    for (limits, arguments, said) in [
        (
            "max_output_tokens = 10",
            &["--max-tokens", "99"][..],
            "writes 10 tokens at most",
        ),
        (
            "max_input_tokens = 100",
            &[long.as_str()],
            "lab/able takes 100",
        ),
        (
            "context_window_tokens = 1000",
            &[&long],
            "lab/able takes 1000",
        ),
        (
            "temperature = { min = 0, max = 1 }",
            &["--temperature", "1.5"],
            "takes 0 to 1",
        ),
        (
            "top_p = { min = 0.5, max = 1 }",
            &["--top-p", "0.1"],
            "takes 0.5 to 1",
        ),
        (
            "presence_penalty = { min = 0, max = 1 }",
            &["--presence-penalty", "-1"],
            "takes 0 to 1",
        ),
    ] {
        let all = [&asked[..], arguments].concat();
        home(limits).run(&all).ends(2).complains(said);
    }
}

#[cfg(feature = "image-preview")]
#[test]
fn an_image_goes_to_a_model_that_takes_them_and_to_no_other() {
    let asked = |takes: bool| {
        let model = format!("id = \"able\"\nimages = {takes}");
        let provider = PROVIDER.replace("id = \"able\"", &model);
        let home = Home::configured(&format!("model = \"lab/able\"\n{provider}"));
        let image = crate::pictures::png(8, 8);
        std::fs::write(home.directory.path().join("a.png"), image).unwrap();
        home.run(&["ask", "--dry-run", "--attach", "a.png", "what is it?"])
    };
    asked(false).ends(2).complains("takes text only");
    let sent = asked(true).ends(0).body();
    assert!(sent.to_string().contains("image_url"), "{sent}");
}

#[test]
fn lists_tell_of_models_and_providers_what_is_set() {
    let own = "prices = { currency = \"cny\", input_per_mtok = 2.5, output_per_mtok = 8, cached_per_mtok = 1 }\n\
               advice = \"The one under the desk.\"\nwarning = \"Slow.\"\nsource = \"measured\"\n";
    let provider = PROVIDER.replace("id = \"able\"\n", &format!("id = \"able\"\n{own}"));
    let names = "name = \"The lab\"\nkey_url = \"https://lab.example/keys\"\n";
    let home = Home::configured(&(provider + names));
    let list = home.run(&["models", "-m", "lab", "--json"]).ends(0).json();
    for (place, value) in [
        ("/0/advice", json!("The one under the desk.")),
        ("/0/warning", json!("Slow.")),
        ("/0/prices/input_per_mtok", json!(2.5)),
        ("/0/prices/output_per_mtok", json!(8.0)),
        ("/0/prices/cached_per_mtok", json!(1.0)),
    ] {
        says(&list, place, &value);
    }
    let keys = home.run(&["key", "list", "lab"]).ends(0).out;
    assert!(keys.contains("https://lab.example/keys"), "{keys}");
}

#[cfg(unix)]
#[test]
fn a_key_comes_from_the_command_that_is_named() {
    let server = replying(vec![said("ok")]);
    let config = home_of(&server).config.replace(
        "api_key_env = \"LAB_KEY\"",
        "api_key_command = [\"/bin/echo\", \"sk-of-a-command\"]",
    );
    Home::configured(&config).run(&["ask", "q"]).ends(0);
    let head = server.seen()[0].head.to_lowercase();
    assert!(head.contains("bearer sk-of-a-command"), "{head}");
}

#[cfg(unix)]
#[test]
fn the_reasoning_before_a_tool_call_goes_back_where_it_is_wanted() {
    for wanted in [false, true] {
        let server = calling("echo");
        let config = home_of(&server).config.replace(
            "api_key_env",
            &format!("wants_reasoning_back = {wanted}\napi_key_env"),
        );
        let tool = "[tools.echo]\ncommand = [\"/bin/cat\"]\napprove = \"always\"\n";
        Home::configured(&(config + tool))
            .run(&["ask", "q"])
            .ends(0);
        let body = String::from_utf8(server.seen()[1].body.clone()).unwrap();
        assert_eq!(body.contains("I need it"), wanted, "{body}");
    }
}

#[test]
fn pieces_that_repeat_what_came_before_are_told_apart_where_that_is_allowed() {
    let pieces = ["All the text", "All the text so", "All the text so far"];
    let last = "All the text so far\n";
    for (allowed, answer) in [(false, pieces.concat() + "\n"), (true, last.to_owned())] {
        let server = replying(pieces.map(said).to_vec());
        let config = home_of(&server).config.replace(
            "api_key_env",
            &format!("may_be_cumulative = {allowed}\napi_key_env"),
        );
        let outcome = Home::configured(&config).run(&["ask", "q"]).ends(0);
        assert_eq!(outcome.out, answer);
    }
}

#[cfg(unix)]
#[test]
fn a_tool_sees_no_more_of_the_environment_than_is_named() {
    let server = calling("look");
    let tool =
        "[tools.look]\ncommand = [\"/usr/bin/env\"]\napprove = \"always\"\nenv = [\"SEEN\"]\n";
    let home = Home::configured(&(home_of(&server).config + tool));
    let mut command = home.command(&["ask", "q"]);
    command.env("SEEN", "yes").env("UNSEEN", "no");
    super::outcome(command.spawn().unwrap()).ends(0);
    let body: Value = serde_json::from_slice(&server.seen()[1].body).unwrap();
    says(&body, "/messages/2/content", &json!("SEEN=yes\n"));
}

#[cfg(unix)]
#[test]
fn a_tool_that_takes_longer_than_is_set_is_given_up() {
    let server = calling("wait");
    let tool = "[tools.wait]\ncommand = [\"/bin/sleep\", \"60\"]\napprove = \"always\"\ntimeout_seconds = 1\n";
    let home = Home::configured(&(home_of(&server).config + tool));
    home.run(&["ask", "q"]).ends(0);
    let body = String::from_utf8(server.seen()[1].body.clone()).unwrap();
    assert!(body.contains("longer than 1 s"), "{body}");
}

/// A server of one tool in a few lines of shell: it says what it sees of the environment, or nothing.
#[cfg(unix)]
const TOOL_SERVER: &str = r#"
reply() { printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$1" "$2"; }
while read -r line; do
    id=${line##*\"id\":}
    id=${id%%[,\}]*}
    case $line in
        *'"initialize"'*) reply "$id" '{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}' ;;
        *'"tools/list"'*) reply "$id" '{"tools":[{"name":"look","inputSchema":{"type":"object"}}]}' ;;
        *'"tools/call"'*) [ "$SILENT" ] || reply "$id" '{"content":[{"type":"text","text":"seen: '"$SEEN$UNSEEN"'"}]}' ;;
    esac
done
"#;

#[cfg(all(unix, feature = "mcp"))]
#[test]
fn a_server_of_tools_is_started_asked_and_given_up_as_set() {
    for (silent, approve, told) in [
        ("", "always", "seen: yes"),
        ("1", "always", "did not answer within 1 s"),
        ("", "ask", "which it was not offered"),
    ] {
        let server = calling("lab__look");
        let table = format!(
            "[mcp.lab]\ncommand = [\"/bin/sh\", \"server.sh\"]\napprove = \"{approve}\"\n\
             timeout_seconds = 1\nenv = [\"SEEN\", \"SILENT\"]\n"
        );
        let home = Home::configured(&(home_of(&server).config + &table));
        std::fs::write(home.directory.path().join("server.sh"), TOOL_SERVER).unwrap();
        let mut command = home.command(&["ask", "q"]);
        command
            .env("SEEN", "yes")
            .env("UNSEEN", "no")
            .env("SILENT", silent);
        let outcome = super::outcome(command.spawn().unwrap()).ends(0);
        let bodies: Vec<_> = server.seen().into_iter().map(|seen| seen.body).collect();
        let sent = String::from_utf8(bodies.concat()).unwrap();
        let all = sent + &outcome.err;
        assert!(all.contains(told), "{told} in {all}");
    }
}

#[test]
fn a_refused_key_is_explained_with_the_providers_own_note() {
    let server = Server::start(vec![Step::whole(401, "application/json", "{}")]);
    let note = "note = \"Keys are given out in the cellar.\"\napi_key_env";
    let config = home_of(&server).config.replace("api_key_env", note);
    let outcome = Home::configured(&config).run(&["ask", "q"]).ends(1);
    outcome.complains("Keys are given out in the cellar.");
}

#[test]
fn a_request_goes_through_the_proxy_and_in_the_clear_only_if_that_is_set() {
    let away = |network: &str| {
        let config = format!(
            "model = \"lab/able\"\n{}api_key_env = \"LAB_KEY\"\n[network]\nmax_retries = 0\n{network}",
            PROVIDER.replace("127.0.0.1:9", "away.example"),
        );
        Home::configured(&config)
    };
    away("")
        .run(&["ask", "q"])
        .ends(1)
        .complains("network.allow_plain_http");
    let clear = "allow_plain_http = true\n";
    let proxy = replying(vec![said("by a detour")]);
    let network = format!("{clear}proxy = \"{}\"\n", proxy.url());
    let outcome = away(&network).run(&["ask", "q"]).ends(0);
    assert_eq!(outcome.out, "by a detour\n");
    let seen = &proxy.seen()[0];
    let line = "POST http://away.example/v1/chat/completions ";
    assert!(seen.head.starts_with(line), "{}", seen.head);
    assert!(seen.head.contains(KEY));
    // The environment's, where the configuration names none.
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let proxy = replying(vec![said("by a detour")]);
        let home = away(clear);
        let mut command = home.command(&["ask", "q"]);
        command.env(variable, proxy.url());
        super::outcome(command.spawn().unwrap()).ends(0);
        assert_eq!(proxy.seen().len(), 1, "{variable}");
    }
}

#[test]
fn a_request_is_tried_again_as_often_as_is_set() {
    let busy = || {
        let headers = [("retry-after", "0"), ("content-length", "2")];
        let headers = headers.map(|(name, value)| (name, value.to_owned()));
        vec![Step::Head(503, headers.to_vec()), Step::Raw(b"{}".to_vec())]
    };
    for (retries, code, requests) in [(0, 75, 1), (1, 0, 2)] {
        let well = [vec![Step::events(), said("ok")], super::done()].concat();
        let server = Server::start(vec![busy(), well]);
        let config = home_of(&server)
            .config
            .replace("max_retries = 0", &format!("max_retries = {retries}"));
        Home::configured(&config).run(&["ask", "q"]).ends(code);
        assert_eq!(server.seen().len(), requests, "{retries}");
    }
}

#[test]
fn a_server_that_falls_silent_is_left_after_the_time_that_is_set() {
    let gate = crate::support::raw::Gate::new();
    let server = replying(vec![thought("hm"), Step::Gate(gate.clone()), said("late")]);
    let config = home_of(&server)
        .config
        .replace("idle_timeout_seconds = 2", "idle_timeout_seconds = 1");
    let outcome = Home::configured(&config).run(&["ask", "q"]).ends(75);
    outcome.complains("nothing arrived for 1 s");
    gate.open();
}
