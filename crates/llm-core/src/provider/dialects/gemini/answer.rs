//! A hub answer as a `GenerateContentResponse`, and the parts of it that streams have too.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use crate::provider::dialects::arguments;
use crate::provider::protocols::openai::wire::Writer;
use crate::provider::protocols::openai::{Reply, ReplyHead};
use crate::provider::protocols::unseal;
use crate::types::answer::{Choice, FinishReason};
use crate::types::failure::Failure;
use crate::types::message::{Reasoning, ToolCall};
use crate::types::usage::Usage;

/// The body of a whole reply.
pub(super) fn response(reply: &Reply<'_>, shows_thoughts: bool) -> Result<String, Failure> {
    let candidates = reply
        .answer
        .choices
        .iter()
        .map(|choice| whole(choice, shows_thoughts))
        .collect::<Result<Vec<String>, Failure>>()?;
    let mut out = Writer::new();
    out.field("candidates", &format!("[{}]", candidates.join(",")));
    if reply.answer.usage.is_known() {
        out.value("usageMetadata", usage(&reply.answer.usage));
    }
    close(&mut out, reply.head);
    out.raw(reply.own, |_| true);
    Ok(out.finish())
}

/// The fields every object of a reply ends with.
pub(super) fn close(out: &mut Writer, head: &ReplyHead) {
    out.value("modelVersion", head.model.as_str());
    out.value("responseId", head.id.as_str());
}

fn whole(choice: &Choice, shows_thoughts: bool) -> Result<String, Failure> {
    let mut parts: Vec<String> = Vec::new();
    let reasoning = choice.reasoning.as_ref();
    let thoughts = reasoning.filter(|it| shows_thoughts && !it.text.is_empty());
    if let Some(thoughts) = thoughts {
        parts.push(json!({ "text": thoughts.text, "thought": true }).to_string());
    }
    let proof = reasoning.and_then(proof);
    let texts = [Some(choice.text.as_str()), choice.refusal.as_deref()];
    let mut texts: Vec<Value> = texts
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .map(|text| json!({ "text": text }))
        .collect();
    if let (Some(proof), [], Some(last)) = (&proof, &choice.tool_calls[..], texts.last_mut()) {
        last["thoughtSignature"] = json!(proof);
    }
    parts.extend(texts.iter().map(Value::to_string));
    parts.extend(calls(&choice.tool_calls, proof.as_deref())?);
    Ok(candidate(
        choice.index,
        &parts,
        Some((&choice.finish, choice.refusal.is_some())),
    ))
}

/// A candidate of these parts; with why it ended, and whether the model declined, in its last piece.
pub(super) fn candidate(
    index: u32,
    parts: &[String],
    finish: Option<(&FinishReason, bool)>,
) -> String {
    let mut content = Writer::new();
    content.field("parts", &format!("[{}]", parts.join(",")));
    content.value("role", "model");
    let mut out = Writer::new();
    out.field("content", &content.finish());
    if let Some((reason, refused)) = finish {
        let (word, message) = finish_word(reason, refused);
        out.value("finishReason", word);
        if let Some(message) = message {
            out.value("finishMessage", message);
        }
    }
    out.value("index", index);
    out.finish()
}

/// Why it ended, in the dialect's words, with those it has no word for beside them.
fn finish_word(reason: &FinishReason, refused: bool) -> (&'static str, Option<&str>) {
    match reason {
        FinishReason::Stop if refused => ("SAFETY", Some("the model declined")),
        FinishReason::Stop | FinishReason::ToolCalls => ("STOP", None),
        FinishReason::Length => ("MAX_TOKENS", None),
        FinishReason::ContentFilter => ("SAFETY", None),
        FinishReason::Other(word) => ("OTHER", Some(word)),
    }
}

/// Calls as parts. The proof of thoughts is on the first of them.
pub(super) fn calls(calls: &[ToolCall], proof: Option<&str>) -> Result<Vec<String>, Failure> {
    let mut parts = Vec::new();
    for (position, call) in calls.iter().enumerate() {
        let mut inner = Writer::new();
        inner.value("id", call.id.as_str());
        inner.value("name", call.name.as_str());
        inner.field("args", arguments(call)?);
        let mut part = Writer::new();
        part.field("functionCall", &inner.finish());
        if let Some(proof) = proof.filter(|_| position == 0) {
            part.value("thoughtSignature", proof);
        }
        parts.push(part.finish());
    }
    Ok(parts)
}

/// The proof of thoughts as clients of this dialect hold it: bytes, in base64.
pub(super) fn proof(reasoning: &Reasoning) -> Option<String> {
    let signature = reasoning.signature.as_deref()?;
    Some(match unseal("gemini", signature) {
        Some(own) => own.to_owned(),
        None => BASE64_STANDARD.encode(signature),
    })
}

/// Token counts: thoughts are counted apart from the answer here.
pub(super) fn usage(usage: &Usage) -> Value {
    let mut out = Map::new();
    let mut put = |name: &str, count: u64| out.insert(name.to_owned(), count.into());
    put("promptTokenCount", usage.input);
    put(
        "candidatesTokenCount",
        usage.output.saturating_sub(usage.reasoning),
    );
    put("totalTokenCount", usage.total());
    if usage.reasoning > 0 {
        put("thoughtsTokenCount", usage.reasoning);
    }
    if usage.cached_input > 0 {
        put("cachedContentTokenCount", usage.cached_input);
    }
    Value::Object(out)
}
