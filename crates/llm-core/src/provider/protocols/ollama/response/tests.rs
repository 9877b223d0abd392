//! What a caller gets of replies and streams, and what never passes as an answer.

use serde_json::json;

use crate::provider::ProviderAdapter as _;
use crate::provider::protocols::ollama::Ollama;
use crate::provider::protocols::testing::{error, gather, run};
use crate::types::answer::FinishReason;
use crate::types::event::StreamEvent;
use crate::types::failure::FailureKind;
use crate::types::usage::Usage;

const HEL: &str = r#"{"model":"m","created_at":"2025-10-26T17:21:21.196Z","message":{"role":"assistant","content":"hel"},"done":false}"#;
const LO: &str = r#"{"model":"m","created_at":"2025-10-26T17:21:22Z","message":{"role":"assistant","content":"lo"},"done":false}"#;
const DONE: &str = r#"{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":11,"eval_count":18}"#;

#[test]
fn a_whole_reply_has_text_thoughts_calls_and_counts() {
    let reply = br#"{"model":"m","created_at":"2025-10-26T17:21:21Z","message":{"role":"assistant",
        "content":"so","thinking":"hm","tool_calls":[
            {"function":{"index":0,"name":"add","arguments":{"x":1.50}}},
            {"id":"own","function":{"name":"now","arguments":{}}}]},
        "done":true,"done_reason":"stop","prompt_eval_count":11,"eval_count":18}"#;
    let answer = Ollama.decode(reply).unwrap();
    let choice = &answer.choices[0];
    assert_eq!(
        (answer.upstream_model.as_str(), choice.text.as_str()),
        ("m", "so")
    );
    assert_eq!(choice.reasoning.as_ref().unwrap().text, "hm");
    let ids: Vec<&str> = choice
        .tool_calls
        .iter()
        .map(|call| call.id.as_str())
        .collect();
    assert_eq!(ids, ["call_20251026172121_0", "own"]);
    assert_eq!(choice.tool_calls[0].arguments, r#"{"x":1.50}"#);
    assert_eq!(choice.finish, FinishReason::ToolCalls);
    assert_eq!(answer.usage, Usage::reported(11, 18));
}

#[test]
fn counts_that_are_missing_are_unknown_and_not_zero() {
    let reply = br#"{"message":{"content":"a"},"done":true,"eval_count":3}"#;
    assert_eq!(Ollama.decode(reply).unwrap().usage, Usage::default());
}

#[test]
fn a_reply_without_an_answer_is_a_failure() {
    for (reply, kind) in [
        (
            r#"{"error":"model runner crashed"}"#,
            FailureKind::Unavailable,
        ),
        (
            r#"{"message":{"content":""},"done":true,"done_reason":"load"}"#,
            FailureKind::InvalidResponse,
        ),
        (
            r#"{"message":{"content":""},"done":true,"done_reason":"stop"}"#,
            FailureKind::InvalidResponse,
        ),
        (
            r#"{"message":{"content":"a"},"done":false}"#,
            FailureKind::Truncated,
        ),
        (r#"{"done":true}"#, FailureKind::InvalidResponse),
        (r#"{"message":{"content":"a"#, FailureKind::Truncated),
        ("404 page not found", FailureKind::InvalidResponse),
    ] {
        assert_eq!(
            Ollama.decode(reply.as_bytes()).unwrap_err().kind,
            kind,
            "{reply}"
        );
    }
    let cut = br#"{"message":{"content":"","thinking":"hm"},"done":true,"done_reason":"length"}"#;
    assert_eq!(Ollama.decode(cut).unwrap().finish(), &FinishReason::Length);
}

#[test]
fn a_stream_starts_once_speaks_finishes_and_counts() {
    let events = run(&Ollama, [HEL, "", LO, DONE]).unwrap();
    let text = |text: &str| StreamEvent::Text {
        choice: 0,
        text: text.into(),
    };
    assert_eq!(
        events,
        [
            StreamEvent::Start {
                id: String::new(),
                model: "m".into()
            },
            text("hel"),
            text("lo"),
            StreamEvent::Finish {
                choice: 0,
                reason: FinishReason::Stop
            },
            StreamEvent::Usage(Usage::reported(11, 18)),
        ]
    );
}

#[test]
fn a_streams_thoughts_and_calls_add_up() {
    let thought = r#"{"message":{"role":"assistant","content":"","thinking":"hm"},"done":false}"#;
    let call = r#"{"message":{"content":"","tool_calls":[{"id":"a","function":{"name":"add","arguments":{"x":1}}}]},"done":false}"#;
    let answer = gather(&run(&Ollama, [thought, call, call, DONE]).unwrap());
    let choice = &answer.choices[0];
    assert_eq!(choice.reasoning.as_ref().unwrap().text, "hm");
    assert_eq!(choice.tool_calls.len(), 2);
    assert_eq!(choice.tool_calls[0].arguments, r#"{"x":1}"#);
    assert_eq!(choice.finish, FinishReason::ToolCalls);
}

#[test]
fn a_stream_that_breaks_is_a_failure_of_the_right_kind() {
    let kind = |frames: &[&str]| run(&Ollama, frames.iter().copied()).unwrap_err().kind;
    let broken = r#"{"error":"an error was encountered while running the model"}"#;
    assert_eq!(kind(&[HEL]), FailureKind::Truncated);
    assert_eq!(kind(&[]), FailureKind::Truncated);
    assert_eq!(kind(&[HEL, broken]), FailureKind::Unavailable);
    assert_eq!(kind(&["404 page not found"]), FailureKind::InvalidResponse);
    assert_eq!(kind(&[HEL, "{", "{", "{"]), FailureKind::InvalidResponse);
    assert_eq!(kind(&[DONE]), FailureKind::InvalidResponse);
    assert_eq!(
        gather(&run(&Ollama, [HEL, "{", LO, DONE]).unwrap()).text(),
        "hello"
    );
}

#[test]
fn errors_are_read_also_where_one_is_wrapped_in_another() {
    let kind = |status, said: &str| {
        let body = json!({"error": said}).to_string();
        error(&Ollama, status, &body).kind
    };
    assert_eq!(
        kind(404, "model 'x' not found, try pulling it first"),
        FailureKind::ModelNotFound
    );
    assert_eq!(
        kind(400, "\"gemma\" does not support tools"),
        FailureKind::Rejected
    );
    assert_eq!(
        kind(500, "model requires more system memory"),
        FailureKind::Unavailable
    );
    let too_long = r#"{"error":{"code":400,"message":"request (8889 tokens) exceeds the available context size (4096 tokens)","type":"exceed_context_size_error"}}"#;
    assert_eq!(kind(400, too_long), FailureKind::ContextLength);
    assert_eq!(
        kind(
            400,
            "the prompt is longer than the context length currently available"
        ),
        FailureKind::ContextLength
    );
}

#[test]
fn the_list_of_models_is_read() {
    let list = br#"{"models":[{"name":"qwen3:8b","model":"qwen3:8b","size":1}]}"#;
    assert_eq!(Ollama.decode_list(list).unwrap(), ["qwen3:8b"]);
}
