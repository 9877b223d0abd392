//! From the command line to a request: the same JSON body an HTTP client would send.
//!
//! One body serves both ways: here it is read by `llm_core::gateway::asked`, and with `--server` it
//! is sent as it is. So a flag means exactly what the field of the HTTP surface means.
//!
//! | file | owns |
//! |---|---|
//! | `prompt` | what is asked: words, files, system prompt, template |
//! | `attach` | pictures, sound and documents beside the text |
//! | `choice` | how the model is chosen |
//! | `options` | how the answer is to be produced, and its schema |
//! | `members` | who cooperates, and how |

pub(crate) mod attach;
pub(crate) mod choice;
pub(crate) mod members;
pub(crate) mod options;
pub(crate) mod prompt;

use llm_console::catalogue::Message;
use llm_console::report::Report;
use serde_json::{Map, Value};

/// A body under construction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body(pub(crate) Map<String, Value>);

impl Body {
    /// Sets a field.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// Sets a field where there is something to say.
    pub(crate) fn set_some(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    /// Sets a field of an object of the body.
    pub(crate) fn set_in(&mut self, object: &str, name: &str, value: impl Into<Value>) {
        let inner = self
            .0
            .entry(object)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(inner) = inner {
            inner.insert(name.to_owned(), value.into());
        }
    }

    /// The same where there is something to say.
    pub(crate) fn set_some_in(
        &mut self,
        object: &str,
        name: &str,
        value: Option<impl Into<Value>>,
    ) {
        if let Some(value) = value {
            self.set_in(object, name, value);
        }
    }

    /// The body as one value.
    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

/// `K=V` as people write it.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    /// What stands before the first `=`.
    pub(crate) key: String,
    /// What stands after it.
    pub(crate) value: String,
}

impl Pair {
    /// Reads it.
    pub(crate) fn parse(text: &str) -> Result<Self, Message> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => Ok(Self {
                key: key.trim().to_owned(),
                value: value.to_owned(),
            }),
            _ => Err(Message::new("cooperation.ask.bad_pair")),
        }
    }

    /// The value as JSON where it is some, else as text.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.value).unwrap_or_else(|_| Value::from(self.value.as_str()))
    }
}

/// Two things on the command line that exclude each other.
pub(crate) fn conflict(one: &str, other: &str) -> Report {
    Report::usage(
        Message::new("common.usage.conflict")
            .with("argument", one)
            .with("other", other),
    )
}
