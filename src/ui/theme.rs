//! Colours by role. The default theme uses the terminal's own sixteen, so that it fits whatever
//! background the user has chosen; with `NO_COLOR` only weight and reversal are left.

use ratatui::style::{Color, Modifier, Style};

use crate::markdown::{self, Role};

/// The style of everything on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    coloured: bool,
}

impl Theme {
    /// The default theme: the terminal's own sixteen colours.
    pub fn ansi() -> Self {
        Self { coloured: true }
    }

    /// No colours at all, as `NO_COLOR` asks.
    pub fn colourless() -> Self {
        Self { coloured: false }
    }

    /// Borders and separators of what has no focus.
    pub fn border(self) -> Style {
        self.colour(Color::DarkGray)
    }

    /// Borders of what has the focus.
    pub fn focus(self) -> Style {
        self.colour(Color::Cyan)
            .patch(self.without_colour(Modifier::BOLD))
    }

    /// Titles of panes: the text's own colour, not the border's.
    pub fn title(self) -> Style {
        Style::new().fg(Color::Reset).add_modifier(Modifier::BOLD)
    }

    /// What matters less: times, hints, figures.
    pub fn dim(self) -> Style {
        self.colour(Color::DarkGray)
            .patch(self.without_colour(Modifier::DIM))
    }

    /// The user's name over a prompt.
    pub fn user(self) -> Style {
        self.colour(Color::Green).add_modifier(Modifier::BOLD)
    }

    /// The model's name over an answer.
    pub fn model(self) -> Style {
        self.colour(Color::Magenta).add_modifier(Modifier::BOLD)
    }

    /// What is going on right now.
    pub fn active(self) -> Style {
        self.colour(Color::Cyan)
    }

    /// What did not work.
    pub fn error(self) -> Style {
        self.colour(Color::Red)
    }

    /// What should be known.
    pub fn warning(self) -> Style {
        self.colour(Color::Yellow)
    }

    /// The selected row of a list.
    pub fn selected(self) -> Style {
        Style::new()
            .fg(Color::Reset)
            .add_modifier(Modifier::REVERSED)
    }

    /// Text that was looked for and found.
    pub fn found(self) -> Style {
        if self.coloured {
            Style::new().fg(Color::Black).bg(Color::Yellow)
        } else {
            Style::new().add_modifier(Modifier::UNDERLINED)
        }
    }

    /// The one of them that the reader is at.
    pub fn found_here(self) -> Style {
        let style = if self.coloured {
            Style::new().fg(Color::Black).bg(Color::LightMagenta)
        } else {
            Style::new().add_modifier(Modifier::REVERSED)
        };
        style.add_modifier(Modifier::BOLD)
    }

    /// Text selected with the mouse.
    pub fn selection(self) -> Style {
        Style::new()
            .fg(Color::Reset)
            .add_modifier(Modifier::REVERSED)
    }

    /// Rendered Markdown.
    pub fn text(self, style: markdown::Style) -> Style {
        let mut out = match style.role {
            Role::Text => Style::new(),
            Role::Heading(_) => self.colour(Color::Cyan).add_modifier(Modifier::BOLD),
            Role::Code | Role::Math => self.colour(Color::Yellow),
            Role::CodeBlock => Style::new(),
            Role::Quote => Style::new().add_modifier(Modifier::ITALIC),
            Role::Marker => self.colour(Color::Cyan),
            Role::Link => self.colour(Color::Blue).add_modifier(Modifier::UNDERLINED),
            Role::LinkTarget | Role::CodeLabel | Role::TableBorder | Role::Rule | Role::Dim => {
                self.dim()
            }
            Role::Keyword => self.colour(Color::Magenta),
            Role::String => self.colour(Color::Green),
            Role::Number | Role::Type => self.colour(Color::Yellow),
            Role::Function => self.colour(Color::Blue),
            Role::Comment => self.dim(),
            Role::TableHeader => Style::new().add_modifier(Modifier::BOLD),
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

    fn colour(self, colour: Color) -> Style {
        if self.coloured {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }

    fn without_colour(self, modifier: Modifier) -> Style {
        if self.coloured {
            Style::new()
        } else {
            Style::new().add_modifier(modifier)
        }
    }
}
