//! Another gateway, reached over HTTP: what the command line's `--server` talks to.
//!
//! Goes out through the same transport as calls to providers. Only the outside of the exchange is
//! here: addresses, the credential, bodies and frames. What they say is the caller's business.

mod work;

pub use work::{RemoteBody, RemoteReply};

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::Value;
use url::Url;

use super::error::{GatewayError, deadline_passed};
use crate::provider::frames::Framer;
use crate::provider::transport::{Dispatch, HttpTransport, Transport as _, is_local};
use crate::provider::{
    AttemptLimits, AuthScheme, Credential, Frame, Framing, WireRequest, WireResponse,
};
use crate::types::clock::{Clock, Deadline, SystemClock};
use crate::types::code::Code;
use crate::types::failure::{Failure, FailureKind};
use crate::types::secret::Secret;

/// Largest reply that is read.
const MAX_REPLY: usize = 64 << 20;

/// Largest event of a stream.
const MAX_EVENT: usize = 16 << 20;

/// Another gateway.
pub struct Remote {
    transport: HttpTransport,
    clock: Arc<dyn Clock>,
    base: Url,
    credential: Option<Credential>,
    connect: Duration,
}

/// Why an exchange with another gateway came to nothing.
#[derive(Clone, Debug)]
pub enum RemoteError {
    /// It said so itself: its error object, and its id for the request.
    Told(Value, String),
    /// It could not be asked, or what came back is not from a gateway.
    Failed(GatewayError),
}

/// A streamed reply.
pub struct RemoteStream {
    /// Its id for the request.
    pub request_id: String,
    /// The events, as they arrive.
    pub frames: BoxStream<'static, Result<Frame, RemoteError>>,
}

impl Remote {
    /// The gateway at an address such as `http://127.0.0.1:8080`. Opens nothing yet.
    pub fn new(
        address: &str,
        key: Option<Secret>,
        connect: Duration,
    ) -> Result<Self, GatewayError> {
        let wrong = |reason: &str| {
            let message = format!("`{address}` is no address of a gateway: {reason}");
            GatewayError::new(Code::InvalidUsage, message)
        };
        let base = Url::parse(address).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(wrong("it must begin with http:// or https://"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(wrong("a key does not belong into an address"));
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let credential = key.map(|key| Credential {
            key,
            origin: base.origin(),
        });
        Ok(Self {
            transport: HttpTransport::new(Arc::clone(&clock), connect),
            clock,
            base,
            credential,
            connect,
        })
    }

    /// The address, as it was given.
    pub fn address(&self) -> &Url {
        &self.base
    }

    /// Whether it is on this machine.
    pub fn is_local(&self) -> bool {
        is_local(&self.base)
    }

    /// The JSON a path is answered with; it may have a query string, encoded already.
    pub async fn get(&self, path: &str, within: Duration) -> Result<Value, RemoteError> {
        let request = self.request(Method::GET, path, Bytes::new());
        self.whole(request, within).await
    }

    /// The JSON a body is answered with.
    pub async fn post(
        &self,
        path: &str,
        body: &Value,
        within: Duration,
    ) -> Result<Value, RemoteError> {
        let request = self.request(Method::POST, path, Bytes::from(body.to_string()));
        self.whole(request, within).await
    }

    /// The events a body is answered with.
    pub async fn stream(
        &self,
        path: &str,
        body: &Value,
        within: Duration,
    ) -> Result<RemoteStream, RemoteError> {
        let request = self.request(Method::POST, path, Bytes::from(body.to_string()));
        let reply = self.send(request, within).await?;
        let request_id = request_id(&reply);
        if !is_of_type(&reply, "text/event-stream") {
            return match self.read(reply).await {
                Ok(_) => Err(self.unlike("a reply that is no event stream")),
                Err(error) => Err(error),
            };
        }
        Ok(RemoteStream {
            request_id,
            frames: self.frames(reply),
        })
    }

    async fn whole(&self, request: WireRequest, within: Duration) -> Result<Value, RemoteError> {
        let reply = self.send(request, within).await?;
        self.read(reply).await
    }

    fn request(&self, method: Method, path: &str, body: Bytes) -> WireRequest {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        let mut url = self.base.clone();
        url.set_query(query);
        if let Ok(mut segments) = url.path_segments_mut() {
            segments
                .pop_if_empty()
                .extend(path.split('/').filter(|segment| !segment.is_empty()));
        }
        let mut headers = HeaderMap::new();
        if method == Method::POST {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        WireRequest {
            method,
            url,
            headers,
            body,
            auth: AuthScheme::Bearer,
        }
    }

    async fn send(
        &self,
        request: WireRequest,
        within: Duration,
    ) -> Result<WireResponse, RemoteError> {
        let limits = AttemptLimits {
            connect: self.connect,
            first_byte: within,
            first_token: within,
            idle: within,
            total: within,
        };
        let dispatch = Dispatch {
            request,
            upload: None,
            credential: self.credential.as_ref(),
            proxy: None,
            limits,
            deadline: Deadline::after(self.clock.now(), within),
        };
        let sent = self.transport.send(dispatch).await;
        sent.map_err(|failure| failed(&self.base, &failure))
    }

    /// Reads a reply as a whole: its JSON, or what it says went wrong.
    async fn read(&self, mut reply: WireResponse) -> Result<Value, RemoteError> {
        let mut bytes = Vec::new();
        while let Some(piece) = reply.body.next().await {
            bytes.extend_from_slice(&piece.map_err(|failure| failed(&self.base, &failure))?);
            if bytes.len() > MAX_REPLY {
                return Err(self.unlike("a reply that does not end"));
            }
        }
        let value: Option<Value> = serde_json::from_slice(&bytes).ok();
        let is_good = (200..300).contains(&reply.status);
        match value {
            Some(value) if is_good => Ok(value),
            Some(mut value) if value["error"]["code"].is_string() => {
                Err(RemoteError::Told(value["error"].take(), request_id(&reply)))
            }
            _ => Err(self.unlike(&format!("HTTP {} and no JSON of ours", reply.status))),
        }
    }

    fn frames(&self, reply: WireResponse) -> BoxStream<'static, Result<Frame, RemoteError>> {
        let reading = Reading {
            body: reply.body,
            framer: Framer::new(Framing::Sse, MAX_EVENT),
            ready: Vec::new().into_iter(),
            is_over: false,
            base: self.base.clone(),
        };
        futures_util::stream::unfold(reading, |mut reading| async move {
            let next = reading.next().await?;
            Some((next, reading))
        })
        .boxed()
    }

    fn unlike(&self, what: &str) -> RemoteError {
        let message = format!("`{}` answered with {what}", self.base);
        let error = GatewayError::new(Code::ServerUnreachable, message);
        RemoteError::Failed(error.with_hint("check the address: is it a running llm-server?"))
    }
}

/// A stream being read.
struct Reading {
    body: BoxStream<'static, Result<Bytes, Failure>>,
    framer: Framer,
    ready: std::vec::IntoIter<Frame>,
    is_over: bool,
    base: Url,
}

impl Reading {
    async fn next(&mut self) -> Option<Result<Frame, RemoteError>> {
        loop {
            if let Some(frame) = self.ready.next() {
                return Some(Ok(frame));
            }
            if self.is_over {
                return None;
            }
            let mut frames = Vec::new();
            let read = match self.body.next().await {
                Some(Ok(bytes)) => self.framer.push(&bytes, &mut frames),
                Some(Err(failure)) => Err(failure),
                None => {
                    self.is_over = true;
                    self.framer.finish(&mut frames)
                }
            };
            if let Err(failure) = read {
                self.is_over = true;
                return Some(Err(failed(&self.base, &failure)));
            }
            self.ready = frames.into_iter();
        }
    }
}

fn failed(base: &Url, failure: &Failure) -> RemoteError {
    RemoteError::Failed(match failure.kind {
        FailureKind::Deadline | FailureKind::Timeout(_) => deadline_passed(),
        _ => {
            let reason = &failure.message;
            let message = format!("the gateway at {base} cannot be reached: {reason}");
            GatewayError::new(Code::ServerUnreachable, message)
        }
    })
}

fn request_id(reply: &WireResponse) -> String {
    let id = reply.headers.get("x-request-id");
    id.and_then(|id| id.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

fn is_of_type(reply: &WireResponse, wanted: &str) -> bool {
    let found = reply.headers.get(CONTENT_TYPE);
    found
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with(wanted))
}
