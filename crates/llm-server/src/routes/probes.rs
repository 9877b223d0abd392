//! Whether the server lives, is ready and what it measures, for orchestrators and monitoring.
//!
//! `/livez` depends on nothing. `/readyz` costs nothing: it looks at what traffic has shown and
//! calls no model.

use std::fmt::Write as _;

use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Door, Group, Param, Reply, Route, get, handler, query_param, reply, words};
use crate::error::ApiError;
use crate::visit::{Visit, json};

pub(super) const ROUTES: &[Route] = &[
    get(
        "/livez",
        Door::Public(handler!(show_life)),
        Group::Operations,
        words("Whether the process lives", "进程是否存活"),
        Reply::Text("text/plain"),
    ),
    Route {
        params: READY_PARAMS,
        ..get(
            "/readyz",
            Door::Public(handler!(show_readiness)),
            Group::Operations,
            words(
                "Whether requests can be answered; 503 while not",
                "能否处理请求；不能时返回 503",
            ),
            Reply::Text("text/plain"),
        )
    },
    get(
        "/startupz",
        Door::Public(handler!(show_startup)),
        Group::Operations,
        words("Whether the start is over", "是否已完成启动"),
        Reply::Text("text/plain"),
    ),
    get(
        "/health",
        Door::Public(handler!(show_health)),
        Group::Operations,
        words(
            "That the server answers, as the earlier system told it",
            "服务器能够应答（沿用早期系统的格式）",
        ),
        reply::<Health>(),
    ),
    get(
        "/metrics",
        Door::Watch(handler!(show_metrics)),
        Group::Operations,
        words(
            "Metrics in the Prometheus text format",
            "Prometheus 文本格式的指标",
        ),
        Reply::Text("text/plain; version=0.0.4"),
    ),
];

const READY_PARAMS: &[Param] = &[query_param(
    "verbose",
    "boolean",
    words("Each check on a line of its own", "逐行列出每项检查"),
)];

/// That the server answers.
#[derive(Serialize, JsonSchema)]
struct Health {
    /// `healthy`: the process answers. How the models are doing is at `/status`.
    status: &'static str,
    /// When, RFC 3339.
    timestamp: String,
}

async fn show_life(_: Visit) -> Result<Response, ApiError> {
    Ok(text(StatusCode::OK, "ok\n".to_owned()))
}

/// A server that answers has been started: it listens only after everything is loaded.
async fn show_startup(_: Visit) -> Result<Response, ApiError> {
    Ok(text(StatusCode::OK, "ok\n".to_owned()))
}

async fn show_readiness(visit: Visit) -> Result<Response, ApiError> {
    let gateway = visit.app.gateway();
    let checks = [
        ("running", !visit.app.is_draining()),
        ("models", gateway.is_ready()),
        ("places", gateway.free_places() > 0),
    ];
    // Full places are no reason to take a server out: it sheds by itself.
    let is_ready = checks
        .iter()
        .all(|(name, passed)| *passed || *name == "places");
    let status = if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let verdict = if is_ready { "ok" } else { "not ready" };
    let is_verbose = visit
        .query()
        .iter()
        .any(|(name, value)| name == "verbose" && !matches!(value.as_str(), "0" | "false"));
    let mut body = String::new();
    if is_verbose {
        for (name, passed) in checks {
            let sign = if passed { '+' } else { '-' };
            // Writing to a string does not fail.
            let _infallible = writeln!(body, "[{sign}] {name}");
        }
    }
    body.push_str(verdict);
    body.push('\n');
    Ok(text(status, body))
}

async fn show_health(visit: Visit) -> Result<Response, ApiError> {
    json(&Health {
        status: "healthy",
        timestamp: visit.app.clock().wall().to_string(),
    })
}

async fn show_metrics(visit: Visit) -> Result<Response, ApiError> {
    let gateway = visit.app.gateway();
    for view in gateway.models() {
        let instruments = &view.deployment.instruments;
        instruments.healthy(view.is_available());
        instruments.load(view.health.waiting, view.health.in_flight);
    }
    let mut response = text(StatusCode::OK, visit.app.metrics().render());
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"),
    );
    Ok(response)
}

fn text(status: StatusCode, body: String) -> Response {
    (status, body).into_response()
}
