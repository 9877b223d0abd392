//! `POST …/chat/completions`, whole and streamed, for both families of clients.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use llm_core::gateway::auth::Permission;
use llm_core::gateway::stream::Piece;
use llm_core::provider::protocols::openai::{Reply as WireReply, ReplyHead};
use llm_core::types::ids::RequestId;
use schemars::SchemaGenerator;

use super::{Door, Group, Reply, Route, Verb, body, handler, words};
use crate::completion;
use crate::error::{ApiError, Shape};
use crate::headers::timing;
use crate::progress::Seen;
use crate::schema;
use crate::sse::{EventBody, Manner};
use crate::visit::{Call, json_text};
use llm_core::gateway::asked::Asked;

pub(super) const ROUTES: &[Route] = &[
    Route {
        path: "/v1/chat/completions",
        group: Group::OpenAi,
        shape: Shape::Standard,
        ..COMPLETION
    },
    Route {
        path: "/api/v1/chat/completions",
        group: Group::Service,
        shape: Shape::Earlier,
        ..COMPLETION
    },
];

const COMPLETION: Route = Route {
    method: Verb::Post,
    path: "",
    door: Door::Needs(Permission::Inference, handler!(create_completion)),
    group: Group::OpenAi,
    summary: words(
        "Answer a conversation, whole or as a stream of events",
        "回答一段对话，可整体返回或以事件流返回",
    ),
    params: &[],
    body: Some(body::<schema::ChatRequest>()),
    reply: Reply::JsonOrEvents(
        SchemaGenerator::subschema_for::<schema::ChatCompletion>,
        SchemaGenerator::subschema_for::<schema::ChatCompletionChunk>,
    ),
    shape: Shape::Standard,
};

async fn create_completion(mut call: Call) -> Result<Response, ApiError> {
    let fields = call.json().await?;
    let asked = Asked::read(fields, &call.visit.app.prompts())?;
    if asked.stream {
        streamed(call, asked).await
    } else {
        whole(call, asked).await
    }
}

async fn whole(call: Call, asked: Asked) -> Result<Response, ApiError> {
    let completion = completion::run(&call, asked.ask, asked.user).await?;
    let own = completion::own_fields(&completion, &asked.warnings)?;
    let head = ReplyHead {
        id: reply_id(&call.visit.id),
        created: call.visit.app.clock().wall().as_second(),
        model: completion.served.model.to_string(),
    };
    let reply = WireReply {
        head: &head,
        answer: &completion.answer,
        own: &own,
    };
    let response = json_text(reply.to_json());
    Ok(completion::with_headers(response, &call, &completion))
}

/// The head of the reply waits until the answer begins, so that a failure before that has its own
/// status; but not longer than the grace, because clients and proxies give up on silence. A reader
/// who wants to see the progress gets the head as soon as the request is routed. What fails later
/// is told in the stream.
async fn streamed(call: Call, asked: Asked) -> Result<Response, ApiError> {
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
    let manner = Manner {
        reply_id: reply_id(&call.visit.id),
        include_usage: asked.include_usage,
        events: asked.events,
        warnings: asked.warnings,
    };
    let until_head: Duration = call.visit.elapsed();
    let body = EventBody::new(run, call.visit, manner);
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Proxies that buffer would hold pieces back until there are enough of them.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    seen.served().write(headers);
    timing(headers, &[("head", until_head)]);
    Ok(response)
}

/// The reply's id in the dialect.
fn reply_id(id: &RequestId) -> String {
    format!("chatcmpl-{}", id.as_str().trim_start_matches("req_"))
}
