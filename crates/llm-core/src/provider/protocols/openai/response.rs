//! Reads a whole reply, and the parts that whole replies and chunks have in common.
//!
//! Services differ in small ways and are met with patience, but a reply without an answer in it is
//! a failure, whatever its status.

use serde_json::value::{RawValue, to_raw_value};

use super::error::within_success;
use super::faithful::{self, faithful};
use super::usage::read_usage;
use super::wire::Object;
use crate::types::answer::{Answer, Choice, FinishReason};
use crate::types::failure::Failure;
use crate::types::message::{Reasoning, ToolCall};
use crate::types::raw::{RawFields, check_depth};

/// The most answers one reply may hold.
pub(super) const MAX_CHOICES: u32 = 128;

/// Fields of a reply or chunk that are read or mean nothing to anybody else (`obfuscation` is
/// padding against eavesdroppers); the others are kept as they are.
pub(super) const REPLY_FIELDS: &[&str] = &[
    "id",
    "object",
    "created",
    "model",
    "choices",
    "usage",
    "x_groq",
    "obfuscation",
];

/// Fields of a choice that are read.
pub(super) const CHOICE_FIELDS: &[&str] = &["index", "message", "delta", "finish_reason", "usage"];

/// Fields of a message that are read.
pub(super) const MESSAGE_FIELDS: &[&str] = &[
    "role",
    "content",
    "refusal",
    "reasoning_content",
    "reasoning",
    "tool_calls",
];

/// Reads a whole reply.
pub(super) fn decode(body: &[u8]) -> Result<Answer, Failure> {
    let text = json_text(body)?;
    let reply = Object::parse(text).map_err(|error| parse_failure(text, &error))?;
    if let Some(failure) = within_success(&reply, false) {
        return Err(failure);
    }
    let items = reply.items("choices");
    if items.is_empty() {
        return Err(Failure::invalid("the reply has no choices"));
    }
    let mut is_plain = true;
    let mut choices = items
        .iter()
        .enumerate()
        .map(|(position, raw)| read_choice(raw, position, &mut is_plain))
        .collect::<Result<Vec<_>, _>>()?;
    choices.sort_by_key(|choice| choice.index);
    let usage = read_usage(&reply.child("usage"));
    let wire = usage
        .is_some()
        .then(|| faithful(text, &reply, is_plain))
        .flatten();
    let usage = usage.or_else(|| usage_in_choices(&items));
    Ok(Answer {
        id: reply.lenient("id").unwrap_or_default(),
        upstream_model: reply.lenient("model").unwrap_or_default(),
        choices,
        usage: usage.unwrap_or_default(),
        extra: others(&reply, REPLY_FIELDS),
        wire: wire.map(Box::new),
    })
}

/// Reads the list of models.
pub(super) fn decode_list(body: &[u8]) -> Result<Vec<String>, Failure> {
    let text = json_text(body)?;
    let items: Vec<&RawValue> = if text.starts_with('[') {
        serde_json::from_str(text).map_err(|error| parse_failure(text, &error))?
    } else {
        let reply = Object::parse(text).map_err(|error| parse_failure(text, &error))?;
        if let Some(failure) = within_success(&reply, false) {
            return Err(failure);
        }
        if reply.get("data").is_none() && reply.get("models").is_none() {
            return Err(Failure::invalid("the reply is not a list of models"));
        }
        let mut items = reply.items("data");
        items.extend(reply.items("models"));
        items
    };
    let name = |raw: &&RawValue| {
        let object = Object::parse(raw.get()).ok()?;
        object.lenient("id").or_else(|| object.lenient("name"))
    };
    Ok(items.iter().filter_map(name).collect())
}

/// The body as text that could be JSON.
pub(super) fn json_text(body: &[u8]) -> Result<&str, Failure> {
    let text = std::str::from_utf8(body)
        .map_err(|error| match error.error_len() {
            None => Failure::truncated("the reply ends within a character"),
            Some(_) => Failure::invalid("the reply is not valid UTF-8"),
        })?
        .trim_start_matches('\u{feff}')
        .trim();
    match text.as_bytes().first() {
        None => Err(Failure::invalid("the reply is empty")),
        Some(b'<') => Err(Failure::invalid("the reply is a web page, not JSON")),
        Some(_) => {
            check_depth(text.as_bytes())
                .map_err(|_| Failure::invalid("the reply is nested too deep"))?;
            Ok(text)
        }
    }
}

/// The parser's complaint, without the text it complains about.
pub(super) fn parse_failure(text: &str, error: &serde_json::Error) -> Failure {
    if error.is_eof() {
        let message = format!(
            "the reply ends after {} bytes in the middle of JSON",
            text.len()
        );
        Failure::truncated(message)
    } else {
        Failure::invalid(format!(
            "the reply is not a JSON object (line {}, column {})",
            error.line(),
            error.column()
        ))
    }
}

fn read_choice(raw: &RawValue, position: usize, is_plain: &mut bool) -> Result<Choice, Failure> {
    let choice = Object::parse(raw.get())
        .map_err(|_| Failure::invalid("a choice of the reply is not an object"))?;
    if let Some(failure) = within_success(&choice, false).filter(|_| choice.get("error").is_some())
    {
        return Err(failure);
    }
    if !choice
        .get("message")
        .is_some_and(|raw| raw.get().starts_with('{'))
    {
        return Err(Failure::invalid("a choice of the reply has no message"));
    }
    let message = choice.child("message");
    let content = Content::of(&message);
    *is_plain &= faithful::is_plain(&choice, &message, &content, position);
    let tool_calls = message
        .items("tool_calls")
        .iter()
        .map(|raw| read_tool_call(raw))
        .collect::<Result<Vec<_>, _>>()?;
    let refusal: Option<String> = message.lenient("refusal");
    let mut extra = others(&choice, CHOICE_FIELDS);
    let rest = others(&message, MESSAGE_FIELDS);
    let finish: Option<String> = choice.lenient("finish_reason");
    let says_something = !content.text.is_empty()
        || !content.reasoning.is_empty()
        || !tool_calls.is_empty()
        || refusal.is_some()
        || !rest.is_empty();
    let finish = match finish.as_deref() {
        None | Some("") if !says_something => {
            return Err(Failure::invalid(
                "the reply has neither content nor a finish reason",
            ));
        }
        None | Some("") if tool_calls.is_empty() => FinishReason::Stop,
        None | Some("") => FinishReason::ToolCalls,
        Some(reason) => finish_reason(reason)?,
    };
    if !says_something && finish == FinishReason::Stop && message.get("content").is_none() {
        return Err(Failure::invalid("the reply has a message without content"));
    }
    if let (false, Ok(rest)) = (rest.is_empty(), to_raw_value(&rest)) {
        extra.set("message", rest);
    }
    Ok(Choice {
        index: choice
            .lenient("index")
            .or_else(|| u32::try_from(position).ok())
            .unwrap_or(0),
        text: content.text,
        refusal,
        reasoning: (!content.reasoning.is_empty()).then_some(Reasoning {
            text: content.reasoning,
            signature: None,
        }),
        tool_calls,
        finish,
        extra,
    })
}

fn read_tool_call(raw: &RawValue) -> Result<ToolCall, Failure> {
    let call = Object::parse(raw.get()).unwrap_or_default();
    let function = call.child("function");
    let name: String = function.lenient("name").unwrap_or_default();
    if name.is_empty() {
        return Err(Failure::invalid(
            "a tool call of the reply names no function",
        ));
    }
    Ok(ToolCall {
        id: call.lenient("id").unwrap_or_default(),
        name,
        arguments: arguments(&function).unwrap_or_else(|| "{}".to_owned()),
    })
}

/// The arguments of a call: a string, or an object where a service forgot to make it one.
pub(super) fn arguments(function: &Object<'_>) -> Option<String> {
    let raw = function.get("arguments")?;
    if raw.get().starts_with('"') {
        return serde_json::from_str(raw.get()).ok();
    }
    Some(raw.get().to_owned())
}

/// Why a model stopped. Reasons that mean that the service gave up are failures.
pub(super) fn finish_reason(reason: &str) -> Result<FinishReason, Failure> {
    Ok(match reason {
        "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" => FinishReason::Stop,
        // Mistral; Zhipu.
        "length" | "max_tokens" | "model_length" | "model_context_window_exceeded" => {
            FinishReason::Length
        }
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "content_filter" | "sensitive" => FinishReason::ContentFilter,
        // OpenRouter; Zhipu; DeepSeek; vLLM.
        "error" | "network_error" | "insufficient_system_resource" | "abort" => {
            let message = format!("the provider broke off with the finish reason `{reason}`");
            return Err(Failure::truncated(message));
        }
        other => FinishReason::Other(other.chars().take(64).collect()),
    })
}

/// Text and reasoning of a message or delta.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) text: String,
    pub(super) reasoning: String,
}

impl Content {
    /// Reads them in any of the shapes there are.
    pub(super) fn of(message: &Object<'_>) -> Self {
        let reasoning: Option<String> = message
            .lenient("reasoning_content")
            .or_else(|| message.lenient("reasoning"));
        let mut content = Self {
            text: String::new(),
            reasoning: reasoning.unwrap_or_default(),
        };
        match message.get("content") {
            Some(raw) if raw.get().starts_with('"') => {
                content.text = serde_json::from_str(raw.get()).unwrap_or_default();
            }
            Some(raw) if raw.get().starts_with('[') => content.parts(raw),
            _ => {}
        }
        content
    }

    /// A list of parts. Mistral's reasoning models send `thinking` parts made of parts.
    fn parts(&mut self, raw: &RawValue) {
        let parts: Vec<Object<'_>> = serde_json::from_str(raw.get()).unwrap_or_default();
        for part in parts {
            if let Some(text) = part.lenient::<String>("text") {
                self.text.push_str(&text);
            }
            match part.get("thinking") {
                Some(thinking) if thinking.get().starts_with('[') => {
                    let mut inner = Self::default();
                    inner.parts(thinking);
                    self.reasoning.push_str(&inner.text);
                }
                _ => {
                    let text: Option<String> = part.lenient("thinking");
                    self.reasoning.push_str(&text.unwrap_or_default());
                }
            }
        }
    }
}

/// Moonshot reports usage within the last choice.
pub(super) fn usage_in_choices(items: &[&RawValue]) -> Option<crate::types::usage::Usage> {
    items
        .iter()
        .filter_map(|raw| Object::parse(raw.get()).ok())
        .find_map(|choice| read_usage(&choice.child("usage")))
}

/// The fields that are not among `known`, as received.
pub(super) fn others(object: &Object<'_>, known: &[&str]) -> RawFields {
    let mut rest = RawFields::default();
    for (name, raw) in object.iter() {
        if !known.contains(&name) {
            rest.set(name, raw.to_owned());
        }
    }
    rest
}
