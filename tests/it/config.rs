//! What users write into their configuration, and what they are told when it is wrong.

use mmchat::catalog::Catalog;
use mmchat::chat::Thinking;
use mmchat::config::{self, Approve, Config, Known, McpTransport, PanelState};
use mmchat::wire::Dialect;

/// What these configurations may speak of.
fn known() -> Known {
    Known {
        actions: vec!["switch-model", "toggle-thinking-panel", "send", "help"],
        slash_commands: vec!["model", "think"],
    }
}

const EXAMPLE: &str = include_str!("../../config.example.toml");

fn parsed(text: &str) -> Config {
    match config::parse(text, "config.toml", &known()) {
        Ok((config, _)) => config,
        Err(problems) => panic!("{problems}"),
    }
}

fn complaints(text: &str) -> String {
    match config::parse(text, "c.toml", &known()) {
        Ok(_) => "none".to_owned(),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn the_example_configuration_is_the_default_one() {
    assert_eq!(parsed(EXAMPLE), Config::default());
    assert_eq!(parsed(""), Config::default());
}

#[test]
fn the_example_parses_with_every_example_in_it_uncommented() {
    let uncommented: Vec<&str> = EXAMPLE
        .lines()
        .map(|line| {
            let code = line.strip_prefix("# ").filter(|rest| {
                // A setting, not a sentence: `key = ` and then what can only be a value.
                rest.split_once(" = ").is_some_and(|(key, value)| {
                    let lower = |c: char| c.is_ascii_lowercase() || "_-".contains(c);
                    key.chars().all(lower)
                        && (value.starts_with(|c: char| c.is_ascii_digit() || "\"[{".contains(c))
                            || ["true", "false"].contains(&value.split(' ').next().unwrap()))
                }) || rest.starts_with('[')
            });
            code.unwrap_or(line)
        })
        .collect();
    let config = parsed(&uncommented.join("\n"));
    assert_eq!(config.model.as_deref(), Some("tencent/minimax-m2.7"));
    assert_eq!(config.chat.params.max_tokens, Some(8192));
    assert_eq!(config.keys.len(), 2);
    assert_eq!(config.tools.len(), 1);
    assert_eq!(config.mcp.len(), 1);
    assert_eq!(config.personas.len(), 1);
    let catalog = config.catalog();
    let model = catalog
        .provider("my-vllm")
        .unwrap()
        .model("MiniMaxAI/MiniMax-M3");
    assert!(model.known);
    assert_eq!(model.modes(), [Thinking::On, Thinking::Off]);
    assert_eq!(model.web_search, None);
}

#[test]
fn every_setting_of_the_configuration_is_in_the_example() {
    for key in [
        "model",
        "system_prompt",
        "thinking",
        "stream",
        "max_tool_rounds",
        "max_tokens",
        "temperature",
        "top_p",
        "presence_penalty",
        "thinking_panel",
        "thinking_width",
        "thinking_side",
        "theme",
        "mouse",
        "language",
        "notify",
        "connect_timeout_seconds",
        "idle_timeout_seconds",
        "text_timeout_seconds",
        "max_retries",
        "proxy",
        "ca_file",
        "allow_plain_http",
        "api_key_env",
        "api_key_command",
        "headers",
        "body",
        "max_tokens_field",
    ] {
        let is_set = |line: &str| {
            line.trim_start_matches("# ")
                .starts_with(&format!("{key} = "))
        };
        assert!(EXAMPLE.lines().any(is_set), "{key}");
    }
}

#[test]
fn unknown_keys_are_named_with_the_nearest_known_one() {
    insta::assert_snapshot!(complaints("modle = \"demo\"\n[ui]\nthinking_widht = 40\n"), @r#"
    c.toml:1:1: unknown key `modle` at the top level. Did you mean model?
    c.toml:3:1: unknown key `thinking_widht` in [ui]. Did you mean thinking_width?
    "#);
    insta::assert_snapshot!(complaints("[ui]\ncolour = \"red\"\n"), @"c.toml:2:1: unknown key `colour` in [ui]. It takes thinking_panel, thinking_width, thinking_side, theme, mouse, language, notify, window_title, progress or image_preview.");
    insta::assert_snapshot!(complaints("[provider.x]\ndialect = \"openai\"\n"), @"c.toml:1:2: unknown key `provider` at the top level. Did you mean providers?");
}

#[test]
fn wrong_types_and_values_say_what_is_allowed() {
    insta::assert_snapshot!(complaints(
        "[ui]\nmouse = \"yes\"\nthinking_width = 95\nthinking_panel = \"ful\"\ntheme = \"../x\"\n"
    ), @r#"
    c.toml:2:9: `ui.mouse` takes true or false, not a text in quotes.
    c.toml:3:18: `ui.thinking_width` takes a whole number from 10 to 90, not 95.
    c.toml:4:18: `ui.thinking_panel` takes full, peek or hidden, not "ful". Did you mean full?
    c.toml:5:9: `ui.theme` takes auto, dark, light or the name of a theme, without a path.
    "#);
    insta::assert_snapshot!(complaints(
        "[network]\nidle_timeout_seconds = 0\nmax_retries = -1\nconnect_timeout_seconds = 1.5\nproxy = \"host:80\"\n"
    ), @r#"
    c.toml:2:24: `network.idle_timeout_seconds` takes a whole number from 1 to 86400, not 0.
    c.toml:3:15: `network.max_retries` takes a whole number from 0 to 100, not -1.
    c.toml:4:27: `network.connect_timeout_seconds` takes a whole number from 1 to 86400, not a number with a fraction.
    c.toml:5:9: `network.proxy` takes an address such as "http://host:8080" or "socks5h://host:1080", or "" for the environment's.
    "#);
    insta::assert_snapshot!(complaints(
        "[chat]\ntemperature = 3\ntop_p = nan\nmax_tokens = 0\nthinking = \"of\"\nsystem_prompt = 1979-05-27\n"
    ), @r#"
    c.toml:2:15: `chat.temperature` takes a number from 0 to 2, not 3.
    c.toml:3:9: `chat.top_p` takes a number from 0 to 1, not NaN.
    c.toml:4:14: `chat.max_tokens` takes a whole number from 1 up, not 0.
    c.toml:5:12: `chat.thinking` takes on, off, low, medium, high, xhigh or max, not "of". Did you mean on or off?
    c.toml:6:17: `chat.system_prompt` takes a text in quotes, not a date.
    "#);
    insta::assert_snapshot!(complaints("ui = 3\nchat = []\n"), @r#"
    c.toml:1:6: `ui` is a table: write [ui], not a whole number.
    c.toml:2:8: `chat` is a table: write [chat], not a list.
    "#);
}

#[test]
fn text_that_is_no_toml_is_placed() {
    insta::assert_snapshot!(complaints("[ui\nmouse = true\n"), @"c.toml:1:4: this is not TOML: unclosed table, expected `]`");
    insta::assert_snapshot!(complaints("[ui]\nmouse = yes\ntheme = \"dark\n"), @r#"
    c.toml:2:9: this is not TOML: string values must be quoted, expected literal string
    c.toml:3:14: this is not TOML: invalid basic string, expected `"`
    "#);
    insta::assert_snapshot!(complaints("[ui]\nmouse = true\nmouse = false\n"), @"c.toml:3:1: this is not TOML: duplicate key");
}

#[test]
fn keys_do_not_belong_into_the_configuration() {
    let text = "[providers.minimax]\napi_key = \"sk-secret\"\n";
    insta::assert_snapshot!(complaints(text), @"c.toml:2:1: keys are not kept in the configuration, which tends to be copied and shared. Run `mmchat key set minimax`, or name the key's place with `api_key_env` or `api_key_command`.");
    let text =
        "[providers.minimax]\napi_key_env = \"sk-api-secret\"\napi_key_command = \"pass show x\"\n";
    insta::assert_snapshot!(complaints(text), @r#"
    c.toml:2:15: `providers.minimax.api_key_env` takes the name of an environment variable, such as "MY_KEY", not the key.
    c.toml:3:19: `providers.minimax.api_key_command` takes a list: the program, then its arguments, such as ["pass", "show", "name"]; no shell splits a text.
    "#);
    let text = "[providers.minimax]\napi_key = \"sk-secret\"\napi_key_env = \"sk-api-secret\"\nbase_url = \"sk-secret\"\n";
    assert!(!complaints(text).contains("secret"));
}

#[test]
fn a_key_in_a_header_is_allowed_and_remarked_upon() {
    let text = "[providers.minimax]\nheaders = { Authorization = \"Bearer secret\" }\n";
    let (config, doubts) = config::parse(text, "c.toml", &known()).unwrap();
    assert_eq!(config.providers[0].headers.len(), 1);
    insta::assert_snapshot!(doubts[0], @"c.toml:2:13: `providers.minimax.headers.Authorization` keeps a key in the configuration, which tends to be copied and shared; `api_key_env` or `api_key_command` does not.");
}

#[test]
fn providers_and_models_are_checked() {
    insta::assert_snapshot!(complaints(
        "model = \"tencnt/minimax-m3\"\n[providers.tencnt]\nnote = \"\"\n"
    ), @r#"c.toml:2:12: the provider "tencnt" is not a built-in one, so it needs `dialect` and `base_url`. Did you mean tencent?"#);
    insta::assert_snapshot!(complaints(
        "[providers.x]\ndialect = \"opnai\"\nbase_url = \"localhost:8000\"\n[providers.y]\ndialect = \"openai\"\nbase_url = \"http://h/v1/chat/completions\"\n"
    ), @r#"
    c.toml:2:11: `providers.x.dialect` takes openai, dashscope or anthropic, not "opnai". Did you mean openai?
    c.toml:3:12: `providers.x.base_url` takes an address such as "https://host/v1", with http:// or https://.
    c.toml:6:12: `providers.y.base_url` must end before /chat/completions: that part is appended.
    "#);
    insta::assert_snapshot!(complaints(
        "[[providers.local.models]]\nid = \"a\"\ntemperature = { min = 1, max = 0 }\nthinking = { of = {} }\njson_mode = true\n[[providers.local.models]]\nid = \"a\"\n[[providers.local.models]]\ntools = 1\n"
    ), @r#"
    c.toml:3:15: `providers.local.models.temperature` has a min above its max, or a default outside of them.
    c.toml:4:12: `providers.local.models.thinking` names no mode. A model that can't be switched off has { on = {} }, one that never thinks { off = {} }.
    c.toml:4:14: unknown key `of` in [providers.local.models.thinking]. Did you mean on or off?
    c.toml:5:13: `providers.local.models.json_mode` takes a table, such as { key = "value" }, not true or false.
    c.toml:7:6: the model "a" is there twice; join the two.
    c.toml:8:1: this model has no `id`: the name that the provider knows it by.
    c.toml:9:9: `providers.local.models.tools` takes true or false, not a whole number.
    "#);
    insta::assert_snapshot!(complaints("model = \"MiniMax-M2.5\"\n"), @"c.toml:1:9: `model` can't be found: “MiniMax-M2.5” needs its provider in front: alibaba/MiniMax-M2.5, alibaba-dashscope/MiniMax-M2.5, tencent/minimax-m2.5, tencent-anthropic/minimax-m2.5, minimax/MiniMax-M2.5, minimax-anthropic/MiniMax-M2.5 or minimax-cn/MiniMax-M2.5");
}

#[test]
fn key_bindings_are_checked() {
    insta::assert_snapshot!(complaints(
        "[keys]\nswich-model = \"ctrl-o\"\nsend = \"ctrl-m\"\nhelp = [\"f1\", \"alt-[\", 3]\n"
    ), @r#"
    c.toml:2:1: there is no action `swich-model`. Did you mean switch-model?
    c.toml:3:8: `keys.send` can't be "ctrl-m": a terminal can't tell it from enter.
    c.toml:4:15: `keys.help` can't be "alt-[": a terminal sends it as the beginning of other keys.
    c.toml:4:24: `keys.help` takes a text in quotes, not a whole number.
    "#);
    insta::assert_snapshot!(complaints(
        "[keys]\nsend = [\"ctrl-s\", \"f9\"]\nhelp = \"control-S\"\n"
    ), @"c.toml:3:8: `keys.help` takes ctrl-s, which `keys.send` has already; a key can do one thing.");
}

#[test]
fn tools_servers_and_personas_are_checked() {
    insta::assert_snapshot!(complaints(
        "[tools.\"get weather\"]\napprove = \"yes\"\n[mcp.files]\n[mcp.web]\nurl = \"https://h/mcp\"\ncommand = [\"x\"]\n[personas.p]\nthinking = \"hard\"\nmodell = \"demo\"\n"
    ), @r#"
    c.toml:1:8: a tool's name holds letters, digits, _ and - only, 64 at most.
    c.toml:1:8: the tool "get weather" has no `command` to run.
    c.toml:2:11: `tools.get weather.approve` takes ask, always or never, not "yes".
    c.toml:3:6: the MCP server "files" needs `command` or `url`.
    c.toml:5:7: `mcp.web.url` stands beside `command`; a server has one of the two.
    c.toml:8:12: `personas.p.thinking` takes on, off, low, medium, high, xhigh or max, not "hard".
    c.toml:9:1: unknown key `modell` in [personas.p]. Did you mean model?
    "#);
}

#[test]
fn hostile_text_is_shown_and_not_obeyed() {
    let shown = complaints("[ui]\n\"a\\u001b[31m\" = 1\nnotify = \"\\u001b[2J\"\n");
    assert!(!shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn the_sections_of_the_contract_are_understood() {
    let config = parsed(
        r#"
        model = "my-vllm/MiniMaxAI/MiniMax-M2.7"
        [ui]
        thinking_panel = "peek"
        [keys]
        switch-model = ""
        toggle-thinking-panel = ["ctrl-t", "f4"]
        [providers.my-vllm]
        dialect = "openai"
        base_url = "http://127.0.0.1:8000/v1/"
        api_key_env = "MY_KEY"
        headers = { "X-Extra" = "1" }
        body = { }
        [[providers.my-vllm.models]]
        id = "MiniMaxAI/MiniMax-M2.7"
        context_window_tokens = 204_800
        thinking = { off = { chat_template_kwargs = { thinking_mode = "disabled" } } }
        json_mode = { response_format = { type = "json_object" } }
        web_search = { enable_search = true }
        [tools.get_weather]
        description = "Weather of a city"
        command = ["weather", "--json"]
        parameters = { type = "object", properties = { city = { type = "string" } }, required = ["city"] }
        [mcp.files]
        command = ["mcp-server-files", "."]
        [personas.reviewer]
        system_prompt = "…"
        temperature = 0.3
        "#,
    );
    assert_eq!(config.ui.thinking_panel, PanelState::Peek);
    assert!(config.keys[0].chords.is_empty());
    assert_eq!(config.keys[1].chords.len(), 2);
    assert_eq!(config.tools[0].approve, Approve::Ask);
    assert_eq!(config.tools[0].timeout_seconds, 30);
    assert!(matches!(&config.mcp[0].transport, McpTransport::Command(words) if words.len() == 2));
    assert_eq!(config.personas[0].params.temperature, Some(0.3));

    let catalog = config.catalog();
    let first = &catalog.providers[0];
    assert_eq!(
        (first.id.as_str(), first.dialect),
        ("my-vllm", Dialect::OpenAi)
    );
    assert_eq!(first.base_url, "http://127.0.0.1:8000/v1");
    let model = first.model("MiniMaxAI/MiniMax-M2.7");
    assert_eq!(model.modes(), [Thinking::On, Thinking::Off]);
    assert!(model.tools);
}

#[test]
fn a_users_entry_changes_only_what_it_speaks_of() {
    let config = parsed(
        r#"
        [providers.minimax]
        base_url = "https://proxy.example/v1"
        body = { service_tier = "priority" }
        headers = { x-team = "a", X-Team = "b" }
        [[providers.minimax.models]]
        id = "MiniMax-M4"
        [[providers.minimax.models]]
        id = "MiniMax-M3"
        max_output_tokens = 1000
        json_mode = false
        "#,
    );
    let builtin = Catalog::builtin();
    let catalog = config.catalog();
    assert_eq!(catalog.providers.len(), builtin.providers.len());
    let (old, new) = (
        builtin.provider("minimax").unwrap(),
        catalog.provider("minimax").unwrap(),
    );
    assert_eq!(new.base_url, "https://proxy.example/v1");
    assert_eq!(new.name, old.name);
    assert_eq!(new.body["reasoning_split"], true);
    assert_eq!(new.body["service_tier"], "priority");
    assert_eq!(new.headers, [("X-Team".to_owned(), "b".to_owned())]);
    assert_eq!(new.models.len(), old.models.len() + 1);
    assert_eq!(new.models[0].id, "MiniMax-M4");
    let (old, new) = (old.model("MiniMax-M3"), new.model("MiniMax-M3"));
    assert_eq!(new.max_output_tokens, Some(1000));
    assert!(old.json_mode.is_some() && new.json_mode.is_none());
    assert_eq!(new.thinking, old.thinking);
    assert_eq!(new.prices, old.prices);
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_configuration_or_a_list_of_problems(
        text in "(\\[(ui|keys|providers\\.x|\\[providers\\.x\\.models\\])\\]\n|[a-z_]{1,8} = (\"\\PC{0,6}\"|[0-9]{1,25}|-1e999|\\[\\]|\\{\\}|true)\n|id = \"\"\n|\\PC{0,9}){0,12}"
    ) {
        if let Err(problems) = config::parse(&text, "c.toml", &known()) {
            proptest::prop_assert!(!problems.0.is_empty());
            let shown = problems.to_string();
            proptest::prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n'));
        }
    }
}

#[test]
fn personas_and_templates_have_names_that_can_be_typed_and_are_nobody_elses() {
    let text = "[personas.none]\n[personas.\"a b\"]\n[templates.model]\nprompt = \"x\"\n\
                [templates.\"a/b\"]\nprompt = \"x\"\n[templates.c]\ndescriptoin = \"x\"\n";
    let said = complaints(text);
    let expected = [
        "c.toml:1:11: a persona's name holds no spaces",
        "c.toml:2:11: a persona's name holds no spaces",
        "c.toml:3:12: /model is a command of mmchat's; the template needs another name.",
        "c.toml:5:12: a template's name holds letters, digits",
        "c.toml:7:12: the template \"c\" has no `prompt`.",
        "c.toml:8:1: unknown key `descriptoin` in [templates.c]. Did you mean description?",
    ];
    for line in expected {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
    let config = parsed("[templates.review]\nprompt = \"Review {{what}}.\"\n[personas.p]\n");
    assert_eq!(config.templates[0].prompt, "Review {{what}}.");
    assert_eq!(config.personas[0].system_prompt, None);
    assert_eq!(config.personas[0].prompt("usual"), "usual");
}
