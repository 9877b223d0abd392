//! A hub answer as a `response` object, and the parts of it that streams have too.

use serde_json::{Value, json};

use crate::provider::protocols::openai::wire::Writer;
use crate::provider::protocols::openai::{Reply, ReplyHead};
use crate::types::answer::{Choice, FinishReason};
use crate::types::message::{Reasoning, ToolCall};
use crate::types::raw::RawFields;
use crate::types::usage::Usage;

/// What the answer holds of a request that did not say it.
const DEFAULTS: &[(&str, &str)] = &[
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("previous_response_id", "null"),
    ("reasoning", r#"{"effort":null,"summary":null}"#),
    ("store", "false"),
    ("temperature", "null"),
    ("text", r#"{"format":{"type":"text"}}"#),
    ("tool_choice", r#""auto""#),
    ("tools", "[]"),
    ("top_p", "null"),
    ("truncation", r#""disabled""#),
    ("user", "null"),
];

/// How far a response is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Status<'a> {
    /// It is being written.
    Running,
    /// It ended for this reason.
    Ended(&'a FinishReason),
    /// It failed: code and message.
    Failed(&'a str, &'a str),
}

impl Status<'_> {
    fn word(self) -> &'static str {
        match self {
            Self::Running => "in_progress",
            Self::Ended(FinishReason::Stop | FinishReason::ToolCalls) => "completed",
            Self::Ended(_) => "incomplete",
            Self::Failed(..) => "failed",
        }
    }
}

/// A `response` object.
pub(super) struct Object<'a> {
    pub(super) head: &'a ReplyHead,
    /// What it holds of the request.
    pub(super) echo: &'a RawFields,
    pub(super) status: Status<'a>,
    /// Items, as JSON.
    pub(super) output: &'a [String],
    pub(super) usage: Usage,
    /// Our own additions.
    pub(super) own: &'a RawFields,
}

impl Object<'_> {
    /// As JSON.
    pub(super) fn to_json(&self) -> String {
        let mut out = Writer::new();
        out.value("id", self.head.id.as_str());
        out.value("object", "response");
        out.value("created_at", self.head.created);
        out.value("status", self.status.word());
        out.value("background", false);
        out.value(
            "error",
            match self.status {
                Status::Failed(code, message) => json!({ "code": code, "message": message }),
                _ => Value::Null,
            },
        );
        out.value("incomplete_details", self.incomplete());
        out.value("model", self.head.model.as_str());
        out.field("output", &format!("[{}]", self.output.join(",")));
        for (name, default) in DEFAULTS {
            let value = self.echo.get(name).map_or(*default, |raw| raw.get());
            out.field(name, value);
        }
        out.value("usage", usage(&self.usage));
        out.raw(self.own, |_| true);
        out.finish()
    }

    fn incomplete(&self) -> Value {
        let reason = match self.status {
            Status::Ended(FinishReason::Length) => "max_output_tokens",
            Status::Ended(FinishReason::ContentFilter) => "content_filter",
            Status::Ended(FinishReason::Other(word)) => word,
            _ => return Value::Null,
        };
        json!({ "reason": reason })
    }
}

/// The body of a whole reply.
pub(super) fn response(reply: &Reply<'_>, echo: &RawFields) -> String {
    let nothing = Choice::empty(0);
    let choice = reply.answer.choices.first().unwrap_or(&nothing);
    let output = items(choice, &reply.head.id);
    let object = Object {
        head: reply.head,
        echo,
        status: Status::Ended(&choice.finish),
        output: &output,
        usage: reply.answer.usage,
        own: reply.own,
    };
    object.to_json()
}

fn items(choice: &Choice, id: &str) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(thoughts) = &choice.reasoning {
        out.push(reasoning(&item_id("rs", id, 0), thoughts).to_string());
    }
    let mut parts: Vec<Value> = Vec::new();
    if !choice.text.is_empty() {
        parts.push(text_part(&choice.text));
    }
    if let Some(refusal) = &choice.refusal {
        parts.push(refusal_part(refusal));
    }
    if !parts.is_empty() {
        out.push(message(&item_id("msg", id, 0), &parts, true).to_string());
    }
    for (place, call) in choice.tool_calls.iter().enumerate() {
        out.push(function_call(&item_id("fc", id, place), call, true).to_string());
    }
    out
}

/// The id of an item: what it is, whose it is, and its place among those of its kind.
pub(super) fn item_id(kind: &str, response: &str, place: usize) -> String {
    let own = response.strip_prefix("resp_").unwrap_or(response);
    format!("{kind}_{own}_{place}")
}

fn status(is_done: bool) -> &'static str {
    if is_done { "completed" } else { "in_progress" }
}

/// Thoughts.
pub(super) fn reasoning(id: &str, thoughts: &Reasoning) -> Value {
    let mut summary = Vec::new();
    if !thoughts.text.is_empty() {
        summary.push(summary_part(&thoughts.text));
    }
    let mut item = json!({ "id": id, "type": "reasoning", "summary": summary });
    if let Some(proof) = &thoughts.signature {
        item["encrypted_content"] = json!(proof);
    }
    item
}

/// A message.
pub(super) fn message(id: &str, parts: &[Value], is_done: bool) -> Value {
    json!({
        "id": id,
        "type": "message",
        "status": status(is_done),
        "role": "assistant",
        "content": parts,
    })
}

/// A call.
pub(super) fn function_call(id: &str, call: &ToolCall, is_done: bool) -> Value {
    json!({
        "id": id,
        "type": "function_call",
        "status": status(is_done),
        "call_id": call.id,
        "name": call.name,
        "arguments": call.arguments,
    })
}

/// A part of a message.
pub(super) fn text_part(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
}

/// The part with which a model declines.
pub(super) fn refusal_part(text: &str) -> Value {
    json!({ "type": "refusal", "refusal": text })
}

/// A part of thoughts.
pub(super) fn summary_part(text: &str) -> Value {
    json!({ "type": "summary_text", "text": text })
}

/// Token counts; `null` while nobody has counted.
fn usage(usage: &Usage) -> Value {
    if !usage.is_known() {
        return Value::Null;
    }
    json!({
        "input_tokens": usage.input,
        "input_tokens_details": { "cached_tokens": usage.cached_input },
        "output_tokens": usage.output,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning },
        "total_tokens": usage.total(),
    })
}
