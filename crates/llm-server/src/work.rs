//! What every endpoint besides chat does alike: do the work, note it, and answer with the body the
//! provider gave or pass its bytes on as they arrive.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::work::read::WorkAsked;
use llm_core::gateway::work::{Begun, Opening, WorkDone, WorkPiece, WorkRun};
use llm_core::types::code::Code;
use llm_core::types::raw::RawFields;
use llm_core::types::upload::UploadBroken;
use llm_core::types::work::Operation;
use serde_json::json;
use serde_json::value::to_raw_value;
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::completion::OWN;
use crate::error::ApiError;
use crate::form::Faults;
use crate::headers::{self, Served};
use crate::visit::{Call, Visit, json_text};

/// Does what was read from a JSON body.
pub async fn answer(call: Call, asked: WorkAsked) -> Result<Response, ApiError> {
    answer_form(call, asked, Faults::default()).await
}

/// Does what was read from a form. What is wrong with the form is told in place of what it led to.
pub async fn answer_form(
    call: Call,
    asked: WorkAsked,
    faults: Faults,
) -> Result<Response, ApiError> {
    let warnings = asked.warnings.clone();
    let mut run = call.visit.app.gateway().work(call.work(asked));
    let begun = run
        .begin()
        .await
        .map_err(|error| faults.take().unwrap_or_else(|| error.into()))?;
    match begun {
        Begun::Whole(done) => whole(&call, &done, &warnings),
        Begun::Passing(opening) => Ok(passing(call, run, &opening)),
    }
}

fn whole(call: &Call, done: &WorkDone, warnings: &[String]) -> Result<Response, ApiError> {
    call.visit.record.worked(done);
    let mut body = done.body.clone().unwrap_or_default();
    if matches!(done.operation, Operation::Embeddings | Operation::Rerank) {
        set(&mut body, "model", &json!(done.served.model))?;
    }
    let mut own = done.metadata();
    if !warnings.is_empty() {
        own["warnings"] = json!([warnings, &done.plan.warnings].concat());
    }
    set(&mut body, OWN, &own)?;
    let text = serde_json::to_string(&body).map_err(|error| unwritable(&error))?;
    let mut response = json_text(text);
    headers::worked(&mut response, done, call.visit.elapsed());
    Ok(response)
}

fn set(body: &mut RawFields, name: &str, value: &serde_json::Value) -> Result<(), GatewayError> {
    body.set(
        name,
        to_raw_value(value).map_err(|error| unwritable(&error))?,
    );
    Ok(())
}

fn unwritable(error: &serde_json::Error) -> GatewayError {
    GatewayError::internal(format!("a reply cannot be written: {error}"))
}

fn passing(call: Call, run: WorkRun, opening: &Opening) -> Response {
    call.visit.record.update(|facts| facts.streamed = true);
    let served = Served {
        model: Some(opening.served.model.to_string()),
        provider: Some(opening.served.provider.to_string()),
        ..Served::default()
    };
    let head = call.visit.elapsed();
    let mut response = Response::new(Body::from_stream(Passing::new(run, call)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, opening.media.clone());
    // Proxies that buffer would hold pieces back until there are enough of them.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    served.write(headers);
    headers::timing(headers, &[("head", head)]);
    response
}

/// A reply that is passed on. One that breaks off breaks its connection off too: sound has no
/// place for a word about it.
struct Passing {
    run: WorkRun,
    /// Kept to its end: the room its body takes, and what its log line will say.
    call: Call,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    is_over: bool,
}

impl Passing {
    fn new(run: WorkRun, call: Call) -> Self {
        let cut = call.visit.app.ending().cut.clone().cancelled_owned();
        Self {
            run,
            call,
            cut: Box::pin(cut),
            is_over: false,
        }
    }

    fn visit(&self) -> &Visit {
        &self.call.visit
    }

    fn failed(&mut self, error: &GatewayError) -> Poll<Option<Result<Bytes, UploadBroken>>> {
        self.is_over = true;
        self.visit().record.failed(error);
        Poll::Ready(Some(Err(UploadBroken)))
    }
}

impl Stream for Passing {
    type Item = Result<Bytes, UploadBroken>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        match self.run.poll_next_unpin(cx) {
            Poll::Ready(Some(WorkPiece::Bytes(bytes))) => Poll::Ready(Some(Ok(bytes))),
            Poll::Ready(Some(WorkPiece::Done(done))) => {
                self.is_over = true;
                self.visit().record.worked(&done);
                Poll::Ready(None)
            }
            Poll::Ready(Some(WorkPiece::Failed(error))) => self.failed(&error),
            Poll::Ready(Some(WorkPiece::Head(_)) | None) => {
                self.failed(&GatewayError::internal("a reply ended without a result"))
            }
            Poll::Pending if self.cut.as_mut().poll(cx).is_ready() => self.failed(
                &GatewayError::new(Code::Draining, "the gateway is shutting down"),
            ),
            Poll::Pending => Poll::Pending,
        }
    }
}
