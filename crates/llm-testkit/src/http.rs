//! A plain HTTP client for tests: one connection a request, nothing retried, followed or hidden.
//!
//! Dropping a [`Response`] closes its connection, as a client that leaves does.

use std::fmt;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::patience;

/// A request about to be sent.
#[derive(Debug)]
pub struct Request {
    url: String,
    builder: http::request::Builder,
    body: Bytes,
}

/// A GET.
pub fn get(url: impl Into<String>) -> Request {
    Request::new("GET", url.into())
}

/// A POST of JSON.
pub fn post(url: impl Into<String>, body: &Value) -> Request {
    Request::new("POST", url.into())
        .header("content-type", "application/json")
        .body(body.to_string())
}

impl Request {
    /// A request of any method.
    pub fn new(method: &str, url: String) -> Self {
        Self {
            url,
            builder: http::Request::builder().method(method),
            body: Bytes::new(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    /// Shows a key.
    #[must_use]
    pub fn bearer(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it and waits for the head of the reply.
    ///
    /// # Panics
    /// If no connection stands or no head arrives; use [`Request::try_send`] where that may happen.
    pub async fn send(self) -> Response {
        let url = self.url.clone();
        match self.try_send().await {
            Ok(response) => response,
            Err(error) => panic!("no reply from {url}: {error}"),
        }
    }

    /// Sends it and waits for the head of the reply.
    pub async fn try_send(self) -> Result<Response, Broken> {
        let url = self.url.clone();
        patience::within(self.exchange(), || {
            format!("the head of a reply from {url}")
        })
        .await
    }

    async fn exchange(self) -> Result<Response, Broken> {
        let rest = self
            .url
            .strip_prefix("http://")
            .expect("an http:// address");
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let stream = TcpStream::connect(authority).await.map_err(Broken::of)?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(Broken::of)?;
        let mut task = JoinSet::new();
        task.spawn(async move {
            // What went wrong is reported where the body is read.
            let _ended = connection.await;
        });
        let request = self
            .builder
            .uri(path)
            .header("host", authority)
            .body(Full::new(self.body))
            .expect("a valid request");
        let response = sender.send_request(request).await.map_err(Broken::of)?;
        let (head, body) = response.into_parts();
        Ok(Response {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            rest: Vec::new(),
            _connection: task,
        })
    }
}

/// A reply whose body is still arriving.
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: http::HeaderMap,
    body: Incoming,
    rest: Vec<u8>,
    _connection: JoinSet<()>,
}

impl Response {
    /// A header as text; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The next bytes of the body, `None` at its proper end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Broken> {
        let frame = patience::within(self.body.frame(), || "more of a body".to_owned()).await;
        match frame {
            None => Ok(None),
            Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
            Some(Err(error)) => Err(Broken::of(error)),
        }
    }

    /// The whole body.
    pub async fn bytes(&mut self) -> Result<Vec<u8>, Broken> {
        let mut out = std::mem::take(&mut self.rest);
        while let Some(chunk) = self.chunk().await? {
            out.extend_from_slice(&chunk);
        }
        Ok(out)
    }

    /// The whole body as text.
    ///
    /// # Panics
    /// If it breaks off or is not UTF-8.
    pub async fn text(&mut self) -> String {
        let bytes = self.bytes().await.expect("a whole body");
        String::from_utf8(bytes).expect("a body of UTF-8")
    }

    /// The whole body as JSON.
    ///
    /// # Panics
    /// If it breaks off or is not JSON.
    pub async fn json(&mut self) -> Value {
        let text = self.text().await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
    }

    /// The next event of a stream without event names: its data, `None` at the proper end.
    pub async fn event(&mut self) -> Result<Option<String>, Broken> {
        loop {
            if let Some(end) = self.rest.windows(2).position(|pair| pair == b"\n\n") {
                let frame: Vec<u8> = self.rest.drain(..end + 2).collect();
                let frame = String::from_utf8(frame).map_err(Broken::of)?;
                let data = frame.lines().filter_map(|line| line.strip_prefix("data: "));
                return Ok(Some(data.collect::<Vec<_>>().join("\n")));
            }
            let Some(chunk) = self.chunk().await? else {
                return Ok(None);
            };
            self.rest.extend_from_slice(&chunk);
        }
    }

    /// All remaining events.
    pub async fn events(&mut self) -> Result<Vec<String>, Broken> {
        let mut out = Vec::new();
        while let Some(event) = self.event().await? {
            out.push(event);
        }
        Ok(out)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({} {:?})", self.status, self.headers)
    }
}

/// An exchange that broke: no connection, no head, or a body without its end.
#[derive(Debug)]
pub struct Broken(String);

impl Broken {
    fn of(error: impl std::error::Error) -> Self {
        let mut text = error.to_string();
        let mut next = error.source();
        while let Some(cause) = next {
            text = format!("{text}: {cause}");
            next = cause.source();
        }
        Self(text)
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}
