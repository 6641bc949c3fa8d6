//! Does a value fit? Keyword by keyword, each misfit with its place.

use serde_json::{Map, Value};

use super::{MOST_DEPTH, Misfit, sound};
use crate::catalog::nearest::either;
use crate::phrase::{self, mark, tr};

/// How many misfits are told.
const MOST_MISFITS: usize = 8;

type Schema = Map<String, Value>;

/// What is wrong with a value by one of the schemas of the document `root`.
pub(super) fn misfits(root: &Value, schema: &Value, value: &Value) -> Vec<Misfit> {
    let mut check = Check {
        root,
        misfits: Vec::new(),
    };
    check.value(schema, value, "", 0);
    check.misfits
}

struct Check<'a> {
    root: &'a Value,
    misfits: Vec<Misfit>,
}

impl Check<'_> {
    fn wrong(&mut self, place: &str, what: impl Into<String>) {
        if self.misfits.len() < MOST_MISFITS {
            self.misfits.push(Misfit {
                pointer: place.to_owned(),
                what: what.into(),
            });
        }
    }

    fn fits(&self, schema: &Value, value: &Value, depth: usize) -> bool {
        let mut check = Check {
            root: self.root,
            misfits: Vec::new(),
        };
        check.value(schema, value, "", depth + 1);
        check.misfits.is_empty()
    }

    fn value(&mut self, schema: &Value, value: &Value, place: &str, depth: usize) {
        match schema {
            Value::Object(_) if depth > MOST_DEPTH => {
                self.wrong(place, tr!("is nested too deeply to be checked"));
            }
            Value::Object(schema) => self.keywords(schema, value, place, depth),
            Value::Bool(false) => self.wrong(place, tr!("is not allowed")),
            _ => {}
        }
    }

    fn keywords(&mut self, schema: &Schema, value: &Value, place: &str, depth: usize) {
        if let Some(Value::String(reference)) = schema.get("$ref") {
            match sound::resolve(self.root, reference) {
                Some(found) => self.value(found, value, place, depth + 1),
                None => self.wrong(
                    place,
                    tr!("can't be checked: its schema names one that is not there"),
                ),
            }
        }
        self.check_type(schema, value, place);
        if let Some(Value::Array(allowed)) = schema.get("enum")
            && !allowed.iter().any(|one| same(one, value))
        {
            let all: Vec<String> = allowed.iter().map(Value::to_string).collect();
            self.wrong(
                place,
                tr!("must be one of {values}", values = all.join(tr!(", "))),
            );
        }
        if let Some(only) = schema.get("const")
            && !same(only, value)
        {
            self.wrong(place, tr!("must be {only}", only));
        }
        match value {
            Value::Object(members) => self.members(schema, members, place, depth),
            Value::Array(items) => self.items(schema, items, place, depth),
            Value::String(text) => self.text(schema, text, place),
            Value::Number(_) => self.number(schema, value, place),
            Value::Null | Value::Bool(_) => {}
        }
        self.combinations(schema, value, place, depth);
    }

    fn check_type(&mut self, schema: &Schema, value: &Value, place: &str) {
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
                let whole = value.as_f64().is_some_and(|number| number.fract() == 0.0);
                value.is_i64() || value.is_u64() || whole
            }
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            _ => true,
        };
        if !allowed.iter().any(|word| is(word)) {
            self.wrong(
                place,
                tr!("must be of type {types}", types = either(&allowed)),
            );
        }
    }

    fn members(
        &mut self,
        schema: &Schema,
        members: &Map<String, Value>,
        place: &str,
        depth: usize,
    ) {
        self.count(
            schema,
            members.len(),
            "Properties",
            [mark("member"), mark("members")],
            place,
        );
        for name in list(schema, "required").iter().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                self.wrong(&step(place, name), tr!("is missing"));
            }
        }
        for (name, member) in members {
            let place = step(place, name);
            let mut is_known = false;
            if let Some(inner) = table(schema, "properties").and_then(|all| all.get(name)) {
                is_known = true;
                self.value(inner, member, &place, depth + 1);
            }
            for (pattern, inner) in table(schema, "patternProperties").into_iter().flatten() {
                if sound::matches(pattern, name) {
                    is_known = true;
                    self.value(inner, member, &place, depth + 1);
                }
            }
            if let Some(inner) = schema.get("additionalProperties").filter(|_| !is_known) {
                self.value(inner, member, &place, depth + 1);
            }
            if let Some(names) = schema.get("propertyNames")
                && !self.fits(names, &Value::String(name.clone()), depth)
            {
                self.wrong(&place, tr!("has a name that is not allowed"));
            }
        }
        for (name, needed) in table(schema, "dependentRequired").into_iter().flatten() {
            let needed = needed.as_array().map_or(&[][..], Vec::as_slice);
            let needed = needed.iter().filter_map(Value::as_str);
            for other in needed.filter(|_| members.contains_key(name)) {
                if !members.contains_key(other) {
                    self.wrong(&step(place, other), tr!("is missing beside “{name}”", name));
                }
            }
        }
        for (name, inner) in table(schema, "dependentSchemas").into_iter().flatten() {
            if members.contains_key(name) {
                self.value(inner, &Value::Object(members.clone()), place, depth + 1);
            }
        }
    }

    fn items(&mut self, schema: &Schema, items: &[Value], place: &str, depth: usize) {
        self.count(
            schema,
            items.len(),
            "Items",
            [mark("item"), mark("items")],
            place,
        );
        // Before 2020 `items` was the list, and `additionalItems` the rest.
        let (first, rest) = match schema.get("items") {
            Some(Value::Array(first)) => (first.as_slice(), schema.get("additionalItems")),
            rest => (list(schema, "prefixItems"), rest),
        };
        for (index, item) in items.iter().enumerate() {
            if let Some(inner) = first.get(index).or(rest) {
                self.value(inner, item, &step(place, &index.to_string()), depth + 1);
            }
        }
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            for (index, item) in items.iter().enumerate() {
                if items.iter().take(index).any(|other| same(other, item)) {
                    let place = step(place, &index.to_string());
                    self.wrong(&place, tr!("is there already, and items must differ"));
                    break;
                }
            }
        }
        if let Some(wanted) = schema.get("contains") {
            let fitting = items.iter().filter(|item| self.fits(wanted, item, depth));
            let count = fitting.count() as u64;
            let whole = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
            if count < whole("minContains").unwrap_or(1) {
                self.wrong(
                    place,
                    tr!("has too few items of the kind that it must contain"),
                );
            }
            if whole("maxContains").is_some_and(|most| count > most) {
                self.wrong(place, tr!("has too many items of a kind that is limited"));
            }
        }
    }

    fn text(&mut self, schema: &Schema, text: &str, place: &str) {
        self.count(
            schema,
            text.chars().count(),
            "Length",
            [mark("character"), mark("characters")],
            place,
        );
        if let Some(Value::String(pattern)) = schema.get("pattern")
            && !sound::matches(pattern, text)
        {
            self.wrong(place, tr!("must match the pattern {pattern}", pattern));
        }
    }

    fn number(&mut self, schema: &Schema, value: &Value, place: &str) {
        let Some(number) = value.as_f64() else {
            return;
        };
        let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
        // The signs say when the bound is broken.
        let bounds = [
            (
                "minimum",
                bound("minimum").filter(|least| number < *least),
                tr!("at least"),
            ),
            (
                "maximum",
                bound("maximum").filter(|most| number > *most),
                tr!("at most"),
            ),
            (
                "exclusiveMinimum",
                bound("exclusiveMinimum").filter(|least| number <= *least),
                tr!("more than"),
            ),
            (
                "exclusiveMaximum",
                bound("exclusiveMaximum").filter(|most| number >= *most),
                tr!("less than"),
            ),
        ];
        for (keyword, broken, words) in bounds {
            if let Some(bound) = broken.and(schema.get(keyword)) {
                self.wrong(place, tr!("must be {words} {bound}", words, bound));
            }
        }
        if let Some(by) = bound("multipleOf").filter(|by| *by > 0.0) {
            let times = number / by;
            // 0.3 is three times 0.1, which binary fractions only nearly say.
            if (times - times.round()).abs() > 1e-9 * times.abs().max(1.0) {
                self.wrong(place, tr!("must be a multiple of {by}", by));
            }
        }
    }

    /// `minItems` and `maxItems`, and their like.
    fn count(
        &mut self,
        schema: &Schema,
        count: usize,
        of: &str,
        [one, several]: [&'static str; 2],
        place: &str,
    ) {
        let count = count as u64;
        let whole = |most: &str| schema.get(&format!("{most}{of}")).and_then(Value::as_u64);
        let noun = |count: u64| phrase::of(if count == 1 { one } else { several });
        if let Some(least) = whole("min").filter(|least| count < *least) {
            let what = tr!(
                "must have at least {least} {what}",
                least,
                what = noun(least)
            );
            self.wrong(place, what);
        }
        if let Some(most) = whole("max").filter(|most| count > *most) {
            let what = tr!("must have at most {most} {what}", most, what = noun(most));
            self.wrong(place, what);
        }
    }

    fn combinations(&mut self, schema: &Schema, value: &Value, place: &str, depth: usize) {
        for inner in list(schema, "allOf") {
            self.value(inner, value, place, depth + 1);
        }
        for (keyword, only_one) in [("anyOf", false), ("oneOf", true)] {
            if !schema.contains_key(keyword) {
                continue;
            }
            let forms = list(schema, keyword);
            let fitting = forms.iter().filter(|form| self.fits(form, value, depth));
            match fitting.count() {
                0 => self.wrong(place, tr!("fits none of the forms that are allowed")),
                1 => {}
                _ if only_one => {
                    self.wrong(place, tr!("fits more than one form, and only one may"))
                }
                _ => {}
            }
        }
        if let Some(not) = schema.get("not")
            && self.fits(not, value, depth)
        {
            self.wrong(place, tr!("has a form that is not allowed"));
        }
        if let Some(condition) = schema.get("if") {
            let holds = self.fits(condition, value, depth);
            let then = if holds { "then" } else { "else" };
            if let Some(inner) = schema.get(then) {
                self.value(inner, value, place, depth + 1);
            }
        }
    }
}

fn list<'a>(schema: &'a Schema, keyword: &str) -> &'a [Value] {
    let list = schema.get(keyword).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

fn table<'a>(schema: &'a Schema, keyword: &str) -> Option<&'a Map<String, Value>> {
    schema.get(keyword).and_then(Value::as_object)
}

/// The place of a member or an item, as a JSON pointer.
fn step(place: &str, name: &str) -> String {
    format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Tells whether two values are the same; numbers are, however they are written.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || (left.is_f64() || right.is_f64()) && left.as_f64() == right.as_f64()
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(a, b)| same(a, b))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(name, a)| right.get(name).is_some_and(|b| same(a, b)))
        }
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Each keyword: a schema, values that fit, and one that does not, with where and why.
    #[test]
    fn every_keyword_tells_what_fits_from_what_does_not() {
        #[rustfmt::skip] // A table reads best with a row a line.
        let cases = [
            (json!({"type": "integer"}), json!([3, 3.0]), json!(3.5), "", "must be of type integer"),
            (json!({"type": ["string", "null"]}), json!(["a", null]), json!(1), "", "must be of type string or null"),
            (json!({"enum": [1, "a"]}), json!([1.0, "a"]), json!("b"), "", "must be one of 1, \"a\""),
            (json!({"const": {"a": 1}}), json!([{"a": 1.0}]), json!({}), "", "must be {\"a\":1}"),
            (json!({"required": ["a/b"]}), json!([{"a/b": 0}, 7]), json!({}), "/a~1b", "is missing"),
            (json!({"properties": {"a": {"type": "null"}}}), json!([{"a": null}, {}]), json!({"a": 1}), "/a", "must be of type null"),
            (json!({"patternProperties": {"^x": {"type": "null"}}, "additionalProperties": false}), json!([{"x1": null}]), json!({"y": null}), "/y", "is not allowed"),
            (json!({"additionalProperties": {"type": "null"}}), json!([{"a": null}]), json!({"a": 1}), "/a", "must be of type null"),
            (json!({"propertyNames": {"maxLength": 1}}), json!([{"a": 1}]), json!({"ab": 1}), "/ab", "has a name that is not allowed"),
            (json!({"dependentRequired": {"a": ["b"]}}), json!([{"b": 1}, {"a": 1, "b": 1}]), json!({"a": 1}), "/b", "is missing beside “a”"),
            (json!({"dependentSchemas": {"a": {"required": ["b"]}}}), json!([{}, {"a": 1, "b": 1}]), json!({"a": 1}), "/b", "is missing"),
            (json!({"minProperties": 1}), json!([{"a": 1}]), json!({}), "", "must have at least 1 member"),
            (json!({"items": {"type": "null"}}), json!([[], [null]]), json!([null, 1]), "/1", "must be of type null"),
            (json!({"prefixItems": [{"type": "null"}], "items": false}), json!([[null], []]), json!([null, 1]), "/1", "is not allowed"),
            (json!({"items": [{"type": "null"}], "additionalItems": false}), json!([[null]]), json!([null, 1]), "/1", "is not allowed"),
            (json!({"minItems": 2}), json!([[1, 2]]), json!([1]), "", "must have at least 2 items"),
            (json!({"maxItems": 1}), json!([[1]]), json!([1, 2]), "", "must have at most 1 item"),
            (json!({"uniqueItems": true}), json!([[1, 2]]), json!([1, 2, 1.0]), "/2", "is there already, and items must differ"),
            (json!({"contains": {"type": "null"}}), json!([[1, null]]), json!([1]), "", "has too few items of the kind that it must contain"),
            (json!({"contains": {"type": "null"}, "maxContains": 1}), json!([[null]]), json!([null, null]), "", "has too many items of a kind that is limited"),
            (json!({"minLength": 2, "maxLength": 3}), json!(["öü", "abc"]), json!("a"), "", "must have at least 2 characters"),
            (json!({"pattern": "^\\d{2}$"}), json!(["12"]), json!("123"), "", "must match the pattern ^\\d{2}$"),
            (json!({"minimum": 1, "maximum": 2}), json!([1, 2]), json!(0), "", "must be at least 1"),
            (json!({"exclusiveMaximum": 2}), json!([1.9]), json!(2), "", "must be less than 2"),
            (json!({"exclusiveMinimum": 2}), json!([2.1]), json!(2), "", "must be more than 2"),
            (json!({"multipleOf": 0.1}), json!([0.3, 7]), json!(0.35), "", "must be a multiple of 0.1"),
            (json!({"allOf": [{"minimum": 1}, {"maximum": 2}]}), json!([1]), json!(3), "", "must be at most 2"),
            (json!({"anyOf": [{"type": "null"}, {"type": "string"}]}), json!([null, "a"]), json!(1), "", "fits none of the forms that are allowed"),
            (json!({"oneOf": [{"type": "integer"}, {"type": "number"}]}), json!([1.5]), json!(1), "", "fits more than one form, and only one may"),
            (json!({"not": {"type": "null"}}), json!([1]), json!(null), "", "has a form that is not allowed"),
            (json!({"if": {"type": "string"}, "then": {"minLength": 1}, "else": {"minimum": 1}}), json!(["a", 1]), json!(0), "", "must be at least 1"),
            (json!({"$ref": "#/$defs/a", "maximum": 9, "$defs": {"a": {"minimum": 1}}}), json!([5]), json!(0), "", "must be at least 1"),
            (json!({"properties": {"next": {"$ref": "#"}}, "required": ["v"]}), json!([{"v": 1, "next": {"v": 2}}]), json!({"v": 1, "next": {}}), "/next/v", "is missing"),
        ];
        for (schema, fitting, wrong, pointer, what) in cases {
            for value in fitting.as_array().unwrap() {
                assert_eq!(misfits(&schema, &schema, value), [], "{schema} {value}");
            }
            let found = misfits(&schema, &schema, &wrong);
            let first = found
                .first()
                .unwrap_or_else(|| panic!("{schema} takes {wrong}"));
            assert_eq!(
                (first.pointer.as_str(), first.what.as_str()),
                (pointer, what),
                "{schema}"
            );
        }
    }

    #[test]
    fn schemas_without_end_end() {
        let schema =
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}});
        assert!(!misfits(&schema, &schema, &json!({})).is_empty());
    }
}
