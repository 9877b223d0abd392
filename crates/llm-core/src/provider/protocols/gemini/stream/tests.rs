//! Streams: the order of what they say, and how they break.

use serde_json::json;

use crate::provider::ProviderAdapter as _;
use crate::provider::protocols::gemini::Gemini;
use crate::provider::protocols::testing::{gather, run};
use crate::types::answer::FinishReason;
use crate::types::event::StreamEvent;
use crate::types::failure::FailureKind;
use crate::types::usage::Usage;

const HEL: &str = r#"{"candidates":[{"content":{"parts":[{"text":"hel"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":1},"modelVersion":"g","responseId":"r"}"#;
const LO: &str = r#"{"candidates":[{"content":{"parts":[{"text":"lo"}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2},"modelVersion":"g","responseId":"r"}"#;

fn finished(reason: &str) -> String {
    json!({"candidates": [{"finishReason": reason}]}).to_string()
}

#[test]
fn a_stream_starts_once_speaks_finishes_and_counts() {
    let events = run(&Gemini, [HEL, LO]).unwrap();
    let text = |text: &str| StreamEvent::Text {
        choice: 0,
        text: text.into(),
    };
    assert_eq!(
        events,
        [
            StreamEvent::Start {
                id: "r".into(),
                model: "g".into()
            },
            text("hel"),
            StreamEvent::Usage(Usage::reported(4, 1)),
            text("lo"),
            StreamEvent::Finish {
                choice: 0,
                reason: FinishReason::Stop
            },
            StreamEvent::Usage(Usage::reported(4, 2)),
        ]
    );
}

#[test]
fn a_streams_parts_add_up_to_what_a_whole_reply_has() {
    let parts = [
        json!({"text": "hm", "thought": true}),
        json!({"functionCall": {"name": "add", "args": {"x": 1}}, "thoughtSignature": "abc"}),
        json!({"functionCall": {"name": "now", "args": {}}}),
        json!({"text": "", "thoughtSignature": "later"}),
    ];
    let mut frames: Vec<String> = parts
        .iter()
        .map(|part| json!({"responseId": "r", "candidates": [{"content": {"parts": [part]}}]}))
        .map(|reply| reply.to_string())
        .collect();
    frames.push(finished("STOP"));
    let streamed = gather(&run(&Gemini, frames.iter().map(String::as_str)).unwrap());
    let whole = json!({"responseId": "r",
        "candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]});
    let whole = Gemini.decode(whole.to_string().as_bytes()).unwrap();
    let (streamed, whole) = (&streamed.choices[0], &whole.choices[0]);
    assert_eq!(streamed.reasoning, whole.reasoning);
    assert_eq!(streamed.tool_calls, whole.tool_calls);
    assert_eq!(streamed.finish, FinishReason::ToolCalls);
}

#[test]
fn a_stream_that_breaks_is_a_failure_of_the_right_kind() {
    let kind = |frames: &[&str]| run(&Gemini, frames.iter().copied()).unwrap_err().kind;
    let error = r#"{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}"#;
    let blocked = r#"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}"#;
    let malformed = finished("MALFORMED_FUNCTION_CALL");
    assert_eq!(kind(&[HEL]), FailureKind::Truncated);
    assert_eq!(kind(&[]), FailureKind::Truncated);
    assert_eq!(kind(&[HEL, error]), FailureKind::Unavailable);
    assert_eq!(kind(&[blocked]), FailureKind::ContentFilter);
    assert_eq!(
        kind(&[HEL, malformed.as_str()]),
        FailureKind::InvalidResponse
    );
    assert_eq!(kind(&["{", "<", "["]), FailureKind::InvalidResponse);
    assert_eq!(kind(&["<html>"]), FailureKind::InvalidResponse);
    assert_eq!(
        kind(&[finished("STOP").as_str()]),
        FailureKind::InvalidResponse
    );
    assert_eq!(
        kind(&[finished("SAFETY").as_str()]),
        FailureKind::ContentFilter
    );
    assert_eq!(
        gather(&run(&Gemini, [HEL, "{", LO]).unwrap()).text(),
        "hello"
    );
    let cut = finished("SAFETY");
    let cut = run(&Gemini, [HEL, cut.as_str()]).unwrap();
    assert_eq!(gather(&cut).finish(), &FinishReason::ContentFilter);
}

#[test]
fn every_one_of_several_answers_must_finish() {
    let two = r#"{"candidates":[{"index":0,"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"},{"index":1,"content":{"parts":[{"text":"b"}]}}]}"#;
    assert_eq!(
        run(&Gemini, [two]).unwrap_err().kind,
        FailureKind::Truncated
    );
    let last = r#"{"candidates":[{"index":1,"finishReason":"MAX_TOKENS"}]}"#;
    let answer = gather(&run(&Gemini, [two, last]).unwrap());
    assert_eq!(answer.choices[1].text, "b");
    assert_eq!(answer.choices[1].finish, FinishReason::Length);
}
