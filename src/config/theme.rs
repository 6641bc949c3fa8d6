//! Themes as data: how each part of the screen looks, in the words of a theme's file.
//!
//! Owns [`Theme`], [`Part`], [`Look`] and [`Colour`], and the themes that are built in. What a
//! terminal can show of them is decided in `ui`; files are read by whoever calls [`parse`].

mod read;

pub use read::{parse, unknown};

/// What a theme is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Light text on a dark screen.
    Dark,
    /// Dark text on a light screen.
    Light,
}

impl Background {
    /// What a background of this colour calls for.
    pub fn of(rgb: [u8; 3]) -> Self {
        // Where black and white text are equally easy to read: (L + 0.05)² = 0.05 · 1.05.
        if luminance(rgb) < 0.179 {
            Self::Dark
        } else {
            Self::Light
        }
    }
}

/// How bright a colour looks, from 0 (black) to 1 (white): the relative luminance of WCAG 2.2
/// (<https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>).
pub fn luminance(rgb: [u8; 3]) -> f64 {
    let [r, g, b] = rgb.map(|channel| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// How well one colour can be read on another, from 1 (not at all) to 21 (black on white): the
/// contrast ratio of WCAG 2.2 (<https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>).
pub fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// A colour as a theme names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colour {
    /// The terminal's own.
    #[default]
    Default,
    /// One of the terminal's 256; the first sixteen are the user's choice.
    Palette(u8),
    /// Red, green and blue.
    Rgb([u8; 3]),
}

/// How a part of the screen looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a key of the file that says one thing"
)]
pub struct Look {
    /// The colour of its text.
    pub fg: Colour,
    /// The colour behind it.
    pub bg: Colour,
    /// In bold.
    pub bold: bool,
    /// In italics.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Fainter than usual.
    pub dim: bool,
    /// With text and background exchanged.
    pub reverse: bool,
}

/// A part of the screen that has a look of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Everything that has no other look.
    Text,
    /// Reasoning, where it is running text.
    Reasoning,
    /// Frames and separators.
    Border,
    /// The frame of what has the keys.
    Focus,
    /// Titles of panes.
    Title,
    /// Times, hints and figures.
    Dim,
    /// A key in a hint.
    Key,
    /// The user's name over a message.
    User,
    /// The model's name over an answer.
    Model,
    /// What is going on right now.
    Active,
    /// What did not work.
    Error,
    /// What should be known.
    Warning,
    /// The selected row of a list.
    Selected,
    /// Text selected with the mouse.
    Selection,
    /// What a search found.
    Match,
    /// The place that a search is at.
    CurrentMatch,
    /// A heading.
    Heading,
    /// Code within a line.
    Code,
    /// Code in a block of its own, where its syntax says nothing.
    CodeBlock,
    /// The language of a code block.
    CodeLabel,
    /// Quoted text.
    Quote,
    /// Bullets, numbers, boxes of tasks.
    Marker,
    /// The text of a link.
    Link,
    /// Where a link leads.
    LinkTarget,
    /// The frame of a table.
    TableBorder,
    /// A column's title.
    TableHeader,
    /// Lines across the text.
    Rule,
    /// A formula.
    Math,
    /// In code: a keyword.
    Keyword,
    /// In code: a text.
    String,
    /// In code: a number or a constant.
    Number,
    /// In code: a function.
    Function,
    /// In code: a type.
    Type,
    /// In code: a comment.
    Comment,
}

impl Part {
    /// Every part with its key in a theme's file, in the order of the variants.
    #[rustfmt::skip] // A table reads best with a row a line.
    pub const ALL: [(Self, &'static str); 34] = [
        (Self::Text, "text"),
        (Self::Reasoning, "reasoning"),
        (Self::Border, "border"),
        (Self::Focus, "focus"),
        (Self::Title, "title"),
        (Self::Dim, "dim"),
        (Self::Key, "key"),
        (Self::User, "user"),
        (Self::Model, "model"),
        (Self::Active, "active"),
        (Self::Error, "error"),
        (Self::Warning, "warning"),
        (Self::Selected, "selected"),
        (Self::Selection, "selection"),
        (Self::Match, "match"),
        (Self::CurrentMatch, "current_match"),
        (Self::Heading, "heading"),
        (Self::Code, "code"),
        (Self::CodeBlock, "code_block"),
        (Self::CodeLabel, "code_label"),
        (Self::Quote, "quote"),
        (Self::Marker, "marker"),
        (Self::Link, "link"),
        (Self::LinkTarget, "link_target"),
        (Self::TableBorder, "table_border"),
        (Self::TableHeader, "table_header"),
        (Self::Rule, "rule"),
        (Self::Math, "math"),
        (Self::Keyword, "keyword"),
        (Self::String, "string"),
        (Self::Number, "number"),
        (Self::Function, "function"),
        (Self::Type, "type"),
        (Self::Comment, "comment"),
    ];
}

/// A look for every part of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// What it is chosen by.
    pub name: String,
    /// What it is made for; `None` = it can be read on any background.
    pub background: Option<Background>,
    looks: [Look; Part::ALL.len()],
}

impl Theme {
    /// The look of a part.
    pub fn look(&self, part: Part) -> Look {
        self.looks.get(part as usize).copied().unwrap_or_default()
    }

    /// The theme that fits any background, since it uses the terminal's own sixteen colours. Other
    /// themes take from it what they leave out.
    pub fn ansi() -> Self {
        builtin_file("ansi", include_str!("../../assets/themes/ansi.toml"))
    }

    /// Every theme that is built in.
    pub fn builtin() -> Vec<Self> {
        vec![
            Self::ansi(),
            builtin_file("dark", include_str!("../../assets/themes/dark.toml")),
            builtin_file("light", include_str!("../../assets/themes/light.toml")),
            builtin_file(
                "high-contrast",
                include_str!("../../assets/themes/high-contrast.toml"),
            ),
        ]
    }

    fn plain(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            background: None,
            looks: [Look::default(); Part::ALL.len()],
        }
    }
}

/// A theme of our own. A mistake in one would show as a plain screen; a test finds it first.
fn builtin_file(name: &str, text: &str) -> Theme {
    parse(text, name, name).unwrap_or_else(|_| Theme::plain(name))
}

#[cfg(test)]
mod tests;
