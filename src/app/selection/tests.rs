//! Words and lines of a text.

use super::*;

fn grown<'a>(text: &'a str, at: &str, grain: Grain) -> &'a str {
    let start = text.find(at).unwrap();
    let range = grow(text, &(start..start + at.len()), grain);
    text.get(range).unwrap()
}

#[test]
fn a_word_is_what_a_reader_takes_for_one() {
    let text = "call snake_case(x), it's 3.14; naïve_ones";
    for (at, word) in [
        ("ake", "snake_case"),
        ("s 3", "it's 3.14"),
        (".", "3.14"),
        ("(", "("),
        ("ï", "naïve_ones"),
    ] {
        assert_eq!(grown(text, at, Grain::Word), word);
    }
}

#[test]
fn chinese_between_two_signs_counts_as_one_word() {
    let text = "用Rust写的程序，很快。すごいカタカナ";
    assert_eq!(grown(text, "程", Grain::Word), "写的程序");
    assert_eq!(grown(text, "R", Grain::Word), "Rust");
    assert_eq!(grown(text, "，", Grain::Word), "，");
    assert_eq!(grown(text, "ご", Grain::Word), "すごいカタカナ");
}

#[test]
fn a_line_is_one_of_the_source() {
    let text = "first\nsecond line\nthird";
    assert_eq!(grown(text, "cond", Grain::Line), "second line");
    assert_eq!(grown(text, "third", Grain::Line), "third");
}

#[test]
fn an_endless_line_without_spaces_is_no_endless_word() {
    let text = "x".repeat(100_000);
    let word = grow(&text, &(50_000..50_001), Grain::Word);
    assert!(word.contains(&50_000) && word.len() <= 2 * WORD_BYTES);
}

#[test]
fn places_inside_a_character_are_no_places() {
    let text = "a你b";
    assert_eq!(grow(text, &(2..3), Grain::Character), 1..1);
    assert_eq!(grow(text, &(90..99), Grain::Word), 5..5);
}
