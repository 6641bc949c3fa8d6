//! What a frame could not show yet, found beside the loop: colours of code, pictures of images.
//!
//! Each has a thread of its own, so that a large photo keeps no code plain.

use crate::highlight::{Highlighter, highlighter};
use crate::markdown::CodeColours;
use crate::picture::{Shrinker, shrinker};
use crate::ui::{Cache, Medium, PictureAnswer};

/// Who finds them.
#[derive(Debug)]
pub(super) struct Colours {
    code: Highlighter,
    pictures: Shrinker,
}

/// Something that was asked for.
#[derive(Debug)]
pub(super) enum Found {
    Code(CodeColours),
    Picture(PictureAnswer),
}

impl Default for Colours {
    /// Nothing is started before something is asked for.
    fn default() -> Self {
        Self {
            code: highlighter(),
            pictures: shrinker(),
        }
    }
}

impl Colours {
    /// Asks for what the last frame lacked.
    pub(super) fn ask_for(&mut self, cache: &mut Cache) {
        if self.code.is_free()
            && let Some(request) = cache.uncoloured()
        {
            self.code.ask(request);
        }
        if self.pictures.is_free()
            && let Some(request) = cache.lacking_picture()
        {
            self.pictures.ask(request);
        }
        if self.pictures.is_gone() {
            // No rows are kept free for what will not come.
            cache.show_pictures(Medium::Nothing);
        }
    }

    /// Waits for the next of what was asked for. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Found {
        tokio::select! {
            colours = self.code.next() => Found::Code(colours),
            picture = self.pictures.next() => Found::Picture(picture),
        }
    }
}

impl Found {
    /// Hands it over. Tells whether the screen looks different now.
    pub(super) fn put_into(self, cache: &mut Cache) -> bool {
        match self {
            Self::Code(colours) => cache.colour(colours),
            Self::Picture(answer) => cache.take_picture(answer),
        }
    }
}
