//! Requests, answers, events and failures as JSON for the expectation files.

use llm_core::provider::WireRequest;
use llm_core::types::answer::{Answer, Choice};
use llm_core::types::event::StreamEvent;
use llm_core::types::failure::Failure;
use llm_core::types::message::{Reasoning, ToolCall};
use llm_core::types::raw::RawFields;
use llm_core::types::usage::Usage;
use serde_json::{Map, Value, json};

use super::case::gathered;

pub(super) fn request(request: &Result<WireRequest, Failure>) -> Value {
    let request = match request {
        Ok(request) => request,
        Err(error) => return json!({"failure": failure(error)}),
    };
    let headers: Map<String, Value> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()))
        .collect();
    json!({
        "method": request.method.as_str(),
        "url": request.url.as_str(),
        "headers": headers,
        "body": serde_json::from_slice::<Value>(&request.body).unwrap(),
    })
}

pub(super) fn answer(answer: &Result<Answer, Failure>) -> Value {
    match answer {
        Ok(answer) => whole(answer),
        Err(error) => json!({"failure": failure(error)}),
    }
}

/// The events, and what they add up to when the stream came to its end.
pub(super) fn events(events: &[StreamEvent], error: Option<&Failure>) -> Value {
    let shown: Vec<Value> = events.iter().map(event).collect();
    match error {
        Some(error) => json!({"events": shown, "failure": failure(error)}),
        None => json!({"events": shown, "answer": whole(&gathered(events))}),
    }
}

fn whole(answer: &Answer) -> Value {
    json!({
        "id": answer.id,
        "model": answer.upstream_model,
        "choices": answer.choices.iter().map(choice).collect::<Vec<_>>(),
        "usage": usage(&answer.usage),
        "extra": raw(&answer.extra),
    })
}

fn choice(choice: &Choice) -> Value {
    let mut shown = json!({
        "index": choice.index,
        "text": choice.text,
        "finish": choice.finish.as_str(),
    });
    let optional = [
        ("refusal", choice.refusal.as_deref().map(Value::from)),
        ("reasoning", choice.reasoning.as_ref().map(reasoning)),
        (
            "tool_calls",
            (!choice.tool_calls.is_empty())
                .then(|| choice.tool_calls.iter().map(tool_call).collect()),
        ),
        (
            "extra",
            (!choice.extra.is_empty()).then(|| raw(&choice.extra)),
        ),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            shown[name] = value;
        }
    }
    shown
}

fn reasoning(reasoning: &Reasoning) -> Value {
    json!({"text": reasoning.text, "signature": reasoning.signature})
}

fn tool_call(call: &ToolCall) -> Value {
    json!({"id": call.id, "name": call.name, "arguments": call.arguments})
}

fn usage(usage: &Usage) -> Value {
    json!({
        "input": usage.input,
        "output": usage.output,
        "cached_input": usage.cached_input,
        "cache_write": usage.cache_write,
        "reasoning": usage.reasoning,
        "source": usage.source.as_str(),
    })
}

fn event(event: &StreamEvent) -> Value {
    match event {
        StreamEvent::Start { id, model } => json!({"start": {"id": id, "model": model}}),
        StreamEvent::Text { choice, text } => json!({"text": text, "choice": choice}),
        StreamEvent::Reasoning { choice, text } => json!({"reasoning": text, "choice": choice}),
        StreamEvent::ReasoningSignature { choice, signature } => {
            json!({"signature": signature, "choice": choice})
        }
        StreamEvent::Refusal { choice, text } => json!({"refusal": text, "choice": choice}),
        StreamEvent::ToolCall {
            choice,
            index,
            id,
            name,
            arguments,
        } => json!({
            "tool_call": {"index": index, "id": id, "name": name, "arguments": arguments},
            "choice": choice,
        }),
        StreamEvent::Finish { choice, reason } => {
            json!({"finish": reason.as_str(), "choice": choice})
        }
        StreamEvent::Usage(tokens) => json!({"usage": usage(tokens)}),
        StreamEvent::Extra { choice, fields } => json!({"extra": raw(fields), "choice": choice}),
    }
}

fn failure(failure: &Failure) -> Value {
    json!({
        "kind": format!("{:?}", failure.kind),
        "message": failure.message,
        "status": failure.status,
        "retry_after_ms": failure.retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap()),
    })
}

fn raw(fields: &RawFields) -> Value {
    serde_json::to_value(fields).unwrap()
}
