//! What a user may ask of a model besides the words: sampling parameters and the thinking mode.

use std::fmt;
use std::str::FromStr;

use crate::phrase::tr;

/// Sampling parameters. `None` leaves the provider's own default in force.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Params {
    /// The most tokens a reply may have, reasoning included.
    pub max_tokens: Option<u64>,
    /// How much chance there is in the choice of words.
    pub temperature: Option<f64>,
    /// The share of probability that words are chosen from, 0 to 1.
    pub top_p: Option<f64>,
    /// How strongly words already used are avoided, -2 to 2.
    pub presence_penalty: Option<f64>,
}

impl Params {
    /// These parameters where they are set, `other`'s where they are not.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            max_tokens: self.max_tokens.or(other.max_tokens),
            temperature: self.temperature.or(other.temperature),
            top_p: self.top_p.or(other.top_p),
            presence_penalty: self.presence_penalty.or(other.presence_penalty),
        }
    }
}

impl fmt::Display for Params {
    /// What is set, as `max_tokens 4096, temperature 0.5`; else that the provider's defaults hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = [
            ("max_tokens", self.max_tokens.map(|value| value.to_string())),
            (
                "temperature",
                self.temperature.map(|value| value.to_string()),
            ),
            ("top_p", self.top_p.map(|value| value.to_string())),
            (
                "presence_penalty",
                self.presence_penalty.map(|value| value.to_string()),
            ),
        ];
        let set: Vec<String> = set
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", value?)))
            .collect();
        if set.is_empty() {
            return f.write_str(tr!("the provider's default parameters"));
        }
        f.write_str(&set.join(", "))
    }
}

/// What an answer is asked to be or to draw on, besides the words. It is kept as those words that
/// hold: `json search`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extras {
    /// It is to be JSON.
    pub json: bool,
    /// It may draw on pages found on the web.
    pub search: bool,
}

impl fmt::Display for Extras {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [(self.json, "json"), (self.search, "search")];
        let words = words.into_iter().filter(|(holds, _)| *holds);
        let words: Vec<&str> = words.map(|(_, word)| word).collect();
        f.write_str(&words.join(" "))
    }
}

impl From<&str> for Extras {
    /// Reads them back; words of a later program are passed over.
    fn from(words: &str) -> Self {
        let has = |wanted: &str| words.split_whitespace().any(|word| word == wanted);
        Self {
            json: has("json"),
            search: has("search"),
        }
    }
}

/// How much a model is asked to think before it answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thinking {
    /// Not at all.
    Off,
    /// As much as the model sees fit.
    #[default]
    On,
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// Very much.
    Xhigh,
    /// As much as it can.
    Max,
}

impl Thinking {
    /// Every mode, in the order the key cycles through them.
    pub const ALL: [Self; 7] = [
        Self::On,
        Self::Off,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Xhigh,
        Self::Max,
    ];

    /// The word used in the configuration, on the command line and on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Xhigh => "xhigh",
            Self::Max => "max",
        }
    }
}

impl Thinking {
    /// Its name for people: “on” and “off” in their language, an effort as it is typed.
    pub fn shown(self) -> &'static str {
        match self {
            Self::On => tr!("on"),
            Self::Off => tr!("off"),
            Self::Low | Self::Medium | Self::High | Self::Xhigh | Self::Max => self.word(),
        }
    }
}

impl fmt::Display for Thinking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A word that names no thinking mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchMode(pub String);

impl fmt::Display for NoSuchMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&tr!(
            "there is no thinking mode “{name}”; it is one of on, off, low, medium, high, xhigh, max",
            name = self.0
        ))
    }
}

impl std::error::Error for NoSuchMode {}

impl FromStr for Thinking {
    type Err = NoSuchMode;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.word() == word)
            .ok_or_else(|| NoSuchMode(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_is_read_back_from_its_word() {
        for mode in Thinking::ALL {
            assert_eq!(mode.word().parse(), Ok(mode));
        }
        assert!("maximum".parse::<Thinking>().is_err());
    }
}
