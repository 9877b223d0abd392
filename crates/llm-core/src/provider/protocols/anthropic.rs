//! The Anthropic Messages protocol, version 2023-06-01: `POST {base}/messages`.
//!
//! The base URL may end with the API's version, as in `https://api.anthropic.com/v1`, or leave
//! it out, as the vendor's own clients want it. The key travels in `x-api-key`, as the vendor's
//! row says. This file is the adapter; what is written is `request`, what is read `response` and
//! `stream`.
//!
//! | field of the request | what becomes of it |
//! |---|---|
//! | text, calls, results of calls, stop texts, `stream` | carried |
//! | system and developer messages | translated: the `system` blocks, in order, wherever they stood |
//! | pictures | carried inline and by address: JPEG, PNG, GIF, WebP; others refused |
//! | documents | carried: PDF, plain text, the provider's own file ids (adds the files beta header); others refused |
//! | sound | refused |
//! | `tools`, with `strict` | carried |
//! | `tool_choice`, `parallel_tool_calls` | translated |
//! | `response_format` with a schema | carried where the model enforces it; otherwise, unless `strict`, a tool of ours whose arguments are the answer |
//! | `response_format` of any object | translated: the same tool |
//! | `max_tokens` | carried; required, so: the request's, the configuration's, or 16 000 (4096 before Claude 3.7) |
//! | `temperature`, `top_p` | carried where the model takes them; a value other than 1 is refused where it does not, and a default of the configuration gives way |
//! | `reasoning_effort` | translated: effort and adaptive thinking since Claude 4.6; before, a budget of minimal 1024, low 2048, medium 8192, high 16 000, xhigh and max 32 000 tokens, at most half of `max_tokens` |
//! | reasoning text and signature | carried if the provider made them and nobody changed them; another provider's thoughts are ignored as harmless |
//! | `user` | translated: `metadata.user_id` |
//! | `n` above 1, `seed`, `frequency_penalty`, `presence_penalty` | refused unless they ask for nothing |
//! | names of participants, detail of pictures, every other field | left out; [`super::fields::untranslatable`] names them |

mod messages;
mod models;
mod options;
mod request;
mod response;
mod schema;
mod stream;
pub(in crate::provider) mod thoughts;

use http::{HeaderName, HeaderValue};
use serde::Deserialize;

use super::reply::{failure_of, parse};
use super::translate::versioned_url;
use crate::provider::classify::ErrorDetail;
use crate::provider::{
    Call, Endpoint, ErrorReply, Framing, ProviderAdapter, StreamDecoder, WireRequest,
};
use crate::types::answer::Answer;
use crate::types::failure::Failure;
use crate::types::task::Capabilities;

/// The protocol's name in the configuration.
const NAME: &str = "anthropic";

/// The tool whose arguments are the answer, where JSON cannot be had in another way. A call to
/// it never reaches the caller: its arguments are the text.
const ANSWER_TOOL: &str = "answer_in_json";

const VERSION_HEADER: HeaderName = HeaderName::from_static("anthropic-version");
const VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");
const BETA_HEADER: HeaderName = HeaderName::from_static("anthropic-beta");
const FILES_BETA: HeaderValue = HeaderValue::from_static("files-api-2025-04-14");

/// The adapter.
#[derive(Clone, Copy, Debug)]
pub struct Anthropic;

impl ProviderAdapter for Anthropic {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::VISION
            .with(Capabilities::FILES)
            .with(Capabilities::TOOLS)
            .with(Capabilities::JSON)
            .with(Capabilities::JSON_SCHEMA)
            .with(Capabilities::REASONING)
    }

    fn framing(&self) -> Framing {
        Framing::Sse
    }

    fn encode(&self, call: &Call<'_>) -> Result<WireRequest, Failure> {
        let body = request::body(call)?;
        let bytes = serde_json::to_vec(&body)
            .map_err(|_| Failure::unsupported("the request cannot be written as JSON"))?;
        let url = versioned_url(call.endpoint, "v1", ["messages"]);
        let mut wire = versioned(WireRequest::post_json(call.endpoint, url, bytes));
        if body.stored_files {
            wire.headers.append(BETA_HEADER, FILES_BETA);
        }
        Ok(wire)
    }

    fn decode(&self, body: &[u8]) -> Result<Answer, Failure> {
        response::answer(parse(body)?)
    }

    fn decode_error(&self, reply: &ErrorReply<'_>) -> Failure {
        failure_of(reply, |body| {
            let text = |name| body["error"][name].as_str().unwrap_or_default();
            response::detail(text("type"), text("message"))
        })
    }

    fn stream_decoder(&self) -> Box<dyn StreamDecoder> {
        Box::new(stream::Decoder::default())
    }

    fn encode_list(&self, endpoint: &Endpoint) -> Option<WireRequest> {
        let mut url = versioned_url(endpoint, "v1", ["models"]);
        // The most one page may hold, which is more than there are.
        url.set_query(Some("limit=1000"));
        Some(versioned(WireRequest::get(endpoint, url)))
    }

    fn decode_list(&self, body: &[u8]) -> Result<Vec<String>, Failure> {
        #[derive(Deserialize)]
        struct List {
            data: Vec<Model>,
        }
        #[derive(Deserialize)]
        struct Model {
            id: String,
        }
        let list: List = parse(body)?;
        Ok(list.data.into_iter().map(|model| model.id).collect())
    }
}

/// Adds the version of the API, unless the configuration names another.
fn versioned(mut wire: WireRequest) -> WireRequest {
    wire.headers.entry(VERSION_HEADER).or_insert(VERSION);
    wire
}
