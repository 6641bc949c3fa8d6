//! `mmchat doctor`: what works, and what is a failure.

use mmchat::demo::{Pace, Server as Demo};
use mmchat::wire::Dialect;
use serde_json::Value;

use super::{Home, KEY, home_of, replying, said, thought};
use crate::support::raw::{Server, Step};

fn finding(report: &Value, section: &str, name: &str) -> Value {
    let all = report["findings"].as_array().unwrap();
    let found = all
        .iter()
        .find(|finding| finding["section"] == section && finding["name"] == name);
    found
        .cloned()
        .unwrap_or_else(|| panic!("{section}/{name} in {report}"))
}

#[test]
fn a_fresh_home_is_no_failure_and_every_part_is_told() {
    let home = Home::new();
    let report = home.run(&["doctor", "--json"]).ends(0).json();
    assert_eq!(report["ok"], true);
    for (section, name) in [
        ("Terminal", "kind"),
        ("Terminal", "colours"),
        ("Terminal", "letters"),
        ("Terminal", "size"),
        ("Terminal", "keyboard"),
        ("Terminal", "clipboard"),
        ("Configuration", "file"),
        ("Configuration", "key bindings"),
        ("Keys", "tencent"),
        ("Store", "directory"),
        ("Network", "proxy"),
    ] {
        finding(&report, section, name);
    }
    assert_eq!(finding(&report, "Keys", "tencent")["state"], "note");
    let text = home.run(&["doctor"]).ends(0).out;
    assert!(text.contains("TOKENHUB_API_KEY is not set"), "{text}");
    assert!(text.contains("mmchat key set"), "{text}");
}

#[test]
fn a_broken_configuration_or_store_is_a_failure() {
    let home = Home::configured("[ui]\nthinking_widht = 3\n");
    let report = home.run(&["doctor", "--json"]).ends(1).json();
    let file = finding(&report, "Configuration", "file");
    assert_eq!(file["state"], "broken");
    assert!(
        file["text"].as_str().unwrap().contains("config.toml:2:1"),
        "{file}"
    );
    // What comes after it is looked at all the same.
    finding(&report, "Network", "proxy");
    let home = Home::new();
    let file = home.directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    home.run(&["doctor", "--data-dir", file.to_str().unwrap()])
        .ends(1);
}

#[test]
fn the_doctor_finds_in_the_configuration_what_its_check_does() {
    let home = Home::configured(
        "[ui]\ntheme = \"dusk\"\n[network]\nca_file = \"/no/such.pem\"\nallow_plain_http = true\n",
    );
    let checked = home.run(&["config", "check"]).ends(2).err;
    assert_eq!(checked.lines().count(), 2, "{checked}");
    let report = home.run(&["doctor", "--json"]).ends(1).json();
    let file = finding(&report, "Configuration", "file");
    assert_eq!(file["text"].as_str().unwrap(), checked.trim_end());
    // The rest of it holds.
    assert_eq!(finding(&report, "Network", "plain HTTP")["state"], "note");
}

#[test]
fn neither_keys_nor_the_passwords_of_proxies_are_shown() {
    let home = Home::asking(Dialect::OpenAi, "http://127.0.0.1:9/v1");
    for arguments in [&["doctor"][..], &["doctor", "--json"]] {
        let mut command = home.command(arguments);
        command.env("HTTPS_PROXY", "http://me:hunter2@proxy.example:3128");
        let outcome = super::outcome(command.spawn().unwrap()).ends(0);
        assert!(
            outcome.out.contains("http://proxy.example:3128"),
            "{outcome:?}"
        );
        assert!(
            !outcome.out.contains("hunter2") && !outcome.out.contains(KEY),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_probe_tells_how_each_dialect_answers() {
    let demo = Demo::start_with(0, Pace::Instant).unwrap();
    for (dialect, field) in [
        (Dialect::OpenAi, "reasoning_content"),
        (Dialect::DashScope, "reasoning_content"),
        (Dialect::Anthropic, "thinking"),
    ] {
        let home = Home::asking(dialect, &demo.base_url(dialect));
        let report = home.run(&["doctor", "--probe", "--json"]).ends(0).json();
        let probes = report["probes"].as_array().unwrap();
        assert_eq!(probes.len(), 1, "only the provider with a key: {report}");
        let probe = &probes[0];
        assert_eq!(probe["ok"], true, "{probe}");
        assert_eq!(probe["provider"], "lab");
        assert_eq!(probe["reasoning_field"], field, "{probe}");
        assert_eq!(probe["cumulative"], false, "{probe}");
        assert_eq!(probe["usage"], true, "{probe}");
        assert!(probe["first_text_seconds"].is_f64(), "{probe}");
        let text = home.run(&["doctor", "--probe"]).ends(0).out;
        assert!(
            text.contains("incremental") && text.contains(field),
            "{text}"
        );
    }
}

#[test]
fn a_probe_tells_whether_thinking_stays_off() {
    let home = Home::new();
    let report = home
        .run(&["doctor", "--probe", "--demo", "--thinking", "off", "--json"])
        .ends(0)
        .json();
    let probe = &report["probes"][0];
    assert_eq!(probe["thinking_off_honoured"], true, "{report}");
    assert_eq!(probe["reasoning_field"], Value::Null, "{report}");
}

#[test]
fn a_probe_is_one_request_even_where_thinking_can_be_switched_off() {
    let server = replying(vec![thought("hm"), said("pong")]);
    let mut home = home_of(&server);
    home.config = home.config.replace("on = {}", "on = {}, off = {}");
    let home = Home::configured(&home.config);
    let report = home.run(&["doctor", "--probe", "--json"]).ends(0).json();
    assert_eq!(report["probes"][0]["thinking_off_honoured"], Value::Null);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_probe_that_is_refused_says_why_and_is_no_failure() {
    let body = include_str!("../../fixtures/wire/mm-401.json");
    let server = Server::start(vec![Step::whole(401, "application/json", body)]);
    let outcome = home_of(&server).run(&["doctor", "--probe"]).ends(0);
    assert!(
        outcome.out.contains("does not accept the API key"),
        "{outcome:?}"
    );
    assert_eq!(server.seen().len(), 1, "nothing is tried twice");
}
