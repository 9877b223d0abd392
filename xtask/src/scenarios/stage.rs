//! One scenario's processes, and what its caller and its providers saw.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use llm_testkit::env::{ServerProcess, TestEnvironment};
use llm_testkit::http;
use serde_json::{Value, json};

use super::rows::{Scenario, Shape};
use crate::workspace;

/// A tenth of the time limits of the defaults, and nothing else.
const LIMITS: &str = "[limits]\nfirst_byte_ms = 6000\nfirst_token_ms = 6000\n\
    first_token_with_fallback_ms = 1000\nidle_ms = 3000\ntotal_ms = 30000\nrequest_ms = 60000\n\
    connect_ms = 300\nbackoff_ms = 25\nmax_backoff_ms = 1000\nbreaker_open_ms = 500\n\
    breaker_max_open_ms = 30000\nbreaker_ramp_ms = 1000\n";

/// How long providers may take to notice that nobody waits for them any more.
const SETTLE: Duration = Duration::from_secs(2);

/// What the caller of one request was told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    /// The code of the error, in the body or in the stream.
    pub(crate) error: Option<String>,
    pub(crate) text: String,
    /// Whether it ended as an answer does: with a reason, and `[DONE]` where it was streamed.
    pub(crate) is_whole: bool,
    pub(crate) model: String,
    pub(crate) usage: Value,
    pub(crate) took: Duration,
}

/// Everything there is to judge by.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) told: Vec<Told>,
    pub(crate) primary: Vec<Value>,
    pub(crate) fallback: Vec<Value>,
    /// What both providers say when nothing fails.
    pub(crate) whole: String,
    /// The gateway's own account.
    pub(crate) booked: Value,
}

/// Where the processes of one scenario live.
pub(crate) struct Stage {
    environment: TestEnvironment,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let environment = TestEnvironment::new();
        Self { environment }
    }

    /// Plays a scenario from start to end.
    pub(crate) async fn play(&self, scenario: &Scenario, continued: bool) -> Seen {
        let program = workspace::target().join("debug").join("llm-server");
        let program = program.to_string_lossy().into_owned();
        let primary = self.environment.serve(&program, &["mock"]);
        let fallback = self.environment.serve(&program, &["mock"]);
        let config = config(scenario, continued, primary.origin(), fallback.origin());
        self.environment.write("scenario.toml", &config);
        let arguments = ["--config", "scenario.toml", "--port", "0"];
        let gateway = self.environment.serve(&program, &arguments);
        // Asked for first, so that the scenario itself starts from a clean record.
        let plain = ask(fallback.url("/v1/chat/completions"), "mock-ok", false).await;
        let forget = http::Request::new("DELETE", fallback.url("/attempts"));
        forget.send().await;
        let url = gateway.url("/v1/chat/completions");
        let mut told = Vec::new();
        match scenario.shape {
            Shape::Whole => told.push(ask(url, "scenario", false).await),
            Shape::Stream => told.push(ask(url, "scenario", true).await),
            Shape::Many { count, every } => {
                for _ in 0..count {
                    let next = tokio::time::sleep(every);
                    told.push(ask(url.clone(), "scenario", false).await);
                    next.await;
                }
            }
        }
        let booked = http::get(gateway.url("/api/v1/usage/stats")).send().await;
        Seen {
            told,
            primary: settled(&primary).await,
            fallback: settled(&fallback).await,
            whole: plain.text,
            booked: json_of(booked).await["data"]["total"].clone(),
        }
    }
}

fn config(scenario: &Scenario, continued: bool, primary: &str, fallback: &str) -> String {
    let provider = |name: &str, origin: &str| {
        format!(
            "[providers.{name}]\nkind = \"openai-compatible\"\nbase_url = \"{origin}/v1\"\napi_key = \"none\"\n"
        )
    };
    let standby = scenario.fallback;
    let fallbacks = standby.map_or("[]", |_| "[\"standby\"]");
    let mut text = format!(
        "schema_version = 1\n{LIMITS}continue_streams = {continued}\n{}{}\
         [models.first]\nprovider = \"primary\"\npath = \"{}\"\ncontext = 8192\n\
         [routes.scenario]\nmodels = [\"first\"]\nfallback = {fallbacks}\n",
        provider("primary", primary),
        provider("fallback", fallback),
        scenario.primary,
    );
    if let Some(standby) = standby {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "[models.standby]\nprovider = \"fallback\"\npath = \"{standby}\"\ncontext = 128000"
        );
    }
    text
}

/// One request, read to its end whatever comes.
async fn ask(url: String, model: &str, stream: bool) -> Told {
    let started = Instant::now();
    let body = json!({
        "model": model,
        "stream": stream,
        "stream_options": if stream { json!({ "include_usage": true }) } else { Value::Null },
        "messages": [{ "role": "user", "content": "Say the sixty words." }],
    });
    let mut told = Told {
        status: 0,
        error: None,
        text: String::new(),
        is_whole: false,
        model: String::new(),
        usage: Value::Null,
        took: Duration::ZERO,
    };
    match http::post(url, &body).try_send().await {
        Err(broken) => told.error = Some(format!("no reply: {broken}")),
        Ok(mut reply) => {
            told.status = reply.status;
            if stream && reply.status == 200 {
                read(&mut reply, &mut told).await;
            } else {
                take(&json_of(reply).await, "message", &mut told);
                told.is_whole &= told.status == 200;
            }
        }
    }
    told.took = started.elapsed();
    told
}

async fn read(reply: &mut http::Response, told: &mut Told) {
    let mut is_finished = false;
    loop {
        match reply.event().await {
            Ok(Some(event)) if event == "[DONE]" => told.is_whole = is_finished,
            Ok(Some(event)) => {
                let chunk = serde_json::from_str(&event).unwrap_or_default();
                take(&chunk, "delta", told);
                is_finished |= std::mem::take(&mut told.is_whole);
            }
            Ok(None) => return,
            Err(broken) => {
                told.error = Some(format!("broke off: {broken}"));
                told.is_whole = false;
                return;
            }
        }
    }
}

/// Takes from a document or a chunk what it tells.
fn take(body: &Value, place: &str, told: &mut Told) {
    let choice = &body["choices"][0];
    told.text += choice[place]["content"].as_str().unwrap_or_default();
    told.is_whole = choice["finish_reason"] == "stop";
    if let Some(code) = body["error"]["code"].as_str() {
        told.error = Some(code.to_owned());
    }
    if let Some(model) = body["model"].as_str() {
        model.clone_into(&mut told.model);
    }
    if body["usage"].is_object() {
        told.usage = body["usage"].clone();
    }
}

async fn json_of(mut reply: http::Response) -> Value {
    let bytes = reply.bytes().await.unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// What a provider saw, once nothing is under way there or the time for that is over.
async fn settled(mock: &ServerProcess<'_>) -> Vec<Value> {
    let started = Instant::now();
    loop {
        let reply = http::get(mock.url("/attempts")).send().await;
        let all = json_of(reply).await["attempts"].take();
        let all = all.as_array().cloned().unwrap_or_default();
        let is_busy = all.iter().any(|attempt| attempt["end"] == "open");
        if !is_busy || started.elapsed() > SETTLE {
            return all;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
