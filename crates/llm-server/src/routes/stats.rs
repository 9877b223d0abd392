//! How the system is doing, in the shapes of the first earlier system. Nothing here calls a model.
//!
//! Every figure is counted, never made up: `memory_usage` and `gpu_utilization`, which the earlier
//! system always gave as 0, are absent because a gateway cannot see them. Rates and averages of
//! nothing are `null`.

use std::collections::BTreeMap;

use axum::response::Response;
use llm_core::cooperation::modes::MODES;
use llm_core::gateway::Gateway;
use llm_core::gateway::auth::Permission;
use llm_core::gateway::inspect::ModelView;
use llm_core::gateway::stats::{Figures, Totals};
use llm_core::services::SERVICES;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Door, Group, Route, get, handler, reply, words};
use crate::error::{ApiError, Shape};
use crate::visit::{Call, json};

pub(super) const ROUTES: &[Route] = &[
    row(
        "/status",
        Door::Needs(Permission::Inference, handler!(show_status)),
        words("How the system is doing as a whole", "系统整体状态"),
        reply::<Status>(),
    ),
    row(
        "/models",
        Door::Needs(Permission::Inference, handler!(show_models)),
        words("How each model is doing", "各模型的运行状况"),
        reply::<ModelsReply>(),
    ),
    row(
        "/routing/stats",
        Door::Needs(Permission::Inference, handler!(show_routing)),
        words("Figures of routing", "路由统计"),
        reply::<RoutingStats>(),
    ),
    row(
        "/services/stats",
        Door::Needs(Permission::Inference, handler!(show_services)),
        words("Figures of the ready services", "服务统计"),
        reply::<ServiceStats>(),
    ),
    row(
        "/cooperation/stats",
        Door::Needs(Permission::Inference, handler!(show_cooperation)),
        words("Figures of cooperation", "协作统计"),
        reply::<CooperationStats>(),
    ),
];

const fn row(path: &'static str, door: Door, summary: super::Words, reply: super::Reply) -> Route {
    Route {
        shape: Shape::Earlier,
        ..get(path, door, Group::Cooperation, summary, reply)
    }
}

/// How the system is doing as a whole.
#[derive(Serialize, JsonSchema)]
struct Status {
    /// `healthy` while four fifths of the models are available, `degraded` down to half, else `unhealthy`.
    system_health: &'static str,
    /// Models calls are let through to.
    active_models: usize,
    /// Requests for an answer since the start, those under way included.
    total_requests: u64,
    /// Seconds since the start, such as `123s`.
    uptime: String,
    /// What there is to work with.
    resource_usage: ResourceUsage,
}

/// What there is to work with.
#[derive(Serialize, JsonSchema)]
struct ResourceUsage {
    /// Models that are configured and not disabled.
    total_models: usize,
    /// Those of them that calls are let through to.
    available_models: usize,
    /// Those of them whose recent calls succeeded for the most part, as `routing.health_threshold`
    /// says.
    healthy_models: usize,
    /// Available ones of all, in percent.
    health_percentage: f64,
    /// Addresses of providers.
    api_endpoints: Vec<String>,
    /// Requests under way.
    active_requests: u64,
    /// Requests that may still come in at once.
    free_places: usize,
}

/// How each model is doing, from the traffic it had. `memory_usage` and `gpu_utilization` of the
/// earlier system are absent: a gateway cannot see them, and they always were 0.
#[derive(Serialize, JsonSchema)]
struct ModelsReply {
    /// Each model by its name.
    models: BTreeMap<String, ModelFigures>,
    /// Requests for an answer since the start.
    total_requests: u64,
    /// Seconds since the start.
    system_uptime: f64,
    /// The configured routing strategy.
    load_balance_strategy: String,
}

/// How one model is doing.
#[derive(Serialize, JsonSchema)]
struct ModelFigures {
    /// `unknown` before its first call, `healthy`, `degraded`, `probing`, `open` while it rests after
    /// failures, `recovering` after that, `limited` by its provider, `key_rejected`, or why it cannot
    /// be called: `credential`, `disabled`, `provider`.
    status: &'static str,
    /// Why it cannot be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Whose it is.
    provider: String,
    /// Calls that ended.
    request_count: u64,
    /// Moving average of a call, in seconds.
    avg_latency: Option<f64>,
    /// Moving average until the first token, in seconds.
    avg_first_token: Option<f64>,
    /// Calls under way.
    queue_length: u32,
    /// Calls that wait for a place.
    waiting: u32,
    /// Calls that may be under way at once, where there is a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrency_limit: Option<u32>,
    /// Share of recent calls that failed, 0 to 1.
    error_rate: f64,
    /// Calls a second over the last minute.
    throughput: f64,
    /// Seconds until it is tried again, while it rests or is limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_in: Option<f64>,
    /// Places that serve it.
    places: usize,
}

/// Figures of routing.
#[derive(Serialize, JsonSchema)]
pub(super) struct RoutingStats {
    /// Requests for an answer, those under way included.
    total_requests: u64,
    /// Share of those that ended well, 0 to 1.
    success_rate: Option<f64>,
    /// Mean time of those that ended, in seconds.
    average_latency: Option<f64>,
    /// Routed requests by strategy; `pinned` for those that named their model.
    strategy_usage: BTreeMap<&'static str, u64>,
    /// Decisions in the decision cache.
    cache_size: u64,
}

/// Figures of the ready services.
#[derive(Serialize, JsonSchema)]
struct ServiceStats {
    /// Requests, those under way included.
    total_requests: u64,
    /// Those that ended well.
    successful_requests: u64,
    /// Share of those that ended well among those that ended, 0 to 1.
    success_rate: Option<f64>,
    /// Requests by service.
    service_usage: BTreeMap<&'static str, u64>,
    /// Mean time of those that ended, in seconds.
    average_processing_time: Option<f64>,
    /// The services there are.
    available_services: Vec<&'static str>,
}

/// Figures of cooperation.
#[derive(Serialize, JsonSchema)]
struct CooperationStats {
    /// Runs under way.
    active_tasks: u64,
    /// Runs that ended, well or not.
    completed_tasks: u64,
    /// Runs that ended with an error.
    failed_tasks: u64,
    /// Modes that have been used.
    cooperation_modes_used: Vec<&'static str>,
    /// Runs by mode.
    mode_usage: BTreeMap<&'static str, u64>,
    /// Mean time of those that ended, in seconds.
    average_task_duration: Option<f64>,
    /// The modes there are.
    available_modes: Vec<&'static str>,
}

async fn show_status(call: Call) -> Result<Response, ApiError> {
    let gateway = call.visit.app.gateway();
    let views = gateway.models();
    let counted: Vec<&ModelView<'_>> = views
        .iter()
        .filter(|view| view.unusable.is_none_or(|why| why.reason != "disabled"))
        .collect();
    let available = counted.iter().filter(|view| view.is_available()).count();
    let healthy = counted.iter().filter(|view| view.state() == "healthy");
    let requests = gateway.stats().requests.figures();
    json(&Status {
        system_health: gateway.health().as_str(),
        active_models: available,
        total_requests: all(&requests),
        uptime: format!("{}s", gateway.uptime().as_secs()),
        resource_usage: ResourceUsage {
            total_models: counted.len(),
            available_models: available,
            healthy_models: healthy.count(),
            health_percentage: percent(available, counted.len()),
            api_endpoints: endpoints(&views),
            active_requests: requests.active,
            free_places: gateway.free_places(),
        },
    })
}

async fn show_models(call: Call) -> Result<Response, ApiError> {
    let app = &call.visit.app;
    let gateway = app.gateway();
    let views = gateway.models();
    let models = views
        .iter()
        .filter(|view| call.grant.allows_model(view.deployment.model.as_str()))
        .map(|view| (view.deployment.model.to_string(), figures_of(view)));
    json(&ModelsReply {
        models: models.collect(),
        total_requests: all(&gateway.stats().requests.figures()),
        system_uptime: gateway.uptime().as_secs_f64(),
        load_balance_strategy: app.current().strategy.clone(),
    })
}

async fn show_routing(call: Call) -> Result<Response, ApiError> {
    json(&routing_stats(&call.visit.app.gateway()))
}

async fn show_services(call: Call) -> Result<Response, ApiError> {
    let totals = call.visit.app.services();
    let together = sum(totals);
    json(&ServiceStats {
        total_requests: all(&together),
        successful_requests: together.succeeded,
        success_rate: together.success_rate(),
        service_usage: usage(totals),
        average_processing_time: mean(&together),
        available_services: SERVICES.iter().map(|service| service.name).collect(),
    })
}

async fn show_cooperation(call: Call) -> Result<Response, ApiError> {
    let gateway = call.visit.app.gateway();
    let mut mode_usage = usage(&gateway.stats().modes);
    mode_usage.remove("single");
    let together = add(gateway
        .stats()
        .modes
        .figures()
        .filter(|(name, _)| *name != "single"));
    json(&CooperationStats {
        active_tasks: together.active,
        completed_tasks: together.ended(),
        failed_tasks: together.failed,
        cooperation_modes_used: mode_usage.keys().copied().collect(),
        mode_usage,
        average_task_duration: mean(&together),
        available_modes: MODES.iter().map(|mode| mode.name()).collect(),
    })
}

/// Figures of routing, also part of the reply to a query.
pub(super) fn routing_stats(gateway: &Gateway) -> RoutingStats {
    let requests = gateway.stats().requests.figures();
    RoutingStats {
        total_requests: all(&requests),
        success_rate: requests.success_rate(),
        average_latency: mean(&requests),
        strategy_usage: usage(&gateway.stats().strategies),
        cache_size: gateway.cached_decisions(),
    }
}

fn figures_of(view: &ModelView<'_>) -> ModelFigures {
    let health = &view.health;
    let seconds = |millis: Option<f64>| millis.map(|millis| millis / 1000.0);
    ModelFigures {
        status: view.state(),
        detail: view.unusable.map(|why| why.detail.clone()),
        provider: view.deployment.provider.to_string(),
        request_count: health.requests,
        avg_latency: seconds(health.latency_ms),
        avg_first_token: seconds(health.first_token_ms),
        queue_length: health.in_flight,
        waiting: health.waiting,
        concurrency_limit: health.concurrency_limit,
        error_rate: health.error_rate,
        throughput: f64::from(health.last_minute) / 60.0,
        retry_in: health.retry_in.map(|wait| wait.as_secs_f64()),
        places: view.places,
    }
}

/// The providers' addresses, each once, without anything that could be a secret.
fn endpoints(views: &[ModelView<'_>]) -> Vec<String> {
    let mut addresses = Vec::new();
    for view in views {
        let mut address = view.deployment.endpoint.base_url.clone();
        // These fail only for addresses that have none of the parts.
        let _nothing_to_remove = address.set_username("");
        let _nothing_to_remove = address.set_password(None);
        address.set_query(None);
        address.set_fragment(None);
        let address = address.to_string();
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}

fn all(figures: &Figures) -> u64 {
    figures.active + figures.ended()
}

fn mean(figures: &Figures) -> Option<f64> {
    (figures.ended() > 0).then_some(figures.mean_seconds)
}

fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    100.0 * part as f64 / whole as f64
}

/// How often each name occurred; those that never did are left out.
fn usage(totals: &Totals) -> BTreeMap<&'static str, u64> {
    totals
        .figures()
        .map(|(name, figures)| (name, all(&figures)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn sum(totals: &Totals) -> Figures {
    add(totals.figures())
}

fn add(all: impl Iterator<Item = (&'static str, Figures)>) -> Figures {
    let mut together = Figures::default();
    let mut seconds = 0.0;
    for (_, figures) in all {
        together.active += figures.active;
        together.succeeded += figures.succeeded;
        together.failed += figures.failed;
        seconds += figures.mean_seconds * figures.ended() as f64;
    }
    if together.ended() > 0 {
        together.mean_seconds = seconds / together.ended() as f64;
    }
    together
}
