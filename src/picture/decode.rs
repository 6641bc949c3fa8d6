//! Images decoded, within limits.
//!
//! Invariant: what a file claims costs nothing. Its size is read before anything is decoded, and an
//! image of more than [`MOST_PIXELS`] or [`MOST_BYTES`] has no picture; that bounds the time, too.

use std::io::Cursor;

use image::{DynamicImage, GenericImageView, ImageDecoder, ImageFormat, ImageReader, Limits};

use crate::chat::{Image, ImageKind};
use crate::ui::{MOST_PIXELS, Picture};

/// The most bytes that an image may take decoded, and again as many for what decoding it takes.
const MOST_BYTES: u64 = 128 * 1024 * 1024;

/// A small picture of an image, the right way up; of a moving one, how it begins. `None` when it is
/// damaged or too large.
pub(super) fn picture(image: &Image, most: (u32, u32)) -> Option<Picture> {
    let format = match image.kind {
        ImageKind::Png => ImageFormat::Png,
        ImageKind::Jpeg => ImageFormat::Jpeg,
        ImageKind::Webp => ImageFormat::WebP,
        ImageKind::Gif => ImageFormat::Gif,
    };
    let mut reader = ImageReader::with_format(Cursor::new(image.bytes.as_slice()), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_PIXELS || decoder.total_bytes() > MOST_BYTES {
        return None;
    }
    // A photo that does not say how it was taken was taken upright.
    let up = decoder.orientation().ok();
    let mut decoded = DynamicImage::from_decoder(decoder).ok()?;
    if let Some(up) = up {
        decoded.apply_orientation(up);
    }
    let pixel = |x, y| decoded.get_pixel(x, y).0;
    Some(Picture::of(decoded.dimensions(), most, pixel))
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    const MOST: (u32, u32) = (72, 48);
    const RED: Rgba<u8> = Rgba([200, 0, 0, 255]);
    const BLUE: Rgba<u8> = Rgba([0, 0, 200, 255]);

    /// Red above blue.
    fn file(format: ImageFormat) -> Vec<u8> {
        let pixel = |_, y| if y < 8 { RED } else { BLUE };
        let image = DynamicImage::from(RgbaImage::from_fn(24, 16, pixel));
        let image = if format == ImageFormat::Jpeg {
            DynamicImage::from(image.to_rgb8())
        } else {
            image
        };
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn picture_of(bytes: Vec<u8>) -> Option<Picture> {
        let kind = ImageKind::of(&bytes).unwrap();
        picture(&Image::read(kind, bytes).unwrap(), MOST)
    }

    /// Whether a picture is the same as this, but for what a format loses.
    fn looks_like(picture: &Picture, size: (u32, u32), pixel: fn(u32, u32) -> Rgba<u8>) -> bool {
        let wanted = Picture::of(size, MOST, |x, y| pixel(x, y).0);
        picture.differs_by(&wanted) < 40
    }

    /// A photo with a note on how the camera was held.
    fn held(how: u8) -> Vec<u8> {
        let mut note = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01".to_vec();
        note.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, how, 0, 0, 0, 0, 0, 0]);
        let length = u16::try_from(note.len() + 2).unwrap().to_be_bytes();
        let mut bytes = file(ImageFormat::Jpeg);
        let segment = [&[0xff, 0xe1], length.as_slice(), note.as_slice()].concat();
        bytes.splice(2..2, segment);
        bytes
    }

    #[test]
    fn every_format_that_models_take_has_a_picture() {
        for format in [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::WebP,
            ImageFormat::Gif,
        ] {
            let picture = picture_of(file(format)).unwrap();
            let same = looks_like(&picture, (24, 16), |_, y| if y < 8 { RED } else { BLUE });
            assert!(same, "{format:?}: {picture:?}");
        }
    }

    #[test]
    fn a_photo_is_turned_the_way_the_camera_was_held() {
        let upright = picture_of(held(1)).unwrap();
        let as_it_is = |_, y| if y < 8 { RED } else { BLUE };
        assert!(looks_like(&upright, (24, 16), as_it_is));
        // What was above is on the right now.
        let turned = picture_of(held(6)).unwrap();
        assert!(looks_like(&turned, (16, 24), |x, _| {
            if x < 8 { BLUE } else { RED }
        }));
    }

    #[test]
    fn a_file_that_claims_to_be_huge_is_not_decoded() {
        let mut bytes = file(ImageFormat::Png);
        bytes.splice(16..24, [0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        assert_eq!(picture_of(bytes), None, "60,000 by 60,000");
        // Few pixels, but eight bytes each.
        let mut deep = file(ImageFormat::Png);
        deep.splice(16..25, [0, 0, 0x12, 0, 0, 0, 0x12, 0, 16]);
        assert_eq!(picture_of(deep), None, "4,608 by 4,608 of 16 bits");
    }

    #[test]
    fn a_file_that_ends_too_early_harms_nobody() {
        for format in [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::WebP,
            ImageFormat::Gif,
        ] {
            let whole = file(format);
            for end in (0..whole.len()).step_by(3) {
                let cut = whole.get(..end).unwrap().to_vec();
                let kind = ImageKind::of(&cut);
                if let Some(image) = kind.and_then(|kind| Image::read(kind, cut)) {
                    // Some decoders show what there is.
                    drop(picture(&image, MOST));
                }
            }
        }
        let mut cut = file(ImageFormat::Png);
        cut.truncate(60);
        assert_eq!(picture_of(cut), None);
    }
}
