//! JSON answers: equal values are spelt equally, whatever their spaces and order of keys.

use serde_json::{Number, Value};

/// The one spelling of the JSON document in `text`, which may be in a fenced code block.
pub(super) fn canonical(text: &str) -> Option<String> {
    let mut value: Value = serde_json::from_str(unfenced(text)).ok()?;
    settle_numbers(&mut value);
    // Objects sort their keys: `serde_json` keeps them in a tree map here.
    Some(value.to_string())
}

/// What stands inside a fenced code block, or the text itself.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text.strip_prefix("```") else {
        return text;
    };
    let inner = inner.split_once('\n').map_or(inner, |(_, body)| body);
    inner.trim_end().strip_suffix("```").unwrap_or(inner).trim()
}

/// 1.0 and 1 are the same number.
fn settle_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let whole = number
                .as_f64()
                .filter(|float| number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15);
            if let Some(float) = whole {
                #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
                let integer = float as i64;
                *number = Number::from(integer);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(settle_numbers),
        Value::Object(fields) => fields.values_mut().for_each(settle_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}
