//! Entering a key in the chat, from the first start on: every step, and every way out.

use mmchat::app::{Effect, KeyTaken, Msg, Secret};
use mmchat::catalog::DEMO;

use crate::harness::Harness;

const KEY: &str = "sk-do-not-show-me-0123456789";

/// What a start without any key shows.
fn first_start() -> Harness {
    let mut it = Harness::new();
    it.app.opened_on_demo = true;
    it.app.keyed.retain(|id| id == DEMO);
    it.draw();
    it.effects();
    it
}

/// The key that was handed over: whose, what, and whether it is to be kept.
fn handed_over(it: &mut Harness) -> Option<(String, Secret, bool)> {
    it.effects().into_iter().find_map(|effect| match effect {
        Effect::TakeKey {
            provider,
            key,
            keep,
        } => Some((provider, key, keep)),
        _ => None,
    })
}

fn taken(provider: &str, file: Option<&str>) -> Msg {
    let taken = KeyTaken {
        serves: vec![provider.to_owned()],
        file: file.map(str::to_owned),
        shadowed_by: None,
    };
    Msg::KeyTaken(provider.to_owned(), Ok(taken))
}

#[test]
fn enter_in_the_empty_first_screen_leads_to_a_key_and_on_to_the_chat() {
    let mut it = first_start();
    it.shows("Press Enter to enter a key");
    it.press("enter");
    it.shows("Whose key?");
    it.type_text("tencent").press("enter");
    it.shows("Key of tencent")
        .shows("Where to get one: https://");
    it.paste(&format!("  {KEY}\n")).hides("sk-do");
    it.shows("28 characters");
    it.press("enter");
    let (provider, key, keep) = handed_over(&mut it).unwrap();
    assert_eq!(
        (provider.as_str(), key.expose(), keep),
        ("tencent", KEY, true)
    );
    it.tell(taken("tencent", Some("/home/me/credentials.toml")));
    it.shows("is ready; the key is kept in /home/me/credentials.toml");
    assert_eq!(it.app.session.choice.provider, "tencent");
    assert!(it.app.overlay.is_none() && !it.app.opened_on_demo);
    it.say("Hello");
    assert_eq!(it.requests()[0].provider, "tencent");
}

#[test]
fn esc_goes_back_a_step_at_a_time_and_ends_in_the_demo() {
    let mut it = first_start();
    it.press("enter enter").shows("Key of alibaba");
    it.type_text("abc");
    it.press("esc").shows("Whose key?");
    // What was typed is gone, for this provider too.
    it.press("enter").hides("characters");
    it.press("esc esc");
    assert!(it.app.overlay.is_none());
    assert_eq!(it.app.session.choice.provider, DEMO);
    it.say("Hello");
    assert_eq!(it.requests()[0].provider, DEMO);
}

#[test]
fn a_key_may_be_for_this_time_only_and_what_is_wrong_with_it_is_said_there() {
    let mut it = Harness::new();
    it.effects();
    it.press("ctrl-p")
        .type_text("key openrouter")
        .press("enter");
    it.shows("Key of openrouter");
    it.press("tab").shows("[ ] for this time only");
    it.type_text(KEY).press("enter");
    assert!(matches!(handed_over(&mut it), Some((_, _, false))));
    let complaint = "the key holds a space".to_owned();
    it.tell(Msg::KeyTaken("openrouter".to_owned(), Err(complaint)));
    it.shows("Key of openrouter").shows("the key holds a space");
    it.press("ctrl-u")
        .hides("holds a space")
        .hides("characters");
    it.type_text(KEY)
        .press("enter")
        .tell(taken("openrouter", None));
    it.shows("the key is forgotten when mmchat ends");
}

#[test]
fn a_key_is_in_no_message_history_draft_or_debugging_text() {
    let mut it = first_start();
    it.changes();
    it.press("enter enter").type_text(KEY).press("enter");
    let state = format!("{:?}", it.app);
    let effects = format!("{:?}", it.effects());
    let changes = format!("{:?}", it.changes());
    for text in [state, effects, changes, it.words()] {
        assert!(!text.contains(KEY), "{text}");
    }
    it.tell(taken("alibaba", None)).press("up").hides(KEY);
}

#[test]
fn a_provider_that_needs_no_key_is_switched_to_at_once() {
    let mut it = first_start();
    it.press("enter").type_text("ollama").press("enter");
    assert_eq!(handed_over(&mut it), None);
    assert!(it.app.overlay.is_none());
}

#[test]
fn the_screens_for_keys_fit_small_windows() {
    for (cols, rows) in [(120, 40), (80, 24), (60, 20), (40, 12)] {
        let mut it = first_start();
        it.resize(cols, rows).press("enter").shows("Whose key?");
        it.press("enter")
            .shows("Key of alibaba")
            .shows("[x] keep it")
            .shows("Enter takes it");
        it.type_text("abc").shows("•••  3 characters");
    }
}

#[test]
fn a_long_address_of_where_keys_are_made_is_shown_whole_in_a_narrow_window() {
    let mut it = first_start();
    let provider = it.app.catalog.provider("minimax").unwrap();
    let url = provider.key_url.clone();
    assert!(url.len() > 60, "{url} is not long any more");
    it.resize(60, 20).press("enter").type_text("minimax");
    it.press("enter").shows("Key of minimax");
    let screen = it.screen();
    let rows = screen.lines().map(|row| row.trim_matches([' ', '│']));
    assert!(rows.collect::<String>().contains(&url), "{screen}");
}
