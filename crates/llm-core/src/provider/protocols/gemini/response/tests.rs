//! What a caller gets of whole replies, and what never passes as an answer.

use std::time::Duration;

use serde_json::{Value, json};

use crate::provider::ProviderAdapter as _;
use crate::provider::protocols::gemini::Gemini;
use crate::provider::protocols::testing::error;
use crate::types::answer::{Answer, FinishReason};
use crate::types::failure::{Failure, FailureKind};
use crate::types::usage::Usage;

fn decode(reply: &Value) -> Result<Answer, Failure> {
    Gemini.decode(reply.to_string().as_bytes())
}

fn candidate(parts: &Value, finish: &str) -> Value {
    json!({"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": finish}],
           "responseId": "r1", "modelVersion": "gemini-x"})
}

#[test]
fn text_thoughts_and_calls_are_told_apart() {
    let reply = candidate(
        &json!([
            {"text": "hm", "thought": true},
            {"text": "so: "},
            {"functionCall": {"name": "add", "args": {"x": 1}}, "thoughtSignature": "abc"},
            {"functionCall": {"name": "now", "id": "own"}},
            {"text": "", "thoughtSignature": "later"},
        ]),
        "STOP",
    );
    let answer = decode(&reply).unwrap();
    let choice = &answer.choices[0];
    assert_eq!((answer.id.as_str(), choice.text.as_str()), ("r1", "so: "));
    let reasoning = choice.reasoning.as_ref().unwrap();
    assert_eq!(reasoning.text, "hm");
    assert_eq!(reasoning.signature.as_deref(), Some("gemini:abc"));
    let ids: Vec<&str> = choice
        .tool_calls
        .iter()
        .map(|call| call.id.as_str())
        .collect();
    assert_eq!(ids, ["call_r1_0", "own"]);
    assert_eq!(choice.tool_calls[0].arguments, r#"{"x":1}"#);
    assert_eq!(choice.tool_calls[1].arguments, "{}");
    assert_eq!(choice.finish, FinishReason::ToolCalls);
}

#[test]
fn thoughts_are_part_of_the_output() {
    let mut reply = candidate(&json!([{"text": "a"}]), "STOP");
    reply["usageMetadata"] = json!({"promptTokenCount": 100, "cachedContentTokenCount": 40,
        "candidatesTokenCount": 5, "thoughtsTokenCount": 20, "toolUsePromptTokenCount": 3,
        "totalTokenCount": 128});
    let expected = Usage {
        cached_input: 40,
        reasoning: 20,
        ..Usage::reported(103, 25)
    };
    assert_eq!(decode(&reply).unwrap().usage, expected);
    reply["usageMetadata"] = json!({});
    assert!(!decode(&reply).unwrap().usage.is_known());
}

#[test]
fn a_reply_without_an_answer_is_a_failure() {
    let nothing = json!([]);
    let media = json!([{"text": "here"}, {"inlineData": {"mimeType": "image/png", "data": ""}}]);
    for (reply, kind) in [
        (
            json!({"promptFeedback": {"blockReason": "SAFETY"}}),
            FailureKind::ContentFilter,
        ),
        (json!({"candidates": []}), FailureKind::InvalidResponse),
        (json!({}), FailureKind::InvalidResponse),
        (candidate(&nothing, "STOP"), FailureKind::InvalidResponse),
        (candidate(&nothing, "OTHER"), FailureKind::InvalidResponse),
        (candidate(&nothing, "SAFETY"), FailureKind::ContentFilter),
        (
            candidate(&nothing, "RECITATION"),
            FailureKind::ContentFilter,
        ),
        (
            candidate(&nothing, "MALFORMED_FUNCTION_CALL"),
            FailureKind::InvalidResponse,
        ),
        (
            candidate(&json!([{"text": "a"}]), "UNEXPECTED_TOOL_CALL"),
            FailureKind::InvalidResponse,
        ),
        (
            json!({"candidates": [{"content": {"parts": [{"text": "a"}]}}]}),
            FailureKind::Truncated,
        ),
        (candidate(&media, "STOP"), FailureKind::Unsupported),
        (
            json!({"error": {"code": 503, "message": "overloaded"}}),
            FailureKind::Unavailable,
        ),
    ] {
        assert_eq!(decode(&reply).unwrap_err().kind, kind, "{reply}");
    }
    assert_eq!(
        Gemini.decode(b"").unwrap_err().kind,
        FailureKind::InvalidResponse
    );
    assert_eq!(
        Gemini.decode(br#"{"candidates":[{"#).unwrap_err().kind,
        FailureKind::Truncated
    );
    // All tokens went into thoughts: the provider says so, and the caller is told.
    let thought_only = decode(&candidate(&nothing, "MAX_TOKENS")).unwrap();
    assert_eq!(thought_only.finish(), &FinishReason::Length);
    let cut = decode(&candidate(&json!([{"text": "a"}]), "SAFETY")).unwrap();
    assert_eq!(cut.finish(), &FinishReason::ContentFilter);
}

#[test]
fn one_of_several_answers_may_be_blocked() {
    let reply = json!({"candidates": [
        {"index": 0, "finishReason": "SAFETY"},
        {"index": 1, "finishReason": "STOP", "content": {"parts": [{"text": "b"}]}}]});
    let answer = decode(&reply).unwrap();
    assert_eq!(answer.choices[0].finish, FinishReason::ContentFilter);
    assert_eq!(answer.choices[1].text, "b");
}

#[test]
fn errors_are_told_apart_by_their_details() {
    let failure = |status: u16, body: Value| error(&Gemini, status, &body.to_string());
    let exhausted = |details: Value| {
        json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": details,
            "message": "You exceeded your current quota, please check your plan and billing."}})
    };
    let retry = json!({"@type": "RetryInfo", "retryDelay": "39.5s"});
    let quota = |id: &str| json!({"@type": "QuotaFailure", "violations": [{"quotaId": id}]});
    let minute = failure(
        429,
        exhausted(json!([quota("PerMinutePerProject"), retry.clone()])),
    );
    assert_eq!(minute.kind, FailureKind::RateLimited);
    assert_eq!(minute.retry_after, Some(Duration::from_millis(39_500)));
    let day = failure(
        429,
        exhausted(json!([quota("RequestsPerDayPerProject"), retry])),
    );
    assert_eq!(day.kind, FailureKind::Quota);
    assert_eq!(failure(429, exhausted(json!([]))).kind, FailureKind::Quota);

    let key = json!({"error": {"code": 400, "status": "INVALID_ARGUMENT",
        "message": "API key not valid.", "details": [{"reason": "API_KEY_INVALID"}]}});
    assert_eq!(failure(400, key.clone()).kind, FailureKind::Auth);
    assert_eq!(failure(400, json!([key])).kind, FailureKind::Auth);
    let long = json!({"error": {"code": 400, "status": "INVALID_ARGUMENT", "message":
        "The input token count (9) exceeds the maximum number of tokens allowed (8)."}});
    assert_eq!(failure(400, long).kind, FailureKind::ContextLength);
    let unknown = json!({"error": {"code": 404, "status": "NOT_FOUND", "message": "no models/x"}});
    assert_eq!(failure(404, unknown).kind, FailureKind::ModelNotFound);
    assert_eq!(error(&Gemini, 503, "<html>").kind, FailureKind::Unavailable);
}

#[test]
fn the_list_holds_the_models_that_chat() {
    let list = br#"{"models":[
        {"name":"models/gemini-x","supportedGenerationMethods":["generateContent","countTokens"]},
        {"name":"models/embedding","supportedGenerationMethods":["embedContent"]},
        {"name":"tunedModels/mine"}]}"#;
    assert_eq!(
        Gemini.decode_list(list).unwrap(),
        ["gemini-x", "tunedModels/mine"]
    );
    assert!(Gemini.decode_list(b"[]").is_err());
}
