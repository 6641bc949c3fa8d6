//! Small pictures under the cards of sent images: two pixels a cell, in the cells' own colours, or
//! drawn by the terminal where it can.
//!
//! Owns how large a picture is, which pictures are at hand, and which are wanted. It decodes nothing:
//! the loop takes what is wanted to a thread and brings the answer. How many rows a picture takes is
//! known from the image's size before that, so the text does not move when it comes.
//!
//! Invariants: a picture keeps its aspect ratio and never grows; it lies over blank rows of the
//! cards' text, so it is scrolled and cut like any text, and copied by nothing.

mod graphics;

use std::collections::HashMap;
use std::mem;
use std::ops::Range;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::widgets::{Clear, Widget};

use super::attached;
use super::cache::{Cache, Topic};
use super::theme::{Depth, Theme};
use crate::app::{App, Overlay};
use crate::chat::{Image, TurnId};
pub use graphics::Drawing;

/// The most pixels of an image that is decoded for a picture: those of a camera of today. A small
/// file can claim any number of them.
pub const MOST_PIXELS: u64 = 25_000_000;
/// The most columns and rows of a picture.
const MOST_CELLS: (u16, u16) = (36, 12);
/// The most pixels of a picture that is kept: twice as many each way as are shown, so that it can
/// be made to fit a narrower pane without the image.
const MOST_KEPT_PIXELS: (u32, u32) = (72, 48);
/// The same of a picture that the terminal draws, and keeps: about those of its cells.
const MOST_SENT_PIXELS: (u32, u32) = (360, 240);
/// How many pictures are kept: 14 KB each.
const MOST_KEPT: usize = 48;
/// A pixel that is less than half there shows what is behind it; nobody knows what colour that has.
const OPAQUE: u8 = 128;

/// An image by the turn that it went along with, and its number there.
type Place = (TurnId, usize);

/// An image that a picture is wanted of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureRequest {
    place: Place,
    /// The image.
    pub image: Arc<Image>,
    /// The most columns and rows of pixels that the picture is to have.
    pub most: (u32, u32),
}

impl PictureRequest {
    /// What comes of it: a picture, or none, because the image can't be decoded.
    pub fn answered(&self, picture: Option<Picture>) -> PictureAnswer {
        PictureAnswer {
            place: self.place,
            picture,
        }
    }
}

/// What came of a request.
#[derive(Debug)]
pub struct PictureAnswer {
    place: Place,
    picture: Option<Picture>,
}

/// A small picture of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// How large the image is, the right way up.
    of: (u32, u32),
    /// How large this is.
    size: (u32, u32),
    /// Row by row: red, green, blue and how much of it is there.
    pixels: Box<[[u8; 4]]>,
}

impl Picture {
    /// A small picture of an image of that size, the right way up, whose pixels these are.
    pub fn of(size: (u32, u32), most: (u32, u32), pixel: impl Fn(u32, u32) -> [u8; 4]) -> Self {
        let small = fitted(size, most);
        Self {
            of: size,
            size: small,
            pixels: shrunk(size, small, pixel).into(),
        }
    }

    /// How much the pixel differs, at most, in which two pictures differ most: 0 to 255. Pictures of
    /// two sizes differ entirely.
    #[cfg(all(test, feature = "image-preview"))]
    pub(crate) fn differs_by(&self, other: &Self) -> u8 {
        if (self.of, self.size) != (other.of, other.size) {
            return u8::MAX;
        }
        let parts = |picture: &Self| picture.pixels.concat();
        let pairs = parts(self).into_iter().zip(parts(other));
        pairs.map(|(a, b)| a.abs_diff(b)).max().unwrap_or_default()
    }

    fn pixel(&self, x: u32, y: u32) -> [u8; 4] {
        let at = usize::try_from(y * self.size.0 + x).unwrap_or(usize::MAX);
        self.pixels.get(at).copied().unwrap_or_default()
    }

    /// What it looks like in that size.
    fn painted(&self, size: (u32, u32), theme: Theme) -> Painted {
        let pixels = shrunk(self.size, size, |x, y| self.pixel(x, y));
        let colour = |at: u32| {
            let pixel = pixels.get(usize::try_from(at).unwrap_or(usize::MAX));
            let [r, g, b, there] = pixel.copied().unwrap_or_default();
            (there >= OPAQUE).then(|| theme.pixel([r, g, b])).flatten()
        };
        let (width, height) = size;
        let cells = (0..height.div_ceil(2))
            .flat_map(|row| (0..width).map(move |x| 2 * row * width + x))
            .map(|upper| [colour(upper), colour(upper + width)]);
        Painted {
            size,
            depth: theme.depth(),
            cells: cells.collect(),
        }
    }
}

/// The size of an image within bounds: its aspect ratio kept, never larger than it is.
fn fitted(size: (u32, u32), most: (u32, u32)) -> (u32, u32) {
    let [width, height] = [size.0, size.1].map(|side| u64::from(side.max(1)));
    let [most_width, most_height] = [most.0, most.1].map(u64::from);
    if width <= most_width && height <= most_height {
        return (size.0.max(1), size.1.max(1));
    }
    let scaled = |side: u64, of: u64, to: u64| {
        let side = (side * to + of / 2) / of;
        u32::try_from(side).unwrap_or(u32::MAX).max(1)
    };
    if width * most_height >= height * most_width {
        (most.0, scaled(height, width, most_width).min(most.1))
    } else {
        (scaled(width, height, most_height).min(most.0), most.1)
    }
}

/// Pixels of a smaller image, each the mean of those that it stands for, by how much they are there.
fn shrunk(from: (u32, u32), to: (u32, u32), pixel: impl Fn(u32, u32) -> [u8; 4]) -> Vec<[u8; 4]> {
    let span = |at: u32, from: u32, to: u32| {
        let [at, wide, narrow] = [at, from, to].map(u64::from);
        let end = ((at + 1) * wide).div_ceil(narrow.max(1));
        let edge = |place: u64| u32::try_from(place).unwrap_or(u32::MAX);
        edge(at * wide / narrow.max(1))..edge(end).min(from)
    };
    let mean = |columns: Range<u32>, rows: Range<u32>| {
        let (mut sums, mut there, mut count) = ([0_u64; 3], 0_u64, 0_u64);
        for y in rows {
            for x in columns.clone() {
                let [r, g, b, a] = pixel(x, y).map(u64::from);
                for (sum, part) in sums.iter_mut().zip([r, g, b]) {
                    *sum += part * a;
                }
                there += a;
                count += 1;
            }
        }
        let byte = |sum: u64, of: u64| {
            let mean = (sum + of / 2).checked_div(of).unwrap_or_default();
            u8::try_from(mean).unwrap_or(u8::MAX)
        };
        let [r, g, b] = sums.map(|sum| byte(sum, there));
        [r, g, b, byte(there, count)]
    };
    (0..to.1)
        .flat_map(|y| (0..to.0).map(move |x| (x, y)))
        .map(|(x, y)| mean(span(x, from.0, to.0), span(y, from.1, to.1)))
        .collect()
}

/// How many columns and rows a picture may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    cols: u16,
    rows: u16,
}

/// How pictures are shown.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// Not at all: the user may not want them, and not every terminal can show them.
    #[default]
    Nothing,
    /// Two pixels a cell.
    Cells,
    /// The terminal draws them. Their numbers begin here, so that other programs in the window, whose
    /// pictures it keeps too, have others.
    Terminal(u16),
}

/// Pictures, kept between frames.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    /// How they are shown.
    pub medium: Medium,
    room: Option<Room>,
    /// The sizes of images that were decoded, the right way up; `None` of those that can't be.
    known: HashMap<Place, Option<(u32, u32)>>,
    kept: Vec<Kept>,
    /// What the last frame showed of them …
    shown: Vec<Place>,
    /// … and what it lacked.
    wanted: Vec<PictureRequest>,
    /// How many the terminal was given.
    given: u8,
    /// What it is to be told next.
    drawings: Vec<Drawing>,
}

#[derive(Debug)]
struct Kept {
    place: Place,
    picture: Picture,
    /// Its cells as they were drawn last.
    painted: Option<Painted>,
    /// The terminal's number of it, and how many cells it takes as far as the terminal knows.
    given: Option<(u32, Option<(u16, u16)>)>,
}

/// A picture's cells, upper and lower half, row by row; `None` shows what is behind.
#[derive(Debug)]
struct Painted {
    size: (u32, u32),
    depth: Depth,
    cells: Vec<[Option<Color>; 2]>,
}

impl Painted {
    fn row(&self, row: usize) -> &[[Option<Color>; 2]] {
        let width = usize::try_from(self.size.0).unwrap_or(usize::MAX).max(1);
        self.cells.chunks(width).nth(row).unwrap_or_default()
    }
}

impl Pictures {
    /// Takes note of how wide the pane is and how high the window.
    pub(super) fn fit_into(&mut self, cols: u16, window_rows: u16, depth: Depth) {
        let least = match self.medium {
            Medium::Terminal(_) => Depth::Full,
            Medium::Nothing | Medium::Cells => Depth::Palette,
        };
        let shown = self.medium != Medium::Nothing && depth >= least && cols >= 4;
        self.room = shown.then_some(Room {
            cols: cols.min(MOST_CELLS.0),
            // Text shall stay in sight beside it.
            rows: (window_rows / 3).clamp(2, MOST_CELLS.1),
        });
    }

    /// How much room there is for each.
    pub(super) fn room(&self) -> Option<Room> {
        self.room
    }

    /// How many pixels the picture of an image has, if one is shown.
    pub(super) fn size(&self, place: Place, image: &Image) -> Option<(u32, u32)> {
        let room = self.room?;
        let (width, height) = match self.known.get(&place) {
            Some(known) => (*known)?,
            None => image.size,
        };
        let pixels = u64::from(width) * u64::from(height);
        let most = (u32::from(room.cols), 2 * u32::from(room.rows));
        (pixels <= MOST_PIXELS).then(|| fitted((width, height), most))
    }

    /// The next picture that the last frame lacked.
    pub(super) fn wanted(&self) -> Option<PictureRequest> {
        self.wanted.first().cloned()
    }

    /// Takes what came of a request. Tells whether the last frame would have shown it.
    pub(super) fn take(&mut self, answer: PictureAnswer) -> bool {
        let PictureAnswer { place, picture } = answer;
        let before = self.wanted.len();
        self.wanted.retain(|wanted| wanted.place != place);
        let size = picture.as_ref().map(|picture| picture.of);
        self.known.insert(place, size);
        if let Some(picture) = picture {
            self.keep(place, picture);
        }
        self.wanted.len() < before
    }

    fn keep(&mut self, place: Place, picture: Picture) {
        self.drop_all_but(|kept| kept.place != place);
        let unseen = |kept: &Kept| !self.shown.contains(&kept.place);
        if self.kept.len() >= MOST_KEPT
            && let Some(oldest) = self.kept.iter().find(|kept| unseen(kept))
        {
            let oldest = oldest.place;
            self.drop_all_but(|kept| kept.place != oldest);
        }
        let mut kept = Kept {
            place,
            picture,
            painted: None,
            given: None,
        };
        if let Medium::Terminal(first) = self.medium {
            // As many are never kept at once.
            self.given = self.given.wrapping_add(1);
            let id = u32::from(first) << 8 | u32::from(self.given);
            kept.given = Some((id, None));
            self.drawings.push(Drawing::Pixels {
                id,
                size: kept.picture.size,
                pixels: mem::take(&mut kept.picture.pixels),
            });
        }
        self.kept.push(kept);
    }

    fn drop_all_but(&mut self, stays: impl Fn(&Kept) -> bool) {
        let drawings = &mut self.drawings;
        self.kept.retain(|kept| {
            let stays = stays(kept);
            if let (false, Some((id, _))) = (stays, kept.given) {
                drawings.push(Drawing::Gone { id });
            }
            stays
        });
    }

    /// Forgets the pictures of turns that are gone.
    pub(super) fn keep_only(&mut self, is_there: impl Fn(TurnId) -> bool) {
        self.known.retain(|(turn, _), _| is_there(*turn));
        self.drop_all_but(|kept| is_there(kept.place.0));
    }

    /// What the terminal is to be told before the frame that was drawn last is shown.
    pub(super) fn take_drawings(&mut self) -> Vec<Drawing> {
        mem::take(&mut self.drawings)
    }

    /// Draws a row of a picture; if it is not here yet, it is wanted.
    fn row(
        &mut self,
        frame: &Frame,
        (turn, image): (TurnId, &Arc<Image>),
        row: usize,
        (theme, area): (Theme, Rect),
        buf: &mut Buffer,
    ) {
        let place = (turn, frame.number);
        let Some(kept) = self.kept.iter_mut().find(|kept| kept.place == place) else {
            if self.wanted.iter().all(|wanted| wanted.place != place) {
                let image = Arc::clone(image);
                let most = match self.medium {
                    Medium::Terminal(_) => MOST_SENT_PIXELS,
                    Medium::Nothing | Medium::Cells => MOST_KEPT_PIXELS,
                };
                self.wanted.push(PictureRequest { place, image, most });
            }
            return;
        };
        if self.shown.last() != Some(&place) {
            self.shown.push(place);
        }
        if let Some((id, cells)) = &mut kept.given {
            let cols = u16::try_from(frame.size.0).unwrap_or(MOST_CELLS.0);
            let rows = u16::try_from(frame.rows()).unwrap_or(MOST_CELLS.1);
            if *cells != Some((cols, rows)) {
                *cells = Some((cols, rows));
                let id = *id;
                self.drawings.push(Drawing::Cells { id, cols, rows });
            }
            let area = Rect {
                width: cols.min(area.width),
                ..area
            };
            return graphics::row(*id, row, area, buf);
        }
        let wanted = (frame.size, theme.depth());
        kept.painted
            .take_if(|painted| (painted.size, painted.depth) != wanted);
        let painted = kept
            .painted
            .get_or_insert_with(|| kept.picture.painted(frame.size, theme));
        for (place, cell) in area.columns().zip(painted.row(row)) {
            let (symbol, ink, ground) = match *cell {
                [Some(upper), lower] => ("▀", upper, lower.unwrap_or_default()),
                [None, Some(lower)] => ("▄", lower, Color::Reset),
                [None, None] => continue,
            };
            buf.set_string(place.x, place.y, symbol, Style::new().fg(ink).bg(ground));
        }
    }
}

/// Where the text of the cards has room for a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// The number of the attachment.
    pub number: usize,
    /// How many pixels the picture has.
    pub size: (u32, u32),
    /// The byte of the text at which its rows begin.
    pub start: usize,
}

/// A row that a picture lies over. There is nothing to see on it, but it is no white space, which a
/// text would end without.
pub(super) const BLANK_ROW: &str = "\n\u{2800}";

impl Frame {
    /// How many rows it takes.
    pub(super) fn rows(&self) -> usize {
        usize::try_from(self.size.1.div_ceil(2)).unwrap_or_default()
    }

    /// The row of the picture that lies over the row of text that begins there.
    fn row_at(&self, byte: usize) -> Option<usize> {
        let row = byte.checked_sub(self.start)? / BLANK_ROW.len();
        (row < self.rows()).then_some(row)
    }
}

/// Draws the pictures over the rows of the cards that the frame shows. Under an overlay, where the
/// screen steps back, these rows are blank: a picture can't.
pub(super) fn draw(app: &App, cache: &mut Cache, buf: &mut Buffer) {
    let mut pictures = mem::take(&mut cache.pictures);
    pictures.shown.clear();
    pictures.wanted.clear();
    let shown = matches!(app.overlay, None | Some(Overlay::Themes(_)));
    let lines = cache.lines().iter();
    let lines: Vec<_> = lines.filter(|line| line.topic == Topic::Attached).collect();
    for lines in lines.chunk_by(|a, b| a.turn == b.turn) {
        let turn = lines
            .first()
            .and_then(|line| app.conversation.turn(line.turn));
        let Some(turn) = turn else {
            continue;
        };
        let (_, frames) = attached::cards(turn, &pictures);
        for line in lines {
            let document = cache.kept(line.turn, line.topic);
            let Some(row) = document.and_then(|document| document.row(line.row)) else {
                continue;
            };
            let found = frames.iter().find_map(|frame| {
                let image = turn.attachments.get(frame.number)?.image()?;
                Some((frame, image, frame.row_at(row.source.start)?))
            });
            let Some((frame, image, row)) = found else {
                continue;
            };
            // Whatever holds the row free in the text is not to be seen.
            Clear.render(line.area, buf);
            if shown {
                let at = (cache.theme, line.area);
                pictures.row(frame, (turn.id, image), row, at, buf);
            }
        }
    }
    cache.pictures = pictures;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::ImageKind;

    /// The beginning of a PNG file of that size, which is all that is read of it here.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 6, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    #[test]
    fn a_picture_keeps_its_ratio_and_never_grows() {
        for (size, most, fits) in [
            ((4000, 3000), (36, 24), (32, 24)),
            ((3000, 4000), (36, 24), (18, 24)),
            ((1000, 200), (36, 24), (36, 7)),
            ((16, 10), (36, 24), (16, 10)),
            ((1, 1), (36, 24), (1, 1)),
            ((100_000, 1), (36, 24), (36, 1)),
            ((1, 100_000), (36, 24), (1, 24)),
            ((u32::MAX, u32::MAX), (36, 24), (24, 24)),
        ] {
            assert_eq!(fitted(size, most), fits, "{size:?}");
        }
    }

    #[test]
    fn a_pixel_is_the_mean_of_those_it_stands_for_and_what_is_clear_has_no_colour() {
        let pixel = |x, _| match x {
            0 => [100, 0, 0, 255],
            1 => [200, 0, 0, 255],
            2 => [0, 0, 90, 255],
            _ => [255, 255, 255, 0],
        };
        let small = shrunk((4, 2), (2, 1), pixel);
        assert_eq!(small, [[150, 0, 0, 255], [0, 0, 90, 128]]);
    }

    #[test]
    fn a_cell_is_two_pixels_and_shows_what_is_behind_where_there_is_none() {
        let pixel = |x, y| [10, 20, 30, if x == 1 && y == 1 { 0 } else { 255 }];
        let picture = Picture::of((2, 3), MOST_KEPT_PIXELS, pixel);
        let there = Some(Color::Rgb(10, 20, 30));
        let painted = picture.painted((2, 3), Theme::ansi());
        let wanted = [[there, there], [there, None], [there, None], [there, None]];
        assert_eq!(painted.cells, wanted);
    }

    #[test]
    fn so_many_pictures_are_kept_and_of_those_that_are_shown_all() {
        let place = |number| (TurnId(1), number);
        let mut pictures = Pictures::default();
        let answer = |number| PictureAnswer {
            place: place(number),
            picture: Some(Picture::of((1, 1), (1, 1), |_, _| [0; 4])),
        };
        pictures.shown.push(place(0));
        for number in 0..2 * MOST_KEPT {
            pictures.take(answer(number));
        }
        assert_eq!(pictures.kept.len(), MOST_KEPT);
        assert!(pictures.kept.iter().any(|kept| kept.place == place(0)));
        pictures.keep_only(|_| false);
        assert!(pictures.kept.is_empty() && pictures.known.is_empty());
    }

    #[test]
    fn a_terminal_that_draws_is_given_each_picture_once_and_told_when_it_is_gone() {
        let image = Arc::new(Image::read(ImageKind::Png, png(40, 20)).unwrap());
        let mut pictures = Pictures {
            medium: Medium::Terminal(7),
            ..Pictures::default()
        };
        pictures.fit_into(36, 30, Depth::Full);
        let turn = TurnId(1);
        let draw = |pictures: &mut Pictures, width: u32| {
            let frame = Frame {
                number: 0,
                size: (width, width / 2),
                start: 0,
            };
            let area = Rect::new(2, 0, 36, 1);
            let mut buf = Buffer::empty(Rect::new(0, 0, 40, 1));
            pictures.row(&frame, (turn, &image), 1, (Theme::ansi(), area), &mut buf);
            buf
        };
        let blank = draw(&mut pictures, 20);
        assert_eq!(blank, Buffer::empty(blank.area), "it is not there yet");
        let request = pictures.wanted().unwrap();
        let picture = Picture::of((40, 20), request.most, |_, _| [1, 2, 3, 255]);
        assert!(pictures.take(request.answered(Some(picture))));
        let id = 7 << 8 | 1;
        let drawn = draw(&mut pictures, 20);
        let cell = drawn.cell((3, 0)).unwrap();
        assert_eq!(cell.symbol(), "\u{10EEEE}\u{30d}\u{30d}", "row 1, column 1");
        assert_eq!(cell.fg, Color::Rgb(0, 7, 1));
        assert_eq!(drawn.cell((22, 0)).unwrap().symbol(), " ", "20 columns");
        let told = pictures.take_drawings();
        let [Drawing::Pixels { size, pixels, .. }, cells] = told.as_slice() else {
            panic!("{told:?}");
        };
        assert_eq!((*size, pixels.len()), ((40, 20), 800));
        let cells_of = |cols, rows| Drawing::Cells { id, cols, rows };
        assert_eq!(cells, &cells_of(20, 5));
        draw(&mut pictures, 20);
        assert_eq!(pictures.take_drawings(), []);
        draw(&mut pictures, 12);
        assert_eq!(
            pictures.take_drawings(),
            [cells_of(12, 3)],
            "a narrower pane"
        );
        pictures.keep_only(|_| false);
        assert_eq!(pictures.take_drawings(), [Drawing::Gone { id }]);
    }
}
