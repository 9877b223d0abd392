//! `POST …/chat/completions`, whole and streamed, for both families of clients.

use axum::response::Response;
use llm_core::gateway::asked::Asked;
use llm_core::gateway::auth::Permission;
use llm_core::provider::dialects::ClientDialect as _;
use llm_core::provider::dialects::chat::{Chat, ChatWriter};
use schemars::SchemaGenerator;

use super::{Door, Group, Reply, Route, Verb, body, handler, words};
use crate::converse::Question;
use crate::error::{ApiError, Shape};
use crate::schema;
use crate::visit::Call;

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
    // A template can stand in for the messages here, which no other dialect has.
    let asked = Asked::read(fields, &call.visit.app.prompts())?;
    let question = Question {
        writer: Box::new(ChatWriter::new(asked.include_usage)),
        asked,
        id_prefix: Chat.id_prefix(),
        keep: None,
    };
    question.answer(call).await
}
