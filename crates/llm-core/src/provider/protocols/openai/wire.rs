//! JSON one level at a time: reading values with the place of each, and writing objects around
//! values that stay as they are.
//!
//! Values stay borrowed from the body they came in; only what is kept is copied. Two readers meet
//! here: the strict one for what clients send, whose mistakes are named, and the lenient one for
//! what providers answer, where an unusable field counts as absent.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::types::raw::{MAX_FIELDS, RawFields};

/// A client's mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireError {
    /// The field at fault, such as `messages[2].content`.
    pub param: String,
    /// What is wrong with it, as a lowercase fragment that follows its name.
    pub message: String,
    /// Whether the field is absent.
    pub missing: bool,
    /// Whether the field is right but cannot be honoured here.
    pub unsupported: bool,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.param, self.message)
    }
}

impl std::error::Error for WireError {}

/// Where a value stands. Built on the stack on the way down, written out only for an error.
#[derive(Clone, Copy)]
pub(in crate::provider) enum Place<'p> {
    Field(&'p str),
    Key(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

impl Place<'_> {
    /// The value here is wrong.
    pub(in crate::provider) fn wrong(&self, message: impl Into<String>) -> WireError {
        WireError {
            param: self.to_string(),
            message: message.into(),
            missing: false,
            unsupported: false,
        }
    }

    /// The value here is right, but nothing can be done with it.
    pub(in crate::provider) fn unsupported(&self, message: impl Into<String>) -> WireError {
        WireError {
            unsupported: true,
            ..self.wrong(message)
        }
    }

    /// There is no value here.
    pub(in crate::provider) fn missing(&self) -> WireError {
        WireError {
            param: self.to_string(),
            message: "is required".to_owned(),
            missing: true,
            unsupported: false,
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => f.write_str(name),
            Self::Key(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// The fields of an object, borrowed. A field that is `null` counts as absent.
#[derive(Debug, Default)]
pub(in crate::provider) struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// Reads an object; the first of two fields of one name counts.
    pub(in crate::provider) fn parse(json: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// The value of a field.
    pub(in crate::provider) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0
            .iter()
            .find(|(key, value)| key == name && value.get() != "null")
            .map(|(_, value)| *value)
    }

    /// The fields that are not `null`, in order.
    pub(in crate::provider) fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0
            .iter()
            .filter(|(_, value)| value.get() != "null")
            .map(|(key, value)| (key.as_ref(), *value))
    }

    /// The same fields under other names.
    pub(in crate::provider) fn renamed(self, name: impl Fn(&str) -> String) -> Self {
        let fields = self.0.into_iter();
        Self(
            fields
                .map(|(key, value)| (Cow::Owned(name(&key)), value))
                .collect(),
        )
    }

    /// Every field, in order, as slices of the text it was read from: the name without its quotes.
    /// `None` when a name has escapes in it or occurs twice.
    pub(super) fn slices(&self) -> Option<Vec<(&'a str, &'a str)>> {
        if self.duplicate().is_some() {
            return None;
        }
        self.0
            .iter()
            .map(|(name, value)| match name {
                Cow::Borrowed(name) => Some((*name, value.get())),
                Cow::Owned(_) => None,
            })
            .collect()
    }

    /// A field of some type, absent when it is of another.
    pub(in crate::provider) fn lenient<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.get(name)?.get()).ok()
    }

    /// A field that is an object, empty when it is not.
    pub(in crate::provider) fn child(&self, name: &str) -> Self {
        self.get(name)
            .and_then(|raw| Self::parse(raw.get()).ok())
            .unwrap_or_default()
    }

    /// The items of a field that is a list, none when it is not.
    pub(in crate::provider) fn items(&self, name: &str) -> Vec<&'a RawValue> {
        self.get(name)
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default()
    }

    /// A name that occurs twice.
    pub(in crate::provider) fn duplicate(&self) -> Option<&str> {
        let names = self.0.iter().map(|(name, _)| name);
        names
            .enumerate()
            .find(|(index, name)| self.0[..*index].iter().any(|(other, _)| other == *name))
            .map(|(_, name)| name.as_ref())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    fields.push((name, map.next_value()?));
                    if fields.len() > MAX_FIELDS {
                        return Err(serde::de::Error::custom("too many fields"));
                    }
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(Fields).map(Object)
    }
}

/// A name, borrowed unless it has escapes in it.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// A JSON object under construction.
#[derive(Debug)]
pub(in crate::provider) struct Writer(String);

impl Writer {
    pub(in crate::provider) fn new() -> Self {
        Self::with_capacity(256)
    }

    pub(in crate::provider) fn with_capacity(bytes: usize) -> Self {
        let mut out = String::with_capacity(bytes);
        out.push('{');
        Self(out)
    }

    /// Adds a field whose value is JSON text.
    pub(in crate::provider) fn field(&mut self, name: &str, json: &str) {
        self.name(name);
        self.0.push_str(json);
    }

    /// Adds a field with any value.
    pub(in crate::provider) fn value<'v>(&mut self, name: &str, value: impl Into<Plain<'v>>) {
        self.name(name);
        match value.into() {
            Plain::Text(text) => write_string(&mut self.0, text),
            Plain::Null => self.0.push_str("null"),
            Plain::Other(value) => self.0.push_str(&value.to_string()),
        }
    }

    /// Adds the fields whose name passes, as they are.
    pub(in crate::provider) fn raw(&mut self, fields: &RawFields, wanted: impl Fn(&str) -> bool) {
        for (name, raw) in fields.iter().filter(|(name, _)| wanted(name)) {
            self.field(name, raw.get());
        }
    }

    pub(in crate::provider) fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }

    /// What is written so far, without the end.
    pub(in crate::provider) fn so_far(self) -> String {
        self.0
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        write_string(&mut self.0, name);
        self.0.push(':');
    }
}

/// A value to be written. Texts, which nearly all are, need no copy.
pub(in crate::provider) enum Plain<'v> {
    Text(&'v str),
    Null,
    Other(Value),
}

impl<'v> From<&'v str> for Plain<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(text)
    }
}

impl<'v> From<&'v String> for Plain<'v> {
    fn from(text: &'v String) -> Self {
        Self::Text(text)
    }
}

impl<'v> From<Option<&'v str>> for Plain<'v> {
    fn from(text: Option<&'v str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

/// Everything else goes by way of a JSON value.
macro_rules! by_value {
    ($($kind:ty),*) => {
        $(impl From<$kind> for Plain<'_> {
            fn from(value: $kind) -> Self {
                Self::Other(value.into())
            }
        })*
    };
}
by_value!(Value, String, bool, u32, u64, i64, usize, f64);

/// Appends a JSON string. Runs of what needs no escape are copied as they are.
pub(in crate::provider) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest
        .bytes()
        .position(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\'))
    {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        match special.as_bytes()[0] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            other => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.push_str("\\u00");
                out.push(char::from(HEX[usize::from(other >> 4)]));
                out.push(char::from(HEX[usize::from(other & 15)]));
            }
        }
        rest = &special[1..];
    }
    out.push_str(rest);
    out.push('"');
}

/// What kind of value it is, for messages.
fn kind(raw: &RawValue) -> &'static str {
    match raw.get().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

fn mismatch(raw: &RawValue, at: &Place<'_>, wanted: &str) -> WireError {
    at.wrong(format!("must be {wanted}, not {}", kind(raw)))
}

/// A string. Escapes that stand for no character, such as half a surrogate pair, are refused.
pub(in crate::provider) fn string(raw: &RawValue, at: &Place<'_>) -> Result<String, WireError> {
    if !raw.get().starts_with('"') {
        return Err(mismatch(raw, at, "a string"));
    }
    serde_json::from_str(raw.get()).map_err(|_| at.wrong("is not valid Unicode text"))
}

/// True or false.
pub(in crate::provider) fn boolean(raw: &RawValue, at: &Place<'_>) -> Result<bool, WireError> {
    serde_json::from_str(raw.get()).map_err(|_| mismatch(raw, at, "true or false"))
}

/// A whole number between `least` and `most`, written without a fraction or exponent.
pub(in crate::provider) fn whole<T>(
    raw: &RawValue,
    at: &Place<'_>,
    least: T,
    most: T,
) -> Result<T, WireError>
where
    T: Copy + DeserializeOwned + PartialOrd + fmt::Display,
{
    if kind(raw) != "a number" {
        return Err(mismatch(raw, at, "a whole number"));
    }
    match serde_json::from_str::<T>(raw.get()) {
        Ok(number) if number >= least && number <= most => Ok(number),
        _ => Err(at.wrong(format!("must be a whole number from {least} to {most}"))),
    }
}

/// A number between `least` and `most`.
pub(in crate::provider) fn number(
    raw: &RawValue,
    at: &Place<'_>,
    least: f64,
    most: f64,
) -> Result<f64, WireError> {
    if kind(raw) != "a number" {
        return Err(mismatch(raw, at, "a number"));
    }
    match serde_json::from_str::<f64>(raw.get()) {
        Ok(number) if number >= least && number <= most => Ok(number),
        _ => Err(at.wrong(format!("must be a number from {least} to {most}"))),
    }
}

/// A list of at most `most` items.
pub(in crate::provider) fn list<'a>(
    raw: &'a RawValue,
    at: &Place<'_>,
    most: usize,
) -> Result<Vec<&'a RawValue>, WireError> {
    let items: Vec<&RawValue> =
        serde_json::from_str(raw.get()).map_err(|_| mismatch(raw, at, "a list"))?;
    if items.len() > most {
        let message = format!("has {} items, more than the {most} allowed", items.len());
        return Err(at.wrong(message));
    }
    Ok(items)
}

/// An object in which every name occurs once.
pub(in crate::provider) fn object<'a>(
    raw: &'a RawValue,
    at: &Place<'_>,
) -> Result<Object<'a>, WireError> {
    if !raw.get().starts_with('{') {
        return Err(mismatch(raw, at, "an object"));
    }
    let object: Object<'a> = serde_json::from_str(raw.get())
        .map_err(|_| at.wrong(format!("has more than {MAX_FIELDS} fields")))?;
    match object.duplicate() {
        Some(name) => Err(at.wrong(format!("has the field `{name}` twice"))),
        None => Ok(object),
    }
}

/// A field that must be there.
pub(in crate::provider) fn required<'a>(
    object: &Object<'a>,
    at: &Place<'_>,
    name: &str,
) -> Result<&'a RawValue, WireError> {
    object
        .get(name)
        .ok_or_else(|| Place::Key(at, name).missing())
}

/// A string field that may be absent.
pub(in crate::provider) fn optional_string(
    object: &Object<'_>,
    at: &Place<'_>,
    name: &str,
) -> Result<Option<String>, WireError> {
    object
        .get(name)
        .map(|raw| string(raw, &Place::Key(at, name)))
        .transpose()
}

/// A string field that must be there.
pub(in crate::provider) fn required_string(
    object: &Object<'_>,
    at: &Place<'_>,
    name: &str,
) -> Result<String, WireError> {
    string(required(object, at, name)?, &Place::Key(at, name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_written_string_is_the_one_a_parser_reads(text in "(?s).*") {
            let mut out = String::new();
            write_string(&mut out, &text);
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
            prop_assert!(!out.contains('\n') && !out.contains('\r'));
        }
    }
}
