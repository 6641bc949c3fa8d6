//! The theme in force, as the terminal can show it: a style for each part of the screen.
//!
//! A theme's data is [`config::theme`](crate::config::theme)'s; `depth` brings its colours down to
//! those that the terminal has. Without colours only weight, slant, lines and reversal are left.

mod depth;

pub use depth::Depth;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use crate::config::theme::{Colour, Look, Part, Theme as Looks};
use crate::markdown::{self, Role};

/// The style of everything on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    depth: Depth,
    styles: [Style; Part::ALL.len()],
}

impl Theme {
    /// A theme as far as a terminal of this depth can show it.
    pub fn new(looks: &Looks, depth: Depth) -> Self {
        let style = |(part, _): (Part, &str)| match depth {
            Depth::None => without_colours(part),
            Depth::Sixteen | Depth::Palette | Depth::Full => {
                let mut style = shown(looks.look(part), depth, looks.background);
                // These lie over text that has colours of its own.
                if matches!(part, Part::Title | Part::Selected) && style.fg.is_none() {
                    style.fg = Some(Color::Reset);
                }
                style
            }
        };
        Self {
            depth,
            styles: Part::ALL.map(style),
        }
    }

    /// The theme that fits any background: the terminal's own sixteen colours.
    pub fn ansi() -> Self {
        Self::new(&Looks::ansi(), Depth::Full)
    }

    /// No colours at all, as `NO_COLOR` asks.
    pub fn colourless() -> Self {
        Self::new(&Looks::ansi(), Depth::None)
    }

    /// How many colours it may use.
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// Borders and separators of what has no focus.
    pub fn border(&self) -> Style {
        self.style(Part::Border)
    }

    /// Borders of what has the focus.
    pub fn focus(&self) -> Style {
        self.style(Part::Focus)
    }

    /// Titles of panes: the text's own colour, not the border's.
    pub fn title(&self) -> Style {
        self.style(Part::Title)
    }

    /// What matters less: times, hints, figures.
    pub fn dim(&self) -> Style {
        self.style(Part::Dim)
    }

    /// A key in a hint.
    pub fn key(&self) -> Style {
        self.style(Part::Key)
    }

    /// The user's name over a prompt.
    pub fn user(&self) -> Style {
        self.style(Part::User)
    }

    /// The model's name over an answer.
    pub fn model(&self) -> Style {
        self.style(Part::Model)
    }

    /// What is going on right now.
    pub fn active(&self) -> Style {
        self.style(Part::Active)
    }

    /// What did not work.
    pub fn error(&self) -> Style {
        self.style(Part::Error)
    }

    /// What should be known.
    pub fn warning(&self) -> Style {
        self.style(Part::Warning)
    }

    /// The selected row of a list.
    pub fn selected(&self) -> Style {
        self.style(Part::Selected)
    }

    /// Text selected with the mouse.
    pub fn selection(&self) -> Style {
        self.style(Part::Selection)
    }

    /// What a search found.
    pub fn found(&self) -> Style {
        self.style(Part::Match)
    }

    /// The place that a search is at.
    pub fn found_here(&self) -> Style {
        self.style(Part::CurrentMatch)
    }

    /// A pixel of a picture, as near as the terminal has it.
    pub(super) fn pixel(&self, rgb: [u8; 3]) -> Option<Color> {
        depth::pair(Colour::Rgb(rgb), Colour::Default, self.depth, None).0
    }

    /// Rendered Markdown.
    pub fn text(&self, style: markdown::Style) -> Style {
        let mut out = match style.role {
            Role::Text => Style::new(),
            Role::Heading(_) => self.style(Part::Heading),
            Role::Code => self.style(Part::Code),
            Role::CodeBlock => self.style(Part::CodeBlock),
            Role::CodeLabel => self.style(Part::CodeLabel),
            Role::Quote => self.style(Part::Quote),
            Role::Marker => self.style(Part::Marker),
            Role::Rule => self.style(Part::Rule),
            Role::Link => self.style(Part::Link),
            Role::LinkTarget => self.style(Part::LinkTarget),
            Role::TableBorder => self.style(Part::TableBorder),
            Role::TableHeader => self.style(Part::TableHeader),
            Role::Math => self.style(Part::Math),
            Role::Dim => self.style(Part::Dim),
            Role::Keyword => self.style(Part::Keyword),
            Role::String => self.style(Part::String),
            Role::Number => self.style(Part::Number),
            Role::Type => self.style(Part::Type),
            Role::Function => self.style(Part::Function),
            Role::Comment => self.style(Part::Comment),
        };
        let flags = [
            (style.bold, Modifier::BOLD),
            (style.italic, Modifier::ITALIC),
            (style.underline, Modifier::UNDERLINED),
            (style.strike, Modifier::CROSSED_OUT),
        ];
        for (_, modifier) in flags.into_iter().filter(|(set, _)| *set) {
            out = out.add_modifier(modifier);
        }
        out
    }

    /// Gives reasoning its ink, where nothing else has one.
    pub(super) fn tint_reasoning(&self, area: Rect, buf: &mut Buffer) {
        tint(self.style(Part::Reasoning), area, buf);
    }

    /// Gives a whole frame the theme's own ink and ground, where it has them and the frame has not.
    pub(super) fn tint_all(&self, area: Rect, buf: &mut Buffer) {
        tint(self.style(Part::Text), area, buf);
    }

    /// Takes the colours and the weight out of what lies under an overlay.
    pub(super) fn hush(&self, area: Rect, buf: &mut Buffer) {
        let loud = Modifier::BOLD | Modifier::REVERSED | Modifier::UNDERLINED;
        let (dim, border) = (self.dim(), self.border());
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                let Some(cell) = buf.cell_mut((x, y)) else {
                    continue;
                };
                let quiet = if cell
                    .symbol()
                    .starts_with(['─', '│', '╭', '╮', '╰', '╯', '┃'])
                {
                    border
                } else {
                    dim
                };
                cell.fg = quiet.fg.unwrap_or_default();
                cell.bg = Color::Reset;
                cell.modifier = cell.modifier.difference(loud) | quiet.add_modifier;
            }
        }
    }

    fn style(&self, part: Part) -> Style {
        self.styles.get(part as usize).copied().unwrap_or_default()
    }
}

/// Fills in what cells leave to the terminal.
fn tint(style: Style, area: Rect, buf: &mut Buffer) {
    if style == Style::new() {
        return;
    }
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            let Some(cell) = buf.cell_mut((x, y)) else {
                continue;
            };
            if cell.fg == Color::Reset {
                cell.fg = style.fg.unwrap_or_default();
            }
            if cell.bg == Color::Reset {
                cell.bg = style.bg.unwrap_or_default();
            }
            cell.modifier |= style.add_modifier;
        }
    }
}

fn shown(look: Look, depth: Depth, on: Option<crate::config::theme::Background>) -> Style {
    let (fg, bg) = depth::pair(look.fg, look.bg, depth, on);
    let modifiers = [
        (look.bold, Modifier::BOLD),
        (look.italic, Modifier::ITALIC),
        (look.underline, Modifier::UNDERLINED),
        (look.dim, Modifier::DIM),
        (look.reverse, Modifier::REVERSED),
    ];
    let set = modifiers.into_iter().filter(|(set, _)| *set);
    Style {
        fg,
        bg,
        add_modifier: set.map(|(_, modifier)| modifier).collect(),
        ..Style::new()
    }
}

/// How parts are told apart where there are no colours, whatever the theme says.
fn without_colours(part: Part) -> Style {
    let modifier = match part {
        Part::Focus
        | Part::Title
        | Part::Key
        | Part::User
        | Part::Model
        | Part::Error
        | Part::Warning
        | Part::Heading
        | Part::TableHeader
        | Part::Keyword => Modifier::BOLD,
        Part::Border
        | Part::Dim
        | Part::CodeLabel
        | Part::LinkTarget
        | Part::TableBorder
        | Part::Rule
        | Part::Comment => Modifier::DIM,
        Part::Selected | Part::Selection | Part::CurrentMatch => Modifier::REVERSED,
        Part::Match => Modifier::BOLD.union(Modifier::UNDERLINED),
        Part::Link => Modifier::UNDERLINED,
        Part::Quote => Modifier::ITALIC,
        Part::Text
        | Part::Reasoning
        | Part::Active
        | Part::Code
        | Part::CodeBlock
        | Part::Marker
        | Part::Math
        | Part::String
        | Part::Number
        | Part::Function
        | Part::Type => Modifier::empty(),
    };
    let style = Style::new().add_modifier(modifier);
    match part {
        // It lies over a frame that is dimmed.
        Part::Title => style.remove_modifier(Modifier::DIM),
        _ => style,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colours_no_part_of_any_theme_has_one() {
        for looks in Looks::builtin() {
            let theme = Theme::new(&looks, Depth::None);
            for style in theme.styles {
                assert_eq!((style.fg, style.bg), (None, None));
            }
            assert_ne!(theme.focus(), theme.border());
            assert_ne!(theme.error(), Style::new());
        }
    }

    #[test]
    fn a_frame_without_ink_gets_the_themes_and_what_has_one_keeps_it() {
        let looks = Looks::builtin();
        let looks = looks.iter().find(|looks| looks.name == "high-contrast");
        let theme = Theme::new(looks.unwrap(), Depth::Full);
        let area = Rect::new(0, 0, 2, 1);
        let mut buf = Buffer::empty(area);
        buf.set_string(0, 0, "x", Style::new().fg(Color::Red));
        theme.tint_all(area, &mut buf);
        let look = |x| (buf[(x, 0)].fg, buf[(x, 0)].bg);
        let black = Color::Rgb(0, 0, 0);
        assert_eq!(look(0), (Color::Red, black));
        assert_eq!(look(1), (Color::Rgb(255, 255, 255), black));
        let before = buf.clone();
        Theme::ansi().tint_all(area, &mut buf);
        assert_eq!(buf, before);
    }
}
