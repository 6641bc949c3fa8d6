//! What keys, pastes and slash commands do.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use mmchat::app::{Effect, Msg, Overlay, Pane};

use crate::harness::{Harness, answer, key, released};

#[test]
fn esc_closes_the_overlay_then_stops_the_reply_then_goes_back_to_the_message() {
    let mut it = Harness::new();
    it.say("hello").stream([answer("half")]).press("tab ctrl-p");
    assert!(it.app.overlay.is_some());
    it.press("esc");
    assert!(it.app.overlay.is_none() && it.app.live.is_some());
    assert_eq!(it.app.focus, Pane::Chat);
    it.press("esc");
    assert!(it.app.live.is_none());
    assert_eq!(it.app.focus, Pane::Chat);
    it.press("esc");
    assert_eq!(it.app.focus, Pane::Message);
}

#[test]
fn ctrl_c_stops_the_reply_then_clears_the_box_then_quits_at_the_second_press() {
    let mut it = Harness::new();
    it.say("hello").type_text("draft");
    let turn = it.live();
    it.effects();
    it.press("ctrl-c");
    assert_eq!(it.effects(), [Effect::Cancel(turn)]);
    assert_eq!(it.app.composer.text(), "draft");
    it.press("ctrl-c");
    assert!(it.app.composer.is_empty());
    assert_eq!(it.effects(), []);
    it.press("ctrl-c").shows("Press Ctrl+C again to quit");
    assert_eq!(it.effects(), []);
    it.press("ctrl-c");
    assert_eq!(it.effects(), [Effect::Quit]);
}

#[test]
fn a_cleared_draft_can_be_called_back() {
    let mut it = Harness::new();
    it.type_text("long thought").press("ctrl-c up");
    assert_eq!(it.app.composer.text(), "long thought");
    it.press("ctrl-c alt-z");
    assert_eq!(it.app.composer.text(), "long thought");
}

#[test]
fn the_second_ctrl_c_counts_for_three_seconds_only() {
    let mut it = Harness::new();
    it.press("ctrl-c")
        .wait(Duration::from_secs(3))
        .press("ctrl-c");
    assert_eq!(it.effects(), []);
    it.wait(Duration::from_millis(2_900)).press("ctrl-c");
    assert_eq!(it.effects(), [Effect::Quit]);
}

#[test]
fn another_command_takes_the_arming_of_ctrl_c_back() {
    let mut it = Harness::new();
    it.press("ctrl-c ctrl-t ctrl-c");
    assert_eq!(it.effects(), []);
    it.press("ctrl-c");
    assert_eq!(it.effects(), [Effect::Quit]);
}

#[test]
fn typing_takes_the_arming_of_ctrl_c_back() {
    let mut it = Harness::new();
    it.press("ctrl-c").type_text("x").press("ctrl-c ctrl-c");
    assert_eq!(
        it.effects(),
        [],
        "the first cleared the box, the second armed"
    );
}

#[test]
fn ctrl_c_closes_an_overlay_and_nothing_else() {
    let mut it = Harness::new();
    it.press("ctrl-o ctrl-c");
    assert!(it.app.overlay.is_none());
    it.hides("again to quit");
}

#[test]
fn ctrl_d_quits_only_in_an_empty_message_box() {
    let mut it = Harness::new();
    it.type_text("x").press("ctrl-d");
    assert_eq!(it.effects(), []);
    it.press("backspace tab ctrl-d");
    assert_eq!(it.effects(), [], "in a pane it scrolls");
    it.press("esc ctrl-d");
    assert_eq!(it.effects(), [Effect::Quit]);
}

#[test]
fn keys_released_do_nothing() {
    let mut it = Harness::new();
    it.type_text("draft");
    let before = it.screen();
    for chord in ["x", "enter", "ctrl-c", "esc", "ctrl-o", "ctrl-d"] {
        it.tell(Msg::Key(released(chord)));
    }
    assert_eq!(it.screen(), before);
    assert_eq!(it.effects(), []);
}

#[test]
fn new_lines_are_typed_with_alt_enter_and_ctrl_j() {
    let mut it = Harness::new();
    it.type_text("a").press("alt-enter").type_text("b");
    it.press("ctrl-j").type_text("c").press("shift-enter");
    assert_eq!(it.app.composer.text(), "a\nb\nc\n");
    assert_eq!(it.effects(), []);
}

#[test]
fn a_paste_never_sends() {
    let mut it = Harness::new();
    it.paste("one\r\ntwo\r\n\r\n");
    assert_eq!(it.effects(), []);
    assert_eq!(it.app.composer.text(), "one\ntwo\n\n");
    assert!(it.app.conversation.is_empty());
}

#[test]
fn a_paste_that_looks_like_a_slash_command_runs_nothing() {
    let mut it = Harness::new();
    it.paste("/quit\n");
    assert_eq!(it.effects(), []);
    it.say("");
    assert_eq!(
        it.effects().len(),
        1,
        "two lines are a message, not a command"
    );
}

#[test]
fn a_long_paste_is_folded_and_goes_out_whole() {
    let mut it = Harness::new();
    let text = "line\n".repeat(340);
    it.paste(&text).shows("[pasted 340 lines]").hides("line\n");
    it.press("enter");
    let sent = &it.requests()[0].body["messages"][0]["content"];
    assert_eq!(sent.as_str().unwrap(), text);
}

#[test]
fn a_folded_paste_is_shown_on_demand() {
    let mut it = Harness::new();
    it.paste(&"line\n".repeat(30));
    it.press("ctrl-p").type_text("expand").press("enter");
    it.hides("[pasted").shows("line");
}

#[test]
fn a_paste_goes_to_the_message_even_when_a_pane_has_the_focus() {
    let mut it = Harness::new();
    it.press("tab").paste("gq/z");
    assert_eq!(it.app.composer.text(), "gq/z");
    assert_eq!(it.app.focus, Pane::Message);
}

#[test]
fn a_slash_in_an_empty_box_opens_the_palette_and_elsewhere_is_typed() {
    let mut it = Harness::new();
    it.press("/");
    assert!(matches!(it.app.overlay, Some(Overlay::Palette(_))));
    it.press("esc").type_text("a/b");
    assert!(it.app.overlay.is_none());
    assert_eq!(it.app.composer.text(), "a/b");
}

#[test]
fn the_palette_finds_a_command_by_a_few_letters_and_runs_it() {
    let mut it = Harness::new();
    it.press("ctrl-p").type_text("switch mod").press("enter");
    assert!(matches!(it.app.overlay, Some(Overlay::Models(_))));
}

#[test]
fn the_palette_tells_each_commands_keys() {
    let mut it = Harness::new();
    it.press("ctrl-p");
    assert!(it.line_with("Switch model").contains("Ctrl+O F2"));
    it.type_text("nothing like this")
        .shows("There is no such command");
    it.press("enter")
        .shows("There is no command /nothing like this");
    assert!(it.app.overlay.is_none());
    assert_eq!(it.app.composer.text(), "/nothing like this");
}

#[test]
fn a_command_that_fails_stands_in_the_box_to_be_mended() {
    for line in ["/model nowhere/x", "/think deeply", "/set top_p x"] {
        let mut it = Harness::new();
        it.say(line);
        assert_eq!(it.app.composer.text(), line);
        it.press("enter");
        assert_eq!(it.app.composer.text(), line);
        it.press("ctrl-u").say("/think low");
        assert_eq!(it.app.composer.text(), "", "{line}");
    }
    // One of a word alone has nothing to mend.
    let mut it = Harness::new();
    it.press("ctrl-p").type_text("retry").press("enter");
    assert_eq!(it.app.composer.text(), "");
    // Beside a message it is left to Up.
    it.type_text("my message").press("ctrl-p");
    it.say("model nowhere/x").shows("my message");
    it.press("ctrl-u up");
    assert_eq!(it.app.composer.text(), "/model nowhere/x");
}

#[test]
fn an_error_stays_until_a_key_is_pressed_after_it_was_seen() {
    let mut it = Harness::new();
    let error = |it: &mut Harness| {
        it.tell(Msg::Trouble("The disk is full".to_owned()));
    };
    error(&mut it);
    // A key that was typed ahead takes nothing away unseen.
    it.type_text("a").shows("The disk is full");
    it.wait(Duration::from_secs(3_600))
        .shows("The disk is full");
    it.type_text("b").hides("The disk is full").shows("ab");
    error(&mut it);
    it.wait(Duration::from_secs(1))
        .paste("c")
        .hides("The disk is full");
}

#[test]
fn what_is_said_in_passing_goes_with_the_next_key_or_by_itself() {
    let mut it = Harness::new();
    it.press("ctrl-t").shows("its last lines");
    it.type_text("a").hides("its last lines");
    it.press("ctrl-t").shows("Thinking panel: hidden");
    it.wait(Duration::from_secs(4))
        .hides("Thinking panel: hidden");
}

#[test]
fn slash_commands_set_parameters_of_the_next_request() {
    let mut it = Harness::new();
    it.press("/")
        .type_text("set max_tokens 4096")
        .press("enter");
    it.shows("max_tokens 4096");
    it.press("/")
        .type_text("set temperature 0.5")
        .press("enter");
    it.press("/").type_text("system Be brief.").press("enter");
    it.say("hello");
    let body = &it.requests()[0].body;
    assert_eq!(body["max_tokens"], 4096);
    assert_eq!(body["temperature"], 0.5);
    assert_eq!(body["messages"][0]["content"], "Be brief.");
    it.press("esc /")
        .type_text("set max_tokens default")
        .press("enter");
    it.say("again");
    assert!(it.requests()[0].body.get("max_tokens").is_none());
}

#[test]
fn a_slash_command_written_wrongly_says_how_it_is_written() {
    let mut it = Harness::new();
    it.press("/")
        .type_text("set max_tokens many")
        .press("enter");
    it.shows("Usage: /set max_tokens|");
    it.press("ctrl-u");
    it.press("/").type_text("think deeply").press("enter");
    it.shows("Usage: /think on|off|");
    assert_eq!(it.effects(), []);
}

#[test]
fn a_path_that_begins_with_a_slash_is_a_message() {
    let mut it = Harness::new();
    it.paste("/usr/bin is what?").press("enter");
    let sent = &it.requests()[0].body["messages"][0]["content"];
    assert_eq!(sent.as_str(), Some("/usr/bin is what?"));
}

#[test]
fn help_names_the_keys_in_force() {
    let mut it = Harness::with("[keys]\nswitch-model = \"f9\"\nhelp = []\n");
    it.press("f1");
    assert!(it.app.overlay.is_none(), "unbound");
    it.press("/").type_text("help").press("enter");
    it.shows("Help");
    assert!(it.line_with("Switch model").contains("F9"));
    it.press("esc ctrl-o");
    assert!(it.app.overlay.is_none(), "the default key is gone");
    it.press("f9");
    assert!(it.app.overlay.is_some());
}

#[test]
fn a_ctrl_key_that_means_nothing_types_nothing() {
    let mut it = Harness::new();
    it.type_text("a");
    for chord in ["ctrl-x", "ctrl-y", "alt-q", "ctrl-s", "f12", "insert"] {
        it.tell(Msg::Key(key(chord)));
    }
    assert_eq!(it.app.composer.text(), "a");
}

#[test]
fn the_editors_text_replaces_the_message_without_its_last_line_feed() {
    let mut it = Harness::new();
    it.type_text("draft").press("ctrl-g");
    assert_eq!(it.effects(), [Effect::Edit("draft".to_owned())]);
    it.tell(Msg::Edited(Ok("better\n".to_owned())));
    assert_eq!(it.app.composer.text(), "better");
    it.tell(Msg::Edited(Err(
        "vi ended with 1; the message is unchanged".to_owned(),
    )));
    it.shows("the message is unchanged");
    assert_eq!(it.app.composer.text(), "better");
}

#[test]
fn undo_brings_deleted_text_back() {
    let mut it = Harness::new();
    it.type_text("one two").press("ctrl-w");
    assert_eq!(it.app.composer.text(), "one ");
    it.press("alt-z");
    assert_eq!(it.app.composer.text(), "one two");
    it.press("alt-shift-z");
    assert_eq!(it.app.composer.text(), "one ");
}

#[test]
fn tab_goes_round_the_parts_that_are_shown() {
    let mut it = Harness::new();
    let focus = |it: &mut Harness| {
        it.press("tab");
        it.app.focus
    };
    let round = [focus(&mut it), focus(&mut it), focus(&mut it)];
    assert_eq!(round, [Pane::Chat, Pane::Thinking, Pane::Message]);
    it.press("ctrl-t ctrl-t");
    assert_eq!(
        [focus(&mut it), focus(&mut it)],
        [Pane::Chat, Pane::Message]
    );
    it.press("shift-tab");
    assert_eq!(it.app.focus, Pane::Chat);
}

#[test]
fn the_cursor_is_the_terminals_own_and_stands_at_the_caret() {
    let mut it = Harness::new();
    let empty = it.cursor();
    it.type_text("ab中");
    let typed = it.cursor();
    assert_eq!((typed.x - empty.x, typed.y), (4, empty.y));
    it.press("left");
    assert_eq!(it.cursor().x - empty.x, 2);
    it.press("ctrl-o").type_text("m3");
    let line = it.line_with("› m3");
    assert!(line.contains("m3"));
    assert_ne!(
        it.cursor().y,
        empty.y,
        "an overlay's filter has its own caret"
    );
}

#[test]
fn copying_a_turn_copies_its_words_as_they_came() {
    let mut it = Harness::new();
    it.exchange("q", "because **x**", "# Title\n\n*done*");
    it.effects();
    it.press("tab y");
    assert_eq!(it.effects(), [Effect::Copy("# Title\n\n*done*".to_owned())]);
    it.press("tab y");
    assert_eq!(it.effects(), [Effect::Copy("because **x**".to_owned())]);
}

#[test]
fn the_byte_that_old_terminals_send_for_backspace_is_one() {
    let mut it = Harness::new();
    let sent = KeyEvent::new(KeyCode::Char('h'), KeyModifiers::CONTROL);
    it.type_text("abc").tell(Msg::Key(sent));
    assert_eq!(it.app.composer.text(), "ab");
}

#[test]
fn the_palette_has_every_action() {
    let mut it = Harness::new();
    it.type_text("word")
        .press("ctrl-p")
        .type_text("undo")
        .press("enter");
    assert_eq!(it.app.composer.text(), "");
}
