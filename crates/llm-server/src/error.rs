//! From [`GatewayError`] to an HTTP reply: the status, the `OpenAI` envelope, the headers clients
//! act on. The only place that writes error bodies.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use llm_core::gateway::error::{GatewayError, millis};
use llm_core::types::code::Source;
use llm_core::types::ids::RequestId;
use serde_json::{Value, json};

/// Tells client libraries whether a retry of theirs makes sense; several honour it.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// A failed request and what its reply needs to know.
#[derive(Debug)]
pub struct ApiError {
    error: GatewayError,
    id: RequestId,
    shape: Shape,
}

/// Which clients read the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// `{"error": {…}}`
    #[default]
    Standard,
    /// The same plus `success: false` and the empty fields the earlier clients look for.
    Earlier,
}

impl ApiError {
    /// A failure of this request.
    pub fn new(id: RequestId, error: impl Into<GatewayError>) -> Self {
        Self { error: error.into(), id, shape: Shape::Standard }
    }

    /// The same for the earlier system's clients.
    #[must_use]
    pub fn earlier(mut self) -> Self {
        self.shape = Shape::Earlier;
        self
    }

    /// The body.
    fn body(&self) -> Value {
        let mut body = json!({ "error": self.error.to_json(self.id.as_str()) });
        if self.shape == Shape::Earlier {
            body["success"] = json!(false);
            body["result"] = Value::Null;
            body["request_id"] = json!(self.id);
            // The earlier servers told every failure under this name.
            body["detail"] = json!(self.error.message);
        }
        body
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let row = self.error.row();
        let status = StatusCode::from_u16(row.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if row.source == Source::Gateway && status.is_server_error() {
            tracing::warn!(request_id = %self.id, code = row.name, error = %self.error, "request failed");
        }
        let mut response = (status, self.body().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(wait) = self.error.retry_after {
            // Whole seconds, rounded up: too early is worse than a little late.
            headers.insert(RETRY_AFTER, HeaderValue::from(millis(wait).div_ceil(1000).max(1)));
        } else if matches!(row.status, 429 | 503) && row.retryable {
            headers.insert(RETRY_AFTER, HeaderValue::from(1_u64));
        }
        // Our own attempts are spent; a client library that repeats the call multiplies them.
        let is_spent = !self.error.attempts.is_empty() || !row.retryable;
        if is_spent && row.status >= 409 {
            headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        response
    }
}
