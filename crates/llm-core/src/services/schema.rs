//! Short ways to write the schemas of the services.
//!
//! Every field is required and no other is allowed: the common ground of the providers that
//! enforce schemas.

use serde_json::{Map, Value, json};

/// An object of exactly these fields.
pub(super) fn object(fields: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// A text, with a word on what it holds.
pub(super) fn text(what: &str) -> Value {
    json!({ "type": "string", "description": what })
}

/// A list.
pub(super) fn list(items: &Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// One of these words.
pub(super) fn one_of(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

/// How sure the model is.
pub(super) fn confidence() -> Value {
    one_of(&["low", "medium", "high"])
}
