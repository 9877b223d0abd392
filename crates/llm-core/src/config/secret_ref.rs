//! Where a secret is: in the environment, in a file, or in the owner-only secrets file itself.
//!
//! Resolved late, at assembly; a reference is what is shown and exported, never the secret.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::types::secret::Secret;

/// Where a secret is.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// The secret itself; belongs into the secrets file.
    Here(Secret),
    /// The value of an environment variable.
    Env(String),
    /// The first line of a file.
    File(PathBuf),
}

impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here(_) => f.write_str("[secret]"),
            Self::Env(name) => write!(f, "{{ env = {name:?} }}"),
            Self::File(path) => write!(f, "{{ file = {path:?} }}"),
        }
    }
}

/// A reference is written as it is; a secret is written as its hint, so that no dump carries it.
impl Serialize for SecretRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (key, value) = match self {
            Self::Here(secret) => return serializer.serialize_str(&secret.hint()),
            Self::Env(name) => ("env", Cow::from(name)),
            Self::File(path) => ("file", path.to_string_lossy()),
        };
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(key, &value)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Ref;

        impl<'de> Visitor<'de> for Ref {
            type Value = SecretRef;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#"a key, { env = "NAME" } or { file = "PATH" }"#)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<SecretRef, E> {
                Ok(SecretRef::Here(Secret::new(text)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretRef, A::Error> {
                let expected = r#"exactly one of `env` and `file`, as in { env = "NAME" }"#;
                let Some((key, value)) = map.next_entry::<String, String>()? else {
                    return Err(A::Error::custom(format_args!("expected {expected}")));
                };
                if map.next_key::<String>()?.is_some() {
                    return Err(A::Error::custom(format_args!("expected {expected}")));
                }
                match key.as_str() {
                    "env" => Ok(SecretRef::Env(value)),
                    "file" => Ok(SecretRef::File(PathBuf::from(value))),
                    _ => Err(A::Error::custom(format_args!(
                        "expected {expected}, found `{key}`"
                    ))),
                }
            }
        }

        deserializer.deserialize_any(Ref)
    }
}

impl JsonSchema for SecretRef {
    fn schema_name() -> Cow<'static, str> {
        "SecretRef".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Where a secret is: the key itself (in the secrets file), { env = \"NAME\" } or { file = \"PATH\" }.",
            "oneOf": [
                { "type": "string" },
                { "type": "object", "properties": { "env": { "type": "string" } }, "required": ["env"], "additionalProperties": false },
                { "type": "object", "properties": { "file": { "type": "string" } }, "required": ["file"], "additionalProperties": false }
            ]
        })
    }
}
