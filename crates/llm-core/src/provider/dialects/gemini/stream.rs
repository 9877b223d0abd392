//! A reply as a stream of this dialect: responses that each hold a part of the answer, as events or
//! as the items of one list.
//!
//! Text is passed on as it comes. Calls have no pieces here, so they are held back until they are
//! whole, and with them the reasons why the answers ended.

use std::collections::BTreeMap;

use serde_json::json;

use super::answer::{calls, candidate, close, proof, response, usage};
use super::error;
use crate::provider::dialects::{Ending, Fault, ReplyWriter, data};
use crate::provider::protocols::openai::wire::Writer as Object;
use crate::provider::protocols::openai::{Reply, ReplyHead};
use crate::types::event::StreamEvent;
use crate::types::failure::Failure;
use crate::types::message::{Reasoning, ToolCall};

/// Writes a reply.
#[derive(Debug)]
pub(super) struct Writer {
    shows_thoughts: bool,
    /// Whether pieces are events rather than items of a list.
    events: bool,
    head: ReplyHead,
    /// Whether the list has an item.
    listed: bool,
    held: BTreeMap<u32, Held>,
}

/// What waits for the end of one answer.
#[derive(Debug, Default)]
struct Held {
    calls: BTreeMap<u32, ToolCall>,
    reasoning: Reasoning,
    refused: bool,
}

impl Writer {
    pub(super) fn new(shows_thoughts: bool, events: bool) -> Self {
        Self {
            shows_thoughts,
            events,
            head: ReplyHead {
                id: String::new(),
                created: 0,
                model: String::new(),
            },
            listed: false,
            held: BTreeMap::new(),
        }
    }

    fn send(&mut self, object: &str, out: &mut Vec<String>) {
        if self.events {
            out.push(data(object));
            return;
        }
        let before = if self.listed { ",\n" } else { "[" };
        self.listed = true;
        out.push(format!("{before}{object}"));
    }

    fn close_list(&self, out: &mut Vec<String>) {
        if !self.events {
            out.push("]\n".to_owned());
        }
    }

    fn say(&mut self, choice: u32, part: &serde_json::Value, out: &mut Vec<String>) {
        let mut object = Object::new();
        let candidate = candidate(choice, &[part.to_string()], None);
        object.field("candidates", &format!("[{candidate}]"));
        close(&mut object, &self.head);
        self.send(&object.finish(), out);
    }

    /// The last piece of an answer: its calls, the proof of its thoughts, why it ended.
    fn last(&mut self, event: &StreamEvent) -> Result<Option<String>, Failure> {
        let StreamEvent::Finish { choice, reason } = event else {
            return Ok(None);
        };
        let held = self.held.remove(choice).unwrap_or_default();
        let list: Vec<ToolCall> = held.calls.into_values().collect();
        let proof = proof(&held.reasoning);
        let mut parts = calls(&list, proof.as_deref())?;
        if parts.is_empty() {
            let empty = match proof {
                Some(proof) => json!({ "text": "", "thoughtSignature": proof }),
                None => json!({ "text": "" }),
            };
            parts.push(empty.to_string());
        }
        Ok(Some(candidate(
            *choice,
            &parts,
            Some((reason, held.refused)),
        )))
    }
}

impl ReplyWriter for Writer {
    fn media_type(&self) -> &'static str {
        if self.events {
            "text/event-stream"
        } else {
            "application/json"
        }
    }

    fn keep_alive(&self) -> &'static str {
        if self.events {
            ": keep-alive\n\n"
        } else {
            "\n"
        }
    }

    fn whole(&mut self, reply: &Reply<'_>) -> Result<String, Failure> {
        response(reply, self.shows_thoughts)
    }

    fn begin(&mut self, head: ReplyHead, _out: &mut Vec<String>) {
        self.head = head;
    }

    fn event(&mut self, event: &StreamEvent, out: &mut Vec<String>) {
        match event {
            StreamEvent::Text { choice, text } => self.say(*choice, &json!({ "text": text }), out),
            StreamEvent::Refusal { choice, text } => {
                self.held.entry(*choice).or_default().refused = true;
                self.say(*choice, &json!({ "text": text }), out);
            }
            StreamEvent::Reasoning { choice, text } if self.shows_thoughts => {
                self.say(*choice, &json!({ "text": text, "thought": true }), out);
            }
            StreamEvent::ReasoningSignature { choice, signature } => {
                let held = self.held.entry(*choice).or_default();
                held.reasoning.signature = Some(signature.clone());
            }
            StreamEvent::ToolCall {
                choice,
                index,
                id,
                name,
                arguments,
            } => {
                let held = self.held.entry(*choice).or_default();
                let call = held.calls.entry(*index).or_insert_with(|| ToolCall {
                    id: String::new(),
                    name: String::new(),
                    arguments: String::new(),
                });
                call.id.push_str(id.as_deref().unwrap_or_default());
                call.name.push_str(name.as_deref().unwrap_or_default());
                call.arguments.push_str(arguments);
            }
            _ => {}
        }
    }

    fn end(&mut self, ending: &Ending<'_>, out: &mut Vec<String>) -> Result<(), Failure> {
        let mut candidates = Vec::new();
        for event in ending.finishes {
            candidates.extend(self.last(event)?);
        }
        let mut object = Object::new();
        object.field("candidates", &format!("[{}]", candidates.join(",")));
        if ending.usage.is_known() {
            object.value("usageMetadata", usage(&ending.usage));
        }
        close(&mut object, &self.head);
        object.raw(ending.own, |_| true);
        self.send(&object.finish(), out);
        self.close_list(out);
        Ok(())
    }

    fn failed(&mut self, fault: &Fault<'_>, out: &mut Vec<String>) {
        let object = json!({ "error": error(fault) }).to_string();
        self.send(&object, out);
        self.close_list(out);
    }
}
