//! The Anthropic dialect, `POST /v1/messages` of version 2023-06-01, as clients of that vendor
//! speak it to us.
//!
//! | field of the request | what becomes of it |
//! |---|---|
//! | `model`, `messages`, `system`, `max_tokens`, `stop_sequences`, `stream`, `temperature`, `top_p`, `metadata.user_id` | carried |
//! | text, pictures, documents, calls, results of calls, thoughts with their signatures | carried |
//! | `tools`, `tool_choice` with `disable_parallel_tool_use` | carried; tools that the vendor runs itself are refused |
//! | `thinking`, `output_config.effort` | translated: how much to think. Adaptive thinking without an effort is `high`; a budget up to 1024 tokens is `minimal`, 2048 `low`, 8192 `medium`, 16 000 `high`, more `xhigh`; `disabled` is `none` |
//! | `output_config.format`, `output_format` | carried: the schema of the answer |
//! | `cache_control`, `eager_input_streaming`, `service_tier`, `speed`, `context_management`, `diagnostics`, `inference_geo`, `thinking.display` and other fields of `metadata` | left out with a warning: they change price, speed, place or what is shown |
//! | `top_k`, `container`, `mcp_servers`, citations, every other field | refused by name |
//!
//! In the answer `stop_sequence` is always `null`, and an answer that met a stop text ends with
//! `end_turn`: what ended it is not known here. Thoughts that were streamed have their signature
//! in a thinking block of its own at the end, because it is only known then.

mod answer;
mod content;
mod request;
mod stream;

use serde_json::{Value, json};

use super::{Address, ClientDialect, Fault, Spoken};
use crate::provider::protocols::openai::WireError;
use crate::types::code::CodeRow;
use crate::types::raw::RawFields;

/// The dialect.
#[derive(Clone, Copy, Debug)]
pub struct Anthropic;

impl ClientDialect for Anthropic {
    fn name(&self) -> &'static str {
        "anthropic"
    }

    fn id_prefix(&self) -> &'static str {
        "msg_"
    }

    fn read(&self, body: RawFields, address: &Address) -> Result<Spoken, WireError> {
        let (parsed, warnings) = request::read(body, address)?;
        Ok(Spoken {
            parsed,
            warnings,
            writer: Box::new(stream::Writer::default()),
        })
    }

    fn error(&self, fault: &Fault<'_>) -> Value {
        error(fault)
    }
}

/// The envelope of errors, of bodies and of events. Our own object is in it, under the names this
/// vendor's clients look for.
fn error(fault: &Fault<'_>) -> Value {
    let mut inner = fault.object.clone();
    inner["type"] = json!(kind(fault.row));
    json!({
        "type": "error",
        "error": inner,
        "request_id": fault.request_id(),
    })
}

/// The type of an error by its status.
fn kind(row: &CodeRow) -> &'static str {
    match row.status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        408 | 504 => "timeout_error",
        503 | 529 => "overloaded_error",
        status if status < 500 => "invalid_request_error",
        _ => "api_error",
    }
}
