//! Which JSON schemas the provider can enforce on an answer.
//!
//! It enforces a subset: every object closed with `additionalProperties: false`, no bounds on
//! numbers, lengths or counts, no recursion. It refuses any other schema with status 400, so
//! what it would refuse is found out here, by name. The caller's schema is never altered.

use std::collections::HashSet;

use serde_json::{Map, Value};

/// Keywords that bind an answer and are not enforced.
const BEYOND: &[&str] = &[
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "if",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedProperties",
    "uniqueItems",
];

/// Longest chain of references that is followed; schemas come from callers.
const LONGEST_CHAIN: usize = 32;

/// The first reason why a schema cannot be enforced, as a keyword.
pub(super) fn beyond(schema: &Value) -> Option<&'static str> {
    walk(schema, schema, &mut References::default())
}

/// References met on the way. Each is followed once, so the walk stays short whatever refers to
/// what.
#[derive(Default)]
struct References<'a> {
    /// Being followed: one that comes up again is a recursion.
    open: Vec<&'a str>,
    /// Followed before.
    done: HashSet<&'a str>,
}

fn walk<'a>(root: &'a Value, schema: &'a Value, met: &mut References<'a>) -> Option<&'static str> {
    let Value::Object(fields) = schema else {
        // `true` allows anything, which is as open as an object can be.
        return schema.is_boolean().then_some("additionalProperties");
    };
    if let Some(keyword) = BEYOND.iter().find(|keyword| fields.contains_key(**keyword)) {
        return Some(keyword);
    }
    let is_object = fields.contains_key("properties") || allows_object(fields);
    if is_object && fields.get("additionalProperties") != Some(&Value::Bool(false)) {
        return Some("additionalProperties");
    }
    let few = |count: &Value| matches!(count.as_u64(), Some(0 | 1));
    if fields.get("minItems").is_some_and(|count| !few(count)) {
        return Some("minItems");
    }
    if let Some(target) = fields.get("$ref").and_then(Value::as_str)
        && let Some(found) = follow(root, target, met)
    {
        return Some(found);
    }
    let named = ["properties", "$defs", "definitions"]
        .into_iter()
        .filter_map(|keyword| fields.get(keyword)?.as_object())
        .flat_map(Map::values);
    let listed = ["anyOf", "allOf"]
        .into_iter()
        .filter_map(|keyword| fields.get(keyword)?.as_array())
        .flatten();
    named
        .chain(listed)
        .chain(fields.get("items"))
        .find_map(|inner| walk(root, inner, met))
}

fn follow<'a>(root: &'a Value, target: &'a str, met: &mut References<'a>) -> Option<&'static str> {
    let pointer = target.strip_prefix('#').filter(|rest| !rest.is_empty());
    let Some(definition) = pointer.and_then(|pointer| root.pointer(pointer)) else {
        return Some("$ref");
    };
    if met.open.contains(&target) || met.open.len() >= LONGEST_CHAIN {
        return Some("$ref");
    }
    if !met.done.insert(target) {
        return None;
    }
    met.open.push(target);
    let found = walk(root, definition, met);
    met.open.pop();
    found
}

fn allows_object(fields: &Map<String, Value>) -> bool {
    match fields.get("type") {
        Some(Value::String(name)) => name == "object",
        Some(Value::Array(names)) => names.iter().any(|name| name == "object"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn closed_objects_of_plain_types_can_be_enforced() {
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": ["minimum"],
            // A property may be called like a keyword.
            "properties": {
                "minimum": {"type": "number"},
                "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                "who": {"anyOf": [{"$ref": "#/$defs/person"}, {"type": "null"}]},
            },
            "$defs": {"person": {"type": "object", "additionalProperties": false, "properties": {}}},
        });
        assert_eq!(beyond(&schema), None);
    }

    #[test]
    fn the_keyword_that_stands_in_the_way_is_named() {
        let closed = |inner: Value| json!({"type": "object", "additionalProperties": false, "properties": {"a": inner}});
        for (schema, keyword) in [
            (json!({"type": "object"}), "additionalProperties"),
            (json!(true), "additionalProperties"),
            (closed(json!({"type": "integer", "minimum": 0})), "minimum"),
            (closed(json!({"type": "array", "minItems": 3})), "minItems"),
            (closed(json!({"oneOf": []})), "oneOf"),
            (closed(json!({"$ref": "#"})), "$ref"),
            (closed(json!({"$ref": "https://x/y.json"})), "$ref"),
        ] {
            assert_eq!(beyond(&schema), Some(keyword), "{schema}");
        }
    }

    #[test]
    fn a_recursion_ends_and_is_found() {
        let schema = json!({
            "$ref": "#/$defs/tree",
            "$defs": {"tree": {"type": "object", "additionalProperties": false,
                "properties": {"left": {"$ref": "#/$defs/tree"}}}},
        });
        assert_eq!(beyond(&schema), Some("$ref"));
    }

    #[test]
    fn references_that_double_at_every_step_cost_no_more_than_a_list() {
        let mut definitions = Map::new();
        for step in 0..30 {
            let next = json!({"$ref": format!("#/$defs/d{}", step + 1)});
            definitions.insert(format!("d{step}"), json!({"anyOf": [next, next]}));
        }
        definitions.insert("d30".into(), json!({"type": "string"}));
        let schema = json!({"$ref": "#/$defs/d0", "$defs": definitions});
        assert_eq!(beyond(&schema), None);
    }

    #[test]
    fn an_endless_chain_of_references_does_not_exhaust_the_stack() {
        let mut definitions = Map::new();
        for step in 0..20_000 {
            let next = json!({"$ref": format!("#/$defs/d{}", step + 1)});
            definitions.insert(format!("d{step}"), next);
        }
        let schema = json!({"$ref": "#/$defs/d0", "$defs": definitions});
        assert_eq!(beyond(&schema), Some("$ref"));
    }
}
