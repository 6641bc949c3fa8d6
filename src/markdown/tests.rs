use super::*;

mod formulas;
mod growth;
mod soundness;
mod sources;

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
