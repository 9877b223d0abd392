//! What is asked and said, apart from how anybody spells it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

pub(crate) const SYSTEM: &str = "Be brief.";
pub(crate) const QUESTION: &str = "What is 2+2?";
pub(crate) const PICTURE: &str = "iVBORw0KGgo=";
/// Calls made before, or made now: ids and arguments.
pub(crate) const CALLS: [(&str, &str); 2] = [("call_1", r#"{"a":1}"#), ("call_2", r#"{"a":2}"#)];
pub(crate) const RESULTS: [&str; 2] = ["five", "six"];
pub(crate) const INPUT: u64 = 12;
pub(crate) const OUTPUT: u64 = 7;

/// A tool's arguments, and the form of an answer.
pub(crate) fn schema() -> Value {
    json!({
        "type": "object",
        "properties": { "a": { "type": "integer" } },
        "required": ["a"],
        "additionalProperties": false,
    })
}

/// What a request may hold besides its question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    System,
    Picture,
    Tools,
    MustCall,
    History,
    Schema,
    Effort,
    Stop,
}

/// What a request holds besides its question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask(pub(crate) &'static [Want]);

impl Ask {
    /// Whether it holds this.
    pub(crate) fn has(&self, want: Want) -> bool {
        self.0.contains(&want)
    }
}

/// What is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Say {
    pub(crate) pieces: &'static [&'static str],
    pub(crate) thought: bool,
    pub(crate) calls: bool,
    pub(crate) finish: End,
}

/// Why an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Stop,
    Length,
    Calls,
}

/// A feature and the exchange that shows it.
pub(crate) struct Feature {
    pub(crate) name: &'static str,
    pub(crate) ask: Ask,
    pub(crate) say: Say,
}

const SAY: Say = Say {
    pieces: &["fo", "ur"],
    thought: false,
    calls: false,
    finish: End::Stop,
};

const fn feature(name: &'static str, ask: &'static [Want], say: Say) -> Feature {
    Feature {
        name,
        ask: Ask(ask),
        say,
    }
}

pub(crate) const FEATURES: &[Feature] = &[
    feature("text, usage", &[], SAY),
    feature("instructions", &[Want::System], SAY),
    feature("stop texts", &[Want::Stop], SAY),
    feature(
        "the limit of tokens as end",
        &[],
        Say {
            finish: End::Length,
            ..SAY
        },
    ),
    feature("pictures", &[Want::Picture], SAY),
    feature(
        "parallel calls of tools",
        &[Want::Tools],
        Say {
            pieces: &[],
            calls: true,
            finish: End::Calls,
            ..SAY
        },
    ),
    feature(
        "a call that is demanded",
        &[Want::Tools, Want::MustCall],
        Say {
            pieces: &["Look."],
            calls: true,
            finish: End::Calls,
            ..SAY
        },
    ),
    feature("results of calls", &[Want::Tools, Want::History], SAY),
    feature(
        "a JSON schema",
        &[Want::Schema],
        Say {
            pieces: &["{\"a\":", "4}"],
            ..SAY
        },
    ),
    feature(
        "effort and thoughts",
        &[Want::Effort],
        Say {
            thought: true,
            ..SAY
        },
    ),
];

/// What was asked or said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts(BTreeSet<String>);

impl Facts {
    /// Adds one.
    pub(crate) fn add(&mut self, kind: &str, what: impl std::fmt::Display) {
        self.0.insert(format!("{kind} {what}"));
    }

    /// Adds one that is JSON, however it is spaced.
    pub(crate) fn add_json(&mut self, kind: &str, what: &Value) {
        self.add(kind, what);
    }

    /// Adds a call, whose arguments are an object or the text of one.
    pub(crate) fn call(&mut self, kind: &str, name: &Value, arguments: &Value) {
        let parsed = match arguments {
            Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
            other => other.clone(),
        };
        self.add(kind, format_args!("{} {parsed}", name.as_str().unwrap()));
    }

    /// Adds the counts of tokens.
    pub(crate) fn usage(&mut self, input: &Value, output: &Value) {
        self.add("usage", format_args!("{input} {output}"));
    }

    /// What a request asks.
    pub(crate) fn asked(ask: &Ask) -> Self {
        let mut facts = Self::default();
        facts.add("user", QUESTION);
        facts.add("limit", 50);
        if ask.has(Want::System) {
            facts.add("system", SYSTEM);
        }
        if ask.has(Want::Stop) {
            facts.add("stop", "END");
        }
        if ask.has(Want::Picture) {
            facts.add("picture", PICTURE);
        }
        if ask.has(Want::Tools) {
            facts.add("tool", format_args!("add {}", schema()));
        }
        if ask.has(Want::MustCall) {
            facts.add("choice", "any");
        }
        if ask.has(Want::History) {
            for ((_, arguments), result) in CALLS.iter().zip(RESULTS) {
                facts.call("called", &json!("add"), &json!(arguments));
                facts.add("result", result);
            }
        }
        if ask.has(Want::Schema) {
            facts.add_json("schema", &schema());
        }
        if ask.has(Want::Effort) {
            facts.add("effort", "high");
        }
        facts
    }

    /// What an answer says.
    pub(crate) fn said(say: &Say) -> Self {
        let mut facts = Self::default();
        facts.usage(&json!(INPUT), &json!(OUTPUT));
        facts.add("end", format_args!("{:?}", say.finish));
        let text = say.pieces.concat();
        if !text.is_empty() {
            facts.add("text", text);
        }
        if say.thought {
            facts.add("thought", "hm");
        }
        if say.calls {
            for (_, arguments) in CALLS {
                facts.call("call", &json!("add"), &json!(arguments));
            }
        }
        facts
    }
}
