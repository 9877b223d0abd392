//! One exchange with a provider: encode, send, and read the reply whole or as it arrives.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use tokio::time::Instant;

use super::Caller;
use super::attempt::{Lane, announce_start, superseded};
use super::splice::Splice;
use crate::gateway::account::Booking;
use crate::gateway::deployments::Deployment;
use crate::provider::frames::Framer;
use crate::provider::transport::{Dispatch, Wait};
use crate::provider::{Call, ErrorReply, Framing, StreamDecoder, WireResponse};
use crate::types::answer::{Answer, Gather};
use crate::types::caller::CallOrder;
use crate::types::event::StreamEvent;
use crate::types::failure::{Failure, FailureKind, Limit};
use crate::types::run_event::{EventSink, RunEvent};

/// Most of an error body that is read.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// A reply.
pub(super) struct Reply {
    pub(super) answer: Answer,
    /// Until the first content, where the reply was streamed.
    pub(super) first_token: Option<Duration>,
}

/// Sends one order to one deployment.
pub(super) async fn run(
    caller: &Caller<'_>,
    order: &CallOrder<'_>,
    deployment: &Arc<Deployment>,
    booking: &mut Booking<'_>,
    lane: Lane<'_>,
) -> Result<Reply, Failure> {
    let engine = caller.engine;
    let wants_pieces =
        (order.is_final && order.events.is_listening()) || order.events.wants_member_deltas();
    let request = deployment.adapter.0.encode(&Call {
        endpoint: &deployment.endpoint,
        upstream_model: &deployment.upstream_model,
        request: &order.request,
        defaults: deployment.defaults,
        stream: wants_pieces,
    })?;
    let started = engine.clock.now();
    let dispatch = Dispatch {
        upload: None,
        request,
        credential: deployment.credential.as_ref(),
        proxy: deployment.proxy.as_deref(),
        limits: lane.limits,
        deadline: caller.deadline,
    };
    let response = engine.transport.send(dispatch).await?;
    if !(200..300).contains(&response.status) {
        return Err(read_error(deployment, response).await);
    }
    let reader = Reader {
        caller,
        order,
        deployment,
        started,
        lane,
        splice: lane.told.splice(),
    };
    if wants_pieces && !is_whole(deployment, &response.headers) {
        reader.pieces(response, booking).await
    } else {
        reader.whole(response, booking, wants_pieces).await
    }
}

/// Whether a provider that was asked for a stream sends one JSON document all the same.
fn is_whole(deployment: &Deployment, headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    deployment.adapter.0.framing() == Framing::Sse
        && (kind.starts_with("application/json") || kind.starts_with("text/html"))
}

/// Reads an unsuccessful reply.
pub(in crate::gateway) async fn read_error(
    deployment: &Deployment,
    response: WireResponse,
) -> Failure {
    let WireResponse {
        status,
        headers,
        mut body,
    } = response;
    let mut bytes = Vec::new();
    // What arrives of an error body is enough; one that breaks off still has its status.
    while let Some(Ok(chunk)) = body.next().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= MAX_ERROR_BYTES {
            bytes.truncate(MAX_ERROR_BYTES);
            break;
        }
    }
    let reply = ErrorReply {
        status,
        headers: &headers,
        body: &bytes,
    };
    if (300..400).contains(&status) {
        let message = "the provider answered with a redirect, which is not followed";
        return Failure::new(FailureKind::Redirect, message).with_status(status);
    }
    deployment.adapter.0.decode_error(&reply)
}

struct Reader<'r, 'a> {
    caller: &'r Caller<'r>,
    order: &'r CallOrder<'a>,
    deployment: &'r Arc<Deployment>,
    started: Instant,
    lane: Lane<'r>,
    splice: Splice,
}

impl Reader<'_, '_> {
    async fn whole(
        &self,
        mut response: WireResponse,
        booking: &mut Booking<'_>,
        wants_pieces: bool,
    ) -> Result<Reply, Failure> {
        let limit = self.caller.engine.max_reply_bytes;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.body.next().await {
            let chunk = chunk?;
            if bytes.len() + chunk.len() > limit {
                let message = format!("the reply is larger than the {limit} bytes allowed");
                return Err(Failure::invalid(message).with_status(response.status));
            }
            bytes.extend_from_slice(&chunk);
        }
        let answer = self.deployment.adapter.0.decode(&bytes)?;
        booking.received(answer.text());
        self.claim().await?;
        if wants_pieces {
            for event in events_of(&answer) {
                self.pass_on(event).await?;
            }
        }
        Ok(Reply {
            answer,
            first_token: None,
        })
    }

    async fn pieces(
        &self,
        mut response: WireResponse,
        booking: &mut Booking<'_>,
    ) -> Result<Reply, Failure> {
        let engine = self.caller.engine;
        let adapter = self.deployment.adapter.0;
        let mut stream = Pieces {
            framer: Framer::new(adapter.framing(), engine.max_event_bytes),
            decoder: adapter.stream_decoder(),
            frames: Vec::new(),
            events: Vec::new(),
        };
        let mut gather = Gather::default();
        let mut first_token = None;
        // While another attempt may answer first, nothing is told that could not be taken back.
        let mut held = Vec::new();
        loop {
            let wait = self.wait_for_token();
            let next = if first_token.is_none() {
                // Until the first content the limit counts from the start of the attempt; after
                // it the body keeps its own idle limit.
                tokio::time::timeout_at(wait.until(), response.body.next())
                    .await
                    .map_err(|_| wait.failure())?
            } else {
                response.body.next().await
            };
            let is_over = next.is_none();
            match next {
                Some(chunk) => stream.push(&chunk?)?,
                None => stream.end()?,
            }
            for event in stream.events.drain(..) {
                if event.is_content() && first_token.is_none() {
                    first_token = Some(engine.clock.now() - self.started);
                    self.claim().await?;
                    self.pass_all_on(&mut held).await?;
                }
                note(booking, &event);
                gather.push(&event);
                if self.lane.is_racing() && first_token.is_none() {
                    held.push(event);
                } else {
                    self.pass_on(event).await?;
                }
            }
            if gather.size() > engine.max_reply_bytes {
                return Err(Failure::invalid(
                    "the streamed reply is larger than allowed",
                ));
            }
            if is_over {
                self.claim().await?;
                self.pass_all_on(&mut held).await?;
                return Ok(Reply {
                    answer: gather.finish(),
                    first_token,
                });
            }
        }
    }

    fn wait_for_token(&self) -> Wait {
        let limits = self.lane.limits;
        Wait {
            started: self.started,
            limit: Limit::FirstToken,
            allowed: limits.first_token,
            total: self.caller.deadline.tighten(self.started, limits.total),
            deadline: self.caller.deadline,
        }
    }

    /// Makes the answer this attempt's, or ends it: another one was first.
    async fn claim(&self) -> Result<(), Failure> {
        let is_first_claim = self.lane.is_hedge() && !self.lane.is_claimed();
        if !self.lane.claims() {
            return Err(superseded());
        }
        if is_first_claim {
            announce_start(self.order, self.deployment).await;
        }
        Ok(())
    }

    async fn pass_all_on(&self, held: &mut Vec<StreamEvent>) -> Result<(), Failure> {
        for event in held.drain(..) {
            self.pass_on(event).await?;
        }
        Ok(())
    }

    async fn pass_on(&self, event: StreamEvent) -> Result<(), Failure> {
        let events: &EventSink = self.order.events;
        if self.order.is_final {
            if let Some(event) = self.splice.filter(event)? {
                if self.caller.engine.continue_streams {
                    self.lane.told.note(&event);
                }
                events.emit_final(event).await;
            }
        } else if events.wants_member_deltas() {
            let (kind, text) = match event {
                StreamEvent::Text { text, .. } => ("text", text),
                StreamEvent::Reasoning { text, .. } => ("reasoning", text),
                StreamEvent::ToolCall { arguments, .. } => ("tool_call", arguments),
                _ => return Ok(()),
            };
            let member = self.order.member.label.clone();
            events
                .emit(RunEvent::ModelDelta { member, kind, text })
                .await;
        }
        Ok(())
    }
}

/// A stream being cut into frames and decoded.
struct Pieces {
    framer: Framer,
    decoder: Box<dyn StreamDecoder>,
    frames: Vec<crate::provider::Frame>,
    events: Vec<StreamEvent>,
}

impl Pieces {
    fn push(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.framer.push(bytes, &mut self.frames)?;
        self.decode()
    }

    fn end(&mut self) -> Result<(), Failure> {
        self.framer.finish(&mut self.frames)?;
        self.decode()?;
        self.decoder.end(&mut self.events)
    }

    fn decode(&mut self) -> Result<(), Failure> {
        for frame in self.frames.drain(..) {
            self.decoder.frame(&frame, &mut self.events)?;
        }
        Ok(())
    }
}

fn note(booking: &mut Booking<'_>, event: &StreamEvent) {
    match event {
        StreamEvent::Text { text, .. }
        | StreamEvent::Reasoning { text, .. }
        | StreamEvent::Refusal { text, .. } => booking.received(text),
        StreamEvent::ToolCall { arguments, .. } => booking.received(arguments),
        _ => {}
    }
}

/// A whole answer as the events it would have been streamed as.
pub(in crate::gateway) fn events_of(answer: &Answer) -> Vec<StreamEvent> {
    let mut events = vec![StreamEvent::Start {
        id: answer.id.clone(),
        model: answer.upstream_model.clone(),
    }];
    for one in &answer.choices {
        let choice = one.index;
        if let Some(reasoning) = &one.reasoning {
            events.push(StreamEvent::Reasoning {
                choice,
                text: reasoning.text.clone(),
            });
            if let Some(signature) = reasoning.signature.clone() {
                events.push(StreamEvent::ReasoningSignature { choice, signature });
            }
        }
        if let Some(text) = one.refusal.clone() {
            events.push(StreamEvent::Refusal { choice, text });
        }
        if !one.text.is_empty() {
            events.push(StreamEvent::Text {
                choice,
                text: one.text.clone(),
            });
        }
        for (index, call) in (0_u32..).zip(&one.tool_calls) {
            events.push(StreamEvent::ToolCall {
                choice,
                index,
                id: Some(call.id.clone()),
                name: Some(call.name.clone()),
                arguments: call.arguments.clone(),
            });
        }
        events.push(StreamEvent::Finish {
            choice,
            reason: one.finish.clone(),
        });
    }
    if answer.usage.is_known() {
        events.push(StreamEvent::Usage(answer.usage));
    }
    events
}
