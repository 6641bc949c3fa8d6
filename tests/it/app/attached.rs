//! What goes along with a message: fetched, shown, sent, taken off, kept.

use mmchat::app::attached::{Found, Many, Path, Wanted};
use mmchat::app::library::Change;
use mmchat::app::{Effect, Msg};
use mmchat::chat::Attachment;
use serde_json::{Value, json};

use crate::harness::{Harness, answer};

/// A model that sees, in each dialect.
const EYES: &str = r#"
[[providers.test.models]]
id = "eyes"
images = true
[[providers.test-native.models]]
id = "eyes"
images = true
[[providers.test-messages.models]]
id = "eyes"
images = true
"#;

/// An image of one pixel by two.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x02";
/// The same as Base64.
const PNG_BASE64: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAC";

fn file(name: &str, bytes: &[u8]) -> Attachment {
    Attachment::read(name, bytes.to_vec()).unwrap()
}

/// The last thing that was asked for, and its ticket.
fn fetched(it: &mut Harness) -> (u64, Wanted) {
    let wanted = |effect| match effect {
        Effect::Fetch(ticket, wanted) => Some((ticket, wanted)),
        _ => None,
    };
    it.effects()
        .into_iter()
        .filter_map(wanted)
        .next_back()
        .expect("something is fetched")
}

/// Has a file go along as if it had been read.
fn attach(it: &mut Harness, name: &str, bytes: &[u8]) {
    it.say(&format!("/attach {name}"));
    let (ticket, wanted) = fetched(it);
    assert_eq!(wanted, Wanted::Typed(name.to_owned()));
    let found = Found::Read(vec![file(name, bytes)], Vec::new());
    it.tell(Msg::Fetched(ticket, Ok(found)));
}

fn body(it: &mut Harness) -> Value {
    it.requests().pop().expect("a request was sent").body
}

#[test]
fn a_text_file_goes_along_as_a_chip_then_in_the_message_and_then_as_a_card() {
    let mut it = Harness::new();
    attach(&mut it, "main.rs", b"fn main() {}\n");
    it.shows("▪ main.rs 13 B ×");
    it.say("explain");
    it.hides("×").shows("▪ main.rs · text · 1 line · 13 B");
    let body = body(&mut it);
    let said = "explain\n\nmain.rs:\n```\nfn main() {}\n```";
    assert_eq!(body.pointer("/messages/0/content"), Some(&json!(said)));
}

#[test]
fn several_stand_in_the_order_in_which_they_were_asked_for() {
    let mut it = Harness::new();
    let tickets = ["slow.txt", "quick.txt", "last.txt"].map(|name| {
        it.say(&format!("/attach {name}"));
        (fetched(&mut it).0, name)
    });
    let [slow, quick, last] = tickets;
    for (ticket, name) in [last, quick, slow] {
        let found = Found::Read(vec![file(name, b"x")], Vec::new());
        it.tell(Msg::Fetched(ticket, Ok(found)));
    }
    let names = it.app.attached.items.iter().map(|it| it.name.as_str());
    let names: Vec<&str> = names.collect();
    assert_eq!(names, ["slow.txt", "quick.txt", "last.txt"]);
    it.hides("reading");
}

#[test]
fn a_message_waits_for_what_is_being_read_and_is_not_sent_when_that_fails() {
    let mut it = Harness::new();
    it.say("/attach slow.txt");
    let (ticket, _) = fetched(&mut it);
    it.shows("reading slow.txt …");
    it.say("look").shows("Sent as soon as slow.txt is read");
    assert!(it.requests().is_empty());
    let why = "slow.txt is binary".to_owned();
    it.tell(Msg::Fetched(ticket, Err(why)));
    it.shows("slow.txt is binary").shows("look");
    assert!(it.requests().is_empty());
    it.press("ctrl-c");
    it.say("/attach slow.txt");
    let (ticket, _) = fetched(&mut it);
    it.say("look");
    let found = Found::Read(vec![file("slow.txt", b"words")], Vec::new());
    it.tell(Msg::Fetched(ticket, Ok(found)));
    assert!(body(&mut it).to_string().contains("look\\n\\nslow.txt:"));
}

#[test]
fn chips_are_taken_off_by_backspace_by_name_and_by_the_mouse() {
    let mut it = Harness::new();
    for name in ["one.txt", "two.txt", "three.txt", "four.txt"] {
        attach(&mut it, name, name.as_bytes());
    }
    it.press("backspace").hides("four.txt");
    it.say("/detach one.txt").hides("one.txt").shows("two.txt");
    it.say("/detach gone").shows("Nothing called gone");
    let (column, row) = it.place_of("two.txt 7 B ×");
    it.click((column + 12, row), 1).hides("two.txt");
    it.press("ctrl-c").hides("three.txt");
}

#[test]
fn a_path_after_an_at_sign_is_completed_and_taken() {
    let mut it = Harness::new();
    it.type_text("mail me@home @sr");
    let asked: Vec<Effect> = it.effects();
    let Some(Effect::Paths(ticket, typed)) = asked.last().cloned() else {
        panic!("paths are asked for: {asked:?}");
    };
    assert_eq!(typed, "sr");
    let path = |typed: &str, bytes| Path {
        typed: typed.to_owned(),
        place: typed.into(),
        bytes,
    };
    it.tell(Msg::Paths(ticket, vec![path("src/", None)]));
    it.shows("Files · Tab takes");
    it.press("tab").shows("@src/").hides("Files ·");
    let Some(Effect::Paths(ticket, typed)) = it.effects().pop() else {
        panic!("the directory is looked into");
    };
    assert_eq!(typed, "src/");
    let files = vec![path("src/lib.rs", Some(8)), path("src/main.rs", Some(2048))];
    it.tell(Msg::Paths(ticket, files));
    it.shows("2.0 KB");
    // What no longer fits can't be taken while the answer is on its way.
    it.type_text("m").hides("src/lib.rs");
    it.press("enter").shows("@src/main.rs");
    let (_, wanted) = fetched(&mut it);
    assert_eq!(wanted, Wanted::Files(vec!["src/main.rs".into()]));
    assert!(
        it.app.live.is_none(),
        "Enter took the file and sent nothing"
    );
}

#[test]
fn esc_closes_the_list_of_files_for_the_word_being_typed() {
    let mut it = Harness::new();
    it.type_text("@a");
    let Some(Effect::Paths(ticket, _)) = it.effects().pop() else {
        panic!("paths are asked for");
    };
    let path = Path {
        typed: "a.txt".to_owned(),
        place: "a.txt".into(),
        bytes: Some(1),
    };
    it.tell(Msg::Paths(ticket, vec![path])).shows("Files ·");
    it.press("esc").hides("Files ·").shows("@a");
    it.type_text(".").hides("Files ·");
}

#[test]
fn several_files_ask_first() {
    let mut it = Harness::new();
    it.say("/attach src");
    let (ticket, _) = fetched(&mut it);
    let many = Many {
        typed: "src".to_owned(),
        files: vec![("src/a.rs".into(), 1000), ("src/b.rs".into(), 2000)],
        top: 0,
    };
    it.tell(Msg::Fetched(ticket, Ok(Found::Several(many.clone()))));
    it.shows("Attach 2 files, 2.9 KB in all?").shows("src/b.rs");
    it.press("n").hides("in all?");
    assert_eq!(it.effects(), []);
    it.say("/attach src");
    let (ticket, _) = fetched(&mut it);
    it.tell(Msg::Fetched(ticket, Ok(Found::Several(many))));
    it.press("y");
    let (_, wanted) = fetched(&mut it);
    assert_eq!(
        wanted,
        Wanted::Files(vec!["src/a.rs".into(), "src/b.rs".into()])
    );
}

#[test]
fn images_go_along_in_the_form_of_each_dialect() {
    let url = format!("data:image/png;base64,{PNG_BASE64}");
    let openai = json!([
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "text", "text": "what?"},
    ]);
    let dashscope = json!([{"image": url}, {"text": "what?"}]);
    let anthropic = json!([
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG_BASE64}},
        {"type": "text", "text": "what?"},
    ]);
    for (provider, place, content) in [
        ("test", "/messages/0/content", openai),
        ("test-native", "/input/messages/0/content", dashscope),
        ("test-messages", "/messages/0/content", anthropic),
    ] {
        let mut it = Harness::with(EYES);
        it.say(&format!("/model {provider}/eyes"));
        attach(&mut it, "p.png", PNG);
        it.shows("PNG 1×2");
        it.say("what?");
        let request = it.requests().pop().unwrap();
        assert_eq!(request.body.pointer(place), Some(&content), "{provider}");
        let is_native = provider == "test-native";
        assert_eq!(request.url.contains("/multimodal-generation/"), is_native);
    }
}

#[test]
fn a_model_that_takes_text_only_refuses_an_image_and_leaves_earlier_ones_out_with_a_word() {
    let mut it = Harness::with(EYES);
    it.say("/model test/silent");
    attach(&mut it, "p.png", PNG);
    it.say("what?")
        .shows("test/silent takes text only. Remove the image, or switch to eyes");
    it.shows("p.png");
    assert!(it.requests().is_empty());
    it.press("ctrl-u").say("/model test/eyes").say("what?");
    assert!(body(&mut it).to_string().contains(PNG_BASE64));
    it.stream([answer("a dot")]).end();
    it.say("/model test/silent").say("and now?");
    it.shows("takes text only: the image above is left out");
    let body = body(&mut it).to_string();
    assert!(!body.contains(PNG_BASE64), "{body}");
    assert!(
        body.contains("(The image p.png is left out here.)"),
        "{body}"
    );
}

#[test]
fn what_went_along_comes_back_when_asked_again_edited_queued_or_opened() {
    let mut it = Harness::new();
    attach(&mut it, "a.txt", b"words");
    it.say("one").stream([answer("x")]).end();
    it.effects();
    it.press("alt-r");
    assert!(body(&mut it).to_string().contains("a.txt:"));
    it.stream([answer("y")]).end();
    it.say("/edit").shows("▪ a.txt 5 B ×");
    it.press("esc").hides("×");
    it.say("two");
    attach(&mut it, "b.txt", b"later");
    it.say("three").shows("queued").hides("×");
    it.effects();
    it.end();
    assert!(body(&mut it).to_string().contains("b.txt:"));
    attach(&mut it, "c.txt", b"draft");
    let kept = it
        .changes()
        .into_iter()
        .rev()
        .find_map(|change| match change {
            Change::DraftFiles(Some(_), files) => Some(files),
            _ => None,
        });
    assert_eq!(kept, Some(vec![file("c.txt", b"draft")]));
}

#[test]
fn the_preview_of_a_request_does_not_spell_images_out() {
    let mut it = Harness::with(EYES);
    it.say("/model test/eyes");
    let mut large = PNG.to_vec();
    large.resize(100_000, b'x');
    attach(&mut it, "p.png", &large);
    it.say("/preview").shows("130 KB of Base64");
}

#[test]
fn an_error_goes_with_the_next_try() {
    let mut it = Harness::new();
    it.say("/attach missing.txt");
    let (ticket, _) = fetched(&mut it);
    let why = "missing.txt does not exist".to_owned();
    it.tell(Msg::Fetched(ticket, Err(why)));
    it.shows("missing.txt does not exist");
    it.press("ctrl-u");
    attach(&mut it, "there.txt", b"words");
    it.shows("there.txt 5 B ×").hides("does not exist");
}

#[test]
fn an_attachment_that_fails_gives_its_command_back_to_be_mended() {
    let fail = |it: &mut Harness| {
        let (ticket, _) = fetched(it);
        let why = "mian.rs does not exist".to_owned();
        it.tell(Msg::Fetched(ticket, Err(why)));
    };
    let mut it = Harness::new();
    it.say("/attach mian.rs");
    fail(&mut it);
    assert_eq!(it.app.composer.text(), "/attach mian.rs");
    for _ in 0.."mian.rs".len() {
        it.press("backspace");
    }
    it.say("main.rs");
    assert_eq!(fetched(&mut it).1, Wanted::Typed("main.rs".to_owned()));
    assert_eq!(it.app.composer.text(), "");
    it.press("ctrl-c");
    // What was written meanwhile is left alone; Up finds the command.
    it.say("/attach mian.rs").type_text("look");
    fail(&mut it);
    assert_eq!(it.app.composer.text(), "look");
    it.press("ctrl-u up");
    assert_eq!(it.app.composer.text(), "/attach mian.rs");
    it.press("ctrl-u");
    // What could be read goes along: there is nothing to mend.
    it.say("/attach src");
    let (ticket, _) = fetched(&mut it);
    let refused = vec!["big.bin is too large".to_owned()];
    let found = Found::Read(vec![file("a.rs", b"x")], refused);
    it.tell(Msg::Fetched(ticket, Ok(found)));
    assert_eq!(it.app.composer.text(), "");
}

#[test]
fn what_waits_to_go_along_is_in_the_gauge() {
    let mut it = Harness::new();
    it.hides("ctx ");
    attach(&mut it, "a.txt", "word".repeat(2_000).as_bytes());
    it.shows("ctx ").shows("~2k");
    it.exchange("one", "", "A1").effects();
    let without = it.app.gauge().unwrap().used_tokens;
    attach(&mut it, "b.txt", "word".repeat(3_000).as_bytes());
    let with = it.app.gauge().unwrap();
    assert_eq!((with.used_tokens - without, with.reported), (3_000, false));
    it.press("backspace");
    assert_eq!(it.app.gauge().unwrap().used_tokens, without);
}

#[test]
fn what_was_written_after_enter_is_not_sent_for_what_was_read() {
    for then in ["ctrl-c", "backspace"] {
        let mut it = Harness::new();
        it.say("/attach slow.txt");
        let (ticket, _) = fetched(&mut it);
        it.say("look").press(then).type_text("private");
        let found = Found::Read(vec![file("slow.txt", b"words")], Vec::new());
        it.tell(Msg::Fetched(ticket, Ok(found)));
        assert!(it.requests().is_empty(), "{then}");
        it.shows("private");
    }
}
