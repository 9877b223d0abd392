//! What every protocol must do, whichever it is: a new row of the registry is tested by this on
//! the day it is added.

mod work;

use http::{HeaderValue, Method};
use proptest::prelude::*;

use super::testing::{VENDOR, endpoint, error, run};
use super::{PROTOCOLS, find};
use crate::provider::{Adapter, Call, ModelDefaults, WireRequest};
use crate::types::chat::ChatRequest;
use crate::types::failure::{Failure, FailureKind};
use crate::types::message::{ContentPart, Image, MediaSource, Message};
use crate::types::task::Capabilities;

/// Replies that are not answers.
const NO_ANSWERS: &[&str] = &[
    "",
    " \n",
    "null",
    "5",
    "\"text\"",
    "[]",
    "{}",
    "upstream connect error",
    "<html><body>502 Bad Gateway</body></html>",
    r#"{"error":{"type":"server_error","message":"overloaded"}}"#,
    r#"{"error":"overloaded"}"#,
    r#"{"message":"ok"}"#,
    r#"{"choices":null,"candidates":null,"content":null,"message":null}"#,
    r#"{"choices":[],"candidates":[],"content":[],"message":{},"done":true}"#,
];

fn write(adapter: Adapter, model: &str, request: &ChatRequest) -> Result<WireRequest, Failure> {
    let mut endpoint = endpoint("https://provider.test/v1");
    let own = HeaderValue::from_static("yes");
    endpoint.headers.insert("x-own", own);
    adapter.encode(&Call {
        endpoint: &endpoint,
        upstream_model: model,
        request,
        defaults: ModelDefaults::default(),
        stream: request.stream,
    })
}

#[test]
fn rows_are_sorted_unique_and_found() {
    assert!(PROTOCOLS.is_sorted_by(|a, b| a.name() < b.name()));
    for adapter in PROTOCOLS {
        assert_eq!(find(adapter.name()).unwrap().name(), adapter.name());
    }
    assert!(find("nobody").is_none());
}

#[test]
fn a_question_is_written_without_a_key_and_with_the_configured_headers() {
    for adapter in PROTOCOLS {
        let name = adapter.name();
        let wire = write(*adapter, "model-x", &ChatRequest::question("why?")).unwrap();
        assert_eq!(wire.method, Method::POST, "{name}");
        assert_eq!(wire.headers["content-type"], "application/json", "{name}");
        assert_eq!(wire.headers["x-own"], "yes", "{name}");
        assert_eq!(wire.auth, VENDOR.auth, "{name}");
        for header in ["authorization", "x-api-key", "x-goog-api-key"] {
            assert!(!wire.headers.contains_key(header), "{name} {header}");
        }
        let body = String::from_utf8(wire.body.to_vec()).unwrap();
        assert!(body.contains("why?"), "{name}");
        assert!(format!("{}{body}", wire.url).contains("model-x"), "{name}");
    }
}

#[test]
fn a_models_name_never_changes_where_a_call_goes() {
    for adapter in PROTOCOLS {
        let plain = write(*adapter, "m", &ChatRequest::question("q"))
            .unwrap()
            .url;
        for name in [
            "../../x",
            "a/b",
            "?k=v",
            "#f",
            "%2e%2e%2f",
            "a\\..\\b",
            "\r\nx: y",
            "//h",
        ] {
            let url = write(*adapter, name, &ChatRequest::question("q"))
                .unwrap()
                .url;
            assert_eq!(url.origin(), plain.origin(), "{url}");
            assert_eq!(url.query(), plain.query(), "{url}");
            assert_eq!(url.fragment(), None, "{url}");
            let places = |url: &url::Url| url.path_segments().unwrap().count();
            assert_eq!(places(&url), places(&plain), "{url}");
        }
    }
}

#[test]
fn a_picture_is_carried_by_those_that_say_so() {
    let mut message = Message::user("what is this?");
    message.content.push(ContentPart::Image(Image {
        source: MediaSource::Inline {
            mime: "image/png".into(),
            data: "aGVsbG8=".into(),
        },
        detail: None,
    }));
    let request = ChatRequest::new(vec![message]);
    for adapter in PROTOCOLS {
        let sees = adapter.capabilities().has(Capabilities::VISION);
        match write(*adapter, "m", &request) {
            Ok(wire) => {
                assert!(sees, "{}", adapter.name());
                let body = String::from_utf8(wire.body.to_vec()).unwrap();
                assert!(body.contains("aGVsbG8="), "{}", adapter.name());
            }
            Err(failure) => {
                assert!(!sees, "{}", adapter.name());
                assert_eq!(failure.kind, FailureKind::Unsupported);
            }
        }
    }
}

#[test]
fn nothing_but_an_answer_is_an_answer() {
    for adapter in PROTOCOLS {
        for reply in NO_ANSWERS {
            let decoded = adapter.decode(reply.as_bytes());
            assert!(decoded.is_err(), "{} took {reply:?}", adapter.name());
        }
    }
}

#[test]
fn a_stream_is_an_answer_only_if_it_finishes() {
    for adapter in PROTOCOLS {
        let kind = |frames: &[&str]| run(*adapter, frames.iter().copied()).unwrap_err().kind;
        assert_eq!(kind(&[]), FailureKind::Truncated, "{}", adapter.name());
        assert_eq!(
            kind(&["{", "{", "{"]),
            FailureKind::InvalidResponse,
            "{}",
            adapter.name()
        );
        assert!(run(*adapter, ["{}"]).is_err(), "{}", adapter.name());
    }
}

#[test]
fn the_list_of_models_is_asked_for_without_a_body_and_not_taken_from_an_error() {
    for adapter in PROTOCOLS {
        for reply in ["", "<html>", "{}", "5", r#"{"error":{"message":"no"}}"#] {
            let listed = adapter.decode_list(reply.as_bytes());
            assert!(listed.is_err(), "{} listed {reply:?}", adapter.name());
        }
        if let Some(wire) = adapter.encode_list(&endpoint("https://provider.test/v1")) {
            assert_eq!(wire.method, Method::GET, "{}", adapter.name());
            assert!(wire.body.is_empty(), "{}", adapter.name());
        }
    }
}

/// JSON that could come out of a confused provider: the right keys with wrong values.
fn confused() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "type",
        "index",
        "delta",
        "content_block",
        "message",
        "usage",
        "error",
        "candidates",
        "content",
        "parts",
        "text",
        "finishReason",
        "choices",
        "done",
        "done_reason",
        "tool_calls",
        "function",
        "arguments",
        "stop_reason",
        "input_tokens",
    ]);
    let word = prop::sample::select(vec![
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "text",
        "tool_use",
        "thinking",
        "STOP",
        "stop",
        "error",
        "",
    ]);
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        word.prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::hash_map(key.clone(), inner, 0..5).prop_map(|map| {
                map.into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            }),
        ]
    })
    .prop_map(|value| value.to_string())
}

proptest! {
    #[test]
    fn no_reply_makes_an_adapter_panic(reply in confused(), status in 300_u16..600) {
        for adapter in PROTOCOLS {
            let answer = adapter.decode(reply.as_bytes());
            if let Ok(answer) = answer {
                prop_assert!(!answer.choices.is_empty());
            }
            let failure = error(*adapter, status, &reply);
            prop_assert_eq!(failure.status, Some(status));
            let _listed = adapter.decode_list(reply.as_bytes());
        }
    }

    #[test]
    fn no_stream_makes_a_decoder_panic(frames in prop::collection::vec(confused(), 0..12)) {
        for adapter in PROTOCOLS {
            let _events = run(*adapter, frames.iter().map(String::as_str));
        }
    }
}
