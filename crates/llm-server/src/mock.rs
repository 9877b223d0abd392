//! A simulated provider that fails as it is told: `llm-server mock`.
//!
//! The name of the model chooses what happens (`mock/name.rs`); every request is recorded with how it
//! ended (`mock/attempts.rs`), so that a test can compare what the provider saw with what the caller was
//! told. It writes to the socket what real servers avoid, so it does not share the gateway's way of
//! serving, and it needs neither a configuration nor a key.

mod attempts;
mod name;
mod script;
mod words;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::fs::File;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use attempts::{Attempts, End, Exchange, Seen};
pub use name::markdown;
use script::{Asked, Break, Head, Step};
use words::Protocol;

/// Largest body of a request that is read.
const MAX_BODY: usize = 64 << 20;

/// Pause after a failed accept, such as one for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

type Reply = Response<StreamBody<Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, Broken>> + Send>>>>;

/// What all connections share.
#[derive(Clone)]
pub(crate) struct Mock {
    attempts: Attempts,
    seed: u64,
}

/// How a connection is to end, left by the exchange that breaks it.
type Ending = Arc<Mutex<Option<Break>>>;

/// An exchange that breaks on purpose.
#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken on purpose")
    }
}

impl std::error::Error for Broken {}

impl Mock {
    /// One that says what the seed stands for, and logs to a file.
    pub(crate) fn new(seed: u64, log: Option<File>) -> Self {
        let attempts = Attempts::with_file(log);
        Self { attempts, seed }
    }

    /// Serves for ever; dropping the future closes every connection.
    pub(crate) async fn serve(self, listener: TcpListener) -> Infallible {
        let mut connections = JoinSet::new();
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    connections.spawn(self.clone().connection(stream));
                }
                Err(error) => {
                    tracing::warn!(%error, "accepting a connection failed");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
            while connections.try_join_next().is_some() {}
        }
    }

    async fn connection(self, stream: TcpStream) {
        // Without this a piece would wait for the acknowledgement of the one before.
        let _best_effort = stream.set_nodelay(true);
        let ending = Ending::default();
        let of_request = Arc::clone(&ending);
        let service = service_fn(move |request| {
            let (mock, ending) = (self.clone(), Arc::clone(&of_request));
            Box::pin(async move { mock.respond(request, ending).await })
        });
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .half_close(false)
            .serve_connection(TokioIo::new(stream), service);
        let ended = poll_fn(|context| connection.poll_without_shutdown(context)).await;
        if let Err(error) = ended {
            tracing::debug!(%error, "connection ended early");
        }
        let mut stream = connection.into_parts().io.into_inner();
        let how = ending.lock().take();
        // Whatever goes wrong here, the client is gone already.
        let _gone = match how {
            // Closing a socket that does not linger sends a reset instead of an orderly end.
            Some(Break::Reset) => stream.set_zero_linger(),
            Some(Break::Wire(bytes)) => stream.write_all(bytes).await,
            Some(Break::Close) | None => stream.shutdown().await,
        };
    }

    async fn respond(self, request: Request<Incoming>, ending: Ending) -> Result<Reply, Broken> {
        let (head, body) = request.into_parts();
        let protocol = match (&head.method, head.uri.path()) {
            (&Method::POST, "/v1/chat/completions") => Protocol::OpenAi,
            (&Method::POST, "/v1/messages") => Protocol::Anthropic,
            (method, path) => return Ok(self.other(method, path)),
        };
        let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
            return Ok(said(StatusCode::PAYLOAD_TOO_LARGE, &json!({})));
        };
        let bytes = body.to_bytes();
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let model = body["model"].as_str().unwrap_or_default();
        let asked = Asked {
            protocol,
            model,
            body: &body,
            seed: self.seed,
        };
        let (exchange, occurrence) = self.attempts.begin(Seen {
            path: head.uri.path().to_owned(),
            model: model.to_owned(),
            stream: asked.stream(),
            bytes_in: bytes.len(),
        });
        let Some(parts) = name::parse(model) else {
            return Ok(unknown(protocol, model, exchange));
        };
        let steps = script::steps(&parts, &asked, occurrence);
        begin(Playing {
            steps,
            exchange,
            ending,
        })
        .await
    }

    /// Everything that is no call of a model.
    fn other(&self, method: &Method, path: &str) -> Reply {
        match (method, path) {
            (&Method::GET, "/v1/models") => said(StatusCode::OK, &script::models(name::examples())),
            (&Method::GET, "/attempts") => {
                said(StatusCode::OK, &json!({ "attempts": self.attempts.all() }))
            }
            (&Method::DELETE, "/attempts") => {
                self.attempts.clear();
                said(StatusCode::OK, &json!({ "attempts": [] }))
            }
            (&Method::GET, "/livez") => said(StatusCode::OK, &json!({ "status": "ok" })),
            _ => {
                let message = "There are POST /v1/chat/completions, POST /v1/messages, \
                               GET /v1/models, GET /livez, and GET and DELETE /attempts.";
                let body = Protocol::OpenAi.error("invalid_request_error", "not_found", message);
                said(StatusCode::NOT_FOUND, &body)
            }
        }
    }
}

/// A reply that says one thing.
fn said(status: StatusCode, body: &Value) -> Reply {
    let bytes = Bytes::from(body.to_string());
    let length = bytes.len();
    let once = stream::iter([Ok(Frame::data(bytes))]);
    let mut reply = Response::new(StreamBody::new(Box::pin(once) as _));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(
        "content-type",
        http::HeaderValue::from_static("application/json"),
    );
    headers.insert("content-length", length.into());
    reply
}

fn unknown(protocol: Protocol, model: &str, mut exchange: Exchange) -> Reply {
    let shown: String = model.chars().take(100).collect();
    let message = format!("There is no model `{shown}` here. {}", name::grammar());
    let body = protocol.error("invalid_request_error", "model_not_found", &message);
    exchange.status(404);
    exchange.sent(body.to_string().len(), false);
    exchange.end(End::Answered);
    said(StatusCode::NOT_FOUND, &body)
}

/// An exchange under way.
struct Playing {
    steps: VecDeque<Step>,
    exchange: Exchange,
    ending: Ending,
}

impl Playing {
    fn breaks(&mut self, how: Break) -> Broken {
        self.exchange.end(End::Broken);
        *self.ending.lock() = Some(how);
        Broken
    }

    /// The next bytes of the body.
    async fn next(&mut self) -> Option<Result<Frame<Bytes>, Broken>> {
        loop {
            match self.steps.pop_front()? {
                Step::Wait(time) => tokio::time::sleep(time).await,
                Step::Stall => pending().await,
                Step::Break(how) => {
                    // What was said before is sent first, which takes a turn.
                    tokio::task::yield_now().await;
                    return Some(Err(self.breaks(how)));
                }
                Step::Data { bytes, is_piece } => {
                    self.exchange.sent(bytes.len(), is_piece);
                    if self.steps.is_empty() {
                        self.exchange.end(End::Answered);
                    }
                    return Some(Ok(Frame::data(bytes)));
                }
                Step::Head(_) => {}
            }
        }
    }
}

/// Carries out the steps up to the head; the body carries out the rest.
async fn begin(mut playing: Playing) -> Result<Reply, Broken> {
    let head = loop {
        match playing.steps.pop_front() {
            Some(Step::Wait(time)) => tokio::time::sleep(time).await,
            Some(Step::Break(how)) => return Err(playing.breaks(how)),
            Some(Step::Head(head)) => break head,
            Some(Step::Stall | Step::Data { .. }) | None => pending().await,
        }
    };
    playing.exchange.status(head.status);
    if playing.steps.is_empty() {
        playing.exchange.end(End::Answered);
    }
    let body = stream::unfold(playing, async |mut playing| {
        let frame = playing.next().await?;
        Some((frame, playing))
    });
    Ok(with_head(
        &head,
        Response::new(StreamBody::new(Box::pin(body))),
    ))
}

fn with_head(head: &Head, mut reply: Reply) -> Reply {
    *reply.status_mut() = StatusCode::from_u16(head.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let headers = reply.headers_mut();
    headers.insert("content-type", http::HeaderValue::from_static(head.media));
    if let Some(seconds) = head.retry_after {
        headers.insert("retry-after", seconds.into());
    }
    if let Some(length) = head.length {
        headers.insert("content-length", length.into());
    }
    reply
}
