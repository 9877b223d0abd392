//! A run in this process.

use futures_util::stream::{self, StreamExt as _};
use llm_console::program::Console;
use llm_console::report::Report;
use llm_core::config::prompts::{self, PromptLibrary};
use llm_core::gateway::asked::Asked;
use llm_core::gateway::asked::fields::{Fields, refused};
use llm_core::gateway::asked::wishes::Wishes;
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::inbound::Inbound;
use llm_core::gateway::respond::Completion;
use llm_core::gateway::stream::Piece;
use llm_core::routing::explain;
use llm_core::services::{self, ServiceRequest};
use llm_core::types::chat::ChatRequest;
use llm_core::types::clock::{Clock as _, SystemClock};
use llm_core::types::event::StreamEvent;
use llm_core::types::ids::RequestId;
use llm_core::types::plan::{AUTO, Ask};
use llm_core::types::raw::RawFields;
use llm_setup::{configuration, failure};
use serde_json::{Value, json};

use super::{Done, Failed, Manner, Moment, Running};
use crate::ask::Body;
use crate::local::Local;

/// Starts a run.
pub(super) fn start(
    local: &Local,
    console: &Console,
    body: Body,
    manner: Manner,
) -> Result<Running, Report> {
    let (inbound, warnings) = inbound(local, console, body)?;
    let id = inbound.id.clone();
    let gateway = local.gateway.clone();
    let moments = if manner.streamed || manner.events {
        let run = gateway.stream(inbound, manner.member_deltas);
        let id = id.clone();
        run.filter_map(move |piece| {
            let moment = moment(piece, &id, &warnings);
            async move { moment }
        })
        .boxed()
    } else {
        let id = id.clone();
        stream::once(async move {
            match gateway.chat(inbound).await {
                Ok(completion) => done(&completion, &warnings),
                Err(error) => failed(&error, &id),
            }
        })
        .boxed()
    };
    Ok(Running {
        id: id.to_string(),
        moments,
    })
}

/// Runs a service, and answers as the HTTP surface does.
pub(super) async fn service(local: &Local, console: &Console, body: Body) -> Result<Value, Report> {
    let wrong = |error: GatewayError| failure::report(&error, None);
    let mut fields = Fields::new(read(body)?);
    let service = services::find(&fields.required_text("service_type").map_err(wrong)?);
    let service = service.map_err(wrong)?;
    let request = ServiceRequest {
        content: fields.required_text("content").map_err(wrong)?,
        parameters: fields.map("parameters").map_err(wrong)?.unwrap_or_default(),
    };
    let model = fields.text("model").map_err(wrong)?;
    let mut wishes = Wishes::read(&mut fields).map_err(wrong)?;
    let mut ask = Ask::of_model(
        model.unwrap_or_else(|| AUTO.to_owned()),
        ChatRequest::default(),
    );
    wishes.apply(&mut ask).map_err(wrong)?;
    let mut template = Inbound::in_process(ask);
    template.user.clone_from(&wishes.user);
    template.time_limit = console.settings.timeout;
    let id = template.id.clone();
    let found = services::run(&local.gateway, service, &request, template)
        .await
        .map_err(|error| failure::report(&error, Some(&id)))?;
    let completion = &found.completion;
    Ok(json!({
        "request_id": id,
        "service_type": service.name,
        "kind": found.kind,
        "result": found.fields,
        "success": true,
        "processing_time": completion.duration.as_secs_f64(),
        "error": null,
        "llm_cooperation": completion.metadata(),
    }))
}

/// Decides where a request would go.
pub(super) fn explain(local: &Local, console: &Console, body: Body) -> Result<Value, Report> {
    let (inbound, _) = inbound(local, console, body)?;
    let id = inbound.id.clone();
    let plan = local.gateway.explain(inbound);
    plan.map(|plan| explain::plan(&plan))
        .map_err(|error| failure::report(&error, Some(&id)))
}

/// The request a body makes, and what its reader warns of.
fn inbound(local: &Local, console: &Console, body: Body) -> Result<(Inbound, Vec<String>), Report> {
    let fields = read(body)?;
    let wrong = |error: GatewayError| failure::report(&error, None);
    let directory = prompts::directory(&local.loaded);
    let library = PromptLibrary::read(directory.as_deref(), SystemClock.wall())
        .map_err(|errors| configuration::report(&errors))?;
    let asked = Asked::read(fields, &library).map_err(wrong)?;
    let mut inbound = Inbound::in_process(asked.ask);
    inbound.user = asked.user;
    inbound.time_limit = console.settings.timeout;
    Ok((inbound, asked.warnings))
}

/// The body as its reader wants it.
fn read(body: Body) -> Result<RawFields, Report> {
    let text = body.into_value().to_string();
    RawFields::parse(text.as_bytes())
        .map_err(|error| failure::report(&refused(error, "the request"), None))
}

fn moment(piece: Piece, id: &RequestId, warnings: &[String]) -> Option<Moment> {
    Some(match piece {
        Piece::Progress(event) => Moment::Event(serde_json::to_value(&event).unwrap_or_default()),
        Piece::Answer(StreamEvent::Text { choice: 0, text }) => Moment::Text(text),
        Piece::Answer(StreamEvent::Reasoning { choice: 0, text }) => Moment::Reasoning(text),
        Piece::Answer(_) => return None,
        Piece::Done(completion) => done(&completion, warnings),
        Piece::Failed(error) => failed(&error, id),
    })
}

fn done(completion: &Completion, warnings: &[String]) -> Moment {
    let choice = completion.answer.choices.first();
    let reasoning = choice
        .and_then(|choice| choice.reasoning.as_ref())
        .map(|reasoning| reasoning.text.clone())
        .unwrap_or_default();
    let text = completion.answer.text().to_owned();
    let mut result = completion.metadata();
    result["text"] = json!(text);
    result["finish_reason"] = json!(completion.answer.finish().as_str());
    if let Some(refusal) = choice.and_then(|choice| choice.refusal.as_ref()) {
        result["refusal"] = json!(refusal);
    }
    if !reasoning.is_empty() {
        result["reasoning"] = json!(reasoning);
    }
    let calls = choice.map(|choice| choice.tool_calls.as_slice());
    if let Some(calls) = calls.filter(|calls| !calls.is_empty()) {
        let call = |call: &llm_core::types::message::ToolCall| json!({ "id": call.id, "name": call.name, "arguments": call.arguments });
        result["tool_calls"] = calls.iter().map(call).collect();
    }
    if !warnings.is_empty() {
        let all: Vec<&String> = warnings.iter().chain(&completion.warnings).collect();
        result["warnings"] = json!(all);
    }
    Moment::Done(Box::new(Done {
        text,
        reasoning,
        result,
        route: Some(explain::plan(&completion.plan)),
    }))
}

fn failed(error: &GatewayError, id: &RequestId) -> Moment {
    Moment::failed(Failed {
        report: failure::report(error, Some(id)),
        error: error.to_json(id.as_str()),
    })
}
