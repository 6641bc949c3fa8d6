//! Which theme is worn: the one that was asked for, or the one that fits the terminal's background.

use super::picker::{Item, Picker};
use crate::catalog::nearest::{did_you_mean, either};
use crate::config::theme::{Background, Theme};
use crate::phrase::tr;

/// The name that leaves the choice to the terminal's background.
pub const AUTO: &str = "auto";

/// Every theme, and which one is worn.
///
/// Invariant: [`Themes::revision`] changes whenever [`Themes::worn`] does.
#[derive(Debug, Clone)]
pub struct Themes {
    all: Vec<Theme>,
    /// `auto`, or the name of one of them.
    wish: String,
    /// The wish that is tried on; it counts until it is taken back.
    preview: Option<String>,
    background: Option<Background>,
    worn: Theme,
    revision: u32,
}

impl Themes {
    /// The user's themes and those that are built in; `wish` is `auto` or a name.
    pub(super) fn new(own: &[Theme], wish: &str) -> Self {
        let mut all = own.to_vec();
        // A theme of the user's takes the place of a built-in one of its name.
        let others = Theme::builtin().into_iter();
        all.extend(others.filter(|theme| own.iter().all(|mine| mine.name != theme.name)));
        let mut themes = Self {
            all,
            wish: wish.to_owned(),
            preview: None,
            background: None,
            worn: Theme::ansi(),
            revision: 0,
        };
        themes.dress();
        themes
    }

    /// The theme in force.
    pub fn worn(&self) -> &Theme {
        &self.worn
    }

    /// Counts the changes of the theme in force.
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// Whether the terminal's background decides, so that it is worth asking for.
    pub fn follow_background(&self) -> bool {
        self.wish == AUTO
    }

    /// What was asked for: `auto`, or a name.
    pub fn wish(&self) -> &str {
        &self.wish
    }

    /// Takes note of the terminal's background.
    pub(super) fn see(&mut self, background: Background) {
        self.background = Some(background);
        self.dress();
    }

    /// Tries a theme on, or takes it off again.
    pub(super) fn preview(&mut self, name: Option<&str>) {
        if self.preview.as_deref() != name {
            self.preview = name.map(str::to_owned);
            self.dress();
        }
    }

    /// Asks for a theme by its name.
    ///
    /// # Errors
    ///
    /// A sentence with the names that there are, when this is none of them.
    pub(super) fn choose(&mut self, name: &str) -> Result<(), String> {
        if name != AUTO && self.named(name).is_none() {
            let names = self.names();
            let near = did_you_mean(name, names.iter().copied());
            let all = either(&names);
            return Err(tr!(
                "There is no theme “{name}”.{near} There are {all}",
                name,
                near,
                all
            ));
        }
        name.clone_into(&mut self.wish);
        self.preview = None;
        self.dress();
        Ok(())
    }

    /// `auto` and every theme, to pick from.
    pub(super) fn picker(&self) -> Picker<String> {
        let names = self.names();
        let at = names.iter().position(|name| *name == self.wish);
        let items = names.iter().map(|name| Item {
            title: (*name).to_owned(),
            words: String::new(),
            right: match self.named(name) {
                None => tr!("as the terminal's background asks"),
                Some(theme) => match theme.background {
                    None => tr!("on any background"),
                    Some(Background::Dark) => tr!("on a dark background"),
                    Some(Background::Light) => tr!("on a light background"),
                },
            }
            .to_owned(),
            about: String::new(),
            dim: false,
            value: (*name).to_owned(),
        });
        Picker::new(items.collect(), at.unwrap_or(0))
    }

    fn names(&self) -> Vec<&str> {
        let all = self.all.iter().map(|theme| theme.name.as_str());
        // A theme of the user's that has this name would only be mistaken for it.
        std::iter::once(AUTO)
            .chain(all.filter(|name| *name != AUTO))
            .collect()
    }

    fn named(&self, name: &str) -> Option<&Theme> {
        self.all
            .iter()
            .find(|theme| theme.name == name && name != AUTO)
    }

    /// Puts on what is wished for.
    fn dress(&mut self) {
        let wish = self.preview.as_deref().unwrap_or(&self.wish);
        let name = match (wish, self.background) {
            (AUTO, None) => "ansi",
            (AUTO, Some(Background::Dark)) => "dark",
            (AUTO, Some(Background::Light)) => "light",
            (name, _) => name,
        };
        let worn = self.named(name).cloned().unwrap_or_else(Theme::ansi);
        if worn != self.worn {
            self.worn = worn;
            self.revision = self.revision.wrapping_add(1);
        }
    }
}

impl super::App {
    /// Shows the theme that is selected, while one is being picked.
    pub(super) fn preview_theme(&mut self) {
        let selected = match &self.overlay {
            Some(super::Overlay::Themes(picker)) => {
                picker.selected().map(|item| item.value.as_str())
            }
            _ => None,
        };
        self.themes.preview(selected);
    }
}
