use proptest::prelude::*;

use super::*;

#[test]
fn a_reply_is_shown_without_its_marks() {
    let text = "# Hi\n- **one**\n  - two `x`\n\n1. [a](http://b)\n\n> quoted\n\n```rust\nfn\n```";
    let rows = [
        "Hi",
        "",
        "• one",
        "  ◦ two x",
        "",
        "1. a (http://b)",
        "",
        "▎ quoted",
        "",
        "╭ rust",
        "│ fn",
    ];
    assert_eq!(shown(text, 40), rows);
}

#[test]
fn bold_between_chinese_marks_is_bold() {
    for (text, row) in [
        ("这是**“重点”**的。", "这是{“重点”}的。"),
        (
            "**注意：**请看**（括号）**后面",
            "{注意：}请看{（括号）}后面",
        ),
        ("正在写**“一半", "正在写{“一半"),
        ("a ** b ** c", "a ** b ** c"),
        ("**注意:**请看", "{注意:}请看"),
        (r"中\*\*文\*\*字", "中**文**字"),
        ("中`**a**`文`**`", "中**a**文**"),
    ] {
        let mut document = Document::new(Kind::Markdown);
        document.sync(text, 0, 80, false);
        let mut shown = String::new();
        let mut bold = false;
        for span in &document.all_rows()[0].spans {
            if span.style.bold != bold {
                shown.push(if bold { '}' } else { '{' });
                bold = span.style.bold;
            }
            shown.push_str(&span.text);
        }
        assert_eq!(shown, row, "{text}");
    }
}

fn shown(text: &str, width: u16) -> Vec<String> {
    let mut document = Document::new(Kind::Markdown);
    document.sync(text, 0, width, true);
    plain(&document)
}

fn plain(document: &Document) -> Vec<String> {
    document.all_rows().iter().map(Row::plain).collect()
}

impl Row {
    fn plain(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}

/// The rows of `text` at each moment that a byte arrives, without repetitions.
fn moments(text: &str, width: u16) -> Vec<String> {
    let mut document = Document::new(Kind::Markdown);
    let mut moments: Vec<String> = Vec::new();
    for (at, c) in text.char_indices() {
        document.sync(text.get(..at + c.len_utf8()).unwrap(), 0, width, false);
        let shown = plain(&document).join("/");
        if moments.last() != Some(&shown) {
            moments.push(shown);
        }
    }
    moments
}

#[test]
fn links_show_where_they_lead() {
    assert_eq!(
        shown(
            "[https://www.minimax.io](http://evil.example) <https://ok.example>",
            80
        ),
        ["https://www.minimax.io (http://evil.example) https://ok.example"]
    );
    assert_eq!(
        shown("![a cat](http://x/y.png)", 80),
        ["[image: a cat] (http://x/y.png)"]
    );
    assert_eq!(
        shown("[x][y]\n\n[y]: http://z", 80),
        ["[x][y]", "", "[y]: http://z"]
    );
}

#[test]
fn lists_hang_and_count_across_their_pieces() {
    assert_eq!(
        shown(
            "9. nine and more\n9. ten\n   - [x] done\n\n   text\n9. eleven",
            12
        ),
        [
            "9. nine and",
            "   more",
            "10. ten",
            "    ☑ done",
            "",
            "    text",
            "11. eleven"
        ]
    );
    assert_eq!(
        shown("- a\n- b\n\n- c\n* d", 12),
        ["• a", "• b", "", "• c", "", "• d"]
    );
}

#[test]
fn tables_shrink_and_then_become_records() {
    let table = "| Name | 城市 |\n|:--|--:|\n| Ann | 北京市海淀区 |\n| Bob | x |";
    let boxed = [
        "┌──────┬──────────────┐",
        "│ Name │         城市 │",
        "├──────┼──────────────┤",
        "│ Ann  │ 北京市海淀区 │",
        "│ Bob  │            x │",
        "└──────┴──────────────┘",
    ];
    assert_eq!(shown(table, 40), boxed);
    let ruled = [
        "┌──────┬───────┐",
        "│ Name │  城市 │",
        "├──────┼───────┤",
        "│ Ann  │  北京 │",
        "│      │  市海 │",
        "│      │  淀区 │",
        "├──────┼───────┤",
        "│ Bob  │     x │",
        "└──────┴───────┘",
    ];
    assert_eq!(shown(table, 16), ruled);
    let records = [
        "Name: Ann",
        "城市: 北",
        "  京市海",
        "  淀区",
        "",
        "Name: Bob",
        "城市: x",
    ];
    assert_eq!(shown(table, 9), records);
}

#[test]
fn long_code_goes_on_below_and_says_so() {
    assert_eq!(
        shown("```\nlet abc = 12345;\n\n\ttab\n```", 14),
        ["│ let abc =", "│ ↪ 12345;", "│ ", "│     tab"]
    );
}

#[test]
fn half_written_blocks_look_right_at_every_moment() {
    assert_eq!(moments("Hi\n---\n", 9), ["H", "Hi", "Hi"][..2]);
    assert_eq!(
        moments("- a\n- [x] b", 9),
        ["", "• a", "• a/• ", "• a/☑ ", "• a/☑ b"]
    );
    assert_eq!(
        moments("```rs\nx\n```\n", 9),
        ["", "╭ r", "╭ rs", "╭ rs/│ x"]
    );
    assert_eq!(
        moments("a|b\n-|-\n1", 19).last().unwrap(),
        "┌───┬───┐/│ a │ b │/├───┼───┤/│ 1 │   │/└───┴───┘"
    );
    assert_eq!(moments("x **y** z", 9), ["x", "x y", "x y z"]);
    assert_eq!(moments("[ab](ht \"t\")", 9).last().unwrap(), "ab (ht)");
}

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

#[test]
fn html_is_text_but_for_line_breaks() {
    assert_eq!(
        shown("a<br>b <i>c</i>\n\n<div>\nd\n</div>", 30),
        ["a", "b <i>c</i>", "", "<div>", "d", "</div>",]
    );
}

#[test]
fn prompts_keep_their_lines_and_are_not_markup() {
    let mut document = Document::new(Kind::Plain);
    document.sync("\n# a *b*\n\n    - c\n\n", 0, 20, true);
    assert_eq!(plain(&document), ["# a *b*", "", "    - c"]);
    document.sync("\u{202e}\n\n# a\n\u{202e}\nb", 1, 20, true);
    assert_eq!(plain(&document), ["# a", "", "b"]);
}

#[test]
fn five_thousand_quotes_are_drawn_twelve_deep() {
    let rows = shown(&format!("{} deep", ">".repeat(5000)), 80);
    assert_eq!(rows, [format!("{}deep", "▎ ".repeat(12))]);
}

const PIECES: &[&str] = &[
    "# Title\n",
    "Setext\n---\n",
    "text ",
    "**bold** ",
    "*it* ",
    "**open ",
    "是**“强",
    "**（",
    "）**",
    "`code` ",
    "`` ` ",
    "\n",
    "\n\n",
    "- item\n",
    "- item",
    "  - nested\n",
    "    deeper\n",
    "1. one\n",
    "2. two\n",
    "10) ten\n",
    "* star\n",
    "+ plus\n",
    "- [ ] task\n",
    "- [x] done\n",
    "> quote\n",
    "> > deeper\n",
    ">\n",
    "lazy\n",
    "```rust\nfn main() {}\n",
    "```\n",
    "~~~\n",
    "```",
    "| a | b |\n|---|:-:|\n",
    "| 1 | 二 |\n",
    "| x |",
    "---\n",
    "***\n",
    "[link](http://a.b) ",
    "[half](htt",
    "see https://a.b/c_d?e=1 ",
    "（http://x.y）",
    "<https://auto.link>",
    "![img](i.png)",
    "[ref][r]\n",
    "[r]: http://r.s\n",
    "[^1]: note\n",
    "see[^1] ",
    "<div>\n",
    "</div>\n",
    "<!-- c\n",
    "-->\n",
    "<br>",
    "    indented\n",
    "中文，",
    "“引号”。",
    "你好\n",
    "👨‍👩‍👧",
    "e\u{301}",
    "\t",
    "  \n",
    "\\\n",
    "&amp; ",
    "~~s~~ ",
    "3~5 ",
    "$$\n",
    "$x$ ",
    "$$\n",
    "$x^2$",
    "$a*b",
    "$5",
    "$",
    r"\(a_1\)",
    r"\( ",
    r"\)",
    "\\[\n",
    "\\]\n",
    "\\frac{a}{b} ",
    "$$\\sum_{i}^n \\frac{a+b}{c}$$",
    "\\\\ ",
    "{",
    "}",
    "a_b_c ",
    "_u_ ",
    "\r\n",
    "\u{1b}[31m",
    "\u{202e}",
    "word-word ",
    "longwordlongwordlongword ",
    "\0",
    "    - four\n",
    "   ```\n   x\n   ```\n",
    "> ```\n> y\n",
    "> [!NOTE]\n",
];

/// Pieces of formulas, to be told from prose.
const FORMULAS: &[&str] = &[
    "$",
    "$$",
    "\\(",
    "\\)",
    "\\[",
    "\\]",
    "\\",
    "{",
    "}",
    "x",
    " ",
    "\n",
    "\n\n",
    "5",
    "*",
    "_",
    "^",
    "`",
    "\\frac{a}{b}",
    "= y",
    ".",
    " and",
    "- ",
    "> ",
    "| ",
    "\\\\",
    "中",
    "$x$",
    "$$x$$",
    "\\(y\\)",
    "\\[z\\]",
];

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        30 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => ".{0,12}",
        1 => prop::sample::select(PIECES).prop_map(|piece| piece.repeat(400)),
    ];
    let formula = prop::sample::select(FORMULAS).prop_map(str::to_owned);
    prop_oneof![
        3 => prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(formula, 0..40).prop_map(|pieces| pieces.concat()),
    ]
}

fn cut_at(text: &str, places: &[prop::sample::Index]) -> Vec<usize> {
    let mut cuts: Vec<usize> = places
        .iter()
        .map(|place| place.index(text.len() + 1))
        .filter(|&at| text.is_char_boundary(at))
        .collect();
    cuts.sort_unstable();
    cuts
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![5 => Just(Kind::Markdown), 1 => Just(Kind::Plain)]
}

fn assert_sound(document: &Document, text: &str, width: u16) {
    let mut last = 0;
    let rows = document.all_rows();
    for row in &rows {
        assert!(
            text_width(&row.plain()) <= usize::from(width),
            "{:?} in {width}",
            row.plain()
        );
        assert!(!row.plain().chars().any(char::is_control), "{row:?}");
        assert!(
            row.source.start <= row.source.end && row.source.end <= text.len(),
            "{row:?}"
        );
        assert!(row.source.end >= last, "{row:?} after {last}");
        last = row.source.end;
        assert_placed(row, text);
    }
    let blank = |row: Option<&Row>| row.is_some_and(|row| row.plain().is_empty());
    if width < 8 {
        return; // Without its bar, an empty line of code is a blank row.
    }
    assert!(!blank(rows.first()), "{:?}", plain(document));
    assert!(!blank(rows.last()), "{:?}", plain(document));
}

/// Every span of `row` tells truly which bytes of `text` it shows.
fn assert_placed(row: &Row, text: &str) {
    let mut before = row.source.start..row.source.start;
    for span in &row.spans {
        let Range { start, end } = span.source;
        assert!(start <= end, "{row:?}");
        assert!(start >= before.start && end >= before.end, "{row:?}");
        assert!(end <= row.source.end, "{row:?}");
        before = start..end;
        if span.exact {
            let written = text.get(start..end).expect("characters are whole");
            let spaced = |text: &str| text.replace(['\n', '\t'], " ");
            assert_eq!(spaced(&span.text), spaced(written), "{row:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_do_not_depend_on_how_the_text_arrived(
        text in texts(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        width in prop::sample::select(vec![1_u16, 2, 7, 20, 80]),
        kind in kinds(),
    ) {
        let mut whole = Document::new(kind);
        whole.sync(&text, 0, width, true);
        assert_sound(&whole, &text, width);
        let mut grown = Document::new(kind);
        let mut settled: Vec<Row> = Vec::new();
        for at in cut_at(&text, &places) {
            grown.sync(text.get(..at).unwrap(), 0, width, false);
            assert_sound(&grown, &text, width);
            prop_assert_eq!(&grown.all_rows()[..settled.len()], &settled[..]);
            let mut fresh = Document::new(kind);
            fresh.sync(text.get(..at).unwrap(), 0, width, false);
            prop_assert_eq!(plain(&grown), plain(&fresh));
            prop_assert_eq!(&grown.all_rows(), &fresh.all_rows());
            settled = grown.all_rows()[..grown.settled_rows()].to_vec();
        }
        grown.sync(&text, 0, width, false);
        grown.sync(&text, 0, width, true);
        prop_assert_eq!(plain(&grown), plain(&whole));
        prop_assert_eq!(&grown.all_rows(), &whole.all_rows());
        prop_assert_eq!(grown.code_blocks(), whole.code_blocks());
    }
}

/// Colours all finished code of a document in stripes that depend on nothing but the lines.
fn stripe(document: &mut Document) {
    while let Some(request) = document.uncoloured(&(0..document.len())) {
        let stripes = |line: &String| {
            let roles = [Role::Keyword, Role::CodeBlock, Role::String];
            let piece = |at: usize| Coloured {
                bytes: 1 + at % 2,
                role: roles[at % roles.len()],
            };
            (0..line.len()).map(piece).collect()
        };
        let lines = request.lines.iter().map(stripes).collect();
        document.colour(CodeColours {
            block: request.block,
            first_line: request.first_line,
            after: request.after,
            lines: Some(lines),
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn colours_do_not_depend_on_when_they_came_and_change_no_text(
        text in texts(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        width in prop::sample::select(vec![1_u16, 7, 20, 80]),
    ) {
        let text = text.replace("```\n", "```rust\n\tlet x = \"é漢\";\n");
        let mut whole = Document::new(Kind::Markdown);
        whole.sync(&text, 0, width, true);
        let uncoloured = plain(&whole);
        stripe(&mut whole);
        prop_assert_eq!(plain(&whole), uncoloured);
        assert_sound(&whole, &text, width);
        let mut grown = Document::new(Kind::Markdown);
        for at in cut_at(&text, &places) {
            grown.sync(text.get(..at).unwrap(), 0, width, false);
            stripe(&mut grown);
        }
        grown.sync(&text, 0, width, true);
        stripe(&mut grown);
        prop_assert_eq!(&grown.all_rows(), &whole.all_rows());
    }
}

/// Every heading, by walking from one to the next.
fn headings_one_by_one(document: &Document) -> (Vec<usize>, Vec<usize>) {
    let down = std::iter::successors(document.heading_from(0), |at| {
        document.heading_from(*at + 1)
    });
    let up = std::iter::successors(document.heading_above(usize::MAX), |at| {
        document.heading_above(*at)
    });
    (down.collect(), up.collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn rows_that_were_put_away_come_back_as_they_were(
        parts in prop::collection::vec(texts(), 1..6),
        code in prop::sample::select(vec!["```rust", "```", "- ```c"]),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        widths in prop::collection::vec(prop::sample::select(vec![1_u16, 7, 20, 80]), 1..4),
        kind in kinds(),
        done in any::<bool>(),
    ) {
        let text = parts.concat().replace("```\n", &format!("{code}\n\tlet x = 1;\n"));
        let mut sparse = Document::sparse(kind);
        let mut width = 80;
        for (at, place) in places.iter().enumerate() {
            let at = *cut_at(&text, &places).get(at).unwrap_or(&0);
            width = *place.get(&widths);
            sparse.sync(text.get(..at).unwrap(), 0, width, false);
            let from = place.index(sparse.len() + 1);
            sparse.lay_out(text.get(..at).unwrap(), from..from + 40);
            sparse.put_away(&(from..from + 20));
        }
        for width in widths.into_iter().chain([width]) {
            sparse.sync(&text, 0, width, done);
            let mut whole = Document::new(kind);
            whole.sync(&text, 0, width, done);
            let mut budget = text.len() / 2;
            sparse.count_some(&text, sparse.len() / 2, &mut budget);
            sparse.lay_out(&text, 0..usize::MAX);
            stripe(&mut sparse);
            stripe(&mut whole);
            prop_assert_eq!(plain(&sparse), plain(&whole));
            prop_assert_eq!(&sparse.all_rows(), &whole.all_rows());
            let rows = whole.all_rows().into_iter().enumerate();
            let headings = rows.filter(|(_, row)| row.heading).map(|(at, _)| at);
            let headings: Vec<usize> = headings.collect();
            let (down, up) = headings_one_by_one(&sparse);
            prop_assert_eq!(&down, &headings);
            prop_assert_eq!(up.into_iter().rev().collect::<Vec<_>>(), headings);
            for place in places.iter().take(3) {
                let offset = place.index(text.len() + 1);
                prop_assert_eq!(sparse.row_at(offset), whole.row_at(offset));
                sparse.put_away(&(0..0));
                prop_assert_eq!(sparse.reveal(&text, offset), whole.row_at(offset));
                sparse.lay_out(&text, 0..usize::MAX);
            }
            prop_assert_eq!(&sparse.all_rows(), &whole.all_rows());
            sparse.put_away(&(0..0));
        }
    }
}

#[test]
fn only_the_rows_that_are_looked_at_are_kept_and_drawn() {
    let reply = include_str!("../../tests/fixtures/markdown/mixed.md");
    let text = reply.repeat(400_000 / reply.len());
    let mut document = Document::sparse(Kind::Markdown);
    document.sync(&text, 0, 80, true);
    assert_eq!(document.parsed_bytes, 0, "nobody has looked yet");
    let last = document.len() - 1;
    document.lay_out(&text, last..last + 1);
    document.reveal(&text, text.len() / 2);
    assert!(document.parsed_bytes < 100_000);
    document.put_away(&(0..0));
    assert_eq!(document.rows_at_hand(), 0);
    let mut whole = Document::new(Kind::Markdown);
    whole.sync(&text, 0, 80, true);
    assert!(
        document.len().abs_diff(whole.len()) < whole.len() / 2,
        "{}",
        document.len()
    );
    let mut rounds = 0;
    while !document.is_counted() {
        document.count_some(&text, document.len() / 3, &mut 50_000);
        rounds += 1;
    }
    assert!((4..12).contains(&rounds), "{rounds}");
    assert_eq!(document.len(), whole.len());
    assert_eq!(document.rows_at_hand(), 0);
    document.sync(&text, 0, 60, true);
    document.sync(&text, 0, 80, true);
    assert_eq!(document.len(), whole.len(), "what was counted is known");
}

#[test]
fn a_row_without_end_can_be_drawn_without_what_is_above_it() {
    for (start, piece) in [
        ("", "words without end "),
        ("```\n", "let x = 1; "),
        ("| a | b |\n|---|---|\n", "| one | two |\n"),
        ("- ", "item "),
    ] {
        for kind in [Kind::Markdown, Kind::Plain] {
            let text = [start, &piece.repeat(300_000 / piece.len())].concat();
            let mut document = Document::sparse(kind);
            document.sync(&text, 0, 80, false);
            document.parsed_bytes = 0;
            document.reveal(&text, text.len() / 2);
            assert!(
                document.parsed_bytes < 100_000,
                "{start:?} {kind:?}: {}",
                document.parsed_bytes
            );
        }
    }
}

/// Feeds `text` in pieces of `step` bytes and counts the bytes that were parsed.
fn parsed(text: &str, step: usize, width: u16) -> usize {
    let mut document = Document::new(Kind::Markdown);
    let mut at = 0;
    while at < text.len() {
        at += step;
        while !text.is_char_boundary(at.min(text.len())) {
            at += 1;
        }
        document.sync(text.get(..at.min(text.len())).unwrap(), 0, width, false);
    }
    document.sync(text, 0, width, true);
    document.parsed_bytes
}

#[test]
fn work_grows_with_the_text_and_not_with_its_square() {
    let reply = include_str!("../../tests/fixtures/markdown/mixed.md").repeat(8);
    let once = parsed(&reply, 4, 80);
    assert!(
        once < 20 * reply.len(),
        "{once} bytes parsed of {}",
        reply.len()
    );
}

#[test]
fn a_block_without_end_costs_no_more_than_its_length() {
    for (name, piece) in [
        ("paragraph", "Some words, and then others. "),
        ("word", "abcdefghij"),
        ("chinese", "一段没有尽头的文字，"),
        ("lines", "one line of many\n"),
        ("fence", "let x = 1;\n"),
        ("line of code", "let x = 1; "),
        ("list", "- an item of many\n"),
        ("numbers", "1. an item of many\n"),
        ("nested", "  - an item within one\n"),
        ("quote", "> what they said\n"),
        ("table", "| a | b |\n"),
        ("html", "<b>x</b>\n"),
        ("bold", "**open "),
        ("brackets", "[[[["),
        ("spaces", "        "),
        ("blank", "\n"),
        ("item", "and so on "),
        ("note", "    more\n"),
        ("quotes", ">>>>>>>>"),
    ] {
        let start = match name {
            "fence" | "line of code" => "```\n",
            "nested" => "- one\n",
            "table" => "| x | y |\n|---|---|\n",
            "html" => "<div>\n",
            "item" => "- ",
            "note" => "[^1]: note\n",
            _ => "",
        };
        let work = |bytes: usize| {
            let text = [start, &piece.repeat(bytes / piece.len())].concat();
            parsed(&text, 1999, 80)
        };
        let (half, whole) = (work(40_000), work(80_000));
        assert!(whole < 20 * 80_000, "{name}: {whole} bytes parsed");
        assert!(whole < 3 * half, "{name}: {half}, then {whole}");
    }
}

/// What each span shows beside the bytes that it stands for, decoration left out.
fn placed(text: &str, width: u16) -> Vec<(String, &str)> {
    let mut document = Document::new(Kind::Markdown);
    document.sync(text, 0, width, true);
    let rows = document.all_rows();
    let spans = rows.iter().flat_map(|row| &row.spans);
    let shown = spans.filter(|span| !span.source.is_empty());
    let pair = |span: &Span| (span.text.clone(), text.get(span.source.clone()).unwrap());
    shown.map(pair).collect()
}

#[test]
fn every_span_tells_its_source() {
    for (text, spans) in [
        (
            "- **a**\\* &amp; b\n  c",
            &[
                ("a", "a"),
                ("* ", "* "),
                ("&", "&amp;"),
                (" b ", " b\n"),
                ("c", "c"),
            ][..],
        ),
        (
            "[t](http://x \"y\") `` a`b `` $x^2$",
            &[
                ("t", "t"),
                (" (", "]("),
                ("http://x", "http://x"),
                (")", " \"y\")"),
                (" ", " "),
                ("a`b", "a`b"),
                (" ", " "),
                ("x²", "$x^2$"),
            ],
        ),
        (
            "> ```c\n> \tx\u{1b}\n> ```",
            &[("c", "c"), ("    ", "\t"), ("x", "x"), ("␛", "\u{1b}")],
        ),
        ("```c\nlong\n```", &[("c", "c"), ("long", "long")]),
        ("|h|\n|-|\n|a\\|b|", &[("h", "h"), ("a", "a"), ("|b", "|b")]),
        ("[r]: u", &[("[r]: ", "[r]: "), ("u", "u")]),
        ("e*\u{301}*", &[("e\u{301}", "e*\u{301}")]),
    ] {
        let shown = placed(text, 40);
        let shown: Vec<_> = shown.iter().map(|(a, b)| (a.as_str(), *b)).collect();
        assert_eq!(shown, spans, "{text}");
    }
    let words = "one two three";
    assert_eq!(
        placed(words, 7),
        [
            ("one two".to_owned(), "one two"),
            ("three".to_owned(), "three")
        ]
    );
}

/// What of a text leads somewhere, and where.
fn linked(text: &str, width: u16) -> Vec<(String, String)> {
    let mut document = Document::new(Kind::Markdown);
    document.sync(text, 0, width, true);
    let mut found: Vec<(String, String)> = Vec::new();
    for span in document.all_rows().iter().flat_map(|row| &row.spans) {
        let Some(link) = &span.link else { continue };
        match found.last_mut() {
            Some((text, url)) if url == link.url() => text.push_str(&span.text),
            _ => found.push((span.text.clone(), link.url().to_owned())),
        }
    }
    found
}

#[test]
fn links_and_bare_addresses_lead_where_they_say() {
    for (text, links) in [
        (
            "[**a**](http://x/é)",
            &[("a (http://x/é)", "http://x/%C3%A9")][..],
        ),
        (
            "<https://x/> <a@b.c>",
            &[("https://x/", "https://x/"), ("a@b.c", "mailto:a@b.c")],
        ),
        (
            "at https://x/a_b?c=1&d_e=2.",
            &[("https://x/a_b?c=1&d_e=2", "https://x/a_b?c=1&d_e=2")],
        ),
        (
            "![cat](http://x/y.png)",
            &[("[image: cat] (http://x/y.png)", "http://x/y.png")],
        ),
        (
            "[![cat](http://x/y.png)](http://z)",
            &[
                ("[image: cat]", "http://z"),
                (" (http://x/y.png)", "http://x/y.png"),
                (" (http://z)", "http://z"),
            ],
        ),
        ("| a |\n|---|\n| http://x |", &[("http://x", "http://x")]),
        ("[r]: http://z", &[("http://z", "http://z")]),
        (
            "`http://a` $http://b$ <i href=\"http://c\">",
            &[("http://c", "http://c")],
        ),
        ("```\nhttp://a\n```", &[]),
        ("[a](javascript:x) [b](/c)", &[]),
    ] {
        let found = linked(text, 60);
        let found: Vec<_> = found
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(found, links, "{text}");
    }
    assert_eq!(shown("[a.b/c](https://a.b/c)", 60), ["a.b/c"]);
    assert_eq!(shown("[https://a](http://a)", 60), ["https://a (http://a)"]);
}

#[test]
fn a_link_over_several_rows_stays_one_link() {
    let mut document = Document::new(Kind::Markdown);
    document.sync("[one two three](http://x)", 0, 9, true);
    let rows = document.all_rows();
    let spans = rows.iter().flat_map(|row| &row.spans);
    let links: Vec<_> = spans.filter_map(|span| span.link.clone()).collect();
    assert!(links.len() >= 3);
    assert!(links.iter().all(|link| *link == links[0]), "{links:?}");
    let twice = "[a](http://x) [a](http://x)";
    document.sync(twice, 1, 80, true);
    let links: Vec<_> = document.all_rows()[0]
        .spans
        .iter()
        .filter_map(|s| s.link.clone())
        .collect();
    assert_ne!(links.first(), links.last(), "two links to one place");
}

#[test]
fn a_half_written_link_leads_nowhere() {
    let mut document = Document::new(Kind::Markdown);
    document.sync("[text](http://exa", 0, 80, false);
    assert!(
        document.all_rows()[0]
            .spans
            .iter()
            .all(|span| span.link.is_none())
    );
}

#[test]
fn footnotes_are_numbers_with_a_block_of_their_own() {
    assert_eq!(
        shown(
            "So it is[^1], *they say*[^12].\n\n[^1]: A long note about it.\n[^12]: Short.\n\n    More.\n\nEnd",
            20
        ),
        [
            "So it is[1], they",
            "say[12].",
            "",
            "[1] A long note",
            "    about it.",
            "[12] Short.",
            "",
            "     More.",
            "",
            "End"
        ]
    );
    assert_eq!(
        shown("[^a-z] `[^1]` [^note]\n\n[^note]: named", 30),
        ["[^a-z] [^1] [^note]", "", "[^note] named"]
    );
    assert_eq!(placed("a[^1]b", 9)[1], ("[1]".to_owned(), "[^1]"));
    assert_eq!(moments("a[^1] b", 9), ["a", "a[", "a", "a[1]", "a[1] b"]);
    assert_eq!(
        moments("[^1]: ab", 9).last().map(String::as_str),
        Some("[1] ab")
    );
}

#[test]
fn an_address_in_angle_brackets_never_shows_them() {
    let moments = moments("at <https://a.b> x", 30);
    assert!(
        moments.iter().all(|moment| !moment.contains(['<', '>'])),
        "{moments:?}"
    );
    assert_eq!(moments.last().unwrap(), "at https://a.b x");
    assert_eq!(shown("a <b", 9), ["a <b"]);
}

#[test]
fn a_table_right_below_a_line_of_text_is_a_table() {
    let rows = [
        "Look:",
        "",
        "┌───┬───┐",
        "│ a │ b │",
        "├───┼───┤",
        "│ 1 │ 2 │",
        "└───┴───┘",
    ];
    assert_eq!(shown("Look:\n| a | b |\n|---|---|\n| 1 | 2 |", 30), rows);
    assert_eq!(shown("One\ntwo | three\n--- | ---\n", 30)[0], "One");
}

#[test]
fn heading_levels_differ_without_colours() {
    let mut document = Document::new(Kind::Markdown);
    document.sync("# a\n## b\n### c", 0, 20, true);
    let looks = |row: usize| {
        let style = document.all_rows()[row].spans[0].style;
        (style.bold, style.underline, style.italic)
    };
    assert_eq!(looks(0), (true, true, false));
    assert_eq!(looks(2), (true, false, false));
    assert_eq!(looks(4), (true, false, true));
}

/// Every beginning of real replies, up to some length at every character, then here and there.
#[test]
fn what_of_a_reply_is_settled_never_changes() {
    for reply in [
        include_str!("../../tests/fixtures/markdown/english.md"),
        include_str!("../../tests/fixtures/markdown/chinese.md"),
        include_str!("../../tests/fixtures/markdown/readme.md"),
        include_str!("../../tests/fixtures/markdown/pathological.md"),
    ] {
        for width in [1, 17, 80] {
            let mut document = Document::new(Kind::Markdown);
            let mut settled: Vec<Row> = Vec::new();
            let places = reply.char_indices().map(|(at, _)| at).enumerate();
            for (_, at) in places.filter(|(number, _)| *number < 800 || number % 23 == 0) {
                document.sync(reply.get(..at).unwrap(), 0, width, false);
                assert_sound(&document, reply, width);
                assert_eq!(
                    &document.all_rows()[..settled.len()],
                    &settled[..],
                    "at {at}"
                );
                settled = document.all_rows()[..document.settled_rows()].to_vec();
            }
            document.sync(reply, 0, width, true);
            assert_eq!(&document.all_rows()[..settled.len()], &settled[..]);
        }
    }
}
