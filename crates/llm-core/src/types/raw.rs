//! The top level of a JSON object with every value kept as the bytes it was.
//!
//! What a client or provider sent and we do not act on is passed on unchanged: no number is
//! re-spelled and no escape rewritten. Reading refuses duplicate keys and deep nesting, because
//! two parsers that disagree about either can be played against each other.

use std::fmt;

use memchr::memchr2;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// The deepest nesting a body may have.
pub const MAX_DEPTH: usize = 64;

/// The most fields an object may have at its top level. Every new name is compared with all
/// before it, so a body of nothing but names would otherwise keep a processor busy.
pub const MAX_FIELDS: usize = 512;

/// Fields in the order they came, values untouched.
#[derive(Clone, Debug, Default)]
pub struct RawFields(Vec<(String, Box<RawValue>)>);

impl RawFields {
    /// Reads the top level of an object.
    pub fn parse(body: &[u8]) -> Result<Self, RawError> {
        check_depth(body)?;
        serde_json::from_slice(body).map_err(|error| refusal(&error))
    }

    /// Reads the top level of an object that is known to be text.
    pub fn parse_text(body: &str) -> Result<Self, RawError> {
        check_depth(body.as_bytes())?;
        serde_json::from_str(body).map_err(|error| refusal(&error))
    }

    /// The value of a field.
    pub fn get(&self, key: &str) -> Option<&RawValue> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| &**value)
    }

    /// Takes a field out.
    pub fn remove(&mut self, key: &str) -> Option<Box<RawValue>> {
        let position = self.0.iter().position(|(name, _)| name == key)?;
        Some(self.0.remove(position).1)
    }

    /// Adds a field at the end, or replaces the value of one that is there.
    pub fn set(&mut self, key: &str, value: Box<RawValue>) {
        match self.0.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), &**value))
    }

    /// Keeps the fields whose name passes.
    pub fn retain(&mut self, mut wanted: impl FnMut(&str) -> bool) {
        self.0.retain(|(name, _)| wanted(name));
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for RawFields {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self
                .iter()
                .zip(other.iter())
                .all(|(a, b)| a.0 == b.0 && a.1.get() == b.1.get())
    }
}

/// Why a body was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawError {
    /// Not a JSON object: what is wrong, with line and column where there are any. Never a value.
    Invalid(String),
    /// A key occurs twice.
    Duplicate(String),
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
}

fn refusal(error: &serde_json::Error) -> RawError {
    let text = error.to_string();
    match text.strip_prefix(DUPLICATE) {
        Some(rest) => RawError::Duplicate(rest.split('`').next().unwrap_or("").to_owned()),
        // The parser's words about a wrong type quote the value.
        None if error.is_data() && text.starts_with("invalid type") => {
            RawError::Invalid("it is not an object".to_owned())
        }
        None => RawError::Invalid(text),
    }
}

const DUPLICATE: &str = "duplicate key `";

impl<'de> Deserialize<'de> for RawFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = RawFields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawFields, A::Error> {
                let mut fields: Vec<(String, Box<RawValue>)> = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    if fields.iter().any(|(name, _)| *name == key) {
                        return Err(serde::de::Error::custom(format_args!("{DUPLICATE}{key}`")));
                    }
                    if fields.len() == MAX_FIELDS {
                        let message = format_args!("more than {MAX_FIELDS} fields");
                        return Err(serde::de::Error::custom(message));
                    }
                    fields.push((key, map.next_value()?));
                }
                Ok(RawFields(fields))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

impl Serialize for RawFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Refuses nesting deeper than [`MAX_DEPTH`] without building anything.
pub fn check_depth(body: &[u8]) -> Result<(), RawError> {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = body.get(at) {
        at += 1;
        match byte {
            b'"' => at = after_string(body, at),
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(RawError::TooDeep);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// The place behind the string that has begun before `at`. Most of a body is text, so the search
/// for its end is what counts.
fn after_string(body: &[u8], mut at: usize) -> usize {
    while let Some(found) = body.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if body[at] == b'"' {
            return at + 1;
        }
        // Whatever is escaped, it is no end.
        at += 2;
    }
    body.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_the_bytes_they_were() {
        let body = r#"{"model":"m","big":12345678901234567890123,"e":1.50e+2,"s":"\u00e9\/"}"#;
        let fields = RawFields::parse(body.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&fields).unwrap(), body);
    }

    #[test]
    fn a_key_may_occur_once() {
        let error = RawFields::parse(br#"{"model":"a","model":"b"}"#).unwrap_err();
        assert_eq!(error, RawError::Duplicate("model".into()));
    }

    #[test]
    fn what_is_no_object_is_not_quoted() {
        for body in [
            r#""a secret""#,
            r#"["a secret"]"#,
            r#"{"a secret" 1}"#,
            "a secret",
        ] {
            let RawError::Invalid(text) = RawFields::parse(body.as_bytes()).unwrap_err() else {
                panic!("{body}")
            };
            assert!(!text.contains("secret"), "{text}");
        }
    }

    #[test]
    fn a_body_of_nothing_but_names_is_refused() {
        let names: Vec<String> = (0..=MAX_FIELDS).map(|n| format!("\"f{n}\":0")).collect();
        let read =
            |names: &[String]| RawFields::parse(format!("{{{}}}", names.join(",")).as_bytes());
        assert!(read(&names[1..]).is_ok());
        assert!(matches!(read(&names), Err(RawError::Invalid(_))));
    }

    #[test]
    fn brackets_in_text_are_not_nesting() {
        let text = format!(r#"{{"q":"{}"}}"#, "[\\\"{".repeat(200));
        assert!(RawFields::parse(text.as_bytes()).is_ok());
        let deep = format!(r#"{{"q":{}{}}}"#, "[".repeat(64), "]".repeat(64));
        assert_eq!(
            RawFields::parse(deep.as_bytes()).unwrap_err(),
            RawError::TooDeep
        );
    }

    #[test]
    fn brackets_within_texts_are_no_depth() {
        let deep = "[".repeat(MAX_DEPTH);
        let close = "]".repeat(MAX_DEPTH);
        for inner in [
            String::new(),
            format!(r#""{}""#, "[{".repeat(100)),
            format!(r#""\\","\"{}""#, "[".repeat(100)),
            r#""an end \\""#.to_owned(),
        ] {
            let body = format!("{deep}{inner}{close}");
            assert_eq!(check_depth(body.as_bytes()), Ok(()), "{inner}");
            let deeper = format!("[{body}]");
            assert_eq!(check_depth(deeper.as_bytes()), Err(RawError::TooDeep));
        }
        // What breaks off within a text is the parser's to refuse.
        assert_eq!(check_depth(br#"{"a":"b"#), Ok(()));
        assert_eq!(check_depth(br#"{"a":""#), Ok(()));
    }
}
