//! The models of a running server, as three of its endpoints tell of them.

use std::time::Duration;

use llm_console::program::Console;
use llm_console::report::Report;
use llm_core::gateway::remote::Remote;
use serde_json::Value;

use super::row::{ModelRow, PerMillion, health};
use crate::asking::ask;

/// Every model of the server that the key may use, and then every other name.
pub(super) fn rows(remote: &Remote, console: &Console) -> Result<Vec<ModelRow>, Report> {
    let paths = ["/api/v1/models", "/models", "/v1/models"];
    let [priced, watched, named] = ask(remote, paths, console)?;
    let named = items(&named["data"]);
    let facts = |name: &str| {
        let found = named.iter().find(|one| one["id"] == name);
        found.map_or(&Value::Null, |one| &one["llm_cooperation"])
    };
    let priced = items(&priced["data"]);
    let models = priced.iter().map(|model| {
        let name = text(&model["id"]).unwrap_or_default();
        row(model, &watched["models"][&name], facts(&name))
    });
    let is_model = |name: &Value| priced.iter().any(|model| model["id"] == *name);
    let others = named.iter().filter(|other| !is_model(&other["id"]));
    let others = others.map(|other| {
        let kind = other["llm_cooperation"]["kind"].as_str();
        // Another name for a model is told apart from the model itself.
        let kind = kind.filter(|kind| *kind != "model").unwrap_or("alias");
        ModelRow::of_name(text(&other["id"]).unwrap_or_default(), kind)
    });
    Ok(models.chain(others).collect())
}

/// A model by what is known of its price, its traffic, and itself.
fn row(priced: &Value, watched: &Value, facts: &Value) -> ModelRow {
    let requests = watched["request_count"].as_u64().filter(|count| *count > 0);
    let latency = watched["avg_latency"].as_f64();
    ModelRow {
        name: text(&priced["id"]).unwrap_or_default(),
        kind: "model".to_owned(),
        provider: text(&priced["provider"]),
        path: None,
        tasks: words(&priced["best_for"]),
        capabilities: words(&facts["capabilities"]),
        context: facts["context"].as_u64(),
        max_tokens: priced["max_tokens"].as_u64(),
        price: price(&priced["cost_per_1k_tokens"]),
        quality: facts["quality"].as_f64(),
        health: health(watched["status"].as_str().unwrap_or_default()),
        detail: text(&watched["detail"]),
        requests,
        latency: latency.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        error_rate: watched["error_rate"]
            .as_f64()
            .filter(|_| requests.is_some()),
        origin: None,
    }
}

/// The server tells prices for 1000 tokens as floats; six decimals of the price of a million are
/// exact.
fn price(thousand: &Value) -> Option<PerMillion> {
    let million = |direction: &str| {
        let figure = format!("{:.6}", thousand[direction].as_f64()? * 1000.0);
        Some(
            figure
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned(),
        )
    };
    Some(PerMillion {
        input: million("input")?,
        output: million("output")?,
        currency: text(&thousand["currency"])?,
    })
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn words(value: &Value) -> Vec<String> {
    items(value).iter().filter_map(text).collect()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
