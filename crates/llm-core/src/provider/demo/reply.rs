//! From what is simulated to bytes: status, headers, body, and the pauses between its pieces.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::behaviour::{Behaviour, Kind};
use super::tokens;
use crate::provider::WireResponse;
use crate::provider::protocols::openai::{ChunkWriter, Reply, ReplyHead};
use crate::provider::transport::Wait;
use crate::types::answer::{Answer, Choice};
use crate::types::chat::ChatRequest;
use crate::types::clock::{Clock, Deadline};
use crate::types::event::StreamEvent;
use crate::types::failure::{Failure, Limit};
use crate::types::raw::RawFields;

/// A reply about to be sent.
pub(super) struct Simulated {
    /// The pause before the head; `None` for ever.
    pub(super) before: Option<Duration>,
    status: u16,
    headers: HeaderMap,
    /// Pieces of the body, each with the pause before it.
    body: VecDeque<(Duration, Bytes)>,
}

/// The limits while the body is sent.
pub(super) struct Pace {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) idle: Duration,
    pub(super) total: Deadline,
    pub(super) deadline: Deadline,
}

/// The pause before a reply that needs no thought.
const AT_ONCE: Duration = Duration::from_millis(20);

impl Simulated {
    fn new(status: u16, kind: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        Self {
            before: Some(AT_ONCE),
            status,
            headers,
            body: VecDeque::from([(Duration::ZERO, body.into())]),
        }
    }

    /// A JSON body.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    /// A body of text.
    pub(super) fn text(body: String) -> Self {
        Self::new(200, "text/plain; charset=utf-8", body)
    }

    /// A body in pieces.
    pub(super) fn pieces(kind: &'static str, pieces: impl Iterator<Item = Bytes>) -> Self {
        let mut simulated = Self::new(200, kind, "");
        simulated.body = pieces.map(|piece| (Duration::ZERO, piece)).collect();
        simulated
    }

    /// An error in the protocol's form.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        let message = format!("[simulated] {message}");
        let error = json!({"message": message, "type": code, "param": null, "code": code});
        Self::json(status, &json!({"error": error}))
    }

    /// The reply of a path that gives none.
    pub(super) fn trouble(kind: Kind) -> Option<Self> {
        Some(match kind {
            Kind::Down => Self::error(503, "server_error", "the service is down"),
            Kind::Limited => {
                let mut limited =
                    Self::error(429, "rate_limit_exceeded", "too many requests a minute");
                let wait = HeaderValue::from_static("1");
                limited.headers.insert(RETRY_AFTER, wait);
                limited
            }
            Kind::Unauthorized => Self::error(401, "invalid_api_key", "the key is not valid"),
            Kind::Filtered => Self::error(
                400,
                "content_filter",
                "the content filter refused the question",
            ),
            Kind::Garbage => {
                let page = "<!DOCTYPE html><html><body>[simulated] please log in</body></html>";
                Self::new(200, "text/html", page)
            }
            Kind::Hang => {
                let mut hanging = Self::json(200, &Value::Null);
                hanging.before = None;
                hanging
            }
            _ => return None,
        })
    }

    /// Breaks the body off half-way, in the middle of a piece.
    pub(super) fn cut(mut self) -> Self {
        let keep = self.body.len().div_ceil(2);
        self.body.truncate(keep);
        if let Some((_, last)) = self.body.back_mut() {
            last.truncate(last.len() / 2);
        }
        self
    }

    /// Sends it.
    pub(super) fn into_response(self, pace: Pace) -> WireResponse {
        WireResponse {
            status: self.status,
            headers: self.headers,
            body: paced(self.body, pace),
        }
    }
}

/// The reply that carries an answer.
pub(super) fn answer(
    request: &ChatRequest,
    answer: &Answer,
    behaviour: &Behaviour,
    created: i64,
) -> Simulated {
    let head = ReplyHead {
        id: answer.id.clone(),
        created,
        model: answer.upstream_model.clone(),
    };
    if request.stream {
        let mut simulated = Simulated::new(200, "text/event-stream", "");
        simulated.before = Some(behaviour.first);
        simulated.body = stream(head, answer, behaviour.each, request.include_usage);
        return simulated;
    }
    let own = RawFields::default();
    let reply = Reply {
        head: &head,
        answer,
        own: &own,
    };
    let mut simulated = Simulated::new(200, "application/json", reply.to_json());
    // A whole reply is ready when its last token is.
    let tokens = u32::try_from(answer.usage.output).unwrap_or(u32::MAX);
    simulated.before = Some(behaviour.first + behaviour.each.saturating_mul(tokens));
    simulated
}

/// The events of a stream, each with the pause before it.
fn stream(
    head: ReplyHead,
    answer: &Answer,
    each: Duration,
    include_usage: bool,
) -> VecDeque<(Duration, Bytes)> {
    let mut writer = ChunkWriter::new(head, include_usage);
    let mut body = VecDeque::new();
    let frame = |json: &str| Bytes::from(format!("data: {json}\n\n"));
    for event in answer.choices.iter().flat_map(events) {
        if let Some(chunk) = writer.event(&event) {
            let pause = if event.is_content() {
                each
            } else {
                Duration::ZERO
            };
            body.push_back((pause, frame(&chunk)));
        }
    }
    let _nothing_to_write = writer.event(&StreamEvent::Usage(answer.usage));
    let last = writer.end(&RawFields::default());
    body.extend(last.map(|chunk| (Duration::ZERO, frame(&chunk))));
    body.push_back((Duration::ZERO, frame("[DONE]")));
    body
}

/// One choice as events, a token each.
fn events(choice: &Choice) -> Vec<StreamEvent> {
    let index = choice.index;
    let pieces = |text: &str, event: &dyn Fn(String) -> StreamEvent| -> Vec<StreamEvent> {
        let pieces = tokens::pieces(text).into_iter();
        pieces.map(|piece| event(piece.to_owned())).collect()
    };
    let mut events = Vec::new();
    if let Some(reasoning) = &choice.reasoning {
        events.extend(pieces(&reasoning.text, &|text| StreamEvent::Reasoning {
            choice: index,
            text,
        }));
    }
    events.extend(pieces(&choice.text, &|text| StreamEvent::Text {
        choice: index,
        text,
    }));
    if let Some(refusal) = &choice.refusal {
        events.extend(pieces(refusal, &|text| StreamEvent::Refusal {
            choice: index,
            text,
        }));
    }
    for (position, call) in (0..).zip(&choice.tool_calls) {
        events.push(StreamEvent::ToolCall {
            choice: index,
            index: position,
            id: Some(call.id.clone()),
            name: Some(call.name.clone()),
            arguments: String::new(),
        });
        events.extend(pieces(&call.arguments, &|arguments| {
            StreamEvent::ToolCall {
                choice: index,
                index: position,
                id: None,
                name: None,
                arguments,
            }
        }));
    }
    events.push(StreamEvent::Finish {
        choice: index,
        reason: choice.finish.clone(),
    });
    events
}

/// Sends the pieces with their pauses, as long as the limits allow.
fn paced(
    body: VecDeque<(Duration, Bytes)>,
    pace: Pace,
) -> BoxStream<'static, Result<Bytes, Failure>> {
    let state = Some((body, pace));
    futures_util::stream::unfold(state, |state| async move {
        let (mut body, pace) = state?;
        let (pause, bytes) = body.pop_front()?;
        if pause.is_zero() {
            return Some((Ok(bytes), Some((body, pace))));
        }
        let wait = Wait {
            started: pace.clock.now(),
            limit: Limit::Idle,
            allowed: pace.idle,
            total: pace.total,
            deadline: pace.deadline,
        };
        match tokio::time::timeout_at(wait.until(), tokio::time::sleep(pause)).await {
            Ok(()) => Some((Ok(bytes), Some((body, pace)))),
            Err(_) => Some((Err(wait.failure()), None)),
        }
    })
    .boxed()
}
