//! What was written and not sent is somewhere: whatever happens, in the box, in the draft on disk,
//! or where Up finds it.
//!
//! Each text that is written gets a character of its own. It may go with keys that delete, and with
//! nothing else.

use mmchat::app::{Keep, Msg};

use super::event::Event;
use super::world::World;
use crate::harness::Harness;

/// The first of the characters that mark what was written; no other text holds any.
const FIRST_MARK: u32 = 0x2_0000;

/// What was written and has to be somewhere.
#[derive(Debug)]
pub(super) struct Drafts {
    marks: Vec<char>,
    written: u32,
}

impl Drafts {
    /// An earlier program has left one.
    pub(super) fn with_one() -> (Self, World) {
        let mark = mark(0);
        let drafts = Self {
            marks: vec![mark],
            written: 1,
        };
        (drafts, World::with_draft(&format!("{mark} of yesterday")))
    }

    /// Has something happen, and takes note of what is written and of what is deleted on purpose.
    pub(super) fn watch(&mut self, it: &mut Harness, world: &mut World, event: Event) {
        let deletes = deletes(it, &event);
        let before = it.app.composer.text();
        // Arguments of a tool are no message, and what is not kept is not looked for.
        let is_message = it.app.toolbox.consent.editing.is_none();
        let event = match event {
            Event::Draft(text) if is_message => {
                let mark = mark(self.written);
                self.written += 1;
                it.paste(&format!("{mark}{text}"));
                world.heed(it);
                if it.app.composer.text().contains(mark) {
                    self.marks.push(mark);
                }
                return self.forget_what_is_not_kept(it);
            }
            event => event,
        };
        event.happen(it, world);
        let after = it.app.composer.text();
        if deletes {
            self.marks
                .retain(|mark| !before.contains(*mark) || after.contains(*mark));
        }
        self.forget_what_is_not_kept(it);
    }

    fn forget_what_is_not_kept(&mut self, it: &Harness) {
        if it.app.keeping.keep == Keep::InMemory {
            self.marks.clear();
        }
    }

    /// Ends the program. Returns what is nowhere then.
    pub(super) fn lost(&self, it: &mut Harness, world: &mut World) -> Vec<char> {
        world.recall(it);
        it.tell(Msg::Terminate);
        world.heed(it);
        let store = &world.store;
        let kept: Vec<&String> = store.drafts.values().chain(&store.typed).collect();
        let is_lost = |mark: &&char| kept.iter().all(|text| !text.contains(**mark));
        self.marks.iter().filter(is_lost).copied().collect()
    }
}

fn mark(number: u32) -> char {
    char::from_u32(FIRST_MARK + number).unwrap()
}

/// Whether it is there to take something out of the message.
fn deletes(it: &Harness, event: &Event) -> bool {
    const KEYS: [&str; 7] = [
        "backspace",
        "delete",
        "ctrl-k",
        "ctrl-u",
        "ctrl-w",
        "alt-z",
        "alt-shift-z",
    ];
    match event {
        Event::Chord(chord) => {
            let completes = it.app.attached.completion.is_some();
            KEYS.contains(chord) || (completes && ["tab", "enter"].contains(chord))
        }
        // Some of them are keys that delete, under other names.
        Event::Key(_) => true,
        // What comes back from the editor is what the user made of it.
        Event::Edited(_) => true,
        _ => false,
    }
}
