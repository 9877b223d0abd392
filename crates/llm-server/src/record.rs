//! The one log line of a request: written when its reply is over, whoever ended it.
//!
//! Names, numbers and codes only. Prompts, answers, keys, query strings and whatever else a caller
//! wrote have no place here.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use http_body::{Body as _, Frame, SizeHint};
use llm_core::gateway::error::{GatewayError, millis};
use llm_core::gateway::respond::Completion;
use llm_core::gateway::work::WorkDone;
use llm_core::types::ids::RequestId;
use parking_lot::Mutex;

use crate::app::App;
use crate::instruments::InFlight;

/// What becomes known of a request while it is answered.
#[derive(Debug, Default)]
pub struct Record(Mutex<Facts>);

/// What the line says besides method, route, status and time.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The key that was shown.
    pub key: Option<String>,
    /// Who answered.
    pub model: Option<String>,
    /// Whose it is.
    pub provider: Option<String>,
    /// What chose it.
    pub strategy: Option<String>,
    /// How many models worked on it, and how.
    pub mode: Option<String>,
    /// Exchanges with providers.
    pub attempts: Option<usize>,
    /// Tokens read.
    pub input_tokens: Option<u64>,
    /// Tokens written.
    pub output_tokens: Option<u64>,
    /// What it cost, in decimal.
    pub cost: Option<String>,
    /// Of what.
    pub currency: Option<String>,
    /// `billed`, `estimated` or `unknown`.
    pub cost_kind: Option<&'static str>,
    /// Why it failed.
    pub error: Option<&'static str>,
    /// Who was at fault.
    pub error_source: Option<&'static str>,
    /// Whether the reply was streamed.
    pub streamed: bool,
}

impl Record {
    /// Adds what has become known.
    pub fn update(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.0.lock());
    }

    /// Adds a finished request.
    pub fn completed(&self, completion: &Completion) {
        self.update(|facts| {
            let usage = &completion.answer.usage;
            facts.model = Some(completion.served.model.to_string());
            facts.provider = Some(completion.served.provider.to_string());
            facts.strategy = Some(completion.plan.strategy.clone());
            facts.mode = Some(completion.plan.mode().to_owned());
            facts.attempts = Some(completion.attempts.len());
            if usage.is_known() {
                facts.input_tokens = Some(usage.input);
                facts.output_tokens = Some(usage.output);
            }
            facts.cost_kind = Some(completion.bill.kind());
            if let Some(money) = completion.bill.as_cost().money() {
                facts.cost = Some(money.decimal());
                facts.currency = Some(money.currency.code().to_owned());
            }
        });
    }

    /// Adds finished work besides chat.
    pub fn worked(&self, done: &WorkDone) {
        self.update(|facts| {
            facts.model = Some(done.served.model.to_string());
            facts.provider = Some(done.served.provider.to_string());
            facts.strategy = Some(done.plan.strategy.clone());
            facts.mode = Some("single".to_owned());
            facts.attempts = Some(done.attempts.len());
            if done.usage.is_known() {
                facts.input_tokens = Some(done.usage.input);
                facts.output_tokens = Some(done.usage.output);
            }
            facts.cost_kind = Some(done.cost.kind());
            if let Some(money) = done.cost.money() {
                facts.cost = Some(money.decimal());
                facts.currency = Some(money.currency.code().to_owned());
            }
        });
    }

    /// Whether it failed.
    pub fn is_failed(&self) -> bool {
        self.0.lock().error.is_some()
    }

    /// Adds a failure.
    pub fn failed(&self, error: &GatewayError) {
        self.update(|facts| {
            facts.error = Some(error.code.name());
            facts.error_source = Some(error.source().as_str());
            if !error.attempts.is_empty() {
                facts.attempts = Some(error.attempts.len());
            }
        });
    }
}

/// A reply whose line is written when it is over.
pub struct Recorded {
    body: Body,
    line: Option<Line>,
}

/// A line about to be written.
pub struct Line {
    /// The server.
    pub app: Arc<App>,
    /// Our id of the request.
    pub id: RequestId,
    /// The caller's own name for it.
    pub client_id: Option<String>,
    /// The method.
    pub method: &'static str,
    /// The path of the table, never the one that was sent.
    pub route: &'static str,
    /// The status.
    pub status: u16,
    /// When it arrived.
    pub started: tokio::time::Instant,
    /// What else is known.
    pub record: Arc<Record>,
    /// Its place among the requests under way.
    pub in_flight: InFlight,
}

impl Recorded {
    /// A body that writes this line when it is over.
    pub fn body(body: Body, line: Line) -> Body {
        Body::new(Self {
            body,
            line: Some(line),
        })
    }

    fn over(&mut self, outcome: &'static str) {
        if let Some(line) = self.line.take() {
            line.write(outcome);
        }
    }
}

impl http_body::Body for Recorded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(None) => self.over("sent"),
            Poll::Ready(Some(Err(_))) => self.over("broken"),
            _ => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        // A body whose length is known is not asked for its end once it has been sent.
        let outcome = if self.body.is_end_stream() {
            "sent"
        } else {
            "left"
        };
        self.over(outcome);
    }
}

impl Line {
    fn write(self, outcome: &'static str) {
        let facts = self.record.0.lock().clone();
        let took = self.app.clock().now() - self.started;
        tracing::info!(
            target: "llm_server::access",
            request_id = %self.id,
            client_request_id = self.client_id,
            method = self.method,
            route = self.route,
            status = self.status,
            outcome,
            duration_ms = millis(took),
            key_id = facts.key,
            model = facts.model,
            provider = facts.provider,
            strategy = facts.strategy,
            mode = facts.mode,
            attempts = facts.attempts,
            tokens_in = facts.input_tokens,
            tokens_out = facts.output_tokens,
            cost = facts.cost,
            currency = facts.currency,
            cost_kind = facts.cost_kind,
            error_code = facts.error,
            error_source = facts.error_source,
            stream = facts.streamed,
            "request"
        );
    }
}
