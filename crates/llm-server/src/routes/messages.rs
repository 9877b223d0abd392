//! `POST /v1/messages` and `POST /v1/messages/count_tokens`: the Anthropic dialect.

use axum::response::Response;
use llm_core::gateway::auth::Permission;
use llm_core::provider::dialects::Address;
use llm_core::provider::dialects::anthropic::Anthropic;
use schemars::SchemaGenerator;

use super::{Door, Group, Reply, Route, Verb, body, handler, reply, words};
use crate::converse::{Question, estimated};
use crate::error::{ApiError, Shape};
use crate::schema::anthropic::{CountBody, Message, MessageEvent, MessagesBody, TokenCount};
use crate::visit::{Call, json};

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Verb::Post,
        path: "/v1/messages",
        door: Door::Needs(Permission::Inference, handler!(create_message)),
        group: Group::Anthropic,
        summary: words(
            "Answer a conversation, whole or as a stream of events",
            "回答一段对话，可整体返回或以事件流返回",
        ),
        params: &[],
        body: Some(body::<MessagesBody>()),
        reply: Reply::JsonOrEvents(
            SchemaGenerator::subschema_for::<Message>,
            SchemaGenerator::subschema_for::<MessageEvent>,
        ),
        shape: Shape::Of(&Anthropic),
    },
    Route {
        method: Verb::Post,
        path: "/v1/messages/count_tokens",
        door: Door::Needs(Permission::Inference, handler!(count_tokens)),
        group: Group::Anthropic,
        summary: words(
            "Estimate how many tokens a conversation is",
            "估算一段对话的令牌数",
        ),
        params: &[],
        body: Some(body::<CountBody>()),
        reply: reply::<TokenCount>(),
        shape: Shape::Of(&Anthropic),
    },
];

async fn create_message(mut call: Call) -> Result<Response, ApiError> {
    let fields = call.json().await?;
    let question = Question::read(&Anthropic, &call, fields, &Address::default())?;
    question.answer(call).await
}

async fn count_tokens(mut call: Call) -> Result<Response, ApiError> {
    let fields = call.json().await?;
    let address = Address {
        counts_only: true,
        ..Address::default()
    };
    let question = Question::read(&Anthropic, &call, fields, &address)?;
    let input_tokens = estimated(&call, question)?;
    json(&TokenCount { input_tokens })
}
