//! Keys in builds with the `keyring` feature, where there is no keyring: the environment of these
//! tests names none.

use super::{Home, replying, said};

#[test]
fn without_a_keyring_nothing_is_kept_and_the_way_out_is_told() {
    let server = replying(vec![said("ok")]);
    let home = Home::asking(mmchat::wire::Dialect::OpenAi, &(server.url() + "/v1"));
    let home = home.without("LAB_KEY");
    home.run_with_input(&["key", "set", "lab"], b"sk-lost")
        .ends(1)
        .complains("the system keyring can't be used")
        .complains("api_key_command");
    let file = home.directory.path().join("credentials.toml");
    assert!(!file.exists(), "a key went to a file instead");
    home.run(&["ask", "q"])
        .ends(1)
        .complains("LAB_KEY is not set, and the system keyring can't be used");
    home.run(&["key", "delete", "lab"])
        .ends(1)
        .complains("the system keyring can't be used");
}

#[test]
fn keys_that_a_file_has_already_count_without_a_keyring_too() {
    let server = replying(vec![said("ok")]);
    let home = Home::asking(mmchat::wire::Dialect::OpenAi, &(server.url() + "/v1"));
    let home = home.without("LAB_KEY");
    let file = home.directory.path().join("credentials.toml");
    let text = format!("[lab]\naddress = \"{}\"\nkey = \"sk-old\"\n", server.url());
    std::fs::write(&file, text).unwrap();
    home.run(&["ask", "q"]).ends(0);
    assert!(server.seen()[0].head.contains("Bearer sk-old"));
    let deleted = home.run(&["key", "delete", "lab"]).ends(0).out;
    assert!(deleted.contains("credentials.toml"), "{deleted}");
    assert!(!std::fs::read_to_string(&file).unwrap().contains("sk-old"));
}
