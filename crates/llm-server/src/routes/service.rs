//! `POST /service`: the ready services.

use axum::response::Response;
use llm_core::gateway::auth::Permission;
use llm_core::services::{self, ServiceRequest};
use llm_core::types::chat::ChatRequest;
use llm_core::types::plan::{AUTO, Ask};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Door, Group, Route, Verb, body, handler, reply, words};
use crate::completion;
use crate::error::{ApiError, Shape};
use crate::schema::{Metadata, OwnFields};
use crate::visit::{Call, json};
use llm_core::gateway::asked::fields::Fields;
use llm_core::gateway::asked::wishes::Wishes;

pub(super) const ROUTES: &[Route] = &[Route {
    method: Verb::Post,
    path: "/service",
    door: Door::Needs(Permission::Inference, handler!(run_service)),
    group: Group::Cooperation,
    summary: words(
        "Run a ready service: document analysis, data insight, decision support",
        "运行现成的服务：文档分析、数据洞察、决策支持",
    ),
    params: &[],
    body: Some(body::<ServiceBody>()),
    reply: reply::<ServiceReply>(),
    shape: Shape::Earlier,
}];

/// What a service is to do.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes a body that is read field by field")]
struct ServiceBody {
    /// `document_analysis`, `data_insight` or `decision_support`.
    service_type: String,
    /// The document, the data or the question.
    content: String,
    /// Options of the service, such as `analysis_type`.
    parameters: Option<Map<String, Value>>,
    /// A model, alias or route. Default: `auto`.
    model: Option<String>,
    #[schemars(flatten)]
    own: OwnFields,
}

/// What a service found.
#[derive(Serialize, JsonSchema)]
struct ServiceReply {
    /// Our id of the request.
    request_id: String,
    /// The service.
    service_type: String,
    /// The variant of the service that was run.
    kind: String,
    /// What it found; the fields depend on service and variant.
    result: Map<String, Value>,
    /// Always true here: a failure has a failing status.
    success: bool,
    /// Seconds.
    processing_time: f64,
    /// Always `null` here.
    error: Option<String>,
    /// How the answer came about.
    #[schemars(with = "Metadata")]
    llm_cooperation: Value,
}

async fn run_service(mut call: Call) -> Result<Response, ApiError> {
    let mut fields = Fields::new(call.json().await?);
    let service = services::find(&fields.required_text("service_type")?)?;
    let request = ServiceRequest {
        content: fields.required_text("content")?,
        parameters: fields.map("parameters")?.unwrap_or_default(),
    };
    let mut wishes = Wishes::read(&mut fields)?;
    let model = fields.text("model")?.unwrap_or_else(|| AUTO.to_owned());
    wishes.warn_of_unknown(&fields);
    let mut ask = Ask::of_model(model, ChatRequest::default());
    wishes.apply(&mut ask)?;
    let template = call.inbound(ask, wishes.user.clone());
    let app = &call.visit.app;
    let running = app.services().get(service.name).map(|total| total.begin());
    let ran = services::run(&app.gateway(), service, &request, template).await;
    if let Some(running) = running {
        running.end(ran.is_ok(), call.visit.elapsed());
    }
    let found = ran?;
    call.visit.record.completed(&found.completion);
    let answer = json(&ServiceReply {
        request_id: call.visit.id.to_string(),
        service_type: service.name.to_owned(),
        kind: found.kind,
        result: found.fields,
        success: true,
        processing_time: call.visit.elapsed().as_secs_f64(),
        error: None,
        llm_cooperation: completion::metadata(&found.completion, &wishes.warnings),
    })?;
    Ok(completion::with_headers(answer, &call, &found.completion))
}
