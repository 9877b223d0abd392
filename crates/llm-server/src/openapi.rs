//! The OpenAPI 3.1 document, made from the table of routes.

use std::sync::LazyLock;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::error::Shape;
use crate::routes::{self, Door, Group, Reply, Route, SchemaOf};
use crate::schema::{DialectError, ErrorBody};

/// The document as text.
pub fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| format!("{:#}", document()));
    &TEXT
}

/// The document.
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for route in routes::all() {
        let path = route.path.replace("{*", "{");
        let entry = paths.entry(path).or_insert_with(|| json!({}));
        let method = route.method.as_str().to_lowercase();
        entry[method.as_str()] = operation(route, &mut generator);
    }
    let tags = Group::ALL.map(|group| json!({ "name": group.title().en }));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "LLM Cooperation",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Routing, cooperation and an OpenAI-compatible gateway for many models.",
            "license": { "name": env!("CARGO_PKG_LICENSE") },
        },
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A gateway key; `llm-server keys create` makes one.",
                },
            },
        },
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": operation_id(route),
        "tags": [route.group.title().en],
        "summary": route.summary.en,
        "x-summary-zh": route.summary.zh,
        "x-access": route.door.access(),
        "responses": responses(route, generator),
    });
    if !route.params.is_empty() {
        operation["parameters"] = route.params.iter().map(parameter).collect();
    }
    if let Some(body) = &route.body {
        let schema = (body.schema)(generator);
        let content = json!({ body.media: { "schema": schema } });
        operation["requestBody"] = json!({ "required": body.required, "content": content });
    }
    if let Door::Needs(..) = route.door {
        operation["security"] = json!([{ "bearer": [] }]);
    }
    operation
}

/// `get_v1_models_id`: method and path, unique because they are.
fn operation_id(route: &Route) -> String {
    let words = route.path.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    let method = route.method.as_str().to_lowercase();
    std::iter::once(method.as_str())
        .chain(words)
        .collect::<Vec<_>>()
        .join("_")
}

fn parameter(param: &routes::Param) -> Value {
    let schema = match param.kind {
        "array" => json!({ "type": "array", "items": { "type": "string" } }),
        kind => json!({ "type": kind }),
    };
    json!({
        "name": param.name,
        "in": if param.in_path { "path" } else { "query" },
        "required": param.required,
        "description": param.about.en,
        "x-description-zh": param.about.zh,
        "schema": schema,
    })
}

fn responses(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let content = match &route.reply {
        Reply::Json(schema) => json_content(*schema, generator),
        Reply::JsonOrEvents(whole, event) => {
            let mut content = json_content(*whole, generator);
            let event = event(generator);
            content["text/event-stream"] = json!({ "itemSchema": event });
            content
        }
        Reply::JsonOrText(whole, media) => {
            let mut content = json_content(*whole, generator);
            content[*media] = json!({ "schema": { "type": "string" } });
            content
        }
        Reply::Bytes(media) => json!({ *media: {} }),
        Reply::Text(media) => json!({ *media: { "schema": { "type": "string" } } }),
    };
    let error = match route.shape {
        Shape::Of(_) => generator.subschema_for::<DialectError>(),
        Shape::Standard | Shape::Earlier => generator.subschema_for::<ErrorBody>(),
    };
    json!({
        "200": { "description": "success", "content": content },
        "default": {
            "description": "a failure",
            "content": { "application/json": { "schema": error } },
        },
    })
}

fn json_content(schema: SchemaOf, generator: &mut SchemaGenerator) -> Value {
    json!({ "application/json": { "schema": schema(generator) } })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_reference_leads_somewhere_and_every_operation_is_named_once() {
        let document = document();
        let mut references = Vec::new();
        collect(&document, &mut references);
        assert!(!references.is_empty());
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        let mut ids = HashSet::new();
        for path in document["paths"].as_object().unwrap().values() {
            for operation in path.as_object().unwrap().values() {
                let id = operation["operationId"].as_str().unwrap();
                assert!(ids.insert(id.to_owned()), "{id}");
            }
        }
        assert_eq!(ids.len(), routes::all().count());
    }

    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(
                    fields
                        .get("$ref")
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                );
                fields.values().for_each(|inner| collect(inner, found));
            }
            Value::Array(items) => items.iter().for_each(|inner| collect(inner, found)),
            _ => {}
        }
    }
}
