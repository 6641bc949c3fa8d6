//! A key entered in the chat, all the way: into its file and to its provider, and nowhere else.

use std::path::{Path, PathBuf};

use mmchat::demo::{Pace, Server};
use mmchat::wire::Dialect;

use super::Terminal;

const KEY: &str = "sk-never-on-the-screen-0123456789";

/// Every file below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

/// Starts without any key, opens the screen for keys, enters the key, and goes on to chat.
fn enters_a_key(opened_with: &str, entered_with: &str) {
    let server = Server::start_with(0, Pace::Instant).unwrap();
    let url = server.base_url(Dialect::OpenAi);
    let config = format!(
        "[providers.lab]\ndialect = \"openai\"\nbase_url = \"{url}\"\napi_key_env = \"LAB_KEY\"\n\
         [[providers.lab.models]]\nid = \"model\"\n"
    );
    let mut terminal = Terminal::with(&config, &[]);
    terminal.shows("Press Enter to enter a key");
    terminal.types(opened_with).shows("Whose key?");
    terminal.types("lab\r").shows("Key of lab");
    terminal.types(entered_with).shows("33 characters");
    terminal.types("\r").shows("the key is kept in");
    terminal.types("write a haiku\r").shows("syllables");
    terminal.types("\x04").ends_well(0);

    assert!(server.requests().last().unwrap().has_key);
    let bytes = terminal.when("bytes", |state| Some(state.bytes.clone()));
    assert!(!holds(&bytes, "never-on-the-screen"));
    let holders: Vec<PathBuf> = files(terminal.home.as_ref().unwrap().path())
        .into_iter()
        .filter(|path| holds(&std::fs::read(path).unwrap(), "never-on-the-screen"))
        .collect();
    let [kept] = &holders[..] else {
        panic!("the key is in {holders:?}");
    };
    assert_eq!(kept.file_name().unwrap(), "credentials.toml");
    assert!(holds(&std::fs::read(kept).unwrap(), KEY));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = kept.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_key_typed_after_the_command_is_kept_for_one_reader_and_serves_at_once() {
    enters_a_key("/key\r", KEY);
}

#[test]
fn a_key_pasted_after_enter_on_the_first_screen_is_never_shown() {
    enters_a_key("\r", &format!("\x1b[200~{KEY}\n\x1b[201~"));
}
