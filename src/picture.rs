//! Small pictures of images, made on a [`Worker`]'s thread.
//!
//! Starts with the first request, which is when the first image is shown. Built without the feature
//! `image-preview`, nobody is asked, and there is the card alone. How an image is decoded is
//! `decode`'s to know; how a picture is shown is [`crate::ui`]'s.

#[cfg(feature = "image-preview")]
mod decode;

use crate::ui::{PictureAnswer, PictureRequest};
use crate::worker::Worker;

/// Whoever makes small pictures.
pub type Shrinker = Worker<PictureRequest, PictureAnswer>;

/// A maker of pictures at rest. Nothing is started yet.
#[cfg(feature = "image-preview")]
pub fn shrinker() -> Shrinker {
    let make = || {
        |request: &PictureRequest| request.answered(decode::picture(&request.image, request.most))
    };
    Worker::new("pictures", make, |request| request.answered(None))
}

/// Nobody.
#[cfg(not(feature = "image-preview"))]
pub fn shrinker() -> Shrinker {
    Worker::none()
}
