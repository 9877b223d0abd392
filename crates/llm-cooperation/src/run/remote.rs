//! A run in the gateway of `--server`.
//!
//! The body is sent as it is to the endpoint of chat completions. With progress, the reply is a
//! stream whose `llm_cooperation` events are passed on and whose chunks are the answer.

use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt as _};
use llm_console::catalogue::Message;
use llm_console::input::{Sources as _, System};
use llm_console::program::Console;
use llm_console::report::Report;
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::remote::{Remote, RemoteError};
use llm_core::provider::Frame;
use llm_core::types::code::Code;
use llm_core::types::secret::Secret;
use llm_setup::failure;
use serde_json::{Value, json};

use super::{Done, Failed, Manner, Moment, Running, patience};
use crate::ask::Body;

/// The endpoint.
const COMPLETIONS: &str = "/v1/chat/completions";

/// The name of events that tell what happens meanwhile, and of our object in bodies.
const OWN: &str = "llm_cooperation";

/// Until a connection to another gateway stands.
const CONNECT: Duration = Duration::from_secs(5);

/// Largest file of a key.
const MAX_KEY: u64 = 4096;

/// The gateway the shared flags name, if any. Demonstration models are in this process.
pub(crate) fn open(console: &Console) -> Result<Option<Remote>, Report> {
    let settings = &console.settings;
    let Some(address) = settings.server.as_deref().filter(|_| !settings.demo) else {
        return Ok(None);
    };
    let remote = Remote::new(address, key(console)?, CONNECT)
        .map_err(|error| failure::report(&error, None))?;
    if settings.offline && !remote.is_local() {
        let message = Message::new("cooperation.remote.offline").with("url", address);
        return Err(Report::usage(message));
    }
    Ok(Some(remote))
}

/// The key for it: a file, else the variable.
fn key(console: &Console) -> Result<Option<Secret>, Report> {
    let Some(path) = &console.settings.server_key_file else {
        let variable = console.env.get("LLMCOOP_SERVER_KEY");
        return Ok(variable.map(Secret::new));
    };
    let path = path.to_string_lossy();
    let unreadable = |reason: String| {
        let message = Message::new("common.input.unreadable")
            .with("path", &path)
            .with("reason", reason);
        Report::new("input_unreadable", message).with("path", &path)
    };
    let bytes = System::new(&console.ui)
        .file(&path, MAX_KEY)
        .map_err(|error| unreadable(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| unreadable(error.to_string()))?;
    Ok(Some(Secret::new(text.trim())))
}

/// Starts a run.
pub(super) async fn start(
    remote: &Remote,
    console: &Console,
    mut body: Body,
    manner: Manner,
) -> Running {
    let within = patience(console);
    if !(manner.streamed || manner.events) {
        let answered = remote.post(COMPLETIONS, &body.into_value(), within).await;
        let moment = match answered {
            Ok(reply) => whole(&reply),
            Err(error) => Moment::failed(failed(&error)),
        };
        return Running {
            id: String::new(),
            moments: stream::iter([moment]).boxed(),
        };
    }
    body.set("stream", true);
    body.set("stream_options", json!({ "include_usage": true }));
    body.set_in(OWN, "events", true);
    match remote.stream(COMPLETIONS, &body.into_value(), within).await {
        Ok(reply) => Running {
            id: reply.request_id.clone(),
            moments: moments(reply.frames, reply.request_id, manner),
        },
        Err(error) => Running {
            id: String::new(),
            moments: stream::iter([Moment::failed(failed(&error))]).boxed(),
        },
    }
}

fn moments(
    frames: BoxStream<'static, Result<Frame, RemoteError>>,
    request_id: String,
    manner: Manner,
) -> BoxStream<'static, Moment> {
    let reading = Reading {
        frames,
        request_id,
        manner,
        done: Done {
            text: String::new(),
            reasoning: String::new(),
            result: json!({}),
            route: None,
        },
        ready: Vec::new(),
        is_over: false,
    };
    stream::unfold(reading, |mut reading| async move {
        let moment = reading.next().await?;
        Some((moment, reading))
    })
    .boxed()
}

/// A streamed reply being read.
struct Reading {
    frames: BoxStream<'static, Result<Frame, RemoteError>>,
    request_id: String,
    manner: Manner,
    /// What has been put together so far.
    done: Done,
    ready: Vec<Moment>,
    is_over: bool,
}

impl Reading {
    async fn next(&mut self) -> Option<Moment> {
        loop {
            if !self.ready.is_empty() {
                return Some(self.ready.remove(0));
            }
            if self.is_over {
                return None;
            }
            match self.frames.next().await {
                Some(Ok(frame)) => self.frame(&frame),
                Some(Err(error)) => self.end(Moment::failed(failed(&error))),
                None => {
                    let message = "the gateway's stream ended before the answer was complete";
                    let error = GatewayError::new(Code::StreamInterrupted, message);
                    self.end(Moment::failed(failed(&RemoteError::Failed(error))));
                }
            }
        }
    }

    fn end(&mut self, moment: Moment) {
        self.is_over = true;
        self.ready.push(moment);
    }

    fn frame(&mut self, frame: &Frame) {
        if frame.data == "[DONE]" {
            self.done.result["text"] = json!(self.done.text);
            if !self.done.reasoning.is_empty() {
                self.done.result["reasoning"] = json!(self.done.reasoning);
            }
            self.end(Moment::Done(Box::new(self.done.clone())));
            return;
        }
        let Ok(mut value) = serde_json::from_str::<Value>(&frame.data) else {
            let message = "the gateway's stream holds an event that is not JSON";
            let error = GatewayError::new(Code::ServerUnreachable, message);
            return self.end(Moment::failed(failed(&RemoteError::Failed(error))));
        };
        if frame.event == OWN {
            return self.event(value);
        }
        if value["error"].is_object() {
            let told = RemoteError::Told(value["error"].take(), self.request_id.clone());
            return self.end(Moment::failed(failed(&told)));
        }
        self.chunk(&mut value);
    }

    fn event(&mut self, event: Value) {
        let kind = event["type"].as_str().unwrap_or_default();
        if kind == "route.decided" {
            self.done.route = Some(event["route"].clone());
        }
        // The ends are told by the stream itself.
        let is_end = matches!(kind, "run.completed" | "run.failed" | "run.cancelled");
        let is_unwanted = kind == "model.delta" && !self.manner.member_deltas;
        if !is_end && !is_unwanted {
            self.ready.push(Moment::Event(event));
        }
    }

    fn chunk(&mut self, chunk: &mut Value) {
        if chunk[OWN].is_object() {
            let finish = self.done.result["finish_reason"].take();
            self.done.result = chunk[OWN].take();
            self.done.result["finish_reason"] = finish;
        }
        let choice = &chunk["choices"][0];
        if choice["index"].as_u64().unwrap_or(0) != 0 {
            return;
        }
        if let Some(finish) = choice["finish_reason"].as_str() {
            self.done.result["finish_reason"] = json!(finish);
        }
        let delta = &choice["delta"];
        let reasoning = delta["reasoning_content"].as_str();
        if let Some(text) = reasoning.filter(|text| !text.is_empty()) {
            self.done.reasoning.push_str(text);
            self.ready.push(Moment::Reasoning(text.to_owned()));
        }
        if let Some(text) = delta["content"].as_str().filter(|text| !text.is_empty()) {
            self.done.text.push_str(text);
            self.ready.push(Moment::Text(text.to_owned()));
        }
    }
}

/// A reply that came as a whole.
fn whole(reply: &Value) -> Moment {
    let choice = &reply["choices"][0];
    let text = |name: &str| choice["message"][name].as_str().unwrap_or_default();
    let mut result = reply[OWN].clone();
    if !result.is_object() || !choice.is_object() {
        let message = "the gateway's reply is not one of a llm-server";
        let error = GatewayError::new(Code::ServerUnreachable, message);
        return Moment::failed(failed(&RemoteError::Failed(error)));
    }
    let (answer, reasoning) = (text("content"), text("reasoning_content"));
    result["text"] = json!(answer);
    result["finish_reason"] = choice["finish_reason"].clone();
    if !reasoning.is_empty() {
        result["reasoning"] = json!(reasoning);
    }
    if choice["message"]["tool_calls"].is_array() {
        result["tool_calls"] = choice["message"]["tool_calls"].clone();
    }
    Moment::Done(Box::new(Done {
        text: answer.to_owned(),
        reasoning: reasoning.to_owned(),
        result,
        route: None,
    }))
}

/// A failure, for people and for events.
fn failed(error: &RemoteError) -> Failed {
    let object = match error {
        RemoteError::Told(object, _) => object.clone(),
        RemoteError::Failed(error) => error.to_json(""),
    };
    Failed {
        report: report(error),
        error: object,
    }
}

/// A failure of another gateway, as people read it: its own code, message and hint.
pub(crate) fn report(error: &RemoteError) -> Report {
    let (object, id) = match error {
        RemoteError::Failed(error) => return failure::report(error, None),
        RemoteError::Told(object, id) => (object, id),
    };
    let text = |name: &str| object[name].as_str();
    let mut report = Report::new(
        text("code").unwrap_or("upstream_error"),
        text("message").unwrap_or_default(),
    );
    if let Some(source) = text("source") {
        report = report.source(source);
    }
    let attempts = object["attempts"].as_array().map_or(&[][..], Vec::as_slice);
    for attempt in attempts.iter().filter(|_| attempts.len() > 1) {
        if let (Some(model), Some(message)) =
            (attempt["model"].as_str(), attempt["message"].as_str())
        {
            report = report.cause(format!("{model}: {message}"));
        }
    }
    if let Some(last) = attempts.last() {
        for name in ["model", "provider"] {
            if let Some(value) = last[name].as_str() {
                report = report.with(name, value);
            }
        }
        if let Some(status) = last["status"].as_u64() {
            report = report.with("status", status);
        }
    }
    if let Some(param) = text("param") {
        report = report.with("param", param);
    }
    if let Some(hint) = text("hint") {
        report = report.hint(hint);
    }
    if let Some(wait) = object["retry_after_ms"].as_u64() {
        report = report.retry_after(Duration::from_millis(wait));
    }
    match text("request_id").or(Some(id.as_str())) {
        Some(id) if !id.is_empty() => report.request_id(id),
        _ => report,
    }
}
