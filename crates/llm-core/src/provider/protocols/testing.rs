//! Short ways for the adapters' tests to write a call, read a reply and run a stream.

use http::HeaderMap;
use serde_json::Value;
use url::Url;

use crate::provider::vendors::{Quirks, Vendor};
use crate::provider::{
    Adapter, AuthScheme, Call, Endpoint, ErrorReply, Frame, ModelDefaults, WireRequest,
};
use crate::types::answer::{Answer, Gather};
use crate::types::chat::ChatRequest;
use crate::types::event::StreamEvent;
use crate::types::failure::Failure;

/// A vendor for tests that are not about the vendor.
pub(super) static VENDOR: Vendor = Vendor {
    name: "test",
    title: "Test",
    protocol: "test",
    base_url: "",
    key_env: &[],
    base_url_env: &[],
    auth: AuthScheme::None,
    key_optional: true,
    quirks: Quirks::NONE,
};

/// An endpoint at an address.
pub(super) fn endpoint(base_url: &str) -> Endpoint {
    Endpoint {
        base_url: Url::parse(base_url).unwrap(),
        vendor: &VENDOR,
        headers: HeaderMap::new(),
    }
}

/// Encodes a request, not streamed and without defaults of the model.
pub(super) fn encode(
    adapter: Adapter,
    model: &str,
    request: &ChatRequest,
) -> Result<WireRequest, Failure> {
    encode_with(adapter, model, request, ModelDefaults::default())
}

/// Encodes a request with defaults of the model.
pub(super) fn encode_with(
    adapter: Adapter,
    model: &str,
    request: &ChatRequest,
    defaults: ModelDefaults,
) -> Result<WireRequest, Failure> {
    adapter.encode(&Call {
        endpoint: &endpoint("https://provider.test/v1"),
        upstream_model: model,
        request,
        defaults,
        stream: request.stream,
    })
}

/// The body of a request as it is written.
pub(super) fn body(adapter: Adapter, model: &str, request: &ChatRequest) -> Value {
    let wire = encode(adapter, model, request).unwrap();
    serde_json::from_slice(&wire.body).unwrap()
}

/// Why a request is refused; it has to be.
pub(super) fn refusal(adapter: Adapter, model: &str, request: &ChatRequest) -> Failure {
    encode(adapter, model, request).unwrap_err()
}

/// Runs a stream of frames without event names to its end.
pub(super) fn run<'a>(
    adapter: Adapter,
    frames: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<StreamEvent>, Failure> {
    let mut decoder = adapter.stream_decoder();
    let mut out = Vec::new();
    for data in frames {
        let frame = Frame {
            event: String::new(),
            data: data.to_owned(),
        };
        decoder.frame(&frame, &mut out)?;
    }
    decoder.end(&mut out)?;
    Ok(out)
}

/// The answer a stream adds up to.
pub(super) fn gather(events: &[StreamEvent]) -> Answer {
    let mut gather = Gather::default();
    for event in events {
        gather.push(event);
    }
    gather.finish()
}

/// What an unsuccessful reply means.
pub(super) fn error(adapter: Adapter, status: u16, body: &str) -> Failure {
    adapter.decode_error(&ErrorReply {
        status,
        headers: &HeaderMap::new(),
        body: body.as_bytes(),
    })
}
