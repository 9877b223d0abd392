//! A whole reply of the Messages API as a hub answer, and the pieces `stream` reads in parts.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::thoughts::Thoughts;
use super::{ANSWER_TOOL, ErrorDetail};
use crate::provider::classify::scrub;
use crate::provider::protocols::reply::{check_answer, count, failure_inside, or_default};
use crate::types::answer::{Answer, Choice, FinishReason};
use crate::types::failure::{Failure, FailureKind};
use crate::types::message::{Reasoning, ToolCall};
use crate::types::usage::{Usage, UsageSource};

/// A reply: a message, or an error where a message should be.
#[derive(Debug, Deserialize)]
pub(super) struct Reply {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) model: String,
    content: Option<Vec<Block>>,
    stop_reason: Option<String>,
    stop_details: Option<StopDetails>,
    pub(super) usage: Option<Tokens>,
    error: Option<WireError>,
}

/// A content block. Kinds we do not ask for (server tools, citations) are passed over.
#[derive(Debug, Deserialize)]
pub(super) struct Block {
    pub(super) r#type: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) text: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) thinking: String,
    pub(super) signature: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) data: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) name: String,
    pub(super) input: Option<Box<RawValue>>,
}

/// Why the provider's safety system ended a reply.
#[derive(Debug, Deserialize)]
pub(super) struct StopDetails {
    category: Option<String>,
    explanation: Option<String>,
}

/// An error.
#[derive(Debug, Default, Deserialize)]
pub(super) struct WireError {
    #[serde(default, deserialize_with = "or_default")]
    r#type: String,
    #[serde(default, deserialize_with = "or_default")]
    message: String,
}

/// Token counts. In a stream every later one replaces the earlier.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Tokens {
    #[serde(default, rename = "input_tokens", deserialize_with = "count")]
    input: Option<u64>,
    #[serde(default, rename = "output_tokens", deserialize_with = "count")]
    output: Option<u64>,
    #[serde(
        default,
        rename = "cache_read_input_tokens",
        deserialize_with = "count"
    )]
    cache_read: Option<u64>,
    #[serde(
        default,
        rename = "cache_creation_input_tokens",
        deserialize_with = "count"
    )]
    cache_creation: Option<u64>,
    #[serde(rename = "output_tokens_details")]
    details: Option<OutputDetails>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct OutputDetails {
    #[serde(default, rename = "thinking_tokens", deserialize_with = "count")]
    thinking: Option<u64>,
}

/// Reads a reply.
pub(super) fn answer(reply: Reply) -> Result<Answer, Failure> {
    if let Some(error) = reply.error {
        return Err(error.failure());
    }
    let content = reply
        .content
        .ok_or_else(|| Failure::invalid("the provider's reply has no `content`"))?;
    let mut choice = Choice::empty(0);
    let mut thoughts = Thoughts::default();
    for block in content {
        add(&mut choice, &mut thoughts, block);
    }
    if let Some(reasoning) = &mut choice.reasoning {
        reasoning.signature = thoughts.signature();
    }
    let stop = reply
        .stop_reason
        .ok_or_else(|| Failure::invalid("the provider's reply has no `stop_reason`"))?;
    choice.finish = finish(&stop, !choice.tool_calls.is_empty());
    if choice.finish == FinishReason::ContentFilter {
        let said_nothing = choice.text.is_empty() && choice.tool_calls.is_empty();
        if said_nothing {
            return Err(declined(reply.stop_details.as_ref()));
        }
        choice.refusal = explained(reply.stop_details);
    }
    check_answer(Answer {
        id: reply.id,
        upstream_model: reply.model,
        choices: vec![choice],
        usage: reply.usage.unwrap_or_default().usage(),
        ..Answer::default()
    })
}

fn add(choice: &mut Choice, thoughts: &mut Thoughts, block: Block) {
    match block.r#type.as_str() {
        "text" => choice.text.push_str(&block.text),
        "thinking" => {
            let reasoning = choice.reasoning.get_or_insert_with(Reasoning::default);
            if !block.thinking.is_empty() {
                reasoning.text.push_str(thoughts.gap());
                reasoning.text.push_str(&block.thinking);
            }
            thoughts.add(block.thinking.len(), block.signature);
        }
        "redacted_thinking" => {
            choice.reasoning.get_or_insert_with(Reasoning::default);
            thoughts.add_redacted(block.data);
        }
        "tool_use" => {
            let input = block.input.as_deref().map_or("{}", RawValue::get);
            if block.name == ANSWER_TOOL {
                choice.text.push_str(input);
            } else {
                choice.tool_calls.push(ToolCall {
                    id: block.id,
                    name: block.name,
                    arguments: input.to_owned(),
                });
            }
        }
        _ => {}
    }
}

/// Why the model stopped. A call to the answer tool alone is an answer, not a call.
pub(super) fn finish(stop: &str, calls: bool) -> FinishReason {
    match stop {
        "tool_use" if calls => FinishReason::ToolCalls,
        "end_turn" | "stop_sequence" | "tool_use" => FinishReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "refusal" => FinishReason::ContentFilter,
        other => FinishReason::Other(other.to_owned()),
    }
}

/// Why the provider's safety system cut a reply, in its own words.
pub(super) fn explained(details: Option<StopDetails>) -> Option<String> {
    details?.explanation.filter(|text| !text.is_empty())
}

/// The failure for a reply the provider's safety system left nothing of.
pub(super) fn declined(details: Option<&StopDetails>) -> Failure {
    let category = details.and_then(|details| details.category.as_deref());
    let explanation = details.and_then(|details| details.explanation.as_deref());
    let mut message = "the provider's safety system declined the request".to_owned();
    if let Some(category) = category {
        message = format!("{message} ({})", scrub(category));
    }
    if let Some(explanation) = explanation {
        message = format!("{message}: {}", scrub(explanation));
    }
    Failure::new(FailureKind::ContentFilter, message)
}

impl Tokens {
    /// The counts of a later part of a stream on top of these.
    pub(super) fn updated(self, later: Self) -> Self {
        Self {
            input: later.input.or(self.input),
            output: later.output.or(self.output),
            cache_read: later.cache_read.or(self.cache_read),
            cache_creation: later.cache_creation.or(self.cache_creation),
            details: later.details.or(self.details),
        }
    }

    /// In the hub's terms: the provider counts cached tokens apart from the input, the hub as
    /// part of it.
    pub(super) fn usage(self) -> Usage {
        let (Some(fresh), Some(output)) = (self.input, self.output) else {
            return Usage::default();
        };
        let cached_input = self.cache_read.unwrap_or(0);
        let cache_write = self.cache_creation.unwrap_or(0);
        let thinking = self.details.and_then(|details| details.thinking);
        Usage {
            input: fresh
                .saturating_add(cached_input)
                .saturating_add(cache_write),
            output,
            cached_input,
            cache_write,
            reasoning: thinking.unwrap_or(0).min(output),
            source: UsageSource::Reported,
        }
    }
}

impl WireError {
    /// The failure it means. It came with status 200, so its own type says which status it
    /// would have had.
    pub(super) fn failure(&self) -> Failure {
        let status = match self.r#type.as_str() {
            "authentication_error" => 401,
            "billing_error" => 402,
            "permission_error" => 403,
            "not_found_error" => 404,
            "request_too_large" => 413,
            "rate_limit_error" => 429,
            "timeout_error" => 504,
            "overloaded_error" => 529,
            "invalid_request_error" => 400,
            _ => 500,
        };
        failure_inside(status, &detail(&self.r#type, &self.message))
    }
}

/// What an error says, with a code for the two reasons that only its words give away.
pub(super) fn detail(code: &str, message: &str) -> ErrorDetail {
    let words = message.to_lowercase();
    let code = if words.contains("credit balance is too low") {
        "insufficient_quota"
    } else if words.contains("exceed context limit") {
        "context_length_exceeded"
    } else {
        code
    };
    ErrorDetail {
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests;
