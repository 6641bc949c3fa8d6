//! Is a schema one that a value can be checked by? Also finds the schemas that it names, and the
//! keywords that are not checked here.

use regex_lite::Regex;
use serde_json::{Map, Value};

use super::{MOST_DEPTH, TYPES};
use crate::phrase::tr;

/// Keywords whose value is a schema, a list of schemas, or a table of them.
const ONE: [&str; 8] = [
    "items",
    "additionalItems",
    "additionalProperties",
    "propertyNames",
    "contains",
    "not",
    "if",
    "then",
];
const SEVERAL: [&str; 5] = ["allOf", "anyOf", "oneOf", "prefixItems", "items"];
const NAMED: [&str; 5] = [
    "properties",
    "patternProperties",
    "dependentSchemas",
    "$defs",
    "definitions",
];
/// Keywords that would decide whether a value fits, and are not checked.
const UNCHECKED: [&str; 5] = [
    "unevaluatedProperties",
    "unevaluatedItems",
    "$dynamicRef",
    "$recursiveRef",
    "dependencies",
];

/// Why a schema can't be used, with the place as a JSON pointer; `None` when it can.
pub fn unsound(schema: &Value) -> Option<String> {
    let mut wrong = None;
    walk(schema, "", 0, &mut |at, inner| {
        let found = fault(schema, inner).map(|what| match at {
            "" => what,
            at => tr!("at {at}: {what}", at, what),
        });
        wrong = wrong.take().or(found);
    });
    wrong
}

/// The keywords of a schema that matter and are not checked.
pub fn unchecked(schema: &Value) -> Vec<&'static str> {
    let mut found = Vec::new();
    walk(schema, "", 0, &mut |_, inner| {
        for keyword in UNCHECKED {
            if inner.get(keyword).is_some() && !found.contains(&keyword) {
                found.push(keyword);
            }
        }
    });
    found
}

/// A schema of the same document: `#`, `#/$defs/NAME`.
pub(super) fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(reference.strip_prefix('#')?)
}

/// Tells whether a text has what a pattern describes. One that can't be read has nothing.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
}

fn fault(root: &Value, schema: &Value) -> Option<String> {
    let schema = match schema {
        Value::Object(schema) => schema,
        Value::Bool(_) => return None,
        _ => return Some(tr!("a schema is an object, or true or false").to_owned()),
    };
    let is_type = |word: &Value| word.as_str().is_some_and(|word| TYPES.contains(&word));
    let types_are_right = match schema.get("type") {
        None => true,
        Some(Value::Array(words)) => words.iter().all(is_type),
        Some(word) => is_type(word),
    };
    if !types_are_right {
        return Some(tr!(
            "`type` is none of {types}",
            types = TYPES.join(tr!(", "))
        ));
    }
    let lists = ["enum", "required"].into_iter().chain(SEVERAL);
    for keyword in lists.filter(|keyword| *keyword != "items") {
        if schema.get(keyword).is_some_and(|list| !list.is_array()) {
            return Some(tr!("`{keyword}` is no list", keyword));
        }
    }
    let tables = NAMED.iter().find(|keyword| {
        let table = schema.get(**keyword);
        table.is_some_and(|table| !table.is_object())
    });
    if let Some(keyword) = tables {
        return Some(tr!("`{keyword}` is no table", keyword));
    }
    if let Some(reference) = schema.get("$ref") {
        let reference = reference.as_str().unwrap_or_default();
        if resolve(root, reference).is_none() {
            return Some(tr!(
                "`$ref` names “{reference}”, which is not in this file; only such can be followed",
                reference
            ));
        }
    }
    let own = schema.get("pattern").and_then(Value::as_str);
    let patterns = schema.get("patternProperties").and_then(Value::as_object);
    let patterns = patterns.into_iter().flat_map(Map::keys).map(String::as_str);
    for pattern in own.into_iter().chain(patterns) {
        if Regex::new(pattern).is_err() {
            return Some(tr!("the pattern {pattern} can't be read", pattern));
        }
    }
    None
}

/// Visits a schema and all those within it.
fn walk<'a>(schema: &'a Value, at: &str, depth: usize, visit: &mut dyn FnMut(&str, &'a Value)) {
    visit(at, schema);
    let Some(members) = schema.as_object().filter(|_| depth < MOST_DEPTH) else {
        return;
    };
    for (keyword, inner) in members {
        let name = keyword.as_str();
        let at = format!("{at}/{keyword}");
        match inner {
            Value::Array(all) if SEVERAL.contains(&name) => {
                for (index, one) in all.iter().enumerate() {
                    walk(one, &format!("{at}/{index}"), depth + 1, visit);
                }
            }
            Value::Object(all) if NAMED.contains(&name) => {
                for (name, one) in all {
                    walk(one, &format!("{at}/{name}"), depth + 1, visit);
                }
            }
            one if ONE.contains(&name) || name == "else" => walk(one, &at, depth + 1, visit),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_with_a_schema_is_told_with_its_place() {
        let good = json!({"type": ["object", "null"], "required": ["not", "described"],
            "properties": {"a": true, "b": {"$ref": "#/definitions/x"}}, "definitions": {"x": {}},
            "items": [{}], "else": {}});
        assert_eq!(unsound(&good), None);
        for (schema, told) in [
            (json!([]), "a schema is an object, or true or false"),
            (json!({"type": "text"}), "`type` is none of object"),
            (
                json!({"properties": {"a": {"enum": 1}}}),
                "at /properties/a: `enum` is no list",
            ),
            (json!({"items": 7}), "at /items: a schema is"),
            (json!({"anyOf": {}}), "`anyOf` is no list"),
            (json!({"properties": []}), "`properties` is no table"),
            (
                json!({"else": {"pattern": "("}}),
                "at /else: the pattern ( can't be read",
            ),
            (json!({"$ref": "other.json"}), "`$ref` names “other.json”"),
            (
                json!({"allOf": [{}, {"$ref": "#/nowhere"}]}),
                "at /allOf/1: `$ref`",
            ),
        ] {
            let fault = unsound(&schema).unwrap();
            assert!(fault.starts_with(told), "{schema}: {fault}");
        }
    }

    #[test]
    fn what_is_not_checked_is_named() {
        let schema = json!({"not": {"unevaluatedItems": false}, "format": "date"});
        assert_eq!(unchecked(&schema), ["unevaluatedItems"]);
    }
}
