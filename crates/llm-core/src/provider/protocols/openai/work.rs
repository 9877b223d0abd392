//! The operations besides chat, as `OpenAI` has them, and rankings as Jina, Cohere, vLLM and
//! others have them: `POST {base}/rerank`.
//!
//! A client of ours speaks this dialect too, so its fields are passed on as the bytes they were and
//! the reply comes back the same way. What must be in a reply for it to count as one is checked.

mod form;
mod reply;

use serde_json::Value;
use serde_json::value::to_raw_value;

use super::error::within_success;
use super::response::{json_text, parse_failure};
use super::wire::Object;
use crate::provider::WireRequest;
use crate::provider::vendors::Vendor;
use crate::provider::work::{WorkAdapter, WorkCall, WorkReply, WorkRequest};
use crate::types::failure::Failure;
use crate::types::raw::RawFields;
use crate::types::task::Capabilities;
use crate::types::work::{Operation, WorkTask};

pub(crate) use form::Encoded;
pub(in crate::provider) use reply::vectors;

/// The adapter.
pub(super) struct OpenAiWork;

impl WorkAdapter for OpenAiWork {
    fn carries(&self, _vendor: &Vendor) -> Capabilities {
        Capabilities::WORK
    }

    fn encode(&self, call: &WorkCall<'_>) -> Result<WorkRequest, Failure> {
        let url = call.endpoint.url(path(call.work.operation()).split('/'));
        if let Some(form) = call.work.form() {
            let encoded = Encoded::of(form, call.upstream_model);
            let mut wire = WireRequest::post_json(call.endpoint, url, encoded.head);
            wire.headers
                .insert(http::header::CONTENT_TYPE, encoded.content_type);
            return Ok(WorkRequest {
                wire,
                upload: encoded.rest,
            });
        }
        let mut fields = call.work.wire.clone();
        fields.set("model", raw(&call.upstream_model.into())?);
        let body = serde_json::to_vec(&fields)
            .map_err(|_| Failure::unsupported("the request cannot be written as JSON"))?;
        Ok(WireRequest::post_json(call.endpoint, url, body).into())
    }

    fn decode(&self, call: &WorkCall<'_>, body: &[u8]) -> Result<WorkReply, Failure> {
        read(call, body)
    }
}

/// A reply that was put into this dialect, read like one that came in it.
pub(super) fn of_json(call: &WorkCall<'_>, body: &Value) -> Result<WorkReply, Failure> {
    read(call, body.to_string().as_bytes())
}

fn read(call: &WorkCall<'_>, body: &[u8]) -> Result<WorkReply, Failure> {
    let text = json_text(body)?;
    let object = Object::parse(text).map_err(|error| parse_failure(text, &error))?;
    if let Some(failure) = within_success(&object, false) {
        return Err(failure);
    }
    let fields: RawFields =
        serde_json::from_str(text).map_err(|error| parse_failure(text, &error))?;
    match &call.work.task {
        WorkTask::Embeddings(asked) => reply::embeddings(asked, &object, fields),
        WorkTask::Rerank(asked) => reply::ranking(asked, &object, fields),
        WorkTask::Transcript(_) => reply::transcript(&object, fields),
        WorkTask::Images(_) | WorkTask::ImageEdits(_) => reply::images(&object, fields),
        WorkTask::Speech(_) => Err(Failure::invalid(
            "the provider answered with JSON where sound was asked for",
        )),
    }
}

/// Where an operation is, below the base URL.
fn path(operation: Operation) -> &'static str {
    match operation {
        Operation::Embeddings => "embeddings",
        Operation::Rerank => "rerank",
        Operation::Speech => "audio/speech",
        Operation::Transcription => "audio/transcriptions",
        Operation::Translation => "audio/translations",
        Operation::Images => "images/generations",
        Operation::ImageEdits => "images/edits",
    }
}

fn raw(value: &Value) -> Result<Box<serde_json::value::RawValue>, Failure> {
    to_raw_value(value).map_err(|_| Failure::unsupported("the request cannot be written as JSON"))
}

#[cfg(test)]
mod tests;
