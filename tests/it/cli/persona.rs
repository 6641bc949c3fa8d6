//! `--persona`: what it sets, and what comes after it.

use serde_json::Value;

use super::Home;

const CONFIG: &str = r#"
model = "demo"

[chat]
system_prompt = "Usual."

[personas.reviewer]
system_prompt = "You review."
model = "demo/minimax-m2.5"
temperature = 0.2
"#;

/// The request that would be sent, and its system prompt.
fn asked(home: &Home, arguments: &[&str]) -> (Value, String) {
    let mut all = vec!["ask", "--dry-run", "--no-save", "hello"];
    all.extend(arguments);
    let body = home.run(&all).ends(0).body();
    let prompt = body["messages"][0]["content"].as_str();
    let prompt = prompt.unwrap_or_default().to_owned();
    (body, prompt)
}

#[test]
fn a_persona_sets_what_no_other_option_does() {
    let home = Home::configured(CONFIG);
    let (body, prompt) = asked(&home, &["--persona", "reviewer"]);
    assert_eq!(prompt, "You review.");
    assert_eq!(body["model"], "minimax-m2.5");
    assert_eq!(body["temperature"], 0.2);
    let with = [
        "--persona",
        "reviewer",
        "--temperature",
        "0.5",
        "-m",
        "demo/minimax-m3",
    ];
    let (body, _) = asked(&home, &with);
    assert_eq!(
        (&body["model"], &body["temperature"]),
        (&"minimax-m3".into(), &0.5.into())
    );
    let (_, prompt) = asked(&home, &["--persona", "reviewer", "--system", "Mine."]);
    assert_eq!(prompt, "Mine.");
    let (_, prompt) = asked(&home, &[]);
    assert_eq!(prompt, "Usual.");
}

#[test]
fn an_unknown_persona_is_refused_with_the_nearest() {
    let home = Home::configured(CONFIG);
    home.run(&["ask", "--persona", "reviever", "hello"])
        .ends(2)
        .complains("There is no persona “reviever”. Did you mean reviewer?");
}

#[test]
fn the_conversation_keeps_its_persona_and_the_prompt_that_it_had() {
    let config = CONFIG.replace("minimax-m2.5", "minimax-m3");
    let home = Home::configured(&config);
    // The demo speaks at a reader's pace; a few words are enough.
    let ask = |arguments: &[&str]| {
        let few = ["ask", "--thinking", "off", "--max-tokens", "8"];
        home.run(&[&few, arguments].concat()).ends(0);
    };
    ask(&["--persona", "reviewer", "hello"]);
    let list = home.run(&["history", "list"]).ends(0).out;
    let id = list.split('\t').next().unwrap().to_owned();
    let export = || {
        home.run(&["history", "export", &id, "--format", "json"])
            .ends(0)
            .json()
    };
    assert_eq!(export()["persona"], "reviewer");
    assert_eq!(export()["system_prompt"], "You review.");
    let changed = config.replace("You review.", "You judge.");
    std::fs::write(home.directory.path().join("config.toml"), changed).unwrap();
    ask(&["-c", "more"]);
    assert_eq!(export()["system_prompt"], "You review.");
    assert_eq!(export()["persona"], "reviewer");
    ask(&["-c", "--persona", "reviewer", "more"]);
    assert_eq!(export()["system_prompt"], "You judge.");
}

#[test]
fn shells_complete_the_names_of_personas() {
    let home = Home::configured(CONFIG);
    for shell in ["bash", "zsh", "fish", "powershell", "nushell"] {
        let script = home.run(&["completions", shell]).ends(0).out;
        assert!(script.contains("reviewer"), "{shell}");
    }
}
