//! The `OpenAI` chat protocol, `POST /chat/completions`: as most providers speak it, and as our own
//! clients speak it to us.
//!
//! | file | owns |
//! |---|---|
//! | `wire` | reading JSON level by level, with the place of each mistake |
//! | `message`, `media` | messages and their parts, both ways |
//! | `inbound` | the body of a client |
//! | `request` | the body of a call |
//! | `response`, `stream`, `usage`, `error` | what a provider answers |
//! | `outbound`, `faithful` | what a client is answered, and when as the provider wrote it |

mod dashscope;
mod error;
mod faithful;
mod inbound;
pub(in crate::provider) mod media;
mod message;
mod outbound;
mod request;
mod response;
mod stream;
pub(in crate::provider) mod usage;
pub(in crate::provider) mod wire;
mod work;

pub use inbound::{OWN_FIELDS, Parsed, REFUSED_FIELDS, read_request};
pub use outbound::{ChunkWriter, Reply, ReplyHead};
pub use wire::WireError;
pub(crate) use work::Encoded;
pub(in crate::provider) use work::vectors;

use crate::provider::vendors::{Vendor, WorkManner};
use crate::provider::work::WorkSpeaker;
use crate::provider::{
    Call, Endpoint, ErrorReply, Framing, ProviderAdapter, StreamDecoder, WireRequest,
};
use crate::types::answer::Answer;
use crate::types::failure::Failure;
use crate::types::task::Capabilities;

/// The name of the protocol.
const NAME: &str = "openai";

/// The adapter.
pub static OPENAI: OpenAi = OpenAi;

/// Speaks the `OpenAI` chat protocol.
#[derive(Clone, Copy, Debug)]
pub struct OpenAi;

impl ProviderAdapter for OpenAi {
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
        request::encode(call)
    }

    fn decode(&self, body: &[u8]) -> Result<Answer, Failure> {
        response::decode(body)
    }

    fn decode_error(&self, reply: &ErrorReply<'_>) -> Failure {
        error::decode_error(reply)
    }

    fn stream_decoder(&self) -> Box<dyn StreamDecoder> {
        Box::new(stream::Decoder::default())
    }

    fn encode_list(&self, endpoint: &Endpoint) -> Option<WireRequest> {
        Some(WireRequest::get(endpoint, endpoint.url(["models"])))
    }

    fn decode_list(&self, body: &[u8]) -> Result<Vec<String>, Failure> {
        response::decode_list(body)
    }

    fn work(&self, vendor: &Vendor) -> Option<WorkSpeaker> {
        Some(match vendor.quirks.work {
            WorkManner::OpenAi => &work::OpenAiWork,
            WorkManner::DashScope => &dashscope::DashScopeWork,
        })
    }
}

#[cfg(test)]
mod tests;
