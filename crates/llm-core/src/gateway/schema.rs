//! Holding an answer to a JSON schema: one that does not follow it is no answer.

use serde_json::Value;

use super::error::GatewayError;
use crate::types::code::Code;

/// Most violations that are named.
const NAMED: usize = 5;

/// Refuses a schema that cannot be used, before anything is sent.
pub fn check_schema(schema: &Value) -> Result<(), GatewayError> {
    jsonschema::validator_for(schema)
        .map(|_| ())
        .map_err(|error| {
            GatewayError::invalid("schema", format!("the JSON schema cannot be used: {error}"))
        })
}

/// The JSON text of an answer that follows the schema.
///
/// Models like to put JSON between code fences; the text inside is what is checked and returned.
pub fn check_answer(text: &str, schema: &Value) -> Result<String, GatewayError> {
    let json = unfenced(text);
    let instance: Value = serde_json::from_str(json).map_err(|error| {
        let message = format!("the answer is not JSON: {error}");
        GatewayError::new(Code::SchemaMismatch, message)
    })?;
    let validator = jsonschema::validator_for(schema).map_err(|error| {
        GatewayError::invalid("schema", format!("the JSON schema cannot be used: {error}"))
    })?;
    // Places only: the values are the model's text and do not belong into messages.
    let mut places: Vec<String> = validator
        .iter_errors(&instance)
        .take(NAMED + 1)
        .map(|error| match error.instance_path().to_string() {
            path if path.is_empty() => "the top level".to_owned(),
            path => format!("`{path}`"),
        })
        .collect();
    places.dedup();
    if places.is_empty() {
        return Ok(json.to_owned());
    }
    let more = if places.len() > NAMED {
        " and more"
    } else {
        ""
    };
    places.truncate(NAMED);
    let message = format!(
        "the answer does not follow the schema at {}{more}",
        places.join(", ")
    );
    Err(GatewayError::new(Code::SchemaMismatch, message))
}

fn unfenced(text: &str) -> &str {
    let trimmed = text.trim();
    let inner = trimmed
        .strip_prefix("```")
        .and_then(|rest| rest.strip_suffix("```"))
        .and_then(|rest| rest.split_once('\n'))
        .filter(|(info, _)| info.trim().is_empty() || info.trim().eq_ignore_ascii_case("json"));
    inner.map_or(trimmed, |(_, body)| body.trim())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_passes_as_json_with_or_without_fences() {
        let schema = json!({ "type": "object", "required": ["a"] });
        assert_eq!(check_answer(" {\"a\":1} ", &schema).unwrap(), "{\"a\":1}");
        assert_eq!(
            check_answer("```json\n{\"a\":1}\n```", &schema).unwrap(),
            "{\"a\":1}"
        );
    }

    #[test]
    fn a_violation_names_the_place_but_not_the_value() {
        let schema = json!({ "properties": { "age": { "type": "integer" } } });
        let error = check_answer("{\"age\":\"secret words\"}", &schema).unwrap_err();
        assert_eq!(error.code, Code::SchemaMismatch);
        assert!(error.message.contains("`/age`"), "{error}");
        assert!(!error.message.contains("secret"), "{error}");
        assert!(check_answer("no json", &schema).is_err());
    }

    #[test]
    fn a_schema_that_is_none_is_refused_before_anything_is_sent() {
        assert!(check_schema(&json!({ "type": "no-such-type" })).is_err());
        assert!(check_schema(&json!({ "type": "object" })).is_ok());
    }
}
