//! The shape of the configuration, derived from the section types: the JSON Schema, which keys
//! there are at a place, and what kind of value belongs there.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::Config;
use super::key::{KeyPath, Segment, did_you_mean};

/// Keys of the earlier programs and of neighbours, with what they are called here.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("model_path", "path"),
    ("model", "path"),
    ("api_base_url", "base_url"),
    ("api_base", "base_url"),
    ("url", "base_url"),
    ("key", "api_key"),
    ("supported_tasks", "tasks"),
    ("max_model_len", "context"),
    ("context_window", "context"),
    ("context_length", "context"),
    ("timeout", "timeout_ms"),
    ("max_retries", "retries"),
    ("default_strategy", "strategy"),
    ("enabled", "disabled"),
    ("input_price", "price"),
    ("judge_model", "judge"),
];

/// The JSON Schema of a configuration file, within what drafts 4 to 7 share.
pub fn json_schema() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<Config>().to_value();
    without_null(&mut schema);
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert(
            "profiles".to_owned(),
            json!({
                "description": "Named overlays; `--profile NAME` lays one over everything else of the files.",
                "type": "object",
                "additionalProperties": { "$ref": "#" },
            }),
        );
    }
    schema
}

/// What kind of value belongs at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// One of these texts.
    OneOf(Vec<String>),
    /// A whole number, with its bounds where it has any.
    Integer {
        /// The least it may be.
        min: Option<i64>,
        /// The most it may be.
        max: Option<i64>,
    },
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A list of such values.
    List(Box<Self>),
    /// A key, or where one is.
    Secret,
    /// A table with keys of its own.
    Section,
    /// A table with names that people choose.
    Names,
}

impl Kind {
    /// In words, for messages and the reference page.
    pub fn describe(&self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::OneOf(values) => values
                .iter()
                .map(|value| format!("`{value}`"))
                .collect::<Vec<_>>()
                .join(", "),
            Self::Integer { min, max } => match (min, max) {
                (Some(min), Some(max)) => format!("whole number, {min} to {max}"),
                (Some(min), None) => format!("whole number from {min}"),
                _ => "whole number".to_owned(),
            },
            Self::Number => "number".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::List(item) => format!("list of {}", item.describe()),
            Self::Secret => r#"key, { env = "NAME" } or { file = "PATH" }"#.to_owned(),
            Self::Section | Self::Names => "table".to_owned(),
        }
    }
}

/// What the configuration knows about a place.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    schema: &'static Value,
}

/// Looks a place up; `None` where there is no such key.
pub fn at(path: &KeyPath) -> Option<Known> {
    let mut schema: &'static Value = &ROOT;
    for segment in path.segments() {
        schema = match segment {
            Segment::Key(name) => below(schema, name)?,
            Segment::Index(_) => resolve(schema).get("items")?,
        };
    }
    Some(Known { schema })
}

/// The key that was probably meant instead of one that does not exist.
pub fn suggestion(path: &KeyPath) -> Option<String> {
    let name = path.last()?;
    let parent = at(&path.parent())?;
    let keys = parent.keys();
    if let Some((_, ours)) = OTHER_NAMES
        .iter()
        .find(|(theirs, ours)| *theirs == name && keys.contains(ours))
    {
        return Some((*ours).to_owned());
    }
    did_you_mean(name, keys).map(str::to_owned)
}

impl Known {
    /// The kind of value.
    pub fn kind(&self) -> Kind {
        kind_of(self.schema)
    }

    /// The keys a section has; empty for anything else.
    pub fn keys(&self) -> Vec<&'static str> {
        resolve(self.schema)
            .get("properties")
            .and_then(Value::as_object)
            .map(|properties| properties.keys().map(String::as_str).collect())
            .unwrap_or_default()
    }

    /// What it means.
    pub fn description(&self) -> &'static str {
        self.schema
            .get("description")
            .or_else(|| resolve(self.schema).get("description"))
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// What it is where nothing says so.
    pub fn default(&self) -> Option<&'static Value> {
        self.schema.get("default")
    }

    /// Whether a table must have it.
    pub fn requires(&self, name: &str) -> bool {
        resolve(self.schema)
            .get("required")
            .and_then(Value::as_array)
            .is_some_and(|names| names.iter().any(|required| required == name))
    }
}

static ROOT: LazyLock<Value> = LazyLock::new(json_schema);

fn below(schema: &'static Value, name: &str) -> Option<&'static Value> {
    let schema = resolve(schema);
    if let Some(property) = schema
        .get("properties")
        .and_then(|properties| properties.get(name))
    {
        return Some(property);
    }
    if let Some(any) = schema
        .get("additionalProperties")
        .filter(|any| any.is_object())
    {
        return Some(any);
    }
    let variants = schema.get("oneOf")?.as_array()?;
    variants.iter().find_map(|variant| below(variant, name))
}

/// Follows references; a reference with a description beside it is wrapped in `allOf`.
fn resolve(schema: &'static Value) -> &'static Value {
    let reference = schema.get("$ref").or_else(|| {
        let wrapped = schema.get("allOf")?.as_array()?;
        wrapped.first()?.get("$ref")
    });
    match reference.and_then(Value::as_str) {
        Some("#") => &ROOT,
        Some(pointer) => pointer
            .strip_prefix('#')
            .and_then(|pointer| ROOT.pointer(pointer))
            .map_or(schema, resolve),
        None => schema,
    }
}

fn kind_of(schema: &'static Value) -> Kind {
    let schema = resolve(schema);
    if let Some(variants) = schema.get("oneOf").and_then(Value::as_array) {
        let texts: Option<Vec<String>> = variants
            .iter()
            .map(|variant| variant.get("const")?.as_str().map(str::to_owned))
            .collect();
        return texts.map_or(Kind::Secret, Kind::OneOf);
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let texts = values.iter().filter_map(Value::as_str).map(str::to_owned);
        return Kind::OneOf(texts.collect());
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => Kind::Text,
        Some("integer") => Kind::Integer {
            min: schema.get("minimum").and_then(Value::as_i64),
            max: schema.get("maximum").and_then(Value::as_i64),
        },
        Some("number") => Kind::Number,
        Some("boolean") => Kind::Boolean,
        Some("array") => Kind::List(Box::new(schema.get("items").map_or(Kind::Text, kind_of))),
        _ if schema.get("properties").is_some() => Kind::Section,
        _ => Kind::Names,
    }
}

/// TOML has no null; a key that may be absent is simply absent.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            drop_null_type(object);
            for (_, value) in object.iter_mut() {
                without_null(value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

fn drop_null_type(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(variants)) = object.get_mut("anyOf") {
        variants.retain(|variant| variant.get("type").is_none_or(|name| name != "null"));
        if variants.len() == 1 {
            let only = variants.remove(0);
            object.remove("anyOf");
            object.insert("allOf".to_owned(), Value::Array(vec![only]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(key: &str) -> Option<Known> {
        at(&KeyPath::parse(key).unwrap())
    }

    #[test]
    fn every_kind_of_key_is_told_apart() {
        let kind = |key| known(key).unwrap().kind();
        assert_eq!(kind("server.host"), Kind::Text);
        assert_eq!(
            kind("server.port"),
            Kind::Integer {
                min: Some(0),
                max: Some(65535)
            }
        );
        assert_eq!(kind("server.metrics"), Kind::Boolean);
        assert_eq!(kind("models.x.temperature"), Kind::Number);
        assert_eq!(kind("models.x.price.input"), Kind::Number);
        assert_eq!(kind("models.x.tasks"), Kind::List(Box::new(Kind::Text)));
        assert_eq!(kind("providers.x.api_key"), Kind::Secret);
        assert_eq!(kind("providers.x.api_key.env"), Kind::Text);
        assert_eq!(kind("aliases.x"), Kind::Text);
        assert_eq!(kind("models"), Kind::Names);
        assert_eq!(kind("models.x"), Kind::Section);
        assert_eq!(kind("profiles.p.server.host"), Kind::Text);
        assert!(matches!(kind("auth.mode"), Kind::OneOf(values) if values.len() == 3));
        assert!(known("server.prot").is_none());
        assert!(known("nothing").is_none());
    }

    #[test]
    fn a_wrong_key_is_answered_with_the_right_one() {
        let suggest = |key| suggestion(&KeyPath::parse(key).unwrap());
        assert_eq!(suggest("server.prot").as_deref(), Some("port"));
        assert_eq!(suggest("model").as_deref(), Some("models"));
        assert_eq!(suggest("models.x.model_path").as_deref(), Some("path"));
        assert_eq!(
            suggest("models.x.supported_tasks").as_deref(),
            Some("tasks")
        );
        assert_eq!(suggest("server.colour"), None);
    }

    #[test]
    fn the_schema_accepts_a_real_file_and_refuses_a_wrong_one() {
        let validator = jsonschema::validator_for(&json_schema()).unwrap();
        let valid = |text: &str| {
            let table: toml::Table = toml::from_str(text).unwrap();
            validator.is_valid(&serde_json::to_value(table).unwrap())
        };
        assert!(valid(
            "schema_version = 1\n[providers.p]\nkind = \"openai\"\napi_key = { env = \"K\" }\n[models.m]\npath = \"x\"\nprice = { input = 0.1, output = 1 }\n[profiles.fast.limits]\nretries = 0\n"
        ));
        assert!(!valid("[server]\nport = \"x\"\n"));
        assert!(
            !valid("[models.m]\nprice = { input = 1 }\n"),
            "a price without output"
        );
        assert!(!valid("[profiles.p.server]\nport = 70000\n"));
    }
}
