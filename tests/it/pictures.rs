//! Small pictures under the cards of sent images, on the screen and through the real loop.

use std::fmt::Write as _;
use std::io::Cursor;

use image::{ImageFormat, Rgba, RgbaImage};
use mmchat::app::Msg;
use mmchat::app::attached::{Found, Wanted};
use mmchat::app::{Effect, Pane};
use mmchat::chat::Attachment;
use mmchat::ui::{Cache, Depth, Theme};
use ratatui::buffer::Cell;
use ratatui::style::Color;

use crate::flow::Script;
use crate::harness::{Harness, answer, reasoning};
use crate::watched;

/// A model that sees.
const EYES: &str = "[[providers.test.models]]\nid = \"eyes\"\nimages = true\n";

const RED: [u8; 4] = [220, 40, 40, 255];
const GREEN: [u8; 4] = [40, 180, 60, 255];
const BLUE: [u8; 4] = [40, 60, 220, 255];
const CLEAR: [u8; 4] = [0; 4];

/// Four quarters, each of one colour; the last one is not there.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let pixel = |x, y| match (2 * x < width, 2 * y < height) {
        (true, true) => Rgba(RED),
        (false, true) => Rgba(GREEN),
        (true, false) => Rgba(BLUE),
        (false, false) => Rgba(CLEAR),
    };
    let mut bytes = Cursor::new(Vec::new());
    let image = RgbaImage::from_fn(width, height, pixel);
    image.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Has images go along with what is said next, and says it.
fn show(it: &mut Harness, images: &[(&str, Vec<u8>)]) {
    it.say("/model test/eyes");
    it.say("/attach them");
    let fetch = it.effects().into_iter().find_map(|effect| match effect {
        Effect::Fetch(ticket, Wanted::Typed(_)) => Some(ticket),
        _ => None,
    });
    let files = images.iter().map(|(name, bytes)| {
        let bytes = bytes.clone();
        Attachment::read(*name, bytes).unwrap()
    });
    let found = Found::Read(files.collect(), Vec::new());
    it.tell(Msg::Fetched(fetch.unwrap(), Ok(found)));
    it.say("What is this?").connected();
    it.stream([reasoning("A picture."), answer("It is **flat**.")]);
    it.end();
}

fn sized(cols: u16, rows: u16, depth: Depth) -> Harness {
    let mut it = Harness::with(EYES);
    it.resize(cols, rows);
    it.shows_pictures(depth);
    it
}

/// How many columns and rows of the screen have half blocks.
fn extent(it: &Harness) -> (usize, usize) {
    let screen = it.screen();
    let blocks = |line: &&str| line.contains(['▀', '▄']);
    let lines: Vec<&str> = screen.lines().filter(blocks).collect();
    let wide = |line: &&str| line.matches(['▀', '▄']).count();
    (lines.iter().map(wide).max().unwrap_or(0), lines.len())
}

#[test]
fn a_sent_image_has_a_picture_under_its_card() {
    let mut scenes = String::new();
    for (cols, rows) in [(80, 24), (60, 20)] {
        for depth in [Depth::Full, Depth::Palette] {
            let mut it = sized(cols, rows, depth);
            show(&mut it, &[("quarters.png", png(12, 8))]);
            it.pictures_come();
            let (screen, styles) = (it.screen(), it.styles());
            let _ = writeln!(
                scenes,
                "═══ {cols}×{rows} {depth:?}\n{screen}\n─── styles\n{styles}"
            );
        }
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("picture", scenes));
}

#[test]
fn the_text_does_not_move_when_the_picture_comes() {
    let mut it = sized(100, 30, Depth::Full);
    show(&mut it, &[("a.png", png(400, 300))]);
    assert_eq!(extent(&it), (0, 0));
    let before = it.place_of("It is flat.");
    assert_eq!(it.pictures_come(), 1);
    // A third of the window's rows, two pixels each, and four to three.
    assert_eq!(extent(&it), (27, 10));
    assert_eq!(it.place_of("It is flat."), before);
    assert_eq!(it.pictures_come(), 0, "it is kept");
}

#[test]
fn a_picture_follows_the_size_of_the_window_without_being_made_again() {
    let mut it = sized(120, 40, Depth::Full);
    show(&mut it, &[("a.png", png(3000, 2000))]);
    it.pictures_come();
    assert_eq!(extent(&it), (36, 12));
    it.resize(60, 20);
    assert_eq!(extent(&it), (18, 6));
    it.resize(40, 40);
    assert_eq!(extent(&it), (36, 12));
    it.resize(28, 40);
    let (cols, rows) = extent(&it);
    assert!(cols < 28 && cols == 3 * rows, "{cols}×{rows}");
    it.resize(20, 6).resize(120, 40);
    assert_eq!(extent(&it), (36, 12));
    assert_eq!(it.pictures_come(), 0);
}

#[test]
fn every_image_of_a_turn_has_its_own() {
    let mut it = sized(100, 40, Depth::Full);
    let images = [("one.png", png(20, 8)), ("two.png", png(10, 12))];
    show(&mut it, &images);
    assert_eq!(it.pictures_come(), 2);
    let screen = it.screen();
    let rows: Vec<&str> = screen.lines().collect();
    let (_, one) = it.place_of("▪ one.png");
    let (_, two) = it.place_of("▪ two.png");
    assert_eq!(two - one, 1 + 4);
    let blocks = |row: u16| rows[usize::from(row)].matches('▀').count();
    assert_eq!((blocks(one + 1), blocks(one + 4)), (20, 10));
    assert_eq!((blocks(two + 1), blocks(two + 6)), (10, 5));
}

#[test]
fn a_picture_that_is_half_out_of_view_is_cut_like_text() {
    let mut it = sized(100, 30, Depth::Full);
    show(&mut it, &[("a.png", png(400, 300))]);
    it.pictures_come();
    for _ in 0..3 {
        it.exchange("More.", "Well.", "One.\n\nTwo.\n\nThree.\n\nFour.");
    }
    it.hides("a.png");
    assert_eq!(extent(&it).1, 0);
    it.app.focus = Pane::Chat;
    let mut seen = Vec::new();
    for _ in 0..40 {
        it.press("up");
        seen.push(extent(&it).1);
    }
    let partly = seen.iter().filter(|rows| (1..10).contains(*rows)).count();
    assert!(partly >= 9, "a row at a time: {seen:?}");
    assert_eq!(seen.iter().max(), Some(&10));
    assert_eq!(it.pictures_come(), 0);
}

#[test]
fn without_colours_or_pixels_there_is_the_card_alone() {
    let no_rows = |it: &mut Harness, bytes: Vec<u8>| {
        show(it, &[("a.png", bytes)]);
        it.pictures_come();
        let (_, card) = it.place_of("▪ a.png");
        let (_, header) = it.place_of("eyes · test  ");
        assert_eq!((extent(it), header - card), ((0, 0), 2), "{}", it.screen());
    };
    for depth in [Depth::None, Depth::Sixteen] {
        no_rows(&mut sized(100, 30, depth), png(40, 30));
    }
    let mut off = Harness::with(EYES);
    off.has_colours(Depth::Full);
    no_rows(&mut off, png(40, 30));
    let mut cut = png(40, 30);
    cut.truncate(60);
    no_rows(&mut sized(100, 30, Depth::Full), cut);
    let mut bomb = png(40, 30);
    bomb.splice(16..24, [0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let mut it = sized(100, 30, Depth::Full);
    show(&mut it, &[("a.png", bomb.clone())]);
    assert_eq!(it.pictures_come(), 0, "nobody is asked to decode it");
    no_rows(&mut sized(100, 30, Depth::Full), bomb);
}

#[test]
fn what_is_selected_over_a_picture_copies_the_text_around_it() {
    let mut it = sized(100, 40, Depth::Full);
    show(&mut it, &[("a.png", png(40, 30))]);
    it.pictures_come();
    let from = it.place_of("What is this?");
    let to = it.place_of("It is flat.");
    // The first place is the header's title.
    let chat = it.app.seen.chat.area;
    it.drag((chat.x, chat.y + 1), (to.0 + 10, to.1));
    let copied = it.copied().concat();
    assert_eq!(copied, "What is this?\n\nIt is **flat**.");
    assert!(from.1 < to.1);
}

#[test]
fn what_is_found_right_below_a_picture_is_marked_there_and_the_picture_stays_as_it_is() {
    let mut it = sized(100, 40, Depth::Full);
    show(&mut it, &[("a.png", png(40, 30))]);
    it.pictures_come();
    let before = extent(&it);
    it.press("ctrl-f").type_text("flat");
    assert_eq!(extent(&it), before);
    let (column, row) = it.place_of("flat.");
    let cell = &it.buffer()[(column, row)];
    assert_ne!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{cell:?}");
    // The row on top of the chat is held by its place in the text, also within a picture.
    it.press("esc");
    it.exchange("More.", "Well.", "One.\n\nTwo.\n\nThree.\n\nFour.");
    it.resize(100, 14);
    it.app.focus = Pane::Chat;
    it.press("home down down down down");
    let (_, cut) = extent(&it);
    assert!((1..4).contains(&cut), "{}", it.screen());
    it.resize(70, 14);
    assert_eq!(extent(&it).1, cut, "{}", it.screen());
}

#[tokio::test]
async fn the_loop_has_the_picture_made_and_draws_it() {
    let mut it = sized(100, 30, Depth::Full);
    show(&mut it, &[("a.png", png(40, 30))]);
    let mut cache = Cache::new(Theme::ansi());
    cache.show_pictures(mmchat::ui::Medium::Cells);
    let Harness { app, .. } = it;
    let nobody = Script::default();
    let seen = watched::comes_to_look((app, cache), &nobody, &["tab"], |screen| {
        let red = Color::Rgb(220, 40, 40);
        let is_red = |cell: &&Cell| cell.symbol() == "▀" && (cell.fg, cell.bg) == (red, red);
        screen.content.iter().filter(is_red).count() == 5 * 13
    });
    assert!(seen.await);
}

#[test]
fn under_an_overlay_there_is_no_picture() {
    let mut it = sized(100, 40, Depth::Full);
    show(&mut it, &[("a.png", png(40, 30))]);
    it.pictures_come();
    let before = extent(&it);
    it.press("f1");
    assert_eq!(extent(&it), (0, 0));
    it.hides("\u{2800}");
    it.press("esc");
    assert_eq!(extent(&it), before);
}
