//! The state of a running server, as it tells it.

use std::time::Duration;

use llm_console::program::Console;
use llm_console::report::Report;
use llm_core::gateway::remote::Remote;
use serde_json::Value;

use super::snapshot::{Snapshot, Traffic};
use crate::asking::{address, ask};
use crate::commands::models::row::health;

/// Asks the server how it is.
pub(super) fn look(remote: &Remote, console: &Console) -> Result<Snapshot, Report> {
    let paths = [
        "/version",
        "/status",
        "/models",
        "/api/v1/usage/stats?days=1",
    ];
    let [version, status, models, usage] = ask(remote, paths, console)?;
    let resources = &status["resource_usage"];
    let mut snapshot = Snapshot {
        server: Some(address(remote)),
        version: text(&version["version"]),
        health: text(&status["system_health"]),
        models: count(&resources["total_models"]),
        available: count(&status["active_models"]),
        states: Vec::new(),
        traffic: Some(traffic(&status, &models, &usage["data"]["total"])),
        nearby: None,
        endpoints: items(&resources["api_endpoints"]).map(text).collect(),
        files: None,
        profile: None,
    };
    for model in models["models"]
        .as_object()
        .into_iter()
        .flat_map(|all| all.values())
    {
        snapshot.count(health(model["status"].as_str().unwrap_or_default()));
    }
    Ok(snapshot)
}

fn traffic(status: &Value, models: &Value, today: &Value) -> Traffic {
    let resources = &status["resource_usage"];
    let seconds = models["system_uptime"].as_f64().unwrap_or_default();
    let costs = items(&today["costs"]);
    Traffic {
        uptime: Duration::try_from_secs_f64(seconds.trunc()).unwrap_or_default(),
        requests: count(&status["total_requests"]),
        active: count(&resources["active_requests"]),
        free_places: count(&resources["free_places"]),
        spent: costs
            .map(|cost| (text(&cost["amount"]), text(&cost["currency"])))
            .collect(),
        spent_kind: text(&today["cost_kind"]),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
