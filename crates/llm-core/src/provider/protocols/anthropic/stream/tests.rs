//! Streams: the order of what they say, and how they break.

use crate::provider::ProviderAdapter as _;
use crate::provider::protocols::anthropic::Anthropic;
use crate::provider::protocols::testing::{gather, run};
use crate::types::answer::FinishReason;
use crate::types::event::StreamEvent;
use crate::types::failure::FailureKind;
use crate::types::usage::Usage;

const START: &str = r#"{"type":"message_start","message":{"id":"m1","model":"claude","content":[],"stop_reason":null,"usage":{"input_tokens":5,"cache_read_input_tokens":3,"output_tokens":1}}}"#;
const TEXT: &str =
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
const HELLO: &str =
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hello"}}"#;
const STOP: &str = r#"{"type":"content_block_stop","index":0}"#;
const END: &str =
    r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}"#;

#[test]
fn a_stream_starts_once_speaks_finishes_and_counts() {
    let ping = r#"{"type":"ping"}"#;
    let frames = [
        START,
        ping,
        TEXT,
        "",
        HELLO,
        STOP,
        END,
        r#"{"type":"message_stop"}"#,
    ];
    let events = run(&Anthropic, frames).unwrap();
    let counted = Usage {
        cached_input: 3,
        ..Usage::reported(8, 9)
    };
    assert_eq!(
        events,
        [
            StreamEvent::Start {
                id: "m1".into(),
                model: "claude".into()
            },
            StreamEvent::Usage(Usage {
                output: 1,
                ..counted
            }),
            StreamEvent::Text {
                choice: 0,
                text: "hello".into()
            },
            StreamEvent::Finish {
                choice: 0,
                reason: FinishReason::Stop
            },
            StreamEvent::Usage(counted),
        ]
    );
}

#[test]
fn a_streams_thoughts_and_calls_add_up_to_what_a_whole_reply_has() {
    let events = run(&Anthropic, [
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"fir"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"st"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"s1"}}"#,
        STOP,
        r#"{"type":"content_block_start","index":1,"content_block":{"type":"thinking","thinking":"second","signature":"s2"}}"#,
        r#"{"type":"content_block_stop","index":1}"#,
        r#"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"a","name":"add","input":{}}}"#,
        r#"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"x\""}}"#,
        r#"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":":1}"}}"#,
        r#"{"type":"content_block_stop","index":2}"#,
        r#"{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"b","name":"now","input":{}}}"#,
        r#"{"type":"content_block_stop","index":3}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}"#,
    ])
    .unwrap();
    let whole = br#"{"stop_reason":"tool_use","content":[
        {"type":"thinking","thinking":"first","signature":"s1"},
        {"type":"thinking","thinking":"second","signature":"s2"},
        {"type":"tool_use","id":"a","name":"add","input":{"x":1}},
        {"type":"tool_use","id":"b","name":"now","input":{}}]}"#;
    let (streamed, whole) = (gather(&events), Anthropic.decode(whole).unwrap());
    let (streamed, whole) = (&streamed.choices[0], &whole.choices[0]);
    assert_eq!(streamed.reasoning, whole.reasoning);
    assert_eq!(streamed.tool_calls, whole.tool_calls);
    assert_eq!(streamed.finish, FinishReason::ToolCalls);
}

#[test]
fn a_stream_that_breaks_is_a_failure_of_the_right_kind() {
    let overloaded =
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let refused = r#"{"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"type":"refusal","category":"bio"}}}"#;
    let kind = |frames: &[&str]| run(&Anthropic, frames.iter().copied()).unwrap_err().kind;
    assert_eq!(kind(&[START, TEXT, HELLO]), FailureKind::Truncated);
    assert_eq!(kind(&[]), FailureKind::Truncated);
    assert_eq!(
        kind(&[START, TEXT, HELLO, overloaded]),
        FailureKind::Unavailable
    );
    assert_eq!(kind(&["<html>"]), FailureKind::InvalidResponse);
    assert_eq!(
        kind(&[START, "{", HELLO, "{"]),
        FailureKind::InvalidResponse
    );
    assert_eq!(kind(&[START, END]), FailureKind::InvalidResponse);
    assert_eq!(kind(&[START, refused]), FailureKind::ContentFilter);
    // One broken frame costs itself only; a delta for a block that never started is one.
    let skipped = run(&Anthropic, [START, HELLO, TEXT, "{", HELLO, STOP, END]).unwrap();
    assert_eq!(gather(&skipped).text(), "hello");
    let partial = run(&Anthropic, [START, TEXT, HELLO, refused]).unwrap();
    assert_eq!(gather(&partial).finish(), &FinishReason::ContentFilter);
}
