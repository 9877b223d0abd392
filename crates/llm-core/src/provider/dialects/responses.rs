//! The Responses dialect of `OpenAI`, `POST /v1/responses`.
//!
//! | field of the request | what becomes of it |
//! |---|---|
//! | `model`, `input`, `instructions`, `max_output_tokens`, `temperature`, `top_p`, `stream`, `user` | carried |
//! | messages with text, pictures and documents, `function_call` with its output, `reasoning` | carried |
//! | `tools` of type `function`, `tool_choice`, `parallel_tool_calls` | carried; tools the vendor runs itself are refused |
//! | `text.format` | carried: the form of the answer |
//! | `reasoning.effort` | carried |
//! | `metadata` | shown in the answer again |
//! | `store`, `previous_response_id` | the server's: it keeps answers where it is configured to |
//! | `reasoning.summary`, `include` of what is shown anyway, `service_tier`, `prompt_cache_key`, `safety_identifier` | left out with a warning |
//! | `background`, `conversation`, `prompt`, `truncation` other than `disabled`, item references, `text.verbosity`, every other field | refused by name |
//!
//! Thoughts are shown as the one summary of a `reasoning` item; their proof, whoever made it, is its
//! `encrypted_content`.

mod answer;
mod input;
mod request;
mod stream;

use serde_json::{Value, json};

use super::{Address, ClientDialect, Fault, Spoken};
use crate::provider::protocols::openai::WireError;
use crate::types::raw::RawFields;

/// The dialect.
#[derive(Clone, Copy, Debug)]
pub struct Responses;

impl ClientDialect for Responses {
    fn name(&self) -> &'static str {
        "responses"
    }

    fn id_prefix(&self) -> &'static str {
        "resp_"
    }

    fn read(&self, body: RawFields, _address: &Address) -> Result<Spoken, WireError> {
        let request::Read {
            parsed,
            warnings,
            echo,
        } = request::read(body)?;
        Ok(Spoken {
            parsed,
            warnings,
            writer: Box::new(stream::Writer::new(echo)),
        })
    }

    fn error(&self, fault: &Fault<'_>) -> Value {
        json!({ "error": fault.object })
    }
}
