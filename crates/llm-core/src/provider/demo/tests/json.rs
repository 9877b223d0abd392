//! Structured output of the demonstration: it follows its schema, says that it is simulated, and ends.

use serde_json::{Value, json};

use super::{LIMITS, call, demo};
use crate::types::chat::{ChatRequest, JsonSchema, ResponseFormat};

fn asking_for(schema: Value, question: &str) -> ChatRequest {
    ChatRequest {
        format: ResponseFormat::JsonSchema(JsonSchema {
            name: "it".to_owned(),
            description: None,
            schema,
            strict: Some(true),
        }),
        ..ChatRequest::question(question)
    }
}

/// Schemas as structured output uses them.
fn schemas() -> Vec<Value> {
    vec![
        json!({"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}),
        json!({"type": "object", "properties": {
            "verdict": {"enum": ["yes", "no", "unsure"]},
            "score": {"type": "number", "minimum": 0, "maximum": 1},
            "rank": {"type": "integer", "minimum": 1, "maximum": 10},
            "even": {"type": "integer", "multipleOf": 2, "minimum": 7},
            "above": {"type": "number", "exclusiveMinimum": 0.5},
            "below": {"type": "integer", "exclusiveMaximum": -3},
            "sure": {"type": "boolean"},
            "nothing": {"type": "null"},
            "maybe": {"type": ["string", "null"]},
            "version": {"const": 3},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 5}, "minItems": 2, "uniqueItems": true},
            "kinds": {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": true},
            "ids": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "uniqueItems": true},
            "none": {"type": "array", "maxItems": 0},
            "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2},
            "when": {"type": "string", "format": "date-time"},
            "mail": {"type": "string", "format": "email"},
            "long": {"type": "string", "minLength": 80},
        }, "required": ["verdict", "score", "rank", "even", "above", "below", "sure", "nothing", "maybe",
            "version", "tags", "none", "pair", "when", "mail", "long"], "additionalProperties": false}),
        json!({"$defs": {"node": {"type": "object", "properties": {
                "name": {"type": "string"},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            }, "required": ["name", "next", "children"], "additionalProperties": false}},
            "$ref": "#/$defs/node"}),
        json!({"allOf": [
            {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
            {"properties": {"b": {"oneOf": [{"type": "boolean"}, {"type": "string"}]}}, "required": ["b"]},
        ]}),
        json!({"type": "object", "required": ["free"], "additionalProperties": {"type": "integer"}}),
        json!({"type": "array", "items": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}, "minItems": 3}),
    ]
}

#[tokio::test(start_paused = true)]
async fn structured_output_follows_its_schema() {
    for (position, schema) in schemas().into_iter().enumerate() {
        for model in ["demo-small", "demo-contrarian"] {
            let request = asking_for(schema.clone(), "What is 2 + 2?");
            let answer = call(&demo(), model, &request, LIMITS).await.unwrap();
            let value: Value = serde_json::from_str(answer.text()).unwrap();
            let validator = jsonschema::validator_for(&schema).unwrap();
            let faults: Vec<_> = validator
                .iter_errors(&value)
                .map(|it| it.to_string())
                .collect();
            assert!(
                faults.is_empty(),
                "schema {position}: {faults:?} in {value}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn json_is_marked_and_models_agree_about_it() {
    let schema = schemas().swap_remove(0);
    let mut request = asking_for(schema, "What is 2 + 2?");
    let small = call(&demo(), "demo-small", &request, LIMITS).await.unwrap();
    assert_eq!(small.text(), r#"{"answer":"[simulated] 4"}"#);
    let large = call(&demo(), "demo-large", &request, LIMITS).await.unwrap();
    assert_eq!(large.text(), small.text());
    let contrary = call(&demo(), "demo-contrarian", &request, LIMITS)
        .await
        .unwrap();
    assert_eq!(contrary.text(), r#"{"answer":"[simulated] 5"}"#);
    request.format = ResponseFormat::JsonObject;
    let free = call(&demo(), "demo-small", &request, LIMITS).await.unwrap();
    let free: Value = serde_json::from_str(free.text()).unwrap();
    assert_eq!(free["simulated"], true);
}

#[tokio::test(start_paused = true)]
async fn a_schema_that_recurses_in_every_direction_comes_to_an_end() {
    let names = (0..40).map(|n| (format!("p{n}"), json!({"$ref": "#"})));
    let properties: serde_json::Map<String, Value> = names.collect();
    let required: Vec<String> = properties.keys().cloned().collect();
    for schema in [
        json!({"type": "object", "properties": properties}),
        json!({"type": "object", "properties": properties, "required": required}),
        json!({"type": "array", "items": {"$ref": "#"}, "minItems": 1_000_000_000}),
        json!({"$ref": "#"}),
        json!({"anyOf": [{"$ref": "#"}]}),
        json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}]}),
    ] {
        let answer = call(&demo(), "demo-small", &asking_for(schema, "go"), LIMITS).await;
        assert!(answer.unwrap().text().len() < 200_000);
    }
}
