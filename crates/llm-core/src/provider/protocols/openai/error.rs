//! Digs code and message out of the many shapes of error bodies.
//!
//! What they mean is decided in [`crate::provider::classify`]; here only a success that carries an
//! error is judged, because there the status says nothing.

use serde_json::Value;
use serde_json::value::RawValue;

use super::wire::Object;
use crate::provider::ErrorReply;
use crate::provider::classify::{ErrorDetail, classify, kind_of, scrub};
use crate::types::failure::{Failure, FailureKind};

/// How deep messages are looked for within messages.
const MAX_NESTING: usize = 4;

/// What an error body says.
#[derive(Debug, Default)]
pub(super) struct Found {
    detail: ErrorDetail,
    /// The HTTP status the body itself names.
    status: Option<u16>,
}

/// Reads an unsuccessful reply.
pub(super) fn decode_error(reply: &ErrorReply<'_>) -> Failure {
    let text = String::from_utf8_lossy(reply.body);
    let found = match Object::parse(text.trim()) {
        Ok(object) => find(&object),
        // Google wraps its errors in a list.
        Err(_) => serde_json::from_str::<Vec<Object<'_>>>(text.trim())
            .ok()
            .and_then(|items| items.first().map(find))
            .unwrap_or_else(|| plain(&text)),
    };
    classify(reply, &found.detail)
}

/// An error within a reply whose status was a success, if there is one.
///
/// `streaming` tells apart a stream that broke, which is the provider's trouble, from a whole
/// reply that contradicts its own status.
pub(super) fn within_success(object: &Object<'_>, streaming: bool) -> Option<Failure> {
    let has_error = object.get("error").is_some();
    let looks_failed = object.get("choices").is_none()
        && (object.get("code").is_some() || object.get("detail").is_some());
    if !has_error && !looks_failed {
        return None;
    }
    Some(judge(&find(object), streaming))
}

/// An event that calls itself an error, whatever is in it.
pub(super) fn error_event(object: &Object<'_>) -> Failure {
    let failure = judge(&find(object), true);
    match failure.kind {
        FailureKind::InvalidResponse => Failure {
            kind: FailureKind::Unavailable,
            ..failure
        },
        _ => failure,
    }
}

fn judge(found: &Found, streaming: bool) -> Failure {
    let kind = match found.status.or_else(|| implied_status(&found.detail.code)) {
        Some(status) => kind_of(status, &found.detail),
        None => kind_of(400, &found.detail),
    };
    let kind = match kind {
        FailureKind::Rejected if found.status.is_none() => FailureKind::InvalidResponse,
        FailureKind::Unavailable if !streaming => FailureKind::InvalidResponse,
        FailureKind::Redirect => FailureKind::InvalidResponse,
        kind => kind,
    };
    let said = scrub(&found.detail.message);
    let said = if said.is_empty() {
        "without a reason".to_owned()
    } else {
        said
    };
    let message = format!("the provider sent an error within a successful reply: {said}");
    Failure::new(kind, message)
}

/// The status that a code in words stands for.
fn implied_status(code: &str) -> Option<u16> {
    let words: [(u16, &[&str]); 7] = [
        (
            429,
            &[
                "rate_limit",
                "ratelimit",
                "too_many",
                "throttl",
                "insufficient_quota",
            ],
        ),
        (401, &["authentication", "api_key", "unauthorized"]),
        (403, &["permission"]),
        (404, &["not_found"]),
        (
            400,
            &["context_length", "content_filter", "data_inspection"],
        ),
        (400, &["invalid_request", "bad_request"]),
        (
            503,
            &[
                "server_error",
                "internal",
                "overload",
                "unavailable",
                "timeout",
            ],
        ),
    ];
    words
        .into_iter()
        .find(|(_, words)| words.iter().any(|word| code.contains(word)))
        .map(|(status, _)| status)
}

fn find(object: &Object<'_>) -> Found {
    match object.get("error") {
        // `{"error": {"message": …, "type": …, "code": …}}`, as the protocol has it.
        Some(raw) if raw.get().starts_with('{') => {
            let inner = Object::parse(raw.get()).unwrap_or_default();
            let mut found = flat(&inner);
            // OpenRouter hands on the text of the service behind it.
            if let Some(behind) = inner.child("metadata").get("raw") {
                found.detail.message.push_str(": ");
                found.detail.message.push_str(&message_of(behind, 0));
            }
            found
        }
        // `{"error": "…"}`, with or without a code beside it.
        Some(raw) => {
            let mut found = flat(object);
            found.detail.message = message_of(raw, 0);
            found
        }
        // `{"code": …, "message": …}`, `{"detail": …}`, `{"object": "error", "message": …}`.
        None => flat(object),
    }
}

fn flat(object: &Object<'_>) -> Found {
    let message = ["message", "msg", "detail", "error_msg"]
        .into_iter()
        .find_map(|name| object.get(name))
        .map(|raw| message_of(raw, 0))
        .unwrap_or_default();
    let word = |name: &str| match object.lenient::<Value>(name) {
        Some(Value::String(text)) => text.to_lowercase(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let code = word("code");
    let status = ["code", "status"]
        .into_iter()
        .find_map(|name| word(name).parse().ok())
        .filter(|status| (400..600).contains(status));
    Found {
        detail: ErrorDetail {
            code: format!("{code} {}", word("type")).trim().to_owned(),
            message,
        },
        status,
    }
}

/// The words in a value: itself, or those of its parts.
fn message_of(raw: &RawValue, depth: usize) -> String {
    match raw.get().as_bytes().first() {
        Some(b'"') => {
            let text: String = serde_json::from_str(raw.get()).unwrap_or_default();
            // Gateways quote the JSON of the service behind them.
            match serde_json::from_str::<&RawValue>(&text) {
                Ok(quoted) if text.starts_with('{') && depth < MAX_NESTING => {
                    message_of(quoted, depth + 1)
                }
                _ => text,
            }
        }
        Some(b'{') if depth < MAX_NESTING => {
            let object = Object::parse(raw.get()).unwrap_or_default();
            let text = ["message", "msg", "detail", "error"]
                .into_iter()
                .find_map(|name| object.get(name))
                .map(|inner| message_of(inner, depth + 1))
                .unwrap_or_default();
            let place: Vec<String> = object.lenient("loc").unwrap_or_default();
            if place.is_empty() {
                text
            } else {
                format!("{}: {text}", place.join("."))
            }
        }
        Some(b'[') if depth < MAX_NESTING => {
            let items: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
            let texts: Vec<String> = items
                .iter()
                .take(3)
                .map(|item| message_of(item, depth + 1))
                .filter(|text| !text.is_empty())
                .collect();
            texts.join("; ")
        }
        _ => String::new(),
    }
}

/// A body that is no JSON: its text, unless it is a page for a browser.
fn plain(text: &str) -> Found {
    let text = text.trim();
    let mut found = Found::default();
    if !text.starts_with('<') {
        text.clone_into(&mut found.detail.message);
    }
    found
}
