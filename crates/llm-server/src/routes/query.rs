//! `POST /query`: one question, routed; the first earlier system's main endpoint.

use axum::response::Response;
use llm_core::gateway::auth::Permission;
use llm_core::services::words as wording;
use llm_core::types::chat::ChatRequest;
use llm_core::types::code::Code;
use llm_core::types::plan::{AUTO, Ask};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::stats::{RoutingStats, routing_stats};
use super::{Door, Group, Route, Verb, body, handler, reply, words};
use crate::completion;
use crate::error::{ApiError, Shape};
use crate::schema::{Metadata, OwnFields};
use crate::visit::{Call, json};
use llm_core::gateway::asked::fields::Fields;
use llm_core::gateway::asked::wishes::Wishes;

pub(super) const ROUTES: &[Route] = &[Route {
    method: Verb::Post,
    path: "/query",
    door: Door::Needs(Permission::Inference, handler!(answer_query)),
    group: Group::Cooperation,
    summary: words("Answer one question", "回答一个问题"),
    params: &[],
    body: Some(body::<QueryBody>()),
    reply: reply::<QueryReply>(),
    shape: Shape::Earlier,
}];

/// A question.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes a body that is read field by field")]
struct QueryBody {
    /// The question.
    query: String,
    /// A model, alias or route. Default: `auto`.
    model: Option<String>,
    #[schemars(flatten)]
    own: OwnFields,
}

/// The answer to a question.
#[derive(Serialize, JsonSchema)]
struct QueryReply {
    /// The answer.
    result: String,
    /// Facts about the question and the routing so far.
    metadata: QueryMetadata,
    /// Seconds.
    processing_time: f64,
    /// What chose the model, or the mode in which models cooperated.
    strategy_used: String,
    /// The public name of whoever answered.
    model: String,
    /// Our id of the request.
    request_id: String,
    /// How the answer came about.
    #[schemars(with = "Metadata")]
    llm_cooperation: Value,
}

/// Facts about a question and the routing so far.
#[derive(Serialize, JsonSchema)]
struct QueryMetadata {
    /// Words of the question; each Chinese character is one.
    query_length: usize,
    /// The routing so far.
    routing_stats: RoutingStats,
    /// When the answer was there, RFC 3339.
    timestamp: String,
}

async fn answer_query(mut call: Call) -> Result<Response, ApiError> {
    let mut fields = Fields::new(call.json().await?);
    let query = question(&mut fields)?;
    let mut wishes = Wishes::read(&mut fields)?;
    let model = fields.text("model")?.unwrap_or_else(|| AUTO.to_owned());
    wishes.warn_of_unknown(&fields);
    let mut ask = Ask::of_model(model, ChatRequest::question(query.clone()));
    wishes.apply(&mut ask)?;
    let completion = completion::run(&call, ask, wishes.user.clone()).await?;
    let app = &call.visit.app;
    let mode = completion.plan.mode();
    let answer = json(&QueryReply {
        result: completion.answer.text().to_owned(),
        metadata: QueryMetadata {
            query_length: wording::count(&query),
            routing_stats: routing_stats(&app.gateway()),
            timestamp: app.clock().wall().to_string(),
        },
        processing_time: call.visit.elapsed().as_secs_f64(),
        strategy_used: if mode == "single" {
            completion.plan.strategy.clone()
        } else {
            mode.to_owned()
        },
        model: completion.served.model.to_string(),
        request_id: call.visit.id.to_string(),
        llm_cooperation: completion::metadata(&completion, &wishes.warnings),
    })?;
    Ok(completion::with_headers(answer, &call, &completion))
}

/// The question of a body, which must not be blank.
pub(super) fn question(fields: &mut Fields) -> Result<String, ApiError> {
    let query = fields.required_text("query")?;
    if query.trim().is_empty() {
        let error =
            llm_core::gateway::error::GatewayError::new(Code::EmptyQuery, "the query is empty");
        return Err(error.with_param("query").into());
    }
    Ok(query)
}
