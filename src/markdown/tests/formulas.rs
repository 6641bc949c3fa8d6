//! Formulas: what they are shown as, and how half of one looks.

use super::soundness::assert_sound;
use super::*;

#[test]
fn formulas_are_shown_as_text_and_prices_stay_prices() {
    for (text, rows) in [
        (
            "a $x^2$ costs $5 and $6\n\n$$\nE = mc^2\n$$",
            &["a x² costs $5 and $6", "", "E = mc²"][..],
        ),
        (r"so \(a_1 \le b\), and", &["so a₁ ≤ b, and"]),
        (
            "Then\n\\[\n\\frac{a}{b} = c\n\\]\nholds.",
            &["Then", "a    ", "─ = c", "b    ", "holds."],
        ),
        ("It is $$\\frac{a}{b}$$ here", &["It is a/b here"]),
        ("It is $$\\frac{a}{b}$$", &["It is ", "a", "─", "b"]),
        (
            "- so $$\\frac{a}{b}$$\n- $x$",
            &["• so ", "  a", "  ─", "  b", "• x"],
        ),
        ("> $$\n> x^2\n> $$", &["▎ x²"]),
        ("from $5–$10 or $3", &["from $5–$10 or $3"]),
        (r"$\unknown{x}^2$ and \$5", &[r"$\unknown{x}^2$ and $5"]),
        ("half $x^2", &["half $x^2"]),
        (r"`\(x\)` and `$x^2$`", &[r"\(x\) and $x^2$"]),
        (
            "- a\n\n      \\(x\\)\n\n  ~~~\n  \\(y\\)\n  ~~~",
            &["• a", "", "  │ \\(x\\)", "", "  │ \\(y\\)"],
        ),
        (
            "| a |\n|---|\n| $x^2$ |",
            &["┌────┐", "│ a  │", "├────┤", "│ x² │", "└────┘"],
        ),
        ("**$x^2$** # $y_1$", &["x² # y₁"]),
    ] {
        assert_eq!(shown(text, 30), rows, "{text}");
    }
    assert_eq!(shown("$$\\frac{a+b+c}{d} = e$$", 9), ["(a+b+c)/d", "= e"]);
}

#[test]
fn a_half_written_formula_is_plain_text() {
    assert_eq!(
        moments("so $a*b*c$ is", 30),
        [
            "s",
            "so",
            "so $",
            "so $a",
            "so $a*",
            "so $a*b",
            "so $a*b*",
            "so $a*b*c",
            "so a * b * c",
            "so a * b * c i",
            "so a * b * c is",
        ]
    );
    assert_eq!(
        moments(r"\(\frac{a}b\)", 30),
        [
            "\\",
            "\\(",
            "\\(\\f",
            "\\(\\fr",
            "\\(\\fra",
            "\\(\\frac",
            "\\(\\frac{",
            "\\(\\frac{a",
            "\\(\\frac{a}",
            "\\(\\frac{a}b",
            "a/b",
        ]
    );
    for moment in moments("$$\na_1 * b_2 * c_3\n", 30) {
        assert!("$$/a_1 * b_2 * c_3".starts_with(&moment), "{moment}");
    }
}

#[test]
fn every_beginning_of_a_text_with_formulas_is_sound() {
    for formula in [
        r"$x^2$",
        r"$\frac{a+b}{c}$",
        r"$\sqrt[3]{x}$",
        r"$\sum_{i=1}^{n} i$",
        r"$\text{if } x$",
        r"$\begin{pmatrix} a & b \\ c & d \end{pmatrix}$",
        r"\(e^{i\pi}\)",
        r"\(\alpha \le \beta\)",
        r"\( \left( x \right) \)",
        r"$\unknown{x}$",
        r"$$E = mc^2$$",
        "$$\nx = \\frac{-b \\pm \\sqrt{b^2-4ac}}{2a}\n$$",
        "\\[\n\\int_0^\\infty e^{-x^2}\\,dx\n\\]",
        "\\[ \\begin{cases} x & y \\\\ z & w \\end{cases} \\]",
        "$$\n\\begin{aligned}\na &= b \\\\\n&= c\n\\end{aligned}\n$$",
        r"$$\boxed{42}$$",
        r"$$\binom{n}{k}$$",
        r"$$\underbrace{a+b}_{n}$$",
        r"\[ \unknown \]",
        r"$5 and $10",
    ] {
        for text in [
            format!("Text {formula} and more.\n"),
            format!("- item {formula}\n- next\n"),
            format!("> {}\n\nlast", formula.replace('\n', "\n> ")),
            format!(
                "| a | b |\n|---|---|\n| {} | c |\n",
                formula.replace('\n', " ")
            ),
            format!("# {formula}\n"),
        ] {
            for width in [1, 8, 40] {
                let mut grown = Document::new(Kind::Markdown);
                for at in (0..=text.len()).filter(|&at| text.is_char_boundary(at)) {
                    grown.sync(text.get(..at).unwrap(), 0, width, false);
                    assert_sound(&grown, &text, width);
                }
            }
        }
    }
}

/// A joiner right behind a break is one character with the blank that the break is shown as, though
/// code begins between them. What is written on into that code is none of that character's.
#[test]
fn a_character_of_two_pieces_claims_nothing_of_what_is_added_behind_it() {
    let text = "word\n`\u{200d}code\ngoes on and on";
    for width in [2, 7, 20, 80] {
        let mut grown = Document::new(Kind::Markdown);
        for at in (0..=text.len()).filter(|&at| text.is_char_boundary(at)) {
            grown.sync(text.get(..at).unwrap(), 0, width, false);
            let mut fresh = Document::new(Kind::Markdown);
            fresh.sync(text.get(..at).unwrap(), 0, width, false);
            assert_eq!(grown.all_rows(), fresh.all_rows(), "{at} in {width}");
        }
    }
}

/// CommonMark takes signs and pictures for punctuation, beside which marks may not close. The marks
/// that close the end of a growing text are not written yet: what looks right stays so.
#[test]
fn a_picture_at_the_end_of_a_growing_text_does_not_undo_its_emphasis() {
    let text = "~~d*\"*both*** _ah**\"(_a_so 🎉🎉 and on";
    let mut grown = Document::new(Kind::Markdown);
    for at in (0..=text.len()).filter(|&at| text.is_char_boundary(at)) {
        grown.sync(text.get(..at).unwrap(), 0, 80, false);
        let mut fresh = Document::new(Kind::Markdown);
        fresh.sync(text.get(..at).unwrap(), 0, 80, false);
        assert_eq!(grown.all_rows(), fresh.all_rows(), "at {at}");
    }
}
