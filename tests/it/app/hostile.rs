//! Text from models and servers that means harm: none of it reaches a cell as a control character.

use mmchat::chat::{Delta, Failure, FailureKind, Finish, Part, Progress, Source, ToolDelta, safe};
use proptest::prelude::*;

use crate::harness::{Harness, answer, reasoning};

const ESCAPES: &str = "\x1b[2J\x1b]0;owned\x07\u{9b}31m\x08\r\x7f\u{202e}evil\u{e0041}\u{2066}";

/// Fails if a cell holds anything that a terminal could take for an order.
fn assert_clean(it: &Harness) {
    for cell in &it.buffer().content {
        let symbol = cell.symbol();
        let harmless = symbol.chars().all(|c| !c.is_control()) && safe::visible(symbol) == symbol;
        assert!(harmless, "{symbol:?} on\n{}", it.screen());
    }
}

/// A reply with that text in every place that a server can fill.
fn everywhere(it: &mut Harness, text: &str) {
    let own = || text.to_owned();
    it.say("question");
    it.stream([
        Delta::Served(own()),
        reasoning(text),
        answer(text),
        Delta::Tool(ToolDelta {
            slot: 0,
            id: Some(own()),
            name: Some(own()),
            arguments: own(),
            snapshot: false,
        }),
        Delta::Sources(vec![Source {
            index: 1,
            title: own(),
            url: own(),
            site: own(),
        }]),
    ]);
    assert_clean(it);
    let hostile = Failure {
        code: Some(own()),
        request_id: Some(own()),
        ..Failure::new(FailureKind::Server, text)
    };
    let progress = Progress::Retrying {
        attempt: 2,
        of: 3,
        wait: std::time::Duration::from_secs(1),
        because: Box::new(hostile.clone()),
    };
    it.tell(mmchat::app::Msg::Progress(it.live(), progress));
    assert_clean(it);
    it.stream([Delta::Finish(Finish::Other(own()))]);
    it.fail(hostile);
    assert_clean(it);
}

#[test]
fn a_models_control_sequences_are_shown_as_pictures() {
    let mut it = Harness::new();
    it.say("q")
        .stream([answer("red \x1b[31mtext \u{9b}2J end")]);
    it.shows("red ␛[31mtext ␛[2J end");
    assert_clean(&it);
}

#[test]
fn a_servers_control_sequences_in_an_error_are_shown_as_pictures() {
    let mut it = Harness::sized(79, 40);
    it.say("q").fail(Failure::new(
        FailureKind::Server,
        "bad \x1b]52;c;aGk=\x07 day",
    ));
    it.shows("bad ␛]52;c;aGk=␇ day");
    assert_clean(&it);
}

#[test]
fn what_turns_text_around_is_left_out_everywhere() {
    let mut it = Harness::new();
    everywhere(&mut it, ESCAPES);
    it.press("esc").exchange(
        "q",
        ESCAPES,
        &format!("`{ESCAPES}`\n\n```{ESCAPES}\n{ESCAPES}\n```"),
    );
    assert_clean(&it);
    it.exchange(
        "q",
        "",
        &format!("| {ESCAPES} | b |\n|--|--|\n| {ESCAPES} | [{ESCAPES}](http://{ESCAPES}) |"),
    );
    assert_clean(&it);
    it.press("alt-r")
        .stream([Delta::Replace(Part::Answer, ESCAPES.to_owned())]);
    assert_clean(&it);
}

#[test]
fn a_pasted_prompt_is_shown_safely_in_the_box_the_chat_and_the_title() {
    let mut it = Harness::new();
    it.paste(ESCAPES);
    assert_clean(&it);
    it.press("enter");
    assert_clean(&it);
    it.press("ctrl-o").paste(ESCAPES);
    assert_clean(&it);
}

#[test]
fn a_hostile_name_from_the_command_line_is_shown_safely() {
    let mut it = Harness::new();
    it.app.session.choice.model = format!("m{ESCAPES}");
    it.draw();
    assert_clean(&it);
    it.press("alt-t ctrl-o");
    assert_clean(&it);
    it.press("esc").say("hello");
    assert_clean(&it);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_from_a_model_never_puts_a_control_character_on_the_screen(
        pieces in prop::collection::vec(
            prop_oneof![
                any::<String>(),
                "[\\x00-\\x1f\\x7f-\\x{9f}]{1,4}",
                "[\\x{2028}-\\x{202e}\\x{2066}-\\x{2069}\\x{e0000}-\\x{e007f}\\x{feff}]{1,3}",
                "[#*_`|>\\-\\[\\]()~$ \n]{1,6}",
            ],
            1..8,
        ),
        (cols, rows) in prop_oneof![Just((120, 40)), Just((60, 20)), Just((25, 9))],
    ) {
        let mut it = Harness::sized(cols, rows);
        everywhere(&mut it, &pieces.concat());
        it.press("tab");
        it.press("z");
        assert_clean(&it);
    }
}
