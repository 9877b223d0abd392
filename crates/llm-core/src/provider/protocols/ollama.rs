//! The Ollama protocol: `POST {base}/api/chat`, streams as one JSON document a line.
//!
//! The base URL is the server's address, as in `http://127.0.0.1:11434`; no key is needed. This
//! file is the adapter; what is written is `request`, what is read `response`.
//!
//! Left to itself, the server drops the beginning of a conversation that does not fit its
//! context window and says nothing. Every call forbids that (`truncate` and `shift` are false),
//! so that a conversation too long is a failure with a reason.
//!
//! | field of the request | what becomes of it |
//! |---|---|
//! | text, calls, stop texts, `max_tokens`, `temperature`, `top_p`, `seed`, both penalties | carried |
//! | system and developer messages | carried in place, both as `system` |
//! | results of calls | translated: named by their tool |
//! | pictures | carried inline; by address refused, the server fetches nothing |
//! | sound, documents | refused |
//! | `tools` | carried; a `strict` one is refused, nothing holds the model to its schema |
//! | `tool_choice` | `auto` carried, `none` translated: the tools are left out; any other refused |
//! | `parallel_tool_calls: false` with tools | refused |
//! | `response_format` | carried; the server holds the text to the schema |
//! | `n` above 1 | refused |
//! | `reasoning_effort` | translated: `none` is `false`, else a level: minimal and low `low`, `medium`, above it `high`; models without levels take any of them as on |
//! | reasoning text | carried unless another provider signed it |
//! | `user` | ignored as harmless |
//! | names of participants, detail of pictures, every other field | left out; [`super::fields::untranslatable`] names them |

mod request;
mod response;
mod work;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::reply::{failure_of, parse};
use crate::provider::vendors::Vendor;
use crate::provider::work::WorkSpeaker;
use crate::provider::{
    Call, Endpoint, ErrorReply, Framing, ProviderAdapter, StreamDecoder, WireRequest,
};
use crate::types::answer::Answer;
use crate::types::failure::Failure;
use crate::types::task::Capabilities;

/// The protocol's name in the configuration.
const NAME: &str = "ollama";

/// The adapter.
#[derive(Clone, Copy, Debug)]
pub struct Ollama;

impl ProviderAdapter for Ollama {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::VISION
            .with(Capabilities::TOOLS)
            .with(Capabilities::JSON)
            .with(Capabilities::JSON_SCHEMA)
            .with(Capabilities::REASONING)
    }

    fn framing(&self) -> Framing {
        Framing::JsonLines
    }

    fn encode(&self, call: &Call<'_>) -> Result<WireRequest, Failure> {
        let body = serde_json::to_vec(&request::body(call)?)
            .map_err(|_| Failure::unsupported("the request cannot be written as JSON"))?;
        let url = api_url(call.endpoint, "chat");
        Ok(WireRequest::post_json(call.endpoint, url, body))
    }

    fn decode(&self, body: &[u8]) -> Result<Answer, Failure> {
        response::answer(parse(body)?)
    }

    fn decode_error(&self, reply: &ErrorReply<'_>) -> Failure {
        failure_of(reply, |body: &Value| response::detail(&body["error"]))
    }

    fn stream_decoder(&self) -> Box<dyn StreamDecoder> {
        Box::new(response::Decoder::default())
    }

    fn encode_list(&self, endpoint: &Endpoint) -> Option<WireRequest> {
        Some(WireRequest::get(endpoint, api_url(endpoint, "tags")))
    }

    fn decode_list(&self, body: &[u8]) -> Result<Vec<String>, Failure> {
        #[derive(Deserialize)]
        struct List {
            models: Vec<Model>,
        }
        #[derive(Deserialize)]
        struct Model {
            name: String,
        }
        let list: List = parse(body)?;
        Ok(list.models.into_iter().map(|model| model.name).collect())
    }

    fn work(&self, _vendor: &Vendor) -> Option<WorkSpeaker> {
        Some(&work::OllamaWork)
    }
}

/// The address of a resource, whether or not the base URL already names the API's root.
fn api_url(endpoint: &Endpoint, resource: &str) -> Url {
    let path = endpoint.base_url.path().trim_end_matches('/');
    let root = (!path.ends_with("/api")).then_some("api");
    endpoint.url(root.into_iter().chain([resource]))
}
