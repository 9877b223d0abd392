//! The built-in demonstration: a provider without a key, a network or a model behind it.
//!
//! Answers addresses of the scheme `demo:` in the `OpenAI` dialect, as bytes, so that everything
//! after it is exercised as with a real provider. Every answer says that it is simulated. What a
//! model path does is a row of [`BEHAVIOURS`]; a path without a row behaves like `demo-large`.
//! The same request to the same path gets the same answer.
//!
//! Limits are honoured as by the real transport: connections stand at once; the pause before the
//! reply counts against the first-byte limit, pauses within a stream against the idle limit, and
//! all of them against the total limit and the deadline. Pauses are timers, which a paused test
//! clock skips.

mod answer;
mod arithmetic;
mod behaviour;
mod reply;
mod schema;
mod tokens;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Method;
use serde_json::json;

use super::transport::{Dispatch, Transport, Wait};
use super::{SharedTransport, WireResponse};
use crate::provider::protocols::openai::{Parsed, read_request};
use crate::types::clock::Clock;
use crate::types::failure::{Failure, FailureKind, Limit};
use crate::types::raw::RawFields;
use behaviour::Kind;
use reply::{Pace, Simulated};

pub use behaviour::{BEHAVIOURS, Behaviour};

/// The scheme of the addresses it answers.
pub const SCHEME: &str = "demo";

/// Answers `demo:` addresses; hands others to the transport beneath it.
pub struct DemoTransport {
    clock: Arc<dyn Clock>,
    beneath: Option<SharedTransport>,
    /// Calls of the flaky model so far.
    flaky_calls: AtomicU64,
}

impl DemoTransport {
    /// A transport for `demo:` addresses alone.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            beneath: None,
            flaky_calls: AtomicU64::new(0),
        }
    }

    /// Hands calls to other addresses to `beneath`.
    #[must_use]
    pub fn over(mut self, beneath: SharedTransport) -> Self {
        self.beneath = Some(beneath);
        self
    }

    /// Whether the flaky model fails this time.
    fn is_bad_day(&self) -> bool {
        let calls = self.flaky_calls.fetch_add(1, Ordering::Relaxed);
        calls.is_multiple_of(2)
    }

    async fn answer(&self, mut dispatch: Dispatch<'_>) -> Result<WireResponse, Failure> {
        let uploaded = match dispatch.upload.take() {
            None => 0,
            upload => work::take_in(upload)
                .await
                .ok_or_else(|| Failure::new(FailureKind::Interrupted, "the upload broke off"))?,
        };
        let started = self.clock.now();
        let total = dispatch.deadline.tighten(started, dispatch.limits.total);
        let wait = Wait {
            started,
            limit: Limit::FirstByte,
            allowed: dispatch.limits.first_byte,
            total,
            deadline: dispatch.deadline,
        };
        let simulated = self.simulate(&dispatch, uploaded);
        let pause = match simulated.before {
            Some(pause) => tokio::time::sleep(pause),
            // It never answers; the limit ends the wait.
            None => tokio::time::sleep(Duration::from_hours(24 * 365)),
        };
        tokio::time::timeout_at(wait.until(), pause)
            .await
            .map_err(|_| wait.failure())?;
        let pace = Pace {
            clock: Arc::clone(&self.clock),
            idle: dispatch.limits.idle,
            total,
            deadline: dispatch.deadline,
        };
        Ok(simulated.into_response(pace))
    }

    /// Decides what is answered and at which pace.
    fn simulate(&self, dispatch: &Dispatch<'_>, uploaded: usize) -> Simulated {
        let request = &dispatch.request;
        let path = request.url.path();
        if request.method == Method::GET && path == "/models" {
            return list_models();
        }
        if request.method == Method::POST && work::is_work(path) {
            return work::simulate(&work::Asked {
                path,
                body: &request.body,
                uploaded,
            });
        }
        if request.method != Method::POST || path != "/chat/completions" {
            let message = format!("the demonstration has no {} {path}", request.method);
            return Simulated::error(404, "not_found", &message);
        }
        let parsed = RawFields::parse(&request.body)
            .map_err(|error| format!("{error:?}"))
            .and_then(|fields| read_request(fields).map_err(|error| error.to_string()));
        let Parsed { model, request, .. } = match parsed {
            Ok(parsed) => parsed,
            Err(message) => return Simulated::error(400, "invalid_request_error", &message),
        };
        let model = model.unwrap_or_default();
        let behaviour = behaviour::of(&model);
        let kind = match behaviour.kind {
            Kind::Flaky if self.is_bad_day() => Kind::Down,
            kind => kind,
        };
        if let Some(trouble) = Simulated::trouble(kind) {
            return trouble;
        }
        let answer = answer::compose(&request, &model, kind);
        let simulated = reply::answer(&request, &answer, behaviour, self.clock.wall().as_second());
        if kind == Kind::Cut {
            simulated.cut()
        } else {
            simulated
        }
    }
}

impl Transport for DemoTransport {
    fn send<'a>(&'a self, dispatch: Dispatch<'a>) -> BoxFuture<'a, Result<WireResponse, Failure>> {
        if dispatch.request.url.scheme() == SCHEME {
            return Box::pin(self.answer(dispatch));
        }
        match &self.beneath {
            Some(beneath) => beneath.send(dispatch),
            None => Box::pin(async {
                let message = "the demonstration answers demo: addresses only";
                Err(Failure::new(FailureKind::Connect, message))
            }),
        }
    }
}

fn list_models() -> Simulated {
    let models: Vec<_> = BEHAVIOURS
        .iter()
        .map(|row| json!({"id": row.path, "object": "model", "owned_by": "demo"}))
        .collect();
    Simulated::json(200, &json!({"object": "list", "data": models}))
}

#[cfg(test)]
mod tests;
