//! `mmchat history`, and what `ask` leaves behind.

use serde_json::{Value, json};

use super::{Home, Outcome, home_of, replying, said, thought};

/// A home in which one thing was asked and answered.
fn lived_in() -> Home {
    let server = replying(vec![
        thought("because of 天气"),
        said("forty"),
        said("-two"),
    ]);
    let home = home_of(&server);
    home.run(&["ask", "what is the answer?\nto everything"])
        .ends(0);
    home
}

fn only_id(home: &Home) -> String {
    let list = home.run(&["history", "list"]).ends(0).out;
    assert_eq!(list.lines().count(), 1, "{list}");
    list.split('\t').next().unwrap().to_owned()
}

impl Home {
    fn import(&self, text: &str) -> Outcome {
        self.run_with_input(&["history", "import", "-"], text.as_bytes())
    }
}

#[test]
fn an_empty_list_is_no_failure_and_an_empty_search_is_one() {
    let home = Home::new();
    let list = home.run(&["history", "list"]).ends(0);
    assert_eq!((list.out.as_str(), list.err.as_str()), ("", ""));
    home.run(&["history", "search", "anything"]).ends(1);
    assert!(
        !home.directory.path().join(".local").exists(),
        "looking makes no files"
    );
    home.run(&["history", "show", "1abc"])
        .ends(2)
        .complains("no conversation “1abc”");
}

#[test]
fn what_was_asked_is_listed_found_and_shown() {
    let home = lived_in();
    let list = home.run(&["history", "list"]).ends(0).out;
    let fields: Vec<_> = list.trim_end().split('\t').collect();
    assert_eq!(fields.len(), 5, "{list}");
    assert_eq!(
        fields[2..],
        ["lab/org/model:a+b", "1", "what is the answer?"]
    );
    let id = fields[0];
    let hit = home
        .run(&["history", "search", "天", "in:thinking"])
        .ends(0)
        .out;
    assert!(
        hit.starts_with(id) && hit.contains("\tthinking\t") && hit.contains("because of 天气"),
        "{hit}"
    );
    assert!(!hit.contains('\x1b'));
    home.run(&["history", "search", "天", "in:answer"]).ends(1);
    home.run(&["history", "search", "in:nowhere"])
        .ends(2)
        .complains("in:prompt");
    home.run(&["history", "search", "before:never"])
        .ends(2)
        .complains("no day");
    let shown = home
        .run(&["history", "show", id.get(..6).unwrap()])
        .ends(0)
        .out;
    assert!(
        shown.contains("forty-two") && !shown.contains("because"),
        "{shown}"
    );
    let json = home.run(&["history", "list", "--json"]).ends(0).json();
    assert_eq!(json[0]["id"], json!(id));
}

#[test]
fn nothing_is_kept_that_was_not_to_be() {
    let server = replying(vec![said("yes")]);
    let home = home_of(&server);
    home.run(&["ask", "--no-save", "secret"]).ends(0);
    assert!(!home.directory.path().join(".local").exists());
}

#[test]
fn ask_goes_on_with_the_last_conversation() {
    let home = lived_in();
    let id = only_id(&home);
    let dry = home
        .run(&["ask", "-c", "--dry-run", "and then?"])
        .ends(0)
        .out;
    assert!(
        dry.contains("forty-two") && !dry.contains("because"),
        "{dry}"
    );
    home.run(&["ask", "--resume", "zzz", "x"])
        .ends(2)
        .complains("no conversation");
    let dry = home
        .run(&["ask", "--resume", &id, "--dry-run", "and then?"])
        .ends(0)
        .out;
    assert!(dry.contains("to everything"), "{dry}");
}

#[test]
fn a_reply_that_failed_is_kept_with_what_had_come() {
    let server = crate::support::raw::Server::start(vec![
        [
            vec![crate::support::raw::Step::events()],
            vec![said("half an ans")],
            vec![crate::support::raw::Step::End],
        ]
        .concat(),
    ]);
    let home = home_of(&server);
    home.run(&["ask", "question"]).ends(75);
    let shown = home.run(&["history", "show", &only_id(&home)]).ends(0).out;
    assert!(shown.contains("half an ans"), "{shown}");
}

#[test]
fn an_ambiguous_id_is_refused_with_those_it_could_be() {
    let home = Home::new();
    let two = r#"[{"messages":[{"role":"user","content":"one"}]},{"messages":[{"role":"user","content":"two"}]}]"#;
    home.import(two).ends(0);
    let outcome = home.run(&["history", "show", "1"]).ends(2);
    assert!(
        outcome.err.contains("one") && outcome.err.contains("two"),
        "{outcome:?}"
    );
}

#[test]
fn exports_come_back_by_import_the_same() {
    let home = lived_in();
    let id = only_id(&home);
    let before = home
        .run(&["history", "export", &id, "--format", "json"])
        .ends(0);
    let other = Home::new();
    let imported = other.import(&before.out).ends(0).out;
    let new = imported.split('\t').next().unwrap();
    let after = other
        .run(&["history", "export", new, "--format", "json"])
        .ends(0)
        .json();
    let without_ids = |mut value: Value| {
        value["id"] = Value::Null;
        value["turns"][0]["id"] = Value::Null;
        value
    };
    assert_eq!(without_ids(after), without_ids(before.json()));
    other.run(&["history", "search", "天气"]).ends(0);
}

#[test]
fn exports_are_written_to_new_files_only() {
    let home = lived_in();
    let id = only_id(&home);
    let export = [
        "history",
        "export",
        &id,
        "--format",
        "html",
        "--output",
        "page.html",
    ];
    home.run(&export).ends(0);
    let page = home.directory.path().join("page.html");
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(text.contains("<details>") && text.contains("forty-two"));
    home.run(&export).ends(2).complains("there already");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            std::fs::metadata(&page).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    let only = home
        .run(&["history", "export", &id, "--reasoning", "only"])
        .ends(0)
        .out;
    assert!(only.contains("because") && !only.contains("forty-two"));
}

#[test]
fn a_conversation_is_renamed_and_deleted_for_good() {
    let home = lived_in();
    let id = only_id(&home);
    home.run(&["history", "rename", &id, "The", "answer"])
        .ends(0);
    assert!(
        home.run(&["history", "list"])
            .out
            .contains("\tThe answer\n")
    );
    home.run(&["history", "delete", "1zzzz"]).ends(2);
    home.run(&["history", "delete", id.get(..8).unwrap()])
        .ends(0);
    assert_eq!(home.run(&["history", "list"]).ends(0).out, "");
    let store = home
        .directory
        .path()
        .join(".local/share/mmchat/conversations.db");
    let bytes = std::fs::read(store).unwrap();
    for word in ["forty-two", "everything", "天气", "The answer"] {
        assert!(
            !bytes
                .windows(word.len())
                .any(|part| part == word.as_bytes()),
            "{word}"
        );
    }
}

#[test]
fn what_can_not_be_imported_is_refused_whole() {
    let home = Home::new();
    let half = r#"[{"messages":[{"role":"user","content":"good"}]},{"messages":[{"role":"user","content":7}]}]"#;
    home.import(half).ends(2).complains("conversation 2");
    assert_eq!(home.run(&["history", "list"]).ends(0).out, "");
    home.import("\u{0}\u{1}").ends(2);
    home.run(&["history", "import", "no-such-file"])
        .ends(2)
        .complains("no-such-file");
    home.run(&["history", "import", "."])
        .ends(2)
        .complains("no plain file");
}

#[test]
fn a_file_that_is_wrong_keeps_no_other_from_being_imported() {
    let home = Home::new();
    let good = home.directory.path().join("good.json");
    std::fs::write(&good, r#"[{"role":"user","content":"kept all the same"}]"#).unwrap();
    let good = good.to_str().unwrap();
    let outcome = home.run(&["history", "import", "absent", good, "missing"]);
    let outcome = outcome.ends(2);
    assert!(outcome.out.contains("kept all the same"), "{}", outcome.out);
    assert_eq!(outcome.err.matches("can't be read").count(), 2);
    let listed = home.run(&["history", "list"]).ends(0).out;
    assert_eq!(listed.lines().count(), 1, "{listed}");
}

#[test]
fn imported_controls_never_reach_a_terminal() {
    let home = Home::new();
    let evil =
        json!([{"role": "user", "content": "a\u{1b}]0;owned\u{7}b\u{9b}31m\u{202e}c"}]).to_string();
    home.import(&evil).ends(0);
    let id = only_id(&home);
    for arguments in [
        vec!["history", "list"],
        vec!["history", "search", "owned"],
        vec!["history", "show", &id],
        vec!["history", "export", &id],
        vec!["history", "export", &id, "--format", "html"],
        vec!["history", "export", &id, "--format", "json"],
    ] {
        let out = home.run(&arguments).ends(0).out;
        assert!(out.contains("owned"), "{arguments:?}");
        let acts = |c: char| (c.is_control() && c != '\n' && c != '\t') || c == '\u{202e}';
        assert!(!out.chars().any(acts), "{arguments:?}: {out:?}");
    }
}

#[test]
fn a_disk_that_takes_nothing_costs_no_answer() {
    let server = replying(vec![said("still here")]);
    let home = home_of(&server);
    std::fs::write(home.directory.path().join("file"), "").unwrap();
    let outcome = home
        .run(&["--data-dir", "file/below", "ask", "question"])
        .ends(0);
    assert_eq!(outcome.out, "still here\n");
    assert!(outcome.err.contains("can't be used"), "{outcome:?}");
    home.run(&["--data-dir", "file/below", "history", "delete", "1"])
        .ends(75);
}

#[test]
fn ask_goes_on_as_the_conversation_asked_and_leaves_its_settings() {
    let home = Home::new();
    let asked = [
        "ask",
        "--demo",
        "--thinking",
        "off",
        "--temperature",
        "0.2",
        "--max-tokens",
        "8",
        "haiku",
    ];
    home.run(&asked).ends(0);
    let body = |arguments: &[&str]| -> Value {
        let shown = home.run(arguments).ends(0).out;
        serde_json::from_str(shown.split_once("\n\n").unwrap().1).unwrap()
    };
    let next = body(&["ask", "-c", "--dry-run", "and then?"]);
    assert_eq!(next["temperature"], 0.2, "{next}");
    home.run(&["ask", "-c", "--temperature", "0.7", "and then?"])
        .ends(0);
    let last = body(&["ask", "-c", "--dry-run", "and then?"]);
    assert_eq!(
        (&last["temperature"], &last["thinking"]),
        (&serde_json::json!(0.7), &next["thinking"])
    );
}

#[test]
fn what_is_here_already_is_not_imported_twice_unless_that_is_wanted() {
    let home = lived_in();
    let id = only_id(&home);
    let export = ["history", "export", &id, "--format", "json"];
    let own = home.run(&export).ends(0).out;
    let foreign = r#"[{"title": "Eggs", "messages": [{"role": "user", "content": "How long?"},
        {"role": "assistant", "content": "Four minutes"}]}]"#;
    let count = |home: &Home| home.run(&["history", "list"]).ends(0).out.lines().count();
    // What was exported here is here; what no moment is told of is known by what was said.
    let again = home.import(&own).ends(0).complains("is here already");
    assert!(again.err.contains(&id) && again.out.is_empty(), "{again:?}");
    home.import(foreign).ends(0);
    home.import(foreign)
        .ends(0)
        .complains("“Eggs” is here already");
    assert_eq!(count(&home), 2);
    // Another answer makes it another conversation, and a file may repeat itself.
    let other = foreign.replace("Four", "Five");
    let one = other.trim_start_matches('[').trim_end_matches(']');
    let twice = format!("[{one}, {one}]");
    home.import(&twice)
        .ends(0)
        .complains("“Eggs” is here already");
    assert_eq!(count(&home), 3);
    home.run_with_input(&["history", "import", "--again", "-"], foreign.as_bytes())
        .ends(0);
    assert_eq!(count(&home), 4);
}

#[test]
fn a_list_counts_what_the_chat_shows_and_no_other_versions() {
    let home = lived_in();
    let id = only_id(&home);
    let export = ["history", "export", &id, "--format", "json"];
    let mut value = home.run(&export).ends(0).json();
    let turns = value["turns"].as_array_mut().unwrap();
    let turn = |id: &str, parent: Value| {
        let mut turn = turns[0].clone();
        turn["id"] = id.into();
        turn["parent"] = parent;
        turn["chosen"] = true.into();
        turn
    };
    let more = [
        turn("sibling", Value::Null),
        turn("after it", "sibling".into()),
        turn("again", "sibling".into()),
    ];
    turns.extend(more);
    let other = Home::new();
    other.import(&value.to_string()).ends(0);
    let list = other.run(&["history", "list", "--json"]).ends(0).json();
    assert_eq!(list[0]["turns"], 2, "{list}");
}

#[test]
fn going_on_with_nothing_says_that_something_new_begins() {
    let home = Home::configured("");
    let outcome = home
        .run(&["ask", "--demo", "-c", "--dry-run", "hello"])
        .ends(0);
    assert!(outcome.err.contains("a new one begins"), "{outcome:?}");
    assert!(outcome.out.starts_with("POST "), "{outcome:?}");
}
