//! What the program says, in the user's language.
//!
//! Texts stand in the code in English, in `tr!`; the lines of `assets/locales/zh-CN.toml` are
//! found by them. A text without a line is said in English. Speaking English reads no file, builds
//! no table and formats with `format!`.
//!
//! The language is the one thing that is set for the whole process: it is decided once, at the
//! start, and every layer down to the sentences of a failure speaks. Handing it to all of them would
//! put a parameter into every signature that ends in words, `Display` included.

mod system;
mod told;

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt::Display;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

pub use system::system;
pub use told::heard;
pub(crate) use told::told;

/// A language that the program speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    ZhCn,
}

impl Language {
    /// The language of a locale such as `zh_CN.UTF-8`. Locales of Traditional Chinese get English,
    /// unless the configuration says otherwise.
    pub fn of_locale(locale: &str) -> Self {
        let name = locale.split(['.', '@']).next().unwrap_or_default();
        let name = name.replace('-', "_").to_ascii_lowercase();
        match name.as_str() {
            "zh" | "zh_cn" | "zh_sg" | "zh_my" => Self::ZhCn,
            name if name.starts_with("zh_hans") => Self::ZhCn,
            _ => Self::En,
        }
    }
}

/// The Chinese lines, as the file has them.
const ZH_CN: &str = include_str!("../assets/locales/zh-CN.toml");

/// Its lines by their English texts; read when the first one is asked for.
static LINES: OnceLock<HashMap<String, String>> = OnceLock::new();

static CHINESE: AtomicBool = AtomicBool::new(false);

thread_local! {
    static OF_THREAD: Cell<Option<Language>> = const { Cell::new(None) };
}

/// Has the process speak a language from now on.
pub fn speak(language: Language) {
    CHINESE.store(language == Language::ZhCn, Ordering::Relaxed);
}

/// The language spoken.
pub fn language() -> Language {
    OF_THREAD.get().unwrap_or_else(|| {
        if CHINESE.load(Ordering::Relaxed) {
            Language::ZhCn
        } else {
            Language::En
        }
    })
}

/// Does something in a language, on this thread only: the way to hear two languages in one process.
pub fn speaking<T>(language: Language, deed: impl FnOnce() -> T) -> T {
    /// Puts the language back whichever way the deed ends.
    struct Back(Option<Language>);
    impl Drop for Back {
        fn drop(&mut self) {
            OF_THREAD.set(self.0);
        }
    }
    let _back = Back(OF_THREAD.replace(Some(language)));
    deed()
}

/// What a text is called in the language spoken; `None` for the text itself.
pub fn line(text: &str) -> Option<&'static str> {
    if language() == Language::En {
        return None;
    }
    // A test parses the file; if it were broken, English would still be better than no word at all.
    let lines = LINES.get_or_init(|| toml::from_str(ZH_CN).unwrap_or_default());
    lines.get(text).map(String::as_str)
}

/// A text in the language spoken.
pub fn of(text: &'static str) -> &'static str {
    line(text).unwrap_or(text)
}

/// A text from data (the catalogue's notes) in the language spoken.
pub fn of_data(text: &str) -> &str {
    line(text).unwrap_or(text)
}

/// A text to be said later, through [`of`]: marks it for those who look for untranslated ones.
pub const fn mark(text: &'static str) -> &'static str {
    text
}

/// Texts in a row: sentences follow each other as the language has it, what ends in none is parted
/// by a dot. Empty ones are left out.
pub fn in_a_row<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut row = String::new();
    for text in texts.into_iter().filter(|text| !text.is_empty()) {
        row.push_str(match row.chars().next_back() {
            // A full stop of Chinese brings its own space.
            None | Some('。') => "",
            Some('.') => " ",
            Some(_) => " · ",
        });
        row.push_str(text);
    }
    row
}

/// What stands between two texts that come together in a Chinese line: a space between a Chinese
/// character and a Latin letter or a figure.
fn gap(before: &str, after: &str) -> &'static str {
    let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    match (before.chars().next_back(), after.chars().next()) {
        (Some(a), Some(b))
            if is_chinese(a) && b.is_ascii_alphanumeric()
                || a.is_ascii_alphanumeric() && is_chinese(b) =>
        {
            " "
        }
        _ => "",
    }
}

/// A line with its `{name}`s replaced. What is not known stays as it is.
pub fn filled(line: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut out = String::with_capacity(line.len() + 16);
    let mut rest = line;
    // Whether a value ends here; what stands in the line itself is spaced already.
    let mut behind_value = false;
    while let Some((before, after)) = rest.split_once('{') {
        if behind_value {
            out.push_str(gap(&out, before));
        }
        out.push_str(before);
        let known = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, after))
        });
        behind_value = known.is_some();
        if let Some((value, after)) = known {
            let value = value.to_string();
            out.push_str(gap(&out, &value));
            out.push_str(&value);
            rest = after;
        } else {
            out.push('{');
            rest = after;
        }
    }
    if behind_value {
        out.push_str(gap(&out, rest));
    }
    out.push_str(rest);
    out
}

/// A text of the program in the language spoken: `tr!("Copy")` is a `&'static str`,
/// `tr!("{n} new lines", n = 3)` a `String`. A placeholder is a name and nothing else.
macro_rules! tr {
    ($text:literal) => {
        $crate::phrase::of($text)
    };
    ($text:literal, $($name:ident $(= $value:expr)?),+ $(,)?) => {{
        $($(let $name = &$value;)?)+
        match $crate::phrase::line($text) {
            // The compiler sees to it that every placeholder has its value.
            None => format!($text),
            Some(line) => $crate::phrase::filled(
                line,
                &[$((stringify!($name), &$name as &dyn std::fmt::Display)),+],
            ),
        }
    }};
}
pub(crate) use tr;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_is_simplified_chinese_or_english() {
        for locale in [
            "zh",
            "zh_CN",
            "zh_CN.UTF-8",
            "zh_MY",
            "zh-Hans",
            "zh-Hans-HK",
            "zh_SG.utf8",
        ] {
            assert_eq!(Language::of_locale(locale), Language::ZhCn, "{locale}");
        }
        for locale in [
            "",
            "C",
            "en_GB.UTF-8",
            "zh_TW.UTF-8",
            "zh_HK",
            "zh_MO",
            "zh-Hant",
            "zh_Hant_CN",
            "zhuang",
        ] {
            assert_eq!(Language::of_locale(locale), Language::En, "{locale}");
        }
    }

    #[test]
    fn values_take_their_places_whatever_they_hold() {
        let (a, b) = ("{b}", 2);
        let values: [(&str, &dyn Display); 2] = [("a", &a), ("b", &b)];
        assert_eq!(filled("{b} of {a}: {b}", &values), "2 of {b}: 2");
        assert_eq!(filled("{c} {", &values), "{c} {");
    }

    #[test]
    fn latin_values_are_set_apart_from_chinese() {
        let (mode, model) = ("JSON 模式", "minimax-m3");
        let values: [(&str, &dyn Display); 2] = [("mode", &mode), ("model", &model)];
        let line = |line| filled(line, &values);
        assert_eq!(line("{model}不支持{mode}"), "minimax-m3 不支持 JSON 模式");
        assert_eq!(
            line("在{mode}里（{model}）"),
            "在 JSON 模式里（minimax-m3）"
        );
        assert_eq!(line("x{model}{no}的"), "xminimax-m3{no}的");
    }

    #[test]
    fn sentences_follow_each_other_and_other_texts_are_parted() {
        assert_eq!(in_a_row(["Lab", "", "One.", "Two."]), "Lab · One. Two.");
        assert_eq!(in_a_row(["实验", "一。", "二。"]), "实验 · 一。二。");
        assert_eq!(in_a_row([]), "");
    }

    #[test]
    fn a_thread_may_speak_another_language_for_a_while() {
        let switch = || of("Switch model");
        assert_eq!(switch(), "Switch model");
        assert_eq!(speaking(Language::ZhCn, switch), "切换模型");
        assert_eq!(switch(), "Switch model");
        assert_eq!(
            speaking(Language::ZhCn, || of("no such text")),
            "no such text"
        );
    }
}
