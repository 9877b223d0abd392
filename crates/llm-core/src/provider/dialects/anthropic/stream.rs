//! A reply as a stream of this dialect's events: the message starts, its blocks start, grow and stop
//! one after another, a delta says why it ended, and the message stops.
//!
//! Blocks are closed when the next one begins. A call whose arguments are not whole yet stays open
//! beside it: some providers write several calls at once, and nothing they write may be lost.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::answer::{message, open, stop_details, stop_word, thinking, usage};
use super::error;
use crate::provider::dialects::{Ending, Fault, ReplyWriter, named};
use crate::provider::protocols::openai::wire::Writer as Object;
use crate::provider::protocols::openai::{Reply, ReplyHead};
use crate::types::answer::FinishReason;
use crate::types::event::StreamEvent;
use crate::types::failure::Failure;
use crate::types::usage::Usage;

const PING: &str = "event: ping\ndata: {\"type\":\"ping\"}\n\n";

/// Writes a reply.
#[derive(Debug, Default)]
pub(super) struct Writer {
    head: Option<ReplyHead>,
    /// Whether `message_start` is out: it waits for the first piece, which may bring the input's
    /// size.
    started: bool,
    usage: Usage,
    next: usize,
    open: Option<Open>,
    calls: Vec<Call>,
    said: bool,
    refusal: Option<String>,
}

/// The block of text or thoughts that grows.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Open {
    kind: Kind,
    block: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Thinking,
}

/// A call, by the provider's count.
#[derive(Debug)]
struct Call {
    index: u32,
    block: usize,
    arguments: String,
    is_open: bool,
}

impl ReplyWriter for Writer {
    fn keep_alive(&self) -> &'static str {
        PING
    }

    fn whole(&mut self, reply: &Reply<'_>) -> Result<String, Failure> {
        message(reply)
    }

    fn begin(&mut self, head: ReplyHead, _out: &mut Vec<String>) {
        self.head = Some(head);
    }

    fn event(&mut self, event: &StreamEvent, out: &mut Vec<String>) {
        if event.is_content() {
            self.start(out);
        }
        match event {
            StreamEvent::Usage(usage) => self.usage = *usage,
            StreamEvent::Text { choice: 0, text } => {
                self.said |= !text.is_empty();
                self.grow(Kind::Text, text, out);
            }
            StreamEvent::Refusal { choice: 0, text } => {
                self.refusal.get_or_insert_default().push_str(text);
                if !self.said {
                    self.grow(Kind::Text, text, out);
                }
            }
            StreamEvent::Reasoning { choice: 0, text } => self.grow(Kind::Thinking, text, out),
            StreamEvent::ReasoningSignature {
                choice: 0,
                signature,
            } => self.sign(signature, out),
            StreamEvent::ToolCall {
                choice: 0,
                index,
                id,
                name,
                arguments,
            } => self.call(*index, [id.as_deref(), name.as_deref()], arguments, out),
            // One answer is asked for and this dialect shows one; the rest is book-keeping.
            _ => {}
        }
    }

    fn end(&mut self, ending: &Ending<'_>, out: &mut Vec<String>) -> Result<(), Failure> {
        self.start(out);
        self.close(out);
        self.close_calls(|_| true, out);
        let reason = ending.finishes.iter().find_map(|event| match event {
            StreamEvent::Finish { choice: 0, reason } => Some(reason),
            _ => None,
        });
        let reason = reason.unwrap_or(&FinishReason::Stop);
        let mut delta = json!({
            "stop_reason": stop_word(reason, self.refusal.is_some()),
            "stop_sequence": null,
        });
        if let Some(refusal) = &self.refusal {
            delta["stop_details"] = stop_details(refusal);
        }
        let mut last = Object::new();
        last.value("type", "message_delta");
        last.value("delta", delta);
        last.value("usage", usage(&ending.usage));
        last.raw(ending.own, |_| true);
        out.push(named("message_delta", &last.finish()));
        out.push(event("message_stop", json!({})));
        Ok(())
    }

    fn failed(&mut self, fault: &Fault<'_>, out: &mut Vec<String>) {
        out.push(named("error", &error(fault).to_string()));
    }
}

impl Writer {
    fn start(&mut self, out: &mut Vec<String>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let head = self.head.as_ref();
        let (id, model) = head.map_or(("", ""), |head| (&head.id, &head.model));
        let mut message = open(id, model);
        message.value("content", json!([]));
        message.value("stop_reason", Value::Null);
        message.value("stop_sequence", Value::Null);
        message.value("usage", usage(&self.usage));
        let mut start = Object::new();
        start.value("type", "message_start");
        start.field("message", &message.finish());
        out.push(named("message_start", &start.finish()));
    }

    /// Adds to the block of a kind, which is begun where it is not the one that grows.
    fn grow(&mut self, kind: Kind, text: &str, out: &mut Vec<String>) {
        if text.is_empty() {
            return;
        }
        let block = self.block(kind, out);
        let delta = match kind {
            Kind::Text => json!({ "type": "text_delta", "text": text }),
            Kind::Thinking => json!({ "type": "thinking_delta", "thinking": text }),
        };
        out.push(grown(block, &delta));
    }

    fn block(&mut self, kind: Kind, out: &mut Vec<String>) -> usize {
        if let Some(open) = self.open.filter(|open| open.kind == kind) {
            return open.block;
        }
        self.close(out);
        self.close_calls(Call::is_whole, out);
        let content = match kind {
            Kind::Text => json!({ "type": "text", "text": "" }),
            Kind::Thinking => thinking("", ""),
        };
        let block = self.begin_block(&content, out);
        self.open = Some(Open { kind, block });
        block
    }

    fn begin_block(&mut self, content: &Value, out: &mut Vec<String>) -> usize {
        let block = self.next;
        self.next += 1;
        let fields = json!({ "index": block, "content_block": content });
        out.push(event("content_block_start", fields));
        block
    }

    /// The proof of all thoughts, in their block if it still grows.
    fn sign(&mut self, signature: &str, out: &mut Vec<String>) {
        self.start(out);
        let block = self.block(Kind::Thinking, out);
        let delta = json!({ "type": "signature_delta", "signature": signature });
        out.push(grown(block, &delta));
        self.close(out);
    }

    fn call(
        &mut self,
        index: u32,
        [id, name]: [Option<&str>; 2],
        arguments: &str,
        out: &mut Vec<String>,
    ) {
        let known = self.calls.iter().position(|call| call.index == index);
        let position = known.unwrap_or_else(|| {
            self.close(out);
            self.close_calls(Call::is_whole, out);
            let content = json!({
                "type": "tool_use",
                "id": id.unwrap_or_default(),
                "name": name.unwrap_or_default(),
                "input": {},
            });
            let block = self.begin_block(&content, out);
            self.calls.push(Call {
                index,
                block,
                arguments: String::new(),
                is_open: true,
            });
            self.calls.len() - 1
        });
        let call = &mut self.calls[position];
        if !call.is_open && arguments.trim().is_empty() {
            return;
        }
        call.arguments.push_str(arguments);
        if !arguments.is_empty() {
            let delta = json!({ "type": "input_json_delta", "partial_json": arguments });
            out.push(grown(call.block, &delta));
        }
    }

    fn close(&mut self, out: &mut Vec<String>) {
        if let Some(open) = self.open.take() {
            out.push(stopped(open.block));
        }
    }

    fn close_calls(&mut self, which: impl Fn(&Call) -> bool, out: &mut Vec<String>) {
        let open = self.calls.iter_mut().filter(|call| call.is_open);
        for call in open {
            if which(call) {
                call.is_open = false;
                call.arguments = String::new();
                out.push(stopped(call.block));
            }
        }
    }
}

impl Call {
    /// Whether its arguments are whole: nothing that may follow would be JSON.
    fn is_whole(&self) -> bool {
        serde_json::from_str::<&RawValue>(&self.arguments).is_ok()
    }
}

fn grown(block: usize, delta: &Value) -> String {
    event(
        "content_block_delta",
        json!({ "index": block, "delta": delta }),
    )
}

fn stopped(block: usize) -> String {
    event("content_block_stop", json!({ "index": block }))
}

/// An event; its type is its name.
fn event(name: &str, mut fields: Value) -> String {
    fields["type"] = json!(name);
    named(name, &fields.to_string())
}
