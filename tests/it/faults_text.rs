//! RELIABILITY G: text that is meant for the terminal rather than for its reader. What cells hold is
//! checked in `app::hostile`; here it is every byte that a real terminal gets.

use mmchat::chat::Source;
use mmchat::chat::{Delta, safe};

use crate::harness::{Harness, answer};

/// What a model might say to a terminal: titles, questions, the clipboard, notifications, pictures,
/// strings without an end, C1 forms of all that.
#[cfg(unix)]
const HOSTILE: &str = "\x1b]0;owned\x07\x1b]2;owned\x1b\\\x1b[c\x1b[>c\x1b[6n\x1b[?6n\x1b[21t\x1bP$qm\x1b\\\
    \x1b]4;1;?\x07\x1b]10;?\x07\x1b]52;c;b3duZWQ=\x07\x1b]9;owned\x07\x1b]99;;owned\x1b\\\
    \x1b]777;notify;owned;owned\x07\x1b]1337;File=inline=1:b3duZWQ=\x07\x1b_Ga=T;b3duZWQ=\x1b\\\
    \x1b^owned\x1b\\\x1bXowned\x1b\\\x1bc\x1b[!p\x1b(0\u{9b}2J\u{9d}0;owned\u{9c}\u{90}owned\u{9c}\
    \x1b[?1049l\x1b[?2004l\x1b[31mred\x1b[5n\u{8}\u{8}\r\u{b}\u{c}\x1bPnever closed, but SHOWN";

/// The sequences in what a terminal received, each as it would be parsed.
#[cfg(unix)]
fn sequences(bytes: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some((_, after)) = rest.split_once('\x1b') {
        let end = match after.chars().next() {
            Some('[') => after
                .char_indices()
                .skip(1)
                .find(|(_, c)| ('@'..='~').contains(c))
                .map_or(after.len(), |(at, _)| at + 1),
            Some(']' | 'P' | '_' | '^' | 'X') => {
                let bell = after.find('\x07').map(|at| at + 1);
                let closed = after.find("\x1b\\").map(|at| at + 2);
                bell.into_iter().chain(closed).min().unwrap_or(after.len())
            }
            Some(c) => c.len_utf8(),
            None => 0,
        };
        let (sequence, behind) = after.split_at(end);
        found.push(sequence.to_owned());
        rest = behind;
    }
    found
}

/// Cases 68, 69, 72, 74 and 78: nothing but what the program itself has to say to a terminal.
#[cfg(unix)]
#[test]
fn g68_no_byte_that_the_terminal_gets_is_an_order_of_the_models() {
    use crate::pty::Terminal;
    use crate::support::raw::{Server, Step};
    let event = |delta: serde_json::Value| {
        let frame =
            serde_json::json!({"model": HOSTILE, "choices": [{"index": 0, "delta": delta}]});
        Step::chunk(format!("data: {frame}\n\n"))
    };
    let all = format!(
        "{HOSTILE}\n\n`{HOSTILE}`\n\n```{HOSTILE}\n{HOSTILE}\n```\n\n[{HOSTILE}](http://x/{HOSTILE})"
    );
    let error = serde_json::json!({"error": {"message": HOSTILE, "code": HOSTILE}});
    let server = Server::start(vec![vec![
        Step::events(),
        event(serde_json::json!({"reasoning_content": all})),
        event(serde_json::json!({"content": all})),
        Step::chunk(format!("event: error\ndata: {error}\n\n")),
        Step::End,
    ]]);
    let config = format!(
        "model = \"lab/model\"\n[providers.lab]\nname = \"Lab\"\ndialect = \"openai\"\nbase_url = \"{}/v1\"\n\
         [[providers.lab.models]]\nid = \"model\"\n",
        server.url()
    );
    let mut terminal = Terminal::with(&config, &[]);
    terminal.shows("Message");
    terminal
        .types("question\r")
        .shows("never closed, but SHOWN");
    terminal.shows("failed to handle the request");
    // The list of conversations and its preview, which come from the store.
    terminal.types("\x12").shows("Conversations");
    terminal.types("\x1b");
    terminal.when_screen("no list", |screen| {
        !screen.contents().contains("Conversations")
    });
    terminal.types("\x04");
    terminal.when("exit", |state| state.exit);
    terminal.when_screen("screen of the shell", crate::pty::is_restored);
    let bytes = terminal.when("bytes", |state| Some(state.bytes.clone()));
    let text = String::from_utf8(bytes).unwrap();
    let strange: Vec<String> = sequences(&text)
        .into_iter()
        .filter(|sequence| !is_ours(sequence))
        .collect();
    assert_eq!(strange, [""; 0]);
    let controls: Vec<char> = text
        .chars()
        .filter(|c| c.is_control() && !"\x1b\r\n\x07".contains(*c))
        .collect();
    assert_eq!(controls, Vec::<char>::new());
}

/// Case 68, by way of what a file is called and of what is typed on the command line.
#[cfg(unix)]
#[test]
fn g68_names_of_files_and_arguments_are_shown_and_not_obeyed() {
    use crate::cli::Home;
    use crate::support::tty::Tty;
    let home = Home::new();
    let hostile = "a\x1b]0;owned\x07\u{202e}b";
    let directory = home.directory.path().join(hostile);
    std::fs::create_dir(&directory).unwrap();
    let config = directory.join("config.toml");
    let name = config.to_str().unwrap();
    let data = directory.to_str().unwrap();
    let file = format!("{hostile}.json");
    for arguments in [
        &["--config", name, "config", "path"][..],
        &["--config", name, "config", "init"],
        &["--config", name, "config", "check"],
        &["--config", name, "doctor"],
        &["--config", name, "key", "list"],
        &["--data-dir", data, "history", "list"],
        &["history", "import", &file],
        &["history", "show", hostile],
        &["ask", "-m", hostile, "q"],
        &["ask", "--system", &format!("@{hostile}"), "q"],
        &["ask", "--attach", hostile, "q"],
        &[hostile],
        &["--theme", hostile],
        &[&format!("--{hostile}")],
    ] {
        let (_, shown) = Tty::start(&home.command(arguments), 200).ends();
        assert!(!shown.contains("\x1b]0;"), "{arguments:?}: {shown:?}");
        assert!(!shown.contains('\u{202e}'), "{arguments:?}: {shown:?}");
    }
    let piped = home.run(&["--config", name, "config", "path"]).ends(0);
    assert_eq!(piped.out.trim_end(), name, "a script gets the very name");
}

/// What the program itself says: modes, places, colours, its own title, and links to safe addresses.
#[cfg(unix)]
fn is_ours(sequence: &str) -> bool {
    if let Some(rest) = sequence.strip_prefix('[') {
        let last = rest.chars().last().unwrap_or_default();
        // No request for a report (c, n, t, x, q …), but for the title’s stack.
        return "mHABCDGJKLMPXhlrdfuST@b".contains(last) || ["22;0t", "23;0t"].contains(&rest);
    }
    if let Some(rest) = sequence.strip_prefix(']') {
        let is_title = rest.starts_with("0;") || rest.starts_with("2;");
        return (is_title && !rest.contains("owned"))
            || (rest.starts_with("8;") && !rest.contains("owned"))
            || rest.starts_with("11;?")
            || rest.starts_with("9;4;");
    }
    sequence == "\\"
}

/// Case 75.
#[test]
fn g75_arabic_and_hebrew_are_shown_and_overrides_are_not() {
    let text = "שלום עליכם and مرحبا بالعالم";
    assert_eq!(safe::visible(text), text);
    let mut it = Harness::new();
    it.say("q").stream([answer(&format!(
        "{text}\n\n```js\nif (admin\u{202e} \u{2066}// check\u{2069} \u{2066}) {{}}\n```"
    ))]);
    for word in ["שלום", "עליכם", "مرحبا", "بالعالم"] {
        assert!(it.screen().contains(word), "{word}");
    }
    for hidden in ['\u{202e}', '\u{2066}', '\u{2069}'] {
        assert!(!it.screen().contains(hidden));
    }
}

/// Case 77.
#[test]
fn g77_what_takes_no_column_moves_no_border() {
    let odd = [
        "a\u{200b}b\u{ad}c\u{200d}d\u{feff}e",
        &format!("e{}", "\u{301}".repeat(5_000)),
        "👨‍👩‍👧‍👦 🇩🇪🇯🇵 👍🏽",
        "ＦＵＬＬ　ｗｉｄｔｈ",
        "สวัสดีครับ नमस्ते 안녕하세요",
    ];
    for size in [(120, 40), (60, 20)] {
        let mut it = Harness::sized(size.0, size.1);
        it.exchange("q", "", &odd.join("\n\n"));
        let screen = it.screen();
        for line in screen.lines().filter(|line| line.contains('│')) {
            let width = mmchat::markdown::text_width(line.trim_end());
            assert_eq!(width, usize::from(size.0), "{line}");
        }
        assert!(screen.contains("👨‍👩‍👧‍👦"), "{screen}");
    }
}

/// Cases 71 and 79: where a link leads is seen, whatever it says; and a source's address too.
#[test]
fn g79_the_address_itself_is_beside_what_pretends_to_be_one() {
    let mut it = Harness::with("[ui]\nthinking_panel = \"hidden\"");
    it.resize(79, 40);
    it.say("q").stream([
        answer(
            "[https://www.minimax.io](http://evil.example) and [home](https://www.mіnimax.io/x) \
             ![cat](https://tracker.example/pixel.png)",
        ),
        Delta::Sources(vec![Source {
            index: 1,
            title: "minimax.io".to_owned(),
            url: "https://elsewhere.example/p".to_owned(),
            site: String::new(),
        }]),
    ]);
    let words = it.words();
    assert!(words.contains("http://evil.example"), "{words}");
    assert!(words.contains("tracker.example"), "{words}");
    assert!(words.contains("elsewhere.example"), "{words}");
    assert!(words.contains("https://www.mіnimax.io/x"), "{words}");
}
