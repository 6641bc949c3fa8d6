//! JSON Schema: is a schema sound, and does a value fit it? For the arguments of tools, and for
//! answers that are to have a form.
//!
//! What is known is strict: arguments that do not fit never reach a tool. Keywords that are not
//! known are left to the tool, and named where an answer is checked.

mod check;
mod sound;

use std::fmt::{self, Write as _};

use serde_json::{Map, Value};

use crate::phrase::{self, Language, tr};

pub use sound::{unchecked, unsound};

/// How deep schemas and values are followed.
const MOST_DEPTH: usize = 64;

/// Why a value does not fit a schema, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The place, as a JSON pointer; empty for the whole value.
    pub pointer: String,
    /// What is wrong there, as the rest of a sentence.
    pub what: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => f.write_str(&tr!("the value {what}", what = self.what)),
            pointer => write!(f, "{pointer} {}", self.what),
        }
    }
}

/// Why a value does not fit a schema; empty when it does. The first few reasons are enough.
pub fn misfits(schema: &Value, value: &Value) -> Vec<Misfit> {
    check::misfits(schema, schema, value)
}

/// What is wrong with the schema of a tool's arguments; `None` when it can be used.
pub fn fault(schema: &Map<String, Value>) -> Option<String> {
    match schema.get("type") {
        None => {}
        Some(Value::String(sort)) if sort == "object" => {}
        Some(_) => {
            return Some(tr!("takes arguments by name, so its `type` is \"object\"").to_owned());
        }
    }
    fault_at(schema, "", 0)
}

/// What is wrong with arguments, each problem a phrase that names its place; empty when they fit.
pub fn problems(schema: &Map<String, Value>, arguments: &Value) -> Vec<String> {
    if !arguments.is_object() {
        return vec!["the arguments are not an object".to_owned()];
    }
    let schema = Value::Object(schema.clone());
    // The model reads them, and it is spoken to in English.
    let misfits = phrase::speaking(Language::En, || misfits(&schema, arguments)).into_iter();
    let told = |misfit: Misfit| match named(&misfit.pointer) {
        place if place.is_empty() => format!("the arguments {}", misfit.what),
        place => format!("{place} {}", misfit.what),
    };
    misfits.map(told).collect()
}

/// A place as people name it: `places[0].lat`.
fn named(pointer: &str) -> String {
    let mut name = String::new();
    for step in pointer.split('/').skip(1) {
        let is_number = !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && !name.is_empty() {
            let _ = write!(name, "[{step}]");
            continue;
        }
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(&step.replace("~1", "/").replace("~0", "~"));
    }
    name
}

const TYPES: [&str; 7] = [
    "object", "array", "string", "number", "integer", "boolean", "null",
];

fn fault_at(schema: &Map<String, Value>, path: &str, depth: usize) -> Option<String> {
    if depth > MOST_DEPTH {
        return Some(tr!("is nested too deeply at `{path}`", path));
    }
    let at = |name: &str| {
        if path.is_empty() {
            format!("`{name}`")
        } else {
            format!("`{path}.{name}`")
        }
    };
    let is_type = |word: &Value| word.as_str().is_some_and(|word| TYPES.contains(&word));
    match schema.get("type") {
        None => {}
        Some(Value::Array(words)) if words.iter().all(is_type) => {}
        Some(word) if is_type(word) => {}
        Some(_) => {
            return Some(tr!(
                "has at {place} none of {types}",
                place = at("type"),
                types = TYPES.join(tr!(", "))
            ));
        }
    }
    if schema.get("enum").is_some_and(|list| !list.is_array()) {
        return Some(tr!("has at {place} no list", place = at("enum")));
    }
    let properties = match schema.get("properties") {
        None => None,
        Some(Value::Object(properties)) => Some(properties),
        Some(_) => return Some(tr!("has at {place} no table", place = at("properties"))),
    };
    match schema.get("required") {
        None => {}
        Some(Value::Array(names)) => {
            for name in names {
                let Some(name) = name.as_str() else {
                    return Some(tr!(
                        "has at {place} what is no name",
                        place = at("required")
                    ));
                };
                if properties.is_some_and(|properties| !properties.contains_key(name)) {
                    return Some(tr!(
                        "has at {place} \"{name}\", which is no property",
                        place = at("required"),
                        name
                    ));
                }
            }
        }
        Some(_) => return Some(tr!("has at {place} no list", place = at("required"))),
    }
    for (name, inner) in properties.into_iter().flatten() {
        match inner {
            Value::Object(inner) => {
                let path = at(name).trim_matches('`').to_owned();
                if let Some(fault) = fault_at(inner, &path, depth + 1) {
                    return Some(fault);
                }
            }
            Value::Bool(_) => {}
            _ => return Some(tr!("has at {place} no schema", place = at(name))),
        }
    }
    match schema.get("items") {
        Some(Value::Object(items)) => fault_at(items, at("items").trim_matches('`'), depth + 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema(schema: Value) -> Map<String, Value> {
        match schema {
            Value::Object(schema) => schema,
            other => panic!("{other}"),
        }
    }

    fn weather() -> Map<String, Value> {
        schema(json!({
            "type": "object",
            "properties": {
                "city": {"type": "string", "minLength": 1},
                "unit": {"enum": ["C", "F"]},
                "days": {"type": "integer", "minimum": 1, "maximum": 10},
                "places": {"type": "array", "items": {"$ref": "#/$defs/place"}, "maxItems": 2},
                "when": {"type": ["string", "null"]},
            },
            "$defs": {"place": {
                "type": "object",
                "properties": {"lat": {"type": "number"}},
                "required": ["lat"],
                "additionalProperties": false,
            }},
            "required": ["city"],
            "additionalProperties": false,
        }))
    }

    #[test]
    fn arguments_that_fit_have_no_problems() {
        for arguments in [
            json!({"city": "Paris"}),
            json!({"city": "Paris", "unit": "C", "days": 3, "when": null, "places": [{"lat": 1.5}]}),
            json!({"city": "Paris", "days": 3.0}),
        ] {
            assert_eq!(problems(&weather(), &arguments), [""; 0], "{arguments}");
        }
    }

    #[test]
    fn every_way_not_to_fit_is_told_with_its_place() {
        for (arguments, told) in [
            (json!([]), "the arguments are not an object"),
            (json!({}), "city is missing"),
            (json!({"city": 7}), "city must be of type string"),
            (json!({"city": ""}), "city must have at least 1 character"),
            (
                json!({"city": "x", "unit": "K"}),
                "unit must be one of \"C\", \"F\"",
            ),
            (json!({"city": "x", "days": 0}), "days must be at least 1"),
            (
                json!({"city": "x", "days": 1.5}),
                "days must be of type integer",
            ),
            (
                json!({"city": "x", "when": 1}),
                "when must be of type string or null",
            ),
            (json!({"city": "x", "path": "/"}), "path is not allowed"),
            (
                json!({"city": "x", "places": [{"lat": "1"}]}),
                "places[0].lat must be of type number",
            ),
            (
                json!({"city": "x", "places": [{}, {"lat": 1, "y": 2}]}),
                "places[0].lat is missing",
            ),
        ] {
            let found = problems(&weather(), &arguments);
            assert_eq!(found.first().map(String::as_str), Some(told), "{arguments}");
        }
    }

    #[test]
    fn forms_and_constants_are_held_to() {
        let schema = schema(json!({"properties": {
            "a": {"anyOf": [{"type": "string"}, {"type": "number"}]},
            "b": {"oneOf": [{"type": "integer"}, {"type": "number"}]},
            "c": {"const": 1},
            "d": false,
        }}));
        assert_eq!(
            problems(&schema, &json!({"a": "x", "b": 1.5, "c": 1})),
            [""; 0]
        );
        assert_eq!(
            problems(&schema, &json!({"a": [], "b": 1, "c": 2, "d": 0})).len(),
            4
        );
    }

    #[test]
    fn a_schema_that_names_itself_ends() {
        let schema = schema(json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}));
        assert_eq!(problems(&schema, &json!({})).len(), 1);
    }

    #[test]
    fn what_is_wrong_with_a_schema_is_told() {
        assert_eq!(fault(&weather()), None);
        assert_eq!(fault(&Map::new()), None);
        for (wrong, told) in [
            (json!({"type": "string"}), "object"),
            (json!({"properties": {"a": {"type": "str"}}}), "`a.type`"),
            (json!({"properties": []}), "`properties`"),
            (json!({"properties": {"a": 1}}), "`a`"),
            (json!({"properties": {}, "required": ["b"]}), "\"b\""),
            (
                json!({"properties": {"a": {"type": "array", "items": {"enum": 1}}}}),
                "`a.items.enum`",
            ),
        ] {
            let fault = fault(&schema(wrong)).unwrap();
            assert!(fault.contains(told), "{fault}");
        }
    }
}
