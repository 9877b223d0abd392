//! A hub answer as a `message` object, and the parts of it that streams have too.

use serde_json::{Map, Value, json};

use crate::provider::dialects::arguments;
use crate::provider::protocols::anthropic::thoughts::{Thought, unpack};
use crate::provider::protocols::openai::Reply;
use crate::provider::protocols::openai::wire::Writer;
use crate::types::answer::{Choice, FinishReason};
use crate::types::failure::Failure;
use crate::types::message::{Reasoning, ToolCall};
use crate::types::usage::Usage;

/// The body of a whole reply.
pub(super) fn message(reply: &Reply<'_>) -> Result<String, Failure> {
    let nothing = Choice::empty(0);
    let choice = reply.answer.choices.first().unwrap_or(&nothing);
    let mut out = open(&reply.head.id, &reply.head.model);
    out.field("content", &format!("[{}]", blocks(choice)?.join(",")));
    let refusal = choice.refusal.as_deref();
    out.value("stop_reason", stop_word(&choice.finish, refusal.is_some()));
    out.value("stop_sequence", Value::Null);
    if let Some(refusal) = refusal {
        out.value("stop_details", stop_details(refusal));
    }
    out.value("usage", usage(&reply.answer.usage));
    out.raw(reply.own, |_| true);
    Ok(out.finish())
}

/// The fields every `message` object begins with.
pub(super) fn open(id: &str, model: &str) -> Writer {
    let mut out = Writer::new();
    out.value("id", id);
    out.value("type", "message");
    out.value("role", "assistant");
    out.value("model", model);
    out
}

fn blocks(choice: &Choice) -> Result<Vec<String>, Failure> {
    let mut out: Vec<String> = Vec::new();
    if let Some(reasoning) = &choice.reasoning {
        out.extend(thoughts(reasoning));
    }
    // Clients that do not know the details of a refusal are to see something all the same.
    let said = Some(choice.text.as_str()).filter(|text| !text.is_empty());
    if let Some(text) = said.or(choice.refusal.as_deref()) {
        out.push(json!({ "type": "text", "text": text }).to_string());
    }
    for call in &choice.tool_calls {
        out.push(tool_use(call)?);
    }
    Ok(out)
}

/// Thinking blocks as the vendor made them, or one with the proof of whoever else did.
fn thoughts(reasoning: &Reasoning) -> Vec<String> {
    let blocks = unpack(reasoning);
    if blocks.is_empty() {
        let signature = reasoning.signature.as_deref().unwrap_or_default();
        return vec![thinking(&reasoning.text, signature).to_string()];
    }
    let write = |thought: Thought| match thought {
        Thought::Open { text, signature } => thinking(&text, &signature),
        Thought::Redacted(data) => json!({ "type": "redacted_thinking", "data": data }),
    };
    blocks.into_iter().map(|it| write(it).to_string()).collect()
}

/// A thinking block.
pub(super) fn thinking(text: &str, signature: &str) -> Value {
    json!({ "type": "thinking", "thinking": text, "signature": signature })
}

/// A call. Its arguments are an object here, with the values as the model wrote them.
fn tool_use(call: &ToolCall) -> Result<String, Failure> {
    let input = arguments(call)?;
    let mut out = Writer::new();
    out.value("type", "tool_use");
    out.value("id", call.id.as_str());
    out.value("name", call.name.as_str());
    out.field("input", input);
    Ok(out.finish())
}

/// What the model or its provider says about declining.
pub(super) fn stop_details(refusal: &str) -> Value {
    json!({ "type": "refusal", "category": null, "explanation": refusal })
}

/// Why it ended, in the dialect's words.
pub(super) fn stop_word(finish: &FinishReason, refused: bool) -> &str {
    match finish {
        FinishReason::Stop if refused => "refusal",
        FinishReason::Stop => "end_turn",
        FinishReason::Length => "max_tokens",
        FinishReason::ToolCalls => "tool_use",
        FinishReason::ContentFilter => "refusal",
        FinishReason::Other(reason) => reason,
    }
}

/// Token counts: cached tokens are counted apart from the input here. The dialect has no way of
/// saying that nobody counted; our own object has.
pub(super) fn usage(usage: &Usage) -> Value {
    let cached = usage.cached_input.saturating_add(usage.cache_write);
    let mut out = Map::new();
    let mut put = |name: &str, count: u64| out.insert(name.to_owned(), count.into());
    put("input_tokens", usage.input.saturating_sub(cached));
    put("cache_creation_input_tokens", usage.cache_write);
    put("cache_read_input_tokens", usage.cached_input);
    put("output_tokens", usage.output);
    if usage.reasoning > 0 {
        let details = json!({ "thinking_tokens": usage.reasoning });
        out.insert("output_tokens_details".to_owned(), details);
    }
    Value::Object(out)
}
