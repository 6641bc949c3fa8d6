//! What is typed into a search: words, and filters such as `in:thinking` and `before:2026-11-01`.
//!
//! Whatever is typed is words unless it is one of the filters: there is no query syntax that a
//! person could get wrong. Pure.

use crate::chat::Moment;
use crate::phrase::tr;

/// Which of the texts of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Where {
    /// Its title.
    Title,
    /// What the user said.
    Prompt,
    /// What the model answered.
    Answer,
    /// What the model thought.
    Thinking,
}

impl Where {
    /// The word after `in:`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Prompt => "prompt",
            Self::Answer => "answer",
            Self::Thinking => "thinking",
        }
    }

    /// Its name for people.
    pub fn shown(self) -> &'static str {
        match self {
            Self::Title => tr!("title"),
            Self::Prompt => tr!("message"),
            Self::Answer => tr!("answer"),
            Self::Thinking => tr!("thinking"),
        }
    }
}

/// A word that is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word as typed, or the words between quotation marks.
    pub text: String,
    /// Whether it may go on: what is still being typed is the beginning of a word.
    pub open: bool,
}

/// What is searched for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// All of these must be in one turn, or in the title.
    pub words: Vec<Word>,
    /// Only in this text.
    pub place: Option<Where>,
    /// Only turns whose model's name holds this, in lower case.
    pub model: Option<String>,
    /// Only what was said before this, in seconds since 1970.
    pub before: Option<i64>,
    /// Only what was said at this time or after it.
    pub after: Option<i64>,
}

/// A filter whose value makes no sense, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoQuery(String);

impl Query {
    /// Reads what was typed. Days are local days of `now`.
    ///
    /// # Errors
    ///
    /// Fails when a filter has a value that it can't have.
    pub fn parse(typed: &str, now: Moment) -> Result<Self, NoQuery> {
        let mut query = Self::default();
        for piece in pieces(typed) {
            let filter = piece.text.split_once(':').filter(|_| !piece.quoted);
            let filter = filter.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
            let Some((name, value)) = filter.filter(|(_, value)| !value.is_empty()) else {
                query.words.push(Word {
                    text: piece.text,
                    open: !piece.quoted,
                });
                continue;
            };
            match name.as_str() {
                "in" => query.place = Some(place(&value)?),
                "model" => query.model = Some(value.to_lowercase()),
                "before" => query.before = Some(day(&value, now)?.0),
                "after" => query.after = Some(day(&value, now)?.0),
                "on" => {
                    let (start, end) = day(&value, now)?;
                    query.after = Some(start);
                    query.before = Some(end);
                }
                _ => query.words.push(Word {
                    text: piece.text,
                    open: true,
                }),
            }
        }
        query
            .words
            .retain(|word| word.text.chars().any(char::is_alphanumeric));
        Ok(query)
    }

    /// Tells whether everything matches.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A piece of what was typed, between spaces or quotation marks.
struct Piece {
    text: String,
    quoted: bool,
}

/// Splits at spaces that are not between quotation marks. A mark that is never closed is no mark.
fn pieces(typed: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut rest = typed.trim_start();
    while !rest.is_empty() {
        let quoted = rest
            .strip_prefix('"')
            .and_then(|inside| inside.split_once('"'));
        let (text, after) = match quoted {
            Some(parts) => parts,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        if !text.trim().is_empty() {
            found.push(Piece {
                text: text.to_owned(),
                quoted: quoted.is_some(),
            });
        }
        rest = after.trim_start();
    }
    found
}

fn place(value: &str) -> Result<Where, NoQuery> {
    match value.to_ascii_lowercase().as_str() {
        "title" => Ok(Where::Title),
        "prompt" | "you" => Ok(Where::Prompt),
        "answer" => Ok(Where::Answer),
        "thinking" | "reasoning" => Ok(Where::Thinking),
        _ => Err(NoQuery(tr!(
            "“in:{value}” is unknown: in:prompt, in:answer, in:thinking and in:title are there",
            value
        ))),
    }
}

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// When a day, a month or a year begins and ends, in seconds since 1970.
fn day(value: &str, now: Moment) -> Result<(i64, i64), NoQuery> {
    let offset = i64::from(now.offset_minutes) * 60;
    let today = (now.unix_seconds + offset).div_euclid(DAY_SECONDS);
    let wrong = || {
        NoQuery(tr!(
            "“{value}” is no day: write 2026-11-25, 2026-11, 2026, today, yesterday or 7d (seven days ago)",
            value
        ))
    };
    let days = match value.to_ascii_lowercase().as_str() {
        "today" => (today, today + 1),
        "yesterday" => (today - 1, today),
        other => match other.strip_suffix('d') {
            Some(count) => {
                let count: i64 = count.parse().map_err(|_not_a_count| wrong())?;
                let start = today - count.clamp(0, 1_000_000);
                (start, start + 1)
            }
            None => date(other).ok_or_else(wrong)?,
        },
    };
    let seconds = |day: i64| day * DAY_SECONDS - offset;
    Ok((seconds(days.0), seconds(days.1)))
}

/// The first day of a date and the first one after it, counted from 1970-01-01.
fn date(text: &str) -> Option<(i64, i64)> {
    let mut numbers = text.split('-').map(|part| {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit()) && part.len() <= 4;
        digits.then(|| part.parse::<i64>().ok()).flatten()
    });
    let year = numbers.next()??;
    let month = numbers.next();
    let day = numbers.next();
    if numbers.next().is_some() || !(1970..=9999).contains(&year) {
        return None;
    }
    let Some(month) = month else {
        return Some((days_before(year, 1, 1), days_before(year + 1, 1, 1)));
    };
    let month = month.filter(|month| (1..=12).contains(month))?;
    let next = if month == 12 {
        days_before(year + 1, 1, 1)
    } else {
        days_before(year, month + 1, 1)
    };
    let first = days_before(year, month, 1);
    let Some(day) = day else {
        return Some((first, next));
    };
    let day = day.filter(|day| (1..=next - first).contains(day))?;
    Some((first + day - 1, first + day))
}

/// Days between 1970-01-01 and a date of the Gregorian calendar. Years are counted from March,
/// so that the day that comes every four years is the last of its year.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let in_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    era * 146_097 + in_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-25, 00:30 in a zone an hour ahead of UTC.
    const NOW: Moment = Moment {
        unix_seconds: 1_795_563_000,
        offset_minutes: 60,
    };

    fn parse(typed: &str) -> Query {
        Query::parse(typed, NOW).unwrap()
    }

    fn words(typed: &str) -> Vec<String> {
        parse(typed)
            .words
            .into_iter()
            .map(|word| word.text)
            .collect()
    }

    #[test]
    fn filters_are_read_and_the_rest_is_words() {
        let query = parse("in:thinking model:MiniMax-M3 roots 天气");
        assert_eq!(query.place, Some(Where::Thinking));
        assert_eq!(query.model.as_deref(), Some("minimax-m3"));
        assert_eq!(words("in:thinking roots 天气"), ["roots", "天气"]);
        assert!(Query::parse("in:nowhere", NOW).is_err());
    }

    #[test]
    fn what_looks_like_syntax_is_words_or_nothing() {
        assert_eq!(
            words("NEAR(a b) OR -c* ^d \"e"),
            ["NEAR(a", "b)", "OR", "-c*", "^d", "\"e"]
        );
        assert_eq!(words("* - \" ' ( ) : ::"), [""; 0]);
        assert_eq!(words("\"two words\" http://x"), ["two words", "http://x"]);
        assert_eq!(words("in: model:"), ["in:", "model:"]);
        assert!(parse("  ").is_empty());
    }

    #[test]
    fn days_are_local_ones() {
        let midnight = NOW.unix_seconds - 30 * 60;
        assert_eq!(parse("after:today").after, Some(midnight));
        assert_eq!(
            parse("before:yesterday").before,
            Some(midnight - DAY_SECONDS)
        );
        assert_eq!(parse("after:2026-11-25").after, Some(midnight));
        assert_eq!(parse("after:1d").after, Some(midnight - DAY_SECONDS));
        let query = parse("on:2026-02");
        assert_eq!(
            query.before.unwrap() - query.after.unwrap(),
            28 * DAY_SECONDS
        );
        assert_eq!(parse("before:1970").before, Some(-3600));
        for wrong in [
            "2026-13",
            "2026-02-29",
            "26",
            "x",
            "2026-1-1-1",
            "-1",
            "2026-00-10",
        ] {
            assert!(
                Query::parse(&format!("after:{wrong}"), NOW).is_err(),
                "{wrong}"
            );
        }
        assert_eq!(days_before(2000, 2, 29), 11_016);
    }
}
