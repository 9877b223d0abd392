//! A run as the body of a stream: pieces in the client's dialect, signs of life while nothing is
//! said, and an honest end.
//!
//! Finish reasons are held back until the run is over, so a stream that fails after its last piece
//! has none. How a piece, the end and a failure look is the dialect's writer's. Dropping the body
//! drops the run.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use futures_util::StreamExt as _;
use llm_core::gateway::error::{GatewayError, millis};
use llm_core::gateway::respond::Completion;
use llm_core::gateway::shapes::{bill_json, cost_json, usage_json};
use llm_core::gateway::stream::{Piece, RunStream};
use llm_core::provider::dialects::{Ending, Fault, ReplyWriter};
use llm_core::provider::protocols::openai::{Reply, ReplyHead};
use llm_core::types::code::Code;
use llm_core::types::event::StreamEvent;
use llm_core::types::money::Cost;
use llm_core::types::run_event::{EventNumbering, RunEvent};
use llm_core::types::usage::Usage;
use serde_json::Value;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::completion::{metadata, own_fields};
use crate::converse::Keep;
use crate::error;
use crate::progress::Seen;
use crate::visit::Visit;

/// The name of the events that tell what happens meanwhile.
const OWN_EVENT: &str = "llm_cooperation";

/// Bytes after which no more is added to a piece before it is sent.
const FULL: usize = 16 * 1024;

/// What a stream needs besides its run.
pub struct Manner {
    /// Our id of the reply.
    pub reply_id: String,
    /// Whether the client wants to see what happens meanwhile.
    pub events: bool,
    /// What the caller should know.
    pub warnings: Vec<String>,
    /// Where the answer is kept, if it is.
    pub keep: Option<Keep>,
}

/// The body of a streamed reply.
pub struct EventBody {
    run: RunStream,
    visit: Visit,
    manner: Manner,
    seen: Seen,
    writer: Box<dyn ReplyWriter>,
    /// Made when the answer begins, because only then it is known who gives it.
    head: Option<ReplyHead>,
    /// Finish reasons, until the run is over.
    held: Vec<StreamEvent>,
    numbering: EventNumbering,
    ready: VecDeque<Bytes>,
    is_over: bool,
    silence: Pin<Box<Sleep>>,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl EventBody {
    /// The body of a run whose beginning has been seen, as far as it has begun.
    pub fn new(run: RunStream, visit: Visit, manner: Manner, writer: Box<dyn ReplyWriter>) -> Self {
        let cut = visit.app.ending().cut.clone().cancelled_owned();
        let until = visit.app.clock().now() + visit.app.options().keep_alive;
        Self {
            numbering: EventNumbering::new(visit.id.as_str()),
            seen: Seen::default(),
            writer,
            head: None,
            held: Vec::new(),
            ready: VecDeque::new(),
            is_over: false,
            silence: Box::pin(tokio::time::sleep_until(until)),
            cut: Box::pin(cut),
            run,
            visit,
            manner,
        }
    }

    fn tell(&mut self, piece: Piece) {
        match piece {
            Piece::Progress(event) => {
                self.seen.note(&event);
                if self.manner.events {
                    self.own_event(event);
                }
            }
            Piece::Answer(event @ StreamEvent::Finish { .. }) => self.held.push(event),
            Piece::Answer(event) => {
                self.write(|writer, out| writer.event(&event, out));
            }
            Piece::Done(completion) => self.done(&completion),
            Piece::Failed(error) => self.failed(&error),
        }
    }

    fn done(&mut self, completion: &Completion) {
        self.visit.record.completed(completion);
        let own = match own_fields(completion, &self.manner.warnings) {
            Ok(own) => own,
            Err(error) => return self.failed(&error),
        };
        if self.manner.events {
            self.own_event(RunEvent::RunCompleted {
                result: Arc::new(metadata(completion, &self.manner.warnings)),
                usage: usage_json(&completion.answer.usage),
                cost: bill_json(&completion.bill),
                duration_ms: millis(completion.duration),
            });
        }
        let finishes = std::mem::take(&mut self.held);
        let ending = Ending {
            finishes: &finishes,
            usage: completion.answer.usage,
            own: &own,
        };
        if let Err(failure) = self.write(|writer, out| writer.end(&ending, out)) {
            return self.failed(&failure.into());
        }
        self.is_over = true;
        if let (Some(keep), Some(head)) = (self.manner.keep.take(), &self.head) {
            let reply = Reply {
                head,
                answer: &completion.answer,
                own: &own,
            };
            if let Ok(body) = self.writer.whole(&reply) {
                keep.keep(&head.id, body, &completion.answer);
            }
        }
    }

    fn failed(&mut self, error: &GatewayError) {
        self.visit.record.failed(error);
        let object = error::object(error, &self.visit.id);
        if self.manner.events {
            self.own_event(RunEvent::RunFailed {
                error: object.clone(),
                usage: usage_json(&Usage::default()),
                cost: cost_json(&Cost::Unknown),
                duration_ms: millis(self.visit.elapsed()),
            });
        }
        let fault = Fault {
            row: error.row(),
            object: &object,
        };
        let mut out = Vec::new();
        self.writer.failed(&fault, &mut out);
        self.ready.extend(out.into_iter().map(Bytes::from));
        self.is_over = true;
    }

    fn own_event(&mut self, event: RunEvent) {
        let now = self.visit.app.clock().wall();
        let record = self.numbering.record(event, now);
        let text = serde_json::to_string(&record).unwrap_or_else(|_| Value::Null.to_string());
        self.ready
            .push_back(Bytes::from(format!("event: {OWN_EVENT}\ndata: {text}\n\n")));
    }

    /// Has the dialect write something, after its beginning where that is not out yet.
    fn write<T>(&mut self, write: impl FnOnce(&mut dyn ReplyWriter, &mut Vec<String>) -> T) -> T {
        let mut out = Vec::new();
        if self.head.is_none() {
            let head = ReplyHead {
                id: self.manner.reply_id.clone(),
                created: self.visit.app.clock().wall().as_second(),
                model: self.seen.model().unwrap_or_default(),
            };
            self.writer.begin(head.clone(), &mut out);
            self.head = Some(head);
        }
        let result = write(&mut *self.writer, &mut out);
        self.ready.extend(out.into_iter().map(Bytes::from));
        result
    }

    /// Bytes that could go out.
    fn waiting(&self) -> usize {
        self.ready.iter().map(Bytes::len).sum()
    }

    /// Everything that could go out, as one piece.
    fn together(&mut self) -> Option<Bytes> {
        if self.ready.len() <= 1 {
            return self.ready.pop_front();
        }
        let mut all = BytesMut::with_capacity(self.waiting());
        for bytes in self.ready.drain(..) {
            all.extend_from_slice(&bytes);
        }
        Some(all.freeze())
    }

    /// Puts off the next keep-alive comment.
    fn spoken(&mut self) {
        let app = &self.visit.app;
        let until: Instant = app.clock().now() + app.options().keep_alive;
        self.silence.as_mut().reset(until);
    }
}

impl Stream for EventBody {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            // What has arrived already goes out together: one write instead of one for each piece.
            while !self.is_over && self.waiting() < FULL {
                match self.run.poll_next_unpin(cx) {
                    Poll::Ready(Some(piece)) => self.tell(piece),
                    Poll::Ready(None) => {
                        self.failed(&GatewayError::internal("the run ended without a result"));
                    }
                    Poll::Pending => break,
                }
            }
            if let Some(bytes) = self.together() {
                self.spoken();
                return Poll::Ready(Some(Ok(bytes)));
            }
            if self.is_over {
                return Poll::Ready(None);
            }
            if self.cut.as_mut().poll(cx).is_ready() {
                let message = "the gateway is shutting down";
                self.failed(&GatewayError::new(Code::Draining, message));
                continue;
            }
            if self.silence.as_mut().poll(cx).is_ready() {
                let sign = self.writer.keep_alive();
                self.ready.push_back(Bytes::from_static(sign.as_bytes()));
                continue;
            }
            return Poll::Pending;
        }
    }
}
