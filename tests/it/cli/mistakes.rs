//! Every mistake that can be made in the configuration, and what `config check` says of it.

use super::Home;

/// Configurations that are wrong, by what they are about.
const WRONG: &[&str] = &[
    "colour = 1\nmodel = \"\"\nui = 3\nchat = []\n[network]\nfoo = 1\nmax_retries = 1.5\nproxy = \"host:80\"\n\
     connect_timeout_seconds = 1979-05-27\nca_file = [1]\nallow_plain_http = { a = 1 }\n",
    "[chat]\nmax_tokens = 0\ntemperature = 3\ntop_p = nan\nsystem_prompt = 1.5\n[ui]\ntheme = \"../x\"\n",
    "[keys]\nnothing-like-it = \"f9\"\nhelp = \"f25\"\nfind = \"shift-1\"\nedit-last = \"alt-[\"\nregenerate = \"ctrl-\"\n\
     zoom = 9\nredraw = [1]\n",
    "[keys]\nhelp = \"ctrl-o\"\n",
    "[providers.\"l/b\"]\ndialect = \"openai\"\nbase_url = \"http://u@h/v1\"\n[providers.lab]\napi_key = \"sk-1\"\n\
     [providers.x]\nbase_url = \"http://h/v1/chat/completions\"\ndialect = \"openai\"\napi_key_env = \"sk-1 2\"\n\
     api_key_command = \"pass\"\nheaders = { \"a b\" = \"c\", X = \"\\u0001\", authorization = \"Bearer y\" }\nbody = 7\n\
     [providers.y]\nbase_url = \"http://h/v1\"\ndialect = \"openai\"\napi_key_command = []\n\
     body = { a = 1979-05-27 }\nmax_tokens_field = \"\"\nmodels = 1\n",
    "[[providers.local.models]]\nid = \"a\"\ntemperature = { min = 1 }\ntop_p = { min = 2, max = 1 }\n\
     context_window_tokens = 0\nthinking = {}\njson_mode = \"yes\"\nprices = { input_per_mtok = 1 }\n\
     [[providers.local.models]]\nid = \"a\"\nprices = { input_per_mtok = -1, output_per_mtok = 1 }\n\
     [[providers.local.models]]\ntools = 1\n",
    "[tools.\"a b\"]\ncommand = [\"x\"]\n[tools.b]\n[tools.c]\ncommand = []\napprove = \"no\"\n\
     [tools.d]\ncommand = [\"d\"]\nparameters = { type = \"list\" }\n\
     [tools.e]\ncommand = [\"e\"]\nparameters = { properties = { a = { type = \"text\" } } }\n\
     [tools.f]\ncommand = [\"f\"]\nparameters = { properties = { a = { enum = 1 } } }\n\
     [tools.g]\ncommand = [\"g\"]\nparameters = { properties = [] }\n\
     [tools.h]\ncommand = [\"h\"]\nparameters = { required = [1] }\n\
     [tools.i]\ncommand = [\"i\"]\nparameters = { properties = {}, required = [\"b\"] }\n\
     [tools.j]\ncommand = [\"j\"]\nparameters = { properties = { a = 1 } }\n",
    "[mcp.a]\n[mcp.b]\ncommand = [\"b\"]\nurl = \"http://h\"\n[mcp.c]\nurl = \"http://h\"\nenv = [\"A\"]\n",
    "[personas.none]\nmodel = \"demo\"\n[templates.model]\nprompt = \"x\"\n[templates.\"a b\"]\nprompt = \"x\"\n\
     [templates.c]\n",
];

/// One that is right, and probably not meant.
const DOUBTFUL: &str = "[providers.minimax]\nheaders = { Authorization = \"Bearer x\" }\n";

/// Themes that are wrong, beside a configuration that names one which is not there.
const THEME: &str = "headin = {}\n[heading]\nfg = \"cyann\"\nbold = 1\n";

fn said() -> String {
    let mut said = String::new();
    let mut hear = |text: &str, home: &Home, code: i32| {
        let outcome = home.run(&["config", "check"]).ends(code);
        let place = home.directory.path().display().to_string();
        said.extend([text, &outcome.err.replace(&place, ""), "\n"]);
    };
    for config in WRONG {
        hear(config, &Home::configured(config), 2);
    }
    let home = Home::configured("[ui]\ntheme = \"dusk\"\n");
    let themes = home.directory.path().join("themes");
    std::fs::create_dir(&themes).unwrap();
    std::fs::write(themes.join("mine.toml"), THEME).unwrap();
    hear(THEME, &home, 2);
    hear(DOUBTFUL, &Home::configured(DOUBTFUL), 0);
    said
}

/// Where what is wrong with a configuration is put into words.
const SOURCES: &[&str] = &[
    include_str!("../../../src/config/read.rs"),
    include_str!("../../../src/config/extension.rs"),
    include_str!("../../../src/config/keys.rs"),
    include_str!("../../../src/config/theme/read.rs"),
    include_str!("../../../src/config/schema.rs"),
    include_str!("../../../src/catalog/reader.rs"),
    include_str!("../../../src/catalog/entry/read.rs"),
    include_str!("../../../src/app/keymap.rs"),
];

/// Sentences of the same sources about something else, and one about 64 tables in each other.
const OTHERS: &[&str] = &["the value {what}", "is nested too deeply at `{path}`"];

#[test]
fn what_is_said_of_every_mistake_is_as_it_was_reviewed() {
    let said = said();
    insta::assert_snapshot!("every_mistake", said);
    let reviewed = said + include_str!("snapshots/it__cli__config__config_check.snap");
    for text in SOURCES
        .iter()
        .flat_map(|code| crate::phrases::texts_of(code))
    {
        // What stands between the braces is told by the mistake.
        let mut fixed = text.split(['{', '}']).step_by(2);
        let is_there = OTHERS.contains(&text.as_str()) || fixed.all(|part| reviewed.contains(part));
        assert!(is_there, "nobody made the mistake of “{text}”");
    }
}
