//! RELIABILITY I: files that are not as they should be, and what the program leaves behind. The
//! store's own cases are in `store::faults`, those of kills and full disks in `pty::crash`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use mmchat::app::library::{Query, Which};
use mmchat::store::Shelf;

use crate::cli::{Home, KEY, home_of, outcome, replying, said, thought};
use crate::harness::{Harness, answer, reasoning};
use crate::pty::Terminal;
use crate::store::faults::exchange;
use crate::support::raw::{Server, Step};

/// Every file below a directory; links are not followed.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found
}

fn only_id(home: &Home) -> String {
    let list = home.run(&["history", "list"]).ends(0).out;
    list.split('\t').next().unwrap().to_owned()
}

/// Case 92: what came last is in the log beside the store. Cut anywhere, it costs itself and
/// nothing before it, and what is written next is whole.
#[test]
fn i92_a_log_that_was_cut_anywhere_costs_what_was_cut() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("data");
    let (mut shelf, _) = Shelf::open(&directory).unwrap();
    shelf.change(&exchange("first")).unwrap();
    drop(shelf);
    // The last record is only in the log: a copy is taken while the store is open.
    let (mut shelf, _) = Shelf::open(&directory).unwrap();
    shelf.change(&exchange("second")).unwrap();
    let whole = ["conversations.db", "conversations.db-wal"]
        .map(|name| (name, fs::read(directory.join(name)).unwrap()));
    drop(shelf);
    let length = whole[1].1.len();
    assert!(length > 0);
    // Each kind of place: within the head, around the ends of pages, the last bytes.
    let frame = 4096 + 24;
    let ends = (32..length).step_by(frame).skip(1).step_by(4);
    let cuts = [0, 1, 31, 32, 33, 56, length - 4096, length - 1, length]
        .into_iter()
        .chain(ends.flat_map(|end| [end - 1, end, end + 24]));
    let mut both = 0;
    for cut in cuts {
        let copy = tempfile::tempdir().unwrap();
        let only_ours = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        only_ours(copy.path(), 0o700);
        for (name, bytes) in [
            (whole[0].0, &whole[0].1[..]),
            (whole[1].0, &whole[1].1[..cut]),
        ] {
            fs::write(copy.path().join(name), bytes).unwrap();
            only_ours(&copy.path().join(name), 0o600);
        }
        let (mut shelf, notes) = Shelf::open(copy.path()).unwrap();
        assert_eq!(notes, [""; 0], "cut at {cut}");
        let listed = |shelf: &Shelf| {
            let mut titles: Vec<String> = shelf
                .list(&Query::default(), 9)
                .unwrap()
                .rows
                .into_iter()
                .map(|row| row.title)
                .collect();
            titles.sort();
            titles
        };
        let found = listed(&shelf);
        assert!(found.starts_with(&["first".to_owned()]), "{cut}: {found:?}");
        both += found.len() - 1;
        shelf.change(&exchange("third")).unwrap();
        assert!(shelf.load(Which::Last).unwrap().is_some());
        assert_eq!(listed(&shelf).len(), found.len() + 1, "cut at {cut}");
    }
    assert!(both > 0, "the whole log holds the second");
}

/// Case 96: no home at all, one that is a file, one that can't be written, an empty store.
#[test]
fn i96_without_a_home_there_is_an_answer_and_a_sentence() {
    let server = || replying(vec![said("an answer")]);
    let one = server();
    let home = home_of(&one);
    let mut command = home.command(&["ask", "q"]);
    command.env_remove("HOME").env_remove("XDG_CONFIG_HOME");
    let outcome_without = outcome(command.spawn().unwrap()).ends(0);
    assert_eq!(outcome_without.out, "an answer\n");
    let two = server();
    let home = home_of(&two);
    let file = home.directory.path().join("file");
    fs::write(&file, "precious").unwrap();
    let mut command = home.command(&["ask", "q"]);
    command.env("HOME", &file).env_remove("XDG_CONFIG_HOME");
    let outcome_with_file = outcome(command.spawn().unwrap());
    assert_eq!(outcome_with_file.out, "an answer\n");
    outcome_with_file.complains("mmchat: ");
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    let three = server();
    let home = home_of(&three);
    let data = home.directory.path().join("empty");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("conversations.db"), "").unwrap();
    let directory = data.to_str().unwrap();
    home.run(&["--data-dir", directory, "ask", "q"]).ends(0);
    let list = home.run(&["--data-dir", directory, "history", "list"]);
    assert_eq!(list.ends(0).out.lines().count(), 1);
}

/// Case 98: nothing that is written is for others, even if all files of this user are.
#[test]
fn i98_no_umask_opens_a_file_to_others() {
    let server = replying(vec![said("an answer")]);
    let home = home_of(&server);
    let program = env!("CARGO_BIN_EXE_mmchat");
    let script = format!(
        "umask 000; '{program}' ask q && '{program}' key set lab < key && '{program}' config init; \
         id=$('{program}' history list | cut -f1); '{program}' history export \"$id\" --output out.md"
    );
    fs::write(home.directory.path().join("key"), "sk-kept-9876543210\n").unwrap();
    let direct = home.command(&[]);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script]).env_clear();
    for (name, value) in direct.get_envs() {
        command.env(name, value.unwrap());
    }
    // `config init` writes to the platform’s own place only where no file is named.
    command.env("PATH", "/usr/bin:/bin");
    command
        .current_dir(home.directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let outcome = outcome(command.spawn().unwrap());
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let written: Vec<PathBuf> = files(home.directory.path())
        .into_iter()
        .filter(|path| {
            !["key", "config.toml"].contains(&path.file_name().unwrap().to_str().unwrap())
        })
        .collect();
    assert!(written.len() >= 3, "{written:?}");
    for path in written {
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{path:?} is {mode:o}");
    }
}

/// Case 99: a pipe in the place of the configuration, links in the place of what is written.
#[test]
fn i99_pipes_are_not_waited_for_and_links_not_written_through() {
    let home = Home::configured("model = \"demo/minimax-m3\"\n");
    let config = home.directory.path().join("config.toml");
    fs::remove_file(&config).unwrap();
    let made = Command::new("mkfifo").arg(&config).status().unwrap();
    assert!(made.success());
    home.run(&["models"]).ends(2).complains("is a pipe");
    fs::remove_file(&config).unwrap();
    symlink("/dev/zero", &config).unwrap();
    home.run(&["models"]).ends(2).complains("larger than");
    fs::remove_file(&config).unwrap();
    symlink("/dev/null", &config).unwrap();
    home.run(&["models"]).ends(0);

    let server = replying(vec![said("an answer")]);
    let home = home_of(&server);
    home.run(&["ask", "q"]).ends(0);
    let id = only_id(&home);
    let inside = |name: &str| home.directory.path().join(name);
    fs::write(inside("precious"), "precious").unwrap();
    for (link, target) in [
        ("to-file.md", inside("precious")),
        ("to-nothing.md", inside("gone")),
    ] {
        symlink(&target, inside(link)).unwrap();
        home.run(&["history", "export", &id, "--output", link])
            .ends(2)
            .complains("there already");
    }
    assert_eq!(fs::read_to_string(inside("precious")).unwrap(), "precious");
    assert!(!inside("gone").exists());
}

/// Case 100: a link into a folder of settings is read, edited and left as a link.
#[test]
fn i100_a_configuration_that_is_a_link_stays_one() {
    let home = Home::configured("# mine\n");
    let config = home.directory.path().join("config.toml");
    let real = home.directory.path().join("dotfiles.toml");
    fs::rename(&config, &real).unwrap();
    symlink(&real, &config).unwrap();
    let mut edit = home.command(&["config", "edit"]);
    edit.env("EDITOR", "/bin/sh -c 'echo' sh")
        .env("PATH", "/bin:/usr/bin");
    let script = home.directory.path().join("editor.sh");
    fs::write(&script, "echo '# edited' >> \"$1\"\n").unwrap();
    edit.env("EDITOR", format!("/bin/sh {}", script.display()));
    outcome(edit.spawn().unwrap()).ends(0);
    assert!(config.is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), "# mine\n# edited\n");
    home.run(&["config", "init"]).complains("there already");
    assert_eq!(fs::read_to_string(&real).unwrap(), "# mine\n# edited\n");
}

/// Case 101: after a life with errors, nothing that the program wrote or said has the key in it.
#[test]
fn i101_the_key_is_in_nothing_that_was_ever_written() {
    let echo = format!("{{\"error\":{{\"message\":\"bad key {KEY}\",\"code\":\"{KEY}\"}}}}");
    let good = |text: &str| {
        [
            vec![Step::events(), thought("hm"), said(text)],
            crate::cli::done(),
        ]
        .concat()
    };
    let late = format!("data: {echo}\n\n");
    let server = Server::start(vec![
        good("an answer"),
        Step::whole(401, "application/json", echo),
        vec![Step::events(), said("half"), Step::chunk(late), Step::End],
        good("in the terminal"),
        Step::whole(500, "text/html", format!("<title>{KEY}</title>")),
    ]);
    let home = home_of(&server);
    let mut said_by = Vec::new();
    for arguments in [
        &["ask", "one"][..],
        &["ask", "two", "--format", "jsonl"],
        &["ask", "three", "--format", "json"],
        &["history", "list"],
        &["history", "search", "one"],
        &["models"],
        &["config", "show"],
        &["doctor"],
        &["key", "list"],
        &["stats", "--json"],
        &["ask", "--dry-run", "q"],
    ] {
        let mut command = home.command(arguments);
        command
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "full");
        let outcome = outcome(command.spawn().unwrap());
        said_by.push(format!("{arguments:?}: {} {}", outcome.out, outcome.err));
    }
    let id = only_id(&home);
    for format in ["md", "json", "html"] {
        let file = format!("export.{format}");
        home.run(&[
            "history", "export", &id, "--format", format, "--output", &file,
        ])
        .ends(0);
    }
    let (directory, config) = (home.directory, home.config);
    let environment = [("LAB_KEY", KEY), ("RUST_LOG", "trace")];
    assert!(!config.contains(KEY));
    let mut terminal = Terminal::at_home(directory, &environment, &[]);
    terminal.shows("Message");
    terminal.types("four\r").shows("in the terminal");
    terminal
        .types("five\r")
        .shows("failed to handle the request");
    terminal.types("\x04");
    terminal.when("exit", |state| state.exit);
    terminal.when_screen("screen of the shell", crate::pty::is_restored);
    let bytes = terminal.when("bytes", |state| Some(state.bytes.clone()));
    said_by.push(String::from_utf8_lossy(&bytes).into_owned());
    assert_eq!(server.seen().len(), 5, "all of them were asked");
    assert!(server.seen().iter().all(|seen| seen.head.contains(KEY)));
    for said in said_by {
        assert!(!said.contains(KEY), "{said}");
    }
    let home = terminal.home.take().unwrap();
    let written = files(home.path());
    assert!(written.len() >= 5, "{written:?}");
    for path in written {
        let bytes = fs::read(&path).unwrap();
        let hit = bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes());
        assert!(!hit, "{path:?}");
    }
}

/// Case 103: what lies in the directory where the program is started decides nothing.
#[test]
fn i103_a_configuration_in_the_working_directory_is_not_read() {
    let server = Server::start(vec![Step::whole(200, "text/plain", "")]);
    let home = Home::new();
    let hostile = format!(
        "model = \"minimax/MiniMax-M2\"\n[providers.minimax]\nbase_url = \"{}/v1\"\n",
        server.url()
    );
    let place = home.directory.path().join("repository");
    for name in [
        "config.toml",
        "mmchat.toml",
        ".mmchat.toml",
        ".mmchat/config.toml",
        "mmchat/config.toml",
        ".config/mmchat/config.toml",
        ".env",
    ] {
        let path = place.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &hostile).unwrap();
    }
    let mut command = home.command(&["ask", "--dry-run", "-m", "minimax/MiniMax-M2", "hello"]);
    command.env("MINIMAX_API_KEY", KEY).current_dir(&place);
    let request = outcome(command.spawn().unwrap());
    assert!(!request.out.contains("127.0.0.1"), "{request:?}");
    assert!(request.out.contains("minimax"), "{request:?}");
    let mut command = home.command(&["config", "path"]);
    command.current_dir(&place);
    let path = outcome(command.spawn().unwrap()).ends(0).out;
    assert!(!path.contains("repository"), "{path}");
    assert_eq!(server.seen().len(), 0);
}

/// Case 104: whatever a conversation is called, the files are those that there always are.
#[test]
fn i104_no_file_is_named_after_what_was_said() {
    let titles = [
        "../../escaped",
        "/etc/passwd",
        "CON",
        "-rf",
        "a\u{202e}b",
        "~",
        "$HOME",
        ".",
    ];
    let script = || [vec![Step::events(), said("a name")], crate::cli::done()].concat();
    let server = Server::start(titles.map(|_| script()).to_vec());
    let home = home_of(&server);
    for title in titles {
        home.run(&["ask", "--", title]).ends(0);
    }
    let mut names: Vec<String> = files(home.directory.path())
        .iter()
        .map(|path| {
            path.strip_prefix(home.directory.path())
                .unwrap()
                .display()
                .to_string()
        })
        .collect();
    names.sort();
    names.dedup();
    let is_known = |name: &String| {
        name == "config.toml"
            || name.starts_with(".local/share/mmchat/conversations.db")
            || name.starts_with(".local/share/mmchat/running/")
    };
    assert!(names.iter().all(is_known), "{names:?}");
}

/// Case 105: lines without end and turns that follow each other in a circle.
#[test]
fn i105_an_import_with_an_endless_line_or_a_circle_does_no_harm() {
    let home = Home::new();
    let long = format!(
        "[{{\"role\":\"user\",\"content\":\"{}\"}},{{\"role\":\"assistant\",\"content\":\"\\u001b]0;x\\u0007\"}}]",
        "x".repeat(2 * 1024 * 1024)
    );
    home.run_with_input(&["history", "import", "-"], long.as_bytes())
        .ends(0);
    let cut = long.get(..long.len() / 2).unwrap();
    home.run_with_input(&["history", "import", "-"], cut.as_bytes())
        .ends(2)
        .complains("can't be imported");
    let id = only_id(&home);
    let exported = home
        .run(&["history", "export", &id, "--format", "json"])
        .ends(0)
        .out;
    let mut circle: serde_json::Value = serde_json::from_str(&exported).unwrap();
    let turns = circle["turns"].as_array_mut().unwrap();
    turns[0]["prompt"] = "round".into();
    turns[0]["parent"] = turns[0]["id"].clone();
    let outcome = home.run_with_input(&["history", "import", "-"], circle.to_string().as_bytes());
    assert!(outcome.code.is_some_and(|code| code < 3), "{outcome:?}");
    home.run(&["history", "list"]).ends(0);
}

/// The clock of the machine is set while a reply streams: what takes long is told by the other
/// clock, and what is kept stays in its order.
#[test]
fn a_clock_that_jumps_disturbs_neither_the_seconds_nor_the_order() {
    let home = tempfile::tempdir().unwrap();
    let (mut shelf, _) = Shelf::open(&home.path().join("data")).unwrap();
    let mut it = Harness::new();
    it.exchange("before the jump", "", "yes");
    for seconds in [-86_400, 400_000_000, -400_000_000] {
        it.say("and now").connected();
        it.now.wall.unix_seconds += seconds;
        it.wait(Duration::from_secs(2));
        it.stream([reasoning("hm")]);
        it.wait(Duration::from_secs(1)).shows("thinking 1.0 s");
        it.stream([answer("yes")]).end();
    }
    it.now.wall.unix_seconds = i64::MIN / 2;
    it.exchange("before all time", "", "yes");
    shelf.change(&it.changes()).unwrap();
    let kept = shelf.load(Which::Last).unwrap().unwrap();
    let prompts: Vec<&str> = kept
        .conversation
        .turns()
        .map(|turn| turn.prompt.as_str())
        .collect();
    assert_eq!(prompts.first(), Some(&"before the jump"));
    assert_eq!(prompts.last(), Some(&"before all time"));
    assert_eq!(prompts.len(), 5);
}
