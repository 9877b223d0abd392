//! Providers: which protocol each speaks, how a call is written and read, and the way out.
//!
//! What clients speak to us are [`dialects`], the same the other way round.
//!
//! Adapters are pure: they turn a hub request into bytes and bytes into hub types. They see no
//! socket, no clock and no secret. [`transport`] owns the sockets and adds the credential.
//! A vendor that speaks somebody else's protocol is a row of data in [`vendors`].

pub mod vendors;

pub mod protocols;

pub mod dialects;

pub mod classify;

pub mod frames;

pub mod transport;

pub mod work;

pub mod demo;

pub mod retry;

pub mod health;

pub mod concurrency;

pub mod upstream;

mod rate;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use crate::types::answer::Answer;
use crate::types::chat::ChatRequest;
use crate::types::event::StreamEvent;
use crate::types::failure::Failure;
use crate::types::secret::Secret;
use crate::types::task::Capabilities;
use vendors::Vendor;

/// Speaks one wire protocol. Stateless; one static instance serves all deployments.
pub trait ProviderAdapter: Send + Sync {
    /// The protocol's name in the configuration: `openai`, `anthropic`, …
    fn name(&self) -> &'static str;

    /// What the protocol can carry at all, whatever the model.
    fn capabilities(&self) -> Capabilities;

    /// How its streams are cut into frames.
    fn framing(&self) -> Framing;

    /// Writes a call.
    ///
    /// A request the protocol cannot carry is refused with
    /// [`Unsupported`](crate::types::failure::FailureKind::Unsupported), never thinned out.
    fn encode(&self, call: &Call<'_>) -> Result<WireRequest, Failure>;

    /// Reads a whole successful reply. One without an answer in it is a failure.
    fn decode(&self, body: &[u8]) -> Result<Answer, Failure>;

    /// Reads a reply that is not successful.
    fn decode_error(&self, reply: &ErrorReply<'_>) -> Failure;

    /// A fresh decoder for one stream.
    fn stream_decoder(&self) -> Box<dyn StreamDecoder>;

    /// Writes the request that lists the provider's models, where the protocol has one.
    fn encode_list(&self, endpoint: &Endpoint) -> Option<WireRequest>;

    /// Reads the list: the names the provider knows its models by.
    fn decode_list(&self, body: &[u8]) -> Result<Vec<String>, Failure>;

    /// Speaks the operations besides chat, where the protocol has any.
    fn work(&self, _vendor: &Vendor) -> Option<work::WorkSpeaker> {
        None
    }
}

/// Reads one stream, frame by frame.
pub trait StreamDecoder: Send {
    /// Reads one frame and appends what it says. An error ends the stream.
    fn frame(&mut self, frame: &Frame, out: &mut Vec<StreamEvent>) -> Result<(), Failure>;

    /// The provider closed the stream. A stream that was not finished is
    /// [`Truncated`](crate::types::failure::FailureKind::Truncated).
    fn end(&mut self, out: &mut Vec<StreamEvent>) -> Result<(), Failure>;
}

/// How a stream is cut into frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    Sse,
    /// One JSON document a line.
    JsonLines,
}

/// One frame of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The `event:` field; empty where there is none.
    pub event: String,
    /// The `data:` lines joined by line feeds, or the whole line.
    pub data: String,
}

/// A call to be written.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Where it goes.
    pub endpoint: &'a Endpoint,
    /// The name the provider knows the model by.
    pub upstream_model: &'a str,
    /// What is asked.
    pub request: &'a ChatRequest,
    /// The model's own defaults and ceilings.
    pub defaults: ModelDefaults,
    /// Whether the answer is wanted piece by piece.
    pub stream: bool,
}

/// What a model uses where the request is silent, and the most it may write.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ModelDefaults {
    /// Ceiling of generated tokens, and the default where the request names none.
    pub max_tokens: Option<u32>,
    /// Default temperature.
    pub temperature: Option<f64>,
    /// Default nucleus sampling.
    pub top_p: Option<f64>,
}

impl ModelDefaults {
    /// The smaller of what was asked and the ceiling; the ceiling where nothing was asked.
    pub fn clamp(&self, asked: Option<u32>) -> Option<u32> {
        match (asked, self.max_tokens) {
            (Some(asked), Some(ceiling)) => Some(asked.min(ceiling)),
            (asked, ceiling) => asked.or(ceiling),
        }
    }
}

/// A provider's address and manners.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// What paths are appended to; ends without a slash.
    pub base_url: Url,
    /// Facts about the vendor.
    pub vendor: &'static Vendor,
    /// Headers of the configuration, sent with every call.
    pub headers: HeaderMap,
}

impl Endpoint {
    /// The base URL with `segments` appended, each percent-encoded.
    ///
    /// Names of models come from configuration and callers; a slash or dot in one must never
    /// change the path. Pass a name that is meant to span segments piece by piece.
    pub fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }
}

/// An HTTP request without its credential.
#[derive(Clone, Debug)]
pub struct WireRequest {
    /// The method.
    pub method: Method,
    /// The address.
    pub url: Url,
    /// Headers, without the credential.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// How the credential is shown.
    pub auth: AuthScheme,
}

impl WireRequest {
    /// A POST of JSON.
    pub fn post_json(endpoint: &Endpoint, url: Url, body: Vec<u8>) -> Self {
        let mut headers = endpoint.headers.clone();
        headers.insert(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        Self {
            method: Method::POST,
            url,
            headers,
            body: Bytes::from(body),
            auth: endpoint.vendor.auth.clone(),
        }
    }

    /// A GET.
    pub fn get(endpoint: &Endpoint, url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: endpoint.headers.clone(),
            body: Bytes::new(),
            auth: endpoint.vendor.auth.clone(),
        }
    }
}

/// How a provider wants the credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthScheme {
    /// `authorization: Bearer …`
    Bearer,
    /// A header of its own.
    Header(HeaderName),
    /// None at all.
    None,
}

/// A credential, bound to the origin it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The key.
    pub key: Secret,
    /// Scheme, host and port it may be sent to; anywhere else is refused.
    pub origin: url::Origin,
}

/// The limits of one attempt. All of them together never exceed the deadline of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptLimits {
    /// Until the connection stands.
    pub connect: Duration,
    /// Until the reply's headers.
    pub first_byte: Duration,
    /// Until the first piece of content of a stream.
    pub first_token: Duration,
    /// Between two pieces.
    pub idle: Duration,
    /// The whole attempt.
    pub total: Duration,
}

/// The head of a reply and its body as it arrives.
pub struct WireResponse {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; dropping it closes the exchange.
    pub body: BoxStream<'static, Result<Bytes, Failure>>,
}

/// An unsuccessful reply.
#[derive(Clone, Copy, Debug)]
pub struct ErrorReply<'a> {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The first part of the body.
    pub body: &'a [u8],
}

/// An adapter as the registry hands it out.
pub type Adapter = &'static dyn ProviderAdapter;

/// The transport as the gateway holds it.
pub type SharedTransport = Arc<dyn transport::Transport>;
