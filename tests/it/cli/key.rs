//! `mmchat key`: keys that are kept, and shown nowhere.

use std::path::PathBuf;

use serde_json::Value;

use super::{Home, Outcome, replying, said};
use crate::support::raw::{Server, Step};

const KEPT: &str = "sk-kept-9876543210";

/// A home whose provider `lab` has no key in the environment.
fn keyless(url: &str) -> Home {
    let home = Home::asking(mmchat::wire::Dialect::OpenAi, url);
    home.without("LAB_KEY")
}

fn file_of(home: &Home) -> PathBuf {
    home.directory.path().join("credentials.toml")
}

fn set(home: &Home, key: &[u8]) -> Outcome {
    home.run_with_input(&["key", "set", "lab"], key)
}

#[test]
fn a_kept_key_is_sent_and_never_shown() {
    let server = replying(vec![said("ok")]);
    let home = keyless(&(server.url() + "/v1"));
    home.run(&["ask", "q"])
        .ends(1)
        .complains("LAB_KEY is not set");
    let kept = home.run(&["history", "list", "--json"]).ends(0).json();
    assert_eq!(kept, serde_json::json!([]), "what was never sent is kept");
    let outcome = set(&home, format!("  {KEPT}\n").as_bytes()).ends(0);
    assert!(outcome.out.contains(&server.url()), "{outcome:?}");
    home.run(&["ask", "q"]).ends(0);
    assert!(server.seen()[0].head.contains(&format!("Bearer {KEPT}")));
    for arguments in [
        &["key", "list"][..],
        &["key", "list", "--json"],
        &["models"],
        &["keys"],
    ] {
        let outcome = home.run(arguments).ends(0);
        assert!(!format!("{outcome:?}").contains(KEPT), "{arguments:?}");
    }
    let rows = home.run(&["key", "list", "lab", "--json"]).ends(0).json();
    assert_eq!(rows[0]["source"], "kept");
    assert_eq!(rows[0]["ready"], true);
    home.run(&["key", "delete", "lab"]).ends(0);
    home.run(&["key", "delete", "lab"])
        .ends(1)
        .complains("no key is kept");
    home.run(&["ask", "q"]).ends(1).complains("no API key");
}

#[test]
fn in_chinese_keys_are_spoken_of_in_chinese_and_json_keeps_its_words() {
    let home = Home::configured("[ui]\nlanguage = \"zh-CN\"\n").without("MINIMAX_API_KEY");
    let list = home.run(&["key", "list"]).ends(0).out;
    assert!(
        list.contains("服务商") && !list.contains("PROVIDER"),
        "{list}"
    );
    let models = home.run(&["models"]).ends(0).out;
    assert!(models.contains("每百万价格"), "{models}");
    home.run(&["stats"]).ends(0).complains("没有保存任何轮");
    home.run(&["key", "delete", "minimax"])
        .ends(1)
        .complains("没有保存“minimax”的密钥");
    let set = home.run_with_input(&["key", "set", "minimax"], KEPT.as_bytes());
    assert!(set.ends(0).out.contains("只会发送到"));
    let rows = home.run(&["key", "list", "minimax", "--json"]).ends(0);
    assert_eq!(rows.json()[0]["source"], "kept");
}

#[cfg(unix)]
#[test]
fn only_the_user_can_read_kept_keys() {
    use std::os::unix::fs::PermissionsExt;
    let home = keyless("http://127.0.0.1:9/v1");
    set(&home, KEPT.as_bytes()).ends(0);
    let mode = || {
        std::fs::metadata(file_of(&home))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode(), 0o600);
    std::fs::set_permissions(file_of(&home), PermissionsExt::from_mode(0o644)).unwrap();
    home.run(&["key", "list"])
        .ends(0)
        .complains("yours alone now");
    assert_eq!(mode(), 0o600);
    assert_eq!(home.run(&["key", "list"]).ends(0).err, "");
}

#[test]
fn a_kept_key_does_not_follow_a_provider_to_another_address() {
    let home = keyless("http://127.0.0.1:9/v1");
    set(&home, KEPT.as_bytes()).ends(0);
    let thief = Server::start(vec![vec![Step::events()]]);
    let config = home.config.replace("http://127.0.0.1:9", &thief.url());
    std::fs::write(home.directory.path().join("config.toml"), config).unwrap();
    home.run(&["ask", "q"])
        .ends(1)
        .complains("the kept key is for http://127.0.0.1:9")
        .complains("mmchat key set lab");
    assert!(thief.seen().is_empty(), "nothing may be sent");
    let rows = home.run(&["key", "list", "lab", "--json"]).ends(0).json();
    assert_eq!(rows[0]["source"], "kept_for_another_address");
}

#[test]
fn a_key_that_can_be_none_is_refused_with_a_sentence_and_not_kept() {
    let home = keyless("http://127.0.0.1:9/v1");
    for (key, words) in [
        (&b""[..], "is empty"),
        (b" \n", "is empty"),
        (b"sk-a\nsk-b", "more than one line"),
        ("sk-\u{2013}dash".as_bytes(), "not ASCII"),
        (b"\xff\xfe", "not ASCII"),
        (b"sk a", "a space"),
        (b"\"sk-a\"", "in quotes"),
        ("x".repeat(20_000).as_bytes(), "too long"),
    ] {
        let outcome = set(&home, key).ends(2).complains(words);
        assert!(outcome.err.contains("nothing was kept"), "{outcome:?}");
    }
    assert!(!file_of(&home).exists());
    home.run_with_input(&["key", "set", "labb"], b"sk")
        .ends(2)
        .complains("Did you mean lab?");
    home.run_with_input(&["key", "set", "demo"], b"sk").ends(2);
}

#[test]
fn the_environment_goes_before_a_kept_key_and_that_is_said() {
    let server = replying(vec![said("ok")]);
    let home = super::home_of(&server);
    let outcome = set(&home, KEPT.as_bytes()).ends(0);
    assert!(
        outcome.out.contains("LAB_KEY is set, and goes before it"),
        "{outcome:?}"
    );
    home.run(&["ask", "q"]).ends(0);
    assert!(
        server.seen()[0]
            .head
            .contains(&format!("Bearer {}", super::KEY))
    );
}

#[test]
fn a_file_of_keys_that_is_broken_is_left_alone_and_named() {
    let home = keyless("http://127.0.0.1:9/v1");
    let text = "[lab]\nkey = sk-oops\n";
    std::fs::write(file_of(&home), text).unwrap();
    for outcome in [
        home.run(&["key", "list"]).ends(0),
        set(&home, b"sk-new").ends(1),
    ] {
        assert!(outcome.err.contains("credentials.toml:2"), "{outcome:?}");
        assert!(!outcome.err.contains("oops"), "{outcome:?}");
    }
    assert_eq!(std::fs::read_to_string(file_of(&home)).unwrap(), text);
}

#[test]
fn one_key_serves_a_vendors_other_protocols() {
    let home = Home::new();
    let outcome = home
        .run_with_input(&["key", "set", "tencent"], b"sk-one")
        .ends(0);
    assert!(outcome.out.contains("tencent-anthropic"), "{outcome:?}");
    let rows: Value = home.run(&["key", "list", "--json"]).ends(0).json();
    let ready = |id: &str| {
        let row = rows
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["provider"] == id);
        row.unwrap()["ready"].as_bool().unwrap()
    };
    assert!(ready("tencent") && ready("tencent-anthropic"));
    assert!(!ready("minimax") && !ready("alibaba"));
}

#[cfg(unix)]
#[test]
fn a_key_typed_at_a_terminal_is_not_shown() {
    use crate::support::tty::Tty;
    let home = keyless("http://127.0.0.1:9/v1");
    let mut tty = Tty::start(&home.command(&["key", "set", "lab"]), 80);
    // The second sequence is sent once the terminal is ours.
    tty.shows("(it is not shown)").shows("\u{1b}[?2004h");
    tty.types("sk-tyqed\u{7f}\u{7f}\u{7f}ped\r");
    let (code, out) = tty.ends();
    assert_eq!(code, 0, "{out}");
    assert!(!out.contains("sk-ty") && !out.contains("ped\r"), "{out:?}");
    assert!(out.contains("is kept in"), "{out:?}");
    let kept = std::fs::read_to_string(file_of(&home)).unwrap();
    assert!(kept.contains("\"sk-typed\""), "{kept}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_a_paste_of_two_lines_keep_nothing() {
    use crate::support::tty::Tty;
    let home = keyless("http://127.0.0.1:9/v1");
    for (typed, expected) in [
        ("sk-a\u{3}", 130),
        ("\u{1b}[200~sk-a\nrm -rf x\n\u{1b}[201~\r", 2),
    ] {
        let mut tty = Tty::start(&home.command(&["key", "set", "lab"]), 80);
        tty.shows("\u{1b}[?2004h").types(typed);
        let (code, out) = tty.ends();
        assert_eq!(code, expected, "{out:?}");
        assert!(out.contains("\u{1b}[?2004l"), "{out:?}");
        assert!(!file_of(&home).exists());
    }
}
