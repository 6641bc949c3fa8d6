//! Reads TOML piece by piece, and notes everything that is wrong with it.
//!
//! Shared by the catalogue and the configuration: both are written in the same form. Owns types,
//! ranges and unknown keys; knows no key by name. Nothing stops at the first mistake:
//! a value that can't be used is noted and left out.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest::{did_you_mean, either};
use super::problem::{Notes, line_and_column};
use crate::chat::safe;
use crate::phrase::tr;

/// Parses `text` and lets `read` take what it knows from the top; what it did not ask for is a
/// mistake. Text that is no TOML is only reported, not read.
pub fn read<T: Default>(
    text: &str,
    notes: &mut Notes,
    read: impl FnOnce(&mut Section<'_>, &mut Notes) -> T,
) -> T {
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let mut last_line = None;
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            let line = line_and_column(text, at).0;
            // One slip makes a parser stumble several times on the same line.
            if last_line.replace(line) != Some(line) {
                let message = safe::one_line(error.message());
                notes.wrong(at, tr!("this is not TOML: {message}", message));
            }
        }
        return T::default();
    }
    let mut section = Section::new(String::new(), 0, root.get_ref());
    let read = read(&mut section, notes);
    section.finish(notes);
    read
}

/// A table of the file, and which of its keys were asked for.
#[derive(Debug)]
pub struct Section<'t> {
    path: String,
    /// Where it begins, in bytes.
    pub at: usize,
    table: &'t DeTable<'t>,
    known: Vec<&'static str>,
    hidden: Vec<&'static str>,
}

impl<'t> Section<'t> {
    fn new(path: String, at: usize, table: &'t DeTable<'t>) -> Self {
        Self {
            path,
            at,
            table,
            known: Vec::new(),
            hidden: Vec::new(),
        }
    }

    /// The value of a key.
    pub fn get(&mut self, key: &'static str) -> Option<Field<'t>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.field(key)
    }

    /// The value of a key that has its own error: it is not named among the known ones.
    pub fn get_hidden(&mut self, key: &'static str) -> Option<Field<'t>> {
        self.hidden.push(key);
        self.field(key)
    }

    /// Every key and value, all taken as known.
    pub fn entries(&self) -> impl Iterator<Item = (&'t str, Field<'t>)> + use<'t> {
        let path = self.path.clone();
        self.table
            .iter()
            .map(move |(key, value)| (key.get_ref().as_ref(), Field::new(&path, key, value)))
    }

    /// Notes every key that was never asked for.
    pub fn finish(self, notes: &mut Notes) {
        for (key, _) in self.table {
            let word: &str = key.get_ref();
            if self.known.contains(&word) || self.hidden.contains(&word) {
                continue;
            }
            let place = if self.path.is_empty() {
                tr!("at the top level").to_owned()
            } else {
                tr!("in [{table}]", table = self.path)
            };
            let near = did_you_mean(word, self.known.iter().copied());
            let near = if near.is_empty() {
                tr!(" It takes {keys}.", keys = either(&self.known))
            } else {
                near
            };
            let word = safe::one_line(word);
            notes.wrong(
                key.span().start,
                tr!("unknown key `{word}` {place}.{near}", word, place, near),
            );
        }
    }

    /// A string.
    pub fn string(&mut self, key: &'static str, notes: &mut Notes) -> Option<String> {
        self.get(key)?.string(notes)
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &'static str, notes: &mut Notes) -> Option<bool> {
        self.get(key)?.boolean(notes)
    }

    /// A whole number within a range.
    pub fn whole(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
        notes: &mut Notes,
    ) -> Option<u64> {
        self.get(key)?.whole(range, notes)
    }

    /// A number within a range.
    pub fn number(
        &mut self,
        key: &'static str,
        range: RangeInclusive<f64>,
        notes: &mut Notes,
    ) -> Option<f64> {
        self.get(key)?.number(range, notes)
    }

    /// One of a few words.
    pub fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
        notes: &mut Notes,
    ) -> Option<T> {
        self.get(key)?.word(words, notes)
    }

    /// A table of its own.
    pub fn section(&mut self, key: &'static str, notes: &mut Notes) -> Option<Self> {
        self.get(key)?.section(notes)
    }

    /// The tables inside a table, each with its name: `[providers.X]`.
    pub fn named(&mut self, key: &'static str, notes: &mut Notes) -> Vec<(String, Self)> {
        let Some(section) = self.section(key, notes) else {
            return Vec::new();
        };
        section
            .entries()
            .filter_map(|(name, field)| Some((name.to_owned(), field.section(notes)?)))
            .collect()
    }

    fn field(&self, key: &str) -> Option<Field<'t>> {
        let (key, value) = self.table.get_key_value(key)?;
        Some(Field::new(&self.path, key, value))
    }
}

/// A value of the file.
#[derive(Debug)]
pub struct Field<'t> {
    /// Its whole name, such as `ui.theme`.
    pub path: String,
    /// Where its value is, in bytes.
    pub at: usize,
    /// Where its key is, in bytes.
    pub key_at: usize,
    value: &'t DeValue<'t>,
}

impl<'t> Field<'t> {
    fn new(
        path: &str,
        key: &'t Spanned<std::borrow::Cow<'t, str>>,
        value: &'t Spanned<DeValue<'t>>,
    ) -> Self {
        let dot = if path.is_empty() { "" } else { "." };
        Self {
            path: format!("{path}{dot}{}", safe::one_line(key.get_ref())),
            at: value.span().start,
            key_at: key.span().start,
            value: value.get_ref(),
        }
    }

    /// Notes that the value can't be used: `` `path` … ``.
    pub fn wrong(&self, complaint: impl Display, notes: &mut Notes) {
        notes.wrong(self.at, format!("`{}` {complaint}", self.path));
    }

    /// A string.
    pub fn string(&self, notes: &mut Notes) -> Option<String> {
        if let DeValue::String(text) = self.value {
            return Some(text.clone().into_owned());
        }
        self.mistyped(tr!("takes a text in quotes"), notes)
    }

    /// A string that is not empty.
    pub fn text(&self, notes: &mut Notes) -> Option<String> {
        let text = self.string(notes)?;
        if text.trim().is_empty() {
            self.wrong(tr!("is empty."), notes);
            return None;
        }
        Some(text)
    }

    /// `true` or `false`.
    pub fn boolean(&self, notes: &mut Notes) -> Option<bool> {
        if let DeValue::Boolean(value) = self.value {
            return Some(*value);
        }
        self.mistyped(tr!("takes true or false"), notes)
    }

    /// Tells whether it is the word `false`.
    pub fn is_false(&self) -> bool {
        matches!(self.value, DeValue::Boolean(false))
    }

    /// Tells whether it is a list.
    pub fn is_list(&self) -> bool {
        matches!(self.value, DeValue::Array(_))
    }

    /// Tells whether it is a whole number.
    pub fn is_whole(&self) -> bool {
        matches!(self.value, DeValue::Integer(_))
    }

    /// A whole number within a range.
    pub fn whole(&self, range: RangeInclusive<u64>, notes: &mut Notes) -> Option<u64> {
        let (least, most) = (*range.start(), *range.end());
        let allowed = if most == u64::MAX {
            tr!("takes a whole number from {least} up", least)
        } else {
            tr!("takes a whole number from {least} to {most}", least, most)
        };
        let DeValue::Integer(number) = self.value else {
            return self.mistyped(allowed, notes);
        };
        let whole = u64::from_str_radix(number.as_str(), number.radix()).ok();
        if let Some(whole) = whole.filter(|whole| range.contains(whole)) {
            return Some(whole);
        }
        self.wrong(
            tr!("{allowed}, not {found}.", allowed, found = number),
            notes,
        );
        None
    }

    /// A number, whole or not, within a range.
    pub fn number(&self, range: RangeInclusive<f64>, notes: &mut Notes) -> Option<f64> {
        let (least, most) = (*range.start(), *range.end());
        let allowed = if most >= f64::MAX {
            tr!("takes a number from {least} up", least)
        } else {
            tr!("takes a number from {least} to {most}", least, most)
        };
        let number = match self.value {
            DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            DeValue::Integer(_)
            | DeValue::String(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => return self.mistyped(allowed, notes),
        };
        if let Some(number) = number.filter(|number| range.contains(number)) {
            return Some(number);
        }
        let found = number.map_or_else(|| tr!("this").to_owned(), |number| number.to_string());
        self.wrong(tr!("{allowed}, not {found}.", allowed, found), notes);
        None
    }

    /// One of a few words.
    pub fn word<T: Copy>(&self, words: &[(&str, T)], notes: &mut Notes) -> Option<T> {
        let text = self.string(notes)?;
        if let Some(&(_, meaning)) = words.iter().find(|(word, _)| *word == text) {
            return Some(meaning);
        }
        let known: Vec<&str> = words.iter().map(|&(word, _)| word).collect();
        let near = did_you_mean(&text, known.iter().copied());
        let (all, text) = (either(&known), safe::one_line(&text));
        self.wrong(
            tr!("takes {all}, not \"{text}\".{near}", all, text, near),
            notes,
        );
        None
    }

    /// A list; its items are fields of the same name.
    pub fn items(&self, notes: &mut Notes) -> Option<Vec<Self>> {
        let DeValue::Array(items) = self.value else {
            return self.mistyped(tr!("takes a list in [ ]"), notes);
        };
        let item = |item: &'t Spanned<DeValue<'t>>| Self {
            path: self.path.clone(),
            at: item.span().start,
            key_at: item.span().start,
            value: item.get_ref(),
        };
        Some(items.iter().map(item).collect())
    }

    /// A list of strings.
    pub fn strings(&self, notes: &mut Notes) -> Option<Vec<String>> {
        let items = self.items(notes)?;
        let strings: Vec<_> = items.iter().map(|item| item.string(notes)).collect();
        strings.into_iter().collect()
    }

    /// A command: a program and its arguments, as a list, since no shell is asked to split it.
    pub fn command(&self, notes: &mut Notes) -> Option<Vec<String>> {
        if let DeValue::String(_) = self.value {
            self.wrong(
                tr!("takes a list: the program, then its arguments, such as [\"pass\", \"show\", \"name\"]; no shell splits a text."),
                notes,
            );
            return None;
        }
        let command = self.strings(notes)?;
        if command
            .first()
            .is_none_or(|program| program.trim().is_empty())
        {
            self.wrong(tr!("names no program."), notes);
            return None;
        }
        Some(command)
    }

    /// A table of its own.
    pub fn section(&self, notes: &mut Notes) -> Option<Section<'t>> {
        if let DeValue::Table(table) = self.value {
            return Some(Section::new(self.path.clone(), self.key_at, table));
        }
        self.mistyped(tr!("is a table: write [{table}]", table = self.path), notes)
    }

    /// A table as JSON, key order kept: part of a request body.
    pub fn json(&self, notes: &mut Notes) -> Option<Map<String, Value>> {
        let DeValue::Table(table) = self.value else {
            return self.mistyped(tr!("takes a table, such as { key = \"value\" }"), notes);
        };
        object(table).or_else(|| {
            self.wrong(
                tr!("holds a date or a number that JSON can't write."),
                notes,
            );
            None
        })
    }

    fn mistyped<T>(&self, allowed: impl Display, notes: &mut Notes) -> Option<T> {
        // The value itself stays unsaid: it may be a key in the wrong place.
        let found = match self.value {
            DeValue::String(_) => tr!("a text in quotes"),
            DeValue::Integer(_) => tr!("a whole number"),
            DeValue::Float(_) => tr!("a number with a fraction"),
            DeValue::Boolean(_) => tr!("true or false"),
            DeValue::Datetime(_) => tr!("a date"),
            DeValue::Array(_) => tr!("a list"),
            DeValue::Table(_) => tr!("a table"),
        };
        self.wrong(tr!("{allowed}, not {found}.", allowed, found), notes);
        None
    }
}

fn object(table: &DeTable<'_>) -> Option<Map<String, Value>> {
    table
        .iter()
        .map(|(key, value)| Some((key.get_ref().clone().into_owned(), json(value.get_ref())?)))
        .collect()
}

fn json(value: &DeValue<'_>) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => Value::String(text.clone().into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()?
            .into(),
        DeValue::Float(number) => Value::Number(Number::from_f64(number.as_str().parse().ok()?)?),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(_) => return None,
        DeValue::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| json(item.get_ref()))
                .collect::<Option<_>>()?,
        ),
        DeValue::Table(table) => Value::Object(object(table)?),
    })
}
