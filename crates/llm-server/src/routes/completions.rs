//! `POST /v1/completions`: the legacy dialect, answered by chat models.

use axum::response::Response;
use llm_core::gateway::auth::Permission;
use llm_core::provider::dialects::Address;
use llm_core::provider::dialects::completions::Completions;
use schemars::SchemaGenerator;

use super::{Door, Group, Reply, Route, Verb, body, handler, words};
use crate::converse::Question;
use crate::error::{ApiError, Shape};
use crate::schema::openai::{Completion, CompletionBody};
use crate::visit::Call;

pub(super) const ROUTES: &[Route] = &[Route {
    method: Verb::Post,
    path: "/v1/completions",
    door: Door::Needs(Permission::Inference, handler!(create_completion)),
    group: Group::OpenAi,
    summary: words(
        "Answer a text in the legacy form, whole or as a stream of events",
        "以旧式接口回答一段文本，可整体返回或以事件流返回",
    ),
    params: &[],
    body: Some(body::<CompletionBody>()),
    reply: Reply::JsonOrEvents(
        SchemaGenerator::subschema_for::<Completion>,
        SchemaGenerator::subschema_for::<Completion>,
    ),
    shape: Shape::Standard,
}];

async fn create_completion(mut call: Call) -> Result<Response, ApiError> {
    let fields = call.json().await?;
    let question = Question::read(&Completions, &call, fields, &Address::default())?;
    question.answer(call).await
}
