//! What a scripted provider says, and how the exchange goes wrong.
//!
//! A [`Reply`] is a description; `reply/steps.rs` turns it into steps for one request, which the
//! socket server ([`crate::upstream`]) and the in-memory transport ([`crate::transport`]) carry out
//! alike. Completions are written in the `OpenAI` dialect, whole or streamed as the request asks;
//! for every other protocol a test gives the bodies or events themselves.

mod completion;
pub(crate) mod steps;

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::gate::Gate;
pub(crate) use completion::Completion;

/// One reply to one request.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    content: Content,
    latency: Duration,
    head_gate: Option<Gate>,
    gates: Vec<(At, Gate)>,
    split: Option<usize>,
    truncate: Option<usize>,
    fault: Option<(Point, Fault)>,
}

#[derive(Clone, Debug)]
enum Content {
    /// A chat completion.
    Completion(Completion),
    /// A body of a media type, in the pieces it is sent in.
    Body {
        media: &'static str,
        pieces: Vec<Bytes>,
        streamed: bool,
    },
    /// Bytes instead of an HTTP reply.
    Wire(Bytes),
}

#[derive(Clone, Copy, Debug)]
enum At {
    Piece(usize),
    EveryPiece,
}

#[derive(Clone, Copy, Debug)]
enum Point {
    BeforeHead,
    AfterPieces(usize),
    AfterBytes(usize),
}

/// How an exchange breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection is closed.
    Cut,
    /// The connection is reset.
    Reset,
    /// Nothing more is sent and the sending side is closed; the connection stays.
    HalfClose,
}

/// Contents.
impl Reply {
    /// A completion of one piece of text. Streamed if the request asks for a stream.
    pub fn text(text: impl Into<String>) -> Self {
        Self::pieces([text])
    }

    /// A completion of several pieces: one event each if the request asks for a stream, else joined.
    pub fn pieces<T: Into<String>>(pieces: impl IntoIterator<Item = T>) -> Self {
        let pieces = pieces.into_iter().map(Into::into).collect();
        Self::of(200, Content::Completion(Completion::new(pieces)))
    }

    /// A JSON body.
    pub fn json(body: &Value) -> Self {
        Self::body("application/json", body.to_string())
    }

    /// A body of any media type.
    pub fn body(media: &'static str, body: impl Into<Bytes>) -> Self {
        let pieces = vec![body.into()];
        let streamed = false;
        Self::of(
            200,
            Content::Body {
                media,
                pieces,
                streamed,
            },
        )
    }

    /// A body of unknown length in the given pieces.
    pub fn chunks<T: Into<Bytes>>(
        media: &'static str,
        pieces: impl IntoIterator<Item = T>,
    ) -> Self {
        let pieces = pieces.into_iter().map(Into::into).collect();
        let streamed = true;
        Self::of(
            200,
            Content::Body {
                media,
                pieces,
                streamed,
            },
        )
    }

    /// Server-sent events without names, in the given words; `[DONE]` is not added.
    pub fn events<T: AsRef<str>>(events: impl IntoIterator<Item = T>) -> Self {
        let frame = |data: T| format!("data: {}\n\n", data.as_ref());
        Self::chunks("text/event-stream", events.into_iter().map(frame))
    }

    /// Server-sent events with names, for protocols that use them.
    pub fn named_events<'a>(events: impl IntoIterator<Item = (&'a str, Value)>) -> Self {
        let frame = |(name, data): (&str, Value)| format!("event: {name}\ndata: {data}\n\n");
        Self::chunks("text/event-stream", events.into_iter().map(frame))
    }

    /// One JSON document a line.
    pub fn lines(lines: impl IntoIterator<Item = Value>) -> Self {
        let line = |line: Value| format!("{line}\n");
        Self::chunks("application/x-ndjson", lines.into_iter().map(line))
    }

    /// A failure in the `OpenAI` envelope, with a message that fits the status.
    pub fn error(status: u16) -> Self {
        let (kind, code, message) = match status {
            400 => ("invalid_request_error", "invalid_value", "Invalid value."),
            401 => (
                "invalid_request_error",
                "invalid_api_key",
                "Incorrect API key provided.",
            ),
            404 => (
                "invalid_request_error",
                "model_not_found",
                "The model does not exist.",
            ),
            429 => (
                "rate_limit_error",
                "rate_limit_exceeded",
                "Rate limit reached.",
            ),
            _ => (
                "server_error",
                "server_error",
                "The server had an error while processing your request.",
            ),
        };
        Self::error_with(status, kind, code, message)
    }

    /// A failure in the `OpenAI` envelope.
    pub fn error_with(status: u16, kind: &str, code: &str, message: &str) -> Self {
        let error = json!({ "message": message, "type": kind, "param": null, "code": code });
        Self::json(&json!({ "error": error })).status(status)
    }

    /// A page of HTML, as proxies and captive portals send it.
    pub fn html() -> Self {
        let page = "<!doctype html><html><body><h1>Bad Gateway</h1></body></html>";
        Self::body("text/html", page)
    }

    /// A redirect.
    pub fn redirect(location: &str) -> Self {
        Self::body("text/plain", "moved")
            .status(302)
            .header("location", location)
    }

    /// Bytes that need not be HTTP, then the connection is closed.
    pub fn wire(bytes: impl Into<Bytes>) -> Self {
        Self::of(200, Content::Wire(bytes.into()))
    }

    /// Reads the request and never answers.
    pub fn hang() -> Self {
        Self::text("").hold(&Gate::new())
    }

    /// Reads the request and resets the connection.
    pub fn reset() -> Self {
        Self::text("").failing(Point::BeforeHead, Fault::Reset)
    }

    /// Reads the request and closes the connection.
    pub fn close() -> Self {
        Self::text("").failing(Point::BeforeHead, Fault::Cut)
    }

    fn of(status: u16, content: Content) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content,
            latency: Duration::ZERO,
            head_gate: None,
            gates: Vec::new(),
            split: None,
            truncate: None,
            fault: None,
        }
    }
}

/// The head.
impl Reply {
    /// Sends this status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Sends this header, in place of one that is sent anyway.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Asks the client to wait so many seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        self.header("retry-after", &seconds.to_string())
    }
}

/// Completions only; calling one of these on another reply is a mistake in the test.
impl Reply {
    /// Reports this usage.
    #[must_use]
    pub fn usage(self, prompt: i64, completion: i64) -> Self {
        let total = prompt + completion;
        self.usage_json(json!({
            "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total,
        }))
    }

    /// Reports this as usage, however wrong.
    #[must_use]
    pub fn usage_json(self, usage: Value) -> Self {
        self.completion(|completion| completion.usage = Some(usage))
    }

    /// Reports no usage.
    #[must_use]
    pub fn no_usage(self) -> Self {
        self.completion(|completion| completion.usage = None)
    }

    /// Ends for this reason instead of `stop`.
    #[must_use]
    pub fn finish(self, reason: &str) -> Self {
        self.completion(|completion| completion.finish = Some(reason.to_owned()))
    }

    /// Never says why it ended.
    #[must_use]
    pub fn no_finish(self) -> Self {
        self.completion(|completion| completion.finish = None)
    }

    /// Ends a stream without `[DONE]`.
    #[must_use]
    pub fn no_done(self) -> Self {
        self.completion(|completion| completion.is_done = false)
    }

    /// Calls a tool.
    #[must_use]
    pub fn tool_call(self, id: &str, name: &str, arguments: &str) -> Self {
        let call = json!({
            "id": id, "type": "function", "function": { "name": name, "arguments": arguments },
        });
        self.completion(|completion| {
            completion.tool_calls.push(call);
            completion.finish = Some("tool_calls".to_owned());
        })
    }

    /// Sends this event after `pieces` pieces of a stream and nothing after it.
    #[must_use]
    pub fn event_after(self, pieces: usize, event: &str) -> Self {
        self.completion(|completion| completion.last_event = Some((pieces, event.to_owned())))
    }

    /// Answers as this model, whatever was asked for.
    #[must_use]
    pub fn as_model(self, model: &str) -> Self {
        self.completion(|completion| completion.model = Some(model.to_owned()))
    }

    fn completion(mut self, change: impl FnOnce(&mut Completion)) -> Self {
        match &mut self.content {
            Content::Completion(completion) => change(completion),
            other => panic!("only a completion has usage, a finish reason and so on: {other:?}"),
        }
        self
    }
}

/// Waiting and breaking. A piece is a piece of text of a streamed completion, or a whole body.
impl Reply {
    /// Waits at the gate before anything is sent.
    #[must_use]
    pub fn hold(mut self, gate: &Gate) -> Self {
        self.head_gate = Some(gate.clone());
        self
    }

    /// Waits at the gate before piece `piece`, counted from 0. The head has been sent by then.
    #[must_use]
    pub fn hold_before(mut self, piece: usize, gate: &Gate) -> Self {
        self.gates.push((At::Piece(piece), gate.clone()));
        self
    }

    /// Waits at the gate before each piece.
    #[must_use]
    pub fn hold_each(mut self, gate: &Gate) -> Self {
        self.gates.push((At::EveryPiece, gate.clone()));
        self
    }

    /// Sends the head and `pieces` pieces, then nothing, and leaves the connection open.
    #[must_use]
    pub fn stall_after(self, pieces: usize) -> Self {
        self.hold_before(pieces, &Gate::new())
    }

    /// Takes this long until the head, by the clock of the runtime.
    ///
    /// For paused time and for benches. A test over real sockets uses a [`Gate`].
    #[must_use]
    pub fn takes(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Sends the body in pieces of `size` bytes, whatever they cut through.
    #[must_use]
    pub fn split_every(mut self, size: usize) -> Self {
        self.split = Some(size.max(1));
        self
    }

    /// Sends the first `bytes` bytes of the body and ends properly, as if that were all.
    #[must_use]
    pub fn truncated(mut self, bytes: usize) -> Self {
        self.truncate = Some(bytes);
        self
    }

    /// Closes the connection after so many pieces.
    #[must_use]
    pub fn cut_after(self, pieces: usize) -> Self {
        self.failing(Point::AfterPieces(pieces), Fault::Cut)
    }

    /// Closes the connection after so many bytes of the body.
    #[must_use]
    pub fn cut_after_bytes(self, bytes: usize) -> Self {
        self.failing(Point::AfterBytes(bytes), Fault::Cut)
    }

    /// Resets the connection after so many pieces; what was sent just before may be lost with it.
    #[must_use]
    pub fn reset_after(self, pieces: usize) -> Self {
        self.failing(Point::AfterPieces(pieces), Fault::Reset)
    }

    /// Closes only the sending side after so many pieces and waits for the client to leave.
    #[must_use]
    pub fn half_close_after(self, pieces: usize) -> Self {
        self.failing(Point::AfterPieces(pieces), Fault::HalfClose)
    }

    fn failing(mut self, point: Point, fault: Fault) -> Self {
        self.fault = Some((point, fault));
        self
    }
}
