//! What the command line says in Chinese: no sentence of it is left in English.

use std::path::Path;

use super::{Home, KEY, Outcome, home_of, outcome, replying, said, thought};
use crate::support::raw::{Server, Step};

/// What is English for a reason.
const QUOTED: [&str; 3] = [
    // The parser of TOML says why in its own words, and that of JSON.
    "不是合法的 TOML：",
    "不是 JSON：",
    // So does the library that speaks HTTP.
    "connection closed before message completed",
];

/// A home that is asked for Chinese by its configuration, which says this besides.
fn chinese(config: &str) -> Home {
    Home::configured(&format!("{config}\n[ui]\nlanguage = \"zh-CN\"\n"))
}

/// The first three words in a row that are plain English, outside of what is quoted.
fn english(line: &str) -> Option<String> {
    let line = QUOTED.iter().fold(line, |line, quoted| {
        line.split_once(quoted).map_or(line, |(before, _)| before)
    });
    let mut plain = String::new();
    let mut until = None;
    for c in line.chars() {
        match (until, c) {
            (Some(end), c) if c == end => until = None,
            (Some(_), _) => continue,
            (None, '`' | '"') => until = Some(c),
            (None, '“') => until = Some('”'),
            (None, c) => {
                plain.push(c);
                continue;
            }
        }
        plain.push('·');
    }
    let is_word = |word: &str| {
        let word = word.trim_end_matches([',', '.', ';']);
        word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c == '\'')
    };
    let words: Vec<&str> = plain.split_whitespace().collect();
    let three = words
        .windows(3)
        .find(|three| three.iter().all(|it| is_word(it)));
    three.map(|three| three.join(" "))
}

/// Fails if anything that was said is English, or if nothing was.
fn heard(what: &str, outcome: &Outcome) {
    let said = format!("{}{}", outcome.out, outcome.err);
    for line in said.lines() {
        assert_eq!(english(line), None, "{what}: {line}");
    }
    let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    assert!(said.contains(is_chinese), "{what}: {outcome:?}");
}

fn hear(home: &Home, arguments: &[&str]) {
    heard(&arguments.join(" "), &home.run(arguments));
}

#[test]
fn english_is_told_from_names_code_and_quotations() {
    assert_eq!(english("没有 `no such thing at all`：“not one word”"), None);
    assert_eq!(english("lab/m1 lab/m2 TERM = dumb · mmchat ask"), None);
    assert_eq!(
        english("mmchat: the key is empty").as_deref(),
        Some("the key is")
    );
}

#[test]
fn reports_and_tables_are_chinese() {
    let home = chinese("");
    for arguments in [
        &["doctor"][..],
        &["doctor", "--probe"],
        &["doctor", "--probe", "--demo"],
        &["models"],
        &["keys"],
        &["key", "list"],
        &["config", "check"],
        &["stats"],
    ] {
        hear(&home, arguments);
    }
}

#[test]
fn mistakes_in_the_configuration_are_told_in_the_language_that_it_names() {
    let wrong = "model = \"tencnt/minimax-m3\"\ncolour = 1\n[chat]\ntemperature = \"warm\"\nthinking = \"hard\"\n\
        max_tool_rounds = nan\nsystem_prompt = 3\n[network]\nproxy = \"foo\"\nca_file = \"/no/such.pem\"\n\
        idle_timeout_seconds = 0\n[keys]\nswich-model = \"f5\"\nhelp = \"ctrl-i\"\nzoom = [\"cmd-x\", \"ctrl-p\"]\n\
        copy = \"f25\"\nfind = \"shift-1\"\nedit-last = \"alt-[\"\nregenerate = \"ctrl-\"\n[providers.lab]\n\
        dialect = \"opnai\"\napi_key = \"x\"\n[providers.\"l b\"]\ndialect = \"openai\"\nbase_url = \"ftp://x\"\n\
        api_key_env = \"sk-1 2\"\napi_key_command = \"pass\"\nheaders = { authorization = \"x\", \"a b\" = \"c\" }\n\
        body = { a = 1979-05-27 }\n[[providers.\"l b\".models]]\nid = \"x\"\ntemperature = { min = 1 }\n\
        top_p = { min = 2, max = 1 }\nthinking = {}\nprices = { input_per_mtok = 1 }\ncontext_window_tokens = 0\n\
        [[providers.\"l b\".models]]\nid = \"x\"\n[[providers.\"l b\".models]]\nimages = 1\n[tools.x]\ndescription = \"d\"\n\
        [tools.\"y y\"]\ncommand = [\"\"]\nparameters = { type = \"list\" }\n[tools.z]\ncommand = [\"z\"]\n\
        parameters = { properties = { a = { type = \"text\" } } }\n[mcp.m]\nurl = \"http://x\"\ncommand = [\"x\"]\n\
        [mcp.n]\n[mcp.o]\nurl = \"https://u@x/v1\"\nenv = [\"A\"]\n[personas.none]\nmodel = \"nope\"\n[templates.model]\n\
        description = \"x\"\n[templates.\"a b\"]\nprompt = \"\"\n[ui]\nlanguage = \"zh-CN\"\nthinking_width = 95\n\
        notify = \"sometimes\"\nmouse = 1\ntheme = \"dusk\"\nthinking_widht = 3\n";
    let home = Home::configured(wrong);
    std::fs::create_dir(home.directory.path().join("themes")).unwrap();
    std::fs::write(
        home.directory.path().join("themes/other.toml"),
        "[heading]\nfg = \"cyann\"\n",
    )
    .unwrap();
    let outcome = home.run(&["config", "check"]).ends(2);
    heard("config check", &outcome);
    let lines = outcome.err.lines().count();
    assert!(
        lines >= 45,
        "every mistake has its line: {lines} in {outcome:?}"
    );
    for place in [
        "config.toml:1:9: ",
        "`ui.theme`",
        "`network.ca_file`",
        "other.toml:2:6: ",
        "ctrl-p 同时",
    ] {
        assert!(outcome.err.contains(place), "{place}: {outcome:?}");
    }
    heard("doctor", &home.run(&["doctor"]).ends(1));
    for broken in [
        "[ui]\nlanguage = \"zh-CN\"\n[chat\n",
        "[ui]\nlanguage = \"zh-CN\"\na = \n",
    ] {
        heard(
            broken,
            &Home::configured(broken).run(&["config", "check"]).ends(2),
        );
    }
}

#[test]
fn what_the_command_line_refuses_is_explained_in_chinese() {
    let home = chinese("");
    let place = |name: &str| home.directory.path().join(name);
    let write = |name: &str, text: &[u8]| std::fs::write(place(name), text).unwrap();
    write("bytes", b"a\xff");
    write("schema.json", br#"{"type": "text"}"#);
    write("broken.json", b"{");
    write("half.json", br#"[{"role": "nobody", "content": "x"}]"#);
    write("words.txt", b"words: none\nof it\n");
    write("empty", b"");
    std::fs::create_dir(place("folder")).unwrap();
    for arguments in [
        &["--demo"][..],
        &["--config", "nowhere", "models"],
        &["--config", "bytes", "models"],
        &["--config", "folder", "models"],
        &["ask"],
        &["ask", "-m", "tencnt", "q"],
        &["ask", "-m", "lab/x", "q"],
        &["ask", "-m", "tencent", "q"],
        &["ask", "-m", "demo/minimax-m2", "--thinking", "max", "q"],
        &["ask", "--demo", "--schema", "nowhere", "q"],
        &["ask", "--demo", "--schema", "schema.json", "q"],
        &["ask", "--demo", "--schema", "broken.json", "q"],
        &["ask", "--demo", "--schema", "folder", "q"],
        &["ask", "--demo", "--attach", "nowhere", "q"],
        &["ask", "--demo", "--attach", "folder", "q"],
        &["ask", "--demo", "--attach", "bytes", "q"],
        &["ask", "--demo", "--attach", "empty", "q"],
        &["ask", "--demo", "--system", "@nowhere", "q"],
        &["ask", "--demo", "--persona", "nobody", "q"],
        &["ask", "--resume", "1abc", "q"],
        &["ask", "--resume", "?", "q"],
        &["man", "nothing"],
        &["key", "set", "tencnt"],
        &["key", "set", "demo"],
        &["key", "set", "tencent"],
        &["key", "delete", "tencent"],
        &["models", "--refresh", "-m", "nobody"],
        &["models", "-m", "nobody"],
        &["history", "show", "1abc"],
        &["history", "search", "in:nowhere"],
        &["history", "search", " "],
        &["history", "rename", "1abc", " "],
        &["history", "delete", "1abc"],
        &["history", "import", "nowhere"],
        &["history", "import", "folder"],
        &["history", "import", "bytes"],
        &["history", "import", "broken.json"],
        &["history", "import", "half.json"],
        &["history", "import", "words.txt"],
        &["history", "list", "--data-dir", "empty"],
        &["ask", "--demo", "--data-dir", "empty", "q"],
    ] {
        // Where another configuration is named, the locale decides.
        let mut command = home.command(arguments);
        let mut refused = outcome(command.env("LANG", "zh_CN.UTF-8").spawn().unwrap());
        refused.out.clear();
        heard(&arguments.join(" "), &refused);
    }
    hear(&home, &["config", "init"]);
}

#[test]
fn keys_and_files_of_keys_are_spoken_of_in_chinese() {
    let home = chinese("");
    for typed in ["", "a b", "“quoted”", "two\nlines", "'q'"] {
        let set = home.run_with_input(&["key", "set", "tencent"], typed.as_bytes());
        heard(typed, &set.ends(2));
    }
    heard(
        "key set",
        &home
            .run_with_input(&["key", "set", "tencent"], KEY.as_bytes())
            .ends(0),
    );
    hear(&home, &["key", "list"]);
    hear(&home, &["key", "delete", "tencent"]);
    let file = home.directory.path().join("credentials.toml");
    std::fs::write(&file, "what = is\nthis").unwrap();
    hear(&home, &["key", "list"]);
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    hear(&home, &["key", "list"]);
    for command in [
        "[\"false\"]",
        "[\"/no/such\"]",
        "[\"echo\"]",
        "[\"printf\", \"\\\\377\"]",
    ] {
        let home = chinese(&format!(
            "[providers.lab]\ndialect = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\napi_key_command = {command}"
        ));
        let mut asking = home.command(&["ask", "-m", "lab/x", "q"]);
        asking.env("PATH", "/usr/bin:/bin");
        heard(command, &outcome(asking.spawn().unwrap()));
    }
}

#[test]
fn what_goes_wrong_on_the_way_is_told_in_chinese() {
    let of = |server: &Server| {
        let home = home_of(server);
        let config = format!("{}\n[ui]\nlanguage = \"zh-CN\"\n", home.config);
        std::fs::write(home.directory.path().join("config.toml"), config).unwrap();
        home
    };
    for steps in [
        vec![Step::whole(401, "application/json", "{}")],
        vec![Step::whole(503, "application/json", "{}")],
        vec![Step::whole(404, "text/html", "<html>")],
        vec![Step::whole(200, "text/html", "<html><title>登录</title>")],
        vec![Step::whole(200, "application/json", "")],
        vec![Step::whole(200, "application/json", "{\"choices\": [")],
        vec![],
    ] {
        let shown = format!("{steps:?}");
        let server = Server::start(steps);
        let mut asked = of(&server).run(&["ask", "q"]);
        asked.out.clear();
        heard(&shown, &asked);
    }
    let server = replying(vec![thought("hm"), said("half")]);
    let mut cut = of(&server).run(&["ask", "--json-mode", "q"]);
    cut.out.clear();
    cut.err.insert(0, '好');
    heard("half", &cut);
}

#[test]
fn where_an_answer_does_not_fit_its_schema_is_told_in_chinese() {
    let schema = r#"{"type": "object", "required": ["a"], "minProperties": 3, "additionalProperties": false,
        "properties": {"b": {"type": ["string", "null"]}, "c": {"enum": [1]}, "d": {"minimum": 5},
        "e": {"pattern": "x"}, "f": {"minLength": 2}, "g": {"maxItems": 1, "uniqueItems": true},
        "h": {"anyOf": [false]}, "i": {"multipleOf": 2}, "j": {"const": 1}}}"#;
    let wrong = r#"{"b": 1, "c": 2, "d": 1, "e": "y", "f": "z", "g": [1, 1], "h": 1, "i": 3, "j": 2, "k": 1}"#;
    for answer in [wrong, "7", "{}", "[1"] {
        let server = replying(vec![said(answer)]);
        let home = home_of(&server);
        let config = format!(
            "{}json_mode = {{}}\n[ui]\nlanguage = \"zh-CN\"\n",
            home.config
        );
        std::fs::write(home.directory.path().join("config.toml"), config).unwrap();
        std::fs::write(home.directory.path().join("schema.json"), schema).unwrap();
        let mut asked = home.run(&["ask", "--schema", "schema.json", "q"]).ends(1);
        asked.out.clear();
        heard(answer, &asked);
    }
}

#[test]
fn what_becomes_of_a_tools_call_is_told_in_chinese() {
    let call = "What is the weather in Paris?";
    for (approve, told) in [
        ("always", "失败：程序以退出码 1 结束"),
        ("ask", "未运行：这个工具须先征得同意，而此处无法询问。"),
    ] {
        let home = chinese(&format!(
            "[tools.get_weather]\ncommand = [\"/bin/sh\", \"-c\", \"exit 1\"]\napprove = \"{approve}\"\n"
        ));
        let asked = home.run(&["ask", "--demo", call]);
        assert!(asked.err.contains(told), "{asked:?}");
    }
}

#[test]
fn conversations_are_shown_and_exported_in_chinese() {
    let home = chinese("");
    home.run(&["ask", "--demo", "--system", "Be brief.", "解方程 x^2 = 4"])
        .ends(0);
    let listed = home.run(&["history", "list"]).ends(0).out;
    let id = listed.split('\t').next().unwrap();
    let shown = home.run(&["history", "show", id]).ends(0).out;
    assert!(shown.contains("## 你\n"), "{shown}");
    for form in ["md", "html"] {
        let export = [
            "history",
            "export",
            id,
            "--reasoning",
            "with",
            "--format",
            form,
        ];
        let exported = home.run(&export).ends(0).out;
        for label in ["You", "Thinking", "System", "lang=\"en\""] {
            assert!(!exported.contains(label), "{label} in {exported}");
        }
        for label in ["系统提示词", "思考"] {
            assert!(exported.contains(label), "{label} in {exported}");
        }
    }
    // What comes back has no language.
    let json = [
        "history", "export", id, "--format", "json", "--output", "c.json",
    ];
    home.run(&json).ends(0);
    home.run(&["history", "import", "c.json", "--again"])
        .ends(0);
}

#[test]
fn a_store_that_can_not_be_used_is_explained_in_chinese() {
    let home = chinese("");
    let data = home.directory.path().join("data");
    let list = ["history", "list", "--data-dir", "data"];
    let database = data.join("conversations.db");
    std::fs::create_dir(&data).unwrap();
    std::fs::create_dir(&database).unwrap();
    hear(&home, &list);
    std::fs::remove_dir(&database).unwrap();
    let foreign = |application: u32, version: u32| {
        let mut header = b"SQLite format 3\0".to_vec();
        header.resize(100, 0);
        header[60..64].copy_from_slice(&version.to_be_bytes());
        header[68..72].copy_from_slice(&application.to_be_bytes());
        header
    };
    std::fs::write(&database, foreign(7, 0)).unwrap();
    hear(&home, &list);
    std::fs::write(&database, foreign(0, 9999)).unwrap();
    hear(&home, &list);
    std::fs::write(&database, b"no database of anybody's, though as long as the header of one is, that is a hundred bytes at least").unwrap();
    hear(&home, &["doctor", "--data-dir", "data"]);
    hear(
        &home,
        &["history", "rename", "1abc", "x", "--data-dir", "data"],
    );
    assert!(Path::new(&database).exists());
}
