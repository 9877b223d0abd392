//! Schemas in the vendor's own notation, an older cut of OpenAPI's, as JSON Schema.

use serde_json::{Map, Value, json};

/// Keywords that only say how the vendor prints a value.
const PRINTING: &[&str] = &["propertyOrdering", "property_ordering"];

/// Keywords whose value maps names to schemas.
const MAPS: &[&str] = &["properties", "$defs", "defs"];

/// Translates a schema: types in small letters, `nullable` as a type, lengths as numbers.
pub(super) fn json_schema(schema: Value) -> Value {
    let Value::Object(fields) = schema else {
        return schema;
    };
    let mut out = Map::new();
    let mut nullable = false;
    for (name, value) in fields {
        match name.as_str() {
            "type" => {
                let lower = value.as_str().map(|text| json!(text.to_lowercase()));
                out.insert(name, lower.unwrap_or(value));
            }
            "nullable" => nullable = value == json!(true),
            name if PRINTING.contains(&name) => {}
            "anyOf" | "any_of" => {
                let inner = list(value);
                out.insert("anyOf".to_owned(), inner);
            }
            "items" => {
                out.insert(name, json_schema(value));
            }
            key if MAPS.contains(&key) => {
                out.insert(name, map(value));
            }
            // Numbers of 64 bits are written as text in the vendor's JSON.
            "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties"
            | "maxProperties" => {
                let number = value.as_str().and_then(|text| text.parse::<u64>().ok());
                out.insert(name, number.map_or(value, Value::from));
            }
            _ => {
                out.insert(name, value);
            }
        }
    }
    if nullable {
        allow_null(&mut out);
    }
    Value::Object(out)
}

fn allow_null(schema: &mut Map<String, Value>) {
    if let Some(kind) = schema.get_mut("type") {
        *kind = json!([kind.take(), "null"]);
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.push(Value::Null);
    }
}

fn list(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(json_schema).collect(),
        other => other,
    }
}

fn map(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, schema)| (name, json_schema(schema)))
            .collect::<Map<String, Value>>()
            .into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_notation_becomes_json_schema() {
        let own = json!({
            "type": "OBJECT",
            "properties": {
                "type": { "type": "STRING", "nullable": true, "enum": ["A"] },
                "list": { "type": "ARRAY", "items": { "type": "INTEGER" }, "maxItems": "3" },
            },
            "propertyOrdering": ["type", "list"],
            "required": ["list"],
        });
        assert_eq!(
            json_schema(own),
            json!({
                "type": "object",
                "properties": {
                    "type": { "type": ["string", "null"], "enum": ["A", null] },
                    "list": { "type": "array", "items": { "type": "integer" }, "maxItems": 3 },
                },
                "required": ["list"],
            })
        );
    }
}
