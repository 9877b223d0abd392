//! `Idempotency-Key`: a request that is repeated gets the answer it had, and is paid for once.
//!
//! The key belongs to its caller and its endpoint. While the first request is being answered a
//! second one is told so; with another body it is refused. Only answers are kept: a request that
//! failed, or whose caller left before the end, may be repeated and is then made afresh. A streamed
//! answer is kept when it has ended well, and is sent again as the stream it was, all at once.

mod store;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::response::Response;
use bytes::BytesMut;
use futures_util::Stream;
use futures_util::StreamExt as _;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method};
use http_body_util::BodyExt as _;
use llm_core::gateway::auth::Permission;
use llm_core::gateway::error::GatewayError;
use llm_core::types::code::Code;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::error::ApiError;
use crate::record::Record;
use crate::routes::Answer;
use crate::visit::Call;
pub use store::Answers;
use store::{Claim, Kept, Pending};

/// The header that names a request for repetition.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says that an answer was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Longest key, in bytes.
const MAX_KEY: usize = 255;

/// After which a request that is under way may be repeated.
const IN_PROGRESS_FOR: Duration = Duration::from_secs(1);

/// Whether a request names itself for repetition and asks for an answer.
pub fn applies(call: &Call, permission: Permission) -> bool {
    let parts = &call.visit.parts;
    permission == Permission::Inference
        && parts.method == Method::POST
        && parts.headers.contains_key(IDEMPOTENCY_KEY)
}

/// Answers a request, or gives the answer it had.
pub async fn answer(mut call: Call, handle: fn(Call) -> Answer) -> Result<Response, ApiError> {
    let slot = slot(&call)?;
    if call.is_form() {
        // It is sent on as it arrives, so it cannot be known before whether it is the same.
        let message = "a form with files cannot be repeated under an idempotency key";
        let error = GatewayError::new(Code::UnsupportedParameter, message);
        return Err(error.with_param("idempotency-key").into());
    }
    let body = *blake3::hash(&call.whole_body().await?).as_bytes();
    let app = Arc::clone(&call.visit.app);
    let record = Arc::clone(&call.visit.record);
    let now = app.clock().now();
    let pending = match app.answers().claim(slot, body, now) {
        Claim::Fresh(pending) => pending,
        Claim::Kept(kept) => return Ok(replay(&kept)),
        Claim::Mismatch => {
            let message = "the idempotency key was used before with another body";
            let error = GatewayError::new(Code::IdempotencyMismatch, message);
            return Err(error.with_param("idempotency-key").into());
        }
        Claim::InProgress => {
            let message = "a request with this idempotency key is still being answered";
            let error = GatewayError::new(Code::IdempotencyInProgress, message);
            return Err(error.with_retry_after(Some(IN_PROGRESS_FOR)).into());
        }
    };
    let response = handle(call).await?;
    if response.status().is_success() {
        keep(response, pending, record).await
    } else {
        Ok(response)
    }
}

/// What stands for the caller, the endpoint and the key.
fn slot(call: &Call) -> Result<[u8; 32], ApiError> {
    let parts = &call.visit.parts;
    let mut keys = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
    let key = keys
        .next()
        .map(HeaderValue::as_bytes)
        .filter(|key| (1..=MAX_KEY).contains(&key.len()) && keys.next().is_none())
        .ok_or_else(|| {
            let message =
                format!("an idempotency key has 1 to {MAX_KEY} characters and occurs once");
            ApiError::from(GatewayError::invalid("idempotency-key", message))
        })?;
    let caller = match call.grant.key() {
        Some(id) => format!("key {id}"),
        None => format!("address {}", call.visit.peer),
    };
    let mut hasher = blake3::Hasher::new();
    for part in [caller.as_bytes(), parts.uri.path().as_bytes(), key] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    Ok(*hasher.finalize().as_bytes())
}

fn replay(kept: &Kept) -> Response {
    let mut response = Response::new(Body::from(kept.bytes.clone()));
    *response.status_mut() = kept.status;
    *response.headers_mut() = kept.headers.clone();
    let said = HeaderValue::from_static("true");
    response.headers_mut().insert(REPLAYED, said);
    response
}

/// Keeps an answer: at once when it is there as a whole, at its end when it is a stream.
async fn keep(
    response: Response,
    pending: Pending,
    record: Arc<Record>,
) -> Result<Response, ApiError> {
    let (head, body) = response.into_parts();
    let (status, headers) = (head.status, head.headers.clone());
    let is_stream = headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if is_stream {
        let keeping = Keeping {
            stream: body.into_data_stream(),
            pending: Some(pending),
            kept: Kept {
                status,
                headers,
                bytes: Bytes::new(),
            },
            bytes: BytesMut::new(),
            record,
        };
        return Ok(Response::from_parts(head, Body::from_stream(keeping)));
    }
    let whole = body.collect().await.map_err(|error| {
        GatewayError::internal(format!("a reply could not be kept for repetition: {error}"))
    })?;
    let bytes = whole.to_bytes();
    pending.keep(Kept {
        status,
        headers,
        bytes: bytes.clone(),
    });
    Ok(Response::from_parts(head, Body::from(bytes)))
}

/// A stream that is kept while it is sent.
struct Keeping {
    stream: BodyDataStream,
    pending: Option<Pending>,
    kept: Kept,
    bytes: BytesMut,
    record: Arc<Record>,
}

impl Keeping {
    fn add(&mut self, bytes: &Bytes) {
        if let Some(pending) = &self.pending
            && self.bytes.len() + bytes.len() <= pending.most_bytes()
        {
            self.bytes.extend_from_slice(bytes);
        } else {
            // Too large to keep; the key is free again.
            self.pending = None;
        }
    }

    fn end(&mut self) {
        if let Some(pending) = self.pending.take()
            && !self.record.is_failed()
        {
            self.kept.bytes = std::mem::take(&mut self.bytes).freeze();
            pending.keep(self.kept.clone());
        }
    }
}

impl Stream for Keeping {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.stream.poll_next_unpin(cx) {
            Poll::Ready(Some(Ok(bytes))) => {
                self.add(&bytes);
                Poll::Ready(Some(Ok(bytes)))
            }
            Poll::Ready(Some(Err(_)) | None) => {
                self.end();
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        }
    }
}
