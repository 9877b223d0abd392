//! What a caller gets of whole replies, and what never passes as an answer.

use serde_json::json;

use crate::provider::ProviderAdapter as _;
use crate::provider::protocols::anthropic::Anthropic;
use crate::provider::protocols::testing::{error, gather, run};
use crate::types::answer::FinishReason;
use crate::types::failure::FailureKind;
use crate::types::usage::Usage;

#[test]
fn an_answer_given_through_our_tool_is_text_to_the_caller() {
    let reply = br#"{"id":"m","model":"c","stop_reason":"tool_use","content":[
        {"type":"tool_use","id":"t","name":"answer_in_json","input":{"a": 1.0}}]}"#;
    let answer = Anthropic.decode(reply).unwrap();
    assert_eq!(answer.text(), r#"{"a": 1.0}"#);
    assert_eq!(answer.finish(), &FinishReason::Stop);
    assert!(answer.choices[0].tool_calls.is_empty());
    let events = run(&Anthropic, [
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"answer_in_json","input":{}}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\": 1.0}"}}"#,
        r#"{"type":"content_block_stop","index":0}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"}}"#,
    ])
    .unwrap();
    assert_eq!(gather(&events).text(), r#"{"a": 1.0}"#);
    assert_eq!(gather(&events).finish(), &FinishReason::Stop);
}

#[test]
fn cached_tokens_are_part_of_the_input() {
    let reply = br#"{"stop_reason":"end_turn","content":[{"type":"text","text":"hi"}],"usage":{
        "input_tokens":10,"cache_read_input_tokens":200,"cache_creation_input_tokens":30,
        "output_tokens":7,"output_tokens_details":{"thinking_tokens":4}}}"#;
    let usage = Anthropic.decode(reply).unwrap().usage;
    let expected = Usage {
        cached_input: 200,
        cache_write: 30,
        reasoning: 4,
        ..Usage::reported(240, 7)
    };
    assert_eq!(usage, expected);
    let unknown = br#"{"stop_reason":"end_turn","content":[{"type":"text","text":"hi"}]}"#;
    assert!(!Anthropic.decode(unknown).unwrap().usage.is_known());
}

#[test]
fn a_reply_without_an_answer_is_a_failure() {
    for (reply, kind) in [
        (
            r#"{"stop_reason":"refusal","content":[],"stop_details":{"type":"refusal","category":"cyber","explanation":null}}"#,
            FailureKind::ContentFilter,
        ),
        (
            r#"{"stop_reason":"end_turn","content":[]}"#,
            FailureKind::InvalidResponse,
        ),
        (
            r#"{"content":[{"type":"text","text":"a"}]}"#,
            FailureKind::InvalidResponse,
        ),
        (
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            FailureKind::Unavailable,
        ),
        (
            r#"{"stop_reason":"end_turn","content":[{"type":"te"#,
            FailureKind::Truncated,
        ),
        ("<!doctype html>", FailureKind::InvalidResponse),
        ("{}", FailureKind::InvalidResponse),
    ] {
        assert_eq!(
            Anthropic.decode(reply.as_bytes()).unwrap_err().kind,
            kind,
            "{reply}"
        );
    }
    let cut = r#"{"stop_reason":"max_tokens","content":[]}"#;
    let answer = Anthropic.decode(cut.as_bytes()).unwrap();
    assert_eq!(answer.finish(), &FinishReason::Length);
}

#[test]
fn stop_reasons_keep_their_meaning() {
    let finish = |stop: &str| {
        let reply =
            format!(r#"{{"stop_reason":"{stop}","content":[{{"type":"text","text":"a"}}]}}"#);
        Anthropic.decode(reply.as_bytes()).unwrap().finish().clone()
    };
    assert_eq!(finish("stop_sequence"), FinishReason::Stop);
    assert_eq!(
        finish("model_context_window_exceeded"),
        FinishReason::Length
    );
    assert_eq!(finish("refusal"), FinishReason::ContentFilter);
    assert_eq!(
        finish("pause_turn"),
        FinishReason::Other("pause_turn".into())
    );
}

#[test]
fn errors_are_told_apart_by_the_providers_own_words() {
    let kind = |status, r#type: &str, message: &str| {
        let body = json!({"type": "error", "error": {"type": r#type, "message": message}});
        error(&Anthropic, status, &body.to_string()).kind
    };
    let invalid = "invalid_request_error";
    assert_eq!(
        kind(400, invalid, "max_tokens: must be positive"),
        FailureKind::Rejected
    );
    assert_eq!(
        kind(
            400,
            invalid,
            "prompt is too long: 210000 tokens > 200000 maximum"
        ),
        FailureKind::ContextLength
    );
    assert_eq!(
        kind(
            400,
            invalid,
            "input length and `max_tokens` exceed context limit: 1 + 2 > 2"
        ),
        FailureKind::ContextLength
    );
    assert_eq!(
        kind(
            400,
            invalid,
            "Your credit balance is too low to access the Anthropic API."
        ),
        FailureKind::Quota
    );
    assert_eq!(
        kind(401, "authentication_error", "invalid x-api-key"),
        FailureKind::Auth
    );
    assert_eq!(kind(403, "billing_error", "unpaid"), FailureKind::Quota);
    assert_eq!(
        kind(404, "not_found_error", "model: x"),
        FailureKind::ModelNotFound
    );
    assert_eq!(
        kind(429, "rate_limit_error", "slow down"),
        FailureKind::RateLimited
    );
    assert_eq!(
        kind(529, "overloaded_error", "Overloaded"),
        FailureKind::Unavailable
    );
    assert_eq!(
        error(&Anthropic, 502, "<html>").kind,
        FailureKind::Unavailable
    );
}

#[test]
fn the_list_of_models_is_read() {
    let page = br#"{"data":[{"id":"claude-a","type":"model"},{"id":"claude-b"}],"has_more":false}"#;
    assert_eq!(
        Anthropic.decode_list(page).unwrap(),
        ["claude-a", "claude-b"]
    );
    assert!(Anthropic.decode_list(b"{}").is_err());
}
