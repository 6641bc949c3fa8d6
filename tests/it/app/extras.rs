//! JSON mode and web search in the chat.

use mmchat::app::library::{Change, StoredConversation};
use mmchat::app::{Effect, Msg};
use mmchat::chat::{Delta, Extras, Finish, Source, Thinking};
use serde_json::json;

use crate::harness::{Harness, answer, reasoning};

fn of(model: &str) -> Harness {
    let mut it = Harness::with(&format!("model = \"{model}\""));
    it.effects();
    it
}

fn source(index: u32, title: &str, url: &str) -> Source {
    Source {
        index,
        title: title.to_owned(),
        url: url.to_owned(),
        site: String::new(),
    }
}

fn stop() -> Delta {
    Delta::Finish(Finish::Stop)
}

/// The conversation as the last changes leave it on the disk.
fn kept(it: &mut Harness) -> StoredConversation {
    let mut head = None;
    for change in it.changes() {
        if let Change::Head(found) = change {
            head = Some(*found);
        }
    }
    StoredConversation {
        head: head.expect("a head"),
        conversation: it.app.conversation.clone(),
        draft: String::new(),
        attached: Vec::new(),
    }
}

#[test]
fn a_search_is_switched_on_marked_asked_for_and_its_sources_shown() {
    let mut it = of("alibaba-dashscope/MiniMax-M2.5");
    it.say("/search");
    it.shows("Web search on from the next message on")
        .shows("always on · search");
    it.effects();
    it.say("weather?");
    let body = &it.requests()[0].body;
    assert_eq!(body["parameters"]["enable_search"], true);
    it.stream([
        Delta::Sources(vec![
            source(
                1,
                "Hangzhou [weather]",
                "https://tianqi.eastday.com/x?a=1&b=2",
            ),
            source(2, "Light rain", "http://m.tqw5.com/8076477/"),
        ]),
        answer("Rain [2]."),
        stop(),
    ])
    .end();
    it.shows("Rain [2].")
        .shows("[1] Hangzhou [weather] · tianqi.eastday.com")
        .shows("[2] Light rain · m.tqw5.com")
        .hides("https://");
    it.press("alt-c").type_text("sources").press("enter");
    let copied = it.copied().join("");
    assert!(
        copied.contains("(<https://tianqi.eastday.com/x?a=1&amp;b=2>)"),
        "{copied}"
    );
    it.say("/search");
    it.shows("Web search off").hides("· search");
    it.effects();
    it.say("again");
    assert_eq!(
        it.requests()[0].body["parameters"].get("enable_search"),
        None
    );
}

#[test]
fn what_a_model_lacks_is_refused_with_who_has_it() {
    let mut it = of("tencent/minimax-m3");
    it.say("/search");
    it.shows("tencent/minimax-m3 has no web search")
        .shows("alibaba/MiniMax-M2.5");
    assert_eq!(it.app.session.extras, Extras::default());
    let mut it = of("alibaba/MiniMax-M2.5");
    it.say("/json");
    it.shows("alibaba/MiniMax-M2.5 has no JSON mode")
        .shows("tencent/minimax-m3");
    assert_eq!(it.app.session.extras, Extras::default());
}

#[test]
fn a_switch_to_a_model_that_lacks_it_switches_it_off_and_says_so() {
    let mut it = of("alibaba/MiniMax-M2.5");
    it.say("/search").say("/model tencent/minimax-m3");
    it.shows("it has no web search, so that is off now");
    assert!(!it.app.session.extras.search);
    it.effects();
    it.say("q");
    assert_eq!(
        it.requests().len(),
        1,
        "the next message is sent all the same"
    );
}

#[test]
fn json_mode_heeds_what_the_vendor_asks_for_and_leaves_all_as_it_was() {
    let mut it = of("tencent/minimax-m3");
    it.say("/json");
    it.shows("JSON mode on").shows("thinking off meanwhile");
    it.shows("thinking off · json");
    it.effects();
    it.say("a person");
    let body = it.requests().remove(0).body;
    assert_eq!(body["response_format"], json!({"type": "json_object"}));
    assert_eq!(body["thinking"]["type"], "disabled");
    let first = body["messages"][0].clone();
    assert_eq!(first["role"], "system", "the word has to be in a message");
    assert!(first["content"].as_str().unwrap().contains("JSON"));
    it.stream([answer("{}"), stop()]).end();
    it.effects();
    it.say("as json again");
    let body = it.requests().remove(0).body;
    assert_eq!(body["messages"][0]["role"], "user", "it is said already");
    it.stream([answer("{}"), stop()]).end();
    it.say("/json")
        .shows("JSON mode off")
        .shows("thinking on again");
    assert_eq!(it.app.session.thinking, Thinking::On);
    it.effects();
    it.say("and now?");
    let body = it.requests().remove(0).body;
    assert_eq!(body.get("response_format"), None);
    assert_eq!(body.get("thinking"), None);
}

#[test]
fn the_users_own_word_on_thinking_counts_in_json_mode_and_after_it() {
    let mut it = of("tencent/minimax-m3");
    it.say("/json").say("/think on");
    it.shows("thinking on · json");
    it.say("/json off");
    assert_eq!(it.app.session.thinking, Thinking::On);
    it.say("/think off")
        .say("/json on")
        .say("/set json_mode off");
    assert_eq!(it.app.session.thinking, Thinking::Off);
}

#[test]
fn a_json_answer_is_laid_out_while_it_comes_and_a_mistake_is_marked_and_repaired() {
    let mut it = of("tencent/minimax-m3");
    it.say("/json").say("json of a person");
    it.stream([answer("{\"name\":\"Ada\",\"langs\":[\"en\"")]);
    it.shows("  \"name\": \"Ada\",").shows("    \"en\"");
    it.stream([answer(",]}"), stop()]).end();
    it.shows("This is not valid JSON. Alt+J asks for it again.")
        .shows("trailing comma");
    let marked = it.text_where(|cell| {
        cell.modifier.contains(ratatui::style::Modifier::REVERSED) && cell.symbol() == "]"
    });
    assert_eq!(marked, ["]"], "the mistake is marked");
    it.effects();
    it.press("alt-j");
    let body = it.requests().remove(0).body;
    let last = body["messages"].as_array().unwrap().last().unwrap();
    let last = last["content"].as_str().unwrap();
    assert!(last.contains("trailing comma"), "{last}");
    assert_eq!(body["response_format"]["type"], "json_object");
    it.stream([answer("{\"name\":\"Ada\"}"), stop()]).end();
    it.effects();
    it.press("alt-j").shows("no mistake in its JSON");
    assert_eq!(it.requests(), []);
    // What is copied is what came.
    it.press("tab").press("y");
    assert_eq!(it.copied(), ["{\"name\":\"Ada\"}"]);
}

#[test]
fn a_reopened_conversation_has_its_layout_its_sources_and_its_switches() {
    let mut it = of("openrouter/minimax/minimax-m3");
    it.say("/json").say("json?");
    it.stream([
        Delta::Sources(vec![source(1, "A page", "https://a.b/")]),
        answer("{\"a\":1,}"),
        stop(),
    ])
    .end();
    let kept = kept(&mut it);
    assert!(kept.head.extras.json);
    let mut again = of("openrouter/minimax/minimax-m3");
    let ticket = again.opens_the_last();
    again.tell(Msg::Loaded(ticket, Ok(Some(Box::new(kept)))));
    again
        .shows("  \"a\": 1,")
        .shows("[1] A page · a.b")
        .shows("This is not valid JSON")
        .shows("· json");
}

#[test]
fn answering_at_once_and_asking_again_keep_the_search() {
    let mut it = of("minimax-anthropic/MiniMax-M3");
    it.say("/search").say("news?");
    it.connected().stream([reasoning("hm")]);
    it.effects();
    it.press("alt-a");
    let tools = it.requests().remove(0).body["tools"].clone();
    assert_eq!(tools[0]["type"], "web_search_20250305");
    it.stream([answer("none"), stop()]).end();
    it.effects();
    it.press("alt-r");
    assert_eq!(it.requests().remove(0).body["tools"], tools);
    it.press("esc").shows("Stopped");
}

#[test]
fn a_title_is_asked_for_without_any_of_it() {
    let mut it = of("openrouter/minimax/minimax-m3");
    it.say("/json");
    it.exchange("json please", "", "{}");
    it.effects();
    it.say("/title");
    let effects = it.effects();
    let body = effects.iter().find_map(|effect| match effect {
        Effect::Send(_, request) => Some(&request.body),
        _ => None,
    });
    assert_eq!(body.expect("a request").get("response_format"), None);
}
