//! One exchange about work: encode, send, and read the reply whole or pass it on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{Opening, WorkPiece, read};
use crate::gateway::account::Booking;
use crate::gateway::call::{Caller, read_error};
use crate::gateway::deployments::Deployment;
use crate::gateway::respond::Served;
use crate::provider::transport::Dispatch;
use crate::provider::work::{WorkCall, WorkReply, WorkRequest};
use crate::provider::{AttemptLimits, WireResponse};
use crate::types::clock::Deadline;
use crate::types::failure::{Failure, FailureKind, Limit};
use crate::types::ids::DeploymentId;
use crate::types::plan::RoutePlan;
use crate::types::raw::RawFields;
use crate::types::upload::Form;
use crate::types::usage::Usage;
use crate::types::work::{Measure, Work, WorkTask};

/// Work under way.
pub(super) struct Working<'a> {
    caller: &'a Caller<'a>,
    work: &'a Work,
    targets: Vec<DeploymentId>,
    pieces: &'a mpsc::Sender<WorkPiece>,
    /// Whether the reader has been shown something.
    is_told: AtomicBool,
}

/// What came of it.
pub(super) struct Delivered {
    /// The body, where it was not passed on.
    pub(super) body: Option<RawFields>,
    pub(super) usage: Usage,
    pub(super) measure: Measure,
    /// Until the first piece, where it was passed on.
    pub(super) first: Option<Duration>,
}

impl<'a> Working<'a> {
    pub(super) fn new(
        caller: &'a Caller<'a>,
        work: &'a Work,
        plan: &RoutePlan,
        pieces: &'a mpsc::Sender<WorkPiece>,
    ) -> Self {
        Self {
            caller,
            work,
            targets: plan
                .steps
                .iter()
                .map(|step| step.deployment.clone())
                .collect(),
            pieces,
            is_told: AtomicBool::new(false),
        }
    }

    /// What is known of the work without its reply.
    fn measure(&self) -> Measure {
        match &self.work.task {
            WorkTask::Speech(speech) => Measure {
                characters: speech.input.chars().count() as u64,
                ..Measure::default()
            },
            _ => Measure::default(),
        }
    }

    /// Drawing and listening take their time before anything can be said.
    fn limits(&self, deployment: &Deployment) -> AttemptLimits {
        let limits = deployment.limits;
        match &self.work.task {
            WorkTask::Images(_) | WorkTask::ImageEdits(_) | WorkTask::Transcript(_) => {
                AttemptLimits {
                    first_byte: limits.total,
                    ..limits
                }
            }
            _ => limits,
        }
    }

    async fn whole(
        &self,
        call: &WorkCall<'_>,
        deployment: &Deployment,
        response: WireResponse,
        until: Deadline,
    ) -> Result<Delivered, Failure> {
        let speaker = speaker(deployment)?;
        let mut bytes = self.read(response).await?;
        while let Some(pending) = speaker.pending(call, &bytes)? {
            let ahead = self.caller.engine.clock.now() + pending.after;
            if ahead >= until.at() {
                let limit = deployment.limits.total;
                return Err(Failure::timeout(Limit::Total, limit));
            }
            tokio::time::sleep_until(ahead).await;
            let limits = AttemptLimits {
                total: until.remaining(ahead),
                ..deployment.limits
            };
            let response = self
                .send(pending.request.into(), deployment, limits)
                .await?;
            bytes = self.read(response).await?;
        }
        let WorkReply {
            body,
            usage,
            measure,
        } = speaker.decode(call, &bytes)?;
        Ok(Delivered {
            body: Some(body),
            usage,
            measure,
            first: None,
        })
    }

    async fn read(&self, mut response: WireResponse) -> Result<Vec<u8>, Failure> {
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
        Ok(bytes)
    }

    /// Sends a request; a reply that is no success is a failure.
    async fn send(
        &self,
        request: WorkRequest,
        deployment: &Deployment,
        limits: AttemptLimits,
    ) -> Result<WireResponse, Failure> {
        let dispatch = Dispatch {
            request: request.wire,
            upload: request.upload,
            credential: deployment.credential.as_ref(),
            proxy: deployment.proxy.as_deref(),
            limits,
            deadline: self.caller.deadline,
        };
        let response = self.caller.engine.transport.send(dispatch).await?;
        if (200..300).contains(&response.status) {
            return Ok(response);
        }
        Err(read_error(deployment, response).await)
    }

    /// Hands the reply on, piece by piece. Until the first piece nothing is told, so that another
    /// attempt can take its place.
    async fn passed(
        &self,
        deployment: &Deployment,
        mut response: WireResponse,
        started: Instant,
    ) -> Result<Delivered, Failure> {
        let media = self.media(&response)?;
        let mut ending = Ending::of(&media);
        let mut opening = Some(Opening {
            media,
            served: Served {
                model: deployment.model.clone(),
                provider: deployment.provider.clone(),
            },
        });
        let mut first = None;
        while let Some(chunk) = response.body.next().await {
            let chunk = chunk?;
            if chunk.is_empty() {
                continue;
            }
            ending.see(&chunk);
            if let Some(opening) = opening.take() {
                first = Some(self.caller.engine.clock.now() - started);
                self.tell(WorkPiece::Head(opening)).await?;
            }
            self.tell(WorkPiece::Bytes(chunk)).await?;
        }
        if !ending.was_seen() {
            return Err(Failure::truncated("the events ended without the last one"));
        }
        if let Some(opening) = opening {
            if matches!(self.work.task, WorkTask::Speech(_)) {
                return Err(Failure::invalid("the reply is empty"));
            }
            // Nothing was said in the recording.
            self.tell(WorkPiece::Head(opening)).await?;
        }
        Ok(Delivered {
            body: None,
            usage: Usage::default(),
            measure: self.measure(),
            first,
        })
    }

    /// The media type of what is passed on. A web page or a JSON document is neither sound nor
    /// the text of one.
    fn media(&self, response: &WireResponse) -> Result<HeaderValue, Failure> {
        let media = response.headers.get(CONTENT_TYPE).cloned();
        let text = media.as_ref().and_then(|media| media.to_str().ok());
        let text = text.unwrap_or_default().to_ascii_lowercase();
        if text.starts_with("text/html") || text.starts_with("application/json") {
            let message = format!("the reply is of type `{text}` and not what was asked for");
            return Err(Failure::invalid(message));
        }
        let usual = match &self.work.task {
            WorkTask::Speech(_) => "application/octet-stream",
            _ => "text/plain; charset=utf-8",
        };
        Ok(media.unwrap_or(HeaderValue::from_static(usual)))
    }

    async fn tell(&self, piece: WorkPiece) -> Result<(), Failure> {
        self.is_told.store(true, Ordering::Release);
        self.pieces
            .send(piece)
            .await
            .map_err(|_| Failure::new(FailureKind::Interrupted, "the reader left"))
    }
}

impl Working<'_> {
    /// Where it may be done, in order.
    pub(super) fn targets(&self) -> &[DeploymentId] {
        &self.targets
    }

    /// Whether nothing may be tried again: a part of the reply has been passed on, or a part of
    /// the request is gone.
    pub(super) fn is_spent(&self) -> bool {
        let sent = self.work.form().is_some_and(Form::is_spent);
        sent || self.is_told.load(Ordering::Acquire)
    }

    /// Estimated tokens of what is asked.
    pub(super) fn input_tokens(&self) -> u64 {
        read::input_tokens(self.work)
    }

    /// One exchange.
    pub(super) async fn exchange(
        &self,
        deployment: &Arc<Deployment>,
        booking: &mut Booking<'_>,
    ) -> Result<Delivered, Failure> {
        let engine = self.caller.engine;
        if !matches!(
            self.work.task,
            WorkTask::Embeddings(_) | WorkTask::Rerank(_)
        ) {
            booking.is_not_text();
        }
        let call = WorkCall {
            endpoint: &deployment.endpoint,
            upstream_model: &deployment.upstream_model,
            work: self.work,
        };
        let request = speaker(deployment)?.encode(&call)?;
        let started = engine.clock.now();
        let deadline = self.caller.deadline;
        let limits = self.limits(deployment);
        let response = self.send(request, deployment, limits).await?;
        if self.work.is_streamed() {
            self.passed(deployment, response, started).await
        } else {
            let until = deadline.tighten(started, deployment.limits.total);
            self.whole(&call, deployment, response, until).await
        }
    }
}

/// Watches events that are passed on for the one that says that all is told. Sound and plain text
/// end where their body ends.
struct Ending {
    is_seen: bool,
    /// The end of what was seen, for a name that two chunks share.
    tail: Vec<u8>,
}

/// Names of last events; the quote after them keeps them apart from words of a text, where a
/// quote would be escaped.
const LAST_EVENTS: [&[u8]; 5] = [
    b"transcript.text.done\"",
    b"speech.audio.done\"",
    b"image_generation.completed\"",
    b"image_edit.completed\"",
    b"[DONE]",
];

impl Ending {
    fn of(media: &HeaderValue) -> Self {
        Self {
            is_seen: !media.as_bytes().starts_with(b"text/event-stream"),
            tail: Vec::new(),
        }
    }

    fn see(&mut self, chunk: &Bytes) {
        if self.is_seen {
            return;
        }
        self.tail.extend_from_slice(chunk);
        let find = |name: &&[u8]| memchr::memmem::find(&self.tail, name).is_some();
        self.is_seen = LAST_EVENTS.iter().any(find);
        let keep = self.tail.len().saturating_sub(64);
        self.tail.drain(..keep);
    }

    fn was_seen(&self) -> bool {
        self.is_seen
    }
}

fn speaker(deployment: &Deployment) -> Result<crate::provider::work::WorkSpeaker, Failure> {
    let vendor = deployment.endpoint.vendor;
    deployment.adapter.0.work(vendor).ok_or_else(|| {
        let name = deployment.adapter.0.name();
        Failure::unsupported(format!("the protocol `{name}` carries conversations only"))
    })
}
