//! What every endpoint that asks a model does alike: run the request, note it, and give the
//! `llm_cooperation` object its place.

use axum::response::Response;
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::respond::Completion;
use llm_core::types::plan::Ask;
use llm_core::types::raw::RawFields;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::headers;
use crate::visit::Call;

/// The name of our own object in bodies.
pub const OWN: &str = "llm_cooperation";

/// Answers a request as a whole.
pub async fn run(call: &Call, ask: Ask, user: Option<String>) -> Result<Completion, ApiError> {
    let inbound = call.inbound(ask, user);
    let completion = call.visit.app.gateway().chat(inbound).await?;
    call.visit.record.completed(&completion);
    Ok(completion)
}

/// The `llm_cooperation` object, with what the server itself has to add.
pub fn metadata(completion: &Completion, warnings: &[String]) -> Value {
    json!(completion.shape(warnings))
}

/// The same as the one field of an object that stays text.
pub fn own_fields(completion: &Completion, warnings: &[String]) -> Result<RawFields, GatewayError> {
    let value = to_raw_value(&completion.shape(warnings))
        .map_err(|error| GatewayError::internal(format!("metadata cannot be written: {error}")))?;
    let mut own = RawFields::default();
    own.set(OWN, value);
    Ok(own)
}

/// A reply about a completion: its headers say the same.
pub fn with_headers(mut response: Response, call: &Call, completion: &Completion) -> Response {
    headers::completed(&mut response, completion, call.visit.elapsed());
    response
}
