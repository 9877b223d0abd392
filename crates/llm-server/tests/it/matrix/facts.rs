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

/// What a request holds besides its question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    pub(crate) system: bool,
    pub(crate) picture: bool,
    pub(crate) tools: bool,
    pub(crate) must_call: bool,
    pub(crate) history: bool,
    pub(crate) schema: bool,
    pub(crate) effort: bool,
    pub(crate) stop: bool,
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

const ASK: Ask = Ask {
    system: false,
    picture: false,
    tools: false,
    must_call: false,
    history: false,
    schema: false,
    effort: false,
    stop: false,
};

const SAY: Say = Say {
    pieces: &["fo", "ur"],
    thought: false,
    calls: false,
    finish: End::Stop,
};

const fn feature(name: &'static str, ask: Ask, say: Say) -> Feature {
    Feature { name, ask, say }
}

pub(crate) const FEATURES: &[Feature] = &[
    feature("text, usage", ASK, SAY),
    feature(
        "instructions",
        Ask {
            system: true,
            ..ASK
        },
        SAY,
    ),
    feature("stop texts", Ask { stop: true, ..ASK }, SAY),
    feature(
        "the limit of tokens as end",
        ASK,
        Say {
            finish: End::Length,
            ..SAY
        },
    ),
    feature(
        "pictures",
        Ask {
            picture: true,
            ..ASK
        },
        SAY,
    ),
    feature(
        "parallel calls of tools",
        Ask { tools: true, ..ASK },
        Say {
            pieces: &[],
            calls: true,
            finish: End::Calls,
            ..SAY
        },
    ),
    feature(
        "a call that is demanded",
        Ask {
            tools: true,
            must_call: true,
            ..ASK
        },
        Say {
            pieces: &["Look."],
            calls: true,
            finish: End::Calls,
            ..SAY
        },
    ),
    feature(
        "results of calls",
        Ask {
            tools: true,
            history: true,
            ..ASK
        },
        SAY,
    ),
    feature(
        "a JSON schema",
        Ask {
            schema: true,
            ..ASK
        },
        Say {
            pieces: &["{\"a\":", "4}"],
            ..SAY
        },
    ),
    feature(
        "effort and thoughts",
        Ask {
            effort: true,
            ..ASK
        },
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
        if ask.system {
            facts.add("system", SYSTEM);
        }
        if ask.stop {
            facts.add("stop", "END");
        }
        if ask.picture {
            facts.add("picture", PICTURE);
        }
        if ask.tools {
            facts.add("tool", format_args!("add {}", schema()));
        }
        if ask.must_call {
            facts.add("choice", "any");
        }
        if ask.history {
            for ((_, arguments), result) in CALLS.iter().zip(RESULTS) {
                facts.call("called", &json!("add"), &json!(arguments));
                facts.add("result", result);
            }
        }
        if ask.schema {
            facts.add_json("schema", &schema());
        }
        if ask.effort {
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
