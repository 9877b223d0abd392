//! What the readers of dialects share: the top level of a body, our own fields in it, and lists of
//! simple things.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::provider::protocols::openai::wire::{Place, WireError, list, object, string};
use crate::provider::protocols::openai::{OWN_FIELDS, REFUSED_FIELDS};
use crate::types::raw::RawFields;

/// Takes our own fields out of a body, and refuses those that say where a request goes.
pub(super) fn own_fields(body: &mut RawFields) -> Result<RawFields, WireError> {
    let mut own = RawFields::default();
    for name in OWN_FIELDS {
        if let Some(value) = body.remove(name) {
            own.set(name, value);
        }
    }
    match REFUSED_FIELDS.iter().find(|name| body.get(name).is_some()) {
        None => Ok(own),
        Some(name) => {
            let message = "may not be set by a request; providers are a matter of configuration";
            Err(Place::Field(name).wrong(message))
        }
    }
}

/// The fields a dialect knows at the top level of a body.
pub(super) struct Known<'k> {
    /// Those that are read.
    pub(super) read: &'k [&'k str],
    /// Those that are left out with a warning.
    pub(super) hints: &'k [&'k str],
}

/// The top level of a body.
pub(super) struct Body<'a>(pub(super) &'a RawFields);

impl<'a> Body<'a> {
    /// A field, absent when `null`.
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.get(name).filter(|raw| raw.get() != "null")
    }

    /// A field read by `read`.
    pub(super) fn with<T>(
        &self,
        name: &str,
        read: impl FnOnce(&'a RawValue, &Place<'_>) -> Result<T, WireError>,
    ) -> Result<Option<T>, WireError> {
        let at = Place::Field(name);
        self.get(name).map(|raw| read(raw, &at)).transpose()
    }

    /// The hints that are there. A field that is neither read nor a hint is refused: whoever sends
    /// it counts on it.
    pub(super) fn check(&self, known: &Known<'_>) -> Result<Vec<&'a str>, WireError> {
        let mut hints = Vec::new();
        for (name, raw) in self.0.iter().filter(|(_, raw)| raw.get() != "null") {
            if known.hints.contains(&name) {
                if !asks_for_nothing(raw) {
                    hints.push(name);
                }
            } else if !known.read.contains(&name) {
                return Err(Place::Field(name).unsupported("has no counterpart here"));
            }
        }
        Ok(hints)
    }
}

/// Whether a value says the same as leaving the field out.
pub(super) fn asks_for_nothing(raw: &RawValue) -> bool {
    let mut compact = raw.get().chars().filter(|c| !c.is_whitespace());
    let compact: String = compact.by_ref().take(16).collect();
    matches!(compact.as_str(), "null" | "false" | "{}" | "[]")
}

/// A list of texts.
pub(super) fn strings(
    raw: &RawValue,
    at: &Place<'_>,
    most: usize,
) -> Result<Vec<String>, WireError> {
    list(raw, at, most)?
        .into_iter()
        .enumerate()
        .map(|(index, item)| string(item, &Place::Item(at, index)))
        .collect()
}

/// An object of any shape, such as a JSON Schema.
pub(super) fn any_object(raw: &RawValue, at: &Place<'_>) -> Result<Value, WireError> {
    object(raw, at)?;
    serde_json::from_str(raw.get()).map_err(|_| at.wrong("is not JSON that can be represented"))
}
