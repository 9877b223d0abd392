//! The Gemini dialect, `POST /v1beta/models/{model}:generateContent` and its siblings, as clients of
//! that vendor speak it to us; the stable version `v1` is read alike. Names are read as `camelCase` and as `snake_case`, as the vendor does.
//!
//! | field of the request | what becomes of it |
//! |---|---|
//! | `contents`, `systemInstruction` | carried: text, inline pictures, sound and documents, `fileData`, calls and their results, thoughts and their proofs |
//! | `tools` with `functionDeclarations`, `toolConfig` | carried; schemas in the vendor's own notation become JSON Schema; tools that the vendor runs itself are refused |
//! | `generationConfig`: `maxOutputTokens`, `temperature`, `topP`, `candidateCount`, `stopSequences`, `seed`, both penalties | carried |
//! | `responseMimeType`, `responseSchema`, `responseJsonSchema` | carried: the form of the answer |
//! | `thinkingConfig` | translated: a level, or a budget: 0 is `none`, up to 1024 tokens `low`, 8192 `medium`, 24 576 `high`, more `xhigh`, -1 the model's own choice; thoughts are shown when `includeThoughts` says so |
//! | `safetySettings`, `labels`, `serviceTier`, `mediaResolution`, what a function returns | left out with a warning: they are for the vendor's own filter and bills |
//! | `topK`, `cachedContent`, other modalities, log probabilities, every other field | refused by name |
//!
//! Calls are shown whole when the answer is complete. A call without an id is given one; its result
//! is matched by the name. The proof of thoughts is on the first call, or on the last text.

mod answer;
mod contents;
mod generation;
mod request;
mod schema;
mod stream;

use serde_json::{Value, json};

use super::{Address, ClientDialect, Fault, Spoken};
use crate::provider::protocols::openai::WireError;
use crate::types::code::CodeRow;
use crate::types::raw::RawFields;

/// The dialect.
#[derive(Clone, Copy, Debug)]
pub struct Gemini;

impl ClientDialect for Gemini {
    fn name(&self) -> &'static str {
        "gemini"
    }

    fn id_prefix(&self) -> &'static str {
        ""
    }

    fn read(&self, body: RawFields, address: &Address) -> Result<Spoken, WireError> {
        let request::Read {
            parsed,
            warnings,
            shows_thoughts,
        } = request::read(body, address)?;
        Ok(Spoken {
            parsed,
            warnings,
            writer: Box::new(stream::Writer::new(shows_thoughts, address.events)),
        })
    }

    fn error(&self, fault: &Fault<'_>) -> Value {
        json!({ "error": error(fault) })
    }
}

/// The error object: the vendor's fields, its way of giving a reason, and our own object.
fn error(fault: &Fault<'_>) -> Value {
    let mut metadata = json!({ "request_id": fault.request_id() });
    for name in ["param", "hint", "doc"] {
        if let Some(text) = fault.object[name].as_str() {
            metadata[name] = json!(text);
        }
    }
    json!({
        "code": fault.row.status,
        "message": fault.message(),
        "status": status(fault.row),
        "details": [{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": fault.row.name.to_uppercase(),
            "domain": "llm-cooperation",
            "metadata": metadata,
        }],
        "request_id": fault.request_id(),
        "llm_cooperation": fault.object,
    })
}

/// The vendor's word for a status.
fn status(row: &CodeRow) -> &'static str {
    match row.status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        408 | 504 => "DEADLINE_EXCEEDED",
        409 => "ABORTED",
        422 => "FAILED_PRECONDITION",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        502 | 503 => "UNAVAILABLE",
        status if status < 500 => "INVALID_ARGUMENT",
        _ => "INTERNAL",
    }
}
