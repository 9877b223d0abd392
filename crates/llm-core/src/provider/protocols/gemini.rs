//! The Google Gemini protocol, `v1beta`: `POST {base}/models/{model}:generateContent`, and
//! `:streamGenerateContent?alt=sse` for streams.
//!
//! The base URL may end with the API's version, as in
//! `https://generativelanguage.googleapis.com/v1beta`, or leave it out. The key travels in
//! `x-goog-api-key`, as the vendor's row says. This file is the adapter; what is written is
//! `request`, what is read `response` and `stream`.
//!
//! | field of the request | what becomes of it |
//! |---|---|
//! | text, calls, stop texts, `max_tokens`, `temperature`, `top_p`, both penalties, `seed` of 32 bits | carried |
//! | system and developer messages | translated: the system instruction, in order, wherever they stood |
//! | results of calls | translated: named by their tool, the text under `output`; media in them refused |
//! | pictures | carried inline; by address where it is the provider's file store, Google Cloud Storage, or https with an ending that tells the type; others refused |
//! | sound | carried: WAV, MP3, AIFF, AAC, OGG, FLAC; others refused |
//! | documents | carried inline and by the provider's own file ids |
//! | `tools` | carried with their JSON schemas; `strict` turns on validated calling |
//! | `tool_choice` | translated |
//! | `parallel_tool_calls: false` with tools | refused |
//! | `response_format` | carried; refused together with tools before Gemini 3 |
//! | `n` | carried up to 8 |
//! | `reasoning_effort` | translated: since Gemini 3 a level; for 2.5 a budget of minimal and low 1024, medium 8192, high 24 576 tokens, xhigh and max the model's most; `none` is 0 where the model can stop thinking, else refused |
//! | reasoning signature | carried if the provider made it; a call another model made says so. Reasoning text is not wanted back: ignored as harmless |
//! | `user` | ignored as harmless |
//! | names of participants, detail of pictures, every other field | left out; [`super::fields::untranslatable`] names them |

mod contents;
mod models;
mod request;
mod response;
mod stream;
mod work;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::reply::parse;
use super::translate::versioned_url;
use crate::provider::vendors::Vendor;
use crate::provider::work::WorkSpeaker;
use crate::provider::{
    Call, Endpoint, ErrorReply, Framing, ProviderAdapter, StreamDecoder, WireRequest, classify,
};
use crate::types::answer::Answer;
use crate::types::failure::Failure;
use crate::types::task::Capabilities;

/// The protocol's name in the configuration.
const NAME: &str = "gemini";

/// The version of the API.
const VERSION: &str = "v1beta";

/// What a model's ability to chat is called in the list of models.
const CHAT: &str = "generateContent";

/// The adapter.
#[derive(Clone, Copy, Debug)]
pub struct Gemini;

impl ProviderAdapter for Gemini {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::VISION
            .with(Capabilities::AUDIO)
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
        let body = serde_json::to_vec(&request::body(call)?)
            .map_err(|_| Failure::unsupported("the request cannot be written as JSON"))?;
        let url = method_url(call);
        Ok(WireRequest::post_json(call.endpoint, url, body))
    }

    fn decode(&self, body: &[u8]) -> Result<Answer, Failure> {
        response::answer(parse(body)?)
    }

    fn decode_error(&self, reply: &ErrorReply<'_>) -> Failure {
        let body: Value = serde_json::from_slice(reply.body).unwrap_or_default();
        // A stream that fails before it starts answers with a list of one.
        let error = match &body {
            Value::Array(list) => &list.first().unwrap_or(&Value::Null)["error"],
            object => &object["error"],
        };
        let failure = classify::classify(reply, &response::detail(error));
        response::refined(failure, error)
    }

    fn stream_decoder(&self) -> Box<dyn StreamDecoder> {
        Box::new(stream::Decoder::default())
    }

    fn encode_list(&self, endpoint: &Endpoint) -> Option<WireRequest> {
        let mut url = versioned_url(endpoint, VERSION, ["models"]);
        // The most one page may hold, which is more than there are.
        url.set_query(Some("pageSize=1000"));
        Some(WireRequest::get(endpoint, url))
    }

    fn decode_list(&self, body: &[u8]) -> Result<Vec<String>, Failure> {
        #[derive(Deserialize)]
        struct List {
            models: Vec<Model>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Model {
            name: String,
            #[serde(default)]
            supported_generation_methods: Vec<String>,
        }
        let list: List = parse(body)?;
        let chats = |model: &Model| {
            let methods = &model.supported_generation_methods;
            methods.is_empty() || methods.iter().any(|method| method == CHAT)
        };
        let name = |model: Model| match model.name.strip_prefix("models/") {
            Some(name) => name.to_owned(),
            None => model.name,
        };
        Ok(list.models.into_iter().filter(chats).map(name).collect())
    }

    fn work(&self, _vendor: &Vendor) -> Option<WorkSpeaker> {
        Some(&work::GeminiWork)
    }
}

/// The collection a model is in, and its name there.
fn resource(model: &str) -> (&str, &str) {
    match model.split_once('/') {
        Some((collection @ ("models" | "tunedModels"), name)) => (collection, name),
        _ => ("models", model),
    }
}

/// The address of a call. A model's name may say which collection it is in; anything else with a
/// slash in it is one segment, percent-encoded.
fn method_url(call: &Call<'_>) -> Url {
    let (collection, name) = resource(call.upstream_model);
    let method = if call.stream {
        "streamGenerateContent"
    } else {
        CHAT
    };
    let resource = format!("{name}:{method}");
    let mut url = versioned_url(call.endpoint, VERSION, [collection, &resource]);
    if call.stream {
        url.set_query(Some("alt=sse"));
    }
    url
}
