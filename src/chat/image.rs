//! Images: which kinds models take, told by their first bytes and not by their name, and their size.

use std::fmt;

/// The most bytes of an image that providers take.
pub const MOST_IMAGE_BYTES: usize = 10 * 1024 * 1024;

/// A kind of image that models take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageKind {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
    /// GIF.
    Gif,
}

impl ImageKind {
    /// Tells what kind of image these bytes begin, if they do.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ] => Some(Self::Webp),
            _ => None,
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
        }
    }
}

impl fmt::Display for ImageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Webp => "WebP",
            Self::Gif => "GIF",
        })
    }
}

/// An image, as it came.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// What kind it is.
    pub kind: ImageKind,
    /// Its width and height in pixels.
    pub size: (u32, u32),
    /// The file.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image")
            .field("kind", &self.kind)
            .field("size", &self.size)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

impl Image {
    /// Reads an image of that kind; `None` when its size is nowhere to be found, which means that
    /// it is damaged.
    pub fn read(kind: ImageKind, bytes: Vec<u8>) -> Option<Self> {
        let size = match kind {
            ImageKind::Png => png(&bytes),
            ImageKind::Jpeg => jpeg(&bytes),
            ImageKind::Webp => webp(&bytes),
            ImageKind::Gif => gif(&bytes),
        };
        let size = size.filter(|(width, height)| *width > 0 && *height > 0)?;
        Some(Self { kind, size, bytes })
    }
}

/// The bytes at a place.
fn at<const N: usize>(bytes: &[u8], from: usize) -> Option<[u8; N]> {
    bytes.get(from..from.checked_add(N)?)?.try_into().ok()
}

fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let size = |from| at(bytes, from).map(u32::from_be_bytes);
    (at(bytes, 12)? == *b"IHDR").then_some(())?;
    Some((size(16)?, size(20)?))
}

fn gif(bytes: &[u8]) -> Option<(u32, u32)> {
    let size = |from| at(bytes, from).map(u16::from_le_bytes).map(u32::from);
    Some((size(6)?, size(8)?))
}

/// Goes from segment to segment up to the one that begins the picture.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let size = |from| at(bytes, from).map(u16::from_be_bytes).map(u32::from);
    let mut place = 2;
    loop {
        let [mark, code] = at(bytes, place)?;
        match (mark, code) {
            (0xff, 0xff) => place += 1,
            // Marks without a length.
            (0xff, 0x01 | 0xd0..=0xd8) => place += 2,
            (0xff, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf) => {
                return Some((size(place + 7)?, size(place + 5)?));
            }
            (0xff, _) => place += 2 + usize::try_from(size(place + 2)?).ok()?,
            _ => return None,
        }
    }
}

fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    let three = |from| {
        let [a, b, c] = at(bytes, from)?;
        Some(u32::from_le_bytes([a, b, c, 0]))
    };
    let two = |from| at(bytes, from).map(u16::from_le_bytes).map(u32::from);
    match &at(bytes, 12)? {
        b"VP8X" => Some((three(24)? + 1, three(27)? + 1)),
        b"VP8L" => {
            let bits = u32::from_le_bytes(at(bytes, 21)?);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " => Some((two(26)? & 0x3fff, two(28)? & 0x3fff)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of(bytes: &[u8]) -> Option<(ImageKind, (u32, u32))> {
        let kind = ImageKind::of(bytes)?;
        Image::read(kind, bytes.to_vec()).map(|image| (image.kind, image.size))
    }

    #[test]
    fn kind_and_size_are_read_from_the_first_bytes() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x06";
        assert_eq!(size_of(png), Some((ImageKind::Png, (640, 480))));
        let gif = b"GIF89a\x0a\0\x14\0\0";
        assert_eq!(size_of(gif), Some((ImageKind::Gif, (10, 20))));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc2\0\x11\x08\x01\xe0\x02\x80\x03";
        assert_eq!(size_of(jpeg), Some((ImageKind::Jpeg, (640, 480))));
        let lossy = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01";
        assert_eq!(size_of(lossy), Some((ImageKind::Webp, (640, 480))));
        let lossless = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x7f\xc2\x77\0";
        assert_eq!(size_of(lossless), Some((ImageKind::Webp, (640, 480))));
        let extended = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0";
        assert_eq!(size_of(extended), Some((ImageKind::Webp, (640, 480))));
    }

    #[test]
    fn what_is_no_image_or_half_of_one_has_no_size() {
        assert_eq!(size_of(b"plain text"), None);
        assert_eq!(size_of(b"\x89PNG\r\n\x1a\n"), None);
        assert_eq!(size_of(b"\xff\xd8\xff\xe0\xff\xff"), None);
        assert_eq!(size_of(b"GIF89a\0\0\0\0"), None, "no pixels");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64)) {
            for kind in [ImageKind::Png, ImageKind::Jpeg, ImageKind::Webp, ImageKind::Gif] {
                drop(Image::read(kind, bytes.clone()));
            }
        }
    }
}
