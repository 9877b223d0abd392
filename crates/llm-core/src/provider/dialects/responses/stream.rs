//! A reply as a stream of this dialect's events: the response is created, its items are added, grow
//! and are done, and the response is completed.
//!
//! An item is done when the next one begins, but for two kinds. A call whose arguments are not whole
//! stays open beside it, because some providers write several calls at once. Thoughts stay open
//! until the end, because their proof comes last.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::answer::{
    Object, Status, function_call, item_id, message, reasoning, refusal_part, response,
    summary_part, text_part,
};
use crate::provider::dialects::{Ending, Fault, ReplyWriter, named};
use crate::provider::protocols::openai::wire::Writer as Json;
use crate::provider::protocols::openai::{Reply, ReplyHead};
use crate::types::answer::FinishReason;
use crate::types::event::StreamEvent;
use crate::types::failure::Failure;
use crate::types::message::{Reasoning, ToolCall};
use crate::types::raw::RawFields;
use crate::types::usage::Usage;

/// Writes a reply.
#[derive(Debug)]
pub(super) struct Writer {
    echo: RawFields,
    head: ReplyHead,
    has_begun: bool,
    sequence: u64,
    items: Vec<Item>,
}

/// An item of the output.
#[derive(Debug)]
struct Item {
    id: String,
    is_done: bool,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Thoughts {
        thoughts: Reasoning,
        /// Whether the text is over, though the proof may follow.
        is_told: bool,
    },
    Message(Vec<Part>),
    Call {
        /// The provider's count.
        index: u32,
        call: ToolCall,
    },
}

/// A part of a message: what it says, and whether that declines.
#[derive(Debug)]
struct Part {
    text: String,
    declines: bool,
}

impl Part {
    fn to_json(&self, text: &str) -> Value {
        if self.declines {
            refusal_part(text)
        } else {
            text_part(text)
        }
    }

    fn event(&self, step: &str) -> String {
        let kind = if self.declines {
            "refusal"
        } else {
            "output_text"
        };
        format!("response.{kind}.{step}")
    }
}

impl Item {
    fn to_json(&self, is_done: bool) -> Value {
        match &self.content {
            Content::Thoughts { thoughts, .. } => reasoning(&self.id, thoughts),
            Content::Message(parts) => {
                let parts = parts.iter().map(|part| part.to_json(&part.text));
                message(&self.id, &parts.collect::<Vec<_>>(), is_done)
            }
            Content::Call { call, .. } => function_call(&self.id, call, is_done),
        }
    }
}

impl ReplyWriter for Writer {
    fn whole(&mut self, reply: &Reply<'_>) -> Result<String, Failure> {
        Ok(response(reply, &self.echo))
    }

    fn begin(&mut self, head: ReplyHead, out: &mut Vec<String>) {
        self.head = head;
        self.has_begun = true;
        for name in ["response.created", "response.in_progress"] {
            self.tell(name, Status::Running, None, out);
        }
    }

    fn event(&mut self, event: &StreamEvent, out: &mut Vec<String>) {
        match event {
            StreamEvent::Text { choice: 0, text } => self.say(text, false, out),
            StreamEvent::Refusal { choice: 0, text } => self.say(text, true, out),
            StreamEvent::Reasoning { choice: 0, text } => self.think(text, out),
            StreamEvent::ReasoningSignature {
                choice: 0,
                signature,
            } => {
                let place = self.thoughts(out);
                if let Content::Thoughts { thoughts, .. } = &mut self.items[place].content {
                    thoughts.signature = Some(signature.clone());
                }
            }
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
        self.finish_items(|_| true, out);
        let reason = ending.finishes.iter().find_map(|event| match event {
            StreamEvent::Finish { choice: 0, reason } => Some(reason),
            _ => None,
        });
        let reason = reason.unwrap_or(&FinishReason::Stop);
        let name = match reason {
            FinishReason::Stop | FinishReason::ToolCalls => "response.completed",
            _ => "response.incomplete",
        };
        self.tell(name, Status::Ended(reason), Some(ending), out);
        Ok(())
    }

    fn failed(&mut self, fault: &Fault<'_>, out: &mut Vec<String>) {
        let mut fields = fault.object.clone();
        fields["error"] = fault.object.clone();
        self.send("error", fields, out);
        if self.has_begun {
            let status = Status::Failed(fault.row.name, fault.message());
            self.tell("response.failed", status, None, out);
        }
    }
}

impl Writer {
    pub(super) fn new(echo: RawFields) -> Self {
        Self {
            echo,
            head: ReplyHead {
                id: String::new(),
                created: 0,
                model: String::new(),
            },
            has_begun: false,
            sequence: 0,
            items: Vec::new(),
        }
    }

    /// An event about the response as a whole.
    fn tell(
        &mut self,
        name: &str,
        status: Status<'_>,
        ending: Option<&Ending<'_>>,
        out: &mut Vec<String>,
    ) {
        let output: Vec<String> = self
            .items
            .iter()
            .map(|item| item.to_json(item.is_done).to_string())
            .collect();
        let nothing = RawFields::default();
        let object = Object {
            head: &self.head,
            echo: &self.echo,
            status,
            output: &output,
            usage: ending.map_or_else(Usage::default, |ending| ending.usage),
            own: ending.map_or(&nothing, |ending| ending.own),
        };
        let mut event = Json::new();
        event.value("type", name);
        event.value("sequence_number", self.sequence);
        event.field("response", &object.to_json());
        self.sequence += 1;
        out.push(named(name, &event.finish()));
    }

    fn send(&mut self, name: &str, mut fields: Value, out: &mut Vec<String>) {
        fields["type"] = json!(name);
        fields["sequence_number"] = json!(self.sequence);
        self.sequence += 1;
        out.push(named(name, &fields.to_string()));
    }

    /// Adds an item, after those that are whole are done.
    fn add(&mut self, kind: &str, content: Content, out: &mut Vec<String>) -> usize {
        self.finish_items(Item::ends_here, out);
        let alike = |item: &&Item| item.id.starts_with(kind);
        let place = self.items.iter().filter(alike).count();
        let item = Item {
            id: item_id(kind, &self.head.id, place),
            is_done: false,
            content,
        };
        let at = self.items.len();
        let fields = json!({ "output_index": at, "item": item.to_json(false) });
        self.items.push(item);
        self.send("response.output_item.added", fields, out);
        at
    }

    fn say(&mut self, text: &str, declines: bool, out: &mut Vec<String>) {
        if text.is_empty() {
            return;
        }
        let speaking = |item: &Item| !item.is_done && matches!(item.content, Content::Message(_));
        let at = if self.items.last().is_some_and(speaking) {
            self.items.len() - 1
        } else {
            self.add("msg", Content::Message(Vec::new()), out)
        };
        let id = self.items[at].id.clone();
        let Content::Message(parts) = &mut self.items[at].content else {
            return;
        };
        let is_new = parts.last().is_none_or(|part| part.declines != declines);
        if is_new {
            parts.push(Part {
                text: String::new(),
                declines,
            });
        }
        let place = parts.len() - 1;
        let part = &mut parts[place];
        part.text.push_str(text);
        let (empty, name) = (part.to_json(""), part.event("delta"));
        let whereabouts = json!({ "item_id": id, "output_index": at, "content_index": place });
        if is_new {
            let mut fields = whereabouts.clone();
            fields["part"] = empty;
            self.send("response.content_part.added", fields, out);
        }
        let mut fields = whereabouts;
        fields["delta"] = json!(text);
        if !declines {
            fields["logprobs"] = json!([]);
        }
        self.send(&name, fields, out);
    }

    /// The place of the thoughts, which are begun where there are none.
    fn thoughts(&mut self, out: &mut Vec<String>) -> usize {
        let open = |item: &Item| !item.is_done && matches!(item.content, Content::Thoughts { .. });
        self.items.iter().position(open).unwrap_or_else(|| {
            let content = Content::Thoughts {
                thoughts: Reasoning::default(),
                is_told: false,
            };
            self.add("rs", content, out)
        })
    }

    fn think(&mut self, text: &str, out: &mut Vec<String>) {
        if text.is_empty() {
            return;
        }
        let at = self.thoughts(out);
        let id = self.items[at].id.clone();
        let Content::Thoughts { thoughts, is_told } = &mut self.items[at].content else {
            return;
        };
        // Thoughts that go on after an answer has begun are told like the first.
        let is_new = thoughts.text.is_empty();
        thoughts.text.push_str(text);
        *is_told = false;
        let whereabouts = json!({ "item_id": id, "output_index": at, "summary_index": 0 });
        if is_new {
            let mut fields = whereabouts.clone();
            fields["part"] = summary_part("");
            self.send("response.reasoning_summary_part.added", fields, out);
        }
        let mut fields = whereabouts;
        fields["delta"] = json!(text);
        self.send("response.reasoning_summary_text.delta", fields, out);
    }

    fn call(
        &mut self,
        index: u32,
        [id, name]: [Option<&str>; 2],
        arguments: &str,
        out: &mut Vec<String>,
    ) {
        let known = self.items.iter().position(
            |item| matches!(&item.content, Content::Call { index: it, .. } if *it == index),
        );
        let at = known.unwrap_or_else(|| {
            let call = ToolCall {
                id: id.unwrap_or_default().to_owned(),
                name: name.unwrap_or_default().to_owned(),
                arguments: String::new(),
            };
            self.add("fc", Content::Call { index, call }, out)
        });
        let item = &mut self.items[at];
        if arguments.is_empty() || (item.is_done && arguments.trim().is_empty()) {
            return;
        }
        if let Content::Call { call, .. } = &mut item.content {
            call.arguments.push_str(arguments);
        }
        let fields = json!({ "item_id": item.id, "output_index": at, "delta": arguments });
        self.send("response.function_call_arguments.delta", fields, out);
    }

    fn finish_items(&mut self, which: fn(&Item) -> bool, out: &mut Vec<String>) {
        for at in 0..self.items.len() {
            self.finish_text(at, out);
            let item = &mut self.items[at];
            if item.is_done || !which(item) {
                continue;
            }
            item.is_done = true;
            let fields = json!({ "output_index": at, "item": item.to_json(true) });
            self.finish_parts(at, out);
            self.send("response.output_item.done", fields, out);
        }
    }

    /// The text of thoughts is over when something else begins.
    fn finish_text(&mut self, at: usize, out: &mut Vec<String>) {
        let item = &mut self.items[at];
        let Content::Thoughts { thoughts, is_told } = &mut item.content else {
            return;
        };
        if std::mem::replace(is_told, true) || thoughts.text.is_empty() {
            return;
        }
        let text = thoughts.text.clone();
        let whereabouts = json!({ "item_id": item.id, "output_index": at, "summary_index": 0 });
        let mut fields = whereabouts.clone();
        fields["text"] = json!(text);
        self.send("response.reasoning_summary_text.done", fields, out);
        let mut fields = whereabouts;
        fields["part"] = summary_part(&text);
        self.send("response.reasoning_summary_part.done", fields, out);
    }

    fn finish_parts(&mut self, at: usize, out: &mut Vec<String>) {
        let item = &self.items[at];
        let mut events: Vec<(String, Value)> = Vec::new();
        match &item.content {
            Content::Thoughts { .. } => {}
            Content::Message(parts) => {
                for (place, part) in parts.iter().enumerate() {
                    let whereabouts = json!({
                        "item_id": item.id, "output_index": at, "content_index": place,
                    });
                    let mut fields = whereabouts.clone();
                    let name = if part.declines { "refusal" } else { "text" };
                    fields[name] = json!(part.text);
                    if !part.declines {
                        fields["logprobs"] = json!([]);
                    }
                    events.push((part.event("done"), fields));
                    let mut fields = whereabouts;
                    fields["part"] = part.to_json(&part.text);
                    events.push(("response.content_part.done".to_owned(), fields));
                }
            }
            Content::Call { call, .. } => {
                let fields = json!({
                    "item_id": item.id, "output_index": at,
                    "name": call.name, "arguments": call.arguments,
                });
                events.push(("response.function_call_arguments.done".to_owned(), fields));
            }
        }
        for (name, fields) in events {
            self.send(&name, fields, out);
        }
    }
}

impl Item {
    /// Whether it is over when the next one begins.
    fn ends_here(&self) -> bool {
        match &self.content {
            Content::Thoughts { .. } => false,
            Content::Message(_) => true,
            Content::Call { call, .. } => {
                serde_json::from_str::<&RawValue>(&call.arguments).is_ok()
            }
        }
    }
}
