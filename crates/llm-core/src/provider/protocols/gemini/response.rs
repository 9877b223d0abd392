//! A reply of the Gemini API as a hub answer, and the pieces `stream` reads: a stream is made of
//! replies that each hold a part of the answer.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::NAME;
use crate::provider::classify::{ErrorDetail, scrub};
use crate::provider::protocols::reply::{check_answer, count, failure_inside, or_default};
use crate::provider::protocols::translate::seal;
use crate::types::answer::{Answer, Choice, FinishReason};
use crate::types::failure::{Failure, FailureKind};
use crate::types::message::ToolCall;
use crate::types::usage::{Usage, UsageSource};

/// Longest wait an error may ask for.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// A reply, or a part of one in a stream.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reply {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) candidates: Vec<Candidate>,
    pub(super) prompt_feedback: Option<PromptFeedback>,
    pub(super) usage_metadata: Option<Tokens>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) model_version: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) response_id: String,
    pub(super) error: Option<Value>,
}

/// One of the answers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Candidate {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) index: u32,
    pub(super) content: Option<Content>,
    pub(super) finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Content {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) parts: Vec<Part>,
}

/// A piece of an answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) text: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) thought: bool,
    pub(super) thought_signature: Option<String>,
    pub(super) function_call: Option<FunctionCall>,
    inline_data: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FunctionCall {
    #[serde(default, deserialize_with = "or_default")]
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    args: Option<Box<RawValue>>,
}

/// Why a prompt was not answered.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PromptFeedback {
    block_reason: Option<String>,
}

/// Token counts.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Tokens {
    #[serde(default, rename = "promptTokenCount", deserialize_with = "count")]
    prompt: Option<u64>,
    #[serde(
        default,
        rename = "toolUsePromptTokenCount",
        deserialize_with = "count"
    )]
    tool_use: Option<u64>,
    #[serde(
        default,
        rename = "cachedContentTokenCount",
        deserialize_with = "count"
    )]
    cached: Option<u64>,
    #[serde(default, rename = "candidatesTokenCount", deserialize_with = "count")]
    candidates: Option<u64>,
    #[serde(default, rename = "thoughtsTokenCount", deserialize_with = "count")]
    thoughts: Option<u64>,
}

/// Reads a whole reply.
pub(super) fn answer(reply: Reply) -> Result<Answer, Failure> {
    check(&reply)?;
    if reply.candidates.is_empty() {
        return Err(Failure::invalid("the provider's reply has no candidates"));
    }
    let mut choices = Vec::new();
    for candidate in reply.candidates {
        choices.push(choice(candidate, &reply.response_id)?);
    }
    check_answer(Answer {
        id: reply.response_id,
        upstream_model: reply.model_version,
        choices,
        usage: reply.usage_metadata.unwrap_or_default().usage(),
        ..Answer::default()
    })
}

fn choice(candidate: Candidate, response_id: &str) -> Result<Choice, Failure> {
    let mut choice = Choice::empty(candidate.index);
    let mut proof = Proof::default();
    let parts = candidate.content.map(|content| content.parts);
    for mut part in parts.unwrap_or_default() {
        part.check()?;
        proof.note(&mut part);
        if part.thought {
            let reasoning = choice.reasoning.get_or_insert_default();
            reasoning.text.push_str(&part.text);
        } else {
            choice.text.push_str(&part.text);
        }
        if let Some(call) = part.function_call {
            let index = choice.tool_calls.len();
            choice.tool_calls.push(call.read(response_id, index));
        }
    }
    if let Some(signature) = proof.signature() {
        choice.reasoning.get_or_insert_default().signature = Some(signature);
    }
    let reason = candidate
        .finish_reason
        .ok_or_else(|| Failure::truncated("a candidate of the provider's reply is not finished"))?;
    choice.finish = finish(&reason, !choice.tool_calls.is_empty())?;
    Ok(choice)
}

/// Refuses a reply that is an error, or that says why there is no answer.
pub(super) fn check(reply: &Reply) -> Result<(), Failure> {
    if let Some(error) = &reply.error {
        let status = error["code"]
            .as_u64()
            .and_then(|code| u16::try_from(code).ok());
        let failure = failure_inside(status.unwrap_or(500), &detail(error));
        return Err(refined(failure, error));
    }
    let blocked = reply
        .prompt_feedback
        .as_ref()
        .and_then(|feedback| feedback.block_reason.as_deref());
    match blocked {
        Some(reason) => Err(Failure::new(
            FailureKind::ContentFilter,
            format!("the provider blocked the prompt ({})", scrub(reason)),
        )),
        None => Ok(()),
    }
}

/// Why the model stopped. Stopping because the model got its own call wrong is a failure: there
/// is no answer, and another try may do better.
pub(super) fn finish(reason: &str, calls: bool) -> Result<FinishReason, Failure> {
    Ok(match reason {
        "STOP" if calls => FinishReason::ToolCalls,
        "STOP" => FinishReason::Stop,
        "MAX_TOKENS" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "MODEL_ARMOR"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => FinishReason::ContentFilter,
        "MALFORMED_FUNCTION_CALL"
        | "UNEXPECTED_TOOL_CALL"
        | "TOO_MANY_TOOL_CALLS"
        | "MALFORMED_RESPONSE"
        | "MISSING_THOUGHT_SIGNATURE" => {
            return Err(Failure::invalid(format!(
                "the model stopped without a usable answer ({reason})"
            )));
        }
        other => FinishReason::Other(other.to_lowercase()),
    })
}

impl Part {
    /// Refuses what a chat answer has no place for, rather than passing the rest off as whole.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.inline_data.is_some() {
            return Err(Failure::unsupported(
                "the model answered with media, which a chat answer cannot carry",
            ));
        }
        Ok(())
    }
}

impl FunctionCall {
    /// As the hub has it. Older models give their calls no ids; one is made of the reply's.
    pub(super) fn read(self, response_id: &str, index: usize) -> ToolCall {
        let id = if self.id.is_empty() {
            format!("call_{response_id}_{index}")
        } else {
            self.id
        };
        let arguments = self
            .args
            .map_or_else(|| "{}".into(), |args| args.get().to_owned());
        ToolCall {
            id,
            name: self.name,
            arguments,
        }
    }
}

/// Picks the one proof of thoughts that is sent back: the first call's, else the last text's.
#[derive(Debug, Default)]
pub(super) struct Proof {
    of_call: bool,
    signature: Option<String>,
}

impl Proof {
    /// Looks at a further part.
    pub(super) fn note(&mut self, part: &mut Part) {
        let found = part.thought_signature.take();
        let found = found.filter(|signature| !signature.is_empty() && !self.of_call);
        if found.is_some() {
            self.of_call = part.function_call.is_some();
            self.signature = found;
        }
    }

    /// The signature, as the hub has it.
    pub(super) fn signature(&self) -> Option<String> {
        self.signature.as_deref().map(|proof| seal(NAME, proof))
    }
}

impl Tokens {
    /// In the hub's terms: the provider counts thoughts apart from the output, the hub as part
    /// of it.
    pub(super) fn usage(&self) -> Usage {
        let Some(prompt) = self.prompt else {
            return Usage::default();
        };
        let reasoning = self.thoughts.unwrap_or(0);
        let input = prompt.saturating_add(self.tool_use.unwrap_or(0));
        Usage {
            input,
            output: self.candidates.unwrap_or(0).saturating_add(reasoning),
            cached_input: self.cached.unwrap_or(0).min(input),
            cache_write: 0,
            reasoning,
            source: UsageSource::Reported,
        }
    }
}

/// What an error object says.
pub(super) fn detail(error: &Value) -> ErrorDetail {
    let reason = details(error).find_map(|detail| detail["reason"].as_str());
    let code = reason.or_else(|| error["status"].as_str());
    ErrorDetail {
        code: code.unwrap_or_default().to_lowercase(),
        message: error["message"].as_str().unwrap_or_default().to_owned(),
    }
}

/// The provider words a limit per minute and an empty account alike; the details tell them
/// apart, and say how long to wait.
pub(super) fn refined(mut failure: Failure, error: &Value) -> Failure {
    let wait = details(error).find_map(|detail| delay(detail["retryDelay"].as_str()?));
    failure.retry_after = failure.retry_after.or(wait);
    let exhausted = error["status"] == "RESOURCE_EXHAUSTED";
    if !exhausted || !matches!(failure.kind, FailureKind::Quota | FailureKind::RateLimited) {
        return failure;
    }
    let mut quotas = details(error)
        .filter_map(|detail| detail["violations"].as_array())
        .flatten()
        .filter_map(|violation| violation["quotaId"].as_str())
        .peekable();
    if quotas.peek().is_some() {
        if quotas.any(|quota| quota.contains("PerDay")) {
            failure.kind = FailureKind::Quota;
            // The wait it names is that of the minute, not of the day.
            failure.retry_after = None;
        } else {
            failure.kind = FailureKind::RateLimited;
        }
    } else if wait.is_some() {
        failure.kind = FailureKind::RateLimited;
    }
    failure
}

fn details(error: &Value) -> impl Iterator<Item = &Value> {
    error["details"].as_array().into_iter().flatten()
}

/// A duration such as `39s` or `1.5s`.
fn delay(text: &str) -> Option<Duration> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    let wait = Duration::try_from_secs_f64(seconds).ok()?;
    Some(wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests;
