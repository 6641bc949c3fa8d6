//! JSON Schema, as much of it as tools use: is a schema sound, and do arguments fit it?
//!
//! Keywords that are not known here are left to the tool. What is known is strict: arguments that
//! do not fit never reach a tool.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// How deep schemas and arguments are followed.
const MOST_DEPTH: usize = 64;
/// How many problems are told.
const MOST_PROBLEMS: usize = 8;

/// What is wrong with the schema of a tool's arguments; `None` when it can be used.
pub fn fault(schema: &Map<String, Value>) -> Option<String> {
    match schema.get("type") {
        None => {}
        Some(Value::String(sort)) if sort == "object" => {}
        Some(_) => return Some("takes arguments by name, so its `type` is \"object\"".to_owned()),
    }
    fault_at(schema, "", 0)
}

/// What is wrong with arguments, each problem a phrase that names its place; empty when they fit.
pub fn problems(schema: &Map<String, Value>, arguments: &Value) -> Vec<String> {
    let mut check = Check {
        root: schema,
        problems: Vec::new(),
    };
    if !arguments.is_object() {
        return vec!["the arguments are not an object".to_owned()];
    }
    check.object(schema, arguments, "", 0);
    check.problems
}

const TYPES: [&str; 7] = [
    "object", "array", "string", "number", "integer", "boolean", "null",
];

fn fault_at(schema: &Map<String, Value>, path: &str, depth: usize) -> Option<String> {
    if depth > MOST_DEPTH {
        return Some(format!("is nested too deeply at `{path}`"));
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
            return Some(format!(
                "has at {} none of {}",
                at("type"),
                TYPES.join(", ")
            ));
        }
    }
    if schema.get("enum").is_some_and(|list| !list.is_array()) {
        return Some(format!("has at {} no list", at("enum")));
    }
    let properties = match schema.get("properties") {
        None => None,
        Some(Value::Object(properties)) => Some(properties),
        Some(_) => return Some(format!("has at {} no table", at("properties"))),
    };
    match schema.get("required") {
        None => {}
        Some(Value::Array(names)) => {
            for name in names {
                let Some(name) = name.as_str() else {
                    return Some(format!("has at {} what is no name", at("required")));
                };
                if properties.is_some_and(|properties| !properties.contains_key(name)) {
                    let required = at("required");
                    return Some(format!(
                        "has at {required} \"{name}\", which is no property"
                    ));
                }
            }
        }
        Some(_) => return Some(format!("has at {} no list", at("required"))),
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
            _ => return Some(format!("has at {} no schema", at(name))),
        }
    }
    match schema.get("items") {
        Some(Value::Object(items)) => fault_at(items, at("items").trim_matches('`'), depth + 1),
        _ => None,
    }
}

struct Check<'a> {
    root: &'a Map<String, Value>,
    problems: Vec<String>,
}

impl<'a> Check<'a> {
    fn wrong(&mut self, path: &str, what: impl AsRef<str>) {
        if self.problems.len() < MOST_PROBLEMS {
            let path = if path.is_empty() {
                "the arguments"
            } else {
                path
            };
            self.problems.push(format!("{path} {}", what.as_ref()));
        }
    }

    fn value(&mut self, schema: &'a Value, value: &Value, path: &str, depth: usize) {
        match schema {
            Value::Object(schema) => self.object(schema, value, path, depth),
            Value::Bool(false) => self.wrong(path, "is not allowed"),
            _ => {}
        }
    }

    fn object(&mut self, schema: &'a Map<String, Value>, value: &Value, path: &str, depth: usize) {
        if depth > MOST_DEPTH {
            return self.wrong(path, "is nested too deeply to be checked");
        }
        if let Some(Value::String(reference)) = schema.get("$ref") {
            return match self.resolve(reference) {
                Some(schema) => self.value(schema, value, path, depth + 1),
                None => self.wrong(
                    path,
                    "can't be checked: its schema names one that is not there",
                ),
            };
        }
        self.check_type(schema, value, path);
        if let Some(Value::Array(allowed)) = schema.get("enum")
            && !allowed.contains(value)
        {
            let all: Vec<String> = allowed.iter().map(Value::to_string).collect();
            self.wrong(path, format!("must be one of {}", all.join(", ")));
        }
        if let Some(only) = schema.get("const")
            && only != value
        {
            self.wrong(path, format!("must be {only}"));
        }
        self.check_bounds(schema, value, path);
        match value {
            Value::Object(members) => self.members(schema, members, path, depth),
            Value::Array(items) => {
                if let Some(inner) = schema.get("items") {
                    for (index, item) in items.iter().enumerate() {
                        self.value(inner, item, &format!("{path}[{index}]"), depth + 1);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        self.choices(schema, value, path, depth);
    }

    fn members(
        &mut self,
        schema: &'a Map<String, Value>,
        members: &Map<String, Value>,
        path: &str,
        depth: usize,
    ) {
        let at = |name: &str| {
            if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            }
        };
        for name in schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if let Some(name) = name.as_str()
                && !members.contains_key(name)
            {
                self.wrong(&at(name), "is missing");
            }
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, member) in members {
            match properties.and_then(|properties| properties.get(name)) {
                Some(inner) => self.value(inner, member, &at(name), depth + 1),
                None => match schema.get("additionalProperties") {
                    Some(Value::Bool(false)) => {
                        self.wrong(&at(name), "is not an argument of this tool");
                    }
                    Some(inner) => self.value(inner, member, &at(name), depth + 1),
                    None => {}
                },
            }
        }
    }

    fn choices(&mut self, schema: &'a Map<String, Value>, value: &Value, path: &str, depth: usize) {
        for inner in schema
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.value(inner, value, path, depth + 1);
        }
        for (keyword, only_one) in [("anyOf", false), ("oneOf", true)] {
            let Some(choices) = schema.get(keyword).and_then(Value::as_array) else {
                continue;
            };
            let fitting = choices.iter().filter(|choice| {
                let mut check = Check {
                    root: self.root,
                    problems: Vec::new(),
                };
                check.value(choice, value, path, depth + 1);
                check.problems.is_empty()
            });
            match fitting.count() {
                0 => self.wrong(path, "fits none of the forms that are allowed"),
                1 => {}
                _ if only_one => self.wrong(path, "fits more than one form, and only one may"),
                _ => {}
            }
        }
    }

    fn check_type(&mut self, schema: &Map<String, Value>, value: &Value, path: &str) {
        let allowed: Vec<&str> = match schema.get("type") {
            Some(Value::String(word)) => vec![word],
            Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
            _ => return,
        };
        let is = |word: &str| match word {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "number" => value.is_number(),
            "integer" => {
                value.is_i64()
                    || value.is_u64()
                    || value.as_f64().is_some_and(|number| number.fract() == 0.0)
            }
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            _ => true,
        };
        if !allowed.iter().any(|word| is(word)) {
            self.wrong(path, format!("must be of type {}", allowed.join(" or ")));
        }
    }

    fn check_bounds(&mut self, schema: &Map<String, Value>, value: &Value, path: &str) {
        let number = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
        let whole = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
        if let Some(value) = value.as_f64() {
            let mut bounds = String::new();
            if number("minimum").is_some_and(|least| value < least) {
                let _ = write!(
                    bounds,
                    " at least {}",
                    number("minimum").unwrap_or_default()
                );
            }
            if number("maximum").is_some_and(|most| value > most) {
                let _ = write!(bounds, " at most {}", number("maximum").unwrap_or_default());
            }
            if number("exclusiveMinimum").is_some_and(|least| value <= least) {
                let least = number("exclusiveMinimum").unwrap_or_default();
                let _ = write!(bounds, " more than {least}");
            }
            if number("exclusiveMaximum").is_some_and(|most| value >= most) {
                let most = number("exclusiveMaximum").unwrap_or_default();
                let _ = write!(bounds, " less than {most}");
            }
            if !bounds.is_empty() {
                self.wrong(path, format!("must be{bounds}"));
            }
        }
        let (length, least, most, what) = match value {
            Value::String(text) => (text.chars().count(), "minLength", "maxLength", "characters"),
            Value::Array(items) => (items.len(), "minItems", "maxItems", "items"),
            Value::Object(members) => (members.len(), "minProperties", "maxProperties", "members"),
            Value::Null | Value::Bool(_) | Value::Number(_) => return,
        };
        let length = length as u64;
        if let Some(least) = whole(least).filter(|&least| length < least) {
            self.wrong(path, format!("must have {least} {what} at least"));
        }
        if let Some(most) = whole(most).filter(|&most| length > most) {
            self.wrong(path, format!("must have {most} {what} at most"));
        }
    }

    /// A schema of the same document: `#/$defs/NAME`.
    fn resolve(&self, reference: &str) -> Option<&'a Value> {
        let pointer = reference.strip_prefix("#/")?;
        let mut names = pointer
            .split('/')
            .map(|name| name.replace("~1", "/").replace("~0", "~"));
        let first = self.root.get(&names.next()?)?;
        names.try_fold(first, |value, name| value.get(name))
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
            (json!({"city": ""}), "city must have 1 characters at least"),
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
            (
                json!({"city": "x", "path": "/"}),
                "path is not an argument of this tool",
            ),
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
