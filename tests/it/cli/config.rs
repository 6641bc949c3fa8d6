//! `mmchat config`, `models` and `keys`: what is in force.

use super::{Home, home_of, outcome};
use crate::support::raw::{Server, Step};

#[test]
fn a_configuration_error_names_file_line_column_and_the_nearest_key() {
    let home = Home::configured("model = \"demo\"\n\n[ui]\nthinking_widht = 40\n");
    for arguments in [&["config", "check"][..], &["ask", "q"], &["models"]] {
        home.run(arguments)
            .ends(2)
            .complains("config.toml:4:1")
            .complains("thinking_widht")
            .complains("thinking_width");
    }
}

#[test]
fn two_commands_on_one_key_are_a_configuration_error() {
    let home = Home::configured("[keys]\nregenerate = \"ctrl-x\"\nedit-last = \"ctrl-x\"\n");
    home.run(&["config", "check"])
        .ends(2)
        .complains("takes ctrl-x, which");
}

#[test]
fn the_configuration_is_found_written_shown_and_checked() {
    let home = Home::new();
    let path = home.run(&["config", "path"]).ends(0).out;
    assert!(path.trim_end().ends_with("config.toml"), "{path}");
    home.run(&["config", "check"]).ends(0);
    home.run(&["config", "init"]).ends(0);
    assert!(std::path::Path::new(path.trim_end()).exists());
    home.run(&["config", "init"])
        .ends(1)
        .complains("left as it is");
    home.run(&["config", "check"]).ends(0);
    let shown = home.run(&["config", "show"]).ends(0).out;
    assert_eq!(shown, include_str!("../../../config.example.toml"));
}

#[test]
fn models_can_be_read_by_people_and_by_programs() {
    let home = Home::new();
    let table = home.run(&["models"]).ends(0).out;
    assert!(table.contains("demo/minimax-m3"), "{table}");
    let list = home.run(&["models", "--json"]).ends(0).json();
    let list = list.as_array().unwrap();
    let named = |provider: &str| list.iter().filter(|m| m["provider"] == provider).count();
    for provider in [
        "alibaba",
        "alibaba-dashscope",
        "tencent",
        "minimax",
        "openrouter",
        "demo",
    ] {
        assert!(named(provider) > 0, "{provider}");
    }
    let slashed = list
        .iter()
        .any(|m| m["model"].as_str().unwrap().contains('/'));
    assert!(slashed);
}

#[test]
fn a_list_of_models_is_narrowed_to_the_one_that_is_named() {
    let home = Home::new();
    let named = |name: &str| {
        let list = home.run(&["models", "-m", name, "--json"]).ends(0).json();
        let name = |row: &serde_json::Value| {
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            text("provider") + "/" + &text("model")
        };
        list.as_array()
            .unwrap()
            .iter()
            .map(name)
            .collect::<Vec<_>>()
    };
    assert!(named("demo").iter().all(|name| name.starts_with("demo/")));
    assert_eq!(named("demo/minimax-m3"), ["demo/minimax-m3"]);
    assert!(named("minimax-m3").len() > 1, "several providers have it");
    home.run(&["models", "-m", "dmo"]).ends(2).complains("demo");
    home.run(&["models", "-m", "demo/nothing"])
        .ends(2)
        .complains("demo/nothing is not in the catalogue");
    // What is asked by default is no reason to hide the others.
    let mut command = home.command(&["models"]);
    command.env("MMCHAT_MODEL", "demo/minimax-m3");
    let all = outcome(command.spawn().unwrap()).ends(0).out;
    assert!(all.contains("tencent/"), "{all}");
}

#[test]
fn without_a_file_the_defaults_are_shown_and_it_is_said_that_there_is_none() {
    let home = Home::new();
    let shown = home.run(&["config", "show"]).ends(0);
    assert!(shown.err.contains("config.toml is not there"), "{shown:?}");
    assert_eq!(shown.out, include_str!("../../../config.example.toml"));
}

#[test]
fn the_keys_in_force_are_printed() {
    let home = Home::configured("[keys]\nswitch-model = \"f9\"\n");
    let keys = home.run(&["keys"]).ends(0).out;
    let line = keys
        .lines()
        .find(|line| line.starts_with("switch-model"))
        .unwrap();
    assert!(line.contains("f9") && !line.contains("ctrl-o"), "{line}");
    let keys = home.run(&["keys", "--json"]).ends(0).out;
    let keys: serde_json::Value = serde_json::from_str(&keys).unwrap();
    let is_ours = |row: &&serde_json::Value| row["action"] == "switch-model";
    let row = keys.as_array().unwrap().iter().find(is_ours).unwrap();
    assert_eq!(row["keys"], serde_json::json!(["f9"]));
    assert_eq!(row["default"], serde_json::json!(["ctrl-o", "f2"]));
}

#[test]
fn themes_are_checked_with_the_configuration_and_a_missing_one_is_explained() {
    let home = Home::configured("[ui]\ntheme = \"dusk\"\n");
    home.run(&["config", "check"])
        .ends(2)
        .complains("config.toml:2:9: `ui.theme`: there is no theme \"dusk\".")
        .complains("auto, ansi, dark, light or high-contrast");
    // Nothing is drawn for a pipe, but the configuration is as wrong there.
    home.run(&["ask", "--demo", "--dry-run", "q"]).ends(2);
    let themes = home.directory.path().join("themes");
    std::fs::create_dir(&themes).unwrap();
    std::fs::write(themes.join("dusk.toml"), "[heading]\nfg = \"cyann\"\n").unwrap();
    home.run(&["config", "check"])
        .ends(2)
        .complains("dusk.toml:2:6: `heading.fg` takes")
        .complains("Did you mean cyan?");
    std::fs::write(themes.join("dusk.toml"), "[heading]\nfg = \"cyan\"\n").unwrap();
    home.run(&["config", "check"]).ends(0);
    // One that nobody wears is checked too.
    std::fs::write(themes.join("other.toml"), "heading = 1\n").unwrap();
    home.run(&["config", "check"])
        .ends(2)
        .complains("other.toml:1:11");
}

#[test]
fn a_refresh_shows_the_providers_own_models_as_unknown_ones() {
    let body = r#"{"object":"list","data":[{"id":"org/model:a+b"},{"id":"brand-new"}]}"#;
    let server = || Server::start(vec![Step::whole(200, "application/json", body)]);
    let asked = server();
    let rows = home_of(&asked)
        .run(&["models", "--refresh", "-m", "lab", "--json"])
        .ends(0)
        .json();
    let head = &asked.seen()[0].head;
    assert!(head.starts_with("GET /v1/models "), "{head}");
    assert!(head.contains(super::KEY), "the key goes along");
    let row = |id: &str| {
        let rows = rows.as_array().unwrap();
        rows.iter().find(|row| row["model"] == id).unwrap().clone()
    };
    assert_eq!(row("brand-new")["known"], false);
    assert_eq!(row("brand-new")["listed"], true);
    assert_eq!(row("org/model:a+b")["listed"], true);
    let asked = server();
    let table = home_of(&asked)
        .run(&["models", "--refresh", "-m", "lab"])
        .ends(0)
        .out;
    let line = table
        .lines()
        .find(|line| line.contains("brand-new"))
        .unwrap();
    assert!(line.contains("not in the catalogue"), "{line}");
}

#[test]
fn a_refresh_without_any_list_fails_as_asking_would() {
    let server = Server::start(vec![Step::whole(401, "application/json", "{}")]);
    home_of(&server)
        .run(&["models", "--refresh", "-m", "lab"])
        .ends(1)
        .complains("lab: The provider does not accept the API key.");
    let server = Server::start(vec![Step::whole(503, "application/json", "{}")]);
    home_of(&server)
        .run(&["models", "--refresh", "-m", "lab"])
        .ends(75);
}

#[cfg(unix)]
#[test]
fn the_configuration_is_edited_and_checked_afterwards() {
    let home = Home::new();
    let edit = |editor: &str| {
        let mut command = home.command(&["config", "edit"]);
        command.env("EDITOR", editor).env("PATH", "/usr/bin:/bin");
        outcome(command.spawn().unwrap())
    };
    let script = home.directory.path().join("editor.sh");
    let write = |text: &str| std::fs::write(&script, text).unwrap();
    let editor = format!("sh {}", script.display());
    write("echo '[ui]' > \"$1\"; echo 'mouse = false' >> \"$1\"");
    assert!(edit(&editor).ends(0).out.contains("is right"));
    write("echo 'mouze = 1' >> \"$1\"");
    edit(&editor)
        .ends(2)
        .complains("config.toml:3:1")
        .complains("mouze");
    write("exit 3");
    edit(&editor).ends(1).complains("ended with");
    edit("/no/such/editor").ends(1).complains("$EDITOR");
}

#[cfg(unix)]
#[test]
fn on_a_terminal_the_table_of_models_is_no_wider_than_it_and_cuts_no_name() {
    let home = Home::new();
    let piped = home.run(&["models"]).ends(0).out;
    assert!(
        piped.lines().any(|line| line.chars().count() > 80),
        "nothing is cut in a pipe"
    );
    let (code, shown) = crate::support::tty::Tty::start(&home.command(&["models"]), 60).ends();
    assert_eq!(code, 0);
    for line in shown.lines() {
        assert!(
            mmchat::markdown::text_width(line.trim_end()) <= 60,
            "{line}"
        );
    }
    assert!(shown.contains("MiniMax/MiniMax-M3.1-Flash"), "{shown}");
    assert!(!shown.contains('…'), "{shown}");
}

#[test]
fn what_looks_like_a_place_of_a_template_and_is_none_is_told() {
    let home = Home::configured("[templates.t]\nprompt = \"{{a b}} {{ok}} {{\"\n");
    let checked = home.run(&["config", "check"]).ends(0);
    checked
        .complains("config.toml:2:10: `templates.t.prompt` holds “{{a b}}”")
        .complains("A place looks like {{NAME}}");
    // Code has braces too: only who asks is told.
    assert_eq!(home.run(&["keys"]).ends(0).err, "");
}

#[cfg(unix)]
#[test]
fn a_configuration_that_can_be_read_only_once_is_read_in_its_language() {
    let home = Home::new();
    let config = "mouze = 1\n[ui]\nlanguage = \"zh-CN\"\n";
    let check = ["config", "check", "--config", "/dev/stdin"];
    home.run_with_input(&check, config.as_bytes())
        .ends(2)
        .complains("/dev/stdin:1:1: 顶层没有 `mouze` 这个键。");
    let config = "[ui]\ntheme = \"dusk\"\nlanguage = \"zh-CN\"\n";
    home.run_with_input(&check, config.as_bytes())
        .ends(2)
        .complains("/dev/stdin:2:9: `ui.theme`：没有主题 \"dusk\"。");
    let show = ["config", "show", "--config", "/dev/stdin"];
    let right = "[ui]\nlanguage = \"zh-CN\"\n";
    let shown = home.run_with_input(&show, right.as_bytes()).ends(0);
    assert_eq!(shown.out, right);
}

#[test]
fn what_the_check_says_is_as_it_was_reviewed() {
    let mut said = String::new();
    for config in [
        "model = \"tencnt/minimax-m3\"\n",
        "[ui]\nthinking_width = 95\nnotify = \"sometimes\"\nmouse = 1\n",
        "[chat]\nthinking = \"hard\"\ntemperature = \"warm\"\n",
        "[network]\nidle_timeout_seconds = 0\nproxy = 3\n",
        "[keys]\nswich-model = \"ctrl-o\"\nhelp = \"ctrl-i\"\nzoom = [\"f9\", \"cmd-x\"]\n",
        "[keys]\nhelp = \"f9\"\nzoom = \"f9\"\n",
        "[providers.lab]\ndialect = \"grpc\"\n",
        "[providers.lab]\ndialect = \"openai\"\nbase_url = \"ftp://x\"\n",
        "[providers.lab]\ndialect = \"opnai\"\nbase_url = \"http://localhost/v1\"\n",
        "[ui\n",
        "[mcp.\"we:ird\"]\nurl = \"https://x\"\n",
        "[tools.\"a b\"]\ncommand = [\"x\"]\n",
        "[network]\nca_file = \"/no/such/file.pem\"\n",
    ] {
        let home = Home::configured(config);
        let outcome = home.run(&["config", "check"]).ends(2);
        let place = home.directory.path().display().to_string();
        said.extend([config, &outcome.err.replace(&place, ""), "\n"]);
    }
    insta::assert_snapshot!("config_check", said);
}
