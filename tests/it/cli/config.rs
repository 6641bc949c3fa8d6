//! `mmchat config`, `models` and `keys`: what is in force.

use super::Home;

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
fn the_keys_in_force_are_printed() {
    let home = Home::configured("[keys]\nswitch-model = \"f9\"\n");
    let keys = home.run(&["keys"]).ends(0).out;
    let line = keys
        .lines()
        .find(|line| line.starts_with("switch-model"))
        .unwrap();
    assert!(line.contains("f9") && !line.contains("ctrl-o"), "{line}");
}
