//! What the world outside the window is told, and when.

use mmchat::app::{Effect, Msg};
use mmchat::chat::{Failure, FailureKind, Finish};

use crate::harness::{Harness, answer, reasoning};

fn notices(it: &mut Harness) -> Vec<&'static str> {
    let notice = |effect| match effect {
        Effect::Notify(text) => Some(text),
        _ => None,
    };
    it.effects().into_iter().filter_map(notice).collect()
}

#[test]
fn the_end_of_a_reply_is_told_only_while_the_window_has_no_focus() {
    let mut it = Harness::new();
    it.say("hello").stream([answer("hi")]).end();
    assert_eq!(notices(&mut it), [""; 0]);
    it.tell(Msg::Focus(false));
    it.say("again").stream([answer("hi")]).end();
    assert_eq!(notices(&mut it), ["The reply is ready"]);
    it.say("again")
        .fail(Failure::new(FailureKind::Server, "oops"));
    assert_eq!(notices(&mut it), ["The reply failed"]);
    it.tell(Msg::Focus(true));
    it.say("again").end();
    assert_eq!(notices(&mut it), [""; 0]);
}

#[test]
fn what_the_user_stops_and_what_goes_on_is_not_announced() {
    let mut it = Harness::with("[ui]\nnotify = \"always\"\n");
    it.say("hello").stream([answer("hi")]).press("esc");
    assert_eq!(notices(&mut it), [""; 0]);
    // The first reply's end sends the message that waited.
    it.say("one").say("two").stream([answer("1")]).end();
    assert_eq!(notices(&mut it), [""; 0]);
    it.end();
    assert_eq!(notices(&mut it), ["The reply is ready"]);
}

#[test]
fn notifications_can_be_switched_off() {
    let mut it = Harness::with("[ui]\nnotify = \"never\"\n");
    it.tell(Msg::Focus(false));
    it.say("hello").end();
    assert_eq!(notices(&mut it), [""; 0]);
}

#[test]
fn the_title_tells_the_state_and_what_the_user_wrote() {
    let mut it = Harness::new();
    assert_eq!(it.app.announcement().title, "mmchat");
    it.say("Roots\nof it").connected().stream([reasoning("hm")]);
    let now = it.app.announcement();
    assert_eq!(
        (now.title.as_str(), now.is_busy),
        ("thinking · Roots · mmchat", true)
    );
    it.fail(Failure::new(FailureKind::Server, "oops"));
    let now = it.app.announcement();
    assert_eq!(
        (now.title.as_str(), now.is_busy),
        ("failed · Roots · mmchat", false)
    );
}

#[test]
fn no_text_of_a_model_and_no_control_character_reaches_the_title() {
    let mut it = Harness::new();
    it.paste("a\x1b]0;x\x07b").press("enter").connected();
    let texts = [
        reasoning("\x1b]0;secret\x07"),
        answer("\x1b]2;secret\x1b\\"),
    ];
    it.stream(
        texts
            .into_iter()
            .chain([mmchat::chat::Delta::Finish(Finish::Other("secret".into()))]),
    );
    it.end();
    let title = it.app.announcement().title;
    assert!(
        !title.contains("secret") && !title.contains(char::is_control),
        "{title:?}"
    );
    it.press("ctrl-n").say(&"long ".repeat(100));
    assert!(it.app.announcement().title.chars().count() < 100);
}
