//! Answers a request of any dialect, whole or streamed. What is read and written is the dialect's;
//! headers, statuses and the beginning of a stream are alike for all.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use llm_core::gateway::asked::{Asked, wire_error};
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::stream::Piece;
use llm_core::provider::dialects::{Address, Dialect, ReplyWriter, Spoken};
use llm_core::provider::protocols::openai::{Reply, ReplyHead};
use llm_core::types::answer::Answer;
use llm_core::types::ids::RequestId;
use llm_core::types::message::Message;
use llm_core::types::raw::RawFields;
use llm_core::types::tokens;

use crate::app::App;
use crate::completion;
use crate::error::ApiError;
use crate::headers::{timing, warned};
use crate::kept::{Kept, Limits, Owner, turn};
use crate::progress::Seen;
use crate::sse::{EventBody, Manner};
use crate::visit::{Call, json_text};

const EVENTS: &str = "text/event-stream";

/// A request to answer.
pub struct Question {
    /// What is asked.
    pub asked: Asked,
    /// Writes the reply.
    pub writer: Box<dyn ReplyWriter>,
    /// What the ids of replies begin with.
    pub id_prefix: &'static str,
    /// Where the answer is kept, if it is.
    pub keep: Option<Keep>,
}

/// Keeps the answer to a request.
pub struct Keep {
    /// The server.
    pub app: Arc<App>,
    /// Whose it will be.
    pub owner: Owner,
    /// What was said before.
    pub conversation: Vec<Message>,
    /// How much is kept.
    pub limits: Limits,
}

impl Keep {
    /// Keeps an answer and the body of its reply.
    pub fn keep(self, id: &str, body: String, answer: &Answer) {
        let mut conversation = self.conversation;
        conversation.push(turn(answer));
        let kept = Kept {
            id: id.to_owned(),
            owner: self.owner,
            body,
            conversation,
        };
        let now = self.app.clock().now();
        self.app.responses().put(kept, self.limits, now);
    }
}

impl Question {
    /// Reads a body.
    pub fn read(
        dialect: Dialect,
        call: &Call,
        body: RawFields,
        address: &Address,
    ) -> Result<Self, ApiError> {
        let Spoken {
            parsed,
            warnings,
            writer,
        } = dialect.read(body, address).map_err(wire_error)?;
        let asked = Asked::of_dialect(parsed, warnings, &call.visit.app.prompts())?;
        if asked.events && writer.media_type() != EVENTS {
            let message = "can only be seen in a stream of events";
            return Err(GatewayError::invalid("llm_cooperation.events", message).into());
        }
        Ok(Self {
            asked,
            writer,
            id_prefix: dialect.id_prefix(),
            keep: None,
        })
    }

    /// Answers it, whole or streamed, as it asks.
    pub async fn answer(self, call: Call) -> Result<Response, ApiError> {
        if self.asked.stream {
            self.streamed(call).await
        } else {
            self.whole(call).await
        }
    }

    async fn whole(mut self, call: Call) -> Result<Response, ApiError> {
        let asked = self.asked;
        let completion = completion::run(&call, asked.ask, asked.user).await?;
        let own = completion::own_fields(&completion, &asked.warnings)?;
        let head = ReplyHead {
            id: reply_id(self.id_prefix, &call.visit.id),
            created: call.visit.app.clock().wall().as_second(),
            model: completion.served.model.to_string(),
        };
        let reply = Reply {
            head: &head,
            answer: &completion.answer,
            own: &own,
        };
        let text = self.writer.whole(&reply).map_err(GatewayError::from)?;
        if let Some(keep) = self.keep {
            keep.keep(&head.id, text.clone(), &completion.answer);
        }
        let mut response = completion::with_headers(json_text(text), &call, &completion);
        let warnings = asked.warnings.iter().chain(&completion.warnings);
        warned(response.headers_mut(), warnings);
        Ok(response)
    }

    /// The head of the reply waits until the answer begins, so that a failure before that has its
    /// own status; but not longer than the grace, because clients and proxies give up on silence. A
    /// reader who wants to see the progress gets the head as soon as the request is routed. What
    /// fails later is told in the stream.
    async fn streamed(self, call: Call) -> Result<Response, ApiError> {
        let asked = self.asked;
        let app = &call.visit.app;
        let grace = app.options().stream_grace;
        let mut inbound = call.inbound(asked.ask, asked.user);
        inbound.explains = asked.events;
        call.visit.record.update(|facts| facts.streamed = true);
        let mut run = app.gateway().stream(inbound, asked.events);
        if asked.events {
            run.first().await?;
        } else if let Ok(begun) = tokio::time::timeout(grace, run.head()).await {
            begun?;
        }
        let mut seen = Seen::default();
        for piece in run.seen() {
            if let Piece::Progress(event) = piece {
                seen.note(event);
            }
        }
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        let media_type = self.writer.media_type();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        // Proxies that buffer would hold pieces back until there are enough of them.
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        seen.served().write(headers);
        warned(headers, &asked.warnings);
        let until_head: Duration = call.visit.elapsed();
        timing(headers, &[("head", until_head)]);
        let manner = Manner {
            reply_id: reply_id(self.id_prefix, &call.visit.id),
            events: asked.events,
            warnings: asked.warnings,
            keep: self.keep,
        };
        let body = EventBody::new(run, call.visit, manner, self.writer);
        Ok(response.map(|_| Body::from_stream(body)))
    }
}

/// Tokens of a request, estimated, once it is certain that somebody could be asked.
pub fn estimated(call: &Call, question: Question) -> Result<u64, ApiError> {
    let tokens = tokens::of_request(&question.asked.ask.chat);
    let inbound = call.inbound(question.asked.ask, question.asked.user);
    call.visit.app.gateway().explain(inbound)?;
    Ok(tokens)
}

/// The reply's id in the dialect.
fn reply_id(prefix: &str, id: &RequestId) -> String {
    format!("{prefix}{}", id.as_str().trim_start_matches("req_"))
}
