//! `/export FILE`: the conversation on the screen as a file.

use mmchat::app::export::{Export, Exported, Form};
use mmchat::app::{Effect, Msg};

use crate::harness::Harness;

fn exports(it: &mut Harness) -> Vec<Export> {
    let export = |effect| match effect {
        Effect::Export(export) => Some(*export),
        _ => None,
    };
    it.effects().into_iter().filter_map(export).collect()
}

#[test]
fn the_file_s_name_tells_the_form() {
    let mut it = Harness::new();
    it.exchange("What is this?", "hm", "That.");
    for (name, form) in [
        ("a.md", Form::Markdown),
        ("~/my talk.HTML", Form::Html),
        ("x/a.json", Form::Json),
    ] {
        it.say(&format!("/export {name}"));
        let export = exports(&mut it).remove(0);
        assert_eq!((export.path.as_str(), export.form), (name, form));
        assert!(!export.replace);
        assert_eq!(export.kept.head.title, "What is this?");
        assert_eq!(export.kept.conversation.path().count(), 1);
    }
    it.say("/export notes.txt").shows(".md, .html or .json");
    assert_eq!(exports(&mut it), []);
}

#[test]
fn nothing_is_replaced_without_a_word() {
    let mut it = Harness::new();
    it.say("/export a.md").shows("nothing to export yet");
    it.exchange("What is this?", "hm", "That.");
    let there = || Msg::Exported("a.md".to_owned(), Exported::IsThere);
    it.say("/export a.md").tell(there());
    it.shows("a.md is there already; the same command again replaces it");
    it.say("/export b.md").say("/export a.md");
    let all: Vec<bool> = exports(&mut it).iter().map(|it| it.replace).collect();
    assert_eq!(all, [false, false, false], "another one came between");
    it.tell(there()).say("/export a.md");
    assert!(exports(&mut it)[0].replace);
    it.tell(Msg::Exported("a.md".to_owned(), Exported::Done));
    it.shows("Written to a.md");
    let full = Exported::Failed("the disk is full".to_owned());
    it.tell(Msg::Exported("a.md".to_owned(), full));
    it.shows("a.md can't be written: the disk is full");
}
