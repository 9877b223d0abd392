//! `POST /api/v1/route`: where a request would go. Decides like any other request and sends nothing.

use axum::response::Response;
use llm_core::gateway::asked::Asked;
use llm_core::gateway::auth::Permission;
use llm_core::routing::explain;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Door, Group, Route, Verb, body, handler, reply, words};
use crate::error::{ApiError, Shape};
use crate::schema::ChatRequest;
use crate::visit::{Call, json};

pub(super) const ROUTES: &[Route] = &[Route {
    method: Verb::Post,
    path: "/api/v1/route",
    door: Door::Needs(Permission::Inference, handler!(decide)),
    group: Group::Cooperation,
    summary: words(
        "Decide where a chat completion would go, and send nothing",
        "判断一次对话会交给哪个模型，不发送任何请求",
    ),
    params: &[],
    body: Some(body::<ChatRequest>()),
    reply: reply::<Decided>(),
    shape: Shape::Standard,
}];

/// Where a request would go.
#[derive(Serialize, JsonSchema)]
struct Decided {
    /// Our id of the request.
    request_id: String,
    /// The decision: what the request was taken for, the candidates in order with their scores,
    /// those that were left out and why.
    route: Map<String, Value>,
    /// What the caller should know.
    warnings: Vec<String>,
}

async fn decide(mut call: Call) -> Result<Response, ApiError> {
    let fields = call.json().await?;
    let asked = Asked::read(fields, &call.visit.app.prompts())?;
    let inbound = call.inbound(asked.ask, asked.user);
    let plan = call.visit.app.gateway().explain(inbound)?;
    let route = match explain::plan(&plan) {
        Value::Object(route) => route,
        _ => Map::new(),
    };
    json(&Decided {
        request_id: call.visit.id.to_string(),
        route,
        warnings: asked.warnings,
    })
}
