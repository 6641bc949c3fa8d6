//! What goes along with a message: text files, in the text that is sent, and images beside it.

use std::sync::Arc;

use super::image::{Image, ImageKind, MOST_IMAGE_BYTES};
use super::{Extent, safe};
use crate::phrase::tr;

/// The most bytes of a text file: more than the largest window holds.
pub const MOST_TEXT_BYTES: usize = 8 * 1024 * 1024;
/// The most bytes of all that goes along with one message: images grow by a third on their way,
/// and no provider takes more than 64 MB.
pub const MOST_ATTACHED_BYTES: usize = 40 * 1024 * 1024;
/// How many ASCII characters an image is counted as: about 1,500 tokens, which is what a picture as
/// large as a screen takes.
const IMAGE_CHARS: f64 = 6_000.0;

/// A file, or what is like one, that goes along with a message. Cheap to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, without the directories. Not yet safe to show.
    pub name: String,
    /// What is in it.
    pub content: Content,
}

/// What is in an attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text; goes into the message, in a fence.
    Text(Arc<str>),
    /// An image; goes beside the message.
    Image(Arc<Image>),
}

impl Attachment {
    /// Reads an attachment from the bytes of a file.
    ///
    /// # Errors
    ///
    /// Fails with the rest of a sentence that begins with the name: why it can't go along.
    pub fn read(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, String> {
        let content = match ImageKind::of(&bytes) {
            Some(kind) if bytes.len() > MOST_IMAGE_BYTES => {
                return Err(tr!(
                    "is {size} as {kind}, and providers take images of 10 MiB at most",
                    size = short_bytes(bytes.len()),
                    kind
                ));
            }
            Some(kind) => {
                let image = Image::read(kind, bytes);
                let image = image.ok_or_else(|| tr!("is a damaged {kind} image", kind))?;
                Content::Image(Arc::new(image))
            }
            None => Content::Text(text(bytes)?.into()),
        };
        Ok(Self {
            name: name.into(),
            content,
        })
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Text(text) => text.as_bytes(),
            Content::Image(image) => &image.bytes,
        }
    }

    /// Its name, safe to show.
    pub fn shown_name(&self) -> String {
        safe::one_line(&self.name)
    }

    /// `34.2 KB`, or `640×480 PNG · 34.2 KB`.
    pub fn facts(&self) -> String {
        let size = short_bytes(self.bytes().len());
        match &self.content {
            Content::Text(text) => match text.lines().count() {
                1 => tr!("1 line · {size}", size),
                lines => tr!("{lines} lines · {size}", lines, size),
            },
            Content::Image(image) => {
                let (width, height) = image.size;
                format!("{} {width}×{height} · {size}", image.kind)
            }
        }
    }

    /// The image, if it is one.
    pub fn image(&self) -> Option<&Arc<Image>> {
        match &self.content {
            Content::Text(_) => None,
            Content::Image(image) => Some(image),
        }
    }

    /// A text file as it goes into a message: under its name, in a fence that nothing in it can
    /// close.
    pub fn fenced(&self) -> Option<String> {
        let Content::Text(text) = &self.content else {
            return None;
        };
        let longest = text
            .lines()
            .map(|line| line.trim_start().chars().take_while(|c| *c == '`').count())
            .max();
        let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
        let name = self.shown_name();
        let text = text.trim_end_matches('\n');
        Some(format!("{name}:\n{fence}\n{text}\n{fence}"))
    }

    /// How much these add to what is sent.
    pub fn extent_of(attached: &[Self]) -> Extent {
        let each = attached.iter().map(Self::extent);
        each.fold(Extent::default(), |sum, it| sum + it)
    }

    /// How much it adds to what is sent.
    pub fn extent(&self) -> Extent {
        match &self.content {
            Content::Text(text) => Extent::of(text),
            Content::Image(_) => Extent {
                ascii: IMAGE_CHARS,
                ..Extent::default()
            },
        }
    }
}

/// A prompt with the text files that go along with it.
pub fn with_texts(prompt: &str, attached: &[Attachment]) -> String {
    let prompt = Some(prompt.to_owned()).filter(|prompt| !prompt.trim().is_empty());
    let texts = attached.iter().filter_map(Attachment::fenced);
    let parts: Vec<String> = prompt.into_iter().chain(texts).collect();
    parts.join("\n\n")
}

/// The bytes as text, or why they are none.
fn text(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.len() > MOST_TEXT_BYTES {
        let size = short_bytes(bytes.len());
        return Err(tr!("is {size}; 8 MiB is the most", size));
    }
    if bytes.is_empty() {
        return Err(tr!("is empty").to_owned());
    }
    // No text has a zero, whatever its encoding, but for UTF-16 and UTF-32.
    if bytes.contains(&0) {
        return Err(match bytes.as_slice() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => tr!("is UTF-16 text; convert it to UTF-8 first"),
            _ => tr!("is binary: only text and PNG, JPEG, WebP or GIF images can be attached"),
        }
        .to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        tr!("is not UTF-8 text (byte {at}); convert it first", at)
    })
}

/// A size in bytes in few characters: `312 B`, `3.4 KB`, `12 MB`.
pub fn short_bytes(bytes: usize) -> String {
    const UNITS: [&str; 4] = ["B", "KB", "MB", "GB"];
    let (mut unit, mut tenths) = (0, bytes.saturating_mul(10));
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if unit == 0 || tenths >= 1000 {
        format!("{} {name}", tenths / 10)
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment(name: &str, text: &str) -> Attachment {
        Attachment::read(name, text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn nothing_in_a_file_closes_its_fence() {
        let nested = attachment("a.md", "```rust\n  `````\n```\n");
        assert_eq!(
            nested.fenced().unwrap(),
            "a.md:\n``````\n```rust\n  `````\n```\n``````"
        );
        assert_eq!(
            with_texts("sum up", &[attachment("b.txt", "x\n")]),
            "sum up\n\nb.txt:\n```\nx\n```"
        );
        assert_eq!(with_texts(" ", &[attachment("b", "x")]), "b:\n```\nx\n```");
    }

    #[test]
    fn what_can_not_go_along_is_refused_with_the_reason() {
        let refused = |bytes: &[u8]| Attachment::read("x", bytes.to_vec()).unwrap_err();
        assert!(refused(b"a\0b").starts_with("is binary"));
        assert!(refused(b"\xff\xfea\0b\0").contains("UTF-16"));
        assert!(refused(b"ab\xffc").contains("not UTF-8 text (byte 2)"));
        assert!(refused(b"\x89PNG\r\n\x1a\n").contains("damaged PNG"));
        assert_eq!(refused(b""), "is empty");
        assert!(refused(&vec![b'a'; MOST_TEXT_BYTES + 1]).contains("8 MiB is the most"));
        let mut large = b"GIF89a\x01\0\x01\0".to_vec();
        large.resize(MOST_IMAGE_BYTES + 1, 0);
        assert!(refused(&large).contains("10 MiB at most"));
    }

    #[test]
    fn sizes_are_short() {
        let shown = [0, 1023, 1024, 3_500, 102_400, 5_000_000].map(short_bytes);
        assert_eq!(
            shown,
            ["0 B", "1023 B", "1.0 KB", "3.4 KB", "100 KB", "4.7 MB"]
        );
    }
}
