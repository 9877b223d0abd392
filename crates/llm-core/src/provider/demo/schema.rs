//! Builds a JSON value that follows a schema.
//!
//! Understands what structured output uses: types, `properties`, `required`, `items`, `enum`,
//! `const`, `anyOf`, `oneOf`, `allOf`, local `$ref`, bounds of numbers, lengths and counts, and the
//! common formats. `pattern` is beyond it. Strings are marked as simulated wherever the schema
//! leaves room for it; they name no model, so that models agree.

use std::borrow::Cow;
use std::cell::Cell;

use serde_json::{Map, Value, json};

use super::answer::Findings;

/// How deep values nest; what recurses further is cut off.
const MAX_DEPTH: u32 = 12;

/// How many values are made before the rest is kept as small as the schema allows; twice as many
/// are made at most, whatever the schema says.
const ENOUGH: u32 = 1_000;

/// A value that follows `schema`.
pub(super) fn fill(schema: &Value, findings: &Findings) -> Value {
    let filler = Filler {
        root: schema,
        findings,
        made: Cell::new(0),
    };
    filler.value(schema, "", 0)
}

struct Filler<'a> {
    root: &'a Value,
    findings: &'a Findings,
    /// Values made so far.
    made: Cell<u32>,
}

impl Filler<'_> {
    fn value(&self, schema: &Value, name: &str, depth: u32) -> Value {
        if self.is_too_much(depth) {
            return Value::Null;
        }
        let schema: &Value = &self.resolved(Cow::Borrowed(schema), depth);
        if let Some(fixed) = schema.get("const") {
            return fixed.clone();
        }
        if let Some(options) = schema.get("enum").and_then(Value::as_array) {
            let pick = self.findings.pick(options.len());
            return options.get(pick).cloned().unwrap_or(Value::Null);
        }
        match kind(schema) {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, name, depth),
            "integer" => self.number(schema, true),
            "number" => self.number(schema, false),
            "boolean" => Value::Bool(!self.findings.contrary),
            "null" => Value::Null,
            _ => self.string(schema, name),
        }
    }

    /// Counts one more step, and tells whether it is one too many.
    fn is_too_much(&self, depth: u32) -> bool {
        self.made.set(self.made.get() + 1);
        depth > MAX_DEPTH || self.made.get() > 2 * ENOUGH
    }

    /// Whether to leave out what the schema does not insist on.
    fn is_brief(&self, depth: u32) -> bool {
        depth >= MAX_DEPTH / 2 || self.made.get() > ENOUGH
    }

    /// Follows references and alternatives until the schema describes one value.
    fn resolved<'s>(&'s self, schema: Cow<'s, Value>, depth: u32) -> Cow<'s, Value> {
        let mut current = schema;
        for _ in 0..MAX_DEPTH {
            if let Some(target) = current.get("$ref").and_then(Value::as_str) {
                let pointer = target.strip_prefix('#').unwrap_or("/");
                let found = self.root.pointer(pointer);
                current = found.map_or(Cow::Owned(Value::Null), Cow::Borrowed);
            } else if let Some(position) = self.alternative(&current, depth) {
                current = match current {
                    Cow::Borrowed(schema) => Cow::Borrowed(&alternatives(schema)[position]),
                    Cow::Owned(schema) => Cow::Owned(alternatives(&schema)[position].clone()),
                };
            } else if let Some(parts) = current.get("allOf").and_then(Value::as_array) {
                current = Cow::Owned(self.merged(&current, parts, depth));
            } else {
                break;
            }
        }
        current
    }

    /// Which alternative to take: the first, or the shortest way out.
    fn alternative(&self, schema: &Value, depth: u32) -> Option<usize> {
        let options = alternatives(schema);
        if options.is_empty() {
            return None;
        }
        let nothing = options.iter().position(|option| kind(option) == "null");
        Some(nothing.filter(|_| self.is_brief(depth)).unwrap_or(0))
    }

    /// One schema that says what all of `parts` and the schema around them say.
    fn merged(&self, around: &Value, parts: &[Value], depth: u32) -> Value {
        let mut merged = around.as_object().cloned().unwrap_or_default();
        merged.remove("allOf");
        for part in parts {
            if self.is_too_much(depth) {
                break;
            }
            let part = self.resolved(Cow::Borrowed(part), depth + 1);
            for (key, value) in part.as_object().into_iter().flatten() {
                match (merged.get_mut(key), value) {
                    (Some(Value::Object(old)), Value::Object(new)) => old.extend(new.clone()),
                    (Some(Value::Array(old)), Value::Array(new)) if key == "required" => {
                        old.extend(new.iter().cloned());
                    }
                    _ => {
                        merged.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        Value::Object(merged)
    }

    fn object(&self, schema: &Value, depth: u32) -> Value {
        let mut out = Map::new();
        let empty = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object);
        let properties = properties.unwrap_or(&empty);
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (name, property) in properties {
            let wanted = required.contains(&name.as_str());
            if depth < MAX_DEPTH && (wanted || !self.is_brief(depth)) {
                out.insert(name.clone(), self.value(property, name, depth + 1));
            }
        }
        let others = schema.get("additionalProperties").unwrap_or(&Value::Null);
        for name in required {
            if depth < MAX_DEPTH && !out.contains_key(name) {
                out.insert(name.to_owned(), self.value(others, name, depth + 1));
            }
        }
        Value::Object(out)
    }

    fn array(&self, schema: &Value, name: &str, depth: u32) -> Value {
        let count = |key: &str| schema.get(key).and_then(Value::as_u64);
        let least = count("minItems").unwrap_or(0);
        let preferred = u64::from(!self.is_brief(depth)).max(least);
        let most = count("maxItems").unwrap_or(preferred);
        let fixed = schema.get("prefixItems").and_then(Value::as_array);
        let fixed: &[Value] = fixed.map_or(&[], Vec::as_slice);
        let items = schema.get("items").unwrap_or(&Value::Null);
        let length = preferred.max(fixed.len() as u64).min(most).min(64);
        let unique = schema.get("uniqueItems") == Some(&Value::Bool(true));
        (0..)
            .zip(0..length)
            .map(|(position, _): (usize, u64)| {
                let schema = fixed.get(position).unwrap_or(items);
                let value = self.value(schema, name, depth + 1);
                if unique && position > 0 {
                    self.another(value, schema, position)
                } else {
                    value
                }
            })
            .collect()
    }

    /// A value like `value`, different for every position.
    fn another(&self, value: Value, schema: &Value, position: usize) -> Value {
        if let Some(options) = schema.get("enum").and_then(Value::as_array) {
            let pick = (self.findings.pick(options.len()) + position) % options.len().max(1);
            return options.get(pick).cloned().unwrap_or(value);
        }
        match value {
            Value::String(text) => {
                let mark = format!(" {}", position + 1);
                let most = schema.get("maxLength").and_then(Value::as_u64);
                let room = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(0));
                let kept = text.chars().take(room.saturating_sub(mark.len()));
                Value::String(kept.chain(mark.chars()).collect())
            }
            Value::Number(number) => match number.as_i64() {
                Some(whole) => json!(whole.saturating_add(i64::try_from(position).unwrap_or(0))),
                None => json!(number.as_f64().unwrap_or(0.0) + position as f64),
            },
            other => other,
        }
    }

    fn number(&self, schema: &Value, whole: bool) -> Value {
        let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
        let step = bound("multipleOf").filter(|step| *step > 0.0);
        let step = step.unwrap_or(if whole { 1.0 } else { 0.0 });
        let margin = if step > 0.0 { step } else { 1e-6 };
        let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|x| x + margin));
        let most = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|x| x - margin));
        let fits =
            |x: f64| least.is_none_or(|least| x >= least) && most.is_none_or(|most| x <= most);
        let found = self.findings.number().filter(|x| fits(*x));
        let middle = match (least, most) {
            (Some(least), Some(most)) => f64::midpoint(least, most),
            (Some(least), None) => least.max(1.0),
            (None, Some(most)) => most.min(1.0),
            (None, None) => 1.0,
        };
        let mut value = found.unwrap_or(middle);
        if step > 0.0 {
            value = (value / step).floor() * step;
            if least.is_some_and(|least| value < least) {
                value += step;
            }
        }
        if whole {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a float becomes the nearest integer"
            )]
            let value = value as i64;
            return json!(value);
        }
        json!(value)
    }

    fn string(&self, schema: &Value, name: &str) -> Value {
        let formatted = match schema.get("format").and_then(Value::as_str) {
            Some("date") => Some("2026-01-01"),
            Some("date-time") => Some("2026-01-01T00:00:00Z"),
            Some("time") => Some("00:00:00Z"),
            Some("duration") => Some("P1D"),
            Some("email") => Some("simulated@example.org"),
            Some("hostname") => Some("simulated.example.org"),
            Some("uri" | "uri-reference" | "iri") => Some("https://example.org/simulated"),
            Some("uuid") => Some("00000000-0000-4000-8000-000000000000"),
            Some("ipv4") => Some("192.0.2.1"),
            Some("ipv6") => Some("2001:db8::1"),
            _ => None,
        };
        if let Some(text) = formatted {
            return json!(text);
        }
        let length = |key: &str| {
            let length = schema.get(key).and_then(Value::as_u64);
            length.and_then(|length| usize::try_from(length).ok())
        };
        let mut text = self.findings.marked(name);
        if let Some(most) = length("maxLength") {
            text = text.chars().take(most).collect();
        }
        let missing = length("minLength").unwrap_or(0).min(10_000);
        let missing = missing.saturating_sub(text.chars().count());
        text.extend(std::iter::repeat_n('.', missing));
        json!(text)
    }
}

fn alternatives(schema: &Value) -> &[Value] {
    let options = schema.get("anyOf").or_else(|| schema.get("oneOf"));
    options.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The type a schema asks for; of several, the first that is not `null`.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str);
            kinds.find(|kind| *kind != "null").unwrap_or("null")
        }
        _ if schema.get("properties").is_some() || schema.get("required").is_some() => "object",
        _ if schema.get("items").is_some() || schema.get("prefixItems").is_some() => "array",
        _ => "string",
    }
}
