//! The editor holds the loop up: what is due by the time it is closed is done all the same.
//!
//! Real time goes by here, at least as much as the editor sleeps; nothing depends on how much more.

use mmchat::app::Effect;
use mmchat::app::library::StoreNews;
use mmchat::store::{Place, Store};

use super::*;

/// Longer than anything waits to be written.
const SLEEP: &str = "sleep 0.4";
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs the loop over that input, with an editor and a store in `home`.
async fn run_at(
    home: &std::path::Path,
    script: &Script,
    input: BoxStream<'static, Msg>,
    editor: &str,
) -> App {
    let mut app = app("", (100, 30));
    let mut screen = TestBackend::new(100, 30);
    let shell = ["/bin/sh", "-c", editor, "editor"].map(str::to_owned);
    let mut console = Console::scripted(input).with_editor(shell.to_vec());
    let mut cache = Cache::new(Theme::ansi());
    let mut store = Store::new(Place::Directory(home.to_owned()));
    let clock = Clock::fixed(WALL);
    Runtime::new(script, &mut screen, &mut console, &mut cache, clock)
        .keeping(&mut store)
        .run(&mut app)
        .await
        .unwrap();
    store.close(PATIENCE).unwrap();
    app
}

/// What the store of `home` answers.
async fn answer_of(home: &std::path::Path, effect: Effect) -> Msg {
    let mut store = Store::new(Place::Directory(home.to_owned()));
    store.carry_out(effect);
    loop {
        match store.next().await {
            Msg::Store(StoreNews::Saved) => {}
            answer => return answer,
        }
    }
}

#[tokio::test]
async fn what_the_editor_returned_is_on_the_disk_when_the_window_closes() {
    let home = tempfile::tempdir().unwrap();
    // The draft waits to be written while the editor runs, and the window is gone after it.
    let keys = stream::iter(["w", "ctrl-g"]).map(|chord| Msg::Key(key(chord)));
    let editor = format!("{SLEEP}; printf 'three paragraphs' > \"$1\"");
    run_at(home.path(), &Script::default(), keys.boxed(), &editor).await;
    let Msg::Recalled { draft, .. } = answer_of(home.path(), Effect::Recall).await else {
        panic!("the draft was asked for");
    };
    assert_eq!(draft, "three paragraphs");
}
