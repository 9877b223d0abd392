//! From a failure to an HTTP reply: the status, the `OpenAI` envelope, the headers clients act on.
//! The only place that writes error bodies.

use axum::response::{IntoResponse as _, Response};
use http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use llm_core::config::error::{ConfigError, ConfigErrors};
use llm_core::gateway::error::{GatewayError, millis};
use llm_core::provider::dialects::{Dialect, Fault};
use llm_core::types::code::{Code, Source};
use llm_core::types::ids::RequestId;
use serde_json::{Value, json};

use crate::headers::Served;

/// Tells client libraries whether a retry of theirs makes sense; several honour it.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// Longest message, in bytes. A message may name what was sent, and that has no bound of its own.
const MAX_MESSAGE: usize = 2_000;

/// A failed request.
#[derive(Debug)]
pub struct ApiError(Box<Parts>);

#[derive(Debug)]
struct Parts {
    error: GatewayError,
    /// What is wrong with a configuration, one by one.
    problems: Vec<ConfigError>,
    /// Whether the connection cannot be used again.
    closes: bool,
}

/// Which clients read the body.
#[derive(Clone, Copy, Default)]
pub enum Shape {
    /// `{"error": {…}}`
    #[default]
    Standard,
    /// The same plus `success: false` and the empty fields the earlier clients look for.
    Earlier,
    /// As clients of a dialect expect it.
    Of(Dialect),
}

impl ApiError {
    /// A failure.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        GatewayError::new(code, message).into()
    }

    /// The same, after which the connection is closed: part of the request was not read.
    #[must_use]
    pub fn closing(mut self) -> Self {
        self.0.closes = true;
        self
    }

    /// What failed.
    pub fn error(&self) -> &GatewayError {
        &self.0.error
    }

    /// The reply.
    pub fn respond(self, id: &RequestId, shape: Shape) -> Response {
        let error = &self.0.error;
        let row = error.row();
        let status = StatusCode::from_u16(row.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if row.source == Source::Gateway && status.is_server_error() {
            tracing::warn!(request_id = %id, code = row.name, error = %error, "request failed");
        }
        let mut response = (status, self.body(id, shape).to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(wait) = error.retry_after {
            // Whole seconds, rounded up: too early is worse than a little late.
            headers.insert(
                RETRY_AFTER,
                HeaderValue::from(millis(wait).div_ceil(1000).max(1)),
            );
        } else if matches!(row.status, 429 | 503) && row.retryable {
            headers.insert(RETRY_AFTER, HeaderValue::from(1_u64));
        }
        // Our own attempts are spent; a client library that repeats the call multiplies them.
        let is_spent = !error.attempts.is_empty() || !row.retryable;
        if is_spent && row.status >= 409 {
            headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        if !error.attempts.is_empty() {
            Served::tried(error).write(headers);
        }
        if self.0.closes {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn body(&self, id: &RequestId, shape: Shape) -> Value {
        let mut object = object(&self.0.error, id);
        if !self.0.problems.is_empty() {
            object["problems"] = self.0.problems.iter().map(problem).collect();
        }
        let message = object["message"].clone();
        let mut body = json!({ "error": object });
        if let Shape::Of(dialect) = shape {
            let fault = Fault {
                row: self.0.error.row(),
                object: &body["error"],
            };
            return dialect.error(&fault);
        }
        if matches!(shape, Shape::Earlier) {
            body["success"] = json!(false);
            body["result"] = Value::Null;
            body["request_id"] = json!(id);
            // The earlier servers told every failure under this name.
            body["detail"] = message;
        }
        body
    }
}

impl From<GatewayError> for ApiError {
    fn from(error: GatewayError) -> Self {
        Self(Box::new(Parts {
            error,
            problems: Vec::new(),
            closes: false,
        }))
    }
}

impl From<ConfigErrors> for ApiError {
    fn from(errors: ConfigErrors) -> Self {
        let message = format!("the configuration is not used: {errors}");
        let mut failed = Self::new(errors.code(), message);
        failed.0.problems = errors.into_vec();
        failed
    }
}

/// The error object of bodies and of stream events.
pub fn object(error: &GatewayError, id: &RequestId) -> Value {
    let mut object = error.to_json(id.as_str());
    if error.message.len() > MAX_MESSAGE {
        let end = error.message.floor_char_boundary(MAX_MESSAGE);
        object["message"] = json!(format!("{}…", &error.message[..end]));
    }
    object
}

fn problem(found: &ConfigError) -> Value {
    json!({
        "code": found.code.name(),
        "message": found.message,
        "file": found.file.as_ref().map(|file| file.display().to_string()),
        "line": found.line,
        "column": found.column,
        "key": found.key,
        "source": found.source,
        "hint": found.hint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_a_bound_and_stays_text() {
        let error = GatewayError::new(Code::ModelNotFound, "模".repeat(5_000));
        let object = object(&error, &RequestId::mint());
        let message = object["message"].as_str().unwrap();
        assert!(message.len() <= MAX_MESSAGE + 3 && message.ends_with('…'));
    }

    #[test]
    fn an_unpassable_wait_is_told_in_whole_seconds() {
        let error = GatewayError::new(Code::ProviderRateLimited, "slow down")
            .with_retry_after(Some(std::time::Duration::from_millis(1_200)));
        let response = ApiError::from(error).respond(&RequestId::mint(), Shape::Standard);
        assert_eq!(response.headers()[RETRY_AFTER], "2");
    }
}
