//! Writes what a client of ours is answered: `chat.completion` and `chat.completion.chunk` objects.
//!
//! Returns JSON text; status, headers and event framing are the server's. Fields a provider sent
//! beyond the protocol are passed on as they were.

use serde_json::Value;

use super::NAME;
use super::message::write_tool_call;
use super::usage::write_usage;
use super::wire::{Writer, write_string};
use crate::types::answer::{Answer, Choice};
use crate::types::event::StreamEvent;
use crate::types::raw::RawFields;
use crate::types::usage::Usage;
use crate::types::wire_reply::WireReply;

/// What every object of one reply has in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyHead {
    /// Our id of the reply.
    pub id: String,
    /// Seconds since 1970.
    pub created: i64,
    /// The model as the client is to see it.
    pub model: String,
}

impl ReplyHead {
    fn open(&self, object: &str) -> Writer {
        let mut out = Writer::new();
        out.value("id", self.id.as_str());
        out.value("object", object);
        out.value("created", self.created);
        out.value("model", self.model.as_str());
        out
    }
}

/// A whole reply.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// Who and when.
    pub head: &'a ReplyHead,
    /// The answer.
    pub answer: &'a Answer,
    /// Our own additions; they win over a provider's field of the same name.
    pub own: &'a RawFields,
}

impl Reply<'_> {
    /// The `chat.completion` object as JSON. Usage nobody counted is left out.
    pub fn to_json(&self) -> String {
        if let Some(wire) = self.answer.wire.as_deref()
            && wire.protocol() == NAME
        {
            return self.relayed(wire);
        }
        let mut out = self.head.open("chat.completion");
        let choices: Vec<String> = self.answer.choices.iter().map(whole_choice).collect();
        out.field("choices", &format!("[{}]", choices.join(",")));
        if self.answer.usage.is_known() {
            out.value("usage", write_usage(&self.answer.usage));
        }
        out.raw(&self.answer.extra, |name| {
            !is_ours(name) && self.own.get(name).is_none()
        });
        out.raw(self.own, |_| true);
        out.finish()
    }
}

impl Reply<'_> {
    /// The provider's own reply under our name for it.
    fn relayed(&self, wire: &WireReply) -> String {
        let [id, model] = [&self.head.id, &self.head.model].map(|text| Value::from(text.as_str()));
        wire.rewritten(
            &[
                ("id", &id.to_string()),
                ("created", &self.head.created.to_string()),
                ("model", &model.to_string()),
            ],
            self.own,
        )
    }
}

fn whole_choice(choice: &Choice) -> String {
    let mut message = Writer::new();
    message.value("role", "assistant");
    let silent =
        choice.text.is_empty() && (!choice.tool_calls.is_empty() || choice.refusal.is_some());
    message.value("content", (!silent).then_some(choice.text.as_str()));
    message.value("refusal", choice.refusal.as_deref());
    if let Some(reasoning) = &choice.reasoning {
        message.value("reasoning_content", reasoning.text.as_str());
        if let Some(signature) = &reasoning.signature {
            message.value("reasoning_signature", signature.as_str());
        }
    }
    if !choice.tool_calls.is_empty() {
        let calls: Value = choice.tool_calls.iter().map(write_tool_call).collect();
        message.value("tool_calls", calls);
    }
    message.raw(&inner(&choice.extra, "message"), |_| true);

    let mut out = Writer::new();
    out.value("index", choice.index);
    out.field("message", &message.finish());
    if choice.extra.get("logprobs").is_none() {
        out.value("logprobs", Value::Null);
    }
    out.value("finish_reason", choice.finish.as_str());
    out.raw(&choice.extra, |name| name != "message");
    out.finish()
}

/// Writes one stream, event by event.
#[derive(Debug)]
pub struct ChunkWriter {
    head: ReplyHead,
    include_usage: bool,
    /// Answers whose first chunk, which names the role, is out.
    begun: Vec<u32>,
    usage: Usage,
    /// Other fields of the reply, for the next chunk.
    extra: RawFields,
    /// How every chunk begins, up to the number of its answer.
    opening: String,
}

impl ChunkWriter {
    /// A writer of one stream; `include_usage` is the client's wish.
    pub fn new(head: ReplyHead, include_usage: bool) -> Self {
        let mut opening = head.open("chat.completion.chunk").so_far();
        opening.push_str(",\"choices\":[{\"index\":");
        Self {
            head,
            include_usage,
            begun: Vec::new(),
            usage: Usage::default(),
            extra: RawFields::default(),
            opening,
        }
    }

    /// The `chat.completion.chunk` object of an event, where it has one.
    pub fn event(&mut self, event: &StreamEvent) -> Option<String> {
        match event {
            StreamEvent::Start { .. } => None,
            StreamEvent::Usage(usage) => {
                self.usage = *usage;
                None
            }
            StreamEvent::Text { choice, text } => Some(self.text(*choice, "content", text)),
            StreamEvent::Refusal { choice, text } => Some(self.text(*choice, "refusal", text)),
            StreamEvent::Reasoning { choice, text } => {
                Some(self.text(*choice, "reasoning_content", text))
            }
            StreamEvent::ReasoningSignature { choice, signature } => {
                Some(self.text(*choice, "reasoning_signature", signature))
            }
            StreamEvent::ToolCall {
                choice,
                index,
                id,
                name,
                arguments,
            } => {
                let call = tool_call(*index, id.as_deref(), name.as_deref(), arguments);
                let mut delta = self.delta(*choice);
                delta.field("tool_calls", &format!("[{call}]"));
                Some(self.chunk(*choice, delta, None, None))
            }
            StreamEvent::Finish { choice, reason } => {
                let delta = self.delta(*choice);
                Some(self.chunk(*choice, delta, None, Some(reason.as_str())))
            }
            StreamEvent::Extra {
                choice: None,
                fields,
            } => {
                for (name, value) in fields.iter().filter(|(name, _)| !is_ours(name)) {
                    self.extra.set(name, value.to_owned());
                }
                None
            }
            StreamEvent::Extra {
                choice: Some(choice),
                fields,
            } => {
                let mut delta = self.delta(*choice);
                delta.raw(&inner(fields, "delta"), |_| true);
                Some(self.chunk(*choice, delta, Some(fields), None))
            }
        }
    }

    /// The last chunk, after every answer has finished: usage where the client wants it, and our
    /// own additions. `None` when there is nothing to say.
    pub fn end(&mut self, own: &RawFields) -> Option<String> {
        let with_usage = self.include_usage && self.usage.is_known();
        let extra = std::mem::take(&mut self.extra);
        if !with_usage && own.is_empty() && extra.is_empty() {
            return None;
        }
        let mut out = self.head.open("chat.completion.chunk");
        out.field("choices", "[]");
        if with_usage {
            out.value("usage", write_usage(&self.usage));
        }
        out.raw(&extra, |name| own.get(name).is_none());
        out.raw(own, |_| true);
        Some(out.finish())
    }

    fn text(&mut self, choice: u32, field: &str, text: &str) -> String {
        if self.extra.is_empty() && self.begun.contains(&choice) {
            return self.more(choice, field, text);
        }
        let mut delta = self.delta(choice);
        delta.value(field, text);
        self.chunk(choice, delta, None, None)
    }

    /// One more piece of a text that has begun, which nearly every chunk is, in one go.
    fn more(&self, choice: u32, field: &str, text: &str) -> String {
        let mut out = String::with_capacity(self.opening.len() + text.len() + 64);
        out.push_str(&self.opening);
        out.push_str(&choice.to_string());
        out.push_str(",\"delta\":{\"");
        out.push_str(field);
        out.push_str("\":");
        write_string(&mut out, text);
        out.push_str("},\"finish_reason\":null}]}");
        out
    }

    /// A delta, with the role in it the first time.
    fn delta(&mut self, choice: u32) -> Writer {
        let mut delta = Writer::new();
        if !self.begun.contains(&choice) {
            self.begun.push(choice);
            delta.value("role", "assistant");
        }
        delta
    }

    fn chunk(
        &mut self,
        choice: u32,
        delta: Writer,
        extra: Option<&RawFields>,
        finish: Option<&str>,
    ) -> String {
        let mut inner = Writer::new();
        inner.value("index", choice);
        inner.field("delta", &delta.finish());
        if let Some(extra) = extra {
            inner.raw(extra, |name| name != "delta");
        }
        inner.value("finish_reason", finish);
        let mut out = self.head.open("chat.completion.chunk");
        out.field("choices", &format!("[{}]", inner.finish()));
        out.raw(&std::mem::take(&mut self.extra), |_| true);
        out.finish()
    }
}

/// One piece of a tool call.
fn tool_call(index: u32, id: Option<&str>, name: Option<&str>, arguments: &str) -> String {
    let mut function = Writer::new();
    if let Some(name) = name {
        function.value("name", name);
    }
    function.value("arguments", arguments);
    let mut call = Writer::new();
    call.value("index", index);
    if let Some(id) = id {
        call.value("id", id);
        call.value("type", "function");
    }
    call.field("function", &function.finish());
    call.finish()
}

/// The fields of an object among `fields`, none when it is no object.
fn inner(fields: &RawFields, name: &str) -> RawFields {
    fields
        .get(name)
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default()
}

/// Names at the top level that only we write.
fn is_ours(name: &str) -> bool {
    ["id", "object", "created", "model", "choices", "usage"].contains(&name)
}
