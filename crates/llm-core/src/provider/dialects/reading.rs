//! What the readers of dialects share: the top level of a body, our own fields in it, and lists of
//! simple things.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::provider::protocols::openai::wire::{Object, Place, WireError, list, object, string};
use crate::provider::protocols::openai::{OWN_FIELDS, REFUSED_FIELDS};
use crate::types::chat::ChatRequest;
use crate::types::message::ToolChoice;
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

/// What was left out of a request.
#[derive(Debug, Default)]
pub(super) struct Dropped {
    hints: &'static [&'static str],
    names: Vec<String>,
}

impl Dropped {
    /// Nothing yet; these fields may be left out of any object.
    pub(super) fn hints(hints: &'static [&'static str]) -> Self {
        Self {
            hints,
            names: Vec::new(),
        }
    }

    /// Notes a field, once.
    pub(super) fn note(&mut self, name: &str) {
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    /// Notes the hints in an object; refuses every other field that is not among `known`.
    pub(super) fn check(
        &mut self,
        fields: &Object<'_>,
        at: &Place<'_>,
        known: &[&str],
    ) -> Result<(), WireError> {
        for (name, raw) in fields.iter() {
            if known.contains(&name) || asks_for_nothing(raw) {
                continue;
            }
            if self.hints.contains(&name) {
                self.note(name);
            } else {
                return Err(Place::Key(at, name).unsupported("has no counterpart here"));
            }
        }
        Ok(())
    }

    /// As warnings.
    pub(super) fn warnings(self) -> Vec<String> {
        let told = self.names.into_iter();
        told.map(|name| format!("`{name}` is a hint for another service and was left out"))
            .collect()
    }
}

/// Refuses a choice of tools that no tool fits.
pub(super) fn check_choice(request: &ChatRequest, at: &Place<'_>) -> Result<(), WireError> {
    let tools = &request.tools;
    match &request.tool_choice {
        Some(ToolChoice::Required) if tools.is_empty() => {
            Err(at.wrong("demands a tool, but there is none"))
        }
        Some(ToolChoice::Named(name)) if !tools.iter().any(|tool| tool.name == *name) => {
            Err(at.wrong("names a tool there is not"))
        }
        _ => Ok(()),
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
