//! The legacy completion dialect of `OpenAI`, `POST /v1/completions`, answered by chat models: the
//! prompt is what a user says.
//!
//! | field of the request | what becomes of it |
//! |---|---|
//! | `model`, `prompt` of one text, `temperature`, `top_p`, `n`, `stop`, `seed`, `user`, both penalties, `stream`, `stream_options` | carried |
//! | `max_tokens` | carried; 16 where it is absent, as the dialect has it |
//! | `prompt` of several texts or of tokens, `suffix`, `echo`, `logprobs`, `logit_bias`, `best_of` above `n`, every other field | refused by name |

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::reading::{Body, Known, asks_for_nothing, own_fields, strings};
use super::{Address, ClientDialect, Ending, Fault, ReplyWriter, Spoken, data};
use crate::provider::protocols::openai::usage::write_usage;
use crate::provider::protocols::openai::wire::{
    Place, WireError, Writer as Object, boolean, list, number, object, string, whole,
};
use crate::provider::protocols::openai::{Parsed, Reply, ReplyHead};
use crate::types::answer::FinishReason;
use crate::types::chat::{ChatRequest, Sampling};
use crate::types::event::StreamEvent;
use crate::types::failure::Failure;
use crate::types::message::Message;
use crate::types::raw::RawFields;

const READ: &[&str] = &[
    "best_of",
    "echo",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_tokens",
    "model",
    "n",
    "presence_penalty",
    "prompt",
    "seed",
    "stop",
    "stream",
    "stream_options",
    "suffix",
    "temperature",
    "top_p",
    "user",
];

/// Tokens an answer may have where the request does not say.
const MAX_TOKENS: u32 = 16;

const MAX_STOPS: usize = 64;
const MAX_CHOICES: u32 = 128;

/// The dialect.
#[derive(Clone, Copy, Debug)]
pub struct Completions;

impl ClientDialect for Completions {
    fn name(&self) -> &'static str {
        "completions"
    }

    fn id_prefix(&self) -> &'static str {
        "cmpl-"
    }

    fn read(&self, mut fields: RawFields, _address: &Address) -> Result<Spoken, WireError> {
        let own = own_fields(&mut fields)?;
        let body = Body(&fields);
        body.check(&Known {
            read: READ,
            hints: &[],
        })?;
        refuse_what_chat_lacks(&body)?;
        let at = Place::Field("prompt");
        let prompt = prompt(body.get("prompt").ok_or_else(|| at.missing())?, &at)?;
        let request = ChatRequest {
            sampling: sampling(&body)?,
            user: body.with("user", string)?,
            stream: body.with("stream", boolean)?.unwrap_or(false),
            include_usage: include_usage(&body)?,
            ..ChatRequest::new(vec![Message::user(prompt)])
        };
        let writer = Box::new(Writer::new(request.include_usage));
        let parsed = Parsed {
            model: body.with("model", string)?,
            request,
            own,
        };
        Ok(Spoken {
            parsed,
            warnings: Vec::new(),
            writer,
        })
    }

    fn error(&self, fault: &Fault<'_>) -> Value {
        json!({ "error": fault.object })
    }
}

fn refuse_what_chat_lacks(body: &Body<'_>) -> Result<(), WireError> {
    for name in ["echo", "logit_bias", "logprobs", "suffix"] {
        let asked = body
            .get(name)
            .is_some_and(|raw| !asks_for_nothing(raw) && raw.get() != "\"\"");
        if asked {
            return Err(Place::Field(name).unsupported("has no counterpart in a chat"));
        }
    }
    let tokens = |raw, at: &Place<'_>| whole(raw, at, 1, MAX_CHOICES);
    let n = body.with("n", tokens)?.unwrap_or(1);
    match body.with("best_of", tokens)? {
        Some(best_of) if best_of > n => {
            let message = "cannot be above `n`: nobody judges which answers are best";
            Err(Place::Field("best_of").unsupported(message))
        }
        _ => Ok(()),
    }
}

fn prompt(raw: &RawValue, at: &Place<'_>) -> Result<String, WireError> {
    if raw.get().starts_with('"') {
        return string(raw, at);
    }
    match list(raw, at, usize::MAX)?.as_slice() {
        [one] if one.get().starts_with('"') => string(one, &Place::Item(at, 0)),
        [] => Err(at.wrong("must be a text")),
        [first, ..] if first.get().starts_with('"') => {
            Err(at.unsupported("can be one text; send several requests for several"))
        }
        _ => Err(at.unsupported("must be a text: tokens mean something else to every model")),
    }
}

fn sampling(body: &Body<'_>) -> Result<Sampling, WireError> {
    let float =
        |name: &str, least: f64, most: f64| body.with(name, |raw, at| number(raw, at, least, most));
    let stop = body.with("stop", |raw, at| {
        if raw.get().starts_with('"') {
            return Ok(vec![string(raw, at)?]);
        }
        strings(raw, at, MAX_STOPS)
    })?;
    let max_tokens = body.with("max_tokens", |raw, at| whole(raw, at, 1, u32::MAX))?;
    Ok(Sampling {
        max_tokens: Some(max_tokens.unwrap_or(MAX_TOKENS)),
        temperature: float("temperature", 0.0, 2.0)?,
        top_p: float("top_p", 0.0, 1.0)?,
        seed: body.with("seed", |raw, at| whole(raw, at, i64::MIN, i64::MAX))?,
        stop: stop.unwrap_or_default(),
        frequency_penalty: float("frequency_penalty", -2.0, 2.0)?,
        presence_penalty: float("presence_penalty", -2.0, 2.0)?,
        n: body.with("n", |raw, at| whole(raw, at, 1, MAX_CHOICES))?,
    })
}

fn include_usage(body: &Body<'_>) -> Result<bool, WireError> {
    let asked = body.with("stream_options", |raw, at| {
        let options = object(raw, at)?;
        let read = |raw| boolean(raw, &Place::Key(at, "include_usage"));
        options.get("include_usage").map(read).transpose()
    })?;
    Ok(asked.flatten().unwrap_or(false))
}

/// Writes a reply. Its pieces look like the whole.
#[derive(Debug)]
struct Writer {
    include_usage: bool,
    head: Option<ReplyHead>,
}

impl Writer {
    fn new(include_usage: bool) -> Self {
        Self {
            include_usage,
            head: None,
        }
    }

    fn piece(&self, choices: &[String]) -> Object {
        match &self.head {
            Some(head) => open(head, choices),
            None => Object::new(),
        }
    }
}

fn open(head: &ReplyHead, choices: &[String]) -> Object {
    let mut out = Object::new();
    out.value("id", head.id.as_str());
    out.value("object", "text_completion");
    out.value("created", head.created);
    out.value("model", head.model.as_str());
    out.field("choices", &format!("[{}]", choices.join(",")));
    out
}

fn choice(index: u32, text: &str, thoughts: Option<&str>, finish: Option<&FinishReason>) -> String {
    let mut out = Object::new();
    out.value("index", index);
    out.value("text", text);
    if let Some(thoughts) = thoughts {
        out.value("reasoning_content", thoughts);
    }
    out.value("logprobs", Value::Null);
    out.value("finish_reason", finish.map(FinishReason::as_str));
    out.finish()
}

impl ReplyWriter for Writer {
    fn whole(&mut self, reply: &Reply<'_>) -> Result<String, Failure> {
        let choices = reply.answer.choices.iter().map(|it| {
            let thoughts = it.reasoning.as_ref().map(|thoughts| thoughts.text.as_str());
            let text = format!("{}{}", it.text, it.refusal.as_deref().unwrap_or_default());
            choice(it.index, &text, thoughts, Some(&it.finish))
        });
        let choices: Vec<String> = choices.collect();
        let mut out = open(reply.head, &choices);
        if reply.answer.usage.is_known() {
            out.value("usage", write_usage(&reply.answer.usage));
        }
        out.raw(reply.own, |_| true);
        Ok(out.finish())
    }

    fn begin(&mut self, head: ReplyHead, _out: &mut Vec<String>) {
        self.head = Some(head);
    }

    fn event(&mut self, event: &StreamEvent, out: &mut Vec<String>) {
        let choice = match event {
            StreamEvent::Text { choice: at, text } | StreamEvent::Refusal { choice: at, text } => {
                choice(*at, text, None, None)
            }
            StreamEvent::Reasoning { choice: at, text } => choice(*at, "", Some(text), None),
            _ => return,
        };
        out.push(data(&self.piece(&[choice]).finish()));
    }

    fn end(&mut self, ending: &Ending<'_>, out: &mut Vec<String>) -> Result<(), Failure> {
        let with_usage = self.include_usage && ending.usage.is_known();
        let last = ending.finishes.len().saturating_sub(1);
        for (position, event) in ending.finishes.iter().enumerate() {
            let StreamEvent::Finish { choice: at, reason } = event else {
                continue;
            };
            let mut piece = self.piece(&[choice(*at, "", None, Some(reason))]);
            if position == last && !with_usage {
                piece.raw(ending.own, |_| true);
            }
            out.push(data(&piece.finish()));
        }
        if with_usage {
            let mut piece = self.piece(&[]);
            piece.value("usage", write_usage(&ending.usage));
            piece.raw(ending.own, |_| true);
            out.push(data(&piece.finish()));
        }
        out.push(data("[DONE]"));
        Ok(())
    }

    fn failed(&mut self, fault: &Fault<'_>, out: &mut Vec<String>) {
        out.push(data(&json!({ "error": fault.object }).to_string()));
    }
}
