//! A JSON value that borrows its text: what a frame is read through.
//!
//! A frame lives for a microsecond and is asked for a dozen of its names, so objects are lists and
//! nothing is hashed or copied. `serde_json` does the parsing, and its limit on depth holds. The
//! bodies of requests, which are kept and merged, are `serde_json`'s own values.
//!
//! Invariants: what is no JSON for [`Value`] is none here; of a name that is there twice the last
//! value counts; what is written out is what [`Value`] would write. Building is linear in the
//! text, however many names an object has.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

/// A JSON value.
#[derive(Debug)]
pub(super) enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string; owned only where it is written with escapes.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Self>),
    /// An object as it was written, with names that repeat.
    Object(Vec<(Cow<'a, str>, Self)>),
}

impl<'a> Json<'a> {
    /// Parses all of `text`.
    ///
    /// # Errors
    /// When it is not one JSON value.
    pub(super) fn parse(text: &'a str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// Parses bytes that may not even be text.
    ///
    /// # Errors
    /// When they are not one JSON value.
    pub(super) fn parse_bytes(bytes: &'a [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(bytes)
    }

    /// The value that an object has under `name`.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else {
            return None;
        };
        let mut members = members.iter().rev();
        members.find(|(other, _)| other == name).map(|(_, of)| of)
    }

    /// The value that is found by names and, in lists, numbers, one after the other.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, step| match value {
            Self::List(items) => items.get(step.parse::<usize>().ok()?),
            Self::Object(_) => value.get(step),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => None,
        })
    }

    /// The string that an object has under `name`.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// The list that an object has under `name`; none of anything else.
    pub(super) fn items(&self, name: &str) -> &[Self] {
        self.get(name).and_then(Self::as_list).unwrap_or_default()
    }

    /// The string, if it is one.
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub(super) fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub(super) fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The number, if it is a whole one that is not negative.
    pub(super) fn as_u64(&self) -> Option<u64> {
        self.as_number()?.as_u64()
    }

    /// Tells whether it is `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Tells whether it is a list.
    pub(super) fn is_list(&self) -> bool {
        matches!(self, Self::List(_))
    }

    /// Tells whether it is an object.
    pub(super) fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// An owned copy, in which no name repeats.
    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(yes) => Value::Bool(*yes),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.as_ref().to_owned()),
            Self::List(items) => items.iter().map(Self::to_value).collect(),
            Self::Object(members) => {
                let members = members.iter();
                let members = members.map(|(name, of)| (name.as_ref().to_owned(), of.to_value()));
                Value::Object(members.collect())
            }
        }
    }
}

/// Writes it as JSON.
impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_value().fmt(f)
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_any(AnyValue)
    }
}

/// Builds a value from what the parser finds.
struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Self::Value, E> {
        Ok(Json::Bool(yes))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(number).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = source.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(Name(name)) = source.next_key()? {
            members.push((name, source.next_value()?));
        }
        Ok(Json::Object(members))
    }
}

/// The name of an object's member: `Cow` alone would always be owned.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_str(AnyName)
    }
}

struct AnyName;

impl<'de> Visitor<'de> for AnyName {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Both parsers agree on what is JSON, and on what it says.
    fn assert_same(text: &str) {
        let (ours, theirs) = (Json::parse(text), serde_json::from_str::<Value>(text));
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => assert_eq!(ours.to_string(), theirs.to_string(), "{text}"),
            (Err(ours), Err(theirs)) => {
                assert_eq!(ours.to_string(), theirs.to_string(), "{text}");
                assert_eq!(ours.is_eof(), theirs.is_eof(), "{text}");
            }
            (ours, theirs) => panic!("{text}: {ours:?}, {theirs:?}"),
        }
    }

    #[test]
    fn of_a_name_that_repeats_the_last_value_counts() {
        let text = r#"{"a":1,"b":2,"\u0061":3}"#;
        let json = Json::parse(text).unwrap();
        assert_eq!(json.get("a").and_then(Json::as_u64), Some(3));
        assert_eq!(json.to_string(), r#"{"a":3,"b":2}"#);
        assert_same(text);
    }

    #[test]
    fn text_without_escapes_is_borrowed() {
        let json = Json::parse(r#"["plain","with \n escapes"]"#).unwrap();
        let is_borrowed = |number| {
            let item = json.at(&[number]);
            matches!(item, Some(Json::Text(Cow::Borrowed(_))))
        };
        assert!(is_borrowed("0") && !is_borrowed("1"));
    }

    #[test]
    fn paths_lead_through_lists_and_objects_and_no_further() {
        let json = Json::parse(r#"{"a":[{"b":"x"},[7]]}"#).unwrap();
        let found = |path: &[&str]| json.at(path).map(Json::to_string);
        assert_eq!(found(&["a", "0", "b"]).as_deref(), Some("\"x\""));
        assert_eq!(found(&["a", "1", "0"]).as_deref(), Some("7"));
        for path in [["a", "2"], ["a", "b"], ["b", "0"]] {
            assert_eq!(found(&path), None, "{path:?}");
        }
        assert_eq!(found(&["a", "0", "b", "0"]), None);
    }

    #[test]
    fn c34_what_is_nested_too_deeply_is_an_error_and_no_overflow() {
        for open in ["[", "{\"a\":"] {
            assert_same(&open.repeat(100_000));
            assert_same(&open.repeat(127));
            assert_same(&open.repeat(128));
        }
        let fits = format!("{}1{}", "[".repeat(127), "]".repeat(127));
        assert!(Json::parse(&fits).is_ok());
        assert_same(&fits);
        assert_same(&format!("[{fits}]"));
    }

    #[test]
    fn wild_numbers_and_broken_text_are_what_they_are_elsewhere() {
        for text in [
            "0",
            "-0",
            "-1",
            "1.0",
            "1e300",
            "1e999",
            "-1e999",
            "1e-999",
            "01",
            "+1",
            ".5",
            "1.",
            "18446744073709551615",
            "18446744073709551616",
            "-9223372036854775808",
            "-9223372036854775809",
            "123456789012345678901234567890",
            "NaN",
            "nul",
            "null",
            "true",
            "\"\\ud800\"",
            "\"\\ud83d\\ude00\"",
            "\"\u{0}\"",
            "\"a",
            "[1,]",
            "{\"a\":1,}",
            "{1:2}",
            "{\"a\"}",
            "",
            " ",
            "1 2",
            "[] ",
        ] {
            assert_same(text);
        }
        assert!(Json::parse_bytes(b"\"\xff\"").is_err());
    }

    proptest! {
        #[test]
        fn any_text_of_jsons_own_characters_is_read_as_elsewhere(
            text in r#"[\[\]{},:"\\a0-9e.\-+ nultrfse]{0,24}"#,
        ) {
            assert_same(&text);
        }

        #[test]
        fn any_object_is_read_as_elsewhere(
            members in prop::collection::vec(("[ab\"\\\\é]{0,2}", any::<f64>(), any::<i64>()), 0..8),
        ) {
            let members: Vec<String> = members
                .iter()
                .map(|(name, float, whole)| {
                    format!("{}:[{},{whole},{{}}]", Value::from(name.as_str()), Value::from(*float))
                })
                .collect();
            assert_same(&format!("{{{}}}", members.join(",")));
        }
    }
}
