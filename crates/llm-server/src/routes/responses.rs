//! `/v1/responses`: the Responses dialect, and the answers that are kept for it.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response as HttpResponse;
use llm_core::config::server::ServerConfig;
use llm_core::gateway::auth::Permission;
use llm_core::gateway::error::GatewayError;
use llm_core::provider::dialects::Address;
use llm_core::provider::dialects::responses::Responses;
use llm_core::types::code::Code;
use llm_core::types::raw::RawFields;
use schemars::SchemaGenerator;
use serde_json::value::to_raw_value;

use super::{Door, Group, Param, Reply, Route, Verb, body, get, handler, reply, words};
use crate::converse::{Keep, Question};
use crate::error::{ApiError, Shape};
use crate::kept::{Kept, Limits};
use crate::schema::openai::{Response, ResponseBody, ResponseDeleted, ResponseEvent};
use crate::visit::{Call, json, json_text};

const ID: Param = Param {
    name: "id",
    in_path: true,
    kind: "string",
    required: true,
    about: words("The id of an answer", "回答的 ID"),
};

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Verb::Post,
        path: "/v1/responses",
        door: Door::Needs(Permission::Inference, handler!(create_response)),
        group: Group::OpenAi,
        summary: words(
            "Answer a conversation as items, whole or as a stream of events",
            "以条目形式回答一段对话，可整体返回或以事件流返回",
        ),
        params: &[],
        body: Some(body::<ResponseBody>()),
        reply: Reply::JsonOrEvents(
            SchemaGenerator::subschema_for::<Response>,
            SchemaGenerator::subschema_for::<ResponseEvent>,
        ),
        shape: Shape::Standard,
    },
    Route {
        params: &[ID],
        ..get(
            "/v1/responses/{*id}",
            Door::Needs(Permission::Inference, handler!(find_response)),
            Group::OpenAi,
            words("An answer that was kept", "查询已保存的回答"),
            reply::<Response>(),
        )
    },
    Route {
        method: Verb::Delete,
        params: &[ID],
        ..get(
            "/v1/responses/{*id}",
            Door::Needs(Permission::Inference, handler!(delete_response)),
            Group::OpenAi,
            words("Keep an answer no longer", "删除已保存的回答"),
            reply::<ResponseDeleted>(),
        )
    },
];

async fn create_response(mut call: Call) -> Result<HttpResponse, ApiError> {
    let mut fields = call.json().await?;
    let current = call.visit.app.current();
    let server = &current.server;
    let wanted = flag(&fields, "store")?;
    let keeps = server.keep_responses > 0 && wanted.unwrap_or(server.keep_by_default);
    let store = to_raw_value(&keeps).map_err(|error| GatewayError::internal(error.to_string()))?;
    fields.set("store", store);
    let previous = previous(&call, server, &fields)?;
    let has_instructions = is_there(&fields, "instructions");
    let mut question = Question::read(&Responses, &call, fields, &Address::default())?;
    if wanted == Some(true) && !keeps {
        let warning = "`store` was left out: no answers are kept here (`server.keep_responses`)";
        question.asked.warnings.push(warning.to_owned());
    }
    let messages = &mut question.asked.ask.chat.messages;
    let begin = usize::from(has_instructions);
    if let Some(previous) = previous {
        messages.splice(begin..begin, previous.conversation.iter().cloned());
    }
    question.keep = keeps.then(|| Keep {
        app: Arc::clone(&call.visit.app),
        owner: call.grant.key().cloned(),
        // Instructions hold for one request only.
        conversation: messages[begin..].to_vec(),
        limits: limits(server),
    });
    question.answer(call).await
}

fn limits(server: &ServerConfig) -> Limits {
    Limits {
        count: server.keep_responses as usize,
        time: Duration::from_secs(u64::from(server.keep_responses_minutes) * 60),
    }
}

/// The answer a request goes on from.
fn previous(
    call: &Call,
    server: &ServerConfig,
    fields: &RawFields,
) -> Result<Option<Arc<Kept>>, ApiError> {
    let name = "previous_response_id";
    if !is_there(fields, name) {
        return Ok(None);
    }
    if server.keep_responses == 0 {
        let message = format!("`{name}` cannot be used: no answers are kept here");
        return Err(GatewayError::new(Code::UnsupportedParameter, message)
            .with_param(name)
            .with_hint("send the whole conversation, or set `server.keep_responses`")
            .into());
    }
    let id: String = fields
        .get(name)
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .ok_or_else(|| GatewayError::invalid(name, format!("`{name}` must be a string")))?;
    find(call, &id)
        .map(Some)
        .map_err(|error| error.with_param(name).into())
}

fn find(call: &Call, id: &str) -> Result<Arc<Kept>, GatewayError> {
    let app = &call.visit.app;
    let owner = call.grant.key().cloned();
    let kept = app.responses().get(id, &owner, app.clock().now());
    kept.ok_or_else(|| absent(id))
}

fn absent(id: &str) -> GatewayError {
    let message = format!("no answer `{id}` is kept");
    GatewayError::new(Code::NotFound, message)
        .with_hint("answers are kept on request, for `server.keep_responses_minutes`, in memory")
}

fn flag(fields: &RawFields, name: &str) -> Result<Option<bool>, GatewayError> {
    match fields.get(name).filter(|raw| raw.get() != "null") {
        None => Ok(None),
        Some(raw) => serde_json::from_str(raw.get())
            .map(Some)
            .map_err(|_| GatewayError::invalid(name, format!("`{name}` must be true or false"))),
    }
}

fn is_there(fields: &RawFields, name: &str) -> bool {
    fields.get(name).is_some_and(|raw| raw.get() != "null")
}

async fn find_response(mut call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.path_rest().await?;
    Ok(json_text(find(&call, &id)?.body.clone()))
}

async fn delete_response(mut call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.path_rest().await?;
    let app = &call.visit.app;
    let owner = call.grant.key().cloned();
    if !app.responses().remove(&id, &owner, app.clock().now()) {
        return Err(absent(&id).into());
    }
    json(&ResponseDeleted {
        id,
        object: "response",
        deleted: true,
    })
}
